"""Lists of a depot's movements and vouchers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, cast

from django import forms
from django.contrib.auth.decorators import login_required
from django.db.models import Exists, F, Func, IntegerField, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_safe

from depots.models import Depot
from inventory.catalogue.models import Item
from inventory.ledger.models import DepotLog, Kind, Movement, MovementLine
from inventory.vouchers.logbook import LogRow, rows_at
from inventory.vouchers.models import CLOSED, Status, Voucher
from logistics import asking, lists, search
from logistics.accounts.models import User
from logistics.errors import NotFound
from logistics.lists import Column, Filters, Listing

ITEM_WORDS: Final = ("code", "name", "name_en", "specification", "old_names", "nsn", "gtin", "external_code")


def depot_to_read(request: HttpRequest, code: str) -> Depot:
    """Return the depot `code` if the asker may read its books.

    Raises:
        NotFound: there is no such depot in the asker's scope.
    """
    found = Depot.objects.visible_to(cast("User", request.user)).select_related("unit").filter(code=code).first()
    if found is None:
        raise NotFound(_("There is no depot %(code)s in your scope.") % {"code": code[:40]})
    return found


def _kinds() -> list[tuple[str, Any]]:
    return [("", pgettext_lazy("kinds", "every kind")), *Kind.choices]


# --- Movements ----------------------------------------------------------------------------------------------------


class MovementFilters(Filters):
    """What may be asked of a logbook."""

    in_sight = ("q", "kind", "from", "to")
    field_order = ("q", "kind", "from", "to", "clock", "item", "lot", "partner", "who", "state")

    q = forms.CharField(label=gettext_lazy("Number, with whom, order, reason"))
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=_kinds)
    item = forms.CharField(label=gettext_lazy("Item code or name"))
    lot = forms.CharField(label=gettext_lazy("Lot"))
    partner = forms.CharField(label=gettext_lazy("With whom, or order number"))
    who = forms.CharField(label=gettext_lazy("Recorded by"))
    state = forms.ChoiceField(
        label=gettext_lazy("Reversed or not"),
        choices=[
            ("", gettext_lazy("all")),
            ("standing", gettext_lazy("still standing")),
            ("reversed", gettext_lazy("reversed")),
            ("reversals", gettext_lazy("reversals")),
        ],
    )
    clock = forms.ChoiceField(
        label=gettext_lazy("Days by"),
        choices=[("", gettext_lazy("when it occurred")), ("recorded", gettext_lazy("when it was recorded"))],
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.ask_days()

    def spoken(self, name: str) -> str:
        """Return a filter in words; the clock is one only beside days."""
        if name == "clock" and not (self.asks("from") or self.asks("to")):
            return ""
        return super().spoken(name)

    def apply(self, depot: Depot) -> QuerySet[Any, Any]:
        """Return the depot's movements that are asked for."""
        found = Movement.objects.filter(depot=depot)
        if self.errors:
            return found.none()
        if kind := self.asks("kind"):
            found = found.filter(kind=kind)
        clock = "recorded_at" if self.asks("clock") else "occurred_at"
        found = found.filter(lists.between(self, clock))
        if self.asks("item") or self.asks("lot"):
            found = found.filter(position__in=self._lines(depot).values("position"))
        found = search.find(found, self.asks("q") or "", "number", "counterparty", "order_number", "reason")
        if who := self.asks("who"):
            found = found.filter(actor__icontains=who)
        if partner := self.asks("partner"):
            other = Depot.objects.filter(code__iexact=partner).values("pk")
            worded = search.find(Movement.objects.filter(depot=depot), partner, "counterparty", "order_number")
            found = found.filter(
                Q(position__in=worded.values("position")) | Q(to_depot__in=other) | Q(consignment_depot__in=other)
            )
        match self.asks("state"):
            case "reversals":
                found = found.filter(kind=Kind.REVERSAL)
            case "reversed":
                found = found.filter(_reversal())
            case "standing":
                found = found.exclude(kind=Kind.REVERSAL).filter(~_reversal())
        return found

    def _lines(self, depot: Depot) -> QuerySet[Any, Any]:
        lines = MovementLine.objects.filter(depot=depot, holding__depot=depot)
        if item := self.asks("item"):
            lines = lines.filter(holding__item__in=search.find(Item.objects.all(), item, *ITEM_WORDS).values("pk"))
        if lot := self.asks("lot"):
            lines = lines.filter(holding__lot__code__icontains=lot)
        return lines


def _reversal() -> Exists:
    return Exists(Movement.objects.filter(depot=OuterRef("depot"), reverses=OuterRef("position")))


def _with(row: LogRow) -> str:
    """Return whom the goods came from or went to."""
    other = f"→ {row.to_depot}" if row.to_depot else ""
    if row.from_depot:
        other = f"← {row.from_depot}/{row.consignment_position}"
    return f"{other} {row.counterparty}".strip()


_MOVEMENTS: Final = (
    Column(name="entry", label=gettext_lazy("Entry"), value=lambda row: row.position, sort=("position",), width=10),
    Column(
        name="number", label=gettext_lazy("Number"), value=lambda row: row.number, sort=("number",), css="wide",
        width=20,
    ),
    Column(name="kind", label=gettext_lazy("Kind"), value=lambda row: row.kind_name),
    Column(
        name="occurred", label=gettext_lazy("Occurred"), value=lambda row: row.occurred_at, sort=("occurred_at",)
    ),
    Column(name="recorded", label=gettext_lazy("Recorded"), value=lambda row: row.recorded_at, css="wide"),
    Column(name="with", label=gettext_lazy("From / to"), value=_with, width=30),
    Column(name="order", label=gettext_lazy("Order"), value=lambda row: row.order_number, only_in_files=True),
    Column(name="order-day", label=gettext_lazy("Date of the order"), value=lambda r: r.order_date, only_in_files=True),
    Column(name="item", label=gettext_lazy("Goods"), value=lambda row: row.item_name or "", width=34),
    Column(name="code", label=gettext_lazy("Item code"), value=lambda row: row.item or "", only_in_files=True),
    Column(name="lines", label=gettext_lazy("Lines"), value=lambda row: row.line_count, only_in_files=True, width=8),
    Column(name="by", label=gettext_lazy("By"), value=lambda row: row.actor, css="wide"),
    Column(name="reason", label=gettext_lazy("Reason"), value=lambda row: row.reason, only_in_files=True, width=40),
    Column(name="reverses", label=gettext_lazy("Reverses"), value=lambda row: row.reverses, only_in_files=True),
    Column(name="undone", label=gettext_lazy("Reversed by"), value=lambda r: r.reversed_by, only_in_files=True),
)  # fmt: skip


@login_required
@require_safe
def movements(request: HttpRequest, code: str, kind: str = "") -> HttpResponseBase:
    """Answer a depot's logbook, newest first unless sorted; `until` starts it at a position."""
    depot = depot_to_read(request, code)
    last = DepotLog.objects.filter(depot=depot).values_list("position", flat=True).first() or 0
    filters = MovementFilters(request)
    found = filters.apply(depot)
    until = asking.position(request, "until", last=last)
    if until < last:
        found = found.filter(position__lte=until)
    listing = Listing(
        request=request,
        name=f"{depot.code}-movements",
        title=f"{_('Logbook')} {depot.code} {depot.name}",
        columns=_MOVEMENTS,
        filters=filters,
        found=found.values("position", "number", "occurred_at"),
        key=("position",),
        default="-entry",
        load=lambda rows: _log_rows(depot, rows),
        grows=True,
        total=until,
        files=_files("movements-file", depot),
    )
    return lists.answer(listing, "vouchers/movements.html", {"depot": depot, "last": last}, kind=kind)


def _log_rows(depot: Depot, rows: Sequence[Any]) -> Sequence[LogRow]:
    return rows_at(depot.pk, [row["position"] for row in rows])


def _files(name: str, depot: Depot) -> dict[str, str]:
    return {kind: reverse(name, args=[depot.code, kind]) for kind in ("csv", "xlsx")}


# --- Vouchers -----------------------------------------------------------------------------------------------------

_OPEN: Final = "open"
_TONES: Final = {Status.REJECTED: "bad", Status.APPROVED: "good", Status.SUBMITTED: "warn", Status.CANCELLED: "soft"}


class VoucherFilters(Filters):
    """What may be asked of a depot's vouchers."""

    in_sight = ("q", "status", "kind")
    field_order = ("q", "status", "kind", "who", "from", "to")

    q = forms.CharField(label=gettext_lazy("Number, with whom, order, reason"))
    status = forms.ChoiceField(
        label=gettext_lazy("Status"),
        choices=[("", gettext_lazy("every status")), (_OPEN, gettext_lazy("all that are open")), *Status.choices],
    )
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=_kinds)
    who = forms.CharField(label=gettext_lazy("Made, changed or decided by"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.ask_days(gettext_lazy("Changed from day"), gettext_lazy("Changed to day"))

    def apply(self, depot: Depot) -> QuerySet[Any, Any]:
        """Return the depot's vouchers that are asked for."""
        found = Voucher.objects.filter(depot=depot)
        if self.errors:
            return found.none()
        if status := self.asks("status"):
            found = found.exclude(status__in=CLOSED) if status == _OPEN else found.filter(status=status)
        if kind := self.asks("kind"):
            found = found.filter(kind=kind)
        found = found.filter(lists.between(self, "changed_at"))
        if who := self.asks("who"):
            people = User.objects.filter(Q(login__icontains=who) | Q(full_name__unaccent__icontains=who)).values("pk")
            found = found.filter(Q(made_by__in=people) | Q(changed_by__in=people) | Q(decided_by__in=people))
        return search.find(
            found, self.asks("q") or "", "number", "counterparty", "order_number", "reason", "to_depot", "consignment"
        )


def _partner(row: Voucher) -> str:
    """Return whom the goods of a voucher come from or go to."""
    other = f"→ {row.to_depot}" if row.to_depot else f"← {row.consignment}" if row.consignment else ""
    return f"{other} {row.counterparty}".strip()


_VOUCHERS: Final = (
    Column(name="voucher", label=gettext_lazy("Voucher"), value=lambda row: row.number or str(row.pk), width=24),
    Column(name="status", label=gettext_lazy("Status"), value=lambda row: row.get_status_display()),
    Column(name="kind", label=gettext_lazy("Kind"), value=lambda row: row.get_kind_display(), only_in_files=True),
    Column(name="occurred", label=gettext_lazy("Occurred"), value=lambda row: row.occurred_at, css="wide"),
    Column(name="with", label=gettext_lazy("From / to"), value=_partner, width=30),
    Column(name="order", label=gettext_lazy("Order"), value=lambda row: row.order_number, css="wide"),
    Column(name="lines", label=gettext_lazy("Lines"), value=lambda row: row.line_count, css="n", width=8),
    Column(
        name="made", label=gettext_lazy("Made"), value=lambda row: row.made_at, sort=("made_at",), css="wide"
    ),
    Column(name="maker", label=gettext_lazy("Made by"), value=lambda row: row.made_by.login, only_in_files=True),
    Column(name="changed", label=gettext_lazy("Last changed"), value=lambda row: row.changed_at, sort=("changed_at",)),
    Column(name="changer", label=gettext_lazy("Changed by"), value=lambda r: r.changed_by.login, only_in_files=True),
    Column(name="movement", label=gettext_lazy("Movement"), value=lambda row: row.position, only_in_files=True),
    Column(name="reason", label=gettext_lazy("Reason"), value=lambda row: row.reason, only_in_files=True, width=40),
)  # fmt: skip


@login_required
@require_safe
def vouchers(request: HttpRequest, code: str, kind: str = "") -> HttpResponseBase:
    """Answer the vouchers of a depot, the last changed first unless sorted: drafts, waiting, posted and cancelled."""
    depot = depot_to_read(request, code)
    filters = VoucherFilters(request)
    lines = Func(F("lines"), function="jsonb_array_length", output_field=IntegerField())
    found = filters.apply(depot).select_related("made_by", "changed_by").defer("lines", "typed", "acknowledged")
    listing = Listing(
        request=request,
        name=f"{depot.code}-vouchers",
        title=f"{_('Vouchers')} {depot.code} {depot.name}",
        columns=_VOUCHERS,
        filters=filters,
        found=found.annotate(line_count=lines),
        key=("id",),
        default="-changed",
        load=_toned,
        grows=True,
        files=_files("vouchers-file", depot),
    )
    return lists.answer(listing, "vouchers/vouchers.html", {"depot": depot}, kind=kind)


def _toned(rows: Sequence[Any]) -> Sequence[Any]:
    for row in rows:
        row.tone = _TONES.get(row.status, "")
    return rows
