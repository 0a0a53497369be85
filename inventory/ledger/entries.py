"""A movement as it stands in the log, in business codes: what posting returns and reading yields."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings

from inventory.catalogue.codes import KILOGRAM
from inventory.ledger.chain import ChainLine, ChainMovement, exact, link

_ZONE = ZoneInfo(settings.TIME_ZONE)


@dataclass(slots=True, kw_only=True)
class PostedLine(ChainLine):
    """A line of the log. `unit` is the item's base unit, which every quantity but `entered_quantity` counts."""

    unit: str

    @property
    def is_weighed(self) -> bool:
        """Tell whether kg of a liquid fuel were told, from which its litres follow.

        Before kg were weighed a packaging might have held so many litres a kg: its kg are not those that were typed.
        """
        return self.fuel is not None and self.entered_unit == KILOGRAM and self.fuel.kg == abs(self.entered_quantity)

    def document(self) -> dict[str, Any]:
        """Return the line as the API spells it: quantities as decimal strings, dates ISO 8601."""
        return {
            "line_no": self.line_no,
            "entry_no": self.entry_no,
            "item": self.item,
            "lot": self.lot,
            "expires_on": self.expires_date.isoformat() if self.expires_date else None,
            "bin": self.bin,
            "grade": self.grade,
            "purpose": self.purpose,
            "change": exact(self.change),
            "on_hand_after": exact(self.on_hand_after),
            "unit": self.unit,
            "transit_change": exact(self.transit_change),
            "consignment_line": self.consignment_line,
            "entered_quantity": exact(self.entered_quantity),
            "entered_unit": self.entered_unit,
            "unit_price": None if self.unit_price is None else f"{self.unit_price:.2f}",
            "scheduled_quantity": None if self.scheduled_quantity is None else exact(self.scheduled_quantity),
            "reason": self.reason,
            **({"counted_at": local(self.counted_at)} if self.counted_at else {}),
            **({"fuel": self.fuel.members()} if self.fuel else {}),
        }


@dataclass(slots=True, kw_only=True)
class Posted(ChainMovement):
    """A movement of the log with its place in the chain. `is_replay`: it was there before this call asked for it."""

    lines: tuple[PostedLine, ...]
    previous_hash: bytes
    hash: bytes
    request_digest: bytes
    is_replay: bool = False

    @property
    def name(self) -> str:
        """The movement's name for ever: depot/position."""
        return f"{self.depot}/{self.position}"

    def rehash(self) -> bytes:
        """Return the hash recomputed from the content: differs from `hash` where a row was altered."""
        return link(self.previous_hash, self)

    def document(self) -> dict[str, Any]:
        """Return the movement as the API spells it (contract section 3)."""
        return {
            "depot": self.depot,
            "position": self.position,
            "number": self.number,
            "kind": str(self.kind),
            "occurred_at": local(self.occurred_at),
            "recorded_at": local(self.recorded_at),
            "recorded_by": self.actor,
            "key": self.key,
            "counterparty": self.counterparty,
            "order_number": self.order_number,
            "order_date": self.order_date.isoformat() if self.order_date else None,
            "reason": self.reason,
            "to_depot": self.to_depot or None,
            "consignment": self.consignment or None,
            "reverses": self.reverses,
            "hash": self.hash.hex(),
            "previous_hash": self.previous_hash.hex(),
            "lines": [line.document() for line in self.lines],
        }


def local(value: datetime) -> str:
    """Return an instant as RFC 3339 in the store's zone, to the microsecond when it has any."""
    return value.astimezone(_ZONE).isoformat()
