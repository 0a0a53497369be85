"""A voucher weighed before it is sent: every fault with the line and member that caused it, and what to look at twice.

Writes nothing. What it finds is what posting would find, because both ask the ledger the same question; the desk adds
one rule of its own: a line that leaves earlier-expiring goods behind says why.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final
from uuid import UUID

from django.db.models import Exists, OuterRef
from django.urls import reverse
from django.utils.translation import gettext as _

from depots.access import DepotAccess
from inventory.catalogue.codes import KILOGRAM
from inventory.ledger import explaining, fuel
from inventory.ledger.chain import exact
from inventory.ledger.drafts import Draft
from inventory.ledger.explaining import Explained
from inventory.ledger.kinds import RULES, Sign
from inventory.ledger.known import local_date
from inventory.ledger.models import Kind, Movement
from inventory.ledger.planned import Planned
from inventory.ledger.planning import Plan
from inventory.ledger.weighing import Weighed, look
from inventory.vouchers import branches, orders, ring_fence
from inventory.vouchers.content import Content
from inventory.vouchers.models import Status, Voucher
from inventory.vouchers.paper import signers
from inventory.vouchers.policies import policy
from logistics.accounts.models import User
from logistics.errors import Fault
from logistics.fields import format_date, told_quantity

# The ledger points to the line where stock falls short; a person has to know which cell to change.
_CELLS: Final = {
    "insufficient-stock": "quantity",
    "would-go-negative": "quantity",
    "consignment-moved": "quantity",
    "serial-elsewhere": "lot",
}
_SPELLED: Final = {"expires_date": "expires_on"}
_SAME_DOCUMENT: Final = timedelta(days=366)  # documents are numbered anew every year
_FAR: Final = timedelta(days=20 * 366)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskFault:
    """One thing wrong with a voucher. `line` is the line's own id, None for the header."""

    pointer: str
    line: str | None
    member: str
    code: str
    detail: str

    def document(self) -> dict[str, Any]:
        """Return the fault as the API spells it."""
        return {
            "pointer": self.pointer,
            "line": self.line,
            "member": self.member,
            "code": self.code,
            "detail": self.detail,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Warned:
    """One thing to look at twice. `link` is the address of what it refers to."""

    line: str | None
    member: str
    code: str
    detail: str
    link: str | None = None

    def document(self) -> dict[str, Any]:
        """Return the warning as the API spells it."""
        return {
            "line": self.line,
            "member": self.member,
            "code": self.code,
            "detail": self.detail,
            "link": self.link,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What a voucher would come to."""

    faults: list[DeskFault]
    warnings: list[Warned] = field(default_factory=list)
    lines: list[dict[str, Any]] = field(default_factory=list)
    totals: dict[str, Any]
    needs_approval: bool
    needs_second: bool
    posts_on_approval: bool
    signers: tuple[str, ...]

    def document(self) -> dict[str, Any]:
        """Return the answer of `weigh`."""
        return {
            "faults": [fault.document() for fault in self.faults],
            "warnings": [warning.document() for warning in self.warnings],
            "lines": self.lines,
            "totals": self.totals,
            "needs_approval": self.needs_approval,
            "needs_second": self.needs_second,
            "posts_on_approval": self.posts_on_approval,
            "signers": list(self.signers),
        }


def judge(content: Content, *, voucher_id: UUID | None, place: DepotAccess, by: User, at: datetime) -> Judged:
    """Return all that is wrong with a voucher, what is remarkable, and what each line would take or bring."""
    asked = content.asked(depot=place.code, key=str(voucher_id or "weighed"), at=at)
    rule = policy(place.id, content.kind)
    draft = asked.draft
    forbidden: Sequence[Fault] = ()
    order_id = None
    if draft is not None and voucher_id is not None:
        order_id = Voucher.objects.filter(pk=voucher_id).values_list("movement_order", flat=True).first()
        draft, forbidden = orders.taking(draft, order_id, lock=False)
    two = ring_fence.needs_second(content, depot_id=place.id, rule=rule, order=order_id)
    weighed = look([draft], by=by, at=at) if draft is not None else Weighed([])
    explained = _explained(weighed)
    faults = placed(content, [*asked.faults, *forbidden])
    faults += _new(faults, placed(content, weighed.every_fault()))
    faults += placed(content, branches.outside(place.supply_classes, _items(content)))
    told = {(fault.line, fault.member) for fault in faults}
    faults += [
        fault
        for fault in placed(content, [unexplained(one, "") for one in explained if _lacks_reason(content, one)])
        if (fault.line, fault.member) not in told
    ]
    return Judged(
        faults=faults,
        warnings=[
            *_same_document(content, voucher_id=voucher_id, place=place, at=at),
            *_line_warnings(content, asked.draft, explained, on=local_date(content.occurred_at or at)),
            *_densities_apart(content, weighed),
        ],
        lines=[_line(content, one) for one in explained],
        totals={"lines": len(content.lines), "value": _value(asked.draft)},
        needs_approval=rule.needs_approval or two,
        needs_second=two,
        posts_on_approval=rule.posts_on_approval,
        signers=signers(content.kind, depot=place.id, on=local_date(content.occurred_at or at), needs_second=two),
    )


def placed(content: Content, faults: Sequence[Fault]) -> list[DeskFault]:
    """Return faults of the ledger or of the input's form with the line and the cell each belongs to."""
    return [_placed(content, fault) for fault in faults]


def lacking_reasons(plan: Plan, planned: Planned) -> tuple[list[Explained], list[Fault]]:
    """Return the lines that leave earlier-expiring goods behind, and a fault for each that gives no reason."""
    found = explaining.out_of_order(plan, planned)
    silent = [one for one in found if not planned.draft.lines[one.entry_no - 1].reason]
    return found, [unexplained(one, planned.draft.pointer) for one in silent]


def unexplained(line: Explained, pointer: str) -> Fault:
    """Return the fault of a line that leaves earlier-expiring goods behind and does not say why."""
    left, taken = line.passed_over[0], line.parts[-1]
    text = _(
        "Takes %(taken)s although %(left)s expires earlier (%(day)s): say why in the line's reason, or leave the lot "
        "and the bin blank."
    )
    assert left.expires_date is not None, "what expires earlier expires"
    names = {
        "taken": taken.lot or taken.bin,
        "left": left.lot or left.bin,
        "day": format_date(left.expires_date),
    }
    return Fault(f"{pointer}/lines/{line.entry_no - 1}/reason", "out-of-order", text % names)


# --- Faults -----------------------------------------------------------------------------------------------------


def _placed(content: Content, fault: Fault) -> DeskFault:
    parts = fault.pointer.split("/")[1:]
    line: str | None = None
    pointer, detail = fault.pointer, fault.detail
    if content.kind == Kind.REVERSAL and parts[:1] == ["lines"]:
        parts = ["reverse_lines", *parts[1:]]
        pointer = "/" + "/".join(parts)
    elif len(parts) > 1 and parts[0] == "lines" and parts[1].isdigit() and int(parts[1]) < len(content.lines):
        line = content.lines[int(parts[1])]["id"]
        # Said beside its cell, and after the number its line has on the page: a number of its own is one too many.
        detail = detail.removeprefix(_("Line %(number)s: %(what)s") % {"number": int(parts[1]) + 1, "what": ""})
        if len(parts) == 2:
            parts.append(_CELLS.get(fault.code, "item"))
        parts[2] = _SPELLED.get(parts[2], parts[2])
        pointer = "/" + "/".join(parts)
    member = parts[2] if line is not None else (parts[0] if parts else "")
    return DeskFault(pointer=pointer, line=line, member=member, code=fault.code, detail=detail)


def _new(told: Sequence[DeskFault], found: Sequence[DeskFault]) -> Iterator[DeskFault]:
    """Yield what the ledger says of anything but stand-ins: for what could not be read, that was said already."""
    pointers = {fault.pointer for fault in told}
    doubtful = {fault.line for fault in told if fault.line is not None and fault.member in {"item", "quantity", "lot"}}
    for fault in found:
        about_stock = fault.code in _CELLS and fault.line in doubtful
        if fault.pointer not in pointers and not about_stock and fault.member != "key":
            yield fault


def _items(content: Content) -> list[tuple[str, str]]:
    return [(f"/lines/{index}/item", line.get("item", "")) for index, line in enumerate(content.lines)]


# --- Lines ------------------------------------------------------------------------------------------------------


def _explained(weighed: Weighed) -> list[Explained]:
    if weighed.plan is None or not weighed.planned:
        return []
    return explaining.explain(weighed.plan, weighed.planned[0])


def _lacks_reason(content: Content, line: Explained) -> bool:
    return not line.is_first_expired and not content.lines[line.entry_no - 1].get("reason")


def _line(content: Content, line: Explained) -> dict[str, Any]:
    # A reversal has no lines of its own: those of the movement it undoes are told by their number.
    name = content.lines[line.entry_no - 1]["id"] if content.lines else str(line.entry_no)
    return {
        "line": name,
        "parts": [
            {
                "item": part.item,
                "lot": part.lot,
                "expires_on": _iso(part.expires_date),
                "bin": part.bin,
                "grade": part.grade,
                "purpose": part.purpose,
                "there": exact(part.there),
                "change": exact(part.change),
                "on_hand_after": exact(part.on_hand_after),
                "unit": part.unit,
            }
            for part in line.parts
        ],
        "skipped": [
            {
                "lot": one.lot,
                "expires_on": _iso(one.expires_date),
                "bin": one.bin,
                "grade": one.grade,
                "purpose": one.purpose,
                "quantity": exact(one.quantity),
                "why": one.why,
            }
            for one in line.skipped
        ],
        "fuel": _fuel(line),
        "sentence": line.sentence(),
        "short": None if line.short is None else exact(line.short),
        "is_first_expired": line.is_first_expired,
    }


def _fuel(line: Explained) -> dict[str, str] | None:
    """Return what a reading of a liquid fuel comes to, for the page to show before it is posted."""
    if line.fuel is None:
        return None
    told = line.fuel.members()
    return {name: told[name] for name in ("density_15", "factor", "litres", "litres_15", "kg", "conversion")}


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _value(draft: Draft | None) -> str | None:
    """Return what the lines with a price are worth in đồng, rounded line by line as on paper; None without prices."""
    amounts = [
        (line.quantity * line.unit_price).quantize(Decimal(1), rounding=ROUND_HALF_UP)
        for line in (draft.lines if draft else ())
        if line.unit_price is not None and line.unit_price.is_finite() and line.quantity.is_finite()
    ]
    return f"{sum(amounts):f}" if amounts else None


# --- Warnings ---------------------------------------------------------------------------------------------------


def _same_document(content: Content, *, voucher_id: UUID | None, place: DepotAccess, at: datetime) -> Iterator[Warned]:
    """Warn of a movement or an open voucher with the same giver or receiver and the same document number."""
    if not content.order_number or not content.counterparty:
        return
    since = (content.occurred_at or at) - _SAME_DOCUMENT
    same = {"order_number": content.order_number, "counterparty": content.counterparty}
    undone = Movement.objects.filter(depot=OuterRef("depot"), reverses=OuterRef("position"))
    movement = (
        Movement.objects.filter(depot=place.id, kind=content.kind, occurred_at__gte=since, **same)
        .exclude(key=str(voucher_id or ""))
        .filter(~Exists(undone))
        .order_by("-position")
        .values_list("position", "number")
        .first()
    )
    text = _("%(voucher)s has the same document number from the same place; look whether this is the same delivery.")
    if movement is not None:
        position, number = movement
        link = reverse("movement", args=[place.code, position])
        detail = text % {"voucher": number}
        yield Warned(line=None, member="order_number", code="duplicate-document", detail=detail, link=link)
        return
    voucher = (
        Voucher.objects.filter(depot=place.id, kind=content.kind, **same)
        .exclude(status__in=[Status.POSTED, Status.CANCELLED])
        .exclude(pk=str(voucher_id or UUID(int=0)))
        .order_by("-changed_at")
        .first()
    )
    if voucher is not None:
        link = reverse("voucher", args=[place.code, voucher.pk])
        detail = text % {"voucher": str(voucher)}
        yield Warned(line=None, member="order_number", code="duplicate-document", detail=detail, link=link)


def _densities_apart(content: Content, weighed: Weighed) -> Iterator[Warned]:
    """Warn of readings whose density lies far from the mean of the pile they take from or come to."""
    if not content.lines or not weighed.planned:
        return
    told: set[int] = set()
    for line in weighed.planned[0].lines:
        if line.fuel is None or line.entry_no in told:
            continue
        mean = fuel.mean_density(line.on_hand_after - line.change, line.fuel.kg_after - line.fuel.kg_change)
        if words := fuel.apart(line.fuel.density_15, mean, where=line.bin):
            told.add(line.entry_no)
            name = content.lines[line.entry_no - 1]["id"]
            yield Warned(line=name, member="density", code="fuel-density-apart", detail=words)


def _line_warnings(
    content: Content, draft: Draft | None, explained: Sequence[Explained], *, on: date
) -> Iterator[Warned]:
    if draft is None or not content.lines:
        return
    sign = RULES[draft.kind].sign
    measured = {one.entry_no: one.fuel for one in explained if one.fuel is not None}
    for number, (kept, line) in enumerate(zip(content.lines, draft.lines, strict=True), start=1):
        expires = line.expires_date
        if sign is Sign.IN and expires is not None and expires < on:
            detail = _("The last day of use %(day)s is over already.") % {"day": format_date(expires)}
            yield Warned(line=kept["id"], member="expires_on", code="expiry-past", detail=detail)
        elif sign is Sign.IN and expires is not None and expires - on > _FAR:
            detail = _("The last day of use %(day)s is more than 20 years away.") % {"day": format_date(expires)}
            yield Warned(line=kept["id"], member="expires_on", code="expiry-far", detail=detail)
        asked_for = line.scheduled_quantity
        read = measured.get(number)
        # What a document says of a liquid fuel is at 15 °C, as it was promised; it counts the line's unit. Kg are kg.
        is_at_15 = read is not None and line.unit != KILOGRAM
        came = line.quantity
        if read is not None and is_at_15 and read.litres:
            came = round(read.litres_15 * line.quantity / read.litres, 3)
        if sign is Sign.IN and asked_for is not None and came > asked_for:
            names = {"quantity": told_quantity(came), "asked": told_quantity(asked_for)}
            text = (
                _("%(quantity)s came, %(asked)s are on the document.")
                if not is_at_15
                else _("At 15 °C %(quantity)s came, %(asked)s are on the document.")
            )
            detail = text % names
            yield Warned(line=kept["id"], member="quantity", code="over-schedule", detail=detail)
    for one in explained:
        if not one.is_first_expired:
            kept = content.lines[one.entry_no - 1]
            fault = unexplained(one, "")
            yield Warned(line=kept["id"], member="lot", code="out-of-order", detail=fault.detail)
