"""The stock card as a spreadsheet. Every text is written as text, so that none of it can act as a formula."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final

import xlsxwriter
from django.utils import timezone
from django.utils.translation import gettext as _

from inventory.availability.stock_card import CardLine, StockCard
from inventory.ledger.models import Kind

if TYPE_CHECKING:
    from logistics.accounts.models import User

_EXACT_UNTIL: Final = 2**53  # thousandths: a spreadsheet's numbers are binary floats and hold no more


def stock_card_xlsx(card: StockCard, *, by: User, printed_at: datetime) -> bytes:
    """Return the card as an XLSX file in the language of the asker; its first rows say what it shows, to whom, when.

    Rows are written as they come and not kept (constant memory). Days and times are local.
    """
    written = BytesIO()
    book = xlsxwriter.Workbook(
        written,
        {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
            "remove_timezone": True,
        },
    )
    bold = book.add_format({"bold": True})
    formats = {
        Decimal: book.add_format({"num_format": "#,##0.###"}),
        date: book.add_format({"num_format": "dd/mm/yyyy"}),
        datetime: book.add_format({"num_format": "dd/mm/yyyy hh:mm"}),
    }
    sheet = book.add_worksheet(card.item.code[:31])
    sheet.set_column(0, 0, 8)
    sheet.set_column(1, 9, 18)
    row = -1

    def put(values: Sequence[Any], style: Any = None) -> None:
        nonlocal row
        row += 1
        for column, value in enumerate(values):
            _write(sheet, row, column, value, style or formats.get(type(value)))

    put([_("Stock card"), card.item.code, card.item.name, card.item.specification], bold)
    put([_("Depot"), card.depot.code, card.depot.name])
    if card.depot.is_exercise:
        put([_("Exercise depot — its figures enter no report")], bold)
    put([_("Unit"), card.item.base_unit_id, card.item.base_unit.name])
    put([_("From"), card.from_date, _("to"), card.to_date])
    put([_("Printed"), timezone.localtime(printed_at), by.login])
    put([])
    put(
        [
            _("No."), _("Occurred"), _("Recorded"), _("Number"), _("Kind"), _("With"), _("Lot"), _("In"), _("Out"),
            _("Balance"), _("Reverses"), _("Reversed by"), _("Reason"),
        ],
        bold,
    )  # fmt: skip
    put(["", card.from_date, "", "", _("Opening"), "", "", "", "", card.opening])
    for index, line in enumerate(card.lines, start=1):
        put([index, *_cells(line)])
    put(["", card.to_date, "", "", _("Closing"), "", "", card.inward, card.outward, card.closing])
    book.close()
    return written.getvalue()


def _cells(line: CardLine) -> list[Any]:
    return [
        timezone.localtime(line.occurred_at),
        timezone.localtime(line.recorded_at),
        line.number,
        str(Kind(line.kind).label),
        line.counterparty or line.to_depot or line.consignment,
        line.lot,
        line.inward,
        line.outward,
        line.balance,
        line.reverses,
        line.reversed_by,
        line.reason,
    ]


def _write(sheet: Any, row: int, column: int, value: Any, style: Any) -> None:
    match value:
        case None | "":
            return
        case datetime() | date():
            sheet.write_datetime(row, column, value, style)
        case Decimal() if abs(value) * 1000 < _EXACT_UNTIL:
            sheet.write_number(row, column, value, style)
        case int():
            sheet.write_number(row, column, value, style)
        case _:
            sheet.write_string(row, column, str(value), style)
