"""The first page: what needs whom now, every number as long as the list behind its link, and how little it asks."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from depots import access
from depots.models import Depot
from inventory.dashboard.needs import Need, Reader, needs, road_of
from inventory.ledger.models import Verification
from inventory.norms.models import ReserveNorm
from inventory.vouchers import workflow
from inventory.vouchers.content import Content
from inventory.vouchers.models import VoucherPolicy
from logistics.accounts.models import Assignment, Role, User
from logistics.exports.models import ExportRun
from logistics.history import Source
from tests import factories
from tests.lasting import lasting
from tests.pages.store import Store

pytestmark = pytest.mark.django_db
Visit = Callable[[User], Client]


def told(browser: Client) -> dict[str, Need]:
    """What the page tells beside desks, by the address it leads to (by its words where it leads nowhere)."""
    return {need.href or need.words: need for need in browser.get("/").context["needs"]}


def at_the_desk(browser: Client) -> dict[str, dict[str, int]]:
    """What waits at each desk: by depot, numbers by address."""
    return {
        desk.depot.code: {need.href: need.number for need in desk.needs} for desk in browser.get("/").context["desks"]
    }


def a_voucher(store: Store, *, by: User, send: bool = False, **line: Any) -> Any:
    """Write a voucher of K01: an issue of rice, sent where asked."""
    content = Content(
        kind="issue",
        occurred_at=timezone.now() - timedelta(minutes=5),
        lines=[{"id": "l1", "item": store.rice.code, "quantity": "1", **line}],
    )
    place = access.depot_for_posting(by, "K01")
    asked = {"place": place, "version": 0, "by": by, "at": timezone.now(), "source": Source.WEB}
    return workflow.send(uuid4(), content, **asked)[0] if send else workflow.save(uuid4(), content, **asked)


def needing_approval() -> None:
    with factories.telling():
        VoucherPolicy.objects.filter(kind="issue", depot=None).update(needs_approval=True)


class TestDesk:
    def test_comes_first_for_whoever_posts_with_what_waits_there(self, store: Store, visit: Visit) -> None:
        page = visit(store.keeper).get("/").content.decode()
        assert page.index("Desk of K01") < page.index("My depots")
        before = at_the_desk(visit(store.keeper))["K01"]
        a_voucher(store, by=store.keeper)
        after = at_the_desk(visit(store.keeper))["K01"]
        drafts = "/depots/K01/vouchers/?status=draft"
        assert after[drafts] == before.get(drafts, 0) + 1
        assert "/depots/K01/vouchers/?status=rejected" not in after

    def test_tells_what_comes_what_differs_and_what_was_sent_back(self, store: Store, visit: Visit) -> None:
        factories.posting(
            store.keeper, "transfer_out", "K01", factories.a_line(store.rice, 5), days_ago=2, to_depot="K02"
        )
        factories.posting(
            User.objects.get(login="nguoi-ghi"),
            "receipt",
            "K02",
            factories.a_line(store.rice, 50, lot="L9"),
            days_ago=3,
        )
        coming = factories.posting(
            User.objects.get(login="nguoi-ghi"), "transfer_out", "K02", factories.a_line(store.rice, 9, lot="L9"),
            days_ago=2, to_depot="K01",
        )  # fmt: skip
        assert coming.position
        needing_approval()
        sent = a_voucher(store, by=store.keeper, send=True)
        chief = factories.a_user("chihuy", role=Role.APPROVER, depot=store.k01)
        workflow.reject(
            sent.pk, place=access.depot_for_approving(chief, "K01"), reason="sai", version=None, by=chief,
            at=timezone.now(), source=Source.WEB,
        )  # fmt: skip
        desk = at_the_desk(visit(store.keeper))["K01"]
        assert desk["/depots/K01/arrivals/"] == 1
        assert desk["/depots/K01/vouchers/?status=rejected"] == 1
        # Of the store's transfer 250 of 300 arrived, and the receiver said why.
        assert desk["/depots/K01/road/?state=difference"] == 1

    def test_the_one_worked_at_last_is_the_first(self, store: Store, visit: Visit) -> None:
        with factories.telling():
            store.keeper.assignments.create(role=Role.STOREKEEPER, depot=store.k02)
        browser = visit(store.keeper)
        assert list(at_the_desk(browser)) == ["K01", "K02"]
        browser.get("/depots/K02/desk/")
        assert list(at_the_desk(browser)) == ["K02", "K01"]

    def test_nobody_else_has_one(self, store: Store, visit: Visit) -> None:
        assert at_the_desk(visit(store.planner)) == {}


class TestNeeds:
    def test_nothing_that_is_zero_is_told(self, store: Store, visit: Visit) -> None:
        auditor = factories.a_user("soat", role=Role.AUDITOR, depot=store.k99)
        page = visit(auditor).get("/").content.decode()
        assert told(visit(auditor)) == {}
        assert "Nothing waits for you." in page

    def test_decisions_wait_for_whoever_may_decide(self, store: Store, visit: Visit) -> None:
        needing_approval()
        for _again in range(2):
            a_voucher(store, by=store.keeper, send=True)
        chief = factories.a_user("chihuy", role=Role.APPROVER, depot=store.k01)
        assert told(visit(chief))["/approvals/"].number == 2
        assert len(visit(chief).get("/approvals/").context["rows"]) == 2
        assert "/approvals/" not in told(visit(store.planner))

    def test_every_number_is_as_long_as_its_list(self, store: Store, visit: Visit) -> None:
        soon = timezone.localdate() + timedelta(days=30)
        line = factories.a_line(store.rice, 10, lot="SAP", expires_date=soon)
        factories.posting(User.objects.get(login="nguoi-ghi"), "receipt", "K01", line, days_ago=1)
        with factories.telling():
            for required, item in ((5000, store.rice), (1, store.rice), (7, store.milk)):
                ReserveNorm.objects.create(
                    depot=store.k01 if required > 1 else store.k02, item=item, required=required,
                    purpose_id="SSCD" if required == 7 else "THUONG_XUYEN", valid_from=date(2020, 1, 1),
                )  # fmt: skip
        browser = visit(store.planner)
        found = told(browser)
        expiring = found["/stock/?min_days_left=0&max_days_left=90"]
        assert (expiring.number, expiring.detail) == (1, "within 90 days")
        assert len(browser.get(expiring.href).context["board"].page.rows) == 1
        short = found["/norms/?state=short"]
        assert (short.number, short.detail) == (2, "of 3 norms; the least covered: 0 %")
        assert len(browser.get(short.href).context["listing"].rows) == 2

    def test_what_is_on_the_road_is_told_of_several_depots_together(self, store: Store, visit: Visit) -> None:
        poster = User.objects.get(login="nguoi-ghi")
        line = factories.a_line(store.rice, 50, lot="L9")
        factories.posting(poster, "receipt", "K02", line, days_ago=11, reason="muộn")
        line = factories.a_line(store.rice, 5, lot="L9")
        factories.posting(poster, "transfer_out", "K02", line, days_ago=9.5, reason="muộn", to_depot="K01")
        browser = visit(store.planner)
        page = browser.get("/").context
        road = {row[0].depot.code: row[1] for row in page["rows"]}
        arriving = [need for need in page["needs"] if "on the road" in need.words]
        assert arriving[0].number == road["K01"].arriving + road["K02"].arriving
        assert arriving[0].detail == "the oldest for 9 days"

    def test_depots_that_fell_silent_are_named(self, store: Store, visit: Visit) -> None:
        factories.a_depot("K05")
        with factories.telling():
            store.planner.assignments.create(role=Role.PLANNER)
        silent = told(visit(store.planner))["/reports/lateness/"]
        assert "K05" in silent.detail
        at = timezone.now() + timedelta(days=4)
        reader = Reader.of(store.planner)
        later = {need.href: need for need in needs(reader, road={}, at=at)}
        assert later["/reports/lateness/"].number == Depot.objects.count()
        assert later["/reports/lateness/"].number > silent.number


class TestHouse:
    @pytest.fixture
    def auditor(self, store: Store) -> User:
        return factories.a_user("soat-xet", role=Role.AUDITOR)

    def test_a_broken_logbook_is_told_from_what_the_last_run_wrote_down(
        self, store: Store, visit: Visit, auditor: User
    ) -> None:
        call_command("verify_ledger")
        assert not any("logbooks" in need.words for need in told(visit(auditor)).values())
        Verification.objects.create(
            verified_at=timezone.now(), movements=9, lines=9, disagreements=2, depot=store.k01,
            found=[["chain", "K01/3", "Was altered"], ["piles", "K01 A-01", "…"]],
        )  # fmt: skip
        (broken,) = [need for need in told(visit(auditor)).values() if "logbooks" in need.words]
        assert (broken.number, broken.tone) == (2, "bad")
        assert "K01/3" in broken.detail
        assert not any("logbooks" in need.words for need in told(visit(store.keeper)).values())
        call_command("verify_ledger")
        assert not any("logbooks" in need.words for need in told(visit(auditor)).values())

    def test_a_check_or_an_export_that_did_not_run_is_missed(self, store: Store, visit: Visit, auditor: User) -> None:
        old = timezone.now() - timedelta(days=3, hours=1)
        Verification.objects.create(verified_at=old, movements=1, lines=1, disagreements=0)
        run = ExportRun.objects.create(
            name="R1", state=ExportRun.State.READY, night_date=date(2026, 1, 1), requested_at=old,
            requested_by=auditor,
        )  # fmt: skip
        words = {need.words: need.number for need in told(visit(auditor)).values()}
        assert words["nights without a check of the logbooks"] == 3
        assert words["nights without an export"] == 3
        run.state, run.requested_at = ExportRun.State.FAILED, timezone.now()
        run.save()
        assert "export to the ministry went wrong" in {need.words for need in told(visit(auditor)).values()}
        assert all(need.href for need in told(visit(store.planner)).values())

    def test_whoever_keeps_people_is_told_without_seeing_stock(self, store: Store, visit: Visit) -> None:
        Verification.objects.create(verified_at=timezone.now(), movements=1, lines=1, disagreements=1, found=[])
        page = visit(store.administrator).get("/")
        assert [need.number for need in page.context["needs"]] == [1]
        assert "K01" not in lasting(page)


def test_a_token_less_visitor_of_no_depot_is_told_so(store: Store, visit: Visit) -> None:
    page = visit(factories.a_user("khach")).get("/").content.decode()
    assert "No depot is assigned to you" in page


def test_asks_as_often_for_many_depots_as_for_few(store: Store, visit: Visit) -> None:
    user = factories.a_user("tatca")
    with factories.telling():
        for role in Role.values:
            Assignment.objects.create(user=user, role=role)
    browser = visit(user)
    browser.get("/")  # rooms are imported and reference data is warm

    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert browser.get("/").status_code == 200
        return len(queries)

    few = asked()
    assert few <= 45
    poster = User.objects.get(login="nguoi-ghi")
    for number in range(12):
        depot = factories.a_depot(f"N{number:02d}")
        factories.posting(poster, "receipt", depot.code, factories.a_line(store.rice, 10, lot=f"L{number}"), days_ago=1)
        factories.posting(
            poster, "transfer_out", depot.code, factories.a_line(store.rice, 1), days_ago=0.5, to_depot="K01"
        )
        with factories.telling():
            ReserveNorm.objects.create(
                depot=depot, item=store.rice, required=number + 1, purpose_id="SSCD", valid_from=date(2020, 1, 1)
            )
    assert asked() <= few + 1  # how many depots there are is asked where not all are shown


def test_the_search_box_leads_to_the_stock(store: Store, visit: Visit) -> None:
    page = visit(store.planner).get("/").content.decode()
    form = re.search(r'<form class="search" method="get" action="([^"]+)"', page)
    assert form is not None
    assert store.rice.code in visit(store.planner).get(f"{form[1]}?q=gao").content.decode()


def test_the_road_is_asked_once_for_all(store: Store) -> None:
    with CaptureQueriesContext(connection):
        found = road_of([store.k01.pk, store.k02.pk, store.k99.pk])
    assert found[store.k01.pk].differing == 1
    assert store.k99.pk not in found
