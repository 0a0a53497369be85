"""The one door by which stock changes: `post`.

Admin, import, bulk, replayed offline drafts and every screen end here. The order of things is the promise:
the depots' heads are locked in one fixed order, then everything drafts are weighed against is read, weighed in
memory, and written in sets: each balance once per call, the log in slices of many lines. A common movement takes three
statements: lock, read, write. Most of its cost is in going to and fro.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from depots.models import Depot
from inventory.ledger import drafts as asking
from inventory.ledger import fuel, reading
from inventory.ledger.drafts import Draft
from inventory.ledger.entries import Posted
from inventory.ledger.known import Known, local_date, unknown_codes
from inventory.ledger.mirroring import Original
from inventory.ledger.models import Kind
from inventory.ledger.planned import Planned
from inventory.ledger.planning import Plan
from inventory.ledger.refusals import InvalidMovement, KeyReused, PeriodClosed, closed_text
from inventory.ledger.state import Locked, State
from inventory.ledger.writing import write
from logistics.accounts.models import User
from logistics.errors import Fault

Review = Callable[[Plan, Sequence[Planned]], None]


@transaction.atomic
def post(drafts: Sequence[Draft], *, by: User, at: datetime, review: Review | None = None) -> list[Posted]:
    """Append all drafts to their depots' logs, or none; return the movements in the order asked for.

    Holds on return, whatever ran before or beside it:
      - positions in each log are 1, 2, 3 … with no gap, each movement chained to the one before;
      - every holding equals the sum of its changes over the whole log, and none was below zero at any moment;
      - Σ on hand + Σ in transit changed by exactly what came in and went out;
      - every stocktake still holds: what is told of the time before a count of its pile is offset at that count, by
        a movement of its own beside the one that was asked for.
    A draft posted before (same depot, key, content, actor) yields that movement again, marked `is_replay`, so
    callers may retry. `review` is shown what the new drafts come to before anything is written, and may refuse it.

    Raises, with nothing written:
        InvalidMovement: rules are broken that no stock would mend; every fault is listed.
        KeyReused: a key belongs to another movement of its depot.
        PeriodClosed, AlreadyReversed, ConsignmentMoved, CountHolds, SerialElsewhere: the log no longer allows it.
        InsufficientStock: piles hold less than is taken; every short line is listed.
        WouldGoNegative: a late entry would leave a past day below zero; the day is named.
    """
    drafts = [asking.composed(draft) for draft in drafts]
    if len(drafts) > 1 and any(draft.kind == Kind.STOCKTAKE for draft in drafts):
        raise ValueError("A stocktake is posted alone: its piles are compared with the log as it stands.")
    faults = [fault for draft in drafts for fault in asking.faults(draft, at=at)]
    originals = originals_of(drafts)
    locked = Locked.for_posting(drafts, originals)
    known = locked.known
    faults += [fault for draft in drafts for fault in unknown_codes(draft, known)]
    refuse_where_wrong(faults, known, drafts)
    _refuse_shared_keys(drafts, by)
    state = State.of(locked, drafts, originals, by=by, at=at, is_doomed=bool(faults))
    earlier = _earlier(drafts, state, by)
    new = {(draft.depot, draft.key): draft for draft in drafts if (draft.depot, draft.key) not in earlier}
    if new:
        if not faults:
            _refuse_closed(new.values(), known, state)
        plan = Plan(known, *state.for_plan(), faulty={fault.pointer.rsplit("/", 1)[0] for fault in faults})
        planned = [plan.plan(draft) for draft in new.values()]
        ordered = [movement for one in planned for movement in one.in_order()]
        fuel.weigh(plan, ordered)
        plan.refuse(faults)
        if review is not None:
            review(plan, planned)
        made = write(ordered, plan, known, state, by=by, at=at)
        earlier |= {(posted.depot, posted.key): posted for posted in made}
    seen: set[tuple[str, str]] = set()
    answer = []
    for draft in drafts:
        name = (draft.depot, draft.key)
        answer.append(replace(earlier[name], is_replay=True) if name in seen else earlier[name])
        seen.add(name)
    return answer


def refuse_where_wrong(faults: Sequence[Fault], known: Known, drafts: Sequence[Draft]) -> None:
    """Raise InvalidMovement at once where a draft has no log or no time to be weighed at."""
    if any(draft.depot not in known.depots or draft.occurred_at.tzinfo is None for draft in drafts):
        raise InvalidMovement(faults)


def _refuse_shared_keys(drafts: Sequence[Draft], by: User) -> None:
    """Raise KeyReused where one call asks for two things under one key."""
    first: dict[tuple[str, str], Draft] = {}
    for draft in drafts:
        other = first.setdefault((draft.depot, draft.key), draft)
        if other is not draft and asking.digest(other, actor=by.login) != asking.digest(draft, actor=by.login):
            raise _reused(draft, None)


def _earlier(drafts: Sequence[Draft], state: State, by: User) -> dict[tuple[str, str], Posted]:
    """Return the movements that already answer to the drafts' keys. Raises KeyReused where one is another movement."""
    positions: dict[int, list[int]] = defaultdict(list)
    asked = {(draft.depot, draft.key): draft for draft in drafts} if state.earlier else {}
    for depot_id, key, position, stored in state.earlier:
        draft = asked[state.heads[depot_id].depot, key]
        if stored != asking.digest(draft, actor=by.login):
            raise _reused(draft, f"{draft.depot}/{position}")
        positions[depot_id].append(position)
    return {
        (posted.depot, posted.key): replace(posted, is_replay=True)
        for depot_id, chosen in positions.items()
        for posted, _ in reading.at_positions(depot_id, chosen)
    }


def _refuse_closed(drafts: Iterable[Draft], known: Known, state: State) -> None:
    for refusal in closed(drafts, known, state):
        raise refusal


def closed(drafts: Iterable[Draft], known: Known, state: State) -> Iterator[PeriodClosed]:
    """Yield a refusal for every draft that is dated, or a pile of it counted, in a month its depot has closed."""
    for draft in drafts:
        until = state.heads[known.depots[draft.depot].id].closed_until
        earliest = min([draft.occurred_at, *(line.counted_at for line in draft.lines if line.counted_at)])
        if until is not None and earliest < until:
            yield PeriodClosed(
                closed_text(draft.depot, local_date(until)),
                open_from=local_date(until).isoformat(),
                pointer=f"{draft.pointer}/occurred_at",
            )


def _reused(draft: Draft, other: str | None) -> KeyReused:
    """Return the refusal of a key that names `other` (None: another movement of the same call) already."""
    text = (
        _("Key %(key)s already names %(movement)s, which differs. Use a new key for a new movement.")
        if other
        else _("Key %(key)s names two movements of this call that differ. Use a new key for a new movement.")
    )
    detail = text % {"key": draft.key, "movement": other}
    return KeyReused([Fault(f"{draft.pointer}/key", "key-reused", detail)], detail)


def originals_of(drafts: Sequence[Draft]) -> dict[tuple[str, int], Original]:
    """Return the movements to be reversed. They never change, so this needs no lock; `State` adds what may."""
    wanted: dict[str, list[int]] = defaultdict(list)
    for draft in drafts:
        if draft.reverses is not None and 0 < draft.reverses < reading.END:
            wanted[draft.depot].append(draft.reverses)
    if not wanted:
        return {}
    return {
        (depot, posted.position): Original(posted, keys, None)
        for depot, depot_id in Depot.objects.filter(code__in=wanted).values_list("code", "pk")
        for posted, keys in reading.at_positions(depot_id, wanted[depot])
    }
