"""What a table file says: CSV or XLSX, told apart by content, every cell as text in NFC, every row with its number.

A file that cannot be read for certain is refused in words. Nothing is guessed: no encoding but UTF-8, no formula's
remembered value, and no cell that a spreadsheet program shows as an error.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache
from itertools import islice, takewhile
from pathlib import Path
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from logistics import workbooks
from logistics.errors import Fault, Invalid, gettext_noop

LARGEST_BYTES: Final = 200_000_000
MOST_COLUMNS: Final = 500
_MOST_CELLS_OF_A_ROW: Final = 16_384  # of a spreadsheet program; blank ones behind the table are no columns
HEADER_WITHIN: Final = 20  # rows; a title, a depot and a day may stand above the columns' names
LARGEST_NUMBER: Final = 10**15  # of a workbook: longer ones are serial numbers that it has cut
REJECT_COLUMNS: Final = ("row", "column", "value", "reason")
NOTES: Final = {"vi": ("Lỗi", "Gợi ý"), "en": ("Error", "Suggestion")}  # the last columns of a file to be put right
RENAMED: Final = "file."  # before an original column that bears one of the names above


@dataclass(frozen=True, slots=True, order=True)
class RowError:
    """One thing wrong with one cell. `row` is the file's line or sheet row, the header being 1."""

    row: int
    column: str
    value: str
    reason: str

    def document(self) -> dict[str, Any]:
        """Return the error as the JSON report spells it."""
        return {"row": self.row, "column": self.column, "value": self.value, "reason": self.reason}


class TableRefused(Invalid):
    """The file, or its header, cannot be worked with; `errors` says where."""

    slug = "invalid"
    title = gettext_noop("The file cannot be read")

    def __init__(self, errors: Sequence[RowError]) -> None:
        super().__init__([Fault(f"/{error.row}", "table", error.reason) for error in errors])
        self.errors = tuple(errors)


class NativeCell(str):
    """A cell that was no text in its workbook: its text in machine form, and the value itself.

    `native` is a Decimal, a date or a naive datetime; None where the cell cannot be used, and `fault` says why.
    """

    __slots__ = ("fault", "native")
    native: Decimal | date | datetime | None
    fault: str

    @classmethod
    def of(cls, text: str, native: Decimal | date | datetime | None, fault: str = "") -> NativeCell:
        """Return the cell."""
        cell = cls(text)
        cell.native, cell.fault = native, fault
        return cell


@dataclass(frozen=True, slots=True)
class Row:
    """One row with its number in the file; as many cells as the table has columns."""

    number: int
    cells: Sequence[str]


@dataclass(frozen=True, slots=True)
class Table:
    """A file's header and rows. `errors`: rows that are not as long as the header; they are not among `rows`.

    `header`: the row that names the columns. `hidden`: how many of the rows the workbook does not show.
    """

    columns: tuple[str, ...]
    rows: list[Row]
    errors: list[RowError] = field(default_factory=list)
    odd_rows: list[Row] = field(default_factory=list)
    header: int = 1
    hidden: int = 0

    def place(self, column: str) -> int | None:
        """Return where a column stands, from 0; None where there is none."""
        return self.columns.index(column) if column in self.columns else None


@dataclass(frozen=True, slots=True)
class Lines:
    """What a file holds before anybody says which row names the columns: rows by number, without blank ones.

    `sheet` is the workbook's sheet they stand on and `sheets` are those it shows; blank and none for CSV.
    """

    rows: list[tuple[int, list[str]]]
    hidden: frozenset[int] = frozenset()
    sheet: str = ""
    sheets: tuple[str, ...] = ()


def read(path: Path, *, sheet: str = "", delimiter: str = "", header: int = 1) -> Table:
    """Return the table a file holds. Raises: as `lines_in` and `table` do."""
    return table(path.name, lines_in(path, sheet=sheet, delimiter=delimiter), header=header)


def lines_in(path: Path, *, sheet: str = "", delimiter: str = "") -> Lines:
    """Return the rows a file holds, as `lines` does.

    Raises:
        OSError: there is no such file, or it may not be read.
        TableRefused: it is too large, or of another type or encoding.
    """
    size = path.stat().st_size
    if size > LARGEST_BYTES:
        text = _("The file has %(size)s bytes, more than %(most)s. Split it.")
        raise _refused(path.name, text % {"size": size, "most": LARGEST_BYTES})
    return lines(path.read_bytes(), path.name, sheet=sheet, delimiter=delimiter)


def parse(content: bytes, name: str, *, sheet: str = "", delimiter: str = "", header: int = 1) -> Table:
    """Return the table that the bytes of a file called `name` hold, as `lines` and `table` do one after the other.

    Raises:
        TableRefused: it is of another type or encoding, or its header cannot be used.
    """
    return table(name, lines(content, name, sheet=sheet, delimiter=delimiter), header=header)


def lines(content: bytes, name: str, *, sheet: str = "", delimiter: str = "", most_rows: int | None = None) -> Lines:
    """Return the rows that the bytes of a file called `name` hold, `most_rows` at most and a few that may stand above.

    `sheet` names a workbook's sheet (blank: the first one shown), `delimiter` a CSV file's (blank: the one its header
    uses most, of comma, semicolon and tab).

    Raises:
        TableRefused: it is of another type or encoding, or longer.
    """
    bound = None if most_rows is None else most_rows + HEADER_WITHIN
    if not content.startswith(b"PK\x03\x04"):
        rows = list(islice(_csv_rows(name, _text(name, content), delimiter), bound and bound + 1))
        if bound is not None and len(rows) > bound:
            raise _refused(name, _("The file has more than %(most)s rows. Split it.") % {"most": most_rows})
        return Lines(rows)
    try:
        found = workbooks.read(content, sheet, most_rows=bound)
    except workbooks.WorkbookRefused as error:
        raise _refused(name, str(error)) from error
    return Lines(_sheet_rows(found), found.hidden, found.name, found.shown)


def count(content: bytes, name: str, *, most_rows: int) -> int:
    """Return how many rows the bytes of a file called `name` hold at most, without reading what they say.

    Raises:
        TableRefused: it is of another type or encoding, or longer. Reading it may find more that is wrong.
    """
    bound = most_rows + HEADER_WITHIN
    if not content.startswith(b"PK\x03\x04"):
        rows = _text(name, content).count("\n") + 1
        return rows if rows <= bound else len(lines(content, name, most_rows=most_rows).rows)
    try:
        return workbooks.count(content, most_rows=bound)
    except workbooks.WorkbookRefused as error:
        raise _refused(name, str(error)) from error


def _refused(name: str, reason: str, *, row: int = 1) -> TableRefused:
    return TableRefused([RowError(row, "", name, reason)])


# --- CSV --------------------------------------------------------------------------------------------------------


def _text(name: str, content: bytes) -> str:
    """Return a CSV file's text; a byte order mark is dropped."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise _refused(name, _("The file is in UTF-16. Save it again as “CSV UTF-8”."))
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        raise _refused(name, _("This is an old .xls or a workbook with a password. Save it as .xlsx without one."))
    if b"\x00" in content:
        raise _refused(
            name, _("This is neither CSV nor XLSX: it holds NUL bytes. Save the table as “CSV UTF-8” or .xlsx.")
        )
    if content.startswith((b"%PDF", b"{\\rtf", b"<!DOCTYPE", b"<html", b"<?xml")):
        raise _refused(name, _("This is neither CSV nor XLSX. Save the table as “CSV UTF-8” or .xlsx."))
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        why = _(
            "Line %(line)s is not UTF-8; the file may be in Windows-1258, TCVN3 or VNI. Save it again as “CSV UTF-8”."
        )
        raise _refused(name, why % {"line": line}, row=line) from error
    return _told(text)


def _told(text: str) -> str:
    """Return a text in NFC, blanks that are no space as spaces, and without what takes no room on paper."""
    if text.isascii():
        return text
    for blank in _BLANKS:
        text = text.replace(blank, " ")
    for nothing in _NOTHING:
        text = text.replace(nothing, "")
    return unicodedata.normalize("NFC", text)


_BLANKS: Final = "\u00a0\u2007\u202f\u3000"  # of web pages and of other programs' thousands
_NOTHING: Final = "\u200b\u2060\ufeff"


def _csv_rows(name: str, text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the line each record that is not blank starts on, and its cells."""
    header = re.sub(r'"[^"]*"', "", text.partition("\n")[0])
    delimiter = delimiter or max(",;\t", key=header.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    while True:
        start = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            reason = _("From this line on quotes do not match, or a cell is too long (%(what)s). Close the quotes.")
            raise _refused(name, reason % {"what": error}, row=start) from error
        if len(cells) > _MOST_CELLS_OF_A_ROW:
            raise _refused(name, _("There are more than %(most)s columns.") % {"most": MOST_COLUMNS}, row=start)
        if any(told := [cell.strip() for cell in cells]):
            yield start, told


# --- XLSX -------------------------------------------------------------------------------------------------------


def _sheet_rows(found: workbooks.Sheet) -> list[tuple[int, list[str]]]:
    """Return the numbered rows of a workbook's sheet that are not blank; cells that cannot be used say why."""
    unusable = {number for number, _column in found.unusable}
    rows = {
        number: [_cell(value) for value in values]
        for number, values in enumerate(found.rows, start=1)
        if number in unusable or any(value != "" for value in values)
    }
    for (number, column), what in found.unusable.items():
        cells = rows.get(number, [])
        if column <= len(cells):
            cells[column - 1] = NativeCell.of(str(cells[column - 1]) or what, None, _UNUSABLE[what]())
    return list(rows.items())


def formula_fault() -> str:
    """Return what is said of a cell that holds a formula."""
    return _("This cell holds a formula. Copy it and paste its value in its place.")


_UNUSABLE: Final[dict[str, Callable[[], str]]] = {
    workbooks.FORMULA: formula_fault,
    workbooks.ERROR: lambda: _("This cell shows an error. Correct it, or clear it if nothing is known."),
}


_cell_told = lru_cache(maxsize=20_000)(_told)  # the same words fill most tables


def _cell(value: Any) -> str:
    if isinstance(value, str):
        text = value.strip() if value.isascii() else _cell_told(value).strip()
        if "\0" not in text:
            return text
        return NativeCell.of(
            text.replace("\0", "\ufffd"), None, _("This cell holds a character that is no text. Type it again.")
        )
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        # Excel keeps and shows 15 significant digits; the binary rest behind them was never typed.
        number = Decimal(f"{value:.15g}")
        text = f"{number:f}"
        if abs(value) < LARGEST_NUMBER:
            return NativeCell.of(text, number)
        fault = _("A workbook's numbers keep 15 digits; the others were lost. Type this again as text.")
        return NativeCell.of(text, None, fault)
    if isinstance(value, datetime):
        if value.time() == time.min:
            return NativeCell.of(value.date().isoformat(), value.date())
        return NativeCell.of(value.isoformat(), value)
    if isinstance(value, date):
        return NativeCell.of(value.isoformat(), value)
    if isinstance(value, (time, timedelta)):
        return NativeCell.of(str(value), None, _("This cell holds a time of day without a date."))
    return str(value)


# --- Both -------------------------------------------------------------------------------------------------------


def heads(found: Lines) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows near the top that may name the columns, by number, each cell as a column would be called."""
    for number, cells in _near_the_top(found):
        if names := [name for cell in cells if (name := " ".join(cell.split()))]:
            yield number, names


def _near_the_top(found: Lines) -> Iterator[tuple[int, list[str]]]:
    return takewhile(lambda row: row[0] <= HEADER_WITHIN, found.rows)


def likely_header(found: Lines) -> int:
    """Return the first row near the top that has nearly as many texts as the fullest there; 1 where there is none."""
    counts = {
        number: len({cell for cell in cells if cell and not isinstance(cell, NativeCell)})
        for number, cells in _near_the_top(found)
    }
    fullest = max(counts.values(), default=0)
    return next((number for number, count in counts.items() if count * 3 >= fullest * 2 and count), 1)


def table(name: str, found: Lines, *, header: int = 1) -> Table:
    """Return the table in the rows of a file; the row `header` names its columns, what stands above is left out.

    Blank rows are left out and still counted. A reject file of ours is read as the rows it was made from, and so is
    one whose last two columns are our notes on what is wrong.

    Raises:
        TableRefused: the header cannot be used.
    """
    numbered = iter(found.rows)
    first, heads = next(((number, cells) for number, cells in numbered if number >= header), (header, []))
    columns = [" ".join(name.split()) for name in heads]
    while columns and not columns[-1]:
        columns.pop()
    if first != header or not columns:
        raise _refused(name, _("The first line is empty; it must name the columns."), row=header)
    if len(columns) > MOST_COLUMNS:
        raise _refused(name, _("There are more than %(most)s columns.") % {"most": MOST_COLUMNS}, row=header)
    errors = [
        RowError(header, name, name, _("Two columns have this name. Rename or remove one."))
        for name in sorted({name for name in columns if columns.count(name) > 1})
        if name
    ]
    if errors:
        raise TableRefused(errors)
    is_reject_file = tuple(columns[:4]) == REJECT_COLUMNS and len(columns) > 4
    has_notes = len(columns) > 2 and tuple(columns[-2:]) in NOTES.values()
    rows, odd, faults = [], [], []
    for number, cells in numbered:
        if not any(cells):
            continue
        while len(cells) > len(columns) and not cells[-1]:
            cells.pop()
        if len(cells) != len(columns):
            text = ngettext(
                "This row has %(cells)s cell, the names of the columns are %(columns)s. Clear what stands beside the "
                "table, name its column, or put quotes around a text that holds the separator.",
                "This row has %(cells)s cells, the names of the columns are %(columns)s. Clear what stands beside the "
                "table, name its column, or put quotes around a text that holds the separator.",
                len(cells),
            )
            faults.append(
                RowError(number, "", ",".join(cells)[:80], text % {"cells": len(cells), "columns": len(columns)})
            )
            odd.append(Row(number, (cells + [""] * len(columns))[: len(columns)]))
        elif is_reject_file:
            rows.append(Row(number, [_unquoted(cell) for cell in cells[4:]]))
        elif not has_notes or any(cells[:-2]):
            rows.append(Row(number, cells[:-2] if has_notes else cells))
    if has_notes:
        columns = columns[:-2]
        odd = [Row(row.number, row.cells[:-2]) for row in odd]
    if is_reject_file:
        columns = [name.removeprefix(RENAMED) for name in columns[4:]]
        odd = [Row(row.number, row.cells[4:]) for row in odd]
    hidden = sum(row.number in found.hidden for row in (*rows, *odd)) if found.hidden else 0
    return Table(tuple(columns), rows, faults, odd, header, hidden)


# --- Reject files -----------------------------------------------------------------------------------------------

_STARTS_A_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "'")


def write_rejects(path: Path, table: Table, rejected: Sequence[tuple[Row, Sequence[RowError]]]) -> None:
    """Write rows that were not taken, each with where and why in front of its own cells, as CSV.

    A cell that a spreadsheet program would run as a formula is quoted with an apostrophe (ASVS 5.0, 1.2.10); `read`
    takes it off again, so that a corrected reject file can be imported as it is.
    """
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*REJECT_COLUMNS, *(_renamed(name) for name in table.columns)])
        for row, errors in rejected:
            why = [
                " | ".join(dict.fromkeys(filter(None, parts)))
                for parts in zip(*((e.column, e.value, e.reason) for e in errors), strict=True)
            ] or ["", "", ""]
            writer.writerow([row.number, *map(formula_safe, why), *map(formula_safe, row.cells)])


def _renamed(name: str) -> str:
    return RENAMED + name if name in REJECT_COLUMNS or name.startswith(RENAMED) else name


def formula_safe(cell: str) -> str:
    """Return a text as a CSV cell: with an apostrophe before it where a spreadsheet program would run it.

    Numbers stay as they are. Source: OWASP ASVS 5.0, 1.2.10.
    """
    if not cell.startswith(_STARTS_A_FORMULA) or re.fullmatch(r"[-+]?[0-9]+(\.[0-9]+)?", cell):
        return str(cell)
    return "'" + cell


def _unquoted(cell: str) -> str:
    return cell.removeprefix("'")


def is_formula(cell: str) -> bool:
    """Tell whether a text would be run by a spreadsheet program that opens it again: no name or lot begins so.

    Temperatures, telephone numbers and dashes are texts; what calls something is not. Source: OWASP ASVS 5.0, 1.2.10.
    """
    return cell.startswith(("=", "@")) or (cell.startswith(("+", "-")) and re.search(r"[(|!]", cell) is not None)
