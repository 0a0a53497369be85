"""Writing what was planned: chained, each table once, in one round trip."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from inventory.ledger.chain import exact, instant, link
from inventory.ledger.drafts import Draft
from inventory.ledger.entries import Posted, PostedLine
from inventory.ledger.kinds import RULES
from inventory.ledger.known import Known, local_date
from inventory.ledger.models import Kind
from inventory.ledger.piles import Pile
from inventory.ledger.planning import OpenConsignment, Plan, Planned
from inventory.ledger.state import Head, State
from logistics import sql
from logistics.accounts.models import User

MANY: Final = 200  # movements in one call from which on stale statistics would cost more than taking new ones


def write(
    planned: Sequence[Planned],
    plan: Plan,
    known: Known,
    state: State,
    digests: Mapping[tuple[str, str], bytes],
    *,
    by: User,
    at: datetime,
) -> list[Posted]:
    """Append what was planned to the locked logs and return it, numbered and chained.

    Voucher numbers continue each depot's series of the year the movement is dated in.
    """
    given: dict[tuple[int, str, int], int] = {}
    made = [
        _chained(
            one,
            head := state.heads[known.depots[one.draft.depot].id],
            _number(one.draft, head, state, given),
            state,
            digests[one.draft.depot, one.draft.key],
            by=by,
            at=at,
        )
        for one in planned
    ]
    sql.together(_statements(list(zip(made, planned, strict=True)), plan, known, state, given, by=by))
    return made


def _statements(
    made: Sequence[tuple[Posted, Planned]],
    plan: Plan,
    known: Known,
    state: State,
    given: Mapping[tuple[int, str, int], int],
    *,
    by: User,
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the statements that write the movements, each made while the server works on the one before."""
    yield "ledger/fold_piles", {"piles": json.dumps([_pile_row(pile) for pile in plan.piles.touched()])}
    movements = [_movement_row(posted, known, state) for posted, _ in made]
    yield "ledger/append_movements", {"movements": json.dumps(movements), "by": by.pk, "actor": by.login}
    if len(movements) >= MANY:
        yield "ledger/refresh_statistics", {}
    lines = [
        _line_row(posted, line, pile, occurred_at)
        for posted, one in made
        for occurred_at in [instant(posted.occurred_at)]
        for line, pile in zip(one.lines, one.piles, strict=True)
    ]
    yield "ledger/append_lines", {"lines": json.dumps(lines)}
    heads = [_head_row(head) for head in state.heads.values() if head.recorded_at]
    yield "ledger/move_heads", {"heads": json.dumps(heads)}
    series = [
        {"depot_id": depot_id, "series": letters, "year": year, "last_number": number}
        for (depot_id, letters, year), number in given.items()
    ]
    if series:
        yield "ledger/advance_series", {"series": json.dumps(series)}
    consignments = [row for posted, one in made for row in _consignment_rows(posted, one, known)]
    if consignments:
        yield "ledger/add_consignments", {"consignments": json.dumps(consignments)}
    moves = [_move_row(line) for found in state.consignments.values() for line in found if _has_moved(line)]
    if moves:
        yield "ledger/move_consignments", {"moves": json.dumps(moves)}


def _chained(
    one: Planned, head: Head, number: str, state: State, request_digest: bytes, *, by: User, at: datetime
) -> Posted:
    """Return the movement that follows the head, and bring the head to it."""
    draft = one.draft
    head.position += 1
    head.recorded_at = max(at, head.recorded_at) if head.recorded_at else at  # the clock may step back, a log may not
    posted = Posted(
        depot=draft.depot,
        position=head.position,
        kind=draft.kind.value,
        number=number,
        occurred_at=draft.occurred_at,
        recorded_at=head.recorded_at,
        actor=by.login,
        key=draft.key,
        counterparty=draft.counterparty,
        order_number=draft.order_number,
        order_date=draft.order_date,
        reason=draft.reason,
        to_depot=draft.to_depot,
        consignment=draft.consignment or _reversed_consignment(draft, state),
        reverses=draft.reverses,
        lines=tuple(one.lines),
        previous_hash=head.hash,
        hash=b"",
        request_digest=request_digest,
    )
    head.hash = link(head.hash, posted)
    return replace(posted, hash=head.hash)


def _number(draft: Draft, head: Head, state: State, given: dict[tuple[int, str, int], int]) -> str:
    """Return the paper's number: letters, depot, year, five digits; a reversal bears its original's number and Đ1.

    `given` remembers the last number of each series that was drawn from.
    """
    if draft.kind == Kind.REVERSAL and draft.reverses is not None:
        return f"{state.originals[draft.depot, draft.reverses].posted.number}-Đ1"
    year = local_date(draft.occurred_at).year
    series = (head.depot_id, RULES[draft.kind].series, year)
    given[series] = given.get(series, state.series.get(series, 0)) + 1
    return f"{series[1]}-{draft.depot}-{year}-{given[series]:05d}"


def _reversed_consignment(draft: Draft, state: State) -> str:
    """Return the consignment a reversal takes back from or gives back to, if its original touched one."""
    if draft.reverses is None:
        return ""
    original = state.originals[draft.depot, draft.reverses].posted
    touches = any(line.consignment_line is not None for line in original.lines)
    return (original.consignment or original.name) if touches else ""


def _movement_row(posted: Posted, known: Known, state: State) -> dict[str, Any]:
    road = state.consignments.get(posted.consignment)
    return {
        "depot_id": known.depots[posted.depot].id,
        "position": posted.position,
        "kind": posted.kind,
        "number": posted.number,
        "occurred_at": instant(posted.occurred_at),
        "recorded_at": instant(posted.recorded_at),
        "counterparty": posted.counterparty,
        "order_number": posted.order_number,
        "order_date": posted.order_date.isoformat() if posted.order_date else None,
        "reason": posted.reason,
        "to_depot_id": known.depots[posted.to_depot].id if posted.to_depot else None,
        "consignment_depot_id": road[0].depot_id if road else None,
        "consignment_position": road[0].position if road else None,
        "reverses": posted.reverses,
        "key": posted.key,
        "request_digest": posted.request_digest.hex(),
        "previous_hash": posted.previous_hash.hex(),
        "hash": posted.hash.hex(),
    }


def _line_row(posted: Posted, line: PostedLine, pile: Pile, occurred_at: str) -> dict[str, Any]:
    """Return a line's row; what most lines leave blank is left out and filled in by append_lines.sql."""
    depot_id, item_id, lot_id, bin_id, grade, purpose = pile.key
    row: dict[str, Any] = {
        "depot_id": depot_id,
        "position": posted.position,
        "line_no": line.line_no,
        "entry_no": line.entry_no,
        "bin_id": bin_id,
        "item_id": item_id,
        "lot_id": lot_id,
        "grade": grade,
        "purpose": purpose,
        "occurred_at": occurred_at,
        "change": str(line.change),
        "on_hand_after": str(line.on_hand_after),
        "entered_quantity": str(line.entered_quantity),
        "entered_unit": line.entered_unit,
    }
    if line.consignment_line is not None:
        row |= {"transit_change": str(line.transit_change), "consignment_line": line.consignment_line}
    if line.unit_price is not None:
        row["unit_price"] = str(line.unit_price)
    if line.scheduled_quantity is not None:
        row["scheduled_quantity"] = str(line.scheduled_quantity)
    if line.expires_date is not None:
        row["expires_date"] = line.expires_date.isoformat()
    if line.reason:
        row["reason"] = line.reason
    return row


def _consignment_rows(posted: Posted, one: Planned, known: Known) -> list[dict[str, Any]]:
    return [
        {
            "depot_id": known.depots[posted.depot].id,
            "position": posted.position,
            "line_no": number,
            "to_depot_id": known.depots[one.draft.to_depot].id,
            "item_id": pile.key[1],
            "lot_id": pile.key[2],
            "grade": pile.key[4],
            "purpose": pile.key[5],
            "sent_at": instant(one.draft.occurred_at),
            "sent": exact(sent),
        }
        for number, (pile, sent) in enumerate(one.sent, start=1)
    ]


def _pile_row(pile: Pile) -> dict[str, Any]:
    depot_id, item_id, lot_id, bin_id, grade, purpose = pile.key
    assert pile.latest_at is not None, "a touched pile has been touched at some time"
    return {
        "depot_id": depot_id,
        "item_id": item_id,
        "lot_id": lot_id,
        "bin_id": bin_id,
        "grade": grade,
        "purpose": purpose,
        "change": exact(pile.change),
        "occurred_at": instant(pile.latest_at),
    }


def _head_row(head: Head) -> dict[str, Any]:
    assert head.recorded_at is not None, "a head that moved was recorded"
    return {
        "depot_id": head.depot_id,
        "position": head.position,
        "hash": head.hash.hex(),
        "recorded_at": instant(head.recorded_at),
    }


def _has_moved(line: OpenConsignment) -> bool:
    return bool(line.sent_change or line.received_change or line.settled_change)


def _move_row(line: OpenConsignment) -> dict[str, Any]:
    return {
        "depot_id": line.depot_id,
        "position": line.position,
        "line_no": line.line_no,
        "sent": exact(line.sent_change),
        "received": exact(line.received_change),
        "settled": exact(line.settled_change),
    }
