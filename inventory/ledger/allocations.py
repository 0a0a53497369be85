"""Promising stock to a document and taking the promise back; both under the depot's lock, like posting.

An allocation is planned exactly as an issue would be (first expired first out, nothing expired or held), but the
piles keep their stock: only `allocated` grows, and with it availability falls. To issue what was promised, release
and post inside one transaction: the lock is held throughout, so nobody slips in between.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from django.db import transaction

from inventory.ledger import drafts as asking
from inventory.ledger.drafts import Draft, DraftLine
from inventory.ledger.models import Kind
from inventory.ledger.planning import Plan, unknown_codes
from inventory.ledger.posting import refuse_where_wrong
from inventory.ledger.state import Locked, State
from logistics import sql
from logistics.accounts.models import User


@transaction.atomic
def allocate(depot: str, reference: str, lines: Sequence[DraftLine], *, by: User, at: datetime) -> list[Decimal]:
    """Promise the lines' stock to the document `reference`; return the quantities promised, a pile each.

    Holds on return: every pile's `allocated` is the sum of its open allocations and at most its on_hand.

    Raises, with nothing promised:
        InvalidMovement: a code is unknown or a quantity impossible.
        InsufficientStock: less is free; `held_by` names who holds the rest.
    """
    draft = asking.composed(Draft(depot=depot, kind=Kind.ISSUE, occurred_at=at, key=reference, lines=lines))
    locked = Locked.for_posting([draft], {})
    known = locked.known
    faults = [*asking.faults(draft, at=at), *unknown_codes(draft, known)]
    refuse_where_wrong(faults, known, [draft])
    plan = Plan(known, *State.of(locked, [draft], {}, by=by, at=at, is_doomed=bool(faults)).for_plan())
    planned = plan.plan(draft)
    plan.refuse(faults)
    promised = [-line.change for line in planned.lines]
    rows = [
        {"holding_id": pile.holding_id, "quantity": str(quantity)}
        for pile, quantity in zip(planned.piles, promised, strict=True)
    ]
    sql.run(
        "ledger/allocate",
        {
            "depot_id": known.depots[depot].id,
            "reference": reference,
            "rows": json.dumps(rows),
            "by": by.pk,
            "at": at,
        },
    )
    return promised


@transaction.atomic
def release(depot: str, reference: str, *, by: User, at: datetime) -> Decimal:
    """Take back every open promise of a depot to the document; return how much was promised (0: nothing was)."""
    draft = Draft(depot=depot, kind=Kind.ISSUE, occurred_at=at, key=reference)
    known = Locked.for_posting([draft], {}).known
    refuse_where_wrong(list(unknown_codes(draft, known)), known, [draft])
    ((quantity,),) = sql.rows(
        "ledger/release", {"depot_id": known.depots[depot].id, "reference": reference, "by": by.pk, "at": at}
    )
    return Decimal(quantity)
