"""The page of what a person's browser still has to send. What it shows is in the browser; the page brings the frame."""

from __future__ import annotations

from typing import Final, cast

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from depots import access
from depots.models import Depot
from inventory.ledger.models import Kind
from logistics.accounts.models import User
from logistics.accounts.rights import Right
from logistics.help import TOPICS
from logistics.shell import also_keep, kept_offline

MOST_DEPOTS: Final = 5  # whose entry pages a browser keeps unasked; of others it keeps those that were opened


@login_required
@require_safe
@kept_offline
def outbox(request: HttpRequest) -> HttpResponse:
    """Answer the outbox: the frame that the browser fills with its own drafts, network or not.

    It names the entry pages of the depots where the person may post, and the help, for the worker to keep as well.
    """
    user = cast("User", request.user)
    posting = Depot.objects.filter(id__in=access.depot_ids(user, Right.POST)).order_by("code")
    depots = list(posting.values("code", "name")[: MOST_DEPOTS + 1])
    told = {
        "kinds": {str(kind.value): str(kind.label) for kind in Kind},
        "depots": [depot["code"] for depot in depots[:MOST_DEPOTS]],
    }
    answer = render(request, "vouchers/outbox.html", {"depots": depots[:MOST_DEPOTS], "told": told})
    if depots:
        entries = [reverse("entry", args=[depot["code"]]) for depot in depots[:MOST_DEPOTS]]
        also_keep(answer, [*entries, *(reverse("help", args=[topic]) for topic in TOPICS)])
    return answer
