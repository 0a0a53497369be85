"""What of a sheet holds: which count stands for each line, what the books said of that moment, and what is settled.

Lines, counts, recounts and decisions are only ever added (`models.py`); everything here is reckoned from them and from
the logbook, in four statements for a whole sheet.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, Literal
from uuid import UUID

from inventory.ledger.reading import books_at
from inventory.stocktakes.models import Count, Decision, Status, Stocktake
from logistics import sql

NOTHING: Final = Decimal(0)
State = Literal["uncounted", "same", "differs"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One count as it was told, of whatever round. `by` is a login."""

    key: UUID
    round: int
    quantity: Decimal
    adds: bool
    counted_at: datetime
    received_at: datetime
    by: str
    measured: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What holds of a line's round: the sum of `parts` counts, the last of them made at `counted_at`.

    `is_disputed`: somebody else counted otherwise in this round, and was replaced.
    """

    quantity: Decimal
    counted_at: datetime
    first_at: datetime
    parts: int
    by: tuple[str, ...]
    is_disputed: bool
    measured: dict[str, Any]


def held(counts: Sequence[Told], round_no: int) -> Held | None:
    """Return what holds of a line in a round, None where nothing was counted in it.

    The later count by its own moment replaces the earlier ones, unless it says that it adds to them.
    """
    mine = sorted((one for one in counts if one.round == round_no), key=lambda one: (one.counted_at, str(one.key)))
    if not mine:
        return None
    start = max((at for at, one in enumerate(mine) if not one.adds), default=0)
    parts = mine[start:]
    total = sum((one.quantity for one in parts), NOTHING)
    return Held(
        quantity=total,
        counted_at=parts[-1].counted_at,
        first_at=parts[0].counted_at,
        parts=len(parts),
        by=tuple(dict.fromkeys(one.by for one in parts)),
        is_disputed=any(_disagrees(mine[:start], who, parts) for who in {one.by for one in mine[:start]}),
        measured=parts[-1].measured,
    )


def _disagrees(replaced: Sequence[Told], who: str, parts: Sequence[Told]) -> bool:
    """Tell whether somebody who has no part in what holds counted another quantity before."""
    if any(one.by == who for one in parts):
        return False
    own = [one for one in replaced if one.by == who]
    start = max((at for at, one in enumerate(own) if not one.adds), default=0)
    return sum((one.quantity for one in own[start:]), NOTHING) != sum((one.quantity for one in parts), NOTHING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """The last decision about a line; it `holds` while the difference is the one it was made about."""

    action: str
    cause: str
    cause_name: str
    cause_name_en: str
    note: str
    by: str
    at: datetime
    holds: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LineStanding:
    """A line of a sheet as it stands. Quantities count base units; `lot_id` is None for a lot not known yet.

    `book` and `difference` are of the moment it was counted. `is_moving`: the books changed between the parts that
    were added up. `booked_book` and `booked_change` are what the posting wrote.
    """

    id: UUID
    number: int
    bin: str
    item: str
    name: str
    name_en: str
    specification: str
    gtin: str
    tracking: str
    fuel_group: str
    supply_class: str
    unit: str
    unit_name: str
    unit_name_en: str
    scale: int
    lot: str
    lot_id: int | None
    expires_date: date | None
    grade: int
    purpose: str
    is_expected: bool
    added_at: datetime
    holding_id: int | None
    round: int
    recount_reason: str
    recount_at: datetime | None
    counts: tuple[Told, ...]
    held: Held | None
    book_at_cut_off: Decimal
    book: Decimal | None
    is_moving: bool
    decision: Decided | None
    booked_book: Decimal | None
    booked_change: Decimal | None

    @property
    def difference(self) -> Decimal | None:
        """What was counted less what the books say of that moment; None where nothing was counted."""
        return None if self.held is None or self.book is None else self.held.quantity - self.book

    @property
    def state(self) -> State:
        """Whether the line was counted in its round, and whether it agrees with the books."""
        if self.difference is None:
            return "uncounted"
        return "differs" if self.difference else "same"

    @property
    def is_left_out(self) -> bool:
        """Tell whether a decision that holds leaves the line out."""
        return self.decision is not None and self.decision.holds and self.decision.action == Decision.Action.LEAVE_OUT

    @property
    def is_settled(self) -> bool:
        """Tell whether nothing is left to decide about the line."""
        return self.state == "same" or (self.decision is not None and self.decision.holds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A sheet as it stands at one moment of the log."""

    stocktake: Stocktake
    lines: tuple[LineStanding, ...]

    @property
    def counted(self) -> int:
        """How many lines were counted in their round."""
        return sum(line.held is not None for line in self.lines)

    @property
    def differing(self) -> list[LineStanding]:
        """The lines where books and count differ."""
        return [line for line in self.lines if line.state == "differs"]

    @property
    def uncounted(self) -> list[LineStanding]:
        """The lines nobody counted: never taken as nothing there."""
        return [line for line in self.lines if line.state == "uncounted"]

    @property
    def unsettled(self) -> list[LineStanding]:
        """The lines somebody still has to decide about."""
        return [line for line in self.lines if not line.is_settled]

    @property
    def booked(self) -> list[LineStanding]:
        """The lines that posting takes: counted, and not left out."""
        return [line for line in self.lines if line.held is not None and not line.is_left_out]


def of(stocktake: Stocktake) -> Standing:
    """Return the sheet of a stocktake as it stands; four statements, however long it is."""
    rows = sql.records("stocktakes/sheet", {"stocktake_id": stocktake.pk})
    counts: dict[UUID, list[Told]] = defaultdict(list)
    for one in Count.objects.filter(line__stocktake=stocktake).select_related("counted_by"):
        counts[one.line_id].append(
            Told(
                key=one.key,
                round=one.round,
                quantity=one.quantity,
                adds=one.adds,
                counted_at=one.counted_at,
                received_at=one.received_at,
                by=one.counted_by.login,
                measured=one.measured,
            )
        )
    holding = {row["id"]: held(counts[row["id"]], row["round"]) for row in rows}
    books = _books(stocktake, rows, holding)
    return Standing(
        stocktake=stocktake,
        lines=tuple(_line(stocktake, row, counts[row["id"]], holding[row["id"]], books) for row in rows),
    )


Books = dict[tuple[int, datetime], Decimal]


def _books(stocktake: Stocktake, rows: Sequence[dict[str, Any]], holding: dict[UUID, Held | None]) -> Books:
    """Return what the books say of every pile at the moments that matter for it; one statement."""
    asked = []
    for row in rows:
        if row["holding_id"] is not None:
            stands = holding[row["id"]]
            moments = {stocktake.cut_off_at, *((stands.counted_at, stands.first_at) if stands else ())}
            asked += [(row["holding_id"], moment) for moment in moments]
    if not asked:
        return {}
    return books_at([stocktake.depot_id] * len(asked), [one for one, _at in asked], [moment for _one, moment in asked])


def _line(
    stocktake: Stocktake, row: dict[str, Any], counts: Sequence[Told], stands: Held | None, books: Books
) -> LineStanding:
    pile = row["holding_id"]

    def book(moment: datetime) -> Decimal:
        return books.get((pile, moment), NOTHING)

    then = book(stands.counted_at) if stands else None
    difference = None if stands is None or then is None else stands.quantity - then
    decision = None
    if row["action"] is not None:
        is_over = stocktake.status in {Status.POSTED, Status.CANCELLED}
        decision = Decided(
            action=row["action"],
            cause=row["cause"],
            cause_name=row["cause_name"],
            cause_name_en=row["cause_name_en"],
            note=row["note"],
            by=row["decided_by"],
            at=row["decided_at"],
            # What is told later of the time before a count changes the books, not what was decided and posted.
            holds=is_over or row["decided_difference"] == difference,
        )
    names = (
        "id", "number", "bin", "item", "name", "name_en", "specification", "gtin", "tracking", "fuel_group",
        "supply_class", "unit", "unit_name", "unit_name_en", "scale", "lot", "lot_id", "expires_date", "grade",
        "purpose", "is_expected", "added_at", "holding_id", "round", "recount_reason", "recount_at",
        "booked_book", "booked_change",
    )  # fmt: skip
    return LineStanding(
        **{name: row[name] for name in names},
        counts=tuple(sorted(counts, key=lambda one: (one.counted_at, str(one.key)))),
        held=stands,
        book_at_cut_off=book(stocktake.cut_off_at),
        book=then,
        is_moving=stands is not None and stands.parts > 1 and book(stands.first_at) != then,
        decision=decision,
    )
