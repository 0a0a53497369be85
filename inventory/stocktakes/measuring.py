"""What a reading of a liquid fuel comes to while it is counted: litres at 15 °C, by the conversion of that day."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from inventory.catalogue import conversions
from inventory.catalogue.models import Item
from inventory.catalogue.volume_correction import Corrected, OutOfRange
from inventory.ledger.drafts import Observed, reading_faults
from logistics.errors import Fault
from logistics.fields import format_date, told_quantity


def converted(
    item: Item, observed: Observed, *, on: date, faults: list[Fault], here: str = ""
) -> tuple[str, Corrected] | None:
    """Return the name of the day's conversion and what it makes of a reading; None after noting why it cannot.

    Faults point to `here` and its members `item`, `temperature` and `density`.
    """
    wrong = list(reading_faults(observed, here))
    if wrong or observed.temperature is None or observed.density is None:
        faults += wrong
        return None
    conversion = conversions.of(item.pk, item.fuel_group, item.group_id, on=on)
    if conversion is None:
        text = _(
            "No conversion to 15 °C is registered for %(item)s on %(day)s: have the catalogue keeper register the "
            "site's table, or choose the published formula."
        )
        names = {"item": item.code, "day": format_date(on)}
        faults.append(Fault(f"{here}/item", "fuel-conversion-required", text % names))
        return None
    try:
        found = conversion.correct(density=observed.density, temperature=observed.temperature)
    except OutOfRange as error:
        member = "density" if error.code == "fuel-density" else "temperature"
        told = {name: told_quantity(Decimal(str(value))) for name, value in error.params.items()}
        faults.append(Fault(f"{here}/{member}", error.code, _(error.message) % told))
        return None
    return conversion.name, found


def remembered(litres: Decimal, observed: Observed, conversion: str) -> dict[str, Any]:
    """Return what a count remembers of a reading: the ledger reckons from it again when the stocktake is posted."""
    return {
        "litres": f"{litres:f}",
        "temperature": f"{observed.temperature:f}",
        "density": f"{observed.density:f}",
        "conversion": conversion,
    }
