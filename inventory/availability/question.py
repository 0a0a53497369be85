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
from logistics.errors import Fault, Invalid, gettext_noop
from logistics.search import fold

if TYPE_CHECKING:
    from logistics.accounts.models import User

MOST_WORDS: Final = 12  # of a search; nobody types more, and each is compared with every item found
NO_BRANCH: Final = gettext_noop("There is no branch %(code)s: choose one from the list.")
_UNKNOWN: Final = {
    "item": gettext_noop("There is no item %(code)s: check the code, or search by name."),
    "items": gettext_noop("There is no item %(code)s: check the code, or search by name."),
    "class": NO_BRANCH,
    "group": gettext_noop("There is no group of goods %(code)s: write one like QN-02."),
    "unit": gettext_noop("There is no organisation unit %(code)s: check the code."),
    "province": gettext_noop("No province has code %(code)s today: the codes are two digits, such as 01."),
    "grade": gettext_noop("There is no such grade: they go from 1 to 5."),
    "purpose": gettext_noop("There is no reserve purpose %(code)s: choose one from the list."),
}
MOST_DAYS_LEFT: Final = 36_500  # a hundred years: nothing keeps longer, and the calendar does not end before


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """Which stock is asked about, by business codes; None, or nothing in it, leaves a dimension open.

    `group` is an item group within its branch ("QN-02"), `unit` an organisation unit with everything below it,
    `province` a GSO code as provinces are now. `text` keeps the items that have all its words in code, names, older
    names, specification, NSN, GTIN or the branch program's code, marks and case not minded. `depots` and `items` name
    several at once. `min_days_left` leaves out piles with fewer days of use left (0: usable today still); what never
    expires always counts. `max_days_left` leaves out piles with more, and what never expires. Whatever is named narrows
    the question further.
    """

    item: str | None = None
    supply_class: str | None = None
    group: str | None = None
    depot: str | None = None
    unit: str | None = None
    province: str | None = None
    grade: int | None = None
    purpose: str | None = None
    min_days_left: int | None = None
    max_days_left: int | None = None
    text: str = ""
    items: tuple[str, ...] = ()
    depots: tuple[str, ...] = ()


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
    question: Question,
    *,
    by: User,
    on: date,
    now_on: date | None = None,
    after: tuple[str, str] | None = None,
    limit: int = 100,
) -> dict[str, Any]:
    """Return the parameters that the statements share, scope applied: only depots `by` may read.

    An exercise depot is looked into only when it is the depot asked for: nothing it holds counts beside real stock.
    `on` is the day whose expiry counts, `now_on` today where that is another day.

    Raises:
        NotFound: a depot named is none the asker may know of.
        Invalid: other codes name nothing, or a number is out of range; all of them are listed.
    """
    today = now_on or on
    codes = {
        "item": question.item,
        "class": question.supply_class,
        "group": question.group,
        "unit": question.unit,
        "province": question.province,
        "grade": question.grade,
        "purpose": question.purpose,
        "items": list(question.items) or None,
    }
    faults = []
    if question.grade is not None and not 0 <= question.grade < 2**15:
        faults.append(Fault("/query/grade", "unknown-code", _("There is no such grade: they go from 1 to 5.")))
        codes["grade"] = None
    for name in ("min_days_left", "max_days_left"):
        days = getattr(question, name)
        if days is not None and not 0 <= days <= MOST_DAYS_LEFT:
            text = _("The days left are a whole number from 0 to %(most)s.") % {"most": MOST_DAYS_LEFT}
            faults.append(Fault(f"/query/{name}", "out-of-range", text))
    if any(value is not None for value in codes.values()):
        for name, code in sql.rows("availability/unknown_codes", codes | {"today": today}):
            text = _(_UNKNOWN[name]) % {"code": f"“{code[:40]}”"}
            faults.append(Fault(f"/query/{name}", "unknown-code", text))
    if faults:
        raise Invalid(faults)

    least, most = question.min_days_left, question.max_days_left
    after_item, after_depot = after or ("", "")
    return (
        codes
        | words_of(question.text)
        | {
            "depots": _depots(question, by=by, today=today),
            "last_day": None if least is None else on + timedelta(days=least),
            "until_day": None if most is None else on + timedelta(days=most),
            "today": on,
            "after_item": after_item,
            "after_depot": after_depot,
            "page_size": limit + 1,  # one more than shown tells whether another page follows
        }
    )


def words_of(text: str) -> dict[str, Any]:
    """Return the parameters by which a statement finds items: `words`, LIKE patterns of all, and `longest` of them.

    Both are None for a text without a word. An index on trigrams helps with one pattern at a time, and the longest word
    is the one that fewest items have.
    """
    words = sorted(set(fold(text).split()), key=lambda word: (-len(word), word))[:MOST_WORDS]
    patterns = [f"%{_literally(word)}%" for word in words]
    return {"words": patterns or None, "longest": patterns[0] if patterns else None}


def _literally(word: str) -> str:
    """Return a word as LIKE matches it literally."""
    return word.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")


def _depots(question: Question, *, by: User, today: date) -> list[int]:
    """Return the keys of the depots a question is about. Raises NotFound for one named that `by` may not read."""
    named = set(question.depots)
    if question.depot:
        depots = [access.depot_for_reading(by, question.depot).id]
    else:
        depots = access.scope(by, only_counted=True)
    if question.unit is None and question.province is None and not named:
        return depots
    limits = {"unit": question.unit, "province": question.province, "today": today, "depots": depots}
    found = sql.rows("availability/depots_asked", limits | {"codes": sorted(named) or None})
    # One that is merely left out by the rest of the question is no secret; one out of scope is said not to exist.
    for code in sorted(named - {code for _depot, code in found}):
        access.depot_for_reading(by, code)
    return [depot for depot, _code in found]
