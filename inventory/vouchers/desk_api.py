"""Vouchers over HTTP: what the clerks' pages call, and programs that want their movements approved."""

from __future__ import annotations

from typing import Annotated, Final, Literal
from uuid import UUID

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Query, Router, Schema
from pydantic import Field, StringConstraints

from depots import access
from depots.access import DepotAccess
from inventory.vouchers import review, standing, workflow
from inventory.vouchers.content import VoucherIn, VoucherKind
from inventory.vouchers.models import Voucher
from inventory.vouchers.policies import policies_of
from inventory.vouchers.schemas import Strict
from logistics import exchange, openapi, paging, wire
from logistics.accounts.tokens import asker
from logistics.errors import Fault, Invalid

router = Router(tags=["vouchers"])
StatusName = Literal["draft", "submitted", "approved", "posted", "rejected", "cancelled"]


# --- What comes in ----------------------------------------------------------------------------------------------


class DecisionIn(Strict):
    """A decision on a voucher. `version` is the one that was looked at; left out, whatever it says is meant."""

    version: Annotated[int, Field(strict=True, ge=1, le=2**31 - 1)] | None = None


class ReasonIn(DecisionIn):
    """A decision that says why."""

    reason: Annotated[str, StringConstraints(strict=True, max_length=1000)]


def _read_voucher(request: HttpRequest, place: DepotAccess, voucher_id: UUID | None) -> VoucherIn:
    """Return the body as a voucher of this address. Raises UnsupportedMedia, BadRequest, Invalid."""
    given = exchange.read(request, VoucherIn)
    text = _("This is not what the address says.")
    faults = []
    if given.depot not in {None, "", place.code}:
        faults.append(Fault("/depot", "differs", text))
    if voucher_id is not None and (given.id or str(voucher_id)).lower() != str(voucher_id):
        faults.append(Fault("/id", "differs", text))
    if faults:
        raise Invalid(faults)
    return given


# --- What goes out ----------------------------------------------------------------------------------------------


class VoucherLineOut(Schema):
    """One line as it is kept: members that are not filled in are left out."""

    id: str
    item: str | None = None
    lot: str | None = None
    expires_on: str | None = None
    bin: str | None = None
    grade: int | None = None
    purpose: str | None = None
    quantity: str | None = None
    unit: str | None = None
    unit_price: str | None = None
    scheduled_quantity: str | None = None
    to_bin: str | None = None
    to_grade: int | None = None
    to_purpose: str | None = None
    reason: str | None = None
    temperature: str | None = None
    density: str | None = None
    typed: dict[str, str] | None = None


class MovementName(Schema):
    """The movement a voucher became."""

    position: int
    number: str


class VoucherOut(Schema):
    """A voucher as it stands."""

    id: str
    depot: str
    kind: str
    status: StatusName
    version: int
    occurred_at: str
    counterparty: str
    order_number: str
    order_date: str
    reason: str
    to_depot: str
    consignment: str
    vehicle: str = Field(description="What carries it, with its plate: printed, not posted.")
    source_documents: str = Field(description="How many papers go with it, and which: printed, not posted.")
    reverses: int | None
    reverse_lines: list[int] | None
    typed: dict[str, str]
    lines: list[VoucherLineOut]
    acknowledged: list[str]
    movement_order: str | None = Field(description="The order it was made from: it takes what was promised to that.")
    out_of_order: list[str] = Field(description="Lines that leave earlier-expiring goods behind; each says why.")
    made_by: str
    made_at: str
    changed_by: str
    changed_at: str
    submitted_by: str | None
    submitted_at: str | None
    decided_by: str | None
    decided_at: str | None
    decision_reason: str
    needs_second: bool = Field(
        description="It takes from a ring-fenced reserve: two approve it. Submitted with `decided_by`: one has."
    )
    seconded_by: str | None
    seconded_at: str | None
    movement: MovementName | None
    needs_approval: bool


class VoucherPage(Schema):
    """Vouchers, the one changed last first."""

    items: list[VoucherOut]
    next: str | None


class FaultOut(Schema):
    """One thing wrong; `line` is the line's id, null for the header."""

    pointer: str
    line: str | None
    member: str
    code: str
    detail: str


class WarningOut(Schema):
    """One thing to look at twice."""

    line: str | None
    member: str
    code: str
    detail: str
    link: str | None


class PartOut(Schema):
    """A line's share of one pile, in base units."""

    item: str
    lot: str
    expires_on: str | None
    bin: str
    grade: int
    purpose: str
    there: str = Field(description="What the pile holds before this line.")
    change: str
    on_hand_after: str
    unit: str


class SkippedOut(Schema):
    """A pile the line passes over."""

    lot: str
    expires_on: str | None
    bin: str
    grade: int
    purpose: str
    quantity: str
    why: Literal[
        "expired", "on-hold", "awaiting-disposal", "ring-fenced", "other-purpose", "other-grade", "other-bin",
        "other-lot", "promised", "passed-over",
    ]  # fmt: skip


class WeighedFuelOut(Schema):
    """What a reading of a liquid fuel comes to at 15 °C."""

    density_15: str = Field(description="kg/m³ at 15 °C.", examples=["839.8"])
    factor: str = Field(description="Litres at 15 °C of one litre observed.", examples=["0.98559"])
    litres: str = Field(description="As observed; of a line in kg what they are at that temperature.")
    litres_15: str = Field(examples=["9855.900"])
    kg: str = Field(examples=["8276.985"])
    conversion: str = Field(examples=["API-11.1-1980/B/hydrometer"])


class WeighedLineOut(Schema):
    """What one line comes to. For a reversal `line` is the number of the line undone."""

    line: str
    parts: list[PartOut]
    fuel: WeighedFuelOut | None = Field(None, description="Of a measured line of liquid fuel: what it comes to.")
    skipped: list[SkippedOut]
    sentence: str
    short: str | None = Field(description="How much is missing, in base units.")
    is_first_expired: bool


class TotalsOut(Schema):
    """The whole voucher. `value` counts đồng, over the lines with a price."""

    lines: int
    value: str | None


class WeighedOut(Schema):
    """What a voucher would come to if it were posted now."""

    faults: list[FaultOut]
    warnings: list[WarningOut]
    lines: list[WeighedLineOut]
    totals: TotalsOut
    needs_approval: bool
    needs_second: bool = Field(description="It takes from a ring-fenced reserve: two people have to approve it.")
    posts_on_approval: bool
    signers: list[str]


_EXAMPLE: Final = {
    "id": "0197b9a0-5c1e-7d33-8f0a-3b8a5e0f2c11",
    "kind": "receipt",
    "version": 0,
    "occurred_at": "2026-11-20T08:00:00+07:00",
    "counterparty": "Công ty Lương thực mẫu",
    "order_number": "12/LNK",
    "order_date": "2026-11-19",
    "vehicle": "TM-12-34",
    "source_documents": "02",
    "lines": [
        {
            "id": "l1",
            "item": "QN-02-0001230",
            "lot": "L25-01",
            "expires_on": "2028-06-30",
            "bin": "A-01",
            "quantity": "120.000",
            "unit": "KGM",
        }
    ],
}
_ISSUE: Final = {
    "kind": "issue",
    "version": 0,
    "occurred_at": "2026-11-21T08:00:00+07:00",
    "counterparty": "Tiểu đoàn 1",
    "lines": [{"id": "l1", "item": "QN-02-0001230", "quantity": "20"}],
}
_REVERSAL: Final = {
    "kind": "reversal",
    "version": 0,
    "occurred_at": "2026-11-22T08:00:00+07:00",
    "reason": "Ghi nhầm số lượng",
    "reverses": 17,
    "reverse_lines": None,
}
_EXAMPLES: Final = {"receipt": _EXAMPLE, "issue": _ISSUE, "reversal": _REVERSAL}


# --- Operations -------------------------------------------------------------------------------------------------


@router.post(
    "/depots/{depot}/vouchers:weigh",
    response=WeighedOut,
    openapi_extra={"requestBody": openapi.body(VoucherIn, examples=_EXAMPLES)},
)
def weigh_voucher(request: HttpRequest, depot: str) -> HttpResponse:
    """Say what a voucher would come to and everything that is wrong with it; write nothing."""
    place = access.depot_for_posting(asker(request), depot)
    given = _read_voucher(request, place, None)
    try:
        voucher_id = UUID(given.id) if given.id else None
    except ValueError as error:
        raise Invalid([wire.no_id("/id")]) from error
    judged = review.judge(given.content(), voucher_id=voucher_id, place=place, by=asker(request), at=timezone.now())
    return exchange.answer(judged.document())


class VouchersQuery(paging.PageQuery):
    """Which vouchers are asked for."""

    status: StatusName | None = None
    kind: VoucherKind | None = None


@router.get("/depots/{depot}/vouchers", response=VoucherPage)
def list_vouchers(request: HttpRequest, depot: str, query: Query[VouchersQuery]) -> HttpResponse:
    """List a depot's vouchers, the one changed last first."""
    place = access.depot_for_reading(asker(request), depot)
    people = ("depot", *standing.PEOPLE)
    chosen = Voucher.objects.select_related(*people).filter(depot=place.id).order_by("-changed_at", "-id")
    if query.status is not None:
        chosen = chosen.filter(status=query.status)
    if query.kind is not None:
        chosen = chosen.filter(kind=query.kind)
    if (key := paging.after_moment(query.cursor)) is not None:
        changed_at, last_id = key
        chosen = chosen.filter(Q(changed_at__lt=changed_at) | Q(changed_at=changed_at, id__lt=last_id))
    found = list(chosen[: query.limit + 1])
    shown = found[: query.limit]
    rules = policies_of(place.id)
    following = None
    if len(found) > query.limit:
        following = paging.cursor(shown[-1].changed_at.isoformat(), str(shown[-1].pk))
    items = [standing.document(voucher, rules[voucher.kind]) for voucher in shown]
    return paging.page(request, items, following=following)


@router.get("/depots/{depot}/vouchers/{uuid:voucher}", response=VoucherOut)
def get_voucher(request: HttpRequest, depot: str, voucher: UUID) -> HttpResponse:
    """Read one voucher as it stands."""
    place = access.depot_for_reading(asker(request), depot)
    return exchange.answer(standing.document(standing.voucher_of(place, voucher)))


@router.put(
    "/depots/{depot}/vouchers/{uuid:voucher}",
    response=VoucherOut,
    openapi_extra={"requestBody": openapi.body(VoucherIn, examples=_EXAMPLES)},
)
def put_voucher(request: HttpRequest, depot: str, voucher: UUID) -> HttpResponse:
    """Keep a draft as it is, finished or not. `version` names the one it is based on.

    409 `/problems/voucher-changed` with `theirs` when somebody changed it meanwhile.
    """
    place = access.depot_for_posting(asker(request), depot)
    given = _read_voucher(request, place, voucher)
    kept = workflow.save(
        voucher,
        given.content(),
        place=place,
        version=given.version,
        by=asker(request),
        at=timezone.now(),
        source=exchange.door(request),
    )
    return exchange.answer(standing.document(kept))


@router.post(
    "/depots/{depot}/vouchers/{uuid:voucher}/sending",
    response={200: VoucherOut, 201: VoucherOut},
    openapi_extra={"requestBody": openapi.body(VoucherIn, examples=_EXAMPLES)},
)
def send_voucher(request: HttpRequest, depot: str, voucher: UUID) -> HttpResponse:
    """Save a voucher, submit it, and post it when its kind needs no approval here: all or nothing.

    The id makes trying again harmless: the same content is answered 200 with the voucher as it stands by then.
    """
    place = access.depot_for_posting(asker(request), depot)
    given = _read_voucher(request, place, voucher)
    sent, is_new = workflow.send(
        voucher,
        given.content(),
        place=place,
        version=given.version,
        by=asker(request),
        at=timezone.now(),
        source=exchange.door(request),
    )
    return exchange.answer(standing.document(sent), 201 if is_new else 200)


@router.post(
    "/depots/{depot}/vouchers/{uuid:voucher}/approval",
    response=VoucherOut,
    openapi_extra={"requestBody": openapi.body(DecisionIn, examples={"seen": {"version": 2}, "any": {}})},
)
def approve_voucher(request: HttpRequest, depot: str, voucher: UUID) -> HttpResponse:
    """Approve a submitted voucher; it is posted at once where the depot's rule says so."""
    place = access.depot_for_approving(asker(request), depot)
    given = exchange.read(request, DecisionIn)
    done = workflow.approve(
        voucher, place=place, version=given.version, by=asker(request), at=timezone.now(), source=exchange.door(request)
    )
    return exchange.answer(standing.document(done))


@router.post(
    "/depots/{depot}/vouchers/{uuid:voucher}/rejection",
    response=VoucherOut,
    openapi_extra={"requestBody": openapi.body(ReasonIn, examples={"why": {"reason": "Sai số lượng dòng 3"}})},
)
def reject_voucher(request: HttpRequest, depot: str, voucher: UUID) -> HttpResponse:
    """Send a submitted voucher back to its maker, with the reason."""
    place = access.depot_for_approving(asker(request), depot)
    given = exchange.read(request, ReasonIn)
    done = workflow.reject(
        voucher,
        place=place,
        reason=given.reason,
        version=given.version,
        by=asker(request),
        at=timezone.now(),
        source=exchange.door(request),
    )
    return exchange.answer(standing.document(done))


@router.post(
    "/depots/{depot}/vouchers/{uuid:voucher}/cancellation",
    response=VoucherOut,
    openapi_extra={"requestBody": openapi.body(ReasonIn, examples={"why": {"reason": "Lập trùng phiếu"}})},
)
def cancel_voucher(request: HttpRequest, depot: str, voucher: UUID) -> HttpResponse:
    """Cancel a voucher that is not posted; it stays to be read."""
    place = access.depot_for_posting(asker(request), depot)
    given = exchange.read(request, ReasonIn)
    done = workflow.cancel(
        voucher, place=place, reason=given.reason, by=asker(request), at=timezone.now(), source=exchange.door(request)
    )
    return exchange.answer(standing.document(done))


@router.post(
    "/depots/{depot}/vouchers/{uuid:voucher}/posting",
    response=VoucherOut,
    openapi_extra={"requestBody": openapi.body(DecisionIn, examples={"any": {}})},
)
def post_voucher(request: HttpRequest, depot: str, voucher: UUID) -> HttpResponse:
    """Post an approved voucher, now that its goods have moved."""
    place = access.depot_for_posting(asker(request), depot)
    exchange.read(request, DecisionIn)
    done = workflow.post_approved(
        voucher, place=place, by=asker(request), at=timezone.now(), source=exchange.door(request)
    )
    return exchange.answer(standing.document(done))
