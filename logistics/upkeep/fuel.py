"""Upkeep of liquid fuel: how readings are brought to 15 °C, tanks with their gauge tables, what loss is normal."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import pairwise
from typing import Any, Final

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from depots.models import Bin, GaugeTable, Tank
from inventory.catalogue.models import Conversion, LossRate
from logistics.fields import InputError, format_quantity, parse_quantity
from logistics.upkeep.reasoned import Reasoned, ReasonedAdmin

_MOST_ROWS: Final = 20_000
_MOST_TOLD: Final = 20  # wrong rows told at once
_BETWEEN: Final = re.compile(r"[\t; ]+")
Row = tuple[Decimal, ...]


class TableField(forms.CharField):
    """Rows of numbers as pasted from a sheet: one row a line, tabs, semicolons or blanks between its numbers.

    `scales` says how many numbers a row has and how many decimals each may have. Cleans to a list of rows.
    """

    def __init__(self, *, scales: Sequence[int], **kwargs: Any) -> None:
        self.scales = scales
        attrs = {"rows": 16, "cols": 60, "spellcheck": "false", "autocomplete": "off"}
        super().__init__(widget=forms.Textarea(attrs=attrs), strip=True, **kwargs)

    def clean(self, value: Any) -> Any:
        """Return the rows; refuse with every wrong row's number."""
        text: str = super().clean(value)
        rows, wrong = [], []
        for number, line in enumerate(text.splitlines(), start=1):
            if number > _MOST_ROWS:
                raise ValidationError(_("At most %(most)s rows.") % {"most": _MOST_ROWS})
            if not line.strip():
                continue
            try:
                rows.append(self._row(line))
            except InputError as error:
                wrong.append(
                    _("Row %(number)s: %(what)s") % {"number": number, "what": _(error.message) % error.params}
                )
            except ValueError:
                text = _("Row %(number)s: it has %(count)s numbers.")
                wrong.append(text % {"number": number, "count": len(self.scales)})
        if wrong:
            raise ValidationError(wrong[:_MOST_TOLD])
        return rows

    def _row(self, line: str) -> Row:
        words = _BETWEEN.split(line.strip())
        language = get_language() or "vi"
        return tuple(
            parse_quantity(word, language=language, scale=scale).value
            for word, scale in zip(words, self.scales, strict=True)
        )

    @staticmethod
    def told(rows: Iterator[Row]) -> str:
        """Return rows as the box shows them."""
        language = get_language() or "vi"
        return "\n".join("\t".join(format_quantity(value, language) for value in row) for row in rows)


class ConversionForm(Reasoned):
    """A conversion; its table is pasted as rows of density, temperature, density at 15 °C and factor."""

    grid = TableField(
        scales=(1, 2, 1, 5),
        required=False,
        label=gettext_lazy("Registered table"),
        help_text=gettext_lazy(
            "One row a line: density read, temperature, density at 15 °C, factor. Every density with every "
            "temperature. Blank for the formula."
        ),
    )

    class Meta:
        exclude = ("densities", "temperatures", "densities_15", "factors")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        one = self.instance
        if one.pk and one.densities:
            width = len(one.temperatures)
            self.initial["grid"] = TableField.told(
                (one.densities[at // width], one.temperatures[at % width], one.densities_15[at], one.factors[at])
                for at in range(len(one.factors))
            )

    def clean(self) -> dict[str, Any] | None:
        """Refuse a table with holes, a table for a formula, and a conversion of nothing or of two things."""
        found = super().clean()
        said = self.cleaned_data
        rows, method = said.get("grid"), said.get("method") or self.instance.method
        is_table = method == Conversion.Method.TABLE
        if rows is not None and method:
            if bool(rows) != is_table:
                words = _("Paste the table.") if is_table else _("The formula has no table: leave this blank.")
                self.add_error("grid", words)
            else:
                self._lay_out(rows)
        return found

    def _lay_out(self, rows: list[Row]) -> None:
        figures = {(density, temperature): rest for density, temperature, *rest in rows}
        densities, temperatures = (sorted({row[at] for row in rows}) for at in (0, 1))
        missing = [(one, two) for one in densities for two in temperatures if (one, two) not in figures]
        if len(figures) != len(rows):
            self.add_error("grid", _("A density and a temperature stand there twice."))
        elif missing:
            text = _("The table has holes: density %(density)s at %(temperature)s °C is missing.")
            language = get_language() or "vi"
            names = {
                "density": format_quantity(missing[0][0], language),
                "temperature": format_quantity(missing[0][1], language),
            }
            self.add_error("grid", text % names)
        elif rows and (len(densities) < 2 or len(temperatures) < 2):
            self.add_error("grid", _("A table has two densities and two temperatures at least."))
        elif any(min(row[0], row[2], row[3]) <= 0 for row in rows):
            self.add_error("grid", _("Densities and factors are above zero."))
        else:
            ordered = [figures[one, two] for one in densities for two in temperatures]
            self.instance.densities, self.instance.temperatures = densities, temperatures
            self.instance.densities_15 = [figure[0] for figure in ordered]
            self.instance.factors = [figure[1] for figure in ordered]


@admin.register(Conversion)
class ConversionAdmin(ReasonedAdmin):
    """Conversions to 15 °C; one that no longer holds gets a last day, since posted lines name it."""

    form = ConversionForm
    list_display = ("code", "name", "method", "item", "group", "valid_from", "valid_to")
    list_filter = ("method",)
    list_select_related = ("item", "group")
    search_fields = ("code", "name__unaccent", "basis__unaccent")
    autocomplete_fields = ("item", "group")
    fixed = ("code", "method", "item", "group", "valid_from")


@admin.register(LossRate)
class LossRateAdmin(ReasonedAdmin):
    """Normal-loss rates; one that no longer holds gets a last day."""

    list_display = ("group", "work", "percent", "valid_from", "valid_to", "basis")
    list_filter = ("work",)
    list_select_related = ("group",)
    search_fields = ("group__name__unaccent", "basis__unaccent")
    autocomplete_fields = ("group",)
    fixed = ("group", "work", "valid_from")


class TankForm(Reasoned):
    """A tank; only bins that are tanks may be one."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "bin" in self.fields:
            box: Any = self.fields["bin"]
            box.queryset = Bin.objects.filter(kind=Bin.Kind.TANK).select_related("depot")
            box.label_from_instance = lambda one: f"{one.depot.code} · {one.code}"

    def clean_product(self) -> Any:
        """Return the fuel the tank is for; refuse what is no liquid fuel."""
        product = self.cleaned_data["product"]
        if product is not None and not product.fuel_group:
            raise ValidationError(_("This item is not marked as a liquid fuel."), code="no-fuel")
        return product


@admin.register(Tank)
class TankAdmin(ReasonedAdmin):
    """Tanks: what bins of that kind take, and of what."""

    form = TankForm
    list_display = ("__str__", "depot", "capacity_litres", "product")
    list_select_related = ("bin__depot", "product")
    search_fields = ("bin__code", "bin__depot__code")
    autocomplete_fields = ("product",)
    fixed = ("bin",)

    @admin.display(description=gettext_lazy("Depot"), ordering="bin__depot__code")
    def depot(self, tank: Tank) -> str:
        """Return the code of the tank's depot."""
        return tank.bin.depot.code


class GaugeTableForm(Reasoned):
    """A gauge table, pasted as rows of height and litres."""

    points = TableField(
        scales=(0, 1),
        label=gettext_lazy("Heights and litres"),
        help_text=gettext_lazy("One row a line: height of the liquid in mm, litres in the tank. Both rise."),
    )

    class Meta:
        exclude = ("heights_mm", "litres")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        one = self.instance
        if one.pk and one.heights_mm:
            pairs = zip(one.heights_mm, one.litres, strict=True)
            self.initial["points"] = TableField.told((Decimal(height), litres) for height, litres in pairs)
        if "tank" in self.fields:
            box: Any = self.fields["tank"]
            box.queryset = Tank.objects.select_related("bin__depot")
            box.label_from_instance = lambda tank: f"{tank.bin.depot.code} · {tank.bin.code}"

    def clean_points(self) -> list[Row]:
        """Return the rows; refuse heights or litres that do not rise from one row to the next."""
        rows: list[Row] = self.cleaned_data["points"]
        if len(rows) < 2:
            raise ValidationError(_("A gauge table has two rows at least."), code="short")
        if min(rows[0]) < 0:
            raise ValidationError(_("Heights and litres are not below zero."), code="negative")
        for number, (before, row) in enumerate(pairwise(rows), start=2):
            if row[0] <= before[0] or row[1] <= before[1]:
                words = _("Row %(number)s: height and litres are both above those of the row before.")
                raise ValidationError(words % {"number": number}, code="falls")
        self.instance.heights_mm = [int(row[0]) for row in rows]
        self.instance.litres = [row[1] for row in rows]
        return rows


@admin.register(GaugeTable)
class GaugeTableAdmin(ReasonedAdmin):
    """Gauge tables; a new calibration is a new table, and the old one gets a last day."""

    form = GaugeTableForm
    list_display = ("tank", "depot", "valid_from", "valid_to", "basis")
    list_select_related = ("tank__bin__depot",)
    search_fields = ("tank__bin__code", "tank__bin__depot__code", "basis__unaccent")
    fixed = ("tank", "valid_from")

    @admin.display(description=gettext_lazy("Depot"), ordering="tank__bin__depot__code")
    def depot(self, table: GaugeTable) -> str:
        """Return the code of the tank's depot."""
        return table.tank.bin.depot.code
