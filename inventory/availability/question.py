"""What planners ask, and the rows that answer: the same for now, for a past instant, and for the nearest depots."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from django.utils.translation import gettext as _

from depots import access
from inventory.ledger.chain import exact
from logistics import sql
from logistics.errors import Fault, Invalid

if TYPE_CHECKING:
    from logistics.accounts.models import User

MOST_DAYS_LEFT: Final = 36_500  # a hundred years: nothing keeps longer, and the calendar does not end before


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """Which stock is asked about, by business codes; None leaves a dimension open.

    `unit` is an organisation unit with everything below it. `min_days_left` leaves out piles with fewer days of use
    left (0: usable today still); what never expires always counts.
    """

    item: str | None = None
    supply_class: str | None = None
    depot: str | None = None
    unit: str | None = None
    grade: int | None = None
    purpose: str | None = None
    min_days_left: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Stock:
    """What one depot has of one item, in base units, every deduction shown.

    on_hand = allocated + disposal + expired + on_hold + reserve + available; `in_transit_in` is beside it, on the road
    to the depot.
    """

    item: str
    depot: str
    on_hand: Decimal
    allocated: Decimal
    on_hold: Decimal
    expired: Decimal
    reserve: Decimal
    disposal: Decimal
    available: Decimal
    in_transit_in: Decimal
    unit: str

    def document(self) -> dict[str, str]:
        """Return the row as the API spells it: quantities as decimal strings."""
        found = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: exact(value) if isinstance(value, Decimal) else value for name, value in found.items()}


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    """Some rows in (item, depot) order; `after` names the last of them when more follow, else it is None."""

    rows: tuple[Stock, ...]
    after: tuple[str, str] | None

    @classmethod
    def of(cls, found: Sequence[tuple[Any, ...]], *, limit: int) -> Page:
        """Return the page of at most `limit` rows, `found` holding one more when another page follows."""
        rows = tuple(
            Stock(**dict(zip((field.name for field in fields(Stock)), row, strict=True))) for row in found[:limit]
        )
        return cls(rows=rows, after=(rows[-1].item, rows[-1].depot) if len(found) > limit else None)


def params(
    question: Question, *, by: User, on: date, after: tuple[str, str] | None = None, limit: int = 100
) -> dict[str, Any]:
    """Return the parameters that the statements share, scope applied: only depots `by` may read.

    An exercise depot is looked into only when it is the depot asked for: nothing it holds counts beside real stock.
    `on` is the day whose expiry counts.

    Raises:
        NotFound: the depot named is none the asker may know of.
        Invalid: other codes name nothing, or a number is out of range; all of them are listed.
    """
    codes = {
        "item": question.item,
        "class": question.supply_class,
        "unit": question.unit,
        "grade": question.grade,
        "purpose": question.purpose,
    }
    faults = []
    if question.grade is not None and not 0 <= question.grade < 2**15:
        faults.append(Fault("/query/grade", "unknown-code", _("There is no such grade: they go from 1 to 5.")))
        codes["grade"] = None
    if question.min_days_left is not None and not 0 <= question.min_days_left <= MOST_DAYS_LEFT:
        text = _("The days left are a whole number from 0 to %(most)s.") % {"most": MOST_DAYS_LEFT}
        faults.append(Fault("/query/min_days_left", "out-of-range", text))
    if any(value is not None for value in codes.values()):
        for (name,) in sql.rows("availability/unknown_codes", codes):
            text = _("There is no %(name)s “%(code)s”.") % {"name": name, "code": str(codes[name])[:40]}
            faults.append(Fault(f"/query/{name}", "unknown-code", text))
    if faults:
        raise Invalid(faults)

    if question.depot:
        depots = [access.depot_for_reading(by, question.depot).id]
    else:
        depots = access.scope(by, only_counted=True)
    if question.unit is not None:
        depots = [
            depot for (depot,) in sql.rows("availability/depots_below", {"unit": question.unit, "depots": depots})
        ]
    least = question.min_days_left
    after_item, after_depot = after or ("", "")
    return codes | {
        "depots": depots,
        "last_day": None if least is None else on + timedelta(days=least),
        "today": on,
        "after_item": after_item,
        "after_depot": after_depot,
        "page_size": limit + 1,  # one more than shown tells whether another page follows
    }
