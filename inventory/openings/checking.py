"""Looking at a file as a whole: every error and doubt with its row, what each pile holds before and after."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

from django.db.models import Count
from django.utils.translation import gettext as _

from depots.access import DepotAccess
from inventory.ledger.models import Holding
from inventory.openings import reading, suggesting
from inventory.openings.models import Meaning, Purpose, State, Upload
from inventory.openings.purposes import SORTS, importing
from inventory.openings.suggesting import Suggestion
from logistics.accounts.models import User
from logistics.cells import typed
from logistics.imports import Report, bring
from logistics.mappings import MappingFile, Record
from logistics.tables import NativeCell, RowError, Table, TableRefused

Stage = Callable[[str], None]
_NAMES: Final = re.compile(r"“[^”]*”|\S*[0-9]\S*")


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check came to: the state it leaves the file in, sums, rows and what these mean, as `Upload` keeps them."""

    state: State
    found: dict[str, Any]
    rows: list[list[Any]]
    rows_digest: str = ""


def check(upload: Upload, place: DepotAccess | None, *, by: User, at: datetime, stage: Stage) -> Checked:
    """Return what a file would come to if it were written now, in one pass; nothing is written.

    A row is [number, cells, {column: [reason, suggestion, text to put there]}, {column: [doubt, text to put there]},
    before, after]; `before` and `after` are what its pile holds, null where the row changes no stock.
    """
    try:
        read = reading.read(upload)
    except TableRefused as error:
        # Of a long file only its length was looked at when it was brought.
        return Checked(State.CHECKED, {"general": [one.document() for one in error.errors], "wrong": 1}, [])
    about = _about(read, upload)
    if read.mapping is None:
        return Checked(State.UNREAD, about, [])
    report = bring(
        importing(upload, place), read.table, read.mapping, by=by, at=at, source=upload.file_name, stage=stage,
        only_looks=True,
    )  # fmt: skip
    if report.reading is None:
        errors = [error.document() for error in report.outcome.errors]
        return Checked(State.CHECKED, about | {"general": errors, "wrong": 1}, [])
    rows = _rows(report, read.mapping, upload)
    if not rows:
        nothing = {"row": 0, "column": "", "value": "", "reason": _("There is no row under the names of the columns.")}
        return Checked(State.CHECKED, about | {"general": [nothing], "wrong": 1}, [])
    found = about | {
        "rows": len(rows),
        "wrong": sum(bool(row[2]) for row in rows),
        "errors": sum(len(row[2]) for row in rows),
        "doubtful": sum(bool(row[3]) for row in rows),
        "there_before": len(report.outcome.there_before),
        "left_out": len(report.reading.left_out),
        "counts": report.outcome.counts,
        "sum": _exact(_sum(report.reading.records)),
        "kinds": sorted({str(kind) for one in report.reading.records if (kind := one.values.get("kind"))}),
        "reasons": _reasons(rows),
    }
    if upload.purpose == Purpose.OPENING and upload.meaning == Meaning.SET:
        found["not_named"] = _not_named(report.reading.records, upload)
        found["moves"] = _moves(report)
    return Checked(State.CHECKED, found, rows, digest(report.reading.records, upload.purpose))


def digest(records: Sequence[Record], purpose: str) -> str:
    """Return the SHA-256 of what rows mean, whatever file says so: in any order, notation, format or columns.

    What could not be read counts as it is written.
    """
    names = sorted(target.name for target in SORTS[purpose].targets)
    told = sorted(
        "\x1f".join(
            [
                *(f"{name}={_plain(value)}" for name in names if (value := record.values.get(name)) is not None),
                *(f"{column}!{error.value}" for column, error in sorted(record.errors.items())),
                *(record.row.cells if "" in record.errors else ()),
            ]
        )
        for record in records
    )
    return hashlib.sha256("\x1e".join(told).encode()).hexdigest()


def _plain(value: Any) -> str:
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else str(value)


def _about(read: reading.Read, upload: Upload) -> dict[str, Any]:
    """Return what a file's page says of the table itself, so that nobody takes a part of the workbook for the whole."""
    return {
        "columns": list(read.table.columns),
        "rows": len(read.table.rows),
        "read_as": read.read_as,
        "header": read.table.header,
        "hidden": read.table.hidden,
        "sheet": read.lines.sheet,
        "not_read": [sheet for sheet in read.lines.sheets if sheet != read.lines.sheet],
        "out": sorted(reading.left_out(upload)),
    }


def _rows(report: Report, mapping: MappingFile, upload: Upload) -> list[list[Any]]:
    assert report.reading is not None, "a table that was read"
    records = report.reading.records
    by_row: dict[int, list[RowError]] = {}
    for error in report.outcome.errors:
        by_row.setdefault(error.row, []).append(error)
    hints = suggesting.suggest(report.outcome.errors, report.reading, mapping, depot_id=upload.depot_id)
    by_column = {source.told_as: source for source in mapping.sources}
    nothing = Suggestion("")
    show = _showing(report.reading.table, mapping)
    rows: list[list[Any]] = []
    for record in sorted(records, key=lambda one: one.row.number):
        number = record.row.number
        errors = {
            error.column: [error.reason, hint.text, hint.value]
            for error in by_row.get(number, ())
            for hint in (hints.get((number, error.column), nothing),)
        }
        doubts = {
            column: [warning.reason, suggesting.other_day(warning, record, by_column[column])]
            for column, warning in record.warnings.items()
            if column not in errors
        }
        before, after = (None, None) if errors else report.outcome.changes.get(number, (None, None))
        rows.append([number, show(record.row.cells), errors, doubts, _exact(before), _exact(after)])
    return rows


def _showing(table: Table, mapping: MappingFile) -> Callable[[Sequence[str]], list[str]]:
    """Return the function from a row's cells to texts as a person would type them into that file."""
    places = {place: source.notation for source in mapping.sources if (place := table.place(source.column)) is not None}

    def show(cells: Sequence[str]) -> list[str]:
        return [
            typed(cell, places[place]) if isinstance(cell, NativeCell) and place in places else str(cell)
            for place, cell in enumerate(cells)
        ]

    return show


def _sum(records: Sequence[Record]) -> Decimal | None:
    """Return the sum of all quantities that could be read, to be compared with the file's; None where it has none."""
    quantities = [one for record in records if (one := record.values.get("quantity")) is not None]
    return sum(quantities, Decimal(0)) if quantities else None


def _exact(value: Decimal | None) -> str | None:
    return None if value is None else f"{value:f}"


def _reasons(rows: list[list[Any]]) -> list[list[Any]]:
    """Return [column, an example, how many] for each sort of error, the commonest first.

    Two errors are of one sort when nothing but the names and numbers in them differs.
    """
    counts = Counter((column, sort_of(told[0])) for row in rows for column, told in row[2].items())
    return [[column, sort, count] for (column, sort), count in counts.most_common()]


def sort_of(reason: str) -> str:
    """Return a reason without the names and numbers that differ from row to row."""
    return _NAMES.sub("…", reason)


def _moves(report: Report) -> dict[str, int]:
    """Return how many rows raise a pile, lower it and leave it: setting piles may take more away than was meant."""
    changes = [after - before for before, after in report.outcome.changes.values()]
    up, down = sum(change > 0 for change in changes), sum(change < 0 for change in changes)
    return {"up": up, "down": down, "same": len(changes) - up - down}


def _not_named(records: list[Record], upload: Upload) -> int:
    """Return how many stocked piles of the depot have goods that the file does not name: they stay as they are."""
    named = {record.values.get("item") for record in records}
    stocked = Holding.objects.filter(depot=upload.depot_id, is_stocked=True)
    return stocked.exclude(item__code__in=named - {None}).aggregate(count=Count("pk"))["count"] or 0
