"""A small country: a destination, three depots that have rice, a planner of all of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone

from depots.models import Depot
from inventory.catalogue.models import Item
from inventory.sourcing import plans, solving
from inventory.sourcing.models import Plan
from inventory.sourcing.needs import TypedNeed
from inventory.sourcing.plans import Asked
from logistics.accounts.models import Role, User
from logistics.history import Source
from tests import factories
from tests.conftest import Worlds

AT = {"K01": (105.8, 21.0), "K02": (106.0, 21.0), "K03": (107.8, 16.5), "K04": (106.7, 10.8)}


@dataclass
class Country:
    """What the tests name."""

    poster: User
    planner: User
    keeper: User  # storekeeper of K02
    auditor: User
    stranger: User  # planner of K04 alone
    depots: dict[str, Depot]
    rice: Item
    milk: Item

    def asked(self, *needs: tuple[str, str] | tuple[str, str, str], **fields: Any) -> Asked:
        typed = [TypedNeed(item=item, quantity=quantity, unit="".join(unit)) for item, quantity, *unit in needs]
        given = {"name": "Bổ sung K01", "depot": "K01", "needed_by_date": soon(10), "needs": typed} | fields
        return Asked(**given)

    def plan(self, *needs: Any, by: User | None = None, **fields: Any) -> Plan:
        return plans.make(self.asked(*needs, **fields), by=by or self.planner, at=timezone.now(), source=Source.WEB)

    def told(self, plan: Plan) -> str:
        return ", ".join(f"{row.depot} {row.lot} {row.quantity.normalize():f}" for row in plan.sources)


def soon(days: int) -> date:
    """Return the day that is so many days ahead."""
    return timezone.localdate() + timedelta(days=days)


def a_country(*, password: str | None = None) -> Country:
    """Make it: K01 needs; K02 is near, K03 far, K04 farthest; stock by lot."""
    poster = factories.world()
    depots = {code: factories.a_depot(code, at=at) for code, at in AT.items()}
    rice = factories.an_item(tracking="lot", unit="KGM", name="Gạo tẻ", name_en="Rice")
    milk = factories.an_item("QN-01-0000021", unit="EA", name="Sữa hộp", name_en="Milk")
    factories.a_packaging(rice, "BX", "25")
    for depot, lot, quantity, days in (
        ("K02", "L24", "100", 60), ("K02", "L25", "50", 400), ("K03", "L26", "300", 200), ("K04", "L27", "1000", 700),
    ):  # fmt: skip
        line = factories.a_line(rice, quantity, lot=lot, expires_date=soon(days))
        factories.posting(poster, "receipt", depot, line, days_ago=3)
    factories.posting(poster, "receipt", "K03", factories.a_line(milk, "40"), days_ago=3)
    planner = factories.a_user("kehoach", role=Role.PLANNER, password=password)
    return Country(
        poster=poster,
        planner=planner,
        keeper=factories.a_user("thukho02", role=Role.STOREKEEPER, depot=depots["K02"], password=password),
        auditor=factories.a_user("kiemtoan", role=Role.AUDITOR, password=password),
        stranger=factories.a_user("nguoi-la", role=Role.PLANNER, depot=depots["K04"], password=password),
        depots=depots,
        rice=rice,
        milk=milk,
    )


@pytest.fixture(autouse=True)
def _time_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """However busy the machine is, the solver ends by itself: its other limit counts steps, not seconds."""
    monkeypatch.setattr(solving, "MOST_SECONDS", 600.0)


@pytest.fixture
def kept_country(worlds: Worlds) -> Iterator[Country]:
    """The country as it was made once for the run."""
    with worlds.within(a_country) as made:
        yield made


@pytest.fixture
def country(kept_country: Country, db: None) -> Country:
    """The country; what the test changes of it is rolled back."""
    return kept_country
