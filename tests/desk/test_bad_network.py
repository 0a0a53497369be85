"""A clerk at the entry page without a network: a receipt of thirty lines and some small ones, each posted once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, Playwright

from inventory.ledger.models import Movement, MovementLine
from tests.desk.conftest import PILLS_GTIN, House
from tests.entry.conftest import Clerk, label
from tests.offline import lossy
from tests.offline.conftest import Browser, in_store, sign_in, wait_for_states, wait_until_kept
from tests.offline.lossy import Network
from tests.pace import timed

LOTS = [f"KM-{number:02d}" for number in range(30)]
SMALL = 5  # vouchers of one line after it


@pytest.fixture
def network(house: House) -> Iterator[Network]:
    """The network between browser and server, good until the test makes it bad."""
    made = Network(upstream=urlsplit(house.address).port or 0)
    server = lossy.start(made)
    yield made
    server.shutdown()
    server.server_close()


@pytest.fixture
def machine(play: Playwright, network: Network, tmp_path: Path) -> Iterator[Browser]:
    """A browser whose profile outlives it."""
    made = Browser(play, tmp_path / "profile", network.address)
    yield made
    made.close()


def test_what_is_entered_without_a_network_is_posted_once(house: House, machine: Browser, network: Network) -> None:
    """Offline, the browser started again twice, every fourth answer lost after the server did its work."""
    page = machine.open()
    sign_in(page, network.address, "thukho")
    wait_until_kept(page, "/depots/K01/entry/")
    machine.offline(True)
    with timed() as first_half:
        clerk = _at(machine, page, house, network)
        _scan(clerk, LOTS[:15])
    first = page.url.partition("voucher=")[2]
    clerk.until("document.getElementById('saved').textContent.includes('Đã lưu trên máy')")

    clerk = _at(machine, machine.restart(is_offline=True), house, network, f"voucher={first}")
    assert clerk.cells("lot") == LOTS[:15]
    with timed() as second_half:
        clerk.page.focus("#scan")
        _scan(clerk, LOTS[15:])
    assert clerk.cells("lot") == LOTS
    assert clerk.cells("quantity") == [str(number + 1) for number in range(30)]
    took = first_half.seconds + second_half.seconds
    assert took < 10, f"thirty scans took {took:.1f} s"
    ids = [first]
    _send(clerk)
    for number in range(SMALL):
        clerk.press("Enter")  # the link to the next voucher of its kind has the focus
        clerk.page.wait_for_url(lambda url: "voucher=" in url and ids[-1] not in url)
        ids.append(clerk.page.url.partition("voucher=")[2])
        clerk.page.focus("#scan")
        clerk.scan(label(PILLS_GTIN, f"NHO-{number}", date(2031, 1, 31), count=9))
        _send(clerk)
    assert _posted(ids) == {}

    page = machine.restart(is_offline=True)
    page.goto(f"{network.address}/outbox/")
    page.wait_for_selector("#outbox-waiting")
    network.drop_every = 4
    network.sendings.clear()
    machine.offline(False)
    wait_for_states(page, ids, "posted", seconds=150)
    assert len(network.sendings) > len(ids), "an answer was lost, so something was sent twice"
    posted = _posted(ids)
    assert sorted(posted) == sorted(ids)
    assert posted[first] == [(lot, number + 1) for number, lot in enumerate(LOTS)]
    assert [posted[key] for key in ids[1:]] == [[(f"NHO-{number}", 9)] for number in range(SMALL)]


def _at(machine: Browser, page: Page, house: House, network: Network, query: str = "kind=receipt") -> Clerk:
    """Sit down at the entry page, which comes from the worker."""
    assert machine.context is not None
    clerk = Clerk(house, machine.context, page, [])  # type: ignore[arg-type]
    page.goto(f"{network.address}/depots/K01/entry/?{query}")
    page.wait_for_selector("#entry:not([hidden]) #lines tbody")
    clerk.until("location.search.includes('voucher=')")
    return clerk


def _scan(clerk: Clerk, lots: list[str]) -> None:
    for lot in lots:
        clerk.scan(label(PILLS_GTIN, lot, date(2031, 1, 31), count=LOTS.index(lot) + 1))


def _send(clerk: Clerk) -> None:
    clerk.page.keyboard.press("Control+Enter")
    clerk.page.wait_for_selector("#review:not([hidden])")
    clerk.page.keyboard.press("Control+Enter")
    clerk.page.wait_for_selector("#another")


def _posted(ids: list[str]) -> dict[str, Any]:
    """Return the (lot, quantity) of each movement that the vouchers became; fail when one became two."""

    def read() -> dict[str, Any]:
        found: dict[str, Any] = {}
        for movement in Movement.objects.filter(key__in=ids):
            assert movement.key not in found
            lines = MovementLine.objects.filter(depot=movement.depot_id, position=movement.position).order_by("line_no")
            found[movement.key] = [
                (lot, int(change)) for lot, change in lines.values_list("holding__lot__code", "change")
            ]
        return found

    return in_store(read)
