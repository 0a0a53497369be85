"""What every import does around its own rules: read the table, report on it, keep what was refused.

All errors of a file are told in one pass. A file goes in whole or not at all, unless whoever brings it keeps the rows
that cannot go in (`--reject` of the commands). Commands and pages bring files in by the same `bring`.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

from django.core.management.base import CommandError, CommandParser
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from rich.console import Console

from logistics import mappings, tables
from logistics.accounts.models import User
from logistics.cells import Form
from logistics.commands import Exit, StoreCommand
from logistics.mappings import MappingFile, MappingRefused, Reading, Record, Target
from logistics.tables import Row, RowError, Table, TableRefused, is_formula


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One file to be brought in. `keeps_going`: what is good goes in although other rows are not.

    `only_looks`: what it would come to is asked for and nothing shall be written, so that an import which can tell
    without writing does not.
    """

    reading: Reading
    mapping: MappingFile
    by: User
    at: datetime
    keeps_going: bool
    source: str  # the file's name, for reasons kept in histories
    stage: Callable[[str], None]
    only_looks: bool = False

    def error(self, row: Row, target: str, reason: str) -> RowError:
        """Return an error about one target of a row, told under the file's own column."""
        column = self.mapping.told_as(target)
        place = self.reading.table.place(column)
        return RowError(row.number, column, "" if place is None else row.cells[place], reason)

    def refuse(self, record: Record, target: str, reason: str) -> None:
        """Note an error on a row, unless its column has one already or the row could not be taken apart at all."""
        if "" not in record.errors:
            error = self.error(record.row, target, reason)
            record.errors.setdefault(error.column, error)

    def agree(self, first: Record, record: Record, targets: Iterable[str]) -> None:
        """Refuse what a row says otherwise than the first row of the same thing, in cells that could be read."""
        for target in targets:
            if first.values.get(target) == record.values.get(target):
                continue
            column = self.mapping.told_as(target)
            if column not in first.errors and column not in record.errors:
                text = _("Row %(row)s, of the same document or thing, says otherwise. They must agree here.")
                self.refuse(record, target, text % {"row": first.row.number})


def kept_out(records: Sequence[Record]) -> dict[int, list[RowError]]:
    """Return the rows of one thing that has an error, each with its errors; the others say which row keeps them out."""
    wrong = next(record.row.number for record in records if record.errors)
    reason = _("Row %(row)s belongs with this one and is refused; they go in together.") % {"row": wrong}
    return {
        record.row.number: list(record.errors.values()) or [RowError(record.row.number, "", "", reason)]
        for record in records
    }


@dataclass(slots=True)
class Outcome:
    """What became of a file. Row numbers say which rows went in, were in before, or are refused and why.

    `counts` names what was written, the first being what the contract calls `posted`. `changes` says, of imports that
    change stock and were only looked at, what a row's pile holds before and after it.
    """

    counts: dict[str, int]
    errors: list[RowError] = field(default_factory=list)
    taken: set[int] = field(default_factory=set)
    there_before: set[int] = field(default_factory=set)
    rejected: dict[int, list[RowError]] = field(default_factory=dict)
    changes: dict[int, tuple[Decimal, Decimal]] = field(default_factory=dict)
    posted: list[tuple[str, int]] = field(default_factory=list)  # depot and position of every movement made


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """One kind of import: what its mappings are `for`, the fields it fills, what is added up, and how rows go in.

    `load` brings the rows in, inside the transaction of the whole file. `refuses_formulas`: texts that a spreadsheet
    program would run are errors; where another program's texts are kept as told, they are made harmless on the way out.
    """

    purpose: str
    targets: Sequence[Target]
    load: Callable[[Job], Outcome]
    totals: Mapping[str, str] = field(default_factory=dict)
    refuses_formulas: bool = True


@dataclass(slots=True)
class Report:
    """An outcome as it is told."""

    outcome: Outcome
    totals: dict[str, dict[str, str]]
    noted: Mapping[str, Mapping[str, int]]
    is_dry_run: bool
    keeps_going: bool
    seconds: float = 0.0
    reading: Reading | None = None  # None where the table itself was refused

    @property
    def warnings(self) -> list[RowError]:
        """What was read but should be looked at, row by row."""
        records = self.reading.records if self.reading else ()
        return sorted(warning for record in records for warning in record.warnings.values())

    @property
    def exit(self) -> Exit:
        """0 all good, 1 nothing went in because of errors, 3 the good went in and the rest was written out."""
        if not self.outcome.errors:
            return Exit.OK
        return Exit.REJECTED_ROWS if self.keeps_going else Exit.FAILED

    def document(self) -> dict[str, Any]:
        """Return the JSON report: `posted` and `errors` as the contract has them, then what else is known."""
        written = {} if self.exit is Exit.FAILED else dict(self.outcome.counts)
        first = next(iter(self.outcome.counts), "")
        return {
            "posted": 0 if self.is_dry_run else written.get(first, 0),
            "errors": [error.document() for error in self.outcome.errors],
            "warnings": [warning.document() for warning in self.warnings],
            "rejected": len(self.outcome.rejected),
            "counts": written,
            "dry_run": self.is_dry_run,
            "totals": self.totals,
            "checked": self.noted,
            "seconds": round(self.seconds, 2),
        }

    def lines(self) -> Iterator[str]:
        """Yield the report for people, without the summary."""
        for error in self.outcome.errors:
            yield _told(error)
        for warning in self.warnings:
            yield _("look at %(what)s") % {"what": _told(warning)}
        for column, census in self.noted.items():
            parts = ", ".join(f"{count} × {sort}" for sort, count in sorted(census.items(), key=lambda one: -one[1]))
            yield f"{column}: {parts}"
        for name, sums in self.totals.items():
            yield f"{name}: " + ", ".join(f"{what} {amount}" for what, amount in sums.items())

    def summary(self) -> str:
        """Return the one line a log keeps."""
        written = self.document()["counts"]
        parts = [f"{name.replace('_', ' ')} {count}" for name, count in written.items()]
        if not parts and not self.is_dry_run:
            parts.append(_("nothing written"))
        parts.append(_("errors %(count)s") % {"count": len(self.outcome.errors)})
        if self.keeps_going:
            parts.append(_("rows rejected %(count)s") % {"count": len(self.outcome.rejected)})
        lead = _("dry run, nothing written; it would be") + ": " if self.is_dry_run else ""
        return f"{lead}{', '.join(parts)}; {self.seconds:.2f} s"


def _told(error: RowError) -> str:
    where = _("row %(row)s, %(column)s") if error.column else _("row %(row)s")
    value = f" “{error.value}”" if error.value else ""
    return f"{where % {'row': error.row, 'column': error.column}}{value}: {error.reason}"


def bring(
    what: Import,
    table: Table,
    mapping: MappingFile,
    *,
    by: User,
    at: datetime,
    source: str,
    stage: Callable[[str], None] = lambda _text: None,
    is_dry_run: bool = False,
    only_looks: bool = False,
    keep: Callable[[Table, list[tuple[Row, list[RowError]]]], None] | None = None,
) -> Report:
    """Bring a table in and return what became of it: whole or not at all, unless `keep` takes the rows that cannot.

    Holds on return: with errors and no `keep`, with `is_dry_run` and with `only_looks` nothing was written.
    """
    try:
        reading = mapping.read(table)
    except TableRefused as error:
        return Report(Outcome({}, errors=sorted(error.errors)), {}, {}, is_dry_run, keeps_going=False)
    with transaction.atomic():
        job = Job(
            reading=reading,
            mapping=mapping,
            by=by,
            at=at,
            keeps_going=keep is not None,
            source=source,
            stage=stage,
            only_looks=only_looks,
        )
        if what.refuses_formulas:
            _refuse_formulas(job)
        outcome = what.load(job)
        outcome.errors.sort()
        totals = _totals(job, outcome)
        report = Report(
            outcome, totals, reading.noted, is_dry_run or only_looks, keeps_going=job.keeps_going, reading=reading
        )
        if keep is not None:
            # Before the commit: rows that went nowhere must not be lost when the disk is full.
            rows = {record.row.number: record.row for record in reading.records}
            keep(table, [(rows[number], errors) for number, errors in sorted(outcome.rejected.items())])
        if is_dry_run or only_looks or report.exit is Exit.FAILED:
            transaction.set_rollback(True)
    return report


def _refuse_formulas(job: Job) -> None:
    names = [source.target.name for source in job.mapping.sources if source.target.form is Form.TEXT and source.column]
    for record in job.reading.records:
        for name in names:
            if (value := record.values.get(name)) and is_formula(value):
                text = _("A text that begins like a formula is not taken: whoever opens a list with it would run it.")
                job.refuse(record, name, text)


class ImportCommand(StoreCommand):
    """An import: `FILE [--mapping FILE] [--dry-run] [--format text|json] [--by LOGIN] [--reject FILE]`."""

    purpose: ClassVar[str]
    targets: ClassVar[Sequence[Target]]
    totals: ClassVar[Mapping[str, str]] = {}
    refuses_formulas: ClassVar[bool] = True

    def add_arguments(self, parser: CommandParser) -> None:
        """Add what all imports take."""
        parser.add_argument("file", metavar="FILE", type=Path, help="CSV in UTF-8, or XLSX")
        parser.add_argument("--mapping", metavar="FILE", type=Path, help="TOML: which column is which field")
        parser.add_argument("--dry-run", action="store_true", help="check everything, write nothing")
        parser.add_argument("--reject", metavar="FILE", type=Path, help="take what is good; write the other rows here")
        parser.add_argument("--no-progress", action="store_true", help="show no progress on a terminal")
        self.add_format(parser)
        self.add_by(parser)

    def load(self, job: Job, options: dict[str, Any]) -> Outcome:
        """Bring the rows in, inside the transaction of the whole file. Each import has its own."""
        raise NotImplementedError

    def prepare(self, by: User, options: dict[str, Any]) -> None:
        """Refuse what can be refused before the file is read. Raises DomainError."""

    def handle(self, *_args: Any, **options: Any) -> None:
        """Read, bring in, report; exit 1 with errors, 3 with rejected rows."""
        started = time.monotonic()
        by = self.actor(options["by"])
        self.prepare(by, options)
        self._refuse_to_overwrite(options)
        with _stages(options["no_progress"]) as stage:
            report = self._run(by, options, stage)
        report.seconds = time.monotonic() - started
        if options["format"] == "json":
            self.print_json(report.document())
            self.stderr.write(report.summary())
        else:
            for line in report.lines():
                self.stdout.write(line)
            self.stdout.write(report.summary())
        self.end(report.exit)

    def _run(self, by: User, options: dict[str, Any], stage: Callable[[str], None]) -> Report:
        is_dry_run, rejects = options["dry_run"], options["reject"]
        mapping = self._mapping(options["mapping"])
        stage(_("Reading %(file)s") % {"file": options["file"].name})
        try:
            lines = tables.lines_in(options["file"], sheet=mapping.sheet, delimiter=mapping.delimiter)
            table = tables.table(options["file"].name, lines, header=mapping.header_in(lines))
        except OSError as error:
            raise CommandError(
                _("%(file)s cannot be read: %(why)s.") % {"file": options["file"], "why": error.strerror},
                returncode=Exit.USAGE,
            ) from error
        except TableRefused as error:
            outcome = Outcome({}, errors=sorted(error.errors))
            return Report(outcome, {}, {}, is_dry_run, keeps_going=False)
        what = Import(
            purpose=self.purpose,
            targets=self.targets,
            totals=self.totals,
            load=lambda job: self.load(job, options),
            refuses_formulas=self.refuses_formulas,
        )
        return bring(
            what,
            table,
            mapping,
            by=by,
            at=timezone.now(),
            source=options["file"].name,
            stage=stage,
            is_dry_run=is_dry_run,
            keep=None if rejects is None else partial(tables.write_rejects, rejects),
        )

    def _mapping(self, path: Path | None) -> MappingFile:
        if path is None:
            return mappings.default(self.targets, totals=self.totals)
        try:
            return mappings.load(path, self.targets, purpose=self.purpose)
        except OSError as error:
            text = _("%(file)s cannot be read: %(why)s.") % {"file": path, "why": error.strerror}
            raise CommandError(text, returncode=Exit.USAGE) from error
        except MappingRefused as error:
            raise CommandError(error.detail, returncode=Exit.USAGE) from error

    @staticmethod
    def _refuse_to_overwrite(options: dict[str, Any]) -> None:
        rejects = options["reject"]
        if rejects is None:
            return
        if rejects.resolve() == options["file"].resolve():
            raise CommandError(_("--reject names the file being imported."), returncode=Exit.USAGE)
        folder = rejects.resolve().parent
        if rejects.is_dir() or not folder.is_dir() or not os.access(folder, os.W_OK):
            raise CommandError(
                _("The rejected rows cannot be written to %(file)s.") % {"file": rejects}, returncode=Exit.USAGE
            )


def _totals(job: Job, outcome: Outcome) -> dict[str, dict[str, str]]:
    """Return the control totals of the file and of each part its rows fell into; the parts add up to the file."""
    reading = job.reading
    parts: dict[str, list[Row]] = {"left_out": list(reading.left_out)}
    is_whole = not outcome.errors or job.keeps_going
    for record in reading.records:
        number = record.row.number
        if number in outcome.there_before:
            part = "there_before"
        elif number in outcome.rejected:
            part = "rejected"
        else:
            part = "taken" if is_whole and number in outcome.taken else "not_taken"
        parts.setdefault(part, []).append(record.row)
    everything = [row for rows in parts.values() for row in rows]
    named = {"file": everything} | {name: parts[name] for name in _PARTS if parts.get(name)}
    return {name: mappings.add_up(reading.table, rows, job.mapping.totals) for name, rows in named.items()}


_PARTS = ("taken", "there_before", "rejected", "not_taken", "left_out")


@contextmanager
def _stages(is_quiet: bool) -> Iterator[Callable[[str], None]]:
    """Show what is being done on stderr, where that is a terminal."""
    if is_quiet or not sys.stderr.isatty():
        yield lambda _text: None
        return
    with Console(stderr=True).status("") as status:
        yield status.update
