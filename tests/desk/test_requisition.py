"""From a unit's wish to the goods on the lorry: asked, cut by the unit above, promised, handed out in part."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone
from playwright.sync_api import Page

from inventory.ledger.models import Allocation
from inventory.requisitions.models import MovementOrder, Requisition
from logistics.accounts.models import Assignment, Role
from logistics.fields import format_date
from tests import factories
from tests.desk.conftest import House
from tests.entry.conftest import Clerk
from tests.longer import LONG_ONLY
from tests.offline.conftest import in_store
from tests.pages.browsing import serious
from tests.pages.store import PASSWORD

Seat = Callable[..., Clerk]


def _people(house: House) -> None:
    """A regiment below the corps that keeps K01: who asks for it, and who approves above it."""
    corps = house.store.k01.unit
    regiment = factories.a_unit("G11.07", parent=corps)
    for login, role, unit in (("xin", Role.STOREKEEPER, regiment), ("captren", Role.APPROVER, corps)):
        user = factories.a_user(login, password=PASSWORD)
        with factories.telling():
            Assignment.objects.create(user=user, role=role, unit=unit)


def _look(page: Page, name: str) -> None:
    """Keep a picture, wide and narrow, where one is asked for."""
    if folder := os.environ.get("SHOTS"):
        for width in (1280, 360):
            page.set_viewport_size({"width": width, "height": 900})
            page.screenshot(path=f"{folder}/{name}-{width}.png", full_page=True)
        page.set_viewport_size({"width": 1280, "height": 900})


def _stands(rice: str) -> tuple[Any, ...]:
    order = MovementOrder.objects.get(to_unit__code="G11.07")
    one = Requisition.objects.get(unit__code="G11.07")
    held = Allocation.objects.filter(reference=str(order.pk), released_at=None)
    return (
        one.status,
        order.status,
        order.lines.get(item__code=rice).done,
        sum(held.values_list("quantity", flat=True), Decimal(0)),
    )


def test_a_unit_asks_and_gets_a_part(house: House, seat: Seat) -> None:
    in_store(lambda: _people(house))
    rice = house.store.rice.code
    asker, chief, planner, clerk = (seat(login) for login in ("xin", "captren", "kehoach", "thukho"))

    page = asker.page
    page.goto(f"{asker.site.address}/requisitions/new/")
    day = timezone.localdate() + timedelta(days=5)
    page.fill("#id_needed_by_date", format_date(day))
    page.fill("#id_basis", "KH 12/HC")
    page.focus("#item-1")
    page.keyboard.type("gao te")
    page.wait_for_selector(f"#goods option[value^='{rice}']", state="attached")
    page.keyboard.press("Tab")
    page.keyboard.type("90")
    page.click("text=Thêm một dòng")
    page.wait_for_selector("#item-6", state="attached")
    _look(page, "new")
    page.click("button[value=submit]")
    page.wait_for_selector("h1:has-text('YC-')")
    _look(page, "submitted")
    there = page.url.removeprefix(asker.site.address)

    page = chief.page
    page.goto(f"{chief.site.address}/requisitions/?mine=deciding")
    _look(page, "list")
    page.click(f"a[href='{there}']")
    assert "K01" in page.inner_text("table.inner"), "what suppliers have stands beside the line"
    _look(page, "deciding")
    page.fill("[name=approved-1]", "70")
    page.click("button[value=approve]")
    page.wait_for_selector(".summary:has-text('lý do')")
    page.fill("[name=approved-1]", "70")
    page.fill("[name=cut_reason-1]", "Vượt tiêu chuẩn")
    page.click("button[value=approve]")
    page.wait_for_selector("h1 .mark:has-text('duyệt')")

    page = planner.page
    page.goto(planner.site.address + there)
    page.click("a.button:has-text('Giữ chỗ hàng')")
    page.wait_for_selector("#take-1-K01")
    assert page.input_value("#take-1-K01") or page.input_value("#take-1-K02")
    for box in page.locator("input.quantity").all():
        box.fill("")
    page.fill("#take-1-K01", "50")
    page.click("button[value=look]")
    page.wait_for_selector("tr.under")
    _look(page, "allocation")
    page.click("button[value=give]")
    page.wait_for_selector("a[href^='/orders/']:has-text('LD-')")
    assert "20" in page.inner_text("td strong.warn"), "what nobody promised is still seen"
    _look(page, "promised")

    page = clerk.page
    page.goto(f"{clerk.site.address}/depots/K01/desk/")
    page.click("a:has-text('Lệnh chờ thực hiện')")
    page.wait_for_selector("a[href^='/orders/']")
    _look(page, "orders")
    page.click("tr:has-text('G11.07') a[href^='/orders/']")
    _look(page, "order")
    page.click("button[value=voucher]")
    clerk.until("location.search.includes('voucher=')")
    page.wait_for_selector("#lines tr[data-line]")
    assert clerk.cells("quantity")[0] == "50"
    page.fill("#lines tr[data-line] >> nth=0 >> [data-member=quantity]", "30")
    page.keyboard.press("Enter")
    clerk.post()
    assert in_store(lambda: _stands(rice)) == ("part_done", "part_done", Decimal(30), Decimal(20))

    page = asker.page
    page.goto(asker.site.address + there)
    assert "20" in page.inner_text("td strong.warn")
    _look(page, "part-done")


@LONG_ONLY
def test_every_page_of_it_can_be_used_by_everybody(house: House, seat: Seat) -> None:
    store = house.store
    found = []
    for login, language in (("kehoach", "vi"), ("kehoach", "en")):
        person = seat(login, language)
        context = person.context.browser.new_context(bypass_csp=True, storage_state=person.context.storage_state())  # type: ignore[union-attr]
        page = context.new_page()
        for path in (
            "/requisitions/", "/requisitions/new/", f"/requisitions/{store.requisition}/", "/orders/",
            f"/requisitions/{store.requisition}/allocation/", f"/orders/{store.order}/", "/depots/K01/orders/",
        ):  # fmt: skip
            page.goto(house.address + path)
            found += serious(page, f"{language} {path}")
        context.close()
    assert found == []
