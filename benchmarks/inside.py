"""What is done inside the scratch store, in processes of its own (`benchmarks/process.py`): load, questions, proofs."""

from __future__ import annotations

import itertools
import json
import os
import resource
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import django
import psycopg
from django.db import connection, transaction
from django.utils import timezone

from benchmarks import catalogue, filling
from depots.models import Depot
from inventory.availability.as_of import as_of, past
from inventory.availability.by_item import by_item
from inventory.availability.current import current
from inventory.availability.instants import Instant
from inventory.availability.nearest import nearest
from inventory.availability.question import Question, params
from inventory.availability.stock_card import stock_card
from inventory.catalogue.models import Lot
from inventory.ledger.drafts import Draft, DraftLine
from inventory.ledger.models import Holding, Kind, Movement, MovementLine
from inventory.ledger.posting import post
from inventory.ledger.verifying import verify
from logistics import paging, sql
from logistics.accounts.models import User
from logistics.exports import runs
from logistics.exports.datasets import REFERENCE
from logistics.exports.snapshot import opened
from logistics.exports.writing import frozen_ranges

ONE: Final = Decimal(1)
LOG_FILES: Final = ("movements", "movement_lines", "holdings")
_keys = itertools.count(1)


def fill(*, lines: int, is_chained: bool) -> dict[str, Any]:
    """Fill the empty store; needs the owner's DATABASE_URL."""
    return filling.fill(lines, processes=os.cpu_count() or 1, is_chained=is_chained)


def about() -> dict[str, Any]:
    """Return the codes and keys that the load from outside needs."""
    first_limit = Depot.objects.filter(code__startswith="L").earliest("pk")
    return {
        "items": [code for _, code in filling.kept_items()],
        "lot": Lot.objects.latest("pk").code,
        "branch": catalogue.KEPT_BRANCH,
        "cursors": [paging.cursor(*place) for place in _places()],
        "searches": catalogue.SEARCHES,
        "first_depot": first_limit.pk,
        "first_pile": Holding.objects.filter(depot=first_limit).earliest("pk").pk,
        "depots": filling.DEPOTS,
        "poster_id": _poster().pk,
    }


def _poster() -> User:
    return User.objects.get(login=filling.POSTER)


def _draft(number: int, *, lines: int, depot: int, items: list[str], lot: str) -> Draft:
    """Return draft `number` of a run: every second one issues what the one before it received."""
    pair, is_issue = divmod(number, 2)
    chosen = [items[(pair * lines + at) % len(items)] for at in range(lines)]
    return Draft(
        depot=f"K{depot % filling.DEPOTS + 1:03d}",
        kind=Kind.ISSUE if is_issue else Kind.RECEIPT,
        occurred_at=timezone.now(),
        key=f"run-{os.getpid()}-{next(_keys)}",
        counterparty="Đơn vị mẫu",
        lines=[DraftLine(item=item, quantity=ONE, lot=None if is_issue else lot) for item in chosen],
        pointer=f"/{number}",
    )


def post_ones(*, seconds: float, items: list[str], lot: str, offsets: list[int]) -> dict[str, Any]:
    """Post one-line movements for some seconds, one after the other in each of as many threads as there are offsets.

    A thread starts at its own depot. Returns how many were posted, and how many a second.
    """
    with ThreadPoolExecutor(len(offsets)) as pool:
        counts = list(pool.map(lambda offset: _post_ones(seconds, items, lot, offset), offsets))
    return {"posted": sum(count for count, _took in counts), "per_s": sum(count / took for count, took in counts)}


def _post_ones(seconds: float, items: list[str], lot: str, offset: int) -> tuple[int, float]:
    poster = _poster()
    count = 0
    started = time.perf_counter()
    while time.perf_counter() - started < seconds:
        draft = _draft(count, lines=1, depot=offset + count // 2, items=items, lot=lot)
        post([draft], by=poster, at=timezone.now())
        count += 1
    took = time.perf_counter() - started
    connection.close()
    return count, took


def post_many(*, lines: int, times: int, items: list[str], lot: str) -> dict[str, Any]:
    """Post 1,000 movements in one call, and write the same rows as plain SQL, by turns; return lines a second of each.

    Each call goes to a depot of its own, as an import does.
    """
    poster = _poster()
    ours, limit = [], []
    for turn in range(times):
        drafts = [_draft(number, lines=lines, depot=turn, items=items, lot=lot) for number in range(1_000)]
        started = time.perf_counter()
        post(drafts, by=poster, at=timezone.now())
        ours.append(1_000 * lines / (time.perf_counter() - started))
        limit.append(1_000 * lines / _plain_inserts(turn, lines, poster))
    return {"ours": ours, "limit": limit, "posted": 1_000 * times}


def _plain_inserts(turn: int, lines: int, poster: User) -> float:
    depot = Depot.objects.get(code=f"L{turn + 1:03d}")
    written = MovementLine.objects.filter(depot=depot)
    before = written.count()
    given = {
        "depot_id": depot.pk,
        "poster_id": poster.pk,
        "first_pile": Holding.objects.filter(depot=depot).earliest("pk").pk,
        "items": filling.ITEMS,
        "movements": 1_000,
        "per_movement": lines,
    }
    text = (Path(__file__).parent / "sql" / "many_movements.sql").read_text(encoding="utf-8")
    started = time.perf_counter()
    with transaction.atomic(), psycopg.Cursor(sql.driver()) as cursor:
        cursor.execute(b"SELECT position FROM ledger_depotlog WHERE depot_id = %s FOR UPDATE", [depot.pk])
        ((position,),) = cursor.fetchall()
        cursor.execute(text.encode(), {**given, "position": position})
    seconds = time.perf_counter() - started
    assert written.count() - before == 1_000 * lines, "the limit writes what it is the limit of"
    return seconds


def _places() -> list[tuple[str, str]]:
    """Return where pages of a branch start: after the last depot of every seventh item that is kept."""
    return [(code, f"K{filling.DEPOTS:03d}") for _, code in filling.kept_items()[:-10:7]]


def ask(*, times: int, items: list[str]) -> dict[str, dict[str, list[float]]]:
    """Ask each of the planners' questions some times; return the milliseconds of every call.

    Under "sql" stand those of the bare statements of the same questions: sent and fetched by the driver, with
    parameters that are there already.
    """
    by, at = _poster(), timezone.now()
    past_at = at - timedelta(days=365)
    asked: dict[str, Any] = {"by": by, "at": at}
    places, searches = _places(), catalogue.SEARCHES
    branch = Question(supply_class=catalogue.KEPT_BRANCH)
    all_depots: dict[str, Any] = {"limit": filling.DEPOTS}
    page: dict[str, Any] = {"limit": 100}
    year: dict[str, Any] = {"occurred": past_at, "recorded": None}
    then = Instant()

    def item(n: int) -> Question:
        return Question(item=items[n * 7 % len(items)])

    def words(n: int) -> Question:
        return Question(text=searches[n % len(searches)])

    def after(n: int) -> tuple[str, str]:
        return places[n % len(places)]

    def sums_after(n: int) -> tuple[str, str]:
        return "", after(n // 2)[0]  # of the first half, so that a whole page follows

    calls: dict[str, Callable[[int], object]] = {
        "availability": lambda n: current(item(n), **asked, **all_depots),
        "availability_class": lambda n: current(branch, **asked, after=after(n), **page),
        "class_sums": lambda n: by_item(branch, then, **asked, after=sums_after(n), limit=50),
        "search": lambda n: current(words(n), **asked, **page),
        "search_sums": lambda n: by_item(words(n), then, **asked, limit=50),
        "as_of": lambda n: as_of(item(n), **asked, occurred=past_at, **all_depots),
        "recorded_as_of": lambda n: as_of(item(n), **asked, recorded=past_at, **all_depots),
        "as_of_class": lambda n: as_of(branch, **asked, occurred=past_at, after=after(n), **page),
        "nearest": lambda n: nearest(str(item(n).item), lon=105.8, lat=21.0, **asked),
        "stock_card": lambda n: stock_card(str(item(n).item), f"K{n % filling.DEPOTS + 1:03d}", **asked),
    }
    today = timezone.localdate(at)
    statements: dict[str, tuple[str, Callable[[int], dict[str, Any]]]] = {
        "availability": ("current", lambda n: params(item(n), by=by, on=today, **all_depots)),
        "availability_class": ("current", lambda n: params(branch, by=by, on=today, after=after(n), **page)),
        "search": ("current", lambda n: params(words(n), by=by, on=today, **page)),
        "as_of": ("as_of", lambda n: past(item(n), **asked, **year, **all_depots)),
        "as_of_class": ("as_of", lambda n: past(branch, **asked, **year, after=after(n), **page)),
    }
    return {
        "sql": {name: _bare(*statement, times=times) for name, statement in statements.items()},
        "call": {name: [_milliseconds(call, number) for number in range(times)] for name, call in calls.items()},
    }


def _bare(name: str, given: Callable[[int], dict[str, Any]], *, times: int) -> list[float]:
    """Return the milliseconds of a statement alone, its parameters there already."""
    ready = [given(number) for number in range(times)]
    return [
        _milliseconds(lambda number: sql.rows(f"availability/{name}", ready[number], prepare=False), number)
        for number in range(times)
    ]


def _milliseconds(call: Callable[[int], object], number: int) -> float:
    started = time.perf_counter()
    call(number)
    return (time.perf_counter() - started) * 1000


def export(*, folder: str) -> dict[str, Any]:
    """Write a full run; return its rows and bytes, the seconds it took, and this process's peak memory."""
    poster = _poster()
    started = time.perf_counter()
    manifest = runs.nightly(by=poster, at=timezone.now(), full=True, anew=True, folder=Path(folder))
    seconds = time.perf_counter() - started
    files = json.loads(manifest.read_bytes())["resources"]
    return {
        "rows": sum(file["rows"] for file in files),
        "log_rows": sum(file["rows"] for file in files if file["name"] in LOG_FILES),
        "bytes": sum(file["bytes"] for file in files),
        "seconds": seconds,
        "peak_mib": _peak_mib(),
    }


def copy_scripts(*, folder: str) -> None:
    """Write psql scripts that send the rows of a full run as COPY binary.

    `statements.sql` by the export's own statements, depot by depot; `tables.sql` the log's tables as they lie.
    """
    text = psycopg.ClientCursor(sql.driver())

    def copied(name: str, params: dict[str, Any] | None = None) -> str:
        statement = text.mogrify(sql.statement(f"exports/{name}").encode(), params or {})
        # psql ends a statement at the first `;`, and a comment line would swallow what follows on it.
        return "COPY (\n" + statement.rstrip().rstrip(";") + "\n) TO STDOUT (FORMAT binary);\n"

    with opened() as snapshot:
        ranges = frozen_ranges(snapshot, full=True)
    lines = ["BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY;\n", *(copied(dataset.name) for dataset in REFERENCE)]
    for carried in ranges:
        params = {
            "depot": carried.depot_id,
            "from_position": carried.from_position,
            "to_position": carried.to_position,
            "labelled": [],
        }
        lines += [copied(name, params) for name in ("holdings", "movements", "movement_lines")]
    Path(folder, "statements.sql").write_text("".join([*lines, "COMMIT;\n"]), encoding="utf-8")
    tables = ("ledger_movement", "ledger_movementline", "ledger_holding")
    whole = [f"COPY {table} TO STDOUT (FORMAT binary);\n" for table in tables]
    Path(folder, "tables.sql").write_text("".join(whole), encoding="utf-8")


def check() -> dict[str, Any]:
    """Verify the whole store; return what was looked at, the seconds, and what disagrees but for the limits' depots."""
    started = time.perf_counter()
    report = verify()
    seconds = time.perf_counter() - started
    wrong = [f"{one.check}: {one.where}: {one.detail}" for one in report.disagreements if not one.where.startswith("L")]
    return {
        "movements": report.movements,
        "lines": report.lines,
        "seconds": seconds,
        "wrong": wrong[:20],
        "peak_mib": _peak_mib(),
    }


def count(*, prefix: str) -> int:
    """Return how many movements have a key that starts so, in the depots that take part."""
    return Movement.objects.filter(key__startswith=prefix, depot__code__startswith="K").count()


def _peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def versions() -> dict[str, str]:
    """Return what the figures depend on beside the machine."""
    with psycopg.Cursor(sql.driver()) as cursor:
        server = cursor.execute("SHOW server_version").fetchone()
    return {
        "python": sys.version.split()[0],
        "django": django.get_version(),
        "postgresql": server[0] if server else "",
    }


VERBS: Final[dict[str, Callable[..., Any]]] = {
    verb.__name__: verb
    for verb in (fill, about, post_ones, post_many, ask, export, copy_scripts, check, count, versions)
}
