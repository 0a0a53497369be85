"""Which unit's approvers decide on what a unit asks for: levels as data, else the unit above."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from django.db.models import Q
from django.utils import timezone

from depots.models import Level, OrganisationUnit
from inventory.requisitions.models import ApprovalLevel, Requisition
from logistics.accounts import rights
from logistics.accounts.models import User
from logistics.accounts.rights import Right

_RANK: Final = {
    level: rank
    for rank, level in enumerate((Level.SUB_UNIT, Level.TACTICAL, Level.OPERATIONAL, Level.STRATEGIC, Level.MINISTRY))
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a line asks for, as far as levels look at it."""

    supply_class: str
    quantity: Decimal


def above(unit: OrganisationUnit) -> list[OrganisationUnit]:
    """Return the units above one, the nearest first; a circle in the tree ends."""
    found: list[OrganisationUnit] = []
    here = unit.parent
    while here is not None and here not in found and here != unit:
        found.append(here)
        here = here.parent
    return found


def rank(level: str) -> int:
    """Return how high a level of unit stands: a sub-unit 0, the ministry highest."""
    return _RANK[Level(level)]


def approving_unit(unit: OrganisationUnit, lines: Sequence[Wanted]) -> OrganisationUnit:
    """Return the unit whose approvers decide: of all lines' levels the highest; the top unit decides for itself.

    A line beyond every limit set for its level and branch goes one level above the highest of them.
    """
    chain = above(unit)
    if not chain:
        return unit
    rules = list(ApprovalLevel.objects.filter(asking_level=unit.level))
    wanted = max((_rank_for(line, rules) for line in lines), default=-1)
    for candidate in chain:
        if rank(candidate.level) >= wanted:
            return candidate
    return chain[-1]


def _rank_for(line: Wanted, rules: Sequence[ApprovalLevel]) -> int:
    own = [rule for rule in rules if rule.supply_class_id == line.supply_class]
    fitting = own or [rule for rule in rules if rule.supply_class_id is None]
    within = [rule for rule in fitting if rule.most_quantity is None or line.quantity <= rule.most_quantity]
    if within:
        return min(rank(rule.approving_level) for rule in within)
    if fitting:
        return max(rank(rule.approving_level) for rule in fitting) + 1
    return -1


def classes_of(user: User, right: Right, unit: OrganisationUnit) -> frozenset[str] | None:
    """Return the branches for which a person carries a right over a unit, None for every branch; empty: for none."""
    chain = [unit, *above(unit)]
    given = rights.assignments(user, right, on=timezone.localdate()).filter(
        Q(unit__in=chain) | Q(unit=None, depot=None)
    )
    found: set[str] = set()
    for assignment in given.prefetch_related("supply_classes"):
        classes = {one.pk for one in assignment.supply_classes.all()}
        if not classes:
            return None
        found |= classes
    return frozenset(found)


def has_part(requisition: Requisition, user: User) -> bool:
    """Tell whether a person made, changed or submitted a requisition, ever: then somebody else decides on it."""
    if user.pk in {requisition.made_by_id, requisition.changed_by_id, requisition.submitted_by_id}:
        return True
    return bool(requisition.history.filter(Q(changed_by=user) | Q(submitted_by=user)).exists())
