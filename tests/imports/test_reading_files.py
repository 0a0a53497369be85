"""What is read from a file, and what is refused in words before anything is believed."""

from __future__ import annotations

import csv
import zipfile
from datetime import date, datetime
from decimal import Decimal

import pytest
import xlsxwriter

from logistics import tables, workbooks
from logistics.tables import NativeCell, Row, RowError, TableRefused


def written(path, content):
    path.write_bytes(content)
    return path


def refusal(path, **options):
    with pytest.raises(TableRefused) as refused:
        tables.read(path, **options)
    return refused.value.errors[0]


class TestCsv:
    @pytest.mark.parametrize(
        "content",
        [
            "a,b\n1,Hòa\n",
            "\ufeffa,b\r\n1,Hòa\r\n",
            "a;b\n1;Hòa\n",
            "a\tb\n1\tHòa\n",
            '"a",b\n"1"," Hòa "\n',
            "a,b\n1,Ho\u0300a\n",
        ],
    )
    def test_reads_every_usual_form_alike(self, tmp_path, content):
        read = tables.read(written(tmp_path / "t.csv", content.encode()))
        assert read.columns == ("a", "b")
        assert [(row.number, list(row.cells)) for row in read.rows] == [(2, ["1", "Hòa"])]

    def test_numbers_rows_as_an_editor_does(self, tmp_path):
        content = 'a,b\n1,x\n\n,\n2,"two\nlines"\n3,y\n'
        read = tables.read(written(tmp_path / "t.csv", content.encode()))
        assert [(row.number, row.cells[0]) for row in read.rows] == [(2, "1"), (5, "2"), (7, "3")]

    def test_keeps_rows_that_are_too_long_or_short_apart(self, tmp_path):
        read = tables.read(written(tmp_path / "t.csv", b"a,b\n1,2\n1\n1,2,3\n1,2,,\n"))
        assert [row.number for row in read.rows] == [2, 5]
        assert [(error.row, error.reason) for error in read.errors] == [
            (3, read.errors[0].reason),
            (4, read.errors[1].reason),
        ]
        assert "3" in read.errors[1].reason

    @pytest.mark.parametrize(
        ("content", "row", "word"),
        [
            ("a,b\nHòa,1\n".encode("utf-16"), 1, "UTF-16"),
            ("a,b\n1,1\nHo\u0300a ơ,1\n".encode("cp1258"), 3, "1258"),
            (b"\xd0\xcf\x11\xe0" + b"\x00" * 600, 1, ".xls"),
            (b"a,b\n1,\x00\n", 1, "NUL"),
            (b"%PDF-1.7\n", 1, "CSV"),
            (b"<html><table>", 1, "CSV"),
            (b'a,b\n1,2\n3,"x\n4,5\n', 3, "quotes"),
            (b"", 1, "empty"),
            (b"\na,b\n", 1, "empty"),
            (b"a,a\n1,2\n", 1, "name"),
            (b"PK\x03\x04 nothing", 1, "damaged"),
        ],
    )
    def test_refuses_in_words_what_it_cannot_read_for_certain(self, tmp_path, content, row, word):
        error = refusal(written(tmp_path / "t.csv", content))
        assert error.row == row
        assert word in error.reason

    def test_leaves_what_looks_like_a_formula_as_the_text_it_is(self, tmp_path):
        read = tables.read(written(tmp_path / "t.csv", b"a,b\n=1+1,@x\n"))
        assert list(read.rows[0].cells) == ["=1+1", "@x"]


class TestXlsx:
    def test_gives_text_numbers_and_dates_by_their_own_row(self, tmp_path):
        path = tmp_path / "t.xlsx"
        with xlsxwriter.Workbook(path) as book:
            sheet, dated = book.add_worksheet(), book.add_format({"num_format": "dd/mm/yyyy"})
            sheet.write_row(0, 0, ["text", "number", "day", "moment", "flag"])
            sheet.write_string(2, 0, " Ho\u0300a ")
            sheet.write_number(2, 1, 0.1 + 0.2)
            sheet.write_datetime(2, 2, date(2026, 2, 5), dated)
            sheet.write_datetime(2, 3, datetime(2026, 2, 5, 8, 30), dated)
            sheet.write_boolean(2, 4, True)
        read = tables.read(path)
        (row,) = read.rows
        assert row.number == 3
        assert list(row.cells) == ["Hòa", "0.3", "2026-02-05", "2026-02-05T08:30:00", "true"]
        assert [cell.native for cell in row.cells if isinstance(cell, NativeCell)] == [
            Decimal("0.3"),
            date(2026, 2, 5),
            datetime(2026, 2, 5, 8, 30),
        ]

    def test_marks_formulas_and_errors_where_they_stand(self, tmp_path):
        path = tmp_path / "t.xlsx"
        with xlsxwriter.Workbook(path) as book:
            sheet = book.add_worksheet()
            sheet.write_row(0, 0, ["a", "b", "c"])
            sheet.write_formula(1, 0, "=1+1", None, 2)
            sheet.write_formula(1, 1, "=1/0", None, "#DIV/0!")
            sheet.write_string(1, 2, "=1+1")
        cells = tables.read(path).rows[0].cells
        assert [getattr(cell, "fault", "") != "" for cell in cells] == [True, True, False]
        assert cells[2] == "=1+1"

    def test_takes_the_first_sheet_shown_or_the_one_named(self, tmp_path):
        path = tmp_path / "t.xlsx"
        with xlsxwriter.Workbook(path) as book:
            for name in ("ẩn", "Nhập", "Hướng dẫn"):
                book.add_worksheet(name).write_row(0, 0, [name])
            book.worksheets()[1].activate()
            book.worksheets()[1].set_first_sheet()
            book.worksheets()[0].hide()
        assert tables.read(path).columns == ("Nhập",)
        assert tables.read(path, sheet="Hướng dẫn").columns == ("Hướng dẫn",)
        assert "Nhập" in refusal(path, sheet="Xuất").reason

    def test_refuses_two_cells_far_apart_before_laying_the_sheet_out(self, tmp_path):
        path = tmp_path / "t.xlsx"
        with xlsxwriter.Workbook(path) as book:
            sheet = book.add_worksheet()
            sheet.write(0, 0, "a")
            sheet.write(1_048_575, 16_383, "x")
        assert "1048576" in refusal(path).reason

    def test_refuses_a_bomb_whatever_it_says_of_its_size(self, tmp_path, monkeypatch):
        monkeypatch.setattr(workbooks, "LARGEST_UNPACKED", 1_000_000)
        path = tmp_path / "t.xlsx"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("xl/workbook.xml", "<workbook/>")
            archive.writestr("xl/worksheets/sheet1.xml", b" " * 5_000_000)
        assert path.stat().st_size < 20_000
        assert "MB" in refusal(path).reason
        content = path.read_bytes()
        lie = content.replace((5_000_000).to_bytes(4, "little"), (1_000).to_bytes(4, "little"))
        assert lie != content
        assert "MB" in refusal(written(path, lie)).reason

    def test_refuses_an_archive_that_is_no_workbook(self, tmp_path):
        path = tmp_path / "t.xlsx"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("word/document.xml", "<document/>")
        assert "zip" in refusal(path).reason

    def test_refuses_entities(self, tmp_path):
        path = tmp_path / "t.xlsx"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("xl/workbook.xml", '<!DOCTYPE x [<!ENTITY a "b">]><workbook>&a;</workbook>')
        assert refusal(path).reason


class TestRejectFiles:
    def test_come_back_as_the_rows_they_were_made_from(self, tmp_path):
        cells = ["=cmd|' /C calc'!A1", "-5", "'quoted", "@x", "+84 1", "plain", "two\nlines"]
        columns = ("a", "reason", "file.x", "d", "e", "f", "g")
        table = tables.Table(columns, [Row(7, cells)])
        path = tmp_path / "rejects.csv"
        tables.write_rejects(
            path, table, [(table.rows[0], [RowError(7, "a", cells[0], "why"), RowError(7, "d", "@x", "so")])]
        )
        with path.open(encoding="utf-8-sig", newline="") as file:
            (written_row,) = csv.DictReader(file)
        assert written_row["row"] == "7"
        assert written_row["column"] == "a | d"
        assert written_row["reason"] == "why | so"
        assert not any(value.startswith(("=", "+", "@")) for value in written_row.values())
        read = tables.read(path)
        assert read.columns == columns
        assert list(read.rows[0].cells) == cells
