"""What a logbook answers instead of posting. Nothing is written when one of these is raised."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from inventory.catalogue.models import Item
from logistics.errors import Conflict, Invalid, gettext_noop
from logistics.fields import format_date, told_quantity


class InvalidMovement(Invalid):
    """Something in the drafts breaks a rule that does not depend on stock; every such fault is listed."""

    slug = "invalid"
    title = gettext_noop("The movement breaks a rule")


class KeyReused(Invalid):
    """The idempotency key already names another movement of this depot."""

    slug = "key-reused"
    title = gettext_noop("This key already names another movement")


class InsufficientStock(Conflict):
    """Piles hold less than the movement takes. `shortages` names line, lot, what is there and who holds the rest."""

    slug = "insufficient-stock"
    title = gettext_noop("Not enough stock on hand")

    def __init__(self, shortages: list[dict[str, Any]]) -> None:
        name_goods(shortages)
        first, others = shortages[0], len(shortages) - 1
        text = _("Line %(number)s: %(what)s") % {"number": first["line_no"], "what": shortage_text(first)}
        if len({one["depot"] for one in shortages}) > 1 or first["pointer"].count("/") > 2:
            text = _("Depot %(depot)s: %(what)s") % {"depot": first["depot"], "what": text}
        if held := holders_text(first):
            text = f"{text} {held}"
        if others:
            more = ngettext("%(count)s more line falls short.", "%(count)s more lines fall short.", others)
            text = f"{text} {more % {'count': others}}"
        for one in shortages:
            one.pop("takes", None)
        super().__init__(text, shortages=shortages)
        self.shortages = shortages


class WouldGoNegative(Conflict):
    """A late entry would leave a pile below zero on a day already recorded."""

    slug = "would-go-negative"
    title = gettext_noop("A day already recorded would go below zero")

    def __init__(self, breaks: list[dict[str, Any]]) -> None:
        name_goods(breaks)
        first = breaks[0]
        text = _("Line %(number)s: %(what)s") % {"number": first["line_no"], "what": break_text(first)}
        super().__init__(text, day=first["day"], breaks=breaks)
        self.breaks = breaks


class PeriodClosed(Conflict):
    """The movement is dated in a month the depot has closed."""

    slug = "period-closed"
    title = gettext_noop("The period is closed")


class AlreadyReversed(Conflict):
    """The movement has been reversed before; at most one reversal names it."""

    slug = "already-reversed"
    title = gettext_noop("Already reversed")


class ConsignmentMoved(Conflict):
    """What is on the road does not allow it: received already, or more than is outstanding."""

    slug = "consignment-moved"
    title = gettext_noop("The consignment does not allow it")


class CountHolds(Conflict):
    """A later stocktake holds: an older count is not posted over it, and one that others lean on is not undone."""

    slug = "count-holds"
    title = gettext_noop("A stocktake holds")


class SerialElsewhere(Conflict):
    """A serial number names one piece, and that piece is already in stock or on the road."""

    slug = "serial-elsewhere"
    title = gettext_noop("This serial number is already in stock")


class PeriodOutOfOrder(Conflict):
    """Months are closed one after the other, and only when they are over."""

    slug = "period-out-of-order"
    title = gettext_noop("This month cannot be closed now")


def name_goods(rows: Sequence[dict[str, Any]]) -> None:
    """Put `name` and `unit` beside each row's item code, in the reader's language; one query, only when refusing."""
    codes = {row["item"] for row in rows if "name" not in row}
    if not codes:
        return
    english = (get_language() or "").startswith("en")
    items = {item.code: item for item in Item.objects.select_related("base_unit").filter(code__in=codes)}
    for row in rows:
        item = items[row["item"]]
        row["name"] = (english and item.name_en) or item.name
        row["unit"] = (english and item.base_unit.name_en) or item.base_unit.name


def _goods(row: Mapping[str, Any]) -> dict[str, str]:
    """Return how a refusal names goods: how much of what was asked for, once `name_goods` has looked it up."""
    asked = told_quantity(Decimal(row["requested"]))
    return {"requested": f"{asked} {row['unit']}", "item": f"{row['name']} ({row['item']})"}


def shortage_text(shortage: Mapping[str, Any]) -> str:
    """Return one of the `shortages` of InsufficientStock in the reader's language, after `name_goods`."""
    if shortage.get("takes"):
        return _(
            "%(requested)s of %(item)s asked for, but of these goods, lot and place the order has only %(available)s "
            "promised and usable. Take less, or have the planner cancel the order and give a new one."
        ) % {**_goods(shortage), "available": told_quantity(Decimal(shortage["available"]))}
    text = (
        _(
            "%(requested)s of %(item)s lot %(lot)s asked for, %(available)s available. "
            "Take less, choose another lot, or ask another depot."
        )
        if shortage["lot"]
        else _(
            "%(requested)s of %(item)s asked for, %(available)s available. "
            "Take less, choose another lot, or ask another depot."
        )
    )
    return text % {
        **_goods(shortage),
        "lot": shortage["lot"],
        "available": told_quantity(Decimal(shortage["available"])),
    }


def holders_text(shortage: Mapping[str, Any]) -> str:
    """Return in the reader's language which documents, and whose, hold what is promised; "" where nothing is."""
    held: dict[tuple[str, str], Decimal] = {}
    for one in shortage["held_by"]:
        if one["why"] == "allocated":
            name = (one["document"], one["name"])
            held[name] = held.get(name, Decimal(0)) + Decimal(one["quantity"])
    parts = [
        _("%(quantity)s to %(document)s (%(who)s)")
        % {"quantity": told_quantity(quantity), "document": document, "who": who}
        for (document, who), quantity in sorted(held.items())
    ]
    return _("Promised: %(holders)s.") % {"holders": "; ".join(parts)} if parts else ""


def break_text(broken: Mapping[str, Any]) -> str:
    """Return one of the `breaks` of WouldGoNegative in the reader's language, after `name_goods`."""
    text = _(
        "Taking %(requested)s of %(item)s at that time would leave a pile below zero on %(day)s. "
        "Date it later, take less, or post what came in first."
    )
    return text % {**_goods(broken), "day": format_date(date.fromisoformat(broken["day"]))}


def closed_text(depot: str, open_from: date) -> str:
    """Return in the reader's language that a depot takes no date before the day its open period starts."""
    text = _(
        "Depot %(depot)s has closed everything before %(day)s. Date the movement on that day "
        "or later, and give the real day in its reason."
    )
    return text % {"depot": depot, "day": format_date(open_from)}
