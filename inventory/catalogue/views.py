"""Pages about the catalogue: who changed an item."""

from __future__ import annotations

from typing import Final, cast

from django.contrib.auth.decorators import login_required
from django.db.models import Q
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from inventory.catalogue.models import Item, Packaging
from logistics.accounts import rights
from logistics.accounts.models import User
from logistics.accounts.rights import Right
from logistics.audit.pages import history_page
from logistics.audit.trail import Subject
from logistics.errors import NotFound
from logistics.sheets import KINDS

# The catalogue is for everybody who works with stock or keeps it, not for the export client.
KNOWERS: Final = (Right.READ, Right.KEEP_CATALOGUE, Right.KEEP_PEOPLE)


def item_for_looking(user: User, code: str) -> Item:
    """Return an item with group, unit and packagings, if the catalogue is any of the user's business.

    Raises:
        NotFound: there is no such item, or not for this user.
    """
    found = (
        Item.objects.select_related("group__supply_class", "base_unit", "dangerous_good")
        .prefetch_related("packagings__unit")
        .filter(code=code)
        .first()
    )
    if found is None or not rights.has(user, *KNOWERS):
        raise NotFound(_("The catalogue has no “%(name)s”.") % {"name": code[:40]})
    return found


@login_required
@require_safe
def item_history(request: HttpRequest, code: str, kind: str = "") -> HttpResponseBase:
    """Answer who changed an item or its packagings, when, what and why."""
    found = item_for_looking(cast("User", request.user), code)
    return history_page(
        request,
        found,
        Subject(Packaging, Q(item_id=found.pk)),
        back=reverse("item", args=[found.code]),
        files={name: reverse("item-history-file", args=[found.code, name]) for name in KINDS},
        kind=kind,
    )
