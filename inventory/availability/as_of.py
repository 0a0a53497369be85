"""What was there at a past instant, by either clock, without replaying the log.

`as_of` asks what had happened by then, as we know it today: a late entry changes the answer. `recorded_as_of` asks
what the books said then: nothing recorded later does. Both together ask what, on one day, was believed of another.

What is exact: on hand and in transit, by both clocks; holds and days of use of lots, allocations, grades that await
disposal and purposes that are ring-fenced, as they were recorded at the earlier of the two instants. What is
approximate: holds, allocations, grades and purposes have one clock only, so that both questions see them when they were
written down; a lot first written down after the instant (a late entry) counts as not held, and a grade or purpose as it
is defined now; of an allocation larger than a late entry leaves on hand, what is on hand counts.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from django.utils import timezone
from django.utils.translation import gettext as _

from inventory.availability.question import Page, Question, params
from logistics import sql
from logistics.errors import Fault, Invalid

if TYPE_CHECKING:
    from logistics.accounts.models import User

INSTANT: Final = timedelta(microseconds=1)  # the finest the clocks tell apart


def as_of(
    question: Question,
    *,
    by: User,
    at: datetime,
    occurred: datetime | None = None,
    recorded: datetime | None = None,
    after: tuple[str, str] | None = None,
    limit: int = 100,
) -> Page:
    """Return what the depots that `by` may read had at a past instant, in the shape and order of `current`.

    `occurred`: movements dated up to then, that instant included. `recorded`: only movements recorded up to then.
    At least one is given; `at` is now. Expiry counts from the local day of the instant asked about: `occurred`, or
    else `recorded`.

    Raises:
        NotFound: the depot named is none the asker may know of.
        Invalid: an instant lies after today, other codes name nothing, or a number is out of range.
    """
    given = past(question, by=by, at=at, occurred=occurred, recorded=recorded, after=after, limit=limit)
    return Page.of(sql.rows("availability/as_of", given, prepare=False), limit=limit)


def past(
    question: Question, *, by: User, at: datetime, occurred: datetime | None, recorded: datetime | None, **page: Any
) -> dict[str, Any]:
    """Return the parameters that the statements about a past instant share; `page` is passed on to `params`.

    Raises:
        NotFound, Invalid: as `as_of` does.
    """
    moment = occurred or recorded
    assert moment is not None, "asked as of no instant: that is `current`"
    today = timezone.localdate(at)
    faults = [
        Fault(f"/query/{name}", "in-the-future", _("Nothing is known of a day to come; ask about today or earlier."))
        for name, instant in (("as_of", occurred), ("recorded_as_of", recorded))
        if instant is not None and timezone.localdate(instant) > today
    ]
    if faults:
        raise Invalid(faults)
    # Nothing is recorded before it occurs, so what was recorded by then had occurred by then.
    earlier = min(instant for instant in (occurred, recorded) if instant is not None)
    return params(question, by=by, on=timezone.localdate(moment), now_on=today, **page) | {
        "past": earlier + INSTANT,
        "believed": recorded or "infinity",
        "known_at": earlier,
    }
