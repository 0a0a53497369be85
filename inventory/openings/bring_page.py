"""The page of files: what was brought, the form for a new one and the empty template to fill in."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final, cast

from django import forms
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from depots import access
from depots.access import DepotAccess
from depots.models import Depot
from inventory.openings import bringing, workbook
from inventory.openings.models import OF_STOCK, Meaning, Purpose, State, Upload
from logistics import asking, uploads
from logistics.accounts import rights
from logistics.accounts.models import User
from logistics.accounts.rights import Right
from logistics.errors import Forbidden, NotFound
from logistics.fields import DayField
from logistics.language import language
from logistics.tables import TableRefused

LARGEST_FILE: Final = 20_000_000  # bytes
FILES_A_PAGE: Final = 50
TONES: Final = {State.CHECKED: "warn", State.UNREAD: "warn", State.SUBMITTED: "warn", State.POSTED: "good",
                State.WITHDRAWN: "soft", State.CHECKING: "", State.POSTING: ""}  # fmt: skip


of_bounded_size = uploads.of_bounded_size(
    LARGEST_FILE,
    gettext_lazy("The file is larger than %(most)s MB. Split it, or save it as .xlsx, which takes less room."),
)


class UploadForm(forms.Form):
    """A file, what it is for, and for openings what its quantities mean, as of when and why."""

    use_required_attribute = False
    field_order = ("purpose", "depot", "file", "meaning", "on", "reason")

    purpose = forms.ChoiceField(label=gettext_lazy("What the file is for"))
    depot = forms.ChoiceField(label=gettext_lazy("Depot"), required=False)
    file = forms.FileField(
        label=gettext_lazy("File"), max_length=200, allow_empty_file=True,
        help_text=gettext_lazy("Excel (.xlsx) or CSV in UTF-8, at most 20 MB and 50,000 rows."),
        widget=forms.ClearableFileInput(attrs={"accept": ".xlsx,.csv,.txt"}),
    )  # fmt: skip
    meaning = forms.ChoiceField(
        label=gettext_lazy("Quantities of an opening are"), choices=Meaning.choices, required=False,
        widget=forms.RadioSelect, initial=Meaning.ADD,
    )  # fmt: skip
    on = DayField(
        label=gettext_lazy("As of the start of day"), required=False,
        help_text=gettext_lazy("Empty: now."),
    )  # fmt: skip
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=500, required=False)

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)
        depots = Depot.objects.filter(id__in=access.depot_ids(user, Right.POST), closed_date=None).order_by("code")
        offered = [(code, f"{code} {name}") for code, name in depots.values_list("code", "name")]
        purposes = [one for one in Purpose if one not in OF_STOCK and rights.has(user, Right.KEEP_CATALOGUE)]
        if offered:
            purposes = [Purpose.OPENING, Purpose.MOVEMENTS, *purposes]
        self._choose("purpose", [(one.value, one.label) for one in purposes])
        self._choose("depot", offered)
        if not offered:
            for name in ("depot", "meaning", "on", "reason"):
                del self.fields[name]

    def _choose(self, name: str, choices: list[Any]) -> None:
        box: Any = self.fields[name]
        box.choices = choices

    def clean(self) -> dict[str, Any]:
        """Ask of what is posted for a depot, and of an opening long ago for a reason."""
        found = super().clean() or self.cleaned_data
        if found.get("purpose") in OF_STOCK and not found.get("depot"):
            self.add_error("depot", _("Choose the depot the file is for."))
        if found.get("purpose") == Purpose.OPENING:
            refuse_undated(self)
        return found


class MeaningForm(forms.Form):
    """What the quantities of an opening mean, as of when and why."""

    use_required_attribute = False
    meaning = UploadForm.base_fields["meaning"]
    on = UploadForm.base_fields["on"]
    reason = UploadForm.base_fields["reason"]

    def clean(self) -> dict[str, Any]:
        """Ask of an opening long ago for a reason."""
        found = super().clean() or self.cleaned_data
        refuse_undated(self)
        return found


def refuse_undated(form: forms.Form) -> None:
    """Refuse a day to come, and one so long ago that the log wants a reason, without one."""
    day = form.cleaned_data.get("on")
    if day is None:
        return
    now = timezone.now()
    if asking.midnight(day) > now:
        form.add_error("on", _("Stock cannot have been there in the future: check the day."))
    elif (now - asking.midnight(day)).days >= settings.LATE_ENTRY_REASON_DAYS and not form.cleaned_data.get("reason"):
        form.add_error("reason", _("The day is long past: say why it is entered only now."))


@of_bounded_size
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def index(request: HttpRequest) -> HttpResponse:
    """Answer the files the reader may see, the last first, and the form for a new one; take a file in."""
    user, now = cast("User", request.user), timezone.now()
    may_bring = rights.has(user, Right.POST, Right.KEEP_CATALOGUE)
    if request.method == "POST":
        if not may_bring:
            raise Forbidden(_("None of your roles brings files in. If you need it, ask an administrator for a role."))
        form = UploadForm(user, request.POST, request.FILES)
        taken = _take_in(form, by=user, at=now) if form.is_valid() else None
        if taken is not None:
            return redirect("opening", taken.pk)
    else:
        wanted = {name: request.GET.get(name, "") for name in ("depot", "purpose")}
        form = UploadForm(user, initial={"purpose": wanted["purpose"] or None, "depot": wanted["depot"] or None})
    found = (
        Upload.objects.visible_to(user)
        .select_related("depot", "uploaded_by")
        .defer("content", "rows", "fixes", "story")
    )
    page = asking.numbered(asking.page_number(request), of=found.count(), size=FILES_A_PAGE)
    uploads = list(found[page.start_index() - 1 : page.end_index()]) if page.paginator.count else []
    context = {
        "form": form,
        "uploads": [(one, TONES[State(one.state)]) for one in uploads],
        "page": page,
        "may_bring": may_bring,
        "templates": form.fields["purpose"].choices,  # type: ignore[attr-defined]
        "depots": form.fields["depot"].choices if "depot" in form.fields else [],  # type: ignore[attr-defined]
        "most": LARGEST_FILE,
    }
    return render(request, "openings/index.html", context, status=422 if form.errors else 200)


def _take_in(form: UploadForm, *, by: User, at: datetime) -> Upload | None:
    """Keep the file of a form; None where it was refused, the form saying why."""
    given = form.cleaned_data
    if given["file"].size > LARGEST_FILE:
        form.add_error("file", _("The file is larger than %(most)s MB.") % {"most": LARGEST_FILE // 1_000_000})
        return None
    depot: DepotAccess | None = None
    if given["purpose"] in OF_STOCK:
        depot = access.depot_for_posting(by, given["depot"])
    else:
        access.require(by, Right.KEEP_CATALOGUE)
    is_opening = given["purpose"] == Purpose.OPENING
    day = given.get("on") if is_opening else None
    try:
        return bringing.take_in(
            given["file"].read(),
            given["file"].name,
            purpose=given["purpose"],
            depot=depot,
            meaning=given.get("meaning") or Meaning.ADD if is_opening else Meaning.ADD,
            occurred_at=asking.midnight(day) if day else None,
            reason=given.get("reason", "") if is_opening else "",
            by=by,
            at=at,
        )
    except TableRefused as error:
        for one in error.errors:
            form.add_error("file", f"{one.column}: {one.reason}" if one.column else one.reason)
        return None


@login_required
@require_safe
def template(request: HttpRequest) -> HttpResponseBase:
    """Answer the template for files of one purpose, with what the depot may name."""
    user = cast("User", request.user)
    purpose = request.GET.get("purpose", Purpose.OPENING)
    if purpose not in Purpose.values:
        raise NotFound(_("There is no template of this name."))
    place: DepotAccess | None = None
    if purpose in OF_STOCK:
        place = access.depot_for_posting(user, request.GET.get("depot", "")[:12])
    else:
        access.require(user, Right.KEEP_CATALOGUE)
    return workbook.template(purpose, place, language=language())
