"""A report as a table for a spreadsheet or a program: what was asked, then every row, then the totals."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.translation import gettext as _

from inventory.reports.definition import Column, Result
from logistics.sheets import Cell, Sheet

if TYPE_CHECKING:
    from logistics.accounts.models import User


def sheet(result: Result, *, by: User, at: datetime) -> Sheet:
    """Return the report as a table; the heading of each row stands in a first column where there is more than one."""
    headed = len(result.sections) > 1
    facts: list[Sequence[Cell]] = [(result.title,), *result.facts, *((note,) for note in result.notes)]
    facts.append((_("Made by"), by.login, by.get_full_name(), at))
    return Sheet(
        name=f"{result.slug}-{timezone.localtime(at):%Y%m%d-%H%M}",
        facts=facts,
        head=[*([_("Under")] if headed else []), *(_head(column) for column in result.columns)],
        widths=[*([24] if headed else []), *(max(column.width // 2, 8) for column in result.columns)],
        rows=lambda: _rows(result, headed=headed),
    )


def _head(column: Column) -> str:
    return f"{column.group}: {column.label}" if column.group else str(column.label)


def _rows(result: Result, *, headed: bool) -> Iterator[Sequence[Cell]]:
    for section in result.sections:
        for row in section.rows:
            yield [*([section.heading] if headed else []), *row.cells]
    if result.totals:
        first: list[Cell] = [_("Total")] if headed else []
        totals: list[Cell] = list(result.totals)
        if not headed:
            totals[0] = _("Total")
        yield [*first, *totals]
