"""Which items have some words: the search behind every box where an item is typed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from logistics.search import fold

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from inventory.catalogue.models import Item

MOST_WORDS: Final = 12  # nobody types more, and each is compared with every item found


def with_words(items: QuerySet[Item], text: str) -> QuerySet[Item]:
    """Return the items that have all words of `text` in code, names, specification, NSN, GTIN or an older name.

    Marks and case are not minded, nor where a word stands. The column `words`, which the ORM does not know, has an
    index on trigrams.
    """
    words = sorted(set(fold(text).split()), key=lambda word: (-len(word), word))[:MOST_WORDS]
    patterns = ["%" + word.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_") + "%" for word in words]
    if not patterns:
        return items
    # The condition is a constant of ours, the patterns are its parameters.
    return items.extra(where=["catalogue_item.words LIKE %s"] * len(patterns), params=patterns)  # noqa: S610
