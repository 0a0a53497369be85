"""What stock is made of, and what was written down late: now and at an instant."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.utils import timezone

from inventory.availability.as_of import as_of
from inventory.availability.current import current
from inventory.availability.later import later_recorded
from inventory.availability.piles import piles
from inventory.availability.question import Question
from inventory.ledger import allocations
from inventory.ledger.periods import close_period
from logistics.accounts.models import Role
from logistics.errors import NotFound
from tests import factories
from tests.availability.conftest import FAR
from tests.availability.histories import put
from tests.availability.test_as_of import NOW, day
from tests.factories import a_line, posting
from tests.notation import rows

pytestmark = pytest.mark.django_db


def test_piles_are_what_a_row_is_made_of_first_to_be_issued_first(poster, planner, north, south, rice):
    factories.a_lot(rice, "L-LATE", expires_date=FAR)
    factories.a_lot(rice, "L-SOON", expires_date=date(2090, 1, 1), hold_reason="chờ kiểm nghiệm")
    factories.a_lot(rice, "L-NEVER")
    posting(
        poster, "opening", "K01",
        a_line(rice, 1, lot="L-NEVER"), a_line(rice, 2, lot="L-LATE", bin="A-02"), a_line(rice, 4, lot="L-LATE"),
        a_line(rice, 8, lot="L-SOON"), a_line(rice, 16, lot="L-LATE", purpose="SSCD"),
        a_line(rice, 32, lot="L-LATE", grade=5),
    )  # fmt: skip
    posting(poster, "opening", "K02", a_line(rice, 64, lot="L-LATE"))
    allocations.allocate("K01", "YC-1", [a_line(rice, 3)], by=poster, at=timezone.now())
    expected = rows("""
        depot | lot     | bin  | grade | purpose      | on hand | allocated | deduction | available
        K01   | L-SOON  | A-01 | 1     | THUONG_XUYEN | 8       | 0         | on_hold   | 0
        K01   | L-LATE  | A-01 | 1     | SSCD         | 16      | 0         | reserve   | 0
        K01   | L-LATE  | A-01 | 1     | THUONG_XUYEN | 4       | 3         | available | 1
        K01   | L-LATE  | A-01 | 5     | THUONG_XUYEN | 32      | 0         | disposal  | 0
        K01   | L-LATE  | A-02 | 1     | THUONG_XUYEN | 2       | 0         | available | 2
        K01   | L-NEVER | A-01 | 1     | THUONG_XUYEN | 1       | 0         | available | 1
        K02   | L-LATE  | A-01 | 1     | THUONG_XUYEN | 64      | 0         | available | 64
    """)
    now = timezone.now()
    for clock in ({}, {"as_of": now}, {"recorded_as_of": now}):
        found = piles(Question(item=rice.code), by=planner, at=now, **clock)
        got = [
            {
                "depot": p.depot, "lot": p.lot, "bin": p.bin, "grade": str(p.grade), "purpose": p.purpose,
                "on hand": f"{p.on_hand:.0f}", "allocated": f"{p.allocated:.0f}", "deduction": p.deduction,
                "available": f"{p.available:.0f}",
            }
            for p in found
        ]  # fmt: skip
        assert got == expected, clock
        assert found[0].hold_reason == "chờ kiểm nghiệm"
        assert piles(Question(item=rice.code), by=planner, at=now, limit=3, **clock) == found[:3]
        narrowed = piles(Question(depots=("K01",), grade=1, purpose="SSCD"), by=planner, at=now, **clock)
        assert [pile.on_hand for pile in narrowed] == [16]


def test_the_piles_of_a_past_day_add_up_to_its_row(poster, planner, north, rice):
    put(poster, "opening", "K01", a_line(rice, 9, lot="L1"), a_line(rice, 5, lot="L2"), occurred=day("01/03"),
        recorded=day("01/03"))  # fmt: skip
    put(poster, "issue", "K01", a_line(rice, 9, lot="L1"), occurred=day("10/03"), recorded=day("20/03"))
    for asked, lots in [
        ({"occurred": day("02/03")}, {"L1": 9, "L2": 5}),
        ({"occurred": day("12/03")}, {"L2": 5}),
        ({"recorded": day("12/03")}, {"L1": 9, "L2": 5}),
        ({"recorded": day("21/03")}, {"L2": 5}),
    ]:
        (row,) = as_of(Question(), by=planner, at=NOW, **asked).rows
        clocks = {"as_of": asked.get("occurred"), "recorded_as_of": asked.get("recorded")}
        found = piles(Question(), by=planner, at=NOW, **clocks)
        assert {pile.lot: pile.on_hand for pile in found} == lots
        assert row.on_hand == sum(lots.values())
        assert row.available == sum((pile.available for pile in found), Decimal(0))


def test_what_was_recorded_later_is_what_the_two_clocks_differ_by(poster, planner, north, south, rice, blanket):
    put(poster, "opening", "K01", a_line(rice, 90, lot="L1"), a_line(blanket, 90), occurred=day("01/02"),
        recorded=day("01/02"))  # fmt: skip
    close_period("K01", date(2026, 2, 1), by=poster, at=day("01/03"))
    put(poster, "issue", "K01", a_line(rice, 4), occurred=day("15/03"), recorded=day("15/03"))
    late = put(poster, "issue", "K01", a_line(rice, 1), occurred=day("05/03"), recorded=day("20/03"))
    later = put(poster, "issue", "K01", a_line(blanket, 2), occurred=day("06/03"), recorded=day("22/03"))
    elsewhere = put(poster, "receipt", "K02", a_line(rice, 8, lot="L1"), occurred=day("01/03"), recorded=day("11/03"))
    for row in rows("""
        instant | asked     | found
        02/03   |           | elsewhere
        05/03   |           | late elsewhere
        10/03   |           | later late elsewhere
        11/03   |           | later late
        21/03   |           | later
        22/03   |           |
        10/03   | rice      | late elsewhere
        10/03   | K01       | later late
        10/03   | rice K01  | late
        10/03   | grade     |
    """):
        dimensions = {"rice": {"item": rice.code}, "K01": {"depot": "K01"}, "grade": {"grade": 3}}
        asked = {name: value for word in row["asked"].split() for name, value in dimensions[word].items()}
        found = later_recorded(Question(**asked), day(row["instant"]), by=planner, at=NOW)
        named = {"late": late, "later": later, "elsewhere": elsewhere}
        expected = [(named[word].depot, named[word].position) for word in row["found"].split()]
        assert [(one.depot, one.position) for one in found.rows] == expected, row
        assert found.count == len(expected)
        differ = as_of(Question(**asked), by=planner, at=NOW, occurred=day(row["instant"])) != as_of(
            Question(**asked), by=planner, at=NOW, recorded=day(row["instant"])
        )
        assert differ == bool(expected)
    two = later_recorded(Question(), day("10/03"), by=planner, at=NOW, limit=2)
    assert (two.count, [one.number for one in two.rows]) == (3, [later.number, late.number])


def test_the_same_depots_as_ever_are_told_of(poster, north, south, rice):
    for code in ("K01", "K02"):
        put(poster, "receipt", code, a_line(rice, 1, lot="L1"), occurred=day("01/03"), recorded=day("11/03"))
    keeper = factories.a_user("thukho", role=Role.STOREKEEPER, depot=south)
    instant = datetime(2026, 3, 5, tzinfo=UTC)
    for clock in ({}, {"as_of": instant}):
        assert {pile.depot for pile in piles(Question(), by=keeper, at=NOW, **clock)} == {"K02"}
        with pytest.raises(NotFound):
            piles(Question(depots=("K01",)), by=keeper, at=NOW, **clock)
    assert {one.depot for one in later_recorded(Question(), instant, by=keeper, at=NOW).rows} == {"K02"}
    assert current(Question(depots=("K02",)), by=keeper, at=NOW).rows
