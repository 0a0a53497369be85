"""Who may know how exactly where a depot stands: one policy, and no way round it by measuring."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import Client
from django.utils import timezone

from depots import whereabouts
from depots.models import Depot
from inventory.availability.nearest import nearest
from inventory.catalogue.models import Item
from logistics.accounts.models import Role, User
from logistics.accounts.rights import RIGHTS, Right
from tests import factories
from tests.api.conftest import Caller, a_token

HERE = (105.8412, 21.0245)
SHOWN = (105.8, 21.0)  # of a tenth of a degree
RICE = "QN-02-0001230"


@pytest.fixture(autouse=True)
def _a_careful_site(settings: Any) -> None:
    """A site that tells planners exactly where depots stand, and everybody else roughly."""
    settings.DEPOT_COORDINATES = "planner=exact approver=exact catalogue_keeper=exact *=0.1"


@pytest.fixture
def depot(db: None) -> Depot:
    """A depot with rice, away from every grid."""
    poster = factories.world()
    found = factories.a_depot("K01", at=HERE)
    rice = factories.an_item(RICE)
    factories.posting(poster, "receipt", "K01", factories.a_line(rice, 10), days_ago=1)
    return found


@pytest.fixture
def stocked(depot: Depot) -> Item:
    """The rice."""
    return Item.objects.get(code=RICE)


def at(answer: Any) -> tuple[float, float, float | None]:
    return answer["lon"], answer["lat"], answer["rounded_to"]


def test_a_policy_is_read_and_what_it_does_not_name_is_hidden() -> None:
    steps = dict(whereabouts.policy("planner=exact auditor=0.5 storekeeper=hidden"))
    assert steps[0.0] == ("planner",)
    assert steps[0.5] == ("auditor",)
    assert set(steps[None] or ()) == set(Role.values) - {"planner", "auditor"}
    assert list(steps) == [0.0, 0.5, None], "the finest first"
    assert [grid for grid, _roles in whereabouts.policy("*=0.1")] == [0.1]


@pytest.mark.parametrize("setting", ["planer=exact", "planner", "planner=0", "planner=-1", "planner=nan", "planner=11"])
def test_a_policy_that_means_nothing_stops_the_store(setting: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="DEPOT_COORDINATES"):
        whereabouts.policy(setting)


@pytest.mark.parametrize("role", [role for role, rights in RIGHTS.items() if Right.READ in rights])
def test_planners_see_the_point_and_others_a_tenth_of_a_degree(depot: Depot, stocked: Item, role: str) -> None:
    caller = Caller(a_token(factories.a_user(f"u-{role}", role=role)))
    expected = (*HERE, None) if role in {Role.PLANNER, Role.APPROVER} else (*SHOWN, 0.1)
    assert at(caller.get("/depots/K01").json()) == expected
    assert at(caller.get("/depots").json()["items"][0]) == expected
    for path in ("/depots.geojson", f"/availability/map.geojson?item={RICE}"):
        (feature,) = caller.get(path).json()["features"]
        assert (*feature["geometry"]["coordinates"], feature["properties"]["rounded_to"]) == expected, path
    (near,) = caller.get(f"/availability/nearest?item={RICE}&lon=105.8&lat=21").json()["items"]
    assert (near["lon"], near["lat"]) == expected[:2]


def test_a_box_holds_what_is_seen_and_not_what_is(depot: Depot, stocked: Item) -> None:
    auditor = Caller(a_token(factories.a_user("kiemtoan", role=Role.AUDITOR)))
    for path in ("/depots.geojson?bbox=", "/availability/map.geojson?bbox="):
        assert auditor.get(path + "105.84,21.02,105.85,21.03").json()["features"] == [], path
        assert len(auditor.get(path + "105.79,20.99,105.81,21.01").json()["features"]) == 1, path


def test_distances_run_from_the_rounded_point_so_that_none_gives_the_true_one_away(depot: Depot, stocked: Item) -> None:
    planner = factories.a_user("kehoach", role=Role.PLANNER)
    auditor = factories.a_user("kiemtoan", role=Role.AUDITOR)
    now = timezone.now()

    def far(user: User, **more: Any) -> list[float]:
        found = nearest(RICE, lon=SHOWN[0], lat=SHOWN[1], by=user, at=now, **more)
        return [round(near.distance_km, 2) for near in found]

    assert far(planner) == [5.07]
    assert far(auditor) == [0.0]
    assert far(auditor, radius_km=0.001) == [0.0]
    assert far(planner, radius_km=5) == []


def test_several_roles_see_as_the_finest_does(depot: Depot, stocked: Item) -> None:
    user = factories.a_user("hai-vai", role=Role.STOREKEEPER, depot=depot)
    other = factories.a_depot("K02", at=HERE)
    with factories.telling():
        user.assignments.create(role=Role.STOREKEEPER, depot=other)
        user.assignments.create(role=Role.PLANNER, depot=other)
    caller = Caller(a_token(user))
    assert at(caller.get("/depots/K01").json()) == (*SHOWN, 0.1)
    assert at(caller.get("/depots/K02").json()) == (*HERE, None)


def test_a_hidden_place_is_told_by_nothing(depot: Depot, stocked: Item, settings: Any) -> None:
    settings.DEPOT_COORDINATES = "planner=exact"
    caller = Caller(a_token(factories.a_user("kiemtoan", role=Role.AUDITOR)))
    assert at(caller.get("/depots/K01").json()) == (None, None, None)
    (feature,) = caller.get("/depots.geojson").json()["features"]
    assert (feature["id"], feature["geometry"]) == ("K01", None)
    assert caller.get("/depots.geojson?bbox=100,10,110,25").json()["features"] == []
    assert caller.get(f"/availability/nearest?item={RICE}&lon=105.8&lat=21").json()["items"] == []
    assert caller.get("/availability/map.geojson?near=K01").status_code == 422


def test_histories_tell_a_move_as_its_reader_may_know_it(
    depot: Depot, stocked: Item, client: Client, settings: Any
) -> None:
    with factories.telling("dời kho"):
        depot.coordinates.x = 106.0123
        depot.save()
    for role, told, page in (
        (Role.PLANNER, "106.012300 21.024500", "21.024500, 106.012300"),
        (Role.AUDITOR, "106.000000 21.000000", "21.000000, 106.000000"),
    ):
        user = factories.a_user(f"u-{role}", role=role)
        changes = Caller(a_token(user)).get("/depots/K01/history").json()["items"]
        assert next(one["new"] for one in changes if one["field"] == "coordinates") == told
        client.force_login(user)
        shown = client.get("/depots/K01/history/").content.decode()
        assert page in shown
        assert ("106.012" in shown) == (role == Role.PLANNER)


def test_upkeep_shows_who_only_looks_no_more_than_they_may_know(depot: Depot, stocked: Item, client: Client) -> None:
    for role, sees in ((Role.AUDITOR, False), (Role.CATALOGUE_KEEPER, True)):
        client.force_login(factories.a_user(f"u-{role}", role=role))
        for path in ("change", "history"):
            page = client.get(f"/upkeep/depots/depot/{depot.pk}/{path}/")
            assert page.status_code == 200
            assert ("105.84" in page.content.decode()) == sees, (role, path)


def test_no_coordinate_of_a_depot_is_in_the_log_or_an_address(
    depot: Depot, stocked: Item, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    client.force_login(factories.a_user("kehoach", role=Role.PLANNER))
    with caplog.at_level("DEBUG"):
        page = client.get("/map/", {"item": RICE, "near": "K01", "radius_km": "50"})
    assert page.status_code == 200
    for text in (page.content.decode(), caplog.text):
        assert "105.84" not in text
        assert "21.02" not in text
