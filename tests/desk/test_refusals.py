"""Everything the ledger may refuse, at the desk: in words, beside the cell that caused it, in both languages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from tests.desk.conftest import House
from tests.entry.conftest import Clerk
from tests.longer import LONG_ONLY

RICE, MILK, YEAST, OLD = "QN-01-0000014", "QN-02-0000028", "QN-02-0000035", "QN-02-0000042"
PILLS, METER = "QY-02-0000073", "QY-02-0000080"


@dataclass(frozen=True)
class Bad:
    """One thing wrong: the member it is about, and what is said of it."""

    member: str
    vi: str
    en: str


@dataclass(frozen=True)
class Case:
    """A voucher, what is wrong with each of its lines, and with its header."""

    name: str
    kind: str
    header: dict[str, Any]
    lines: list[tuple[dict[str, Any], Bad | None]]
    bad: Bad | None = None
    depot: str = "K01"
    login: str = "thukho"


def day(offset: int) -> str:
    """Return an ISO day from today on."""
    return (timezone.localdate() + timedelta(days=offset)).isoformat()


def moment(days_ago: float) -> str:
    """Return an instant some days ago, as the API spells it."""
    return (timezone.localtime() - timedelta(days=days_ago)).isoformat(timespec="seconds")


def cases(house: House) -> list[Case]:
    """Every refusal a clerk can meet. What the page itself sees comes first, so the two are in vouchers apart."""
    sent, whole, elsewhere = house.store.transfer.name, house.received.name, house.arriving.name
    closed = (timezone.localdate().replace(day=1) - timedelta(days=70)).replace(day=11)
    milk = {"item": MILK, "quantity": "1"}
    why = {"reason": "Theo lệnh"}
    now: dict[str, Any] = {"occurred_at": moment(0.01)}
    there = {"depot": "K02", "login": "thukho02"}
    rice = {"item": RICE, "lot": "L25-01", "quantity": "1"}
    return [
        Case("what comes in", "receipt", now, [
            ({"item": PILLS, "lot": "L24", "expires_on": day(999), "quantity": "1"},
             Bad("expires_on", "Lô L24 đã ghi hạn dùng", "Lot L24 is known to expire on")),
            ({"item": METER, "lot": "SN-9", "quantity": "2"},
             Bad("quantity", "Mỗi số sê-ri là một chiếc", "A serial number is one piece")),
            ({"item": OLD, "quantity": "1"}, Bad("item", "đã ngừng dùng", "is out of use")),
            ({"item": MILK, "quantity": "1.5"}, Bad("quantity", "ghi số lượng quy ra cho chẵn", "comes out even")),
            ({"item": YEAST, "lot": "X", "quantity": "1"}, Bad("lot", "không quản lý theo lô", "not kept by lot")),
            (milk | {"unit": "TNE"}, Bad("unit", "không tính bằng tấn (TNE)", "is not kept in tonne (TNE)")),
            (milk | {"bin": "Q-77"}, Bad("bin", "không có ngăn lô Q-77", "has no bin Q-77")),
            (milk | {"purpose": "LA"}, Bad("purpose", "Không có mục đích dự trữ", "There is no reserve purpose")),
            ({"item": MILK, "quantity": "0"}, Bad("quantity", "phải lớn hơn 0", "is above zero")),
            ({"item": "QN-09-9999999", "quantity": "1"}, Bad("item", "Không có vật chất", "There is no item")),
            (milk, None),
        ]),
        Case("a piece twice", "receipt", now, [
            ({"item": METER, "lot": "SN-1", "quantity": "1"},
             Bad("lot", "đang ở trong kho hoặc đi đường", "is already in stock or on the road")),
        ]),
        Case("tomorrow", "receipt", {"occurred_at": moment(-1)}, [(milk, None)],
             Bad("occurred_at", "ở tương lai", "in the future")),
        Case("a closed month", "receipt", why | {"occurred_at": f"{closed}T08:00:00+07:00"}, [(milk, None)],
             Bad("occurred_at", "đã khóa sổ trước ngày", "has closed everything before")),
        Case("late", "receipt", {"occurred_at": moment(32)}, [(milk, None)],
             Bad("reason", "phải nêu lý do ghi muộn", "says why it is late")),
        Case("what goes out", "issue", now, [
            ({"item": RICE, "lot": "KHONG-CO", "quantity": "1"} | why,
             Bad("lot", "không có lô KHONG-CO", "has no lot KHONG-CO")),
            ({"item": PILLS, "lot": "L20", "quantity": "1"} | why,
             Bad("lot", "Lô L20 hết hạn ngày", "Lot L20 expired on")),
            ({"item": PILLS, "lot": "L23", "quantity": "1"} | why, Bad("lot", "đang tạm giữ", "is on hold")),
            (rice | why | {"grade": 5}, Bad("lot", "chờ thanh xử lý", "await")),
            ({"item": RICE, "scheduled_quantity": "5", "quantity": "6"},
             Bad("quantity", "không được nhiều hơn yêu cầu (5)", "No more is issued than was asked for (5)")),
        ]),
        Case("too much", "issue", now, [
            ({"item": PILLS, "quantity": "99999"}, Bad("quantity", "Xuất 99.999", "99,999 each of")),
            (milk, None),
        ]),
        Case("against the order", "issue", now, [
            ({"item": RICE, "lot": "L25-02", "bin": "A-02", "quantity": "5"},
             Bad("reason", "trong khi L25-01 hết hạn trước", "although L25-01 expires earlier")),
        ]),
        Case("a day of the past", "issue", {"occurred_at": moment(1.5)}, [
            ({"item": YEAST, "quantity": "5"}, Bad("quantity", "sẽ âm", "below zero")),
        ]),
        Case("within the depot", "relocation", now, [
            (rice | {"bin": "A-01", "to_bin": "A-01"}, Bad("to_bin", "không thay đổi gì", "would not change")),
            (rice | {"bin": "A-01", "to_bin": "Z-99"}, Bad("to_bin", "Z-99 đã ngừng dùng", "Z-99 is out of use")),
        ]),
        Case("arrived before", "transfer_in", now | {"consignment": whole}, [
            ({"item": PILLS, "lot": "L26", "quantity": "5", "scheduled_quantity": "5"},
             Bad("quantity", "đã nhận rồi", "was already received")),
        ], **there),
        Case("other goods", "transfer_in", now | {"consignment": sent}, [
            (milk, Bad("quantity", "để riêng, gọi kho gửi", "put it aside and call the sender")),
        ], **there),
        Case("not for us", "transfer_in", now | {"consignment": elsewhere}, [
            ({"item": RICE, "lot": "L25-02", "quantity": "1"}, Bad("quantity", "gọi kho gửi", "call the sender")),
        ], **there),
        Case("no such consignment", "transfer_in", now | {"consignment": "K01/9999"}, [(milk, None)],
             Bad("consignment", "Không có chuyến hàng K01/9999", "There is no consignment K01/9999"), **there),
        Case("before it left", "transfer_in", {"occurred_at": moment(4), "consignment": sent}, [(rice | why, None)],
             Bad("occurred_at", "không thể nhận trước lúc đó", "cannot have arrived before"), **there),
        Case("short without a word", "transfer_in", now | {"consignment": sent}, [
            (rice | {"scheduled_quantity": "50"},
             Bad("reason", "Số nhận khác số gửi: ghi lý do", "Received differs from sent: say why")),
        ], **there),
        Case("cannot be read", "receipt", now | {"typed": {"order_date": "31/2"}}, [
            ({"item": MILK, "typed": {"quantity": "1.2.3"}}, Bad("quantity", "không phải số", "is not a number")),
            ({"item": PILLS, "lot": "L1", "quantity": "1", "typed": {"expires_on": "31/02/2030"}},
             Bad("expires_on", "không có trong lịch", "is no day of the calendar")),
            ({"item": PILLS, "quantity": "1"}, Bad("lot", "Thiếu số lô", "The lot is missing")),
            (milk | {"typed": {"unit": "bao"}}, Bad("unit", "không tính bằng “bao”", "is not counted in “bao”")),
            (milk | {"typed": {"bin": "Q-1"}}, Bad("bin", "không phải ngăn lô của kho này", "is no bin of this depot")),
            (milk | {"typed": {"unit_price": "-5"}}, Bad("unit_price", "“-5”", "“-5”")),
            ({"quantity": "1", "typed": {"item": "khong co"}},
             Bad("item", "không phải vật chất của kho này", "is no item of this depot")),
            ({"item": MILK}, Bad("quantity", "Thiếu", "is missing")),
        ], Bad("order_date", "“31/2” không phải ngày", "“31/2” is not a date")),
        Case("no reason", "disposal", now, [(milk, None)], Bad("reason", "phải có lý do", "needs a reason")),
        Case("nowhere to", "transfer_out", now, [(milk, None)],
             Bad("to_depot", "Chọn kho nhận hàng", "Choose the depot the goods go to")),
    ]  # fmt: skip


PUT = """async ([depot, id, voucher]) => {
    const { call } = await import("/static/vouchers/net.js");
    return (await call("PUT", `/depots/${depot}/vouchers/${id}`, voucher)).status;
}"""
# Follow every link of the summary and look at the box it leads to: where that is, and what is tied to it.
FOLLOWED = """() => [...document.querySelectorAll(".summary li")].map((item) => {
    const before = document.activeElement;
    item.querySelector("a")?.click();
    const box = document.activeElement === before ? null : document.activeElement;
    const row = box?.closest("tr[data-line], tr[data-under]");
    const invalid = box?.closest("[aria-invalid=true]");
    const told = (invalid?.getAttribute("aria-describedby") ?? "").split(" ").map((id) => document.getElementById(id));
    return {
        summary: item.innerText,
        line: row?.dataset.line ?? row?.dataset.under ?? "header",
        member: box?.dataset.member ?? (box && ("note" in box.dataset || "why" in box.dataset) ? "reason" : null),
        told: told.filter((one) => one?.checkVisibility()).map((one) => one.innerText).join(" "),
    };
})"""


@pytest.mark.parametrize("language", ["vi", pytest.param("en", marks=LONG_ONLY)])
def test_each_refusal_is_told_beside_its_cell(language: str, house: House, seat: Callable[..., Clerk]) -> None:
    """The summary takes the focus and links to the cell; the cell is invalid and described by the same words."""
    clerks: dict[str, Clerk] = {}
    for case in cases(house):
        if case.login not in clerks:
            clerks[case.login] = seat(case.login, language)
            clerks[case.login].page.goto(house.address + "/outbox/")
        page, key = clerks[case.login].page, str(uuid4())
        lines = [{"id": f"l{number}"} | line for number, (line, _bad) in enumerate(case.lines, start=1)]
        body = case.header | {"kind": case.kind, "version": 0, "lines": lines}
        assert page.evaluate(PUT, [case.depot, key, body]) == 200, case.name
        page.goto(f"{house.address}/depots/{case.depot}/entry/?voucher={key}")
        page.wait_for_selector("#lines tr[data-line]")
        page.keyboard.press("Control+Enter")
        page.wait_for_selector(".summary")
        assert page.evaluate("document.activeElement.matches('.summary')"), case.name
        assert page.title().startswith("Lỗi: " if language == "vi" else "Error: "), case.name
        found = {(one["line"], one["member"]): one for one in page.evaluate(FOLLOWED)}
        wanted = {(f"l{number}", bad.member): bad for number, (_line, bad) in enumerate(case.lines, start=1) if bad}
        wanted |= {("header", case.bad.member): case.bad} if case.bad else {}
        assert set(found) == set(wanted), case.name
        for place, bad in wanted.items():
            words = getattr(bad, language)
            number = f"{'Dòng' if language == 'vi' else 'Line'} {place[0][1:]}: " if place[0] != "header" else ""
            assert found[place]["summary"].startswith(number), (case.name, place)
            assert words in found[place]["summary"].removeprefix(number), (case.name, place, found[place])
            assert found[place]["summary"].count("Dòng ") + found[place]["summary"].count("Line ") <= 1
            assert words in found[place]["told"], (case.name, place, found[place])
