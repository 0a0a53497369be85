"""Ring-fenced reserves (dự trữ SSCĐ, dự trữ quốc gia): what leaves one needs two approvers, both other than its makers.

What leaves: goods issued, sent to another depot, given another purpose, disposed of or written down, and what a
reversal takes back out. Moving goods within the depot and changing their grade leaves them in their reserve. Which
purposes are ring-fenced, and for which kinds two approvers are needed where, is data: `ReservePurpose.is_ring_fenced`
and `VoucherPolicy.second_if_ring_fenced`.

Two ways in are not asked here. A voucher made from a movement order takes what was promised to that order, and
reserves are promised only to a requisition that two people approved. Movements that programs post through the API
come from systems with approvals of their own; the contract promises that what the ledger allows is posted.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Final
from uuid import UUID

from inventory.catalogue.models import ReservePurpose
from inventory.ledger.drafts import DraftLine
from inventory.ledger.kinds import RULES, Sign
from inventory.ledger.models import Kind, MovementLine
from inventory.vouchers.content import Content
from inventory.vouchers.policies import Policy
from logistics.errors import Conflict, gettext_noop

_REGULAR: Final = str(DraftLine.__dataclass_fields__["purpose"].default)


class SecondApprovalMissing(Conflict):
    """The voucher takes from a ring-fenced reserve, and only one person approved it."""

    slug = "second-approval-missing"
    title = gettext_noop("A second approver has to agree first")


def fenced(purposes: Iterable[str]) -> frozenset[str]:
    """Return those of the purposes whose stock needs a second approval to leave; one query, none for no purpose."""
    asked = sorted(set(purposes))
    if not asked:
        return frozenset()
    found = ReservePurpose.objects.filter(code__in=asked, is_ring_fenced=True)
    return frozenset(found.values_list("code", flat=True))


def purposes_left(content: Content, *, depot_id: int) -> set[str]:
    """Return the purposes that some stock would no longer be kept for; one query for a reversal, else none."""
    sign = RULES[content.kind].sign
    if sign is Sign.MIRROR:
        return _undone(content, depot_id)
    lines = content.lines
    if content.kind == Kind.REPURPOSE:
        lines = [line for line in lines if line.get("to_purpose") != line.get("purpose", _REGULAR)]
    elif sign is Sign.SIGNED:
        # A settlement takes nothing off the shelf: its goods left, approved, when they were sent.
        lines = [line for line in lines if str(line.get("quantity", "")).startswith("-") and not content.consignment]
    elif sign is not Sign.OUT:
        return set()
    return {line.get("purpose", _REGULAR) for line in lines}


def needs_second(content: Content, *, depot_id: int, rule: Policy, order: UUID | None) -> bool:
    """Tell whether what a voucher says needs a second approver under a depot's rule; at most two queries.

    `order`: the movement order it was made from.
    """
    if not rule.second_if_ring_fenced or order is not None:
        return False
    return bool(fenced(purposes_left(content, depot_id=depot_id)))


def _undone(content: Content, depot_id: int) -> set[str]:
    if content.reverses is None:
        return set()
    lines = MovementLine.objects.filter(depot=depot_id, position=content.reverses)
    if content.reverse_lines:
        lines = lines.filter(line_no__in=content.reverse_lines)
    came: dict[str, Decimal] = {}
    for purpose, change in lines.values_list("holding__purpose", "change"):
        came[purpose] = came.get(purpose, Decimal(0)) + change
    return {purpose for purpose, change in came.items() if change > 0}
