"""A dip is a stocktake of one tank: measured, decided on by somebody else, compared with the loss that is normal."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from io import StringIO
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation

from depots.models import Bin, Depot, GaugeTable, Tank
from inventory.catalogue.models import Conversion, Item, ItemGroup, LossRate
from inventory.fuel import dipping, tanks
from inventory.fuel.dipping import Reading
from inventory.fuel.gauging import OffTheTable, litres_at
from inventory.fuel.losses import Flow, Rate, allowed
from inventory.ledger.drafts import Observed
from inventory.ledger.verifying import verify
from inventory.stocktakes import counting, planning, review, standing
from inventory.stocktakes.counting import Counted
from inventory.stocktakes.models import Cause
from inventory.stocktakes.review import Ruling
from inventory.vouchers.standing import SelfApproval
from logistics.accounts.models import Role, User
from logistics.audit.models import AccessRecord
from logistics.errors import Invalid
from logistics.history import Source
from tests.factories import a_depot, a_line, a_user, an_item, on_hand, posting, telling, world
from tests.lasting import lasting
from tests.notation import rows

READ = Observed(temperature=Decimal(30), density=Decimal("828.0"))  # factor 0.98727, 838.4 kg/m³ at 15 °C
HEIGHTS = [0, 1_000, 2_000]
LITRES = [Decimal(0), Decimal(9_000), Decimal(20_000)]


@dataclass
class Site:
    """What the tests name."""

    depot: Depot
    tank: Bin
    diesel: Item
    poster: User
    keeper: User
    chief: User


@pytest.fixture
def site(db):
    """A depot with a tank that takes 20,000 litres, and diesel measured by the published formula."""
    poster = world()
    depot = a_depot("K01")
    diesel = an_item("XD-02-0000011", unit="LTR", fuel_group="B", name="Dầu điêzen mẫu")
    with telling():
        tank = Bin.objects.create(depot=depot, code="T-01", kind=Bin.Kind.TANK)
        known = Tank.objects.create(bin=tank, capacity_litres=20_000, product=diesel)
        GaugeTable.objects.create(
            tank=known, valid_from=date(2020, 1, 1), basis="BB 1", heights_mm=HEIGHTS, litres=LITRES
        )
        group = ItemGroup.objects.get(pk=diesel.group_id)
        Conversion.objects.create(
            code="F", name="f", method="hydrometer", group=group, valid_from=date(2000, 1, 1), basis="QĐ 1"
        )
        for work, percent in (("receiving", "0.1"), ("issuing", "0.05"), ("storing", "0.02")):
            LossRate.objects.create(
                group=group, work=work, percent=Decimal(percent), valid_from=date(2000, 1, 1), basis="QĐ 2"
            )
        Cause.objects.create(code="HAO_HUT", name="Hao hụt", name_en="Loss", use="shortage", order=1)
    keeper = a_user("thukho", role=Role.STOREKEEPER, depot=depot)
    chief = a_user("chihuy", role=Role.APPROVER, depot=depot)
    with translation.override("en"):
        yield Site(depot, tank, diesel, poster, keeper, chief)


def measured(site, litres, **fields):
    return a_line(site.diesel, litres, bin="T-01", fuel=READ, **fields)


def reading(height_mm, *, water_mm=0, days_ago=0.0, observed=READ):
    return Reading(
        height_mm=height_mm, water_mm=water_mm, observed=observed, at=timezone.now() - timedelta(days=days_ago)
    )


def keep(site, told):
    return dipping.keep(site.tank, told, stocktake_id=uuid4(), by=site.keeper, at=timezone.now(), source=Source.WEB)


def finalise(site, stocktake):
    for line in standing.of(stocktake).lines:
        if line.state == "differs":
            ruling = Ruling(line=line.id, action="book", cause="HAO_HUT")
            review.decide(stocktake.pk, [ruling], by=site.keeper, at=timezone.now(), source=Source.WEB)
    return review.finalise(stocktake.pk, by=site.chief, at=timezone.now(), source=Source.WEB)


def test_a_gauge_table_is_read_between_its_heights():
    for row in rows("""
        height | litres
        0      | 0
        500    | 4500
        1000   | 9000
        1500   | 14500
        2000   | 20000
    """):
        assert litres_at(HEIGHTS, LITRES, int(row["height"])) == Decimal(row["litres"]), row
    for height in (-1, 2_001):
        with pytest.raises(OffTheTable):
            litres_at(HEIGHTS, LITRES, height)


@pytest.mark.django_db
def test_a_gauge_table_rises(site):
    tank = Tank.objects.get()
    for heights, litres in (([0, 0], [0, 1]), ([0, 1], [1, 1]), ([0, 1, 2], [0, 1]), ([5], [5]), ([0, 1], [-1, 1])):
        with telling(), pytest.raises(IntegrityError), transaction.atomic():
            GaugeTable.objects.create(
                tank=tank, valid_from=date(2010, 1, 1), valid_to=date(2010, 2, 1), basis="x", heights_mm=heights,
                litres=litres,
            )  # fmt: skip


def test_normal_loss_follows_from_what_came_went_and_lay():
    """10,000 litres come (10 lost), lie 15 days (1), 2,000 go (1), and 8,000 lie 15 days more (0.8)."""
    start = datetime(2026, 3, 1, tzinfo=UTC)
    rates = [
        Rate(work=work, percent=Decimal(percent), valid_from=date(2026, 1, 1), valid_to=None)
        for work, percent in (("receiving", "0.1"), ("issuing", "0.05"), ("storing", "0.02"))
    ]
    flows = [
        Flow(at=start + timedelta(days=1), change=Decimal(10_000)),
        Flow(at=start + timedelta(days=16), change=Decimal(-2_000)),
    ]
    until = start + timedelta(days=31)
    assert allowed(flows, rates, [start, until]) == [Decimal("12.8")]
    assert allowed(flows, rates, [start + timedelta(days=2), until]) == [Decimal("2.733")]
    days = [start + timedelta(days=day) for day in (0, 2, 16, 16, 31)]
    assert allowed(flows, rates, days) == [Decimal("10.067"), Decimal("1.933"), Decimal(0), Decimal("0.8")]
    assert allowed(flows, rates, [start]) == allowed(flows, rates, []) == []
    late = [Rate(work="storing", percent=Decimal("0.02"), valid_from=date(2026, 4, 1), valid_to=None)]
    assert allowed(flows, late, [start, until]) == [0]
    assert allowed([Flow(at=flows[0].at, change=Decimal(10_000), is_count=True)], rates[:2], [start, until]) == [0]


def test_a_dip_becomes_a_stocktake_that_somebody_else_finalises(site):
    posting(site.poster, "receipt", "K01", measured(site, 9_500), days_ago=9)
    told = reading(1_040, water_mm=10, days_ago=1)
    found = dipping.look(site.tank, told)
    assert (found.litres, found.litres_15, found.kg) == (Decimal(9350), Decimal("9230.975"), Decimal("7739.249"))
    assert found.difference == Decimal("9230.975") - Decimal("9379.065")
    stocktake = keep(site, told)
    with pytest.raises(SelfApproval):
        review.finalise(stocktake.pk, by=_also_chief(site), at=timezone.now(), source=Source.WEB)
    posted = finalise(site, stocktake)
    assert posted.number.startswith("KK-K01-")
    assert on_hand(site.depot, site.diesel) == Decimal("9230.975")
    (level,) = tanks.levels([site.depot])
    assert (level.litres_15, level.kg, level.percent) == (Decimal("9230.975"), Decimal("7739.249"), 46)
    assert verify().is_sound


def _also_chief(site):
    with telling():
        site.keeper.assignments.create(role=Role.APPROVER, depot=site.depot)
    return site.keeper


def test_dips_are_compared_with_the_normal_loss(site):
    """Rates allow 10 litres for a receipt of about 10,000, 0.05 % of what goes, and 0.02 % for 30 days."""
    posting(site.poster, "receipt", "K01", measured(site, 9_000), days_ago=30)
    finalise(site, keep(site, reading(1_000, days_ago=25)))
    posting(site.poster, "issue", "K01", measured(site, 4_500), days_ago=20)
    finalise(site, keep(site, reading(499, days_ago=5)))  # 9 litres fewer
    history = tanks.history_of(site.tank, site.diesel, at=timezone.now())
    last, first = history.dips
    assert (first.verdict, first.allowed) == ("same", None)
    assert last.difference == Decimal("-8.885")  # 4491 litres observed are 4433.830 at 15 °C; the books say 4442.715
    assert last.allowed == Decimal("2.962")  # 2.221 for the issue, 0.296 for 5 days before and 0.444 for 15 after it
    assert last.verdict == "over"
    finalise(site, keep(site, reading(499)))
    assert tanks.history_of(site.tank, site.diesel, at=timezone.now()).dips[0].verdict == "same"


def test_what_a_dip_refuses(site):
    with pytest.raises(Invalid) as refused:
        dipping.look(site.tank, reading(2_001, observed=Observed(temperature=Decimal(130), density=Decimal(828))))
    assert [fault.pointer for fault in refused.value.faults] == ["/height_mm", "/temperature"]
    with telling():
        GaugeTable.objects.update(valid_to=date(2020, 12, 31))
    with pytest.raises(Invalid) as refused:
        dipping.look(site.tank, reading(100))
    assert [fault.code for fault in refused.value.faults] == ["fuel-gauge-required"]
    posting(site.poster, "receipt", "K01", measured(site, 10), measured(site, 10, purpose="SSCD"))
    with pytest.raises(Invalid) as refused:
        dipping.look(site.tank, reading(100))
    assert [fault.code for fault in refused.value.faults] == ["fuel-several-piles", "fuel-gauge-required"]


def test_an_empty_tank_is_dipped_by_what_it_is_for(site):
    stocktake = keep(site, reading(500))
    (line,) = standing.of(stocktake).lines
    assert (line.item, line.difference) == (site.diesel.code, Decimal("4442.715"))


def opened(site):
    """Open a stocktake of the whole depot."""
    at = timezone.now() - timedelta(minutes=5)
    asked = planning.Asked(depot="K01", reason="Kiểm kê")
    one = planning.plan(asked, stocktake_id=uuid4(), by=site.keeper, at=at, source=Source.WEB)
    return planning.open_sheet(one.pk, by=site.keeper, at=at, source=Source.WEB)


def counted(site, one, *, litres="9000", reading=READ, **fields):
    """Count the tank's line as a phone does."""
    (line,) = one.lines.all()
    told = {"key": uuid4(), "quantity": Decimal(litres), "counted_at": timezone.now(), "line": line.pk} | fields
    (kept,) = counting.count(one.pk, [Counted(reading=reading, **told)], by=site.keeper, at=timezone.now())
    return kept


def test_a_phone_counts_a_tank_with_its_reading(site):
    """A stocktake of the whole depot counts tanks too: without a reading a count is refused at once, not at the end."""
    posting(site.poster, "receipt", "K01", measured(site, 9_500), days_ago=2)
    one = opened(site)
    for row in rows("""
        °C  | kg/m³ | says
        -   | -     | temperature fuel-reading-required
        30  | -     | density fuel-reading-required
        130 | 828   | temperature fuel-temperature
        30  | 0.8   | density fuel-density
        30  | 828.5 |
    """):
        given = [None if row[name] == "-" else Decimal(row[name]) for name in ("°C", "kg/m³")]
        reading = None if given == [None, None] else Observed(temperature=given[0], density=given[1])
        kept = counted(site, one, reading=reading)
        said = "" if kept.problem is None else f"{kept.problem.pointer.rpartition('/')[2]} {kept.problem.code}"
        assert said == row["says"], row
    key = uuid4()
    assert counted(site, one, key=key).state == "kept"
    assert counted(site, one, key=key).state == "repeated"
    (line,) = standing.of(one).lines
    assert (line.held.quantity, line.difference) == (Decimal("8885.430"), Decimal("8885.430") - Decimal("9379.065"))
    review.end_counting(one.pk, by=site.keeper, at=timezone.now(), source=Source.WEB)
    finalise(site, one)
    (level,) = tanks.levels([site.depot])
    assert (level.litres_15, level.kg) == (Decimal("8885.430"), Decimal("7449.545"))
    assert verify().is_sound


def test_nothing_in_a_tank_needs_no_reading(site):
    posting(site.poster, "receipt", "K01", measured(site, 9_500), days_ago=2)
    one = opened(site)
    assert counted(site, one, litres="0", reading=None).state == "kept"
    review.end_counting(one.pk, by=site.keeper, at=timezone.now(), source=Source.WEB)
    finalise(site, one)
    assert on_hand(site.depot, site.diesel) == 0


# --- Pages --------------------------------------------------------------------------------------------------------


@pytest.fixture
def client(site):
    made = Client()
    made.force_login(site.keeper)
    return made


def test_the_pages_show_levels_and_take_a_dip(site, client):
    posting(site.poster, "receipt", "K01", measured(site, 9_500), days_ago=2)
    listed = client.get(reverse("fuel")).content.decode()
    assert "9.379,065" in listed
    assert "7.863,408" in listed
    address = reverse("tank", args=["K01", "T-01"])
    assert client.get(address).status_code == 200
    given = {"height_mm": "1040", "water_mm": "", "temperature": "30", "density": "828", "id": str(uuid4())}
    looked = client.post(address, given | {"action": "look"})
    assert looked.status_code == 200
    assert "9.319,829" in looked.content.decode()
    kept = client.post(address, given | {"action": "keep"})
    assert (kept.status_code, kept.url) == (302, f"/stocktakes/{given['id']}/")
    again = client.post(address, given | {"action": "keep"})
    assert again.url == kept.url
    wrong = client.post(address, given | {"id": str(uuid4()), "action": "keep", "density": "0,8", "height_mm": "90000"})
    assert wrong.status_code == 422
    assert "id_height_mm" in wrong.content.decode().partition("problems-summary")[2].partition("</div>")[0]


def test_strangers_know_of_no_tank(site):
    stranger = Client()
    stranger.force_login(a_user("khach", role=Role.STOREKEEPER, depot=a_depot("K09", at=(106.7, 10.8))))
    assert stranger.get(reverse("tank", args=["K01", "T-01"])).status_code == 404
    assert "K01" not in lasting(stranger.get(reverse("fuel")))


def test_the_list_asks_as_much_for_many_tanks_as_for_one(site, client, django_assert_max_num_queries):
    with telling():
        for number in range(2, 12):
            Bin.objects.create(depot=site.depot, code=f"T-{number:02}", kind=Bin.Kind.TANK)
    with django_assert_max_num_queries(12):
        assert client.get(reverse("fuel")).status_code == 200


def test_the_list_is_had_as_a_file(site, client):
    posting(site.poster, "receipt", "K01", measured(site, 9_500), days_ago=2)
    page = client.get(reverse("fuel"), {"depot": "K01"}).content.decode()
    assert "/fuel.xlsx?depot=K01" in page
    answer = client.get(reverse("fuel-file", args=["csv"]), {"depot": "K01"})
    lines = list(csv.reader(StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))
    (row,) = [line for line in lines if line[:1] == ["K01"] and "T-01" in line]
    assert row[3:9] == [site.diesel.code, "Dầu điêzen mẫu", "9379.065", "7863.408", "20000", "46"]
    assert AccessRecord.objects.filter(action="list.csv").exists()
    elsewhere = client.get(reverse("fuel-file", args=["csv"]), {"depot": "K09"})
    assert b"T-01" not in b"".join(elsewhere.streaming_content)


@pytest.mark.django_db
def test_a_density_far_from_the_tanks_is_warned_of_and_taken(site):
    """838.4 kg/m³ lie there on average; more than 3 away somebody may have read another tank, or 10 °C too few."""
    posting(site.poster, "receipt", "K01", measured(site, 9_500), days_ago=2)
    one = opened(site)
    for row in rows("""
        °C | kg/m³ | is far
        15 | 841.4 | no
        15 | 841.5 | yes
        15 | 835.4 | no
        15 | 835.3 | yes
        20 | 828   | yes
    """):
        observed = Observed(temperature=Decimal(row["°C"]), density=Decimal(row["kg/m³"]))
        kept = counted(site, one, reading=observed)
        warned = [] if kept.warning is None else [(kept.warning.pointer, kept.warning.code)]
        is_far = row["is far"] == "yes"
        assert (kept.state, warned) == ("kept", [("/counts/0/density", "fuel-density-apart")] * is_far), row
        assert bool(dipping.look(site.tank, reading(1_000, observed=observed)).warning) == is_far, row
    found = dipping.look(site.tank, reading(1_000, observed=Observed(temperature=Decimal(15), density=Decimal(845))))
    assert "845 kg/m³" in found.warning
    assert "T-01 838.4 on average" in found.warning


@pytest.mark.django_db
def test_a_site_says_what_is_far(site, settings):
    posting(site.poster, "receipt", "K01", measured(site, 9_500), days_ago=2)
    observed = Observed(temperature=Decimal(15), density=Decimal(845))
    settings.FUEL_DENSITY_APART = 7
    assert dipping.look(site.tank, reading(1_000, observed=observed)).warning == ""


@pytest.mark.django_db
def test_nothing_is_said_of_a_tank_that_is_nearly_empty(site):
    """What readings of 9,500 litres differ by stays in the last 500: their mean is no density of any fuel."""
    posting(site.poster, "receipt", "K01", measured(site, 9_500), days_ago=2)
    drawn = Observed(temperature=Decimal(30), density=Decimal("829.5"))
    posting(site.poster, "issue", "K01", a_line(site.diesel, 9_000, bin="T-01", fuel=drawn), days_ago=1)
    (level,) = tanks.levels([site.depot])
    assert level.kg * 1000 / level.litres_15 < 830
    assert level.density_15 is None
    assert dipping.look(site.tank, reading(50)).warning == ""


@pytest.mark.django_db
def test_a_key_counts_one_reading(site):
    """The same litres at another temperature are another count."""
    posting(site.poster, "receipt", "K01", measured(site, 9_500), days_ago=2)
    one, key = opened(site), uuid4()
    assert counted(site, one, key=key).state == "kept"
    other = counted(site, one, key=key, reading=Observed(temperature=Decimal(20), density=Decimal("828.0")))
    assert (other.state, other.problem.code) == ("refused", "key-reused")


@pytest.mark.django_db
def test_many_tanks_are_counted_in_as_many_statements_as_one(site):
    with telling():
        for number in range(2, 9):
            Bin.objects.create(depot=site.depot, code=f"T-0{number}", kind=Bin.Kind.TANK)
    for number in range(1, 9):
        line = a_line(site.diesel, 2_000, bin=f"T-0{number}", fuel=READ)
        posting(site.poster, "receipt", "K01", line, days_ago=2)
    one = opened(site)

    def statements(lines):
        counts = [
            Counted(key=uuid4(), quantity=Decimal(2_000), counted_at=timezone.now(), line=line.pk, reading=READ)
            for line in lines
        ]
        with CaptureQueriesContext(connection) as seen:
            assert {kept.state for kept in counting.count(one.pk, counts, by=site.keeper, at=timezone.now())} == {
                "kept"
            }
        return len(seen)

    lines = list(one.lines.all())
    assert statements(lines) == statements(lines[:1])


@pytest.mark.django_db
def test_the_page_of_a_tank_tells_its_mean_density_and_a_reading_far_from_it(site, client):
    posting(site.poster, "receipt", "K01", measured(site, 9_500), days_ago=2)
    client.force_login(site.keeper)
    client.cookies["django_language"] = "en"
    address = reverse("tank", args=["K01", "T-01"])
    told = client.post(address, {"height_mm": "1000", "temperature": "15", "density": "845", "action": "look"})
    shown = " ".join(told.content.decode().split())
    assert told.status_code == 200
    assert "838.4 kg/m³ at 15 °C on average" in shown
    assert "check the hydrometer" in shown
    kept = client.post(
        address,
        {"height_mm": "1000", "temperature": "15", "density": "845", "action": "keep", "id": str(uuid4())},
        follow=True,
    )
    assert "check the hydrometer" in kept.content.decode()


@pytest.mark.django_db
def test_counts_of_fuel_are_entered_from_paper(site, client):
    """With the same boxes and bounds as on a phone: what is refused stands there with why, what is odd is told."""
    posting(site.poster, "receipt", "K01", measured(site, 9_500), days_ago=2)
    one = opened(site)
    (line,) = one.lines.all()
    client.force_login(site.keeper)
    client.cookies["django_language"] = "en"
    address = reverse("stocktake-entry", args=[one.pk])
    assert f'name="d-{line.pk}"' in client.get(address).content.decode()

    def entered(litres, temperature, density, **more):
        typed = {f"q-{line.pk}": litres, f"t-{line.pk}": temperature, f"d-{line.pk}": density}
        return client.post(address, {"batch": str(uuid4())} | typed | more)

    for row in rows("""
        litres | °C     | kg/m³  | box | words
        9,000  |        |        | t   | liquid fuel
        9,000  | 30     |        | d   | in kg/m³
        9,000  |        | 828    | t   | in °C
               | 30     | 828    | q   | required
        9,000  | 130    | 828    | t   | 130
        9,000  | 30     | 0      | d   | more than 0
        9,000  | 30.123 | 828    | t   | 30.123
        9,000  | 30     | 828.05 | d   | 828.05
        9,000  | x      | 828    | t   | “x”
    """):
        told = entered(row["litres"], row["°C"], row["kg/m³"])
        shown = told.content.decode()
        assert told.status_code == 422, row
        assert row["words"] in shown, (row, shown)
        assert f'href="#{row["box"]}-{line.pk}"' in shown, row
        (box,) = re.findall(rf'<input name="{row["box"]}-{line.pk}"[^>]*>', shown)
        assert 'aria-invalid="true"' in box, row
        assert f'value="{row["kg/m³"]}"' in shown, row
    assert one.lines.get().counts.count() == 0
    assert entered("9,000", "30", "828").status_code == 302
    (told,) = standing.of(one).lines
    assert told.held.quantity == Decimal("8885.430")
    shown = client.get(entered("9,000", "15", "845").headers["Location"]).content.decode()
    assert "Line 1: At 15 °C this reading has 845 kg/m³" in shown
    assert entered("0", "", "").status_code == 302  # nothing in a tank needs no reading


@pytest.mark.django_db
def test_fuel_found_where_no_line_expects_it_is_entered_from_paper(site, client):
    with telling():
        Bin.objects.create(depot=site.depot, code="T-02", kind=Bin.Kind.TANK)
    one = opened(site)
    client.force_login(site.keeper)
    client.cookies["django_language"] = "en"
    address = reverse("stocktake-entry", args=[one.pk])
    row = {"item-1": site.diesel.code, "bin-1": "T-02", "grade-1": "1", "purpose-1": "THUONG_XUYEN",
           "quantity-1": "100", "temperature-1": "30"}  # fmt: skip
    told = client.post(address, row | {"batch": str(uuid4())})
    assert (told.status_code, 'href="#density-1"' in told.content.decode()) == (422, True)
    assert client.post(address, row | {"density-1": "828", "batch": str(uuid4())}).status_code == 302
    (line,) = standing.of(one).lines
    assert (line.bin, line.held.quantity) == ("T-02", Decimal("98.727"))
