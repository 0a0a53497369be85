"""An XLSX workbook from an unknown hand: opened only after it was seen to be no trap.

calamine reads fast and lays a sheet out densely, so two cells far apart, or a few zipped kilobytes, could ask for
all the memory there is; it also gives formulas' remembered values and blanks for errors without saying so. Hence a
look at the sheet's own XML first.
"""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final
from xml.etree import ElementTree as ET

from django.utils.translation import gettext as _
from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

LARGEST_UNPACKED: Final = 300_000_000  # bytes, all parts together
MOST_CELLS: Final = 10_000_000  # of a sheet laid out densely
MOST_PARTS: Final = 2_000  # files zipped into one workbook
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
    parts = _sheet_parts(content)
    try:
        with CalamineWorkbook.from_filelike(io.BytesIO(content)) as workbook:
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
            if name not in parts:
                raise WorkbookRefused(_("The workbook is damaged: sheet “%(name)s” is missing.") % {"name": name})
            unusable = _look(parts[name], most_rows)
            rows = workbook.get_sheet_by_name(name).to_python(skip_empty_area=False)
    except CalamineError as error:
        raise WorkbookRefused(
            _("The workbook cannot be read (%(what)s). Save it again as .xlsx.") % {"what": error}
        ) from error
    hides = _HIDES.search(parts[name]) is not None
    hidden = frozenset(int(number) for number in _HIDDEN_ROW.findall(parts[name])) if hides else frozenset()
    return Sheet(rows, unusable, hidden, name, tuple(shown))


def _sheet_parts(content: bytes) -> dict[str, bytes]:
    """Return the XML of each sheet by name, after unpacking every part within bounds."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = _unpacked(archive)
            if "xl/workbook.xml" not in parts:
                raise WorkbookRefused(_no_workbook(archive.namelist()))
        directory, relations = parts["xl/workbook.xml"], parts.get("xl/_rels/workbook.xml.rels", b"")
        if len(directory) + len(relations) > LARGEST_DIRECTORY or b"<!ENTITY" in directory + relations:
            raise WorkbookRefused(_("The workbook's list of sheets is not what a spreadsheet program writes."))
        targets = {
            one.get("Id"): posixpath.normpath(posixpath.join("xl", one.get("Target", ""))).replace("xl/xl/", "xl/")
            for one in ET.fromstring(relations)  # noqa: S314 - bounded, and without entities
        }
        return {
            one.get("name", ""): parts[target]
            for one in ET.fromstring(directory).iter()  # noqa: S314
            if one.tag.endswith("}sheet") and (target := targets.get(one.get(_RELATION), "").lstrip("/")) in parts
        }
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


def _unpacked(archive: zipfile.ZipFile) -> dict[str, bytes]:
    """Return the parts; what an entry says of its own size is not believed."""
    parts: dict[str, bytes] = {}
    left = LARGEST_UNPACKED
    entries = archive.infolist()
    if len(entries) > MOST_PARTS:
        raise WorkbookRefused(_("The workbook is zipped of more than %(most)s parts.") % {"most": MOST_PARTS})
    if any(posixpath.basename(entry.filename).lower() == _MACROS for entry in entries):
        raise WorkbookRefused(_("The workbook holds macros (.xlsm). Save it as .xlsx, which holds none."))
    for entry in entries:
        entry.file_size = LARGEST_UNPACKED + 1  # zipfile stops there instead of where the entry claims to end
        with archive.open(entry) as part:
            text = part.read(left + 1)
        left -= len(text)
        if left < 0:
            raise WorkbookRefused(
                _(
                    "Unpacked, the workbook has more than %(most)s MB. Delete the empty rows below the table, which "
                    "may only be coloured or bordered, split it, or save it as “CSV UTF-8”."
                )
                % {"most": LARGEST_UNPACKED // 1_000_000}
            )
        if entry.filename.endswith((".xml", ".rels")):
            parts[entry.filename] = text
    return parts


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
    if last_row * last_column > MOST_CELLS:
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
