"""What phones are told of a stocktake, and what becomes of the counts they send."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.test import Client
from django.utils import timezone

from inventory.catalogue.codes import item_code
from inventory.catalogue.models import Classification, Item
from inventory.stocktakes import planning, review
from inventory.stocktakes.models import Count, Stocktake
from logistics.accounts.models import Role, User
from logistics.history import Source
from tests import factories
from tests.notation import rows

pytestmark = pytest.mark.django_db

FROM: dict[str, Any] = {"source": Source.WEB}
Goods = dict[str, Any]
Opened = Callable[..., Stocktake]


@pytest.fixture
def goods() -> dict[str, Any]:
    """K01 with rice in two bins and blankets in one, its people, and somebody of another depot."""
    poster = factories.world()
    k01, k02 = factories.a_depot("K01"), factories.a_depot("K02")
    rice = factories.an_item(item_code("QN", 1, 1), tracking="lot", unit="KGM", name="Gạo tẻ", gtin="08931234567894")
    blanket = factories.an_item(item_code("QN", 2, 2), name="Chăn")
    factories.a_packaging(rice, "BX", "25")
    factories.posting(
        poster, "receipt", "K01", factories.a_line(rice, 1200, lot="L1"),
        factories.a_line(rice, 300, lot="L2", bin="A-02"), factories.a_line(blanket, 40), days_ago=3,
    )  # fmt: skip
    return {
        "poster": poster, "k01": k01, "rice": rice, "blanket": blanket,
        "keeper": factories.a_user("thukho", role=Role.STOREKEEPER, depot=k01),
        "second": factories.a_user("dem2", role=Role.STOREKEEPER, depot=k01),
        "chief": factories.a_user("chihuy", role=Role.APPROVER, depot=k01),
        "auditor": factories.a_user("kiemtoan", role=Role.AUDITOR, depot=k01),
        "stranger": factories.a_user("nguoi-la", role=Role.STOREKEEPER, depot=k02),
    }  # fmt: skip


@pytest.fixture
def opened(goods: dict[str, Any]) -> Callable[..., Stocktake]:
    """A function that plans a stocktake of K01 and opens it, ten minutes ago."""

    def make(**asked: Any) -> Stocktake:
        at = timezone.now() - timedelta(minutes=10)
        plan = planning.Asked(depot="K01", reason="Kiểm kê thử", **asked)
        made = planning.plan(plan, stocktake_id=uuid4(), by=goods["chief"], at=at, **FROM)
        return planning.open_sheet(made.pk, by=goods["chief"], at=at, **FROM)

    return make


def browser(user: User) -> Client:
    """The page of somebody who signed in."""
    client = Client(headers={"accept-language": "en"})
    client.force_login(user, backend="logistics.accounts.backends.RoleBackend")
    return client


def sheet(user: User, stocktake: Stocktake, **query: str) -> Any:
    """The sheet as a phone gets it."""
    answer = browser(user).get(f"/api/v1/stocktakes/{stocktake.pk}/sheet", query)
    assert answer.status_code == 200, answer.content
    return answer.json()


def send(user: User, stocktake: Stocktake, *counts: dict[str, Any], sent_at: Any = None) -> Any:
    """What a phone's counts are answered with."""
    body = {"sent_at": (sent_at or timezone.now()).isoformat(), "counts": list(counts)}
    answer = browser(user).post(
        f"/api/v1/stocktakes/{stocktake.pk}/counts", json.dumps(body), content_type="application/json"
    )
    assert answer.status_code == 200, answer.content
    return answer.json()["counts"]


def a_count(line: str | None, quantity: str, **fields: Any) -> dict[str, Any]:
    """One count as a phone tells it, made now."""
    made = {"key": str(uuid4()), "line": line, "quantity": quantity, "counted_at": timezone.now().isoformat()}
    return made | fields


class TestTheSheet:
    def test_tells_what_to_count_and_hides_the_books_from_who_counts_blind(self, goods: Goods, opened: Opened) -> None:
        blind, open_ = opened(), opened(scope="bins", codes=["A-02"], is_blind=False)
        told = sheet(goods["keeper"], blind)
        wanted = {(goods["rice"].code, "L1"), (goods["rice"].code, "L2"), (goods["blanket"].code, "")}
        assert {(line["item"], line["lot"]) for line in told["lines"]} == wanted
        assert {(line["round"], line["book"], line["is_found"]) for line in told["lines"]} == {(1, None, False)}
        by_chance = {"id", "label"}  # keys, whose digits may be any
        assert by_chance < told["lines"][0].keys()
        rest = [{name: value for name, value in line.items() if name not in by_chance} for line in told["lines"]]
        assert "1200" not in json.dumps(rest)
        assert (told["can_count"], told["is_blind"], told["is_delta"], told["left_out"]) == (True, True, False, 0)
        rice = next(item for item in told["items"] if item["code"] == goods["rice"].code)
        assert [(one["unit"], one["factor"]) for one in rice["packagings"]] == [("BX", "25")]
        assert all(len(line["label"]) == 11 for line in told["lines"])
        assert [line["book"] for line in sheet(goods["keeper"], open_)["lines"]] == ["300"]

    def test_is_for_those_who_may_count_there(self, goods: Goods, opened: Opened) -> None:
        stocktake = opened(members=[planning.AskedMember(name="Trần B", user="kiemtoan")])
        other = opened()
        for row in rows("""
            who      | this | other
            keeper   | 200  | 200
            auditor  | 200  | 403
            stranger | 404  | 404
        """):
            for name, one in (("this", stocktake), ("other", other)):
                for path in (f"/api/v1/stocktakes/{one.pk}/sheet", f"/stocktakes/{one.pk}/count/"):
                    answer = browser(goods[row["who"]]).get(path)
                    assert answer.status_code == int(row[name]), (row, path)

    def test_asked_again_tells_only_what_changed(self, goods: Goods, opened: Opened) -> None:
        stocktake = opened()
        told = sheet(goods["keeper"], stocktake)
        later = timezone.now() + timedelta(minutes=5)
        assert sheet(goods["keeper"], stocktake, updated_since=later.isoformat())["lines"] == []
        line = told["lines"][0]
        send(goods["second"], stocktake, a_count(line["id"], "7"))
        # Told again for a minute, as clocks and slow transactions may have it; a busy machine's next look may be later.
        since = Count.objects.get().received_at + timedelta(seconds=50)
        changed = sheet(goods["keeper"], stocktake, updated_since=since.isoformat())
        assert [(one["id"], [(count["by"], count["quantity"], count["is_mine"]) for count in one["counts"]])
                for one in changed["lines"]] == [(line["id"], [("dem2", "7", False)])]  # fmt: skip
        assert changed["is_delta"]

    def test_keeps_labelled_goods_off_the_device_and_says_how_many(self, goods: Goods, opened: Opened) -> None:
        Item.objects.filter(pk=goods["blanket"].pk).update(classification=max(Classification.values))
        told = sheet(goods["keeper"], opened())
        assert goods["blanket"].code not in json.dumps(told)
        assert told["left_out"] == 1

    def test_takes_as_many_statements_for_a_long_sheet(
        self, goods: Goods, opened: Opened, django_assert_max_num_queries: Any
    ) -> None:
        items = [factories.an_item(item_code("QY", 1, number), name=f"Băng {number}") for number in range(30)]
        factories.posting(goods["poster"], "receipt", "K01", *(factories.a_line(item, 5) for item in items))
        stocktake = opened()
        client = browser(goods["keeper"])
        client.get(f"/api/v1/stocktakes/{stocktake.pk}/sheet")
        with django_assert_max_num_queries(17):
            answer = client.get(f"/api/v1/stocktakes/{stocktake.pk}/sheet")
        assert len(answer.json()["lines"]) == 33


class TestCounts:
    def test_each_is_kept_once_and_a_bad_one_loses_no_other(self, goods: Goods, opened: Opened) -> None:
        stocktake = opened()
        first, second, *_rest = (line["id"] for line in sheet(goods["keeper"], stocktake)["lines"])
        good, none = a_count(first, "12"), a_count(second, "0")
        bad = [a_count(str(uuid4()), "1"), a_count(first, "-1"), a_count(first, "1", round=2)]
        told = send(goods["keeper"], stocktake, good, *bad, none)
        assert [one["state"] for one in told] == ["kept", "refused", "refused", "refused", "kept"]
        assert [one["problem"]["code"] for one in told[1:4]] == ["unknown-line", "quantity", "unknown-round"]
        again = send(goods["keeper"], stocktake, none, good)
        assert [one["state"] for one in again] == ["repeated", "repeated"]
        assert sorted(Count.objects.values_list("quantity", flat=True)) == [Decimal(0), Decimal(12)]

    def test_found_goods_get_a_line(self, goods: Goods, opened: Opened) -> None:
        stocktake = opened()
        pile = {"item": goods["rice"].code, "lot": "L9", "bin": "A-02", "expires_on": "2030-06-30"}
        (told,) = send(goods["keeper"], stocktake, a_count(None, "2.5", **pile))
        line = stocktake.lines.get(pk=told["line"])
        assert (line.lot, line.is_expected, line.expires_date.isoformat()) == ("L9", False, "2030-06-30")
        assert [one["is_found"] for one in sheet(goods["second"], stocktake)["lines"] if one["id"] == told["line"]] == [
            True
        ]

    def test_are_dated_by_our_clock_where_the_device_s_is_wrong(self, goods: Goods, opened: Opened) -> None:
        stocktake = opened()
        first, second, *_rest = (line["id"] for line in sheet(goods["keeper"], stocktake)["lines"])
        now, fast, slow_line = timezone.now(), timedelta(hours=3), timedelta(seconds=8)
        wrong = a_count(first, "1", counted_at=(now + fast).isoformat())
        right = a_count(second, "1", counted_at=now.isoformat())
        send(goods["keeper"], stocktake, wrong, sent_at=now + fast)
        send(goods["keeper"], stocktake, right, sent_at=timezone.now() - slow_line)
        dated = {str(count.line_id): count.counted_at for count in Count.objects.all()}
        assert now - timedelta(seconds=1) < dated[first] <= timezone.now()
        assert dated[second] == now  # a slow line moves nothing

    def test_earlier_rounds_are_not_told_to_who_counts_again(self, goods: Goods, opened: Opened) -> None:
        stocktake = opened()
        line = sheet(goods["keeper"], stocktake)["lines"][0]["id"]
        send(goods["keeper"], stocktake, a_count(line, "12"))
        review.end_counting(stocktake.pk, by=goods["chief"], at=timezone.now(), **FROM)
        assert not sheet(goods["keeper"], stocktake)["can_count"]
        review.ask_recount(
            stocktake.pk, lines=[UUID(line)], reason="Lệch nhiều", by=goods["chief"], at=timezone.now(), **FROM
        )
        told = sheet(goods["second"], stocktake)
        (again,) = (one for one in told["lines"] if one["id"] == line)
        assert (told["can_count"], again["round"], again["recount_reason"], again["counts"]) == (
            True,
            2,
            "Lệch nhiều",
            [],
        )
        (kept,) = send(goods["second"], stocktake, a_count(line, "11", round=2))
        assert kept["state"] == "kept"
