"""The stock card: opening, lines with running balance, closing; on screen, on paper, as a spreadsheet."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from io import BytesIO
from zipfile import ZipFile

import pytest
from django.utils import timezone
from pypdf import PdfReader
from python_calamine import CalamineWorkbook

from inventory.availability.paper import MOST_LINES, stock_card_pdf
from inventory.availability.sheet import stock_card_xlsx
from inventory.availability.stock_card import StockCard, stock_card
from inventory.ledger.periods import close_period
from logistics.errors import Invalid, NotFound
from tests import factories
from tests.availability.conftest import FAR
from tests.availability.test_as_of import NOW, day, put
from tests.factories import a_line
from tests.notation import rows

pytestmark = pytest.mark.django_db


@pytest.fixture
def busy(poster, north, south, rice):
    """A year of rice at K01: see the table of the first test. Months closed up to August."""
    for code in ("L1", "L2"):
        factories.a_lot(rice, code, expires_date=FAR)
    put(poster, "opening", "K01", a_line(rice, 100, lot="L1"), occurred=day("01/02"), recorded=day("01/02"))
    put(
        poster, "receipt", "K01", a_line(rice, "7.5", lot="L2"), counterparty="Công ty <b>Lương thực</b> & Đào",
        occurred=day("10/03"), recorded=day("10/03"),
    )  # fmt: skip
    put(poster, "issue", "K01", a_line(rice, 102), occurred=day("15/09"), recorded=day("15/09"))
    put(
        poster, "relocation", "K01", a_line(rice, 1, lot="L2", to_bin="A-02"),
        occurred=day("16/09"), recorded=day("16/09"),
    )  # fmt: skip
    put(poster, "reversal", "K01", reverses=3, occurred=day("01/10"), recorded=day("01/10"))
    put(poster, "transfer_out", "K01", a_line(rice, 4), to_depot="K02", occurred=day("20/09"), recorded=day("02/10"))
    for month in range(2, 9):
        close_period("K01", date(2026, month, 1), by=poster, at=day("05/10"))
    return rice


def ask(user, item, **given) -> StockCard:
    return stock_card(item.code, given.pop("depot", "K01"), by=user, at=NOW, **given)


def test_the_balance_runs_over_the_item_in_the_depot(planner, busy):
    card = ask(planner, busy, from_date=date(2026, 3, 1), to_date=date(2026, 10, 31))
    assert card.opening == 100
    table = rows("""
        day   | position | kind         | lot | change | balance | reverses | reversed by
        10/03 | 2        | receipt      | L2  |    7.5 |   107.5 |          |
        15/09 | 3        | issue        | L1  |   -100 |     7.5 |          | 5
        15/09 | 3        | issue        | L2  |     -2 |     5.5 |          | 5
        16/09 | 4        | relocation   | L2  |     -1 |     4.5 |          |
        16/09 | 4        | relocation   | L2  |      1 |     5.5 |          |
        20/09 | 6        | transfer_out | L2  |     -4 |     1.5 |          |
        01/10 | 5        | reversal     | L1  |    100 |   101.5 | 3        |
        01/10 | 5        | reversal     | L2  |      2 |   103.5 | 3        |
    """)
    got = [
        {
            "day": f"{timezone.localtime(line.occurred_at):%d/%m}",
            "position": str(line.position),
            "kind": line.kind,
            "lot": line.lot,
            "change": f"{line.change.normalize():f}",
            "balance": f"{line.balance.normalize():f}",
            "reverses": str(line.reverses or ""),
            "reversed by": str(line.reversed_by or ""),
        }
        for line in card.lines
    ]
    assert got == table
    # What went from bin to bin neither came nor went.
    assert (card.inward, card.outward, card.closing) == (Decimal("109.5"), 106, Decimal("103.5"))
    assert [(line.inward, line.outward, line.inside) for line in card.lines[3:6]] == [
        (None, None, -1),
        (None, None, 1),
        (None, 4, None),
    ]
    assert card.lines[0].counterparty == "Công ty <b>Lương thực</b> & Đào"
    assert card.lines[5].to_depot == "K02"


def test_a_line_reversed_alone_is_marked_alone(poster, planner, north, rice):
    for code in ("L1", "L2"):
        factories.a_lot(rice, code, expires_date=FAR)
    lines = [a_line(rice, 5, lot=lot) for lot in ("L1", "L2", "L2")]
    put(poster, "receipt", "K01", *lines, occurred=day("01/02"), recorded=day("01/02"))
    put(poster, "reversal", "K01", reverses=1, reverse_lines=[2], occurred=day("02/02"), recorded=day("02/02"))
    found = ask(planner, rice).lines
    assert [(line.lot, line.reverses, line.reversed_by) for line in found] == [
        ("L1", None, None),
        ("L2", None, 2),
        ("L2", None, None),
        ("L2", 1, None),
    ]


@pytest.mark.parametrize(
    ("first", "last", "opening", "closing", "count"),
    [
        (date(2026, 1, 1), date(2026, 1, 31), 0, 0, 0),
        (date(2026, 2, 1), date(2026, 2, 1), 0, 100, 1),
        (date(2026, 9, 15), date(2026, 9, 15), Decimal("107.5"), Decimal("5.5"), 2),
        (date(2026, 9, 1), date(2026, 9, 14), Decimal("107.5"), Decimal("107.5"), 0),
        (date(2026, 11, 1), date(2030, 1, 1), Decimal("103.5"), Decimal("103.5"), 0),
        (None, None, 0, Decimal("103.5"), 9),
    ],
)
def test_any_stretch_of_days_opens_where_the_days_before_it_ended(planner, busy, first, last, opening, closing, count):
    card = ask(planner, busy, from_date=first, to_date=last)
    assert (card.opening, card.closing, len(card.lines)) == (opening, closing, count)


def test_a_day_starts_and_ends_at_local_midnight(poster, planner, north, blanket):
    last_minute, next_day = datetime(2026, 3, 31, 16, 59, tzinfo=UTC), datetime(2026, 3, 31, 17, 0, tzinfo=UTC)
    put(poster, "opening", "K01", a_line(blanket, 1), occurred=last_minute, recorded=next_day)
    put(poster, "receipt", "K01", a_line(blanket, 2), occurred=next_day, recorded=next_day)
    march = ask(planner, blanket, from_date=date(2026, 3, 31), to_date=date(2026, 3, 31))
    april = ask(planner, blanket, from_date=date(2026, 4, 1), to_date=date(2026, 4, 1))
    assert (march.opening, march.closing, april.opening, april.closing) == (0, 1, 1, 3)


def test_pages_go_on_where_the_last_one_ended(planner, busy, statements):
    whole = ask(planner, busy)
    for limit in (1, 2, 9, 10):
        lines, after = [], None
        while True:
            statements.clear()
            page = ask(planner, busy, after=after, limit=limit)
            assert len(statements) <= 6
            assert (page.opening, page.inward, page.outward) == (whole.opening, whole.inward, whole.outward)
            lines += page.lines
            after = page.after
            if after is None:
                break
        assert tuple(lines) == whole.lines


def test_refusals(planner, stranger, busy):
    for user, item, depot in ((stranger, busy.code, "K01"), (planner, busy.code, "K99"), (planner, "X", "K01")):
        with pytest.raises(NotFound):
            stock_card(item, depot, by=user, at=NOW)
    for first, last in ((date(2026, 5, 2), date(2026, 5, 1)), (date(2026, 11, 21), date(2026, 12, 1))):
        with pytest.raises(Invalid) as refused:
            ask(planner, busy, from_date=first, to_date=last)
        assert [fault.pointer for fault in refused.value.faults] == ["/query/from"]


# --- Paper and spreadsheet --------------------------------------------------------------------------------------


def text_of(pdf: bytes) -> list[str]:
    return [page.extract_text() for page in PdfReader(BytesIO(pdf)).pages]


def test_the_printed_card_says_what_the_card_says(planner, busy):
    card = ask(planner, busy, from_date=date(2026, 3, 1), to_date=date(2026, 10, 31))
    pdf = stock_card_pdf(card, printed_at=NOW)
    assert stock_card_pdf(card, printed_at=NOW) == pdf
    flat = " ".join(" ".join(text_of(pdf)).split())
    for expected in (
        "Mẫu số S12-DN", "Thông tư số 99/2025/TT-BTC", "THẺ KHO", "Tổng cục mẫu", "Kho mẫu K01 (K01)",
        "Từ ngày 01/03/2026 đến ngày 31/10/2026", "Gạo tẻ, loại 1", "QN-01-0000014", "kg", "Ngày lập thẻ: 20/11/2026",
        "Ngày 20 tháng 11 năm 2026", "Thủ kho", "Kế toán trưởng", "Tồn đầu kỳ", "Cộng cuối kỳ", "109,500",
        "106,000", "103,500", "Công ty <b>Lương thực</b> & Đào", "lô L2",
    ):  # fmt: skip
        assert expected in flat, expected


def test_a_long_card_repeats_its_head_and_numbers_its_pages(poster, planner, north, blanket):
    put(
        poster, "opening", "K01", *(a_line(blanket, number) for number in range(1, 101)),
        occurred=day("01/02"), recorded=day("01/02"),
    )  # fmt: skip
    pdf = stock_card_pdf(ask(planner, blanket), printed_at=NOW)
    pages = text_of(pdf)
    assert len(pages) >= 3
    assert all("Diễn giải" in page and "Thẻ kho QN-02-0000011 · K01" in page for page in pages)
    assert f"1/{len(pages)}" not in pages[0]
    assert all(f"{number}/{len(pages)}" in page for number, page in enumerate(pages[1:], start=2))
    assert [sum(page.count("KK-") + page.count("PN-") for page in pages)] == [100]
    fonts = {
        (font["/BaseFont"], "/FontFile2" in font["/FontDescriptor"])
        for page in PdfReader(BytesIO(pdf)).pages
        for font in (entry.get_object() for entry in page["/Resources"]["/Font"].get_object().values())
        if "/FontDescriptor" in font
    }
    assert {name.partition("+")[2] for name, _ in fonts} == {"DejaVuSerif", "DejaVuSerif-Bold"}
    assert all(is_embedded for _, is_embedded in fonts)


def test_paper_refuses_what_paper_cannot_carry(planner, busy):
    card = ask(planner, busy)
    too_long = StockCard(
        **{name: getattr(card, name) for name in StockCard.__dataclass_fields__ if name != "lines"},
        lines=card.lines[:1] * (MOST_LINES + 1),
    )
    with pytest.raises(Invalid, match="spreadsheet|bảng tính"):
        stock_card_pdf(too_long, printed_at=NOW)


def test_a_spreadsheet_carries_numbers_days_and_harmless_text(poster, planner, north, rice):
    factories.a_lot(rice, "=1+1", expires_date=FAR)
    put(
        poster, "receipt", "K01", a_line(rice, "7.125", lot="=1+1"), counterparty='=HYPERLINK("http://x","y")',
        occurred=day("10/03"), recorded=day("10/03") + timedelta(hours=1),
    )  # fmt: skip
    card = ask(planner, rice)
    data = stock_card_xlsx(card, by=planner, printed_at=NOW)
    sheet = CalamineWorkbook.from_filelike(BytesIO(data)).get_sheet_by_index(0).to_python()
    assert sheet[0][1] == rice.code
    assert sheet[4][2] == "kehoach"
    line = sheet[8]
    assert line[0] == 1
    assert line[1] == datetime(2026, 3, 10, 12)
    assert line[5:11] == ['=HYPERLINK("http://x","y")', "=1+1", 7.125, "", "", 7.125]
    with ZipFile(BytesIO(data)) as book:
        written = book.read("xl/worksheets/sheet1.xml")
    assert b"<c " in written
    assert b"<f" not in written
    assert sheet[9][10] == 7.125
