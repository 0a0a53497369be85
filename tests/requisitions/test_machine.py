"""Any order of asking, cutting, promising, handing out, cancelling, reversing: stock and papers as a plain model says.

The model knows no piles, lots or locks: stock is one number, a requisition five numbers, an order two.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from inventory.ledger.models import Allocation, Holding, Kind
from inventory.requisitions import asking, orders, progress
from inventory.requisitions.asking import Cut
from inventory.requisitions.models import MovementOrder, OrderStatus, Requisition, Status
from inventory.requisitions.orders import OrderEnded
from inventory.vouchers.content import Content
from logistics.errors import Conflict, Invalid
from logistics.history import Source
from tests import factories
from tests.requisitions.conftest import RICE, a_store, a_voucher, an_order, post
from tests.requisitions.test_asking import a_requisition, approve, serve

LONG = os.environ.get("HYPOTHESIS_PROFILE") == "long"
MACHINE = settings(
    max_examples=200 if LONG else 6,
    stateful_step_count=40 if LONG else 20,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate] if not LONG else [Phase.generate, Phase.shrink],
    derandomize=not LONG,
)
START = 160
quantities = st.integers(1, 90)
parts = st.sampled_from([1, 2, 3])


@dataclass
class Asked:
    """A requisition on paper."""

    asked: int
    granted: int
    done: int = 0
    promised: int = 0
    is_closed: bool = False

    @property
    def open(self) -> int:
        """What is still to be promised."""
        return 0 if self.is_closed else self.granted - self.done - self.promised


@dataclass
class Order:
    """An order on paper; `of` is the requisition it serves."""

    left: int
    of: UUID | None
    is_running: bool = True


@dataclass
class Posted:
    """A movement on paper."""

    position: int
    quantity: int
    of: UUID | None
    is_reversed: bool = False


class Paper(RuleBasedStateMachine):
    """One depot with rice in two lots, one unit that asks."""

    requisitions = Bundle("requisitions")
    given = Bundle("given")

    def __init__(self) -> None:
        super().__init__()
        self.rollback = transaction.atomic()
        self.rollback.__enter__()
        self.store = a_store()
        self.stock = START
        self.asked: dict[UUID, Asked] = {}
        self.orders: dict[UUID, Order] = {}
        self.moved: list[Posted] = []
        self.user = self.store.user

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.rollback.__exit__(None, None, None)

    @property
    def promised(self) -> int:
        return sum(order.left for order in self.orders.values() if order.is_running)

    @rule(target=requisitions, quantity=quantities, cut=st.integers(0, 40))
    def ask(self, quantity: int, cut: int) -> UUID:
        one = a_requisition(self.store, quantity)
        granted = max(quantity - cut, 1)
        cuts = {} if granted == quantity else {"l1": Cut(quantity=Decimal(granted), reason="Ít")}
        approve(one, self.user("duyet"), **cuts)
        self.asked[one.pk] = Asked(quantity, granted)
        return one.pk

    @rule(target=given, name=requisitions, quantity=quantities)
    def promise(self, name: UUID, quantity: int) -> UUID | None:
        paper = self.asked[name]
        fits = quantity <= paper.open and quantity <= self.stock - self.promised
        try:
            with transaction.atomic():
                order = serve(Requisition.objects.get(pk=name), quantity, by=self.user("kehoach"))
        except (Conflict, Invalid):
            assert not fits
            return None
        assert fits
        paper.promised += quantity
        self.orders[order.pk] = Order(quantity, name)
        return order.pk

    @rule(target=given, quantity=quantities)
    def order_without_requisition(self, quantity: int) -> UUID | None:
        fits = quantity <= self.stock - self.promised
        try:
            with transaction.atomic():
                order = an_order(self.store, quantity)
        except Conflict:
            assert not fits
            return None
        assert fits
        self.orders[order.pk] = Order(quantity, None)
        return order.pk

    @rule(name=given, part=parts)
    def hand_out(self, name: UUID | None, part: int) -> None:
        if name is None:
            return
        paper, clerk = self.orders[name], self.user("thukho")
        order = MovementOrder.objects.select_related("depot", "to_unit", "to_depot").get(pk=name)
        try:
            voucher = a_voucher(order, uuid4(), by=clerk)
        except OrderEnded:
            assert not (paper.is_running and paper.left)
            return
        wanted = Content.of(voucher).lines
        less = {line["id"]: str(max(int(line["quantity"]) // part, 0)) for line in wanted}
        if not any(int(quantity) for quantity in less.values()):
            less = {}
        quantity = sum(int(less.get(line["id"], line["quantity"])) for line in wanted)
        try:
            with transaction.atomic():
                sent = post(voucher, by=clerk, **less)
        except Invalid:
            assert not paper.is_running
            return
        assert paper.is_running
        assert sent.position is not None
        paper.left -= quantity
        paper.is_running = paper.left > 0
        self.stock -= quantity
        if paper.of:
            self.asked[paper.of].promised -= quantity
            self.asked[paper.of].done += quantity
        self.moved.append(Posted(sent.position, quantity, paper.of))

    @rule(quantity=quantities)
    def issue_freely(self, quantity: int) -> None:
        try:
            with transaction.atomic():
                factories.posting(self.user("thukho"), "issue", "K01", factories.a_line(RICE, quantity))
        except Conflict:
            assert quantity > self.stock - self.promised
            return
        assert quantity <= self.stock - self.promised
        self.stock -= quantity

    @precondition(lambda self: any(not one.is_reversed for one in self.moved))
    @rule()
    def reverse(self) -> None:
        one = next(one for one in self.moved if not one.is_reversed)
        factories.posting(self.user("thukho"), Kind.REVERSAL, "K01", reverses=one.position, reason="Ghi nhầm")
        one.is_reversed = True
        self.stock += one.quantity
        if one.of:
            self.asked[one.of].done -= one.quantity

    @rule(name=given)
    def cancel(self, name: UUID | None) -> None:
        if name is None:
            return
        paper = self.orders[name]
        order = MovementOrder.objects.select_related("depot").get(pk=name)
        was_done = order.status == OrderStatus.DONE
        try:
            with transaction.atomic():
                orders.cancel(order, reason="Đổi", by=self.user("kehoach"), at=timezone.now())
        except OrderEnded:
            assert was_done
            return
        if paper.is_running and paper.of:
            self.asked[paper.of].promised -= paper.left
        paper.is_running = False

    @rule(name=requisitions)
    def give_up(self, name: UUID) -> None:
        paper = self.asked[name]
        status = Requisition.objects.get(pk=name).status
        try:
            with transaction.atomic():
                asking.close(name, reason="Thôi", by=self.user("xin"), at=timezone.now(), source=Source.WEB)
        except Conflict:
            assert paper.is_closed or status not in progress.OPEN
            return
        paper.is_closed = True

    @invariant()
    def stock_is_as_the_model_says(self) -> None:
        piles: list[Any] = list(Holding.objects.values_list("on_hand", "allocated"))
        assert sum(on_hand for on_hand, _ in piles) == self.stock
        assert sum(allocated for _, allocated in piles) == self.promised
        assert all(0 <= allocated <= on_hand for on_hand, allocated in piles)
        opened = Allocation.objects.filter(released_at=None).values_list("quantity", flat=True)
        assert sum(opened) == self.promised

    @invariant()
    def every_line_adds_up(self) -> None:
        found = progress.standings(Requisition.objects.filter(pk__in=list(self.asked)))
        for name, (line,) in found.items():
            paper = self.asked[name]
            assert (line.done, line.promised, line.open) == (paper.done, paper.promised, paper.open), name
            assert line.done + line.promised + line.open + line.short == line.asked == paper.asked
        assert not Requisition.objects.filter(status=Status.SUBMITTED).exists()


@pytest.mark.django_db
def test_any_order_of_steps_leaves_what_a_paper_model_says() -> None:
    run_state_machine_as_test(Paper, settings=MACHINE)
