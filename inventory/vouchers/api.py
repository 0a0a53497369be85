"""Posting to a logbook and reading it, over HTTP."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, Final
from urllib.parse import quote

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import register_converter
from django.utils import timezone
from django.utils.http import parse_etags
from django.utils.translation import gettext as _
from ninja import Query, Router, Schema
from pydantic import Field, ValidationError

from depots import access
from depots.access import DepotAccess
from inventory.ledger import reading
from inventory.ledger.drafts import Draft
from inventory.ledger.entries import Posted
from inventory.ledger.models import Kind, Movement
from inventory.ledger.posting import post
from inventory.ledger.refusals import KeyReused
from inventory.printing import kept
from inventory.vouchers import branches, refusing
from inventory.vouchers.paper import voucher_print
from inventory.vouchers.schemas import (
    KEY_LENGTH,
    BatchMovementIn,
    BatchOut,
    MovementIn,
    MovementOut,
    MovementPage,
    MovementReadOut,
    ReversalIn,
)
from logistics import asking, exchange, openapi, paging, wire
from logistics.accounts.tokens import asker
from logistics.errors import BadRequest, Fault, Invalid
from logistics.http import UnsupportedMedia

router = Router(tags=["movements"])

MOST_MOVEMENTS: Final = 10_000  # of one batch
MOST_FAULTS: Final = 1_000  # told of one batch
_NDJSON: Final = frozenset({"application/x-ndjson", "application/ndjson", "application/jsonl"})


class PositionConverter:
    """A position in a logbook: 1, 2, 3 …"""

    regex = "[1-9][0-9]{0,17}"

    def to_python(self, value: str) -> int:
        """Return the position."""
        return int(value)

    def to_url(self, value: int) -> str:
        """Return the position as an address spells it."""
        return str(value)


register_converter(PositionConverter, "position")


# --- What comes in ----------------------------------------------------------------------------------------------


def _key(request: HttpRequest) -> str:
    """Return the Idempotency-Key.

    Raises:
        BadRequest: there is none.
        Invalid: it is too long or not printable ASCII.
    """
    key = str(request.META.get("HTTP_IDEMPOTENCY_KEY", "")).strip()
    if not key:
        raise BadRequest(_("Send an Idempotency-Key header of your own making: then trying again never posts twice."))
    if len(key) > KEY_LENGTH or not (key.isascii() and key.isprintable()):
        text = _("A key has at most %(most)s printable ASCII characters.") % {"most": KEY_LENGTH}
        raise Invalid([Fault("/header/Idempotency-Key", "key-form", text)])
    return key


def _read_movement(request: HttpRequest, place: DepotAccess) -> MovementIn:
    """Return the body as a movement. Raises UnsupportedMedia, BadRequest, and Invalid with every fault there is."""
    value = exchange.document_of(request)
    try:
        return MovementIn.model_validate(value)
    except ValidationError as error:
        raise _told([("", value)], MovementIn, request, place) from error


def _told(
    movements: Iterable[tuple[str, Any]], model: type[MovementIn], request: HttpRequest, place: DepotAccess
) -> Invalid:
    by, at = asker(request), timezone.now()
    faults = refusing.every_fault(movements, model=model, depot=place.code, by=by, at=at)
    return Invalid([replace(fault, pointer=refusing.wire_pointer(fault.pointer)) for fault in faults[:MOST_FAULTS]])


def _refuse_other_classes(depot: DepotAccess, drafts: Iterable[Draft]) -> None:
    """Refuse items outside the branches that the asker's assignment is limited to.

    Raises:
        Forbidden: with the same `errors` as a fault of the input, one per line.
    """
    asked = (
        (f"{draft.pointer}/lines/{index}/item", line.item) for draft in drafts for index, line in enumerate(draft.lines)
    )
    branches.refuse(branches.outside(depot.supply_classes, asked))


def _post(drafts: Sequence[Draft], request: HttpRequest, *, key_pointer: str = "") -> list[Posted]:
    """Post through the ledger; faults point into the request. Raises whatever `post` does."""
    try:
        return post(drafts, by=asker(request), at=timezone.now())
    except Invalid as error:
        faults = [replace(fault, pointer=_spelled(fault.pointer, key_pointer)) for fault in error.faults]
        error.faults = tuple(faults)
        error.members = {**error.members, "errors": [fault.document() for fault in faults]}
        raise


def _spelled(pointer: str, key_pointer: str) -> str:
    if key_pointer and pointer == "/key":
        return key_pointer
    return refusing.wire_pointer(pointer)


# --- What goes out ----------------------------------------------------------------------------------------------


def _address(posted: Posted) -> str:
    return f"/api/v1/depots/{quote(posted.depot, safe='')}/movements/{posted.position}"


def _posted(posted: Posted) -> HttpResponse:
    """Return 201, or 200 for a movement that was there before."""
    status = 200 if posted.is_replay else 201
    answer = HttpResponse(wire.dump(posted.document()), content_type=openapi.JSON, status=status)
    answer.headers["Location"] = _address(posted)
    answer.headers["ETag"] = f'"{posted.hash.hex()}"'
    if posted.is_replay:
        answer.headers["Idempotency-Replayed"] = "true"
    return answer


_KEY_HEADER: Final = openapi.header(
    "Idempotency-Key",
    "Your name for this request, at most 64 characters: the same key and body again answer 200 with the same document.",
    schema={"type": "string", "minLength": 1, "maxLength": KEY_LENGTH, "pattern": "^[!-~]+$"},
)
_RECEIPT: Final = {
    "kind": "receipt",
    "occurred_at": "2026-11-20T08:00:00+07:00",
    "counterparty": "Công ty Lương thực mẫu",
    "order_number": "12/LNK",
    "order_date": "2026-11-19",
    "lines": [
        {
            "item": "QN-02-0001230",
            "lot": "L25-01",
            "expires_on": "2028-06-30",
            "bin": "A-01",
            "quantity": "120.000",
            "unit": "KGM",
            "unit_price": "15000",
        }
    ],
}
_ISSUE: Final = {
    "kind": "issue",
    "occurred_at": "2026-11-21T08:00:00+07:00",
    "counterparty": "Tiểu đoàn 1",
    "lines": [{"item": "QN-02-0001230", "quantity": "20"}],
}


# --- Operations -------------------------------------------------------------------------------------------------


@router.post(
    "/depots/{depot}/movements",
    response={201: MovementOut, 200: MovementOut},
    openapi_extra={
        "parameters": [_KEY_HEADER],
        "requestBody": openapi.body(MovementIn, examples={"receipt": _RECEIPT, "issue": _ISSUE}),
    },
)
def post_movement(request: HttpRequest, depot: str) -> HttpResponse:
    """Append one movement to a depot's logbook, or refuse and write nothing.

    200 instead of 201, with `Idempotency-Replayed: true`, when the key and the body were posted before.
    """
    place = access.depot_for_posting(asker(request), depot)
    key = _key(request)
    draft = _read_movement(request, place).draft(place.code, key)
    _refuse_other_classes(place, [draft])
    return _posted(_post([draft], request, key_pointer="/header/Idempotency-Key")[0])


@router.post(
    "/depots/{depot}/movements:batch",
    response={201: BatchOut, 200: BatchOut},
    openapi_extra={
        "parameters": [_KEY_HEADER | {"required": False}],
        "requestBody": {
            "required": True,
            "content": {
                openapi.JSON: {
                    "schema": {
                        "type": "array",
                        "minItems": 1,
                        "maxItems": MOST_MOVEMENTS,
                        "items": openapi.reference(BatchMovementIn),
                    },
                    "examples": {"two": {"value": [_RECEIPT | {"key": "2026-000123"}, _ISSUE]}},
                },
                "application/x-ndjson": {
                    "schema": {"type": "string", "description": "One movement a line."},
                },
            },
        },
    },
)
def post_movements(request: HttpRequest, depot: str) -> HttpResponse:
    """Append up to 10,000 movements to a depot's logbook, all or none.

    A movement's key is its own `key`, or else the SHA-256 (hex) of "KEY/INDEX": the request's Idempotency-Key and
    the movement's place, counted from 0. Needed only when some movement has no key of its own.
    """
    place = access.depot_for_posting(asker(request), depot)
    drafts, shared = _batch(request, place)
    _refuse_other_classes(place, drafts)
    with transaction.atomic():
        posted = _post(drafts, request)
        _refuse_another_batch(place, shared, posted)
    new = [movement.position for movement in posted if not movement.is_replay]
    chosen = new or [movement.position for movement in posted]
    document = {"posted": len(chosen), "first_position": min(chosen), "last_position": max(chosen)}
    answer = HttpResponse(wire.dump(document), content_type=openapi.JSON, status=201 if new else 200)
    if not new:
        answer.headers["Idempotency-Replayed"] = "true"
    return answer


def _batch(request: HttpRequest, place: DepotAccess) -> tuple[list[Draft], str | None]:
    """Return the drafts of a batch, and the key they share if some have none of their own.

    Faults of all movements are told together, up to MOST_FAULTS of them.
    """
    try:
        values = _lines_of(request) if request.content_type in _NDJSON else exchange.document_of(request)
    except UnsupportedMedia as error:
        text = _("Send a JSON array as application/json, or one movement a line as application/x-ndjson.")
        raise UnsupportedMedia(text) from error
    if not isinstance(values, list):
        raise Invalid([Fault("", "list", _("A batch is a list of movements, or one movement a line (NDJSON)."))])
    if not 1 <= len(values) <= MOST_MOVEMENTS:
        text = _("A batch has 1 to %(most)s movements; this one has %(count)s.")
        raise Invalid(
            [Fault("", "too-many" if values else "too-few", text % {"most": MOST_MOVEMENTS, "count": len(values)})]
        )
    try:
        movements = [BatchMovementIn.model_validate(value) for value in values]
    except ValidationError as error:
        raise _told(
            [(f"/{index}", value) for index, value in enumerate(values)], BatchMovementIn, request, place
        ) from error
    shared = _key(request) if any(movement.key is None for movement in movements) else None
    return [
        movement.draft(place.code, movement.key or _derived(str(shared), index), f"/{index}")
        for index, movement in enumerate(movements)
    ], shared


def _derived(shared: str, index: int) -> str:
    """Return the key of the movement at a place of a batch that was sent under one key."""
    return hashlib.sha256(f"{shared}/{index}".encode()).hexdigest()


def _refuse_another_batch(place: DepotAccess, shared: str | None, posted: Sequence[Posted]) -> None:
    """Refuse a batch whose key was used for a longer one, a shorter one, or a single movement.

    Movements that differ were refused by the ledger already. Raises KeyReused; the caller's transaction undoes
    the rest.
    """
    if shared is None:
        return
    mine = [one for index, one in enumerate(posted) if one.key == _derived(shared, index)]
    was_longer_or_single = Movement.objects.filter(depot=place.id, key__in=[shared, _derived(shared, len(posted))])
    if len({one.is_replay for one in mine}) > 1 or was_longer_or_single.exists():
        text = _("Key %(key)s already names another request. Use a new key for a new batch.") % {"key": shared}
        raise KeyReused([Fault("/header/Idempotency-Key", "key-reused", text)], text)


def _lines_of(request: HttpRequest) -> list[Any]:
    """Return the values of the lines that are not blank; a line that is no JSON is told by its number."""
    values: list[Any] = []
    for number, line in enumerate(request.body.split(b"\n"), start=1):
        if not line.strip():
            continue
        try:
            values.append(wire.parse(line, pointer=f"/{len(values)}"))
        except BadRequest as error:
            raise BadRequest(_("Line %(number)s: %(what)s") % {"number": number, "what": error.detail}) from error
        if len(values) > MOST_MOVEMENTS:
            break
    return values


class LogQuery(Schema):
    """Which stretch of the log is asked for."""

    after: int = Field(0, ge=0, lt=10**18, description="Positions above this one.")
    limit: int = Field(100, ge=1, le=paging.MOST, description="Movements a page.")


@router.get("/depots/{depot}/movements", response=MovementPage)
def list_movements(request: HttpRequest, depot: str, query: Query[LogQuery]) -> HttpResponse:
    """Read a depot's logbook in order. Positions have no gaps: who keeps the last one misses nothing."""
    place = access.depot_for_reading(asker(request), depot)
    found = list(reading.movements(place.id, after=query.after, limit=query.limit + 1))
    shown = found[: query.limit]
    following = shown[-1].position if len(found) > query.limit else None
    return paging.page(request, [one.document() for one in shown], following=following, parameter="after")


@router.get(
    "/depots/{depot}/movements/{position:position}",
    response=MovementReadOut,
    openapi_extra={"responses": {304: {"description": "You have it as it is."}}},
)
def get_movement(request: HttpRequest, depot: str, position: int) -> HttpResponse:
    """Read one movement. It never changes, but it may come to be reversed, at most once: its ETag tells both."""
    place = access.depot_for_reading(asker(request), depot)
    posted = reading.movement(place.id, position)
    reversals = Movement.objects.filter(depot_id=place.id, reverses=position)
    reversed_by = reversals.values_list("position", flat=True).first()
    answer = HttpResponse(wire.dump(posted.document() | {"reversed_by": reversed_by}), content_type=openapi.JSON)
    tag = posted.hash.hex() if reversed_by is None else f"{posted.hash.hex()}-{reversed_by}"
    return _unless_known(request, answer, f'"{tag}"')


class CopyQuery(Schema):
    """Which print of a voucher is asked for."""

    copy_no: int = Field(
        1, alias="copy", ge=1, le=2**31 - 1, description="As counted when it was printed; 1 bears no mark of a copy."
    )


@router.get(
    "/depots/{depot}/movements/{position:position}.pdf",
    openapi_extra={
        "responses": {
            200: {
                "description": "The voucher on paper.",
                "content": {"application/pdf": {"schema": {"type": "string", "format": "binary"}}},
            },
            304: {"description": "You have it."},
        }
    },
)
def print_movement(request: HttpRequest, depot: str, position: int, query: Query[CopyQuery]) -> HttpResponse:
    """Return the printed voucher of a movement, as it was first printed; undone later, it says so."""
    user = asker(request)
    place = access.depot_for_reading(user, depot)
    made = voucher_print(
        place.code, position, language=kept.reader_language(), site=asking.site_of(request), copy=query.copy_no
    )
    paper = kept.hand_out([made], to=user, at=timezone.now())
    answer = HttpResponse(paper, content_type="application/pdf")
    answer.headers["Content-Disposition"] = f'inline; filename="{place.code}-{position}.pdf"'
    return _unless_known(request, answer, f'"{hashlib.sha256(paper).hexdigest()}"')


def _unless_known(request: HttpRequest, answer: HttpResponse, tag: str) -> HttpResponse:
    """Return the answer under its ETag, or 304 to one who has it (RFC 9110, section 13.1.2)."""
    given = parse_etags(request.META.get("HTTP_IF_NONE_MATCH", ""))
    if "*" in given or tag in (one.removeprefix("W/") for one in given):
        answer = HttpResponse(status=304)
    answer.headers["ETag"] = tag
    answer.headers["Cache-Control"] = "private, no-cache"  # kept, but whoever asks must be let in anew
    return answer


@router.post(
    "/depots/{depot}/movements/{position:position}/reversal",
    response={201: MovementOut, 200: MovementOut},
    openapi_extra={
        "parameters": [_KEY_HEADER],
        "requestBody": openapi.body(
            ReversalIn,
            examples={"whole": {"occurred_at": "2026-11-21T09:00:00+07:00", "reason": "Ghi nhầm số lượng"}},
        ),
    },
)
def reverse_movement(request: HttpRequest, depot: str, position: int) -> HttpResponse:
    """Undo a movement, whole or by lines, by appending its reversal. At most one reversal names a movement."""
    place = access.depot_for_posting(asker(request), depot)
    key = _key(request)
    asked = exchange.read(request, ReversalIn)
    original = reading.movement(place.id, position)
    chosen = [line for line in original.lines if asked.lines is None or line.line_no in asked.lines]
    branches.refuse(branches.outside(place.supply_classes, (("/lines", line.item) for line in chosen)))
    draft = Draft(
        depot=place.code,
        kind=Kind.REVERSAL,
        occurred_at=asked.occurred_at,
        key=key,
        reason=asked.reason,
        reverses=position,
        reverse_lines=asked.lines,
    )
    return _posted(_post([draft], request, key_pointer="/header/Idempotency-Key")[0])
