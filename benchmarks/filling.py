"""A store of a given size, made in seconds: the volume every figure is taken over.

200 depots keep 100 items each, of a catalogue of 50,000, and every pile lives through the same turnover: a lot comes
in, is issued bit by bit and is empty when the next one comes. So a store ten times as old has ten times the lines,
while what is in stock stays the same. The depots have closed every month three days after it was over. The log is
loaded past `ledger.post`, as the tables' owner, but when it is chained it is a log in every other respect: hashes come
from the ledger's own chain, and `verify_ledger` finds it sound. Unchained, it has no hashes and is good for questions
only.

Beside them stand 200 depots with the same items and empty logs. The limits, plain SQL that knows no chain, write to
those, in the same tables.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import psycopg
from django.contrib.gis.geos import Point
from django.core.management import call_command
from django.db import connections
from django.utils import timezone
from psycopg.conninfo import make_conninfo

from benchmarks import catalogue
from depots.models import Bin, Depot, Level, OrganisationUnit
from inventory.catalogue.models import Item, Lot
from inventory.ledger.chain import GENESIS, ChainLine, ChainMovement, link
from inventory.ledger.known import ZONE
from logistics import history, sql
from logistics.accounts.models import Assignment, Role, Token, User

DEPOTS: Final = 200
ITEMS: Final = 100
LINES_PER_MOVEMENT: Final = 4
GROUPS: Final = ITEMS // LINES_PER_MOVEMENT  # movements in which every item of a depot moves once
LIFE: Final = 12  # lines of one lot in one depot: one receipt, eleven issues
RECEIVED: Final = Decimal(110)
ISSUED: Final = Decimal(10)
NOTHING: Final = Decimal(0)
SPAN: Final = timedelta(days=730)
IN_STOCK: Final = Decimal(1_000_000)  # of each pile of the depots that the limits write to
POSTER: Final = "benchmark"

_LOG_TABLES: Final = ("ledger_movementline", "ledger_movement", "ledger_holding")
_CATALOGUE: Final = ("catalogue_item",)
_CLOSINGS: Final = ("ledger_closingbalance",)


@dataclass(frozen=True, slots=True)
class Store:
    """What the processes that write logs need to know. `lots` are (code, last day of use) by item, then age."""

    rounds: int
    start_at: datetime
    step: timedelta
    user_id: int
    items: list[str]
    lots: list[list[tuple[str, date]]]
    url: str

    def moment(self, movement: int) -> datetime:
        """Return when movement 0, 1, 2 … of each log happened."""
        return self.start_at + movement * self.step


def rounds_for(lines: int) -> int:
    """Return how often every pile moves in a store of about `lines` lines; at least twice, never ending empty."""
    rounds = max(2, round(lines / (DEPOTS * ITEMS)))
    return rounds if rounds % LIFE else rounds + 1


def fill(lines: int, *, processes: int, is_chained: bool = True) -> dict[str, Any]:
    """Make a store of about `lines` lines in the empty database Django is connected to, as its owner.

    Returns how many lines there are, and a token of the program that may post to every depot.
    """
    poster, secret, kept = _reference()
    depots = _depots("K", "Kho đo")
    limits = _depots("L", "Kho giới hạn")
    with history.changing(by=poster, reason="Benchmark", source=history.Source.COMMAND):
        Assignment.objects.create(user=poster, role=Role.STOREKEEPER, unit=depots[0].unit)
    store = _store(rounds_for(lines), poster, kept)
    with _without_indexes(_LOG_TABLES):
        _write_piles(depots, limits, store)
        if is_chained:
            parts = [[(depot.pk, depot.code) for depot in depots[part::processes]] for part in range(processes)]
            connections.close_all()
            with ProcessPoolExecutor(processes) as pool:
                list(pool.map(_chain_logs, parts, [store] * processes))
        else:
            _run("fill_headers", {"poster_id": store.user_id, "poster": POSTER})
    with _without_indexes(_CLOSINGS):
        closed = {"depots": [depot.pk for depot in depots], "zone": ZONE.key, "poster_id": poster.pk}
        _run("fill_closings", closed | {"now_at": timezone.now()})
    with connections["default"].cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    return {"lines": store.rounds * DEPOTS * ITEMS, "token": secret}


def _reference() -> tuple[User, str, list[Item]]:
    call_command("load_reference", stdout=io.StringIO())
    with history.changing(by=None, reason="Benchmark", source=history.Source.COMMAND):
        poster = User.objects.create_user(POSTER, full_name="Chương trình đo", is_program=True)
        secret = Token.issue(to=poster, at=timezone.now(), days=30)
        for code in ("K", "L"):
            OrganisationUnit.objects.create(
                code=code, name=f"Đơn vị {code}", level=Level.STRATEGIC, valid_from=date(2000, 1, 1)
            )
        with _without_indexes(_CATALOGUE):
            chosen = catalogue.fill(ITEMS)
        kept = history.bulk_create(chosen)
    return poster, secret, kept


def _depots(letter: str, name: str) -> list[Depot]:
    unit = OrganisationUnit.objects.get(code=letter)
    with history.changing(by=None, reason="Benchmark", source=history.Source.COMMAND):
        depots = history.bulk_create(
            [
                Depot(
                    code=f"{letter}{number:03d}",
                    name=f"{name} {number}",
                    unit=unit,
                    level=Level.STRATEGIC,
                    # A grid over the country's rough extent.
                    coordinates=Point(102.5 + number % 20 * 0.3, 9 + number // 20 * 1.3, srid=4326),
                    opened_date=date(2000, 1, 1),
                )
                for number in range(1, DEPOTS + 1)
            ]
        )
        history.bulk_create([Bin(depot=depot, code="A-01", is_default=True) for depot in depots])
    return depots


def _store(rounds: int, poster: User, kept: list[Item]) -> Store:
    step = timedelta(seconds=int(SPAN.total_seconds()) // (rounds * GROUPS))
    items = [(item.pk, item.code) for item in kept]
    start_at = timezone.now().replace(microsecond=0) - timedelta(days=1) - rounds * GROUPS * step
    generations = (rounds - 1) // LIFE + 1
    expires = (start_at + SPAN * 3).date()
    with history.changing(by=poster, reason="Benchmark", source=history.Source.COMMAND):
        made = history.bulk_create(
            [
                Lot(item_id=item_id, code=f"L{age:04d}", expires_date=expires + timedelta(days=age))
                for item_id, _ in items
                for age in range(generations)
            ]
        )
    lots = [(lot.code, lot.expires_date or date.max) for lot in made]
    info = sql.driver().info
    return Store(
        rounds=rounds,
        start_at=start_at,
        step=step,
        user_id=poster.pk,
        items=[code for _, code in items],
        lots=[lots[at * generations :][:generations] for at in range(len(items))],
        url=make_conninfo(**{**info.get_parameters(), "password": info.password}),
    )


@contextmanager
def _without_indexes(tables: Sequence[str]) -> Iterator[None]:
    """Take keys, foreign keys and indexes off tables that are about to be filled, and put the same ones back after."""
    foreign: list[tuple[str, str, str]] = []
    keys: list[tuple[str, str, str]] = []
    with connections["default"].cursor() as cursor:
        cursor.execute(
            "SELECT conrelid::regclass::text, conname, contype, pg_get_constraintdef(oid) FROM pg_constraint"
            " WHERE contype IN ('f', 'p', 'u')"
            " AND (conrelid::regclass::text = ANY(%s) OR (contype = 'f' AND confrelid::regclass::text = ANY(%s)))",
            [list(tables), list(tables)],
        )
        for table, name, kind, definition in cursor.fetchall():
            (foreign if kind == "f" else keys).append((table, name, definition))
        cursor.execute(
            "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = ANY(%s)"
            " AND indexname NOT IN (SELECT conname FROM pg_constraint)",
            [list(tables)],
        )
        indexes = cursor.fetchall()
        for table, name, _ in [*foreign, *keys]:
            cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
        for name, _ in indexes:
            cursor.execute(f"DROP INDEX {name}")
    yield
    with connections["default"].cursor() as cursor:
        for _, definition in indexes:
            cursor.execute(definition)
        for table, name, definition in [*keys, *foreign]:
            cursor.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}")


def _write_piles(depots: list[Depot], limits: list[Depot], store: Store) -> None:
    """Write every pile and every line of the logs in sets, and the heads the logs will have."""
    given = {
        "rounds": store.rounds,
        "life": LIFE,
        "received": RECEIVED,
        "issued": ISSUED,
        "start_at": store.start_at,
        "step": store.step.total_seconds(),
        "groups": GROUPS,
        "per_movement": LINES_PER_MOVEMENT,
        "in_stock": IN_STOCK,
        "depots": [depot.pk for depot in depots],
        "limits": [depot.pk for depot in limits],
        "last": store.rounds * GROUPS,
        "last_recorded_at": store.moment(store.rounds * GROUPS - 1) + timedelta(minutes=5),
    }
    for name in ("fill_kept", "fill_piles", "fill_lines", "fill_limits", "fill_heads"):
        _run(name, given)


def _run(name: str, given: dict[str, Any]) -> None:
    text = (Path(__file__).parent / "sql" / f"{name}.sql").read_text(encoding="utf-8")
    with psycopg.ClientCursor(sql.driver()) as cursor:
        cursor.execute(text.encode(), given)


def _chain_logs(depots: list[tuple[int, str]], store: Store) -> None:
    """Write the headers of some depots' movements, hashed as posting would, and bring the heads to them."""
    with psycopg.connect(store.url) as connection, connection.cursor() as cursor:
        for depot_id, code in depots:
            numbers: dict[tuple[str, int], int] = {}
            rows = []
            previous = GENESIS
            for movement in _movements(code, store, numbers):
                made = link(previous, movement)
                rows.append(
                    f"{depot_id}\t{movement.position}\t{movement.kind}\t{movement.number}\t{movement.occurred_at}\t"
                    f"{movement.recorded_at}\t{store.user_id}\t{POSTER}\t{movement.counterparty}\t\t\t{movement.key}\t"
                    f"\\\\x{GENESIS.hex()}\t\\\\x{previous.hex()}\t\\\\x{made.hex()}\n"
                )
                previous = made
            with cursor.copy(
                "COPY ledger_movement (depot_id, position, kind, number, occurred_at, recorded_at, recorded_by_id,"
                " actor, counterparty, order_number, reason, key, request_digest, previous_hash, hash) FROM STDIN"
            ) as copy:
                copy.write("".join(rows))
            cursor.execute("UPDATE ledger_depotlog SET hash = %s WHERE depot_id = %s", [previous, depot_id])
            cursor.executemany(
                "INSERT INTO ledger_voucherseries (depot_id, series, year, last_number) VALUES (%s, %s, %s, %s)",
                [(depot_id, letters, year, last) for (letters, year), last in numbers.items()],
            )
            connection.commit()


def _movements(depot: str, store: Store, numbers: dict[tuple[str, int], int]) -> Iterator[ChainMovement]:
    """Yield the movements that `fill_lines.sql` wrote the lines of; count each voucher series up in `numbers`."""
    for round_no in range(store.rounds):
        age, step = divmod(round_no, LIFE)
        kind, letters, change = ("receipt", "PN", RECEIVED) if step == 0 else ("issue", "PX", -ISSUED)
        for group in range(GROUPS):
            occurred_at = store.moment(round_no * GROUPS + group)
            series = (letters, occurred_at.astimezone(ZONE).year)
            numbers[series] = numbers.get(series, 0) + 1
            first = group * LINES_PER_MOVEMENT
            yield ChainMovement(
                depot=depot,
                position=round_no * GROUPS + group + 1,
                kind=kind,
                number=f"{letters}-{depot}-{series[1]}-{numbers[series]:05d}",
                occurred_at=occurred_at,
                recorded_at=occurred_at + timedelta(minutes=5),
                actor=POSTER,
                key=f"fill-{round_no * GROUPS + group + 1}",
                counterparty="Đơn vị mẫu",
                order_number="",
                order_date=None,
                reason="",
                to_depot="",
                consignment="",
                reverses=None,
                lines=[
                    ChainLine(
                        line_no=at - first + 1,
                        entry_no=at - first + 1,
                        item=store.items[at],
                        lot=store.lots[at][age][0],
                        expires_date=store.lots[at][age][1],
                        bin="A-01",
                        grade=1,
                        purpose="THUONG_XUYEN",
                        change=change,
                        on_hand_after=RECEIVED - ISSUED * step,
                        transit_change=NOTHING,
                        consignment_line=None,
                        entered_quantity=abs(change),
                        entered_unit="KGM",
                        unit_price=None,
                        scheduled_quantity=None,
                        reason="",
                    )
                    for at in range(first, first + LINES_PER_MOVEMENT)
                ],
            )


def kept_items() -> list[tuple[int, str]]:
    """Return the keys and codes of the items that the depots keep, in the order of their keys."""
    kept = Item.objects.filter(pk__in=Lot.objects.values("item"))
    return list(kept.order_by("id").values_list("id", "code"))
