"""Proving that the logbooks are whole and that stock is what they say. `verify` reads only.

Two kinds of proof: each log's chain, recomputed movement by movement from what is stored; and set-wise sums that
must agree: piles with their lines, consignments with what was sent and received, closings with the days before
them, the whole store with what came in and went out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from django.db import connection, transaction
from django.utils.translation import ngettext, pgettext

from depots.models import Depot
from inventory.ledger import fuel, reading
from inventory.ledger.chain import GENESIS
from inventory.ledger.models import DepotLog, Verification, WitnessedHead
from logistics import sql
from logistics.errors import NotFound


@dataclass(frozen=True, slots=True)
class Disagreement:
    """One thing that does not agree: which check found it, where (depot/position, pile, item) and what."""

    check: str
    where: str
    detail: str


@dataclass(slots=True)
class Report:
    """What was looked at and everything that disagrees; `is_sound` when nothing does."""

    depots: int = 0
    movements: int = 0
    lines: int = 0
    disagreements: list[Disagreement] = field(default_factory=list)

    @property
    def is_sound(self) -> bool:
        """Whether nothing disagrees."""
        return not self.disagreements


MOST_REMEMBERED: Final = 100  # disagreements of one run; the command prints them all

# Each statement answers (where, detail) rows for what disagrees, over one depot or (depot_id null) all.
SUMS: Final = {
    "piles": "ledger/verify_piles",
    "running balances": "ledger/verify_running",
    "no moment below zero": "ledger/verify_moments",
    "allocations": "ledger/verify_allocations",
    "consignments": "ledger/verify_consignments",
    "conservation": "ledger/verify_conservation",
    "closings": "ledger/verify_closings",
    "exercises apart": "ledger/verify_exercises",
    "counts hold": "ledger/verify_counts",
    "fuel": "ledger/verify_fuel",
}


def verify(depot: str | None = None) -> Report:
    """Recompute one depot's log, or all, and compare everything that follows from it; return what disagrees.

    Runs in one REPEATABLE READ snapshot unless a transaction is already open, so posting goes on meanwhile.
    Memory does not grow with the log.

    Raises:
        NotFound: there is no such depot.
    """
    is_outermost = not connection.in_atomic_block
    with transaction.atomic():
        if is_outermost:
            _freeze()
        depots = Depot.objects.order_by("code")
        if depot is not None:
            depots = depots.filter(code=depot)
            if not depots.exists():
                raise NotFound(f"There is no depot {depot}.")
        report = Report()
        for one in depots:
            report.depots += 1
            report.disagreements += _chain(one, report)
        scope = {"depot_id": depots.get().pk if depot is not None else None}
        for check, statement in SUMS.items():
            report.disagreements += [Disagreement(check, *row) for row in sql.rows(statement, scope)]
    return report


def remember(report: Report, *, depot: str | None, began_at: datetime) -> Verification:
    """Write down what a run found, for pages that must not wait for one; return the row. One query, or two."""
    return Verification.objects.create(
        depot=None if depot is None else Depot.objects.get(code=depot),
        verified_at=began_at,
        movements=report.movements,
        lines=report.lines,
        disagreements=len(report.disagreements),
        found=[[one.check, one.where, one.detail] for one in report.disagreements[:MOST_REMEMBERED]],
    )


def _freeze() -> None:
    """Let the open transaction see one snapshot; it must not have read anything yet."""
    with connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")


def _chain(depot: Depot, report: Report) -> Iterator[Disagreement]:
    """Yield every break of one depot's chain: gaps, links, contents, times, head, heads that left the machine."""
    witnessed: dict[int, list[tuple[bytes, str]]] = defaultdict(list)
    for head in WitnessedHead.objects.filter(depot=depot):
        witnessed[head.position].append((bytes(head.hash), head.witness))
    position, last, recorded_at = 0, GENESIS, None
    for posted in reading.movements(depot.pk):
        report.movements += 1
        report.lines += len(posted.lines)
        where = posted.name
        if posted.position != position + 1:
            yield Disagreement("chain", where, f"Follows position {position}: {_gap(position, posted.position)}.")
        if posted.previous_hash != last:
            yield Disagreement(
                "chain", where, f"Names {_hex(posted.previous_hash)} before it, but that is {_hex(last)}."
            )
        if (computed := posted.rehash()) != posted.hash:
            yield Disagreement(
                "chain", where, f"Was altered: content gives {_hex(computed)}, stored {_hex(posted.hash)}."
            )
        for line in posted.lines:
            if line.fuel is not None and (what := fuel.misread(line)):
                yield Disagreement("fuel", where, what)
        if recorded_at is not None and posted.recorded_at < recorded_at:
            yield Disagreement("chain", where, f"Recorded at {posted.recorded_at}, before the one before it.")
        for took, witness in witnessed.pop(posted.position, ()):
            if took != posted.hash:
                yield Disagreement("chain", where, f"{witness} took away {_hex(took)} for it; now {_hex(posted.hash)}.")
        position, last, recorded_at = posted.position, posted.hash, posted.recorded_at
    yield from _head(depot, position, last)
    for missing, takers in sorted(witnessed.items()):
        witness = ", ".join(witness for _, witness in takers)
        yield Disagreement("chain", f"{depot.code}/{missing}", f"{witness} took its hash away, but it is not there.")


def _head(depot: Depot, position: int, last: bytes) -> Iterator[Disagreement]:
    head = DepotLog.objects.filter(depot=depot).first()
    if head is None:
        if position:
            yield Disagreement("chain", f"{depot.code}/{position}", "The log has movements but no head.")
    elif (head.position, bytes(head.hash)) != (position, last):
        yield Disagreement(
            "chain",
            f"{depot.code}/{head.position}",
            f"The head names position {head.position} ({_hex(bytes(head.hash))}), the log ends at {position} "
            f"({_hex(last)}).",
        )


def _gap(before: int, after: int) -> str:
    if after <= before:
        return "positions do not follow each other"
    missing = range(before + 1, after)
    return f"{len(missing)} missing, from {missing[0]} to {missing[-1]}"


def _hex(value: bytes) -> str:
    return value.hex()[:16]


def totals(*, of_exercises: bool = False) -> list[dict[str, Any]]:
    """Return per item what the whole store holds, has on the road, and took in and gave out ever: conservation.

    `of_exercises`: the same of all exercise depots together, which no other total includes.
    """
    return sql.records("ledger/totals", {"is_exercise": of_exercises})


def describe(report: Report, *, at: datetime) -> str:
    """Return the report's one-line summary."""
    wrong = len(report.disagreements)
    counted = [
        ngettext("%(count)s depot", "%(count)s depots", report.depots) % {"count": report.depots},
        ngettext("%(count)s movement", "%(count)s movements", report.movements) % {"count": report.movements},
        ngettext("%(count)s line", "%(count)s lines", report.lines) % {"count": report.lines},
    ]
    state = ngettext("%(count)s disagreement", "%(count)s disagreements", wrong) % {"count": wrong}
    if report.is_sound:
        state = pgettext("logbook", "sound")
    return f"{at:%Y-%m-%d %H:%M}: {', '.join(counted)}: {state}"
