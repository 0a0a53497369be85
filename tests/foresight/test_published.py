"""The choice among models, tried on a real history of deliveries: `benchmarks/forecasts.py` on a part of it."""

from __future__ import annotations

from itertools import islice
from statistics import mean

import pytest

from benchmarks import forecasts
from tests.published import rows, table

NAME = "scms_delivery_history.csv"
ITEMS = 40  # of 184, so that it takes seconds; docs/forecasts.md has all of them


def test_our_choice_errs_less_than_repeating_the_last_month() -> None:
    series = forecasts.demands(table(NAME))
    assert len(series) == 184
    delivered = sum(int(row["Line Item Quantity"]) for row in rows(NAME))
    assert sum(sum(one) for one in series.values()) == delivered
    found = forecasts.measured(dict(islice(series.items(), ITEMS)))["all"]
    print(forecasts.table({"all": found}))
    assert found.series > 25
    assert mean(found.mase[forecasts.CHOICE]) < 1
    assert found.absolute[forecasts.CHOICE] < found.naive[forecasts.CHOICE]


def test_a_day_in_no_known_form_is_an_error_and_not_a_zero() -> None:
    with pytest.raises(ValueError, match="is no day"):
        forecasts._day("Date Not Captured")
