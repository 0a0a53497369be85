"""Taking counts in: each key once, one bad count never loses the others, what is found gets a line of its own."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final, Literal
from uuid import UUID

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from depots import access
from depots.access import DepotAccess
from depots.models import Bin
from inventory.catalogue.models import Item, Lot, QualityGrade, ReservePurpose
from inventory.ledger import fuel
from inventory.ledger.drafts import LARGEST, MOST_LINES, Observed, is_storable
from inventory.ledger.known import local_date
from inventory.stocktakes import measuring
from inventory.stocktakes.models import Count, Recount, Scope, SheetLine, Status, Stocktake
from inventory.stocktakes.planning import locked, stocktake_of
from logistics.accounts.models import User
from logistics.errors import Fault, Forbidden, Invalid
from logistics.fields import format_date, format_moment, told_quantity
from logistics.language import named

MOST_COUNTS: Final = 500  # of one call
AHEAD: Final = timedelta(minutes=2)  # a clock this much ahead of ours is taken as now
_MOST_LOT: Final = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """One count as a device tells it; `key` is its own. Quantity in the item's base unit, 0 for nothing there.

    Of a liquid fuel `quantity` is what was observed and `reading` says how warm and how dense it was: what is kept is
    litres at 15 °C, and what was read beside it (`measured`). A dip has reckoned that already and gives no `reading`.

    `line` None: what was found where no line was expected, named by item, lot, bin (blank: the depot's default),
    grade and purpose. The true moment is `counted_at` less `clock_off_s`, by how much the device's clock was ahead.
    """

    key: UUID
    quantity: Decimal
    counted_at: datetime
    line: UUID | None = None
    item: str = ""
    lot: str = ""
    expires_date: date | None = None
    bin: str = ""
    grade: int = 1
    purpose: str = "THUONG_XUYEN"
    round: int = 1
    adds: bool = False
    clock_off_s: float = 0.0
    reading: Observed | None = None
    measured: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What became of one count: `line_id` is the line it counts, `problem` says why it was refused.

    `warning` is what to look at again of one that was kept: a density far from what lies in that tank.
    """

    key: UUID
    state: Literal["kept", "repeated", "refused"]
    line_id: UUID | None = None
    problem: Fault | None = None
    warning: Fault | None = None


def gate(user: User, stocktake_id: UUID) -> tuple[Stocktake, DepotAccess]:
    """Return a stocktake that `user` may count for, and its depot: who posts there, or a member of its council.

    Raises: NotFound where it is out of scope, Forbidden where they are neither.
    """
    one = stocktake_of(user, stocktake_id)
    try:
        return one, access.depot_for_posting(user, one.depot.code)
    except Forbidden:
        if one.members.filter(user=user).exists():
            return one, access.depot_for_reading(user, one.depot.code)
        raise


@transaction.atomic
def count(stocktake_id: UUID, counts: Sequence[Counted], *, by: User, at: datetime) -> list[Kept]:
    """Keep counts and return, in their order, what became of each; a count sent again changes nothing.

    What was counted before the counting ended is still taken while it is being reviewed: a device may have been
    without a network.

    Raises: NotFound, Forbidden (see `gate`); Invalid for more than 500 at once.
    """
    if len(counts) > MOST_COUNTS:
        text = _("At most %(most)s counts at once: send them in parts.") % {"most": MOST_COUNTS}
        raise Invalid([Fault("/counts", "too-many-counts", text)])
    _found, place = gate(by, stocktake_id)
    one = locked(stocktake_id, by)
    taking = _Taking(one, place, counts, by=by, at=at)
    answers = [taking.take(index, told) for index, told in enumerate(counts)]
    SheetLine.objects.bulk_create(taking.new_lines)
    Count.objects.bulk_create(taking.new_counts)
    return answers


Pile = tuple[int, int, str, int, str]  # bin, item, lot, grade, purpose


class _Taking:
    """One call's counts against what was known when it began."""

    def __init__(
        self, one: Stocktake, place: DepotAccess, counts: Sequence[Counted], *, by: User, at: datetime
    ) -> None:
        self.one, self.place, self.by, self.at = one, place, by, at
        self.new_lines: list[SheetLine] = []
        self.new_counts: list[Count] = []
        self.piles: dict[Pile, SheetLine] = {}
        self.last = MOST_LINES  # the sheet's last number; read where lines may be added
        named = {told.line for told in counts if told.line is not None}
        chosen = SheetLine.objects.filter(stocktake=one).select_related("item__base_unit", "item__group", "bin")
        self.lines = {line.pk: line for line in chosen.filter(pk__in=named)}
        self.items = {
            item.code: item
            for item in Item.objects.select_related("base_unit", "group").filter(
                code__in={told.item for told in counts if told.line is None}
            )
        }
        if any(told.line is None for told in counts):
            self._read_found(chosen, counts)
        self.rounds = dict(
            Recount.objects.filter(line__in=[*self.lines, *(line.pk for line in self.piles.values())])
            .values_list("line")
            .annotate(last=Max("round"))
        )
        self.earlier = Count.objects.select_related("line").in_bulk([told.key for told in counts])
        self.conversions: measuring.Known = {}
        read = {line.item_id for line in self.lines.values() if line.item.fuel_group}
        read |= {item.pk for item in self.items.values() if item.fuel_group}
        self.means = fuel.mean_densities(one.depot_id, read)

    def _read_found(self, chosen: Any, counts: Sequence[Counted]) -> None:
        """Read what counts without a line are weighed against."""
        items = [item.pk for item in self.items.values()]
        self.piles = {_pile(line): line for line in chosen.filter(item__in=items)}
        self.bins = {one.code: one for one in Bin.objects.filter(depot=self.one.depot_id, is_active=True)}
        if (default := next((one for one in self.bins.values() if one.is_default), None)) is not None:
            self.bins[""] = default
        self.grades = set(QualityGrade.objects.values_list("grade", flat=True))
        self.purposes = set(ReservePurpose.objects.values_list("code", flat=True))
        lots = Lot.objects.filter(item__in=items, is_exercise=self.one.depot.is_exercise)
        self.lots = {
            (lot.item_id, lot.code): lot for lot in lots.filter(code__in={_clean(told.lot) for told in counts})
        }
        self.last = SheetLine.objects.filter(stocktake=self.one).aggregate(last=Max("number"))["last"] or 0

    def take(self, index: int, told: Counted) -> Kept:
        """Return what becomes of one count; what is to be written is collected."""
        here = f"/counts/{index}"
        if (earlier := self.earlier.get(told.key)) is not None:
            if self._is_same(earlier, told):
                return Kept(key=told.key, state="repeated", line_id=earlier.line_id)
            text = _("This key belongs to another count already; give a new count a new key.")
            return Kept(key=told.key, state="refused", problem=Fault(f"{here}/key", "key-reused", text))
        told_at = _true_moment(told)
        moment = None if told_at is None else min(told_at, self.at)
        line, fault = self._line(told, here)
        fault = fault or self._late(told, told_at, here) or next(self._faults(told, line, here), None)
        warning = None
        if fault is None and line is not None and moment is not None:
            told, fault, warning = self._at_15(told, line, here, on=local_date(moment))
        if fault is not None or line is None or moment is None:
            return Kept(key=told.key, state="refused", problem=fault)
        if line.pk not in self.lines:
            self.lines[line.pk] = self.piles[_pile(line)] = line
            if line.number > self.last:
                self.last = line.number
                self.new_lines.append(line)
        made = Count(
            key=told.key,
            line=line,
            round=told.round,
            quantity=told.quantity,
            # One piece is never two, and one reading is of the whole tank.
            adds=told.adds and line.item.tracking != Item.Tracking.SERIAL and not line.item.fuel_group,
            counted_at=moment,
            counted_by=self.by,
            received_at=self.at,
            measured=told.measured,
        )
        self.new_counts.append(made)
        self.earlier[told.key] = made
        return Kept(key=told.key, state="kept", line_id=line.pk, warning=warning)

    def _at_15(
        self, told: Counted, line: SheetLine, here: str, *, on: date
    ) -> tuple[Counted, Fault | None, Fault | None]:
        """Return a count with a liquid fuel's litres at 15 °C, or what is wrong with its reading, or odd about it.

        Other goods' counts are returned as they are.
        """
        item = line.item
        if told.measured:
            return told, None, None  # a dip
        if not item.fuel_group:
            if told.reading is None:
                return told, None, None
            text = _("%(item)s is not kept as a liquid fuel: leave temperature and density blank.")
            return told, Fault(f"{here}/temperature", "fuel-not-here", text % {"item": item.code}), None
        if told.reading is None:
            if not told.quantity:
                return told, None, None
            text = _(
                "%(item)s is a liquid fuel: give °C and kg/m³ with the litres that were observed, or dip its tank "
                "under “Fuel in tanks”."
            )
            return told, Fault(f"{here}/temperature", "fuel-reading-required", text % {"item": named(item)}), None
        faults: list[Fault] = []
        found = measuring.converted(item, told.reading, on=on, faults=faults, here=here, known=self.conversions)
        if found is None:
            return told, faults[0], None
        name, corrected = found
        kept = replace(
            told,
            quantity=corrected.litres(told.quantity),
            measured=measuring.remembered(told.quantity, told.reading, name),
        )
        words = fuel.apart(corrected.density_15, self.means.get(_pile(line)), where=line.bin.code)
        return kept, None, Fault(f"{here}/density", "fuel-density-apart", words) if words else None

    def _is_same(self, earlier: Count, told: Counted) -> bool:
        return (
            earlier.line.stocktake_id == self.one.pk
            and (told.line is None or told.line == earlier.line_id)
            and (_typed(earlier), earlier.round) == ((told.quantity, told.reading), told.round)
            and earlier.counted_by_id == self.by.pk
        )

    def _late(self, told: Counted, moment: datetime | None, here: str) -> Fault | None:
        """Return why a count of this moment is not taken, None where it is."""
        one = self.one
        if not one.is_running:
            text = _("Nothing is counted of this stocktake now; it stands at: %(status)s.")
            return Fault(here, "not-counted-now", text % {"status": one.get_status_display()})
        if told.counted_at.tzinfo is None:
            text = _("A time needs its offset from UTC, as in 2026-11-20T08:00:00+07:00.")
            return Fault(f"{here}/counted_at", "no-offset", text)
        if moment is None or moment > self.at + AHEAD:
            text = _("It is now %(now)s: nothing is counted later than that. Check the device's clock.")
            return Fault(f"{here}/counted_at", "in-the-future", text % {"now": format_moment(self.at)})
        assert one.opened_at is not None, "what runs was opened"
        if moment < one.opened_at:
            text = _("The counting began at %(at)s: nothing was counted before. Check the device's clock.")
            return Fault(f"{here}/counted_at", "before-counting", text % {"at": format_moment(one.opened_at)})
        if one.status == Status.REVIEWING and one.review_at is not None and moment > one.review_at:
            text = _("The counting ended at %(at)s: ask for a recount.")
            return Fault(f"{here}/counted_at", "counting-ended", text % {"at": format_moment(one.review_at)})
        return None

    def _line(self, told: Counted, here: str) -> tuple[SheetLine | None, Fault | None]:
        """Return the line that is counted, found or made anew; or what is wrong with how it is named."""
        if told.line is not None:
            line = self.lines.get(told.line)
            text = _("The sheet has no such line: load it again.")
            return line, None if line else Fault(f"{here}/line", "unknown-line", text)
        fault = next(self._found_faults(told, here), None)
        if fault is not None:
            return None, fault
        item, where = self.items[told.item], self.bins[told.bin]
        lot = _clean(told.lot)
        pile = (where.pk, item.pk, lot, told.grade, told.purpose)
        if (line := self.piles.get(pile)) is not None:
            self.lines.setdefault(line.pk, line)
            return line, None
        known = self.lots.get((item.pk, lot))
        made = SheetLine(
            stocktake=self.one,
            number=self.last + 1,
            bin=where,
            item=item,
            lot=lot,
            expires_date=known.expires_date if known else told.expires_date,
            grade_id=told.grade,
            purpose_id=told.purpose,
            is_expected=False,
            added_at=self.at,
            added_by=self.by,
        )
        return made, None

    def _found_faults(self, told: Counted, here: str) -> Iterator[Fault]:
        item, where, lot = self.items.get(told.item), self.bins.get(told.bin), _clean(told.lot)
        if item is None:
            text = _("There is no item %(code)s: check the code, or search by name.")
            yield Fault(f"{here}/item", "unknown-item", text % {"code": told.item[:40]})
            return
        if where is None:
            text = _("Depot %(depot)s has no bin %(codes)s.")
            yield Fault(f"{here}/bin", "unknown-bin", text % {"depot": self.place.code, "codes": told.bin[:24]})
            return
        codes = {Scope.BINS: where.code, Scope.CLASSES: item.group.supply_class_id, Scope.ITEMS: item.code}
        if self.one.scope != Scope.DEPOT and codes[Scope(self.one.scope)] not in self.one.codes:
            text = _("This stocktake does not count %(what)s: plan another one for it.")
            yield Fault(here, "outside-the-scope", text % {"what": codes[Scope(self.one.scope)]})
        if told.grade not in self.grades:
            text = _("There is no grade %(grade)s: they go from 1 to 5.")
            yield Fault(f"{here}/grade", "unknown-grade", text % {"grade": told.grade})
        if told.purpose not in self.purposes:
            text = _("There is no reserve purpose %(code)s: choose one from the list.")
            yield Fault(f"{here}/purpose", "unknown-purpose", text % {"code": told.purpose[:40]})
        if (item.tracking == Item.Tracking.NONE) == bool(lot):
            text = {
                Item.Tracking.NONE: _("%(item)s is kept without lots: leave the lot blank."),
                Item.Tracking.LOT: _("%(item)s is kept by lot; name it."),
                Item.Tracking.SERIAL: _("%(item)s is kept by serial number; name it."),
            }[Item.Tracking(item.tracking)]
            yield Fault(f"{here}/lot", "lot-required", text % {"item": named(item)})
        if len(lot) > _MOST_LOT or not lot.isprintable():
            text = _("At most %(max_length)s characters.") % {"max_length": _MOST_LOT}
            yield Fault(f"{here}/lot", "too-long", text)
        known = self.lots.get((item.pk, lot))
        if known and told.expires_date and known.expires_date != told.expires_date:
            day = format_date(known.expires_date) if known.expires_date else "—"
            text = _("Lot %(lot)s is known to expire on %(day)s: read the label again.")
            yield Fault(f"{here}/expires_on", "expiry-differs", text % {"lot": lot, "day": day})
        if self.last >= MOST_LINES and (where.pk, item.pk, lot, told.grade, told.purpose) not in self.piles:
            text = _("More than %(most)s piles: plan it in parts, by bins or by items.")
            yield Fault(here, "too-many-lines", text % {"most": MOST_LINES})

    def _faults(self, told: Counted, line: SheetLine | None, here: str) -> Iterator[Fault]:
        if line is None:
            return
        item = line.item
        allowed = self.place.supply_classes
        if allowed is not None and item.group.supply_class_id not in allowed:
            words = _("Your role here covers only %(classes)s.") % {"classes": ", ".join(sorted(allowed))}
            yield Fault(here, "outside-your-classes", words)
        last = self.rounds.get(line.pk, 1)
        if not 1 <= told.round <= last:
            text = _("This line is counted in round %(round)s now: load the sheet again.")
            yield Fault(f"{here}/round", "unknown-round", text % {"round": last})
        if not told.quantity.is_finite() or not 0 <= told.quantity <= LARGEST:
            text = _("What is counted is 0 to %(most)s.")
            yield Fault(f"{here}/quantity", "quantity", text % {"most": told_quantity(LARGEST)})
        elif not is_storable(told.quantity) or told.quantity != round(told.quantity, item.base_unit.scale):
            text = _("%(unit)s has %(scale)s decimals: write a quantity that comes out even.")
            names = {"unit": named(item.base_unit), "scale": str(item.base_unit.scale)}
            yield Fault(f"{here}/quantity", "too-many-decimals", text % names)
        elif item.tracking == Item.Tracking.SERIAL and told.quantity not in {0, 1}:
            text = _("A serial number is one piece: count 1, or 0 where it is not there.")
            yield Fault(f"{here}/quantity", "serial-quantity", text)


def _typed(count: Count) -> tuple[Decimal, Observed | None]:
    """Return what a count was told as: of a liquid fuel the litres observed and their reading, but for a dip."""
    read = count.measured
    if not read or "height_mm" in read:
        return count.quantity, None
    return Decimal(read["litres"]), Observed(temperature=Decimal(read["temperature"]), density=Decimal(read["density"]))


def _true_moment(told: Counted) -> datetime | None:
    """Return when a count was made by our clock; None where that is no moment of any calendar."""
    if told.counted_at.tzinfo is None:
        return None
    try:
        return told.counted_at - timedelta(seconds=told.clock_off_s)
    except (OverflowError, ValueError):
        return None


def _clean(text: str) -> str:
    return unicodedata.normalize("NFC", text).strip()


def _pile(line: SheetLine) -> Pile:
    return (line.bin_id, line.item_id, line.lot, line.grade_id, line.purpose_id)
