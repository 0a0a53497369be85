"""Choosing and printing labels: what stands on the page is what is printed, and what is printed is what scans."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections import Counter
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from io import BytesIO
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone
from hypothesis import example, given
from hypothesis import strategies as st
from playwright.sync_api import Browser
from pypdf import PdfReader

from depots.models import Bin
from inventory.catalogue import labels, marking
from inventory.catalogue.codes import item_code
from inventory.catalogue.models import Item, Lot
from inventory.vouchers.recognising import recognise
from logistics import stickers
from logistics.accounts.models import Role, User
from logistics.audit.models import AccessRecord
from tests import factories
from tests.entry.test_modules import NODE, SERVED
from tests.labels.test_stickers import rasterised, read
from tests.longer import LONG_ONLY
from tests.pages.browsing import Watched, serious, sign_in
from tests.pages.store import Store

Visit = Callable[[User], Client]


def pages(answer: object) -> list[str]:
    """What each page of a PDF says."""
    assert answer.status_code == 200, answer.content.decode()[:2000]  # type: ignore[attr-defined]
    assert answer["Content-Type"] == "application/pdf"  # type: ignore[index]
    return [page.extract_text() for page in PdfReader(BytesIO(answer.content)).pages]  # type: ignore[attr-defined]


def label(store: Store, item: Item, code: str) -> str:
    return labels.label_of(Lot.objects.get(item=item, code=code, is_exercise=False).pk)


class TestLots:
    def test_one_label_for_each_lot_of_what_the_filters_leave(self, store: Store, visit: Visit) -> None:
        browser = visit(store.keeper)
        assert len(pages(browser.get("/depots/K01/labels.pdf"))) == 3
        (one,) = pages(browser.get("/depots/K01/labels.pdf?lot=L25-01"))
        for said in ("Gạo tẻ, bao 50 kg", store.rice.code, "Lô: L25-01", "HSD: 30/06/2030", "ĐVT: kg"):
            assert said in one
        assert label(store, store.rice, "L25-01") in one

    def test_copies_are_those_of_the_address(self, store: Store, visit: Visit) -> None:
        rice, milk = label(store, store.rice, "L25-01"), label(store, store.milk, "")
        other = label(store, store.rice, "L25-02")
        printed = pages(visit(store.keeper).get(f"/depots/K01/labels.pdf?c{rice}=3&c{other}=0&c{milk}=0"))
        assert [rice in page for page in printed] == [True] * 3

    def test_one_for_each_package_counts_the_begun_one(self, store: Store, visit: Visit) -> None:
        page = visit(store.keeper).get("/depots/K01/labels/?lot=L25-01&each=pack")
        (line,) = page.context["lines"]
        assert line.quantity == Decimal(800)  # 1,200 came, 100 and 300 went
        assert line.copies == 32  # packages of 25
        assert len(pages(visit(store.keeper).get("/depots/K01/labels.pdf?lot=L25-01&each=pack&sheet=a4-24"))) == 2

    def test_a_movement_has_labels_of_what_it_brought_also_when_it_is_gone(self, store: Store, visit: Visit) -> None:
        browser = visit(store.keeper)
        page = browser.get(f"/depots/K01/labels/?movement={store.receipt.position}&each=pack")
        assert [(line.subject.item.code, line.quantity, line.copies) for line in page.context["lines"]] == [
            (store.rice.code, Decimal(1200), 48),
            (store.rice.code, Decimal("800.5"), 33),
            (store.milk.code, Decimal(240), 1),
        ]
        assert browser.get("/depots/K01/labels/?movement=99").status_code == 404
        assert browser.get("/depots/K01/labels/?movement=0").status_code == 404
        assert browser.get("/depots/K01/labels/?movement=x").status_code == 404
        assert (
            f'href="/depots/K01/labels/?movement={store.issue.position}"'
            in browser.get(f"/depots/K01/movements/{store.issue.position}/").text
        )

    def test_the_page_takes_the_stock_lists_filters_along(self, store: Store, visit: Visit) -> None:
        browser = visit(store.keeper)
        stock = browser.get("/depots/K01/stock/?lot=L25-01&bin=A-01&sort=-item").text
        assert 'href="/depots/K01/labels/?lot=L25-01&amp;bin=A-01"' in stock
        page = browser.get("/depots/K01/labels/?lot=L25-01&bin=A-01&sheet=a4-40&start=7")
        assert page.context["carried"] == [("lot", "L25-01"), ("bin", "A-01")]
        assert page.context["form"]["start"].value() == "7"
        search = page.text.partition('role="search"')[2].partition("</form>")[0]
        assert '<input type="hidden" name="lot" value="L25-01">' in search
        assert 'type="hidden" name="bin"' not in search

    @pytest.mark.parametrize(
        ("query", "said"),
        [
            ("c{rice}=-1", "whole numbers"),
            ("c{rice}=x", "whole numbers"),
            ("c{rice}=1000", "whole numbers"),
            ("lot=L25-01&c{rice}=0", "No label is chosen"),
            ("start=2", "1 labels a sheet"),
            ("sheet=a4-24&start=25", "24 labels a sheet"),
            ("sheet=a4-24&start=0", "greater than or equal to 1"),
            ("sheet=a5", "Select a valid choice"),
            ("start=x", "Enter a whole number"),
        ],
    )
    def test_what_cannot_be_printed_is_told_on_the_page(
        self, store: Store, visit: Visit, query: str, said: str
    ) -> None:
        query = query.format(rice=label(store, store.rice, "L25-01"))
        answer = visit(store.keeper).get(f"/depots/K01/labels.pdf?{query}")
        assert answer.status_code == 422
        assert said in answer.text
        assert not AccessRecord.objects.exists()

    def test_too_many_are_refused_and_a_full_page_of_them_is_not(
        self, store: Store, visit: Visit, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("inventory.availability.label_pages.MOST_LABELS", 5)
        rice = label(store, store.rice, "L25-01")
        browser = visit(store.keeper)
        assert "6 labels are too many" in browser.get(f"/depots/K01/labels.pdf?lot=L25-01&c{rice}=6").text
        assert len(pages(browser.get(f"/depots/K01/labels.pdf?lot=L25-01&c{rice}=5"))) == 5

    def test_an_address_may_call_a_parameter_as_it_likes(self, store: Store, visit: Visit) -> None:
        for page in ("labels", "bin-labels"):
            assert visit(store.keeper).get(f"/depots/K01/{page}/?items=a&keys=b&sheet=roll").status_code == 200

    def test_who_printed_is_remembered(self, store: Store, visit: Visit) -> None:
        visit(store.keeper).get("/depots/K01/labels/?lot=L25-01")
        assert not AccessRecord.objects.exists()
        visit(store.keeper).get("/depots/K01/labels.pdf?lot=L25-01")
        record = AccessRecord.objects.get()
        assert (record.user, record.action) == (store.keeper, "labels.pdf")
        assert record.subject == "/depots/K01/labels.pdf?lot=L25-01"

    def test_labels_of_an_exercise_say_so(self, store: Store, visit: Visit) -> None:
        tap = factories.a_depot("KT1", is_exercise=True)
        keeper = factories.a_user("tap", role=Role.STOREKEEPER, depot=tap)
        line = factories.a_line(store.rice, "5", lot="TAP-1", expires_date=date(2030, 1, 1))
        factories.posting(keeper, "receipt", "KT1", line)
        browser = visit(keeper)
        assert ["CHỈ ĐỂ TẬP" in page for page in pages(browser.get("/depots/KT1/labels.pdf"))] == [True]
        assert ["CHỈ ĐỂ TẬP" in page for page in pages(browser.get("/depots/KT1/bin-labels.pdf"))] == [True] * 2
        assert "CHỈ ĐỂ TẬP" not in pages(visit(store.keeper).get("/depots/K01/labels.pdf?lot=L25-01"))[0]

    def test_a_second_page_is_printed_on_its_own(
        self, store: Store, visit: Visit, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("inventory.availability.label_pages.LINES_A_PAGE", 1)
        browser = visit(store.keeper)
        rice = label(store, store.rice, "L25-01")
        page = browser.get(f"/depots/K01/labels/?sheet=a4-24&c{rice}=3")
        assert page.context["following"] == "?sheet=a4-24&page=2"
        (second,) = pages(browser.get("/depots/K01/labels.pdf?page=3"))
        assert store.milk.code in second
        assert browser.get("/depots/K01/labels.pdf?page=4").status_code == 404


class TestBins:
    def test_every_bin_in_use_has_one(self, store: Store, visit: Visit) -> None:
        with factories.telling():
            Bin.objects.create(depot=store.k01, code="B-09", name="Giá hỏng", is_active=False)
            Bin.objects.create(depot=store.k01, code="C-01", name="Kệ <mới>")
        printed = pages(visit(store.keeper).get("/depots/K01/bin-labels.pdf"))
        assert [page.split()[0] for page in printed] == ["A-01", "A-02", "C-01", "T-01"]
        assert "Kệ <mới>" in printed[2]
        (one,) = pages(visit(store.keeper).get("/depots/K01/bin-labels.pdf?q=ke"))
        assert "C-01" in one


# --- What scans ---------------------------------------------------------------------------------------------------

SCANNED = """
import { readFileSync } from "node:fs";
const { parseScan } = await import("./vouchers/scan.js");
const { items, lots, bins, texts, today } = JSON.parse(readFileSync(0, "utf8"));
const catalogue = {
  item: (code) => items.find((item) => item.code === code),
  bin: (code) => bins.find((bin) => bin.code === code),
  byBarcode: (text) => {
    const lot = lots.find(({ label }) => label === text);
    const of = lot ? ({ code }) => code === lot.item : ({ gtin }) => gtin && `0${gtin}` === text;
    const item = items.find(of);
    return item ? { item, packaging: null, lot: lot ?? null } : null;
  },
};
console.log(JSON.stringify(texts.map((text) => parseScan(text, catalogue, { today }))));
"""


@pytest.fixture
def scan(tmp_path: Path) -> Callable[[list[str], list[Lot]], list[dict[str, object]]]:
    """What the entry page makes of scanned texts, given the catalogue of some lots."""
    for name, folder in SERVED.items():
        shutil.copytree(folder, tmp_path / "js" / name)
    (tmp_path / "js/package.json").write_text('{"type": "module"}')
    (tmp_path / "js/scanned.mjs").write_text(SCANNED)

    def parsed(texts: list[str], lots: list[Lot]) -> list[dict[str, object]]:
        catalogue = {
            "items": [{"code": lot.item.code, "gtin": lot.item.gtin, "tracking": lot.item.tracking} for lot in lots],
            "lots": [
                {
                    "item": lot.item.code, "code": lot.code, "label": labels.label_of(lot.pk),
                    "expires_on": lot.expires_date.isoformat() if lot.expires_date else None,
                }
                for lot in lots
            ],
            "bins": [{"code": "A-02"}],
            "texts": texts,
            "today": timezone.localdate().isoformat(),
        }  # fmt: skip
        done = subprocess.run(
            [NODE, "scanned.mjs"], cwd=tmp_path / "js", input=json.dumps(catalogue), capture_output=True, text=True,
            timeout=180, check=True,
        )  # fmt: skip
        found: list[dict[str, object]] = json.loads(done.stdout)
        return found

    return parsed


@pytest.fixture
def shelf(store: Store) -> list[Lot]:
    """Lots of every kind: with and without GTIN, day and lot code, a serial number, letters GS1 has no room for."""
    traded = factories.an_item(item_code("QN", 1, 7), tracking="lot", gtin="8931234567897", name="Sữa đặc có đường")
    scope = factories.an_item(item_code("QY", 1, 2), tracking="serial", name="Kính hiển vi")
    lots = [
        Lot.objects.get(item=store.rice, code="L25-01"),
        Lot.objects.get(item=store.milk),
        factories.a_lot(traded, "LO/A(1)-x", expires_date=date(2027, 2, 28)),
        factories.a_lot(scope, "SN_0007"),
        factories.a_lot(traded, "Lô số một", expires_date=date(2027, 2, 28)),
        factories.a_lot(traded, "Q" * 40, expires_date=date(2027, 2, 28)),
    ]
    for lot in lots[2:]:
        line = factories.a_line(lot.item, 1, lot=lot.code, expires_date=lot.expires_date)
        factories.posting(store.keeper, "receipt", "K01", line)
    return lots


@pytest.mark.parametrize("dpi", [203, 300])
def test_every_symbol_scans_to_its_item_lot_and_day(
    shelf: list[Lot], store: Store, tmp_path: Path, scan: Callable[..., list[dict[str, object]]], dpi: int
) -> None:
    today = timezone.localdate()
    pdf = stickers.render(
        [marking.sticker(lot, today=today) for lot in shelf], paper=stickers.PAPERS["roll"], title="t"
    )
    seen = [read(page) for page in rasterised(pdf, tmp_path, dpi=dpi)]
    assert [len(symbols) for symbols in seen] == [2] * len(shelf)
    assert Counter(one.kind for symbols in seen for one in symbols if one.kind[1] == "d") == {"]d2": 4, "]d1": 2}
    for lot, symbols in zip(shelf, seen, strict=True):
        said = marking.element_strings(lot, today=today)
        # With its identifier in front, or none: both are ways scanners are set up.
        sent = [one.kind * (one.kind == "]d2") + one.text for one in symbols]
        if said:
            assert said.raw in {one.text for one in symbols}
            sent.append(said.bracketed)
        for text in sent:
            found = recognise(text, depot_id=store.k01.pk, depot="K01", today=today)
            assert found.problem is None, (text, found.problem)
            assert found.item == lot.item
            assert (found.lot or "") == lot.code
            assert found.expires_on == lot.expires_date
            assert found.quantity is None
        for parsed in scan(sent + [one.text for one in symbols], shelf):
            day = lot.expires_date.isoformat() if lot.expires_date else None
            assert (parsed["kind"], parsed["item"], parsed["lot"] or "", parsed["expiresOn"]) == (
                "item", lot.item.code, lot.code, day,
            ), parsed  # fmt: skip


def test_a_bins_label_is_understood(
    store: Store, visit: Visit, tmp_path: Path, scan: Callable[..., list[dict[str, object]]]
) -> None:
    pdf = visit(store.keeper).get("/depots/K01/bin-labels.pdf?q=A-02").content
    (page,) = rasterised(pdf, tmp_path, dpi=203)
    texts = [one.text for one in read(page)]
    assert texts == ["A-02", "A-02"]
    for text in texts:
        assert recognise(text, depot_id=store.k01.pk, depot="K01", today=timezone.localdate()).bin == "A-02"
    assert [parsed["kind"] for parsed in scan(texts, [])] == ["bin", "bin"]


def test_another_companys_field_91_is_nothing_of_ours(
    store: Store, scan: Callable[..., list[dict[str, object]]]
) -> None:
    lots = [Lot.objects.get(item=store.rice, code="L25-01")]
    for text in ("]d291PALLET-7\x1d10X", "(91)QN-99-9999999", f"]d291{store.rice.code}1730063010L25-01"):
        found = recognise(text, depot_id=store.k01.pk, depot="K01", today=timezone.localdate())
        assert (found.kind, found.item) == ("unknown", None)
        assert found.problem is not None
        (parsed,) = scan([text], lots)
        assert parsed["kind"] in {"unknown", "refused"}


@given(day=st.dates(date(1900, 1, 1), date(2200, 1, 1)))
@example(day=date(2077, 1, 1))
def test_a_day_two_digits_cannot_tell_is_left_to_our_own_number(day: date) -> None:
    lot = Lot(pk=17, item=Item(code="QN-01-0000014"), code="A", expires_date=day)
    said = marking.element_strings(lot, today=date(2026, 11, 22))
    assert (said is not None) == (1977 <= day.year <= 2076)
    if said:
        assert said.expiry_date == day


# --- In a browser -------------------------------------------------------------------------------------------------


@LONG_ONLY
def test_on_a_telephone(served: tuple[str, Store], browser: Browser) -> None:
    address, _store = served
    for path in ("/depots/K01/labels/", "/depots/K01/bin-labels/", "/depots/K01/labels/?start=9"):
        context = browser.new_context(locale="vi-VN", viewport={"width": 360, "height": 740}, bypass_csp=True)
        page = context.new_page()
        sign_in(page, address, "thukho")
        page.goto(address + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        assert serious(page, path) == []
        context.close()
    watched = Watched(address, browser.new_context(locale="vi-VN", viewport={"width": 360, "height": 740}))
    page = watched.page()
    sign_in(page, address, "thukho")
    page.goto(f"{address}/depots/K01/stock/?lot=L25-01")
    page.click("a:text-is('In nhãn')")
    name = page.get_attribute("td input", "name")
    page.fill("td input", "4")
    page.select_option("#id_sheet", "a4-24")
    page.fill("#id_start", "2")
    page.click("button:has-text('Đếm lại')")
    assert "4 nhãn" in page.locator("p.note").first.inner_text()
    with page.expect_request("**/labels.pdf?**") as asked:
        page.click("button:has-text('In nhãn (PDF)')", no_wait_after=True)
    for part in (f"{name}=4", "lot=L25-01", "sheet=a4-24", "start=2"):
        assert part in asked.value.url
    watched.check()
