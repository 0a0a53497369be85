"""GS1 labels: the two forms, refusals instead of guesses, and the AI table against GS1's own dictionary."""

import re
from datetime import date
from decimal import Decimal

import pytest
from biip.gs1_application_identifiers import GS1ApplicationIdentifier
from hypothesis import given
from hypothesis import strategies as st

from inventory.catalogue.codes import CodeError
from inventory.catalogue.gs1 import Label, coded_date
from tests import published

TODAY = date(2026, 11, 22)
# GS1 AI encodable character set 82.
CHARACTERS = "!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"


def read(text: str, today: date = TODAY) -> Label:
    return Label.parse(text, today=today)


@pytest.mark.parametrize(
    "text",
    [
        "(01)18931234567894(17)261231(10)LO-A1(21)S7",
        "01189312345678941726123110LO-A1\x1d21S7",
        "]d201189312345678941726123110LO-A1\x1d21S7",
        "]C101189312345678941726123110LO-A1\x1d21S7",
        "]Q301189312345678941726123110LO-A1\x1d21S7",
        "]e001189312345678941726123110LO-A1\x1d21S7",
        "\x1d0118931234567894\x1d17261231\x1d10LO-A1\x1d21S7\x1d\r\n",
    ],
)
def test_every_form_of_one_label_reads_the_same(text):
    label = read(text)
    assert (label.gtin, label.lot, label.serial_no) == ("18931234567894", "LO-A1", "S7")
    assert label.expiry_date == date(2026, 12, 31)
    assert label.raw == "01189312345678941726123110LO-A1\x1d21S7"
    assert label.bracketed == "(01)18931234567894(17)261231(10)LO-A1(21)S7"


def test_every_ai_a_depot_uses_has_its_name():
    label = read(
        "(00)089312345678900007(02)18931234567894(37)24(11)260102(15)270203(17)280304(7001)8970001491094(3102)000750"
    )
    assert label.sscc == "089312345678900007"
    assert label.contained_gtin == "18931234567894"
    assert label.count == 24
    assert (label.made_date, label.best_before_date, label.expiry_date) == (
        date(2026, 1, 2),
        date(2027, 2, 3),
        date(2028, 3, 4),
    )
    assert label.nsn == "8970001491094"
    assert label.net_weight_kg == Decimal("7.50")
    assert (label.gtin, label.lot, label.serial_no) == (None, None, None)
    assert read("(01)18931234567894(30)5").count == 5


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "gs1_empty"),
        ("]C1", "gs1_empty"),
        ("(01)18931234567895", "gs1_check_digit"),
        ("(00)089312345678900008", "gs1_check_digit"),
        ("(17)261301", "gs1_format"),
        ("(17)260230", "gs1_date"),
        ("(01)1893123456789", "gs1_format"),
        ("(01)18931234567894(17)(10)A", "gs1_brackets"),
        ("(10)", "gs1_brackets"),
        ("(89)A", "gs1_format"),
        ("(10)" + "A" * 21, "gs1_separator"),
        ("10" + "A" * 20 + "3012", "gs1_separator"),
        ("10LÔ-A1", "gs1_character"),
        ("10LO A1", "gs1_character"),
        ("10A\x1d10B", "gs1_repeated"),
    ],
)
def test_refuses_rather_than_guesses(text, code):
    with pytest.raises(CodeError) as caught:
        read(text)
    assert caught.value.code == code


@pytest.mark.parametrize(("text", "lot"), [("(10)A(", "A("), (r"(10)A\(17)260101", "A(17)260101"), ("(10)(B)", "(B)")])
def test_brackets_may_be_data(text, lot):
    assert read(text).lot == lot


def test_a_repeated_field_with_the_same_data_counts_once():
    assert read("10A\x1d17261231\x1d10A").bracketed == "(10)A(17)261231"


@pytest.mark.parametrize(
    ("data", "today", "day"),
    [
        ("260200", TODAY, date(2026, 2, 28)),
        ("280200", TODAY, date(2028, 2, 29)),
        ("261200", TODAY, date(2026, 12, 31)),
        ("760101", TODAY, date(2076, 1, 1)),
        ("770101", TODAY, date(1977, 1, 1)),
        ("991231", TODAY, date(1999, 12, 31)),
        ("100101", date(2060, 1, 1), date(2110, 1, 1)),
        ("110101", date(2060, 1, 1), date(2011, 1, 1)),
        ("000229", TODAY, date(2000, 2, 29)),
    ],
)
def test_dates_depend_on_the_day_handed_in(data, today, day):
    assert read(f"(17){data}", today).expiry_date == day


@given(st.dates(date(1977, 1, 1), date(2076, 12, 31)))
def test_a_coded_date_reads_back(day):
    assert Label.of([("17", coded_date(day))], today=TODAY).expiry_date == day


@given(
    lot=st.text(CHARACTERS, min_size=1, max_size=20),
    serial=st.text(CHARACTERS, min_size=1, max_size=20),
    expiry=st.dates(date(1977, 1, 1), date(2076, 12, 31)),
    count=st.integers(0, 99_999_999),
)
def test_both_forms_read_back_whatever_the_data(lot, serial, expiry, count):
    pairs = [("10", lot), ("01", "18931234567894"), ("21", serial), ("17", coded_date(expiry)), ("30", str(count))]
    label = Label.of(pairs, today=TODAY)
    assert read("]d2" + label.raw) == label
    assert read(label.bracketed) == label
    assert [(element.ai, element.data) for element in label.elements] == pairs


@given(st.text(CHARACTERS + "\x1d]âĐ", max_size=60))
def test_whatever_is_scanned_is_read_whole_or_refused(text):
    try:
        label = read(text)
    except CodeError:
        return
    assert read(label.raw) == label
    assert len(label.raw.replace("\x1d", "")) <= len(text.replace("\x1d", ""))


def test_data_that_would_be_another_field_is_not_composed():
    with pytest.raises(CodeError) as caught:
        Label.of([("10", "A\x1d21B")], today=TODAY)
    assert caught.value.code == "gs1_format"


def test_the_ai_table_is_gs1s_own():
    """biip's table against the Barcode Syntax Dictionary: the same AIs, the same predefined lengths and formats."""
    entries = formats = 0
    for line in published.table("gs1-syntax-dictionary.txt").read_text(encoding="utf-8").splitlines():
        if not line[:1].isdigit():
            continue
        words = line.partition("#")[0].split()
        first, _, last = words[0].partition("-")
        has_flags = re.fullmatch(r"[*?]+", words[1]) is not None
        is_predefined = has_flags and "*" in words[1]
        parts = [word.partition(",")[0] for word in words[1 + has_flags :] if re.match(r"\[?[NXYZ][0-9.]", word)]
        fixed = sum(int(part[1:]) for part in parts if re.fullmatch(r"[NXYZ][0-9]+", part))
        for number in range(int(first), int(last or first) + 1):
            ai = str(number).zfill(len(first))
            known = GS1ApplicationIdentifier.extract(ai)
            assert known.ai == ai
            assert known.separator_required is not is_predefined, ai
            if len(parts) == 1 and known.format.count("+") == 1:  # the two cut a few AIs into other parts
                assert known.format == f"N{len(ai)}+{parts[0]}"
                formats += 1
            if is_predefined:
                assert re.fullmatch(known.pattern, ai + "1" * fixed), ai
                assert not re.fullmatch(known.pattern, ai + "1" * (fixed + 1)), ai
            entries += 1
    assert (entries, formats) == (541, 477)
