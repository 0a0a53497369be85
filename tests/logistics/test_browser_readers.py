"""The browser's modules read and show what people type exactly as the server does: one table, and texts at random."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from logistics.fields import InputError, format_date, format_quantity, full_year, parse_date, parse_quantity
from logistics.words import words
from tests.logistics import typed

NODE = Path(sys.executable).with_name("node")
LANGUAGES = st.sampled_from(["vi", "en"])
QUANTITIES = st.decimals("-999999999999999.999", "999999999999999.999", places=3)
# What a quantity or a day is typed with, and what it is mistyped with.
TEXTS = st.text("0123456789.,-−+/ tT٣x", max_size=14) | st.from_regex(
    r"\A[-+]?[0-9]{1,4}([.,][0-9]{3}){0,4}([.,][0-9]{1,4})?\Z"
)
DAY_TEXTS = TEXTS | st.from_regex(r"\A[0-9]{1,2}([/.-]?[0-9]{1,2}){1,2}[/.-]?(19|20|21|22|00)?[0-9]{0,2}\Z")
# The process lives as long as the module; every example only asks it.
asking = settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])

Ask = Callable[..., Any]


@pytest.fixture(scope="module")
def browser() -> Iterator[Ask]:
    """A function that asks the modules, running in node."""
    command = [NODE, Path(__file__).with_name("readers.mjs")]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, encoding="utf-8"
    ) as process:
        assert process.stdin
        assert process.stdout

        def ask(name: str, *arguments: Any) -> Any:
            process.stdin.write(json.dumps([name, *arguments]) + "\n")
            process.stdin.flush()
            return json.loads(process.stdout.readline())

        yield ask
        process.stdin.close()


class TestTheTable:
    @pytest.mark.parametrize(("language", "text", "scale", "value", "other"), typed.QUANTITIES)
    def test_quantities(self, browser, language, text, scale, value, other):
        read = browser("readQuantity", text, language, scale)
        assert read == {"value": value, "problem": None, "isAmbiguous": other is not None, "other": other}

    @pytest.mark.parametrize(("language", "text", "scale", "code"), typed.NO_QUANTITIES)
    def test_no_quantities(self, browser, language, text, scale, code):
        read = browser("readQuantity", text, language, scale)
        assert read == {"value": None, "problem": code, "isAmbiguous": False, "other": None}

    @pytest.mark.parametrize(("value", "scale", "vi", "en"), typed.SHOWN_QUANTITIES)
    def test_shown_quantities(self, browser, value, scale, vi, en):
        plain = f"{Decimal(value):f}"
        assert browser("showQuantity", plain, "vi", scale) == vi
        assert browser("showQuantity", plain, "en", scale) == en

    @pytest.mark.parametrize(("text", "day"), typed.DAYS)
    def test_days(self, browser, text, day):
        for expiry in (False, True):
            read = browser("readDay", text, typed.TODAY.isoformat(), {"monthIsLastDay": expiry})
            assert read == {"iso": day.isoformat(), "problem": None}

    @pytest.mark.parametrize(("text", "day"), typed.MONTHS)
    def test_months(self, browser, text, day):
        read = browser("readDay", text, typed.TODAY.isoformat(), {"monthIsLastDay": True})
        assert read == {"iso": day.isoformat(), "problem": None}

    @pytest.mark.parametrize(("text", "code"), typed.NO_DAYS)
    def test_no_days(self, browser, text, code):
        assert browser("readDay", text, typed.TODAY.isoformat()) == {"iso": None, "problem": code}

    @pytest.mark.parametrize(
        ("iso", "vi", "en"),
        [
            ("2026-11-22", "Chủ nhật", "Sunday"),
            ("2026-02-05", "Thứ năm", "Thursday"),
            ("2199-12-31", "Thứ ba", "Tuesday"),
        ],
    )
    def test_weekdays(self, browser, iso, vi, en):
        assert browser("weekday", iso, "vi") == vi
        assert browser("weekday", iso, "en") == en
        assert f"{date.fromisoformat(iso):%A}" == en

    @pytest.mark.parametrize(
        ("value", "said"),
        [
            ("0", "zero"),
            ("1234", "one thousand two hundred thirty-four"),
            ("1.234", "one point two three four"),
            ("-20.05", "minus twenty point zero five"),
            ("1000000", "one million"),
            ("1000001", "one million one"),
            ("115019", "one hundred fifteen thousand nineteen"),
            ("999999999999999", "nine hundred ninety-nine trillion nine hundred ninety-nine billion "
             "nine hundred ninety-nine million nine hundred ninety-nine thousand nine hundred ninety-nine"),
        ],
    )  # fmt: skip
    def test_english_words(self, browser, value, said):
        assert browser("inWords", value, "en") == said


class TestAnyText:
    @asking
    @given(TEXTS, LANGUAGES, st.integers(0, 3))
    def test_is_the_same_quantity_on_both_sides(self, browser, text, language, scale):
        read = browser("readQuantity", text, language, scale)
        value, other = (None if read[name] is None else Decimal(read[name]) for name in ("value", "other"))
        try:
            expected = parse_quantity(text, language=language, scale=scale)
            meant = (expected.value, None, expected.is_ambiguous, expected.other)
        except InputError as error:
            meant = (None, error.code, False, None)
        assert (value, read["problem"], read["isAmbiguous"], other) == meant

    @asking
    @given(DAY_TEXTS, st.dates(date(1950, 1, 1), date(2149, 12, 31)), st.booleans())
    def test_is_the_same_day_on_both_sides(self, browser, text, today, expiry):
        read = browser("readDay", text, today.isoformat(), {"monthIsLastDay": expiry})
        try:
            meant = {"iso": parse_date(text, today=today, month_is_last_day=expiry).isoformat(), "problem": None}
        except InputError as error:
            meant = {"iso": None, "problem": error.code}
        assert read == meant

    @asking
    @given(QUANTITIES, LANGUAGES, st.integers(0, 3))
    def test_shown_reads_back(self, browser, value, language, scale):
        shown = browser("showQuantity", f"{value:f}", language, scale)
        assert shown == format_quantity(value, language, scale=scale)
        assert Decimal(browser("readQuantity", shown, language, 3)["value"]) == value

    @asking
    @given(st.dates(date(1900, 1, 1), date(2199, 12, 31)))
    def test_a_day_shown_reads_back(self, browser, day):
        shown = browser("showDay", day.isoformat())
        assert shown == format_date(day)
        assert browser("readDay", shown, typed.TODAY.isoformat())["iso"] == day.isoformat()

    @asking
    @given(st.integers(0, 99), st.dates(date(1950, 1, 1), date(2150, 1, 1)))
    def test_two_digits_are_the_same_year(self, browser, two_digits, today):
        assert browser("fullYear", two_digits, today.isoformat()) == full_year(two_digits, today=today)

    @asking
    @given(QUANTITIES)
    def test_is_said_in_vietnamese_as_on_paper(self, browser, value):
        said = browser("inWords", f"{value:f}" if value else "0", "vi")
        assert f"{said[0].upper()}{said[1:]}." == words(value, unit="")
