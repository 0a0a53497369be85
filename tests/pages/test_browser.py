"""The pages in a real browser: signing in, walking from number to number, upkeep."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browsers import CHROMIUM
from tests.pages.browsing import Watched, sign_in
from tests.pages.store import Store

pytestmark = pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="Debian's chromium is not installed")


def test_a_keeper_walks_from_stock_to_its_movements(served: tuple[str, Store], browser: Browser) -> None:
    address, store = served
    watched = Watched(address, browser.new_context(locale="vi-VN"))
    page = watched.page()
    sign_in(page, address, "thukho")
    assert page.locator("html").get_attribute("lang") == "vi"
    assert page.title() == "Tổng quan · Kho Hậu cần"

    page.click("text=Kho mẫu K01 >> nth=-1")
    page.wait_for_url("**/depots/K01/")
    page.keyboard.press("/")
    page.keyboard.type("gao te")
    page.keyboard.press("Enter")
    page.wait_for_url("**/depots/K01/?q=gao*")
    row = page.locator("tr", has_text=store.rice.code)
    assert row.locator("td.main").inner_text() == "1.580,5"  # available: 20 of 1.600,5 are promised to an order

    page.click("a:has-text('Toàn bộ sổ kho')")
    page.click("a:text-is('K01/1')")
    page.wait_for_url("**/depots/K01/movements/1/")
    assert store.receipt.hash.hex() in page.content()
    # The name is text, so nothing of it ran.
    assert page.locator("img").count() == 0

    page.click("td.n a:text-is('2.000,5'), td.n a:text-is('1.200')")
    page.wait_for_url("**/stock-card/**")
    assert page.locator("tfoot").inner_text().split()[-1] == "1.600,5"
    before = page.url
    page.click("button:has-text('English')")
    expect(page.locator("h1")).to_have_text("Stock card: Rice")
    assert page.url == before
    assert page.locator("tfoot").inner_text().split()[-1] == "1,600.5"

    page.click("button:has-text('Sign out')")
    page.wait_for_url("**/sign-in/")
    page.goto(f"{address}/depots/K01/")
    assert "/sign-in/" in page.url
    watched.check()


def test_the_skip_link_comes_first_and_focus_is_seen(served: tuple[str, Store], browser: Browser) -> None:
    address, _store = served
    watched = Watched(address, browser.new_context(locale="vi-VN"))
    page = watched.page()
    sign_in(page, address, "thukho")
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text("Tới nội dung chính")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    expect(page.locator("#content")).to_be_focused()
    watched.check()


def test_upkeep_of_an_item_asks_why_and_shows_it_in_the_history(served: tuple[str, Store], browser: Browser) -> None:
    address, store = served
    watched = Watched(address, browser.new_context(locale="vi-VN"))
    page = watched.page()
    sign_in(page, address, "danhmuc")
    page.click("nav a:has-text('Cập nhật danh mục')")
    page.click("#content a:text-is('Vật chất')")
    page.fill("#searchbar", "gao")
    page.press("#searchbar", "Enter")
    page.click(f"a:text-is('{store.rice.code}')")
    page.fill("#id_name", "Gạo tẻ thường")
    page.click("input[name=_save]")
    assert "Trường này là bắt buộc" in page.locator(".errorlist").first.inner_text()
    assert page.input_value("#id_name") == "Gạo tẻ thường"
    page.fill("#id_reason", "Theo danh mục năm 2026")
    page.click("input[name=_save]")
    page.wait_for_url("**/upkeep/catalogue/item/**")
    page.click(f"a:text-is('{store.rice.code}')")
    page.click("a.historylink")
    page.wait_for_url("**/history/")
    shown = page.locator("#content-main tbody tr").first.inner_text()
    assert "Theo danh mục năm 2026" in shown
    assert "Gạo tẻ → Gạo tẻ thường" in shown
    watched.check()


def test_choosing_from_a_long_list_works_under_the_policy(served: tuple[str, Store], browser: Browser) -> None:
    address, _store = served
    watched = Watched(address, browser.new_context(locale="vi-VN"))
    page = watched.page()
    sign_in(page, address, "quantri")
    page.goto(f"{address}/upkeep/accounts/assignment/add/")
    page.click(".field-user .select2-selection")
    page.keyboard.type("kehoach")
    page.click(".select2-results__option:has-text('kehoach')")
    page.click(".field-valid_from .datetimeshortcuts a >> nth=0")
    assert page.input_value("#id_valid_from").count("/") == 2
    page.select_option("#id_role", "auditor")
    page.fill("#id_reason", "Kiểm toán năm")
    page.click("input[name=_save]")
    page.wait_for_url("**/upkeep/accounts/assignment/")
    watched.check()
