"""Writing what was planned: chained, in sets, in one round trip (two where a pile is new)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from inventory.ledger.chain import exact, instant, link
from inventory.ledger.consigning import OpenConsignment
from inventory.ledger.drafts import Draft, digest
from inventory.ledger.entries import Posted, PostedLine
from inventory.ledger.kinds import RULES
from inventory.ledger.known import Known, local_date
from inventory.ledger.models import Kind
from inventory.ledger.piles import Pile
from inventory.ledger.planned import Planned
from inventory.ledger.planning import Plan
from inventory.ledger.state import Head, State
from logistics import sql
from logistics.accounts.models import User

SLICE: Final = 1_000  # lines written by one statement: the server writes one slice while the next is made


def write(
    planned: Sequence[Planned],
    plan: Plan,
    known: Known,
    state: State,
    *,
    by: User,
    at: datetime,
) -> list[Posted]:
    """Append what was planned to the locked logs and return it, numbered and chained.

    Voucher numbers continue each depot's series of the year the movement is dated in.
    """
    _open_piles(plan)
    made: list[Posted] = []
    slices = list(_sliced(planned))
    statements = _statements(made, planned, slices, plan, known=known, state=state, by=by, at=at)
    sql.together(statements if len(slices) > 1 else list(statements))
    return made


def _open_piles(plan: Plan) -> None:
    """Make the piles that are new, so that lines can name them all by their id."""
    new = {pile.key: pile for pile in plan.piles.touched() if pile.holding_id is None}
    if not new:
        return
    for *key, holding_id in sql.rows(
        "ledger/open_piles", {"piles": json.dumps([_new_row(one) for one in new.values()])}
    ):
        pile = new[tuple(key)]  # the six parts of a PileKey
        pile.holding_id = holding_id
        pile.is_touched = False  # it was made with the balance it ends on


def _statements(
    made: list[Posted],
    planned: Sequence[Planned],
    slices: Sequence[Sequence[Planned]],
    plan: Plan,
    *,
    known: Known,
    state: State,
    by: User,
    at: datetime,
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the statements that write what was planned, and fill `made` with it on the way."""
    if taken := _taken_rows(planned, known):
        yield "ledger/take", {"rows": json.dumps(taken), "by": by.pk, "at": at}
    given: dict[tuple[int, str, int], int] = {}
    positions: dict[int, int] = {}
    consignments: list[dict[str, Any]] = []
    for number, part in enumerate(slices, start=1):
        rows, lines = [], []
        for one in part:
            head = state.heads[known.depots[one.draft.depot].id]
            posted = _chained(one, head, _number(one.draft, head, state, given), state, by=by, at=at)
            made.append(posted)
            positions[id(one)] = posted.position
            row = _movement_row(posted, known, state)
            rows.append(row)
            place = (row["depot_id"], row["position"])
            lines += [(*place, _moment(line, row), line, pile) for line, pile in zip(one.lines, one.piles, strict=True)]
            consignments += _consignment_rows(posted, one, known)
        is_last = number == len(slices)
        heads = [_head_row(head) for head in state.heads.values() if head.recorded_at] if is_last else []
        yield (
            "ledger/append",
            {
                "movements": json.dumps(rows),
                **_line_columns(lines),
                "by": by.pk,
                "actor": by.login,
                "piles": json.dumps([_pile_row(pile) for pile in plan.piles.touched()] if is_last else []),
                "heads": json.dumps(heads),
                "series": json.dumps(_series_rows(given) if is_last else []),
            },
        )
        if number == 1 and not is_last:
            yield "ledger/refresh_statistics", {}
    if consignments:
        yield "ledger/add_consignments", {"consignments": json.dumps(consignments)}
    moves = [_move_row(line) for found in state.consignments.values() for line in found if _has_moved(line)]
    if moves:
        yield "ledger/move_consignments", {"moves": json.dumps(moves)}
    if plan.fuels is not None and (readings := _reading_rows(planned, positions, known)):
        yield "ledger/add_fuel_readings", {"readings": json.dumps(readings)}
    if offsets := _offset_rows(planned, positions, known):
        yield "ledger/add_count_offsets", {"offsets": json.dumps(offsets)}


def _moment(line: PostedLine, row: Mapping[str, Any]) -> str:
    """Return when a line is dated: like its movement, but a counted pile at its count."""
    return instant(line.counted_at) if line.counted_at else str(row["occurred_at"])


def _offset_rows(planned: Sequence[Planned], positions: Mapping[int, int], known: Known) -> list[dict[str, Any]]:
    return [
        {
            "depot_id": known.depots[offset.draft.depot].id,
            "position": positions[id(offset)],
            "count_position": offset.upholds,
            "late_position": positions[id(late)],
        }
        for late in planned
        for offset in (*late.before, *late.after)
    ]


def _reading_rows(planned: Sequence[Planned], positions: Mapping[int, int], known: Known) -> list[dict[str, Any]]:
    return [
        {
            "depot_id": known.depots[one.draft.depot].id,
            "position": positions[id(one)],
            "line_no": line.line_no,
            "holding_id": pile.holding_id,
            **line.fuel.members(),
        }
        for one in planned
        for line, pile in zip(one.lines, one.piles, strict=True)
        if line.fuel is not None
    ]


def _taken_rows(planned: Sequence[Planned], known: Known) -> list[dict[str, Any]]:
    """Return what was taken of which promise, each pile of a reference once."""
    taken: dict[tuple[int, str, int | None], Decimal] = {}
    for one in planned:
        if not one.draft.takes:
            continue
        for line, pile in zip(one.lines, one.piles, strict=True):
            name = (known.depots[one.draft.depot].id, one.draft.takes, pile.holding_id)
            taken[name] = taken.get(name, Decimal(0)) - line.change
    return [
        {"depot_id": depot_id, "reference": reference, "holding_id": holding_id, "quantity": exact(quantity)}
        for (depot_id, reference, holding_id), quantity in taken.items()
    ]


def _sliced(planned: Sequence[Planned]) -> Iterator[list[Planned]]:
    """Yield movements in order, in groups of about SLICE lines."""
    part: list[Planned] = []
    lines = 0
    for one in planned:
        part.append(one)
        lines += len(one.lines)
        if lines >= SLICE:
            yield part
            part, lines = [], 0
    if part:
        yield part


def _chained(one: Planned, head: Head, number: str, state: State, *, by: User, at: datetime) -> Posted:
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
        hash=b"",  # follows from all the rest
        request_digest=digest(draft, actor=by.login),
    )
    head.hash = posted.hash = link(head.hash, posted)
    return posted


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


def _line_columns(lines: Sequence[tuple[int, int, str, PostedLine, Pile]]) -> dict[str, str]:
    """Return the columns of lines (depot, position, moment, line, pile) as the array texts append.sql takes."""
    bare = [line for *_place, line, _pile in lines]
    return {
        "line_depot_ids": _array(str(depot_id) for depot_id, *_rest in lines),
        "line_positions": _array(str(position) for _depot_id, position, *_rest in lines),
        "line_nos": _array(str(line.line_no) for line in bare),
        "line_entry_nos": _array(str(line.entry_no) for line in bare),
        "line_holding_ids": _array(str(pile.holding_id) for *_line, pile in lines),
        "line_occurred_ats": _array(moment for _depot_id, _position, moment, *_rest in lines),
        "line_changes": _array(exact(line.change) for line in bare),
        "line_on_hand_afters": _array(exact(line.on_hand_after) for line in bare),
        "line_transit_changes": _array(exact(line.transit_change) for line in bare),
        "line_consignment_lines": _array(_or_null(line.consignment_line) for line in bare),
        "line_entered_quantities": _array(exact(line.entered_quantity) for line in bare),
        "line_entered_units": _array(_quoted(line.entered_unit) for line in bare),
        "line_unit_prices": _array(_or_null(line.unit_price) for line in bare),
        "line_scheduled_quantities": _array(_or_null(line.scheduled_quantity) for line in bare),
        "line_expires_dates": _array(_or_null(line.expires_date) for line in bare),
        "line_reasons": _array(_quoted(line.reason) for line in bare),
    }


def _array(elements: Iterable[str]) -> str:
    """Return PostgreSQL's text of an array (manual, section 8.15.2); the driver's own takes three times as long."""
    return f"{{{','.join(elements)}}}"


def _or_null(value: int | Decimal | date | None) -> str:
    return "NULL" if value is None else str(value)


def _quoted(text: str) -> str:
    """Return a text as an element of an array: quoted, so that no sign in it means anything."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"' if text else '""'


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


def _new_row(pile: Pile) -> dict[str, Any]:
    depot_id, item_id, lot_id, bin_id, grade, purpose = pile.key
    return _pile_row(pile) | {
        "depot_id": depot_id,
        "item_id": item_id,
        "lot_id": lot_id,
        "bin_id": bin_id,
        "grade": grade,
        "purpose": purpose,
    }


def _pile_row(pile: Pile) -> dict[str, Any]:
    assert pile.latest_at is not None, "a touched pile has been touched at some time"
    return {"id": pile.holding_id, "change": exact(pile.change), "occurred_at": instant(pile.latest_at)}


def _head_row(head: Head) -> dict[str, Any]:
    assert head.recorded_at is not None, "a head that moved was recorded"
    return {
        "depot_id": head.depot_id,
        "position": head.position,
        "hash": head.hash.hex(),
        "recorded_at": instant(head.recorded_at),
    }


def _series_rows(given: Mapping[tuple[int, str, int], int]) -> list[dict[str, Any]]:
    return [
        {"depot_id": depot_id, "series": letters, "year": year, "last_number": number}
        for (depot_id, letters, year), number in given.items()
    ]


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
