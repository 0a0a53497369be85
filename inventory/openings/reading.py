"""What a file holds: its table with what was put right in place, and the mapping its columns are read by."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from django.utils.translation import gettext as _

from inventory.openings.models import ColumnMapping, Upload
from inventory.openings.purposes import SORTS, head, template_mapping
from logistics import mappings, tables
from logistics.mappings import MappingFile
from logistics.tables import Row, RowError, Table, TableRefused

MOST_ROWS: Final = 50_000


@dataclass(frozen=True, slots=True)
class Read:
    """A file's table and its mapping, None where nobody said what its columns are."""

    table: Table
    mapping: MappingFile | None


def table_of(content: bytes, name: str, *, mapping: MappingFile | None = None) -> Table:
    """Return the table in a file.

    Raises:
        TableRefused: it is no table, or holds more rows than one movement takes.
    """
    sheet, delimiter = (mapping.sheet, mapping.delimiter) if mapping else ("", "")
    table = tables.parse(content, name, sheet=sheet, delimiter=delimiter)
    if len(table.rows) > MOST_ROWS:
        text = _("The file has %(rows)s rows, more than %(most)s. Split it.")
        raise TableRefused([RowError(1, "", name, text % {"rows": len(table.rows), "most": MOST_ROWS})])
    return table


def read(upload: Upload) -> Read:
    """Return what a file holds, as it stands with its fixes.

    The mapping is the one chosen for it; else our template's, when it has the template's columns; else that of the
    commands, when its columns are our fields; else the only saved mapping whose columns are all there.

    Raises:
        TableRefused: it is no table.
    """
    sort = SORTS[upload.purpose]
    if upload.mapping is not None:
        chosen = mapping_of(upload.mapping)
        return Read(_fixed(table_of(bytes(upload.content), upload.file_name, mapping=chosen), upload), chosen)
    table = _fixed(table_of(bytes(upload.content), upload.file_name), upload)
    there = [column for column in table.columns if column]
    ours = {head(sort, name, language) for name in (*sort.heads, *sort.notes) for language in ("vi", "en")}
    if set(there) <= ours and (found := template_mapping(upload.purpose, there)) is not None:
        return Read(table, found)
    fields = {target.name for target in sort.targets}
    if set(there) <= fields and {target.name for target in sort.targets if target.is_required} <= set(there):
        totals = {"quantity": "quantity"} if "quantity" in there else {}
        return Read(table, mappings.default(sort.targets, totals=totals))
    saved = [one for one in _saved(upload.purpose) if columns_of(one) <= set(there)]
    return Read(table, mapping_of(saved[0]) if len(saved) == 1 else None)


def mapping_of(saved: ColumnMapping) -> MappingFile:
    """Return a saved mapping as it is used. Raises MappingRefused."""
    return mappings.of_document(
        saved.document, SORTS[saved.purpose].targets, purpose=saved.purpose, name=saved.name
    )  # fmt: skip


def columns_of(saved: ColumnMapping) -> set[str]:
    """Return the columns a saved mapping reads."""
    return {source.column for source in mapping_of(saved).sources if source.column}


def _saved(purpose: str) -> list[ColumnMapping]:
    return list(ColumnMapping.objects.filter(purpose=purpose, is_active=True))


def _fixed(table: Table, upload: Upload) -> Table:
    if not upload.fixes:
        return table
    return replace(table, rows=[_fixed_row(row, table, upload.fixes.get(str(row.number))) for row in table.rows])


def _fixed_row(row: Row, table: Table, fixes: dict[str, dict[str, str]] | None) -> Row:
    if not fixes:
        return row
    cells = list(row.cells)
    for column, fix in fixes.items():
        if (place := table.place(column)) is not None:
            cells[place] = fix["value"]
    return Row(row.number, cells)
