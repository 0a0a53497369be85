"""Plans are made of today's stock, changed row by row, and become orders only while the stock is there."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from inventory.ledger.models import Holding
from inventory.norms.models import ReserveNorm
from inventory.requisitions import asking, progress
from inventory.requisitions.asking import Asked as AskedRequisition
from inventory.requisitions.asking import AskedLine
from inventory.requisitions.models import MovementOrder, Requisition
from inventory.sourcing import plans
from inventory.sourcing.changes import changed_since
from inventory.sourcing.models import Plan
from inventory.sourcing.ordering import PlanNotOrderable, StockMoved, followed, give_orders
from inventory.sourcing.plans import PlanMoved, PlanOrdered
from logistics.accounts.models import Role
from logistics.errors import Forbidden, Invalid, NotFound
from logistics.history import Source
from tests import factories
from tests.notation import rows
from tests.sourcing.conftest import Country, soon

RICE = "QN-01-0000014"
MILK = "QN-01-0000021"


def doing(by: Any, **fields: Any) -> dict[str, Any]:
    return {"version": None, "by": by, "at": timezone.now(), "source": Source.WEB} | fields


class TestMaking:
    def test_each_strategy_on_stock_of_now(self, country: Country) -> None:
        for row in rows("""
            strategy         | kg  | days | keep | most | gives
            nearest-complete | 120 |      |      |      | K02 L24 100, K02 L25 20
            nearest-complete | 200 |      |      |      | K03 L26 200
            nearest-complete | 120 |   90 |      |      | K03 L26 120
            nearest-complete | 400 |      |   10 |      | K04 L27 400
            fewest-splits    | 400 |      |      |      | K04 L27 400
            least-effort     | 400 |      |      |      | K02 L24 100, K02 L25 50, K03 L26 250
            least-effort     | 400 |      |   10 |      | K02 L24 100, K02 L25 35, K03 L26 265
        """):
            plan = country.plan(
                (RICE, row["kg"]), strategy=row["strategy"], min_days_left=int(row["days"] or 0),
                keep_percent=Decimal(row["keep"] or 0),
            )  # fmt: skip
            assert country.told(plan) == row["gives"], row
            assert plan.shortages == []

    def test_names_what_is_missing_and_what_is_in_no_depot(self, country: Country) -> None:
        plan = country.plan((RICE, "2000"), (MILK, "40"), excluded_depots=["K04"], min_days_left=90)
        (short,) = plan.missing
        assert (short.need, short.missing) == (1, 1650)
        assert dict(short.reasons) == {"excluded-depot": 1000, "short-life": 100}
        assert short.nowhere == 550
        assert [row.depot for row in plan.sources if row.item == MILK] == ["K03"]

    def test_reads_items_by_name_and_packs(self, country: Country) -> None:
        plan = country.plan(("gao te", "4", "hộp"), ("SỮA HỘP", "12"))
        assert [(need.item, need.quantity) for need in plan.lines] == [(RICE, 100), (MILK, 12)]
        assert plan.weights == {RICE: "1", MILK: None}

    def test_tells_every_fault_at_once(self, country: Country) -> None:
        with pytest.raises(Invalid) as refused:
            country.plan(
                ("gạo nếp", "5"), (RICE, "1,5"), (MILK, "2", "kg"), (MILK, "1.5"), ("", "1"),
                name=" ", needed_by_date=soon(-1), depot="K77", excluded_depots=["K78"], most_depots=0,
                strategy="best", worst_grade=5, keep_percent=Decimal(101), min_days_left=-1, purpose="SSCD",
            )  # fmt: skip
        assert {fault.pointer for fault in refused.value.faults} == {
            "/name", "/needed_by", "/destination", "/strategy", "/rules/excluded_depots", "/rules/most_depots",
            "/rules/worst_grade", "/rules/keep_percent", "/rules/min_days_left", "/rules/purpose", "/needs/0/item",
            "/needs/1/quantity", "/needs/2/unit", "/needs/3/quantity", "/needs/4/item",
        }  # fmt: skip
        assert not Plan.objects.exists()

    def test_leaves_alone_what_norms_keep(self, country: Country) -> None:
        with factories.telling():
            ReserveNorm.objects.create(
                depot=country.depots["K02"], item=country.rice, purpose_id="THUONG_XUYEN", required=130,
                valid_from=soon(-5),
            )  # fmt: skip
        kept = country.plan((RICE, "400"), strategy="least-effort")
        assert country.told(kept) == "K02 L24 20, K03 L26 300, K04 L27 80"
        free = country.plan((RICE, "400"), strategy="least-effort", keeps_norms=False)
        assert country.told(free) == "K02 L24 100, K02 L25 50, K03 L26 250"

    def test_a_unit_norm_is_kept_by_its_depots_by_their_share(self, country: Country) -> None:
        with factories.telling():
            ReserveNorm.objects.create(
                unit=country.depots["K02"].unit, item=country.rice, purpose_id="THUONG_XUYEN", required=1000,
                valid_from=soon(-5),
            )  # fmt: skip
        plan = country.plan((RICE, "2000"))
        assert sum(row.quantity for row in plan.sources) == pytest.approx(450, abs=Decimal("0.01"))
        assert dict(plan.missing[0].reasons).keys() == {"below-norm"}

    def test_is_for_planners_and_out_of_their_own_depots(self, country: Country) -> None:
        for who in (country.keeper, country.auditor):
            with pytest.raises(Forbidden):
                country.plan((RICE, "1"), by=who)
        plan = country.plan((RICE, "1"), by=country.stranger, depot="K04")
        assert (plan.rows, plan.missing[0].reasons) == ([], (("at-destination", Decimal(1000)),))
        assert plans.plan_of(country.auditor, plan.pk) == plan
        mine = country.plan((RICE, "1"))
        with pytest.raises(NotFound):
            plans.plan_of(country.stranger, mine.pk)

    def test_a_unit_stands_where_its_depot_does(self, country: Country) -> None:
        with pytest.raises(Invalid):
            country.plan((RICE, "1"), depot="", unit="G11", by=country.stranger, excluded_depots=["K01"])
        below = factories.a_unit("G11.01", parent=country.depots["K01"].unit)
        plan = country.plan((RICE, "10"), depot="", unit=below.code)
        assert (plan.to_unit, plan.near.code, country.told(plan)) == (below, "K01", "K02 L24 10")


class TestServingRequisitions:
    @pytest.fixture
    def requisition(self, country: Country) -> Requisition:
        asked = AskedRequisition(
            unit="G11", to_depot="K01", needed_by_date=soon(5), lines=[AskedLine(item=RICE, quantity=Decimal(120))]
        )
        kept = asking.save(uuid4(), asked, version=0, by=country.poster, at=timezone.now(), source=Source.WEB)
        asking.submit(kept.pk, version=kept.version, by=country.poster, at=timezone.now(), source=Source.WEB)
        chief = factories.a_user("chihuy", role=Role.APPROVER)
        asking.approve(kept.pk, cuts={}, version=None, by=chief, at=timezone.now(), source=Source.WEB)
        return Requisition.objects.get(pk=kept.pk)

    def test_what_they_lack_is_planned_and_its_orders_serve_them(
        self, country: Country, requisition: Requisition
    ) -> None:
        plan = country.plan((MILK, "5"), requisitions=[requisition.pk])
        assert [(need.item, need.quantity, need.grade, need.purpose) for need in plan.lines] == [
            (MILK, 5, None, None), (RICE, 120, 1, "THUONG_XUYEN"),
        ]  # fmt: skip
        given = give_orders(plan, **doing(country.planner))
        assert {order.basis for order in given} == {f"plan:{plan.pk}", f"requisition:{requisition.pk}"}
        (line,) = progress.lines_of(requisition)
        assert (line.promised, line.open) == (120, 0)
        with pytest.raises(Invalid) as refused:
            country.plan(requisitions=[requisition.pk])
        assert {fault.code for fault in refused.value.faults} <= {"nothing-lacking", "unknown-requisition"}

    def test_one_that_is_none_of_theirs_is_refused(self, country: Country, requisition: Requisition) -> None:
        with pytest.raises(Invalid) as refused:
            country.plan(by=country.stranger, depot="K04", requisitions=[requisition.pk])
        assert [fault.code for fault in refused.value.faults] == ["unknown-requisition"]


class TestChanging:
    def test_another_depot_for_a_row_solves_that_line_alone(self, country: Country) -> None:
        plan = country.plan((RICE, "120"), (MILK, "5"))
        offers = plans.offers_for(plan, by=country.planner, at=timezone.now())
        assert [offer.depot for offer in offers[1]] == ["K02", "K03", "K04"]
        changed = plans.change(plan, need=1, depot="K02", instead_by="K04", **doing(country.planner, version=1))
        assert country.told(changed) == "K04 L27 120, K03  5"
        assert changed.sources[0].why == "chosen"
        assert changed.version == 2
        with pytest.raises(PlanMoved):
            plans.change(plan, need=1, depot="K04", instead_by="K03", **doing(country.planner, version=1))
        with pytest.raises(Invalid):
            plans.change(plan, need=2, depot="K03", instead_by="K04", **doing(country.planner))

    def test_a_copy_by_another_strategy_leaves_the_first_as_it_is(self, country: Country) -> None:
        plan = country.plan((RICE, "400"))
        copied = plans.copy(plan, strategy="least-effort", by=country.planner, at=timezone.now(), source=Source.WEB)
        assert (copied.copy_of, copied.needs) == (plan, plan.needs)
        assert country.told(copied) != country.told(plan)
        assert Plan.history.filter(id=plan.pk).count() == 1

    def test_solving_again_takes_the_stock_of_now(self, country: Country) -> None:
        plan = country.plan((RICE, "120"))
        factories.posting(country.poster, "issue", "K02", factories.a_line(country.rice, "100"))
        again = plans.again(plan, **doing(country.planner))
        assert country.told(again) == "K03 L26 120"
        assert again.solved_at > plan.solved_at


class TestOrdering:
    def test_one_transfer_order_per_depot_with_its_stock_promised(self, country: Country) -> None:
        plan = country.plan((RICE, "400"), (MILK, "5"), strategy="least-effort")
        given = give_orders(plan, **doing(country.planner))
        assert [(order.kind, order.depot.code, order.to_depot.code) for order in given] == [  # type: ignore[union-attr]
            ("transfer_out", "K02", "K01"), ("transfer_out", "K03", "K01"),
        ]  # fmt: skip
        promised = Holding.objects.filter(depot__code="K02").order_by("lot__code").values_list("allocated", flat=True)
        assert list(promised) == [100, 50]
        plan.refresh_from_db()
        assert plan.orders == [order.pk for order in given]
        with pytest.raises(PlanOrdered):
            give_orders(plan, **doing(country.planner))
        with pytest.raises(PlanOrdered):
            plans.again(plan, **doing(country.planner))
        told = followed(plan)
        assert [(one.order.number, one.lines, one.done_lines) for one in told] == [
            (given[0].number, 2, 0), (given[1].number, 2, 0),
        ]  # fmt: skip

    def test_a_unit_gets_issue_orders(self, country: Country) -> None:
        below = factories.a_unit("G11.01", parent=country.depots["K01"].unit)
        (order,) = give_orders(country.plan((RICE, "10"), depot="", unit=below.code), **doing(country.planner))
        assert (order.kind, order.to_unit) == ("issue", below)

    def test_what_moved_is_told_pile_by_pile_with_who_took_it(self, country: Country) -> None:
        plan = country.plan((RICE, "400"), (MILK, "5"), strategy="least-effort")
        taken = factories.posting(country.poster, "issue", "K02", factories.a_line(country.rice, "40"))
        other = country.plan((RICE, "20"), name="Kế hoạch khác")
        (order,) = give_orders(other, **doing(country.planner))
        factories.posting(country.poster, "issue", "K03", factories.a_line(country.rice, "10"))
        before = MovementOrder.objects.count()
        with pytest.raises(StockMoved) as refused:
            give_orders(plan, **doing(country.planner))
        assert MovementOrder.objects.count() == before
        told = {(one.depot, one.lot): one for one in refused.value.changes}
        first = told["K02", "L24"]
        assert (first.was, first.now, first.wanted, first.is_short) == (100, 40, 100, True)
        assert [(one.number, one.actor, one.quantity) for one in first.takers] == [
            (taken.number, "nguoi-ghi", 40), (order.number, "kehoach", 20),
        ]  # fmt: skip
        far = told["K03", "L26"]
        assert (far.was, far.now, far.wanted, far.is_short) == (300, 290, 250, False)
        assert set(told) == {("K02", "L24"), ("K03", "L26")}
        assert taken.number in refused.value.detail

    def test_what_is_left_may_be_ordered_all_the_same(self, country: Country) -> None:
        plan = country.plan((RICE, "150"), (RICE, "30"))
        factories.posting(country.poster, "issue", "K02", factories.a_line(country.rice, "70"))
        given = give_orders(plan, only_what_is_left=True, **doing(country.planner))
        assert [(order.depot.code, sum(line.quantity for line in order.lines.all())) for order in given] == [
            ("K02", 80), ("K03", 30),
        ]  # fmt: skip

    def test_held_or_gone_stock_is_told_as_none(self, country: Country) -> None:
        plan = country.plan((RICE, "100"))
        lot = country.rice.lots.get(code="L24")
        lot.hold_reason = "chờ kiểm nghiệm"
        with factories.telling():
            lot.save()
        (changed,) = changed_since(plan, by=country.planner, at=timezone.now())
        assert (changed.now, changed.deduction, changed.takers) == (0, "on_hold", ())
        with pytest.raises(PlanNotOrderable):
            give_orders(plan, only_what_is_left=True, **doing(country.planner))

    def test_who_only_reads_a_depot_of_it_is_told_its_stock_and_orders_nothing(self, country: Country) -> None:
        plan = country.plan((RICE, "100"))
        half = factories.a_user("nua-voi", role=Role.PLANNER, depot=country.depots["K01"])
        with factories.telling():
            half.assignments.create(role=Role.AUDITOR, depot=country.depots["K02"])
        assert plans.plan_of(half, plan.pk) == plan
        assert changed_since(plan, by=half, at=timezone.now()) == []
        with pytest.raises(Forbidden):
            give_orders(plan, **doing(half))

    def test_an_old_plan_is_solved_again_first(self, country: Country) -> None:
        plan = country.plan((RICE, "100"))
        with pytest.raises(PlanNotOrderable):
            give_orders(plan, **doing(country.planner, at=plan.expires_at))

    def test_an_unchanged_plan_has_no_changes(self, country: Country) -> None:
        plan = country.plan((RICE, "400"), strategy="least-effort")
        assert changed_since(plan, by=country.planner, at=timezone.now()) == []
