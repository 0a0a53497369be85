"""Vouchers made from movement orders: how this room asks the one that keeps the orders, without seeing it.

A voucher with a `movement_order` takes exactly what was promised to that order, in the transaction that posts it. The
keeper of orders listens to two signals: `ordered` (may this be asked of the order?) and `taken` (it was posted).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final, cast
from uuid import UUID

from django.dispatch import Signal

from inventory.ledger.drafts import Draft
from inventory.ledger.entries import Posted
from inventory.vouchers.models import Voucher
from logistics.accounts.models import User
from logistics.errors import Fault

# Receivers take `order_id`, `draft`, `lock` and return faults; with `lock` they hold the order until the transaction
# ends. They come before the depots' logs are locked: whoever works on an order takes its row first.
ordered: Final = Signal()
# Receivers take `voucher`, `posted`, `by`, `at`, in the transaction that posts.
taken: Final = Signal()


def taking(draft: Draft, order_id: UUID | None, *, lock: bool) -> tuple[Draft, Sequence[Fault]]:
    """Return the draft as it is asked of the ledger when it comes from an order, and what of it the order forbids."""
    if order_id is None:
        return draft, ()
    answers = ordered.send(sender=Voucher, order_id=order_id, draft=draft, lock=lock)
    found = [fault for _receiver, faults in answers for fault in cast("list[Fault]", faults)]
    return replace(draft, takes=str(order_id)), found


def told(voucher: Voucher, posted: Posted, *, by: User, at: datetime) -> None:
    """Tell the keeper of orders that a voucher made from one was posted."""
    if voucher.movement_order is not None and not posted.is_replay:
        taken.send(sender=Voucher, voucher=voucher, posted=posted, by=by, at=at)
