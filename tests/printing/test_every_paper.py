"""Every paper in both regimes, of one line and of sixty: read back from the PDF, and held against the ledger."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
import zxingcpp
from django.test import Client
from django.utils import timezone
from PIL import Image

from inventory.availability.paper import stock_card_pdf
from inventory.availability.stock_card import stock_card
from inventory.ledger import reading
from inventory.ledger.entries import Posted
from inventory.printing.models import Form, FormTemplate
from inventory.stocktakes import report
from inventory.stocktakes.paper import stocktake_pdf
from inventory.vouchers import checking
from inventory.vouchers.handover import handover_pdf
from inventory.vouchers.inspection_paper import inspection_pdf
from inventory.vouchers.models import Voucher
from inventory.vouchers.paper import draft_pdf, voucher_pdf
from logistics.accounts.models import User
from logistics.words import words
from tests.printing import world
from tests.printing.world import LENGTHS, Papers

SITE = "https://kho.example"
QR = zxingcpp.BarcodeFormat.QRCode  # of three hundred square codes one has rows that pass for a bar code too
REGIMES = ("HCSN", "DN-99")

Make = Callable[[Papers], bytes]


def _turnover(papers: Papers) -> bytes:
    browser = Client(headers={"accept-language": "vi"})
    browser.force_login(papers.keeper, backend="logistics.accounts.backends.RoleBackend")
    today = timezone.localdate()
    days = f"from={today - timedelta(days=20):%d/%m/%Y}&to={today:%d/%m/%Y}"
    answer = browser.get(f"/reports/turnover.pdf?depot={papers.depot.code}&{days}&prices=last")
    assert answer.status_code == 200
    return answer.content


def _card(papers: Papers) -> bytes:
    now = timezone.now()
    first = timezone.localdate(now) - timedelta(days=20)
    card = stock_card(papers.item.code, papers.depot.code, by=papers.keeper, at=now, from_date=first)
    return stock_card_pdf(card, printed_at=now)


def _voucher(name: str) -> Make:
    return lambda papers: voucher_pdf(papers.depot.code, getattr(papers, name).position, site=SITE)


def _counted(*, books: bool) -> Make:
    return lambda papers: stocktake_pdf(papers.stocktake, books=books, site=SITE, at=timezone.now())


# paper: its form, how it is made, words of its table's head, its last place to sign
PAPERS: dict[str, tuple[Form, Make, str, str]] = {
    "receipt": (Form.RECEIPT, _voucher("receipt"), "Thực nhập", "Kế toán trưởng"),
    "issue": (Form.ISSUE, _voucher("issue"), "Thực xuất", "Thủ trưởng đơn vị"),
    "transfer": (Form.TRANSFER, _voucher("transfer"), "Thực nhập", "Thủ kho nhập"),
    "inner": (Form.INNER, _voucher("inner"), "Xuất", "Thủ trưởng đơn vị"),
    "draft": (Form.ISSUE, lambda one: draft_pdf(Voucher.objects.get(pk=one.draft)), "Thực xuất", "Thủ trưởng đơn vị"),
    "handover": (Form.HANDOVER, lambda one: handover_pdf(one.depot.code, one.transfer.position, site=SITE),
                 "Cấp chất lượng", "Người chứng kiến"),
    "inspection": (Form.INSPECTION, lambda one: inspection_pdf(one.inspection, site=SITE),
                   "Không đúng quy cách", "Trưởng ban"),
    "stocktake": (Form.STOCKTAKE, _counted(books=True), "Theo kiểm kê", "Trưởng ban kiểm kê"),
    "stocktake sheet": (Form.STOCKTAKE, _counted(books=False), "Theo kiểm kê", "Trưởng ban kiểm kê"),
    "card": (Form.CARD, _card, "Diễn giải", "Thủ trưởng đơn vị"),
    "turnover": (Form.REPORT, _turnover, "Tồn cuối", "Thủ trưởng đơn vị"),
}  # fmt: skip
# Of one line each, a stocktake has two: what was moved to another bin lies in two piles. A card has ten.
ONE_SHEET = set(PAPERS) - {"stocktake", "stocktake sheet", "card"}


def pages_of(pdf: bytes, folder: Path) -> list[str]:
    """Return the words of each page as Poppler finds them, blanks and line ends alike."""
    file = folder / "paper.pdf"
    file.write_bytes(pdf)
    read = subprocess.run(["pdftotext", "-layout", str(file), "-"], capture_output=True, text=True, check=True).stdout
    return [" ".join(page.split()) for page in read.split("\f")[:-1]]


def fonts_of(pdf: bytes, folder: Path) -> dict[str, str]:
    """Return the fonts a file names, each with whether it is embedded, "yes" or "no"."""
    file = folder / "paper.pdf"
    file.write_bytes(pdf)
    told = subprocess.run(["pdffonts", str(file)], capture_output=True, text=True, check=True).stdout
    return {line.split()[0]: line.split()[-5] for line in told.splitlines()[2:]}


def vietnamese(number: Decimal) -> str:
    """Return a whole number as papers print it."""
    return f"{number:,.0f}".replace(",", ".")


def amount(posted: Posted) -> Decimal:
    """Return what a movement is worth, line by line in whole đồng."""
    entries = {line.entry_no: line for line in posted.lines}
    return sum(
        (
            (one.entered_quantity * (one.unit_price or 0)).quantize(Decimal(1), "ROUND_HALF_UP")
            for one in entries.values()
        ),
        Decimal(0),
    )


@pytest.mark.parametrize("regime", REGIMES)
@pytest.mark.parametrize("lines", LENGTHS)
@pytest.mark.parametrize("name", PAPERS)
def test_every_paper(papers: dict[int, Papers], name: str, lines: int, regime: str, tmp_path: Path) -> None:
    world.choose(regime)
    form, make, head, last = PAPERS[name]
    one = papers[lines]
    pdf = make(one)
    pages = pages_of(pdf, tmp_path)
    text = " ".join(pages)
    template = FormTemplate.objects.filter(regime=regime, form=form, valid_to=None).get()
    assert (f"Mẫu số {template.number}" in pages[0]) is bool(template.number)
    assert ("99/2025/TT-BTC" in pages[0]) is bool(template.legal_heading)
    assert set(fonts_of(pdf, tmp_path).values()) == {"yes"}
    # A head over every stretch of the table, a number on every page but the first, one place to sign, not on its own.
    for number, page in enumerate(pages, start=1):
        assert page.startswith(f"{number}/{len(pages)} " if number > 1 else "Đơn vị: "), number
        if re.search(r"QN-01-\d{7}|PX-K", page.partition("SHA-256")[0]) and name != "turnover":
            assert all(word in page for word in head.split()), (number, head)
    assert all(word in pages[-1] for word in last.split())
    assert "(Ký, họ tên)" in pages[-1]
    assert "(Ký, họ tên)" not in " ".join(pages[:-1])
    if name != "stocktake sheet":
        assert re.search(r"QN-01-\d{7}|PX-K|KK-K|Cộng|Chênh lệch", pages[-1].partition("(Ký")[0])
    assert len(pages) == 1 if lines == 1 and name in ONE_SHEET else len(pages) > 1
    assert_figures(name, one, text)


def assert_figures(name: str, one: Papers, text: str) -> None:
    """Hold what a paper says of quantities and amounts against what the ledger has, by another way than the paper's."""
    if name in {"receipt", "issue", "transfer"}:
        total = amount(getattr(one, name))
        assert vietnamese(total) in text
        assert words(total) in text
    if name in {"receipt", "issue", "transfer", "handover", "inspection"}:
        of = {"handover": "transfer", "inspection": "receipt"}.get(name, name)
        assert text.count("QN-01-") == len({line.entry_no for line in getattr(one, of).lines})
    if name == "inner":
        assert text.count("QN-01-") == 2 * one.lines
    if name.startswith("stocktake"):
        rows = report.rows(one.stocktake)
        assert len(rows) == 2 * one.lines
        assert text.count("QN-01-") == len(rows)
        if name == "stocktake":
            posted = reading.movement(one.depot.pk, one.stocktake.position or 0)
            assert sorted(line.change for line in posted.lines if line.change) == [-2, 3]
            value = sum((round((row.counted or 0) * (row.price or 0)) for row in rows), Decimal(0))
            assert vietnamese(value) in text
            assert words(value) in text
        else:
            assert "Đơn giá" not in text
            assert f"{rows[0].book:.3f}".replace(".", ",") not in text
    if name == "card":
        card = stock_card(one.item.code, one.depot.code, by=one.keeper, at=timezone.now())
        assert f"{card.closing:,.3f}".translate(str.maketrans(",.", ".,")) in text
        assert text.count("lô LO-2026-001") + text.count("lô LO-2026-") >= len(card.lines)
    if name == "turnover":
        assert text.count("QN-01-") == one.lines


@pytest.mark.parametrize("lines", LENGTHS)
def test_a_changed_digit_of_a_stocktakes_square_code_is_caught(
    papers: dict[int, Papers], lines: int, tmp_path: Path
) -> None:
    one = papers[lines]
    pdf = stocktake_pdf(one.stocktake, books=True, site=SITE, at=timezone.now())
    code = square_code(pdf, tmp_path)
    assert code.startswith(f"{SITE}/depots/{one.depot.code}/movements/{one.stocktake.position}/?n=KK-")
    assert checking.check(code, by=one.keeper).agrees
    digits = code.rpartition("=")[2]
    for place in range(16):
        other = "0" if digits[place] != "0" else "1"
        forged = code.removesuffix(digits) + digits[:place] + other + digits[place + 1 :]
        found = checking.check(forged, by=one.keeper)
        assert [(part.name, part.wrong) for part in found.parts if not part.agrees] == [
            (found.parts[-1].name, str(place + 1))
        ]
    # The sheet that is filled in by hand says nothing of the books, so it bears no code.
    assert square_code(stocktake_pdf(one.stocktake, books=False, at=timezone.now()), tmp_path) == ""


def square_code(pdf: bytes, folder: Path) -> str:
    """What a phone reads from the first page, by a decoder that is none of ours; "" where there is none."""
    (folder / "sheet.pdf").write_bytes(pdf)
    subprocess.run(
        ["pdftoppm", "-r", "130", "-f", "1", "-l", "1", "-gray", "-png", "-singlefile", "sheet.pdf", "sheet"],
        cwd=folder, check=True,
    )  # fmt: skip
    with Image.open(folder / "sheet.png") as image:
        return "".join(str(one.text) for one in zxingcpp.read_barcodes(image, formats=QR))


def test_names_and_ranks_of_both_approvers_stand_under_their_titles(papers: dict[int, Papers], tmp_path: Path) -> None:
    one = papers[1]
    world.with_voucher(one, one.issue, chief=User.objects.get(login="chihuy"))
    (page,) = pages_of(voucher_pdf("K01", one.issue.position), tmp_path)
    for said in ("Người duyệt thứ hai", "Thiếu úy QNCN", "Đại tá", "Thượng tá", "KAMAZ-43118", "0012345"):
        assert said in page, said
