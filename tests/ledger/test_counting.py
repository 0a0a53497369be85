"""A count is compared with the book of its moment, and then it holds."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from inventory.ledger.models import CountOffset, Kind, MovementLine
from inventory.ledger.periods import close_period
from inventory.ledger.posting import post
from inventory.ledger.reading import movements
from inventory.ledger.refusals import CountHolds, InsufficientStock, InvalidMovement, PeriodClosed
from inventory.ledger.verifying import verify
from tests.factories import a_draft, a_line, on_hand, posting
from tests.notation import rows

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _sound(poster):
    """Whatever a test did, the log is sound after it, and no hash needs a new reading."""
    yield
    report = verify()
    assert report.is_sound, report.disagreements


def counted(item, quantity, *, days_ago=0.0, **fields):
    return a_line(item, quantity, counted_at=timezone.now() - timedelta(days=days_ago), **fields)


def a_count(poster, *lines, **fields):
    return posting(poster, "stocktake", "K01", *lines, **fields)


def test_each_pile_is_compared_with_the_book_of_its_own_moment(poster, depot, blanket):
    posting(poster, "receipt", "K01", a_line(blanket, 100), days_ago=10)
    posting(poster, "receipt", "K01", a_line(blanket, 40, bin="A-02"), days_ago=10)
    posting(poster, "issue", "K01", a_line(blanket, 30, bin="A-01"), days_ago=5)  # between the two counts
    posting(poster, "issue", "K01", a_line(blanket, 5, bin="A-02"), days_ago=1)  # after both
    posted = a_count(poster, counted(blanket, 98, days_ago=7, bin="A-01"), counted(blanket, 41, days_ago=3, bin="A-02"))
    assert posted.number.startswith("KK-K01-")
    told = [(line.bin, line.scheduled_quantity, line.entered_quantity, line.change) for line in posted.lines]
    assert told == [("A-01", 100, 98, -2), ("A-02", 40, 41, 1)]
    assert [on_hand(depot, blanket, bin__code=code) for code in ("A-01", "A-02")] == [68, 36]


def test_nothing_missing_and_nothing_there_are_counts_too(poster, depot, blanket, rice):
    posting(poster, "receipt", "K01", a_line(blanket, 7), days_ago=2)
    posted = a_count(poster, counted(blanket, 7), counted(rice, 0, lot="L-NEW"))
    assert [line.change for line in posted.lines] == [0, 0]
    assert MovementLine.objects.filter(position=posted.position).count() == 2


def test_what_is_told_later_of_the_time_before_a_count_is_offset_at_it(poster, depot, blanket):
    for row in rows("""
        late     | quantity | days ago | on hand | offset before | offset after
        receipt  | 6        | 4        | 20      |               | -6
        issue    | 6        | 4        | 20      | 6             |
        issue    | 90       | 4        | no      |               |
        issue    | 6        | 2        | 14      |               |
        receipt  | 6        | 2        | 20      |               |
    """):
        if row["late"] == "receipt" and row["days ago"] == "4":
            posting(poster, "receipt", "K01", a_line(blanket, 25), days_ago=9)
            posting(poster, "issue", "K01", a_line(blanket, 2), days_ago=1)
            a_count(poster, counted(blanket, 22, days_ago=3))
        draft = a_draft(
            row["late"], "K01", a_line(blanket, row["quantity"]), days_ago=float(row["days ago"]), reason="muộn"
        )
        if row["on hand"] == "no":  # not even before the count was there so much
            with pytest.raises(InsufficientStock):
                post([draft], by=poster, at=timezone.now())
            continue
        (posted,) = post([draft], by=poster, at=timezone.now())
        ties = CountOffset.objects.filter(late_position=posted.position)
        changes = {
            "before" if tie.position < posted.position else "after": sum(
                line.change for line in MovementLine.objects.filter(position=tie.position)
            )
            for tie in ties
        }
        wanted = {name: Decimal(row[f"offset {name}"]) for name in ("before", "after") if row[f"offset {name}"]}
        assert changes == wanted, row
        assert on_hand(depot, blanket) == Decimal(row["on hand"]), row


def test_an_offset_says_what_it_upholds_and_is_the_same_for_a_retry(poster, depot, blanket):
    posting(poster, "receipt", "K01", a_line(blanket, 10), days_ago=9)
    count = a_count(poster, counted(blanket, 10, days_ago=3))
    draft = a_draft("issue", "K01", a_line(blanket, 4), days_ago=5, reason="muộn")
    first = post([draft], by=poster, at=timezone.now())
    again = post([draft], by=poster, at=timezone.now())
    assert again[0].is_replay
    assert first[0].position == again[0].position
    *_, offset, late = movements(depot.pk)
    assert (offset.kind, late.position) == (Kind.STOCKTAKE, first[0].position)
    assert count.number in offset.reason
    assert offset.occurred_at == count.lines[0].counted_at
    assert [line.counted_at for line in offset.lines] == [offset.occurred_at]
    assert all(movement.rehash() == movement.hash for movement in (offset, late, count))


def test_a_pair_of_lines_is_offset_on_both_sides(poster, depot, blanket):
    posting(poster, "receipt", "K01", a_line(blanket, 10), days_ago=9)
    a_count(poster, counted(blanket, 10, days_ago=3, bin="A-01"), counted(blanket, 0, days_ago=3, bin="A-02"))
    posting(poster, "relocation", "K01", a_line(blanket, 4, to_bin="A-02"), days_ago=5, reason="muộn")
    assert [on_hand(depot, blanket, bin__code=code) for code in ("A-01", "A-02")] == [10, 0]


def test_a_reversal_of_what_happened_before_a_count_changes_no_stock(poster, depot, blanket):
    receipt = posting(poster, "receipt", "K01", a_line(blanket, 10), days_ago=9)
    a_count(poster, counted(blanket, 8, days_ago=3))
    posting(poster, "reversal", "K01", reverses=receipt.position, reason="nhầm kho")
    assert on_hand(depot, blanket) == 8


def test_a_count_is_undone_until_others_lean_on_it(poster, depot, blanket):
    posting(poster, "receipt", "K01", a_line(blanket, 10), days_ago=9)
    wrong = a_count(poster, counted(blanket, 8, days_ago=3))
    posting(poster, "reversal", "K01", reverses=wrong.position, reason="đếm nhầm")
    assert on_hand(depot, blanket) == 10
    right = a_count(poster, counted(blanket, 9, days_ago=3))  # the very same moment, counted anew from the sheets
    assert on_hand(depot, blanket) == 9
    posting(poster, "receipt", "K01", a_line(blanket, 5), days_ago=5, reason="muộn")
    with pytest.raises(CountHolds):
        posting(poster, "reversal", "K01", reverses=right.position, reason="đếm nhầm")
    offset = CountOffset.objects.get()
    with pytest.raises(CountHolds):
        posting(poster, "reversal", "K01", reverses=offset.position, reason="đếm nhầm")
    assert on_hand(depot, blanket) == 9


def test_what_a_stocktake_refuses(poster, depot, blanket, monitor):
    posting(poster, "receipt", "K01", a_line(blanket, 10), days_ago=9)
    a_count(poster, counted(blanket, 10, days_ago=3))
    with pytest.raises(CountHolds):  # an older sheet posted over a newer one
        a_count(poster, counted(blanket, 10, days_ago=4))
    posting(poster, "issue", "K01", a_line(blanket, 10), days_ago=1)
    with pytest.raises(InsufficientStock):  # what was counted has left since
        a_count(poster, counted(blanket, 3, days_ago=2))
    now = timezone.now()
    for lines, code in [
        ((a_line(blanket, 3),), "kind-not-posted-here"),
        ((counted(blanket, 3, days_ago=0.1), counted(blanket, 4, days_ago=0.1)), "counted-twice"),
        ((a_line(blanket, 3, counted_at=now + timedelta(minutes=1)),), "counted-after"),
        ((counted(blanket, -1, days_ago=0.1),), "quantity"),
        ((counted(monitor, 2, lot="SN-1", days_ago=0.1),), "serial-quantity"),
    ]:
        with pytest.raises(InvalidMovement) as refused:
            post([a_draft("stocktake", "K01", *lines, occurred_at=now)], by=poster, at=now)
        assert [fault.code for fault in refused.value.faults] == [code]
    month = (timezone.localtime() - timedelta(days=130)).date()
    close_period("K01", month, by=poster, at=now)
    with pytest.raises(PeriodClosed):
        a_count(poster, counted(blanket, 0, days_ago=200), reason="muộn")


def test_a_stocktake_is_posted_alone(poster, depot, blanket):
    drafts = [a_draft("stocktake", "K01", counted(blanket, 1)), a_draft("receipt", "K01", a_line(blanket, 1))]
    with pytest.raises(ValueError, match="alone"):
        post(drafts, by=poster, at=timezone.now())
