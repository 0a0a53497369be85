"""Random histories of a store, for whatever must agree with the log: some months at two depots, many entries late.

    history = History(seed, poster, [rice, blanket])
    history.run(120)
    now = history.clock
    assert what_is_asked(...) == replayed(occurred, recorded)

Receipts, issues, transfers and their receipts, relocations, adjustments, reversals, months closed in order, promises
made and kept; what the ledger refuses is left out. `replayed` is the plain model: it adds up every line of every log.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from django.db import transaction

from inventory.catalogue.models import Item
from inventory.ledger import allocations
from inventory.ledger.drafts import DraftLine
from inventory.ledger.entries import Posted
from inventory.ledger.models import Movement, MovementLine
from inventory.ledger.periods import close_period
from inventory.ledger.posting import post
from logistics.accounts.models import User
from logistics.errors import Conflict, Invalid
from tests.factories import a_draft, a_line

START: Final = datetime(2025, 6, 1, tzinfo=UTC)
DEPOTS: Final = ("K01", "K02")


def put(
    by: User, kind: str, depot: str, *lines: DraftLine, occurred: datetime, recorded: datetime, **fields: Any
) -> Posted:
    """Post one movement on both clocks."""
    (posted,) = post(
        [a_draft(kind, depot, *lines, occurred_at=occurred, reason="ghi muộn", **fields)], by=by, at=recorded
    )
    return posted


class History:
    """What happens at K01 and K02, step by step; `clock` is now. `dice` needs `choice`, `randint` and `random`."""

    def __init__(self, dice: int | random.Random, by: User, items: Sequence[Item]) -> None:
        self.dice = random.Random(dice) if isinstance(dice, int) else dice
        self.by, self.items = by, items
        self.clock = START
        self.sent: list[tuple[str, Posted]] = []
        self.done: list[Posted] = []
        self.months = dict.fromkeys(DEPOTS, START.date())
        self.promises: list[tuple[str, str]] = []

    def run(self, steps: int) -> None:
        """Take so many steps."""
        for _ in range(steps):
            self.step()

    def step(self) -> None:
        """Let something happen, or be refused."""
        self.clock += timedelta(hours=self.dice.randint(1, 96))
        verb = self.dice.choice([
            self.bring, self.bring, self.take, self.take, self.send, self.receive, self.move, self.count, self.undo,
            self.close, self.promise, self.keep_promise,
        ])  # fmt: skip
        try:
            with transaction.atomic():
                verb()
        except (Conflict, Invalid):
            pass

    def put(self, kind: str, depot: str, *lines: DraftLine, **fields: Any) -> Posted:
        """Post something that happened now, or some hours to weeks ago."""
        late = timedelta(hours=self.dice.choice([0, 0, 1, 30, 300, 900]))
        posted = put(self.by, kind, depot, *lines, occurred=self.clock - late, recorded=self.clock, **fields)
        self.done.append(posted)
        return posted

    def line(self, quantity: int | None = None) -> DraftLine:
        """Return a line of any item, in any lot, bin, grade and purpose."""
        item = self.dice.choice(self.items)
        lot = self.dice.choice(["L1", "L2"]) if item.tracking == "lot" else None
        return a_line(
            item, quantity or self.dice.randint(1, 50), lot=lot, bin=self.dice.choice(["A-01", "A-02"]),
            grade=self.dice.choice([1, 1, 5]), purpose=self.dice.choice(["THUONG_XUYEN", "SSCD"]),
        )  # fmt: skip

    def depot(self) -> str:
        """Return one of the depots."""
        return self.dice.choice(DEPOTS)

    def bring(self) -> None:
        """Receive up to four lines."""
        self.put("receipt", self.depot(), *(self.line() for _ in range(self.dice.randint(1, 4))))

    def take(self) -> None:
        """Issue some of an item."""
        self.put("issue", self.depot(), a_line(self.dice.choice(self.items), self.dice.randint(1, 30)))

    def send(self) -> None:
        """Send some of an item to the other depot."""
        depot = self.depot()
        other = {"K01": "K02", "K02": "K01"}[depot]
        lines = [a_line(self.dice.choice(self.items), self.dice.randint(1, 20))]
        self.sent.append((other, self.put("transfer_out", depot, *lines, to_depot=other)))

    def receive(self) -> None:
        """Receive one of the consignments on the road."""
        if self.sent:
            depot, sent = self.sent.pop(self.dice.randint(0, len(self.sent) - 1))
            lines = [
                a_line(
                    line.item, str(line.transit_change), lot=line.lot or None, grade=line.grade, purpose=line.purpose,
                    reason="nhận",
                )
                for line in sent.lines
            ]  # fmt: skip
            self.put("transfer_in", depot, *lines, consignment=sent.name)

    def move(self) -> None:
        """Move some of a pile to the other bin."""
        line = self.line(5)
        self.put("relocation", self.depot(), a_line(line.item, 5, lot=line.lot, bin="A-01", to_bin="A-02"))

    def count(self) -> None:
        """Adjust a pile."""
        self.put("adjustment", self.depot(), self.line(self.dice.choice([-3, 4])))

    def undo(self) -> None:
        """Reverse anything that was posted."""
        if self.done:
            posted = self.dice.choice(self.done)
            self.put("reversal", posted.depot, reverses=posted.position)

    def close(self) -> None:
        """Close the next month of a depot."""
        depot = self.depot()
        month = self.months[depot]
        close_period(depot, month, by=self.by, at=self.clock)
        self.months[depot] = (month + timedelta(days=32)).replace(day=1)

    def promise(self) -> None:
        """Promise some of an item to a document."""
        depot, name = self.depot(), f"YC-{self.dice.random()}"
        allocations.allocate(depot, name, [a_line(self.dice.choice(self.items), 2)], by=self.by, at=self.clock)
        self.promises.append((depot, name))

    def keep_promise(self) -> None:
        """Release the oldest promise."""
        if self.promises:
            depot, name = self.promises.pop(0)
            allocations.release(depot, name, by=self.by, at=self.clock)


Balances = dict[tuple[str, str], tuple[Decimal, Decimal]]


class Replay:
    """Every line of every log, read once, to be added up as of any instant."""

    def __init__(self) -> None:
        self.headers = {(m.depot_id, m.position): m for m in Movement.objects.select_related("depot", "to_depot")}
        self.lines = list(MovementLine.objects.select_related("holding__item"))

    def at(self, occurred: datetime, recorded: datetime) -> Balances:
        """Return {(item, depot): (on hand, on the road to it)} of what occurred and was recorded by two instants."""
        there: defaultdict[tuple[str, str], Decimal] = defaultdict(Decimal)
        road: defaultdict[tuple[str, str], Decimal] = defaultdict(Decimal)
        for line in self.lines:
            header = self.headers[line.depot_id, line.position]
            if header.occurred_at > occurred or header.recorded_at > recorded:
                continue
            item = line.holding.item.code
            there[item, header.depot.code] += line.change
            if line.transit_change:
                origin = (header.consignment_depot_id or 0, header.consignment_position or 0)
                to_depot = self.headers.get(origin, header).to_depot
                assert to_depot is not None
                road[item, to_depot.code] += line.transit_change
        keys: Iterable[tuple[str, str]] = {key for key in {*there, *road} if there[key] or road[key]}
        return {key: (there[key], road[key]) for key in keys}


def replayed(occurred: datetime, recorded: datetime) -> Balances:
    """Return what a plain replay of the log says was there: see `Replay.at`."""
    return Replay().at(occurred, recorded)
