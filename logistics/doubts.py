"""What can be read but should be looked at: days a spreadsheet may have turned round, numbers of two readings, codes
that it took for days or numbers.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from django.utils.translation import gettext as _

from logistics.cells import Form
from logistics.fields import InputError, format_date, parse_quantity, told_quantity
from logistics.tables import NativeCell, RowError, Table

if TYPE_CHECKING:
    from logistics.mappings import Record, Source

_DAYS: Final = {Form.DAY, Form.MOMENT}
_NUMBERS: Final = {Form.QUANTITY: 3, Form.MONEY: 2}


def doubt(source: Source, table: Table, records: Sequence[Record]) -> None:
    """Note on the records what of one target should be looked at; nothing is refused."""
    place = table.place(source.column) if source.column else None
    if place is None:
        return
    if source.target.form in _DAYS:
        _doubt_days(source, place, records)
    elif source.target.form is Form.TEXT:
        _doubt_texts(source, place, records)
    elif source.target.form in _NUMBERS and source.notation.decimal == ",":
        _doubt_numbers(source, place, records)


def turned(day: date) -> date | None:
    """Return the day with day and month exchanged, None where that is no other day."""
    return day.replace(day=day.month, month=day.day) if day.day <= 12 and day.day != day.month else None


def _doubt_days(source: Source, place: int, records: Sequence[Record]) -> None:
    """Doubt the workbook's own dates that may have been typed day first and read month first.

    A program set to month/day turns 05/02/2027 into 2 May and leaves 25/02/2027 as text: so texts among the dates, or
    a lot whose code spells the other day, say that it happened.
    """
    name = source.target.name
    has_texts = any(
        record.values.get(name) is not None and not isinstance(record.row.cells[place], NativeCell)
        for record in records
    )
    for record in records:
        cell, day = record.row.cells[place], record.values.get(name)
        if not isinstance(cell, NativeCell) or not isinstance(day, date):
            continue
        day = date(day.year, day.month, day.day)
        if (other := turned(day)) is None:
            continue
        names = {"day": format_date(day), "other": format_date(other)}
        lot = str(record.values.get(source.target.spelled_in) or "")
        if lot and _spells(lot, other) and not _spells(lot, day):
            _note(record, source, cell, _("The cell is a date, %(day)s, but the lot speaks of %(other)s.") % names)
        elif has_texts:
            text = _("The cell is a date, %(day)s, among days typed as text: it may have been meant as %(other)s.")
            _note(record, source, cell, text % names)


def _spells(text: str, day: date) -> bool:
    digits = re.sub(r"[^0-9]", "", text)
    return any(f"{day:{form}}" in digits for form in ("%d%m%y", "%y%m%d", "%d%m%Y", "%Y%m%d"))


def _doubt_texts(source: Source, place: int, records: Sequence[Record]) -> None:
    """Doubt codes and lots that the workbook holds as dates or numbers: 1-2 became a day, 007 became 7."""
    natives: list[tuple[Record, NativeCell]] = []
    has_zeros = False
    for record in records:
        cell = record.row.cells[place]
        if isinstance(cell, NativeCell):
            natives.append((record, cell))
        else:
            has_zeros = has_zeros or (cell.startswith("0") and cell.isdecimal() and len(cell) > 1)
    for record, cell in natives:
        read = {"value": record.values.get(source.target.name)}
        if isinstance(cell.native, date):
            text = _("The cell is a date and was read as “%(value)s”. If it was a text such as 1-2, type that as text.")
            _note(record, source, cell, text % read)
        elif has_zeros and isinstance(cell.native, Decimal):
            text = _("The cell is a number, %(value)s, among texts that begin with 0: zeros may have been lost.")
            _note(record, source, cell, text % read)


def _doubt_numbers(source: Source, place: int, records: Sequence[Record]) -> None:
    scale = _NUMBERS[source.target.form]
    seen: dict[str, Decimal | None] = {}
    for record in records:
        cell = record.row.cells[place]
        if isinstance(cell, NativeCell) or not ("." in cell or "," in cell):
            continue
        if cell not in seen:
            seen[cell] = _other(cell, scale)
        other = seen[cell]
        value: Any = record.values.get(source.target.name)
        if other is not None and value is not None:
            text = _("This was read as %(value)s; in English it would be %(other)s.")
            _note(record, source, cell, text % {"value": told_quantity(value), "other": told_quantity(other)})


def _other(cell: str, scale: int) -> Decimal | None:
    try:
        return parse_quantity(cell, language="vi", scale=scale).other
    except InputError:
        return None


def _note(record: Record, source: Source, cell: str, reason: str) -> None:
    column = source.told_as
    record.warnings.setdefault(column, RowError(record.row.number, column, cell, reason))
