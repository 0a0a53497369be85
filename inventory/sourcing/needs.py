"""Reading a list of needs: typed or pasted rows, or what requisitions still lack; every fault told at once."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from django.db.models import Func, Q, QuerySet, TextField
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext as _

from depots import access
from inventory.catalogue.models import Item, QualityGrade, ReservePurpose
from inventory.ledger.chain import exact
from inventory.requisitions import progress
from inventory.requisitions.models import OPEN, Requisition
from logistics.cells import CellError, Form, Notation, number
from logistics.errors import Fault
from logistics.fields import InputError, parse_quantity
from logistics.search import fold

if TYPE_CHECKING:
    from logistics.accounts.models import User

MOST_LINES: Final = 500
_MOST_PASTED: Final = 2_000_000  # letters
_MOST_ROWS: Final = 10 * MOST_LINES
_MOST_QUANTITY: Final = Decimal(10) ** 15
_CELL: Final = re.compile(r'(?:"((?:[^"]|"")*)"(?=[\t\r\n]|$)|([^\t\r\n]*))(\t|\r\n|\n|\r|$)')
_POINT: Final = Notation()


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedNeed:
    """One row as it was typed: an item by code or name, a quantity, a unit by code or name ("" is the base unit).

    `language` says how the number is written: "vi", "en", or "" for the decimal point of programs.
    """

    item: str
    quantity: str
    unit: str = ""
    grade: int | None = None
    purpose: str | None = None
    language: str = ""


def pasted(text: str, *, language: str) -> list[TypedNeed]:
    """Return the rows of a block copied from a spreadsheet: item, quantity, unit, parted by tabs; blank rows left out.

    A cell with a tab, a line end or a quotation mark in it stands in quotation marks, its own doubled. A first row
    without any digit is a heading. Of a block far too long for a plan the beginning is read, enough to tell so.
    """
    text = text[:_MOST_PASTED]
    filled: list[list[str]] = []
    row: list[str] = []
    place = 0
    while place < len(text) and len(filled) < _MOST_ROWS:
        found = _CELL.match(text, place)
        assert found is not None, "the pattern matches any text"
        quoted, plain, end = found.groups()
        cell = plain if quoted is None else quoted.replace('""', '"')
        if len(row) < 3:
            row.append(re.sub(r"[\r\n\t]+", " ", cell).strip())
        place = found.end()
        if end != "\t" or place == len(text):
            if any(row):
                filled.append([*row, "", "", ""][:3])
            row = []
    if filled and not any(letter.isdigit() for letter in "".join(filled[0])):
        filled = filled[1:]
    return [TypedNeed(item=item, quantity=quantity, unit=unit, language=language) for item, quantity, unit in filled]


def read(typed: Sequence[TypedNeed], *, at: datetime) -> tuple[list[dict[str, Any]], list[Fault]]:
    """Return the rows as a plan keeps its needs, numbered from 1, and what is wrong with any of them.

    Rows with a fault are left out of the first. Pointers are "/needs/<index from 0>/<item, quantity or unit>".
    A fixed number of queries.
    """
    if not typed:
        return [], [Fault("/needs", "lines-required", _("List at least one item."))]
    if len(typed) > MOST_LINES:
        text = _("A plan has at most %(most)s lines; these are %(count)s. Split the list.")
        return [], [Fault("/needs", "too-many-lines", text % {"most": MOST_LINES, "count": len(typed)})]
    items = _Items.named([row.item for row in typed])
    today = timezone.localdate(at)
    grades = set(QualityGrade.objects.filter(awaits_disposal=False).values_list("grade", flat=True))
    purposes = set(ReservePurpose.objects.values_list("code", flat=True))
    found: list[dict[str, Any]] = []
    faults: list[Fault] = []
    for index, row in enumerate(typed):
        here = f"/needs/{index}"
        wrong: list[Fault] = []
        item = items.one(row.item, here, wrong)
        quantity, unit = _quantity(row, item, here, wrong, on=today)
        if row.grade is not None and row.grade not in grades:
            wrong.append(Fault(f"{here}/grade", "unknown-grade", _("No plan takes goods of this grade.")))
        if row.purpose is not None and row.purpose not in purposes:
            wrong.append(Fault(f"{here}/purpose", "unknown-purpose", _("There is no such purpose.")))
        faults += wrong
        if not wrong and item is not None and quantity is not None:
            found.append(
                {
                    "number": index + 1,
                    "item": item.code,
                    "quantity": exact(quantity),
                    "entered": row.quantity.strip(),
                    "unit": unit,
                    "grade": row.grade,
                    "purpose": row.purpose,
                    "requisition": None,
                    "requisition_line": None,
                }
            )
    return found, faults


def _quantity(
    row: TypedNeed, item: Item | None, here: str, wrong: list[Fault], *, on: date
) -> tuple[Decimal | None, str]:
    """Return the quantity in base units and the unit's code; None after noting what is wrong."""
    scale, factor, code = 3, Decimal(1), ""
    if item is not None:
        units = {word: one for one in _units(item, on=on) for word in one[3]}
        asked = units.get(fold(row.unit.strip())) if row.unit.strip() else (item.base_unit_id, Decimal(1), 0, [])
        if asked is None:
            known = ", ".join(dict.fromkeys(f"{one[0]}" for one in units.values()))
            text = _("%(item)s is not counted in “%(unit)s”. Write one of: %(known)s.")
            names = {"item": item.code, "unit": row.unit.strip()[:40], "known": known}
            wrong.append(Fault(f"{here}/unit", "unknown-unit", text % names))
        else:
            code, factor = asked[0], asked[1]
        scale = item.base_unit.scale if code == item.base_unit_id else 3
    value = _number(row, scale, here, wrong)
    if value is None or item is None or not code:
        return None, code
    base = value * factor
    if not 0 < base < _MOST_QUANTITY:
        wrong.append(Fault(f"{here}/quantity", "quantity", _("Write a quantity above zero.")))
        return None, code
    if base != base.quantize(Decimal(1).scaleb(-item.base_unit.scale)):
        text = _("That is %(quantity)s %(unit)s, which does not come out even. Write a quantity that does.")
        names = {"quantity": f"{base.normalize():f}", "unit": item.base_unit_id}
        wrong.append(Fault(f"{here}/quantity", "too-many-decimals", text % names))
        return None, code
    return base, code


def _number(row: TypedNeed, scale: int, here: str, wrong: list[Fault]) -> Decimal | None:
    text = row.quantity.strip()
    if not text:
        wrong.append(Fault(f"{here}/quantity", "required", _("Write how much is needed.")))
        return None
    try:
        if row.language:
            return parse_quantity(text, language=row.language, scale=scale).value
        return number(text, _POINT, Form.QUANTITY)
    except InputError as error:
        wrong.append(Fault(f"{here}/quantity", "quantity", _(error.message) % error.params))
    except CellError as error:
        wrong.append(Fault(f"{here}/quantity", "quantity", str(error)))
    return None


def _units(item: Item, *, on: date) -> Iterator[tuple[str, Decimal, int, list[str]]]:
    """Yield what an item may be counted in on a day: code, base units in one, decimals, the words that name it."""
    base = item.base_unit
    yield base.code, Decimal(1), base.scale, [fold(word) for word in (base.code, base.name, base.name_en)]
    for packaging in item.packagings.all():
        if (packaging.valid_from or on) <= on <= (packaging.valid_to or on):
            unit = packaging.unit
            words = [fold(word) for word in (unit.code, unit.name, unit.name_en)]
            yield unit.code, packaging.factor, unit.scale, words


class _Items:
    """The items that rows name, by code or by whole name."""

    def __init__(self, by_code: dict[str, Item], by_name: dict[str, list[Item]]) -> None:
        self._by_code, self._by_name = by_code, by_name

    @classmethod
    def named(cls, texts: Iterable[str]) -> _Items:
        wanted = {text.strip() for text in texts if text.strip()}
        names = {fold(text) for text in wanted}
        folded = {
            f"folded_{name}": Func(Lower(name), function="unaccent", output_field=TextField())
            for name in ("name", "name_en")
        }
        found = (
            Item.objects.alias(**folded)
            .filter(
                Q(code__in={text.upper() for text in wanted}) | Q(folded_name__in=names) | Q(folded_name_en__in=names)
            )
            .select_related("base_unit")
            .prefetch_related("packagings__unit")
            .order_by("code")
        )
        by_name: dict[str, list[Item]] = defaultdict(list)
        for item in found:
            for name in {fold(item.name), fold(item.name_en)} - {""}:
                by_name[name].append(item)
        return cls({item.code: item for item in found}, by_name)

    def one(self, text: str, here: str, wrong: list[Fault]) -> Item | None:
        """Return the item a text names, or None after noting what is wrong."""
        text = text.strip()
        if not text:
            wrong.append(Fault(f"{here}/item", "required", _("Write the item's code or its whole name.")))
            return None
        if (item := self._by_code.get(text.upper())) is None:
            named = self._by_name.get(fold(text), [])
            if len(named) > 1:
                codes = ", ".join(f"{one.code} {one.specification}".strip() for one in named[:5])
                said = _("%(count)s items have this name: write the code of one of them: %(codes)s.")
                wrong.append(Fault(f"{here}/item", "ambiguous-item", said % {"count": len(named), "codes": codes}))
                return None
            item = named[0] if named else None
        if item is None:
            said = _("There is no item “%(text)s”: write its code or its whole name.") % {"text": text[:60]}
            wrong.append(Fault(f"{here}/item", "unknown-item", said))
        elif not item.is_active:
            said = _("Item %(item)s is out of use.") % {"item": item.code}
            wrong.append(Fault(f"{here}/item", "inactive-item", said))
            item = None
        return item


# --- What requisitions lack -------------------------------------------------------------------------------------


def lacking(by: User) -> list[Requisition]:
    """Return the approved requisitions of units in the asker's scope that are still to be given stock, the first needed
    first, at most a hundred.
    """
    return list(_open_to(by).select_related("unit", "to_depot").order_by("needed_by_date", "number")[:100])


def _open_to(by: User) -> QuerySet[Requisition]:
    return Requisition.objects.filter(status__in=OPEN).filter(
        Q(unit__in=access.unit_ids(by)) | Q(to_depot__in=access.depot_ids(by))
    )


def of_requisitions(chosen: Sequence[UUID], *, by: User) -> tuple[list[dict[str, Any]], list[Fault]]:
    """Return what is still open of some requisitions as a plan's needs, not numbered yet, and what is wrong."""
    seen = {one.pk: one for one in _open_to(by).filter(pk__in=chosen)}
    faults = []
    for key in chosen:
        if key not in seen:
            text = _("There is no approved requisition %(id)s in your scope that still lacks something.")
            faults.append(Fault("/requisitions", "unknown-requisition", text % {"id": str(key)}))
    standings = progress.standings([seen[key] for key in chosen if key in seen])
    found = [
        {
            "item": line.item,
            "quantity": exact(line.open),
            "entered": exact(line.open),
            "unit": line.unit,
            "grade": line.grade,
            "purpose": seen[key].purpose_id,
            "requisition": str(key),
            "requisition_line": line.pk,
        }
        for key, lines in standings.items()
        for line in lines
        if line.open > 0
    ]
    if chosen and not found and not faults:
        faults.append(Fault("/requisitions", "nothing-lacking", _("The requisitions chosen lack nothing.")))
    return found, faults
