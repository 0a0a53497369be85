"""What was there, by either clock: worked cases, and random histories against a plain replay."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inventory.availability.as_of import as_of
from inventory.availability.current import current
from inventory.availability.piles import piles
from inventory.availability.question import Question
from inventory.availability.stock_card import stock_card
from inventory.ledger import allocations
from inventory.ledger.models import Holding
from inventory.ledger.periods import close_period
from inventory.ledger.refusals import PeriodClosed
from logistics.errors import Invalid
from tests import factories
from tests.availability.conftest import FAR
from tests.availability.histories import History, Replay, put
from tests.factories import a_line
from tests.notation import rows

pytestmark = pytest.mark.django_db
EXAMPLES, STEPS = (200, 120) if os.environ.get("HYPOTHESIS_PROFILE") == "long" else (4, 70)
NOW = datetime(2026, 11, 20, 5, tzinfo=UTC)


def day(text: str) -> datetime:
    """Return noon of a day of 2026 written dd/mm."""
    return datetime(2026, int(text[3:]), int(text[:2]), 5, tzinfo=UTC)


def ask(user, *, occurred=None, recorded=None, **dimensions):
    return list(as_of(Question(**dimensions), by=user, at=NOW, occurred=occurred, recorded=recorded, limit=1000).rows)


def total(found, name="on_hand"):
    return sum((getattr(row, name) for row in found), Decimal(0))


def test_a_late_entry_changes_what_was_there_but_not_what_was_believed(poster, planner, north, blanket):
    put(poster, "opening", "K01", a_line(blanket, 100), occurred=day("01/03"), recorded=day("01/03"))
    put(poster, "receipt", "K01", a_line(blanket, 7), occurred=day("15/03"), recorded=day("15/03"))
    put(poster, "issue", "K01", a_line(blanket, 30), occurred=day("10/03"), recorded=day("20/03"))
    for row in rows("""
        occurred | recorded | on hand
        01/02    |          |   0
        01/03    |          | 100
        10/03    |          |  70
        15/03    |          |  77
                 | 14/03    | 100
                 | 16/03    | 107
                 | 19/03    | 107
                 | 20/03    |  77
        10/03    | 16/03    | 100
        12/03    | 20/03    |  70
        15/03    | 16/03    | 107
        01/02    | 20/03    |   0
    """):
        asked = {name: day(row[name]) for name in ("occurred", "recorded") if row[name]}
        assert total(ask(planner, **asked)) == int(row["on hand"]), row


def test_holds_expiry_and_promises_are_those_of_the_day(poster, planner, north, rice):
    lot = factories.a_lot(rice, "L1", expires_date=date(2027, 1, 31))
    put(poster, "opening", "K01", a_line(rice, 10, lot="L1"), occurred=day("01/03"), recorded=day("01/03"))
    allocations.allocate("K01", "YC-1", [a_line(rice, 4)], by=poster, at=day("02/03"))
    allocations.release("K01", "YC-1", by=poster, at=day("05/03"))
    for since, reason, expires in (("07/03", "hỏng bao", date(2027, 1, 31)), ("09/03", "", date(2026, 3, 12))):
        with factories.telling():
            lot.hold_reason, lot.expires_date = reason, expires
            lot._history_date = day(since)
            lot.save()
    for row in rows("""
        as of | allocated | on_hold | expired | available
        01/03 |         0 |       0 |       0 |        10
        03/03 |         4 |       0 |       0 |         6
        06/03 |         0 |       0 |       0 |        10
        08/03 |         0 |      10 |       0 |         0
        12/03 |         0 |       0 |       0 |        10
        13/03 |         0 |       0 |      10 |         0
    """):
        (found,) = ask(planner, occurred=day(row["as of"]))
        got = {name: int(getattr(found, name)) for name in ("allocated", "on_hold", "expired", "available")}
        assert got == {name: int(row[name]) for name in got}, row
    assert ask(planner, occurred=day("12/03"), min_days_left=0)
    assert not ask(planner, occurred=day("12/03"), min_days_left=1)


def test_what_was_on_the_road_is_known_by_both_clocks(poster, planner, north, south, blanket):
    put(poster, "opening", "K01", a_line(blanket, 9), occurred=day("01/03"), recorded=day("01/03"))
    sent = put(
        poster, "transfer_out", "K01", a_line(blanket, 5), to_depot="K02", occurred=day("02/03"), recorded=day("06/03")
    )
    put(
        poster, "transfer_in", "K02", a_line(blanket, 4, reason="thiếu"), consignment=sent.name,
        occurred=day("08/03"), recorded=day("09/03"),
    )  # fmt: skip
    put(
        poster, "adjustment", "K01", a_line(blanket, -1, reason="mất"), consignment=sent.name,
        occurred=day("12/03"), recorded=day("12/03"),
    )  # fmt: skip
    for row in rows("""
        occurred | recorded | there | road
        01/03    |          | 9     | 0
        03/03    |          | 4     | 5
                 | 05/03    | 9     | 0
                 | 07/03    | 4     | 5
        03/03    | 05/03    | 9     | 0
        08/03    |          | 8     | 1
        08/03    | 08/03    | 4     | 5
        13/03    |          | 8     | 0
    """):
        asked = {name: day(row[name]) for name in ("occurred", "recorded") if row[name]}
        found = ask(planner, **asked)
        assert (total(found), total(found, "in_transit_in")) == (int(row["there"]), int(row["road"])), row


def test_days_to_come_and_strangers_get_nothing(poster, planner, stranger, north, blanket):
    put(poster, "opening", "K01", a_line(blanket, 9), occurred=day("01/03"), recorded=day("01/03"))
    assert ask(stranger, occurred=day("02/03")) == []
    assert total(ask(planner, occurred=NOW + timedelta(hours=10))) == 9  # this evening is still today
    with pytest.raises(Invalid) as refused:
        ask(planner, occurred=NOW + timedelta(days=1), recorded=NOW + timedelta(days=2))
    assert {fault.pointer for fault in refused.value.faults} == {"/query/as_of", "/query/recorded_as_of"}


def test_balances_start_from_the_nearest_anchor(poster, planner, north, blanket):
    """A closed month on either side, the log's head or its first day: whichever leaves the shortest tail to read.

    The last row: what was recorded after 21/10 may stand in the closings, so none of them anchors what was believed.
    """
    put(poster, "opening", "K01", a_line(blanket, 9), occurred=day("10/02"), recorded=day("10/02"))
    put(poster, "issue", "K01", a_line(blanket, 2), occurred=day("20/03"), recorded=day("20/03"))
    put(poster, "issue", "K01", a_line(blanket, 3), occurred=day("25/10"), recorded=day("25/10"))
    for month in (2, 3):
        close_period("K01", date(2026, month, 1), by=poster, at=NOW)
    for row in rows("""
        past  | believed | anchor  | direction | on hand
        11/02 |          | first   |  1        |       9
        26/02 |          | 2026-02 | -1        |       9
        05/03 |          | 2026-02 |  1        |       9
        31/03 |          | 2026-03 | -1        |       7
        05/04 |          | 2026-03 |  1        |       7
        24/10 |          | head    | -1        |       7
        30/10 |          | head    | -1        |       4
        10/03 |          | 2026-02 |  1        |       9
        10/03 | 21/10    | head    | -1        |       9
    """):
        past, believed = day(row["past"]), day(row["believed"]) if row["believed"] else None
        assert anchor_of(north, past, believed) == (row["anchor"], int(row["direction"])), row
        assert total(ask(planner, occurred=past, recorded=believed)) == int(row["on hand"]), row


def test_a_pile_that_came_and_went_is_found_again(poster, planner, north, rice):
    """No closing names a lot that was used up before its first month was closed."""
    put(poster, "opening", "K01", a_line(rice, 9, lot="L0"), occurred=day("10/02"), recorded=day("10/02"))
    for lot, came, went in (("L1", "12/02", "20/02"), ("L2", "03/03", "09/03"), ("L3", "04/04", "20/04")):
        put(poster, "receipt", "K01", a_line(rice, 5, lot=lot), occurred=day(came), recorded=day(came))
        put(poster, "issue", "K01", a_line(rice, 5, lot=lot), occurred=day(went), recorded=day(went))
    for closed in (None, 2, 3):
        if closed:
            close_period("K01", date(2026, closed, 1), by=poster, at=NOW)
        for row in rows("""
            instant | on hand
            11/02   |  9
            13/02   | 14
            20/02   |  9
            05/03   | 14
            20/03   |  9
            10/04   | 14
            21/04   |  9
        """):
            for clock in ("occurred", "recorded"):
                assert total(ask(planner, **{clock: day(row["instant"])})) == int(row["on hand"]), (closed, clock, row)


def anchor_of(depot, past, believed):
    """Return what the function `anchors` chooses for one depot, and the direction in which the tail counts."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT is_head, to_char(month_date, 'YYYY-MM'), direction FROM anchors(%s, %s, %s)",
            [[depot.pk], past, believed or "infinity"],
        )
        ((is_head, month, direction),) = cursor.fetchall()
    return ("head" if is_head else month or "first"), direction


# --- Random histories -------------------------------------------------------------------------------------------


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(dice=st.randoms(use_true_random=True))
def test_random_histories_agree_with_a_plain_replay(poster, planner, north, south, rice, blanket, dice):
    """Stock card total = holdings = as of now, and any past instant reads as the log did, by either clock."""
    with transaction.atomic():
        for code, days in (("L1", 20), ("L2", 300)):
            factories.a_lot(rice, code, expires_date=FAR - timedelta(days=days))
        history = History(dice, poster, [rice, blanket])
        history.run(STEPS)
        told = Told(planner, history.clock)
        moments = [history.clock - timedelta(hours=dice.randint(0, 400 * 24)) for _ in range(6)]
        moments += [posted.occurred_at for posted in history.done[:: max(1, len(history.done) // 4)]]
        for occurred in [*moments, history.clock]:
            for recorded in (None, dice.choice(moments), history.clock):
                told.is_as_replayed(occurred, recorded)
            told.is_as_replayed(None, occurred)
        told.agrees_with_holdings_and_cards(moments)
        told.keeps_what_was_believed(poster, dice.choice([one for one in moments if one < history.clock]), rice)
        transaction.set_rollback(True)


class Told:
    """What a reader is told at an instant, held against the log."""

    def __init__(self, reader, now):
        self.reader, self.now, self.replay = reader, now, Replay()

    def ask(self, occurred=None, recorded=None):
        page = as_of(Question(), by=self.reader, at=self.now, occurred=occurred, recorded=recorded, limit=1000)
        assert page.after is None
        return page.rows

    def is_as_replayed(self, occurred, recorded):
        found = self.ask(occurred, recorded)
        answer = {(row.item, row.depot): (row.on_hand, row.in_transit_in) for row in found}
        assert answer == self.replay.at(occurred or recorded, recorded or self.now), (occurred, recorded)
        for row in found:
            parts = row.allocated + row.disposal + row.expired + row.on_hold + row.reserve + row.available
            assert row.on_hand == parts
        asked = {"as_of": occurred, "recorded_as_of": recorded}
        by_pile = piles(Question(), by=self.reader, at=self.now, **asked)
        assert sum(pile.on_hand for pile in by_pile) == total(found)

    def agrees_with_holdings_and_cards(self, moments):
        found = current(Question(), by=self.reader, at=self.now, limit=1000).rows
        assert self.ask(occurred=self.now) == self.ask(recorded=self.now) == found
        for row in found:
            holdings = Holding.objects.filter(item__code=row.item, depot__code=row.depot)
            assert row.on_hand == sum(holding.on_hand for holding in holdings)
            for since in (None, *(timezone.localdate(moment) for moment in moments[:3])):
                card = stock_card(row.item, row.depot, by=self.reader, at=self.now, from_date=since)
                assert card.closing == row.on_hand
                assert ([card.opening] + [line.balance for line in card.lines])[-1] == card.closing

    def keeps_what_was_believed(self, poster, moment, item):
        """What is written down now about an instant before it changes what was there, and not what was believed."""
        there, believed = self.ask(occurred=moment), self.ask(recorded=moment)
        try:
            put(poster, "receipt", "K01", a_line(item, 7, lot="L1"), occurred=moment, recorded=self.now)
        except PeriodClosed:
            return  # nothing more is written about that month
        assert total(self.ask(occurred=moment)) == total(there) + 7
        assert self.ask(recorded=moment) == believed
