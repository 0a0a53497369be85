"""Reading the owner's file of boundaries: GeoJSON, told apart feature by feature, everything wrong with it at once.

The file never meets GDAL, whose older versions follow references inside it: JSON is read as the API reads it, and GEOS
gets nothing but lists of numbers.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Final

from django.contrib.gis.geos import GEOSGeometry, LineString, MultiLineString, MultiPolygon, Polygon
from django.utils.translation import gettext as _
from pydantic_core import PydanticCustomError

from depots.models import Boundary
from logistics import wire
from logistics.errors import DomainError
from logistics.fields import format_date
from logistics.tables import RowError

MOST_BYTES: Final = 200_000_000
MEMBERS: Final = ("layer", "code", "name", "valid_from", "valid_to")
_LENGTHS: Final = {"code": 20, "name": 120}
# What a file of before RFC 7946 may say of its coordinates: names of longitude and latitude on WGS 84.
_WGS_84: Final = ("crs84", "epsg:4326", "epsg::4326", "wgs84", "wgs 84")
_LINES: Final = {"LineString", "MultiLineString"}
_AREAS: Final = {"Polygon", "MultiPolygon"}


@dataclass(slots=True)
class Drawn:
    """One feature: `row` is its number in the file. What could not be read is None, and `errors` says why."""

    row: int
    layer: str | None = None
    code: str = ""
    name: str = ""
    valid_from: date | None = None
    valid_to: date | None = None
    shape: GEOSGeometry | None = None
    is_repaired: bool = False
    errors: list[RowError] = field(default_factory=list)

    def refuse(self, member: str, value: Any, reason: str) -> None:
        """Note what is wrong with a member."""
        text = "" if value is None else value if isinstance(value, str) else wire.dump(value).decode()
        self.errors.append(RowError(self.row, member, text[:60], reason))


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How a file is read: `members` are the names its properties have, `given` what holds where it says nothing."""

    members: Mapping[str, str]
    given: Mapping[str, str]
    repairs: bool = False


class FileRefused(DomainError):
    """The file as a whole cannot be read."""

    slug = "invalid"
    status = 422


def read(path: Path, reading: Reading) -> list[Drawn]:
    """Return the features of a GeoJSON file, each with what is wrong with it.

    Raises:
        OSError: the file cannot be read.
        FileRefused: it is no GeoJSON FeatureCollection of longitudes and latitudes.
    """
    if path.stat().st_size > MOST_BYTES:
        raise FileRefused(_("The file is larger than %(most)s MB.") % {"most": MOST_BYTES // 1_000_000})
    try:
        document = wire.parse(path.read_bytes().removeprefix(b"\xef\xbb\xbf"))
    except DomainError as error:
        raise FileRefused(_("The file is no JSON: %(why)s") % {"why": error.detail}) from error
    if not isinstance(document, dict) or document.get("type") != "FeatureCollection":
        raise FileRefused(_("The file is no GeoJSON FeatureCollection (RFC 7946)."))
    features = document.get("features")
    if not isinstance(features, list) or not features:
        raise FileRefused(_("The file has no features."))
    _refuse_other_coordinates(document.get("crs"))
    return [_drawn(number, feature, reading) for number, feature in enumerate(features, 1)]


def _refuse_other_coordinates(crs: Any) -> None:
    if crs is None:
        return
    properties = crs.get("properties") if isinstance(crs, dict) else None
    name = str(properties.get("name", "")) if isinstance(properties, dict) else ""
    if not any(name.lower().endswith(known) for known in _WGS_84):
        text = _(
            "The file says its coordinates are %(crs)s. Convert it to longitude and latitude on WGS 84 (EPSG:4326)."
        )
        raise FileRefused(text % {"crs": name[:80] or wire.dump(crs).decode()[:80]})


def _drawn(number: int, feature: Any, reading: Reading) -> Drawn:
    found = Drawn(number)
    if not isinstance(feature, dict) or feature.get("type") != "Feature":
        found.refuse("type", feature.get("type") if isinstance(feature, dict) else feature, _("This is no Feature."))
        return found
    properties = feature.get("properties")
    told = properties if isinstance(properties, dict) else {}
    _read_members(found, told, reading)
    _read_shape(found, feature.get("geometry"), reading)
    return found


def _read_members(found: Drawn, told: Mapping[str, Any], reading: Reading) -> None:
    def value(member: str) -> tuple[str, Any]:
        name = reading.members.get(member, member)
        return name, told.get(name) if told.get(name) not in (None, "") else reading.given.get(member)

    name, layer = value("layer")
    if layer in Boundary.Layer.values:
        found.layer = str(layer)
    else:
        known = ", ".join(Boundary.Layer.values)
        found.refuse(name, layer, _("The layer is one of: %(known)s. Give it with --layer.") % {"known": known})
    for member, length in _LENGTHS.items():
        name, text = value(member)
        if isinstance(text, int) and not isinstance(text, bool) and member == "code":
            text = f"{text:02}" if found.layer == Boundary.Layer.PROVINCE else str(text)  # a GSO code lost its zero
        if not isinstance(text, str) or not text.strip() or len(text) > length or not text.isprintable():
            found.refuse(name, text, _("A text of at most %(length)s characters is needed.") % {"length": length})
        else:
            setattr(found, member, text.strip())
    for member in ("valid_from", "valid_to"):
        name, day = value(member)
        if day is None and member == "valid_to":
            continue
        try:
            setattr(found, member, wire.day(day))
        except PydanticCustomError:
            found.refuse(name, day, _("A day is needed, written YYYY-MM-DD; --valid-from gives one to all."))
    if found.valid_from and found.valid_to and found.valid_to < found.valid_from:
        text = _("It ends before it begins (%(day)s).") % {"day": format_date(found.valid_from)}
        found.refuse(reading.members.get("valid_to", "valid_to"), found.valid_to.isoformat(), text)


# --- Shapes -------------------------------------------------------------------------------------------------------


class _Unreadable(ValueError):
    """Coordinates that make no shape; in words."""


def _read_shape(found: Drawn, geometry: Any, reading: Reading) -> None:
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    if kind not in _LINES | _AREAS:
        found.refuse(
            "geometry",
            kind,
            _("A line or an area is needed: %(kinds)s.") % {"kinds": ", ".join(sorted(_LINES | _AREAS))},
        )
        return
    try:
        shape = _shape(kind, geometry.get("coordinates"))
    except _Unreadable as error:
        found.refuse("coordinates", None, str(error))
        return
    if kind in _AREAS and (reason := shape.valid_reason) != "Valid Geometry":
        if not reading.repairs:
            text = _("The area crosses or touches itself: %(where)s. Correct it, or let --repair do it.")
            found.refuse("coordinates", None, text % {"where": reason})
            return
        shape, found.is_repaired = _areas_of(shape.make_valid()), True
    found.shape = shape


def _shape(kind: str, coordinates: Any) -> GEOSGeometry:
    match kind:
        case "LineString":
            return LineString(_points(coordinates, least=2), srid=4326)
        case "MultiLineString":
            return MultiLineString([LineString(_points(part, least=2)) for part in _parts(coordinates)], srid=4326)
        case "Polygon":
            return Polygon(*_rings(coordinates), srid=4326)
        case _:
            return MultiPolygon([Polygon(*_rings(part)) for part in _parts(coordinates)], srid=4326)


def _parts(value: Any) -> Sequence[Any]:
    if not isinstance(value, list) or not value:
        raise _Unreadable(_("The coordinates are no list, or an empty one."))
    return value


def _rings(value: Any) -> Iterator[list[tuple[float, float]]]:
    for ring in _parts(value):
        points = _points(ring, least=4)
        if points[0] != points[-1]:
            raise _Unreadable(_("A ring does not end where it begins, at %(lon)s %(lat)s.") % _at(points[0]))
        yield points


def _points(value: Any, *, least: int) -> list[tuple[float, float]]:
    """Return positions as pairs, heights left out. Raises _Unreadable, naming the first that is none."""
    points = [_point(position) for position in _parts(value)]
    if len(points) < least:
        raise _Unreadable(_("A line has at least 2 points, a ring 4; this one has %(count)s.") % {"count": len(points)})
    return points


def _point(position: Any) -> tuple[float, float]:
    if not isinstance(position, list) or len(position) < 2 or not all(map(_is_number, position)):
        raise _Unreadable(
            _("A position is a pair of numbers, not %(what)s.") % {"what": wire.dump(position).decode()[:40]}
        )
    lon, lat = float(position[0]), float(position[1])
    if abs(lon) <= 180 and abs(lat) <= 90:
        return lon, lat
    if abs(lon) <= 90 and abs(lat) <= 180:
        raise _Unreadable(_("%(lon)s %(lat)s: GeoJSON puts longitude first, then latitude.") % _at((lon, lat)))
    text = _("%(lon)s %(lat)s are no degrees; metres of VN-2000 or UTM are to be converted to WGS 84 first.")
    raise _Unreadable(text % _at((lon, lat)))


def _at(point: tuple[float, float]) -> dict[str, str]:
    return {"lon": f"{point[0]:.6g}", "lat": f"{point[1]:.6g}"}


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _areas_of(shape: GEOSGeometry) -> GEOSGeometry:
    """Return the areas of a repaired shape; the lines and points a repair may leave are none."""
    if isinstance(shape, Polygon | MultiPolygon):
        return shape
    parts: Any = shape
    found: list[Polygon] = []
    for part in parts:
        if isinstance(part, Polygon):
            found.append(part)
        elif isinstance(part, MultiPolygon):
            inner: Any = part
            found += inner
    return MultiPolygon(found, srid=4326)
