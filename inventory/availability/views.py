"""Pages that answer what there is: the first page, a depot, an item."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final, cast
from urllib.parse import urlencode

from django import forms
from django.contrib.auth.decorators import login_required
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from depots import access
from depots.models import Depot, DepotQuerySet
from inventory.availability.current import current
from inventory.availability.overview import depots_at_a_glance, stock_by_item
from inventory.availability.question import Question
from inventory.availability.stock_card import Place, stock_card
from inventory.catalogue.views import item_for_looking
from inventory.ledger.models import Kind
from inventory.vouchers.logbook import newest
from logistics import asking, paging
from logistics.accounts.models import User
from logistics.errors import Invalid, NotFound
from logistics.fields import DayField
from logistics.search import fold

FEW_DEPOTS: Final = 10
DEPOTS_A_PAGE: Final = 50
ITEMS_A_PAGE: Final = 50
LAST_MOVEMENTS: Final = 10
LINES_A_PAGE: Final = 100


def _depots(user: User) -> DepotQuerySet:
    return Depot.objects.visible_to(user).select_related("unit", "province").order_by("code")


def _stock(request: HttpRequest, depots: list[int]) -> dict[str, Any]:
    """Return what `availability/stock_table.html` shows: the page of items that the address asks for."""
    number, text = asking.page_number(request), asking.text(request, "q")
    rows, total = stock_by_item(depots, text=text, on=timezone.localdate(), page=number, size=ITEMS_A_PAGE)
    if not rows and number > 1:
        raise NotFound(_("This list has no page “%(page)s”.") % {"page": number})
    return {"stock": rows, "q": text, "page": asking.numbered(number, of=total, size=ITEMS_A_PAGE)}


@login_required
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Answer the first page: the asker's depots and what those that count hold together."""
    depots = _depots(cast("User", request.user))
    keys = list(depots.counted().values_list("pk", flat=True))
    glances = depots_at_a_glance(list(depots[:FEW_DEPOTS]))
    return render(
        request,
        "availability/home.html",
        {"glances": glances, "depot_count": depots.count(), **_stock(request, keys)},
    )


@login_required
@require_safe
def depots(request: HttpRequest) -> HttpResponse:
    """Answer the list of the asker's depots."""
    text = asking.text(request, "q")
    found = _depots(cast("User", request.user))
    for word in fold(text).split():
        found = found.filter(
            Q(code__unaccent__icontains=word)
            | Q(name__unaccent__icontains=word)
            | Q(unit__name__unaccent__icontains=word)
            | Q(province__name__unaccent__icontains=word)
        )
    page = asking.numbered(asking.page_number(request), of=found.count(), size=DEPOTS_A_PAGE)
    shown = found[page.start_index() - 1 : page.end_index()] if page.paginator.count else []
    return render(
        request, "availability/depots.html", {"glances": depots_at_a_glance(list(shown)), "page": page, "q": text}
    )


@login_required
@require_safe
def depot(request: HttpRequest, code: str) -> HttpResponse:
    """Answer one depot's page: its last movements and what it holds."""
    found = _depots(cast("User", request.user)).select_related("branch").filter(code=code).first()
    if found is None:
        raise NotFound(_("There is no depot %(code)s in your scope.") % {"code": code[:40]})
    (glance,) = depots_at_a_glance([found])
    return render(
        request,
        "availability/depot.html",
        {
            "depot": found,
            "glance": glance,
            "movements": newest(found.pk, until=glance.position, count=LAST_MOVEMENTS),
            **_stock(request, [found.pk]),
        },
    )


@login_required
@require_safe
def item(request: HttpRequest, code: str) -> HttpResponse:
    """Answer one item's page: what it is, and what each of the asker's depots has of it, deductions shown."""
    user = cast("User", request.user)
    found = item_for_looking(user, code)
    after = asking.text(request, "after")
    answer = current(
        Question(item=found.code),
        by=user,
        at=timezone.now(),
        after=(found.code, after) if after else None,
        limit=DEPOTS_A_PAGE,
    )
    names = dict(Depot.objects.filter(code__in=[row.depot for row in answer.rows]).values_list("code", "name"))
    is_whole = not after and answer.after is None
    return render(
        request,
        "availability/item.html",
        {
            "item": found,
            "rows": [(row, names[row.depot]) for row in answer.rows],
            "total": {name: sum(getattr(row, name) for row in answer.rows) for name in SUMMED} if is_whole else None,
            "after": answer.after[1] if answer.after else None,
            "is_first": not after,
        },
    )


class DaysForm(forms.Form):
    """The first and the last day of a card; empty means the year so far."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # "from" is the parameter's name in the API too, and no name Python lets a class body give.
        self.fields["from"] = DayField(label=_("From day"), required=False)
        self.fields["to"] = DayField(label=_("To day"), required=False)


@login_required
@require_safe
def card(request: HttpRequest, code: str) -> HttpResponse:
    """Answer the stock card of an item in a depot; without a depot, the item's page, where one is chosen."""
    user = cast("User", request.user)
    found = item_for_looking(user, code)
    depot = asking.text(request, "depot")
    if not depot:
        return redirect("item", code=found.code)
    access.depot_for_reading(user, depot)
    form, shown = DaysForm(request.GET), None
    if form.is_valid():
        try:
            shown = stock_card(
                found.code,
                depot,
                by=user,
                at=timezone.now(),
                from_date=form.cleaned_data["from"],
                to_date=form.cleaned_data["to"],
                after=_place(asking.text(request, "after")),
                limit=LINES_A_PAGE,
            )
        except Invalid as error:
            for fault in error.faults:
                form.add_error("from", fault.detail)
    return render(
        request,
        "availability/stock_card.html",
        {
            "item": found,
            "depot": Depot.objects.get(code=depot),
            "form": form,
            "card": shown,
            "lines": [(line, Kind(line.kind).label) for line in shown.lines] if shown else [],
            "after": paging.cursor(*map(str, shown.after)) if shown and shown.after else "",
            "is_first": not request.GET.get("after"),
            "query": urlencode({name: value for name in ("depot", "from", "to") if (value := _iso(form, depot, name))}),
        },
        status=200 if shown else 422,
    )


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


def _iso(form: DaysForm, depot: str, name: str) -> str:
    """Return a parameter as the API spells it, for links to the printed card."""
    if name == "depot":
        return depot
    value = form.cleaned_data.get(name) if form.is_bound and hasattr(form, "cleaned_data") else None
    return value.isoformat() if value else ""


SUMMED: Final = (
    "on_hand", "allocated", "disposal", "expired", "on_hold", "reserve", "available", "in_transit_in",
)  # fmt: skip
