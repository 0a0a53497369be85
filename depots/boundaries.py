"""The lines of the owner's official map, as maps draw them: those that hold on a day, simplified for the screen."""

from __future__ import annotations

import hashlib
from datetime import date
from functools import lru_cache
from typing import Any, Final

from django.db.models import Count, Max, Q
from django.http import HttpRequest, HttpResponse

from depots import geojson
from depots.models import Boundary
from logistics import wire

# Degrees a simplified line may run beside the official one: 200 m, less than a pixel where a province fills a screen.
TOLERANCE: Final = 0.002
DECIMALS: Final = 4
_KEPT: Final = 16  # answers a process keeps; a day's map is three layers


def on_day(day: date, layer: str | None = None) -> Any:
    """Return the boundaries that hold on a day, of one layer or all."""
    found = Boundary.objects.filter(Q(valid_to__isnull=True) | Q(valid_to__gte=day), valid_from__lte=day)
    return found if layer is None else found.filter(layer=layer)


def answer(request: HttpRequest, *, layer: str | None, on: date) -> HttpResponse:
    """Return the boundaries of a day as GeoJSON with an ETag, or 304; two queries, one where nothing has changed.

    The ETag follows what the table holds, so that nobody waits for lines to be simplified only to be told 304.
    """
    state = on_day(on, layer).aggregate(rows=Count("id"), last=Max("updated_at"), keys=Max("id"))
    text = f"{layer}|{on}|{state['rows']}|{state['keys']}|{state['last']}|{TOLERANCE}"
    etag = hashlib.sha256(text.encode()).hexdigest()[:32]
    if request.headers.get("If-None-Match") == f'"{etag}"':
        return geojson.sealed(request, b"", etag=etag)
    return geojson.sealed(request, _drawn(layer, on, etag), etag=etag)


@lru_cache(maxsize=_KEPT)
def _drawn(layer: str | None, on: date, _etag: str) -> bytes:
    """Return the text of an answer; `_etag` makes it another one when the table changes."""
    order = {name: place for place, name in enumerate(Boundary.Layer.values)}
    rows = sorted(on_day(on, layer), key=lambda row: (order[row.layer], row.code))
    return wire.dump({"type": "FeatureCollection", "features": [_feature(row) for row in rows]})


def _feature(row: Boundary) -> dict[str, Any]:
    return {
        "type": "Feature",
        "id": f"{row.layer}/{row.code}",
        "geometry": _geometry(row.shape.simplify(TOLERANCE, preserve_topology=True)),
        "properties": {
            "layer": row.layer,
            "code": row.code,
            "name": row.name,
            "valid_from": row.valid_from.isoformat(),
            "valid_to": wire.iso(row.valid_to),
        },
    }


def _geometry(shape: Any) -> dict[str, Any]:
    """Return a shape as GeoJSON, rounded; the two kinds of lines and of areas are all there are."""
    return {"type": shape.geom_type, "coordinates": _rounded(shape.coords)}


def _rounded(part: Any) -> Any:
    if isinstance(part[0], int | float):
        return [round(part[0], DECIMALS), round(part[1], DECIMALS)]
    return [_rounded(inner) for inner in part]
