"""Statements live in files: `sql.run("ledger/lock_logs", …)` runs `inventory/ledger/sql/lock_logs.sql`.

Statements bind on the server and are prepared once per connection, which the ORM's own cursor does not do.
They run on Django's connection, inside whatever transaction is open there.
"""

from __future__ import annotations

import select
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, cast

import psycopg
from django.apps import apps
from django.db import connection

Params = Mapping[str, Any]


@cache
def statement(name: str) -> str:
    """Return the text of `<room>/sql/<statement>.sql` under the first line of its heading.

    Raises:
        FileNotFoundError: there is no such statement.
    """
    room, _, file = name.partition("/")
    text = (Path(apps.get_app_config(room).path) / "sql" / f"{file}.sql").read_text(encoding="utf-8")
    heading, *lines = text.splitlines(keepends=True)
    # The driver parses a text of 4 KiB or more anew every time.
    return heading + "".join(line for line in lines if not line.startswith("--"))


_encoded = cache(str.encode)


def driver() -> psycopg.Connection[Any]:
    """Return the psycopg connection under Django's, opened, and inside Django's transaction if there is one."""
    connection.ensure_connection()
    return cast("psycopg.Connection[Any]", connection.connection)


def run(name: str, params: Params | None = None, *, prepare: bool | None = None) -> psycopg.Cursor[Any]:
    """Execute a named statement; the cursor holds its rows as tuples. Database errors come as Django's.

    With `prepare=False` it is planned anew with its values: for questions whose values decide how they are answered.
    """
    cursor = psycopg.Cursor(driver())
    with connection.wrap_database_errors:
        cursor.execute(_encoded(statement(name)), params, prepare=prepare)
    return cursor


def rows(name: str, params: Params | None = None, *, prepare: bool | None = None) -> list[tuple[Any, ...]]:
    """Execute a named statement and return all its rows."""
    with run(name, params, prepare=prepare) as cursor:
        return cast("list[tuple[Any, ...]]", cursor.fetchall())


def records(name: str, params: Params | None = None, *, prepare: bool | None = None) -> list[dict[str, Any]]:
    """Execute a named statement and return all its rows as dicts keyed by column."""
    with run(name, params, prepare=prepare) as cursor:
        columns = [column.name for column in cursor.description or ()]
        return [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]


def together(statements: Iterable[tuple[str, Params]]) -> list[list[tuple[Any, ...]]]:
    """Execute statements in order in one round trip; return the rows of each. None may need another's answer.

    The server starts on a statement as soon as it is sent: a generator may prepare the next one meanwhile.
    """
    if isinstance(statements, Sequence) and len(statements) == 1:  # for one alone, the driver's pipeline costs double
        (one,) = statements
        with run(*one) as cursor:
            return [_rows(cursor)]
    with connection.wrap_database_errors:
        driver_connection = driver()
        cursors = []
        with driver_connection.pipeline():
            for name, params in statements:
                cursor = psycopg.Cursor(driver_connection)
                cursor.execute(_encoded(statement(name)), params)
                cursors.append(cursor)
                # The driver sends what the socket takes at once: the rest of a long statement would wait for the next.
                while driver_connection.pgconn.flush():
                    select.select([], [driver_connection], [])
        return [_rows(cursor) for cursor in cursors]


def _rows(cursor: psycopg.Cursor[Any]) -> list[tuple[Any, ...]]:
    # `description` would describe every column, only to be asked whether there is one.
    return cursor.fetchall() if cursor.pgresult and cursor.pgresult.nfields else []


@contextmanager
def streaming(name: str, cursor_name: str, params: Params | None = None) -> Iterator[psycopg.ServerCursor[Any]]:
    """Execute a named statement through a server-side cursor: for answers that do not fit in memory.

    Needs an open transaction.
    """
    with connection.wrap_database_errors, psycopg.ServerCursor(driver(), cursor_name) as cursor:
        cursor.itersize = 5_000
        cursor.execute(_encoded(statement(name)), params)
        yield cursor
