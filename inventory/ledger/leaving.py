"""What leaves piles, or changes its place among them: which piles a line draws on, and why it may not."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from inventory.ledger.kinds import Sign
from inventory.ledger.known import no_such_lot
from inventory.ledger.piles import NOTHING, Pile, PileKey, first_expired_first_out
from inventory.ledger.planned import Entry, Planned
from inventory.ledger.shortages import note_break, note_shortage
from logistics.fields import format_date

if TYPE_CHECKING:
    from inventory.ledger.planning import Plan


def leave(plan: Plan, entry: Entry, planned: Planned) -> None:
    """Book a line out of the pile it names, or of those that expire first; or note why it may not go."""
    rule, line = entry.rule, entry.line
    quantity = abs(entry.quantity)
    if rule.sign is Sign.SIGNED or (entry.is_tracked and not line.lot and not rule.fills_first_expired):
        pile = plan.named_pile(entry, make=False)
        if pile is None:
            return
        candidates = [pile]
    elif line.lot and (entry.item.id, line.lot) not in plan.lots:
        plan.fault(entry.here, "lot", "unknown-lot", no_such_lot(line))
        return
    else:
        candidates = _candidates(plan, entry, automatic=not line.lot and rule.fills_first_expired)
    if line.lot and not rule.takes_unusable and not _may_be_named(plan, entry, candidates):
        return
    _take(plan, entry, planned, candidates, quantity)


def _candidates(plan: Plan, entry: Entry, *, automatic: bool) -> list[Pile]:
    """Return the piles a line may draw on, first expired first; without expired, held and scrap when automatic."""
    line, on = entry.line, entry.on
    found = [
        pile
        for pile in plan.piles.of(entry.depot_id, entry.item.id)
        if pile.grade == line.grade
        and pile.key[5] == line.purpose
        and (not line.bin or pile.bin == line.bin)
        and (not line.lot or pile.lot == line.lot)
        and not (automatic and plan.why_unusable(pile, on))
    ]
    return sorted(found, key=first_expired_first_out) if len(found) > 1 else found


def _may_be_named(plan: Plan, entry: Entry, candidates: list[Pile]) -> bool:
    for pile in candidates:
        if why := plan.why_unusable(pile, entry.on):
            text = {
                "expired": _("Lot %(lot)s expired on %(day)s: choose another lot. This one leaves by disposal only."),
                "on-hold": _("Lot %(lot)s is on hold: choose another lot, or have the hold lifted first."),
                "awaiting-disposal": _(
                    "Grade %(grade)s awaits disposal: choose another grade. It leaves by disposal only."
                ),
            }[why]
            day = format_date(pile.expires_date) if pile.expires_date else ""
            plan.fault(entry.here, "lot", why, text % {"lot": pile.lot, "grade": pile.grade, "day": day})
            return False
    return True


def _take(plan: Plan, entry: Entry, planned: Planned, candidates: list[Pile], quantity: Decimal) -> None:
    """Book `quantity` out of the candidates in their order, or note what is missing."""
    at = entry.at
    parts = []
    missing = quantity
    # Whoever names no lot is given what is there still: a count would make room for more in any lot ever kept.
    chooses = entry.is_tracked and not entry.line.lot
    for pile in candidates:
        room = min(pile.room(at), pile.free) if chooses else pile.room(at)
        if (part := min(room, missing)) > NOTHING:
            parts.append((pile, part))
            missing -= part
            if not missing:
                break
    if missing:
        now = sum((max(pile.free, NOTHING) for pile in candidates), NOTHING)
        if now >= quantity:
            note_break(plan, entry, candidates, quantity)
        else:
            note_shortage(plan, entry, quantity, now)
        return
    if entry.fuel is not None and len(parts) > 1:
        text = _("%(item)s lies in several places, and a reading is of one: name the bin.")
        plan.fault(entry.here, "bin", "fuel-one-tank", text % {"item": entry.item.code})
        return
    for pile, part in parts:
        plan.book(planned, entry, pile, -part)


def pair(plan: Plan, entry: Entry, planned: Planned) -> None:
    """Book a line out of one pile and into another that differs from it in the kind's target."""
    line = entry.line
    source = plan.named_pile(entry, make=False)
    target_bin = plan.known.bins.get((entry.draft.depot, line.to_bin)) if line.to_bin else None
    if source is None or (line.to_bin and target_bin is None):
        return
    depot, item, lot, bin_id, grade, purpose = source.key
    key: PileKey = (
        depot,
        item,
        lot,
        target_bin.id if target_bin else bin_id,
        line.to_grade or grade,
        line.to_purpose or purpose,
    )
    if key == source.key:  # the default bin named as the target: `faults` cannot know which that is
        member = entry.rule.target
        plan.fault(entry.here, member, "target", _("The pile would not change; name another target."))
        return
    before = len(planned.lines)
    _take(plan, entry, planned, [source], entry.quantity)
    if len(planned.lines) > before:
        target = plan.open_pile(key, bin_code=line.to_bin or source.bin, like=source)
        plan.book(planned, entry, target, entry.quantity)
