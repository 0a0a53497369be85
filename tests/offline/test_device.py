"""What stays in the browser: drafts through upgrades, pages and files through deployments, the catalogue by changes."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

import pytest
from django.test import Client

from inventory.ledger.models import Kind
from logistics import shell
from tests import factories
from tests.offline.conftest import (
    Browser,
    in_store,
    kept,
    posted,
    sign_in,
    states,
    until,
    wait_until_kept,
)
from tests.offline.lossy import Network
from tests.pages.store import Store

Queue = Callable[..., list[str]]
OLD_ID = "0197b9a0-5c1e-4d33-8f0a-3b8a5e0f2c11"

# As the first version made it: two stores, and drafts without what the outbox needs to know of them.
FIRST_VERSION = """async ([name, draft]) => {
    const request = indexedDB.open(name, 1);
    request.onupgradeneeded = () => {
        request.result.createObjectStore("drafts", { keyPath: "id" }).createIndex("depot", "depot");
        request.result.createObjectStore("catalogue", { keyPath: "depot" });
    };
    const database = await new Promise((resolve) => { request.onsuccess = () => resolve(request.result); });
    const transaction = database.transaction(["drafts"], "readwrite");
    transaction.objectStore("drafts").put(draft);
    await new Promise((resolve) => { transaction.oncomplete = resolve; });
    database.close();
}"""


class TestTheStore:
    def test_an_older_database_is_upgraded_and_its_drafts_are_sent(
        self, browser: Browser, network: Network, store: Store
    ) -> None:
        page = browser.open()
        page.goto(f"{network.address}/sign-in/")
        draft = {
            "id": OLD_ID, "depot": "K01", "kind": "receipt", "version": 0, "occurred_at": "2026-01-05T08:00:00+07:00",
            "reason": "Nhập muộn", "counterparty": "Từ phiên bản cũ",
            "lines": [{"id": "l1", "item": store.milk.code, "quantity": "3"}],
        }  # fmt: skip
        page.evaluate(FIRST_VERSION, ["kho:thukho", draft])
        sign_in(page, network.address, "thukho")
        page.wait_for_selector(f"[data-voucher='{OLD_ID}'][data-state=local]")
        found = page.evaluate(
            """async (id) => (await (await import("/static/vouchers/store.js")).openStore("thukho")).drafts.get(id)""",
            OLD_ID,
        )
        assert found | draft == found
        assert (found["state"], found["tries"], found["acknowledged"]) == ("local", 0, [])
        version = page.evaluate(
            "indexedDB.databases().then((all) => all.find((one) => one.name === 'kho:thukho').version)"
        )
        assert version == page.evaluate("import('/static/vouchers/store.js').then(({ STEPS }) => STEPS.length)")
        page.evaluate("(id) => import('/static/vouchers/outbox.js').then(({ send }) => send(id))", OLD_ID)
        assert posted([OLD_ID]) == [(OLD_ID, "thukho")]

    def test_an_upgrade_goes_on_while_an_older_page_is_open(
        self, browser: Browser, network: Network, store: Store, queue: Queue
    ) -> None:
        """A newer page adds a store; the older one lets go, and goes on with what it knows."""
        page = browser.open()
        sign_in(page, network.address, "thukho")
        (first,) = queue(page, 1, isKept=True)
        page.evaluate("""async () => {
            const request = indexedDB.open("kho:thukho", 99);
            request.onupgradeneeded = () => request.result.createObjectStore("later");
            (await new Promise((resolve, reject) => {
                request.onsuccess = () => resolve(request.result);
                request.onblocked = () => reject(new Error("the older page holds on"));
            })).close();
        }""")
        (second,) = queue(page, 1, isKept=True)
        assert set(states(page)) >= {first, second}
        page.reload()
        page.wait_for_selector("#outbox-local")
        assert set(states(page)) >= {first, second}

    def test_the_outbox_keeps_what_it_holds_from_being_overwritten(
        self, browser: Browser, network: Network, store: Store, queue: Queue
    ) -> None:
        page = browser.open()
        sign_in(page, network.address, "thukho")
        browser.offline(True)
        (key,) = queue(page, 1)
        said = page.evaluate(
            """async (id) => {
                const { openStore } = await import("/static/vouchers/store.js");
                const { drafts } = await openStore("thukho");
                try {
                    await drafts.put({ ...(await drafts.get(id)), state: "local", reason: "đổi" });
                } catch (error) {
                    return [error.name, (await drafts.get(id)).state, (await drafts.get(id)).reason ?? ""];
                }
            }""",
            key,
        )
        assert said == ["InOutbox", "queued", ""]
        taken = page.evaluate("(id) => import('/static/vouchers/outbox.js').then(({ takeBack }) => takeBack(id))", key)
        assert taken["state"] == "local"


class TestTheWorker:
    def test_it_keeps_marked_pages_and_files_alone(self, browser: Browser, network: Network, store: Store) -> None:
        page = browser.open()
        sign_in(page, network.address, "thukho")
        wait_until_kept(page, "/outbox/", "/depots/K01/entry/")
        for path in ("/depots/", "/depots/K01/", "/depots/K01/movements/", "/password/"):
            page.goto(network.address + path)
        page.goto(f"{network.address}/depots/K01/entry/?kind=receipt")
        page.wait_for_load_state("networkidle")
        paths = {path.partition("?")[0] for path in kept(page)}
        assert {path for path in paths if not path.startswith("/help/")} == {"/outbox/", "/depots/K01/entry/"}
        addresses = page.evaluate("""async () => {
            const all = await Promise.all((await caches.keys()).map(async (name) => (await caches.open(name)).keys()));
            return all.flat().map((request) => new URL(request.url).pathname);
        }""")
        assert not [path for path in addresses if path.startswith(("/api/", "/sign-in", "/session", "/depots/K01/m"))]
        # Everything that a page kept offline loads is kept with it; what is kept once it is used comes a little later.
        until(
            page,
            """async () => {
            const all = await Promise.all((await caches.keys()).map(async (name) => (await caches.open(name)).keys()));
            const kept = new Set(all.flat().map((request) => new URL(request.url).pathname));
            const loaded = performance.getEntriesByType("resource").map(({ name }) => new URL(name).pathname);
            const needed = loaded.filter((path) => path.startsWith("/static/") || path.startsWith("/texts/"));
            return needed.length > 10 && needed.every((path) => kept.has(path));
        }""",
        )

    def test_a_page_not_kept_leads_to_those_that_are(self, browser: Browser, network: Network, store: Store) -> None:
        page = browser.open()
        sign_in(page, network.address, "thukho")
        wait_until_kept(page, "/outbox/", "/depots/K01/entry/")
        network.is_down = True
        page.goto(f"{network.address}/depots/K01/movements/?page=2")
        assert page.url == f"{network.address}/outbox/?wanted=%2Fdepots%2FK01%2Fmovements%2F%3Fpage%3D2"
        assert page.locator("#outbox-wanted a").get_attribute("href") == "/depots/K01/movements/?page=2"
        page.goto(f"{network.address}/depots/K01/entry/?kind=receipt")
        assert page.locator("html").get_attribute("data-login") == "thukho"
        network.is_down = False
        page.goto(f"{network.address}/depots/K01/movements/?page=2")
        assert "/movements/" in page.url

    def test_signing_out_forgets_the_pages_but_no_draft(
        self, browser: Browser, network: Network, store: Store, queue: Queue
    ) -> None:
        page = browser.open()
        sign_in(page, network.address, "thukho")
        wait_until_kept(page, "/outbox/", "/depots/K01/entry/")
        (key,) = queue(page, 1, isKept=True)
        page.click("form[action='/sign-out/'] button")
        page.wait_for_url("**/sign-in/**")
        until(page, "async () => !(await caches.keys()).some((name) => name.startsWith('kho-pages-'))")
        network.is_down = True
        answer = page.goto(f"{network.address}/depots/K01/entry/")
        assert answer
        assert answer.status == 503
        assert "Không có mạng" in page.content()
        assert "thukho" not in page.content()
        network.is_down = False
        sign_in(page, network.address, "thukho")
        assert states(page)[key] == "local"

    def test_a_deployment_updates_pages_and_files_and_loses_no_draft(
        self, browser: Browser, network: Network, store: Store, queue: Queue
    ) -> None:
        page = browser.open()
        sign_in(page, network.address, "thukho")
        wait_until_kept(page, "/outbox/", "/depots/K01/entry/")
        before = page.evaluate("caches.keys()")
        (key,) = queue(page, 1, isKept=True, order="D")

        def newer(path: str, headers: dict[str, str], content: bytes) -> bytes:
            if "Kho-Version" in headers:
                headers["Kho-Version"] = "f00dfeedf00dfeed"
            if path == "/sw.js":
                return re.sub(rb'^const VERSION = "[0-9a-f]+"', b'const VERSION = "f00dfeedf00dfeed"', content)
            return content.replace(b"</h1>", b" (new)</h1>") if path == "/outbox/" else content

        network.rewrite = newer
        page.goto(f"{network.address}/depots/")
        until(page, "async () => (await caches.keys()).includes('kho-files-f00dfeedf00dfeed')")
        old = next(name for name in before if name.startswith("kho-files-"))
        page.reload()
        # Whatever the old worker still kept, or still did, when it should have gone, the next page puts right. Not a
        # page asked for every few seconds: one just on its way through a worker that goes is left without any answer.
        deadline, look_again = time.monotonic() + 240, time.monotonic() + 30
        while page.evaluate("async (old) => (await caches.keys()).includes(old)", old):
            assert time.monotonic() < deadline, f"{old} is kept for ever"
            if time.monotonic() > look_again:
                page.goto("about:blank")
                page.goto(f"{network.address}/depots/")
                look_again = time.monotonic() + 30
            page.wait_for_timeout(150)
        network.is_down = True
        page.goto(f"{network.address}/outbox/")
        assert page.locator("h1").inner_text().endswith("(new)")
        page.wait_for_selector(f"[data-voucher='{key}'][data-state=local]")

    def test_pages_follow_the_language(self, browser: Browser, network: Network, store: Store) -> None:
        page = browser.open()
        sign_in(page, network.address, "thukho")
        wait_until_kept(page, "/outbox/", "/depots/K01/entry/")
        page.click("button:has-text('English')")
        page.wait_for_load_state("networkidle")
        until(page, """async () => {
            const [name] = (await caches.keys()).filter((one) => one.startsWith("kho-pages-"));
            const keys = (await (await caches.open(name)).keys()).map((request) => request.url);
            return keys.includes(location.origin + "/depots/K01/entry/?kept=en");
        }""")  # fmt: skip
        network.is_down = True
        page.goto(f"{network.address}/depots/K01/entry/")
        assert page.locator("html").get_attribute("lang") == "en"


class TestTheCatalogue:
    def test_it_is_there_without_a_network_and_follows_changes(
        self, browser: Browser, network: Network, store: Store
    ) -> None:
        page = browser.open()
        sign_in(page, network.address, "thukho")
        page.goto(f"{network.address}/depots/K01/entry/?kind=receipt")
        ask = """async ([code, text]) => {
            const { openCatalogue } = await import("/static/vouchers/catalogue.js");
            const catalogue = await openCatalogue("K01");
            const codes = (rows) => rows.map((one) => one.code);
            return {
                isEmpty: catalogue.isEmpty, name: catalogue.item(code)?.name, found: codes(catalogue.search(text)),
                lots: codes(catalogue.lots(code)), byCode: catalogue.byBarcode(code.replaceAll("-", ""))?.item.code,
            };
        }"""
        told = page.evaluate(ask, [store.rice.code, "gao te"])
        assert told == {
            "isEmpty": False, "name": "Gạo tẻ", "found": [store.rice.code], "lots": ["L25-01", "L25-02"],
            "byCode": store.rice.code,
        }  # fmt: skip

        def change() -> None:
            with factories.telling():
                store.rice.name = "Gạo tẻ thường"
                store.rice.save()
            poster = factories.User.objects.get(login="nguoi-ghi")
            for holding in ("L25-02",):
                factories.posting(
                    poster, Kind.ISSUE, "K01", factories.a_line(store.rice, "800.5", lot=holding, bin="A-02")
                )

        in_store(change)
        page.evaluate(
            "import('/static/vouchers/catalogue.js').then(async (it) => (await it.openCatalogue('K01')).sync())"
        )
        wait_until_kept(page, "/depots/K01/entry/")
        network.is_down = True
        page.reload()
        told = page.evaluate(ask, [store.rice.code, "THUONG gao"])
        assert told["name"] == "Gạo tẻ thường"
        assert told["found"] == [store.rice.code]
        assert told["lots"] == ["L25-01"]

    def test_texts_fold_as_on_the_server(self, browser: Browser, network: Network, store: Store) -> None:
        from logistics.search import fold

        page = browser.open()
        sign_in(page, network.address, "thukho")
        texts = ["Đạn súng", "hoà thuận", "hòa thuận", "thuý", "thúy", "ƯỚT ĐẪM", "Gạo tẻ", "e\u0302\u0301"]
        there = page.evaluate(
            "(texts) => import('/static/vouchers/catalogue.js').then(({ fold }) => texts.map(fold))", texts
        )
        assert there == [fold(text) for text in texts]


class TestTheShell:
    """What the server tells the worker; no browser needed."""

    @pytest.mark.django_db
    def test_the_worker_is_served_for_the_whole_site_and_names_every_file(self) -> None:
        answer = Client().get("/sw.js")
        assert answer.headers["Content-Type"] == "text/javascript; charset=utf-8"
        assert (answer.headers["Cache-Control"], answer.headers["Service-Worker-Allowed"]) == ("no-cache", "/")
        text = answer.content.decode()
        assert text.startswith(f'const VERSION = "{shell.version()}";')
        for name in ("logistics/logistics.css", "vouchers/outbox.js", "vouchers/catalogue.js", "texts/vi", "texts/en"):
            assert name in text.partition("\n\n")[0]
        assert "upkeep" not in text.partition("\n//")[0]

    @pytest.mark.django_db
    def test_pages_say_for_whom_they_are_without_saying_who(self) -> None:
        factories.world()
        persons = {}
        for login in ("a", "b", ""):
            client = Client()
            if login:
                client.force_login(factories.a_user(login), backend="logistics.accounts.backends.RoleBackend")
            answer = client.get("/outbox/" if login else "/sign-in/")
            persons[login] = answer.headers[shell.PERSON]
            assert answer.headers[shell.VERSION] == shell.version()
            assert (shell.KEPT in answer.headers) is bool(login)
        assert persons[""] == ""
        assert persons["a"] != persons["b"]
        assert all(re.fullmatch(r"[0-9a-f]{16}", persons[login]) for login in ("a", "b"))
