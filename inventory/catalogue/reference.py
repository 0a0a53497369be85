"""The catalogue's share of the reference facts: units, branches and groups, grades, purposes, dangerous goods."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from inventory.catalogue.models import (
    DangerousGood,
    ItemGroup,
    QualityGrade,
    ReservePurpose,
    SupplyClass,
    Unit,
)
from logistics.accounts.models import User
from logistics.reference import Outcome, bring, facts


def load(*, by: User, at: datetime) -> Iterator[Outcome]:
    """Bring the catalogue's reference tables to what `fixtures/` says, table by table; yield what each came to."""
    units = [
        Unit(
            code=row["code"],
            name=row["name_vi"],
            name_en=row["name_en"],
            kind=Unit.Kind(row["kind"]),
            scale=int(row["scale"]),
        )
        for row in facts("units")
    ]
    yield bring(units, key=["code"], fixture="units", by=by, at=at)

    classes = [
        SupplyClass(code=row["code"], name=row["name_vi"], name_en=row["name_en"]) for row in facts("supply_classes")
    ]
    yield bring(classes, key=["code"], fixture="supply_classes", by=by, at=at)

    groups = [
        ItemGroup(
            supply_class_id=row["supply_class"], number=row["number"], name=row["name_vi"], name_en=row["name_en"]
        )
        for row in facts("item_groups")
    ]
    yield bring(groups, key=["supply_class_id", "number"], fixture="item_groups", by=by, at=at)

    grades = [
        QualityGrade(
            grade=int(row["grade"]),
            name=row["name_vi"],
            name_en=row["name_en"],
            awaits_disposal=row["awaits_disposal"] == "true",
        )
        for row in facts("quality_grades")
    ]
    yield bring(grades, key=["grade"], fixture="quality_grades", by=by, at=at)

    purposes = [
        ReservePurpose(
            code=row["code"],
            name=row["name_vi"],
            name_en=row["name_en"],
            is_ring_fenced=row["is_ring_fenced"] == "true",
        )
        for row in facts("reserve_purposes")
    ]
    yield bring(purposes, key=["code"], fixture="reserve_purposes", by=by, at=at)

    goods = [
        DangerousGood(
            number=row["un_number"], name=row["name_vi"], name_en=row["name_en"], hazard_class=row["hazard_class"]
        )
        for row in facts("un_numbers")
    ]
    yield bring(goods, key=["number"], fixture="un_numbers", by=by, at=at)
