"""The contract of posting and reading movements, success and refusal side by side."""

from __future__ import annotations

import json
from typing import Any

import pytest

from inventory.ledger.models import Movement
from tests.api.conftest import RICE, Caller, issue, receipt

pytestmark = pytest.mark.django_db
PATH = "/depots/K01/movements"


def codes(answer: Any) -> set[tuple[str, str]]:
    """Return (pointer, code) of every fault of a problem."""
    return {(fault["pointer"], fault["code"]) for fault in answer.json()["errors"]}


def test_posting_answers_201_with_the_movement_and_its_address(keeper: Caller) -> None:
    answer = keeper.post(PATH, receipt(), key="a")
    assert answer.status_code == 201, answer.content
    document = answer.json()
    assert answer.headers["Location"] == "/api/v1/depots/K01/movements/1"
    assert (document["depot"], document["position"], document["kind"]) == ("K01", 1, "receipt")
    assert document["recorded_by"] == "thukho"
    assert document["occurred_at"].endswith("+07:00")
    assert len(document["hash"]) == len(document["previous_hash"]) == 64
    (line,) = document["lines"]
    assert (line["item"], line["lot"], line["expires_on"], line["bin"]) == (RICE, "L25-01", "2048-06-30", "A-01")
    assert (line["change"], line["on_hand_after"], line["unit"]) == ("120.000", "120.000", "KGM")
    assert keeper.get(PATH + "/1").json() == document | {"reversed_by": None}


def test_the_same_key_answers_the_same_document_once_more(keeper: Caller) -> None:
    body = receipt()
    first, again = keeper.post(PATH, body, key="a"), keeper.post(PATH, body, key="a")
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first.headers
    assert again.json() == first.json()
    other = keeper.post(PATH, receipt("7"), key="a")
    assert (other.status_code, other.json()["type"]) == (422, "/problems/key-reused")
    assert codes(other) == {("/header/Idempotency-Key", "key-reused")}
    assert Movement.objects.count() == 1


@pytest.mark.parametrize(
    ("key", "status", "kind"),
    [
        (None, 400, "bad-request"),
        ("", 400, "bad-request"),
        ("   ", 400, "bad-request"),
        ("k" * 64, 201, None),
        ("k" * 65, 422, "invalid"),
        ("khóa", 422, "invalid"),
    ],
)
def test_keys(keeper: Caller, key: str | None, status: int, kind: str | None) -> None:
    answer = keeper.post(PATH, receipt(), key=key)
    assert answer.status_code == status
    if kind:
        assert answer.json()["type"] == f"/problems/{kind}"
        assert not Movement.objects.exists()


def test_not_enough_stock_is_told_line_by_line(keeper: Caller) -> None:
    keeper.post(PATH, receipt("10"), key="a")
    answer = keeper.post(PATH, issue("12.5"), key="b")
    assert answer.status_code == 409
    document = answer.json()
    assert document["type"] == "/problems/insufficient-stock"
    (shortage,) = document["shortages"]
    assert {"line_no", "item", "lot", "requested", "available", "held_by"} <= set(shortage)
    assert (shortage["requested"], shortage["available"]) == ("12.500", "10.000")
    assert Movement.objects.count() == 1


def test_an_issue_without_lot_is_filled_first_expired_first(keeper: Caller) -> None:
    keeper.post(PATH, receipt("10", line={"lot": "LATE", "expires_on": "2049-01-01"}), key="a")
    keeper.post(PATH, receipt("10", line={"lot": "SOON", "expires_on": "2047-01-01"}), key="b")
    lines = keeper.post(PATH, issue("15"), key="c").json()["lines"]
    assert [(line["lot"], line["change"]) for line in lines] == [("SOON", "-10.000"), ("LATE", "-5.000")]


# One table: what is put where, and the pointer and code it is refused with.
REFUSALS: list[tuple[dict[str, Any], dict[str, Any], set[tuple[str, str]]]] = [
    ({}, {"quantity": 5}, {("/lines/0/quantity", "decimal")}),
    ({}, {"quantity": 5.5}, {("/lines/0/quantity", "decimal")}),
    ({}, {"quantity": "1e400"}, {("/lines/0/quantity", "decimal")}),
    ({}, {"quantity": "NaN"}, {("/lines/0/quantity", "decimal")}),
    ({}, {"quantity": "Infinity"}, {("/lines/0/quantity", "decimal")}),
    ({}, {"quantity": "1.2345"}, {("/lines/0/quantity", "decimal")}),
    ({}, {"quantity": "1" * 16}, {("/lines/0/quantity", "decimal")}),
    ({}, {"quantity": "٣"}, {("/lines/0/quantity", "decimal")}),
    ({}, {"quantity": "5\n"}, {("/lines/0/quantity", "decimal")}),
    ({}, {"quantity": "0"}, {("/lines/0/quantity", "quantity")}),
    ({}, {"quantity": "-5"}, {("/lines/0/quantity", "quantity")}),
    ({}, {"unit_price": "-1"}, {("/lines/0/unit_price", "decimal")}),
    ({}, {"grade": 6}, {("/lines/0/grade", "too-large")}),
    ({}, {"grade": "1"}, {("/lines/0/grade", "whole-number")}),
    ({}, {"grade": True}, {("/lines/0/grade", "whole-number")}),
    ({}, {"bin": "b" * 25}, {("/lines/0/bin", "too-long")}),
    ({}, {"hash": "00"}, {("/lines/0/hash", "unknown-member")}),
    ({}, {"expires_on": "2028-02-30"}, {("/lines/0/expires_on", "date")}),
    ({}, {"expires_on": 20280101}, {("/lines/0/expires_on", "date")}),
    ({}, {"expires_on": "0001-01-01"}, {("/lines/0/expires_on", "date")}),
    ({"position": 9}, {}, {("/position", "unknown-member")}),
    ({"kind": "reversal"}, {}, {("/kind", "one-of")}),
    ({"kind": "stocktake"}, {}, {("/kind", "one-of")}),
    ({"kind": 5}, {}, {("/kind", "one-of")}),
    ({"counterparty": "x" * 241}, {}, {("/counterparty", "too-long")}),
    ({"reason": "\ud800"}, {}, {("/reason", "bad-character")}),
    ({"reason": "a\x00b"}, {}, {("/reason", "bad-character")}),
    ({"occurred_at": "2026-01-01T08:00:00"}, {}, {("/occurred_at", "instant")}),
    ({"occurred_at": 1700000000}, {}, {("/occurred_at", "instant")}),
    ({"occurred_at": "1700000000"}, {}, {("/occurred_at", "instant")}),
    ({"occurred_at": "0001-01-01T00:00:00+14:00"}, {}, {("/occurred_at", "instant")}),
    ({"occurred_at": "2026-13-01T00:00:00Z"}, {}, {("/occurred_at", "instant")}),
    ({"occurred_at": "9999-12-31T23:59:59-12:00"}, {}, {("/occurred_at", "instant")}),
    ({"lines": []}, {}, {("/lines", "too-few")}),
    ({"lines": {}}, {}, {("/lines", "list")}),
    ({"lines": [5]}, {}, {("/lines/0", "object")}),
]


@pytest.mark.parametrize(("header", "line", "faults"), REFUSALS)
def test_what_is_refused_before_the_ledger(
    keeper: Caller, header: dict[str, Any], line: dict[str, Any], faults: set[tuple[str, str]]
) -> None:
    answer = keeper.post(PATH, receipt(line=line) | header, key="a")
    assert answer.status_code == 422, answer.content
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert codes(answer) == faults
    assert not Movement.objects.exists()


def test_all_faults_are_told_at_once_in_the_words_of_the_api(keeper: Caller) -> None:
    body = receipt()
    body["lines"] = [
        {"item": "QN-02-9999999", "quantity": "1"},
        {"item": RICE, "lot": "OLD", "expires_on": "2048-01-01", "quantity": "1", "bin": "none"},
        {"item": RICE, "lot": "OLD", "expires_on": "2048-01-01", "quantity": "1", "unit": "ZZZ"},
        {"item": RICE, "quantity": "1", "lot": "L", "purpose": "NONE"},
    ]
    answer = keeper.post(PATH, body, key="a")
    assert answer.status_code == 422
    assert {pointer for pointer, _ in codes(answer)} >= {
        "/lines/0/item", "/lines/1/bin", "/lines/2/unit", "/lines/3/purpose",
    }  # fmt: skip
    keeper.post(PATH, receipt(), key="b")
    answer = keeper.post(PATH, receipt(line={"expires_on": "2040-01-01"}), key="c")
    assert {pointer for pointer, _ in codes(answer)} == {"/lines/0/expires_on"}


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"\xff\xfe{}", 400),
        (b"\xef\xbb\xbf{}", 400),
        (b"[]", 422),
        (b"null", 422),
        (b"{}", 422),
        (b'{"kind": "receipt", "kind": "issue"}', 422),
        (b'{"kind": NaN}', 422),
        (b'{"kind": -Infinity}', 422),
        (b'{"a\\u0000": 1}', 422),
        (b"[" * 100_000, 422),
        (b'{"kind": ' + b"9" * 5_000 + b"}", 422),
        (b"{" + b",".join(b'"m%d":1' % index for index in range(300)) + b"}", 422),
    ],
)
def test_bodies_that_are_not_one_meaning(keeper: Caller, raw: bytes, status: int) -> None:
    answer = keeper.post(PATH, raw, key="a")
    assert answer.status_code == status, answer.content
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_bodies_of_other_kinds_and_sizes(keeper: Caller) -> None:
    assert keeper.post(PATH, b"<a/>", key="a", content_type="text/xml").status_code == 415
    answer = keeper.post(PATH, b" " * 10_000_001, key="a")
    assert (answer.status_code, answer.json()["type"]) == (413, "/problems/too-large")
    chunked = keeper.client.generic(
        "POST",
        f"/api/v1{PATH}",
        b"",
        headers={"Authorization": f"Bearer {keeper.token}", "Transfer-Encoding": "chunked"},
    )
    assert chunked.status_code == 411


def test_the_log_in_order_page_by_page(keeper: Caller) -> None:
    for number in range(5):
        keeper.post(PATH, receipt(str(number + 1)), key=str(number))
    first = keeper.get(PATH + "?limit=2")
    assert [one["position"] for one in first.json()["items"]] == [1, 2]
    assert first.json()["next"] == 2
    assert first.headers["Link"] == f'</api/v1{PATH}?limit=2&after=2>; rel="next"'
    rest = keeper.get(PATH + "?after=2&limit=1000").json()
    assert ([one["position"] for one in rest["items"]], rest["next"]) == ([3, 4, 5], None)
    assert keeper.get(PATH + "?after=5").json() == {"items": [], "next": None}


def test_a_movement_nobody_reversed_has_its_hash_as_etag(keeper: Caller) -> None:
    document = keeper.post(PATH, receipt(), key="a").json()
    answer = keeper.get(PATH + "/1")
    assert answer.headers["ETag"] == f'"{document["hash"]}"'
    again = keeper.get(PATH + "/1", **{"If-None-Match": f'W/"x", {answer.headers["ETag"]}'})
    assert (again.status_code, again.content) == (304, b"")
    assert keeper.get(PATH + "/2").status_code == 404
    assert keeper.get(PATH + "/" + "9" * 40).status_code == 404


def test_a_movement_tells_what_reversed_it_and_then_has_another_etag(keeper: Caller) -> None:
    posted = keeper.post(PATH, receipt(), key="a").json()
    before = keeper.get(PATH + "/1")
    assert before.json() == posted | {"reversed_by": None}
    reversal = {"occurred_at": receipt()["occurred_at"], "reason": "Ghi nhầm"}
    assert keeper.post(PATH + "/1/reversal", reversal, key="b").status_code == 201
    after = keeper.get(PATH + "/1", **{"If-None-Match": before.headers["ETag"]})
    assert (after.status_code, after.json()) == (200, posted | {"reversed_by": 2})
    assert keeper.get(PATH + "/1", **{"If-None-Match": after.headers["ETag"]}).status_code == 304
    assert keeper.get(PATH + "/2").json()["reversed_by"] is None


def test_the_voucher_on_paper(keeper: Caller, stranger: Caller) -> None:
    keeper.post(PATH, receipt(), key="a")
    answer = keeper.get(PATH + "/1.pdf")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/pdf")
    assert answer.content.startswith(b"%PDF-")
    tag = answer.headers["ETag"]
    assert keeper.get(PATH + "/1.pdf", **{"If-None-Match": tag}).status_code == 304
    reversal = {"occurred_at": receipt()["occurred_at"], "reason": "Ghi nhầm"}
    assert keeper.post(PATH + "/1/reversal", reversal, key="b").status_code == 201
    assert keeper.get(PATH + "/1.pdf", **{"If-None-Match": tag}).status_code == 200
    assert keeper.get(PATH + "/7.pdf").status_code == 404
    assert stranger.get(PATH + "/1.pdf").status_code == 404


def test_a_reversal_names_what_it_undoes(keeper: Caller) -> None:
    body = receipt()
    keeper.post(PATH, body, key="a")
    asked = {"occurred_at": body["occurred_at"], "reason": "Ghi nhầm"}
    assert keeper.post(PATH + "/1/reversal", asked).status_code == 400
    answer = keeper.post(PATH + "/1/reversal", asked, key="b")
    assert answer.status_code == 201, answer.content
    assert (answer.json()["kind"], answer.json()["reverses"]) == ("reversal", 1)
    assert answer.headers["Location"].endswith("/movements/2")
    again = keeper.post(PATH + "/1/reversal", asked, key="b")
    assert (again.status_code, again.json()) == (200, answer.json())
    twice = keeper.post(PATH + "/1/reversal", asked, key="c")
    assert (twice.status_code, twice.json()["type"]) == (409, "/problems/already-reversed")
    assert keeper.post(PATH + "/7/reversal", asked, key="d").status_code == 404
    assert codes(keeper.post(PATH + "/1/reversal", {"reason": ""}, key="e")) == {
        ("/occurred_at", "required"),
        ("/reason", "too-short"),
    }


def test_a_batch_is_posted_whole_and_replayed_whole(keeper: Caller) -> None:
    batch = [receipt(str(number + 1)) for number in range(3)] + [receipt("9") | {"key": "own"}]
    answer = keeper.post(PATH + ":batch", batch, key="night")
    assert answer.status_code == 201, answer.content
    assert answer.json() == {"posted": 4, "first_position": 1, "last_position": 4}
    again = keeper.post(PATH + ":batch", batch, key="night")
    assert (again.status_code, again.json()) == (200, answer.json())
    assert again.headers["Idempotency-Replayed"] == "true"
    lines = b"\n".join(json.dumps(one).encode() for one in batch) + b"\n"
    ndjson = keeper.post(PATH + ":batch", lines, key="night", content_type="application/x-ndjson")
    assert (ndjson.status_code, ndjson.json()) == (200, answer.json())
    assert Movement.objects.filter(key="own").exists()


def test_a_batch_with_one_fault_posts_nothing_and_points_into_the_batch(keeper: Caller) -> None:
    batch = [receipt("1"), receipt("x"), receipt("1", line={"item": "QN-02-9999999"})]
    answer = keeper.post(PATH + ":batch", batch, key="a")
    assert codes(answer) == {("/1/lines/0/quantity", "decimal"), ("/2/lines/0/item", "unknown-item")}
    batch[1] = receipt("1")
    answer = keeper.post(PATH + ":batch", batch, key="a")
    assert {pointer for pointer, _ in codes(answer)} == {"/2/lines/0/item"}
    assert keeper.post(PATH + ":batch", [receipt()]).status_code == 400
    assert keeper.post(PATH + ":batch", [], key="a").status_code == 422
    assert keeper.post(PATH + ":batch", {"a": 1}, key="a").status_code == 422
    assert keeper.post(PATH + ":batch", [1] * 10_001, key="a").status_code == 422
    ndjson = b'{"a": 1}\n{'
    answer = keeper.post(PATH + ":batch", ndjson, key="a", content_type="application/x-ndjson")
    assert answer.status_code == 400
    assert "2" in answer.json()["detail"]
    assert not Movement.objects.exists()


def test_a_batchs_key_names_one_batch(keeper: Caller) -> None:
    batch = [receipt(str(number + 1)) for number in range(3)]
    assert keeper.post(PATH + ":batch", batch, key="night").status_code == 201
    for other in (batch[:2], [*batch, receipt("4")], [receipt("9"), *batch[1:]]):
        answer = keeper.post(PATH + ":batch", other, key="night")
        assert (answer.status_code, answer.json()["type"]) == (422, "/problems/key-reused")
    assert keeper.post(PATH + ":batch", batch, key="night").json()["posted"] == 3
    assert Movement.objects.count() == 3
    keeper.post(PATH, receipt("1"), key="single")
    assert keeper.post(PATH + ":batch", [receipt("1")], key="single").status_code == 422
    assert Movement.objects.count() == 4


def test_what_cannot_be_read_hides_nothing_of_the_rest(keeper: Caller) -> None:
    body = receipt() | {"occurred_at": "hôm qua", "more": 1}
    good = body["lines"][0]
    body["lines"] = [
        good | {"quantity": "abc", "unit": "ZZ"},
        good | {"item": "QN-02-9999999", "quantity": 5},
        good | {"bin": "Z-99", "purpose": "X"},
        good | {"quantity": "-1"},
        {"quantity": "1"},
        good,
    ]
    answer = keeper.post(PATH, body, key="a")
    assert answer.status_code == 422
    assert codes(answer) >= {
        ("/lines/0/unit", "unknown-unit"),
        ("/lines/1/item", "unknown-item"),
        ("/lines/2/bin", "unknown-bin"),
        ("/lines/2/purpose", "unknown-purpose"),
    }
    assert {pointer for pointer, _ in codes(answer)} == {
        "/occurred_at", "/more", "/lines/0/quantity", "/lines/0/unit", "/lines/1/item", "/lines/1/quantity",
        "/lines/2/bin", "/lines/2/purpose", "/lines/3/quantity", "/lines/4/item",
    }  # fmt: skip
    assert not Movement.objects.exists()


def test_a_batch_in_another_form_is_told_both_it_may_have(keeper: Caller) -> None:
    answer = keeper.post("/depots/K01/movements:batch", b"{}\n{}", key="a", content_type="text/plain")
    assert answer.status_code == 415, answer.content
    assert "application/json," in answer.json()["detail"]
    assert "application/x-ndjson" in answer.json()["detail"]


def test_an_empty_batch_has_too_few(keeper: Caller) -> None:
    answer = keeper.post("/depots/K01/movements:batch", [], key="a")
    assert [(fault["pointer"], fault["code"]) for fault in answer.json()["errors"]] == [("", "too-few")]
