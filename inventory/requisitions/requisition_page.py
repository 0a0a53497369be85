"""The page of one requisition: where it stands line by line, and what the reader may do to it or decide about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from depots import access
from inventory.requisitions import asking, levels, progress, supply
from inventory.requisitions.asking import Cut
from inventory.requisitions.lists import ORDER_TONES, TONES
from inventory.requisitions.models import EDITABLE, OPEN, OrderStatus, Requisition, Status
from inventory.requisitions.story import story
from logistics.accounts.models import User
from logistics.accounts.rights import Right
from logistics.errors import DomainError, Fault, Invalid, NotFound
from logistics.fields import InputError, parse_quantity
from logistics.history import Source

MOST_DEPOTS: Final = 5  # beside a line, when an approver looks


@dataclass(frozen=True, slots=True, kw_only=True)
class Doing:
    """What the asker may do to a requisition now."""

    edit: bool = False
    decide: bool = False
    is_own: bool = False
    is_first: bool = False  # gave the first approval of two
    serve: bool = False
    cancel: bool = False
    close: bool = False


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def requisition(request: HttpRequest, requisition_id: UUID) -> HttpResponse:
    """Answer one requisition: where it stands, line by line, what may be done; and do what its buttons ask for."""
    user = cast("User", request.user)
    refusal: DomainError | None = None
    if request.method == "POST":
        try:
            words = _act(request, user, requisition_id)
        except DomainError as error:
            if isinstance(error, NotFound):
                raise
            refusal = error
        else:
            messages.success(request, words)
            return redirect("requisition", requisition_id=requisition_id)
    found = asking.requisition_of(user, requisition_id)
    lines = progress.lines_of(found)
    doing = _doing(user, found, lines)
    now = timezone.now()
    rows: list[dict[str, Any]] = [{"line": line} for line in lines]
    if doing.decide:
        depots = access.scope(user)
        supplies = supply.of_lines(found, lines, depots, at=now)
        norms = supply.norms_of(found, lines, by=user, at=now)
        for row in rows:
            mine = supplies[row["line"].line_no]
            typed = request.POST.get(f"approved-{row['line'].line_no}")
            row |= {
                "supplies": mine[:MOST_DEPOTS],
                "more": max(len(mine) - MOST_DEPOTS, 0),
                "free": sum((one.free for one in mine), Decimal(0)),
                "norm": norms.get(row["line"].item),
                "granted": typed if typed is not None else row["line"].approved or row["line"].asked,
                "why": request.POST.get(f"cut_reason-{row['line'].line_no}", row["line"].cut_reason),
            }
    orders = list(
        asking.orders_of(found)
        .select_related("depot", "to_depot", "to_unit", "given_by")
        .annotate(ordered=Sum("lines__quantity"), done=Sum("lines__done"))
    )
    for one in orders:
        one.tone = ORDER_TONES[OrderStatus(one.status)]  # type: ignore[attr-defined]
    context = {
        "found": found,
        "tone": TONES.get(Status(found.status), ""),
        "rows": rows,
        "doing": doing,
        "orders": orders,
        "story": story(found),
        "refusal": refusal,
        "problems": [fault.detail for fault in refusal.faults] if isinstance(refusal, Invalid) else [],
        "asked": request.POST.get("action", ""),
        "reason": request.POST.get("reason", ""),
        "is_open": any(line.open for line in lines) and found.status in progress.OPEN_TO_PROMISES,
        "has_reversed": any(line.reversed for line in lines),
    }
    return render(request, "requisitions/requisition.html", context, status=refusal.status if refusal else 200)


def _doing(user: User, found: Requisition, lines: list[progress.Standing]) -> Doing:
    asks = asking.may_ask(user).filter(pk=found.unit_id).exists()
    decides = (
        found.status == Status.SUBMITTED
        and levels.classes_of(user, Right.APPROVE, found.approving_unit or found.unit) != frozenset()
    )
    is_own = decides and levels.has_part(found, user)
    is_first = decides and found.approved_by_id == user.pk
    plans = bool(access.scope(user, Right.PLAN))
    is_open = any(line.open for line in lines)
    return Doing(
        edit=asks and found.status in EDITABLE,
        decide=decides and not is_own and not is_first,
        is_own=is_own,
        is_first=is_first,
        serve=plans and is_open and found.status in progress.OPEN_TO_PROMISES and found.closed_at is None,
        cancel=asks and found.status in {Status.DRAFT, Status.SUBMITTED, Status.REJECTED, Status.APPROVED},
        close=is_open and found.status in OPEN and found.closed_at is None
        and (asks or asking.units_in_reach(user, Right.PLAN).filter(pk=found.unit_id).exists()),
    )  # fmt: skip


def _act(request: HttpRequest, user: User, name: UUID) -> str:
    """Do what a button asks for and return what was done, in words. Raises DomainError."""
    at, posted = timezone.now(), request.POST
    reason = posted.get("reason", "")
    given = posted.get("version", "")
    version = int(given) if given.isascii() and given.isdecimal() and len(given) < 10 else None
    match posted.get("action", ""):
        case "submit":
            asking.submit(name, version=version, by=user, at=at, source=Source.WEB)
            return _("The requisition is submitted.")
        case "approve":
            found = asking.requisition_of(user, name)
            cuts = _cuts(posted, found)
            done = asking.approve(name, cuts=cuts, version=version, by=user, at=at, source=Source.WEB)
            if done.status == Status.SUBMITTED:
                return _("Your approval is kept; a second approver has to agree.")
            return _("The requisition is approved.")
        case "reject":
            asking.reject(name, reason=reason, version=version, by=user, at=at, source=Source.WEB)
            return _("The requisition went back to the asking unit.")
        case "cancel":
            asking.cancel(name, reason=reason, by=user, at=at, source=Source.WEB)
            return _("The requisition is withdrawn.")
        case "close":
            asking.close(name, reason=reason, by=user, at=at, source=Source.WEB)
            return _("What was still open is given up.")
        case _:
            raise Invalid([Fault("/action", "one-of", _("Use one of the buttons of this page."))])


def _cuts(posted: Mapping[str, str], found: Requisition) -> dict[int, Cut]:
    """Return what was typed beside the lines. Raises Invalid where a quantity cannot be read."""
    cuts, faults = {}, []
    for index, line in enumerate(progress.lines_of(found)):
        text = posted.get(f"approved-{line.line_no}", "").strip()
        if not text:
            continue
        try:
            quantity = parse_quantity(text, language=get_language() or "vi", scale=line.scale).value
        except InputError as error:
            words = _("Line %(number)s: %(what)s") % {"number": line.line_no, "what": _(error.message) % error.params}
            faults.append(Fault(f"/lines/{index}/approved", error.code, words))
            continue
        cuts[line.line_no] = Cut(quantity=quantity, reason=posted.get(f"cut_reason-{line.line_no}", ""))
    if faults:
        raise Invalid(faults)
    return cuts
