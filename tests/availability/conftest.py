"""Two depots 1,100 km apart, two items, one who posts, one who plans, one whom nobody gave a role."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from depots.models import Depot
from inventory.catalogue.models import Item
from logistics import sql
from logistics.accounts.models import Role, User
from tests import factories

HANOI, SAIGON, HUE = (105.85, 21.03), (106.70, 10.78), (107.59, 16.46)
FAR = date(2099, 12, 31)


@pytest.fixture
def poster(kept_world: User, db: None) -> User:
    return kept_world


@pytest.fixture
def north(poster: User) -> Depot:
    return factories.a_depot("K01", at=HANOI)


@pytest.fixture
def south(poster: User) -> Depot:
    return factories.a_depot("K02", at=SAIGON)


@pytest.fixture
def rice(poster: User) -> Item:
    """Kept by lot, in kilograms."""
    return factories.an_item("QN-01-0000014", unit="KGM", tracking="lot", name="Gạo tẻ", specification="loại 1")


@pytest.fixture
def blanket(poster: User) -> Item:
    """Untracked, in pieces."""
    return factories.an_item("QN-02-0000011", name="Chăn")


@pytest.fixture
def planner(poster: User) -> User:
    return factories.a_user("kehoach", role=Role.PLANNER)


@pytest.fixture
def stranger(poster: User) -> User:
    return factories.a_user("khach")


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the statements run from files since the test began; the ORM's own count does not see them."""
    names: list[str] = []
    run: Callable[..., Any] = sql.run

    def noting(name: str, *args: Any, **kwargs: Any) -> Any:
        names.append(name)
        return run(name, *args, **kwargs)

    monkeypatch.setattr(sql, "run", noting)
    return names
