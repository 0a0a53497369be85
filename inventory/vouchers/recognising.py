"""What a scanned or typed text is: a label, a barcode, a stock number, a place, a voucher, a command.

Tried in the order of the scan box: GS1 element strings, our own labels, barcodes and numbers of the catalogue, what
the depot calls its bins, lots and vouchers, commands. What is read off a label stays in the answer also where the
item is unknown, so that the clerk can tie the code to an item and go on.
"""

from __future__ import annotations

import re
import unicodedata
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any, Final

from django.db.models import Q

from depots.models import Bin
from inventory.catalogue import codes, gs1, labels
from inventory.catalogue.codes import CodeError
from inventory.catalogue.marking import OWN_ITEM
from inventory.catalogue.models import Item, Lot, Packaging
from inventory.ledger.models import Holding, Movement
from inventory.vouchers.models import Voucher
from logistics.errors import gettext_noop

COMMANDS: Final = frozenset({"POST", "UNDO"})
MOST_CANDIDATES: Final = 20
_SYMBOLOGY: Final = re.compile(r"\](C1|d2|Q3|e0|J1)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognised:
    """What a text is. `lots`: every lot of the depot that goes by the text, when it is one or several."""

    kind: str
    item: Item | None = None
    unit: str | None = None
    lot: str | None = None
    expires_on: date | None = None
    serial: str | None = None
    quantity: Decimal | None = None
    gtin: str | None = None
    bin: str | None = None
    position: int | None = None
    number: str | None = None
    voucher: uuid.UUID | None = None
    command: str | None = None
    problem: CodeError | None = None
    lots: tuple[Lot, ...] = field(default=())


UNKNOWN: Final = Recognised(kind="unknown")


def recognise(text: str, *, depot_id: int, depot: str, today: date) -> Recognised:
    """Return what `text` is in a depot; at most a handful of queries.

    Kind `unknown` with a `problem` where the text has the form of a code and breaks its rule.
    """
    text = unicodedata.normalize("NFC", text).strip(" \t\r\n")
    if found := re.fullmatch(r"\*([A-Z]+)\*", text.upper()):
        return Recognised(kind="command", command=found[1]) if found[1] in COMMANDS else UNKNOWN
    if text.startswith("(") or _SYMBOLOGY.match(text) or gs1.FNC1 in text:
        return _of_gs1(text, today=today)
    ways: tuple[Callable[[], Recognised | None], ...] = (
        lambda: _of_digits(text, today=today),
        lambda: _of_catalogue(text),
        lambda: _of_depot(text, depot_id=depot_id, depot=depot),
    )
    problem: CodeError | None = None
    for way in ways:
        try:
            if answer := way():
                return answer
        except CodeError as error:
            problem = problem or error
    return replace(UNKNOWN, problem=problem)


def _of_gs1(text: str, *, today: date) -> Recognised:
    try:
        label = gs1.Label.parse(text, today=today)
    except CodeError as error:
        return replace(UNKNOWN, problem=error)
    gtin = label.gtin or label.contained_gtin
    item, unit = _by_gtin(gtin) if gtin else (_by_nsn(label.nsn) if label.nsn else _by_own_code(label), None)
    read = Recognised(
        kind="item",
        item=item,
        unit=unit,
        lot=label.serial_no or label.lot if item and item.tracking == Item.Tracking.SERIAL else label.lot,
        expires_on=label.expiry_date,
        serial=label.serial_no,
        quantity=Decimal(label.count) if label.count else label.net_weight_kg,
        gtin=gtin,
    )
    if item is None:
        return replace(read, kind="unknown", problem=_unknown(gtin or label.sscc or text))
    if label.serial_no and item.tracking == Item.Tracking.SERIAL:
        return replace(read, kind="serial")
    return replace(read, kind="lot") if label.lot else read


def _of_digits(text: str, *, today: date) -> Recognised | None:
    """Return what bare digits are: our label, a GTIN, a stock number, or element strings without their marks."""
    digits = re.sub(r"[\s-]+", "", text)
    if not re.fullmatch(r"[0-9]+", digits, re.ASCII):
        return None
    if labels.is_label(digits):
        return _of_label(labels.lot_of(digits))
    problem: CodeError | None = None
    if len(digits) in {8, 12, 13, 14}:
        try:
            gtin = codes.gtin_14(digits)
        except CodeError as error:
            problem = error
        else:
            item, unit = _by_gtin(gtin)
            if item:
                return Recognised(kind="item", item=item, unit=unit, gtin=gtin)
            problem = _unknown(digits)
        if len(digits) == 13 and (item := _by_nsn(digits)):
            return Recognised(kind="item", item=item)
    elif len(digits) >= 16 and digits[:2] in {"01", "02"}:
        return _of_gs1(digits, today=today)
    if problem:
        raise problem
    return None


def _of_label(number: int) -> Recognised | None:
    lot = _lots().filter(pk=number).first()
    if lot is None:
        raise _unknown(labels.label_of(number))
    return _one_lot(lot)


def _of_catalogue(text: str) -> Recognised | None:
    if re.fullmatch(r"[A-Za-z]{2,4}-?[0-9]{2}-?[0-9]{7}", text, re.ASCII):
        code = codes.check_item_code(text)
        item = _items().filter(code=code).first()
        if item is None:
            raise _unknown(code)
        return Recognised(kind="item", item=item)
    try:
        nsn = codes.check_nsn(text)
    except CodeError:
        return None
    item = _by_nsn(nsn)
    return Recognised(kind="item", item=item) if item else None


def _of_depot(text: str, *, depot_id: int, depot: str) -> Recognised | None:
    if place := Bin.objects.filter(depot=depot_id, code__iexact=text).first():
        return Recognised(kind="bin", bin=place.code)
    in_depot = Q(pk__in=_lots_of(depot_id))
    lots = tuple(_lots().filter(in_depot, code=text).order_by("item__code")[:MOST_CANDIDATES])
    if len(lots) == 1:
        return _one_lot(lots[0])
    if lots:
        return Recognised(kind="lot", lot=text, lots=lots)
    number = text.upper()
    prefix, _slash, position = number.rpartition("/")
    if prefix == depot.upper() and re.fullmatch(r"[1-9][0-9]{0,17}", position, re.ASCII):
        movements = Movement.objects.filter(depot=depot_id, position=int(position))
    else:
        movements = Movement.objects.filter(depot=depot_id, number=number)
    if found := movements.values_list("position", "number").first():
        return Recognised(kind="voucher", position=found[0], number=found[1])
    if re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", text.lower()):
        voucher = Voucher.objects.filter(pk=uuid.UUID(text), depot=depot_id).values_list("pk", "position", "number")
        if row := voucher.first():
            return Recognised(kind="voucher", voucher=row[0], position=row[1], number=row[2] or None)
    return None


def _one_lot(lot: Lot) -> Recognised:
    is_serial = lot.item.tracking == Item.Tracking.SERIAL
    return Recognised(
        kind="serial" if is_serial else "lot" if lot.code else "item",
        item=lot.item,
        lot=lot.code or None,
        serial=lot.code if is_serial else None,
        expires_on=lot.expires_date,
        lots=(lot,),
    )


def _items() -> Any:
    return Item.objects.select_related("base_unit").prefetch_related("packagings")


def _lots() -> Any:
    return Lot.objects.select_related("item__base_unit").prefetch_related("item__packagings")


def _lots_of(depot_id: int) -> Any:
    return Holding.objects.filter(depot=depot_id).values("lot")


def _by_gtin(gtin: str) -> tuple[Item | None, str | None]:
    """Return the item on which, or on a package of which, this GTIN stands, and the package's unit; two queries.

    A GTIN keeps its meaning behind leading zeros, so the shorter spellings of it are looked for as well.
    """
    spellings = [gtin[14 - length :] for length in (8, 12, 13, 14) if gtin[: 14 - length].strip("0") == ""]
    if item := _items().filter(gtin__in=spellings).first():
        return item, None
    packaging = Packaging.objects.filter(gtin__in=spellings).order_by("-valid_from", "pk").first()
    if packaging is None:
        return None, None
    return _items().get(pk=packaging.item_id), packaging.unit_id


def _by_nsn(nsn: str) -> Item | None:
    found: Item | None = _items().filter(nsn=nsn).first()
    return found


def _by_own_code(label: gs1.Label) -> Item | None:
    """Return the item whose code stands on a label of ours; other companies write what they like in that field."""
    own = label.get(OWN_ITEM)
    found: Item | None = _items().filter(code=own.data).first() if own else None
    return found


def _unknown(code: str) -> CodeError:
    message = gettext_noop("Code %(code)s is not in the catalogue. Check it, or tie it to an item.")
    return CodeError("unknown-code", message, code=code)
