"""What the goods of a sheet last cost in their depot."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from inventory.stocktakes.models import Stocktake
from inventory.stocktakes.standing import LineStanding
from logistics import sql


@dataclass(frozen=True, slots=True)
class Prices:
    """Unit prices in đồng per base unit: by (item, lot), and by item alone for lots that came without one."""

    by_lot: dict[tuple[str, int], Decimal]
    by_item: dict[str, Decimal]

    def of(self, line: LineStanding) -> Decimal | None:
        """Return the price of a line's goods; None where none was ever told."""
        own = self.by_lot.get((line.item, line.lot_id)) if line.lot_id is not None else None
        return own if own is not None else self.by_item.get(line.item)


def of(stocktake: Stocktake) -> Prices:
    """Return the last prices known of the goods of a sheet in its depot; one query."""
    by_lot: dict[tuple[str, int], Decimal] = {}
    latest: dict[str, tuple[int, Decimal]] = {}
    for item, lot_id, price, position in sql.rows("stocktakes/prices", {"stocktake_id": stocktake.pk}):
        by_lot[item, lot_id] = price
        if item not in latest or latest[item][0] < position:
            latest[item] = (position, price)
    return Prices(by_lot, {item: price for item, (_position, price) in latest.items()})
