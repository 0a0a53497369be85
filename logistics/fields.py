"""What people type into a form: quantities and days, read and shown in one way in both languages.

A number typed in the other language's order is refused or flagged, never guessed, and no date is ever read in
US order: a misread quantity or expiry date is a safety fault here, not a nuisance.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from types import ModuleType
from typing import Any, Final, NoReturn

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from logistics.errors import RuleError, gettext_noop
from logistics.formats.en import formats as en_formats
from logistics.formats.vi import formats as vi_formats

_FORMATS: Final[dict[str, ModuleType]] = {"vi": vi_formats, "en": en_formats}
_WHOLE_DIGITS: Final = 15  # numeric(18,3) has 15 before the decimal sign


class InputError(RuleError):
    """Typed text that cannot be read as a quantity or a day."""


# --- Quantities -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedQuantity:
    """A quantity as read, and what the same text would mean in the other language.

    `other` is None when the other language reads the same number or cannot read the text at all. When it is
    set, the caller shows `value` in words before anything is posted.
    """

    value: Decimal
    other: Decimal | None

    @property
    def is_ambiguous(self) -> bool:
        """Tell whether the two languages read two numbers."""
        return self.other is not None


def parse_quantity(text: str, *, language: str, scale: int) -> TypedQuantity:
    """Return the number that `text` means in `language` ("vi" or "en"), at most `scale` decimals.

    Vietnamese reads 1234, 1.234 and 12,5; English reads 1234, 1,234 and 12.5. Thousands are grouped wholly and
    by three or not at all, so a separator out of place refuses the text instead of changing the number. Decimals
    beyond the scale refuse it even when they are zeros: 12,000 typed for pieces was meant as twelve thousand.

    Raises:
        InputError: `number_form`, `number_decimals` or `number_size`.
    """
    language = language.partition("-")[0]
    value = _read_number(text, language=language, scale=scale)
    try:
        other: Decimal | None = _read_number(text, language="en" if language == "vi" else "vi", scale=scale)
    except InputError:
        other = None
    return TypedQuantity(value=value, other=None if other == value else other)


def format_quantity(value: Decimal, language: str, *, scale: int = 0) -> str:
    """Return the number as people read it, thousands grouped: 1.234.567,89 in "vi", 1,234,567.89 in "en".

    Shows at least `scale` decimals and never fewer than the value needs, so nothing is rounded and
    `parse_quantity` gives the same number back.
    """
    module = _FORMATS[language.partition("-")[0]]
    assert value.is_finite(), "a quantity is a number"
    if not value:
        value = abs(value)  # a negative zero prints no sign
    needed = len(f"{value:f}".partition(".")[2].rstrip("0"))
    english = f"{value:,.{max(scale, needed)}f}"
    return english.translate(str.maketrans({",": module.THOUSAND_SEPARATOR, ".": module.DECIMAL_SEPARATOR}))


def told_quantity(value: Decimal) -> str:
    """Return the number as `format_quantity` does, in the language that is active now: for a number in a sentence."""
    return format_quantity(value, _page_language())


def _read_number(text: str, *, language: str, scale: int) -> Decimal:
    module = _FORMATS[language]
    group, point = re.escape(module.THOUSAND_SEPARATOR), re.escape(module.DECIMAL_SEPARATOR)
    # A grouped number does not start with 0: 0.125 typed in Vietnamese was meant as a fraction, not as 125.
    found = re.fullmatch(rf"([-−+]?)([0-9]+|[1-9][0-9]{{0,2}}(?:{group}[0-9]{{3}})+)(?:{point}([0-9]+))?", text.strip())
    if not found:
        raise InputError(
            "number_form",
            gettext_noop("“%(text)s” is not a number: write it like %(example)s."),
            text=text,
            example=format_quantity(Decimal("1234.5") if scale else Decimal(1234), language),
        )
    sign, whole, decimals = found[1], found[2].replace(module.THOUSAND_SEPARATOR, ""), found[3] or ""
    if len(decimals) > scale:
        if scale == 0:
            message = gettext_noop("“%(text)s” has decimals, but this unit is counted in whole numbers.")
        else:
            message = gettext_noop("“%(text)s” has too many decimals: this unit takes at most %(scale)d.")
        raise InputError("number_decimals", message, text=text, scale=scale)
    if len(whole.lstrip("0")) > _WHOLE_DIGITS:
        raise InputError(
            "number_size",
            gettext_noop("“%(text)s” is too large: at most %(digits)d digits before the decimal sign."),
            text=text,
            digits=_WHOLE_DIGITS,
        )
    value = Decimal(f"{whole}.{decimals or 0}")
    return -value if sign in {"-", "−"} and value else value


class QuantityField(forms.Field):
    """A form field for a quantity: text with a decimal keypad, read in the language of the page.

    Cleans to an exact Decimal, or None when it may be empty and is. `read` tells in addition whether the text
    is ambiguous, for the review step.
    """

    widget = forms.TextInput
    default_error_messages = {
        "min_value": _("Enter %(limit)s or more."),
        "above": _("Enter more than %(limit)s."),
    }

    def __init__(
        self, *, scale: int = 3, min_value: Decimal | None = None, above: Decimal | None = None, **kwargs: Any
    ) -> None:
        self.scale, self.min_value, self.above = scale, min_value, above
        # Never type=number: browsers read its text by their own language, not the page's.
        attrs = {"inputmode": "decimal" if scale else "numeric", "autocomplete": "off"}
        kwargs.setdefault("widget", forms.TextInput(attrs=attrs))
        super().__init__(**kwargs)

    def read(self, text: str) -> TypedQuantity:
        """Return what the text means on this page and whether it is ambiguous.

        Raises:
            ValidationError: with the code of the `InputError`, in the language of the page.
        """
        try:
            return parse_quantity(text, language=_page_language(), scale=self.scale)
        except InputError as error:
            raise _shown(error) from error

    def to_python(self, value: object) -> Decimal | None:
        """Return the number of the text typed; a Decimal stays as it is."""
        if isinstance(value, Decimal):
            return value
        text = "" if value is None else str(value).strip()
        return self.read(text).value if text else None

    def validate(self, value: Decimal | None) -> None:
        """Refuse an empty value where one is required, and a value below the limits."""
        super().validate(value)
        if value is None:
            return
        if self.min_value is not None and value < self.min_value:
            self._refuse("min_value", self.min_value)
        if self.above is not None and value <= self.above:
            self._refuse("above", self.above)

    def _refuse(self, code: str, limit: Decimal) -> NoReturn:
        shown = format_quantity(limit, _page_language())
        raise ValidationError(self.error_messages[code], code=code, params={"limit": shown})

    def prepare_value(self, value: object) -> object:
        """Return a stored number as the page shows it; typed text comes back untouched."""
        number = Decimal(value) if isinstance(value, int) else value
        return format_quantity(number, _page_language()) if isinstance(number, Decimal) else number


# --- Days -------------------------------------------------------------------------------------------


def parse_date(text: str, *, today: date, month_is_last_day: bool = False) -> date:
    """Return the day that `text` means, always day before month.

    Reads dd/mm/yyyy (also with . or - and without leading zeros), dd/mm/yy, ddmmyy, ddmmyyyy, yyyy-mm-dd, `t`
    for today and +7 or -7 for days from today. With `month_is_last_day`, for expiry, mm/yyyy is the month's
    last day.

    Raises:
        InputError: `date_form`, `date_unknown` (no such day) or `date_year` (before 1900 or after 2199).
    """
    typed = text.strip().lower()
    if typed == "t":
        return today
    if offset := re.fullmatch(r"([+-])([0-9]{1,4})", typed):
        return today + timedelta(days=int(offset[1] + offset[2]))
    if month_is_last_day and (found := re.fullmatch(r"([0-9]{1,2})[/.-]([0-9]{4})", typed)):
        year, month = int(found[2]), int(found[1])
        day = calendar.monthrange(year, month)[1] if 1 <= month <= 12 else 0
    elif found := re.fullmatch(r"([0-9]{4})-([0-9]{2})-([0-9]{2})", typed):
        year, month, day = map(int, found.groups())
    elif found := (
        re.fullmatch(r"([0-9]{1,2})([/.-])([0-9]{1,2})\2([0-9]{4}|[0-9]{2})", typed)
        or re.fullmatch(r"([0-9]{2})()([0-9]{2})([0-9]{4}|[0-9]{2})", typed)
    ):
        day, month = int(found[1]), int(found[3])
        year = int(found[4]) if len(found[4]) == 4 else full_year(int(found[4]), today=today)
    else:
        raise InputError(
            "date_form",
            gettext_noop("“%(text)s” is not a date: write day/month/year, such as 05/02/2026."),
            text=text,
        )
    try:
        answer = date(year, month, day)
    except ValueError as error:
        raise InputError(
            "date_unknown",
            gettext_noop("“%(text)s” is no day of the calendar: the day comes first, then the month."),
            text=text,
        ) from error
    if not 1900 <= year <= 2199:
        raise InputError("date_year", gettext_noop("“%(text)s”: the year must be from 1900 to 2199."), text=text)
    return answer


def format_date(day: date) -> str:
    """Return the day as dd/mm/yyyy, in both languages."""
    return f"{day:%d/%m}/{day.year:04d}"


def format_moment(at: datetime) -> str:
    """Return the instant as dd/mm/yyyy hh:mm in the store's zone, in both languages."""
    here = timezone.localtime(at)
    return f"{format_date(here.date())} {here:%H:%M}"


def full_year(two_digits: int, *, today: date) -> int:
    """Return the year that two digits mean: from 49 years before this one to 50 after it.

    Source: GS1 General Specifications, section 7.12.
    """
    earliest = today.year - 49
    return earliest + (two_digits - earliest) % 100


class DayField(forms.Field):
    """A form field for a day: one text box, day before month in both languages.

    Cleans to a date, or None when it may be empty and is. `today` is a clock, so that tests can hold it still.
    """

    def __init__(
        self,
        *,
        month_is_last_day: bool = False,
        today: Callable[[], date] = timezone.localdate,
        **kwargs: Any,
    ) -> None:
        self.month_is_last_day, self.today = month_is_last_day, today
        # Never type=date: the browser's picker shows the browser's order, which may be the US one.
        attrs = {"placeholder": _("dd/mm/yyyy"), "autocomplete": "off"}
        kwargs.setdefault("widget", forms.TextInput(attrs=attrs))
        super().__init__(**kwargs)

    def to_python(self, value: object) -> date | None:
        """Return the day typed; a date stays as it is."""
        if isinstance(value, date):
            return value
        text = "" if value is None else str(value).strip()
        if not text:
            return None
        try:
            return parse_date(text, today=self.today(), month_is_last_day=self.month_is_last_day)
        except InputError as error:
            raise _shown(error) from error

    def prepare_value(self, value: object) -> object:
        """Return a stored day as the page shows it; typed text comes back untouched."""
        return format_date(value) if isinstance(value, date) else value


def _page_language() -> str:
    return get_language() or settings.LANGUAGE_CODE


def _shown(error: RuleError) -> ValidationError:
    return ValidationError(gettext(error.message), code=error.code, params=error.params)
