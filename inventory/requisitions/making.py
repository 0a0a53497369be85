"""From an order to the storekeeper's voucher: a draft filled with the lots and bins that were promised."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Min, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from depots.access import DepotAccess
from inventory.ledger.models import Allocation
from inventory.requisitions.models import MovementOrder
from inventory.requisitions.orders import OrderEnded, lock
from inventory.vouchers import workflow
from inventory.vouchers.content import Content
from inventory.vouchers.models import CLOSED, Voucher
from logistics.accounts.models import User
from logistics.history import Source


def promised(order: MovementOrder) -> list[dict[str, Any]]:
    """Return what is still promised to an order, a pile each, in the order of a walk: bin, item, expiry, lot."""
    return promised_to([order])[order.pk]


def promised_to(orders: Collection[MovementOrder]) -> dict[UUID, list[dict[str, Any]]]:
    """Return by order what is still promised to it, as `promised` does; one query."""
    found = (
        Allocation.objects.filter(
            depot__in={order.depot_id for order in orders},
            reference__in=[str(order.pk) for order in orders],
            released_at=None,
        )
        .values(
            "reference",
            "holding__bin__code",
            "holding__item__code",
            "holding__item__name",
            "holding__item__name_en",
            "holding__item__fuel_group",
            "holding__item__base_unit",
            "holding__item__base_unit__name",
            "holding__item__base_unit__name_en",
            "holding__lot__code",
            "holding__lot__expires_date",
            "holding__grade",
            "holding__purpose",
        )
        .annotate(quantity=Sum("quantity"), since=Min("allocated_at"))
        .order_by("holding__bin__code", "holding__item__code", "holding__lot__expires_date", "holding__lot__code")
    )
    piles: dict[UUID, list[dict[str, Any]]] = {order.pk: [] for order in orders}
    for row in found:
        pile: dict[str, Any] = {name.removeprefix("holding__"): value for name, value in row.items()}
        piles[UUID(str(pile.pop("reference")))].append(pile)
    return piles


def open_voucher(order: MovementOrder) -> Voucher | None:
    """Return the voucher made from an order that is not posted or cancelled yet, the newest, or None."""
    return (
        Voucher.objects.select_related("depot")
        .filter(movement_order=order.pk)
        .exclude(status__in=CLOSED)
        .order_by("-made_at")
        .first()
    )


@transaction.atomic
def voucher_from(
    order: MovementOrder, voucher_id: UUID, *, place: DepotAccess, by: User, at: datetime, source: Source
) -> Voucher:
    """Make a draft of what is still promised to an order and return it; one that is open already is returned instead.

    Raises: OrderEnded where nothing is promised any more.
    """
    # Two who press at once would each make one, and the second could never be posted.
    held = lock(order.pk)
    assert held is not None, "orders are never deleted"
    if (found := open_voucher(order)) is not None:
        return found
    piles = promised(order)
    if not held.is_running or not piles:
        text = _("Order %(number)s stands at “%(status)s”: nothing is promised to it any more.")
        raise OrderEnded(text % {"number": order.number, "status": held.get_status_display()})
    lines = [_line(number, pile) for number, pile in enumerate(piles, start=1)]
    content = Content(
        kind=order.kind,
        # To the minute, as the desk writes moments: the goods may arrive within the same one.
        occurred_at=at.replace(second=0, microsecond=0),
        counterparty=order.to_unit.name if order.to_unit else "",
        order_number=order.number,
        order_date=timezone.localdate(order.given_at),
        reason=order.reason,
        to_depot=order.to_depot.code if order.to_depot else "",
        lines=lines,
    )
    return workflow.save(
        voucher_id, content, place=place, version=0, by=by, at=at, source=source, movement_order=order.pk
    )


def _line(number: int, pile: dict[str, Any]) -> dict[str, Any]:
    quantity = _plain(pile["quantity"])
    line = {
        "id": f"l{number}",
        "item": pile["item__code"],
        "lot": pile["lot__code"],
        "bin": pile["bin__code"],
        "grade": pile["grade"],
        "purpose": pile["purpose"],
        # What is promised of a liquid fuel is at 15 °C; what is observed nobody knows before it is measured.
        "quantity": "" if pile["item__fuel_group"] else quantity,
        "unit": pile["item__base_unit"],
        "scheduled_quantity": quantity,
    }
    return {name: value for name, value in line.items() if value not in {None, ""}}


def _plain(value: Decimal) -> str:
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
