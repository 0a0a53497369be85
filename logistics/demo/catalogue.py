"""The demo's items and packagings."""

from __future__ import annotations

from collections.abc import Iterable

from inventory.catalogue.models import Item, ItemGroup, Packaging
from logistics import history
from logistics.demo.tables import Goods


def make(goods: Iterable[Goods]) -> None:
    """Store the items and their packagings. Needs the reference data, and `history.changing` around it."""
    groups = {f"{group.supply_class_id}-{group.number}": group for group in ItemGroup.objects.all()}
    goods = list(goods)
    items = history.bulk_create(
        [
            Item(
                code=one.code,
                name=one.name,
                name_en=one.name_en,
                specification=one.specification,
                group=groups[one.group],
                base_unit_id=one.unit,
                tracking=one.tracking,
                shelf_life_days=one.shelf_life_days,
                gtin=one.gtin,
                dangerous_good_id=one.un_number or None,
            )
            for one in goods
        ]
    )
    history.bulk_create(
        [
            Packaging(item=item, unit_id=unit, factor=factor)
            for item, one in zip(items, goods, strict=True)
            for unit, factor in one.packagings
        ]
    )
