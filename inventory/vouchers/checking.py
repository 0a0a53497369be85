"""What the square code of a printed paper says, and whether the logbook says the same.

The code is the address of the movement's page, so a phone opens it, with the voucher's number and the first digits of
the movement's hash; the foot of the sheet prints both for a hand to type. An inspection's says its own page, number
and digest; a handover and a stocktake say the movement's.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qs, quote, unquote, urlencode
from uuid import UUID

from django.utils.translation import gettext as _

from depots import access
from depots.models import Depot
from inventory.ledger import reading
from inventory.ledger.entries import Posted
from inventory.ledger.models import Movement
from inventory.vouchers import inspecting, reversing
from inventory.vouchers.models import Inspection
from inventory.vouchers.reversing import Undone
from logistics.accounts.models import User
from logistics.errors import DomainError, Fault, Invalid, NotFound

HASH_DIGITS: Final = 16  # of 64: 64 bits, which no two vouchers of a store will ever share
MOST_TEXT: Final = 500
_ADDRESS: Final = re.compile(r"(?:\S*/)?depots/([^/\s?]{1,40})/movements/([1-9][0-9]{0,17})/?\?(\S+)", re.IGNORECASE)
_INSPECTION: Final = re.compile(
    r"(?:\S*/)?inspections/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/?\?(\S+)", re.IGNORECASE
)
_TYPED: Final = re.compile(
    r"([A-Z]+-[A-Z0-9.-]{1,40}-[0-9]{4}-[0-9]{1,9})[\s·,;:]+(?:SHA-256\s+)?([0-9A-F]{4,64})…?", re.IGNORECASE
)


def code_of(posted: Posted, *, site: str = "") -> str:
    """Return what the square code of a movement's paper says; `site` is where the store's pages are."""
    said = urlencode({"n": posted.number, "h": posted.hash.hex()[:HASH_DIGITS]})
    return f"{site.rstrip('/')}/depots/{quote(posted.depot)}/movements/{posted.position}/?{said}"


def code_of_inspection(row: Inspection, *, site: str = "") -> str:
    """Return what the square code of a finished inspection's paper says; `site` is where the store's pages are."""
    said = urlencode({"n": row.number, "h": row.digest[:HASH_DIGITS]})
    return f"{site.rstrip('/')}/inspections/{row.pk}/?{said}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One part of a code beside what the logbook has; `letters` is the printed one, each with whether it agrees."""

    name: str
    printed: str
    logged: str

    @property
    def agrees(self) -> bool:
        """Tell whether both say the same."""
        return self.printed == self.logged

    @property
    def letters(self) -> list[tuple[str, bool]]:
        """The printed text, each letter with whether the logbook has the same there."""
        padded = self.logged.ljust(len(self.printed))
        return [(letter, letter == other) for letter, other in zip(self.printed, padded, strict=False)]

    @property
    def wrong(self) -> str:
        """Which letters do not agree, counted from 1."""
        return ", ".join(str(place) for place, (_letter, agrees) in enumerate(self.letters, start=1) if not agrees)


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A code beside the movement that it names. `is_intact`: the movement's own hash still follows from its content.

    `inspection`: the paper is that of an inspection of the movement, and its digest follows from what it says too.
    """

    posted: Posted
    inspection: Inspection | None = None
    undone: Undone | None
    parts: tuple[Part, ...]
    is_intact: bool

    @property
    def agrees(self) -> bool:
        """Tell whether the paper says what the logbook says, and the logbook what it said at first."""
        return self.is_intact and all(part.agrees for part in self.parts)


def check(text: str, *, by: User) -> Checked:
    """Return a scanned or typed code part by part beside the movement it names, of those the asker may read.

    Raises:
        Invalid: the text is no code of a printed voucher.
        NotFound: nothing the asker may read has that name.
    """
    said = unicodedata.normalize("NFC", text).strip()[:MOST_TEXT]
    visible = Depot.objects.visible_to(by)
    if (inspected := _inspected(said, by)) is not None:
        return inspected
    if found := _ADDRESS.fullmatch(said):
        asked = parse_qs(found[3])
        number, digits = (asked.get(name, [""])[0] for name in ("n", "h"))
        depot = visible.filter(code__iexact=unquote(found[1])).first()
        position = int(found[2]) if depot else None
    elif found := _TYPED.fullmatch(said):
        number, digits = found[1], found[2][:HASH_DIGITS]
        named = Movement.objects.filter(number=number.upper(), depot__in=visible).select_related("depot").first()
        depot, position = (named.depot, named.position) if named else (None, None)
    else:
        words = _(
            "This is no code of a printed voucher. Scan the square code, or type the number and the digits after "
            "SHA-256 at the foot of the sheet, a blank between them."
        )
        raise Invalid([Fault("/q", "no-code", words)])
    if depot is None or position is None:
        raise _unknown()
    try:
        posted = reading.movement(depot.pk, position)
    except NotFound as error:
        raise _unknown() from error
    return Checked(
        posted=posted,
        undone=reversing.undone(depot.pk, posted),
        parts=tuple(_parts(posted.number, posted.hash.hex(), number.upper(), digits.lower())),
        is_intact=posted.rehash() == posted.hash,
    )


def _inspected(said: str, by: User) -> Checked | None:
    """Return the code of an inspection's paper beside the inspection it names, None where it is no such code."""
    visible = Inspection.objects.filter(depot__in=access.depot_ids(by), finished_at__isnull=False)
    if found := _INSPECTION.fullmatch(said):
        asked = parse_qs(found[2])
        number, digits = (asked.get(name, [""])[0] for name in ("n", "h"))
        row = visible.filter(pk=UUID(found[1])).first()
    elif (found := _TYPED.fullmatch(said)) and found[1].upper().startswith(f"{inspecting.SERIES}-"):
        number, digits = found[1], found[2][:HASH_DIGITS]
        row = visible.filter(number=number.upper()).first()
    else:
        return None
    if row is None:
        raise _unknown()
    posted = reading.movement(row.depot_id, row.position)
    return Checked(
        posted=posted,
        inspection=row,
        undone=reversing.undone(row.depot_id, posted),
        parts=tuple(_parts(row.number, row.digest, number.upper(), digits.lower())),
        is_intact=inspecting.digest_of(row, posted) == row.digest and posted.rehash() == posted.hash,
    )


def _unknown() -> DomainError:
    return NotFound(_("No voucher that you may read has this name. Look at the depot and the number on the sheet."))


def _parts(known: str, known_digits: str, number: str, digits: str) -> Iterator[Part]:
    """Yield what a code says of a number and of the digits of a hash, part by part beside the known ones."""
    names = (_("Kind"), _("Depot"), _("Year"), _("Running number"))
    printed, logged = _split(number), _split(known)
    if len(printed) == len(logged) == len(names):
        yield from (
            Part(name=name, printed=one, logged=other) for name, one, other in zip(names, printed, logged, strict=True)
        )
    else:
        yield Part(name=_("Voucher number"), printed=number, logged=known)
    yield Part(
        name=_("Check digits (SHA-256)"),
        printed=digits,
        logged=known_digits[: len(digits) if 4 <= len(digits) < HASH_DIGITS else HASH_DIGITS],
    )


def _split(number: str) -> list[str]:
    kind, _dash, rest = number.partition("-")
    return [kind, *rest.rsplit("-", 2)]
