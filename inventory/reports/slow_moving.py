"""What lies without being used: items of which nothing left a depot for months."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Final, cast

from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from inventory.availability.expiry import months_after
from inventory.reports.asks import Asks
from inventory.reports.definition import CODE, DEPOT, NAME, UNIT, Asked, Chart, Column, Kind, Report, Row
from logistics import asking, sql
from logistics.charts import Bar

MONTHS: Final = 6
_TOP: Final = 12


class SlowAsks(Asks):
    """For how long, which goods, where."""

    boxes = ("months", "class", "depot", "q", "group", "item", "unit", "grade", "purpose")
    in_sight = ("months", "class", "depot")


def columns(asked: Asked) -> list[Column]:
    """Return the columns."""
    return [
        Column(key="item", label=CODE, width=30),
        Column(key="name", label=NAME, width=58),
        Column(key="depot", label=DEPOT, width=16),
        Column(key="unit", label=UNIT, width=16),
        Column(key="on_hand", label=_("On hand"), kind=Kind.QUANTITY, adds_up=True, width=26),
        Column(key="last_out_date", label=_("Last went out"), kind=Kind.DAY, width=24),
        Column(key="since_date", label=_("First came in"), kind=Kind.DAY, width=24, is_aside=True),
        Column(key="idle", label=_("Days unused"), kind=Kind.WHOLE, width=18),
        Column(key="price", label=_("Last known price"), kind=Kind.MONEY, width=24, is_aside=True),
        Column(key="value", label=_("Value"), kind=Kind.MONEY, adds_up=True, width=30),
    ]


def rows(asked: Asked) -> list[Row]:
    """Return a row per item and depot, the longest unused first."""
    wanted = columns(asked)
    idle_from = asking.midnight(months_after(asked.day, -(asked.values["months"] or MONTHS)))
    english = (get_language() or "").startswith("en")
    found = []
    for one in sql.records("reports/slow_moving", asked.params() | {"idle_from": idle_from}, prepare=False):
        last_out = one["last_out"] and timezone.localdate(one["last_out"])
        since = timezone.localdate(one["since"])
        shown = {
            **one,
            "name": (english and one["name_en"]) or one["name"],
            "unit": (english and one["unit_en"]) or one["unit"],
            "last_out_date": last_out,
            "since_date": since,
            "idle": (asked.day - (last_out or since)).days,
            "value": None if one["price"] is None else one["price"] * one["on_hand"],
        }
        card = f"{reverse('stock-card', args=[one['item']])}?{urlencode({'depot': one['depot']})}"
        links = {
            "item": reverse("item", args=[one["item"]]), "on_hand": card, "depot": reverse("depot", args=[one["depot"]])
        }  # fmt: skip
        found.append(Row(cells=tuple(shown[column.key] for column in wanted), links=links, unit=one["unit"]))
    return found


def chart(asked: Asked, found: Sequence[Row], wanted: Sequence[Column]) -> Chart | None:
    """Return the rows that have lain longest."""
    keys = [column.key for column in wanted]
    bars = tuple(
        Bar(label=f"{row.cells[keys.index('name')]} · {row.cells[keys.index('depot')]}",
            value=Decimal(cast("int", row.cells[keys.index("idle")])))
        for row in found[:_TOP]
    )  # fmt: skip
    return Chart(caption=_("Longest unused"), unit=_("days"), bars=bars) if bars else None


def notes(asked: Asked) -> list[str]:
    """Return how to read the report."""
    months = asked.values["months"] or MONTHS
    text = ngettext(
        "Items of which nothing was issued, sent or disposed of for %(months)s month, and which lay there then.",
        "Items of which nothing was issued, sent or disposed of for %(months)s months, and which lay there then.",
        months,
    )
    return [text % {"months": months}, _("Value at the last price that a voucher named; without one, none.")]


REPORT: Final = Report(
    slug="slow-moving",
    title=gettext_lazy("Slow-moving stock"),
    about=gettext_lazy("What lies unused for months, how much, for how long, and what it is worth."),
    asks=SlowAsks,
    columns=columns,
    rows=rows,
    notes=notes,
    chart=chart,
)
