"""Every page of the site, found by its address: usable by everybody, light to load, and keeping to itself.

The walk asks the URL resolver which pages there are, so that a new one is walked too. By `./test --long` each page
is opened in Vietnamese, wide and light, and in English, narrow and dark, by somebody who works with it (else a share);
then at 200 % zoom (a 1280 px screen shows 640 px then) and on a telephone.
"""

from __future__ import annotations

import gzip
import json
import os
import re
import urllib.request
import zlib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib import admin
from django.urls import reverse
from playwright.sync_api import Browser, Page, Response
from playwright.sync_api import Error as PlaywrightError

from inventory.vouchers.entry import FORMS
from logistics.accounts.models import User
from logistics.help import TOPICS
from tests.browsers import PATIENCE_MS
from tests.desk.conftest import House, enter
from tests.offline.conftest import in_store
from tests.pages.browsing import AXE, RULES
from tests.pages.test_access import OF_AUDITORS, OF_PLANNERS, address, names
from tests.serving import ROOT

NO_PAGES = {
    "sign-out", "set_language", "live", "ready", "worker", "session", "texts", "voucher-paper", "picklist",
    "requisition-items", "requisition-line", "depot-orders-waiting",
    "stocktake-paper", "vouchers-paper", "handover-paper", "inspection-paper",
}  # no HTML, or a part of a page  # fmt: skip
WIDE, ZOOMED, TELEPHONE = 1280, 640, 360
MOST_BYTES = 120_000  # style sheets and modules of a first load, compressed as the proxy does

LOOK = """async (rules) => {
    const found = await axe.run(document, { resultTypes: ["violations"], preload: false, ...rules });
    return found.violations.filter(({ impact }) => impact === "serious" || impact === "critical")
        .map(({ id, nodes: [{ html, any }] }) => `${id} ${html.slice(0, 160)} ${any[0]?.message ?? ""}`);
}"""
EVERYTHING = RULES | {"rules": {"target-size": {"enabled": True}}}
# Colours and widths do not depend on words, so each is looked at once.
COLOURS: dict[str, Any] = {"vi": "light", "en": "dark"}
FIRST = {"vi": WIDE, "en": TELEPHONE}

# Many pages of one template each. `./test --long` walks every page in both languages; see `_is_in_short_runs`.
ALIKE = ("/help/", "/upkeep/")
IS_LONG = os.environ.get("HYPOTHESIS_PROFILE") == "long"

# What cannot be reached: the page itself scrolls sideways, or a control stands outside it in nothing that scrolls.
REACH = """() => {
    const found = [], width = innerWidth, across = document.documentElement.scrollWidth;
    if (across > width) {
        const isWide = (one) => one.getBoundingClientRect().right > width;
        const widest = [...document.querySelectorAll("body *")].filter(isWide).at(-1);
        found.push(`scrolls sideways to ${across}: ${widest?.outerHTML.slice(0, 120)}`);
    }
    const scrolls = (one) => {
        for (let box = one.parentElement; box && box !== document.body; box = box.parentElement)
            if (["auto", "scroll"].includes(getComputedStyle(box).overflowX)) return true;
        return false;
    };
    const controls = "a[href], button, input:not([type=hidden]), select, textarea, summary";
    for (const one of document.querySelectorAll(controls)) {
        const box = one.getBoundingClientRect(), isSeen = one.checkVisibility({ visibilityProperty: true });
        if (!isSeen || box.width <= 1 || one.closest(".unseen, .skip") || scrolls(one)) continue;
        if (box.left < -1 || box.right > width + 1) found.push(`out of reach: ${one.outerHTML.slice(0, 120)}`);
    }
    return found.slice(0, 3);
}"""


@dataclass
class Walk:
    """What was found on the way, by what it is about."""

    pages: list[str] = field(default_factory=list)
    found: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    loads: dict[str, set[str]] = field(default_factory=dict)  # page -> addresses of its style sheets and modules

    def tell(self, what: str, where: str, details: list[str]) -> None:
        """Keep what is wrong."""
        self.found[what] += [f"{where}: {detail}" for detail in details]


def _own_pages(house: House) -> Iterator[tuple[str, str]]:
    """(login, path) of the site's own pages, several of one address where it shows different things."""
    store = house.store
    nobody = {"sign-in", "problems", "problem", "help-topics", "help"}
    for name in sorted(set(names()) - NO_PAGES - nobody):
        if not name.endswith("-file"):
            login = "kehoach" if name in OF_PLANNERS else "kiemtoan" if name in OF_AUDITORS else "thukho"
            yield login, address(name, store)
    yield from (("", reverse(name)) for name in ("sign-in", "problems", "help-topics"))
    yield "", reverse("problem", args=["insufficient-stock"])
    yield from (("", reverse("help", args=[topic])) for topic in TOPICS)
    for kind in FORMS:
        query = f"&consignment={house.arriving.name}" if kind == "transfer_in" else ""
        yield "thukho", f"/depots/K01/entry/?kind={kind}{query}"
    yield from (
        ("thukho", path)
        for path in (
            "/depots/K01/?q=khong-co", "/depots/K01/?page=2", "/depots/K99/", "/nowhere/",
            "/depots/K01/movements/?item=gao&kind=receipt",
            "/depots/K01/movements/?from=31/02/2026", f"/items/{store.rice.code}/stock-card/?depot=K01&from=31/02/2026",
            f"/depots/K01/movements/{store.transfer.position}/", f"/depots/K01/movements/{store.mistaken.position}/",
            f"/depots/K01/movements/{store.mistaken.position}/reversal/", f"/depots/K01/vouchers/{house.waiting}/",
        )
    )  # fmt: skip
    yield from (("chihuy", path) for path in ("/approvals/", f"/depots/K01/vouchers/{house.waiting}/"))
    yield from (("kehoach", path) for path in ("/", "/depots/", f"/items/{store.rice.code}/", "/depots/K01/entry/"))
    plans = ("/plans/new/", f"/plans/{store.sourced}/", f"/plans/compare/?a={store.plan}&b={store.sourced}")
    yield from (("kehoach", path) for path in plans)


def _upkeep_pages() -> Iterator[tuple[str, str]]:
    """(login, path) of every page of upkeep: its list, a new row, a row and its history, as whoever keeps it."""
    administrator: Any = SimpleNamespace(user=User.objects.get(login="quantri"))
    for model, kept in sorted(admin.site._registry.items(), key=lambda pair: pair[0]._meta.label):
        login = "quantri" if kept.has_change_permission(administrator) else "danhmuc"
        keeper: Any = SimpleNamespace(user=User.objects.get(login=login))
        label = model._meta.app_label, model._meta.model_name
        yield login, reverse("admin:{}_{}_changelist".format(*label))
        if kept.has_add_permission(keeper):
            yield login, reverse("admin:{}_{}_add".format(*label))
        first = kept.model._default_manager.order_by("pk").first()
        if first is not None:
            yield login, reverse("admin:{}_{}_change".format(*label), args=[first.pk])
            yield login, reverse("admin:{}_{}_history".format(*label), args=[first.pk])
    yield from (("quantri", path) for path in ("/", "/upkeep/", "/upkeep/accounts/"))


@pytest.fixture(scope="module")
def walk(house: House, chromium: Browser) -> Walk:
    """The whole walk, once; the tests below look at what it found."""
    done = Walk()
    own, upkeep = list(_own_pages(house)), in_store(lambda: list(_upkeep_pages()))
    for login in sorted({login for login, _path in own + upkeep}):
        # Without the worker every request goes to the server, where it is seen.
        context = chromium.new_context(locale="vi-VN", service_workers="block")
        context.add_init_script(path=AXE)
        context.set_default_timeout(PATIENCE_MS)
        if login:
            enter(house, context, login)
        for language in ("vi", "en"):
            context.add_cookies([{"name": "django_language", "value": language, "url": house.address}])
            page = context.new_page()
            step = _watched(page, house.address, done)
            for path in dict.fromkeys(path for who, path in own + upkeep if who == login):
                if not IS_LONG and not _is_in_short_runs(path, language):
                    continue
                step["where"] = where = f"{path} ({login or 'nobody'}, {language}, {COLOURS[language]})"
                step["loads"] = done.loads.setdefault(path, set())
                page.emulate_media(color_scheme=COLOURS[language])
                page.set_viewport_size({"width": FIRST[language], "height": 800})
                _arrived(done, page, page.goto(house.address + path), where, language)
                done.tell("axe", where, page.evaluate(LOOK, EVERYTHING))
                for width in (ZOOMED, TELEPHONE):
                    page.set_viewport_size({"width": width, "height": 740})
                    done.tell("reach", f"{where} {width} px", page.evaluate(REACH))
            page.close()
        context.close()
    return done


def _is_in_short_runs(path: str, language: str) -> bool:
    """Return whether a short run opens a page: a quarter of our own in each language, a fifth of those alike in one."""
    if path.endswith("/entry/?kind=receipt"):
        return language == "vi"  # the heaviest
    share = zlib.crc32(re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "id", path.partition("?")[0]).encode())
    if path.startswith(ALIKE):
        return language == "vi" and share % 5 == 0
    return share % 4 == ("vi", "en").index(language)


def _watched(page: Page, address: str, done: Walk) -> dict[str, Any]:
    """Hear everything a page asks for and complains of, under the name of where the walk stands."""
    step: dict[str, Any] = {}

    def asked(request: Any) -> None:
        if not request.url.startswith((address + "/", "data:", "blob:")):
            done.tell("outside", step["where"], [request.url])
        elif request.resource_type in {"script", "stylesheet"}:
            step["loads"].add(request.url)

    def said(message: Any) -> None:
        # A page that refuses is an answer, which the console calls an error; the worker is kept away on purpose.
        is_ours = any(text in message.text for text in ("responded with a status of 4", "blocked by Playwright"))
        if message.type in {"error", "warning"} and not is_ours:
            done.tell("complaints", step["where"], [message.text])

    page.on("request", asked)
    page.on("console", said)
    page.on("pageerror", lambda error: done.tell("complaints", step["where"], [str(error)]))
    return step


def _arrived(done: Walk, page: Page, answer: Response | None, where: str, language: str) -> None:
    assert answer is not None, where
    done.pages.append(where)
    policy = answer.headers.get("content-security-policy", "")
    # Only where goods are counted may a camera's codes be read, by WebAssembly of our own.
    plain = policy.replace(" 'wasm-unsafe-eval'", "") if where.partition(" ")[0].endswith("/count/") else policy
    if "default-src 'self'" not in policy or "unsafe-" in plain:
        done.tell("policy", where, [policy or "none"])
    if answer.status >= (300 if "/upkeep/" in where else 500) or "text/html" not in answer.headers.get(
        "content-type", ""
    ):
        done.tell("answers", where, [f"{answer.status} {answer.headers.get('content-type')}"])
    if page.locator("html").get_attribute("lang") != language:
        done.tell("answers", where, ["another language"])
    if "/entry/?kind=" in where:
        try:
            page.wait_for_selector("#lines input[data-member]", state="attached")
        except PlaywrightError as error:
            done.tell("answers", where, [str(error)[:200]])


def test_the_walk_sees_what_is_wrong(house: House, chromium: Browser) -> None:
    done = Walk()
    context = chromium.new_context(service_workers="block")
    context.add_init_script(path=AXE)
    page = context.new_page()
    step = _watched(page, house.address, done)
    step |= {"where": "here", "loads": set()}
    page.goto(house.address + "/sign-in/")
    page.set_viewport_size({"width": TELEPHONE, "height": 740})
    page.evaluate("""() => {
        const bad = document.createElement("div");
        bad.innerHTML = `<input><p class="pale">hardly seen</p><button>out</button>
            <a href="#1">·</a><a href="#2">·</a><img alt="" src="https://elsewhere.invalid/a.png">`;
        document.querySelector("main").append(bad);
        bad.querySelector(".pale").style.cssText = "color: #ddd; background: #fff";
        bad.querySelector("button").style.cssText = "position: relative; left: 400px";
    }""")
    found = page.evaluate(LOOK, EVERYTHING)
    assert {one.split()[0] for one in found} >= {"label", "color-contrast", "target-size"}
    reach = page.evaluate(REACH)
    assert [one.split()[0] for one in reach] == ["scrolls", "out"]
    assert "elsewhere.invalid" in str(done.found["outside"] + done.found["complaints"])
    context.close()


def test_axe_finds_nothing_serious(walk: Walk) -> None:
    """In vi and en, light and dark, wide and narrow; small targets included."""
    assert len(walk.pages) >= (200 if IS_LONG else 40)
    assert walk.found["axe"] == []


def test_nothing_is_out_of_reach_at_200_percent_and_on_a_telephone(walk: Walk) -> None:
    assert walk.found["reach"] == []


def test_nothing_leaves_the_origin(walk: Walk) -> None:
    assert walk.found["outside"] == []


def test_every_page_has_a_strict_policy_and_breaks_nothing_of_it(walk: Walk) -> None:
    assert walk.found["policy"] == []
    assert walk.found["complaints"] == []


def test_every_address_answers_in_the_language_of_its_reader(walk: Walk) -> None:
    assert walk.found["answers"] == []


def test_a_first_load_is_light(walk: Walk) -> None:
    """What each page really asks for, compressed as the proxy in front of the site compresses it."""
    proxy = (ROOT / "deploy/nginx.conf").read_text()
    assert re.search(r"^\s*gzip on;", proxy, re.MULTILINE)
    level = re.search(r"^\s*gzip_comp_level (\d);", proxy, re.MULTILINE)
    compressed = set(re.search(r"gzip_types ([^;]+);", proxy)[1].split()) | {"text/html"}  # type: ignore[index]
    sizes: dict[str, int] = {}
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    for url in sorted(set().union(*walk.loads.values())):
        with opener.open(url) as answer:
            assert answer.headers.get_content_type() in compressed, url
            sizes[url] = len(gzip.compress(answer.read(), int(level[1]) if level else 1))
    totals = {path: sum(sizes[url] for url in urls) for path, urls in walk.loads.items()}
    heaviest = sorted(totals.items(), key=lambda pair: -pair[1])[:5]
    entry = max(size for path, size in totals.items() if "/entry/" in path)
    print("heaviest first loads, bytes:", json.dumps(heaviest), "entry page:", entry)
    assert heaviest[0][1] <= MOST_BYTES
    assert min(totals.values()) > 5_000, "the walk saw what pages load"
