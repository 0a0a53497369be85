"""By what the availability pages narrow a question: one search box and facets, all of them state of the address."""

from __future__ import annotations

from typing import Any, ClassVar, Final

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from depots import access
from depots.models import Depot, Province
from inventory.availability.question import MOST_DAYS_LEFT, Question
from inventory.catalogue.models import ItemGroup, QualityGrade, ReservePurpose, SupplyClass
from logistics import sql
from logistics.accounts.models import User
from logistics.language import named
from logistics.lists import Filters

MOST_DEPOTS_LISTED: Final = 200  # offered to choose from; the others are typed
MOST_DEPOTS_ASKED: Final = 50
_INDENT: Final = "\u2003"  # em space: browsers show no other tree in a list of choices


class _Days(forms.IntegerField):
    """A number of days left; a text box, because browsers read type=number by their own language."""

    widget = forms.TextInput

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=0, max_value=MOST_DAYS_LEFT, **kwargs)

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        """Return what the box needs in HTML."""
        return {"inputmode": "numeric", "autocomplete": "off"}


class Facets(Filters):
    """What may be asked of stock in several depots; the names are those of the API's parameters."""

    in_sight: ClassVar[tuple[str, ...]] = ("q",)
    field_order = (
        "q", "class", "group", "unit", "province", "depot", "grade", "purpose", "min_days_left", "max_days_left",
    )  # fmt: skip

    q = forms.CharField(label=gettext_lazy("Item: name, code, old name, NSN or GTIN"))
    group = forms.ChoiceField(label=gettext_lazy("Item group"))
    unit = forms.ChoiceField(label=gettext_lazy("Unit and all below it"))
    province = forms.ChoiceField(label=gettext_lazy("Province"))
    depot = forms.CharField(label=gettext_lazy("Depots, by code"))
    grade = forms.ChoiceField(label=gettext_lazy("Grade"))
    purpose = forms.ChoiceField(label=gettext_lazy("Purpose"))
    min_days_left = _Days(label=gettext_lazy("Days left, at least"))
    max_days_left = _Days(label=gettext_lazy("Expires within days"))

    def __init__(self, request: HttpRequest, *, by: User) -> None:
        # "class" is the parameter's name in the API too, and no name Python lets a class body give.
        super().__init__(request)
        self.by = by
        self.fields["class"] = forms.ChoiceField(label=_("Branch"), required=False)
        self.order_fields(self.field_order)
        self._offer()
        box = forms.TextInput(attrs=self.fields["q"].widget.attrs)
        box.input_type = "search"  # the key "/" looks for one
        self.fields["q"].widget = box

    def _offer(self) -> None:
        depots = access.scope(self.by, only_counted=True)
        provinces = Province.objects.filter(
            Q(valid_to=None) | Q(valid_to__gte=timezone.localdate()),
            valid_from__lte=timezone.localdate(), depot__in=depots,
        ).distinct()  # fmt: skip
        self._choose("class", [(row.code, named(row)) for row in SupplyClass.objects.order_by("code")])
        groups = ItemGroup.objects.order_by("supply_class", "number")
        codes = [(f"{row.supply_class_id}-{row.number}", named(row)) for row in groups]
        self._choose("group", [(code, f"{code} {name}") for code, name in codes])
        units = sql.rows("availability/units_above", {"depots": depots})
        self._choose("unit", [(code, f"{_INDENT * depth}{name}") for code, name, depth in units])
        self._choose("province", [(row.code, row.name) for row in provinces.order_by("name")])
        self._choose("grade", [(str(row.grade), f"{row.grade} {named(row)}") for row in QualityGrade.objects.all()])
        self._choose("purpose", [(row.code, named(row)) for row in ReservePurpose.objects.all()])
        listed = Depot.objects.filter(pk__in=depots).order_by("code").values_list("code", "name")
        self.depots = list(listed[:MOST_DEPOTS_LISTED])
        self.fields["depot"].widget.attrs |= {"list": "depots-offered"}

    def _choose(self, name: str, choices: list[tuple[str, str]]) -> None:
        box: Any = self.fields[name]
        box.choices = [("", _("all")), *choices]

    def clean_depot(self) -> str:
        """Refuse more depots than a question takes."""
        text = str(self.cleaned_data["depot"])
        if len(text.replace(",", " ").split()) > MOST_DEPOTS_ASKED:
            raise ValidationError(_("At most %(most)s depots at once.") % {"most": MOST_DEPOTS_ASKED})
        return text

    def spoken(self, name: str) -> str:
        """Return in words what a facet asks for."""
        return super().spoken(name).strip()

    def question(self, **more: Any) -> Question:
        """Return what is asked; `more` narrows it further."""
        depots = tuple((self.asks("depot") or "").replace(",", " ").upper().split())
        grade = self.asks("grade")
        asked = {
            "supply_class": self.asks("class"),
            "group": self.asks("group"),
            "unit": self.asks("unit"),
            "province": self.asks("province"),
            "grade": int(grade) if grade else None,
            "purpose": self.asks("purpose"),
            "min_days_left": self.asks("min_days_left"),
            "max_days_left": self.asks("max_days_left"),
            "text": self.asks("q") or "",
            # One depot by name is looked into though it be for training; several together are added up.
            "depot": depots[0] if len(depots) == 1 else None,
            "depots": depots if len(depots) > 1 else (),
        }
        return Question(**(asked | more))
