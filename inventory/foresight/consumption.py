"""What was really used: issues less what was reversed, per item, depot and month or week, from the logbooks.

The log is folded into a table of months and weeks, each depot up to a position that is remembered; a night costs what
was written since the last. The table can be thrown away and made again (`rebuild`), and compared (`differences`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import groupby
from typing import Final

from django.conf import settings
from django.db import transaction

from inventory.foresight.models import Consumption, ConsumptionLog, Grain, ItemBeginning
from inventory.ledger.models import DepotLog
from logistics import sql

# The month an item came to a depot counts as a whole one when it came in the month's first days.
GRACE_DAYS: Final = 6
_STEP: Final = {Grain.MONTH: "1 month", Grain.WEEK: "1 week"}


@dataclass(frozen=True, slots=True)
class Stretch:
    """One month or week: its first day, what was issued for use and what was disposed of, in base units."""

    start_date: date
    used: Decimal
    disposed: Decimal


@dataclass(frozen=True, slots=True)
class History:
    """The stretches of one item in one depot, one after the other without a gap, zeros included."""

    depot_id: int
    item_id: int
    stretches: tuple[Stretch, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """Where table and log disagree: `used/disposed` of a stretch, or the first day (`grain` "first")."""

    item: str
    grain: str
    start_date: date
    logged: str
    kept: str


@transaction.atomic
def fold(depot_id: int) -> int:
    """Tell a depot's log up to its head in the table; return the position reached.

    Only what was written since the last time is read. Whoever folds the same depot waits.
    """
    ConsumptionLog.objects.get_or_create(depot_id=depot_id)
    kept = ConsumptionLog.objects.select_for_update().get(depot_id=depot_id)
    # Positions are given under the log's lock, so all up to a head that is seen are there.
    head = DepotLog.objects.filter(depot_id=depot_id).values_list("position", flat=True).first() or 0
    if head > kept.position:
        sql.run(
            "foresight/fold_consumption",
            {
                "depot_id": depot_id,
                "from_position": kept.position,
                "to_position": head,
                "zone": settings.TIME_ZONE,
            },
            prepare=False,  # a night's tail and a whole log are read by different plans
        )
        kept.position = head
        kept.save(update_fields=["position"])
    return kept.position


@transaction.atomic
def rebuild(depot_id: int) -> int:
    """Forget what the table says of a depot, tell its whole log again, return the position reached."""
    ConsumptionLog.objects.get_or_create(depot_id=depot_id)
    kept = ConsumptionLog.objects.select_for_update().get(depot_id=depot_id)
    Consumption.objects.filter(depot_id=depot_id).delete()
    ItemBeginning.objects.filter(depot_id=depot_id).delete()
    kept.position = 0
    kept.save(update_fields=["position"])
    return fold(depot_id)


def differences(depot_id: int) -> list[Difference]:
    """Return where the table differs from the depot's log up to the position told; reads that whole log."""
    given = {"depot_id": depot_id, "zone": settings.TIME_ZONE}
    return [Difference(*row) for row in sql.rows("foresight/check_consumption", given)]


def histories(
    depots: Sequence[int],
    *,
    from_date: date,
    until_date: date,
    items: Sequence[int] | None = None,
    grain: Grain = Grain.MONTH,
) -> Iterator[History]:
    """Yield what was used, by depot and item, from `from_date` to `until_date` (exclusive).

    Both days are first days of a month, or Mondays. A history begins with the first stretch in which the item was in
    the depot from its first days on; an item that never was there, or has been for no whole stretch, has none.
    """
    given = {
        "depots": list(depots),
        "items": None if items is None else list(items),
        "grain": grain.value,
        "step": _STEP[grain],
        "from_date": from_date,
        "until_date": until_date,
        "grace_days": GRACE_DAYS if grain is Grain.MONTH else 0,
    }
    rows = sql.rows("foresight/consumption", given, prepare=False)
    for (depot, item), stretches in groupby(rows, key=lambda row: (row[0], row[1])):
        yield History(depot, item, tuple(Stretch(*row[2:]) for row in stretches))


def told_until(depot_id: int) -> int:
    """Return the position up to which a depot's log is told."""
    return ConsumptionLog.objects.filter(depot_id=depot_id).values_list("position", flat=True).first() or 0


def month_of(day: date, *, back: int = 0) -> date:
    """Return the first day of the month `back` months before the one of `day`; later for a negative `back`."""
    months = day.year * 12 + day.month - 1 - back
    return date(months // 12, months % 12 + 1, 1)


def week_of(day: date, *, back: int = 0) -> date:
    """Return the Monday of the week `back` weeks before the one of `day`."""
    return day - timedelta(days=day.weekday() + 7 * back)
