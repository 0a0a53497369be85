"""The demo's pictures for signing: how two people's hands sign, the seal of K01's unit, and one scan.

They are drawn here and say MẪU, so that nobody takes them for a real hand or a real seal. Nothing is signed: a key
belongs to a person, and the demo has none to give (docs/guide/signing.md tells how to make one to try).
"""

from __future__ import annotations

import math
from datetime import datetime
from decimal import Decimal
from io import BytesIO
from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.utils import timezone
from PIL import Image, ImageDraw, ImageFont

from depots.models import Depot
from inventory.printing.models import KeptPaper
from inventory.signing import scans
from inventory.signing.models import Seal, SignaturePicture
from logistics import history, paper

if TYPE_CHECKING:
    from logistics.accounts.models import User

_BLUE: Final = (20, 45, 160, 255)
_RED: Final = (200, 25, 35, 255)
_CLEAR: Final = (0, 0, 0, 0)
_SIGNERS: Final = ("thukho", "chihuy")


def make(users: dict[str, User], *, at: datetime) -> None:
    """Give the storekeeper and the chief a signature picture, their unit a seal, and one kept paper a scan."""
    keeper, depot = users["quantri"], Depot.objects.select_related("unit").get(code="K01")
    with history.changing(by=keeper, reason="Nạp dữ liệu mẫu", source=history.Source.COMMAND):
        for number, login in enumerate(_SIGNERS):
            SignaturePicture.objects.create(user=users[login], picture=_hand(number))
        Seal.objects.create(
            unit=depot.unit,
            name="Dấu mẫu",
            picture=_seal(),
            width_mm=Decimal(36),
            valid_from=timezone.localdate(at).replace(month=1, day=1),
        )
    printed = KeptPaper.objects.filter(depot=depot).order_by("pk").first()
    if printed is not None:
        words = f"Bản quét mẫu của {printed.title}: tờ này do máy vẽ, không ai ký."
        scans.add(
            depot=depot,
            subject=printed.subject,
            name=f"{printed.title} đã ký.pdf",
            content=paper.render([paper.text(words)], title=printed.title, foot=words),
            by=users["thukho"],
            at=at,
        )


def _hand(number: int) -> bytes:
    """Return a wavy line and the word MẪU, another for each number."""
    made = Image.new("RGBA", (600, 220), _CLEAR)
    draw = ImageDraw.Draw(made)
    wave = [(20 + x, 90 + 60 * math.sin(x / (24 + 9 * number)) * math.cos(x / 70)) for x in range(560)]
    draw.line(wave, fill=_BLUE, width=8, joint="curve")
    draw.text((230, 150), "MẪU", font=_font(44), fill=_BLUE)
    return _png(made)


def _seal() -> bytes:
    """Return a ring and the words DẤU MẪU."""
    made = Image.new("RGBA", (420, 420), _CLEAR)
    draw = ImageDraw.Draw(made)
    draw.ellipse((4, 4, 415, 415), outline=_RED, width=12)
    draw.ellipse((44, 44, 375, 375), outline=_RED, width=5)
    draw.text((210, 210), "DẤU\nMẪU", font=_font(76), fill=_RED, anchor="mm", align="center")
    return _png(made)


def _font(size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(settings.FONT_DIR / f"{paper.BOLD}.ttf"), size)


def _png(picture: Image.Image) -> bytes:
    written = BytesIO()
    picture.save(written, "PNG", optimize=True)
    return written.getvalue()
