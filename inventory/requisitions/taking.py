"""What a voucher made from an order may take, and what it does to the order once it is posted.

The ledger lets such a voucher take the promised piles and nothing else: another lot is refused, because the order
names what was promised; whoever has to hand out other goods has the order cancelled and a new one given. A reversal
gives the stock back as free stock and its quantity back to the requisition as open; the order stays as it was done.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from inventory.catalogue.codes import KILOGRAM
from inventory.ledger.drafts import Draft
from inventory.ledger.entries import Posted
from inventory.requisitions import progress
from inventory.requisitions.models import MovementOrder, OrderLine, OrderStatus, Requisition
from inventory.requisitions.orders import REQUISITION, lock
from inventory.vouchers import orders as vouchers
from inventory.vouchers.models import Voucher
from logistics import history
from logistics.accounts.models import User
from logistics.errors import Fault

_NOTHING: Final = Decimal(0)


def listen() -> None:
    """Answer for orders wherever a voucher made from one is weighed or posted."""
    vouchers.ordered.connect(_may_take, dispatch_uid="requisitions.may_take")
    vouchers.taken.connect(_took, dispatch_uid="requisitions.took")


def _may_take(*, order_id: UUID, draft: Draft, **given: Any) -> list[Fault]:
    order = (
        lock(order_id)
        if given["lock"]
        else MovementOrder.objects.select_related("depot", "to_depot").filter(pk=order_id).first()
    )
    assert order is not None, "a voucher's order is kept by the database"
    return list(_faults(order, draft))


def _faults(order: MovementOrder, draft: Draft) -> Iterator[Fault]:
    if not order.is_running or order.expires_at <= timezone.now():
        text = _(
            "Order %(number)s no longer holds any stock (%(status)s). Cancel this voucher; have the planner give a "
            "new order."
        )
        status = order.get_status_display() if not order.is_running else OrderStatus.EXPIRED.label
        yield Fault("/order_number", "order-ended", text % {"number": order.number, "status": status})
    if draft.kind != order.kind:
        text = _("Order %(number)s is an %(kind)s: this voucher has to be one too.")
        yield Fault("/kind", "not-as-ordered", text % {"number": order.number, "kind": order.get_kind_display()})
    to_depot = order.to_depot.code if order.to_depot else ""
    if draft.to_depot != to_depot:
        text = _("Order %(number)s sends the goods to %(depot)s, nowhere else.")
        yield Fault("/to_depot", "not-as-ordered", text % {"number": order.number, "depot": to_depot or "—"})
    weighed = [(index, line) for index, line in enumerate(draft.lines) if line.unit == KILOGRAM]
    fuels = set(order.lines.exclude(item__fuel_group="").values_list("item__code", flat=True)) if weighed else set()
    for index, line in weighed:
        if line.item in fuels:
            text = _("Order %(number)s promises litres at 15 °C: choose litre, and give what was observed.")
            yield Fault(f"/lines/{index}/unit", "not-as-ordered", text % {"number": order.number})


def _took(*, voucher: Voucher, posted: Posted, by: User, at: datetime, **_given: Any) -> None:
    assert voucher.movement_order is not None, "told of vouchers made from orders only"
    order = MovementOrder.objects.get(pk=voucher.movement_order)
    lines = list(order.lines.select_related("item", "lot").order_by("line_no"))
    moved: dict[tuple[str, int, str, str], Decimal] = defaultdict(Decimal)
    for line in posted.lines:
        moved[line.item, line.grade, line.purpose, line.lot] -= line.change
    _book(lines, moved)
    OrderLine.objects.bulk_update(lines, ["done"])
    is_done = all(line.done == line.quantity for line in lines)
    order.status = OrderStatus.DONE if is_done else OrderStatus.PART_DONE
    if is_done:
        order.ended_by, order.ended_at = by, at
    words = _("Posted as %(number)s") % {"number": posted.number}
    with history.changing(by=by, reason=words, source=history.Source.POSTING):
        order.save()
    if order.basis.startswith(REQUISITION):
        requisition = Requisition.objects.get(pk=order.basis.removeprefix(REQUISITION))
        progress.recount(requisition, words, by=by, at=at, source=history.Source.POSTING)


def _book(lines: list[OrderLine], moved: dict[tuple[str, int, str, str], Decimal]) -> None:
    """Add what left to the lines that asked for it: first those that name the lot, then those that take any."""
    for is_named in (True, False):
        for line in lines:
            for name, left in moved.items():
                item, grade, purpose, lot = name
                if (line.item.code, line.grade_id, line.purpose_id) != (item, grade, purpose):
                    continue
                if is_named != (line.lot is not None) or (line.lot is not None and line.lot.code != lot):
                    continue
                part = min(line.quantity - line.done, left)
                if part > _NOTHING:
                    line.done += part
                    moved[name] -= part
    assert not any(moved.values()), "no more leaves than was promised, and no more is promised than was ordered"
