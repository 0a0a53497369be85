"""Pages about depots as reference data; what lies in them is `inventory.availability`'s to show."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from django.contrib.auth.decorators import login_required
from django.db.models import Q
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from depots import whereabouts
from depots.models import Bin, Depot
from depots.whereabouts import Sight
from logistics.accounts.models import User
from logistics.audit.pages import history_page
from logistics.audit.trail import Subject
from logistics.errors import NotFound
from logistics.sheets import KINDS


@login_required
@require_safe
def depot_history(request: HttpRequest, code: str, kind: str = "") -> HttpResponseBase:
    """Answer who changed a depot's own data or its bins, when, what and why."""
    found = Depot.objects.visible_to(cast("User", request.user)).filter(code=code).first()
    if found is None:
        raise NotFound(_("There is no depot %(code)s in your scope.") % {"code": code[:40]})
    return history_page(
        request,
        found,
        Subject(Bin, Q(depot_id=found.pk)),
        back=reverse("depot", args=[found.code]),
        files={name: reverse("depot-history-file", args=[found.code, name]) for name in KINDS},
        kind=kind,
        words={"coordinates": moves_in_words(found.pk, whereabouts.sight(cast("User", request.user)))},
    )


def moves_in_words(depot_id: int, sight: Sight) -> Callable[[Any, Any], list[tuple[str, str, str]]]:
    """Return what tells a change of a depot's place: as exactly as its reader may know it."""

    def words(old: Any, new: Any) -> list[tuple[str, str, str]]:
        spots = [value and sight.spot(depot_id, value) for value in (old, new)]
        before, after = (f"{spot.lat:.6f}, {spot.lon:.6f}" if spot else "—" for spot in spots)
        return [(str(Depot._meta.get_field("coordinates").verbose_name), before, after)]  # noqa: SLF001

    return words
