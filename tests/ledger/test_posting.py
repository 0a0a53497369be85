"""What posting promises, one rule a test."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from django.db import connection
from django.utils import timezone, translation

from depots.models import Bin
from inventory.catalogue.models import Lot
from inventory.ledger.models import DepotLog, Holding, Kind, Movement, MovementLine
from inventory.ledger.posting import post
from inventory.ledger.reading import movements
from inventory.ledger.refusals import (
    AlreadyReversed,
    InsufficientStock,
    InvalidMovement,
    KeyReused,
    PeriodClosed,
    SerialElsewhere,
    WouldGoNegative,
)
from inventory.ledger.verifying import totals, verify
from logistics.errors import Fault
from tests.factories import a_depot, a_draft, a_line, a_lot, a_packaging, an_item, on_hand, posting, telling
from tests.notation import rows

pytestmark = pytest.mark.django_db


def test_every_kind_moves_stock_as_its_name_says(poster, depot, blanket):
    for row in rows("""
        kind        | quantity | to_bin | to_grade | to_purpose | A-01 | whole depot
        opening     | 100      |        |          |            | 100  | 100
        receipt     | 50       |        |          |            | 150  | 150
        return      | 5        |        |          |            | 155  | 155
        issue       | 30       |        |          |            | 125  | 125
        relocation  | 20       | A-02   |          |            | 105  | 125
        regrade     | 10       |        | 2        |            | 95   | 125
        repurpose   | 15       |        |          | SSCD       | 80   | 125
        disposal    | 3        |        |          |            | 77   | 122
        adjustment  | -2       |        |          |            | 75   | 120
        adjustment  | 4        |        |          |            | 79   | 124
    """):
        line = a_line(
            blanket,
            row["quantity"],
            to_bin=row["to_bin"],
            to_grade=int(row["to_grade"]) if row["to_grade"] else None,
            to_purpose=row["to_purpose"],
        )
        posting(poster, row["kind"], "K01", line, reason="worked table")
        usual = on_hand(depot, blanket, bin__code="A-01", grade=1, purpose="THUONG_XUYEN")
        assert (row["kind"], usual) == (row["kind"], Decimal(row["A-01"]))
        assert on_hand(depot, blanket) == Decimal(row["whole depot"])
    assert verify().is_sound


def test_positions_are_gapless_and_chained(poster, depot, blanket):
    made = post([a_draft("receipt", "K01", a_line(blanket, 1)) for _ in range(5)], by=poster, at=timezone.now())
    assert [posted.position for posted in made] == [1, 2, 3, 4, 5]
    assert made[0].previous_hash == bytes(32)
    assert all(later.previous_hash == earlier.hash for earlier, later in pairwise(made))
    assert all(posted.rehash() == posted.hash for posted in made)
    head = DepotLog.objects.get(depot=depot)
    assert (head.position, bytes(head.hash)) == (5, made[-1].hash)


def test_recorded_at_never_goes_back_though_the_clock_does(poster, depot, blanket):
    now = timezone.now()
    first = posting(poster, "receipt", "K01", a_line(blanket, 1), occurred_at=now - timedelta(hours=2), at=now)
    earlier = now - timedelta(hours=1)
    second = posting(poster, "receipt", "K01", a_line(blanket, 1), occurred_at=now - timedelta(hours=2), at=earlier)
    assert second.recorded_at == first.recorded_at == now


def test_voucher_numbers_run_per_depot_series_and_year(poster, depot, other_depot, blanket):
    at = datetime(2026, 3, 1, tzinfo=UTC)
    december = datetime(2025, 12, 31, 16, 59, tzinfo=UTC)  # 23:59 of 31/12 in Hanoi
    january = datetime(2025, 12, 31, 17, 0, tzinfo=UTC)  # 00:00 of 01/01
    numbers = [
        posting(poster, kind, code, a_line(blanket, 1), occurred_at=when, at=at, reason="late papers").number
        for kind, code, when in [
            ("receipt", "K01", december),
            ("receipt", "K01", january),
            ("return", "K01", january),
            ("issue", "K01", january),
            ("receipt", "K02", january),
        ]
    ]
    assert numbers == ["PN-K01-2025-00001", "PN-K01-2026-00001", "PN-K01-2026-00002", "PX-K01-2026-00001",
                       "PN-K02-2026-00001"]  # fmt: skip


class TestFirstExpiredFirstOut:
    @pytest.fixture
    def lots(self, poster, depot, rice):
        today = timezone.localdate()
        for code, days, quantity in [("L-LATE", 300, 40), ("L-SOON", 30, 25), ("L-GONE", -1, 60), ("L-HELD", 10, 80)]:
            lot = a_lot(rice, code, expires_date=today + timedelta(days=days))
            posting(poster, "receipt", "K01", a_line(rice, quantity, lot=code), days_ago=5)
            if code == "L-HELD":
                with telling("nghi ẩm"):
                    lot.hold_reason = "nghi ẩm"
                    lot.save()
        return today

    def test_takes_the_first_expiry_over_several_lots(self, poster, lots, rice):
        posted = posting(poster, "issue", "K01", a_line(rice, 30))
        assert [(line.lot, line.change, line.entry_no) for line in posted.lines] == [
            ("L-SOON", Decimal(-25), 1),
            ("L-LATE", Decimal(-5), 1),
        ]

    def test_leaves_expired_and_held_lots_and_says_so(self, poster, lots, rice):
        with pytest.raises(InsufficientStock) as refusal:
            posting(poster, "issue", "K01", a_line(rice, 66))
        (shortage,) = refusal.value.shortages
        assert (shortage["requested"], shortage["available"]) == ("66.000", "65.000")
        assert {(held["why"], held["lot"]) for held in shortage["held_by"]} == {
            ("expired", "L-GONE"),
            ("on-hold", "L-HELD"),
        }

    @pytest.mark.parametrize(("lot", "code"), [("L-GONE", "expired"), ("L-HELD", "on-hold")])
    def test_a_named_unusable_lot_is_refused(self, poster, lots, rice, lot, code):
        with pytest.raises(InvalidMovement) as refusal:
            posting(poster, "issue", "K01", a_line(rice, 1, lot=lot))
        assert [(fault.pointer, fault.code) for fault in refusal.value.faults] == [("/lines/0/lot", code)]

    def test_an_expired_lot_leaves_by_disposal(self, poster, depot, lots, rice):
        posting(poster, "disposal", "K01", a_line(rice, 60, lot="L-GONE"), reason="quá hạn")
        assert on_hand(depot, rice, lot__code="L-GONE") == 0

    def test_the_last_day_of_use_still_counts(self, poster, depot, rice):
        posting(poster, "receipt", "K01", a_line(rice, 1, lot="L-TODAY", expires_date=timezone.localdate()), days_ago=1)
        assert posting(poster, "issue", "K01", a_line(rice, 1)).lines[0].lot == "L-TODAY"


def test_a_movement_is_refused_whole_with_every_fault_at_once(poster, depot, rice, blanket):
    lines = [
        a_line("QN-99-0000000", 1),
        a_line(rice, 1),
        a_line(blanket, "1.5"),
        a_line(blanket, 1, lot="L1"),
        a_line(blanket, 1, bin="Z-99"),
        a_line(blanket, 1, grade=9),
        a_line(blanket, 1, purpose="KHAC"),
        a_line(blanket, 1, unit="BX", grade=8),
        a_line(blanket, 0),
        a_line(blanket, 1, to_bin="A-02"),
        a_line(blanket, 1, unit_price=Decimal("1.001")),
        a_line(blanket, 7),
    ]
    with pytest.raises(InvalidMovement) as refusal:
        posting(poster, "receipt", "K01", *lines)
    assert sorted((fault.pointer, fault.code) for fault in refusal.value.faults) == sorted([
        ("/lines/0/item", "unknown-item"),
        ("/lines/1/lot", "lot-required"),
        ("/lines/2/quantity", "too-many-decimals"),
        ("/lines/3/lot", "lot-not-kept"),
        ("/lines/4/bin", "unknown-bin"),
        ("/lines/5/grade", "unknown-grade"),
        ("/lines/6/purpose", "unknown-purpose"),
        ("/lines/7/unit", "unknown-unit"),
        ("/lines/7/grade", "unknown-grade"),
        ("/lines/8/quantity", "quantity"),
        ("/lines/9/to_bin", "target"),
        ("/lines/10/unit_price", "unit-price"),
    ])  # fmt: skip
    assert not Movement.objects.exists()
    assert not Lot.objects.exists()


REFUSED_FIELDS = [
    ("disposal", {}, {}, ("/reason", "reason-required")),
    ("adjustment", {}, {}, ("/reason", "reason-required")),
    ("transfer_out", {}, {}, ("/to_depot", "to-depot")),
    ("transfer_out", {"to_depot": "K01"}, {}, ("/to_depot", "to-depot")),
    ("transfer_out", {"to_depot": "K99"}, {}, ("/to_depot", "unknown-depot")),
    ("receipt", {"to_depot": "K02"}, {}, ("/to_depot", "to-depot")),
    ("transfer_in", {}, {}, ("/consignment", "consignment-required")),
    ("receipt", {"consignment": "K01/1"}, {}, ("/consignment", "consignment-not-here")),
    ("transfer_in", {"consignment": "K02/7"}, {}, ("/consignment", "unknown-consignment")),
    ("stocktake", {}, {}, ("/kind", "kind-not-posted-here")),
    ("relocation", {}, {}, ("/lines/0/to_bin", "target")),
    ("receipt", {"counterparty": "a\u202eb"}, {}, ("/counterparty", "bad-character")),
    ("regrade", {}, {"to_grade": 1}, ("/lines/0/to_grade", "target")),
    ("reversal", {"reason": "sai"}, {}, ("/reverses", "reverses-required")),
    ("receipt", {"days_ago": -1}, {}, ("/occurred_at", "in-the-future")),
    ("receipt", {"days_ago": 40}, {}, ("/reason", "late-reason-required")),
    ("receipt", {"key": ""}, {}, ("/key", "key-length")),
    ("receipt", {"key": "k" * 65}, {}, ("/key", "key-length")),
    ("receipt", {"counterparty": "x" * 241}, {}, ("/counterparty", "too-long")),
    ("receipt", {"reason": "a\x00b"}, {}, ("/reason", "bad-character")),
    ("receipt", {"order_number": "12\ufeff"}, {}, ("/order_number", "bad-character")),
    ("receipt", {}, {"lot": "L1\u200b"}, ("/lines/0/lot", "bad-character")),
    ("receipt", {}, {"lot": "\u2060"}, ("/lines/0/lot", "bad-character")),
    ("receipt", {}, {"quantity": Decimal("-1")}, ("/lines/0/quantity", "quantity")),
    ("receipt", {}, {"quantity": Decimal("NaN")}, ("/lines/0/quantity", "quantity")),
    ("receipt", {}, {"quantity": Decimal("0.0005")}, ("/lines/0/quantity", "too-many-decimals")),
    ("receipt", {}, {"quantity": Decimal("1e15")}, ("/lines/0/quantity", "quantity")),
    ("issue", {}, {"scheduled_quantity": Decimal("0.5")}, ("/lines/0/quantity", "above-requested")),
]


@pytest.mark.parametrize(("kind", "fields", "line", "fault"), REFUSED_FIELDS)
def test_a_kind_gets_the_fields_it_needs_and_no_others(poster, depot, other_depot, blanket, kind, fields, line, fault):
    asked = {"quantity": Decimal(1)} | line
    with pytest.raises(InvalidMovement) as refusal:
        posting(poster, kind, "K01", a_line(blanket, asked.pop("quantity"), **asked), **fields)
    assert fault in [(found.pointer, found.code) for found in refusal.value.faults]
    assert not Movement.objects.exists()


@pytest.mark.parametrize(("kind", "fields", "line", "fault"), REFUSED_FIELDS)
def test_a_refusal_is_told_in_the_readers_language(poster, depot, other_depot, blanket, kind, fields, line, fault):
    told = {}
    for language in ("en", "vi"):
        asked = {"quantity": Decimal(1)} | line
        with translation.override(language), pytest.raises(InvalidMovement) as refusal:
            posting(poster, kind, "K01", a_line(blanket, asked.pop("quantity"), **asked), **fields)
        told[language] = [one.detail for one in refusal.value.faults]
        assert fault in [(one.pointer, one.code) for one in refusal.value.faults]
    assert not set(told["vi"]) & set(told["en"])
    assert not re.search(r"%\(|[{}]", " ".join(told["vi"] + told["en"]))


def test_what_is_missing_is_told_in_the_readers_language(poster, depot, rice):
    posting(poster, "receipt", "K01", a_line(rice, 38, lot="L24"), days_ago=1)
    told = {}
    for language in ("en", "vi"):
        with translation.override(language), pytest.raises(InsufficientStock) as refusal:
            posting(poster, "issue", "K01", a_line(rice, 1), a_line(rice, "1250.5", lot="L24"), a_line(rice, 999))
        told[language] = str(refusal.value)
    item = f"{rice.name} ({rice.code})"
    assert told == {
        "en": f"Line 2: 1,250.5 kilogram of {item} lot L24 asked for, 37 available. Take less, choose another lot, "
        "or ask another depot. 1 more line falls short.",
        "vi": f"Dòng 2: Xuất 1.250,5 kg {item} nhưng lô L24 chỉ còn 37. Giảm số lượng, chọn lô khác hoặc xin kho khác. "
        "Còn 1 dòng khác cũng không đủ.",
    }


@pytest.mark.parametrize(
    ("language", "count", "text"),
    [
        ("en", 1, "1 thing is wrong with the input: a"),
        ("en", 4, "4 things are wrong with the input: a; a; a"),
        ("vi", 1, "Dữ liệu nhập có 1 chỗ sai: a"),
        ("vi", 4, "Dữ liệu nhập có 4 chỗ sai: a; a; a"),
    ],
)
def test_faults_are_counted_in_the_readers_language(language, count, text):
    with translation.override(language):
        assert str(InvalidMovement([Fault("", "x", "a")] * count)) == text


def test_packages_count_in_base_units_and_what_was_typed_stays(poster, depot, blanket):
    a_packaging(blanket, "BX", "12")
    posted = posting(poster, "receipt", "K01", a_line(blanket, 3, unit="BX"))
    (line,) = posted.lines
    assert (line.change, line.entered_quantity, line.entered_unit) == (Decimal(36), Decimal(3), "BX")
    assert on_hand(depot, blanket) == 36


def test_a_relocation_to_where_the_goods_are_is_refused(poster, depot, blanket):
    posting(poster, "receipt", "K01", a_line(blanket, 5), days_ago=1)
    for fields in ({}, {"bin": "A-01"}):
        with pytest.raises(InvalidMovement) as refusal:
            posting(poster, "relocation", "K01", a_line(blanket, 1, to_bin="A-01", **fields))
        assert [(fault.pointer, fault.code) for fault in refusal.value.faults] == [("/lines/0/to_bin", "target")]


def test_a_shortage_names_only_what_the_line_asked_for(poster, depot, rice):
    gone = timezone.localdate() - timedelta(days=1)
    posting(poster, "receipt", "K01", a_line(rice, 5, lot="L-GONE", expires_date=gone), days_ago=5)
    posting(poster, "receipt", "K01", a_line(rice, 5, lot="L-GOOD"), days_ago=5)
    with pytest.raises(InsufficientStock) as refusal:
        posting(poster, "issue", "K01", a_line(rice, 6, lot="L-GOOD"))
    assert refusal.value.shortages[0]["held_by"] == []


def test_what_was_typed_is_chained_as_it_is_stored(poster, depot):
    oil = an_item("XD-01-0000014", unit="LTR")
    a_packaging(oil, "BX", "0.5")
    a_packaging(oil, "TNE", "1000")
    for line in (a_line(oil, "1E+1", unit="BX"), a_line(oil, "0.001", unit="TNE"), a_line(oil, "2.50000")):
        posting(poster, "receipt", "K01", line)
    assert on_hand(depot, oil) == Decimal("8.5")
    assert verify().is_sound


def test_a_lot_keeps_its_expiry(poster, depot, rice):
    posting(poster, "receipt", "K01", a_line(rice, 1, lot="L1", expires_date=date(2030, 1, 31)))
    with pytest.raises(InvalidMovement) as refusal:
        posting(poster, "receipt", "K01", a_line(rice, 1, lot="L1", expires_date=date(2031, 1, 31)))
    assert refusal.value.faults[0].code == "expiry-differs"
    history = Lot.objects.get(item=rice, code="L1").history.get()
    assert (history.history_user, history.source) == (poster, "posting")
    assert history.history_change_reason


class TestAskingTwice:
    def test_the_same_draft_is_one_movement(self, poster, depot, blanket):
        draft = a_draft("receipt", "K01", a_line(blanket, 5))
        (first,) = post([draft], by=poster, at=timezone.now())
        (second,) = post([draft], by=poster, at=timezone.now())
        assert (second.position, second.is_replay, first.is_replay) == (1, True, False)
        assert second.document() == first.document()
        assert on_hand(depot, blanket) == 5

    def test_a_key_names_one_content_for_ever(self, poster, depot, blanket):
        draft = a_draft("receipt", "K01", a_line(blanket, 5), key="K")
        post([draft], by=poster, at=timezone.now())
        with pytest.raises(KeyReused):
            posting(poster, "receipt", "K01", a_line(blanket, 6), key="K", occurred_at=draft.occurred_at)
        with pytest.raises(KeyReused):
            post([a_draft("receipt", "K01", a_line(blanket, n), key="L") for n in (1, 2)], by=poster, at=timezone.now())
        assert on_hand(depot, blanket) == 5

    def test_keys_of_two_depots_do_not_meet(self, poster, depot, other_depot, blanket):
        posting(poster, "receipt", "K01", a_line(blanket, 5), key="K")
        assert not posting(poster, "receipt", "K02", a_line(blanket, 6), key="K").is_replay

    def test_a_batch_half_posted_before_posts_the_other_half(self, poster, depot, blanket):
        drafts = [a_draft("receipt", "K01", a_line(blanket, n)) for n in (1, 2, 3)]
        post(drafts[:1], by=poster, at=timezone.now())
        made = post([*drafts, drafts[2]], by=poster, at=timezone.now())
        assert [(posted.position, posted.is_replay) for posted in made] == [
            (1, True),
            (2, False),
            (3, False),
            (3, True),
        ]


class TestLateEntries:
    @pytest.fixture
    def days(self, poster, depot, blanket):
        posting(poster, "receipt", "K01", a_line(blanket, 10), days_ago=10)
        posting(poster, "issue", "K01", a_line(blanket, 8), days_ago=5)
        posting(poster, "receipt", "K01", a_line(blanket, 20), days_ago=1)

    def test_one_that_breaks_a_later_day_is_refused_naming_the_day(self, poster, depot, days, blanket):
        with pytest.raises(WouldGoNegative) as refusal:
            posting(poster, "issue", "K01", a_line(blanket, 3), days_ago=7)
        day = (timezone.localtime() - timedelta(days=5)).date().isoformat()
        assert refusal.value.document()["day"] == day
        assert on_hand(depot, blanket) == 22

    def test_one_before_anything_came_in_names_its_own_day(self, poster, days, blanket):
        with pytest.raises(WouldGoNegative) as refusal:
            posting(poster, "issue", "K01", a_line(blanket, 1), days_ago=11)
        assert refusal.value.document()["day"] == (timezone.localtime() - timedelta(days=11)).date().isoformat()

    def test_one_that_every_day_can_bear_is_posted(self, poster, depot, days, blanket):
        posting(poster, "issue", "K01", a_line(blanket, 2), days_ago=7)
        assert on_hand(depot, blanket) == 20
        assert verify().is_sound

    def test_two_in_one_call_are_weighed_together(self, poster, days, blanket):
        drafts = [a_draft("issue", "K01", a_line(blanket, n), days_ago=ago) for n, ago in ((1, 7), (2, 6))]
        with pytest.raises(WouldGoNegative):
            post(drafts, by=poster, at=timezone.now())
        assert Movement.objects.count() == 3

    def test_one_after_another_of_the_same_call_that_is_dated_later(self, poster, depot, blanket):
        drafts = [
            a_draft("receipt", "K01", a_line(blanket, 10), days_ago=3),
            a_draft("issue", "K01", a_line(blanket, 10), days_ago=4),
        ]
        with pytest.raises(WouldGoNegative):
            post(drafts, by=poster, at=timezone.now())


class TestTransfers:
    @pytest.fixture
    def sent(self, poster, depot, other_depot, rice):
        posting(poster, "receipt", "K01", a_line(rice, 100, lot="L1"), days_ago=3)
        posting(poster, "receipt", "K01", a_line(rice, 50, lot="L2"), days_ago=3)
        return posting(poster, "transfer_out", "K01", a_line(rice, 120), to_depot="K02", days_ago=2)

    def test_what_left_is_on_the_road_until_received(self, poster, depot, other_depot, sent, rice):
        assert [(line.lot, line.transit_change) for line in sent.lines] == [("L1", 100), ("L2", 20)]
        posting(
            poster, "transfer_in", "K02", a_line(rice, 100, lot="L1"), a_line(rice, 20, lot="L2"), consignment=sent.name
        )
        assert (on_hand(depot, rice), on_hand(other_depot, rice)) == (30, 120)
        (total,) = totals()
        assert (total["on_hand"], total["in_transit"], total["inward"]) == (150, 0, 150)

    def test_a_difference_says_why_and_stays_open_until_settled(self, poster, other_depot, sent, rice):
        with pytest.raises(InvalidMovement) as refusal:
            posting(poster, "transfer_in", "K02", a_line(rice, 98, lot="L1"), consignment=sent.name)
        assert [(fault.pointer, fault.code) for fault in refusal.value.faults] == [
            ("/lines/0/reason", "difference-needs-reason")
        ]
        posting(poster, "transfer_in", "K02", a_line(rice, 98, lot="L1", reason="rách bao"), consignment=sent.name)
        assert {total["in_transit"] for total in totals()} == {Decimal(22)}
        settled = posting(
            poster, "adjustment", "K01", a_line(rice, -2, lot="L1"), consignment=sent.name, reason="biên bản 7"
        )
        assert [(line.change, line.transit_change) for line in settled.lines] == [(0, -2)]
        (total,) = totals()
        assert total["in_transit"] == 20
        assert total["on_hand"] + total["in_transit"] == total["inward"] - total["outward"] + total["adjusted"]
        assert verify().is_sound

    @pytest.mark.parametrize(
        ("depot_code", "kind", "line", "code"),
        [
            ("K01", "transfer_in", {"lot": "L1"}, "not-for-this-depot"),
            ("K02", "transfer_in", {"lot": "L9"}, "not-in-consignment"),
            ("K02", "transfer_in", {}, "lot-required"),
            ("K02", "adjustment", {"lot": "L1"}, "not-this-depot's"),
        ],
    )
    def test_only_its_own_goods_at_its_own_depot(self, poster, sent, rice, depot_code, kind, line, code):
        with pytest.raises(InvalidMovement) as refusal:
            posting(poster, kind, depot_code, a_line(rice, 100, **line), consignment=sent.name, reason="thử")
        assert [fault.code for fault in refusal.value.faults] == [code]

    def test_nothing_is_received_twice_or_settled_beyond_what_is_open(self, poster, sent, rice):
        posting(poster, "transfer_in", "K02", a_line(rice, 100, lot="L1"), consignment=sent.name)
        with pytest.raises(Exception, match="already received"):
            posting(poster, "transfer_in", "K02", a_line(rice, 100, lot="L1"), consignment=sent.name)
        with pytest.raises(Exception, match="settle more"):
            posting(poster, "adjustment", "K01", a_line(rice, -21, lot="L2"), consignment=sent.name, reason="thử")

    def test_a_surplus_is_received_with_its_reason_and_settled(self, poster, other_depot, sent, rice):
        posting(poster, "transfer_in", "K02", a_line(rice, 21, lot="L2", reason="thừa"), consignment=sent.name)
        assert on_hand(other_depot, rice) == 21
        posting(poster, "adjustment", "K01", a_line(rice, 1, lot="L2"), consignment=sent.name, reason="biên bản 8")
        assert verify().is_sound
        assert {total["in_transit"] for total in totals()} == {Decimal(100)}


class TestReversal:
    def test_mirrors_the_whole_movement_under_its_own_date(self, poster, depot, blanket):
        original = posting(poster, "receipt", "K01", a_line(blanket, 5), a_line(blanket, 6, bin="A-02"), days_ago=2)
        posted = posting(poster, "reversal", "K01", reverses=original.position, reason="nhập nhầm")
        assert (posted.number, posted.reverses) == (f"{original.number}-Đ1", original.position)
        assert [line.change for line in posted.lines] == [-5, -6]
        assert on_hand(depot, blanket) == 0
        assert verify().is_sound

    def test_at_most_one_names_a_movement(self, poster, depot, blanket):
        original = posting(poster, "receipt", "K01", a_line(blanket, 5))
        posting(poster, "reversal", "K01", reverses=original.position, reason="nhầm")
        with pytest.raises(AlreadyReversed):
            posting(poster, "reversal", "K01", reverses=original.position, reason="nhầm")

    def test_by_line_takes_the_whole_entry_of_a_pair(self, poster, depot, blanket):
        posting(poster, "receipt", "K01", a_line(blanket, 10), days_ago=1)
        moved = posting(
            poster, "relocation", "K01", a_line(blanket, 4, to_bin="A-02"), a_line(blanket, 3, to_bin="A-02")
        )
        posting(poster, "reversal", "K01", reverses=moved.position, reverse_lines=[2], reason="nhầm")
        assert on_hand(depot, blanket, bin__code="A-02") == 3
        assert verify().is_sound

    def test_is_refused_with_the_pile_where_stock_moved_on(self, poster, depot, rice):
        original = posting(poster, "receipt", "K01", a_line(rice, 10, lot="L1"), days_ago=1)
        posting(poster, "issue", "K01", a_line(rice, 4))
        with pytest.raises(InsufficientStock) as refusal:
            posting(poster, "reversal", "K01", reverses=original.position, reason="nhầm")
        (shortage,) = refusal.value.shortages
        assert (shortage["lot"], shortage["requested"], shortage["available"]) == ("L1", "10.000", "6.000")

    def test_of_an_unknown_movement_line_or_reversal(self, poster, depot, blanket):
        original = posting(poster, "receipt", "K01", a_line(blanket, 5))
        undone = posting(poster, "reversal", "K01", reverses=original.position, reason="nhầm")
        again = posting(poster, "receipt", "K01", a_line(blanket, 5))
        for fields, code in [
            ({"reverses": 99}, "unknown-movement"),
            ({"reverses": undone.position}, "is-a-reversal"),
            ({"reverses": again.position, "reverse_lines": [7]}, "unknown-line"),
            ({"reverses": again.position, "days_ago": 1}, "before-original"),
        ]:
            with pytest.raises(InvalidMovement) as refusal:
                posting(poster, "reversal", "K01", reason="nhầm", **fields)
            assert [fault.code for fault in refusal.value.faults] == [code]

    def test_of_a_transfer_brings_back_what_is_still_on_the_road(self, poster, depot, other_depot, blanket):
        posting(poster, "receipt", "K01", a_line(blanket, 10), days_ago=2)
        sent = posting(poster, "transfer_out", "K01", a_line(blanket, 6), to_depot="K02", days_ago=1)
        received = posting(poster, "transfer_in", "K02", a_line(blanket, 6), consignment=sent.name)
        with pytest.raises(Exception, match="already received"):
            posting(poster, "reversal", "K01", reverses=sent.position, reason="nhầm")
        posting(poster, "reversal", "K02", reverses=received.position, reason="nhầm kho")
        assert {total["in_transit"] for total in totals()} == {Decimal(6)}
        posting(poster, "reversal", "K01", reverses=sent.position, reason="hủy lệnh")
        assert on_hand(depot, blanket) == 10
        assert verify().is_sound

    def test_of_a_settlement(self, poster, depot, other_depot, blanket):
        posting(poster, "receipt", "K01", a_line(blanket, 10), days_ago=2)
        sent = posting(poster, "transfer_out", "K01", a_line(blanket, 6), to_depot="K02", days_ago=1)
        settled = posting(poster, "adjustment", "K01", a_line(blanket, -6), consignment=sent.name, reason="mất")
        posting(poster, "reversal", "K01", reverses=settled.position, reason="tìm thấy")
        assert {total["in_transit"] for total in totals()} == {Decimal(6)}
        assert verify().is_sound


class TestSerialNumbers:
    def test_one_piece_is_in_one_place(self, poster, depot, other_depot, monitor):
        posting(poster, "receipt", "K01", a_line(monitor, 1, lot="SN1"), days_ago=2)
        for code in ("K01", "K02"):
            with pytest.raises(SerialElsewhere):
                posting(poster, "receipt", code, a_line(monitor, 1, lot="SN1"))
        sent = posting(poster, "transfer_out", "K01", a_line(monitor, 1, lot="SN1"), to_depot="K02", days_ago=1)
        with pytest.raises(SerialElsewhere):
            posting(poster, "receipt", "K01", a_line(monitor, 1, lot="SN1"))
        posting(poster, "transfer_in", "K02", a_line(monitor, 1, lot="SN1"), consignment=sent.name)
        posting(poster, "issue", "K02", a_line(monitor, 1, lot="SN1"))
        posting(poster, "return", "K01", a_line(monitor, 1, lot="SN1"))
        assert on_hand(depot, monitor) == 1

    def test_a_serial_line_is_one_piece(self, poster, depot, monitor):
        with pytest.raises(InvalidMovement) as refusal:
            posting(poster, "receipt", "K01", a_line(monitor, 2, lot="SN1"))
        assert refusal.value.faults[0].code == "serial-quantity"

    def test_twice_in_one_movement(self, poster, depot, monitor):
        with pytest.raises(SerialElsewhere):
            posting(poster, "receipt", "K01", a_line(monitor, 1, lot="SN1"), a_line(monitor, 1, lot="SN1", bin="A-02"))


def test_a_closed_month_takes_no_date(poster, depot, blanket):
    from inventory.ledger.periods import close_period

    now = timezone.now()
    posting(poster, "receipt", "K01", a_line(blanket, 5), days_ago=40, reason="muộn")
    close_period("K01", (timezone.localtime(now) - timedelta(days=32)).date(), by=poster, at=now)
    with pytest.raises(PeriodClosed) as refusal:
        posting(poster, "receipt", "K01", a_line(blanket, 5), days_ago=35, reason="muộn")
    assert refusal.value.document()["open_from"]
    assert posting(poster, "receipt", "K01", a_line(blanket, 5)).position == 2


def test_quantities_are_exact_at_the_edge(poster, depot, rice):
    largest = "999999999999999.999"
    posting(poster, "receipt", "K01", a_line(rice, largest, lot="L1"), days_ago=1)
    with pytest.raises(InvalidMovement):
        posting(poster, "receipt", "K01", a_line(rice, "0.001", lot="L1"))
    posting(poster, "issue", "K01", a_line(rice, largest))
    assert on_hand(depot, rice) == 0


def test_each_table_is_written_once_however_many_movements(poster, depot, blanket):
    from logistics import sql

    posting(poster, "receipt", "K01", a_line(blanket, 1))  # a depot's first one opens its log
    ran: list[str] = []
    original = sql.statement

    def count(name: str) -> str:
        ran.append(name)
        return original(name)

    sql.statement = count
    try:
        post([a_draft("receipt", "K01", a_line(blanket, 1)) for _ in range(100)], by=poster, at=timezone.now())
    finally:
        sql.statement = original
    twice = {name for name in ran if ran.count(name) > 1}
    assert twice <= {"ledger/named_lots"}  # again after lots were made
    assert len(ran) <= 16


def test_a_session_plans_a_posting_only_a_few_times(poster, depot, blanket):
    from logistics import sql

    for _ in range(12):
        posting(poster, "receipt", "K01", a_line(blanket, 1))
    rows = sql.driver().execute("SELECT statement, custom_plans, generic_plans FROM pg_prepared_statements").fetchall()
    plans = {
        name: (custom, generic)
        for statement, custom, generic in rows
        for name in ("begin_posting", "state", "append")
        if statement.startswith(f"-- {name}:")
    }
    assert set(plans) == {"begin_posting", "state", "append"}
    for custom, generic in plans.values():
        assert custom <= 5
        assert generic >= 7


def test_logs_of_several_depots_are_opened_by_their_first_posting(poster, depot, other_depot, blanket):
    made = post(
        [a_draft("receipt", code, a_line(blanket, 1)) for code in ("K02", "K01", "K02")], by=poster, at=timezone.now()
    )
    assert [one.name for one in made] == ["K02/1", "K01/1", "K02/2"]


def test_a_call_of_several_slices_is_one_log_and_one_balance(poster, depot, blanket, monkeypatch):
    monkeypatch.setattr("inventory.ledger.writing.SLICE", 4)
    lines = [a_line(blanket, 1), a_line(blanket, 2), a_line(blanket, 3)]
    made = post([a_draft("receipt", "K01", *lines) for _ in range(7)], by=poster, at=timezone.now())
    made += post([a_draft("issue", "K01", a_line(blanket, 5)) for _ in range(5)], by=poster, at=timezone.now())
    assert [posted.position for posted in made] == list(range(1, 13))
    assert [posted.hash for posted in made[:-1]] == [posted.previous_hash for posted in made[1:]]
    assert on_hand(depot, blanket) == 7 * 6 - 5 * 5
    assert verify().is_sound


def test_what_is_returned_is_what_is_stored(poster, depot, rice):
    made = post(
        [
            a_draft("receipt", "K01", a_line(rice, "7.25", lot='L"1\\ế'), counterparty='Xí nghiệp "Ánh Dương" \\ 2'),
            a_draft("issue", "K01", a_line(rice, "0.125"), order_number="12/ĐB", order_date=date(2026, 1, 31)),
        ],
        by=poster,
        at=timezone.now(),
    )
    assert list(movements(depot.pk, limit=9)) == made


@pytest.mark.parametrize(
    "text", ['"', "\\", '\\"', "NULL", "null", "{a,b}", ",", 'a,"b"', "''", "%s %(x)s", "Đạn súng"]
)
def test_no_sign_in_a_text_means_anything(poster, depot, blanket, text):
    """Lines travel to the database as arrays: quotes, braces and NULL in a reason are a reason's own."""
    posted = posting(poster, "receipt", "K01", a_line(blanket, 1, reason=text), a_line(blanket, 2), reason=text)
    stored = MovementLine.objects.filter(depot=depot, position=posted.position).order_by("line_no")
    assert list(stored.values_list("reason", flat=True)) == [posted.lines[0].reason, ""]
    assert posted.lines[0].reason == text.strip()
    assert verify().is_sound


def test_the_same_text_in_two_unicode_forms_is_stored_once(poster, depot, blanket):
    posted = posting(poster, "receipt", "K01", a_line(blanket, 1), counterparty="Xí nghiệp  ")
    assert posted.counterparty == "Xí nghiệp"


def test_the_database_refuses_what_the_code_would_not_do(poster, depot, blanket):
    posting(poster, "receipt", "K01", a_line(blanket, 1))
    holding = Holding.objects.get()
    for statement in (
        "UPDATE ledger_movement SET reason = 'x'",
        "DELETE FROM ledger_movementline",
        "TRUNCATE ledger_movement CASCADE",
        "DELETE FROM ledger_holding",
        f"UPDATE ledger_holding SET on_hand = -1 WHERE id = {holding.pk}",
        f"UPDATE ledger_holding SET allocated = 2 WHERE id = {holding.pk}",
        "UPDATE depots_depot SET code = 'K99'",
        "UPDATE catalogue_item SET base_unit_id = 'KGM'",
        "UPDATE catalogue_historicalitem SET name = 'x'",
        "ALTER TABLE ledger_movement DISABLE TRIGGER append_only",
        "SET session_replication_role = replica",
        "UPDATE django_migrations SET name = 'x'",
    ):
        refuse(statement)
    assert MovementLine.objects.count() == 1


def refuse(statement: str) -> None:
    """Run a statement in a savepoint and expect the database to refuse it."""
    from django.db import DatabaseError, transaction

    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_a_depot_that_is_not_open_keeps_no_books(poster, depot, blanket):
    with telling():
        late = a_depot("K03")
        late.opened_date = timezone.localdate()
        late.save()
    with pytest.raises(InvalidMovement) as refusal:
        posting(poster, "receipt", "K03", a_line(blanket, 1), days_ago=2)
    assert refusal.value.faults[0].code == "depot-not-open"


def test_an_item_out_of_use_leaves_but_does_not_come_in(poster, depot, blanket):
    posting(poster, "receipt", "K01", a_line(blanket, 2), days_ago=1)
    with telling("ngừng dùng"):
        blanket.is_active = False
        blanket.save()
    with pytest.raises(InvalidMovement):
        posting(poster, "receipt", "K01", a_line(blanket, 1))
    posting(poster, "issue", "K01", a_line(blanket, 2))


def test_kinds_have_one_rule_each():
    from inventory.ledger.kinds import RULES

    assert set(RULES) == set(Kind)


def test_fefo_prefers_any_bin_of_the_lot(poster, depot):
    oil = an_item("XD-01-0000014", unit="LTR")
    posting(poster, "receipt", "K01", a_line(oil, 5, bin="A-02"), days_ago=1)
    posted = posting(poster, "issue", "K01", a_line(oil, 5))
    assert posted.lines[0].bin == "A-02"


def test_a_bin_out_of_use_is_left_but_nothing_comes_into_it(poster, depot, blanket):
    posting(poster, "receipt", "K01", a_line(blanket, 5, bin="A-02"))
    with telling():
        place = Bin.objects.get(depot=depot, code="A-02")
        place.is_active = False
        place.save()
    with pytest.raises(InvalidMovement) as refused:
        posting(poster, "receipt", "K01", a_line(blanket, 1, bin="A-02"))
    assert [fault.code for fault in refused.value.faults] == ["inactive-bin"]
    with pytest.raises(InvalidMovement):
        posting(poster, "relocation", "K01", a_line(blanket, 1, to_bin="A-02"))
    posting(poster, "issue", "K01", a_line(blanket, 5, bin="A-02"))
    assert on_hand(depot, blanket) == 0
