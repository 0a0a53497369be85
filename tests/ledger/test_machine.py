"""Any sequence of movements leaves the ledger agreeing with a plain dict, and four planted faults are each noticed.

The model knows nothing of locks, holdings or SQL: it keeps every change in a list and reckons by replaying it.
"""

from __future__ import annotations

import os
from collections import defaultdict
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from inventory.ledger import allocations
from inventory.ledger.consigning import OpenConsignment
from inventory.ledger.entries import Posted
from inventory.ledger.models import Holding
from inventory.ledger.piles import Pile
from inventory.ledger.planning import Plan
from inventory.ledger.posting import post
from inventory.ledger.verifying import totals, verify
from logistics.errors import Conflict
from tests.factories import a_depot, a_draft, a_line, a_lot, an_item, world
from tests.longer import LONG_ONLY

LONG = os.environ.get("HYPOTHESIS_PROFILE") == "long"
MACHINE = settings(
    max_examples=400 if LONG else 40,
    stateful_step_count=40 if LONG else 25,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate] if not LONG else [Phase.generate, Phase.shrink],
    derandomize=not LONG,
)

NOTHING = Decimal(0)
DEPOTS = ("K01", "K02")
LOTS = ("L1", "L2", "L3")  # in the order they expire
BINS = ("A-01", "A-02")
depots, lots, bins = st.sampled_from(DEPOTS), st.sampled_from(LOTS), st.sampled_from(BINS)
quantities = st.integers(1, 60).map(Decimal)
hours = st.integers(0, 72)

PileName = tuple[str, str, str, int]  # depot, lot, bin, grade


class Model:
    """What a careful clerk would keep on paper: every change of every pile, and what is on the road."""

    def __init__(self) -> None:
        # (dated, change, happened): what a reversal undoes happened when its original did.
        self.changes: dict[PileName, list[tuple[datetime, Decimal, datetime]]] = defaultdict(list)
        self.promised: dict[PileName, Decimal] = defaultdict(Decimal)
        self.road: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
        self.counts: dict[PileName, list[tuple[datetime, str]]] = defaultdict(list)  # those that hold: when, by whom
        self.upheld: set[str] = set()  # stocktakes that late entries were offset by

    def count_after(self, pile: PileName, at: datetime) -> tuple[datetime, str] | None:
        return min((count for count in self.counts[pile] if count[0] > at), default=None)

    def move(self, pile: PileName, at: datetime, change: Decimal, *, happened_at: datetime | None = None) -> None:
        """Write a change down; where a count after it holds, take it back there."""
        self.changes[pile].append((at, change, happened_at or at))
        if change and (count := self.count_after(pile, happened_at or at)):
            self.changes[pile].append((max(count[0], at), -change, count[0]))
            self.upheld.add(count[1])

    def on_hand(self, pile: PileName) -> Decimal:
        return sum((change for _, change, _ in self.changes[pile]), NOTHING)

    def room(self, pile: PileName, at: datetime) -> Decimal:
        """The least the pile held at `at` or at any later moment, less what is promised now.

        A count after `at` makes up for what is taken before it, so only the moments until then matter.
        """
        if count := self.count_after(pile, at):
            moments = sorted({at} | {moment for moment, *_ in self.changes[pile] if at < moment < count[0]})
            return max(
                NOTHING,
                min(
                    sum((change for moment, change, _ in self.changes[pile] if moment <= until), NOTHING)
                    for until in moments
                ),
            )
        moments = sorted({at} | {moment for moment, *_ in self.changes[pile] if moment > at})
        balances = [
            sum((change for moment, change, _ in self.changes[pile] if moment <= until), NOTHING) for until in moments
        ]
        return max(NOTHING, min([*balances, self.on_hand(pile) - self.promised[pile]]))

    def split(self, depot: str, quantity: Decimal, at: datetime) -> list[tuple[PileName, Decimal]] | None:
        """First expired first out over the usual grade; None where it does not suffice."""
        parts = []
        for lot in LOTS:
            for bin_code in BINS:
                pile = (depot, lot, bin_code, 1)
                part = min(quantity, self.room(pile, at), max(NOTHING, self.on_hand(pile) - self.promised[pile]))
                if part > 0:
                    parts.append((pile, part))
                    quantity -= part
        return None if quantity else parts


class LedgerMachine(RuleBasedStateMachine):
    """Receipts, issues, transfers, relocations, regrades, counts, reversals, promises, most of them late."""

    def __init__(self) -> None:
        super().__init__()
        self.now = timezone.now()
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        self.poster = world()
        for code in DEPOTS:
            a_depot(code)
        self.item = an_item("QN-01-0000014", unit="KGM", tracking="lot")
        for index, code in enumerate(LOTS):
            a_lot(self.item, code, expires_date=date(2100, 1, 1 + index))
        self.model = Model()
        self.posted: list[Posted] = []
        self.reversed: set[str] = set()
        self.touched_consignments: set[str] = set()
        self.references: list[tuple[str, str, list[tuple[PileName, Decimal]]]] = []

    def teardown(self) -> None:
        try:
            report = verify()
            assert report.is_sound, report.disagreements
            for total in totals():
                assert total["on_hand"] + total["in_transit"] == (
                    total["inward"] - total["outward"] + total["adjusted"]
                )
        finally:
            transaction.set_rollback(True)
            self.atomic.__exit__(None, None, None)

    def at(self, hours_ago: int) -> datetime:
        return self.now - timedelta(hours=hours_ago)

    def post(self, kind: str, depot: str, *lines, hours_ago: int = 0, **fields) -> Posted | None:
        """Post, or return None where the log refuses."""
        draft = a_draft(kind, depot, *lines, occurred_at=self.at(hours_ago), reason="máy thử", **fields)
        try:
            (posted,) = post([draft], by=self.poster, at=self.now)
        except Conflict:
            return None
        self.posted.append(posted)
        return posted

    @rule(depot=depots, lot=lots, bin_code=bins, quantity=quantities, hours_ago=hours)
    def receive(self, depot, lot, bin_code, quantity, hours_ago):
        line = a_line(self.item, quantity, lot=lot, bin=bin_code)
        posted = self.post("receipt", depot, line, hours_ago=hours_ago)
        assert posted is not None
        self.model.move((depot, lot, bin_code, 1), self.at(hours_ago), quantity)

    @rule(depot=depots, quantity=quantities, hours_ago=hours)
    def issue(self, depot, quantity, hours_ago):
        expected = self.model.split(depot, quantity, self.at(hours_ago))
        posted = self.post("issue", depot, a_line(self.item, quantity), hours_ago=hours_ago)
        assert (posted is None) == (expected is None)
        if posted is not None and expected is not None:
            taken = [((depot, line.lot, line.bin, line.grade), -line.change) for line in posted.lines]
            assert taken == expected
            for pile, part in expected:
                self.model.move(pile, self.at(hours_ago), -part)

    @rule(depot=depots, lot=lots, bin_code=bins, quantity=quantities, hours_ago=hours, by_grade=st.booleans())
    def move_within(self, depot, lot, bin_code, quantity, hours_ago, by_grade):
        source = (depot, lot, bin_code, 1)
        target = (depot, lot, bin_code, 2) if by_grade else (depot, lot, BINS[1 - BINS.index(bin_code)], 1)
        possible = self.model.room(source, self.at(hours_ago)) >= quantity
        line = a_line(
            self.item,
            quantity,
            lot=lot,
            bin=bin_code,
            to_grade=2 if by_grade else None,
            to_bin="" if by_grade else target[2],
        )
        posted = self.post("regrade" if by_grade else "relocation", depot, line, hours_ago=hours_ago)
        assert (posted is not None) == possible
        if possible:
            self.model.move(source, self.at(hours_ago), -quantity)
            self.model.move(target, self.at(hours_ago), quantity)

    @rule(depot=depots, quantity=quantities, hours_ago=hours)
    def send(self, depot, quantity, hours_ago):
        expected = self.model.split(depot, quantity, self.at(hours_ago))
        to_depot = DEPOTS[1 - DEPOTS.index(depot)]
        posted = self.post("transfer_out", depot, a_line(self.item, quantity), hours_ago=hours_ago, to_depot=to_depot)
        assert (posted is None) == (expected is None)
        if posted is not None and expected is not None:
            for pile, part in expected:
                self.model.move(pile, self.at(hours_ago), -part)
                self.model.road[posted.name, pile[1]] += part

    @precondition(lambda self: any(self.model.road.values()))
    @rule(data=st.data(), bin_code=bins, shortfall=st.integers(0, 5).map(Decimal))
    def arrive(self, data, bin_code, shortfall):
        name, lot = data.draw(st.sampled_from(sorted(key for key, left in self.model.road.items() if left > 0)))
        sent = next(posted for posted in self.posted if posted.name == name)
        quantity = max(self.model.road[name, lot] - shortfall, Decimal(1))
        line = a_line(self.item, quantity, lot=lot, bin=bin_code, reason="thiếu")
        posted = self.post("transfer_in", sent.to_depot, line, consignment=name)
        assert posted is not None
        self.touched_consignments.add(name)
        self.model.road[name, lot] -= quantity
        self.model.move((sent.to_depot, lot, bin_code, 1), self.now, quantity)

    @precondition(lambda self: any(self.model.road.values()))
    @rule(data=st.data(), loss=st.integers(1, 5).map(Decimal))
    def settle(self, data, loss):
        name, lot = data.draw(st.sampled_from(sorted(key for key, left in self.model.road.items() if left > 0)))
        possible = loss <= self.model.road[name, lot]
        posted = self.post("adjustment", name.split("/")[0], a_line(self.item, -loss, lot=lot), consignment=name)
        assert (posted is not None) == possible
        if possible:
            self.touched_consignments.add(name)
            self.model.road[name, lot] -= loss

    @rule(
        depot=depots,
        counted=st.lists(
            st.tuples(lots, bins, st.none() | st.integers(0, 60).map(Decimal), st.integers(0, 30)),
            min_size=1, max_size=3, unique_by=lambda one: one[:2],
        ),
    )  # fmt: skip
    def count(self, depot, counted):
        """Count some piles, each at a time of its own; None counts what the book says."""
        lines, differences, possible = [], [], True
        for lot, bin_code, told, hours_ago in counted:
            pile, at = (depot, lot, bin_code, 1), self.at(hours_ago)
            book = sum((change for _, change, happened in self.model.changes[pile] if happened < at), NOTHING)
            found = book if told is None else told
            lines.append(a_line(self.item, found, lot=lot, bin=bin_code, counted_at=at))
            possible &= not any(count_at >= at for count_at, _ in self.model.counts[pile])
            possible &= found >= book or self.model.room(pile, at) >= book - found
            differences.append((pile, at, found - book))
        posted = self.post("stocktake", depot, *lines)
        assert (posted is not None) == possible
        if posted is not None:
            for line, (pile, at, difference) in zip(posted.lines, differences, strict=True):
                assert line.change == difference
                assert line.counted_at == at
                self.model.move(pile, at, difference)
                self.model.counts[pile].append((at, posted.name))

    @precondition(lambda self: any(posted.kind != "reversal" for posted in self.posted))
    @rule(data=st.data())
    def reverse(self, data):
        original = data.draw(st.sampled_from([posted for posted in self.posted if posted.kind != "reversal"]))
        changes: dict[PileName, Decimal] = defaultdict(Decimal)
        happened: dict[PileName, datetime] = {}
        for line in original.lines:
            pile = (original.depot, line.lot, line.bin, line.grade)
            changes[pile] -= line.change
            happened[pile] = line.counted_at or original.occurred_at
        possible = (
            original.name not in self.reversed
            and original.name not in self.model.upheld
            and not (original.kind == "transfer_out" and original.name in self.touched_consignments)
            and all(
                change >= 0
                or self.model.count_after(pile, happened[pile])
                or self.model.on_hand(pile) - self.model.promised[pile] >= -change
                for pile, change in changes.items()
            )
        )
        posted = self.post("reversal", original.depot, reverses=original.position)
        assert (posted is not None) == possible
        if posted is not None:
            self.reversed.add(original.name)
            for pile, change in changes.items():
                self.model.move(pile, self.now, change, happened_at=happened[pile])
            for counts in self.model.counts.values():
                counts[:] = [count for count in counts if count[1] != original.name]
            name = original.consignment or original.name
            for line in original.lines:
                if line.transit_change:
                    self.model.road[name, line.lot] -= line.transit_change
            if original.kind in {"transfer_in", "adjustment"}:
                self._untouch(name)

    def _untouch(self, name: str) -> None:
        """A consignment whose receipts and settlements were all reversed may be taken back again."""
        still = [
            posted
            for posted in self.posted
            if posted.consignment == name and posted.kind != "reversal" and posted.name not in self.reversed
        ]
        if not still:
            self.touched_consignments.discard(name)

    @rule(depot=depots, quantity=quantities)
    def promise(self, depot, quantity):
        expected = self.model.split(depot, quantity, self.now)
        reference = f"YC-{len(self.references)}"
        try:
            parts = allocations.allocate(depot, reference, [a_line(self.item, quantity)], by=self.poster, at=self.now)
        except Conflict:
            assert expected is None
            return
        assert expected is not None
        assert parts == [part for _, part in expected]
        for pile, part in expected:
            self.model.promised[pile] += part
        self.references.append((depot, reference, expected))

    @precondition(lambda self: self.references)
    @rule()
    def take_back(self):
        depot, reference, parts = self.references.pop()
        released = allocations.release(depot, reference, by=self.poster, at=self.now)
        assert released == sum((part for _, part in parts), NOTHING)
        for pile, part in parts:
            self.model.promised[pile] -= part

    @invariant()
    def the_ledger_agrees_with_the_paper(self) -> None:
        stored = {
            (depot, lot, bin_code, grade): (on_hand, allocated)
            for depot, lot, bin_code, grade, on_hand, allocated in Holding.objects.values_list(
                "depot__code", "lot__code", "bin__code", "grade", "on_hand", "allocated"
            )
        }
        for pile in stored.keys() | self.model.changes.keys():
            told = (self.model.on_hand(pile), self.model.promised[pile])
            assert stored.get(pile, (NOTHING, NOTHING)) == told, pile


@pytest.mark.django_db
def test_any_sequence_agrees_with_the_paper():
    run_state_machine_as_test(LedgerMachine, settings=MACHINE)


def forget_the_past(monkeypatch):
    monkeypatch.setattr(Pile, "room", lambda self, at: self.free)


def ignore_promises(monkeypatch):
    monkeypatch.setattr(Pile, "free", property(lambda self: self.on_hand))


def issue_in_the_wrong_order(monkeypatch):
    monkeypatch.setattr("inventory.ledger.leaving.first_expired_first_out", lambda pile: (-pile.key[2], pile.key[3]))


def lose_the_road(monkeypatch):
    monkeypatch.setattr(OpenConsignment, "move", lambda self, kind, change: None)


def reverse_the_wrong_way(monkeypatch):
    original = Plan.book

    def book(self, planned, entry, pile, change, **fields):
        if entry.draft.kind == "reversal":
            change = abs(change)
        return original(self, planned, entry, pile, change, **fields)

    monkeypatch.setattr(Plan, "book", book)


def forget_counts(monkeypatch):
    monkeypatch.setattr(Pile, "count_after", lambda self, at: None)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "fault",
    [
        forget_the_past,
        forget_counts,
        *(
            pytest.param(one, marks=LONG_ONLY)
            for one in (ignore_promises, issue_in_the_wrong_order, lose_the_road, reverse_the_wrong_way)
        ),
    ],
)
def test_the_machine_notices_a_planted_fault(fault, monkeypatch):
    fault(monkeypatch)
    with pytest.raises(Exception):  # noqa: B017, PT011 - whichever check sees it first
        run_state_machine_as_test(LedgerMachine, settings=settings(MACHINE, max_examples=200, phases=[Phase.generate]))
