"""Loading the demo: all of it in one transaction, or nothing; never into a store that holds anything else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from random import Random
from typing import Final

from django.db import connection, transaction
from django.db.models import Sum

import depots.reference
import inventory.catalogue.reference
import inventory.stocktakes.reference
from depots.models import Depot
from inventory.catalogue.models import Item, Lot
from inventory.ledger.known import local_date
from inventory.ledger.models import DepotLog, Holding, MovementLine
from logistics import history
from logistics.accounts.models import User
from logistics.demo import (
    catalogue,
    files,
    foresight,
    fuel,
    hands,
    norms,
    packs,
    papers,
    people,
    places,
    plans,
    requests,
    searches,
    stocktakes,
    tables,
)
from logistics.demo.waiting import Waiting
from logistics.demo.year import DAYS, Year
from logistics.errors import Precondition

SEED: Final = "kho-mau"
HELD_LOTS: Final = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """What loading left behind. `tokens` are secrets by login, known only now."""

    depots: int
    items: int
    movements: int
    lines: int
    kinds: dict[str, int]
    closed_months: int
    tokens: dict[str, str]


def is_there() -> bool:
    """Return whether the demo, of this version or an older one, is in the database: its first depot and log-ins."""
    logs = DepotLog.objects.filter(depot__code="K01", depot__name="Kho mẫu K01", position__gt=0)
    return logs.exists() and User.objects.filter(login__in=people.FIRST_LOGINS).count() == len(people.FIRST_LOGINS)


def movements_there() -> int:
    """Return how many movements all logbooks together hold."""
    return DepotLog.objects.aggregate(all=Sum("position"))["all"] or 0


@transaction.atomic
def load(
    *,
    at: datetime,
    scale: int = 1,
    days: int = DAYS,
    starting: Callable[[int], None] | None = None,
    tell: Callable[[], None] | None = None,
) -> Loaded | None:
    """Load the demo and return what that made, or None where it is there already.

    Content depends on the local day of `at`, on `scale` (so many times the depots, and with them the movements) and
    `days` (how far back the year reaches) alone. `starting` is told the number of working days, `tell` called after
    each.

    Raises:
        Precondition: the store holds something that is not the demo's.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('load_demo'))")  # two at once would both find nothing
    if is_there():
        return None
    _refuse_unless_empty()
    today = local_date(at)
    random = Random(f"{SEED}/{today}/{scale}/{days}")  # noqa: S311 - plausible figures, no secrets
    commands = User.objects.for_commands()
    rooms = (inventory.catalogue.reference, depots.reference, inventory.stocktakes.reference)
    for load_reference in (room.load for room in rooms):
        list(load_reference(by=commands, at=at))
    goods = tables.goods()
    where = tables.places(goods, random, scale=scale)
    with history.changing(by=commands, reason="Nạp dữ liệu mẫu", source=history.Source.COMMAND):
        catalogue.make(goods.values())
        places.make(where, goods)
        users = people.make()
        tokens = people.tokens(users, at=at)
    year = Year(where, goods, users, random, today=today, days=days)
    if starting:
        starting(year.days)
    year.run(tell=tell)
    _hold_some_lots(today, at=at)
    Waiting(year.desks, year.shelves, users, today=today).lay_out()
    with history.changing(by=users["danhmuc"], reason="Nạp dữ liệu mẫu", source=history.Source.COMMAND):
        norms.make(today)
        requests.make_levels()
        foresight.make_norms(today)
        plans.weigh()
    requests.make(users, at=at)
    plans.make(users, at=at)
    foresight.look_ahead(at=at)
    packs.lay_out(users["kehoach"], at=at)
    papers.lay_out(users["thukho"], at=at)
    hands.make(users, at=at)
    files.bring(users, at=at)
    fuel.make(users, today=today)
    stocktakes.make(users, today=today)
    searches.keep(users["kehoach"])
    return Loaded(
        depots=Depot.objects.count(),
        items=len(goods),
        movements=movements_there(),
        lines=MovementLine.objects.count(),
        kinds=dict(sorted(year.posted.items())),
        closed_months=year.closed,
        tokens=tokens,
    )


def _refuse_unless_empty() -> None:
    """Raise Precondition where the store holds depots, goods or log-ins that the demo would collide or mix with."""
    found = [
        words
        for words, rows in (
            ("depots", Depot.objects.all()),
            ("items", Item.objects.all()),
            ("users with the demo's log-ins", User.objects.filter(login__in=people.LOGINS)),
        )
        if rows.exists()
    ]
    if found:
        raise Precondition(
            f"This store already holds {', '.join(found)} that are not the demo's, and nothing in a "
            "logbook can be taken back. Load the demo into an empty database."
        )


def _hold_some_lots(today: date, *, at: datetime) -> None:
    """Put a few lots on hold, none of which K01 has: newcomers issue from K01 first."""
    stocked = Holding.objects.filter(is_stocked=True, item__tracking="lot").select_related("lot")
    elsewhere = stocked.filter(lot__expires_date__gt=today).exclude(
        lot__in=stocked.filter(depot__code="K01").values("lot")
    )
    lots = sorted({holding.lot for holding in elsewhere}, key=lambda lot: (lot.item_id, lot.code))
    chosen: list[Lot] = lots[:: max(len(lots) // HELD_LOTS, 1)][:HELD_LOTS]
    for lot in chosen:
        lot.hold_reason = tables.words()["hold_reason", ""][0]
        lot.updated_at = at
    with history.changing(by=User.objects.for_commands(), reason="Nạp dữ liệu mẫu", source=history.Source.COMMAND):
        history.bulk_update(chosen, ["hold_reason", "updated_at"])
