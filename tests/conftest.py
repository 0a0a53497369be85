"""The tests' database: the real PostgreSQL, made by the owner, used as the application role.

The migrated schema is kept as a template named by a digest of the migrations, so that a run starts with a clone
(a tenth of a second) and several runs go on side by side. Tests roll back; a test that must commit (threads,
other processes) takes the `committed` fixture and gets a clone of its own. Truncating is refused by the
database itself, so `transaction=True` cannot be used.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.db import connections
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

ROOT = Path(__file__).resolve().parent.parent


def owner_url(database: str) -> str:
    """Return the owner's connection string to a database of this cluster."""
    return make_conninfo(settings.OWNER_DATABASE_URL, dbname=database)


def _uri(conninfo: str) -> str:
    """Return a libpq URI of a key=value string, as settings read it from the environment."""
    parts = {key: str(value) for key, value in conninfo_to_dict(conninfo).items()}
    host = parts.get("host", "").replace("/", "%2F")
    return f"postgresql://{parts['user']}:{parts.get('password', '')}@{host}:{parts.get('port', '')}/{parts['dbname']}"


@contextmanager
def _server() -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(owner_url("postgres"), autocommit=True) as server:
        yield server


def _template() -> str:
    """Return the name of the migrated template of this tree's migrations; migrate it when there is none."""
    digest = hashlib.sha256()
    for file in sorted([*ROOT.glob("**/migrations/*.py"), *ROOT.glob("**/migrations/*.sql")]):
        if not {"var", ".venv", "node_modules"} & set(file.relative_to(ROOT).parts):
            digest.update(file.read_bytes())
    digest.update((ROOT / "logistics/sql/grant_app_role.sql").read_bytes())
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
        environment = os.environ | {"DATABASE_URL": _uri(owner_url(name)), "OWNER_DATABASE_URL": _uri(owner_url(name))}
        for command in (["migrate", "--verbosity=0"], ["grant_app_role", f"--role={_app_role()}"]):
            subprocess.run([sys.executable, "manage.py", *command], cwd=ROOT, env=environment, check=True)  # noqa: S603
        server.execute(sql.SQL("ALTER DATABASE {} IS_TEMPLATE true").format(sql.Identifier(name)))
    return name


def _app_role() -> str:
    return str(conninfo_to_dict(settings.DATABASE_URL)["user"])


@contextmanager
def clone(template: str, name: str) -> Iterator[str]:
    """Make a database like the template for the length of the block."""
    identifier = sql.Identifier(name)
    with _server() as server:
        server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(identifier))
        server.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(identifier, sql.Identifier(template)))
    try:
        yield name
    finally:
        with _server() as server:
            server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(identifier))


@contextmanager
def _connected_to(name: str) -> Iterator[str]:
    """Point Django's default connection, and every thread's from now on, at another database."""
    connection = connections["default"]
    before = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = name
    try:
        yield name
    finally:
        connection.close()
        connection.settings_dict["NAME"] = before


@pytest.fixture(scope="session")
def schema() -> str:
    """The name of the migrated, empty template."""
    return _template()


@pytest.fixture(scope="session")
def django_db_setup(schema: str, django_test_environment: None, django_db_blocker: Any) -> Iterator[None]:  # noqa: ARG001
    """Give the whole run one database that every test rolls back in."""
    with clone(schema, f"{schema}_{os.getpid()}") as name, django_db_blocker.unblock(), _connected_to(name):
        yield


@pytest.fixture
def committed(schema: str, django_db_blocker: Any, django_db_setup: None) -> Iterator[str]:  # noqa: ARG001
    """A database of one's own where commits stay: for threads and other processes. Yields its name."""
    with (
        clone(schema, f"{schema}_{os.getpid()}_own") as name,
        django_db_blocker.unblock(),
        _connected_to(name),
    ):
        yield name


@pytest.fixture
def committed_environment(committed: str) -> dict[str, str]:
    """The environment in which another process works on the `committed` database, as the application role."""
    parts = conninfo_to_dict(settings.DATABASE_URL)
    app = make_conninfo(**{**parts, "dbname": committed})
    return os.environ | {"DATABASE_URL": _uri(app), "OWNER_DATABASE_URL": _uri(owner_url(committed))}
