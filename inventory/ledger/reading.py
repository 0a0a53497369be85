"""Reading a logbook: movements in order, whole, in business codes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from itertools import groupby
from typing import Any, Final

from django.utils.translation import gettext as _

from inventory.ledger.chain import FuelFigures
from inventory.ledger.entries import Posted, PostedLine
from inventory.ledger.piles import PileKey
from logistics import sql
from logistics.errors import NotFound

END: Final = 2**62  # a position no log reaches
_HEADER: Final = 18  # columns of the movement in read_movements.sql; the line's follow


def movements(depot_id: int, *, after: int = 0, until: int = END, limit: int | None = None) -> Iterator[Posted]:
    """Yield the movements of a depot's log with `after < position <= until`, in order, at most `limit` of them.

    Streams: memory does not grow with the log. Needs an open transaction when no `limit` is given.
    """
    if limit is not None:
        until = min(until, after + limit)  # positions have no gaps
        yield from _assemble(sql.rows("ledger/read_movements", _params(depot_id, after, until)))
        return
    with sql.streaming("ledger/read_movements", "read_movements", _params(depot_id, after, until)) as rows:
        yield from _assemble(rows)


def movement(depot_id: int, position: int) -> Posted:
    """Return one movement. Raises NotFound where the log has no such position."""
    found = list(movements(depot_id, after=position - 1, limit=1))
    if not found:
        raise NotFound(_("This log has no position “%(position)s”.") % {"position": position})
    return found[0]


def at_positions(depot_id: int, positions: Sequence[int]) -> list[tuple[Posted, tuple[PileKey, ...]]]:
    """Return the movements at some positions, each with the pile of each of its lines."""
    rows = sql.rows("ledger/read_movements", _params(depot_id, min(positions) - 1, max(positions), positions))
    return [
        (_movement(lines), tuple(_pile_key(row) for row in lines))
        for _, group in groupby(rows, key=lambda row: row[1])
        if (lines := list(group))
    ]


def books_at(
    depot_ids: Sequence[int], holding_ids: Sequence[int], instants: Sequence[datetime]
) -> dict[tuple[int, datetime], Decimal]:
    """Return what the books say was in piles at past instants, by (holding, instant); the arguments stand side by side.

    Without what happened at that very instant. One statement: all answers are of one moment of the log.
    """
    asked = {"depot_ids": list(depot_ids), "holding_ids": list(holding_ids), "instants": list(instants)}
    return {(holding_id, at): balance for holding_id, at, balance in sql.rows("ledger/books_at", asked)}


def _params(depot_id: int, after: int, until: int, positions: Sequence[int] | None = None) -> dict[str, Any]:
    chosen = None if positions is None else list(positions)
    return {"depot_id": depot_id, "after": after, "until": until, "positions": chosen}


def _assemble(rows: Iterable[tuple[Any, ...]]) -> Iterator[Posted]:
    for _position, lines in groupby(rows, key=lambda row: row[1]):
        yield _movement(list(lines))


def _movement(rows: Sequence[tuple[Any, ...]]) -> Posted:
    (
        depot, position, kind, number, occurred_at, recorded_at, actor, key, counterparty, order_number, order_date,
        reason, to_depot, consignment, reverses, previous_hash, stored_hash, request_digest,
    ) = rows[0][:_HEADER]  # fmt: skip
    return Posted(
        depot=depot,
        position=position,
        kind=kind,
        number=number,
        occurred_at=occurred_at,
        recorded_at=recorded_at,
        actor=actor,
        key=key,
        counterparty=counterparty,
        order_number=order_number,
        order_date=order_date,
        reason=reason,
        to_depot=to_depot,
        consignment=consignment,
        reverses=reverses,
        lines=tuple(_line(row) for row in rows if row[_HEADER] is not None),
        previous_hash=bytes(previous_hash),
        hash=bytes(stored_hash),
        request_digest=bytes(request_digest),
    )


def _line(row: tuple[Any, ...]) -> PostedLine:
    (
        line_no, entry_no, item, lot, expires_date, bin_code, grade, purpose, change, on_hand_after, transit_change,
        consignment_line, entered_quantity, entered_unit, unit_price, scheduled_quantity, reason, unit, counted_at,
        fuel,
    ) = row[_HEADER : _HEADER + 20]  # fmt: skip
    return PostedLine(
        line_no=line_no,
        entry_no=entry_no,
        item=item,
        lot=lot,
        expires_date=expires_date,
        bin=bin_code,
        grade=grade,
        purpose=purpose,
        change=change,
        on_hand_after=on_hand_after,
        transit_change=transit_change,
        consignment_line=consignment_line,
        entered_quantity=entered_quantity,
        entered_unit=entered_unit,
        unit_price=unit_price,
        scheduled_quantity=scheduled_quantity,
        reason=reason,
        unit=unit,
        counted_at=counted_at,
        fuel=None if fuel is None else FuelFigures.of(fuel),
    )


def _pile_key(row: tuple[Any, ...]) -> PileKey:
    grade, purpose = row[_HEADER + 6], row[_HEADER + 7]
    depot_id, item_id, lot_id, bin_id = row[-4:]
    return (depot_id, item_id, lot_id, bin_id, grade, purpose)
