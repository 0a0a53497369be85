"""What two texts are compared by when people search."""

from __future__ import annotations

import unicodedata


def fold(text: str) -> str:
    """Return the text in lower case without marks and with đ as d, in NFC: “Đạn súng” becomes “dan sung”.

    Composed and decomposed spellings fold alike, and so do the two places of a tone mark (hoà and hòa, thuý
    and thúy). The twin in SQL is `unaccent(lower(…))`; both must agree on Vietnamese text.
    Source: Unicode Standard Annex 15 for the forms; TCVN 6909 for the letters.
    """
    decomposed = unicodedata.normalize("NFD", text.lower())
    bare = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    return unicodedata.normalize("NFC", bare).replace("đ", "d")
