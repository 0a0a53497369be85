"""The demo's requisitions and orders: one waits for a decision, one is promised in part, its order open in K01.

Quantities follow from what lies in K01 on the last evening; nothing is drawn at random.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import ROUND_FLOOR, Decimal
from typing import Final
from uuid import NAMESPACE_URL, uuid5

from django.db.models import Sum
from django.utils import timezone

from depots.models import Depot, Level
from inventory.catalogue.models import Item
from inventory.ledger.models import Holding
from inventory.requisitions import asking, orders, progress
from inventory.requisitions.asking import Asked, AskedLine, Cut
from inventory.requisitions.models import ApprovalLevel, Requisition
from inventory.requisitions.orders import REQUISITION, OrderDraft, OrderDraftLine
from logistics import history
from logistics.accounts.models import User
from logistics.demo.shelves import REGULAR
from logistics.history import Source

# (C) Each level asks the one above; branches' own limits are the site's to set.
_LEVELS: Final = (
    (Level.SUB_UNIT, Level.TACTICAL),
    (Level.TACTICAL, Level.OPERATIONAL),
    (Level.OPERATIONAL, Level.STRATEGIC),
    (Level.STRATEGIC, Level.MINISTRY),
)
_NEEDED_IN: Final = timedelta(days=7)


def make_levels() -> int:
    """Store which level approves what which level asks; return how many. Needs `history.changing`."""
    return len(history.bulk_create([ApprovalLevel(asking_level=low, approving_level=high) for low, high in _LEVELS]))


def make(users: dict[str, User], *, at: datetime) -> None:
    """Lay out two requisitions of K02 and an order to K01 for the second; they do not depend on when they are made."""
    asker, chief, planner = users["thukho02"], users["chihuy"], users["kehoach"]
    goods = _plentiful(at)
    if len(goods) < 3:
        return
    _ask(asker, "waiting", goods[2:4], basis="KH 45/HC (mẫu)", reason="Bổ sung cho đợt huấn luyện tháng tới", at=at)
    one = _ask(asker, "promised", goods[:2], basis="KH 40/HC (mẫu)", reason="Bảo đảm thường xuyên", at=at)
    first = one.lines.order_by("line_no")[0]
    cut = Cut(quantity=_rounded(first.asked * Decimal("0.8"), first.item), reason="Vượt tiêu chuẩn quý")
    asking.approve(one.pk, cuts={1: cut}, version=None, by=chief, at=at, source=Source.WEB)
    one.refresh_from_db()
    (line, *_rest) = progress.lines_of(one)
    half = _rounded(line.open / 2, first.item)
    draft = OrderDraft(
        id=uuid5(NAMESPACE_URL, "kho-mau/order/promised"),
        depot="K01",
        to_depot="K02",
        to_unit=one.unit.code,
        basis=f"{REQUISITION}{one.pk}",
        needed_by_date=one.needed_by_date,
        reason=f"{one.number} · {one.basis}",
        lines=[OrderDraftLine(item=line.item, quantity=half, grade=line.grade, requisition_line=line.pk)],
    )
    orders.give([draft], by=planner, at=at)


def _ask(
    user: User, name: str, goods: list[tuple[Item, Decimal]], *, basis: str, reason: str, at: datetime
) -> Requisition:
    depot = Depot.objects.select_related("unit").get(code="K02")
    asked = Asked(
        unit=depot.unit.code,
        to_depot=depot.code,
        needed_by_date=timezone.localdate(at) + _NEEDED_IN,
        basis=basis,
        reason=reason,
        lines=[AskedLine(item=item.code, quantity=quantity) for item, quantity in goods],
    )
    key = uuid5(NAMESPACE_URL, f"kho-mau/requisition/{name}")
    one = asking.save(key, asked, version=0, by=user, at=at, source=Source.WEB)
    return asking.submit(one.pk, version=one.version, by=user, at=at, source=Source.WEB)


def _plentiful(at: datetime) -> list[tuple[Item, Decimal]]:
    """Return four goods of K01 with a tenth of what may be issued of each, the most plentiful first."""
    held = (
        Holding.objects.filter(depot__code="K01", grade=1, purpose=REGULAR, lot__hold_reason="", item__is_active=True)
        .exclude(lot__expires_date__lt=timezone.localdate(at))
        .exclude(item__tracking=Item.Tracking.SERIAL)
        .values("item")
        .annotate(free=Sum("on_hand") - Sum("allocated"))
        .filter(free__gt=100)
        .order_by("-free", "item__code")[:4]
    )
    items = Item.objects.select_related("base_unit").in_bulk([row["item"] for row in held])
    return [(items[row["item"]], _rounded(row["free"] / 10, items[row["item"]])) for row in held]


def _rounded(quantity: Decimal, item: Item) -> Decimal:
    return quantity.quantize(Decimal(1) if item.base_unit.scale == 0 else Decimal("0.001"), rounding=ROUND_FLOOR)
