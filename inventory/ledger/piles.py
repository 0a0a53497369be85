"""Piles in memory while a set of drafts is planned: what is there, what is free, and what a past moment allows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Final

PileKey = tuple[int, int, int, int, int, str]  # depot, item, lot, bin, grade, purpose
NOTHING: Final = Decimal(0)


@dataclass(frozen=True, slots=True)
class Count:
    """A count of a pile that still holds: when, by which movement, and how much was there."""

    at: datetime
    position: int
    number: str
    quantity: Decimal


@dataclass(slots=True)
class Pile:
    """One holding as the plan sees it: the stored balance plus what the plan has done so far.

    `later` are changes at instants after some point in the past, stored ones first: complete for every instant a
    draft of this plan is dated at, so that a late entry can be weighed against the days that followed. `counts` are
    those since that point, the earliest first: what is told later of a time before one of them is offset at it.
    """

    key: PileKey
    bin: str
    lot: str
    expires_date: date | None
    is_held: bool
    on_hand: Decimal = NOTHING
    allocated: Decimal = NOTHING
    last_occurred_at: datetime | None = None
    change: Decimal = NOTHING
    latest_at: datetime | None = None
    is_touched: bool = False
    later: list[tuple[datetime, Decimal]] = field(default_factory=list)
    counts: list[Count] = field(default_factory=list)
    books: dict[datetime, Decimal] = field(default_factory=dict)  # what was there at the instants it was counted at
    holding_id: int | None = None  # None while the pile is new
    promised: Decimal | None = None  # while a movement takes what its document was promised: how much of this pile

    @property
    def grade(self) -> int:
        """The quality grade of the pile."""
        return self.key[4]

    @property
    def free(self) -> Decimal:
        """What is on hand and not promised; to a document that takes its own promise, that promise and no more."""
        return self.on_hand - self.allocated if self.promised is None else self.promised

    def is_late(self, at: datetime) -> bool:
        """Return whether something was already recorded after `at`."""
        return self.last_occurred_at is not None and at < self.last_occurred_at

    def room(self, at: datetime) -> Decimal:
        """Return the most that may leave at `at` without taking any moment since below zero, or what is promised."""
        if not self.is_late(at):
            return self.free
        if (count := self.count_after(at)) is not None:
            return min(balance for moment, balance in self._balances_since(at) if moment < count.at)
        return min(self.free, *(balance for _, balance in self._balances_since(at)))

    def count_after(self, at: datetime) -> Count | None:
        """Return the first count since `at`: it holds, whatever is told later of the time before it."""
        return next((count for count in self.counts if count.at > at), None)

    def first_day_below(self, at: datetime, quantity: Decimal) -> datetime:
        """Return the first moment from `at` on at which taking `quantity` leaves less than nothing."""
        return next((moment for moment, balance in self._balances_since(at) if balance < quantity), at)

    def _balances_since(self, at: datetime) -> list[tuple[datetime, Decimal]]:
        """Return (moment, balance after it) from `at` onward, oldest first; the last balance is `on_hand`."""
        balance = self.on_hand
        balances = []
        moments: dict[datetime, Decimal] = defaultdict(Decimal)
        for moment, change in self.later:
            if moment > at:
                moments[moment] += change
        for moment in sorted(moments, reverse=True):
            balances.append((moment, balance))
            balance -= moments[moment]
        balances.append((at, balance))
        return balances[::-1]

    def apply(self, change: Decimal, at: datetime) -> Decimal:
        """Record a change at `at`; return what is on hand after it, in the order of the log."""
        if self.promised is not None and change < 0:
            self.promised += change
            self.allocated += change
        self.on_hand += change
        self.change += change
        self.is_touched = True
        self.later.append((at, change))
        if self.last_occurred_at is None or at > self.last_occurred_at:
            self.last_occurred_at = at
        if self.latest_at is None or at > self.latest_at:
            self.latest_at = at
        return self.on_hand


class Piles:
    """The piles of every item a plan may touch, by key and by (depot, item)."""

    def __init__(self) -> None:
        self._by_key: dict[PileKey, Pile] = {}
        self._by_item: dict[tuple[int, int], list[Pile]] = defaultdict(list)

    def add(self, pile: Pile) -> None:
        """Take a pile in."""
        self._by_key[pile.key] = pile
        self._by_item[pile.key[0], pile.key[1]].append(pile)

    def get(self, key: PileKey) -> Pile | None:
        """Return the pile with this key, or None where there never was one."""
        return self._by_key.get(key)

    def of(self, depot_id: int, item_id: int) -> Iterable[Pile]:
        """Return the piles of an item in a depot."""
        return self._by_item.get((depot_id, item_id), ())

    def touched(self) -> list[Pile]:
        """Return the piles the plan changed, in one fixed order."""
        return sorted((pile for pile in self._by_key.values() if pile.is_touched), key=lambda pile: pile.key)


def first_expired_first_out(pile: Pile) -> tuple[date, int, int, str]:
    """Order piles for issue: earliest expiry, then the lot known longest, then bin, then purpose."""
    return (pile.expires_date or date.max, pile.key[2], pile.key[3], pile.key[5])
