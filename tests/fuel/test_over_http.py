"""Liquid fuel over HTTP: what a line is asked for, what it answers, and what a page is told before it is posted."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from inventory.catalogue.models import Conversion, ItemGroup
from inventory.ledger.chain import FUEL
from logistics.accounts.models import Role
from tests import factories
from tests.api.conftest import Caller, a_token

DIESEL = "XD-02-0000011"


@pytest.fixture
def keeper(db: None) -> Caller:
    """The storekeeper of a depot that keeps diesel."""
    factories.world()
    depot = factories.a_depot("K01")
    item = factories.an_item(DIESEL, unit="LTR", fuel_group="B")
    with factories.telling():
        group = ItemGroup.objects.get(pk=item.group_id)
        Conversion.objects.create(
            code="F", name="f", method="hydrometer", group=group, valid_from=date(2000, 1, 1), basis="QĐ 1"
        )
    return Caller(a_token(factories.a_user("thukho", role=Role.STOREKEEPER, depot=depot)))


def receipt(**line: Any) -> dict[str, Any]:
    return {
        "kind": "receipt",
        "occurred_at": (timezone.now() - timedelta(hours=1)).isoformat(),
        "lines": [{"item": DIESEL, "quantity": "10000", **line}],
    }


def test_a_measured_line_answers_what_it_came_to(keeper: Caller) -> None:
    answer = keeper.post("/depots/K01/movements", receipt(temperature="30", density="828"), key="a")
    assert answer.status_code == 201, answer.content
    (line,) = answer.json()["lines"]
    assert (line["change"], line["entered_quantity"], line["on_hand_after"]) == ("9872.700", "10000.000", "9872.700")
    assert line["fuel"] == {
        "conversion": "API-11.1-1980/B/hydrometer",
        "density": "828.0",
        "density_15": "838.4",
        "factor": "0.98727",
        "kg": "8277.272",
        "kg_after": "8277.272",
        "kg_change": "8277.272",
        "litres": "10000.000",
        "litres_15": "9872.700",
        "temperature": "30.00",
    }
    described = keeper.get("/openapi.json").json()["components"]["schemas"]["FuelOut"]["properties"]
    assert set(line["fuel"]) == set(described) == set(FUEL)
    assert keeper.get("/depots/K01/movements/1").json()["lines"] == [line]


def test_a_line_that_was_not_measured_is_refused(keeper: Caller) -> None:
    for given, members in (
        ({}, {"temperature"}),
        ({"temperature": "30"}, {"density"}),
        ({"density": "828"}, {"temperature"}),
        ({"temperature": "30", "density": "8,28"}, {"density"}),
        ({"temperature": "99999", "density": "0.55"}, {"temperature", "density"}),
    ):
        answer = keeper.post("/depots/K01/movements", receipt(**given), key=str(uuid4()))
        assert answer.status_code == 422, given
        assert {error["pointer"] for error in answer.json()["errors"]} == {f"/lines/0/{name}" for name in members}, (
            given
        )


def test_a_voucher_is_told_what_its_readings_come_to_before_it_is_posted(keeper: Caller) -> None:
    voucher = receipt(id="l1", temperature="30", density="828")
    weighed = keeper.post("/depots/K01/vouchers:weigh", voucher).json()
    assert weighed["faults"] == []
    assert weighed["lines"][0]["fuel"] == {
        "density_15": "838.4",
        "factor": "0.98727",
        "litres": "10000.000",
        "litres_15": "9872.700",
        "kg": "8277.272",
        "conversion": "API-11.1-1980/B/hydrometer",
    }
    weighed = keeper.post("/depots/K01/vouchers:weigh", voucher | {"lines": [voucher["lines"][0] | {
        "quantity": "5000", "unit": "KGM", "scheduled_quantity": "4999"}]}).json()  # fmt: skip
    assert weighed["faults"] == []
    fuel = weighed["lines"][0]["fuel"]
    assert (fuel["litres"], fuel["litres_15"], fuel["kg"]) == ("6040.637", "5963.740", "5000.000")
    assert [warned["code"] for warned in weighed["warnings"]] == ["over-schedule"]
    unread = receipt(id="l1", typed={"temperature": "ba mươi"}, density="828")
    faults = keeper.post("/depots/K01/vouchers:weigh", unread).json()["faults"]
    assert {(fault["line"], fault["member"]) for fault in faults} == {("l1", "temperature")}


def test_a_voucher_is_warned_of_a_density_far_from_the_tanks(keeper: Caller) -> None:
    """What lies there weighs 838.4 kg/m³ at 15 °C; 843 is posted all the same, should the clerk be sure."""
    keeper.post("/depots/K01/movements", receipt(temperature="30", density="828"), key="a")
    for kind, density, far in (
        ("issue", "841.4", 0),
        ("issue", "843", 1),
        ("receipt", "833", 1),
        ("disposal", "835", 1),
    ):
        said = receipt(id="l1", temperature="15", density=density, quantity="100") | {"kind": kind, "reason": "thử"}
        weighed = keeper.post("/depots/K01/vouchers:weigh", said).json()
        assert weighed["faults"] == [], kind
        warned = [(one["line"], one["member"], one["code"]) for one in weighed["warnings"]]
        assert warned == [("l1", "density", "fuel-density-apart")] * far, (kind, density)
    answer = keeper.post(
        "/depots/K01/movements", receipt(temperature="15", density="843", quantity="5") | {"kind": "issue"}, key="b"
    )
    assert answer.status_code == 201
