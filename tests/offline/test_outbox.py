"""Vouchers that wait in the browser are sent exactly once, in their own person's name, whatever the network does."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from django.contrib.sessions.models import Session
from playwright.sync_api import expect

from tests.offline.conftest import (
    Browser,
    in_store,
    kept,
    posted,
    sign_in,
    states,
    until,
    wait_for_states,
    wait_until_kept,
    without,
)
from tests.offline.lossy import Network
from tests.pages.store import PASSWORD, Store

Queue = Callable[..., list[str]]

# Does something with a voucher while no other try to send is under way, whenever the outbox's own timer strikes.
ALONE = """async ([name, ...given]) => {
    const outbox = await import("/static/vouchers/outbox.js");
    const { login } = document.documentElement.dataset;
    return navigator.locks.request(`kho-outbox:${login}`, () => outbox[name](...given));
}"""


def test_thirty_vouchers_survive_no_network_a_restart_and_lost_answers(
    browser: Browser, network: Network, store: Store, queue: Queue
) -> None:
    page = browser.open()
    sign_in(page, network.address, "thukho")
    wait_until_kept(page, "/outbox/", "/depots/K01/entry/")
    browser.offline(True)
    ids = queue(page, 30)
    assert set(states(page).values()) == {"queued"}
    expect(page.locator("#outbox-chip")).to_contain_text(re.compile(r"^30 "))
    assert posted(ids) == []

    page = browser.restart(is_offline=True)
    page.goto(f"{network.address}/outbox/")  # from the worker
    page.wait_for_selector("#outbox-waiting")
    expect(page.locator("[data-state=queued]")).to_have_count(30)

    network.drop_every = 4
    network.sendings.clear()
    browser.offline(False)
    wait_for_states(page, ids, "posted")
    keys = posted(ids)
    assert sorted(key for key, _who in keys) == sorted(ids)
    assert {who for _key, who in keys} == {"thukho"}
    assert [key for key, _who in keys] == ids  # in the order they were queued
    # Every lost answer made one sending more.
    assert len(network.sendings) > 30
    expect(page.locator("#outbox-chip")).to_be_hidden()
    expect(page.locator("[data-state=posted]")).to_have_count(30)


def test_an_ended_session_is_renewed_in_place(browser: Browser, network: Network, store: Store, queue: Queue) -> None:
    page = browser.open()
    sign_in(page, network.address, "thukho")
    browser.offline(True)
    ids = queue(page, 2, order="H")
    in_store(lambda: Session.objects.all().delete())
    browser.offline(False)
    # On its own the outbox interrupts nobody: it says that it waits for a person.
    page.wait_for_selector("#outbox-state:has-text('Send now'), #outbox-state:has-text('Gửi ngay')")
    assert page.locator("dialog").count() == 0
    assert set(states(page).values()) == {"queued"}
    page.click("#outbox-flush")
    page.fill("dialog input[type=password]", PASSWORD)
    page.press("dialog input[type=password]", "Enter")
    wait_for_states(page, ids, "posted")
    assert posted(ids) == [(key, "thukho") for key in ids]
    assert page.url == f"{network.address}/outbox/"


def test_sending_while_the_session_is_over_asks_at_once(
    browser: Browser, network: Network, store: Store, queue: Queue
) -> None:
    page = browser.open()
    sign_in(page, network.address, "thukho")
    (key,) = queue(page, 1, isKept=True, order="H2")
    in_store(lambda: Session.objects.all().delete())
    page.evaluate("(id) => { import('/static/vouchers/outbox.js').then(({ send }) => send(id)); }", key)
    page.fill("dialog input[type=password]", PASSWORD)
    page.press("dialog input[type=password]", "Enter")
    wait_for_states(page, [key], "posted")
    assert posted([key]) == [(key, "thukho")]


@pytest.mark.parametrize("missing", ["", "locks"])
def test_of_two_tabs_one_sends(missing: str, browser: Browser, network: Network, store: Store, queue: Queue) -> None:
    """With Web Locks, and in a browser that has none."""
    page = browser.open(script=without(missing) if missing else "")
    sign_in(page, network.address, "thukho")
    other = browser.tab()
    other.goto(f"{network.address}/outbox/")
    assert page.evaluate("Boolean(navigator.locks)") is not bool(missing)
    browser.offline(True)
    ids = queue(page, 8, order=f"T{missing}")
    network.sendings.clear()
    browser.offline(False)
    flush = "import('/static/vouchers/outbox.js').then(({ flush }) => { flush({ isAsked: true }); })"
    page.evaluate(flush)
    other.evaluate(flush)
    wait_for_states(other, ids, "posted")
    assert sorted(network.sendings) == sorted(ids)  # not one of them twice
    assert [key for key, _who in posted(ids)] == ids
    expect(other.locator("[data-state=posted]").nth(7)).to_be_visible()


def test_another_person_neither_sees_nor_sends_what_was_left(
    browser: Browser, network: Network, store: Store, queue: Queue
) -> None:
    page = browser.open()
    sign_in(page, network.address, "thukho")
    wait_until_kept(page, "/outbox/", "/depots/K01/entry/")
    mine = kept(page)
    browser.offline(True)
    ids = queue(page, 3, order="B")
    network.busy = [(503, {})] * 99
    browser.offline(False)
    page.reload()
    old = page

    # Somebody else signs in with the same browser while the first one's page is still open.
    page = browser.tab()
    page.goto(f"{network.address}/depots/")
    page.click("form[action='/sign-out/'] button")
    page.wait_for_url("**/sign-in/**")
    until(page, "async () => !(await caches.keys()).some((name) => name.startsWith('kho-pages-'))")
    sign_in(page, network.address, "nguoi-la")
    network.busy = []
    network.sendings.clear()
    assert page.locator("[data-voucher]").count() == 0
    assert states(page) == {}
    assert page.locator("#outbox-chip").is_hidden()
    wait_until_kept(page, "/outbox/", "/depots/K99/entry/")
    assert not [path for path in kept(page) if "K01" in path]
    assert [path for path in mine if "K01" in path]

    # The first one's page tries: its cookie is the other's now, so nothing is sent in anybody's name.
    old.evaluate("import('/static/vouchers/outbox.js').then(({ flush }) => flush({}))")
    assert set(network.sendings) & set(ids)
    assert posted(ids) == []
    assert set(states(old).values()) == {"queued"}
    # And asked to, it says who is signed in.
    old.evaluate("import('/static/vouchers/outbox.js').then(({ flush }) => { flush({ isAsked: true }); })")
    old.wait_for_selector("dialog")
    assert posted(ids) == []
    old.close()

    # Offline, the other one is shown their own pages alone.
    network.is_down = True
    page.goto(f"{network.address}/depots/K01/entry/")
    assert "thukho" not in page.content()
    assert page.evaluate("document.documentElement.dataset.login") == "nguoi-la"
    network.is_down = False

    sign_out = page.goto(f"{network.address}/depots/")
    assert sign_out
    page.click("form[action='/sign-out/'] button")
    page.wait_for_url("**/sign-in/**")
    sign_in(page, network.address, "thukho")
    wait_for_states(page, ids, "posted")
    assert posted(ids) == [(key, "thukho") for key in ids]


def test_a_refused_voucher_waits_for_a_person_with_every_reason(
    browser: Browser, network: Network, store: Store, queue: Queue
) -> None:
    page = browser.open()
    sign_in(page, network.address, "thukho")
    browser.offline(True)
    too_much = queue(page, 1, kind="issue", quantity="999999", order="X")
    good = queue(page, 1, order="Y")
    browser.offline(False)
    wait_for_states(page, too_much, "attention")
    wait_for_states(page, good, "posted")  # what is refused holds nothing else up
    assert posted(too_much) == []
    row = page.locator(f"[data-voucher='{too_much[0]}']")
    page.wait_for_selector("[data-state=attention]")
    assert store.milk.code in row.inner_text() or "999.999" in row.inner_text() or "240" in row.inner_text()
    assert row.locator("a").get_attribute("href") == f"/depots/K01/entry/?voucher={too_much[0]}"
    problem = page.evaluate(
        """async (id) => {
            const { openStore } = await import("/static/vouchers/store.js");
            return (await (await openStore("thukho")).drafts.get(id)).problem;
        }""",
        too_much[0],
    )
    assert problem["errors"]
    for fault in problem["errors"]:
        assert fault["line"] == "l1"
        assert fault["detail"] in row.inner_text()
    expect(page.locator("#outbox-chip")).to_have_attribute("data-tone", "bad")

    # Opening it: the entry page, with the faults beside the cells.
    row.locator("a").click()
    page.wait_for_url("**/entry/?voucher=*")
    page.wait_for_selector("#lines tr[data-line]")
    page.wait_for_selector(".summary, .fault")
    assert problem["errors"][0]["detail"] in page.inner_text("main")

    page.goto(f"{network.address}/outbox/")
    row = page.locator(f"[data-voucher='{too_much[0]}']")
    row.locator("button").last.click()
    page.fill("dialog input", "Ghi nhầm")
    page.press("dialog input", "Enter")
    page.wait_for_selector("#outbox-deleted")
    assert too_much[0] not in states(page)
    assert "Ghi nhầm" in page.locator("#outbox-lists").inner_text()


def test_a_busy_server_is_left_alone_as_long_as_it_asks(
    browser: Browser, network: Network, store: Store, queue: Queue
) -> None:
    page = browser.open()
    sign_in(page, network.address, "thukho")
    network.busy = [(503, {"Retry-After": "1"}), (429, {"Retry-After": "2"}), (502, {}), (500, {})]
    network.sendings.clear()
    start = time.monotonic()
    ids = queue(page, 2, order="R")
    wait_for_states(page, ids, "posted")
    assert time.monotonic() - start > 3
    assert network.busy == []
    # What the server broke over stood aside for the next one.
    assert [key for key, _who in posted(ids)] == ids[::-1]
    assert sorted(network.sendings) == sorted(ids)


def test_what_arrived_unanswered_cannot_be_taken_back_or_given_up(
    browser: Browser, network: Network, store: Store, queue: Queue
) -> None:
    page = browser.open()
    sign_in(page, network.address, "thukho")
    network.drop_every = 1
    (first,) = queue(page, 1, order="Z1")
    wait_for_states(page, [first], "queued")
    assert posted([first]) == [(first, "thukho")]
    taken = page.evaluate(ALONE, ["takeBack", first])
    assert taken["state"] == "posted"
    (second,) = queue(page, 1, order="Z2")
    assert posted([second]) == [(second, "thukho")]
    problem = page.evaluate(ALONE, ["discard", second, "thử"])
    assert problem["type"] == "/problems/voucher-closed"
    assert states(page) == {first: "posted", second: "posted"}


def test_a_saved_file_brings_drafts_back_and_only_to_their_owner(
    browser: Browser, network: Network, store: Store, queue: Queue, tmp_path: Path
) -> None:
    page = browser.open()
    sign_in(page, network.address, "thukho")
    browser.offline(True)
    queued = queue(page, 2, order="F")
    (local,) = queue(page, 1, isKept=True, order="F2")
    page.wait_for_selector("#outbox-local")
    with page.expect_download() as download:
        page.click("#outbox-save")
    file = tmp_path / "kept.json"
    download.value.save_as(file)
    assert {one["id"] for one in json.loads(file.read_text())["drafts"]} == {*queued, local}

    # The disk dies: another browser, another profile.
    browser.close()
    browser.profile = tmp_path / "new"
    page = browser.open()
    sign_in(page, network.address, "thukho")
    assert states(page) == {}
    page.set_input_files("#outbox-file", str(file))
    wait_for_states(page, queued, "posted")
    assert states(page)[local] == "local"
    assert [key for key, _who in posted(queued)] == queued
    page.set_input_files("#outbox-file", str(file))
    page.wait_for_selector("#status:has-text('0')")
    assert len(posted(queued)) == 2

    page.click("form[action='/sign-out/'] button")
    page.wait_for_url("**/sign-in/**")
    sign_in(page, network.address, "nguoi-la")
    page.set_input_files("#outbox-file", str(file))
    page.wait_for_selector("#status:has-text('thukho')")
    assert states(page) == {}
    text = tmp_path / "other.json"
    text.write_text('{"format": "kho-outbox", "version": 1, "login": "nguoi-la", "drafts": [{"id": 7}]}')
    page.set_input_files("#outbox-file", str(text))
    page.wait_for_selector("#status[data-tone=bad]")
    assert states(page) == {}
