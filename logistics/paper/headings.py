"""What stands over the table of a form: its two corners, its name, the facts it is about."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from reportlab.graphics.barcode.qr import QrCodeWidget
from reportlab.graphics.shapes import Drawing
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, Table

from logistics.paper.letters import REGULAR, text

_CODE: Final = 22 * mm  # the side of a square code, its quiet zone included: a phone at arm's length reads it


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
    corners.setStyle([("VALIGN", (0, 0), (-1, -1), "TOP"), *plain()])
    return corners


def title(name: str, *below: str, code: str = "") -> Flowable:
    """Return a form's name in capitals, centred, with lines such as its date and number below.

    `code` is what a square code (QR) at the right says, "" for none.
    """
    lines = [text(name.upper(), size=14, align="c", bold=True), *(text(line, align="c") for line in below if line)]
    if not code:
        table = Table([[line] for line in lines], colWidths=["100%"], spaceBefore=4 * mm, spaceAfter=3 * mm)
        table.setStyle([*plain(), ("BOTTOMPADDING", (0, 0), (-1, -1), 2)])
        return table
    widget = QrCodeWidget(code, barLevel="M", barWidth=_CODE, barHeight=_CODE, barBorder=4)
    square = Drawing(_CODE, _CODE, initialFontName=REGULAR)  # else it names Helvetica, which is not embedded
    square.add(widget)
    # An empty place of the same width at the left keeps the name in the middle of the sheet.
    table = Table([["", lines, square]], colWidths=[_CODE, None, _CODE], spaceBefore=2 * mm, spaceAfter=2 * mm)
    table.setStyle([("VALIGN", (0, 0), (-1, -1), "MIDDLE"), *plain()])
    return table


def facts(pairs: Sequence[tuple[str, object]], *, columns: int = 1) -> Flowable:
    """Return labelled facts, “- Mã số: QN-…”, in reading order over `columns` columns."""
    cells = [text(f"- {label}: {value}") for label, value in pairs]
    rows = [cells[start : start + columns] for start in range(0, len(cells), columns)]
    rows[-1] += [text("")] * (columns - len(rows[-1]))
    table = Table(rows, colWidths=[f"{100 / columns}%"] * columns, spaceAfter=3 * mm)
    table.setStyle([("VALIGN", (0, 0), (-1, -1), "TOP"), *plain(), ("BOTTOMPADDING", (0, 0), (-1, -1), 2)])
    return table


def plain() -> list[tuple[Any, ...]]:
    """Return the rules of a table that only lays out; reportlab names the font even of cells that have none."""
    sides = ("LEFTPADDING", "RIGHTPADDING", "TOPPADDING", "BOTTOMPADDING")
    return [("FONTNAME", (0, 0), (-1, -1), REGULAR), *((side, (0, 0), (-1, -1), 0) for side in sides)]
