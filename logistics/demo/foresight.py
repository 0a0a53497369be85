"""What the demo looks ahead with: strengths of two units, norms of two foods, terms of supply, and some forecasts.

Forecasts are made for two depots only, so that loading stays quick; the first night (`manage.py forecast`) makes the
others.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Final

from depots.models import OrganisationUnit
from inventory.catalogue.codes import item_code
from inventory.catalogue.models import Item
from inventory.foresight import nightly
from inventory.foresight.models import ConsumptionNorm, SupplyTerms, UnitStrength
from logistics import history

DEPOTS: Final = ("K01", "K02")
_STRENGTHS: Final = {"G11.21": 2_600, "G11.27": 5_200}
_NORMS: Final = {item_code("QN", 1, 1): "0.65", item_code("QN", 2, 2): "0.02"}
_BASIS: Final = "Định mức mẫu"


def make_norms(today: date) -> None:
    """Store strengths, norms and terms, valid from the first day of the year. Needs `history.changing` around it."""
    since = date(today.year, 1, 1)
    units = dict(OrganisationUnit.objects.filter(code__in=_STRENGTHS).values_list("code", "pk"))
    history.bulk_create(
        [UnitStrength(unit_id=units[code], strength=count, valid_from=since) for code, count in _STRENGTHS.items()]
    )
    items = dict(Item.objects.filter(code__in=_NORMS).values_list("code", "pk"))
    history.bulk_create(
        [
            ConsumptionNorm(item_id=items[code], per_person_day=Decimal(norm), basis=_BASIS, valid_from=since)
            for code, norm in _NORMS.items()
        ]
    )
    history.bulk_create([SupplyTerms(lead_days=20, review_days=30, service_percent=Decimal(95), valid_from=since)])


def look_ahead(*, at: datetime) -> None:
    """Make the forecasts of the first depots, as a night does."""
    nightly.run(at=at, depots=DEPOTS)
