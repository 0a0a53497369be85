"""What the reference data says about the codes in a set of drafts, and the faults where it says nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.conf import settings

from inventory.catalogue.codes import KILOGRAM

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
