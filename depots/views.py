"""Pages about depots as reference data; what lies in them is `inventory.availability`'s to show."""

from __future__ import annotations

from typing import cast

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from depots.models import Depot
from logistics.accounts.models import User
from logistics.audit.pages import history_page
from logistics.errors import NotFound


@login_required
@require_safe
def depot_history(request: HttpRequest, code: str) -> HttpResponse:
    """Answer who changed a depot's own data, when, what and why."""
    found = Depot.objects.visible_to(cast("User", request.user)).filter(code=code).first()
    if found is None:
        raise NotFound(_("There is no depot %(code)s in your scope.") % {"code": code[:40]})
    return history_page(request, found, back=reverse("depot", args=[found.code]))
