"""Days of supply, chances, reorder points: by hand."""

from __future__ import annotations

from decimal import Decimal

import pytest

from inventory.foresight import supply
from inventory.foresight.models import LeadBasis
from inventory.foresight.supply import Need, Pack, Stock, Terms
from tests.notation import rows


def terms(lead: str = "10", review: int = 20, service: str = "95") -> Terms:
    return Terms(
        lead_days=Decimal(lead), review_days=review, service_percent=Decimal(service), lead_basis=LeadBasis.TERMS
    )


def test_days_of_supply() -> None:
    for row in rows("""
        quantity | per day | days
        100      | 3       | 33.3
        0        | 3       | 0.0
        -5       | 3       | 0.0
        100      | 0       |
        100      | 0.00001 | 99999.0
    """):
        found = supply.days_of_supply(Decimal(row["quantity"]), Decimal(row["per day"]))
        assert found == (Decimal(row["days"]) if row["days"] else None), row


def test_chance_and_risk() -> None:
    """30 days to cover at 4 a day: 120 expected. A month's spread of 30.217 is 30 over 30 days."""
    need = Need(per_day=Decimal(4), spread=Decimal("30.217"))
    for row in rows("""
        available | on the road | chance | risk   | why
        120       | 0           | 0.500  | high   | as much as is expected
        90        | 30          | 0.500  | high   | the road counts
        150       | 0           | 0.159  | medium | one spread above: 1 − Φ(1)
        180       | 0           | 0.023  | low    | two spreads above: 1 − Φ(2)
        90        | 0           | 0.841  | high   | one spread below
        0         | 500         | 0.000  | out    | nothing can be given out now
    """):
        stock = Stock(available=Decimal(row["available"]), on_the_road=Decimal(row["on the road"]))
        assert supply.chance_to_run_out(stock, need, terms()) == Decimal(row["chance"]), row
        assert supply.risk(stock, need, terms()) == row["risk"], row


def test_risk_without_a_known_spread_goes_by_days() -> None:
    for row in rows("""
        available | per day | known | risk
        119       | 4       | yes   | high
        120       | 4       | yes   | medium
        179       | 4       | yes   | medium
        180       | 4       | yes   | low
        100       | 0       | yes   | none
        100       | 0       | no    | unknown
    """):
        need = Need(per_day=Decimal(row["per day"]), spread=None, is_known=row["known"] == "yes")
        stock = Stock(available=Decimal(row["available"]))
        assert supply.chance_to_run_out(stock, need, terms()) is None
        assert supply.risk(stock, need, terms()) == row["risk"], row


class TestOrder:
    need = Need(per_day=Decimal(4), spread=Decimal("30.217"))

    def test_is_reckoned_line_by_line(self) -> None:
        found = supply.order(Stock(available=Decimal(60)), self.need, terms(), pack=Pack("BX", Decimal(25)), scale=0)
        assert found is not None
        assert found.lead_demand == 40  # 10 days × 4
        assert found.factor == Decimal("1.645")  # Φ⁻¹(0.95)
        assert found.safety == 50  # 1.645 × 30 = 49.35, up
        assert found.review_demand == 80  # 20 days × 4
        assert found.reorder_point == 170
        assert found.order_up_to == 250
        assert found.missing == 190
        assert (found.packs, found.quantity) == (8, 200)

    def test_counts_the_road_and_what_is_ordered(self) -> None:
        for row in rows("""
            available | road | ordered | quantity
            60        | 0    | 0       | 190
            60        | 90   | 20      | 80
            60        | 90   | 21      | 0
            171       | 0    | 0       | 0
            170       | 0    | 0       | 80
        """):
            stock = Stock(
                available=Decimal(row["available"]), on_the_road=Decimal(row["road"]), ordered=Decimal(row["ordered"])
            )
            found = supply.order(stock, self.need, terms(), pack=None, scale=0)
            assert found is not None
            assert found.quantity == Decimal(row["quantity"]), row

    def test_is_in_the_decimals_of_the_unit_and_rounded_as_people_order(self) -> None:
        need = Need(per_day=Decimal("0.333333"), spread=Decimal(0))
        found = supply.order(Stock(available=Decimal(0)), need, terms(), pack=None, scale=3)
        assert found is not None
        assert (found.lead_demand, found.review_demand, found.quantity) == (
            Decimal("3.334"), Decimal("6.667"), Decimal("16.7"),
        )  # fmt: skip

    def test_is_suggested_just_where_the_chance_is_more_than_is_wanted(self) -> None:
        for available in range(100, 260):
            stock = Stock(available=Decimal(available))
            found, chance = (
                supply.order(stock, self.need, terms(), pack=None, scale=3),
                supply.chance_to_run_out(stock, self.need, terms()),
            )
            assert found is not None
            assert chance is not None
            assert (found.quantity > 0) == (chance >= Decimal("0.05")), available

    @pytest.mark.parametrize("need", [Need(per_day=Decimal(0), spread=Decimal(3)),
                                      Need(per_day=Decimal(1), spread=None, is_known=False)])  # fmt: skip
    def test_is_not_suggested_where_nothing_is_used_or_known(self, need: Need) -> None:
        assert supply.order(Stock(available=Decimal(0)), need, terms(), pack=None, scale=0) is None
