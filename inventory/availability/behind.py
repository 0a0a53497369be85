"""What stands behind two amounts of an item: the promises that make up `allocated`, the consignments on the road."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, TypeVar
from uuid import UUID

from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from inventory.availability.as_of import past
from inventory.availability.instants import Instant
from inventory.availability.question import Question, params
from logistics import sql

if TYPE_CHECKING:
    from logistics.accounts.models import User

MOST: Final = 500
Row = TypeVar("Row", "Promise", "OnTheRoad")


@dataclass(frozen=True, slots=True)
class Promise:
    """A promise of part of a pile to a document, in the item's base unit. `reference` names the document."""

    reference: str
    depot: str
    depot_name: str
    lot: str
    bin: str
    grade: int
    purpose: str
    quantity: Decimal
    allocated_at: datetime
    allocated_by: str

    @property
    def address(self) -> str:
        """The address of the order that holds it; '' when it is none of ours."""
        try:
            return reverse("order", args=[UUID(self.reference)])
        except (ValueError, NoReverseMatch):
            return ""


@dataclass(frozen=True, slots=True)
class OnTheRoad:
    """What one consignment line still had on the road, in the item's base unit; `position` is the sender's movement."""

    sender: str
    sender_name: str
    position: int
    depot: str
    depot_name: str
    number: str
    order_number: str
    sent_at: datetime
    lot: str
    grade: int
    purpose: str
    quantity: Decimal


def promises(question: Question, when: Instant, *, by: User, at: datetime, limit: int = MOST) -> list[Promise]:
    """Return the open promises on an item in the depots asked about, the oldest first, at most `limit`.

    Together they are the `allocated` of the same question, but where a late entry has left less on hand than promised.

    Raises:
        NotFound, Invalid: as `current` and `as_of` do.
    """
    return _rows(Promise, "availability/promises", question, when, by=by, at=at, limit=limit)


def consignments(question: Question, when: Instant, *, by: User, at: datetime, limit: int = MOST) -> list[OnTheRoad]:
    """Return what of an item is on the road to the depots asked about, the longest on it first, at most `limit` lines.

    Together they are the `in_transit_in` of the same question.

    Raises:
        NotFound, Invalid: as `current` and `as_of` do.
    """
    return _rows(OnTheRoad, "availability/on_the_road", question, when, by=by, at=at, limit=limit)


def _rows(
    kind: type[Row], name: str, question: Question, when: Instant, *, by: User, at: datetime, limit: int
) -> list[Row]:
    assert question.item, "asked what is behind the amounts of no item"
    if when.is_now:
        given: dict[str, Any] = params(question, by=by, on=timezone.localdate(at))
        given |= dict.fromkeys(("past", "believed", "known_at"), "infinity")
    else:
        given = past(question, by=by, at=at, occurred=when.as_of, recorded=when.recorded_as_of)
    names = [field.name for field in fields(kind)]
    return [
        kind(**dict(zip(names, row, strict=True)))
        for row in sql.rows(name, given | {"page_size": limit}, prepare=False)
    ]
