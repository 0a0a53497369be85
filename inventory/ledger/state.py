"""What may have changed until the locks were ours, read under them: piles, lots, numbers, consignments, reversals."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext

from inventory.catalogue.models import Item
from inventory.ledger.drafts import Draft
from inventory.ledger.kinds import RULES, Sign
from inventory.ledger.known import Known
from inventory.ledger.piles import Pile, Piles
from inventory.ledger.planning import KnownLot, OpenConsignment, Original
from logistics import sql
from logistics.accounts.models import User


@dataclass(slots=True)
class Head:
    """The locked head of one log, and where writing has brought it."""

    depot_id: int
    depot: str
    position: int
    hash: bytes
    recorded_at: datetime | None
    closed_until: datetime | None


@dataclass(slots=True)
class State:
    """What may have changed until the locks were ours; read in one round trip that starts by taking them."""

    heads: dict[int, Head]
    earlier: list[tuple[int, str, int, bytes]]  # depot, key, position, request digest
    piles: Piles
    lots: dict[tuple[int, str], KnownLot]
    series: dict[tuple[int, str, int], int]
    consignments: dict[str, list[OpenConsignment]]
    originals: dict[tuple[str, int], Original]
    pieces: dict[int, Decimal]

    @classmethod
    def read(
        cls,
        drafts: Sequence[Draft],
        known: Known,
        originals: dict[tuple[str, int], Original],
        *,
        by: User,
        at: datetime,
        is_doomed: bool,
    ) -> State:
        """Lock the drafts' logs in the order of their ids and read everything a plan weighs.

        Makes the lots that goods arrive in, unless the call is already bound to be refused.
        """
        asked = _asked(drafts, known, originals)
        depots = {known.depots[draft.depot].id: draft.depot for draft in drafts}
        if without := [known.depots[code].id for code in depots.values() if not known.depots[code].has_log]:
            sql.run("ledger/open_logs", {"depot_ids": without})
        road = _road(asked.road)
        # A consignment's lines never change their lots, so their names may be read before the lock.
        carried = {code for (code,) in sql.rows("ledger/road_lots", road)} if asked.road else set()
        log_rows, *road_rows, ((found,),) = sql.together(
            [
                ("ledger/lock_logs", {"depot_ids": list(depots)}),
                *([("ledger/lock_consignments", road)] if asked.road else []),
                (
                    "ledger/state",
                    {
                        "keyed_depots": [known.depots[draft.depot].id for draft in drafts],
                        "keys": [draft.key for draft in drafts],
                        "lot_items": [item for item, _ in asked.lots],
                        "lot_codes": [code for _, code in asked.lots],
                        "depot_ids": [depot_id for depot_id, _ in asked.items],
                        "item_ids": [item_id for _, item_id in asked.items],
                        "lots": list({code for _, code in asked.lots} | carried | {""}),
                        "log_ids": list(depots),
                        "is_exercise": known.is_exercise,
                    },
                ),
            ]
        )
        lots = {
            (item, code): KnownLot(lot_id, code, expires and date.fromisoformat(expires), is_held)
            for item, code, lot_id, expires, is_held in found["lots"] or ()
        }
        if not is_doomed and (missing := asked.lots_to_make(lots)):
            lots |= _add_lots(missing, is_exercise=known.is_exercise, by=by, at=at)
        piles = Piles()
        for row in found["piles"] or ():
            piles.add(_pile(row))
        _read_later(piles, asked.items)
        return cls(
            heads={row[0]: Head(row[0], depots[row[0]], row[1], bytes(row[2]), row[3], row[4]) for row in log_rows},
            earlier=[
                (depot_id, key, position, bytes.fromhex(stored))
                for depot_id, key, position, stored in found["earlier"] or ()
            ],
            piles=piles,
            lots=lots,
            series={(depot_id, letters, year): number for depot_id, letters, year, number in found["series"] or ()},
            consignments=_consignments(row for rows in road_rows for row in rows),
            originals=_reversed(originals, known),
            pieces=_pieces(drafts, known, lots, originals),
        )

    def for_plan(
        self,
    ) -> tuple[
        Piles,
        dict[tuple[int, str], KnownLot],
        dict[str, list[OpenConsignment]],
        dict[tuple[str, int], Original],
        dict[int, Decimal],
    ]:
        """Return what a plan weighs drafts against, in the order it takes it."""
        return self.piles, self.lots, self.consignments, self.originals, self.pieces


@dataclass(frozen=True, slots=True)
class _Asked:
    """What drafts ask about: items with the earliest moment asked for, lots, and consignments by name."""

    items: dict[tuple[int, int], datetime]  # (depot, item) -> earliest moment
    lots: dict[tuple[int, str], tuple[bool, date | None]]  # (item, lot) -> (goods arrive in it, expiry)
    road: set[str]

    def lots_to_make(self, lots: dict[tuple[int, str], KnownLot]) -> list[tuple[int, str, date | None]]:
        """Return the lots that goods arrive in and that are not there yet, in one fixed order."""
        return sorted(
            ((item, code, expires) for (item, code), (arrives, expires) in self.lots.items()
             if arrives and (item, code) not in lots),
            key=lambda lot: lot[:2],
        )  # fmt: skip


def _asked(drafts: Sequence[Draft], known: Known, originals: dict[tuple[str, int], Original]) -> _Asked:
    asked = _Asked({}, {}, {draft.consignment for draft in drafts if draft.consignment})

    def about(depot_id: int, item_id: int, at: datetime) -> None:
        asked.items[depot_id, item_id] = min(asked.items.get((depot_id, item_id), at), at)

    for draft in drafts:
        depot_id = known.depots[draft.depot].id
        sign = RULES[draft.kind].sign
        for line in draft.lines:
            if (item := known.items.get(line.item)) is None:
                continue
            about(depot_id, item.id, draft.occurred_at)
            name = (item.id, line.lot or "")
            arrives = (
                not draft.consignment
                and (sign is Sign.IN or (sign is Sign.SIGNED and line.quantity > 0))
                and bool(line.lot or item.tracking == Item.Tracking.NONE)
            )
            if name not in asked.lots or (arrives and not asked.lots[name][0]):
                asked.lots[name] = (arrives, line.expires_date)
        if draft.reverses is not None and (original := originals.get((draft.depot, draft.reverses))):
            if any(done.consignment_line for done in original.posted.lines):
                asked.road.add(original.posted.consignment or original.posted.name)
            for done, key in zip(original.posted.lines, original.pile_keys, strict=True):
                about(depot_id, key[1], draft.occurred_at)
                asked.lots.setdefault((key[1], done.lot), (False, None))
    return asked


def _road(names: Iterable[str]) -> dict[str, Any]:
    """Return consignment names "DEPOT/position" as two lists side by side; what is no such name is left out."""
    parsed = []
    for name in sorted(names):
        depot, _, position = name.rpartition("/")
        if depot and position.isascii() and position.isdigit() and len(position) < 18:
            parsed.append((depot, int(position)))
    return {"depot_codes": [depot for depot, _ in parsed], "positions": [position for _, position in parsed]}


def _add_lots(
    missing: list[tuple[int, str, date | None]], *, is_exercise: bool, by: User, at: datetime
) -> dict[tuple[int, str], KnownLot]:
    """Make lots and return them as they stand: another depot may have made one a moment ago."""
    item_ids, codes, expires_dates = (list(column) for column in zip(*missing, strict=True))
    sql.run(
        "ledger/add_lots",
        {
            "item_ids": item_ids,
            "codes": codes,
            "expires_dates": expires_dates,
            "is_exercise": is_exercise,
            "by": by.pk,
            "at": at,
            "reason": gettext("First goods of this lot were posted"),
        },
    )
    rows = sql.rows("ledger/named_lots", {"item_ids": item_ids, "codes": codes, "is_exercise": is_exercise})
    return {(item, code): KnownLot(lot_id, code, expires, is_held) for item, code, lot_id, expires, is_held in rows}


def _pile(row: Sequence[Any]) -> Pile:
    """Return a pile of state.sql's document."""
    (holding_id, depot_id, bin_id, item_id, lot_id, grade, purpose, on_hand, allocated, last, bin_code, lot, expires,
     held) = row  # fmt: skip
    return Pile(
        (depot_id, item_id, lot_id, bin_id, grade, purpose),
        bin_code,
        lot,
        expires and date.fromisoformat(expires),
        held,
        Decimal(on_hand),
        Decimal(allocated),
        datetime.fromisoformat(last),
        holding_id=holding_id,
    )


def _read_later(piles: Piles, pairs: dict[tuple[int, int], datetime]) -> None:
    """Give every pile that has moved after a draft's time the changes since then, to weigh late entries by."""
    late = {
        pile.holding_id: (pile, since)
        for (depot_id, item_id), since in pairs.items()
        for pile in piles.of(depot_id, item_id)
        if pile.is_late(since)
    }
    if not late:
        return
    rows = sql.rows(
        "ledger/later_changes",
        {
            "depot_ids": [pile.key[0] for pile, _ in late.values()],
            "holding_ids": list(late),
            "since": [since for _, since in late.values()],
        },
    )
    for holding_id, moment, change in rows:
        late[holding_id][0].later.append((moment, change))


def _consignments(rows: Iterable[tuple[Any, ...]]) -> dict[str, list[OpenConsignment]]:
    found: dict[str, list[OpenConsignment]] = defaultdict(list)
    for row in rows:
        (code, depot_id, position, line_no, to_depot_id, item, lot, grade, purpose, lot_id, sent_at, sent, received,
         settled, item_id, bin_id, expires, held) = row  # fmt: skip
        found[f"{code}/{position}"].append(
            OpenConsignment(
                depot_id, position, line_no, to_depot_id, item, KnownLot(lot_id, lot, expires, held), grade, purpose,
                sent_at, sent - received - settled, (depot_id, item_id, lot_id, bin_id, grade, purpose),
                is_moved=bool(received or settled),
            )
        )  # fmt: skip
    return found


def _reversed(originals: dict[tuple[str, int], Original], known: Known) -> dict[tuple[str, int], Original]:
    if not originals:
        return {}
    codes = {known.depots[depot].id: depot for depot, _ in originals}
    rows = sql.rows(
        "ledger/reversals_of",
        {
            "depot_ids": [known.depots[depot].id for depot, _ in originals],
            "positions": [position for _, position in originals],
        },
    )
    by_whom = {(codes[depot_id], reverses): position for depot_id, reverses, position in rows}
    return {name: replace(original, reversed_by=by_whom.get(name)) for name, original in originals.items()}


def _pieces(
    drafts: Sequence[Draft],
    known: Known,
    lots: dict[tuple[int, str], KnownLot],
    originals: dict[tuple[str, int], Original],
) -> dict[int, Decimal]:
    """Return how many pieces of each serial number named in the drafts the whole store holds; locks those lots."""
    wanted = {
        lot.id
        for draft in drafts
        for line in draft.lines
        if (item := known.items.get(line.item)) is not None
        and item.tracking == Item.Tracking.SERIAL
        and (lot := lots.get((item.id, line.lot or ""))) is not None
    } | {
        key[2]
        for original in originals.values()
        for line, key in zip(original.posted.lines, original.pile_keys, strict=True)
        if known.items[line.item].tracking == Item.Tracking.SERIAL
    }
    return dict(sql.rows("ledger/serials", {"lot_ids": sorted(wanted)})) if wanted else {}
