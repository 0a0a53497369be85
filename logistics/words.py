"""Amounts and days in Vietnamese words, as the printed forms carry them.

num2words has a Vietnamese module, but (0.5.14) says “hai mươi bốn” and “một nghìn lẻ một” where vouchers say
“hai mươi tư” and “một nghìn không trăm lẻ một”, and goes through binary floating point; hence our own.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Final, Literal

_DIGITS: Final = ("không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín")
# After “mươi” three digits change their sound.
_AFTER_TENS: Final = {1: "mốt", 4: "tư", 5: "lăm"}
_BILLION: Final = 1_000_000_000


def words(amount: Decimal | int, *, unit: str = "đồng", zero_tens: Literal["lẻ", "linh"] = "lẻ") -> str:
    """Return the amount in Vietnamese words, first letter capital, ended by the unit and a full stop.

    1250000 is “Một triệu hai trăm năm mươi nghìn đồng.” Decimals follow “phẩy”, leading zeros one by one: 7.05
    with unit "kg" is “Bảy phẩy không năm kg.” Trailing zeros are not spoken. A negative amount starts with “Âm”.
    `zero_tens` joins a single digit to the hundreds: “lẻ”, or “linh” as in the north.
    Source: how accounting vouchers read numbers (forms of Thông tư 99/2025/TT-BTC); vectors in the tests.
    """
    whole, _, decimals = f"{Decimal(amount):f}".removeprefix("-").partition(".")
    decimals = decimals.rstrip("0")
    spoken = _whole(int(whole), zero_tens)
    if decimals:
        zeros = len(decimals) - len(decimals.lstrip("0"))
        spoken += ["phẩy", *["không"] * zeros, *_whole(int(decimals), zero_tens)]
    if amount < 0:
        spoken.insert(0, "âm")
    text = " ".join([*spoken, unit] if unit else spoken)
    return f"{text[0].upper()}{text[1:]}."


def printed_date(day: date) -> str:
    """Return “Ngày 05 tháng 02 năm 2026”: a leading zero for days below 10 and for months 1 and 2 only.

    Source: Nghị định 30/2020/NĐ-CP, appendix I, on the form of official documents.
    """
    month = f"{day.month:02d}" if day.month <= 2 else str(day.month)
    return f"Ngày {day.day:02d} tháng {month} năm {day.year}"


def _whole(number: int, zero_tens: str, *, is_tail: bool = False) -> list[str]:
    """Return a number's words; a tail stands behind a larger part, so its hundreds are spoken even when 0."""
    if number >= _BILLION:
        billions, rest = divmod(number, _BILLION)
        spoken = [*_whole(billions, zero_tens, is_tail=is_tail), "tỷ"]
        return spoken + (_whole(rest, zero_tens, is_tail=True) if rest else [])
    spoken = []
    for size, name in ((1_000_000, ["triệu"]), (1000, ["nghìn"]), (1, [])):
        if group := number // size % 1000:
            spoken += _group(group, zero_tens, is_tail=is_tail) + name
            is_tail = True
    return spoken or [_DIGITS[0]]


def _group(number: int, zero_tens: str, *, is_tail: bool) -> list[str]:
    hundreds, rest = divmod(number, 100)
    tens, ones = divmod(rest, 10)
    spoken = [_DIGITS[hundreds], "trăm"] if hundreds or is_tail else []
    if tens > 1:
        spoken += [_DIGITS[tens], "mươi"]
        if ones:
            spoken.append(_AFTER_TENS.get(ones, _DIGITS[ones]))
    elif tens == 1:
        spoken.append("mười")
        if ones:
            spoken.append("lăm" if ones == 5 else _DIGITS[ones])
    elif ones:
        if spoken:
            spoken.append(zero_tens)
        spoken.append(_DIGITS[ones])
    return spoken
