"""A catalogue of the size a ministry keeps: invented goods of every branch, a small part of which is ever in stock.

Names are made of the words such names are made of, so that a search finds now a handful of items, now thousands.
"""

from __future__ import annotations

from itertools import product
from typing import Final

import psycopg
from django.utils import timezone

from inventory.catalogue.codes import item_code
from inventory.catalogue.models import Item, ItemGroup
from logistics import sql

SIZE: Final = 50_000
KEPT_BRANCH: Final = "QN"  # whose items are in stock, every so many of them in the order of codes

_GOODS: Final = (
    "Gạo tẻ", "Thịt hộp", "Lương khô", "Nước mắm", "Chăn chiên", "Màn tuyn", "Quần áo dã chiến", "Giày vải", "Bi đông",
    "Chảo gang", "Thuốc kháng sinh", "Bông hút nước", "Băng cuộn", "Kẹp phẫu thuật", "Túi cứu thương", "Xăng không chì",
    "Dầu điêzen", "Mỡ bôi trơn", "Vòi dẫn dầu", "Bàn làm việc", "Giường sắt", "Tủ tài liệu", "Máy phát điện",
    "Bơm nước", "Lốp ô tô", "Săm xe", "Ắc quy", "Dây chằng", "Pa-lét gỗ", "Bao bì giấy",
)  # fmt: skip
_KINDS: Final = (
    "loại 1", "loại 2", "kiểu cũ", "kiểu mới", "hạng nặng", "hạng nhẹ", "dùng cho bộ binh", "dùng cho tàu",
    "chống thấm", "chịu nhiệt", "đóng hộp", "đóng bao",
)  # fmt: skip
_MAKERS: Final = ("Hà Nội", "Đà Nẵng", "Cần Thơ", "Thuý Hoà", "Bình Minh", "Phương Đông", "Trường Sơn")
_NAMES: Final = tuple(" ".join(parts) for parts in product(_GOODS, _KINDS, _MAKERS))
SEARCHES: Final = (
    "gạo te", "may phat dien hạng nặng", "thuy hoa", "QN-01", "lốp ô tô chịu nhiệt Đà Nẵng", "kháng sinh", "hòm 077",
    "xang khong chi dung cho tau", "pa-let", "loại",
)  # fmt: skip


def fill(kept: int) -> list[Item]:
    """Write SIZE items spread over every group, without a history of their own; return the `kept` that will have stock.

    Needs the reference data. The kept ones are left for the caller to write, with their history.
    """
    groups = list(ItemGroup.objects.order_by("supply_class", "number"))
    each, chosen, rest = SIZE // len(groups), list[Item](), list[Item]()
    in_branch = each * sum(group.supply_class_id == KEPT_BRANCH for group in groups)
    seen = 0
    for at, group in enumerate(groups):
        for number in range(1, each + 1):
            item = Item(
                code=item_code(group.supply_class_id, int(group.number), number),
                name=_NAMES[(at * each + number) * 37 % len(_NAMES)],
                specification=f"hòm {number % 997:03d}",
                group=group,
                base_unit_id="KGM",
                tracking=Item.Tracking.LOT,
            )
            is_kept = False
            if group.supply_class_id == KEPT_BRANCH:
                seen += 1
                is_kept = seen % (in_branch // kept) == 0 and len(chosen) < kept
            (chosen if is_kept else rest).append(item)
    _copy(rest)
    return chosen


def _copy(items: list[Item]) -> None:
    """Write items as they are, which takes the ORM twenty times as long."""
    columns = [field for field in Item._meta.concrete_fields if not field.primary_key]  # noqa: SLF001 - documented by Django
    names = ", ".join(str(field.column) for field in columns)
    now = timezone.now()
    with psycopg.Cursor(sql.driver()) as cursor, cursor.copy(f"COPY catalogue_item ({names}) FROM STDIN") as copy:
        for item in items:
            item.updated_at = now
            copy.write_row([getattr(item, field.attname) for field in columns])
