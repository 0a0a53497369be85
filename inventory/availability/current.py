"""What is there now: read from holdings, which posting keeps equal to the log."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.utils import timezone

from inventory.availability.question import Page, Question, params
from logistics import sql

if TYPE_CHECKING:
    from logistics.accounts.models import User


def current(
    question: Question, *, by: User, at: datetime, after: tuple[str, str] | None = None, limit: int = 100
) -> Page:
    """Return what the depots that `by` may read have now, per (item, depot) in that order, at most `limit` rows.

    `at` is now: its local day decides what is expired. `after` is the last row of the page before. Rows that have
    nothing on hand but something on the road to the depot are included; rows with neither are not.

    Raises:
        NotFound: the depot named is none the asker may know of.
        Invalid: other codes name nothing, or a number is out of range.
    """
    given = params(question, by=by, on=timezone.localdate(at), after=after, limit=limit)
    return Page.of(sql.rows("availability/current", given, prepare=False), limit=limit)
