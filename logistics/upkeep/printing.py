"""Upkeep of the printed forms: what each says, and whose units print which."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from inventory.printing import blank
from inventory.printing.models import FormTemplate, RegimeChoice
from logistics.upkeep.reasoned import Reasoned, ReasonedAdmin


class FormTemplateForm(Reasoned):
    """A form whose columns and places to sign are typed a line each."""

    class Meta:
        widgets = {
            "columns": forms.Textarea(attrs={"rows": 12, "cols": 80, "spellcheck": "false"}),
            "signers": forms.Textarea(attrs={"rows": 6, "cols": 80, "spellcheck": "false"}),
        }


@admin.register(FormTemplate)
class FormTemplateAdmin(ReasonedAdmin):
    """The forms of every regime; a changed rule is a new row with a first day."""

    form = FormTemplateForm
    list_display = ("form", "regime", "number", "valid_from", "valid_to", "empty_sheet")
    list_filter = ("regime", "form")
    fixed = ("regime", "form")

    def get_urls(self) -> list[Any]:
        """Return the addresses, with that of the empty sheet."""
        sheet = path("<int:key>/sheet.pdf", self.admin_site.admin_view(self.sheet), name="printing_formtemplate_sheet")
        return [sheet, *super().get_urls()]

    def sheet(self, request: HttpRequest, key: int) -> HttpResponse:
        """Answer the form without any entry, to be looked at or filled in by hand."""
        template = self.get_queryset(request).filter(pk=key).first()
        if template is None or not self.has_view_permission(request, template):
            raise Http404
        answer = HttpResponse(blank.sheet(template), content_type="application/pdf")
        answer.headers["Content-Disposition"] = f'inline; filename="{template.form}-{template.regime}.pdf"'
        return answer

    @admin.display(description=_("Empty sheet"))
    def empty_sheet(self, row: FormTemplate) -> SafeString:
        """Return the way to the form without any entry."""
        return format_html('<a href="{}">PDF</a>', reverse("admin:printing_formtemplate_sheet", args=[row.pk]))


@admin.register(RegimeChoice)
class RegimeChoiceAdmin(ReasonedAdmin):
    """Which regime holds for the whole site, and for units that print another."""

    list_display = ("__str__", "unit", "regime", "valid_from")
    list_filter = ("regime",)
    list_select_related = ("unit",)
    autocomplete_fields = ("unit",)
    fixed = ("unit",)
