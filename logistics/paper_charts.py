"""Charts on paper: bars and lines as vector graphics, in the letters and the black of our forms."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Final, Literal

from reportlab.graphics.shapes import Drawing, PolyLine, Rect, String
from reportlab.graphics.shapes import Line as Stroke
from reportlab.lib import colors
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.platypus import Flowable, KeepTogether, Spacer

from logistics import paper
from logistics.charts import Bar, Line, day_ticks, scale_of, thinned
from logistics.fields import format_date, format_quantity

_SIZE: Final = 7.0  # points of the letters
_BAR: Final = 4.4 * mm
_DEPTH: Final = 52 * mm  # of a drawing of lines
_INKS: Final = (colors.HexColor("#1b6b42"), colors.HexColor("#b04a00"), colors.HexColor("#1d4fa8"))
_DASHES: Final[tuple[Any, ...]] = (None, [6, 2], [2, 2])
_PALE: Final = colors.HexColor("#bbbbbb")


def drawing(
    caption: str, *, unit: str = "", bars: Sequence[Bar] = (), lines: Sequence[Line] = (), width: float
) -> Flowable:
    """Return a chart with its caption, kept on one page; `width` in millimetres. Nothing of it is a picture of dots."""
    drawn = _lines(lines, width * mm) if lines else _bars(bars, width * mm)
    head = paper.text(f"{caption} ({unit})" if unit else caption, size=9, bold=True)
    return KeepTogether([head, Spacer(1, 1 * mm), drawn, Spacer(1, 3 * mm)])


def _bars(bars: Sequence[Bar], width: float) -> Drawing:
    paper.style()  # letters are measured below: the fonts must be there
    name_width = min(max((_wide(bar.label) for bar in bars), default=0) + 6, width * 0.45)
    texts = [format_quantity(bar.value, "vi") for bar in bars]
    room = width - name_width - max((_wide(text) for text in texts), default=0) - 8
    low = min([Decimal(0), *(bar.value for bar in bars)])
    high = max([Decimal(0), *(bar.value for bar in bars)]) or Decimal(1)
    whole = float(high - low) or 1.0
    zero = name_width + room * float(-low) / whole
    height = max(len(bars) * _BAR, _BAR)
    found = Drawing(width, height, initialFontName=paper.REGULAR)
    for place, (bar, text) in enumerate(zip(bars, texts, strict=True)):
        y = height - (place + 1) * _BAR
        length = room * float(abs(bar.value)) / whole
        start = zero if bar.value >= 0 else zero - length
        block = Rect(start, y + 1, length, _BAR - 2)
        block.fillColor, block.strokeColor = _INKS[0 if bar.value >= 0 else 1], None
        found.add(block)
        found.add(_letters(0, y + 3, _cut(bar.label, name_width - 4)))
        found.add(_letters(max(start + length, zero) + 3, y + 3, text))
    found.add(Stroke(zero, 0, zero, height, strokeColor=colors.black, strokeWidth=0.5))
    return found


def _lines(lines: Sequence[Line], width: float) -> Drawing:
    paper.style()
    points = [[point for point in thinned(line.points) if point[1] is not None] for line in lines]
    days = [day for line in points for day, _value in line]
    found = Drawing(width, _DEPTH, initialFontName=paper.REGULAR)
    if not days:
        return found
    scale = scale_of([value for line in points for _day, value in line if value is not None])
    first, last = min(days), max(days)
    span = max((last - first).days, 1)
    left = max(_wide(format_quantity(tick, "vi")) for tick in scale.ticks) + 5
    foot, head = 12.0, 4.0 + (10 if len(lines) > 1 else 0)

    def across(day: date) -> float:
        return left + (width - left - 12) * (day - first).days / span

    def up(value: Decimal) -> float:
        return foot + (_DEPTH - foot - head) * scale.share(value)

    for tick in scale.ticks:
        found.add(Stroke(left, up(tick), width, up(tick), strokeColor=_PALE, strokeWidth=0.4))
        found.add(_letters(left - 3, up(tick) - 2, format_quantity(tick, "vi"), anchor="end"))
    for day in day_ticks(first, last):
        found.add(Stroke(across(day), foot, across(day), foot - 3, strokeColor=colors.black, strokeWidth=0.4))
        text = f"{day:%m/%Y}" if span > 150 else format_date(day)
        found.add(_letters(across(day), 2, text, anchor="middle" if across(day) > left + 20 else "start"))
    for place, (line, known) in enumerate(zip(lines, points, strict=True)):
        path: list[float] = []
        for day, value in known:
            if value is None:
                continue
            if path and not line.is_guess:
                path += [across(day), path[-1]]  # stock holds until it changes
            path += [across(day), up(value)]
        if len(path) >= 4:
            dash: Any = [3, 3] if line.is_guess else _DASHES[place % 3]
            found.add(PolyLine(path, strokeColor=_INKS[place % 3], strokeWidth=1.2, strokeDashArray=dash))
        if len(lines) > 1:
            start = left + place * 150
            found.add(Stroke(start, _DEPTH - 5, start + 16, _DEPTH - 5, strokeColor=_INKS[place % 3], strokeWidth=1.2,
                             strokeDashArray=_DASHES[place % 3]))  # fmt: skip
            found.add(_letters(start + 20, _DEPTH - 7, _cut(line.label, 125)))
    return found


def _letters(x: float, y: float, text: str, *, anchor: Literal["start", "middle", "end"] = "start") -> String:
    return String(x, y, text, fontName=paper.REGULAR, fontSize=_SIZE, textAnchor=anchor)


def _wide(text: str) -> float:
    return pdfmetrics.stringWidth(text, paper.REGULAR, _SIZE)


def _cut(text: str, room: float) -> str:
    """Return a text cut where it would be wider than `room` points."""
    shown = text
    while _wide(shown) > room and len(shown) > 1:
        text = text[:-1]
        shown = text + "…"
    return shown
