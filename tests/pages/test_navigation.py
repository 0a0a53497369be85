"""The masthead's menu: which rooms for whom, where one stands, and how little it asks the database."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from depots import access
from inventory.vouchers import workflow
from inventory.vouchers.content import Content
from inventory.vouchers.models import VoucherPolicy
from logistics.accounts.models import Assignment, Role, User
from logistics.accounts.rights import RIGHTS, Right
from logistics.history import Source
from logistics.navigation import navigation
from tests import factories
from tests.notation import rows
from tests.pages.store import Store

pytestmark = pytest.mark.django_db


class Menu(HTMLParser):
    """The links of the main navigation: those in the line, those behind “more”, and the marked ones."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.line: list[str] = []
        self.more: list[str] = []
        self.marked: list[str] = []
        self._lists = 0
        self._is_inside = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "nav":
            self._is_inside = given.get("aria-label") == "Main"
        if not self._is_inside:
            return
        self._lists += tag == "ul"
        if tag == "a":
            (self.line if self._lists == 1 else self.more).append(given["href"] or "")
            if "aria-current" in given:
                self.marked.append(given["href"] or "")

    def handle_endtag(self, tag: str) -> None:
        if self._is_inside:
            self._lists -= tag == "ul"
            self._is_inside = tag != "nav"


@pytest.fixture
def person(store: Store) -> Callable[..., User]:
    """Make somebody with roles over the whole store, `storekeeper` over K01."""

    def make(*roles: str) -> User:
        user = factories.a_user(f"nguoi-{len(roles)}-{min(roles, default='')}")
        with factories.telling():
            for role in roles:
                depot = store.k01 if role == Role.STOREKEEPER else None
                Assignment.objects.create(user=user, role=role, depot=depot)
        return user

    return make


def test_offers_each_role_its_rooms_and_folds_the_rest_away(
    person: Callable[..., User], visit: Callable[[User], Client]
) -> None:
    for row in rows("""
        roles            | in the line                                  | nowhere
        storekeeper      | / /depots/K01/desk/ /depots/K01/vouchers/ /depots/K01/orders/ /stock/ | /approvals/ /upkeep/
        approver         | / /approvals/ /requisitions/ /stock/ /plans/ /reports/ | /depots/K01/desk/ /upkeep/
        planner          | / /stock/ /map/ /requisitions/ /plans/ /foresight/ /reports/ /norms/ | /approvals/ /upkeep/
        auditor          | / /stock/ /map/ /requisitions/ /stocktakes/ /reports/ /norms/ /audit/ | /approvals/
        catalogue_keeper | / /upkeep/                                   | /norms/ /approvals/
        administrator    | / /upkeep/                                   | /norms/ /approvals/
        export_client    | /                                            | /norms/ /approvals/ /upkeep/
    """):
        menu = Menu(visit(person(row["roles"])).get("/depots/").content.decode())
        assert set(row["in the line"].split()) <= set(menu.line), row
        if Right.READ in RIGHTS[row["roles"]]:
            assert {"/norms/", "/packs/", "/foresight/", "/map/"} <= {*menu.line, *menu.more}, row
        assert not set(row["nowhere"].split()) & {*menu.line, *menu.more}, row
        assert "/depots/" in menu.line + menu.more
        assert len(menu.line) <= 8


def test_the_desk_is_where_somebody_worked_last_not_what_a_worker_fetched(
    person: Callable[..., User], visit: Callable[[User], Client], store: Store
) -> None:
    user = person(Role.STOREKEEPER)
    with factories.telling():
        Assignment.objects.create(user=user, role=Role.STOREKEEPER, depot=store.k99)
    browser = visit(user)

    def desk() -> set[str]:
        return {href for href in Menu(browser.get("/depots/").content.decode()).line if href.endswith("/desk/")}

    assert desk() == {"/depots/K01/desk/"}
    assert browser.get("/depots/K99/entry/", headers={"sec-fetch-mode": "cors"}).status_code == 200
    assert desk() == {"/depots/K01/desk/"}
    browser.get("/depots/K99/entry/", headers={"sec-fetch-mode": "navigate"})
    assert desk() == {"/depots/K99/desk/"}
    browser.get("/depots/K01/entry/")
    assert desk() == {"/depots/K01/desk/"}


def test_whoever_does_everything_still_gets_one_line(
    person: Callable[..., User], visit: Callable[[User], Client]
) -> None:
    user = person(*Role.values)
    menu = Menu(visit(user).get("/depots/").content.decode())
    assert len(menu.line) <= 8
    assert len({*menu.line, *menu.more}) == len(menu.line) + len(menu.more)
    assert {"/depots/K01/desk/", "/approvals/", "/norms/", "/upkeep/"} <= {*menu.line, *menu.more}


@pytest.mark.parametrize(
    ("address", "marked"),
    [("/", "/"), ("/norms/", "/norms/"), ("/depots/K01/desk/", "/depots/K01/desk/"), ("/depots/K01/", "/depots/"),
     ("/depots/K01/vouchers/", "/depots/K01/vouchers/")],
)  # fmt: skip
def test_marks_where_one_stands(store: Store, visit: Callable[[User], Client], address: str, marked: str) -> None:
    assert Menu(visit(store.keeper).get(address).content.decode()).marked == [marked]


def test_asks_at_most_three_questions(person: Callable[..., User], rf: Any) -> None:
    for roles in ([], [Role.STOREKEEPER], [Role.APPROVER], list(Role.values)):
        request = rf.get("/")
        request.user, request.session, request.resolver_match = person(*roles), {}, None
        with CaptureQueriesContext(connection) as asked:
            navigation(request)
        assert len(asked) <= 3, roles


def test_says_how_much_waits_for_whoever_decides(store: Store, visit: Callable[[User], Client]) -> None:
    chief = factories.a_user("duyet", role=Role.APPROVER)
    assert 'class="count"' not in visit(chief).get("/depots/").content.decode()
    with factories.telling():
        VoucherPolicy.objects.filter(kind="issue", depot=None).update(needs_approval=True)
        line = {"id": "l1", "item": store.rice.code, "quantity": "1"}
        content = Content(kind="issue", occurred_at=timezone.now() - timedelta(minutes=5), lines=[line])
        place = access.depot_for_posting(store.keeper, "K01")
        workflow.send(uuid4(), content, place=place, version=0, by=store.keeper, at=timezone.now(), source=Source.WEB)
    assert '<b class="count">1</b>' in visit(chief).get("/depots/").content.decode()
