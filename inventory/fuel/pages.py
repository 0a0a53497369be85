"""The pages of fuel: all tanks with their levels, and one tank with its readings, dips and the form to dip it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, time
from decimal import Decimal
from typing import Any, Final, cast
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from depots.models import Bin, Depot
from inventory.catalogue import conversions
from inventory.catalogue.models import Item, LossRate
from inventory.fuel import dipping, gauging, losses, tanks
from inventory.fuel.dipping import Reading
from inventory.fuel.tanks import Level
from inventory.ledger.drafts import Observed
from inventory.ledger.models import Kind
from inventory.stocktakes import planning
from logistics import asking as addresses
from logistics import sheets, sql
from logistics.accounts.models import User
from logistics.audit import reads
from logistics.errors import Forbidden, Invalid, NotFound
from logistics.fields import DayField, QuantityField
from logistics.history import Source
from logistics.language import named
from logistics.lists import changed
from logistics.sheets import Cell

_ZONE: Final = ZoneInfo(settings.TIME_ZONE)
_TIME: Final = re.compile(r"([01]?[0-9]|2[0-3])(?:[:hH.]([0-5][0-9])?)?")
_HIGHEST: Final = Decimal(100_000)  # mm; what no tank reaches


class DipForm(forms.Form):
    """What was read at a tank."""

    use_required_attribute = False

    height_mm = QuantityField(label=gettext_lazy("Height of the liquid, mm"), scale=0, min_value=Decimal(0))
    water_mm = QuantityField(
        label=gettext_lazy("Height of the water, mm"), scale=0, min_value=Decimal(0), required=False,
        help_text=gettext_lazy("Blank: none was found."),
    )  # fmt: skip
    temperature = QuantityField(label=gettext_lazy("Temperature, °C"), scale=2)
    density = QuantityField(
        label=gettext_lazy("Density read, kg/m³"), scale=1, above=Decimal(0),
        help_text=gettext_lazy("As the hydrometer shows it at that temperature, such as 838.5."),
    )  # fmt: skip
    day = DayField(label=gettext_lazy("Dipped on"), required=False, help_text=gettext_lazy("Blank: today."))
    hour = forms.CharField(
        label=gettext_lazy("Dipped at"), required=False, max_length=5, help_text=gettext_lazy("Blank: just now.")
    )

    def __init__(self, data: QueryDict | None) -> None:
        super().__init__(data, label_suffix="")
        self.fields["hour"].widget.attrs["autocomplete"] = "off"

    def clean_hour(self) -> time | None:
        """Return the time of day that was typed: 7:30, 7h30 or 7; None for none."""
        text = self.cleaned_data["hour"].strip()
        if not text:
            return None
        found = _TIME.fullmatch(text)
        if found is None:
            raise forms.ValidationError(_("Write the time as hours and minutes, such as 7:30."))
        return time(int(found[1]), int(found[2] or 0))

    def clean(self) -> dict[str, Any] | None:
        """Refuse heights no tank has, and a day without its time."""
        found = super().clean()
        for name in ("height_mm", "water_mm"):
            value = self.cleaned_data.get(name)
            if value is not None and value > _HIGHEST:
                self.add_error(name, _("No tank is that high: give millimetres."))
        day = self.cleaned_data.get("day")
        if day is not None and day != timezone.localdate() and self.cleaned_data.get("hour", "") is None:
            self.add_error("hour", _("Say at which hour of that day it was dipped."))
        return found

    def reading(self, *, at: datetime) -> Reading:
        """Return what was typed; without a time, of this moment."""
        said = self.cleaned_data
        day, hour = said["day"] or timezone.localdate(at), said["hour"]
        return Reading(
            height_mm=int(said["height_mm"]),
            water_mm=int(said["water_mm"] or 0),
            observed=Observed(temperature=said["temperature"], density=said["density"]),
            at=at if hour is None else datetime.combine(day, hour, tzinfo=_ZONE),
        )


@login_required
@require_safe
def fuel(request: HttpRequest, kind: str = "") -> HttpResponseBase:
    """Answer the tanks of the depots in scope, or of one of them, with what lies in each; or (`kind`) as a file."""
    user, at = cast("User", request.user), timezone.now()
    asked = addresses.text(request, "depot")
    visible = Depot.objects.visible_to(user)
    rows = tanks.levels(visible.filter(code=asked) if asked else visible.filter(is_exercise=False))
    if kind:
        reads.note(request, by=user, action=f"list.{kind}", subject=request.get_full_path())
        return sheets.answer(_sheet(rows, asked=asked, by=user, at=at), kind)
    query = changed(request.GET)
    context = {
        "rows": rows,
        "downloads": [
            (one.upper(), reverse("fuel-file", args=[one]) + (query if len(query) > 1 else "")) for one in sheets.KINDS
        ],
        "asked": asked,
        "depots": visible.filter(bins__kind=Bin.Kind.TANK).distinct().order_by("is_exercise", "code"),
        "litres": sum((row.litres_15 for row in rows), Decimal(0)),
        "kg": sum((row.kg for row in rows if row.kg is not None), Decimal(0)),
        "unmeasured": sum(row.kg is None for row in rows),
    }
    return render(request, "fuel/tanks.html", context)


_HEADS: Final = (
    (gettext_lazy("Depot"), 10), (gettext_lazy("Name"), 28), (gettext_lazy("Tank"), 12), (gettext_lazy("Fuel"), 16),
    (gettext_lazy("Name"), 30), (gettext_lazy("Litres at 15 °C"), 18), (gettext_lazy("kg"), 18),
    (gettext_lazy("Capacity, litres"), 16), (gettext_lazy("Full, %"), 8), (gettext_lazy("Last dip"), 18),
    (gettext_lazy("Remark"), 40),
)  # fmt: skip


def _sheet(rows: Sequence[Level], *, asked: str, by: User, at: datetime) -> sheets.Sheet:
    """Return the tanks as a file: what the table shows, of which moment and for whom."""
    return sheets.Sheet(
        name=f"fuel-{timezone.localtime(at):%Y%m%d-%H%M}",
        facts=[
            (_("Fuel in tanks"),),
            (_("Depot"), asked or _("all")),
            (_("As of"), at),
            (_("Made by"), by.login, by.get_full_name()),
        ],
        head=[str(head) for head, _width in _HEADS],
        widths=[width for _head, width in _HEADS],
        rows=lambda: map(_cells, rows),
    )


def _cells(row: Level) -> list[Cell]:
    remarks = (
        (row.fuels > 1, _("and others")),
        (row.holds_others, _("holds goods not kept as liquid fuel")),
        (not row.is_active, _("out of use")),
    )
    return [
        row.depot, row.depot_name, row.bin, row.item.code if row.item else "", named(row.item) if row.item else "",
        row.litres_15, row.kg, row.capacity, row.percent, row.dipped_at,
        "; ".join(str(text) for is_so, text in remarks if is_so),
    ]  # fmt: skip


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def tank(request: HttpRequest, depot: str, code: str) -> HttpResponse:
    """Answer one tank; a dip that is posted is reckoned and shown, or kept as a stocktake of the tank.

    Raises:
        NotFound: there is no such tank in the visitor's scope.
        Forbidden: a dip is kept by who may neither post nor approve there.
    """
    user, at = cast("User", request.user), timezone.now()
    place, found = tanks.tank_of(user, depot, code)
    may_dip = _may_dip(user, place.code)
    form = DipForm(request.POST if request.method == "POST" else None)
    told, status = None, 200
    name = _id(request.POST.get("id", "")) or uuid4()
    if request.method == "POST":
        if not may_dip:
            planning.keepers_place(user, place.code)  # says why not
        status = 422
        if form.is_valid():
            reading = form.reading(at=at)
            try:
                told = dipping.look(found, reading)
                if request.POST.get("action") == "keep":
                    made = dipping.keep(found, reading, stocktake_id=name, by=user, at=at, source=Source.WEB)
                    words = _("The dip of %(tank)s is kept as a stocktake: somebody else decides on the difference.")
                    messages.success(request, words % {"tank": found.code})
                    if told.warning:
                        messages.warning(request, told.warning)
                    return redirect("stocktake", stocktake_id=made.pk)
                status = 200
            except Invalid as error:
                for fault in error.faults:
                    member = fault.pointer.removeprefix("/")
                    form.add_error(member if member in form.fields else None, fault.detail)
    level = next(iter(tanks.levels([place], bin_id=found.pk)), None)
    if level is None:
        raise NotFound(_("Depot %(depot)s has no tank %(code)s.") % {"depot": depot, "code": code[:24]})
    context = {
        "depot": place,
        "tank": found,
        "level": level,
        "form": form,
        "name": name,
        "told": told,
        "may_dip": may_dip,
        "gauge": gauging.table_of(found.pk, on=timezone.localdate(at)),
        **_of_item(found, level.item if level.fuels < 2 else None, at=at),
        "piles": sql.records("fuel/piles_in", {"depot_id": place.pk, "bin_id": found.pk}),
    }
    return render(request, "fuel/tank.html", context, status=status)


def _of_item(found: Bin, item: Item | None, *, at: datetime) -> dict[str, Any]:
    """Return what is known of the one fuel in a tank: its history, conversion and rates of loss."""
    if item is None or not item.fuel_group:
        return {"history": None, "conversion": None, "rates": []}
    on = timezone.localdate(at)
    rates = losses.by_work(losses.rates_of(item.group_id), on=on)
    kinds = dict(Kind.choices)
    history = tanks.history_of(found, item, at=at)
    for row in history.entries:
        row["label"] = kinds[row["kind"]]
    return {
        "history": history,
        "conversion": conversions.of(item.pk, item.fuel_group, item.group_id, on=on),
        "rates": [(LossRate.Work(work).label, percent) for work, percent in sorted(rates.items())],
    }


def _may_dip(user: User, code: str) -> bool:
    try:
        planning.keepers_place(user, code)
    except Forbidden:
        return False
    return True


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
