"""What stands behind an outlook: stock, lots, terms of supply and norms of some depots, each read once for all items.

The night and the page of one item reckon by the same verbs here, so that their numbers differ only by their hour.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final

from django.utils import timezone

from depots.models import Depot
from inventory.catalogue.models import Item, Packaging
from inventory.foresight import expiring, supply
from inventory.foresight.expiring import LotFate, LotStock
from inventory.foresight.models import (
    ConsumptionNorm,
    Forecast,
    LeadBasis,
    MeasuredLead,
    Risk,
    SupplyTerms,
    UnitStrength,
    valid_on,
)
from inventory.foresight.supply import Need, Order, Pack, Stock, Terms
from logistics import sql

LEADS_SINCE: Final = timedelta(days=730)
# Where nobody set terms: a month on the way, an order a month, nineteen times in twenty enough. Shown as assumed.
ASSUMED: Final = Terms(lead_days=Decimal(30), review_days=30, service_percent=Decimal(95), lead_basis=LeadBasis.ASSUMED)
_NOTHING: Final = Stock(available=Decimal(0))


@dataclass(frozen=True, slots=True, kw_only=True)
class ByNorm:
    """How long stock lasts by norm: `strength` people who use `per_person_day` each. `days` to a tenth."""

    strength: int
    per_person_day: Decimal
    basis: str
    days: Decimal

    @property
    def per_day(self) -> Decimal:
        """What all of them use a day."""
        return self.strength * self.per_person_day


@dataclass(frozen=True, slots=True, kw_only=True)
class Reckoned:
    """Everything that follows for one item in one depot."""

    stock: Stock
    need: Need
    terms: Terms
    days_left: Decimal | None
    margin_days: Decimal | None
    chance: Decimal | None
    risk: Risk
    order: Order | None
    fates: tuple[LotFate, ...]
    lost: tuple[LotFate, ...]
    by_norm: ByNorm | None
    scale: int

    @property
    def risk_label(self) -> str:
        """The band of the risk in words."""
        return str(Risk(self.risk).label)

    @property
    def will_expire(self) -> Decimal:
        """How much expires within two years before it is used."""
        return sum((one.left_rounded(self.scale) for one in self.lost), Decimal(0))


def need_of(forecast: Forecast) -> Need:
    """Return what a stored forecast says will be used."""
    return Need(per_day=forecast.per_day, spread=forecast.spread, is_known=forecast.months > 0)


class Desk:
    """What is known of some depots (and items, None for all) on the day of `at`; a fixed number of queries."""

    def __init__(self, depots: Sequence[Depot], *, items: Collection[int] | None = None, at: datetime) -> None:
        self.today = timezone.localdate(at)
        self._units = {depot.pk: depot.unit_id for depot in depots}
        given = {
            "depots": list(self._units),
            "items": None if items is None else list(items),
            "today": self.today,
            "since": at - LEADS_SINCE,
        }
        self._read_stock(given)
        self._read_terms(given)
        self._read_norms(items)
        self._packs = _packs(items, on=self.today)
        wanted = Item.objects.all() if items is None else Item.objects.filter(pk__in=items)
        self._items = {
            item: (scale, branch)
            for item, scale, branch in wanted.values_list("pk", "base_unit__scale", "group__supply_class_id")
        }

    def _read_stock(self, given: sql.Params) -> None:
        ordered = {tuple(row[:2]): row[2] for row in sql.rows("foresight/ordered", given, prepare=False)}
        there = {tuple(row[:2]): row[2:] for row in sql.rows("foresight/stock", given, prepare=False)}
        self._stock = {
            key: Stock(
                available=there.get(key, (Decimal(0), Decimal(0)))[0],
                on_the_road=there.get(key, (Decimal(0), Decimal(0)))[1],
                ordered=ordered.get(key, Decimal(0)),
            )
            for key in ordered.keys() | there.keys()
        }
        self._lots: dict[tuple[int, int], list[LotStock]] = defaultdict(list)
        for depot, item, *lot in sql.rows("foresight/lots", given, prepare=False):
            self._lots[depot, item].append(LotStock(*lot))

    def _read_terms(self, given: sql.Params) -> None:
        self._sources = {tuple(row[:2]): row[2] for row in sql.rows("foresight/sources", given, prepare=False)}
        leads = MeasuredLead.objects.filter(to_depot__in=self._units).select_related("from_depot")
        self._leads = {(lead.to_depot_id, lead.from_depot_id): lead for lead in leads}
        self._terms: dict[tuple[int | None, str | None], SupplyTerms] = {}
        for row in valid_on(SupplyTerms.objects.all(), self.today):
            self._terms.setdefault((row.depot_id, row.supply_class_id), row)

    def _read_norms(self, items: Collection[int] | None) -> None:
        self._strengths: dict[int, int] = {}
        for row in valid_on(UnitStrength.objects.filter(unit__in=set(self._units.values())), self.today):
            self._strengths.setdefault(row.unit_id, row.strength)
        norms = valid_on(ConsumptionNorm.objects.all(), self.today)
        self._norms: dict[int, ConsumptionNorm] = {}
        for norm in norms if items is None else norms.filter(item__in=items):
            self._norms.setdefault(norm.item_id, norm)

    def terms(self, depot: int, item: int) -> Terms:
        """Return how the depot is resupplied with the item.

        The lead time is the one measured from the depot its consignments of the item mostly came from; where none
        came, the one of the narrowest terms set; where none are, an assumed one.
        """
        _scale, branch = self._items[item]
        keys = ((depot, branch), (depot, None), (None, branch), (None, None))
        row = next((self._terms[key] for key in keys if key in self._terms), None)
        found = ASSUMED
        if row is not None:
            found = Terms(
                lead_days=Decimal(row.lead_days),
                review_days=row.review_days,
                service_percent=row.service_percent,
                lead_basis=LeadBasis.TERMS,
            )
        lead = self._leads.get((depot, self._sources.get((depot, item), 0)))
        if lead is None:
            return found
        return Terms(
            lead_days=lead.mean_days,
            review_days=found.review_days,
            service_percent=found.service_percent,
            lead_basis=LeadBasis.MEASURED,
            from_depot=lead.from_depot.code,
            consignments=lead.consignments,
        )

    def reckon(self, depot: int, item: int, need: Need) -> Reckoned:
        """Return everything that follows for an item in a depot."""
        stock, terms = self._stock.get((depot, item), _NOTHING), self.terms(depot, item)
        scale, _branch = self._items[item]
        fates = expiring.fates(self._lots.get((depot, item), ()), per_day=need.per_day, today=self.today)
        return Reckoned(
            stock=stock,
            need=need,
            terms=terms,
            days_left=supply.days_of_supply(stock.available, need.per_day),
            margin_days=supply.margin_days(stock, need, terms),
            chance=supply.chance_to_run_out(stock, need, terms) if need.per_day > 0 else None,
            risk=supply.risk(stock, need, terms),
            order=supply.order(stock, need, terms, pack=self._packs.get(item), scale=scale),
            fates=tuple(fates),
            lost=tuple(expiring.lost(fates, scale=scale)),
            by_norm=self._by_norm(depot, item, stock.available),
            scale=scale,
        )

    def _by_norm(self, depot: int, item: int, available: Decimal) -> ByNorm | None:
        strength, norm = self._strengths.get(self._units[depot]), self._norms.get(item)
        if strength is None or norm is None:
            return None
        return by_norm(available, strength=strength, norm=norm)


def by_norm(available: Decimal, *, strength: int, norm: ConsumptionNorm) -> ByNorm:
    """Return how long a quantity lasts so many people by a norm."""
    days = supply.days_of_supply(available, strength * norm.per_person_day)
    assert days is not None, "strengths and norms are above zero"
    return ByNorm(strength=strength, per_person_day=norm.per_person_day, basis=norm.basis, days=days)


def _packs(items: Collection[int] | None, *, on: date) -> dict[int, Pack]:
    """Return the smallest package of more than one base unit each item is ordered in on a day."""
    rows = Packaging.objects.filter(factor__gt=1).exclude(valid_from__gt=on).exclude(valid_to__lt=on)
    if items is not None:
        rows = rows.filter(item__in=items)
    found: dict[int, Pack] = {}
    for item, unit, factor in rows.order_by("item", "factor", "unit").values_list("item", "unit", "factor"):
        found.setdefault(item, Pack(unit, factor))
    return found
