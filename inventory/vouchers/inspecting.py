"""Inspections of goods that came in: written by a council, finished once, then as they are for ever; a wrong one is
cancelled, and stays to be read.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from itertools import groupby
from typing import Any, Final
from uuid import UUID

import rfc8785
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from depots import access
from depots.access import DepotAccess
from inventory.ledger import reading
from inventory.ledger.entries import Posted, PostedLine
from inventory.ledger.models import Kind
from inventory.vouchers.models import Inspection
from logistics import history, sql, wire
from logistics.accounts.models import User
from logistics.errors import Conflict, Fault, Invalid, NotFound, gettext_noop

SERIES: Final = "KN"
MOST_COUNCIL: Final = 5
MOST_REASON: Final = 300
MOST_ENTRIES: Final = 200  # of one movement: what a page can ask about
_INSPECTED: Final = frozenset({Kind.RECEIPT, Kind.RETURN, Kind.TRANSFER_IN})
_LONGEST: Final = {"basis": 200, "method": 120, "conclusion": 1000, "name": 120, "title": 120, "side": 120, "note": 200}
_MOST_QUANTITY: Final = Decimal(10) ** 15


class InspectionMoved(Conflict):
    """The inspection is finished or cancelled, or somebody else wrote on it meanwhile."""

    slug = "inspection-moved"
    title = gettext_noop("The inspection is not as you saw it")


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """One of the council: name, rank and title in one line, and for which side they sit."""

    name: str
    title: str = ""
    side: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What was found of one entry of the movement, in the unit that was typed into it; "" is not filled in yet."""

    entry: int
    method: str = ""
    good: str = ""
    bad: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What an inspection is to say."""

    inspected_at: datetime
    basis: str = ""
    method: str = ""
    conclusion: str = ""
    council: Sequence[Seat] = ()
    lines: Sequence[Found] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An entry of the movement that is inspected: its first line, how much came by the documents and by the log."""

    line: PostedLine
    by_documents: Decimal
    received: Decimal

    @property
    def bad(self) -> Decimal:
        """Return what the documents have more than was received: what a council most often found not good."""
        return max(self.by_documents - self.received, Decimal(0))


def can_inspect(posted: Posted) -> bool:
    """Tell whether goods came in by a movement, so that a council may inspect them."""
    return posted.kind in _INSPECTED


def entries_of(posted: Posted) -> list[Entry]:
    """Return what there is to inspect of a movement, in the units that were typed into it."""
    firsts = [next(lines) for _number, lines in groupby(posted.lines, key=lambda line: line.entry_no)]
    return [
        Entry(
            line=line,
            by_documents=_received(line) if line.scheduled_quantity is None else line.scheduled_quantity,
            received=_received(line),
        )
        for line in firsts
    ]


def _received(line: PostedLine) -> Decimal:
    """Return what came, in the unit that was typed; litres of a liquid fuel at 15 °C, as its documents tell them."""
    fuel = line.fuel
    if fuel is None or not fuel.litres or line.is_weighed:
        return line.entered_quantity
    return round(fuel.litres_15 * line.entered_quantity / fuel.litres, 3)


# --- Reading ----------------------------------------------------------------------------------------------------


def inspection_of(user: User, inspection_id: UUID) -> Inspection:
    """Return an inspection in a depot that `user` may read. Raises NotFound."""
    found = Inspection.objects.select_related("depot", "made_by", "finished_by")
    row = found.filter(pk=inspection_id, depot__in=access.depot_ids(user)).first()
    if row is None:
        raise NotFound(_("There is no inspection %(id)s in your scope.") % {"id": str(inspection_id)})
    return row


def inspections_of(depot_id: int, position: int) -> list[Inspection]:
    """Return the inspections of a movement, the newest first; one query."""
    return list(Inspection.objects.filter(depot=depot_id, position=position).order_by("-made_at", "pk"))


def digest_of(row: Inspection, posted: Posted) -> str:
    """Return the SHA-256, in hexadecimal digits, of what a finished inspection says and of the movement it is about."""
    said = {
        "number": row.number,
        "movement": posted.name,
        "hash": posted.hash.hex(),
        "inspected_at": wire.local(row.inspected_at),
        "basis": row.basis,
        "method": row.method,
        "conclusion": row.conclusion,
        "council": row.council,
        "lines": row.lines,
    }
    return hashlib.sha256(rfc8785.dumps(said)).hexdigest()


# --- Writing ----------------------------------------------------------------------------------------------------


@transaction.atomic
def write(
    inspection_id: UUID, asked: Asked, *, position: int, place: DepotAccess, version: int, by: User, at: datetime,
    source: history.Source,
) -> Inspection:  # fmt: skip
    """Keep what a council has written so far and return the inspection; `version` 0 makes it, and doing so twice is
    harmless.

    Raises, with nothing written:
        NotFound: the log has no such position, or the inspection is of another depot.
        Invalid: nothing came in by the movement, or what is written cannot be read; every fault is listed.
        InspectionMoved: it is finished, or not as its writer saw it.
    """
    row = Inspection.objects.select_for_update().filter(pk=inspection_id).first()
    posted = reading.movement(place.id, position)
    faults = list(_faults(asked, posted, at=at))
    if faults:
        raise Invalid(faults)
    if row is None:
        row = Inspection(pk=inspection_id, depot_id=place.id, position=position, made_by=by, made_at=at, version=0)
    else:
        _check(row, place=place, position=position, version=version)
    row.inspected_at = asked.inspected_at
    row.basis, row.method, row.conclusion = (_clean(one) for one in (asked.basis, asked.method, asked.conclusion))
    row.council = [_plain(seat, ("name", "title", "side")) for seat in asked.council if _clean(seat.name)]
    row.lines = [
        {"entry": one.entry} | _plain(one, ("method", "good", "bad", "note"))
        for one in sorted(asked.lines, key=lambda one: one.entry)
    ]
    row.version += 1
    with history.changing(by=by, reason=_("Inspection written"), source=source):
        row.save()
    return row


@transaction.atomic
def finish(
    inspection_id: UUID, *, place: DepotAccess, version: int | None, by: User, at: datetime, source: history.Source
) -> Inspection:
    """Give an inspection its number and close it for ever; finishing it again is harmless. Return it.

    Raises, with nothing written:
        NotFound: there is no such inspection in the depot.
        Invalid: nobody is named as the council, or a line lacks what was found.
        InspectionMoved: it is not as its reader saw it.
    """
    row = Inspection.objects.select_for_update().filter(pk=inspection_id, depot=place.id).first()
    if row is None:
        raise NotFound(_("There is no inspection %(id)s in your scope.") % {"id": str(inspection_id)})
    if row.is_finished:
        return row
    if version is not None:
        _check(row, place=place, position=row.position, version=version)
    posted = reading.movement(place.id, row.position)
    if faults := list(_lacking(row, posted)):
        raise Invalid(faults)
    year = timezone.localdate(row.inspected_at).year
    drawn = {"depot_id": place.id, "series": SERIES, "year": year}
    [(number,)] = sql.rows("ledger/draw_number", drawn)
    row.number = f"{SERIES}-{place.code}-{year}-{number:05d}"
    row.finished_by, row.finished_at = by, at
    row.version += 1
    row.digest = digest_of(row, posted)
    with history.changing(by=by, reason=_("Inspection finished"), source=source):
        row.save()
    return row


@transaction.atomic
def cancel(
    inspection_id: UUID, *, reason: str, place: DepotAccess, by: User, at: datetime, source: history.Source
) -> Inspection:
    """Say of a finished inspection that it holds no longer, and why; return it. Cancelling it again is harmless.

    What it says, its number and its prints stay to be read; the next one of the same movement has a number of its own.

    Raises, with nothing written:
        NotFound: there is no such inspection in the depot.
        InspectionMoved: it is a draft, which is written anew instead.
        Invalid: no reason is given, or one too long.
    """
    row = Inspection.objects.select_for_update().filter(pk=inspection_id, depot=place.id).first()
    if row is None:
        raise NotFound(_("There is no inspection %(id)s in your scope.") % {"id": str(inspection_id)})
    if row.is_cancelled:
        return row
    if not row.is_finished:
        raise InspectionMoved(_("It is a draft: write it anew, there is nothing to be cancelled."))
    why = _clean(reason)
    if not why:
        raise Invalid([Fault("/reason", "reason-required", _("Say why."))])
    if len(why) > MOST_REASON:
        raise Invalid([Fault("/reason", "too-long", _("At most %(most)s letters.") % {"most": MOST_REASON})])
    row.cancelled_by, row.cancelled_at, row.cancel_reason = by, at, why
    row.version += 1
    with history.changing(by=by, reason=why, source=source):
        row.save()
    return row


def _check(row: Inspection, *, place: DepotAccess, position: int, version: int) -> None:
    if row.depot_id != place.id or row.position != position:
        raise NotFound(_("There is no inspection %(id)s in your scope.") % {"id": str(row.pk)})
    if row.is_finished:
        text = _("It is finished and stays as it is. Cancel it and write another where the council finds otherwise.")
        raise InspectionMoved(text)
    # Made twice by a double click: the same person, nothing between.
    if version not in {row.version, 0 if row.version == 1 else row.version}:
        raise InspectionMoved(_("Somebody wrote on it meanwhile. Open it again and write what is missing."))


def _clean(text: str) -> str:
    return unicodedata.normalize("NFC", text).strip()


def _plain(one: Any, names: Sequence[str]) -> dict[str, str]:
    return {name: _clean(getattr(one, name)) for name in names}


def _quantity(text: str) -> Decimal | None:
    """Return a decimal string's amount, None where it is none, is negative or has more than three decimals."""
    try:
        value = Decimal(text)
    except InvalidOperation:
        return None
    if not value.is_finite() or value < 0 or value >= _MOST_QUANTITY:
        return None
    return value if value == round(value, 3) else None


def _faults(asked: Asked, posted: Posted, *, at: datetime) -> Iterator[Fault]:
    if not can_inspect(posted):
        yield Fault("/movement", "not-inspected", _("Only goods that came in are inspected; this brought none."))
    if asked.inspected_at > at:
        yield Fault("/inspected_at", "in-the-future", _("It has not been then yet: write when it was inspected."))
    texts = [(f"/{name}", name, getattr(asked, name)) for name in ("basis", "method", "conclusion")]
    for index, seat in enumerate(asked.council):
        texts += [(f"/council/{index}/{name}", name, getattr(seat, name)) for name in ("name", "title", "side")]
        if not _clean(seat.name) and (_clean(seat.title) or _clean(seat.side)):
            yield Fault(f"/council/{index}/name", "required", _("Write the name of who sits there."))
    if len(asked.council) > MOST_COUNCIL:
        text = _("A council has at most %(most)s members.") % {"most": MOST_COUNCIL}
        yield Fault("/council", "too-many", text)
    entries = {line.entry_no for line in posted.lines}
    seen: set[int] = set()
    for index, line in enumerate(asked.lines):
        if line.entry not in entries or line.entry in seen:
            yield Fault(f"/lines/{index}/entry", "entry", _("Name each line of the voucher once."))
        seen.add(line.entry)
        texts += [(f"/lines/{index}/{name}", name, getattr(line, name)) for name in ("method", "note")]
        for name in ("good", "bad"):
            given = _clean(getattr(line, name))
            if given and _quantity(given) is None:
                text = _("“%(text)s” is no quantity: digits, at most three of them decimals, not below zero.")
                yield Fault(f"/lines/{index}/{name}", "quantity", text % {"text": given[:30]})
    for pointer, name, text in texts:
        if len(_clean(text)) > _LONGEST[name]:
            words = _("At most %(most)s letters.") % {"most": _LONGEST[name]}
            yield Fault(pointer, "too-long", words)


def _lacking(row: Inspection, posted: Posted) -> Iterator[Fault]:
    if not row.council:
        yield Fault("/council/0/name", "required", _("Name the council: at least its head."))
    said = {line["entry"]: line for line in row.lines}
    for index, entry in enumerate(entries_of(posted)):
        line = said.get(entry.line.entry_no, {})
        if not line.get("good") or not line.get("bad"):
            text = _("Say how much is good and how much is not; 0 where there is none.")
            yield Fault(f"/lines/{index}/good", "required", text)
