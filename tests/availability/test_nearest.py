"""Where is the nearest stock."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.utils import timezone

from inventory.availability.nearest import nearest
from logistics.errors import Invalid
from tests import factories
from tests.availability.conftest import FAR, HANOI, HUE, SAIGON
from tests.factories import a_line, posting

pytestmark = pytest.mark.django_db


@pytest.fixture
def spread(poster, rice):
    """Rice at Hà Nội 5, at Huế 50, at Sài Gòn 500; nothing at the fourth depot."""
    for code, at, quantity in (("K01", HANOI, 5), ("K02", SAIGON, 500), ("K03", HUE, 50), ("K04", HUE, 0)):
        factories.a_depot(code, at=at)
        if quantity:
            posting(poster, "opening", code, a_line(rice, quantity, lot="L1", expires_date=FAR))
    return rice


def ask(user, item, at=HUE, **given):
    return nearest(item.code, lon=at[0], lat=at[1], by=user, at=timezone.now(), **given)


def test_depots_come_nearest_first_with_their_distance(planner, spread):
    found = ask(planner, spread, quantity=Decimal(50))
    assert [(near.depot, near.available, near.is_enough) for near in found] == [
        ("K03", 50, True),
        ("K01", 5, False),
        ("K02", 500, True),
    ]
    # Vincenty's inverse formula (1975) on WGS 84 gives 538.08 and 635.75 km; a sphere would say 540 and 639.
    assert [round(near.distance_km) for near in found] == [0, 538, 636]
    assert [near.depot for near in ask(planner, spread, at=SAIGON)] == ["K02", "K03", "K01"]
    assert [near.depot for near in ask(planner, spread, limit=2)] == ["K03", "K01"]


def test_a_radius_leaves_out_what_lies_beyond(planner, spread):
    assert [near.depot for near in ask(planner, spread, radius_km=540)] == ["K03", "K01"]
    assert [near.depot for near in ask(planner, spread, radius_km=530)] == ["K03"]
    assert [near.depot for near in ask(planner, spread, at=(0.0, 0.0), radius_km=100)] == []


def test_only_what_is_available_counts(poster, planner, spread):
    with factories.telling():
        lot = spread.lots.get(code="L1")
        lot.hold_reason = "chờ kiểm nghiệm"
        lot.save()
    assert ask(planner, spread) == []
    posting(poster, "receipt", "K04", a_line(spread, 7, lot="L2", expires_date=timezone.localdate()))
    (only,) = ask(planner, spread)
    assert (only.depot, only.available) == ("K04", 7)
    assert ask(planner, spread, min_days_left=0) == [only]
    assert ask(planner, spread, min_days_left=1) == []


def test_a_stranger_learns_nothing(stranger, spread):
    assert ask(stranger, spread) == []


def test_points_off_the_earth_are_refused(planner, spread):
    with pytest.raises(Invalid) as refused:
        ask(planner, spread, at=(181, -91), radius_km=-1, quantity=Decimal(-1))
    assert {fault.pointer for fault in refused.value.faults} == {
        "/query/lon", "/query/lat", "/query/radius_km", "/query/quantity",
    }  # fmt: skip
