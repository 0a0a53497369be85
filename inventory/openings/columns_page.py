"""The page where somebody says which column of another program's file is which field, and keeps that for next time."""

from __future__ import annotations

from typing import Any, Final, cast
from uuid import UUID

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from inventory.openings import bringing, reading
from inventory.openings.file_page import upload_of
from inventory.openings.models import ColumnMapping, Crosswalk, Upload
from inventory.openings.purposes import DAYS, SORTS, WORDS, head, words
from logistics import history, tables
from logistics.accounts import rights
from logistics.accounts.models import User
from logistics.accounts.rights import Right
from logistics.errors import Conflict
from logistics.language import language
from logistics.mappings import CROSSWALK, MappingRefused, Target
from logistics.search import fold
from logistics.tables import TableRefused

SAMPLES: Final = 3
_ORDERS: Final = {
    "dmy": (gettext_lazy("day/month/year: 05/02/2027"), list(DAYS)),
    "mdy": (gettext_lazy("month/day/year: 02/05/2027"), ["%m/%d/%Y"]),
    "ymd": (gettext_lazy("year-month-day: 2027-02-05"), ["%Y-%m-%d", "%Y/%m/%d"]),
}
_WAYS: Final = {
    "": gettext_lazy("our item codes"),
    "external_code": gettext_lazy("codes of the branch's program, as the catalogue keeps them"),
    "name": gettext_lazy("names, as the catalogue keeps them"),
    CROSSWALK: gettext_lazy("codes of another program, by the table of codes"),
}


class ColumnsForm(forms.Form):
    """How a file's columns are read: one box a field, then how days, numbers and items are written."""

    use_required_attribute = False

    def __init__(self, upload: Upload, columns: list[str], data: Any = None, *, sheet: str = "") -> None:
        super().__init__(data, label_suffix="")
        self.upload, self.sort, self.sheet = upload, SORTS[upload.purpose], sheet
        saved = ColumnMapping.objects.filter(purpose=upload.purpose, is_active=True)
        self.fields["saved"] = forms.ModelChoiceField(
            label=_("Read it as this saved mapping says"), queryset=saved, required=False, empty_label="—",
            help_text=_("Or say below which column is which."),
        )  # fmt: skip
        there = [(column, column) for column in columns if column]
        for target in sorted(self.sort.targets, key=lambda one: not one.is_required):
            self.fields[f"column-{target.name}"] = forms.ChoiceField(
                label=_label(upload.purpose, target), choices=[("", "—"), *there], required=False,
                initial=_guess(upload.purpose, target, columns),
            )  # fmt: skip
            if target.name in {"kind", "program", "document", "purpose", "level", "unit"}:
                self.fields[f"constant-{target.name}"] = forms.CharField(
                    label=_("%(field)s, the same in every row")
                    % {"field": head(self.sort, target.name, language())},
                    max_length=120, required=False,
                )  # fmt: skip
        self.fields["days"] = forms.ChoiceField(
            label=_("Days are written"), choices=[(name, words) for name, (words, _forms) in _ORDERS.items()]
        )
        self.fields["decimal"] = forms.ChoiceField(
            label=_("Decimals are written"),
            choices=[(",", _("with a comma: 1.234,5")), (".", _("with a point: 1234.5"))],
        )
        if "item" in {target.name for target in self.sort.targets if target.lookups}:
            lookups = next(target.lookups for target in self.sort.targets if target.name == "item")
            self.fields["way"] = forms.ChoiceField(
                label=_("Items are named by"), required=False,
                choices=[(way, words) for way, words in _WAYS.items() if not way or way in lookups],
            )  # fmt: skip
            programs = Crosswalk.objects.order_by("program").values_list("program", flat=True).distinct()
            self.fields["program"] = forms.ChoiceField(
                label=_("Program"), required=False, choices=[("", "—"), *((one, one) for one in programs)]
            )
        self.fields["name"] = forms.CharField(
            label=_("Keep this mapping as"),
            max_length=80,
            required=False,
            help_text=_("It is offered for the next file."),
        )

    def clean(self) -> dict[str, Any]:
        """Ask for a saved mapping, or for a name and columns that make one."""
        found = super().clean() or self.cleaned_data
        if found.get("saved") or self.errors:
            return found
        if not found.get("name"):
            self.add_error("name", _("Give the mapping a name."))
        elif ColumnMapping.objects.filter(purpose=self.upload.purpose, name=found["name"]).exists():
            self.add_error("name", _("There is a mapping of this name: choose it above, or another name."))
        document = self.document()
        for target in self.sort.targets:
            if target.is_required and target.name not in document["fields"]:
                self.add_error(f"column-{target.name}", _("This field is needed: choose its column."))
        self.mapping = ColumnMapping(name=found.get("name", ""), purpose=self.upload.purpose, document=document)
        try:
            if not self.errors:
                reading.mapping_of(self.mapping)
        except MappingRefused as error:
            for fault in error.faults:
                self.add_error(None, fault.detail)
        return found

    def document(self) -> dict[str, Any]:
        """Return the mapping as a mapping file would say it."""
        given = self.cleaned_data
        fields: dict[str, Any] = {}
        for target in self.sort.targets:
            if column := given.get(f"column-{target.name}"):
                fields[target.name] = {"column": column}
            elif constant := given.get(f"constant-{target.name}"):
                fields[target.name] = {"constant": constant}
        if (way := given.get("way")) and "item" in fields:
            fields["item"]["lookup"] = way
            if way == CROSSWALK:
                fields["item"]["program"] = given.get("program", "")
        for name, lookup in self.sort.lookups.items():
            if name in fields:
                fields[name]["lookup"] = lookup
        for name in WORDS & fields.keys():
            if "column" in fields[name]:
                fields[name]["values"] = words(name, language())
        document = {
            "for": self.upload.purpose, "dates": _ORDERS[given["days"]][1], "decimal": given["decimal"],
            "fields": fields,
        }  # fmt: skip
        if self.sheet:
            document["sheet"] = self.sheet
        if "quantity" in fields and "column" in fields["quantity"]:
            document["totals"] = {"quantity": fields["quantity"]["column"]}
        return document


def _label(purpose: str, target: Target) -> str:
    words = head(SORTS[purpose], target.name, language())
    return _("%(field)s (needed)") % {"field": words} if target.is_required else words


def _guess(purpose: str, target: Target, columns: list[str]) -> str:
    """Return the column that bears a name of ours for a field, '' where none does; marks and case do not count."""
    ours = {
        fold(one)
        for one in (target.name, head(SORTS[purpose], target.name, "vi"), head(SORTS[purpose], target.name, "en"))
    }
    return next((column for column in columns if fold(column) in ours), "")


def _asked(request: HttpRequest) -> tuple[str, int | None]:
    """Return the sheet and the row of columns' names that the address asks for; ('', None): what is likely."""
    row = request.GET.get("row", "")
    is_near = row.isascii() and row.isdecimal() and len(row) < 4 and 1 <= int(row) <= tables.HEADER_WITHIN
    return request.GET.get("sheet", "")[:40], int(row) if is_near else None


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def columns(request: HttpRequest, key: UUID) -> HttpResponse:
    """Answer the form that says how a file's columns are read; keep the mapping and read the file by it."""
    user, now = cast("User", request.user), timezone.now()
    upload = upload_of(request, key)
    bringing.place_of(upload, user)
    if not upload.is_open:
        raise Conflict(_("This file is no longer to be changed."))
    sheet, header = _asked(request)
    refused = ""
    try:
        table, lines = reading.table_of(bytes(upload.content), upload.file_name, sheet=sheet, header=header)
    except TableRefused as error:
        refused = " ".join(one.reason for one in error.errors)
        table, lines = reading.table_of(bytes(upload.content), upload.file_name)
    other = lines.sheet if lines.sheet != next(iter(lines.sheets), lines.sheet) else ""
    form = ColumnsForm(upload, list(table.columns), request.POST if request.method == "POST" else None, sheet=other)
    if request.method == "POST" and form.is_valid():
        mapping = form.cleaned_data["saved"]
        if mapping is None:
            reason = _("Columns of %(file)s") % {"file": upload.file_name}
            with history.changing(by=user, reason=reason, source=history.Source.WEB):
                form.mapping.save()
            mapping = form.mapping
        bringing.read_by(upload, mapping, by=user, at=now)
        return redirect("opening", upload.pk)
    context = {
        "upload": upload,
        "form": form,
        "lines": lines,
        "refused": refused,
        "header": table.header,
        "near_the_top": tables.HEADER_WITHIN,
        "has_words": bool(WORDS & {target.name for target in form.sort.targets}),
        "may_keep_words": rights.has(user, Right.KEEP_CATALOGUE),
        "columns": [column for column in table.columns if column],
        "samples": [[cell for cell, column in zip(row.cells, table.columns, strict=True) if column]
                    for row in table.rows[:SAMPLES]],
    }  # fmt: skip
    return render(request, "openings/columns.html", context, status=422 if form.errors else 200)
