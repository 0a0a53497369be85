"""Upkeep of reserve norms."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from inventory.norms.models import ReserveNorm
from logistics.upkeep.reasoned import Reasoned, ReasonedAdmin


class ReserveNormForm(Reasoned):
    """A norm in the unit its item is counted in."""

    def clean(self) -> dict[str, Any] | None:
        """Refuse more decimals than the item's unit has, and a norm of a depot that exists for training."""
        found = super().clean()
        given = self.cleaned_data
        item, required = given.get("item") or getattr(self.instance, "item", None), given.get("required")
        if item is not None and required is not None and required != round(required, item.base_unit.scale):
            names = {"unit": item.base_unit, "scale": item.base_unit.scale}
            words = _("%(unit)s is counted with %(scale)s decimals.") % names
            self.add_error("required", ValidationError(words, code="scale"))
        if given.get("depot") and given["depot"].is_exercise:
            words = _("%(depot)s is for training and holds no reserve.") % {"depot": given["depot"].code}
            self.add_error("depot", ValidationError(words, code="exercise"))
        return found


@admin.register(ReserveNorm)
class ReserveNormAdmin(ReasonedAdmin):
    """Norms; what one is for stays, and one that no longer holds gets a last day."""

    form = ReserveNormForm
    list_display = ("item", "unit", "depot", "purpose", "required", "valid_from", "valid_to")
    list_filter = ("purpose", "item__group__supply_class", ("valid_to", admin.EmptyFieldListFilter))
    list_select_related = ("item", "unit", "depot", "purpose")
    search_fields = ("item__code", "item__name__unaccent", "unit__name__unaccent", "unit__code", "depot__code", "basis")
    autocomplete_fields = ("unit", "depot", "item")
    fixed = ("unit", "depot", "item", "purpose", "valid_from")
