"""The pages in a real browser: signing in, walking from number to number, upkeep, other languages, small screens."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.pages.browsing import CHROMIUM, Watched, serious, sign_in
from tests.pages.store import Store

pytestmark = pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="Debian's chromium is not installed")


def test_a_keeper_walks_from_stock_to_its_movements(served: tuple[str, Store], browser: Browser) -> None:
    address, store = served
    watched = Watched(address, browser.new_context(locale="vi-VN"))
    page = watched.page()
    sign_in(page, address, "thukho")
    assert page.locator("html").get_attribute("lang") == "vi"
    assert page.title() == "Tồn kho · Kho Hậu cần"

    page.keyboard.press("/")
    page.keyboard.type("gao te")
    page.keyboard.press("Enter")
    page.wait_for_url("**/?q=gao*")
    row = page.locator("tr", has_text=store.rice.code)
    assert row.locator("td.main").inner_text() == "1.600,5"

    page.click("text=Kho mẫu K01")
    page.wait_for_url("**/depots/K01/")
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
    page.wait_for_load_state()
    assert page.url == before
    assert page.locator("h1").inner_text() == "Stock card: Rice"
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
    assert page.evaluate("document.activeElement.textContent") == "Tới nội dung chính"
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"
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


PAGES = {
    None: ["/sign-in/", "/problems/", "/help/", "/help/keys/"],
    "kehoach": [
        "/", "/?q=khong-co", "/?page=2", "/depots/", "/depots/K01/", "/depots/K01/movements/",
        "/depots/K01/movements/1/",
        "/depots/K01/movements/4/", "/depots/K02/movements/1/", "/items/{rice}/", "/items/{rice}/stock-card/?depot=K01",
        "/items/{rice}/stock-card/?depot=K01&from=31/02/2026", "/items/{rice}/history/", "/depots/K01/history/",
        "/password/", "/depots/K99/", "/nowhere/",
    ],
    "danhmuc": [
        "/upkeep/", "/upkeep/catalogue/item/", "/upkeep/catalogue/item/{rice_pk}/change/",
        "/upkeep/catalogue/item/{rice_pk}/history/", "/upkeep/depots/depot/{k01_pk}/change/",
    ],
    "quantri": [
        "/", "/upkeep/accounts/user/", "/upkeep/accounts/user/{keeper_pk}/change/",
        "/upkeep/accounts/user/{keeper_pk}/password/", "/upkeep/accounts/assignment/add/",
        "/upkeep/accounts/token/add/",
    ],
}  # fmt: skip


# Dark differs from light in colours alone, so one language and one width see all of it.
LOOKS = [("light", ("vi", "en"), (1280, 360)), ("dark", ("vi",), (1280,))]


@pytest.mark.parametrize(("scheme", "languages", "widths"), LOOKS)
def test_every_page_is_usable_by_everybody(
    scheme: Any, languages: tuple[str, ...], widths: tuple[int, ...], served: tuple[str, Store], browser: Browser
) -> None:
    """No serious finding of axe, nothing from outside, no sideways scrolling: vi and en, wide and narrow."""
    address, store = served
    names = {
        "rice": store.rice.code, "rice_pk": store.rice.pk, "k01_pk": store.k01.pk, "keeper_pk": store.keeper.pk,
    }  # fmt: skip
    found: list[str] = []
    for login, pages in PAGES.items():
        # axe is our own tool and not the page's, so it may pass the policy; what it would hide, the walks above see.
        context = browser.new_context(bypass_csp=True, color_scheme=scheme, locale="vi-VN")
        watched = Watched(address, context)
        page = watched.page()
        if login:
            sign_in(page, address, login)
        for language in languages:
            context.add_cookies([{"name": "django_language", "value": language, "url": address}])
            for path in pages:
                for width in widths:
                    page.set_viewport_size({"width": width, "height": 800})
                    page.goto(address + path.format(**names))
                    where = f"{path} {language} {width} {scheme}"
                    found += serious(page, where)
                    across = page.evaluate("document.documentElement.scrollWidth")
                    if across > width:
                        found.append(f"{where}: scrolls sideways to {across}")
        watched.check()
        context.close()
    assert found == []
