"""Two depots, rice by lot and blankets, one who posts and one who plans; and asking a report as its page does."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.utils import timezone, translation

from inventory.availability.instants import Instant
from inventory.reports.definition import Asked, Result
from inventory.reports.known import report
from tests.availability.conftest import (  # noqa: F401  # fixtures
    blanket,
    north,
    planner,
    poster,
    rice,
    south,
    statements,
    stranger,
)
from tests.availability.test_as_of import NOW

Ask = Callable[..., Result]


@pytest.fixture
def ask(planner) -> Ask:  # noqa: F811
    """Return a report by its name and query, asked by the planner unless by somebody else."""

    def asked(
        slug: str, query: str = "", *, by=None, at: datetime = NOW, as_of: datetime | None = None,
        recorded_as_of: datetime | None = None,
    ) -> Result:  # fmt: skip
        user, found = by or planner, report(slug)
        when = Instant(as_of=as_of, recorded_as_of=recorded_as_of)
        # An earlier test may have left another language behind.
        with translation.override("vi"):
            return in_vietnamese(found, query, user, at, when)

    def in_vietnamese(found, query, user, at, when) -> Result:
        today = timezone.localdate(when.as_of or when.recorded_as_of or at)
        asks = found.asks.of(query, by=user, today=today)
        assert not asks.errors, asks.errors
        return found.run(Asked(by=user, at=at, instant=when, values=asks.values()), facts=asks.facts())

    return asked


def table(result: Result, *keys: str) -> list[dict[str, str]]:
    """Return some columns of a report as a worked table writes them."""
    found = []
    for row in result.rows:
        cells: dict[str, Any] = {key: result.value(row, key) for key in keys}
        found.append({key: "" if cell is None else _written(cell) for key, cell in cells.items()})
    return found


def _written(cell: Any) -> str:
    return f"{cell.normalize():f}" if hasattr(cell, "normalize") else f"{cell}"
