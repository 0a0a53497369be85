"""The land under the maps: cut as told, no borders, and with the islands that every map of Việt Nam shows."""

from __future__ import annotations

import gzip
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from django.contrib.gis.geos import LinearRing, Polygon

from logistics import land

ROOT = Path(__file__).resolve().parents[2]
MOST_BYTES = 115_000  # gzip
# Outer rings by place: what Natural Earth 1:10m has of each group (west, south, east, north).
GROUPS = {"Hoàng Sa": ((111, 15.5, 113, 17.3), 6), "Trường Sa": ((111, 6.5, 116.5, 12), 11)}


@pytest.fixture(scope="module")
def cut(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The real land, written once."""
    target = tmp_path_factory.mktemp("map") / "land.json"
    land.write(ROOT / "node_modules", target)
    return target


@pytest.fixture(scope="module")
def polygons(cut: Path) -> list[Any]:
    """The rings of each polygon."""
    (feature,) = json.loads(cut.read_text(encoding="utf-8"))["features"]
    assert feature["geometry"]["type"] == "MultiPolygon"
    found: list[Any] = feature["geometry"]["coordinates"]
    return found


def _inside(ring: Any, box: tuple[float, float, float, float]) -> bool:
    west, south, east, north = box
    return all(west <= lon <= east and south <= lat <= north for lon, lat in ring)


@pytest.mark.parametrize("group", GROUPS)
def test_has_the_islands(polygons: list[Any], group: str) -> None:
    box, count = GROUPS[group]
    assert len([rings for rings in polygons if _inside(rings[0], box)]) == count


def test_is_land_and_nothing_else(cut: Path) -> None:
    document = json.loads(cut.read_text(encoding="utf-8"))
    (feature,) = document["features"]
    assert feature["properties"].keys() == {"source"}, "no name of any state travels along"


def test_stays_in_its_box_closed_and_turned_as_rfc_7946_wants(polygons: list[Any]) -> None:
    whole = (land.WEST, land.SOUTH, land.EAST, land.NORTH)
    for outer, *inner in polygons:
        assert _inside(outer, whole)
        assert LinearRing(outer).is_counterclockwise
        for ring in [outer, *inner]:
            assert ring[0] == ring[-1]
            assert len(ring) >= 4
        assert not any(LinearRing(ring).is_counterclockwise for ring in inner)


def test_covers_what_it_should(polygons: list[Any]) -> None:
    """Places on land and at sea, known without this file: cities, an inland lake's country, the gulf, the open sea."""
    shapes = [Polygon(*rings) for rings in polygons]

    def is_land(lon: float, lat: float) -> bool:
        spot = Polygon.from_bbox((lon, lat, lon + 0.001, lat + 0.001))
        return any(shape.intersects(spot) for shape in shapes)

    for place, (lon, lat) in {
        "Hà Nội": (105.8, 21.0), "Đà Nẵng": (108.15, 16.05), "Cần Thơ": (105.75, 10.0), "Phú Quốc": (104.0, 10.25),
            "Côn Đảo": (106.62, 8.715),
        "Hải Nam": (109.8, 19.2), "Băng Cốc": (100.6, 13.8), "Viêng Chăn": (102.6, 18.0),
    }.items():  # fmt: skip
        assert is_land(lon, lat), place
    for place, (lon, lat) in {"Vịnh Bắc Bộ": (107.8, 20.0), "Biển Đông": (112, 13), "Vịnh Thái Lan": (102, 9)}.items():
        assert not is_land(lon, lat), place


def test_is_small_and_the_same_each_time(cut: Path, tmp_path: Path) -> None:
    packed = cut.with_name("land.json.gz").read_bytes()
    assert gzip.decompress(packed) == cut.read_bytes()
    assert len(packed) <= MOST_BYTES
    again = tmp_path / "land.json"
    assert land.write(ROOT / "node_modules", again) == len(packed)
    names = ("land.json", "land.json.gz")
    assert [_digest(cut.with_name(name)) for name in names] == [_digest(again.with_name(name)) for name in names]


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_says_which_package_is_missing(tmp_path: Path) -> None:
    with pytest.raises(land.LandRefused, match=r"land-10m\.json cannot be decoded: Error: Cannot find module"):
        land.collection(tmp_path)
