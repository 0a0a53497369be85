"""One instant of the whole store, read straight into Arrow; while it is open no other run can be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final

import psycopg
import pyarrow as pa
from django.utils.translation import gettext as _
from psycopg.conninfo import make_conninfo

from logistics import sql
from logistics.errors import Conflict, gettext_noop

# Any two numbers nobody else in this database uses.
_LOCK: Final = (0x4B48_4F, 0x4558_50)  # "KHO", "EXP"
_BATCH: Final = 2 << 20  # bytes of a record batch, about; the driver's own 16 MiB only cost memory


class AnotherRunIsWriting(Conflict):
    """Two runs never overlap."""

    slug = "export-running"
    title = gettext_noop("An export is being written")


class Snapshot:
    """One REPEATABLE READ, READ ONLY transaction on a connection of its own, answering in Arrow record batches."""

    def __init__(self, connection: Any, taken_at: datetime) -> None:
        self.taken_at = taken_at
        self._connection = connection
        self._text = psycopg.ClientCursor(sql.driver())

    @contextmanager
    def reading(self, name: str, params: Mapping[str, Any] | None = None) -> Iterator[pa.RecordBatchReader]:
        """Give the answer of the statement `exports/sql/<name>.sql` as a stream of record batches."""
        from adbc_driver_postgresql import StatementOptions  # noqa: PLC0415  # loaded already, see `opened`

        # COPY, which makes this fast, takes no parameters, so they are written into the text, quoted by libpq.
        text = self._text.mogrify(sql.statement(f"exports/{name}").encode(), params or {})
        with self._connection.cursor() as cursor:
            cursor.adbc_statement.set_options(**{StatementOptions.BATCH_SIZE_HINT_BYTES.value: str(_BATCH)})
            cursor.execute(text)
            yield cursor.fetch_record_batch()

    def rows(self, name: str, params: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        """Return the answer of a statement as dicts; for statements with few rows."""
        with self.reading(name, params) as reader:
            rows: list[dict[str, Any]] = reader.read_all().to_pylist()
        return rows


@contextmanager
def opened() -> Iterator[Snapshot]:
    """Open a snapshot of the database Django is connected to, holding the lock on exports until the block ends.

    Raises:
        AnotherRunIsWriting: somebody else holds the lock.
    """
    # It loads pandas where that is installed: half of what starting a process costs, and most never export.
    from adbc_driver_postgresql import dbapi  # noqa: PLC0415

    with dbapi.connect(_uri(), autocommit=True) as connection:
        with connection.cursor() as cursor:
            # Before the transaction, whose snapshot must not be older than the previous run's end; on this very
            # connection, so that the lock ends with whoever holds it, however that ends.
            cursor.execute(f"SELECT pg_try_advisory_lock({_LOCK[0]}, {_LOCK[1]})")
            if not cursor.fetchone()[0]:
                raise AnotherRunIsWriting(_("Another export is being written. Try again when it has ended."))
            # Times in text would otherwise follow the session; nothing here should depend on who runs it.
            cursor.execute("SET timezone TO 'UTC'")
            cursor.execute("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            cursor.execute("SELECT transaction_timestamp()")
            (taken_at,) = cursor.fetchone()
        yield Snapshot(connection, taken_at)


def _uri() -> str:
    """Return libpq's connection string of the database Django talks to, whichever that is (tests have their own)."""
    info = sql.driver().info
    return make_conninfo(**{**info.get_parameters(), "password": info.password})
