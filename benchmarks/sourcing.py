"""How long a sourcing plan takes over all depots, by each strategy, beside the statement that gathers the stock."""

from __future__ import annotations

import time
from dataclasses import fields
from datetime import timedelta
from decimal import Decimal
from statistics import median
from typing import Any, Final

from django.utils import timezone

from depots.models import Depot
from inventory.sourcing.goods import Need, Pile, Rules, Strategy
from inventory.sourcing.solving import solve
from logistics import sql

LINES: Final = 50
MOST_DEPOTS: Final = 3  # per line: what makes the problem hard
_NAMES: Final = [field.name for field in fields(Pile)]


def sourcing(items: list[str], *, lines: int = LINES, times: int = 3) -> dict[str, Any]:
    """Return for each strategy the median seconds from stock to plan, and those of the bare statement.

    Runs inside a filled store. Every line asks for twice what one depot has on average, from at most three depots, so
    that splitting has to be thought about. `ratios` are ours divided by the statement's.
    """
    depots = list(Depot.objects.order_by("code"))
    first = depots[0]
    given = {
        "items": items[:lines],
        "depots": [depot.pk for depot in depots],
        "lons": [depot.coordinates.x for depot in depots],
        "lats": [depot.coordinates.y for depot in depots],
        "lon": first.coordinates.x,
        "lat": first.coordinates.y,
        "destination": first.pk,
        "today": timezone.localdate(),
    }
    rules = Rules(
        needed_by_date=timezone.localdate() + timedelta(days=10), keep_percent=Decimal(10), most_depots=MOST_DEPOTS
    )
    limit, ours = [], {strategy.value: [] for strategy in Strategy}  # type: ignore[var-annotated]
    states = {}
    for turn in range(times + 1):
        started = time.perf_counter()
        rows = sql.rows("sourcing/gather", given, prepare=False)
        statement_s = time.perf_counter() - started
        needs = _needs(rows, items[:lines])
        for strategy in Strategy:
            started = time.perf_counter()
            piles = [
                Pile(**dict(zip(_NAMES, row, strict=True))) for row in sql.rows("sourcing/gather", given, prepare=False)
            ]
            solution = solve(needs, piles, rules, strategy)
            states[strategy.value] = solution.state
            if turn:  # the first one loads the solver and warms the pages
                ours[strategy.value].append(time.perf_counter() - started)
        if turn:
            limit.append(statement_s)
    found = {name: median(seconds) for name, seconds in ours.items()}
    bare = median(limit)
    return {
        "lines": len(needs),
        "depots": len(depots),
        "piles": len(rows),
        "statement_s": bare,
        "ours_s": found,
        "ratios": {name: seconds / bare for name, seconds in found.items()},
        "states": states,
    }


def _needs(rows: list[tuple[Any, ...]], items: list[str]) -> list[Need]:
    """Return a line per item: twice what a depot that has it has on average."""
    item, depot, on_hand = (_NAMES.index(name) for name in ("item", "depot", "on_hand"))
    found = []
    for number, code in enumerate(items, start=1):
        mine = [row for row in rows if row[item] == code]
        depots = {row[depot] for row in mine}
        total = sum((row[on_hand] for row in mine), Decimal(0))
        wanted = (2 * total / len(depots)).quantize(Decimal(1)) if depots else Decimal(1)
        found.append(Need(number=number, item=code, quantity=max(wanted, Decimal(1))))
    return found
