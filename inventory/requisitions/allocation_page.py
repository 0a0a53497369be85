"""Where a planner chooses the depots that serve a requisition, and gives the orders."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import Any, cast
from uuid import UUID, uuid4, uuid5

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from depots import access
from inventory.requisitions import asking, orders, progress, supply
from inventory.requisitions.models import Requisition
from inventory.requisitions.orders import REQUISITION, OrderDraft, OrderDraftLine
from inventory.requisitions.progress import Standing
from logistics.accounts.models import User
from logistics.accounts.rights import Right
from logistics.errors import DomainError, Fault, Forbidden, Invalid, NotFound
from logistics.fields import InputError, format_quantity, parse_quantity


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def allocation(request: HttpRequest, requisition_id: UUID) -> HttpResponse:
    """Answer the depots that could serve what is open, the nearest first, with a proposal; and give the orders."""
    user, now = cast("User", request.user), timezone.now()
    found = asking.requisition_of(user, requisition_id)
    depots = access.scope(user, Right.PLAN)
    if not depots:
        raise Forbidden(_("None of your roles gives orders to a depot."))
    lines = [line for line in progress.lines_of(found) if line.open > 0]
    if found.status not in progress.OPEN_TO_PROMISES or not lines:
        messages.info(request, _("Nothing of it is open to be promised."))
        return redirect("requisition", requisition_id=requisition_id)
    supplies = supply.of_lines(found, lines, depots, at=now)
    refusal: DomainError | None = None
    try:
        chosen = _chosen(request, lines, supplies)
        if request.method == "POST" and request.POST.get("action") == "give":
            given = orders.give(_drafts(request, found, chosen), by=user, at=now)
            text = ngettext(
                "Order %(numbers)s is given; its stock is promised.",
                "Orders %(numbers)s are given; their stock is promised.",
                len(given),
            )
            messages.success(request, text % {"numbers": ", ".join(order.number for order in given)})
            return redirect("requisition", requisition_id=requisition_id)
    except NotFound:
        raise
    except DomainError as error:
        refusal, chosen = error, []
        supplies = supply.of_lines(found, lines, depots, at=now)
    context = {
        "found": found,
        "rows": _rows(request, found, lines, supplies, chosen, user=user),
        "refusal": refusal,
        "problems": [fault.detail for fault in refusal.faults] if isinstance(refusal, Invalid) else [],
        "key": request.POST.get("key") or uuid4(),
        "lapses": orders.lapses_at(found.needed_by_date, at=now),
    }
    return render(request, "requisitions/allocation.html", context, status=refusal.status if refusal else 200)


def _chosen(
    request: HttpRequest, lines: list[Standing], supplies: dict[int, list[supply.Supply]]
) -> list[tuple[Standing, str, Decimal]]:
    """Return what is to be taken of each line from which depot: as typed, else as proposed.

    Raises: Invalid where a quantity cannot be read.
    """
    if request.method != "POST":
        return [
            (line, depot, quantity)
            for line in lines
            for depot, quantity in supply.suggested(supplies[line.line_no], line.open).items()
        ]
    found, faults = [], []
    for line in lines:
        for one in supplies[line.line_no]:
            text = request.POST.get(f"take-{line.line_no}-{one.depot}", "").strip()
            if not text:
                continue
            try:
                quantity = parse_quantity(text, language=get_language() or "vi", scale=line.scale).value
            except InputError as error:
                words = _("%(item)s from %(depot)s: %(what)s")
                names = {"item": line.name, "depot": one.depot, "what": _(error.message) % error.params}
                faults.append(Fault(f"/lines/{line.line_no}/{one.depot}", error.code, words % names))
                continue
            if quantity:
                found.append((line, one.depot, quantity))
    if faults:
        raise Invalid(faults)
    return found


def _drafts(request: HttpRequest, found: Requisition, chosen: list[tuple[Standing, str, Decimal]]) -> list[OrderDraft]:
    """Return one order per depot chosen. The form's key makes a second press of the button the first one's."""
    if not chosen:
        raise Invalid([Fault("/lines", "lines-required", _("Say how much is to be taken from which depot."))])
    by_depot: dict[str, list[OrderDraftLine]] = defaultdict(list)
    for line, depot, quantity in chosen:
        by_depot[depot].append(
            OrderDraftLine(
                item=line.item,
                quantity=quantity,
                grade=line.grade,
                purpose=found.purpose_id,
                requisition_line=line.pk,
            )
        )
    try:
        key = UUID(request.POST.get("key", ""))
    except ValueError:
        key = uuid4()
    reason = " · ".join(part for part in (found.number or "", found.basis, found.reason) if part)
    return [
        OrderDraft(
            id=uuid5(key, depot),
            depot=depot,
            to_depot=found.to_depot.code if found.to_depot else "",
            to_unit=found.unit.code,
            lines=lines,
            basis=f"{REQUISITION}{found.pk}",
            needed_by_date=found.needed_by_date,
            reason=reason,
        )
        for depot, lines in by_depot.items()
    ]


def _rows(
    request: HttpRequest,
    found: Requisition,
    lines: list[Standing],
    supplies: dict[int, list[supply.Supply]],
    chosen: list[tuple[Standing, str, Decimal]],
    *,
    user: User,
) -> list[dict[str, Any]]:
    why = supply.proposed(found, chosen, by=user, at=timezone.now())
    taken = {(line.line_no, depot): quantity for line, depot, quantity in chosen}
    language = get_language() or "vi"
    rows = []
    for line in lines:
        depots = []
        for one in supplies[line.line_no]:
            name = f"take-{line.line_no}-{one.depot}"
            quantity = taken.get((line.line_no, one.depot))
            shown = request.POST.get(name, format_quantity(quantity, language) if quantity else "")
            explained = why.get((line.line_no, one.depot))
            depots.append(
                {"supply": one, "name": name, "take": shown, "why": explained.sentence() if explained else ""}
            )
        rest = line.open - sum((q for (number, _depot), q in taken.items() if number == line.line_no), Decimal(0))
        rows.append({"line": line, "depots": depots, "rest": rest})
    return rows
