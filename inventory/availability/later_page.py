"""The late vouchers of an instant: dated before it and recorded after it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final, cast

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from inventory.availability.facets import Facets
from inventory.availability.instants import Instant, instant
from inventory.availability.later import LaterRecorded, later_recorded
from inventory.availability.question import Question
from inventory.catalogue.views import item_for_looking
from inventory.ledger.models import Kind
from logistics import asking, lists
from logistics.accounts.models import User

MOST_LISTED: Final = 500


def told(request: HttpRequest, question: Question, when: Instant, *, by: User, at: datetime) -> dict[str, Any]:
    """Return what the bar says of late vouchers, as `later`: how many, and where they are; {} where there are none.

    Raises:
        NotFound, Invalid: as `as_of` does.
    """
    if not when.is_past or when.recorded_spoken:  # by both clocks at once, nothing later was to be counted
        return {}
    found = _found(question, when, by=by, at=at, limit=1)
    if not found.count:
        return {}
    query = lists.changed(request.GET, item=question.item or "")
    return {"count": found.count, "href": f"{reverse('later-movements')}{query}"}


def _found(question: Question, when: Instant, *, by: User, at: datetime, limit: int) -> LaterRecorded:
    moment = when.as_of or when.recorded_as_of
    assert moment is not None, "asked what came later than now"
    return later_recorded(question, moment, by=by, at=at, limit=limit)


@login_required
@require_safe
def later_movements(request: HttpRequest) -> HttpResponse:
    """Answer the late vouchers of an instant, the last recorded first; `item` narrows them to one item."""
    user, when = cast("User", request.user), instant(request)
    if when.address:
        return redirect(when.address)
    facets = Facets(request, by=user)
    code = asking.text(request, "item")
    item = item_for_looking(user, code) if code else None
    found = LaterRecorded(0, ())
    is_wrong = bool(facets.errors or when.refusals)
    if when.is_past and not is_wrong:
        question = facets.question(item=item.code if item else None)
        found = _found(question, when, by=user, at=timezone.now(), limit=MOST_LISTED)
    back = reverse("item", args=[item.code]) if item else reverse("availability")
    context = {
        "instant": when,
        "facets": facets,
        "item": item,
        "found": found,
        "rows": [(row, Kind(row.kind).label) for row in found.rows],
        "back": f"{back}{lists.changed(request.GET, item='')}",
        "most": MOST_LISTED,
    }
    return render(request, "availability/later.html", context, status=422 if is_wrong else 200)
