"""Requisitions and orders over HTTP: the contract, and what is refused."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from inventory.requisitions import levels
from inventory.requisitions.models import MovementOrder, Requisition
from logistics.accounts.models import Role
from tests import factories
from tests.api.conftest import Caller, a_token
from tests.factories import in_threads
from tests.requisitions.conftest import RICE, Store, an_order, promised


@pytest.fixture
def call(store: Store) -> Any:
    """`call("xin")` speaks to the API as somebody."""
    return lambda login: Caller(a_token(store.user(login)))


def a_request(**given: Any) -> dict[str, Any]:
    day = timezone.localdate() + timedelta(days=5)
    return {
        "id": str(uuid4()),
        "unit": "G11.01",
        "needed_by": day.isoformat(),
        "lines": [{"item": RICE, "quantity": "90"}],
        **given,
    }


def an_order_for(requisition: str | None = None, quantity: str = "50", **given: Any) -> dict[str, Any]:
    line: dict[str, Any] = {"item": RICE, "quantity": quantity}
    if requisition:
        line["requisition_line"] = 1
    order = {
        "id": str(uuid4()),
        "depot": "K01",
        "to_unit": "G11.01",
        "needed_by": timezone.localdate().isoformat(),
        "lines": [line],
        **given,
    }
    return {"requisition": requisition, "orders": [order]}


def test_the_whole_way(call: Any) -> None:
    body = a_request()
    asked = call("xin").post("/requisitions", body)
    assert asked.status_code == 201, asked.content
    assert (asked.json()["status"], asked.json()["approving_unit"]) == ("submitted", "G11")
    assert call("xin").post("/requisitions", body).status_code == 200  # the same id again
    there = f"/requisitions/{body['id']}"

    cut = {"cuts": [{"line_no": 1, "approved": "70", "reason": "Vượt"}], "version": asked.json()["version"]}
    approved = call("duyet").post(f"{there}/approval", cut)
    assert approved.status_code == 200, approved.content
    (line,) = approved.json()["lines"]
    assert (line["asked"], line["approved"], line["open"], line["short"]) == ("90.000", "70.000", "70.000", "20.000")

    given = an_order_for(body["id"])
    made = call("kehoach").post("/orders", given)
    assert made.status_code == 201, made.content
    (order,) = made.json()["items"]
    assert [(one["lot"], one["quantity"]) for one in order["promised"]] == [("L1", "50.000")]
    assert call("kehoach").post("/orders", given).status_code == 200
    assert promised() == 50
    read = call("xin").get(there).json()
    assert (read["status"], read["orders"]) == ("part_promised", [order["number"]])

    ended = call("kehoach").post(f"/orders/{order['id']}/cancellation", {"reason": "Đổi kho"})
    assert (ended.json()["status"], ended.json()["promised"]) == ("cancelled", [])
    assert call("thukho").get(f"/orders/{order['id']}").json()["end_reason"] == "Đổi kho"
    assert [one["number"] for one in call("thukho").get("/orders?status=cancelled").json()["items"]] == [
        order["number"]
    ]


def test_a_shortage_says_who_holds_the_rest(store: Store, call: Any) -> None:
    first = an_order(store, 150)
    refused = call("kehoach").post("/orders", an_order_for(quantity="30"))
    assert refused.status_code == 409
    problem = refused.json()
    assert problem["type"] == "/problems/insufficient-stock"
    (short,) = problem["shortages"]
    assert (short["depot"], short["item"], short["available"]) == ("K01", RICE, "10.000")
    assert {(held["document"], held["by"]) for held in short["held_by"]} == {(first.number, "kehoach")}


def test_all_that_is_wrong_is_told(call: Any) -> None:
    lines = [{"item": "QN-0", "quantity": "1"}, {"item": RICE, "quantity": "0"}]
    refused = call("xin").post("/requisitions", a_request(lines=lines, to_depot="K77"))
    assert refused.status_code == 422
    assert [one["pointer"] for one in refused.json()["errors"]] == ["/to_depot", "/lines/0/item", "/lines/1/quantity"]
    assert call("duyet").post(f"/requisitions/{uuid4()}/approval", {}).status_code == 404


def test_fuel_is_asked_for_in_litres(call: Any) -> None:
    """What is promised is a pile's litres at 15 °C, before anybody reads its density: kg are refused in words."""
    fuel = factories.an_item("XD-02-0000011", unit="LTR", fuel_group="B", name="Dầu điêzen mẫu")
    lines = [{"item": fuel.code, "quantity": "5000", "unit": "KGM"}]
    refused = call("xin").post("/requisitions", a_request(lines=lines))
    assert refused.status_code == 422
    (told,) = refused.json()["errors"]
    assert (told["pointer"], told["code"]) == ("/lines/0/unit", "fuel-by-weight")
    lines[0]["unit"] = "LTR"
    assert call("xin").post("/requisitions", a_request(lines=lines)).status_code == 201


def test_rights(call: Any) -> None:
    body = a_request()
    call("xin").post("/requisitions", body)
    there = f"/requisitions/{body['id']}"
    assert call("xin").post(f"{there}/approval", {}).status_code == 403
    assert call("thukho").post("/orders", an_order_for()).status_code == 403
    assert call("duyet").post(f"{there}/rejection", {"reason": "Thiếu căn cứ"}).json()["status"] == "rejected"
    assert call("xin").post(f"{there}/cancellation", {"reason": "Thôi"}).json()["status"] == "cancelled"


def test_twenty_planners_over_http_promise_the_same_hundred(real_store: Store) -> None:
    """Lot L1 has 100 kg: ten of twenty orders of 10 kg get it, the others are told which orders hold it."""
    token = a_token(real_store.user("kehoach"))

    def work(_index: int) -> Any:
        body = an_order_for(quantity="10")
        body["orders"][0]["lines"][0]["lot"] = "L1"
        return Caller(token).post("/orders", body)

    answers = in_threads(20, work)
    assert not [one for one in answers if isinstance(one, Exception)], answers
    codes = sorted(one.status_code for one in answers)
    assert codes == [201] * 10 + [409] * 10
    assert promised() == 100
    numbers = set(MovementOrder.objects.values_list("number", flat=True))
    for one in answers:
        if one.status_code == 409:
            held = json.loads(one.content)["shortages"][0]["held_by"]
            assert {row["document"] for row in held} == numbers


def test_lists_come_in_pages(store: Store, call: Any) -> None:
    for _ in range(3):
        call("xin").post("/requisitions", a_request(submit=False))
    first = call("xin").get("/requisitions?limit=2").json()
    second = call("xin").get(f"/requisitions?limit=2&cursor={first['next']}").json()
    names = [one["id"] for one in (*first["items"], *second["items"])]
    assert (len(set(names)), second["next"]) == (3, None)
    assert Requisition.objects.count() == 3


def test_a_line_of_an_order_serves_a_line_of_its_requisition_with_what_that_asks_for(store: Store, call: Any) -> None:
    milk = factories.an_item("QN-02-0000027", tracking="none", unit="KGM", name="Sữa")
    body = a_request()
    call("xin").post("/requisitions", body)
    call("duyet").post(f"/requisitions/{body['id']}/approval", {})

    def wrong(**line: Any) -> list[tuple[str, str]]:
        given = an_order_for(body["id"])
        given["orders"][0]["lines"] = [{"item": RICE, "quantity": "5", "requisition_line": 1} | line]
        refused = call("kehoach").post("/orders", given)
        assert refused.status_code == 422, refused.content
        return [(one["pointer"], one["code"]) for one in refused.json()["errors"]]

    assert wrong(requisition_line=None) == [("/orders/0/lines/0/requisition_line", "required")]
    assert wrong(item=milk.code) == [("/orders/0/lines/0/item", "not-as-asked")]
    assert wrong(grade=2) == [("/orders/0/lines/0/item", "not-as-asked")]
    assert wrong(quantity="90.001") == [("/orders/0/lines/0/quantity", "above-open")]


def test_an_orders_id_tells_nothing_to_who_may_not_give_it(store: Store, call: Any) -> None:
    given = an_order_for()
    assert call("kehoach").post("/orders", given).status_code == 201
    factories.a_user("kehoach-k02", role=Role.PLANNER, depot=store.small)
    assert call("kehoach-k02").post("/orders", given).status_code == 404
    twice = {"orders": given["orders"] * 2}
    assert [one["pointer"] for one in call("kehoach").post("/orders", twice).json()["errors"]] == ["/orders/1/id"]


def test_a_cut_that_cuts_no_line_is_refused(call: Any) -> None:
    body = a_request()
    call("xin").post("/requisitions", body)
    there = f"/requisitions/{body['id']}/approval"

    def wrong(*cuts: dict[str, Any]) -> list[tuple[str, str]]:
        refused = call("duyet").post(there, {"cuts": list(cuts)})
        assert refused.status_code == 422, refused.content
        return [(one["pointer"], one["code"]) for one in refused.json()["errors"]]

    cut = {"line_no": 1, "approved": "7", "reason": "Vượt"}
    assert wrong(cut | {"line_no": 2}) == [("/cuts", "unknown-line")]
    assert wrong(cut, cut) == [("/cuts/1/line_no", "repeated-item")]


def test_what_is_granted_comes_out_even(store: Store, call: Any) -> None:
    boxes = factories.an_item("QN-02-0000027", tracking="none", unit="EA", name="Hộp")
    body = a_request(lines=[{"item": boxes.code, "quantity": "9"}])
    call("xin").post("/requisitions", body)
    cut = {"line_no": 1, "approved": "1.5", "reason": "Vượt"}
    refused = call("duyet").post(f"/requisitions/{body['id']}/approval", {"cuts": [cut]})
    assert [one["code"] for one in refused.json()["errors"]] == ["too-many-decimals"]


def test_a_requisition_is_asked_for_and_submitted_or_neither(call: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    body = a_request()

    def broken(*_args: object, **_named: object) -> None:
        raise OperationalError("the connection is lost")

    with monkeypatch.context() as broken_off:
        broken_off.setattr(levels, "approving_unit", broken)
        assert call("xin").post("/requisitions", body).status_code == 503
    again = call("xin").post("/requisitions", body)
    assert (again.status_code, again.json()["status"]) == (201, "submitted")


def test_a_page_of_orders_asks_no_more_for_ten_than_for_one(store: Store, call: Any) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert call("kehoach").get("/orders").status_code == 200
        return len(queries)

    an_order(store, 1)
    alone = asked()
    for _ in range(9):
        an_order(store, 1)
    assert asked() == alone
