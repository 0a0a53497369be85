"""What waits for somebody's decision, over all depots where they may decide."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db.models import Exists, OuterRef, Q, QuerySet

from depots import access
from inventory.vouchers.models import Status, Voucher
from logistics.accounts.models import User
from logistics.accounts.rights import Right


def waiting_for(user: User) -> QuerySet[Voucher]:
    """Return the submitted vouchers that `user` may decide on, the longest waiting first.

    Those they made, changed or submitted themselves are somebody else's to decide, and so are those that they
    approved and that wait for a second approver.
    """
    had_a_hand = Q(changed_by=user) | Q(submitted_by=user)
    wrote = Voucher.history.model.objects.filter(had_a_hand, id=OuterRef("pk"))
    return (
        Voucher.objects.filter(status=Status.SUBMITTED, depot__in=access.depot_ids(user, Right.APPROVE))
        .exclude(made_by=user)
        .exclude(submitted_by=user)
        .exclude(decided_by=user)
        .exclude(Exists(wrote))
        .order_by("submitted_at", "pk")
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Other:
    """Something else than a voucher that waits for a decision: what it is, where its page is, since when and whose."""

    title: str
    about: str
    href: str
    depot: str  # its code
    since: datetime
    by: str


_rooms: Final[list[Callable[[User], Iterable[Other]]]] = []


def also(found: Callable[[User], Iterable[Other]]) -> None:
    """Let a room further up say what of its own waits for somebody; said once, when the room starts."""
    _rooms.append(found)


def others(user: User) -> list[Other]:
    """Return what waits for the decision of `user` in rooms further up, the longest waiting first."""
    return sorted((one for found in _rooms for one in found(user)), key=lambda one: one.since)


def waiting_count(user: User) -> int:
    """Return how many vouchers wait for the decision of `user`; one query."""
    return waiting_for(user).count()
