"""How far a requisition has come: asked = done + promised + open + short, line by line, at every moment."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django.utils.translation import get_language

from inventory.ledger.chain import exact
from inventory.requisitions.models import OPEN, Requisition, Status
from logistics import history, sql
from logistics.accounts.models import User
from logistics.fields import told_quantity

# What was done and reversed is open again: so one that was done may be given stock anew.
OPEN_TO_PROMISES: Final = OPEN | {Status.DONE}
_WAITING: Final = frozenset({Status.DRAFT, Status.SUBMITTED})
_OVER: Final = frozenset({Status.REJECTED, Status.CANCELLED, Status.EXPIRED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One line of a requisition and where its quantity is, in base units."""

    pk: int
    line_no: int
    item: str
    name: str
    unit: str
    unit_name: str
    scale: int
    entered_quantity: Decimal
    entered_unit: str
    asked: Decimal
    approved: Decimal | None
    grade: int
    note: str
    cut_reason: str
    done: Decimal
    promised: Decimal
    open: Decimal
    short: Decimal
    reversed: Decimal

    def document(self) -> dict[str, Any]:
        """Return the line as the API spells it."""
        return {
            "line_no": self.line_no,
            "item": self.item,
            "unit": self.unit,
            "grade": self.grade,
            "note": self.note,
            "entered_quantity": exact(self.entered_quantity),
            "entered_unit": self.entered_unit,
            "asked": exact(self.asked),
            "approved": None if self.approved is None else exact(self.approved),
            "cut_reason": self.cut_reason,
            "done": exact(self.done),
            "promised": exact(self.promised),
            "open": exact(self.open),
            "short": exact(self.short),
        }


def lines_of(requisition: Requisition) -> list[Standing]:
    """Return the lines of a requisition with where each stands; one query."""
    return standings([requisition])[requisition.pk]


def standings(requisitions: Iterable[Requisition]) -> dict[UUID, list[Standing]]:
    """Return the lines of requisitions with where each stands, by requisition; one query."""
    chosen = {one.pk: one for one in requisitions}
    found: dict[UUID, list[Standing]] = {key: [] for key in chosen}
    english = (get_language() or "").startswith("en")
    for row in sql.rows("requisitions/standing", {"requisitions": list(chosen)}):
        (line_id, requisition_id, line_no, item, name, name_en, unit, unit_name, unit_name_en, scale, entered,
         entered_unit, asked, approved, grade, note, cut_reason, done, promised, undone) = row  # fmt: skip
        one = chosen[requisition_id]
        is_open, short = _rest(one, asked, approved, done, promised)
        found[requisition_id].append(
            Standing(
                pk=line_id,
                line_no=line_no,
                item=item,
                name=(english and name_en) or name,
                unit=unit,
                unit_name=(english and unit_name_en) or unit_name,
                scale=scale,
                entered_quantity=entered,
                entered_unit=entered_unit,
                asked=asked,
                approved=approved,
                grade=grade,
                note=note,
                cut_reason=cut_reason,
                done=done,
                promised=promised,
                open=is_open,
                short=short,
                reversed=undone,
            )
        )
    return found


def _rest(
    requisition: Requisition, asked: Decimal, approved: Decimal | None, done: Decimal, promised: Decimal
) -> tuple[Decimal, Decimal]:
    """Return what is still to be promised, and what never will be."""
    nothing = Decimal(0)
    if requisition.status in _WAITING:
        return asked, nothing
    if requisition.status in _OVER or approved is None:
        return nothing, asked - done - promised
    if requisition.closed_at is not None:
        return nothing, asked - done - promised
    return approved - done - promised, asked - approved


def recount(requisition: Requisition, words: str, *, by: User, at: datetime, source: history.Source) -> None:
    """Bring the status of an approved requisition to what its lines say; the caller holds its row locked."""
    if requisition.status not in OPEN_TO_PROMISES:
        return
    lines = lines_of(requisition)
    done, promised, waiting = (sum((getattr(line, name) for line in lines), Decimal(0)) for name in _PARTS)
    if waiting:
        status = Status.PART_DONE if done else Status.PART_PROMISED if promised else Status.APPROVED
    elif promised:
        status = Status.PART_DONE if done else Status.PROMISED
    elif done:
        status = Status.DONE if all(line.done == line.approved for line in lines) else Status.PART_DONE
    else:
        status = Status.CANCELLED
    if status == requisition.status:
        return
    requisition.status = status
    requisition.version += 1
    with history.changing(by=by, reason=words, source=source):
        requisition.save()


_PARTS: Final = ("done", "promised", "open")


def told(quantity: Decimal) -> str:
    """Return a quantity as the reader's language writes it."""
    return told_quantity(quantity)
