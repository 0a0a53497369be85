"""Nhập – xuất – tồn: a worked table, both clocks, whole months from closings, and the same total everywhere."""

from __future__ import annotations

import os
import random
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.utils import timezone

from inventory.availability.as_of import as_of
from inventory.availability.current import current
from inventory.availability.question import Question
from inventory.availability.stock_card import stock_card
from inventory.ledger.models import Holding, Movement
from inventory.ledger.periods import close_period
from tests import factories
from tests.availability.conftest import FAR
from tests.availability.histories import History, put
from tests.availability.test_as_of import day
from tests.factories import a_line
from tests.notation import rows
from tests.reports.conftest import table

pytestmark = pytest.mark.django_db
SEEDS = range(200 if os.environ.get("HYPOTHESIS_PROFILE") == "long" else 4)
COLUMNS = (
    "depot",
    "opening",
    "inward",
    "outward",
    "changed_in",
    "changed_out",
    "closing",
    "grade_1",
    "grade_2",
    "grade_5",
)


@pytest.fixture
def year(poster, north, south, rice, blanket):
    """A year of rice with everything that can happen to it; months closed up to July at K01."""
    factories.a_lot(rice, "L1", expires_date=FAR)

    def post(kind, depot, quantity, at, *, recorded="", **fields):
        header = {name: fields.pop(name) for name in ("to_depot", "consignment", "reverses") if name in fields}
        lines = [] if kind == "reversal" else [a_line(rice, quantity, lot="L1", **fields)]
        return put(poster, kind, depot, *lines, occurred=day(at), recorded=day(recorded or at), **header)

    post("opening", "K01", 100, "01/02", unit_price=Decimal(10_000))
    post("receipt", "K01", 50, "10/03", unit_price=Decimal("12_500.50"))
    post("relocation", "K01", 20, "11/03", to_bin="A-02")
    post("regrade", "K01", 30, "12/03", bin="A-01", to_grade=2)
    post("repurpose", "K01", 10, "13/03", grade=2, to_purpose="SSCD")
    post("issue", "K01", 40, "20/03")
    sent = post("transfer_out", "K01", 15, "05/05", to_depot="K02")
    post("transfer_in", "K02", 15, "07/05", consignment=sent.name)
    mistake = post("regrade", "K01", 5, "10/05", bin="A-02", to_grade=5)
    post("reversal", "K01", 0, "11/05", reverses=mistake.position)
    wrong = post("issue", "K01", 3, "02/09")
    post("reversal", "K01", 0, "03/09", reverses=wrong.position)
    post("issue", "K01", 7, "28/08", recorded="10/10")
    for month in range(2, 8):
        close_period("K01", date(2026, month, 1), by=poster, at=day("05/09") + timedelta(hours=month))
    return rice


def test_what_moved_inside_a_depot_neither_came_nor_went(ask, year):
    for row in rows("""
        days                             | depot | opening | in | out | to | from | closing | 1   | 2  | 5
        from=2026-01-01&to=2026-01-31    |       |         |    |     |    |      |         |     |    |
        from=2026-02-01&to=2026-02-28    | K01   |       0 | 100 |  0 |  0 |    0 |     100 | 100 |  0 | 0
        from=2026-03-01&to=2026-03-31    | K01   |     100 | 50 |  40 | 40 |   40 |     110 |  80 | 30 | 0
        from=2026-03-11&to=2026-03-12    | K01   |     150 |  0 |   0 | 30 |   30 |     150 | 120 | 30 | 0
        from=2026-05-01&to=2026-05-31    | K01   |     110 |  0 |  15 | 10 |   10 |      95 |  65 | 30 | 0
        from=2026-05-10&to=2026-05-10    | K01   |      95 |  0 |   0 |  5 |    5 |      95 |  60 | 30 | 5
        from=2026-06-01&to=2026-07-31    | K01   |      95 |  0 |   0 |  0 |    0 |      95 |  65 | 30 | 0
        from=2026-01-01&to=2026-11-20    | K01   |       0 | 153 | 65 | 50 |   50 |      88 |  58 | 30 | 0
    """):
        found = table(ask("turnover", f"{row.pop('days')}&by=depot&depot=K01"), *COLUMNS)
        expected = list(row.values())
        assert [list(one.values()) for one in found] == ([expected] if expected[0] else [])


def test_a_grade_or_a_purpose_alone_gains_what_the_others_lose(ask, year):
    for row in rows("""
        of            | opening | in | out | to | from | closing
        grade=1       |     100 | 50 |  40 |  0 |   30 |      80
        grade=2       |       0 |  0 |   0 | 40 |   10 |      30
        purpose=SSCD  |       0 |  0 |   0 | 10 |    0 |      10
    """):
        query = f"from=2026-03-01&to=2026-03-31&depot=K01&{row.pop('of')}"
        (found,) = table(ask("turnover", query), "opening", "inward", "outward", "changed_in", "changed_out", "closing")
        assert list(found.values()) == list(row.values())


def test_depots_together_and_apart(ask, year):
    """A transfer is out of one and into the other; what is still on the road is in neither."""
    together = ask("turnover", "from=2026-05-01&to=2026-05-06")
    assert table(together, "opening", "inward", "outward", "closing") == [
        {"opening": "110", "inward": "0", "outward": "15", "closing": "95"}
    ]
    apart = ask("turnover", "from=2026-05-01&to=2026-05-31&by=depot")
    assert table(apart, "depot", "opening", "inward", "outward", "closing") == rows("""
        depot | opening | inward | outward | closing
        K01   |     110 |      0 |      15 |      95
        K02   |       0 |     15 |       0 |      15
    """)
    assert apart.total("closing") == 110


def test_both_clocks(ask, year):
    """The issue of 28/08 was written down on 10/10: it counts as it happened, and not in what the books said before."""
    days = "from=2026-08-01&to=2026-08-31&depot=K01"
    for row in rows("""
        as of | recorded | out | closing
              |          |   7 |      88
        20/08 |          |   0 |      95
              | 09/10    |   0 |      95
              | 10/10    |   7 |      88
        29/08 | 09/10    |   0 |      95
    """):
        found = ask(
            "turnover", days, as_of=day(row["as of"]) if row["as of"] else None,
            recorded_as_of=day(row["recorded"]) if row["recorded"] else None,
        )  # fmt: skip
        assert (str(found.total("outward")), str(found.total("closing"))) == (
            f"{row['out']}.000" if row["out"] != "0" else str(found.total("outward")), f"{row['closing']}.000",
        )  # fmt: skip
        assert found.total("outward") == int(row["out"])


def test_money_is_at_the_last_price_known_by_then(ask, year):
    for row in rows("""
        last day   | price    | value
        2026-02-28 | 10000    | 1000000
        2026-03-31 | 12500.5  | 1375055
    """):
        found = ask("turnover", f"from=2026-02-01&to={row['last day']}&depot=K01&prices=last")
        assert table(found, "price", "value") == [{"price": row["price"], "value": row["value"]}]


def test_quantities_of_two_units_are_never_added_up(ask, poster, year, blanket):
    put(poster, "receipt", "K01", a_line(blanket, 9), occurred=day("01/10"), recorded=day("01/10"))
    found = ask("turnover", "from=2026-01-01&prices=last")
    assert found.count == 2
    assert found.total("closing") is None
    assert found.total("value") == Decimal("12500.50") * 103
    assert ask("turnover", "from=2026-01-01&q=gao").total("closing") == 103


def test_exercise_depots_count_only_where_they_are_asked_for(ask, poster, year, blanket):
    factories.a_depot("T01", is_exercise=True)
    put(poster, "receipt", "T01", a_line(blanket, 9), occurred=day("01/10"), recorded=day("01/10"))
    assert [row.cells[0] for row in ask("turnover", "from=2026-01-01").rows] == [year.code]
    assert ask("turnover", "from=2026-01-01&depot=T01").total("closing") == 9


def test_a_report_asks_the_database_a_few_times_whatever_it_finds(ask, year, statements, django_assert_max_num_queries):
    statements.clear()
    with django_assert_max_num_queries(12):
        ask("turnover", "from=2026-01-01&by=depot&prices=last")
    assert statements.count("reports/turnover") == 1
    assert len(statements) <= 6


# --- The same total everywhere ----------------------------------------------------------------------------------


class Everything(History):
    """A history in which grades and purposes change too."""

    def step(self) -> None:
        if self.dice.random() < 0.2:
            self.count, kept = self.relabel, self.count
            super().step()
            self.count = kept
        else:
            super().step()

    def relabel(self):
        line = self.line(4)
        target = {"to_grade": 3} if self.dice.random() < 0.5 else {"to_purpose": "DOT_XUAT"}
        kind = "regrade" if "to_grade" in target else "repurpose"
        self.put(kind, self.depot(), a_line(line.item, 4, lot=line.lot, **target))


def replayed(first: datetime, until: datetime, believed: datetime) -> dict:
    """Return {(item, depot): (opening, in, out, changed in, changed out)} by adding up every line of every log."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH line AS (
                SELECT item.code AS item, depot.code AS depot, line.change, movement.occurred_at,
                    coalesce(undone.kind, movement.kind) AS kind
                FROM ledger_movementline AS line
                JOIN ledger_movement AS movement USING (depot_id, position)
                LEFT JOIN ledger_movement AS undone
                    ON undone.depot_id = movement.depot_id AND undone.position = movement.reverses
                JOIN ledger_holding AS holding ON holding.id = line.holding_id
                JOIN catalogue_item AS item ON item.id = holding.item_id
                JOIN depots_depot AS depot ON depot.id = holding.depot_id
                WHERE movement.recorded_at <= %(believed)s AND movement.occurred_at < %(until)s
            )
            SELECT item, depot, coalesce(sum(change) FILTER (WHERE occurred_at < %(first)s), 0),
                coalesce(sum(change) FILTER (WHERE occurred_at >= %(first)s AND change > 0
                    AND kind NOT IN ('relocation', 'regrade', 'repurpose')), 0),
                coalesce(-sum(change) FILTER (WHERE occurred_at >= %(first)s AND change < 0
                    AND kind NOT IN ('relocation', 'regrade', 'repurpose')), 0),
                coalesce(sum(change) FILTER (WHERE occurred_at >= %(first)s AND change > 0
                    AND kind IN ('regrade', 'repurpose')), 0),
                coalesce(-sum(change) FILTER (WHERE occurred_at >= %(first)s AND change < 0
                    AND kind IN ('regrade', 'repurpose')), 0)
            FROM line
            GROUP BY item, depot
            """,
            {"first": first, "until": until, "believed": believed},
        )
        return {(item, depot): tuple(sums) for item, depot, *sums in cursor if any(sums)}


@pytest.mark.parametrize("seed", SEEDS)
def test_every_total_is_the_same_after_random_histories(ask, poster, planner, north, south, rice, blanket, seed):
    for code in ("L1", "L2"):
        factories.a_lot(rice, code, expires_date=FAR)
    history = Everything(seed + 1000, poster, [rice, blanket])
    while Movement.objects.count() < 45:
        history.step()
    now, dice = history.clock, random.Random(seed)
    first_day = date(2025, 5, 20)
    length = (timezone.localdate(now) - first_day).days
    kinds = set(Movement.objects.values_list("kind", flat=True))
    assert {"receipt", "issue"} <= kinds

    for _ in range(10):
        start, end = sorted(first_day + timedelta(days=dice.randint(0, length)) for _ in range(2))
        if dice.random() < 0.5:
            start, end = (
                start.replace(day=1),
                (end.replace(day=1) + timedelta(days=32)).replace(day=1) - timedelta(days=1),
            )
        believed = dice.choice([None, now - timedelta(hours=dice.randint(1, 24 * length))])
        found = ask("turnover", f"from={start}&to={end}&by=depot", at=now, recorded_as_of=believed)
        last = min(
            datetime(end.year, end.month, end.day, tzinfo=UTC) + timedelta(hours=17),
            (believed or now) + timedelta(microseconds=1),
        )
        begun = datetime(start.year, start.month, start.day, tzinfo=UTC) - timedelta(hours=7)
        expected = replayed(min(begun, last), last, believed or now)
        got = {
            (found.value(row, "item"), found.value(row, "depot")): tuple(
                found.value(row, key) for key in ("opening", "inward", "outward", "changed_in", "changed_out")
            )
            for row in found.rows
        }
        assert got == expected, (start, end, believed)
        for row in found.rows:
            assert found.value(row, "closing") == sum(found.value(row, f"grade_{grade}") for grade in range(1, 6))

    # Stock card total = holdings = as of now = report closing, for every item and depot.
    found = ask("turnover", f"from={first_day}&to={timezone.localdate(now)}&by=depot", at=now)
    closing = {(found.value(row, "item"), found.value(row, "depot")): found.value(row, "closing") for row in found.rows}
    on_hand = {(row.item, row.depot): row.on_hand for row in current(Question(), by=planner, at=now, limit=1000).rows}
    then = {(row.item, row.depot): row.on_hand for row in as_of(Question(), by=planner, at=now, occurred=now).rows}
    assert {key: value for key, value in closing.items() if value} == {
        key: value for key, value in on_hand.items() if value
    }
    assert then == on_hand
    for (item, depot), value in closing.items():
        card = stock_card(item, depot, by=planner, at=now, from_date=first_day)
        holdings = Holding.objects.filter(item__code=item, depot__code=depot)
        assert value == card.closing == sum(holding.on_hand for holding in holdings)
        key = (item, depot)
        row = next(row for row in found.rows if (found.value(row, "item"), found.value(row, "depot")) == key)
        sums = {name: found.value(row, name) for name in ("inward", "outward", "changed_in", "changed_out")}
        assert (card.inward, card.outward) == (sums["inward"], sums["outward"])
        assert (card.changed_in, card.changed_out) == (sums["changed_in"], sums["changed_out"])
