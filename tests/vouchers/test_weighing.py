"""What a voucher would come to, told before it is sent: parts, the sentence why, faults, warnings; nothing written."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from inventory.catalogue.models import Lot
from inventory.ledger import allocations
from inventory.ledger.models import DepotLog, Holding, Movement
from inventory.vouchers.models import Voucher
from logistics.fields import format_date
from tests import factories
from tests.api.conftest import RICE
from tests.notation import rows
from tests.vouchers.conftest import Desk, in_days, issue, receipt, rice, set_policy, user, voucher

pytestmark = pytest.mark.django_db
ENGLISH = {"Accept-Language": "en"}


def day(days: int) -> str:
    return format_date(in_days(days))


def test_first_expired_first_out_is_told_in_one_sentence(desk: Desk) -> None:
    (line,) = desk.weigh(issue(rice(60)), **ENGLISH)["lines"]
    assert line["sentence"] == (
        f"Take L24 (last day {day(100)}) first, then L25 (last day {day(400)}); "
        f"skipping L22: expired on {day(-40)}; skipping L23: on hold"
    )
    assert [(one["lot"], one["there"], one["change"], one["on_hand_after"]) for one in line["parts"]] == [
        ("L24", "40.000", "-40.000", "0.000"), ("L25", "40.000", "-20.000", "20.000"),
    ]  # fmt: skip
    assert [(one["lot"], one["why"]) for one in line["skipped"]] == [("L22", "expired"), ("L23", "on-hold")]
    assert (line["short"], line["is_first_expired"]) == (None, True)


def test_in_vietnamese_it_reads_as_a_storekeeper_says_it(desk: Desk) -> None:
    (line,) = desk.weigh(issue(rice(120)), **{"Accept-Language": "vi"})["lines"]
    assert line["sentence"] == (
        f"Lấy L24 (HSD {day(100)}) trước, rồi L25 (HSD {day(400)}); "
        f"bỏ qua L22: hết hạn {day(-40)}; bỏ qua L23: đang tạm giữ; thiếu 40"
    )
    assert line["short"] == "40.000"


def test_what_is_missing_is_a_fault_of_its_cell_and_shows_what_there_is(desk: Desk) -> None:
    seen = desk.weigh(issue(rice(120)), **ENGLISH)
    (fault,) = seen["faults"]
    assert (fault["pointer"], fault["line"], fault["member"], fault["code"]) == (
        "/lines/0/quantity", "l1", "quantity", "insufficient-stock"
    )  # fmt: skip
    (line,) = seen["lines"]
    assert [one["change"] for one in line["parts"]] == ["-40.000", "-40.000"]
    assert line["sentence"].endswith("; 40 short")


def test_every_reason_why_a_pile_is_passed_over(desk: Desk) -> None:
    poster = user("thukho")
    early = {"expires_date": in_days(30)}
    stock: list[tuple[str, dict[str, Any]]] = [
        ("G5", {"grade": 5}), ("G3", {"grade": 3}), ("SSCD", {"purpose": "SSCD"}), ("DX", {"purpose": "DOT_XUAT"}),
        ("GIU", {}), ("B2", {"bin": "A-02"}),
    ]  # fmt: skip
    for lot, pile in stock:
        factories.a_lot(desk.rice, lot, **early)
        factories.posting(poster, "receipt", "K01", factories.a_line(RICE, 7, lot=lot, **pile), days_ago=1)
    allocations.allocate("K01", "YC-1", [factories.a_line(RICE, 7, lot="GIU")], by=poster, at=timezone.now())
    (line,) = desk.weigh(issue(rice(60, bin="A-01", reason="lấy gần cửa")))["lines"]
    assert {one["lot"]: one["why"] for one in line["skipped"]} == {
        "L22": "expired", "L23": "on-hold", "G5": "awaiting-disposal", "G3": "other-grade", "SSCD": "ring-fenced",
        "DX": "other-purpose", "GIU": "promised", "B2": "passed-over",
    }  # fmt: skip
    assert not line["is_first_expired"]
    assert [one["lot"] for one in line["parts"]] == ["L24", "L25"]


class TestOutOfOrder:
    def test_needs_a_reason_whatever_the_way(self, desk: Desk) -> None:
        seen = desk.weigh(issue(rice(5, "L25")), **ENGLISH)
        (fault,) = seen["faults"]
        assert (fault["pointer"], fault["line"], fault["member"], fault["code"]) == (
            "/lines/0/reason", "l1", "reason", "out-of-order"
        )  # fmt: skip
        assert fault["detail"].startswith(f"Takes L25 although L24 expires earlier ({day(100)}): say why")
        assert [(one["line"], one["code"]) for one in seen["warnings"]] == [("l1", "out-of-order")]
        assert desk.send(issue(rice(5, "L25"))).status_code == 422
        set_policy("issue")
        assert desk.send(issue(rice(5, "L25"))).status_code == 422

    def test_with_its_reason_goes_and_is_marked(self, desk: Desk) -> None:
        body = issue(rice(5, "L24"), rice(5, "L25", reason="bao L24 ướt"))
        assert desk.weigh(body)["faults"] == []
        sent = desk.send(body)
        assert (sent.status_code, sent.json()["out_of_order"]) == (201, ["l2"]), sent.content

    def test_is_judged_again_when_it_is_posted(self, desk: Desk) -> None:
        set_policy("issue")
        with factories.telling():
            Lot.objects.filter(code="L24").update(hold_reason="chờ kiểm nghiệm")
        waiting = desk.send(issue(rice(5, "L25"))).json()
        assert (waiting["status"], waiting["out_of_order"]) == ("submitted", [])
        Lot.objects.filter(code="L24").update(hold_reason="")
        desk.chief.post(desk.path(waiting["id"], "approval"), {})
        refused = desk.clerk.post(desk.path(waiting["id"], "posting"), {})
        assert [one["code"] for one in refused.json()["errors"]] == ["out-of-order"]

    def test_looks_at_what_the_voucher_leaves_behind(self, desk: Desk) -> None:
        for row in rows("""
            lines                | out of order
            L24 5                |
            L25 5                | l1
            L25 5, L24 40        |
            L25 5, L24 39        | l1
            L24 40, L25 5        |
            any 5, L25 5         | l2
            any 40, L25 5        |
            any 60               |
        """):
            lines = []
            for text in row["lines"].split(", "):
                lot, quantity = text.split()
                lines.append(rice(quantity, "" if lot == "any" else lot))
            seen = desk.weigh(issue(*lines))
            found = [one["line"] for one in seen["warnings"] if one["code"] == "out-of-order"]
            assert ",".join(found) == row["out of order"], row

    def test_is_no_matter_for_other_kinds(self, desk: Desk) -> None:
        seen = desk.weigh(voucher("relocation", rice(5, "L25", to_bin="A-02")))
        assert (seen["faults"], seen["warnings"], seen["lines"][0]["sentence"]) == ([], [], "")
        seen = desk.weigh(voucher("disposal", rice(5, "L22"), reason="Hết hạn"))
        assert (seen["faults"], seen["needs_approval"], seen["posts_on_approval"]) == ([], True, False)

    def test_transfers_too_but_what_is_expired_may_leave(self, desk: Desk) -> None:
        seen = desk.weigh(voucher("transfer_out", rice(5, "L25"), to_depot="K02"))
        assert [one["code"] for one in seen["faults"]] == ["out-of-order"]
        seen = desk.weigh(voucher("transfer_out", rice(5, "L22"), to_depot="K02"))
        assert seen["faults"] == []
        assert seen["lines"][0]["parts"][0]["lot"] == "L22"


class TestWarnings:
    def test_of_dates_and_quantities_on_paper(self, desk: Desk) -> None:
        lines = [
            rice(5, "N1", expires_on="2020-01-01"), rice(5, "N2", expires_on=in_days(366 * 21).isoformat()),
            rice(5, "N3", expires_on=in_days(366 * 19).isoformat(), scheduled_quantity="4"),
            rice(5, "N4", scheduled_quantity="5"),
        ]  # fmt: skip
        seen = desk.weigh(receipt(*lines))
        assert seen["faults"] == []
        assert [(one["line"], one["member"], one["code"]) for one in seen["warnings"]] == [
            ("l1", "expires_on", "expiry-past"), ("l2", "expires_on", "expiry-far"),
            ("l3", "quantity", "over-schedule"),
        ]  # fmt: skip
        assert not Lot.objects.filter(code="N1").exists()

    def test_of_a_document_that_came_before(self, desk: Desk) -> None:
        body = receipt(order_number="12/LNK")
        name = desk.send(body).json()["id"]
        (warning,) = desk.weigh(receipt(order_number="12/LNK"))["warnings"]
        assert (warning["code"], warning["link"]) == ("duplicate-document", "/depots/K01/movements/5/")
        for other in ({"id": name}, {"counterparty": "Nơi khác"}, {"kind": "return"}, {"order_number": "13/LNK"}):
            assert desk.weigh(body | other)["warnings"] == [], other
        factories.posting(user("thukho"), "reversal", "K01", reverses=5, reason="nhầm")
        assert desk.weigh(body)["warnings"] == []

    def test_of_a_draft_with_the_same_document(self, desk: Desk) -> None:
        draft = desk.put(receipt(order_number="12/LNK"), "0197b9a0-5c1e-7d33-8f0a-3b8a5e0f2c11").json()
        (warning,) = desk.weigh(receipt(order_number="12/LNK"))["warnings"]
        assert warning["link"] == f"/depots/K01/vouchers/{draft['id']}/"
        assert desk.weigh(draft)["warnings"] == []


def test_totals_count_what_has_a_price(desk: Desk) -> None:
    seen = desk.weigh(receipt(rice("2.5", "L9", unit_price="1000.50"), rice(1, "L8"), rice(3, "L7", unit_price="10")))
    assert seen["totals"] == {"lines": 3, "value": "2531"}
    assert desk.weigh(receipt())["totals"] == {"lines": 1, "value": None}
    assert seen["signers"][0] == "Người lập phiếu"


def test_a_reversal_is_told_line_by_line(desk: Desk) -> None:
    sent = desk.send(issue(rice(60))).json()["movement"]["position"]
    seen = desk.weigh(voucher("reversal", reverses=sent, reason="Ghi nhầm"))
    assert seen["faults"] == []
    (line,) = seen["lines"]
    assert [(part["lot"], part["change"], part["on_hand_after"]) for part in line["parts"]] == [
        ("L24", "40.000", "40.000"), ("L25", "20.000", "40.000"),
    ]  # fmt: skip
    seen = desk.weigh(voucher("reversal", reverses=99, reason=""), **ENGLISH)
    assert {(one["pointer"], one["line"]) for one in seen["faults"]} == {("/reverses", None), ("/reason", None)}
    received = desk.send(receipt(rice(10, "M1"))).json()["movement"]["position"]
    desk.send(issue(rice(8, "M1", reason="ưu tiên")))
    (fault,) = desk.weigh(voucher("reversal", reverses=received, reason="Ghi nhầm"))["faults"]
    assert (fault["member"], fault["code"]) == ("reverse_lines", "insufficient-stock")


def test_nothing_is_written_and_nobody_is_kept_waiting(desk: Desk, statements: list[Any]) -> None:
    before = [model.objects.count() for model in (Movement, Lot, Holding, Voucher, DepotLog)]
    desk.weigh(receipt(rice(5, "NEW", expires_on=in_days(9).isoformat())))
    assert [model.objects.count() for model in (Movement, Lot, Holding, Voucher, DepotLog)] == before
    locking = [index for index, one in enumerate(statements) if b"FOR UPDATE" in bytes(str(one), "utf-8")]
    assert locking, "the test looks for the wrong words"
    # The savepoint in which the log is read is left before the lines are explained.
    assert any("ROLLBACK" in str(one) for one in statements[locking[-1] :])


def test_faults_come_in_the_readers_language(desk: Desk) -> None:
    body = issue(rice(5, "L22"))
    vi, en = (desk.weigh(body, **{"Accept-Language": language})["faults"][0]["detail"] for language in ("vi", "en"))
    assert vi != en
    assert vi.startswith("Lô L22 hết hạn")


def test_the_statement_count_does_not_grow_with_the_lines(desk: Desk, statements: list[Any]) -> None:
    desk.weigh(issue(rice(1)))  # what is read once per process is no voucher's
    counts = []
    for lines in (1, 30):
        statements.clear()
        desk.weigh(
            issue(*(rice(1) for _ in range(lines)), occurred_at=(timezone.now() - timedelta(hours=1)).isoformat())
        )
        # That a token was used is noted once a minute, whatever it was used for.
        counts.append(len([one for one in statements if 'UPDATE "accounts_token"' not in str(one)]))
    assert counts[0] == counts[1] > 5
