"""Two plans side by side: line by line what each takes from where, and what both add up to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from inventory.catalogue.models import Item
from inventory.sourcing.told import ToldLine, Totals


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """What one plan does for one line: per depot and lot the quantity, and what it lacks."""

    asked: Decimal
    sources: tuple[tuple[str, str, Decimal, Decimal], ...]  # depot, lot, quantity, km
    missing: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """One line of both plans; a plan that has no such line has no side."""

    item: Item
    a: Side | None
    b: Side | None

    @property
    def sides(self) -> tuple[Side | None, Side | None]:
        """Both sides."""
        return self.a, self.b

    @property
    def differs(self) -> bool:
        """Tell whether the plans do not do the same for it."""
        return self.a != self.b


@dataclass(frozen=True, slots=True, kw_only=True)
class Sum:
    """One figure of both plans; `better` is "a" or "b" where one of them is."""

    label: str
    a: Decimal
    b: Decimal
    unit: str
    better: str


def compared(a: Sequence[ToldLine], b: Sequence[ToldLine]) -> list[Pair]:
    """Return the lines of both plans: those of `a` in order, each with the like line of `b`, then what only `b` has.

    Lines are alike by item, grade and purpose; the first with the first where a plan has several.
    """
    waiting: dict[Any, list[ToldLine]] = defaultdict(list)
    for line in b:
        waiting[_key(line)].append(line)
    pairs = []
    for line in a:
        like = waiting[_key(line)]
        pairs.append(Pair(item=line.item, a=_side(line), b=_side(like.pop(0)) if like else None))
    rest = [line for lines in waiting.values() for line in lines]
    return pairs + [Pair(item=line.item, a=None, b=_side(line)) for line in rest]


def _key(line: ToldLine) -> tuple[str, int | None, str | None]:
    return line.need.item, line.need.grade, line.need.purpose


def _side(line: ToldLine) -> Side:
    return Side(
        asked=line.need.quantity,
        sources=tuple((one.row.depot, one.row.lot, one.row.quantity, one.distance_km) for one in line.rows),
        missing=line.shortage.missing if line.shortage else Decimal(0),
    )


def sums(a: Totals, b: Totals, *, is_like: bool) -> list[Sum]:
    """Return what both plans add up to, figure by figure. Less is better, where both supply the same (`is_like`)."""
    found = [
        (_("Transport effort"), a.tonne_km, b.tonne_km, _("tonne-km")),
        (_("Effort of goods without a known weight"), a.quantity_km, b.quantity_km, _("quantity × km")),
        (_("Depots"), Decimal(a.depots), Decimal(b.depots), ""),
        (_("Splits"), Decimal(a.splits), Decimal(b.splits), ""),
        (_("Lines that lack something"), Decimal(a.short_lines), Decimal(b.short_lines), ""),
        (_("Farthest depot"), a.farthest_km, b.farthest_km, "km"),
        (_("Rows that come too late"), Decimal(a.late_rows), Decimal(b.late_rows), ""),
    ]
    return [
        Sum(
            label=label, a=one, b=other, unit=unit,
            better="" if one == other or not is_like else "a" if one < other else "b",
        )
        for label, one, other, unit in found
        if one or other
    ]  # fmt: skip


def supply_the_same(a: Sequence[ToldLine], b: Sequence[ToldLine]) -> bool:
    """Tell whether two plans give as much of every item."""
    return _supplied(a) == _supplied(b)


def _supplied(lines: Sequence[ToldLine]) -> dict[str, Decimal]:
    found: dict[str, Decimal] = defaultdict(Decimal)
    for line in lines:
        found[line.item.code] += line.supplied
    return found
