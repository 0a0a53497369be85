"""What a caller asks a logbook to record, in business codes, and the rules that need no look at the store."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache, lru_cache
from operator import attrgetter
from typing import Any, Final

from django.conf import settings
from django.db.models import CharField
from django.utils.translation import gettext as _

from inventory.ledger.chain import instant
from inventory.ledger.kinds import RULES, Rule, Sign
from inventory.ledger.models import Kind, Movement, MovementLine
from logistics.errors import Fault, gettext_noop
from logistics.fields import format_moment, told_quantity

# Control characters, marks that turn the direction of writing, and those of no width: two lots whose codes differ in
# such a mark alone look the same on every screen and paper.
_UNPRINTED: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb]"
)
LARGEST: Final = Decimal("999999999999999.999")  # numeric(18,3)
MOST_LINES: Final = 5_000
MOST_LINES_OF_A_DEPOT: Final = 50_000  # of an opening or a stocktake: one movement, so that one reversal undoes it
PAIR_TARGETS: Final = {
    "to_bin": gettext_noop("target bin"),
    "to_grade": gettext_noop("target grade"),
    "to_purpose": gettext_noop("target purpose"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """How warm (°C, two decimals) and how dense (kg/m³ at that temperature, one decimal) a liquid fuel was found.

    A reading lacks neither when it is posted; None is what was not filled in.
    """

    temperature: Decimal | None
    density: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftLine:
    """One line as asked for. `quantity` and `scheduled_quantity` count `unit` (blank: the item's base unit).

    `quantity` is positive, but for an adjustment. `lot` blank on an issue or transfer of a tracked item means
    first expired, first out. A stocktake's line says with `quantity` what was there at `counted_at`, 0 for nothing.
    Of a liquid fuel `quantity` is what was observed, at the temperature `fuel` tells; the ledger keeps it at 15 °C,
    and `scheduled_quantity` is at 15 °C, as it was promised. In kg (`KILOGRAM`) both are kg, of no temperature.
    """

    item: str
    quantity: Decimal
    unit: str = ""
    lot: str | None = None
    expires_date: date | None = None
    bin: str = ""
    grade: int = 1
    purpose: str = "THUONG_XUYEN"
    unit_price: Decimal | None = None
    scheduled_quantity: Decimal | None = None
    to_bin: str = ""
    to_grade: int | None = None
    to_purpose: str = ""
    reason: str = ""
    counted_at: datetime | None = None
    fuel: Observed | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """One movement as asked for. `key` makes asking twice harmless; `pointer` says where it stands in its input.

    `consignment` is the sender's "DEPOT/position": what a transfer_in receives, or an adjustment settles.
    `reverses` (a position of the same depot) and `reverse_lines` (line numbers, None: all) belong to a reversal.
    `takes` is the reference of an allocation: an issue or transfer out then takes what was promised to it, and
    nothing else.
    """

    depot: str
    kind: Kind
    occurred_at: datetime
    key: str
    lines: Sequence[DraftLine] = ()
    counterparty: str = ""
    order_number: str = ""
    order_date: date | None = None
    reason: str = ""
    to_depot: str = ""
    consignment: str = ""
    reverses: int | None = None
    reverse_lines: Sequence[int] | None = None
    takes: str = ""
    pointer: str = ""


def most_lines(kind: str) -> int:
    """Return how many lines a movement of a kind may have: what a depot opens with, or counts, is one movement."""
    return MOST_LINES_OF_A_DEPOT if kind in {Kind.OPENING, Kind.STOCKTAKE} else MOST_LINES


def composed(draft: Draft) -> Draft:
    """Return the draft with every text in NFC and without blanks at its ends, as it will be stored."""
    lines = tuple(_composed(line) for line in draft.lines)
    changes: dict[str, Any] = {
        name: clean
        for name, value in zip(_TEXT_FIELDS[Draft], _all_texts[Draft](draft), strict=True)
        if value and (clean := _clean(value)) != value
    }
    if any(line is not given for line, given in zip(lines, draft.lines, strict=True)):
        changes["lines"] = lines
    return replace(draft, **changes) if changes else draft


def _composed(line: DraftLine) -> DraftLine:
    texts = _all_texts[DraftLine](line)
    clean = _clean_texts(texts)
    if clean == texts:
        return line
    changes: dict[str, Any] = dict(zip(_TEXT_FIELDS[DraftLine], clean, strict=True))
    return replace(line, **changes)


@lru_cache(maxsize=10_000)  # the same goods come again and again
def _clean_texts(texts: tuple[str | None, ...]) -> tuple[str | None, ...]:
    return tuple(text and _clean(text) for text in texts)


def _clean(text: str) -> str:
    return unicodedata.normalize("NFC", text).strip()


_OURS: Final = frozenset({"pointer", "takes"})  # no caller's words
_TEXT_FIELDS: Final[dict[type, tuple[str, ...]]] = {
    kind: tuple(field.name for field in fields(kind) if "str" in str(field.type) and field.name not in _OURS)
    for kind in (Draft, DraftLine)
}

_all_texts: Final[dict[type, attrgetter[tuple[str | None, ...]]]] = {
    kind: attrgetter(*names) for kind, names in _TEXT_FIELDS.items()
}


def digest(draft: Draft, *, actor: str) -> bytes:
    """Return the SHA-256 of what is asked for and by whom: equal for a retry, different for anything else."""
    content: dict[str, Any] = dict(zip(_HEADER, _header_values(draft), strict=True))
    content["occurred_at"] = instant(draft.occurred_at)
    content["actor"] = actor
    content["lines"] = [_line_values(line) for line in draft.lines]
    if draft.kind == Kind.STOCKTAKE:
        content["counted_at"] = [instant(line.counted_at) for line in draft.lines if line.counted_at is not None]
    if any(line.fuel is not None for line in draft.lines):
        content["fuel"] = [line.fuel and [line.fuel.temperature, line.fuel.density] for line in draft.lines]
    return hashlib.sha256(_encode(content).encode()).digest()


_HEADER: Final = tuple(field.name for field in fields(Draft) if field.name not in _OURS | {"lines"})
_header_values: Final = attrgetter(*_HEADER)
# A digest asked for before these came is the same still.
_LATER: Final = frozenset({"counted_at", "fuel"})
_line_values: Final = attrgetter(*(field.name for field in fields(DraftLine) if field.name not in _LATER))


def _plain(value: object) -> object:
    """Return what JSON has no form for in one that does not depend on how it was written (7.5 is 7.500)."""
    match value:
        case Decimal():
            return f"{value.normalize():f}"
        case date():
            return value.isoformat()
        case _:
            assert isinstance(value, Sequence)
            return list(value)


_encode: Final = json.JSONEncoder(sort_keys=True, default=_plain).encode


def faults(draft: Draft, *, at: datetime) -> Iterator[Fault]:
    """Yield everything wrong with a draft that can be told without looking at the store."""
    here = draft.pointer
    rule = RULES[draft.kind]
    if draft.kind == Kind.STOCKTAKE:
        yield from _count_faults(draft)
    if not 1 <= len(draft.key) <= _max(Movement, "key"):
        yield Fault(f"{here}/key", "key-length", _("The idempotency key has 1 to 64 characters."))
    yield from _overlong(draft, Movement, here)
    yield from _date_faults(draft, at=at)
    if rule.needs_reason and not draft.reason:
        text = _("A movement of kind “%(kind)s” says why: fill in the reason.") % {"kind": draft.kind.label}
        yield Fault(f"{here}/reason", "reason-required", text)
    if (draft.kind == Kind.TRANSFER_OUT) != bool(draft.to_depot):
        text = _("A transfer out, and nothing else, names the depot it goes to.")
        yield Fault(f"{here}/to_depot", "to-depot", text)
    elif draft.to_depot and draft.to_depot == draft.depot:
        text = _("A transfer goes to another depot; within one it is a relocation.")
        yield Fault(f"{here}/to_depot", "to-depot", text)
    if draft.kind == Kind.TRANSFER_IN and not draft.consignment:
        text = _("A transfer in names the consignment it receives.")
        yield Fault(f"{here}/consignment", "consignment-required", text)
    if draft.consignment and draft.kind not in {Kind.TRANSFER_IN, Kind.ADJUSTMENT}:
        text = _("A movement of kind “%(kind)s” receives no consignment.") % {"kind": draft.kind.label}
        yield Fault(f"{here}/consignment", "consignment-not-here", text)
    if draft.kind == Kind.REVERSAL:
        if draft.reverses is None:
            yield Fault(f"{here}/reverses", "reverses-required", _("A reversal names the position it undoes."))
        if draft.lines:
            text = _("A reversal mirrors the movement it names: give line numbers.")
            yield Fault(f"{here}/lines", "lines-not-here", text)
        return
    if not draft.lines:
        yield Fault(
            f"{here}/lines", "lines-required", _("A movement has at least one line: scan or type the first one.")
        )
    if len(draft.lines) > (most := most_lines(draft.kind)):
        text = _("A movement has at most %(most)s lines; split it.") % {"most": most}
        yield Fault(f"{here}/lines", "too-many-lines", text)
        return
    for index, line in enumerate(draft.lines):
        yield from _line_faults(draft, line, rule, f"{here}/lines/{index}")


def _count_faults(draft: Draft) -> Iterator[Fault]:
    if any(line.counted_at is None for line in draft.lines):
        text = _("A stocktake is posted by finishing its count.")
        yield Fault(f"{draft.pointer}/kind", "kind-not-posted-here", text)
        return
    seen = set()
    for index, line in enumerate(draft.lines):
        here = f"{draft.pointer}/lines/{index}"
        pile = (line.item, line.lot or "", line.bin, line.grade, line.purpose)
        if pile in seen:
            yield Fault(
                f"{here}/item", "counted-twice", _("This pile is counted in another line already: join the two.")
            )
        seen.add(pile)
        assert line.counted_at is not None, "looked at above"
        if line.counted_at.tzinfo is None or line.counted_at > draft.occurred_at:
            text = _("A pile is counted before its stocktake is finished: check the time of the count.")
            yield Fault(f"{here}/counted_at", "counted-after", text)


def _date_faults(draft: Draft, *, at: datetime) -> Iterator[Fault]:
    here = f"{draft.pointer}/occurred_at"
    if draft.occurred_at.tzinfo is None:
        yield Fault(here, "no-offset", _("A time needs its offset from UTC, as in 2026-11-20T08:00:00+07:00."))
        return
    if draft.occurred_at > at:
        text = _("Stock cannot have moved in the future: it is now %(now)s. Check day and hour.") % {
            "now": format_moment(at)
        }
        yield Fault(here, "in-the-future", text)
    limit = timedelta(days=settings.LATE_ENTRY_REASON_DAYS)
    if at - draft.occurred_at > limit and not draft.reason:
        text = _("An entry more than %(days)s days late says why it is late: fill in the reason, or check the day.") % {
            "days": limit.days
        }
        yield Fault(f"{draft.pointer}/reason", "late-reason-required", text)


def is_storable(quantity: Decimal) -> bool:
    """Return whether numeric(18,3) holds a quantity as it is: the chain covers values as stored, so none is rounded."""
    return quantity.is_finite() and abs(quantity) <= LARGEST and quantity == round(quantity, 3)


def _line_faults(draft: Draft, line: DraftLine, rule: Rule, here: str) -> Iterator[Fault]:
    yield from _overlong(line, MovementLine, here)
    signed = rule.sign is Sign.SIGNED
    counts = draft.kind == Kind.STOCKTAKE
    quantity = line.quantity
    if is_storable(quantity) and (quantity > 0 or (not quantity if counts else signed and quantity)):
        pass
    elif counts and quantity.is_finite() and quantity < 0:
        yield Fault(f"{here}/quantity", "quantity", _("What is counted is not below zero."))
    elif not quantity.is_finite() or abs(quantity) > LARGEST or quantity == 0 or (quantity < 0 and not signed):
        text = (
            _("A quantity is not zero and at most %(most)s.")
            if signed
            else _("A quantity is above zero and at most %(most)s.")
        )
        yield Fault(f"{here}/quantity", "quantity", text % {"most": told_quantity(LARGEST)})
    else:
        yield Fault(f"{here}/quantity", "too-many-decimals", _("A quantity has at most 3 decimals."))
    if line.scheduled_quantity is not None:
        if not line.scheduled_quantity.is_finite() or not 0 <= line.scheduled_quantity <= LARGEST:
            text = _("A scheduled quantity is 0 to %(most)s.") % {"most": told_quantity(LARGEST)}
            yield Fault(f"{here}/scheduled_quantity", "quantity", text)
        elif not is_storable(line.scheduled_quantity):
            yield Fault(f"{here}/scheduled_quantity", "too-many-decimals", _("A quantity has at most 3 decimals."))
    if line.unit_price is not None and (
        not line.unit_price.is_finite()
        or not 0 <= line.unit_price < Decimal(10) ** 16
        or line.unit_price.as_tuple().exponent < -2  # type: ignore[operator]
    ):
        yield Fault(f"{here}/unit_price", "unit-price", _("A unit price is not below zero and has at most 2 decimals."))
    if line.fuel is not None:
        yield from reading_faults(line.fuel, here)
    if not (rule.target or line.to_bin or line.to_grade is not None or line.to_purpose):
        return
    for target, target_name in PAIR_TARGETS.items():
        given = getattr(line, target) not in {"", None}
        if given != (target == rule.target):
            text = (
                _("A line of kind “%(kind)s” needs a %(target)s.")
                if target == rule.target
                else _("A line of kind “%(kind)s” has no %(target)s.")
            )
            yield Fault(f"{here}/{target}", "target", text % {"kind": draft.kind.label, "target": _(target_name)})
    wanted = getattr(line, rule.target) if rule.target else None
    if wanted not in {"", None} and wanted == getattr(line, rule.target.removeprefix("to_")):
        yield Fault(f"{here}/{rule.target}", "target", _("The pile would not change; name another target."))


def reading_faults(fuel: Observed, here: str) -> Iterator[Fault]:
    """Yield what keeps a reading from being stored as it is: the chain covers it as it was read."""
    if fuel.temperature is None:
        text = _("The density was read at some temperature: fill it in, in °C.")
        yield Fault(f"{here}/temperature", "fuel-reading-required", text)
    elif not _has_decimals(fuel.temperature, 2) or abs(fuel.temperature) >= 1_000:
        text = _("A temperature is in °C, with at most 2 decimals, as 28.5.")
        yield Fault(f"{here}/temperature", "fuel-temperature", text)
    if fuel.density is None:
        text = _("Litres are brought to 15 °C by their density: fill it in, in kg/m³.")
        yield Fault(f"{here}/density", "fuel-reading-required", text)
    elif not _has_decimals(fuel.density, 1) or not 0 < fuel.density < 100_000:
        text = _("A density is in kg/m³, with at most 1 decimal, as 838.5.")
        yield Fault(f"{here}/density", "fuel-density", text)


def _has_decimals(value: Decimal, most: int) -> bool:
    return value.is_finite() and value == round(value, most)


def _overlong(thing: Draft | DraftLine, model: type[Movement | MovementLine], here: str) -> Iterator[Fault]:
    kind = type(thing)
    texts = _all_texts[kind](thing)
    # A line's texts come again and again, a movement's with its key never.
    if not (_is_printable(texts) if kind is DraftLine else _is_printable.__wrapped__(texts)):
        text = _("Text cannot hold control characters, marks nobody sees or marks that turn the direction of writing.")
        for name, value in zip(_TEXT_FIELDS[kind], texts, strict=True):
            if _UNPRINTED.search(value or ""):
                yield Fault(f"{here}/{name}", "bad-character", text)
    for name in _LIMITED[kind]:
        value = getattr(thing, name)
        if value and len(value) > _max(model, name):
            text = _("At most %(max_length)s characters.") % {"max_length": _max(model, name)}
            yield Fault(f"{here}/{name}", "too-long", text)


_LIMITED: Final[dict[type, tuple[str, ...]]] = {
    kind: tuple(name for name in ("counterparty", "order_number", "reason") if name in names)
    for kind, names in _TEXT_FIELDS.items()
}


@lru_cache(maxsize=10_000)
def _is_printable(texts: tuple[str | None, ...]) -> bool:
    return not _UNPRINTED.search("".join(filter(None, texts)))


@cache
def _max(model: type[Movement | MovementLine], name: str) -> int:
    field = model._meta.get_field(name)  # noqa: SLF001 - Django's documented way to a field
    assert isinstance(field, CharField)
    assert field.max_length is not None
    return field.max_length
