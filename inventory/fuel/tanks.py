"""Tanks and what lies in them: levels now, the history of one, and its dips against what loss was normal."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from django.utils.translation import gettext as _

from depots import access
from depots.models import Bin, Depot
from inventory.catalogue.models import Item
from inventory.fuel import losses
from inventory.fuel.losses import Flow
from inventory.ledger import fuel
from logistics import sql
from logistics.accounts.models import User
from logistics.errors import NotFound

NOTHING: Final = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """One tank now. `kg` None: some of its fuel was never measured; `fuels` how many kinds lie in it.

    `holds_others`: what lies in it is not, or not all, marked as a liquid fuel, so its litres are told elsewhere.
    """

    depot: str
    depot_name: str
    bin_id: int
    bin: str
    name: str
    is_active: bool
    capacity: Decimal | None
    item: Item | None
    fuels: int
    piles: int
    holds_others: bool
    litres_15: Decimal
    kg: Decimal | None
    dipped_at: datetime | None

    @property
    def percent(self) -> int | None:
        """How full it is, of its capacity at 15 °C; None where that is not known."""
        return None if not self.capacity else int(min(self.litres_15 * 100 / self.capacity, Decimal(999)))

    @property
    def density_15(self) -> Decimal | None:
        """The mean density at 15 °C of the one fuel in it, kg/m³; None where the books do not say it."""
        return None if self.fuels > 1 else fuel.mean_density(self.litres_15, self.kg)


def levels(depots: Iterable[Depot], *, bin_id: int | None = None) -> list[Level]:
    """Return the tanks of depots, or one of them, in the order of depots and bins; two queries."""
    params = {"depot_ids": [depot.pk for depot in depots], "bin_id": bin_id}
    rows = sql.records("fuel/levels", params)
    items = Item.objects.select_related("base_unit").in_bulk({row["item_id"] for row in rows if row["item_id"]})
    return [
        Level(
            depot=row["code"],
            depot_name=row["name"],
            bin_id=row["bin_id"],
            bin=row["bin"],
            name=row["bin_name"],
            is_active=row["is_active"],
            capacity=row["capacity_litres"],
            item=items.get(row["item_id"]),
            fuels=row["items"] or 0,
            piles=row["piles"] or 0,
            holds_others=row["holds_others"],
            litres_15=row["litres_15"],
            kg=row["kg"],
            dipped_at=row["dipped_at"],
        )
        for row in rows
    ]


def tank_of(user: User, depot: str, code: str) -> tuple[Depot, Bin]:
    """Return a tank that the user may read of, and its depot. Raises NotFound."""
    place = access.depot_for_reading(user, depot)
    found = Bin.objects.select_related("depot", "tank__product").filter(depot=place.id, code=code, kind=Bin.Kind.TANK)
    one = found.first()
    if one is None:
        raise NotFound(_("Depot %(depot)s has no tank %(code)s.") % {"depot": depot, "code": code[:24]})
    return one.depot, one


@dataclass(frozen=True, slots=True, kw_only=True)
class Dipped:
    """One dip that was posted: what the books said, what was found, and the loss that was normal since the last one."""

    at: datetime
    position: int
    number: str
    book: Decimal
    found: Decimal
    kg: Decimal
    density_15: Decimal
    temperature: Decimal
    allowed: Decimal | None  # None: it is the first, so nothing is known of the time before

    @property
    def difference(self) -> Decimal:
        """What was found less what the books said, litres at 15 °C."""
        return self.found - self.book

    @property
    def verdict(self) -> str:
        """ "same", "surplus", "within" or "over" the normal loss; "" where that is not known."""
        if not self.difference:
            return "same"
        if self.difference > 0:
            return "surplus"
        if self.allowed is None:
            return ""
        return "within" if -self.difference <= self.allowed else "over"


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What happened to the fuel of one item in a tank: its last entries, newest first, its dips, newest first."""

    entries: list[dict[str, Any]]
    dips: list[Dipped]
    lost: Decimal  # normal loss since the last dip, until now
    since: datetime | None


MOST_ENTRIES: Final = 20


def history_of(tank: Bin, item: Item, *, at: datetime) -> History:
    """Return the history of an item's fuel in a tank, with what loss was normal between dips. Two queries."""
    rows = sql.records("fuel/pile_history", {"depot_id": tank.depot_id, "bin_id": tank.pk, "item_id": item.pk})
    rates = losses.rates_of(item.group_id)
    flows = [
        Flow(at=row["at"], change=row["change"], is_count=row["kind"] == "stocktake" or row["is_undone"])
        for row in rows
    ]
    dipped = [row for row in rows if row["is_count"] and not row["is_undone"] and row["litres_15"] is not None]
    # One pass over what may be years of issues: the loss between each dip and the one before, and since the last.
    moments = [row["at"] for row in dipped]
    normal = losses.allowed(flows, rates, [*moments, at])
    dips = [
        Dipped(
            at=row["at"],
            position=row["position"],
            number=row["number"],
            book=row["book"],
            found=row["litres_15"],
            kg=row["kg"],
            density_15=row["density_15"],
            temperature=row["temperature"],
            allowed=loss,
        )
        for row, loss in zip(dipped, [None, *normal], strict=False)
    ]
    lost, since = (normal[-1], moments[-1]) if dipped else (NOTHING, None)
    entries = [row for row in reversed(rows) if row["litres_15"] is not None][:MOST_ENTRIES]
    return History(entries=entries, dips=dips[::-1], lost=lost, since=since)
