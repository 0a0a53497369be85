"""Quy định – hiện có – thiếu: what reserve norms require, what there was for it at an instant, and what was short."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Final, cast

from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from inventory.norms.shortfalls import NOTHING, NormQuestion, Shortfall, in_force
from inventory.reports.asks import Asks
from inventory.reports.definition import CODE, NAME, UNIT, Asked, Chart, Column, Kind, Report, Row
from logistics import sql
from logistics.charts import Bar
from logistics.sheets import Cell

_TOP: Final = 12


class ReserveAsks(Asks):
    """Which goods, for which purpose, whose norms."""

    boxes = ("class", "purpose", "unit", "depot", "item")
    in_sight = ("class", "purpose", "unit", "depot")


def columns(asked: Asked) -> list[Column]:
    """Return the columns."""
    return [
        Column(key="place", label=_("Unit or depot"), width=44),
        Column(key="item", label=CODE, width=30),
        Column(key="name", label=NAME, width=52),
        Column(key="unit", label=UNIT, width=16),
        Column(key="required", label=_("Required"), kind=Kind.QUANTITY, adds_up=True, width=24),
        Column(key="on_hand", label=_("On hand"), kind=Kind.QUANTITY, adds_up=True, width=24),
        Column(key="unusable", label=_("Of that unusable"), kind=Kind.QUANTITY, adds_up=True, width=22, is_aside=True),
        Column(key="short", label=_("Short"), kind=Kind.QUANTITY, adds_up=True, width=24),
        Column(key="covered", label=_("Covered, %"), kind=Kind.SHARE, width=16),
    ]


def rows(asked: Asked) -> list[Row]:
    """Return a row per norm in force on the day, by purpose, the least covered first."""
    wanted, given = columns(asked), asked.params()
    question = NormQuestion(
        item=asked.values["item"], supply_class=asked.values["class"], depot=asked.values["depot"],
        unit=asked.values["unit"], purpose=asked.values["purpose"],
    )  # fmt: skip
    norms = list(in_force(question, by=asked.by, on=asked.day))
    stock = {
        norm: tuple(rest)
        for norm, *rest in sql.rows("reports/reserve", given | {"norms": [norm.pk for norm in norms]}, prepare=False)
    }
    english = (get_language() or "").startswith("en")
    found = [Shortfall(norm, *stock.get(norm.pk, (NOTHING, NOTHING, 0))) for norm in norms]
    found.sort(key=lambda one: (one.norm.purpose_id, one.covered, one.norm.item.code, one.norm.pk))
    result = []
    for one in found:
        norm = one.norm
        place = norm.depot or norm.unit
        shown: dict[str, Cell] = {
            "place": f"{place.code} {place.name}" if place else "",
            "item": norm.item.code,
            "name": (english and norm.item.name_en) or norm.item.name,
            "unit": (english and norm.item.base_unit.name_en) or norm.item.base_unit.name,
            "required": one.required,
            "on_hand": one.on_hand,
            "unusable": one.unusable,
            "short": one.short,
            "covered": Decimal(one.covered),
        }
        result.append(
            Row(
                cells=tuple(shown[column.key] for column in wanted),
                links={"item": reverse("item", args=[norm.item.code])},
                heading=str((english and norm.purpose.name_en) or norm.purpose.name),
                unit=norm.item.base_unit_id,
            )
        )
    return result


def chart(asked: Asked, found: Sequence[Row], wanted: Sequence[Column]) -> Chart | None:
    """Return how much of the least covered norms is there."""
    keys = [column.key for column in wanted]
    covered, name, place = (keys.index(key) for key in ("covered", "name", "place"))
    least = sorted(found, key=lambda row: cast("Decimal", row.cells[covered]))[:_TOP]
    bars = tuple(
        Bar(label=f"{row.cells[name]} · {str(row.cells[place]).partition(' ')[0]}",
            value=cast("Decimal", row.cells[covered]))
        for row in least
    )  # fmt: skip
    return Chart(caption=_("The least covered norms"), unit="%", bars=bars) if bars else None


def notes(asked: Asked) -> list[str]:
    """Return how to read the report."""
    return [
        _("Short = required − (on hand − unusable), never below nothing; on hand is what lies there for the purpose."),
        _("Unusable: awaiting disposal, past its last day of use, or held."),
    ]


REPORT: Final = Report(
    slug="reserve",
    title=gettext_lazy("Reserve: required, on hand, short"),
    about=gettext_lazy("What reserve norms require, what is there for it, what is missing, the least covered first."),
    asks=ReserveAsks,
    columns=columns,
    rows=rows,
    notes=notes,
    chart=chart,
)
