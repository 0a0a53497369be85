"""A meeting pack on a tablet: opened once, it opens again where there is no network."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browsers import CHROMIUM, PATIENCE_MS
from tests.pages.browsing import Watched, sign_in
from tests.pages.store import Store

KEPT = """async (path) => {
    for (const name of (await caches.keys()).filter((one) => one.startsWith("kho-pages-")))
        if ((await (await caches.open(name)).keys()).some(({ url }) => url.includes(path))) return true;
    return false;
}"""

pytestmark = pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="Debian's chromium is not installed")


def test_a_pack_once_opened_opens_without_a_network_charts_and_all(
    served: tuple[str, Store],
    browser: Browser,
) -> None:
    address, store = served
    watched = Watched(address, browser.new_context(locale="vi-VN"))
    page = watched.page()
    sign_in(page, address, "thukho")
    there = f"{address}/packs/{store.pack}/"
    page.goto(there)
    page.evaluate("navigator.serviceWorker.ready.then(() => null)")
    page.goto(there)
    deadline = time.monotonic() + PATIENCE_MS / 1000
    while not page.evaluate(KEPT, f"/packs/{store.pack}/"):
        assert time.monotonic() < deadline, "the browser kept no copy"
        page.wait_for_timeout(100)
    page.context.set_offline(True)
    page.goto(there)
    page.wait_for_selector("figure.is-live canvas")
    assert page.locator(".part").count() == 2
    assert "1.600,5" in page.locator(".part").first.inner_text()
    assert page.locator(".chart-bars rect.above").count() > 0
    assert page.locator("nav.contents a").first.bounding_box()["height"] >= 44
    page.click("nav.contents a >> nth=1")
    expect(page).to_have_url(f"{there}#part-2")
