"""A depot with two bins: a storekeeper who plans, two who count, a chief who finalises. Hours are the clock."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from depots.models import Depot
from inventory.catalogue.models import Item
from inventory.ledger.entries import Posted
from inventory.stocktakes import counting, planning, review, standing
from inventory.stocktakes.counting import Counted, Kept
from inventory.stocktakes.models import Cause, GradeColumn, Stocktake
from inventory.stocktakes.planning import Asked
from inventory.stocktakes.review import Ruling
from inventory.stocktakes.standing import LineStanding
from logistics.accounts.models import Role, User
from logistics.history import Source
from tests import factories
from tests.conftest import Worlds

RICE, BLANKET, RADIO = "QN-01-0000014", "QN-02-0000021", "QN-02-0000032"
CAUSES = [
    ("GHI_NHAM", "both"),
    ("HAO_HUT", "shortage"),
    ("CHUA_RO", "surplus"),
    ("CHUA_DEM", "left_out"),
]


@dataclass
class Store:
    """What a test names, and the verbs it does to it. Everything happens at an hour after `start`."""

    depot: Depot
    poster: User
    start: datetime
    items: dict[str, Item] = field(default_factory=dict)

    def at(self, hour: float) -> datetime:
        """The instant of an hour."""
        return self.start + timedelta(hours=hour)

    def user(self, login: str) -> User:
        """Return somebody by login."""
        return User.objects.get(login=login)

    def move(
        self, kind: str, item: str, quantity: int | str, *, hour: float, at: float | None = None, **line: Any
    ) -> Posted:
        """Post a movement that happened at `hour`, recorded at `at` (the same hour unless said)."""
        given = {name: line.pop(name) for name in ("reverses", "reason") if name in line}
        lines = [] if kind == "reversal" else [factories.a_line(item, quantity, **line)]
        return factories.posting(
            self.poster, kind, self.depot.code, *lines,
            occurred_at=self.at(hour), at=self.at(hour if at is None else at), **given,
        )  # fmt: skip

    def plan(self, *, hour: float = 0, by: str = "ke-hoach", **given: Any) -> Stocktake:
        """Plan a stocktake of the depot."""
        asked = Asked(depot=self.depot.code, reason=given.pop("reason", "Kiểm kê tháng"), **given)
        return planning.plan(asked, stocktake_id=uuid4(), by=self.user(by), at=self.at(hour), source=Source.WEB)

    def opened(self, *, hour: float = 0, by: str = "ke-hoach", **given: Any) -> Stocktake:
        """Plan a stocktake and open it."""
        made = self.plan(hour=hour, by=by, **given)
        return planning.open_sheet(made.pk, by=self.user(by), at=self.at(hour), source=Source.WEB)

    def count(
        self, one: Stocktake, line: LineStanding | UUID | None, quantity: int | str, *, hour: float,
        at: float | None = None, by: str = "dem-1", **given: Any,
    ) -> Kept:  # fmt: skip
        """Count one line at `hour`, told at `at`."""
        told = Counted(
            key=given.pop("key", None) or uuid4(),
            line=line.id if isinstance(line, LineStanding) else line,
            quantity=Decimal(quantity),
            counted_at=self.at(hour),
            **given,
        )
        (kept,) = counting.count(one.pk, [told], by=self.user(by), at=self.at(hour if at is None else at))
        return kept

    def lines(self, one: Stocktake) -> dict[str, LineStanding]:
        """Return the sheet's lines, each by "item lot bin" with the lot left out where there is none."""
        one.refresh_from_db()
        return {" ".join(filter(None, (x.item, x.lot, x.bin))): x for x in standing.of(one).lines}

    def end(self, one: Stocktake, *, hour: float) -> Stocktake:
        """End the counting."""
        return review.end_counting(one.pk, by=self.user("ke-hoach"), at=self.at(hour), source=Source.WEB)

    def decide(self, one: Stocktake, *rulings: Ruling, hour: float) -> standing.Standing:
        """Decide about lines."""
        return review.decide(one.pk, rulings, by=self.user("ke-hoach"), at=self.at(hour), source=Source.WEB)

    def settle(self, one: Stocktake, *, hour: float) -> None:
        """Decide about every line that waits: differences are booked, what was not counted is left out."""
        rulings: Sequence[Ruling] = [
            Ruling(line=x.id, action="leave_out", cause="CHUA_DEM")
            if x.difference is None
            else Ruling(line=x.id, action="book", cause="GHI_NHAM")
            for x in standing.of(one).unsettled
        ]
        if rulings:
            self.decide(one, *rulings, hour=hour)

    def finalise(self, one: Stocktake, *, hour: float, by: str = "duyet") -> Stocktake:
        """Finalise it."""
        return review.finalise(one.pk, by=self.user(by), at=self.at(hour), source=Source.WEB)

    def on_hand(self, item: str, **pile: Any) -> Decimal:
        """Return what the depot holds."""
        return factories.on_hand(self.depot, self.items[item], **pile)


def a_store() -> Store:
    """Make it: 100 kg of rice L1 and 60 of L2 in A-01, 40 blankets in A-02, a radio; all recorded a day before."""
    poster = factories.world()
    depot = factories.a_depot("K01")
    items = {
        RICE: factories.an_item(RICE, tracking="lot", unit="KGM", name="Gạo tẻ"),
        BLANKET: factories.an_item(BLANKET, name="Chăn"),
        RADIO: factories.an_item(RADIO, tracking="serial", name="Máy thu"),
    }
    factories.a_user("ke-hoach", role=Role.STOREKEEPER, depot=depot)
    factories.a_user("dem-1", role=Role.STOREKEEPER, depot=depot)
    factories.a_user("dem-2", role=Role.STOREKEEPER, depot=depot)
    factories.a_user("duyet", role=Role.APPROVER, depot=depot)
    factories.a_user("duyet-2", role=Role.APPROVER, depot=depot)
    factories.a_user("xem", role=Role.AUDITOR, depot=depot)
    factories.a_user("nguoi-la", role=Role.STOREKEEPER, depot=factories.a_depot("K99"))
    with factories.telling():
        for code, use in CAUSES:
            Cause.objects.create(code=code, name=code, name_en=f"{code} en", use=use)
        for grade, column in [(1, "good"), (2, "good"), (3, "poor"), (4, "poor"), (5, "lost")]:
            GradeColumn.objects.create(grade_id=grade, column=column)
    store = Store(depot, poster, timezone.now() - timedelta(hours=60), items)
    store.move("receipt", RICE, 100, hour=-24, lot="L1", bin="A-01", unit_price=Decimal(15000))
    store.move("receipt", RICE, 60, hour=-24, lot="L2", bin="A-01")
    store.move("receipt", BLANKET, 40, hour=-24, bin="A-02", unit_price=Decimal(200000))
    store.move("receipt", RADIO, 1, hour=-24, lot="SN-1", bin="A-02")
    return store


@pytest.fixture
def kept_store(worlds: Worlds) -> Iterator[Store]:
    """The store as it was made once for the run."""
    with worlds.within(a_store) as made:
        yield made


@pytest.fixture
def store(kept_store: Store, db: None) -> Store:
    """The store; what the test changes of it is rolled back."""
    return kept_store


@pytest.fixture
def real_store(committed: str) -> Store:
    """The store where commits stay."""
    return a_store()
