"""Amounts and days in Vietnamese words: the vectors of the glossary, section 7, and rules that hold for all."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logistics.words import printed_date, words

SPOKEN = {
    0: "không",
    1: "một",
    4: "bốn",
    10: "mười",
    11: "mười một",
    14: "mười bốn",
    15: "mười lăm",
    20: "hai mươi",
    21: "hai mươi mốt",
    24: "hai mươi tư",
    25: "hai mươi lăm",
    100: "một trăm",
    101: "một trăm lẻ một",
    104: "một trăm lẻ bốn",
    105: "một trăm lẻ năm",
    110: "một trăm mười",
    115: "một trăm mười lăm",
    155: "một trăm năm mươi lăm",
    1_000: "một nghìn",
    1_001: "một nghìn không trăm lẻ một",
    1_015: "một nghìn không trăm mười lăm",
    10_000: "mười nghìn",
    1_250_000: "một triệu hai trăm năm mươi nghìn",
    1_000_005: "một triệu không trăm lẻ năm",
    1_453_121_407: "một tỷ bốn trăm năm mươi ba triệu một trăm hai mươi mốt nghìn bốn trăm lẻ bảy",
    1_000_000_000: "một tỷ",
    1_000_000_001: "một tỷ không trăm lẻ một",
    2_005_000_000_000: "hai nghìn không trăm lẻ năm tỷ",
    10**18 + 1: "một tỷ tỷ không trăm lẻ một",
}


@pytest.mark.parametrize(("amount", "spoken"), SPOKEN.items())
def test_reads_as_spoken(amount, spoken):
    expected = f"{spoken[0].upper()}{spoken[1:]} đồng."
    assert words(amount) == expected
    assert words(Decimal(amount)) == expected
    assert words(Decimal(f"{amount}.00")) == expected


@pytest.mark.parametrize(
    ("amount", "unit", "spoken"),
    [
        ("12.5", "kg", "Mười hai phẩy năm kg."),
        ("12.500", "kg", "Mười hai phẩy năm kg."),
        ("7.05", "kg", "Bảy phẩy không năm kg."),
        ("0.125", "lít", "Không phẩy một trăm hai mươi lăm lít."),
        ("1234", "", "Một nghìn hai trăm ba mươi tư."),
        ("-3", "cái", "Âm ba cái."),
    ],
)
def test_reads_quantities(amount, unit, spoken):
    assert words(Decimal(amount), unit=unit) == spoken


def test_the_north_says_linh():
    assert words(105, zero_tens="linh") == "Một trăm linh năm đồng."
    assert words(1_001, zero_tens="linh") == "Một nghìn không trăm linh một đồng."


DIGITS = ["không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín"]
VALUES = {word: value for value, word in enumerate(DIGITS)} | {"mốt": 1, "tư": 4, "lăm": 5}


def heard(text: str) -> int:
    """Return the number a listener writes down: each word adds or multiplies, as in speech."""
    done = part = digit = 0
    for word in text.split():
        if word in VALUES:
            digit = VALUES[word]
        elif word == "mười":
            part += 10
        elif word == "mươi":
            part, digit = part + digit * 10, 0
        elif word == "trăm":
            part, digit = part + digit * 100, 0
        elif word in {"nghìn", "triệu"}:
            done, part, digit = done + (part + digit) * {"nghìn": 1000, "triệu": 10**6}[word], 0, 0
        elif word == "tỷ":
            done, part, digit = (done + part + digit) * 10**9, 0, 0
        else:
            assert word == "lẻ", word
    return done + part + digit


@given(st.integers(0, 10**18 - 1))
def test_a_listener_writes_the_same_number_down(amount):
    text = words(amount, unit="")
    assert text.endswith(".")
    assert text[0].isupper()
    assert heard(text.removesuffix(".").lower()) == amount


@pytest.mark.parametrize(
    ("day", "printed"),
    [
        (date(2026, 2, 5), "Ngày 05 tháng 02 năm 2026"),
        (date(2026, 1, 31), "Ngày 31 tháng 01 năm 2026"),
        (date(2026, 3, 9), "Ngày 09 tháng 3 năm 2026"),
        (date(2026, 12, 10), "Ngày 10 tháng 12 năm 2026"),
    ],
)
def test_printed_dates_have_zeros_where_the_decree_wants_them(day, printed):
    assert printed_date(day) == printed
