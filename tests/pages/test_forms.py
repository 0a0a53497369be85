"""Forms of both regimes: data a unit can change, printed from the ledger's figures, checked by their square code."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, transaction
from django.test import Client
from django.utils import timezone
from pypdf import PdfReader

from depots.models import OrganisationUnit
from inventory.availability.paper import stock_card_pdf
from inventory.availability.stock_card import stock_card
from inventory.ledger import reading
from inventory.ledger.models import MovementLine
from inventory.printing import blank, kept
from inventory.printing.forms import form_for, read
from inventory.printing.models import (
    COLUMNS,
    Form,
    FormTemplate,
    KeptPaper,
    PrintedCopy,
    RegimeChoice,
    columns_of,
    signers_of,
)
from inventory.vouchers import checking, road
from inventory.vouchers.models import Status, Voucher
from inventory.vouchers.paper import count_print, draft_pdf, voucher_pdf
from logistics.accounts.models import User
from logistics.errors import Invalid, NotFound, Precondition
from logistics.words import words
from tests import factories
from tests.notation import rows
from tests.pages.store import NASTY, Store

TODAY = date(2026, 11, 22)


def read_pdf(pdf: bytes) -> str:
    """The words of a PDF, blanks and line ends alike."""
    return " ".join(" ".join(page.extract_text() for page in PdfReader(BytesIO(pdf)).pages).split())


def choose(regime: str, unit: OrganisationUnit | None = None, *, since: date | None = None) -> None:
    """Let a unit, or the site, print another regime's forms."""
    with factories.telling():
        RegimeChoice.objects.update_or_create(unit=unit, valid_from=since, defaults={"regime": regime})


# --- Which form -------------------------------------------------------------------------------------------------


def test_the_number_and_the_legal_heading_are_of_the_regime_and_the_day(store: Store) -> None:
    unit = store.k01.unit_id
    for row in rows("""
        regime | form             | day        | number | heading
        DN-99  | receipt_voucher  | 2026-01-01 | 01-VT  | 99/2025/TT-BTC
        DN-99  | issue_voucher    | 2025-12-31 | 02-VT  | 200/2014/TT-BTC
        DN-99  | inspection_report| 2026-05-01 | 03-VT  | 99/2025/TT-BTC
        DN-99  | stocktake_report | 2026-05-01 | 05-VT  | 99/2025/TT-BTC
        DN-99  | stock_card       | 2026-05-01 | S12-DN | 99/2025/TT-BTC
        DN-99  | stock_card       | 2014-12-31 |        |
        DN-99  | transfer_voucher | 2026-05-01 |        |
        HCSN   | receipt_voucher  | 2026-05-01 | C30-HD |
        HCSN   | issue_voucher    | 2026-05-01 | C31-HD |
        HCSN   | stocktake_report | 2026-05-01 | C33-HD |
    """):
        choose(row["regime"])
        found = form_for(row["form"], unit=unit, on=date.fromisoformat(row["day"]))
        assert found.number == row["number"], row
        assert row["heading"] in found.source, row
        assert bool(found.source) is bool(row["heading"]), row


def test_the_nearest_unit_and_the_day_decide_the_regime(store: Store) -> None:
    top = store.k01.unit
    below = factories.a_unit("G11.07", parent=top)
    under = factories.a_unit("G11.07.01", parent=below)
    choose("HCSN", below, since=date(2026, 3, 1))
    for row in rows("""
        unit  | day        | number
        top   | 2026-05-01 | 01-VT
        below | 2026-02-28 | 01-VT
        below | 2026-03-01 | C30-HD
        under | 2026-03-01 | C30-HD
    """):
        unit = {"top": top, "below": below, "under": under}[row["unit"]]
        assert form_for(Form.RECEIPT, unit=unit.pk, on=date.fromisoformat(row["day"])).number == row["number"], row
    choose("RIENG")
    with pytest.raises(Precondition, match="RIENG"):
        form_for(Form.RECEIPT, unit=top.pk, on=TODAY)


def test_every_template_prints_an_empty_sheet(store: Store) -> None:
    templates = list(FormTemplate.objects.all())
    assert {(one.regime, one.form) for one in templates} == {(r, f) for r in ("HCSN", "DN-99") for f in COLUMNS}
    for template in templates:
        template.full_clean()
        text = read_pdf(blank.sheet(template))
        form = read(template)
        for expected in (form.title.upper(), form.number, *(signer.title for signer in form.signers)):
            assert expected in text, (template, expected)


def test_a_template_says_every_line_that_cannot_be_read() -> None:
    with pytest.raises(ValidationError) as refused:
        columns_of("STT | no | A | 10\nTên | khong-co | B | 20\nSTT | no | A | 10\nMã | code | C | rộng", Form.ISSUE)
    assert [re.findall(r"\d+", message)[0] for message in refused.value.messages] == ["2", "3", "4"]
    with pytest.raises(ValidationError):
        columns_of("STT | no | A | 10", Form.ISSUE)
    with pytest.raises(ValidationError):
        signers_of("Thủ kho | who")
    with pytest.raises(ValidationError):
        signers_of("")


def test_a_keeper_changes_a_form_on_the_upkeep_pages(store: Store, visit: Callable[[User], Client]) -> None:
    browser = visit(store.catalogue_keeper)
    row = FormTemplate.objects.get(regime="DN-99", form=Form.ISSUE, valid_to=None, valid_from__isnull=False)
    address = f"/upkeep/printing/formtemplate/{row.pk}/change/"
    filled = {
        "number": "Mẫu riêng 7", "legal_heading": "<b>QĐ</b> & 7", "title": "Phiếu xuất", "columns": row.columns,
        "signers": "Người lập | maker\n<i>Chỉ huy</i> | approver", "valid_from": "2026-01-01", "valid_to": "",
        "reason": "Quyết định 7",
    }  # fmt: skip
    refused = browser.post(address, filled | {"columns": "Tên | khong-co | B | 20"})
    assert "Line 1: write heading" in refused.text
    assert browser.post(address, filled).status_code == 302
    text = read_pdf(voucher_pdf("K01", store.issue.position))
    assert "Mẫu số Mẫu riêng 7" in text
    assert "<b>QĐ</b> & 7" in text
    assert "<i>Chỉ huy</i>" in text
    assert row.history.first().history_change_reason == "Quyết định 7"
    assert browser.get(f"/upkeep/printing/formtemplate/{row.pk}/sheet.pdf").content.startswith(b"%PDF")
    assert visit(store.keeper).get(f"/upkeep/printing/formtemplate/{row.pk}/sheet.pdf").status_code in {302, 403, 404}


# --- The ledger's figures ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("regime", ["DN-99", "HCSN"])
@pytest.mark.parametrize("count", [1, 60])
def test_the_sheet_says_what_the_ledger_says(store: Store, regime: str, count: int) -> None:
    choose(regime)
    poster = factories.a_user("nguoi-nhap", role="storekeeper")
    lines = [
        factories.a_line(store.rice, f"{number}.5", lot=f"M{number:03}", unit_price=Decimal(1000 + number))
        for number in range(1, count + 1)
    ]
    posted = factories.posting(poster, "receipt", "K01", *lines)
    pages = [
        " ".join(page.extract_text().split()) for page in PdfReader(BytesIO(voucher_pdf("K01", posted.position))).pages
    ]
    text = " ".join(pages)
    logged = MovementLine.objects.filter(depot=store.k01, position=posted.position)
    total = Decimal(0)
    for line in logged:
        quantity, price = f"{line.entered_quantity:.3f}".replace(".", ","), f"{line.unit_price:,.0f}".replace(",", ".")
        assert f"{quantity} {price}" in text, line
        total += (line.entered_quantity * line.unit_price).quantize(Decimal(1), rounding="ROUND_HALF_UP")
    assert f"{total:,}".replace(",", ".") in text
    assert words(total) in text
    assert {"DN-99": "Mẫu số 01-VT", "HCSN": "Mẫu số C30-HD"}[regime] in pages[0]
    assert all("Thực nhập" in page for page in pages if "M0" in page)
    assert "Kế toán trưởng" in pages[-1]
    assert len(pages) == 1 if count == 1 else len(pages) > 2
    for number, page in enumerate(pages[1:], start=2):
        assert f"{number}/{len(pages)}" in page


def test_names_are_as_they_were_on_the_documents_day(store: Store) -> None:
    before = read_pdf(voucher_pdf("K01", store.receipt.position))
    with factories.telling():
        for row, name in ((store.k01.unit, "Cục mới"), (store.k01, "Kho đổi tên"), (store.rice, "Gạo đổi tên")):
            row.name = name
            row.save()
    assert read_pdf(voucher_pdf("K01", store.receipt.position)) == before
    poster = factories.a_user("nguoi-nhap", role="storekeeper")
    later = factories.posting(poster, "receipt", "K01", factories.a_line(store.rice, "1", lot="M1"), days_ago=0)
    after = read_pdf(voucher_pdf("K01", later.position))
    for name in ("Cục mới", "Kho đổi tên", "Gạo đổi tên"):
        assert name in after
        assert name not in before


def test_the_card_agrees_in_both_regimes(store: Store) -> None:
    for regime, number in (("DN-99", "Mẫu số S12-DN"), ("HCSN", "")):
        choose(regime)
        card = stock_card(store.rice.code, "K01", by=store.keeper, at=timezone.now())
        text = read_pdf(stock_card_pdf(card, printed_at=timezone.now()))
        assert number in text
        assert ("Mẫu số" in text) is bool(number)
        assert f"{card.closing:,.3f}".translate(str.maketrans(",.", ".,")) in text


# --- Not posted yet ---------------------------------------------------------------------------------------------


def test_a_voucher_that_is_not_posted_is_stamped_so(store: Store, visit: Callable[[User], Client]) -> None:
    answer = visit(store.keeper).get(f"/depots/K01/vouchers/{store.voucher}.pdf")
    text = read_pdf(answer.content)
    assert text.count("CHƯA GHI SỔ") >= 2
    assert "PHIẾU XUẤT KHO" in text
    assert "Tiểu đoàn 2" in text
    assert "5,000" in text
    posted = read_pdf(voucher_pdf("K01", store.issue.position))
    assert "CHƯA GHI SỔ" not in posted


def test_a_draft_of_anything_prints(store: Store) -> None:
    draft = Voucher.objects.get(pk=store.voucher)
    draft.status = Status.DRAFT
    draft.lines = [
        {"id": "a", "item": NASTY, "quantity": "ba <b>", "unit": "<u>", "unit_price": "1e999", "expires_on": "mai"},
        {"id": "b", "item": store.milk.code, "quantity": "2.000", "unit_price": "1500.00", "grade": 2},
        {"id": "c"},
    ]
    text = read_pdf(draft_pdf(draft))
    for expected in ("ba <b>", "<u>", "1e999", "HSD mai", "3.000", "Ba nghìn đồng.", "cấp 2"):
        assert expected in text, expected


# --- The square code --------------------------------------------------------------------------------------------


def test_a_changed_digit_is_caught(store: Store, visit: Callable[[User], Client]) -> None:
    browser = visit(store.keeper)
    code = checking.code_of(store.transfer, site="https://kho.example")
    assert code.startswith("https://kho.example/depots/K01/movements/3/?n=DC-K01-")
    typed = f"{store.transfer.number} {store.transfer.hash.hex()[:16]}"
    foot = f"{store.transfer.number} · SHA-256 {store.transfer.hash.hex()[:16]}…"
    for said in (code, code.partition("example")[2], typed, typed.lower(), foot):
        assert checking.check(said, by=store.keeper).agrees, said
        assert "The sheet agrees with the logbook" in browser.get("/check/", {"q": said}).text
    digits = code.rpartition("=")[2]
    for place in range(16):
        other = "0" if digits[place] != "0" else "1"
        forged = code.removesuffix(digits) + digits[:place] + other + digits[place + 1 :]
        found = checking.check(forged, by=store.keeper)
        assert not found.agrees
        assert [(part.name, part.wrong) for part in found.parts if not part.agrees] == [
            ("Check digits (SHA-256)", str(place + 1))
        ]
    year = store.transfer.number.split("-")[2]
    digit = "5" if year[3] != "5" else "6"
    wrong_year = code.replace(f"-{year}-", f"-{year[:3]}{digit}-")
    found = checking.check(wrong_year, by=store.keeper)
    assert [(part.name, part.wrong) for part in found.parts if not part.agrees] == [("Year", "4")]
    page = browser.get("/check/", {"q": wrong_year})
    assert "The sheet does not agree with the logbook" in page.text
    assert f"<mark>{digit}</mark>" in page.text
    assert 'id="scan" value=""' in page.text
    for cut in (code.removesuffix(digits), code.removesuffix(digits[3:]), code.partition("?")[0] + "?x=1"):
        assert not checking.check(cut, by=store.keeper).agrees, cut


def test_an_altered_logbook_is_not_taken_for_a_good_sheet(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    real = reading.movement(store.k01.pk, 1)
    code = checking.code_of(real)
    real.lines[0].entered_quantity += 1
    monkeypatch.setattr(checking.reading, "movement", lambda *_: real)
    found = checking.check(code, by=store.keeper)
    assert not found.is_intact
    assert not found.agrees


def test_what_is_no_code_or_not_theirs_is_refused(store: Store, visit: Callable[[User], Client]) -> None:
    for said in ("abc", "PN-K01-2026-00001", "<script>", "/depots/K01/movements/0/?n=1", "x" * 5000):
        with pytest.raises(Invalid):
            checking.check(said, by=store.keeper)
    code = checking.code_of(store.receipt)
    for who, said in (
        (store.stranger, code),
        (store.keeper, code.replace("movements/1/", "movements/99/")),
        (store.stranger, f"{store.receipt.number} {store.receipt.hash.hex()[:16]}"),
    ):
        with pytest.raises(NotFound):
            checking.check(said, by=who)
    page = visit(store.stranger).get("/check/", {"q": code})
    assert page.status_code == 404
    assert "In the logbook" not in page.text
    assert visit(store.keeper).get("/check/", {"q": "<script>"}).status_code == 422


def test_the_receiver_scans_the_slip(store: Store) -> None:
    code = checking.code_of(store.transfer, site="https://kho.example")
    assert road.named(code, to_depot=store.k02.pk) == (store.k01.pk, store.transfer.position)


# --- Copies -----------------------------------------------------------------------------------------------------


def test_a_second_print_says_so(store: Store, visit: Callable[[User], Client]) -> None:
    browser = visit(store.keeper)
    address = f"/depots/K01/movements/{store.receipt.position}/"
    first = browser.post(address, {"action": "print"})
    second = browser.post(address, {"action": "print"})
    assert first["Location"].endswith("/movements/1.pdf?copy=1")
    assert second["Location"].endswith("/movements/1.pdf?copy=2")
    texts = [read_pdf(browser.get(one["Location"]).content) for one in (first, second)]
    assert "Bản in lần" not in texts[0]
    assert "Bản in lần 2" in texts[1]
    assert "thukho" in texts[1]
    assert re.sub(r"Bản in lần 2 · \S+ \S+ · thukho ", "", texts[1]) == texts[0]  # on every page
    assert browser.get("/api/v1/depots/K01/movements/1.pdf?copy=3").status_code == 404
    assert browser.get("/api/v1/depots/K01/movements/1.pdf?copy=0").status_code == 422
    assert visit(store.stranger).post(address, {"action": "print"}).status_code == 404
    assert list(PrintedCopy.objects.values_list("subject", "copy", "printed_by__login")) == [
        ("movement:K01:1", 1, "thukho"), ("movement:K01:1", 2, "thukho"),
    ]  # fmt: skip


def test_what_was_printed_stays_as_it_was_printed(store: Store) -> None:
    at = timezone.now()
    printing = {"language": "vi", "site": "https://kho.example", "by": store.keeper, "at": at}
    assert count_print("K01", store.mistaken.position, **printing) == 1
    first = voucher_pdf("K01", store.receipt.position)
    assert count_print("K01", store.receipt.position, **printing) == 1
    printed = voucher_pdf("K01", store.receipt.position)
    assert "https://kho.example" not in read_pdf(printed)
    row = FormTemplate.objects.get(regime="DN-99", form=Form.RECEIPT, valid_to=None, valid_from__isnull=False)
    with factories.telling():
        row.legal_heading = "Quyết định mới"
        row.save()
    assert voucher_pdf("K01", store.receipt.position) == printed
    assert read_pdf(printed) == read_pdf(first)
    assert "Quyết định mới" in read_pdf(voucher_pdf("K01", store.receipt.position, language="en"))
    # The movement was undone before its first print: what is kept does not say so, what is handed out does.
    undone = voucher_pdf("K01", store.mistaken.position)
    assert undone == voucher_pdf("K01", store.mistaken.position)
    paper = KeptPaper.objects.get(subject=f"movement:K01:{store.mistaken.position}")
    assert "ĐÃ ĐẢO" not in read_pdf(bytes(paper.content))
    assert read_pdf(undone).count("ĐÃ ĐẢO") == 2  # across the page, and by which voucher at its head
    assert f"ĐÃ ĐẢO bởi {store.reversal.number}" in read_pdf(undone)


def test_what_is_printed_is_append_only(store: Store) -> None:
    at = datetime.now(tz=timezone.get_current_timezone())
    assert count_print("K01", 1, language="vi", site="", by=store.keeper, at=at) == 1
    for model, changed in ((PrintedCopy, {"copy": 7}), (KeptPaper, {"title": "khác"})):
        with pytest.raises(DatabaseError), transaction.atomic():
            model.objects.update(**changed)
        with pytest.raises(DatabaseError), transaction.atomic():
            model.objects.all().delete()
    kept_of = {"form": Form.RECEIPT, "language": "vi", "by": store.keeper, "at": at}
    with pytest.raises(DatabaseError), transaction.atomic():
        KeptPaper.objects.create(subject="x", title="x", content=b"%PDF", sha256="0" * 64, form=Form.RECEIPT,
                                 language="vi", made_by=store.keeper, made_at=at)  # fmt: skip
    assert bytes(kept.keep("một", make=lambda: b"%PDF-1", **kept_of).content) == b"%PDF-1"
    assert bytes(kept.keep("một", make=lambda: b"%PDF-2", **kept_of).content) == b"%PDF-1"
