"""Bringing a table of items into the catalogue: new ones get a code, known ones what the table says of them anew."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from django.conf import settings
from django.db import models
from django.utils.translation import gettext as _

from inventory.catalogue import codes
from inventory.catalogue.models import (
    KILOGRAMS_OF_FUEL,
    Classification,
    DangerousGood,
    Item,
    ItemGroup,
    Packaging,
    Unit,
)
from logistics import history
from logistics.cells import Form
from logistics.errors import RuleError
from logistics.imports import Job, Outcome, kept_out
from logistics.mappings import Record, Target

ITEMS: Final = (
    Target(name="code", most=16),
    Target(name="external_code", most=240),
    Target(name="name", is_required=True, most=240),
    Target(name="name_en", most=240),
    Target(name="specification", most=240),
    Target(name="old_names"),
    Target(name="supply_class", most=4),
    Target(name="group"),
    Target(name="base_unit", is_required=True, lookups=("name",)),
    Target(name="tracking", choices=tuple(Item.Tracking.values)),
    Target(name="shelf_life_days", form=Form.WHOLE),
    Target(name="gross_weight_kg", form=Form.FACTOR),
    Target(name="gtin"),
    Target(name="nsn"),
    Target(name="un_number"),
    Target(name="classification", form=Form.WHOLE),
    Target(name="is_active", form=Form.FLAG),
    Target(name="package_unit", lookups=("name",)),
    Target(name="package_factor", form=Form.FACTOR),
)
# What an item is told by, field by field. The code and the group it stands for never change, nor does what is counted.
_COLUMNS: Final = {
    "external_code": "external_code",
    "name": "name",
    "name_en": "name_en",
    "specification": "specification",
    "old_names": "old_names",
    "base_unit": "base_unit_id",
    "tracking": "tracking",
    "shelf_life_days": "shelf_life_days",
    "gross_weight_kg": "gross_weight_kg",
    "gtin": "gtin",
    "nsn": "nsn",
    "un_number": "dangerous_good_id",
    "classification": "classification",
    "is_active": "is_active",
}
_FIXED: Final = ("base_unit", "tracking")
_PACKAGE: Final = ("package_unit", "package_factor")
_OF_ITEM: Final = tuple(target.name for target in ITEMS if target.name not in _PACKAGE)


@dataclass(slots=True)
class _Entry:
    """One item of the table: its rows, the item it is (stored or new), and the packagings it lacks."""

    records: list[Record]
    group: ItemGroup | None = None
    item: Item | None = None
    is_new: bool = False
    is_changed: bool = False
    packagings: list[Packaging] = field(default_factory=list)

    @property
    def first(self) -> dict[str, Any]:
        return self.records[0].values

    @property
    def is_wrong(self) -> bool:
        return any(record.errors for record in self.records)

    @property
    def is_written(self) -> bool:
        return self.is_new or self.is_changed or bool(self.packagings)


def load(job: Job) -> Outcome:
    """Write the items of the table that the catalogue lacks or that differ; every write has its history.

    An item is known by its code, else by `external_code`, else by name within its group; several rows may be one item
    when they agree. A blank cell leaves what is known. New items without a code get their group's next number.
    Must run in a transaction, which the caller rolls back when the outcome has errors and the job does not keep going.
    """
    job.stage(_("Comparing with the catalogue"))
    store = _Store.read()
    for record in job.reading.records:
        _read_codes(job, record, store)
    entries = _gather(job)
    for entry in entries:
        _compare(job, entry, store)
    outcome = Outcome({"items": 0, "items_new": 0, "items_changed": 0, "items_unchanged": 0})
    good = [entry for entry in entries if not entry.is_wrong]
    if len(good) == len(entries) or job.keeps_going:
        reason = _("Imported from %(file)s") % {"file": job.source}
        with history.changing(by=job.by, reason=reason, source=history.Source.IMPORT):
            _write(job, good, outcome)
    for entry in entries:
        outcome.errors += [error for record in entry.records for error in record.errors.values()]
        if entry.is_wrong:
            outcome.rejected |= kept_out(entry.records) if job.keeps_going else {}
        else:
            rows = {record.row.number for record in entry.records}
            (outcome.taken if entry.is_written else outcome.there_before).update(rows)
    return outcome


# --- What is known ----------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Store:
    """The catalogue as far as a table may name it."""

    groups: dict[tuple[str, str], ItemGroup]
    unit_codes: dict[str, str]  # each to itself
    unit_names: dict[str, str]  # folded, in both languages -> code
    un_numbers: set[str]
    by_code: dict[str, Item]
    by_external: dict[str, list[Item]]
    by_name: dict[tuple[int, str], Item]
    owners: dict[str, dict[str, str]]  # gtin, nsn -> value -> what has it

    @classmethod
    def read(cls) -> _Store:
        """Read it; the groups are locked, because their next numbers are given out here."""
        groups = ItemGroup.objects.select_for_update().order_by("pk")
        items = list(Item.objects.select_related("group").prefetch_related("packagings"))
        by_external: dict[str, list[Item]] = {}
        for item in items:
            if item.external_code:
                by_external.setdefault(item.external_code, []).append(item)
        units = list(Unit.objects.values_list("code", "name", "name_en"))
        return cls(
            groups={(group.supply_class_id, group.number): group for group in groups},
            unit_codes={code: code for code, _name, _name_en in units},
            unit_names={name.casefold(): code for code, *names in units for name in reversed(names)},
            un_numbers=set(DangerousGood.objects.values_list("number", flat=True)),
            by_code={item.code: item for item in items},
            by_external=by_external,
            by_name={(item.group_id, item.name): item for item in items},
            owners={
                "gtin": {item.gtin: item.code for item in items if item.gtin},
                "nsn": {item.nsn: item.code for item in items if item.nsn},
            },
        )


def _read_codes(job: Job, record: Record, store: _Store) -> None:
    """Bring every code of a row into the one form the store keeps, or say which rule it breaks; in place."""
    rules: dict[str, Callable[[str], str]] = {
        "code": codes.check_item_code,
        "gtin": codes.check_gtin,
        "nsn": codes.check_nsn,
        "un_number": lambda text: codes.check_un_number(text, known=store.un_numbers),
    }
    values = record.values
    for target, rule in rules.items():
        if text := values.get(target):
            try:
                values[target] = rule(text)
            except RuleError as error:
                values[target] = None
                job.refuse(record, target, _(error.message) % error.params)
    for target in ("base_unit", "package_unit"):
        if text := values.get(target):
            source = job.mapping.source(target)
            by_name = source is not None and source.lookup == "name"
            values[target] = store.unit_names.get(text.casefold()) if by_name else store.unit_codes.get(text)
            if values[target] is None:
                job.refuse(record, target, _("There is no unit “%(unit)s”.") % {"unit": text})
    label = values.get("classification")
    if label is not None and label not in Classification.values:
        job.refuse(record, "classification", _("A classification is 0 to 3."))
    elif label is not None and label > settings.HIGHEST_CLASSIFICATION:
        level = Classification(settings.HIGHEST_CLASSIFICATION).label
        text = _("This site may not hold anything labelled above %(level)s. Do not enter it.") % {"level": level}
        job.refuse(record, "classification", text)
    for target in ("shelf_life_days", "gross_weight_kg", "package_factor"):
        if (number := values.get(target)) is not None and number <= 0:
            job.refuse(record, target, _("This must be above %(limit)s.") % {"limit": 0})
    if (values.get("package_unit") is None) != (values.get("package_factor") is None):
        job.refuse(record, "package_factor", _("A package has both a unit and how many base units it holds."))


def _gather(job: Job) -> list[_Entry]:
    entries: dict[tuple[Any, ...], _Entry] = {}
    for record in job.reading.records:
        values = record.values
        group = (values.get("supply_class"), values.get("group"))
        name = (values.get("code") or "", values.get("external_code") or "")
        key: tuple[Any, ...] = name if any(name) else (*group, values.get("name"))
        if not any(key):
            key = (record.row.number,)
        if (entry := entries.get(key)) is None:
            entries[key] = _Entry([record])
        else:
            job.agree(entry.records[0], record, _OF_ITEM)
            entry.records.append(record)
    return list(entries.values())


# --- What is new ------------------------------------------------------------------------------------------------


def _compare(job: Job, entry: _Entry, store: _Store) -> None:
    """Find the item an entry is, or make it without a code; set what differs; refuse what may not."""
    values, record = entry.first, entry.records[0]
    entry.group = _group(job, entry, store)
    entry.item = _stored(job, entry, store)
    if entry.item is None:
        if entry.group is None:
            if not record.errors:
                job.refuse(record, "group", _("A new item needs its group, such as QN-02."))
            return
        entry.item, entry.is_new = Item(code=values.get("code") or "", group=entry.group), True
    item = entry.item
    if not entry.is_new and entry.group is not None and entry.group != item.group:
        job.refuse(record, "group", _("%(item)s is of another group; a code keeps its group.") % {"item": item.code})
    for target, column in _COLUMNS.items():
        value = values.get(target)
        if value is None or getattr(item, column) == value:
            continue
        if not entry.is_new and target in _FIXED:
            text = _("%(item)s has %(is)s. What is counted, and how finely, stays; make a new item.")
            job.refuse(record, target, text % {"item": item.code, "is": getattr(item, column)})
            continue
        setattr(item, column, value)
        entry.is_changed = True
    for target, owners in store.owners.items():
        if value := values.get(target):
            owner = owners.setdefault(value, item.code or item.name)
            if owner not in {item.code, item.name}:
                job.refuse(record, target, _("%(owner)s has this number already.") % {"owner": owner})
    _compare_packagings(job, entry)


def _group(job: Job, entry: _Entry, store: _Store) -> ItemGroup | None:
    """Return the group a row names, as QN-02, as 02 beside its class, or by the item's code; None where it does not."""
    values, record = entry.first, entry.records[0]
    branch, text, code = values.get("supply_class"), values.get("group"), values.get("code")
    named: set[tuple[str, str]] = set()
    if code:
        parsed = codes.ItemCode.parse(code)
        named.add((parsed.branch, f"{parsed.group:02d}"))
    if text:
        before, _hyphen, number = text.rpartition("-")
        named.add((before or branch or "", number.zfill(2)))
    if len(named) > 1 or (branch and any(name[0] != branch for name in named)):
        job.refuse(record, "group" if text else "supply_class", _("Code, class and group do not name the same group."))
        return None
    for name in named:
        if (group := store.groups.get(name)) is not None:
            return group
        told = "group" if text else "code"
        job.refuse(record, told, _("There is no group %(group)s.") % {"group": "-".join(name)})
    return None


def _stored(job: Job, entry: _Entry, store: _Store) -> Item | None:
    values, record = entry.first, entry.records[0]
    code, external = values.get("code"), values.get("external_code")
    if code:
        return store.by_code.get(code)
    if external:
        found = store.by_external.get(external, [])
        if len(found) > 1:
            names = ", ".join(item.code for item in found)
            job.refuse(
                record,
                "external_code",
                _("Several have this name: %(codes)s. Name one by its code.") % {"codes": names},
            )
        return found[0] if found else None
    return store.by_name.get((entry.group.pk, values.get("name") or "")) if entry.group else None


def _compare_packagings(job: Job, entry: _Entry) -> None:
    item = entry.item
    assert item is not None
    stored = [] if entry.is_new else list(item.packagings.all())
    known = {one.unit_id: one.factor for one in stored if one.valid_to is None}
    for record in entry.records:
        unit, factor = record.values.get("package_unit"), record.values.get("package_factor")
        if unit is None or factor is None:
            continue
        if unit == record.values.get("base_unit"):
            job.refuse(record, "package_unit", _("This is the base unit itself."))
        elif unit == codes.KILOGRAM and item.fuel_group:
            job.refuse(record, "package_unit", str(KILOGRAMS_OF_FUEL))
        elif known.setdefault(unit, factor) != factor:
            text = _("One %(unit)s is known to hold %(factor)s. End that packaging first, so that old vouchers stand.")
            job.refuse(record, "package_factor", text % {"unit": unit, "factor": f"{known[unit].normalize():f}"})
        elif all(one.unit_id != unit for one in (*entry.packagings, *stored)):
            entry.packagings.append(Packaging(unit_id=unit, factor=factor))


# --- Writing ----------------------------------------------------------------------------------------------------


def _write(job: Job, entries: Iterable[_Entry], outcome: Outcome) -> None:
    new: list[Item] = []
    changed: list[Item] = []
    packagings: list[tuple[Item, Packaging]] = []
    numbers: dict[int, int] = {}
    for entry in entries:
        item = entry.item
        assert item is not None, "an entry without an item is wrong, and not written"
        if entry.is_new:
            item.code = item.code or _next_code(item.group, numbers)
            new.append(item)
        elif entry.is_changed:
            item.updated_at = job.at
            changed.append(item)
        packagings += [(item, packaging) for packaging in entry.packagings]
        outcome.counts["items" if entry.is_written else "items_unchanged"] += 1
    made = {item.code: item for item in history.bulk_create(new)}
    history.bulk_update(changed, [*(column.removesuffix("_id") for column in _COLUMNS.values()), "updated_at"])
    for item, packaging in packagings:
        packaging.item = made.get(item.code, item)
    history.bulk_create([packaging for _item, packaging in packagings])
    outcome.counts["items_new"], outcome.counts["items_changed"] = len(new), len(changed)


def _next_code(group: ItemGroup, numbers: dict[int, int]) -> str:
    """Return the code after the highest ever given out in a group: none is used again, even when its item went."""
    if group.pk not in numbers:
        stem = f"{group.supply_class_id}-{group.number}-"
        highest = [
            found["code__max"]
            for table in (Item.objects, Item.history)
            if (found := table.filter(code__startswith=stem).aggregate(models.Max("code")))["code__max"]
        ]
        numbers[group.pk] = codes.ItemCode.parse(max(highest)).number if highest else 0
    numbers[group.pk] += 1
    return codes.item_code(group.supply_class_id, int(group.number), numbers[group.pk])
