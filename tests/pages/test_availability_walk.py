"""The availability page in a real browser: typing, opening rows, following numbers, going back, and the past."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, expect

from tests.browsers import CHROMIUM
from tests.longer import LONG_ONLY
from tests.pages.browsing import Watched, serious, sign_in
from tests.pages.store import Store

pytestmark = pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="Debian's chromium is not installed")
AMBER = "rgb(255, 227, 163)"  # the ground of pages that show the past


def test_a_planner_walks_from_a_search_to_the_voucher_and_back_in_time(
    served: tuple[str, Store], browser: Browser
) -> None:
    address, store = served
    context = browser.new_context(locale="vi-VN", bypass_csp=False)
    watched = Watched(address, context)
    page = watched.page()
    sign_in(page, address, "kehoach")
    page.goto(f"{address}/stock/")
    page.keyboard.press("/")
    page.keyboard.type("gao te")
    page.wait_for_url("**/stock/?q=gao*te")  # as it is typed, without empty fields
    expect(page.locator("#found tbody tr")).to_have_count(1)

    item = page.locator("a.expand", has_text="Gạo tẻ")
    with context.expect_page() as opened:  # a link like any other
        item.click(modifiers=["Control"])
    opened.value.wait_for_url("**/items/*/")
    assert urlsplit(opened.value.url).path == f"/items/{store.rice.code}/"
    opened.value.close()

    item.click()
    depot = page.locator("tr.opened a.expand", has_text="K01")
    depot.click()
    lot = page.locator("tr.opened tr.opened a", has_text="L25-01")
    assert page.url.endswith("te"), "rows open in place"
    assert item.get_attribute("aria-expanded") == "true"
    item.click()
    expect(depot).to_be_hidden()
    item.click()
    lot.click()
    page.wait_for_url("**/depots/K01/movements/?item=*&lot=L25-01")
    page.click("a:text-is('K01/1')")
    page.wait_for_url("**/depots/K01/movements/1/")
    page.go_back()
    page.go_back()
    expect(page.locator("#found tbody tr")).to_have_count(1)
    expect(page.locator("#id_q")).to_have_value("gao te")

    day = timezone.localdate() - timedelta(days=5)
    page.click(".as-of summary")
    page.fill("#as-of-instant", f"{day:%d/%m/%Y}")
    page.press("#as-of-instant", "Enter")
    page.wait_for_url(f"**/stock/?q=gao*te&as_of={day}")
    expect(page.locator("body")).to_have_css("background-color", AMBER)
    expect(page.locator("#found td.n a").first).to_have_text("2.000,5")
    page.click("a:has-text('theo thời điểm ghi sổ')")
    page.wait_for_url(f"**recorded_as_of={day}")
    expect(page.locator("#found tbody tr")).to_have_count(0)  # nothing of it was written down by then
    page.click(".as-of .now")
    page.wait_for_url("**/stock/?q=gao*te")
    expect(page.locator("body")).not_to_have_css("background-color", AMBER)
    watched.check()


@LONG_ONLY
def test_the_pages_are_for_everybody_at_every_width(served: tuple[str, Store], browser: Browser) -> None:
    address, store = served
    found: list[str] = []
    yesterday = timezone.localdate() - timedelta(days=1)
    item = f"/items/{store.rice.code}/"
    for language, width in (("vi", 360), ("en", 1280)):
        context = browser.new_context(locale="vi-VN", bypass_csp=True)
        page = context.new_page()
        sign_in(page, address, "kehoach")
        context.add_cookies([{"name": "django_language", "value": language, "url": address}])
        for path in (
            "/stock/", f"/stock/?as_of={yesterday}", "/stock/?as_of=31/02/2026", "/stock/views/",
            f"/stock/later/?as_of={yesterday}", f"{item}?depot=K01", f"{item}allocations/", f"{item}road/",
        ):  # fmt: skip
            page.set_viewport_size({"width": width, "height": 800})
            page.goto(f"{address}{path}")
            if path == "/stock/":
                page.click("a.expand")
                expect(page.locator("tr.opened").first).to_be_visible()
                for fold in page.locator("#content details > summary").all():
                    fold.click()
            found += serious(page, f"{language} {width} {path}")
            if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                found.append(f"{language} {width} {path}: wider than the screen")
        context.close()
    assert found == []
