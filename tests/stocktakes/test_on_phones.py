"""Counting on phones, in Debian's chromium: without a network between two cards, several people at once, a camera."""

from __future__ import annotations

import csv
import itertools
import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
import zxingcpp
from django.utils import timezone
from playwright.sync_api import Page, Playwright, expect, sync_playwright

from inventory.ledger.models import Holding, MovementLine
from inventory.stocktakes import planning, review, standing
from inventory.stocktakes.models import Cause, Count, Stocktake
from logistics.accounts.models import Assignment, Role, User
from logistics.history import Source
from tests import factories
from tests.browsers import ARGUMENTS, CHROMIUM
from tests.offline.conftest import (
    Browser,
    in_store,
    network,  # noqa: F401  # a fixture
    served_module,  # noqa: F401  # a fixture
    sign_in,
    store,  # noqa: F401  # a fixture
    until,
    wait_until_kept,
)
from tests.offline.lossy import Network
from tests.pages.store import PASSWORD, Store

pytestmark = pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="Debian's chromium is not installed")

CAUSE = "GHI_NHAM"
PHONE = {"width": 360, "height": 640}
FROM: dict[str, Any] = {"source": Source.WEB}


@pytest.fixture
def play(network: Network) -> Iterator[Playwright]:  # noqa: F811
    """What starts browsers; begun after the server, whose fixtures need no event loop."""
    with sync_playwright() as found:
        yield found


class Phone:
    """One counter's phone: a browser profile of its own, watched for whatever must not happen."""

    def __init__(self, play: Playwright, profile: Path, address: str) -> None:
        self.browser = Browser(play, profile, address)
        self.address = address
        self.wrong: list[str] = []

    def open(self, *, is_offline: bool = False) -> Page:
        """Start the browser and return its tab, watched."""
        self.page = self.browser.open(is_offline=is_offline)
        self.page.set_viewport_size(PHONE)
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.page.on("request", lambda request: self._asked(request.url))
        self.page.on("console", lambda said: self._said(said.type, said.text))
        return self.page

    def _asked(self, url: str) -> None:
        if not url.startswith((self.address + "/", "data:", "blob:")):
            self.wrong.append(f"asked {url}")

    def _said(self, kind: str, text: str) -> None:
        if kind == "error" and not text.startswith("Failed to load resource"):
            self.wrong.append(text)

    def count(self, stocktake: UUID, login: str) -> Page:
        """Sign in, open the counting page and wait until page and sheet are on the device."""
        page = self.open()
        address = f"/stocktakes/{stocktake}/count/"
        sign_in(page, self.address, login, to=address)
        page.wait_for_selector("#count:not([hidden])")
        wait_until_kept(page, address)
        return page


@pytest.fixture
def phone(play: Playwright, network: Network, tmp_path: Path) -> Iterator[Callable[[str], Phone]]:  # noqa: F811
    """A function that hands out phones; nothing may have gone wrong on any of them."""
    made: list[Phone] = []

    def hand_out(name: str) -> Phone:
        made.append(Phone(play, tmp_path / name, network.address))
        return made[-1]

    yield hand_out
    for one in made:
        one.browser.close()
    assert [what for one in made for what in one.wrong] == []


@pytest.fixture(scope="module")
def people(served_module: tuple[int, Store]) -> dict[str, User]:  # noqa: F811
    """Two counters and two chiefs of K01, and a cause of differences; made before any browser's event loop."""
    store_ = served_module[1]

    def made(login: str, role: str) -> User:
        return factories.a_user(login, role=role, depot=store_.k01, password=PASSWORD)

    with factories.telling():
        Cause.objects.get_or_create(code=CAUSE, defaults={"name": "ghi nhầm", "name_en": "wrong entry", "use": "both"})
    return {
        "thukho": store_.keeper,
        "dem2": made("dem2", Role.STOREKEEPER),
        "chihuy1": made("chihuy1", Role.APPROVER),
        "chihuy2": made("chihuy2", Role.APPROVER),
        "ghi": User.objects.get(login="nguoi-ghi"),
    }


@pytest.fixture
def opened(people: dict[str, User]) -> Callable[..., Stocktake]:
    """A function that plans a stocktake of K01 and opens it."""

    def make(**asked: Any) -> Stocktake:
        plan = planning.Asked(depot="K01", reason="Kiểm kê thử", **asked)
        by, at = people["chihuy1"], timezone.now()
        one = planning.plan(plan, stocktake_id=uuid4(), by=by, at=at, **FROM)
        return planning.open_sheet(one.pk, by=by, at=at, **FROM)

    return make


def soon(page: Page, condition: str) -> None:
    """Wait until an expression of the page is true; Playwright's own waiting would need what the policy forbids."""
    until(page, f"() => {condition}")


def enter(page: Page, quantity: str) -> None:
    """Type a number into the card and press Done; the next card is there at once, network or not."""
    before = page.get_attribute("#card", "data-line")
    page.fill("#quantity", quantity)
    page.click("#done")
    soon(page, f"document.getElementById('card').hidden || document.getElementById('card').dataset.line !== '{before}'")


def show(page: Page, text: str) -> None:
    """Type into the bar what stands on a line, and press Enter."""
    page.fill("#scan", text)
    page.press("#scan", "Enter")


COUNTED = """async ([stocktake, login]) => {
    const { Kept } = await import("/static/stocktakes/kept.js");
    return (await new Kept(login).counts(stocktake)).map((count) => count.counted_at);
}"""
CLOCK = """async ([stocktake, login]) => {
    const { Kept } = await import("/static/stocktakes/kept.js");
    return new Date(Date.now() + (await new Kept(login).sheet(stocktake)).offset_ms).toISOString();
}"""


def after_the_count(page: Page, stocktake: Stocktake, login: str) -> None:
    """Wait until our clock is past the count just made: a phone knows our clock to half of an answer's way and back."""
    waiting = [datetime.fromisoformat(said) for said in page.evaluate(COUNTED, [str(stocktake.pk), login])]
    sent = Count.objects.filter(line__stocktake=stocktake).values_list("counted_at", flat=True)
    counted_at = max([*waiting, *in_store(lambda: list(sent))])
    while timezone.now() <= counted_at:
        page.wait_for_timeout(50)


def now_on(page: Page, stocktake: Stocktake, login: str) -> None:
    """Wait until the phone, too, takes it to be later than now: what is counted on it next comes after it."""
    done_at = timezone.now()
    while datetime.fromisoformat(page.evaluate(CLOCK, [str(stocktake.pk), login])) <= done_at:
        page.wait_for_timeout(50)


def look(page: Page) -> None:
    """Bring the page to the front, which makes it ask what the others did."""
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")


def all_sent(page: Page) -> None:
    """Wait until the page says that nothing waits to be sent."""
    soon(page, "!/chờ gửi/.test(document.getElementById('progress').textContent)")


def differences(stocktake: Stocktake) -> dict[tuple[str, str], Decimal | None]:
    """Return what each pile came to against the book of its own moment, by item and lot."""
    return {(line.item, line.lot): line.difference for line in standing.of(stocktake).lines}


def finalised(stocktake: Stocktake, people: dict[str, User]) -> Stocktake:
    """End the counting, book what differs, leave out what nobody counted, and finalise."""
    at = timezone.now()
    review.end_counting(stocktake.pk, by=people["chihuy1"], at=at, **FROM)
    found = standing.of(Stocktake.objects.get(pk=stocktake.pk))
    rulings = [review.Ruling(line=line.id, action="book", cause=CAUSE) for line in found.differing]
    if rulings:
        review.decide(stocktake.pk, rulings, by=people["chihuy1"], at=at, **FROM)
    return review.finalise(stocktake.pk, by=people["chihuy2"], at=timezone.now(), **FROM)


def test_two_count_while_stock_moves_and_the_network_goes(
    phone: Callable[[str], Phone],
    network: Network,  # noqa: F811
    store: Store,  # noqa: F811
    people: dict[str, User],
    opened: Callable[..., Stocktake],
) -> None:
    """The difference is the true one, whatever was issued around each count; a late paper changes why, not what."""
    stocktake = in_store(opened)
    first, second = phone("first"), phone("second")
    one = first.count(stocktake.pk, "thukho")
    two = second.count(stocktake.pk, "dem2")
    expect(one.locator("#progress")).to_have_text(re.compile(r"^\s*0/3\b"))

    # Rice in A-02: two bags and a half kilogram are missing. Counted, then issued from.
    show(one, "L25-02")
    enter(one, "750")
    after_the_count(one, stocktake, "thukho")
    in_store(lambda: _issued(people, store, "30", lot="L25-02", bin="A-02"))

    # No network between the cards from here on; milk is counted blind to what is issued after it.
    first.browser.offline(True)
    show(one, "QN-02")
    enter(one, "238")
    expect(one.locator("#progress")).to_contain_text("chờ gửi")
    after_the_count(one, stocktake, "thukho")
    in_store(lambda: _issued(people, store, "10", item=store.milk.code))

    # The other one counts rice L25-01 meanwhile, after something of it was issued.
    in_store(lambda: _issued(people, store, "45", lot="L25-01"))
    now_on(two, stocktake, "dem2")
    show(two, "L25-01")
    enter(two, "755")
    all_sent(two)

    first.browser.offline(False)
    all_sent(one)
    look(one)
    soon(one, "document.getElementById('progress').textContent.startsWith('3/3')")
    rice, milk = store.rice.code, store.milk.code
    true = {(rice, "L25-01"): Decimal(0), (rice, "L25-02"): Decimal("-50.5"), (milk, ""): Decimal(-2)}
    assert in_store(lambda: differences(stocktake)) == true

    # A receipt of the time before the counts is told now: it explains two and five more missing, the count stays.
    in_store(lambda: _received_late(people, store, "5"))
    assert in_store(lambda: differences(stocktake))[milk, ""] == Decimal(-7)
    done = in_store(lambda: finalised(stocktake, people))
    assert done.number.startswith("KK-K01-")
    piles = Holding.objects.filter(depot=store.k01, is_stocked=True).values_list("item__code", "lot__code", "on_hand")
    held = {(item, lot): on_hand for item, lot, on_hand in in_store(lambda: list(piles))}
    # What was counted, less what left after it.
    assert held[rice, "L25-02"] == Decimal(720)
    assert held[milk, ""] == Decimal(228)
    assert held[rice, "L25-01"] == Decimal(755)
    in_store(lambda: _received_late(people, store, "9"))
    after = in_store(lambda: factories.on_hand(store.k01, store.milk))
    assert after == Decimal(228)


def _issued(people: dict[str, User], store: Store, quantity: str, *, item: str = "", **pile: Any) -> Any:  # noqa: F811
    line = factories.a_line(item or store.rice.code, quantity, **pile)
    return factories.posting(people["ghi"], "issue", "K01", line, counterparty="Đại đội 1")


def _received_late(people: dict[str, User], store: Store, quantity: str) -> Any:  # noqa: F811
    line = factories.a_line(store.milk.code, quantity)
    return factories.posting(people["ghi"], "receipt", "K01", line, days_ago=2, counterparty="Công ty mẫu")


def test_no_difference_finalises_too_after_a_restart_without_a_network(
    phone: Callable[[str], Phone],
    network: Network,  # noqa: F811
    store: Store,  # noqa: F811
    people: dict[str, User],
    opened: Callable[..., Stocktake],
) -> None:
    """Page and sheet open again from the device; a lost answer counts nothing twice; no difference is posted too."""
    book = in_store(lambda: factories.on_hand(store.k01, store.rice, bin__code="A-02"))
    stocktake = in_store(lambda: opened(scope="bins", codes=["A-02"], is_blind=False))
    mine = phone("mine")
    page = mine.count(stocktake.pk, "thukho")
    soon(page, "!!document.querySelector('#rows button')")
    mine.browser.close()

    page = mine.open(is_offline=True)
    page.goto(f"{network.address}/stocktakes/{stocktake.pk}/count/")
    show(page, "L25-02")
    expect(page.locator("#card")).to_contain_text("Sổ")
    page.click("#done")  # blank is not zero
    expect(page.locator("#quantity")).to_have_attribute("aria-invalid", "true")
    page.fill("#quantity", str(book).rstrip("0").rstrip(".").replace(".", ","))
    page.click("#done")
    soon(page, "/1\\/1 · 1 chờ gửi/.test(document.getElementById('progress').textContent)")
    mine.browser.close()

    page = mine.open(is_offline=True)
    page.goto(f"{network.address}/outbox/")  # any page tells of it, leads back, and sends
    soon(page, "document.getElementById('counts-chip')?.textContent.startsWith('1 ')")
    assert page.get_attribute("#counts-chip", "href") == f"/stocktakes/{stocktake.pk}/count/"
    lost: list[str] = []

    def lose(path: str, headers: dict[str, str], content: bytes) -> bytes:
        if path.endswith("/counts") and not lost:
            lost.append(path)
            raise ConnectionError
        return content

    network.rewrite = lose
    mine.browser.offline(False)
    soon(page, "document.getElementById('counts-chip').hidden")
    assert len(lost) == 1
    assert sum(asked.endswith("/counts") for asked in network.asked) >= 2
    counts = in_store(lambda: list(Count.objects.filter(line__stocktake=stocktake).values_list("quantity", flat=True)))
    assert counts == [book]
    done = in_store(lambda: finalised(stocktake, people))
    lines = MovementLine.objects.filter(depot=store.k01, position=done.position or 0)
    changes = in_store(lambda: [line.change for line in lines])
    assert changes == [Decimal(0)]


def test_scans_add_people_disagree_and_goods_are_found(
    phone: Callable[[str], Phone],
    network: Network,  # noqa: F811
    store: Store,  # noqa: F811
    people: dict[str, User],
    opened: Callable[..., Stocktake],
) -> None:
    stocktake = in_store(opened)
    first, second = phone("scan-1"), phone("scan-2")
    one = first.count(stocktake.pk, "thukho")
    two = second.count(stocktake.pk, "dem2")
    until(one, "async () => (await (await import('/static/vouchers/catalogue.js')).openCatalogue('K01')).syncedAt")

    # The bar takes a code as a scanner sends it; the same once more adds, in the unit of the label.
    show(one, store.milk.code)
    expect(one.locator("#quantity")).to_have_value("")
    show(one, store.milk.code)
    expect(one.locator("#quantity")).to_have_value("2")
    one.focus("#quantity")
    one.keyboard.type("12")
    one.keyboard.type(store.milk.code)  # fired into the box: what was typed is kept, and one is added
    one.keyboard.press("Enter")
    expect(one.locator("#quantity")).to_have_value("13")
    one.click("#done")
    soon(one, "document.getElementById('status').textContent.includes('13')")
    all_sent(one)

    # The other one finds nothing there: zero is said, never left blank. Both see that they differ.
    show(two, store.milk.code)
    two.click("#none-there")
    soon(two, "document.getElementById('status').textContent.includes('không có')")
    all_sent(two)
    for page in (one, two):
        page.select_option("#filter", "conflict")
        look(page)
        soon(
            page,
            "document.querySelectorAll('#rows .state.bad').length === 1"
            " && document.getElementById('progress').textContent.includes('lệch')",
        )
    one.click("#rows button")
    expect(one.locator("#card .already")).to_contain_text("khác nhau")
    expect(one.locator("#add")).to_be_visible()

    # Rice where no sheet expects it: a pile of its own.
    one.click("#later")
    show(one, "A-02")
    show(one, f"(91){store.rice.code}(10)L-LA")
    expect(one.locator("#lot")).to_have_value("L-LA")
    one.fill("#quantity", "7,5")
    one.click("#done")
    soon(one, "document.getElementById('status').textContent.includes('7,5')")
    all_sent(one)
    found = in_store(
        lambda: [
            (line.bin.code, line.lot, line.is_expected, line.counts.get().quantity)
            for line in stocktake.lines.filter(is_expected=False).select_related("bin")
        ]
    )
    assert found == [("A-02", "L-LA", False, Decimal("7.5"))]

    # A second round: what was counted before is asked for again, and not shown.
    at = timezone.now()
    line = in_store(lambda: stocktake.lines.get(item=store.milk).pk)
    in_store(lambda: review.end_counting(stocktake.pk, by=people["chihuy1"], at=at, **FROM))
    in_store(
        lambda: review.ask_recount(
            stocktake.pk, lines=[line], reason="Hai người khác nhau", by=people["chihuy1"], at=timezone.now(), **FROM
        )
    )
    look(two)
    soon(two, "document.getElementById('progress').textContent.includes('đếm lại')")
    show(two, store.milk.code)
    expect(two.locator("#card .where")).to_contain_text("Hai người khác nhau")
    expect(two.locator("#card .already")).to_have_text("")
    enter(two, "238")
    all_sent(two)
    assert in_store(lambda: differences(stocktake))[store.milk.code, ""] is not None


def test_what_the_server_does_not_take_is_kept_saved_and_sent_again(
    phone: Callable[[str], Phone],
    network: Network,  # noqa: F811
    store: Store,  # noqa: F811
    people: dict[str, User],
    opened: Callable[..., Stocktake],
) -> None:
    """A counter's right is withdrawn while there is no network: the number stays until it is taken after all."""
    stocktake = in_store(lambda: opened(scope="items", codes=[store.milk.code]))
    mine = phone("withdrawn")
    page = mine.count(stocktake.pk, "dem2")
    mine.browser.offline(True)
    show(page, store.milk.code)
    enter(page, "5")
    soon(page, "!document.getElementById('unsent').hidden")
    assert page.get_attribute("#unsent details", "open") is None  # it only waits: told, and out of the way

    def withdraw() -> None:
        with factories.telling():
            people["dem2"].assignments.all().delete()

    in_store(withdraw)
    mine.browser.offline(False)
    soon(page, "!!document.querySelector('#unsent details[open] li')")
    assert "không có đợt kiểm kê" in page.inner_text("#unsent li").lower()
    # The page itself is closed to them now; the number is found from every page.
    page.goto(f"{network.address}/outbox/")
    soon(page, "document.getElementById('counts-chip')?.textContent.includes('không được nhận')")
    assert page.get_attribute("#counts-chip", "href") == "/outbox/#counts-unsent"
    with page.expect_download() as saved:
        page.click("#counts-unsent .act button >> nth=1")
    assert saved.value.suggested_filename.endswith(".csv")
    heads, row = csv.reader(saved.value.path().read_text(encoding="utf-8-sig").splitlines())
    told = dict(zip(heads, row, strict=True))
    assert [told[name] for name in ("Dòng", "Mã vật chất", "Đã đếm", "Người đếm")] == [
        "1",
        store.milk.code,
        "5",
        "dem2",
    ]
    assert page.evaluate(CELLS) == ["'=1+1", "-5", "'@a", '"a,""b"', "Gạo"]

    def give_back() -> None:
        with factories.telling():
            Assignment.objects.create(user=people["dem2"], role=Role.STOREKEEPER, depot=store.k01)

    in_store(give_back)
    assert in_store(lambda: Count.objects.filter(line__stocktake=stocktake).count()) == 0
    page.click("#counts-unsent .act button >> nth=0")
    soon(page, "document.getElementById('counts-unsent').hidden && document.getElementById('counts-chip').hidden")
    kept = in_store(lambda: Count.objects.get(line__stocktake=stocktake))
    assert (kept.quantity, kept.counted_by_id) == (Decimal(5), people["dem2"].pk)


CELLS = """async () => {
    const { cellOf } = await import("/static/stocktakes/unsent.js");
    return ["=1+1", "-5", "@a", 'a,"b', "Gạo"].map(cellOf);
}"""


def test_a_long_sheet_draws_few_rows_and_says_what_it_needs(
    phone: Callable[[str], Phone],
    network: Network,  # noqa: F811
    store: Store,  # noqa: F811
    opened: Callable[..., Stocktake],
) -> None:
    stocktake = in_store(lambda: opened(scope="items", codes=[store.rice.code]))
    mine = phone("long")
    page = mine.count(stocktake.pk, "thukho")
    drawn = page.evaluate(LONG)
    assert drawn["rows"] <= 100
    assert drawn["left"] == "4940"
    # Over http no camera, and the page says why; here it stands on an address that counts as safe.
    assert page.is_visible("#camera-open")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert mine.browser.context
    mine.browser.context.add_init_script("Object.defineProperty(window, 'isSecureContext', { get: () => false })")
    page.reload()
    page.wait_for_selector("#camera-why:not([hidden])")
    expect(page.locator("#camera-why")).to_contain_text("https")
    expect(page.locator("#camera-open")).to_be_hidden()


LONG = """async () => {
    const { Sheet } = await import("/static/stocktakes/sheet.js");
    const { List } = await import("/static/stocktakes/list.js");
    const line = (number) => ({ id: `l${number}`, bin: "A-01", item: "X", lot: `L${number}`, expires_on: null, grade: 1,
        purpose: "THUONG_XUYEN", label: "", round: 1, recount_reason: "", book: null, is_found: false, counts: [] });
    const item = { code: "X", name: "Vải", name_en: "", specification: "", old_names: "", external_code: "", unit: "EA",
        scale: 0, tracking: "lot", gtin: "", nsn: "", packagings: [] };
    const lines = Array.from({ length: 5000 }, (_, number) => line(number));
    const sheet = new Sheet({ lines, items: [item], bins: [] }, [], { login: "a", name: "A" });
    const part = () => document.createElement("div");
    const parts = { filters: part(), rows: part(), more: part(), title: part() };
    const list = new List(parts, { sheet: () => sheet, language: "vi", place: () => "", onChoose: () => {} });
    list.draw();
    sheet.search("vai l4999");
    const left = /[0-9]+/.exec(parts.more.textContent)[0];
    return { rows: parts.rows.children.length, left };
}"""


def _film(path: Path, text: str) -> None:
    """Write a film of one second that shows a code: what a fake camera plays (YUV4MPEG2)."""
    code = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode)
    image = zxingcpp.write_barcode_to_image(code, scale=8, add_quiet_zones=True)
    pixels: Any = memoryview(image)  # type: ignore[arg-type]  # it is a buffer, which its stubs do not tell
    width, height = 640, 480
    grey = bytearray(b"\xff" * (width * height))
    rows, columns = image.shape[0], image.shape[1]
    top, left = (height - rows) // 2, (width - columns) // 2
    for row in range(rows):
        start = (top + row) * width + left
        grey[start : start + columns] = bytes(pixels[row, column] for column in range(columns))
    frame = b"FRAME\n" + bytes(grey) + b"\x80" * (width * height // 2)
    path.write_bytes(b"YUV4MPEG2 W640 H480 F10:1 Ip A1:1 C420jpeg\n" + frame * 10)


def test_the_camera_reads_a_code_with_our_own_files(
    play: Playwright,
    network: Network,  # noqa: F811
    store: Store,  # noqa: F811
    opened: Callable[..., Stocktake],
    tmp_path: Path,
) -> None:
    """Nothing is asked of anybody else; piece by piece the same code counts again after its cooldown, not before."""
    stocktake = in_store(lambda: opened(scope="items", codes=[store.milk.code]))
    film = tmp_path / "film.y4m"
    _film(film, store.milk.code)
    chromium = play.chromium.launch(
        executable_path=CHROMIUM,
        args=[
            *ARGUMENTS, "--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream",
            f"--use-file-for-fake-video-capture={film}",
        ],
    )  # fmt: skip
    context = chromium.new_context(locale="vi-VN", viewport=PHONE, service_workers="block")
    context.add_init_script(LIT)
    page = context.new_page()
    wrong: list[str] = []
    page.on("request", lambda request: wrong.append(request.url) if network.address not in request.url else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    sign_in(page, network.address, "thukho", to=f"/stocktakes/{stocktake.pk}/count/")
    page.wait_for_selector("#camera-open:not([hidden])")
    page.click("#camera-open")
    soon(page, "!document.getElementById('card').hidden")
    expect(page.locator("#quantity")).to_have_value("")  # one look opens the card, and the camera is closed again
    expect(page.locator("#camera")).to_be_hidden()
    page.evaluate("""() => {
        window.seen = [];
        const { get, set } = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value");
        Object.defineProperty(HTMLInputElement.prototype, "value", {
            get,
            set(value) {
                const isNew = this.id === "quantity" && value !== get.call(this);
                if (isNew) window.seen.push([value, performance.now()]); // when it was put, not when it was noticed
                set.call(this, value);
            },
        });
    }""")
    assert page.evaluate("window.shaken")[-1] == 60  # a phone that can shake did
    page.check("#pieces")
    page.click("#camera-open")
    soon(page, "!document.getElementById('torch').hidden")
    page.click("#torch")
    soon(page, "document.getElementById('torch').getAttribute('aria-pressed') === 'true'")
    page.click("#torch")
    soon(page, "document.getElementById('torch').getAttribute('aria-pressed') === 'false'")
    page.click("#torch")
    soon(page, "Number(document.getElementById('quantity').value) >= 4")
    seen = page.evaluate("window.seen")
    page.click("#camera-close")
    # Closing it puts its light out, and the button says so; whatever takes the camera away closes the picture.
    assert page.evaluate("window.lit") == [True, False, True]
    assert page.get_attribute("#torch", "aria-pressed") == "false"
    page.click("#camera-open")
    soon(page, "document.getElementById('video').srcObject !== null")
    page.evaluate("document.getElementById('video').srcObject.getVideoTracks()[0].dispatchEvent(new Event('ended'))")
    expect(page.locator("#camera")).to_be_hidden()
    steps = [at for value, at in seen if value]
    assert len(steps) >= 3  # the look that opened the card was the first piece
    assert all(later - earlier >= 1_000 for earlier, later in itertools.pairwise(steps)), seen
    assert page.evaluate("document.getElementById('video').srcObject") is None
    assert wrong == []
    policies = [
        page.request.get(network.address + path).headers["content-security-policy"]
        for path in (f"/stocktakes/{stocktake.pk}/count/", "/outbox/")
    ]
    assert ["wasm-unsafe-eval" in policy for policy in policies] == [True, False]
    chromium.close()


# A camera with a light, and a phone that shakes: what both were told.
LIT = """
    window.lit = [];
    window.shaken = [];
    navigator.vibrate = (pattern) => window.shaken.push(pattern) > 0;
    MediaStreamTrack.prototype.getCapabilities = () => ({ torch: true });
    MediaStreamTrack.prototype.applyConstraints = async ({ advanced }) => void window.lit.push(advanced[0].torch);
"""


def test_the_page_tells_whoever_has_no_scripts_what_it_needs(
    play: Playwright,
    network: Network,  # noqa: F811
    store: Store,  # noqa: F811
    opened: Callable[..., Stocktake],
) -> None:
    stocktake = in_store(lambda: opened(scope="items", codes=[store.milk.code]))
    chromium = play.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
    context = chromium.new_context(locale="vi-VN", java_script_enabled=False)
    page = context.new_page()
    sign_in(page, network.address, "thukho", to=f"/stocktakes/{stocktake.pk}/count/")
    words = page.inner_text("#content")
    assert "JavaScript" in words
    assert "https" in words
    assert page.is_hidden("#count")
    chromium.close()


def test_a_clock_that_runs_ahead_dates_no_count(
    phone: Callable[[str], Phone],
    network: Network,  # noqa: F811
    store: Store,  # noqa: F811
    opened: Callable[..., Stocktake],
) -> None:
    """Two hours fast, then set right where there is no network: every count stands at the server's time."""
    stocktake = in_store(lambda: opened(scope="items", codes=[store.milk.code]))
    mine = phone("fast")
    page = mine.open()
    started = timezone.now()
    page.clock.install(time=started + timedelta(hours=2))
    sign_in(page, network.address, "thukho", to=f"/stocktakes/{stocktake.pk}/count/")
    page.wait_for_selector("#notice-clock")
    said = page.inner_text("#notice-clock")
    hours = {timezone.localtime(one + timedelta(hours=2)) for one in (started, timezone.now())}  # it may have struck
    assert any(f"{ahead:%d/%m/%Y %H:}" in said for ahead in hours), said
    assert page.evaluate(CLOCKS) == CLOCKS_SAY
    show(page, store.milk.code)
    enter(page, "5")
    all_sent(page)
    counted_at = in_store(lambda: Count.objects.get(line__stocktake=stocktake).counted_at)
    doubt = timedelta(minutes=5)  # of a slow machine; the phone's clock is two hours off
    assert started - doubt < counted_at < timezone.now() + doubt


# A clock set while somebody counts: what the server's clock was taken to be, in seconds after a count at 0.
CLOCKS = """async () => {
    const { Clock } = await import("/static/stocktakes/clock.js");
    const told = {};
    const run = (name, offset, ...steps) => {
        let [wall, steady] = [1e12, 0];
        const clock = new Clock(() => wall, () => steady);
        clock.learn(offset * 1000);
        told[name] = steps.map(([passes, leaps]) => {
            [wall, steady] = [wall + (passes + leaps) * 1000, steady + passes * 1000];
            return (Date.parse(clock.now()) - 1e12) / 1000 - offset;
        });
    };
    run("right", 0, [10, 0], [10, 0]);
    run("fast, set back", -7200, [10, 0], [10, -7200], [10, 0]);
    run("slow, set ahead", 7200, [10, 0], [10, 7200]);
    run("slow by years", 9e8, [10, 9e8]);
    run("asleep", 0, [10, 3600]);
    run("slow, asleep", 7200, [10, 600]);
    run("kept right by the network", 0, [10, -5], [10, 5]);
    let now = 0;
    const clock = new Clock(() => now, () => now);
    const hear = (way, back, ahead) => {
        const asked = clock.ask();
        now += way * 1000;
        const at = new Date(now + ahead * 1000).toISOString();
        now += back * 1000;
        clock.hear(at, asked);
        return Math.round(clock.offsetMs / 100) / 10;
    };
    told["slow answers"] = [hear(3, 0, 5), hear(0.1, 0.1, 5), hear(4, 0, 5), hear(0, 4, 5), hear(4, 0, 60)];
    return told;
}"""
CLOCKS_SAY = {
    "right": [10, 20],
    "fast, set back": [10, 20, 30],
    "slow, set ahead": [10, 20],
    "slow by years": [10],
    "asleep": [3610],
    "slow, asleep": [610],
    "kept right by the network": [5, 20],
    # Half the way is all that can be known: the quick answer is believed, until one cannot be true beside it.
    "slow answers": [6.5, 5, 5, 5, 62],
}
