"""The page of an inspection: written by its council, finished once, printed; and its paper."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final, cast
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from depots import access
from depots.access import DepotAccess
from depots.models import Depot
from inventory.catalogue.models import Item, Unit
from inventory.ledger import reading
from inventory.ledger.entries import Posted
from inventory.printing import kept
from inventory.vouchers import inspecting
from inventory.vouchers.drawn import ClockField
from inventory.vouchers.inspecting import MOST_COUNCIL, MOST_ENTRIES, Asked, Entry, Found, Seat
from inventory.vouchers.inspection_paper import inspection_print, keep_inspection
from inventory.vouchers.models import Inspection
from logistics import asking
from logistics.accounts.models import User
from logistics.errors import Conflict, DomainError, Fault, Forbidden, Invalid, NotFound
from logistics.fields import DayField, QuantityField
from logistics.history import Source

_SEAT: Final = ("name", "title", "side")
_FOUND: Final = ("method", "good", "bad", "note")
_LABELS: Final[dict[str, Any]] = {
    "name": gettext_lazy("Full name"),
    "title": gettext_lazy("Rank, title"),
    "side": gettext_lazy("On whose side"),
    "method": gettext_lazy("Method"),
    "good": gettext_lazy("Good"),
    "bad": gettext_lazy("Not good"),
    "note": gettext_lazy("Note"),
}


def _text(label: Any, most: int, *, is_long: bool = False) -> forms.CharField:
    attrs = {"autocomplete": "off"}
    widget: forms.Widget = forms.Textarea(attrs=attrs | {"rows": "3"}) if is_long else forms.TextInput(attrs=attrs)
    return forms.CharField(label=label, max_length=most, required=False, widget=widget)


class InspectionForm(forms.Form):
    """What a council writes: when and how, who sat there, and a row for each entry of the movement."""

    use_required_attribute = False

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=2**31 - 1)
    day = DayField(label=gettext_lazy("Day"))
    time = ClockField(label=gettext_lazy("Time"), required=False, widget=forms.TextInput(
        attrs={"autocomplete": "off", "inputmode": "numeric", "placeholder": "14:30"}))  # fmt: skip
    basis = _text(gettext_lazy("On what ground (order, contract)"), 200)
    method = _text(gettext_lazy("Method, where a line says no other"), 120)
    conclusion = _text(gettext_lazy("What the council concludes"), 1000, is_long=True)

    def __init__(self, *args: Any, entries: Sequence[Entry], scales: dict[str, int], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.entries = entries
        for seat in range(MOST_COUNCIL):
            for name in _SEAT:
                self.fields[f"{name}-{seat}"] = _text(self._in_row(_LABELS[name], seat + 1), 120)
        for row, entry in enumerate(entries):
            scale = scales.get(entry.line.entered_unit, 3)
            for name in _FOUND:
                label = self._in_row(_LABELS[name], row + 1)
                self.fields[f"{name}-l{entry.line.entry_no}"] = (
                    QuantityField(scale=scale, min_value=Decimal(0), label=label, required=False)
                    if name in {"good", "bad"}
                    else _text(label, 120 if name == "method" else 200)
                )

    @staticmethod
    def _in_row(label: Any, number: int) -> str:
        return _("%(what)s, row %(number)s") % {"what": label, "number": number}

    def seats(self) -> list[list[tuple[forms.BoundField, Any]]]:
        """Return the boxes of the council with what each asks, a row a seat."""
        return [[(self[f"{name}-{seat}"], _LABELS[name]) for name in _SEAT] for seat in range(MOST_COUNCIL)]

    def found(self, entry: Entry) -> dict[str, forms.BoundField]:
        """Return the boxes of an entry by what they ask."""
        return {name: self[f"{name}-l{entry.line.entry_no}"] for name in _FOUND}

    def asked(self, at: datetime) -> Asked:
        """Return what was written, of a form that is valid; a past day without a time means its end."""
        given = self.cleaned_data
        midnight = asking.midnight(given["day"])
        if given["time"] is not None:
            moment = midnight + timedelta(minutes=given["time"])
        else:
            moment = at if given["day"] == asking.local_day(at) else asking.midnight(given["day"], days=1)
            moment -= timedelta() if moment == at else timedelta(minutes=1)

        def quantity(name: str) -> str:
            value = given.get(name)
            return "" if value is None else f"{value.normalize():f}"

        numbers = [entry.line.entry_no for entry in self.entries]
        return Asked(
            inspected_at=moment,
            basis=given["basis"],
            method=given["method"],
            conclusion=given["conclusion"],
            council=[Seat(**{name: given[f"{name}-{seat}"] for name in _SEAT}) for seat in range(MOST_COUNCIL)],
            lines=[
                Found(
                    entry=number,
                    method=given[f"method-l{number}"],
                    good=quantity(f"good-l{number}"),
                    bad=quantity(f"bad-l{number}"),
                    note=given[f"note-l{number}"],
                )
                for number in numbers
            ],
        )

    def refuse(self, refusal: DomainError) -> None:
        """Put what a refusal says beside the box it is about."""
        for error in refusal.members.get("errors") or [{"pointer": "", "detail": refusal.detail}]:
            parts = error["pointer"].split("/")[1:]
            place: str | None = None
            match parts:
                case ["council", seat, name]:
                    place = f"{name}-{seat}"
                case ["lines", row, name] if int(row) < len(self.entries):
                    place = f"{name}-l{self.entries[int(row)].line.entry_no}"
                case ["inspected_at"]:
                    place = "day"
                case [name]:
                    place = name
            self.add_error(place if place in self.fields else None, error["detail"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What a page of an inspection is about. `row` is None while it was not written yet."""

    depot: Depot
    posted: Posted
    row: Inspection | None
    posting: DepotAccess | None  # None: the visitor may only read


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def inspection(request: HttpRequest, inspection_id: UUID) -> HttpResponse:
    """Answer an inspection; write, finish, cancel or print it. A new one's address says `?movement=K01/12`.

    Raises:
        NotFound: there is no such inspection or movement in the visitor's scope.
        Forbidden: the visitor may see the depot but not write there.
    """
    user, at = cast("User", request.user), timezone.now()
    place = _place(request, user, inspection_id)
    entries = inspecting.entries_of(place.posted)
    if place.row is None and (not inspecting.can_inspect(place.posted) or len(entries) > MOST_ENTRIES):
        text = _("Only goods that came in are inspected, and at most %(most)s lines of them on this page.")
        raise Invalid([Fault("/movement", "not-inspected", text % {"most": MOST_ENTRIES})])
    if request.method == "POST" and request.POST.get("action") == "print":
        return _printed(request, user, place, at)
    refusal: DomainError | None = None
    if request.method == "POST" and request.POST.get("action") == "cancel":
        try:
            return _cancelled(request, inspection_id, place, by=user, at=at)
        except Invalid as error:
            refusal = error
    units = Unit.objects.in_bulk({entry.line.entered_unit for entry in entries})
    scales = {code: unit.scale for code, unit in units.items()}
    is_open = place.posting is not None and (place.row is None or not place.row.is_finished)
    form = None
    if request.method == "POST" and refusal is None:
        _may_write(place)
        form = InspectionForm(request.POST, entries=entries, scales=scales, label_suffix="")
        if form.is_valid() and (answer := _write(request, form, place, inspection_id, by=user, at=at)):
            return answer
    elif is_open:
        form = InspectionForm(initial=_initial(place, entries, at), entries=entries, scales=scales, label_suffix="")
    items = Item.objects.in_bulk({entry.line.item for entry in entries}, field_name="code")
    said = {line["entry"]: line for line in place.row.lines} if place.row else {}
    context = {
        "depot": place.depot,
        "movement": place.posted,
        "inspection": place.row,
        "inspection_id": inspection_id,
        "form": form,
        "rows": [
            {
                "entry": entry,
                "item": items[entry.line.item],
                "unit": units[entry.line.entered_unit],
                "said": _amounts(said.get(entry.line.entry_no, {})),
                "boxes": form.found(entry) if form else {},
            }
            for entry in entries
        ],
        "may_cancel": place.row is not None and place.row.is_finished and place.posting is not None,
        "refusal": refusal,
        "reason": request.POST.get("reason", ""),
    }
    is_wrong = refusal is not None or (form is not None and bool(form.errors))
    return render(request, "vouchers/inspection.html", context, status=422 if is_wrong else 200)


@login_required
@require_safe
def inspection_paper(request: HttpRequest, inspection_id: UUID) -> HttpResponse:
    """Answer an inspection's report as PDF, `copy` being which print of it this is."""
    user = cast("User", request.user)
    row = inspecting.inspection_of(user, inspection_id)
    made = inspection_print(
        row,
        language=kept.reader_language(),
        site=asking.site_of(request),
        copy=asking.copy_number(request),
    )
    content = kept.hand_out([made], to=user, at=timezone.now())
    answer = HttpResponse(content, content_type="application/pdf")
    answer.headers["Content-Disposition"] = f'inline; filename="{row.number or f"KN-{str(row.pk)[:8]}"}.pdf"'
    return answer


def _may_write(place: Place) -> DepotAccess:
    """Return where the visitor writes. Raises Forbidden where they may only read."""
    if place.posting is None:
        raise Forbidden(_("You may read this inspection, but not write on it."))
    return place.posting


def _cancelled(request: HttpRequest, inspection_id: UUID, place: Place, *, by: User, at: datetime) -> HttpResponse:
    """Cancel a finished inspection and answer its page. Raises as `inspecting.cancel` does; Forbidden."""
    reason = str(request.POST.get("reason", "")).replace("\x00", "")
    inspecting.cancel(inspection_id, reason=reason, place=_may_write(place), by=by, at=at, source=Source.WEB)
    messages.success(request, _("The inspection is cancelled. It stays to be read, and its prints are stamped."))
    return redirect("inspection", inspection_id=inspection_id)


def _place(request: HttpRequest, user: User, inspection_id: UUID) -> Place:
    """Return what a page is about. Raises NotFound, Forbidden."""
    row = Inspection.objects.filter(pk=inspection_id).first()
    if row is not None:
        row = inspecting.inspection_of(user, inspection_id)
        code, position = row.depot.code, row.position
    else:
        code, _slash, number = request.GET.get("movement", "").rpartition("/")
        if not (code and number.isascii() and number.isdecimal() and len(number) < 19):
            raise NotFound(_("There is no inspection %(id)s in your scope.") % {"id": str(inspection_id)})
        position = min(int(number), reading.END)
        access.depot_for_posting(user, code)
    place = access.depot_for_reading(user, code)
    try:
        posting = access.depot_for_posting(user, code)
    except Forbidden:
        posting = None
    return Place(
        depot=Depot.objects.get(pk=place.id), posted=reading.movement(place.id, position), row=row, posting=posting
    )


def _initial(place: Place, entries: Sequence[Entry], at: datetime) -> dict[str, Any]:
    """Return what the boxes say at first: what was written, or the movement's own quantities."""
    row = place.row
    moment = timezone.localtime(row.inspected_at if row else at)
    initial: dict[str, Any] = {
        "version": row.version if row else 0,
        "day": moment.date(),
        "time": f"{moment:%H:%M}" if row else "",
        "basis": row.basis if row else place.posted.order_number,
        "method": row.method if row else "",
        "conclusion": row.conclusion if row else "",
    }
    for seat, member in enumerate(row.council if row else []):
        initial |= {f"{name}-{seat}": member.get(name, "") for name in _SEAT}
    said = {line["entry"]: _amounts(line) for line in row.lines} if row else {}
    for entry in entries:
        number = entry.line.entry_no
        found = said.get(number) if row else {"good": entry.received, "bad": entry.bad}
        initial |= {f"{name}-l{number}": value for name, value in (found or {}).items() if name in _FOUND}
    return initial


def _amounts(line: dict[str, Any]) -> dict[str, Any]:
    """Return a stored line with its quantities as numbers, None where nothing is filled in."""
    return line | {name: Decimal(line[name]) if line.get(name) else None for name in ("good", "bad")}


def _write(
    request: HttpRequest, form: InspectionForm, place: Place, inspection_id: UUID, *, by: User, at: datetime
) -> HttpResponse | None:
    """Keep what was written, finish it where asked; None where it was refused, the form saying why."""
    assert place.posting is not None
    try:
        row = inspecting.write(
            inspection_id,
            form.asked(at),
            position=place.posted.position,
            place=place.posting,
            version=form.cleaned_data["version"],
            by=by,
            at=at,
            source=Source.WEB,
        )
        if request.POST.get("action") == "finish":
            inspecting.finish(inspection_id, place=place.posting, version=row.version, by=by, at=at, source=Source.WEB)
            messages.success(request, _("The inspection is finished. Print it for the council to sign."))
        else:
            messages.success(request, _("The inspection is kept. It is not finished yet."))
    except (Invalid, Conflict) as refusal:
        form.refuse(refusal)
        # What was kept before the refusal is what the next try is based on.
        kept_version = Inspection.objects.filter(pk=inspection_id).values_list("version", flat=True).first()
        if isinstance(refusal, Invalid):
            form.data = {**request.POST.dict(), "version": str(kept_version or 0)}
        return None
    return redirect("inspection", inspection_id=inspection_id)


def _printed(request: HttpRequest, user: User, place: Place, at: datetime) -> HttpResponse:
    """Count a print of a finished inspection and answer where it is."""
    if place.row is None or not place.row.is_finished:
        raise Conflict(_("It is not finished yet: its report can be looked at, but is no paper to be kept."))
    keep_inspection(place.row, language=kept.reader_language(), site=asking.site_of(request), by=user, at=at)
    copy = kept.count_copy(place.row.subject, by=user, at=at)
    return redirect(f"{reverse('inspection-paper', args=[place.row.pk])}?copy={copy}")
