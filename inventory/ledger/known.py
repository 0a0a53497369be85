"""What the reference data says about the codes in a set of drafts, and the faults where it says nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.translation import gettext as _

from inventory.catalogue.codes import KILOGRAM
from inventory.catalogue.models import Item
from inventory.ledger.drafts import Draft, DraftLine
from inventory.ledger.kinds import RULES, Sign
from inventory.ledger.models import Kind
from logistics.errors import Fault
from logistics.fields import format_date

ZONE = ZoneInfo(settings.TIME_ZONE)
_ONE: Final = Decimal(1)
Packaging = tuple[str, Decimal, date | None, date | None]  # unit, base units in it, first and last day


@dataclass(frozen=True, slots=True)
class KnownDepot:
    """A depot named in the drafts."""

    id: int
    opened_date: date
    closed_date: date | None
    is_exercise: bool


@dataclass(frozen=True, slots=True)
class KnownBin:
    """A bin named in the drafts, or a depot's default."""

    id: int
    code: str
    is_active: bool


@dataclass(frozen=True, slots=True)
class KnownItem:
    """An item named in the drafts; `scale` is how many decimals its base unit allows."""

    id: int
    code: str
    tracking: str
    unit: str
    scale: int
    is_active: bool
    classification: int
    packagings: list[Packaging]
    fuel_group: str = ""  # "": not a liquid fuel

    def is_weighed(self, unit: str) -> bool:
        """Tell whether a liquid fuel is told in kg: only its density then says how many litres they are."""
        return unit == KILOGRAM and self.fuel_group != ""

    def factor(self, unit: str, at: datetime) -> Decimal | None:
        """Return how many base units one `unit` holds on the day of an instant; None where no packaging says so.

        Of a liquid fuel a kilogram stays one, whatever a packaging says: no density is the same on every day.
        """
        if unit in {"", self.unit} or self.is_weighed(unit):
            return _ONE
        on = local_date(at)
        for code, factor, valid_from, valid_to in self.packagings:
            if code == unit and (valid_from or date.min) <= on <= (valid_to or date.max):
                return factor
        return None


@dataclass(frozen=True, slots=True)
class KnownLot:
    """A lot named in the drafts."""

    id: int
    code: str
    expires_date: date | None
    is_held: bool


@dataclass(slots=True)
class Known:
    """The reference data behind a set of drafts, by code."""

    depots: dict[str, KnownDepot]
    bins: dict[tuple[str, str], KnownBin]  # (depot, code); the code "" is the default bin
    items: dict[str, KnownItem]
    purposes: set[str]
    disposal_grades: dict[int, bool]  # grade -> awaits disposal
    is_exercise: bool = False  # whether the depots posted to are for training

    @classmethod
    def of(cls, document: Mapping[str, Any], named: Iterable[str]) -> Known:
        """Return what the document of state.sql says; `named` are all depots, one that is posted to first."""
        bins: dict[tuple[str, str], KnownBin] = {}
        for code, bin_code, bin_id, is_default, is_active in document["bins"] or ():
            bins[code, bin_code] = KnownBin(bin_id, bin_code, is_active)
            if is_default:
                bins[code, ""] = bins[code, bin_code]
        depots = {
            code: KnownDepot(depot_id, date.fromisoformat(opened), _day(closed), is_exercise)
            for code, (depot_id, opened, closed, is_exercise) in (document["depots"] or {}).items()
        }
        return cls(
            depots=depots,
            bins=bins,
            items={
                code: KnownItem(
                    item_id, code, tracking, unit, scale, is_active, classification, _packagings(packagings), fuel
                )
                for code, (item_id, tracking, unit, scale, is_active, classification, packagings, fuel) in (
                    document["items"] or {}
                ).items()
            },
            purposes=set(document["purposes"] or ()),
            disposal_grades={int(grade): awaits for grade, awaits in (document["grades"] or {}).items()},
            is_exercise=next((depots[code].is_exercise for code in named if code in depots), False),
        )


def _packagings(rows: Iterable[tuple[str, str, str | None, str | None]] | None) -> list[Packaging]:
    return [(unit, Decimal(factor), _day(first), _day(last)) for unit, factor, first, last in rows or ()]


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


@lru_cache(maxsize=1_000)  # a movement's moment is asked for again and again
def local_date(moment: datetime) -> date:
    """Return the store's calendar day of an instant."""
    return moment.astimezone(ZONE).date()


def no_such_lot(line: DraftLine) -> str:
    """Return why a line's lot is none."""
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
