"""Write one run's files: out of a snapshot, through Arrow, into Parquet, and read back before anybody trusts them.

Rows stream: while one thread fetches and types the next batch, another encodes and compresses the last, and neither
ever holds more than a few row groups and one depot's piles, so memory does not grow with the logs. The same snapshot
gives the same bytes, whatever the batches were.
"""

from __future__ import annotations

import hashlib
import os
import queue
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, Self

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from logistics.exports.datasets import DATASETS, HOLDINGS, MOVEMENT_LINES, MOVEMENTS, REFERENCE, Dataset, typed
from logistics.exports.snapshot import Snapshot

# Up to one row group of each file of the log waits, one is queued and one is being encoded. Smaller ones save little
# more memory and make the footers, which stay in memory until the end, longer.
ROW_GROUP: Final = 50_000  # rows
_READ_BATCH: Final = 32_768  # rows
_PILE_CODES: Final = ("bin", "item", "lot", "grade", "purpose")
# What is left of a movement that touches a labelled item: its place in the chain.
_ALWAYS: Final = frozenset({"depot", "position", "withheld", "previous_hash", "hash"})

Progress = Callable[[int], None]


class WrittenOtherwise(AssertionError):
    """A closed file does not hold what the database says it should: a fault in the code or the disk."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """What a run carries of one depot's log: positions (from_position, to_position], hashes in hexadecimal."""

    depot_id: int
    depot: str
    from_position: int
    to_position: int
    from_hash: str
    head_hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DepotTotals:
    """Control totals of one depot's exported lines; `withheld` counts movements with a labelled item."""

    movements: int
    withheld: int
    lines: int
    quantity_in: Decimal
    quantity_out: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenFile:
    """A closed, synced and re-read file."""

    dataset: Dataset
    bytes: int
    rows: int
    sha256: str


def frozen_ranges(snapshot: Snapshot, *, full: bool) -> list[Range]:
    """Return what a run carries of every depot, in the order of the depots' codes."""
    nothing = bytes(32).hex()
    return [
        Range(
            depot_id=row["id"],
            depot=row["code"],
            from_position=row["from_position"],
            to_position=row["to_position"],
            from_hash=row["from_hash"] or nothing,
            head_hash=row["head_hash"] or nothing,
        )
        for row in snapshot.rows("ranges", {"full": full})
    ]


def write_files(
    snapshot: Snapshot, folder: Path, ranges: Sequence[Range], *, progress: Progress | None = None
) -> tuple[list[WrittenFile], dict[str, DepotTotals]]:
    """Write every file of the run into `folder`, which exists and is empty; return them and each depot's totals.

    On return each file is on disk and was read back: rows of every file, and of every depot its movements, lines,
    both control totals, first and last position, equal what PostgreSQL says in the same snapshot.

    Raises:
        WrittenOtherwise: they differ.
    """
    labelled = _labelled(snapshot)
    withheld: dict[str, int] = {}
    with _Press() as press:
        files = {dataset.name: press.file(folder, dataset) for dataset in DATASETS}
        for dataset in REFERENCE:
            with snapshot.reading(dataset.name) as reader:
                for batch in reader:
                    files[dataset.name].add(_table(batch, dataset))
        for carried in ranges:
            piles = labelled.get(carried.depot_id, [])
            withheld[carried.depot] = _write_depot(snapshot, carried, piles, files, progress)
    # What encoding took is given back before reading begins, and both before whatever this process does next.
    pa.default_memory_pool().release_unused()
    written = [file.finished() for file in files.values()]
    totals = _totals(snapshot, ranges, withheld, [pile for piles in labelled.values() for pile in piles])
    _read_back(folder, ranges, totals)
    pa.default_memory_pool().release_unused()
    return written, totals


def _labelled(snapshot: Snapshot) -> dict[int, list[int]]:
    """Return the ids of the piles that never leave, by depot."""
    piles: dict[int, list[int]] = {}
    for row in snapshot.rows("labelled"):
        piles.setdefault(row["depot_id"], []).append(row["holding"])
    return piles


def _write_depot(
    snapshot: Snapshot, carried: Range, labelled: list[int], files: Mapping[str, _File], progress: Progress | None
) -> int:
    """Write one depot's holdings, movements and lines; return how many movements were withheld."""
    with snapshot.reading("holdings", {"depot": carried.depot_id}) as reader:
        holdings = _table(reader.read_all(), HOLDINGS, depot=carried.depot)
    files[HOLDINGS.name].add(holdings)
    if carried.from_position == carried.to_position:
        return 0
    params = {
        "depot": carried.depot_id,
        "from_position": carried.from_position,
        "to_position": carried.to_position,
        "labelled": labelled,
    }
    hidden = _withheld(snapshot, params) if labelled else pa.array([], pa.int64())
    with snapshot.reading("movements", params) as reader:
        for batch in reader:
            files[MOVEMENTS.name].add(_movements(batch, carried.depot, hidden))
    piles = _Piles(holdings)
    with snapshot.reading("movement_lines", params) as reader:
        for batch in reader:
            table = _table(piles.named(batch), MOVEMENT_LINES, depot=carried.depot)
            files[MOVEMENT_LINES.name].add(table)
            if progress:
                progress(table.num_rows)
    return len(hidden)


def _withheld(snapshot: Snapshot, params: Mapping[str, Any]) -> pa.Array:
    """Return the positions of a depot's movements that touch a labelled pile."""
    with snapshot.reading("withheld", params) as reader:
        return reader.read_all().column("position").combine_chunks()


def _totals(
    snapshot: Snapshot, ranges: Sequence[Range], withheld: Mapping[str, int], labelled: list[int]
) -> dict[str, DepotTotals]:
    """Return what PostgreSQL adds each depot's lines up to."""
    params = {
        "depots": [carried.depot_id for carried in ranges],
        "from_positions": [carried.from_position for carried in ranges],
        "to_positions": [carried.to_position for carried in ranges],
        "labelled": labelled,
    }
    sums = {row["depot_id"]: row for row in snapshot.rows("totals", params)}
    totals = {}
    for carried in ranges:
        row = sums[carried.depot_id]
        net, gross = Decimal(row["net"]), Decimal(row["gross"])
        totals[carried.depot] = DepotTotals(
            movements=carried.to_position - carried.from_position,
            withheld=withheld[carried.depot],
            lines=row["lines"],
            quantity_in=(gross + net) / 2,
            quantity_out=(gross - net) / 2,
        )
    return totals


def _table(batch: Any, dataset: Dataset, *, depot: str | None = None) -> pa.Table:
    """Return the batch (or table) with the dataset's columns in the dataset's types."""
    columns = []
    for name, data_type in dataset.columns.items():
        if depot is not None and name == "depot":
            columns.append(pa.repeat(pa.scalar(depot, data_type), batch.num_rows))
            continue
        column = batch.column(name)
        chunks = column.chunks if isinstance(column, pa.ChunkedArray) else [column]
        columns.append(pa.chunked_array([typed(chunk, data_type) for chunk in chunks], dataset.schema.field(name).type))
    return pa.table(columns, schema=dataset.schema)


def _movements(batch: pa.RecordBatch, depot: str, hidden: pa.Array) -> pa.Table:
    """Return a batch of movements with its `withheld` flags, and nothing but links where they are set."""
    withheld = pc.is_in(batch.column("position"), hidden)
    batch = batch.append_column("withheld", withheld)
    if len(hidden):
        for at, name in enumerate(batch.schema.names):
            if name not in _ALWAYS:
                column = batch.column(at)
                batch = batch.set_column(at, name, pc.if_else(withheld, pa.scalar(None, column.type), column))
    return _table(batch, MOVEMENTS, depot=depot)


class _Piles:
    """The codes of one depot's piles, to name the pile of each line without sending five codes per line."""

    def __init__(self, holdings: pa.Table) -> None:
        self._ids = holdings.column("holding").combine_chunks()
        self._codes = {name: holdings.column(name).combine_chunks() for name in _PILE_CODES}

    def named(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Return the batch with the piles' codes; lines of labelled piles, which are not among ours, are left out."""
        at = pc.index_in(batch.column("holding"), self._ids)
        if at.null_count:
            known = at.is_valid()
            batch, at = batch.filter(known), at.filter(known)
        for name, codes in self._codes.items():
            batch = batch.append_column(name, codes.take(at))
        return batch


def _read_back(folder: Path, ranges: Sequence[Range], totals: Mapping[str, DepotTotals]) -> None:
    """Compare the closed log files with what PostgreSQL says of the same snapshot."""
    positions: dict[str, list[int]] = {carried.depot: [0, 0, 0] for carried in ranges}
    for depot, rows in _segments(folder / MOVEMENTS.file, ["depot", "position"]):
        seen = positions[depot]
        ends = pc.min_max(rows.column("position")).as_py()
        seen[0] += rows.num_rows
        seen[1] = min(seen[1] or ends["min"], ends["min"])
        seen[2] = max(seen[2], ends["max"])
    for carried in ranges:
        count = carried.to_position - carried.from_position
        expected = [count, carried.from_position + 1, carried.to_position] if count else [0, 0, 0]
        if positions[carried.depot] != expected:
            raise WrittenOtherwise(
                f"{MOVEMENTS.file}: depot {carried.depot} holds (rows, first, last) {positions[carried.depot]},"
                f" its log says {expected}. The run is refused."
            )

    sums = {carried.depot: (0, Decimal(0), Decimal(0)) for carried in ranges}
    zero = pa.scalar(Decimal(0), MOVEMENT_LINES.columns["change"])
    for depot, rows in _segments(folder / MOVEMENT_LINES.file, ["depot", "change"]):
        lines, inward, outward = sums[depot]
        change = rows.column("change")
        came = pc.sum(change.filter(pc.greater(change, zero)), min_count=0).as_py()
        went = pc.sum(change.filter(pc.less(change, zero)), min_count=0).as_py()
        sums[depot] = (lines + rows.num_rows, inward + came, outward - went)
    for depot, total in totals.items():
        if sums[depot] != (total.lines, total.quantity_in, total.quantity_out):
            raise WrittenOtherwise(
                f"{MOVEMENT_LINES.file}: depot {depot} adds up to (lines, in, out) {sums[depot]},"
                f" the database to {(total.lines, total.quantity_in, total.quantity_out)}. The run is refused."
            )


def _segments(file: Path, columns: list[str]) -> Iterator[tuple[str, pa.Table]]:
    """Yield (depot, rows) over a file that is ordered by depot, batch by batch."""
    with pq.ParquetFile(file, read_dictionary=["depot"], page_checksum_verification=True) as parquet:
        for batch in parquet.iter_batches(_READ_BATCH, columns=columns, use_threads=False):
            runs = pc.run_end_encode(batch.column("depot").cast(pa.string()))
            start = 0
            for end, depot in zip(runs.run_ends.to_pylist(), runs.values.to_pylist(), strict=True):
                yield depot, pa.Table.from_batches([batch.slice(start, end - start)])
                start = end


class _File:
    """One Parquet file being written: rows of any batch size go in, row groups of ROW_GROUP rows come out."""

    def __init__(self, press: _Press, folder: Path, dataset: Dataset) -> None:
        self.dataset = dataset
        self.path = folder / dataset.file
        self.rows = 0
        self._press = press
        self._waiting: list[pa.Table] = []
        self._waiting_rows = 0
        self._writer = pq.ParquetWriter(
            self.path,
            dataset.schema,
            compression="zstd",
            compression_level=1,
            store_decimal_as_integer=True,
            store_schema=False,  # readers go by Parquet's own types, whatever Arrow held while writing
            write_page_checksum=True,
            **dataset.encodings(),
        )
        self._writer.add_key_value_metadata(dataset.metadata)

    def add(self, table: pa.Table) -> None:
        """Take rows; hand full row groups to the writing thread."""
        self._waiting.append(table)
        self._waiting_rows += table.num_rows
        while self._waiting_rows >= ROW_GROUP:
            whole = pa.concat_tables(self._waiting)
            self._press.write(self._writer, whole.slice(0, ROW_GROUP))
            self.rows += ROW_GROUP
            self._waiting = [whole.slice(ROW_GROUP)]
            self._waiting_rows -= ROW_GROUP

    def end(self) -> None:
        """Hand the last, shorter row group to the writing thread."""
        if self._waiting_rows:
            self._press.write(self._writer, pa.concat_tables(self._waiting))
            self.rows += self._waiting_rows
        self._waiting = []

    def close(self) -> None:
        """Write the footer, or after a failure just let go of the file."""
        self._writer.close()

    def finished(self) -> WrittenFile:
        """Return the closed file's size and digest once it is safely on disk.

        Raises:
            WrittenOtherwise: the footer counts other rows than went in.
        """
        with self.path.open("rb") as file:
            os.fsync(file.fileno())
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        rows = pq.read_metadata(self.path).num_rows
        if rows != self.rows:
            raise WrittenOtherwise(f"{self.path.name} holds {rows} rows, {self.rows} were written. The run is refused.")
        return WrittenFile(dataset=self.dataset, bytes=self.path.stat().st_size, rows=rows, sha256=digest)


class _Press:
    """The writing thread. Arrow leaves Python's lock while it encodes, so fetching goes on beside it."""

    def __init__(self) -> None:
        self._files: list[_File] = []
        # One row group waits at most: memory does not grow when the disk is slower than the database.
        self._queue: queue.Queue[tuple[Any, pa.Table] | None] = queue.Queue(maxsize=1)
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._work, name="export-writer", daemon=True)

    def file(self, folder: Path, dataset: Dataset) -> _File:
        """Open a file that is written by this thread and closed with it."""
        file = _File(self, folder, dataset)
        self._files.append(file)
        return file

    def write(self, writer: Any, table: pa.Table) -> None:
        """Queue a row group; raise what went wrong with an earlier one."""
        if self._failure:
            raise self._failure
        self._queue.put((writer, table))

    def _work(self) -> None:
        while job := self._queue.get():
            writer, table = job
            if self._failure is None:
                try:
                    writer.write_table(table, row_group_size=ROW_GROUP)
                except BaseException as error:  # noqa: BLE001 - raised again by the thread that waits for us
                    self._failure = error

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None and self._failure is None:
            for file in self._files:
                file.end()
        self._queue.put(None)
        self._thread.join()
        for file in self._files:
            file.close()
        if kind is None and self._failure:
            raise self._failure


@contextmanager
def synced_folder(partial: Path, final: Path) -> Iterator[Path]:
    """Give an empty folder that takes its final name only when the block ends well, with all it holds on disk."""
    partial.mkdir(parents=True)
    yield partial
    for file in partial.iterdir():
        _sync(file)
    _sync(partial)
    partial.rename(final)
    _sync(final.parent)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
