"""The map's page: the list of depots is the page, and the map beside it shows the same rows."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar, Final, cast
from uuid import UUID

from django import forms
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from depots import access, boundaries
from depots.models import Level, Province
from inventory.availability.instants import Instant, instant
from inventory.availability.on_map import GENERAL, MOST_KM, Map, MapQuestion, Steps, depots_on_map
from inventory.availability.question import Question
from inventory.catalogue.finding import with_words
from inventory.catalogue.models import Item, SupplyClass
from inventory.catalogue.views import KNOWERS
from logistics import lists, sql
from logistics.accounts import rights
from logistics.accounts.models import User
from logistics.errors import Invalid, NotFound
from logistics.fields import told_quantity
from logistics.lists import Filters

MOST_LISTED: Final = 500
# The outline of each level's symbol in a square of 20, told apart without colour; the map draws the same outlines.
SHAPES: Final = {
    Level.MINISTRY: "M10 1 18 5.5V14.5L10 19 2 14.5V5.5Z",
    Level.STRATEGIC: "M3 3H17V17H3Z",
    Level.OPERATIONAL: "M10 1 19 10 10 19 1 10Z",
    Level.TACTICAL: "M10 2 19 17.5H1Z",
    Level.SUB_UNIT: "M10 2.5a7.5 7.5 0 1 0 .01 0Z",
}
# Where in that square each filling begins: a symbol fills from below, so that it reads without colour as well.
GAUGE: Final = (("no", None), (0, None), (1, 12), (2, 7), (3, 0))
MOST_ITEMS_OFFERED: Final = 20
_INDENT: Final = "\u2003"  # em space: browsers show no other tree in a list of choices


class _Whole(forms.IntegerField):
    """A whole number typed as digits alone: what an address says must mean the same in both languages."""

    widget = forms.TextInput

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        """Return what the box needs in HTML."""
        return {"inputmode": "numeric", "autocomplete": "off"}


class MapFilters(Filters):
    """What the page may ask; all but the item's words and the place are the API's parameters."""

    in_sight: ClassVar[tuple[str, ...]] = ("item", "near", "radius_km", "quantity")
    field_order = ("item", "near", "radius_km", "quantity", "branch", "unit", "province")

    item = forms.CharField(label=gettext_lazy("Item: name, code, old name, NSN or GTIN"))
    near = forms.CharField(label=gettext_lazy("Nearest to (depot or province)"))
    radius_km = _Whole(label=gettext_lazy("Within, km"), min_value=1, max_value=MOST_KM)
    quantity = _Whole(label=gettext_lazy("Quantity needed"), min_value=1, max_value=10**12)
    branch = forms.ChoiceField(label=gettext_lazy("Branch of the depot"))
    unit = forms.ChoiceField(label=gettext_lazy("Unit and all below it"))
    province = forms.ChoiceField(label=gettext_lazy("Province"))

    def __init__(self, request: HttpRequest, *, by: User) -> None:
        super().__init__(request)
        depots = access.scope(by, only_counted=True)
        today = timezone.localdate()
        english = (get_language() or "").startswith("en")
        branches = [
            (row.code, str((english and row.name_en) or row.name)) for row in SupplyClass.objects.order_by("code")
        ]
        units = sql.rows("availability/units_above", {"depots": depots})
        valid = Province.objects.filter(Q(valid_to=None) | Q(valid_to__gte=today), valid_from__lte=today)
        self.places = list(valid.exclude(centre=None).order_by("name").values_list("name", flat=True))
        provinces = valid.filter(depot__in=depots).distinct().order_by("name")
        self._choose("branch", [*branches, (GENERAL, _("general depots"))])
        self._choose("unit", [(code, f"{_INDENT * depth}{name}") for code, name, depth in units])
        self._choose("province", [(row.code, row.name) for row in provinces])
        self.fields["near"].widget.attrs |= {"list": "places"}

    def _choose(self, name: str, choices: list[tuple[str, str]]) -> None:
        box: Any = self.fields[name]
        box.choices = [("", _("all")), *choices]

    def clean(self) -> dict[str, Any]:
        """Refuse a radius around nothing."""
        found = super().clean()
        if found.get("radius_km") and not found.get("near") and "near" not in self.errors:
            self.add_error("near", ValidationError(_("Say from where the kilometres count.")))
        return found


@dataclass(frozen=True, slots=True)
class Filling:
    """One step of the legend: the symbol's filling and what it means."""

    step: int
    words: str


@login_required
@require_safe
def stock_map(request: HttpRequest) -> HttpResponse:
    """Answer the map's page: the depots with what they have of an item, nearest first where a place is named."""
    user = cast("User", request.user)
    when = instant(request)
    if when.address:
        return redirect(when.address)
    filters = MapFilters(request, by=user)
    shown: dict[str, Any] = {"filters": filters, "instant": when, "carried": when.parameters}
    if when.refusals:
        return render(request, "availability/map.html", shown, status=422)
    plan = _plan(request)
    is_good = filters.is_valid()
    item, offered = _item(user, filters.asks("item")) if is_good else (None, [])
    if item is not None and item.code != filters.asks("item"):
        return redirect(f"{reverse('map')}{lists.changed(request.GET, item=item.code)}")
    if is_good and filters.asks("item") and item is None and not offered:
        filters.add_error("item", _("No item of the catalogue has these words."))
        is_good = False
    found: Map | None = None
    question = _question(filters, when, item, plan)
    try:
        found = depots_on_map(question if is_good else MapQuestion(when=when), by=user, at=timezone.now())
    except Invalid as refusal:
        _tell(filters, refusal)
        is_good = False
        found = depots_on_map(MapQuestion(when=when), by=user, at=timezone.now())
    drawn = question if is_good else MapQuestion(when=when)
    shown |= {
        "map": found,
        "rows": found.rows[:MOST_LISTED],
        "offered": offered,
        "legend": legend(found.steps),
        "levels": [(level.value, level.label, path) for level, path in SHAPES.items()],
        "gauge": GAUGE,
        "source": f"{reverse('api:map_availability')}?{_asked(drawn).urlencode()}",
        "borders": _borders(when),
        "most": MOST_LISTED,
        "plan": plan or "",
        "coarse": any(row.spot and row.spot.rounded_to for row in found.rows),
        "hidden": any(row.spot is None for row in found.rows),
    }
    return render(request, "availability/map.html", shown, status=200 if is_good else 422)


def legend(steps: Steps | None) -> list[Filling]:
    """Return the legend of the four fillings, the fullest first; nothing without an item."""
    if steps is None:
        return []
    low, high = told_quantity(steps.low), told_quantity(steps.high)
    return [
        Filling(3, _("%(high)s and more") % {"high": high}),
        Filling(2, _("%(low)s to below %(high)s") % {"low": low, "high": high}),
        Filling(1, _("below %(low)s") % {"low": low}),
        Filling(0, _("none available")),
    ]


def _plan(request: HttpRequest) -> str | None:
    """Return the plan whose routes are asked for. Raises NotFound where what is named can be none."""
    text = request.GET.get("plan", "").strip()
    try:
        return str(UUID(text)) if text else None
    except ValueError as error:
        raise NotFound(_("There is no plan “%(key)s” for you to see.") % {"key": text[:40]}) from error


def _item(user: User, text: str | None) -> tuple[Item | None, list[Item]]:
    """Return the item of that code, or the only one that has the words; else those that have them, to choose from."""
    if not text or not rights.has(user, *KNOWERS):
        return None, []
    exact = Item.objects.filter(code__iexact=text).first()
    if exact is not None:
        return exact, []
    found = list(
        with_words(Item.objects.select_related("base_unit"), text).order_by("-is_active", "code")[:MOST_ITEMS_OFFERED]
    )
    return (found[0], []) if len(found) == 1 else (None, found)


def _question(filters: MapFilters, when: Instant, item: Item | None, plan: str | None) -> MapQuestion:
    quantity = filters.asks("quantity")
    radius = filters.asks("radius_km")
    return MapQuestion(
        stock=Question(item=item.code if item else None, unit=filters.asks("unit"), province=filters.asks("province")),
        when=when,
        branch=filters.asks("branch"),
        near=filters.asks("near"),
        radius_km=None if radius is None else float(radius),
        quantity=None if quantity is None else Decimal(quantity),
        plan=plan,
    )


def _asked(question: MapQuestion) -> QueryDict:
    """Return the question as parameters of the API."""
    radius, when = question.radius_km, question.when
    asked = {
        "item": question.stock.item,
        "unit": question.stock.unit,
        "province": question.stock.province,
        "branch": question.branch,
        "near": question.near,
        "radius_km": None if radius is None else f"{radius:g}",
        "quantity": None if question.quantity is None else f"{question.quantity:f}",
        "plan": question.plan,
        "as_of": when.as_of and when.as_of.isoformat(),
        "recorded_as_of": when.recorded_as_of and when.recorded_as_of.isoformat(),
    }
    query = QueryDict(mutable=True)
    query.update({name: value for name, value in asked.items() if value})
    return query


def _tell(filters: MapFilters, refusal: Invalid) -> None:
    """Set what was refused beside the boxes it is about."""
    for fault in refusal.faults:
        name = fault.pointer.rpartition("/")[2]
        filters.add_error(name if name in filters.fields else None, fault.detail)


def _borders(when: Instant) -> str:
    """Return the address of the owner's boundaries of that day; '' when the store has none."""
    if not boundaries.on_day(when.day).exists():
        return ""
    return f"{reverse('api:map_boundaries')}?on={when.day.isoformat()}"
