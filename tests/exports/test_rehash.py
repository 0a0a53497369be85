"""The checker's columns spell a movement exactly as the chain does."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from inventory.ledger import chain
from logistics.exports.datasets import MOVEMENT_LINES, MOVEMENTS
from logistics.exports.rehash import canonical_texts

text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=12)
quantity = st.decimals(min_value=Decimal("-999999999999999.999"), max_value=Decimal("999999999999999.999"), places=3)
price = st.decimals(min_value=0, max_value=Decimal("9999999999999999.99"), places=2)
small = st.integers(0, 2**31 - 1)
instant = st.datetimes(datetime(1900, 1, 1), datetime(2199, 1, 1), timezones=st.just(UTC))
day = st.dates(date(1900, 1, 1), date(2199, 12, 31))

fuels = st.builds(
    lambda name, value: chain.FuelFigures(
        conversion=name,
        **{member: round(value, places) for member, places in chain.FUEL.items() if places is not None},
    ),
    st.sampled_from(["API-11.1-1980/B/hydrometer", "TABLE/DO-2026"]),
    st.decimals(-(10**6), 10**6, places=5),
)
lines = st.builds(
    chain.ChainLine,
    fuel=st.none() | fuels,
    line_no=small,
    entry_no=small,
    item=text,
    lot=text,
    expires_date=st.none() | day,
    bin=text,
    grade=st.integers(1, 5),
    purpose=text,
    change=quantity,
    on_hand_after=quantity,
    transit_change=quantity,
    consignment_line=st.none() | small,
    entered_quantity=quantity,
    entered_unit=text,
    unit_price=st.none() | price,
    scheduled_quantity=st.none() | quantity,
    reason=text,
)
any_movements = st.builds(
    chain.ChainMovement,
    depot=text,
    position=st.integers(1, 2**40),
    kind=text.filter(lambda kind: kind != chain.COUNTED_KIND),
    number=text,
    occurred_at=instant,
    recorded_at=instant,
    actor=text,
    key=text,
    counterparty=text,
    order_number=text,
    order_date=st.none() | day,
    reason=text,
    to_depot=text,
    consignment=text,
    reverses=st.none() | st.integers(1, 2**40),
    lines=st.lists(lines, max_size=3),
)
# A stocktake's lines say when they were counted, which files carry as when they are dated.
stocktakes = st.builds(
    lambda movement, at: replace(
        movement, kind=chain.COUNTED_KIND, lines=[replace(line, counted_at=at) for line in movement.lines]
    ),
    any_movements,
    instant,
)
movements = any_movements | stocktakes


def table(rows, columns, schema):
    names = [name for name in columns if name != "lines"]
    data = {name: pa.array([row[name] for row in rows], schema.field(name).type) for name in names}
    return pa.table(data)


COLUMNS = [name for name in chain.ChainLine.__dataclass_fields__ if name != "counted_at"]


@settings(max_examples=150, deadline=None)
@given(st.lists(movements, min_size=1, max_size=4))
def test_columns_spell_what_the_chain_spells(made):
    rows = [asdict(movement) for movement in made]
    own = [
        asdict(line)
        | {
            "occurred_at": line.counted_at or movement.occurred_at,
            "fuel": line.fuel and json.dumps(line.fuel.members(), separators=(",", ":")),
        }
        for movement in made
        for line in movement.lines
    ]
    ends, count = [], 0
    for movement in made:
        count += len(movement.lines)
        ends.append(count)
    texts = canonical_texts(
        table(rows, chain.ChainMovement.__dataclass_fields__, MOVEMENTS.schema),
        table(own, [*COLUMNS, "occurred_at"], MOVEMENT_LINES.schema),
        pa.array(ends, pa.int32()),
    )
    assert texts.to_pylist() == [chain.canonical(movement) for movement in made]
