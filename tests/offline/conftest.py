"""A clerk's browser in front of a real server, over a network that can be bad."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import BrowserContext, Page, Playwright, sync_playwright

from inventory.ledger.models import Movement
from tests import factories
from tests.browsers import ARGUMENTS, CHROMIUM, PATIENCE_MS
from tests.offline import lossy
from tests.offline.lossy import Network
from tests.pages.store import PASSWORD, Store, a_store
from tests.serving import Serve

Answer = TypeVar("Answer")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what needs a browser where there is none."""
    if not Path(CHROMIUM).exists():
        for item in items:
            if "offline" in item.path.parts and "browser" in getattr(item, "fixturenames", ()):
                item.add_marker(pytest.mark.skip(reason="Debian's chromium is not installed"))


@dataclass
class Browser:
    """One person's machine: a profile on the disk that survives being closed."""

    play: Playwright
    profile: Path
    address: str
    context: BrowserContext | None = None

    def open(self, *, is_offline: bool = False, script: str = "") -> Page:
        """Start the browser on the profile and return its first tab."""
        self.context = self.play.chromium.launch_persistent_context(
            str(self.profile), executable_path=CHROMIUM, args=ARGUMENTS, locale="vi-VN"
        )
        self.context.set_default_timeout(PATIENCE_MS)
        if script:
            self.context.add_init_script(script)
        self.context.set_offline(is_offline)
        return self.context.pages[0] if self.context.pages else self.context.new_page()

    def close(self) -> None:
        """Close the browser, as pulling the plug would."""
        if self.context:
            self.context.close()
        self.context = None

    def offline(self, is_offline: bool) -> None:
        """Take the network away, or give it back."""
        assert self.context
        self.context.set_offline(is_offline)

    def restart(self, *, is_offline: bool = False, script: str = "") -> Page:
        """Close the browser and start it again on the same profile."""
        self.close()
        return self.open(is_offline=is_offline, script=script)

    def tab(self) -> Page:
        """Open another tab."""
        assert self.context
        return self.context.new_page()


@pytest.fixture(scope="module")
def served_module(own_database: str, serve: Serve) -> Iterator[tuple[int, Store]]:
    """The port of a real server over the store, and the store; both for a whole module."""
    made = a_store(password=PASSWORD)
    with serve(own_database) as address:
        yield urlsplit(address).port or 0, made


@pytest.fixture
def store(served_module: tuple[int, Store]) -> Store:
    """What is in the store."""
    return served_module[1]


@pytest.fixture
def network(served_module: tuple[int, Store]) -> Iterator[Network]:
    """The network between browser and server, good until a test makes it bad."""
    made = Network(upstream=served_module[0])
    server = lossy.start(made)
    yield made
    server.shutdown()
    server.server_close()


@pytest.fixture
def browser(network: Network, tmp_path: Path) -> Iterator[Browser]:
    """Debian's chromium on a profile of its own; started after the server, whose fixtures need no event loop."""
    with sync_playwright() as play:
        made = Browser(play, tmp_path / "profile", network.address)
        yield made
        made.close()


def sign_in(page: Page, address: str, login: str, *, to: str = "/outbox/") -> None:
    """Sign in on the page, as a person does."""
    page.goto(f"{address}/sign-in/?next={to}")
    page.fill("input[name=username]", login)
    page.fill("input[name=password]", PASSWORD)
    page.press("input[name=password]", "Enter")
    page.wait_for_url(address + to)


def kept(page: Page) -> list[str]:
    """Return the addresses of the pages that the worker keeps, as path?kept=language."""
    found: list[str] = page.evaluate("""async () => {
        const names = (await caches.keys()).filter((name) => name.startsWith("kho-pages-"));
        const keys = await Promise.all(names.map(async (name) => (await (await caches.open(name)).keys())));
        return keys.flat().map((request) => request.url.replace(location.origin, "")).sort();
    }""")
    return found


def until(page: Page, script: str, argument: Any = None, *, seconds: float = 150) -> None:
    """Wait until an async function of the page answers true; fail when it does not in time."""
    deadline = time.monotonic() + seconds
    while not page.evaluate(script, argument):
        assert time.monotonic() < deadline, f"never came true: {script} of {argument}"
        page.wait_for_timeout(150)


def wait_until_kept(page: Page, *paths: str) -> None:
    """Wait until the worker keeps pages."""
    until(
        page,
        """async (paths) => {
            const names = (await caches.keys()).filter((name) => name.startsWith("kho-pages-"));
            const keys = await Promise.all(names.map(async (name) => (await caches.open(name)).keys()));
            const there = new Set(keys.flat().map((request) => new URL(request.url).pathname));
            return paths.every((path) => there.has(path));
        }""",
        list(paths),
    )


QUEUE = """async ([count, item, options]) => {
    const { openStore } = await import("/static/vouchers/store.js");
    const { newId, send } = await import("/static/vouchers/outbox.js");
    const store = await openStore(document.documentElement.dataset.login);
    const ids = [];
    for (let number = 1; number <= count; number += 1) {
        const id = newId();
        await store.drafts.put({
            id, depot: "K01", kind: options.kind ?? "receipt", version: 0,
            occurred_at: new Date(Date.now() - 60_000).toISOString(),
            counterparty: "Công ty mẫu", order_number: `${options.order ?? "S"}/${number}`,
            lines: [{ id: "l1", item, quantity: options.quantity ?? "1" }],
        });
        ids.push(id);
        if (!options.isKept) await send(id);
    }
    return ids;
}"""


@pytest.fixture
def queue(store: Store) -> Callable[..., list[str]]:
    """Put vouchers of one line into the outbox of a page, in its own words; returns their ids."""

    def put(page: Page, count: int, **options: Any) -> list[str]:
        ids: list[str] = page.evaluate(QUEUE, [count, store.milk.code, options])
        return ids

    return put


STATES = """async () => {
    const { openStore } = await import("/static/vouchers/store.js");
    const found = await (await openStore(document.documentElement.dataset.login)).drafts.list();
    return Object.fromEntries(found.map(({ id, state }) => [id, state]));
}"""


def states(page: Page) -> dict[str, str]:
    """Return the state of each draft that the page's person has in this browser."""
    found: dict[str, str] = page.evaluate(STATES)
    return found


def wait_for_states(page: Page, ids: list[str], *wanted: str, seconds: float = 150) -> None:
    """Wait until every one of the drafts is in one of the states."""
    until(
        page,
        """async ([ids, wanted]) => {
            const { openStore } = await import("/static/vouchers/store.js");
            const { drafts } = await openStore(document.documentElement.dataset.login);
            for (const id of ids) if (!wanted.includes((await drafts.get(id))?.state)) return false;
            return true;
        }""",
        [ids, list(wanted)],
        seconds=seconds,
    )


def posted(ids: list[str]) -> list[tuple[str, str]]:
    """Return (key, who) of the movements that vouchers became, in the order of the log."""
    found = Movement.objects.filter(key__in=ids).order_by("depot", "position").values_list("key", "actor")
    return in_store(lambda: list(found))


def in_store(work: Callable[[], Answer]) -> Answer:
    """Return what `work` finds in the database, asked in a thread: the browser's event loop is in this one."""
    (found,) = factories.in_threads(1, lambda _index: work())
    if isinstance(found, Exception):
        raise found
    return found


def without(name: str) -> str:
    """Return a script that makes the browser an older one: without `navigator.<name>`."""
    return f"Object.defineProperty(Navigator.prototype, {name!r}, {{ get: () => undefined }});"
