"""What takes two people: goods that arrive short and are settled, approval by somebody else; and a reversal."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from inventory.ledger.models import ConsignmentLine, Movement
from inventory.vouchers.models import Voucher
from tests.desk.conftest import House
from tests.entry.conftest import Clerk
from tests.offline.conftest import in_store

Seat = Callable[..., Clerk]


def go(clerk: Clerk, path: str) -> None:
    """Open a page."""
    answer = clerk.page.goto(clerk.site.address + path)
    assert answer is not None
    assert answer.status == 200, (path, answer.status)


def submit(clerk: Clerk) -> str:
    """Review and send a voucher that somebody else has to approve; return its id."""
    clerk.page.keyboard.press("Control+Enter")
    clerk.page.wait_for_selector("#review:not([hidden])")
    for box in clerk.page.locator("#review [data-warning]").all():
        box.check()
    clerk.page.keyboard.press("Control+Enter")
    clerk.page.wait_for_selector("#after a[href*='/vouchers/']")
    return clerk.page.url.partition("voucher=")[2]


def waiting(voucher_id: str) -> Any:
    """Return the voucher as the database has it."""
    return in_store(lambda: Voucher.objects.get(pk=voucher_id))


def on_the_road(house: House, position: int) -> Any:
    """Return what of a consignment of one line from K01 has neither arrived nor been settled."""
    return in_store(lambda: ConsignmentLine.objects.get(depot=house.store.k01, position=position).in_transit)


def test_a_consignment_arrives_short_and_its_difference_is_settled(house: House, seat: Seat) -> None:
    sender, receiver, chief = seat("thukho"), seat("thukho02"), seat("chihuy")
    sender.open("kind=transfer_out")
    sender.page.select_option("#header-to_depot", "K02")
    sender.page.focus("#scan")
    sender.press("gao te", "Enter", "20", "Enter")
    sender.post()
    sent = sender.movement()
    name = f"K01/{sent['position']}"

    go(receiver, "/depots/K02/arrivals/")
    receiver.page.click(f"a.button[href*='consignment={name}']")
    receiver.until("location.search.includes('voucher=')")
    receiver.page.wait_for_selector("#lines tr[data-line]")
    assert receiver.cells("scheduled_quantity") == ["20"]
    assert receiver.cells("quantity") == [""], "nothing is taken as received before somebody counted"
    receiver.press("18", "Enter", "Control+Enter")
    receiver.page.wait_for_selector(".summary")
    receiver.page.check("[data-why][value=thiếu]")
    receiver.page.fill("[data-note]", "rách một bao")
    receiver.post()

    go(sender, f"/depots/K01/road/{sent['position']}/")
    shown = sender.page.inner_text("#content")
    assert "thiếu: rách một bao" in shown, "the receiver's words, without asking"
    sender.page.fill(".settling input >> nth=0", "2")
    sender.page.fill("#settle .field.grows input", "Biên bản số 3")
    sender.page.click("#settle .act button")
    sender.page.wait_for_url("**/vouchers/**")
    page = sender.page.url.removeprefix(sender.site.address)
    assert on_the_road(house, sent["position"]) == 2
    assert sender.page.locator("button[value=approve]").count() == 0

    go(chief, "/approvals/")
    chief.page.click(f"a[href='{page}']")
    chief.page.click("button[value=approve]")
    chief.page.wait_for_selector("a[href*='/movements/']:has-text('K01/')")
    assert on_the_road(house, sent["position"]) == 0
    go(sender, f"/depots/K01/road/{sent['position']}/")
    assert sender.page.locator("h1 .mark.good").count() == 1, "closed"
    assert in_store(lambda: Movement.objects.get(key=page.strip("/").rpartition("/")[2]).reason) == "Biên bản số 3"


def test_nobody_approves_their_own(seat: Seat) -> None:
    """Whoever may both write and approve gets no button, and forging it is refused in words; the chief's is taken."""
    maker, chief = seat("kho-va-duyet"), seat("chihuy")
    maker.open("kind=adjustment")
    maker.page.fill("#header-reason", "Kiểm kê lệch")
    maker.page.focus("#scan")
    maker.press("gao te", "Enter")
    maker.page.fill("#lines tr[data-line] >> nth=0 >> [data-member=lot]", "L25-01")
    maker.page.fill("#lines tr[data-line] >> nth=0 >> [data-member=quantity]", "-3")
    maker.press("Enter")
    key = submit(maker)
    path = f"/depots/K01/vouchers/{key}/"
    go(maker, path)
    assert "người khác" in maker.page.inner_text("section[aria-labelledby=decide]")
    assert maker.page.locator("button[value=approve], button[value=reject]").count() == 0
    go(maker, "/approvals/")
    assert maker.page.locator(f"a[href='{path}']").count() == 0
    go(maker, path)
    refused = maker.page.evaluate(
        """async (key) => {
            const { call } = await import("/static/vouchers/net.js");
            const { status, body } = await call("POST", `/depots/K01/vouchers/${key}/approval`, {});
            return [status, body.type, body.detail];
        }""",
        key,
    )
    assert refused[:2] == [403, "/problems/self-approval"]
    assert "người khác" in refused[2]
    assert waiting(key).status == "submitted"

    go(chief, path)
    chief.page.click("button[value=approve]")
    chief.page.wait_for_selector("a[href*='/movements/']:has-text('K01/')")
    kept = waiting(key)
    assert kept.status == "posted"
    assert in_store(lambda: (waiting(key).made_by.login, waiting(key).decided_by.login)) == ("kho-va-duyet", "chihuy")


def test_a_posted_voucher_is_undone_and_written_anew(seat: Seat) -> None:
    clerk = seat()
    clerk.open("kind=receipt")
    clerk.press("thuoc giam dau", "Enter", "L77", "Enter", "12/2040", "Enter", "700", "Enter")
    clerk.post()
    wrong = clerk.movement()
    with clerk.context.expect_event("request", lambda asked: asked.url.endswith(".pdf?copy=1")):
        clerk.page.click("#print button")
    clerk.page.click("#after a[href*='/movements/']")
    clerk.page.click(f"a[href='/depots/K01/movements/{wrong['position']}/reversal/']")
    preview = clerk.page.inner_text("#preview tbody")
    assert "700" in preview
    assert "0" in clerk.page.inner_text("#preview tbody td[data-label] >> nth=-1")
    clerk.page.click("button[value=post]")
    clerk.page.wait_for_selector(".summary")
    assert clerk.page.title().startswith("Lỗi: "), "it asks why"
    clerk.page.fill("#reversal .field.grows input", "Ghi nhầm số lượng")
    clerk.page.click("button[value=post]")
    clerk.page.wait_for_url(f"**/movements/{wrong['position'] + 1}/")
    log = f"{clerk.site.address}/api/v1/depots/K01/movements"
    undoing = clerk.context.request.get(f"{log}/{wrong['position'] + 1}").json()
    (undone,) = undoing["lines"]
    assert (undone["lot"], undone["change"], undone["on_hand_after"]) == ("L77", "-700.000", "0.000")
    assert undoing["reverses"] == wrong["position"]
    go(clerk, f"/depots/K01/movements/{wrong['position']}/")
    assert "ĐÃ ĐẢO" in clerk.page.inner_text(".notice.warn").upper()
    clerk.page.click(".notice button[value=copy]")
    clerk.page.wait_for_selector("#lines tr[data-line] [data-member=quantity]")
    assert (clerk.cells("lot"), clerk.cells("quantity")) == (["L77"], ["700"])
    clerk.page.fill("#lines tr[data-line] >> nth=0 >> [data-member=quantity]", "70")
    clerk.press("Enter")
    clerk.post()
    assert [(line["lot"], line["change"]) for line in clerk.movement()["lines"]] == [("L77", "70.000")]
