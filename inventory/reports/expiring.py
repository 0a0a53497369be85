"""What has expired and what will soon, lot by lot, the first to expire first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Final, cast

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from inventory.availability.expiry import band_of, bands
from inventory.reports.asks import Asks
from inventory.reports.definition import CODE, DEPOT, NAME, UNIT, Asked, Chart, Column, Kind, Report, Row
from logistics import sql
from logistics.charts import Bar

DAYS: Final = 180


class ExpiringAsks(Asks):
    """How far ahead, which goods, where."""

    boxes = ("days", "class", "depot", "q", "group", "item", "unit", "grade", "purpose")
    in_sight = ("days", "class", "depot")


def columns(asked: Asked) -> list[Column]:
    """Return the columns."""
    return [
        Column(key="item", label=CODE, width=30),
        Column(key="name", label=NAME, width=56),
        Column(key="lot", label=_("Lot"), width=30),
        Column(key="depot", label=DEPOT, width=16),
        Column(key="expires", label=_("Last day of use"), kind=Kind.DAY, width=24),
        Column(key="left", label=_("Days left"), kind=Kind.WHOLE, width=16),
        Column(key="band", label=_("Time left"), width=24, is_aside=True),
        Column(key="unit", label=UNIT, width=16, is_aside=True),
        Column(key="on_hand", label=_("On hand"), kind=Kind.QUANTITY, adds_up=True, width=24),
        Column(key="hold", label=_("Held because"), width=36, is_aside=True),
    ]


def rows(asked: Asked) -> list[Row]:
    """Return a row per lot and depot, by last day of use; under a heading per band of time left."""
    wanted, today = columns(asked), asked.day
    until = today + timedelta(days=asked.values["days"] or DAYS)
    among, english = bands(today), (get_language() or "").startswith("en")
    found = []
    for one in sql.records("reports/expiring", asked.params() | {"until": until}, prepare=False):
        band = str(band_of(one["expires"], among=among).label)
        shown = {
            **one,
            "name": (english and one["name_en"]) or one["name"],
            "unit": (english and one["unit_en"]) or one["unit"],
            "left": (one["expires"] - today).days,
            "band": band,
        }
        lot = urlencode({"depot": one["depot"], "lot": one["lot"]})
        links = {
            "item": reverse("item", args=[one["item"]]),
            "on_hand": f"{reverse('stock-card', args=[one['item']])}?{lot}",
            "depot": reverse("depot", args=[one["depot"]]),
        }
        cells = tuple(shown[column.key] for column in wanted)
        found.append(Row(cells=cells, links=links, heading=band[:1].upper() + band[1:], unit=one["unit"]))
    return found


def chart(asked: Asked, found: Sequence[Row], wanted: Sequence[Column]) -> Chart | None:
    """Return how many lots fall in each band."""
    counted = Counter(row.heading for row in found)
    bars = tuple(Bar(label=band, value=Decimal(count)) for band, count in counted.items())
    return Chart(caption=_("Lots by time left"), unit=_("lots"), bars=bars) if bars else None


def notes(asked: Asked) -> list[str]:
    """Return how to read the report."""
    days = cast("int", asked.values["days"] or DAYS)
    return [_("Lots whose last day of use is within %(days)s days of the instant, and those past it.") % {"days": days}]


REPORT: Final = Report(
    slug="expiring",
    title=gettext_lazy("Expired and expiring lots"),
    about=gettext_lazy("What may no longer be used and what soon may not, lot by lot, where it lies."),
    asks=ExpiringAsks,
    columns=columns,
    rows=rows,
    notes=notes,
    chart=chart,
)
