"""What `fixtures/demo/` says, as typed rows: the invented depots, goods and words the demo is made of."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from itertools import count, islice
from random import Random
from typing import Final

from inventory.catalogue import codes
from inventory.catalogue.models import Item
from logistics.reference import facts

RESERVED: Final = "K12"  # kept without movements: deliveries of former years are imported there
DEFAULT_BIN: Final = "A-01"
EXERCISE_CODE: Final = "K99"  # the depot to learn in


@dataclass(frozen=True, slots=True, kw_only=True)
class Goods:
    """One invented line of the catalogue. `usual_stock` is what a depot of size 1 keeps, in base units.

    `packagings` are (unit, base units in one). `turnover` says how much oftener than others it is issued. `tank` is
    the number of the tank it lies in, None for what does not lie in one.
    """

    code: str
    group: str
    name: str
    name_en: str
    specification: str
    unit: str
    scale: int
    tracking: str
    shelf_life_days: int | None
    un_number: str
    gtin: str
    packagings: tuple[tuple[str, Decimal], ...]
    usual_stock: Decimal
    price: int
    turnover: float
    tank: int | None

    @property
    def branch(self) -> str:
        """The code of the supply class it belongs to."""
        return self.group[:2]

    @property
    def is_tracked_by_lot(self) -> bool:
        """Whether its piles are told apart by lot."""
        return self.tracking == Item.Tracking.LOT

    @property
    def is_serial(self) -> bool:
        """Whether each piece has a number."""
        return self.tracking == Item.Tracking.SERIAL

    @property
    def is_durable(self) -> bool:
        """Whether it is used for years, comes back and goes down in grade."""
        return self.tracking == Item.Tracking.NONE and self.branch in {"QN", "DT", "VT"} and self.price >= 50_000

    def rounded(self, quantity: Decimal) -> Decimal:
        """Return the quantity nearest to one that people would write down: full tens, whole pieces, half kilos."""
        step = Decimal(1) if self.scale == 0 or quantity >= 50 else Decimal("0.5")
        if quantity >= 1_000:
            step = Decimal(10)
        return max((quantity / step).to_integral_value(ROUND_HALF_UP), Decimal(1)) * step


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One invented depot. `size` multiplies the usual stock; `items` are the codes it keeps."""

    code: str
    unit: str
    level: str
    branch: str
    province: str
    share_of_items: float
    size: Decimal
    items: tuple[str, ...] = ()

    @property
    def is_active(self) -> bool:
        """Whether it has movements."""
        return bool(self.items)

    @property
    def is_strategic(self) -> bool:
        """Whether others are supplied from it."""
        return self.level == "strategic"

    def norm(self, item: Goods) -> Decimal:
        """Return the stock it keeps of an item, in base units; fuel in bulk lies in the fuel depots."""
        usual = item.usual_stock * self.size
        if item.tank is not None and not self.branch:
            usual /= 10
        return item.rounded(max(usual, Decimal(2)))


def goods() -> dict[str, Goods]:
    """Return the catalogue by item code."""
    scales = {row["code"]: int(row["scale"]) for row in facts("units")}
    tanks = count(1)
    found = {}
    for row in facts("demo/items"):
        branch, group = row["group"].split("-")
        code = codes.item_code(branch, int(group), int(row["number"]))
        shelf = int(row["shelf_life_days"]) if row["shelf_life_days"] else None
        is_bulk = row["group"] in {"XD-01", "XD-02", "XD-03"}
        found[code] = Goods(
            code=code,
            group=row["group"],
            name=row["name_vi"],
            name_en=row["name_en"],
            specification=row["specification"],
            unit=row["unit"],
            scale=scales[row["unit"]],
            tracking=row["tracking"],
            shelf_life_days=shelf,
            un_number=row["un_number"],
            gtin=row["gtin"],
            packagings=tuple(_packaging(word) for word in row["packagings"].split()),
            usual_stock=Decimal(row["usual_stock"]),
            price=int(row["price_vnd"]),
            turnover=_turnover(shelf, row["tracking"]),
            tank=next(tanks) if is_bulk else None,
        )
    return found


def _packaging(word: str) -> tuple[str, Decimal]:
    unit, _, factor = word.partition("=")
    return unit, Decimal(factor)


def _turnover(shelf_life_days: int | None, tracking: str) -> float:
    """Return how often it is issued, 1 for durable goods: what spoils soon must move fast, machines hardly move."""
    if tracking == Item.Tracking.SERIAL:
        return 0.15
    return 1 + (900 / shelf_life_days if shelf_life_days else 0)


def places(catalogue: dict[str, Goods], random: Random, *, scale: int) -> list[Place]:
    """Return `scale` times the depots of the table, each with the items it keeps.

    The first round stands as in the table; further rounds take the same depots again under new codes, in other
    provinces.
    """
    rows = [
        Place(
            code=row["code"],
            unit=row["unit"],
            level=row["level"],
            branch=row["branch"],
            province=row["province"],
            share_of_items=float(row["share_of_items"]),
            size=Decimal(row["size"]),
        )
        for row in facts("demo/depots")
    ]
    provinces = [row["gso_code"] for row in facts("provinces") if row["lon"]]
    first = {row.code for row in rows}
    free = (code for code in (f"K{number:02d}" for number in count(1)) if code not in first | {EXERCISE_CODE})
    for lap in range(1, scale):
        for index, (row, code) in enumerate(zip(islice(rows, len(first)), free, strict=False)):
            # The reserved depot stays the only one of its kind: its copies work like an ordinary one.
            model = row if row.share_of_items else rows[index - 1]
            rows.append(replace(model, code=code, province=provinces[(lap * 7 + index * 5) % len(provinces)]))
    return [replace(row, items=_items_of(row, catalogue, random)) for row in rows]


def _items_of(place: Place, catalogue: dict[str, Goods], random: Random) -> tuple[str, ...]:
    if place.branch:
        return tuple(code for code, item in catalogue.items() if item.branch == place.branch)
    return tuple(code for code in catalogue if random.random() < place.share_of_items)


def words() -> dict[tuple[str, str], list[str]]:
    """Return the invented names and reasons by (kind, branch); the branch is blank where any will do."""
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    for row in facts("demo/words"):
        found[row["kind"], row["branch"]].append(row["text"])
    return dict(found)


def bins_of(place: Place, catalogue: dict[str, Goods]) -> list[tuple[str, str]]:
    """Return (code, kind) of a depot's bins, the default first: shelves by branch, a tank per liquid fuel."""
    kept = [catalogue[code] for code in place.items]
    rows = {home_bin(item) for item in kept if item.tank is None} | {DEFAULT_BIN, "A-02"}
    tanks = {home_bin(item) for item in kept if item.tank is not None}
    return [(code, "shelf") for code in sorted(rows)] + [(code, "tank") for code in sorted(tanks)]


_ROWS: Final = {"QN": ("A", 6), "QY": ("B", 4), "XD": ("C", 3), "DT": ("D", 5), "VT": ("E", 4)}


def home_bin(item: Goods) -> str:
    """Return the bin an item has its fixed place in: a row of shelves per branch, or its tank."""
    if item.tank is not None:
        return f"T-{item.tank:02d}"
    letter, width = _ROWS[item.branch]
    return f"{letter}-{int(item.code[-7:-1]) % width + 1:02d}"
