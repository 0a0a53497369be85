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

from logistics.paper.headings import facts, heading, title
from logistics.paper.letters import BOLD, DOTS, REGULAR, day, number, style, text, text_width
from logistics.paper.pages import EXERCISE_MARK, LEFT, NARROW, RIGHT, WIDE, Anchor, render, render_with_pages
from logistics.paper.places import SEAL_AROUND, SEAL_LEFT, SIGNING_ROOM, bears_seal, signatures
from logistics.paper.tables import ROUND_TEXT, grid

__all__ = [
    "BOLD",
    "DOTS",
    "EXERCISE_MARK",
    "LEFT",
    "NARROW",
    "REGULAR",
    "RIGHT",
    "ROUND_TEXT",
    "SEAL_AROUND",
    "SEAL_LEFT",
    "SIGNING_ROOM",
    "WIDE",
    "Anchor",
    "bears_seal",
    "day",
    "facts",
    "grid",
    "heading",
    "number",
    "render",
    "render_with_pages",
    "signatures",
    "style",
    "text",
    "text_width",
    "title",
]
