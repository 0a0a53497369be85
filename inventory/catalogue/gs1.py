"""GS1 labels: what a scanner sends or a person reads off a box, taken apart into element strings.

Two forms go in and out: raw, as scanned, fields of variable length ended by FNC1 (`\\x1d`), a symbology identifier
such as `]d2` in front or not; and bracketed, as printed under the bars, `(01)18931234567894(10)LO-A1`. biip knows
the Application Identifiers (AIs) and their formats; this module adds what a depot needs to trust the answer: no
leftover, no missing separator, no silent gap, and dates that depend on a day handed in, not on the machine's clock.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final, Self

from biip import ParseConfig, ParseError
from biip.gs1_element_strings import GS1ElementString

from inventory.catalogue.codes import CodeError
from logistics.errors import gettext_noop
from logistics.fields import full_year

FNC1: Final = "\x1d"

# GS1-128, GS1 DataMatrix, GS1 QR, GS1 DataBar and GS1 DotCode: the carriers of element strings (ISO/IEC 15424).
_SYMBOLOGIES: Final = ("]C1", "]d2", "]Q3", "]e0", "]J1")
# GS1 AI encodable character set 82: General Specifications, figure 7.11-1.
_CHARACTERS: Final = re.compile(r"""[!"%&'()*+,\-./0-9:;<=>?A-Z_a-z]*""")
_DATES: Final = frozenset({"11", "12", "13", "15", "16", "17"})
_BRACKETED: Final = re.compile(r"\(([0-9]{2,4})\)((?:\\\(|\((?![0-9]{2,4}\))|[^(\\])+)")
# Our own calendar decides about dates, because biip's depends on today.
_CONFIG: Final = ParseConfig(gs1_element_strings_verify_date=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Element:
    """One element string: its AI, its data as coded, the AI's short title, and the value where the AI says which.

    `day` is set for AIs 11, 12, 13, 15, 16 and 17; `number` for measures and amounts (310n kg, 315n litre, …).
    """

    ai: str
    data: str
    title: str
    ends_with_fnc1: bool
    day: date | None = None
    number: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Label:
    """The element strings of one symbol, in their order; an AI stands in it once."""

    elements: tuple[Element, ...]

    @classmethod
    def parse(cls, text: str, *, today: date) -> Self:
        """Return the label that was scanned or typed, raw or bracketed.

        Every character belongs to an element, every fixed format is met, the check digits of GTINs, SSCCs and GLNs
        are proved. In a date, day 00 is the month's last day, and the two digits of the year mean one from 49 years
        before `today` to 50 after. In the bracketed form “\\(” writes a bracket that belongs to the data.
        A plain GTIN of 8, 12 or 13 digits is no label: ask `codes.check_gtin` about bare digits first.
        Source: GS1 General Specifications, sections 3, 7.8 and 7.12; GS1 Barcode Syntax Dictionary.

        Raises:
            CodeError: `gs1_empty`, `gs1_character` (often a Vietnamese input method that is on), `gs1_brackets`,
                `gs1_format`, `gs1_separator`, `gs1_check_digit`, `gs1_date` or `gs1_repeated`.
        """
        text = text.strip(" \t\r\n")
        if text.startswith("("):
            return cls.of(_bracketed_pairs(text), today=today)
        for symbology in _SYMBOLOGIES:
            text = text.removeprefix(symbology)
        return cls(_told_apart(_raw_elements(text, today=today)))

    @classmethod
    def of(cls, pairs: Iterable[tuple[str, str]], *, today: date) -> Self:
        """Return the label made of (AI, data) pairs, checked as `parse` does.

        Raises:
            CodeError: as `parse`.
        """
        elements: list[Element] = []
        for ai, data in pairs:
            found = _raw_elements(ai + data, today=today)
            if [(element.ai, element.data) for element in found] != [(ai, data)]:
                raise _format_error(ai + data)
            elements += found
        return cls(_told_apart(elements))

    @property
    def raw(self) -> str:
        """The label as a scanner sends it, without symbology identifier; FNC1 only where it is needed."""
        parts = [element.ai + element.data + (FNC1 if element.ends_with_fnc1 else "") for element in self.elements]
        return "".join(parts).removesuffix(FNC1)

    @property
    def bracketed(self) -> str:
        """The label as printed under the bars; a bracket that belongs to the data is written “\\(”."""
        fields = ((element.ai, element.data.replace("(", r"\(")) for element in self.elements)
        return "".join(f"({ai}){data}" for ai, data in fields)

    def get(self, ai: str) -> Element | None:
        """Return the element of an AI, or None."""
        return next((element for element in self.elements if element.ai == ai), None)

    @property
    def gtin(self) -> str | None:
        """AI 01: the 14 digits of what the label is on."""
        return self._data("01")

    @property
    def contained_gtin(self) -> str | None:
        """AI 02: the 14 digits of what lies inside a logistic unit, `count` of them."""
        return self._data("02")

    @property
    def sscc(self) -> str | None:
        """AI 00: the logistic unit, such as a pallet."""
        return self._data("00")

    @property
    def lot(self) -> str | None:
        """AI 10: batch or lot."""
        return self._data("10")

    @property
    def serial_no(self) -> str | None:
        """AI 21: serial number."""
        return self._data("21")

    @property
    def nsn(self) -> str | None:
        """AI 7001: the 13 digits of the NATO stock number."""
        return self._data("7001")

    @property
    def made_date(self) -> date | None:
        """AI 11: production date."""
        return self._day("11")

    @property
    def best_before_date(self) -> date | None:
        """AI 15: last day of best quality."""
        return self._day("15")

    @property
    def expiry_date(self) -> date | None:
        """AI 17: last day of use."""
        return self._day("17")

    @property
    def count(self) -> int | None:
        """AI 37 (pieces in a logistic unit) or AI 30 (pieces in a variable trade item)."""
        data = self._data("37") or self._data("30")
        return int(data) if data else None

    @property
    def net_weight_kg(self) -> Decimal | None:
        """AI 310n: net weight in kilograms, its decimals as coded."""
        return next((element.number for element in self.elements if element.ai.startswith("310")), None)

    def _data(self, ai: str) -> str | None:
        element = self.get(ai)
        return element.data if element else None

    def _day(self, ai: str) -> date | None:
        element = self.get(ai)
        return element.day if element else None


def coded_date(day: date) -> str:
    """Return a day as the six digits YYMMDD of a date element; the reader's year window gives the century back."""
    return f"{day:%y%m%d}"


def _bracketed_pairs(text: str) -> list[tuple[str, str]]:
    pairs, position = [], 0
    while found := _BRACKETED.match(text, position):
        pairs.append((found[1], found[2].replace(r"\(", "(")))
        position = found.end()
    if position < len(text):
        raise CodeError(
            "gs1_brackets",
            gettext_noop("“%(rest)s” cannot be read: write each field as (number)data, such as (10)LO-A1."),
            rest=text[position:],
        )
    return pairs


def _raw_elements(text: str, *, today: date) -> list[Element]:
    elements = []
    rest = text.lstrip(FNC1)
    if not rest:
        raise CodeError("gs1_empty", gettext_noop("The label is empty: scan it again."))
    for piece in rest.split(FNC1):
        if not _CHARACTERS.fullmatch(piece):
            raise CodeError(
                "gs1_character",
                gettext_noop(
                    "“%(text)s” has characters no GS1 label has: turn the Vietnamese input method off, scan again."
                ),
                text=piece,
            )
    while rest:
        try:
            found = GS1ElementString.extract(rest, config=_CONFIG)
        except ParseError as error:
            raise _format_error(rest) from error
        rest = rest[len(found) :]
        # biip stops at the longest match; without this a lot that is too long would go on as another field.
        if found.ai.separator_required and rest and not rest.startswith(FNC1):
            raise CodeError(
                "gs1_separator",
                gettext_noop("Field %(ai)s runs on without an end mark: its data would be “%(data)s”. Scan again."),
                ai=found.ai.ai,
                data=found.value + rest.partition(FNC1)[0],
            )
        rest = rest.lstrip(FNC1)
        elements.append(_element(found, today=today))
    return elements


def _element(found: GS1ElementString, *, today: date) -> Element:
    if found.gtin_error or found.sscc_error or found.gln_error:
        raise CodeError(
            "gs1_check_digit",
            gettext_noop("Field %(ai)s, “%(data)s”, has a wrong check digit. Scan again."),
            ai=found.ai.ai,
            data=found.value,
        )
    return Element(
        ai=found.ai.ai,
        data=found.value,
        title=found.ai.data_title,
        ends_with_fnc1=found.ai.separator_required,
        day=_day(found.ai.ai, found.value, today=today) if found.ai.ai in _DATES else None,
        number=found.decimal,
    )


def _day(ai: str, data: str, *, today: date) -> date:
    year, month, day = full_year(int(data[:2]), today=today), int(data[2:4]), int(data[4:])
    try:
        return date(year, month, day or calendar.monthrange(year, month)[1])
    except ValueError as error:
        raise CodeError(
            "gs1_date",
            gettext_noop("Field %(ai)s holds “%(data)s”, which is no day: it is year, month, day (YYMMDD)."),
            ai=ai,
            data=data,
        ) from error


def _told_apart(elements: list[Element]) -> tuple[Element, ...]:
    """Return the elements, an exact repetition dropped: a label may carry the same field twice, but not two values."""
    kept: dict[str, Element] = {}
    for element in elements:
        if kept.setdefault(element.ai, element) != element:
            raise CodeError(
                "gs1_repeated",
                gettext_noop("Field %(ai)s stands on the label twice with different data: %(one)s, %(other)s."),
                ai=element.ai,
                one=kept[element.ai].data,
                other=element.data,
            )
    return tuple(kept.values())


def _format_error(text: str) -> CodeError:
    return CodeError(
        "gs1_format",
        gettext_noop("“%(text)s” does not start with a field known to GS1, or its data has the wrong form."),
        text=text,
    )
