"""What a mapping asks of a row before it is believed, and which rows it means at all."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from django.utils.translation import gettext as _

from logistics.cells import CellError, Form, Notation, reader_of
from logistics.errors import Fault
from logistics.tables import Row, RowError, Table

if TYPE_CHECKING:
    from logistics.mappings import Record

_FILTER: Final = {"column", "is", "is_not"}
_CHECK: Final = {
    "column", "is", "dates", "decimal", "nulls", "words", "required", "above", "at_least", "not_before", "not_after",
    "reference", "refers_to", "agrees", "product_of", "within", "unless",
}  # fmt: skip
_FORMS: Final = {"number": Form.FACTOR, "date": Form.DAY, "text": Form.TEXT}
NUMBER, BLANK, REFERENCE, WRONG = "read", "blank", "reference", "wrong"


@dataclass(frozen=True, slots=True, kw_only=True)
class RowFilter:
    """A row is meant when a column holds one of `allowed` (if any are named) and none of `refused`."""

    column: str
    allowed: frozenset[str] = frozenset()
    refused: frozenset[str] = frozenset()

    def keeps(self, row: Row, table: Table) -> bool:
        """Tell whether a row is meant."""
        cell = row.cells[table.columns.index(self.column)]
        return (not self.allowed or cell in self.allowed) and cell not in self.refused

    def columns(self) -> set[str]:
        """Return the columns it looks at."""
        return {self.column}

    @staticmethod
    def faults(spec: dict[str, Any], here: str) -> Iterator[Fault]:
        """Yield what is wrong with a filter in a mapping."""
        yield from _shape(spec, _FILTER, here)
        for name in ("is", "is_not"):
            if name in spec and not _is_texts(spec[name]):
                yield Fault(f"{here}/{name}", "form", _("This is a list of texts."))


def filter_of(spec: dict[str, Any]) -> RowFilter:
    """Return the filter of a `[[rows]]` table that has no faults."""
    return RowFilter(
        column=spec["column"], allowed=frozenset(spec.get("is", ())), refused=frozenset(spec.get("is_not", ()))
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One rule on one column.

    A cell is a value of `form`, or one of `words` that mean it was not captured, or a `reference` to the row that has
    it: the row whose `refers_to` column holds what the pattern's group `row` found, agreeing in every other named group
    with the column `agrees` gives it, and holding a value itself and not another word or reference.
    """

    column: str
    form: Form = Form.TEXT
    notation: Notation = field(default_factory=Notation)
    words: frozenset[str] = frozenset()
    is_required: bool = False
    above: Decimal | None = None
    at_least: Decimal | None = None
    not_before: str = ""
    not_after: str = ""
    reference: re.Pattern[str] | None = None
    refers_to: str = ""
    agrees: dict[str, str] = field(default_factory=dict)
    product_of: tuple[str, ...] = ()
    within: Decimal = Decimal(0)
    unless: tuple[str, str] | None = None

    def columns(self) -> set[str]:
        """Return the columns it looks at."""
        return {
            name
            for name in (self.column, self.not_before, self.not_after, self.refers_to, *self.agrees.values(),
                         *self.product_of, self.unless[0] if self.unless else "")
            if name
        }  # fmt: skip

    def run(self, table: Table, records: Sequence[Record]) -> dict[str, int]:
        """Put an error on every record that breaks the rule; return how many cells were of which sort."""
        place = {name: table.columns.index(name) for name in self.columns()}
        named: dict[str, list[Sequence[str]]] = {}
        if self.refers_to:
            for row in table.rows:
                named.setdefault(row.cells[place[self.refers_to]], []).append(row.cells)
        census: Counter[str] = Counter()
        reading = _Cells(place, reader_of(self.form, self.notation), named)
        for record in records:
            cells = record.row.cells
            cell = cells[place[self.column]]
            try:
                sort = self._sort(cells, reading)
            except CellError as error:
                sort = WRONG
                record.errors.setdefault(self.column, RowError(record.row.number, self.column, cell, error.reason))
            census[sort] += 1
        return dict(census)

    def _sort(self, cells: Sequence[str], reading: _Cells) -> str:
        cell = cells[reading.place[self.column]]
        if self.unless and self.unless[1] in cells[reading.place[self.unless[0]]]:
            return NUMBER
        if not cell:
            if self.is_required:
                raise CellError(cell, _("This is needed; fill it in."))
            return BLANK
        if cell in self.words:
            return cell
        if self.reference and (found := self.reference.fullmatch(cell)):
            self._follow(cell, found, reading)
            return REFERENCE
        self._weigh(cell, reading.convert(cell), cells, reading)
        return NUMBER

    def _follow(self, cell: str, found: re.Match[str], reading: _Cells) -> None:
        groups = found.groupdict()
        name = groups.pop("row")
        rows = reading.named.get(name, [])
        if len(rows) != 1:
            text = _("It refers to %(column)s %(name)s, which %(count)s rows have.")
            raise CellError(cell, text % {"column": self.refers_to, "name": name, "count": len(rows)})
        (there,) = rows
        for group, value in groups.items():
            column = self.agrees[group]
            if there[reading.place[column]] != value:
                text = _("It refers to %(column)s %(name)s, but that row's %(other)s is “%(is)s”.")
                is_ = there[reading.place[column]]
                raise CellError(cell, text % {"column": self.refers_to, "name": name, "other": column, "is": is_})
        value = there[reading.place[self.column]]
        try:
            if not value:
                raise CellError(value, "")
            reading.convert(value)
        except CellError as error:
            text = _("It refers to %(column)s %(name)s, where nothing is given: “%(is)s”.")
            raise CellError(cell, text % {"column": self.refers_to, "name": name, "is": value}) from error

    def _weigh(self, cell: str, value: Any, cells: Sequence[str], reading: _Cells) -> None:
        if value is None:
            return
        if self.above is not None and not value > self.above:
            raise CellError(cell, _("This must be above %(limit)s.") % {"limit": self.above})
        if self.at_least is not None and value < self.at_least:
            raise CellError(cell, _("This must be at least %(limit)s.") % {"limit": self.at_least})
        for column, is_wrong in ((self.not_before, _before), (self.not_after, _after)):
            other = reading.value(cells, column)
            if other is not None and is_wrong(value, other):
                text = (
                    _("This is earlier than %(column)s (%(other)s).")
                    if is_wrong is _before
                    else _("This is later than %(column)s (%(other)s).")
                )
                raise CellError(cell, text % {"column": column, "other": other})
        if self.product_of:
            factors = [reading.value(cells, column) for column in self.product_of]
            if all(factor is not None for factor in factors):
                product = Decimal(1)
                for factor in factors:
                    product *= factor
                # The first factor counts; each of the others may have been rounded by up to `within`.
                if abs(product - value) > self.within * abs(factors[0] or 0) + self.within:
                    names = " × ".join(self.product_of)
                    text = _("%(names)s make %(product)s, which is not this.")
                    raise CellError(cell, text % {"names": names, "product": f"{product.normalize():f}"})

    @staticmethod
    def faults(spec: dict[str, Any], here: str) -> Iterator[Fault]:
        """Yield what is wrong with a check in a mapping."""
        yield from _shape(spec, _CHECK, here)
        yield from Notation.faults(spec, here)
        if spec.get("is", "text") not in _FORMS:
            yield Fault(f"{here}/is", "form", _("This is one of: %(known)s.") % {"known": ", ".join(_FORMS)})
        for name in ("above", "at_least", "within"):
            if name in spec and not re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", str(spec[name])):
                yield Fault(f"{here}/{name}", "form", _('This is a number in quotes, such as "0.005".'))
        for name in ("words", "product_of"):
            if name in spec and not _is_texts(spec[name]):
                yield Fault(f"{here}/{name}", "form", _("This is a list of texts."))
        for name in ("not_before", "not_after", "refers_to"):
            if name in spec and not isinstance(spec[name], str):
                yield Fault(f"{here}/{name}", "form", _("This is the name of a column."))
        unless = spec.get("unless")
        if unless is not None and not (
            isinstance(unless, dict)
            and set(unless) == {"column", "contains"}
            and all(isinstance(value, str) and value for value in unless.values())
        ):
            yield Fault(f"{here}/unless", "form", _('Write it as { column = "…", contains = "…" }.'))
        yield from _reference_faults(spec, here)


@dataclass(frozen=True, slots=True)
class _Cells:
    """What a check needs while it runs: places of columns, the reader, rows by the column references name."""

    place: dict[str, int]
    convert: Any
    named: dict[str, list[Sequence[str]]]

    def value(self, cells: Sequence[str], column: str) -> Any:
        """Return another column's value; None where there is none to compare with."""
        if not column:
            return None
        try:
            return self.convert(cells[self.place[column]])
        except CellError:
            return None


def _before(one: date, other: date) -> bool:
    return one < other


def _after(one: date, other: date) -> bool:
    return one > other


def check_of(spec: dict[str, Any], base: Notation) -> Check:
    """Return the check of a `[[checks]]` table that has no faults."""
    unless = spec.get("unless")
    return Check(
        column=spec["column"],
        form=_FORMS[spec.get("is", "text")],
        notation=base.with_(spec),
        words=frozenset(spec.get("words", ())),
        is_required=bool(spec.get("required", False)),
        above=Decimal(str(spec["above"])) if "above" in spec else None,
        at_least=Decimal(str(spec["at_least"])) if "at_least" in spec else None,
        not_before=spec.get("not_before", ""),
        not_after=spec.get("not_after", ""),
        reference=re.compile(spec["reference"]) if "reference" in spec else None,
        refers_to=spec.get("refers_to", ""),
        agrees=spec.get("agrees", {}),
        product_of=tuple(spec.get("product_of", ())),
        within=Decimal(str(spec.get("within", 0))),
        unless=(unless["column"], unless["contains"]) if unless else None,
    )


def _reference_faults(spec: dict[str, Any], here: str) -> Iterator[Fault]:
    if ("reference" in spec) != ("refers_to" in spec):
        yield Fault(f"{here}/reference", "form", _("reference and refers_to go together."))
    if "reference" not in spec:
        return
    try:
        groups = set(re.compile(spec["reference"]).groupindex)
    except (re.error, TypeError) as error:
        text = _("This is no regular expression: %(what)s.") % {"what": error}
        yield Fault(f"{here}/reference", "form", text)
        return
    agrees = spec.get("agrees", {})
    if not isinstance(agrees, dict) or groups != {"row", *agrees}:
        text = _("The pattern has a group (?P<row>…) and one for each key of agrees, and no other.")
        yield Fault(f"{here}/reference", "form", text)


def _shape(spec: dict[str, Any], known: set[str], here: str) -> Iterator[Fault]:
    for name in sorted(set(spec) - known):
        text = _("There is no such key. Known are: %(known)s.") % {"known": ", ".join(sorted(known))}
        yield Fault(f"{here}/{name}", "unknown-key", text)
    if not isinstance(spec.get("column"), str):
        yield Fault(f"{here}/column", "required", _("This field is needed."))


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)
