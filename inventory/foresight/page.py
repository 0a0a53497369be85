"""The list of what runs out, expires or is to be ordered: a row per item and depot, the most urgent first."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final, cast

from django import forms
from django.contrib.auth.decorators import login_required
from django.db.models import Count, Min, Q, QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from depots import access
from depots.models import Depot, OrganisationUnit
from inventory.catalogue.models import SupplyClass
from inventory.foresight.models import DemandClass, Outlook, Risk
from inventory.foresight.words import MODELS
from inventory.vouchers.lists import ITEM_WORDS
from logistics import lists, search, sql
from logistics.accounts.models import User
from logistics.language import named
from logistics.lists import Column, Filters, Listing

_ITEM: Final = tuple(f"item__{name}" for name in ITEM_WORDS)
TONES: Final = {Risk.OUT: "bad", Risk.HIGH: "bad", Risk.MEDIUM: "warn", Risk.LOW: "good"}
_WANTED: Final[dict[str, Q]] = {"order": Q(suggested__gt=0), "expire": Q(will_expire__gt=0)}


class ForesightFilters(Filters):
    """What may be asked of the outlooks."""

    in_sight = ("q", "risk", "wanted")

    q = forms.CharField(label=gettext_lazy("Item name or code"))
    risk = forms.ChoiceField(label=gettext_lazy("Risk to run out"), choices=[("", gettext_lazy("all")), *Risk.choices])
    wanted = forms.ChoiceField(
        label=gettext_lazy("To do"),
        choices=[
            ("", gettext_lazy("all")), ("order", gettext_lazy("order now")),
            ("expire", gettext_lazy("expires before it is used")),
        ],
    )  # fmt: skip
    supply_class = forms.ChoiceField(label=gettext_lazy("Branch"))
    unit = forms.ChoiceField(label=gettext_lazy("Unit, with all below it"))
    depot = forms.ChoiceField(label=gettext_lazy("Depot"))
    demand = forms.ChoiceField(
        label=gettext_lazy("Kind of demand"), choices=[("", gettext_lazy("all")), *DemandClass.choices]
    )

    def __init__(self, request: HttpRequest) -> None:
        super().__init__(request)
        user = cast("User", request.user)
        units = OrganisationUnit.objects.filter(id__in=access.unit_ids(user)).order_by("code")
        depots = Depot.objects.visible_to(user).counted().order_by("code")
        self._choose("supply_class", [(one.pk, named(one)) for one in SupplyClass.objects.all()])
        self._choose("unit", [(code, f"{code} {name}") for code, name in units.values_list("code", "name")])
        self._choose("depot", [(code, f"{code} {name}") for code, name in depots.values_list("code", "name")])

    def _choose(self, name: str, choices: list[tuple[str, str]]) -> None:
        box: Any = self.fields[name]
        box.choices = [("", _("all")), *choices]

    def apply(self, user: User) -> QuerySet[Any, Any]:
        """Return the outlooks of the depots in scope that are asked for, whatever their risk."""
        found = Outlook.objects.filter(depot__in=Depot.objects.visible_to(user).counted())
        if self.errors:
            return found.none()
        if (branch := self.asks("supply_class")) is not None:
            found = found.filter(item__group__supply_class=branch)
        if (unit := self.asks("unit")) is not None:
            below = [key for (key,) in sql.rows("foresight/units_below", {"code": unit})]
            found = found.filter(depot__unit__in=below)
        if (depot := self.asks("depot")) is not None:
            found = found.filter(depot__code=depot)
        if (demand := self.asks("demand")) is not None:
            found = found.filter(forecast__demand=demand)
        if (wanted := self.asks("wanted")) is not None:
            found = found.filter(_WANTED[wanted])
        return search.find(found, self.asks("q") or "", *_ITEM)


def _percent(chance: Decimal | None) -> Decimal | None:
    return None if chance is None else chance * 100


def _column(name: str, label: Any, value: Any, **more: Any) -> Column:
    return Column(name=name, label=label, value=value, **{"css": "n", "width": 12, **more})


_COLUMNS: Final = (
    Column(name="item", label=gettext_lazy("Item"), value=lambda row: named(row.item), sort=("item__code",), width=36),
    Column(name="code", label=gettext_lazy("Item code"), value=lambda row: row.item.code, only_in_files=True),
    Column(name="depot", label=gettext_lazy("Depot"), value=lambda row: row.depot.code, sort=("depot__code",), width=8),
    _column(
        "risk", gettext_lazy("Risk to run out"), lambda row: row.get_risk_display(), sort=("chance",), css="", width=16
    ),
    _column("margin", gettext_lazy("Days to spare"), lambda row: row.margin_days, sort=("margin_days",)),
    _column("available", gettext_lazy("Available"), lambda row: row.available, sort=("available",)),
    Column(
        name="unit", label=gettext_lazy("Unit of measure"), value=lambda row: named(row.item.base_unit),
        only_in_files=True, width=10,
    ),
    _column("road", gettext_lazy("On the road"), lambda row: row.on_the_road, only_in_files=True),
    _column("ordered", gettext_lazy("Ordered"), lambda row: row.ordered, only_in_files=True),
    _column(
        "forecast", gettext_lazy("Forecast a month"), lambda row: row.forecast.per_month,
        sort=("forecast__per_month",), css="n wide",
    ),
    _column("mae", gettext_lazy("Mean absolute error (MAE)"), lambda row: row.forecast.mae, only_in_files=True),
    _column("mase", gettext_lazy("Error against naive (MASE)"), lambda row: row.forecast.mase, only_in_files=True),
    _column(
        "points", gettext_lazy("Months it was tried on"), lambda row: row.forecast.test_points, only_in_files=True
    ),
    _column("model", gettext_lazy("Model"), lambda row: str(MODELS[row.forecast.model]), only_in_files=True, width=24),
    _column(
        "demand", gettext_lazy("Kind of demand"), lambda row: row.forecast.get_demand_display(), only_in_files=True
    ),
    _column("days", gettext_lazy("Days of supply"), lambda row: row.days_left, sort=("days_left",)),
    _column("norm-days", gettext_lazy("Days by norm"), lambda row: row.norm_days, only_in_files=True),
    _column("lead", gettext_lazy("Lead time, days"), lambda row: row.lead_days, only_in_files=True),
    _column("review", gettext_lazy("Days from order to order"), lambda row: row.review_days, only_in_files=True),
    _column("chance", gettext_lazy("Chance to run out, %"), lambda row: _percent(row.chance), only_in_files=True),
    _column("reorder", gettext_lazy("Reorder point"), lambda row: row.reorder_point, only_in_files=True),
    _column("suggested", gettext_lazy("To order"), lambda row: row.suggested, sort=("suggested",)),
    _column(
        "expire", gettext_lazy("Expires unused"), lambda row: row.will_expire, sort=("will_expire",), css="n wide"
    ),
    _column("first", gettext_lazy("First on"), lambda row: row.first_expiry_date, only_in_files=True),
    _column("counted", gettext_lazy("Counted at"), lambda row: row.counted_at, only_in_files=True, width=18),
    _column("position", gettext_lazy("Logbook up to"), lambda row: row.position, only_in_files=True),
)  # fmt: skip


@login_required
@require_safe
def outlooks(request: HttpRequest, kind: str = "") -> HttpResponseBase:
    """Answer how long stock lasts and what to do about it, as counted in the night; the most urgent first."""
    user = cast("User", request.user)
    filters = ForesightFilters(request)
    found = filters.apply(user)
    risk = filters.asks("risk")
    counts = dict(found.order_by().values_list("risk").annotate(Count("pk")))
    shares = [
        (one.label, counts.get(one, 0), lists.changed(request.GET, risk=one), one == risk, TONES.get(one, ""))
        for one in Risk
    ]
    if risk is not None:
        found = found.filter(risk=risk)
    counted_at = found.aggregate(first=Min("counted_at"))["first"]
    listing = Listing(
        request=request,
        name="foresight",
        title=_("Foresight: how long stock lasts, what expires, what to order"),
        columns=_COLUMNS,
        filters=filters,
        found=found.select_related("forecast", "depot", "item__base_unit"),
        key=("pk",),
        default="margin",
        total=sum(counts.values()) if risk is None else counts.get(risk, 0),
        load=_loaded,
        files={file: reverse("foresight-file", args=[file]) for file in ("csv", "xlsx")},
        facts=[(_("Stock counted"), counted_at)],
    )
    return lists.answer(listing, "foresight/foresight.html", {"shares": shares, "counted_at": counted_at}, kind=kind)


def _loaded(rows: Any) -> Any:
    for row in rows:
        row.tone = TONES.get(row.risk, "soft")
        row.percent = None if row.chance is None else round(row.chance * 100)
    return rows
