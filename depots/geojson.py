"""GeoJSON as the store writes it (RFC 7946): WGS 84, longitude first, six decimals of a degree at most."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response
from django.utils.translation import gettext as _

from logistics import wire
from logistics.errors import Fault, Invalid

CONTENT_TYPE: Final = "application/geo+json"
ANSWER: Final[dict[str, Any]] = {
    "responses": {
        200: {
            "description": "RFC 7946 FeatureCollection",
            "content": {
                CONTENT_TYPE: {
                    "schema": {
                        "type": "object",
                        "required": ["type", "features"],
                        "properties": {
                            "type": {"const": "FeatureCollection"},
                            "features": {"type": "array", "items": {"type": "object"}},
                        },
                    }
                }
            },
        }
    }
}


@dataclass(frozen=True, slots=True)
class Box:
    """A part of the map between two meridians and two parallels, its edges included."""

    west: float
    south: float
    east: float
    north: float

    def holds(self, lon: float, lat: float) -> bool:
        """Tell whether a point lies in the box."""
        return self.west <= lon <= self.east and self.south <= lat <= self.north

    def cut(self, features: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        """Return the points in the box, and the lines that have an end in it."""
        kept = []
        for feature in features:
            if (geometry := feature["geometry"]) is not None:
                ends = geometry["coordinates"] if geometry["type"] == "LineString" else [geometry["coordinates"]]
                if any(self.holds(*at) for at in ends):
                    kept.append(feature)
        return kept


def box(text: str) -> Box:
    """Return the box that `west,south,east,north` means. Raises Invalid where it means none."""
    fault = Fault("/query/bbox", "bbox", _("A box is west,south,east,north in degrees, such as 105,20,107,22."))
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError as error:
        raise Invalid([fault]) from error
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):  # false for NaN as well
        raise Invalid([fault])
    return Box(west, south, east, north)


def point(name: str, at: tuple[float, float] | None, properties: Mapping[str, Any]) -> dict[str, Any]:
    """Return a feature that is a point; without a place it has the null geometry that RFC 7946 has for that."""
    geometry = None if at is None else {"type": "Point", "coordinates": list(at)}
    return {"type": "Feature", "id": name, "geometry": geometry, "properties": dict(properties)}


def line(name: str, points: Sequence[tuple[float, float]], properties: Mapping[str, Any]) -> dict[str, Any]:
    """Return a feature that is a line; with fewer than two points it has the null geometry."""
    geometry = {"type": "LineString", "coordinates": [list(at) for at in points]} if len(points) > 1 else None
    return {"type": "Feature", "id": name, "geometry": geometry, "properties": dict(properties)}


def answer(request: HttpRequest, features: Sequence[Mapping[str, Any]], **members: Any) -> HttpResponse:
    """Return a FeatureCollection with its ETag, or 304 to whoever has it; `members` are foreign members of it."""
    return sealed(request, wire.dump({"type": "FeatureCollection", **members, "features": list(features)}))


def sealed(request: HttpRequest, body: bytes, *, etag: str = "") -> HttpResponse:
    """Return a GeoJSON text with its ETag, or 304 to whoever has it; asked again each time, kept by nobody else."""
    tag = f'"{etag or hashlib.sha256(body).hexdigest()[:32]}"'
    whole = HttpResponse(body, content_type=CONTENT_TYPE)
    found = get_conditional_response(request, etag=tag, response=whole)
    assert isinstance(found, HttpResponse), "a text is no stream"
    found["ETag"] = tag
    found["Cache-Control"] = "private, no-cache"
    return found
