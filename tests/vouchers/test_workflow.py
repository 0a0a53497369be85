"""From draft to movement, by the API: who may do what when, and that doing it twice does it once."""

from __future__ import annotations

from uuid import uuid4

import pytest

from inventory.vouchers.models import Voucher
from tests.vouchers.conftest import Desk, issue, receipt, rice

pytestmark = pytest.mark.django_db


def test_a_draft_is_kept_changed_and_sent(desk: Desk) -> None:
    name = uuid4()
    made = desk.put(receipt(), name)
    assert made.status_code == 200, made.content
    assert (made.json()["version"], made.json()["status"]) == (1, "draft")
    again = desk.put(receipt() | {"occurred_at": made.json()["occurred_at"], "version": 1}, name)
    assert again.json()["version"] == 1
    sent = desk.send(made.json(), name)
    assert sent.status_code == 201, sent.content
    assert sent.json()["status"] == "posted"
    assert sent.json()["movement"]["position"] == 5
    twice = desk.send(made.json(), name)
    assert (twice.status_code, twice.json()) == (200, sent.json())
    other = desk.send(made.json() | {"reason": "khác"}, name)
    assert (other.status_code, other.json()["type"]) == (409, "/problems/voucher-closed")
    assert other.json()["theirs"] == sent.json()
    assert Voucher.objects.count() == 1


def test_weigh(desk: Desk) -> None:
    seen = desk.weigh(issue(rice(60)), **{"Accept-Language": "en"})
    print(seen)
    assert seen["faults"] == []
