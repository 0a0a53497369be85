"""What undoing a movement would do, weighed by the code that posts it; and where goods have moved on, who has them.

Entries are undone whole: one half of a relocation would make stock out of nothing (ADR 0005).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from django.utils.translation import gettext as _

from depots.access import DepotAccess
from inventory.ledger.drafts import Draft
from inventory.ledger.entries import Posted, PostedLine
from inventory.ledger.models import Kind, Movement, MovementLine
from inventory.ledger.piles import PileKey
from inventory.ledger.planning import Plan
from inventory.ledger.refusals import InsufficientStock, break_text, name_goods
from inventory.ledger.weighing import Weighed, look
from inventory.vouchers import branches, road
from inventory.vouchers.content import Content
from inventory.vouchers.models import CLOSED, Voucher
from logistics import sql
from logistics.accounts.models import User
from logistics.errors import DomainError, Fault
from logistics.fields import told_quantity

MOST_TAKERS: Final = 5  # of one pile
_ROUNDS: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Taker:
    """Who has what left a pile: a later movement of the same log, a receiver's, or a document it is promised to."""

    depot: str
    position: int | None
    number: str
    kind: str
    actor: str
    occurred_at: datetime | None
    to_whom: str
    quantity: Decimal

    @property
    def kind_name(self) -> str:
        """The kind in the language of the page; "" of a promise."""
        return str(Kind(self.kind).label) if self.kind else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Undoing:
    """One line and its mirror. `there` is what the pile holds before, `after` what it would hold; None: it cannot."""

    line: PostedLine
    there: Decimal
    after: Decimal | None


@dataclass(slots=True, kw_only=True)
class Entry:
    """One line as it was asked for once, with what became of it. `problem` says why it cannot be undone now."""

    number: int
    lines: list[Undoing]
    is_chosen: bool
    problem: str = ""
    takers: list[Taker] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What a reversal would do. `fitting` are the entries that could be undone instead, when not all chosen can."""

    entries: list[Entry]
    faults: list[Fault]
    fitting: list[int]

    @property
    def problems(self) -> list[Entry]:
        """The chosen entries that cannot be undone as things stand."""
        return [entry for entry in self.entries if entry.problem]

    @property
    def is_whole(self) -> bool:
        """Tell whether every entry is chosen."""
        return all(entry.is_chosen for entry in self.entries)

    @property
    def can_be_posted(self) -> bool:
        """Tell whether nothing but the reason is missing."""
        return not self.faults and not self.problems and any(entry.is_chosen for entry in self.entries)


def content_of(posted: Posted, entries: Iterable[int], *, occurred_at: datetime, reason: str) -> Content:
    """Return the voucher that undoes some entries of a movement; all of them undo it whole."""
    chosen = set(entries)
    lines = [line.line_no for line in posted.lines if line.entry_no in chosen]
    return Content(
        kind=Kind.REVERSAL,
        occurred_at=occurred_at,
        reason=reason,
        reverses=posted.position,
        reverse_lines=None if len(lines) == len(posted.lines) else lines,
    )


def preview(
    posted: Posted,
    keys: Sequence[PileKey],
    chosen: Iterable[int],
    *,
    occurred_at: datetime,
    place: DepotAccess,
    by: User,
    at: datetime,
) -> Preview:
    """Return what undoing the chosen entries of a movement would do at a time; writes nothing."""
    asked = set(chosen)
    weighing = _Weighing(posted, keys, place, occurred_at=occurred_at, by=by, at=at)
    # Nothing chosen undoes nothing: what is looked at then is only what the piles hold.
    weighed = weighing.look(asked or {line.entry_no for line in posted.lines})
    problems = weighing.problems(weighed, asked) if asked else {}
    faults = _general(weighed) if asked else []
    items = [("/reverse_lines", line.item) for line in posted.lines if line.entry_no in asked]
    faults += branches.outside(place.supply_classes, items)[:1]
    return Preview(
        entries=weighing.entries(weighed, asked, problems),
        faults=faults,
        fitting=weighing.fitting(asked, problems) if problems and not faults else [],
    )


def open_reversal(depot_id: int, position: int) -> Voucher | None:
    """Return the voucher on its way to undo a movement, the last changed of several; None: there is none."""
    found = Voucher.objects.select_related("changed_by").filter(depot=depot_id, kind=Kind.REVERSAL, reverses=position)
    return found.exclude(status__in=CLOSED).order_by("-changed_at").first()


@dataclass(frozen=True, slots=True)
class Undone:
    """The reversal of a movement: which it is, and which entries it undid (None: all of them)."""

    position: int
    number: str
    actor: str
    occurred_at: datetime
    entries: list[int] | None


def undone(depot_id: int, posted: Posted) -> Undone | None:
    """Return what undid a movement, None while it stands; at most two queries."""
    reversal = (
        Movement.objects.filter(depot=depot_id, reverses=posted.position)
        .values_list("position", "number", "actor", "occurred_at")
        .first()
    )
    if reversal is None:
        return None
    lines = MovementLine.objects.filter(depot=depot_id, position=reversal[0])
    entries = sorted(set(lines.values_list("entry_no", flat=True)))
    is_whole = set(entries) == {line.entry_no for line in posted.lines}
    return Undone(*reversal, None if is_whole else entries)


class _Weighing:
    """One movement that is to be undone, looked at with different choices of its entries."""

    def __init__(
        self,
        posted: Posted,
        keys: Sequence[PileKey],
        place: DepotAccess,
        *,
        occurred_at: datetime,
        by: User,
        at: datetime,
    ) -> None:
        self.posted, self.place = posted, place
        self.occurred_at, self.by, self.at = occurred_at, by, at
        self.lines = list(zip(posted.lines, keys, strict=True))

    def look(self, entries: set[int]) -> Weighed:
        content = content_of(self.posted, entries, occurred_at=self.occurred_at, reason="")
        draft = Draft(
            depot=self.place.code,
            kind=Kind.REVERSAL,
            occurred_at=self.occurred_at,
            key="weighed",
            reason="?",  # what it will say is asked beside the preview
            reverses=content.reverses,
            reverse_lines=content.reverse_lines,
        )
        return look([draft], by=self.by, at=self.at)

    def problems(self, weighed: Weighed, entries: set[int]) -> dict[int, tuple[str, list[Taker]]]:
        """Return, by entry, why it cannot be undone and who has the goods."""
        plan = weighed.plan
        if plan is None:
            return {}
        found: dict[int, tuple[str, list[Taker]]] = {}
        short = {one["line_no"]: one for one in _with_holders(plan)}
        taken = self._takers(plan, {*short, *(one["line_no"] for one in plan.breaks)})
        name_goods([*short.values(), *plan.breaks])
        for number, shortage in short.items():
            takers = [*taken.get(number, []), *_promises(shortage)]
            text = _("%(requested)s of %(goods)s would go back, but only %(available)s is left in the pile.")
            names = {
                "requested": told_quantity(Decimal(shortage["requested"])),
                "available": told_quantity(Decimal(shortage["available"])),
                "goods": f"{shortage['name']} ({shortage['item']}) {shortage['lot'] or ''}".rstrip(),
            }
            found[number] = (text % names, takers)
        for broken in plan.breaks:
            found[broken["line_no"]] = (break_text(broken), taken.get(broken["line_no"], []))
        if any(conflict.slug == "consignment-moved" for conflict in plan.conflicts):
            found |= self._on_the_road(entries)
        return found

    def _on_the_road(self, entries: set[int]) -> Iterator[tuple[int, tuple[str, list[Taker]]]]:
        """Yield the entries whose goods were received or settled already, and by whom."""
        name = (self.lines[0][1][0], self.posted.position)
        (consignment,) = road.consignments([name]) or (None,)
        if consignment is None:
            return
        moved = {line.line_no: line for line in consignment.lines if line.received or line.settled}
        for line, _key in self.lines:
            row = moved.get(line.consignment_line or 0)
            if row is None or line.entry_no not in entries:
                continue
            text = _("%(goods)s was received or settled already: reverse that first.")
            takers = [
                Taker(
                    depot=one.depot, position=one.position, number=one.number, kind=one.kind, actor=one.actor,
                    occurred_at=one.occurred_at, to_whom="", quantity=one.quantity,
                )
                for one in row.told
                if not one.is_undone
            ]  # fmt: skip
            yield line.entry_no, (text % {"goods": f"{line.item} {line.lot}".rstrip()}, takers)

    def _takers(self, plan: Plan, numbers: set[int]) -> dict[int, list[Taker]]:
        """Return, by entry, who took from the piles its goods went to."""
        holders: dict[int, int] = {}
        for line, key in self.lines:
            pile = plan.piles.get(key)
            if line.entry_no in numbers and line.change > 0 and pile is not None and pile.holding_id is not None:
                holders[pile.holding_id] = line.entry_no
        if not holders:
            return {}
        asked = {
            "depot_id": self.place.id,
            "position": self.posted.position,
            "holding_ids": sorted(holders),
            "most": MOST_TAKERS,
        }
        by_pile: dict[int, list[Taker]] = defaultdict(list)
        for holding_id, position, number, kind, actor, occurred_at, partner, to_depot, quantity in sql.rows(
            "vouchers/taken_since", asked
        ):
            by_pile[holding_id].append(
                Taker(
                    depot=self.place.code, position=position, number=number, kind=kind, actor=actor,
                    occurred_at=occurred_at, to_whom=to_depot or partner, quantity=quantity,
                )
            )  # fmt: skip
        found: dict[int, list[Taker]] = defaultdict(list)
        for line, key in self.lines:
            pile = plan.piles.get(key)
            if line.entry_no in numbers and line.change > 0 and pile is not None and pile.holding_id is not None:
                found[line.entry_no] += by_pile[pile.holding_id]
        return found

    def fitting(self, entries: set[int], problems: Mapping[int, Any]) -> list[int]:
        """Return the largest choice found, of the entries asked for, that can be undone together."""
        rest = entries - set(problems)
        for _round in range(_ROUNDS):
            if not rest:
                break
            weighed = self.look(rest)
            if not (more := self.problems(weighed, rest)):
                return [] if _general(weighed) else sorted(rest)
            rest -= set(more)
        return []

    def entries(
        self, weighed: Weighed, chosen: set[int], problems: Mapping[int, tuple[str, list[Taker]]]
    ) -> list[Entry]:
        planned: dict[tuple[int, PileKey], PostedLine] = {}
        if weighed.planned:
            mirrored = weighed.planned[0]
            planned = {
                (line.entry_no, pile.key): line for line, pile in zip(mirrored.lines, mirrored.piles, strict=True)
            }
        found: dict[int, Entry] = {}
        for line, key in self.lines:
            entry = found.setdefault(
                line.entry_no, Entry(number=line.entry_no, lines=[], is_chosen=line.entry_no in chosen)
            )
            mirror = planned.get((line.entry_no, key))
            if mirror is not None and line.entry_no not in problems:
                there, after = mirror.on_hand_after - mirror.change, mirror.on_hand_after
                entry.lines.append(Undoing(line=line, there=there, after=after))
            else:
                pile = weighed.plan.piles.get(key) if weighed.plan is not None else None
                there = pile.on_hand if pile is not None else Decimal(0)
                entry.lines.append(Undoing(line=line, there=there, after=None))
            if line.entry_no in problems:
                entry.problem, entry.takers = problems[line.entry_no]
        return list(found.values())


def _general(weighed: Weighed) -> list[Fault]:
    """Return what is wrong with the reversal as a whole, rather than with one entry."""
    found = list(weighed.faults)
    found += [Fault(str(one.members["pointer"]), one.slug, one.detail) for one in weighed.closed]
    if weighed.plan is not None:
        found += weighed.plan.faults
        found += [
            Fault(one.members.get("pointer", ""), one.slug, one.detail)
            for one in weighed.plan.conflicts
            if one.slug != "consignment-moved"
        ]
    return found


def _with_holders(plan: Plan) -> list[dict[str, Any]]:
    """Return the shortages of a plan, each with the documents that hold what is promised."""
    if not plan.shortages:
        return []
    try:
        plan.refuse(())
    except InsufficientStock as refusal:
        return refusal.shortages
    except DomainError:
        return plan.shortages
    return plan.shortages


def _promises(shortage: Mapping[str, Any]) -> Iterator[Taker]:
    for one in shortage["held_by"]:
        if one["why"] == "allocated":
            yield Taker(
                depot="", position=None, number=one["document"], kind="", actor=one["by"], occurred_at=None,
                to_whom="", quantity=Decimal(one["quantity"]),
            )  # fmt: skip
