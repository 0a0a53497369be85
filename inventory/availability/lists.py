"""Lists of what lies in a depot: its piles, its lots by last day of use, its lots on hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any, Final

from django import forms
from django.contrib.auth.decorators import login_required
from django.contrib.postgres.aggregates import StringAgg
from django.db.models import CharField, Count, F, Func, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce, Collate, NullIf
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from depots.models import Bin, Depot
from inventory.availability.expiry import Band, band_of, bands
from inventory.catalogue.models import Lot, QualityGrade, ReservePurpose
from inventory.ledger.models import Holding
from inventory.vouchers.lists import ITEM_WORDS, depot_to_read
from logistics import lists, search
from logistics.language import named
from logistics.lists import Column, Filters, Listing

_SORTED_AS: Final = "vi-VN-x-icu"  # a ă â … d đ e ê: what C.UTF-8 does not know
_GOODS: Final = (*(f"item__{name}" for name in ITEM_WORDS), "lot__code")

# Under which heading what is not allocated of a pile falls; function deduction_of decides.
STATES: Final = {
    "available": gettext_lazy("available"),
    "expired": gettext_lazy("expired"),
    "on_hold": gettext_lazy("on hold"),
    "reserve": gettext_lazy("reserve"),
    "disposal": gettext_lazy("for disposal"),
}


def _is_english() -> bool:
    return (get_language() or "").startswith("en")


def _name_as_sorted() -> Collate:
    """Return an item's name in the language of the page, as Vietnamese readers look it up."""
    name: Any = F("item__name")
    if _is_english():
        name = Coalesce(NullIf("item__name_en", Value("")), "item__name")
    return Collate(name, _SORTED_AS)


def _piles(depot: Depot) -> QuerySet[Any, Any]:
    return Holding.objects.filter(depot=depot, is_stocked=True)


def _files(name: str, depot: Depot) -> dict[str, str]:
    return {kind: reverse(name, args=[depot.code, kind]) for kind in ("csv", "xlsx")}


# --- Piles --------------------------------------------------------------------------------------------------------


class PileFilters(Filters):
    """What may be asked of the piles of a depot."""

    in_sight = ("q", "bin", "state")

    q = forms.CharField(label=gettext_lazy("Item, code or lot"))
    bin = forms.ChoiceField(label=gettext_lazy("Bin"))
    state = forms.ChoiceField(label=gettext_lazy("State"), choices=[("", gettext_lazy("every state")), *STATES.items()])
    grade = forms.ChoiceField(label=gettext_lazy("Grade"))
    purpose = forms.ChoiceField(label=gettext_lazy("Purpose"))
    lot = forms.CharField(label=gettext_lazy("Lot, exactly"))
    item = forms.CharField(label=gettext_lazy("Item code, exactly"))

    def __init__(self, request: HttpRequest, *, depot: Depot) -> None:
        super().__init__(request)
        self.depot = depot
        everything = [("", _("all"))]
        bins = Bin.objects.filter(depot=depot).order_by("code")
        self._choose("bin", everything + [(one.code, f"{one.code} {one.name}".strip()) for one in bins])
        grades, purposes = QualityGrade.objects.all(), ReservePurpose.objects.all()
        english = _is_english()
        self._choose(
            "grade", everything + [(str(g.grade), f"{g.grade} {g.name_en if english else g.name}") for g in grades]
        )
        self._choose("purpose", everything + [(p.code, p.name_en if english else p.name) for p in purposes])

    def _choose(self, name: str, choices: list[tuple[str, str]]) -> None:
        box: Any = self.fields[name]
        box.choices = choices

    def apply(self) -> QuerySet[Any, Any]:
        """Return the piles that are asked for, `state` told of each."""
        found: QuerySet[Any, Any] = _piles(self.depot)
        if self.errors:
            return found.none()
        for name, column in (("bin", "bin__code"), ("grade", "grade"), ("purpose", "purpose"), ("lot", "lot__code"),
                             ("item", "item__code")):  # fmt: skip
            if (value := self.asks(name)) is not None:
                found = found.filter(**{column: value})
        found = search.find(found, self.asks("q") or "", *_GOODS).annotate(state=_state())
        if state := self.asks("state"):
            found = found.filter(state=state)
        return found


def _state() -> Func:
    return Func(
        F("grade__awaits_disposal"),
        F("lot__expires_date"),
        F("lot__hold_reason"),
        F("purpose__is_ring_fenced"),
        Value(timezone.localdate()),
        function="deduction_of",
        output_field=CharField(),
    )


_PILES: Final = (
    Column(
        name="item", label=gettext_lazy("Item"), value=lambda row: named(row.item), sort=("named", "item__code"),
        width=36,
    ),
    Column(name="code", label=gettext_lazy("Item code"), value=lambda row: row.item.code, only_in_files=True),
    Column(name="lot", label=gettext_lazy("Lot"), value=lambda row: row.lot.code, sort=("lot__code",), css="wide"),
    Column(
        name="expires", label=gettext_lazy("Last day of use"), value=lambda row: row.lot.expires_date,
        sort=("lot__expires_date",), css="wide",
    ),
    Column(name="bin", label=gettext_lazy("Bin"), value=lambda row: row.bin.code, sort=("bin__code",), css="wide"),
    Column(
        name="grade", label=gettext_lazy("Grade"), value=lambda row: row.grade_id, sort=("grade",), css="n wide",
        width=8,
    ),
    Column(
        name="purpose", label=gettext_lazy("Purpose"), value=lambda row: named(row.purpose), sort=("purpose",),
        css="wide",
    ),
    Column(name="state", label=gettext_lazy("State"), value=lambda row: str(STATES[row.state])),
    Column(name="unit", label=gettext_lazy("Unit of measure"), value=lambda r: named(r.item.base_unit), css="wide"),
    Column(
        name="on-hand", label=gettext_lazy("On hand"), value=lambda row: row.on_hand, sort=("on_hand",), css="n",
        width=14,
    ),
    Column(
        name="allocated", label=gettext_lazy("Allocated"), value=lambda row: row.allocated, sort=("allocated",),
        css="n wide", width=14,
    ),
    Column(name="hold", label=gettext_lazy("Held because"), value=lambda row: row.lot.hold_reason, only_in_files=True),
)  # fmt: skip


def _pile_rows(rows: Sequence[Any]) -> Sequence[Any]:
    for row in rows:
        row.state_name = STATES[row.state]
    return rows


@login_required
@require_safe
def piles(request: HttpRequest, code: str, kind: str = "") -> HttpResponseBase:
    """Answer what lies in a depot, pile by pile: an item's lot in one bin, of one grade, for one purpose."""
    depot = depot_to_read(request, code)
    filters = PileFilters(request, depot=depot)
    found = filters.apply()
    listing = Listing(
        request=request,
        name=f"{depot.code}-stock",
        title=f"{_('Stock by bin and lot')} {depot.code} {depot.name}",
        columns=_PILES,
        filters=filters,
        found=found.annotate(named=_name_as_sorted()).select_related("item__base_unit", "lot", "bin", "purpose"),
        key=("id",),
        default="item",
        load=_pile_rows,
        files=_files("stock-file", depot),
    )
    sums = found.order_by().aggregate(
        items=Count("item", distinct=True), on_hand=Sum("on_hand"), allocated=Sum("allocated"),
    )  # fmt: skip
    return lists.answer(listing, "availability/piles.html", {"depot": depot, "sums": sums}, kind=kind)


# --- Lots ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LotRow:
    """What a depot has of one lot, over all its piles. `left_days` is negative once it has expired."""

    item: str
    name: str
    name_en: str
    unit: str
    unit_en: str
    lot: str
    expires_date: date | None
    hold_reason: str
    bins: str
    on_hand: Decimal
    allocated: Decimal
    band: Band | None
    left_days: int | None
    held_since: Any = None
    held_by: str = ""

    @property
    def left_days_ago(self) -> int:
        """How many days ago it expired."""
        return -(self.left_days or 0)


def _lots(piles: QuerySet[Any, Any]) -> QuerySet[Any, Any]:
    """Return one row per lot of the piles, as a dict."""
    named = _name_as_sorted()
    found: QuerySet[Any, Any] = piles.order_by().values(
        "lot_id", "item__code", "item__name", "item__name_en", "item__base_unit__name", "item__base_unit__name_en",
        "lot__code", "lot__expires_date", "lot__hold_reason", named=named,
    ).annotate(
        total=Sum("on_hand"), promised=Sum("allocated"),
        bins=StringAgg("bin__code", ", ", distinct=True, default=Value("")),
    )  # fmt: skip
    return found


def _lot_rows(rows: Sequence[dict[str, Any]], today: date) -> list[LotRow]:
    among = bands(today)
    held = _held_since([row["lot_id"] for row in rows if row["lot__hold_reason"]])
    return [
        LotRow(
            row["item__code"],
            row["item__name"],
            row["item__name_en"],
            row["item__base_unit__name"],
            row["item__base_unit__name_en"],
            row["lot__code"],
            (day := row["lot__expires_date"]),
            row["lot__hold_reason"],
            row["bins"],
            row["total"],
            row["promised"],
            band_of(day, among=among) if day else None,
            (day - today).days if day else None,
            *held.get(row["lot_id"], (None, "")),
        )
        for row in rows
    ]


def _held_since(lots: list[int]) -> dict[int, tuple[Any, str]]:
    """Return of lots on hold since when, and by whom: the first change that left them so until now."""
    if not lots:
        return {}
    history: Any = Lot.history
    free = history.filter(id=OuterRef("id"), hold_reason="").order_by("-history_id").values("history_id")[:1]
    first = (
        history.filter(id__in=lots)
        .exclude(hold_reason="")
        .filter(history_id__gt=Coalesce(Subquery(free), 0))
        .order_by("id", "history_id")
        .distinct("id")
        .select_related("history_user")
    )
    return {row.id: (row.history_date, row.history_user.login if row.history_user else "") for row in first}


def _lot_name(row: LotRow) -> str:
    return row.name_en if _is_english() and row.name_en else row.name


def _left(row: LotRow) -> int | None:
    return row.left_days


_LOT: Final = (
    Column(name="item", label=gettext_lazy("Item"), value=_lot_name, sort=("named", "item__code"), width=36),
    Column(name="code", label=gettext_lazy("Item code"), value=lambda row: row.item, only_in_files=True),
    Column(name="lot", label=gettext_lazy("Lot"), value=lambda row: row.lot, sort=("lot__code",)),
)
_AMOUNT: Final = (
    Column(name="bins", label=gettext_lazy("Bins"), value=lambda row: row.bins, css="wide"),
    Column(
        name="unit", label=gettext_lazy("Unit of measure"), css="wide",
        value=lambda row: row.unit_en if _is_english() and row.unit_en else row.unit,
    ),
    Column(
        name="on-hand", label=gettext_lazy("On hand"), value=lambda row: row.on_hand, sort=("total",), css="n", width=14
    ),
)  # fmt: skip
_EXPIRES: Final = Column(
    name="expires", label=gettext_lazy("Last day of use"), value=lambda row: row.expires_date,
    sort=("lot__expires_date",), css="nowrap",
)  # fmt: skip
_EXPIRING: Final = (
    *_LOT,
    _EXPIRES,
    Column(name="left", label=gettext_lazy("Days left"), value=_left, css="n", width=10),
    Column(
        name="band", label=gettext_lazy("Time left"), value=lambda row: str(row.band.label) if row.band else "",
        only_in_files=True,
    ),
    *_AMOUNT,
    Column(name="hold", label=gettext_lazy("Held because"), value=lambda row: row.hold_reason, css="wide", width=30),
)  # fmt: skip
_HELD: Final = (
    *_LOT,
    Column(
        name="hold", label=gettext_lazy("Held because"), value=lambda row: row.hold_reason,
        sort=("lot__hold_reason",), width=36,
    ),
    Column(name="since", label=gettext_lazy("Since"), value=lambda row: row.held_since, css="wide"),
    Column(name="by", label=gettext_lazy("Put on hold by"), value=lambda row: row.held_by, css="wide"),
    replace(_EXPIRES, css="wide"),
    *_AMOUNT,
)  # fmt: skip


class LotFilters(Filters):
    """What may be asked of the lots of a depot."""

    q = forms.CharField(label=gettext_lazy("Item, code or lot"))

    def apply(self, piles: QuerySet[Any, Any]) -> QuerySet[Any, Any]:
        """Return the piles whose lots are asked for."""
        return piles.none() if self.errors else search.find(piles, self.asks("q") or "", *_GOODS)


class ExpiryFilters(LotFilters):
    """What may be asked of the lots that expire."""

    in_sight = ("q", "band")

    band = forms.ChoiceField(label=gettext_lazy("Time left"))

    def __init__(self, request: HttpRequest, *, today: date) -> None:
        super().__init__(request)
        self.bands = bands(today)
        box: Any = self.fields["band"]
        box.choices = [("", _("all")), *((band.code, band.label) for band in self.bands)]

    def asked_band(self) -> Band | None:
        """Return the band that is asked for."""
        return next((band for band in self.bands if band.code == self.asks("band")), None)


def _in(band: Band) -> Q:
    condition = Q(lot__expires_date__isnull=False)
    if band.first is not None:
        condition &= Q(lot__expires_date__gte=band.first)
    if band.last is not None:
        condition &= Q(lot__expires_date__lte=band.last)
    return condition


@login_required
@require_safe
def expiring(request: HttpRequest, code: str, kind: str = "") -> HttpResponseBase:
    """Answer the lots of a depot that expire, the first to expire first, told apart by how much time is left."""
    depot, today = depot_to_read(request, code), timezone.localdate()
    filters = ExpiryFilters(request, today=today)
    found = filters.apply(_piles(depot).filter(lot__expires_date__isnull=False))
    counts = found.aggregate(
        **{f"n{number}": Count("lot", distinct=True, filter=_in(band)) for number, band in enumerate(filters.bands)}
    )
    if band := filters.asked_band():
        found = found.filter(_in(band))
    listing = Listing(
        request=request,
        name=f"{depot.code}-expiring",
        title=f"{_('Lots by last day of use')} {depot.code} {depot.name}",
        columns=_EXPIRING,
        filters=filters,
        found=_lots(found),
        key=("lot_id",),
        default="expires",
        load=lambda rows: _lot_rows(rows, today),
        files=_files("expiring-file", depot),
    )
    shares = [
        (band, counts[f"n{number}"], lists.changed(request.GET, band=band.code), band == filters.asked_band())
        for number, band in enumerate(filters.bands)
    ]
    return lists.answer(listing, "availability/expiring.html", {"depot": depot, "shares": shares}, kind=kind)


@login_required
@require_safe
def held(request: HttpRequest, code: str, kind: str = "") -> HttpResponseBase:
    """Answer the lots of a depot that may not be issued until their hold is lifted, and why."""
    depot, today = depot_to_read(request, code), timezone.localdate()
    filters = LotFilters(request)
    listing = Listing(
        request=request,
        name=f"{depot.code}-held",
        title=f"{_('Lots on hold')} {depot.code} {depot.name}",
        columns=_HELD,
        filters=filters,
        found=_lots(filters.apply(_piles(depot).exclude(lot__hold_reason=""))),
        key=("lot_id",),
        default="item",
        load=lambda rows: _lot_rows(rows, today),
        files=_files("held-file", depot),
    )
    return lists.answer(listing, "availability/held.html", {"depot": depot}, kind=kind)
