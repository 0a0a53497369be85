"""From a plan to orders: stock checked anew, one order per depot, all of them or none; and how far they have come."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid5

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from inventory.ledger.models import ConsignmentLine, Kind, Movement
from inventory.requisitions import orders
from inventory.requisitions.models import MovementOrder
from inventory.requisitions.orders import PLAN, REQUISITION, OrderDraft, OrderDraftLine
from inventory.sourcing.changes import Changed, changed_since
from inventory.sourcing.models import Plan
from inventory.sourcing.plans import locked
from inventory.vouchers.models import Voucher
from logistics import history
from logistics.errors import Conflict, gettext_noop
from logistics.fields import format_moment

if TYPE_CHECKING:
    from logistics.accounts.models import User


class StockMoved(Conflict):
    """Some piles hold less than the plan takes; `changes` tells each: what was there, what is now, who took it."""

    slug = "plan-stock-moved"
    title = gettext_noop("Stock has moved since the plan was solved")

    def __init__(self, changes: list[Changed]) -> None:
        short = [one for one in changes if one.is_short]
        text = ngettext(
            "%(count)s pile holds less than the plan takes: %(first)s. Solve again, or order what is still there.",
            "%(count)s piles hold less than the plan takes: %(first)s. Solve again, or order what is still there.",
            len(short),
        )
        super().__init__(
            text % {"count": len(short), "first": "; ".join(one.sentence() for one in short[:3])},
            changes=[one.document() for one in changes],
        )
        self.changes = changes


class PlanNotOrderable(Conflict):
    """Nothing can be ordered by the plan: it is too old, or no depot gives anything."""

    slug = "plan-not-orderable"
    title = gettext_noop("Nothing can be ordered by this plan")


@transaction.atomic
def give_orders(
    plan: Plan, *, only_what_is_left: bool = False, version: int | None, by: User, at: datetime, source: history.Source
) -> list[MovementOrder]:
    """Make one order per depot of a plan (and per requisition it serves), with the stock promised; return them.

    A plan to a depot gives transfer orders, one to a unit issue orders. With `only_what_is_left` each row is cut to
    what its pile can still promise. All orders are given or none; afterwards the plan stays as it is.

    Raises, with nothing written:
        Forbidden, NotFound: a depot is none the asker plans for.
        PlanOrdered, PlanMoved, PlanNotOrderable.
        StockMoved: a pile holds less than the plan takes, and all of it was asked for.
        InsufficientStock: the same happened between the check and the promise.
    """
    held = locked(plan, version, by=by)
    if held.expires_at <= at:
        text = _("This plan was valid until %(moment)s: solve it again, stock has moved since.")
        raise PlanNotOrderable(text % {"moment": format_moment(held.expires_at)})
    changes = changed_since(held, by=by, at=at)
    if not only_what_is_left and any(one.is_short for one in changes):
        raise StockMoved(changes)
    drafts = list(_drafts(held, changes))
    if not drafts:
        raise PlanNotOrderable(_("No depot of this plan has anything to give now. Solve it again."))
    given = orders.give(drafts, by=by, at=at, source=source)
    held.orders = [order.pk for order in given]
    held.ordered_by, held.ordered_at = by, at
    held.version += 1
    with history.changing(by=by, reason=_("Orders given"), source=source):
        held.save()
    return given


def _drafts(plan: Plan, changes: Iterable[Changed]) -> Iterable[OrderDraft]:
    left = {(one.item, one.depot, one.lot, one.grade, one.purpose): one.now for one in changes}
    serving = {need["number"]: need for need in plan.needs}
    lines: dict[tuple[str, str], list[OrderDraftLine]] = defaultdict(list)
    for row in plan.sources:
        quantity = min(row.quantity, left.get(row.key, row.quantity))
        if row.key in left:
            left[row.key] -= quantity
        if quantity <= 0:
            continue
        need = serving[row.need]
        lines[row.depot, need["requisition"] or ""].append(
            OrderDraftLine(
                item=row.item,
                quantity=quantity,
                lot=row.lot or None,
                grade=row.grade,
                purpose=row.purpose,
                requisition_line=need["requisition_line"],
            )
        )
    for (depot, requisition), of_depot in lines.items():
        yield OrderDraft(
            id=uuid5(plan.id, f"{depot}/{requisition}"),
            depot=depot,
            lines=of_depot,
            basis=f"{REQUISITION}{requisition}" if requisition else f"{PLAN}{plan.id}",
            needed_by_date=plan.needed_by_date,
            to_depot=plan.to_depot.code if plan.to_depot else "",
            to_unit=plan.to_unit.code if plan.to_unit else "",
            reason=_("Plan “%(name)s”") % {"name": plan.name},
        )


# --- How far they have come -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """One order of a plan with what became of it: movements it led to, lines done, on the road, received."""

    order: MovementOrder
    lines: int
    done_lines: int
    movements: tuple[Movement, ...]
    on_road_lines: int
    received_lines: int


def followed(plan: Plan) -> list[Followed]:
    """Return the orders of a plan through to their receipt, by number; a fixed number of queries."""
    people = ("depot", "to_depot", "to_unit")
    found = MovementOrder.objects.filter(pk__in=plan.orders).select_related(*people).prefetch_related("lines")
    moved = _movements(plan.orders)
    places = Q()
    for movements in moved.values():
        for movement in movements:
            places |= Q(depot=movement.depot_id, position=movement.position)
    road: dict[tuple[int, int], list[ConsignmentLine]] = defaultdict(list)
    if places:
        for line in ConsignmentLine.objects.filter(places):
            road[line.depot_id, line.position].append(line)
    told = []
    for order in found.order_by("number"):
        movements = moved.get(order.pk, [])
        lines = [line for movement in movements for line in road[movement.depot_id, movement.position]]
        told.append(
            Followed(
                order=order,
                lines=len(order.lines.all()),
                done_lines=sum(line.done >= line.quantity for line in order.lines.all()),
                movements=tuple(movements),
                on_road_lines=sum(line.in_transit > 0 for line in lines),
                received_lines=sum(line.in_transit <= 0 and line.sent > 0 for line in lines),
            )
        )
    return told


def _movements(order_ids: Iterable[UUID]) -> dict[UUID, list[Movement]]:
    """Return what was posted by orders' vouchers, in the order of the logs."""
    vouchers: Any = Voucher.objects.filter(movement_order__in=list(order_ids), position__isnull=False)
    of_place = {(one.depot_id, one.position): one.movement_order for one in vouchers}
    places = Q()
    for depot, position in of_place:
        places |= Q(depot=depot, position=position)
    found: dict[UUID, list[Movement]] = defaultdict(list)
    if places:
        kinds = (Kind.ISSUE, Kind.TRANSFER_OUT)
        for movement in Movement.objects.filter(places, kind__in=kinds).select_related("depot").order_by("pk"):
            found[of_place[movement.depot_id, movement.position]].append(movement)
    return found
