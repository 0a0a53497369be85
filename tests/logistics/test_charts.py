"""Charts: round scales, days under them, fewer points that look the same, and the same numbers as a table."""

from __future__ import annotations

import re
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.template import Context, Template
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from logistics.charts import MOST_POINTS, Line, day_ticks, scale_of, thinned
from tests.notation import rows

NUMBERS = st.decimals(min_value=-(10**9), max_value=10**9, places=3)
START = date(2026, 1, 1)


@given(st.lists(NUMBERS, min_size=1, max_size=20))
def test_a_scale_holds_every_value_and_zero_on_few_round_lines(values):
    scale = scale_of(values)
    assert scale.low <= min(0, *values, 0)
    assert scale.high >= max(0, *values, 0)
    assert Decimal(0) in scale.ticks
    assert 2 <= len(scale.ticks) <= 8
    step = scale.ticks[1] - scale.ticks[0]
    assert str(step.normalize().as_tuple().digits[0]) in "125"
    assert all(0 <= scale.share(value) <= 1 for value in values)


@pytest.mark.parametrize("row", rows("""
    values    | ticks
    0         | 0 0.2 0.4 0.6 0.8 1
    3 7       | 0 2 4 6 8
    -4 90     | -20 0 20 40 60 80 100
    0.4       | 0 0.1 0.2 0.3 0.4
    120000    | 0 50000 100000 150000
"""))  # fmt: skip
def test_scales_that_a_reader_could_draw(row):
    scale = scale_of([Decimal(text) for text in row["values"].split()])
    assert [f"{tick.normalize():f}" for tick in scale.ticks] == row["ticks"].split()


@given(st.dates(date(2000, 1, 1), date(2030, 1, 1)), st.integers(0, 4000))
def test_days_under_a_chart_are_few_in_order_and_inside(first, length):
    last = first + timedelta(days=length)
    ticks = day_ticks(first, last)
    assert ticks == sorted(set(ticks))
    assert 1 <= len(ticks) <= 7
    assert all(first <= day <= last for day in ticks)


@given(st.lists(NUMBERS, min_size=1, max_size=3000))
def test_fewer_points_keep_the_ends_the_lowest_and_the_highest(values):
    points = [(START + timedelta(days=number), value) for number, value in enumerate(values)]
    kept = thinned(points)
    assert len(kept) <= MOST_POINTS + 3
    assert kept == sorted(set(kept))
    assert set(kept) <= set(points)
    assert kept[-1] == points[-1]
    assert {min(value for _, value in kept), max(value for _, value in kept)} == {min(values), max(values)}


def shown(text: str, language: str = "vi", **context) -> str:
    with translation.override(language):
        return Template("{% load charts %}" + text).render(Context(context))


LINES = [
    Line(label="Tồn", points=[(START, Decimal("1234.5")), (date(2026, 1, 5), Decimal(0)), (date(2026, 2, 1), None)]),
    Line(label="Dự báo <i>", points=[(date(2026, 1, 5), Decimal(7))], is_guess=True),
]


def test_lines_stand_beside_a_table_of_the_same_numbers():
    page = shown('{% line_chart lines caption="Gạo" unit="kg" %}', lines=LINES)
    twin = re.findall(r'<time datetime="([0-9-]+)">([0-9/]+)</time></th>(.*?)</tr>', page)
    assert [(day, said, re.findall(r'data-value="([^"]*)">([^<]*)<', cells)) for day, said, cells in twin] == [
        ("2026-01-01", "01/01/2026", [("1234.5", "1.234,5"), ("", "")]),
        ("2026-01-05", "05/01/2026", [("0", "0"), ("7", "7")]),
    ]
    assert "<i>" not in page
    assert "style=" not in page  # the policy stops inline styles
    assert shown('{% line_chart lines caption="Gạo" %}', "en", lines=LINES).count("1,234.5") == 1


def test_stock_goes_in_steps_and_gaps_break_the_line():
    points = [(START, Decimal(10)), (date(2026, 1, 6), Decimal(20)), (date(2026, 1, 11), None),
              (date(2026, 1, 21), Decimal(0))]  # fmt: skip
    stepped = shown('{% line_chart lines caption="x" %}', lines=[Line(label="a", points=points)])
    joined = shown('{% line_chart lines caption="x" steps=False %}', lines=[Line(label="a", points=points)])
    (path,) = re.findall(r'class="line line-1" d="([^"]+)"', stepped)
    assert path == "M0.0 106.0H250.0V14.0M1000.0 198.0"
    assert 'd="M0.0 106.0L250.0 14.0M1000.0 198.0"' in joined


def test_nothing_is_drawn_of_nothing():
    assert "<svg" not in shown('{% line_chart lines caption="x" %}', lines=[Line(label="a", points=[(START, None)])])


def test_bars_are_as_long_as_their_numbers_and_reach_left_below_zero():
    found = shown(
        '{% bars rows label="depot" value="left" unit="ngày" caption="Còn dùng" %}',
        rows=[{"depot": "K01", "left": 30, "href": "/depots/K01/"}, {"depot": "K<2>", "left": Decimal("-10")}],
    )
    drawn = re.findall(r'<rect class="(\w+)" x="([\d.]+)" y="1" width="([\d.]+)"', found)
    assert drawn == [("above", "25.00", "75.00"), ("below", "0.00", "25.00")]
    assert '<a href="/depots/K01/">30</a>' in found
    assert "K&lt;2&gt;" in found
    assert shown('{% bars rows caption="x" %}', rows=[]).count("<rect") == 0
