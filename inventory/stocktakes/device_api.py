"""What a counter's phone keeps of a stocktake, and what it sends: the sheet; counts made where there was no network.

Never more than the one sheet. Books travel only when nobody counts blind; counts of earlier rounds never, so that who
counts again starts afresh. Labelled goods stay off the device, as in a clerk's catalogue: they are counted on paper
and entered at the desk.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final, Literal
from uuid import UUID

from django.db.models import Max, Q
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Query, Router, Schema
from pydantic import Field

from depots.access import DepotAccess
from depots.models import Bin
from inventory.catalogue.labels import label_of
from inventory.catalogue.models import Classification, Item, Lot, QualityGrade, ReservePurpose, Unit
from inventory.ledger.drafts import Observed
from inventory.ledger.models import Holding
from inventory.stocktakes import counting
from inventory.stocktakes.models import Count, SheetLine, Status, Stocktake
from inventory.vouchers.on_device import DeviceGradeOut, DevicePackagingOut, DevicePurposeOut, DeviceUnitOut
from inventory.vouchers.schemas import Strict
from logistics import exchange, openapi, wire
from logistics.accounts.models import User
from logistics.accounts.tokens import asker
from logistics.errors import Fault

router = Router(tags=["stocktakes"])

# A count is dated when it was received, a moment before its transaction lets others see it.
OVERLAP: Final = timedelta(minutes=1)
CLOCK_RUNS_OFF: Final = timedelta(seconds=30)  # less than that is a slow line, not a wrong clock
EVERYDAY: Final = "THUONG_XUYEN"


# --- What goes out ------------------------------------------------------------------------------------------------


class SheetCountOut(Schema):
    """What somebody counted of a line in its present round."""

    key: UUID
    quantity: str = Field(examples=["118"])
    adds: bool = Field(description="On top of what was counted before it; else instead of it.")
    counted_at: str
    by: str = Field(description="Login.", examples=["thukho01"])
    name: str
    is_mine: bool


class SheetLineOut(Schema):
    """One pile to count, or found while counting."""

    id: UUID
    number: int = Field(description="Its number on the printed sheet.")
    bin: str
    item: str = Field(examples=["QN-02-0001230"])
    lot: str
    expires_on: str | None
    grade: int
    purpose: str
    label: str = Field(description="The digits of our own label; blank for a lot not known yet.")
    round: int = Field(description="The round it is to be counted in: 2 after the first recount was asked for.")
    recount_reason: str
    book: str | None = Field(description="What the books say now; null when counting blind.")
    is_found: bool = Field(description="Was not expected there.")
    counts: list[SheetCountOut]


class SheetItemOut(Schema):
    """An item on the sheet, with the packages it comes in today."""

    code: str
    name: str
    name_en: str
    specification: str
    old_names: str
    external_code: str
    unit: str
    scale: int
    tracking: Literal["none", "lot", "serial"]
    fuel_group: str = Field(description="Not blank: a liquid fuel, counted with its temperature and density.")
    gtin: str
    nsn: str
    packagings: list[DevicePackagingOut]


class SheetBinOut(Schema):
    """A place inside the depot."""

    code: str
    name: str


class SheetOut(Schema):
    """A stocktake's sheet, whole or what changed of it; bins, units, grades and purposes always come whole."""

    stocktake: UUID
    depot: str = Field(examples=["K01"])
    status: str
    can_count: bool
    is_blind: bool
    at: str = Field(description="The server's clock. Ask with this as `updated_since` the next time.")
    is_delta: bool
    left_out: int = Field(description="Lines of labelled goods, which are not told to devices.")
    lines: list[SheetLineOut]
    items: list[SheetItemOut]
    bins: list[SheetBinOut]
    units: list[DeviceUnitOut]
    grades: list[DeviceGradeOut]
    purposes: list[DevicePurposeOut]
    default_purpose: str


class SheetQuery(Schema):
    """What is asked for."""

    updated_since: wire.Instant | None = Field(
        None, description="`at` of the answer you have. Left out: everything. What changed just before comes twice."
    )


@router.get("/stocktakes/{uuid:stocktake}/sheet", response=SheetOut)
def get_sheet(request: HttpRequest, stocktake: UUID, query: Query[SheetQuery]) -> HttpResponse:
    """Return the sheet to count by, for keeping on the device. For those who may count there."""
    user = asker(request)
    found, place = counting.gate(user, stocktake)
    document = sheet(found, place, by=user, since=query.updated_since, at=timezone.now())
    return HttpResponse(wire.dump(document), content_type=openapi.JSON)


def sheet(
    stocktake: Stocktake, place: DepotAccess, *, by: User, since: datetime | None, at: datetime
) -> dict[str, Any]:
    """Return a stocktake's sheet as devices keep it: all of it, or the lines that changed at or after `since`.

    Only lines of the branches `place` lets its holder count, and of no labelled goods. As many statements for a long
    sheet as for a short one.
    """
    chosen = SheetLine.objects.filter(stocktake=stocktake)
    if place.supply_classes is not None:
        chosen = chosen.filter(item__group__supply_class__in=place.supply_classes)
    labelled = ~Q(item__classification=Classification.NONE)
    left_out = chosen.filter(labelled).count()
    if since is not None:
        moment = since - OVERLAP
        chosen = chosen.filter(
            Q(added_at__gte=moment)
            | Q(pk__in=Count.objects.filter(line__stocktake=stocktake, received_at__gte=moment).values("line"))
            | Q(recounts__asked_at__gte=moment)
        ).distinct()
    lines = list(
        chosen.exclude(labelled)
        .annotate(present=Max("recounts__round"))
        .select_related("bin", "item")
        .order_by("number")
    )
    today = timezone.localdate(at)
    items = list(
        Item.objects.filter(pk__in={line.item_id for line in lines})
        .select_related("base_unit")
        .prefetch_related("packagings")
        .order_by("code")
    )
    return {
        "stocktake": str(stocktake.pk),
        "depot": stocktake.depot.code,
        "status": stocktake.status,
        "can_count": stocktake.status == Status.COUNTING,
        "is_blind": stocktake.is_blind,
        "at": wire.local(at),
        "is_delta": since is not None,
        "left_out": left_out,
        "lines": _lines(stocktake, lines, by=by),
        "items": [_item(item, today=today) for item in items],
        "bins": list(Bin.objects.filter(depot=stocktake.depot, is_active=True).order_by("code").values("code", "name")),
        "units": list(Unit.objects.order_by("code").values("code", "name", "name_en", "scale")),
        "grades": list(QualityGrade.objects.order_by("grade").values("grade", "name", "name_en", "awaits_disposal")),
        "purposes": list(ReservePurpose.objects.order_by("code").values("code", "name", "name_en", "is_ring_fenced")),
        "default_purpose": EVERYDAY,
    }


def _lines(stocktake: Stocktake, lines: list[Any], *, by: User) -> list[dict[str, Any]]:
    keys = [line.pk for line in lines]
    counts: dict[UUID, list[Count]] = defaultdict(list)
    for count in Count.objects.filter(line__in=keys).select_related("counted_by").order_by("counted_at", "key"):
        counts[count.line_id].append(count)
    reasons = {
        (line, number): reason
        for line, number, reason in SheetLine.objects.filter(pk__in=keys, recounts__isnull=False).values_list(
            "pk", "recounts__round", "recounts__reason"
        )
    }
    lots = {
        (item, code): key
        for key, item, code in Lot.objects.filter(
            item__in={line.item_id for line in lines}, code__in={line.lot for line in lines}
        ).values_list("pk", "item", "code")
    }
    books = None if stocktake.is_blind else _books(stocktake, {line.item_id for line in lines})
    rows = []
    for line in lines:
        present = line.present or 1
        lot = lots.get((line.item_id, line.lot))
        pile = (line.bin_id, line.item_id, line.lot, line.grade_id, line.purpose_id)
        rows.append(
            {
                "id": str(line.pk),
                "number": line.number,
                "bin": line.bin.code,
                "item": line.item.code,
                "lot": line.lot,
                "expires_on": wire.iso(line.expires_date),
                "grade": line.grade_id,
                "purpose": line.purpose_id,
                "label": "" if lot is None else label_of(lot),
                "round": present,
                "recount_reason": reasons.get((line.pk, present), ""),
                "book": None if books is None else _plain(books.get(pile, Decimal(0))),
                "is_found": not line.is_expected,
                "counts": [_count(count, by=by) for count in counts[line.pk] if count.round == present],
            }
        )
    return rows


def _books(stocktake: Stocktake, items: set[int]) -> dict[tuple[Any, ...], Decimal]:
    held = Holding.objects.filter(depot=stocktake.depot, item__in=items)
    return {
        (bin_, item, lot, grade, purpose): on_hand
        for bin_, item, lot, grade, purpose, on_hand in held.values_list(
            "bin", "item", "lot__code", "grade", "purpose", "on_hand"
        )
    }


def _count(count: Count, *, by: User) -> dict[str, Any]:
    return {
        "key": str(count.key),
        "quantity": _plain(count.quantity),
        "adds": count.adds,
        "counted_at": wire.local(count.counted_at),
        "by": count.counted_by.get_username(),
        "name": count.counted_by.get_full_name() or count.counted_by.get_username(),
        "is_mine": count.counted_by_id == by.pk,
    }


def _item(item: Item, *, today: date) -> dict[str, Any]:
    return {
        "code": item.code,
        "name": item.name,
        "name_en": item.name_en,
        "specification": item.specification,
        "old_names": item.old_names,
        "external_code": item.external_code,
        "unit": item.base_unit_id,
        "scale": item.base_unit.scale,
        "tracking": item.tracking,
        "fuel_group": item.fuel_group,
        "gtin": item.gtin,
        "nsn": item.nsn,
        "packagings": [
            {
                "unit": packaging.unit_id,
                "factor": _plain(packaging.factor),
                "gtin": packaging.gtin,
                "valid_from": wire.iso(packaging.valid_from),
                "valid_to": wire.iso(packaging.valid_to),
            }
            for packaging in item.packagings.all()
            if (packaging.valid_from or today) <= today <= (packaging.valid_to or today)
        ],
    }


def _plain(value: Decimal) -> str:
    """Return a decimal without exponent and without zeros at its end."""
    return f"{value.normalize():f}"


# --- What comes in ------------------------------------------------------------------------------------------------


class CountIn(Strict):
    """What was counted of a pile: of a line of the sheet, or (`line` null) of goods found where none expects them."""

    key: UUID = Field(description="Made by the device: sending it again does nothing.")
    line: UUID | None = None
    item: str = Field("", max_length=16)
    lot: str = Field("", max_length=40)
    expires_on: wire.Day | None = None
    bin: str = Field("", max_length=24)
    grade: int = Field(1, ge=1, le=32767)
    purpose: str = Field(EVERYDAY, max_length=24)
    quantity: wire.QuantityText
    temperature: wire.QuantityText | None = Field(None, description="Of a liquid fuel: °C when it was counted.")
    density: wire.QuantityText | None = Field(
        None, description="Of a liquid fuel: kg/m³ at that temperature; `quantity` is the litres observed then."
    )
    counted_at: wire.Instant
    round: int = Field(1, ge=1, le=32767)
    adds: bool = Field(False, description="On top of what was counted before it; else instead of it.")

    def counted(self, clock_off_s: float) -> counting.Counted:
        """Return the count as the verb takes it, from a device whose clock is ahead by `clock_off_s`."""
        return counting.Counted(
            key=self.key, line=self.line, item=self.item, lot=self.lot, expires_date=self.expires_on, bin=self.bin,
            grade=self.grade, purpose=self.purpose, quantity=Decimal(self.quantity), counted_at=self.counted_at,
            round=self.round, adds=self.adds, clock_off_s=clock_off_s, reading=self._reading(),
        )  # fmt: skip

    def _reading(self) -> Observed | None:
        if self.temperature is None and self.density is None:
            return None
        temperature, density = (None if text is None else Decimal(text) for text in (self.temperature, self.density))
        return Observed(temperature=temperature, density=density)


class CountsIn(Strict):
    """Counts in the order they were made."""

    sent_at: wire.Instant = Field(
        description="The time the device takes it to be when it sends. Where that is off by more than 30 s, its counts "
        "are dated by the server's clock."
    )
    counts: list[CountIn] = Field(min_length=1, max_length=counting.MOST_COUNTS)


class CountProblemOut(Schema):
    """Why a count was not taken, or what is odd about it."""

    code: str
    detail: str


class CountAnswerOut(Schema):
    """What became of one count."""

    key: UUID
    state: Literal["kept", "repeated", "refused"]
    line: UUID | None = Field(description="The line it is of by now.")
    problem: CountProblemOut | None
    warning: CountProblemOut | None = Field(description="What to look at again of a count that was kept.")


class CountsOut(Schema):
    """What became of each count, in the order they came."""

    at: str
    counts: list[CountAnswerOut]


_EXAMPLES: Final = {
    "counted": {
        "sent_at": "2026-11-20T14:05:31+07:00",
        "counts": [
            {
                "key": "0197b9a0-5c1e-4d33-8f0a-3b8a5e0f2c11",
                "line": "0197b9a0-0000-4000-8000-000000000007",
                "quantity": "118",
                "counted_at": "2026-11-20T14:02:10+07:00",
                "round": 1,
            }
        ],
    }
}


@router.post(
    "/stocktakes/{uuid:stocktake}/counts",
    response=CountsOut,
    openapi_extra={"requestBody": openapi.body(CountsIn, examples=_EXAMPLES)},
)
def post_counts(request: HttpRequest, stocktake: UUID) -> HttpResponse:
    """Keep counts, each by itself: one that is refused loses no other. Sending them again changes nothing."""
    user = asker(request)
    counting.gate(user, stocktake)  # before the body is read: who may not count learns nothing from its faults
    given = exchange.read(request, CountsIn)
    at = timezone.now()
    off = given.sent_at - at
    answers = counting.count(
        stocktake,
        [count.counted(off.total_seconds() if abs(off) > CLOCK_RUNS_OFF else 0.0) for count in given.counts],
        by=user,
        at=at,
    )
    document = {
        "at": wire.local(at),
        "counts": [
            {
                "key": str(answer.key),
                "state": answer.state,
                "line": None if answer.line_id is None else str(answer.line_id),
                "problem": _told(answer.problem),
                "warning": _told(answer.warning),
            }
            for answer in answers
        ],
    }
    return HttpResponse(wire.dump(document), content_type=openapi.JSON)


def _told(fault: Fault | None) -> dict[str, str] | None:
    return None if fault is None else {"code": fault.code, "detail": fault.detail}
