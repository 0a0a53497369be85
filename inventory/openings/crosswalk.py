"""Bringing a table of another program's codes into the store."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from django.utils.translation import gettext as _

from inventory.catalogue.models import Item
from inventory.openings.models import Crosswalk
from logistics import history
from logistics.cells import Form
from logistics.fields import format_date
from logistics.imports import Job, Outcome
from logistics.mappings import Record, Target

CODES: Final = (
    Target(name="program", is_required=True, most=40),
    Target(name="their_code", is_required=True, most=80),
    Target(name="item", is_required=True),
    Target(name="valid_from", form=Form.DAY, is_required=True),
    Target(name="valid_to", form=Form.DAY),
)
Key = tuple[str, str]  # program, folded, and their code


def load(job: Job) -> Outcome:
    """Write the codes of the table that are missing or differ; every write has its history.

    A row is told by program, code and first day; one of a known code puts item and last day right. Must run in a
    transaction, which the caller rolls back when the outcome has errors and the job does not keep going.
    """
    job.stage(_("Comparing with the codes known"))
    items = dict(Item.objects.values_list("code", "pk"))
    known: dict[Key, list[Crosswalk]] = {}
    for one in Crosswalk.objects.select_for_update().order_by("valid_from", "pk"):
        known.setdefault((one.program.casefold(), one.their_code), []).append(one)
    outcome = Outcome({"codes": 0, "codes_unchanged": 0})
    new: list[Crosswalk] = []
    changed: list[Crosswalk] = []
    for record in job.reading.records:
        wanted = _wanted(job, record, items)
        if wanted is None:
            continue
        others = known.setdefault((wanted.program.casefold(), wanted.their_code), [])
        same = next((one for one in others if one.valid_from == wanted.valid_from), None)
        clash = next((one for one in others if one is not same and _overlap(one, wanted)), None)
        if clash is not None:
            text = _("%(code)s means another item from %(first)s on already: end that one first.")
            names = {"code": wanted.their_code, "first": format_date(clash.valid_from)}
            job.refuse(record, "valid_from", text % names)
        elif same is None:
            others.append(wanted)
            new.append(wanted)
            outcome.taken.add(record.row.number)
        elif (same.item_id, same.valid_to) != (wanted.item_id, wanted.valid_to):
            same.item_id, same.valid_to = wanted.item_id, wanted.valid_to
            if same.pk:
                changed.append(same)
            outcome.taken.add(record.row.number)
        else:
            outcome.there_before.add(record.row.number)
    for record in job.reading.records:
        outcome.errors += record.errors.values()
        if record.errors and job.keeps_going:
            outcome.rejected[record.row.number] = list(record.errors.values())
    if not outcome.errors or job.keeps_going:
        reason = _("Imported from %(file)s") % {"file": job.source}
        with history.changing(by=job.by, reason=reason, source=history.Source.IMPORT):
            history.bulk_update(list(dict.fromkeys(changed)), ["item", "valid_to"])
            history.bulk_create(new)
        outcome.counts |= {"codes": len(outcome.taken), "codes_unchanged": len(outcome.there_before)}
    return outcome


def _wanted(job: Job, record: Record, items: dict[str, int]) -> Crosswalk | None:
    values: dict[str, Any] = record.values
    first: date | None = values.get("valid_from")
    last: date | None = values.get("valid_to")
    item = items.get(values.get("item") or "")
    if item is None and values.get("item"):
        job.refuse(record, "item", _("There is no item %(code)s.") % {"code": values["item"]})
    if first is not None and last is not None and last < first:
        job.refuse(record, "valid_to", _("The last day cannot be before the first."))
    if record.errors or item is None or first is None:
        return None
    return Crosswalk(
        program=values["program"], their_code=values["their_code"], item_id=item, valid_from=first, valid_to=last
    )


def _overlap(one: Crosswalk, other: Crosswalk) -> bool:
    return one.valid_from <= (other.valid_to or date.max) and other.valid_from <= (one.valid_to or date.max)
