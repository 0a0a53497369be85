"""What there is of each item over all the depots asked about, now or at an instant: the availability page's rows."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, Literal

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
    that have any. `sorted_name` is the name that rows are ordered by, '' where they go by code.
    """

    code: str
    name: str
    name_en: str
    unit: str
    unit_en: str
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
    sorted_name: str = ""


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
    if order == "code":
        found = _rows(question, when, by=by, at=at, after=after[1] if after else "", limit=limit + 1)
    else:
        found = _by_name(question, when, by=by, at=at, order=order, after=after, limit=limit + 1)
    rows = tuple(found[:limit])
    return ItemPage(rows, (rows[-1].sorted_name, rows[-1].code) if len(found) > limit else None)


def _given(question: Question, when: Instant, *, by: User, at: datetime, after: str, limit: int) -> dict[str, Any]:
    page: dict[str, Any] = {"after": (after, ""), "limit": limit - 1}  # one more is asked for than a page has
    if when.is_now:
        return params(question, by=by, on=timezone.localdate(at), **page)
    return past(question, by=by, at=at, occurred=when.as_of, recorded=when.recorded_as_of, **page)


def _rows(question: Question, when: Instant, *, by: User, at: datetime, after: str, limit: int) -> list[ItemStock]:
    """Return at most `limit` rows by code, after the item `after`."""
    today = timezone.localdate(at) if when.is_now else when.day
    given = _given(question, when, by=by, at=at, after=after, limit=limit)
    given["window_end"] = today + timedelta(days=SOON_DAYS)
    names = [field.name for field in fields(ItemStock) if field.name != "sorted_name"]
    statement = "availability/by_item" if when.is_now else "availability/by_item_as_of"
    return [ItemStock(**dict(zip(names, row, strict=True))) for row in sql.rows(statement, given, prepare=False)]


def _by_name(
    question: Question,
    when: Instant,
    *,
    by: User,
    at: datetime,
    order: Order,
    after: tuple[str, str] | None,
    limit: int,
) -> list[ItemStock]:
    """Return at most `limit` rows by name: names first, then what there is of them, until there are enough."""
    found: list[ItemStock] = []
    name, code = after or ("", "")
    while len(found) < limit:
        given = _given(question, when, by=by, at=at, after=code, limit=limit)
        given |= {"is_english": order == "name_en", "is_now": when.is_now, "after_name": name}
        named = dict(sql.rows("availability/items_by_name", given, prepare=False))
        if not named:
            break
        narrowed = replace(question, items=tuple(named))
        rows = {row.code: row for row in _rows(narrowed, when, by=by, at=at, after="", limit=len(named) + 1)}
        found += [replace(rows[code], sorted_name=name) for code, name in named.items() if code in rows]
        code, name = list(named.items())[-1]
        if len(named) < limit:
            break
    return found[:limit]


def count(question: Question, *, by: User, on: date) -> Count:
    """Return how many items the question is about now: the rows of `by_item` on all its pages together.

    Raises:
        NotFound, Invalid: as `current` does.
    """
    ((items, unit),) = sql.rows("availability/count_items", params(question, by=by, on=on), prepare=False)
    return Count(items, unit)
