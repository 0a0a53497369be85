"""From counts to the movement: counting ended, lines counted anew, differences decided on, the stocktake finalised.

Every verb locks the stocktake's row first; `finalise` then locks the logbook by posting, as everything does.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from depots import access
from inventory.ledger.drafts import Draft, DraftLine, Observed
from inventory.ledger.models import Kind
from inventory.ledger.planned import Planned
from inventory.ledger.planning import Plan
from inventory.ledger.posting import post
from inventory.ledger.refusals import PeriodClosed
from inventory.stocktakes import prices, standing
from inventory.stocktakes.models import Cause, Count, Decision, Outcome, Recount, Status, Stocktake
from inventory.stocktakes.planning import (
    StocktakeMoved,
    keep,
    keepers_place,
    locked,
    refuse_unless,
    said,
)
from inventory.stocktakes.standing import NOTHING, LineStanding, Standing
from inventory.vouchers import branches
from inventory.vouchers.standing import SelfApproval
from logistics import history
from logistics.accounts.models import User
from logistics.asking import midnight
from logistics.errors import Fault, Invalid
from logistics.fields import format_date

MOST_NAMED: Final = 50  # lines in one refusal
_MOST_NOTE: Final = 200
_MOST_LINE_REASON: Final = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """What is to be done about a line: `action` is book or leave_out, `cause` a code of the site's list."""

    line: UUID
    action: str
    cause: str
    note: str = ""


@transaction.atomic
def end_counting(
    stocktake_id: UUID, *, version: int | None = None, by: User, at: datetime, source: history.Source
) -> Stocktake:
    """End the counting, so that differences are looked at, and return the stocktake; again it does nothing.

    Raises: NotFound, Forbidden; StocktakeMoved where it is not being counted, or was changed since `version`.
    """
    one = locked(stocktake_id, by)
    keepers_place(by, one.depot.code)
    if one.status == Status.REVIEWING:
        return one
    refuse_unless(one, {Status.COUNTING}, version, _("Only a counting that runs is ended."))
    one.status, one.review_by, one.review_at = Status.REVIEWING, by, at
    keep(one, _("Counting ended"), by=by, source=source)
    return one


@transaction.atomic
def ask_recount(
    stocktake_id: UUID, *, lines: Sequence[UUID], reason: str = "", by: User, at: datetime, source: history.Source
) -> Stocktake:
    """Have lines counted anew: their earlier counts stay to be read and hold no longer. Return the stocktake, counting.

    Raises, with nothing written: NotFound, Forbidden; StocktakeMoved where it is not running; Invalid where a line
    is none of the sheet's, or none is named.
    """
    one = locked(stocktake_id, by)
    keepers_place(by, one.depot.code)
    refuse_unless(one, {Status.COUNTING, Status.REVIEWING}, None, _("Only what is being counted is counted anew."))
    if len(reason.strip()) > _MOST_LINE_REASON:
        said(reason, "/reason", most=_MOST_LINE_REASON)
    chosen = _chosen(one, lines)
    Recount.objects.bulk_create(
        [Recount(line_id=line.id, round=line.round + 1, reason=reason.strip(), asked_by=by, asked_at=at)
         for line in chosen]
    )  # fmt: skip
    one.status, one.review_by, one.review_at = Status.COUNTING, None, None
    numbers = ", ".join(str(line.number) for line in chosen[:20])
    keep(one, _("Recount of line %(numbers)s") % {"numbers": numbers}, by=by, source=source)
    return one


def _chosen(one: Stocktake, lines: Iterable[UUID]) -> list[LineStanding]:
    wanted = set(lines)
    found = [line for line in standing.of(one).lines if line.id in wanted]
    if not wanted:
        raise Invalid([Fault("/lines", "required", _("No line was chosen: tick those to be counted anew."))])
    if len(found) != len(wanted):
        raise Invalid([Fault("/lines", "unknown-line", _("Choose lines of this sheet."))])
    return found


@transaction.atomic
def decide(
    stocktake_id: UUID, rulings: Sequence[Ruling], *, by: User, at: datetime, source: history.Source
) -> Standing:
    """Keep what is decided about lines, the last decision of a line holding; return the sheet as it stands then.

    A decision is about the difference of this moment: it lapses when the count or the books change.

    Raises, with nothing written: NotFound, Forbidden; StocktakeMoved where it is not being reviewed; Invalid where a
    line has nothing to book, or the cause does not fit; every fault is listed.
    """
    one = locked(stocktake_id, by)
    keepers_place(by, one.depot.code)
    refuse_unless(one, {Status.REVIEWING}, None, _("Differences are decided on when the counting has ended."))
    lines = {line.id: line for line in standing.of(one).lines}
    causes = Cause.objects.in_bulk([ruling.cause for ruling in rulings])
    faults, made = [], []
    for index, ruling in enumerate(rulings):
        line = lines.get(ruling.line)
        found = _ruling_faults(ruling, line, causes.get(ruling.cause), f"/lines/{index}")
        faults += found
        if line is not None and not found:
            made.append(
                Decision(
                    line_id=line.id,
                    action=ruling.action,
                    cause_id=ruling.cause,
                    note=ruling.note.strip(),
                    difference=line.difference,
                    decided_by=by,
                    decided_at=at,
                )
            )
    if not rulings:
        faults.append(
            Fault("/lines", "nothing-decided", _("Nothing was decided: choose a cause in at least one line."))
        )
    if faults:
        raise Invalid(faults)
    Decision.objects.bulk_create(made)
    return standing.of(one)


def _ruling_faults(ruling: Ruling, line: LineStanding | None, cause: Cause | None, here: str) -> list[Fault]:
    if line is None:
        return [Fault(here, "unknown-line", _("Choose lines of this sheet."))]
    names = {"number": line.number, "item": line.name}
    if ruling.action not in Decision.Action.values:
        return [Fault(f"{here}/action", "one-of", _("Line %(number)s: book the difference or leave it out.") % names)]
    faults = []
    if ruling.action == Decision.Action.BOOK and line.state != "differs":
        text = (
            _("Line %(number)s: nobody counted it, so there is nothing to book: have it counted, or leave it out.")
            if line.state == "uncounted"
            else _("Line %(number)s: books and count agree, so nothing is to be booked.")
        )
        faults.append(Fault(f"{here}/action", "nothing-to-book", text % names))
    if cause is None or not cause.is_active or not _fits(cause, ruling, line):
        text = _("Line %(number)s: choose a cause that explains it from the list.")
        faults.append(Fault(f"{here}/cause", "cause", text % names))
    if len(ruling.note.strip()) > _MOST_NOTE:
        text = _("At most %(max_length)s characters.") % {"max_length": _MOST_NOTE}
        faults.append(Fault(f"{here}/note", "too-long", text))
    return faults


def _fits(cause: Cause, ruling: Ruling, line: LineStanding) -> bool:
    if ruling.action == Decision.Action.LEAVE_OUT:
        return cause.use == Cause.Use.LEFT_OUT
    side = Cause.Use.SURPLUS if (line.difference or NOTHING) > 0 else Cause.Use.SHORTAGE
    return cause.use in {Cause.Use.BOTH, side}


# --- The end ------------------------------------------------------------------------------------------------------


@transaction.atomic
def finalise(
    stocktake_id: UUID, *, version: int | None = None, by: User, at: datetime, source: history.Source
) -> Stocktake:
    """Post what was counted as one stocktake's movement and return the stocktake; finalising it again is harmless.

    Nothing else than what was decided is posted: the differences are compared again under the logbook's lock.

    Raises, with nothing written:
        NotFound, Forbidden: it is not in scope, or they approve nothing there, or not goods of a branch.
        SelfApproval: they planned it, opened it or counted.
        StocktakeMoved: it is not being reviewed, changed since `version`, or the books changed meanwhile.
        Invalid: lines are not decided on, nothing was counted; or what the ledger refuses.
        Conflict: a newer count holds, a period is closed, or less is left than the shortage takes.
    """
    one = locked(stocktake_id, by)
    place = access.depot_for_approving(by, one.depot.code)
    if one.status == Status.POSTED:
        return one
    refuse_own(one, by)
    refuse_unless(one, {Status.REVIEWING}, version, _("Differences are decided on when the counting has ended."))
    sheet = standing.of(one)
    _refuse_unsettled(sheet)
    booked = sheet.booked
    branches.refuse(branches.outside(place.supply_classes, [(f"/lines/{x.number - 1}/item", x.item) for x in booked]))

    def as_decided(_plan: Plan, planned: Sequence[Planned]) -> None:
        changes = {line.entry_no: line.change for line in planned[0].lines}
        moved = [x.number for index, x in enumerate(booked, start=1) if changes[index] != x.difference]
        if moved:
            text = _("The books changed while you were looking: look at line %(numbers)s again.")
            raise StocktakeMoved(text % {"numbers": ", ".join(str(number) for number in moved[:MOST_NAMED])})

    try:
        (posted,) = post([draft(one, booked)], by=by, at=at, review=as_decided)
    except PeriodClosed as error:
        raise _closed(error, one.depot.code, booked) from error
    one.status, one.finalised_by, one.finalised_at = Status.POSTED, by, at
    one.position, one.number = posted.position, posted.number
    Outcome.objects.bulk_create(_outcomes(one, sheet))
    keep(one, _("Posted as %(number)s") % {"number": posted.number}, by=by, source=source)
    return one


def _closed(error: PeriodClosed, depot: str, booked: Sequence[LineStanding]) -> PeriodClosed:
    """Return the refusal of a closed month with the lines that were counted in it, and what is left to be done."""
    opened = date.fromisoformat(str(error.members["open_from"]))
    numbers = [str(x.number) for x in booked if x.held is not None and x.held.counted_at < midnight(opened)]
    text = _(
        "Depot %(depot)s has closed its books before %(day)s: have line %(numbers)s counted anew, or leave it out."
    )
    names = {"depot": depot, "day": format_date(opened), "numbers": ", ".join(numbers[:MOST_NAMED])}
    return PeriodClosed(text % names, **error.members)


def refuse_own(one: Stocktake, by: User) -> None:
    """Raise SelfApproval where a person had a hand in a stocktake that they would finalise."""
    # Who changed the plan planned it too; the histories tell, the row names only who planned it first.
    planned = one.history.filter(history_user=by, status=Status.PLANNED).exists()
    if planned or by.pk in {one.planned_by_id, one.opened_by_id}:
        raise SelfApproval(_("You planned or opened this stocktake yourself; somebody else has to finalise it."))
    if Count.objects.filter(line__stocktake=one, counted_by=by).exists():
        raise SelfApproval(_("You counted for this stocktake yourself; somebody else has to finalise it."))


def _refuse_unsettled(sheet: Standing) -> None:
    faults = []
    for line in sheet.unsettled[:MOST_NAMED]:
        text = (
            _("Line %(number)s: %(item)s was not counted. Have it counted, or leave it out and say why.")
            if line.state == "uncounted"
            else _("Line %(number)s: %(item)s differs from the books. Decide on it, or have it counted anew.")
        )
        names = {"number": line.number, "item": f"{line.name} {line.lot}".rstrip()}
        faults.append(Fault(f"/lines/{line.number - 1}", "not-decided", text % names))
    if not faults and not sheet.booked:
        text = _("Nothing that was counted is left to be posted: cancel the stocktake instead.")
        faults.append(Fault("/lines", "nothing-counted", text))
    if faults:
        raise Invalid(faults)


def draft(one: Stocktake, booked: Sequence[LineStanding]) -> Draft:
    """Return what the ledger is asked to post of the lines that are booked, each dated when it was counted."""
    return Draft(
        depot=one.depot.code,
        kind=Kind.STOCKTAKE,
        occurred_at=max(line.held.counted_at for line in booked if line.held is not None),
        key=str(one.pk),
        order_number=one.basis,
        reason=one.reason,
        lines=[_draft_line(line) for line in booked],
    )


def _draft_line(line: LineStanding) -> DraftLine:
    assert line.held is not None, "what is booked was counted"
    why = ""
    if line.decision is not None and line.state == "differs":
        # The log keeps one language, as its vouchers do.
        why = f"{line.decision.cause_name}: {line.decision.note}".removesuffix(": ")[:_MOST_LINE_REASON]
    # Of a liquid fuel the ledger is told what was read, and reckons itself what the count says: litres at 15 °C.
    measured = line.held.measured if line.held.parts == 1 else {}
    observed = None
    if {"litres", "temperature", "density"} <= measured.keys():
        observed = Observed(temperature=Decimal(measured["temperature"]), density=Decimal(measured["density"]))
    return DraftLine(
        item=line.item,
        quantity=line.held.quantity if observed is None else Decimal(measured["litres"]),
        fuel=observed,
        lot=line.lot or None,
        expires_date=line.expires_date,
        bin=line.bin,
        grade=line.grade,
        purpose=line.purpose,
        reason=why,
        counted_at=line.held.counted_at,
    )


def _outcomes(one: Stocktake, sheet: Standing) -> list[Outcome]:
    known = prices.of(one)
    found: dict[str, Outcome] = {}
    values: dict[str, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for line in sheet.lines:
        mine = found.setdefault(
            line.supply_class,
            Outcome(
                stocktake=one, supply_class_id=line.supply_class,
                lines=0, same=0, surplus=0, shortage=0, left_out=0, priced=0,
            ),
        )  # fmt: skip
        if line.held is None or line.is_left_out or line.book is None or line.difference is None:
            mine.left_out += 1
            continue
        mine.lines += 1
        side = "same" if not line.difference else "surplus" if line.difference > 0 else "shortage"
        setattr(mine, side, getattr(mine, side) + 1)
        price = known.of(line)
        if price is not None:
            mine.priced += 1
            values[line.supply_class]["book"] += line.book * price
            values[line.supply_class][side] += abs(line.difference) * price
    for code, mine in found.items():
        mine.book_value = round(values[code]["book"], 2)
        mine.surplus_value = round(values[code]["surplus"], 2)
        mine.shortage_value = round(values[code]["shortage"], 2)
    return list(found.values())
