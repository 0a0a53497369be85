"""Quy định – hiện có – thiếu: what norms require, what lies there for it, and what is short.

On hand (hiện có) is all that lies there for the norm's purpose; what awaits disposal, is past its last day or is held
is no reserve, so that short = required − (on hand − unusable), never below nothing. Stock is that of now. For another
instant, `in_force` names the norms of that day and `Shortfall` compares one with whatever was on hand then.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_DOWN, Decimal
from typing import TYPE_CHECKING, Final

from django.db.models import F, Q, QuerySet
from django.utils import timezone

from depots import access
from inventory.norms.models import ReserveNorm
from logistics import sql

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from logistics.accounts.models import User

NOTHING: Final = Decimal(0)


@dataclass(frozen=True, kw_only=True, slots=True)
class NormQuestion:
    """Which norms are asked about, by business codes; None leaves a dimension open.

    `unit`: norms of this unit, of units below it and of their depots.
    """

    item: str | None = None
    supply_class: str | None = None
    depot: str | None = None
    unit: str | None = None
    purpose: str | None = None


@dataclass(frozen=True, slots=True)
class Shortfall:
    """One norm and what there is for it, in the item's base unit; `depots` counts those looked into."""

    norm: ReserveNorm
    on_hand: Decimal
    unusable: Decimal
    depots: int

    @property
    def required(self) -> Decimal:
        """What the norm asks for."""
        return self.norm.required

    @property
    def usable(self) -> Decimal:
        """What of the stock on hand is a reserve."""
        return self.on_hand - self.unusable

    @property
    def short(self) -> Decimal:
        """What is missing; 0 where the norm is met."""
        return max(self.required - self.usable, NOTHING)

    @property
    def covered(self) -> int:
        """How many whole percent of the norm are there, 100 only where nothing is short."""
        return covered(self.required, self.usable)


def covered(required: Decimal, usable: Decimal) -> int:
    """Return how many whole percent of what is required are there: 100 only where nothing is short; 100 at most."""
    return int(min(100 * usable / required, Decimal(100)).to_integral_value(ROUND_DOWN))


def in_force(question: NormQuestion | None = None, *, by: User, on: date) -> QuerySet[ReserveNorm]:
    """Return the norms of a day that `by` may see, with their place, item and purpose.

    A depot's norm is seen by whoever may read the depot; a unit's by whoever may read the whole unit, because its
    stock is that of all its depots. A code that names nothing, or nothing `by` may know of, finds nothing.
    """
    question = question or NormQuestion()
    found = (
        ReserveNorm.objects.filter(valid_from__lte=on)
        .exclude(valid_to__lt=on)
        .filter(Q(depot__in=access.depot_ids(by)) | Q(unit__in=access.unit_ids(by)))
        .select_related("unit", "depot__unit", "item__base_unit", "item__group", "purpose")
    )
    if question.unit is not None:
        below = units_below(question.unit)
        found = found.filter(Q(unit__in=below) | Q(depot__unit__in=below))
    for column, code in (
        ("item__code", question.item),
        ("item__group__supply_class", question.supply_class),
        ("depot__code", question.depot),
        ("purpose", question.purpose),
    ):
        if code is not None:
            found = found.filter(**{column: code})
    return found


def shortfalls(*, by: User, at: datetime, question: NormQuestion | None = None) -> list[Shortfall]:
    """Return what is required, there and short now, by every norm in force that `by` may see, the least covered first.

    Three queries at most, however many norms there are. Stock of exercise depots counts nowhere.
    """
    today = timezone.localdate(at)
    norms = in_force(question, by=by, on=today).order_by(F("unit__code").asc(nulls_last=True), "depot__code", "pk")
    found = compared(norms, on=today)
    return sorted(found, key=lambda one: (one.covered, one.norm.item.code))


def compared(norms: Iterable[ReserveNorm], *, on: date) -> list[Shortfall]:
    """Return each norm with what lies there for it now, in the order given; one query. `on`: whose expiry counts."""
    norms = list(norms)
    stock = stock_of([norm.pk for norm in norms], on=on)
    return [Shortfall(norm, *stock[norm.pk]) for norm in norms]


def stock_of(norms: Sequence[int], *, on: date) -> dict[int, tuple[Decimal, Decimal, int]]:
    """Return of each norm, by its key, what is on hand and unusable of that, and in how many depots; one query."""
    found = sql.rows("norms/stock_of_norms", {"norms": list(norms), "today": on}, prepare=False)
    return {norm: (on_hand, unusable, depots) for norm, on_hand, unusable, depots in found}


def units_below(code: str) -> list[int]:
    """Return the keys of a unit and all units below it; one query. Empty where there is no such unit."""
    return [unit for (unit,) in sql.rows("norms/units_below", {"unit": code})]
