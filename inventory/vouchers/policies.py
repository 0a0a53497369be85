"""Which vouchers somebody else has to approve: a depot's own rule for a kind, or the one for every depot."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from inventory.ledger.models import Kind
from inventory.vouchers.models import VoucherPolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What holds for one kind in one depot."""

    needs_approval: bool
    posts_on_approval: bool
    second_if_ring_fenced: bool

    def document(self) -> dict[str, bool]:
        """Return the rule as the API spells it."""
        return {"needs_approval": self.needs_approval, "posts_on_approval": self.posts_on_approval}


# Where nobody said anything, nobody posts alone.
STRICTEST: Final = Policy(needs_approval=True, posts_on_approval=False, second_if_ring_fenced=True)


def policies_of(depot_id: int) -> dict[str, Policy]:
    """Return the rule that holds in a depot for every kind a voucher may have; one query."""
    rows = VoucherPolicy.objects.filter(depot=depot_id) | VoucherPolicy.objects.filter(depot=None)
    found = dict.fromkeys((kind for kind in Kind.values if kind != Kind.STOCKTAKE), STRICTEST)
    # A depot's own rule comes after the general one and replaces it.
    for row in sorted(rows, key=lambda row: row.depot_id is not None):
        found[row.kind] = Policy(
            needs_approval=row.needs_approval,
            posts_on_approval=row.posts_on_approval,
            second_if_ring_fenced=row.second_if_ring_fenced,
        )
    return found


def policy(depot_id: int, kind: str) -> Policy:
    """Return the rule that holds in a depot for one kind; one query."""
    return policies_of(depot_id).get(kind, STRICTEST)
