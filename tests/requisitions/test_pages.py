"""The pages of requisitions and orders, through Django's client."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from inventory.requisitions.models import MovementOrder, Requisition, Status
from inventory.vouchers.models import Voucher
from logistics.fields import format_date
from tests.requisitions.conftest import RICE, Store, an_order
from tests.requisitions.test_asking import a_requisition, approve, serve


@pytest.fixture
def at(store: Store) -> Any:
    """Sign somebody in: `at("thukho")` is their browser, in English."""

    def signed_in(login: str) -> Client:
        client = Client()
        client.cookies["django_language"] = "en"
        client.force_login(store.user(login), backend="logistics.accounts.backends.RoleBackend")
        return client

    return signed_in


def body(answer: Any) -> str:
    return str(answer.content.decode())


def a_form(**given: str) -> dict[str, str]:
    day = timezone.localdate() + timedelta(days=5)
    return {
        "id": str(uuid4()),
        "version": "0",
        "unit": "G11.01",
        "needed_by_date": format_date(day),
        "purpose": "THUONG_XUYEN",
        "basis": "KH 12",
        "item-1": f"{RICE} Gạo tẻ",
        "quantity-1": "90",
        "unit-1": "",
        "grade-1": "1",
        "note-1": "",
        "item-2": "",
        "quantity-2": "",
        "action": "submit",
    } | given


def test_from_asking_to_the_storekeepers_draft(store: Store, at: Any) -> None:
    answer = at("xin").post(reverse("requisition-new"), a_form(), follow=True)
    assert answer.status_code == 200, body(answer)
    one = Requisition.objects.get()
    assert (one.status, one.lines.get().asked) == (Status.SUBMITTED, 90)

    page = reverse("requisition", args=[one.pk])
    chief = at("duyet")
    assert "160" in body(chief.get(page))  # what K01 has free
    decided = {"action": "approve", "version": str(one.version), "approved-1": "70", "cut_reason-1": "Vượt"}
    assert chief.post(page, decided).status_code == 302
    assert one.lines.get().approved == 70

    planner = at("kehoach")
    there = reverse("requisition-allocation", args=[one.pk])
    shown = body(planner.get(there))
    assert 'name="take-1-K01" id="take-1-K01" value="70"' in shown
    assert "L1" in shown  # which lot, and why
    given = {"action": "give", "key": str(uuid4()), "take-1-K01": "50"}
    assert planner.post(there, given).status_code == 302
    assert planner.post(there, given).status_code == 302  # pressed twice
    order = MovementOrder.objects.get()
    assert order.lines.get().quantity == 50
    assert "20 kilogram still open" in body(planner.get(reverse("requisitions")))

    clerk = at("thukho")
    assert "(1)" in body(clerk.get(reverse("depot-orders-waiting", args=["K01"])))
    made = clerk.post(reverse("order", args=[order.pk]), {"action": "voucher", "voucher": str(uuid4())})
    voucher = Voucher.objects.get()
    assert made["Location"] == f"{reverse('entry', args=['K01'])}?voucher={voucher.pk}"
    assert voucher.movement_order == order.pk
    paper = clerk.get(reverse("picklist", args=[order.pk]))
    assert paper.content.startswith(b"%PDF")


def test_what_cannot_be_read_is_told_beside_its_box_and_kept(store: Store, at: Any) -> None:
    given = a_form(**{"item-1": "gao", "quantity-1": "nhiều", "needed_by_date": "32/13/2026"})
    answer = at("xin").post(reverse("requisition-new"), given)
    shown = body(answer)
    assert answer.status_code == 422
    assert "nhiều" in shown
    assert "32/13/2026" in shown
    assert shown.count('aria-invalid="true"') >= 2
    assert not Requisition.objects.exists()


def test_an_item_is_found_by_words(store: Store, at: Any) -> None:
    assert at("xin").post(reverse("requisition-new"), a_form(**{"item-1": "gao te"})).status_code == 302
    assert Requisition.objects.get().lines.get().item.code == RICE
    options = body(at("xin").get(reverse("requisition-items"), {"item-1": "gao"}))
    assert f'value="{RICE} Gạo tẻ"' in options


def test_more_than_is_free_is_refused_with_names(store: Store, at: Any) -> None:
    first = an_order(store, 150)
    one = approve(a_requisition(store), store.user("duyet"))
    answer = at("kehoach").post(
        reverse("requisition-allocation", args=[one.pk]), {"action": "give", "key": str(uuid4()), "take-1-K01": "20"}
    )
    assert answer.status_code == 409
    assert first.number in body(answer)
    assert 'value="20"' in body(answer)


def test_who_may_not_is_refused(store: Store, at: Any) -> None:
    one = a_requisition(store)
    page = reverse("requisition", args=[one.pk])
    assert at("trungdoan").post(page, {"action": "approve"}).status_code == 403
    assert at("xin").get(reverse("requisition-allocation", args=[one.pk])).status_code == 403
    order = an_order(store, 5)
    assert at("thukho").post(reverse("order", args=[order.pk]), {"action": "cancel", "reason": "x"}).status_code == 403


def test_cancelling_an_order_says_why(store: Store, at: Any) -> None:
    order = an_order(store, 5)
    page = reverse("order", args=[order.pk])
    assert at("kehoach").post(page, {"action": "cancel", "reason": " "}).status_code == 422
    assert at("kehoach").post(page, {"action": "cancel", "reason": "Đổi kho"}).status_code == 302
    assert "Đổi kho" in body(at("thukho").get(page))


def test_lists_cost_the_same_however_long(store: Store, at: Any, django_assert_max_num_queries: Any) -> None:
    for quantity in (1, 2, 3):
        serve(approve(a_requisition(store, 30), store.user("duyet")), quantity, by=store.user("kehoach"))
    for name in ("requisitions", "orders"):
        client = at("kehoach")
        client.get(reverse(name))
        with django_assert_max_num_queries(20):
            assert client.get(reverse(name)).status_code == 200
    file = b"".join(at("kehoach").get(reverse("requisitions-file", args=["csv"])).streaming_content)
    assert file.count(b"YC-") == 3


def test_giving_up_and_withdrawing(store: Store, at: Any) -> None:
    one = approve(a_requisition(store), store.user("duyet"))
    serve(one, Decimal(40), by=store.user("kehoach"))
    page = reverse("requisition", args=[one.pk])
    assert at("xin").post(page, {"action": "cancel", "reason": "Thôi"}).status_code == 409
    assert at("xin").post(page, {"action": "close", "reason": "Đủ rồi"}).status_code == 302
    assert Requisition.objects.get(pk=one.pk).closed_at is not None
    assert "Đủ rồi" in body(at("xin").get(page))
