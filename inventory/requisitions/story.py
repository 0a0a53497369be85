"""What happened to a requisition, an order or a stocktake, in words: every version kept, and who left it so."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from logistics.accounts.models import User

MOST_TOLD = 100  # versions, the newest


@dataclass(frozen=True, slots=True, kw_only=True)
class Chapter:
    """One version."""

    at: datetime
    who: User | None
    status: str
    words: str


def story(thing: Any) -> list[Chapter]:
    """Return the last versions of what has a status and keeps its history, newest first; one query."""
    versions: Any = thing.history.select_related("history_user").order_by("-history_id")[:MOST_TOLD]
    return [
        Chapter(
            at=version.history_date,
            who=version.history_user,
            status=version.get_status_display(),
            words=version.history_change_reason,
        )
        for version in versions
    ]
