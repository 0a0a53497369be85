"""Movement orders: given with their stock promised, cancelled, lapsed; and which of them a person may see.

An order's row is locked before the logs of depots (and the requisition it serves before the order's), by whoever
works on it: so nobody waits in a circle.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from depots import access
from depots.models import Depot, OrganisationUnit
from inventory.catalogue.models import Item, Lot
from inventory.ledger import allocations
from inventory.ledger.allocations import Promise
from inventory.ledger.drafts import DraftLine
from inventory.requisitions import progress
from inventory.requisitions.models import (
    RUNNING,
    MovementOrder,
    OrderLine,
    OrderStatus,
    Requisition,
    RequisitionLine,
)
from inventory.requisitions.ring_fence import refuse_unapproved
from inventory.vouchers import branches
from logistics import history, sql
from logistics.accounts.models import User
from logistics.accounts.rights import Right
from logistics.errors import Conflict, Fault, Invalid, NotFound, gettext_noop

LETTERS: Final = "LD"
TRAINING_LETTERS: Final = "LDT"  # exercise depots: their papers leave no gap among the real ones
REQUISITION: Final = "requisition:"
PLAN: Final = "plan:"


class OrderEnded(Conflict):
    """The order is done, cancelled or lapsed: nothing is promised to it any more."""

    slug = "order-ended"
    title = gettext_noop("The order has ended")


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderDraftLine:
    """One item to be ordered, in its base unit; `lot` None: first expired, first out. `lot` "" as None."""

    item: str
    quantity: Decimal
    lot: str | None = None
    bin: str = ""
    grade: int = 1
    purpose: str = "THUONG_XUYEN"
    requisition_line: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderDraft:
    """One order as asked for, in business codes. `id` makes asking twice harmless.

    `to_depot` makes it a transfer, else it is an issue to `to_unit`. `expires_at` None: `lapses_at` says when.
    """

    depot: str
    lines: Sequence[OrderDraftLine]
    basis: str
    needed_by_date: date
    to_depot: str = ""
    to_unit: str = ""
    reason: str = ""
    expires_at: datetime | None = None
    id: UUID = field(default_factory=uuid.uuid4)

    @property
    def kind(self) -> str:
        """What the depot is told to do."""
        return MovementOrder.Kind.TRANSFER_OUT if self.to_depot else MovementOrder.Kind.ISSUE


def lapses_at(needed_by: date, *, at: datetime) -> datetime:
    """Return when a promise lapses unless said otherwise: ORDER_VALID_DAYS after the day it is needed, or after now."""
    day = max(needed_by, timezone.localdate(at)) + timedelta(days=settings.ORDER_VALID_DAYS)
    return timezone.make_aware(datetime.combine(day, time.min))


# --- Reading ----------------------------------------------------------------------------------------------------


def visible_to(user: User) -> QuerySet[MovementOrder]:
    """Return the orders a person may read: of and to depots whose books they read, and those they gave."""
    mine = access.depot_ids(user)
    return MovementOrder.objects.filter(Q(depot__in=mine) | Q(to_depot__in=access.depot_ids(user)) | Q(given_by=user))


def order_of(user: User, order_id: UUID) -> MovementOrder:
    """Return one order with the names it bears. Raises NotFound where the user may not know of it."""
    people = ("depot", "to_depot", "to_unit", "given_by", "ended_by")
    found = visible_to(user).select_related(*people).filter(pk=order_id).first()
    if found is None:
        raise NotFound(_("There is no order %(id)s in your scope.") % {"id": str(order_id)})
    return found


# --- Giving -----------------------------------------------------------------------------------------------------


@transaction.atomic
def give(
    drafts: Sequence[OrderDraft], *, by: User, at: datetime, source: history.Source = history.Source.WEB
) -> list[MovementOrder]:
    """Give orders to any number of depots and promise them their stock, all or nothing; return them in order.

    Holds on return: each order's lines are covered by open allocations under `str(order.id)`, and in no pile more is
    promised than is there. The depots' logs were locked in the order of their ids. Orders given before (same ids)
    are returned as they stand.

    Raises, with nothing written:
        NotFound, Forbidden: a depot is none the giver may plan for, or an item of a branch that is not theirs.
        Invalid: a code is unknown, a quantity impossible, a place missing, or a line is none of the requisition's it
            serves; every fault is listed.
        RingFenced: stock under a ring-fenced purpose, but for what two approvers agreed to.
        InsufficientStock: less is free; `shortages` names depot, item, what is there and who holds the rest.
    """
    if not drafts:
        raise Invalid([Fault("/orders", "orders-required", _("Give at least one order."))])
    ids = [draft.id for draft in drafts]
    if repeated := [index for index, name in enumerate(ids) if name in ids[:index]]:
        text = _("Two of these orders have the same id: give each its own.")
        raise Invalid([Fault(f"/orders/{index}/id", "repeated-id", text) for index in repeated])
    there = MovementOrder.objects.select_related("depot").in_bulk(ids)
    if there:
        # Whoever knows an order's id learns no more of it than whoever may give it.
        for code in sorted({order.depot.code for order in there.values()}):
            access.depot_for_planning(by, code)
        if len(there) != len(drafts):
            text = _("Some of these orders were given before, some were not: give the new ones ids of their own.")
            raise Invalid([Fault("/orders", "repeated-id", text)])
        return [there[draft.id] for draft in drafts]
    serving = _lock_requisitions(drafts)
    places = {code: access.depot_for_planning(by, code) for code in sorted({draft.depot for draft in drafts})}
    names = _Names.of(drafts)
    faults = list(names.faults(drafts))
    if faults:
        raise Invalid(faults)
    for index, draft in enumerate(drafts):
        asked = [(f"/orders/{index}/lines/{number}/item", line.item) for number, line in enumerate(draft.lines)]
        branches.refuse(branches.outside(places[draft.depot].supply_classes, asked))
    for draft in drafts:
        refuse_unapproved(
            {line.purpose for line in draft.lines},
            serving.get(draft.basis),
            goes_to=(draft.to_depot, draft.to_unit),
        )
    numbers: dict[str, str] = {}
    year = timezone.localdate(at).year

    def numbered(promise: Promise) -> str:
        letters = TRAINING_LETTERS if names.depots[promise.depot].is_exercise else LETTERS
        ((last,),) = sql.rows("requisitions/next_number", {"letters": letters, "year": year})
        numbers[promise.reference] = f"{letters}-{year}-{last:05d}"
        return numbers[promise.reference]

    promises = [
        Promise(
            depot=draft.depot,
            reference=str(draft.id),
            lines=[
                DraftLine(
                    item=line.item,
                    quantity=line.quantity,
                    lot=line.lot or None,
                    bin=line.bin,
                    grade=line.grade,
                    purpose=line.purpose,
                )
                for line in draft.lines
            ],
        )
        for draft in drafts
    ]
    allocations.promise(promises, by=by, at=at, document=numbered)
    made = [_made(draft, numbers[str(draft.id)], names, by=by, at=at, source=source) for draft in drafts]
    for requisition in serving.values():
        progress.recount(requisition, _("Stock promised"), by=by, at=at, source=source)
    return made


def _lock_requisitions(drafts: Sequence[OrderDraft]) -> dict[str, Requisition]:
    """Return by basis the requisitions the drafts serve, locked in one order, and refuse more than is open."""
    wanted = sorted({draft.basis for draft in drafts if draft.basis.startswith(REQUISITION)})
    found: dict[str, Requisition] = {}
    for basis in wanted:
        locked = Requisition.objects.select_for_update().filter(pk=basis.removeprefix(REQUISITION)).first()
        if locked is None:
            raise NotFound(_("There is no requisition %(id)s.") % {"id": basis.removeprefix(REQUISITION)})
        found[basis] = locked
        lines = {
            f"/orders/{index}/lines/{number}": line
            for index, draft in enumerate(drafts)
            if draft.basis == basis
            for number, line in enumerate(draft.lines)
        }
        _refuse_beyond(locked, lines)
    return found


def _refuse_beyond(requisition: Requisition, lines: Mapping[str, OrderDraftLine]) -> None:
    """Refuse lines, by where they stand, that serve no line of a requisition, other goods, or more than is open."""
    if requisition.status not in progress.OPEN_TO_PROMISES:
        text = _("Requisition %(number)s stands at “%(status)s”: only an approved one is given stock.")
        names = {"number": str(requisition), "status": requisition.get_status_display()}
        raise OrderEnded(text % names)
    standing = {line.pk: line for line in progress.lines_of(requisition)}
    left = {key: line.open for key, line in standing.items()}
    faults = []
    for here, line in lines.items():
        serves = None if line.requisition_line is None else standing.get(line.requisition_line)
        if serves is None:
            text = _("Say which line of requisition %(number)s it serves.") % {"number": str(requisition)}
            faults.append(Fault(f"{here}/requisition_line", "required", text))
        elif (line.item, line.grade) != (serves.item, serves.grade):
            text = _("Line %(line)s of %(number)s asks for %(item)s of grade %(grade)s: order that, or nothing for it.")
            names = {"line": str(serves.line_no), "number": str(requisition), "item": serves.item}
            names["grade"] = str(serves.grade)
            faults.append(Fault(f"{here}/item", "not-as-asked", text % names))
        elif line.quantity > left[serves.pk]:
            text = _("Line %(line)s of %(number)s has only %(open)s left to be promised. Promise at most that.")
            names = {"line": str(serves.line_no), "number": str(requisition), "open": progress.told(serves.open)}
            faults.append(Fault(f"{here}/quantity", "above-open", text % names))
        else:
            left[serves.pk] -= line.quantity
    if faults:
        raise Invalid(faults)


@dataclass(frozen=True, slots=True)
class _Names:
    """The rows that drafts name by code."""

    depots: dict[str, Depot]
    units: dict[str, OrganisationUnit]
    items: dict[str, Item]
    lots: dict[tuple[str, str, bool], Lot]
    lines: dict[int, RequisitionLine]

    @classmethod
    def of(cls, drafts: Sequence[OrderDraft]) -> _Names:
        lines = [line for draft in drafts for line in draft.lines]
        depots = {draft.depot for draft in drafts} | {draft.to_depot for draft in drafts if draft.to_depot}
        lots = Lot.objects.filter(
            item__code__in={line.item for line in lines}, code__in={line.lot for line in lines if line.lot}
        ).select_related("item")
        return cls(
            {depot.code: depot for depot in Depot.objects.filter(code__in=depots)},
            {unit.code: unit for unit in OrganisationUnit.objects.filter(code__in={one.to_unit for one in drafts})},
            {item.code: item for item in Item.objects.filter(code__in={line.item for line in lines})},
            {(lot.item.code, lot.code, lot.is_exercise): lot for lot in lots},
            RequisitionLine.objects.in_bulk([line.requisition_line for line in lines if line.requisition_line]),
        )

    def faults(self, drafts: Sequence[OrderDraft]) -> Iterator[Fault]:
        """Yield what is wrong with where the drafts send goods; what they take, the ledger judges."""
        for index, draft in enumerate(drafts):
            here = f"/orders/{index}"
            target = self.depots.get(draft.to_depot)
            if draft.to_depot and target is None:
                text = _("There is no depot %(code)s.") % {"code": draft.to_depot[:40]}
                yield Fault(f"{here}/to_depot", "unknown-depot", text)
            elif draft.to_depot == draft.depot:
                text = _("A transfer goes to another depot; within one it is a relocation.")
                yield Fault(f"{here}/to_depot", "to-depot", text)
            elif target is not None and target.is_exercise != self.depots[draft.depot].is_exercise:
                text = _("Exercise depots and real depots send each other nothing: choose another depot.")
                yield Fault(f"{here}/to_depot", "exercise-depot", text)
            if draft.to_unit and draft.to_unit not in self.units:
                text = _("There is no unit %(code)s.") % {"code": draft.to_unit[:40]}
                yield Fault(f"{here}/to_unit", "unknown-organisation-unit", text)
            if not draft.to_depot and not draft.to_unit:
                text = _("An order says where its goods go: name a depot or a unit.")
                yield Fault(f"{here}/to_unit", "required", text)
            if not draft.lines:
                yield Fault(f"{here}/lines", "lines-required", _("An order has at least one line."))


def _made(
    draft: OrderDraft, number: str, names: _Names, *, by: User, at: datetime, source: history.Source
) -> MovementOrder:
    depot = names.depots[draft.depot]
    order = MovementOrder(
        id=draft.id,
        number=number,
        kind=draft.kind,
        depot=depot,
        to_depot=names.depots.get(draft.to_depot),
        to_unit=names.units.get(draft.to_unit),
        basis=draft.basis,
        reason=draft.reason[:300],
        needed_by_date=draft.needed_by_date,
        expires_at=draft.expires_at or lapses_at(draft.needed_by_date, at=at),
        given_by=by,
        given_at=at,
    )
    with history.changing(by=by, reason=_("Order given"), source=source):
        order.save(force_insert=True)
    OrderLine.objects.bulk_create(
        OrderLine(
            order=order,
            line_no=number,
            item=names.items[line.item],
            lot=names.lots[line.item, line.lot, depot.is_exercise] if line.lot else None,
            grade_id=line.grade,
            purpose_id=line.purpose,
            quantity=line.quantity,
            requisition_line_id=line.requisition_line,
        )
        for number, line in enumerate(draft.lines, start=1)
    )
    return order


# --- Ending -----------------------------------------------------------------------------------------------------


def lock(order_id: UUID) -> MovementOrder | None:
    """Return an order locked until the transaction ends, the requisition it serves locked before it."""
    basis = MovementOrder.objects.filter(pk=order_id).values_list("basis", flat=True).first()
    if basis is None:
        return None
    if basis.startswith(REQUISITION):
        Requisition.objects.select_for_update().filter(pk=basis.removeprefix(REQUISITION)).first()
    return MovementOrder.objects.select_related("depot").select_for_update(of=("self",)).get(pk=order_id)


@transaction.atomic
def cancel(
    order: MovementOrder, *, reason: str, by: User, at: datetime, source: history.Source = history.Source.WEB
) -> MovementOrder:
    """End an order and free what is still promised to it; what was done stays done. Return it.

    What it leaves undone is open again in the requisition it serves. Cancelling it again is harmless.

    Raises:
        NotFound, Forbidden: its depot is none the asker may plan for.
        OrderEnded: it is done or lapsed.
        Invalid: no reason is given, or one that is too long.
    """
    access.depot_for_planning(by, order.depot.code)
    why = history.said(reason)
    held = lock(order.pk)
    assert held is not None, "orders are never deleted"
    if held.status == OrderStatus.CANCELLED:
        return held
    if not held.is_running:
        text = _("Order %(number)s stands at “%(status)s”: nothing is promised to it any more.")
        raise OrderEnded(text % {"number": held.number, "status": held.get_status_display()})
    _end(held, OrderStatus.CANCELLED, why, by=by, at=at, source=source)
    return held


def expire(*, at: datetime) -> list[MovementOrder]:
    """End every order whose promise has lapsed by `at`, each in a transaction of its own; return them.

    What lapsed is free again at once; a draft voucher made from such an order can no longer be posted.
    """
    by = User.objects.for_commands()
    ended = []
    lapsed = MovementOrder.objects.filter(status__in=RUNNING, expires_at__lte=at).order_by("expires_at", "pk")
    for order_id in list(lapsed.values_list("pk", flat=True)):
        with transaction.atomic():
            order = lock(order_id)
            if order is None or not order.is_running or order.expires_at > at:
                continue
            _end(order, OrderStatus.EXPIRED, _("Its promise lapsed"), by=by, at=at, source=history.Source.COMMAND)
            ended.append(order)
    return ended


def _end(
    order: MovementOrder, status: OrderStatus, reason: str, *, by: User, at: datetime, source: history.Source
) -> None:
    allocations.release(order.depot.code, str(order.pk), by=by, at=at)
    order.status, order.ended_by, order.ended_at, order.end_reason = status, by, at, reason
    with history.changing(by=by, reason=reason, source=source):
        order.save()
    if order.basis.startswith(REQUISITION):
        requisition = Requisition.objects.get(pk=order.basis.removeprefix(REQUISITION))
        progress.recount(
            requisition, _("Promise of %(order)s ended") % {"order": order.number}, by=by, at=at, source=source
        )


def running_of(requisition: Requisition) -> QuerySet[MovementOrder]:
    """Return the orders that hold stock for a requisition."""
    return MovementOrder.objects.filter(basis=f"{REQUISITION}{requisition.pk}", status__in=RUNNING)


def waiting_in(depot_ids: Any) -> QuerySet[MovementOrder]:
    """Return the orders some depots still have to carry out, the one needed first first."""
    return MovementOrder.objects.filter(depot__in=depot_ids, status__in=RUNNING).order_by("needed_by_date", "number")


def plannable(user: User) -> set[int]:
    """Return the depots to which a person may give orders; one query."""
    return set(access.scope(user, Right.PLAN))
