"""How long stock lasts, how likely it runs out, and what to order: plain arithmetic whose every step can be shown.

One month's use is taken as spread about its forecast like a normal distribution with the back-test's root mean squared
error, independent from month to month; so of `d` days the mean is `per_day × d` and the spread √(d ÷ 30.4375) times
that of a month. Rarely used items have heavier tails than that: their chances are on the low side, which the pages say.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_DOWN, Decimal
from statistics import NormalDist
from typing import Final

from inventory.foresight.models import LeadBasis, Risk

DAYS_A_MONTH: Final = Decimal("30.4375")  # 365.25 ÷ 12
HIGH_FROM: Final = Decimal("0.5")
MEDIUM_FROM: Final = Decimal("0.1")
MOST_DAYS: Final = Decimal(99_999)  # what lasts longer than that lasts for ever
_TENTH: Final = Decimal("0.1")
_THOUSANDTH: Final = Decimal("0.001")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stock:
    """What a depot can give out, what is on the road to it and what was ordered for it but has not left, base units."""

    available: Decimal
    on_the_road: Decimal = Decimal(0)
    ordered: Decimal = Decimal(0)

    @property
    def coming(self) -> Decimal:
        """What is there and will be."""
        return self.available + self.on_the_road + self.ordered


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """What is expected to be used per day, and the spread of one month's use (None: not known yet)."""

    per_day: Decimal
    spread: Decimal | None
    is_known: bool = True  # False: not one whole month was seen


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """How a depot is resupplied. `lead_basis` says where the lead time comes from; `from_depot` whose goods took it."""

    lead_days: Decimal
    review_days: int
    service_percent: Decimal
    lead_basis: LeadBasis
    from_depot: str = ""
    consignments: int = 0

    @property
    def days_to_cover(self) -> Decimal:
        """How long what is there must last: an order given at the next review comes a lead time later."""
        return self.lead_days + self.review_days


@dataclass(frozen=True, slots=True)
class Pack:
    """The smallest package an item is ordered in, and how many base units it holds."""

    unit: str
    factor: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """The arithmetic of a suggestion. `quantity` is 0 where nothing needs ordering yet; `packs` None without a pack.

    reorder_point = lead_demand + review_demand + safety: an order that is not given now is given a review later, so
    both are to be lived through. order_up_to = reorder_point + review_demand. Where `coming` is at or below the reorder
    point, `missing` = order_up_to − coming, and `quantity` is that in whole packs, or rounded up. So something is
    suggested where, with what is ordered, stock runs out with a chance of more than the certainty wanted leaves.
    """

    lead_demand: Decimal
    review_demand: Decimal
    factor: Decimal
    safety: Decimal
    reorder_point: Decimal
    order_up_to: Decimal
    coming: Decimal
    missing: Decimal
    pack: Pack | None
    packs: int | None
    quantity: Decimal


def days_of_supply(quantity: Decimal, per_day: Decimal) -> Decimal | None:
    """Return for how many days a quantity lasts, to a tenth, rounded down; None when none is used."""
    if per_day <= 0:
        return None
    return min(max(quantity, Decimal(0)) / per_day, MOST_DAYS).quantize(_TENTH, ROUND_DOWN)


def margin_days(stock: Stock, need: Need, terms: Terms) -> Decimal | None:
    """Return how many days longer the stock and what is on the road last than they must; negative: not long enough."""
    lasts = days_of_supply(stock.available + stock.on_the_road, need.per_day)
    return None if lasts is None else lasts - terms.days_to_cover


def chance_to_run_out(stock: Stock, need: Need, terms: Terms) -> Decimal | None:
    """Return how likely more is asked for until new stock can come than is there and on the road, to a thousandth.

    None while the spread is not known. What was ordered but has not left does not count.
    """
    if need.spread is None or not need.is_known:
        return None
    there = stock.available + stock.on_the_road
    expected = need.per_day * terms.days_to_cover
    spread = need.spread * (terms.days_to_cover / DAYS_A_MONTH).sqrt()
    if not spread:
        return Decimal(1) if expected > there else Decimal(0)
    # Floats: the tail of the normal distribution, of which three figures are kept.
    beyond = 1 - NormalDist().cdf(float((there - expected) / spread))
    return Decimal(repr(beyond)).quantize(_THOUSANDTH)


def risk(stock: Stock, need: Need, terms: Terms) -> Risk:
    """Return the band of the risk to run out before new stock can come.

    By the chance where it is known (high from a half, medium from a tenth); else by how the days of supply compare
    with the days to cover (high below them, medium below one and a half times as many).
    """
    if not need.is_known:
        return Risk.UNKNOWN
    if need.per_day <= 0:
        return Risk.NONE
    if stock.available <= 0:
        return Risk.OUT
    chance = chance_to_run_out(stock, need, terms)
    if chance is None:
        lasts = days_of_supply(stock.available + stock.on_the_road, need.per_day)
        assert lasts is not None, "something is used"
        if lasts < terms.days_to_cover:
            return Risk.HIGH
        return Risk.MEDIUM if lasts < terms.days_to_cover * 3 / 2 else Risk.LOW
    if chance >= HIGH_FROM:
        return Risk.HIGH
    return Risk.MEDIUM if chance >= MEDIUM_FROM else Risk.LOW


def order(stock: Stock, need: Need, terms: Terms, *, pack: Pack | None, scale: int) -> Order | None:
    """Return what to order and how that was reckoned; None while use is not known, or where nothing is used.

    `scale` is how many decimals the base unit takes. Safety stock is the normal distribution's factor for the
    certainty wanted, times the spread over the days to cover (Silver, Pyke and Thomas, Inventory and Production
    Management in Supply Chains, 4th ed. 2017, ch. 6); without a known spread it is zero.
    """
    if not need.is_known or need.per_day <= 0:
        return None
    factor = Decimal(repr(NormalDist().inv_cdf(float(terms.service_percent) / 100))).quantize(_THOUSANDTH)
    spread = (need.spread or Decimal(0)) * (terms.days_to_cover / DAYS_A_MONTH).sqrt()
    safety = _up(factor * spread, scale)
    lead_demand = _up(need.per_day * terms.lead_days, scale)
    review_demand = _up(need.per_day * terms.review_days, scale)
    reorder_point = lead_demand + review_demand + safety
    order_up_to = reorder_point + review_demand
    missing = max(order_up_to - stock.coming, Decimal(0)) if stock.coming <= reorder_point else Decimal(0)
    packs = None if pack is None else int((missing / pack.factor).to_integral_value(ROUND_CEILING))
    quantity = _practical(missing, scale) if pack is None or packs is None else packs * pack.factor
    return Order(
        lead_demand=lead_demand,
        review_demand=review_demand,
        factor=factor,
        safety=safety,
        reorder_point=reorder_point,
        order_up_to=order_up_to,
        coming=stock.coming,
        missing=missing,
        pack=pack,
        packs=packs,
        quantity=quantity,
    )


def _practical(value: Decimal, scale: int) -> Decimal:
    """Return a quantity as people would order it, rounded up: whole from 100 on, to a tenth from 10 on."""
    return _up(value, min(scale, 0 if value >= 100 else 1 if value >= 10 else scale))


def _up(value: Decimal, scale: int) -> Decimal:
    """Return a quantity with as many decimals as its unit takes, rounded up: a part of a piece is a piece."""
    return value.quantize(Decimal(1).scaleb(-scale), ROUND_CEILING)
