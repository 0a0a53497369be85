"""Everything that would keep a set of drafts out of the logs, found in one pass: what an import reports.

`posting.post` stops at the first kind of refusal, because its caller can do no more with the rest. Whoever has
20,000 rows to correct wants all kinds at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

from django.db import transaction

from inventory.ledger import drafts as asking
from inventory.ledger.drafts import Draft
from inventory.ledger.known import Known, local_date
from inventory.ledger.planning import Plan, unknown_codes
from inventory.ledger.refusals import break_text, closed_text, shortage_text
from inventory.ledger.state import State
from logistics.accounts.models import User
from logistics.errors import Fault

SHORT: Final = frozenset({"insufficient-stock", "would-go-negative"})  # may be the consequence of another row's fault


def weigh(drafts: Sequence[Draft], *, by: User, at: datetime) -> list[Fault]:
    """Return all that is wrong with drafts that are no reversals, as if posted in their order; nothing stays written.

    Faults about stock point to the line (`/3/lines/7`), others to its member (`/3/lines/7/lot`). Whether a key was
    used before is not looked at. An empty list says that `post` would have taken them.
    """
    drafts = [asking.composed(draft) for draft in drafts]
    known = Known.about(drafts)
    faults = [fault for draft in drafts for fault in asking.faults(draft, at=at)]
    faults += [fault for draft in drafts for fault in unknown_codes(draft, known)]
    weighable = [draft for draft in drafts if draft.depot in known.depots and draft.occurred_at.tzinfo is not None]
    if not weighable:
        return faults
    with transaction.atomic():
        # Not doomed, so that lots are made: a later draft may issue from the lot an earlier one brings in.
        state = State.read(weighable, known, {}, by=by, at=at, is_doomed=False)
        faults += _closed(weighable, known, state)
        plan = Plan(known, *state.for_plan(), faulty={fault.pointer.rsplit("/", 1)[0] for fault in faults})
        for draft in weighable:
            plan.plan(draft)
        transaction.set_rollback(True)
    return [*faults, *plan.faults, *_refusals(plan)]


def _closed(drafts: Sequence[Draft], known: Known, state: State) -> Iterator[Fault]:
    for draft in drafts:
        until = state.heads[known.depots[draft.depot].id].closed_until
        if until is not None and draft.occurred_at < until:
            detail = closed_text(draft.depot, local_date(until))
            yield Fault(f"{draft.pointer}/occurred_at", "period-closed", detail)


def _refusals(plan: Plan) -> Iterator[Fault]:
    for conflict in plan.conflicts:
        yield Fault(conflict.members.get("pointer", ""), conflict.slug, conflict.detail)
    for shortage in plan.shortages:
        yield Fault(shortage["pointer"], "insufficient-stock", shortage_text(shortage))
    for broken in plan.breaks:
        yield Fault(broken["pointer"], "would-go-negative", break_text(broken))
