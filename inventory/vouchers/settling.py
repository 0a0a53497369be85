"""One consignment as its sender sees it, and the voucher that settles what is open on it.

The sender answers for goods until they are received, so a difference is settled in the sender's log (ADR 0003); the
rule of approval for adjustments says whether somebody else has to approve it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, cast
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from depots import access
from depots.access import DepotAccess
from depots.models import Depot
from inventory.ledger import reading
from inventory.ledger.models import Kind
from inventory.vouchers import drawn, road
from inventory.vouchers.content import Content
from inventory.vouchers.drawn import DrawnForm
from inventory.vouchers.lists import depot_to_read
from inventory.vouchers.models import CLOSED, Status, Voucher
from inventory.vouchers.policies import policy
from inventory.vouchers.road import Consignment, RoadLine
from logistics.accounts.models import User
from logistics.errors import DomainError, Forbidden, NotFound
from logistics.fields import InputError, format_quantity, parse_quantity

MOST_NOTE: Final = 300


class SettlementForm(DrawnForm):
    """What of each open line is settled, and why. A line left blank stays open."""

    field_order = ("reason", "day", "time")

    def __init__(self, *args: Any, lines: list[RoadLine], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lines = lines
        for line in lines:
            label = f"{line.item.code} {line.lot}".rstrip()
            self.fields[f"quantity-{line.line_no}"] = forms.CharField(
                label=_("Settle of %(goods)s") % {"goods": label},
                required=False,
                widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
            )
            self.fields[f"note-{line.line_no}"] = forms.CharField(
                label=_("Note on %(goods)s") % {"goods": label},
                required=False,
                max_length=MOST_NOTE,
                widget=forms.TextInput(attrs={"autocomplete": "off"}),
            )

    def clean(self) -> dict[str, Any]:
        """Read the quantities. Every line that is wrong says so; at least one has to be settled."""
        cleaned = super().clean() or self.cleaned_data
        self.settled: dict[int, Decimal] = {}
        for line in self.lines:
            name = f"quantity-{line.line_no}"
            typed = (cleaned.get(name) or "").strip()
            if not typed:
                continue
            try:
                quantity = parse_quantity(typed, language=get_language() or "vi", scale=line.item.base_unit.scale).value
            except InputError as error:
                self.add_error(name, _(error.message) % error.params)
                continue
            if not 0 < quantity <= abs(line.in_transit):
                text = _("Above zero and at most %(open)s, which is what is open.")
                self.add_error(name, text % {"open": _written(abs(line.in_transit))})
                continue
            self.settled[line.line_no] = quantity
        if not self.settled and not self.errors:
            self.add_error(None, _("Say at least for one line how much is settled."))
        return cleaned

    def content(self, consignment: Consignment, bins: dict[int, str], *, at: datetime) -> Content:
        """Return the voucher that settles what the form says: a loss takes off the road, a surplus is written on."""
        lines = []
        for line in self.lines:
            if (quantity := self.settled.get(line.line_no)) is None:
                continue
            signed = -quantity if line.in_transit > 0 else quantity
            said = {
                "id": f"l{line.line_no}",
                "item": line.item.code,
                "lot": line.lot,
                "bin": bins.get(line.line_no, ""),
                "grade": line.grade,
                "purpose": line.purpose,
                "quantity": f"{signed:f}",
                "reason": (self.cleaned_data.get(f"note-{line.line_no}") or "").strip(),
            }
            lines.append({name: value for name, value in said.items() if value != ""})
        return Content(
            kind=Kind.ADJUSTMENT,
            occurred_at=self.occurred_at(at),
            reason=self.cleaned_data["reason"],
            consignment=consignment.head.name,
            lines=lines,
        )

    def rows(self) -> list[dict[str, Any]]:
        """Return the open lines with their two boxes."""
        return [
            {"line": line, "quantity": self[f"quantity-{line.line_no}"], "note": self[f"note-{line.line_no}"]}
            for line in self.lines
        ]


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def consignment(request: HttpRequest, code: str, position: int) -> HttpResponse:
    """Answer one consignment: what was sent, what each receiver said, what is open; and settle what is open.

    Raises:
        NotFound: there is no such depot in the visitor's scope, or it sent nothing by that movement.
        Forbidden: settling is asked for by somebody who may not post there.
    """
    user, at = cast("User", request.user), timezone.now()
    depot = depot_to_read(request, code)
    found = _consignment(depot, position)
    place = _posting(user, code, asked=request.method == "POST")
    form: SettlementForm | None = None
    if request.method == "POST" and place is not None:
        form = SettlementForm(request.POST, lines=found.open_lines, label_suffix="")
        if answer := _settle(request, form, found, place=place, by=user, at=at):
            return answer
    waiting = list(_waiting(depot, found))
    if form is None and place is not None and found.open_lines and not waiting:
        form = _drawn(found)
    context = {
        "depot": depot,
        "consignment": found,
        "head": found.head,
        "form": form,
        "rows": form.rows() if form is not None else [],
        "waiting": waiting,
        "rule": policy(depot.pk, Kind.ADJUSTMENT),
        "seen": set(Depot.objects.visible_to(user).filter(code=found.head.to_depot).values_list("code", flat=True))
        | {depot.code},
    }
    status = 422 if form is not None and form.errors else 200
    return render(request, "vouchers/consignment.html", context, status=status)


def _consignment(depot: Depot, position: int) -> Consignment:
    found = road.consignments([(depot.pk, min(position, reading.END))])
    if not found:
        text = _("%(name)s sent nothing to another depot.")
        raise NotFound(text % {"name": f"{depot.code}/{position}"})
    return found[0]


def _posting(user: User, code: str, *, asked: bool) -> DepotAccess | None:
    try:
        return access.depot_for_posting(user, code)
    except Forbidden:
        if asked:
            raise
        return None


def _waiting(depot: Depot, found: Consignment) -> QuerySet[Voucher]:
    """Return the vouchers on their way to settle the consignment."""
    named = Voucher.objects.filter(depot=depot, kind=Kind.ADJUSTMENT, consignment__iexact=found.head.name)
    return named.exclude(status__in=CLOSED).select_related("changed_by").order_by("-changed_at")[:5]


def _drawn(found: Consignment) -> SettlementForm:
    """Return the form as it is first shown: everything open is settled, for the reasons the receiver gave."""
    initial: dict[str, Any] = {}
    for line in found.open_lines:
        if line.difference is not None:
            initial[f"quantity-{line.line_no}"] = _written(abs(line.in_transit))
            initial[f"note-{line.line_no}"] = "; ".join(one.reason for one in line.reasons)[:MOST_NOTE]
    return SettlementForm(initial=drawn.fresh(**initial), lines=found.open_lines, label_suffix="")


def _settle(
    request: HttpRequest,
    form: SettlementForm,
    found: Consignment,
    *,
    place: DepotAccess,
    by: User,
    at: datetime,
) -> HttpResponse | None:
    """Send the settlement and answer where it can be seen; None where the form or the ledger refuses it."""
    if (before := _sent_before(request, found, place=place, by=by)) is not None:
        if not before.says(request.POST):
            form.add_error(None, _("This page was sent already with other figures: open the consignment anew."))
            return None
        return _shown(request, before.voucher)
    if not form.is_valid():
        return None
    content = form.content(found, road.bins_left(found), at=at)
    numbers = [line["id"].removeprefix("l") for line in content.lines]
    places = {f"/lines/{index}/{member}": f"{box}-{number}" for index, number in enumerate(numbers)
              for member, box in (("reason", "note"), ("", "quantity"))}  # fmt: skip
    try:
        sent = drawn.send(form, content, place=place, by=by, at=at)
    except DomainError as refusal:
        form.refuse(refusal, {**places, "/reason": "reason", "/occurred_at": "day"})
        return None
    return _shown(request, sent)


def _shown(request: HttpRequest, sent: Voucher) -> HttpResponse:
    if sent.position is not None:
        messages.success(request, _("Posted as %(number)s") % {"number": sent.number})
    else:
        messages.success(request, _("Sent for approval: nothing is settled before somebody else approves it."))
    return redirect("voucher", code=sent.depot.code, voucher_id=sent.pk)


@dataclass(frozen=True, slots=True)
class _Before:
    """The voucher that an earlier sending of the same page became."""

    voucher: Voucher

    def says(self, given: Mapping[str, str]) -> bool:
        """Tell whether the page says the same again; what is open has changed since, so signs are not compared."""
        kept = {line["id"]: abs(Decimal(line["quantity"])) for line in self.voucher.lines}
        asked = {}
        for name, text in given.items():
            if name.startswith("quantity-") and text.strip():
                try:
                    read = parse_quantity(text.strip(), language=get_language() or "vi", scale=3)
                except InputError:
                    return False
                asked["l" + name.removeprefix("quantity-")] = read.value
        return kept == asked and self.voucher.reason == given.get("reason", "").strip()


def _sent_before(request: HttpRequest, found: Consignment, *, place: DepotAccess, by: User) -> _Before | None:
    try:
        asked = UUID(request.POST.get("voucher", ""))
    except ValueError:
        return None
    sent = (Status.SUBMITTED, Status.APPROVED, Status.POSTED)
    voucher = (
        Voucher.objects.select_related("depot")
        .filter(pk=asked, depot=place.id, status__in=sent, changed_by=by, consignment__iexact=found.head.name)
        .first()
    )
    return None if voucher is None else _Before(voucher)


def _written(value: Decimal) -> str:
    return format_quantity(value, get_language() or "vi")
