"""The table of movement kinds: which sign, which paper, which header fields each needs."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

from inventory.ledger.models import Kind


class Sign(Enum):
    """How a kind's positive quantity becomes changes of piles."""

    IN = "in"
    OUT = "out"
    PAIR = "pair"  # out of one pile, into another of the same depot
    SIGNED = "signed"  # the quantity carries its own sign; a stocktake's sign follows from book and count
    MIRROR = "mirror"  # the opposite of another movement


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What one kind needs. `series` is the paper's letters (glossary section 2); `target` the line field of a pair."""

    sign: Sign
    series: str
    target: str = ""
    needs_reason: bool = False
    fills_first_expired: bool = False
    takes_unusable: bool = True  # expired, held or awaiting-disposal piles may be named


RULES: Final[dict[str, Rule]] = {
    Kind.RECEIPT: Rule(sign=Sign.IN, series="PN"),
    Kind.RETURN: Rule(sign=Sign.IN, series="PN"),
    Kind.OPENING: Rule(sign=Sign.IN, series="PN"),
    Kind.TRANSFER_IN: Rule(sign=Sign.IN, series="PN"),
    Kind.ISSUE: Rule(sign=Sign.OUT, series="PX", fills_first_expired=True, takes_unusable=False),
    Kind.TRANSFER_OUT: Rule(sign=Sign.OUT, series="DC", fills_first_expired=True),
    Kind.DISPOSAL: Rule(sign=Sign.OUT, series="PX", needs_reason=True),
    Kind.RELOCATION: Rule(sign=Sign.PAIR, series="DC", target="to_bin"),
    Kind.REGRADE: Rule(sign=Sign.PAIR, series="CC", target="to_grade"),
    Kind.REPURPOSE: Rule(sign=Sign.PAIR, series="CC", target="to_purpose"),
    Kind.ADJUSTMENT: Rule(sign=Sign.SIGNED, series="KK", needs_reason=True),
    Kind.STOCKTAKE: Rule(sign=Sign.SIGNED, series="KK"),
    Kind.REVERSAL: Rule(sign=Sign.MIRROR, series="", needs_reason=True),
}
