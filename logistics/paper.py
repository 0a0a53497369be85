"""The frame every printed form shares: A4 page, fonts, heading, ruled table, signatures, page numbers.

The wording of a form is prescribed in Vietnamese by the rule that lays it down, so it is not translated. Every value
is escaped on its way in (reportlab's paragraphs run markup), so callers pass plain text and never build markup.

    from logistics import paper
    story = [
        paper.heading(unit="…", department="…", number="S12-DN", source="Thông tư …"),
        paper.title("Thẻ kho"),
        paper.facts([("Mã số", item.code)]),
        paper.grid(head, rows, widths=(10, 20, …), align="clr…"),
        paper.signatures([("Thủ kho", ""), …]),
    ]
    data = paper.render(story, title="…", foot="…", landscape=True)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import cache, cached_property, lru_cache
from io import BytesIO
from typing import Any, Final, Literal, NamedTuple, cast
from xml.sax.saxutils import escape

from django.conf import settings
from django.utils.translation import gettext as _
from reportlab import rl_config
from reportlab.graphics.barcode.qr import QrCodeWidget
from reportlab.graphics.shapes import Drawing
from reportlab.lib import colors, pagesizes
from reportlab.lib.enums import TA_CENTER, TA_LEFT, TA_RIGHT
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.pdfdoc import PDFArray, PDFDictionary, PDFName, PDFString
from reportlab.pdfbase.ttfonts import TTFError, TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    BaseDocTemplate,
    Flowable,
    Frame,
    PageBreak,
    PageTemplate,
    Paragraph,
    Table,
)

from logistics.errors import Precondition
from logistics.fields import format_date, format_quantity

# Margins: top and bottom 20–25 mm, left 30–35, right 15–20 (Nghị định 30/2020/NĐ-CP, appendix I).
TOP, BOTTOM, LEFT, RIGHT = 20 * mm, 20 * mm, 30 * mm, 15 * mm
# The rule asks for Times New Roman, which is not free to ship; DejaVu Serif is the free serif that has every
# Vietnamese letter.
REGULAR, BOLD = "DejaVuSerif", "DejaVuSerif-Bold"
WIDE, NARROW = 252.0, 165.0  # millimetres between the margins of a sheet on its side, and upright
DOTS: Final = "……………………………"  # where a pen writes
_PADDING: Final = 3.0  # points, each side of a table's cell
ROUND_TEXT: Final = (2 * _PADDING + 0.5) / mm  # millimetres of a cell that its text does not have


def number(value: Decimal, *, scale: int = 0) -> str:
    """Return a number as the forms print it: 1.234,5; at least `scale` decimals, never rounded."""
    return format_quantity(value, "vi", scale=scale)


def day(value: date) -> str:
    """Return a day as table cells print it: 05/02/2026."""
    return format_date(value)


# --- Text ---------------------------------------------------------------------------------------------


rl_config.useA85 = 0  # pages as bytes, not as letters: a fifth smaller and faster


@cache
def _register_fonts() -> None:
    for name in (REGULAR, BOLD):
        file = settings.FONT_DIR / f"{name}.ttf"
        try:
            pdfmetrics.registerFont(TTFont(name, str(file)))
        except (TTFError, OSError) as error:
            text = _(
                "The font %(file)s cannot be read, so no form can be printed. Install the Debian package "
                "fonts-dejavu-core, or set FONT_DIR to the folder that holds the DejaVu fonts."
            )
            raise Precondition(text % {"file": file}) from error
    pdfmetrics.registerFontFamily(REGULAR, normal=REGULAR, bold=BOLD, italic=REGULAR, boldItalic=BOLD)


_ALIGN: Final[dict[str, Literal[0, 1, 2]]] = {"l": TA_LEFT, "c": TA_CENTER, "r": TA_RIGHT}


@cache
def style(*, size: float = 10, align: str = "l", bold: bool = False) -> ParagraphStyle:
    """Return a text style: `align` is l, c or r, `size` in points."""
    _register_fonts()
    return ParagraphStyle(
        f"{size}{align}{bold}",
        fontName=BOLD if bold else REGULAR,
        fontSize=size,
        leading=size * 1.25,
        alignment=_ALIGN[align],
        splitLongWords=1,
    )


def text(value: object, *, size: float = 10, align: str = "l", bold: bool = False) -> Paragraph:
    """Return plain text as a paragraph; line breaks in it are kept, markup in it is printed as typed."""
    shown = escape(_printable(value)).replace("\n", "<br/>")
    return Paragraph(shown, style(size=size, align=align, bold=bold))


def text_width(value: object, *, bold: bool = False) -> float:
    """Return how wide a text is on one line, in millimetres for each point of size; a cell needs ROUND_TEXT besides."""
    _register_fonts()
    return pdfmetrics.stringWidth(_printable(value), BOLD if bold else REGULAR, 1) / mm


def _printable(value: object) -> str:
    """Return the text without control characters, which a font has no shape for."""
    return "".join(letter for letter in str(value) if letter in "\n\N{NO-BREAK SPACE}" or letter.isprintable())


# --- Parts of a form ------------------------------------------------------------------------------------


def heading(*, unit: str, department: str, number: str, source: str) -> Flowable:
    """Return the two corners at the head of a form: who keeps it, left; its number and the rule it is from, right.

    What is "" is left out.
    """
    left = [text(f"Đơn vị: {unit}", bold=True)]
    if department:
        left.append(text(f"Bộ phận: {department}"))
    right = [text(f"Mẫu số {number}", align="c", bold=True)] if number else [text("")]
    if source:
        right.append(text(f"(Ban hành theo {source})", size=8, align="c"))
    corners = Table([[left, right]], colWidths=["54%", "46%"])
    corners.setStyle([("VALIGN", (0, 0), (-1, -1), "TOP"), *_plain()])
    return corners


_CODE: Final = 22 * mm  # the side of a square code, its quiet zone included: a phone at arm's length reads it


def title(name: str, *below: str, code: str = "") -> Flowable:
    """Return a form's name in capitals, centred, with lines such as its date and number below.

    `code` is what a square code (QR) at the right says, "" for none.
    """
    lines = [text(name.upper(), size=14, align="c", bold=True), *(text(line, align="c") for line in below if line)]
    if not code:
        table = Table([[line] for line in lines], colWidths=["100%"], spaceBefore=4 * mm, spaceAfter=3 * mm)
        table.setStyle([*_plain(), ("BOTTOMPADDING", (0, 0), (-1, -1), 2)])
        return table
    widget = QrCodeWidget(code, barLevel="M", barWidth=_CODE, barHeight=_CODE, barBorder=4)
    square = Drawing(_CODE, _CODE, initialFontName=REGULAR)  # else it names Helvetica, which is not embedded
    square.add(widget)
    # An empty place of the same width at the left keeps the name in the middle of the sheet.
    table = Table([["", lines, square]], colWidths=[_CODE, None, _CODE], spaceBefore=2 * mm, spaceAfter=2 * mm)
    table.setStyle([("VALIGN", (0, 0), (-1, -1), "MIDDLE"), *_plain()])
    return table


def facts(pairs: Sequence[tuple[str, object]], *, columns: int = 1) -> Flowable:
    """Return labelled facts, “- Mã số: QN-…”, in reading order over `columns` columns."""
    cells = [text(f"- {label}: {value}") for label, value in pairs]
    rows = [cells[start : start + columns] for start in range(0, len(cells), columns)]
    rows[-1] += [text("")] * (columns - len(rows[-1]))
    table = Table(rows, colWidths=[f"{100 / columns}%"] * columns, spaceAfter=3 * mm)
    table.setStyle([("VALIGN", (0, 0), (-1, -1), "TOP"), *_plain(), ("BOTTOMPADDING", (0, 0), (-1, -1), 2)])
    return table


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


_RULE: Final = 0.5  # points
_SPARE: Final = {"l": 0.0, "c": 0.5, "r": 1.0}  # how much of a cell's empty room is left of its text
_OVER, _UNDER = 2.0, 3.0  # points, over and under a row's text
_MOST_IN_CELL: Final = 12  # lines, each of which may be broken again: a row has to find room under a head on a sheet


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
    for line in _printable("" if value is None else value).split("\n"):
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
        _register_fonts()
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


def signatures(signers: Sequence[tuple[str, str]], *, above: str = "") -> Flowable:
    """Return the places to sign, left to right: (title, printed name or blank); `above` is the date line, at the right.

    The block is kept on one page. Over every place lies an empty signature field, sign-1, sign-2 … in the order of the
    document, with the title and the name, which programs that sign find; pens need none.
    """
    size = 10 if len(signers) < 5 else 8.5
    rows: list[list[Flowable | str]] = [
        [text(above, align="r"), *[""] * (len(signers) - 1)],
        [text(who, size=size, align="c", bold=True) for who, _ in signers],
        [text("(Ký, họ tên)", size=8.5, align="c") for _ in signers],
        [_Place(who, name) for who, name in signers],
        [text(name, size=size, align="c", bold=True) for _, name in signers],
    ]
    table = Table(rows, colWidths=[f"{100 / len(signers)}%"] * len(signers), spaceBefore=5 * mm)
    table.setStyle(
        [
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("SPAN", (0, 0), (-1, 0)),
            *_plain(),
            ("BOTTOMPADDING", (0, 0), (-1, 0), 5),
            ("NOSPLIT", (0, 0), (-1, -1)),
        ]
    )
    return table


SIGNING_ROOM: Final = 20 * mm  # the height in which a hand signs
# A seal has its real size, covers a third of the signature and lies to the left of it, over whatever is printed there.
SEAL_LEFT, SEAL_AROUND = 24 * mm, 11 * mm


def bears_seal(title: str) -> bool:
    """Return whether the unit's seal goes with who signs under a title: the commander, or who stands in for one."""
    return "thủ trưởng" in title.casefold()


class _Place(Flowable):
    """The empty room between title and name in which somebody signs."""

    def __init__(self, title: str, name: str) -> None:
        super().__init__()
        self.title, self.name = title, name

    def wrap(self, available_width: float, available_height: float) -> tuple[float, float]:
        self.width = available_width
        return available_width, SIGNING_ROOM

    def draw(self) -> None:
        x, y = self.canv.absolutePosition(0, 0)
        rect = [x, y, x + self.width, y + SIGNING_ROOM]
        if bears_seal(self.title):
            rect = [x - SEAL_LEFT, y - SEAL_AROUND, x + self.width, y + SIGNING_ROOM + SEAL_AROUND]
        cast("_NumberedCanvas", self.canv).places.append((self.canv.getPageNumber(), self.title, self.name, rect))


def _plain() -> list[tuple[Any, ...]]:
    """Return the rules of a table that only lays out; reportlab names the font even of cells that have none."""
    sides = ("LEFTPADDING", "RIGHTPADDING", "TOPPADDING", "BOTTOMPADDING")
    return [("FONTNAME", (0, 0), (-1, -1), REGULAR), *((side, (0, 0), (-1, -1), 0) for side in sides)]


# --- Pages ----------------------------------------------------------------------------------------------


class _NumberedCanvas(Canvas):
    """Writes “page/pages” centred at the top of every page but the first: known only when all are laid out."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._laid_out: list[dict[str, Any]] = []
        self.anchors: list[Anchor] = []
        self.places: list[tuple[int, str, str, list[float]]] = []  # page, title, name, left, bottom, right, top

    def showPage(self) -> None:  # noqa: N802  # reportlab's name
        self._laid_out.append(dict(self.__dict__))
        self._startPage()  # type: ignore[attr-defined]  # the known way to hold a page back; missing in the stubs

    def save(self) -> None:
        for page in self._laid_out:
            self.__dict__.update(page)
            if self.getPageNumber() > 1:
                width, height = page["_pagesize"]
                self.setFont(REGULAR, 10)
                self.drawCentredString(width / 2, height - 12 * mm, f"{self.getPageNumber()}/{len(self._laid_out)}")
            # Only now does the file have this page to point to.
            for anchor in (one for one in self.anchors if one.page == self.getPageNumber()):
                self.bookmarkPage(anchor.name)
                self.addOutlineEntry(_printable(anchor.title), anchor.name, 0)
            for number, (page_number, title, name, rect) in enumerate(self.places, start=1):
                if page_number == self.getPageNumber():
                    self._add_place(f"sign-{number}", title, name, rect)
            super().showPage()
        super().save()

    def _add_place(self, field: str, title: str, name: str, rect: list[float]) -> None:
        widget = PDFDictionary(
            {
                "Type": PDFName("Annot"),
                "Subtype": PDFName("Widget"),
                "FT": PDFName("Sig"),
                "T": PDFString(field),
                "TU": PDFString(_printable(title)),
                "Contents": PDFString(_printable(name)),
                "Rect": PDFArray([round(value, 2) for value in rect]),
                "P": self._doc.thisPageRef(),  # type: ignore[attr-defined]  # missing in the stubs
                "F": 4,  # it is printed
            }
        )
        self._addAnnotation(widget, field)  # type: ignore[attr-defined]  # missing too
        self.acroForm.fields.append(self.acroForm.getRef(widget))  # type: ignore[no-untyped-call]


class Anchor(Flowable):
    """Takes no room: names the page it comes to stand on, for the contents and for the outline of the file."""

    def __init__(self, name: str, title: str) -> None:
        super().__init__()
        self.name, self.title, self.page = name, title, 0

    def wrap(self, available_width: float, available_height: float) -> tuple[float, float]:
        return 0, 0

    def draw(self) -> None:
        self.page = self.canv.getPageNumber()
        cast("_NumberedCanvas", self.canv).anchors.append(self)


EXERCISE_MARK: Final = "CHỈ ĐỂ TẬP"  # stamped on whatever an exercise depot prints


def render(story: Sequence[Flowable], *, title: str, foot: str, landscape: bool = False, mark: str = "") -> bytes:
    """Return a form as PDF bytes; the same form gives the same bytes.

    `title` names the document for readers of the file; `foot` stands small at the foot of every page, so that a loose
    sheet still says what it belongs to; `mark` is stamped large and pale across every page. Fonts are embedded.

    Raises:
        Precondition: the fonts are not installed.
    """
    _register_fonts()
    size = pagesizes.landscape(pagesizes.A4) if landscape else pagesizes.A4
    written = BytesIO()

    def stamp(canvas: Canvas, _: BaseDocTemplate) -> None:
        canvas.saveState()
        canvas.setFont(REGULAR, 7)
        canvas.drawString(LEFT, 12 * mm, _printable(foot))
        if mark:
            canvas.translate(size[0] / 2, size[1] / 2)
            canvas.rotate(35)
            canvas.setFont(BOLD, 72)
            canvas.setFillGray(0.88)
            canvas.drawCentredString(0, 0, _printable(mark))
        canvas.restoreState()

    document = BaseDocTemplate(
        written,
        pagesize=size,
        title=title,
        author=settings.ORGANISATION_NAME,
        lang="vi",
        invariant=1,
        initialFontName=REGULAR,  # else every page names Helvetica, which is not embedded
    )
    frame = Frame(
        LEFT,
        BOTTOM,
        size[0] - LEFT - RIGHT,
        size[1] - TOP - BOTTOM,
        leftPadding=0,
        rightPadding=0,
        topPadding=0,
        bottomPadding=0,
    )
    document.addPageTemplates([PageTemplate(frames=[frame], onPage=stamp)])
    document.build(list(story), canvasmaker=_NumberedCanvas)
    return written.getvalue()


def render_with_pages(
    story: Callable[[Mapping[str, int]], Sequence[Flowable]],
    *,
    title: str,
    foot: str,
    landscape: bool = False,
    mark: str = "",
) -> bytes:
    """Return a document that tells its own pages: `story` is given the page of each Anchor by name.

    It is laid out twice, first without knowing the pages; what it says of them may not change how long it is.

    Raises:
        Precondition: the fonts are not installed.
    """
    _register_fonts()
    first = story({})
    render(first, title=title, foot=foot, landscape=landscape, mark=mark)
    pages = {part.name: part.page for part in first if isinstance(part, Anchor)}
    return render(story(pages), title=title, foot=foot, landscape=landscape, mark=mark)
