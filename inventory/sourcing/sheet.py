"""A plan as a file: what it is and keeps to in the first rows, then its rows, each shortage as a row of its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from inventory.catalogue.models import Item
from inventory.sourcing import told
from inventory.sourcing.models import Plan
from logistics.sheets import Cell, Sheet

if TYPE_CHECKING:
    from logistics.accounts.models import User


def of(plan: Plan, items: dict[str, Item], *, by: User, at: datetime) -> Sheet:
    """Return the plan as a table in the reader's language."""
    lines = told.lines_of(plan, items, today=timezone.localdate(at))
    totals = told.totals(plan, lines)
    facts: list[Sequence[Cell]] = [
        (_("Sourcing plan"), plan.name),
        (_("Destination"), str(plan.to_depot or plan.to_unit)),
        (_("Needed by"), plan.needed_by_date),
        (_("Strategy"), plan.get_strategy_display()),
        *told.rules_in_words(plan),
        (_("Transport effort"), totals.tonne_km, _("tonne-km")),
        (_("As of"), plan.solved_at),
        (_("Made by"), by.login, by.get_full_name()),
    ]
    return Sheet(
        name=f"plan-{timezone.localtime(at):%Y%m%d-%H%M}",
        facts=facts,
        head=[
            _("Line"), _("Item code"), _("Item"), _("Unit of measure"), _("Needed"), _("From depot"), _("Lot"),
            _("Last day of use"), _("Grade"), _("Purpose"), _("Quantity"), _("Distance, km"), _("Days"), _("Why"),
            _("Missing"),
        ],
        widths=[6, 16, 36, 10, 14, 10, 16, 12, 8, 18, 14, 12, 8, 44, 14],
        rows=lambda: _rows(lines),
    )  # fmt: skip


def _rows(lines: Sequence[told.ToldLine]) -> Iterator[Sequence[Cell]]:
    english = (get_language() or "").startswith("en")
    for line in lines:
        item, need = line.item, line.need
        unit = (english and item.base_unit.name_en) or item.base_unit.name
        head: list[Cell] = [need.number, item.code, (english and item.name_en) or item.name, unit, need.quantity]
        for one in line.rows:
            row = one.row
            yield [
                *head, row.depot, row.lot, row.expires_date, row.grade, row.purpose, row.quantity, one.distance_km,
                one.lead_days, one.why, None,
            ]  # fmt: skip
        if line.shortage is not None:
            why = "; ".join(f"{words} {quantity:f}" for words, quantity in line.reasons)
            yield [*head, "", "", None, None, "", None, None, None, why, line.shortage.missing]
