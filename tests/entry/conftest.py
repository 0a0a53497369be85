"""One server over a small store for the entry page's tests, and people at it in Debian's chromium."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from inventory.catalogue.codes import item_code
from inventory.catalogue.gs1 import Label, coded_date
from logistics.accounts.models import Role, User
from tests import factories
from tests.browsers import ARGUMENTS, CHROMIUM, PATIENCE_MS
from tests.pages.store import PASSWORD, Store, a_store
from tests.serving import Serve

TODAY = date(2026, 1, 1)  # only the century of a label's day depends on it


@dataclass
class Site:
    """A running server and what its store has."""

    address: str
    store: Store
    pills: str  # three lots of 40, 30 and 50, the earliest expiring first
    meter: str  # by serial number, SN-1 is here
    transfer: str  # on the road to K02: 120 and 80 of rice
    goods: list[tuple[str, str, str]]  # thirty items by lot: code, name, GTIN


def label(gtin: str, lot: str, expires: date = date(2029, 12, 31), count: int | None = None) -> str:
    """Return what a scanner sends of a GS1 label."""
    pairs = [("01", gtin), ("17", coded_date(expires))]
    pairs += [("37", str(count))] if count else []
    return "]d2" + Label.of([*pairs, ("10", lot)], today=TODAY).raw


def _gtin(number: int) -> str:
    from biip.checksums import gs1_standard_check_digit

    digits = f"0893{number:09d}"
    return f"{digits}{gs1_standard_check_digit(digits)}"


@pytest.fixture(scope="module")
def site(own_database: str, serve: Serve) -> Iterator[Site]:
    """The server; what its tests write stays until the module is done."""
    store = a_store(password=PASSWORD)
    poster = User.objects.get(login="nguoi-ghi")
    with factories.telling():
        store.rice.gtin = "18931234567894"
        store.rice.save()
    pills = factories.an_item(item_code("QY", 2, 7), tracking="lot", name="Thuốc giảm đau", gtin="08931234567897")
    factories.a_packaging(pills, "BX", "100")
    meter = factories.an_item(item_code("QY", 2, 8), tracking="serial", name="Máy đo huyết áp", gtin="04006381333931")
    lots = [("L24", "40", date(2049, 12, 30)), ("L25", "30", date(2050, 6, 30)), ("L26", "50", date(2051, 6, 30))]
    lines = [factories.a_line(pills, quantity, lot=lot, expires_date=day) for lot, quantity, day in lots]
    factories.posting(poster, "receipt", "K01", *lines, factories.a_line(meter, "1", lot="SN-1"), days_ago=2)
    goods = []
    for number in range(30):
        gtin = _gtin(number)
        item = factories.an_item(
            item_code("QY", 1, 100 + number), tracking="lot", name=f"Băng gạc cỡ {number:02d}", gtin=gtin
        )
        first = factories.a_line(item, "1", lot="L0", expires_date=date(2049, 1, 1))
        factories.posting(poster, "receipt", "K01", first, days_ago=2)
        goods.append((item.code, item.name, gtin))
    factories.an_item(item_code("QY", 1, 900), name="Cáng thương", gtin="08930000009005")
    factories.a_user("thukho-2", role=Role.STOREKEEPER, depot=store.k01, password=PASSWORD)
    factories.a_user("thukho02", role=Role.STOREKEEPER, depot=store.k02, password=PASSWORD)
    transfer = factories.posting(
        poster, "transfer_out", "K01", factories.a_line(store.rice, "120", lot="L25-01"),
        factories.a_line(store.rice, "80", lot="L25-02", bin="A-02"), days_ago=1, to_depot="K02", order_number="8/LDD",
    )  # fmt: skip
    with serve(own_database) as address:
        yield Site(
            address=address, store=store, pills=pills.code, meter=meter.code, transfer=transfer.name, goods=goods
        )


@pytest.fixture(scope="module")
def chromium(site: Site) -> Iterator[Browser]:
    """The browser, started after the server so that its event loop meets no database fixture."""
    if not Path(CHROMIUM).exists():
        pytest.skip("Debian's chromium is not installed")
    with sync_playwright() as play:
        started = play.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield started
        started.close()


@dataclass
class Clerk:
    """Somebody at the entry page."""

    site: Site
    context: BrowserContext
    page: Page
    complaints: list[str]

    def open(self, query: str, depot: str = "K01") -> None:
        """Open the entry page and wait until it can be typed into."""
        self.page.goto(f"{self.site.address}/depots/{depot}/entry/?{query}")
        self.page.wait_for_selector("#entry:not([hidden]) #lines tbody, #choose:not([hidden])")
        self.until("location.search.includes('voucher=')")

    def until(self, condition: str, seconds: float = PATIENCE_MS / 1000) -> None:
        """Wait until an expression is true on the page; the page's policy forbids Playwright to do so itself."""
        deadline = time.monotonic() + seconds
        while not self.page.evaluate(condition):
            assert time.monotonic() < deadline, f"never true: {condition}"
            self.page.wait_for_timeout(50)

    def scan(self, text: str) -> None:
        """Send a text and Enter, as a keyboard-wedge scanner does, to whatever has the focus."""
        self.page.keyboard.insert_text(text)
        self.page.keyboard.press("Enter")

    def press(self, *keys: str) -> None:
        """Press keys one after another; what is no key's name is typed."""
        for key in keys:
            if len(key) == 1 or key in KEYS or "+" in key:
                self.page.keyboard.press(key)
            else:
                self.page.keyboard.type(key)

    def cells(self, member: str) -> list[str]:
        """Return what stands in a column, the blank last line left out."""
        boxes = "#lines tr[data-line]:not(.blank) [data-member={}]"
        found: list[str] = self.page.eval_on_selector_all(boxes.format(member), "all => all.map(one => one.value)")
        return found

    def focus(self) -> str:
        """Return where the cursor is: a cell as "2/quantity", another box by its id."""
        place: str = self.page.evaluate(
            """() => { const box = document.activeElement, row = box.closest('tr[data-line]');
            return row ? `${row.cells[0].textContent}/${box.dataset.member}` : box.id }"""
        )
        return place

    def status(self) -> str:
        """Return the line of feedback."""
        self.until("document.getElementById('status').textContent !== ''")
        return self.page.locator("#status").inner_text()

    def post(self) -> None:
        """Review and post, as Ctrl+Enter twice does."""
        self.page.keyboard.press("Control+Enter")
        self.page.wait_for_selector("#review:not([hidden])")
        self.page.keyboard.press("Control+Enter")
        self.page.wait_for_selector("body.is-posted")

    def movement(self) -> Any:
        """Return the movement that the voucher on the page became."""
        href = self.page.get_attribute("#after a[href*='/movements/']", "href")
        assert href
        _depots, depot, _movements, position = href.strip("/").split("/")
        answer = self.context.request.get(f"{self.site.address}/api/v1/depots/{depot}/movements/{position}")
        return answer.json()


KEYS = {"Enter", "Tab", "Escape", "ArrowDown", "ArrowUp", "F8", "Backspace", "Home", "End", "Delete"}


@pytest.fixture
def seat(site: Site, chromium: Browser) -> Iterator[Any]:
    """A function that seats somebody, signed in, at a screen of their own; nothing may go wrong unheard there."""
    seated: list[Clerk] = []

    def sit(login: str = "thukho", **screen: Any) -> Clerk:
        context = chromium.new_context(locale="vi-VN", **screen)
        context.set_default_timeout(PATIENCE_MS)
        page = context.new_page()
        clerk = Clerk(site, context, page, [])
        page.on("pageerror", lambda error: clerk.complaints.append(str(error)))
        page.on("console", lambda said: _heard(clerk, said.type, said.text))
        page.goto(site.address + "/")
        page.fill("input[name=username]", login)
        page.fill("input[name=password]", PASSWORD)
        page.press("input[name=password]", "Enter")
        page.wait_for_url(site.address + "/")
        seated.append(clerk)
        return clerk

    yield sit
    for clerk in seated:
        clerk.context.close()
    assert [said for clerk in seated for said in clerk.complaints] == []


def _heard(clerk: Clerk, kind: str, text: str) -> None:
    # A refusal is an answer, which the console calls an error.
    if kind == "error" and "the server responded with a status of 4" not in text and "ERR_INTERNET" not in text:
        clerk.complaints.append(text)
