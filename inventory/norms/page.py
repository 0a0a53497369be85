"""The page that compares reserve norms with what is there."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Final, cast

from django import forms
from django.contrib.auth.decorators import login_required
from django.db.models import F, IntegerField, QuerySet
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_safe

from depots import access
from depots.models import Depot, OrganisationUnit
from inventory.catalogue.models import ReservePurpose, SupplyClass
from inventory.norms.models import ReserveNorm
from inventory.norms.shortfalls import NormQuestion, Shortfall, covered, in_force, stock_of
from inventory.vouchers.lists import ITEM_WORDS
from logistics import lists, search
from logistics.accounts.models import User
from logistics.language import named
from logistics.lists import Column, Filters, Listing

_ITEM: Final = tuple(f"item__{name}" for name in ITEM_WORDS)
Stock = tuple[Decimal, Decimal, int]


class NormFilters(Filters):
    """What may be asked of the norms."""

    in_sight = ("q", "state", "purpose")

    q = forms.CharField(label=gettext_lazy("Item name or code"))
    state = forms.ChoiceField(
        label=gettext_lazy("Norm"),
        choices=[("", gettext_lazy("all")), ("short", gettext_lazy("not met")), ("met", gettext_lazy("met"))],
    )
    purpose = forms.ChoiceField(label=gettext_lazy("Purpose"))
    supply_class = forms.ChoiceField(label=gettext_lazy("Branch"))
    unit = forms.ChoiceField(label=gettext_lazy("Unit, with all below it"))
    depot = forms.ChoiceField(label=gettext_lazy("Depot"))

    def __init__(self, request: HttpRequest) -> None:
        super().__init__(request)
        user = cast("User", request.user)
        units = OrganisationUnit.objects.filter(id__in=access.unit_ids(user)).order_by("code")
        depots = Depot.objects.visible_to(user).counted().order_by("code")
        self._choose("purpose", [(one.pk, named(one)) for one in ReservePurpose.objects.all()])
        self._choose("supply_class", [(one.pk, named(one)) for one in SupplyClass.objects.all()])
        self._choose("unit", [(code, f"{code} {name}") for code, name in units.values_list("code", "name")])
        self._choose("depot", [(code, f"{code} {name}") for code, name in depots.values_list("code", "name")])

    def _choose(self, name: str, choices: list[tuple[str, str]]) -> None:
        box: Any = self.fields[name]
        box.choices = [("", _("all")), *choices]

    def apply(self, user: User, *, on: date) -> QuerySet[ReserveNorm]:
        """Return the norms in force that are asked for, met or not."""
        if self.errors:
            return ReserveNorm.objects.none()
        asked = {name: self.asks(name) for name in ("purpose", "supply_class", "unit", "depot")}
        found = in_force(NormQuestion(**asked), by=user, on=on)
        return search.find(found, self.asks("q") or "", *_ITEM)


_COLUMNS: Final = (
    Column(
        name="place", label=gettext_lazy("Unit or depot"), value=lambda row: str(row.norm.unit or row.norm.depot),
        sort=("place",), width=30,
    ),
    Column(
        name="item", label=gettext_lazy("Item"), value=lambda row: named(row.norm.item), sort=("item__code",), width=36
    ),
    Column(name="code", label=gettext_lazy("Item code"), value=lambda row: row.norm.item.code, only_in_files=True),
    Column(
        name="purpose", label=gettext_lazy("Purpose"), value=lambda row: named(row.norm.purpose), sort=("purpose",),
        css="wide", width=20,
    ),
    Column(
        name="unit", label=gettext_lazy("Unit of measure"), value=lambda row: named(row.norm.item.base_unit),
        css="wide", width=10,
    ),
    Column(name="required", label=gettext_lazy("Required"), value=lambda row: row.required, css="n wide", width=14),
    Column(
        name="on-hand", label=pgettext_lazy("reserve", "On hand"), value=lambda row: row.on_hand, css="n wide", width=14
    ),
    Column(name="unusable", label=gettext_lazy("Not usable"), value=lambda row: row.unusable, css="n wide", width=14),
    Column(name="short", label=gettext_lazy("Short"), value=lambda row: row.short, css="n", width=14),
    Column(
        name="covered", label=gettext_lazy("Covered, %"), value=lambda row: row.covered, sort=("covered",), css="n",
        width=10,
    ),
    Column(name="basis", label=gettext_lazy("On whose order"), value=lambda row: row.norm.basis, only_in_files=True),
    Column(name="since", label=gettext_lazy("Valid from"), value=lambda row: row.norm.valid_from, only_in_files=True),
    Column(name="until", label=gettext_lazy("Valid to"), value=lambda row: row.norm.valid_to, only_in_files=True),
)  # fmt: skip


@login_required
@require_safe
def norms(request: HttpRequest, kind: str = "") -> HttpResponseBase:
    """Answer what norms require, what is there now and what is short, the least covered first."""
    user, today = cast("User", request.user), timezone.localdate()
    filters = NormFilters(request)
    required = dict(filters.apply(user, on=today).order_by().values_list("pk", "required"))
    stock = stock_of(list(required), on=today)
    percent = {pk: covered(required[pk], on_hand - unusable) for pk, (on_hand, unusable, _depots) in stock.items()}
    met = sum(share == 100 for share in percent.values())
    state = filters.asks("state")
    kept = {pk: share for pk, share in percent.items() if state is None or (share == 100) == (state == "met")}
    listing = Listing(
        request=request,
        name="norms",
        title=_("Reserve norms: required, on hand, short"),
        columns=_COLUMNS,
        filters=filters,
        found=_with_shares(kept),
        key=("item__code", "pk"),
        default="covered",
        load=lambda rows: _loaded(rows, stock),
        files={file: reverse("norms-file", args=[file]) for file in ("csv", "xlsx")},
        facts=[(_("Stock of"), _("now; norms in force today"))],
    )
    shares = [
        (_("not met"), len(percent) - met, lists.changed(request.GET, state="short"), state == "short", "bad"),
        (_("met"), met, lists.changed(request.GET, state="met"), state == "met", ""),
    ]
    return lists.answer(listing, "norms/norms.html", {"shares": shares}, kind=kind)


def _with_shares(percent: dict[int, int]) -> QuerySet[Any, Any]:
    """Return norms with `covered` of each, to order by: worked out once for all of them, handed back as one object.

    A join with stock in every page's own statement would work it out again for counting and for sorting.
    """
    known = json.dumps(percent)
    share = RawSQL("(%s::jsonb ->> norms_reservenorm.id::text)::integer", [known], output_field=IntegerField())
    return (
        ReserveNorm.objects.filter(pk__in=list(percent))
        .select_related("unit", "depot", "item__base_unit", "purpose")
        .annotate(covered=share, place=Coalesce(F("unit__code"), F("depot__code")))
    )


def _loaded(rows: Sequence[ReserveNorm], stock: dict[int, Stock]) -> list[Shortfall]:
    return [Shortfall(norm, *stock[norm.pk]) for norm in rows]
