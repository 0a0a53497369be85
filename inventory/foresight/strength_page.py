"""The page of days of supply by strength."""

from __future__ import annotations

from typing import cast

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from inventory.foresight.strength import days_by_strength
from logistics.accounts.models import User


@login_required
@require_safe
def strengths(request: HttpRequest) -> HttpResponse:
    """Answer how many days each unit's stock lasts its people by the norms in force, the fewest days first."""
    rows = days_by_strength(by=cast("User", request.user), at=timezone.now())
    return render(request, "foresight/strengths.html", {"rows": rows})
