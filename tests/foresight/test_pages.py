"""The pages: what they show and to whom, no number without its error, and how many questions they cost."""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from depots.models import Depot
from inventory.catalogue.codes import item_code
from inventory.catalogue.models import Item
from inventory.foresight import nightly
from inventory.foresight.consumption import month_of
from inventory.foresight.models import Outlook
from logistics import sql
from logistics.accounts.models import Role, User
from tests import factories
from tests.foresight.conftest import Enter
from tests.lasting import lasting

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate()


@pytest.fixture(autouse=True)
def _today(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that goes on past midnight has another today than when its tests were collected."""
    monkeypatch.setattr(request.module, "TODAY", timezone.localdate())


def browser(user: User) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.cookies["django_language"] = "en"
    client.force_login(user, backend="logistics.accounts.backends.RoleBackend")
    return client


@pytest.fixture
def stocked(depot: Depot, other: Depot, rice: Item, blanket: Item, enter: Enter) -> None:
    """Nine months of use in K01, of which rice runs out and some of it expires; blankets in K02 that nobody uses."""
    start = month_of(TODAY, back=9)
    enter("opening", "K01", factories.a_line(rice, 3_000, lot="L1", expires_date=TODAY + timedelta(days=9)), on=start)
    for number, much in enumerate([300, 280, 310, 290, 305, 295, 300, 310, 290]):
        day = month_of(TODAY, back=9 - number) + timedelta(days=9)
        enter("issue", "K01", factories.a_line(rice, much), on=day)
    enter("opening", "K02", factories.a_line(blanket, 5), on=start)
    nightly.run(at=timezone.now())


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    names: list[str] = []
    run: Callable[..., Any] = sql.run
    monkeypatch.setattr(sql, "run", lambda name, *args, **kwargs: (names.append(name), run(name, *args, **kwargs))[1])
    return names


class TestTheList:
    def test_puts_the_most_urgent_first_with_the_error_beside_each_forecast(
        self, stocked: None, planner: User, rice: Item, blanket: Item
    ) -> None:
        page = browser(planner).get("/foresight/")
        text = page.content.decode()
        assert page.status_code == 200
        assert text.index(rice.code) < text.index(blanket.code)
        found = Outlook.objects.select_related("forecast").get(item=rice)
        assert "MASE" in text
        assert f"{round(found.forecast.per_month)}<" in text
        assert found.risk in {"high", "medium"}
        assert "high risk" in text
        assert found.suggested > 0
        assert found.will_expire > 0

    def test_narrows_by_its_filters(self, stocked: None, planner: User, rice: Item, blanket: Item) -> None:
        client = browser(planner)
        for query, shown in (
            ("q=gao", {rice.code}), ("depot=K02", {blanket.code}), ("risk=none", {blanket.code}),
            ("wanted=order", {rice.code}), ("wanted=expire", {rice.code}),
            ("supply_class=QN", {rice.code, blanket.code}),
            ("unit=G11", {rice.code, blanket.code}), ("supply_class=QY", set()), ("demand=none", {blanket.code}),
        ):  # fmt: skip
            text = client.get(f"/foresight/?{query}").content.decode()
            assert {code for code in (rice.code, blanket.code) if f">{code}<" in text} == shown, query

    def test_shows_a_reader_only_their_depots(self, stocked: None, rice: Item, blanket: Item, other: Depot) -> None:
        keeper = factories.a_user("thukho02", role=Role.STOREKEEPER, depot=other)
        text = lasting(browser(keeper).get("/foresight/"))
        assert blanket.code in text
        assert rice.code not in text
        assert "K01" not in text
        assert browser(keeper).get(f"/foresight/{rice.code}/?depot=K01").status_code == 404

    def test_comes_as_a_file_with_all_figures(self, stocked: None, planner: User, rice: Item) -> None:
        answer = browser(planner).get("/foresight.csv?q=gao")
        table = list(csv.reader(b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()))  # type: ignore[attr-defined]
        start = next(place for place, row in enumerate(table) if row and row[0] == "Item")
        told = dict(zip(table[start], table[start + 1], strict=True))
        found = Outlook.objects.select_related("forecast").get(item=rice)
        assert told["Item code"] == rice.code
        assert Decimal(told["Forecast a month"]) == found.forecast.per_month
        assert Decimal(told["Mean absolute error (MAE)"]) == found.forecast.mae
        assert Decimal(told["To order"]) == found.suggested
        assert browser(planner).get("/foresight.xlsx").status_code == 200

    def test_costs_the_same_whatever_it_shows(
        self, stocked: None, planner: User, poster: User, statements: list[str]
    ) -> None:
        client = browser(planner)
        client.get("/foresight/")

        def cost() -> int:
            statements.clear()
            with CaptureQueriesContext(
                connection,
            ) as asked:
                client.get("/foresight/")
            return len(asked) + len(statements)

        few = cost()
        for number in range(20, 50):
            item = factories.an_item(item_code("QY", 1, number), name=f"Băng {number}")
            factories.posting(poster, "receipt", "K01", factories.a_line(item, 5))
        nightly.run(at=timezone.now())
        assert Outlook.objects.count() == 32
        assert cost() == few <= 20


class TestOneItem:
    def test_shows_what_stands_behind_the_numbers(self, stocked: None, planner: User, rice: Item) -> None:
        page = browser(planner).get(f"/foresight/{rice.code}/")
        text = page.content.decode()
        for words in (
            "From 9 months of figures; tried on the last 5 months", "plain mean", "naive", "Reorder point",
            "Safety stock",
            "assumed: nothing was measured", "Used per month, and forecast", "L1",
        ):  # fmt: skip
            assert words in text, words
        assert page.context["told"].order.quantity > 0
        assert page.context["steps"][-1][2] == page.context["told"].order.quantity
        assert f"/requisitions/new/?item={rice.code}&amp;quantity=" in text
        assert f"/plans/new/?item={rice.code}&amp;quantity=" in text

    def test_counts_stock_as_it_is_now(self, stocked: None, planner: User, rice: Item, poster: User) -> None:
        client = browser(planner)
        before = client.get(f"/foresight/{rice.code}/").context["told"]
        factories.posting(poster, "receipt", "K01", factories.a_line(rice, 1_000, lot="L7"))
        after = client.get(f"/foresight/{rice.code}/").context["told"]
        assert after.stock.available == before.stock.available + 1_000
        assert Outlook.objects.get(item=rice).available == before.stock.available

    def test_says_so_where_there_is_nothing_to_say(self, planner: User, rice: Item, depot: Depot) -> None:
        assert "no figures of this item" in browser(planner).get(f"/foresight/{rice.code}/").content.decode()

    def test_offers_no_orders_to_who_may_not_give_them(self, stocked: None, rice: Item) -> None:
        auditor = factories.a_user("kiemtoan", role=Role.AUDITOR)
        text = browser(auditor).get(f"/foresight/{rice.code}/").content.decode()
        assert "/requisitions/new/" not in text
        assert "/plans/new/" not in text

    def test_costs_the_same_for_one_depot_and_many(
        self, stocked: None, planner: User, poster: User, rice: Item, statements: list[str]
    ) -> None:
        client = browser(planner)
        client.get(f"/foresight/{rice.code}/")

        def cost() -> int:
            statements.clear()
            with CaptureQueriesContext(connection) as asked:
                client.get(f"/foresight/{rice.code}/?depot=K01")
            return len(asked) + len(statements)

        few = cost()
        for number in range(11, 19):
            factories.a_depot(f"K{number}")
            factories.posting(poster, "receipt", f"K{number}", factories.a_line(rice, 5, lot="L9"))
        nightly.run(at=timezone.now())
        assert cost() == few <= 32


class TestTheApi:
    def test_answers_what_the_pages_show(self, stocked: None, planner: User, rice: Item, depot: Depot) -> None:
        from tests.api.conftest import Caller, a_token

        caller = Caller(a_token(planner))
        found = Outlook.objects.select_related("forecast").get(item=rice)
        listed = caller.get(f"/foresight?item={rice.code}").json()["items"]
        assert [(row["depot"], row["suggested"], row["mase"]) for row in listed] == [
            ("K01", str(found.suggested), str(found.forecast.mase))
        ]
        one = caller.get(f"/items/{rice.code}/foresight?depot=K01").json()
        assert one["order"]["quantity"] == str(found.suggested)
        assert [test["model"] for test in one["back_tests"]] == ["mean", "naive", "ses", "croston", "sba", "tsb"]
        assert one["lots"][0]["lot"] == "L1"
        used = caller.get(f"/items/{rice.code}/consumption?depot=K01").json()
        assert [row["used"] for row in used["items"]][:2] == ["300.000", "280.000"]
        assert len(used["items"]) == 9
        weeks = caller.get(f"/items/{rice.code}/consumption?depot=K01&grain=week").json()
        assert sum(Decimal(row["used"]) for row in weeks["items"]) == 2_680
        assert caller.get(f"/items/{rice.code}/consumption?depot=K01&from=2026-05-01&to=2026-03-01").status_code == 422

    def test_pages_by_item_and_depot(self, stocked: None, planner: User, rice: Item, blanket: Item) -> None:
        from tests.api.conftest import Caller, a_token

        caller = Caller(a_token(planner))
        first = caller.get("/foresight?limit=1").json()
        second = caller.get(f"/foresight?limit=1&cursor={first['next']}").json()
        assert [row["item"] for row in (*first["items"], *second["items"])] == [rice.code, blanket.code]
        assert second["next"] is None
