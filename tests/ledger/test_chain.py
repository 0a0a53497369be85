"""The hash's text is RFC 8785's, to the byte, whatever is written in a movement."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from inventory.ledger.chain import (
    COUNTED_KIND,
    FUEL,
    GENESIS,
    ChainLine,
    ChainMovement,
    FuelFigures,
    canonical,
    exact,
    instant,
    link,
)

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
quantities = st.decimals(-(10**12), 10**12, places=3)
instants = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))
days = st.none() | st.dates(date(2000, 1, 1), date(2100, 1, 1))
fuels = st.builds(
    lambda name, value: FuelFigures(
        conversion=name,
        **{member: round(value, places) for member, places in FUEL.items() if places is not None},
    ),
    st.sampled_from(["API-11.1-1980/B/hydrometer", "TABLE/DO-2026"]),
    st.decimals(-(10**6), 10**6, places=5),
)
lines = st.builds(
    ChainLine,
    fuel=st.none() | fuels,
    line_no=st.integers(1, 5000),
    entry_no=st.integers(1, 5000),
    item=texts,
    lot=texts,
    expires_date=days,
    bin=texts,
    grade=st.integers(1, 5),
    purpose=texts,
    change=quantities,
    on_hand_after=quantities,
    transit_change=quantities,
    consignment_line=st.none() | st.integers(1, 9),
    entered_quantity=quantities,
    entered_unit=texts,
    unit_price=st.none() | st.decimals(0, 10**9, places=2),
    scheduled_quantity=st.none() | quantities,
    reason=texts,
)
others = st.builds(
    ChainMovement,
    depot=texts,
    position=st.integers(1, 2**53 - 1),
    kind=texts.filter(lambda kind: kind != COUNTED_KIND),
    number=texts,
    occurred_at=instants,
    recorded_at=instants,
    actor=texts,
    key=texts,
    counterparty=texts,
    order_number=texts,
    order_date=days,
    reason=texts,
    to_depot=texts,
    consignment=texts,
    reverses=st.none() | st.integers(1, 2**53 - 1),
    lines=st.lists(lines, max_size=3),
)
stocktakes = st.builds(
    lambda movement, at: replace(
        movement, kind=COUNTED_KIND, lines=[replace(line, counted_at=at) for line in movement.lines]
    ),
    others,
    instants,
)
movements = others | stocktakes


@given(movements)
def test_canonical_form_is_rfc_8785(movement):
    ours = canonical(movement)
    assert ours == rfc8785.dumps(json.loads(ours))


@given(movements)
def test_every_field_is_covered(movement):
    text = json.loads(canonical(movement))
    fields = set(ChainMovement.__dataclass_fields__)
    assert set(text) == fields
    members = set(ChainLine.__dataclass_fields__) - ({"counted_at"} if movement.kind != COUNTED_KIND else set())
    for line, told in zip(movement.lines, text["lines"], strict=True):
        assert set(told) == (members if line.fuel else members - {"fuel"})
        assert "fuel" not in told or set(told["fuel"]) == set(FUEL) == set(FuelFigures.__dataclass_fields__)


@given(fuels)
def test_figures_are_read_as_they_are_told(figures):
    assert FuelFigures.of(json.dumps(figures.members())).members() == figures.members()


def test_a_worked_example_for_strangers():
    movement = ChainMovement(
        depot="K01",
        position=1,
        kind="receipt",
        number="PN-K01-2026-00001",
        occurred_at=datetime(2026, 11, 20, 1, tzinfo=UTC),
        recorded_at=datetime(2026, 11, 20, 1, 30, 0, 5, tzinfo=UTC),
        actor="thukho",
        key="k-1",
        counterparty="Xí nghiệp 1",
        order_number="12/LNK",
        order_date=date(2026, 11, 19),
        reason="",
        to_depot="",
        consignment="",
        reverses=None,
        lines=[
            ChainLine(
                line_no=1,
                entry_no=1,
                item="QN-02-0001230",
                lot="L25-01",
                expires_date=date(2028, 6, 30),
                bin="A-01",
                grade=1,
                purpose="THUONG_XUYEN",
                change=Decimal("7.5"),
                on_hand_after=Decimal("7.500"),
                transit_change=Decimal(0),
                consignment_line=None,
                entered_quantity=Decimal("7.5"),
                entered_unit="KGM",
                unit_price=Decimal(15000),
                scheduled_quantity=None,
                reason="",
            )
        ],
    )
    text = (
        '{"actor":"thukho","consignment":"","counterparty":"Xí nghiệp 1","depot":"K01","key":"k-1","kind":"receipt",'
        '"lines":[{"bin":"A-01","change":"7.500","consignment_line":null,"entered_quantity":"7.500",'
        '"entered_unit":"KGM","entry_no":1,"expires_date":"2028-06-30","grade":1,"item":"QN-02-0001230","line_no":1,'
        '"lot":"L25-01","on_hand_after":"7.500","purpose":"THUONG_XUYEN","reason":"","scheduled_quantity":null,'
        '"transit_change":"0.000","unit_price":"15000.00"}],"number":"PN-K01-2026-00001",'
        '"occurred_at":"2026-11-20T01:00:00.000000Z","order_date":"2026-11-19","order_number":"12/LNK","position":1,'
        '"reason":"","recorded_at":"2026-11-20T01:30:00.000005Z","reverses":null,"to_depot":""}'
    )
    assert canonical(movement) == text.encode()
    assert link(GENESIS, movement) == hashlib.sha256(bytes(32) + text.encode()).digest()


@given(st.decimals(-(10**15), 10**15, allow_nan=False))
def test_a_quantity_has_three_decimals_however_it_was_written(value):
    assert exact(value) == (f"{value:.3f}" if value else "0.000")  # as stored: numeric knows no zero below zero


@given(st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1), timezones=st.timezones()))
def test_an_instant_is_in_utc_to_the_microsecond(value):
    assert instant(value) == value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
