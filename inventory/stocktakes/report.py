"""What the stocktake's report (biên bản kiểm kê) says, row by row, and how the books and the count came apart."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import get_language

from inventory.ledger.models import Kind
from inventory.stocktakes import prices, standing
from inventory.stocktakes.models import GradeColumn, Status, Stocktake
from inventory.stocktakes.standing import NOTHING, LineStanding, Standing
from logistics import sql


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A line of the report, in base units; `price` in đồng for one of them, None where none was ever told.

    `book` and `counted` are of the cut-off: what moved between it and the count is taken off both, so their difference
    is the one of the count. `counted_then` stood on the card at `counted_at`. `counted` None: not counted or left out.
    `sound`, `poor`, `lost`: `counted` in the column its grade belongs to. Of a liquid fuel all count litres at 15 °C.
    """

    number: int
    bin: str
    item: str
    name: str
    specification: str
    unit: str
    scale: int
    lot: str
    expires_date: date | None
    grade: int
    purpose: str
    price: Decimal | None
    book: Decimal
    counted: Decimal | None
    counted_then: Decimal | None
    counted_at: datetime | None
    surplus: Decimal
    shortage: Decimal
    sound: Decimal
    poor: Decimal
    lost: Decimal
    cause: str
    note: str
    is_fuel: bool
    measured: dict[str, Any]  # of a liquid fuel that was counted: what was read of it
    is_left_out: bool

    @property
    def book_value(self) -> Decimal | None:
        """The books' quantity in đồng."""
        return None if self.price is None else round(self.book * self.price, 2)

    @property
    def counted_value(self) -> Decimal | None:
        """The counted quantity in đồng."""
        return None if self.price is None or self.counted is None else round(self.counted * self.price, 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class LateEntry:
    """A movement recorded later about the time before a count, or before the cut-off: what it does to one line.

    `change` explains so much of the line's difference; `offset` of it was taken back, because a posted count holds.
    """

    line: LineStanding
    position: int
    number: str
    kind: str
    happened_at: datetime
    recorded_at: datetime
    by: str
    change: Decimal
    offset: Decimal | None
    is_after_count: bool
    is_before_cut_off: bool


def rows(stocktake: Stocktake, sheet: Standing | None = None) -> list[Row]:
    """Return the rows of a stocktake's report in the order of the sheet, in the reader's language.

    Of a posted stocktake the differences are those that were posted, whatever was told since.
    """
    sheet = sheet or standing.of(stocktake)
    known = prices.of(stocktake)
    columns = dict(GradeColumn.objects.values_list("grade", "column"))
    return [_row(stocktake, line, known.of(line), columns.get(line.grade)) for line in sheet.lines]


def _row(stocktake: Stocktake, line: LineStanding, price: Decimal | None, column: str | None) -> Row:
    english = (get_language() or "").startswith("en")
    difference = line.booked_change if stocktake.status == Status.POSTED else line.difference
    book, counted = line.book_at_cut_off, None
    if line.held is not None and not line.is_left_out and line.book is not None and difference is not None:
        counted = line.held.quantity - (line.book - line.book_at_cut_off)
        book = counted - difference
    is_counted = counted is not None
    by_column = {
        one: (counted or NOTHING) if one == (column or GradeColumn.Column.SOUND) else NOTHING
        for one in GradeColumn.Column.values
    }
    decision = line.decision if line.decision is not None and line.decision.holds else None
    cause = ((english and decision.cause_name_en) or decision.cause_name) if decision else ""
    change = (difference or NOTHING) if is_counted else NOTHING
    return Row(
        number=line.number,
        bin=line.bin,
        item=line.item,
        name=(english and line.name_en) or line.name,
        specification=line.specification,
        unit=(english and line.unit_name_en) or line.unit_name,
        scale=line.scale,
        lot=line.lot,
        expires_date=line.expires_date,
        grade=line.grade,
        purpose=line.purpose,
        price=price,
        book=book,
        counted=counted,
        counted_then=line.held.quantity if is_counted and line.held else None,
        counted_at=line.held.counted_at if is_counted and line.held else None,
        surplus=max(change, NOTHING),
        shortage=max(-change, NOTHING),
        sound=by_column[GradeColumn.Column.SOUND],
        poor=by_column[GradeColumn.Column.POOR],
        lost=by_column[GradeColumn.Column.LOST],
        cause=cause,
        note=decision.note if decision else "",
        is_fuel=line.fuel_group != "",
        measured=line.held.measured if is_counted and line.held else {},
        is_left_out=line.held is None or line.is_left_out,
    )


def late_entries(sheet: Standing) -> list[LateEntry]:
    """Return what was recorded later about the time before the counts of a sheet, or before its cut-off; one query."""
    by_pile = {line.holding_id: line for line in sheet.lines if line.holding_id is not None}
    if not by_pile:
        return []
    asked = {
        "stocktake_id": sheet.stocktake.pk,
        "holding_ids": list(by_pile),
        "counted_at": [line.held.counted_at if line.held else None for line in by_pile.values()],
    }
    return [
        LateEntry(
            line=by_pile[holding_id],
            position=position,
            number=number,
            kind=str(Kind(kind).label),
            happened_at=happened_at,
            recorded_at=recorded_at,
            by=actor,
            change=change,
            offset=offset,
            is_after_count=is_after_count,
            is_before_cut_off=is_before_cut_off,
        )
        for holding_id, position, number, kind, happened_at, recorded_at, actor, change, is_after_count,
        is_before_cut_off, offset in sql.rows("stocktakes/late_entries", asked)
    ]  # fmt: skip


def explained(entries: Iterable[LateEntry]) -> dict[int, Decimal]:
    """Return by line number how much of the books' change since it was counted late entries explain."""
    found: dict[int, Decimal] = defaultdict(Decimal)
    for entry in entries:
        if entry.is_after_count:
            found[entry.line.number] += entry.change
    return dict(found)
