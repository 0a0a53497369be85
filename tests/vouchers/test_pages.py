"""The pages of a voucher: what each person may do there, what is told when it is refused, and how little it asks."""

from __future__ import annotations

import re
from collections.abc import Callable
from io import BytesIO
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from pypdf import PdfReader

from inventory.vouchers import approvals
from inventory.vouchers.models import Status, Voucher
from inventory.vouchers.paper import voucher_pdf
from logistics.accounts.models import Role, User
from tests import factories
from tests.notation import rows
from tests.vouchers.conftest import Desk, issue, receipt, rice, set_policy, user

pytestmark = pytest.mark.django_db


@pytest.fixture
def visit() -> Callable[[str], Client]:
    """A browser signed in by login, in English."""

    def browser(login: str) -> Client:
        client = Client(headers={"accept-language": "en"})
        client.cookies["django_language"] = "en"
        client.force_login(user(login), backend="logistics.accounts.backends.RoleBackend")
        return client

    return browser


def page(client: Client, name: Any, data: dict[str, Any] | None = None, **options: Any) -> Any:
    address = f"/depots/K01/vouchers/{name}/"
    return client.get(address) if data is None else client.post(address, data, **options)


def buttons(answer: Any) -> set[str]:
    """Return what the buttons of the page's own forms would do."""
    return set(re.findall(r'name="action" value="(\w+)"', answer.content.decode())) - {"copy", "print"}


def waiting(desk: Desk, body: dict[str, Any] | None = None) -> dict[str, Any]:
    set_policy("issue")
    return dict(desk.send(body or issue(rice(60), counterparty="Tiểu đoàn <1>", order_number="7/XK")).json())


class TestOneVoucher:
    def test_offers_each_what_they_may_do(self, desk: Desk, visit: Callable[[str], Client]) -> None:
        factories.a_user("kiemtoan", role=Role.AUDITOR)
        name = waiting(desk)["id"]
        people = ("thukho", "thukho2", "chihuy", "kiemtoan")

        def offered() -> dict[str, str]:
            return {login: " ".join(sorted(buttons(page(visit(login), name)))) for login in people}

        assert offered() == {"thukho": "cancel", "thukho2": "cancel", "chihuy": "approve reject", "kiemtoan": ""}
        assert page(visit("chihuy"), name, {"action": "approve"}).status_code == 302
        assert offered() == {"thukho": "cancel post", "thukho2": "cancel post", "chihuy": "", "kiemtoan": ""}
        done = page(visit("thukho2"), name, {"action": "post"}, follow=True).content.decode()
        assert "Posted as PX-K01" in done
        assert set(offered().values()) == {""}

    def test_shows_what_it_takes_and_why(self, desk: Desk, visit: Callable[[str], Client]) -> None:
        shown = page(visit("chihuy"), waiting(desk)["id"]).content.decode()
        assert "Take L24" in shown
        assert "skipping L23: on hold" in shown
        assert "Tiểu đoàn &lt;1&gt;" in shown
        assert "<1>" not in shown

    def test_tells_the_decider_what_stands_in_the_way(self, desk: Desk, visit: Callable[[str], Client]) -> None:
        name = waiting(desk, issue(rice(40, "L24")))["id"]
        factories.posting(user("thukho2"), "issue", "K01", factories.a_line(desk.rice, 5, lot="L24"))
        shown = page(visit("chihuy"), name).content.decode()
        assert "As things stand now, it cannot be posted" in shown
        set_policy("issue", posts=True)
        refused = page(visit("chihuy"), name, {"action": "approve"})
        assert refused.status_code == 409
        told = refused.content.decode()
        assert "<title>Error: " in re.sub(r"\s+", " ", told)
        assert 'href="#line-1"' in told
        assert 'id="line-1"' in told

    def test_asks_why_it_goes_back_and_keeps_what_was_typed(self, desk: Desk, visit: Callable[[str], Client]) -> None:
        sent = waiting(desk)
        refused = page(visit("chihuy"), sent["id"], {"action": "reject", "reason": " "})
        assert refused.status_code == 422
        assert 'href="#reason"' in refused.content.decode()
        stale = page(visit("chihuy"), sent["id"], {"action": "reject", "reason": "Sai lô", "version": "1"})
        assert stale.status_code == 409
        assert 'value="Sai lô"' in stale.content.decode()
        done = page(
            visit("chihuy"),
            sent["id"],
            {"action": "reject", "reason": "Sai lô", "version": sent["version"]},
            follow=True,
        )
        assert "chihuy sent it back: Sai lô" in done.content.decode()

    def test_refuses_what_one_may_not_do(self, desk: Desk, visit: Callable[[str], Client]) -> None:
        name = waiting(desk)["id"]
        for row in rows("""
            who     | action  | status
            thukho  | approve |    403
            thukho  | reject  |    403
            chihuy  | cancel  |    403
            chihuy  | post    |    403
            thukho  | post    |    409
            thukho  | erase   |    422
        """):
            answer = page(visit(row["who"]), name, {"action": row["action"], "reason": "x"})
            assert answer.status_code == int(row["status"]), row
        assert Voucher.objects.get().status == Status.SUBMITTED
        assert page(visit("thukho"), uuid4()).status_code == 404

    def test_a_maker_who_may_approve_is_told_to_find_somebody_else(
        self, desk: Desk, visit: Callable[[str], Client]
    ) -> None:
        name = waiting(desk)["id"]
        with factories.telling():
            user("thukho").assignments.create(role=Role.APPROVER)
        shown = page(visit("thukho"), name)
        assert buttons(shown) == {"cancel"}
        assert "somebody else has to decide" in shown.content.decode()
        assert page(visit("thukho"), name, {"action": "approve"}).status_code == 403

    def test_tells_who_changed_which_line(self, desk: Desk, visit: Callable[[str], Client]) -> None:
        name = uuid4()
        made = desk.put(issue(rice(5), rice(6)), name).json()
        lines = [made["lines"][0] | {"quantity": "7", "lot": "L24"}, {"id": "n1", **rice(9)}]
        desk.put(made | {"lines": lines, "counterparty": "Đại đội 3"}, name, by=desk.second)
        shown = page(visit("chihuy"), name).content.decode()
        story = re.sub(r"<[^>]+>|\s+", " ", shown[shown.index('id="story"') :])
        for words in ("thukho2", "line 1, quantity: 5 → 7", "line 1, lot: — → L24", "taken out", "Đại đội 3"):
            assert words in re.sub(r" +", " ", story), words

    def test_asks_no_more_for_more_lines(
        self, desk: Desk, visit: Callable[[str], Client], django_assert_max_num_queries: Any
    ) -> None:
        set_policy("issue")
        client = visit("chihuy")
        names = [desk.send(issue(*(rice("0.1") for _ in range(count)))).json()["id"] for count in (2, 100)]
        page(client, names[0])
        with django_assert_max_num_queries(40) as few:
            page(client, names[0])
        with django_assert_max_num_queries(len(few)):
            answer = page(client, names[1])
        assert len(answer.content) < 60_000

    def test_shows_a_quantity_that_nobody_could_read_as_it_was_typed(
        self, desk: Desk, visit: Callable[[str], Client]
    ) -> None:
        name = uuid4()
        assert desk.put(issue(rice("1E+2000000"), counterparty="Tiểu đoàn 1"), name).status_code < 300
        shown = page(visit("thukho"), name)
        assert shown.status_code == 200
        assert "1E+2000000" in shown.content.decode()
        assert len(shown.content) < 60_000

    def test_shows_whatever_could_not_be_read(self, desk: Desk, visit: Callable[[str], Client]) -> None:
        name = uuid4()
        typed = {"items": "năm bao", "order_date": "hôm kia"}
        assert desk.put(issue(rice(5)) | {"typed": typed}, name).status_code < 300
        shown = page(visit("thukho"), name).content.decode()
        assert all(f"<dt>{member}</dt>" in shown and text in shown for member, text in typed.items())

    def test_a_program_has_nothing_to_post_here(self, desk: Desk, client: Client) -> None:
        assert page(client, waiting(desk)["id"], {"action": "approve"}).status_code == 302
        strict = Client(enforce_csrf_checks=True)
        strict.force_login(user("chihuy"), backend="logistics.accounts.backends.RoleBackend")
        assert page(strict, Voucher.objects.get().pk, {"action": "approve"}).status_code == 403


class TestWhatWaits:
    def test_is_shown_to_whom_it_waits_for(self, desk: Desk, visit: Callable[[str], Client]) -> None:
        name = waiting(desk)["id"]
        other = factories.a_user("chihuy02", role=Role.APPROVER, depot=factories.a_depot("K03"))
        people: dict[str, User] = {login: user(login) for login in ("thukho", "chihuy")} | {"chihuy02": other}
        counts = {login: approvals.waiting_count(person) for login, person in people.items()}
        assert counts == {"thukho": 0, "chihuy": 1, "chihuy02": 0}
        shown = {login: visit(login).get("/approvals/").content.decode() for login in people}
        assert {login: name in text for login, text in shown.items()} == {
            "thukho": False, "chihuy": True, "chihuy02": False,
        }  # fmt: skip
        assert "Nothing waits for your decision" in shown["chihuy02"]
        assert visit("chihuy").get("/approvals/?page=2").status_code == 404


class TestTheDesk:
    def test_starts_what_one_may_write(self, desk: Desk, visit: Callable[[str], Client]) -> None:
        desk.put(receipt(), uuid4())
        shown = visit("thukho").get("/depots/K01/desk/").content.decode()
        assert 'id="new"' in shown
        assert "?kind=receipt" in shown
        assert Voucher.objects.get().pk.hex[:8] in shown.replace("-", "")
        seen = visit("chihuy").get("/depots/K01/desk/")
        assert seen.status_code == 200
        assert 'id="new"' not in seen.content.decode()

    def test_counts_what_needs_somebody(self, desk: Desk, visit: Callable[[str], Client]) -> None:
        waiting(desk)
        text = re.sub(r"<[^>]+>|\s+", " ", visit("thukho").get("/depots/K01/desk/").content.decode())
        text = re.sub(r" +", " ", text)
        for words in ("Waiting for approval 1", "Sent back to you 0", "On its way here 0", "Expired 1"):
            assert words in text, words


def test_the_paper_names_who_wrote_and_who_approved(desk: Desk) -> None:
    set_policy("issue")
    for login, name in [("thukho", "Nguyễn Văn Lập"), ("thukho2", "Trần Thị Ghi"), ("chihuy", "Lê Văn Duyệt")]:
        with factories.telling():
            person = user(login)
            person.full_name = name
            person.save()
    sent = desk.send(issue(rice(5))).json()
    desk.chief.post(desk.path(sent["id"], "approval"), {})
    done = desk.second.post(desk.path(sent["id"], "posting"), {}).json()
    pages = PdfReader(BytesIO(voucher_pdf("K01", done["movement"]["position"]))).pages
    text = " ".join(pages[0].extract_text().split())
    assert "Nguyễn Văn Lập" in text
    assert "Lê Văn Duyệt" in text
    assert "Trần Thị Ghi" not in text
