"""Charts in a real browser: lines answer a pointer under the strict policy, and the server's drawing is what prints."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browsers import CHROMIUM
from tests.pages.browsing import Watched, sign_in
from tests.pages.store import Store

pytestmark = pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="Debian's chromium is not installed")


def test_the_balance_of_a_card_is_drawn_and_told_under_the_pointer(served: tuple[str, Store], browser: Browser) -> None:
    address, store = served
    watched = Watched(address, browser.new_context(locale="vi-VN"))
    page = watched.page()
    sign_in(page, address, "thukho")
    for path in (
        f"/items/{store.rice.code}/stock-card/?depot=K01&from=-9",
        f"/items/{store.rice.code}/over-time/?depot=K01",
    ):
        page.goto(address + path)
        page.wait_for_selector("figure.is-live canvas")
        assert not page.locator(".chart-drawing").is_visible()
        page.locator(".u-over").scroll_into_view_if_needed()
        box = page.locator(".u-over").bounding_box()
        page.mouse.move(box["x"] + box["width"] - 2, box["y"] + 20)
        expect(page.locator(".u-legend")).to_contain_text("1.600,5")
        page.emulate_media(media="print")
        assert page.locator(".chart-drawing").is_visible()
        assert not page.locator("figure .uplot").is_visible()
        page.emulate_media(media="screen")
        page.locator("figure summary").click()
        expect(page.locator("figure tbody tr").last).to_contain_text("1.600,5", use_inner_text=True)
    page.goto(f"{address}/depots/")
    assert not page.evaluate("'uPlot' in window")  # no other page pays for it
    watched.check()
