"""An XLSX workbook from an unknown hand: opened only after it was seen to be no trap.

calamine reads fast and lays a sheet out densely, so two cells far apart, or a few zipped kilobytes, could ask for
all the memory there is; it also gives formulas' remembered values and blanks for errors without saying so. Hence a
look at the sheet's own XML first.

Cells that are only coloured or bordered reach down a million rows in many a workbook: runs of such rows are dropped
while the sheet is unpacked, so that neither memory nor anybody's time is spent on them.
"""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import IO, Any, Final
from xml.etree import ElementTree as ET

from django.utils.translation import gettext as _
from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

LARGEST_UNPACKED: Final = 300_000_000  # bytes, all parts together
MOST_CELLS: Final = 10_000_000  # of a sheet laid out densely
MOST_CELLS_A_ROW: Final = 60  # on the average, where the rows are bounded: one cell far below stretches them all
MOST_PARTS: Final = 2_000  # files zipped into one workbook
PIECE: Final = 1 << 16  # bytes of a sheet that are unpacked, and dropped where nothing is in them, at a time
LARGEST_DIRECTORY: Final = 5_000_000  # bytes of the parts that name the sheets
FORMULA: Final = "formula"
ERROR: Final = "error"
_MACROS: Final = "vbaproject.bin"

_RELATION: Final = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
# Cells that hold something: those that are only coloured or bordered reach far below many a table.
_CELL: Final = re.compile(rb"<(?:\w+:)?c\b([^>]*[^>/])?>(?!</)(\s*<(?:\w+:)?f\b)?")
_REFERENCE: Final = re.compile(rb"""\br=["']([A-Z]{1,3})([0-9]{1,7})["']""")
_HIDDEN_ROW: Final = re.compile(
    rb"""<(?:\w+:)?row\b(?=[^>]*\shidden=["'](?:1|true)["'])[^>]*\sr=["']([0-9]{1,7})["']"""
)
_SHEET: Final = re.compile(r"\Axl/worksheets/[^/]+\.xml\Z")
_ROW: Final = re.compile(rb"<(?:\w+:)?row\b")
_ROW_START: Final = b"<row "  # as all spreadsheet programs write it; sheets with another spelling are kept whole
_HOLDS: Final = (b"<v", b"<is", b"<f")  # what stands within a cell that is not blank
_HIDES: Final = re.compile(rb"""\shidden=["'](?:1|true)["']""")
_ERROR: Final = re.compile(rb"""\bt=["']e["']""")


class WorkbookRefused(ValueError):
    """The workbook cannot be read, or would take more memory than a table of goods can need."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """The values of a sheet from its first row and column; `unusable`: (row, column) from 1 → FORMULA or ERROR.

    `hidden`: numbers of the rows that the program does not show. `shown`: the sheets it shows, by name.
    """

    rows: list[list[Any]]
    unusable: dict[tuple[int, int], str] = field(default_factory=dict)
    hidden: frozenset[int] = frozenset()
    name: str = ""
    shown: tuple[str, ...] = ()


def read(content: bytes, sheet: str = "", *, most_rows: int | None = None) -> Sheet:
    """Return a workbook's sheet by name, or the first one shown. Values are str, bool, float, date, datetime or time.

    Raises:
        WorkbookRefused: it is no XLSX, holds macros, is damaged or too large unpacked, has no such sheet, or more rows
            that hold anything than `most_rows`.
    """
    parts = _parts(content)
    sheets = parts.sheets
    try:
        with CalamineWorkbook.from_filelike(io.BytesIO(parts.packed or content)) as workbook:
            shown = [
                one.name
                for one in workbook.sheets_metadata
                if one.typ == SheetTypeEnum.WorkSheet and one.visible == SheetVisibleEnum.Visible
            ]
            if sheet and sheet not in workbook.sheet_names:
                names = ", ".join(workbook.sheet_names)
                raise WorkbookRefused(
                    _("There is no sheet “%(sheet)s”; there are: %(names)s.") % {"sheet": sheet, "names": names}
                )
            if not shown:
                raise WorkbookRefused(_("The workbook shows no sheet."))
            name = sheet or shown[0]
            if name not in sheets:
                raise WorkbookRefused(_("The workbook is damaged: sheet “%(name)s” is missing.") % {"name": name})
            unusable = _look(sheets[name], most_rows)
            rows = workbook.get_sheet_by_name(name).to_python(skip_empty_area=False)
    except CalamineError as error:
        raise WorkbookRefused(
            _("The workbook cannot be read (%(what)s). Save it again as .xlsx.") % {"what": error}
        ) from error
    hides = _HIDES.search(sheets[name]) is not None
    hidden = frozenset(int(number) for number in _HIDDEN_ROW.findall(sheets[name])) if hides else frozenset()
    return Sheet(rows, unusable, hidden, name, tuple(shown))


def count(content: bytes, *, most_rows: int) -> int:
    """Return how many rows the first sheet shown has at most, without laying it out.

    Raises:
        WorkbookRefused: as `read` does for what its parts show: of its cells only those far too many are noticed.
    """
    parts = _parts(content)
    sheet = parts.sheets.get(parts.first, b"")
    rows = len(_ROW.findall(sheet))
    if rows > most_rows:
        _look(sheet, most_rows)
    return min(rows, most_rows)


@dataclass(frozen=True, slots=True)
class _Parts:
    """The XML of each sheet by name, and the first sheet shown. `packed`: the workbook without the rows dropped."""

    sheets: dict[str, bytes]
    first: str
    packed: bytes | None


def _parts(content: bytes) -> _Parts:
    """Return what a workbook is made of, every part unpacked within bounds."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts, is_less = _unpacked(archive)
            if "xl/workbook.xml" not in parts:
                raise WorkbookRefused(_no_workbook(archive.namelist()))
        directory, relations = parts["xl/workbook.xml"], parts.get("xl/_rels/workbook.xml.rels", b"")
        if len(directory) + len(relations) > LARGEST_DIRECTORY or b"<!ENTITY" in directory + relations:
            raise WorkbookRefused(_("The workbook's list of sheets is not what a spreadsheet program writes."))
        targets = {
            one.get("Id"): posixpath.normpath(posixpath.join("xl", one.get("Target", ""))).replace("xl/xl/", "xl/")
            for one in ET.fromstring(relations)  # noqa: S314 - bounded, and without entities
        }
        named = [
            (one, parts[target])
            for one in ET.fromstring(directory).iter()  # noqa: S314
            if one.tag.endswith("}sheet") and (target := targets.get(one.get(_RELATION), "").lstrip("/")) in parts
        ]
        shown = (one.get("name", "") for one, _xml in named if one.get("state", "visible") == "visible")
        sheets = {one.get("name", ""): xml for one, xml in named}
        return _Parts(sheets, next(shown, ""), _packed(parts) if is_less else None)
    except (
        zipfile.BadZipFile,
        zlib.error,
        ET.ParseError,
        EOFError,
        NotImplementedError,
        RuntimeError,
    ) as error:
        raise WorkbookRefused(
            _("The workbook is damaged (%(what)s). Save it again as .xlsx.") % {"what": error}
        ) from error


def _no_workbook(parts: Iterable[str]) -> str:
    names = set(parts)
    if "content.xml" in names:
        return _("This is an OpenDocument file (.ods). Save it as “Excel 2007-365 (.xlsx)”.")
    if any(name.startswith("xl/") for name in names):
        return _("This is a binary workbook (.xlsb). Save it as .xlsx.")
    return _("This is a zip archive, but no .xlsx workbook.")


def _packed(parts: dict[str, bytes]) -> bytes:
    """Return parts as a workbook again."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_STORED) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return written.getvalue()


def _unpacked(archive: zipfile.ZipFile) -> tuple[dict[str, bytes], bool]:
    """Return the parts, of sheets without runs of blank rows, and whether there were such.

    What an entry says of its own size is not believed.
    """
    parts: dict[str, bytes] = {}
    left, is_less = LARGEST_UNPACKED, False
    entries = archive.infolist()
    if len(entries) > MOST_PARTS:
        raise WorkbookRefused(_("The workbook is zipped of more than %(most)s parts.") % {"most": MOST_PARTS})
    if any(posixpath.basename(entry.filename).lower() == _MACROS for entry in entries):
        raise WorkbookRefused(_("The workbook holds macros (.xlsm). Save it as .xlsx, which holds none."))
    for entry in entries:
        # zipfile stops there, where nobody reads any more, instead of where the entry claims to end.
        entry.file_size = LARGEST_UNPACKED + PIECE + 1
        with archive.open(entry) as part:
            kept, size = _filled(part, left) if _SHEET.search(entry.filename) else _whole(part, left)
        left -= size
        if left < 0:
            raise WorkbookRefused(
                _(
                    "Unpacked, the workbook has more than %(most)s MB. Delete the empty rows below the table, which "
                    "may only be coloured or bordered, split it, or save it as “CSV UTF-8”."
                )
                % {"most": LARGEST_UNPACKED // 1_000_000}
            )
        is_less = is_less or len(kept) < size
        if entry.filename.endswith((".xml", ".rels")):
            parts[entry.filename] = kept
    return parts, is_less


def _whole(part: IO[bytes], most: int) -> tuple[bytes, int]:
    """Return a part, one byte more than `most` of it at most, and how many bytes were read."""
    text = part.read(most + 1)
    return text, len(text)


def _filled(part: IO[bytes], most: int) -> tuple[bytes, int]:
    """Return a sheet's XML without pieces of whole rows in which no cell holds anything, and how many bytes were read.

    Nothing is dropped but from the start of one row to the start of another.
    """
    kept: list[bytes] = []
    size, rest = 0, b""
    while size <= most and (read := part.read(PIECE)):
        size += len(read)
        piece = rest + read
        cut = piece.rfind(_ROW_START)
        # A row longer than a piece is kept as it comes: collecting it would cost the square of its length.
        piece, rest = (piece[:cut], piece[cut:]) if cut > 0 else (piece, b"")
        if not (piece.startswith(_ROW_START) and rest) or any(mark in piece for mark in _HOLDS):
            kept.append(piece)
    kept.append(rest)
    return b"".join(kept), size


def _look(xml: bytes, most_rows: int | None) -> dict[tuple[int, int], str]:
    """Return the cells of a sheet that hold formulas or errors; refuse a sheet too wide or too long to lay out."""
    unusable: dict[tuple[int, int], str] = {}
    last_row = last_column = row = filled = 0
    letters: dict[bytes, int] = {}
    for found in _CELL.finditer(xml):
        reference = _REFERENCE.search(found[1] or b"")
        if reference is None:
            raise WorkbookRefused(
                _("The sheet's cells do not say where they stand. Open the workbook and save it again as .xlsx.")
            )
        if (column := letters.get(reference[1])) is None:
            column = letters[reference[1]] = _column_number(reference[1])
            last_column = max(last_column, column)
        if (number := int(reference[2])) != row:
            row, filled = number, filled + 1
            last_row = max(last_row, row)
            if most_rows is not None and filled > most_rows:
                raise WorkbookRefused(_("The sheet has more than %(most)s rows. Split it.") % {"most": most_rows})
        if found[2]:
            unusable[row, column] = FORMULA
        elif _ERROR.search(found[1]):
            unusable[row, column] = ERROR
    most_cells = MOST_CELLS if most_rows is None else min(MOST_CELLS, most_rows * MOST_CELLS_A_ROW)
    if last_row * last_column > most_cells:
        raise WorkbookRefused(
            _("The sheet reaches to row %(row)s and column %(column)s. Delete what stands far below or to the right.")
            % {"row": last_row, "column": last_column}
        )
    return unusable


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number
