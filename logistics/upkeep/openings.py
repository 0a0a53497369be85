"""Upkeep of how other programs' files are read: their columns, and their codes for our items."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from inventory.openings.models import ColumnMapping, Crosswalk
from inventory.openings.reading import mapping_of
from logistics.mappings import MappingRefused
from logistics.upkeep.reasoned import Reasoned, ReasonedAdmin


class ColumnMappingForm(Reasoned):
    """A mapping that says only what mappings can say."""

    class Meta:
        help_texts: ClassVar[dict[str, Any]] = {
            "document": _(
                "As a mapping file says it. Under a field, values turns words into codes, as {“Nhập”: “receipt”}, and "
                "nulls lists words that mean nothing is known; rows keeps rows or leaves them out."
            )
        }
        widgets = {"document": forms.Textarea(attrs={"rows": 16, "cols": 80, "spellcheck": "false"})}

    def clean(self) -> dict[str, Any] | None:
        """Refuse a document that is no mapping; every fault of it is told."""
        found = super().clean()
        given = self.cleaned_data
        purpose, document = given.get("purpose") or self.instance.purpose, given.get("document")
        if purpose and isinstance(document, dict):
            try:
                mapping_of(ColumnMapping(name=given.get("name", ""), purpose=purpose, document=document))
            except MappingRefused as error:
                for fault in error.faults:
                    self.add_error("document", f"{fault.pointer} {fault.detail}".strip())
        return found


@admin.register(ColumnMapping)
class ColumnMappingAdmin(ReasonedAdmin):
    """Saved mappings; one that is no longer used is not offered."""

    form = ColumnMappingForm
    list_display = ("name", "purpose", "is_active")
    list_filter = ("purpose", "is_active")
    search_fields = ("name",)
    fixed = ("purpose",)


@admin.register(Crosswalk)
class CrosswalkAdmin(ReasonedAdmin):
    """Codes of other programs; one that no longer holds gets a last day."""

    list_display = ("their_code", "program", "item", "valid_from", "valid_to")
    list_filter = ("program",)
    list_select_related = ("item",)
    search_fields = ("their_code", "item__code", "item__name__unaccent")
    autocomplete_fields = ("item",)
    fixed = ("program", "their_code", "valid_from")
