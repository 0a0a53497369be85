"""Databases like the site's, empty, for the length of a block: to test, measure and break things beside the real one.

They live in the site's own cluster and belong to the owner; the application role has its usual rights there. The
migrated schema is kept as a template named by a digest of the migrations, so that making one takes a tenth of a
second and several runs go on side by side. Nothing that serves the site uses this.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import psycopg
from django.conf import settings
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

_ROOMS: Final = ("depots", "inventory", "logistics")


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
    """Return the name of the migrated, empty template of this tree's migrations; make it when there is none."""
    root = settings.BASE_DIR
    digest = hashlib.sha256()
    for file in sorted(
        file for room in _ROOMS for kind in ("py", "sql") for file in (root / room).glob(f"**/migrations/*.{kind}")
    ):
        digest.update(file.read_bytes())
    digest.update((root / "logistics/sql/grant_app_role.sql").read_bytes())
    name = f"kho_test_{digest.hexdigest()[:12]}"
    with _server() as server:
        # Two runs that start together must not both migrate.
        server.execute("SELECT pg_advisory_lock(hashtext('kho tests'))")
        found = server.execute("SELECT datistemplate FROM pg_database WHERE datname = %s", [name]).fetchone()
        if found == (True,):
            return name
        if found:
            server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
        server.execute(sql.SQL("CREATE DATABASE {} TEMPLATE kho_template").format(sql.Identifier(name)))
        migrate(environment(name))
        server.execute(sql.SQL("ALTER DATABASE {} IS_TEMPLATE true").format(sql.Identifier(name)))
    return name


@contextmanager
def clone(source: str, name: str) -> Iterator[str]:
    """Make the database `name` like `source`, which nobody is connected to, for the length of the block."""
    identifier = sql.Identifier(name)
    with _server() as server:
        _drop(server, identifier)
        server.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(identifier, sql.Identifier(source)))
    try:
        yield name
    finally:
        with _server() as server:
            _drop(server, identifier)


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
