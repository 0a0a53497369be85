"""From a file's columns to the fields of an import: what a mapping file may say, and reading rows by it.

A mapping is TOML: `[fields]` (target ← column, constant or template), `[[rows]]` (which rows are meant), `[[checks]]`
(what else must be true of a row before it is believed) and `[totals]` (columns to add up, so that what went in and
what did not can be reconciled with the file). The guide is docs/guide/import-mappings.md.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from django.utils.translation import gettext as _

from logistics import doubts, old_letters, tables
from logistics.cells import CellError, Form, Notation, reader_of
from logistics.checks import Check, RowFilter, check_of, filter_of
from logistics.errors import Fault, Invalid, gettext_noop
from logistics.tables import Lines, NativeCell, Row, RowError, Table, TableRefused

_PLACE: Final = re.compile(r"\{([^{}]+)\}")
_TOP: Final = {"title", "for", "sheet", "delimiter", "decimal", "dates", "nulls", "fields", "rows", "checks", "totals"}
_FIELD: Final = {"column", "constant", "template", "dates", "decimal", "nulls", "values", "lookup", "program"}
CROSSWALK: Final = "crosswalk"  # the lookup that goes by another program's codes, named by `program`


class MappingRefused(Invalid):
    """The mapping file itself is wrong; every fault in it is listed."""

    title = gettext_noop("The mapping file cannot be used")


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One field an import fills. `lookups`: what else than a code the cell may hold.

    `spelled_in` names the target whose text may repeat this day, as a lot's code often does its expiry.
    """

    name: str
    form: Form = Form.TEXT
    is_required: bool = False
    choices: tuple[str, ...] = ()
    most: int | None = None  # characters
    lookups: tuple[str, ...] = ()
    spelled_in: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where one target comes from: exactly one of column, constant and template."""

    target: Target
    column: str = ""
    constant: str | None = None
    template: str = ""
    notation: Notation = field(default_factory=Notation)
    values: Mapping[str, str] | None = None
    lookup: str = ""
    program: str = ""  # whose codes the cells hold, for the lookup by crosswalk

    @property
    def told_as(self) -> str:
        """The column an error of this target is told under: the file's own where there is one."""
        return self.column or self.target.name


@dataclass(slots=True)
class Record:
    """One row as read: a value per target (None: nothing given), the errors in it, and what should be looked at."""

    row: Row
    values: dict[str, Any]
    errors: dict[str, RowError] = field(default_factory=dict)  # by column: the first of each
    warnings: dict[str, RowError] = field(default_factory=dict)  # by column


@dataclass(slots=True)
class Reading:
    """A whole file as read by a mapping. `left_out`: rows a filter took away. `noted`: census of checked columns."""

    table: Table
    records: list[Record]
    left_out: list[Row]
    noted: dict[str, dict[str, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class MappingFile:
    """How the rows of a file are read into targets."""

    sources: tuple[Source, ...]
    sheet: str = ""
    delimiter: str = ""
    filters: tuple[RowFilter, ...] = ()
    checks: tuple[Check, ...] = ()
    totals: Mapping[str, str] = field(default_factory=dict)  # name -> column
    is_default: bool = False

    def source(self, target: str) -> Source | None:
        """Return where a target comes from, None where the mapping leaves it out."""
        return next((source for source in self.sources if source.target.name == target), None)

    def told_as(self, target: str) -> str:
        """Return the column an error of a target is told under."""
        source = self.source(target)
        return source.told_as if source else target

    def header_in(self, lines: Lines) -> int:
        """Return the first row near the top that has every column this mapping needs, 1 where none has.

        Above it stand the title, the depot and the day of many a list.
        """
        needed = self.columns()
        return next((number for number, heads in tables.heads(lines) if needed <= set(heads)), 1)

    def read(self, table: Table) -> Reading:
        """Return every row as read, its errors with it.

        Raises:
            TableRefused: the table lacks a column that is needed, or (without a mapping file) has an unknown one.
        """
        self._require_columns(table)
        meant: list[Row] = []
        left_out: list[Row] = []
        for row in table.rows:
            (meant if all(one.keeps(row, table) for one in self.filters) else left_out).append(row)
        readers = [(source, _reader(source, table)) for source in self.sources if self._is_there(source, table)]
        records = []
        for row in meant:
            record = Record(row, {})
            cells = row.cells
            for source, read in readers:
                try:
                    record.values[source.target.name] = read(cells)
                except CellError as error:
                    record.values[source.target.name] = None
                    column = error.column or source.told_as
                    record.errors.setdefault(column, RowError(row.number, column, error.value, error.reason))
            records.append(record)
        _refuse_old_letters([source for source, _read in readers], table, records)
        for source, _read in readers:
            doubts.doubt(source, table, records)
        noted = {check.column: check.run(table, records) for check in self.checks}
        by_number = {error.row: error for error in table.errors}
        records.extend(Record(row, {}, {"": by_number[row.number]}) for row in table.odd_rows)
        return Reading(table, records, left_out, noted)

    def _is_there(self, source: Source, table: Table) -> bool:
        return not (self.is_default and source.column not in table.columns)

    def _require_columns(self, table: Table) -> None:
        there = set(table.columns)
        errors = []
        for name in sorted(self.columns() - there):
            known = ", ".join(column for column in table.columns if column)
            text = _("There is no column “%(name)s”. The file has: %(known)s.") % {"name": name, "known": known}
            errors.append(RowError(1, name, "", text))
        if self.is_default:
            known = ", ".join(source.column for source in self.sources)
            for name in sorted(there - {source.column for source in self.sources}):
                text = _("There is no field “%(name)s”. Known are: %(known)s. Use a mapping file for other columns.")
                errors.append(RowError(1, name, name, text % {"name": name, "known": known}))
        if errors:
            raise TableRefused(errors)

    def columns(self) -> set[str]:
        """Return the columns a file must have."""
        if self.is_default:
            return {source.column for source in self.sources if source.target.is_required}
        columns = {source.column for source in self.sources if source.column} | set(self.totals.values())
        for source in self.sources:
            columns |= set(_PLACE.findall(source.template))
        for one in self.filters:
            columns |= one.columns()
        for check in self.checks:
            columns |= check.columns()
        return columns


def _refuse_old_letters(sources: Sequence[Source], table: Table, records: Sequence[Record]) -> None:
    """Note on the records every text in TCVN3 or VNI: kept as it is, it could be neither read nor searched."""
    places = {
        place: source
        for source in sources
        if source.target.form is Form.TEXT and (place := table.place(source.column)) is not None
    }
    texts = [
        (record, source, cell)
        for record in records
        for place, source in places.items()
        if not (cell := record.row.cells[place]).isascii()
    ]
    letters = next((found for _record, _source, cell in texts if (found := old_letters.letters_of(cell))), "")
    if not letters:
        return
    for record, source, cell in texts:
        if old_letters.letters_of(cell) or old_letters.in_unicode(cell, letters):
            text = _(
                "This is in the letters of an old font (%(letters)s), not in Unicode. Convert the whole file first."
            )
            error = RowError(record.row.number, source.told_as, cell, text % {"letters": letters})
            record.errors.setdefault(source.told_as, error)


def _reader(source: Source, table: Table) -> Any:
    """Return the function from a row's cells to the target's value; it raises CellError."""
    target = source.target
    convert = reader_of(
        target.form, source.notation, choices=target.choices, most=target.most, is_required=target.is_required
    )
    translate = _translation(source)
    if source.constant is not None:
        value = convert(translate(source.constant))
        return lambda _cells: value
    if source.column:
        index = table.columns.index(source.column)
        if source.values is None:
            return lambda cells: convert(cells[index])
        return lambda cells: convert(translate(cells[index]))
    parts = _PLACE.split(source.template)  # text, column, text, column, … text
    places = [(text, table.columns.index(name)) for text, name in zip(parts[::2], parts[1::2], strict=False)]
    nulls = source.notation.nulls

    def fill(cells: Sequence[str]) -> Any:
        for _text, index in places:
            if isinstance(cell := cells[index], NativeCell) and cell.fault:
                raise CellError(cell, cell.fault, table.columns[index])
        filled = "".join(text + ("" if cells[index] in nulls else cells[index]) for text, index in places)
        return convert(translate((filled + parts[-1]).strip()))

    return fill


def _translation(source: Source) -> Any:
    values, nulls = source.values, source.notation.nulls
    if values is None:
        return lambda cell: cell

    folded = {word.casefold(): value for word, value in values.items()}

    def translate(cell: str) -> str:
        if cell in values:
            return values[cell]
        if not cell or cell in nulls:
            return cell
        if (value := folded.get(cell.casefold())) is not None:
            return value
        known = ", ".join(values)
        raise CellError(cell, _("The mapping knows no such word. Known are: %(known)s.") % {"known": known})

    return translate


# --- Which mapping ----------------------------------------------------------------------------------------------


def default(targets: Sequence[Target], *, totals: Mapping[str, str] | None = None) -> MappingFile:
    """Return the mapping used when none is given: each target from the column of its name, ISO dates, decimal point."""
    return MappingFile(
        sources=tuple(Source(target=target, column=target.name) for target in targets),
        totals=totals or {},
        is_default=True,
    )


def load(path: Path, targets: Sequence[Target], *, purpose: str) -> MappingFile:
    """Return the mapping a TOML file describes, for one kind of import (`purpose`, its `for`).

    Raises:
        OSError: there is no such file, or it may not be read.
        MappingRefused: it is no TOML or says what no mapping says; every fault is listed.
    """
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        text = _("%(file)s is no TOML: %(what)s.") % {"file": path.name, "what": error}
        raise MappingRefused([Fault("", "toml", text)]) from error
    return of_document(document, targets, purpose=purpose, name=path.name)


def of_document(document: dict[str, Any], targets: Sequence[Target], *, purpose: str, name: str) -> MappingFile:
    """Return the mapping that a document says, as a TOML file would: a saved mapping is kept as one.

    Raises:
        MappingRefused: it says what no mapping says; every fault is listed under `name`.
    """
    faults = list(_faults(document, targets, purpose))
    if faults:
        raise MappingRefused(faults, "\n".join(f"{name} {fault.pointer}: {fault.detail}" for fault in faults))
    by_name = {target.name: target for target in targets}
    base = Notation(
        dates=tuple(document.get("dates", ())),
        decimal=document.get("decimal", "."),
        nulls=frozenset(document.get("nulls", ())),
    )
    return MappingFile(
        sources=tuple(_source(by_name[name], spec, base) for name, spec in document.get("fields", {}).items()),
        sheet=document.get("sheet", ""),
        delimiter=document.get("delimiter", ""),
        filters=tuple(filter_of(spec) for spec in document.get("rows", ())),
        checks=tuple(check_of(spec, base) for spec in document.get("checks", ())),
        totals=document.get("totals", {}),
    )


def _source(target: Target, spec: Any, base: Notation) -> Source:
    if isinstance(spec, str):
        return Source(target=target, column=spec, notation=base)
    return Source(
        target=target,
        column=spec.get("column", ""),
        constant=spec.get("constant"),
        template=spec.get("template", ""),
        notation=base.with_(spec),
        values=spec.get("values"),
        lookup=spec.get("lookup", ""),
        program=spec.get("program", ""),
    )


def _faults(document: dict[str, Any], targets: Sequence[Target], purpose: str) -> Iterator[Fault]:
    by_name = {target.name: target for target in targets}
    yield from _unknown(document, _TOP, "")
    if document.get("for") != purpose:
        text = _('This mapping is for “%(is)s”; this command needs one with for = "%(needed)s".')
        yield Fault("/for", "purpose", text % {"is": document.get("for", ""), "needed": purpose})
    fields = document.get("fields", {})
    if not isinstance(fields, dict):
        yield Fault("/fields", "form", _('[fields] is a table: target = "column" or target = { … }.'))
        return
    for name, spec in fields.items():
        here = f"/fields/{name}"
        if name not in by_name:
            known = ", ".join(by_name)
            yield Fault(here, "unknown-field", _("There is no such field. Known are: %(known)s.") % {"known": known})
        elif isinstance(spec, dict):
            yield from _unknown(spec, _FIELD, here)
            yield from Notation.faults(spec, here)
            if sum(key in spec for key in ("column", "constant", "template")) != 1:
                yield Fault(here, "form", _("A field has exactly one of column, constant and template."))
            if spec.get("lookup") and spec["lookup"] not in by_name[name].lookups:
                known = ", ".join(by_name[name].lookups) or "-"
                text = _("lookup is one of: %(known)s.") % {"known": known}
                yield Fault(f"{here}/lookup", "form", text)
            if (spec.get("lookup") == CROSSWALK) != bool(spec.get("program")):
                text = _('Codes of another program are read with lookup = "crosswalk" and the name of the program.')
                yield Fault(f"{here}/program", "form", text)
        elif not isinstance(spec, str):
            yield Fault(here, "form", _("A field is the name of a column, or a table."))
    for target in targets:
        if target.is_required and target.name not in fields:
            yield Fault(f"/fields/{target.name}", "required", _("This field is needed."))
    yield from Notation.faults(document, "")
    yield from _list_faults(document)


def _list_faults(document: dict[str, Any]) -> Iterator[Fault]:
    for name, faults_in in (("rows", RowFilter.faults), ("checks", Check.faults)):
        specs = document.get(name, [])
        if not isinstance(specs, list) or not all(isinstance(spec, dict) for spec in specs):
            yield Fault(f"/{name}", "form", _("Write [[%(name)s]] before each of them.") % {"name": name})
            continue
        for index, spec in enumerate(specs):
            yield from faults_in(spec, f"/{name}/{index}")
    totals = document.get("totals", {})
    if not isinstance(totals, dict) or not all(isinstance(column, str) for column in totals.values()):
        yield Fault("/totals", "form", _('[totals] gives names to columns: quantity = "column".'))


def _unknown(spec: dict[str, Any], known: set[str], here: str) -> Iterator[Fault]:
    for name in sorted(set(spec) - known):
        text = _("There is no such key. Known are: %(known)s.") % {"known": ", ".join(sorted(known))}
        yield Fault(f"{here}/{name}", "unknown-key", text)


# --- Totals -----------------------------------------------------------------------------------------------------


def add_up(table: Table, rows: Sequence[Row], totals: Mapping[str, str]) -> dict[str, str]:
    """Return the number of rows and, per total, the exact sum of its column over them; cells that are no number are
    counted as `<name>_unreadable`, never as 0 in silence.
    """
    answer = {"rows": str(len(rows))}
    for name, column in totals.items():
        if (place := table.place(column)) is None:
            continue
        total, unreadable = Decimal(0), 0
        for row in rows:
            cell = row.cells[place]
            if re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", cell):
                total += Decimal(cell)
            else:
                unreadable += 1
        answer[name] = f"{total:f}"
        if unreadable:
            answer[f"{name}_unreadable"] = str(unreadable)
    return answer
