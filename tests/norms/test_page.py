"""The page of norms: what it shows, to whom, sorted and filtered, and the files of it."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from inventory.norms.models import ReserveNorm
from logistics.accounts.models import Role
from tests.factories import a_depot, a_line, a_unit, a_user, an_item, posting, telling, world
from tests.lasting import lasting
from tests.notation import rows

pytestmark = pytest.mark.django_db
RICE, BLANKET, DRUG = "QN-01-0000014", "QN-02-0000011", "QY-01-0000019"


@pytest.fixture(autouse=True)
def _norms():
    poster = world()
    north = a_unit("QK1")
    depots = {"K01": a_depot("K01", unit=north), "K02": a_depot("K02", unit=a_unit("F3", parent=north))}
    items = {code: an_item(code, name=name) for code, name in ((RICE, "Gạo"), (BLANKET, "Chăn"), (DRUG, "Thuốc"))}
    for code, quantity in ((RICE, 60), (BLANKET, 10), (DRUG, 500)):
        posting(poster, "receipt", "K02", a_line(items[code], quantity, purpose="SSCD"), days_ago=1)
    with telling():
        for row in rows("""
            unit | depot | item          | required
            QK1  |       | QN-01-0000014 | 100
                 | K02   | QN-01-0000014 | 60
                 | K02   | QN-02-0000011 | 1000
                 | K01   | QN-02-0000011 | 5
                 | K02   | QY-01-0000019 | 400
        """):
            ReserveNorm.objects.create(
                unit=north if row["unit"] else None, depot=depots.get(row["depot"]), item=items[row["item"]],
                purpose_id="SSCD", required=Decimal(row["required"]), valid_from=date(2020, 1, 1),
            )  # fmt: skip


@pytest.fixture
def planner(visit):
    return visit(a_user("kehoach", role=Role.PLANNER))


def shown(browser, query=""):
    """What the page lists, as (place, item, required, on hand, short, percent)."""
    answer = browser.get(f"/norms/{query}")
    assert answer.status_code == 200
    return [
        (
            (row.norm.unit or row.norm.depot).code, row.norm.item.code, int(row.required), int(row.on_hand),
            int(row.short), row.covered,
        )
        for row in answer.context["listing"].rows
    ]  # fmt: skip


def test_the_least_covered_come_first(planner):
    assert shown(planner) == [
        ("K01", BLANKET, 5, 0, 5, 0),
        ("K02", BLANKET, 1000, 10, 990, 1),
        ("QK1", RICE, 100, 60, 40, 60),
        ("K02", RICE, 60, 60, 0, 100),
        ("K02", DRUG, 400, 500, 0, 100),
    ]


def test_is_filtered_and_sorted_by_the_address(planner):
    for row in rows("""
        query                         | rows
        ?state=short                  | K01 K02 QK1
        ?state=met                    | K02 K02
        ?q=gao                        | QK1 K02
        ?supply_class=QY              | K02
        ?unit=F3                      | K02 K02 K02
        ?depot=K01                    | K01
        ?unit=F3&state=short          | K02
        ?sort=place                   | K01 K02 K02 K02 QK1
        ?sort=-covered&state=short    | QK1 K02 K01
        ?purpose=DOT_XUAT             |
    """):
        assert [line[0] for line in shown(planner, row["query"])] == row["rows"].split(), row


def test_numbers_link_to_the_piles_behind_them(planner):
    page = planner.get("/norms/?depot=K02").content.decode()
    assert f"/depots/K02/stock/?item={RICE}&amp;purpose=SSCD" in page
    piles = planner.get(f"/depots/K02/stock/?item={RICE}&purpose=SSCD").context["listing"]
    assert [row.on_hand for row in piles.rows] == [Decimal(60)]
    page = planner.get("/norms/?unit=QK1").content.decode()
    assert f"/stock/?q={RICE}&amp;unit=QK1&amp;purpose=SSCD" in page
    stock = planner.get(f"/stock/?q={RICE}&unit=QK1&purpose=SSCD").context["board"].page.rows
    assert [row.on_hand for row in stock] == [Decimal(60)]


def test_the_file_holds_what_the_page_shows(planner):
    answer = planner.get("/norms.csv?state=short&sort=place")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    assert "not met" in text
    body = [line for line in text.splitlines() if BLANKET in line or RICE in line]
    assert [line.split(",")[0].split(" ")[0] for line in body] == ["K01", "K02", "Đơn"]
    assert planner.get("/norms.xlsx").status_code == 200


def test_a_storekeeper_sees_the_norms_of_their_depot_alone(visit):
    from depots.models import Depot

    keeper = visit(a_user("thukho", role=Role.STOREKEEPER, depot=Depot.objects.get(code="K01")))
    assert shown(keeper) == [("K01", BLANKET, 5, 0, 5, 0)]
    assert "K02" not in lasting(keeper.get("/norms/"))


def test_without_norms_the_page_says_where_they_come_from(visit):
    page = visit(a_user("khach")).get("/norms/").content.decode()
    assert "import_norms" in page


def test_asks_as_often_for_a_page_of_a_hundred(planner, django_assert_max_num_queries):
    item = an_item("QN-01-0000021")
    today = timezone.localdate()
    with telling():
        for number in range(120):
            depot = a_depot(f"N{number:03d}")
            ReserveNorm.objects.create(
                depot=depot, item=item, purpose_id="SSCD", required=1, valid_from=today - timedelta(days=1)
            )
    with django_assert_max_num_queries(16):
        assert len(shown(planner)) == 100


def test_the_keeper_of_the_catalogue_enters_a_norm_and_is_told_what_is_wrong(visit):
    from depots.models import Depot
    from inventory.catalogue.models import Item

    keeper = visit(a_user("danhmuc", role=Role.CATALOGUE_KEEPER))
    form = {
        "unit": "", "depot": Depot.objects.get(code="K01").pk, "item": Item.objects.get(code=RICE).pk,
        "purpose": "SSCD", "required": "5", "basis": "QĐ 5", "valid_from": "01/02/2026", "valid_to": "",
        "reason": "Theo QĐ 5",
    }  # fmt: skip
    for row in rows("""
        field    | value | words
        depot    |       | Choose a unit or a depot: one of the two.
        required | 0.5   | cái is counted with 0 decimals.
        required | 0     | A norm asks for more than nothing.
    """):
        answer = keeper.post("/upkeep/norms/reservenorm/add/", form | {row["field"]: row["value"]})
        assert answer.status_code == 200, row
        assert row["words"] in answer.content.decode(), row
    assert keeper.post("/upkeep/norms/reservenorm/add/", form).status_code == 302
    assert ReserveNorm.history.latest().history_change_reason == "Theo QĐ 5"
    again = keeper.post("/upkeep/norms/reservenorm/add/", form)
    assert "There is a norm for this place, item and purpose on some of these days already." in again.content.decode()
