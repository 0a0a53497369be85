"""How estimates look: with as many figures as they are good for."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

from django import template

from logistics.fields import told_quantity

register = template.Library()


@register.filter
def about(value: Decimal | None) -> str:
    """Return an estimate in the page's language: whole from 100 on, else with up to three figures; nothing for None.

    A forecast is known to a tenth at best; more figures would promise what nobody can keep.
    """
    if value is None:
        return ""
    decimals = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2 if abs(value) >= 1 else 3
    return told_quantity(value.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP))
