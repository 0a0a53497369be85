"""Everything that would keep a set of drafts out of the logs, found in one pass, and what they would come to.

`posting.post` stops at the first kind of refusal, because a program can do no more with the rest. Whoever has 20,000
rows to correct, or a grid of cells to look at, wants all kinds at once. Weighing plans as posting does and writes
nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from django.db import transaction

from inventory.ledger import drafts as asking
from inventory.ledger import fuel
from inventory.ledger.drafts import Draft
from inventory.ledger.known import unknown_codes
from inventory.ledger.planned import Planned
from inventory.ledger.planning import Plan
from inventory.ledger.posting import closed, originals_of
from inventory.ledger.refusals import InvalidMovement, PeriodClosed, break_text, name_goods, shortage_text
from inventory.ledger.state import Locked, State
from logistics.accounts.models import User
from logistics.errors import Fault

SHORT: Final = frozenset({"insufficient-stock", "would-go-negative"})  # may be the consequence of another row's fault


@dataclass(slots=True)
class Weighed:
    """What drafts would come to. `plan` is None where no draft names a log and a time to be weighed at."""

    faults: list[Fault]
    drafts: list[Draft] = field(default_factory=list)
    plan: Plan | None = None
    planned: list[Planned] = field(default_factory=list)
    closed: list[PeriodClosed] = field(default_factory=list)

    def every_fault(self) -> list[Fault]:
        """Return all that is wrong; faults about stock point to the line, others to its member."""
        found = list(self.faults)
        found += [Fault(str(one.members["pointer"]), one.slug, one.detail) for one in self.closed]
        return found if self.plan is None else [*found, *self.plan.faults, *_refusals(self.plan)]

    def refuse(self) -> None:
        """Raise what `post` would raise, if anything. Raises: as `posting.post` does, but KeyReused."""
        if self.closed and not self.faults:
            raise self.closed[0]
        if self.plan is None:
            raise InvalidMovement(self.faults)
        self.plan.refuse(self.faults)


def weigh(drafts: Sequence[Draft], *, by: User, at: datetime) -> list[Fault]:
    """Return all that is wrong with drafts, as if posted in their order; nothing is written.

    Faults about stock point to the line (`/3/lines/7`), others to its member (`/3/lines/7/lot`). Whether a key was
    used before is not looked at. An empty list says that `post` would have taken them.
    """
    return look(drafts, by=by, at=at).every_fault()


def look(drafts: Sequence[Draft], *, by: User, at: datetime) -> Weighed:
    """Return what drafts would come to if posted in their order; nothing is written.

    The logs are locked while they are read and let go before anything is planned.
    """
    drafts = [asking.composed(draft) for draft in drafts]
    originals = originals_of(drafts)
    faults = [fault for draft in drafts for fault in asking.faults(draft, at=at)]
    with transaction.atomic():
        locked = Locked.for_posting(drafts, originals)
        known = locked.known
        faults += [fault for draft in drafts for fault in unknown_codes(draft, known)]
        weighable = [draft for draft in drafts if draft.depot in known.depots and draft.occurred_at.tzinfo is not None]
        # Not doomed, so that lots are made: a later draft may issue from the lot an earlier one brings in.
        state = State.of(locked, weighable, originals, by=by, at=at, is_doomed=False)
        transaction.set_rollback(True)
    if not weighable:
        return Weighed(faults)
    plan = Plan(known, *state.for_plan(), faulty={fault.pointer.rsplit("/", 1)[0] for fault in faults})
    planned = [plan.plan(draft) for draft in weighable]
    fuel.weigh(plan, [movement for one in planned for movement in one.in_order()])
    return Weighed(faults, weighable, plan, planned, list(closed(weighable, known, state)))


def _refusals(plan: Plan) -> Iterator[Fault]:
    for conflict in plan.conflicts:
        yield Fault(conflict.members.get("pointer", ""), conflict.slug, conflict.detail)
    name_goods([*plan.shortages, *plan.breaks])
    for shortage in plan.shortages:
        yield Fault(shortage["pointer"], "insufficient-stock", shortage_text(shortage))
    for broken in plan.breaks:
        yield Fault(broken["pointer"], "would-go-negative", break_text(broken))
