"""The world whose papers are looked at, made once for a module."""

from __future__ import annotations

import pytest

from tests.printing import world
from tests.printing.world import Papers


@pytest.fixture(scope="module")
def papers(own_database: str) -> dict[int, Papers]:
    """What was done in two depots, by how many lines each paper has."""
    return world.make()
