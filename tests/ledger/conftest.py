"""One poster, two depots and three items: the cast of every ledger test."""

from __future__ import annotations

import pytest
from django.utils import translation

from tests.factories import a_depot, an_item


@pytest.fixture
def poster(kept_world, db):
    return kept_world


@pytest.fixture
def depot(poster):
    return a_depot("K01")


@pytest.fixture
def other_depot(poster):
    return a_depot("K02", at=(106.7, 10.8))


@pytest.fixture
def rice(poster):
    """Kept by lot, in kilograms."""
    return an_item("QN-01-0000014", unit="KGM", tracking="lot")


@pytest.fixture
def blanket(poster):
    """Untracked, in pieces."""
    return an_item("QN-02-0000011")


@pytest.fixture
def monitor(poster):
    """Kept by serial number."""
    return an_item("QY-01-0000014", tracking="serial")


@pytest.fixture(autouse=True)
def _in_english():
    """Refusals are compared in the language of their msgids."""
    with translation.override("en"):
        yield
