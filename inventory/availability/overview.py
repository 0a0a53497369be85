"""What a person's depots hold, at a glance: one row per depot, one row per item, page by page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from depots.models import Depot
from inventory.availability.question import words_of
from logistics import sql


@dataclass(frozen=True, slots=True)
class Glance:
    """Where a depot's logbook stands (`position` 0: empty) and how many piles and items lie in the depot."""

    depot: Depot
    position: int
    recorded_at: datetime | None
    piles: int
    items: int


@dataclass(frozen=True, slots=True)
class ItemStock:
    """What some depots hold of one item together, in its base unit; `depots` counts those that have any."""

    code: str
    name: str
    name_en: str
    unit: str
    unit_en: str
    on_hand: Decimal
    available: Decimal
    in_transit_in: Decimal
    depots: int


def depots_at_a_glance(depots: Sequence[Depot]) -> list[Glance]:
    """Return one glance per depot, in the order given; one query."""
    found = {
        depot: rest
        for depot, *rest in sql.rows("availability/depots_at_a_glance", {"depots": [depot.pk for depot in depots]})
    }
    return [Glance(depot, *found[depot.pk]) for depot in depots]


def stock_by_item(
    depots: Sequence[int], *, text: str = "", on: date, page: int = 1, size: int = 50
) -> tuple[list[ItemStock], int]:
    """Return a page of what the depots hold together, by item code, and how many items there are in all.

    `text` keeps the items that have all its words in what `Question.text` looks at, marks not minded.
    `on` is the day whose expiry counts; `page` counts from 1. A page past the end is empty and says 0 in all.
    """
    found = sql.rows(
        "availability/stock_by_item",
        {
            "depots": list(depots),
            "today": on,
            "skip": (page - 1) * size,
            "page_size": size,
        }
        | words_of(text),
        prepare=False,
    )
    return [ItemStock(*row[1:]) for row in found], found[0][0] if found else 0
