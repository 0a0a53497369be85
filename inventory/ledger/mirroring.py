"""The reversal of a movement while it is planned: whole, or the entries that some of its lines belong to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from inventory.ledger.drafts import DraftLine
from inventory.ledger.entries import Posted, PostedLine
from inventory.ledger.fuel import mirrored
from inventory.ledger.kinds import RULES
from inventory.ledger.known import local_date
from inventory.ledger.models import Kind
from inventory.ledger.piles import NOTHING, PileKey
from inventory.ledger.planned import Entry, Planned
from inventory.ledger.refusals import AlreadyReversed, ConsignmentMoved, CountHolds
from inventory.ledger.shortages import note_missing
from logistics.fields import format_moment

if TYPE_CHECKING:
    from inventory.ledger.planning import Plan


@dataclass(frozen=True, slots=True)
class Original:
    """A movement to be reversed, with the pile of each of its lines."""

    posted: Posted
    pile_keys: tuple[PileKey, ...]
    reversed_by: int | None
    is_offset: bool = False  # it upholds a count
    is_upheld: bool = False  # a stocktake that offsets lean on


def mirror(plan: Plan, planned: Planned) -> None:
    """Undo a movement, whole or the entries that the named lines belong to."""
    draft = planned.draft
    if draft.reverses is None:
        return  # said by `faults`
    original = plan.originals.get((draft.depot, draft.reverses))
    if original is None:
        text = _("%(movement)s does not exist: look in the logbook for its position.") % {
            "movement": f"{draft.depot}/{draft.reverses}"
        }
        plan.fault(draft.pointer, "reverses", "unknown-movement", text)
        return
    posted = original.posted
    if original.reversed_by is not None:
        text = _("%(movement)s was reversed by %(reversal)s already. Post the right movement anew.")
        names = {"movement": posted.name, "reversal": f"{draft.depot}/{original.reversed_by}"}
        plan.conflicts.append(AlreadyReversed(text % names, reversed_by=original.reversed_by))
        return
    if original.is_offset:
        text = _("%(movement)s upholds a stocktake and is not undone by itself: undo the entry it offsets.")
        plan.conflicts.append(CountHolds(text % {"movement": posted.name}))
        return
    if original.is_upheld:
        text = _("Late entries were offset by stocktake %(number)s already, so it is not undone: count again.")
        plan.conflicts.append(CountHolds(text % {"number": posted.number}))
        return
    if posted.kind == Kind.REVERSAL:
        text = _("Do not reverse a reversal; post the movement anew.")
        plan.fault(draft.pointer, "reverses", "is-a-reversal", text)
        return
    if draft.occurred_at < posted.occurred_at:
        text = _("%(movement)s occurred at %(at)s; its reversal cannot be earlier.")
        names = {"movement": posted.name, "at": format_moment(posted.occurred_at)}
        plan.fault(draft.pointer, "occurred_at", "before-original", text % names)
        return
    known = {line.line_no: line.entry_no for line in posted.lines}
    for index, number in enumerate(draft.reverse_lines or ()):
        if number not in known:
            text = _("%(movement)s has no line %(line)s.") % {"movement": posted.name, "line": number}
            plan.fault(draft.pointer, f"lines/{index}", "unknown-line", text)
            return
    entries = {known[number] for number in draft.reverse_lines or known}
    # What comes back goes first, so that a pair of lines does not fall short of itself.
    pairs = [
        (line, key) for line, key in zip(posted.lines, original.pile_keys, strict=True) if line.entry_no in entries
    ]
    for line, key in sorted(pairs, key=lambda pair: pair[0].change > 0):
        _mirror_line(plan, planned, posted, line, key)


def _mirror_line(plan: Plan, planned: Planned, posted: Posted, line: PostedLine, key: PileKey) -> None:
    draft = planned.draft
    pile = plan.piles.get(key)
    assert pile is not None, "the piles of a movement to be reversed are loaded with it"
    item, on = plan.known.items[line.item], local_date(draft.occurred_at)
    entry = Entry(
        draft,
        _as_asked(line),
        line.entry_no,
        f"{draft.pointer}/lines",
        item,
        line.change,
        key[0],
        on,
        RULES[draft.kind],
        mirrored(line.fuel),
    )
    happened_at = line.counted_at or posted.occurred_at
    if line.change > 0 and pile.count_after(happened_at) is None:
        room = max(pile.room(draft.occurred_at), NOTHING)
        if room < line.change:
            note_missing(plan, entry, pile, line.change)
            return
    if line.consignment_line is not None:
        name = posted.consignment or posted.name
        found = next(open_line for open_line in plan.consignments[name] if open_line.line_no == line.consignment_line)
        if posted.kind == Kind.TRANSFER_OUT and (found.is_moved or found.in_transit < line.transit_change):
            text = _("%(movement)s was already received or settled in part; reverse that first.")
            plan.conflicts.append(ConsignmentMoved(text % {"movement": posted.name}, consignment=name))
            return
        found.move(posted.kind, -line.transit_change)
    plan.book(
        planned,
        entry,
        pile,
        -line.change,
        transit_change=-line.transit_change,
        consignment_line=line.consignment_line,
        like=line,
        happened_at=happened_at,
    )


def _as_asked(line: PostedLine) -> DraftLine:
    """Return a posted line in the form of an asked-for one, for the mirror of it."""
    return DraftLine(
        item=line.item,
        quantity=line.entered_quantity,
        unit=line.entered_unit,
        lot=line.lot,
        bin=line.bin,
        grade=line.grade,
        purpose=line.purpose,
        unit_price=line.unit_price,
        scheduled_quantity=line.scheduled_quantity,
    )
