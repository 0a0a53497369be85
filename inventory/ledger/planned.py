"""What one draft comes to: its lines with their piles, what it puts on the road, and each line while it is planned."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from inventory.catalogue.models import Item
from inventory.ledger.chain import FuelFigures
from inventory.ledger.drafts import Draft, DraftLine
from inventory.ledger.entries import PostedLine
from inventory.ledger.kinds import Rule
from inventory.ledger.known import KnownItem
from inventory.ledger.piles import Pile

if TYPE_CHECKING:
    from inventory.ledger.counting import Offset


@dataclass(slots=True)
class Planned:
    """The lines one draft comes to, each with its pile, and what it puts on the road.

    `before` and `after` it in the log come the movements that uphold counts of later moments.
    """

    draft: Draft
    lines: list[PostedLine] = field(default_factory=list)
    piles: list[Pile] = field(default_factory=list)
    sent: list[tuple[Pile, Decimal]] = field(default_factory=list)  # consignment lines 1, 2, … of a transfer_out
    offsets: list[Offset] = field(default_factory=list)
    before: list[Planned] = field(default_factory=list)
    after: list[Planned] = field(default_factory=list)
    upholds: int | None = None  # the position of the stocktake that this movement, an offset, upholds

    def in_order(self) -> tuple[Planned, ...]:
        """Return the movement with those that uphold counts, in the order of the log."""
        return (*self.before, self, *self.after)


@dataclass(slots=True)  # not frozen: that would double the price of making one, and there is one per line
class Entry:
    """One line of a draft while it is planned; `quantity` counts base units."""

    draft: Draft
    line: DraftLine
    entry_no: int
    here: str
    item: KnownItem
    quantity: Decimal
    depot_id: int
    on: date  # the day the draft is dated
    rule: Rule
    fuel: FuelFigures | None = None  # of a liquid fuel: what was measured; `quantity` is its litres at 15 °C then

    @property
    def at(self) -> datetime:
        """When it happened: a stocktake's pile when it was counted, everything else when the draft says."""
        return self.line.counted_at or self.draft.occurred_at

    @property
    def is_tracked(self) -> bool:
        """Whether the item is kept by lot or serial number."""
        return self.item.tracking != Item.Tracking.NONE
