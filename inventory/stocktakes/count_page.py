"""The page a storekeeper counts on, with a phone in the hand: the frame that its scripts fill from the device.

It is the same whatever was counted, so that a browser may keep it and open it without a network; the sheet itself is
kept beside it (`device_api.py`). Who has no scripts is told what the page needs, and where to count without.
"""

from __future__ import annotations

from typing import cast
from uuid import UUID

from csp.constants import SELF, WASM_UNSAFE_EVAL
from csp.decorators import csp_update
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from inventory.stocktakes import counting
from logistics.accounts.models import User
from logistics.shell import kept_offline


# The camera's reader is WebAssembly, which no other page of the site may compile.
@csp_update({"script-src": [SELF, WASM_UNSAFE_EVAL]})
@kept_offline
@login_required
@require_safe
def count_page(request: HttpRequest, stocktake_id: UUID) -> HttpResponse:
    """Answer the counting page of a stocktake: whoever may count there may open it.

    Raises:
        NotFound: there is no such stocktake in the visitor's scope.
        Forbidden: the visitor may see the stocktake but not count there.
    """
    user = cast("User", request.user)
    found, _place = counting.gate(user, stocktake_id)
    shell = {
        "stocktake": str(found.pk),
        "depot": found.depot.code,
        "login": user.get_username(),
        "person": user.get_full_name() or user.get_username(),
        "language": get_language(),
    }
    return render(request, "stocktakes/count.html", {"stocktake": found, "shell": shell})
