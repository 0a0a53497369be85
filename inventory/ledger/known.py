"""What the reference data says about the codes in a set of drafts, and the faults where it says nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.conf import settings

from inventory.ledger.drafts import Draft
from logistics import sql

ZONE = ZoneInfo(settings.TIME_ZONE)
_ONE: Final = Decimal(1)


@dataclass(frozen=True, slots=True)
class KnownDepot:
    """A depot named in the drafts."""

    id: int
    opened_date: date
    closed_date: date | None
    has_log: bool
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
    packagings: list[tuple[str, Decimal, date | None, date | None]] = field(default_factory=list)

    def factor(self, unit: str, at: datetime) -> Decimal | None:
        """Return how many base units one `unit` holds on the day of an instant; None where no packaging says so."""
        if unit in {"", self.unit}:
            return _ONE
        on = local_date(at)
        for code, factor, valid_from, valid_to in self.packagings:
            if code == unit and (valid_from or date.min) <= on <= (valid_to or date.max):
                return factor
        return None


@dataclass(slots=True)
class Known:
    """The reference data behind a set of drafts, by code; read once, before any lock."""

    depots: dict[str, KnownDepot]
    bins: dict[tuple[str, str], KnownBin]  # (depot, code); the code "" is the default bin
    items: dict[str, KnownItem]
    purposes: set[str]
    disposal_grades: dict[int, bool]  # grade -> awaits disposal
    is_exercise: bool = False  # whether the first draft's depot, hence every one posted to, is for training

    @classmethod
    def about(cls, drafts: Iterable[Draft], *, items: Iterable[str] = ()) -> Known:
        """Read what is known about every code in the drafts (and about more `items`) in one round trip."""
        depots: dict[str, None] = {}  # in the order they are named
        wanted: set[str] = set(items)
        bins: set[str] = set()
        purposes: set[str] = set()
        for draft in drafts:
            depots[draft.depot] = None
            if draft.to_depot:
                depots[draft.to_depot] = None
            for line in draft.lines:
                wanted.add(line.item)
                purposes.add(line.purpose)
                if line.bin:
                    bins.add(line.bin)
                if line.to_bin:
                    bins.add(line.to_bin)
                if line.to_purpose:
                    purposes.add(line.to_purpose)
        _, ((document,),) = sql.together(
            [
                ("ledger/plan_once", {}),
                (
                    "ledger/resolve",
                    {
                        "depots": list(depots),
                        "items": list(wanted),
                        "purposes": list(purposes),
                        "bins": list(bins),
                    },
                ),
            ]
        )
        known = cls._read(document)
        known.is_exercise = next((known.depots[code].is_exercise for code in depots if code in known.depots), False)
        return known

    @classmethod
    def _read(cls, document: dict[str, Any]) -> Known:
        packagings: dict[str, list[tuple[str, Decimal, date | None, date | None]]] = defaultdict(list)
        for code, unit, factor, valid_from, valid_to in document["packagings"] or ():
            packagings[code].append((unit, Decimal(factor), _day(valid_from), _day(valid_to)))
        bins: dict[tuple[str, str], KnownBin] = {}
        for depot, code, bin_id, is_default, is_active in document["bins"] or ():
            bins[depot, code] = KnownBin(bin_id, code, is_active)
            if is_default:
                bins[depot, ""] = bins[depot, code]
        return cls(
            depots={
                code: KnownDepot(depot_id, date.fromisoformat(opened), _day(closed), has_log, is_exercise)
                for code, (depot_id, opened, closed, has_log, is_exercise) in (document["depots"] or {}).items()
            },
            bins=bins,
            items={
                code: KnownItem(item_id, code, tracking, unit, scale, is_active, classification, packagings[code])
                for code, (item_id, tracking, unit, scale, is_active, classification) in (
                    document["items"] or {}
                ).items()
            },
            purposes=set(document["purposes"] or ()),
            disposal_grades={int(grade): awaits for grade, awaits in (document["grades"] or {}).items()},
        )


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def local_date(moment: datetime) -> date:
    """Return the store's calendar day of an instant."""
    return moment.astimezone(ZONE).date()
