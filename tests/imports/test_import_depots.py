"""Tables of depots and their bins."""

from __future__ import annotations

from datetime import date

import pytest

from depots.models import Bin, Depot, Province
from logistics import history
from tests.factories import a_depot, a_user, telling, world

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _world():
    world()
    with telling():
        for code, name, since, until in [
            ("24", "Bắc Giang", date(2008, 8, 1), date(2025, 6, 30)),
            ("24", "Bắc Ninh", date(2025, 7, 1), None),
        ]:
            Province.objects.create(code=code, name=name, valid_from=since, valid_to=until)


def row(code="K07", **cells):
    return {
        "code": code, "name": f"Kho mẫu {code}", "unit": "G11", "level": "strategic", "lon": "106.07", "lat": "21.18",
        "opened_on": "2026-01-01",
    } | cells  # fmt: skip


def test_makes_depots_with_their_bins_and_history(run, table):
    keeper = a_user("danhmuc", role="catalogue_keeper")
    rows = [
        row(branch="QN", province="24", address="xã mẫu", bin="B-01", bin_name="Giá 1"),
        row(branch="QN", province="24", address="xã mẫu", bin="B-02"),
        row("K08", opened_on="2020-01-01", province="24"),
    ]
    file = table(rows, name="kho.csv")
    ran = run("import_depots", file, "--by=danhmuc")
    assert (ran.code, ran.report["posted"], ran.report["counts"]["bins_new"]) == (0, 2, 3)
    first, second = Depot.objects.filter(code__in=["K07", "K08"]).order_by("code")
    assert (first.branch_id, first.address, first.coordinates.coords) == ("QN", "xã mẫu", (106.07, 21.18))
    assert (first.province.name, second.province.name) == ("Bắc Ninh", "Bắc Giang")
    assert list(first.bins.order_by("code").values_list("code", "name", "is_default")) == [
        ("B-01", "Giá 1", True),
        ("B-02", "", False),
    ]
    assert list(second.bins.values_list("code", "is_default")) == [("A-01", True)]
    entry = first.history.get()
    assert (entry.history_user, entry.history_change_reason, entry.source) == (
        keeper,
        "Imported from kho.csv",
        history.Source.IMPORT,
    )
    again = run("import_depots", file)
    assert (again.code, again.report["posted"], again.report["counts"]["depots_unchanged"]) == (0, 0, 2)


def test_changes_what_differs_and_adds_bins_but_moves_no_default(run, table):
    a_depot("K01")
    changed = row("K01", opened_on="2000-01-01", name="Kho đổi tên", closed_on="2026-12-31", bin="C-09")
    assert run("import_depots", table([changed])).report["counts"]["depots_changed"] == 1
    depot = Depot.objects.get(code="K01")
    assert (depot.name, depot.closed_date) == ("Kho đổi tên", date(2026, 12, 31))
    assert depot.history.count() == 2
    assert set(depot.bins.values_list("code", "is_default")) == {("A-01", True), ("A-02", False), ("C-09", False)}


@pytest.mark.parametrize(
    ("cells", "column"),
    [
        ({"code": ""}, "code"),
        ({"code": "K" * 13}, "code"),
        ({"name": ""}, "name"),
        ({"unit": "G99"}, "unit"),
        ({"level": "regiment"}, "level"),
        ({"branch": "ZZ"}, "branch"),
        ({"province": "99"}, "province"),
        ({"province": "24", "opened_on": "2000-01-01"}, "province"),  # no code is known to mean anything then
        ({"lon": "181"}, "lon"),
        ({"lat": "N21"}, "lat"),
        ({"lat": ""}, "lat"),
        ({"opened_on": "1/1/2026"}, "opened_on"),
        ({"closed_on": "2025-12-31"}, "closed_on"),
        ({"code": "K01"}, "opened_on"),  # opened on another day
    ],
    ids=str,
)
def test_each_error_is_told_by_row_and_column_and_nothing_is_written(run, table, cells, column):
    a_depot("K01")
    ran = run("import_depots", table([row("K05"), row(**cells), row("K06")]))
    assert (ran.code, ran.places) == (1, [(3, column)])
    assert Depot.objects.count() == 1
    assert Bin.objects.count() == 2


def test_rows_of_one_depot_agree_and_name_a_bin_once(run, table):
    ran = run("import_depots", table([row(bin="B-01"), row(bin="B-01"), row(bin="B-02", name="khác")]))
    assert ran.places == [(3, "bin"), (4, "name")]


def test_the_era_of_a_province_code_may_be_given(run, table):
    assert run("import_depots", table([row(opened_on="2000-01-01", province="24", province_on="2025-06-30")])).code == 0
    assert Depot.objects.get().province.name == "Bắc Giang"
