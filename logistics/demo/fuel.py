"""The demo's liquid fuel: measured at 15 °C, with tanks, gauge tables, rates of loss, and a few dips.

The year before was kept in litres as they were observed; then what lies in tanks was marked as liquid fuel, and every
tank was dipped, which is how a site begins with it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from depots.models import Bin, GaugeTable, Tank
from inventory.catalogue import conversions
from inventory.catalogue.models import Conversion, FuelGroup, Item, LossRate
from inventory.ledger.drafts import Draft, DraftLine, Observed
from inventory.ledger.known import local_date
from inventory.ledger.models import Holding, Kind
from inventory.ledger.posting import post
from logistics import history
from logistics.accounts.models import User
from logistics.demo.calendar import evening, working_day

SHOWN: Final = "K04"  # the fuel depot: receipts, issues and a second dip
_BASIS: Final = "Số liệu mẫu để minh họa"
_RATES: Final = ((LossRate.Work.RECEIVING, "0.12"), (LossRate.Work.ISSUING, "0.05"), (LossRate.Work.STORING, "0.02"))
# By item: °C and kg/m³ as they were read.
_READINGS: Final = {
    "XD-01-0000014": ("28.5", "736.0"),  # petrol
    "XD-01-0000021": ("28.5", "738.5"),
    "XD-01-0000038": ("29.0", "734.5"),
    "XD-02-0000011": ("29.5", "832.5"),  # diesel
    "XD-02-0000028": ("29.5", "829.0"),
    "XD-02-0000035": ("29.0", "786.5"),  # kerosene
    "XD-03-0000018": ("29.0", "789.0"),  # jet fuel
}
_PRICE: Final = Decimal(18_500)  # đồng a litre
_HEIGHT_MM: Final = 6_000
_STEP_MM: Final = 100


def make(users: dict[str, User], *, today: date) -> None:
    """Mark the fuels, register what they are measured by, dip every tank of theirs, and let the fuel depot work on.

    Needs the year before; posts as of its last evening.
    """
    entered_at = evening(working_day(today - timedelta(days=1))) + timedelta(hours=1)
    with history.changing(by=users["danhmuc"], reason="Nạp dữ liệu mẫu", source=history.Source.COMMAND):
        items = list(Item.objects.select_related("group").filter(code__in=_READINGS).order_by("code"))
        for item in items:
            item.fuel_group = FuelGroup.REFINED
        history.bulk_update(items, ["fuel_group"])
        _register(items, since=date(today.year - 1, 1, 1))
        _fit_out(items)
    piles: dict[str, list[Holding]] = defaultdict(list)
    stocked = Holding.objects.filter(item__in=items, is_stocked=True).select_related("depot", "bin", "item", "lot")
    for pile in stocked.order_by("depot__code", "item__code", "bin__code", "grade", "purpose"):
        piles[pile.depot.code].append(pile)
    for depot, found in piles.items():
        _dip(depot, found, users["thukho02"], at=entered_at - timedelta(minutes=50), entered_at=entered_at)
    _work_on(piles[SHOWN], users["lienthong"], entered_at=entered_at)


def _register(items: list[Item], *, since: date) -> None:
    """Choose the published formula for the fuels' groups, and give them rates of loss."""
    groups = {item.group_id: item.group for item in items}
    history.bulk_create(
        [
            Conversion(
                code=f"API-{group.supply_class_id}-{group.number}",
                name="Công thức API MPMS 11.1 (1980), đo bằng tỷ trọng kế",
                method=Conversion.Method.HYDROMETER,
                group=group,
                valid_from=since,
                basis=_BASIS,
            )
            for group in groups.values()
        ]
    )
    history.bulk_create(
        [
            LossRate(group=group, work=work, percent=Decimal(percent), valid_from=since, basis=_BASIS)
            for group in groups.values()
            for work, percent in _RATES
        ]
    )


def _fit_out(items: list[Item]) -> None:
    """Give the fuels' tanks a capacity and an invented gauge table: upright, a little wider towards the top."""
    fullest: dict[int, tuple[Bin, Item, Decimal]] = {}
    held = Holding.objects.filter(item__in=items, bin__kind=Bin.Kind.TANK).select_related("bin__depot", "item")
    for pile in held.order_by("bin__depot__code", "bin__code", "pk"):
        _tank, _item, litres = fullest.get(pile.bin_id, (pile.bin, pile.item, Decimal(0)))
        fullest[pile.bin_id] = (pile.bin, pile.item, litres + pile.on_hand)
    tanks = []
    for place, item, litres in fullest.values():
        capacity = max(Decimal(25_000), (litres * 2 / 5_000).to_integral_value(ROUND_HALF_UP) * 5_000)
        tanks.append(Tank(bin=place, capacity_litres=capacity, product=item))
    history.bulk_create(tanks)
    history.bulk_create(
        [
            GaugeTable(
                tank=tank,
                valid_from=date(2025, 1, 1),
                basis=f"Biên bản kiểm định mẫu {tank.bin.depot.code}/{tank.bin.code}",
                heights_mm=list(range(0, _HEIGHT_MM + 1, _STEP_MM)),
                litres=[_litres_at(height, tank.capacity_litres) for height in range(0, _HEIGHT_MM + 1, _STEP_MM)],
            )
            for tank in tanks
        ]
    )


def _litres_at(height_mm: int, capacity: Decimal) -> Decimal:
    share = Decimal(height_mm) / _HEIGHT_MM
    return (capacity * share * (Decimal("0.98") + share * Decimal("0.02"))).quantize(Decimal("0.1"), ROUND_HALF_UP)


def _observed(item: Item) -> Observed:
    temperature, density = _READINGS[item.code]
    return Observed(temperature=Decimal(temperature), density=Decimal(density))


def _litres_for(item: Item, litres_15: Decimal, *, on: date) -> Decimal:
    """Return the litres that, observed, come to about so many at 15 °C."""
    found = conversions.of(item.pk, item.fuel_group, item.group_id, on=on)
    assert found is not None, "registered above"
    observed = _observed(item)
    assert observed.density is not None
    assert observed.temperature is not None
    factor = found.correct(density=observed.density, temperature=observed.temperature).factor
    return (litres_15 / factor).quantize(Decimal(1), ROUND_HALF_UP)


def _dip(
    depot: str,
    piles: list[Holding],
    by: User,
    *,
    at: datetime,
    entered_at: datetime,
    share: str = "0.9993",
    key: str = "dip",
) -> None:
    """Post what dips found: of every pile a little less than the books say."""
    lines = tuple(_counted(piles, at, Decimal(share)))
    draft = Draft(
        depot=depot,
        kind=Kind.STOCKTAKE,
        occurred_at=at,
        key=f"demo-fuel-{key}-{depot}",
        lines=lines,
        reason="Đo bể, chuyển sang sổ theo lít ở 15 °C",
    )
    post([draft], by=by, at=entered_at)


def _counted(piles: list[Holding], at: datetime, share: Decimal) -> Iterator[DraftLine]:
    for pile in piles:
        yield DraftLine(
            item=pile.item.code,
            quantity=_litres_for(pile.item, pile.on_hand * share, on=local_date(at)),
            lot=pile.lot.code or None,
            bin=pile.bin.code,
            grade=pile.grade_id,
            purpose=pile.purpose_id,
            counted_at=at,
            fuel=_observed(pile.item),
        )


def _work_on(piles: list[Holding], by: User, *, entered_at: datetime) -> None:
    """Receive and issue fuel in the depot that is shown, measured now, and dip its tanks again."""
    regular = [pile for pile in piles if (pile.grade_id, pile.purpose_id) == (1, "THUONG_XUYEN")]

    def entry(kind: Kind, litres: int, minutes: int, who: str) -> Draft:
        return Draft(
            depot=SHOWN,
            kind=kind,
            occurred_at=entered_at - timedelta(minutes=minutes),
            key=f"demo-fuel-{kind}",
            counterparty=who,
            order_number="12/HĐ-XD" if kind == Kind.RECEIPT else "",
            order_date=local_date(entered_at) if kind == Kind.RECEIPT else None,
            lines=tuple(
                DraftLine(
                    item=pile.item.code,
                    quantity=Decimal(litres),
                    bin=pile.bin.code,
                    fuel=_observed(pile.item),
                    unit_price=_PRICE if kind == Kind.RECEIPT else None,
                )
                for pile in regular
            ),
        )

    drafts = [
        entry(Kind.RECEIPT, 12_000, 40, "Xí nghiệp xăng dầu mẫu"),
        entry(Kind.ISSUE, 3_500, 30, "Đại đội vận tải mẫu"),
    ]
    post(drafts, by=by, at=entered_at)
    again = list(Holding.objects.filter(pk__in=[pile.pk for pile in regular]).select_related("bin", "item", "lot"))
    again.sort(key=lambda pile: (pile.item.code, pile.bin.code))
    at = entered_at - timedelta(minutes=10)
    _dip(SHOWN, again, by, at=at, entered_at=entered_at, share="0.99998", key="dip-again")
