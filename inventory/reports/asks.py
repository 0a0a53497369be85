"""What may be asked of reports: the boxes above them, read from the address of a page and from the API alike."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, ClassVar, Final, Self

from django import forms
from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from depots.models import Depot, OrganisationUnit
from inventory.catalogue.models import ItemGroup, QualityGrade, ReservePurpose, SupplyClass
from inventory.ledger.models import Kind as MovementKind
from logistics.fields import DayField, format_date
from logistics.language import named
from logistics.lists import Filters

if TYPE_CHECKING:
    from logistics.accounts.models import User

_MOST_CHOICES: Final = 400


class Asks(Filters):
    """The boxes of a report. A subclass names those it has in `boxes`, those in sight in `in_sight`."""

    boxes: ClassVar[tuple[str, ...]] = ()
    in_sight: ClassVar[tuple[str, ...]] = ("class", "depot", "from", "to")

    def __init__(self, request: HttpRequest, *, by: User, today: date) -> None:
        super().__init__(request)
        self.today = today
        makers: dict[str, Any] = {
            "from": lambda: DayField(label=_("From day"), required=False),
            "to": lambda: DayField(label=_("To day"), required=False),
            "q": lambda: forms.CharField(label=_("Item, code or name"), required=False),
            "item": lambda: forms.CharField(label=_("Item code, exactly"), required=False),
            "class": lambda: self._choice(
                _("Branch"), [(one.code, named(one)) for one in SupplyClass.objects.order_by("code")]
            ),
            "group": lambda: self._choice(
                _("Item group"),
                [(f"{one.supply_class_id}-{one.number}", f"{one.supply_class_id}-{one.number} {named(one)}")
                 for one in ItemGroup.objects.order_by("supply_class", "number")],
            ),
            "depot": lambda: self._choice(_("Depot"), self._depots(by)),
            "unit": lambda: self._choice(
                _("Unit and those below"),
                [(one.code, f"{one.code} {one.name}")
                 for one in OrganisationUnit.objects.order_by("code")[:_MOST_CHOICES]],
            ),
            "grade": lambda: self._choice(
                _("Grade"), [(str(one.grade), f"{one.grade} {named(one)}") for one in QualityGrade.objects.all()]
            ),
            "purpose": lambda: self._choice(
                _("Purpose"), [(one.code, named(one)) for one in ReservePurpose.objects.order_by("code")]
            ),
            "kind": lambda: self._choice(_("Kind"), [(one.value, one.label.capitalize()) for one in MovementKind]),
            "by": lambda: forms.ChoiceField(
                label=_("A row for"), required=False,
                choices=[("", _("each item, all depots together")), ("depot", _("each item in each depot"))],
            ),
            "prices": lambda: forms.ChoiceField(
                label=_("Money"), required=False,
                choices=[("", _("without")), ("last", _("at the last known price"))],
            ),
            "days": lambda: self._number(_("Within days"), 1, 3650),
            "months": lambda: self._number(_("Idle for months"), 1, 120),
            "late": lambda: self._number(_("Late after days"), 0, 365),
        }  # fmt: skip
        for name in self.boxes:
            self.fields[name] = makers[name]()
        self.order_fields(self.boxes)

    @classmethod
    def of(cls, query: str, *, by: User, today: date) -> Self:
        """Return what a query asks, as the address of the report's page would carry it."""
        request = HttpRequest()
        request.GET = QueryDict(query)
        return cls(request, by=by, today=today)

    @staticmethod
    def _choice(label: str, choices: list[tuple[str, str]]) -> forms.ChoiceField:
        return forms.ChoiceField(label=label, required=False, choices=[("", _("all")), *choices])

    @staticmethod
    def _number(label: str, least: int, most: int) -> forms.IntegerField:
        return forms.IntegerField(
            label=label, required=False, min_value=least, max_value=most,
            widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        )  # fmt: skip

    @staticmethod
    def _depots(by: User) -> list[tuple[str, str]]:
        found = Depot.objects.visible_to(by).order_by("is_exercise", "code")[:_MOST_CHOICES]
        return [(one.code, f"{one.code} {one.name}") for one in found]

    def values(self) -> dict[str, Any]:
        """Return what is asked, by box; days filled in where none are asked for. Asked of boxes without errors."""
        assert not self.errors, "what cannot be read asks nothing"
        found = {name: self.asks(name) for name in self.fields}
        if "from" in self.fields:
            found["to"] = found["to"] or self.today
            found["from"] = found["from"] or self.first_day(found["to"])
        return found

    def first_day(self, last: date) -> date:
        """Return the first day where none is asked for: its month's first, early in a month that of the one before."""
        first = last.replace(day=1)
        return (first - timedelta(days=1)).replace(day=1) if last.day <= 5 else first

    def facts(self) -> list[tuple[str, str]]:
        """Return in words what is asked, for the head of paper and the first rows of files."""
        found = []
        if "from" in self.fields:
            days = self.values()
            found.append((_("Days"), f"{format_date(days['from'])} – {format_date(days['to'])}"))
        found += [(chip.label, chip.text) for chip in self.chips if chip.label not in {_("From day"), _("To day")}]
        return found or [(str(gettext_lazy("Filters")), _("none (everything)"))]
