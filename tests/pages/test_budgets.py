"""Pages of a hundred rows weigh at most 60 kB and ask no more of the database than pages of two."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from depots import access
from inventory.catalogue.codes import item_code
from inventory.ledger.drafts import Draft
from inventory.ledger.posting import post
from inventory.vouchers import workflow
from inventory.vouchers.content import Content
from logistics.accounts.models import Role, User
from logistics.history import Source
from tests import factories
from tests.pages.store import Store

MOST_BYTES = 60_000
MOST_QUESTIONS = 20
# What the tests of the lists themselves do not grow: pages that gather several lists, and lists of several rooms.
PAGES = [
    ("thukho", "/"), ("thukho", "/depots/K01/"), ("thukho", "/depots/K01/desk/"), ("thukho", "/depots/K01/held/"),
    ("thukho", "/depots/K01/arrivals/"), ("thukho", "/depots/K01/road/"), ("thukho", "/depots/K01/stock/"),
    ("thukho", "/depots/K01/vouchers/?status=submitted"), ("kehoach", "/"), ("chihuy", "/approvals/"),
]  # fmt: skip


def test_a_hundred_rows_are_light_and_ask_no_more(store: Store, visit: Callable[[User], Client]) -> None:
    factories.a_user("chihuy", role=Role.APPROVER, depot=store.k01)
    browsers = {login: visit(User.objects.get(login=login)) for login in ("thukho", "kehoach", "chihuy")}
    _fill(store, range(2))
    before = _seen(browsers)
    _fill(store, range(2, 100))
    after = _seen(browsers)
    assert {page: questions for page, (questions, _size) in after.items()} == {
        page: questions for page, (questions, _size) in before.items()
    }
    assert max(questions for questions, _size in after.values()) <= MOST_QUESTIONS
    heavy = {page: size for page, (_questions, size) in after.items() if size > MOST_BYTES}
    assert heavy == {}
    assert all(after[page][1] > before[page][1] for page in after), "every one of them shows more than before"


def _seen(browsers: dict[str, Client]) -> dict[tuple[str, str], tuple[int, int]]:
    """Return questions asked and bytes answered of each page, in Vietnamese, the longer language."""
    found = {}
    for login, page in PAGES:
        browser = browsers[login]
        browser.cookies["django_language"] = "vi"
        browser.get(page)  # what is read once per process is not the page's
        with CaptureQueriesContext(connection) as questions:
            answer = browser.get(page)
        assert answer.status_code == 200, page
        found[login, page] = len(questions), len(answer.content)
    return found


def _fill(store: Store, numbers: range) -> None:
    """Put goods on hold, on the road both ways and into vouchers that wait, one of each for a number."""
    poster = User.objects.get(login="nguoi-ghi")
    today, now = timezone.localdate(), timezone.now()
    received: list[Draft] = []
    sent: list[Draft] = []
    for number in numbers:
        item = factories.an_item(
            item_code("QY", 1, 500 + number), tracking="lot", name=f"Băng cuộn y tế loại số {number}", name_en="Bandage"
        )
        lot = f"LO-2026-{number:03}"
        factories.a_lot(item, lot, expires_date=today + timedelta(days=40), hold_reason="chờ kiểm nghiệm chất lượng")
        for depot, other in (("K01", "K02"), ("K02", "K01")):
            told: dict[str, Any] = {"days_ago": 1, "order_number": f"{number}/LNK-2026"}
            supplier = "Công ty cổ phần Dược phẩm mẫu"
            incoming = [factories.a_line(item, 1234, lot=lot), factories.a_line(store.rice, 9, lot=f"G-{number}")]
            received.append(factories.a_draft("receipt", depot, *incoming, counterparty=supplier, **told))
            goods = factories.a_line(store.rice, 5, lot=f"G-{number}")
            sent.append(factories.a_draft("transfer_out", depot, goods, to_depot=other, **told))
    post(received, by=poster, at=now)
    post(sent, by=poster, at=now)
    place = access.depot_for_posting(store.keeper, "K01")
    for number in numbers:
        lines = [{"id": "l1", "item": store.rice.code, "lot": f"G-{number}", "quantity": "-1"}]
        content = Content(kind="adjustment", occurred_at=now, reason="Hao hụt trong kho", lines=lines)
        workflow.send(uuid4(), content, place=place, version=0, by=store.keeper, at=now, source=Source.WEB)
