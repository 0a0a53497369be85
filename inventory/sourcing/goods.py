"""What a sourcing plan is reckoned with: needs, piles, rules, and one item's market of them in whole thousandths.

Pure: nothing here reads the database or the clock. Quantities come as exact decimals of at most three places and are
reckoned as integers; distances are whole metres.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import ROUND_CEILING, Decimal
from enum import StrEnum
from functools import cached_property
from typing import Final

AVAILABLE: Final = "available"  # what `deduction_of` says of a pile that may be promised
_THOUSAND: Final = 1000


class Strategy(StrEnum):
    """What decides between depots that could all give."""

    NEAREST_COMPLETE = "nearest-complete"
    FEWEST_SPLITS = "fewest-splits"
    LEAST_EFFORT = "least-effort"


@dataclass(frozen=True, kw_only=True, slots=True)
class Need:
    """One line of the list: so much of an item in its base unit. A grade or purpose that is None is the rules'."""

    number: int
    item: str
    quantity: Decimal
    grade: int | None = None
    purpose: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Pile:
    """What lies in one depot of one lot, grade and purpose, over all bins, and how far from the destination.

    `on_hand` − `allocated` may be promised where `deduction` is "available"; else it says what speaks against it.
    Piles of a depot come in the order in which they leave: first expired, first out.
    """

    item: str
    depot: str
    lot: str
    expires_date: date | None
    grade: int
    purpose: str
    on_hand: Decimal
    allocated: Decimal = Decimal(0)
    deduction: str = AVAILABLE
    distance_m: int = 0
    is_at_destination: bool = False

    @property
    def key(self) -> tuple[str, str, str, int, str]:
        """What names the pile: item, depot, lot, grade, purpose."""
        return self.item, self.depot, self.lot, self.grade, self.purpose


@dataclass(frozen=True, kw_only=True, slots=True)
class Rules:
    """What every line keeps to.

    A pile serves when it can be used for `min_days_left` days from `needed_by_date` on, its grade is not worse than
    `worst_grade` and its purpose is `purpose` (None: any). A depot keeps `keep_percent` of what it has available of an
    item, and never less than `kept` says of (depot, item); it gives whole steps of the item's unit.
    """

    needed_by_date: date
    min_days_left: int = 0
    keep_percent: Decimal = Decimal(0)
    excluded_depots: frozenset[str] = frozenset()
    most_depots: int | None = None
    worst_grade: int = 4
    purpose: str | None = None
    kept: Mapping[tuple[str, str], Decimal] = field(default_factory=dict)
    scales: Mapping[str, int] = field(default_factory=dict)  # item -> decimals of its base unit, 3 where none is named

    @property
    def last_day(self) -> date:
        """The day until which goods must be usable at least."""
        return self.needed_by_date + timedelta(days=self.min_days_left)


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One row of a plan: what one depot gives of one lot to one need, and which rule chose the depot.

    `there` is what the pile had to promise when the row was reckoned; `among` is a number the rule speaks of.
    """

    need: int
    item: str
    depot: str
    lot: str
    expires_date: date | None
    grade: int
    purpose: str
    quantity: Decimal
    there: Decimal
    distance_m: int
    why: str
    among: int = 0

    @property
    def key(self) -> tuple[str, str, str, int, str]:
        """What names the pile: item, depot, lot, grade, purpose."""
        return self.item, self.depot, self.lot, self.grade, self.purpose


@dataclass(frozen=True, kw_only=True, slots=True)
class Shortage:
    """What a need lacks, and how much lies in sight that may not be taken, by reason; `nowhere` is in no depot.

    Reasons: allocated, on_hold, expired, reserve, disposal, at-destination, excluded-depot, other-grade, other-purpose,
    short-life, other-lines, kept-reserve, below-norm, depot-limit.
    """

    need: int
    item: str
    missing: Decimal
    reasons: tuple[tuple[str, Decimal], ...]

    @property
    def nowhere(self) -> Decimal:
        """How much of what is missing is in no depot in sight, whatever the rules."""
        return max(self.missing - sum((quantity for _, quantity in self.reasons), Decimal(0)), Decimal(0))


@dataclass(frozen=True, slots=True)
class Offer:
    """What a depot could give to a need now, in thousandths."""

    depot: str
    distance_m: int
    quantity: int

    @property
    def km(self) -> Decimal:
        """The straight line, in km."""
        return (Decimal(self.distance_m) / 1000).quantize(Decimal("0.1"))

    @property
    def most(self) -> Decimal:
        """The most it can give, in base units."""
        return decimal(self.quantity)


def thousandths(quantity: Decimal) -> int:
    """Return an exact quantity as whole thousandths."""
    scaled = quantity * _THOUSAND
    whole = int(scaled)
    assert whole == scaled, "quantities have at most three decimals"
    return whole


def decimal(whole: int) -> Decimal:
    """Return whole thousandths as the exact quantity, with three decimals."""
    return Decimal(whole).scaleb(-3)


class Market:
    """One item: who needs it, where it lies, what each depot may still give, and the rows taken so far."""

    def __init__(self, needs: Sequence[Need], piles: Sequence[Pile], rules: Rules) -> None:
        self.needs = tuple(needs)
        self.piles = tuple(piles)
        self.rules = rules
        self.rows: list[Row] = []
        self.free = [thousandths(pile.on_hand - pile.allocated) if self._is_open(pile) else 0 for pile in self.piles]
        self.left = list(self.free)
        self._of_depot: dict[str, list[int]] = defaultdict(list)
        for index, pile in enumerate(self.piles):
            if self.free[index]:
                self._of_depot[pile.depot].append(index)
        self.room = {depot: self._usable(depot) for depot in self._of_depot}

    def _is_open(self, pile: Pile) -> bool:
        is_near = pile.is_at_destination or pile.depot in self.rules.excluded_depots
        return pile.deduction == AVAILABLE and not is_near

    def _usable(self, depot: str) -> int:
        total = sum(self.free[index] for index in self._of_depot[depot])
        return max(total - max(self._percent_kept(depot), self._norm_kept(depot)), 0)

    def _percent_kept(self, depot: str) -> int:
        total = sum(self.free[index] for index in self._of_depot[depot])
        item = self.piles[0].item
        step: int = 10 ** (3 - self.rules.scales.get(item, 3))
        share = total * self.rules.keep_percent / 100 / step
        return int(share.to_integral_value(ROUND_CEILING)) * step  # what is kept is never less than asked for

    def _norm_kept(self, depot: str) -> int:
        return thousandths(self.rules.kept.get((depot, self.piles[0].item), Decimal(0)))

    def mismatch(self, need: Need, pile: Pile) -> str:
        """Return why a pile does not serve a need, "" where it does."""
        rules = self.rules
        if pile.grade != need.grade if need.grade is not None else pile.grade > rules.worst_grade:
            return "other-grade"
        purpose = need.purpose or rules.purpose
        if purpose is not None and pile.purpose != purpose:
            return "other-purpose"
        if pile.expires_date is not None and pile.expires_date < rules.last_day:
            return "short-life"
        return ""

    @cached_property
    def serving(self) -> dict[int, frozenset[int]]:
        """For each pile that may give at all, the numbers of the needs it serves."""
        return {
            index: frozenset(need.number for need in self.needs if not self.mismatch(need, self.piles[index]))
            for indexes in self._of_depot.values()
            for index in indexes
        }

    def piles_for(self, need: Need, depot: str) -> list[int]:
        """Return the piles of a depot that serve a need, in the order in which they leave."""
        return [index for index in self._of_depot.get(depot, ()) if need.number in self.serving[index]]

    def offers(self, need: Need) -> list[Offer]:
        """Return what each depot could give to a need beside all that is taken, nearest first."""
        found = []
        for depot, indexes in self._of_depot.items():
            fitting = sum(self.left[index] for index in indexes if need.number in self.serving[index])
            if (quantity := min(fitting, self.room[depot])) > 0:
                found.append(Offer(depot, self.piles[indexes[0]].distance_m, quantity))
        return sorted(found, key=lambda offer: (offer.distance_m, offer.depot))

    def take(self, need: Need, depot: str, quantity: int, *, why: str, among: int = 0) -> int:
        """Take up to `quantity` thousandths for a need from a depot, first expired first out; return what was taken."""
        wanted = min(quantity, self.room.get(depot, 0))
        taken = 0
        for index in self.piles_for(need, depot):
            if taken == wanted:
                break
            taken += self.take_pile(need, index, wanted - taken, why=why, among=among)
        return taken

    def take_pile(self, need: Need, index: int, quantity: int, *, why: str, among: int = 0) -> int:
        """Take up to `quantity` thousandths for a need from one pile; return what was taken."""
        pile = self.piles[index]
        part = min(quantity, self.left[index], self.room[pile.depot])
        if part <= 0:
            return 0
        self.left[index] -= part
        self.room[pile.depot] -= part
        self.rows.append(
            Row(
                need=need.number,
                item=need.item,
                depot=pile.depot,
                lot=pile.lot,
                expires_date=pile.expires_date,
                grade=pile.grade,
                purpose=pile.purpose,
                quantity=decimal(part),
                there=decimal(self.free[index]),
                distance_m=pile.distance_m,
                why=why,
                among=among,
            )
        )
        return part

    def shortage(self, need: Need) -> Shortage | None:
        """Return what a need lacks beside the rows taken, every pile of the item told under one reason; None: nothing.

        Not told are what the need gets itself and what is nowhere.
        """
        mine = sum(thousandths(row.quantity) for row in self.rows if row.need == need.number)
        missing = thousandths(need.quantity) - mine
        if missing <= 0:
            return None
        taken: dict[tuple[str, str, str, int, str], int] = defaultdict(int)
        for row in self.rows:
            if row.need != need.number:
                taken[row.key] += thousandths(row.quantity)
        told: dict[str, int] = defaultdict(int)
        for index, pile in enumerate(self.piles):
            told["allocated"] += thousandths(pile.allocated)
            rest = thousandths(pile.on_hand - pile.allocated)
            if pile.is_at_destination:
                told["at-destination"] += rest
            elif pile.deduction != AVAILABLE:
                told[pile.deduction] += rest
            elif pile.depot in self.rules.excluded_depots:
                told["excluded-depot"] += rest
            elif why := self.mismatch(need, pile):
                told[why] += rest
            elif self.free[index]:
                told["other-lines"] += taken[pile.key]
        for depot in self._of_depot:
            fitting = sum(self.left[index] for index in self.piles_for(need, depot))
            beyond = max(fitting - self.room[depot], 0)
            is_norm = self._norm_kept(depot) > self._percent_kept(depot)
            told["below-norm" if is_norm else "kept-reserve"] += beyond
            told["depot-limit"] += fitting - beyond
        reasons = tuple((why, decimal(whole)) for why, whole in told.items() if whole)
        return Shortage(need=need.number, item=need.item, missing=decimal(missing), reasons=reasons)


def by_item(needs: Iterable[Need], piles: Iterable[Pile], rules: Rules) -> list[Market]:
    """Return a market for each item that is needed, in the order of the list; items do not touch one another."""
    asked: dict[str, list[Need]] = {}
    for need in needs:
        asked.setdefault(need.item, []).append(need)
    there: dict[str, list[Pile]] = defaultdict(list)
    for pile in piles:
        there[pile.item].append(pile)
    return [Market(mine, there[item], rules) for item, mine in asked.items()]
