"""The night: what it writes, that it writes it once, and that its numbers are those of the other rooms."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone, translation

from depots.models import Depot, OrganisationUnit
from inventory.availability.current import current
from inventory.availability.question import Question
from inventory.catalogue.models import Item, SupplyClass
from inventory.foresight import forecasting, nightly
from inventory.foresight.consumption import month_of
from inventory.foresight.models import (
    ConsumptionNorm,
    Forecast,
    LeadBasis,
    MeasuredLead,
    Outlook,
    Risk,
    SupplyTerms,
    UnitStrength,
)
from inventory.foresight.strength import days_by_strength
from logistics import paging
from logistics.accounts.models import Role, User
from tests import factories
from tests.api.conftest import a_token
from tests.foresight.conftest import Enter
from tests.notation import rows

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate()


@pytest.fixture(autouse=True)
def _today(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that goes on past midnight has another today than when its tests were collected."""
    monkeypatch.setattr(request.module, "TODAY", timezone.localdate())


@pytest.fixture
def a_year(depot: Depot, other: Depot, rice: Item, blanket: Item, enter: Enter) -> Callable[[str], date]:
    """Ten whole months of rice and blankets in K01, which the function returns the first days of ("-3": three back)."""

    def month(back: str) -> date:
        return month_of(TODAY, back=-int(back))

    start = month("-10")
    enter("opening", "K01", factories.a_line(rice, 5_000, lot="L1", expires_date=TODAY + timedelta(days=30)),
          factories.a_line(rice, 600, lot="L2"), factories.a_line(blanket, 900), on=start)  # fmt: skip
    for number, much in enumerate([300, 280, 310, 290, 305, 295, 300, 310, 290, 300]):
        enter("issue", "K01", factories.a_line(rice, much), on=month(str(number - 10)) + timedelta(days=9))
    enter("issue", "K01", factories.a_line(blanket, 30), on=month("-4") + timedelta(days=2))
    return month


def outlook(depot: str, item: Item) -> Outlook:
    return Outlook.objects.select_related("forecast").get(depot__code=depot, item=item)


class TestTheNight:
    def test_writes_a_forecast_and_what_follows(self, a_year: Any, rice: Item, blanket: Item) -> None:
        report = nightly.run(at=timezone.now())
        assert (report.depots, report.series, report.forecast) == (2, 2, 2)
        found = outlook("K01", rice)
        forecast = found.forecast
        assert forecast.months == 10
        assert forecast.demand == "smooth"
        assert forecast.test_points == 6
        assert Decimal(290) < forecast.per_month < Decimal(310)
        assert forecast.mase is not None
        assert forecast.mase < 1
        assert forecast.mae is not None
        assert forecast.position == found.position == 12
        days = (month_of(TODAY, back=-6) - month_of(TODAY)).days
        assert abs(forecast.per_day * days - forecast.per_month * 6) < Decimal("0.1")
        assert found.available == 2_620
        assert found.days_left == (found.available / forecast.per_day).quantize(Decimal("0.1"), "ROUND_DOWN")
        assert found.lead_basis == LeadBasis.ASSUMED
        assert found.risk == Risk.LOW
        assert found.first_expiry_date == TODAY + timedelta(days=30)
        assert found.will_expire == (2_020 - forecast.per_day * 31).quantize(Decimal("0.001"), "ROUND_HALF_UP")
        assert outlook("K01", blanket).forecast.demand == "intermittent"

    def test_forecasts_again_only_what_changed(
        self, a_year: Any, rice: Item, blanket: Item, enter: Enter, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        nightly.run(at=timezone.now())
        before = list(Forecast.objects.order_by("pk").values_list("pk", "digest", "made_at"))
        asked: list[int] = []
        told = forecasting.forecast
        monkeypatch.setattr(forecasting, "forecast", lambda series: (asked.append(len(series)), told(series))[1])
        assert nightly.run(at=timezone.now()).forecast == 0
        assert list(Forecast.objects.order_by("pk").values_list("pk", "digest", "made_at")) == before
        # A late entry in a past month changes one series; an issue of this month changes none, but what is there.
        enter("issue", "K01", factories.a_line(blanket, 5), on=a_year("-2"), recorded=TODAY - timedelta(days=1))
        assert nightly.run(at=timezone.now()).forecast == 1
        assert asked == [0, 1]
        assert outlook("K01", blanket).available == 865

    def test_says_the_same_of_stock_as_availability(
        self, a_year: Any, rice: Item, depot: Depot, planner: User, poster: User, enter: Enter
    ) -> None:
        enter("transfer_out", "K01", factories.a_line(rice, 40), on=TODAY - timedelta(days=3), to_depot="K02")
        enter("receipt", "K01", factories.a_line(rice, 7, lot="L3", grade=5), on=TODAY - timedelta(days=2))
        enter("receipt", "K01", factories.a_line(rice, 8, lot="L4", purpose="SSCD"), on=TODAY - timedelta(days=2))
        nightly.run(at=timezone.now())
        for row in current(Question(item=rice.code), by=planner, at=timezone.now()).rows:
            if Outlook.objects.filter(depot__code=row.depot, item=rice).exists():
                found = outlook(row.depot, rice)
                assert (found.available, found.on_the_road) == (row.available, row.in_transit_in)

    def test_leaves_out_depots_that_do_not_count(self, a_year: Any, poster: User, rice: Item) -> None:
        factories.a_depot("K99", is_exercise=True)
        factories.posting(poster, "receipt", "K99", factories.a_line(rice, 9, lot="L9"))
        assert nightly.run(at=timezone.now()).depots == 2
        assert not Outlook.objects.filter(depot__code="K99").exists()

    def test_says_that_a_series_is_short(self, depot: Depot, blanket: Item, enter: Enter) -> None:
        enter("opening", "K01", factories.a_line(blanket, 90), on=month_of(TODAY, back=3))
        enter("issue", "K01", factories.a_line(blanket, 30), on=month_of(TODAY, back=2))
        nightly.run(at=timezone.now())
        found = outlook("K01", blanket)
        assert (found.forecast.months, found.forecast.demand, found.forecast.mae) == (3, "short", None)
        assert found.forecast.per_month == 10

    def test_knows_nothing_of_what_came_this_month(self, depot: Depot, blanket: Item, poster: User) -> None:
        factories.posting(poster, "receipt", "K01", factories.a_line(blanket, 90))
        nightly.run(at=timezone.now())
        found = outlook("K01", blanket)
        assert (found.forecast.months, found.risk, found.days_left, found.suggested) == (0, Risk.UNKNOWN, None, 0)


class TestTerms:
    def test_lead_times_are_measured_from_sent_to_received(
        self, depot: Depot, other: Depot, blanket: Item, enter: Enter
    ) -> None:
        enter("opening", "K01", factories.a_line(blanket, 900), on=month_of(TODAY, back=5))
        for sent, received in (("2", "6"), ("10", "20"), ("21", "")):
            day = month_of(TODAY, back=3)
            trip = enter(
                "transfer_out", "K01", factories.a_line(blanket, 10), on=day + timedelta(days=int(sent)), to_depot="K02"
            )
            if received:
                enter("transfer_in", "K02", factories.a_line(blanket, 10), on=day + timedelta(days=int(received)),
                      consignment=trip.name)  # fmt: skip
        nightly.run(at=timezone.now())
        (lead,) = MeasuredLead.objects.all()
        assert (lead.consignments, lead.mean_days, lead.most_days) == (2, Decimal("7.0"), Decimal("10.0"))
        found = outlook("K02", blanket)
        assert (found.lead_days, found.lead_basis) == (Decimal("7.0"), LeadBasis.MEASURED)
        assert found.on_the_road == 10

    def test_the_narrowest_terms_in_force_count(self, depot: Depot, blanket: Item, enter: Enter) -> None:
        branch = SupplyClass.objects.get(code="QN")
        enter("opening", "K01", factories.a_line(blanket, 900), on=month_of(TODAY, back=5))
        for row in rows("""
            depot | branch | days | from | to  | counts
                  |        |   20 |  -90 |     |     20
                  | QN     |   18 |  -90 |     |     18
            K01   |        |   15 |  -90 |     |     15
            K01   | QN     |   12 |  -90 |     |     12
            K01   | QN     |   11 |  -20 | -10 |     12
            K01   | QN     |   10 |   10 |     |     12
            K01   | QN     |    9 |  -19 |     |      9
        """):
            with factories.telling():
                SupplyTerms.objects.create(
                    depot=depot if row["depot"] else None, supply_class=branch if row["branch"] else None,
                    lead_days=int(row["days"]), review_days=14, service_percent=Decimal(90),
                    valid_from=TODAY + timedelta(days=int(row["from"])),
                    valid_to=TODAY + timedelta(days=int(row["to"])) if row["to"] else None,
                )  # fmt: skip
            nightly.run(at=timezone.now())
            found = outlook("K01", blanket)
            assert (found.lead_days, found.lead_basis, found.review_days) == (int(row["counts"]), "terms", 14), row


class TestByStrength:
    @pytest.fixture
    def regiment(self, depot: Depot, blanket: Item, enter: Enter) -> OrganisationUnit:
        """A regiment with K05 under G11, which also has K01; 30 and 60 blankets."""
        regiment = factories.a_unit("G11.24", parent=OrganisationUnit.objects.get(code="G11"))
        factories.a_depot("K05", unit=regiment)
        enter("opening", "K01", factories.a_line(blanket, 60), on=month_of(TODAY, back=1))
        enter("opening", "K05", factories.a_line(blanket, 30), on=month_of(TODAY, back=1))
        with factories.telling():
            ConsumptionNorm.objects.create(
                item=blanket, per_person_day=Decimal("0.01"), valid_from=date(2020, 1, 1), basis="QĐ 1"
            )
            for unit, strength, since in (("G11", 1_000, 2020), ("G11.24", 900, 2020), ("G11.24", 400, 2021)):
                UnitStrength.objects.create(
                    unit=OrganisationUnit.objects.get(code=unit), strength=strength, valid_from=date(since, 1, 1)
                )
        return regiment

    def test_divides_what_is_there_by_people_and_norm(self, regiment: Any, blanket: Item, planner: User) -> None:
        found = days_by_strength(by=planner, at=timezone.now())
        told = {one.unit.code: (one.available, one.depots, one.norm.per_day, one.norm.days) for one in found}
        assert told == {
            "G11.24": (30, 1, 4, Decimal("7.5")),  # 30 ÷ (400 × 0.01): the strength that began last
            "G11": (90, 2, 10, Decimal("9.0")),  # 90 ÷ (1000 × 0.01): all below it
        }
        assert [one.unit.code for one in found] == ["G11.24", "G11"]

    def test_comes_in_pages_over_http(self, regiment: Any, blanket: Item, enter: Enter, planner: User) -> None:
        nails = factories.an_item("QN-02-0000028", name="Đinh", name_en="Nails")
        enter("opening", "K05", factories.a_line(nails, 30), on=month_of(TODAY, back=1))
        with factories.telling():
            ConsumptionNorm.objects.create(
                item=nails, per_person_day=Decimal("0.01"), valid_from=date(2020, 1, 1), basis="QĐ 2"
            )
        client = Client(headers={"Authorization": f"Bearer {a_token(planner)}"})

        def asked(query: str) -> Any:
            answer = client.get(f"/api/v1/days-of-supply?{query}")
            assert answer.status_code == 200
            return answer

        whole = asked("").json()
        assert [(one["unit"], one["item"], one["days"]) for one in whole["items"]] == [
            ("G11", nails.code, "3.0"),
            ("G11.24", blanket.code, "7.5"),
            ("G11.24", nails.code, "7.5"),
            ("G11", blanket.code, "9.0"),
        ]
        assert whole["next"] is None
        found, query = [], "limit=1"
        while query:
            page = asked(query)
            (one,), following = page.json()["items"], page.json()["next"]
            found.append(one)
            query = f"limit=1&cursor={following}" if following else ""
            assert ("Link" in page.headers) == bool(following)
        assert found == whole["items"]
        for cursor in (paging.cursor("NaN", "G11", "x"), paging.cursor("many", "G11", "x"), paging.cursor("1")):
            answer = client.get(f"/api/v1/days-of-supply?cursor={cursor}")
            assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "cursor")

    def test_counts_only_depots_in_scope(self, regiment: Any, blanket: Item) -> None:
        limited = factories.a_user("gioi-han")
        with factories.telling():
            limited.assignments.create(role=Role.PLANNER, unit=regiment)
        assert [one.unit.code for one in days_by_strength(by=limited, at=timezone.now())] == ["G11.24"]
        assert days_by_strength(by=factories.a_user("khach"), at=timezone.now()) == []

    def test_stands_beside_the_days_by_forecast(self, regiment: Any, blanket: Item) -> None:
        nightly.run(at=timezone.now())
        assert outlook("K05", blanket).norm_days == Decimal("7.5")


class TestTheCommand:
    def run(self, *args: str) -> str:
        out = StringIO()
        with translation.override("en"):
            call_command("forecast", *args, stdout=out)
        return out.getvalue()

    def test_prints_what_it_did(self, a_year: Any) -> None:
        told = json.loads(self.run("--format", "json"))
        assert (told["depots"], told["series"], told["forecast"]) == (2, 2, 2)
        assert self.run("--depot", "K01").startswith("1 depot, 2 series, 0 forecast anew")
        assert self.run("--rebuild").startswith("2 depots, 2 series, 2 forecast anew")
        assert self.run("--check") == "0 differences.\n"

    def test_refuses_a_depot_that_is_none(self, depot: Depot) -> None:
        with pytest.raises(CommandError) as refused:
            self.run("--depot", "K77")
        assert refused.value.returncode == 5

    def test_check_tells_what_differs(self, a_year: Any) -> None:
        from inventory.foresight.models import Consumption

        self.run()
        Consumption.objects.filter(grain="week").update(used=1)
        with pytest.raises(SystemExit) as ended:
            self.run("--check")
        assert ended.value.code == 1
