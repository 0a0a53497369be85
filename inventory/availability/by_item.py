"""What there is of each item over all the depots asked about, now or at an instant: the availability page's rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final, Literal

from django.utils import timezone

from inventory.availability.instants import Instant, ask
from inventory.availability.question import Question, Stock, params
from inventory.catalogue.models import Item
from logistics import sql

if TYPE_CHECKING:
    from logistics.accounts.models import User

SOON_DAYS: Final = 90  # what expires within so many days is told apart
_AT_ONCE: Final = 2_000
Order = Literal["code", "name", "name_en"]


@dataclass(frozen=True, kw_only=True, slots=True)
class ItemStock:
    """What the depots asked about hold of one item together, in its base unit.

    on_hand = allocated + disposal + expired + on_hold + reserve + available, and `in_transit_in` is beside it, as in
    `Stock`. `expiring` is the part of `available` whose last day of use comes within 90 days; None where it was not
    asked for. `depots` counts those that have any. `sorted_name` is what rows are ordered by before their code.
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
    expiring: Decimal | None
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

    By name goes as Vietnamese readers look it up; the past is in the order of codes alone. `after` is the last row of
    the page before, its `sorted_name` and code; `at` is now.

    Raises:
        NotFound, Invalid: as `current` and `as_of` do.
    """
    if not when.is_now:
        return _then(question, when, by=by, at=at, after=after, limit=limit)
    today = timezone.localdate(at)
    name, code = after or ("", "")
    given = params(question, by=by, on=today, after=(code, ""), limit=limit) | {
        "window_end": today + timedelta(days=SOON_DAYS),
        "order": order,
        "after_name": name,
    }
    found = sql.rows("availability/by_item", given, prepare=False)
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


def _then(
    question: Question, when: Instant, *, by: User, at: datetime, after: tuple[str, str] | None, limit: int
) -> ItemPage:
    """Return the page at a past instant: the depots' rows, which come item by item, summed."""
    stock = _stream(question, when, by=by, at=at, after=after[1] if after else None)
    sums: list[dict[str, Any]] = []
    for code, rows in groupby(stock, key=lambda row: row.item):
        sums.append(_sum(code, rows))
        if len(sums) > limit:
            break
    has_more, sums = len(sums) > limit, sums[:limit]
    named = Item.objects.select_related("base_unit").in_bulk([row["code"] for row in sums], field_name="code")
    found = []
    for row in sums:
        item = named[row["code"]]
        words = {"name": item.name, "name_en": item.name_en}
        units = {"unit": item.base_unit.name, "unit_en": item.base_unit.name_en}
        found.append(ItemStock(**row, **words, **units, sorted_name="", expiring=None))
    return ItemPage(tuple(found), ("", found[-1].code) if has_more else None)


def _stream(question: Question, when: Instant, *, by: User, at: datetime, after: str | None) -> Iterator[Stock]:
    """Yield the rows of `as_of` that come after an item, page by page."""
    place: tuple[str, str] | None = (after, LAST) if after else None
    while True:
        page = ask(question, when, by=by, at=at, after=place, limit=_AT_ONCE)
        yield from page.rows
        if page.after is None:
            return
        place = page.after


LAST: Final = "\U0010ffff"  # after every depot's code


def _sum(code: str, rows: Iterable[Stock]) -> dict[str, Any]:
    names = (
        "on_hand", "allocated", "on_hold", "expired", "reserve", "disposal", "available", "in_transit_in",
    )  # fmt: skip
    total: dict[str, Any] = dict.fromkeys(names, Decimal(0))
    depots = 0
    for row in rows:
        for name in names:
            total[name] += getattr(row, name)
        depots += row.on_hand > 0
    return {"code": code, **total, "depots": depots}
