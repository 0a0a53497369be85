"""A store of our own to measure in: scratch database, web server, processes inside, and the load from outside."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Self

from django.conf import settings
from psycopg.conninfo import conninfo_to_dict

from logistics import scratch

HERE: Final = Path(__file__).parent


class Broken(RuntimeError):
    """A measurement that cannot count: something failed, or what was counted is not what was stored."""


class Inside:
    """A process that works in the store; see `benchmarks/process.py`."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.process"],
            cwd=settings.BASE_DIR,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, verb: str, **given: Any) -> None:
        """Ask for something to be done, without waiting for it."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"verb": verb, "given": given}) + "\n")
        self._process.stdin.flush()

    def answer(self) -> Any:
        """Wait for the answer. Raises Broken when the process has ended instead."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise Broken("A process inside the store ended; what it printed is above.")
        return json.loads(line)

    def do(self, verb: str, **given: Any) -> Any:
        """Have something done and return its answer."""
        self.ask(verb, **given)
        return self.answer()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait()


@dataclass(slots=True)
class Place:
    """One filled store. `posted` counts the movements that were acknowledged, by the start of their keys."""

    lines: int
    environment: dict[str, str]
    address: str
    token: str
    about: dict[str, Any]
    inside: Inside
    folder: Path
    posted: dict[str, int] = field(default_factory=dict)

    def pgbench(self, *, clients: int, seconds: float) -> float:
        """Return how many minimal movements a second plain SQL records."""
        given = {
            "first_depot": self.about["first_depot"],
            "first_pile": self.about["first_pile"],
            "depots": self.about["depots"],
            "items": len(self.about["items"]),
            "poster_id": self.about["poster_id"],
        }
        printed = _run(
            [
                "pgbench", "--no-vacuum", "--protocol=prepared", f"--client={clients}",
                f"--time={max(1, round(seconds))}",
                *(f"--define={name}={value}" for name, value in given.items()),
                f"--file={HERE / 'sql' / 'one_movement.sql'}",
            ],
            self._libpq(),
        )  # fmt: skip
        found = re.search(r"^tps = ([0-9.]+)", printed, re.MULTILINE)
        if not found or "number of failed transactions: 0 " not in printed:
            raise Broken(f"pgbench did not say how fast it was, or failed:\n{printed}")
        return float(found[1])

    def wrk(self, *, clients: int, seconds: float) -> dict[str, float]:
        """Post one-line movements over HTTP; return how many a second were answered 201, and p50 and p95 in ms.

        Raises:
            Broken: an answer was neither 201 nor came.
        """
        prefix = f"http-{len(self.posted)}"
        printed = _run(
            [
                "wrk", "-t1", f"-c{clients}", f"-d{round(seconds) + 2}s", "--timeout", "30s",
                "-s", str(HERE / "post.lua"), self.address, "--",
                self.token, prefix, str(seconds), str(self.about["depots"]), self.about["lot"],
                ",".join(self.about["items"]),
            ],
            dict(os.environ),
        )  # fmt: skip
        found = re.search(r"^RESULT (\d+) (\d+) (\d+) ([0-9.]+) ([0-9.]+) ([0-9.]+)$", printed, re.MULTILINE)
        if not found or found[3] != "0" or found[1] != found[2]:
            raise Broken(f"Not every posting over HTTP was answered 201:\n{printed}")
        self.posted[f"{prefix}-"] = int(found[2])
        return {"per_s": int(found[2]) / float(found[4]), "p50_ms": float(found[5]), "p95_ms": float(found[6])}

    def psql(self, script: Path) -> float:
        """Run a script with psql, its output thrown away; return the seconds it took."""
        started = time.perf_counter()
        with Path(os.devnull).open("wb") as nowhere:
            subprocess.run(
                ["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", str(script)],
                env=self._libpq(),
                stdout=nowhere,
                check=True,
            )
        return time.perf_counter() - started

    def fresh(self) -> Inside:
        """Return another process in this store, for what must begin from nothing."""
        return Inside(self.environment)

    def _libpq(self) -> dict[str, str]:
        parts = conninfo_to_dict(self.environment["DATABASE_URL"])
        names = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD", "dbname": "PGDATABASE"}
        return os.environ | {names[key]: str(value) for key, value in parts.items() if key in names}


@contextmanager
def made(template: str, lines: int, *, is_chained: bool) -> Iterator[Place]:
    """Give a store of about `lines` lines, served by gunicorn, and remove all of it afterwards."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="kho-benchmark-")))
        name = stack.enter_context(scratch.clone(template, f"kho_benchmark_{os.getpid()}_{lines}"))
        environment = scratch.environment(name) | {
            "DEBUG": "0",
            "EXPORT_DIR": str(folder / "exports"),
            "KEY_DIR": str(folder / "keys"),
            "LOG_LEVEL": "WARNING",
            "API_REQUESTS_PER_MINUTE": "1000000000",
        }
        with Inside(environment | {"DATABASE_URL": environment["OWNER_DATABASE_URL"]}) as owner:
            filled = owner.do("fill", lines=lines, is_chained=is_chained)
        inside = stack.enter_context(Inside(environment))
        yield Place(
            lines=filled["lines"],
            environment=environment,
            address=stack.enter_context(_served(environment, folder)),
            token=filled["token"],
            about=inside.do("about"),
            inside=inside,
            folder=folder,
        )


@contextmanager
def _served(environment: dict[str, str], folder: Path) -> Iterator[str]:
    """Serve the store as a site is served, on a free port; yields the address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    log = folder / "gunicorn.log"
    with log.open("wb") as written:
        server = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "--config", "deploy/gunicorn.conf.py"],
            cwd=settings.BASE_DIR,
            env=environment | {"PORT": str(port)},
            stdout=written,
            stderr=written,
        )
    try:
        deadline = time.monotonic() + 60
        while not _answers(f"{address}/healthz/ready"):
            if server.poll() is not None or time.monotonic() > deadline:
                raise Broken(f"gunicorn does not answer:\n{log.read_text(encoding='utf-8')[-4000:]}")
            time.sleep(0.2)
        yield address
    except (OSError, http.client.HTTPException) as error:
        raise Broken(f"{error!r}; gunicorn says:\n{log.read_text(encoding='utf-8')[-4000:]}") from error
    finally:
        server.terminate()
        server.wait()


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def _run(command: list[str], environment: dict[str, str]) -> str:
    try:
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        raise Broken(f"{command[0]} is not installed. Next: scripts/setup --for-tests") from error
    if done.returncode:
        raise Broken(f"{command[0]} failed:\n{done.stderr}")
    return done.stdout
