"""What is there now: each deduction, whose stock, which piles, page after page."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone, translation

from depots.models import Depot, Province
from inventory.availability.current import current
from inventory.availability.question import Question, Stock
from inventory.ledger import allocations
from logistics.accounts.models import Role
from logistics.errors import Invalid, NotFound
from tests import factories
from tests.availability.conftest import FAR
from tests.factories import a_line, posting
from tests.notation import rows

pytestmark = pytest.mark.django_db
DEDUCTIONS = ("allocated", "disposal", "expired", "on_hold", "reserve", "available")


def ask(user, **dimensions) -> list[Stock]:
    """Return every row of the answer to a question asked now."""
    return list(current(Question(**dimensions), by=user, at=timezone.now(), limit=1000).rows)


def adds_up(row: Stock) -> bool:
    return row.on_hand == sum((getattr(row, name) for name in DEDUCTIONS), Decimal(0))


def test_each_pile_falls_under_the_first_deduction_that_applies(poster, planner, north, rice):
    """The order is disposal, expired, hold, reserve: a pile that is all of them is counted once, as disposal."""
    today = timezone.localdate()
    days = {"": FAR, "today": today, "yesterday": today - timedelta(days=1)}
    table = rows("""
        grade | last day  | hold   | purpose      | on hand | falls under
        1     |           |        | THUONG_XUYEN |      1  | available
        4     | today     |        | DOT_XUAT     |      2  | available
        1     |           |        | SSCD         |      4  | reserve
        1     |           | hỏng   | THUONG_XUYEN |      8  | on_hold
        1     |           | hỏng   | SSCD         |     16  | on_hold
        1     | yesterday |        | THUONG_XUYEN |     32  | expired
        1     | yesterday | hỏng   | SSCD         |     64  | expired
        5     |           |        | THUONG_XUYEN |    128  | disposal
        5     | yesterday | hỏng   | SSCD         |    256  | disposal
    """)
    expected = dict.fromkeys(DEDUCTIONS, 0)
    lines = []
    for index, row in enumerate(table):
        factories.a_lot(rice, f"L{index}", expires_date=days[row["last day"]], hold_reason=row["hold"])
        lines.append(a_line(rice, row["on hand"], lot=f"L{index}", grade=int(row["grade"]), purpose=row["purpose"]))
        expected[row["falls under"]] += int(row["on hand"])
    posting(poster, "opening", "K01", *lines)
    (row,) = ask(planner)
    assert {name: getattr(row, name) for name in DEDUCTIONS} == expected
    assert (row.on_hand, row.unit, row.item, row.depot) == (511, "KGM", rice.code, "K01")


def test_what_is_promised_is_taken_off_first_and_counted_once(poster, planner, north, rice):
    lot = factories.a_lot(rice, "L1", expires_date=FAR)
    posting(poster, "receipt", "K01", a_line(rice, 10, lot="L1"))
    allocations.allocate("K01", "YC-1", [a_line(rice, 3)], by=poster, at=timezone.now())
    (row,) = ask(planner)
    assert (row.on_hand, row.allocated, row.available) == (10, 3, 7)
    with factories.telling():
        lot.hold_reason = "chờ kiểm nghiệm"
        lot.save()
    (row,) = ask(planner)
    assert (row.on_hand, row.allocated, row.on_hold, row.available) == (10, 3, 7, 0)


def test_what_is_on_the_road_stands_at_the_depot_it_goes_to(poster, planner, north, south, rice):
    posting(poster, "receipt", "K01", a_line(rice, 10, lot="L1", expires_date=FAR), days_ago=2)
    sent = posting(poster, "transfer_out", "K01", a_line(rice, 4), to_depot="K02", days_ago=1)
    assert [(r.depot, r.on_hand, r.in_transit_in) for r in ask(planner)] == [("K01", 6, 0), ("K02", 0, 4)]
    posting(poster, "transfer_in", "K02", a_line(rice, 3, lot="L1", reason="thiếu 1"), consignment=sent.name)
    assert [(r.depot, r.on_hand, r.in_transit_in) for r in ask(planner)] == [("K01", 6, 0), ("K02", 3, 1)]
    assert ask(planner, grade=2) == ask(planner, purpose="SSCD") == []


def test_only_depots_in_scope_are_told_of(poster, planner, stranger, north, south, blanket):
    for code in ("K01", "K02"):
        posting(poster, "receipt", code, a_line(blanket, 5))
    keeper = factories.a_user("thukho", role=Role.STOREKEEPER, depot=south)
    assert [row.depot for row in ask(planner)] == ["K01", "K02"]
    assert [row.depot for row in ask(keeper)] == ["K02"]
    assert ask(stranger) == ask(factories.a_user("quantri", role=Role.ADMINISTRATOR)) == []
    for code in ("K01", "K99"):
        with pytest.raises(NotFound):
            ask(keeper, depot=code)


def test_every_dimension_narrows_the_question(poster, planner, north, rice, blanket):
    below = factories.a_unit("G11.05", parent=north.unit)
    factories.a_depot("K05", unit=factories.a_unit("G11.05.001", parent=below))
    factories.a_depot("K06", unit=factories.a_unit("H01"))
    medicine = factories.an_item("QY-01-0000014", tracking="lot")
    posting(poster, "opening", "K01", a_line(rice, 1, lot="L1", expires_date=date(2098, 1, 1)))
    posting(poster, "opening", "K05", a_line(blanket, 2, grade=2), a_line(medicine, 3, lot="M", expires_date=FAR))
    posting(poster, "opening", "K06", a_line(blanket, 4, purpose="SSCD"))
    days = (date(2098, 1, 1) - timezone.localdate()).days
    for asked, expected in [
        ({}, {1, 2, 3, 4}),
        ({"item": blanket.code}, {2, 4}),
        ({"supply_class": "QY"}, {3}),
        ({"depot": "K05"}, {2, 3}),
        ({"unit": "G11"}, {1, 2, 3}),
        ({"unit": "G11.05"}, {2, 3}),
        ({"unit": "G11.05", "depot": "K06"}, set()),
        ({"grade": 2}, {2}),
        ({"purpose": "SSCD"}, {4}),
        ({"min_days_left": days, "supply_class": "QN"}, {1, 2, 4}),
        ({"min_days_left": days + 1, "supply_class": "QN"}, {2, 4}),
    ]:
        found = ask(planner, **asked)
        assert {int(row.on_hand) for row in found} == expected, asked
        assert all(adds_up(row) for row in found)


def test_group_province_and_lists_narrow_the_question_too(poster, planner, north, south, rice, blanket):
    with factories.telling():
        old = Province.objects.create(code="79", name="cũ", valid_from=date(1976, 7, 2), valid_to=date(2025, 6, 30))
        new = Province.objects.create(code="79", name="mới", valid_from=date(2025, 7, 1))
        Depot.objects.filter(pk=north.pk).update(province=old)
        Depot.objects.filter(pk=south.pk).update(province=new)
    posting(poster, "opening", "K01", a_line(rice, 1, lot="L1"), a_line(blanket, 2))
    posting(poster, "opening", "K02", a_line(rice, 4, lot="L1"), a_line(blanket, 8))
    for asked, expected in [
        ({"group": "QN-01"}, {1, 4}),
        ({"group": "QN-02", "supply_class": "QN"}, {2, 8}),
        ({"group": "QN-02", "supply_class": "QY"}, set()),
        ({"province": "79"}, {4, 8}),
        ({"depots": ("K01",)}, {1, 2}),
        ({"depots": ("K02", "K01")}, {1, 2, 4, 8}),
        ({"depots": ("K01",), "province": "79"}, set()),
        ({"depots": ("K01", "K02"), "depot": "K02"}, {4, 8}),
        ({"items": (rice.code, blanket.code), "depot": "K01"}, {1, 2}),
        ({"items": (rice.code,), "group": "QN-02"}, set()),
    ]:
        assert {int(row.on_hand) for row in ask(planner, **asked)} == expected, asked
    keeper = factories.a_user("thukho", role=Role.STOREKEEPER, depot=south)
    for hidden in ("K01", "K99"):
        with pytest.raises(NotFound, match=hidden):
            ask(keeper, depots=("K02", hidden))


def test_words_find_items_whatever_marks_they_are_typed_with(poster, planner, north):
    item = factories.an_item(
        "QN-01-0000022", name="Đạn súng hòa khí", specification="7,62×39", old_names="Thuý An 100%",
        name_en="Carbine round", gtin="08931234567893", nsn="1305124567890", external_code="VT_01",
    )  # fmt: skip
    other = factories.an_item("QN-01-0000031", name="Thứ khác 100 VTX01")
    posting(poster, "opening", "K01", a_line(item, 1), a_line(other, 2))
    for row in rows("""
        typed                | found
        đạn                  | yes
        DAN SUNG             | yes
        hoà khí              | yes
        hòa                  | yes
        sung dan round       | yes
        thúy                 | yes
        7,62*39              | yes
        0893123456789        | yes
        1305124567890        | yes
        QN-01-0000022        | yes
        qn-01-0000022        | yes
        100%                 | yes
        vt_01                | yes
        đạn vải              | no
        d_n                  | no
    """):
        found = [stock.item for stock in ask(planner, text=row["typed"])]
        assert found == ([item.code] if row["found"] == "yes" else []), row["typed"]
    assert len(ask(planner, text="  ")) == 2
    with factories.telling():
        item.name = "Gạo"
        item.save()
    assert not ask(planner, text="đạn")
    assert [stock.item for stock in ask(planner, text="gao", group="QN-01", depots=("K01",))] == [item.code]


def test_every_code_that_names_nothing_is_told_at_once(planner, north):
    wrong = {
        "item": "X", "supply_class": "X", "group": "QN-99", "unit": "X", "province": "X", "grade": 9, "purpose": "X",
        "min_days_left": -1, "items": ("Y", "X"),
    }  # fmt: skip
    with pytest.raises(Invalid) as refused:
        ask(planner, **wrong)
    assert {(fault.pointer, fault.code) for fault in refused.value.faults} == {
        ("/query/item", "unknown-code"),
        ("/query/class", "unknown-code"),
        ("/query/group", "unknown-code"),
        ("/query/unit", "unknown-code"),
        ("/query/province", "unknown-code"),
        ("/query/items", "unknown-code"),
        ("/query/grade", "unknown-code"),
        ("/query/purpose", "unknown-code"),
        ("/query/min_days_left", "out-of-range"),
    }
    told = {}
    for language in ("en", "vi"):
        with translation.override(language), pytest.raises(Invalid) as refused:
            ask(planner, **wrong)
        told[language] = {fault.detail for fault in refused.value.faults}
    assert not told["en"] & told["vi"]
    assert "Không có ngành “X”: chọn trong danh sách." in told["vi"]


def test_pages_give_every_row_once_in_order(poster, planner, rice, blanket, statements, django_assert_num_queries):
    for number in range(1, 8):
        factories.a_depot(f"K{number:02}")
        posting(
            poster, "opening", f"K{number:02}",
            a_line(blanket, number), a_line(rice, number, lot="L1", expires_date=FAR),
        )  # fmt: skip
    whole = ask(planner)
    names = [(row.item, row.depot) for row in whole]
    assert names == sorted(names)
    assert len(names) == 14
    for limit in (1, 3, 7, 14):
        seen, after = [], None
        while True:
            statements.clear()
            with django_assert_num_queries(0):
                page = current(Question(), by=planner, at=timezone.now(), after=after, limit=limit)
            assert statements == ["depots/depots_in_scope", "availability/current"]
            assert len(page.rows) <= limit
            seen += page.rows
            after = page.after
            if after is None:
                break
        assert seen == whole


def test_a_surplus_hides_nothing_that_is_on_the_road(poster, planner, north, south, rice):
    """What was received beyond what was sent waits to be settled; it is not less on the road for the next transfer."""
    posting(poster, "receipt", north.code, a_line(rice, 20, lot="L1"), days_ago=3)
    sent = posting(poster, "transfer_out", north.code, a_line(rice, 5, lot="L1"), to_depot=south.code, days_ago=2)
    posting(
        poster, "transfer_in", south.code, a_line(rice, 7, lot="L1", reason="thừa"), consignment=sent.name, days_ago=1
    )
    posting(poster, "transfer_out", north.code, a_line(rice, 5, lot="L1"), to_depot=south.code)
    (row,) = ask(planner, item=rice.code, depot=south.code)
    assert (row.on_hand, row.in_transit_in) == (7, 5)
