"""A full house: two depots at work, their people, a real server, Debian's chromium; made once for all tests here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, Playwright, sync_playwright

from depots import access
from depots.models import Bin
from inventory.catalogue.codes import item_code
from inventory.foresight import nightly
from inventory.ledger.entries import Posted
from inventory.ledger.periods import close_period
from inventory.norms.models import ReserveNorm
from inventory.vouchers import workflow
from inventory.vouchers.content import Content
from logistics import scratch
from logistics.accounts.models import Role, User
from logistics.history import Source
from tests import factories
from tests.browsers import ARGUMENTS, CHROMIUM, PATIENCE_MS
from tests.conftest import connected_to
from tests.entry.conftest import Clerk, _heard
from tests.pages.store import PASSWORD, Store, a_store
from tests.serving import Serve

PILLS_GTIN = "08931234567897"


@dataclass
class House:
    """A running server and what its store has."""

    address: str
    store: Store
    waiting: UUID  # an adjustment that thukho submitted, still to be approved
    arriving: Posted  # on the road from K02 to K01
    received: Posted  # left K01 and arrived in K02, whole
    signed_in: dict[str, Any] = field(default_factory=dict)  # login -> cookies of its session


def _stocked(store: Store) -> tuple[UUID, Posted, Posted]:
    """Fill K01 with what pages and refusals speak of: goods that expire, are held, on the road, wait for approval."""
    poster = User.objects.get(login="nguoi-ghi")
    today = timezone.localdate()

    def line(code: str, quantity: str | int, **pile: Any) -> Any:
        return factories.a_line(code, quantity, **pile)

    def received(*lines: Any, days_ago: float = 5) -> Posted:
        return factories.posting(poster, "receipt", "K01", *lines, days_ago=days_ago, counterparty="Công ty Dược mẫu")

    pills = factories.an_item(
        item_code("QY", 2, 7), tracking="lot", name="Thuốc giảm đau", name_en="Painkiller", gtin=PILLS_GTIN
    )
    meter = factories.an_item(item_code("QY", 2, 8), tracking="serial", name="Máy đo huyết áp")
    yeast = factories.an_item(item_code("QN", 2, 3), name="Men bia", name_en="Yeast")
    old = factories.an_item(item_code("QN", 2, 4), name="Bột cũ", is_active=False)
    shelf = [("L20", -30, 10), ("L23", 15, 40), ("L24", 20, 40), ("L25", 200, 30), ("L26", 600, 50)]
    for lot, days, _quantity in shelf:
        hold = "chờ kiểm nghiệm" if lot == "L23" else ""
        factories.a_lot(pills, lot, expires_date=today + timedelta(days=days), hold_reason=hold)
    received(*(line(pills.code, quantity, lot=lot) for lot, _days, quantity in shelf), line(meter.code, 1, lot="SN-1"))
    received(line(store.rice.code, 4, lot="L25-01", grade=5), line(yeast.code, 10), days_ago=3.5)
    factories.posting(poster, "issue", "K01", line(yeast.code, 10), days_ago=2.5, counterparty="Đại đội 1")
    received(line(yeast.code, 10), days_ago=1)
    with factories.telling():
        Bin.objects.create(depot=store.k01, code="Z-99", is_active=False)
        ReserveNorm.objects.create(
            depot=store.k01, item=store.rice, purpose_id="THUONG_XUYEN", required=9000, valid_from=date(2020, 1, 1)
        )
    assert not old.is_active
    close_period("K01", today.replace(day=1) - timedelta(days=70), by=poster, at=timezone.now())

    receipt = {"days_ago": 4, "counterparty": "Công ty Lương thực mẫu"}
    factories.posting(poster, "receipt", "K02", line(store.rice.code, 500, lot="L25-02"), **receipt)
    arriving = factories.posting(
        poster, "transfer_out", "K02", line(store.rice.code, 60), days_ago=2, to_depot="K01", order_number="9/LDD"
    )
    whole = factories.posting(poster, "transfer_out", "K01", line(pills.code, 5, lot="L26"), days_ago=2, to_depot="K02")
    factories.posting(poster, "transfer_in", "K02", line(pills.code, 5, lot="L26"), days_ago=1, consignment=whole.name)

    place = access.depot_for_posting(store.keeper, "K01")
    at = timezone.now()
    lines = [{"id": "l1", "item": store.rice.code, "lot": "L25-01", "quantity": "-2"}]
    content = Content(kind="adjustment", occurred_at=at, reason="Hao hụt trong kho", lines=lines)
    nightly.run(at=at)
    waiting, _is_new = workflow.send(
        uuid4(), content, place=place, version=0, by=store.keeper, at=at, source=Source.WEB
    )
    return waiting.pk, arriving, whole


@pytest.fixture(scope="package")
def house(schema: str, django_db_blocker: Any, django_db_setup: None, serve: Serve) -> Iterator[House]:
    """The server over the full store, as deployed but for its proxy; what tests write stays until the last one."""
    if not Path(CHROMIUM).exists():
        pytest.skip("Debian's chromium is not installed")
    name = f"{schema}_desk_{uuid4().hex[:8]}"
    with scratch.clone(schema, name), django_db_blocker.unblock(), connected_to(name):
        store = a_store(fillers=40, password=PASSWORD)
        both = factories.a_user("kho-va-duyet", role=Role.STOREKEEPER, depot=store.k01, password=PASSWORD)
        with factories.telling():
            both.assignments.create(role=Role.APPROVER, depot=store.k01)
        factories.a_user("thukho02", role=Role.STOREKEEPER, depot=store.k02, password=PASSWORD)
        factories.a_user("chihuy", role=Role.APPROVER, depot=store.k01, password=PASSWORD)
        waiting, arriving, received = _stocked(store)
        with serve(name) as address:
            yield House(address, store, waiting, arriving, received)


@pytest.fixture(scope="package")
def play(house: House) -> Iterator[Playwright]:
    """What starts browsers; begun after the server so that its event loop meets no database fixture."""
    with sync_playwright() as found:
        yield found


@pytest.fixture(scope="package")
def chromium(play: Playwright) -> Iterator[Browser]:
    """Debian's chromium."""
    started = play.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
    yield started
    started.close()


def enter(house: House, context: BrowserContext, login: str) -> None:
    """Give a browser the session of somebody; they sign in by the form the first time."""
    if login not in house.signed_in:
        page = context.new_page()
        page.goto(house.address + "/")
        page.fill("input[name=username]", login)
        page.fill("input[name=password]", PASSWORD)
        page.press("input[name=password]", "Enter")
        page.wait_for_url(house.address + "/")
        page.close()
        house.signed_in[login] = [cookie for cookie in context.cookies() if "sessionid" in str(cookie.get("name"))]
    context.add_cookies(house.signed_in[login])


@pytest.fixture
def seat(house: House, chromium: Browser) -> Iterator[Callable[..., Clerk]]:
    """A function that seats somebody, signed in, at a browser of their own; nothing may go wrong unheard there."""
    seated: list[Clerk] = []

    def sit(login: str = "thukho", language: str = "vi") -> Clerk:
        context = chromium.new_context(locale="vi-VN", service_workers="block")
        context.set_default_timeout(PATIENCE_MS)
        enter(house, context, login)
        context.add_cookies([{"name": "django_language", "value": language, "url": house.address}])
        clerk = Clerk(house, context, context.new_page(), [])  # type: ignore[arg-type]
        clerk.page.on("pageerror", lambda error: clerk.complaints.append(str(error)))
        clerk.page.on("console", lambda said: _heard(clerk, said.type, said.text))
        seated.append(clerk)
        return clerk

    yield sit
    for clerk in seated:
        clerk.context.close()
    assert [said for clerk in seated for said in clerk.complaints] == []
