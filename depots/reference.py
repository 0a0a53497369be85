"""The depots' share of the reference facts: the provinces of both eras."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

from django.contrib.gis.geos import Point

from depots.models import Province
from logistics.accounts.models import User
from logistics.reference import Outcome, bring, day, facts


def load(*, by: User, at: datetime) -> Iterator[Outcome]:
    """Bring the provinces to what `fixtures/` says; yield what it came to."""
    provinces = [
        Province(
            code=row["gso_code"],
            valid_from=date.fromisoformat(row["valid_from"]),
            valid_to=day(row["valid_to"]),
            name=row["name_vi"],
            centre=Point(float(row["lon"]), float(row["lat"]), srid=4326) if row["lon"] else None,
        )
        for row in facts("provinces")
    ]
    yield bring(provinces, key=["code", "valid_from"], fixture="provinces", by=by, at=at)
