"""How the cells of a report look on a page."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import template
from django.conf import settings
from django.utils.html import format_html
from django.utils.translation import get_language

from inventory.reports.definition import Column, Kind
from logistics.fields import format_date, format_moment, format_quantity

register = template.Library()


@register.simple_tag
def cell(column: Column, value: Any, href: str = "") -> str:
    """Return a value as its column writes it, a link where it leads somewhere; zeros are pale."""
    if value is None or value == "":
        return ""
    language = get_language() or settings.LANGUAGE_CODE
    match column.kind:
        case Kind.DAY:
            text = format_date(value)
        case Kind.MOMENT:
            text = format_moment(value)
        case Kind.TEXT:
            text = str(value)
        case Kind.MONEY:
            text = format_quantity(Decimal(value).quantize(Decimal(1)), language)
        case _:
            text = format_quantity(Decimal(value), language)
    if column.kind.is_number and not value:
        return format_html('<span class="zero">{}</span>', text)
    return format_html('<a href="{}">{}</a>', href, text) if href else text
