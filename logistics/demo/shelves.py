"""What the demo's depots hold, as the log itself told, so that the next day's drafts ask only for what is there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from inventory.ledger.entries import Posted
from inventory.ledger.known import local_date

ZERO = Decimal(0)
REGULAR = "THUONG_XUYEN"


class PileName(NamedTuple):
    """What tells piles of one item in one depot apart."""

    lot: str
    bin: str
    grade: int
    purpose: str


class Shelves:
    """Stock by depot and item, kept up by reading what was posted.

    Between two postings an item of a depot is drawn on by one draft at most (`claim`): what earlier drafts of the same
    set take is not known yet.
    """

    def __init__(self) -> None:
        self._piles: dict[tuple[str, str], dict[PileName, Decimal]] = defaultdict(dict)
        self._expires: dict[tuple[str, str], date | None] = {}
        self._moved: dict[tuple[str, str], date] = {}
        self._claimed: set[tuple[str, str]] = set()

    def read(self, posted: Iterable[Posted]) -> None:
        """Take in what was posted; claims are free again."""
        for movement in posted:
            on = local_date(movement.occurred_at)
            for line in movement.lines:
                name = (movement.depot, line.item)
                piles = self._piles[name]
                pile = PileName(line.lot, line.bin, line.grade, line.purpose)
                piles[pile] = piles.get(pile, ZERO) + line.change
                if not piles[pile]:
                    del piles[pile]
                self._expires[line.item, line.lot] = line.expires_date
                self._moved[name] = max(self._moved.get(name, on), on)
        self._claimed.clear()

    def claim(self, depot: str, item: str) -> bool:
        """Return whether nobody has drawn on the item since the last posting, and note that somebody does now."""
        if (depot, item) in self._claimed:
            return False
        self._claimed.add((depot, item))
        return True

    def usable(self, depot: str, item: str, on: date) -> Decimal:
        """Return what may be issued of an item on a day: grade 1, for regular use, not expired."""
        return sum(
            (
                quantity
                for pile, quantity in self._piles[depot, item].items()
                if pile.grade == 1 and pile.purpose == REGULAR and not self.is_expired(item, pile, on)
            ),
            ZERO,
        )

    def piles(self, depot: str, item: str) -> list[tuple[PileName, Decimal]]:
        """Return the piles of an item that hold something, in a fixed order."""
        return sorted(self._piles[depot, item].items())

    def is_expired(self, item: str, pile: PileName, on: date) -> bool:
        """Return whether a pile's last day of use lies before a day."""
        expires = self._expires.get((item, pile.lot))
        return expires is not None and expires < on

    def days_expired(self, item: str, pile: PileName, on: date) -> int:
        """Return how many days ago a pile expired; negative while it is good, and for what never expires."""
        expires = self._expires.get((item, pile.lot))
        return -1 if expires is None else (on - expires).days

    def last_moved(self, depot: str, item: str) -> date | None:
        """Return the last day on which anything of the item moved in the depot."""
        return self._moved.get((depot, item))
