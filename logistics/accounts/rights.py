"""What each role may do. Where it may do it is the assignment's; `depots/access.py` joins the two."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

from django.utils import timezone

from logistics.accounts.models import Assignment, Role

if TYPE_CHECKING:
    from datetime import date

    from django.db.models import QuerySet

    from logistics.accounts.models import User


class Right(StrEnum):
    """One thing a role may do; also the scopes a token may be narrowed to."""

    READ = "read"
    POST = "post"
    APPROVE = "approve"
    REQUEST = "request"
    PLAN = "plan"
    EXPORT = "export"
    KEEP_CATALOGUE = "keep-catalogue"
    KEEP_PEOPLE = "keep-people"


RIGHTS: Final[dict[str, frozenset[Right]]] = {
    Role.STOREKEEPER: frozenset({Right.READ, Right.POST, Right.REQUEST}),
    Role.APPROVER: frozenset({Right.READ, Right.APPROVE, Right.REQUEST, Right.PLAN}),
    Role.PLANNER: frozenset({Right.READ, Right.REQUEST, Right.PLAN}),
    Role.AUDITOR: frozenset({Right.READ}),
    Role.CATALOGUE_KEEPER: frozenset({Right.KEEP_CATALOGUE}),
    Role.EXPORT_CLIENT: frozenset({Right.EXPORT}),
    Role.ADMINISTRATOR: frozenset({Right.KEEP_PEOPLE}),
}

# Whose reference data the upkeep pages open, room by room.
KEPT_BY: Final[dict[str, Right]] = {
    "catalogue": Right.KEEP_CATALOGUE,
    "depots": Right.KEEP_CATALOGUE,
    "norms": Right.KEEP_CATALOGUE,
    "foresight": Right.KEEP_CATALOGUE,
    "printing": Right.KEEP_CATALOGUE,
    "openings": Right.KEEP_CATALOGUE,
    "stocktakes": Right.KEEP_CATALOGUE,
    "accounts": Right.KEEP_PEOPLE,
    "signing": Right.KEEP_PEOPLE,  # whose hand and whose seal it is
    "vouchers": Right.KEEP_PEOPLE,  # who approves is a matter of people, and no storekeeper's own
    "requisitions": Right.KEEP_PEOPLE,
}


def roles_with(right: Right) -> list[str]:
    """Return the roles that carry a right."""
    return [role for role, carried in RIGHTS.items() if right in carried]


def is_narrowed_from(user: User, right: Right) -> bool:
    """Return whether the token `user` came with leaves `right` out."""
    return user.narrowed_to is not None and right not in user.narrowed_to


def assignments(user: User, *wanted: Right, on: date) -> QuerySet[Assignment]:
    """Return the user's assignments valid on a day whose role carries one of `wanted` that their token leaves them."""
    roles = [role for right in wanted if not is_narrowed_from(user, right) for role in roles_with(right)]
    return Assignment.objects.filter(user=user, role__in=roles).exclude(valid_from__gt=on).exclude(valid_to__lt=on)


def has(user: User, *wanted: Right, on: date | None = None) -> bool:
    """Return whether some assignment of the user carries one of `wanted` anywhere today (or on a day); one query."""
    return user.is_active and assignments(user, *wanted, on=on or timezone.localdate()).exists()


def may_keep(user: User, app: str, *, viewing: bool) -> bool:
    """Return whether the user keeps an app's reference data, or (`viewing`) audits the whole store."""
    right = KEPT_BY.get(app)
    if right is None:
        return False
    return has(user, right) or (viewing and audits_everything(user))


def audits(user: User) -> bool:
    """Return whether the user is an auditor of anything today; one query."""
    return user.is_active and assignments(user, Right.READ, on=timezone.localdate()).filter(role=Role.AUDITOR).exists()


def audits_everything(user: User) -> bool:
    """Return whether the user is an auditor of the whole store today; one query."""
    mine = assignments(user, Right.READ, on=timezone.localdate())
    return user.is_active and mine.filter(role=Role.AUDITOR, unit=None, depot=None).exists()
