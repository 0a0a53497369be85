"""The demo's paper: the last receipt of K01, inspected by a council, its report and its voucher printed once."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import NAMESPACE_URL, uuid5

from depots import access
from inventory.ledger import reading
from inventory.ledger.models import Kind, Movement
from inventory.vouchers import inspecting
from inventory.vouchers.inspecting import Asked, Found, Seat
from inventory.vouchers.inspection_paper import keep_inspection
from inventory.vouchers.paper import count_print
from logistics import wire
from logistics.history import Source

if TYPE_CHECKING:
    from logistics.accounts.models import User


def lay_out(keeper: User, *, at: datetime) -> None:
    """Inspect K01's last receipt and print what came of it; without a receipt there is nothing to do."""
    place = access.depot_for_posting(keeper, "K01")
    receipts = Movement.objects.filter(depot=place.id, kind=Kind.RECEIPT, occurred_at__lte=at)
    position = receipts.order_by("-position").values_list("position", flat=True).first()
    if position is None:
        return
    posted = reading.movement(place.id, position)
    found = [
        Found(
            entry=one.line.entry_no, good=f"{one.received:f}", bad=f"{one.bad:f}", note="" if one.bad == 0 else "Thiếu"
        )
        for one in inspecting.entries_of(posted)[: inspecting.MOST_ENTRIES]
    ]
    asked = Asked(
        inspected_at=posted.occurred_at,
        basis=f"Phiếu nhập {posted.number}",
        method="Cân, đếm, xem bao bì",
        conclusion="Đúng quy cách, đề nghị nhập kho (mẫu).",
        council=[
            Seat(name="Đỗ Văn Mẫu", title="Đại úy, trợ lý kỹ thuật", side="kho"),
            Seat(name="Bùi Thị Mẫu", title="nhân viên giao hàng", side="bên giao"),
        ],
        lines=found,
    )
    name = uuid5(NAMESPACE_URL, f"kho demo inspection {posted.name} {wire.local(posted.occurred_at)}")
    row = inspecting.write(
        name, asked, position=position, place=place, version=0, by=keeper, at=at, source=Source.COMMAND
    )
    row = inspecting.finish(name, place=place, version=row.version, by=keeper, at=at, source=Source.COMMAND)
    keep_inspection(row, language="vi", site="", by=keeper, at=at)
    count_print("K01", position, language="vi", site="", by=keeper, at=at)
