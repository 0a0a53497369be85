"""Our own labels: digits alone, because a scanner types through the Vietnamese input method, which leaves digits be.

A label names one lot (an untracked item's blank lot names the item): the lot's number in nine digits and two check
digits, ISO 7064 MOD 97-10, so that the whole read as one number is 1 modulo 97. No GTIN and no SSCC has 11 digits.
"""

from __future__ import annotations

import re
from typing import Final

from inventory.catalogue.codes import CodeError
from logistics.errors import gettext_noop

LENGTH: Final = 11
_MODULUS: Final = 97


def label_of(lot: int) -> str:
    """Return the label of the lot with a number from 1 to 999,999,999.

    Source: ISO/IEC 7064, pure system MOD 97-10.
    """
    assert 0 < lot < 10**9, lot
    return f"{lot:09d}{98 - lot * 100 % _MODULUS:02d}"


def is_label(text: str) -> bool:
    """Tell whether a text has a label's form, whatever its check digits."""
    return re.fullmatch(r"[0-9]{11}", text, re.ASCII) is not None


def lot_of(label: str) -> int:
    """Return the number of the lot a label names.

    Raises:
        CodeError: `label_form` or `label_check_digit`.
    """
    if not is_label(label):
        raise CodeError(
            "label_form", gettext_noop("“%(text)s” is no label of ours: it has 11 digits. Scan it again."), text=label
        )
    if int(label) % _MODULUS != 1:
        raise CodeError(
            "label_check_digit",
            gettext_noop("Label “%(text)s” has wrong check digits: one digit is mistyped or two are swapped."),
            text=label,
        )
    return int(label[:-2])
