"""The bands that goods are told apart by as their last day of use draws near (glossary section 6)."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from django.utils.translation import gettext_lazy as _

_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Band:
    """One band: the last days of use from `first` to `last`, both included; None: without end on that side."""

    code: str
    label: Any
    first: date | None
    last: date | None

    def holds(self, day: date) -> bool:
        """Tell whether a last day of use lies in the band."""
        return (self.first is None or self.first <= day) and (self.last is None or day <= self.last)


def bands(today: date) -> list[Band]:
    """Return the four bands as they stand on a day, each next to the one before.

    The day itself is still good. Months are those of the calendar: three months after 30 November is the last day of
    February.
    """
    three, six = months_after(today, 3), months_after(today, 6)
    return [
        Band("expired", _("expired"), None, today - _DAY),
        Band("3-months", _("under 3 months"), today, three - _DAY),
        Band("6-months", _("3 to 6 months"), three, six),
        Band("later", _("over 6 months"), six + _DAY, None),
    ]


def band_of(day: date, *, among: list[Band]) -> Band:
    """Return the band of a last day of use."""
    (found,) = [band for band in among if band.holds(day)]
    return found


def months_after(day: date, months: int) -> date:
    """Return the same day some months later, or the last of that month where it has no such day."""
    year, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + year, month + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))
