"""Where is the nearest stock: depots that have some of an item available, nearest first."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.utils import timezone
from django.utils.translation import gettext as _

from depots import whereabouts
from depots.models import Depot
from inventory.availability.question import Question, params
from inventory.ledger.chain import exact
from logistics import sql
from logistics.errors import Fault, Invalid

if TYPE_CHECKING:
    from logistics.accounts.models import User


@dataclass(frozen=True, kw_only=True, slots=True)
class Near:
    """What one depot could give of an item, in base units, and how far away it is in a straight line.

    The point, and what is measured from it, is the one its reader may see. `is_enough`: `available` covers the quantity
    asked for.
    """

    depot: str
    name: str
    on_hand: Decimal
    allocated: Decimal
    on_hold: Decimal
    expired: Decimal
    reserve: Decimal
    disposal: Decimal
    available: Decimal
    unit: str
    lon: float
    lat: float
    distance_km: float
    is_enough: bool

    def document(self) -> dict[str, Any]:
        """Return the row as the API spells it: quantities as decimal strings, the distance to 10 metres."""
        return {
            "depot": self.depot,
            "name": self.name,
            "distance_km": round(self.distance_km, 2),
            "available": exact(self.available),
            "enough": self.is_enough,
            "on_hand": exact(self.on_hand),
            "allocated": exact(self.allocated),
            "on_hold": exact(self.on_hold),
            "expired": exact(self.expired),
            "reserve": exact(self.reserve),
            "disposal": exact(self.disposal),
            "unit": self.unit,
            "lon": round(self.lon, 6),
            "lat": round(self.lat, 6),
        }


def nearest(
    item: str,
    *,
    lon: float,
    lat: float,
    by: User,
    at: datetime,
    quantity: Decimal = Decimal(0),
    radius_km: float | None = None,
    min_days_left: int | None = None,
    limit: int = 50,
) -> list[Near]:
    """Return the depots, of those `by` may read, that have some of `item` available, nearest to (lon, lat) first.

    `lon` and `lat` are WGS 84 degrees; distances run along the ellipsoid. Depots with nothing available are left out,
    those with less than `quantity` are not: several near ones may make it up. So are depots whose place `by` may not
    know. `at` is now.

    Raises:
        Invalid: the point is none on Earth, the radius or quantity is negative, or `item` is no item.
    """
    faults = [
        Fault(f"/query/{name}", "out-of-range", text)
        for name, is_good, text in (
            ("lon", -180 <= lon <= 180, _("Longitude goes from -180 to 180 degrees.")),
            ("lat", -90 <= lat <= 90, _("Latitude goes from -90 to 90 degrees.")),
            ("radius_km", radius_km is None or 0 <= radius_km <= 20_040, _("A radius goes from 0 to 20,040 km.")),
            ("quantity", quantity >= 0, _("A quantity asked for is not below zero.")),
        )
        if not is_good
    ]
    if faults:
        raise Invalid(faults)
    given = params(Question(item=item, min_days_left=min_days_left), by=by, on=timezone.localdate(at))
    given |= _seen(given["depots"], by=by) | {
        "lon": lon,
        "lat": lat,
        "radius_m": None if radius_km is None else radius_km * 1000,
        "page_size": limit,
    }
    names = [field.name for field in fields(Near) if field.name != "is_enough"]  # as the statement orders them
    return [
        Near(**(row := dict(zip(names, found, strict=True))), is_enough=row["available"] >= quantity)
        for found in sql.rows("availability/nearest", given, prepare=False)
    ]


def _seen(depots: list[int], *, by: User) -> dict[str, Any]:
    """Return the parameters that say which depots `by` may place, and the points of those seen coarsely; else NULL."""
    points = dict(Depot.objects.filter(id__in=depots).values_list("id", "coordinates"))
    coarse = whereabouts.sight(by).coarse(points.items())
    seen = {depot: spot for depot, spot in coarse.items() if spot is not None}
    return {
        "depots": [depot for depot in depots if depot not in coarse or depot in seen],
        "coarse": list(seen) or None,
        "coarse_lons": [spot.lon for spot in seen.values()],
        "coarse_lats": [spot.lat for spot in seen.values()],
    }
