"""The rows of a paper: each line of a movement or of a draft as it is printed, with the names of its day."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from itertools import groupby
from typing import Any, Final

from inventory.catalogue.models import Item, Unit
from inventory.ledger.entries import Posted, PostedLine
from inventory.ledger.kinds import RULES, Sign
from inventory.ledger.models import Kind
from logistics import history, paper

_DONG: Final = Decimal(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One numbered row: an entry with the lots it was taken from or went to."""

    name: str
    code: str
    unit: str
    planned: str
    done: str
    price: str
    amount: Decimal | None
    lots: str


class Names:
    """The goods and units a voucher names, as they were on its day, read once."""

    def __init__(self, items: Iterable[str], units: Iterable[str], *, at: datetime, language: str) -> None:
        self._english = language == "en"
        self._items = history.as_it_was(Item, set(items) - {""}, at=at, field="code")
        codes = set(units) - {""} | {item.base_unit_id for item in self._items.values()}
        self._units = history.as_it_was(Unit, codes, at=at)

    def item(self, code: str) -> str:
        """Return the name and specification of goods, "" where there are none of this code."""
        item = self._items.get(code)
        if item is None:
            return ""
        name = item.name_en if self._english and item.name_en else item.name
        return ", ".join(part for part in (name, item.specification) if part)

    def base_unit(self, code: str) -> str:
        """Return the code of the base unit of goods, "" where there are none of this code."""
        item = self._items.get(code)
        return item.base_unit_id if item else ""

    def unit(self, code: str) -> str:
        """Return the name of a unit, its code where there is none."""
        unit = self._units.get(code)
        return code if unit is None else unit.name_en if self._english else unit.name

    def scale(self, code: str) -> int:
        """Return how many decimals a unit counts."""
        unit = self._units.get(code)
        return unit.scale if unit else 0


def names_of(posted: Posted, *, language: str) -> Names:
    """Return the names of a movement's goods and units, as they were when it happened."""
    items = {line.item for line in posted.lines}
    units = {line.unit for line in posted.lines} | {line.entered_unit for line in posted.lines}
    return Names(items, units, at=posted.occurred_at, language=language)


def rows_of(posted: Posted, names: Names) -> Iterator[Row]:
    """Yield the rows of a movement's paper: one an entry, or one a line where goods only change places."""
    sign = RULES[posted.kind].sign
    if sign in {Sign.PAIR, Sign.SIGNED, Sign.MIRROR}:
        # A part of an entry may come back alone, so what was typed says nothing here.
        yield from (_moved(line, names) for line in posted.lines)
        return
    for _entry_no, lines in groupby(posted.lines, key=lambda line: line.entry_no):
        yield _entered(posted, list(lines), names)


def _entered(posted: Posted, lines: Sequence[PostedLine], names: Names) -> Row:
    first = lines[0]
    scale = names.scale(first.entered_unit)
    typed = paper.number(first.entered_quantity, scale=scale)
    asked = "" if first.scheduled_quantity is None else paper.number(first.scheduled_quantity, scale=scale)
    is_transfer = posted.kind == Kind.TRANSFER_OUT
    return Row(
        name=names.item(first.item),
        code=first.item,
        unit=names.unit(first.entered_unit),
        planned=typed if is_transfer else asked,
        done="" if is_transfer else typed,
        price="" if first.unit_price is None else paper.number(first.unit_price),
        amount=amount_of(first.entered_quantity, first.unit_price),
        lots="\n".join(
            lot_of(line) + (f": {paper.number(abs(line.change))} {names.unit(line.unit)}" if len(lines) > 1 else "")
            for line in lines
        ),
    )


def amount_of(quantity: Decimal, price: Decimal | None) -> Decimal | None:
    """Return quantity times price in whole đồng, halves up, None without a price."""
    return None if price is None else (quantity * price).quantize(_DONG, rounding=ROUND_HALF_UP)


def _moved(line: PostedLine, names: Names) -> Row:
    number = paper.number(abs(line.change), scale=names.scale(line.unit))
    return Row(
        name=names.item(line.item),
        code=line.item,
        unit=names.unit(line.unit),
        planned=number if line.change > 0 else "",
        done=number if line.change < 0 else "",
        price="",
        amount=None,
        lots=lot_of(line),
    )


def lot_of(line: PostedLine) -> str:
    """Return a line's lot, last day of use, bin, grade and reading of a fuel, as the last column prints them."""
    expires = f"HSD\N{NO-BREAK SPACE}{paper.day(line.expires_date)}" if line.expires_date else ""
    lot = ", ".join(part for part in (f"lô {line.lot}" if line.lot else "", expires) if part)
    return "\n".join(part for part in (lot, f"ngăn {line.bin}, cấp {line.grade}", reading_of(line)) if part)


def reading_of(line: PostedLine) -> str:
    """Return what was measured of a line of liquid fuel and what it came to at 15 °C, "" of other goods.

    The number in the form's own column is what was observed, which is litres of no temperature by itself.
    """
    fuel = line.fuel
    if fuel is None or not fuel.litres:
        return ""
    litres = f"{paper.number(fuel.litres)} lít"
    # Kg were weighed or asked for; the litres beside them are what a meter shows at that temperature.
    amount = f"là {litres} ở" if line.is_weighed else f"đo {litres},"
    return (
        f"{amount} {paper.number(fuel.temperature)}\N{NO-BREAK SPACE}°C, "
        f"{paper.number(fuel.density)}\N{NO-BREAK SPACE}kg/m³; ở 15\N{NO-BREAK SPACE}°C: "
        f"{paper.number(fuel.litres_15)} lít, {paper.number(fuel.density_15)}\N{NO-BREAK SPACE}kg/m³; "
        f"{paper.number(fuel.kg)}\N{NO-BREAK SPACE}kg"
    )


def drafted(line: Mapping[str, Any], kind: str, names: Names) -> Row:
    """Return a line as it was typed; what is no number is printed as it stands."""
    given = {name: str(line.get(name) or "") for name in ("item", "unit", "lot", "expires_on", "bin", "grade")}
    unit = given["unit"] or names.base_unit(given["item"])
    scale = names.scale(unit)
    quantity, price = (amount_typed(line.get(name)) for name in ("quantity", "unit_price"))
    typed, asked = (_shown(line.get(name), scale) for name in ("quantity", "scheduled_quantity"))
    is_transfer = kind == Kind.TRANSFER_OUT
    lots = [
        f"lô {given['lot']}" if given["lot"] else "",
        f"HSD {_day(given['expires_on'])}" if given["expires_on"] else "",
        f"ngăn {given['bin']}" if given["bin"] else "",
        f"cấp {given['grade']}" if given["grade"] else "",
        f"đo ở {_shown(line.get('temperature'), 0)}\N{NO-BREAK SPACE}°C" if line.get("temperature") else "",
        f"{_shown(line.get('density'), 0)}\N{NO-BREAK SPACE}kg/m³" if line.get("density") else "",
    ]
    return Row(
        name=names.item(given["item"]),
        code=given["item"],
        unit=names.unit(unit),
        planned=typed if is_transfer else asked,
        done="" if is_transfer else typed,
        price=_shown(line.get("unit_price"), 0),
        amount=None if quantity is None else amount_of(quantity, price),
        lots="\n".join(part for part in lots if part),
    )


def amount_typed(text: object) -> Decimal | None:
    """Return the number a draft's text is, None where it is none or has more digits than anybody would read.

    Drafts keep whatever was typed: 1E+999999999 is a number too, and writing it out would take all memory.
    """
    try:
        value = Decimal(str(text)) if text else None
    except InvalidOperation:
        return None
    return value if value is not None and value.is_finite() and abs(value.adjusted()) < 20 else None


def _shown(text: object, scale: int) -> str:
    value = amount_typed(text)
    return str(text or "") if value is None else paper.number(value, scale=scale)


def _day(text: str) -> str:
    try:
        return paper.day(date.fromisoformat(text))
    except ValueError:
        return text
