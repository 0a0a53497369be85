"""What was there, by either clock: worked cases, and random histories against a plain replay of the log."""

from __future__ import annotations

import os
import random
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection, transaction
from django.utils import timezone

from inventory.availability.as_of import as_of
from inventory.availability.current import current
from inventory.availability.question import Question
from inventory.availability.stock_card import stock_card
from inventory.ledger import allocations
from inventory.ledger.models import Holding, Movement, MovementLine
from inventory.ledger.periods import close_period
from inventory.ledger.posting import post
from logistics.errors import Conflict, Invalid
from tests import factories
from tests.availability.conftest import FAR
from tests.factories import a_draft, a_line
from tests.notation import rows

pytestmark = pytest.mark.django_db
SEEDS = range(200 if os.environ.get("HYPOTHESIS_PROFILE") == "long" else 4)
NOW = datetime(2026, 11, 20, 5, tzinfo=UTC)


def day(text: str) -> datetime:
    """Return noon of a day of 2026 written dd/mm."""
    return datetime(2026, int(text[3:]), int(text[:2]), 5, tzinfo=UTC)


def put(by, kind, depot, *lines, occurred: datetime, recorded: datetime, **fields):
    """Post one movement on both clocks."""
    (posted,) = post(
        [a_draft(kind, depot, *lines, occurred_at=occurred, reason="ghi muộn", **fields)], by=by, at=recorded
    )
    return posted


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


class History:
    """A year and a half of movements at two depots, many of them late, months closed now and then."""

    def __init__(self, seed: int, by, items) -> None:
        self.dice = random.Random(seed)
        self.by, self.items = by, items
        self.clock = datetime(2025, 6, 1, tzinfo=UTC)
        self.sent, self.done, self.months, self.promises = [], [], dict.fromkeys(("K01", "K02"), date(2025, 6, 1)), []

    def step(self) -> None:
        self.clock += timedelta(hours=self.dice.randint(1, 96))
        verb = self.dice.choice([
            self.bring, self.bring, self.take, self.take, self.send, self.receive, self.move, self.count, self.undo,
            self.close, self.promise, self.keep_promise,
        ])  # fmt: skip
        try:
            with transaction.atomic():
                verb()
        except (Conflict, Invalid):
            pass

    def put(self, kind, depot, *lines, **fields):
        late = timedelta(hours=self.dice.choice([0, 0, 1, 30, 300, 900]))
        posted = put(self.by, kind, depot, *lines, occurred=self.clock - late, recorded=self.clock, **fields)
        self.done.append(posted)
        return posted

    def line(self, quantity=None):
        item = self.dice.choice(self.items)
        lot = self.dice.choice(["L1", "L2"]) if item.tracking == "lot" else None
        return a_line(
            item, quantity or self.dice.randint(1, 50), lot=lot, bin=self.dice.choice(["A-01", "A-02"]),
            grade=self.dice.choice([1, 1, 5]), purpose=self.dice.choice(["THUONG_XUYEN", "SSCD"]),
        )  # fmt: skip

    def depot(self) -> str:
        return self.dice.choice(["K01", "K02"])

    def bring(self):
        self.put("receipt", self.depot(), *(self.line() for _ in range(self.dice.randint(1, 4))))

    def take(self):
        item = self.dice.choice(self.items)
        self.put("issue", self.depot(), a_line(item, self.dice.randint(1, 30)))

    def send(self):
        depot = self.depot()
        item = self.dice.choice(self.items)
        other = {"K01": "K02", "K02": "K01"}[depot]
        self.sent.append(
            (other, self.put("transfer_out", depot, a_line(item, self.dice.randint(1, 20)), to_depot=other))
        )

    def receive(self):
        if self.sent:
            depot, sent = self.sent.pop(self.dice.randrange(len(self.sent)))
            lines = [
                a_line(
                    line.item, line.transit_change, lot=line.lot or None, grade=line.grade, purpose=line.purpose,
                    reason="nhận",
                )
                for line in sent.lines
            ]  # fmt: skip
            self.put("transfer_in", depot, *lines, consignment=sent.name)

    def move(self):
        line = self.line(5)
        self.put("relocation", self.depot(), a_line(line.item, 5, lot=line.lot, bin="A-01", to_bin="A-02"))

    def count(self):
        self.put("adjustment", self.depot(), self.line(self.dice.choice([-3, 4])))

    def undo(self):
        if self.done:
            posted = self.dice.choice(self.done)
            self.put("reversal", posted.depot, reverses=posted.position)

    def close(self):
        depot = self.depot()
        month = self.months[depot]
        close_period(depot, month, by=self.by, at=self.clock)
        self.months[depot] = (month + timedelta(days=32)).replace(day=1)

    def promise(self):
        depot, name = self.depot(), f"YC-{self.dice.random()}"
        allocations.allocate(depot, name, [a_line(self.dice.choice(self.items), 2)], by=self.by, at=self.clock)
        self.promises.append((depot, name))

    def keep_promise(self):
        if self.promises:
            depot, name = self.promises.pop(0)
            allocations.release(depot, name, by=self.by, at=self.clock)


def replayed(occurred: datetime, recorded: datetime):
    """Return {(item, depot): (on hand, on the road to it)} by adding up every line of every log."""
    headers = {(m.depot_id, m.position): m for m in Movement.objects.select_related("depot", "to_depot")}
    there, road = defaultdict(Decimal), defaultdict(Decimal)
    for line in MovementLine.objects.select_related("holding__item"):
        header = headers[line.depot_id, line.position]
        if header.occurred_at > occurred or header.recorded_at > recorded:
            continue
        item = line.holding.item.code
        there[item, header.depot.code] += line.change
        if line.transit_change:
            sender = headers.get((header.consignment_depot_id, header.consignment_position), header)
            road[item, sender.to_depot.code] += line.transit_change
    keys = {key for key in {*there, *road} if there[key] or road[key]}
    return {key: (there[key], road[key]) for key in keys}


@pytest.mark.parametrize("seed", SEEDS)
def test_random_histories_agree_with_a_plain_replay(poster, planner, north, south, rice, blanket, seed):
    for code, days in (("L1", 20), ("L2", 300)):
        factories.a_lot(rice, code, expires_date=FAR - timedelta(days=days))
    history = History(seed, poster, [rice, blanket])
    for _ in range(120):
        history.step()
    now, dice = history.clock, random.Random(seed)
    assert Movement.objects.count() > 40

    first = datetime(2025, 5, 1, tzinfo=UTC)
    span = (now - first).total_seconds()
    moments = [first + timedelta(seconds=dice.uniform(0, span)) for _ in range(8)]
    moments += [m.occurred_at for m in dice.sample(list(Movement.objects.all()), 4)]
    for occurred in [*moments, now]:
        for recorded in (None, dice.choice(moments), now):
            assert_as_replayed(planner, now, occurred, recorded)
        assert_as_replayed(planner, now, None, occurred)

    # Stock card total = balance table = as of now, for every item and depot.
    asked = {"by": planner, "at": now, "limit": 1000}
    assert as_of(Question(), occurred=now, **asked) == current(Question(), **asked)
    assert as_of(Question(), recorded=now, **asked) == current(Question(), **asked)
    for row in current(Question(), **asked).rows:
        holdings = Holding.objects.filter(item__code=row.item, depot__code=row.depot)
        assert row.on_hand == sum(h.on_hand for h in holdings)
        for since in (None, *(timezone.localdate(moment) for moment in moments)):
            card = stock_card(row.item, row.depot, by=planner, at=now, from_date=since)
            assert card.closing == row.on_hand
            assert ([card.opening] + [line.balance for line in card.lines])[-1] == card.closing


def assert_as_replayed(planner, now, occurred, recorded):
    page = as_of(Question(), by=planner, at=now, occurred=occurred, recorded=recorded, limit=1000)
    assert page.after is None
    answer = {(row.item, row.depot): (row.on_hand, row.in_transit_in) for row in page.rows}
    assert answer == replayed(occurred or recorded, recorded or now), (occurred, recorded)
    for row in page.rows:
        parts = row.allocated + row.disposal + row.expired + row.on_hold + row.reserve + row.available
        assert row.on_hand == parts
