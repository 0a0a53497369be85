"""What was recorded after an instant about the time before it: why the same past day reads otherwise today."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from typing import TYPE_CHECKING, Final

from inventory.availability.as_of import past
from inventory.availability.question import Question
from logistics import sql

if TYPE_CHECKING:
    from logistics.accounts.models import User

MOST: Final = 100
NARROWING: Final = (
    "item", "class", "group", "items", "words", "grade", "purpose", "last_day", "until_day",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class LaterMovement:
    """One movement that occurred by the instant and was written down after it."""

    depot: str
    position: int
    number: str
    kind: str
    occurred_at: datetime
    recorded_at: datetime
    actor: str
    reason: str


@dataclass(frozen=True, slots=True)
class LaterRecorded:
    """How many such movements there are, and the newest of them, by when they were recorded."""

    count: int
    rows: tuple[LaterMovement, ...]


def later_recorded(
    question: Question, instant: datetime, *, by: User, at: datetime, limit: int = MOST
) -> LaterRecorded:
    """Return the movements that occurred up to `instant` and were recorded after it, newest first, at most `limit`.

    Only those count that move goods the question is about, in or on the road to the depots it is about. They are what
    makes `as_of(instant)` differ from `recorded_as_of(instant)`.

    Raises:
        NotFound, Invalid: as `as_of` does.
    """
    given = past(question, by=by, at=at, occurred=instant, recorded=instant)
    given |= {"page_size": limit, "is_narrowed": any(given[name] is not None for name in NARROWING)}
    found = sql.rows("availability/later_recorded", given, prepare=False)
    names = [field.name for field in fields(LaterMovement)]
    rows = tuple(LaterMovement(**dict(zip(names, row[1:], strict=True))) for row in found)
    return LaterRecorded(found[0][0] if found else 0, rows)
