"""What may have changed until the locks were ours, read under them: piles, lots, numbers, consignments, reversals."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from inventory.catalogue.models import Item
from inventory.ledger.drafts import Draft
from inventory.ledger.kinds import RULES, Sign
from inventory.ledger.known import Known
from inventory.ledger.piles import Pile, PileKey, Piles
from inventory.ledger.planning import KnownLot, OpenConsignment, Original
from logistics import sql
from logistics.accounts.models import User


@dataclass(slots=True)
class State:
    """What may have changed until the locks were ours: piles, lots, voucher numbers, consignments, reversals."""

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
        """Read it; make the lots that goods arrive in, unless the call is already bound to be refused."""
        pairs: dict[tuple[int, int], datetime] = {}  # (depot, item) -> earliest moment anything leaves it
        names: dict[tuple[int, str], tuple[bool, Any]] = {}  # (item, lot) -> (goods arrive in it, expiry)
        road: set[str] = {draft.consignment for draft in drafts if draft.consignment}
        for draft in drafts:
            depot_id = known.depots[draft.depot].id
            sign = RULES[draft.kind].sign
            for line in draft.lines:
                if (item := known.items.get(line.item)) is None:
                    continue
                name = (item.id, line.lot or "")
                arrives = not draft.consignment and (sign is Sign.IN or (sign is Sign.SIGNED and line.quantity > 0))
                makes = arrives and bool(line.lot or item.tracking == Item.Tracking.NONE)
                if name not in names or (makes and not names[name][0]):
                    names[name] = (makes, line.expires_date)
                pair = (depot_id, item.id)
                pairs[pair] = min(pairs.get(pair, draft.occurred_at), draft.occurred_at)
            if draft.reverses is not None and (original := originals.get((draft.depot, draft.reverses))):
                if any(line.consignment_line for line in original.posted.lines):
                    road.add(original.posted.consignment or original.posted.name)
                for done, key in zip(original.posted.lines, original.pile_keys, strict=True):
                    names.setdefault((key[1], done.lot), (False, None))
                    pair = (depot_id, key[1])
                    pairs[pair] = min(pairs.get(pair, draft.occurred_at), draft.occurred_at)
        consignments = _lock_consignments(road)
        carried = {line.lot.code for lines in consignments.values() for line in lines}
        depot_ids = sorted({depot_id for depot_id, _ in pairs} | {known.depots[draft.depot].id for draft in drafts})
        lot_rows, pile_rows, series_rows = sql.together(
            [
                ("ledger/named_lots", {"item_ids": [i for i, _ in names], "codes": [code for _, code in names]}),
                (
                    "ledger/piles",
                    {
                        "depot_ids": [depot_id for depot_id, _ in pairs],
                        "item_ids": [item_id for _, item_id in pairs],
                        "lots": list({code for _, code in names} | carried | {""}),
                    },
                ),
                ("ledger/series", {"depot_ids": depot_ids}),
            ]
        )
        lots = _lots(lot_rows)
        missing = sorted((item, code, expires) for (item, code), (makes, expires) in names.items()
                         if makes and (item, code) not in lots)  # fmt: skip
        if missing and not is_doomed:
            lots |= _add_lots(missing, by=by, at=at)
        piles = Piles()
        for row in pile_rows:
            piles.add(_pile(row))
        _read_later(piles, pairs)
        return cls(
            piles,
            lots,
            {(depot_id, series, year): number for depot_id, series, year, number in series_rows},
            consignments,
            _reversed(originals, known),
            _pieces(drafts, known, lots, originals),
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


def _lots(rows: Iterable[tuple[Any, ...]]) -> dict[tuple[int, str], KnownLot]:
    return {(item, code): KnownLot(lot_id, code, expires, is_held) for item, code, lot_id, expires, is_held in rows}


def _add_lots(missing: list[tuple[int, str, Any]], *, by: User, at: datetime) -> dict[tuple[int, str], KnownLot]:
    """Make lots and return them as they stand: another depot may have made one a moment ago."""
    item_ids, codes, expires_dates = (list(column) for column in zip(*missing, strict=True))
    sql.run(
        "ledger/add_lots",
        {
            "item_ids": item_ids,
            "codes": codes,
            "expires_dates": expires_dates,
            "by": by.pk,
            "at": at,
            "reason": "First goods of this lot were posted",
        },
    )
    return _lots(sql.rows("ledger/named_lots", {"item_ids": item_ids, "codes": codes}))


def _pile(row: tuple[Any, ...]) -> Pile:
    (_, depot_id, bin_id, item_id, lot_id, grade, purpose, on_hand, allocated, last, bin_code, lot, expires, held) = row
    key: PileKey = (depot_id, item_id, lot_id, bin_id, grade, purpose)
    return Pile(key, bin_code, lot, expires, held, on_hand, allocated, last, holding_id=row[0])


def _read_later(piles: Piles, pairs: dict[tuple[int, int], datetime]) -> None:
    """Give every pile that has moved after a draft's time the changes since then, so that late entries can be weighed."""
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


def _lock_consignments(names: set[str]) -> dict[str, list[OpenConsignment]]:
    """Lock the lines of consignments named "DEPOT/position"; what is no such name simply has no lines."""
    parsed = []
    for name in names:
        depot, _, position = name.rpartition("/")
        if depot and position.isascii() and position.isdigit() and len(position) < 18:
            parsed.append((depot, int(position)))
    if not parsed:
        return {}
    found: dict[str, list[OpenConsignment]] = defaultdict(list)
    for row in sql.rows(
        "ledger/lock_consignments",
        {"depot_codes": [depot for depot, _ in parsed], "positions": [position for _, position in parsed]},
    ):
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
