"""The page that asks for a plan: fields, a grid of lines, a box to paste into; nothing typed is ever lost."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from django import forms
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from depots import access
from depots.models import Depot, OrganisationUnit
from inventory.catalogue.models import Item, QualityGrade, ReservePurpose
from inventory.requisitions.models import Requisition
from inventory.sourcing import needs
from inventory.sourcing.goods import Strategy
from inventory.sourcing.models import STRATEGIES
from inventory.sourcing.needs import TypedNeed
from inventory.sourcing.plans import Asked
from logistics import wire
from logistics.accounts.rights import Right
from logistics.errors import DomainError, Fault
from logistics.fields import DayField, QuantityField, format_quantity

if TYPE_CHECKING:
    from logistics.accounts.models import User

_FIELDS: Final = {
    "/name": "name",
    "/destination": "destination",
    "/needed_by": "needed_by",
    "/strategy": "strategy",
    "/rules/min_days_left": "min_days_left",
    "/rules/keep_percent": "keep_percent",
    "/rules/most_depots": "most_depots",
    "/rules/worst_grade": "worst_grade",
    "/rules/purpose": "purpose",
    "/rules/excluded_depots": "excluded_depots",
    "/requisitions": "requisitions",
}
_PLACE: Final = re.compile(r"/needs/([0-9]+)/(\w+)")
_BLANK_ROWS: Final = 3


@dataclass(slots=True)
class GridRow:
    """One row of the grid as it was typed, with what is wrong with it and what it was read as."""

    index: int
    item: str = ""
    quantity: str = ""
    unit: str = ""
    faults: list[tuple[str, str]] = field(default_factory=list)  # the cell, the words
    quantity_read: Decimal | None = None
    goods: Item | None = None

    @property
    def wrong(self) -> set[str]:
        """The cells that are wrong."""
        return {cell for cell, _words in self.faults}


class PlanForm(forms.Form):
    """What a plan is asked for, but for its lines."""

    use_required_attribute = False

    name = forms.CharField(
        label=gettext_lazy("Name"),
        required=False,
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    destination = forms.ChoiceField(label=gettext_lazy("Destination"), required=False)
    needed_by = DayField(label=gettext_lazy("Needed by"), required=False)
    strategy = forms.ChoiceField(label=gettext_lazy("Strategy"), choices=STRATEGIES, required=False)
    min_days_left = forms.IntegerField(
        label=gettext_lazy("Remaining life at least, days"), required=False,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        help_text=gettext_lazy("Counted from the day it is needed."),
    )  # fmt: skip
    keep_percent = QuantityField(
        label=gettext_lazy("Each depot keeps, %"), required=False, scale=2,
        help_text=gettext_lazy("Of what it has available of an item."),
    )  # fmt: skip
    most_depots = forms.IntegerField(
        label=gettext_lazy("Most depots per line"), required=False,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        help_text=gettext_lazy("Empty: any number."),
    )  # fmt: skip
    worst_grade = forms.TypedChoiceField(label=gettext_lazy("Worst grade"), coerce=int, required=False, empty_value="")
    purpose = forms.ChoiceField(label=gettext_lazy("Purpose"), required=False)
    excluded_depots = forms.CharField(
        label=gettext_lazy("Depots left out"), required=False, max_length=1000,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=gettext_lazy("Their codes, such as K03 K07."),
    )  # fmt: skip
    keeps_norms = forms.BooleanField(
        label=gettext_lazy("Leave every depot its reserve norm"), required=False, initial=True
    )
    requisitions = forms.MultipleChoiceField(
        label=gettext_lazy("What approved requisitions still lack"), required=False,
        widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip

    def __init__(self, data: QueryDict | None = None, *, user: User, **kwargs: Any) -> None:
        super().__init__(data, label_suffix="", **kwargs)
        today = timezone.localdate()
        depots = Depot.objects.visible_to(user).counted().open_on(today).order_by("code")
        units = OrganisationUnit.objects.filter(id__in=access.unit_ids(user, Right.PLAN)).order_by("code")
        self._choose(
            "destination",
            [
                ("", _("choose")),
                (_("Depots"), [(f"depot:{one.code}", f"{one.code} {one.name}") for one in depots]),
                (_("Units"), [(f"unit:{one.code}", f"{one.code} {one.name}") for one in units]),
            ],
        )
        english = (get_language() or "").startswith("en")
        grades = QualityGrade.objects.filter(awaits_disposal=False)
        self._choose(
            "worst_grade", [(one.grade, f"{one.grade} {one.name_en if english else one.name}") for one in grades]
        )
        purposes = [
            (one.code, one.name_en if english else one.name)
            for one in ReservePurpose.objects.filter(is_ring_fenced=False)
        ]
        self._choose("purpose", [("", _("any that is not ring-fenced")), *purposes])
        self.open_requisitions: list[Requisition] = needs.lacking(user)
        self._choose("requisitions", [(str(one.pk), f"{one} · {one.unit}") for one in self.open_requisitions])
        for name, box in self.fields.items():
            if box.help_text:
                box.widget.attrs["aria-describedby"] = f"id_{name}_helptext"

    def _choose(self, name: str, choices: list[Any]) -> None:
        box: Any = self.fields[name]
        box.choices = choices

    def asked(self, typed: Sequence[TypedNeed]) -> Asked:
        """Return what was asked for; what could not be read stands as nothing, and is told by the form itself."""
        given = self.cleaned_data
        kind, _colon, code = (given.get("destination") or "").partition(":")
        return Asked(
            name=given.get("name") or "",
            depot=code if kind == "depot" else "",
            unit=code if kind == "unit" else "",
            needed_by_date=given.get("needed_by"),
            strategy=given.get("strategy") or Strategy.NEAREST_COMPLETE.value,
            min_days_left=given.get("min_days_left") or 0,
            keep_percent=given.get("keep_percent") or Decimal(0),
            keeps_norms=bool(given.get("keeps_norms")),
            excluded_depots=re.findall(r"[^\s,;]+", (given.get("excluded_depots") or "").upper()),
            most_depots=given.get("most_depots"),
            worst_grade=given.get("worst_grade") or 2,
            purpose=given.get("purpose") or None,
            needs=typed,
            requisitions=[UUID(one) for one in given.get("requisitions") or ()],
        )

    def refuse(self, refusal: DomainError, grid: Sequence[GridRow]) -> None:
        """Put what a refusal says beside the field or the row it is about; nothing is told twice."""
        place(getattr(refusal, "faults", None) or [Fault("", refusal.slug, refusal.detail)], self, grid)


def place(faults: Sequence[Fault], form: PlanForm, grid: Sequence[GridRow]) -> None:
    """Put each fault beside the row it is about, else the field, else above the form."""
    for fault in faults:
        if found := _PLACE.fullmatch(fault.pointer):
            cell = found[2] if found[2] in {"item", "quantity", "unit"} else "item"
            grid[int(found[1])].faults.append((cell, fault.detail))
            continue
        name = _FIELDS.get(fault.pointer)
        if form.is_bound and (name is None or name not in form.errors):
            form.add_error(name, fault.detail)


def grid_of(data: QueryDict, *, language: str) -> list[GridRow]:
    """Return the rows typed into the grid, then those pasted into the box; blank rows left out."""
    cells = zip_longest(*(data.getlist(name) for name in ("item", "quantity", "unit")), fillvalue="")
    found = [
        GridRow(0, row[0].strip(), row[1].strip(), row[2].strip()) for row in cells if any(cell.strip() for cell in row)
    ]
    block = needs.pasted(data.get("pasted", "").replace("\x00", ""), language=language)
    found += [GridRow(0, one.item, one.quantity, one.unit) for one in block]
    for index, row in enumerate(found):
        row.index = index
    return found


def grid_of_address(data: QueryDict, *, language: str) -> list[GridRow]:
    """Return the rows an address names: quantities with a decimal point, shown as the page writes them."""
    grid = grid_of(data, language=language)[: needs.MOST_LINES]
    for row in grid:
        if re.fullmatch(wire.QUANTITY_PATTERN, row.quantity):
            row.quantity = format_quantity(Decimal(row.quantity), language)
    return grid


def typed_of(grid: Sequence[GridRow], *, language: str) -> list[TypedNeed]:
    """Return the rows as needs to be read."""
    return [TypedNeed(item=row.item, quantity=row.quantity, unit=row.unit, language=language) for row in grid]


def with_blanks(grid: Sequence[GridRow]) -> list[GridRow]:
    """Return the grid with some blank rows to write into."""
    count = max(_BLANK_ROWS, 8 - len(grid))
    return [*grid, *(GridRow(len(grid) + more) for more in range(count))]


def read_as(grid: Sequence[GridRow], *, language: str, at: datetime) -> list[Fault]:
    """Note beside each row what it was read as; return what is wrong with the others."""
    found, faults = needs.read(typed_of(grid, language=language), at=at)
    codes = {need["item"] for need in found}
    items = Item.objects.select_related("base_unit").in_bulk(codes, field_name="code")
    for need in found:
        row = grid[need["number"] - 1]
        row.goods, row.quantity_read = items[need["item"]], Decimal(need["quantity"])
    return faults
