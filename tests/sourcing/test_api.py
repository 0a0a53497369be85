"""Plans over HTTP: made, read, ordered; refusals name every fault and every pile that moved."""

from __future__ import annotations

from typing import Any

import pytest

from inventory.requisitions.models import MovementOrder
from logistics.accounts.models import User
from tests import factories
from tests.api.conftest import Caller, a_token
from tests.sourcing.conftest import Country, soon

RICE = "QN-01-0000014"
MILK = "QN-01-0000021"


def calling(user: User) -> Caller:
    return Caller(a_token(user))


def a_body(**fields: Any) -> dict[str, Any]:
    return {
        "name": "Bổ sung K01",
        "destination": {"depot": "K01"},
        "needed_by": soon(10).isoformat(),
        "strategy": "least-effort",
        "needs": [{"item": RICE, "quantity": "400"}, {"item": MILK, "quantity": "50"}],
    } | fields


def test_a_plan_is_made_read_and_ordered(country: Country) -> None:
    caller = calling(country.planner)
    made = caller.post("/plans", a_body())
    assert made.status_code == 201, made.content
    document = made.json()
    assert [(row["depot"], row["lot"], row["quantity"], row["why"]) for row in document["rows"]] == [
        ("K02", "L24", "100.000", "least-effort"), ("K02", "L25", "50.000", "least-effort"),
        ("K03", "L26", "250.000", "least-effort"), ("K03", "", "40.000", "least-effort"),
    ]  # fmt: skip
    assert document["state"] == "optimal"
    assert document["shortages"] == [{"need": 2, "item": MILK, "missing": "10.000", "reasons": [], "nowhere": "10.000"}]
    assert document["totals"]["weightless"] == [MILK]
    assert caller.get(f"/plans/{document['id']}").json() == document
    assert [one["id"] for one in caller.get("/plans").json()["items"]] == [document["id"]]
    ordered = caller.post(f"/plans/{document['id']}/orders", {"version": 1})
    assert ordered.status_code == 201, ordered.content
    assert [one["depot"] for one in ordered.json()["orders"]] == ["K02", "K03"]
    again = caller.post(f"/plans/{document['id']}/orders", {})
    assert (again.status_code, again.json()["type"]) == (409, "/problems/plan-ordered")
    assert [one["number"] for one in caller.get(f"/plans/{document['id']}").json()["orders"]] == [
        one["number"] for one in ordered.json()["orders"]
    ]


def test_every_fault_is_told(country: Country) -> None:
    body = a_body(
        needs=[{"item": "QN-99-0000000", "quantity": "1"}, {"item": MILK, "quantity": "1.5"}],
        destination={"depot": "K77"}, rules={"most_depots": 0},
    )  # fmt: skip
    refused = calling(country.planner).post("/plans", body)
    assert refused.status_code == 422
    assert {one["pointer"] for one in refused.json()["errors"]} == {
        "/needs/0/item", "/needs/1/quantity", "/destination", "/rules/most_depots",
    }  # fmt: skip
    unknown = calling(country.planner).post("/plans", a_body(speed="fast"))
    assert unknown.status_code == 422


def test_what_moved_is_told_and_what_is_left_may_be_ordered(country: Country) -> None:
    caller = calling(country.planner)
    plan = caller.post("/plans", a_body(needs=[{"item": RICE, "quantity": "100"}])).json()["id"]
    factories.posting(country.poster, "issue", "K02", factories.a_line(country.rice, "40"))
    refused = caller.post(f"/plans/{plan}/orders", {})
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/plan-stock-moved")
    (change,) = refused.json()["changes"]
    assert (change["was"], change["now"], change["wanted"]) == ("100.000", "60.000", "100.000")
    assert change["taken_by"][0]["actor"] == "nguoi-ghi"
    assert not MovementOrder.objects.exists()
    assert caller.post(f"/plans/{plan}/orders", {"only_what_is_left": True}).status_code == 201


@pytest.mark.parametrize("who", ["keeper", "auditor"])
def test_only_planners_make_them(country: Country, who: str) -> None:
    assert calling(getattr(country, who)).post("/plans", a_body()).status_code == 403


def test_the_list_goes_on_page_by_page(country: Country) -> None:
    for number in range(5):
        country.plan((RICE, "1"), name=f"Kế hoạch {number}")
    caller, seen, path = calling(country.auditor), [], "/plans?limit=2"
    while path:
        answer = caller.get(path).json()
        seen += [one["name"] for one in answer["items"]]
        path = f"/plans?limit=2&cursor={answer['next']}" if answer["next"] else ""
    assert seen == [f"Kế hoạch {number}" for number in reversed(range(5))]
    assert caller.get("/plans?cursor=WyJhIiwiYiJd").status_code == 422
