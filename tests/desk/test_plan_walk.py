"""From a list to the shelf: a planner pastes it and gives orders, storekeepers carry them out on both sides."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.utils import timezone
from playwright.sync_api import Page

from inventory.ledger.models import ConsignmentLine
from inventory.requisitions.models import MovementOrder
from inventory.sourcing.models import Plan
from tests.desk.conftest import House
from tests.desk.test_every_page import EVERYTHING, LOOK, REACH
from tests.desk.test_people import go
from tests.entry.conftest import Clerk
from tests.offline.conftest import in_store
from tests.pages.browsing import AXE

Seat = Callable[..., Clerk]


def faults_of(page: Page) -> list[Any]:
    """Return what axe and the eye of a narrow screen find wrong with a page as it stands."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found: list[Any] = page.evaluate(LOOK, EVERYTHING)
    return found + page.evaluate(REACH)


def test_a_plan_becomes_goods_at_the_destination(house: House, seat: Seat) -> None:
    planner, sender, receiver = seat("kehoach"), seat("thukho02"), seat("thukho")
    page = planner.page
    go(planner, "/plans/new/")
    page.fill("#pasted", "gạo tẻ\t30\nkhông có gì\t5\tkg\n")
    page.click("button[value=read]")
    page.wait_for_selector(".summary")
    assert "không có gì" in page.inner_text(".summary")
    assert page.input_value("#id-item-1") == "không có gì", "nothing that was typed is lost"
    page.fill("#id-item-1", "")
    page.fill("#id-quantity-1", "")
    page.fill("#id-unit-1", "")
    page.fill("#id_name", "Gạo về K01")
    page.select_option("#id_destination", "depot:K01")
    page.fill("#id_needed_by", "+3")
    page.click("button[value=solve]")
    page.wait_for_url("**/plans/*-*/")
    there = page.url.removeprefix(house.address)
    text = page.inner_text("#content")
    assert "kho gần nhất đủ 100 %" in text
    assert "K02" in text
    for width in (1280, 360):
        page.set_viewport_size({"width": width, "height": 800})
        assert faults_of(page) == []
    beside = f"/plans/compare/?a={house.store.plan}&b={house.store.sourced}"
    for path in ("/plans/", "/plans/new/", beside, f"/plans/{house.store.sourced}/"):
        go(planner, path)
        for width in (360, 1280):
            page.set_viewport_size({"width": width, "height": 800})
            assert faults_of(page) == [], path
    go(planner, there)
    page.click("button[value=order]")
    page.wait_for_selector("#orders")
    number = page.inner_text("section[aria-labelledby=orders] tbody th a")
    order: Any = in_store(lambda: MovementOrder.objects.select_related("depot").get(number=number))
    assert (order.depot.code, order.kind) == ("K02", "transfer_out")

    go(sender, f"/orders/{order.pk}/")
    sender.page.click("button[value=voucher]")
    sender.page.wait_for_url("**/depots/K02/**")
    sender.page.wait_for_selector("#lines tr[data-line]")
    assert sender.cells("quantity") == ["30"]
    sender.page.focus("#lines tr[data-line] >> nth=0 >> [data-member=quantity]")
    sender.post()
    sent = sender.movement()
    go(planner, there)
    assert sent["number"] in planner.page.inner_text("section[aria-labelledby=orders]")
    assert "1 dòng đang đi đường" in planner.page.inner_text("section[aria-labelledby=orders]")

    go(receiver, "/depots/K01/arrivals/")
    receiver.page.click(f"a.button[href*='consignment=K02/{sent['position']}']")
    receiver.until("location.search.includes('voucher=')")
    receiver.page.wait_for_selector("#lines tr[data-line]")
    receiver.press("30", "Enter")
    receiver.post()
    road = in_store(lambda: ConsignmentLine.objects.get(depot=house.store.k02, position=sent["position"]))
    assert (road.received, road.in_transit) == (30, 0)
    go(planner, there)
    assert "1 dòng đã nhận" in planner.page.inner_text("section[aria-labelledby=orders]")
    plan: Any = in_store(lambda: Plan.objects.get(pk=there.strip("/").rpartition("/")[2]))
    assert plan.orders == [order.pk]
    assert plan.solved_at < timezone.now()
