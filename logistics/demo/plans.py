"""The demo's sourcing plans: one list for K01 solved two ways, so that there is something to read and to compare.

What is asked for follows from what lies on the shelves; nothing is drawn at random.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import ROUND_DOWN, Decimal
from typing import Final
from uuid import NAMESPACE_URL, uuid5

from django.db.models import Count, F, Max, Q, Sum
from django.utils import timezone

from inventory.catalogue.models import Item
from inventory.ledger.models import Holding
from inventory.sourcing import plans
from inventory.sourcing.goods import Strategy
from inventory.sourcing.needs import TypedNeed
from logistics import history
from logistics.accounts.models import User
from logistics.demo.shelves import REGULAR

TO: Final = "K01"
LINES: Final = 6
DAYS: Final = 12
_SHARES: Final = (Decimal("0.6"), Decimal("1.3"), Decimal("2.2"))  # of what the best-stocked depot has
_LITRE_KG: Final = Decimal("0.85")  # about what fuels and oils weigh; the catalogue keeper knows better


def weigh() -> int:
    """Say what a litre weighs, with its can or drum; return of how many items. Needs `history.changing` around it."""
    items = list(Item.objects.filter(base_unit="LTR", gross_weight_kg=None))
    for item in items:
        item.gross_weight_kg = _LITRE_KG
    return history.bulk_update(items, ["gross_weight_kg"])


def make(users: dict[str, User], *, at: datetime) -> None:
    """Store one list solved by the nearest depot and by the least effort; nothing where no depot could give."""
    typed = _needs()
    if not typed:
        return
    by = users["kehoach"]
    asked = plans.Asked(
        name="Bổ sung kho K01 trước mùa mưa",
        depot=TO,
        needed_by_date=timezone.localdate(at) + timedelta(days=DAYS),
        min_days_left=60,
        keep_percent=Decimal(10),
        most_depots=4,
        worst_grade=2,
        needs=typed,
        id=uuid5(NAMESPACE_URL, "kho-mau/plan/nearest"),
    )
    made = plans.make(asked, by=by, at=at, source=history.Source.COMMAND)
    best = uuid5(NAMESPACE_URL, "kho-mau/plan/least-effort")
    plans.copy(made, strategy=Strategy.LEAST_EFFORT, by=by, at=at, source=history.Source.COMMAND, as_id=best)


def _needs() -> list[TypedNeed]:
    """Return lines of goods that several other depots have: one has enough, several are needed, not all is there."""
    stocked = Holding.objects.filter(
        is_stocked=True, purpose=REGULAR, grade__lte=2, depot__is_exercise=False, item__is_active=True
    ).exclude(Q(depot__code=TO) | Q(item__tracking=Item.Tracking.SERIAL))
    found = (
        stocked.values("item", code=F("item__code"), scale=F("item__base_unit__scale"))
        .annotate(depots=Count("depot", distinct=True), largest=Max("on_hand"), together=Sum("on_hand"))
        .filter(depots__gte=3)
        .order_by("-depots", "code")
    )
    rows = list(found)[:: max(len(found) // LINES, 1)][:LINES]
    typed = []
    for number, row in enumerate(rows):
        wanted = row["largest"] * _SHARES[number % len(_SHARES)]
        quantity = wanted.quantize(Decimal(1), rounding=ROUND_DOWN)
        if quantity > 0:
            typed.append(TypedNeed(item=row["code"], quantity=f"{quantity:f}"))
    return typed
