"""What there is of each item over all the depots asked about, now or at an instant: the availability page's rows."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Final, Literal

from django.utils import timezone

from inventory.availability.as_of import past
from inventory.availability.instants import Instant
from inventory.availability.question import Question, params
from logistics import sql

if TYPE_CHECKING:
    from logistics.accounts.models import User

SOON_DAYS: Final = 90  # what expires within so many days is told apart
Order = Literal["code", "name", "name_en"]


@dataclass(frozen=True, kw_only=True, slots=True)
class ItemStock:
    """What the depots asked about hold of one item together, in its base unit.

    on_hand = allocated + disposal + expired + on_hold + reserve + available, and `in_transit_in` is beside it, as in
    `Stock`. `expiring` is the part of `available` whose last day of use comes within 90 days. `depots` counts those
    that have any. `sorted_name` is what rows are ordered by before their code.
    """

    code: str
    name: str
    name_en: str
    unit: str
    unit_en: str
    sorted_name: str
    on_hand: Decimal
    allocated: Decimal
    on_hold: Decimal
    expired: Decimal
    reserve: Decimal
    disposal: Decimal
    available: Decimal
    in_transit_in: Decimal
    expiring: Decimal
    depots: int


@dataclass(frozen=True, slots=True)
class ItemPage:
    """Some rows in order; `after` names the last of them when more follow, else it is None."""

    rows: tuple[ItemStock, ...]
    after: tuple[str, str] | None


@dataclass(frozen=True, slots=True)
class Count:
    """How many items a question is about, and the code of their unit of measure where they have one in common."""

    items: int
    unit: str | None


def by_item(
    question: Question,
    when: Instant,
    *,
    by: User,
    at: datetime,
    order: Order = "code",
    after: tuple[str, str] | None = None,
    limit: int = 100,
) -> ItemPage:
    """Return what the depots that `by` may read have of each item, at most `limit` items in order.

    By name goes as Vietnamese readers look it up. `after` is the last row of
    the page before, its `sorted_name` and code; `at` is now.

    Raises:
        NotFound, Invalid: as `current` and `as_of` do.
    """
    name, code = after or ("", "")
    page = {"after": (code, ""), "limit": limit}
    if when.is_now:
        today = timezone.localdate(at)
        statement, given = "availability/by_item", params(question, by=by, on=today, **page)
    else:
        today = when.day
        statement = "availability/by_item_as_of"
        given = past(question, by=by, at=at, occurred=when.as_of, recorded=when.recorded_as_of, **page)
    given |= {"window_end": today + timedelta(days=SOON_DAYS), "order": order, "after_name": name}
    found = sql.rows(statement, given, prepare=False)
    names = [field.name for field in fields(ItemStock)]
    rows = tuple(ItemStock(**dict(zip(names, row, strict=True))) for row in found[:limit])
    return ItemPage(rows, (rows[-1].sorted_name, rows[-1].code) if len(found) > limit else None)


def count(question: Question, *, by: User, on: date) -> Count:
    """Return how many items the question is about now: the rows of `by_item` on all its pages together.

    Raises:
        NotFound, Invalid: as `current` does.
    """
    ((items, unit),) = sql.rows("availability/count_items", params(question, by=by, on=on), prepare=False)
    return Count(items, unit)
