"""The pages of sourcing plans: their list, asking for one, one with its rows, two side by side."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, cast
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from depots import access
from inventory.catalogue.models import Item
from inventory.sourcing import comparing, ordering, sheet, told
from inventory.sourcing import forms as asking_forms
from inventory.sourcing import plans as doing
from inventory.sourcing.changes import Changed, changed_since
from inventory.sourcing.goods import Offer
from inventory.sourcing.models import STRATEGIES, Plan
from inventory.sourcing.needs import MOST_LINES
from inventory.sourcing.ordering import StockMoved
from inventory.sourcing.told import ToldLine
from logistics import asking, lists, search, sheets
from logistics.accounts import rights
from logistics.accounts.models import User
from logistics.accounts.rights import Right
from logistics.audit import reads
from logistics.errors import Conflict, DomainError, Invalid, NotFound
from logistics.history import Source
from logistics.lists import Column, Filters, Listing

MOST_ROWS_WITH_OFFERS: Final = 30  # a longer plan shows the other depots of one line at a time
MOST_OFFERS: Final = 8


# --- The list ---------------------------------------------------------------------------------------------------


class PlanFilters(Filters):
    """What may be asked of the plans."""

    in_sight = ("q", "state", "whose")

    q = forms.CharField(label=gettext_lazy("Name or destination"))
    state = forms.ChoiceField(
        label=gettext_lazy("State"),
        choices=[
            ("", gettext_lazy("all")),
            ("open", gettext_lazy("open")),
            ("old", gettext_lazy("too old")),
            ("ordered", gettext_lazy("ordered")),
        ],
    )
    whose = forms.ChoiceField(
        label=gettext_lazy("Whose"), choices=[("", gettext_lazy("everybody's")), ("mine", gettext_lazy("mine"))]
    )

    def apply(self, found: QuerySet[Plan], *, user: User, at: datetime) -> QuerySet[Plan]:
        """Return the plans that are asked for."""
        if self.errors:
            return found.none()
        match self.asks("state"):
            case "open":
                found = found.filter(ordered_at=None, expires_at__gt=at)
            case "old":
                found = found.filter(ordered_at=None, expires_at__lte=at)
            case "ordered":
                found = found.exclude(ordered_at=None)
        if self.asks("whose"):
            found = found.filter(made_by=user)
        words = ("name", "to_depot__code", "to_depot__name", "to_unit__code", "to_unit__name")
        return search.find(found, self.asks("q") or "", *words)


def _state(plan: Plan) -> str:
    if plan.ordered_at is not None:
        return _("ordered")
    return _("too old") if plan.expires_at <= timezone.now() else _("open")


_COLUMNS: Final = (
    Column(name="name", label=gettext_lazy("Name"), value=lambda row: row.name, sort=("name",), width=36),
    Column(
        name="destination", label=gettext_lazy("Destination"), value=lambda row: str(row.to_depot or row.to_unit),
        width=32,
    ),
    Column(
        name="needed", label=gettext_lazy("Needed by"), value=lambda row: row.needed_by_date, sort=("needed_by_date",),
        width=12,
    ),
    Column(
        name="strategy", label=gettext_lazy("Strategy"), value=lambda row: row.get_strategy_display(), css="wide",
        width=24,
    ),
    Column(name="lines", label=gettext_lazy("Lines"), value=lambda row: len(row.needs), css="n wide", width=8),
    Column(name="short", label=gettext_lazy("Short"), value=lambda row: len(row.shortages), css="n", width=8),
    Column(name="solved", label=gettext_lazy("As of"), value=lambda row: row.solved_at, sort=("solved_at",), width=18),
    Column(name="author", label=gettext_lazy("Made by"), value=lambda row: str(row.made_by), css="wide", width=24),
    Column(name="state", label=gettext_lazy("State"), value=_state, width=14),
)  # fmt: skip


@login_required
@require_safe
def plans(request: HttpRequest, kind: str = "") -> HttpResponseBase:
    """Answer the plans all of whose depots the visitor may read, the newest first."""
    user, at = cast("User", request.user), timezone.now()
    filters = PlanFilters(request)
    found = filters.apply(Plan.objects.visible_to(user), user=user, at=at)
    listing = Listing(
        request=request,
        name="plans",
        title=_("Sourcing plans"),
        columns=_COLUMNS,
        filters=filters,
        found=found.select_related("to_depot", "to_unit", "made_by"),
        key=("id",),
        default="-solved",
        files={one: reverse("plans-file", args=[one]) for one in sheets.KINDS},
    )
    context = {"may_plan": rights.has(user, Right.PLAN), "now": at}
    return lists.answer(listing, "sourcing/plans.html", context, kind=kind)


# --- Asking for one ---------------------------------------------------------------------------------------------


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Answer the page that asks for a plan, and make it.

    `item`, `quantity` and `unit` of the address fill the grid, `depot` the destination, `requisition` the requisitions.

    Raises Forbidden where no role of the visitor makes plans.
    """
    user, at = cast("User", request.user), timezone.now()
    access.require(user, Right.PLAN)
    language = get_language() or "vi"
    status = 200
    if request.method == "POST":
        form = asking_forms.PlanForm(request.POST, user=user)
        grid = asking_forms.grid_of(request.POST, language=language)
        is_good = form.is_valid()
        faults = asking_forms.read_as(grid, language=language, at=at) if grid else []
        if request.POST.get("action") == "read" and len(grid) <= MOST_LINES:
            form = asking_forms.PlanForm(user=user, initial=_as_typed(request))
            asking_forms.place(faults, form, grid)
        else:
            try:
                asked = form.asked(asking_forms.typed_of(grid, language=language))
                if not is_good:
                    doing.refuse_where_wrong(asked, by=user, at=at)
                else:
                    made = doing.make(asked, by=user, at=at, source=Source.WEB)
                    return redirect("plan", plan_id=made.pk)
            except DomainError as refusal:
                form.refuse(refusal, grid)
        status = 422 if form.errors or any(row.faults for row in grid) else 200
    else:
        form = asking_forms.PlanForm(user=user, initial=_first(request))
        grid = asking_forms.grid_of_address(request.GET, language=language)
        if grid:
            asking_forms.place(asking_forms.read_as(grid, language=language, at=at), form, grid)
    context = {
        "form": form,
        "grid": asking_forms.with_blanks(grid[:MOST_LINES]),
        "wrong_rows": [row for row in grid if row.faults],
        "is_wrong": status == 422,
    }
    return render(request, "sourcing/new.html", context, status=status)


def _as_typed(request: HttpRequest) -> dict[str, Any]:
    """Return the fields as typed, to be shown again without holding against them what is still missing."""
    several = {"requisitions": request.POST.getlist("requisitions"), "keeps_norms": "keeps_norms" in request.POST}
    return {name: request.POST[name] for name in request.POST if name not in several} | several


def _first(request: HttpRequest) -> dict[str, Any]:
    depot, chosen = asking.text(request, "depot"), request.GET.getlist("requisition")
    return {
        "destination": f"depot:{depot}" if depot else "",
        "requisitions": chosen,
        "worst_grade": 2,
        "name": asking.text(request, "name"),
    }


# --- One plan ---------------------------------------------------------------------------------------------------


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def plan(request: HttpRequest, plan_id: UUID) -> HttpResponse:
    """Answer one plan with its rows, and do to it what is asked: another depot, solve again, copy, give orders.

    Raises:
        NotFound: there is no such plan, or the visitor may not read all its depots.
        Forbidden: something is asked that no role of the visitor does.
    """
    user, at = cast("User", request.user), timezone.now()
    found = doing.plan_of(user, plan_id)
    refusal: DomainError | None = None
    if request.method == "POST":
        access.require(user, Right.PLAN)
        try:
            return _do(request, found, by=user, at=at)
        except (Conflict, Invalid) as error:
            refusal = error
            found = doing.plan_of(user, plan_id)
    return _page(request, found, user=user, at=at, refusal=refusal)


def _do(request: HttpRequest, found: Plan, *, by: User, at: datetime) -> HttpResponse:
    given = request.POST
    version = _whole(given.get("version", ""))
    match given.get("action"):
        case "change":
            line, _colon, depot = given.get("row", "").partition(":")
            doing.change(
                found, need=_whole(line) or 0, depot=depot, instead_by=given.get("instead", ""), version=version, by=by,
                at=at, source=Source.WEB,
            )  # fmt: skip
            messages.success(request, _("Line %(line)s was solved anew; the others stayed.") % {"line": line})
            return redirect(f"{reverse('plan', args=[found.pk])}#line-{_whole(line)}")
        case "again":
            doing.again(found, version=version, by=by, at=at, source=Source.WEB)
            messages.success(request, _("Solved again on the stock of now."))
        case "copy":
            copied = doing.copy(found, strategy=given.get("strategy", ""), by=by, at=at, source=Source.WEB)
            return redirect(f"{reverse('plan-comparison')}?a={found.pk}&b={copied.pk}")
        case "order" | "order-rest" as action:
            orders = ordering.give_orders(
                found, only_what_is_left=action == "order-rest", version=version, by=by, at=at, source=Source.WEB
            )
            text = ngettext("%(count)s order was given.", "%(count)s orders were given.", len(orders))
            messages.success(request, text % {"count": len(orders)})
            return redirect(f"{reverse('plan', args=[found.pk])}#orders")
        case _:
            raise NotFound(_("Nothing of that kind is done to a plan."))
    return redirect("plan", plan_id=found.pk)


def _whole(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None


def _page(request: HttpRequest, found: Plan, *, user: User, at: datetime, refusal: DomainError | None) -> HttpResponse:
    items = _items(found)
    lines = told.lines_of(found, items, today=timezone.localdate(at))
    may_plan = rights.has(user, Right.PLAN)
    is_open = found.ordered_at is None
    changes: list[Changed] = []
    offers: dict[int, list[Offer]] = {}
    if is_open and may_plan:
        changes = refusal.changes if isinstance(refusal, StockMoved) else changed_since(found, by=user, at=at)
        offers = _offers(request, found, lines, by=user, at=at)
    context = {
        "plan": found,
        "lines": [_group(line, offers.get(line.need.number, [])) for line in lines],
        "totals": told.totals(found, lines),
        "rules": told.rules_in_words(found),
        "state": told.STATES.get(found.state, ""),
        "has_all_offers": len(found.rows) <= MOST_ROWS_WITH_OFFERS,
        "changes": changes,
        "short": [one for one in changes if one.is_short],
        "orders": ordering.followed(found) if found.orders else [],
        "copies": Plan.objects.visible_to(user).filter(copy_of=found).order_by("made_at"),
        "strategies": [one for one in STRATEGIES if one[0] != found.strategy],
        "may_change": may_plan and is_open,
        "may_plan": may_plan,
        "is_old": is_open and found.expires_at <= at,
        "refusal": refusal,
        "road_factor": told.ROAD_FACTOR,
        "km_a_day": told.KM_A_DAY,
        "files": [(kind.upper(), reverse("plan-file", args=[found.pk, kind])) for kind in sheets.KINDS],
    }
    return render(request, "sourcing/plan.html", context, status=refusal.status if refusal else 200)


def _group(line: ToldLine, offers: Sequence[Offer]) -> dict[str, Any]:
    """Return a line with its rows, each with the depots that could give in its stead."""
    rows = [{"one": one, "others": [offer for offer in offers if offer.depot != one.row.depot]} for one in line.rows]
    return {"line": line, "rows": rows, "has_offers": bool(offers)}


def _items(found: Plan) -> dict[str, Item]:
    codes = {need["item"] for need in found.needs}
    return dict(Item.objects.select_related("base_unit").in_bulk(codes, field_name="code"))


def _offers(
    request: HttpRequest, found: Plan, lines: Sequence[ToldLine], *, by: User, at: datetime
) -> dict[int, list[Offer]]:
    """Return per line the nearest other depots: of all lines of a short plan, of the line asked for of a long one."""
    one = _whole(request.GET.get("line", ""))
    if len(found.rows) > MOST_ROWS_WITH_OFFERS and one is None:
        return {}
    every = doing.offers_for(found, by=by, at=at)
    chosen = [line for line in lines if one in {None, line.need.number} or len(found.rows) <= MOST_ROWS_WITH_OFFERS]
    most = MOST_OFFERS if len(chosen) > 1 else 100
    return {line.need.number: every.get(line.need.number, [])[:most] for line in chosen}


@login_required
@require_safe
def plan_file(request: HttpRequest, plan_id: UUID, kind: str) -> HttpResponseBase:
    """Answer a plan's rows and shortages as a file."""
    user, at = cast("User", request.user), timezone.now()
    found = doing.plan_of(user, plan_id)
    reads.note(request, by=user, action=f"list.{kind}", subject=request.get_full_path())
    return sheets.answer(sheet.of(found, _items(found), by=user, at=at), kind)


# --- Two side by side -------------------------------------------------------------------------------------------


@login_required
@require_safe
def comparison(request: HttpRequest) -> HttpResponse:
    """Answer two plans side by side, what differs marked; without two, the boxes to choose them.

    Raises NotFound where one of them is none the visitor may see.
    """
    user = cast("User", request.user)
    chosen = [_chosen(user, request.GET.get(name, "")) for name in ("a", "b")]
    newest = Plan.objects.visible_to(user).select_related("to_depot", "to_unit").order_by("-made_at")[:100]
    context: dict[str, Any] = {"a": chosen[0], "b": chosen[1], "newest": newest}
    if chosen[0] is not None and chosen[1] is not None:
        both = [(one, told.lines_of(one, _items(one))) for one in chosen if one is not None]
        is_like = comparing.supply_the_same(both[0][1], both[1][1])
        context |= {
            "rows": comparing.compared(both[0][1], both[1][1]),
            "sums": comparing.sums(told.totals(*both[0]), told.totals(*both[1]), is_like=is_like),
            "is_like": is_like,
        }
    return render(request, "sourcing/comparison.html", context)


def _chosen(user: User, text: str) -> Plan | None:
    if not text:
        return None
    try:
        return doing.plan_of(user, UUID(text))
    except ValueError as error:
        raise NotFound(_("There is no plan %(id)s in your scope.") % {"id": text[:40]}) from error
