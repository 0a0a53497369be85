"""What is missing while drafts are planned: stock that is not there, or was not on a later day, and who holds it."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from inventory.ledger.chain import exact
from inventory.ledger.known import local_date
from inventory.ledger.piles import NOTHING, Pile
from inventory.ledger.planned import Entry
from logistics import sql

if TYPE_CHECKING:
    from inventory.ledger.planning import Plan


def note_missing(plan: Plan, entry: Entry, pile: Pile, quantity: Decimal) -> None:
    """Note that a pile cannot give `quantity`: it is not there now, or was not on a later day."""
    if pile.free >= quantity:
        note_break(plan, entry, [pile], quantity)
    else:
        note_shortage(plan, entry, quantity, max(pile.free, NOTHING))


def note_shortage(plan: Plan, entry: Entry, quantity: Decimal, there: Decimal) -> None:
    """Note that of `quantity` only `there` may go now, with what lies there but may not."""
    elsewhere = [
        {"why": why, "lot": pile.lot, "bin": pile.bin, "quantity": f"{pile.on_hand:.3f}"}
        for pile in plan.piles.of(entry.depot_id, entry.item.id)
        if pile.on_hand > 0
        and (pile.grade, pile.key[5]) == (entry.line.grade, entry.line.purpose)
        and entry.line.lot in {None, "", pile.lot}
        and entry.line.bin in {"", pile.bin}
        and (why := plan.why_unusable(pile, entry.on))
    ]
    plan.shortages.append(
        {
            "line_no": entry.entry_no,
            "item": entry.item.code,
            "lot": entry.line.lot or None,
            "requested": f"{quantity:.3f}",
            "available": f"{there:.3f}",
            "held_by": elsewhere,
            "pointer": entry.here,
            "depot": entry.draft.depot,
            "takes": entry.draft.takes,
        }
    )


def note_break(plan: Plan, entry: Entry, piles: Iterable[Pile], quantity: Decimal) -> None:
    """Note that `quantity` would leave too little on a later day, and the first such day."""
    at = entry.at
    tight = min(piles, key=lambda pile: pile.room(at))
    plan.breaks.append(
        {
            "line_no": entry.entry_no,
            "item": entry.item.code,
            "lot": tight.lot or None,
            "requested": f"{quantity:.3f}",
            "day": local_date(tight.first_day_below(at, quantity)).isoformat(),
            "pointer": entry.here,
            "depot": entry.draft.depot,
        }
    )


def with_holders(plan: Plan, shortage: dict[str, Any]) -> dict[str, Any]:
    """Return a shortage with the documents that hold what is promised: asked for only when refusing."""
    held = sql.rows(
        "ledger/held_by",
        {
            "depot_id": plan.known.depots[shortage["depot"]].id,
            "item_id": plan.known.items[shortage["item"]].id,
        },
    )
    shortage["held_by"] += [
        {
            "why": "allocated",
            "document": document or reference,
            "by": login,
            "name": name,
            "lot": lot,
            "quantity": exact(quantity),
        }
        for reference, document, login, name, lot, quantity in held
        if shortage["lot"] in {None, lot} and reference != shortage["takes"]
    ]
    return shortage
