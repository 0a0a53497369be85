"""Lists on a telephone are cards instead of tables that scroll sideways, by one script and one rule of style."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browsers import CHROMIUM
from tests.pages.browsing import Watched, serious, sign_in
from tests.pages.store import Store

pytestmark = pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="Debian's chromium is not installed")

PHONE, DESK = {"width": 360, "height": 740}, {"width": 1280, "height": 800}
# What a storekeeper looks at while walking: each has rows in the store of these tests.
LISTS = (
    "/depots/K01/movements/", "/depots/K01/vouchers/", "/depots/K01/expiring/", "/depots/K01/desk/",
    "/depots/K01/orders/", "/depots/K01/", "/depots/", "/requisitions/", "/stocktakes/", "/openings/",
    "/depots/K01/movements/1/",
)  # fmt: skip

# Of every cell in sight the name of its column and the name beside it; the roles; and how far the table goes on.
READ = """() => [...document.querySelectorAll(".table[data-stacks]")].map((home) => {
    const inWords = (head) => (head.querySelector("a, span") ?? head).textContent.replace(/[▲▼]/g, "").trim();
    const heads = [...home.querySelector("thead tr").cells].map(inWords);
    const cells = [...home.querySelectorAll("tbody td")].filter((cell) => cell.checkVisibility() && cell.colSpan === 1);
    const told = (cell) => getComputedStyle(cell, "::before").content;
    const pairs = cells.map((cell) => [JSON.stringify(heads[cell.cellIndex]), told(cell)]);
    const parts = [...home.querySelectorAll("table, tr, th, td")];
    return {
        beyond: home.scrollWidth - home.clientWidth,
        wrong: pairs.filter(([head, shown]) => head !== shown),
        roles: parts.map((one) => `${one.tagName} ${one.getAttribute("role")}`),
        shown: cells.length,
    };
})"""


@pytest.fixture
def opened(served: tuple[str, Store], browser: Browser) -> Iterator[Callable[..., Page]]:
    """Open a page of the store as its storekeeper: with a language and a size of screen, with scripts or without."""
    address, _store = served
    made: list[Watched] = []

    def open_(locale: str = "vi-VN", *, size: dict[str, int] = PHONE, is_scripted: bool = True) -> Page:
        context = browser.new_context(
            locale=locale, viewport=size, java_script_enabled=is_scripted, service_workers="block", bypass_csp=True,
            base_url=address,
        )  # fmt: skip
        watched = Watched(address, context)
        made.append(watched)
        page = watched.page()
        sign_in(page, address, "thukho")
        return page

    yield open_
    for one in made:
        one.check()


@pytest.mark.parametrize("locale", ["vi-VN", "en-US"])
def test_lists_are_cards_that_say_what_each_cell_is(
    opened: Callable[..., Page], served: tuple[str, Store], locale: str
) -> None:
    page = opened(locale)
    item = f"/items/{served[1].rice.code}/"
    for path in (*LISTS, f"{item}?depot=K01", f"{item}stock-card/?depot=K01"):
        page.goto(path)
        expect(page.locator(".table[data-stacks]").first).to_have_class("table stacks")
        found = page.evaluate(READ)
        for table in found:
            assert table["beyond"] <= 1, path
            assert table["wrong"] == [], path
            assert set(table["roles"]) <= {
                "TABLE table", "TR row", "TD cell", "TH columnheader", "TH rowheader",
            }, path  # fmt: skip
        assert sum(table["shown"] for table in found) > 0, path
        assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"], path
        # Every page is looked at elsewhere; here those whose heads sort, and whose rows have boxes to tick.
        if path in {"/depots/K01/vouchers/", "/depots/K01/orders/"}:
            assert serious(page, path) == []


def test_a_list_is_sorted_by_keyboard_on_a_telephone_too(opened: Callable[..., Page]) -> None:
    page = opened()
    page.goto("/depots/K01/movements/")
    sort = page.locator("thead a", has_text="Ngày nhập, xuất")
    expect(sort).to_be_visible()
    sort.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**sort=**")
    expect(page.locator("thead th[aria-sort]")).to_contain_text("Ngày nhập, xuất")
    assert page.evaluate("getComputedStyle(document.querySelector('thead tr'), '::before').content") == '"Xếp theo"'


def test_a_wide_screen_and_a_browser_without_scripts_have_a_table(opened: Callable[..., Page]) -> None:
    page = opened(size=DESK)
    page.goto("/depots/K01/movements/")
    row = page.locator("tbody tr").first
    expect(page.locator(".table")).to_have_class("table stacks")
    assert row.evaluate("(one) => getComputedStyle(one).display") == "table-row"
    assert row.locator("td:visible").first.evaluate("(one) => getComputedStyle(one, '::before').content") == "none"

    bare = opened(is_scripted=False)
    bare.goto("/depots/K01/movements/")
    expect(bare.locator("thead th").first).to_be_visible()
    expect(bare.locator(".stacks")).to_have_count(0)
    # It scrolls inside its region, which the keyboard reaches; the page itself does not.
    expect(bare.locator(".table[tabindex='0']")).to_have_count(1)


def test_cards_that_come_later_are_told_alike(opened: Callable[..., Page]) -> None:
    page = opened()
    page.goto("/depots/K01/")
    page.fill("#q", "gao te")
    page.wait_for_url("**q=gao*")
    items = page.locator("#stock-results .table")
    expect(items.locator("tbody tr")).to_have_count(1)
    expect(items).to_have_class("table stacks")
    for table in page.evaluate(READ):
        assert table["wrong"] == []
        assert table["beyond"] <= 1


def test_piles_that_open_under_a_depot_are_cards_too(opened: Callable[..., Page], served: tuple[str, Store]) -> None:
    page = opened()
    page.goto(f"/items/{served[1].rice.code}/")
    page.locator("a.expand").first.click()
    piles = page.locator("tr.opened .table")
    expect(piles).to_have_class("table stacks")
    expect(piles.locator("td[data-label='Tồn kho']").first).to_be_visible()


def test_what_stays_a_wide_table_shows_that_it_goes_on(opened: Callable[..., Page]) -> None:
    page = opened()
    page.goto("/reports/turnover/?depot=K01")
    table = page.locator(".table.report").first
    expect(table).to_have_class("table report goes-on-right")
    assert "inset" in table.evaluate("(one) => getComputedStyle(one).boxShadow")
    table.evaluate("(one) => one.scrollTo(one.scrollWidth, 0)")
    expect(table).to_have_class("table report goes-on-left")
    table.evaluate("(one) => one.scrollTo(0, 0)")
    expect(table).to_have_class("table report goes-on-right")


def test_the_outbox_offers_a_file_only_where_its_script_runs(opened: Callable[..., Page]) -> None:
    page = opened(size=DESK)
    page.goto("/outbox/")
    expect(page.locator("label[for=outbox-file]")).to_be_visible()
    bare = opened(size=DESK, is_scripted=False)
    bare.goto("/outbox/")
    expect(bare.locator("h1")).to_be_visible()
    for control in bare.locator("main button, main label, main input").all():
        expect(control).to_be_hidden()
    expect(bare.locator("noscript p")).to_contain_text("JavaScript")
