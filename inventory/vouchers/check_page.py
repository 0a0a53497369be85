"""The page that checks a printed voucher: its square code, scanned or typed, beside what the logbook says."""

from __future__ import annotations

from typing import cast

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from inventory.ledger.models import Kind
from inventory.vouchers import checking
from logistics.accounts.models import User
from logistics.errors import DomainError


@login_required
@require_safe
def check(request: HttpRequest) -> HttpResponse:
    """Answer the box for a code and, once one is given, which parts of it the logbook says too."""
    asked = request.GET.get("q", "").strip()[: checking.MOST_TEXT]
    checked, refusal = None, None
    if asked:
        try:
            checked = checking.check(asked, by=cast("User", request.user))
        except DomainError as error:
            refusal = error
    faults = [fault["detail"] for fault in refusal.members.get("errors", [])] if refusal else []
    context = {
        "asked": asked,
        "checked": checked,
        "kind": Kind(checked.posted.kind).label if checked else "",
        "depot_code": checked.posted.depot if checked else "",
        "refusal": (faults or [refusal.detail])[0] if refusal else "",
    }
    return render(request, "vouchers/check.html", context, status=refusal.status if refusal else 200)
