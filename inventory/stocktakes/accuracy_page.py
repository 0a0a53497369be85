"""How well books and shelves agree over time: accuracy by lines, shrinkage by value, month by month."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final, cast

from django import forms
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from depots.models import Depot
from inventory.catalogue.models import SupplyClass
from logistics import asking, sheets, sql
from logistics.accounts.models import User
from logistics.audit import reads
from logistics.charts import Line
from logistics.lists import Filters, changed

_HUNDRED: Final = Decimal(100)


class AccuracyFilters(Filters):
    """Of what and when the accuracy is asked for."""

    in_sight = ("depot", "supply_class", "from", "to")
    field_order = ("depot", "supply_class", "from", "to")

    depot = forms.ChoiceField(label=gettext_lazy("Depot"))
    supply_class = forms.ChoiceField(label=gettext_lazy("Branch"))

    def __init__(self, request: HttpRequest) -> None:
        super().__init__(request)
        self.ask_days(gettext_lazy("Finalised from day"), gettext_lazy("Finalised to day"))
        english = (get_language() or "").startswith("en")
        depots = Depot.objects.visible_to(cast("User", request.user)).counted().order_by("code")
        self.depots = {one.code: one for one in depots}
        self._choose("depot", [(one.code, str(one)) for one in self.depots.values()])
        classes = SupplyClass.objects.all()
        self._choose("supply_class", [(one.code, (english and one.name_en) or one.name) for one in classes])

    def _choose(self, name: str, choices: list[tuple[str, str]]) -> None:
        box: Any = self.fields[name]
        box.choices = [("", _("all")), *choices]


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """What the stocktakes finalised in a month came to. Values in đồng, over the lines whose price is known."""

    month: date
    stocktakes: int
    lines: int
    same: int
    surplus: int
    shortage: int
    left_out: int
    priced: int
    book_value: Decimal
    surplus_value: Decimal
    shortage_value: Decimal

    @property
    def accuracy(self) -> Decimal | None:
        """Lines that agreed, in percent of the lines counted."""
        return round(_HUNDRED * self.same / self.lines, 1) if self.lines else None

    @property
    def shrinkage(self) -> Decimal | None:
        """What was short, in percent of the books' value."""
        return round(_HUNDRED * self.shortage_value / self.book_value, 2) if self.book_value else None


def months(filters: AccuracyFilters) -> list[Month]:
    """Return the months asked for in which a stocktake was finalised, the first first; one query."""
    if filters.errors:
        return []
    chosen = filters.asks("depot")
    depots = [one.pk for code, one in filters.depots.items() if chosen in {None, code}]
    first, last = filters.asks("from"), filters.asks("to")
    asked = {
        "depots": depots,
        "supply_class": filters.asks("supply_class"),
        "first": asking.midnight(first) if first else None,
        "last": asking.midnight(last, days=1) if last else None,
        "zone": settings.TIME_ZONE,
    }
    return [Month(**row) for row in sql.records("stocktakes/accuracy", asked)]


def whole(found: Sequence[Month]) -> Month | None:
    """Return what months come to together, dated as the last; None for none."""
    if not found:
        return None
    names = ("stocktakes", "lines", "same", "surplus", "shortage", "left_out", "priced", "book_value",
             "surplus_value", "shortage_value")  # fmt: skip
    sums: dict[str, Any] = {name: sum(getattr(one, name) for one in found) for name in names}
    return Month(month=found[-1].month, **sums)


@login_required
@require_safe
def accuracy(request: HttpRequest, kind: str = "") -> HttpResponseBase:
    """Answer how books and shelves agreed, month by month, as a chart and a table, or (`kind`) as a file."""
    filters = AccuracyFilters(request)
    found = months(filters)
    if kind and not filters.errors:
        reads.note(request, by=cast("User", request.user), action=f"list.{kind}", subject=request.get_full_path())
        return sheets.answer(_sheet(found, filters), kind)
    lines = [
        Line(label=_("Accuracy, %"), points=[(one.month, one.accuracy) for one in found]),
    ]
    query = changed(request.GET)
    context = {
        "filters": filters,
        "shown": {"filters": filters},
        "months": found,
        "all": whole(found),
        "lines": lines,
        "downloads": [
            (one.upper(), reverse("stocktake-accuracy-file", args=[one]) + (query if len(query) > 1 else ""))
            for one in ("csv", "xlsx")
        ],
    }
    return render(request, "stocktakes/accuracy.html", context, status=422 if filters.errors else 200)


_HEADS: Final = (
    gettext_lazy("Month"), gettext_lazy("Stocktakes"), gettext_lazy("Lines counted"), gettext_lazy("Agreeing"),
    gettext_lazy("Accuracy, %"), gettext_lazy("Surplus, lines"), gettext_lazy("Shortage, lines"),
    gettext_lazy("Left out, lines"), gettext_lazy("By the books, đồng"), gettext_lazy("Surplus, đồng"),
    gettext_lazy("Shortage, đồng"), gettext_lazy("Shrinkage, %"), gettext_lazy("Lines with a price"),
)  # fmt: skip


def _sheet(found: Sequence[Month], filters: AccuracyFilters) -> sheets.Sheet:
    """Return the months as a file: what the table shows, and what was asked."""
    return sheets.Sheet(
        name=f"stocktake-accuracy-{timezone.localtime():%Y%m%d-%H%M}",
        facts=[(_("Accuracy of stocktakes"),), *((f"{chip.label}: {chip.text}",) for chip in filters.chips)],
        head=[str(head) for head in _HEADS],
        widths=[14] * len(_HEADS),
        rows=lambda: (
            [
                one.month, one.stocktakes, one.lines, one.same, one.accuracy, one.surplus, one.shortage, one.left_out,
                one.book_value, one.surplus_value, one.shortage_value, one.shrinkage, one.priced,
            ]
            for one in found
        ),
    )  # fmt: skip
