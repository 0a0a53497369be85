"""Lists of requisitions and of movement orders."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, cast

from django import forms
from django.contrib.auth.decorators import login_required
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from depots import access
from inventory.catalogue.models import Item
from inventory.requisitions import asking, orders, progress
from inventory.requisitions.models import OPEN, RUNNING, MovementOrder, OrderStatus, Requisition, Status
from inventory.vouchers.lists import depot_to_read
from logistics import lists, search
from logistics.accounts.models import User
from logistics.accounts.rights import Right
from logistics.lists import Column, Filters, Listing

TONES: Final = {
    Status.SUBMITTED: "warn", Status.REJECTED: "bad", Status.EXPIRED: "bad", Status.DONE: "good",
    Status.CANCELLED: "soft", Status.DRAFT: "soft",
}  # fmt: skip
ORDER_TONES: Final = {
    OrderStatus.OPEN: "warn", OrderStatus.PART_DONE: "warn", OrderStatus.DONE: "good", OrderStatus.EXPIRED: "bad",
    OrderStatus.CANCELLED: "soft",
}  # fmt: skip


class RequisitionFilters(Filters):
    """What may be asked of the requisitions."""

    in_sight = ("q", "mine", "status")
    field_order = ("q", "mine", "status", "item", "from", "to")

    q = forms.CharField(label=gettext_lazy("Number, unit, on whose order"))
    mine = forms.ChoiceField(
        label=gettext_lazy("Whose"),
        choices=[
            ("", gettext_lazy("all I may see")),
            ("deciding", gettext_lazy("waiting for my decision")),
            ("serving", gettext_lazy("waiting for stock")),
            ("made", gettext_lazy("made by me")),
        ],
    )
    status = forms.ChoiceField(
        label=gettext_lazy("Status"),
        choices=[
            ("", gettext_lazy("every status")),
            ("open", gettext_lazy("approved and not done")),
            *Status.choices,
        ],
    )
    item = forms.CharField(label=gettext_lazy("Item code or name"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.ask_days(gettext_lazy("Needed from day"), gettext_lazy("Needed to day"))

    def apply(self, user: User) -> QuerySet[Any, Any]:
        """Return the requisitions that are asked for, of those the person may read."""
        found: QuerySet[Any, Any] = asking.visible_to(user)
        if self.errors:
            return found.none()
        match self.asks("mine"):
            case "deciding":
                found = found.filter(pk__in=asking.waiting_for(user).order_by().values("pk"))
            case "serving":
                found = found.filter(pk__in=asking.open_for(user).order_by().values("pk"))
            case "made":
                found = found.filter(made_by=user)
        if status := self.asks("status"):
            found = found.filter(status__in=OPEN) if status == "open" else found.filter(status=status)
        if item := self.asks("item"):
            named = search.find(Item.objects.all(), item, "code", "name", "name_en", "old_names")
            found = found.filter(lines__item__in=named.values("pk")).distinct()
        if first := self.asks("from"):
            found = found.filter(needed_by_date__gte=first)
        if last := self.asks("to"):
            found = found.filter(needed_by_date__lte=last)
        return search.find(found, self.asks("q") or "", "number", "unit__name", "basis", "reason")


class _Row:
    """A requisition with what its lines come to."""

    def __init__(self, one: Requisition, lines: Sequence[progress.Standing]) -> None:
        self.one, self.lines = one, lines
        self.tone = TONES.get(Status(one.status), "")
        self.open = [line for line in lines if line.open and one.status in progress.OPEN_TO_PROMISES]


_REQUISITIONS: Final = (
    Column(
        name="number", label=gettext_lazy("Requisition"), value=lambda row: str(row.one), sort=("number",), width=18
    ),
    Column(
        name="status", label=gettext_lazy("Status"), value=lambda row: row.one.get_status_display(), sort=("status",)
    ),
    Column(name="unit", label=gettext_lazy("Asking unit"), value=lambda row: row.one.unit.name, sort=("unit__name",),
        width=30),
    Column(name="to", label=gettext_lazy("To depot"), css="wide",
        value=lambda row: row.one.to_depot.code if row.one.to_depot else ""),
    Column(name="needed", label=gettext_lazy("Needed by"), value=lambda row: row.one.needed_by_date,
        sort=("needed_by_date",)),
    Column(name="goods", label=gettext_lazy("Goods"), width=40,
        value=lambda row: "; ".join(f"{line.name} {progress.told(line.asked)} {line.unit_name}" for line in row.lines)),
    Column(name="open", label=gettext_lazy("Still open"), width=30,
        value=lambda row: "; ".join(f"{line.name} {progress.told(line.open)} {line.unit_name}" for line in row.open)),
    Column(name="changed", label=gettext_lazy("Changed"), css="wide", value=lambda row: row.one.changed_at,
        sort=("changed_at",)),
)  # fmt: skip


@login_required
@require_safe
def requisitions(request: HttpRequest, kind: str = "") -> HttpResponseBase:
    """Answer the requisitions the asker may read, newest first unless sorted."""
    user = cast("User", request.user)
    filters = RequisitionFilters(request)
    found = filters.apply(user).select_related("unit", "to_depot", "made_by")
    listing = Listing(
        request=request,
        name="requisitions",
        title=_("Requisitions"),
        columns=_REQUISITIONS,
        filters=filters,
        found=found,
        key=("id",),
        default="-changed",
        load=_with_lines,
        files={one: reverse("requisitions-file", args=[one]) for one in ("csv", "xlsx")},
    )
    context = {
        "may_ask": asking.may_ask(user).exists(),
        "deciding": asking.waiting_for(user).count(),
        "serving": asking.open_for(user).count(),
    }
    return lists.answer(listing, "requisitions/requisitions.html", context, kind=kind)


def _with_lines(rows: Sequence[Any]) -> Sequence[_Row]:
    lines = progress.standings(rows)
    return [_Row(one, lines[one.pk]) for one in rows]


# --- Orders -------------------------------------------------------------------------------------------------------


class OrderFilters(Filters):
    """What may be asked of the orders."""

    in_sight = ("q", "status", "kind")
    field_order = ("q", "status", "kind", "item", "from", "to")

    q = forms.CharField(label=gettext_lazy("Number, depot, unit, reason"))
    status = forms.ChoiceField(
        label=gettext_lazy("Status"),
        choices=[
            ("", gettext_lazy("every status")),
            ("running", gettext_lazy("to be carried out")),
            *OrderStatus.choices,
        ],
    )
    kind = forms.ChoiceField(
        label=gettext_lazy("Kind"), choices=[("", gettext_lazy("both kinds")), *MovementOrder.Kind.choices]
    )
    item = forms.CharField(label=gettext_lazy("Item code or name"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.ask_days(gettext_lazy("Needed from day"), gettext_lazy("Needed to day"))

    def apply(self, found: QuerySet[Any, Any]) -> QuerySet[Any, Any]:
        """Return those of the orders that are asked for."""
        if self.errors:
            return found.none()
        if status := self.asks("status"):
            found = found.filter(status__in=RUNNING) if status == "running" else found.filter(status=status)
        if kind := self.asks("kind"):
            found = found.filter(kind=kind)
        if item := self.asks("item"):
            named = search.find(Item.objects.all(), item, "code", "name", "name_en", "old_names")
            found = found.filter(lines__item__in=named.values("pk")).distinct()
        if first := self.asks("from"):
            found = found.filter(needed_by_date__gte=first)
        if last := self.asks("to"):
            found = found.filter(needed_by_date__lte=last)
        return search.find(
            found, self.asks("q") or "", "number", "reason", "depot__code", "to_depot__code", "to_unit__name"
        )


def _goods(order: MovementOrder) -> str:
    return "; ".join(
        f"{line.item.name} {progress.told(line.quantity - line.done)}/{progress.told(line.quantity)} "
        f"{line.item.base_unit.name}"
        for line in order.lines.all()
    )


_ORDERS: Final = (
    Column(name="number", label=gettext_lazy("Order"), value=lambda row: row.number, sort=("number",), width=18),
    Column(name="status", label=gettext_lazy("Status"), value=lambda row: row.get_status_display(), sort=("status",)),
    Column(name="from", label=gettext_lazy("From depot"), value=lambda row: row.depot.code, sort=("depot__code",)),
    Column(name="to", label=gettext_lazy("Goes to"), width=30,
        value=lambda row: row.to_depot.code if row.to_depot else row.to_unit.name),
    Column(name="needed", label=gettext_lazy("Needed by"), value=lambda row: row.needed_by_date,
        sort=("needed_by_date",)),
    Column(name="goods", label=gettext_lazy("To be handed out, of what was ordered"), value=_goods, width=50),
    Column(name="lapses", label=gettext_lazy("Promise lapses"), css="wide", value=lambda row: row.expires_at,
        sort=("expires_at",)),
    Column(name="given", label=gettext_lazy("Given"), css="wide", value=lambda row: row.given_at, sort=("given_at",)),
)  # fmt: skip


@login_required
@require_safe
def all_orders(request: HttpRequest, kind: str = "") -> HttpResponseBase:
    """Answer the movement orders the asker may read, newest first unless sorted."""
    listing = _orders(
        request,
        orders.visible_to(cast("User", request.user)),
        name="orders",
        title=_("Movement orders"),
        default="-given",
        files={one: reverse("orders-file", args=[one]) for one in ("csv", "xlsx")},
    )
    return lists.answer(listing, "requisitions/orders.html", {}, kind=kind)


@login_required
@require_safe
def depot_orders(request: HttpRequest, code: str, kind: str = "") -> HttpResponseBase:
    """Answer the orders one depot has to carry out, the one needed first first unless sorted."""
    depot = depot_to_read(request, code)
    listing = _orders(
        request,
        MovementOrder.objects.filter(depot=depot),
        name=f"{depot.code}-orders",
        title=f"{_('Movement orders')} {depot.code} {depot.name}",
        default="needed",
        files={one: reverse("depot-orders-file", args=[depot.code, one]) for one in ("csv", "xlsx")},
    )
    return lists.answer(listing, "requisitions/orders.html", {"depot": depot}, kind=kind)


def _orders(
    request: HttpRequest, found: QuerySet[Any, Any], *, name: str, title: str, default: str, files: dict[str, str]
) -> Listing:
    filters = OrderFilters(request)
    chosen = filters.apply(found).select_related("depot", "to_depot", "to_unit", "given_by")
    return Listing(
        request=request,
        name=name,
        title=title,
        columns=_ORDERS,
        filters=filters,
        found=chosen.prefetch_related("lines__item__base_unit"),
        key=("id",),
        default=default,
        load=_told,
        files=files,
    )


def _told(rows: Sequence[Any]) -> Sequence[Any]:
    now = timezone.now()
    for row in rows:
        row.tone = ORDER_TONES[OrderStatus(row.status)]
        row.is_late = row.is_running and row.needed_by_date < timezone.localdate(now)
    return rows


@login_required
@require_safe
def waiting_orders(request: HttpRequest, code: str) -> HttpResponse:
    """Answer how many orders a depot has to carry out, as the part of its desk that tells so."""
    depot = depot_to_read(request, code)
    counts = orders.waiting_in([depot.pk]).order_by().aggregate(count=Count("pk"))
    return render(request, "requisitions/waiting_orders.html", {"depot": depot, **counts})


def plans_somewhere(user: User) -> bool:
    """Tell whether a person may give orders to any depot."""
    return bool(access.scope(user, Right.PLAN))
