"""The demo's working days and hours."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from random import Random
from typing import Final

from inventory.ledger.known import ZONE

# Bộ luật Lao động 2019, article 112; Tết and the Hùng kings' day follow the moon and are left out.
HOLIDAYS: Final = {(1, 1), (4, 30), (5, 1), (9, 2)}
BOOKS_CLOSE: Final = time(17, 15)  # the hour at which the day's papers are entered


def working_days(first: date, last: date) -> list[date]:
    """Return the days from `first` to `last`, both included, on which depots work: Monday to Friday, no holiday."""
    days = (first + timedelta(days=number) for number in range((last - first).days + 1))
    return [day for day in days if day.weekday() < 5 and (day.month, day.day) not in HOLIDAYS]


def working_day(day: date) -> date:
    """Return the day, or the last working day before it."""
    while not working_days(day, day):
        day -= timedelta(days=1)
    return day


def moment(day: date, random: Random) -> datetime:
    """Return some minute of a working day between 7:30 and 11:30 or between 13:30 and 16:30."""
    minutes = random.randrange(7 * 60 + 30, 14 * 60 + 30)
    if minutes >= 11 * 60 + 30:
        minutes += 2 * 60
    return datetime.combine(day, time(minutes // 60, minutes % 60), ZONE)


def evening(day: date) -> datetime:
    """Return the instant at which the papers of a day are entered."""
    return datetime.combine(day, BOOKS_CLOSE, ZONE)


def month_of(day: date, *, back: int = 0) -> date:
    """Return the first day of the month `back` months before the one of `day`."""
    months = day.year * 12 + day.month - 1 - back
    return date(months // 12, months % 12 + 1, 1)


def month_end(day: date) -> date:
    """Return the last day of the month of `day`."""
    return month_of(day, back=-1) - timedelta(days=1)
