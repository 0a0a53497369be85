"""What a label of ours carries: the lot's own number in bars, GS1 element strings in the DataMatrix.

The item stands as its GTIN (AI 01) or, where it has none, as its code in AI 91, which GS1 leaves to each company:
scanners and programs of others then see at once that it is no trade item number. Lots stand in AI 10, last days of use
in AI 17, serial numbers in AI 21. Source: GS1 General Specifications, section 3.
"""

from __future__ import annotations

from datetime import date
from typing import Final

from inventory.catalogue import codes, gs1, labels
from inventory.catalogue.codes import CodeError
from inventory.catalogue.models import Item, Lot
from logistics.fields import format_date
from logistics.stickers import Sticker

OWN_ITEM: Final = "91"


def element_strings(lot: Lot, *, today: date) -> gs1.Label | None:
    """Return what the DataMatrix of a lot's label says; None where GS1 cannot say it.

    That is a lot or serial number of more than 20 characters or of letters outside GS1's alphabet, and a last day of
    use that two digits of a year would be read as another. A label without its lot would be taken for another lot, so
    nothing is left out.
    """
    item = lot.item
    pairs = [("01", codes.gtin_14(item.gtin))] if item.gtin else []
    if lot.expires_date:
        pairs.append(("17", gs1.coded_date(lot.expires_date)))
    if not item.gtin:
        pairs.append((OWN_ITEM, item.code))
    if lot.code:
        pairs.append(("21" if item.tracking == Item.Tracking.SERIAL else "10", lot.code))
    try:
        found = gs1.Label.of(pairs, today=today)
    except CodeError:
        return None
    return found if found.expiry_date == lot.expires_date else None


def sticker(lot: Lot, *, today: date, mark: str = "") -> Sticker:
    """Return the label of a lot whose item and its base unit are loaded; its words are Vietnamese as all paper's."""
    item = lot.item
    said = element_strings(lot, today=today)
    number = labels.label_of(lot.pk)
    noun = "Số hiệu" if item.tracking == Item.Tracking.SERIAL else "Lô"
    return Sticker(
        title=", ".join(part for part in (item.name, item.specification) if part),
        lines=(
            f"{noun}: {lot.code}" if lot.code else "",
            f"HSD: {format_date(lot.expires_date)}" if lot.expires_date else "",
            item.code,
            f"ĐVT: {item.base_unit.name}",
        ),
        bars=number,
        matrix=said.bracketed if said else number,
        is_gs1=said is not None,
        mark=mark,
    )
