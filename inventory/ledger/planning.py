"""From drafts to lines of the log: which piles change by how much, or why not.

Reckoning over what was read under the logs' locks: nothing here writes, and nothing is read but, when refusing, who
holds the stock that is missing. A plan collects every fault, shortage and broken day of all its drafts before it
refuses.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from django.utils.translation import gettext as _

from inventory.catalogue.models import Item, Unit
from inventory.ledger.chain import FuelFigures, exact
from inventory.ledger.counting import Offset, offsetting, take_count
from inventory.ledger.drafts import LARGEST, Draft, DraftLine, is_storable
from inventory.ledger.entries import Posted, PostedLine
from inventory.ledger.fuel import Fuels, measure, mirrored, refuse_beyond, refuse_weight
from inventory.ledger.kinds import RULES, Rule, Sign
from inventory.ledger.known import Known, KnownItem, local_date
from inventory.ledger.models import Kind
from inventory.ledger.piles import NOTHING, Pile, PileKey, Piles, first_expired_first_out
from inventory.ledger.refusals import (
    AlreadyReversed,
    ConsignmentMoved,
    CountHolds,
    InsufficientStock,
    InvalidMovement,
    SerialElsewhere,
    WouldGoNegative,
)
from logistics import sql
from logistics.errors import Conflict, Fault
from logistics.fields import format_date, format_moment, told_quantity
from logistics.language import named

_THOUSANDTH: Final = Decimal("0.001")


@dataclass(frozen=True, slots=True)
class KnownLot:
    """A lot named in the drafts."""

    id: int
    code: str
    expires_date: date | None
    is_held: bool


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


@dataclass(frozen=True, slots=True)
class Original:
    """A movement to be reversed, with the pile of each of its lines."""

    posted: Posted
    pile_keys: tuple[PileKey, ...]
    reversed_by: int | None
    is_offset: bool = False  # it upholds a count
    is_upheld: bool = False  # a stocktake that offsets lean on


@dataclass(slots=True)
class Planned:
    """The lines one draft comes to, each with its pile, and what it puts on the road.

    `before` and `after` it in the log come the movements that uphold counts of later moments.
    """

    draft: Draft
    lines: list[PostedLine] = field(default_factory=list)
    piles: list[Pile] = field(default_factory=list)
    sent: list[tuple[Pile, Decimal]] = field(default_factory=list)  # consignment lines 1, 2, … of a transfer_out
    offsets: list[Offset] = field(default_factory=list)
    before: list[Planned] = field(default_factory=list)
    after: list[Planned] = field(default_factory=list)
    upholds: int | None = None  # the position of the stocktake that this movement, an offset, upholds

    def in_order(self) -> tuple[Planned, ...]:
        """Return the movement with those that uphold counts, in the order of the log."""
        return (*self.before, self, *self.after)


@dataclass(slots=True)
class Plan:
    """Weighs drafts one after the other against the piles; what is wrong is collected, and `piles` hold the result."""

    known: Known
    piles: Piles
    lots: Mapping[tuple[int, str], KnownLot]
    consignments: Mapping[str, list[OpenConsignment]]
    originals: Mapping[tuple[str, int], Original]
    pieces: dict[int, Decimal]  # serial lot -> pieces in the whole store
    promises: dict[tuple[str, str], dict[int, Decimal]]  # (depot, reference) -> holding -> promised to it
    fuels: Fuels | None = None  # None: no draft is about a liquid fuel
    measures: bool = True  # False: quantities of liquid fuel are at 15 °C already, as what is promised
    faulty: set[str] = field(default_factory=set)  # pointers of lines already known to be wrong: not planned
    faults: list[Fault] = field(default_factory=list)
    units: dict[str, str] = field(default_factory=dict)  # names by code, read where a fault tells one
    shortages: list[dict[str, Any]] = field(default_factory=list)
    breaks: list[dict[str, Any]] = field(default_factory=list)
    conflicts: list[Conflict] = field(default_factory=list)

    def plan(self, draft: Draft) -> Planned:
        """Return what one draft comes to; what is wrong with it is collected, not raised."""
        planned = Planned(draft)
        if draft.kind == Kind.REVERSAL:
            self._mirror(draft, planned)
            offsetting(self, planned)
            return planned
        rule = RULES[draft.kind]
        sign = rule.sign
        depot_id = self.known.depots[draft.depot].id
        on = local_date(draft.occurred_at)
        items, pointer = self.known.items, draft.pointer
        promised = self._open_promises(draft, depot_id) if draft.takes else ()
        for index, line in enumerate(draft.lines):
            here = f"{pointer}/lines/{index}"
            item = items.get(line.item)
            if item is None or not is_storable(line.quantity):
                continue  # said by `unknown_codes` and `faults`
            if (not item.fuel_group or item.is_weighed(line.unit)) and _is_beyond(draft, line):
                text = _("No more is issued than was asked for (%(quantity)s): for more there has to be a new order.")
                asked = told_quantity(line.scheduled_quantity or NOTHING)
                self._fault(here, "quantity", "above-requested", text % {"quantity": asked})
                continue
            quantity = self._base_quantity(draft, line, item, here)
            if quantity is None or here in self.faulty:
                continue
            figures = None
            is_measured = self.measures and (item.fuel_group != "" or line.fuel is not None)
            is_measured = is_measured and not (draft.consignment and sign is Sign.SIGNED)
            if item.is_weighed(line.unit) and refuse_weight(self, draft, line, is_read=is_measured, here=here):
                continue
            if is_measured:
                figures = measure(self, draft, line, item=item, quantity=quantity, here=here)
                if figures is None or refuse_beyond(self, draft, line, figures, here=here):
                    continue
                quantity = figures.litres_15 if quantity >= 0 else -figures.litres_15
            entry = Entry(draft, line, index + 1, here, item, quantity, depot_id, on, rule, figures)
            if draft.kind == Kind.STOCKTAKE:
                if (pile := self._named_pile(entry, make=True)) is not None:
                    take_count(self, entry, planned, pile)
            elif draft.consignment:
                self._from_the_road(entry, planned)
            elif sign is Sign.IN or (sign is Sign.SIGNED and quantity > 0):
                self._arrive(entry, planned)
            elif sign is Sign.PAIR:
                self._pair(entry, planned)
            else:
                self._leave(entry, planned)
        for pile, mine in promised:
            mine[pile.holding_id] = pile.promised
            pile.promised = None
        offsetting(self, planned)
        return planned

    def _open_promises(self, draft: Draft, depot_id: int) -> list[tuple[Pile, dict[Any, Any]]]:
        """Let the draft see of its goods' piles what is promised to its document, and nothing else."""
        mine = self.promises.get((draft.depot, draft.takes), {})
        codes = {line.item for line in draft.lines}
        piles = [
            pile
            for code in sorted(codes)
            if code in self.known.items
            for pile in self.piles.of(depot_id, self.known.items[code].id)
        ]
        for pile in piles:
            pile.promised = mine.get(pile.holding_id, NOTHING) if pile.holding_id is not None else NOTHING
        return [(pile, mine) for pile in piles]

    def refuse(self, faults: Sequence[Fault]) -> None:
        """Raise the refusal the drafts have earned, if any: `faults` found before the plan come first.

        Raises: InvalidMovement, a Conflict, InsufficientStock, WouldGoNegative, in that order.
        """
        if found := [*faults, *self.faults]:
            raise InvalidMovement(found)
        if self.conflicts:
            raise self.conflicts[0]
        if self.shortages:
            raise InsufficientStock([self._with_holders(shortage) for shortage in self.shortages])
        if self.breaks:
            raise WouldGoNegative(self.breaks)

    def _with_holders(self, shortage: dict[str, Any]) -> dict[str, Any]:
        """Return a shortage with the documents that hold what is promised: asked for only when refusing."""
        held = sql.rows(
            "ledger/held_by",
            {
                "depot_id": self.known.depots[shortage["depot"]].id,
                "item_id": self.known.items[shortage["item"]].id,
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

    # --- what a line means ------------------------------------------------------------------------------------

    def _base_quantity(self, draft: Draft, line: DraftLine, item: KnownItem, here: str) -> Decimal | None:
        factor = item.factor(line.unit, draft.occurred_at)
        if factor is None:
            text = _(
                "%(item)s is not kept in %(unit)s on that day: use %(base)s, or have "
                "the catalogue keeper add the packaging."
            ) % {"item": line.item, "unit": self._told_unit(line.unit), "base": self._told_unit(item.unit)}
            self._fault(here, "unit", "unknown-unit", text)
            return None
        quantity = line.quantity * factor
        if quantity != round(quantity, item.scale):
            text = _(
                "%(quantity)s %(unit)s is %(base)s %(base_unit)s, but %(base_unit)s has %(scale)s "
                "decimals: write a quantity that comes out even."
            )
            names = {
                "quantity": told_quantity(line.quantity),
                "unit": self._told_unit(line.unit or item.unit),
                "base": told_quantity(quantity),
                "base_unit": self._told_unit(item.unit),
                "scale": item.scale,
            }
            self._fault(here, "quantity", "too-many-decimals", text % names)
            return None
        if abs(quantity) > LARGEST:
            text = _("In %(unit)s this is more than %(most)s: check the quantity.")
            names = {"unit": self._told_unit(item.unit), "most": told_quantity(LARGEST)}
            self._fault(here, "quantity", "quantity", text % names)
            return None
        is_none = draft.kind == Kind.STOCKTAKE and not quantity
        if item.tracking == Item.Tracking.SERIAL and abs(quantity) != 1 and line.lot and not is_none:
            self._fault(here, "quantity", "serial-quantity", _("A serial number is one piece: the quantity is 1."))
            return None
        return quantity.quantize(_THOUSANDTH)

    def _told_unit(self, code: str) -> str:
        """Return a unit as people call it with the code that programs send, as in “cái (EA)”; else what was given."""
        if not self.units:
            self.units = {unit.code: named(unit) for unit in Unit.objects.all()}
        return f"{self.units[code]} ({code})" if code in self.units else code

    def _arrive(self, entry: Entry, planned: Planned) -> None:
        pile = self._named_pile(entry, make=True)
        if pile is not None:
            self.book(planned, entry, pile, entry.quantity)

    def _leave(self, entry: Entry, planned: Planned) -> None:
        rule, line = entry.rule, entry.line
        quantity = abs(entry.quantity)
        if rule.sign is Sign.SIGNED or (entry.is_tracked and not line.lot and not rule.fills_first_expired):
            pile = self._named_pile(entry, make=False)
            if pile is None:
                return
            candidates = [pile]
        elif line.lot and (entry.item.id, line.lot) not in self.lots:
            self._fault(entry.here, "lot", "unknown-lot", _no_lot(line))
            return
        else:
            candidates = self._candidates(entry, automatic=not line.lot and rule.fills_first_expired)
        if line.lot and not rule.takes_unusable and not self._may_be_named(entry, candidates):
            return
        self._take(entry, planned, candidates, quantity)

    def _candidates(self, entry: Entry, *, automatic: bool) -> list[Pile]:
        """Return the piles a line may draw on, first expired first; without expired, held and scrap when automatic."""
        line, on = entry.line, entry.on
        found = [
            pile
            for pile in self.piles.of(entry.depot_id, entry.item.id)
            if pile.grade == line.grade
            and pile.key[5] == line.purpose
            and (not line.bin or pile.bin == line.bin)
            and (not line.lot or pile.lot == line.lot)
            and not (automatic and self.why_unusable(pile, on))
        ]
        return sorted(found, key=first_expired_first_out) if len(found) > 1 else found

    def why_unusable(self, pile: Pile, on: date) -> str:
        """Return why a pile may not be issued on a day, or nothing (glossary section 3, rule 8)."""
        if self.known.disposal_grades.get(pile.grade):
            return "awaiting-disposal"
        if pile.expires_date is not None and pile.expires_date < on:
            return "expired"
        return "on-hold" if pile.is_held else ""

    def _may_be_named(self, entry: Entry, candidates: list[Pile]) -> bool:
        for pile in candidates:
            if why := self.why_unusable(pile, entry.on):
                text = {
                    "expired": _(
                        "Lot %(lot)s expired on %(day)s: choose another lot. This one leaves by disposal only."
                    ),
                    "on-hold": _("Lot %(lot)s is on hold: choose another lot, or have the hold lifted first."),
                    "awaiting-disposal": _(
                        "Grade %(grade)s awaits disposal: choose another grade. It leaves by disposal only."
                    ),
                }[why]
                day = format_date(pile.expires_date) if pile.expires_date else ""
                self._fault(entry.here, "lot", why, text % {"lot": pile.lot, "grade": pile.grade, "day": day})
                return False
        return True

    def _take(self, entry: Entry, planned: Planned, candidates: list[Pile], quantity: Decimal) -> None:
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
                self._note_break(entry, candidates, quantity)
            else:
                self._note_shortage(entry, quantity, now)
            return
        if entry.fuel is not None and len(parts) > 1:
            text = _("%(item)s lies in several places, and a reading is of one: name the bin.")
            self._fault(entry.here, "bin", "fuel-one-tank", text % {"item": entry.item.code})
            return
        for pile, part in parts:
            self.book(planned, entry, pile, -part)

    def _pair(self, entry: Entry, planned: Planned) -> None:
        line = entry.line
        source = self._named_pile(entry, make=False)
        target_bin = self.known.bins.get((entry.draft.depot, line.to_bin)) if line.to_bin else None
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
            self._fault(entry.here, member, "target", _("The pile would not change; name another target."))
            return
        before = len(planned.lines)
        self._take(entry, planned, [source], entry.quantity)
        if len(planned.lines) > before:
            target = self._pile(key, bin_code=line.to_bin or source.bin, like=source)
            self.book(planned, entry, target, entry.quantity)

    def _from_the_road(self, entry: Entry, planned: Planned) -> None:
        """Receive (transfer_in) or settle (adjustment) one line of a consignment."""
        draft, line = entry.draft, entry.line
        lines = self.consignments.get(draft.consignment, [])
        if not lines:
            text = _("There is no consignment %(name)s: write the sender and its position, as K01/15.") % {
                "name": draft.consignment
            }
            fault = Fault(f"{draft.pointer}/consignment", "unknown-consignment", text)
            if fault not in self.faults:
                self.faults.append(fault)
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
            self._fault(
                entry.here,
                "lot" if matching else "item",
                "not-in-consignment" if not matching else "lot-required",
                text % names,
            )
            return
        (found,) = matching
        if draft.kind == Kind.ADJUSTMENT:
            self._settle(entry, planned, found)
            return
        if found.to_depot_id != entry.depot_id:
            text = _("%(name)s goes to another depot: look at the driver's paper, and call the sender.") % {
                "name": draft.consignment
            }
            self._fault(entry.here, "item", "not-for-this-depot", text)
            return
        if draft.occurred_at < found.sent_at:
            text = _("%(name)s left at %(sent)s; it cannot have arrived before.")
            names = {"name": draft.consignment, "sent": format_moment(found.sent_at)}
            self._fault(draft.pointer, "occurred_at", "before-it-was-sent", text % names)
            return
        if found.in_transit <= 0:
            text = _(
                "Line %(line)s: %(goods)s of %(name)s was already received. Look for its transfer in in the logbook."
            )
            names = {"line": entry.entry_no, "goods": found.goods, "name": draft.consignment}
            self.conflicts.append(ConsignmentMoved(text % names, pointer=entry.here))
            return
        if entry.quantity != found.in_transit and not line.reason:
            text = _("%(sent)s of %(goods)s are on the road, not %(quantity)s: say why.")
            names = {
                "sent": told_quantity(found.in_transit),
                "goods": found.goods,
                "quantity": told_quantity(entry.quantity),
            }
            self._fault(entry.here, "reason", "difference-needs-reason", text % names)
            return
        bin_known = self.known.bins.get((draft.depot, line.bin))
        if bin_known is None:
            return
        key: PileKey = (entry.depot_id, entry.item.id, found.lot.id, bin_known.id, line.grade, line.purpose)
        pile = self._pile(key, bin_code=bin_known.code, lot=found.lot)
        found.move(Kind.TRANSFER_IN, -entry.quantity)
        self.book(planned, entry, pile, entry.quantity, transit_change=-entry.quantity, consignment_line=found.line_no)

    def _settle(self, entry: Entry, planned: Planned, found: OpenConsignment) -> None:
        """Write off (or on) what is still open of a consignment; the sender's log carries it, no pile changes."""
        if found.depot_id != entry.depot_id:
            self._fault(
                entry.draft.pointer,
                "consignment",
                "not-this-depot's",
                _("A difference is settled by the depot that sent the goods: call it."),
            )
            return
        after = found.in_transit + entry.quantity
        if not min(found.in_transit, NOTHING) <= after <= max(found.in_transit, NOTHING):
            text = _(
                "Line %(line)s: %(open)s of %(goods)s is open on %(name)s; %(quantity)s would settle more than that."
            )
            names = {
                "line": entry.entry_no,
                "open": told_quantity(found.in_transit),
                "goods": found.goods,
                "name": entry.draft.consignment,
                "quantity": told_quantity(entry.quantity),
            }
            self.conflicts.append(ConsignmentMoved(text % names, pointer=entry.here))
            return
        pile = self.piles.get(found.pile_key)
        assert pile is not None, "the pile a consignment left is loaded with it"
        found.move(Kind.ADJUSTMENT, entry.quantity)
        self.book(planned, entry, pile, NOTHING, transit_change=entry.quantity, consignment_line=found.line_no)

    def _mirror(self, draft: Draft, planned: Planned) -> None:
        """Undo a movement, whole or the entries that the named lines belong to."""
        if draft.reverses is None:
            return  # said by `faults`
        original = self.originals.get((draft.depot, draft.reverses))
        if original is None:
            text = _("%(movement)s does not exist: look in the logbook for its position.") % {
                "movement": f"{draft.depot}/{draft.reverses}"
            }
            self._fault(draft.pointer, "reverses", "unknown-movement", text)
            return
        posted = original.posted
        if original.reversed_by is not None:
            text = _("%(movement)s was reversed by %(reversal)s already. Post the right movement anew.")
            names = {"movement": posted.name, "reversal": f"{draft.depot}/{original.reversed_by}"}
            self.conflicts.append(AlreadyReversed(text % names, reversed_by=original.reversed_by))
            return
        if original.is_offset:
            text = _("%(movement)s upholds a stocktake and is not undone by itself: undo the entry it offsets.")
            self.conflicts.append(CountHolds(text % {"movement": posted.name}))
            return
        if original.is_upheld:
            text = _("Late entries were offset by stocktake %(number)s already, so it is not undone: count again.")
            self.conflicts.append(CountHolds(text % {"number": posted.number}))
            return
        if posted.kind == Kind.REVERSAL:
            text = _("Do not reverse a reversal; post the movement anew.")
            self._fault(draft.pointer, "reverses", "is-a-reversal", text)
            return
        if draft.occurred_at < posted.occurred_at:
            text = _("%(movement)s occurred at %(at)s; its reversal cannot be earlier.")
            names = {"movement": posted.name, "at": format_moment(posted.occurred_at)}
            self._fault(draft.pointer, "occurred_at", "before-original", text % names)
            return
        known = {line.line_no: line.entry_no for line in posted.lines}
        for index, number in enumerate(draft.reverse_lines or ()):
            if number not in known:
                text = _("%(movement)s has no line %(line)s.") % {"movement": posted.name, "line": number}
                self._fault(draft.pointer, f"lines/{index}", "unknown-line", text)
                return
        entries = {known[number] for number in draft.reverse_lines or known}
        # What comes back goes first, so that a pair of lines does not fall short of itself.
        pairs = [
            (line, key) for line, key in zip(posted.lines, original.pile_keys, strict=True) if line.entry_no in entries
        ]
        for line, key in sorted(pairs, key=lambda pair: pair[0].change > 0):
            self._mirror_line(draft, planned, posted, line, key)

    def _mirror_line(self, draft: Draft, planned: Planned, posted: Posted, line: PostedLine, key: PileKey) -> None:
        pile = self.piles.get(key)
        assert pile is not None, "the piles of a movement to be reversed are loaded with it"
        item, on = self.known.items[line.item], local_date(draft.occurred_at)
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
                self.note_missing(entry, pile, line.change)
                return
        if line.consignment_line is not None:
            name = posted.consignment or posted.name
            found = next(
                open_line for open_line in self.consignments[name] if open_line.line_no == line.consignment_line
            )
            if posted.kind == Kind.TRANSFER_OUT and (found.is_moved or found.in_transit < line.transit_change):
                text = _("%(movement)s was already received or settled in part; reverse that first.")
                self.conflicts.append(ConsignmentMoved(text % {"movement": posted.name}, consignment=name))
                return
            found.move(posted.kind, -line.transit_change)
        self.book(
            planned,
            entry,
            pile,
            -line.change,
            transit_change=-line.transit_change,
            consignment_line=line.consignment_line,
            like=line,
            happened_at=happened_at,
        )

    # --- piles --------------------------------------------------------------------------------------------------

    def _named_pile(self, entry: Entry, *, make: bool) -> Pile | None:
        """Return the pile a line names by bin, lot, grade and purpose; None after noting what is wrong with it.

        With `make` the pile (not its lot) is opened where there is none; without, an absent pile is an empty one.
        """
        line = entry.line
        bin_known = self.known.bins.get((entry.draft.depot, line.bin))
        if entry.is_tracked and not line.lot:
            text = (
                _("%(item)s is kept by serial number; name it.")
                if entry.item.tracking == Item.Tracking.SERIAL
                else _("%(item)s is kept by lot; name it.")
            )
            self._fault(entry.here, "lot", "lot-required", text % {"item": line.item})
            return None
        lot = self.lots.get((entry.item.id, line.lot or ""))
        if lot is None and make:
            return None  # said by `unknown_codes`
        if lot is None and line.lot:
            self._fault(entry.here, "lot", "unknown-lot", _no_lot(line))
            return None
        if bin_known is None:
            return None  # said by `unknown_codes`
        if lot is None:
            self._note_shortage(entry, abs(entry.quantity), NOTHING)
            return None
        if make and line.expires_date and lot.expires_date != line.expires_date:
            text = (
                _(
                    "Lot %(lot)s is known to expire on %(day)s. Read the label again; if it is right, "
                    "have the catalogue keeper correct the lot."
                )
                if lot.expires_date
                else _(
                    "Lot %(lot)s is known not to expire. Read the label again; if it is right, "
                    "have the catalogue keeper correct the lot."
                )
            )
            day = format_date(lot.expires_date) if lot.expires_date else ""
            self._fault(entry.here, "expires_on", "expiry-differs", text % {"lot": lot.code, "day": day})
            return None
        key: PileKey = (entry.depot_id, entry.item.id, lot.id, bin_known.id, line.grade, line.purpose)
        return self._pile(key, bin_code=bin_known.code, lot=lot)

    def _pile(self, key: PileKey, *, bin_code: str, lot: KnownLot | None = None, like: Pile | None = None) -> Pile:
        pile = self.piles.get(key)
        if pile is None:
            source = lot or like
            assert source is not None
            code = source.code if isinstance(source, KnownLot) else source.lot
            pile = Pile(key, bin_code, code, source.expires_date, source.is_held)
            self.piles.add(pile)
        return pile

    def book(
        self,
        planned: Planned,
        entry: Entry,
        pile: Pile,
        change: Decimal,
        *,
        transit_change: Decimal = NOTHING,
        consignment_line: int | None = None,
        like: PostedLine | None = None,
        happened_at: datetime | None = None,
    ) -> None:
        """Book a change of a pile. `happened_at` is when what is undone happened: a count since then holds."""
        draft, line = entry.draft, entry.line
        if draft.kind == Kind.TRANSFER_OUT:
            transit_change = -change
            consignment_line = self._send(planned, pile, -change)
        if pile.on_hand + change > LARGEST:
            text = _("The pile would hold more than %(most)s: check the quantity.") % {"most": told_quantity(LARGEST)}
            self._fault(entry.here, "quantity", "quantity", text)
            return
        if entry.item.tracking == Item.Tracking.SERIAL and not self._count_piece(entry, pile, change + transit_change):
            return
        at = entry.at
        after = pile.apply(change, at)
        if change and (count := pile.count_after(happened_at or at)) is not None:
            offset = Offset(pile, -change, count, max(count.at, at), entry)
            pile.apply(-change, offset.at)
            planned.offsets.append(offset)
        planned.piles.append(pile)
        planned.lines.append(
            PostedLine(
                line_no=len(planned.lines) + 1,
                entry_no=entry.entry_no,
                item=entry.item.code,
                lot=pile.lot,
                expires_date=pile.expires_date,
                bin=pile.bin,
                grade=pile.grade,
                purpose=pile.key[5],
                change=change,
                on_hand_after=after,
                transit_change=transit_change,
                consignment_line=consignment_line,
                entered_quantity=like.entered_quantity if like else line.quantity,
                entered_unit=like.entered_unit if like else line.unit or entry.item.unit,
                unit_price=line.unit_price,
                scheduled_quantity=line.scheduled_quantity,
                reason=line.reason,
                counted_at=line.counted_at,
                unit=entry.item.unit,
                fuel=None if entry.fuel is None else replace(entry.fuel),
            )
        )

    def _send(self, planned: Planned, pile: Pile, quantity: Decimal) -> int:
        """Return the consignment line that goods of this pile travel on: like goods share one."""
        like = (pile.key[1], pile.key[2], pile.key[4], pile.key[5])
        for number, (sent_pile, sent) in enumerate(planned.sent, start=1):
            if (sent_pile.key[1], sent_pile.key[2], sent_pile.key[4], sent_pile.key[5]) == like:
                planned.sent[number - 1] = (sent_pile, sent + quantity)
                return number
        planned.sent.append((pile, quantity))
        return len(planned.sent)

    def _count_piece(self, entry: Entry, pile: Pile, change: Decimal) -> bool:
        pieces = self.pieces.get(pile.key[2], NOTHING) + change
        # A pair takes the piece out before it puts it back: only the sum above one is another piece.
        if pieces > 1:
            text = _(
                "Line %(line)s: %(item)s serial %(serial)s is already in stock or on the road. Read the "
                "number again; if it is right, that piece has to leave there first."
            )
            names = {"line": entry.entry_no, "item": entry.item.code, "serial": pile.lot}
            self.conflicts.append(SerialElsewhere(text % names, pointer=entry.here))
            return False
        self.pieces[pile.key[2]] = pieces
        return True

    # --- what is wrong --------------------------------------------------------------------------------------------

    def _fault(self, here: str, member: str, code: str, detail: str) -> None:
        self.faults.append(Fault(f"{here}/{member}", code, detail))

    def note_missing(self, entry: Entry, pile: Pile, quantity: Decimal) -> None:
        """Note that a pile cannot give `quantity`: it is not there now, or was not on a later day."""
        if pile.free >= quantity:
            self._note_break(entry, [pile], quantity)
        else:
            self._note_shortage(entry, quantity, max(pile.free, NOTHING))

    def _note_shortage(self, entry: Entry, quantity: Decimal, there: Decimal) -> None:
        elsewhere = [
            {"why": why, "lot": pile.lot, "bin": pile.bin, "quantity": f"{pile.on_hand:.3f}"}
            for pile in self.piles.of(entry.depot_id, entry.item.id)
            if pile.on_hand > 0
            and (pile.grade, pile.key[5]) == (entry.line.grade, entry.line.purpose)
            and entry.line.lot in {None, "", pile.lot}
            and entry.line.bin in {"", pile.bin}
            and (why := self.why_unusable(pile, entry.on))
        ]
        self.shortages.append(
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

    def _note_break(self, entry: Entry, piles: Iterable[Pile], quantity: Decimal) -> None:
        at = entry.at
        tight = min(piles, key=lambda pile: pile.room(at))
        self.breaks.append(
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


@dataclass(slots=True)  # not frozen: that would double the price of making one, and there is one per line
class Entry:
    """One line of a draft while it is planned; `quantity` counts base units."""

    draft: Draft
    line: DraftLine
    entry_no: int
    here: str
    item: KnownItem
    quantity: Decimal
    depot_id: int
    on: date  # the day the draft is dated
    rule: Rule
    fuel: FuelFigures | None = None  # of a liquid fuel: what was measured; `quantity` is its litres at 15 °C then

    @property
    def at(self) -> datetime:
        """When it happened: a stocktake's pile when it was counted, everything else when the draft says."""
        return self.line.counted_at or self.draft.occurred_at

    @property
    def is_tracked(self) -> bool:
        """Whether the item is kept by lot or serial number."""
        return self.item.tracking != Item.Tracking.NONE


def _is_beyond(draft: Draft, line: DraftLine) -> bool:
    """Tell whether more leaves than was asked for, both in the line's unit."""
    return (
        RULES[draft.kind].sign is Sign.OUT
        and line.scheduled_quantity is not None
        and is_storable(line.scheduled_quantity)
        and line.quantity > line.scheduled_quantity
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


def _no_lot(line: DraftLine) -> str:
    return _("%(item)s has no lot %(lot)s: read the label again, or choose a lot from the list.") % {
        "item": line.item,
        "lot": line.lot,
    }


def _across(draft: Draft, known: Known, code: str) -> str:
    """Return why `code`, of another world than the drafts' depots, has no place among them."""
    if code != draft.to_depot:
        return _("Depot %(code)s: exercise depots and real depots are posted to apart; send two requests.") % {
            "code": code
        }
    text = (
        _("Depot %(code)s is real: an exercise depot sends nothing there. Choose another exercise depot.")
        if known.is_exercise
        else _("Depot %(code)s is an exercise depot: real goods are never sent there. Choose a real depot.")
    )
    return text % {"code": code}


def unknown_codes(draft: Draft, known: Known) -> Iterator[Fault]:
    """Yield a fault for every code of a draft that names nothing, or nothing that may be used on its day."""
    on = local_date(draft.occurred_at)
    brings_in = RULES[draft.kind].sign is Sign.IN
    for member, code in (("depot", draft.depot), ("to_depot", draft.to_depot)):
        depot = known.depots.get(code)
        if code and depot is None:
            text = _("There is no depot %(code)s.") % {"code": code}
            yield Fault(f"{draft.pointer}/{member}", "unknown-depot", text)
        elif depot is not None and not depot.opened_date <= on < (depot.closed_date or date.max):
            text = _("Depot %(depot)s keeps no books on %(day)s: check the date, or choose another depot.") % {
                "depot": code,
                "day": format_date(on),
            }
            yield Fault(f"{draft.pointer}/{member}", "depot-not-open", text)
        if depot is not None and depot.is_exercise != known.is_exercise:
            yield Fault(f"{draft.pointer}/{member}", "exercise-depot", _across(draft, known, code))
    comes_in = RULES[draft.kind].sign is Sign.IN and draft.kind != Kind.TRANSFER_IN
    for index, line in enumerate(draft.lines):
        here = f"{draft.pointer}/lines/{index}"
        item = known.items.get(line.item)
        if item is None:
            yield Fault(
                f"{here}/item",
                "unknown-item",
                _("There is no item %(code)s: check the code, or search by name.") % {"code": line.item},
            )
        elif not item.is_active and comes_in:
            text = _(
                "%(item)s is out of use: it leaves, but none comes in. Ask the catalogue "
                "keeper which item has taken its place."
            ) % {"item": line.item}
            yield Fault(f"{here}/item", "inactive-item", text)
        if item is not None and item.tracking == Item.Tracking.NONE and line.lot:
            text = _("%(item)s is not kept by lot; leave the lot blank.") % {"item": line.item}
            yield Fault(f"{here}/lot", "lot-not-kept", text)
        if line.grade not in known.disposal_grades:
            text = _("There is no grade %(grade)s: they go from 1 to 5.") % {"grade": line.grade}
            yield Fault(f"{here}/grade", "unknown-grade", text)
        if line.to_grade is not None and line.to_grade not in known.disposal_grades:
            text = _("There is no grade %(grade)s: they go from 1 to 5.") % {"grade": line.to_grade}
            yield Fault(f"{here}/to_grade", "unknown-grade", text)
        for member, purpose in (("purpose", line.purpose), ("to_purpose", line.to_purpose)):
            if purpose and purpose not in known.purposes:
                text = _("There is no reserve purpose %(code)s: choose one from the list.") % {"code": purpose}
                yield Fault(f"{here}/{member}", "unknown-purpose", text)
        for member, code in (("bin", line.bin), ("to_bin", line.to_bin)):
            bin_known = known.bins.get((draft.depot, code)) if code or member == "bin" else None
            if draft.depot in known.depots and (code or member == "bin") and bin_known is None:
                text = (
                    _("Depot %(depot)s has no bin %(code)s: choose one from the list.")
                    if code
                    else _("Depot %(depot)s has no default bin; name one.")
                )
                yield Fault(f"{here}/{member}", "unknown-bin", text % {"depot": draft.depot, "code": code})
            elif bin_known is not None and not bin_known.is_active and (member == "to_bin" or brings_in):
                text = _("Bin %(code)s is out of use: choose another one.") % {"code": bin_known.code}
                yield Fault(f"{here}/{member}", "inactive-bin", text)
