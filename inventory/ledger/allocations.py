"""Promising stock to documents and taking the promises back; both under the depots' locks, like posting.

An allocation is planned exactly as an issue would be (first expired first out, nothing expired or held), but the
piles keep their stock: only `allocated` grows, and with it availability falls. What was promised is taken by a
movement whose draft `takes` the reference: the promise ends in the statement before the stock falls, in one
transaction, so nobody slips in between.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from django.db import transaction

from inventory.ledger import drafts as asking
from inventory.ledger.drafts import Draft, DraftLine
from inventory.ledger.known import unknown_codes
from inventory.ledger.models import Kind
from inventory.ledger.planned import Planned
from inventory.ledger.planning import Plan
from inventory.ledger.posting import refuse_where_wrong
from inventory.ledger.state import Locked, State
from logistics import sql
from logistics.accounts.models import User


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """Stock of one depot to be promised to the document `reference`."""

    depot: str
    reference: str
    lines: Sequence[DraftLine]


def _unnamed(promise: Promise) -> str:
    return ""


_UNNAMED: Final[Callable[[Promise], str]] = _unnamed


@transaction.atomic
def promise(
    asked: Sequence[Promise], *, by: User, at: datetime, document: Callable[[Promise], str] = _UNNAMED
) -> list[Planned]:
    """Promise stock of any number of depots, all or nothing; return the piles and quantities of each promise.

    Holds on return: every pile's `allocated` is the sum of its open allocations and at most its on_hand. The depots'
    logs are locked in the order of their ids, and stay so until the transaction ends. `document` says what people
    call the document of a promise; it is asked only once all stock is found to suffice.

    Raises, with nothing promised:
        InvalidMovement: a code is unknown or a quantity impossible.
        InsufficientStock: less is free; `shortages` names depot and item, `held_by` who holds the rest.
    """
    several = len(asked) > 1
    drafts = [
        asking.composed(
            Draft(
                depot=one.depot,
                kind=Kind.ISSUE,
                occurred_at=at,
                key=one.reference,
                lines=one.lines,
                pointer=f"/{index}" if several else "",
            )
        )
        for index, one in enumerate(asked)
    ]
    locked = Locked.for_posting(drafts, {})
    known = locked.known
    faults = [fault for draft in drafts for fault in (*asking.faults(draft, at=at), *unknown_codes(draft, known))]
    refuse_where_wrong(faults, known, drafts)
    state = State.of(locked, drafts, {}, by=by, at=at, is_doomed=bool(faults))
    plan = Plan(known, *state.for_plan(), measures=False)  # nobody has measured yet what is only promised
    planned = [plan.plan(draft) for draft in drafts]
    plan.refuse(faults)
    for one, wanted in zip(planned, asked, strict=True):
        rows = [
            {"holding_id": pile.holding_id, "quantity": str(-line.change)}
            for pile, line in zip(one.piles, one.lines, strict=True)
        ]
        sql.run(
            "ledger/allocate",
            {
                "depot_id": known.depots[wanted.depot].id,
                "reference": wanted.reference,
                "document": document(wanted),
                "rows": json.dumps(rows),
                "by": by.pk,
                "at": at,
            },
        )
    return planned


def allocate(depot: str, reference: str, lines: Sequence[DraftLine], *, by: User, at: datetime) -> list[Decimal]:
    """Promise the lines' stock of one depot to `reference`; return the quantities promised, a pile each.

    Raises: as `promise` does.
    """
    (planned,) = promise([Promise(depot=depot, reference=reference, lines=lines)], by=by, at=at)
    return [-line.change for line in planned.lines]


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
