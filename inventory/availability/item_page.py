"""An item's page: what it is, what each depot has of it, the piles of one depot, the promises on it and the road."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, cast

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from depots.models import Depot
from inventory.availability import behind
from inventory.availability.facets import Facets
from inventory.availability.instants import Instant, ask, instant
from inventory.availability.later_page import told
from inventory.availability.lists import STATES
from inventory.availability.piles import Pile, piles
from inventory.availability.question import Question
from inventory.availability.search_page import AMOUNTS, Amount
from inventory.catalogue.models import Item, ReservePurpose
from inventory.catalogue.views import item_for_looking
from logistics import asking, language
from logistics.accounts.models import User
from logistics.errors import NotFound

DEPOTS_A_PAGE: Final = 50
MOST_PILES: Final = 500
_SUMMED: Final = (
    "on_hand", "allocated", "disposal", "expired", "on_hold", "reserve", "available", "in_transit_in",
)  # fmt: skip
_IN_ORDER: Final = ("on_hand", "available", "allocated", "disposal", "expired", "on_hold", "reserve", "in_transit_in")


class ItemFacets(Facets):
    """What may be asked of one item: where it lies and what of it, by which deduction."""

    in_sight = ("unit", "depot", "state")
    state = forms.ChoiceField(
        label=gettext_lazy("State"), choices=[("", gettext_lazy("every state")), *STATES.items()]
    )  # fmt: skip

    def __init__(self, request: HttpRequest, *, by: User) -> None:
        super().__init__(request, by=by)
        for name in ("q", "class", "group"):
            del self.fields[name]


def _columns() -> list[Amount]:
    """Return the columns of a depot's amounts, in the order of the page, none of them left out on small screens."""
    named = {column.name: column for column in AMOUNTS}
    return [replace(named[name], is_wide=False) for name in _IN_ORDER]


def _carried(request: HttpRequest, when: Instant) -> str:
    """Return the part of the query that links to the item's other pages carry on, as `a=b&c=d`."""
    carried = QueryDict(mutable=True)
    for name in ("unit", "province", "depot", "grade", "purpose", "min_days_left", "max_days_left"):
        if value := asking.text(request, name):
            carried[name] = value
    carried.update(when.parameters)
    return carried.urlencode()


@login_required
@require_safe
def item(request: HttpRequest, code: str) -> HttpResponse:
    """Answer one item's page: what it is, and what each of the asker's depots has of it, deductions shown.

    The piles stand on it when one depot or one state is asked for. What is marked `data-part` on it opens in place on
    lists that link here.
    """
    user, at, when = cast("User", request.user), timezone.now(), instant(request)
    if when.address:
        return redirect(when.address)
    found = item_for_looking(user, code)
    facets = ItemFacets(request, by=user)
    is_wrong = bool(facets.errors or when.refusals)
    shown: dict[str, Any] = {}
    if not is_wrong:
        try:
            shown = _stock(request, found, facets, when, by=user, at=at)
        except NotFound as error:
            if not facets.asks("depot"):
                raise
            facets.add_error("depot", str(error))
            is_wrong = True
    context = {
        "item": found,
        "facets": facets,
        "instant": when,
        "is_wrong": is_wrong,
        "columns": _columns(),
        "carried": _carried(request, when),
        "others": _others(found),
        **shown,
    }
    if is_wrong:
        context["error"] = True  # so that no banner tells whether a depot out of scope is for training
    return render(request, "availability/item.html", context, status=422 if is_wrong else 200)


def _stock(
    request: HttpRequest, found: Item, facets: ItemFacets, when: Instant, *, by: User, at: datetime
) -> dict[str, Any]:
    question = facets.question(item=found.code, text="")
    after = asking.text(request, "after")
    place = (found.code, after) if after else None
    answer = ask(question, when, by=by, at=at, after=place, limit=DEPOTS_A_PAGE)
    named = Depot.objects.filter(code__in=[row.depot for row in answer.rows]).in_bulk(field_name="code")
    is_whole = not after and answer.after is None
    state = facets.asks("state")
    lying: list[Pile] | None = None
    if state or question.depot:
        lying = _piles(question, when, state, by=by, at=at)
    return {
        "rows": [(row, named[row.depot].name) for row in answer.rows],
        "total": _total(answer.rows) if is_whole else None,
        "after": answer.after[1] if answer.after else None,
        "is_first": not after,
        "later": told(request, question, when, by=by, at=at),
        "piles": lying,
        "purposes": {one.code: language.named(one) for one in ReservePurpose.objects.all()} if lying else {},
        "is_one_depot": bool(question.depot),
        "is_cut": lying is not None and len(lying) >= MOST_PILES,
    }


def _piles(question: Question, when: Instant, state: str | None, *, by: User, at: datetime) -> list[Pile]:
    found = piles(question, by=by, at=at, as_of=when.as_of, recorded_as_of=when.recorded_as_of, limit=MOST_PILES)
    if state == "available":
        return [pile for pile in found if pile.available]
    return [pile for pile in found if not state or (pile.deduction == state and pile.rest)]


def _total(rows: Any) -> dict[str, Decimal]:
    return {name: sum((getattr(row, name) for row in rows), Decimal(0)) for name in _SUMMED}


def _others(found: Item) -> list[tuple[str, str]]:
    """Return what may be done about the item on the pages of other rooms, as far as they are there."""
    offers: tuple[tuple[str, list[str], str, Any], ...] = (
        ("requisition-new", [], "?item=", gettext_lazy("Make a requisition")),
        ("plan-new", [], "?item=", gettext_lazy("Make a plan")),
    )
    known = []
    for name, parts, query, label in offers:
        try:
            known.append((str(label), f"{reverse(name, args=parts)}{query}{found.code}"))
        except NoReverseMatch:
            continue
    return known


@login_required
@require_safe
def allocations(request: HttpRequest, code: str) -> HttpResponse:
    """Answer who holds what is allocated of an item, now or at the instant the page is about."""
    return _behind(request, code, behind.promises, "availability/allocations.html")


@login_required
@require_safe
def road(request: HttpRequest, code: str) -> HttpResponse:
    """Answer what of an item is on the road to the depots asked about, consignment by consignment, with its age."""
    return _behind(request, code, behind.consignments, "availability/item_road.html")


def _behind(request: HttpRequest, code: str, tell: Any, template: str) -> HttpResponse:
    user, when = cast("User", request.user), instant(request)
    if when.address:
        return redirect(when.address)
    found = item_for_looking(user, code)
    facets = ItemFacets(request, by=user)
    is_wrong = bool(facets.errors or when.refusals)
    rows: Any = []
    if not is_wrong:
        question = facets.question(item=found.code, text="")
        rows = tell(question, when, by=user, at=timezone.now())
    carried = _carried(request, when)
    context = {
        "item": found,
        "instant": when,
        "facets": facets,
        "rows": rows,
        "total": sum((row.quantity for row in rows), Decimal(0)),
        "back": f"{reverse('item', args=[found.code])}{'?' if carried else ''}{carried}",
        "is_wrong": is_wrong,
    }
    return render(request, template, context, status=422 if is_wrong else 200)
