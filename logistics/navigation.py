"""What the masthead offers to whom: pages of the reader's roles, and the desk of the depot they are working in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.db.models import Case, When
from django.http import HttpRequest
from django.utils import timezone

from depots import access
from depots.models import Depot
from inventory.vouchers import approvals
from logistics.accounts import rights
from logistics.accounts.models import User
from logistics.accounts.rights import RIGHTS, Right

_LAST_DEPOT: Final = "depot"  # the session's memory of where its person last worked


@dataclass(frozen=True, slots=True)
class Navigation:
    """The masthead's offers. `waiting` is None for whoever approves nothing; `desk` is "" without a depot."""

    desk: str
    waiting: int | None
    keeps: bool  # reference data or people


def navigation(request: HttpRequest) -> Navigation:
    """Return what the masthead offers the person signed in; at most three queries, whatever the page."""
    user = request.user
    assert isinstance(user, User), "the masthead asks only for people"
    carried = _rights(user)
    return Navigation(
        desk=_desk(request, user) if Right.POST in carried else "",
        waiting=approvals.waiting_count(user) if Right.APPROVE in carried else None,
        keeps=user.is_superuser or bool(carried & {Right.KEEP_CATALOGUE, Right.KEEP_PEOPLE}),
    )


def _rights(user: User) -> frozenset[Right]:
    roles = rights.assignments(user, *Right, on=timezone.localdate()).values_list("role", flat=True).distinct()
    return frozenset().union(*(RIGHTS[role] for role in roles))


def _desk(request: HttpRequest, user: User) -> str:
    """Return the depot whose desk is meant: the page's, else the last one worked in, else the first; "" for none."""
    match = request.resolver_match
    here = str(match.kwargs.get("code", "")) if match and match.route.startswith("depots/") else ""
    last = request.session.get(_LAST_DEPOT, "")
    chosen = (
        Depot.objects.filter(id__in=access.depot_ids(user, Right.POST), closed_date=None)
        .order_by(Case(When(code=here, then=0), When(code=last, then=1), default=2), "is_exercise", "code")
        .values_list("code", flat=True)
        .first()
    )
    if chosen == here and here != last:
        request.session[_LAST_DEPOT] = here
    return chosen or ""
