"""What a wrong cell was probably meant to be: a sentence, and where it is certain enough a text to put in its place."""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches
from typing import Any, Final

from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from depots.models import Bin
from inventory.catalogue.models import Item, Lot
from logistics import old_letters, sql, tables
from logistics.cells import Form
from logistics.doubts import turned
from logistics.fields import InputError, format_quantity, parse_date, parse_quantity
from logistics.mappings import MappingFile, Reading, Record, Source
from logistics.search import fold
from logistics.tables import NativeCell, RowError, Table

MOST_LOOKED_UP: Final = 50  # texts that name no item; whoever has more wrong has the wrong column
MOST_BINS_TOLD: Final = 12
_NUMBERS: Final = {Form.QUANTITY: 3, Form.MONEY: 2, Form.FACTOR: 6, Form.WHOLE: 0}
_EXCEL_DAY_0: Final = date(1899, 12, 30)  # of workbooks that do not count from 1904


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What to do about a wrong cell. `value`: what to write instead, '' where only a person can know."""

    text: str
    value: str = ""


Where = tuple[int, str]  # row and column
_Case = tuple[RowError, Record, Source]


def suggest(
    errors: Iterable[RowError], reading: Reading, mapping: MappingFile, *, depot_id: int | None
) -> dict[Where, Suggestion]:
    """Return suggestions for errors, by row and column; at most five queries, however many there are."""
    records, table = reading.records, reading.table
    by_row = {record.row.number: record for record in records}
    by_column = {source.told_as: source for source in mapping.sources}
    cases = [
        (error, by_row[error.row], by_column[error.column])
        for error in errors
        if error.row in by_row and error.column in by_column
    ]
    found: dict[Where, Suggestion] = {}
    ways: tuple[Callable[[Sequence[_Case]], Found], ...] = (
        _old_letters, _formulas, _totals, _above(records, table), _numbers, _days, _words, _items,
        _units, _bins(depot_id), _lots,
    )  # fmt: skip
    for way in ways:
        for (error, _record, _source), suggestion in way([case for case in cases if _place(case) not in found]):
            found[error.row, error.column] = suggestion
    return found


def _place(case: _Case) -> Where:
    return case[0].row, case[0].column


def _of(cases: Sequence[_Case], *targets: str) -> list[_Case]:
    return [case for case in cases if case[2].target.name in targets and case[0].value]


Found = Iterable[tuple[_Case, Suggestion]]


def _old_letters(cases: Sequence[_Case]) -> Found:
    letters = next((found for case in cases if (found := old_letters.letters_of(case[0].value))), "")
    for case in cases if letters else ():
        told = old_letters.in_unicode(case[0].value, letters)
        if told and case[2].target.form is Form.TEXT:
            yield case, Suggestion(_("Was %(value)s meant?") % {"value": told}, told)


def _formulas(cases: Sequence[_Case]) -> Found:
    for case in cases:
        cell = _cell(case)
        if isinstance(cell, NativeCell) and cell.fault == tables.formula_fault():
            yield case, Suggestion(_("Copy the cell and paste its value in its place (Paste special, Values)."))


_TOTALS: Final = re.compile(r"(tong|cong|tong cong|cong cong|total|sum)( so)?[ :.]*")


def _totals(cases: Sequence[_Case]) -> Found:
    """Tell lines of totals and signatures: goods have a code and a quantity, these have words instead."""
    for case in cases:
        if any(_TOTALS.fullmatch(fold(cell)) for cell in case[1].row.cells if cell):
            yield case, Suggestion(_("A line of totals, it seems: leave the row out."))


def _above(records: Sequence[Record], table: Table) -> Callable[[Sequence[_Case]], Found]:
    """Offer the item of the row above where there is none: of merged cells only the first holds what all show."""

    def above(cases: Sequence[_Case]) -> Found:
        wanted = {case[0].row: case for case in cases if case[2].target.name == "item" and not case[0].value}
        place = next((table.place(case[2].column) for case in wanted.values()), None)
        if place is None:
            return
        last = ""
        for record in sorted(records, key=lambda one: one.row.number):
            case = wanted.get(record.row.number)
            if case is None:
                last = str(record.row.cells[place]) or last
            elif last and record.values.get("quantity") is not None:
                yield case, Suggestion(_("Was %(value)s meant, as in the row above?") % {"value": last}, last)

    return above


def _cell(case: _Case) -> str:
    """Return the cell as it was read; its type says what the workbook held."""
    error, record, _source = case
    return next((cell for cell in record.row.cells if str(cell) == error.value), error.value)


# --- Numbers and days ---------------------------------------------------------------------------------------------


def _numbers(cases: Sequence[_Case]) -> Found:
    for case in cases:
        error, record, source = case
        scale = _NUMBERS.get(source.target.form)
        if scale is None or not error.value:
            continue
        if source.target.name == "quantity" and re.fullmatch(r"0+([.,]0*)?", error.value):
            yield case, Suggestion(_("Leave the row out; or say that piles are set, then 0 means nothing is there."))
            continue
        bare, unit = _without_unit(error.value)
        number = _number(bare, scale)
        written = None if number is None else _written(number, source)
        if not written or written == error.value or number == record.values.get(source.target.name):
            continue
        if unit and not _is_unit_of(unit, case):
            text = _("Write the number alone; its unit, %(unit)s, has a column of its own.")
            yield case, Suggestion(text % {"unit": unit})
        else:
            yield case, Suggestion(_("Was %(value)s meant?") % {"value": written}, written)


def _without_unit(text: str) -> tuple[str, str]:
    """Return a number's text without blanks among its digits, and the word behind it."""
    bare = re.sub(r"(?<=[0-9])\s(?=[0-9]{3}\b)", "", text.strip())
    found = re.fullmatch(r"(.*?)\s*([^\W\d_.]+\.?)?", bare)
    return (found[1], found[2] or "") if found else (bare, "")


def _is_unit_of(word: str, case: _Case) -> bool:
    """Tell whether a word is what the row says its unit is: 6 boxes are not 6 of the unit beside them."""
    _error, record, source = case
    if source.target.form is not Form.QUANTITY:
        return True
    return any(fold(cell) == fold(word.rstrip(".")) for cell in record.row.cells if cell != case[0].value)


def _number(bare: str, scale: int) -> Decimal | None:
    """Return the number in a text, though it has the other decimal sign; None where it may be two numbers."""
    found = set()
    for language in ("vi", "en"):
        try:
            found.add(parse_quantity(bare, language=language, scale=scale).value)
        except InputError:
            continue
    if len(found) == 1:
        (number,) = found
        return number if number > 0 else None
    return None


def _written(number: Decimal, source: Source) -> str:
    if source.notation.decimal == ",":
        return format_quantity(number, "vi")
    return f"{number.normalize():f}"


def _days(cases: Sequence[_Case]) -> Found:
    for case in cases:
        error, _record, source = case
        if source.target.form not in {Form.DAY, Form.MOMENT} or not error.value:
            continue
        if (day := _day(_cell(case))) is None:
            continue
        written = f"{day:{source.notation.dates[0] if source.notation.dates else '%Y-%m-%d'}}"
        if written != error.value:
            yield case, Suggestion(_("Was %(value)s meant?") % {"value": written}, written)


def _day(cell: str) -> date | None:
    """Return the day a text may have meant: day first, else month first, else the last day of that month."""
    if isinstance(cell, NativeCell) and isinstance(cell.native, Decimal):
        try:
            day = _EXCEL_DAY_0 + timedelta(days=int(cell.native))
        except (InvalidOperation, OverflowError):
            return None
        return day if 1990 <= day.year <= 2100 else None
    try:
        return parse_date(cell, today=timezone.localdate(), month_is_last_day=True)
    except InputError:
        pass
    parts = re.fullmatch(r"([0-9]{1,2})[/.-]([0-9]{1,2})[/.-]([0-9]{4})", cell.strip())
    turned_round = parts or re.fullmatch(r"([0-9]{4})[/.-]([0-9]{1,2})[/.-]([0-9]{1,2})", cell.strip())
    if turned_round is None:
        return None
    if parts:
        first, second, year = (int(part) for part in parts.groups())
    else:
        year, second, first = (int(part) for part in turned_round.groups())
    if second > 12 >= first >= 1:
        first, second = second, first
    if not 1 <= second <= 12 or not 1 <= first <= 31 or not 1990 <= year <= 2199:
        return None
    return date(year, second, min(first, calendar.monthrange(year, second)[1]))


# --- Words, items, units, bins, lots ------------------------------------------------------------------------------


def _words(cases: Sequence[_Case]) -> Found:
    for case in cases:
        error, _record, source = case
        known = list(source.values or source.target.choices)
        if known and error.value and (nearest := _nearest(error.value, known)):
            yield case, Suggestion(_("Was %(value)s meant?") % {"value": nearest}, nearest)


def _nearest(text: str, known: Iterable[str]) -> str:
    folded = {fold(one): one for one in known}
    found = get_close_matches(fold(text), folded, n=1, cutoff=0.6)
    return folded[found[0]] if found else ""


def _items(cases: Sequence[_Case]) -> Found:
    wanted = _of(cases, "item")
    texts = list(dict.fromkeys(case[0].value for case in wanted))[:MOST_LOOKED_UP]
    if not texts:
        return
    theirs = {
        code: (ours, name)
        for code, ours, name in Item.objects.filter(external_code__in=texts).values_list(
            "external_code", "code", "name"
        )
    }
    stems = [f"{text[:6].upper()}%" if re.match(r"[A-Za-z]{2,4}-[0-9]", text) else "" for text in texts]
    asked = {"texts": texts, "folded": [fold(text) for text in texts], "stems": stems}
    like = {text: (code, name) for text, code, name in sql.rows("openings/like_items", asked)}
    for case in wanted:
        if (found := theirs.get(case[0].value) or like.get(case[0].value)) is not None:
            code, name = found
            if code == case[0].value:
                continue  # it is there; something else is wrong with it
            # Where cells hold another program's codes or names, ours is no text to put there.
            value = "" if case[2].lookup else code
            yield case, Suggestion(_("Was %(code)s %(name)s meant?") % {"code": code, "name": name}, value)


def _units(cases: Sequence[_Case]) -> Found:
    wanted = _of(cases, "unit", "base_unit", "package_unit")
    codes = {case[1].values.get("item") for case in wanted} - {None}
    if not codes:
        return
    name = "name" if (get_language() or "vi").startswith("vi") else "name_en"
    kept: dict[str, list[Any]] = {}
    for item in Item.objects.filter(code__in=codes).select_related("base_unit").prefetch_related("packagings__unit"):
        kept[item.code] = [item.base_unit, *(one.unit for one in item.packagings.all())]
    for case in wanted:
        units = kept.get(case[1].values.get("item") or "")
        if units:
            words = list(dict.fromkeys(getattr(unit, name) if case[2].lookup else unit.code for unit in units))
            text = _("This item is kept in: %(units)s.") % {"units": ", ".join(words)}
            yield case, Suggestion(text, words[0])


def _bins(depot_id: int | None) -> Callable[[Sequence[_Case]], Found]:
    def bins(cases: Sequence[_Case]) -> Found:
        wanted = _of(cases, "bin", "to_bin")
        if not wanted or depot_id is None:
            return
        known = list(Bin.objects.filter(depot=depot_id).values_list("code", flat=True))
        some = ", ".join(sorted(known)[:MOST_BINS_TOLD])
        for case in wanted:
            if nearest := _nearest(case[0].value, known):
                yield case, Suggestion(_("Was %(value)s meant?") % {"value": nearest}, nearest)
            elif some:
                all_told = (
                    _("The depot has: %(bins)s.") if len(known) <= MOST_BINS_TOLD else _("The depot has: %(bins)s…")
                )
                yield case, Suggestion(all_told % {"bins": some})

    return bins


def _lots(cases: Sequence[_Case]) -> Found:
    """Say the last day of use that the store keeps for a lot, and where a lot is missing what to write."""
    wanted = [case for case in cases if case[2].target.name == "expires_on"]
    names = {(case[1].values.get("item"), case[1].values.get("lot")) for case in wanted}
    lots = Lot.objects.filter(item__code__in={item for item, _ in names if item}, is_exercise=False)
    kept: Mapping[tuple[str, str], date] = {
        (item, code): day
        for item, code, day in lots.filter(code__in={lot for _, lot in names if lot}).values_list(
            "item__code", "code", "expires_date"
        )
        if day is not None
    } if wanted else {}  # fmt: skip
    for case in wanted:
        day = kept.get((case[1].values.get("item") or "", case[1].values.get("lot") or ""))
        if day is not None:
            written = f"{day:{case[2].notation.dates[0] if case[2].notation.dates else '%Y-%m-%d'}}"
            yield case, Suggestion(_("The store keeps %(value)s for this lot.") % {"value": written}, written)
    for case in cases:
        if case[2].target.name == "lot" and not case[0].value:
            yield case, Suggestion(_("Write the lot that stands on the packing."))


def other_day(warning: RowError, record: Record, source: Source) -> str:
    """Return what to write where a date may have been read month first; '' where the doubt is another."""
    day = record.values.get(source.target.name)
    if not isinstance(day, date):
        return ""
    if isinstance(day, datetime):
        day = day.date()
    other = turned(day)
    return f"{other:{source.notation.dates[0] if source.notation.dates else '%Y-%m-%d'}}" if other else ""
