"""The drafts' logs, locked, and what was read under the locks: reference data, piles, lots, numbers, consignments."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from django.utils.translation import gettext

from inventory.catalogue.models import Item
from inventory.ledger.consigning import OpenConsignment
from inventory.ledger.drafts import Draft
from inventory.ledger.fuel import Fuels
from inventory.ledger.kinds import RULES, Sign
from inventory.ledger.known import Known, KnownLot
from inventory.ledger.mirroring import Original
from inventory.ledger.models import Kind
from inventory.ledger.piles import Count, Pile, Piles
from inventory.ledger.reading import books_at
from logistics import sql
from logistics.accounts.models import User

_NEVER: Final = datetime.max.replace(tzinfo=UTC)


@dataclass(slots=True)
class Head:
    """The locked head of one log, and where writing has brought it."""

    depot_id: int
    depot: str
    position: int
    hash: bytes
    recorded_at: datetime | None
    closed_until: datetime | None


@dataclass(frozen=True, slots=True)
class Locked:
    """The drafts' logs, locked, and everything that was read under the locks."""

    known: Known
    heads: dict[int, Head]
    asked: _Asked
    found: dict[str, Any]  # the document of state.sql
    road: list[tuple[Any, ...]]

    @classmethod
    def for_posting(cls, drafts: Sequence[Draft], originals: dict[tuple[str, int], Original]) -> Locked:
        """Lock the drafts' logs in the order of their ids, then read what the drafts are weighed against.

        Holds on return: every depot that is known has its log, locked until the transaction ends.
        """
        asked = _Asked.by(drafts, originals)
        road = _road(asked.road)
        # A consignment's lines never change their lots, so their names may be read before the lock.
        carried = {code for (code,) in sql.rows("ledger/road_lots", road)} if asked.road else set()
        depots = list(dict.fromkeys(draft.depot for draft in drafts))
        named = [*depots, *asked.to_depots.difference(depots)]
        statements: list[tuple[str, dict[str, Any]]] = [
            ("ledger/begin_posting", {"depots": depots}),
            *([("ledger/lock_consignments", road)] if asked.road else []),
            (
                "ledger/state",
                {
                    "depots": named,
                    "bins": list(asked.bins),
                    "keyed_depots": [draft.depot for draft in drafts],
                    "keys": [draft.key for draft in drafts],
                    "piled_depots": [depot for depot, _ in asked.items],
                    "piled_items": [item for _, item in asked.items],
                    "lot_items": [item for item, _ in asked.lots],
                    "lot_codes": [code for _, code in asked.lots],
                    "lots": list({code for _, code in asked.lots} | carried | {""}),
                },
            ),
        ]
        if len(depots) > 1:
            # The lock takes them all in one order, so none may have to be opened after it.
            sql.run("ledger/open_logs", {"depots": depots})
        heads, *on_the_road, found = sql.together(statements)
        if not heads:
            sql.run("ledger/open_logs", {"depots": depots})
            heads, *on_the_road, found = sql.together(statements)
        return cls(
            Known.of(found[0][0], named),
            {row[0]: Head(row[0], row[1], row[2], bytes(row[3]), row[4], row[5]) for row in heads},
            asked,
            found[0][0],
            [row for rows in on_the_road for row in rows],
        )


@dataclass(slots=True)
class State:
    """What may have changed until the locks were ours."""

    heads: dict[int, Head]
    earlier: list[tuple[int, str, int, bytes]]  # depot, key, position, request digest
    piles: Piles
    lots: dict[tuple[int, str], KnownLot]
    series: dict[tuple[int, str, int], int]
    consignments: dict[str, list[OpenConsignment]]
    originals: dict[tuple[str, int], Original]
    pieces: dict[int, Decimal]
    promises: dict[tuple[str, str], dict[int, Decimal]]
    fuels: Fuels | None

    @classmethod
    def of(
        cls,
        locked: Locked,
        drafts: Sequence[Draft],
        originals: dict[tuple[str, int], Original],
        *,
        by: User,
        at: datetime,
        is_doomed: bool,
    ) -> State:
        """Return what was read under the locks in the form a plan weighs, and read the little that depends on it.

        Makes the lots that goods arrive in, unless the call is already bound to be refused.
        """
        known, found = locked.known, locked.found
        lots = {
            (item, code): KnownLot(lot_id, code, expires and date.fromisoformat(expires), is_held)
            for item, code, lot_id, expires, is_held in found["lots"] or ()
        }
        if not is_doomed and (missing := locked.asked.lots_to_make(lots, known)):
            lots |= _add_lots(missing, is_exercise=known.is_exercise, by=by, at=at)
        piles = Piles()
        for row in found["piles"] or ():
            piles.add(_pile(row))
        _read_later(piles, locked.asked.items, known)
        _read_books(piles, drafts, known, lots)
        return cls(
            heads=locked.heads,
            earlier=[
                (depot_id, key, position, bytes.fromhex(stored))
                for depot_id, key, position, stored in found["earlier"] or ()
            ],
            piles=piles,
            lots=lots,
            series={(depot_id, letters, year): number for depot_id, letters, year, number in found["series"] or ()},
            consignments=_consignments(locked.road),
            originals=_reversed(originals, known),
            pieces=_pieces(drafts, known, lots, originals),
            promises=_promises(drafts),
            fuels=Fuels.behind(drafts, known, piles),
        )

    def for_plan(
        self,
    ) -> tuple[
        Piles,
        dict[tuple[int, str], KnownLot],
        dict[str, list[OpenConsignment]],
        dict[tuple[str, int], Original],
        dict[int, Decimal],
        dict[tuple[str, str], dict[int, Decimal]],
        Fuels | None,
    ]:
        """Return what a plan weighs drafts against, in the order it takes it."""
        return self.piles, self.lots, self.consignments, self.originals, self.pieces, self.promises, self.fuels


@dataclass(frozen=True, slots=True)
class _Asked:
    """What drafts ask about, in business codes: items with the earliest moment asked for, lots, consignments …"""

    items: dict[tuple[str, str], datetime]  # (depot, item) -> earliest moment
    lots: dict[tuple[str, str], tuple[bool, date | None]]  # (item, lot or blank) -> (goods arrive in it, expiry)
    bins: set[str]
    to_depots: set[str]
    road: set[str]

    @classmethod
    def by(cls, drafts: Sequence[Draft], originals: dict[tuple[str, int], Original]) -> _Asked:
        """Return what the drafts ask about, and what the movements do that they reverse."""
        items: dict[tuple[str, str], datetime] = {}
        lots: dict[tuple[str, str], tuple[bool, date | None]] = {}
        bins: set[str] = set()
        road = {draft.consignment for draft in drafts if draft.consignment}
        for draft in drafts:
            depot = draft.depot
            # A time without its offset cannot be compared; the call is refused before the moment counts.
            moment = draft.occurred_at if draft.occurred_at.tzinfo else _NEVER
            sign = RULES[draft.kind].sign
            for line in draft.lines:
                if draft.kind == Kind.STOCKTAKE:
                    moment = _just_before(line.counted_at)
                if items.setdefault((depot, line.item), moment) > moment:
                    items[depot, line.item] = moment
                name = (line.item, line.lot or "")
                arrives = not draft.consignment and (
                    sign is Sign.IN or draft.kind == Kind.STOCKTAKE or (sign is Sign.SIGNED and line.quantity > 0)
                )
                if name not in lots or (arrives and not lots[name][0]):
                    lots[name] = (arrives, line.expires_date)
                bins.add(line.bin)
                bins.add(line.to_bin)
            original = originals.get((depot, draft.reverses)) if draft.reverses is not None else None
            if original is None:
                continue
            if any(done.consignment_line for done in original.posted.lines):
                road.add(original.posted.consignment or original.posted.name)
            for done in original.posted.lines:
                # What happened then is undone now: counts since then hold.
                happened_at = min(moment, done.counted_at or original.posted.occurred_at)
                items[depot, done.item] = min(items.get((depot, done.item), happened_at), happened_at)
                lots.setdefault((done.item, done.lot), (False, None))
        return cls(items, lots, bins - {""}, {draft.to_depot for draft in drafts if draft.to_depot}, road)

    def lots_to_make(self, lots: dict[tuple[int, str], KnownLot], known: Known) -> list[tuple[int, str, date | None]]:
        """Return the lots that goods arrive in and that are not there yet, in one fixed order."""
        wanted = (
            (item.id, code, expires)
            for (item_code, code), (arrives, expires) in self.lots.items()
            if arrives and (item := known.items.get(item_code)) is not None
            if (code or item.tracking == Item.Tracking.NONE) and (item.id, code) not in lots
        )
        return sorted(wanted, key=lambda lot: lot[:2])


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


def _just_before(counted_at: datetime | None) -> datetime:
    """Return from when on changes count for a pile that was counted then: those dated at that instant too."""
    return _NEVER if counted_at is None or not counted_at.tzinfo else counted_at - timedelta(microseconds=1)


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


def _read_later(piles: Piles, asked: dict[tuple[str, str], datetime], known: Known) -> None:
    """Give every pile that has moved after a draft's time the changes since then, to weigh late entries by."""
    late = {
        pile.holding_id: (pile, since)
        for (depot, item_code), since in asked.items()
        if depot in known.depots and (item := known.items.get(item_code)) is not None
        for pile in piles.of(known.depots[depot].id, item.id)
        if pile.is_late(since)
    }
    if not late:
        return
    asked_of = {
        "depot_ids": [pile.key[0] for pile, _ in late.values()],
        "holding_ids": list(late),
        "since": [since for _, since in late.values()],
    }
    changes, counts = sql.together([("ledger/later_changes", asked_of), ("ledger/counts_since", asked_of)])
    for holding_id, moment, change in changes:
        late[holding_id][0].later.append((moment, change))
    for holding_id, *count in counts:
        late[holding_id][0].counts.append(Count(*count))


def _read_books(piles: Piles, drafts: Sequence[Draft], known: Known, lots: dict[tuple[int, str], KnownLot]) -> None:
    """Give every pile that is counted what the books say of the moment."""
    asked: dict[tuple[int, datetime], Pile] = {}
    for draft in drafts:
        for line in draft.lines if draft.kind == Kind.STOCKTAKE else ():
            item, found = known.items.get(line.item), known.bins.get((draft.depot, line.bin))
            lot = item and lots.get((item.id, line.lot or ""))
            if item is None or found is None or lot is None or line.counted_at is None or not line.counted_at.tzinfo:
                continue
            key = (known.depots[draft.depot].id, item.id, lot.id, found.id, line.grade, line.purpose)
            if (pile := piles.get(key)) is not None and pile.holding_id is not None:
                asked[pile.holding_id, line.counted_at] = pile
    if not asked:
        return
    depots = [pile.key[0] for pile in asked.values()]
    books = books_at(depots, [holding_id for holding_id, _ in asked], [at for _, at in asked])
    for (holding_id, at), balance in books.items():
        asked[holding_id, at].books[at] = balance


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
    asked = {
        "depot_ids": [known.depots[depot].id for depot, _ in originals],
        "positions": [position for _, position in originals],
    }
    reversals, tied = sql.together([("ledger/reversals_of", asked), ("ledger/upheld", asked)])
    by_whom = {(codes[depot_id], reverses): position for depot_id, reverses, position in reversals}
    ties = {((codes[depot_id], position), is_offset) for depot_id, position, is_offset in tied}
    return {
        name: replace(
            original,
            reversed_by=by_whom.get(name),
            is_offset=(name, True) in ties,
            is_upheld=(name, False) in ties,
        )
        for name, original in originals.items()
    }


def _promises(drafts: Sequence[Draft]) -> dict[tuple[str, str], dict[int, Decimal]]:
    """Return, by (depot, reference), how much of each pile is promised to the documents whose drafts take it."""
    taking = sorted({(draft.depot, draft.takes) for draft in drafts if draft.takes})
    found: dict[tuple[str, str], dict[int, Decimal]] = {name: {} for name in taking}
    if taking:
        names = {"depots": [depot for depot, _ in taking], "references": [reference for _, reference in taking]}
        for depot, reference, holding_id, quantity in sql.rows("ledger/promised", names):
            found[depot, reference][holding_id] = quantity
    return found


def _pieces(
    drafts: Sequence[Draft],
    known: Known,
    lots: dict[tuple[int, str], KnownLot],
    originals: dict[tuple[str, int], Original],
) -> dict[int, Decimal]:
    """Return how many pieces of each serial number named in the drafts the whole store holds; locks those lots."""
    if not any(item.tracking == Item.Tracking.SERIAL for item in known.items.values()):
        return {}
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
