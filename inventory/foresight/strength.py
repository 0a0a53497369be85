"""Days of supply by strength: how long what a unit's depots hold lasts its people by the norms in force."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.translation import gettext as _

from depots import access
from depots.models import OrganisationUnit
from inventory.catalogue.models import Item
from inventory.foresight.models import ConsumptionNorm, UnitStrength, valid_on
from inventory.foresight.reckoning import ByNorm, by_norm
from logistics import sql
from logistics.errors import NotFound

if TYPE_CHECKING:
    from logistics.accounts.models import User


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitSupply:
    """What the depots of a unit and all below it can give out of an item, and how long that lasts its people."""

    unit: OrganisationUnit
    item: Item
    available: Decimal
    depots: int
    norm: ByNorm


def days_by_strength(*, by: User, at: datetime, unit: str | None = None, item: str | None = None) -> list[UnitSupply]:
    """Return how long stock lasts by strength and norm, for every unit in scope with a strength and item with a norm.

    A unit's strength covers all below it; so does its stock, of the depots that `by` may read and that count. The
    least days come first.

    Raises:
        NotFound: `unit` is none the asker may know of.
    """
    today = timezone.localdate(at)
    strengths: dict[int, UnitStrength] = {}
    rows = valid_on(UnitStrength.objects.filter(unit__in=access.unit_ids(by)), today).select_related("unit")
    if unit is not None:
        if not OrganisationUnit.objects.filter(id__in=access.unit_ids(by), code=unit).exists():
            raise NotFound(_("There is no unit %(code)s in your scope.") % {"code": unit[:40]})
        rows = rows.filter(unit__code=unit)
    for row in rows:
        strengths.setdefault(row.unit_id, row)
    norms: dict[int, ConsumptionNorm] = {}
    wanted = valid_on(ConsumptionNorm.objects.all(), today).select_related("item__base_unit")
    for norm in wanted if item is None else wanted.filter(item__code=item):
        norms.setdefault(norm.item_id, norm)
    if not strengths or not norms:
        return []
    given = {
        "units": list(strengths),
        "items": list(norms),
        "depots": access.scope(by, only_counted=True),
        "today": today,
    }
    there = {tuple(row[:2]): row[2:] for row in sql.rows("foresight/stock_by_unit", given, prepare=False)}
    found = [
        UnitSupply(
            unit=strength.unit,
            item=norm.item,
            available=(had := there.get((strength.unit_id, norm.item_id), (Decimal(0), 0)))[0],
            depots=had[1],
            norm=by_norm(had[0], strength=strength.strength, norm=norm),
        )
        for strength in strengths.values()
        for norm in norms.values()
    ]
    return sorted(found, key=lambda one: (one.norm.days, one.unit.code, one.item.code))
