"""A new draft that says what an earlier voucher said: after a mistake was undone, or to write the like again.

What is copied from the log is what was posted: every lot by name, in the quantities that moved. A movement that was
undone in part yields only what was undone, because the rest still stands. The time is left blank: a correction has
its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from itertools import groupby
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from depots.access import DepotAccess
from inventory.ledger import reading
from inventory.ledger.entries import Posted, PostedLine
from inventory.ledger.kinds import RULES, Sign
from inventory.ledger.models import Kind
from inventory.vouchers import reversing, standing, workflow
from inventory.vouchers.content import Content
from inventory.vouchers.entry import FORMS
from inventory.vouchers.models import Status, Voucher
from inventory.vouchers.standing import VoucherChanged, VoucherClosed
from logistics import wire
from logistics.accounts.models import User
from logistics.errors import Fault, Invalid
from logistics.history import Source

_COPIED = frozenset({Status.POSTED, Status.REJECTED, Status.CANCELLED})


def can_copy(kind: str) -> bool:
    """Tell whether vouchers of a kind are entered by hand, so that a copy can be opened; a reversal's original is."""
    return kind in FORMS or kind == Kind.REVERSAL


def copies(voucher: Voucher) -> bool:
    """Tell whether a voucher is one to copy: over and done with, and of a kind that is entered by hand."""
    if voucher.status not in _COPIED:
        return False
    return voucher.kind in FORMS or (voucher.kind == Kind.REVERSAL and voucher.status == Status.POSTED)


def copy_movement(position: int, *, voucher_id: UUID, place: DepotAccess, by: User, at: datetime) -> Voucher:
    """Make a draft that says what a movement said, and return it; the same `voucher_id` again yields the same draft.

    Raises:
        NotFound: the log has no such position.
        Invalid: movements of this kind are not entered by hand.
    """
    posted = reading.movement(place.id, position)
    if posted.reverses is not None:
        posted = reading.movement(place.id, posted.reverses)
    if posted.kind not in FORMS:
        text = _("A voucher of kind “%(kind)s” is not written by hand.")
        raise Invalid([Fault("/kind", "kind-not-copied", text % {"kind": Kind(posted.kind).label})])
    undone = reversing.undone(place.id, posted)
    content = content_of(posted, undone.entries if undone else None)
    if said := Voucher.objects.filter(depot=place.id, position=posted.position).first():
        content = replace(content, vehicle=said.vehicle, source_documents=said.source_documents)
    return _keep(voucher_id, content, place=place, by=by, at=at)


def copy_voucher(voucher: Voucher, *, voucher_id: UUID, place: DepotAccess, by: User, at: datetime) -> Voucher:
    """Make a draft that says what a voucher said, and return it; a posted one is copied as it was posted.

    Raises: Invalid where it is still open, or of a kind that is not entered by hand.
    """
    if not copies(voucher):
        text = _("Only a posted, rejected or cancelled voucher is copied to a new one.")
        raise Invalid([Fault("/status", "not-copied", text)])
    if voucher.position is not None:
        return copy_movement(voucher.position, voucher_id=voucher_id, place=place, by=by, at=at)
    said = replace(Content.of(voucher), occurred_at=None, acknowledged=[])
    return _keep(voucher_id, said, place=place, by=by, at=at)


def content_of(posted: Posted, entries: Sequence[int] | None = None) -> Content:
    """Return what a new voucher would say to post a movement, or some entries of it, again."""
    lines = [line for line in posted.lines if entries is None or line.entry_no in entries]
    grouped = [list(group) for _number, group in groupby(lines, key=lambda line: line.entry_no)]
    written = [line for group in grouped for line in _lines(posted.kind, group)]
    return Content(
        kind=str(posted.kind),
        counterparty=posted.counterparty,
        order_number=posted.order_number,
        order_date=posted.order_date,
        reason=posted.reason,
        to_depot=posted.to_depot,
        consignment=posted.consignment,
        lines=[{"id": f"l{number}", **line} for number, line in enumerate(written, start=1)],
    )


def _lines(kind: str, entry: list[PostedLine]) -> Iterator[dict[str, Any]]:
    rule = RULES[kind]
    first = entry[0]
    if rule.sign is Sign.PAIR:
        source = next(line for line in entry if line.change < 0)
        target = next(line for line in entry if line.change > 0)
        moved = {"bin": target.bin, "grade": target.grade, "purpose": target.purpose}
        yield _line(source, {rule.target: moved[rule.target.removeprefix("to_")]})
        return
    if len(entry) == 1:
        yield _line(first, {})
        return
    # First expired, first out made several lots of one line: each is a line of its own, in base units.
    missing = _asked_in_base_units(entry)
    for index, line in enumerate(entry):
        quantity = abs(line.change)
        asked = missing if index == len(entry) - 1 or missing is None else quantity
        if missing is not None:
            missing -= quantity
        own = {"quantity": _plain(quantity), "unit": line.unit, "scheduled_quantity": None if asked is None else
               _plain(asked)}  # fmt: skip
        yield _line(line, own)


def _asked_in_base_units(entry: list[PostedLine]) -> Decimal | None:
    first = entry[0]
    if first.scheduled_quantity is None:
        return None
    moved = sum((abs(line.change) for line in entry), Decimal(0))
    return first.scheduled_quantity * (moved / first.entered_quantity)


def _line(line: PostedLine, own: dict[str, Any]) -> dict[str, Any]:
    said = {
        "item": line.item,
        "lot": line.lot,
        "expires_on": wire.iso(line.expires_date),
        "bin": line.bin,
        "grade": line.grade,
        "purpose": line.purpose,
        "quantity": _plain(line.entered_quantity),
        "unit": line.entered_unit,
        "unit_price": None if line.unit_price is None else _plain(line.unit_price),
        "scheduled_quantity": None if line.scheduled_quantity is None else _plain(line.scheduled_quantity),
        "temperature": None if line.fuel is None else _plain(line.fuel.temperature),
        "density": None if line.fuel is None else _plain(line.fuel.density),
        "reason": line.reason,
        **own,
    }
    return {name: value for name, value in said.items() if value not in (None, "")}


def _plain(value: Decimal) -> str:
    """Return a number as people write it, "12.5" for 12.500."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _keep(voucher_id: UUID, content: Content, *, place: DepotAccess, by: User, at: datetime) -> Voucher:
    try:
        return workflow.save(voucher_id, content, place=place, version=0, by=by, at=at, source=Source.WEB)
    except (VoucherChanged, VoucherClosed):
        # The button was pressed twice, and the copy was written on meanwhile: it is the one that was meant.
        return standing.voucher_of(place, voucher_id)
