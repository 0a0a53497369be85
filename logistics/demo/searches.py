"""Searches that the demo's planner keeps and offers to everybody: where a newcomer may start."""

from __future__ import annotations

from typing import Final

from inventory.availability import saved_views
from logistics.accounts.models import User

_SEARCHES: Final = (
    ("Cận hạn 90 ngày", "min_days_left=0&max_days_left=90&show=available&show=expiring&show=on_hand"),
    ("Gạo các loại", "q=gao&class=QN"),
    ("Chờ thanh xử lý (cấp 5)", "grade=5&show=on_hand&show=disposal"),
)


def keep(planner: User) -> None:
    """Save each search under its name for the planner, shared."""
    for name, query in _SEARCHES:
        saved_views.save(name, query, by=planner, is_shared=True)
