"""A run as one sealed archive, for carriage across a one-way gateway: the same run is always the same bytes."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

_PIECE: Final = 1 << 18  # bytes


def size(files: Sequence[Path], *, run: str, at: datetime) -> int:
    """Return how many bytes `pieces` will yield."""
    whole = sum(len(_header(file, run, at)) + _padded(file.stat().st_size) for file in files) + 2 * tarfile.BLOCKSIZE
    return -(-whole // tarfile.RECORDSIZE) * tarfile.RECORDSIZE


def pieces(files: Sequence[Path], *, run: str, at: datetime) -> Iterator[bytes]:
    """Yield a tar archive (POSIX.1-2001) of `files` in a folder named for the run, dated `at`, owned by nobody."""
    written = 0
    for file in files:
        header = _header(file, run, at)
        yield header
        length = file.stat().st_size
        with file.open("rb") as opened:
            while piece := opened.read(_PIECE):
                yield piece
        yield bytes(_padded(length) - length)
        written += len(header) + _padded(length)
    yield bytes(size(files, run=run, at=at) - written)


def _header(file: Path, run: str, at: datetime) -> bytes:
    entry = tarfile.TarInfo(f"{run}/{file.name}")
    entry.size = file.stat().st_size
    entry.mtime = int(at.timestamp())
    entry.mode = 0o444
    return entry.tobuf(tarfile.PAX_FORMAT)


def _padded(length: int) -> int:
    return -(-length // tarfile.BLOCKSIZE) * tarfile.BLOCKSIZE
