"""Quy định – hiện có – thiếu, over a small tree of units."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from inventory.norms.models import ReserveNorm
from inventory.norms.shortfalls import NormQuestion, in_force, shortfalls
from logistics.accounts.models import Assignment, Role
from tests.factories import a_depot, a_line, a_lot, a_unit, a_user, an_item, posting, telling, world
from tests.notation import rows

pytestmark = pytest.mark.django_db
SSCD = "SSCD"


def a_norm(required, *, item, unit=None, depot=None, purpose=SSCD, since=date(2026, 1, 1), until=None):
    with telling():
        return ReserveNorm.objects.create(
            unit=unit, depot=depot, item=item, purpose_id=purpose, required=Decimal(required), valid_from=since,
            valid_to=until,
        )  # fmt: skip


@pytest.fixture
def tree():
    """QK1 above F3 above E2; a depot each, and one for training below F3. Rice by lots, counted in pieces."""
    poster = world()
    top = a_unit("QK1")
    middle = a_unit("F3", parent=top)
    low = a_unit("E2", parent=middle)
    depots = {"K01": a_depot("K01", unit=top), "K02": a_depot("K02", unit=middle), "K03": a_depot("K03", unit=low)}
    depots["KTAP"] = a_depot("KTAP", unit=middle, is_exercise=True)
    rice = an_item(tracking="lot")
    today = timezone.localdate()
    a_lot(rice, "HONG", expires_date=today - timedelta(days=1))
    a_lot(rice, "GIU", hold_reason="chờ kiểm nghiệm")
    a_lot(rice, "TOT", expires_date=today)
    for row in rows("""
        depot | lot  | grade | purpose      | quantity
        K01   | TOT  | 1     | SSCD         | 100
        K01   | TOT  | 1     | THUONG_XUYEN | 900
        K02   | TOT  | 2     | SSCD         | 40
        K02   | HONG | 1     | SSCD         | 7
        K02   | GIU  | 1     | SSCD         | 5
        K03   | TOT  | 5     | SSCD         | 3
        K03   | TOT  | 1     | SSCD         | 10
        KTAP  | TAP  | 1     | SSCD         | 5000
    """):
        line = a_line(
            rice, row["quantity"], lot=row["lot"], grade=int(row["grade"]), purpose=row["purpose"], bin="A-01"
        )
        posting(poster, "receipt", row["depot"], line, days_ago=2)
    return {"units": {"QK1": top, "F3": middle, "E2": low}, "depots": depots, "rice": rice, "poster": poster}


def test_adds_up_what_lies_below_a_unit_and_counts_as_reserve_only_what_could_be_used(tree):
    units, depots = tree["units"], tree["depots"]
    for row in rows("""
        place | required | on hand | unusable | short | covered | depots
        QK1   |      200 |     165 |       15 |    50 |      75 |      3
        F3    |       50 |      65 |       15 |     0 |     100 |      2
        E2    |       11 |      13 |        3 |     1 |      90 |      1
        K01   |      100 |     100 |        0 |     0 |     100 |      1
        K02   |      500 |      52 |       12 |   460 |       8 |      1
    """):
        place = {"unit": units.get(row["place"])} if row["place"] in units else {"depot": depots[row["place"]]}
        norm = a_norm(row["required"], item=tree["rice"], **place)
        (found,) = [one for one in shortfalls(by=tree["poster"], at=timezone.now()) if one.norm == norm]
        told = (found.on_hand, found.unusable, found.short, found.covered, found.depots)
        assert told == tuple(int(row[name]) for name in ("on hand", "unusable", "short", "covered", "depots")), row


def test_a_purpose_without_stock_is_short_of_everything_and_comes_first(tree):
    a_norm(100, item=tree["rice"], depot=tree["depots"]["K01"])
    a_norm(30, item=tree["rice"], unit=tree["units"]["E2"], purpose="DU_TRU_QUOC_GIA")
    first, second = shortfalls(by=tree["poster"], at=timezone.now())
    assert (first.on_hand, first.short, first.covered) == (0, 30, 0)
    assert (second.short, second.covered) == (0, 100)


def test_is_asked_by_place_item_purpose_and_day(tree):
    units, depots, rice = tree["units"], tree["depots"], tree["rice"]
    a_norm(1, item=rice, unit=units["QK1"], since=date(2026, 1, 1), until=date(2026, 6, 30))
    a_norm(2, item=rice, unit=units["QK1"], since=date(2026, 7, 1))
    a_norm(3, item=rice, depot=depots["K02"], since=date(2020, 1, 1), purpose="DOT_XUAT")
    a_norm(4, item=an_item("QY-01-0000019"), depot=depots["K03"], since=date(2020, 1, 1))

    def found(on, **asked):
        norms = in_force(NormQuestion(**asked), by=tree["poster"], on=on)
        return sorted(int(norm.required) for norm in norms)

    for row in rows("""
        on         | unit | depot | item          | class | purpose  | norms
        2026-06-30 |      |       |               |       |          | 1 3 4
        2026-07-01 |      |       |               |       |          | 2 3 4
        2025-12-31 |      |       |               |       |          | 3 4
        2026-07-01 | F3   |       |               |       |          | 3 4
        2026-07-01 | E2   |       |               |       |          | 4
        2026-07-01 |      | K02   |               |       |          | 3
        2026-07-01 |      |       | QY-01-0000019 |       |          | 4
        2026-07-01 |      |       |               | QN    |          | 2 3
        2026-07-01 |      |       |               |       | DOT_XUAT | 3
        2026-07-01 | X99  |       |               |       |          |
    """):
        asked = {
            "unit": row["unit"], "depot": row["depot"], "item": row["item"], "supply_class": row["class"],
            "purpose": row["purpose"],
        }  # fmt: skip
        wanted = [int(one) for one in row["norms"].split()]
        given = {name: code for name, code in asked.items() if code}
        assert found(date.fromisoformat(row["on"]), **given) == wanted, row


def test_a_units_norm_is_seen_only_by_whoever_may_read_the_whole_unit(tree):
    units, depots, rice = tree["units"], tree["depots"], tree["rice"]
    a_norm(1, item=rice, unit=units["QK1"])
    a_norm(2, item=rice, unit=units["F3"])
    a_norm(3, item=rice, depot=depots["K02"])
    keeper = a_user("thukho", role=Role.STOREKEEPER, depot=depots["K02"])
    planner, keeper_of_goods = a_user("kehoach"), a_user("danhmuc", role=Role.CATALOGUE_KEEPER)
    with telling():
        Assignment.objects.create(user=planner, role=Role.PLANNER, unit=units["F3"])

    def seen(user):
        return sorted(int(norm.required) for norm in in_force(by=user, on=timezone.localdate()))

    assert (seen(keeper), seen(planner), seen(keeper_of_goods)) == ([3], [2, 3], [])


@pytest.mark.parametrize(
    ("since", "until", "is_refused"),
    [
        (date(2026, 7, 1), None, True),
        (date(2025, 1, 1), date(2026, 1, 1), True),
        (date(2025, 1, 1), date(2025, 12, 31), False),
        (date(2026, 12, 31), None, True),
        (date(2027, 1, 1), None, False),
    ],
)
def test_two_norms_of_one_thing_never_hold_on_one_day(tree, since, until, is_refused):
    for place in ({"unit": tree["units"]["F3"]}, {"depot": tree["depots"]["K02"]}):
        a_norm(1, item=tree["rice"], **place, since=date(2026, 1, 1), until=date(2026, 12, 31))
        a_norm(1, item=tree["rice"], **place, purpose="DOT_XUAT", since=since, until=until)
        if is_refused:
            with pytest.raises(IntegrityError, match="norm_one_per_"), transaction.atomic():
                a_norm(2, item=tree["rice"], **place, since=since, until=until)
        else:
            a_norm(2, item=tree["rice"], **place, since=since, until=until)


@pytest.mark.parametrize(
    ("fields", "rule"),
    [
        ({"required": 0}, "norm_required_positive"),
        ({"unit": None, "depot": None}, "norm_unit_or_depot"),
        ({"until": date(2025, 12, 31)}, "norm_valid_dates_ordered"),
    ],
)
def test_the_database_refuses_what_is_no_norm(tree, fields, rule):
    given = {"required": 1, "item": tree["rice"], "unit": tree["units"]["F3"]} | fields
    # The index of the exclusion looks at the days as well, and first: it refuses a range that ends before it starts.
    refused = rule if rule != "norm_valid_dates_ordered" else "range lower bound|norm_valid_dates_ordered"
    with pytest.raises(Exception, match=refused), transaction.atomic():
        a_norm(given.pop("required"), **given)


def test_asks_as_often_for_one_norm_as_for_a_hundred(tree):
    for number in range(100):
        day = date(2020, 1, 1) + timedelta(days=number)
        a_norm(number + 1, item=tree["rice"], unit=tree["units"]["QK1"], since=day, until=day)
    a_norm(5, item=tree["rice"], depot=tree["depots"]["K01"])
    with CaptureQueriesContext(connection) as asked:
        found = shortfalls(by=tree["poster"], at=timezone.now(), question=NormQuestion(unit="QK1"))
    assert len(found) == 1
    assert len(asked) <= 3
