"""What a stocktake does to piles, and what upholds it afterwards.

Each pile is compared with the book as of the moment it was counted, so that issues go on meanwhile. A count then
holds: whatever is told later of the time before it changes the explanation, not the counted stock. Such a movement is
booked like any other, and an offset, a stocktake's movement tied to it and to the count, takes its change back at the
count. What a reversal undoes happened when its original did, so a reversal across a count is offset too.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from inventory.ledger.drafts import Draft
from inventory.ledger.entries import PostedLine
from inventory.ledger.fuel import mirrored
from inventory.ledger.models import Kind
from inventory.ledger.piles import NOTHING, Count, Pile
from inventory.ledger.planned import Entry, Planned
from inventory.ledger.refusals import CountHolds
from inventory.ledger.shortages import note_missing
from logistics.fields import format_moment

if TYPE_CHECKING:
    from inventory.ledger.planning import Plan


@dataclass(frozen=True, slots=True)
class Offset:
    """A change of a pile at `at` that takes another back, because `count` holds."""

    pile: Pile
    change: Decimal
    count: Count
    at: datetime
    entry: Entry


def take_count(plan: Plan, entry: Entry, planned: Planned, pile: Pile) -> None:
    """Book the difference between what was counted of a pile and what the book says of that moment; also zero.

    Notes, instead: a later count of the pile that holds, or a difference that later movements do not allow.
    """
    at = entry.at
    if (later := next((count for count in pile.counts if count.at >= at), None)) is not None:
        text = _(
            "Line %(line)s: %(item)s was counted again at %(at)s (%(number)s), and that count holds. Leave it out."
        )
        names = {
            "line": entry.entry_no,
            "item": f"{entry.item.code} {pile.lot}".rstrip(),
            "at": format_moment(later.at),
            "number": later.number,
        }
        plan.conflicts.append(CountHolds(text % names, pointer=entry.here, count=later.position))
        return
    book = pile.books.get(at, NOTHING)
    change = entry.quantity - book
    if change < 0 and max(pile.room(at), NOTHING) < -change:
        note_missing(plan, entry, pile, -change)
        return
    entry.line = replace(entry.line, quantity=entry.quantity, unit=entry.item.unit, scheduled_quantity=book)
    plan.book(planned, entry, pile, change)


def offsetting(plan: Plan, planned: Planned) -> None:
    """Give a planned movement the movements that take its changes back where a later count holds.

    Holds on return: what is added comes `before` it and what is taken `after` it, so that no pile is below zero on
    the way; balances in all their lines are those of the order of the log.
    """
    if not planned.offsets:
        return
    for is_taken, side in ((False, planned.before), (True, planned.after)):
        groups: dict[tuple[int, datetime], list[Offset]] = defaultdict(list)
        for one in planned.offsets:
            if (one.change < 0) == is_taken:
                groups[one.count.position, one.at].append(one)
        for (_position, at), group in sorted(groups.items(), key=lambda pair: pair[0]):
            side.append(_movement(planned.draft, group, at, is_taken=is_taken))
    _rebalance(planned)


def _movement(late: Draft, group: list[Offset], at: datetime, *, is_taken: bool) -> Planned:
    count = group[0].count
    name = f"{late.depot}\n{late.key}\n{count.position}\n{at.isoformat()}\n{is_taken}"
    with translation.override(settings.LANGUAGE_CODE):
        text = _("Upholds %(number)s, counted %(at)s: an entry of the time before was recorded after it.")
        reason = text % {"number": count.number, "at": format_moment(count.at)}
    draft = Draft(
        depot=late.depot,
        kind=Kind.STOCKTAKE,
        occurred_at=at,
        key=f"offset-{hashlib.sha256(name.encode()).hexdigest()[:40]}",
        reason=reason,
        pointer=late.pointer,
    )
    lines = [
        PostedLine(
            line_no=number,
            entry_no=number,
            item=one.entry.item.code,
            lot=one.pile.lot,
            expires_date=one.pile.expires_date,
            bin=one.pile.bin,
            grade=one.pile.grade,
            purpose=one.pile.key[5],
            change=one.change,
            on_hand_after=NOTHING,  # follows from the order of the log
            transit_change=NOTHING,
            consignment_line=None,
            entered_quantity=one.count.quantity,
            entered_unit=one.entry.item.unit,
            unit_price=None,
            scheduled_quantity=None,
            reason="",
            counted_at=at,
            unit=one.entry.item.unit,
            fuel=mirrored(one.entry.fuel),
        )
        for number, one in enumerate(group, start=1)
    ]
    return Planned(draft, lines, [one.pile for one in group], upholds=count.position)


def _rebalance(planned: Planned) -> None:
    """Say in every line what is on hand after it, in the order of the log."""
    touched = {id(one.pile) for one in planned.offsets}
    ordered = [
        (line, pile)
        for movement in (*planned.before, planned, *planned.after)
        for line, pile in zip(movement.lines, movement.piles, strict=True)
        if id(pile) in touched
    ]
    balances = {id(pile): pile.on_hand for _line, pile in ordered}
    for line, pile in ordered:
        balances[id(pile)] -= line.change
    for line, pile in ordered:
        balances[id(pile)] += line.change
        line.on_hand_after = balances[id(pile)]
