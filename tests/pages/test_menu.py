"""The menu in a real browser: one line where there is room, a fold that needs no script where there is not."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from logistics.accounts.models import Assignment, Role
from tests import factories
from tests.browsers import CHROMIUM
from tests.pages.browsing import Watched, serious, sign_in
from tests.pages.store import Store

pytestmark = pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="Debian's chromium is not installed")
ONE_LINE_PX = 60


@pytest.fixture
def everything(served: tuple[str, Store]) -> str:
    """A site whose storekeeper has every role there is; its address."""
    address, store = served
    with factories.telling():
        for role in Role.values:
            Assignment.objects.create(user=store.keeper, role=role)
    return address


def test_the_menu_of_whoever_does_everything_fits_and_folds(everything: str, browser: Browser) -> None:
    for locale in ("vi-VN", "en-US"):
        look(everything, browser, locale)


def look(address: str, browser: Browser, locale: str) -> None:
    """Open the menu on a wide screen with keys, and on a narrow one without scripts."""
    watched = Watched(address, browser.new_context(locale=locale, service_workers="block", bypass_csp=True))
    page = watched.page()
    page.set_viewport_size({"width": 1280, "height": 800})
    sign_in(page, address, "thukho")
    head = page.locator(".masthead")
    box = head.bounding_box()
    assert box is not None
    assert box["height"] <= ONE_LINE_PX
    more, norms = page.locator(".fold-more summary"), page.locator('.masthead a[href="/norms/"]')
    expect(norms).to_be_hidden()
    more.focus()
    page.keyboard.press("Enter")
    expect(norms).to_be_visible()
    assert serious(page, locale) == []
    page.keyboard.press("Escape")
    expect(norms).to_be_hidden()
    expect(more).to_be_focused()
    watched.check()

    # The same people on a telephone whose browser runs nothing.
    bare = browser.new_context(
        locale=locale, java_script_enabled=False, viewport={"width": 360, "height": 700},
        storage_state=watched.context.storage_state(),
    )  # fmt: skip
    phone = bare.new_page()
    phone.goto(address + "/")
    expect(phone.locator('.masthead a[href="/norms/"]')).to_be_hidden()
    phone.locator(".fold summary").focus()
    phone.keyboard.press("Enter")
    expect(phone.locator('.masthead a[href="/norms/"]')).to_be_visible()
    expect(phone.locator('.masthead nav [aria-current="page"]')).to_have_attribute("href", "/")
    phone.click('.masthead a[href="/norms/"]')
    phone.wait_for_url("**/norms/")
    bare.close()
