"""What there is of each item over all depots: always the sums of what each depot has, however it is asked and paged."""

from __future__ import annotations

import random
from collections import defaultdict
from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from inventory.availability.by_item import ItemStock, by_item, count
from inventory.availability.current import current
from inventory.availability.instants import Instant, ask
from inventory.availability.question import Question
from inventory.catalogue.codes import item_code
from inventory.ledger import allocations
from logistics.errors import Conflict
from tests import factories
from tests.availability.conftest import FAR
from tests.factories import a_line, posting

pytestmark = pytest.mark.django_db
NOW = Instant()
SUMMED = ("on_hand", "allocated", "on_hold", "expired", "reserve", "disposal", "available", "in_transit_in")
QUESTIONS = [
    Question(), Question(supply_class="QN"), Question(group="QN-02"), Question(depot="K02"), Question(grade=5),
    Question(purpose="SSCD"), Question(min_days_left=30), Question(max_days_left=40), Question(text="chan"),
    Question(min_days_left=0, max_days_left=40, grade=1), Question(depots=("K01", "K02")),
]  # fmt: skip


@pytest.fixture
def goods(poster, north, south, rice, blanket):
    """Twelve items in three depots: every deduction, promises, and some of it on the road."""
    dice = random.Random("goods")
    factories.a_depot("K03")
    today = timezone.localdate()
    items = [rice, blanket] + [
        factories.an_item(item_code("QY", 1, number), tracking="lot", name=name)
        for number, name in enumerate(["Ấm đun", "Đạn súng", "Băng", "Áo", "Chăn chiên"], start=10)
    ]
    for item in items:
        for number in range(3):
            if item.tracking == "lot":
                expires = dice.choice([None, today - timedelta(days=1), today, today + timedelta(days=40),
                                       today + timedelta(days=400)])  # fmt: skip
                factories.a_lot(item, f"L{number}", expires_date=expires, hold_reason=dice.choice(["", "", "hỏng"]))
        for depot in ("K01", "K02", "K03"):
            posting(
                poster, "opening", depot,
                *(a_line(item, dice.randint(1, 50), lot=f"L{number}" if item.tracking == "lot" else "",
                         grade=dice.choice([1, 1, 2, 5]), purpose=dice.choice(["THUONG_XUYEN", "THUONG_XUYEN", "SSCD"]))
                  for number in range(3)),
                days_ago=5,
            )  # fmt: skip
        for verb in ("send", "promise"):
            line = [a_line(item, dice.randint(1, 4))]
            try:
                if verb == "send":
                    posting(poster, "transfer_out", "K01", *line, to_depot=dice.choice(["K02", "K03"]), days_ago=3)
                else:
                    allocations.allocate("K02", f"YC-{item.pk}", line, by=poster, at=timezone.now())
            except Conflict:  # all of it is held, expired or awaits disposal
                continue
    return items


def walk(user, question: Question, when: Instant = NOW, *, order="code", limit=1000) -> list[ItemStock]:
    """Return the rows of all pages."""
    found: list[ItemStock] = []
    after = None
    while True:
        page = by_item(question, when, by=user, at=timezone.now(), order=order, after=after, limit=limit)
        found += page.rows
        if page.after is None:
            return found
        after = page.after


def sums(rows) -> dict[str, list[Decimal]]:
    """Return the rows of each depot summed by item, in plain Python."""
    found: dict[str, list[Decimal]] = defaultdict(lambda: [Decimal(0)] * len(SUMMED))
    for row in rows:
        found[row.item] = [have + getattr(row, name) for have, name in zip(found[row.item], SUMMED, strict=True)]
    return found


def test_rows_are_the_sums_of_what_each_depot_has(planner, goods):
    for question in QUESTIONS:
        expected = sums(current(question, by=planner, at=timezone.now(), limit=1000).rows)
        assert expected, question
        found = walk(planner, question)
        assert {row.code: [getattr(row, name) for name in SUMMED] for row in found} == expected, question
        assert [row.code for row in found] == sorted(expected), question
        assert count(question, by=planner, on=timezone.localdate()).items == len(expected), question
        assert walk(planner, question, limit=2) == found, question


def test_the_past_is_summed_the_same_way(planner, goods):
    for days in (0, 2, 4, 6):
        when = Instant(as_of=timezone.now() - timedelta(days=days))
        expected = sums(ask(Question(), when, by=planner, at=timezone.now(), limit=1000).rows)
        found = walk(planner, Question(), when)
        assert {row.code: [getattr(row, name) for name in SUMMED] for row in found} == expected, days
        assert walk(planner, Question(), when, limit=3) == found, days
    assert walk(planner, Question(), Instant(as_of=timezone.now() - timedelta(days=6))) == []
    now = {row.code: (row.on_hand, row.available, row.depots) for row in walk(planner, Question())}
    then = walk(planner, Question(), Instant(as_of=timezone.now()))
    assert {row.code: (row.on_hand, row.available, row.depots) for row in then} == now


def test_names_go_as_vietnamese_readers_look_them_up(planner, goods):
    named = [row.name for row in walk(planner, Question(supply_class="QY"), order="name")]
    assert named == ["Áo", "Ấm đun", "Băng", "Chăn chiên", "Đạn súng"]
    assert [row.name for row in walk(planner, Question(supply_class="QY"), order="name", limit=2)] == named


def test_what_expires_soon_is_told_apart_of_what_is_available(poster, planner, north, rice):
    today = timezone.localdate()
    for lot, days in (("L1", 89), ("L2", 90), ("L3", 91), ("L4", -1)):
        factories.a_lot(rice, lot, expires_date=today + timedelta(days=days))
        posting(poster, "opening", "K01", a_line(rice, 1 << int(lot[1]), lot=lot))
    factories.a_lot(rice, "L5", expires_date=FAR, hold_reason="hỏng")
    posting(poster, "opening", "K01", a_line(rice, 64, lot="L5"))
    (row,) = walk(planner, Question())
    assert (row.available, row.expiring, row.expired, row.on_hold, row.depots) == (14, 6, 16, 64, 1)


def test_strangers_have_no_rows(stranger, goods):
    assert walk(stranger, Question()) == []
    assert count(Question(), by=stranger, on=timezone.localdate()).items == 0
