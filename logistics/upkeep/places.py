"""Upkeep of places: provinces, the organisation's tree, depots and their bins."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from depots import whereabouts
from depots.models import Bin, Depot, OrganisationUnit, Province
from depots.views import moves_in_words
from depots.whereabouts import Sight
from inventory.ledger.exercising import has_books
from logistics.audit.pages import Words
from logistics.upkeep.reasoned import InWords, Reasoned, ReasonedAdmin, ReasonedInline


@admin.register(Province)
class ProvinceAdmin(ReasonedAdmin):
    """Provinces of each era."""

    list_display = ("code", "name", "valid_from", "valid_to")
    list_filter = ("valid_from",)
    search_fields = ("code", "name__unaccent")
    fixed = ("code", "valid_from")


class OrganisationUnitForm(Reasoned):
    """A unit, kept out of circles."""

    def clean_parent(self) -> OrganisationUnit | None:
        """Return the higher unit; refuse one that stands below this unit."""
        parent: OrganisationUnit | None = self.cleaned_data["parent"]
        above, seen = parent, set()
        while above is not None and above.pk not in seen:
            if above.pk == self.instance.pk:
                raise ValidationError(_("That unit stands below this one; choose another higher unit."), code="circle")
            seen.add(above.pk)
            above = above.parent
        return parent


@admin.register(OrganisationUnit)
class OrganisationUnitAdmin(ReasonedAdmin):
    """Units of the organisation."""

    form = OrganisationUnitForm
    list_display = ("code", "name", "level", "parent", "valid_from", "valid_to")
    list_filter = ("level",)
    list_select_related = ("parent",)
    search_fields = ("code", "alias", "name__unaccent")
    autocomplete_fields = ("parent",)
    fixed = ("code",)


class BinForm(InWords):
    """A bin of a depot."""

    def clean_is_active(self) -> bool:
        """Refuse to close the depot's default bin."""
        active: bool = self.cleaned_data["is_active"]
        if self.instance.is_default and not active:
            raise ValidationError(_("This is the depot's default bin; choose another default first."), code="default")
        return active


class BinInline(ReasonedInline):
    """The bins of a depot; the default one is chosen in the depot's own form."""

    model = Bin
    form = BinForm
    fields = ("code", "name", "kind", "is_active")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Return nothing more: the codes of bins are written in logbooks by number, so a name may be put right."""
        return self.readonly_fields


class DepotForm(Reasoned):
    """A depot and which of its bins takes goods when none is named."""

    default_bin = forms.CharField(
        label=_("Default bin"), max_length=24, initial="A-01", help_text=_("Takes goods when no bin is named.")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "is_exercise" in self.fields and self.instance.pk and has_books(self.instance.pk):
            self.fields["is_exercise"].disabled = True
        if self.instance.pk:
            bins = self.instance.bins.filter(is_active=True)
            self.fields["default_bin"] = forms.ModelChoiceField(
                bins, label=_("Default bin"), initial=bins.filter(is_default=True).first(), empty_label=None
            )

    def clean(self) -> dict[str, Any] | None:
        """Refuse a depot that closes before it opens."""
        found = super().clean()
        opened, closed = self.cleaned_data.get("opened_date"), self.cleaned_data.get("closed_date")
        if opened and closed and closed < opened:
            self.add_error("closed_date", _("The last day cannot be before the first."))
        return found


@admin.register(Depot)
class DepotAdmin(ReasonedAdmin):
    """Depots with their bins."""

    form = DepotForm
    list_display = ("code", "name", "unit", "level", "province", "closed_date", "is_exercise")
    list_filter = ("level", "is_exercise", ("closed_date", admin.EmptyFieldListFilter))
    list_select_related = ("unit", "province")
    search_fields = ("code", "name__unaccent")
    autocomplete_fields = ("unit", "province")
    inlines = (BinInline,)
    fixed = ("code",)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """Return the depot; to somebody who only looks, where it stands as exactly as they may know."""
        found = super().get_object(request, object_id, from_field)
        if found is not None and not self.has_change_permission(request, found):
            found.coordinates = self._sight(request).blurred(found.pk, found.coordinates)
        return found

    def words(self, request: HttpRequest, row: Any) -> Words:
        """Return what tells moves of the depot: as exactly as the reader may know; of any, only that it moved."""
        if row is None:
            return {"coordinates": lambda old, new: [(str(_("place")), "…" if old else "—", "…" if new else "—")]}
        return {"coordinates": moves_in_words(row.pk, self._sight(request))}

    @staticmethod
    def _sight(request: HttpRequest) -> Sight:
        user: Any = request.user
        return whereabouts.sight(user)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Save the bins, then see that exactly one is the default."""
        super().save_related(request, form, formsets, change)
        if not {"default_bin"} & set(form.fields):
            return
        depot, wanted = form.instance, form.cleaned_data["default_bin"]
        with self.changing(request, form):
            if isinstance(wanted, str):
                wanted, _made = Bin.objects.get_or_create(depot=depot, code=wanted.strip())
            # The old one first: the database allows one default at a time.
            for bin_ in depot.bins.filter(is_default=True).exclude(pk=wanted.pk):
                bin_.is_default = False
                bin_.save()
            if not wanted.is_default:
                wanted.is_default = True
                wanted.save()
