"""Pages of a logbook: its movements in order, and one movement whole."""

from __future__ import annotations

from typing import Any, Final, cast

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from depots.models import Depot
from inventory.catalogue.models import Item, QualityGrade, ReservePurpose, Unit
from inventory.ledger import reading
from inventory.ledger.entries import Posted
from inventory.ledger.models import DepotLog, Kind, Movement
from inventory.vouchers.logbook import newest
from logistics import asking
from logistics.accounts.models import User
from logistics.errors import NotFound

A_PAGE: Final = 50


def _depot(request: HttpRequest, code: str) -> Depot:
    found = Depot.objects.visible_to(cast("User", request.user)).filter(code=code).first()
    if found is None:
        raise NotFound(_("There is no depot %(code)s in your scope.") % {"code": code[:40]})
    return found


@login_required
@require_safe
def movements(request: HttpRequest, code: str) -> HttpResponse:
    """Answer a stretch of a depot's logbook, newest first; `until` names its newest position."""
    depot = _depot(request, code)
    last = DepotLog.objects.filter(depot=depot).values_list("position", flat=True).first() or 0
    until = asking.position(request, "until", last=last)
    return render(
        request,
        "vouchers/movements.html",
        {
            "depot": depot,
            "movements": newest(depot.pk, until=until, count=A_PAGE),
            "last": last,
            "older": until - A_PAGE if until > A_PAGE else None,
            "newer": min(until + A_PAGE, last) if until < last else None,
        },
    )


@login_required
@require_safe
def movement(request: HttpRequest, code: str, position: int) -> HttpResponse:
    """Answer one movement whole: header, lines, place in the chain, what it undoes and what undid it."""
    depot = _depot(request, code)
    posted = reading.movement(depot.pk, min(position, reading.END))
    reversal = Movement.objects.filter(depot=depot, reverses=position).values_list("position", flat=True).first()
    return render(
        request,
        "vouchers/movement.html",
        {
            "depot": depot,
            "movement": posted,
            "kind": Kind(posted.kind).label,
            "reversed_by": reversal,
            "lines": _lines(posted),
            "has_prices": any(line.unit_price is not None for line in posted.lines),
            "has_schedule": any(line.scheduled_quantity is not None for line in posted.lines),
            "has_transit": any(line.transit_change for line in posted.lines),
            "has_reasons": any(line.reason for line in posted.lines),
            "others": _others(cast("User", request.user), posted),
            "last": DepotLog.objects.values_list("position", flat=True).get(depot=depot),
        },
    )


def _lines(posted: Posted) -> list[dict[str, Any]]:
    """Return the lines with the reference data they name, one query per kind of it."""
    items = Item.objects.in_bulk({line.item for line in posted.lines}, field_name="code")
    units = Unit.objects.in_bulk({line.unit for line in posted.lines} | {line.entered_unit for line in posted.lines})
    grades = QualityGrade.objects.in_bulk({line.grade for line in posted.lines})
    purposes = ReservePurpose.objects.in_bulk({line.purpose for line in posted.lines})
    return [
        {
            "line": line,
            "item": items[line.item],
            "unit": units[line.unit],
            "entered_unit": units[line.entered_unit],
            "grade": grades[line.grade],
            "purpose": purposes[line.purpose],
        }
        for line in posted.lines
    ]


def _others(user: User, posted: Posted) -> dict[str, str | None]:
    """Return the other depots the header names, by code, each with its name if `user` may open its page, else None."""
    codes = {code for code in (posted.to_depot, posted.consignment.partition("/")[0]) if code}
    visible = dict(Depot.objects.visible_to(user).filter(code__in=codes).values_list("code", "name")) if codes else {}
    return {code: visible.get(code) for code in codes}
