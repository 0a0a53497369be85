"""Which pictures of signatures and seals are taken: small PNG on transparent ground, in the ink they are made with."""

from __future__ import annotations

import warnings
from io import BytesIO
from typing import Final, Literal

from django.utils.translation import gettext as _
from PIL import Image, UnidentifiedImageError

from logistics.errors import Fault, Invalid

MOST_BYTES: Final = 300_000
LEAST_SIDE, MOST_SIDE = 60, 2_000  # pixels
_CLEAR: Final = 40  # of 255: what is fainter is ground, not ink
_LEAST_CLEAR: Final = 0.2  # of a picture, is ground
Ink = Literal["blue", "red"]


def cleaned(data: bytes, *, ink: Ink, pointer: str = "/picture") -> bytes:
    """Return a picture as it is kept: the pixels of a PNG and nothing else that came with it.

    Raises:
        Invalid: no PNG by its content, too large or too small, without transparent ground, or of another ink; `pointer`
            names the box it came in.
    """

    def refused(words: str) -> Invalid:
        return Invalid([Fault(pointer, "picture", words)])

    if len(data) > MOST_BYTES:
        raise refused(_("A picture has at most %(most)s kB.") % {"most": MOST_BYTES // 1000})
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            # Only PNG is looked at: neither SVG, which is a program, nor any other format ever reaches a decoder.
            with Image.open(BytesIO(data), formats=("PNG",)) as opened:
                if not all(LEAST_SIDE <= side <= MOST_SIDE for side in opened.size):
                    text = _("The picture is %(width)s × %(height)s pixels; each side has %(least)s to %(most)s.")
                    width, height = opened.size
                    raise refused(text % {"width": width, "height": height, "least": LEAST_SIDE, "most": MOST_SIDE})
                pixels = opened.convert("RGBA")
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError, Warning) as error:
        raise refused(
            _("This is no PNG picture. Scan the ink and save it as PNG; SVG and JPEG are not taken.")
        ) from error
    ground = sum(pixels.getchannel("A").histogram()[:_CLEAR])
    if ground < _LEAST_CLEAR * pixels.width * pixels.height:
        raise refused(_("The ground is not transparent: take the paper's white away, so that only the ink is left."))
    red, green, blue = _ink(pixels)
    if (ink == "blue" and not blue > max(red, green)) or (ink == "red" and not red > max(green, blue)):
        words = {
            "blue": _("A signature is blue: this picture is of another colour."),
            "red": _("A seal is red: this picture is of another colour."),
        }
        raise refused(words[ink])
    kept = BytesIO()
    pixels.save(kept, "PNG", optimize=True)
    return kept.getvalue()


def _ink(pixels: Image.Image) -> tuple[float, float, float]:
    """Return the mean colour of what is not ground."""
    mask = pixels.getchannel("A").point(lambda value: 255 if value >= _CLEAR else 0)
    counts = [channel.histogram(mask) for channel in pixels.convert("RGB").split()]
    red, green, blue = (
        sum(value * count for value, count in enumerate(histogram)) / max(sum(histogram), 1) for histogram in counts
    )
    return red, green, blue


def size_of(data: bytes) -> tuple[int, int]:
    """Return width and height, in pixels, of a picture that was cleaned."""
    with Image.open(BytesIO(data), formats=("PNG",)) as opened:
        return opened.size
