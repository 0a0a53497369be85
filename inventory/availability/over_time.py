"""An item's stock from day to day, in one depot or in all that somebody may read: what a line chart shows."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils import timezone

from depots import access
from inventory.availability.as_of import INSTANT, as_of
from inventory.availability.question import Question
from inventory.catalogue.models import Item
from logistics import asking, sql
from logistics.charts import Point

if TYPE_CHECKING:
    from logistics.accounts.models import User

MOST_DEPOTS = 10_000


def stock_over_time(
    item: Item,
    *,
    by: User,
    at: datetime,
    from_date: date,
    to_date: date,
    depot: str | None = None,
    recorded: datetime | None = None,
) -> list[Point]:
    """Return what was on hand at the end of the day before `from_date`, of each day that changed it, and of the last.

    Days are local and both included; the last is no later than today. Without `depot` all depots that `by` may read
    count, exercise depots aside. `recorded`: only what was recorded up to then.

    Raises:
        NotFound: the depot named is none the asker may know of.
        Invalid: the first day lies after today.
    """
    from_at = asking.midnight(from_date)
    question = Question(item=item.code, depot=depot)
    before = as_of(question, by=by, at=at, occurred=from_at - INSTANT, recorded=recorded, limit=MOST_DEPOTS)
    on_hand = sum((row.on_hand for row in before.rows), Decimal(0))
    depots = [access.depot_for_reading(by, depot).id] if depot else access.scope(by, only_counted=True)
    changes = sql.rows(
        "availability/changes_by_day",
        {
            "depots": depots,
            "item_id": item.pk,
            "from_at": from_at,
            "until_at": asking.midnight(to_date, days=1),
            "believed": recorded or "infinity",
            "zone": settings.TIME_ZONE,
        },
        prepare=False,
    )
    points: list[Point] = [(from_date, on_hand)]
    for day, change in changes:
        on_hand += change
        if day == from_date:
            points[0] = (day, on_hand)
        else:
            points.append((day, on_hand))
    last = min(to_date, timezone.localdate(at))
    if points[-1][0] < last:
        points.append((last, on_hand))
    return points
