"""Files as clerks really keep them: titles above, totals below, merged cells, hidden rows, old fonts, lost zeros."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
import xlsxwriter
from django.test import Client
from django.utils import timezone

from inventory.ledger.models import Movement, MovementLine
from inventory.openings import bringing, waiting
from inventory.openings.models import ColumnMapping, State, Upload
from logistics import history, tables
from logistics.accounts.models import User
from tests import factories
from tests.notation import rows
from tests.openings.conftest import HEADS, MILK, RICE, House, a_workbook, good_row

Visit = Callable[[User], Client]
MILK_ROW = [MILK, "Sữa", "hộp", 5]


def a_book(
    lines: list[list[Any]], *, sheets: dict[str, list[list[Any]]] | None = None, hidden: tuple[int, ...] = ()
) -> bytes:
    """Return a workbook whose first sheet holds the lines from its first row on; `hidden` rows count from 1."""
    written = io.BytesIO()
    book = xlsxwriter.Workbook(written, {"strings_to_formulas": False})
    day = book.add_format({"num_format": "dd/mm/yyyy"})
    for name, content in {"Tồn": lines, **(sheets or {})}.items():
        sheet = book.add_worksheet(name)
        for row, cells in enumerate(content):
            for column, cell in enumerate(cells):
                if isinstance(cell, date):
                    sheet.write_datetime(row, column, cell, day)
                elif cell is not None:
                    sheet.write(row, column, cell)
        for row in hidden:
            sheet.set_row(row - 1, None, None, {"hidden": True})
    book.close()
    return written.getvalue()


def rewritten(book: bytes, part: str, change: Callable[[bytes], bytes]) -> bytes:
    """Return a workbook with one part changed, as no program would write it."""
    old, file = zipfile.ZipFile(io.BytesIO(book)), io.BytesIO()
    with zipfile.ZipFile(file, "w") as new:
        for name in old.namelist():
            new.writestr(name, change(old.read(name)) if name == part else old.read(name))
    return file.getvalue()


def told(upload: Upload) -> dict[int, dict[str, list[str]]]:
    """The errors by row and column: reason, suggestion, text to put there."""
    return {row[0]: row[2] for row in upload.rows if row[2]}


def doubts(upload: Upload) -> dict[int, dict[str, list[str]]]:
    return {row[0]: row[3] for row in upload.rows if row[3]}


class TestWhereTheTableStands:
    def test_below_a_title_and_a_day(self, house: House) -> None:
        above: list[list[Any]] = [["TIỂU ĐOÀN MẪU"], ["BẢNG KÊ TỒN KHO"], [], ["Kho: K01", None, "01/11/2026"]]
        upload = house.bring(a_book([*above, list(HEADS), MILK_ROW]))
        assert (upload.state, upload.found["header"], upload.found["rows"]) == (State.CHECKED, 5, 1)
        assert upload.rows[0][0] == 6, "rows keep the numbers the program shows"

    def test_on_another_sheet_and_what_is_not_read_is_said(self, house: House, visit: Visit) -> None:
        upload = house.bring(a_book([["Bìa"], ["Báo cáo"]], sheets={"Số liệu": [list(HEADS), MILK_ROW], "Cũ": [["x"]]}))
        assert (upload.found["sheet"], upload.found["not_read"]) == ("Số liệu", ["Tồn", "Cũ"])
        assert "not read: Tồn, Cũ" in visit(house.keeper).get(f"/openings/{upload.pk}/").content.decode()

    def test_with_heads_in_capitals_or_over_two_lines(self, house: House) -> None:
        upload = house.bring(a_book([["MÃ VẬT CHẤT", "Đơn vị\ntính", "So luong"], [MILK, "hộp", 5]]))
        assert (upload.state, upload.found["wrong"]) == (State.CHECKED, 0)

    def test_of_another_program_is_found_by_its_saved_columns(self, house: House) -> None:
        with history.changing(by=None, reason="test", source=history.Source.COMMAND):
            document = {"for": "opening", "fields": {"item": "Mã hàng", "quantity": "SL"}}
            ColumnMapping.objects.create(name="QLVT", purpose="opening", document=document)
        upload = house.bring(a_book([["TỒN"], ["STT", "Mã hàng", "SL"], [1, MILK, 5]]))
        assert (upload.found["read_as"], upload.found["wrong"]) == ("QLVT", 0)

    def test_is_chosen_by_row_and_sheet(self, house: House, visit: Visit) -> None:
        book = a_book([["x"]], sheets={"Tháng 10": [["a", "b", "c"], [], ["Mã", "SL"], [MILK, 7]]})
        upload, browser = house.bring(book), visit(house.keeper)
        assert upload.state == State.UNREAD
        page = f"/openings/{upload.pk}/columns/?sheet=Tháng+10&row=3"
        assert browser.get(page).context["columns"] == ["Mã", "SL"]
        given = {"column-item": "Mã", "column-quantity": "SL", "days": "dmy", "decimal": ",", "name": "Tháng"}
        assert browser.post(page, given).status_code == 302
        upload.refresh_from_db()
        assert (upload.state, upload.found["wrong"], upload.rows[0][5]) == (State.CHECKED, 0, "7.000")
        beyond = visit(house.keeper).get(f"/openings/{house.bring(book).pk}/columns/?row=19")
        assert (beyond.status_code, "first line is empty" in beyond.content.decode()) == (200, True)

    def test_hidden_rows_are_read_and_told(self, house: House) -> None:
        upload = house.bring(a_book([list(HEADS), MILK_ROW, MILK_ROW, MILK_ROW], hidden=(3, 9)))
        assert (upload.found["rows"], upload.found["hidden"]) == (3, 1)

    def test_without_a_row_there_is_nothing_to_write(self, house: House, visit: Visit) -> None:
        upload = house.bring(a_book([list(HEADS)]))
        assert (upload.state, upload.found["wrong"]) == (State.CHECKED, 1)
        assert "There is no row" in visit(house.keeper).get(f"/openings/{upload.pk}/").content.decode()


class TestSuggestions:
    def test_say_what_a_cell_was_meant_to_be(self, house: House) -> None:
        cells = {
            2: good_row(1, "6 thùng"), 3: good_row(2, "6 kg"), 4: good_row(3, "1\u00a0500"),
            5: good_row(4, day="31/02/2030"), 6: ["", "", "", 4], 7: ["Tổng cộng", "", "", 99], 8: good_row(5, bin="Z"),
        }  # fmt: skip
        upload = house.bring(a_workbook(list(cells.values())))
        found = {row: next(iter(errors.values())) for row, errors in told(upload).items()}
        for row in rows("""
            row | hint                                       | put
            2   | its unit, thùng, has a column of its own   |
            3   | Was 6 meant                                | 6
            4   | Was 1.500 meant                            | 1.500
            5   | Was 28/02/2030 meant                       | 28/02/2030
            7   | line of totals                             |
            8   | The depot has: A-01, A-02                  |
        """):
            _reason, hint, put = found[int(row["row"])]
            assert row["hint"] in hint, row
            assert put == row["put"], row
        assert found[6][1:] == [f"Was {RICE} meant, as in the row above?", RICE]
        assert found[5][0] == "There is no such day."

    def test_leave_out_a_line_of_totals(self, house: House, visit: Visit) -> None:
        upload = house.bring(a_workbook([good_row(1), ["Cộng", "", "", 5]]))
        browser, page = visit(house.keeper), f"/openings/{upload.pk}/"
        assert "Leave row 3 out" in browser.get(page).content.decode()
        assert browser.post(page, {"out": "3"}).status_code == 302
        upload.refresh_from_db()
        assert (upload.found["wrong"], upload.found["rows"], upload.found["out"]) == (0, 1, [3])
        assert "Take row 3 in again" in browser.get(page).content.decode()
        browser.post(page, {"in": "3"})
        upload.refresh_from_db()
        assert (upload.found["wrong"], upload.found["rows"]) == (1, 2)
        browser.post(page, {"out": "3"})
        upload.refresh_from_db()
        house.write(upload)
        assert MovementLine.objects.count() == 1
        for nonsense in ("x", "²", "9" * 30):
            assert browser.post(page, {"out": nonsense}).status_code == 422

    def test_call_a_field_without_a_column_by_its_name(self, house: House, visit: Visit) -> None:
        long_ago = timezone.now() - timedelta(days=90)
        upload = house.bring(a_workbook([good_row(1)]), occurred_at=long_ago)
        assert list(told(upload)[2]) == ["reason"]
        assert (
            '<strong class="bad">Reason</strong>' in visit(house.keeper).get(f"/openings/{upload.pk}/").content.decode()
        )


class TestWhatAProgramChanged:
    def test_serial_numbers_it_cut_and_codes_it_took_for_days(self, house: House) -> None:
        lots = [123456789012345678, date(2026, 2, 1), 7, "007"]
        table = [[RICE, "", "kg", 1, lot, "31/12/2030", "A-01", ""] for lot in lots]
        upload = house.bring(a_workbook(table))
        assert {row: list(found) for row, found in told(upload).items()} == {2: ["Số lô"]}
        assert "15 digits" in told(upload)[2]["Số lô"][0]
        assert {row: found["Số lô"][0][:22] for row, found in doubts(upload).items()} == {
            3: "The cell is a date and", 4: "The cell is a number, ",
        }  # fmt: skip
        assert upload.rows[1][1][4] == "01/02/2026", "shown as it is read"

    def test_letters_of_an_old_font(self, house: House) -> None:
        heads = ("Mã vật chất", "Tên vật chất", "Nhóm", "Đơn vị tính")
        names = ["G¹o tÎ lo¹i 1", "ThÞt lîn", "Bình cái"]
        upload = house.bring(
            a_workbook([["", name, "QN-01", "cái"] for name in names], heads),
            purpose="catalogue",
            by=house.catalogue_keeper,
        )
        assert [(row, found["Tên vật chất"][2]) for row, found in told(upload).items()] == [
            (2, "Gạo tẻ loại 1"), (3, "Thịt lợn"),
        ]  # fmt: skip
        assert "TCVN3" in told(upload)[2]["Tên vật chất"][0]

    def test_cells_that_are_only_coloured_far_below(self, house: House) -> None:
        far = b'<row r="1048576"><c r="K1048576" s="1"/></row></sheetData>'
        book = rewritten(a_book([list(HEADS), MILK_ROW]), "xl/worksheets/sheet1.xml",
                         lambda xml: xml.replace(b"</sheetData>", far))  # fmt: skip
        assert house.bring(book).found["rows"] == 1


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (
            lambda: rewritten(a_book([["a"]]), "xl/worksheets/sheet1.xml", lambda xml: re.sub(rb' r="A1"', b"", xml)),
            "stand",
        ),
        (lambda: zipped("content.xml"), ".ods"),
        (lambda: zipped("xl/workbook.bin"), ".xlsb"),
        (lambda: b"a;b\n" + b"x;" * 20_000, "500 columns"),
        (lambda: b"a;b\n" + b"1;2\n" * 60_000, "more than 50000 rows"),
        (lambda: a_book([["a", "b"]] * 60), "more than 40 rows"),
    ],
)
def test_what_is_no_table_is_refused_in_words(content: Callable[[], bytes], words: str) -> None:
    most = 20 if words.endswith("40 rows") else 50_000
    with pytest.raises(tables.TableRefused, match=re.escape(words)):
        tables.table("x", tables.lines(content(), "x", most_rows=most))


def zipped(name: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(name, "<x/>")
    return file.getvalue()


class TestTwoAtOnce:
    def test_put_right_different_cells_and_neither_is_lost(self, house: House) -> None:
        upload = house.bring(a_workbook([good_row(1, "a"), good_row(2, "b")]))
        stale, now = Upload.objects.get(pk=upload.pk), timezone.now()
        bringing.fix(upload, {(2, "Số lượng"): "5"}, by=house.keeper, at=now)
        bringing.fix(stale, {(3, "Số lượng"): "6\0"}, by=house.keeper, at=now)
        assert (stale.found["wrong"], sorted(stale.fixes)) == (0, ["2", "3"])

    def test_a_second_click_shows_how_the_file_stands(self, house: House, visit: Visit) -> None:
        upload, browser = house.bring(a_workbook([good_row(1)])), visit(house.keeper)
        assert browser.post(f"/openings/{upload.pk}/", {"do": "write"}).status_code == 302
        again = browser.post(f"/openings/{upload.pk}/", {"do": "write"})
        assert again.status_code == 409
        assert "What became of it" in again.content.decode()
        assert Movement.objects.count() == 1

    def test_a_file_written_since_is_warned_of_whoever_brought_it(self, house: House) -> None:
        first = house.bring(a_workbook([good_row(1)]))
        second = house.bring(a_workbook([good_row(1)]), "sau.xlsx")
        assert bringing.same_before(first) is None, "the later one may never be written"
        house.write(Upload.objects.get(pk=second.pk))
        assert bringing.same_before(first) == second


@pytest.mark.usefixtures("needs_approval")
def test_submitted_files_are_among_what_is_to_be_approved(house: House, visit: Visit) -> None:
    now = timezone.now()
    upload = house.bring(a_workbook([good_row(1, "x")]))
    both = factories.a_user("ca-hai", role="storekeeper", depot=house.k01)
    with factories.telling():
        both.assignments.create(role="approver", depot=house.k01)
    bringing.fix(upload, {(2, "Số lượng"): "5"}, by=both, at=now)
    assert not waiting.waiting_for(house.chief).exists()
    bringing.submit(upload, by=house.keeper, at=now)
    counts = [waiting.waiting_for(person).count() for person in (house.chief, both, house.keeper, house.stranger)]
    assert counts == [1, 0, 0, 0], "who put a cell right is no second pair of eyes"
    browser = visit(house.chief)
    listed = browser.get("/approvals/").content.decode()
    assert f"/openings/{upload.pk}/" in listed
    assert "Nothing waits" not in listed
    home = browser.get("/")
    (need,) = [one for one in home.context["needs"] if one.href.startswith("/approvals/")]
    assert (need.number, "file waits" in need.words) == (1, True)
    menu = re.search(r'href="/approvals/".*?</a>', home.content.decode(), re.DOTALL)
    assert menu is not None
    assert ">1<" in menu[0]
    bringing.write(upload, by=house.chief, at=now)
    assert "Nothing waits" in browser.get("/approvals/").content.decode()
