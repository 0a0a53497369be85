"""The stocktakes' share of the reference facts: causes of differences, and the report's column of each grade."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from inventory.stocktakes.models import Cause, GradeColumn
from logistics.accounts.models import User
from logistics.reference import Outcome, bring, facts


def load(*, by: User, at: datetime) -> Iterator[Outcome]:
    """Bring the causes and the columns to what `fixtures/` says; yield what each came to."""
    causes = [
        Cause(
            code=row["code"],
            name=row["name_vi"],
            name_en=row["name_en"],
            use=Cause.Use(row["use"]),
            order=int(row["order"]),
        )
        for row in facts("difference_causes")
    ]
    yield bring(causes, key=["code"], fixture="difference_causes", by=by, at=at)

    columns = [
        GradeColumn(grade_id=int(row["grade"]), column=GradeColumn.Column(row["stocktake_column"]))
        for row in facts("quality_grades")
    ]
    yield bring(columns, key=["grade_id"], fixture="quality_grades", by=by, at=at)
