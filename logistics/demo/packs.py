"""The demo's meeting pack: last month's figures, closed, with a chart on most pages."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from django.utils import timezone, translation

from inventory.reports import packs
from logistics import asking

if TYPE_CHECKING:
    from logistics.accounts.models import User

_FUEL: Final = "XD-04-0000015"


def lay_out(planner: User, *, at: datetime) -> None:
    """Make a pack of the end of last month and close it."""
    today = timezone.localdate(at)
    month_end = asking.midnight(today.replace(day=1)) - timedelta(microseconds=1)
    last = timezone.localdate(month_end)
    days = f"from={last.replace(day=1).isoformat()}&to={last.isoformat()}"
    year = f"from={last.replace(month=1, day=1).isoformat()}&to={last.isoformat()}"
    with translation.override("vi"):
        pack = packs.make(
            title=f"Giao ban hậu cần tháng {last:%m/%Y}",
            meeting_date=today,
            as_of=month_end,
            recorded_as_of=None,
            note="Số liệu mẫu: mọi tên, số đều do máy tạo.",
            parts=[
                f"/reports/turnover/?class=XD&{days}",
                f"/reports/turnover/?item={_FUEL}&{year}",
                "/reports/reserve/",
                "/reports/expiring/?days=90",
                f"/reports/lateness/?{days}",
            ],
            by=planner,
            at=at,
        )
        packs.close(pack, by=planner, at=at)
