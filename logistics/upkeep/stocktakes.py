"""Upkeep of what stocktakes are told with: causes of differences, and the report's column of each grade."""

from __future__ import annotations

from django.contrib import admin

from inventory.stocktakes.models import Cause, GradeColumn
from logistics.upkeep.reasoned import ReasonedAdmin


@admin.register(Cause)
class CauseAdmin(ReasonedAdmin):
    """Causes, in the order that pages offer them."""

    list_display = ("code", "name", "name_en", "use", "is_active", "order")
    list_filter = ("use", "is_active")
    search_fields = ("code", "name", "name_en")
    fixed = ("code",)


@admin.register(GradeColumn)
class GradeColumnAdmin(ReasonedAdmin):
    """Columns of the report, by grade."""

    list_display = ("grade", "column")
    list_select_related = ("grade",)
    fixed = ("grade",)
