"""What waits for somebody's decision, over all depots where they may decide."""

from __future__ import annotations

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


def waiting_count(user: User) -> int:
    """Return how many vouchers wait for the decision of `user`; one query."""
    return waiting_for(user).count()
