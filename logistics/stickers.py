"""Self-adhesive labels: what one says and carries in bars, laid out on a roll or on sheets, as PDF.

Every sticker is one design of 50 × 30 mm, set in the middle of whatever cell the paper has. Bars and modules are whole
dots of a 203 dpi printer wide, because a thermal printer that has to round them makes symbols that do not read.
reportlab draws the bars; Zint, which comes with zxing-cpp, computes the DataMatrix (docs/adr/0011).

    from logistics import stickers
    one = stickers.Sticker(title="Gạo tẻ", lines=("Lô L25-01",), bars="00000001747", matrix="(01)…", is_gs1=True)
    data = stickers.render([one], paper=stickers.PAPERS["roll"], start=1, title="Nhãn K01")
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Final

import zxingcpp
from django.conf import settings
from django.utils.translation import gettext_lazy
from reportlab.graphics.barcode.code128 import Code128
from reportlab.lib.units import mm
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas

from logistics import paper as forms

DOT: Final = 72 / 203  # points: one dot of a thermal printer
_WIDTH, _HEIGHT = 50 * mm, 30 * mm
_EDGE: Final = 1.5 * mm
_BAR: Final = 2 * DOT
_BAR_HEIGHT: Final = 6.5 * mm
_QUIET: Final = 10 * _BAR  # ISO/IEC 15417: ten modules on each side
_MODULE: Final = 4 * DOT
_MATRIX_SIDE: Final = 14.5 * mm  # the corner kept for the matrix and its quiet zone, 26 modules at most
_MOST_BARS: Final = _WIDTH - _MATRIX_SIDE - 2 * _QUIET


@dataclass(frozen=True, slots=True, kw_only=True)
class Sticker:
    """What one label says and carries.

    `title` is wrapped over two lines, `lines` stand below it. `bars` are the characters of the Code 128, printed
    under it, and left out where they find no room or are not ASCII. `matrix` is what the DataMatrix
    carries: GS1 element strings in brackets where `is_gs1`, else text. `mark` is stamped in white on black. A `big`
    title is for what is read from the gangway.
    """

    title: str
    lines: tuple[str, ...] = ()
    bars: str = ""
    matrix: str
    is_gs1: bool = False
    mark: str = ""
    big: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """Label stock: the size of a page, and the cells on it in rows from the top left; lengths in millimetres."""

    label: Any
    width: float
    height: float
    columns: int = 1
    rows: int = 1
    left: float = 0
    top: float = 0
    across: float = 50
    down: float = 30
    gap: float = 0

    @property
    def cells(self) -> int:
        """How many labels a page holds."""
        return self.columns * self.rows


# The sheets are those on sale everywhere; their makers' measures.
PAPERS: Final = {
    "roll": Paper(label=gettext_lazy("roll, 50 × 30 mm"), width=50, height=30),
    "a4-40": Paper(
        label=gettext_lazy("A4, 40 labels of 52.5 × 29.7 mm"), width=210, height=297, columns=4, rows=10,
        across=52.5, down=29.7,
    ),
    "a4-24": Paper(
        label=gettext_lazy("A4, 24 labels of 70 × 37 mm"), width=210, height=297, columns=3, rows=8, top=0.5,
        across=70, down=37,
    ),
    "a4-21": Paper(
        label=gettext_lazy("A4, 21 labels of 63.5 × 38.1 mm"), width=210, height=297, columns=3, rows=7, left=7.25,
        top=15.15, across=63.5, down=38.1, gap=2.5,
    ),
}  # fmt: skip


def render(stickers: Sequence[Sticker], *, paper: Paper, start: int = 1, title: str) -> bytes:
    """Return the stickers as PDF, in their order; the same stickers give the same bytes.

    `start` is the first free cell of the first sheet, from 1, so that a begun sheet is used up.

    Raises:
        Precondition: the fonts are not installed.
    """
    assert stickers, "a PDF has a page"
    assert 1 <= start <= paper.cells, start
    forms.style()  # registers the fonts
    written = BytesIO()
    canvas = Canvas(
        written,
        pagesize=(paper.width * mm, paper.height * mm),
        invariant=1,
        initialFontName=forms.REGULAR,  # type: ignore[arg-type]  # a name, whatever the stubs say
        lang="vi",
    )
    canvas.setTitle(title)
    canvas.setAuthor(settings.ORGANISATION_NAME)
    for index, sticker in enumerate(stickers, start=start - 1):
        place = index % paper.cells
        if place == 0 and index >= start:
            canvas.showPage()
        row, column = divmod(place, paper.columns)
        left = paper.left + column * (paper.across + paper.gap) + paper.across / 2 - 25
        top = paper.top + row * paper.down + paper.down / 2 - 15
        canvas.saveState()
        canvas.translate(_snapped(left * mm), paper.height * mm - _snapped(top * mm + _HEIGHT))
        _draw(canvas, sticker)
        canvas.restoreState()
    canvas.showPage()
    canvas.save()
    return written.getvalue()


# --- One sticker --------------------------------------------------------------------------------------------------


def _draw(canvas: Canvas, sticker: Sticker) -> None:
    right = _draw_matrix(canvas, sticker)
    if sticker.mark:
        right = _draw_mark(canvas, sticker.mark, bottom=right)
    _draw_bars(canvas, sticker.bars)
    top, whole = _HEIGHT - _EDGE, _WIDTH - 2 * _EDGE
    size = 7.5
    if sticker.big:
        size = min(15.0, 15.0 * whole / stringWidth(sticker.title, forms.BOLD, 15))
    for line in _wrapped(sticker.title, font=forms.BOLD, size=size, width=whole + 0.1, most=1 if sticker.big else 2):
        top -= 1.2 * size  # room for both marks of a capital letter such as Ể
        canvas.setFont(forms.BOLD, size)
        canvas.drawString(_EDGE, top + 0.3 * size, line)
    for line in filter(None, sticker.lines):
        top -= 7.6
        width = whole if top > right else _WIDTH - _MATRIX_SIDE - 3 * _EDGE
        # A small lot code can be read, a cut one cannot.
        small = max(7 * width / max(stringWidth(line, forms.REGULAR, 7), width), 4.5)
        (shown,) = _wrapped(line, font=forms.REGULAR, size=small, width=width + 0.1, most=1) or [""]
        canvas.setFont(forms.REGULAR, small)
        canvas.drawString(_EDGE, top + 1.5, shown)


def _draw_bars(canvas: Canvas, characters: str) -> None:
    """Draw the Code 128 at the bottom left with its characters below; nothing where it has no room or no letters."""
    if not characters or not characters.isascii():
        return
    bars = Code128(characters, barWidth=_BAR, barHeight=_BAR_HEIGHT, quiet=False)
    if bars.width > _MOST_BARS:
        return
    left = _snapped(_QUIET)
    bars.drawOn(canvas, left, _EDGE + 7)
    canvas.setFont(forms.REGULAR, 7)
    canvas.drawString(left, _EDGE + 0.5, characters)


def _draw_matrix(canvas: Canvas, sticker: Sticker) -> float:
    """Draw the DataMatrix in the bottom right corner; return how high above the label's edge it ends."""
    options = {"gs1": True} if sticker.is_gs1 else {}
    # Without force_square Zint takes the extended rectangles, which older scanners do not read.
    symbol = zxingcpp.create_barcode(
        sticker.matrix, zxingcpp.BarcodeFormat.DataMatrix, force_square=True, **options
    ).to_image(scale=1, add_quiet_zones=False)
    modules = memoryview(symbol)  # type: ignore[arg-type]  # it has the buffer; the stubs leave it out
    count = len(modules)
    step = min(_MODULE, (_MATRIX_SIDE - 2 * DOT) / (count + 2))
    step = max(int(step / DOT + 1e-6), 1) * DOT
    right, bottom = _snapped(_WIDTH - _EDGE), _snapped(_EDGE + step)
    left = right - step * (count + 1)
    path = canvas.beginPath()
    for row in range(count):
        start = None
        for column in range(count + 1):
            is_dark = column < count and modules[row, column] == 0
            if is_dark and start is None:
                start = column
            elif not is_dark and start is not None:
                path.rect(left + start * step, bottom + (count - 1 - row) * step, (column - start) * step, step)
                start = None
    canvas.drawPath(path, stroke=0, fill=1)
    return bottom + (count + 1) * step


def _draw_mark(canvas: Canvas, mark: str, *, bottom: float) -> float:
    """Draw the mark above the matrix; return where it ends."""
    size = 6.0
    width = stringWidth(mark, forms.BOLD, size) + 4
    left = _WIDTH - _EDGE - width
    canvas.rect(left, bottom + 1, width, size + 3, stroke=0, fill=1)
    canvas.setFillGray(1)
    canvas.setFont(forms.BOLD, size)
    canvas.drawString(left + 2, bottom + 3, mark)
    canvas.setFillGray(0)
    return bottom + size + 4


def _snapped(length: float) -> float:
    """Return the length as whole dots."""
    return round(length / DOT) * DOT


def _wrapped(text: str, *, font: str, size: float, width: float, most: int) -> list[str]:
    """Return the text over at most so many lines; what does not fit ends in “…”."""
    words = "".join(letter if letter.isprintable() else " " for letter in text).split()
    lines: list[str] = []
    while words and len(lines) < most:
        line = words.pop(0)
        while words and stringWidth(f"{line} {words[0]}", font, size) <= width:
            line += f" {words.pop(0)}"
        if stringWidth(line, font, size) > width:  # one word alone
            kept = _cut(line, font=font, size=size, width=width, end="")
            words.insert(0, line[len(kept) :])
            line = kept
        lines.append(line)
    if words:
        lines[-1] = _cut(f"{lines[-1]} {words[0]}", font=font, size=size, width=width, end="…")
    return lines


def _cut(text: str, *, font: str, size: float, width: float, end: str) -> str:
    while len(text) > 1 and stringWidth(text + end, font, size) > width:
        text = text[:-1]
    return text.rstrip() + end
