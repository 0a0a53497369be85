"""Upkeep of the levels of approval: whose approvers decide on what a unit asks for."""

from __future__ import annotations

from django.contrib import admin

from inventory.requisitions.models import ApprovalLevel
from logistics.upkeep.reasoned import ReasonedAdmin


@admin.register(ApprovalLevel)
class ApprovalLevelAdmin(ReasonedAdmin):
    """Levels of approval, by asking level."""

    list_display = ("asking_level", "approving_level", "supply_class", "most_quantity")
    list_filter = ("asking_level", "supply_class")
    list_select_related = ("supply_class",)
    fixed = ("asking_level",)
