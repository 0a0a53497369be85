"""Bringing a table of documents into one depot's log: weighed in one pass, posted in one call."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Final

from django.db import transaction
from django.utils.translation import gettext as _

from depots.access import DepotAccess
from inventory.ledger import drafts as asking
from inventory.ledger.drafts import Draft
from inventory.ledger.entries import Posted
from inventory.ledger.kinds import RULES, Sign
from inventory.ledger.models import Kind
from inventory.ledger.posting import post
from inventory.ledger.weighing import SHORT, Weighed, look
from inventory.vouchers.importing.columns import HEADER, OF_HEADER, OF_LINE
from inventory.vouchers.importing.documents import Defaults, Document, draft, gather, look_up
from logistics import sql
from logistics.errors import DomainError, Fault
from logistics.imports import Job, Outcome, kept_out
from logistics.mappings import Record

_POINTER: Final = re.compile(r"/([0-9]+)(?:/lines/([0-9]+))?(?:/(.*))?")


def load(job: Job, depot: DepotAccess, defaults: Defaults | None = None) -> Outcome:
    """Post every document of the table that is not in the depot's log yet, or find all that is wrong with any.

    Nothing is posted when a row is wrong, unless the job keeps going: then documents that are right throughout are
    posted, and of the others every row is rejected, because a document is booked once and whole. Must run in a
    transaction, which the caller rolls back when the outcome has errors and the job does not keep going. A job that
    only looks posts nothing: the outcome then says what each row's pile holds before and after it.
    """
    defaults = defaults or Defaults()
    job.stage(_("Gathering documents"))
    look_up(job)
    documents = gather(job, defaults)
    for index, document in enumerate(documents):
        document.draft = draft(document, depot.code, defaults, at=job.at, pointer=f"/{index}")
    _refuse_other_branches(job, depot, documents)
    before = _set_aside(job, depot, documents)
    new = [document for document in documents if document.key not in before]
    outcome = Outcome({"movements": 0, "lines": 0, "movements_there_before": len(before)})
    if job.only_looks:
        outcome.changes = _changes(documents, _weigh(job, documents, new))
        posted = not any(document.is_wrong for document in new)
    else:
        posted = _post(job, documents, new, outcome)
    for document in documents:
        rows = [record.row.number for record in document.records]
        outcome.errors += [error for record in document.records for error in record.errors.values()]
        if document.key in before:
            outcome.there_before.update(rows)
        elif document.is_wrong:
            if job.keeps_going:
                outcome.rejected |= kept_out(document.records)
        elif posted:
            outcome.taken.update(rows)
            outcome.counts["movements"] += 1
            outcome.counts["lines"] += len(rows)
    return outcome


def _changes(documents: Sequence[Document], weighed: Weighed) -> dict[int, tuple[Decimal, Decimal]]:
    """Return, by row, what its pile holds before and after it; rows that come to several lines or none are left out."""
    found: dict[int, tuple[Decimal, Decimal]] = {}
    for planned in weighed.planned:
        records = documents[int(planned.draft.pointer[1:])].records
        entries = Counter(line.entry_no for line in planned.lines)
        for line in planned.lines:
            if entries[line.entry_no] == 1:
                after = line.on_hand_after
                found[records[line.entry_no - 1].row.number] = (after - line.change, after)
    return found


def _post(job: Job, documents: list[Document], new: list[Document], outcome: Outcome) -> bool:
    """Post what may be posted and tell whether it was; what is wrong is noted on its rows."""
    job.stage(_("Weighing and posting"))
    if any(document.is_wrong for document in new):
        _weigh(job, documents, new)
    while True:
        good = [document for document in new if not document.is_wrong]
        if len(good) < len(new) and not job.keeps_going:
            return False
        if not good:
            return True
        try:
            with transaction.atomic():
                made = _booked(job, [document.draft for document in good if document.draft])
            outcome.posted = [(posted.depot, posted.position) for posted in made]
        except DomainError:
            _weigh(job, documents, good)
            if not any(document.is_wrong for document in good):
                raise  # refused for a reason no row has: somebody else posted one of the documents meanwhile
        else:
            return True


def _booked(job: Job, drafts: list[Draft]) -> list[Posted]:
    if any(draft.kind == Kind.STOCKTAKE for draft in drafts):  # each is compared with the log as the one before left it
        return [made for draft in drafts for made in post([draft], by=job.by, at=job.at)]
    return post(drafts, by=job.by, at=job.at)


# --- What is in the log already ---------------------------------------------------------------------------------


def _set_aside(job: Job, depot: DepotAccess, documents: Sequence[Document]) -> set[str]:
    """Return the keys of documents posted before with the same content; those with another content get an error."""
    by_key = {document.key: document for document in documents if document.key}
    before = set()
    rows = sql.rows("vouchers/imported_before", {"depot_id": depot.id, "keys": list(by_key)})
    for key, position, actor, occurred_at, stored in rows:
        document = by_key[key]
        assert document.draft is not None
        if document.has_no_time:
            document.draft = _dated(document.draft, occurred_at)
        if document.is_wrong or asking.digest(asking.composed(document.draft), actor=actor) != bytes(stored):
            text = _("Document %(name)s was posted before as %(movement)s, with other content. Reverse that movement, "
                     "or give this document a name of its own.")  # fmt: skip
            for record in document.records:
                names = {"name": document.name, "movement": f"{depot.code}/{position}"}
                job.refuse(record, "document", text % names)
        else:
            before.add(key)
    return before


def _dated(draft: Draft, occurred_at: datetime) -> Draft:
    lines = draft.lines
    if draft.kind == Kind.STOCKTAKE:
        lines = tuple(replace(line, counted_at=occurred_at) for line in lines)
    return replace(draft, occurred_at=occurred_at, lines=lines)


def _refuse_other_branches(job: Job, depot: DepotAccess, documents: Sequence[Document]) -> None:
    if depot.supply_classes is None:
        return
    for document in documents:
        for record in document.records:
            item = record.values.get("item")
            if item and item.partition("-")[0] not in depot.supply_classes:
                names = ", ".join(sorted(depot.supply_classes))
                job.refuse(record, "item", _("Your role here covers only %(classes)s.") % {"classes": names})


# --- What is wrong ----------------------------------------------------------------------------------------------


def _weigh(job: Job, documents: Sequence[Document], looked_at: Sequence[Document]) -> Weighed:
    """Note on the rows all that the ledger finds wrong with some of the documents; return what they come to."""
    weighed = look([document.draft for document in looked_at if document.draft], by=job.by, at=job.at)
    found = weighed.every_fault()
    excused = _Excused(documents, found)
    for fault in found:
        document, record, target = _place(documents, fault)
        if document.is_guess and not fault.code.startswith("unknown-"):
            continue  # the stand-in's kind and time are ours, not the file's
        if not excused.holds(fault, document, record):
            job.refuse(record, target, fault.detail)
    return weighed


def _place(documents: Sequence[Document], fault: Fault) -> tuple[Document, Record, str]:
    """Return the document, row and field a fault of the ledger belongs to; faults about stock are the quantity's."""
    parts = _POINTER.fullmatch(fault.pointer)
    assert parts is not None, f"the ledger points into the drafts it was given, not to {fault.pointer!r}"
    document = documents[int(parts[1])]
    member = parts[3] or ""
    if parts[2] is None:
        return document, document.records[0], OF_HEADER.get(member, member if member in HEADER else "document")
    return document, document.records[int(parts[2])], OF_LINE.get(member, member) or "quantity"


class _Excused:
    """Faults that only follow from another row's: told, they would send the clerk after something that is right."""

    def __init__(self, documents: Sequence[Document], found: Sequence[Fault]) -> None:
        self.short_of: dict[str, Decimal] = defaultdict(Decimal)  # what wrong rows would have brought in, by item
        self.unclear_lots: set[tuple[str, str]] = set()
        wrong = {record.row.number for document in documents for record in document.records if record.errors}
        for fault in found:
            if fault.code not in SHORT and "/lines/" in fault.pointer:
                wrong.add(_place(documents, fault)[1].row.number)
        for document in documents:
            is_in = document.draft is not None and RULES[document.draft.kind].sign is Sign.IN
            for record in document.records:
                if record.row.number not in wrong:
                    continue
                item, lot = record.values.get("item") or "", record.values.get("lot") or ""
                if is_in:
                    self.short_of[item] += record.values.get("quantity") or 0
                if record.values.get("expires_on") is None:
                    self.unclear_lots.add((item, lot))

    def holds(self, fault: Fault, document: Document, record: Record) -> bool:
        """Tell whether a fault follows from another row's."""
        item, lot = record.values.get("item") or "", record.values.get("lot") or ""
        if fault.code == "expiry-differs":
            return (item, lot) in self.unclear_lots
        return fault.code in SHORT and (record.values.get("quantity") or Decimal(0)) <= self.short_of[item]
