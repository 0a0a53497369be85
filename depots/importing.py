"""Bringing a table of depots, with their bins, into the store."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Final

from django.apps import apps
from django.contrib.gis.geos import Point
from django.utils.translation import gettext as _

from depots.models import Bin, Depot, Level, OrganisationUnit, Province
from logistics import history
from logistics.cells import Form
from logistics.fields import format_date
from logistics.imports import Job, Outcome, kept_out
from logistics.mappings import Record, Target

DEPOTS: Final = (
    Target(name="code", is_required=True, most=12),
    Target(name="name", is_required=True, most=120),
    Target(name="unit", is_required=True, most=35),
    Target(name="level", is_required=True, choices=tuple(Level.values)),
    Target(name="branch", most=4),
    Target(name="province"),
    Target(name="province_on", form=Form.DAY),
    Target(name="lon", form=Form.FACTOR, is_required=True),
    Target(name="lat", form=Form.FACTOR, is_required=True),
    Target(name="address", most=200),
    Target(name="opened_on", form=Form.DAY, is_required=True),
    Target(name="closed_on", form=Form.DAY),
    Target(name="bin", most=24),
    Target(name="bin_name", most=120),
)
_BIN: Final = ("bin", "bin_name")
_OF_DEPOT: Final = tuple(target.name for target in DEPOTS if target.name not in _BIN)
_COLUMNS: Final = ("name", "unit_id", "level", "branch_id", "province_id", "coordinates", "address", "closed_date")
FIRST_BIN: Final = "A-01"  # of a depot whose rows name none: every depot needs a default


@dataclass(slots=True)
class _Store:
    """What a table of depots may name."""

    units: dict[str, int]
    branches: set[str]
    provinces: list[Province]
    depots: dict[str, Depot]
    bins: dict[str, set[str]]

    @classmethod
    def read(cls) -> _Store:
        # The catalogue is a room further up; its table is known here by name only, as in the model's foreign key.
        branches = apps.get_model("catalogue", "SupplyClass")
        bins: dict[str, set[str]] = {}
        for depot, code in Bin.objects.values_list("depot__code", "code"):
            bins.setdefault(depot, set()).add(code)
        return cls(
            units=dict(OrganisationUnit.objects.values_list("code", "id")),
            branches=set(branches.objects.values_list("pk", flat=True)),
            provinces=list(Province.objects.all()),
            depots={depot.code: depot for depot in Depot.objects.select_for_update().order_by("pk")},
            bins=bins,
        )


@dataclass(slots=True)
class _Entry:
    """One depot of the table: its rows, what it comes to, and the bins it lacks (the first is the default)."""

    records: list[Record]
    depot: Depot | None = None
    is_new: bool = False
    is_changed: bool = False
    bins: list[Bin] = field(default_factory=list)

    @property
    def is_wrong(self) -> bool:
        return any(record.errors for record in self.records)


def load(job: Job) -> Outcome:
    """Write the depots and bins of the table that are missing or differ; every write has its history.

    A row is a depot, or one more bin of it: rows of one code agree on everything but the bin. A blank cell leaves what
    is known. A depot's code and opening day never change. Must run in a transaction, which the caller rolls back when
    the outcome has errors and the job does not keep going.
    """
    job.stage(_("Comparing with the depots known"))
    store = _Store.read()
    entries: dict[str, _Entry] = {}
    for record in job.reading.records:
        code = record.values.get("code") or f"\0{record.row.number}"
        if (entry := entries.get(code)) is None:
            entries[code] = _Entry([record])
        else:
            job.agree(entry.records[0], record, _OF_DEPOT)
            entry.records.append(record)
    for entry in entries.values():
        _compare(job, entry, store)
    outcome = Outcome({"depots": 0, "depots_new": 0, "depots_changed": 0, "bins_new": 0, "depots_unchanged": 0})
    good = [entry for entry in entries.values() if not entry.is_wrong]
    if len(good) == len(entries) or job.keeps_going:
        reason = _("Imported from %(file)s") % {"file": job.source}
        with history.changing(by=job.by, reason=reason, source=history.Source.IMPORT):
            _write(job, good, outcome)
    for entry in entries.values():
        outcome.errors += [error for record in entry.records for error in record.errors.values()]
        if entry.is_wrong:
            outcome.rejected |= kept_out(entry.records) if job.keeps_going else {}
        else:
            rows = {record.row.number for record in entry.records}
            (outcome.taken if entry.is_changed or entry.bins else outcome.there_before).update(rows)
    return outcome


def _compare(job: Job, entry: _Entry, store: _Store) -> None:
    record = entry.records[0]
    values = record.values
    stored = store.depots.get(values.get("code") or "")
    opened = values.get("opened_on") or (stored.opened_date if stored else job.at.date())  # a row without it is refused
    entry.depot = depot = stored or Depot(code=values.get("code") or "", opened_date=opened)
    entry.is_new = stored is None
    wanted = _wanted(job, record, store)
    if opened != depot.opened_date:
        text = _("%(depot)s opened on %(day)s; its books start there.")
        job.refuse(record, "opened_on", text % {"depot": depot.code, "day": format_date(depot.opened_date)})
    closed = values.get("closed_on")
    if closed and closed <= depot.opened_date:
        job.refuse(record, "closed_on", _("A depot closes after it opened."))
    for column in _COLUMNS:
        value = wanted.get(column)
        if value is not None and not _same(getattr(depot, column), value):
            setattr(depot, column, value)
            entry.is_changed = True
    entry.is_changed = entry.is_changed or entry.is_new
    _compare_bins(job, entry, store.bins.get(depot.code, set()))


def _wanted(job: Job, record: Record, store: _Store) -> dict[str, Any]:
    """Return what the row gives a depot's columns; what names nothing is refused."""
    values = record.values
    wanted: dict[str, Any] = {
        "name": values.get("name"),
        "level": values.get("level"),
        "address": values.get("address"),
        "closed_date": values.get("closed_on"),
    }
    if unit := values.get("unit"):
        wanted["unit_id"] = store.units.get(unit)
        if wanted["unit_id"] is None:
            job.refuse(record, "unit", _("There is no organisation unit %(code)s.") % {"code": unit})
    if branch := values.get("branch"):
        wanted["branch_id"] = branch
        if branch not in store.branches:
            job.refuse(record, "branch", _("There is no supply class %(code)s.") % {"code": branch})
    if code := values.get("province"):
        wanted["province_id"] = _province(
            job, record, store, code, values.get("province_on") or values.get("opened_on")
        )
    wanted["coordinates"] = _point(job, record)
    return wanted


def _province(job: Job, record: Record, store: _Store, code: str, on: date | None) -> int | None:
    """Return the province a GSO code meant on a day: seven codes changed meaning on 2025-07-01."""
    if on is None:
        return None
    for province in store.provinces:
        if province.code == code and province.valid_from <= on <= (province.valid_to or date.max):
            return province.pk
    text = _("No province known here had code %(code)s on %(day)s. Give the day the code is of in province_on.")
    job.refuse(record, "province", text % {"code": code, "day": format_date(on)})
    return None


def _point(job: Job, record: Record) -> Point | None:
    lon, lat = record.values.get("lon"), record.values.get("lat")
    for target, degrees, limit in (("lon", lon, 180), ("lat", lat, 90)):
        if degrees is not None and abs(degrees) > limit:
            job.refuse(record, target, _("Degrees go from -%(limit)s to %(limit)s (WGS 84).") % {"limit": limit})
            return None
    if not isinstance(lon, Decimal) or not isinstance(lat, Decimal):
        return None
    return Point(float(lon), float(lat), srid=4326)


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, Point) and isinstance(other, Point):
        return bool(one.equals_exact(other, 1e-9))
    return bool(one == other)


def _compare_bins(job: Job, entry: _Entry, known: set[str]) -> None:
    names: dict[str, str] = {}
    for record in entry.records:
        if code := record.values.get("bin"):
            if code in names:
                job.refuse(record, "bin", _("This bin stands twice."))
            names[code] = record.values.get("bin_name") or ""
    if entry.is_new and not names:
        names = {FIRST_BIN: ""}
    missing = [code for code in names if code not in known]
    entry.bins = [
        Bin(code=code, name=names[code], is_default=not known and index == 0) for index, code in enumerate(missing)
    ]


def _write(job: Job, entries: list[_Entry], outcome: Outcome) -> None:
    pairs = [(entry, entry.depot) for entry in entries if entry.depot is not None]
    new = [depot for entry, depot in pairs if entry.is_new]
    changed = [depot for entry, depot in pairs if entry.is_changed and not entry.is_new]
    for depot in changed:
        depot.updated_at = job.at
    unchanged = sum(not entry.is_changed and not entry.bins for entry in entries)
    made = {depot.code: depot for depot in history.bulk_create(new)}
    history.bulk_update(changed, [*(column.removesuffix("_id") for column in _COLUMNS), "updated_at"])
    bins = []
    for entry, depot in pairs:
        for one in entry.bins:
            one.depot = made.get(depot.code, depot)
            bins.append(one)
    history.bulk_create(bins)
    outcome.counts |= {
        "depots": len(entries) - unchanged,
        "depots_new": len(new),
        "depots_changed": len(changed),
        "bins_new": len(bins),
        "depots_unchanged": unchanged,
    }
