"""Nhập – xuất – tồn: what there was, what came, what went, what is left, by quality grade (glossary section 2).

Moves within a depot are neither in nor out. A relocation leaves no trace; what changed its grade or its purpose stands
in columns of its own, so that a branch's own use is never mixed up with what was merely relabelled. A transfer is out
of one depot and into another, also when both are asked about.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, cast

from django.conf import settings
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from inventory.availability.over_time import stock_over_time
from inventory.catalogue.models import Item
from inventory.reports.asks import Asks
from inventory.reports.definition import CODE, DEPOT, NAME, UNIT, Asked, Chart, Column, Kind, Report, Row
from logistics import asking, sql
from logistics.charts import Bar, Line

GRADES: Final = range(1, 6)
_TOP: Final = 12  # bars


class TurnoverAsks(Asks):
    """Days, goods, places, and how finely they are told apart."""

    boxes = ("from", "to", "class", "depot", "by", "q", "group", "item", "unit", "grade", "purpose", "prices")
    in_sight = ("from", "to", "class", "depot", "by")


def columns(asked: Asked) -> list[Column]:
    """Return the columns: with the depot where rows are told apart by it, with money where it is asked for."""
    in_money = asked.values["prices"] == "last"
    found = [
        Column(key="item", label=CODE, width=30),
        Column(key="name", label=NAME, width=52),
        *([Column(key="depot", label=DEPOT, width=16)] if asked.values["by"] == "depot" else []),
        Column(key="unit", label=UNIT, width=14),
        Column(key="opening", label=_("Opening"), kind=Kind.QUANTITY, adds_up=True, width=24),
        Column(key="inward", label=_("In"), kind=Kind.QUANTITY, adds_up=True, width=22),
        Column(key="outward", label=_("Out"), kind=Kind.QUANTITY, adds_up=True, width=22),
        Column(key="changed_in", label=_("To it"), group=_("Grade or purpose changed"), kind=Kind.QUANTITY,
               adds_up=True, width=18, is_aside=True),
        Column(key="changed_out", label=_("From it"), group=_("Grade or purpose changed"), kind=Kind.QUANTITY,
               adds_up=True, width=18, is_aside=True),
        Column(key="closing", label=_("Closing"), kind=Kind.QUANTITY, adds_up=True, width=24),
        *(
            Column(key=f"grade_{grade}", label=str(grade), group=_("Closing by grade"), kind=Kind.QUANTITY,
                   adds_up=True, width=20, is_aside=True)
            for grade in GRADES
        ),
    ]  # fmt: skip
    if in_money:
        found += [
            Column(key="price", label=_("Last known price"), kind=Kind.MONEY, width=22, is_aside=True),
            Column(key="value", label=_("Value"), kind=Kind.MONEY, adds_up=True, width=28),
        ]
    return found


def rows(asked: Asked) -> list[Row]:
    """Return a row per item (and depot) that there was or that moved, by branch and code."""
    wanted = columns(asked)
    first, last = span(asked)
    found = sql.records(
        "reports/turnover",
        asked.params()
        | {
            "from_at": first,
            "until_at": last,
            "by_depot": asked.values["by"] == "depot",
            "with_prices": asked.values["prices"] == "last",
            "zone": settings.TIME_ZONE,
        },
        prepare=False,
    )
    english = (get_language() or "").startswith("en")
    return [_row(one, wanted, asked, english=english) for one in found]


def span(asked: Asked) -> tuple[datetime, datetime]:
    """Return the first instant that counts and the first that no longer does: days asked for, cut at the instant."""
    first = asking.midnight(asked.values["from"])
    last = min(asking.midnight(asked.values["to"], days=1), asked.until())
    return min(first, last), last


def _row(one: Mapping[str, Any], wanted: Sequence[Column], asked: Asked, *, english: bool) -> Row:
    price = one["price"]
    shown = {
        **one,
        "name": (english and one["name_en"]) or one["name"],
        "unit": (english and one["unit_en"]) or one["unit"],
        "value": None if price is None else price * one["closing"],
    }
    depot = one["depot"] or asked.values["depot"]
    links = {"item": reverse("item", args=[one["item"]])}
    if depot:
        days = {"depot": depot, "from": asked.values["from"].isoformat(), "to": asked.values["to"].isoformat()}
        card = f"{reverse('stock-card', args=[one['item']])}?{urlencode(days)}"
        links |= dict.fromkeys(("opening", "inward", "outward", "closing"), card)
    return Row(
        cells=tuple(shown[column.key] for column in wanted),
        links=links,
        heading=(english and one["class_name_en"]) or one["class_name"],
        unit=one["unit"],
    )


def notes(asked: Asked) -> list[str]:
    """Return how to read the report."""
    found = [
        _("Closing = opening + in − out + changed to it − changed from it."),
        _("Moves from bin to bin are neither in nor out; a transfer is out of one depot and into the other."),
        _("Quantities are added up only where all goods have one unit of measure."),
    ]
    if asked.values["prices"] == "last":
        found.append(_("Value = closing at the last price that a voucher named by then; without one, none."))
    return found


def chart(asked: Asked, found: Sequence[Row], wanted: Sequence[Column]) -> Chart | None:
    """Return the stock of the one item over the days, or the largest values, or nothing: units cannot be compared."""
    keys = [column.key for column in wanted]
    if asked.values["item"] and found:
        item = Item.objects.get(code=asked.values["item"])
        points = stock_over_time(
            item, by=asked.by, at=asked.at, from_date=asked.values["from"],
            to_date=min(asked.values["to"], asked.day), depot=asked.values["depot"],
            recorded=asked.instant.recorded_as_of,
        )  # fmt: skip
        if not any(asked.values[name] for name in ("unit", "grade", "purpose")):
            name = cast("str", found[0].cells[keys.index("name")])
            unit = str(found[0].cells[keys.index("unit")])
            return Chart(caption=_("Stock of %(item)s") % {"item": name}, unit=unit,
                         lines=(Line(label=_("On hand"), points=points),))  # fmt: skip
    if "value" in keys:
        place, name_place = keys.index("value"), keys.index("name")
        valued = [row for row in found if row.cells[place]]
        largest = sorted(valued, key=lambda row: -cast("Decimal", row.cells[place]))[:_TOP]
        return Chart(
            caption=_("The largest values"), unit=_("đồng"),
            bars=tuple(
                Bar(label=str(row.cells[name_place]), value=cast("Decimal", row.cells[place])) for row in largest
            ),
        ) if largest else None  # fmt: skip
    if len({row.unit for row in found}) == 1 and asked.values["by"] == "depot" and len(found) <= 40:
        place, depot = keys.index("closing"), keys.index("depot")
        return Chart(
            caption=_("Closing by depot"), unit=found[0].unit,
            bars=tuple(Bar(label=str(row.cells[depot]), value=cast("Decimal", row.cells[place])) for row in found),
        )  # fmt: skip
    return None


REPORT: Final = Report(
    slug="turnover",
    title=gettext_lazy("Report of goods in, out and left"),
    about=gettext_lazy("What there was, what came and went, what is left, by quality grade, between any two days."),
    asks=TurnoverAsks,
    columns=columns,
    rows=rows,
    notes=notes,
    chart=chart,
)
