"""The code rules of the glossary, section 8: published vectors, one-digit slips, and what is refused and why."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.catalogue import codes
from inventory.catalogue.codes import CodeError

ERA_63, ERA_34 = codes.PROVINCE_ERAS
PROVINCES = {("24", ERA_63): "Bắc Giang", ("24", ERA_34): "Bắc Ninh", ("26", ERA_63): "Vĩnh Phúc"}


def refusal(check, *args, **kwargs) -> str:
    """Return the code of the error that `check` raises."""
    with pytest.raises(CodeError) as caught:
        check(*args, **kwargs)
    error = caught.value
    assert str(error) == error.message % error.params
    return error.code


class TestGtin:
    @pytest.mark.parametrize(
        ("typed", "kept"),
        [
            ("8931234567897", "8931234567897"),
            ("8 931234 567897", "8931234567897"),
            ("18931234567894", "18931234567894"),
            ("73513537", "73513537"),  # GTIN-8
            ("036000291452", "036000291452"),  # GTIN-12
        ],
    )
    def test_keeps_a_good_one_without_blanks(self, typed, kept):
        assert codes.check_gtin(typed) == kept

    @pytest.mark.parametrize(
        ("typed", "code"),
        [
            ("8931234567898", "gtin_check_digit"),
            ("893123456789", "gtin_check_digit"),
            ("89312345678", "gtin_form"),
            ("893123456789７", "gtin_form"),
            ("٨٩٣١٢٣٤٥٦٧٨٩٧", "gtin_form"),
            ("", "gtin_form"),
        ],
    )
    def test_refuses(self, typed, code):
        assert refusal(codes.check_gtin, typed) == code

    def test_compares_lengths_in_14_digits(self):
        assert codes.gtin_14("8931234567897") == "08931234567897"
        assert codes.check_gtin(codes.gtin_14("73513537")) == "00000073513537"

    @given(st.text("0123456789", min_size=12, max_size=12), st.integers(0, 12), st.integers(1, 9))
    def test_finds_every_single_wrong_digit(self, stem, place, shift):
        good = next(stem + last for last in "0123456789" if _passes(codes.check_gtin, stem + last))
        slip = good[:place] + str((int(good[place]) + shift) % 10) + good[place + 1 :]
        assert refusal(codes.check_gtin, slip) == "gtin_check_digit"


def _passes(check, text) -> bool:
    try:
        check(text)
    except CodeError:
        return False
    return True


class TestSscc:
    def test_keeps_a_good_one(self):
        assert codes.check_sscc("0893 1234 5678 900007") == "089312345678900007"

    @pytest.mark.parametrize(
        ("typed", "code"), [("089312345678900008", "sscc_check_digit"), ("8931234567897", "sscc_form")]
    )
    def test_refuses(self, typed, code):
        assert refusal(codes.check_sscc, typed) == code


class TestItemCode:
    @pytest.mark.parametrize("typed", ["QN-02-0001230", " qn-02-0001230 ", "QN020001230"])
    def test_keeps_a_good_one_in_one_form(self, typed):
        assert codes.check_item_code(typed) == "QN-02-0001230"

    @pytest.mark.parametrize(
        ("typed", "code"),
        [
            ("QN-02-0001237", "item_code_check_digit"),
            ("QN-20-0001230", "item_code_check_digit"),
            ("QN-02-000123", "item_code_form"),
            ("Q-02-0001230", "item_code_form"),
            ("ĐT-02-0001230", "item_code_form"),
            ("QN-02-0001230\nX", "item_code_form"),
        ],
    )
    def test_refuses(self, typed, code):
        assert refusal(codes.check_item_code, typed) == code

    def test_is_built_from_its_parts(self):
        assert codes.item_code("QN", 2, 123) == "QN-02-0001230"

    @pytest.mark.parametrize(
        "parts", [("qn", 2, 1), ("QNQNQ", 2, 1), ("QN", 100, 1), ("QN", 2, 1_000_000), ("QN", -1, 1)]
    )
    def test_is_not_built_from_parts_that_do_not_fit(self, parts):
        assert refusal(codes.item_code, *parts) == "item_code_form"

    @given(st.sampled_from(["QN", "QY", "XD", "DT", "VT"]), st.integers(0, 99), st.integers(0, 999_999))
    def test_comes_apart_as_it_was_put_together(self, branch, group, number):
        assert codes.ItemCode.parse(codes.item_code(branch, group, number)) == (branch, group, number)


class TestOthersCodes:
    @pytest.mark.parametrize(
        ("check", "typed", "kept"),
        [
            (codes.check_nsn, "8970-00-149-1094", "8970001491094"),
            (codes.check_nsn, "8970001491094", "8970001491094"),
            (codes.check_nsn, "8970-00-a49-1094", "897000A491094"),
            (codes.shown_nsn, "8970001491094", "8970-00-149-1094"),
            (codes.check_atc, "n02be01", "N02BE01"),
            (codes.check_agency_code, "G11.05.001", "G11.05.001"),
            (codes.check_agency_code, "g11", "G11"),
            (codes.check_agency_alias, "000.00.00.G11", "000.00.00.G11"),
            (codes.check_tax_code, "0100233488", "0100233488"),
            (codes.check_tax_code, "0314409058-002", "0314409058-002"),
            (codes.check_tax_code, "0314409058 002", "0314409058-002"),
        ],
    )
    def test_keep_a_good_one_in_one_form(self, check, typed, kept):
        assert check(typed) == kept

    @pytest.mark.parametrize(
        ("check", "typed", "code"),
        [
            (codes.check_nsn, "8970-00-149-109", "nsn_form"),
            (codes.check_nsn, "8970-00-1A9-1094", "nsn_form"),
            (codes.check_atc, "W02BE01", "atc_form"),
            (codes.check_atc, "N02BE1", "atc_form"),
            (codes.check_agency_code, "Z11.05", "agency_code_form"),
            (codes.check_agency_code, "G11..05", "agency_code_form"),
            (codes.check_agency_code, "000.00.00.G11", "agency_code_form"),
            (codes.check_agency_code, "G11" + ".1234567" * 4 + ".", "agency_code_form"),
            (codes.check_agency_code, "G11" + ".1234567" * 3 + ".12345678", "agency_code_form"),
            (codes.check_agency_alias, "G11.05.001", "agency_alias_form"),
            (codes.check_tax_code, "0100233480", "tax_code_check_digit"),
            (codes.check_tax_code, "010023348", "tax_code_form"),
            (codes.check_tax_code, "0100233488-000", "tax_code_form"),
        ],
    )
    def test_refuse(self, check, typed, code):
        assert refusal(check, typed) == code

    def test_agency_code_may_have_exactly_35_characters(self):
        longest = "G11" + ".1234567" * 4
        assert len(longest) == 35
        assert codes.check_agency_code(longest) == longest

    def test_stock_number_must_be_of_a_known_class_where_classes_are_given(self):
        assert codes.check_nsn("8970-00-149-1094", classes={"8970"}) == "8970001491094"
        assert refusal(codes.check_nsn, "0070-00-149-1094", classes={"8970"}) == "nsn_class"

    @pytest.mark.parametrize("typed", ["1203", "UN1203", "un 1203 "])
    def test_un_number_is_known(self, typed):
        assert codes.check_un_number(typed, known={"1203"}) == "1203"

    @pytest.mark.parametrize(("typed", "code"), [("9999", "un_number_unknown"), ("123", "un_number_form")])
    def test_un_number_is_refused(self, typed, code):
        assert refusal(codes.check_un_number, typed, known={"1203"}) == code


class TestProvince:
    @pytest.mark.parametrize(
        ("code", "on", "name"),
        [
            ("24", date(2025, 6, 30), "Bắc Giang"),
            ("24", date(2025, 7, 1), "Bắc Ninh"),
            ("26", date(2008, 8, 1), "Vĩnh Phúc"),
        ],
    )
    def test_is_named_by_code_and_day(self, code, on, name):
        assert PROVINCES[codes.check_province(code, on=on, known=PROVINCES)] == name

    @pytest.mark.parametrize(
        ("code", "on", "refused"),
        [
            ("26", date(2025, 7, 1), "province_unknown"),
            ("99", date(2020, 1, 1), "province_unknown"),
            ("24", date(2008, 7, 31), "province_era"),
            ("1", date(2026, 1, 1), "province_form"),
            ("²4", date(2026, 1, 1), "province_form"),
        ],
    )
    def test_is_refused(self, code, on, refused):
        assert refusal(codes.check_province, code, on=on, known=PROVINCES) == refused
