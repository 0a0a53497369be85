"""The picklist of an order on paper: where to go, what to take, lot and last day of use, with boxes for a pen."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Final

from django.conf import settings
from django.utils import timezone

from inventory.requisitions.making import promised
from inventory.requisitions.models import MovementOrder
from logistics import paper
from logistics.fields import format_moment
from logistics.words import printed_date

_WIDTHS: Final = (11, 22, 48, 25, 22, 20, 17)
_NAMES: Final = {
    MovementOrder.Kind.ISSUE: "Theo lệnh xuất kho số",
    MovementOrder.Kind.TRANSFER_OUT: "Theo lệnh điều động số",
}


def picklist_pdf(order: MovementOrder, *, address: str, at: datetime) -> bytes:
    """Return the picklist as PDF bytes: what is still promised, in the order of a walk through the bins.

    `address` is the order's page, which the square code names. Printed in Vietnamese, like every form.
    """
    rows = [
        (
            number,
            pile["bin__code"],
            f"{pile['item__name']}\n{pile['item__code']}"
            + (f" · cấp {pile['grade']}" if pile["grade"] != 1 else "")
            + (f" · {pile['purpose']}" if pile["purpose"] != "THUONG_XUYEN" else ""),
            pile["lot__code"] or "—",
            paper.day(pile["lot__expires_date"]) if pile["lot__expires_date"] else "—",
            f"{paper.number(Decimal(pile['quantity']))}\n{pile['item__base_unit__name']}",
            "",
        )
        for number, pile in enumerate(promised(order), start=1)
    ]
    goes_to = str(order.to_depot) if order.to_depot else (order.to_unit.name if order.to_unit else "")
    story = [
        paper.heading(unit=settings.ORGANISATION_NAME, department=str(order.depot), number="", source=""),
        paper.title(
            "Phiếu soạn hàng",
            f"{_NAMES[MovementOrder.Kind(order.kind)]} {order.number}",
            printed_date(timezone.localdate(order.given_at)),
            code=address,
        ),
        paper.facts(
            [
                ("Xuất tại kho", order.depot),
                ("Nơi nhận", goes_to),
                ("Cần trước ngày", paper.day(order.needed_by_date)),
                ("Giữ chỗ đến", format_moment(order.expires_at)),
                ("Người ra lệnh", order.given_by.get_full_name()),
                ("Căn cứ", order.reason or "—"),
            ],
            columns=2,
        ),
    ]
    signatures = paper.signatures(
        [("Người soạn hàng", ""), ("Thủ kho", ""), ("Người nhận", "")], above="Ngày …… tháng …… năm ………"
    )
    if rows:
        head = ["STT", "Ngăn", "Tên, mã vật chất", "Lô", "Hạn dùng", "Số lượng", "Đã lấy"]
        story.append(paper.grid([head], rows, widths=_WIDTHS, align="clllcrl", size=9.5, below=[signatures]))
    else:
        story.append(paper.text("Lệnh này không còn giữ chỗ hàng nào."))
    story.append(signatures)
    return paper.render(
        story,
        title=f"Phiếu soạn hàng {order.number}",
        foot=f"{order.number} · {order.depot.code} · in lúc {format_moment(at)}",
        mark=paper.EXERCISE_MARK if order.depot.is_exercise else "",
    )
