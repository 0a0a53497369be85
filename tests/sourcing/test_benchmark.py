"""The benchmark of sourcing measures whole plans, not empty ones."""

from __future__ import annotations

from benchmarks.sourcing import sourcing
from tests.sourcing.conftest import Country


def test_every_strategy_is_measured_beside_the_statement(country: Country) -> None:
    found = sourcing([country.rice.code, country.milk.code], times=1)
    assert (found["lines"], found["depots"], found["piles"]) == (2, 4, 5)
    assert set(found["ratios"]) == {"nearest-complete", "fewest-splits", "least-effort"}
    assert all(ratio > 0 for ratio in found["ratios"].values())
    assert found["states"]["least-effort"] == "optimal"
