"""The pages of meeting packs: their list, a new one, and one page with all a pack says that opens without a network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from depots import access
from inventory.availability.instants import read, spoken
from inventory.reports import packs
from inventory.reports.known import REPORTS
from inventory.reports.models import Pack
from inventory.reports.pack_paper import pack_pdf
from inventory.reports.pages import stretch
from logistics import asking
from logistics.accounts import rights
from logistics.accounts.rights import Right
from logistics.audit import reads
from logistics.errors import Invalid, NotFound
from logistics.fields import DayField, InputError
from logistics.shell import kept_offline

if TYPE_CHECKING:
    from datetime import datetime

    from logistics.accounts.models import User

MOST_ROWS: Final = 500  # of one report on the page; the paper and the spreadsheet have all
_PACKS_A_PAGE: Final = 50


class PackForm(forms.Form):
    """What a new pack is: its title, the day of the meeting, of when its figures are, a note."""

    use_required_attribute = False
    title = forms.CharField(label=gettext_lazy("Title"), max_length=200)
    meeting_date = DayField(label=gettext_lazy("Day of the meeting"))
    as_of = forms.CharField(
        label=gettext_lazy("Figures at (day, or day and time)"), max_length=40,
        help_text=gettext_lazy("A day means its end. Nothing later enters the pack."),
    )  # fmt: skip
    clock = forms.ChoiceField(
        label=gettext_lazy("By which clock"), required=False,
        choices=[("", gettext_lazy("by the date of the voucher")),
                 ("recorded", gettext_lazy("by the time of recording")),
                 ("both", gettext_lazy("by both: as the books said then"))],
    )  # fmt: skip
    note = forms.CharField(
        label=gettext_lazy("Note"), max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    add = forms.CharField(required=False, widget=forms.HiddenInput, max_length=1000)

    def clean_as_of(self) -> datetime:
        """Return the instant that is meant."""
        try:
            return read(self.cleaned_data["as_of"], today=timezone.localdate())
        except InputError as error:
            raise forms.ValidationError(_(error.message) % error.params) from error


class PartForm(forms.Form):
    """A report for a pack: its address, or its name alone, a note, whether its chart is drawn."""

    use_required_attribute = False
    address = forms.CharField(
        label=gettext_lazy("Address of the report"), max_length=1000, required=False,
        help_text=gettext_lazy("Copied from the report's page, filters and all. Or choose one below as it is."),
    )  # fmt: skip
    report = forms.ChoiceField(label=gettext_lazy("Or the report"), required=False)
    note = forms.CharField(label=gettext_lazy("Note beside it"), max_length=packs.MOST_NOTE, required=False)
    chart = forms.BooleanField(label=gettext_lazy("With its chart"), required=False, initial=True)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        box: Any = self.fields["report"]
        box.choices = [("", "—"), *((one.slug, str(one.title)) for one in REPORTS.values())]

    def clean(self) -> dict[str, Any]:
        """Return the form with the address that either box names."""
        found = super().clean() or self.cleaned_data
        found["address"] = found.get("address") or (found.get("report") and reverse("report", args=[found["report"]]))
        if not found["address"]:
            self.add_error("address", _("Name a report: paste its address, or choose one."))
        return found


@login_required
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Answer the packs that the reader may look at, the latest meeting first.

    With `add`, the address of a report, each open pack offers to take it in.
    """
    user = cast("User", request.user)
    found = Pack.objects.visible_to(user).select_related("made_by")
    number = asking.page_number(request)
    page = asking.numbered(number, of=found.count(), size=_PACKS_A_PAGE)
    return render(
        request,
        "reports/packs.html",
        {
            "packs": found[page.start_index() - 1 : page.end_index()] if page.paginator.count else [],
            "page": page,
            "may_plan": rights.has(user, Right.PLAN),
            "add": request.GET.get("add", "")[:1000],
        },
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Answer the form of a new pack; make it. Only those who plan."""
    user = cast("User", request.user)
    access.require(user, Right.PLAN)
    now = timezone.now()
    if request.method != "POST":
        form = PackForm(
            initial={"as_of": spoken(now.replace(second=0, microsecond=0)), "add": request.GET.get("add", "")[:1000]},
            label_suffix="",
        )
        return render(request, "reports/pack_new.html", {"form": form})
    form = PackForm(request.POST, label_suffix="")
    if form.is_valid():
        given = form.cleaned_data
        try:
            made = packs.make(
                title=given["title"],
                meeting_date=given["meeting_date"],
                as_of=None if given["clock"] == "recorded" else given["as_of"],
                recorded_as_of=given["as_of"] if given["clock"] else None,
                note=given["note"],
                parts=[given["add"]] if given["add"] else [],
                by=user,
                at=now,
            )
            return redirect("pack", made.pk)
        except Invalid as error:
            _say(form, error)
    return render(request, "reports/pack_new.html", {"form": form}, status=422)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, key: UUID) -> HttpResponseBase:
    """Answer a pack on one page, kept by the browser; or (POST) change or close it."""
    return _change(request, key) if request.method == "POST" else _shown(request, key)


@kept_offline
def _shown(request: HttpRequest, key: UUID) -> HttpResponse:
    return _page(request, packs.pack_for(cast("User", request.user), key), PartForm(label_suffix=""))


def _page(request: HttpRequest, pack: Pack, form: forms.Form, *, status: int = 200) -> HttpResponse:
    user = cast("User", request.user)
    shown = packs.parts(pack, by=user, at=timezone.now())
    return render(
        request,
        "reports/pack.html",
        {
            "pack": pack,
            "instant": packs.instant_of(pack),
            "parts": [
                {
                    "part": part,
                    "number": number,
                    "name": f"chart-{number}",
                    "label": f"{part.result.title} ({number})" if part.result else "",
                    "region": f"{part.result.chart.caption} ({number})" if part.result and part.result.chart else "",
                    "result": part.result,
                    "table": stretch(part.result, 0, MOST_ROWS) if part.result else None,
                    "is_cut": part.result is not None and part.result.count > MOST_ROWS,
                }
                for number, part in enumerate(shown, start=1)
            ],
            "most_rows": MOST_ROWS,
            "has_lines": any(part.result and part.with_chart and part.result.chart for part in shown),
            "may_change": not pack.is_closed and rights.has(user, Right.PLAN),
            "form": form,
        },
        status=status,
    )


def _change(request: HttpRequest, key: UUID) -> HttpResponse:
    user = cast("User", request.user)
    pack = packs.pack_for(user, key)
    form = PartForm(label_suffix="")
    what = request.POST.get("do", "")
    try:
        if what == "close":
            packs.close(pack, by=user, at=timezone.now())
            messages.success(request, _("The pack is closed: its figures stay as they are."))
        elif what == "add":
            form = PartForm(request.POST, label_suffix="")
            if not form.is_valid():
                return _page(request, pack, form, status=422)
            given = form.cleaned_data
            packs.add(pack, given["address"], note=given["note"], with_chart=given["chart"], by=user)
        elif what in {"up", "down", "out"}:
            place = request.POST.get("place", "")
            is_number = place.isascii() and place.isdecimal() and len(place) < 4
            packs.move(pack, int(place) if is_number else -1, what, by=user)  # type: ignore[arg-type]
        else:
            raise NotFound(_("Nothing on this page does that."))
    except Invalid as error:
        form = PartForm(request.POST, label_suffix="")
        form.is_valid()
        _say(form, error)
        return _page(request, pack, form, status=422)
    return redirect(f"{reverse('pack', args=[pack.pk])}#parts")


def _say(form: forms.Form, error: Invalid) -> None:
    for fault in error.faults:
        name = fault.pointer.removeprefix("/")
        form.add_error(name if name in form.fields else None, fault.detail)


@login_required
@require_safe
def paper(request: HttpRequest, key: UUID) -> HttpResponse:
    """Answer a pack as one PDF: cover, contents, every report with all its rows and its chart."""
    user = cast("User", request.user)
    pack = packs.pack_for(user, key)
    with translation.override("vi"):
        shown = packs.parts(pack, by=user, at=timezone.now())
        data = pack_pdf(pack, shown, printed_at=timezone.now())
    reads.note(request, by=user, action="pack.pdf", subject=str(pack.pk))
    name = f"pack-{pack.meeting_date:%Y%m%d}-{str(pack.pk)[:8]}.pdf"
    return HttpResponse(
        data, content_type="application/pdf", headers={"Content-Disposition": f'inline; filename="{name}"'}
    )
