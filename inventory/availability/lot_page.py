"""Who changed a lot: its expiry, a hold put on or lifted, and the movement that first brought it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from django.contrib.auth.decorators import login_required
from django.db.models import Exists, OuterRef
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from depots.models import Depot
from inventory.catalogue.models import Lot
from inventory.catalogue.views import item_for_looking
from inventory.ledger.models import Movement, MovementLine
from logistics import asking
from logistics.accounts.models import User
from logistics.audit.pages import Link, Links, history_page
from logistics.audit.trail import Occasion
from logistics.errors import NotFound
from logistics.history import Source
from logistics.sheets import KINDS


@login_required
@require_safe
def history(request: HttpRequest, code: str, kind: str = "") -> HttpResponseBase:
    """Answer who changed the lot `lot` of an item; `depot` tells an exercise's lot from a real one of that code."""
    user = cast("User", request.user)
    item = item_for_looking(user, code)
    name = asking.text(request, "lot")
    visible = Depot.objects.visible_to(user)
    is_exercise = visible.filter(code=asking.text(request, "depot"), is_exercise=True).exists()
    lot = Lot.objects.select_related("item").filter(item=item, code=name, is_exercise=is_exercise).first()
    if lot is None:
        raise NotFound(_("Item %(item)s has no lot “%(lot)s”.") % {"item": item.code, "lot": name[:40]})
    return history_page(
        request,
        lot,
        back=reverse("item", args=[item.code]),
        files={one: reverse("lot-history-file", args=[item.code, one]) for one in KINDS},
        kind=kind,
        links=_first_movements(lot, user),
        template="availability/lot_history.html",
        context={"item": item, "lot": lot, "carried": _carried(request)},
    )


def _carried(request: HttpRequest) -> dict[str, str]:
    """Return what the filters' form has to carry on, besides the filters."""
    return {name: value for name in ("lot", "depot") if (value := asking.text(request, name))}


def _first_movements(lot: Lot, user: User) -> Links:
    """Return what finds, of changes a posting made, its movement, where the user may read that depot."""

    def links(occasions: Sequence[Occasion]) -> dict[tuple[type[Lot], int], Link]:
        posted = {occasion.at: occasion.number for occasion in occasions if occasion.source == Source.POSTING}
        if not posted:
            return {}
        of_lot = MovementLine.objects.filter(depot=OuterRef("depot"), position=OuterRef("position"), holding__lot=lot)
        found = Movement.objects.filter(
            Exists(of_lot), depot__in=Depot.objects.visible_to(user), recorded_at__in=list(posted)
        ).values_list("depot__code", "position", "recorded_at")
        return {
            (Lot, posted[at]): (reverse("movement", args=[depot, position]), f"{depot}/{position}")
            for depot, position, at in found
        }

    return cast("Links", links)
