"""What a tank's gauge table says of a height."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from django.db.models import Q

from depots.models import GaugeTable
from logistics.errors import RuleError, gettext_noop

_LITRE: Final = Decimal("0.001")


class OffTheTable(RuleError):
    """A height that a gauge table does not reach; `code` is `gauge`."""


def litres_at(heights_mm: Sequence[int], litres: Sequence[Decimal], height_mm: int) -> Decimal:
    """Return the litres a height stands for, linearly between two of the table's, to the millilitre.

    Raises:
        OffTheTable: the height lies below the table's first or above its last.
    """
    if not heights_mm[0] <= height_mm <= heights_mm[-1]:
        raise OffTheTable(
            "gauge",
            gettext_noop(
                "%(height)s mm is not in the gauge table, which goes from %(lowest)s to %(highest)s mm: dip again."
            ),
            height=height_mm,
            lowest=heights_mm[0],
            highest=heights_mm[-1],
        )
    at = min(bisect_right(heights_mm, height_mm), len(heights_mm) - 1) - 1
    share = Decimal(height_mm - heights_mm[at]) / (heights_mm[at + 1] - heights_mm[at])
    return (litres[at] + (litres[at + 1] - litres[at]) * share).quantize(_LITRE, ROUND_HALF_UP)


def table_of(tank_id: int, *, on: date) -> GaugeTable | None:
    """Return the gauge table of a tank (by its bin's id) that is valid on a day, None where there is none."""
    valid = Q(valid_to__isnull=True) | Q(valid_to__gte=on)
    return GaugeTable.objects.filter(valid, tank=tank_id, valid_from__lte=on).first()
