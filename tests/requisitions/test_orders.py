"""Orders promise stock; vouchers made from them take exactly that."""

from __future__ import annotations

import io
import json
from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from inventory.ledger.models import Holding, Movement
from inventory.ledger.refusals import InsufficientStock, InvalidMovement
from inventory.requisitions import orders, tasks
from inventory.requisitions.models import MovementOrder, OrderStatus
from inventory.requisitions.orders import OrderDraft, OrderDraftLine, OrderEnded
from inventory.requisitions.ring_fence import RingFenced
from inventory.vouchers.models import Status as VoucherStatus
from logistics.errors import Conflict, Invalid
from tests import factories
from tests.factories import in_threads
from tests.notation import rows
from tests.requisitions.conftest import RICE, Store, a_voucher, an_order, post, promised

NOW = timezone.now


def test_numbers_have_no_gaps_and_begin_anew_every_year(store: Store) -> None:
    year = timezone.localdate().year
    first = an_order(store, 10)
    with pytest.raises(InsufficientStock):
        an_order(store, 1000)
    assert [first.number, an_order(store, 10).number] == [f"LD-{year}-00001", f"LD-{year}-00002"]


def test_asking_twice_with_one_id_is_one_order(store: Store) -> None:
    name = uuid4()
    assert an_order(store, 10, id=name) == an_order(store, 10, id=name)
    assert promised() == 10


def test_a_shortage_names_depot_document_and_person(store: Store) -> None:
    first = an_order(store, 150)
    with pytest.raises(InsufficientStock) as refusal:
        an_order(store, 30)
    (shortage,) = refusal.value.shortages
    assert (shortage["depot"], shortage["available"]) == ("K01", "10.000")
    assert {held["document"] for held in shortage["held_by"]} == {first.number}
    assert (
        f"150 to {first.number} (kehoach)" in refusal.value.detail or f"150 cho {first.number}" in refusal.value.detail
    )


def test_several_depots_are_all_or_nothing(store: Store) -> None:
    line = OrderDraftLine(item=RICE, quantity=Decimal(10))
    given = {"basis": "plan:1", "needed_by_date": timezone.localdate(), "to_unit": "G11.01"}
    drafts = [OrderDraft(depot=depot, lines=[line], **given) for depot in ("K01", "K02")]
    with pytest.raises(InsufficientStock) as refusal:
        orders.give(drafts, by=store.user("kehoach"), at=NOW())
    assert [one["depot"] for one in refusal.value.shortages] == ["K02"]
    assert "K02" in refusal.value.detail
    assert (promised(), MovementOrder.objects.count()) == (0, 0)


def test_a_voucher_takes_what_was_promised_and_the_rest_stays(store: Store) -> None:
    clerk = store.user("thukho")
    order = an_order(store, 130)
    an_order(store, 30)  # every kilogram is promised now
    draft = a_voucher(order, uuid4(), by=clerk)
    assert [(line["lot"], line["quantity"]) for line in draft.lines] == [("L1", "100"), ("L2", "30")]
    assert a_voucher(order, uuid4(), by=clerk) == draft  # pressed twice
    sent = post(draft, by=clerk, l1="70", l2="0")
    order.refresh_from_db()
    assert (sent.status, order.status, order.lines.get().done) == (VoucherStatus.POSTED, OrderStatus.PART_DONE, 70)
    assert promised() == 90
    post(a_voucher(order, uuid4(), by=clerk), by=clerk)
    order.refresh_from_db()
    assert (order.status, order.lines.get().done, promised()) == (OrderStatus.DONE, 130, 30)


def test_what_was_not_promised_is_refused(store: Store) -> None:
    clerk = store.user("thukho")
    table = """
        what        | lot | quantity | why
        more        | L1  | 51       | insufficient-stock
        another lot | L2  | 10       | insufficient-stock
    """
    for row in rows(table):
        with transaction.atomic():
            draft = a_voucher(an_order(store, 50), uuid4(), by=clerk)
            draft.lines[0] |= {"lot": row["lot"], "scheduled_quantity": row["quantity"]}
            with pytest.raises(InsufficientStock) as refusal:
                post(draft, by=clerk, l1=row["quantity"])
            assert refusal.value.slug == row["why"]
            assert [one["code"] for one in refusal.value.members["errors"]] == [row["why"]]
            transaction.set_rollback(True)


def test_another_kind_than_ordered_is_refused(store: Store) -> None:
    clerk = store.user("thukho")
    draft = a_voucher(an_order(store, 50), uuid4(), by=clerk)
    draft.kind, draft.to_depot = "transfer_out", "K02"
    with pytest.raises(InvalidMovement) as refusal:
        post(draft, by=clerk)
    assert {fault.code for fault in refusal.value.faults} == {"not-as-ordered"}


def test_a_transfer_order_puts_goods_on_the_road(store: Store) -> None:
    order = an_order(store, 20, to_depot="K02")
    sent = post(a_voucher(order, uuid4(), by=store.user("thukho")), by=store.user("thukho"))
    assert Movement.objects.get(depot=store.big, position=sent.position).kind == "transfer_out"
    assert promised() == 0


def test_cancelling_frees_and_ends(store: Store) -> None:
    clerk, planner = store.user("thukho"), store.user("kehoach")
    order = an_order(store, 50)
    draft = a_voucher(order, uuid4(), by=clerk)
    orders.cancel(order, reason="Đổi kế hoạch", by=planner, at=NOW())
    assert promised() == 0
    with pytest.raises(InvalidMovement) as refusal:
        post(draft, by=clerk)
    assert {fault.code for fault in refusal.value.faults} == {"order-ended"}
    with pytest.raises(Invalid):
        orders.cancel(order, reason=" ", by=planner, at=NOW())


def test_a_done_order_is_not_cancelled(store: Store) -> None:
    order = an_order(store, 50)
    post(a_voucher(order, uuid4(), by=store.user("thukho")), by=store.user("thukho"))
    with pytest.raises(OrderEnded):
        orders.cancel(order, reason="Muộn", by=store.user("kehoach"), at=NOW())


def test_a_promise_lapses_and_is_not_trusted_before_that_is_noticed(store: Store) -> None:
    clerk = store.user("thukho")
    order = an_order(store, 50, expires_at=NOW() - timedelta(seconds=1))
    draft = a_voucher(order, uuid4(), by=clerk)
    with pytest.raises(InvalidMovement), transaction.atomic():
        post(draft, by=clerk)
    assert [one.pk for one in orders.expire(at=NOW())] == [order.pk]
    assert promised() == 0
    order.refresh_from_db()
    assert order.status == OrderStatus.EXPIRED
    assert orders.expire(at=NOW()) == []


def test_ring_fenced_stock_is_promised_to_no_plan(store: Store) -> None:
    line = OrderDraftLine(item=RICE, quantity=Decimal(1), purpose="SSCD")
    draft = OrderDraft(depot="K01", lines=[line], basis="plan:1", needed_by_date=timezone.localdate(), to_unit="G11.01")
    with pytest.raises(RingFenced):
        orders.give([draft], by=store.user("kehoach"), at=NOW())


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM requisitions_movementorder",
        "UPDATE requisitions_orderline SET done = done - 1 WHERE done > 0",
        "UPDATE requisitions_orderline SET quantity = 99",
        "UPDATE vouchers_voucher SET movement_order = NULL WHERE movement_order IS NOT NULL AND status = 'draft'",
    ],
)
def test_the_database_keeps_orders(store: Store, statement: str) -> None:
    clerk = store.user("thukho")
    order = an_order(store, 50)
    post(a_voucher(order, uuid4(), by=clerk), by=clerk, l1="10")
    a_voucher(order, uuid4(), by=clerk)
    with pytest.raises(Exception, match=r"order|permission"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_twenty_planners_and_one_hundred_kilograms(real_store: Store) -> None:
    """160 kg lie there: at 20 kg each, eight get theirs, twelve are told who holds the rest."""
    planner = real_store.user("kehoach")
    answers = in_threads(20, lambda _: an_order(real_store, 20, by=planner))
    given = [one for one in answers if isinstance(one, MovementOrder)]
    refused = [one for one in answers if not isinstance(one, MovementOrder)]
    assert len(given) == 8, answers
    assert promised() == 160
    assert all(isinstance(one, InsufficientStock) for one in refused), refused
    numbers = {one.number for one in given}
    for refusal in refused:
        assert isinstance(refusal, InsufficientStock)
        held = {one["document"] for one in refusal.shortages[0]["held_by"]}
        assert held == numbers
        assert "kehoach" in refusal.detail
    assert sorted(numbers) == [f"LD-{timezone.localdate().year}-{n:05d}" for n in range(1, 9)]


def test_posting_cancelling_and_giving_at_once_never_promises_what_is_not_there(real_store: Store) -> None:
    clerk, planner = real_store.user("thukho"), real_store.user("kehoach")
    drafts = [a_voucher(an_order(real_store, 20, by=planner), uuid4(), by=clerk) for _ in range(6)]

    def work(index: int) -> object:
        mine = drafts[index % 6]
        if index < 6:
            return post(mine, by=clerk)
        if index < 12:
            order = MovementOrder.objects.select_related("depot").get(pk=mine.movement_order)
            return orders.cancel(order, reason="Đổi", by=planner, at=NOW())
        return an_order(real_store, 15, by=planner)

    answers = in_threads(18, work)
    assert not [one for one in answers if isinstance(one, Exception) and not isinstance(one, Conflict | Invalid)]
    left = sum(Holding.objects.values_list("on_hand", flat=True))
    moved = sum(line.done for order in MovementOrder.objects.all() for line in order.lines.all())
    assert left == 160 - moved
    waiting = sum(
        line.quantity - line.done
        for order in MovementOrder.objects.filter(status__in=["open", "part_done"])
        for line in order.lines.all()
    )
    assert promised() == waiting


def test_a_person_of_another_place_sees_no_order(store: Store) -> None:
    order = an_order(store, 5)
    stranger = factories.a_user("la")
    assert order in orders.visible_to(store.user("thukho"))
    assert not orders.visible_to(stranger).exists()


def test_more_done_than_ordered_is_refused_by_the_database(store: Store) -> None:
    line = an_order(store, 5).lines.get()
    line.done = Decimal(6)
    with pytest.raises(IntegrityError):
        line.save()


def test_the_command_and_the_worker_end_what_lapsed(store: Store) -> None:
    first = an_order(store, 50, expires_at=NOW() - timedelta(seconds=1))
    told = io.StringIO()
    call_command("expire_orders", "--dry-run", "--format", "json", stdout=told)
    assert json.loads(told.getvalue())["orders"] == [first.number]
    assert promised() == 50, "a dry run changes nothing"
    tasks.expire(timestamp=0)
    assert promised() == 0
    told = io.StringIO()
    call_command("expire_orders", "--format", "json", stdout=told)
    assert json.loads(told.getvalue())["orders"] == []
