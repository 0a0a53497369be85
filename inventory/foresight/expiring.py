"""What will expire before it is used: lots taken first expired first at the forecast's pace."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

HORIZON_DAYS: Final = 730  # a forecast says nothing of later years


@dataclass(frozen=True, slots=True)
class LotStock:
    """What a depot has of one lot that may be issued; `expires_date` is the last day of use, None for never."""

    lot: str
    expires_date: date | None
    quantity: Decimal


@dataclass(frozen=True, slots=True)
class LotFate:
    """How much of a lot will be `used` by its last day, and how much is `left` then and expires."""

    lot: str
    expires_date: date
    quantity: Decimal
    used: Decimal
    left: Decimal

    def used_rounded(self, scale: int) -> Decimal:
        """Return what is used with as many decimals as the unit takes: together with what is left, the quantity."""
        return self.quantity - self.left_rounded(scale)

    def left_rounded(self, scale: int) -> Decimal:
        """Return what is left with as many decimals as the unit takes."""
        return self.left.quantize(Decimal(1).scaleb(-scale), ROUND_HALF_UP)


def fates(lots: Iterable[LotStock], *, per_day: Decimal, today: date) -> list[LotFate]:
    """Return what becomes of the lots that expire within two years, first to expire first.

    `per_day` is used every day from today on, of the lot that expires first and is still good; its last day is still a
    day of use. No lot here may have expired before today. Nothing is rounded: used + left = quantity.

    Up to its last day the lots before it have taken what they could, so a lot gets what the days until then leave
    over: min(quantity, per_day × days − what was used before). That is what a walk day by day comes to.
    """
    found = []
    used_before = Decimal(0)
    dated = [(one.expires_date, one) for one in lots if one.expires_date is not None]
    for expires, one in sorted(dated, key=lambda pair: (pair[0], pair[1].lot)):
        days = (expires - today).days + 1
        used = min(one.quantity, max(per_day * days - used_before, Decimal(0)))
        used_before += used
        if expires <= today + timedelta(days=HORIZON_DAYS):
            found.append(LotFate(one.lot, expires, one.quantity, used, one.quantity - used))
    return found


def lost(fated: Iterable[LotFate], *, scale: int) -> list[LotFate]:
    """Return the lots of which something will expire, a rest that rounds to nothing being nothing."""
    return [one for one in fated if one.left_rounded(scale) > 0]
