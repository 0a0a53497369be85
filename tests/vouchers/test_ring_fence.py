"""What leaves a ring-fenced reserve needs two approvers who had no hand in it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.utils import timezone

from inventory.catalogue.models import ReservePurpose
from inventory.ledger.models import Movement
from inventory.vouchers import approvals
from inventory.vouchers.content import Content
from inventory.vouchers.models import Status, Voucher, VoucherPolicy
from inventory.vouchers.ring_fence import purposes_left
from logistics.accounts.models import Role
from tests import factories
from tests.api.conftest import RICE, Caller, a_token
from tests.notation import rows
from tests.vouchers.conftest import Desk, issue, rice, set_policy, user, voucher

pytestmark = pytest.mark.django_db
SSCD = {"purpose": "SSCD"}


@pytest.fixture
def reserve(desk: Desk) -> Desk:
    """40 kg of lot L25 for combat readiness in K01, and a second approver."""
    factories.posting(user("thukho"), "receipt", "K01", factories.a_line(RICE, 40, lot="L25", **SSCD), days_ago=1)
    factories.a_user("chihuy2", role=Role.APPROVER, depot=desk.depot)
    return desk


def caller(login: str) -> Caller:
    return Caller(a_token(user(login)))


def approve(desk: Desk, name: Any, by: str, **body: Any) -> Any:
    return caller(by).post(desk.path(name, "approval"), body)


def test_which_vouchers_take_from_which_purposes(reserve: Desk) -> None:
    receipt = Movement.objects.order_by("-position").first()
    assert receipt is not None
    for row in rows("""
        kind         | purpose | to purpose   | quantity | consignment | leaves
        issue        |         |              | 1        |             | THUONG_XUYEN
        issue        | SSCD    |              | 1        |             | SSCD
        transfer_out | SSCD    |              | 1        |             | SSCD
        disposal     | SSCD    |              | 1        |             | SSCD
        repurpose    | SSCD    | THUONG_XUYEN | 1        |             | SSCD
        repurpose    |         | SSCD         | 1        |             | THUONG_XUYEN
        repurpose    | SSCD    | SSCD         | 1        |             |
        adjustment   | SSCD    |              | -1       |             | SSCD
        adjustment   | SSCD    |              | 1        |             |
        adjustment   | SSCD    |              | -1       | K02/7       |
        regrade      | SSCD    |              | 1        |             |
        relocation   | SSCD    |              | 1        |             |
        receipt      | SSCD    |              | 1        |             |
        transfer_in  | SSCD    |              | 1        | K02/7       |
        return       | SSCD    |              | 1        |             |
    """):
        line = {"id": "l1", "item": RICE, "quantity": row["quantity"]}
        line |= {name: row[name.replace("_", " ")] for name in ("purpose", "to_purpose") if row[name.replace("_", " ")]}
        content = Content(kind=row["kind"], lines=[line], consignment=row["consignment"])
        assert purposes_left(content, depot_id=reserve.depot.pk) == set(row["leaves"].split()), row
    undoing = Content(kind="reversal", reverses=receipt.position)
    assert purposes_left(undoing, depot_id=reserve.depot.pk) == {"SSCD"}
    assert purposes_left(Content(kind="reversal"), depot_id=reserve.depot.pk) == set()


class TestTwoApprovers:
    def test_one_after_the_other_then_the_storekeeper_posts(self, reserve: Desk) -> None:
        seen = reserve.weigh(issue(rice(10, **SSCD)))
        assert (seen["needs_approval"], seen["needs_second"]) == (True, True)
        waiting = reserve.send(issue(rice(10, **SSCD))).json()
        assert (waiting["status"], waiting["needs_second"], waiting["movement"]) == ("submitted", True, None)
        first = approve(reserve, waiting["id"], "chihuy", version=waiting["version"]).json()
        assert (first["status"], first["decided_by"], first["seconded_by"]) == ("submitted", "chihuy", None)
        early = reserve.clerk.post(reserve.path(waiting["id"], "posting"), {})
        assert (early.status_code, early.json()["type"]) == (409, "/problems/voucher-not-waiting")
        again = approve(reserve, waiting["id"], "chihuy").json()
        assert again == first
        stale = approve(reserve, waiting["id"], "chihuy2", version=waiting["version"])
        assert (stale.status_code, stale.json()["type"]) == (409, "/problems/voucher-changed")
        second = approve(reserve, waiting["id"], "chihuy2", version=first["version"]).json()
        assert (second["status"], second["decided_by"], second["seconded_by"]) == ("approved", "chihuy", "chihuy2")
        done = reserve.clerk.post(reserve.path(waiting["id"], "posting"), {}).json()
        assert (done["status"], done["seconded_by"]) == ("posted", "chihuy2")

    def test_also_where_the_kind_needs_none_or_posts_at_once(self, reserve: Desk) -> None:
        set_policy("issue", needs=True, posts=True)
        waiting = reserve.send(issue(rice(10, **SSCD))).json()
        assert approve(reserve, waiting["id"], "chihuy2").json()["status"] == "submitted"
        done = approve(reserve, waiting["id"], "chihuy").json()
        assert (done["status"], done["decided_by"], done["seconded_by"]) == ("posted", "chihuy2", "chihuy")

    def test_never_whoever_had_a_hand_in_it(self, reserve: Desk) -> None:
        with factories.telling():
            user("thukho2").assignments.create(role=Role.APPROVER, depot=reserve.depot)
        name = uuid4()
        body = reserve.put(issue(rice(1, **SSCD)), name).json()
        reserve.put(body | {"reason": "sửa"}, name, by=reserve.second)
        assert reserve.send(as_it_stands(name), name).status_code == 201
        approve(reserve, name, "chihuy")
        refused = approve(reserve, name, "thukho2")
        assert (refused.status_code, refused.json()["type"]) == (403, "/problems/self-approval")

    def test_a_change_voids_the_first_approval(self, reserve: Desk) -> None:
        waiting = reserve.send(issue(rice(10, **SSCD))).json()
        first = approve(reserve, waiting["id"], "chihuy").json()
        changed = reserve.put(first | {"reason": "sửa"}, waiting["id"]).json()
        assert (changed["status"], changed["decided_by"], changed["needs_second"]) == ("draft", None, False)
        again = reserve.send(changed, waiting["id"]).json()
        assert (again["status"], again["decided_by"], again["needs_second"]) == ("submitted", None, True)
        assert approve(reserve, waiting["id"], "chihuy").json()["status"] == "submitted"

    def test_the_second_may_send_it_back(self, reserve: Desk) -> None:
        waiting = reserve.send(issue(rice(10, **SSCD))).json()
        approve(reserve, waiting["id"], "chihuy")
        back = caller("chihuy2").post(reserve.path(waiting["id"], "rejection"), {"reason": "Chưa có lệnh"}).json()
        assert (back["status"], back["decided_by"], back["seconded_by"]) == ("rejected", "chihuy2", None)

    def test_waits_for_the_others_only(self, reserve: Desk) -> None:
        waiting = reserve.send(issue(rice(10, **SSCD))).json()
        counts = lambda: [approvals.waiting_count(user(login)) for login in ("chihuy", "chihuy2", "thukho")]  # noqa: E731
        assert counts() == [1, 1, 0]
        approve(reserve, waiting["id"], "chihuy")
        assert counts() == [0, 1, 0]
        approve(reserve, waiting["id"], "chihuy2")
        assert counts() == [0, 0, 0]

    def test_goods_in_regular_use_go_as_before(self, reserve: Desk) -> None:
        assert reserve.send(issue(rice(10))).json()["status"] == "posted"
        set_policy("issue")
        waiting = reserve.send(issue(rice(1))).json()
        assert (waiting["needs_second"], approve(reserve, waiting["id"], "chihuy").json()["status"]) == (
            False,
            "approved",
        )


class TestPolicy:
    def test_is_data_by_kind_and_depot(self, reserve: Desk) -> None:
        assert not VoucherPolicy.objects.get(kind="reversal", depot=None).second_if_ring_fenced
        assert VoucherPolicy.objects.exclude(kind="reversal").filter(second_if_ring_fenced=False).count() == 0
        with factories.telling():
            VoucherPolicy.objects.create(
                kind="issue", depot=reserve.depot, needs_approval=False, second_if_ring_fenced=False
            )
        assert reserve.send(issue(rice(10, **SSCD))).json()["status"] == "posted"

    def test_a_purpose_is_ring_fenced_by_data(self, reserve: Desk) -> None:
        with factories.telling():
            for purpose in ReservePurpose.objects.filter(code__in=["SSCD", "THUONG_XUYEN"]):
                purpose.is_ring_fenced = purpose.code == "THUONG_XUYEN"
                purpose.save()
        assert reserve.send(issue(rice(10, "L25", **SSCD))).json()["status"] == "posted"
        assert reserve.send(issue(rice(10))).json()["needs_second"]

    def test_what_one_approved_before_the_fence_is_not_posted_after_it(self, reserve: Desk) -> None:
        set_policy("issue")
        waiting = reserve.send(issue(rice(10, "L25", reason="theo lệnh", purpose="THUONG_XUYEN"))).json()
        approve(reserve, waiting["id"], "chihuy")
        with factories.telling():
            purpose = ReservePurpose.objects.get(code="THUONG_XUYEN")
            purpose.is_ring_fenced = True
            purpose.save()
        refused = reserve.clerk.post(reserve.path(waiting["id"], "posting"), {})
        assert (refused.status_code, refused.json()["type"]) == (409, "/problems/second-approval-missing")

    def test_a_reversal_where_the_rule_asks_for_two(self, reserve: Desk) -> None:
        last = Movement.objects.order_by("-position").values_list("position", flat=True)[0]
        body = voucher("reversal", reverses=last, reason="Ghi nhầm")
        with factories.telling():
            rule = VoucherPolicy.objects.get(kind="reversal", depot=None)
            rule.second_if_ring_fenced = True
            rule.save()
        assert reserve.send(body).json()["needs_second"]

    def test_programs_post_movements_as_the_contract_says(self, reserve: Desk) -> None:
        movement = {
            "kind": "issue", "occurred_at": timezone.now().isoformat(), "counterparty": "Đại đội 1",
            "lines": [{"item": RICE, "quantity": "1", "purpose": "SSCD"}],
        }  # fmt: skip
        assert reserve.clerk.post("/depots/K01/movements", movement, key="chuong-trinh-1").status_code == 201


class TestDatabase:
    """The rules once more, whoever writes."""

    @pytest.fixture
    def waiting(self, reserve: Desk) -> Voucher:
        name = reserve.send(issue(rice(10, **SSCD))).json()["id"]
        approve(reserve, name, "chihuy")
        return Voucher.objects.get(pk=name)

    @pytest.mark.parametrize(
        ("change", "rule"),
        [
            ("status = 'approved'", "voucher_ring_fence_seconded"),
            ("status = 'approved', seconded_by_id = decided_by_id", "voucher_second_is_another"),
            ("status = 'approved', seconded_by_id = made_by_id", "voucher_second_is_another"),
            ("seconded_by_id = submitted_by_id", "voucher_second_is_another"),
            ("decided_by_id = made_by_id", "voucher_maker_is_not_approver"),
            ("status = 'approved', needs_second = false", "how many approve it is settled"),
        ],
    )
    def test_refuses(self, waiting: Voucher, change: str, rule: str) -> None:
        with pytest.raises(IntegrityError, match=rule), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"UPDATE vouchers_voucher SET {change} WHERE id = %s", [waiting.pk])

    def test_keeps_who_approved_an_approved_one(self, reserve: Desk, waiting: Voucher) -> None:
        approve(reserve, waiting.pk, "chihuy2")
        for change in ("seconded_by_id = decided_by_id", "needs_second = false", "seconded_at = now()"):
            with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(f"UPDATE vouchers_voucher SET {change} WHERE id = %s", [waiting.pk])


class TestPage:
    @pytest.fixture
    def visit(self) -> Callable[[str], Client]:
        def browser(login: str) -> Client:
            client = Client(headers={"accept-language": "en"})
            client.cookies["django_language"] = "en"
            client.force_login(user(login), backend="logistics.accounts.backends.RoleBackend")
            return client

        return browser

    def test_says_who_agreed_and_that_one_more_has_to(self, reserve: Desk, visit: Callable[[str], Client]) -> None:
        name = reserve.send(issue(rice(10, **SSCD))).json()["id"]
        address = f"/depots/K01/vouchers/{name}/"
        page = visit("chihuy").get(address).content.decode()
        assert "two people have to approve it" in page
        assert "Approve as the first of two" in page
        assert "needs two approvers" in visit("chihuy").get("/approvals/").content.decode()
        told = visit("chihuy").post(address, {"action": "approve"}, follow=True).content.decode()
        assert "You approved it. A second approver has yet to agree." in told
        assert "chihuy approved it; it still waits for a second approver." in told
        assert 'value="approve"' not in told
        listed = visit("chihuy2").get("/approvals/").content.decode()
        assert "still waits for the second approver" in listed
        visit("chihuy2").post(address, {"action": "approve"})
        done = visit("thukho").get(address).content.decode()
        assert "Second approval" in done
        assert "Approved by the first of two" in done
        assert Voucher.objects.get(pk=name).status == Status.APPROVED


def as_it_stands(name: Any) -> dict[str, Any]:
    return Caller(a_token(user("thukho"))).get(f"/depots/K01/vouchers/{name}").json()
