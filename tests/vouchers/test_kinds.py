"""Every kind of voucher, from its JSON to its movement."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from depots.models import Depot
from inventory.ledger.models import ConsignmentLine, Movement
from inventory.ledger.periods import close_period
from logistics.accounts.models import Role
from tests import factories
from tests.api.conftest import Caller, a_token
from tests.vouchers.conftest import Desk, rice, set_policy, user, voucher

pytestmark = pytest.mark.django_db


@pytest.fixture
def receiver(desk: Desk) -> Caller:
    """The storekeeper of K02."""
    return Caller(a_token(factories.a_user("k02", role=Role.STOREKEEPER, depot=Depot.objects.get(code="K02"))))


@pytest.mark.parametrize(
    ("kind", "line", "header", "changes"),
    [
        ("receipt", rice(5, "N1", expires_on="2049-01-31"), {"counterparty": "Nơi giao"}, ["5.000"]),
        ("return", rice(5, "L24"), {"counterparty": "Đại đội 1"}, ["5.000"]),
        ("opening", rice(5, "N2"), {}, ["5.000"]),
        ("issue", rice(5), {"counterparty": "Đại đội 1"}, ["-5.000"]),
        ("transfer_out", rice(5), {"to_depot": "K02"}, ["-5.000"]),
        ("relocation", rice(5, "L24", to_bin="A-02"), {}, ["-5.000", "5.000"]),
        ("regrade", rice(5, "L24", to_grade=2), {}, ["-5.000", "5.000"]),
        ("repurpose", rice(5, "L24", to_purpose="SSCD"), {}, ["-5.000", "5.000"]),
        ("adjustment", rice(-5, "L24"), {"reason": "Hao hụt"}, ["-5.000"]),
        ("disposal", rice(5, "L22"), {"reason": "Hết hạn"}, ["-5.000"]),
    ],
)
def test_is_weighed_as_it_is_posted(
    desk: Desk, kind: str, line: dict[str, Any], header: dict[str, Any], changes: list[str]
) -> None:
    set_policy(kind, needs=False)
    body = voucher(kind, line, **header)
    seen = desk.weigh(body)
    assert seen["faults"] == []
    assert [part["change"] for part in seen["lines"][0]["parts"]] == changes
    sent = desk.send(body)
    assert sent.status_code == 201, sent.content
    movement = desk.clerk.get(f"/depots/K01/movements/{sent.json()['movement']['position']}").json()
    told = [(part["lot"], part["bin"], part["change"], part["on_hand_after"]) for part in seen["lines"][0]["parts"]]
    assert [(one["lot"], one["bin"], one["change"], one["on_hand_after"]) for one in movement["lines"]] == told
    assert (movement["kind"], movement["reason"]) == (kind, header.get("reason", ""))


def test_goods_travel_arrive_short_and_are_settled(desk: Desk, receiver: Caller) -> None:
    sent = desk.send(voucher("transfer_out", rice(30), to_depot="K02")).json()
    name = f"K01/{sent['movement']['position']}"
    arriving = voucher("transfer_in", rice(28, "L24"), consignment=name)
    path = f"/depots/K02/vouchers/{uuid4()}"
    refused = receiver.post(f"{path}/sending", arriving)
    assert [(one["line"], one["member"], one["code"]) for one in refused.json()["errors"]] == [
        ("l1", "reason", "difference-needs-reason")
    ]
    arriving["lines"][0]["reason"] = "Rách 1 bao"
    received = receiver.post(f"{path}/sending", arriving)
    assert received.status_code == 201, received.content
    assert Movement.objects.get(depot__code="K02").consignment_position == sent["movement"]["position"]
    assert ConsignmentLine.objects.get().in_transit == 2
    settling = voucher("adjustment", rice(-2, "L24"), consignment=name, reason="Biên bản số 3")
    waiting = desk.send(settling).json()
    assert waiting["status"] == "submitted"
    assert ConsignmentLine.objects.get().in_transit == 2
    done = desk.chief.post(desk.path(waiting["id"], "approval"), {}).json()
    assert done["status"] == "posted"
    assert ConsignmentLine.objects.get().in_transit == 0
    again = desk.send(settling)
    assert (again.status_code, again.json()["type"]) == (409, "/problems/consignment-moved")
    assert [(one["line"], one["member"]) for one in again.json()["errors"]] == [("l1", "quantity")]


def test_what_was_received_before_is_told_at_its_cell(desk: Desk, receiver: Caller) -> None:
    sent = desk.send(voucher("transfer_out", rice(30), to_depot="K02")).json()
    body = voucher("transfer_in", rice(30, "L24"), consignment=f"K01/{sent['movement']['position']}")
    assert receiver.post(f"/depots/K02/vouchers/{uuid4()}/sending", body).status_code == 201
    for answer in (
        receiver.post(f"/depots/K02/vouchers/{uuid4()}/sending", body),
        receiver.post("/depots/K02/vouchers:weigh", body),
    ):
        told = answer.json().get("errors") or answer.json()["faults"]
        assert [(one["pointer"], one["code"]) for one in told] == [("/lines/0/quantity", "consignment-moved")]


def test_a_serial_number_in_stock_already_is_told_at_its_cell(desk: Desk) -> None:
    factories.an_item("QY-01-0000014", tracking="serial")
    line = {"item": "QY-01-0000014", "lot": "SN-1", "quantity": "1"}
    assert desk.send(voucher("receipt", line)).status_code == 201
    again = desk.send(voucher("receipt", line))
    assert (again.status_code, again.json()["type"]) == (409, "/problems/serial-elsewhere")
    assert [(one["pointer"], one["member"]) for one in again.json()["errors"]] == [("/lines/0/lot", "lot")]


def test_a_closed_month_is_told_at_the_date(desk: Desk) -> None:
    last_month = (timezone.localdate().replace(day=1) - timedelta(days=1)).replace(day=1)
    close_period("K01", last_month, by=user("thukho"), at=timezone.now())
    body = voucher("receipt", rice(1, "L24"), reason="ghi muộn", occurred_at=f"{last_month.isoformat()}T08:00:00+07:00")
    refused = desk.send(body)
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/period-closed")
    assert [(one["line"], one["member"]) for one in refused.json()["errors"]] == [(None, "occurred_at")]
