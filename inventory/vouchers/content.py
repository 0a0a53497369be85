"""What a voucher says: as it comes over the wire, as it is kept, and as the ledger is asked for it.

A draft takes any text, because a draft that refuses what was typed loses it. What a movement may say is judged when
the voucher is weighed or sent.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Annotated, Any, Final, Literal

from django.utils.translation import gettext as _
from pydantic import Field, StringConstraints, ValidationError
from pydantic_core import PydanticCustomError

from inventory.ledger.drafts import MOST_LINES, Draft
from inventory.ledger.models import Kind
from inventory.vouchers import refusing
from inventory.vouchers.models import Voucher
from inventory.vouchers.schemas import MovementIn, ReversalIn, Strict
from logistics import wire
from logistics.errors import Fault, Invalid

VoucherKind = Literal[
    "receipt", "issue", "transfer_out", "transfer_in", "relocation", "regrade", "repurpose", "adjustment", "disposal",
    "return", "opening", "reversal",
]  # fmt: skip
MOST_TEXT: Final = 1_000
Text = Annotated[str, StringConstraints(strict=True, max_length=MOST_TEXT)]
Code = Annotated[str, StringConstraints(strict=True, max_length=200)]
LineId = Annotated[str, StringConstraints(strict=True, pattern=r"^[A-Za-z0-9_-]{1,40}$")]
Typed = Annotated[dict[Annotated[str, StringConstraints(max_length=40)], Text], Field(max_length=40)]
Grade = Annotated[int, Field(strict=True, ge=1, le=5)]

_LINE_MEMBERS: Final = (
    "item", "lot", "expires_on", "bin", "grade", "purpose", "quantity", "unit", "unit_price", "scheduled_quantity",
    "to_bin", "to_grade", "to_purpose", "reason", "temperature", "density",
)  # fmt: skip
HEADER: Final = (
    "occurred_at", "counterparty", "order_number", "order_date", "reason", "to_depot", "consignment", "reverses",
    "reverse_lines", "typed", "vehicle", "source_documents",
)  # fmt: skip


class VoucherLineIn(Strict):
    """One line of a voucher. A member left out or empty is not filled in yet."""

    id: LineId = Field(description="Made by you, unique in the voucher, kept for the line's life.", examples=["l1"])
    item: Code = Field("", examples=["QN-02-0001230"])
    lot: Code | None = None
    expires_on: Code | None = Field(None, examples=["2028-06-30"])
    bin: Code = ""
    grade: Grade | None = None
    purpose: Code = ""
    quantity: Code = Field("", examples=["120.000"])
    unit: Code = ""
    unit_price: Code | None = None
    scheduled_quantity: Code | None = None
    to_bin: Code = ""
    to_grade: Grade | None = None
    to_purpose: Code = ""
    reason: Text = ""
    temperature: Code | None = Field(None, description="Of a liquid fuel: °C when measured.", examples=["28.5"])
    density: Code | None = Field(None, description="Of a liquid fuel: kg/m³ at that temperature.", examples=["838.5"])
    typed: Typed = Field({}, description="By member, what was typed and cannot be read: a fault when sent.")


class VoucherIn(Strict):
    """A voucher as its clerk wrote it. Members that the server gives (`status`, `made_by` …) are taken and ignored."""

    id: Code | None = Field(None, description="As in the address, if given.")
    depot: Code | None = Field(None, description="As in the address, if given.")
    kind: VoucherKind
    version: int = Field(0, strict=True, ge=0, le=2**31 - 1, description="The one this is based on; 0: a new voucher.")
    occurred_at: Code | None = Field("", examples=["2026-11-20T08:00:00+07:00"])
    counterparty: Text = ""
    order_number: Text = ""
    order_date: Code | None = Field("", examples=["2026-11-19"])
    reason: Text = ""
    to_depot: Code | None = ""
    consignment: Code | None = Field("", examples=["K01/15234"])
    vehicle: Code = Field(
        "", description="What carries it, with its plate: printed, not posted.", examples=["TM-12-34"]
    )
    source_documents: Code = Field(
        "", description="How many papers go with it, and which: printed, not posted.", examples=["02"]
    )
    reverses: Annotated[int, Field(strict=True, ge=1, lt=10**18)] | None = Field(
        None, description="Kind reversal: the position it undoes."
    )
    reverse_lines: (
        Annotated[list[Annotated[int, Field(strict=True, ge=1, le=2**31 - 1)]], Field(max_length=MOST_LINES)] | None
    ) = Field(None, description="Kind reversal: line numbers; null: the whole movement.")
    typed: Typed = Field({}, description="By header member, what was typed and cannot be read.")
    lines: list[VoucherLineIn] = Field([], max_length=MOST_LINES)
    acknowledged: list[Code] = Field(
        [], max_length=2 * MOST_LINES, description="Warnings that were read, as code@line-id."
    )

    status: Any = Field(None, description="The server's own.")
    made_by: Any = None
    made_at: Any = None
    changed_by: Any = None
    changed_at: Any = None
    submitted_by: Any = None
    submitted_at: Any = None
    decided_by: Any = None
    decided_at: Any = None
    decision_reason: Any = None
    movement: Any = None
    needs_approval: Any = None
    needs_second: Any = None
    seconded_by: Any = None
    seconded_at: Any = None
    movement_order: Any = None
    out_of_order: Any = None

    def content(self) -> Content:
        """Return what is to be kept. Raises Invalid when two lines have one id."""
        seen: set[str] = set()
        repeated = []
        for index, line in enumerate(self.lines):
            if line.id in seen:
                text = _("Two lines have the id %(id)s.") % {"id": line.id}
                repeated.append(Fault(f"/lines/{index}/id", "repeated-id", text))
            seen.add(line.id)
        if repeated:
            raise Invalid(repeated)
        typed = _texts(self.typed)
        return Content(
            kind=self.kind,
            occurred_at=_read(wire.instant, self.occurred_at, "occurred_at", typed),
            counterparty=_clean(self.counterparty),
            order_number=_clean(self.order_number),
            order_date=_read(wire.day, self.order_date, "order_date", typed),
            reason=_clean(self.reason),
            to_depot=_clean(self.to_depot or ""),
            consignment=_clean(self.consignment or ""),
            vehicle=_clean(self.vehicle),
            source_documents=_clean(self.source_documents),
            reverses=self.reverses,
            reverse_lines=self.reverse_lines or None,
            typed=typed,
            lines=[_line(line) for line in self.lines],
            acknowledged=sorted({_clean(one) for one in self.acknowledged}),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What a voucher says, in the form it is kept in: NFC, no blanks at the ends, empty members of lines left out."""

    kind: str
    occurred_at: datetime | None = None
    counterparty: str = ""
    order_number: str = ""
    order_date: date | None = None
    reason: str = ""
    to_depot: str = ""
    consignment: str = ""
    vehicle: str = ""
    source_documents: str = ""
    reverses: int | None = None
    reverse_lines: list[int] | None = None
    typed: dict[str, str] = field(default_factory=dict)
    lines: list[dict[str, Any]] = field(default_factory=list)
    acknowledged: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, voucher: Voucher) -> Content:
        """Return what a stored voucher says."""
        header = {name: getattr(voucher, name) for name in HEADER}
        return cls(kind=voucher.kind, lines=voucher.lines, acknowledged=voucher.acknowledged, **header)

    def write_to(self, voucher: Voucher) -> None:
        """Put it into a row; the caller saves it."""
        voucher.kind = self.kind
        for name in (*HEADER, "lines", "acknowledged"):
            setattr(voucher, name, getattr(self, name))

    def says_the_same(self, other: Content) -> bool:
        """Tell whether two contents ask for the same movement; warnings that were read meanwhile do not count."""
        mine, others = ([getattr(one, name) for name in ("kind", *HEADER, "lines")] for one in (self, other))
        return mine == others

    def document(self) -> dict[str, Any]:
        """Return it as the API spells it."""
        return {
            "occurred_at": "" if self.occurred_at is None else wire.local(self.occurred_at),
            "counterparty": self.counterparty,
            "order_number": self.order_number,
            "order_date": wire.iso(self.order_date) or "",
            "reason": self.reason,
            "to_depot": self.to_depot,
            "consignment": self.consignment,
            "vehicle": self.vehicle,
            "source_documents": self.source_documents,
            "reverses": self.reverses,
            "reverse_lines": self.reverse_lines,
            "typed": self.typed,
            "lines": self.lines,
            "acknowledged": self.acknowledged,
        }

    def asked(self, *, depot: str, key: str, at: datetime) -> Asked:
        """Return the movement this asks the ledger for, as far as it can be read, and what cannot."""
        faults = [
            Fault(wire.join_pointer("", [member]), "unreadable", _unreadable(text))
            for member, text in self.typed.items()
        ]
        faults += [
            Fault(wire.join_pointer("", ["lines", index, member]), "unreadable", _unreadable(text))
            for index, line in enumerate(self.lines)
            for member, text in line.get("typed", {}).items()
        ]
        if self.kind == Kind.REVERSAL:
            return self._asked_reversal(faults, depot=depot, key=key, at=at)
        movement = {
            "kind": self.kind,
            "occurred_at": wire.local(self.occurred_at) if self.occurred_at else None,
            "counterparty": self.counterparty,
            "order_number": self.order_number,
            "order_date": wire.iso(self.order_date),
            "reason": self.reason,
            "to_depot": self.to_depot,
            "consignment": self.consignment,
            "lines": [_asked_line(line) for line in self.lines],
        }
        if movement["occurred_at"] is None:
            del movement["occurred_at"]
        errors, draft = refusing.read(movement, model=MovementIn, depot=depot, key=key, at=at)
        told = {fault.pointer for fault in faults}
        return Asked(draft, [*faults, *(fault for fault in errors if fault.pointer not in told)])

    def _asked_reversal(self, faults: list[Fault], *, depot: str, key: str, at: datetime) -> Asked:
        if self.lines:
            text = _("A reversal mirrors the movement it names: give line numbers.")
            faults.append(Fault("/lines", "lines-not-here", text))
        if self.occurred_at is None and "occurred_at" not in self.typed:
            faults.append(Fault("/occurred_at", "required", _("This is required.")))
        if self.reason:
            try:
                ReversalIn.model_validate({"occurred_at": wire.local(self.occurred_at or at), "reason": self.reason})
            except ValidationError as error:
                faults += wire.faults_of(error.errors(include_url=False, include_input=False))
        draft = Draft(
            depot=depot,
            kind=Kind.REVERSAL,
            occurred_at=self.occurred_at or at,
            key=key,
            reason=self.reason,
            reverses=self.reverses,
            reverse_lines=self.reverse_lines,
        )
        return Asked(draft, faults)


@dataclass(frozen=True, slots=True)
class Asked:
    """A movement to ask the ledger for, and what could not be read of it. `draft` is None where nothing could."""

    draft: Draft | None
    faults: Sequence[Fault]

    @property
    def is_readable(self) -> bool:
        """Tell whether all of it could be read."""
        return self.draft is not None and not self.faults


def _clean(text: str) -> str:
    return unicodedata.normalize("NFC", text).strip()


def _texts(typed: dict[str, str]) -> dict[str, str]:
    return {member: text for member, text in sorted(typed.items()) if text.strip()}


def _read(reader: Any, text: str | None, member: str, typed: dict[str, str]) -> Any:
    """Return what a header's text says; what it does not say is kept under `typed`."""
    if not (text or "").strip():
        return None
    try:
        return reader(text)
    except PydanticCustomError:
        typed.setdefault(member, str(text))
        return None


def _line(line: VoucherLineIn) -> dict[str, Any]:
    kept: dict[str, Any] = {"id": line.id}
    for name in _LINE_MEMBERS:
        value = getattr(line, name)
        if isinstance(value, str):
            value = _clean(value)
        if value not in {None, ""}:
            kept[name] = value
    if typed := _texts(line.typed):
        kept["typed"] = typed
    return kept


def _asked_line(line: dict[str, Any]) -> dict[str, Any]:
    """Return a line as MovementIn takes it; what was typed and cannot be read is told apart and stood in for."""
    asked = {name: value for name, value in line.items() if name not in {"id", "typed"}}
    typed = line.get("typed", {})
    if "quantity" in typed:
        asked.setdefault("quantity", "1")
    if "item" in typed:
        asked.setdefault("item", "")
    return asked


def _unreadable(text: str) -> str:
    return _("“%(text)s” cannot be read; write it again.") % {"text": text[:40]}
