"""What a signature looks like on the paper: the picture of the hand, the seal over a third of it, who signed and when.

Nghị định 30/2020/NĐ-CP, appendix I: the picture is blue, the seal red, both PNG on transparent ground; the seal has its
real size and covers about a third of the signature from the left.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from io import BytesIO
from typing import Final

from django.utils import timezone
from reportlab.lib.colors import Color
from reportlab.lib.units import mm
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas

from inventory.signing.places import Place
from logistics import paper

BLUE: Final = Color(0.05, 0.15, 0.55)
_MOST_WIDE: Final = 32 * mm  # of a signature's picture
_TELLING: Final = 4.6  # points: who and when, small under the picture
_LINES: Final = 3.2 * mm  # their room
COVERED: Final = 1 / 3  # of the signature, by the seal


@dataclass(frozen=True, slots=True)
class Box:
    """Where something is drawn, in points from the lower left of the field."""

    left: float
    bottom: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """The right edge."""
        return self.left + self.width

    @property
    def middle(self) -> float:
        """Half way from left to right."""
        return self.left + self.width / 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Where the parts of a signature stand in its field. `seal` is None where none is set."""

    hand: Box
    seal: Box | None


def layout(place: Place, *, hand: tuple[int, int], seal: tuple[int, int] | None, seal_mm: Decimal | None) -> Layout:
    """Return where picture and seal, of so many pixels, go in a place; both keep their shape, the seal its real width.

    Beside a seal the signature stands at the right of its place, and is smaller where the seal would leave the field.
    """
    left, bottom, right, top = place.rect
    inset, below = (paper.SEAL_LEFT, paper.SEAL_AROUND) if place.bears_seal else (0.0, 0.0)
    cell, height = right - left - inset, paper.SIGNING_ROOM - _LINES
    across = 0.0 if seal_mm is None else float(seal_mm) * mm
    widest = min(cell - 2 * mm, _MOST_WIDE)
    if seal is not None:
        widest = min(widest, (right - left - mm - across) / (1 - COVERED))
    scale = min(widest / hand[0], height / hand[1])
    width, tall = hand[0] * scale, hand[1] * scale
    # Beside a seal as far to the right as the place goes: the seal then lies over as little as can be of its neighbour.
    start = right - left - width - mm if seal is not None else inset + (cell - width) / 2
    box = Box(start, below + _LINES + (height - tall) / 2, width, tall)
    if seal is None:
        return Layout(hand=box, seal=None)
    high = across * seal[1] / seal[0]
    stamp = Box(start + width * COVERED - across, max((top - bottom - high) / 2, 0.0), across, high)
    return Layout(hand=box, seal=stamp)


def draw(
    place: Place,
    *,
    picture: bytes | None,
    seal: bytes | None,
    seal_mm: Decimal | None,
    name: str,
    at: datetime,
) -> bytes:
    """Return the look of a signature as a PDF of one page, of the size of its place.

    Without a picture the name is written instead. Under either stand the name of the key's holder and the moment.

    Raises:
        Precondition: the fonts are not installed.
    """
    left, bottom, right, top = place.rect
    font = paper.style().fontName
    written = BytesIO()
    canvas = Canvas(written, pagesize=(right - left, top - bottom), invariant=1, initialFontName=font)  # type: ignore[arg-type]
    hand = ImageReader(BytesIO(picture)) if picture else None
    stamp = ImageReader(BytesIO(seal)) if seal else None
    set_out = layout(
        place, hand=hand.getSize() if hand else (300, 100), seal=stamp.getSize() if stamp else None, seal_mm=seal_mm
    )
    box = set_out.hand
    if hand:
        canvas.drawImage(hand, box.left, box.bottom, box.width, box.height, mask="auto")
    else:
        size = min(9.0, 9.0 * box.width / max(stringWidth(name, font, 9), 1))
        canvas.setFont(font, size)
        canvas.setFillColor(BLUE)
        canvas.drawCentredString(box.middle, box.bottom + box.height / 2 - size / 3, name)
    if stamp and set_out.seal:
        canvas.saveState()
        canvas.setBlendMode("Multiply")  # as ink does: what lies under the seal stays to be read
        canvas.drawImage(
            stamp, set_out.seal.left, set_out.seal.bottom, set_out.seal.width, set_out.seal.height, mask="auto"
        )
        canvas.restoreState()
    canvas.setFillColor(BLUE)
    base = paper.SEAL_AROUND if place.bears_seal else 0.0
    moment = f"{timezone.localtime(at):%d/%m/%Y %H:%M:%S %z}"
    for number, line in enumerate((moment, f"Ký số: {name}")):
        size = min(_TELLING, _TELLING * (right - left) / max(stringWidth(line, font, _TELLING), 1))
        canvas.setFont(font, size)
        canvas.drawCentredString(box.middle, base + 0.4 * mm + number * (_TELLING + 0.6), line)
    canvas.save()
    return written.getvalue()
