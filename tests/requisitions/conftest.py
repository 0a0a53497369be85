"""A regiment under a corps, with a depot each: who asks, who approves, who plans, who hands out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone

from depots import access
from depots.models import Depot, Level, OrganisationUnit
from inventory.catalogue.models import Item
from inventory.ledger.models import Allocation, Holding
from inventory.requisitions import making, orders
from inventory.requisitions.models import MovementOrder
from inventory.requisitions.orders import OrderDraft, OrderDraftLine
from inventory.vouchers import workflow
from inventory.vouchers.content import Content
from inventory.vouchers.models import Voucher, VoucherPolicy
from logistics.accounts.models import Assignment, Role, User
from logistics.history import Source
from tests import factories
from tests.conftest import Worlds

RICE = "QN-01-0000014"


@dataclass
class Store:
    """Rice in K01 (of the corps), none in K02 (of the regiment)."""

    corps: OrganisationUnit
    regiment: OrganisationUnit
    big: Depot
    small: Depot
    rice: Item

    def user(self, login: str) -> User:
        """Return somebody by login."""
        return User.objects.get(login=login)


def a_store() -> Store:
    """Make it: 100 kg of lot L1 (expires first) and 60 of L2 lie in K01; issues and transfers need no approval."""
    poster = factories.world()
    with factories.telling():
        corps = OrganisationUnit.objects.get(code="G11")
        regiment = factories.a_unit("G11.01", parent=corps)
        company = factories.a_unit("G11.01.1", parent=regiment)
        company.level = Level.SUB_UNIT
        company.save()
        for kind in ("issue", "transfer_out"):
            VoucherPolicy.objects.update_or_create(kind=kind, depot=None, defaults={"needs_approval": False})
    big = factories.a_depot("K01", unit=corps)
    small = factories.a_depot("K02", unit=regiment, at=(106.0, 20.5))
    rice = factories.an_item(RICE, tracking="lot", unit="KGM", name="Gạo tẻ")
    factories.a_user("thukho", role=Role.STOREKEEPER, depot=big)
    factories.a_user("xin", role=Role.STOREKEEPER, depot=small)
    factories.a_user("kehoach", role=Role.PLANNER)
    for login, unit in [("duyet", corps), ("duyet2", corps), ("trungdoan", regiment)]:
        user = factories.a_user(login)
        with factories.telling():
            Assignment.objects.create(user=user, role=Role.APPROVER, unit=unit)
    today = timezone.localdate()
    for code, days, quantity in [("L1", 100, 100), ("L2", 400, 60)]:
        factories.a_lot(rice, code, expires_date=today + timedelta(days=days))
        factories.posting(poster, "receipt", "K01", factories.a_line(rice, quantity, lot=code), days_ago=2)
    return Store(corps, regiment, big, small, rice)


@pytest.fixture
def kept_store(worlds: Worlds) -> Iterator[Store]:
    """The store as it was made once for the run."""
    with worlds.within(a_store) as made:
        yield made


@pytest.fixture
def store(kept_store: Store, db: None) -> Store:
    """The store; what the test changes of it is rolled back."""
    return kept_store


@pytest.fixture
def real_store(committed: str) -> Store:
    """The store where commits stay."""
    return a_store()


def an_order(store: Store, quantity: int | str, *, by: User | None = None, **given: Any) -> MovementOrder:
    """Give one order for rice from K01 to the regiment."""
    line = OrderDraftLine(item=RICE, quantity=Decimal(quantity), lot=given.pop("lot", None))
    draft = OrderDraft(
        depot="K01",
        lines=[line],
        basis="plan:00000000-0000-0000-0000-000000000001",
        needed_by_date=timezone.localdate() + timedelta(days=3),
        **({"to_unit": "G11.01"} | given),
    )
    (order,) = orders.give([draft], by=by or store.user("kehoach"), at=timezone.now())
    return order


def a_voucher(order: MovementOrder, voucher_id: UUID, *, by: User) -> Voucher:
    """Press “Lập phiếu”."""
    place = access.depot_for_posting(by, order.depot.code)
    return making.voucher_from(order, voucher_id, place=place, by=by, at=timezone.now(), source=Source.WEB)


def post(voucher: Voucher, *, by: User, **changed: str) -> Voucher:
    """Post a draft just now, with some lines' quantities changed (`l1="20"`, "0": the line is left out)."""
    place = access.depot_for_posting(by, voucher.depot.code)
    said = Content.of(voucher)
    lines = [line | {"quantity": changed.get(line["id"], line["quantity"])} for line in said.lines]
    content = Content(
        **{name: getattr(said, name) for name in ("kind", "counterparty", "order_number", "order_date", "to_depot")},
        occurred_at=timezone.now(),
        lines=[line for line in lines if line["quantity"] != "0"],
    )
    sent, _ = workflow.send(
        voucher.pk, content, place=place, version=voucher.version, by=by, at=timezone.now(), source=Source.WEB
    )
    return sent


def promised() -> Decimal:
    """Return what is promised of everything; it is what the piles say, and never more than lies there."""
    opened = sum(Allocation.objects.filter(released_at=None).values_list("quantity", flat=True), Decimal(0))
    piles = list(Holding.objects.values_list("allocated", "on_hand"))
    assert opened == sum((allocated for allocated, _ in piles), Decimal(0))
    assert all(0 <= allocated <= on_hand for allocated, on_hand in piles)
    return opened
