"""Programs that post over HTTP and do not give up: what was answered 201 they remember, what broke they send again."""

from __future__ import annotations

import http.client
import itertools
import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tests.faults.world import DEPOTS, ITEMS

PATIENCE = 180  # seconds one request is tried again before the test fails: a busy machine is slow, not broken
TRY_AGAIN = frozenset({429, 503})


@dataclass(slots=True)
class Sent:
    """One request, and the answer that ended it. `tries` above 1: something broke on the way."""

    depot: str
    key: str
    body: dict[str, Any]
    status: int = 0
    document: dict[str, Any] = field(default_factory=dict)
    tries: int = 0


def send(address: tuple[str, int], token: str, sent: Sent) -> Sent:
    """Post until there is an answer that is final; everything else is tried again with the same key."""
    deadline = time.monotonic() + PATIENCE
    while True:
        sent.tries += 1
        try:
            status, document = once(address, token, sent)
        except (OSError, http.client.HTTPException):
            status, document = 0, {}
        if status and status not in TRY_AGAIN:
            sent.status, sent.document = status, document
            return sent
        if time.monotonic() > deadline:
            raise TimeoutError(f"{sent.key} was tried {sent.tries} times; the last answer was {status} {document}")
        time.sleep(0.05)


def once(address: tuple[str, int], token: str, sent: Sent) -> tuple[int, dict[str, Any]]:
    """Post once and return the answer. Raises OSError or HTTPException where there is none."""
    connection = http.client.HTTPConnection(*address, timeout=60)
    try:
        connection.request(
            "POST",
            f"/api/v1/depots/{sent.depot}/movements",
            json.dumps(sent.body),
            {"Authorization": f"Bearer {token}", "Content-Type": "application/json", "Idempotency-Key": sent.key},
        )
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


def bodies(client: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield (depot, body) without end: three items come in, two go out, two go to another depot."""
    for number in itertools.count():
        at = (client + number // 3) % len(DEPOTS)
        kind = ("receipt", "issue", "transfer_out")[number % 3]
        items = ITEMS if kind == "receipt" else ITEMS[:2]
        body: dict[str, Any] = {
            "kind": kind,
            "occurred_at": datetime.now(UTC).isoformat(),
            "lines": [{"item": item, "quantity": "5" if kind == "receipt" else "1"} for item in items],
        }
        if kind == "transfer_out":
            body["to_depot"] = DEPOTS[(at + 1) % len(DEPOTS)]
        yield DEPOTS[at], body


@contextmanager
def posting(address: tuple[str, int], token: str, *, clients: int = 8) -> Iterator[list[Sent]]:
    """Keep some clients posting for the length of the block; afterwards the list holds every request and its answer."""
    enough = threading.Event()
    log: list[Sent] = []

    def client(number: int) -> None:
        for count, (depot, body) in enumerate(bodies(number)):
            if enough.is_set():
                return
            log.append(send(address, token, Sent(depot, f"{number}-{count}", body)))

    with ThreadPoolExecutor(clients) as pool:
        running: list[Future[None]] = [pool.submit(client, number) for number in range(clients)]
        try:
            yield log
        finally:
            enough.set()
        for one in running:
            one.result()
