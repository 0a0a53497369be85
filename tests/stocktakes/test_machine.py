"""Whatever is counted, moved and told late in whatever order, a posted stocktake set piles to what was counted.

The model knows nothing of sheets, rounds or SQL: it keeps every change with the moment it happened, and every count.
"""

from __future__ import annotations

import os
from collections import defaultdict
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from inventory.ledger.verifying import verify
from inventory.stocktakes import counting, planning, report, review, standing
from inventory.stocktakes.counting import Counted
from inventory.stocktakes.models import Status, Stocktake
from logistics.errors import Conflict
from logistics.history import Source
from tests.longer import LONG_ONLY
from tests.stocktakes.conftest import BLANKET, RICE, Store, a_store

LONG = os.environ.get("HYPOTHESIS_PROFILE") == "long"
MACHINE = settings(
    max_examples=150 if LONG else 6,
    stateful_step_count=40 if LONG else 18,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate] if not LONG else [Phase.generate, Phase.shrink],
    derandomize=not LONG,
)
NOTHING = Decimal(0)
Pile = tuple[str, str, str]  # item, lot, bin
PILES: tuple[Pile, ...] = ((RICE, "L1", "A-01"), (RICE, "L2", "A-01"), (BLANKET, "", "A-02"))
piles, offs = st.sampled_from(PILES), st.sampled_from([0, 0, 1, -1, 7, -7, -200])


class StocktakeMachine(RuleBasedStateMachine):
    """One depot, one sheet after the other; receipts and issues go on, some of them told late."""

    def __init__(self) -> None:
        super().__init__()
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        self.store: Store = a_store()
        self.hour = 0.0
        self.one: Stocktake | None = None
        start = self.store.at(-24)
        self.changes: dict[Pile, list[tuple[datetime, Decimal]]] = defaultdict(list)
        for pile, quantity in zip(PILES, (100, 60, 40), strict=True):
            self.changes[pile].append((start, Decimal(quantity)))
        self.counts: dict[Pile, list[tuple[datetime, int, Decimal, bool]]] = defaultdict(list)  # with the round
        self.rounds: dict[Pile, int] = defaultdict(lambda: 1)
        self.posted: dict[Pile, datetime] = {}  # the last count that holds
        self.open()

    def teardown(self) -> None:
        try:
            self.last_steps()
        finally:
            self.undo()

    def last_steps(self) -> None:
        """End as every stocktake should, whatever happened before, and tell something late after it."""
        if self.is_running and any(map(self.held, PILES)):
            self.finalise()
            for pile in PILES:
                self.move("receipt", pile, Decimal(3), 2.0)
        self.piles_are_what_the_model_says()

    def undo(self) -> None:
        transaction.set_rollback(True)
        self.atomic.__exit__(None, None, None)

    def tick(self) -> None:
        self.hour += 0.1

    @property
    def is_counting(self) -> bool:
        return self.one is not None and self.one.status == Status.COUNTING

    @property
    def is_running(self) -> bool:
        return self.one is not None and self.one.is_running

    def book(self, pile: Pile, until: datetime) -> Decimal:
        return sum((change for at, change in self.changes[pile] if at < until), NOTHING)

    def held(self, pile: Pile) -> tuple[datetime, Decimal] | None:
        mine = sorted(one for one in self.counts[pile] if one[1] == self.rounds[pile])
        total: Decimal | None = None
        for _at, _round, quantity, adds in mine:
            total = quantity + (total if adds and total is not None else NOTHING)
        return None if total is None else (mine[-1][0], total)

    # --- What happens ---------------------------------------------------------------------------------------------

    @rule(pile=piles, quantity=st.integers(1, 40).map(Decimal), late=st.sampled_from([0.0, 0.0, 0.25, 1.0]))
    def receive(self, pile: Pile, quantity: Decimal, late: float) -> None:
        self.move("receipt", pile, quantity, late)

    @rule(pile=piles, quantity=st.integers(1, 40).map(Decimal), late=st.sampled_from([0.0, 0.0, 0.25, 1.0]))
    def issue(self, pile: Pile, quantity: Decimal, late: float) -> None:
        self.move("issue", pile, -quantity, late)

    def move(self, kind: str, pile: Pile, change: Decimal, late: float) -> None:
        self.tick()
        item, lot, place = pile
        happened = self.store.at(self.hour - late)
        try:
            with transaction.atomic():
                self.store.move(
                    kind, item, str(abs(change)), hour=self.hour - late, at=self.hour, bin=place, reason="muộn",
                    **({"lot": lot} if lot else {}),
                )  # fmt: skip
        except Conflict:
            return  # not so much there, or not then
        self.changes[pile].append((happened, change))
        if (count := self.posted.get(pile)) is not None and happened < count:
            self.changes[pile].append((count, -change))

    @precondition(lambda self: self.one is None or not self.one.is_running)
    @rule()
    def open(self) -> None:
        self.tick()
        self.one = self.store.opened(hour=self.hour)
        self.counts.clear()
        self.rounds.clear()

    @precondition(lambda self: self.is_counting)
    @rule(pile=piles, off=offs, adds=st.booleans(), late=st.sampled_from([0.0, 0.05]), twice=st.booleans())
    def count(self, pile: Pile, off: int, adds: bool, late: float, twice: bool) -> None:
        assert self.one is not None
        self.tick()
        at = self.store.at(self.hour - late)
        quantity = max(self.book(pile, at) + off, NOTHING)  # a counter is never far off
        told = Counted(
            key=uuid4(), item=pile[0], lot=pile[1], bin=pile[2], quantity=quantity, counted_at=at, adds=adds,
            round=self.rounds[pile],
        )  # fmt: skip
        for wanted in ("kept", "repeated")[: 2 if twice else 1]:
            (kept,) = counting.count(self.one.pk, [told], by=self.store.user("dem-1"), at=self.store.at(self.hour))
            assert kept.state == wanted, kept
        self.counts[pile].append((at, self.rounds[pile], quantity, adds))

    @precondition(lambda self: self.is_running)
    @rule(pile=piles, is_wanted=st.sampled_from([True, False, False]))
    def recount(self, pile: Pile, is_wanted: bool) -> None:
        assert self.one is not None
        if not is_wanted:
            return
        self.tick()
        line = next((x for x in standing.of(self.one).lines if (x.item, x.lot, x.bin) == pile), None)
        if line is not None:
            self.one = review.ask_recount(
                self.one.pk, lines=[line.id], by=self.store.user("ke-hoach"), at=self.store.at(self.hour),
                source=Source.WEB,
            )  # fmt: skip
            self.rounds[pile] += 1

    @precondition(lambda self: self.is_counting)
    @rule()
    def end(self) -> None:
        assert self.one is not None
        self.tick()
        self.one = self.store.end(self.one, hour=self.hour)

    @precondition(lambda self: self.is_running and any(map(self.held, PILES)))
    @rule()
    def finalise(self) -> None:
        assert self.one is not None
        if self.is_counting:
            self.end()
        self.tick()
        counted = {pile: found for pile in PILES if (found := self.held(pile)) is not None}
        self.store.settle(self.one, hour=self.hour)
        try:
            with transaction.atomic():
                self.one = self.store.finalise(self.one, hour=self.hour)
        except Conflict:  # what was counted missing has left meanwhile
            self.one = planning.cancel(
                self.one.pk, reason="đếm lại cả", by=self.store.user("ke-hoach"), at=self.store.at(self.hour),
                source=Source.WEB,
            )  # fmt: skip
            return
        for pile, (at, quantity) in counted.items():
            change = quantity - self.book(pile, at)
            self.changes[pile].append((at, change))
            self.posted[pile] = at
        rows = {(row.item, row.lot, row.bin): row for row in report.rows(self.one)}
        for pile, (_at, quantity) in counted.items():
            assert rows[pile].counted_then == quantity
            assert rows[pile].counted == rows[pile].book + rows[pile].surplus - rows[pile].shortage

    # --- What holds -----------------------------------------------------------------------------------------------

    @invariant()
    def piles_are_what_the_model_says(self) -> None:
        for item, lot, place in PILES:
            wanted = sum((change for _at, change in self.changes[item, lot, place]), NOTHING)
            pile = {"bin__code": place, **({"lot__code": lot} if lot else {})}
            assert self.store.on_hand(item, **pile) == wanted, (item, lot, place)

    @invariant()
    def differences_are_what_the_model_says(self) -> None:
        if not self.is_running or self.one is None:
            return
        for line in standing.of(self.one).lines:
            pile = (line.item, line.lot, line.bin)
            if pile not in PILES:
                continue
            mine = self.held(pile)
            wanted = None if mine is None else mine[1] - self.book(pile, mine[0])
            assert line.difference == wanted, (pile, self.hour)


@pytest.mark.django_db
def test_a_stocktake_sets_piles_to_what_was_counted() -> None:
    posted = []

    class Sound(StocktakeMachine):
        def last_steps(self) -> None:
            super().last_steps()
            posted.append(len(self.posted))
            found = verify()
            assert found.is_sound, found.disagreements

    run_state_machine_as_test(Sound, settings=MACHINE)
    assert sum(posted) >= MACHINE.max_examples // 2  # else it proved little


@LONG_ONLY
@pytest.mark.django_db
@pytest.mark.parametrize("fault", ["late", "adds"])
def test_the_machine_notices_faults(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if fault == "late":  # counts compared with the books of now
        real = standing.books_at
        late = timedelta(days=1)
        monkeypatch.setattr(
            standing, "books_at",
            lambda depots, holdings, instants: {
                (one, at - late): found
                for (one, at), found in real(depots, holdings, [at + late for at in instants]).items()
            },
        )  # fmt: skip
    else:  # what adds replaces instead
        real_held = standing.held
        monkeypatch.setattr(
            standing, "held",
            lambda counts, number: real_held(
                [standing.Told(**{name: getattr(x, name) for name in x.__slots__} | {"adds": False}) for x in counts],
                number,
            ),
        )  # fmt: skip
    with pytest.raises(AssertionError):
        run_state_machine_as_test(StocktakeMachine, settings=settings(MACHINE, max_examples=60))
