"""Movement orders over HTTP: give them with their stock promised, read them, cancel them."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Query, Router
from pydantic import Field

from depots import access
from inventory.ledger.chain import exact
from inventory.requisitions import asking, making, orders, progress
from inventory.requisitions.models import MovementOrder, OrderStatus
from inventory.requisitions.orders import OrderDraft, OrderDraftLine
from inventory.requisitions.schemas import (
    OrderIn,
    OrderOut,
    OrderPage,
    OrdersIn,
    OrdersOut,
    OrderStatusName,
    WhyIn,
)
from logistics import exchange, openapi, paging, wire
from logistics.accounts.rights import Right
from logistics.accounts.tokens import asker
from logistics.errors import Fault, Invalid

router = Router(tags=["requisitions"])
_ORDER_PEOPLE: Final = ("depot", "to_depot", "to_unit", "given_by", "ended_by")
_LINE: Final = {"item": "QN-02-0001230", "quantity": "90", "requisition_line": 1}
_ORDERS: Final = {
    "requisition": "5b0c9a52-6f43-4d5d-9f0e-0a4f7b1c2d3e",
    "orders": [
        {
            "id": "0d9d7b2e-5c1c-4a53-8a53-7f2e9f0f1a2b",
            "depot": "K01",
            "to_depot": "K02",
            "needed_by": "2026-12-01",
            "lines": [_LINE],
        }
    ],
}


class OrdersQuery(paging.PageQuery):
    """Which orders are asked for."""

    status: OrderStatusName | None = None
    depot: str | None = Field(None, max_length=12, description="The depot they were given to.")


@router.get("/orders", response=OrderPage)
def list_orders(request: HttpRequest, query: Query[OrdersQuery]) -> HttpResponse:
    """List the movement orders you may read, the newest first."""
    found = orders.visible_to(asker(request)).select_related(*_ORDER_PEOPLE).order_by("-given_at", "-id")
    if query.status is not None:
        found = found.filter(status=query.status)
    if query.depot is not None:
        found = found.filter(depot__code=query.depot)
    if (key := paging.after_moment(query.cursor)) is not None:
        at, name = key
        found = found.filter(Q(given_at__lt=at) | Q(given_at=at, pk__lt=name))
    rows = list(found.prefetch_related("lines__item", "lines__lot")[: query.limit + 1])
    shown, following = rows[: query.limit], None
    if len(rows) > query.limit:
        following = paging.cursor(shown[-1].given_at.isoformat(), str(shown[-1].pk))
    return paging.page(request, _orders(shown), following=following)


@router.get("/orders/{uuid:order}", response=OrderOut)
def get_order(request: HttpRequest, order: UUID) -> HttpResponse:
    """Read one order with the piles still promised to it."""
    (document,) = _orders([orders.order_of(asker(request), order)])
    return exchange.answer(document)


@router.post(
    "/orders",
    response={201: OrdersOut, 200: OrdersOut},
    openapi_extra={"requestBody": openapi.body(OrdersIn, examples={"for-a-requisition": _ORDERS})},
)
def give_orders_to_depots(request: HttpRequest) -> HttpResponse:
    """Give orders to depots and promise them their stock, all or nothing.

    409 `/problems/insufficient-stock` names depot, item and who holds the rest. Orders given before under these ids
    are answered 200, as they stand.
    """
    user = asker(request)
    access.require(user, Right.PLAN)
    given = exchange.read(request, OrdersIn)
    basis, lines = "api:", {}
    if given.requisition is not None:
        serving = asking.requisition_of(user, given.requisition)
        basis = f"{orders.REQUISITION}{serving.pk}"
        lines = {line.line_no: line.pk for line in progress.lines_of(serving)}
    _refuse_unknown_lines(given.orders, lines)
    drafts = [_draft(one, basis=basis, lines=lines) for one in given.orders]
    is_new = not MovementOrder.objects.filter(pk__in=[draft.id for draft in drafts]).exists()
    made = orders.give(drafts, by=user, at=timezone.now(), source=exchange.door(request))
    known = MovementOrder.objects.select_related(*_ORDER_PEOPLE).prefetch_related("lines__item", "lines__lot")
    found = known.in_bulk([one.pk for one in made])
    return exchange.answer({"items": _orders([found[one.pk] for one in made])}, 201 if is_new else 200)


@router.post(
    "/orders/{uuid:order}/cancellation",
    response=OrderOut,
    openapi_extra={"requestBody": openapi.body(WhyIn, examples={"why": {"reason": "Đổi kho xuất"}})},
)
def cancel_order(request: HttpRequest, order: UUID) -> HttpResponse:
    """End an order and free what is still promised to it; what was done stays done."""
    user = asker(request)
    found = orders.order_of(user, order)
    given = exchange.read(request, WhyIn)
    orders.cancel(found, reason=given.reason, by=user, at=timezone.now(), source=exchange.door(request))
    (document,) = _orders([orders.order_of(user, order)])
    return exchange.answer(document)


def _refuse_unknown_lines(given: Sequence[OrderIn], known: dict[int, int]) -> None:
    """Refuse every line that is said to serve a line the requisition has not."""
    text = _("The requisition has no line %(line)s.")
    faults = [
        Fault(f"/orders/{index}/lines/{number}/requisition_line", "unknown-line", text % {"line": served})
        for index, one in enumerate(given)
        for number, line in enumerate(one.lines)
        if (served := line.requisition_line) is not None and served not in known
    ]
    if faults:
        raise Invalid(faults)


def _draft(one: OrderIn, *, basis: str, lines: dict[int, int]) -> OrderDraft:
    return OrderDraft(
        id=one.id,
        depot=one.depot,
        to_depot=one.to_depot,
        to_unit=one.to_unit,
        needed_by_date=one.needed_by,
        expires_at=one.expires_at,
        reason=one.reason,
        basis=basis,
        lines=[
            OrderDraftLine(
                item=line.item,
                quantity=Decimal(line.quantity),
                lot=line.lot,
                grade=line.grade,
                purpose=line.purpose,
                requisition_line=None if line.requisition_line is None else lines[line.requisition_line],
            )
            for line in one.lines
        ],
    )


# --- As documents -----------------------------------------------------------------------------------------------


def _orders(found: Sequence[MovementOrder]) -> list[dict[str, Any]]:
    piles = making.promised_to([order for order in found if order.is_running])
    return [_order(order, piles.get(order.pk, [])) for order in found]


def _order(order: MovementOrder, piles: Sequence[dict[str, Any]]) -> dict[str, Any]:
    return {
        "id": str(order.pk),
        "number": order.number,
        "kind": str(order.kind),
        "status": OrderStatus(order.status).value,
        "depot": order.depot.code,
        "to_depot": order.to_depot.code if order.to_depot else None,
        "to_unit": order.to_unit.code if order.to_unit else None,
        "basis": order.basis,
        "reason": order.reason,
        "needed_by": wire.iso(order.needed_by_date),
        "expires_at": wire.local(order.expires_at),
        "given_by": order.given_by.login,
        "given_at": wire.local(order.given_at),
        "ended_by": order.ended_by.login if order.ended_by else None,
        "ended_at": None if order.ended_at is None else wire.local(order.ended_at),
        "end_reason": order.end_reason,
        "lines": [
            {
                "line_no": line.line_no,
                "item": line.item.code,
                "unit": line.item.base_unit_id,
                "lot": line.lot.code if line.lot else None,
                "grade": line.grade_id,
                "purpose": line.purpose_id,
                "quantity": exact(line.quantity),
                "done": exact(line.done),
            }
            for line in sorted(order.lines.all(), key=lambda line: line.line_no)
        ],
        "promised": [
            {
                "bin": pile["bin__code"],
                "item": pile["item__code"],
                "lot": pile["lot__code"],
                "expires_on": wire.iso(pile["lot__expires_date"]),
                "grade": pile["grade"],
                "purpose": pile["purpose"],
                "quantity": exact(pile["quantity"]),
            }
            for pile in piles
        ],
    }
