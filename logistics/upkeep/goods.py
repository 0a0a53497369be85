"""Upkeep of the catalogue: what may be stocked, in which units, grades and for which purposes."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from inventory.catalogue.models import (
    DangerousGood,
    Item,
    ItemGroup,
    Lot,
    Packaging,
    QualityGrade,
    ReservePurpose,
    SupplyClass,
    Unit,
)
from logistics.upkeep.reasoned import ReasonedAdmin, ReasonedInline


@admin.register(SupplyClass)
class SupplyClassAdmin(ReasonedAdmin):
    """Branches."""

    list_display = ("code", "name", "name_en")
    fixed = ("code",)


@admin.register(ItemGroup)
class ItemGroupAdmin(ReasonedAdmin):
    """Groups; branch and number stand in item codes, so they stay."""

    list_display = ("__str__", "supply_class", "number", "name_en")
    list_filter = ("supply_class",)
    list_select_related = ("supply_class",)
    search_fields = ("name__unaccent", "name_en", "supply_class__code", "number")
    fixed = ("supply_class", "number")


@admin.register(Unit)
class UnitAdmin(ReasonedAdmin):
    """Units of measure; fewer decimals than before would refuse quantities already written, so they stay."""

    list_display = ("code", "name", "name_en", "kind", "scale")
    list_filter = ("kind",)
    search_fields = ("code", "name__unaccent", "name_en")
    fixed = ("code", "kind", "scale")


@admin.register(DangerousGood)
class DangerousGoodAdmin(ReasonedAdmin):
    """UN numbers."""

    list_display = ("number", "name", "name_en", "hazard_class")
    search_fields = ("number", "name__unaccent", "name_en")
    fixed = ("number",)


@admin.register(QualityGrade)
class QualityGradeAdmin(ReasonedAdmin):
    """The five grades."""

    list_display = ("grade", "name", "name_en", "awaits_disposal")
    fixed = ("grade",)


@admin.register(ReservePurpose)
class ReservePurposeAdmin(ReasonedAdmin):
    """Purposes of reserve."""

    list_display = ("code", "name", "name_en", "is_ring_fenced")
    fixed = ("code",)


class PackagingInline(ReasonedInline):
    """What packages of the item hold; one that was used stays, with a last day."""

    model = Packaging
    autocomplete_fields = ("unit",)


@admin.register(Item)
class ItemAdmin(ReasonedAdmin):
    """Items with their packagings; what logbooks already count in (base unit, tracking) stays."""

    list_display = ("code", "name", "group", "base_unit", "tracking", "is_active")
    list_filter = ("group__supply_class", "tracking", "is_active")
    list_select_related = ("group", "base_unit")
    search_fields = ("code", "name__unaccent", "name_en", "old_names__unaccent", "gtin", "nsn", "external_code")
    autocomplete_fields = ("group", "base_unit", "dangerous_good")
    inlines = (PackagingInline,)
    fixed = ("code", "group", "base_unit", "tracking")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Return what stays; what is kept at 15 °C stays a liquid fuel, too."""
        shown = super().get_readonly_fields(request, obj)
        return (*shown, "fuel_group") if obj is not None and obj.fuel_group else shown


@admin.register(Lot)
class LotAdmin(ReasonedAdmin):
    """Lots: expiry, and holding goods back from issue."""

    list_display = ("item", "code", "expires_date", "hold_reason", "is_exercise")
    list_filter = (("hold_reason", admin.EmptyFieldListFilter), "is_exercise")
    list_select_related = ("item",)
    search_fields = ("item__code", "item__name__unaccent", "code")
    autocomplete_fields = ("item",)
    fixed = ("item", "code")
