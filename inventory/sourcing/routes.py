"""The routes of a plan, as the map draws them."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING
from uuid import UUID

from django.urls import reverse
from django.utils.translation import get_language, ngettext

from inventory.availability.routes import Route, Routes
from inventory.catalogue.models import Item
from inventory.sourcing.goods import Row
from inventory.sourcing.models import Plan
from logistics.fields import told_quantity

if TYPE_CHECKING:
    from logistics.accounts.models import User

_MOST_TOLD = 3


def routes(key: str, user: User) -> Routes | None:
    """Return the routes of a plan from each depot that gives, with what goes; None where `user` sees no such plan."""
    try:
        wanted = UUID(key)
    except ValueError:
        return None
    plan = Plan.objects.visible_to(user).select_related("near").filter(pk=wanted).first()
    if plan is None:
        return None
    sources = plan.sources
    items = Item.objects.select_related("base_unit").in_bulk({row.item for row in sources}, field_name="code")
    given: dict[str, list[Row]] = defaultdict(list)
    for row in sources:
        given[row.depot].append(row)
    return Routes(
        title=plan.name,
        href=reverse("plan", args=[plan.pk]),
        routes=tuple(
            Route(from_depot=depot, to_depot=plan.near.code, what=_what(rows, items)) for depot, rows in given.items()
        ),
    )


def _what(rows: list[Row], items: dict[str, Item]) -> str:
    english = (get_language() or "").startswith("en")
    told = []
    for row in rows[:_MOST_TOLD]:
        item = items[row.item]
        unit = (english and item.base_unit.name_en) or item.base_unit.name
        told.append(f"{told_quantity(row.quantity)} {unit} {(english and item.name_en) or item.name}")
    if more := len(rows) - len(told):
        told.append(ngettext("%(count)s more row", "%(count)s more rows", more) % {"count": more})
    return "; ".join(told)
