"""Who supplies what: needs × piles × rules -> rows with the rule that chose each, and shortages with their reasons.

Three strategies. Two are told by hand: the nearest depot that has all of a line, and as few depots as can be; lines are
served in the order of the list. The third (`effort.py`) asks a solver for the least transport effort over all lines of
an item at once, and answers nothing worse than the first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from time import monotonic
from typing import Final

from inventory.sourcing.goods import Market, Need, Offer, Pile, Row, Rules, Shortage, Strategy, by_item, thousandths

MOST_SECONDS: Final = 15.0  # for the solver, over the whole list


@dataclass(frozen=True, kw_only=True, slots=True)
class Solution:
    """The rows and shortages of a list. `state` tells how good it is known to be.

    "" for the strategies told by hand; "optimal": no plan takes less effort; "feasible": the solver's time was up, some
    plan may take less; "fallback": the solver found nothing better than nearest-complete before its time was up.
    """

    rows: tuple[Row, ...]
    shortages: tuple[Shortage, ...]
    strategy: Strategy
    state: str = ""


def solve(needs: Sequence[Need], piles: Sequence[Pile], rules: Rules, strategy: Strategy) -> Solution:
    """Return who supplies what by a strategy; every line gets all that the rules let it have, in the list's order.

    Piles of one depot and item come in the order in which they leave it. The same input gives the same answer, unless
    the solver's time runs out.
    """
    found = []
    states = set()
    if strategy is Strategy.LEAST_EFFORT:
        from inventory.sourcing import effort  # noqa: PLC0415 - its solver takes seconds to load
    until = monotonic() + MOST_SECONDS  # of solving: what loading took is nobody's loss
    for market in by_item(needs, piles, rules):
        solved = market
        if strategy is Strategy.LEAST_EFFORT:
            solved, state = effort.least(_by_hand(market, Strategy.NEAREST_COMPLETE), seconds=until - monotonic())
            states.add(state)
        else:
            _by_hand(market, strategy)
        found.append(solved)
    return Solution(
        rows=_in_order(row for market in found for row in market.rows),
        shortages=_shortages(found),
        strategy=strategy,
        state=next((state for state in ("fallback", "feasible", "optimal") if state in states), ""),
    )


def instead(
    needs: Sequence[Need],
    piles: Sequence[Pile],
    rules: Rules,
    rows: Sequence[Row],
    *,
    need: int,
    depot: str,
    by: str,
) -> tuple[tuple[Row, ...], tuple[Shortage, ...]]:
    """Return all rows, one line solved anew: what `depot` gave to it comes from the depot `by` as far as it can.

    The line's other rows stay, as far as their piles still hold them; what `by` cannot give comes from the nearest
    others, from `depot` itself last. Rows of other lines are untouched. Only shortages of the line's item are told.
    """
    (line,) = [one for one in needs if one.number == need]
    (market,) = by_item([one for one in needs if one.item == line.item], piles, rules)
    _take_again(market, [row for row in rows if row.need != need])
    _take_again(market, [row for row in rows if row.need == need and row.depot not in {depot, by}])
    used = {row.depot for row in market.rows if row.need == need} | {by}
    lacking = thousandths(line.quantity) - sum(thousandths(row.quantity) for row in market.rows if row.need == need)
    lacking -= market.take(line, by, lacking, why="chosen")
    offers = [offer for offer in market.offers(line) if offer.depot not in used]
    offers.sort(key=lambda offer: offer.depot == depot)
    most = None if rules.most_depots is None else max(rules.most_depots - len(used), 0)
    for offer, quantity in _nearest(offers, lacking, most):
        market.take(line, offer.depot, quantity, why="nearest-part", among=1 + offers.index(offer))
    solved = [row for row in market.rows if row.need == need]
    return _in_order([*(row for row in rows if row.need != need), *solved]), _shortages([market])


def alternatives(
    needs: Sequence[Need], piles: Sequence[Pile], rules: Rules, rows: Sequence[Row]
) -> Mapping[int, list[Offer]]:
    """Return per line what each depot could give beside all rows of the plan, nearest first."""
    found = {}
    for market in by_item(needs, piles, rules):
        _take_again(market, [row for row in rows if row.item == market.needs[0].item])
        for need in market.needs:
            found[need.number] = market.offers(need)
    return found


def effort_of(rows: Sequence[Row]) -> Decimal:
    """Return the rows' transport effort in quantity × km: Σ base units × straight-line kilometres."""
    return sum((row.quantity * row.distance_m for row in rows), Decimal(0)) / 1000


# --- By hand ----------------------------------------------------------------------------------------------------


def _by_hand(market: Market, strategy: Strategy) -> Market:
    for need in market.needs:
        wanted = thousandths(need.quantity)
        offers = market.offers(need)
        most = market.rules.most_depots
        sizes = sorted((offer.quantity for offer in offers), reverse=True)
        target = min(wanted, sum(sizes[:most]))
        fewest = next((count for count in range(len(sizes) + 1) if sum(sizes[:count]) >= target), 0)
        is_whole = target == wanted and fewest == 1
        if is_whole:
            chosen = _nearest(offers, target, 1)
            why = "nearest-complete" if strategy is Strategy.NEAREST_COMPLETE else "one-is-enough"
        elif strategy is Strategy.FEWEST_SPLITS:
            chosen, why = _nearest(offers, target, fewest), "fewest-depots"
        else:
            chosen, why = _nearest(offers, target, most), "nearest-part"
        for offer, quantity in chosen:
            among = len(chosen) if why == "fewest-depots" else 1 + offers.index(offer)
            market.take(need, offer.depot, quantity, why=why, among=among)
    return market


def _nearest(offers: Sequence[Offer], target: int, most: int | None) -> list[tuple[Offer, int]]:
    """Return what to take from whom: nearest first, and the target reached with at most `most` depots.

    A nearer depot is passed over only where it would use up a place that larger ones need for the target.
    """
    chosen: list[tuple[Offer, int]] = []
    lacking = target
    for place, offer in enumerate(offers):
        if lacking <= 0 or (most is not None and len(chosen) >= most):
            break
        if most is not None:
            places = most - len(chosen) - 1
            others = sorted((other.quantity for other in offers[place + 1 :]), reverse=True)
            if offer.quantity + sum(others[:places]) < lacking and places < len(others):
                continue
        part = min(offer.quantity, lacking)
        chosen.append((offer, part))
        lacking -= part
    return chosen


def _take_again(market: Market, rows: Sequence[Row]) -> None:
    """Take rows of a plan from the market's piles, as far as these still hold them."""
    places = {pile.key: index for index, pile in enumerate(market.piles)}
    needs = {need.number: need for need in market.needs}
    for row in rows:
        if row.need in needs and (index := places.get(row.key)) is not None and market.free[index]:
            market.take_pile(needs[row.need], index, thousandths(row.quantity), why=row.why, among=row.among)


def _in_order(rows: Iterable[Row]) -> tuple[Row, ...]:
    """Return the rows line by line, nearest depot first; within a depot in the order in which they leave."""
    return tuple(sorted(rows, key=lambda row: (row.need, row.distance_m, row.depot)))


def _shortages(markets: Sequence[Market]) -> tuple[Shortage, ...]:
    found = [market.shortage(need) for market in markets for need in market.needs]
    return tuple(sorted((one for one in found if one is not None), key=lambda one: one.need))
