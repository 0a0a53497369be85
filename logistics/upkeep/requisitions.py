"""Upkeep of the levels of approval: whose approvers decide on what a unit asks for."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from inventory.requisitions import levels
from inventory.requisitions.models import ApprovalLevel
from logistics.upkeep.reasoned import Reasoned, ReasonedAdmin


class ApprovalLevelForm(Reasoned):
    """A level of approval; the asking level itself means the unit above, as without a rule."""

    def clean(self) -> dict[str, Any] | None:
        """Refuse that somebody below the asking unit approves what it asks for."""
        found = super().clean()
        approving = self.cleaned_data.get("approving_level")
        asking = self.cleaned_data.get("asking_level") or self.instance.asking_level
        if approving and asking and levels.rank(approving) < levels.rank(asking):
            words = _("Whoever approves stands above whoever asks, or on the same level.")
            self.add_error("approving_level", ValidationError(words, code="below"))
        return found


@admin.register(ApprovalLevel)
class ApprovalLevelAdmin(ReasonedAdmin):
    """Levels of approval, by asking level."""

    form = ApprovalLevelForm
    list_display = ("asking_level", "approving_level", "supply_class", "most_quantity")
    list_filter = ("asking_level", "supply_class")
    list_select_related = ("supply_class",)
    fixed = ("asking_level",)
