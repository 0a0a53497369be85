"""From drafts to lines of the log: which piles change by how much, or why not.

Reckoning over what was read under the logs' locks: nothing here writes, and nothing is read but, when refusing, who
holds the stock that is missing. A plan collects every fault, shortage and broken day of all its drafts before it
refuses.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from django.utils.translation import gettext as _

from inventory.catalogue.models import Item, Unit
from inventory.ledger.consigning import OpenConsignment, receive_or_settle, send
from inventory.ledger.counting import Offset, offsetting, take_count
from inventory.ledger.drafts import LARGEST, Draft, DraftLine, is_storable
from inventory.ledger.entries import PostedLine
from inventory.ledger.fuel import Fuels, measure, refuse_beyond, refuse_weight
from inventory.ledger.kinds import RULES, Sign
from inventory.ledger.known import Known, KnownItem, KnownLot, local_date, no_such_lot
from inventory.ledger.leaving import leave, pair
from inventory.ledger.mirroring import Original, mirror
from inventory.ledger.models import Kind
from inventory.ledger.piles import NOTHING, Pile, PileKey, Piles
from inventory.ledger.planned import Entry, Planned
from inventory.ledger.refusals import InsufficientStock, InvalidMovement, SerialElsewhere, WouldGoNegative
from inventory.ledger.shortages import note_shortage, with_holders
from logistics.errors import Conflict, Fault
from logistics.fields import format_date, told_quantity
from logistics.language import named

_THOUSANDTH: Final = Decimal("0.001")


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
            mirror(self, planned)
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
                self.fault(here, "quantity", "above-requested", text % {"quantity": asked})
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
                if (pile := self.named_pile(entry, make=True)) is not None:
                    take_count(self, entry, planned, pile)
            elif draft.consignment:
                receive_or_settle(self, entry, planned)
            elif sign is Sign.IN or (sign is Sign.SIGNED and quantity > 0):
                self._arrive(entry, planned)
            elif sign is Sign.PAIR:
                pair(self, entry, planned)
            else:
                leave(self, entry, planned)
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
            raise InsufficientStock([with_holders(self, shortage) for shortage in self.shortages])
        if self.breaks:
            raise WouldGoNegative(self.breaks)

    # --- what a line means ------------------------------------------------------------------------------------

    def _base_quantity(self, draft: Draft, line: DraftLine, item: KnownItem, here: str) -> Decimal | None:
        factor = item.factor(line.unit, draft.occurred_at)
        if factor is None:
            text = _(
                "%(item)s is not kept in %(unit)s on that day: use %(base)s, or have "
                "the catalogue keeper add the packaging."
            ) % {"item": line.item, "unit": self._told_unit(line.unit), "base": self._told_unit(item.unit)}
            self.fault(here, "unit", "unknown-unit", text)
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
            self.fault(here, "quantity", "too-many-decimals", text % names)
            return None
        if abs(quantity) > LARGEST:
            text = _("In %(unit)s this is more than %(most)s: check the quantity.")
            names = {"unit": self._told_unit(item.unit), "most": told_quantity(LARGEST)}
            self.fault(here, "quantity", "quantity", text % names)
            return None
        is_none = draft.kind == Kind.STOCKTAKE and not quantity
        if item.tracking == Item.Tracking.SERIAL and abs(quantity) != 1 and line.lot and not is_none:
            self.fault(here, "quantity", "serial-quantity", _("A serial number is one piece: the quantity is 1."))
            return None
        return quantity.quantize(_THOUSANDTH)

    def _told_unit(self, code: str) -> str:
        """Return a unit as people call it with the code that programs send, as in “cái (EA)”; else what was given."""
        if not self.units:
            self.units = {unit.code: named(unit) for unit in Unit.objects.all()}
        return f"{self.units[code]} ({code})" if code in self.units else code

    def _arrive(self, entry: Entry, planned: Planned) -> None:
        pile = self.named_pile(entry, make=True)
        if pile is not None:
            self.book(planned, entry, pile, entry.quantity)

    # --- piles --------------------------------------------------------------------------------------------------

    def why_unusable(self, pile: Pile, on: date) -> str:
        """Return why a pile may not be issued on a day, or nothing (glossary section 3, rule 8)."""
        if self.known.disposal_grades.get(pile.grade):
            return "awaiting-disposal"
        if pile.expires_date is not None and pile.expires_date < on:
            return "expired"
        return "on-hold" if pile.is_held else ""

    def named_pile(self, entry: Entry, *, make: bool) -> Pile | None:
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
            self.fault(entry.here, "lot", "lot-required", text % {"item": line.item})
            return None
        lot = self.lots.get((entry.item.id, line.lot or ""))
        if lot is None and make:
            return None  # said by `unknown_codes`
        if lot is None and line.lot:
            self.fault(entry.here, "lot", "unknown-lot", no_such_lot(line))
            return None
        if bin_known is None:
            return None  # said by `unknown_codes`
        if lot is None:
            note_shortage(self, entry, abs(entry.quantity), NOTHING)
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
            self.fault(entry.here, "expires_on", "expiry-differs", text % {"lot": lot.code, "day": day})
            return None
        key: PileKey = (entry.depot_id, entry.item.id, lot.id, bin_known.id, line.grade, line.purpose)
        return self.open_pile(key, bin_code=bin_known.code, lot=lot)

    def open_pile(self, key: PileKey, *, bin_code: str, lot: KnownLot | None = None, like: Pile | None = None) -> Pile:
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
            consignment_line = send(planned, pile, -change)
        if pile.on_hand + change > LARGEST:
            text = _("The pile would hold more than %(most)s: check the quantity.") % {"most": told_quantity(LARGEST)}
            self.fault(entry.here, "quantity", "quantity", text)
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

    def fault(self, here: str, member: str, code: str, detail: str) -> None:
        self.faults.append(Fault(f"{here}/{member}", code, detail))


def _is_beyond(draft: Draft, line: DraftLine) -> bool:
    """Tell whether more leaves than was asked for, both in the line's unit."""
    return (
        RULES[draft.kind].sign is Sign.OUT
        and line.scheduled_quantity is not None
        and is_storable(line.scheduled_quantity)
        and line.quantity > line.scheduled_quantity
    )
