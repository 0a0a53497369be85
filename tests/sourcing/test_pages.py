"""The pages of plans: asked for by pasting, changed, compared, ordered; refused in words with nothing lost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from inventory.requisitions.models import MovementOrder
from inventory.sourcing.models import Plan
from logistics.accounts.models import User
from tests import factories
from tests.sourcing.conftest import Country, soon

RICE = "QN-01-0000014"
MILK = "QN-01-0000021"
Visit = Callable[[User], Client]


@pytest.fixture
def visit() -> Visit:
    def sign_in(user: User) -> Client:
        browser = Client(headers={"accept-language": "vi"})
        browser.force_login(user)
        return browser

    return sign_in


def a_form(**fields: Any) -> dict[str, Any]:
    return {
        "name": "Bổ sung K01", "destination": "depot:K01", "needed_by": soon(10).strftime("%d/%m/%Y"),
        "strategy": "nearest-complete", "worst_grade": "2", "keeps_norms": "on", "action": "solve", "pasted": "",
    } | fields  # fmt: skip


class TestAsking:
    def test_a_pasted_list_becomes_a_plan(self, country: Country, visit: Visit) -> None:
        pasted = 'Mã\tSố lượng\tĐVT\r\nQN-01-0000014\t120\t\r\ngạo tẻ\t"2"\thộp\r\nSữa hộp\t5\tcái\r\n'
        answer = visit(country.planner).post(reverse("plan-new"), a_form(pasted=pasted))
        (plan,) = Plan.objects.all()
        assert answer["Location"] == reverse("plan", args=[plan.pk])
        assert [(need.item, str(need.quantity)) for need in plan.lines] == [
            (RICE, "120.000"), (RICE, "50.000"), (MILK, "5.000"),
        ]  # fmt: skip
        page = visit(country.planner).get(answer["Location"])
        assert page.status_code == 200
        text = page.content.decode()
        assert "kho gần nhất đủ 100 %" in text or "nearest depot that has 100 %" in text
        assert "K02" in text

    def test_all_faults_stand_beside_their_rows_and_nothing_is_lost(self, country: Country, visit: Visit) -> None:
        pasted = "QN-01-0000014\t1,5x\t\nkhông có\t3\t\nSữa hộp\t2\tkg\n"
        answer = visit(country.planner).post(
            reverse("plan-new"),
            a_form(pasted=pasted, name="", item=[RICE], quantity=["7"], unit=[""], most_depots="x"),
        )
        assert answer.status_code == 422
        grid = answer.context["grid"]
        assert [(row.item, row.quantity, row.unit) for row in grid[:4]] == [
            (RICE, "7", ""), (RICE, "1,5x", ""), ("không có", "3", ""), ("Sữa hộp", "2", "kg"),
        ]  # fmt: skip
        assert [sorted(row.wrong) for row in grid[:4]] == [[], ["quantity"], ["item"], ["unit"]]
        assert set(answer.context["form"].errors) == {"name", "most_depots"}
        text = answer.content.decode()
        assert 'value="1,5x"' in text
        assert 'aria-invalid="true"' in text
        assert not Plan.objects.exists()

    def test_reading_the_list_holds_nothing_else_against_it(self, country: Country, visit: Visit) -> None:
        answer = visit(country.planner).post(
            reverse("plan-new"), a_form(pasted="Gạo tẻ\t2\thộp\n", name="", action="read", keep_percent="1x")
        )
        assert answer.status_code == 200
        row = answer.context["grid"][0]
        assert (row.goods, row.quantity_read) == (country.rice, 50)
        assert 'value="1x"' in answer.content.decode()

    def test_as_long_a_list_as_a_plan_may_have_is_read_and_a_longer_one_refused(
        self, country: Country, visit: Visit
    ) -> None:
        page, planner = reverse("plan-new"), visit(country.planner)
        boxes = {"item": [RICE] * 400, "quantity": ["1"] * 400, "unit": [""] * 400}
        assert planner.post(page, a_form(action="read", **boxes)).status_code == 200
        for action in ("read", "solve"):
            longer = planner.post(page, a_form(pasted="Gạo\t2\n\n" * 100_000, action=action))
            assert longer.status_code == 422
            assert len(longer.context["form"].non_field_errors()) == 1
            assert len(longer.context["grid"]) < 510

    def test_the_address_fills_it(self, country: Country, visit: Visit) -> None:
        page = visit(country.planner).get(reverse("plan-new") + f"?item={RICE}&quantity=25.500&depot=K01")
        row = page.context["grid"][0]
        assert (row.goods, row.faults) == (country.rice, [])
        assert page.context["form"]["destination"].value() == "depot:K01"

    def test_only_planners_ask(self, country: Country, visit: Visit) -> None:
        for who in (country.keeper, country.auditor):
            assert visit(who).get(reverse("plan-new")).status_code == 403


class TestOnePlan:
    def test_a_row_is_changed_by_the_box_beside_it(self, country: Country, visit: Visit) -> None:
        plan = country.plan((RICE, "120"))
        browser = visit(country.planner)
        address = reverse("plan", args=[plan.pk])
        assert 'value="K04"' in browser.get(address).content.decode()
        answer = browser.post(address, {"action": "change", "row": "1:K02", "instead": "K04", "version": "1"})
        assert answer["Location"] == address + "#line-1"
        page = browser.get(address).content.decode()
        assert "✎" in page
        stale = browser.post(address, {"action": "change", "row": "1:K04", "instead": "K02", "version": "1"})
        assert stale.status_code == 409
        assert stale.context["refusal"].slug == "plan-changed"

    def test_moved_stock_is_told_with_two_ways_out(self, country: Country, visit: Visit) -> None:
        plan = country.plan((RICE, "120"))
        taken = factories.posting(country.poster, "issue", "K02", factories.a_line(country.rice, "40"))
        browser, address = visit(country.planner), reverse("plan", args=[plan.pk])
        refused = browser.post(address, {"action": "order", "version": "1"})
        assert refused.status_code == 409
        text = refused.content.decode()
        assert taken.number in text
        assert 'value="order-rest"' in text
        assert 'value="again"' in text
        assert not MovementOrder.objects.exists()
        browser.post(address, {"action": "order-rest", "version": "1"})
        (order,) = MovementOrder.objects.all()
        assert sorted(line.quantity for line in order.lines.all()) == [20, 60]
        shown = browser.get(address)
        assert order.number in shown.content.decode()
        assert 'value="order"' not in shown.content.decode()

    def test_a_copy_is_shown_beside_the_first(self, country: Country, visit: Visit) -> None:
        plan = country.plan((RICE, "400"), (MILK, "5"))
        browser = visit(country.planner)
        answer = browser.post(reverse("plan", args=[plan.pk]), {"action": "copy", "strategy": "least-effort"})
        page = browser.get(answer["Location"])
        assert [pair.differs for pair in page.context["rows"]] == [True, False]
        better = {one.unit: one.better for one in page.context["sums"]}
        assert better["tonne-km" if "tonne-km" in better else "tấn-km"] == "b"

    def test_files_carry_rows_and_shortages(self, country: Country, visit: Visit) -> None:
        plan = country.plan((RICE, "2000"))
        answer = visit(country.auditor).get(reverse("plan-file", args=[plan.pk, "csv"]))
        text = b"".join(answer.streaming_content).decode()
        assert "K02" in text
        assert "550.000" in text
        assert visit(country.auditor).get(reverse("plan-file", args=[plan.pk, "xlsx"])).status_code == 200

    def test_who_may_not_see_a_depot_of_it_finds_nothing(self, country: Country, visit: Visit) -> None:
        plan = country.plan((RICE, "120"))
        for who in (country.stranger, country.keeper):
            for address in (
                reverse("plan", args=[plan.pk]), reverse("plan-file", args=[plan.pk, "csv"]),
                reverse("plan-comparison") + f"?a={plan.pk}", reverse("plan", args=[uuid4()]),
            ):  # fmt: skip
                assert visit(who).get(address).status_code == 404
            assert plan.name not in visit(who).get(reverse("plans")).content.decode()

    def test_an_auditor_sees_and_changes_nothing(self, country: Country, visit: Visit) -> None:
        plan = country.plan((RICE, "120"))
        browser, address = visit(country.auditor), reverse("plan", args=[plan.pk])
        shown = browser.get(address)
        assert 'name="action"' not in shown.content.decode().split("<main")[1]
        for action in ("change", "again", "copy", "order"):
            assert browser.post(address, {"action": action, "version": "1"}).status_code == 403


def test_the_list_costs_the_same_however_long_it_is(
    country: Country, visit: Visit, django_assert_max_num_queries: Any
) -> None:
    browser = visit(country.planner)
    for number in range(3):
        country.plan((RICE, "1"), name=f"Danh sách {number}")
    browser.get(reverse("plans"))
    with django_assert_max_num_queries(14) as few:
        browser.get(reverse("plans"))
    for number in range(3, 9):
        country.plan((RICE, "1"), name=f"Danh sách {number}")
    with django_assert_max_num_queries(len(few)):
        page = browser.get(reverse("plans"))
    assert page.content.decode().count(">Danh sách ") == 9


def test_a_long_plan_asks_the_same_number_of_questions(
    country: Country, visit: Visit, django_assert_max_num_queries: Any
) -> None:
    short = country.plan((RICE, "10"))
    long = country.plan(*[(RICE, "10")] * 20, (MILK, "1"))
    browser = visit(country.planner)
    browser.get(reverse("plan", args=[short.pk]))
    with django_assert_max_num_queries(40) as few:
        browser.get(reverse("plan", args=[short.pk]))
    with django_assert_max_num_queries(len(few) + 1):
        browser.get(reverse("plan", args=[long.pk]))


def test_the_map_draws_it(country: Country) -> None:
    from inventory.availability.routes import routes_of
    from logistics.errors import NotFound

    plan = country.plan((RICE, "400"), strategy="least-effort")
    found = routes_of("plan", str(plan.pk), by=country.planner)
    assert [(route.from_depot, route.to_depot) for route in found.routes] == [("K02", "K01"), ("K03", "K01")]
    assert "150" in found.routes[0].what or "100" in found.routes[0].what
    with pytest.raises(NotFound):
        routes_of("plan", str(plan.pk), by=country.stranger)
