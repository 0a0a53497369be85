"""Databases like the site's, empty, for the length of a block: to test, measure and break things beside the real one.

They live in the site's own cluster and belong to the owner; the application role has its usual rights there. The
migrated schema is kept as a template named by a digest of the migrations, so that making one takes a tenth of a
second and several runs go on side by side. Each says in its comment whose it is, so that what a killed run left and
what migrations of other days left is dropped by whoever comes next. Nothing that serves the site uses this.
"""

from __future__ import annotations

import hashlib
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

import psycopg
from django.conf import settings
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

_ROOMS: Final = ("depots", "inventory", "logistics")
_USED: Final = "scratch template, last used on "
_HELD: Final = "scratch of "
KEPT_DAYS: Final = 7  # a template of other migrations, since it was used last: branches are returned to


def owner_url(database: str) -> str:
    """Return the owner's connection string to a database of the site's cluster."""
    return make_conninfo(settings.OWNER_DATABASE_URL, dbname=database)


def uri(conninfo: str) -> str:
    """Return the libpq URI of a key=value string, as settings read it from the environment."""
    parts = {key: str(value) for key, value in conninfo_to_dict(conninfo).items()}
    host = parts.get("host", "").replace("/", "%2F")
    return f"postgresql://{parts['user']}:{parts.get('password', '')}@{host}:{parts.get('port', '')}/{parts['dbname']}"


def environment(database: str) -> dict[str, str]:
    """Return the environment in which another process works on `database`, as the application role."""
    app = make_conninfo(settings.DATABASE_URL, dbname=database)
    return os.environ | {"DATABASE_URL": uri(app), "OWNER_DATABASE_URL": uri(owner_url(database))}


def migrate(environment: dict[str, str]) -> None:
    """Make the tables of the database that `environment` names, and give its application role its rights."""
    subprocess.run(
        [sys.executable, "scripts/migrate.py"],
        cwd=settings.BASE_DIR,
        env=environment,
        check=True,
        stdout=subprocess.DEVNULL,
    )


def template() -> str:
    """Return the name of the migrated, empty template of this tree's migrations; make it when there is none.

    Drops what others left: see `sweep`.
    """
    root = settings.BASE_DIR
    digest = hashlib.sha256()
    for file in sorted(
        file for room in _ROOMS for kind in ("py", "sql") for file in (root / room).glob(f"**/migrations/*.{kind}")
    ):
        digest.update(file.read_bytes())
    digest.update((root / "logistics/sql/grant_app_role.sql").read_bytes())
    name = f"kho_test_{digest.hexdigest()[:12]}"
    today = date.today()  # noqa: DTZ011  # this machine's own calendar, only ever compared with itself
    with _server() as server:
        # Two runs that start together must not both migrate.
        server.execute("SELECT pg_advisory_lock(hashtext('kho tests'))")
        found = server.execute(
            "SELECT datistemplate, shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s", [name]
        ).fetchone()
        if found is None or not found[0]:
            if found:
                server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
            server.execute(sql.SQL("CREATE DATABASE {} TEMPLATE kho_template").format(sql.Identifier(name)))
            _say(server, name, f"{_USED}{today}")
            migrate(environment(name))
            server.execute(sql.SQL("ALTER DATABASE {} IS_TEMPLATE true").format(sql.Identifier(name)))
        elif found[1] != f"{_USED}{today}":
            _say(server, name, f"{_USED}{today}")
        sweep(server, today=today)
    return name


def sweep(server: psycopg.Connection[Any], *, today: date) -> list[str]:
    """Drop scratch databases nobody needs, and return their names.

    These are databases of processes of this machine that have ended, and templates unused for KEPT_DAYS; one that does
    not say when it was used begins to count on `today`. What somebody is connected to, or another role owns, stays.
    """
    rows = server.execute(
        """
        SELECT datname, datistemplate, coalesce(shobj_description(oid, 'pg_database'), '')
        FROM pg_database
        WHERE datdba = (SELECT oid FROM pg_roles WHERE rolname = current_user)
            AND (datname LIKE 'kho\\_test\\_%' OR shobj_description(oid, 'pg_database') LIKE 'scratch %')
            AND NOT EXISTS (SELECT FROM pg_stat_activity AS session WHERE session.datid = pg_database.oid)
        """
    ).fetchall()
    dropped = []
    for name, is_template, said in rows:
        if said.startswith(_HELD):
            is_needed = not _has_ended(said.removeprefix(_HELD))
        elif said.startswith(_USED):
            is_needed = date.fromisoformat(said.removeprefix(_USED)) >= today - timedelta(days=KEPT_DAYS)
        else:  # a template of earlier days, or a clone about to say whose it is
            is_needed = True
            if is_template:
                _say(server, name, f"{_USED}{today}")
        if is_needed:
            continue
        identifier = sql.Identifier(name)
        # Whoever is just using it, or dropping it, wins.
        with suppress(psycopg.errors.ObjectInUse, psycopg.errors.InvalidCatalogName):
            if is_template:
                server.execute(sql.SQL("ALTER DATABASE {} IS_TEMPLATE false").format(identifier))
            server.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(identifier))
            dropped.append(name)
    return dropped


@contextmanager
def clone(source: str, name: str) -> Iterator[str]:
    """Make the database `name` like `source`, which nobody is connected to, for the length of the block."""
    identifier = sql.Identifier(name)
    with _server() as server:
        _drop(server, identifier)
        server.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(identifier, sql.Identifier(source)))
        _say(server, name, f"{_HELD}{_process(os.getpid())}")
    try:
        yield name
    finally:
        with _server() as server:
            _drop(server, identifier)


def _say(server: psycopg.Connection[Any], database: str, text: str) -> None:
    server.execute(sql.SQL("COMMENT ON DATABASE {} IS {}").format(sql.Identifier(database), sql.Literal(text)))


def _process(number: int) -> str:
    """Return what names a process for good: the machine, its number and when it began; "" when there is none."""
    try:
        status = Path(f"/proc/{number}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    return f"{socket.gethostname()} {number} {status.rpartition(')')[2].split()[19]}"


def _has_ended(process: str) -> bool:
    machine, _, rest = process.partition(" ")
    return machine == socket.gethostname() and _process(int(rest.split()[0])) != process


def _drop(server: psycopg.Connection[Any], database: sql.Identifier) -> None:
    # FORCE may not end the application's sessions nor autovacuum, which the owner has no rights over; without it
    # PostgreSQL waits some seconds for sessions that are just ending, and sends autovacuum away itself.
    try:
        server.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(database))
    except psycopg.errors.ObjectInUse:
        server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(database))


@contextmanager
def _server() -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(owner_url("postgres"), autocommit=True) as server:
        yield server
