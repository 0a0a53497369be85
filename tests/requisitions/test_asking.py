"""Requisitions: asked, approved along the tree of units, cut, promised in part, done, given up."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import transaction
from django.utils import timezone

from depots.models import OrganisationUnit
from inventory.ledger.models import Kind
from inventory.requisitions import asking, levels, orders, progress
from inventory.requisitions.asking import Asked, AskedLine, Cut, RequisitionMoved
from inventory.requisitions.models import ApprovalLevel, MovementOrder, Requisition, Status
from inventory.requisitions.orders import OrderDraft, OrderDraftLine
from inventory.requisitions.ring_fence import RingFenced
from inventory.vouchers.standing import SelfApproval
from logistics.accounts.models import Role, User
from logistics.errors import Forbidden, Invalid, NotFound
from logistics.history import Source
from tests import factories
from tests.notation import rows
from tests.requisitions.conftest import RICE, Store, a_voucher, post

NOW = timezone.now


def asked(quantity: int | str = 90, **given: Any) -> Asked:
    line = AskedLine(item=RICE, quantity=Decimal(quantity), note="gạo mới")
    day = timezone.localdate() + timedelta(days=5)
    return Asked(**({"unit": "G11.01", "needed_by_date": day, "lines": [line], "basis": "KH 12"} | given))


def a_requisition(store: Store, quantity: int = 90, *, by: User | None = None, **given: Any) -> Requisition:
    """Write and submit one for the regiment."""
    who = by or store.user("xin")
    one = asking.save(uuid4(), asked(quantity, **given), version=0, by=who, at=NOW(), source=Source.WEB)
    return asking.submit(one.pk, version=one.version, by=who, at=NOW(), source=Source.WEB)


def approve(one: Requisition, by: User, **cuts: Cut) -> Requisition:
    given = {int(name.removeprefix("l")): cut for name, cut in cuts.items()}
    return asking.approve(one.pk, cuts=given, version=None, by=by, at=NOW(), source=Source.WEB)


def serve(one: Requisition, quantity: int | str, *, by: User, purpose: str = "THUONG_XUYEN") -> MovementOrder:
    """Promise stock of K01 to the first line."""
    (line, *_rest) = progress.lines_of(one)
    draft = OrderDraft(
        depot="K01",
        to_unit=one.unit.code,
        lines=[OrderDraftLine(item=line.item, quantity=Decimal(quantity), purpose=purpose, requisition_line=line.pk)],
        basis=f"requisition:{one.pk}",
        needed_by_date=one.needed_by_date,
    )
    (order,) = orders.give([draft], by=by, at=NOW())
    return order


def stands(name: UUID) -> tuple[str, list[tuple[int, int, int, int]]]:
    one = Requisition.objects.get(pk=name)
    lines = progress.lines_of(one)
    for line in lines:
        assert line.done + line.promised + line.open + line.short == line.asked
    return one.status, [(int(line.done), int(line.promised), int(line.open), int(line.short)) for line in lines]


def test_the_whole_way(store: Store) -> None:
    """Asked 90, cut to 70, 50 promised, 30 handed out, the rest of that order cancelled, the rest given up."""
    planner, clerk = store.user("kehoach"), store.user("thukho")
    one = a_requisition(store)
    assert one.number == f"YC-{timezone.localdate().year}-00001"
    assert one.approving_unit == store.corps
    assert stands(one.pk) == (Status.SUBMITTED, [(0, 0, 90, 0)])
    approve(one, store.user("duyet"), l1=Cut(quantity=Decimal(70), reason="Vượt tiêu chuẩn"))
    assert stands(one.pk) == (Status.APPROVED, [(0, 0, 70, 20)])
    order = serve(one, 50, by=planner)
    assert stands(one.pk) == (Status.PART_PROMISED, [(0, 50, 20, 20)])
    post(a_voucher(order, uuid4(), by=clerk), by=clerk, l1="30")
    assert stands(one.pk) == (Status.PART_DONE, [(30, 20, 20, 20)])
    orders.cancel(order, reason="Đổi kho", by=planner, at=NOW())
    assert stands(one.pk) == (Status.PART_DONE, [(30, 0, 40, 20)])
    asking.close(one.pk, reason="Không cần nữa", by=store.user("xin"), at=NOW(), source=Source.WEB)
    assert stands(one.pk) == (Status.PART_DONE, [(30, 0, 0, 60)])
    with pytest.raises(Invalid):
        serve(Requisition.objects.get(pk=one.pk), 1, by=planner)


def test_all_done(store: Store) -> None:
    clerk = store.user("thukho")
    one = approve(a_requisition(store, 100), store.user("duyet"))
    order = serve(one, 100, by=store.user("kehoach"))
    assert stands(one.pk)[0] == Status.PROMISED
    post(a_voucher(order, uuid4(), by=clerk), by=clerk)
    assert stands(one.pk) == (Status.DONE, [(100, 0, 0, 0)])


def test_a_reversal_opens_the_requisition_and_not_the_order(store: Store) -> None:
    clerk, planner = store.user("thukho"), store.user("kehoach")
    one = approve(a_requisition(store, 100), store.user("duyet"))
    order = serve(one, 100, by=planner)
    sent = post(a_voucher(order, uuid4(), by=clerk), by=clerk)
    factories.posting(clerk, Kind.REVERSAL, "K01", reverses=sent.position, reason="Ghi nhầm")
    assert stands(one.pk)[1] == [(0, 0, 100, 0)]
    order.refresh_from_db()
    assert (order.status, order.lines.get().done) == ("done", 100)
    again = serve(Requisition.objects.get(pk=one.pk), 60, by=planner)
    assert stands(one.pk) == (Status.PART_PROMISED, [(0, 60, 40, 0)])
    assert again.number > order.number


def test_no_more_is_promised_than_is_open(store: Store) -> None:
    one = approve(a_requisition(store, 90), store.user("duyet"), l1=Cut(quantity=Decimal(40), reason="Ít"))
    with pytest.raises(Invalid) as refusal:
        serve(one, 41, by=store.user("kehoach"))
    assert [fault.code for fault in refusal.value.faults] == ["above-open"]


def test_nobody_decides_on_their_own(store: Store) -> None:
    one = a_requisition(store, by=store.user("duyet"))
    with pytest.raises(SelfApproval):
        approve(one, store.user("duyet"))
    assert not asking.waiting_for(store.user("duyet")).exists()
    assert [found.pk for found in asking.waiting_for(store.user("duyet2"))] == [one.pk]
    approve(one, store.user("duyet2"))


def test_the_askers_own_unit_does_not_approve(store: Store) -> None:
    one = a_requisition(store)
    assert not asking.waiting_for(store.user("trungdoan")).exists()
    with pytest.raises(Forbidden):
        approve(one, store.user("trungdoan"))


def test_levels_are_data(store: Store) -> None:
    company = OrganisationUnit.objects.get(code="G11.01.1")
    with factories.telling():
        ApprovalLevel.objects.create(asking_level="sub_unit", approving_level="tactical", most_quantity=100)
        ApprovalLevel.objects.create(asking_level="sub_unit", approving_level="strategic", supply_class_id="QY")
    table = """
        branch | quantity | unit
        QN     | 100      | G11.01
        QN     | 101      | G11
        QY     | 1        | G11
    """
    for row in rows(table):
        wanted = levels.Wanted(row["branch"], Decimal(row["quantity"]))
        assert levels.approving_unit(company, [wanted]).code == row["unit"], row
    both = [levels.Wanted("QN", Decimal(1)), levels.Wanted("QY", Decimal(1))]
    assert levels.approving_unit(company, both).code == "G11"
    assert levels.approving_unit(store.corps, both) == store.corps


def test_an_approver_of_one_branch_decides_on_that_branch(store: Store) -> None:
    with factories.telling():
        for assignment in store.user("duyet").assignments.all():
            assignment.supply_classes.set(["QY"])
    one = a_requisition(store)
    with pytest.raises(Forbidden):
        approve(one, store.user("duyet"))


def test_ring_fenced_stock_needs_two(store: Store) -> None:
    factories.posting(
        store.user("nguoi-ghi"), "receipt", "K01", factories.a_line(store.rice, 50, lot="L1", purpose="SSCD")
    )
    one = a_requisition(store, 20, purpose="SSCD")
    approve(one, store.user("duyet"))
    assert Requisition.objects.get(pk=one.pk).status == Status.SUBMITTED
    with pytest.raises(SelfApproval):
        approve(one, store.user("duyet"))
    with pytest.raises(orders.OrderEnded):
        serve(one, 20, by=store.user("kehoach"), purpose="SSCD")
    second = approve(one, store.user("duyet2"))
    assert second.status == Status.APPROVED
    serve(second, 20, by=store.user("kehoach"), purpose="SSCD")
    plain = approve(a_requisition(store, 20), store.user("duyet"))
    with pytest.raises(RingFenced):
        serve(plain, 5, by=store.user("kehoach"), purpose="SSCD")


def test_ring_fenced_stock_leaves_as_two_agreed_and_no_other_way(store: Store) -> None:
    """Two agreed to 20 kg of rice for the regiment: that lends nobody their consent for another purpose or place."""
    poster = store.user("nguoi-ghi")
    for purpose in ("SSCD", "DU_TRU_QUOC_GIA"):
        factories.posting(poster, "receipt", "K01", factories.a_line(store.rice, 50, lot="L1", purpose=purpose))
    one = a_requisition(store, 20, purpose="SSCD")
    for approver in ("duyet", "duyet2"):
        one = approve(one, store.user(approver))
    (line,) = progress.lines_of(one)
    rice = OrderDraftLine(item=RICE, quantity=Decimal(5), purpose="SSCD", requisition_line=line.pk)
    agreed = OrderDraft(
        depot="K01", to_unit="G11.01", lines=[rice], basis=f"requisition:{one.pk}", needed_by_date=one.needed_by_date
    )
    for wrong in (
        replace(agreed, lines=[replace(rice, purpose="DU_TRU_QUOC_GIA")]),
        replace(agreed, to_unit="G11"),
        replace(agreed, to_depot="K02"),
    ):
        with pytest.raises(RingFenced):
            orders.give([wrong], by=store.user("kehoach"), at=NOW())
    assert len(orders.give([agreed], by=store.user("kehoach"), at=NOW())) == 1


def test_what_is_wrong_is_told_at_once(store: Store) -> None:
    given = asked(
        to_depot="K99",
        purpose="KHONG",
        needed_by_date=None,
        lines=[
            AskedLine(item="QN-99", quantity=Decimal(1)),
            AskedLine(item=RICE, quantity=None),
            AskedLine(item=RICE, quantity=Decimal("1.2345")),
            AskedLine(item=RICE, quantity=Decimal(1), unit="BX"),
        ],
    )
    with pytest.raises(Invalid) as refusal:
        asking.save(uuid4(), given, version=0, by=store.user("xin"), at=NOW(), source=Source.WEB)
    assert [(fault.pointer, fault.code) for fault in refusal.value.faults] == [
        ("/to_depot", "unknown-depot"),
        ("/purpose", "unknown-purpose"),
        ("/needed_by_date", "required"),
        ("/lines/0/item", "unknown-item"),
        ("/lines/1/quantity", "quantity"),
        ("/lines/2/item", "repeated-item"),
        ("/lines/2/quantity", "too-many-decimals"),
        ("/lines/3/item", "repeated-item"),
        ("/lines/3/unit", "unknown-unit"),
    ]


def test_a_cut_says_why_and_is_not_more(store: Store) -> None:
    one = a_requisition(store)
    table = """
        granted | reason | code
        91      |        | quantity
        80      |        | reason-required
        0       | Hết    | nothing-left
    """
    for row in rows(table):
        with pytest.raises(Invalid) as refusal, transaction.atomic():
            approve(one, store.user("duyet"), l1=Cut(quantity=Decimal(row["granted"]), reason=row["reason"]))
        assert [fault.code for fault in refusal.value.faults] == [row["code"]]


def test_sent_back_changed_and_submitted_again_keeps_its_number(store: Store) -> None:
    one = a_requisition(store)
    asking.reject(one.pk, reason="Thiếu căn cứ", version=None, by=store.user("duyet"), at=NOW(), source=Source.WEB)
    clerk = store.user("xin")
    back = Requisition.objects.get(pk=one.pk)
    assert (back.status, back.decision_reason) == (Status.REJECTED, "Thiếu căn cứ")
    kept = asking.save(one.pk, asked(60), version=back.version, by=clerk, at=NOW(), source=Source.WEB)
    again = asking.submit(one.pk, version=kept.version, by=clerk, at=NOW(), source=Source.WEB)
    assert (again.number, stands(one.pk)) == (one.number, (Status.SUBMITTED, [(0, 0, 60, 0)]))


def test_a_submitted_one_is_not_changed(store: Store) -> None:
    one = a_requisition(store)
    with pytest.raises(RequisitionMoved):
        asking.save(one.pk, asked(1), version=one.version, by=store.user("xin"), at=NOW(), source=Source.WEB)


def test_withdrawing(store: Store) -> None:
    clerk = store.user("xin")
    one = approve(a_requisition(store), store.user("duyet"))
    serve(one, 10, by=store.user("kehoach"))
    with pytest.raises(RequisitionMoved):
        asking.cancel(one.pk, reason="Thôi", by=clerk, at=NOW(), source=Source.WEB)
    other = a_requisition(store)
    asking.cancel(other.pk, reason="Thôi", by=clerk, at=NOW(), source=Source.WEB)
    assert stands(other.pk) == (Status.CANCELLED, [(0, 0, 0, 90)])


def test_old_ones_expire(store: Store, settings: Any) -> None:
    settings.REQUISITION_VALID_DAYS = 10
    one = a_requisition(store, needed_by_date=timezone.localdate() - timedelta(days=11))
    fresh = a_requisition(store, needed_by_date=timezone.localdate() - timedelta(days=10))
    assert [found.pk for found in asking.expire(at=NOW())] == [one.pk]
    assert Requisition.objects.get(pk=fresh.pk).status == Status.SUBMITTED


def test_strangers_see_nothing(store: Store) -> None:
    one = a_requisition(store)
    other = factories.a_depot("K03", unit=factories.a_unit("G11.02", parent=store.corps))
    stranger = factories.a_user("la", role=Role.STOREKEEPER, depot=other)
    assert not asking.visible_to(stranger).exists()
    with pytest.raises(NotFound):
        asking.requisition_of(stranger, one.pk)
    with pytest.raises(Invalid):  # and asks for no other unit
        asking.save(uuid4(), asked(), version=0, by=stranger, at=NOW(), source=Source.WEB)
    for login in ("xin", "duyet", "kehoach", "trungdoan"):
        assert asking.visible_to(store.user(login)).exists(), login
