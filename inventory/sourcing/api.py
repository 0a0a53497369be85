"""Sourcing plans over HTTP: make one, read one, make orders of it."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Query, Router, Schema
from pydantic import Field, StringConstraints

from depots import access
from inventory.catalogue.models import Item
from inventory.requisitions.models import MovementOrder
from inventory.sourcing import ordering, plans, told
from inventory.sourcing.models import Plan
from inventory.sourcing.needs import MOST_LINES, TypedNeed
from inventory.sourcing.plans import Asked
from inventory.vouchers.schemas import Strict
from logistics import exchange, openapi, paging, wire
from logistics.accounts.rights import Right
from logistics.accounts.tokens import asker

router = Router(tags=["plans"])


def _text(most: int) -> StringConstraints:
    return StringConstraints(strict=True, max_length=most)


Whole = Annotated[int, Field(strict=True)]
StrategyName = Literal["nearest-complete", "fewest-splits", "least-effort"]


# --- What comes in ----------------------------------------------------------------------------------------------


class NeedIn(Strict):
    """One line of the list; a grade or purpose left out is that of the rules."""

    item: Annotated[str, _text(300)] = Field(description="Item code, or its whole name.", examples=["QN-02-0001230"])
    quantity: wire.QuantityText
    unit: Annotated[str, _text(40)] = Field("", description="Blank: the item's base unit.", examples=["KGM"])
    grade: Annotated[int, Field(strict=True, ge=1, le=5)] | None = None
    purpose: Annotated[str, _text(24)] | None = None


class RulesIn(Strict):
    """What every line keeps to."""

    min_days_left: Whole = Field(0, description="Days of use left on the day it is needed, at least.")
    keep_percent: wire.QuantityText = Field("0", description="Of what a depot has available of an item, it keeps this.")
    keeps_norms: bool = Field(True, strict=True, description="Every depot keeps its reserve norm.")
    excluded_depots: Annotated[list[Annotated[str, _text(12)]], Field(max_length=1000)] = []
    most_depots: Whole | None = Field(None, description="Per line.")
    worst_grade: Whole = Field(2, description="Of lines that name no grade.")
    purpose: Annotated[str, _text(24)] | None = Field(None, description="Of lines that name none; else any free one.")


class DestinationIn(Strict):
    """Where it goes: a depot (transfer orders) or a unit (issue orders)."""

    depot: Annotated[str, _text(12)] = ""
    unit: Annotated[str, _text(35)] = ""


class PlanIn(Strict):
    """What a plan is asked for. `needs` or `requisitions`, or both."""

    name: Annotated[str, _text(120)]
    destination: DestinationIn
    needed_by: wire.Day
    strategy: StrategyName = "nearest-complete"
    rules: RulesIn = RulesIn()
    needs: Annotated[list[NeedIn], Field(max_length=MOST_LINES)] = []
    requisitions: Annotated[list[UUID], Field(max_length=100)] = []


class OrdersIn(Strict):
    """`only_what_is_left`: where stock has moved, order what each pile can still promise. `version`: as it was read."""

    only_what_is_left: bool = Field(False, strict=True)
    version: Annotated[int, Field(strict=True, ge=1, le=2**31 - 1)] | None = None


# --- What goes out ----------------------------------------------------------------------------------------------


class PlanNeedOut(Schema):
    """One line of the list, in the item's base unit."""

    number: int
    item: str
    quantity: str
    grade: int | None
    purpose: str | None
    requisition: str | None


class PlanRowOut(Schema):
    """What one depot gives of one lot to one line, and which rule chose the depot."""

    need: int
    item: str
    depot: str
    lot: str
    expires_on: str | None
    grade: int
    purpose: str
    quantity: str
    there: str = Field(description="What the pile had to promise when it was reckoned.")
    distance_m: int
    why: str = Field(examples=["nearest-complete"])
    among: int = Field(description="A number the rule speaks of: the depot's place by distance, or how many depots.")
    sentence: str


class PlanShortageOut(Schema):
    """What a line lacks, and how much lies in sight that may not be taken, by reason."""

    need: int
    item: str
    missing: str
    reasons: list[list[str]] = Field(description="Pairs of a reason and a quantity.")
    nowhere: str = Field(description="How much of it is in no depot in sight.")


class PlanTotalsOut(Schema):
    """What the plan adds up to; `weightless` items are in no tonnage."""

    tonne_km: str
    tonnes: str
    weightless: list[str]
    depots: int
    splits: int
    short_lines: int


class PlanOrderOut(Schema):
    """One order made of the plan."""

    id: str
    number: str
    depot: str
    kind: str
    status: str


class PlanOut(Schema):
    """A plan as stock stood at `solved_at`."""

    id: str
    name: str
    depot: str | None
    unit: str | None
    needed_by: str
    strategy: str
    state: str = Field(description="optimal, feasible or fallback where a solver was asked, else blank.")
    version: int
    solved_at: str
    expires_at: str
    made_by: str
    needs: list[PlanNeedOut]
    rows: list[PlanRowOut]
    shortages: list[PlanShortageOut]
    totals: PlanTotalsOut
    orders: list[PlanOrderOut]


class PlanHeadOut(Schema):
    """A plan in a list."""

    id: str
    name: str
    depot: str | None
    unit: str | None
    needed_by: str
    strategy: str
    solved_at: str
    is_ordered: bool


class PlanPage(Schema):
    """Plans, the newest first."""

    items: list[PlanHeadOut]
    next: str | None


class PlanOrdersOut(Schema):
    """The orders that were given."""

    orders: list[PlanOrderOut]


# --- Operations -------------------------------------------------------------------------------------------------

_EXAMPLE: Final = {
    "name": "Bổ sung gạo K01",
    "destination": {"depot": "K01"},
    "needed_by": "2027-01-15",
    "strategy": "least-effort",
    "rules": {"min_days_left": 60, "keep_percent": "10", "most_depots": 3},
    "needs": [{"item": "QN-02-0001230", "quantity": "120.000", "unit": "KGM"}],
}


@router.get("/plans", response=PlanPage, summary="Sourcing plans")
def list_plans(request: HttpRequest, query: Query[paging.PageQuery]) -> HttpResponse:
    """The plans all of whose depots you may read, the newest first."""
    found = Plan.objects.visible_to(asker(request)).select_related("to_depot", "to_unit").order_by("-made_at", "-id")
    if (key := paging.after_moment(query.cursor)) is not None:
        made_at, plan_id = key
        found = found.filter(Q(made_at__lt=made_at) | Q(made_at=made_at, pk__lt=plan_id))
    rows = list(found[: query.limit + 1])
    shown, following = rows[: query.limit], None
    if len(rows) > query.limit:
        following = paging.cursor(shown[-1].made_at.isoformat(), str(shown[-1].pk))
    return paging.page(request, [_head(row) for row in shown], following=following)


@router.post(
    "/plans",
    response={201: PlanOut},
    summary="Make a sourcing plan",
    openapi_extra={"requestBody": openapi.body(PlanIn, examples={"plan": _EXAMPLE})},
)
def make_plan(request: HttpRequest) -> HttpResponse:
    """Solve a list on the stock of now and keep the plan. Nothing is promised or moved."""
    by = asker(request)
    access.require(by, Right.PLAN)
    given = exchange.read(request, PlanIn)
    rules = given.rules
    asked = Asked(
        name=given.name,
        depot=given.destination.depot,
        unit=given.destination.unit,
        needed_by_date=given.needed_by,
        strategy=given.strategy,
        min_days_left=rules.min_days_left,
        keep_percent=Decimal(rules.keep_percent),
        keeps_norms=rules.keeps_norms,
        excluded_depots=rules.excluded_depots,
        most_depots=rules.most_depots,
        worst_grade=rules.worst_grade,
        purpose=rules.purpose,
        needs=[
            TypedNeed(item=one.item, quantity=one.quantity, unit=one.unit, grade=one.grade, purpose=one.purpose)
            for one in given.needs
        ],
        requisitions=given.requisitions,
    )
    made = plans.make(asked, by=by, at=timezone.now(), source=exchange.door(request))
    return exchange.answer(_plan(made), 201)


@router.get("/plans/{plan}", response=PlanOut, summary="One sourcing plan")
def get_plan(request: HttpRequest, plan: UUID) -> HttpResponse:
    """A plan with its rows, shortages, totals and the orders made of it."""
    return exchange.answer(_plan(plans.plan_of(asker(request), plan)))


@router.post(
    "/plans/{plan}/orders",
    response={201: PlanOrdersOut},
    summary="Make orders of a plan",
    openapi_extra={"requestBody": openapi.body(OrdersIn, examples={"all": {}, "rest": {"only_what_is_left": True}})},
)
def order_plan(request: HttpRequest, plan: UUID) -> HttpResponse:
    """Look at the stock again and give one order per depot, all or none, each with its stock promised.

    Where stock has moved the refusal's `changes` tell each pile: what was there, what is there now, who took it.
    """
    by = asker(request)
    found = plans.plan_of(by, plan)
    given = exchange.read(request, OrdersIn)
    orders = ordering.give_orders(
        found,
        only_what_is_left=given.only_what_is_left,
        version=given.version,
        by=by,
        at=timezone.now(),
        source=exchange.door(request),
    )
    return exchange.answer({"orders": [_order(order) for order in orders]}, 201)


# --- As documents -----------------------------------------------------------------------------------------------


def _head(plan: Plan) -> dict[str, Any]:
    return {
        "id": str(plan.pk),
        "name": plan.name,
        "depot": plan.to_depot.code if plan.to_depot else None,
        "unit": plan.to_unit.code if plan.to_unit else None,
        "needed_by": plan.needed_by_date.isoformat(),
        "strategy": plan.strategy,
        "solved_at": wire.local(plan.solved_at),
        "is_ordered": plan.ordered_at is not None,
    }


def _plan(plan: Plan) -> dict[str, Any]:
    items = Item.objects.select_related("base_unit").in_bulk({one["item"] for one in plan.needs}, field_name="code")
    totals = told.totals(plan, told.lines_of(plan, items))
    orders = MovementOrder.objects.filter(pk__in=plan.orders).select_related("depot").order_by("number")
    head = {name: value for name, value in _head(plan).items() if name != "is_ordered"}
    return head | {
        "state": plan.state,
        "version": plan.version,
        "expires_at": wire.local(plan.expires_at),
        "made_by": plan.made_by.login,
        "needs": [
            {name: need[name] for name in ("number", "item", "quantity", "grade", "purpose", "requisition")}
            for need in plan.needs
        ],
        "rows": [one | {"sentence": told.why(row)} for one, row in zip(plan.rows, plan.sources, strict=True)],
        "shortages": [
            one | {"nowhere": f"{short.nowhere:f}"} for one, short in zip(plan.shortages, plan.missing, strict=True)
        ],
        "totals": {
            "tonne_km": f"{totals.tonne_km:f}",
            "tonnes": f"{totals.tonnes:f}",
            "weightless": list(totals.weightless),
            "depots": totals.depots,
            "splits": totals.splits,
            "short_lines": totals.short_lines,
        },
        "orders": [_order(order) for order in orders],
    }


def _order(order: MovementOrder) -> dict[str, Any]:
    return {
        "id": str(order.pk),
        "number": order.number,
        "depot": order.depot.code,
        "kind": order.kind,
        "status": order.status,
    }
