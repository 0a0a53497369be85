"""Charts as data: lines over time and bars, with the scales and ticks that the screen, the page and paper share.

A chart never stands alone: whoever draws one puts the same numbers beside it as a table.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

MOST_POINTS: Final = 800  # of one line: more than a screen has columns to show them in

Point = tuple[date, Decimal | None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One line over time: (day, value) in order of days; a None leaves a gap. `is_guess` is drawn broken."""

    label: str
    points: Sequence[Point]
    is_guess: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Bar:
    """One bar: what it is of, how long it is, and where its number leads ("" for nowhere)."""

    label: str
    value: Decimal
    href: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Scale:
    """From where to where values reach, and the round values between at which a line is drawn."""

    low: Decimal
    high: Decimal
    ticks: tuple[Decimal, ...]

    def share(self, value: Decimal) -> float:
        """Return how far up a value lies, 0 at the low end and 1 at the high one."""
        return float((value - self.low) / (self.high - self.low))


def scale_of(values: Sequence[Decimal], *, most_ticks: int = 5) -> Scale:
    """Return the scale that holds all values and zero, its ends round numbers 1, 2 or 5 times a power of ten apart."""
    low, high = min([*values, Decimal(0)]), max([*values, Decimal(0)])
    if low == high:
        high = low + 1
    step = Decimal(1).scaleb(((high - low) / most_ticks).adjusted())
    step = next(step * factor for factor in (1, 2, 5, 10) if (high - low) / (step * factor) <= most_ticks)
    first, last = (low / step).to_integral_value("ROUND_FLOOR"), (high / step).to_integral_value("ROUND_CEILING")
    ticks = tuple(step * number for number in range(int(first), int(last) + 1))
    return Scale(low=ticks[0], high=ticks[-1], ticks=ticks)


def day_ticks(first: date, last: date, *, most: int = 6) -> list[date]:
    """Return at most `most` days to be named under a chart: firsts of months on long stretches, even steps on short."""
    months = (last.year - first.year) * 12 + last.month - first.month
    if months >= 3:
        step = next(step for step in (1, 2, 3, 6, 12, 24, 60, 120, 600) if months / step <= most)
        found = [date(index // 12, index % 12 + 1, 1) for index in _months(first, last) if index % step == 0]
        return [day for day in found if first <= day <= last][:most]
    step = max(-(-((last - first).days + 1) // most), 1)
    return [first + timedelta(days=number) for number in range(0, (last - first).days + 1, step)]


def _months(first: date, last: date) -> range:
    return range(first.year * 12 + first.month - 1, last.year * 12 + last.month)


def thinned(points: Sequence[Point], *, most: int = MOST_POINTS) -> list[Point]:
    """Return at most `most` points that look the same: of each stretch of days its last, lowest and highest value."""
    if len(points) <= most:
        return list(points)
    size = -(-len(points) * 3 // most)
    found: list[Point] = []
    for start in range(0, len(points), size):
        part = points[start : start + size]
        known = [point for point in part if point[1] is not None]
        chosen = {part[-1], *([min(known, key=_value), max(known, key=_value)] if known else [])}
        found += sorted(chosen, key=lambda point: point[0])
    return found


def _value(point: Point) -> Decimal:
    return point[1] or Decimal(0)
