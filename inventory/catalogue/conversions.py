"""Bringing a reading of a liquid fuel to 15 °C: by the site's registered table, or by the published formula."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from django.db.models import Q

from inventory.catalogue import volume_correction
from inventory.catalogue.models import Conversion
from inventory.catalogue.volume_correction import Corrected, OutOfRange
from logistics.errors import gettext_noop

_DENSITY: Final = Decimal("0.1")
_FACTOR: Final = Decimal("0.00001")
_FORMULA: Final = "API-11.1-1980"


@dataclass(frozen=True, slots=True)
class Grid:
    """A registered table: of every density with every temperature, the density at 15 °C and the factor."""

    densities: Sequence[Decimal]
    temperatures: Sequence[Decimal]
    densities_15: Sequence[Decimal]
    factors: Sequence[Decimal]

    def read(self, *, density: Decimal, temperature: Decimal) -> Corrected:
        """Return what the table says of a reading, linearly between its four neighbours; halves away from zero.

        Raises:
            OutOfRange: the reading lies outside the table.
        """
        row, down = _place(self.densities, density, "fuel-density")
        column, across = _place(self.temperatures, temperature, "fuel-temperature")
        width = len(self.temperatures)

        def between(values: Sequence[Decimal], step: Decimal) -> Decimal:
            upper, lower = (
                values[at] + (values[at + 1] - values[at]) * across
                for at in (row * width + column, (row + 1) * width + column)
            )
            return (upper + (lower - upper) * down).quantize(step, ROUND_HALF_UP)

        return Corrected(between(self.densities_15, _DENSITY), between(self.factors, _FACTOR))


def _place(steps: Sequence[Decimal], value: Decimal, code: str) -> tuple[int, Decimal]:
    """Return between which steps a value lies, the first one's index, and how far towards the second (0 to 1)."""
    if not steps[0] <= value <= steps[-1]:
        texts = {
            "fuel-density": gettext_noop(
                "A density of %(value)s kg/m³ is not in the registered table (%(lowest)s to %(highest)s): read the "
                "hydrometer again, and give kg/m³, as 838.5."
            ),
            "fuel-temperature": gettext_noop(
                "%(value)s °C is not in the registered table (%(lowest)s to %(highest)s °C): read the thermometer "
                "again."
            ),
        }
        raise OutOfRange(code, texts[code], value=f"{value:f}", lowest=f"{steps[0]:f}", highest=f"{steps[-1]:f}")
    at = min(bisect_right(steps, value), len(steps) - 1) - 1
    return at, (value - steps[at]) / (steps[at + 1] - steps[at])


@dataclass(frozen=True, slots=True)
class Registered:
    """A conversion that was valid for an item on a day; `name` is how a reading remembers it for ever.

    A formula's name says all that is needed to reckon its figures again: `API-11.1-1980/B/hydrometer`.
    """

    name: str
    grid: Grid | None = None
    title: str = ""  # as people call it

    def correct(self, *, density: Decimal, temperature: Decimal) -> Corrected:
        """Return what a reading comes to at 15 °C. Raises OutOfRange."""
        if self.grid is not None:
            return self.grid.read(density=density, temperature=temperature)
        _edition, group, instrument = self.name.split("/")
        is_hydrometer = instrument == Conversion.Method.HYDROMETER
        return volume_correction.correct(group, density=density, temperature=temperature, is_hydrometer=is_hydrometer)


def registered(method: str, code: str, fuel_group: str, grid: Grid, title: str = "") -> Registered:
    """Return a stored conversion for an item of a fuel group."""
    if method == Conversion.Method.TABLE:
        return Registered(f"TABLE/{code}", grid, title)
    return Registered(f"{_FORMULA}/{fuel_group}/{method}", title=title)


def by_formula(name: str) -> Registered | None:
    """Return the formula a reading names, to reckon it again; None where it names a table."""
    return Registered(name) if name.startswith(f"{_FORMULA}/") else None


def of(item_id: int, fuel_group: str, group_id: int, *, on: date) -> Registered | None:
    """Return the conversion of an item on a day, its own before its group's; None where none is registered."""
    valid = Conversion.objects.filter(
        Q(item=item_id) | Q(group=group_id), Q(valid_to__isnull=True) | Q(valid_to__gte=on), valid_from__lte=on
    ).order_by("group")  # an item's own has none, and NULLs come last
    found = valid.last()
    if found is None:
        return None
    grid = Grid(found.densities, found.temperatures, found.densities_15, found.factors)
    return registered(found.method, found.code, fuel_group, grid, found.name)
