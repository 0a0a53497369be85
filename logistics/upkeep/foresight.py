"""Upkeep of what foresight reckons with: strengths of units, consumption norms, terms of supply."""

from __future__ import annotations

from decimal import Decimal

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from inventory.foresight.models import ConsumptionNorm, SupplyTerms, UnitStrength
from logistics.fields import QuantityField
from logistics.upkeep.reasoned import Reasoned, ReasonedAdmin


class UnitStrengthForm(Reasoned):
    """A strength; people are counted in thousands, which both languages group, and browsers would misread."""

    strength = QuantityField(scale=0, above=Decimal(0), label=_("Strength, people"))


@admin.register(UnitStrength)
class UnitStrengthAdmin(ReasonedAdmin):
    """How many people a unit has, with all below it; one that no longer holds gets a last day."""

    form = UnitStrengthForm
    list_display = ("unit", "strength", "valid_from", "valid_to")
    list_filter = (("valid_to", admin.EmptyFieldListFilter),)
    list_select_related = ("unit",)
    search_fields = ("unit__code", "unit__name__unaccent")
    autocomplete_fields = ("unit",)
    fixed = ("unit", "valid_from")


@admin.register(ConsumptionNorm)
class ConsumptionNormAdmin(ReasonedAdmin):
    """What a person uses a day; one that no longer holds gets a last day."""

    list_display = ("item", "per_person_day", "basis", "valid_from", "valid_to")
    list_filter = ("item__group__supply_class", ("valid_to", admin.EmptyFieldListFilter))
    list_select_related = ("item",)
    search_fields = ("item__code", "item__name__unaccent", "basis__unaccent")
    autocomplete_fields = ("item",)
    fixed = ("item", "valid_from")


@admin.register(SupplyTerms)
class SupplyTermsAdmin(ReasonedAdmin):
    """How depots are resupplied, the general terms and those of single depots and branches."""

    list_display = ("__str__", "lead_days", "review_days", "service_percent", "valid_from", "valid_to")
    list_filter = ("supply_class", ("valid_to", admin.EmptyFieldListFilter))
    list_select_related = ("depot", "supply_class")
    search_fields = ("depot__code", "depot__name__unaccent")
    autocomplete_fields = ("depot",)
    fixed = ("depot", "supply_class", "valid_from")
