"""The demo's files: an opening of K01 with a few mistakes to put right, and the codes of a branch's program."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final
from uuid import NAMESPACE_URL, uuid5

from django.utils import translation

from depots import access
from inventory.catalogue.models import Item
from inventory.openings import bringing
from inventory.openings.models import ColumnMapping, Crosswalk, Purpose
from logistics import history
from logistics.accounts.models import User

HEADS: Final = "Mã vật chất;Tên vật chất;Đơn vị tính;Số lượng;Số lô;Hạn dùng;Vị trí"
PROGRAM: Final = "Quản lý vật tư 3"
CODES: Final = 12


def bring(users: dict[str, User], *, at: datetime) -> None:
    """Bring the file, as K01's storekeeper left it; keep the codes and the columns of an older program."""
    items = list(Item.objects.filter(is_active=True, classification=0).select_related("base_unit").order_by("code"))
    with history.changing(by=users["danhmuc"], reason="Nạp dữ liệu mẫu", source=history.Source.COMMAND):
        _codes(items)
    lots = [item for item in items if item.tracking == Item.Tracking.LOT][:4]
    plain = [item for item in items if item.tracking == Item.Tracking.NONE][:4]
    rows = [
        f"{item.code};{item.name.replace(';', ',')};{item.base_unit.name};{number + 5};DEMO-{number};31/12/2030;A-01"
        for number, item in enumerate(lots)
    ]
    rows += [
        f"{item.code};{item.name.replace(';', ',')};{item.base_unit.name};{number + 20};;;"
        for number, item in enumerate(plain)
    ]
    rows[1] = rows[1].replace(";6;", ";6 thùng;")
    rows[2] = rows[2].replace("31/12/2030", "31/02/2030")
    rows[-1] = rows[-1].replace(plain[-1].code, plain[-1].code[:-1] + str((int(plain[-1].code[-1]) + 1) % 10))
    keeper = users["thukho"]
    with translation.override("vi"):
        bringing.take_in(
            "\n".join([HEADS, *rows]).encode(),
            "số dư đầu K01.csv",
            purpose=Purpose.OPENING,
            depot=access.depot_for_posting(keeper, "K01"),
            by=keeper,
            at=at,
            as_id=uuid5(NAMESPACE_URL, "kho-mau/file/opening"),
        )


def _codes(items: list[Item]) -> None:
    history.bulk_create(
        [
            Crosswalk(program=PROGRAM, their_code=f"VT{number:04d}", item=item, valid_from=date(2020, 1, 1))
            for number, item in enumerate(items[:CODES], start=1)
        ]
    )
    fields = {
        "item": {"column": "MA_VT", "lookup": "crosswalk", "program": PROGRAM},
        "quantity": "SL_TON",
        "lot": "SO_LO",
        "expires_on": "HAN_DUNG",
        "bin": "VI_TRI",
    }
    document = {"for": "opening", "dates": ["%d/%m/%Y"], "decimal": ",", "nulls": ["-"], "fields": fields}
    ColumnMapping.objects.create(name=PROGRAM, purpose=Purpose.OPENING, document=document)
