"""Everything wrong with movements that cannot even be read: their form and, as far as they can be read, their content.

A form error in one line must not hide an unknown item in the next. So what can be read is read, what cannot is stood
in for, and the ledger weighs the result; what it says of a stand-in is not repeated.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from pydantic import ValidationError

from inventory.ledger.drafts import MOST_LINES, Draft
from inventory.ledger.weighing import weigh
from inventory.vouchers.schemas import MovementIn
from logistics import wire
from logistics.accounts.models import User
from logistics.errors import Fault

# What depends on stock is another kind of refusal (409), which a request that cannot be read does not get to.
_STATES: Final = frozenset(
    {"insufficient-stock", "would-go-negative", "period-closed", "already-reversed", "consignment-moved",
     "serial-elsewhere"}
)  # fmt: skip


def every_fault(
    movements: Iterable[tuple[str, Any]], *, model: type[MovementIn], depot: str, by: User, at: datetime
) -> list[Fault]:
    """Return all that is wrong with the values that stand for movements, each under its pointer; form errors first."""
    faults: list[Fault] = []
    drafts: list[Draft] = []
    for pointer, value in movements:
        wrong, draft = read(value, model=model, depot=depot, key=f"weighed{pointer}", at=at, pointer=pointer)
        faults += wrong
        if draft is not None:
            drafts.append(draft)
    told = {fault.pointer for fault in faults}
    faults += [
        fault
        for fault in weigh(drafts, by=by, at=at)
        if fault.code not in _STATES and wire_pointer(fault.pointer) not in told
    ]
    return faults


def read(
    value: Any, *, model: type[MovementIn], depot: str, key: str, at: datetime, pointer: str = ""
) -> tuple[list[Fault], Draft | None]:
    """Return what is wrong with the form of a value that stands for a movement, and the draft of what can be read.

    What cannot be read is stood in for; the draft is None where nothing can be made of it.
    """
    try:
        return [], model.model_validate(value).draft(depot, key, pointer)
    except ValidationError as error:
        errors = error.errors(include_url=False, include_input=False)
    readable = _readable(value, [one["loc"] for one in errors], at=at)
    draft = None if readable is None else model.model_validate(readable).draft(depot, key, pointer)
    return wire.faults_of(errors, pointer), draft


def wire_pointer(pointer: str) -> str:
    """Return a ledger pointer with its last member as the API spells it."""
    head, slash, last = pointer.rpartition("/")
    return f"{head}{slash}{SPELLED.get(last, last)}"


# The ledger speaks of its own fields; whoever sent the request knows only the API's.
SPELLED: Final = {"expires_date": "expires_on", "reverse_lines": "lines"}


def _readable(value: Any, wrong: list[tuple[int | str, ...]], *, at: datetime) -> dict[str, Any] | None:
    """Return a movement with what is wrong in it taken out or stood in for; None where nothing can be made of it."""
    heads = {loc[0] for loc in wrong if len(loc) == 1}
    if not isinstance(value, dict) or "kind" in heads or not isinstance(value.get("lines"), list):
        return None
    lines = value["lines"]
    if not 1 <= len(lines) <= MOST_LINES or not all(isinstance(line, dict) for line in lines):
        return None
    movement = {name: member for name, member in value.items() if name not in heads}
    if "occurred_at" in heads:
        movement["occurred_at"] = at.isoformat()
    members: dict[int, set[str]] = {}
    for loc in wrong:
        if len(loc) > 2 and loc[0] == "lines" and isinstance(loc[1], int):
            members.setdefault(loc[1], set()).add(str(loc[2]))
    movement["lines"] = [
        _readable_line(line, members[index]) if index in members else line for index, line in enumerate(lines)
    ]
    return movement


def _readable_line(line: dict[str, Any], wrong: set[str]) -> dict[str, Any]:
    readable = {name: member for name, member in line.items() if name not in wrong}
    return {"item": "", "quantity": "1", **readable}
