"""The address of a stocktake's report on paper."""

from __future__ import annotations

from typing import cast
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from inventory.printing import kept
from inventory.stocktakes import paper, planning
from inventory.stocktakes.models import Status
from logistics import asking
from logistics.accounts.models import User
from logistics.errors import Conflict, Fault, Invalid


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def stocktake_paper(request: HttpRequest, stocktake_id: UUID) -> HttpResponse:
    """Answer a stocktake's report, with the books (`books=1`) or without; POST counts a print of a posted one's."""
    user, at = cast("User", request.user), timezone.now()
    found = planning.stocktake_of(user, stocktake_id)
    language, site = kept.reader_language(), asking.site_of(request)
    if request.method == "POST":
        if found.status != Status.POSTED:
            raise Conflict(_("It is not posted yet: look at it, and print that, but it is no report to be kept."))
        paper.keep_report(found, language=language, site=site, by=user, at=at)
        copy = kept.count_copy(found.subject, by=user, at=at)
        return redirect(f"{reverse('stocktake-paper', args=[found.pk])}?books=1&copy={copy}")
    books = request.GET.get("books", "1")
    if books not in {"0", "1"}:
        raise Invalid([Fault("/books", "one-of", _("Write books=1 for the report with the books, books=0 without."))])
    made = paper.stocktake_print(
        found, books=books == "1", language=language, site=site, at=at, copy=asking.copy_number(request)
    )
    answer = HttpResponse(kept.hand_out([made], to=user, at=at), content_type="application/pdf")
    answer.headers["Content-Disposition"] = f'inline; filename="{found.number or f"KK-{str(found.pk)[:8]}"}.pdf"'
    return answer
