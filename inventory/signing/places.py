"""Where on a paper one signs: the empty signature fields that its form left over the places, and their order."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from typing import Any, Final

from pypdf import PdfReader
from pypdf.errors import PyPdfError

from logistics import paper

_FIELDS: Final = "sign-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One place to sign. `field` is its name in the file, `turn` when it comes (from 1), `rect` in points of its page.

    `name` is the printed one, "" where a hand writes it; `bears_seal`: the unit's seal goes with this signature.
    """

    field: str
    turn: int
    title: str
    name: str
    rect: tuple[float, float, float, float]
    bears_seal: bool


def places_of(content: bytes) -> tuple[Place, ...]:
    """Return the places to sign of a paper in their turn: as they stand, left to right, but the commander last.

    Empty for a file that has none, or that is no PDF of ours.
    """
    try:
        fields = [
            annotation
            for page in PdfReader(BytesIO(content)).pages
            for reference in page.get("/Annots") or ()
            if (annotation := reference.get_object()).get("/FT") == "/Sig"
            and str(annotation.get("/T", "")).startswith(_FIELDS)
        ]
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError):
        return ()
    # Whoever answers for the whole signs when the others have.
    ordered = sorted(fields, key=lambda one: paper.bears_seal(str(one.get("/TU", ""))))
    return tuple(_place(annotation, turn) for turn, annotation in enumerate(ordered, start=1))


def _place(annotation: Any, turn: int) -> Place:
    left, bottom, right, top = (float(value) for value in annotation["/Rect"])
    title = str(annotation.get("/TU", ""))
    return Place(
        field=str(annotation["/T"]),
        turn=turn,
        title=title,
        name=str(annotation.get("/Contents", "")),
        rect=(left, bottom, right, top),
        bears_seal=paper.bears_seal(title),
    )
