"""A depot's logbook for the screen: one row per movement, newest first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from inventory.ledger.models import Kind
from logistics import sql


@dataclass(frozen=True, slots=True)
class LogRow:
    """One movement in short: its header, how many lines, the first line's item."""

    position: int
    number: str
    kind: str
    occurred_at: datetime
    recorded_at: datetime
    actor: str
    counterparty: str
    order_number: str
    order_date: date | None
    to_depot: str
    from_depot: str
    consignment_position: int | None
    reason: str
    reverses: int | None
    reversed_by: int | None
    line_count: int
    item: str
    item_name: str
    item_name_en: str

    @property
    def kind_name(self) -> str:
        """The kind in the language of the page."""
        return str(Kind(self.kind).label)


def newest(depot_id: int, *, until: int, count: int) -> list[LogRow]:
    """Return the `count` movements up to position `until`, newest first; one query."""
    return list(rows_at(depot_id, range(until, max(until - count, 0), -1)))


def rows_at(depot_id: int, positions: Sequence[int]) -> list[LogRow]:
    """Return the movements at some positions, in the order given; one query."""
    found = {
        row[0]: LogRow(*row)
        for row in sql.rows("vouchers/log_page", {"depot_id": depot_id, "positions": list(positions)})
    }
    return [found[position] for position in positions if position in found]
