"""The printed stock card: form S12-DN, thẻ kho (sổ kho), landscape."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Final

from django.conf import settings
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from inventory.availability.stock_card import CardLine, StockCard
from inventory.ledger.models import Kind
from logistics import paper
from logistics.errors import Fault, Invalid
from logistics.words import printed_date

MOST_LINES: Final = 5_000  # a hundred and more sheets; beyond that paper helps nobody, and it takes long to lay out

_HEAD: Final = (
    (
        "STT", "Ngày, tháng", "Số hiệu chứng từ", "", "Diễn giải", "Ngày nhập, xuất", "Số lượng", "", "",
        "Ký xác nhận của kế toán",
    ),
    ("", "", "Nhập", "Xuất", "", "", "Nhập", "Xuất", "Tồn", ""),
    ("A", "B", "C", "D", "E", "F", "1", "2", "3", "G"),
)  # fmt: skip
_JOINED: Final = (
    ((0, 0), (0, 1)),
    ((1, 0), (1, 1)),
    ((2, 0), (3, 0)),
    ((4, 0), (4, 1)),
    ((5, 0), (5, 1)),
    ((6, 0), (8, 0)),
    ((9, 0), (9, 1)),
)
_WIDTHS: Final = (9, 21, 38, 38, 43, 22, 20, 20, 22, 19)  # millimetres; 252 lie between the margins
_SIGNING: Final = 45  # millimetres under the table


def stock_card_pdf(card: StockCard, *, printed_at: datetime) -> bytes:
    """Return the card as PDF, the form and its number as prescribed on the card's last day.

    Raises:
        Invalid: it has more than MOST_LINES lines.
        Precondition: the fonts are not installed.
    """
    if len(card.lines) > MOST_LINES:
        text = _("The card has %(lines)s lines; paper takes %(most)s. Choose fewer days, or the spreadsheet.")
        raise Invalid([Fault("/query/from", "too-long", text % {"lines": len(card.lines), "most": MOST_LINES})])
    scale = card.item.base_unit.scale
    rows: list[list[object]] = [
        ["", "", "", "", "Tồn đầu kỳ", paper.day(card.from_date), "", "", paper.number(card.opening, scale=scale), ""],
        *(list(_row(index, line, scale)) for index, line in enumerate(card.lines, start=1)),
        ["", "", "", "", "Cộng cuối kỳ", paper.day(card.to_date), paper.number(card.inward, scale=scale),
         paper.number(card.outward, scale=scale), paper.number(card.closing, scale=scale), ""],
    ]  # fmt: skip
    period = f"Từ ngày {paper.day(card.from_date)} đến ngày {paper.day(card.to_date)}"
    today = timezone.localdate(printed_at)
    story = [
        paper.heading(
            unit=card.depot.unit.name,
            department=f"{card.depot.name} ({card.depot.code})",
            form=paper.form("stock_card", on=card.to_date),
        ),
        paper.title("Thẻ kho", "(Sổ kho)", period),
        paper.facts(
            [
                ("Ngày lập thẻ", paper.day(today)),
                ("Tờ số", "…………………"),
                ("Tên, nhãn hiệu, quy cách vật tư", _named(card)),
                ("Mã số", card.item.code),
                ("Đơn vị tính", card.item.base_unit.name),
            ],
            columns=2,
        ),
        paper.grid(
            _HEAD, rows, widths=_WIDTHS, align="cccclcrrrl", spans=_JOINED, bold_rows=(0, -1), room_below=_SIGNING
        ),
        paper.signatures(
            [("Thủ kho", ""), ("Kế toán trưởng", ""), ("Thủ trưởng đơn vị", "")],
            above=printed_date(today),
        ),
    ]
    foot = (
        f"Thẻ kho {card.item.code} · {card.depot.code} · {period.lower()} · {settings.ORGANISATION_NAME} · "
        f"in lúc {timezone.localtime(printed_at):%H:%M %d/%m/%Y}"
    )
    return paper.render(
        story,
        title=f"Thẻ kho {card.item.code} {card.depot.code}",
        foot=foot,
        landscape=True,
        mark=paper.EXERCISE_MARK if card.depot.is_exercise else "",
    )


def _named(card: StockCard) -> str:
    return ", ".join(part for part in (card.item.name, card.item.specification) if part)


def _row(index: int, line: CardLine, scale: int) -> Iterator[object]:
    yield index
    yield paper.day(timezone.localdate(line.recorded_at))  # a voucher is numbered, so dated, when it is recorded
    yield line.number if line.inward is not None else ""
    yield line.number if line.outward is not None else ""
    yield _told(line)
    yield paper.day(timezone.localdate(line.occurred_at))
    yield _amount(line.inward, scale)
    yield _amount(line.outward, scale)
    yield paper.number(line.balance, scale=scale)
    yield ""


def _amount(value: Decimal | None, scale: int) -> str:
    return "" if value is None else paper.number(value, scale=scale)


def _told(line: CardLine) -> str:
    """Return what happened in words: kind, with whom, which lot, and what it takes back or was taken back by."""
    with translation.override("vi"):
        kind = str(Kind(line.kind).label)
    parts = [
        kind[:1].upper() + kind[1:],
        line.counterparty or line.to_depot or line.consignment,
        f"lô {line.lot}" if line.lot else "",
        f"hủy phiếu ở vị trí {line.reverses}" if line.reverses else "",
        f"đã hủy bởi phiếu ở vị trí {line.reversed_by}" if line.reversed_by else "",
    ]
    return " · ".join(part for part in parts if part)
