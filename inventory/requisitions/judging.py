"""What is wrong with what a requisition asks for, and its lines in base units: read against catalogue and scope."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from django.utils import timezone
from django.utils.translation import gettext as _

from depots.models import Depot
from inventory.catalogue.codes import KILOGRAM
from inventory.catalogue.models import Item, QualityGrade, ReservePurpose
from inventory.ledger.drafts import LARGEST
from inventory.requisitions.models import RequisitionLine
from logistics.accounts.models import User
from logistics.errors import Fault
from logistics.language import named

if TYPE_CHECKING:
    from inventory.requisitions.asking import Asked, AskedLine

MOST_LINES: Final = 500


def judge(asked: Asked, *, by: User) -> tuple[list[Fault], list[RequisitionLine], Depot | None, ReservePurpose | None]:
    """Return what is wrong with what is asked for, and its lines, not saved, its depot and its purpose.

    Lines with a fault are left out. Pointers are those of `Asked`; a fixed number of queries.
    """
    faults: list[Fault] = []
    depot = Depot.objects.visible_to(by).filter(code=asked.to_depot).first() if asked.to_depot else None
    if asked.to_depot and depot is None:
        text = _("There is no depot %(code)s in your scope.") % {"code": asked.to_depot[:40]}
        faults.append(Fault("/to_depot", "unknown-depot", text))
    purpose = ReservePurpose.objects.filter(code=asked.purpose).first()
    if purpose is None:
        text = _("There is no reserve purpose %(code)s: choose one from the list.") % {"code": asked.purpose[:40]}
        faults.append(Fault("/purpose", "unknown-purpose", text))
    if asked.needed_by_date is None:
        faults.append(Fault("/needed_by_date", "required", _("Say by which day it is needed.")))
    for name, text, most in (("basis", asked.basis, 200), ("reason", asked.reason, 300)):
        if len(text.strip()) > most:
            faults.append(Fault(f"/{name}", "too-long", _("At most %(max_length)s characters.") % {"max_length": most}))
    if not 1 <= len(asked.lines) <= MOST_LINES:
        words = _("A requisition has 1 to %(most)s lines.") % {"most": MOST_LINES}
        faults.append(Fault("/lines", "lines-required", words))
    items = {
        item.code: item
        for item in Item.objects.select_related("base_unit", "group")
        .prefetch_related("packagings")
        .filter(code__in={line.item for line in asked.lines})
    }
    grades = set(QualityGrade.objects.values_list("grade", flat=True))
    seen: set[tuple[str, int]] = set()
    lines = []
    for index, line in enumerate(asked.lines):
        found = list(_line_faults(line, items.get(line.item), grades, seen, f"/lines/{index}"))
        faults += found
        if not found:
            lines.append(_line(index + 1, line, items[line.item]))
        seen.add((line.item, line.grade))
    return faults, lines, depot, purpose


def _line_faults(
    line: AskedLine, item: Item | None, grades: set[int], seen: set[tuple[str, int]], here: str
) -> Iterator[Fault]:
    if item is None:
        text = _("There is no item %(code)s: check the code, or search by name.") % {"code": line.item[:40]}
        yield Fault(f"{here}/item", "unknown-item", text)
        return
    if (line.item, line.grade) in seen:
        text = _("%(item)s of grade %(grade)s stands in an earlier line: ask for it once.")
        yield Fault(f"{here}/item", "repeated-item", text % {"item": named(item), "grade": line.grade})
    if line.grade not in grades:
        text = _("There is no grade %(grade)s: they go from 1 to 5.") % {"grade": line.grade}
        yield Fault(f"{here}/grade", "unknown-grade", text)
    if len(line.note) > 200:
        yield Fault(f"{here}/note", "too-long", _("At most %(max_length)s characters.") % {"max_length": 200})
    if item.fuel_group and line.unit == KILOGRAM:
        text = _(
            "%(item)s is promised in litres at 15 °C, whatever density the tank will have: ask for kg × 1000 ÷ the "
            "density at 15 °C, which stands on the tank's page."
        )
        yield Fault(f"{here}/unit", "fuel-by-weight", text % {"item": named(item)})
        return
    factor = _factor(item, line.unit)
    if factor is None:
        text = _("%(item)s is not kept in %(unit)s: use %(base)s.")
        names = {"item": named(item), "unit": line.unit[:10], "base": named(item.base_unit)}
        yield Fault(f"{here}/unit", "unknown-unit", text % names)
        return
    quantity = line.quantity
    if quantity is None or not quantity.is_finite() or quantity <= 0 or quantity * factor > LARGEST:
        yield Fault(f"{here}/quantity", "quantity", _("Write how much is asked for, above zero."))
    elif quantity * factor != round(quantity * factor, item.base_unit.scale) or quantity != round(quantity, 3):
        yield uneven(item, f"{here}/quantity")


def uneven(item: Item, pointer: str) -> Fault:
    """Return the fault of a quantity that has more decimals than the item's base unit takes."""
    text = _("%(unit)s has %(scale)s decimals: write a quantity that comes out even.")
    names = {"unit": named(item.base_unit), "scale": str(item.base_unit.scale)}
    return Fault(pointer, "too-many-decimals", text % names)


def _factor(item: Item, unit: str) -> Decimal | None:
    if unit in {"", item.base_unit_id}:
        return Decimal(1)
    today = timezone.localdate()
    for one in item.packagings.all():
        starts, ends = one.valid_from or date.min, one.valid_to or date.max
        if one.unit_id == unit and starts <= today <= ends:
            return Decimal(one.factor)
    return None


def _line(number: int, line: AskedLine, item: Item) -> RequisitionLine:
    factor = _factor(item, line.unit)
    assert factor is not None
    assert line.quantity is not None
    return RequisitionLine(
        line_no=number,
        item=item,
        entered_quantity=line.quantity,
        entered_unit_id=line.unit or item.base_unit_id,
        asked=line.quantity * factor,
        grade_id=line.grade,
        note=line.note.strip(),
    )
