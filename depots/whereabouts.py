"""How precisely each asker may know where a depot stands: the one place where coordinates are rounded or hidden.

The site's policy is data, `DEPOT_COORDINATES`: role by role, exact, hidden, or rounded to so many degrees. Whatever
leaves the store for a reader passes here first: the map, `depots.geojson`, nearest-first answers and histories. What
is measured from a depot (a distance, a place in an order) is measured from the point as its reader sees it, because
exact distances from three places would give a rounded point away.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.contrib.gis.geos import Point
from django.core.exceptions import ImproperlyConfigured

from depots import access
from logistics import sql
from logistics.accounts.models import Role

if TYPE_CHECKING:
    from logistics.accounts.models import User

DECIMALS: Final = 6  # of a degree, 11 cm: as much as RFC 7946 finds sensible
EXACT: Final = 0.0
OTHERS: Final = "*"
_MOST_DEGREES: Final = 10.0


@dataclass(frozen=True, slots=True)
class Spot:
    """A point as one reader sees it, WGS 84. `rounded_to`: degrees it was rounded to, None when it is as known."""

    lon: float
    lat: float
    rounded_to: float | None

    @property
    def at(self) -> tuple[float, float]:
        """Longitude and latitude."""
        return self.lon, self.lat


@dataclass(frozen=True, slots=True)
class Sight:
    """What one reader may know of where depots stand: for each depot key the grid in degrees, `EXACT` for none.

    A depot that is missing is hidden.
    """

    grids: dict[int, float]

    def spot(self, depot_id: int, point: Point) -> Spot | None:
        """Return where a depot stands as far as the reader may know; None when they may not."""
        grid = self.grids.get(depot_id)
        if grid is None:
            return None
        if grid == EXACT:
            return Spot(round(point.x, DECIMALS), round(point.y, DECIMALS), None)
        lon, lat = (round(round(value / grid) * grid, DECIMALS) for value in point.coords)
        return Spot(lon, lat, grid)

    def blurred(self, depot_id: int, point: Point | None) -> Point | None:
        """Return a point, of now or of its history, as the reader may know it; None when they may not."""
        spot = None if point is None else self.spot(depot_id, point)
        return None if spot is None else Point(*spot.at, srid=4326)

    def coarse(self, depots: Iterable[tuple[int, Point]]) -> dict[int, Spot | None]:
        """Return the spots of those depots whose reader does not see the point itself; None for a hidden one."""
        return {key: self.spot(key, point) for key, point in depots if self.grids.get(key) != EXACT}


def sight(user: User) -> Sight:
    """Return what `user` may know of where depots stand; one query for each step of precision the policy has.

    Of several roles that reach a depot the one that sees it finest counts.
    """
    grids: dict[int, float] = {}
    for grid, roles in policy(settings.DEPOT_COORDINATES):
        if grid is not None:
            for depot in access.reached(user, roles):
                grids.setdefault(depot, grid)
    return Sight(grids)


@cache
def policy(setting: str) -> tuple[tuple[float | None, tuple[str, ...]], ...]:
    """Return the roles of each step of precision, the finest first; None, which comes last, hides.

    `setting` is entries ROLE=exact, ROLE=hidden or ROLE=DEGREES; `*` stands for the roles not named, hidden without it.

    Raises:
        ImproperlyConfigured: the setting names no role, or no precision.
    """
    steps: dict[str, float | None] = {}
    for entry in setting.split():
        role, _equals, text = entry.partition("=")
        if role != OTHERS and role not in Role.values:
            names = ", ".join([*Role.values, OTHERS])
            raise ImproperlyConfigured(f"DEPOT_COORDINATES names the role {role!r}; roles are {names}.")
        steps[role] = _degrees(entry, text)
    by_role = {role: steps.get(role, steps.get(OTHERS)) for role in Role.values}
    order = sorted(set(by_role.values()), key=lambda grid: (grid is None, grid or EXACT))
    return tuple((grid, tuple(role for role, own in by_role.items() if own == grid)) for grid in order)


def _degrees(entry: str, text: str) -> float | None:
    if text in {"exact", "hidden"}:
        return EXACT if text == "exact" else None
    try:
        degrees = float(text)
    except ValueError:
        degrees = 0.0
    if not 0 < degrees <= _MOST_DEGREES:  # false for NaN as well
        raise ImproperlyConfigured(
            f"DEPOT_COORDINATES says {entry!r}; write ROLE=exact, ROLE=hidden or ROLE=DEGREES, such as planner=0.1."
        )
    return degrees


def distances(origin: tuple[float, float], spots: dict[int, Spot]) -> dict[int, float]:
    """Return how far each spot is from `origin` (longitude, latitude) in km along the WGS 84 ellipsoid; one query."""
    given = {
        "lon": origin[0],
        "lat": origin[1],
        "depots": list(spots),
        "lons": [spot.lon for spot in spots.values()],
        "lats": [spot.lat for spot in spots.values()],
    }
    return dict(sql.rows("depots/distances", given)) if spots else {}
