"""What a reading of a liquid fuel comes to while it is counted: litres at 15 °C, by the conversion of that day."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from inventory.catalogue import conversions
from inventory.catalogue.conversions import Registered
from inventory.catalogue.models import Item
from inventory.catalogue.volume_correction import Corrected
from inventory.ledger.drafts import Observed, reading_faults
from inventory.ledger.fuel import corrected_by
from logistics.errors import Fault

Known = dict[tuple[int, date], Registered | None]


def converted(
    item: Item, observed: Observed, *, on: date, faults: list[Fault], here: str = "", known: Known | None = None
) -> tuple[str, Corrected] | None:
    """Return the name of the day's conversion and what it makes of a reading; None after noting why it cannot.

    Faults point to `here` and its members `item`, `temperature` and `density`. `known` keeps what was asked of the
    database already, by item and day: whoever reads many tanks hands in the same one.
    """
    if wrong := list(reading_faults(observed, here)):
        faults += wrong
        return None
    known = {} if known is None else known
    if (item.pk, on) not in known:
        known[item.pk, on] = conversions.of(item.pk, item.fuel_group, item.group_id, on=on)
    conversion = known[item.pk, on]
    found = corrected_by(conversion, observed, item=item.code, on=on, faults=faults, here=here)
    return None if conversion is None or found is None else (conversion.name, found)


def remembered(litres: Decimal, observed: Observed, conversion: str) -> dict[str, Any]:
    """Return what a count remembers of a reading: the ledger reckons from it again when the stocktake is posted."""
    return {
        "litres": f"{litres:f}",
        "temperature": f"{observed.temperature:f}",
        "density": f"{observed.density:f}",
        "conversion": conversion,
    }
