"""The printed stock card, thẻ kho (sổ kho), on its side: the form its unit prints (S12-DN in most)."""

from __future__ import annotations

from datetime import datetime, time
from decimal import Decimal
from typing import Final

from django.conf import settings
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from depots.models import Depot, OrganisationUnit
from inventory.availability.stock_card import CardLine, StockCard
from inventory.catalogue.models import Item, Unit
from inventory.ledger.models import Kind
from inventory.printing.forms import form_for
from inventory.printing.models import Form
from logistics import history, paper
from logistics.errors import Fault, Invalid
from logistics.words import printed_date

MOST_LINES: Final = 5_000  # a hundred and more sheets; beyond that paper helps nobody, and it takes long to lay out


def stock_card_pdf(card: StockCard, *, printed_at: datetime) -> bytes:
    """Return the card as PDF: the form and every name as they were on the card's last day.

    Raises:
        Invalid: it has more than MOST_LINES lines.
        Precondition: the fonts are not installed.
    """
    if len(card.lines) > MOST_LINES:
        text = _("The card has %(lines)s lines; paper takes %(most)s. Choose fewer days, or the spreadsheet.")
        raise Invalid([Fault("/query/from", "too-long", text % {"lines": len(card.lines), "most": MOST_LINES})])
    moment = datetime.combine(card.to_date, time.max, tzinfo=timezone.get_default_timezone())
    depot = history.as_it_was(Depot, [card.depot.pk], at=moment)[card.depot.pk]
    unit = history.as_it_was(OrganisationUnit, [depot.unit_id], at=moment)[depot.unit_id]
    item = history.as_it_was(Item, [card.item.pk], at=moment)[card.item.pk]
    measure = history.as_it_was(Unit, [item.base_unit_id], at=moment)[item.base_unit_id]
    form = form_for(Form.CARD, unit=unit.pk, on=card.to_date)
    scale = measure.scale
    opening = {"told": "Tồn đầu kỳ", "moved": paper.day(card.from_date), "balance": card.opening}
    closing = {
        "told": "Cộng cuối kỳ", "moved": paper.day(card.to_date), "in": card.inward, "out": card.outward,
        "balance": card.closing,
    }  # fmt: skip
    rows = [
        {key: paper.number(value, scale=scale) if isinstance(value, Decimal) else value for key, value in row.items()}
        for row in (opening, *(_row(index, line) for index, line in enumerate(card.lines, start=1)), closing)
    ]
    period = f"Từ ngày {paper.day(card.from_date)} đến ngày {paper.day(card.to_date)}"
    today = timezone.localdate(printed_at)
    signatures = form.signatures({}, above=printed_date(today))
    story = [
        paper.heading(
            unit=unit.name, department=f"{depot.name} ({depot.code})", number=form.number, source=form.source
        ),
        paper.title(form.title or "Thẻ kho", "(Sổ kho)", period),
        paper.facts(
            [
                ("Ngày lập thẻ", paper.day(today)),
                ("Tờ số", "…………………"),
                (
                    "Tên, nhãn hiệu, quy cách vật tư",
                    ", ".join(part for part in (item.name, item.specification) if part),
                ),
                ("Mã số", item.code),
                ("Đơn vị tính", measure.name),
            ],
            columns=2,
        ),
        form.grid(rows, width=paper.WIDE, money=True, bold_rows=(0, -1), below=[signatures]),
        signatures,
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


def _row(index: int, line: CardLine) -> dict[str, object]:
    return {
        "no": index,
        "day": paper.day(timezone.localdate(line.recorded_at)),  # a voucher is numbered, so dated, when it is recorded
        "in_number": line.number if line.inward is not None else "",
        "out_number": line.number if line.outward is not None else "",
        "told": _told(line),
        "moved": paper.day(timezone.localdate(line.occurred_at)),
        "in": line.inward,
        "out": line.outward,
        "balance": line.balance,
    }


def _told(line: CardLine) -> str:
    """Return what happened in words: kind, with whom, which lot, and what it takes back or was taken back by."""
    with translation.override("vi"):
        kind = str(Kind(line.kind).label)
    if line.inside is not None:  # the form has no column for it
        kind += f" {'+' if line.inside > 0 else '−'}{paper.number(abs(line.inside))}"
    parts = [
        kind[:1].upper() + kind[1:],
        line.counterparty or line.to_depot or line.consignment,
        f"lô {line.lot}" if line.lot else "",
        f"hủy phiếu ở vị trí {line.reverses}" if line.reverses else "",
        f"đã hủy bởi phiếu ở vị trí {line.reversed_by}" if line.reversed_by else "",
    ]
    return " · ".join(part for part in parts if part)
