"""The demo's organisation units, depots and bins."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final

from depots.models import Bin, Depot, Level, OrganisationUnit, Province
from logistics import history
from logistics.demo.tables import DEFAULT_BIN, Goods, Place, bins_of
from logistics.reference import facts

OPENED_DATE: Final = date(2000, 1, 1)
ROOT: Final = "G11"  # the unit above every demo depot


def make(places: Sequence[Place], catalogue: dict[str, Goods]) -> None:
    """Store units, depots and bins. Needs the reference data, and `history.changing` around it."""
    units = _units()
    provinces = {province.code: province for province in Province.objects.filter(valid_to=None)}
    points = {code: province.centre for code, province in provinces.items() if province.centre}
    depots = history.bulk_create(
        [
            Depot(
                code=place.code,
                name=f"Kho mẫu {place.code}",
                unit=units[place.unit],
                level=Level(place.level),
                branch_id=place.branch or None,
                province=provinces[place.province],
                coordinates=points[place.province],
                address=f"Điểm giữa của {provinces[place.province].name}, chỉ để minh họa",
                opened_date=OPENED_DATE,
            )
            for place in places
        ]
    )
    history.bulk_create(
        [
            Bin(depot=depot, code=code, name=_bin_name(code), kind=kind, is_default=code == DEFAULT_BIN)
            for depot, place in zip(depots, places, strict=True)
            for code, kind in bins_of(place, catalogue)
        ]
    )


def _units() -> dict[str, OrganisationUnit]:
    """Store the tree level by level: a child needs its parent's key."""
    made: dict[str, OrganisationUnit] = {}
    waiting = facts("demo/units")
    while waiting:
        ready = [row for row in waiting if not row["parent"] or row["parent"] in made]
        assert ready, "every unit of the table hangs on another one of it"
        for unit in history.bulk_create(
            [
                OrganisationUnit(
                    code=row["code"],
                    name=row["name"],
                    level=Level(row["level"]),
                    parent=made.get(row["parent"]),
                    valid_from=OPENED_DATE,
                )
                for row in ready
            ]
        ):
            made[unit.code] = unit
        waiting = [row for row in waiting if row["code"] not in made]
    return made


def _bin_name(code: str) -> str:
    row, _, number = code.partition("-")
    return f"Bồn số {int(number)}" if row == "T" else f"Dãy {row}, ngăn {number}"
