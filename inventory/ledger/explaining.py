"""Why a line takes what it takes: the piles it draws on, the piles it passes over and the reason for each.

First expired, first out is a rule people have to trust, so it is told in words (glossary section 3, rule 7). A line
that names a lot or a bin may go against it: it does so when the movement as a whole leaves goods behind that expire
earlier and could have gone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from inventory.catalogue.models import ReservePurpose
from inventory.ledger.chain import FuelFigures
from inventory.ledger.drafts import Draft, DraftLine
from inventory.ledger.kinds import RULES
from inventory.ledger.known import local_date
from inventory.ledger.piles import Pile, first_expired_first_out
from inventory.ledger.planned import Planned
from inventory.ledger.planning import Plan
from logistics.fields import format_date, told_quantity

MOST_TOLD: Final = 4  # parts, and piles passed over, that one sentence names


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A line's share of one pile; quantities in base units. `there` is what the pile held before this line."""

    item: str
    lot: str
    expires_date: date | None
    bin: str
    grade: int
    purpose: str
    there: Decimal
    change: Decimal
    on_hand_after: Decimal
    unit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """A pile that a line passes over, and why.

    `why` is expired, on-hold, awaiting-disposal, ring-fenced, other-purpose, other-grade, other-bin, promised, or
    passed-over: it could have gone and expires earlier than what goes.
    """

    lot: str
    expires_date: date | None
    bin: str
    grade: int
    purpose: str
    quantity: Decimal
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """One line as asked for: its parts, what it passes over, how much is missing (None: nothing)."""

    entry_no: int
    parts: tuple[Part, ...]
    skipped: tuple[Skipped, ...]
    short: Decimal | None
    is_issued: bool
    fuel: FuelFigures | None = None  # of a liquid fuel: what was measured, and what that comes to

    @property
    def passed_over(self) -> tuple[Skipped, ...]:
        """What expires earlier than what goes, and stays although it could go."""
        return tuple(one for one in self.skipped if one.why == "passed-over")

    @property
    def is_first_expired(self) -> bool:
        """Tell whether nothing is left behind that should have gone before."""
        return not self.passed_over

    def sentence(self) -> str:
        """Return in the reader's language what is taken first and why the rest is not; "" where nothing is issued."""
        if not self.is_issued:
            return ""
        told = [_taken(self.parts)] if self.parts else []
        told += [_passed(one) for one in self.skipped[:MOST_TOLD]]
        if more := max(len(self.skipped) - MOST_TOLD, 0):
            told.append(ngettext("%(count)s more skipped", "%(count)s more skipped", more) % {"count": more})
        if self.short is not None:
            told.append(_("%(quantity)s short") % {"quantity": told_quantity(self.short)})
        text = "; ".join(told)
        return text[:1].upper() + text[1:]


def explain(plan: Plan, planned: Planned) -> list[Explained]:
    """Return, for every line of a planned draft in order, why it takes what it takes.

    To be asked when all drafts of the plan are planned: what is left then is what the movement leaves behind. A
    reversal's lines are numbered as those of the movement it undoes. Reads the table of purposes, nothing else.
    """
    draft = planned.draft
    missing = {one["pointer"]: Decimal(one["requested"]) - Decimal(one["available"]) for one in plan.shortages}
    parts: dict[int, list[Part]] = {}
    fuels = {line.entry_no: line.fuel for line in planned.lines}
    for line in planned.lines:
        part = Part(
            item=line.item,
            lot=line.lot,
            expires_date=line.expires_date,
            bin=line.bin,
            grade=line.grade,
            purpose=line.purpose,
            there=line.on_hand_after - line.change,
            change=line.change,
            on_hand_after=line.on_hand_after,
            unit=line.unit,
        )
        parts.setdefault(line.entry_no, []).append(part)
    if not draft.lines:
        return [
            Explained(
                entry_no=number, parts=tuple(found), skipped=(), short=None, is_issued=False, fuel=fuels.get(number)
            )
            for number, found in sorted(parts.items())
        ]
    is_issued = RULES[draft.kind].fills_first_expired
    # What was promised was chosen when it was promised: nothing is passed over by taking it.
    asking = _Asking(plan, draft) if is_issued and not draft.takes else None
    found = []
    for number, asked in enumerate(draft.lines, start=1):
        short = missing.get(f"{draft.pointer}/lines/{number - 1}")
        mine = parts.get(number, [])
        skipped: list[Skipped] = []
        if asking is not None:
            if short is not None and not mine:
                mine = asking.what_there_is(asked)
            skipped = list(asking.passed(asked, mine, is_short=short is not None))
        found.append(
            Explained(
                entry_no=number,
                parts=tuple(mine),
                skipped=tuple(skipped),
                short=short,
                is_issued=is_issued,
                fuel=fuels.get(number),
            )
        )
    return found


def out_of_order(plan: Plan, planned: Planned) -> list[Explained]:
    """Return the lines of a planned draft that leave goods behind which expire earlier."""
    if not RULES[planned.draft.kind].fills_first_expired:
        return []
    return [one for one in explain(plan, planned) if not one.is_first_expired]


class _Asking:
    """The piles of a plan as an issue looks at them."""

    def __init__(self, plan: Plan, draft: Draft) -> None:
        self.plan, self.draft = plan, draft
        self.depot_id = plan.known.depots[draft.depot].id
        self.on = local_date(draft.occurred_at)
        self.fenced = set(ReservePurpose.objects.filter(is_ring_fenced=True).values_list("code", flat=True))
        self.sorted: dict[int, list[Pile]] = {}

    def piles(self, line: DraftLine) -> list[Pile]:
        item = self.plan.known.items.get(line.item)
        if item is None:
            return []
        if item.id not in self.sorted:
            self.sorted[item.id] = sorted(self.plan.piles.of(self.depot_id, item.id), key=first_expired_first_out)
        return self.sorted[item.id]

    def what_there_is(self, line: DraftLine) -> list[Part]:
        """Return the shares a line would take if it took all there is."""
        item = self.plan.known.items[line.item]
        return [
            Part(
                item=line.item,
                lot=pile.lot,
                expires_date=pile.expires_date,
                bin=pile.bin,
                grade=pile.grade,
                purpose=pile.key[5],
                there=pile.on_hand,
                change=-room,
                on_hand_after=pile.on_hand - room,
                unit=item.unit,
            )
            for pile in self.piles(line)
            if self._why_not(pile, line) is None and (room := pile.room(self.draft.occurred_at)) > 0
        ]

    def passed(self, line: DraftLine, parts: list[Part], *, is_short: bool) -> Iterator[Skipped]:
        """Yield the piles a line passes over that expire earlier than its last part; every pile when it is short."""
        last = max((part.expires_date or date.max for part in parts), default=None)
        for pile in self.piles(line):
            if pile.on_hand <= 0:
                continue
            expires = pile.expires_date or date.max
            is_earlier = last is not None and expires < last
            why = self._why_not(pile, line, is_named=True)
            if why is None:
                # The line's own piles are drawn on in their order: what is left in one of them was not passed over.
                is_own = self._why_not(pile, line) is None
                could = is_earlier and not is_own and pile.room(self.draft.occurred_at) > 0
                why = "passed-over" if could else "promised" if pile.free <= 0 else None
            if why is not None and (is_earlier or (is_short and why != "passed-over")):
                yield Skipped(
                    lot=pile.lot,
                    expires_date=pile.expires_date,
                    bin=pile.bin,
                    grade=pile.grade,
                    purpose=pile.key[5],
                    quantity=pile.on_hand,
                    why=why,
                )

    def _why_not(self, pile: Pile, line: DraftLine, *, is_named: bool = False) -> str | None:
        """Return why a line does not draw on a pile; None: it does, or (`is_named`) would if nothing were named."""
        may_name = line.lot == pile.lot and RULES[self.draft.kind].takes_unusable
        if (why := self.plan.why_unusable(pile, self.on)) and not may_name:
            return why
        if pile.key[5] != line.purpose:
            return "ring-fenced" if pile.key[5] in self.fenced else "other-purpose"
        if pile.grade != line.grade:
            return "other-grade"
        if is_named:
            return None
        if line.bin and pile.bin != line.bin:
            return "other-bin"
        return "other-lot" if line.lot and pile.lot != line.lot else None


def _taken(parts: tuple[Part, ...]) -> str:
    names = [_name(part.lot, part.bin, part.expires_date) for part in parts[:MOST_TOLD]]
    words = _("take %(lot)s first") if len(parts) > 1 else _("take %(lot)s")
    text = words % {"lot": names[0]}
    for name in names[1:]:
        text += _(", then %(next)s") % {"next": name}
    if more := max(len(parts) - MOST_TOLD, 0):
        text += ngettext(", then %(count)s more", ", then %(count)s more", more) % {"count": more}
    return text


def _name(lot: str, bin_code: str, expires: date | None) -> str:
    name = lot or _("what lies in %(bin)s") % {"bin": bin_code}
    if expires is None:
        return name
    return _("%(lot)s (last day %(day)s)") % {"lot": name, "day": format_date(expires)}


def _passed(one: Skipped) -> str:
    day = format_date(one.expires_date) if one.expires_date else ""
    whys = {
        "expired": _("expired on %(day)s"),
        "on-hold": _("on hold"),
        "awaiting-disposal": _("awaiting disposal"),
        "ring-fenced": _("reserve %(purpose)s"),
        "other-purpose": _("kept for %(purpose)s"),
        "other-grade": _("grade %(grade)s"),
        "other-bin": _("in bin %(bin)s"),
        "other-lot": _("another lot is named"),
        "promised": _("promised to another document"),
        "passed-over": _("expires earlier, on %(day)s"),
    }
    why = whys[one.why] % {"day": day, "purpose": one.purpose, "grade": one.grade, "bin": one.bin}
    name = one.lot or _("what lies in %(bin)s") % {"bin": one.bin}
    return _("skipping %(lot)s: %(why)s") % {"lot": name, "why": why}
