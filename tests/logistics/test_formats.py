"""Numbers and days typed and shown: one order in both languages, refused or flagged where it could be misread."""

import unicodedata
from datetime import date, datetime, time
from decimal import Decimal

import pytest
from django import forms
from django.utils import formats, timezone, translation
from hypothesis import given
from hypothesis import strategies as st

from logistics.fields import (
    DayField,
    InputError,
    QuantityField,
    format_date,
    format_quantity,
    full_year,
    parse_date,
    parse_quantity,
)
from logistics.search import fold
from tests.logistics import typed

TODAY = typed.TODAY
LANGUAGES = st.sampled_from(["vi", "en"])
QUANTITIES = st.decimals("-999999999999999.999", "999999999999999.999", places=3)


class TestQuantities:
    @pytest.mark.parametrize(
        ("language", "text", "scale", "value", "other"),
        typed.QUANTITIES,
    )
    def test_are_read_in_the_language_and_flagged_where_the_other_reads_more(self, language, text, scale, value, other):
        typed = parse_quantity(text, language=language, scale=scale)
        assert typed.value == Decimal(value)
        assert typed.other == (None if other is None else Decimal(other))
        assert typed.is_ambiguous is (other is not None)
        assert not (typed.value == 0 and typed.value.is_signed())

    @pytest.mark.parametrize(
        ("language", "text", "scale", "code"),
        typed.NO_QUANTITIES,
    )
    def test_are_refused_where_a_separator_is_out_of_place(self, language, text, scale, code):
        with pytest.raises(InputError) as caught:
            parse_quantity(text, language=language, scale=scale)
        assert caught.value.code == code
        assert caught.value.message % caught.value.params == str(caught.value)

    @pytest.mark.parametrize(
        ("value", "scale", "vi", "en"),
        typed.SHOWN_QUANTITIES,
    )
    def test_are_shown_with_thousands_and_never_rounded(self, value, scale, vi, en):
        assert format_quantity(Decimal(value), "vi", scale=scale) == vi
        assert format_quantity(Decimal(value), "en", scale=scale) == en

    @given(QUANTITIES, LANGUAGES, st.integers(0, 3))
    def test_read_back_as_they_were_shown(self, value, language, scale):
        shown = format_quantity(value, language, scale=scale)
        assert parse_quantity(shown, language=language, scale=3).value == value

    @given(st.text("0123456789.,-", min_size=1, max_size=12), st.integers(0, 3))
    def test_no_text_means_two_numbers_unflagged(self, text, scale):
        readings = {}
        for language in ("vi", "en"):
            try:
                readings[language] = parse_quantity(text, language=language, scale=scale)
            except InputError:
                continue
        for reading in readings.values():
            assert reading.is_ambiguous == (len({other.value for other in readings.values()}) == 2)


class TestDays:
    @pytest.mark.parametrize(
        ("text", "day"),
        typed.DAYS,
    )
    def test_are_read_day_first(self, text, day):
        assert parse_date(text, today=TODAY) == day
        assert parse_date(text, today=TODAY, month_is_last_day=True) == day

    @pytest.mark.parametrize(
        ("text", "code"),
        typed.NO_DAYS,
    )
    def test_are_refused(self, text, code):
        with pytest.raises(InputError) as caught:
            parse_date(text, today=TODAY)
        assert caught.value.code == code

    @pytest.mark.parametrize(
        ("text", "day"),
        typed.MONTHS,
    )
    def test_a_month_is_its_last_day_where_expiry_is_typed(self, text, day):
        assert parse_date(text, today=TODAY, month_is_last_day=True) == day

    def test_there_is_no_month_13(self):
        with pytest.raises(InputError) as caught:
            parse_date("13/2026", today=TODAY, month_is_last_day=True)
        assert caught.value.code == "date_unknown"

    @given(st.dates(date(1900, 1, 1), date(2199, 12, 31)))
    def test_read_back_as_they_were_shown(self, day):
        assert parse_date(format_date(day), today=TODAY) == day
        assert parse_date(f"{day:%d%m%Y}", today=TODAY) == day
        assert parse_date(day.isoformat(), today=TODAY) == day

    @given(st.dates(date(1977, 1, 1), date(2076, 12, 31)))
    def test_two_digits_of_a_year_are_enough_near_today(self, day):
        assert parse_date(f"{day:%d%m%y}", today=TODAY) == day

    @given(st.integers(0, 99), st.dates(date(1950, 1, 1), date(2150, 1, 1)))
    def test_the_window_is_49_years_back_and_50_ahead(self, two_digits, today):
        year = full_year(two_digits, today=today)
        assert year % 100 == two_digits
        assert -49 <= year - today.year <= 50


class Line(forms.Form):
    """A form as a voucher line has it."""

    quantity = QuantityField(scale=3, above=Decimal(0))
    expires = DayField(month_is_last_day=True, today=lambda: TODAY, required=False)


class TestFormFields:
    @pytest.mark.parametrize(
        ("language", "quantity", "shown"), [("vi", "1.234,5", "1.234,5"), ("en", "1,234.5", "1,234.5")]
    )
    def test_clean_in_the_language_of_the_page(self, language, quantity, shown):
        with translation.override(language):
            form = Line({"quantity": quantity, "expires": "05/06/2028"})
            assert form.is_valid(), form.errors
            assert form.cleaned_data == {"quantity": Decimal("1234.5"), "expires": date(2028, 6, 5)}
            stored = Line(initial={"quantity": Decimal("1234.500"), "expires": date(2028, 6, 5)})
            assert stored["quantity"].value() == shown
            assert stored["expires"].value() == "05/06/2028"
            assert not Line({"quantity": quantity, "expires": "050628"}, initial=stored.initial).has_changed()

    def test_keep_what_was_typed_and_say_why(self):
        with translation.override("en"):
            form = Line({"quantity": "12,5", "expires": "06/13/2026"})
            assert {name: [error.code for error in errors.as_data()] for name, errors in form.errors.items()} == {
                "quantity": ["number_form"],
                "expires": ["date_unknown"],
            }
            assert "write it like 1,234.5" in form.errors["quantity"][0]
            assert form["quantity"].value() == "12,5"

    @pytest.mark.parametrize(
        ("quantity", "code"), [("0", "above"), ("-1", "above"), ("", "required"), ("  ", "required")]
    )
    def test_keep_their_limits(self, quantity, code):
        with translation.override("vi"):
            form = Line({"quantity": quantity})
            assert form.errors.as_data()["quantity"][0].code == code

    def test_tell_whether_a_number_could_be_another(self):
        with translation.override("vi"):
            typed = Line.base_fields["quantity"].read("1,234")
        assert (typed.value, typed.other) == (Decimal("1.234"), Decimal(1234))

    def test_never_become_the_browsers_own_widgets(self):
        page = str(Line())
        assert 'inputmode="decimal"' in page
        assert 'type="number"' not in page
        assert 'type="date"' not in page


@pytest.mark.parametrize("language", ["vi", "en"])
class TestDjangosOwnFormats:
    def test_show_days_and_24_hours(self, language):
        with translation.override(language):
            moment = datetime(2026, 6, 5, 14, 7, tzinfo=timezone.get_default_timezone())
            assert formats.date_format(moment.date()) == "05/06/2026"
            assert formats.date_format(moment, "DATETIME_FORMAT") == "05/06/2026 14:07"
            assert formats.date_format(moment, "SHORT_DATE_FORMAT") == "05/06/2026"
            assert formats.time_format(time(14, 7)) == "14:07"
            assert formats.get_format("FIRST_DAY_OF_WEEK") == 1

    def test_group_numbers(self, language):
        with translation.override(language):
            shown = formats.number_format(Decimal("1234567.89"), use_l10n=True, force_grouping=True)
            assert shown == {"vi": "1.234.567,89", "en": "1,234,567.89"}[language]

    def test_never_read_us_order(self, language):
        with translation.override(language):
            assert forms.DateField().clean("05/06/2026") == date(2026, 6, 5)
            assert forms.DateField().clean("2026-06-05") == date(2026, 6, 5)
            with pytest.raises(forms.ValidationError):
                forms.DateField().clean("06/13/2026")
            assert forms.DateTimeField().clean("05/06/2026 14:07").date() == date(2026, 6, 5)


class TestFolding:
    @pytest.mark.parametrize(
        ("text", "folded"),
        [
            ("Đạn súng", "dan sung"),
            ("HOÀ", "hoa"),
            ("hòa", "hoa"),
            ("thuý", "thuy"),
            ("Thúy", "thuy"),
            ("Gạo tẻ", "gao te"),
            ("Ẩm thực ƯỚT", "am thuc uot"),
            ("K01-A/2", "k01-a/2"),
            ("Ống Ø 21 × 3 – “bảo quản 2–8 °C”…", 'ong o 21 * 3 - "bao quan 2-8 °c"...'),
            ("ắ ằ ẳ ẵ ặ ế ề ể ễ ệ ố ồ ổ ỗ ộ ứ ừ ử ữ ự ỳ ỷ ỹ ỵ", "a a a a a e e e e e o o o o o u u u u u y y y y"),
        ],
    )
    def test_forgets_case_and_marks(self, text, folded):
        assert fold(text) == folded

    @given(st.text())
    def test_of_both_unicode_forms_is_the_same_and_folds_no_further(self, text):
        assert fold(unicodedata.normalize("NFD", text)) == fold(unicodedata.normalize("NFC", text))
        assert fold(fold(text)) == fold(text)
