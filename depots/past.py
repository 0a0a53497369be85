"""Depots as they stood at a past instant: those that kept books then, with the data they had."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

from depots.models import Depot, OrganisationUnit, Province
from logistics import history
from logistics.asking import local_day

if TYPE_CHECKING:
    from depots.models import DepotQuerySet


def as_they_stood(depots: DepotQuerySet, at: datetime) -> list[Depot]:
    """Return those of `depots` that kept books on the day of `at`, by code, with unit and province as they had then.

    What was entered only later is as it was first entered: a depot that was opened on paper before this store began
    has no other. At most six queries.
    """
    day = local_day(at)
    past = history.as_it_was(Depot, depots.values_list("pk", flat=True), at=at)
    found = sorted((depot for depot in past.values() if _is_open(depot, day)), key=lambda depot: depot.code)
    units = OrganisationUnit.objects.in_bulk({depot.unit_id for depot in found})
    provinces = Province.objects.in_bulk({depot.province_id for depot in found if depot.province_id is not None})
    for depot in found:
        depot.unit = units[depot.unit_id]
        depot.province = provinces.get(depot.province_id) if depot.province_id is not None else None
    return found


def _is_open(depot: Depot, day: date) -> bool:
    return depot.opened_date <= day and (depot.closed_date is None or depot.closed_date > day)
