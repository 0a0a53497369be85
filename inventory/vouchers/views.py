"""The page of one movement, whole."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, cast
from urllib.parse import quote
from uuid import UUID, uuid4

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from depots import access
from depots.models import Depot
from inventory.catalogue.models import Item, QualityGrade, ReservePurpose, Unit
from inventory.ledger import reading
from inventory.ledger.entries import Posted, PostedLine
from inventory.ledger.models import DepotLog, Kind
from inventory.printing import kept
from inventory.vouchers import copying, inspecting, reversing
from inventory.vouchers.handover import can_hand_over, count_handover, handover_print
from inventory.vouchers.lists import depot_to_read
from inventory.vouchers.models import Voucher
from inventory.vouchers.paper import count_print, subject_of
from logistics import asking
from logistics.accounts.models import User
from logistics.errors import Fault, Forbidden, Invalid

LINES_A_PAGE: Final = 500  # what a depot opened with may be a hundred times that


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def movement(request: HttpRequest, code: str, position: int) -> HttpResponse:
    """Answer one movement whole: header, lines, place in the chain, what it undoes and what undid it.

    Its buttons print it, each print counted, and copy it to a new voucher and open that.
    """
    user = cast("User", request.user)
    if request.method == "POST" and request.POST.get("action") == "print":
        depot = depot_to_read(request, code)
        posted = reading.movement(depot.pk, min(position, reading.END))
        copy = count_print(
            depot.code,
            posted.position,
            language=kept.reader_language(),
            site=asking.site_of(request),
            by=user,
            at=timezone.now(),
        )
        return redirect(f"/api/v1/depots/{quote(code)}/movements/{posted.position}.pdf?copy={copy}")
    if request.method == "POST" and request.POST.get("action") == "print-handover":
        depot = depot_to_read(request, code)
        copy = count_handover(
            depot.code,
            min(position, reading.END),
            language=kept.reader_language(),
            site=asking.site_of(request),
            by=user,
            at=timezone.now(),
        )
        return redirect(f"{reverse('handover-paper', args=[depot.code, position])}?copy={copy}")
    if request.method == "POST":
        place = access.depot_for_posting(user, code)
        made = copying.copy_movement(
            min(position, reading.END), voucher_id=copy_id(request), place=place, by=user, at=timezone.now()
        )
        return redirect(f"{reverse('entry', args=[code])}?voucher={made.pk}")
    depot = depot_to_read(request, code)
    posted = reading.movement(depot.pk, min(position, reading.END))
    undone = reversing.undone(depot.pk, posted)
    may_post = _may_post(user, code)
    page = asking.numbered(asking.page_number(request), of=len(posted.lines), size=LINES_A_PAGE)
    return render(
        request,
        "vouchers/movement.html",
        {
            "depot": depot,
            "movement": posted,
            "kind": Kind(posted.kind).label,
            "undone": undone,
            "undone_lines": ", ".join(str(number) for number in undone.entries or ()) if undone else "",
            "may_reverse": may_post and undone is None and posted.kind != Kind.REVERSAL,
            "copy": uuid4() if may_post and copying.can_copy(posted.kind) else None,
            "lines": _lines(posted.lines[page.start_index() - 1 : page.end_index()]),
            "page": page,
            "has_prices": any(line.unit_price is not None for line in posted.lines),
            "has_schedule": any(line.scheduled_quantity is not None for line in posted.lines),
            "has_transit": any(line.transit_change for line in posted.lines),
            "has_reasons": any(line.reason for line in posted.lines),
            "can_hand_over": can_hand_over(posted.kind),
            "inspections": inspecting.inspections_of(depot.pk, posted.position),
            "inspect": uuid4() if may_post and inspecting.can_inspect(posted) else None,
            "subject": subject_of(depot.code, posted.position),
            **_paperwork(depot, posted),
            "others": _others(user, posted),
            "last": DepotLog.objects.values_list("position", flat=True).get(depot=depot),
        },
    )


@login_required
@require_safe
def handover(request: HttpRequest, code: str, position: int) -> HttpResponse:
    """Answer the handover report of a movement as PDF, `copy` being which print of it this is."""
    depot = depot_to_read(request, code)
    position = min(position, reading.END)
    made = handover_print(
        depot.code,
        position,
        language=kept.reader_language(),
        site=asking.site_of(request),
        copy=asking.copy_number(request),
    )
    content = kept.hand_out([made], to=cast("User", request.user), at=timezone.now())
    answer = HttpResponse(content, content_type="application/pdf")
    answer.headers["Content-Disposition"] = f'inline; filename="GN-{depot.code}-{position}.pdf"'
    return answer


def copy_id(request: HttpRequest) -> UUID:
    """Return the id that a page made for the copy its button asks for. Raises Invalid."""
    try:
        return UUID(request.POST.get("copy", ""))
    except ValueError as error:
        raise Invalid([Fault("/copy", "one-of", _("Use one of the buttons of this page."))]) from error


def _may_post(user: User, code: str) -> bool:
    try:
        access.depot_for_posting(user, code)
    except Forbidden:
        return False
    return True


def _paperwork(depot: Depot, posted: Posted) -> dict[str, Any]:
    """Return the voucher a movement came from, None for one posted by a program, and its lines out of order."""
    people = ("made_by", "submitted_by", "decided_by", "seconded_by")
    voucher = Voucher.objects.select_related(*people).filter(depot=depot, position=posted.position).first()
    marked = set(voucher.out_of_order) if voucher else set()
    lines = voucher.lines if voucher else []
    return {
        "voucher": voucher,
        "out_of_order": [number for number, line in enumerate(lines, start=1) if line["id"] in marked],
    }


def _lines(lines: Sequence[PostedLine]) -> list[dict[str, Any]]:
    """Return the lines with the reference data they name, one query per kind of it."""
    items = Item.objects.in_bulk({line.item for line in lines}, field_name="code")
    units = Unit.objects.in_bulk({line.unit for line in lines} | {line.entered_unit for line in lines})
    grades = QualityGrade.objects.in_bulk({line.grade for line in lines})
    purposes = ReservePurpose.objects.in_bulk({line.purpose for line in lines})
    return [
        {
            "line": line,
            "item": items[line.item],
            "unit": units[line.unit],
            "entered_unit": units[line.entered_unit],
            "grade": grades[line.grade],
            "purpose": purposes[line.purpose],
        }
        for line in lines
    ]


def _others(user: User, posted: Posted) -> dict[str, str | None]:
    """Return the other depots the header names, by code, each with its name if `user` may open its page, else None."""
    codes = {code for code in (posted.to_depot, posted.consignment.partition("/")[0]) if code}
    visible = dict(Depot.objects.visible_to(user).filter(code__in=codes).values_list("code", "name")) if codes else {}
    return {code: visible.get(code) for code in codes}
