"""Lists of the road: what is coming to a depot, and what it sent that is not closed yet."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final, cast

from django import forms
from django.contrib.auth.decorators import login_required
from django.db.models import F, OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_safe

from depots import access
from depots.models import Depot
from inventory.ledger.models import ConsignmentLine, Movement
from inventory.vouchers import road
from inventory.vouchers.lists import ITEM_WORDS, depot_to_read
from inventory.vouchers.road import Consignment, RoadLine
from logistics import asking, lists, search
from logistics.accounts.models import User
from logistics.errors import Forbidden
from logistics.language import named
from logistics.lists import Column, Filters, Listing

STATES: Final = {
    "on-the-way": gettext_lazy("on the way"),
    "short": gettext_lazy("short"),
    "surplus": gettext_lazy("surplus"),
    "closed": gettext_lazy("closed"),
}
_GOODS: Final = (*(f"item__{name}" for name in ITEM_WORDS), "lot__code")
_PAPER: Final = ("paper_number", "paper_order")


def _with_paper(rows: QuerySet[ConsignmentLine]) -> QuerySet[ConsignmentLine]:
    paper = Movement.objects.filter(depot=OuterRef("depot"), position=OuterRef("position"))
    return rows.alias(
        paper_number=Subquery(paper.values("number")[:1]), paper_order=Subquery(paper.values("order_number")[:1])
    )


def _files(name: str, depot: Depot) -> dict[str, str]:
    return {kind: reverse(name, args=[depot.code, kind]) for kind in ("csv", "xlsx")}


def _days(line: RoadLine) -> int:
    return (timezone.localdate() - asking.local_day(line.sent_at)).days


def _may_post(user: User, code: str) -> bool:
    try:
        access.depot_for_posting(user, code)
    except Forbidden:
        return False
    return True


# --- What is coming ---------------------------------------------------------------------------------------------


class ArrivalFilters(Filters):
    """What may be asked of the consignments on their way here."""

    in_sight = ("q", "sender")

    q = forms.CharField(label=gettext_lazy("Scan the slip, or type its number, the sender or goods"))
    sender = forms.ChoiceField(label=gettext_lazy("Sender"))

    def __init__(self, request: HttpRequest, *, coming: QuerySet[ConsignmentLine]) -> None:
        super().__init__(request)
        # The keys / and F8 look for a search box and for this id.
        box = forms.TextInput(attrs={**self.fields["q"].widget.attrs, "id": "scan", "autofocus": True})
        box.input_type = "search"
        self.fields["q"].widget = box
        senders = coming.order_by("depot__code").values_list("depot__code", "depot__name").distinct()
        sender: Any = self.fields["sender"]
        sender.choices = [("", _("every sender")), *((code, f"{code} {name}") for code, name in senders)]

    def apply(self, coming: QuerySet[ConsignmentLine]) -> QuerySet[ConsignmentLine]:
        """Return the lines that are asked for."""
        if self.errors:
            return coming.none()
        if sender := self.asks("sender"):
            coming = coming.filter(depot__code=sender)
        words = self.asks("q") or ""
        return search.find(_with_paper(coming), words, *_PAPER, "depot__code", "depot__name", *_GOODS)


_ARRIVALS: Final = (
    Column(
        name="sent", label=gettext_lazy("Sent"), value=lambda row: row.head.sent_at, sort=("sent_at",), width=18
    ),
    Column(
        name="slip", label=gettext_lazy("Slip"), value=lambda row: f"{row.head.number} ({row.head.name})", width=32
    ),
    Column(
        name="sender", label=gettext_lazy("Sender"), value=lambda row: f"{row.head.sender} {row.head.sender_name}",
        sort=("sender",), width=30,
    ),
    Column(name="days", label=gettext_lazy("Days on the road"), value=lambda r: _days(r.head), only_in_files=True),
    Column(name="order", label=gettext_lazy("Order"), value=lambda r: r.head.order_number, only_in_files=True),
    Column(name="lines", label=gettext_lazy("Lines"), value=lambda row: len(row.arriving), css="n wide", width=8),
    Column(
        name="goods", label=gettext_lazy("Still to come"),
        value=lambda row: "; ".join(_goods_text(line) for line in row.arriving), width=60,
    ),
)  # fmt: skip


def _goods_text(line: RoadLine) -> str:
    return f"{line.item.code} {line.lot} {line.in_transit:f} {line.item.base_unit_id}".replace("  ", " ")


@login_required
@require_safe
def arrivals(request: HttpRequest, code: str, kind: str = "") -> HttpResponseBase:
    """Answer the consignments on their way to a depot, the longest on the road first.

    A slip's number in the search box opens the entry page that receives it.
    """
    user = cast("User", request.user)
    depot = depot_to_read(request, code)
    may_post = _may_post(user, code)
    coming = ConsignmentLine.objects.filter(to_depot=depot, in_transit__gt=0)
    filters = ArrivalFilters(request, coming=coming)
    slip = None
    if not filters.errors and (text := filters.asks("q")) and not kind:
        name = road.named(text, to_depot=depot.pk)
        (slip,) = road.consignments([name], to_depot=depot.pk) if name else (None,)
        if slip is not None and slip.arriving and may_post:
            entry = reverse("entry", args=[depot.code])
            return redirect(f"{entry}?kind=transfer_in&consignment={slip.head.name}")
    found = filters.apply(coming)
    if slip is not None:
        found = coming.filter(depot=slip.head.depot_id, position=slip.head.position)
    listing = Listing(
        request=request,
        name=f"{depot.code}-arrivals",
        title=f"{_('On its way here')} {depot.code} {depot.name}",
        columns=_ARRIVALS,
        filters=filters,
        found=found.values("depot_id", "position", "sent_at", sender=F("depot__code")).distinct(),
        key=("depot_id", "position"),
        default="sent",
        load=lambda rows: _consignments(rows, depot),
        files=_files("arrivals-file", depot),
    )
    context = {"depot": depot, "may_post": may_post, "slip": slip, "most_lines": 5}
    return lists.answer(listing, "vouchers/arrivals.html", context, kind=kind)


def _consignments(rows: Sequence[Any], depot: Depot) -> list[Consignment]:
    return road.consignments([(row["depot_id"], row["position"]) for row in rows], to_depot=depot.pk)


# --- What was sent ----------------------------------------------------------------------------------------------


class RoadFilters(Filters):
    """What may be asked of what a depot sent."""

    in_sight = ("q", "state", "to")

    q = forms.CharField(label=gettext_lazy("Slip, order or goods"))
    state = forms.ChoiceField(
        label=gettext_lazy("State"),
        choices=[
            ("", gettext_lazy("all that is open")),
            ("on-the-way", gettext_lazy("on the way")),
            ("difference", gettext_lazy("difference to be settled")),
            ("closed", gettext_lazy("closed")),
            ("all", gettext_lazy("open and closed")),
        ],
    )
    to = forms.ChoiceField(label=gettext_lazy("To depot"))

    def __init__(self, request: HttpRequest, *, sent: QuerySet[ConsignmentLine]) -> None:
        super().__init__(request)
        receivers = sent.order_by("to_depot__code").values_list("to_depot__code", "to_depot__name").distinct()
        box: Any = self.fields["to"]
        box.choices = [("", _("every depot")), *((code, f"{code} {name}") for code, name in receivers)]

    def apply(self, sent: QuerySet[ConsignmentLine]) -> QuerySet[ConsignmentLine]:
        """Return the lines that are asked for."""
        if self.errors:
            return sent.none()
        untouched = Q(received=0, settled=0)
        match self.asks("state"):
            case "on-the-way":
                sent = sent.filter(untouched, in_transit__gt=0)
            case "difference":
                sent = sent.exclude(in_transit=0).exclude(untouched)
            case "closed":
                sent = sent.filter(in_transit=0)
            case None:
                sent = sent.exclude(in_transit=0)
        if to := self.asks("to"):
            sent = sent.filter(to_depot__code=to)
        words = self.asks("q") or ""
        return search.find(_with_paper(sent), words, *_PAPER, "to_depot__code", "to_depot__name", *_GOODS)


def _difference(line: RoadLine) -> Decimal | None:
    return line.difference


_ROAD: Final = (
    Column(
        name="sent", label=gettext_lazy("Slip, sent"), value=lambda row: row.sent_at, sort=("sent_at",), width=18
    ),
    Column(name="slip", label=gettext_lazy("Slip number"), value=lambda row: row.number, only_in_files=True, width=22),
    Column(name="consignment", label=gettext_lazy("Consignment"), value=lambda row: row.name, only_in_files=True),
    Column(name="days", label=gettext_lazy("Days on the road"), value=_days, only_in_files=True),
    Column(
        name="to", label=gettext_lazy("To depot"), value=lambda row: f"{row.to_depot} {row.to_depot_name}",
        sort=("to_depot__code",), width=30,
    ),
    Column(name="item", label=gettext_lazy("Goods"), value=lambda r: named(r.item), sort=("item__code",), width=34),
    Column(name="code", label=gettext_lazy("Item code"), value=lambda row: row.item.code, only_in_files=True),
    Column(name="lot", label=gettext_lazy("Lot"), value=lambda row: row.lot, only_in_files=True),
    Column(name="unit", label=gettext_lazy("Unit of measure"), value=lambda r: named(r.item.base_unit),
           only_in_files=True),
    Column(name="quantity", label=pgettext_lazy("quantity", "Sent"), value=lambda r: r.sent, css="n wide", width=14),
    Column(name="received", label=gettext_lazy("Received"), value=lambda row: row.received, css="n wide", width=14),
    Column(name="settled", label=gettext_lazy("Settled"), value=lambda row: row.settled, only_in_files=True),
    Column(name="open", label=gettext_lazy("On the road"), value=lambda row: row.in_transit, css="n", width=14),
    Column(name="difference", label=gettext_lazy("Difference"), value=_difference, only_in_files=True),
    Column(name="state", label=gettext_lazy("State"), value=lambda row: str(STATES[row.state])),
    Column(
        name="said", label=gettext_lazy("What the receiver said"), css="wide", width=50,
        value=lambda row: "; ".join(f"{one.number}: {one.reason}" for one in row.reasons),
    ),
)  # fmt: skip


@login_required
@require_safe
def sent(request: HttpRequest, code: str, kind: str = "") -> HttpResponseBase:
    """Answer what a depot sent line by line, with what its receivers said; unless asked otherwise what is open."""
    depot = depot_to_read(request, code)
    everything = ConsignmentLine.objects.filter(depot=depot)
    filters = RoadFilters(request, sent=everything)
    listing = Listing(
        request=request,
        name=f"{depot.code}-road",
        title=f"{_('On the road from here')} {depot.code} {depot.name}",
        columns=_ROAD,
        filters=filters,
        found=road.chosen(filters.apply(everything)),
        key=("position", "line_no"),
        default="sent",
        load=_lines,
        files=_files("road-file", depot),
    )
    differing = everything.exclude(in_transit=0).exclude(received=0, settled=0).count()
    context = {"depot": depot, "differing": differing, "may_post": _may_post(cast("User", request.user), code)}
    return lists.answer(listing, "vouchers/road.html", context, kind=kind)


def _lines(rows: Sequence[Any]) -> list[RoadLine]:
    return road.lines_of(rows)
