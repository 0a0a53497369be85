"""Rows in which nothing stands, however many are coloured, cost no memory and hide nothing that stands among them."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Sequence

import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from logistics import tables, workbooks

SHEET = "xl/worksheets/sheet1.xml"
LAST_ROW = 1_048_576


def a_book(rows: Sequence[Sequence[str]]) -> bytes:
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as book:
        sheet = book.add_worksheet()
        for number, cells in enumerate(rows):
            for column, cell in enumerate(cells):
                sheet.write(number, column, cell)
    return file.getvalue()


def below(book: bytes, rows: bytes) -> bytes:
    """Return a workbook with more rows under its own."""
    file = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(book)) as old,
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as new,
    ):
        for name in old.namelist():
            part = old.read(name)
            new.writestr(name, part.replace(b"</sheetData>", rows + b"</sheetData>") if name == SHEET else part)
    return file.getvalue()


def coloured(first: int, last: int, columns: str = "ABCD") -> bytes:
    """Return rows in which cells have a colour and nothing else."""
    cell = '<c r="{column}{row}" s="1"/>'
    line = '<row r="{row}">' + "".join(cell.replace("{column}", column) for column in columns) + "</row>"
    return "".join(line.replace("{row}", str(row)) for row in range(first, last + 1)).encode()


def test_a_sheet_coloured_down_to_its_last_row_is_read_without_holding_it() -> None:
    book = below(a_book([["a", "b"], ["1", "2"]]), coloured(3, LAST_ROW))
    assert len(book) < 20_000_000, "pages take it"
    unpacked = sum(entry.file_size for entry in zipfile.ZipFile(io.BytesIO(book)).infolist())
    assert unpacked > 100_000_000
    parts = workbooks._parts(book)
    assert len(parts.sheets["Sheet1"]) < 5 * workbooks.PIECE
    assert parts.packed is not None
    assert len(parts.packed) < 10 * workbooks.PIECE
    assert tables.count(book, "t.xlsx", most_rows=50_000) < 5 * workbooks.PIECE // len(coloured(LAST_ROW, LAST_ROW))
    found = tables.table("t.xlsx", tables.lines(book, "t.xlsx", most_rows=50_000))
    assert [(row.number, list(row.cells)) for row in found.rows] == [(2, ["1", "2"])]


def test_a_row_below_all_the_coloured_ones_is_still_read() -> None:
    last = b'<row r="70000"><c r="A70000" t="inlineStr"><is><t>x</t></is></c><c r="B70000"><v>7</v></c></row>'
    book = below(a_book([["a", "b"], ["1", "2"]]), coloured(3, 69_999) + last)
    found = tables.table("t.xlsx", tables.lines(book, "t.xlsx", most_rows=50_000))
    assert [(row.number, list(row.cells)) for row in found.rows] == [(2, ["1", "2"]), (70_000, ["x", "7"])]


def test_a_cell_that_stretches_a_bounded_table_over_all_rows_is_refused_in_words() -> None:
    stray = f'<row r="{LAST_ROW}"><c r="A{LAST_ROW}"><v>1</v></c></row>'.encode()
    book = below(a_book([list("abcdefgh"), list("12345678")]), stray)
    with pytest.raises(tables.TableRefused, match=str(LAST_ROW)):
        tables.lines(book, "t.xlsx", most_rows=50_000)
    assert tables.lines(book, "t.xlsx").rows[-1][0] == LAST_ROW, "commands, which bound no rows, read it"


def test_blank_records_of_a_csv_file_are_no_rows() -> None:
    content = b"a;b\r\n" + b";\r\n" * 60_000 + b"1;2\r\n" + b"\r\n" * 60_000
    found = tables.table("t.csv", tables.lines(content, "t.csv", most_rows=50_000))
    assert [(row.number, list(row.cells)) for row in found.rows] == [(60_002, ["1", "2"])]
    assert tables.count(content, "t.csv", most_rows=50_000) == 2


@given(
    rows=st.lists(st.lists(st.sampled_from(["", "", "x", "Đ", "<row ", "7"]), min_size=0, max_size=6), max_size=30),
    piece=st.integers(min_value=7, max_value=400),
)
@settings(max_examples=60, deadline=None, database=None)
def test_whatever_is_dropped_between_them_rows_are_read_as_they_are(rows: list[list[str]], piece: int) -> None:
    """With pieces of any size: what is dropped starts and ends where rows do."""
    book = a_book([["head"], *rows])
    blank = {number for number, cells in enumerate(rows, start=2) if not any(cells)}
    with zipfile.ZipFile(io.BytesIO(book)) as archive:
        there = {int(number) for number in re.findall(rb'<row r="([0-9]+)"', archive.read(SHEET))}
    lines = b"".join(coloured(number, number) for number in range(len(rows) + 2, len(rows) + 40))
    book = below(book, lines)
    whole = workbooks.read(book)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(workbooks, "PIECE", piece)
        parts = workbooks.read(book)
    trimmed = [row for row in parts.rows if any(cell != "" for cell in row)]
    assert trimmed == [row for row in whole.rows if any(cell != "" for cell in row)]
    assert parts.unusable == whole.unusable
    assert there - blank
