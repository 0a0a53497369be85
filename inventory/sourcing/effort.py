"""The least transport effort for one item: quantity × distance over all its lines, by a kept solver (OR-tools).

Without a limit on depots per line this is a transport problem, which min-cost flow solves exactly. With a limit it is a
fixed-charge one: CP-SAT, started from the plan told by hand, with a fixed seed, one worker and a limit of its
deterministic time. An item's weight scales all its effort alike, so it does not change who supplies what.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from math import gcd
from typing import Final

from ortools.graph.python import min_cost_flow  # type: ignore[import-untyped]
from ortools.sat.python import cp_model

from inventory.sourcing.goods import Market, Need, thousandths

SEED: Final = 20260101
DETERMINISTIC_SECONDS: Final = 4.0  # per item
_MOST: Final = 2**60  # a sum beyond this is not left to 64-bit arithmetic
Taken = dict[tuple[int, str, frozenset[int]], int]  # need, depot, the needs that the piles serve -> quantity


@dataclass(slots=True)
class _Problem:
    """The market as the solver sees it, everything divided by `step`."""

    needs: dict[int, int]
    groups: dict[tuple[str, frozenset[int]], int]  # piles of a depot that serve the same needs
    room: dict[str, int]
    distance: dict[str, int]
    least: dict[int, int]  # what each need gets in the plan told by hand: none gets less
    step: int
    penalty: int  # for one unit that is not supplied: more than any rerouting for it can cost

    @classmethod
    def of(cls, market: Market, by_hand: Market) -> _Problem:
        groups: dict[tuple[str, frozenset[int]], int] = defaultdict(int)
        distance = {}
        for index, serves in market.serving.items():
            depot = market.piles[index].depot
            groups[depot, serves] += market.left[index]
            distance[depot] = market.piles[index].distance_m
        needs = {need.number: thousandths(need.quantity) for need in market.needs}
        least = {number: _supplied(by_hand, number) for number in needs}
        step = gcd(*needs.values(), *groups.values(), *market.room.values(), *least.values()) or 1
        return cls(
            needs={number: quantity // step for number, quantity in needs.items()},
            groups={key: quantity // step for key, quantity in groups.items()},
            room={depot: quantity // step for depot, quantity in market.room.items()},
            distance=distance,
            least={number: quantity // step for number, quantity in least.items()},
            step=step,
            penalty=(len(needs) + 1) * (max(distance.values(), default=0) + 1),
        )

    @property
    def is_too_large(self) -> bool:
        return sum(self.needs.values()) * self.penalty * (len(self.groups) + len(self.needs) + 2) > _MOST

    def arcs(self) -> list[tuple[int, str, frozenset[int]]]:
        return [(need, depot, serves) for depot, serves in self.groups for need in sorted(serves)]


def least(by_hand: Market, *, seconds: float) -> tuple[Market, str]:
    """Return the market with the rows of least effort, and how good they are: "optimal", "feasible" or "fallback".

    As much is supplied as can be, and to no line less than by hand; among such plans the effort is least. `by_hand` has
    the rows of nearest-complete, which are the start and the answer where nothing better is found in `seconds`.
    """
    market = Market(by_hand.needs, by_hand.piles, by_hand.rules)
    problem = _Problem.of(market, by_hand)
    if not problem.groups:
        return by_hand, "optimal"
    if problem.is_too_large or seconds <= 0:
        return by_hand, "fallback"
    taken = _flow(problem)
    state = "optimal"
    most = market.rules.most_depots
    if most is not None and _most_depots(taken) > most:
        taken, state = _limited(problem, most, _taken_by_hand(problem, market, by_hand), seconds=seconds)
    if not taken and state == "fallback":
        return by_hand, state
    _put(market, taken, problem.step)
    if _worth(market) < _worth(by_hand):  # never worse, whatever the solver says
        return by_hand, "fallback"
    return market, state


def _worth(market: Market) -> tuple[int, int]:
    """Return what makes one plan better than another: more supplied, then less effort."""
    supplied = sum(thousandths(row.quantity) for row in market.rows)
    return supplied, -sum(thousandths(row.quantity) * row.distance_m for row in market.rows)


def _supplied(market: Market, need: int) -> int:
    return sum(thousandths(row.quantity) for row in market.rows if row.need == need)


def _most_depots(taken: Taken) -> int:
    depots: dict[int, set[str]] = defaultdict(set)
    for need, depot, _serves in taken:
        depots[need].add(depot)
    return max((len(found) for found in depots.values()), default=0)


# --- Without a limit: flow --------------------------------------------------------------------------------------


def _flow(problem: _Problem) -> Taken:
    """Return the flow of least cost from the needs over the groups and depots to the sink."""
    solver = min_cost_flow.SimpleMinCostFlow()
    nodes: dict[object, int] = {}

    def node(name: object) -> int:
        return nodes.setdefault(name, len(nodes))

    arcs = {}
    for need, depot, serves in problem.arcs():
        arcs[need, depot, serves] = solver.add_arc_with_capacity_and_unit_cost(
            node(need), node((depot, serves)), problem.needs[need], problem.distance[depot]
        )
    for (depot, serves), quantity in problem.groups.items():
        solver.add_arc_with_capacity_and_unit_cost(node((depot, serves)), node(depot), quantity, 0)
    for depot, quantity in problem.room.items():
        solver.add_arc_with_capacity_and_unit_cost(node(depot), node("sink"), quantity, 0)
    for need, quantity in problem.needs.items():
        lacking = quantity - problem.least[need]
        solver.add_arc_with_capacity_and_unit_cost(node(need), node("sink"), lacking, problem.penalty)
        solver.set_node_supply(node(need), quantity)
    solver.set_node_supply(node("sink"), -sum(problem.needs.values()))
    status = solver.solve()
    assert status == solver.OPTIMAL, f"the plan by hand is a flow, so there is one of least cost (status {status})"
    return {key: quantity for key, arc in arcs.items() if (quantity := solver.flow(arc))}


# --- With a limit: CP-SAT ---------------------------------------------------------------------------------------


def _limited(problem: _Problem, most: int, start: Taken, *, seconds: float) -> tuple[Taken, str]:
    """Return what each need takes from whom, at most `most` depots each, and how good that is known to be."""
    model = cp_model.CpModel()
    amounts: dict[tuple[int, str, frozenset[int]], cp_model.IntVar] = {}
    uses: dict[tuple[int, str], cp_model.IntVar] = {}
    for need, depot, serves in problem.arcs():
        largest = min(problem.needs[need], problem.groups[depot, serves], problem.room[depot])
        amounts[need, depot, serves] = model.new_int_var(0, largest, "")
        uses.setdefault((need, depot), model.new_bool_var(""))
    for (need, depot), use in uses.items():
        mine = [amount for (one, place, _), amount in amounts.items() if (one, place) == (need, depot)]
        largest = min(problem.needs[need], problem.room[depot])
        model.add(sum(mine) <= largest * use)
        model.add_hint(use, any(key[:2] == (need, depot) for key in start))
    for (depot, serves), quantity in problem.groups.items():
        model.add(sum(amounts[need, depot, serves] for need in sorted(serves)) <= quantity)
    for depot, quantity in problem.room.items():
        model.add(sum(amount for (_, place, _), amount in amounts.items() if place == depot) <= quantity)
    costs = []
    for need, quantity in problem.needs.items():
        mine = [amount for (one, _, _), amount in amounts.items() if one == need]
        model.add(sum(use for (one, _), use in uses.items() if one == need) <= most)
        model.add_linear_constraint(sum(mine), problem.least[need], quantity)
    for key, amount in amounts.items():
        costs.append((problem.distance[key[1]] - problem.penalty) * amount)
        model.add_hint(amount, start.get(key, 0))
    model.minimize(sum(costs))
    solver = cp_model.CpSolver()
    solver.parameters.random_seed = SEED
    solver.parameters.num_workers = 1
    solver.parameters.max_deterministic_time = DETERMINISTIC_SECONDS
    solver.parameters.max_time_in_seconds = seconds
    status = solver.solve(model)
    if status not in {cp_model.OPTIMAL, cp_model.FEASIBLE}:
        return {}, "fallback"
    taken = {key: value for key, amount in amounts.items() if (value := solver.value(amount))}
    return taken, "optimal" if status == cp_model.OPTIMAL else "feasible"


def _taken_by_hand(problem: _Problem, market: Market, by_hand: Market) -> Taken:
    serving = {market.piles[index].key: serves for index, serves in market.serving.items()}
    taken: Taken = defaultdict(int)
    for row in by_hand.rows:
        taken[row.need, row.depot, serving[row.key]] += thousandths(row.quantity) // problem.step
    return taken


# --- From amounts to lots ---------------------------------------------------------------------------------------


def _put(market: Market, taken: Taken, step: int) -> None:
    """Take from the piles what each need gets of each depot, first expired first out as far as the needs let it be."""
    amounts: dict[str, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for (need, depot, _serves), quantity in taken.items():
        amounts[depot][need] += quantity * step
    needs = {need.number: need for need in market.needs}
    for depot, of_need in amounts.items():
        lines = sorted((needs[number] for number in of_need), key=lambda need: len(market.piles_for(need, depot)))
        if not _fits(market, depot, lines, of_need):
            _put_by_group(market, depot, {key: value * step for key, value in taken.items() if key[1] == depot}, needs)
            continue
        for line in lines:
            market.take(line, depot, of_need[line.number], why="least-effort")


def _fits(market: Market, depot: str, lines: Sequence[Need], amounts: dict[int, int]) -> bool:
    """Tell whether the lines, the choosiest first, each find their amount when they take first expired first out."""
    left = {index: market.left[index] for need in lines for index in market.piles_for(need, depot)}
    for need in lines:
        lacking = amounts[need.number]
        for index in market.piles_for(need, depot):
            part = min(lacking, left[index])
            left[index] -= part
            lacking -= part
        if lacking:
            return False
    return True


def _put_by_group(market: Market, depot: str, taken: Taken, needs: dict[int, Need]) -> None:
    for (number, _depot, serves), quantity in sorted(taken.items(), key=lambda one: (one[0][0], sorted(one[0][2]))):
        lacking = quantity
        for index in market.piles_for(needs[number], depot):
            if market.serving[index] == serves:
                lacking -= market.take_pile(needs[number], index, lacking, why="least-effort")
        assert not lacking, "the piles of a group hold what the solver took from them"
