"""How anything is changed on the upkeep pages: with a reason, never deleted, its code never altered."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar, Final

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.contrib.gis.db.models import PointField
from django.contrib.gis.geos import Point
from django.core.exceptions import NON_FIELD_ERRORS, PermissionDenied, ValidationError
from django.db import models
from django.db.models import Q
from django.db.models.constraints import BaseConstraint
from django.http import Http404, HttpRequest
from django.utils.translation import gettext_lazy as _

from logistics import history
from logistics.accounts import rights
from logistics.accounts.rights import Right
from logistics.audit.pages import Words, history_page
from logistics.audit.trail import Subject
from logistics.fields import QuantityField
from logistics.language import called
from logistics.sheets import KINDS

if TYPE_CHECKING:
    AnyForm = forms.ModelForm[Any]
    AnyAdmin = admin.ModelAdmin[Any]
    AnyInline = admin.TabularInline[Any, Any]
else:  # generic for the type checker only
    AnyForm, AnyAdmin, AnyInline = forms.ModelForm, admin.ModelAdmin, admin.TabularInline

# What a broken rule of the database means to whoever fills in the form; the others speak for themselves.
_RULES: Final = {
    "unit_valid_dates_ordered": _("The last day cannot be before the first."),
    "unit_not_own_parent": _("A unit cannot stand above itself."),
    "group_number_two_digits": _("The number of a group has two digits, such as 04."),
    "unit_scale_at_most_3": _("At most 3 decimals are kept."),
    "grade_1_to_5": _("Grades go from 1 to 5."),
    "item_gtin_unique": _("Another item has this GTIN."),
    "item_nsn_unique": _("Another item has this NSN."),
    "item_code_form": _("An item code looks like QN-02-0001230: branch, group, number and check digit."),
    "packaging_factor_positive": _("One package holds more than nothing."),
    "assignment_unit_or_depot": _("Choose a unit or a depot, not both; neither means the whole store."),
    "policy_unique": _("There is a rule for this kind and depot already; change that one."),
    "norm_unit_or_depot": _("Choose a unit or a depot: one of the two."),
    "norm_required_positive": _("A norm asks for more than nothing."),
    "norm_valid_dates_ordered": _("The last day cannot be before the first."),
    "column_mapping_unique": _("There is a mapping of this name for this purpose already; change that one."),
    "crosswalk_dates_ordered": _("The last day cannot be before the first."),
    "crosswalk_one_item_at_a_time": _("This code means an item on some of these days already: end that one first."),
    "item_fuel_is_kept_in_litres": _("A liquid fuel is kept in litres: its base unit is LTR."),
    "conversion_code_form": _("A code has capitals, digits, points and hyphens, such as TCVN-DO-2026."),
    "conversion_of_one": _("Choose an item or an item group: one of the two."),
    "conversion_valid_dates_ordered": _("The last day cannot be before the first."),
    "conversion_one_of_item": _("The item has a conversion for some of these days already: end that one first."),
    "conversion_one_of_group": _("The group has a conversion for some of these days already: end that one first."),
    "loss_rate_is_a_percentage": _("A rate lies between 0 and 100 percent."),
    "loss_rate_valid_dates_ordered": _("The last day cannot be before the first."),
    "loss_rate_one_on_a_day": _("There is a rate for some of these days already: end that one first."),
    "tank_takes_something": _("A tank takes more than nothing."),
    "gauge_valid_dates_ordered": _("The last day cannot be before the first."),
    "gauge_one_on_a_day": _("The tank has a table for some of these days already: end that one first."),
    "strength_positive": _("A unit has at least one person."),
    "strength_dates_ordered": _("The last day cannot be before the first."),
    "consumption_norm_positive": _("A norm asks for more than nothing."),
    "consumption_norm_dates_ordered": _("The last day cannot be before the first."),
    "supply_terms_in_range": _("The certainty lies between 50 and 99.9 percent, and orders are a day apart at least."),
    "supply_terms_dates_ordered": _("The last day cannot be before the first."),
    "approval_level_limit_positive": _("A limit is more than nothing; leave it empty for any quantity."),
    "bin_one_default_per_depot": _("The depot has a default bin already."),
}


def may(request: HttpRequest, app: str, *, viewing: bool) -> bool:
    """Return whether the asker keeps the data of `app`, or (`viewing`) may look at it; asked once per request.

    Who keeps people also looks at depots and the catalogue, to name them in assignments; so does an auditor of the
    whole store, everywhere.
    """
    user: Any = request.user
    if not user.is_active or user.is_anonymous:
        return False
    if user.is_superuser:
        return True
    found: tuple[bool, bool, bool] | None = getattr(request, "kept", None)
    if found is None:
        audits = rights.audits_everything(user)
        found = (rights.has(user, Right.KEEP_PEOPLE), rights.has(user, Right.KEEP_CATALOGUE), audits)
        request.kept = found  # type: ignore[attr-defined]
    people, catalogue, audits = found
    keeps = people if rights.KEPT_BY[app] is Right.KEEP_PEOPLE else catalogue
    return keeps or (viewing and (audits or (people and app != "accounts")))


# --- Fields -------------------------------------------------------------------------------------------------------


class Coordinate(forms.CharField):
    """Degrees with a decimal comma or point: neither can be a thousands sign in a number below 181."""

    _FORM: ClassVar = re.compile(r"-?[0-9]{1,3}(?:[.,][0-9]{1,12})?")

    def __init__(self, *, most: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.most = most

    def clean(self, value: Any) -> Any:
        """Return degrees, or None for an empty text."""
        text = super().clean(value).strip()
        if not text:
            return None
        if not self._FORM.fullmatch(text) or abs(degrees := Decimal(text.replace(",", "."))) > self.most:
            words = _("“%(text)s” is no number of degrees from −%(most)s to %(most)s, such as 21,028511.")
            raise ValidationError(words, code="degrees", params={"text": text[:40], "most": self.most})
        return -degrees if text.startswith("-") else degrees


class PointWidget(forms.MultiWidget):
    """Longitude and latitude as two boxes. GeoDjango's own widget loads a map library from outside."""

    template_name = "upkeep/point.html"

    def __init__(self) -> None:
        attrs = {"inputmode": "decimal", "autocomplete": "off", "size": "14"}
        super().__init__({"lon": forms.TextInput(attrs), "lat": forms.TextInput(attrs)})

    def decompress(self, value: Any) -> list[str | None]:
        """Return the two texts of a stored point."""
        return [f"{value.x:.6f}", f"{value.y:.6f}"] if isinstance(value, Point) else [None, None]


class PointBoxes(forms.MultiValueField):
    """A point on the earth, WGS 84, typed as longitude and latitude."""

    widget = PointWidget

    def __init__(self, **kwargs: Any) -> None:
        required = kwargs.get("required", True)
        parts = (Coordinate(most=180, required=required), Coordinate(most=90, required=required))
        super().__init__(parts, require_all_fields=required, **kwargs)

    def compress(self, values: Sequence[Decimal | None]) -> Point | None:
        """Return the point of two numbers of degrees, None for none."""
        if not values or None in values:
            if values and any(value is not None for value in values):
                raise ValidationError(_("Give both the longitude and the latitude, or neither."), code="half")
            return None
        longitude, latitude = (float(value) for value in values if value is not None)
        return Point(longitude, latitude, srid=4326)

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Return whether the two boxes differ from what they showed."""
        shown = initial if isinstance(initial, list) else PointWidget().decompress(initial)
        return [text or "" for text in shown] != [text or "" for text in data or ["", ""]]


# --- Forms and pages ----------------------------------------------------------------------------------------------


class InWords(AnyForm):
    """A form that tells a broken constraint in words instead of by its name."""

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]
        # Django passes over a constraint that names a field which the page only shows; the database does not.
        if not self.instance._state.adding and NON_FIELD_ERRORS not in self.errors:  # noqa: SLF001  # public door
            try:
                self.instance.validate_constraints(exclude=set(self.errors))
            except ValidationError as error:
                self._update_errors(error)

    def _update_errors(self, errors: ValidationError) -> None:
        if hasattr(errors, "error_dict"):
            named = {
                str(BaseConstraint.default_violation_error_message) % {"name": name}: words
                for name, words in _RULES.items()
            }
            for error in errors.error_dict.get(NON_FIELD_ERRORS, []):
                error.message = named.get(str(error.message), error.message)
        super()._update_errors(errors)  # type: ignore[misc]


class Reasoned(InWords):
    """A form that is not saved without a reason; the reason goes into the history of everything it changes."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=300,
        help_text=_("Why this is changed, and on whose order. It stays in the history."),
        widget=forms.TextInput(attrs={"size": "80", "autocomplete": "off"}),
    )

    def clean_reason(self) -> str:
        """Return the reason; blanks are none."""
        reason: str = self.cleaned_data["reason"].strip()
        if not reason:
            raise ValidationError(self.fields["reason"].error_messages["required"], code="required")
        return reason


_SCRIPTS: Final = (
    "vendor/jquery/jquery.min.js", "jquery.init.js", "core.js", "admin/RelatedObjectLookups.js", "actions.js",
)  # fmt: skip


class Kept:
    """What pages and their inlines share: rights by role, no deleting, local widgets, `fixed` fields."""

    fixed: ClassVar[tuple[str, ...]] = ()  # not to be altered once the row exists
    model: type[models.Model]

    def _may(self, request: HttpRequest, *, viewing: bool) -> bool:
        return may(request, self.model._meta.app_label, viewing=viewing)  # noqa: SLF001  # Django's public door

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Return whether the asker may look at this room's data."""
        return self._may(request, viewing=True)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return whether the asker may look."""
        return self._may(request, viewing=True)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return whether the asker may add."""
        return self._may(request, viewing=False)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return whether the asker may change."""
        return self._may(request, viewing=False)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False: what was once named in a logbook or a history stays; it is deactivated instead."""
        return False

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Return the form field of a column: our own where Django's misreads Vietnamese or loads from outside."""
        common = {
            "label": db_field.verbose_name.capitalize() if db_field.verbose_name else None,
            "required": not (db_field.blank or db_field.null),
            "help_text": db_field.help_text,
        }
        if isinstance(db_field, PointField):
            return PointBoxes(**common)
        if isinstance(db_field, models.DecimalField):
            return QuantityField(scale=db_field.decimal_places, **common)
        field = super().formfield_for_dbfield(db_field, request, **kwargs)  # type: ignore[misc]
        if isinstance(getattr(field, "widget", None), RelatedFieldWidgetWrapper):
            # A row added on the way, in a window of its own, would need a reason of its own: one thing at a time.
            field.widget.can_add_related = field.widget.can_change_related = False
            field.widget.can_view_related = field.widget.can_delete_related = False
        return field

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Return the fields that show only; `fixed` ones once the row exists."""
        shown = super().get_readonly_fields(request, obj)  # type: ignore[misc]
        return (*shown, *self.fixed) if obj is not None and isinstance(obj, self.model) else shown


class ReasonedAdmin(Kept, AnyAdmin):
    """The base of every upkeep page: each save asks why and is written to the history with the answer."""

    form = Reasoned
    actions = None
    list_per_page = 50
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    view_on_site = False
    save_on_top = False

    @property
    def media(self) -> forms.Media:
        """Return what pages of upkeep load, without what makes slugs of names: nobody needs it, and it weighs half."""
        return forms.Media(js=[f"admin/js/{name}" for name in _SCRIPTS])

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """Return the form; without a box for the reason where nothing can be saved."""
        if obj is not None and not self.has_change_permission(request, obj):
            kwargs["form"] = forms.ModelForm
        return super().get_form(request, obj, change, **kwargs)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Return the fields: what the row is called first, the reason last."""
        names = list(super().get_fields(request, obj))
        first = [name for name in self.fixed if name in names]
        return first + sorted((name for name in names if name not in first), key=lambda name: name == "reason")

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save the row, its history telling who and why."""
        with self.changing(request, form):
            super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Save what hangs on the row, likewise."""
        with self.changing(request, form):
            super().save_related(request, form, formsets, change)

    @staticmethod
    def changing(request: HttpRequest, form: Any) -> Any:
        """Return the block in which this form's changes are written."""
        user: Any = request.user
        return history.changing(by=user, reason=form.cleaned_data["reason"], source=history.Source.WEB)

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> Any:
        """Answer who changed the row: the same table as on the store's own pages."""
        row = self.get_object(request, object_id)
        if row is None:
            raise Http404
        if not self.has_view_permission(request, row):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            "title": _("Who changed what"),
            "subtitle": called(row),
            "opts": self.opts,
            "original": row,
        }
        kind = request.GET.get("file", "")
        return history_page(
            request,
            row,
            *self.belonging(row),
            back="",
            files={name: f"?file={name}" for name in KINDS},
            kind=kind if kind in KINDS else "",
            words=self.words(request, row),
            template="upkeep/history.html",
            context=context,
        )

    def words(self, _request: HttpRequest, _row: Any) -> Words:
        """Return what tells changes of a row (None: of any) that have another way of being told, by field."""
        return {}

    def belonging(self, row: Any) -> Sequence[Subject]:
        """Return what else is changed on the row's page, or belongs to it: its history is told with the row's."""
        return [
            Subject(inline.model, Q(**{f"{key.name}_id": row.pk}))
            for inline in self.inlines
            for key in inline.model._meta.concrete_fields  # noqa: SLF001
            if key.related_model is self.model
        ]


class ReasonedInline(Kept, AnyInline):
    """Rows that are kept on the page of another; that page's form says why."""

    form = InWords
    extra = 0
    can_delete = False
    show_change_link = False

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Return the form field of a column; a cell's name is the column's head, which only eyes can see."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None and field.label:
            widget = getattr(field.widget, "widget", field.widget)
            widget.attrs["aria-label"] = field.label
        return field
