"""Inspections, handovers, several vouchers at once: what they print, and that their square codes are checked."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
import zxingcpp
from django.db import DatabaseError, transaction
from django.test import Client
from django.utils import timezone
from PIL import Image
from pypdf import PdfReader

from depots import access
from inventory.ledger.entries import Posted
from inventory.ledger.models import VoucherSeries
from inventory.printing.models import KeptPaper
from inventory.vouchers import checking, inspecting
from inventory.vouchers.handover import handover_pdf
from inventory.vouchers.inspecting import Asked, Found, InspectionMoved, Seat
from inventory.vouchers.inspection_paper import inspection_pdf
from inventory.vouchers.models import Inspection, Status, Voucher
from inventory.vouchers.paper import voucher_pdf
from logistics.accounts.models import Role, User
from logistics.errors import Invalid, NotFound
from logistics.history import Source
from logistics.words import words
from tests import factories
from tests.notation import rows
from tests.pages.store import NASTY, Store
from tests.pages.test_forms import choose, read_pdf

COUNCIL = [
    Seat(name="Nguyễn Văn Mẫu", title="Đại úy, trợ lý kỹ thuật", side="kho"),
    Seat(name=NASTY[:60], title="<b>nhân viên</b>", side="bên giao & vận"),
]

QR = zxingcpp.BarcodeFormat.QRCode  # of three hundred square codes one has rows that pass for a bar code too


def square_code(pdf: bytes, folder: Path) -> str:
    """What a phone reads from the first page, by a decoder that is none of ours."""
    (folder / "sheet.pdf").write_bytes(pdf)
    subprocess.run(
        ["/usr/bin/pdftoppm", "-r", "130", "-f", "1", "-l", "1", "-gray", "-png", "-singlefile", "sheet.pdf", "sheet"],
        cwd=folder, check=True,
    )  # fmt: skip
    with Image.open(folder / "sheet.png") as image:
        (found,) = zxingcpp.read_barcodes(image, formats=QR)
    return str(found.text)


def inspected(store: Store, posted: Posted, **asked: Any) -> Inspection:
    """Write an inspection of a movement and finish it."""
    at = timezone.now()
    place = access.depot_for_posting(store.keeper, "K01")
    found = [
        Found(entry=one.line.entry_no, good=str(one.received), bad=str(one.bad), note="<i>rách</i> bao")
        for one in inspecting.entries_of(posted)
    ]
    said = {"inspected_at": at - timedelta(hours=1), "council": COUNCIL, "lines": found, "method": "Cân, đếm"} | asked
    name = uuid4()
    row = inspecting.write(
        name, Asked(**said), position=posted.position, place=place, version=0, by=store.keeper, at=at,
        source=Source.WEB,
    )  # fmt: skip
    return inspecting.finish(name, place=place, version=row.version, by=store.keeper, at=at, source=Source.WEB)


def long_receipt(store: Store, count: int) -> Posted:
    """Receive `count` lines of rice."""
    poster = factories.a_user("nguoi-nhap", role="storekeeper")
    lines = [
        factories.a_line(
            store.rice, f"{number}.5", lot=f"M{number:03}", unit_price=Decimal(1000 + number),
            scheduled_quantity=Decimal(number + 1),
        )
        for number in range(1, count + 1)
    ]  # fmt: skip
    return factories.posting(poster, "receipt", "K01", *lines, counterparty="Công ty mẫu")


# --- Inspections ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("regime", ["DN-99", "HCSN"])
@pytest.mark.parametrize("count", [1, 60])
def test_an_inspection_says_what_the_voucher_said_and_what_was_found(store: Store, regime: str, count: int) -> None:
    choose(regime)
    row = inspected(store, long_receipt(store, count))
    pages = [" ".join(page.extract_text().split()) for page in PdfReader(BytesIO(inspection_pdf(row))).pages]
    text = " ".join(pages)
    assert row.number == f"KN-K01-{timezone.localdate(row.inspected_at).year}-00001"
    for expected in ("BIÊN BẢN KIỂM NGHIỆM", row.number, "Nguyễn Văn Mẫu", "Trưởng ban", NASTY[:60], "<b>nhân viên</b>",
                     "bên giao & vận", "<i>rách</i>", "Cân, đếm", row.digest[:16]):  # fmt: skip
        assert expected in text, expected
    assert ("Mẫu số 03-VT" in text) is (regime == "DN-99")
    for number in range(1, count + 1):
        assert f"{number + 1},000 {number},500 0,500" in text, number
    assert len(pages) == 1 if count == 1 else len(pages) > 2
    assert all("Không đúng quy cách" in page for page in pages if "lô M0" in page)
    assert "Đại diện kỹ thuật" in pages[-1]


def test_an_inspection_is_written_finished_and_printed_on_its_page(
    store: Store, visit: Callable[[User], Client]
) -> None:
    browser = visit(store.keeper)
    movement = browser.get("/depots/K01/movements/1/").text
    (address,) = re.findall(r'href="(/inspections/[0-9a-f-]+/\?movement=K01/1)"', movement)
    drawn = browser.get(address)
    assert drawn.status_code == 200
    assert 'value="1,200"' in drawn.text  # received
    assert 'value="50"' in drawn.text  # the documents said 1,250
    given = {"version": "0", "day": "20/11/2026", "time": "8h30", "good-l1": "1,200", "bad-l1": "không",
             "good-l2": "800.5", "bad-l2": "0", "good-l3": "240", "name-1": "", "title-1": "Trung úy"}  # fmt: skip
    refused = browser.post(address, given | {"action": "finish"})
    assert refused.status_code == 422
    assert "không" in refused.text
    given |= {"bad-l1": "50"}
    assert "Write the name of who sits there" in browser.post(address, given | {"action": "keep"}).text
    given |= {"title-1": ""}
    lacking = browser.post(address, given | {"action": "finish"})
    assert lacking.status_code == 422
    assert "Name the council" in lacking.text
    assert "0 where there is none" in lacking.text
    row = Inspection.objects.exclude(pk=store.inspection).get()
    assert (row.is_finished, row.version) == (False, 1)
    assert "DỰ THẢO" in read_pdf(browser.get(f"/inspections/{row.pk}.pdf").content)
    given |= {"version": "1", "name-0": "Trần Mẫu", "bad-l3": "0"}
    done = browser.post(address, given | {"action": "finish"})
    assert done["Location"] == f"/inspections/{row.pk}/"
    row.refresh_from_db()
    assert row.number.startswith("KN-K01-2026-")
    assert timezone.localtime(row.inspected_at).isoformat() == "2026-11-20T08:30:00+07:00"
    assert [line["bad"] for line in row.lines] == ["50", "0", "0"]
    page = browser.get(done["Location"]).text
    assert row.number in page
    assert 'name="good-l1"' not in page
    assert row.number in browser.get("/depots/K01/movements/1/").text
    assert browser.post(address, given | {"action": "finish", "version": "2"}).status_code == 422
    for number in (1, 2):
        printed = browser.post(done["Location"], {"action": "print"})
        assert printed["Location"] == f"/inspections/{row.pk}.pdf?copy={number}"
        text = read_pdf(browser.get(printed["Location"]).content)
        assert ("Bản in lần 2" in text) is (number == 2)
    assert browser.get(f"/inspections/{row.pk}.pdf?copy=3").status_code == 404
    for path in (f"/inspections/{row.pk}/", f"/inspections/{row.pk}.pdf", f"/inspections/{uuid4()}/?movement=K01/1"):
        assert visit(store.stranger).get(path).status_code == 404, path
    assert visit(store.planner).get(f"/inspections/{row.pk}/").status_code == 200
    assert visit(store.planner).post(f"/inspections/{row.pk}/", given).status_code == 403
    assert browser.get(f"/inspections/{uuid4()}/?movement=K01/2").status_code == 422  # an issue
    for wrong in ("", "?movement=K01/", "?movement=K01/999", "?movement=x"):
        assert browser.get(f"/inspections/{uuid4()}/{wrong}").status_code == 404, wrong


def test_a_finished_inspection_stays(store: Store) -> None:
    row = inspected(store, store.receipt)
    place, at = access.depot_for_posting(store.keeper, "K01"), timezone.now()
    again = inspecting.finish(row.pk, place=place, version=1, by=store.keeper, at=at, source=Source.WEB)
    assert (again.number, VoucherSeries.objects.get(depot=store.k01, series="KN").last_number) == (row.number, 1)
    with pytest.raises(InspectionMoved):
        inspecting.write(row.pk, Asked(inspected_at=at), position=1, place=place, version=row.version, by=store.keeper,
                         at=at, source=Source.WEB)  # fmt: skip
    for change in ({"conclusion": "khác"}, {"finished_at": None}):
        with pytest.raises(DatabaseError), transaction.atomic():
            Inspection.objects.filter(pk=row.pk).update(**change)
    with pytest.raises(DatabaseError), transaction.atomic():
        Inspection.objects.all().delete()
    second = inspected(store, store.receipt, conclusion="Nhập kho")
    assert second.number.endswith("-00002")
    with pytest.raises(Invalid) as refused:
        inspecting.write(
            uuid4(),
            Asked(inspected_at=at + timedelta(days=1), council=[Seat(name="", title="x" * 130)],
                  lines=[Found(entry=1, good="-1"), Found(entry=1), Found(entry=9, bad="1e3", note="x" * 201)]),
            position=1, place=place, version=0, by=store.keeper, at=at, source=Source.WEB,
        )  # fmt: skip
    assert [(one["pointer"], one["code"]) for one in refused.value.members["errors"]] == [
        ("/inspected_at", "in-the-future"), ("/council/0/name", "required"), ("/lines/0/good", "quantity"),
        ("/lines/1/entry", "entry"), ("/lines/2/entry", "entry"), ("/council/0/title", "too-long"),
        ("/lines/2/note", "too-long"),
    ]  # fmt: skip


def test_a_wrong_inspection_is_cancelled_and_stays_to_be_read(store: Store, visit: Callable[[User], Client]) -> None:
    row = inspected(store, store.receipt, conclusion="Nhập kho 5 bao")
    place, at = access.depot_for_posting(store.keeper, "K01"), timezone.now()
    before = inspection_pdf(row)
    keeper, address = visit(store.keeper), f"/inspections/{row.pk}/"
    assert "ĐÃ HỦY" not in read_pdf(before)
    keeper.post(address, {"action": "print"})
    silent = keeper.post(address, {"action": "cancel", "reason": " "})
    assert (silent.status_code, "cancel-reason" in silent.content.decode()) == (422, True)
    assert keeper.post(address, {"action": "cancel", "reason": "x" * 301}).status_code == 422
    assert visit(store.planner).post(address, {"action": "cancel", "reason": "sai"}).status_code == 403
    assert visit(store.stranger).post(address, {"action": "cancel", "reason": "sai"}).status_code == 404
    assert not Inspection.objects.get(pk=row.pk).is_cancelled
    why = "<b>Đếm sai</b> 5 bao"
    for _twice in range(2):
        assert keeper.post(address, {"action": "cancel", "reason": why}).status_code == 302
    gone = Inspection.objects.get(pk=row.pk)
    assert (gone.is_cancelled, gone.cancel_reason, gone.cancelled_by) == (True, why, store.keeper)
    assert (gone.number, gone.digest, gone.conclusion, gone.version) == (row.number, row.digest, row.conclusion, 3)
    assert [version.history_change_reason for version in gone.history.order_by("history_id")][-1] == why
    # It is still there to be read, marked wherever it is named: on its page, its voucher's, on every print.
    page = keeper.get(address).content.decode()
    assert "&lt;b&gt;Đếm sai&lt;/b&gt;" in page
    assert 'value="cancel"' not in page
    assert 'class="mark bad"' in keeper.get("/depots/K01/movements/1/").content.decode()
    for pdf in (inspection_pdf(gone), keeper.get(f"/inspections/{row.pk}.pdf").content):
        assert "ĐÃ HỦY" in read_pdf(pdf)
        assert "Nhập kho 5 bao" in read_pdf(pdf)
    keeper.post(address, {"action": "print"})
    second = read_pdf(keeper.get(f"/inspections/{row.pk}.pdf?copy=2").content)
    assert "ĐÃ HỦY" in second
    assert "Bản in lần 2" in second
    found = checking.check(checking.code_of_inspection(gone, site="https://kho.example"), by=store.keeper)
    assert found.agrees
    assert found.inspection is not None
    assert found.inspection.is_cancelled
    # For ever, whoever asks; a draft is none to be cancelled, and the right one gets a number of its own.
    for change in ({"cancelled_at": None, "cancelled_by": None, "cancel_reason": ""}, {"cancel_reason": "khác"}):
        with pytest.raises(DatabaseError), transaction.atomic():
            Inspection.objects.filter(pk=row.pk).update(**change)
    right = inspected(store, store.receipt, conclusion="Nhập kho")
    with pytest.raises(DatabaseError), transaction.atomic():
        Inspection.objects.filter(pk=right.pk).update(
            cancelled_at=at, cancelled_by=store.keeper, cancel_reason="sai", conclusion="khác"
        )
    assert right.number.endswith("-00002")
    with pytest.raises(InspectionMoved):
        inspecting.cancel(store.inspection, reason="sai", place=place, by=store.keeper, at=at, source=Source.WEB)
    with pytest.raises(NotFound):
        inspecting.cancel(uuid4(), reason="sai", place=place, by=store.keeper, at=at, source=Source.WEB)


# --- Square codes -----------------------------------------------------------------------------------------------


def test_a_changed_digit_of_every_paper_is_caught(
    store: Store, visit: Callable[[User], Client], tmp_path: Path
) -> None:
    browser = visit(store.keeper)
    row = inspected(store, store.receipt)
    site = "https://kho.example"
    papers = {
        row.number: inspection_pdf(row, site=site),
        store.transfer.number: handover_pdf("K01", store.transfer.position, site=site),
        store.issue.number: voucher_pdf("K01", store.issue.position, site=site),
    }
    for number, pdf in papers.items():
        code = square_code(pdf, tmp_path)
        assert code.startswith(f"{site}/"), number
        assert checking.check(code, by=store.keeper).agrees, number
        digits = code.rpartition("=")[2]
        for place in (0, 7, 15):
            other = "0" if digits[place] != "0" else "1"
            forged = code.removesuffix(digits) + digits[:place] + other + digits[place + 1 :]
            found = checking.check(forged, by=store.keeper)
            assert [(part.name, part.wrong) for part in found.parts if not part.agrees] == [
                ("Check digits (SHA-256)", str(place + 1))
            ]
            assert "The sheet does not agree with the logbook" in browser.get("/check/", {"q": forged}).text
    typed = f"{row.number} {row.digest[:16]}"
    assert checking.check(typed, by=store.keeper).agrees
    assert not checking.check(typed.replace("-00001 ", "-00001 f" if row.digest[0] != "f" else "-00001 e")[:-1],
                              by=store.keeper).agrees  # fmt: skip
    assert row.number in browser.get("/check/", {"q": typed}).text
    for who, said in ((store.stranger, typed), (store.keeper, typed.replace("-00001", "-00077"))):
        with pytest.raises(NotFound):
            checking.check(said, by=who)


# --- Handovers --------------------------------------------------------------------------------------------------


def test_a_handover_names_both_sides(store: Store) -> None:
    for row in rows("""
        depot | movement | says
        K01   | receipt  | Bên giao: Công ty Lương thực mẫu & con
        K01   | receipt  | Bên nhận: Kho mẫu K01 (K01)
        K01   | receipt  | <img src=x
        K01   | receipt  | 1.200,000 1 (cấp 1)
        K01   | issue    | Bên giao: Kho mẫu K01 (K01)
        K01   | issue    | Bên nhận: Tiểu đoàn 1
        K01   | transfer | Bên nhận: Kho mẫu K02 (K02)
        K01   | transfer | Người vận chuyển
        K02   | arrival  | Bên giao: Kho mẫu K01 (K01)
        K02   | arrival  | Thiếu hai bao
        K01   | mistaken | ĐÃ ĐẢO bởi
    """):
        posted = getattr(store, row["movement"])
        text = read_pdf(handover_pdf(row["depot"], posted.position))
        assert row["says"] in text, row
        assert "BIÊN BẢN GIAO NHẬN" in text
        assert "Đại diện bên nhận" in text
        assert posted.number in text
    with pytest.raises(Invalid):
        handover_pdf("K01", store.reversal.position)


@pytest.mark.parametrize("regime", ["DN-99", "HCSN"])
def test_a_long_handover_counts_what_the_ledger_counts(store: Store, regime: str) -> None:
    choose(regime)
    posted = long_receipt(store, 60)
    pages = PdfReader(BytesIO(handover_pdf("K01", posted.position))).pages
    text = " ".join(" ".join(page.extract_text().split()) for page in pages)
    assert len(pages) > 2
    for line in posted.lines:
        assert f"{line.change:.3f}".replace(".", ",") + " 1 (cấp 1) lô " + line.lot in text, line.lot


def test_prints_of_a_handover_are_counted_apart(store: Store, visit: Callable[[User], Client]) -> None:
    browser = visit(store.keeper)
    address = "/depots/K01/movements/2/"
    browser.post(address, {"action": "print"})
    for number in (1, 2):
        printed = browser.post(address, {"action": "print-handover"})
        assert printed["Location"] == f"/depots/K01/movements/2/handover.pdf?copy={number}"
        text = read_pdf(browser.get(printed["Location"]).content)
        assert ("Bản in lần 2" in text) is (number == 2)
    forms = KeptPaper.objects.filter(subject="movement:K01:2").order_by("form").values_list("form", flat=True)
    assert list(forms) == ["handover_report", "issue_voucher"]
    assert browser.get("/depots/K01/movements/2/handover.pdf?copy=x").status_code == 404
    assert visit(store.stranger).get("/depots/K01/movements/2/handover.pdf").status_code == 404


# --- Several at once --------------------------------------------------------------------------------------------


def posted_voucher(store: Store, movement: Posted, **said: Any) -> UUID:
    """Make the voucher that a movement of the store came from."""
    at, second = timezone.now(), factories.a_user(f"duyet-{movement.position}", role=Role.APPROVER)
    with factories.telling():
        made = Voucher.objects.create(
            pk=uuid4(), depot=store.k01, kind=movement.kind, status=Status.POSTED, position=movement.position,
            number=movement.number, made_by=store.keeper, made_at=at, changed_by=store.keeper, changed_at=at,
            submitted_by=store.keeper, submitted_at=at, decided_by=store.planner, decided_at=at, seconded_by=second,
            seconded_at=at, needs_second=True, **said,
        )  # fmt: skip
    return made.pk


def test_several_vouchers_are_one_file(store: Store, visit: Callable[[User], Client]) -> None:
    browser = visit(store.keeper)
    first, second = posted_voucher(store, store.receipt), posted_voucher(store, store.issue)
    page = browser.get("/depots/K01/vouchers/").text
    assert f'name="page" value="{store.issue.position} {store.receipt.position} "' in page
    for name in (store.receipt.position, store.issue.position, store.voucher.hex):
        assert f"name=v value={name} " in page
    address = "/depots/K01/vouchers/print.pdf"
    sent = browser.post(address, {"which": "chosen", "v": [str(second), str(first), str(store.voucher)]})
    assert sent["Location"] == f"{address}?v=2.1&v=1.1&v={store.voucher}"
    file = browser.get(sent["Location"])
    reader = PdfReader(BytesIO(file.content))
    assert reader.get_fields() is None
    text = read_pdf(file.content)
    places = [text.index(said) for said in (store.issue.number, store.receipt.number, "CHƯA GHI SỔ")]
    assert places == sorted(places)
    again = browser.post(address, {"which": "page", "page": str(store.receipt.position), "v": [str(second)]})
    assert again["Location"] == f"{address}?v=1.2"
    assert "Bản in lần 2" in read_pdf(browser.get(again["Location"]).content)
    for asked, status in (("", 422), ("?v=1.3", 404), ("?v=9.1", 404), ("?v=x", 404), ("?v=1.0", 404),
                          ("?" + "&".join(f"v={number}.1" for number in range(101)), 422)):  # fmt: skip
        assert browser.get(address + asked).status_code == status, asked
    assert browser.post(address, {"which": "chosen"}).status_code == 422
    logged = browser.post(address, {"which": "page", "page": "4 3"})  # what a program posted has no voucher
    assert logged["Location"] == f"{address}?v=4.1&v=3.1"
    assert "ĐÃ ĐẢO" in read_pdf(browser.get(logged["Location"]).content)
    assert visit(store.stranger).get(f"{address}?v=1.1").status_code == 404


# --- What a voucher says besides --------------------------------------------------------------------------------


def test_vehicle_papers_and_both_approvers_are_printed(store: Store) -> None:
    assert "Người duyệt thứ hai" not in read_pdf(voucher_pdf("K01", store.transfer.position))
    posted_voucher(store, store.transfer, vehicle="TM-12-34 <b>", source_documents="02 & biên bản")
    for number, kind in ((store.transfer.position, voucher_pdf), (store.transfer.position, handover_pdf)):
        assert "TM-12-34 <b>" in read_pdf(kind("K01", number))
    text = read_pdf(voucher_pdf("K01", store.transfer.position))
    assert "Số chứng từ gốc kèm theo: 02 & biên bản" in text
    assert "Người duyệt thứ hai" in text
    assert f"duyet-{store.transfer.position}" in text
    for name in ("vehicle", "source_documents"):
        with pytest.raises(DatabaseError), transaction.atomic():
            Voucher.objects.filter(position=store.transfer.position).update(**{name: "khác"})


def test_the_site_chooses_how_zero_tens_are_spoken(store: Store, settings: Any) -> None:
    posted = factories.posting(
        factories.a_user("nguoi-nhap", role="storekeeper"), "receipt", "K01",
        factories.a_line(store.milk, "105", unit_price=Decimal(1)),
    )  # fmt: skip
    assert "Một trăm lẻ năm đồng." in read_pdf(voucher_pdf("K01", posted.position))
    settings.ZERO_TENS = "linh"
    assert "Một trăm linh năm đồng." in read_pdf(voucher_pdf("K01", posted.position))
    for row in rows("""
        amount     | words
        15         | Mười lăm đồng.
        20         | Hai mươi đồng.
        21         | Hai mươi mốt đồng.
        24         | Hai mươi tư đồng.
        25         | Hai mươi lăm đồng.
        105        | Một trăm lẻ năm đồng.
        1001       | Một nghìn không trăm lẻ một đồng.
        1250000    | Một triệu hai trăm năm mươi nghìn đồng.
        1453121407 | Một tỷ bốn trăm năm mươi ba triệu một trăm hai mươi mốt nghìn bốn trăm lẻ bảy đồng.
    """):
        assert words(int(row["amount"])) == row["words"]
