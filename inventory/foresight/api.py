"""What was used, what is expected and what follows from it, over HTTP."""

from __future__ import annotations

from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, Literal

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Query, Router, Schema
from pydantic import Field

from depots import access
from depots.models import Depot
from inventory.availability.question import Question, params
from inventory.catalogue.models import Item
from inventory.foresight import consumption
from inventory.foresight.consumption import month_of, week_of
from inventory.foresight.forecasting import MOST_MONTHS
from inventory.foresight.models import Forecast, Grain, Outlook
from inventory.foresight.reckoning import Desk, need_of
from inventory.foresight.strength import UnitSupply, days_by_strength
from inventory.ledger.chain import exact
from logistics import paging, wire
from logistics.accounts.tokens import asker
from logistics.errors import Fault, Invalid, NotFound

router = Router(tags=["foresight"])
RiskText = Literal["out", "high", "medium", "low", "none", "unknown"]


class OutlookOut(Schema):
    """How long a depot's stock of an item lasts by its forecast, as counted in the night (`counted_at`)."""

    item: str = Field(examples=["QN-02-0001230"])
    depot: str = Field(examples=["K01"])
    unit: str = Field(description="The item's base unit.", examples=["KGM"])
    counted_at: str
    position: int = Field(description="The depot's logbook was seen up to here.")
    available: str
    on_the_road: str
    ordered: str = Field(description="Granted to the depot, not yet on the road.")
    months: int = Field(description="Whole months of figures behind the forecast.")
    demand: str = Field(description="smooth, erratic, intermittent, lumpy, none or short.")
    model: str
    per_month: str = Field(description="Expected use a month, the mean of the next six.")
    mae: str | None = Field(description="Mean absolute error of the back-test, base units a month.")
    mase: str | None = Field(description="That error against the naive forecast's; below 1 is better than naive.")
    test_points: int = Field(description="Months the model was tried on.")
    days_of_supply: str | None = Field(description="available / expected use a day; null when nothing is used.")
    days_by_norm: str | None = Field(description="available / (strength x norm) of the depot's unit; null without.")
    lead_days: str
    lead_basis: str = Field(description="measured, terms or assumed.")
    review_days: int
    chance: str | None = Field(description="Chance to run out within lead time and review period, 0 to 1.")
    risk: str
    days_to_spare: str | None
    reorder_point: str | None
    suggested: str = Field(description="To order now, in whole packages.")
    will_expire: str = Field(description="Expires within two years before it is used.")
    first_expiry: str | None


class OutlookPage(Schema):
    """Outlooks by item, then depot."""

    items: list[OutlookOut]
    next: str | None


class MonthAheadOut(Schema):
    """One month to come, and between what it lies in four cases of five."""

    month: str = Field(examples=["2026-12-01"])
    quantity: str
    low: str | None
    high: str | None


class BackTestOut(Schema):
    """How far off a model was."""

    model: str
    mae: str
    rmse: str
    mase: str | None
    points: int


class LotFateOut(Schema):
    """What becomes of a lot that is used first expired first."""

    lot: str
    expires: str
    quantity: str
    used: str
    left: str = Field(description="Expires unused.")


class OrderOut(Schema):
    """What to order, reckoned: reorder_point = lead_demand + review_demand + safety."""

    lead_demand: str
    review_demand: str
    safety: str
    reorder_point: str
    order_up_to: str
    coming: str = Field(description="Available, on the road and ordered.")
    missing: str
    packs: int | None
    quantity: str


class ItemOutlookOut(Schema):
    """An item in a depot: the night's forecast, and what follows from what is there now."""

    item: str
    depot: str
    unit: str
    made_at: str
    position: int
    months: int
    demand: str
    model: str
    per_month: str
    per_day: str
    available: str
    on_the_road: str
    ordered: str
    days_of_supply: str | None
    days_by_norm: str | None
    lead_days: str
    lead_basis: str
    review_days: int
    chance: str | None
    risk: str
    will_expire: str
    ahead: list[MonthAheadOut]
    back_tests: list[BackTestOut]
    lots: list[LotFateOut]
    order: OrderOut | None


class UsedOut(Schema):
    """A month or week."""

    start: str = Field(examples=["2026-10-01"])
    used: str = Field(description="Issued, less what reversals took back.")
    disposed: str


class ConsumptionOut(Schema):
    """What a depot used of an item, zeros included, from its first whole month or week there."""

    item: str
    depot: str
    unit: str
    grain: str
    position: int = Field(description="The depot's logbook is told up to here.")
    items: list[UsedOut]


class SupplyOut(Schema):
    """How long what a unit's depots can give out lasts its people by the norm in force."""

    unit: str
    item: str
    available: str
    depots: int
    strength: int
    per_person_day: str
    per_day: str
    days: str
    basis: str


class SupplyPage(Schema):
    """Days of supply by strength, the fewest first."""

    items: list[SupplyOut]
    next: str | None


class OutlookQuery(paging.PageQuery):
    """Which outlooks are asked for."""

    item: str | None = Field(None, max_length=40)
    depot: str | None = Field(None, max_length=40)
    supply_class: str | None = Field(None, alias="class", max_length=40, description="Supply class.")
    unit: str | None = Field(None, max_length=40, description="Organisation unit, with every unit below it.")
    risk: RiskText | None = None


class DepotQuery(Schema):
    """Which depot is meant."""

    depot: str = Field(max_length=40)


class ConsumptionQuery(DepotQuery):
    """Which depot's use, by month or week, from when to when."""

    grain: Literal["month", "week"] = "month"
    from_date: wire.Day | None = Field(None, alias="from", description="A day of the first month or week.")
    to_date: wire.Day | None = Field(None, alias="to", description="A day of the last one; else the last whole one.")


class SupplyQuery(paging.PageQuery):
    """Whose days of supply."""

    unit: str | None = Field(None, max_length=40)
    item: str | None = Field(None, max_length=40)


def _answer(document: dict[str, Any]) -> HttpResponse:
    return HttpResponse(wire.dump(document), content_type="application/json")


def _text(value: Decimal | None) -> str | None:
    return None if value is None else f"{value:f}"


@router.get("/foresight", response=OutlookPage, summary="How long stock lasts, what to order")
def list_outlooks(request: HttpRequest, query: Query[OutlookQuery]) -> HttpResponse:
    """Outlooks of items in the depots in your scope, by item and depot, as counted in the last night."""
    key = paging.after(query.cursor, parts=2)
    by, today = asker(request), timezone.localdate()
    question = Question(item=query.item, depot=query.depot, supply_class=query.supply_class, unit=query.unit)
    given = params(question, by=by, on=today)
    found = (
        Outlook.objects.filter(depot__in=given["depots"])
        .select_related("forecast", "depot", "item")
        .order_by("item__code", "depot__code")
    )
    for field, value in (("item__code", query.item), ("item__group__supply_class", query.supply_class),
                         ("risk", query.risk)):  # fmt: skip
        if value is not None:
            found = found.filter(**{field: value})
    if key is not None:
        found = found.filter(Q(item__code__gt=key[0]) | Q(item__code=key[0], depot__code__gt=key[1]))
    rows = list(found[: query.limit + 1])
    more, rows = len(rows) > query.limit, rows[: query.limit]
    following = paging.cursor(rows[-1].item.code, rows[-1].depot.code) if more else None
    return paging.page(request, [_outlook(row) for row in rows], following=following)


def _outlook(row: Outlook) -> dict[str, Any]:
    forecast = row.forecast
    return {
        "item": row.item.code,
        "depot": row.depot.code,
        "unit": row.item.base_unit_id,
        "counted_at": wire.local(row.counted_at),
        "position": row.position,
        "available": exact(row.available),
        "on_the_road": exact(row.on_the_road),
        "ordered": exact(row.ordered),
        "months": forecast.months,
        "demand": forecast.demand,
        "model": forecast.model,
        "per_month": exact(forecast.per_month),
        "mae": _text(forecast.mae),
        "mase": _text(forecast.mase),
        "test_points": forecast.test_points,
        "days_of_supply": _text(row.days_left),
        "days_by_norm": _text(row.norm_days),
        "lead_days": f"{row.lead_days:f}",
        "lead_basis": row.lead_basis,
        "review_days": row.review_days,
        "chance": _text(row.chance),
        "risk": row.risk,
        "days_to_spare": _text(row.margin_days),
        "reorder_point": _text(row.reorder_point),
        "suggested": exact(row.suggested),
        "will_expire": exact(row.will_expire),
        "first_expiry": wire.iso(row.first_expiry_date),
    }


@router.get("/items/{item}/foresight", response=ItemOutlookOut, summary="An item's forecast in a depot, and its basis")
def get_outlook(request: HttpRequest, item: str, query: Query[DepotQuery]) -> HttpResponse:
    """The forecast of an item in a depot with every model's back-test, and what follows from what is there now."""
    depot, found = _named(request, item, query.depot)
    forecast = Forecast.objects.filter(depot=depot, item=found).first()
    if forecast is None:
        raise NotFound(
            _("Depot %(depot)s has no figures of item %(item)s. They are made every night.")
            % {"depot": depot.code, "item": found.code}
        )
    told = Desk([depot], items=[found.pk], at=timezone.now()).reckon(depot.pk, found.pk, need_of(forecast))
    order = told.order
    return _answer(
        {
            "item": found.code,
            "depot": depot.code,
            "unit": found.base_unit_id,
            "made_at": wire.local(forecast.made_at),
            "position": forecast.position,
            "months": forecast.months,
            "demand": forecast.demand,
            "model": forecast.model,
            "per_month": exact(forecast.per_month),
            "per_day": f"{forecast.per_day:f}",
            "available": exact(told.stock.available),
            "on_the_road": exact(told.stock.on_the_road),
            "ordered": exact(told.stock.ordered),
            "days_of_supply": _text(told.days_left),
            "days_by_norm": _text(told.by_norm.days if told.by_norm else None),
            "lead_days": f"{told.terms.lead_days:f}",
            "lead_basis": told.terms.lead_basis,
            "review_days": told.terms.review_days,
            "chance": _text(told.chance),
            "risk": told.risk,
            "will_expire": exact(told.will_expire),
            "ahead": forecast.ahead,
            "back_tests": forecast.back_tests,
            "lots": [
                {
                    "lot": one.lot,
                    "expires": one.expires_date.isoformat(),
                    "quantity": exact(one.quantity),
                    "used": exact(one.used_rounded(told.scale)),
                    "left": exact(one.left_rounded(told.scale)),
                }
                for one in told.fates
            ],
            "order": order
            and {
                "lead_demand": exact(order.lead_demand),
                "review_demand": exact(order.review_demand),
                "safety": exact(order.safety),
                "reorder_point": exact(order.reorder_point),
                "order_up_to": exact(order.order_up_to),
                "coming": exact(order.coming),
                "missing": exact(order.missing),
                "packs": order.packs,
                "quantity": exact(order.quantity),
            },
        }
    )


@router.get("/items/{item}/consumption", response=ConsumptionOut, summary="What a depot used of an item")
def list_consumption(request: HttpRequest, item: str, query: Query[ConsumptionQuery]) -> HttpResponse:
    """What was issued for use per month or week, reversals taken off, late entries where they belong; zeros count."""
    depot, found = _named(request, item, query.depot)
    grain, today = Grain(query.grain), timezone.localdate()
    first, until = _stretches(grain, query.from_date, query.to_date, today=today)
    told = consumption.histories([depot.pk], items=[found.pk], from_date=first, until_date=until, grain=grain)
    history = next(iter(told), None)
    return _answer(
        {
            "item": found.code,
            "depot": depot.code,
            "unit": found.base_unit_id,
            "grain": grain.value,
            "position": consumption.told_until(depot.pk),
            "items": [
                {"start": one.start_date.isoformat(), "used": exact(one.used), "disposed": exact(one.disposed)}
                for one in (history.stretches if history else ())
            ],
        }
    )


def _stretches(grain: Grain, first: date | None, last: date | None, *, today: date) -> tuple[date, date]:
    """Return the first day of the first stretch asked for and the first day after the last.

    Raises:
        Invalid: it ends before it begins.
    """
    of = month_of if grain is Grain.MONTH else week_of
    until = of(today) if last is None else of(last, back=-1)
    start = of(until, back=MOST_MONTHS) if first is None else of(first)
    if start >= until and first is not None:
        text = _("The first day is after the last: swap the two.")
        raise Invalid([Fault("/query/from", "after-to", text)])
    return start, until


@router.get("/days-of-supply", response=SupplyPage, summary="How long stock lasts a unit's people")
def list_days_of_supply(request: HttpRequest, query: Query[SupplyQuery]) -> HttpResponse:
    """What each unit's depots, with all below, can give out, by the people it has and the norms in force.

    Told as it stands when a page is asked for: what is posted between two pages may move a row across them.
    """
    key = _after_supply(query.cursor)
    told = days_by_strength(by=asker(request), at=timezone.now(), unit=query.unit, item=query.item)
    found = told if key is None else [one for one in told if _place(one) > key]
    rows, following = found[: query.limit], None
    if len(found) > query.limit:
        days, unit, item = _place(rows[-1])
        following = paging.cursor(f"{days:f}", unit, item)
    documents = [
        {
            "unit": one.unit.code,
            "item": one.item.code,
            "available": exact(one.available),
            "depots": one.depots,
            "strength": one.norm.strength,
            "per_person_day": f"{one.norm.per_person_day:f}",
            "per_day": f"{one.norm.per_day:f}",
            "days": f"{one.norm.days:f}",
            "basis": one.norm.basis,
        }
        for one in rows
    ]
    return paging.page(request, documents, following=following)


def _place(one: UnitSupply) -> tuple[Decimal, str, str]:
    """Return where a row stands among the others."""
    return one.norm.days, one.unit.code, one.item.code


def _after_supply(cursor: str | None) -> tuple[Decimal, str, str] | None:
    """Return the place that a cursor of this list names, None for the first page. Raises Invalid."""
    if (key := paging.after(cursor, parts=3)) is None:
        return None
    try:
        days = Decimal(key[0])
    except InvalidOperation:
        days = Decimal("NaN")
    if not days.is_finite():
        raise paging.no_cursor()
    return days, key[1], key[2]


def _named(request: HttpRequest, item: str, depot: str) -> tuple[Depot, Item]:
    """Return the depot and item named. Raises NotFound where there is none, or none in the asker's scope."""
    place = Depot.objects.get(pk=access.depot_for_reading(asker(request), depot).id)
    found = Item.objects.filter(code=item).first()
    if found is None:
        raise NotFound(_("There is no item %(code)s.") % {"code": item[:40]})
    return place, found
