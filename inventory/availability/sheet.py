"""The stock card as a table for a spreadsheet."""

from __future__ import annotations

from datetime import datetime
from io import BytesIO
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from inventory.availability.stock_card import CardLine, StockCard
from inventory.ledger.models import Kind
from logistics import sheets
from logistics.sheets import Cell, Sheet

if TYPE_CHECKING:
    from logistics.accounts.models import User


def stock_card_xlsx(card: StockCard, *, by: User, printed_at: datetime) -> bytes:
    """Return the card as an XLSX file in the language of the asker; its first rows say what it shows, to whom, when."""
    written = BytesIO()
    sheets.write_xlsx(written, stock_card_sheet(card, by=by, printed_at=printed_at))
    return written.getvalue()


def stock_card_sheet(card: StockCard, *, by: User, printed_at: datetime) -> Sheet:
    """Return the card as a table, its opening before the lines and its closing after them."""
    facts: list[list[Cell]] = [
        [_("Stock card"), card.item.code, card.item.name, card.item.specification],
        [_("Depot"), card.depot.code, card.depot.name],
        [_("Unit"), card.item.base_unit_id, card.item.base_unit.name],
        [_("From"), card.from_date, _("to"), card.to_date],
        [_("Printed"), printed_at, by.login],
    ]
    if card.lot:
        facts.insert(3, [_("Lot"), card.lot])
    if card.depot.is_exercise:
        facts.insert(2, [_("Exercise depot — its figures enter no report")])
    opening: list[Cell] = ["", card.from_date, "", "", _("Opening"), "", "", "", "", "", card.opening]
    closing: list[Cell] = ["", card.to_date, "", "", _("Closing"), "", "", card.inward, card.outward, "", card.closing]
    lines = [[index, *_cells(line)] for index, line in enumerate(card.lines, start=1)]
    return Sheet(
        name=f"the-kho-{card.item.code}-{card.depot.code}-{card.from_date:%Y%m%d}-{card.to_date:%Y%m%d}",
        facts=facts,
        head=[
            _("No."), _("Occurred"), _("Recorded"), _("Number"), _("Kind"), _("With"), _("Lot"), _("In"), _("Out"),
            _("Moved inside"), _("Balance"), _("Reverses"), _("Reversed by"), _("Reason"),
        ],
        widths=[8, *[18] * 10],
        rows=lambda: [opening, *lines, closing],
    )  # fmt: skip


def _cells(line: CardLine) -> list[Cell]:
    return [
        line.occurred_at,
        line.recorded_at,
        line.number,
        str(Kind(line.kind).label),
        line.counterparty or line.to_depot or line.consignment,
        line.lot,
        line.inward,
        line.outward,
        line.inside,
        line.balance,
        line.reverses,
        line.reversed_by,
        line.reason,
    ]
