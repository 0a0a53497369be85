"""What a depot's stock of an item is made of: its piles, each with what is deducted from it, now and at an instant."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from django.utils import timezone

from inventory.availability.as_of import past
from inventory.availability.question import Question, params
from logistics import sql

if TYPE_CHECKING:
    from logistics.accounts.models import User

MOST: Final = 1_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Pile:
    """One pile of like stock, in base units of its item, `holding` its key in the ledger.

    What is not allocated of it falls under `deduction`: 'disposal', 'expired', 'on_hold', 'reserve' or 'available'.
    `expires_date` and `hold_reason` are the lot's; '' is no hold, and the code of goods without lots.
    """

    holding: int
    item: str
    depot: str
    bin: str
    lot: str
    expires_date: date | None
    hold_reason: str
    grade: int
    purpose: str
    on_hand: Decimal
    allocated: Decimal
    deduction: str
    unit: str

    @property
    def rest(self) -> Decimal:
        """What is not allocated: the quantity that falls under `deduction`."""
        return self.on_hand - self.allocated

    @property
    def available(self) -> Decimal:
        """What may be promised of it."""
        return self.rest if self.deduction == "available" else Decimal(0)


def piles(
    question: Question,
    *,
    by: User,
    at: datetime,
    as_of: datetime | None = None,
    recorded_as_of: datetime | None = None,
    limit: int = MOST,
) -> list[Pile]:
    """Return the piles that make up the answer to a question, now (`at`) or at a past instant by either clock.

    In order of item, depot and then what is to be issued first: the last day of use, lot, bin, grade, purpose; at most
    `limit` of them. Summed over an item and a depot they are the row of `current` or `as_of`, but for the road.

    Raises:
        NotFound: a depot named is none the asker may know of.
        Invalid: an instant lies after today, other codes name nothing, or a number is out of range.
    """
    if as_of is None and recorded_as_of is None:
        given = params(question, by=by, on=timezone.localdate(at))
        name = "availability/piles"
    else:
        given = past(question, by=by, at=at, occurred=as_of, recorded=recorded_as_of)
        name = "availability/piles_as_of"
    names = [field.name for field in fields(Pile)]
    return [
        Pile(**dict(zip(names, row, strict=True)))
        for row in sql.rows(name, given | {"page_size": limit}, prepare=False)
    ]
