"""A report on paper: the frame of our forms, its columns, totals, chart and places to sign.

The wording is Vietnamese, as that of every printed form. Places to sign come from the printed form “report” of the
asker's regime, which is data.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, Spacer

from inventory.printing.forms import Printed
from inventory.reports.definition import Column, Kind, Result
from logistics import paper, paper_charts
from logistics.errors import Fault, Invalid
from logistics.fields import format_date, format_moment, format_quantity
from logistics.sheets import Cell
from logistics.words import printed_date, words

MOST_LINES: Final = 5_000  # a hundred and more sheets; beyond that paper helps nobody
_SIZES: Final = (8.5, 7.5, 6.5, 5.5)  # points of the letters in a table
_LEAST: Final = 30.0  # millimetres of a column of names


def report_pdf(result: Result, *, form: Printed, unit: str, printed_at: datetime) -> bytes:
    """Return the report as PDF; `form` lays down the number and the places to sign, `unit` is whose report it is.

    Raises:
        Invalid: it has more than MOST_LINES rows.
        Precondition: the fonts are not installed.
    """
    refuse_too_long(result)
    signatures = form.signatures({}, above=printed_date(timezone.localdate(printed_at)))
    story = [
        paper.heading(unit=unit, department="", number=form.number, source=form.source),
        *body(result, below=[signatures]),
        signatures,
    ]
    foot = f"{result.title} · {settings.ORGANISATION_NAME} · in lúc {format_moment(printed_at)}"
    return paper.render(story, title=result.title, foot=foot, landscape=True)


def refuse_too_long(result: Result) -> None:
    """Raise Invalid where a report is too long for paper."""
    if result.count > MOST_LINES:
        text = _("The report has %(lines)s rows; paper takes %(most)s. Narrow it, or take the spreadsheet.")
        raise Invalid([Fault("/query", "too-long", text % {"lines": result.count, "most": MOST_LINES})])


def body(
    result: Result, *, below: Sequence[Flowable] = (), width: float = paper.WIDE, with_chart: bool = True
) -> list[Flowable]:
    """Return what stands between the head and the places to sign: what was asked, chart, table, money in words.

    `below` is what the caller puts after it, to stand on the table's last page.
    """
    chart = result.chart if with_chart else None
    after: list[Flowable] = [Spacer(1, 2 * mm)]
    if (money := _money(result)) is not None:
        spoken = words(money, zero_tens=settings.ZERO_TENS)
        after.append(paper.text(f"Tổng số tiền (viết bằng chữ): {spoken}"))
    after += [paper.text(note, size=8) for note in result.notes]
    return [
        paper.title(result.title),
        paper.facts(list(result.facts), columns=2),
        *([paper_charts.drawing(chart.caption, unit=chart.unit, bars=chart.bars, lines=chart.lines, width=width)]
          if chart else []),
        _table(result, result.columns, below=[*after, *below], width=width),
        *after,
    ]  # fmt: skip


def _money(result: Result) -> Decimal | None:
    """Return the total of the one column of money that adds up, in whole đồng; None where there is none."""
    found = [
        total
        for total, column in zip(result.totals or (), result.columns, strict=False)
        if column.kind is Kind.MONEY and total is not None
    ]
    return found[0].quantize(Decimal(1)) if len(found) == 1 else None


def _table(result: Result, columns: Sequence[Column], *, below: Sequence[Flowable], width: float) -> Flowable:
    rows: list[list[object]] = []
    bold: list[int] = []
    for section in result.sections:
        if section.heading and len(result.sections) > 1:
            bold.append(len(rows))
            rows.append(["", section.heading, *[""] * (len(columns) - 1)])
        for number, row in enumerate(section.rows, start=1):
            rows.append([number, *(shown(cell, column.kind) for cell, column in zip(row.cells, columns, strict=True))])
        if section.totals:
            bold.append(len(rows))
            rows.append(["", *_totals(section.totals, columns, "Cộng")])
    if result.totals:
        bold.append(len(rows))
        rows.append(["", *_totals(result.totals, columns, "Tổng cộng")])
    if not rows:
        rows.append(["", "Không có dòng nào.", *[""] * (len(columns) - 1)])
    head, spans = _heads(columns)
    widths, size = _widths(columns, head, rows, bold=bold, width=width)
    return paper.grid(
        head,
        rows,
        widths=widths,
        align="c"
        + "".join("r" if column.kind.is_number else "c" if column.kind is Kind.DAY else "l" for column in columns),
        spans=spans,
        bold_rows=bold,
        size=size,
        below=below,
    )


def _widths(
    columns: Sequence[Column],
    head: Sequence[Sequence[str]],
    rows: Sequence[Sequence[object]],
    *,
    bold: Sequence[int],
    width: float,
) -> tuple[list[float], float]:
    """Return the columns' widths in millimetres and the size of the letters.

    Numbers, days, codes and the words of heads stay whole; names take what is left, in letters as large as leave them
    some room.
    """
    places = range(len(columns) + 1)
    prose = [place for place in places if place and columns[place - 1].is_prose] or [1]
    thick = set(bold)
    needed = {
        place: max((paper.text_width(row[place], bold=number in thick) for number, row in enumerate(rows)), default=0)
        for place in places
        if place not in prose
    }
    # Above a group's columns stands the name of the group, which has the room of all of them.
    heads = [
        max(
            (paper.text_width(word, bold=True) for word in head[-1 if head[-1][place] else 0][place].split()), default=0
        )
        for place in places
    ]
    for size in _SIZES:
        found = [
            paper.ROUND_TEXT + size * max(heads[place], needed.get(place, 0)) if place in needed
            else max(_LEAST, paper.ROUND_TEXT + size * heads[place])
            for place in places
        ]  # fmt: skip
        if sum(found) <= width:
            break
    left = width - sum(found)
    shares = sum(columns[place - 1].width for place in prose)
    for place in prose:
        found[place] += left * columns[place - 1].width / shares
    return found, size


def _totals(totals: Sequence[Decimal | None], columns: Sequence[Column], name: str) -> list[object]:
    """Return a line of totals, its name in the first column of words that has none."""
    found = [shown(total, column.kind) for total, column in zip(totals, columns, strict=True)]
    place = next(place for place, column in enumerate(columns) if column.kind is Kind.TEXT)
    return [*found[:place], name, *found[place + 1 :]]


def _heads(
    columns: Sequence[Column],
) -> tuple[list[list[str]], list[tuple[tuple[int, int], tuple[int, int]]]]:
    """Return the head lines, columns of one group under its name, and what is to be joined."""
    if not any(column.group for column in columns):
        return [["STT", *(str(column.label) for column in columns)]], []
    top, below = ["STT"], [""]
    spans = [((0, 0), (0, 1))]
    for place, column in enumerate(columns, start=1):
        group = str(column.group)
        if not group:
            top.append(str(column.label))
            below.append("")
            spans.append(((place, 0), (place, 1)))
            continue
        below.append(str(column.label))
        is_first = place == 1 or str(columns[place - 2].group) != group
        top.append(group if is_first else "")
        if is_first:
            last = place
            while last < len(columns) and str(columns[last].group) == group:
                last += 1
            spans.append(((place, 0), (last, 0)))
    return [top, below], spans


def shown(cell: Cell, kind: Kind) -> str:
    """Return a value as paper shows it, in Vietnamese: 1.234,5; 05/02/2026; nothing for nothing."""
    if cell is None or cell == "":
        return ""
    match kind:
        case Kind.DAY:
            return format_date(cell)  # type: ignore[arg-type]  # a column of days holds days
        case Kind.MOMENT:
            return format_moment(cell)  # type: ignore[arg-type]
        case Kind.TEXT:
            return str(cell)
        case Kind.MONEY:
            return format_quantity(Decimal(str(cell)).quantize(Decimal(1)), "vi")
        case _:
            return format_quantity(Decimal(str(cell)), "vi")
