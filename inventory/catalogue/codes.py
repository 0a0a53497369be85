"""Codes and how to tell a good one from a mistyped one; pure rules, no table and no database.

Every check returns the code in the one form the store keeps, or raises `CodeError`. Where a rule needs a
table (UN numbers, supply classes of stock numbers, provinces), the caller hands in what is known: a set, or
anything `in` works on. Libraries do the arithmetic: biip for GS1, python-stdnum for the tax code.
"""

from __future__ import annotations

import re
from collections.abc import Container
from datetime import date
from typing import Final, NamedTuple, Self

from biip.checksums import gs1_standard_check_digit
from stdnum.exceptions import InvalidChecksum, ValidationError
from stdnum.vn import mst

from logistics.errors import RuleError, gettext_noop

KILOGRAM: Final = "KGM"  # UN/CEFACT Rec 20
_BLANKS: Final = re.compile(r"[\s-]+")


class CodeError(RuleError):
    """A code that breaks its rule; `code` names which rule, e.g. `gtin_check_digit`."""


# --- GS1 keys -------------------------------------------------------------------------------------


def check_gtin(text: str) -> str:
    """Return a GTIN-8, -12, -13 or -14 without blanks and hyphens, its check digit proved.

    Source: GS1 General Specifications, sections 3.3 and 7.9.1.

    Raises:
        CodeError: `gtin_form` or `gtin_check_digit`.
    """
    digits = _BLANKS.sub("", text)
    if not _is_number(digits) or len(digits) not in {8, 12, 13, 14}:
        raise CodeError(
            "gtin_form",
            gettext_noop("“%(text)s” is no GTIN: it has 8, 12, 13 or 14 digits. Scan the barcode again."),
            text=text,
        )
    _prove_check_digit(digits, code="gtin_check_digit", text=text)
    return digits


def gtin_14(text: str) -> str:
    """Return the GTIN filled to 14 digits: the form to store where GTINs of different lengths are compared.

    Source: GS1 General Specifications, section 3.3 (a shorter GTIN keeps its meaning behind leading zeros).

    Raises:
        CodeError: as `check_gtin`.
    """
    return check_gtin(text).zfill(14)


def check_sscc(text: str) -> str:
    """Return an SSCC-18 without blanks and hyphens, its check digit proved.

    Source: GS1 General Specifications, sections 3.2 and 7.9.1.

    Raises:
        CodeError: `sscc_form` or `sscc_check_digit`.
    """
    digits = _BLANKS.sub("", text)
    if not _is_number(digits) or len(digits) != 18:
        raise CodeError(
            "sscc_form",
            gettext_noop("“%(text)s” is no SSCC: it has 18 digits. Scan the label again."),
            text=text,
        )
    _prove_check_digit(digits, code="sscc_check_digit", text=text)
    return digits


# --- Our own catalogue number ---------------------------------------------------------------------


class ItemCode(NamedTuple):
    """A catalogue number taken apart: `QN-02-0001230` is branch QN, group 02, number 123, check digit 0.

    The check digit is the GS1 rule over group and number (8 digits); the branch is letters and stays outside.
    """

    branch: str
    group: int
    number: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the parts of an item code, typed in any case, with or without its hyphens.

        Raises:
            CodeError: `item_code_form` or `item_code_check_digit`.
        """
        found = re.fullmatch(r"([A-Z]{2,4})-?([0-9]{2})-?([0-9]{6})([0-9])", text.strip().upper())
        if not found:
            raise CodeError(
                "item_code_form",
                gettext_noop("“%(text)s” is no item code: it looks like QN-02-0001230 (branch, group, number)."),
                text=text,
            )
        branch, group, number, check = found.groups()
        _prove_check_digit(group + number + check, code="item_code_check_digit", text=text)
        return cls(branch, int(group), int(number))

    def __str__(self) -> str:
        digits = f"{self.group:02d}{self.number:06d}"
        return f"{self.branch}-{digits[:2]}-{digits[2:]}{gs1_standard_check_digit(digits)}"


def item_code(branch: str, group: int, number: int) -> str:
    """Return the item code, check digit added, of a branch (2 to 4 letters), group 0…99, number 0…999,999.

    Raises:
        CodeError: `item_code_form`, when a part does not fit its place.
    """
    if not re.fullmatch(r"[A-Z]{2,4}", branch) or not 0 <= group <= 99 or not 0 <= number <= 999_999:
        raise CodeError(
            "item_code_form",
            gettext_noop(
                "“%(text)s” makes no item code: it takes two to four capitals, a group up to 99 "
                "and a number up to 999999."
            ),
            text=f"{branch} {group} {number}",
        )
    return str(ItemCode(branch, group, number))


def check_item_code(text: str) -> str:
    """Return the item code in capitals with its hyphens, its check digit proved.

    Raises:
        CodeError: `item_code_form` or `item_code_check_digit`.
    """
    return str(ItemCode.parse(text))


# --- Other people's codes -------------------------------------------------------------------------


def check_nsn(text: str, *, classes: Container[str] | None = None) -> str:
    """Return the 13 characters of a NATO stock number, hyphens dropped; only the seventh may be a letter.

    There is no check digit. With `classes` (four-digit supply classes) the first four must be one of them.
    Source: NATO Manual on Codification, ACodP-1; classes: ACodP-2/3.

    Raises:
        CodeError: `nsn_form` or `nsn_class`.
    """
    found = re.fullmatch(r"([0-9]{4})-?([0-9]{2})-?([0-9A-Z][0-9]{2})-?([0-9]{4})", text.strip().upper())
    if not found:
        raise CodeError(
            "nsn_form",
            gettext_noop("“%(text)s” is no stock number: it has 13 characters, shown as 8970-00-149-1094."),
            text=text,
        )
    if classes is not None and found[1] not in classes:
        raise CodeError(
            "nsn_class",
            gettext_noop("Stock number “%(text)s” starts with %(supply_class)s, which is no known supply class."),
            text=text,
            supply_class=found[1],
        )
    return "".join(found.groups())


def shown_nsn(text: str) -> str:
    """Return a stock number as people read it: NNNN-NN-NNN-NNNN.

    Raises:
        CodeError: `nsn_form`.
    """
    nsn = check_nsn(text)
    return f"{nsn[:4]}-{nsn[4:6]}-{nsn[6:9]}-{nsn[9:]}"


def check_un_number(text: str, *, known: Container[str]) -> str:
    """Return the four digits of a UN number that is in `known`; a leading “UN” may be typed.

    Source: UN Recommendations on the Transport of Dangerous Goods, list of dangerous goods (ADR table A).

    Raises:
        CodeError: `un_number_form` or `un_number_unknown`.
    """
    found = re.fullmatch(r"(?:UN)?\s*([0-9]{4})", text.strip().upper())
    if not found:
        raise CodeError(
            "un_number_form",
            gettext_noop("“%(text)s” is no UN number: it has 4 digits, such as 1203."),
            text=text,
        )
    if found[1] not in known:
        raise CodeError(
            "un_number_unknown",
            gettext_noop("UN number %(number)s is not in the list of dangerous goods. Check the placard."),
            number=found[1],
        )
    return found[1]


def check_atc(text: str) -> str:
    """Return an ATC code of the fifth level in capitals, e.g. N02BE01. Form only: the table is not free.

    Source: WHO Collaborating Centre for Drug Statistics Methodology, ATC structure.

    Raises:
        CodeError: `atc_form`.
    """
    code = text.strip().upper()
    if not re.fullmatch(r"[A-V][0-9]{2}[A-Z]{2}[0-9]{2}", code):
        raise CodeError("atc_form", gettext_noop("“%(text)s” is no ATC code: it looks like N02BE01."), text=text)
    return code


def check_agency_code(text: str) -> str:
    """Return an electronic agency code in capitals, at most 35 characters, e.g. G11.05.001.

    Source: Quyết định 20/2020/QĐ-TTg, mã định danh điện tử của cơ quan, tổ chức.

    Raises:
        CodeError: `agency_code_form`.
    """
    code = text.strip().upper()
    if len(code) > 35 or not re.fullmatch(r"[A-Y][0-9]{2}(\.[0-9A-Z]+)*", code):
        raise CodeError(
            "agency_code_form",
            gettext_noop("“%(text)s” is no agency code: it looks like G11.05.001, at most 35 characters."),
            text=text,
        )
    return code


def check_agency_alias(text: str) -> str:
    """Return an agency code of the older form 000.00.00.G11 in capitals; it is kept beside the new one.

    Source: QCVN 102:2016/BTTTT, replaced by Quyết định 20/2020/QĐ-TTg.

    Raises:
        CodeError: `agency_alias_form`.
    """
    code = text.strip().upper()
    if not re.fullmatch(r"[0-9]{3}\.[0-9]{2}\.[0-9]{2}\.[A-Y][0-9]{2}", code):
        raise CodeError(
            "agency_alias_form",
            gettext_noop("“%(text)s” is no agency code of the older form: it looks like 000.00.00.G11."),
            text=text,
        )
    return code


def check_tax_code(text: str) -> str:
    """Return a supplier's tax code as printed: 10 digits, or 10-3 for a branch; the tenth digit is proved.

    The tenth is 10 − (sum of the first nine times 31, 29, 23, 19, 17, 13, 7, 5, 3) mod 11; where that makes 10
    the number is never given out. A household's 12-digit personal number is not a code of this form.
    Source: Thông tư 86/2024/TT-BTC, article 5, for the form; the weights as python-stdnum's vn.mst has them.

    Raises:
        CodeError: `tax_code_form` or `tax_code_check_digit`.
    """
    try:
        return mst.format(mst.validate(text))
    except InvalidChecksum as error:
        raise CodeError(
            "tax_code_check_digit",
            gettext_noop("Tax code “%(text)s” has a wrong check digit: one digit is mistyped or two are swapped."),
            text=text,
        ) from error
    except ValidationError as error:
        raise CodeError(
            "tax_code_form",
            gettext_noop("“%(text)s” is no tax code: it has 10 digits, or 10 and 3 for a branch (0100233488-001)."),
            text=text,
        ) from error


# --- Provinces ------------------------------------------------------------------------------------

# 63 units since Nghị quyết 15/2008/QH12, 34 since Nghị quyết 202/2025/QH15.
PROVINCE_ERAS: Final = (date(2008, 8, 1), date(2025, 7, 1))


class ProvinceKey(NamedTuple):
    """What names a province: its GSO code and the first day of the era in which the code meant it."""

    code: str
    valid_from: date


def check_province(text: str, *, on: date, known: Container[tuple[str, date]]) -> ProvinceKey:
    """Return the key of the province that the two digits meant on a day.

    A code alone means nothing: 15, 24, 44, 52, 80, 82 and 91 were given to other provinces on 2025-07-01.
    Source: Quyết định 124/2004/QĐ-TTg and Quyết định 19/2025/QĐ-TTg.

    Raises:
        CodeError: `province_form`, `province_era` (a day before 2008-08-01) or `province_unknown`.
    """
    code = text.strip()
    if len(code) != 2 or not _is_number(code):
        raise CodeError(
            "province_form",
            gettext_noop("“%(text)s” is no province code: it has 2 digits, such as 01."),
            text=text,
        )
    eras = [era for era in PROVINCE_ERAS if era <= on]
    if not eras:
        raise CodeError(
            "province_era",
            gettext_noop("Province codes before %(first)s are not kept: %(day)s is too early."),
            first=PROVINCE_ERAS[0].isoformat(),
            day=on.isoformat(),
        )
    key = ProvinceKey(code, eras[-1])
    if key not in known:
        raise CodeError(
            "province_unknown",
            gettext_noop("No province had code %(code)s on %(day)s. Codes changed on 2025-07-01: check the date."),
            code=code,
            day=on.isoformat(),
        )
    return key


def _is_number(text: str) -> bool:
    # str.isdigit alone would let other scripts' digits through.
    return text.isascii() and text.isdigit()


def _prove_check_digit(digits: str, *, code: str, text: str) -> None:
    if int(digits[-1]) != gs1_standard_check_digit(digits[:-1]):
        raise CodeError(
            code,
            gettext_noop("“%(text)s” has a wrong check digit: one digit is mistyped or two are swapped."),
            text=text,
        )
