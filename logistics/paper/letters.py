"""Letters on paper: fonts, numbers and days as forms print them, text as paragraphs."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from functools import cache
from typing import Final, Literal
from xml.sax.saxutils import escape

from django.conf import settings
from django.utils.translation import gettext as _
from reportlab.lib.enums import TA_CENTER, TA_LEFT, TA_RIGHT
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFError, TTFont
from reportlab.platypus import Paragraph

from logistics.errors import Precondition
from logistics.fields import format_date, format_quantity

# The rule asks for Times New Roman, which is not free to ship; DejaVu Serif is the free serif that has every
# Vietnamese letter.
REGULAR, BOLD = "DejaVuSerif", "DejaVuSerif-Bold"
DOTS: Final = "……………………………"  # where a pen writes


def number(value: Decimal, *, scale: int = 0) -> str:
    """Return a number as the forms print it: 1.234,5; at least `scale` decimals, never rounded."""
    return format_quantity(value, "vi", scale=scale)


def day(value: date) -> str:
    """Return a day as table cells print it: 05/02/2026."""
    return format_date(value)


@cache
def register_fonts() -> None:
    """Make the fonts known to reportlab, once.

    Raises:
        Precondition: they are not installed.
    """
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
    register_fonts()
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
    shown = escape(printable(value)).replace("\n", "<br/>")
    return Paragraph(shown, style(size=size, align=align, bold=bold))


def text_width(value: object, *, bold: bool = False) -> float:
    """Return how wide a text is on one line, in millimetres for each point of size; a cell needs ROUND_TEXT besides."""
    register_fonts()
    return pdfmetrics.stringWidth(printable(value), BOLD if bold else REGULAR, 1) / mm


def printable(value: object) -> str:
    """Return the text without control characters, which a font has no shape for."""
    return "".join(letter for letter in str(value) if letter in "\n\N{NO-BREAK SPACE}" or letter.isprintable())
