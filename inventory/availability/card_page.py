"""The stock card on the screen: any days, all lots or one, what was left after every line, and the card as a file."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any, Final, cast

from django import forms
from django.contrib.auth.decorators import login_required
from django.db.models import Q
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from depots.models import Depot
from inventory.availability.over_time_page import lines as lines_over_time
from inventory.availability.sheet import stock_card_sheet
from inventory.availability.stock_card import NO_LIMIT, Place, stock_card
from inventory.catalogue.models import Item, Lot
from inventory.catalogue.views import item_for_looking
from inventory.ledger.models import Holding, Kind
from inventory.vouchers.lists import depot_to_read
from logistics import asking, lists, paging, sheets
from logistics.accounts.models import User
from logistics.audit import reads
from logistics.errors import Invalid, NotFound
from logistics.fields import DayField, format_date

LINES_A_PAGE: Final = 100
_MOST_LOTS: Final = 500  # to choose from: the others are found through the lists of stock
_DAY: Final = timedelta(days=1)


class CardForm(forms.Form):
    """The first and the last day of a card (empty: the year so far), and its lot (empty: all of them)."""

    use_required_attribute = False
    lot = forms.ChoiceField(label=gettext_lazy("Lot"), required=False)

    def __init__(self, request: HttpRequest, *, item: Item, depot: Depot) -> None:
        super().__init__(request.GET, label_suffix="")
        # "from" is the parameter's name in the API too, and no name Python lets a class body give.
        self.fields["from"] = DayField(label=_("From day"), required=False)
        self.fields["to"] = DayField(label=_("To day"), required=False)
        self.order_fields(["from", "to", "lot"])
        lots = Lot.objects.filter(item=item, is_exercise=depot.is_exercise).exclude(code="")
        asked = Q(pk__in=lots.filter(code=asking.text(request, "lot")).values("pk"))
        here = Q(pk__in=Holding.objects.filter(item=item, depot=depot).values("lot"))
        names = lots.filter(here | asked).order_by("-pk").values_list("code", "expires_date")[:_MOST_LOTS]
        box: Any = self.fields["lot"]
        box.choices = [
            ("", _("all lots")),
            *((code, f"{code} · {format_date(day)}" if day else code) for code, day in names),
        ]


@login_required
@require_safe
def card(request: HttpRequest, code: str, kind: str = "") -> HttpResponseBase:
    """Answer the stock card of an item in a depot, or a file of it; without a depot, the item's page to choose one."""
    user = cast("User", request.user)
    found = item_for_looking(user, code)
    if not (wanted := asking.text(request, "depot")):
        return redirect("item", code=found.code)
    depot = depot_to_read(request, wanted)
    form, shown = CardForm(request, item=found, depot=depot), None
    at = timezone.now()
    if form.is_valid():
        try:
            shown = stock_card(
                found.code,
                depot.code,
                by=user,
                at=at,
                from_date=form.cleaned_data["from"],
                to_date=form.cleaned_data["to"],
                lot=form.cleaned_data["lot"] or None,
                after=None if kind else _place(asking.text(request, "after")),
                limit=NO_LIMIT if kind else LINES_A_PAGE,
            )
        except Invalid as error:
            for fault in error.faults:
                form.add_error("from", fault.detail)
    if kind and shown:
        reads.note(request, by=user, action=f"card.{kind}", subject=request.get_full_path())
        return sheets.answer(stock_card_sheet(shown, by=user, printed_at=at), kind)
    today = timezone.localdate(at)
    first, last = (shown.from_date, shown.to_date) if shown else (today, today)
    query = {"depot": depot.code, "from": first.isoformat(), "to": last.isoformat()}
    if shown and shown.lot:
        query["lot"] = shown.lot
    return render(
        request,
        "availability/stock_card.html",
        {
            "item": found,
            "depot": depot,
            "form": form,
            "card": shown,
            "lines": [(line, Kind(line.kind).label) for line in shown.lines] if shown else [],
            "chart": lines_over_time(
                found, by=user, at=at, from_date=shown.from_date, to_date=shown.to_date, depot=depot.code
            ) if shown and not shown.lot and len(shown.lines) > 1 else [],
            "after": paging.cursor(*map(str, shown.after)) if shown and shown.after else "",
            "is_first": not request.GET.get("after"),
            "query": lists.changed(request.GET, **query)[1:],
            "spans": [
                (label, lists.changed(request.GET, **{"from": start.isoformat(), "to": end.isoformat()}),
                 (start, end) == (first, last))
                for label, start, end in _spans(today)
            ],
            "files": [(name.upper(), reverse("stock-card-file", args=[found.code, name])) for name in sheets.KINDS],
        },
        status=200 if shown else 422,
    )  # fmt: skip


def _spans(today: date) -> list[tuple[str, date, date]]:
    """Return the spans that are asked for most, each with its first and its last day."""
    month = today.replace(day=1)
    last_month = (month - _DAY).replace(day=1)
    quarter = today.replace(month=(today.month - 1) // 3 * 3 + 1, day=1)
    year = today.replace(month=1, day=1)
    return [
        (_("this month"), month, today),
        (_("last month"), last_month, month - _DAY),
        (_("this quarter"), quarter, today),
        (_("this year"), year, today),
        (_("last year"), year.replace(year=year.year - 1), year - _DAY),
    ]


def _place(text: str) -> Place | None:
    """Return the place on the card that a page's address names.

    Raises:
        NotFound: it names none.
    """
    try:
        parts = paging.after(text or None, parts=3)
        if parts is None:
            return None
        at, position, line_no = datetime.fromisoformat(parts[0]), int(parts[1][:18]), int(parts[2][:9])
    except (Invalid, ValueError):
        at, position, line_no = datetime.min, 0, 0  # noqa: DTZ901  # refused below
    if at.tzinfo is None or position < 1 or line_no < 1:
        raise NotFound(_("This list has no page “%(page)s”.") % {"page": text[:20]})
    return at, position, line_no
