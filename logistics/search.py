"""What two texts are compared by when people search."""

from __future__ import annotations

import unicodedata
from typing import Any, Final

from django.db.models import F, Func, Q, QuerySet, TextField, Value
from django.db.models.functions import Lower

# Letters and signs of item names that have no marks to drop, as PostgreSQL's unaccent.rules writes them: đ (and the
# Icelandic ð that old fonts typed for it), Ø of diameters, × of sizes, and the dashes and quotes word processors put.
_SIGNS: Final = str.maketrans(
    {"đ": "d", "ð": "d", "ø": "o", "×": "*", "÷": "/", "±": "+/-", "½": "1/2", "¼": "1/4", "¾": "3/4", "…": "..."}
    | dict.fromkeys("‐‑‒–—―−", "-")
    | dict.fromkeys("‘’‛′", "'")
    | dict.fromkeys("“”‟″", '"')
)


def fold(text: str) -> str:
    """Return the text in lower case without marks and with đ as d, in NFC: “Đạn súng” becomes “dan sung”.

    Composed and decomposed spellings fold alike, and so do the two places of a tone mark (hoà and hòa, thuý and
    thúy). The twin in SQL is `unaccent(lower(…))`; both agree on Vietnamese text and its usual signs.
    Source: Unicode Standard Annex 15 for the forms; TCVN 6909 for the letters.
    """
    decomposed = unicodedata.normalize("NFD", text.lower())
    bare = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    return unicodedata.normalize("NFC", bare).translate(_SIGNS)


def find(rows: QuerySet[Any, Any], text: str, *fields: str) -> QuerySet[Any, Any]:
    """Return the rows that have every word of `text` somewhere in their `fields`, marks and case not minded."""
    words = fold(text).split()
    if not words:
        return rows
    whole = Func(Value(" "), *map(F, fields), function="concat_ws", output_field=TextField())
    folded = Func(Lower(whole), function="unaccent", output_field=TextField())
    found: QuerySet[Any, Any] = rows.alias(folded=folded).filter(Q(*(Q(folded__contains=word) for word in words)))
    return found
