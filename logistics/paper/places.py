"""The places to sign at the end of a form, each with an empty signature field over it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, cast

from reportlab.lib.units import mm
from reportlab.platypus import Flowable, Table

from logistics.paper.headings import plain
from logistics.paper.letters import text
from logistics.paper.pages import NumberedCanvas

SIGNING_ROOM: Final = 20 * mm  # the height in which a hand signs
# A seal has its real size, covers a third of the signature and lies to the left of it, over whatever is printed there.
SEAL_LEFT, SEAL_AROUND = 24 * mm, 11 * mm


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
            *plain(),
            ("BOTTOMPADDING", (0, 0), (-1, 0), 5),
            ("NOSPLIT", (0, 0), (-1, -1)),
        ]
    )
    return table


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
        cast("NumberedCanvas", self.canv).places.append((self.canv.getPageNumber(), self.title, self.name, rect))
