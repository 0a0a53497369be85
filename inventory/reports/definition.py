"""A report is defined once: what may be asked of it, its columns, its rows. Screen, paper, files and packs show that.

    REPORT = Report(slug="expiry", title=…, asks=…, columns=…, rows=…)
    result = REPORT.run(asked)          # rows under headings, with totals, and of when and of what they are

A `Result` is plain data: `document` and `Result.read` carry it through JSON unchanged, so that a pack can keep it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from inventory.availability.as_of import INSTANT
from inventory.availability.instants import Instant
from inventory.availability.question import Question, params
from logistics.charts import Bar, Line
from logistics.errors import Fault, Invalid
from logistics.lists import MOST_IN_A_FILE
from logistics.sheets import Cell

if TYPE_CHECKING:
    from inventory.reports.asks import Asks
    from logistics.accounts.models import User

NOTHING: Final = Decimal(0)


class Kind(StrEnum):
    """What a column holds, which decides how it is written, added up and aligned."""

    TEXT = "text"
    QUANTITY = "quantity"
    MONEY = "money"
    WHOLE = "whole"
    SHARE = "share"  # percent
    DAY = "day"
    MOMENT = "moment"

    @property
    def is_number(self) -> bool:
        """Tell whether it stands to the right."""
        return self in {Kind.QUANTITY, Kind.MONEY, Kind.WHOLE, Kind.SHARE}


@dataclass(frozen=True, kw_only=True, slots=True)
class Column:
    """One column. `group` joins neighbours under one heading; `adds_up` gives it a total; `width` is its share of room.

    `is_aside`: left out on small screens.
    """

    key: str
    label: Any
    kind: Kind = Kind.TEXT
    group: Any = ""
    adds_up: bool = False
    width: int = 20
    is_aside: bool = False

    @property
    def css(self) -> str:
        """The class of its cells on a page."""
        look = "n" if self.kind.is_number else "wraps" if self.is_prose else "nowrap"
        return f"{look} wide" if self.is_aside else look

    @property
    def is_prose(self) -> bool:
        """Tell whether it holds words that may be broken into lines: names rather than codes."""
        return self.kind is Kind.TEXT and self.width >= 40


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One row: a value per column, and where some of them lead (column key -> address)."""

    cells: tuple[Cell, ...]
    links: Mapping[str, str] = field(default_factory=dict)
    heading: str = ""  # rows under one heading stand together
    unit: str = ""  # of its quantities; quantities of two units are never added up


@dataclass(frozen=True, kw_only=True, slots=True)
class Chart:
    """What a report shows as a drawing beside its table: bars, or lines over time."""

    caption: str
    unit: str = ""
    bars: tuple[Bar, ...] = ()
    lines: tuple[Line, ...] = ()

    def document(self) -> dict[str, Any]:
        """Return it as JSON carries it."""
        return {
            "caption": self.caption,
            "unit": self.unit,
            "bars": [[bar.label, f"{bar.value:f}", bar.href] for bar in self.bars],
            "lines": [
                [line.label, line.is_guess,
                 [[day.isoformat(), None if value is None else f"{value:f}"] for day, value in line.points]]
                for line in self.lines
            ],
        }  # fmt: skip

    @classmethod
    def read(cls, found: Mapping[str, Any]) -> Chart:
        """Return the chart that `document` wrote."""
        return cls(
            caption=found["caption"],
            unit=found["unit"],
            bars=tuple(Bar(label=label, value=Decimal(value), href=href) for label, value, href in found["bars"]),
            lines=tuple(
                Line(
                    label=label,
                    is_guess=is_guess,
                    points=[
                        (date.fromisoformat(day), None if value is None else Decimal(value)) for day, value in points
                    ],
                )
                for label, is_guess, points in found["lines"]
            ),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """What is asked of a report, by whom, when, and of when. `values` are those of its own boxes."""

    by: User
    at: datetime
    instant: Instant
    values: Mapping[str, Any]

    def question(self) -> Question:
        """Return which stock is asked about."""
        given: dict[str, Any] = {name: self.values.get(name) or None for name in _OF_A_QUESTION}
        grade = self.values.get("grade")
        return Question(
            **given,
            supply_class=self.values.get("class") or None,
            grade=int(grade) if grade else None,
            text=self.values.get("q") or "",
        )

    def params(self) -> dict[str, Any]:
        """Return what the statements of reports share: the question, scope applied, and the instant by both clocks.

        Raises:
            NotFound: the depot named is none the asker may know of.
            Invalid: other codes name nothing.
        """
        given = params(self.question(), by=self.by, on=self.day, now_on=timezone.localdate(self.at))
        return given | {
            "past": self.until(),
            "believed": self.instant.recorded_as_of or "infinity",
            "known_at": self.moment,
            "page_size": MOST_IN_A_FILE + 1,
        }

    def until(self) -> datetime:
        """Return the first instant that no longer counts, whatever days are asked for."""
        return self.moment + INSTANT

    @property
    def moment(self) -> datetime:
        """The instant that is asked about: nothing dated later counts."""
        return min(filter(None, (self.instant.as_of, self.instant.recorded_as_of, self.at)))

    @property
    def day(self) -> date:
        """The local day of that instant, whose expiry counts."""
        return timezone.localdate(self.instant.as_of or self.instant.recorded_as_of or self.at)


_OF_A_QUESTION: Final = ("item", "group", "depot", "unit", "purpose")


@dataclass(frozen=True, kw_only=True, slots=True)
class Section:
    """Rows under one heading ("" for all there are) with what they add up to, None where nothing adds up."""

    heading: str
    rows: tuple[Row, ...]
    totals: tuple[Decimal | None, ...] | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Result:
    """A report as it came out: for ever the same, whatever is posted later.

    `facts` say in words what was asked and of when. `notes` say how to read it.
    """

    slug: str
    title: str
    facts: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]
    columns: tuple[Column, ...]
    sections: tuple[Section, ...]
    totals: tuple[Decimal | None, ...] | None
    chart: Chart | None = None

    @property
    def count(self) -> int:
        """How many rows there are, headings and totals not counted."""
        return sum(len(section.rows) for section in self.sections)

    @property
    def rows(self) -> list[Row]:
        """All rows in order."""
        return [row for section in self.sections for row in section.rows]

    def value(self, row: Row, key: str) -> Cell:
        """Return a row's value in a column."""
        return row.cells[next(place for place, column in enumerate(self.columns) if column.key == key)]

    def total(self, key: str) -> Decimal | None:
        """Return what a column adds up to; None where it does not."""
        if self.totals is None:
            return None
        return self.totals[next(place for place, column in enumerate(self.columns) if column.key == key)]

    def document(self) -> dict[str, Any]:
        """Return the result as JSON carries it; `read` gives it back."""
        return {
            "slug": self.slug,
            "title": self.title,
            "facts": [list(fact) for fact in self.facts],
            "notes": list(self.notes),
            "columns": [
                [column.key, str(column.label), column.kind.value, str(column.group), column.adds_up, column.width,
                 column.is_aside]
                for column in self.columns
            ],
            "rows": [
                [[_told(cell) for cell in row.cells], dict(row.links), row.heading, row.unit] for row in self.rows
            ],
            "chart": self.chart.document() if self.chart else None,
        }  # fmt: skip

    @classmethod
    def read(cls, found: Mapping[str, Any]) -> Result:
        """Return the result that `document` wrote."""
        columns = tuple(
            Column(key=key, label=label, kind=Kind(kind), group=group, adds_up=adds_up, width=width, is_aside=aside)
            for key, label, kind, group, adds_up, width, aside in found["columns"]
        )
        rows = [
            Row(
                cells=tuple(_heard(cell, column.kind) for cell, column in zip(cells, columns, strict=True)),
                links=links,
                heading=heading,
                unit=unit,
            )
            for cells, links, heading, unit in found["rows"]
        ]
        sections, totals = added_up(rows, columns)
        return cls(
            slug=found["slug"],
            title=found["title"],
            facts=tuple((label, text) for label, text in found["facts"]),
            notes=tuple(found["notes"]),
            columns=columns,
            sections=sections,
            totals=totals,
            chart=Chart.read(found["chart"]) if found["chart"] else None,
        )


def _told(cell: Cell) -> str | int | None:
    if isinstance(cell, Decimal):
        return f"{cell:f}"
    return cell.isoformat() if isinstance(cell, date) else cell  # an instant is a date too


def _heard(cell: Any, kind: Kind) -> Cell:
    if cell is None or cell == "":
        return None if cell is None else ""
    match kind:
        case Kind.QUANTITY | Kind.MONEY | Kind.SHARE:
            return Decimal(str(cell))
        case Kind.DAY:
            return date.fromisoformat(str(cell))
        case Kind.MOMENT:
            return datetime.fromisoformat(str(cell))
        case Kind.WHOLE:
            return int(cell)
        case _:
            return str(cell)


def added_up(
    rows: Sequence[Row], columns: Sequence[Column]
) -> tuple[tuple[Section, ...], tuple[Decimal | None, ...] | None]:
    """Return rows under their headings with what each heading adds up to, and what all of them do.

    Quantities add up only where all rows share one unit of measure; money and counts always do.
    """
    sections: list[Section] = []
    start = 0
    for place in range(1, len(rows) + 1):
        if place == len(rows) or rows[place].heading != rows[start].heading:
            part = tuple(rows[start:place])
            sections.append(Section(heading=part[0].heading, rows=part, totals=_sums(part, columns)))
            start = place
    if len(sections) == 1:  # its totals are those of all
        sections = [replace(sections[0], totals=None)]
    return tuple(sections), _sums(rows, columns)


def _sums(rows: Sequence[Row], columns: Sequence[Column]) -> tuple[Decimal | None, ...] | None:
    one_unit = len({row.unit for row in rows}) == 1
    found: list[Decimal | None] = []
    for place, column in enumerate(columns):
        if not column.adds_up or not rows or (column.kind is Kind.QUANTITY and not one_unit):
            found.append(None)
            continue
        values = [Decimal(str(row.cells[place])) for row in rows if row.cells[place] not in {None, ""}]
        found.append(sum(values, NOTHING) if values else None)
    return tuple(found) if any(value is not None for value in found) else None


@dataclass(frozen=True, kw_only=True)
class Report:
    """What can be asked (`asks`, a form), which columns that gives and what fills them; `chart` draws a result."""

    slug: str
    title: Any
    about: Any
    asks: type[Asks]
    columns: Callable[[Asked], Sequence[Column]]
    rows: Callable[[Asked], Sequence[Row]]
    notes: Callable[[Asked], Sequence[str]] = lambda _asked: ()
    chart: Callable[[Asked, Sequence[Row], Sequence[Column]], Chart | None] = lambda _asked, _rows, _columns: None

    def run(self, asked: Asked, *, facts: Sequence[tuple[str, str]] = ()) -> Result:
        """Return the report. `facts` are the filters in words.

        Raises:
            NotFound: it names a depot the asker may not know of.
            Invalid: another code names nothing, or there are more rows than a file may have.
        """
        columns = tuple(self.columns(asked))
        rows = self.rows(asked)
        if len(rows) > MOST_IN_A_FILE:
            text = _("The report has more than %(most)s rows. Narrow it: choose a branch, a unit or fewer days.")
            raise Invalid([Fault("/query", "too-long", text % {"most": MOST_IN_A_FILE})])
        sections, totals = added_up(rows, columns)
        when = asked.instant.name if asked.instant.is_past else _now(asked.at)
        return Result(
            slug=self.slug,
            title=str(self.title),
            facts=(*facts, (_("As of"), when)),
            notes=tuple(map(str, self.notes(asked))),
            columns=columns,
            sections=sections,
            totals=totals,
            chart=self.chart(asked, rows, columns),
        )


def _now(at: datetime) -> str:
    return f"{timezone.localtime(at):%H:%M %d/%m/%Y}"


CODE: Final = gettext_lazy("Item code")
NAME: Final = gettext_lazy("Item")
UNIT: Final = gettext_lazy("Unit of measure")
DEPOT: Final = gettext_lazy("Depot")
