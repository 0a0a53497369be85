"""Pages about depots as reference data; what lies in them is `inventory.availability`'s to show."""

from __future__ import annotations

from typing import cast

from django.contrib.auth.decorators import login_required
from django.db.models import Q
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from depots.models import Bin, Depot
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
    )
