"""Vouchers that wait in the browser are sent exactly once, in their own person's name, whatever the network does."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib.sessions.models import Session

from tests.offline.conftest import Browser, posted, sign_in, states, wait_for_states, wait_until_kept
from tests.offline.lossy import Network
from tests.pages.store import PASSWORD, Store

Queue = Callable[..., list[str]]


def test_thirty_vouchers_survive_no_network_a_restart_and_lost_answers(
    browser: Browser, network: Network, store: Store, queue: Queue
) -> None:
    page = browser.open()
    sign_in(page, network.address, "thukho")
    wait_until_kept(page, "/outbox/", "/depots/K01/entry/")
    browser.offline(True)
    ids = queue(page, 30)
    assert set(states(page).values()) == {"queued"}
    assert page.locator("#outbox-chip").inner_text().startswith("30 ")
    assert posted(ids) == []

    page = browser.restart(is_offline=True)
    page.goto(f"{network.address}/outbox/")  # from the worker
    page.wait_for_selector("#outbox-waiting")
    assert page.locator("[data-state=queued]").count() == 30

    network.drop_every = 4
    network.sendings.clear()
    browser.offline(False)
    wait_for_states(page, ids, "posted", seconds=120)
    keys = posted(ids)
    assert sorted(key for key, _who in keys) == sorted(ids)
    assert {who for _key, who in keys} == {"thukho"}
    assert [key for key, _who in keys] == ids  # in the order they were queued
    # Every lost answer made one sending more.
    assert len(network.sendings) > 30
    assert page.locator("#outbox-chip").is_hidden()
    assert page.locator("[data-state=posted]").count() == 30
