"""The hash that chains a depot's movements, and the exact text it is taken over.

Pure Python over plain values, without Django: posting, `verify_ledger` and the warehouse's own checker share this
file, and a stranger can recompute every hash from exported files with nothing but what is written here.

    hash = SHA-256( previous_hash ‖ canonical(movement) )

`previous_hash` is the 32 bytes of the movement before (GENESIS for position 1). `canonical` is the UTF-8 of the RFC
8785 (JCS) form of one object with the members of `canonical()` below, all of them always present. Values are those
**as stored**: quantities with exactly three decimals ("7.500"), prices with two, times in UTC with microseconds and
"Z", dates ISO 8601, text as stored (NFC), an absent value null. A line of a stocktake, and no other, has one member
more: `counted_at`, the instant it is dated at, because the lines of one stocktake were counted one after the other.
A line of liquid fuel that was measured, and no other, has the member `fuel`: an object of the members of `FUEL`, all
text, with as many decimals as stand there.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final

GENESIS: Final = bytes(32)
COUNTED_KIND: Final = "stocktake"
# What a measured line of liquid fuel keeps, in the order RFC 8785 sorts it, and its decimals (None: no number). Litres
# as read at `temperature` (°C), `density` as read and `density_15` at 15 °C (kg/m³), litres and kg at 15 °C, and what
# the line did to its pile in kg.
FUEL: Final[dict[str, int | None]] = {
    "conversion": None,
    "density": 1,
    "density_15": 1,
    "factor": 5,
    "kg": 3,
    "kg_after": 3,
    "kg_change": 3,
    "litres": 3,
    "litres_15": 3,
    "temperature": 2,
}


@dataclass(slots=True, kw_only=True)
class FuelFigures:
    """What was measured of one line of liquid fuel and what that came to at 15 °C; `FUEL` says in which units."""

    conversion: str
    density: Decimal
    density_15: Decimal
    factor: Decimal
    kg: Decimal
    kg_after: Decimal
    kg_change: Decimal
    litres: Decimal
    litres_15: Decimal
    temperature: Decimal

    def members(self) -> dict[str, str]:
        """Return the figures as the chain and the API spell them."""
        return {
            name: getattr(self, name) if decimals is None else f"{getattr(self, name) or 0:.{decimals}f}"
            for name, decimals in FUEL.items()
        }

    @classmethod
    def of(cls, text: str) -> FuelFigures:
        """Return the figures whose JSON text is given."""
        told: dict[str, Any] = json.loads(text)
        return cls(**told | {name: Decimal(told[name]) for name, decimals in FUEL.items() if decimals is not None})


@dataclass(slots=True, kw_only=True)
class ChainLine:
    """One line of a movement as the chain sees it: business codes, exact decimals."""

    line_no: int
    entry_no: int
    item: str
    lot: str
    expires_date: date | None
    bin: str
    grade: int
    purpose: str
    change: Decimal
    on_hand_after: Decimal
    transit_change: Decimal
    consignment_line: int | None
    entered_quantity: Decimal
    entered_unit: str
    unit_price: Decimal | None
    scheduled_quantity: Decimal | None
    reason: str
    counted_at: datetime | None = None  # of a stocktake's line, which has always one
    fuel: FuelFigures | None = None  # of a line of liquid fuel that was measured


@dataclass(slots=True, kw_only=True)
class ChainMovement:
    """One movement as the chain sees it. `consignment` is "DEPOT/position" of the sender, or blank."""

    depot: str
    position: int
    kind: str
    number: str
    occurred_at: datetime
    recorded_at: datetime
    actor: str
    key: str
    counterparty: str
    order_number: str
    order_date: date | None
    reason: str
    to_depot: str
    consignment: str
    reverses: int | None
    lines: Sequence[ChainLine]


def exact(value: Decimal) -> str:
    """Return a quantity as stored: exactly three decimals."""
    if not value:
        return "0.000"  # of either sign
    text = str(value)
    return text if text[-4:-3] == "." else f"{value:.3f}"  # formatting costs three times as much


def instant(value: datetime) -> str:
    """Return an instant in UTC with microseconds: `2026-11-20T01:00:00.000000Z`."""
    return f"{value.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='microseconds')}Z"


def _day(value: date | None) -> str | None:
    return None if value is None else value.isoformat()


# Members are written in the order JCS sorts them, so the encoder need not sort. For text, whole numbers and null the
# standard library's compact encoder gives RFC 8785's very bytes; a property test holds it to the rfc8785 package.
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode


def canonical(movement: ChainMovement) -> bytes:
    """Return the RFC 8785 form of a movement: the bytes its hash covers, after the previous hash."""
    lines = [
        {
            "bin": line.bin,
            "change": exact(line.change),
            "consignment_line": line.consignment_line,
            "entered_quantity": exact(line.entered_quantity),
            "entered_unit": line.entered_unit,
            "entry_no": line.entry_no,
            "expires_date": _day(line.expires_date),
            "grade": line.grade,
            "item": line.item,
            "line_no": line.line_no,
            "lot": line.lot,
            "on_hand_after": exact(line.on_hand_after),
            "purpose": line.purpose,
            "reason": line.reason,
            "scheduled_quantity": None if line.scheduled_quantity is None else exact(line.scheduled_quantity),
            "transit_change": exact(line.transit_change),
            "unit_price": None if line.unit_price is None else f"{line.unit_price:.2f}",
        }
        for line in movement.lines
    ]
    if movement.kind == COUNTED_KIND:
        lines = [_counted(line, text) for line, text in zip(movement.lines, lines, strict=True)]
    if any(line.fuel is not None for line in movement.lines):
        lines = [_measured(line, text) for line, text in zip(movement.lines, lines, strict=True)]
    return _encode(
        {
            "actor": movement.actor,
            "consignment": movement.consignment,
            "counterparty": movement.counterparty,
            "depot": movement.depot,
            "key": movement.key,
            "kind": movement.kind,
            "lines": lines,
            "number": movement.number,
            "occurred_at": instant(movement.occurred_at),
            "order_date": _day(movement.order_date),
            "order_number": movement.order_number,
            "position": movement.position,
            "reason": movement.reason,
            "recorded_at": instant(movement.recorded_at),
            "reverses": movement.reverses,
            "to_depot": movement.to_depot,
        }
    ).encode()


def _counted(line: ChainLine, members: dict[str, Any]) -> dict[str, Any]:
    assert line.counted_at is not None, "a stocktake's line was counted at some time"
    return dict(sorted((members | {"counted_at": instant(line.counted_at)}).items()))


def _measured(line: ChainLine, members: dict[str, Any]) -> dict[str, Any]:
    return members if line.fuel is None else dict(sorted((members | {"fuel": line.fuel.members()}).items()))


def link(previous_hash: bytes, movement: ChainMovement) -> bytes:
    """Return the hash of a movement that follows `previous_hash` in its depot's log (32 bytes)."""
    return sealed(previous_hash, canonical(movement))


def sealed(previous_hash: bytes, content: bytes) -> bytes:
    """Return the hash of the movement whose `canonical` form is `content` (32 bytes)."""
    return hashlib.sha256(previous_hash + content).digest()
