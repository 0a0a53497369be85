"""Random lists to source, and a checker that shares nothing with the code it checks but the words."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from inventory.sourcing.goods import Need, Pile, Rules, Strategy
from inventory.sourcing.solving import Solution

NEEDED: date = date(2026, 12, 1)
PURPOSES = ("THUONG_XUYEN", "DOT_XUAT")
DEDUCTIONS = ("available",) * 8 + ("expired", "on_hold", "reserve", "disposal")


def a_case(seed: int, *, most_depots: int = 7, most_needs: int = 4) -> tuple[list[Need], list[Pile], Rules]:
    """Return a list, what lies where, and the rules, all drawn from a seed."""
    random = Random(seed)
    step = random.choice([Decimal(1), Decimal("0.125"), Decimal("0.001")])
    items = [f"QN-01-000000{index}" for index in range(random.randint(1, 2))]
    depots = [f"K{index:02}" for index in range(1, random.randint(1, most_depots) + 1)]
    far = {depot: random.randint(0, 1_500_000) for depot in depots}
    at_destination = random.choice(depots) if random.random() < 0.2 else ""
    needs = [
        Need(
            number=number,
            item=random.choice(items),
            quantity=step * random.randint(1, 200),
            grade=random.choice([None, None, 1, 2]),
            purpose=random.choice([None, None, None, *PURPOSES]),
        )
        for number in range(1, random.randint(1, most_needs) + 1)
    ]
    piles = []
    for item in items:
        for depot in depots:
            seen = set()
            for _ in range(random.randint(0, 4)):
                lot = f"L{random.randint(1, 3)}"
                grade, purpose = random.choice([1, 1, 1, 2, 3]), random.choice(PURPOSES)
                if (lot, grade, purpose) in seen:
                    continue
                seen.add((lot, grade, purpose))
                on_hand = step * random.randint(1, 120)
                piles.append(
                    Pile(
                        item=item, depot=depot, lot=lot, grade=grade, purpose=purpose, on_hand=on_hand,
                        expires_date=random.choice([None, NEEDED + timedelta(days=random.randint(-20, 400))]),
                        allocated=random.choice([Decimal(0), step * random.randint(0, int(on_hand / step))]),
                        deduction=random.choice(DEDUCTIONS), distance_m=0 if depot == at_destination else far[depot],
                        is_at_destination=depot == at_destination,
                    )
                )  # fmt: skip
    piles.sort(key=lambda pile: (pile.depot, pile.item, pile.expires_date or date.max, pile.lot))
    rules = Rules(
        needed_by_date=NEEDED,
        min_days_left=random.choice([0, 0, 30, 180]),
        keep_percent=Decimal(random.choice(["0", "0", "10", "33.5"])),
        excluded_depots=frozenset(depot for depot in depots if random.random() < 0.1),
        most_depots=random.choice([None, None, 1, 2, 3]),
        worst_grade=random.choice([1, 2, 4]),
        purpose=random.choice([None, None, PURPOSES[0]]),
        kept={
            (depot, item): step * random.randint(0, 40) for depot in depots for item in items if random.random() < 0.1
        },
        scales=dict.fromkeys(items, 0 if step == 1 else 3),
    )
    return needs, piles, rules


def serves(need: Need, pile: Pile, rules: Rules) -> bool:
    """Tell whether a pile may go to a need at all."""
    purpose = need.purpose or rules.purpose
    return (
        pile.item == need.item
        and pile.deduction == "available"
        and not pile.is_at_destination
        and pile.depot not in rules.excluded_depots
        and (pile.grade == need.grade if need.grade is not None else pile.grade <= rules.worst_grade)
        and (purpose is None or pile.purpose == purpose)
        and (pile.expires_date is None or pile.expires_date >= NEEDED + timedelta(days=rules.min_days_left))
    )


def what_is_wrong(needs: list[Need], piles: list[Pile], rules: Rules, found: Solution) -> list[str]:
    """Return every promise that a solution breaks; an empty list is a feasible one, its shortages named exactly."""
    wrong = []
    there = {(pile.item, pile.depot, pile.lot, pile.grade, pile.purpose): pile for pile in piles}
    asked = {need.number: need for need in needs}
    taken: dict[object, Decimal] = defaultdict(Decimal)
    of_depot: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    got: dict[int, Decimal] = defaultdict(Decimal)
    depots: dict[int, set[str]] = defaultdict(set)
    for row in found.rows:
        pile = there[row.item, row.depot, row.lot, row.grade, row.purpose]
        if row.quantity <= 0 or not serves(asked[row.need], pile, rules) or row.distance_m != pile.distance_m:
            wrong.append(f"{row} may not be")
        taken[row.key] += row.quantity
        of_depot[row.depot, row.item] += row.quantity
        got[row.need] += row.quantity
        depots[row.need].add(row.depot)
    for key, quantity in taken.items():
        pile = there[key]  # type: ignore[index]
        if quantity > pile.on_hand - pile.allocated:
            wrong.append(f"{key}: {quantity} of {pile.on_hand - pile.allocated}")
    for (depot, item), quantity in of_depot.items():
        free = sum(
            pile.on_hand - pile.allocated
            for pile in piles
            if (pile.depot, pile.item, pile.deduction) == (depot, item, "available")
        )
        stays = free - quantity
        if stays * 100 < free * rules.keep_percent or stays < rules.kept.get((depot, item), 0):
            wrong.append(f"{depot} keeps {stays} of {free}")
    short = {shortage.need: shortage for shortage in found.shortages}
    for need in needs:
        if rules.most_depots is not None and len(depots[need.number]) > rules.most_depots:
            wrong.append(f"line {need.number} from {len(depots[need.number])} depots")
        missing = need.quantity - got[need.number]
        named = short.pop(need.number, None)
        if missing < 0 or (named.missing if named else 0) != missing:
            wrong.append(f"line {need.number} lacks {missing}, told {named}")
        if named:
            everywhere = sum(pile.on_hand for pile in piles if pile.item == need.item)
            told = sum(quantity for _, quantity in named.reasons)
            if told + got[need.number] != everywhere or any(quantity <= 0 for _, quantity in named.reasons):
                wrong.append(f"line {need.number}: reasons {named.reasons}, in sight {everywhere}")
            if rules.most_depots is None and "depot-limit" in dict(named.reasons):
                wrong.append(f"line {need.number} lacks what it could have")
    if short:
        wrong.append(f"shortages of no line: {short}")
    return wrong


def supplied(found: Solution) -> Decimal:
    """Return the quantity of all rows."""
    return sum((row.quantity for row in found.rows), Decimal(0))


def strategies() -> list[Strategy]:
    """Return all strategies."""
    return list(Strategy)
