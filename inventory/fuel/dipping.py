"""A dip: the height in a tank, its temperature and density, become a stocktake of that tank.

Whoever dips counts; somebody else decides on the difference and finalises, as with every stocktake. What the height
stands for comes from the gauge table of the day, litres at 15 °C and kg from the conversion of the day.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID, uuid5

from django.db import transaction
from django.utils.translation import gettext as _

from depots.models import Bin, Tank
from inventory.catalogue.models import Item
from inventory.catalogue.volume_correction import Corrected
from inventory.fuel import gauging
from inventory.fuel.gauging import OffTheTable
from inventory.ledger import fuel
from inventory.ledger.drafts import Observed
from inventory.ledger.known import local_date
from inventory.stocktakes import counting, planning, review
from inventory.stocktakes.measuring import converted, remembered
from inventory.stocktakes.models import Scope, SheetLine, Status, Stocktake
from logistics import history, sql
from logistics.accounts.models import User
from logistics.errors import Fault, Invalid
from logistics.fields import format_date, format_moment

_REGULAR: Final = "THUONG_XUYEN"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What was read at a tank: heights of the liquid and of the water under it in mm, °C, kg/m³ at that temperature."""

    height_mm: int
    water_mm: int
    observed: Observed
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a reading comes to, and what the books say of the tank now (litres at 15 °C, kg)."""

    item: Item
    litres: Decimal
    corrected: Corrected
    conversion: str
    litres_15: Decimal
    kg: Decimal
    book: Decimal
    book_kg: Decimal | None  # None: it was never measured
    tank: str
    lot: str
    grade: int
    purpose: str

    @property
    def difference(self) -> Decimal:
        """What was found less what the books say now, litres at 15 °C."""
        return self.litres_15 - self.book

    @property
    def warning(self) -> str:
        """What to look at again where the density lies far from that of what the books say is in the tank; else ""."""
        return fuel.apart(self.corrected.density_15, fuel.mean_density(self.book, self.book_kg), where=self.tank)


def look(tank: Bin, reading: Reading) -> Told:
    """Return what a reading of a tank comes to; nothing is written.

    Raises:
        Invalid: the tank has no gauge table or no fuel, holds several piles, or the reading is out of range; every
            fault is listed.
    """
    faults: list[Fault] = []
    found = _pile(tank, faults)
    litres = _litres(tank, reading, faults)
    on = local_date(reading.at)
    told = None if found is None else converted(found["item"], reading.observed, on=on, faults=faults)
    if found is None or litres is None or told is None:
        raise Invalid(faults)
    name, corrected = told
    litres_15 = corrected.litres(litres)
    return Told(
        litres=litres, corrected=corrected, conversion=name, litres_15=litres_15, kg=corrected.kg(litres_15), **found
    )


def _pile(tank: Bin, faults: list[Fault]) -> dict[str, Any] | None:
    """Return the one pile that lies in a tank, or the empty one it is for; None after noting why there is none."""
    piles = sql.records("fuel/piles_in", {"depot_id": tank.depot_id, "bin_id": tank.pk})
    if len(piles) > 1:
        text = _(
            "%(count)s piles lie in this tank, and a dip cannot tell them apart: bring them together, or count them "
            "in a stocktake."
        )
        faults.append(Fault("/tank", "fuel-several-piles", text % {"count": len(piles)}))
        return None
    if piles:
        (pile,) = piles
        item = Item.objects.get(pk=pile["item_id"])
        return {
            "item": item,
            "book": pile["litres_15"],
            "book_kg": pile["kg"],
            "tank": tank.code,
            "lot": pile["lot"],
            "grade": pile["grade"],
            "purpose": pile["purpose"],
        }
    known = Tank.objects.select_related("product").filter(pk=tank.pk).first()
    product = known.product if known else None
    if product is None or not product.fuel_group or product.tracking != Item.Tracking.NONE:
        text = _("Nothing lies in this tank, and which fuel it is for is not known: have that entered under Upkeep.")
        faults.append(Fault("/tank", "fuel-unknown-product", text))
        return None
    return {
        "item": product,
        "book": Decimal(0),
        "book_kg": Decimal(0),
        "tank": tank.code,
        "lot": "",
        "grade": 1,
        "purpose": _REGULAR,
    }


def _litres(tank: Bin, reading: Reading, faults: list[Fault]) -> Decimal | None:
    """Return the litres that the heights stand for, without the water; None after noting what is wrong with them."""
    on = local_date(reading.at)
    table = gauging.table_of(tank.pk, on=on)
    if table is None:
        text = _("This tank has no gauge table for %(day)s: have the one of its calibration entered under Upkeep.")
        faults.append(Fault("/height_mm", "fuel-gauge-required", text % {"day": format_date(on)}))
        return None
    if reading.water_mm > reading.height_mm:
        text = _("The water stands no higher than what lies on it: dip again.")
        faults.append(Fault("/water_mm", "gauge", text))
        return None
    try:
        whole = gauging.litres_at(table.heights_mm, table.litres, reading.height_mm)
        water = gauging.litres_at(table.heights_mm, table.litres, reading.water_mm) if reading.water_mm else Decimal(0)
    except OffTheTable as error:
        faults.append(Fault("/height_mm", error.code, _(error.message) % error.params))
        return None
    return whole - water


@transaction.atomic
def keep(
    tank: Bin, reading: Reading, *, stocktake_id: UUID, by: User, at: datetime, source: history.Source
) -> Stocktake:
    """Make a stocktake of one tank out of a dip, counted and ready to be decided on, and return it.

    The id makes asking twice harmless.

    Raises, with nothing written:
        Invalid: as `look`.
        NotFound, Forbidden: the depot is not in scope, or its stocktakes are not this person's to keep.
    """
    planning.keepers_place(by, tank.depot.code)
    if reading.at > at:
        text = _("A tank cannot have been dipped in the future: it is now %(now)s. Check day and hour.")
        raise Invalid([Fault("/hour", "in-the-future", text % {"now": format_moment(at)})])
    asked = planning.Asked(
        depot=tank.depot.code,
        reason=_("Dip of tank %(tank)s") % {"tank": tank.code},
        scope=Scope.BINS,
        codes=[tank.code],
        cut_off_at=reading.at,
        is_blind=False,
    )
    # Who dips begins counting then, and writes it down a little later.
    one = planning.plan(asked, stocktake_id=stocktake_id, by=by, at=reading.at, source=source)
    if one.status not in {Status.PLANNED, Status.COUNTING}:
        return one
    told = look(tank, reading)
    planning.open_sheet(one.pk, by=by, at=reading.at, source=source)
    line = SheetLine.objects.filter(
        stocktake=one, bin=tank, item=told.item, lot=told.lot, grade=told.grade, purpose=told.purpose
    ).first()
    counted = counting.Counted(
        key=uuid5(stocktake_id, "dip"),
        quantity=told.litres_15,
        counted_at=reading.at,
        line=line.pk if line else None,
        item=told.item.code,
        lot=told.lot,
        bin=tank.code,
        grade=told.grade,
        purpose=told.purpose,
        measured={
            "height_mm": reading.height_mm,
            "water_mm": reading.water_mm,
            **remembered(told.litres, reading.observed, told.conversion),
        },
    )
    (kept,) = counting.count(one.pk, [counted], by=by, at=at)
    if kept.problem is not None:
        raise Invalid([kept.problem])
    return review.end_counting(one.pk, by=by, at=at, source=source)
