"""What requisitions and orders are over the wire: what is asked for, and what is answered."""

from __future__ import annotations

from typing import Annotated, Final, Literal
from uuid import UUID

from ninja import Schema
from pydantic import Field, StringConstraints

from inventory.requisitions import judging
from inventory.vouchers.schemas import Strict
from logistics import wire

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

    id: UUID = Field(
        description="A UUID of your making: the same id and content again is the same requisition.",
        examples=["5b0c9a52-6f43-4d5d-9f0e-0a4f7b1c2d3e"],
    )
    unit: Annotated[str, _text(35)] = Field(description="Agency code of the unit that asks.", examples=["G11.05.001"])
    to_depot: Annotated[str, _text(12)] = Field("", description="Blank: the goods are issued to the unit itself.")
    purpose: Annotated[str, _text(24)] = Field("THUONG_XUYEN", description="From which reserve.")
    needed_by: wire.Day = Field(examples=["2026-12-01"])
    basis: Annotated[str, _text(200)] = Field("", description="On whose order, by which plan.")
    reason: Annotated[str, _text(300)] = ""
    lines: list[RequisitionLineIn] = Field(min_length=1, max_length=judging.MOST_LINES)
    submit: bool = Field(True, strict=True, description="False: keep it as a draft.")


class CutIn(Strict):
    """What is granted of one line, and why less than asked."""

    line_no: Annotated[int, Field(strict=True, ge=1, le=judging.MOST_LINES)]
    approved: wire.QuantityText = Field(description="In the item's base unit.")
    reason: Annotated[str, _text(200)] = ""


class ApprovalIn(Strict):
    """An approval; lines that are not named are granted in full."""

    cuts: list[CutIn] = Field([], max_length=judging.MOST_LINES)
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
    requisition_line: Annotated[int, Field(strict=True, ge=1, le=judging.MOST_LINES)] | None = Field(
        None, description="`line_no` of the line it serves; needed where the orders serve a requisition."
    )


class OrderIn(Strict):
    """One order to one depot."""

    id: UUID = Field(
        description="A UUID of your making: asking twice is harmless.",
        examples=["0d9d7b2e-5c1c-4a53-8a53-7f2e9f0f1a2b"],
    )
    depot: Annotated[str, _text(12)] = Field(examples=["K01"])
    to_depot: Annotated[str, _text(12)] = Field("", description="A transfer; blank: an issue to `to_unit`.")
    to_unit: Annotated[str, _text(35)] = ""
    needed_by: wire.Day = Field(examples=["2026-12-01"])
    expires_at: wire.Instant | None = Field(None, description="When the promise lapses; null: some days after that.")
    reason: Annotated[str, _text(300)] = ""
    lines: list[OrderLineIn] = Field(min_length=1, max_length=judging.MOST_LINES)


class OrdersIn(Strict):
    """Orders to any number of depots, given all together or not at all."""

    requisition: UUID | None = Field(None, description="The requisition they serve.")
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
