"""The page that undoes a movement: what it would do line by line, when, why; then through the workflow."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final, cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from depots import access
from depots.access import DepotAccess
from depots.models import Depot
from inventory.catalogue.models import Item, Unit
from inventory.ledger import reading
from inventory.ledger.entries import Posted
from inventory.ledger.models import DepotLog, Kind
from inventory.ledger.piles import PileKey
from inventory.vouchers import drawn, reversing, standing
from inventory.vouchers.drawn import DrawnForm
from inventory.vouchers.models import Status, Voucher
from inventory.vouchers.policies import policy
from inventory.vouchers.reversing import Entry, Preview
from logistics import asking
from logistics.accounts.models import User
from logistics.errors import DomainError, NotFound

_FIELDS: Final = {"/reason": "reason", "/occurred_at": "day"}
MOST_TICKED: Final = 500  # lines that can be chosen one by one; a longer movement is undone whole
_TAKEN_UP: Final = (Status.DRAFT, Status.REJECTED)  # what may be written on


class ReversalForm(DrawnForm):
    """When and why. Which entries are undone stands in the table of the preview."""

    field_order = ("reason", "day", "time")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].widget.attrs["placeholder"] = gettext_lazy("What was wrong, in a few words")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def reversal(request: HttpRequest, code: str, position: int) -> HttpResponse:
    """Answer what undoing a movement would do, and undo it.

    Raises:
        NotFound: there is no such depot in the visitor's scope, or its log has no such position.
        Forbidden: the visitor may see the depot but not post there.
    """
    user, at = cast("User", request.user), timezone.now()
    place = access.depot_for_posting(user, code)
    posted, keys = _original(place, position)
    everything = {line.entry_no for line in posted.lines}
    is_long = len(everything) > MOST_TICKED
    action = request.POST.get("action", "")
    if request.method == "POST":
        form = ReversalForm(request.POST, label_suffix="")
        ticked = set(request.POST.getlist("entry"))
        chosen = everything if is_long else {number for number in everything if str(number) in ticked}
        is_asked = form.is_valid() and action == "post"
        if is_asked and (answer := _undo(request, form, posted, chosen, place=place, by=user, at=at)):
            return answer
    else:
        form, chosen = _drawn(request, place, posted)
    seen = _seen(form, posted, keys, chosen, place=place, by=user, at=at)
    if action == "fit" and not is_long:
        chosen = set(seen.fitting)
        seen = _seen(form, posted, keys, chosen, place=place, by=user, at=at)
    shown = form if action == "post" or request.method == "GET" else _unjudged(form)
    waiting = reversing.open_reversal(place.id, position)
    undone = reversing.undone(place.id, posted)
    closed = DepotLog.objects.filter(depot=place.id).values_list("closed_until", flat=True).first()
    context = {
        "depot": Depot.objects.get(pk=place.id),
        "movement": posted,
        "kind": Kind(posted.kind).label,
        "form": shown,
        "preview": seen,
        "rows": _rows(_first(seen.entries) if is_long else seen.entries),
        "is_long": is_long,
        "has_transit": any(line.transit_change for line in posted.lines),
        "undone": undone,
        "waiting": waiting if waiting is not None and str(waiting.pk) != str(shown["voucher"].value()) else None,
        "is_reversal": posted.kind == Kind.REVERSAL,
        "rule": policy(place.id, Kind.REVERSAL),
        "closed_from": asking.local_day(closed) if closed else None,
        "fitting": ", ".join(str(number) for number in seen.fitting),
    }
    is_wrong = action == "post" and bool(form.errors)
    return render(request, "vouchers/reversal.html", context, status=422 if is_wrong else 200)


def _original(place: DepotAccess, position: int) -> tuple[Posted, tuple[PileKey, ...]]:
    found = reading.at_positions(place.id, [min(position, reading.END)])
    if not found:
        raise NotFound(_("This log has no position “%(position)s”.") % {"position": position})
    return found[0]


def _drawn(request: HttpRequest, place: DepotAccess, posted: Posted) -> tuple[ReversalForm, set[int]]:
    """Return the form as it is first shown: blank, or a reversal that was sent back, to be taken up again."""
    everything = {line.entry_no for line in posted.lines}
    given = request.GET.get("voucher", "")
    taken_up: Voucher | None = None
    if given:
        try:
            taken_up = standing.voucher_of(place, UUID(given))
        except ValueError as error:
            raise NotFound(_("Depot %(depot)s has no voucher %(id)s.") % {"depot": place.code, "id": given[:40]}) from (
                error
            )
    if taken_up is None or taken_up.reverses != posted.position or taken_up.status not in _TAKEN_UP:
        return _form(), everything
    form = _form(voucher=taken_up.pk, version=taken_up.version, reason=taken_up.reason)
    lines = set(taken_up.reverse_lines or ())
    return form, {line.entry_no for line in posted.lines if line.line_no in lines} or everything


def _undo(
    request: HttpRequest,
    form: ReversalForm,
    posted: Posted,
    chosen: set[int],
    *,
    place: DepotAccess,
    by: User,
    at: datetime,
) -> HttpResponse | None:
    """Send the reversal and answer where it can be seen; None where it was refused, the form saying why."""
    if not chosen:
        form.add_error(None, _("Choose at least one line to undo."))
        return None
    content = reversing.content_of(posted, chosen, occurred_at=form.occurred_at(at), reason=form.cleaned_data["reason"])
    try:
        sent = drawn.send(form, content, place=place, by=by, at=at)
    except DomainError as refusal:
        form.refuse(refusal, _FIELDS)
        return None
    if sent.position is not None:
        messages.success(request, _("Posted as %(number)s") % {"number": sent.number})
        return redirect("movement", code=place.code, position=sent.position)
    messages.success(request, _("Sent for approval: nothing is undone before somebody else approves it."))
    return redirect("voucher", code=place.code, voucher_id=sent.pk)


def _seen(
    form: ReversalForm,
    posted: Posted,
    keys: tuple[PileKey, ...],
    chosen: set[int],
    *,
    place: DepotAccess,
    by: User,
    at: datetime,
) -> Preview:
    occurred_at = form.occurred_at(at) if form.is_bound else at
    return reversing.preview(posted, keys, chosen, occurred_at=occurred_at, place=place, by=by, at=at)


def _unjudged(form: ReversalForm) -> ReversalForm:
    """Return the form with what was typed, without holding what is still missing against it."""
    return _form(**{name: form.data.get(name, "") for name in form.fields})


def _form(**initial: Any) -> ReversalForm:
    return ReversalForm(initial=drawn.fresh(**initial), label_suffix="")


def _first(entries: list[Entry]) -> list[Entry]:
    """Return the entries of a long movement that are shown: those that cannot be undone, then the first."""
    return sorted(entries, key=lambda entry: not entry.problem)[:MOST_TICKED]


def _rows(entries: list[Entry]) -> list[dict[str, Any]]:
    """Return the entries with the goods and units they name; two queries."""
    lines = [one.line for entry in entries for one in entry.lines]
    items = Item.objects.in_bulk({line.item for line in lines}, field_name="code")
    units = Unit.objects.in_bulk({line.unit for line in lines})
    return [
        {
            "entry": entry,
            "lines": [
                {"undoing": one, "line": one.line, "item": items[one.line.item], "unit": units[one.line.unit],
                 "mirror": -one.line.change, "road": -one.line.transit_change}
                for one in entry.lines
            ],
        }
        for entry in entries
    ]  # fmt: skip
