"""Liquid fuel: what a reading of a line comes to at 15 °C, and what the line does to its pile in kg.

Stock of a liquid fuel is kept in litres at 15 °C, like any stock in its base unit, and beside it in kg, by readings.
A line says how many litres were observed, or how many kg were weighed, how warm and how dense; without that, or without
a conversion that was valid on its day, it is refused. Both balances follow the order of the log. They are measured
apart, so that densities read a little differently would leave kg in an empty tank: the line that takes the last litre
takes the last kg.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.utils.translation import gettext as _

from inventory.catalogue import conversions
from inventory.catalogue.conversions import Grid, Registered
from inventory.catalogue.volume_correction import Corrected, OutOfRange
from inventory.ledger.chain import FuelFigures
from inventory.ledger.drafts import LARGEST, Draft, DraftLine, Observed
from inventory.ledger.entries import PostedLine
from inventory.ledger.kinds import RULES, Sign
from inventory.ledger.known import Known, KnownItem, local_date
from inventory.ledger.models import Kind
from inventory.ledger.piles import NOTHING, Pile, Piles
from logistics import sql
from logistics.errors import Fault
from logistics.fields import format_date, told_quantity

if TYPE_CHECKING:
    from inventory.ledger.planned import Planned
    from inventory.ledger.planning import Plan

_THOUSANDTH: Final = Decimal("0.001")
_DENSITY: Final = Decimal("0.1")
_LEAST_LITRES: Final = 1000
# What is said of a tank in which nothing was found: there is nothing to read.
_EMPTY: Final = FuelFigures(
    conversion="EMPTY",
    density=NOTHING,
    density_15=NOTHING,
    factor=Decimal(1),
    kg=NOTHING,
    kg_after=NOTHING,
    kg_change=NOTHING,
    litres=NOTHING,
    litres_15=NOTHING,
    temperature=Decimal(15),
)


@dataclass(slots=True)
class Fuels:
    """What lines of liquid fuel are weighed by: conversions by item and day, and kg.

    `kg` is what each pile that was ever measured holds now, `books` what it held at the instants it was counted at
    (None: it had not been measured by then).
    """

    conversions: Mapping[tuple[int, date], Registered] = field(default_factory=dict)
    kg: Mapping[int, Decimal] = field(default_factory=dict)
    books: Mapping[tuple[int, datetime], Decimal | None] = field(default_factory=dict)

    @classmethod
    def behind(cls, drafts: Sequence[Draft], known: Known, piles: Piles) -> Fuels | None:
        """Return what is known of the drafts' liquid fuels; None, asking nothing, where there are none."""
        fuels = {code: item for code, item in known.items.items() if item.fuel_group}
        if not fuels:
            return None
        asked = {
            (fuels[line.item].id, on)
            for draft in drafts
            for line in draft.lines
            if line.item in fuels and (on := measured_on(draft, line)) is not None
        }
        depots = {known.depots[draft.depot].id for draft in drafts if draft.depot in known.depots}
        wanted = [(depot_id, item.id) for depot_id in sorted(depots) for item in fuels.values()]
        return cls(
            _conversions(asked, {item.id: item.fuel_group for item in fuels.values()}),
            dict(
                sql.rows(
                    "ledger/fuel_kg",
                    {"depot_ids": [depot for depot, _item in wanted], "item_ids": [item for _depot, item in wanted]},
                )
            ),
            _books(drafts, known, fuels, piles),
        )


def _conversions(asked: set[tuple[int, date]], groups: Mapping[int, str]) -> dict[tuple[int, date], Registered]:
    ordered = sorted(asked)
    params = {"item_ids": [item for item, _day in ordered], "days": [on for _item, on in ordered]}
    return {
        (item_id, on): conversions.registered(method, code, groups[item_id], Grid(*grid))
        for item_id, on, method, code, *grid in sql.rows("ledger/fuel_conversions", params)
    }


def _books(
    drafts: Sequence[Draft], known: Known, fuels: Mapping[str, KnownItem], piles: Piles
) -> dict[tuple[int, datetime], Decimal | None]:
    """Return, by (holding, instant), what the books say in kg of the fuels that a stocktake counts."""
    asked = [
        (pile.key[0], pile.holding_id, line.counted_at)
        for draft in drafts
        if draft.kind == Kind.STOCKTAKE and draft.depot in known.depots
        for line in draft.lines
        if line.item in fuels and line.counted_at is not None and line.counted_at.tzinfo
        for pile in piles.of(known.depots[draft.depot].id, fuels[line.item].id)
        if pile.holding_id is not None and line.counted_at in pile.books
    ]
    if not asked:
        return {}
    depot_ids, holding_ids, instants = (list(column) for column in zip(*asked, strict=True))
    params = {"depot_ids": depot_ids, "holding_ids": holding_ids, "instants": instants}
    return {(holding_id, at): kg for holding_id, at, kg in sql.rows("ledger/fuel_books_at", params)}


def measured_on(draft: Draft, line: DraftLine) -> date | None:
    """Return the day a line was measured on; None for a time without its offset."""
    at = line.counted_at or draft.occurred_at
    return local_date(at) if at.tzinfo else None


def refuse_weight(plan: Plan, draft: Draft, line: DraftLine, *, is_read: bool, here: str) -> bool:
    """Note, and tell, that a liquid fuel is told in kg where no reading says its density, or where litres stand."""
    if is_read and draft.kind != Kind.STOCKTAKE and not draft.consignment:
        return False
    text = _(
        "%(item)s is counted, promised and on the road in litres at 15 °C: give the litres observed here. Kg are for "
        "what is measured as it comes in or goes out."
    )
    plan.faults.append(Fault(f"{here}/unit", "fuel-by-weight", text % {"item": line.item}))
    return True


def measure(plan: Plan, draft: Draft, line: DraftLine, *, item: KnownItem, quantity: Decimal, here: str) -> Measured:
    """Return what a line's reading of `quantity` comes to, litres or kg of either sign; None after noting its faults.

    Litres are brought to 15 °C and weighed by the density there; kg are what was weighed, and both litres follow.
    """
    if not item.fuel_group:
        text = _("%(item)s is not kept as a liquid fuel: leave temperature and density blank.") % {"item": line.item}
        plan.faults.append(Fault(f"{here}/temperature", "fuel-not-here", text))
        return None
    if line.fuel is None or line.fuel.temperature is None or line.fuel.density is None:
        if draft.kind == Kind.STOCKTAKE and not quantity:
            return replace(_EMPTY)
        if line.fuel is not None:
            return None  # said by `drafts.faults`
        text = _("%(item)s is a liquid fuel: give temperature and density of what was measured.") % {"item": line.item}
        plan.faults.append(Fault(f"{here}/temperature", "fuel-reading-required", text))
        return None
    on = measured_on(draft, line)
    assert plan.fuels is not None, "an item of a fuel group is known"
    assert on is not None, "a draft without a time is not planned"
    conversion = plan.fuels.conversions.get((item.id, on))
    corrected = corrected_by(conversion, line.fuel, item=line.item, on=on, faults=plan.faults, here=here)
    if conversion is None or corrected is None:
        return None
    litres, litres_15, kg = _amounts(corrected, abs(quantity), is_weighed=item.is_weighed(line.unit))
    if max(litres, litres_15, kg) > LARGEST:
        text = _("In litres or in kg this is more than %(most)s: check the quantity.") % {
            "most": told_quantity(LARGEST)
        }
        plan.faults.append(Fault(f"{here}/quantity", "quantity", text))
        return None
    return replace(
        _EMPTY,
        conversion=conversion.name,
        density=line.fuel.density,
        density_15=corrected.density_15,
        factor=corrected.factor,
        kg=kg,
        litres=litres,
        litres_15=litres_15,
        temperature=line.fuel.temperature,
    )


def corrected_by(
    conversion: Registered | None, read: Observed, *, item: str, on: date, faults: list[Fault], here: str
) -> Corrected | None:
    """Return what the conversion of a day makes of a reading that is whole; None after noting why it cannot.

    Faults point to `here` and its members `item`, `temperature` and `density`.
    """
    assert read.density is not None, "half a reading was refused"
    assert read.temperature is not None, "half a reading was refused"
    if conversion is None:
        text = _(
            "No conversion to 15 °C is registered for %(item)s on %(day)s: have the catalogue keeper register the "
            "site's table, or choose the published formula."
        ) % {"item": item, "day": format_date(on)}
        faults.append(Fault(f"{here}/item", "fuel-conversion-required", text))
        return None
    try:
        return conversion.correct(density=read.density, temperature=read.temperature)
    except OutOfRange as error:
        member = "density" if error.code == "fuel-density" else "temperature"
        told = {name: told_quantity(Decimal(str(value))) for name, value in error.params.items()}
        faults.append(Fault(f"{here}/{member}", error.code, _(error.message) % told))
        return None


def mean_density(litres_15: Decimal, kg: Decimal | None) -> Decimal | None:
    """Return the density at 15 °C of what a pile holds by its two balances, kg/m³ to 0.1; None where they say none.

    Litres and kg are measured apart, and what readings of 50,000 litres differ by stays behind in the last few: below
    1,000 litres the mean is one of those differences, not of the fuel.
    """
    if kg is None or kg <= 0 or litres_15 < _LEAST_LITRES:
        return None
    return (kg * 1000 / litres_15).quantize(_DENSITY, ROUND_HALF_UP)


def apart(density_15: Decimal, mean: Decimal | None, *, where: str) -> str:
    """Return what to look at where a reading lies far from the mean of its pile, both at 15 °C; else "".

    How far is `settings.FUEL_DENSITY_APART`, 3 kg/m³ unless a site says otherwise: two good hydrometers agree within
    1.2 (ASTM D1298, reproducibility), and 3.0 is what aviation depots let a batch differ by before they look for the
    cause (JIG 1). It is a warning, because another batch in the same tank may well lie farther.
    """
    if mean is None or abs(density_15 - mean) <= settings.FUEL_DENSITY_APART:
        return ""
    text = _(
        "At 15 °C this reading has %(read)s kg/m³, what lies in %(where)s %(mean)s on average: check the hydrometer, "
        "the thermometer and which tank it was. If it is another batch or an old error, go on."
    )
    return text % {"read": told_quantity(density_15), "mean": told_quantity(mean), "where": where}


PileName = tuple[int, int, str, int, str]  # bin, item, lot code, grade, purpose


def mean_densities(depot_id: int, item_ids: Iterable[int]) -> dict[PileName, Decimal]:
    """Return the mean densities at 15 °C of what a depot's piles of some items hold now; one statement."""
    asked = sorted(set(item_ids))
    rows = sql.rows("ledger/fuel_balances", {"depot_id": depot_id, "item_ids": asked}) if asked else []
    found = {(bin_id, item_id, lot, grade, purpose): mean_density(litres, kg)
             for bin_id, item_id, lot, grade, purpose, litres, kg in rows}  # fmt: skip
    return {pile: mean for pile, mean in found.items() if mean is not None}


def _amounts(corrected: Corrected, quantity: Decimal, *, is_weighed: bool) -> tuple[Decimal, Decimal, Decimal]:
    """Return litres as observed, litres at 15 °C and kg, from the one of them that was told."""
    if is_weighed:
        litres_15 = corrected.litres_15(quantity)
        return corrected.observed(litres_15), litres_15, quantity
    litres_15 = corrected.litres(quantity)
    return quantity, litres_15, corrected.kg(litres_15)


def refuse_beyond(plan: Plan, draft: Draft, line: DraftLine, figures: FuelFigures, *, here: str) -> bool:
    """Note, and tell, that more of a liquid fuel leaves than was asked for: both at 15 °C, as stock is promised.

    What is asked for counts the line's unit; compared as observed, 10,000 litres asked for would refuse a warm
    delivery of just that much fuel and let a cold one take more. What is asked for in kg was compared in kg already.
    """
    is_weighed = plan.known.items[line.item].is_weighed(line.unit)
    if is_weighed or RULES[draft.kind].sign is not Sign.OUT or line.scheduled_quantity is None or not line.quantity:
        return False
    asked = line.scheduled_quantity * figures.litres / line.quantity
    if figures.litres_15 <= asked:
        return False
    text = _(
        "At 15 °C these are %(litres)s litres, and %(asked)s were asked for: issue at most %(most)s litres at this "
        "temperature. For more there has to be a new order."
    )
    most = (asked / figures.factor).quantize(_THOUSANDTH, ROUND_DOWN)
    names = {name: told_quantity(value) for name, value in (("asked", asked), ("most", most))}
    names["litres"] = told_quantity(figures.litres_15)
    plan.faults.append(Fault(f"{here}/quantity", "above-requested", text % names))
    return True


Measured = FuelFigures | None


def mirrored(figures: Measured) -> Measured:
    """Return the figures of a line that takes another back: the same reading, kg the other way."""
    return None if figures is None else replace(figures, kg_change=-figures.kg_change, kg_after=NOTHING)


def weigh(plan: Plan, ordered: Iterable[Planned]) -> None:
    """Give every measured line, in the order of the log, its change in kg and what its pile holds in kg after it.

    Notes, instead: a pile whose kg are not known, as it was not measured yet, or that holds fewer kg than are taken.
    Needs a plan that is right in litres; one that is not is left alone.
    """
    fuels = plan.fuels
    if fuels is None or plan.faults or plan.conflicts or plan.shortages or plan.breaks:
        return
    held: dict[int, Decimal | None] = {}
    for movement in ordered:
        for line, pile in zip(movement.lines, movement.piles, strict=True):
            if not plan.known.items[line.item].fuel_group or (line.fuel is None and not line.change):
                continue
            before = line.on_hand_after - line.change
            if id(pile) not in held:
                stored = fuels.kg.get(pile.holding_id) if pile.holding_id is not None else None
                held[id(pile)] = NOTHING if stored is None and not before else stored
            held[id(pile)] = _book(plan, movement, line, pile, held[id(pile)])


def _book(plan: Plan, movement: Planned, line: PostedLine, pile: Pile, kg: Decimal | None) -> Decimal | None:
    """Fill in what a line does to its pile, which holds `kg` (None: not known), and return what it holds then."""
    draft, figures = movement.draft, line.fuel
    here = f"{draft.pointer}/lines/{line.entry_no - 1}" if draft.lines else f"{draft.pointer}/lines"
    names = {"item": line.item, "bin": line.bin}
    if figures is None:
        if kg is not None and draft.kind == Kind.REVERSAL:
            text = _("%(item)s in %(bin)s was measured since, but this line was not: count the tank instead.")
            plan.faults.append(Fault(f"{here}/item", "fuel-undipped", text % names))
        return kg
    is_count = draft.kind == Kind.STOCKTAKE and movement.upholds is None
    if is_count:
        _count(plan, line, pile, kg)
    elif kg is None:
        text = _("The books know the litres of %(item)s in %(bin)s but not its kg: dip the tank first.")
        plan.faults.append(Fault(f"{here}/item", "fuel-undipped", text % names))
        return kg
    elif not figures.kg_change:
        figures.kg_change = figures.kg if line.change > 0 else -figures.kg
    kg = kg or NOTHING
    if not line.on_hand_after:
        figures.kg_change = -kg
    figures.kg_after = kg + figures.kg_change
    if figures.kg_after < 0:
        text = _("By weight %(bin)s holds only %(kg)s kg of %(item)s: read the density again, or dip the tank first.")
        names["kg"] = told_quantity(kg)
        plan.faults.append(Fault(f"{here}/density", "fuel-kg-short", text % names))
    elif figures.kg_after > LARGEST:
        text = _("In litres or in kg this is more than %(most)s: check the quantity.") % {
            "most": told_quantity(LARGEST)
        }
        plan.faults.append(Fault(f"{here}/quantity", "quantity", text))
    return figures.kg_after


def _count(plan: Plan, line: PostedLine, pile: Pile, kg: Decimal | None) -> None:
    """Fill in by how much a count changes a pile in kg: what was found less what the books say of that moment."""
    figures, fuels = line.fuel, plan.fuels
    assert figures is not None
    assert fuels is not None
    assert line.counted_at is not None
    book = None if pile.holding_id is None else fuels.books.get((pile.holding_id, line.counted_at))
    if book is None and not line.scheduled_quantity:
        book = NOTHING
    if kg is None or book is None:
        # Measured for the first time: what is there now has the density that was found then.
        now = (line.on_hand_after * figures.density_15 / 1000).quantize(_THOUSANDTH, ROUND_HALF_UP)
        figures.kg_change = now - (kg or NOTHING)
    else:
        figures.kg_change = figures.kg - book


def misread(line: PostedLine) -> str:
    """Return how a line's figures differ from what its formula makes of its reading; "" where they do not.

    What a registered table made of a reading is proved by the chain alone: the table may have been corrected since.
    """
    figures = line.fuel
    formula = None if figures is None else conversions.by_formula(figures.conversion)
    if figures is None or formula is None:
        return ""
    corrected = formula.correct(density=figures.density, temperature=figures.temperature)
    told_amount = figures.kg if line.is_weighed else figures.litres
    amounts = _amounts(corrected, told_amount, is_weighed=line.is_weighed)
    wanted = (corrected.density_15, corrected.factor, *amounts)
    told = (figures.density_15, figures.factor, figures.litres, figures.litres_15, figures.kg)
    return "" if wanted == told else f"Line {line.line_no} reads {told} at 15 °C, its formula gives {wanted}"
