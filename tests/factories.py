"""A small world to test in: `world()` makes the reference data, the verbs below make what a test names."""

from __future__ import annotations

import functools
import itertools
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar

from django.contrib.auth.hashers import make_password
from django.contrib.gis.geos import Point
from django.db import connections
from django.utils import timezone

from depots.models import Bin, Depot, Level, OrganisationUnit
from inventory.catalogue.models import (
    DangerousGood,
    Item,
    ItemGroup,
    Lot,
    Packaging,
    QualityGrade,
    ReservePurpose,
    SupplyClass,
    Unit,
)
from inventory.ledger.drafts import Draft, DraftLine
from inventory.ledger.entries import Posted
from inventory.ledger.models import Holding, Kind
from inventory.ledger.posting import post
from logistics import history
from logistics.accounts.models import Assignment, Role, User

Answer = TypeVar("Answer")
_keys = itertools.count(1)

UNITS = [
    ("EA", "cái", "each", "measure", 0),
    ("KGM", "kg", "kilogram", "measure", 3),
    ("LTR", "lít", "litre", "measure", 3),
    ("TNE", "tấn", "tonne", "measure", 3),
    ("BX", "hộp", "box", "package", 0),
]
PURPOSES = [("THUONG_XUYEN", False), ("SSCD", True), ("DU_TRU_QUOC_GIA", True), ("DOT_XUAT", False)]


def telling(reason: str = "test") -> Any:
    """Name the tests as the writer of reference data."""
    return history.changing(by=None, reason=reason, source=history.Source.COMMAND)


def world() -> User:
    """Make units, grades, purposes, classes and one group each; return a user who may post anywhere."""
    with telling():
        Unit.objects.bulk_create(
            Unit(code=code, name=vi, name_en=en, kind=kind, scale=scale) for code, vi, en, kind, scale in UNITS
        )
        QualityGrade.objects.bulk_create(
            QualityGrade(grade=grade, name=f"cấp {grade}", name_en=f"grade {grade}", awaits_disposal=grade == 5)
            for grade in range(1, 6)
        )
        ReservePurpose.objects.bulk_create(
            ReservePurpose(code=code, name=code, name_en=code, is_ring_fenced=fenced) for code, fenced in PURPOSES
        )
        for code, name in [("QN", "Quân nhu"), ("QY", "Quân y"), ("XD", "Xăng dầu")]:
            branch = SupplyClass.objects.create(code=code, name=name, name_en=name)
            ItemGroup.objects.create(supply_class=branch, number="01", name=f"Nhóm 1 {name}")
            ItemGroup.objects.create(supply_class=branch, number="02", name=f"Nhóm 2 {name}")
        DangerousGood.objects.create(number="1203", name="xăng", name_en="GASOLINE", hazard_class="3")
        OrganisationUnit.objects.create(
            code="G11", name="Tổng cục mẫu", level=Level.STRATEGIC, valid_from=date(2000, 1, 1)
        )
        poster = a_user("nguoi-ghi")
        Assignment.objects.create(user=poster, role=Role.STOREKEEPER)
    return poster


def a_user(login: str, *, role: str | None = None, depot: Depot | None = None, **fields: Any) -> User:
    """Make a user, with one role over a depot (None: the whole store) when `role` is given."""
    password = fields.pop("password", None)
    with telling():
        user = User(login=login, full_name=login, password=_hashed(password), **fields)
        user.save()
        if role:
            Assignment.objects.create(user=user, role=role, depot=depot)
    return user


@functools.cache
def _hashed(password: str | None) -> str:
    """Return a password as it is stored; hashed once, because that is slow on purpose."""
    return make_password(password)


def a_unit(code: str, *, parent: OrganisationUnit | None = None) -> OrganisationUnit:
    """Make an organisation unit."""
    with telling():
        return OrganisationUnit.objects.create(
            code=code, name=f"Đơn vị {code}", level=Level.TACTICAL, parent=parent, valid_from=date(2000, 1, 1)
        )


def a_depot(
    code: str = "K01",
    *,
    unit: OrganisationUnit | None = None,
    at: tuple[float, float] = (105.8, 21.0),
    bins: Iterable[str] = ("A-01", "A-02"),
    is_exercise: bool = False,
) -> Depot:
    """Make a depot at (longitude, latitude); its first bin is the default."""
    with telling():
        depot = Depot.objects.create(
            code=code,
            name=f"Kho mẫu {code}",
            unit=unit or OrganisationUnit.objects.get(code="G11"),
            level=Level.STRATEGIC,
            coordinates=Point(*at, srid=4326),
            opened_date=date(2000, 1, 1),
            is_exercise=is_exercise,
        )
        for index, name in enumerate(bins):
            Bin.objects.create(depot=depot, code=name, is_default=index == 0)
    return depot


def an_item(code: str = "QN-01-0000014", *, tracking: str = "none", unit: str = "EA", **fields: Any) -> Item:
    """Make an item in the group its code names."""
    branch, group, _ = code.split("-")
    with telling():
        return Item.objects.create(
            code=code,
            name=fields.pop("name", f"Vật chất {code}"),
            group=ItemGroup.objects.get(supply_class_id=branch, number=group),
            base_unit_id=unit,
            tracking=tracking,
            **fields,
        )


def a_lot(item: Item, code: str, *, expires_date: date | None = None, hold_reason: str = "") -> Lot:
    """Make a lot."""
    with telling():
        return Lot.objects.create(item=item, code=code, expires_date=expires_date, hold_reason=hold_reason)


def a_packaging(item: Item, unit: str, factor: str) -> Packaging:
    """Say how many base units one package holds."""
    with telling():
        return Packaging.objects.create(item=item, unit_id=unit, factor=Decimal(factor))


def a_draft(kind: str, depot: str = "K01", *lines: DraftLine, days_ago: float = 0, **fields: Any) -> Draft:
    """Return a draft dated `days_ago`, with a key of its own unless one is given."""
    fields.setdefault("key", f"test-{next(_keys)}")
    fields.setdefault("occurred_at", timezone.now() - timedelta(days=days_ago))
    return Draft(depot=depot, kind=Kind(kind), lines=lines, **fields)


def a_line(item: Item | str, quantity: str | int, **fields: Any) -> DraftLine:
    """Return a draft line."""
    code = item if isinstance(item, str) else item.code
    return DraftLine(item=code, quantity=Decimal(quantity), **fields)


def posting(by: User, kind: str, depot: str, *lines: DraftLine, at: datetime | None = None, **fields: Any) -> Posted:
    """Post one draft and return the movement."""
    draft = a_draft(kind, depot, *lines, **fields)
    (posted,) = post([draft], by=by, at=at or timezone.now())
    return posted


def on_hand(depot: Depot, item: Item, **pile: Any) -> Decimal:
    """Return what a depot holds of an item, over the piles that match."""
    rows = Holding.objects.filter(depot=depot, item=item, **pile)
    return sum((row.on_hand for row in rows), Decimal(0))


def in_threads(count: int, work: Callable[[int], Answer]) -> list[Answer | Exception]:
    """Run `work(0) … work(count-1)` at once, each on its own connection; return answers or the exceptions raised."""
    start = threading.Barrier(count)

    def one(index: int) -> Answer | Exception:
        try:
            start.wait()
            return work(index)
        except Exception as error:  # noqa: BLE001 - the test looks at what was raised
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))
