"""Tables as files, CSV and XLSX, written row by row: however long they are, one row is held at a time.

CSV is for programs: values as the API spells them (decimal point, ISO dates), texts that a spreadsheet program would
run as formulas quoted with an apostrophe. XLSX is for people: numbers and days are numbers and days, every text is
text. Both say at the top what they hold, and end with a row that counts what they held: one that lacks it was cut off.
"""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import IO, Any, Final

import xlsxwriter
from django.db import transaction
from django.http import FileResponse, StreamingHttpResponse
from django.utils import timezone, translation
from django.utils.translation import ngettext

from logistics import wire
from logistics.tables import formula_safe

Cell = str | int | Decimal | date | datetime | None

XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
KINDS: Final = ("csv", "xlsx")
_EXACT_UNTIL: Final = 2**53  # thousandths: a spreadsheet's numbers are binary floats and hold no more
_IN_MEMORY_BYTES: Final = 1_000_000
_ROWS_A_CHUNK: Final = 500


@dataclass(frozen=True, kw_only=True, slots=True)
class Sheet:
    """A table to be written: rows of facts above it, its head, a width in characters per column, its rows."""

    name: str
    facts: Sequence[Sequence[Cell]]
    head: Sequence[str]
    widths: Sequence[int]
    rows: Callable[[], Iterable[Sequence[Cell]]]


def answer(sheet: Sheet, kind: str) -> StreamingHttpResponse | FileResponse:
    """Return the table as a download of one of `KINDS`, in the language that is active now."""
    return _csv_answer(sheet) if kind == "csv" else _xlsx_answer(sheet)


# --- CSV ----------------------------------------------------------------------------------------------------------


class _Echo:
    """A file whose `write` gives back what it was given: what csv.writer needs to stream."""

    def write(self, text: str) -> str:
        """Return the text."""
        return text


def _csv_answer(sheet: Sheet) -> StreamingHttpResponse:
    answer = StreamingHttpResponse(_csv(sheet, translation.get_language()), content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="{sheet.name}.csv"'
    return answer


def _csv(sheet: Sheet, language: str | None) -> Iterator[bytes]:
    """Yield the file in pieces. It runs after the view is left, so it brings its own language and transaction."""
    writer = csv.writer(_Echo())
    # One transaction: the rows come through a cursor on the server, which lives no longer than that.
    with translation.override(language), transaction.atomic():
        yield b"\xef\xbb\xbf"  # without it Excel takes UTF-8 for a code page of its own
        for fact in (*sheet.facts, (), sheet.head):
            yield writer.writerow([_plain(cell) for cell in fact]).encode()
        count = 0
        held: list[str] = []
        for row in sheet.rows():
            count += 1
            held.append(writer.writerow([_plain(cell) for cell in row]))
            if len(held) == _ROWS_A_CHUNK:
                yield "".join(held).encode()
                held.clear()
        held.append(writer.writerow([_end(count)]))
        yield "".join(held).encode()


def _plain(cell: Cell) -> str:
    match cell:
        case None:
            return ""
        case datetime():
            return wire.local(cell)
        case date():
            return cell.isoformat()
        case Decimal():
            return f"{cell:f}"
        case int():
            return str(cell)
        case _:
            return formula_safe(cell)


def _end(count: int) -> str:
    return ngettext("End of the list: %(count)s row", "End of the list: %(count)s rows", count) % {"count": count}


# --- XLSX ---------------------------------------------------------------------------------------------------------


def _xlsx_answer(sheet: Sheet) -> FileResponse:
    written: Any = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY_BYTES)  # noqa: SIM115  # closed by the answer
    with transaction.atomic():
        write_xlsx(written, sheet)
    written.seek(0)
    return FileResponse(written, as_attachment=True, filename=f"{sheet.name}.xlsx", content_type=XLSX)


def write_xlsx(file: IO[bytes], sheet: Sheet) -> None:
    """Write the table as a workbook of one sheet; rows are written as they come and not kept (constant memory)."""
    book = xlsxwriter.Workbook(
        file,
        {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
            "remove_timezone": True,
        },
    )
    bold = book.add_format({"bold": True})
    head = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1})
    formats = {
        Decimal: book.add_format({"num_format": "#,##0.###"}),
        date: book.add_format({"num_format": "dd/mm/yyyy"}),
        datetime: book.add_format({"num_format": "dd/mm/yyyy hh:mm"}),
    }
    page = book.add_worksheet()
    for column, width in enumerate(sheet.widths):
        page.set_column(column, column, width)
    row = -1
    for fact in sheet.facts:
        row += 1
        for column, cell in enumerate(fact):
            _put(page, row, column, cell, formats.get(type(cell)) or (bold if row == 0 else None))
    row += 2
    for column, label in enumerate(sheet.head):
        page.write_string(row, column, label, head)
    page.freeze_panes(row + 1, 1)
    first = row
    for cells in sheet.rows():
        row += 1
        for column, cell in enumerate(cells):
            _put(page, row, column, cell, formats.get(type(cell)))
    page.write_string(row + 1, 0, _end(row - first))
    book.close()


def _put(page: Any, row: int, column: int, cell: Cell, style: Any) -> None:
    match cell:
        case None | "":
            return
        case datetime():
            page.write_datetime(row, column, timezone.localtime(cell), style)
        case date():
            page.write_datetime(row, column, cell, style)
        case Decimal() if abs(cell) * 1000 < _EXACT_UNTIL:
            page.write_number(row, column, cell, style)
        case int():
            page.write_number(row, column, cell, style)
        case _:
            page.write_string(row, column, str(cell), style)
