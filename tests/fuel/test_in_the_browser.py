"""Fuel in a real browser: readings typed by keyboard alone, bad ones told beside their cell; the pages of tanks."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, sync_playwright

from depots.models import Bin, GaugeTable, Tank
from inventory.catalogue.models import Conversion, ItemGroup, LossRate
from inventory.ledger.drafts import Observed
from inventory.stocktakes import planning
from logistics.accounts.models import Role
from logistics.history import Source
from tests import factories
from tests.browsers import ARGUMENTS, CHROMIUM, PATIENCE_MS
from tests.entry.conftest import Clerk
from tests.pages.browsing import serious, sign_in
from tests.pages.store import PASSWORD
from tests.serving import Serve

pytestmark = pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="Debian's chromium is not installed")

READ = Observed(temperature=Decimal(30), density=Decimal("828.0"))
DIESEL = "XD-02-0000011"


@pytest.fixture(scope="module")
def site(own_database: str, serve: Serve) -> Iterator[Any]:
    """A server over a depot whose tank holds 9,379.065 litres at 15 °C; one for the module."""
    poster = factories.world()
    depot = factories.a_depot("K01")
    diesel = factories.an_item(DIESEL, unit="LTR", fuel_group="B", name="Dầu điêzen mẫu", name_en="Sample diesel")
    group = ItemGroup.objects.get(pk=diesel.group_id)
    with factories.telling():
        tank = Bin.objects.create(depot=depot, code="T-01", kind=Bin.Kind.TANK)
        known = Tank.objects.create(bin=tank, capacity_litres=20_000, product=diesel)
        litres = [Decimal(0), Decimal(20_000)]
        GaugeTable.objects.create(
            tank=known, valid_from=date(2020, 1, 1), basis="BB 1", heights_mm=[0, 2000], litres=litres
        )
        Conversion.objects.create(
            code="F", name="công thức", method="hydrometer", group=group, valid_from=date(2000, 1, 1), basis="QĐ 1"
        )
        LossRate.objects.create(
            group=group, work="storing", percent=Decimal("0.02"), valid_from=date(2000, 1, 1), basis="QĐ 2"
        )
    keeper = factories.a_user("thukho", role=Role.STOREKEEPER, depot=depot, password=PASSWORD)
    factories.posting(poster, "receipt", "K01", factories.a_line(diesel, 9_500, bin="T-01", fuel=READ), days_ago=2)
    at = timezone.now() - timedelta(minutes=5)
    asked = planning.Asked(depot="K01", reason="Kiểm kê")
    one = planning.plan(asked, stocktake_id=uuid4(), by=keeper, at=at, source=Source.WEB)
    planning.open_sheet(one.pk, by=keeper, at=at, source=Source.WEB)
    with serve(own_database) as address:
        yield SimpleNamespace(address=address, stocktake=one.pk)


@pytest.fixture(scope="module")
def chromium(site: Any) -> Iterator[Browser]:
    """The browser, started after the server so that its event loop meets no database fixture."""
    with sync_playwright() as play:
        started = play.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield started
        started.close()


@pytest.fixture
def clerk(site: Any, chromium: Browser) -> Iterator[Clerk]:
    """The storekeeper, signed in; nothing may go wrong unheard."""
    context = chromium.new_context(locale="vi-VN")
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    sign_in(page, site.address, "thukho")
    yield Clerk(site, context, page, complaints)
    context.close()
    assert complaints == []


def test_readings_are_typed_by_keyboard_and_posted(clerk: Clerk) -> None:
    """Item, litres, then the reading: what it comes to stands under the line, and the log keeps the same figures."""
    clerk.open("kind=issue")
    clerk.press("dau diezen", "Enter", "1.012,894", "Enter", "130", "Enter", "828", "Enter")
    assert clerk.focus() == "scan"
    row = clerk.page.locator("#lines tr[data-line]").first

    def correct(member: str, text: str) -> None:
        row.locator(f"[data-member={member}]").focus()
        clerk.press("Control+a", text, "Tab")
        clerk.page.focus("#scan")  # of a line that is still being filled nothing is said

    def is_told(member: str) -> None:
        clerk.until(f"document.querySelector('#lines [data-member={member}]').getAttribute('aria-invalid') === 'true'")
        described = (row.locator(f"[data-member={member}]").get_attribute("aria-describedby") or "").split()
        assert any(clerk.page.locator(f"[id='{one}']").inner_text() for one in described), member

    is_told("temperature")  # the tables end at 90 °C there
    correct("temperature", "30,0")
    correct("density", "0")
    is_told("density")
    correct("density", "ba")
    is_told("density")
    correct("density", "828,0")
    clerk.until("document.querySelector('#lines tr.under')?.textContent.includes('838,4')")
    said = clerk.page.locator("#lines tr.under").first.inner_text()
    assert "Ở 15 °C: 1.000 lít · 838,4 kg" in said
    clerk.page.fill("#header-counterparty", "Đại đội 1")
    clerk.post()
    (line,) = clerk.movement()["lines"]
    assert (line["change"], line["on_hand_after"], line["fuel"]["kg"]) == ("-1000.000", "8379.065", "838.400")
    assert line["fuel"]["kg_after"] == "7025.008"  # 9,379.065 litres at 15 °C weigh 7,863.408 kg


def test_kilograms_are_chosen_by_keyboard_and_told_in_litres(clerk: Clerk) -> None:
    """An order of kg: the page tells the litres a meter has to show, and the log keeps the kg."""
    clerk.open("kind=issue")
    clerk.press("dau diezen", "Enter", "500", "Enter", "30", "Enter", "828", "Enter")
    row = clerk.page.locator("#lines tr[data-line]").first
    row.locator("[data-member=unit]").focus()
    clerk.press("Control+a", "kg", "Tab")
    clerk.page.focus("#scan")
    clerk.until("document.querySelector('#lines tr.under')?.textContent.includes('604,064')")
    said = clerk.page.locator("#lines tr.under").first.inner_text()
    assert "500 kg" in said
    assert "đo được 604,064 lít" in said
    row.locator("[data-member=density]").focus()
    clerk.press("Control+a", "835", "Tab")
    clerk.page.focus("#scan")
    clerk.until("document.querySelector('#lines tr.under .says.warn')?.textContent.includes('838,4')")
    row.locator("[data-member=density]").focus()
    clerk.press("Control+a", "828", "Tab")
    clerk.page.focus("#scan")
    clerk.until("!document.querySelector('#lines tr.under .says.warn')")
    clerk.page.fill("#header-counterparty", "Đại đội 1")
    clerk.post()
    (line,) = clerk.movement()["lines"]
    assert (line["entered_quantity"], line["entered_unit"]) == ("500.000", "KGM")
    assert (line["change"], line["fuel"]["kg_change"]) == ("-596.374", "-500.000")


def test_the_pages_of_fuel_are_usable_by_everybody(site: Any, chromium: Browser) -> None:
    """In both languages, on a screen and on a telephone: the list, a tank, and what a dip comes to."""
    context = chromium.new_context(locale="vi-VN", bypass_csp=True)
    page = context.new_page()
    sign_in(page, site.address, "thukho")
    found = []
    for language, width in (("vi", 1280), ("vi", 360), ("en", 1280), ("en", 360)):
        context.add_cookies([{"name": "django_language", "value": language, "url": site.address}])
        page.set_viewport_size({"width": width, "height": 800})
        page.goto(f"{site.address}/fuel/")
        found += serious(page, f"list {language} {width}")
        page.goto(f"{site.address}/fuel/tanks/K01/T-01/")
        page.fill("#id_height_mm", "900")
        page.fill("#id_temperature", "30")
        page.fill("#id_density", "828")
        page.click("button[value=look]")
        page.wait_for_selector(".notice[role=status]")
        found += serious(page, f"tank {language} {width}")
        across = page.evaluate("document.documentElement.scrollWidth")
        found += [f"{language} {width} scrolls sideways to {across}"] if across > width else []
        page.goto(f"{site.address}/stocktakes/{site.stocktake}/entry/?show=all")
        page.fill("input[name^='q-']", "9")
        page.fill("input[name^='t-']", "30")
        page.fill("#item-1", DIESEL)
        page.fill("#quantity-1", "9")
        page.click("form.stack > .act button")
        page.wait_for_selector(".summary")
        for box in ("input[name^='d-']", "#temperature-1"):
            assert page.get_attribute(box, "aria-invalid") == "true", (language, width, box)
        found += serious(page, f"entry {language} {width}")
        across = page.evaluate("document.documentElement.scrollWidth")
        found += [f"entry {language} {width} scrolls sideways to {across}"] if across > width else []
    context.close()
    assert found == []


def test_a_tank_is_counted_on_a_telephone(clerk: Clerk) -> None:
    """Without its reading a number is not taken, and is told so at once; with it, what is kept is at 15 °C."""
    page = clerk.page
    page.set_viewport_size({"width": 360, "height": 640})
    page.goto(f"{clerk.site.address}/stocktakes/{clerk.site.stocktake}/count/")
    page.wait_for_selector("#count:not([hidden])")
    page.locator("#scan").press_sequentially("dầu điêzen")
    page.keyboard.press("Enter")
    page.wait_for_selector("#card:not([hidden]) #density")
    page.fill("#quantity", "9.000")
    page.click("#done")
    for member in ("temperature", "density"):
        page.wait_for_selector(f"#{member}[aria-invalid=true]")
    page.fill("#temperature", "30")
    page.fill("#density", "828,0")
    page.click("#done")
    address = f"{clerk.site.address}/api/v1/stocktakes/{clerk.site.stocktake}/sheet"
    deadline = time.monotonic() + PATIENCE_MS / 1000
    while not (line := clerk.context.request.get(address).json()["lines"][0])["counts"]:
        assert time.monotonic() < deadline, "the number was never sent"
        page.wait_for_timeout(100)
    assert [count["quantity"] for count in line["counts"]] == ["8885.43"]
    assert page.locator("#notices .warn").count() == 0


def test_a_density_far_from_the_tanks_stays_told_on_a_telephone(clerk: Clerk) -> None:
    """It was kept; what to look at again stands there until the line is counted anew."""
    page = clerk.page
    page.set_viewport_size({"width": 360, "height": 640})
    page.goto(f"{clerk.site.address}/stocktakes/{clerk.site.stocktake}/count/")
    page.wait_for_selector("#count:not([hidden])")

    def count(density: str) -> None:
        page.locator("#scan").press_sequentially("dầu điêzen")
        page.keyboard.press("Enter")
        page.wait_for_selector("#card:not([hidden]) #density")
        page.fill("#quantity", "9.000")
        page.fill("#temperature", "30")
        page.fill("#density", density)
        page.click("#done")

    count("835")
    page.wait_for_selector("#notices .warn:has-text('838,4')", timeout=60_000)
    count("828")
    page.wait_for_selector("#notices .warn", state="detached", timeout=60_000)
