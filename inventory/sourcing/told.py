"""A plan in words and sums: why each row, what is missing and why, how far, how long, how much transport."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_CEILING, Decimal
from typing import Any, Final

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from inventory.catalogue.models import Item
from inventory.sourcing.goods import Need, Row, Shortage
from inventory.sourcing.models import Plan

# Assumptions of planning, told on the page, not measured: roads are longer than the straight line, a lorry's day, a day
# to pick and load.
ROAD_FACTOR: Final = Decimal("1.3")
KM_A_DAY: Final = 300
LOADING_DAYS: Final = 1

_WHY: Final = {
    "nearest-complete": gettext_lazy("nearest depot that has 100 %%"),
    "one-is-enough": gettext_lazy("one depot is enough: the nearest of those that have all"),
    "nearest-part": gettext_lazy("no depot may give all of it: from near to far, place %(among)s"),
    "fewest-depots": gettext_lazy("%(among)s depots are the fewest that have it"),
    "least-effort": gettext_lazy("least transport effort over the whole list"),
    "chosen": gettext_lazy("chosen by hand"),
}
_REASONS: Final = {
    "allocated": gettext_lazy("promised to others"),
    "on_hold": gettext_lazy("on hold"),
    "expired": gettext_lazy("expired"),
    "reserve": gettext_lazy("ring-fenced reserve"),
    "disposal": gettext_lazy("awaiting disposal"),
    "at-destination": gettext_lazy("at the destination already"),
    "excluded-depot": gettext_lazy("in depots left out"),
    "other-grade": gettext_lazy("of another grade"),
    "other-purpose": gettext_lazy("kept for another purpose"),
    "short-life": gettext_lazy("too little life left"),
    "other-lines": gettext_lazy("taken by other lines of the list"),
    "kept-reserve": gettext_lazy("kept in the depots (share to keep)"),
    "below-norm": gettext_lazy("kept in the depots (reserve norm)"),
    "depot-limit": gettext_lazy("in more depots than a line may take from"),
}
STATES: Final = {
    "optimal": gettext_lazy("proved: no plan takes less effort"),
    "feasible": gettext_lazy("good, but the solver's time was up before it was proved that none takes less"),
    "fallback": gettext_lazy("some lines as by the nearest depot: the solver's time was up"),
}


def why(row: Row) -> str:
    """Return in the reader's language which rule chose the row's depot."""
    return str(_WHY[row.why]) % {"among": row.among}


def reasons(shortage: Shortage) -> list[tuple[str, Decimal]]:
    """Return in words how much lies where it may not be taken, the largest first; last what is in no depot."""
    told = [(str(_REASONS[code]), quantity) for code, quantity in shortage.reasons]
    told.sort(key=lambda one: -one[1])
    if shortage.nowhere:
        told.append((_("in no depot you plan for"), shortage.nowhere))
    return told


def lead_days(distance_m: int) -> int:
    """Return how many days goods need from a depot to the destination, picking and loading included."""
    road_km = Decimal(distance_m) / 1000 * ROAD_FACTOR
    return LOADING_DAYS + int((road_km / KM_A_DAY).to_integral_value(rounding=ROUND_CEILING))


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldRow:
    """A row with what the page says of it. `life_days`: days of use left on the day it is needed, None: for ever."""

    row: Row
    why: str
    is_chosen: bool
    lead_days: int
    is_late: bool
    life_days: int | None
    tonne_km: Decimal | None

    @property
    def distance_km(self) -> Decimal:
        """The straight line, in km."""
        return (Decimal(self.row.distance_m) / 1000).quantize(Decimal("0.1"))


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldLine:
    """A line of the list with its rows and what it lacks."""

    need: Need
    item: Item
    rows: tuple[ToldRow, ...]
    supplied: Decimal
    shortage: Shortage | None
    reasons: tuple[tuple[str, Decimal], ...]

    @property
    def is_changed(self) -> bool:
        """Tell whether somebody chose a depot for it."""
        return any(row.is_chosen for row in self.rows)

    @property
    def depots(self) -> int:
        """From how many depots it comes."""
        return len({row.row.depot for row in self.rows})


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """What a plan adds up to. `weightless`: items whose weight nobody knows, which the tonnage leaves out.

    `splits`: how many depots more than one the lines come from, all lines together.
    """

    tonne_km: Decimal
    tonnes: Decimal
    weightless: tuple[str, ...]
    quantity_km: Decimal
    depots: int
    splits: int
    lines: int
    short_lines: int
    farthest_km: Decimal
    late_rows: int


def lines_of(plan: Plan, items: dict[str, Item], *, today: date | None = None) -> list[ToldLine]:
    """Return the plan's list line by line; `items` by code."""
    today = today or timezone.localdate()
    short = {one.need: one for one in plan.missing}
    found: dict[int, list[ToldRow]] = {}
    for row in plan.sources:
        found.setdefault(row.need, []).append(_told(plan, row, today))
    return [
        ToldLine(
            need=need,
            item=items[need.item],
            rows=tuple(found.get(need.number, ())),
            supplied=sum((one.row.quantity for one in found.get(need.number, ())), Decimal(0)),
            shortage=short.get(need.number),
            reasons=tuple(reasons(short[need.number])) if need.number in short else (),
        )
        for need in plan.lines
    ]


def _told(plan: Plan, row: Row, today: date) -> ToldRow:
    days = lead_days(row.distance_m)
    weight = plan.weights.get(row.item)
    return ToldRow(
        row=row,
        why=why(row),
        is_chosen=row.why == "chosen",
        lead_days=days,
        is_late=today + timedelta(days=days) > plan.needed_by_date,
        life_days=(row.expires_date - plan.needed_by_date).days if row.expires_date else None,
        tonne_km=None if weight is None else row.quantity * Decimal(weight) * row.distance_m / 1_000_000,
    )


def totals(plan: Plan, lines: Sequence[ToldLine]) -> Totals:
    """Return what the lines of a plan add up to."""
    rows = [row for line in lines for row in line.rows]
    known = [row for row in rows if row.tonne_km is not None]
    tonnes = sum((row.row.quantity * Decimal(plan.weights[row.row.item]) for row in known), Decimal(0)) / 1000
    return Totals(
        tonne_km=sum((row.tonne_km or Decimal(0) for row in known), Decimal(0)).quantize(Decimal("0.1")),
        tonnes=tonnes.quantize(Decimal("0.001")),
        weightless=tuple(sorted({row.row.item for row in rows if row.tonne_km is None})),
        quantity_km=sum(
            (row.row.quantity * row.row.distance_m / 1000 for row in rows if row.tonne_km is None), Decimal(0)
        ).quantize(Decimal(1)),
        depots=len({row.row.depot for row in rows}),
        splits=sum(max(line.depots - 1, 0) for line in lines),
        lines=len(lines),
        short_lines=sum(line.shortage is not None for line in lines),
        farthest_km=max((row.distance_km for row in rows), default=Decimal(0)),
        late_rows=sum(row.is_late for row in rows),
    )


def rules_in_words(plan: Plan) -> list[tuple[str, str]]:
    """Return the rules a plan keeps to, label and value, those that ask for nothing left out."""
    said: dict[str, Any] = plan.rules
    found = [
        (
            _("Remaining life at least"),
            _("%(days)s days") % {"days": said["min_days_left"]} if said["min_days_left"] else "",
        ),
        (
            _("Depots keep at least"),
            f"{Decimal(said['keep_percent']).normalize():f} %" if Decimal(said["keep_percent"]) else "",
        ),
        (_("Reserve norms"), _("kept") if said["keeps_norms"] else _("not minded")),
        (_("Left out"), ", ".join(said["excluded_depots"])),
        (_("Most depots per line"), str(said["most_depots"] or "")),
        (_("Worst grade"), str(said["worst_grade"])),
        (_("Purpose"), said["purpose"] or ""),
    ]
    return [(label, value) for label, value in found if value]
