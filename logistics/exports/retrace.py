"""Follow the exported logs movement by movement and pile by pile, in one pass over each file of the log."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from inventory.ledger import chain
from logistics.exports.rehash import canonical_texts

_MOVEMENTS: Final = "movements.parquet"
_LINES: Final = "movement_lines.parquet"
_HOLDINGS: Final = "holdings.parquet"
_BATCH: Final = 32_768  # rows read at a time
_POSITION_BITS: Final = 40
_POSITION_MASK: Final = (1 << _POSITION_BITS) - 1
_END: Final = sys.maxsize  # after every place
_QUANTITY: Final = pa.decimal128(18, 3)
_ZERO: Final = pa.scalar(Decimal(0), _QUANTITY)

Progress = Callable[[int], None]


class Disagreement(Exception):
    """The first thing that does not agree: where, and what."""

    def __init__(self, what: str, *, file: str, depot: str | None = None, position: int | None = None) -> None:
        self.what = what
        self.file = file
        self.depot = depot
        self.position = position
        place = file if depot is None else f"{file}, {depot}" if position is None else f"{file}, {depot}/{position}"
        super().__init__(f"{place}: {what}")


def retrace(folder: Path, manifest: dict[str, Any], *, progress: Progress | None = None) -> tuple[int, int, int]:
    """Return how many movements, movements with withheld lines, and lines a run's files hold, all of them proved.

    Raises:
        Disagreement: the first movement, line, pile or total that does not agree with the others or the manifest.
    """
    depots = manifest["depots"]
    codes = [str(depot["code"]) for depot in depots]
    if len(set(codes)) != len(codes):
        raise Disagreement("a depot is listed twice", file="datapackage.json")
    chains = _Chains(depots)
    piles = _Piles(folder / _HOLDINGS, depots)
    totals = _Totals(depots)
    for movements, lines in _chunks(_Stream(folder / _MOVEMENTS, codes), _Stream(folder / _LINES, codes)):
        chains.follow(movements, lines, _ends(movements, lines))
        totals.add(movements, lines)
        piles.follow(lines)
        if progress:
            progress(lines.num_rows)
    chains.end()
    totals.end()
    piles.end()
    return totals.seen()


class _Stream:
    """A file of the log, batch by batch, with each row's place in the whole run as one number: depot, then position."""

    def __init__(self, file: Path, codes: list[str]) -> None:
        self._file = file.name
        self._codes = pa.array(codes, pa.string())
        parquet = pq.ParquetFile(file, page_checksum_verification=True)
        self._batches = parquet.iter_batches(_BATCH)
        self._waiting = parquet.schema_arrow.empty_table().append_column("place", pa.array([], pa.int64()))
        self.last = -1
        self.is_ended = False

    def fill(self) -> None:
        """Take in one more batch, or note that there is none."""
        batch = next(self._batches, None)
        if batch is None:
            self.is_ended = True
        elif batch.num_rows:
            depot = pc.index_in(batch.column("depot"), self._codes)
            if depot.null_count:
                stranger = batch.column("depot").filter(depot.is_null())[0].as_py()
                raise Disagreement("the depot is not in the manifest", file=self._file, depot=stranger)
            shifted = pc.shift_left(depot.cast(pa.int64()), pa.scalar(_POSITION_BITS, pa.int64()))
            place = pc.bit_wise_or(shifted, batch.column("position"))
            rows = pa.Table.from_batches([batch]).append_column("place", place)
            steps = pc.pairwise_diff(pa.concat_arrays([pa.array([self.last], pa.int64()), place]))
            if pc.min(steps).as_py() < 0:
                (found,) = rows.filter(pc.less(steps, 0)[1:]).slice(0, 1).select(["depot", "position"]).to_pylist()
                raise Disagreement("rows are out of order", file=self._file, **found)
            self.last = place[-1].as_py()
            self._waiting = pa.concat_tables([self._waiting, rows])

    def upto(self, place: int) -> pa.Table:
        """Take out the rows whose place is at most `place`."""
        count = pc.sum(pc.less_equal(self._waiting.column("place"), place), min_count=0).as_py()
        taken, self._waiting = self._waiting.slice(0, count), self._waiting.slice(count)
        return taken


def _chunks(movements: _Stream, lines: _Stream) -> Iterator[tuple[pa.Table, pa.Table]]:
    """Yield movements, in order, each with all its lines."""
    while True:
        # The last movement whose lines were seen may have more of them in the next batch, so it waits.
        whole_lines = _END if lines.is_ended else lines.last - 1
        whole_movements = _END if movements.is_ended else movements.last
        place = min(whole_lines, whole_movements)
        chunk = movements.upto(place), lines.upto(place)
        if chunk[0].num_rows or chunk[1].num_rows:
            yield chunk
        if place == _END:
            return
        (lines if whole_lines < whole_movements else movements).fill()


def _ends(movements: pa.Table, lines: pa.Table) -> pa.Array:
    """Return how many of the lines belong to the movements up to and with each."""
    runs = pc.run_end_encode(lines.column("place").combine_chunks())
    places = movements.column("place").combine_chunks()
    strangers = runs.values.filter(pc.invert(pc.is_in(runs.values, places)))
    if len(strangers):
        (row,) = lines.filter(pc.equal(lines.column("place"), strangers[0])).slice(0, 1).to_pylist()
        raise Disagreement("a line of no movement", file=_LINES, depot=row["depot"], position=row["position"])
    ends = runs.run_ends.take(pc.index_in(places, runs.values))
    return pc.coalesce(pc.fill_null_forward(ends), pa.scalar(0, ends.type))


class _Chains:
    """Each depot's chain, from the hash its range starts at to its head."""

    def __init__(self, depots: list[dict[str, Any]]) -> None:
        self._depots = depots
        self._positions = [int(depot["from_position"]) for depot in depots]
        self._hashes = [str(depot["from_hash"]) for depot in depots]

    def follow(self, movements: pa.Table, lines: pa.Table, ends: pa.Array) -> None:
        """Check positions, links and hashes of some movements with all their lines."""
        columns = [movements.column(name).to_pylist() for name in ("place", "withheld", "previous_hash", "hash")]
        texts = canonical_texts(movements, lines, ends).to_pylist()
        positions, hashes = self._positions, self._hashes
        for at, (place, withheld, before, given, text) in enumerate(zip(*columns, texts, strict=True)):
            depot, position = place >> _POSITION_BITS, place & _POSITION_MASK
            if position != positions[depot] + 1:
                self._refuse(f"follows position {positions[depot]}: the log has a gap or a repetition", place)
            if before != hashes[depot]:
                self._refuse("its previous_hash is not the hash of the movement before", place)
            if not withheld and hashlib.sha256(bytes.fromhex(before) + text).hexdigest() != given:
                start = ends[at - 1].as_py() if at else 0
                own = lines.slice(start, ends[at].as_py() - start)
                self._ask_the_chain(movements.slice(at, 1), own, place)
            positions[depot], hashes[depot] = position, given

    def end(self) -> None:
        """Check that every depot's chain ended at its head."""
        for depot, position, found in zip(self._depots, self._positions, self._hashes, strict=True):
            if position != depot["to_position"]:
                raise Disagreement(
                    f"ends at position {position}, the manifest says {depot['to_position']}",
                    file=_MOVEMENTS,
                    depot=depot["code"],
                )
            if found != depot["head_hash"]:
                raise Disagreement(
                    "the last hash is not the head the manifest names",
                    file=_MOVEMENTS,
                    depot=depot["code"],
                    position=position,
                )

    def _ask_the_chain(self, movement: pa.Table, lines: pa.Table, place: int) -> None:
        """Refuse a movement whose hash the ledger's own function does not give either."""
        (row,) = movement.to_pylist()
        plain = {name: row[name] for name in chain.ChainMovement.__dataclass_fields__ if name != "lines"}
        names = [name for name in chain.ChainLine.__dataclass_fields__ if name not in {"counted_at", "fuel"}]
        own = [
            chain.ChainLine(
                **{name: line[name] for name in names},
                counted_at=line["occurred_at"],
                fuel=chain.FuelFigures.of(line["fuel"]) if line.get("fuel") else None,
            )
            for line in lines.to_pylist()
        ]
        found = chain.link(bytes.fromhex(row["previous_hash"]), chain.ChainMovement(**plain, lines=own))
        if found.hex() != row["hash"]:
            self._refuse("its hash is not that of its content and lines", place)

    def _refuse(self, what: str, place: int) -> None:
        depot = self._depots[place >> _POSITION_BITS]
        raise Disagreement(what, file=_MOVEMENTS, depot=depot["code"], position=place & _POSITION_MASK)


@dataclass(slots=True)
class _Sum:
    movements: int = 0
    withheld: int = 0
    lines: int = 0
    quantity_in: Decimal = Decimal(0)
    quantity_out: Decimal = Decimal(0)


class _Totals:
    """Each depot's control totals."""

    def __init__(self, depots: list[dict[str, Any]]) -> None:
        self._depots = depots
        self._sums = [_Sum() for _ in depots]

    def add(self, movements: pa.Table, lines: pa.Table) -> None:
        """Add some movements and lines."""
        for depot, rows in _by_depot(movements):
            self._sums[depot].movements += rows.num_rows
            self._sums[depot].withheld += pc.sum(rows.column("withheld"), min_count=0).as_py()
        for depot, rows in _by_depot(lines):
            change = rows.column("change")
            total = self._sums[depot]
            total.lines += rows.num_rows
            total.quantity_in += pc.sum(change.filter(pc.greater(change, _ZERO)), min_count=0).as_py()
            total.quantity_out -= pc.sum(change.filter(pc.less(change, _ZERO)), min_count=0).as_py()

    def end(self) -> None:
        """Compare with the manifest."""
        for depot, total in zip(self._depots, self._sums, strict=True):
            for name, file, found in (
                ("movements", _MOVEMENTS, total.movements),
                ("withheld", _MOVEMENTS, total.withheld),
                ("lines", _LINES, total.lines),
                ("quantity_in", _LINES, total.quantity_in),
                ("quantity_out", _LINES, total.quantity_out),
            ):
                expected = Decimal(depot[name]) if isinstance(found, Decimal) else depot[name]
                if found != expected:
                    raise Disagreement(
                        f"{name} is {found}, the manifest says {depot[name]}", file=file, depot=depot["code"]
                    )

    def seen(self) -> tuple[int, int, int]:
        """Return all movements, those with withheld lines, and all lines."""
        return (
            sum(total.movements for total in self._sums),
            sum(total.withheld for total in self._sums),
            sum(total.lines for total in self._sums),
        )


class _Piles:
    """The balance of each pile of the depot at hand: followed line by line, then compared with its holding."""

    def __init__(self, file: Path, depots: list[dict[str, Any]]) -> None:
        self._depots = depots
        self._holdings = _holdings(file, [str(depot["code"]) for depot in depots])
        self._next = next(self._holdings, None)
        self._depot = 0
        self._forget()

    def follow(self, lines: pa.Table) -> None:
        """Check that each line's balance is the one before plus its change."""
        for depot, rows in _by_depot(lines):
            while self._depot < depot:
                self._settle()
            self._step(rows.combine_chunks())

    def end(self) -> None:
        """Compare the last depots, with lines or without."""
        while self._depot < len(self._depots):
            self._settle()

    def _forget(self) -> None:
        self._ids = pa.array([], pa.int64())
        self._balances = pa.array([], _QUANTITY)

    def _step(self, rows: pa.Table) -> None:
        order = pc.array_sort_indices(rows.column("holding").combine_chunks())  # stable
        rows = rows.select(["position", "holding", "change", "on_hand_after"]).take(order).combine_chunks()
        holding, change, after = (rows.column(name).combine_chunks() for name in ("holding", "change", "on_hand_after"))
        is_new = pc.not_equal(holding[1:], holding[:-1])
        edge = pa.array([True])
        is_first, is_last = pa.concat_arrays([edge, is_new]), pa.concat_arrays([is_new, edge])
        known = self._balances.take(pc.index_in(holding, self._ids))
        if self._depots[self._depot]["from_position"] == 0:
            known = pc.coalesce(known, _ZERO)
        in_batch = pa.concat_arrays([pa.array([None], _QUANTITY), after[:-1]])
        before = pc.if_else(is_first, known, in_batch)
        # Where a pile's first line of the range is met, nothing is known of its balance before: it starts the count.
        wrong = pc.fill_null(pc.not_equal(pc.add(before, change), after), False)
        if pc.any(wrong).as_py():
            (row,) = rows.filter(wrong).sort_by("position").slice(0, 1).to_pylist()
            raise Disagreement(
                f"on_hand_after of pile {row['holding']} is {row['on_hand_after']}, not the balance before plus change",
                file=_LINES,
                depot=self._depots[self._depot]["code"],
                position=row["position"],
            )
        last = holding.filter(is_last)
        kept = pc.invert(pc.is_in(self._ids, last))
        self._ids = pa.concat_arrays([self._ids.filter(kept), last])
        self._balances = pa.concat_arrays([self._balances.filter(kept), after.filter(is_last)])

    def _settle(self) -> None:
        depot = self._depots[self._depot]
        ids, on_hand = pa.array([], pa.int64()), pa.array([], _QUANTITY)
        if self._next and self._next[0] == self._depot:
            ids, on_hand = (self._next[1].column(name).combine_chunks() for name in ("holding", "on_hand"))
            self._next = next(self._holdings, None)
        at = pc.index_in(self._ids, ids)
        agrees = pc.fill_null(pc.equal(on_hand.take(at), self._balances), False)
        if not pc.all(agrees, min_count=0).as_py():
            pile = self._ids.filter(pc.invert(agrees))[0].as_py()
            self._refuse(f"pile {pile} is missing or holds another quantity than its lines lead to", depot)
        if depot["from_position"] == 0:
            rest = pc.and_(pc.invert(pc.is_in(ids, self._ids)), pc.not_equal(on_hand, _ZERO))
            if pc.any(rest, min_count=0).as_py():
                self._refuse(f"pile {ids.filter(rest)[0].as_py()} holds stock that no line brought", depot)
        self._forget()
        self._depot += 1

    @staticmethod
    def _refuse(what: str, depot: dict[str, Any]) -> None:
        raise Disagreement(what, file=_HOLDINGS, depot=depot["code"])


def _by_depot(rows: pa.Table) -> Iterator[tuple[int, pa.Table]]:
    """Yield (depot's place in the manifest, its rows) over rows in order."""
    depots = pc.shift_right(rows.column("place").combine_chunks(), pa.scalar(_POSITION_BITS, pa.int64()))
    runs = pc.run_end_encode(depots)
    start = 0
    for end, depot in zip(runs.run_ends.to_pylist(), runs.values.to_pylist(), strict=True):
        yield depot, rows.slice(start, end - start)
        start = end


def _holdings(file: Path, codes: list[str]) -> Iterator[tuple[int, pa.Table]]:
    """Yield (depot's place in the manifest, its piles), one depot after the other."""
    at: int | None = None
    piles: list[pa.Table] = []
    batches = pq.ParquetFile(file, page_checksum_verification=True).iter_batches(
        _BATCH, columns=["depot", "holding", "on_hand"]
    )
    for batch in batches:
        depots = pc.index_in(batch.column("depot"), pa.array(codes, pa.string()))
        runs = pc.run_end_encode(depots)
        start = 0
        for end, depot in zip(runs.run_ends.to_pylist(), runs.values.to_pylist(), strict=True):
            if depot is None or (at is not None and depot < at):
                code = batch.column("depot")[start].as_py()
                raise Disagreement("the depot is not in the manifest or out of order", file=file.name, depot=code)
            if at is not None and depot != at:
                yield at, pa.concat_tables(piles)
                piles = []
            at = depot
            piles.append(pa.Table.from_batches([batch.slice(start, end - start)]))
            start = end
    if at is not None:
        yield at, pa.concat_tables(piles)
