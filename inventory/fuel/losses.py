"""The loss that is normal between two dips of a tank: by dated rates, over what came in, went out and was stored."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from django.db.models import Q

from inventory.catalogue.models import LossRate
from inventory.ledger.known import local_date

NOTHING: Final = Decimal(0)
_THOUSANDTH: Final = Decimal("0.001")
_DAY: Final = 86_400
Work = LossRate.Work


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """One change of a pile, in litres at 15 °C. `is_count`: found by a dip, so neither received nor issued."""

    at: datetime
    change: Decimal
    is_count: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """One rate of one kind of work, in percent, and the days it is for."""

    work: str
    percent: Decimal
    valid_from: date
    valid_to: date | None

    def covers(self, on: date) -> bool:
        """Tell whether the rate is for a day."""
        return self.valid_from <= on and (self.valid_to is None or on <= self.valid_to)


def rates_of(group_id: int) -> list[Rate]:
    """Return all rates of an item group, past ones too."""
    rows = LossRate.objects.filter(Q(group=group_id)).values_list("work", "percent", "valid_from", "valid_to")
    return [Rate(work=work, percent=percent, valid_from=first, valid_to=last) for work, percent, first, last in rows]


def allowed(flows: Iterable[Flow], rates: Sequence[Rate], moments: Sequence[datetime]) -> list[Decimal]:
    """Return the litres at 15 °C that may be lost between each of `moments`, ascending, and the one before it.

    `flows` are all changes of the pile from its first on, in the order they happened; each counts once, for the
    stretch (before, moment] it falls into. A rate of receiving or issuing applies to what came or went on a day it is
    valid on, one of storing to every 30 days of each litre, by the day the stretch between two changes begins on.
    Without a rate nothing may be lost.
    """
    found: list[Decimal] = []
    total = held = NOTHING
    coming = iter(flows)
    flow = next(coming, None)
    begun: datetime | None = None  # what is reckoned up to; None before the first moment
    for moment in moments:
        while flow is not None and flow.at <= moment:
            if begun is not None:
                total += _stored(held, begun, flow.at, rates)
                begun = flow.at
                if not flow.is_count:
                    work = Work.RECEIVING if flow.change > 0 else Work.ISSUING
                    total += abs(flow.change) * _percent(rates, work, local_date(flow.at)) / 100
            held += flow.change
            flow = next(coming, None)
        if begun is not None:
            total += _stored(held, begun, moment, rates)
            found.append(total.quantize(_THOUSANDTH, ROUND_HALF_UP))
        begun, total = moment, NOTHING
    return found


def _stored(litres: Decimal, since: datetime, until: datetime, rates: Sequence[Rate]) -> Decimal:
    seconds = Decimal((until - since).total_seconds())
    return litres * seconds / _DAY / 30 * _percent(rates, Work.STORING, local_date(since)) / 100


def _percent(rates: Sequence[Rate], work: str, on: date) -> Decimal:
    return next((rate.percent for rate in rates if rate.work == work and rate.covers(on)), NOTHING)


def by_work(rates: Sequence[Rate], *, on: date) -> Mapping[str, Decimal]:
    """Return the rates that are valid on a day, in percent by kind of work."""
    return {rate.work: rate.percent for rate in rates if rate.covers(on)}
