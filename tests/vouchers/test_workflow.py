"""From draft to movement, by the API: who may do what when, and that doing it twice does it once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import timezone

from depots.models import Depot
from inventory.ledger.models import DepotLog, Movement
from inventory.vouchers.models import Status, Voucher, VoucherPolicy
from inventory.vouchers.policies import STRICTEST, policies_of, policy
from logistics.accounts.models import Role
from tests import factories
from tests.api.conftest import RICE, Caller, a_token
from tests.notation import rows
from tests.vouchers.conftest import Desk, issue, receipt, rice, set_policy, user, voucher

pytestmark = pytest.mark.django_db
ENGLISH = {"Accept-Language": "en"}


def position() -> int:
    return DepotLog.objects.get(depot__code="K01").position


def submitted(desk: Desk, body: dict[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
    """Submit a voucher that needs approval and return it."""
    given = body or issue(rice(10), **fields)
    set_policy(given["kind"])
    answer = desk.send(given)
    assert (answer.status_code, answer.json()["status"]) == (201, "submitted"), answer.content
    return dict(answer.json())


class TestDrafts:
    def test_are_kept_changed_and_sent(self, desk: Desk) -> None:
        name = uuid4()
        made = desk.put(receipt(), name)
        assert (made.status_code, made.json()["version"], made.json()["status"]) == (200, 1, "draft")
        again = desk.put(made.json(), name)
        assert again.json() == made.json()
        changed = desk.put(made.json() | {"reason": "bổ sung"}, name)
        assert changed.json()["version"] == 2
        sent = desk.send(changed.json(), name)
        assert (sent.status_code, sent.json()["status"]) == (201, "posted")
        assert sent.json()["movement"] == {"position": 5, "number": Movement.objects.get(position=5).number}
        assert Movement.objects.get(position=5).key == str(name)
        assert desk.clerk.get(desk.path(name)).json() == sent.json()

    def test_hold_anything_that_was_typed(self, desk: Desk) -> None:
        name = uuid4()
        line = {"id": "a", "item": "8931234567897 ", "quantity": "", "typed": {"quantity": "1.2.3", "lot": " "}}
        body = {"kind": "issue", "version": 0, "occurred_at": "hôm qua", "order_date": "31/02/2026", "lines": [line]}
        kept = desk.put(body, name).json()
        assert (kept["occurred_at"], kept["order_date"]) == ("", "")
        assert kept["typed"] == {"occurred_at": "hôm qua", "order_date": "31/02/2026"}
        assert kept["lines"] == [{"id": "a", "item": "8931234567897", "typed": {"quantity": "1.2.3"}}]
        assert desk.put(kept, name).json() == kept
        refused = desk.clerk.post(desk.path(name, "sending"), kept, **ENGLISH)
        assert refused.status_code == 422
        told = {(one["line"], one["member"]): one["code"] for one in refused.json()["errors"]}
        assert told == {
            (None, "occurred_at"): "unreadable", (None, "order_date"): "unreadable", ("a", "quantity"): "unreadable",
            ("a", "item"): "unknown-item",
        }  # fmt: skip
        assert Voucher.objects.get().status == Status.DRAFT

    def test_of_two_people_meet(self, desk: Desk) -> None:
        name = uuid4()
        made = desk.put(receipt(), name).json()
        theirs = desk.put(made | {"reason": "của người kia"}, name, by=desk.second).json()
        mine = desk.put(made | {"reason": "của tôi"}, name)
        assert (mine.status_code, mine.json()["type"]) == (409, "/problems/voucher-changed")
        assert mine.json()["theirs"] == theirs
        assert desk.put(theirs, name).json()["version"] == 2
        merged = desk.put(theirs | {"reason": "của cả hai"}, name)
        assert (merged.json()["version"], merged.json()["changed_by"]) == (3, "thukho")
        story = Voucher.objects.get().history.order_by("history_id")
        assert [(one.history_user.login, one.reason, one.source) for one in story] == [
            ("thukho", "", "api"), ("thukho2", "của người kia", "api"), ("thukho", "của cả hai", "api"),
        ]  # fmt: skip

    def test_say_once_what_the_address_says(self, desk: Desk) -> None:
        name = uuid4()
        for wrong, pointer in [({"depot": "K02"}, "/depot"), ({"id": str(uuid4())}, "/id")]:
            answer = desk.put(receipt() | wrong, name)
            assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)
        assert desk.put(receipt() | {"depot": "K01", "id": str(name).upper()}, name).status_code == 200
        twice = desk.put(receipt(rice(1, "L9"), rice(2, "L9", id="l1")), uuid4())
        assert [one["pointer"] for one in twice.json()["errors"]] == ["/lines/1/id"]
        assert desk.put(receipt() | {"colour": "red"}, uuid4()).json()["errors"][0]["code"] == "unknown-member"

    def test_of_another_depot_are_neither_seen_nor_overwritten(self, desk: Desk) -> None:
        name = uuid4()
        desk.put(receipt(), name)
        other = Caller(a_token(factories.a_user("k02", role=Role.STOREKEEPER, depot=Depot.objects.get(code="K02"))))
        assert other.get(f"/depots/K02/vouchers/{name}").status_code == 404
        taken = other.put(f"/depots/K02/vouchers/{name}", receipt())
        assert (taken.status_code, taken.json()["errors"][0]["code"]) == (422, "id-taken")
        assert other.post(f"/depots/K02/vouchers/{name}/sending", receipt()).status_code == 422
        for verb, body in [("approval", {}), ("cancellation", {"reason": "x"}), ("posting", {})]:
            assert other.post(f"/depots/K02/vouchers/{name}/{verb}", body).status_code in {403, 404}


class TestSending:
    def test_twice_posts_once(self, desk: Desk) -> None:
        name, body = uuid4(), issue(rice(10))
        first, second = desk.send(body, name), desk.send(body, name)
        assert (first.status_code, second.status_code) == (201, 200)
        assert first.json() == second.json()
        assert position() == 5
        other = desk.send(body | {"reason": "khác"}, name)
        assert (other.status_code, other.json()["type"]) == (409, "/problems/voucher-closed")
        assert other.json()["theirs"] == first.json()

    def test_writes_all_or_nothing(self, desk: Desk) -> None:
        name = uuid4()
        answer = desk.send(issue(rice(10), rice(1000)), name)
        assert (answer.status_code, answer.json()["type"]) == (409, "/problems/insufficient-stock")
        (error,) = answer.json()["errors"]
        assert (error["pointer"], error["line"], error["member"]) == ("/lines/1/quantity", "l2", "quantity")
        assert error["code"] == "insufficient-stock"
        assert position() == 4
        assert not Voucher.objects.exists()
        assert not Voucher.history.exists()

    def test_tells_every_kind_of_fault_with_its_cell(self, desk: Desk) -> None:
        body = issue(
            rice("1.5.2"), rice(1000), {"item": "QN-99-0000000", "quantity": "1"}, rice(5, "L22"), rice(5, "L25"),
            rice(5, "L24", unit="BX"), reason="x" * 600,
        )  # fmt: skip
        answer = desk.clerk.post(desk.path(uuid4(), "sending"), body, **ENGLISH)
        assert answer.status_code == 422
        told = {(one["pointer"], one["line"], one["code"]) for one in answer.json()["errors"]}
        assert told == {
            ("/reason", None, "too-long"),
            ("/lines/0/quantity", "l1", "decimal"),
            ("/lines/1/quantity", "l2", "insufficient-stock"),
            ("/lines/2/item", "l3", "unknown-item"),
            ("/lines/3/lot", "l4", "expired"),
            ("/lines/4/reason", "l5", "out-of-order"),
            ("/lines/5/unit", "l6", "unknown-unit"),
        }

    def test_late_faults_have_their_cell_too(self, desk: Desk) -> None:
        early = (timezone.now() - timedelta(days=3)).isoformat()
        desk.send(issue(rice(35, "L24")))
        answer = desk.send(issue(rice(10, "L24"), occurred_at=(timezone.now() - timedelta(days=1)).isoformat()))
        assert answer.json()["errors"][0]["pointer"] == "/lines/0/quantity"
        answer = desk.send(issue(rice(10, "L24", reason="bao rách"), occurred_at=early))
        assert answer.status_code == 409, answer.content
        assert {one["member"] for one in answer.json()["errors"]} == {"quantity"}

    def test_refuses_branches_that_are_not_ones_own(self, desk: Desk) -> None:
        fuel = factories.an_item("XD-01-0000017", unit="LTR")
        with factories.telling():
            user("thukho").assignments.get().supply_classes.set(["QN"])
        body = receipt(rice(5, "L9"), {"item": fuel.code, "quantity": "5"})
        assert desk.put(body, uuid4()).status_code == 200
        seen = desk.weigh(body)
        assert [(one["pointer"], one["code"]) for one in seen["faults"]] == [("/lines/1/item", "outside-your-classes")]
        answer = desk.send(body)
        assert answer.status_code == 403
        assert [(one["line"], one["code"]) for one in answer.json()["errors"]] == [("l2", "outside-your-classes")]

    def test_carries_what_was_acknowledged(self, desk: Desk) -> None:
        body = receipt(rice(5, "L9", expires_on="2020-01-01"), acknowledged=["expiry-past@l1"])
        sent = desk.send(body).json()
        assert (sent["status"], sent["acknowledged"]) == ("posted", ["expiry-past@l1"])


class TestApproval:
    def test_by_another_then_posted_by_the_storekeeper(self, desk: Desk) -> None:
        waiting = submitted(desk)
        assert (waiting["submitted_by"], waiting["movement"], position()) == ("thukho", None, 4)
        approved = desk.chief.post(desk.path(waiting["id"], "approval"), {"version": waiting["version"]}).json()
        assert (approved["status"], approved["decided_by"], position()) == ("approved", "chihuy", 4)
        posted = desk.second.post(desk.path(waiting["id"], "posting"), {}).json()
        assert (posted["status"], posted["movement"]["position"]) == ("posted", 5)
        assert Movement.objects.get(position=5).actor == "thukho2"
        again = desk.clerk.post(desk.path(waiting["id"], "posting"), {})
        assert (again.status_code, again.json()) == (200, posted)
        assert desk.chief.post(desk.path(waiting["id"], "approval"), {}).status_code == 200

    def test_posts_at_once_where_the_rule_says_so_in_the_makers_name(self, desk: Desk) -> None:
        waiting = submitted(desk)
        set_policy("issue", posts=True)
        done = desk.chief.post(desk.path(waiting["id"], "approval"), {}).json()
        assert (done["status"], done["movement"]["position"], done["decided_by"]) == ("posted", 5, "chihuy")
        assert Movement.objects.get(position=5).actor == "thukho"

    def test_not_by_whoever_had_a_hand_in_it(self, desk: Desk) -> None:
        for row in rows("""
            made    | changed | submitted | decides | status
            thukho  | thukho  | thukho    | thukho  |    403
            thukho  | thukho2 | thukho    | thukho2 |    403
            thukho  | thukho  | thukho2   | thukho2 |    403
            thukho  | thukho2 | thukho2   | thukho  |    403
            thukho  | thukho2 | thukho2   | chihuy  |    200
        """):
            with factories.telling():
                for login in ("thukho", "thukho2"):
                    if not user(login).assignments.filter(role=Role.APPROVER).exists():
                        user(login).assignments.create(role=Role.APPROVER, depot=desk.depot)
            set_policy("issue")
            callers = {"thukho": desk.clerk, "thukho2": desk.second, "chihuy": desk.chief}
            name = uuid4()
            body = desk.put(issue(rice(1)), name, by=callers[row["made"]]).json()
            body = desk.put(body | {"reason": "ăn thêm"}, name, by=callers[row["changed"]]).json()
            assert desk.send(body, name, by=callers[row["submitted"]]).status_code == 201
            answer = callers[row["decides"]].post(desk.path(name, "approval"), {})
            assert answer.status_code == int(row["status"]), row
            if answer.status_code == 403:
                assert answer.json()["type"] == "/problems/self-approval"
                refused = callers[row["decides"]].post(desk.path(name, "rejection"), {"reason": "thôi"})
                assert refused.json()["type"] == "/problems/self-approval"

    def test_needs_the_right(self, desk: Desk) -> None:
        waiting = submitted(desk)
        for verb, body in [("approval", {}), ("rejection", {"reason": "x"})]:
            assert desk.second.post(desk.path(waiting["id"], verb), body).status_code == 403
        for verb, body in [("posting", {}), ("cancellation", {"reason": "x"}), ("sending", issue(rice(1)))]:
            assert desk.chief.post(desk.path(waiting["id"], verb), body).status_code == 403
        assert desk.put(issue(rice(1)), uuid4(), by=desk.chief).status_code == 403
        assert desk.chief.get(desk.path(waiting["id"])).status_code == 200

    def test_is_of_what_was_looked_at(self, desk: Desk) -> None:
        waiting = submitted(desk)
        changed = desk.send(waiting | {"reason": "sửa sau"}, waiting["id"]).json()
        answer = desk.chief.post(desk.path(waiting["id"], "approval"), {"version": waiting["version"]})
        assert (answer.status_code, answer.json()["type"]) == (409, "/problems/voucher-changed")
        assert answer.json()["theirs"]["reason"] == "sửa sau"
        done = desk.chief.post(desk.path(waiting["id"], "approval"), {"version": changed["version"]})
        assert done.status_code == 200

    def test_freezes_the_content_and_looks_at_stock_again(self, desk: Desk) -> None:
        waiting = submitted(desk, issue(rice(40, "L24")))
        approved = desk.chief.post(desk.path(waiting["id"], "approval"), {}).json()
        for answer in (
            desk.put(approved | {"reason": "x"}, waiting["id"]),
            desk.send(approved | {"reason": "x"}, waiting["id"]),
        ):
            assert (answer.status_code, answer.json()["type"]) == (409, "/problems/voucher-closed")
        assert desk.send(approved, waiting["id"]).json() == approved
        factories.posting(user("thukho2"), "issue", "K01", factories.a_line(RICE, 5, lot="L24"))
        refused = desk.clerk.post(desk.path(waiting["id"], "posting"), {})
        assert (refused.status_code, refused.json()["type"]) == (409, "/problems/insufficient-stock")
        assert [(one["line"], one["member"]) for one in refused.json()["errors"]] == [("l1", "quantity")]
        assert Voucher.objects.get().status == Status.APPROVED

    def test_that_would_post_what_is_gone_leaves_it_waiting(self, desk: Desk) -> None:
        waiting = submitted(desk, issue(rice(40, "L24")))
        set_policy("issue", posts=True)
        factories.posting(user("thukho2"), "issue", "K01", factories.a_line(RICE, 5, lot="L24"))
        refused = desk.chief.post(desk.path(waiting["id"], "approval"), {})
        assert (refused.status_code, refused.json()["errors"][0]["line"]) == (409, "l1")
        assert Voucher.objects.get().status == Status.SUBMITTED

    def test_refused_goes_back_and_comes_again(self, desk: Desk) -> None:
        waiting = submitted(desk)
        assert desk.chief.post(desk.path(waiting["id"], "rejection"), {"reason": "  "}).status_code == 422
        back = desk.chief.post(desk.path(waiting["id"], "rejection"), {"reason": "Sai lô"}).json()
        assert (back["status"], back["decided_by"], back["decision_reason"]) == ("rejected", "chihuy", "Sai lô")
        retry = desk.send(waiting, waiting["id"])
        assert (retry.status_code, retry.json()["status"]) == (200, "rejected")
        edited = desk.put(back | {"reason": "đã sửa"}, waiting["id"]).json()
        assert (edited["status"], edited["decision_reason"]) == ("draft", "Sai lô")
        again = desk.send(edited, waiting["id"])
        assert (again.status_code, again.json()["status"], again.json()["decided_by"]) == (201, "submitted", None)
        assert desk.chief.post(desk.path(waiting["id"], "approval"), {}).status_code == 200

    def test_sent_again_unchanged_by_whoever_saw_the_rejection(self, desk: Desk) -> None:
        waiting = submitted(desk)
        back = desk.chief.post(desk.path(waiting["id"], "rejection"), {"reason": "Chưa đủ chữ ký"}).json()
        again = desk.send(back, waiting["id"])
        assert (again.status_code, again.json()["status"]) == (201, "submitted")

    def test_of_a_reversal_too(self, desk: Desk) -> None:
        set_policy("reversal")
        body = voucher("reversal", reverses=4, reason="Ghi nhầm", reverse_lines=[1])
        name = uuid4()
        assert desk.send(body, name).json()["status"] == "submitted"
        assert desk.chief.post(desk.path(name, "approval"), {}).status_code == 200
        done = desk.clerk.post(desk.path(name, "posting"), {}).json()
        assert Movement.objects.get(position=done["movement"]["position"]).reverses == 4


class TestCancelling:
    def test_keeps_it_and_ends_it(self, desk: Desk) -> None:
        name = uuid4()
        made = desk.put(receipt(), name).json()
        assert desk.clerk.post(desk.path(name, "cancellation"), {"reason": ""}).status_code == 422
        gone = desk.clerk.post(desk.path(name, "cancellation"), {"reason": "Lập trùng"}).json()
        assert (gone["status"], gone["decision_reason"]) == ("cancelled", "Lập trùng")
        for answer in (desk.put(made | {"reason": "x"}, name), desk.send(made | {"reason": "x"}, name)):
            assert answer.json()["type"] == "/problems/voucher-closed"
        assert desk.send(made, name).json()["status"] == "cancelled"
        assert desk.chief.post(desk.path(name, "approval"), {}).json()["type"] == "/problems/voucher-not-waiting"
        assert desk.clerk.post(desk.path(name, "posting"), {}).json()["type"] == "/problems/voucher-not-waiting"

    def test_not_after_posting(self, desk: Desk) -> None:
        sent = desk.send(receipt()).json()
        answer = desk.clerk.post(desk.path(sent["id"], "cancellation"), {"reason": "x"})
        assert (answer.status_code, answer.json()["type"]) == (409, "/problems/voucher-closed")

    def test_of_an_approved_one(self, desk: Desk) -> None:
        waiting = submitted(desk)
        desk.chief.post(desk.path(waiting["id"], "approval"), {})
        gone = desk.clerk.post(desk.path(waiting["id"], "cancellation"), {"reason": "Xe hỏng"}).json()
        assert (gone["status"], gone["decided_by"]) == ("cancelled", "thukho")


class TestRules:
    def test_that_come_with_the_store(self, desk: Desk) -> None:
        found = {kind: rule for kind, rule in policies_of(desk.depot.pk).items() if rule.needs_approval}
        assert {kind: rule.posts_on_approval for kind, rule in found.items()} == {"adjustment": True, "disposal": False}

    def test_of_a_depot_stand_before_the_general_one(self, desk: Desk) -> None:
        set_policy("issue", depot=desk.depot)
        other = Depot.objects.get(code="K02")
        assert policy(desk.depot.pk, "issue").needs_approval
        assert not policy(other.pk, "issue").needs_approval
        set_policy("issue")
        set_policy("issue", needs=False, depot=desk.depot)
        assert not policy(desk.depot.pk, "issue").needs_approval
        assert policy(other.pk, "issue").needs_approval

    def test_are_strict_where_nobody_said_anything(self, desk: Desk) -> None:
        with factories.telling():
            VoucherPolicy.objects.filter(kind="receipt").delete()
        assert policy(desk.depot.pk, "receipt") == STRICTEST
        assert desk.send(receipt()).json()["status"] == "submitted"


class TestTheDatabase:
    @pytest.fixture
    def waiting(self, desk: Desk) -> Voucher:
        return Voucher.objects.get(pk=submitted(desk)["id"])

    @pytest.mark.parametrize(
        ("statement", "complaint"),
        [
            ("UPDATE vouchers_voucher SET status = 'approved', decided_by_id = made_by_id", "maker_is_not_approver"),
            ("UPDATE vouchers_voucher SET status = 'approved', decided_by_id = NULL", "approved_by_somebody"),
            ("UPDATE vouchers_voucher SET status = 'posted'", "posted_has_movement"),
            ("UPDATE vouchers_voucher SET position = 1", "posted_has_movement"),
            ("UPDATE vouchers_voucher SET made_by_id = made_by_id + 1", "its name, depot and maker stay"),
            ("DELETE FROM vouchers_voucher", "never taken away"),
            ("UPDATE vouchers_historicalvoucher SET reason = 'x'", "permission denied"),
            ("DELETE FROM vouchers_historicalvoucherpolicy", "permission denied"),
        ],
    )
    def test_refuses(self, waiting: Voucher, statement: str, complaint: str) -> None:
        with pytest.raises(DatabaseError, match=complaint), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)

    def test_keeps_what_was_approved_and_whatever_is_closed(self, desk: Desk, waiting: Voucher) -> None:
        desk.chief.post(desk.path(waiting.pk, "approval"), {})

        def refuses(change: str) -> bool:
            try:
                with transaction.atomic(), connection.cursor() as cursor:
                    cursor.execute(f"UPDATE vouchers_voucher SET {change}")
            except IntegrityError:
                return True
            return False

        for change in ("reason = 'x'", "lines = '[]'", "kind = 'receipt'", "occurred_at = now()", "to_depot = 'K02'"):
            assert refuses(change), change
        assert not refuses("decision_reason = 'ghi chú'")
        desk.clerk.post(desk.path(waiting.pk, "posting"), {})
        for change in ("decision_reason = 'y'", "status = 'draft', position = NULL", "number = 'PX'", "version = 99"):
            assert refuses(change), change


def test_lists_come_in_pages_by_status_and_kind(desk: Desk) -> None:
    names = [str(uuid4()) for _ in range(5)]
    for index, name in enumerate(names):
        desk.put(receipt() if index % 2 else issue(rice(1)), name)
    desk.send(receipt(), names[0].replace(names[0][0], "f" if names[0][0] != "f" else "e", 1))
    path, seen = "/depots/K01/vouchers?status=draft&limit=2", []
    while path:
        page = desk.chief.get(path).json()
        seen += [one["id"] for one in page["items"]]
        path = page["next"] and f"/depots/K01/vouchers?status=draft&limit=2&cursor={page['next']}"
    assert seen == names[::-1]
    kinds = [one["kind"] for one in desk.chief.get("/depots/K01/vouchers?kind=issue").json()["items"]]
    assert kinds == ["issue"] * 3
    assert desk.chief.get("/depots/K01/vouchers?status=odd").status_code == 422
    assert desk.chief.get("/depots/K01/vouchers?cursor=WyJ4IiwieSJd").status_code == 422
