"""Undoing movements, receiving what is on the road, settling differences, copying: what the pages show and do."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from depots.models import Depot
from inventory.catalogue.models import Item
from inventory.ledger.allocations import allocate
from inventory.ledger.models import ConsignmentLine, Movement
from inventory.ledger.periods import close_period
from inventory.ledger.verifying import verify
from inventory.vouchers.models import Status, Voucher
from logistics.accounts.models import Role
from tests import factories
from tests.api.conftest import RICE, Caller, a_token
from tests.vouchers.conftest import Desk, in_days, rice, set_policy, user
from tests.vouchers.conftest import voucher as a_voucher

pytestmark = pytest.mark.django_db
Visit = Callable[..., Client]


@pytest.fixture
def visit() -> Visit:
    """A browser signed in by login, in English unless said otherwise."""

    def browser(login: str = "thukho", language: str = "en") -> Client:
        client = Client(headers={"accept-language": language})
        client.cookies["django_language"] = language
        client.force_login(user(login), backend="logistics.accounts.backends.RoleBackend")
        return client

    return browser


def body(answer: Any) -> str:
    """The words of a page, tags out, blanks alike."""
    text = re.sub(r"<[^>]+>", " ", answer.content.decode())
    return " ".join(text.replace("&#x27;", "'").split())


def drawn(browser: Client, address: str) -> dict[str, Any]:
    """Open a page and return what its form would send as it stands."""
    answer = browser.get(address)
    assert answer.status_code == 200, answer.content
    form = answer.context["form"]
    given: dict[str, Any] = {name: "" if (value := form[name].value()) is None else value for name in form.fields}
    if "preview" in (answer.context or {}):
        given["entry"] = [str(one.number) for one in answer.context["preview"].entries if one.is_chosen]
    return given


def received(*lines: Any, days_ago: float = 1) -> int:
    """Post a receipt by the clerk and return its position."""
    return factories.posting(user("thukho"), "receipt", "K01", *lines, days_ago=days_ago).position


def stock(lot: str, depot: str = "K01") -> Decimal:
    return factories.on_hand(Depot.objects.get(code=depot), _rice(), lot__code=lot)


def _rice() -> Item:
    return Item.objects.get(code=RICE)


def line(quantity: str | int, lot: str, **fields: Any) -> Any:
    return factories.a_line(_rice(), quantity, lot=lot, **fields)


def assert_sound() -> None:
    report = verify()
    assert report.is_sound, report.disagreements


class TestAReversal:
    def test_shows_what_it_would_do_and_does_it_once(self, desk: Desk, visit: Visit) -> None:
        position = received(line(100, "L9", expires_date=in_days(200)), line(7, "L24"))
        browser, address = visit(), f"/depots/K01/movements/{position}/reversal/"
        shown = browser.get(address)
        seen = [
            (one.line.lot, -one.line.change, one.there, one.after)
            for entry in shown.context["preview"].entries
            for one in entry.lines
        ]
        assert seen == [("L9", -100, 100, 0), ("L24", -7, 47, 40)]
        given = drawn(browser, address) | {"action": "post", "reason": "Ghi nhầm số lượng"}
        first = browser.post(address, given)
        assert first.status_code == 302
        again = browser.post(address, given)
        assert (again.status_code, again["Location"]) == (302, first["Location"])
        reversal = Movement.objects.get(depot=desk.depot, reverses=position)
        assert first["Location"] == f"/depots/K01/movements/{reversal.position}/"
        assert reversal.number.endswith("-Đ1")
        assert (stock("L9"), stock("L24")) == (0, 40)
        assert Voucher.objects.get(kind="reversal").status == Status.POSTED
        original = body(browser.get(f"/depots/K01/movements/{position}/"))
        assert f"REVERSED by {reversal.number} (thukho)" in original
        assert "This movement undoes" in body(browser.get(first["Location"]))
        assert "Already reversed" in body(browser.get(address))
        assert "action" not in body(browser.get(address))
        assert_sound()

    def test_of_one_line_leaves_the_others_and_says_so(self, desk: Desk, visit: Visit) -> None:
        position = received(line(5, "L24"), line(6, "L25"))
        browser, address = visit(), f"/depots/K01/movements/{position}/reversal/"
        given = drawn(browser, address) | {"entry": ["2"], "action": "preview"}
        preview = browser.post(address, given)
        assert preview.status_code == 200
        assert "Only the ticked lines are undone" in body(preview)
        assert Movement.objects.filter(reverses=position).count() == 0
        browser.post(address, given | {"action": "post", "reason": "thừa một dòng"})
        assert (stock("L24"), stock("L25")) == (45, 40)
        assert "REVERSED IN PART , lines 2" in body(browser.get(f"/depots/K01/movements/{position}/"))

    def test_brings_both_halves_of_a_pair(self, desk: Desk, visit: Visit) -> None:
        moved = factories.posting(user("thukho"), "relocation", "K01", line(10, "L24", to_bin="A-02"))
        browser, address = visit(), f"/depots/K01/movements/{moved.position}/reversal/"
        browser.post(address, drawn(browser, address) | {"action": "post", "reason": "đặt nhầm ngăn"})
        assert factories.on_hand(desk.depot, _rice(), lot__code="L24", bin__code="A-01") == 40

    def test_names_the_pile_and_who_took_from_it_and_offers_what_fits(self, desk: Desk, visit: Visit) -> None:
        position = received(line(30, "L9", expires_date=in_days(90)), line(6, "L25"))
        taken = factories.posting(
            user("thukho2"), "issue", "K01", line(20, "L9"), counterparty="Tiểu đoàn 3", days_ago=0.5
        )
        browser, address = visit(), f"/depots/K01/movements/{position}/reversal/"
        words = body(browser.get(address))
        assert (
            "30 of Vật chất QN-02-0001230 (QN-02-0001230) L9 would go back, but only 10 is left in the pile." in words
        )
        assert f"{taken.number} · issue · 20 → Tiểu đoàn 3 · thukho2" in words
        assert "Line 2 can still be undone." in words
        refused = browser.post(address, drawn(browser, address) | {"action": "post", "reason": "nhầm"})
        assert refused.status_code == 422
        assert "<title>Error: " in refused.content.decode()
        assert Movement.objects.filter(reverses=position).count() == 0
        fitting = browser.post(address, drawn(browser, address) | {"action": "fit"})
        assert [one.number for one in fitting.context["preview"].entries if one.is_chosen] == [2]
        done = browser.post(address, drawn(browser, address) | {"entry": ["2"], "action": "post", "reason": "nhầm"})
        assert done.status_code == 302
        assert (stock("L9"), stock("L25")) == (10, 40)

    def test_names_the_document_that_goods_are_promised_to(self, desk: Desk, visit: Visit) -> None:
        position = received(line(30, "L9", expires_date=in_days(90)))
        allocate("K01", "LDD-7", [line(25, "L9")], by=user("thukho"), at=timezone.now())
        words = body(visit().get(f"/depots/K01/movements/{position}/reversal/"))
        assert "only 5 is left" in words
        assert "LDD-7 · promised · 25 · thukho" in words

    def test_of_what_a_receiver_has_taken_in_names_the_receiver(self, desk: Desk, visit: Visit) -> None:
        sent = factories.posting(user("nguoi-ghi"), "transfer_out", "K01", line(10, "L25"), to_depot="K02")
        factories.posting(user("nguoi-ghi"), "transfer_in", "K02", line(10, "L25"), consignment=sent.name)
        words = body(visit().get(f"/depots/K01/movements/{sent.position}/reversal/"))
        assert "QN-02-0001230 L25 was received or settled already: reverse that first." in words
        assert Movement.objects.get(depot__code="K02").number in words
        assert "No line of it can be undone now." in words

    def test_waits_for_another_person_where_the_rule_says_so(self, desk: Desk, visit: Visit) -> None:
        set_policy("reversal", posts=True)
        position = received(line(5, "L24"))
        browser, address = visit(), f"/depots/K01/movements/{position}/reversal/"
        assert "Send the reversal for approval" in body(browser.get(address))
        given = drawn(browser, address) | {"action": "post", "reason": "nhầm"}
        first, again = browser.post(address, given), browser.post(address, given)
        waiting = Voucher.objects.get(kind="reversal")
        assert first["Location"] == again["Location"] == f"/depots/K01/vouchers/{waiting.pk}/"
        assert (waiting.status, stock("L24")) == (Status.SUBMITTED, 45)
        assert "A reversal of this movement was already written by thukho" in body(browser.get(address))
        page = f"/depots/K01/vouchers/{waiting.pk}/"
        assert "−5 kilogram 40" in body(visit("chihuy").get(page))
        assert visit("thukho2").post(page, {"action": "approve"}).status_code == 403
        visit("chihuy").post(page, {"action": "approve", "version": waiting.version})
        waiting.refresh_from_db()
        assert (waiting.status, stock("L24")) == (Status.POSTED, 40)

    def test_that_was_sent_back_is_taken_up_again(self, desk: Desk, visit: Visit) -> None:
        set_policy("reversal")
        position = received(line(5, "L24"), line(6, "L25"))
        browser, address = visit(), f"/depots/K01/movements/{position}/reversal/"
        browser.post(address, drawn(browser, address) | {"entry": ["2"], "action": "post", "reason": "nhầm"})
        waiting = Voucher.objects.get(kind="reversal")
        page = f"/depots/K01/vouchers/{waiting.pk}/"
        visit("chihuy").post(page, {"action": "reject", "reason": "ghi rõ hơn", "version": waiting.version})
        assert f'href="{address}?voucher={waiting.pk}"' in browser.get(page).content.decode()
        given = drawn(browser, f"{address}?voucher={waiting.pk}")
        assert (given["voucher"], given["reason"], given["entry"]) == (str(waiting.pk), "nhầm", ["2"])
        browser.post(address, given | {"action": "post", "reason": "Thủ kho ghi nhầm lô L25"})
        waiting.refresh_from_db()
        assert (waiting.status, waiting.reason) == (Status.SUBMITTED, "Thủ kho ghi nhầm lô L25")

    def test_says_in_words_what_is_wrong_beside_its_field(self, desk: Desk, visit: Visit) -> None:
        position = received(line(5, "L24"), days_ago=1)
        browser, address = visit(), f"/depots/K01/movements/{position}/reversal/"
        given = drawn(browser, address) | {"action": "post", "reason": "nhầm"}
        tomorrow, long_ago = in_days(1), in_days(-400)
        for changed, words in [
            ({"reason": " "}, "Reason: Say why."),
            ({"day": "31/02/2026"}, "no day of the calendar"),
            ({"time": "25:00"}, "“25:00” is no time of day: write it like 14:30."),
            ({"day": f"{tomorrow:%d/%m/%Y}"}, "Stock cannot have moved in the future"),
            ({"day": f"{long_ago:%d/%m/%Y}"}, "its reversal cannot be earlier"),
            ({"entry": []}, "Choose at least one line to undo."),
        ]:
            answer = browser.post(address, given | changed)
            assert (answer.status_code, words in body(answer)) == (422, True), (changed, body(answer))

    def test_keeps_out_of_a_closed_period(self, desk: Desk, visit: Visit) -> None:
        old = factories.posting(user("nguoi-ghi"), "receipt", "K01", line(5, "L24"), days_ago=70, reason="phiếu cũ")
        close_period("K01", timezone.localdate(old.occurred_at), by=user("nguoi-ghi"), at=timezone.now())
        browser, address = visit(), f"/depots/K01/movements/{old.position}/reversal/"
        closed = timezone.localtime(old.occurred_at)
        given = drawn(browser, address) | {"action": "post", "reason": "nhầm", "day": f"{closed:%d/%m/%Y}"}
        answer = browser.post(address, given)
        assert answer.status_code == 422
        assert "has closed everything before" in body(answer)
        assert browser.post(address, given | {"day": ""}).status_code == 302

    def test_is_not_for_who_may_not_post(self, desk: Desk, visit: Visit) -> None:
        factories.a_user("xem", role=Role.PLANNER, depot=desk.depot)
        position = received(line(5, "L24"))
        assert visit("xem").get(f"/depots/K01/movements/{position}/reversal/").status_code == 403
        assert "reversal/" not in visit("xem").get(f"/depots/K01/movements/{position}/").content.decode()
        assert visit().get("/depots/K01/movements/999/reversal/").status_code == 404

    def test_asks_no_more_of_the_database_for_more_lines(self, desk: Desk, visit: Visit) -> None:
        browser, counts = visit(), []
        for many in (1, 12):
            position = received(*[line(1, f"M{many}-{number}") for number in range(many)])
            browser.get(f"/depots/K01/movements/{position}/reversal/")
            with CaptureQueriesContext(connection) as queries:
                browser.get(f"/depots/K01/movements/{position}/reversal/")
            counts.append(len(queries))
        assert counts[0] == counts[1]


class TestACopy:
    def test_of_a_reversed_movement_opens_as_a_draft_with_what_was_posted(self, desk: Desk, visit: Visit) -> None:
        issued = factories.posting(
            user("thukho"), "issue", "K01",
            factories.a_line(_rice(), 60, scheduled_quantity=Decimal(65)),
            counterparty="Đại đội 3", order_number="9/LX", reason="Ăn",
        )  # fmt: skip
        browser = visit()
        page = browser.get(f"/depots/K01/movements/{issued.position}/")
        given = {"action": "copy", "copy": str(page.context["copy"])}
        first = browser.post(f"/depots/K01/movements/{issued.position}/", given)
        again = browser.post(f"/depots/K01/movements/{issued.position}/", given)
        made = Voucher.objects.get(kind="issue")
        assert first["Location"] == again["Location"] == f"/depots/K01/entry/?voucher={made.pk}"
        assert (made.status, made.occurred_at, made.counterparty, made.order_number, made.reason) == (
            Status.DRAFT, None, "Đại đội 3", "9/LX", "Ăn",
        )  # fmt: skip
        assert [(one["lot"], one["quantity"], one["scheduled_quantity"]) for one in made.lines] == [
            ("L24", "40", "40"), ("L25", "20", "25"),
        ]  # fmt: skip

    def test_of_a_part_undone_takes_only_that_part(self, desk: Desk, visit: Visit) -> None:
        position = received(line(5, "L24", unit_price=Decimal("15500")), line(6, "L25"))
        done = factories.posting(user("thukho"), "reversal", "K01", reverses=position, reverse_lines=[2], reason="nhầm")
        for where in (position, done.position):
            browser = visit()
            page = browser.get(f"/depots/K01/movements/{where}/")
            browser.post(f"/depots/K01/movements/{where}/", {"copy": str(page.context["copy"])})
            made = Voucher.objects.latest("made_at")
            assert (made.kind, [(one["lot"], one["quantity"]) for one in made.lines]) == ("receipt", [("L25", "6")])

    def test_of_a_transfer_in_keeps_its_consignment_and_posts_again(self, desk: Desk, visit: Visit) -> None:
        sent = factories.posting(user("nguoi-ghi"), "transfer_out", "K01", line(10, "L25"), to_depot="K02")
        factories.a_user("k02", role=Role.STOREKEEPER, depot=Depot.objects.get(code="K02"))
        came = factories.posting(
            user("k02"), "transfer_in", "K02", line(8, "L25", reason="thiếu"), consignment=sent.name
        )
        factories.posting(user("k02"), "reversal", "K02", reverses=came.position, reason="đếm sai")
        browser = visit("k02")
        page = browser.get(f"/depots/K02/movements/{came.position}/")
        browser.post(f"/depots/K02/movements/{came.position}/", {"copy": str(page.context["copy"])})
        made = Voucher.objects.get()
        assert (made.kind, made.consignment, made.lines[0]["quantity"]) == ("transfer_in", sent.name, "8")

    def test_of_every_kind_weighs_without_a_fault(self, desk: Desk, visit: Visit) -> None:
        by = user("thukho")
        box = factories.a_packaging(desk.rice, "BX", "5")
        assert box.factor == 5
        posted = [
            factories.posting(by, "receipt", "K01", factories.a_line(_rice(), 2, unit="BX", lot="L24")),
            factories.posting(by, "relocation", "K01", line(3, "L24", to_bin="A-02")),
            factories.posting(by, "regrade", "K01", line(3, "L24", to_grade=2), reason="ẩm"),
            factories.posting(by, "repurpose", "K01", line(3, "L24", to_purpose="SSCD"), reason="lệnh"),
            factories.posting(by, "adjustment", "K01", line(-2, "L25"), reason="hao"),
            factories.posting(by, "disposal", "K01", line(2, "L22"), reason="hết hạn"),
            factories.posting(by, "return", "K01", line(2, "L25")),
        ]
        browser = visit()
        for one in posted:
            page = browser.get(f"/depots/K01/movements/{one.position}/")
            browser.post(f"/depots/K01/movements/{one.position}/", {"copy": str(page.context["copy"])})
            made = Voucher.objects.latest("made_at")
            kept = desk.clerk.get(desk.path(made.pk)).json()
            assert kept["kind"] == one.kind
            weighed = desk.weigh(kept | {"occurred_at": timezone.now().isoformat()})
            assert weighed["faults"] == [], (one.kind, weighed["faults"])

    def test_of_a_cancelled_voucher_says_what_it_said(self, desk: Desk, visit: Visit) -> None:
        name = uuid4()
        desk.put(a_voucher("issue", rice(3), counterparty="Đại đội 1"), name)
        browser, address = visit(), f"/depots/K01/vouchers/{name}/"
        assert "Copy to a new voucher" not in body(browser.get(address))
        early = browser.post(address, {"action": "copy", "copy": str(uuid4())})
        assert (early.status_code, "Only a posted, rejected or cancelled" in body(early)) == (422, True)
        browser.post(address, {"action": "cancel", "reason": "không cần"})
        page = browser.get(address)
        assert "Copy to a new voucher" in body(page)
        answer = browser.post(address, {"action": "copy", "copy": str(page.context["doing"].copy)})
        made = Voucher.objects.exclude(pk=name).get()
        assert answer["Location"] == f"/depots/K01/entry/?voucher={made.pk}"
        assert (made.counterparty, made.lines[0]["quantity"], made.occurred_at) == ("Đại đội 1", "3", None)


class TestTheRoad:
    @pytest.fixture
    def sent(self, desk: Desk) -> Any:
        """20 of L24 and 10 of L25 sent to K02, whose keeper is k02."""
        factories.a_user("k02", role=Role.STOREKEEPER, depot=Depot.objects.get(code="K02"))
        return factories.posting(
            user("thukho"), "transfer_out", "K01", line(20, "L24"), line(10, "L25"), to_depot="K02", days_ago=1,
            order_number="7/LDD",
        )  # fmt: skip

    def test_the_receiver_sees_what_comes_and_opens_it_by_its_slip(self, desk: Desk, sent: Any, visit: Visit) -> None:
        browser = visit("k02")
        words = body(browser.get("/depots/K02/arrivals/"))
        assert "On its way here (1)" in words
        for part in (sent.number, sent.name, "1 day ago", "7/LDD", "20", "L24", "L25"):
            assert part in words
        entry = f"/depots/K02/entry/?kind=transfer_in&consignment={sent.name}"
        for text in (
            sent.number,
            sent.number.lower(),
            sent.name,
            f" {sent.name} ",
            f"https://kho/depots/K01/movements/{sent.position}/",
        ):
            answer = browser.get("/depots/K02/arrivals/", {"q": text})
            assert (answer.status_code, answer["Location"]) == (302, entry), text
        for text in ("7/ldd", "K01", "L25", "qn-02"):
            assert sent.number in body(browser.get("/depots/K02/arrivals/", {"q": text})), text
        nothing = browser.get("/depots/K02/arrivals/", {"q": "K01/999"})
        assert "Nothing on its way here is like that." in body(nothing)
        assert "Nothing is on its way to this depot." in body(visit().get("/depots/K01/arrivals/"))
        desk_page = body(browser.get("/depots/K02/desk/"))
        assert "On its way here 1" in desk_page

    def test_says_where_a_slip_went_that_was_received(self, desk: Desk, sent: Any, visit: Visit) -> None:
        came = factories.posting(
            user("k02"), "transfer_in", "K02", line(20, "L24"), line(10, "L25"), consignment=sent.name
        )
        words = body(visit("k02").get("/depots/K02/arrivals/", {"q": sent.name}))
        assert f"{sent.number} ({sent.name}) from K01 has nothing left on the road." in words
        assert came.number in words

    def test_the_api_gives_the_entry_page_its_lines(self, desk: Desk, sent: Any) -> None:
        keeper = Caller(a_token(user("k02")))
        factories.posting(user("k02"), "transfer_in", "K02", line(15, "L24", reason="thiếu"), consignment=sent.name)
        found = keeper.get(f"/depots/K02/arrivals/K01/{sent.position}").json()
        assert (found["consignment"], found["number"], found["order_number"], found["to_depot"]) == (
            sent.name, sent.number, "7/LDD", "K02",
        )  # fmt: skip
        assert [(one["lot"], one["sent"], one["received"], one["in_transit"]) for one in found["lines"]] == [
            ("L24", "20.000", "15.000", "5.000"), ("L25", "10.000", "0.000", "10.000"),
        ]  # fmt: skip
        assert keeper.get("/depots/K02/arrivals/K01/1").status_code == 404
        assert desk.clerk.get(f"/depots/K01/arrivals/K01/{sent.position}").status_code == 404

    def test_the_sender_sees_the_receivers_numbers_and_reasons(self, desk: Desk, sent: Any, visit: Visit) -> None:
        browser = visit()
        assert "on the way" in body(browser.get("/depots/K01/road/"))
        came = factories.posting(
            user("k02"), "transfer_in", "K02", line(15, "L24", reason="ướt năm bao"), consignment=sent.name
        )
        words = body(browser.get("/depots/K01/road/"))
        assert "1 line differs from what was sent and waits to be settled" in words
        assert f"{came.number}: ướt năm bao" in words
        assert "short −5" in words
        assert "L25" not in body(browser.get("/depots/K01/road/?state=difference")).split("Show")[0].split("Sent")[-1]
        file = browser.get("/depots/K01/road.csv?state=difference")
        text = b"".join(file.streaming_content if file.streaming else [file.content]).decode("utf-8-sig")
        assert "ướt năm bao" in text
        assert "L24" in text

    def test_a_shortage_is_settled_by_another_person(self, desk: Desk, sent: Any, visit: Visit) -> None:
        factories.posting(
            user("k02"), "transfer_in", "K02", line(15, "L24", reason="ướt năm bao"), line(10, "L25"),
            consignment=sent.name,
        )  # fmt: skip
        browser, address = visit(), f"/depots/K01/road/{sent.position}/"
        given = drawn(browser, address)
        assert (given["quantity-1"], given["note-1"]) == ("5", "ướt năm bao")
        assert "quantity-2" not in given
        for changed, words in [
            ({"reason": ""}, "Reason: Say why."),
            ({"reason": "hao", "quantity-1": "6"}, "Above zero and at most 5, which is what is open."),
            ({"reason": "hao", "quantity-1": "x"}, "“x” is not a number"),
            ({"reason": "hao", "quantity-1": ""}, "Say at least for one line how much is settled."),
        ]:
            answer = browser.post(address, given | changed)
            assert (answer.status_code, words in body(answer)) == (422, True), body(answer)
        asked = given | {"reason": "Biên bản 12: mưa ướt"}
        first, again = browser.post(address, asked), browser.post(address, asked)
        settlement = Voucher.objects.get(kind="adjustment")
        assert first["Location"] == again["Location"] == f"/depots/K01/vouchers/{settlement.pk}/"
        assert settlement.status == Status.SUBMITTED
        assert ConsignmentLine.objects.get(line_no=1).in_transit == 5
        assert "A settlement written by thukho stands at: submitted." in body(browser.get(address))
        approval = {"action": "approve", "version": settlement.version}
        assert browser.post(first["Location"], approval).status_code == 403
        assert visit("chihuy").post(first["Location"], approval).status_code == 302
        assert ConsignmentLine.objects.get(line_no=1).in_transit == 0
        assert "What became of it" in body(browser.get(address))
        assert "closed" in body(browser.get(address))
        assert "Nothing is on the road" in body(browser.get("/depots/K01/road/"))
        assert (stock("L24"), stock("L24", "K02")) == (20, 15)
        assert_sound()

    def test_a_surplus_is_written_on(self, desk: Desk, sent: Any, visit: Visit) -> None:
        set_policy("adjustment", needs=False)
        factories.posting(
            user("k02"), "transfer_in", "K02", line(20, "L24"), line(12, "L25", reason="thừa hai"),
            consignment=sent.name,
        )  # fmt: skip
        browser, address = visit(), f"/depots/K01/road/{sent.position}/"
        assert "surplus +2" in body(browser.get("/depots/K01/road/"))
        asked = drawn(browser, address) | {"reason": "Đếm lại: gửi thừa"}
        assert asked["quantity-2"] == "2"
        first = browser.post(address, asked)
        assert first.status_code == 302, body(first)
        assert browser.post(address, asked)["Location"] == first["Location"]
        changed = browser.post(address, asked | {"quantity-2": "1"})
        assert "This page was sent already with other figures" in body(changed)
        assert Voucher.objects.get(kind="adjustment").status == Status.POSTED
        assert ConsignmentLine.objects.get(line_no=2).in_transit == 0
        assert_sound()

    def test_of_somebody_else_is_not_found(self, desk: Desk, sent: Any, visit: Visit) -> None:
        assert visit("k02").get(f"/depots/K01/road/{sent.position}/").status_code == 404
        assert visit().get("/depots/K01/road/1/").status_code == 404
        factories.a_user("xem", role=Role.PLANNER, depot=desk.depot)
        reader = visit("xem")
        page = reader.get(f"/depots/K01/road/{sent.position}/")
        assert (page.status_code, page.context["form"]) == (200, None)
        assert reader.post(f"/depots/K01/road/{sent.position}/", {"reason": "x"}).status_code == 403

    def test_lists_ask_no_more_of_the_database_for_more_rows(self, desk: Desk, visit: Visit) -> None:
        factories.a_user("k02", role=Role.STOREKEEPER, depot=Depot.objects.get(code="K02"))
        pages = [("thukho", "/depots/K01/road/"), ("k02", "/depots/K02/arrivals/")]

        def counts() -> list[int]:
            found = []
            for login, page in pages:
                browser = visit(login)
                browser.get(page)
                with CaptureQueriesContext(connection) as queries:
                    assert browser.get(page).status_code == 200
                found.append(len(queries))
            return found

        def send() -> None:
            gone = factories.posting(
                user("thukho"), "transfer_out", "K01", line(1, "L25"), line(1, "L24"), to_depot="K02"
            )
            factories.posting(
                user("k02"), "transfer_in", "K02", line("0.5", "L25", reason="thiếu"), consignment=gone.name
            )

        send()
        before = counts()
        for _again in range(6):
            send()
        assert counts() == before
        assert max(before) <= 16
