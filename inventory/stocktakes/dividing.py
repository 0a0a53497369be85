"""A count too long for one sheet, cut into stocktakes of a part each: bin by bin in the order of a walk, or by item.

A stocktake ends in one movement, so its sheet is never longer than one. Each part is planned, counted and finalised by
itself; together they state the stock of one cut-off.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID, uuid5

from django.db import transaction
from django.utils.translation import gettext as _

from depots.models import Bin, Depot
from inventory.ledger.drafts import MOST_LINES
from inventory.stocktakes import planning
from inventory.stocktakes.models import Scope, Stocktake
from inventory.stocktakes.planning import MOST_CODES, Asked
from logistics import history
from logistics.accounts.models import User
from logistics.errors import Fault, Invalid

ROOM: Final = MOST_LINES // 10  # lines of each sheet left for what is found while counting
MOST_PILES: Final = 1_000_000  # of a depot: beyond it the count of parts is no plan any more
MOST_PARTS: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One stocktake of several: the bins or items it counts, and how many piles they hold now."""

    number: int
    scope: Scope
    codes: tuple[str, ...]
    piles: int


def parts(asked: Asked, *, by: User, at: datetime) -> list[Part]:
    """Return the stocktakes that what is asked would have to be counted in, one where a single sheet holds it.

    The whole depot and bins are cut by bins, so that somebody walks each part; classes and items by items. A bin of
    the scope that is empty now belongs to a part too: goods may be found there.

    Raises:
        NotFound, Forbidden: as `planning.plan`.
        Invalid: one bin or item alone is longer than a sheet, and no cut of this kind helps.
    """
    place = planning.keepers_place(by, asked.depot)
    depot = Depot.objects.get(pk=place.id)
    one = Stocktake(depot=depot, scope=asked.scope, codes=list(asked.codes), cut_off_at=asked.cut_off_at or at)
    by_bin = asked.scope in {Scope.DEPOT, Scope.BINS}
    bins = dict(Bin.objects.filter(depot=depot).order_by("code").values_list("pk", "code"))
    counted = Counter[str](bins[row[0]] if by_bin else row[-1] for row in planning.piles(one, most=MOST_PILES))
    if by_bin:
        active = Bin.objects.filter(depot=depot, is_active=True)
        chosen = active if asked.scope == Scope.DEPOT else active.filter(code__in=asked.codes)
        counted.update(dict.fromkeys(chosen.values_list("code", flat=True), 0))
    if alone := next((code for code in sorted(counted) if counted[code] > MOST_LINES), None):
        text = (
            _("Bin %(code)s alone holds more than %(most)s piles: count it by items, in stocktakes of its own.")
            if by_bin
            else _("Item %(code)s alone lies in more than %(most)s piles: count it bin by bin.")
        )
        raise Invalid([Fault("/scope", "too-many-lines", text % {"code": alone, "most": MOST_LINES})])
    scope = Scope.BINS if by_bin else Scope.ITEMS
    found = [
        Part(number=number, scope=scope, codes=codes, piles=sum(counted[code] for code in codes))
        for number, codes in enumerate(_packed(sorted(counted.items())), start=1)
    ]
    if len(found) > MOST_PARTS:
        text = _("It would take more than %(most)s stocktakes: plan a part of it at a time.")
        raise Invalid([Fault("/scope", "too-many-lines", text % {"most": MOST_PARTS})])
    return found


def _packed(counted: Iterable[tuple[str, int]]) -> Iterator[tuple[str, ...]]:
    """Yield codes that fit on one sheet together, in their order."""
    codes: list[str] = []
    piles = 0
    for code, more in counted:
        if codes and (piles + more > MOST_LINES - ROOM or len(codes) == MOST_CODES):
            yield tuple(codes)
            codes, piles = [], 0
        codes.append(code)
        piles += more
    if codes:
        yield tuple(codes)


@transaction.atomic
def plan_in_parts(
    asked: Asked, *, stocktake_id: UUID, by: User, at: datetime, source: history.Source
) -> list[Stocktake]:
    """Plan a stocktake for each part of what is asked, with the same council and cut-off, and return them in order.

    Their ids follow from `stocktake_id`, so that asking twice is harmless; each reason ends in which part it is.

    Raises: as `planning.plan` and `parts`; nothing is written then.
    """
    cut = parts(asked, by=by, at=at)
    return [
        planning.plan(
            replace(
                asked,
                scope=part.scope,
                codes=part.codes,
                cut_off_at=asked.cut_off_at or at,
                reason=f"{asked.reason.strip()} ({part.number}/{len(cut)})",
            ),
            stocktake_id=uuid5(stocktake_id, str(part.number)),
            by=by,
            at=at,
            source=source,
        )
        for part in cut
    ]
