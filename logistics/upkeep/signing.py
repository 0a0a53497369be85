"""Upkeep of the pictures that signatures show: people's hands, and the seals of units."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from inventory.signing import pictures
from inventory.signing.models import LEAST_SEAL_MM, MOST_SEAL_MM, Seal, SignaturePicture
from logistics.audit.pages import Words
from logistics.errors import Invalid
from logistics.upkeep.reasoned import Reasoned, ReasonedAdmin


class PictureForm(Reasoned):
    """A row with a picture: asked for when it is made, kept when none is chosen later."""

    ink: pictures.Ink = "blue"
    file = forms.FileField(
        label=gettext_lazy("Picture (PNG)"),
        required=False,
        allow_empty_file=True,
        help_text=gettext_lazy("PNG on transparent ground, at most 300 kB. Empty: the picture stays."),
        widget=forms.FileInput(attrs={"accept": ".png,image/png"}),
    )

    def clean_file(self) -> bytes | None:
        """Return the picture as it is kept, None where none was chosen."""
        given: Any = self.cleaned_data["file"]
        if given is None:
            if not self.instance.picture:
                raise ValidationError(_("Choose the picture."), code="required")
            return None
        try:
            return pictures.cleaned(given.read(pictures.MOST_BYTES + 1), ink=self.ink)
        except Invalid as error:
            raise ValidationError([fault.detail for fault in error.faults]) from error

    def save(self, commit: bool = True) -> Any:
        """Return the row with the picture chosen."""
        if self.cleaned_data["file"] is not None:
            self.instance.picture = self.cleaned_data["file"]
        return super().save(commit)


class SealForm(PictureForm):
    """A seal: red, and of the size a seal has."""

    ink = "red"

    def clean_width_mm(self) -> Any:
        """Refuse what is no seal's size."""
        width = self.cleaned_data["width_mm"]
        if not LEAST_SEAL_MM <= width <= MOST_SEAL_MM:
            words = _("A seal is %(least)s to %(most)s mm wide.")
            raise ValidationError(words, params={"least": LEAST_SEAL_MM, "most": MOST_SEAL_MM}, code="width")
        return width

    def clean_file(self) -> bytes | None:
        """Refuse a picture that is taller than it is wide: places to sign have room for a round seal."""
        found = super().clean_file()
        if found is not None:
            width, height = pictures.size_of(found)
            if height > width * 1.05:
                raise ValidationError(
                    _("A seal is not taller than it is wide: cut the picture to the ink."), code="tall"
                )
        return found


class _PictureAdmin(ReasonedAdmin):
    """Rows with a picture, shown as it is kept."""

    readonly_fields = ("shown",)

    @admin.display(description=gettext_lazy("picture"))
    def shown(self, row: Any) -> SafeString | str:
        """Show the picture."""
        if not row.picture:
            return "—"
        data = base64.b64encode(bytes(row.picture)).decode("ascii")
        return format_html('<img src="data:image/png;base64,{}" height="96" alt="{}">', data, row)

    def words(self, _request: HttpRequest, _row: Any) -> Words:
        """Tell another picture by the first digits of its SHA-256: nobody reads its bytes."""

        def told(old: Any, new: Any) -> Iterable[tuple[str, str, str]]:
            before, after = (hashlib.sha256(bytes(one)).hexdigest()[:12] if one else "—" for one in (old, new))
            return [(_("picture"), before, after)]

        return {"picture": told}


@admin.register(SignaturePicture)
class SignaturePictureAdmin(_PictureAdmin):
    """How people's hands sign."""

    form = PictureForm
    list_display = ("user", "is_active", "shown")
    list_filter = ("is_active",)
    list_select_related = ("user",)
    search_fields = ("user__login", "user__full_name__unaccent")
    autocomplete_fields = ("user",)
    fields = ("user", "shown", "file", "is_active", "reason")
    fixed = ("user",)


@admin.register(Seal)
class SealAdmin(_PictureAdmin):
    """The seals of units, from a day to a day."""

    form = SealForm
    list_display = ("name", "unit", "width_mm", "valid_from", "valid_to", "shown")
    list_select_related = ("unit",)
    search_fields = ("name__unaccent", "unit__name__unaccent")
    autocomplete_fields = ("unit",)
    fields = ("unit", "name", "shown", "file", "width_mm", "valid_from", "valid_to", "reason")
    fixed = ("unit",)
