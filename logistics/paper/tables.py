"""The ruled table of a form, of any length: laid out a page at a time, its head on every page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property, lru_cache
from typing import Any, Final, NamedTuple

from reportlab.lib import colors
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.platypus import Flowable, PageBreak, Table

from logistics.paper.letters import BOLD, REGULAR, printable, register_fonts, text

_PADDING: Final = 3.0  # points, each side of a cell
ROUND_TEXT: Final = (2 * _PADDING + 0.5) / mm  # millimetres of a cell that its text does not have
_RULE: Final = 0.5  # points
_SPARE: Final = {"l": 0.0, "c": 0.5, "r": 1.0}  # how much of a cell's empty room is left of its text
_OVER, _UNDER = 2.0, 3.0  # points, over and under a row's text
_MOST_IN_CELL: Final = 12  # lines, each of which may be broken again: a row has to find room under a head on a sheet


def grid(
    head: Sequence[Sequence[str]],
    rows: Sequence[Sequence[object]],
    *,
    widths: Sequence[float],
    align: str,
    spans: Sequence[tuple[tuple[int, int], tuple[int, int]]] = (),
    bold_rows: Sequence[int] = (),
    size: float = 8.5,
    below: Sequence[Flowable] = (),
) -> Flowable:
    """Return a ruled table of any length whose head is repeated on every page.

    `head` is one or more rows of column names, joined over `spans` ((column, row), (column, row)); `widths` are in
    millimetres; `align` has one of l, c, r per column; `bold_rows` are indexes into `rows` (negative from the end).
    `below` is what the caller puts after the table: where it finds no room on the table's last page, the last two rows
    go over to the next page with it, so signatures never stand on a sheet of their own, nor a total without a line.
    """
    points = [width * mm for width in widths]
    thick = {index % len(rows) for index in bold_rows} if rows else set()
    names: list[list[Any]] = [
        [text(name, size=size, align="c", bold=True) if name else "" for name in line] for line in head
    ]
    rules: list[tuple[Any, ...]] = [
        ("GRID", (0, 0), (-1, -1), _RULE, colors.black),
        ("FONTNAME", (0, 0), (-1, -1), REGULAR),
        ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
        ("LEFTPADDING", (0, 0), (-1, -1), _PADDING),
        ("RIGHTPADDING", (0, 0), (-1, -1), _PADDING),
        ("TOPPADDING", (0, 0), (-1, -1), _OVER),
        ("BOTTOMPADDING", (0, 0), (-1, -1), _UNDER),
        *(("SPAN", start, end) for start, end in spans),
    ]
    body = [(part, index in thick) for index, row in enumerate(rows) for part in _pieces(row)]
    return _Grid(_Lines(names=names, rules=rules, body=body, widths=points, align=align, size=size, below=below))


def _pieces(row: Sequence[object]) -> Iterator[Sequence[object]]:
    """Yield a row, in pieces under each other where a cell has more lines than a page."""
    if not any(str(value).count("\n") >= _MOST_IN_CELL for value in row):
        yield row
        return
    cells = [str("" if value is None else value).split("\n") for value in row]
    for start in range(0, max(len(lines) for lines in cells), _MOST_IN_CELL):
        yield ["\n".join(lines[start : start + _MOST_IN_CELL]) for lines in cells]


@lru_cache(maxsize=50_000)
def _word_width(word: str, font: str) -> float:
    """Return how wide a word is, in points for each point of size."""
    return pdfmetrics.stringWidth(word, font, 1)


def _broken(value: object, *, width: float, size: float, font: str) -> list[str]:
    """Return a text as lines of at most `width` points, broken at blanks, a longer word anywhere.

    reportlab's paragraphs do so too, and take ten times as long.
    """
    found = []
    room, blank = width / size, _word_width(" ", font)
    for line in printable("" if value is None else value).split("\n"):
        words, wide = "", 0.0
        for word in line.split(" "):
            own = _word_width(word, font)
            if words and wide + blank + own <= room:
                words, wide = f"{words} {word}", wide + blank + own
                continue
            if words:
                found.append(words)
            words, wide = word, own
            while wide > room and len(words) > 1:
                fits = max(sum(1 for end in range(1, len(words)) if _word_width(words[:end], font) <= room), 1)
                found.append(words[:fits])
                words = words[fits:]
                wide = _word_width(words, font)
        found.append(words)
    return found


class _Row(NamedTuple):
    """A row as it is set: the lines of every cell, how high it is, its font."""

    cells: list[list[str]]
    height: float
    font: str


class _Lines:
    """What every page of a table is made of; `body` has each row with whether it is bold."""

    def __init__(
        self,
        *,
        names: list[list[Any]],
        rules: list[tuple[Any, ...]],
        body: list[tuple[Sequence[object], bool]],
        widths: list[float],
        align: str,
        size: float,
        below: Sequence[Flowable],
    ) -> None:
        register_fonts()
        self.names, self.rules, self.body, self.widths = names, rules, body, widths
        self.align, self.size, self.below = align, size, below
        # A page looks at rows once to see how many fit, and once more to draw them.
        self.row = lru_cache(maxsize=200)(self._row)

    @cached_property
    def head(self) -> Table:
        """The head as a table of its own, the same on every page."""
        return Table([list(line) for line in self.names], colWidths=self.widths, style=self.rules)

    @cached_property
    def head_height(self) -> float:
        """How high it is, in points."""
        return float(self.head.wrap(sum(self.widths), 1e6)[1])

    def _row(self, index: int) -> _Row:
        row, bold = self.body[index]
        font = BOLD if bold else REGULAR
        cells = [
            _broken(value, width=width - 2 * _PADDING + 0.01, size=self.size, font=font)
            for value, width in zip(row, self.widths, strict=True)
        ]
        return _Row(cells, max(map(len, cells)) * self.size * 1.25 + _OVER + _UNDER, font)


class _Page(Flowable):
    """Some rows of a table under its head, on one page."""

    def __init__(self, lines: _Lines, start: int, end: int) -> None:
        super().__init__()
        self.lines, self.start, self.end = lines, start, end

    def wrap(self, available_width: float, available_height: float) -> tuple[float, float]:
        rows = (self.lines.row(index).height for index in range(self.start, self.end))
        self.width, self.height = sum(self.lines.widths), self.lines.head_height + sum(rows)
        return self.width, self.height

    def draw(self) -> None:
        canvas, lines = self.canv, self.lines
        y = self.height - lines.head_height
        lines.head.drawOn(canvas, 0, y)
        edges = [0.0]
        for width in lines.widths:
            edges.append(edges[-1] + width)
        rules: list[tuple[float, float, float, float]] = [(x, 0.0, x, y) for x in edges]
        written = canvas.beginText()
        for index in range(self.start, self.end):
            row = lines.row(index)
            written.setFont(row.font, lines.size)
            for cell, left, right, place in zip(row.cells, edges, edges[1:], lines.align, strict=False):
                for number, line in enumerate(cell):
                    spare = right - left - 2 * _PADDING - _word_width(line, row.font) * lines.size
                    x = left + _PADDING + spare * _SPARE[place]
                    written.setTextOrigin(x, y - _OVER - lines.size * (0.95 + 1.25 * number))
                    written.textOut(line)
            y -= row.height
            rules.append((0.0, y, self.width, y))
        canvas.setLineWidth(_RULE)
        canvas.setStrokeColor(colors.black)
        canvas.lines(rules)
        canvas.drawText(written)


class _Grid(Flowable):
    """A table of any length that lays out a page at a time: reportlab's own grows with the square of its rows."""

    _TOGETHER: Final = 2  # rows that stay with what is below the table

    def __init__(self, lines: _Lines, *, start: int = 0) -> None:
        super().__init__()
        self.lines, self.start = lines, start
        self.left = len(lines.body) - start
        self.is_moved = False

    def wrap(self, available_width: float, available_height: float) -> tuple[float, float]:
        self.width, self.height = sum(self.lines.widths), available_height + 1
        if self._fitting(available_height - self.lines.head_height) == self.left:
            _width, height = self._page().wrap(available_width, available_height)
            if self._is_alone() or height + self._below(available_width) <= available_height:
                self.height = height
        return self.width, self.height

    def _page(self) -> _Page:
        return _Page(self.lines, self.start, self.start + self.left)

    def _fitting(self, room: float) -> int:
        """Return how many rows have room."""
        shown = 0
        while shown < self.left and (room := room - self.lines.row(self.start + shown).height) >= 0:
            shown += 1
        return shown

    def _is_alone(self) -> bool:
        """Tell whether it was moved to a new page, where not all that is below it finds room either."""
        return self.is_moved and self.left <= self._TOGETHER

    def _below(self, available_width: float) -> float:
        """Return how high what comes below the table is."""
        after, height = 0.0, 0.0
        for part in self.lines.below:
            _width, own = part.wrapOn(self.canv, available_width, 1e6)
            height += max(after, part.getSpaceBefore()) + own
            after = part.getSpaceAfter()
        return height

    def split(self, available_width: float, available_height: float) -> list[Flowable]:
        fitting = self._fitting(available_height - self.lines.head_height)
        shown = min(fitting, self.left - self._TOGETHER)
        if shown < 1:
            # A new page has more room; where it has not either, one row at least goes on each.
            if not self.is_moved:
                self.is_moved = True
                return []
            shown = 1
        # Without the break the rest would start again, under a head of its own, on what is left of this page.
        page = _Page(self.lines, self.start, self.start + shown)
        return [page, PageBreak(), _Grid(self.lines, start=self.start + shown)]

    def draw(self) -> None:
        page = self._page()
        page.wrapOn(self.canv, self.width, self.height)
        page.drawOn(self.canv, 0, 0)
