"""The printed voucher, read back from the PDF."""

from __future__ import annotations

from io import BytesIO

import pytest
from pypdf import PdfReader

from inventory.vouchers.paper import voucher_pdf
from logistics.errors import NotFound
from tests import factories
from tests.notation import rows
from tests.pages.store import Store


def read(pdf: bytes) -> str:
    """The words of a PDF, blanks and line ends alike."""
    return " ".join(" ".join(page.extract_text() for page in PdfReader(BytesIO(pdf)).pages).split())


def test_every_kind_has_its_form(store: Store) -> None:
    for row in rows("""
        depot | movement | says
        K01   | receipt  | PHIẾU NHẬP KHO
        K01   | receipt  | Thực nhập
        K01   | receipt  | Mẫu số 01-VT
        K01   | issue    | PHIẾU XUẤT KHO
        K01   | issue    | Thực xuất
        K01   | issue    | Thủ trưởng đơn vị
        K01   | transfer | PHIẾU XUẤT KHO KIÊM VẬN CHUYỂN NỘI BỘ
        K01   | transfer | Kho mẫu K02 (K02)
        K02   | arrival  | Nhận của chuyến hàng: K01/3
        K01   | mistaken | ĐÃ ĐẢO bởi
        K01   | reversal | Đảo phiếu ở vị trí K01/4
    """):
        posted = getattr(store, row["movement"])
        text = read(voucher_pdf(row["depot"], posted.position))
        assert row["says"] in text, row
        assert posted.number in text
        assert posted.hash.hex()[:16] in text


def test_money_is_summed_and_written_in_words(store: Store) -> None:
    text = read(voucher_pdf("K01", store.receipt.position))
    assert "Đơn giá" in text
    assert "105.887.870" in text  # 18.600.000 + 12.407.750 + 74.880.120
    assert "Một trăm lẻ năm triệu tám trăm tám mươi bảy nghìn tám trăm bảy mươi đồng." in text
    assert "1.250,000" in text  # theo chứng từ
    assert "số 12/LNK ngày 05 tháng 02 năm 2026" in text


def test_without_prices_there_is_no_column_for_them(store: Store) -> None:
    text = read(voucher_pdf("K01", store.issue.position))
    assert "Đơn giá" not in text
    assert "Tổng số tiền" not in text


def test_markup_in_names_is_printed_as_typed(store: Store) -> None:
    text = read(voucher_pdf("K01", store.receipt.position))
    assert "<img src=x" in text
    assert "Công ty Lương thực mẫu & con" in text


def test_a_long_voucher_repeats_its_head_and_counts_its_pages(store: Store) -> None:
    poster = factories.a_user("nguoi-nhap", role="storekeeper")
    lines = [factories.a_line(store.rice, "1", lot=f"M{number:03}") for number in range(120)]
    posted = factories.posting(poster, "receipt", "K01", *lines)
    pages = PdfReader(BytesIO(voucher_pdf("K01", posted.position))).pages
    assert len(pages) >= 3
    for number, page in enumerate(pages[1:-1], start=2):
        text = " ".join(page.extract_text().split())
        assert "Thực nhập" in text
        assert f"{number}/{len(pages)}" in text


def test_the_same_movement_gives_the_same_bytes(store: Store) -> None:
    assert voucher_pdf("K01", 1) == voucher_pdf("K01", 1)


def test_there_is_no_paper_of_what_does_not_exist(store: Store) -> None:
    with pytest.raises(NotFound):
        voucher_pdf("K01", 999)
    with pytest.raises(NotFound):
        voucher_pdf("K77", 1)
