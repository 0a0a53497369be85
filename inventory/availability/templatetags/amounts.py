"""How amounts of stock stand in tables: nothing is faint, everything else leads to what is behind it."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING
from urllib.parse import quote

from django import template
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from logistics.fields import format_quantity

if TYPE_CHECKING:
    from inventory.availability.search_page import Amount

register = template.Library()


def _shown(value: Decimal) -> str:
    return format_quantity(value, get_language() or "vi")


@register.simple_tag
def amount_cell(row: object, column: Amount, code: str, carried: str, depot: str = "") -> SafeString:
    """Return the cell of an amount of an item, of all the depots asked about or of one, linked to what it is made of.

    `carried` is the query that pages about the item understand.
    """
    value = getattr(row, column.name)
    css = "n main" if column.name == "available" else "n"
    if column.is_wide:
        css += " wide"
    if not value:
        return format_html('<td class="{} zero">{}</td>', css, "" if value is None else "0")
    address = behind(column.name, code, carried, depot, column.state)
    return format_html('<td class="{}"><a href="{}">{}</a></td>', css, address, _shown(value))


@register.simple_tag
def total_cell(total: Mapping[str, Decimal], column: Amount) -> SafeString:
    """Return the table cell of a column's sum."""
    return format_html('<td class="n">{}</td>', _shown(total[column.name]))


@register.simple_tag
def named_purpose(code: str, names: Mapping[str, str]) -> str:
    """Return the name of a purpose where it is known, else its code."""
    return names.get(code, code)


def behind(name: str, code: str, carried: str, depot: str, state: str) -> str:
    """Return the address of what an amount is made of: piles, promises, consignments, or the depot's stock card."""
    page = {"allocated": "item-allocations", "in_transit_in": "item-road"}.get(name, "item")
    query = [carried] if carried else []
    if depot:
        query = [part for part in carried.split("&") if part and not part.startswith(("depot=", "unit=", "province="))]
        query.append(f"depot={quote(depot)}")
        if name == "on_hand":
            page = "stock-card"
    if state:
        query.append(f"state={state}")
    if name == "expiring":
        query = [part for part in query if not part.startswith("max_days_left=")] + ["max_days_left=90"]
    return f"{reverse(page, args=[code])}{'?' if query else ''}{'&'.join(query)}"


@register.simple_tag
def why_not(deduction: str, hold_reason: str = "") -> SafeString | str:
    """Return in one phrase why a pile is not available, '' when it is."""
    said = {
        "expired": ("bad", _("past its last day of use")),
        "disposal": ("bad", _("of a grade that awaits disposal")),
        "on_hold": ("warn", _("on hold: %(reason)s") % {"reason": hold_reason} if hold_reason else _("on hold")),
        "reserve": ("warn", _("kept in reserve")),
    }
    if deduction not in said:
        return ""
    tone, text = said[deduction]
    return format_html('<span class="{}">{}</span>', tone, text)
