"""Requisitions and movement orders over HTTP: ask, decide, give orders, cancel them."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated, Any, Final, Literal, TypeVar
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Query, Router, Schema
from pydantic import BaseModel, Field, StringConstraints, ValidationError

from depots import access
from inventory.ledger.chain import exact
from inventory.requisitions import asking, making, orders, progress
from inventory.requisitions.asking import Asked, AskedLine, Cut
from inventory.requisitions.models import MovementOrder, OrderStatus, Requisition, Status
from inventory.requisitions.orders import OrderDraft, OrderDraftLine
from inventory.vouchers.schemas import Strict
from logistics import openapi, paging, wire
from logistics.accounts.models import User
from logistics.accounts.rights import Right
from logistics.accounts.tokens import asker
from logistics.errors import Fault, Invalid
from logistics.history import Source
from logistics.http import UnsupportedMedia

router = Router(tags=["requisitions"])
Body = TypeVar("Body", bound=BaseModel)
StatusName = Literal[
    "draft", "submitted", "approved", "part_promised", "promised", "part_done", "done", "rejected", "cancelled",
    "expired",
]  # fmt: skip
OrderStatusName = Literal["open", "part_done", "done", "cancelled", "expired"]
MOST_ORDERS: Final = 200


def _text(most: int) -> StringConstraints:
    return StringConstraints(strict=True, max_length=most)


# --- What comes in ----------------------------------------------------------------------------------------------


class RequisitionLineIn(Strict):
    """One item asked for."""

    item: Annotated[str, _text(16)] = Field(examples=["QN-02-0001230"])
    quantity: wire.QuantityText
    unit: Annotated[str, _text(3)] = Field("", description="Blank: the item's base unit.", examples=["KGM"])
    grade: int = Field(1, strict=True, ge=1, le=5)
    note: Annotated[str, _text(200)] = ""


class RequisitionIn(Strict):
    """What a unit asks for."""

    id: Annotated[str, _text(36)] = Field(
        description="A UUID of your making: the same id and content again is the same requisition.",
        examples=["5b0c9a52-6f43-4d5d-9f0e-0a4f7b1c2d3e"],
    )
    unit: Annotated[str, _text(35)] = Field(description="Agency code of the unit that asks.", examples=["G11.05.001"])
    to_depot: Annotated[str, _text(12)] = Field("", description="Blank: the goods are issued to the unit itself.")
    purpose: Annotated[str, _text(24)] = Field("THUONG_XUYEN", description="From which reserve.")
    needed_by: wire.Day = Field(examples=["2026-12-01"])
    basis: Annotated[str, _text(200)] = Field("", description="On whose order, by which plan.")
    reason: Annotated[str, _text(300)] = ""
    lines: list[RequisitionLineIn] = Field(min_length=1, max_length=asking.MOST_LINES)
    submit: bool = Field(True, strict=True, description="False: keep it as a draft.")


class CutIn(Strict):
    """What is granted of one line, and why less than asked."""

    line_no: Annotated[int, Field(strict=True, ge=1, le=asking.MOST_LINES)]
    approved: wire.QuantityText = Field(description="In the item's base unit.")
    reason: Annotated[str, _text(200)] = ""


class ApprovalIn(Strict):
    """An approval; lines that are not named are granted in full."""

    cuts: list[CutIn] = Field([], max_length=asking.MOST_LINES)
    version: Annotated[int, Field(strict=True, ge=1, le=2**31 - 1)] | None = Field(
        None, description="The version you decided on; null: any."
    )


class WhyIn(Strict):
    """Why."""

    reason: Annotated[str, _text(300)]


class OrderLineIn(Strict):
    """One item to be ordered, in its base unit."""

    item: Annotated[str, _text(16)] = Field(examples=["QN-02-0001230"])
    quantity: wire.QuantityText
    lot: Annotated[str, _text(40)] | None = Field(None, description="Left out: first expired, first out.")
    grade: int = Field(1, strict=True, ge=1, le=5)
    purpose: Annotated[str, _text(24)] = "THUONG_XUYEN"
    requisition_line: Annotated[int, Field(strict=True, ge=1, le=asking.MOST_LINES)] | None = Field(
        None, description="`line_no` of the line it serves; needed where the orders serve a requisition."
    )


class OrderIn(Strict):
    """One order to one depot."""

    id: Annotated[str, _text(36)] = Field(
        description="A UUID of your making: asking twice is harmless.",
        examples=["0d9d7b2e-5c1c-4a53-8a53-7f2e9f0f1a2b"],
    )
    depot: Annotated[str, _text(12)] = Field(examples=["K01"])
    to_depot: Annotated[str, _text(12)] = Field("", description="A transfer; blank: an issue to `to_unit`.")
    to_unit: Annotated[str, _text(35)] = ""
    needed_by: wire.Day = Field(examples=["2026-12-01"])
    expires_at: wire.Instant | None = Field(None, description="When the promise lapses; null: some days after that.")
    reason: Annotated[str, _text(300)] = ""
    lines: list[OrderLineIn] = Field(min_length=1, max_length=asking.MOST_LINES)


class OrdersIn(Strict):
    """Orders to any number of depots, given all together or not at all."""

    requisition: Annotated[str, _text(36)] | None = Field(None, description="The requisition they serve.")
    orders: list[OrderIn] = Field(min_length=1, max_length=MOST_ORDERS)


# --- What goes out ----------------------------------------------------------------------------------------------


class RequisitionLineOut(Schema):
    """One line and where its quantity is: asked = done + promised + open + short, in base units."""

    line_no: int
    item: str
    unit: str
    grade: int
    note: str
    entered_quantity: str
    entered_unit: str
    asked: str = Field(examples=["90.000"])
    approved: str | None
    cut_reason: str
    done: str
    promised: str = Field(description="Orders hold stock for it.")
    open: str = Field(description="Still to be promised.")
    short: str = Field(description="Cut, or given up.")


class RequisitionOut(Schema):
    """A requisition as it stands."""

    id: str
    number: str | None
    status: StatusName
    version: int
    unit: str
    to_depot: str | None
    purpose: str
    needed_by: str
    basis: str
    reason: str
    approving_unit: str | None = Field(description="Whose approvers decide.")
    needs_second: bool = Field(description="It asks for ring-fenced stock: two approvers have to agree.")
    made_by: str
    made_at: str
    submitted_by: str | None
    approved_by: str | None
    second_by: str | None
    decision_reason: str
    closed_at: str | None
    lines: list[RequisitionLineOut]
    orders: list[str] = Field(description="Numbers of the orders that serve it.")


class RequisitionPage(Schema):
    """Requisitions, the one changed last first."""

    items: list[RequisitionOut]
    next: str | None


class OrderLineOut(Schema):
    """One line of an order, in base units."""

    line_no: int
    item: str
    unit: str
    lot: str | None
    grade: int
    purpose: str
    quantity: str
    done: str


class PromisedOut(Schema):
    """A pile's part that is still promised to the order."""

    bin: str
    item: str
    lot: str
    expires_on: str | None
    grade: int
    purpose: str
    quantity: str


class OrderOut(Schema):
    """A movement order as it stands."""

    id: str
    number: str = Field(examples=["LD-2026-00001"])
    kind: Literal["issue", "transfer_out"]
    status: OrderStatusName
    depot: str
    to_depot: str | None
    to_unit: str | None
    basis: str = Field(description="What it comes from: requisition:ID or plan:ID.")
    reason: str
    needed_by: str
    expires_at: str
    given_by: str
    given_at: str
    ended_by: str | None
    ended_at: str | None
    end_reason: str
    lines: list[OrderLineOut]
    promised: list[PromisedOut]


class OrdersOut(Schema):
    """The orders that were given, in the order asked for."""

    items: list[OrderOut]


class OrderPage(Schema):
    """Orders, the newest first."""

    items: list[OrderOut]
    next: str | None


_LINE: Final = {"item": "QN-02-0001230", "quantity": "90"}
_REQUISITION: Final = {
    "id": "5b0c9a52-6f43-4d5d-9f0e-0a4f7b1c2d3e",
    "unit": "G11.05.001",
    "to_depot": "K02",
    "needed_by": "2026-12-01",
    "basis": "KH 12/HC",
    "lines": [_LINE],
}
_ORDERS: Final = {
    "requisition": "5b0c9a52-6f43-4d5d-9f0e-0a4f7b1c2d3e",
    "orders": [
        {
            "id": "0d9d7b2e-5c1c-4a53-8a53-7f2e9f0f1a2b",
            "depot": "K01",
            "to_depot": "K02",
            "needed_by": "2026-12-01",
            "lines": [_LINE | {"requisition_line": 1}],
        }
    ],
}


# --- Requisitions -------------------------------------------------------------------------------------------------


class RequisitionsQuery(paging.PageQuery):
    """Which requisitions are asked for."""

    status: StatusName | None = None


@router.get("/requisitions", response=RequisitionPage)
def list_requisitions(request: HttpRequest, query: Query[RequisitionsQuery]) -> HttpResponse:
    """List the requisitions you may read, the one changed last first."""
    found = asking.visible_to(asker(request)).select_related(*_PEOPLE).order_by("-changed_at", "-id")
    if query.status is not None:
        found = found.filter(status=query.status)
    if (key := paging.after(query.cursor, parts=2)) is not None:
        at, name = _place(*key)
        found = found.filter(Q(changed_at__lt=at) | Q(changed_at=at, pk__lt=name))
    rows = list(found[: query.limit + 1])
    shown, following = rows[: query.limit], None
    if len(rows) > query.limit:
        following = paging.cursor(shown[-1].changed_at.isoformat(), str(shown[-1].pk))
    return paging.page(request, _requisitions(shown), following=following)


@router.get("/requisitions/{uuid:requisition}", response=RequisitionOut)
def get_requisition(request: HttpRequest, requisition: UUID) -> HttpResponse:
    """Read one requisition, line by line."""
    return _requisition(asker(request), requisition)


@router.post(
    "/requisitions",
    response={201: RequisitionOut, 200: RequisitionOut},
    openapi_extra={"requestBody": openapi.body(RequisitionIn, examples={"rice": _REQUISITION})},
)
def ask_for_stock(request: HttpRequest) -> HttpResponse:
    """Ask for stock in a unit's name. A requisition there already under this id is answered 200, as it stands."""
    user = asker(request)
    access.require(user, Right.REQUEST)
    given = _read(request, RequisitionIn)
    name = _uuid(given.id, "/id")
    if Requisition.objects.filter(pk=name).exists():
        return _requisition(user, name)
    asked = Asked(
        unit=given.unit,
        to_depot=given.to_depot,
        purpose=given.purpose,
        needed_by_date=given.needed_by,
        basis=given.basis,
        reason=given.reason,
        lines=[
            AskedLine(item=line.item, quantity=Decimal(line.quantity), unit=line.unit, grade=line.grade, note=line.note)
            for line in given.lines
        ],
    )
    now, door = timezone.now(), _door(request)
    # Whole or not at all: a retry is answered with what is there, and would leave a draft that was to be submitted.
    with transaction.atomic():
        kept = asking.save(name, asked, version=0, by=user, at=now, source=door)
        if given.submit:
            asking.submit(name, version=kept.version, by=user, at=now, source=door)
    return _requisition(user, name, status=201)


@router.post(
    "/requisitions/{uuid:requisition}/approval",
    response=RequisitionOut,
    openapi_extra={
        "requestBody": openapi.body(
            ApprovalIn,
            examples={
                "in-full": {},
                "cut": {"cuts": [{"line_no": 1, "approved": "70", "reason": "Vượt tiêu chuẩn"}], "version": 2},
            },
        )
    },
)
def approve_requisition(request: HttpRequest, requisition: UUID) -> HttpResponse:
    """Approve a submitted requisition, in full or cut. Ring-fenced stock waits for a second approver."""
    user = asker(request)
    asking.requisition_of(user, requisition)
    given = _read(request, ApprovalIn)
    numbers = [one.line_no for one in given.cuts]
    if twice := [index for index, number in enumerate(numbers) if number in numbers[:index]]:
        text = _("This line is cut twice: say once how much of it is approved.")
        raise Invalid([Fault(f"/cuts/{index}/line_no", "repeated-item", text) for index in twice])
    cuts = {one.line_no: Cut(quantity=Decimal(one.approved), reason=one.reason) for one in given.cuts}
    asking.approve(requisition, cuts=cuts, version=given.version, by=user, at=timezone.now(), source=_door(request))
    return _requisition(user, requisition)


@router.post(
    "/requisitions/{uuid:requisition}/rejection",
    response=RequisitionOut,
    openapi_extra={"requestBody": openapi.body(WhyIn, examples={"why": {"reason": "Thiếu căn cứ"}})},
)
def reject_requisition(request: HttpRequest, requisition: UUID) -> HttpResponse:
    """Send a submitted requisition back to the asking unit, saying why."""
    user = asker(request)
    asking.requisition_of(user, requisition)
    given = _read(request, WhyIn)
    asking.reject(requisition, reason=given.reason, version=None, by=user, at=timezone.now(), source=_door(request))
    return _requisition(user, requisition)


@router.post(
    "/requisitions/{uuid:requisition}/cancellation",
    response=RequisitionOut,
    openapi_extra={"requestBody": openapi.body(WhyIn, examples={"why": {"reason": "Không cần nữa"}})},
)
def cancel_requisition(request: HttpRequest, requisition: UUID) -> HttpResponse:
    """Withdraw a requisition of which nothing is promised yet."""
    user = asker(request)
    asking.requisition_of(user, requisition)
    given = _read(request, WhyIn)
    asking.cancel(requisition, reason=given.reason, by=user, at=timezone.now(), source=_door(request))
    return _requisition(user, requisition)


# --- Orders -------------------------------------------------------------------------------------------------------


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
    if (key := paging.after(query.cursor, parts=2)) is not None:
        at, name = _place(*key)
        found = found.filter(Q(given_at__lt=at) | Q(given_at=at, pk__lt=name))
    rows = list(found.prefetch_related("lines__item", "lines__lot")[: query.limit + 1])
    shown, following = rows[: query.limit], None
    if len(rows) > query.limit:
        following = paging.cursor(shown[-1].given_at.isoformat(), str(shown[-1].pk))
    return paging.page(request, _orders(shown), following=following)


@router.get("/orders/{uuid:order}", response=OrderOut)
def get_order(request: HttpRequest, order: UUID) -> HttpResponse:
    """Read one order with the piles still promised to it."""
    return _answer(*_orders([orders.order_of(asker(request), order)]))


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
    given = _read(request, OrdersIn)
    basis, lines = "api:", {}
    if given.requisition is not None:
        serving = asking.requisition_of(user, _uuid(given.requisition, "/requisition"))
        basis = f"{orders.REQUISITION}{serving.pk}"
        lines = {line.line_no: line.pk for line in progress.lines_of(serving)}
    drafts = [_draft(one, index, basis=basis, lines=lines) for index, one in enumerate(given.orders)]
    is_new = not MovementOrder.objects.filter(pk__in=[draft.id for draft in drafts]).exists()
    made = orders.give(drafts, by=user, at=timezone.now(), source=_door(request))
    known = MovementOrder.objects.select_related(*_ORDER_PEOPLE).prefetch_related("lines__item", "lines__lot")
    found = known.in_bulk([one.pk for one in made])
    return _answer({"items": _orders([found[one.pk] for one in made])}, 201 if is_new else 200)


@router.post(
    "/orders/{uuid:order}/cancellation",
    response=OrderOut,
    openapi_extra={"requestBody": openapi.body(WhyIn, examples={"why": {"reason": "Đổi kho xuất"}})},
)
def cancel_order(request: HttpRequest, order: UUID) -> HttpResponse:
    """End an order and free what is still promised to it; what was done stays done."""
    user = asker(request)
    found = orders.order_of(user, order)
    given = _read(request, WhyIn)
    orders.cancel(found, reason=given.reason, by=user, at=timezone.now(), source=_door(request))
    return _answer(*_orders([orders.order_of(user, order)]))


# --- Helpers ------------------------------------------------------------------------------------------------------

_PEOPLE: Final = ("unit", "to_depot", "approving_unit", "made_by", "submitted_by", "approved_by", "second_by")
_ORDER_PEOPLE: Final = ("depot", "to_depot", "to_unit", "given_by", "ended_by")


def _draft(one: OrderIn, index: int, *, basis: str, lines: dict[int, int]) -> OrderDraft:
    for number, line in enumerate(one.lines):
        if line.requisition_line is not None and line.requisition_line not in lines:
            text = _("The requisition has no line %(line)s.") % {"line": line.requisition_line}
            pointer = f"/orders/{index}/lines/{number}/requisition_line"
            raise Invalid([Fault(pointer, "unknown-line", text)])
    return OrderDraft(
        id=_uuid(one.id, f"/orders/{index}/id"),
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


def _requisition(user: User, name: UUID, *, status: int = 200) -> HttpResponse:
    (document,) = _requisitions([asking.requisition_of(user, name)])
    return _answer(document, status)


def _requisitions(found: list[Requisition]) -> list[dict[str, Any]]:
    lines = progress.standings(found)
    serving: dict[str, list[str]] = {}
    bases = [f"{orders.REQUISITION}{one.pk}" for one in found]
    for basis, number in (
        MovementOrder.objects.filter(basis__in=bases).order_by("number").values_list("basis", "number")
    ):
        serving.setdefault(basis, []).append(number)
    return [
        {
            "id": str(one.pk),
            "number": one.number,
            "status": Status(one.status).value,
            "version": one.version,
            "unit": one.unit.code,
            "to_depot": one.to_depot.code if one.to_depot else None,
            "purpose": one.purpose_id,
            "needed_by": wire.iso(one.needed_by_date),
            "basis": one.basis,
            "reason": one.reason,
            "approving_unit": one.approving_unit.code if one.approving_unit else None,
            "needs_second": one.needs_second,
            "made_by": one.made_by.login,
            "made_at": wire.local(one.made_at),
            "submitted_by": _login(one.submitted_by),
            "approved_by": _login(one.approved_by),
            "second_by": _login(one.second_by),
            "decision_reason": one.decision_reason,
            "closed_at": None if one.closed_at is None else wire.local(one.closed_at),
            "lines": [line.document() for line in lines[one.pk]],
            "orders": serving.get(f"{orders.REQUISITION}{one.pk}", []),
        }
        for one in found
    ]


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
        "ended_by": _login(order.ended_by),
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


def _login(user: User | None) -> str | None:
    return None if user is None else user.login


def _uuid(text: str, pointer: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise Invalid([Fault(pointer, "form", _("Write a UUID here."))]) from error


def _place(at: str, name: str) -> tuple[Any, UUID]:
    try:
        return wire.instant(at), UUID(name)
    except ValueError as error:
        text = _("This is no cursor of this list; take `next` as it was given.")
        raise Invalid([Fault("/query/cursor", "cursor", text)]) from error


def _read(request: HttpRequest, model: type[Body]) -> Body:
    """Return the body as `model`. Raises UnsupportedMedia, BadRequest, Invalid."""
    kind = request.content_type
    if kind and kind != openapi.JSON and not kind.endswith("+json"):
        raise UnsupportedMedia(_("Send JSON, with Content-Type: application/json."))
    try:
        return model.model_validate(wire.parse(request.body))
    except ValidationError as error:
        raise Invalid(wire.faults_of(error.errors(include_url=False, include_input=False))) from error


def _door(request: HttpRequest) -> Source:
    return Source.API if "HTTP_AUTHORIZATION" in request.META else Source.WEB


def _answer(document: Any, status: int = 200) -> HttpResponse:
    return HttpResponse(wire.dump(document), content_type=openapi.JSON, status=status)
