"""What the parts of list pages ask for."""

from __future__ import annotations

from decimal import Decimal

from django import template
from django.conf import settings
from django.utils.translation import get_language

from logistics.fields import format_quantity

register = template.Library()


@register.filter
def whole(value: int) -> str:
    """Return a count as the page's language writes it, thousands grouped."""
    return format_quantity(Decimal(value), get_language() or settings.LANGUAGE_CODE)
