"""The demo's reserve norms: some met, some nearly, some far from it, so that the page of norms has something to tell.

Each is worked out from what lies there on the last evening; nothing is drawn at random.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import ROUND_CEILING, Decimal
from itertools import cycle
from typing import Final

from django.db.models import Sum

from depots.models import OrganisationUnit
from inventory.catalogue.models import Item
from inventory.ledger.models import Holding
from inventory.norms.models import ReserveNorm
from logistics import history
from logistics.demo.desk import RESERVE

ITEMS_A_DEPOT: Final = 6
ITEMS_A_UNIT: Final = 4
_SHARES: Final = tuple(Decimal(share) for share in ("0.8", "1.05", "1", "1.6", "0.9", "2.5", "1.2"))
_BASIS: Final = "QĐ 12/QĐ-HC (mẫu)"


def make(today: date) -> int:
    """Store the norms, valid from the first day of the year; return how many. Needs stock and `history.changing`."""
    since, shares = date(today.year, 1, 1), cycle(_SHARES)
    held = (
        Holding.objects.filter(is_stocked=True, purpose=RESERVE, depot__is_exercise=False)
        .values_list("depot_id", "depot__unit_id", "item_id")
        .annotate(on_hand=Sum("on_hand"))
        .order_by("depot__code", "item__code")
    )
    scales = dict(Item.objects.values_list("pk", "base_unit__scale"))
    above = dict(OrganisationUnit.objects.values_list("pk", "parent_id"))
    by_depot: dict[int, dict[int, Decimal]] = {}
    by_unit: dict[int, dict[int, Decimal]] = {}
    for depot, unit, item, on_hand in held:
        by_depot.setdefault(depot, {})[item] = on_hand
        for one in _upward(unit, above):
            stock = by_unit.setdefault(one, {})
            stock[item] = stock.get(item, Decimal(0)) + on_hand
    norms = []
    for place, stocks, most in (("depot_id", by_depot, ITEMS_A_DEPOT), ("unit_id", by_unit, ITEMS_A_UNIT)):
        for key, stock in stocks.items():
            for item in list(stock)[:: max(len(stock) // most, 1)][:most]:
                required = _rounded(stock[item] * next(shares), scale=scales[item])
                norms.append(
                    ReserveNorm(
                        **{place: key}, item_id=item, purpose_id=RESERVE, required=required, basis=_BASIS,
                        valid_from=since,
                    )
                )  # fmt: skip
    return len(history.bulk_create(norms))


def _upward(unit: int | None, above: Mapping[int, int | None]) -> Iterable[int]:
    while unit is not None:
        yield unit
        unit = above.get(unit)


def _rounded(quantity: Decimal, *, scale: int) -> Decimal:
    """Return a quantity as a norm would be set: two leading digits, at least 1."""
    step = Decimal(10) ** max(quantity.adjusted() - 1, 0)
    return max((quantity / step).to_integral_value(ROUND_CEILING) * step, Decimal(1)).quantize(
        Decimal(1).scaleb(-scale)
    )
