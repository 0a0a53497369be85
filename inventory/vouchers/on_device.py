"""What a clerk's browser keeps of one depot, so that vouchers can be entered without a network.

Never the whole ministry: the items a depot ever held or is about to receive, the lots it has, its bins, where it may
send to. Labelled items stay off the device. After the first time only what changed travels.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from django.db.models.functions import Collate
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.http import parse_etags
from django.utils.translation import gettext as _
from ninja import Query, Router, Schema
from pydantic import Field

from depots import access
from depots.access import DepotAccess
from depots.models import Depot
from inventory.catalogue.labels import label_of
from inventory.catalogue.models import Classification, Item, Lot
from inventory.vouchers.policies import policies_of
from inventory.vouchers.recognising import MOST_CANDIDATES, Recognised, recognise
from logistics import openapi, sql, wire
from logistics.accounts.tokens import asker
from logistics.audit import reads
from logistics.search import find

router = Router(tags=["desk"])

# A change is dated when it was made, a moment before its transaction lets others see it.
OVERLAP: Final = timedelta(minutes=5)
FORMAT: Final = "2"  # raise it when a member changes its meaning: browsers then ask for everything again


class DevicePackagingOut(Schema):
    """How many base units one package holds, between two dates."""

    unit: str
    factor: str = Field(examples=["24"])
    gtin: str
    valid_from: str | None
    valid_to: str | None


class DeviceItemOut(Schema):
    """An item this depot ever held, or is about to receive."""

    code: str = Field(examples=["QN-02-0001230"])
    name: str
    name_en: str
    specification: str
    old_names: str
    external_code: str
    unit: str = Field(description="Base unit, UN/CEFACT Recommendation 20.", examples=["KGM"])
    scale: int = Field(description="Decimals the base unit allows.")
    tracking: Literal["none", "lot", "serial"]
    fuel_group: str = Field(description="Not blank: a liquid fuel, whose lines tell temperature and density.")
    gtin: str
    nsn: str
    shelf_life_days: int | None
    is_active: bool
    packagings: list[DevicePackagingOut]


class DeviceLotOut(Schema):
    """A lot that is in stock here or on the road to here; `code` is blank for an untracked item."""

    item: str
    code: str
    expires_on: str | None = Field(description="Last day of use.")
    is_held: bool = Field(description="May not be issued.")
    label: str = Field(description="The digits of our own label.", examples=["00000001747"])


class DeviceBinOut(Schema):
    """A place inside the depot."""

    code: str
    name: str
    kind: str
    is_default: bool
    is_active: bool


class DeviceUnitOut(Schema):
    """A unit of measure or package."""

    code: str
    name: str
    name_en: str
    scale: int


class DeviceGradeOut(Schema):
    """A grade of quality."""

    grade: int
    name: str
    name_en: str
    awaits_disposal: bool


class DevicePurposeOut(Schema):
    """What stock is kept for."""

    code: str
    name: str
    name_en: str
    is_ring_fenced: bool


class DeviceDepotOut(Schema):
    """A depot that stock may be sent to."""

    code: str
    name: str


class DevicePolicyOut(Schema):
    """Whether somebody else has to approve vouchers of a kind."""

    needs_approval: bool
    posts_on_approval: bool


class DeviceLotName(Schema):
    """A lot by its names."""

    item: str
    code: str


class DeviceRemovedOut(Schema):
    """What is to be forgotten; all empty unless `updated_since` was given."""

    items: list[str]
    lots: list[DeviceLotName]
    bins: list[str]
    depots: list[str]


class DeviceCatalogueOut(Schema):
    """A depot's catalogue, whole or what changed of it. Units, grades, purposes and policies always come whole."""

    depot: str = Field(examples=["K01"])
    name: str
    is_exercise: bool
    at: str = Field(description="Ask with this as `updated_since` the next time.")
    basis: str = Field(description="When it differs from last time, forget everything and ask without `updated_since`.")
    is_delta: bool
    items: list[DeviceItemOut]
    lots: list[DeviceLotOut]
    bins: list[DeviceBinOut]
    units: list[DeviceUnitOut]
    grades: list[DeviceGradeOut]
    purposes: list[DevicePurposeOut]
    policies: dict[str, DevicePolicyOut]
    depots: list[DeviceDepotOut]
    removed: DeviceRemovedOut


class DeviceQuery(Schema):
    """What is asked for."""

    updated_since: wire.Instant | None = Field(
        None, description="`at` of the answer you have. Left out: everything. What changed just before comes twice."
    )


def device_catalogue(place: DepotAccess, *, since: datetime | None, at: datetime) -> dict[str, Any]:
    """Return what a browser keeps of a depot: all of it, or what changed at or after `since`; three queries.

    Only items of the branches `place` lets its holder post, and none that carries a label.
    """
    depot = Depot.objects.values("code", "name", "is_exercise").get(pk=place.id)
    classes = None if place.supply_classes is None else sorted(place.supply_classes)
    asked = {
        "depot_id": place.id,
        "since": None if since is None else since - OVERLAP,
        "classes": classes,
        "today": timezone.localdate(at),
    }
    # Planned with its values: everything and what changed since yesterday are found by different ways.
    ((found,),) = sql.rows("vouchers/device_catalogue", asked, prepare=False)
    for lot in found["lots"]:
        lot["label"] = label_of(lot.pop("id"))
    return {
        "depot": depot["code"],
        "name": depot["name"],
        "is_exercise": depot["is_exercise"],
        "at": wire.local(at),
        "basis": hashlib.sha256(repr((FORMAT, classes)).encode()).hexdigest()[:16],
        "is_delta": since is not None,
        **found,
        "policies": {kind: policy.document() for kind, policy in policies_of(place.id).items()},
    }


@router.get(
    "/depots/{depot}/catalogue",
    response=DeviceCatalogueOut,
    openapi_extra={"responses": {304: {"description": "You have it as it is."}}},
)
def get_device_catalogue(request: HttpRequest, depot: str, query: Query[DeviceQuery]) -> HttpResponse:
    """Return what entering vouchers of a depot needs, for keeping on the device. For those who may post there."""
    place = access.depot_for_posting(asker(request), depot)
    document = device_catalogue(place, since=query.updated_since, at=timezone.now())
    content = {name: value for name, value in document.items() if name != "at"}
    tag = f'"{hashlib.sha256(wire.dump(content)).hexdigest()}"'
    given = parse_etags(request.META.get("HTTP_IF_NONE_MATCH", ""))
    if "*" in given or tag in (one.removeprefix("W/") for one in given):
        answer = HttpResponse(status=304)
    else:
        answer = HttpResponse(wire.dump(document), content_type=openapi.JSON)
    answer.headers["ETag"] = tag
    return answer


class DeviceItemsOut(Schema):
    """Items that a text finds."""

    items: list[DeviceItemOut]


class FindQuery(Schema):
    """What is looked for."""

    text: str = Field(
        min_length=2, max_length=120, description="Words of a name, older name or code; marks need not be typed."
    )


@router.get("/depots/{depot}/catalogue/items", response=DeviceItemsOut)
def find_items(request: HttpRequest, depot: str, query: Query[FindQuery]) -> HttpResponse:
    """Find items in use that the depot may never have held, by words; at most 20. For those who may post there."""
    place = access.depot_for_posting(asker(request), depot)
    found = Item.objects.filter(is_active=True, classification=Classification.NONE)
    if place.supply_classes is not None:
        found = found.filter(group__supply_class__in=place.supply_classes)
    named = ("name", "name_en", "specification", "old_names", "code", "external_code", "nsn", "gtin")
    rows = find(found, query.text, *named).select_related("base_unit").prefetch_related("packagings")
    rows = rows.order_by(Collate("name", "vi-VN-x-icu"), "code")[:MOST_CANDIDATES]
    return HttpResponse(wire.dump({"items": [_item(item) for item in rows]}), content_type=openapi.JSON)


# --- What a text is -----------------------------------------------------------------------------------------------


class CodeProblemOut(Schema):
    """Why a text is no good code."""

    code: str = Field(examples=["gtin_check_digit"])
    detail: str


class CodeOut(Schema):
    """What a scanned or typed text is. Members that do not belong to the kind are null."""

    kind: Literal["item", "lot", "serial", "bin", "voucher", "command", "unknown"]
    text: str
    item: DeviceItemOut | None
    unit: str | None = Field(description="The package the barcode stands on; null: the base unit.")
    lot: str | None
    expires_on: str | None
    serial: str | None
    quantity: str | None = Field(description="As the label says, in `unit`.", examples=["24"])
    gtin: str | None = Field(description="14 digits.")
    bin: str | None
    position: int | None = Field(description="Of the voucher's movement in the depot's log.")
    number: str | None
    voucher: str | None = Field(description="Id of a voucher that is not posted yet.")
    command: Literal["POST", "UNDO"] | None
    problem: CodeProblemOut | None
    lots: list[DeviceLotOut] = Field(description="The depot's lots of this name: several where items share it.")


class CodeQuery(Schema):
    """What text, and where."""

    depot: str = Field(max_length=12, description="Depot code.", examples=["K01"])
    text: str = Field(
        min_length=1,
        max_length=200,
        description="As scanned or typed; FNC1 as U+001D.",
        examples=["(01)18931234567894(17)261231(10)LO-A1"],
    )


@router.get("/codes", response=CodeOut)
def get_code(request: HttpRequest, query: Query[CodeQuery]) -> HttpResponse:
    """Say what a scanned or typed text is in a depot: an item, lot, serial number, bin, voucher or command."""
    user = asker(request)
    place = access.depot_for_reading(user, query.depot)
    found = recognise(query.text, depot_id=place.id, depot=place.code, today=timezone.localdate())
    if found.item and found.item.classification != Classification.NONE:
        reads.note(request, by=user, action="item.read", subject=found.item.code)
    return HttpResponse(wire.dump(_recognised(query.text, found)), content_type=openapi.JSON)


def _recognised(text: str, found: Recognised) -> dict[str, Any]:
    problem = found.problem
    return {
        "kind": found.kind,
        "text": text,
        "item": _item(found.item) if found.item else None,
        "unit": found.unit,
        "lot": found.lot,
        "expires_on": wire.iso(found.expires_on),
        "serial": found.serial,
        "quantity": None if found.quantity is None else f"{found.quantity:f}",
        "gtin": found.gtin,
        "bin": found.bin,
        "position": found.position,
        "number": found.number,
        "voucher": None if found.voucher is None else str(found.voucher),
        "command": found.command,
        "problem": problem and {"code": problem.code, "detail": _(problem.message) % problem.params},
        "lots": [_lot(lot) for lot in found.lots],
    }


def _item(item: Item) -> dict[str, Any]:
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
        "shelf_life_days": item.shelf_life_days,
        "is_active": item.is_active,
        "packagings": [
            {
                "unit": packaging.unit_id,
                "factor": f"{packaging.factor.normalize():f}",
                "gtin": packaging.gtin,
                "valid_from": wire.iso(packaging.valid_from),
                "valid_to": wire.iso(packaging.valid_to),
            }
            for packaging in item.packagings.all()
        ],
    }


def _lot(lot: Lot) -> dict[str, Any]:
    return {
        "item": lot.item.code,
        "code": lot.code,
        "expires_on": wire.iso(lot.expires_date),
        "is_held": lot.hold_reason != "",
        "label": label_of(lot.pk),
    }
