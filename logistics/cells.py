"""What the text of one cell means: quantities, money, days, moments, in the notation a mapping names."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.translation import gettext as _

from logistics.errors import Fault
from logistics.fields import InputError, parse_quantity
from logistics.tables import NativeCell
from logistics.wire import EARLIEST_YEAR, LATEST_YEAR

ZONE: Final = ZoneInfo(settings.TIME_ZONE)
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MOMENT: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,6})?)?([Zz]|[+-][0-9]{2}:[0-9]{2})?"
)
_MOST_KEPT: Final = 50_000


class Form(StrEnum):
    """What kind of value a cell is read as."""

    TEXT = "text"
    QUANTITY = "quantity"  # signed, 3 decimals
    MONEY = "money"  # 2 decimals
    FACTOR = "factor"  # 6 decimals
    WHOLE = "whole"
    DAY = "day"
    MOMENT = "moment"
    FLAG = "flag"


_DECIMALS: Final = {Form.QUANTITY: 3, Form.MONEY: 2, Form.FACTOR: 6, Form.WHOLE: 0}


class CellError(ValueError):
    """A cell that cannot be read. `column` is set where it is not the one being read."""

    def __init__(self, value: str, reason: str, column: str = "") -> None:
        super().__init__(reason)
        self.value, self.reason, self.column = value, reason, column


@dataclass(frozen=True, slots=True, kw_only=True)
class Notation:
    """How numbers and days are written, and which words mean that nothing is known. No formats: ISO 8601."""

    dates: tuple[str, ...] = ()
    decimal: str = "."
    nulls: frozenset[str] = frozenset()

    def with_(self, spec: dict[str, Any]) -> Notation:
        """Return the notation with what a field or check says otherwise; its nulls are added."""
        return replace(
            self,
            dates=tuple(spec.get("dates", self.dates)),
            decimal=spec.get("decimal", self.decimal),
            nulls=self.nulls | frozenset(spec.get("nulls", ())),
        )

    @staticmethod
    def faults(spec: dict[str, Any], here: str) -> Iterator[Fault]:
        """Yield what is wrong with the notation in a part of a mapping."""
        for name in ("dates", "nulls"):
            value = spec.get(name, [])
            if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
                yield Fault(f"{here}/{name}", "form", _("This is a list of texts."))
        if spec.get("decimal", ".") not in {".", ","}:
            yield Fault(f"{here}/decimal", "form", _('The decimal sign is "." or ",".'))


def reader_of(
    form: Form,
    notation: Notation,
    *,
    choices: tuple[str, ...] = (),
    most: int | None = None,
    is_required: bool = False,
) -> Callable[[str], Any]:
    """Return the function from a cell to its value, None for a blank or a word that means nothing is known.

    It raises CellError. Values are kept, because the same few dates, prices and units fill most files.
    """
    read = _READERS[form]
    kept: dict[str, Any] = {}

    def convert(cell: str) -> Any:
        native = isinstance(cell, NativeCell)
        if not native and cell in kept:
            return kept[cell]
        if not cell or cell in notation.nulls:
            if is_required:
                raise CellError(cell, _("This is needed; fill it in."))
            return None
        value = _native(cell, form, read, notation) if isinstance(cell, NativeCell) else read(cell, notation, form)
        if choices and value not in choices:
            raise CellError(cell, _("This is one of: %(known)s.") % {"known": ", ".join(choices)})
        if most is not None and len(value) > most:
            text = _("At most %(most)s characters; these are %(count)s.")
            raise CellError(cell, text % {"most": most, "count": len(value)})
        if not native and len(kept) < _MOST_KEPT:
            kept[cell] = value
        return value

    return convert


# --- Each form --------------------------------------------------------------------------------------------------


def _text(cell: str, notation: Notation, form: Form) -> str:
    return str(cell)


def number(cell: str, notation: Notation, form: Form) -> Decimal:
    """Return the exact number; with a decimal comma thousands may be grouped by points, wholly or not at all."""
    scale = _DECIMALS[form]
    if notation.decimal == ",":
        try:
            return parse_quantity(cell, language="vi", scale=scale).value
        except InputError as error:
            raise CellError(cell, _(error.message) % error.params) from error
    if not re.fullmatch(r"-?[0-9]{1,15}(\.[0-9]+)?", cell):
        example = "1234" if form is Form.WHOLE else "1234.5"
        text = _("This is no number: write it like %(example)s, without grouping thousands.") % {"example": example}
        raise CellError(cell, text)
    return _scaled(cell, Decimal(cell), scale)


def _scaled(cell: str, value: Decimal, scale: int) -> Decimal:
    exponent = value.as_tuple().exponent
    if isinstance(exponent, int) and -exponent > scale:
        text = _("This has too many decimals: at most %(scale)s.") if scale else _("This is a whole number.")
        raise CellError(cell, text % {"scale": scale})
    return value


def _whole(cell: str, notation: Notation, form: Form) -> int:
    return int(number(cell, notation, form))


def day(cell: str, notation: Notation, form: Form = Form.DAY) -> date:
    """Return the day a text names in one of the notation's formats. A text that two formats read apart is refused."""
    if notation.dates:
        return _by_formats(cell, notation.dates).date()
    if not _DAY.fullmatch(cell):
        raise CellError(cell, _("This is no day: write it as 2026-11-20 (year-month-day)."))
    try:
        found = date.fromisoformat(cell)
    except ValueError as error:
        raise CellError(cell, _("There is no such day.")) from error
    return _in_range(cell, found)


def moment(cell: str, notation: Notation, form: Form = Form.MOMENT) -> datetime:
    """Return the aware instant a text names; without an offset it is local time of the store, a day its midnight."""
    if notation.dates:
        return _by_formats(cell, notation.dates).replace(tzinfo=ZONE)
    if _DAY.fullmatch(cell):
        return datetime.combine(day(cell, notation), time.min, ZONE)
    if not _MOMENT.fullmatch(cell):
        raise CellError(cell, _("This is no time: write 2026-11-20, 2026-11-20 08:00 or 2026-11-20T08:00:00+07:00."))
    try:
        found = datetime.fromisoformat(cell.upper())
    except ValueError as error:
        raise CellError(cell, _("There is no such time.")) from error
    _in_range(cell, found.date())
    return found if found.tzinfo else found.replace(tzinfo=ZONE)


def _by_formats(cell: str, formats: tuple[str, ...]) -> datetime:
    found = set()
    for one in formats:
        try:
            found.add(datetime.strptime(cell, one))  # noqa: DTZ007 - the caller gives it the store's zone
        except ValueError:
            continue
    if not found and any(_shaped(cell, one) for one in formats):
        raise CellError(cell, _("There is no such day."))
    if not found:
        text = _("This is no date of the form %(forms)s.") % {"forms": ", ".join(map(_spelled, formats))}
        raise CellError(cell, text)
    if len(found) > 1:
        days = ", ".join(f"{one:%Y-%m-%d}" for one in sorted(found))
        raise CellError(cell, _("This may mean %(days)s. Write it so that it means one day.") % {"days": days})
    (only,) = found
    _in_range(cell, only.date())
    return only


def _shaped(cell: str, form: str) -> bool:
    """Tell whether a text has the digits of a format where they belong, though no day is written so."""
    shape = re.escape(form).replace("%d", "[0-9]{1,2}").replace("%m", "[0-9]{1,2}").replace("%Y", "[0-9]{4}")
    return "%" not in shape and re.fullmatch(shape, cell) is not None


def _spelled(form: str) -> str:
    """Return a format as people write it: dd/mm/yyyy instead of %d/%m/%Y."""
    parts = {"%d": "dd", "%m": "mm", "%Y": "yyyy", "%y": "yy", "%b": "mmm", "%B": "mmmm", "%H": "hh", "%M": "mm"}
    for part, letters in parts.items():
        form = form.replace(part, letters)
    return form


def _in_range(cell: str, found: date) -> date:
    if not EARLIEST_YEAR <= found.year <= LATEST_YEAR:
        text = _("The year must be from %(first)s to %(last)s.") % {"first": EARLIEST_YEAR, "last": LATEST_YEAR}
        raise CellError(cell, text)
    return found


_FLAGS: Final = {
    "true": True,
    "1": True,
    "yes": True,
    "có": True,
    "false": False,
    "0": False,
    "no": False,
    "không": False,
}


def _flag(cell: str, notation: Notation, form: Form) -> bool:
    if (value := _FLAGS.get(cell.lower())) is None:
        raise CellError(cell, _("This is true or false."))
    return value


_READERS: Final[dict[Form, Callable[[str, Notation, Form], Any]]] = {
    Form.TEXT: _text,
    Form.QUANTITY: number,
    Form.MONEY: number,
    Form.FACTOR: number,
    Form.WHOLE: _whole,
    Form.DAY: day,
    Form.MOMENT: moment,
    Form.FLAG: _flag,
}


def typed(cell: NativeCell, notation: Notation) -> str:
    """Return a workbook's own number or date as a text that means the same in a notation."""
    if cell.fault or cell.native is None:
        return str(cell)
    if isinstance(cell.native, Decimal):
        return str(cell).replace(".", ",") if notation.decimal == "," else str(cell)
    if notation.dates and not isinstance(cell.native, datetime):
        return f"{cell.native:{notation.dates[0]}}"
    return str(cell)


def _native(cell: NativeCell, form: Form, read: Callable[[str, Notation, Form], Any], notation: Notation) -> Any:
    """Return the value of a workbook's own number or date: its meaning is certain, so no notation applies."""
    if cell.fault:
        raise CellError(cell, cell.fault)
    value = cell.native
    if form in _DECIMALS:
        if not isinstance(value, Decimal):
            raise CellError(cell, _("The workbook holds a date here, not a number. Type the number again as text."))
        scaled = _scaled(cell, value, _DECIMALS[form])
        return int(scaled) if form is Form.WHOLE else scaled
    if form is Form.TEXT:
        return typed(cell, notation)
    if form in {Form.DAY, Form.MOMENT}:
        if not isinstance(value, date):
            raise CellError(cell, _("The workbook holds a number here, not a date."))
        found = value if isinstance(value, datetime) else datetime.combine(value, time.min)
        _in_range(cell, found.date())
        return found.replace(tzinfo=ZONE) if form is Form.MOMENT else found.date()
    return read(str(cell), replace(notation, dates=(), decimal="."), form)
