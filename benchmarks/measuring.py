"""What is measured in a store, always next to its limit: by turns, several times, and the middle counts."""

from __future__ import annotations

import http.client
import os
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from statistics import median, quantiles
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from benchmarks.place import Broken, Place

CLIENTS: Final = 8
QUESTIONS: Final = (
    "availability", "availability_class", "class_sums", "search", "search_sums", "as_of", "recorded_as_of",
    "as_of_class", "nearest", "stock_card",
)  # fmt: skip
Say = Callable[[str], None]


@dataclass(slots=True)
class Pace:
    """How often and how long to measure. Turns after the first are left out once `enough_at` has passed."""

    turns: int
    seconds: float
    questions: int
    batches: int
    enough_at: float = float("inf")  # of time.monotonic()

    def turns_left(self) -> Iterator[int]:
        """Yield 1, 2, 3 … for every turn there is time for; the first always."""
        for turn in range(1, self.turns + 1):
            if turn == 1 or time.monotonic() < self.enough_at:
                yield turn


@dataclass(slots=True)
class Samples:
    """Everything measured in one store, by name, in the order it was measured."""

    of: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def add(self, name: str, *values: float) -> None:
        """Take measured values in."""
        self.of[name].extend(values)

    def middle(self, name: str) -> float | None:
        """Return the median, or None for what was not measured."""
        return median(self.of[name]) if self.of.get(name) else None

    def percentile(self, name: str, percent: int) -> float | None:
        """Return a percentile, or None for what was not measured."""
        values = self.of.get(name) or []
        return quantiles(values, n=100, method="inclusive")[percent - 1] if len(values) > 1 else None


def post(place: Place, samples: Samples, *, pace: Pace, say: Say) -> None:
    """Measure posting one movement at a time: plain SQL, over HTTP, in process; with one client and with eight."""
    # A first turn that does not count: connections, prepared statements and caches.
    place.wrk(clients=CLIENTS, seconds=1)
    with ExitStack() as stack:
        # As many processes as cores, sharing the clients as the web server's workers do: eight processes on two cores
        # would measure how they push each other out of the processor's caches.
        workers = [stack.enter_context(place.fresh()) for _ in range(min(CLIENTS, os.cpu_count() or 1))]
        _in_processes(place, workers, CLIENTS, 0.2)
        for turn in pace.turns_left():
            for clients in (CLIENTS, 1):
                say(f"posting, {clients} client(s), turn {turn}")
                samples.add(f"pgbench_{clients}", place.pgbench(clients=clients, seconds=pace.seconds))
                over_http = place.wrk(clients=clients, seconds=pace.seconds)
                samples.add(f"post_http_{clients}", over_http["per_s"])
                samples.add(f"post_http_{clients}_p50_ms", over_http["p50_ms"])
                samples.add(f"post_http_{clients}_p95_ms", over_http["p95_ms"])
                samples.add(f"post_in_process_{clients}", _in_processes(place, workers, clients, pace.seconds))


def _in_processes(place: Place, workers: Sequence[Any], clients: int, seconds: float) -> float:
    """Return the movements a second that so many clients, spread evenly over the workers, post together."""
    shares = [len(range(rank, clients, len(workers))) for rank in range(len(workers))]
    busy = [(worker, share) for worker, share in zip(workers, shares, strict=True) if share]
    offset = 0
    for worker, share in busy:
        offsets = [(offset + place.about["depots"] * rank // clients) for rank in range(share)]
        offset += place.about["depots"] * share // clients
        worker.ask("post_ones", seconds=seconds, items=place.about["items"], lot=place.about["lot"], offsets=offsets)
    answers = [worker.answer() for worker, _share in busy]
    _count(place, sum(answer["posted"] for answer in answers))
    return float(sum(answer["per_s"] for answer in answers))


def _count(place: Place, posted: int) -> None:
    place.posted["run-"] = place.posted.get("run-", 0) + posted


def post_in_bulk(place: Place, samples: Samples, *, pace: Pace, say: Say) -> None:
    """Measure posting 1,000 movements in one call, of one line and of ten, against the same rows as plain SQL."""
    for lines in (1, 10):
        say(f"bulk posting, 1,000 movements of {lines} line(s)")
        made = place.inside.do(
            "post_many", lines=lines, times=pace.batches + 1, items=place.about["items"], lot=place.about["lot"]
        )
        samples.add(f"post_bulk_{lines}", *made["ours"][1:])
        samples.add(f"inserts_{lines}", *made["limit"][1:])
        _count(place, made["posted"])


def ask(places: Sequence[tuple[Place, Samples]], *, pace: Pace, say: Say) -> None:
    """Measure the planners' questions in stores of different size by turns: bare statements, calls, and over HTTP."""
    for place, _ in places:
        place.inside.do("ask", times=5, items=place.about["items"])
        _ask_over_http(place, times=5)
    for turn in pace.turns_left():
        say(f"questions, turn {turn}")
        for place, samples in places:
            asked = place.inside.do("ask", times=pace.questions, items=place.about["items"])
            for way in ("call", "sql"):
                for name, values in asked[way].items():
                    samples.add(f"{name}_{way}", *values)
            for name, values in _ask_over_http(place, times=pace.questions).items():
                samples.add(f"{name}_http", *values)


def _ask_over_http(place: Place, *, times: int) -> dict[str, list[float]]:
    past = (datetime.now(UTC) - timedelta(days=365)).isoformat(timespec="seconds")
    items, depots = place.about["items"], place.about["depots"]
    cursors, searches = place.about["cursors"], place.about["searches"]

    def branch(number: int, **more: str) -> str:
        named = {"class": place.about["branch"], "limit": 100, "cursor": cursors[number % len(cursors)]}
        return "/api/v1/availability?" + urlencode(named | more)

    def item(number: int) -> str:
        return str(items[number * 7 % len(items)])

    def stock(number: int, **more: str) -> str:
        return "/api/v1/availability?" + urlencode({"item": item(number), "limit": depots, **more})

    addresses: dict[str, Callable[[int], str]] = {
        "availability": stock,
        "availability_class": branch,
        "search": lambda number: (
            "/api/v1/availability?" + urlencode({"q": searches[number % len(searches)], "limit": 100})
        ),
        "as_of": lambda number: stock(number, as_of=past),
        "recorded_as_of": lambda number: stock(number, recorded_as_of=past),
        "as_of_class": lambda number: branch(number, as_of=past),
        "nearest": lambda number: (
            "/api/v1/availability/nearest?" + urlencode({"item": item(number), "lon": 105.8, "lat": 21.0})
        ),
        "stock_card": lambda number: (
            f"/api/v1/items/{item(number)}/stock-card?" + urlencode({"depot": f"K{number % depots + 1:03d}"})
        ),
    }
    server = http.client.HTTPConnection(urlsplit(place.address).netloc, timeout=60)
    try:
        return {
            name: [_milliseconds(server, address(number), place.token) for number in range(times)]
            for name, address in addresses.items()
        }
    finally:
        server.close()


def _milliseconds(server: http.client.HTTPConnection, address: str, token: str) -> float:
    started = time.perf_counter()
    server.request("GET", address, headers={"Authorization": f"Bearer {token}"})
    answer = server.getresponse()
    content = answer.read()
    if answer.status != 200:
        raise Broken(f"GET {address} answered {answer.status}: {content[:500]!r}")
    return (time.perf_counter() - started) * 1000


def export(place: Place, samples: Samples, *, pace: Pace, say: Say) -> None:
    """Measure a full export, the same statements as COPY binary, and the log's tables as COPY binary, by turns."""
    place.inside.do("copy_scripts", folder=str(place.folder))
    for turn in pace.turns_left():
        say(f"export, turn {turn}")
        with place.fresh() as writer:  # its peak memory must be its own
            written = writer.do("export", folder=str(place.folder / "exports"))
        samples.add("export", written["rows"] / written["seconds"])
        samples.add("export_peak_mib", written["peak_mib"])
        samples.add("copy", written["rows"] / place.psql(place.folder / "statements.sql"))
        samples.add("copy_tables", written["log_rows"] / place.psql(place.folder / "tables.sql"))


def verify(place: Place, samples: Samples, *, say: Say) -> None:
    """Measure `verify_ledger`, and have it prove what the load has left behind.

    Raises:
        Broken: the store disagrees with itself, or holds other than every acknowledged movement.
    """
    say("verify")
    with place.fresh() as verifier:
        found = verifier.do("check")
        stored = {prefix: verifier.do("count", prefix=prefix) for prefix in place.posted}
    if found["wrong"]:
        raise Broken("The store disagrees with itself after the load:\n" + "\n".join(found["wrong"]))
    if stored != place.posted:
        raise Broken(f"Acknowledged were {place.posted}, stored are {stored}.")
    samples.add("verify", (found["movements"] + found["lines"]) / found["seconds"])
    samples.add("verify_lines", found["lines"] / found["seconds"])
    samples.add("verify_peak_mib", found["peak_mib"])
