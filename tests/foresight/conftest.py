"""A depot, a second one, rice by lots and blankets; papers that are entered on the day they say, or later."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from depots.models import Depot
from inventory.catalogue.models import Item
from inventory.ledger.entries import Posted
from logistics import asking
from logistics.accounts.models import Role, User
from tests import factories

Enter = Callable[..., Posted]


@pytest.fixture
def poster(kept_world: User, db: None) -> User:
    return kept_world


@pytest.fixture
def depot(poster: User) -> Depot:
    return factories.a_depot("K01")


@pytest.fixture
def other(poster: User) -> Depot:
    return factories.a_depot("K02", at=(106.7, 10.8))


@pytest.fixture
def rice(poster: User) -> Item:
    """Kept by lot, in kilograms."""
    return factories.an_item("QN-01-0000014", unit="KGM", tracking="lot", name="Gạo tẻ", name_en="Rice")


@pytest.fixture
def blanket(poster: User) -> Item:
    """Untracked, in pieces."""
    return factories.an_item("QN-02-0000011", name="Chăn", name_en="Blanket")


@pytest.fixture
def planner(poster: User) -> User:
    return factories.a_user("kehoach", role=Role.PLANNER)


def noon(day: str | date) -> datetime:
    """Return midday of a day in the store's zone."""
    return asking.midnight(date.fromisoformat(day) if isinstance(day, str) else day) + timedelta(hours=12)


@pytest.fixture
def enter(poster: User) -> Enter:
    """Post one line of a kind on a day; `recorded` later than that makes it a late entry."""

    def post(kind: str, depot: str, *lines: Any, on: str | date, recorded: str | date = "", **fields: Any) -> Posted:
        fields.setdefault("reason", "vì phải thế")
        return factories.posting(poster, kind, depot, *lines, at=noon(recorded or on), occurred_at=noon(on), **fields)

    return post
