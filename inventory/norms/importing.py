"""Bringing a table of reserve norms into the store."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final

from django.utils.translation import gettext as _

from depots.models import Depot, OrganisationUnit
from inventory.catalogue.models import Item, ReservePurpose
from inventory.norms.models import ReserveNorm
from logistics import history
from logistics.cells import Form
from logistics.fields import format_date, told_quantity
from logistics.imports import Job, Outcome
from logistics.mappings import Record, Target

NORMS: Final = (
    Target(name="unit", most=35),
    Target(name="depot", most=12),
    Target(name="item", is_required=True, lookups=("external_code",)),
    Target(name="purpose", is_required=True, most=24),
    Target(name="required", form=Form.QUANTITY, is_required=True),
    Target(name="valid_from", form=Form.DAY, is_required=True),
    Target(name="valid_to", form=Form.DAY),
    Target(name="basis", most=200),
)
_DAY: Final = timedelta(days=1)
Key = tuple[int | None, int | None, int, str]  # unit, depot, item, purpose


@dataclass(slots=True)
class _Store:
    """What a table of norms may name, and the norms there are, by what they are for, the earliest first."""

    units: dict[str, int]
    depots: dict[str, Depot]
    items: dict[str, Item]
    by_external: dict[str, list[Item]]
    purposes: set[str]
    norms: dict[Key, list[ReserveNorm]]

    @classmethod
    def read(cls) -> _Store:
        items = list(Item.objects.select_related("base_unit"))
        by_external: dict[str, list[Item]] = {}
        for item in items:
            if item.external_code:
                by_external.setdefault(item.external_code, []).append(item)
        norms: dict[Key, list[ReserveNorm]] = {}
        for norm in ReserveNorm.objects.select_for_update().order_by("valid_from", "pk"):
            norms.setdefault(_key(norm), []).append(norm)
        return cls(
            units=dict(OrganisationUnit.objects.values_list("code", "id")),
            depots={depot.code: depot for depot in Depot.objects.all()},
            items={item.code: item for item in items},
            by_external=by_external,
            purposes=set(ReservePurpose.objects.values_list("pk", flat=True)),
            norms=norms,
        )


def load(job: Job) -> Outcome:
    """Write the norms of the table that are missing or differ; every write has its history.

    A norm is told by its place (a unit or a depot), item, purpose and first day; a row of a known one puts its
    quantity, last day and basis right. A blank last day means until the next norm of the same thing starts, so that a
    new one ends the open one before it on the day before. Must run in a transaction, which the caller rolls back when
    the outcome has errors and the job does not keep going.
    """
    job.stage(_("Comparing with the norms known"))
    store = _Store.read()
    outcome = Outcome({"norms": 0, "norms_new": 0, "norms_changed": 0, "norms_ended": 0, "norms_unchanged": 0})
    seen: dict[tuple[Key, date], int] = {}
    new: list[ReserveNorm] = []
    changed: dict[int, ReserveNorm] = {}
    ended: dict[int, ReserveNorm] = {}
    # In the order of days, so that a table may hold several norms of one thing in any order.
    for record in sorted(job.reading.records, key=lambda record: record.values.get("valid_from") or date.max):
        wanted = _wanted(job, record, store)
        if wanted is None:
            continue
        key = _key(wanted)
        first = seen.setdefault((key, wanted.valid_from), record.row.number)
        if first != record.row.number:
            job.refuse(record, "valid_from", _("Row %(row)s is the same norm from the same day.") % {"row": first})
            continue
        others = store.norms.setdefault(key, [])
        norm = next((one for one in others if one.valid_from == wanted.valid_from), None)
        before = max((one for one in others if one.valid_from < wanted.valid_from), key=_first_day, default=None)
        after = min((one for one in others if one.valid_from > wanted.valid_from), key=_first_day, default=None)
        if after is not None and wanted.valid_to is None:
            wanted.valid_to = after.valid_from - _DAY
        if after is not None and wanted.valid_to is not None and wanted.valid_to >= after.valid_from:
            job.refuse(record, "valid_to", _overlap(after))
            continue
        if before is not None and before.valid_to is not None and before.valid_to >= wanted.valid_from:
            job.refuse(record, "valid_from", _overlap(before))
            continue
        if before is not None and before.valid_to is None:
            before.valid_to = wanted.valid_from - _DAY
            if before.pk:
                ended[before.pk] = before
        if norm is None:
            others.append(wanted)
            new.append(wanted)
            outcome.taken.add(record.row.number)
        elif _put_right(norm, wanted):
            changed[norm.pk] = norm
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
            rows = [*changed.values(), *(norm for pk, norm in ended.items() if pk not in changed)]
            history.bulk_update(rows, ["required", "valid_to", "basis"])  # first: what starts later needs the room
            history.bulk_create(new)
        outcome.counts |= {
            "norms": len(new) + len(changed),
            "norms_new": len(new),
            "norms_changed": len(changed),
            "norms_ended": len(ended),
            "norms_unchanged": len(outcome.there_before),
        }
    return outcome


def _first_day(norm: ReserveNorm) -> date:
    return norm.valid_from


def _key(norm: ReserveNorm) -> Key:
    return norm.unit_id, norm.depot_id, norm.item_id, norm.purpose_id


def _overlap(other: ReserveNorm) -> str:
    names = {
        "required": told_quantity(other.required),
        "first": format_date(other.valid_from),
        "last": format_date(other.valid_to) if other.valid_to else "…",
    }
    return _("A norm of %(required)s holds from %(first)s to %(last)s already; two may not overlap.") % names


def _put_right(norm: ReserveNorm, wanted: ReserveNorm) -> bool:
    """Make a stored norm say what the row says; return whether that changed it. A blank basis leaves what is known."""
    changed = False
    for name in ("required", "valid_to", "basis"):
        value = getattr(wanted, name)
        if name == "basis" and not value:
            continue
        if getattr(norm, name) != value:
            setattr(norm, name, value)
            changed = True
    return changed


def _wanted(job: Job, record: Record, store: _Store) -> ReserveNorm | None:
    """Return the norm a row names; None where something of it is wrong, which is told."""
    values = record.values
    first: date | None = values.get("valid_from")
    last: date | None = values.get("valid_to")
    norm = ReserveNorm(valid_to=last, basis=values.get("basis") or "")
    unit, depot = values.get("unit"), values.get("depot")
    if bool(unit) == bool(depot) and not {"unit", "depot"} & set(record.errors):
        job.refuse(record, "unit", _("Name the unit or the depot the norm is for: one of the two."))
    if unit and (found := store.units.get(unit)) is None:
        job.refuse(record, "unit", _("There is no organisation unit %(code)s.") % {"code": unit})
    elif unit:
        norm.unit_id = found
    if depot:
        if (place := store.depots.get(depot)) is None:
            job.refuse(record, "depot", _("There is no depot %(code)s.") % {"code": depot})
        elif place.is_exercise:
            job.refuse(record, "depot", _("%(depot)s is for training and holds no reserve.") % {"depot": depot})
        else:
            norm.depot_id = place.pk
    item = _item(job, record, store)
    if (purpose := values.get("purpose")) and purpose not in store.purposes:
        job.refuse(record, "purpose", _("There is no reserve purpose %(code)s.") % {"code": purpose})
    required: Decimal | None = values.get("required")
    if required is not None and required <= 0:
        job.refuse(record, "required", _("This must be above %(limit)s.") % {"limit": 0})
    elif required is not None and item is not None and _decimals(required) > item.base_unit.scale:
        text = _("%(unit)s is counted with %(scale)s decimals.")
        job.refuse(record, "required", text % {"unit": item.base_unit, "scale": item.base_unit.scale})
    if first is not None and last is not None and last < first:
        job.refuse(record, "valid_to", _("The last day cannot be before the first."))
    if record.errors:
        return None
    assert item is not None, "what names no item was refused"
    assert first is not None, "what has no first day was refused"
    assert purpose, "what has no purpose was refused"
    assert required is not None, "what requires nothing was refused"
    norm.item, norm.purpose_id, norm.required, norm.valid_from = item, purpose, required, first
    return norm


def _item(job: Job, record: Record, store: _Store) -> Item | None:
    code: Any = record.values.get("item")
    if not code:
        return None
    source = job.mapping.source("item")
    if source is not None and source.lookup == "external_code":
        found = store.by_external.get(code, [])
        if len(found) > 1:
            names = ", ".join(item.code for item in found)
            job.refuse(record, "item", _("Several items have this code: %(names)s.") % {"names": names})
            return None
        item = found[0] if found else None
    else:
        item = store.items.get(code)
    if item is None:
        job.refuse(record, "item", _("There is no item %(code)s.") % {"code": code})
    return item


def _decimals(value: Decimal) -> int:
    return max(-int(value.normalize().as_tuple().exponent), 0)
