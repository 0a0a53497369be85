"""What a file holds: its table with what was put right in place, and the mapping its columns are read by."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from django.utils.translation import gettext as _

from inventory.openings.models import ColumnMapping, Upload
from inventory.openings.purposes import LANGUAGES, SORTS, head, template_mapping
from logistics import mappings, tables
from logistics.mappings import MappingFile
from logistics.search import fold
from logistics.tables import Lines, Row, RowError, Table, TableRefused

MOST_ROWS: Final = 50_000
MOST_SHEETS: Final = 5  # that are looked through for a table of ours


@dataclass(frozen=True, slots=True)
class Read:
    """A file's table and its mapping, None where nobody said what its columns are; `read_as` names a saved one.

    `lines` are all its rows, with those above the columns' names.
    """

    table: Table
    mapping: MappingFile | None
    lines: Lines
    read_as: str = ""


def table_of(content: bytes, name: str, *, sheet: str = "", header: int | None = None) -> tuple[Table, Lines]:
    """Return the table in a file and all its rows; without `header` the row that most likely names the columns does.

    Raises:
        TableRefused: it is no table, or holds more rows than one movement takes.
    """
    lines = _lines(content, name, sheet=sheet)
    return _bounded(name, lines, tables.likely_header(lines) if header is None else header), lines


def length(content: bytes, name: str) -> int:
    """Return how many rows a file has at most below its columns' names, without reading them: that is for the worker.

    Raises:
        TableRefused: it is of another type or encoding, or holds more rows than one movement takes.
    """
    return tables.count(content, name, most_rows=MOST_ROWS) - 1


def _lines(content: bytes, name: str, *, sheet: str = "", delimiter: str = "") -> Lines:
    # Long files are refused before they are laid out: what is read here is held in memory by whoever serves pages.
    return tables.lines(content, name, sheet=sheet, delimiter=delimiter, most_rows=MOST_ROWS)


def _bounded(name: str, lines: Lines, header: int) -> Table:
    table = tables.table(name, lines, header=header)
    if len(table.rows) > MOST_ROWS:
        text = _("The file has %(rows)s rows, more than %(most)s. Split it.")
        raise TableRefused([RowError(1, "", name, text % {"rows": len(table.rows), "most": MOST_ROWS})])
    return table


def read(upload: Upload) -> Read:
    """Return what a file holds, as it stands with its fixes.

    The mapping is the one chosen for it; else our template's, when some row near the top has the template's columns;
    else that of the commands, when it has our fields; else the only saved mapping whose columns are all there. A
    workbook's other sheets are looked through when the first is none of these.

    Raises:
        TableRefused: it is no table.
    """
    content, name = bytes(upload.content), upload.file_name
    if upload.mapping is not None:
        chosen = mapping_of(upload.mapping)
        lines = _lines(content, name, sheet=chosen.sheet, delimiter=chosen.delimiter)
        table = _bounded(name, lines, chosen.header_in(lines))
        return Read(_fixed(table, upload), chosen, lines, upload.mapping.name)
    saved = [(one.name, mapping_of(one)) for one in _saved(upload.purpose)]
    first = _lines(content, name)
    for lines in _sheets(first, content, name):
        for header, mapping, read_as in _ways(lines, upload.purpose, saved):
            return Read(_fixed(_bounded(name, lines, header), upload), mapping, lines, read_as)
    return Read(_fixed(_bounded(name, first, tables.likely_header(first)), upload), None, first)


def _sheets(first: Lines, content: bytes, name: str) -> Iterator[Lines]:
    yield first
    for sheet in first.sheets[1:MOST_SHEETS]:
        yield _lines(content, name, sheet=sheet)


def _ways(
    lines: Lines, purpose: str, saved: Sequence[tuple[str, MappingFile]]
) -> Iterator[tuple[int, MappingFile, str]]:
    """Yield the ways in which rows may be read: the row that names the columns, the mapping, a saved one's name."""
    sort = SORTS[purpose]
    ours = {fold(head(sort, name, language)) for name in (*sort.heads, *sort.notes) for language in LANGUAGES}
    ours |= {fold(note) for notes in tables.NOTES.values() for note in notes}
    fields = {target.name for target in sort.targets}
    needed = {target.name for target in sort.targets if target.is_required}
    for number, heads in tables.heads(lines):
        if set(map(fold, heads)) <= ours and (found := template_mapping(purpose, heads)) is not None:
            yield number, found, ""
    for number, heads in tables.heads(lines):
        if needed <= set(heads) <= fields:
            totals = {"quantity": "quantity"} if "quantity" in heads else {}
            yield number, mappings.default(sort.targets, totals=totals), ""
    fitting = [(name, mapping) for name, mapping in saved if not mapping.sheet or mapping.sheet == lines.sheet]
    for number, heads in tables.heads(lines):
        fits = [(name, mapping) for name, mapping in fitting if mapping.columns() <= set(heads)]
        if len(fits) == 1:
            ((name, mapping),) = fits
            yield number, mapping, name


def mapping_of(saved: ColumnMapping) -> MappingFile:
    """Return a saved mapping as it is used. Raises MappingRefused."""
    return mappings.of_document(
        saved.document, SORTS[saved.purpose].targets, purpose=saved.purpose, name=saved.name
    )  # fmt: skip


def _saved(purpose: str) -> list[ColumnMapping]:
    return list(ColumnMapping.objects.filter(purpose=purpose, is_active=True))


LEFT_OUT: Final = ""  # stands for a column among the fixes of a row that somebody left out


def _fixed(table: Table, upload: Upload) -> Table:
    if not upload.fixes:
        return table
    out = left_out(upload)
    return replace(
        table,
        rows=[_fixed_row(row, table, upload.fixes.get(str(row.number))) for row in table.rows if row.number not in out],
        odd_rows=[row for row in table.odd_rows if row.number not in out],
        errors=[error for error in table.errors if error.row not in out],
    )


def left_out(upload: Upload) -> set[int]:
    """Return the numbers of the rows that somebody left out on the page."""
    return {int(row) for row, cells in upload.fixes.items() if LEFT_OUT in cells}


def _fixed_row(row: Row, table: Table, fixes: dict[str, dict[str, str]] | None) -> Row:
    if not fixes:
        return row
    cells = list(row.cells)
    for column, fix in fixes.items():
        if (place := table.place(column)) is not None:
            cells[place] = fix["value"]
    return Row(row.number, cells)
