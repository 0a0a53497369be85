"""Reference data over HTTP: pages, filters, histories, and what nobody may slip in as a parameter."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from django.utils import timezone

from depots.models import Depot
from inventory.catalogue.models import Classification, DangerousGood, Item, Unit
from logistics import history
from logistics.accounts.models import Role
from logistics.audit.models import AccessRecord
from tests import factories
from tests.api.conftest import RICE, Caller, a_token

pytestmark = pytest.mark.django_db

LISTS = ["/depots", "/items", "/lots", "/units", "/supply-classes", "/organisation-units"]
HISTORIES = [
    "/depots/K01/history", f"/items/{RICE}/history", "/units/KGM/history", "/supply-classes/QN/history",
    "/organisation-units/G11/history", f"/lots/{RICE}:L1/history",
]  # fmt: skip


@pytest.mark.parametrize("path", LISTS)
def test_pages_give_every_row_once_in_order(reader: Caller, stocked: Item, path: str) -> None:
    for number in range(3):
        factories.a_lot(stocked, f"L{number}")
        factories.a_unit(f"G11.0{number}")
    factories.an_item("QY-01-0000017")
    whole = reader.get(path).json()
    assert whole["next"] is None
    assert len(whole["items"]) >= 2
    pages, address = [], f"{path}?limit=1"
    while address:
        answer = reader.get(address)
        pages += answer.json()["items"]
        link = answer.headers.get("Link", "")
        address = link[1:].partition(">")[0].removeprefix("/api/v1")
    assert pages == whole["items"]


@pytest.mark.parametrize("path", LISTS)
def test_only_what_changed_since(reader: Caller, stocked: Item, path: str) -> None:
    factories.a_lot(stocked, "L1")
    # The store is made once for the run, at any time before this; no earlier than its reference data, made just before.
    before, after = stocked.updated_at - timedelta(minutes=10), timezone.now() + timedelta(minutes=1)
    assert reader.get(f"{path}?updated_since={quote(before.isoformat())}").json()["items"]
    assert not reader.get(f"{path}?updated_since={quote(after.isoformat())}").json()["items"]


@pytest.mark.parametrize(
    ("query", "pointer", "code"),
    [
        ("colour=red", "/query/colour", "unknown-parameter"),
        ("limit=1&limit=2", "/query/limit", "repeated-parameter"),
        ("limit=0", "/query/limit", "too-small"),
        ("limit=1001", "/query/limit", "too-large"),
        ("limit=x", "/query/limit", "whole-number"),
        ("limit=" + "9" * 5000, "/query/limit", "too-large"),
        ("cursor=x", "/query/cursor", "cursor"),
        ("cursor=WzFd", "/query/cursor", "cursor"),
        ("cursor=WyJhIiwiYiJd", "/query/cursor", "cursor"),
        ("cursor=WyJhXHUwMDAwIl0", "/query/cursor", "cursor"),
        ("cursor=" + "a" * 401, "/query/cursor", "too-long"),
        ("updated_since=2026-01-01", "/query/updated_since", "instant"),
        ("updated_since=1700000000", "/query/updated_since", "instant"),
        ("cursor=a%00", "/query", "bad-character"),
        ("cursor=%ff", "/query", "bad-character"),
    ],
)
def test_parameters_mean_one_thing_or_are_refused(reader: Caller, query: str, pointer: str, code: str) -> None:
    answer = reader.get(f"/depots?{query}")
    assert answer.status_code == 422, answer.content
    assert (pointer, code) in {(fault["pointer"], fault["code"]) for fault in answer.json()["errors"]}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("2026-11-20T08:00:00+07:00", "dấu + của độ lệch viết là %2B"),  # the + is a blank by now
        ("2026-06-30T23:59:60Z", "Không có thời điểm này"),
        ("2026-02-30T00:00:00Z", "Không có thời điểm này"),
        ("2026-11-20T08:00:00%2B25:00", "Không có thời điểm này"),
        ("9999-12-31T23:59:59Z", "Năm phải từ 1900 đến 2200."),
        ("0001-01-01T00:00:00%2B14:00", "Năm phải từ 1900 đến 2200."),
        ("2026-11-20T08:00:00", "kèm độ lệch UTC"),
    ],
)
def test_a_time_that_cannot_be_taken_is_told_why(reader: Caller, text: str, told: str) -> None:
    answer = reader.get(f"/depots?updated_since={text}", **{"Accept-Language": "vi"})
    assert answer.status_code == 422, answer.content
    (fault,) = answer.json()["errors"]
    assert (fault["pointer"], fault["code"]) == ("/query/updated_since", "instant")
    assert told in fault["detail"]


def test_all_wrong_parameters_are_told_at_once(reader: Caller) -> None:
    errors = reader.get("/depots?colour=red&limit=x&updated_since=x").json()["errors"]
    assert {fault["pointer"] for fault in errors} == {"/query/colour", "/query/limit", "/query/updated_since"}


def test_a_depot_an_item_and_what_belongs_to_them(reader: Caller, stocked: Item) -> None:
    factories.a_packaging(stocked, "BX", "24")
    depot = reader.get("/depots/K01").json()
    assert (depot["code"], depot["unit"], depot["lon"], depot["lat"]) == ("K01", "G11", 105.8, 21.0)
    item = reader.get(f"/items/{RICE}").json()
    assert (item["supply_class"], item["group"], item["base_unit"]) == ("QN", "QN-02", "KGM")
    assert [(one["unit"], one["factor"]) for one in item["packagings"]] == [("BX", "24")]
    bins = reader.get("/depots/K01/bins").json()["items"]
    assert [(one["code"], one["is_default"]) for one in bins] == [("A-01", True), ("A-02", False)]
    assert reader.get("/items?class=QN").json()["items"] == [item]
    assert reader.get("/items?class=QY").json()["items"] == []
    factories.a_lot(stocked, "a/b c")
    assert [lot["lot"] for lot in reader.get(f"/lots?item={RICE}").json()["items"]] == ["a/b c"]
    assert reader.get(f"/lots/{RICE}:a%2Fb%20c/history").status_code == 200
    for path in ("/depots/K77", "/items/QN-02-9999999", "/units/ZZZ", "/items/%00", "/lots/x/history", "/depots/"):
        assert reader.get(path).status_code == 404, path
    assert "ITEM:LOT" in reader.get("/lots/x/history").json()["detail"]


def test_the_map_is_geojson_of_the_depots_in_scope(reader: Caller, keeper: Caller) -> None:
    factories.a_depot("K05", at=(106.7, 10.8))
    answer = reader.get("/depots.geojson")
    assert answer.headers["Content-Type"] == "application/geo+json"
    features = answer.json()["features"]
    assert [feature["id"] for feature in features] == ["K01", "K02", "K05"]
    assert features[2]["geometry"] == {"type": "Point", "coordinates": [106.7, 10.8]}
    south = reader.get("/depots.geojson?bbox=106,10,107,11").json()["features"]
    assert [feature["id"] for feature in south] == ["K05"]
    assert [feature["id"] for feature in keeper.get("/depots.geojson").json()["features"]] == ["K01"]
    for box in ("1,2,3", "a,b,c,d", "3,2,1,4", "nan,0,1,1", "0,0,1,1e400", "0,0,1,1,1", "-181,0,1,1"):
        assert reader.get(f"/depots.geojson?bbox={box}").status_code == 422, box


def test_who_sees_which_reference_data(stocked: Item) -> None:
    seen = {}
    for role in Role.values:
        caller = Caller(a_token(factories.a_user(f"u-{role}", role=role)))
        seen[role] = [caller.get(path).status_code for path in ("/depots", "/items", "/organisation-units")]
    all_three = [200, 200, 200]
    assert seen == {
        Role.STOREKEEPER: all_three,
        Role.APPROVER: all_three,
        Role.PLANNER: all_three,
        Role.AUDITOR: all_three,
        Role.CATALOGUE_KEEPER: all_three,
        Role.EXPORT_CLIENT: [403, 403, 403],
        Role.ADMINISTRATOR: [403, 200, 200],
    }


def test_history_tells_who_when_what_and_why(reader: Caller, stocked: Item) -> None:
    keeper = factories.a_user("danhmuc", role=Role.CATALOGUE_KEEPER)
    with history.changing(by=keeper, reason="Theo công văn 5", source=history.Source.WEB):
        stocked.dangerous_good = DangerousGood.objects.get(number="1203")
        stocked.is_active = False
        stocked.save()
    page = reader.get(f"/items/{RICE}/history").json()
    changed = {change["field"]: change for change in page["items"] if change["who"] == "danhmuc"}
    assert set(changed) == {"dangerous_good", "is_active"}
    assert (changed["dangerous_good"]["old"], changed["dangerous_good"]["new"]) == (None, "1203")
    assert (changed["is_active"]["old"], changed["is_active"]["new"]) == (True, False)
    assert (changed["is_active"]["reason"], changed["is_active"]["source"]) == ("Theo công văn 5", "web")
    made = {change["field"]: change for change in page["items"] if change["who"] is None}
    assert (made["code"]["old"], made["code"]["new"]) == (None, RICE)
    assert made["group"]["new"].startswith("QN-02")
    assert made["base_unit"]["new"] == "KGM"
    newest = reader.get(f"/items/{RICE}/history?limit=1").json()
    assert {change["field"] for change in newest["items"]} == {"dangerous_good", "is_active"}
    rest = reader.get(f"/items/{RICE}/history?limit=1&cursor={newest['next']}").json()
    assert (newest["items"] + rest["items"], rest["next"]) == (page["items"], None)
    for cursor in ("x", "WyJ4Il0"):
        assert reader.get(f"/items/{RICE}/history?cursor={cursor}").status_code == 422


@pytest.mark.parametrize("path", HISTORIES)
def test_every_noun_has_a_history(reader: Caller, stocked: Item, path: str) -> None:
    factories.a_lot(stocked, "L1")
    with factories.telling():
        Unit.objects.get(code="KGM").save()
    changes = reader.get(path).json()["items"]
    assert changes
    assert all(set(change) == {"who", "when", "field", "old", "new", "reason", "source"} for change in changes)


@pytest.mark.parametrize("path", [*LISTS, *HISTORIES])
def test_the_number_of_statements_does_not_grow(
    reader: Caller, stocked: Item, path: str, statements: list[Any]
) -> None:
    first = factories.a_lot(stocked, "L1")

    def grow(number: int) -> None:
        item = factories.an_item(f"QY-01-000{number:03d}7")
        factories.a_packaging(item, "BX", "2")
        factories.a_lot(item, "A")
        factories.a_depot(f"Z{number}", unit=factories.a_unit(f"G11.9{number}"))
        with factories.telling(f"change {number}"):
            for row in (stocked, first, Depot.objects.get(code="K01"), Unit.objects.get(code="KGM")):
                row.save()

    grow(1)
    reader.get(path)
    del statements[:]
    assert reader.get(path).status_code == 200
    few = len(statements)
    for number in range(2, 8):
        grow(number)
    del statements[:]
    reader.get(path)
    assert len(statements) == few <= 9


def test_reading_what_is_labelled_is_noted_with_who_and_from_where(reader: Caller, stocked: Item) -> None:
    reader.get("/items")
    reader.get(f"/items/{RICE}")
    assert not AccessRecord.objects.exists()
    stocked.classification = Classification.SECRET
    with factories.telling():
        stocked.save()
    for path in ("/items", f"/items/{RICE}", f"/items/{RICE}/history"):
        assert reader.get(path).status_code == 200
    records = AccessRecord.objects.order_by("id").values_list("user__login", "action", "subject", "address")
    assert list(records) == [
        ("kiemtoan", action, RICE, "127.0.0.1") for action in ("item.list", "item.read", "item.history")
    ]
