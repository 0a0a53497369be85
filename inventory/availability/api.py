"""The planners' questions over HTTP: what is there, where is the nearest, what has moved."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Query, Router, Schema
from pydantic import Field

from inventory.availability.as_of import as_of
from inventory.availability.current import current
from inventory.availability.nearest import nearest
from inventory.availability.paper import stock_card_pdf
from inventory.availability.question import MOST_DAYS_LEFT, Question
from inventory.availability.sheet import stock_card_xlsx
from inventory.availability.stock_card import Place, StockCard, stock_card
from logistics import paging, wire
from logistics.accounts.tokens import asker

router = Router(tags=["availability"])
PDF: Final = "application/pdf"
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
DAYS_LEFT = Field(
    None, ge=0, le=MOST_DAYS_LEFT, description="Leave out piles with fewer days of use left; what never expires counts."
)


class StockOut(Schema):
    """What one depot has of one item: on_hand is the sum of the next six; in_transit_in is beside it, on the road."""

    item: str = Field(examples=["QN-02-0001230"])
    depot: str = Field(examples=["K01"])
    on_hand: str = Field(examples=["120.000"])
    allocated: str = Field(description="Promised to a requisition.")
    on_hold: str = Field(description="In lots that may not be issued.")
    expired: str = Field(description="Past its last day of use.")
    reserve: str = Field(description="Kept for a ring-fenced purpose.")
    disposal: str = Field(description="Of a grade that awaits disposal.")
    available: str
    in_transit_in: str = Field(description="Left another depot for this one, not yet received.")
    unit: str = Field(description="The item's base unit.", examples=["KGM"])


class StockPage(Schema):
    """Stock by item, then depot."""

    items: list[StockOut]
    next: str | None


class NearOut(Schema):
    """A depot that has some of the item available."""

    depot: str
    name: str
    distance_km: float = Field(description="In a straight line along the WGS 84 ellipsoid.")
    available: str
    enough: bool = Field(description="`available` covers the quantity asked for.")
    on_hand: str
    allocated: str
    on_hold: str
    expired: str
    reserve: str
    disposal: str
    unit: str
    lon: float
    lat: float


class NearPage(Schema):
    """Depots, nearest first."""

    items: list[NearOut]


class CardLineOut(Schema):
    """One line of a stock card; `balance` is what was left in the depot after it."""

    position: int
    line_no: int
    number: str
    kind: str
    occurred_at: str
    recorded_at: str
    counterparty: str
    to_depot: str
    consignment: str
    order_number: str
    order_date: str | None
    reason: str
    lot: str
    bin: str
    grade: int
    purpose: str
    in_: str | None = Field(alias="in")
    out: str | None
    inside: str | None = Field(description="Moved within the depot, by bin, grade or purpose: neither in nor out.")
    balance: str
    reverses: int | None = Field(description="The position this movement takes back.")
    reversed_by: int | None = Field(description="The position that took this line back.")


class CardOut(Schema):
    """A stock card: closing = opening + in - out + changed_in - changed_out, of all days, whatever page `lines` is."""

    item: str
    name: str
    specification: str
    unit: str
    depot: str
    depot_name: str
    from_: str = Field(alias="from")
    to: str
    opening: str
    in_: str = Field(alias="in")
    out: str
    changed_in: str = Field(description="Came to another grade or purpose; left the depot as little as it came.")
    changed_out: str
    closing: str
    lines: list[CardLineOut]
    next: str | None


class StockQuery(paging.PageQuery):
    """Which stock is asked about, and of when."""

    item: str | None = Field(None, max_length=40)
    supply_class: str | None = Field(None, alias="class", max_length=40, description="Supply class.")
    group: str | None = Field(None, max_length=40, description="Item group within its class.", examples=["QN-02"])
    depot: str | None = Field(None, max_length=40)
    unit: str | None = Field(None, max_length=40, description="Organisation unit, with every unit below it.")
    province: str | None = Field(None, max_length=40, description="GSO code, as provinces are now.", examples=["01"])
    grade: int | None = Field(None, ge=1, le=5)
    purpose: str | None = Field(None, max_length=40)
    min_days_left: int | None = DAYS_LEFT
    q: str = Field(
        "",
        max_length=200,
        description="Words an item has in its code, names, older names, specification, NSN or GTIN; marks and case "
        "are not minded.",
    )
    as_of: wire.Instant | None = Field(None, description="As things stood then, late entries included.")
    recorded_as_of: wire.Instant | None = Field(None, description="As the books said then. Both may be given.")


class NearQuery(Schema):
    """What is needed, and where."""

    item: str = Field(max_length=40)
    quantity: wire.QuantityText = Field("0")
    lon: float = Field(ge=-180, le=180, description="WGS 84 degrees.")
    lat: float = Field(ge=-90, le=90, description="WGS 84 degrees.")
    radius_km: float | None = Field(None, ge=0, le=20_040)
    min_days_left: int | None = DAYS_LEFT
    limit: int = Field(50, ge=1, le=paging.MOST, description="How many depots at most.")


class CardQuery(Schema):
    """Which depot's card, and from which day to which."""

    depot: str = Field(max_length=40)
    from_date: wire.Day | None = Field(None, alias="from", description="First day; else the first of that year.")
    to_date: wire.Day | None = Field(None, alias="to", description="Last day, included; else today.")


class CardPageQuery(CardQuery, paging.PageQuery):
    """Which page of a card."""

    limit: int = Field(paging.MOST, ge=1, le=paging.MOST, description="Lines a page.")


def _answering(kind: str) -> dict[str, Any]:
    """Return the description of an operation that answers a file of a kind."""
    return {
        "responses": {
            200: {"description": "The file.", "content": {kind: {"schema": {"type": "string", "format": "binary"}}}}
        }
    }


@router.get("/availability", response=StockPage, summary="What is there, every deduction shown")
def list_availability(request: HttpRequest, query: Query[StockQuery]) -> HttpResponse:
    """Stock by item and depot in your scope, now or as of a past instant by either clock, every deduction shown."""
    key = paging.after(query.cursor, parts=2)
    after = None if key is None else (key[0], key[1])
    question = Question(
        item=query.item,
        supply_class=query.supply_class,
        group=query.group,
        depot=query.depot,
        unit=query.unit,
        province=query.province,
        grade=query.grade,
        purpose=query.purpose,
        min_days_left=query.min_days_left,
        text=query.q,
    )
    by, at = asker(request), timezone.now()
    if query.as_of or query.recorded_as_of:
        found = as_of(
            question,
            by=by,
            at=at,
            occurred=query.as_of,
            recorded=query.recorded_as_of,
            after=after,
            limit=query.limit,
        )
    else:
        found = current(question, by=by, at=at, after=after, limit=query.limit)
    following = None if found.after is None else paging.cursor(*found.after)
    return paging.page(request, [row.document() for row in found.rows], following=following)


@router.get("/availability/nearest", response=NearPage, summary="Where is the nearest stock")
def list_nearest(request: HttpRequest, query: Query[NearQuery]) -> HttpResponse:
    """Depots in your scope that have some of an item available, nearest to a point first."""
    found = nearest(
        query.item,
        lon=query.lon,
        lat=query.lat,
        by=asker(request),
        at=timezone.now(),
        quantity=Decimal(query.quantity),
        radius_km=query.radius_km,
        min_days_left=query.min_days_left,
        limit=query.limit,
    )
    return HttpResponse(wire.dump({"items": [near.document() for near in found]}), content_type="application/json")


@router.get("/items/{item}/stock-card", response=CardOut, by_alias=True, summary="The stock card of an item in a depot")
def get_stock_card(request: HttpRequest, item: str, query: Query[CardPageQuery]) -> HttpResponse:
    """What the depot had of the item on the first day, every line since with the balance after it, what was left."""
    card = _card(request, item, query, after=_place(query.cursor), limit=query.limit)
    following = None
    if card.after is not None:
        at, position, line_no = card.after
        following = paging.cursor(at.isoformat(), str(position), str(line_no))
    return HttpResponse(wire.dump(card.document() | {"next": following}), content_type="application/json")


@router.get("/items/{item}/stock-card.pdf", summary="The stock card on paper", openapi_extra=_answering(PDF))
def print_stock_card(request: HttpRequest, item: str, query: Query[CardQuery]) -> HttpResponse:
    """The card as the prescribed form (PDF)."""
    card = _card(request, item, query)
    return _file(stock_card_pdf(card, printed_at=timezone.now()), card, "pdf", PDF)


@router.get("/items/{item}/stock-card.xlsx", summary="The stock card as a spreadsheet", openapi_extra=_answering(XLSX))
def download_stock_card(request: HttpRequest, item: str, query: Query[CardQuery]) -> HttpResponse:
    """The card as a spreadsheet (XLSX)."""
    card = _card(request, item, query)
    return _file(stock_card_xlsx(card, by=asker(request), printed_at=timezone.now()), card, "xlsx", XLSX)


def _card(request: HttpRequest, item: str, query: CardQuery, **page: Any) -> StockCard:
    return stock_card(
        item,
        query.depot,
        by=asker(request),
        at=timezone.now(),
        from_date=query.from_date,
        to_date=query.to_date,
        **page,
    )


def _place(cursor: str | None) -> Place | None:
    """Return the line a cursor names, or None for the first page. Raises Invalid where it names none."""
    key = paging.after(cursor, parts=3)
    if key is None:
        return None
    try:
        at, position, line_no = datetime.fromisoformat(key[0]), int(key[1]), int(key[2])
    except ValueError:
        at, position, line_no = None, 0, 0
    if at is None or at.tzinfo is None or not (0 < position < 2**63 and 0 < line_no < 2**31):
        raise paging.no_cursor()
    return at, position, line_no


def _file(data: bytes, card: StockCard, extension: str, content_type: str) -> HttpResponse:
    name = f"the-kho-{card.item.code}-{card.depot.code}-{card.from_date:%Y%m%d}-{card.to_date:%Y%m%d}.{extension}"
    place = "inline" if extension == "pdf" else "attachment"
    return HttpResponse(data, content_type=content_type, headers={"Content-Disposition": f'{place}; filename="{name}"'})
