"""Pages that answer what there is: the list of depots, a depot."""

from __future__ import annotations

from typing import Any, Final, cast

from django.contrib.auth.decorators import login_required
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from depots.models import Depot, DepotQuerySet
from inventory.availability.overview import depots_at_a_glance, stock_by_item
from inventory.vouchers.logbook import newest
from logistics import asking
from logistics.accounts.models import User
from logistics.errors import NotFound
from logistics.search import fold

DEPOTS_A_PAGE: Final = 50
ITEMS_A_PAGE: Final = 50
LAST_MOVEMENTS: Final = 10


def _depots(user: User) -> DepotQuerySet:
    return Depot.objects.visible_to(user).select_related("unit", "province").order_by("code")


def _stock(request: HttpRequest, depots: list[int]) -> dict[str, Any]:
    """Return what `availability/stock_table.html` shows: the page of items that the address asks for."""
    number, text = asking.page_number(request), asking.text(request, "q")
    rows, total = stock_by_item(depots, text=text, on=timezone.localdate(), page=number, size=ITEMS_A_PAGE)
    if not rows and number > 1:
        raise NotFound(_("This list has no page “%(page)s”.") % {"page": number})
    return {"stock": rows, "q": text, "page": asking.numbered(number, of=total, size=ITEMS_A_PAGE)}


@login_required
@require_safe
def depots(request: HttpRequest) -> HttpResponse:
    """Answer the list of the asker's depots."""
    text = asking.text(request, "q")
    found = _depots(cast("User", request.user))
    for word in fold(text).split():
        found = found.filter(
            Q(code__unaccent__icontains=word)
            | Q(name__unaccent__icontains=word)
            | Q(unit__name__unaccent__icontains=word)
            | Q(province__name__unaccent__icontains=word)
        )
    page = asking.numbered(asking.page_number(request), of=found.count(), size=DEPOTS_A_PAGE)
    shown = found[page.start_index() - 1 : page.end_index()] if page.paginator.count else []
    return render(
        request, "availability/depots.html", {"glances": depots_at_a_glance(list(shown)), "page": page, "q": text}
    )


@login_required
@require_safe
def depot(request: HttpRequest, code: str) -> HttpResponse:
    """Answer one depot's page: its last movements and what it holds."""
    found = _depots(cast("User", request.user)).select_related("branch").filter(code=code).first()
    if found is None:
        raise NotFound(_("There is no depot %(code)s in your scope.") % {"code": code[:40]})
    (glance,) = depots_at_a_glance([found])
    return render(
        request,
        "availability/depot.html",
        {
            "depot": found,
            "glance": glance,
            "movements": newest(found.pk, until=glance.position, count=LAST_MOVEMENTS),
            **_stock(request, [found.pk]),
        },
    )
