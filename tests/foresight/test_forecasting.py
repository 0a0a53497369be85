"""Models tried on what is past: errors by hand, the same answer every time, honest words about short series."""

from __future__ import annotations

import math
from decimal import Decimal

import pytest

from inventory.foresight import accuracy
from inventory.foresight.forecasting import HORIZON, LEAST_TESTS, LEAST_TRAINING, MEAN, back_test, forecast
from inventory.foresight.models import DemandClass
from tests.notation import rows


def months(*values: float) -> list[Decimal]:
    return [Decimal(str(value)) for value in values]


# A year and a half of something that is used every month, and of something that rarely is.
STEADY = months(50, 53, 47, 51, 49, 55, 50, 46, 52, 51, 48, 54, 50, 49, 53, 47, 52, 50)
RARE = months(0, 0, 12, 0, 0, 0, 9, 0, 0, 14, 0, 0, 0, 0, 11, 0, 8, 0)


class TestErrors:
    def test_mase_by_hand(self) -> None:
        """Training 10, 14, 12, 16: the naive forecast is off by 4, 2, 4, so by 10/3. Tests 15, 19, told 17 twice."""
        values = [10.0, 14.0, 12.0, 16.0, 15.0, 19.0]
        found = back_test(values, [17.0, 17.0], model="by hand")
        assert found.mae == Decimal("2.000")
        assert found.rmse == Decimal("2.000")
        assert found.mase == Decimal("0.600")  # 2 ÷ (10/3)
        assert found.points == 2

    def test_there_is_no_mase_where_the_naive_forecast_makes_no_error(self) -> None:
        assert back_test([3.0, 3.0, 3.0, 5.0], [3.0], model="by hand").mase is None

    def test_the_interval_is_the_error_that_four_of_five_stay_below(self) -> None:
        assert accuracy.half_width([1, -2, 3, -4]) == 4  # ⌈0.8 × 5⌉ = 4th
        assert accuracy.half_width([1, -2, 3, -4, 5, -6, 7, -8, 9]) == 8  # ⌈0.8 × 10⌉ = 8th
        assert accuracy.half_width([1, -2]) == 2  # fewer than are needed: the largest

    def test_classes_of_demand(self) -> None:
        for row in rows("""
            values                  | class
            5 5 5 5                 | smooth
            5 0 5 5                 | intermittent
            5 0 5 5 5               | smooth
            1 20 1 1                | erratic
            1 0 0 20 0 1 0 0        | lumpy
            0 0 0                   | none
        """):
            values = [float(one) for one in row["values"].split()]
            assert accuracy.demand_class(values) == row["class"], row


class TestForecasts:
    def test_are_the_same_every_time_and_in_any_company(self) -> None:
        first = forecast([STEADY, RARE])
        assert forecast([RARE, STEADY]) == first[::-1]
        assert forecast([STEADY])[0] == first[0]

    def test_bring_the_error_of_every_model_that_was_tried(self) -> None:
        steady, rare = forecast([STEADY, RARE])
        for found in (steady, rare):
            assert found.chosen is not None
            assert found.chosen.rmse == min(test.rmse for test in found.tests)
            assert {test.points for test in found.tests} == {12}
            assert len(found.ahead) == HORIZON
        assert steady.demand is DemandClass.SMOOTH
        assert rare.demand in {DemandClass.INTERMITTENT, DemandClass.LUMPY}
        assert {"naive", "mean", "ses", "croston", "sba", "tsb"} <= {test.model for test in rare.tests}
        assert Decimal(48) < steady.ahead[0].quantity < Decimal(53)
        assert rare.ahead[0].quantity > 1, "a rarely used item is not forecast as never used"

    def test_the_interval_lies_about_the_forecast_and_never_below_zero(self) -> None:
        for found in forecast([STEADY, RARE]):
            for month in found.ahead:
                assert month.low is not None
                assert month.high is not None
                assert 0 <= month.low <= month.quantity <= month.high

    def test_the_naive_model_is_last_months_figure(self) -> None:
        """The library's numbers, checked on the one model that can be reckoned by eye."""
        (found,) = forecast([RARE])
        naive = next(test for test in found.tests if test.model == "naive")
        values = [float(value) for value in RARE]
        errors = [abs(values[place] - values[place - 1]) for place in range(6, 18)]
        assert naive.mae == Decimal(str(round(sum(errors) / 12, 3)))
        assert naive.rmse == Decimal(str(round(math.sqrt(sum(one**2 for one in errors) / 12), 3)))

    @pytest.mark.parametrize("count", range(LEAST_TRAINING + LEAST_TESTS))
    def test_of_short_series_are_their_mean_and_say_so(self, count: int) -> None:
        (found,) = forecast([months(*range(1, count + 1))])
        assert (found.model, found.demand, found.tests) == (MEAN, DemandClass.SHORT, ())
        assert found.ahead[0].quantity == (Decimal(count + 1) / 2 if count else 0)
        assert found.ahead[0].low is None
        assert (found.spread is None) == (count < LEAST_TESTS)

    def test_of_a_series_long_enough_are_tried(self) -> None:
        (found,) = forecast([months(*range(1, LEAST_TRAINING + LEAST_TESTS + 1))])
        assert found.chosen is not None
        assert found.chosen.points == LEAST_TESTS

    def test_of_what_is_never_used_are_nothing(self) -> None:
        (found,) = forecast([months(*[0] * 18)])
        assert (found.demand, found.tests, found.ahead[0].quantity) == (DemandClass.NONE, (), 0)

    def test_a_month_of_reversals_alone_counts_as_none(self) -> None:
        assert forecast([[*STEADY, Decimal(-5)]]) == forecast([[*STEADY, Decimal(0)]])
