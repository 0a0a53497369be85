"""What counts as used, in which month: worked tables, and the table kept beside the log against the log itself."""

from __future__ import annotations

import os
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from depots.models import Depot
from inventory.catalogue.models import Item
from inventory.foresight import consumption
from inventory.foresight.models import Consumption, Grain
from logistics import sql
from tests import factories
from tests.foresight.conftest import Enter
from tests.notation import rows

pytestmark = pytest.mark.django_db

IS_LONG = os.environ.get("HYPOTHESIS_PROFILE") == "long"


def by_month(depot: Depot, item: Item, *, until: str = "2026-07-01") -> dict[str, tuple[Decimal, Decimal]]:
    """Return used and disposed of each month from the first that counts."""
    found = consumption.histories(
        [depot.pk], from_date=date(2026, 1, 1), until_date=date.fromisoformat(until), items=[item.pk]
    )
    return {f"{one.start_date:%m}": (one.used, one.disposed) for history in found for one in history.stretches}


class TestWhatCounts:
    def test_issues_do_and_transfers_do_not(self, depot: Depot, other: Depot, blanket: Item, enter: Enter) -> None:
        for row in rows("""
            kind         | on         | quantity
            opening      | 2026-01-05 |      900
            issue        | 2026-01-20 |       10
            transfer_out | 2026-02-10 |      100
            disposal     | 2026-02-11 |        3
            issue        | 2026-02-28 |        7
            return       | 2026-03-02 |        4
            adjustment   | 2026-03-03 |       -2
            issue        | 2026-05-01 |       20
            issue        | 2026-05-31 |        1
        """):
            extra: dict[str, Any] = {"to_depot": "K02"} if row["kind"] == "transfer_out" else {}
            enter(row["kind"], "K01", factories.a_line(blanket, row["quantity"]), on=row["on"], **extra)
        consumption.fold(depot.pk)
        told = by_month(depot, blanket)
        for row in rows("""
            month | used | disposed
            01    |   10 |        0
            02    |    7 |        3
            03    |    0 |        0
            04    |    0 |        0
            05    |   21 |        0
            06    |    0 |        0
        """):
            assert told.pop(row["month"]) == (Decimal(row["used"]), Decimal(row["disposed"])), row
        assert told == {}

    def test_a_reversed_issue_never_was(self, depot: Depot, blanket: Item, enter: Enter) -> None:
        enter("opening", "K01", factories.a_line(blanket, 900), on="2026-01-02")
        enter("issue", "K01", factories.a_line(blanket, 50), on="2026-02-03")
        mistaken = enter("issue", "K01", factories.a_line(blanket, 300), on="2026-02-04")
        consumption.fold(depot.pk)
        assert by_month(depot, blanket, until="2026-04-01")["02"][0] == 350
        enter("reversal", "K01", on="2026-03-20", reverses=mistaken.position)
        consumption.fold(depot.pk)  # the mistake lies before what is read now, and is still found
        told = by_month(depot, blanket, until="2026-04-01")
        assert {month: used for month, (used, _) in told.items()} == {"01": 0, "02": 50, "03": 0}

    def test_a_late_entry_counts_when_it_happened(self, depot: Depot, blanket: Item, enter: Enter) -> None:
        enter("opening", "K01", factories.a_line(blanket, 900), on="2026-01-02")
        enter("issue", "K01", factories.a_line(blanket, 5), on="2026-03-15")
        consumption.fold(depot.pk)
        enter("issue", "K01", factories.a_line(blanket, 8), on="2026-02-15", recorded="2026-03-16")
        consumption.fold(depot.pk)
        told = by_month(depot, blanket, until="2026-04-01")
        assert {month: used for month, (used, _) in told.items()} == {"01": 0, "02": 8, "03": 5}

    def test_days_are_local(self, depot: Depot, blanket: Item, poster: Any) -> None:
        from tests.foresight.conftest import noon

        opening = noon("2026-01-02")
        factories.posting(poster, "opening", "K01", factories.a_line(blanket, 9), at=opening, occurred_at=opening)
        # Half past midnight of 1 March in Hanoi is still February in UTC.
        night = noon("2026-03-01").replace(hour=0, minute=30)
        factories.posting(poster, "issue", "K01", factories.a_line(blanket, 1), at=night, occurred_at=night)
        consumption.fold(depot.pk)
        assert by_month(depot, blanket, until="2026-04-01")["03"][0] == 1

    @pytest.mark.parametrize(("first", "begins"), [("2026-02-07", "02"), ("2026-02-08", "03"), ("2026-01-31", "02")])
    def test_months_before_the_first_movement_do_not_count(
        self, first: str, begins: str, depot: Depot, blanket: Item, enter: Enter
    ) -> None:
        enter("receipt", "K01", factories.a_line(blanket, 9), on=first)
        consumption.fold(depot.pk)
        assert min(by_month(depot, blanket)) == begins

    def test_weeks_begin_on_monday(self, depot: Depot, blanket: Item, enter: Enter) -> None:
        enter("opening", "K01", factories.a_line(blanket, 90), on="2026-03-02")
        enter("issue", "K01", factories.a_line(blanket, 2), on="2026-03-08")  # a Sunday
        enter("issue", "K01", factories.a_line(blanket, 3), on="2026-03-09")
        consumption.fold(depot.pk)
        (history,) = consumption.histories(
            [depot.pk], from_date=date(2026, 3, 2), until_date=date(2026, 3, 23), grain=Grain.WEEK
        )
        assert [one.used for one in history.stretches] == [2, 3, 0]


class TestTheTable:
    def test_is_read_on_from_where_it_stood(
        self, depot: Depot, blanket: Item, enter: Enter, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asked: list[dict[str, Any]] = []
        run = sql.run
        monkeypatch.setattr(sql, "run", lambda name, params, **how: (asked.append(params), run(name, params, **how))[1])
        enter("opening", "K01", factories.a_line(blanket, 90), on="2026-03-02")
        assert consumption.fold(depot.pk) == 1
        enter("issue", "K01", factories.a_line(blanket, 2), on="2026-03-08")
        assert consumption.fold(depot.pk) == 2
        assert consumption.fold(depot.pk) == 2
        folded = [(one["from_position"], one["to_position"]) for one in asked if one and "from_position" in one]
        assert folded == [(0, 1), (1, 2)]

    def test_says_where_it_differs_and_is_made_again(self, depot: Depot, blanket: Item, enter: Enter) -> None:
        enter("opening", "K01", factories.a_line(blanket, 90), on="2026-03-02")
        enter("issue", "K01", factories.a_line(blanket, 2), on="2026-03-08")
        consumption.fold(depot.pk)
        assert consumption.differences(depot.pk) == []
        Consumption.objects.filter(grain="month").update(used=3)
        (found,) = consumption.differences(depot.pk)
        assert (found.item, found.grain, found.logged, found.kept) == (
            blanket.code, "month", "2.000/0.000", "3.000/0.000",
        )  # fmt: skip
        assert consumption.rebuild(depot.pk) == 2
        assert consumption.differences(depot.pk) == []


@settings(
    deadline=None, max_examples=60 if IS_LONG else 15, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    steps=st.lists(
        st.tuples(st.sampled_from(["issue", "disposal", "undo", "fold"]), st.integers(0, 25), st.integers(1, 20)),
        min_size=1, max_size=12,
    )
)  # fmt: skip
def test_however_it_is_folded_it_says_what_the_log_says(
    steps: list[tuple[str, int, int]], depot: Depot, blanket: Item, enter: Enter
) -> None:
    """Late entries, reversals and folding in any order: the table equals a plain sum, and the check finds nothing."""
    from django.db import transaction

    with transaction.atomic():
        enter("opening", "K01", factories.a_line(blanket, 10_000), on="2026-01-01")
        model: dict[int, int] = {}
        open_issues: list[tuple[int, int, int]] = []
        for number, (step, week, quantity) in enumerate(steps):
            happened = date.fromordinal(date(2026, 1, 2).toordinal() + week * 7)
            recorded = date.fromordinal(date(2026, 7, 20).toordinal() + number)
            if step == "fold":
                consumption.fold(depot.pk)
            elif step == "undo" and open_issues:
                position, month, much = open_issues.pop()
                enter("reversal", "K01", on=recorded, reverses=position)
                model[month] -= much
            elif step != "undo":
                posted = enter(step, "K01", factories.a_line(blanket, quantity), on=happened, recorded=recorded)
                if step == "issue":
                    model[happened.month] = model.get(happened.month, 0) + quantity
                    open_issues.append((posted.position, happened.month, quantity))
        consumption.fold(depot.pk)
        assert consumption.differences(depot.pk) == []
        told = {int(month): used for month, (used, _) in by_month(depot, blanket, until="2026-09-01").items()}
        assert {month: used for month, used in told.items() if used} == {m: u for m, u in model.items() if u}
        transaction.set_rollback(True)
