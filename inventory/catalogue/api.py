"""The catalogue, as the API tells it: items, lots, units of measure, supply classes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import Query, Router, Schema
from pydantic import Field

from depots import access
from inventory.catalogue.finding import with_words
from inventory.catalogue.models import Classification, Item, Lot, SupplyClass, Unit
from logistics import paging, wire
from logistics.accounts.rights import Right
from logistics.accounts.tokens import asker
from logistics.audit import reads
from logistics.audit.trail import TrailPage, trail
from logistics.errors import NotFound

if TYPE_CHECKING:
    from django.db.models import Model, QuerySet

router = Router(tags=["catalogue"])

# The catalogue is for everybody who works with stock or keeps it, not for the export client.
KNOWERS = (Right.READ, Right.KEEP_CATALOGUE, Right.KEEP_PEOPLE)


class PackagingOut(Schema):
    """How many base units one package holds, between two dates."""

    unit: str
    factor: str = Field(examples=["24"])
    gtin: str
    valid_from: str | None
    valid_to: str | None


class ItemOut(Schema):
    """A line of the catalogue."""

    code: str = Field(examples=["QN-02-0001230"])
    name: str
    name_en: str
    specification: str
    supply_class: str
    group: str = Field(examples=["QN-02"])
    base_unit: str = Field(description="UN/CEFACT Recommendation 20.", examples=["KGM"])
    tracking: str = Field(description="none, lot or serial.")
    shelf_life_days: int | None
    external_code: str
    gtin: str
    nsn: str
    un_number: str | None
    classification: int = Field(description="0: unclassified.")
    is_active: bool
    packagings: list[PackagingOut]
    updated_at: str


class ItemPage(Schema):
    """Items by code."""

    items: list[ItemOut]
    next: str | None


class LotOut(Schema):
    """Goods made or received together."""

    item: str
    lot: str
    expires_on: str | None = Field(description="Last day of use.")
    made_on: str | None
    hold_reason: str = Field(description="Not blank: may not be issued.")
    updated_at: str


class LotPage(Schema):
    """Lots by item and lot code."""

    items: list[LotOut]
    next: str | None


class UnitOfMeasureOut(Schema):
    """A unit of measure or a package."""

    code: str
    name: str
    name_en: str
    kind: str
    scale: int = Field(description="Decimals allowed.")
    updated_at: str


class UnitOfMeasurePage(Schema):
    """Units by code."""

    items: list[UnitOfMeasureOut]
    next: str | None


class SupplyClassOut(Schema):
    """A branch of logistics."""

    code: str
    name: str
    name_en: str
    updated_at: str


class SupplyClassPage(Schema):
    """Supply classes by code."""

    items: list[SupplyClassOut]
    next: str | None


class ItemQuery(paging.ChangedQuery):
    """What items are asked for."""

    supply_class: str | None = Field(None, alias="class", max_length=4, description="Supply class, such as QN.")
    text: str | None = Field(
        None,
        max_length=100,
        description="Only items that have all these words in code, names, older names, specification, NSN or GTIN; "
        "marks and case are not minded.",
        examples=["gao te"],
    )


class LotQuery(paging.ChangedQuery):
    """What lots are asked for."""

    item: str | None = Field(None, max_length=16, description="Item code.")


def _item(item: Item) -> dict[str, Any]:
    return {
        "code": item.code,
        "name": item.name,
        "name_en": item.name_en,
        "specification": item.specification,
        "supply_class": item.group.supply_class_id,
        "group": f"{item.group.supply_class_id}-{item.group.number}",
        "base_unit": item.base_unit_id,
        "tracking": item.tracking,
        "shelf_life_days": item.shelf_life_days,
        "external_code": item.external_code,
        "gtin": item.gtin,
        "nsn": item.nsn,
        "un_number": item.dangerous_good_id,
        "classification": item.classification,
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
        "updated_at": wire.local(item.updated_at),
    }


def _lot(lot: Lot) -> dict[str, Any]:
    return {
        "item": lot.item.code,
        "lot": lot.code,
        "expires_on": wire.iso(lot.expires_date),
        "made_on": wire.iso(lot.made_date),
        "hold_reason": lot.hold_reason,
        "updated_at": wire.local(lot.updated_at),
    }


def _unit(unit: Unit) -> dict[str, Any]:
    return {
        "code": unit.code,
        "name": unit.name,
        "name_en": unit.name_en,
        "kind": unit.kind,
        "scale": unit.scale,
        "updated_at": wire.local(unit.updated_at),
    }


def _supply_class(supply_class: SupplyClass) -> dict[str, Any]:
    return {
        "code": supply_class.code,
        "name": supply_class.name,
        "name_en": supply_class.name_en,
        "updated_at": wire.local(supply_class.updated_at),
    }


def _items() -> QuerySet[Item]:
    return Item.objects.select_related("group").prefetch_related("packagings")


def _by_code(request: HttpRequest, rows: QuerySet[Any], query: paging.ChangedQuery, document: Any) -> HttpResponse:
    """Return a page of rows whose `code` is unique, in its order."""
    access.require(asker(request), *KNOWERS)
    if query.updated_since is not None:
        rows = rows.filter(updated_at__gte=query.updated_since)
    if (key := paging.after(query.cursor, parts=1)) is not None:
        rows = rows.filter(code__gt=key[0])
    found = list(rows.order_by("code")[: query.limit + 1])
    following = paging.cursor(found[query.limit - 1].code) if len(found) > query.limit else None
    _note_labelled(request, "item.list", [row for row in found[: query.limit] if isinstance(row, Item)])
    return paging.page(request, [document(row) for row in found[: query.limit]], following=following)


def _note_labelled(request: HttpRequest, action: str, items: Sequence[Item]) -> None:
    labelled = [item.code for item in items if item.classification != Classification.NONE]
    if labelled:
        subject = f"{len(labelled)}: {', '.join(labelled)}" if len(labelled) > 1 else labelled[0]
        reads.note(request, by=asker(request), action=action, subject=subject)


def _one(request: HttpRequest, rows: QuerySet[Any], **key: str) -> Any:
    """Return the one row of `key`.

    Raises:
        NotFound: there is none.
        Forbidden: the asker has no business with the catalogue.
    """
    access.require(asker(request), *KNOWERS)
    found: Model | None = rows.filter(**key).first()
    if found is None:
        name = ":".join(key.values())[:80]
        raise NotFound(_("The catalogue has no “%(name)s”.") % {"name": name})
    return found


def _answer(document: dict[str, Any]) -> HttpResponse:
    return HttpResponse(wire.dump(document), content_type="application/json")


@router.get("/items", response=ItemPage)
def list_items(request: HttpRequest, query: Query[ItemQuery]) -> HttpResponse:
    """List the catalogue, by item code."""
    rows = _items()
    if query.supply_class is not None:
        rows = rows.filter(group__supply_class=query.supply_class)
    if query.text is not None:
        rows = with_words(rows, query.text)
    return _by_code(request, rows, query, _item)


@router.get("/items/{item}", response=ItemOut)
def get_item(request: HttpRequest, item: str) -> HttpResponse:
    """Return one item with its packagings. Reading one that carries a label is noted."""
    found = _one(request, _items(), code=item)
    _note_labelled(request, "item.read", [found])
    return _answer(_item(found))


@router.get("/items/{item}/history", response=TrailPage)
def get_item_history(request: HttpRequest, item: str, query: Query[paging.PageQuery]) -> HttpResponse:
    """Return who changed an item, when, what and why, newest first. Reading one that carries a label is noted."""
    found = _one(request, Item.objects.all(), code=item)
    _note_labelled(request, "item.history", [found])
    return trail(request, found, query)


@router.get("/lots", response=LotPage)
def list_lots(request: HttpRequest, query: Query[LotQuery]) -> HttpResponse:
    """List lots and serial numbers, by item and lot code; those made up in exercise depots are not among them."""
    access.require(asker(request), *KNOWERS)
    lots = Lot.objects.filter(is_exercise=False).select_related("item").order_by("item__code", "code")
    if query.item is not None:
        lots = lots.filter(item__code=query.item)
    if query.updated_since is not None:
        lots = lots.filter(updated_at__gte=query.updated_since)
    if (key := paging.after(query.cursor, parts=2)) is not None:
        lots = lots.filter(Q(item__code__gt=key[0]) | Q(item__code=key[0], code__gt=key[1]))
    found = list(lots[: query.limit + 1])
    last = found[query.limit - 1] if len(found) > query.limit else None
    following = paging.cursor(last.item.code, last.code) if last else None
    return paging.page(request, [_lot(lot) for lot in found[: query.limit]], following=following)


@router.get("/lots/{path:code}/history", response=TrailPage)
def get_lot_history(request: HttpRequest, code: str, query: Query[paging.PageQuery]) -> HttpResponse:
    """Return who changed a lot, when, what and why, newest first. `code` is `ITEM:LOT`."""
    item, colon, lot = code.partition(":")
    if not colon:
        access.require(asker(request), *KNOWERS)
        raise NotFound(_("A lot is written ITEM:LOT here, such as QN-02-0001230:L25-01."))
    return trail(request, _one(request, Lot.objects.filter(is_exercise=False), item__code=item, code=lot), query)


@router.get("/units", response=UnitOfMeasurePage)
def list_units(request: HttpRequest, query: Query[paging.ChangedQuery]) -> HttpResponse:
    """List units of measure and packages, by code (UN/CEFACT Recommendations 20 and 21)."""
    return _by_code(request, Unit.objects.all(), query, _unit)


@router.get("/units/{code}", response=UnitOfMeasureOut)
def get_unit(request: HttpRequest, code: str) -> HttpResponse:
    """Return one unit of measure or package."""
    return _answer(_unit(_one(request, Unit.objects.all(), code=code)))


@router.get("/units/{code}/history", response=TrailPage)
def get_unit_history(request: HttpRequest, code: str, query: Query[paging.PageQuery]) -> HttpResponse:
    """Return who changed a unit, when, what and why, newest first."""
    return trail(request, _one(request, Unit.objects.all(), code=code), query)


@router.get("/supply-classes", response=SupplyClassPage)
def list_supply_classes(request: HttpRequest, query: Query[paging.ChangedQuery]) -> HttpResponse:
    """List the branches of logistics, by code."""
    return _by_code(request, SupplyClass.objects.all(), query, _supply_class)


@router.get("/supply-classes/{code}", response=SupplyClassOut)
def get_supply_class(request: HttpRequest, code: str) -> HttpResponse:
    """Return one branch of logistics."""
    return _answer(_supply_class(_one(request, SupplyClass.objects.all(), code=code)))


@router.get("/supply-classes/{code}/history", response=TrailPage)
def get_supply_class_history(request: HttpRequest, code: str, query: Query[paging.PageQuery]) -> HttpResponse:
    """Return who changed a branch, when, what and why, newest first."""
    return trail(request, _one(request, SupplyClass.objects.all(), code=code), query)
