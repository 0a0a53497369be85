"""Rows of a table gathered into documents, and documents turned into drafts."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from django.apps import apps
from django.utils.translation import gettext as _

from inventory.catalogue.models import Item, Unit
from inventory.ledger.drafts import Draft, DraftLine, Observed, most_lines
from inventory.ledger.kinds import RULES, Sign
from inventory.ledger.known import local_date
from inventory.ledger.models import Kind
from inventory.vouchers.importing.columns import HEADER
from logistics.imports import Job
from logistics.mappings import CROSSWALK, Record

KEY_PREFIX: Final = "import:"
_LONGEST_KEY: Final = 64


@dataclass(slots=True)
class Document:
    """The rows of one document. `is_guess`: its kind or time could not be read, so its draft stands in for it."""

    name: str
    records: list[Record]
    key: str
    is_guess: bool = False
    has_no_time: bool = False  # the table says none, which an opening may
    draft: Draft | None = None

    @property
    def is_wrong(self) -> bool:
        """Tell whether some row of it has an error; then none of it goes in."""
        return any(record.errors for record in self.records)


@dataclass(slots=True)
class Defaults:
    """What a document has where the table says nothing: the opening's kind, name, time and reason.

    Of kind stocktake, quantities are what there was at that time (đặt bằng) instead of what is added (nhập thêm).
    """

    kind: str | None = None
    document: str = ""
    occurred_at: datetime | None = None
    reason: str = ""


def gather(job: Job, defaults: Defaults) -> list[Document]:
    """Return the documents in the order they begin in the file; rows that disagree on a header field get an error.

    A row without a readable document name is a document of its own: it will not go in, but is weighed for what else
    is wrong with it. Where the import gives a name itself, rows without one make documents as long as may be.
    """
    documents: dict[str, Document] = {}
    unnamed = 0
    for record in job.reading.records:
        name = record.values.get("document")
        if name is None and not (defaults.document and "document" not in record.errors):
            documents[f"\0{record.row.number}"] = Document("", [record], key="", is_guess=True)
            continue
        if name is None:
            part, unnamed = unnamed // most_lines(defaults.kind or "") + 1, unnamed + 1
            name = defaults.document if part == 1 else f"{defaults.document}/{part}"
        if (document := documents.get(name)) is None:
            documents[name] = Document(name, [record], key=key_of(name))
        else:
            job.agree(document.records[0], record, HEADER)
            document.records.append(record)
    for record in job.reading.records:
        if record.values.get("kind") is None and defaults.kind:
            record.values["kind"] = defaults.kind
    return list(documents.values())


def key_of(name: str) -> str:
    """Return the idempotency key of a document: its name, where a key can spell it, else the SHA-256 of the name."""
    if name.isascii() and name.isprintable() and len(KEY_PREFIX + name) <= _LONGEST_KEY:
        return KEY_PREFIX + name
    return KEY_PREFIX + hashlib.sha256(name.encode()).hexdigest()[: _LONGEST_KEY - len(KEY_PREFIX)]


# --- Drafts -----------------------------------------------------------------------------------------------------


def draft(document: Document, depot: str, defaults: Defaults, *, at: datetime, pointer: str) -> Draft:
    """Return the document as the ledger is asked for it.

    What could not be read is stood in for by what finds nothing more wrong, so that the rest is weighed in the same
    pass: such a draft is never posted.
    """
    head = document.records[0].values
    kind, occurred_at = head.get("kind"), head.get("occurred_at")
    if occurred_at is None and defaults.kind and not any("occurred_at" in r.errors for r in document.records):
        document.has_no_time = defaults.occurred_at is None
        occurred_at = defaults.occurred_at or at
    document.is_guess = document.is_guess or kind is None or occurred_at is None
    kind = Kind(kind or Kind.RECEIPT)
    goes_in = RULES[kind].sign is Sign.IN
    counted_at = occurred_at if kind == Kind.STOCKTAKE else None
    return Draft(
        depot=depot,
        kind=kind,
        occurred_at=occurred_at or at,
        key=document.key or KEY_PREFIX,
        lines=tuple(_line(record, goes_in=goes_in, counted_at=counted_at) for record in document.records),
        counterparty=head.get("counterparty") or "",
        order_number=head.get("order_number") or "",
        order_date=head.get("order_date"),
        reason=head.get("reason") or defaults.reason,
        to_depot=head.get("to_depot") or "",
        consignment=head.get("consignment") or "",
        pointer=pointer,
    )


def _line(record: Record, *, goes_in: bool, counted_at: datetime | None) -> DraftLine:
    values = record.values
    quantity = values.get("quantity")
    if quantity is None:
        # One piece coming in hurts nobody; one going out might be the piece another row needs.
        quantity = Decimal(1 if goes_in else 0)
    grade, temperature, density = (values.get(name) for name in ("grade", "temperature", "density"))
    return DraftLine(
        item=values.get("item") or "",
        quantity=quantity,
        unit=values.get("unit") or "",
        lot=values.get("lot"),
        expires_date=values.get("expires_on"),
        bin=values.get("bin") or "",
        grade=1 if grade is None else grade,
        purpose=values.get("purpose") or "THUONG_XUYEN",
        unit_price=values.get("unit_price"),
        scheduled_quantity=values.get("scheduled_quantity"),
        to_bin=values.get("to_bin") or "",
        to_grade=values.get("to_grade"),
        to_purpose=values.get("to_purpose") or "",
        reason=values.get("line_reason") or "",
        counted_at=counted_at,
        fuel=None if temperature is None and density is None else Observed(temperature=temperature, density=density),
    )


# --- Looking up -------------------------------------------------------------------------------------------------


def look_up(job: Job) -> None:
    """Replace items and units named in another way than by our codes, where the mapping says so; in place."""
    item, unit = job.mapping.source("item"), job.mapping.source("unit")
    if item and item.lookup == CROSSWALK:
        unknown = _("The table of codes of %(program)s has no such code today: add it there.")
        found = _crosswalk(item.program, _wanted(job, "item"), on=local_date(job.at))
        _replace(job, "item", found, unknown=unknown % {"program": item.program})
    elif item and item.lookup:
        wanted = _wanted(job, "item")
        named = Item.objects.filter(**{f"{item.lookup}__in": wanted}).values_list(item.lookup, "code")
        _replace(job, "item", _by_name(named))
    if unit and unit.lookup:
        units = list(Unit.objects.values_list("code", "name", "name_en"))
        names = _by_name((name.casefold(), code) for code, *both in units for name in {*both} if name)
        codes = {code.casefold(): [code] for code, *_both in units}
        _replace(job, "unit", codes | names, fold=True)


def _crosswalk(program: str, wanted: set[str], *, on: date) -> dict[str, list[str]]:
    """Return our item codes for another program's codes, as they hold on a day."""
    # The crosswalk is a room further up; its table is known here by name only.
    known = apps.get_model("openings", "Crosswalk").objects.filter(program__iexact=program, their_code__in=wanted)
    known = known.exclude(valid_from__gt=on).exclude(valid_to__lt=on)
    return _by_name(known.values_list("their_code", "item__code"))


def _wanted(job: Job, target: str) -> set[str]:
    return {value for record in job.reading.records if (value := record.values.get(target))}


def _by_name(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, code in pairs:
        found.setdefault(name, []).append(code)
    return found


def _replace(
    job: Job, target: str, found: Mapping[str, Sequence[str]], *, fold: bool = False, unknown: str = ""
) -> None:
    unknown = unknown or _("Nothing is known by this name here; import the catalogue first.")
    for record in job.reading.records:
        if not (name := record.values.get(target)):
            continue
        codes = found.get(name.casefold() if fold else name, ())
        record.values[target] = codes[0] if len(codes) == 1 else None
        if not codes:
            job.refuse(record, target, unknown)
        elif len(codes) > 1:
            names = ", ".join(codes)
            job.refuse(record, target, _("Several have this name: %(codes)s. Name one by its code.") % {"codes": names})
