"""A depot's clerks and its chief, with rice of three lots on the shelf."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from depots.models import Depot
from inventory.catalogue.models import Item
from inventory.vouchers.models import VoucherPolicy
from logistics.accounts.models import Role, User
from tests import factories
from tests.api.conftest import RICE, Caller, a_token, statements
from tests.conftest import Worlds

__all__ = ["statements"]


@dataclass
class Desk:
    """K01's people as callers of the API, and what lies there."""

    clerk: Caller
    second: Caller
    chief: Caller
    rice: Item
    depot: Depot

    def path(self, voucher_id: UUID | str, verb: str = "") -> str:
        """Return the address of a voucher, or of one of its verbs."""
        return f"/depots/K01/vouchers/{voucher_id}" + (f"/{verb}" if verb else "")

    def put(self, body: dict[str, Any], voucher_id: UUID | str, *, by: Caller | None = None) -> Any:
        """Keep a draft."""
        return (by or self.clerk).put(self.path(voucher_id), body)

    def send(self, body: dict[str, Any], voucher_id: UUID | str | None = None, *, by: Caller | None = None) -> Any:
        """Send a voucher."""
        return (by or self.clerk).post(self.path(voucher_id or uuid4(), "sending"), body)

    def weigh(self, body: dict[str, Any], *, by: Caller | None = None, **headers: str) -> Any:
        """Weigh a voucher and return the answer's document."""
        answer = (by or self.clerk).post("/depots/K01/vouchers:weigh", body, **headers)
        assert answer.status_code == 200, answer.content
        return answer.json()


def user(login: str) -> User:
    """Return somebody by login."""
    return User.objects.get(login=login)


def receipt(*lines: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """Return a receipt an hour ago of the lines given, or of 10 kg of lot L9."""
    given = lines or ({"item": RICE, "lot": "L9", "expires_on": in_days(700).isoformat(), "quantity": "10"},)
    return voucher("receipt", *given, counterparty="Công ty Lương thực", **fields)


def issue(*lines: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """Return an issue just now of the lines given."""
    return voucher("issue", *lines, **fields)


def voucher(kind: str, *lines: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """Return a voucher's body; lines get the ids l1, l2 … unless they have their own."""
    return {
        "kind": kind,
        "version": 0,
        "occurred_at": (timezone.now() - timedelta(minutes=1)).isoformat(),
        "lines": [{"id": f"l{number}"} | line for number, line in enumerate(lines, start=1)],
        **fields,
    }


def rice(quantity: str | int, lot: str = "", **fields: Any) -> dict[str, Any]:
    """Return a line of rice."""
    line = {"item": RICE, "quantity": str(quantity), **fields}
    return line | ({"lot": lot} if lot else {})


@pytest.fixture
def kept_desk(worlds: Worlds) -> Iterator[Desk]:
    """The desk as it was made once for the run."""
    with worlds.within(a_desk) as made:
        yield made


@pytest.fixture
def desk(kept_desk: Desk, db: None) -> Desk:
    """L22 is expired, L23 on hold, L24 expires before L25; 40 kg of each are on the shelf."""
    return kept_desk


def a_desk() -> Desk:
    """Make the desk."""
    factories.world()
    depot = factories.a_depot("K01")
    factories.a_depot("K02")
    item = factories.an_item(RICE, tracking="lot", unit="KGM")
    clerk = factories.a_user("thukho", role=Role.STOREKEEPER, depot=depot)
    factories.a_user("thukho2", role=Role.STOREKEEPER, depot=depot)
    chief = factories.a_user("chihuy", role=Role.APPROVER, depot=depot)
    today = timezone.localdate()
    for code, days in [("L22", -40), ("L23", 20), ("L24", 100), ("L25", 400)]:
        factories.a_lot(
            item, code, expires_date=today + timedelta(days=days), hold_reason="niêm cất" if code == "L23" else ""
        )
        line = factories.a_line(item, 40, lot=code)
        factories.posting(clerk, "receipt", "K01", line, days_ago=2)
    return Desk(
        clerk=Caller(a_token(clerk)),
        second=Caller(a_token(user("thukho2"))),
        chief=Caller(a_token(chief)),
        rice=item,
        depot=depot,
    )


@pytest.fixture
def approving() -> Callable[..., None]:
    """A rule of approval: `approving("issue", posts=True)`."""
    return set_policy


def set_policy(kind: str, *, needs: bool = True, posts: bool = False, depot: Depot | None = None) -> None:
    """Say whether vouchers of a kind need approval, everywhere or in one depot."""
    with factories.telling():
        rule = VoucherPolicy.objects.filter(kind=kind, depot=depot).first() or VoucherPolicy(kind=kind, depot=depot)
        rule.needs_approval, rule.posts_on_approval = needs, posts
        rule.save()


def in_days(days: int) -> date:
    """Return a day from today on."""
    return timezone.localdate() + timedelta(days=days)
