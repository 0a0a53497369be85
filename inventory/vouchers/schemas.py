"""Movements as the API takes and gives them (contract, section 3)."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Final, Literal

from ninja import Schema
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from inventory.ledger.drafts import MOST_LINES, Draft, DraftLine, Observed
from inventory.ledger.models import Kind
from logistics import wire

KEY_LENGTH: Final = 64
NewKind = Literal[
    "receipt", "issue", "transfer_out", "transfer_in", "relocation", "regrade", "repurpose", "adjustment", "disposal",
    "return", "opening",
]  # fmt: skip


def _text(most: int) -> StringConstraints:
    return StringConstraints(strict=True, max_length=most)


class Strict(BaseModel):
    """What comes in: no member we do not know, no number where a text is meant.

    Plain pydantic: ninja's own Schema looks for attributes of Django models in every value, at thrice the price.
    """

    model_config = ConfigDict(extra="forbid")


class LineIn(Strict):
    """One line of a movement to be posted."""

    item: Annotated[str, _text(16), Field(examples=["QN-02-0001230"])]
    quantity: wire.QuantityText = Field(description="Positive for every kind but adjustment; the kind gives the sign.")
    unit: Annotated[str, _text(3)] = Field(
        "",
        description="Blank: the item's base unit. KGM of a liquid fuel: `quantity` and `scheduled_quantity` are kg.",
        examples=["KGM"],
    )
    lot: Annotated[str, _text(40)] | None = Field(
        None, description="Left out for an untracked item; on an issue or transfer_out: first expired, first out."
    )
    expires_on: wire.Day | None = Field(None, description="Last day of use, when the lot is new.")
    bin: Annotated[str, _text(24)] = Field("", description="Blank: the depot's default bin.")
    grade: int = Field(1, strict=True, ge=1, le=5)
    purpose: Annotated[str, _text(24)] = "THUONG_XUYEN"
    unit_price: wire.MoneyText | None = None
    scheduled_quantity: wire.QuantityText | None = Field(
        None, description="As the order or the request says; litres of a liquid fuel at 15 °C."
    )
    to_bin: Annotated[str, _text(24)] = Field("", description="Kind relocation.")
    to_grade: Annotated[int, Field(strict=True, ge=1, le=5)] | None = Field(None, description="Kind regrade.")
    to_purpose: Annotated[str, _text(24)] = Field("", description="Kind repurpose.")
    reason: Annotated[str, _text(300)] = ""
    temperature: wire.QuantityText | None = Field(
        None, description="Of a liquid fuel: °C when measured.", examples=["28.5"]
    )
    density: wire.QuantityText | None = Field(
        None,
        description="Of a liquid fuel: kg/m³ at that temperature. `quantity` is what was observed then; the log keeps "
        "litres at 15 °C.",
        examples=["838.5"],
    )

    def draft(self) -> DraftLine:
        """Return the line as the ledger takes it."""
        return DraftLine(
            item=self.item,
            quantity=Decimal(self.quantity),
            unit=self.unit,
            lot=self.lot,
            expires_date=self.expires_on,
            bin=self.bin,
            grade=self.grade,
            purpose=self.purpose,
            unit_price=None if self.unit_price is None else Decimal(self.unit_price),
            scheduled_quantity=None if self.scheduled_quantity is None else Decimal(self.scheduled_quantity),
            to_bin=self.to_bin,
            to_grade=self.to_grade,
            to_purpose=self.to_purpose,
            reason=self.reason,
            fuel=None if self.temperature is None and self.density is None else self._observed(),
        )

    def _observed(self) -> Observed:
        told = (self.temperature, self.density)
        temperature, density = (None if text is None else Decimal(text) for text in told)
        return Observed(temperature=temperature, density=density)


class MovementIn(Strict):
    """A movement to be posted."""

    kind: NewKind
    occurred_at: wire.Instant = Field(description="When stock moved; not in the future.")
    counterparty: Annotated[str, _text(240)] = ""
    order_number: Annotated[str, _text(80)] = ""
    order_date: wire.Day | None = None
    reason: Annotated[str, _text(500)] = ""
    to_depot: Annotated[str, _text(12)] = Field("", description="Kind transfer_out.")
    consignment: Annotated[str, _text(40)] = Field(
        "", description="Kind transfer_in: the sender's movement.", examples=["K01/15234"]
    )
    lines: list[LineIn] = Field(min_length=1, max_length=MOST_LINES)

    def draft(self, depot: str, key: str, pointer: str = "") -> Draft:
        """Return the movement as the ledger takes it, to be posted to `depot` under `key`."""
        return Draft(
            depot=depot,
            kind=Kind(self.kind),
            occurred_at=self.occurred_at,
            key=key,
            lines=[line.draft() for line in self.lines],
            counterparty=self.counterparty,
            order_number=self.order_number,
            order_date=self.order_date,
            reason=self.reason,
            to_depot=self.to_depot,
            consignment=self.consignment,
            pointer=pointer,
        )


class BatchMovementIn(MovementIn):
    """One movement of a batch. Without a key of its own it gets one from the batch's key and its place."""

    key: Annotated[str, StringConstraints(strict=True, min_length=1, max_length=KEY_LENGTH)] | None = None


class ReversalIn(Strict):
    """What is undone, and why."""

    occurred_at: wire.Instant
    reason: Annotated[str, StringConstraints(strict=True, min_length=1, max_length=500)]
    lines: (
        Annotated[
            list[Annotated[int, Field(strict=True, ge=1, le=2**31 - 1)]], Field(min_length=1, max_length=MOST_LINES)
        ]
        | None
    ) = Field(None, description="Line numbers; left out: the whole movement.")


class FuelOut(Schema):
    """What was measured of a line of liquid fuel, and what that came to at 15 °C; the line's hash covers it."""

    conversion: str = Field(examples=["API-11.1-1980/B/hydrometer"])
    density: str = Field(description="As read, kg/m³.")
    density_15: str = Field(description="At 15 °C, kg/m³.")
    factor: str = Field(description="Litres at 15 °C of one litre observed.")
    kg: str
    kg_after: str = Field(description="What the pile held after it.")
    kg_change: str = Field(description="What it did to the pile.")
    litres: str = Field(description="As observed.")
    litres_15: str
    temperature: str = Field(description="°C.")


class MovementLineOut(Schema):
    """One change of one pile."""

    line_no: int
    entry_no: int = Field(description="The line as asked for: one may become several.")
    item: str
    lot: str
    expires_on: str | None
    bin: str
    grade: int
    purpose: str
    change: str = Field(examples=["120.000"])
    on_hand_after: str
    unit: str = Field(description="The item's base unit, which every quantity but `entered_quantity` counts.")
    transit_change: str
    consignment_line: int | None
    entered_quantity: str
    entered_unit: str
    unit_price: str | None
    scheduled_quantity: str | None
    reason: str
    fuel: FuelOut | None = Field(None, description="Of a measured line of liquid fuel; else left out.")


class MovementOut(Schema):
    """A movement of the log; it never changes."""

    depot: str
    position: int
    number: str
    kind: str
    occurred_at: str
    recorded_at: str
    recorded_by: str
    key: str
    counterparty: str
    order_number: str
    order_date: str | None
    reason: str
    to_depot: str | None
    consignment: str | None
    reverses: int | None
    previous_hash: str
    hash: str
    lines: list[MovementLineOut]


class MovementReadOut(MovementOut):
    """A movement of the log and what became of it since."""

    reversed_by: int | None = Field(description="The position that took this movement, or lines of it, back.")


class MovementPage(Schema):
    """A stretch of the log, in order. `next` is the `after` of the following page."""

    items: list[MovementOut]
    next: int | None


class BatchOut(Schema):
    """How many movements were appended, and where they stand. Nulls: none, all had been posted before."""

    posted: int
    first_position: int | None
    last_position: int | None
