"""Requisitions over HTTP: ask, decide, withdraw."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Query, Router

from depots import access
from inventory.requisitions import asking, orders, progress
from inventory.requisitions.asking import Asked, AskedLine, Cut
from inventory.requisitions.models import MovementOrder, Requisition, Status
from inventory.requisitions.schemas import (
    ApprovalIn,
    RequisitionIn,
    RequisitionOut,
    RequisitionPage,
    StatusName,
    WhyIn,
)
from logistics import exchange, openapi, paging, wire
from logistics.accounts.rights import Right
from logistics.accounts.tokens import asker
from logistics.errors import Fault, Invalid

if TYPE_CHECKING:
    from logistics.accounts.models import User

router = Router(tags=["requisitions"])
_PEOPLE: Final = ("unit", "to_depot", "approving_unit", "made_by", "submitted_by", "approved_by", "second_by")
_LINE: Final = {"item": "QN-02-0001230", "quantity": "90"}
_REQUISITION: Final = {
    "id": "5b0c9a52-6f43-4d5d-9f0e-0a4f7b1c2d3e",
    "unit": "G11.05.001",
    "to_depot": "K02",
    "needed_by": "2026-12-01",
    "basis": "KH 12/HC",
    "lines": [_LINE],
}


class RequisitionsQuery(paging.PageQuery):
    """Which requisitions are asked for."""

    status: StatusName | None = None


@router.get("/requisitions", response=RequisitionPage)
def list_requisitions(request: HttpRequest, query: Query[RequisitionsQuery]) -> HttpResponse:
    """List the requisitions you may read, the one changed last first."""
    found = asking.visible_to(asker(request)).select_related(*_PEOPLE).order_by("-changed_at", "-id")
    if query.status is not None:
        found = found.filter(status=query.status)
    if (key := paging.after_moment(query.cursor)) is not None:
        at, name = key
        found = found.filter(Q(changed_at__lt=at) | Q(changed_at=at, pk__lt=name))
    rows = list(found[: query.limit + 1])
    shown, following = rows[: query.limit], None
    if len(rows) > query.limit:
        following = paging.cursor(shown[-1].changed_at.isoformat(), str(shown[-1].pk))
    return paging.page(request, _requisitions(shown), following=following)


@router.get("/requisitions/{uuid:requisition}", response=RequisitionOut)
def get_requisition(request: HttpRequest, requisition: UUID) -> HttpResponse:
    """Read one requisition, line by line."""
    return _requisition(asker(request), requisition)


@router.post(
    "/requisitions",
    response={201: RequisitionOut, 200: RequisitionOut},
    openapi_extra={"requestBody": openapi.body(RequisitionIn, examples={"rice": _REQUISITION})},
)
def ask_for_stock(request: HttpRequest) -> HttpResponse:
    """Ask for stock in a unit's name. A requisition there already under this id is answered 200, as it stands."""
    user = asker(request)
    access.require(user, Right.REQUEST)
    given = exchange.read(request, RequisitionIn)
    name = given.id
    if Requisition.objects.filter(pk=name).exists():
        return _requisition(user, name)
    asked = Asked(
        unit=given.unit,
        to_depot=given.to_depot,
        purpose=given.purpose,
        needed_by_date=given.needed_by,
        basis=given.basis,
        reason=given.reason,
        lines=[
            AskedLine(item=line.item, quantity=Decimal(line.quantity), unit=line.unit, grade=line.grade, note=line.note)
            for line in given.lines
        ],
    )
    now, door = timezone.now(), exchange.door(request)
    # Whole or not at all: a retry is answered with what is there, and would leave a draft that was to be submitted.
    with transaction.atomic():
        kept = asking.save(name, asked, version=0, by=user, at=now, source=door)
        if given.submit:
            asking.submit(name, version=kept.version, by=user, at=now, source=door)
    return _requisition(user, name, status=201)


@router.post(
    "/requisitions/{uuid:requisition}/approval",
    response=RequisitionOut,
    openapi_extra={
        "requestBody": openapi.body(
            ApprovalIn,
            examples={
                "in-full": {},
                "cut": {"cuts": [{"line_no": 1, "approved": "70", "reason": "Vượt tiêu chuẩn"}], "version": 2},
            },
        )
    },
)
def approve_requisition(request: HttpRequest, requisition: UUID) -> HttpResponse:
    """Approve a submitted requisition, in full or cut. Ring-fenced stock waits for a second approver."""
    user = asker(request)
    asking.requisition_of(user, requisition)
    given = exchange.read(request, ApprovalIn)
    numbers = [one.line_no for one in given.cuts]
    if twice := [index for index, number in enumerate(numbers) if number in numbers[:index]]:
        text = _("This line is cut twice: say once how much of it is approved.")
        raise Invalid([Fault(f"/cuts/{index}/line_no", "repeated-item", text) for index in twice])
    cuts = {one.line_no: Cut(quantity=Decimal(one.approved), reason=one.reason) for one in given.cuts}
    asking.approve(
        requisition, cuts=cuts, version=given.version, by=user, at=timezone.now(), source=exchange.door(request)
    )
    return _requisition(user, requisition)


@router.post(
    "/requisitions/{uuid:requisition}/rejection",
    response=RequisitionOut,
    openapi_extra={"requestBody": openapi.body(WhyIn, examples={"why": {"reason": "Thiếu căn cứ"}})},
)
def reject_requisition(request: HttpRequest, requisition: UUID) -> HttpResponse:
    """Send a submitted requisition back to the asking unit, saying why."""
    user = asker(request)
    asking.requisition_of(user, requisition)
    given = exchange.read(request, WhyIn)
    asking.reject(
        requisition, reason=given.reason, version=None, by=user, at=timezone.now(), source=exchange.door(request)
    )
    return _requisition(user, requisition)


@router.post(
    "/requisitions/{uuid:requisition}/cancellation",
    response=RequisitionOut,
    openapi_extra={"requestBody": openapi.body(WhyIn, examples={"why": {"reason": "Không cần nữa"}})},
)
def cancel_requisition(request: HttpRequest, requisition: UUID) -> HttpResponse:
    """Withdraw a requisition of which nothing is promised yet."""
    user = asker(request)
    asking.requisition_of(user, requisition)
    given = exchange.read(request, WhyIn)
    asking.cancel(requisition, reason=given.reason, by=user, at=timezone.now(), source=exchange.door(request))
    return _requisition(user, requisition)


# --- As documents -----------------------------------------------------------------------------------------------


def _requisition(user: User, name: UUID, *, status: int = 200) -> HttpResponse:
    (document,) = _requisitions([asking.requisition_of(user, name)])
    return exchange.answer(document, status)


def _requisitions(found: list[Requisition]) -> list[dict[str, Any]]:
    lines = progress.standings(found)
    serving: dict[str, list[str]] = {}
    bases = [f"{orders.REQUISITION}{one.pk}" for one in found]
    for basis, number in (
        MovementOrder.objects.filter(basis__in=bases).order_by("number").values_list("basis", "number")
    ):
        serving.setdefault(basis, []).append(number)
    return [
        {
            "id": str(one.pk),
            "number": one.number,
            "status": Status(one.status).value,
            "version": one.version,
            "unit": one.unit.code,
            "to_depot": one.to_depot.code if one.to_depot else None,
            "purpose": one.purpose_id,
            "needed_by": wire.iso(one.needed_by_date),
            "basis": one.basis,
            "reason": one.reason,
            "approving_unit": one.approving_unit.code if one.approving_unit else None,
            "needs_second": one.needs_second,
            "made_by": one.made_by.login,
            "made_at": wire.local(one.made_at),
            "submitted_by": _login(one.submitted_by),
            "approved_by": _login(one.approved_by),
            "second_by": _login(one.second_by),
            "decision_reason": one.decision_reason,
            "closed_at": None if one.closed_at is None else wire.local(one.closed_at),
            "lines": [line.document() for line in lines[one.pk]],
            "orders": serving.get(f"{orders.REQUISITION}{one.pk}", []),
        }
        for one in found
    ]


def _login(user: User | None) -> str | None:
    return None if user is None else user.login
