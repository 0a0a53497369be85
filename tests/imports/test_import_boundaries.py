"""The owner's official boundaries: read without GDAL, dated, held against the era of each code."""

from __future__ import annotations

import json
from datetime import date

import pytest
from django.db import IntegrityError, transaction

from depots.models import Boundary, Province
from logistics import history
from tests.factories import a_user, telling, world

pytestmark = pytest.mark.django_db

ERAS = [
    ("15", "Yên Bái", date(2008, 8, 1), date(2025, 6, 30)),
    ("15", "Lào Cai", date(2025, 7, 1), None),
    ("48", "Đà Nẵng", date(2008, 8, 1), None),
]


@pytest.fixture(autouse=True)
def _world():
    world()
    with telling():
        for code, name, since, until in ERAS:
            Province.objects.create(code=code, name=name, valid_from=since, valid_to=until)


def square(west=104.0, south=21.0, size=1.0):
    east, north = west + size, south + size
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


def feature(geometry=None, **properties):
    told = {"layer": "province", "code": "15", "name": "Tỉnh Lào Cai", "valid_from": "2025-07-01"} | properties
    return {"type": "Feature", "geometry": square() if geometry is None else geometry, "properties": told}


@pytest.fixture
def file(tmp_path):
    """Write features, or a whole document, as a GeoJSON file."""

    def write(*features, **members):
        path = tmp_path / "ranh-gioi.geojson"
        document = {"type": "FeatureCollection", "features": list(features)} | members
        path.write_text(json.dumps(document), encoding="utf-8")
        return path

    return write


def stored():
    return [
        (row.layer, row.code, row.name, str(row.valid_from), row.valid_to and str(row.valid_to))
        for row in Boundary.objects.order_by("layer", "code", "valid_from")
    ]


def test_brings_all_three_layers_with_history_and_again_writes_nothing(run, file):
    keeper = a_user("danhmuc", role="catalogue_keeper")
    line = {"type": "MultiLineString", "coordinates": [[[102, 22, 5.0], [103, 22.5]], [[107, 21], [108, 21.5]]]}
    path = file(
        feature(),
        feature(layer="region", code="QK2", name="Quân khu 2", valid_from="2020-01-01"),
        feature(line, layer="nation", code="VN", name="Việt Nam", valid_from="2020-01-01"),
    )
    ran = run("import_boundaries", path, "--by=danhmuc")
    assert (ran.code, ran.report["posted"], ran.report["errors"]) == (0, 3, [])
    assert stored() == [
        ("nation", "VN", "Việt Nam", "2020-01-01", None),
        ("province", "15", "Tỉnh Lào Cai", "2025-07-01", None),
        ("region", "QK2", "Quân khu 2", "2020-01-01", None),
    ]
    border = Boundary.objects.get(layer="nation").shape
    assert border.coords == (((102, 22), (103, 22.5)), ((107, 21), (108, 21.5))), "heights are left out"
    entry = Boundary.history.get(code="15")
    assert (entry.history_user, entry.history_change_reason, entry.source) == (
        keeper,
        "Imported from ranh-gioi.geojson",
        history.Source.IMPORT,
    )
    again = run("import_boundaries", path)
    assert (again.code, again.report["posted"], again.report["counts"]["unchanged"]) == (0, 0, 3)
    assert Boundary.history.count() == 3


def test_a_dry_run_tells_the_same_and_writes_nothing(run, file):
    ran = run("import_boundaries", file(feature()), "--dry-run")
    assert (ran.code, ran.report["posted"], ran.report["counts"]["new"], stored()) == (0, 0, 1, [])


def test_what_follows_ends_what_was_and_a_code_ends_with_its_province(run, file):
    """Code 15 was Yên Bái until 30 June 2025 and is Lào Cai since; military regions are redrawn as well."""
    old = feature(name="Yên Bái", valid_from="2010-01-01")
    region = feature(layer="region", code="QK2", name="Quân khu 2", valid_from="2010-01-01")
    assert run("import_boundaries", file(old, region)).code == 0
    assert stored() == [
        ("province", "15", "Yên Bái", "2010-01-01", "2025-06-30"),
        ("region", "QK2", "Quân khu 2", "2010-01-01", None),
    ]
    redrawn = feature(square(size=2), layer="region", code="QK2", name="Quân khu 2", valid_from="2025-07-01")
    report = run("import_boundaries", file(feature(), redrawn)).report
    assert {name: report["counts"][name] for name in ("new", "ended", "changed")} == {
        "new": 2,
        "ended": 1,
        "changed": 0,
    }
    assert stored() == [
        ("province", "15", "Yên Bái", "2010-01-01", "2025-06-30"),
        ("province", "15", "Tỉnh Lào Cai", "2025-07-01", None),
        ("region", "QK2", "Quân khu 2", "2010-01-01", "2025-06-30"),
        ("region", "QK2", "Quân khu 2", "2025-07-01", None),
    ]


def test_an_older_state_goes_in_front_and_a_corrected_shape_changes(run, file):
    assert (
        run("import_boundaries", file(feature(layer="region", code="QK2", name="A", valid_from="2020-01-01"))).code == 0
    )
    older = feature(layer="region", code="QK2", name="A", valid_from="2010-01-01")
    corrected = feature(square(size=3), layer="region", code="QK2", name="A", valid_from="2020-01-01")
    report = run("import_boundaries", file(older, corrected)).report
    assert (report["counts"]["new"], report["counts"]["changed"]) == (1, 1)
    assert [row[3:] for row in stored()] == [("2010-01-01", "2019-12-31"), ("2020-01-01", None)]
    assert Boundary.objects.get(valid_from="2020-01-01").shape.area == 9


def test_reads_the_names_an_office_gives_and_what_the_command_says_for_all(run, file):
    told = {"ma_tinh": 15, "ten_tinh": "LÀO CAI"}
    one = {"type": "Feature", "geometry": square(), "properties": told}
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}}
    ran = run(
        "import_boundaries", file(one, crs=crs), "--code-member=ma_tinh", "--name-member=ten_tinh", "--layer=province",
        "--valid-from=2025-07-01",
    )  # fmt: skip
    assert ran.report["errors"] == []
    assert stored() == [("province", "15", "LÀO CAI", "2025-07-01", None)]


BOW = {"type": "Polygon", "coordinates": [[[0, 0], [2, 2], [2, 0], [0, 2], [0, 0]]]}


def test_tells_everything_wrong_at_once_and_writes_nothing(run, file):
    def ring(*points):
        return {"type": "Polygon", "coordinates": [list(points)]}

    wrong = {
        "layer": feature(layer="commune"),
        "code": feature(code="99"),
        "name": feature(name="Yên Bái"),  # its code is Lào Cai's since 2025-07-01
        "valid_from": feature(valid_from="01/07/2025"),
        "valid_to": feature(name="Yên Bái", valid_from="2010-01-01", valid_to="2026-01-01"),
        "geometry": feature({"type": "Point", "coordinates": [105, 21]}, valid_from="2025-09-01"),
        "type": {"type": "Thing"},
    }
    shapes = [
        BOW,
        ring([104, 21], [105, 21], [105, 22], [104, 22]),  # not closed
        ring([104, 21], [105, 21], [104, 21]),  # too few
        ring([21, 104], [21, 105], [22, 105], [21, 104]),  # latitude first
        ring([580000, 2300000], [590000, 2300000], [590000, 2310000], [580000, 2300000]),  # metres
        ring(["104", 21], [105, 21], [105, 22], ["104", 21]),
        {"type": "LineString", "coordinates": []},
        {"type": "MultiPolygon", "coordinates": [[[[104, 21], [105, 21], [105, True], [104, 21]]]]},
    ]
    bad_shapes = [
        feature(shape, code="48", name="Đà Nẵng", valid_from=f"20{10 + n}-01-01") for n, shape in enumerate(shapes)
    ]
    ran = run("import_boundaries", file(feature(code="48", name="TP Đà Nẵng"), *wrong.values(), *bad_shapes))
    assert (ran.code, ran.report["posted"], stored()) == (1, 0, [])
    assert ran.places == [
        *((number, column) for number, column in enumerate(wrong, 2)),
        *((number, "coordinates") for number in range(2 + len(wrong), 2 + len(wrong) + len(shapes))),
    ]
    reasons = [error["reason"] for error in ran.report["errors"]]
    assert reasons[2] == "On 01/07/2025 code 15 is Lào Cai. If the file is of another time, say so with valid_from."
    for reason, part in zip(
        reasons[len(wrong) :],
        ["Self-intersection", "does not end where it begins", "a ring 4", "longitude first", "VN-2000", '["104",21]',
         "empty", "[105,true]"],
        strict=True,
    ):  # fmt: skip
        assert part in reason


def test_repairs_areas_that_cross_themselves_when_told_to(run, file):
    ran = run("import_boundaries", file(feature(BOW)), "--repair")
    assert (ran.code, ran.report["counts"]["repaired"]) == (0, 1)
    assert Boundary.objects.get().shape.valid


def test_refuses_two_of_one_code_at_one_time(run, file):
    ran = run("import_boundaries", file(feature(), feature()))
    assert ran.places == [(2, "code")]
    open_end = feature(layer="region", code="QK2", name="A", valid_from="2010-01-01", valid_to="2020-01-01")
    overlap = feature(layer="region", code="QK2", name="A", valid_from="2019-01-01")
    assert run("import_boundaries", file(open_end, overlap)).places == [(2, "code")]


def test_the_database_holds_one_boundary_of_a_code_on_a_day():
    shape = "SRID=4326;LINESTRING(104 21, 105 22)"
    given = {"layer": "region", "code": "QK2", "name": "A", "shape": shape}
    with telling():
        Boundary.objects.create(valid_from=date(2020, 1, 1), valid_to=date(2020, 12, 31), **given)
        Boundary.objects.create(valid_from=date(2021, 1, 1), **given)
        with pytest.raises(IntegrityError, match="boundary_one_on_a_day"), transaction.atomic():
            Boundary.objects.create(valid_from=date(2020, 12, 31), valid_to=date(2020, 12, 31), **given)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "no JSON"),
        ('{"type": "Feature"}', "no GeoJSON FeatureCollection"),
        ('{"type": "FeatureCollection", "features": []}', "no features"),
        ('{"type": "FeatureCollection", "features": [1], "crs": {"type": "name", "properties": {"name": "EPSG:3405"}}}',
         "EPSG:3405"),
        ("[1]", "no GeoJSON FeatureCollection"),
    ],
)  # fmt: skip
def test_says_why_a_file_is_none_of_boundaries(run, tmp_path, text, said):
    path = tmp_path / "x.geojson"
    path.write_text(text, encoding="utf-8")
    ran = run("import_boundaries", path)
    assert (ran.code, said in ran.err) == (1, True), ran.err


def test_exit_codes(run, file, tmp_path):
    assert run("import_boundaries", tmp_path / "nowhere.geojson").code == 2
    a_user("thukho", role="storekeeper")
    assert run("import_boundaries", file(feature()), "--by=thukho").code == 1
    assert run("import_boundaries", file(feature()), "--by=khong-co").code == 5
    assert stored() == []
