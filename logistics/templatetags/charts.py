"""Charts on pages: drawn by the server, with the same numbers as a table; `line_chart.js` makes lines answer a finger.

    {% load charts %}
    {% bars rows label="depot" value="on_hand" unit="kg" caption="Stock by depot" %}
    {% line_chart lines caption="Stock over time" unit="kg" %}

`rows` are objects or mappings; `lines` are `logistics.charts.Line`. A page with a line chart also loads
`{% chart_parts %}` in its head.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Final

from django import template
from django.conf import settings
from django.templatetags.static import static
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from logistics.charts import Line, Point, day_ticks, scale_of, thinned
from logistics.fields import format_date, format_quantity

register = template.Library()

_WIDTH: Final = 1000  # of the drawing's own units across; it is stretched to the page
_HEIGHT, _TOP, _FOOT = 220, 14, 22  # pixels: the whole, above the highest line, for the names of days
_SCRIPTS: Final = ("vendor/uplot/uPlot.iife.min.js",)


@register.simple_tag
def chart_parts() -> SafeString:
    """Return what a page with line charts loads besides its own parts: nothing else of the site pays for it."""
    return (
        format_html_join("", '<link rel="stylesheet" href="{}">', [(static("vendor/uplot/uPlot.min.css"),)])
        + format_html_join("", '<script defer src="{}"></script>', [(static(name),) for name in _SCRIPTS])
        + format_html_join("", '<script type="module" src="{}"></script>', [(static("logistics/line_chart.js"),)])
    )


@register.inclusion_tag("logistics/bars.html")
def bars(
    rows: Sequence[Any], *, label: str = "label", value: str = "value", href: str = "href", unit: str = "",
    caption: str = "", head: str = "", region: str = "",
) -> dict[str, Any]:  # fmt: skip
    """Show rows as a table with a bar in each; values below zero reach to the left of the line at zero.

    `label`, `value` and `href` name attributes or keys of the rows; a row without `href` leads nowhere. `region` names
    the part of the page where its caption is not alone of that name.
    """
    values = [Decimal(_of(row, value) or 0) for row in rows]
    low, high = min([*values, Decimal(0)]), max([*values, Decimal(0)])
    whole = (high - low) or Decimal(1)
    zero = -low / whole
    shown = []
    for row, number in zip(rows, values, strict=True):
        length = abs(number) / whole
        start = zero if number >= 0 else zero - length
        shown.append(
            {
                "label": _of(row, label),
                "href": _of(row, href) or "",
                "value": number,
                "start": f"{start * 100:.2f}",
                "length": f"{length * 100:.2f}",
                "is_below": number < 0,
            }
        )
    return {
        "rows": shown,
        "unit": unit,
        "caption": caption,
        "region": region or caption,
        "head": head,
        "zero": f"{zero * 100:.2f}" if low else "",
    }


@register.inclusion_tag("logistics/line_chart.html")
def line_chart(
    lines: Sequence[Line], *, caption: str, unit: str = "", steps: bool = True, name: str = "chart"
) -> dict[str, Any]:
    """Show lines over time and, folded away under them, the same numbers as a table.

    `steps`: a value holds until the next one, as stock does; else points are joined. `name` tells charts of a page
    apart. Nothing is drawn where no line has a value.
    """
    drawn = [Line(label=line.label, points=thinned(line.points), is_guess=line.is_guess) for line in lines]
    days = sorted({day for line in drawn for day, number in line.points if number is not None})
    if not days:
        return {"lines": (), "caption": caption, "name": name}
    scale = scale_of([number for line in drawn for _day, number in line.points if number is not None])
    first, last = days[0], days[-1]
    span = max((last - first).days, 1)
    language = get_language() or settings.LANGUAGE_CODE
    depth = _HEIGHT - _TOP - _FOOT

    def across(day: date) -> float:
        return (day - first).days / span

    def down(number: Decimal) -> float:
        return _TOP + (1 - scale.share(number)) * depth

    by_day: dict[date, list[Decimal | None]] = {day: [None] * len(drawn) for day in days}
    for place, line in enumerate(drawn):
        for day, number in line.points:
            if number is not None:
                by_day[day][place] = number
    return {
        "caption": caption,
        "unit": unit,
        "name": name,
        "is_stepped": steps,
        "height": _HEIGHT,
        "base": _HEIGHT - _FOOT,
        "below": _HEIGHT - 6,
        "width": _WIDTH,
        "lines": [
            {
                "label": line.label,
                "number": place + 1,
                "is_guess": line.is_guess,
                "path": _path(line.points, across=across, down=down, steps=steps),
            }
            for place, line in enumerate(drawn)
        ],
        "levels": [
            {"y": f"{down(tick):.1f}", "above": f"{down(tick) - 3:.1f}", "text": format_quantity(tick, language)}
            for tick in scale.ticks
        ],
        "days": [
            {"x": f"{across(day) * 100:.2f}", "line": f"{across(day) * _WIDTH:.1f}", "text": _short(day, span=span),
             "anchor": "start" if across(day) < 0.05 else "end" if across(day) > 0.95 else "middle"}
            for day in day_ticks(first, last)
        ],
        "rows": [(day, [(f"{number:f}" if number is not None else "", number) for number in by_day[day]])
                 for day in days],
        "from": first,
        "to": last,
        "lowest": scale.low,
    }  # fmt: skip


def _path(points: Sequence[Point], *, across: Any, down: Any, steps: bool) -> str:
    """Return an SVG path through the points; a gap starts it anew."""
    parts: list[str] = []
    is_open = False
    for day, number in points:
        if number is None:
            is_open = False
            continue
        x, y = f"{across(day) * _WIDTH:.1f}", f"{down(number):.1f}"
        if not is_open:
            parts.append(f"M{x} {y}")
        else:
            parts.append(f"H{x}V{y}" if steps else f"L{x} {y}")
        is_open = True
    return "".join(parts)


def _short(day: date, *, span: int) -> str:
    return f"{day:%m/%Y}" if span > 150 else format_date(day)[:5]


def _of(row: Any, name: str) -> Any:
    return row.get(name) if isinstance(row, Mapping) else getattr(row, name, None)
