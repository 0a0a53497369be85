"""The depots on the map: where, how much, how far; as GeoJSON and as the page that works without it."""

from __future__ import annotations

import re
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.gis.geos import Point
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from depots.models import Boundary, Depot, Province
from inventory.availability import routes
from inventory.availability.nearest import nearest
from inventory.availability.on_map import Steps, _round, _steps
from inventory.availability.routes import Route, Routes
from inventory.catalogue.models import Item
from logistics.accounts.models import Role, User
from tests import factories
from tests.api.conftest import Caller, a_token
from tests.notation import rows

RICE = "QN-02-0001230"
PLACES = {"K01": (105.8, 21.0), "K02": (106.7, 20.9), "K03": (108.2, 16.1), "K04": (106.7, 10.8)}


@pytest.fixture
def poster(db: None) -> User:
    """Who posts; four depots, of which three have rice, and one to learn in."""
    poster = factories.world()
    for code, at in PLACES.items():
        factories.a_depot(code, at=at)
    factories.a_depot("K90", at=(105.9, 21.1), is_exercise=True)
    rice = factories.an_item(RICE, tracking="lot", unit="KGM", name="Gạo tẻ", name_en="Rice")
    soon = timezone.localdate() + timedelta(days=20)
    for code, quantity, lot, expires in (
        ("K01", 30, "A", None), ("K02", 500, "B", None), ("K04", 2000, "C", None), ("K04", 70, "D", soon),
    ):  # fmt: skip
        line = factories.a_line(rice, quantity, lot=lot, expires_date=expires)
        factories.posting(poster, "receipt", code, line, days_ago=5)
    return poster


@pytest.fixture
def planner(poster: User) -> User:
    """A planner of the whole store."""
    return factories.a_user("kehoach", role=Role.PLANNER)


@pytest.fixture
def caller(planner: User) -> Caller:
    """The planner's program."""
    return Caller(a_token(planner))


def features(caller: Caller, query: str = "") -> dict[str, Any]:
    answer = caller.get(f"/availability/map.geojson?{query}")
    assert answer.status_code == 200, answer.content
    return {feature["id"]: feature for feature in answer.json()["features"]}


class TestGeoJSON:
    def test_is_rfc_7946_of_the_depots_that_count_with_what_they_have(self, caller: Caller) -> None:
        answer = caller.get(f"/availability/map.geojson?item={RICE}")
        assert answer.headers["Content-Type"] == "application/geo+json"
        document = answer.json()
        assert (document["type"], document["item"], document["unit"]) == ("FeatureCollection", RICE, "KGM")
        assert [feature["id"] for feature in document["features"]] == list(PLACES), "none to learn in"
        point = document["features"][3]
        assert point["geometry"] == {"type": "Point", "coordinates": [106.7, 10.8]}
        told = point["properties"]
        assert (told["kind"], told["name"], told["level"], told["rounded_to"]) == (
            "depot", "Kho mẫu K04", "strategic", None,
        )  # fmt: skip
        assert (told["stock"]["on_hand"], told["stock"]["available"], told["stock"]["unit"]) == (
            "2070.000", "2070.000", "KGM",
        )  # fmt: skip
        assert document["features"][2]["properties"]["stock"] is None

    def test_fills_by_what_is_wanted_else_by_thirds_of_those_that_have_some(self, caller: Caller) -> None:
        def fillings(query: str) -> dict[str, int | None]:
            return {code: one["properties"]["filling"] for code, one in features(caller, query).items()}

        assert fillings("") == dict.fromkeys(PLACES)
        assert fillings(f"item={RICE}&quantity=250") == {"K01": 1, "K02": 3, "K03": 0, "K04": 3}
        assert fillings(f"item={RICE}&quantity=500") == {"K01": 1, "K02": 2, "K03": 0, "K04": 3}
        assert fillings(f"item={RICE}") == {"K01": 1, "K02": 2, "K03": 0, "K04": 3}

    def test_goes_nearest_first_as_the_nearest_question_does(self, caller: Caller, planner: User) -> None:
        found = features(caller, f"item={RICE}&near=K02&quantity=100")
        assert list(found) == ["K02", "K01", "K03", "K04"]
        spot = Depot.objects.get(code="K02").coordinates
        asked = nearest(RICE, lon=spot.x, lat=spot.y, by=planner, at=timezone.now(), quantity=Decimal(100))
        with_some = [one["properties"] for one in found.values() if one["properties"]["stock"]]
        assert [(one["code"], one["distance_km"], one["enough"]) for one in with_some] == [
            (near.depot, round(near.distance_km, 2), near.is_enough) for near in asked
        ]

    def test_leaves_out_what_is_out_of_the_radius(self, caller: Caller) -> None:
        assert list(features(caller, "near=K01&radius_km=100")) == ["K01", "K02"]
        document = caller.get("/availability/map.geojson?near=K01&radius_km=100").json()
        assert document["origin"] == {"code": "K01", "name": "K01 Kho mẫu K01", "coordinates": [105.8, 21.0]}
        assert document["radius_km"] == 100

    def test_starts_at_a_province_by_its_code_of_now_or_its_name(self, caller: Caller) -> None:
        with factories.telling():
            for name, since, until, lon in (
                ("Yên Bái", date(2008, 8, 1), date(2025, 6, 30), 104.9), ("Lào Cai", date(2025, 7, 1), None, 104.0),
            ):  # fmt: skip
                centre = Point(lon, 22.0, srid=4326)
                Province.objects.create(code="15", name=name, valid_from=since, valid_to=until, centre=centre)
        for near in ("province:15", "Lào Cai", "lao cai"):
            document = caller.get(f"/availability/map.geojson?near={near}").json()
            assert document["origin"]["coordinates"] == [104.0, 22.0], near
        assert caller.get("/availability/map.geojson?near=Yên Bái").status_code == 422

    def test_facets_narrow_the_depots(self, caller: Caller) -> None:
        unit = factories.a_unit("G11.05")
        with factories.telling():
            Depot.objects.filter(code="K03").update(unit=unit, branch="QN")
        assert list(features(caller, "unit=G11.05")) == ["K03"]
        assert list(features(caller, "branch=QN")) == ["K03"]
        assert list(features(caller, "branch=general")) == ["K01", "K02", "K04"]
        assert list(features(caller, "bbox=105,20,106,22")) == ["K01"]
        stock = features(caller, f"item={RICE}&min_days_left=60")["K04"]["properties"]["stock"]
        assert stock["available"] == "2000.000"

    def test_answers_of_a_past_instant_by_either_clock(self, caller: Caller, poster: User) -> None:
        with factories.telling():
            Depot.objects.filter(code="K03").update(opened_date=timezone.localdate())
        past = (timezone.now() - timedelta(days=3)).isoformat().replace("+", "%2B")
        factories.posting(poster, "receipt", "K02", factories.a_line(RICE, 11, lot="B"), days_ago=4)

        def stock(query: str) -> dict[str, str | None]:
            found = features(caller, f"item={RICE}&{query}")
            return {code: (one["properties"]["stock"] or {}).get("on_hand") for code, one in found.items()}

        assert stock("")["K02"] == "511.000"
        assert stock(f"as_of={past}")["K02"] == "511.000", "a late entry counts"
        assert stock(f"recorded_as_of={past}").get("K02") is None, "nothing had been recorded"
        moment = (timezone.now() - timedelta(days=30)).isoformat().replace("+", "%2B")
        assert stock(f"as_of={moment}")["K01"] is None

    def test_draws_the_routes_of_a_plan_as_lines_and_names_none_it_may_not_see(
        self, caller: Caller, planner: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        key = str(uuid4())
        plan = Routes(
            title="Kế hoạch mẫu",
            href="/plans/x/",
            routes=(
                Route(from_depot="K02", to_depot="K01", what="Gạo 500 kg"),
                Route(from_depot="K77", to_depot="K01", what="Gạo 1 kg"),
            ),
        )
        monkeypatch.setitem(routes._tellers, "plan", lambda asked, by: plan if (asked, by) == (key, planner) else None)
        found = features(caller, f"plan={key}")
        assert found["route/1"]["geometry"] == {"type": "LineString", "coordinates": [[106.7, 20.9], [105.8, 21.0]]}
        assert found["route/1"]["properties"] == {"kind": "route", "from": "K02", "to": "K01", "what": "Gạo 500 kg"}
        assert found["route/2"]["geometry"] is None, "a depot out of scope has no place on this map"
        assert caller.get(f"/availability/map.geojson?plan={uuid4()}").status_code == 404

    def test_refuses_everything_wrong_at_once(self, caller: Caller) -> None:
        query = "item=X&unit=Y&branch=Z&near=nowhere&radius_km=-1&quantity=-1&as_of=2199-01-01T00:00:00Z"
        answer = caller.get(f"/availability/map.geojson?{query}")
        assert answer.status_code == 422
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert {"/query/radius_km"} <= {fault["pointer"] for fault in answer.json()["errors"]}
        answer = caller.get(f"/availability/map.geojson?{query.replace('radius_km=-1&', '')}")
        assert {fault["pointer"] for fault in answer.json()["errors"]} == {
            f"/query/{name}" for name in ("item", "unit", "branch", "near", "quantity", "as_of")
        }
        assert caller.get("/availability/map.geojson?bbox=1,2,3").status_code == 422

    def test_has_an_etag(self, caller: Caller) -> None:
        first = caller.get("/availability/map.geojson")
        again = caller.get("/availability/map.geojson", **{"If-None-Match": first.headers["ETag"]})
        assert (again.status_code, again.content) == (304, b"")

    def test_shows_a_storekeeper_their_depot_and_a_stranger_nothing(self, caller: Caller) -> None:
        keeper = factories.a_user("thukho", role=Role.STOREKEEPER, depot=Depot.objects.get(code="K02"))
        assert list(features(Caller(a_token(keeper)))) == ["K02"]
        assert Caller(a_token(factories.a_user("khach"))).get("/availability/map.geojson").status_code == 403
        assert Caller(a_token(keeper)).get("/availability/map.geojson?near=K01").status_code == 422

    def test_asks_no_more_of_the_database_for_more_depots(self, caller: Caller) -> None:
        def count() -> int:
            features(caller)  # what is asked once per token is not the question's
            with CaptureQueriesContext(connection) as asked:
                features(caller, f"item={RICE}&near=K01")
            return len(asked)

        before = count()
        for number in range(20):
            factories.a_depot(f"L{number:02}", at=(105 + number / 10, 20))
        assert count() == before


def test_steps_are_what_a_legend_can_say() -> None:
    for row in rows("""
        amount | down to
             1 |       1
            19 |      10
            49 |      20
            50 |      50
          7431 |    5000
         0.037 |    0.02
    """):
        assert _round(Decimal(row["amount"])) == Decimal(row["down to"])
    assert _steps([], None) == Steps(Decimal(1), Decimal(2))
    assert _steps([Decimal(7)], None) == Steps(Decimal(5), Decimal(10))
    assert _steps([Decimal(n) for n in (0, 10, 200, 3000)], None) == Steps(Decimal(200), Decimal(2000))


class TestBoundaries:
    def test_those_of_a_day_are_simplified_and_asked_for_once(self, caller: Caller) -> None:
        assert caller.get("/boundaries.geojson").json()["features"] == []
        zigzag = ", ".join(f"{104 + n / 10_000} {21 + n % 2 / 10_000}" for n in range(10_000))
        with factories.telling():
            for code, since, until in (("old", date(2010, 1, 1), date(2025, 6, 30)), ("new", date(2025, 7, 1), None)):
                Boundary.objects.create(
                    layer="region", code=code, name=code, valid_from=since, valid_to=until,
                    shape=f"SRID=4326;LINESTRING({zigzag})",
                )  # fmt: skip
        answer = caller.get("/boundaries.geojson")
        (feature,) = answer.json()["features"]
        assert (feature["id"], feature["properties"]["valid_from"]) == ("region/new", "2025-07-01")
        assert len(feature["geometry"]["coordinates"]) < 10
        etag = answer.headers["ETag"]
        again = caller.get("/boundaries.geojson", **{"If-None-Match": etag})
        assert (again.status_code, again.content) == (304, b"")
        assert [one["id"] for one in caller.get("/boundaries.geojson?on=2020-01-01").json()["features"]] == [
            "region/old"
        ]
        assert caller.get("/boundaries.geojson?layer=province").json()["features"] == []
        assert caller.get("/boundaries.geojson?layer=commune").status_code == 422
        with factories.telling():
            Boundary.objects.get(code="new").save()
        assert caller.get("/boundaries.geojson", **{"If-None-Match": etag}).status_code == 200

    def test_are_for_those_who_work_with_stock_or_keep_it(self, caller: Caller) -> None:
        client = Caller(a_token(factories.a_user("khodulieu", role=Role.EXPORT_CLIENT)))
        assert client.get("/boundaries.geojson").status_code == 403


class TestDepotsGeoJSON:
    def test_of_a_past_day_has_the_depots_of_then_as_they_were(self, caller: Caller) -> None:
        moved = Depot.objects.get(code="K01")
        with factories.telling():
            moved.coordinates = Point(104.0, 22.0, srid=4326)
            moved.name = "Kho đã dời"
            moved.save()
            closed = Depot.objects.get(code="K02")
            closed.closed_date = date(2026, 1, 1)
            closed.save()
        now = {one["id"]: one for one in caller.get("/depots.geojson").json()["features"]}
        assert now["K01"]["geometry"]["coordinates"] == [104.0, 22.0]
        then = caller.get("/depots.geojson?as_of=2020-06-01T00:00:00%2B07:00").json()["features"]
        was = {one["id"]: one for one in then}
        assert was["K01"]["geometry"]["coordinates"] == [105.8, 21.0]
        assert was["K01"]["properties"]["name"] == "Kho mẫu K01"
        assert caller.get("/depots.geojson?as_of=1999-01-01T00:00:00%2B07:00").json()["features"] == []


class TestPage:
    @pytest.fixture
    def browser(self, planner: User, client: Client) -> Client:
        client.force_login(planner)
        return client

    def page(self, browser: Client, query: str = "", status: int = 200) -> str:
        answer = browser.get(f"/map/?{query}", headers={"Accept-Language": "en"})
        assert answer.status_code == status
        return answer.content.decode()

    @staticmethod
    def listed(page: str) -> list[str]:
        return re.findall(r'<tr data-depot="(\w+)"', page)

    def test_is_the_list_of_what_the_map_shows(self, browser: Client) -> None:
        page = self.page(browser, f"item={RICE}&near=K02&quantity=100")
        assert self.listed(page) == ["K02", "K01", "K03", "K04"]
        assert 'href="#sign-strategic-3"' in page
        source = re.search(r'data-source="([^"]+)"', page)
        assert source is not None
        answer = browser.get(source[1].replace("&amp;", "&")).json()
        assert [one["id"] for one in answer["features"]] == self.listed(page)

    def test_finds_an_item_by_its_words_and_asks_which_of_several(self, browser: Client) -> None:
        answer = browser.get("/map/?item=gao te&near=K01")
        assert (answer.status_code, answer["Location"]) == (302, f"/map/?near=K01&item={RICE}")
        factories.an_item("QN-02-0001231", name="Gạo tẻ thơm")
        page = self.page(browser, "item=gao te")
        assert page.count('<li><a href="?item=QN-02-000123') == 2
        assert "khong co gi" in self.page(browser, "item=khong co gi", status=422)

    def test_says_what_is_wrong_beside_the_box_and_shows_the_map_all_the_same(self, browser: Client) -> None:
        for query, box in (
            ("near=Atlantis", "near"), ("radius_km=50", "near"), ("near=K01&radius_km=1.5", "radius_km"),
            (f"item={RICE}&quantity=-4", "quantity"), ("unit=khong-co", "unit"),
        ):  # fmt: skip
            page = self.page(browser, query, status=422)
            assert f'id="id_{box}_error"' in page, query
            assert len(self.listed(page)) == 4, query

    def test_a_past_instant_is_carried_on(self, browser: Client) -> None:
        yesterday = (timezone.localdate() - timedelta(days=1)).isoformat()
        page = self.page(browser, f"item={RICE}&as_of={yesterday}")
        assert f'name="as_of" value="{yesterday}"' in page
        assert "as-of past" in page
        assert self.listed(self.page(browser, "as_of=31/02/2026", status=422)) == []

    def test_asks_for_borders_only_where_there_are_some(self, browser: Client) -> None:
        assert "data-borders" not in self.page(browser)
        with factories.telling():
            Boundary.objects.create(
                layer="nation", code="VN", name="Việt Nam", valid_from=date(2020, 1, 1),
                shape="SRID=4326;LINESTRING(104 21, 105 22)",
            )  # fmt: skip
        today = timezone.localdate().isoformat()
        assert f'data-borders="/api/v1/boundaries.geojson?on={today}"' in self.page(browser)

    def test_a_plan_that_is_none_is_not_found(self, browser: Client) -> None:
        for key in ("x", str(uuid4())):
            assert browser.get(f"/map/?plan={key}").status_code == 404

    def test_asks_few_questions_however_many_depots(self, browser: Client) -> None:
        def count() -> int:
            self.page(browser, f"item={RICE}&near=K01")
            with CaptureQueriesContext(connection) as asked:
                self.page(browser, f"item={RICE}&near=K01")
            return len(asked)

        before = count()
        for number in range(30):
            factories.a_depot(f"L{number:02}", at=(105 + number / 10, 20))
        assert count() == before <= 30


def test_items_are_found_by_words_over_the_api(caller: Caller) -> None:
    other = factories.an_item("QN-02-0001231", name="Nếp 100% thơm")
    found = {
        text: [one["code"] for one in caller.get(f"/items?text={text}").json()["items"]]
        for text in ("gao", "100%25", "_", "RICE gạo")
    }
    assert found == {"gao": [RICE], "100%25": [other.code], "_": [], "RICE gạo": [RICE]}
    assert isinstance(other, Item)
