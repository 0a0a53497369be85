"""Who reports late: how old each depot's figures are, and how long after the fact its vouchers are recorded."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Final, cast

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from inventory.reports.asks import Asks
from inventory.reports.definition import DEPOT, Asked, Chart, Column, Kind, Report, Row
from inventory.reports.turnover import span
from logistics import sql
from logistics.charts import Bar

LATE_DAYS: Final = 1
_DAY: Final = Decimal(86_400)  # seconds


class LatenessAsks(Asks):
    """Days of recording, what counts as late, whose depots."""

    boxes = ("from", "to", "late", "depot", "unit")
    in_sight = ("from", "to", "late", "unit")


def columns(asked: Asked) -> list[Column]:
    """Return the columns."""
    return [
        Column(key="depot", label=DEPOT, width=60),
        Column(key="unit_name", label=_("Unit"), width=50, is_aside=True),
        Column(key="last_recorded_at", label=_("Last recorded"), kind=Kind.MOMENT, width=30),
        Column(key="age_days", label=_("Age of the figures, days"), kind=Kind.QUANTITY, width=22),
        Column(key="entries", label=_("Recorded"), kind=Kind.WHOLE, adds_up=True, width=18, group=_("Vouchers")),
        Column(key="late", label=_("Late"), kind=Kind.WHOLE, adds_up=True, width=18, group=_("Vouchers")),
        Column(key="share", label=_("Late, %"), kind=Kind.SHARE, width=18, group=_("Vouchers")),
        Column(key="mean_days", label=_("Mean delay of the late, days"), kind=Kind.QUANTITY, width=24),
        Column(key="longest_days", label=_("Longest delay, days"), kind=Kind.QUANTITY, width=24, is_aside=True),
        Column(key="drafts", label=_("Open drafts"), kind=Kind.WHOLE, adds_up=True, width=18),
        Column(key="draft_days", label=_("Oldest draft, days"), kind=Kind.QUANTITY, width=20, is_aside=True),
    ]


def rows(asked: Asked) -> list[Row]:
    """Return a row per open depot, the stalest first."""
    wanted = columns(asked)
    first, last = span(asked)
    late = LATE_DAYS if asked.values["late"] is None else asked.values["late"]
    given = asked.params() | {"from_at": first, "until_at": last, "late_after": timedelta(days=late), "day": asked.day}
    found = []
    for one in sql.records("reports/lateness", given):
        shown = {
            **one,
            "depot": f"{one['depot']} {one['depot_name']}",
            "age_days": _days(one["last_recorded_at"] and (last - one["last_recorded_at"]).total_seconds()),
            "share": round(Decimal(100 * one["late"]) / one["entries"], 1) if one["entries"] else None,
            "mean_days": _days(one["mean_delay"]),
            "longest_days": _days(one["longest_delay"]),
            "draft_days": _days(one["oldest_draft_at"] and (last - one["oldest_draft_at"]).total_seconds()),
        }
        links = {"depot": reverse("depot", args=[one["depot"]]), "entries": reverse("movements", args=[one["depot"]])}
        found.append(Row(cells=tuple(shown[column.key] for column in wanted), links=links))
    return found


def _days(seconds: Decimal | float | None) -> Decimal | None:
    """Return seconds as days with one decimal."""
    return None if seconds is None else round(Decimal(seconds) / _DAY, 1)


def chart(asked: Asked, found: Sequence[Row], wanted: Sequence[Column]) -> Chart | None:
    """Return the age of each depot's figures."""
    keys = [column.key for column in wanted]
    bars = tuple(
        Bar(label=str(row.cells[keys.index("depot")]), value=cast("Decimal", row.cells[keys.index("age_days")]))
        for row in found[:40]
        if row.cells[keys.index("age_days")] is not None
    )
    return Chart(caption=_("Age of the figures"), unit=_("days"), bars=bars) if bars else None


def notes(asked: Asked) -> list[str]:
    """Return how to read the report."""
    late = LATE_DAYS if asked.values["late"] is None else asked.values["late"]
    return [
        _("Late: recorded more than %(days)s days after it occurred.") % {"days": late},
        _("A depot that records nothing for long may be late or idle: ask it."),
        _("Drafts are those that are open now."),
    ]


REPORT: Final = Report(
    slug="lateness",
    title=gettext_lazy("Who reports late"),
    about=gettext_lazy("The age of each depot's figures, how much is recorded late and how late, drafts left lying."),
    asks=LatenessAsks,
    columns=columns,
    rows=rows,
    notes=notes,
    chart=chart,
)
