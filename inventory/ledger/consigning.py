"""Goods between two depots while they are planned: what is sent, received, and settled of a consignment's lines."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from inventory.ledger.known import KnownLot
from inventory.ledger.models import Kind
from inventory.ledger.piles import NOTHING, Pile, PileKey
from inventory.ledger.planned import Entry, Planned
from inventory.ledger.refusals import ConsignmentMoved
from logistics.errors import Fault
from logistics.fields import format_moment, told_quantity

if TYPE_CHECKING:
    from inventory.ledger.planning import Plan


@dataclass(slots=True)
class OpenConsignment:
    """One line on the road, as locked, with what the plan adds to it."""

    depot_id: int
    position: int
    line_no: int
    to_depot_id: int
    item: str
    lot: KnownLot
    grade: int
    purpose: str
    sent_at: datetime
    in_transit: Decimal
    pile_key: PileKey  # the pile the goods left
    is_moved: bool  # received or settled in part before
    sent_change: Decimal = NOTHING
    received_change: Decimal = NOTHING
    settled_change: Decimal = NOTHING

    @property
    def goods(self) -> str:
        """What is on the road, as a refusal names it: the item, and the lot where there is one."""
        return f"{self.item} {self.lot.code}".rstrip()

    def move(self, kind: str, transit_change: Decimal) -> None:
        """Book what a movement of `kind` does to the line."""
        self.in_transit += transit_change
        if kind == Kind.TRANSFER_OUT:
            self.sent_change += transit_change
        elif kind == Kind.TRANSFER_IN:
            self.received_change -= transit_change
        else:
            self.settled_change -= transit_change


def send(planned: Planned, pile: Pile, quantity: Decimal) -> int:
    """Return the consignment line that goods of this pile travel on: like goods share one."""
    like = (pile.key[1], pile.key[2], pile.key[4], pile.key[5])
    for number, (sent_pile, sent) in enumerate(planned.sent, start=1):
        if (sent_pile.key[1], sent_pile.key[2], sent_pile.key[4], sent_pile.key[5]) == like:
            planned.sent[number - 1] = (sent_pile, sent + quantity)
            return number
    planned.sent.append((pile, quantity))
    return len(planned.sent)


def receive_or_settle(plan: Plan, entry: Entry, planned: Planned) -> None:
    """Receive (transfer_in) or settle (adjustment) one line of a consignment."""
    draft, line = entry.draft, entry.line
    lines = plan.consignments.get(draft.consignment, [])
    if not lines:
        text = _("There is no consignment %(name)s: write the sender and its position, as K01/15.") % {
            "name": draft.consignment
        }
        fault = Fault(f"{draft.pointer}/consignment", "unknown-consignment", text)
        if fault not in plan.faults:
            plan.faults.append(fault)
        return
    matching = [
        found
        for found in lines
        if found.item == line.item
        and found.grade == line.grade
        and found.purpose == line.purpose
        and (not line.lot or found.lot.code == line.lot)
    ]
    if len(matching) != 1:
        text = (
            _("%(goods)s of grade %(grade)s is in several lots of consignment %(name)s; name the lot.")
            if matching
            else _("%(goods)s of grade %(grade)s is not in consignment %(name)s: put it aside and call the sender.")
        )
        names = {
            "goods": f"{line.item} {line.lot or ''}".rstrip(),
            "grade": line.grade,
            "name": draft.consignment,
        }
        plan.fault(
            entry.here,
            "lot" if matching else "item",
            "not-in-consignment" if not matching else "lot-required",
            text % names,
        )
        return
    (found,) = matching
    if draft.kind == Kind.ADJUSTMENT:
        _settle(plan, entry, planned, found)
        return
    if found.to_depot_id != entry.depot_id:
        text = _("%(name)s goes to another depot: look at the driver's paper, and call the sender.") % {
            "name": draft.consignment
        }
        plan.fault(entry.here, "item", "not-for-this-depot", text)
        return
    if draft.occurred_at < found.sent_at:
        text = _("%(name)s left at %(sent)s; it cannot have arrived before.")
        names = {"name": draft.consignment, "sent": format_moment(found.sent_at)}
        plan.fault(draft.pointer, "occurred_at", "before-it-was-sent", text % names)
        return
    if found.in_transit <= 0:
        text = _("Line %(line)s: %(goods)s of %(name)s was already received. Look for its transfer in in the logbook.")
        names = {"line": entry.entry_no, "goods": found.goods, "name": draft.consignment}
        plan.conflicts.append(ConsignmentMoved(text % names, pointer=entry.here))
        return
    if entry.quantity != found.in_transit and not line.reason:
        text = _("%(sent)s of %(goods)s are on the road, not %(quantity)s: say why.")
        names = {
            "sent": told_quantity(found.in_transit),
            "goods": found.goods,
            "quantity": told_quantity(entry.quantity),
        }
        plan.fault(entry.here, "reason", "difference-needs-reason", text % names)
        return
    bin_known = plan.known.bins.get((draft.depot, line.bin))
    if bin_known is None:
        return
    key: PileKey = (entry.depot_id, entry.item.id, found.lot.id, bin_known.id, line.grade, line.purpose)
    pile = plan.open_pile(key, bin_code=bin_known.code, lot=found.lot)
    found.move(Kind.TRANSFER_IN, -entry.quantity)
    plan.book(planned, entry, pile, entry.quantity, transit_change=-entry.quantity, consignment_line=found.line_no)


def _settle(plan: Plan, entry: Entry, planned: Planned, found: OpenConsignment) -> None:
    """Write off (or on) what is still open of a consignment; the sender's log carries it, no pile changes."""
    if found.depot_id != entry.depot_id:
        plan.fault(
            entry.draft.pointer,
            "consignment",
            "not-this-depot's",
            _("A difference is settled by the depot that sent the goods: call it."),
        )
        return
    after = found.in_transit + entry.quantity
    if not min(found.in_transit, NOTHING) <= after <= max(found.in_transit, NOTHING):
        text = _("Line %(line)s: %(open)s of %(goods)s is open on %(name)s; %(quantity)s would settle more than that.")
        names = {
            "line": entry.entry_no,
            "open": told_quantity(found.in_transit),
            "goods": found.goods,
            "name": entry.draft.consignment,
            "quantity": told_quantity(entry.quantity),
        }
        plan.conflicts.append(ConsignmentMoved(text % names, pointer=entry.here))
        return
    pile = plan.piles.get(found.pile_key)
    assert pile is not None, "the pile a consignment left is loaded with it"
    found.move(Kind.ADJUSTMENT, entry.quantity)
    plan.book(planned, entry, pile, NOTHING, transit_change=entry.quantity, consignment_line=found.line_no)
