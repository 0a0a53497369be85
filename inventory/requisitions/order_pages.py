"""One movement order: what it orders, what is done, its picklist, and the voucher made from it."""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID, uuid4

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from depots import access
from inventory.requisitions import making, orders, picklists
from inventory.requisitions.lists import ORDER_TONES
from inventory.requisitions.models import MovementOrder, OrderStatus, Requisition
from inventory.requisitions.orders import PLAN, REQUISITION
from inventory.requisitions.story import story
from inventory.vouchers.models import Voucher
from logistics.accounts.models import User
from logistics.errors import DomainError, Fault, Forbidden, Invalid, NotFound
from logistics.history import Source


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def order(request: HttpRequest, order_id: UUID) -> HttpResponse:
    """Answer one order; make the storekeeper's voucher of it, or cancel it, when a button asks for that."""
    user = cast("User", request.user)
    found = orders.order_of(user, order_id)
    refusal: DomainError | None = None
    if request.method == "POST":
        try:
            return _act(request, user, found)
        except DomainError as error:
            if isinstance(error, NotFound):
                raise
            refusal = error
            found = orders.order_of(user, order_id)
    piles = making.promised(found)
    lines = [
        {"line": line, "rest": line.quantity - line.done}
        for line in found.lines.select_related("item__base_unit", "lot", "purpose").order_by("line_no")
    ]
    context = {
        "found": found,
        "tone": ORDER_TONES[OrderStatus(found.status)],
        "lines": lines,
        "piles": piles,
        "vouchers": Voucher.objects.select_related("depot", "made_by")
        .filter(movement_order=found.pk)
        .order_by("made_at"),
        "story": story(found),
        "source": _source(found),
        "may_post": found.is_running and _may(user, found, access.depot_for_posting),
        "may_cancel": found.is_running and _may(user, found, access.depot_for_planning),
        "is_lapsed": found.is_running and found.expires_at <= timezone.now(),
        "voucher_id": uuid4(),
        "refusal": refusal,
        "reason": request.POST.get("reason", ""),
    }
    return render(request, "requisitions/order.html", context, status=refusal.status if refusal else 200)


def _may(user: User, found: MovementOrder, gate: Any) -> bool:
    try:
        gate(user, found.depot.code)
    except (Forbidden, NotFound):
        return False
    return True


def _source(found: MovementOrder) -> dict[str, str]:
    """Return what an order comes from, in words and as a link."""
    if found.basis.startswith(REQUISITION):
        name = found.basis.removeprefix(REQUISITION)
        number = Requisition.objects.filter(pk=name).values_list("number", flat=True).first() or ""
        return {"words": _("Requisition %(number)s") % {"number": number}, "href": reverse("requisition", args=[name])}
    if found.basis.startswith(PLAN):
        return {"words": _("Sourcing plan"), "href": f"/plans/{found.basis.removeprefix(PLAN)}/"}
    return {"words": _("given by another system"), "href": ""}


def _act(request: HttpRequest, user: User, found: MovementOrder) -> HttpResponse:
    now = timezone.now()
    match request.POST.get("action", ""):
        case "voucher":
            place = access.depot_for_posting(user, found.depot.code)
            try:
                name = UUID(request.POST.get("voucher", ""))
            except ValueError:
                name = uuid4()
            made = making.voucher_from(found, name, place=place, by=user, at=now, source=Source.WEB)
            if made.is_editable:
                return redirect(f"{reverse('entry', args=[place.code])}?voucher={made.pk}")
            return redirect("voucher", code=place.code, voucher_id=made.pk)
        case "cancel":
            orders.cancel(found, reason=request.POST.get("reason", ""), by=user, at=now)
            messages.success(request, _("Order %(number)s is cancelled; its stock is free.") % {"number": found.number})
            return redirect("order", order_id=found.pk)
        case _:
            raise Invalid([Fault("/action", "one-of", _("Use one of the buttons of this page."))])


@login_required
@require_safe
def picklist(request: HttpRequest, order_id: UUID) -> HttpResponse:
    """Answer the picklist of what is still promised to an order: bin by bin, on paper."""
    found = orders.order_of(cast("User", request.user), order_id)
    site = f"{request.scheme}://{request.get_host()}"
    data = picklists.picklist_pdf(found, address=f"{site}{reverse('order', args=[found.pk])}", at=timezone.now())
    answer = HttpResponse(data, content_type="application/pdf")
    answer.headers["Content-Disposition"] = f'inline; filename="{found.number}.pdf"'
    return answer
