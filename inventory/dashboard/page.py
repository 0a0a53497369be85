"""The first page: what needs the reader now, and their depots."""

from __future__ import annotations

from typing import Final, cast

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from depots.models import Depot
from inventory.availability.overview import depots_at_a_glance
from inventory.dashboard.needs import Reader, Road, desks, needs, road_of
from inventory.ledger.models import Kind
from logistics.accounts.models import User
from logistics.navigation import desk_of

FEW_DEPOTS: Final = 10
_QUICK: Final = (Kind.RECEIPT, Kind.ISSUE, Kind.TRANSFER_OUT)  # what a desk is opened for most


@login_required
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Answer the first page: the desks of whoever posts, what waits, the reader's depots with what is on the road."""
    user, at = cast("User", request.user), timezone.now()
    reader = Reader.of(user)
    depots = Depot.objects.visible_to(user).order_by("code")
    keys = list(depots.values_list("pk", flat=True))
    road = road_of(keys) if keys else {}
    shown = list(depots.filter(pk__in=_few(keys, road)).select_related("unit"))
    first = desk_of(request, user)
    return render(
        request,
        "dashboard/home.html",
        {
            "desks": desks(reader, first=first, road=road, at=at),
            "quick": [(kind, kind.label) for kind in _QUICK],
            "needs": needs(reader, road=road, at=at),
            "rows": [(glance, road.get(glance.depot.pk, Road())) for glance in depots_at_a_glance(shown)],
            "depot_count": len(keys),
        },
    )


def _few(keys: list[int], road: dict[int, Road]) -> list[int]:
    """Return the depots that the page shows: those with most to settle and to come, then the first by code."""
    ranked = sorted(road, key=lambda depot: (-road[depot].differing, -road[depot].arriving))
    return list(dict.fromkeys((*ranked, *keys)))[:FEW_DEPOTS]
