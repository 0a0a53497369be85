"""The tests' database: the real PostgreSQL, made by the owner, used as the application role.

The migrated schema is kept as a template named by a digest of the migrations, so that a run starts with a clone
(a tenth of a second) and several runs go on side by side. Tests roll back; a test that must commit (threads,
other processes) takes the `committed` fixture and gets a clone of its own. Truncating is refused by the
database itself, so `transaction=True` cannot be used.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.conf import settings
from django.db import connections
from psycopg.conninfo import conninfo_to_dict

from logistics import scratch


@contextmanager
def connected_to(name: str, *, as_owner: bool = False) -> Iterator[str]:
    """Point Django's default connection, and every thread's from now on, at another database (or the owner's role)."""
    connection = connections["default"]
    before = {key: connection.settings_dict[key] for key in ("NAME", "USER", "PASSWORD")}
    connection.close()
    connection.settings_dict["NAME"] = name
    if as_owner:
        owner = conninfo_to_dict(settings.OWNER_DATABASE_URL)
        connection.settings_dict |= {"USER": str(owner["user"]), "PASSWORD": str(owner.get("password", ""))}
    try:
        yield name
    finally:
        connection.close()
        connection.settings_dict |= before


@pytest.fixture(scope="session")
def schema() -> str:
    """The name of the migrated, empty template."""
    return scratch.template()


@pytest.fixture(scope="session")
def django_db_setup(schema: str, django_test_environment: None, django_db_blocker: Any) -> Iterator[None]:
    """Give the whole run one database that every test rolls back in."""
    with scratch.clone(schema, f"{schema}_{os.getpid()}") as name, django_db_blocker.unblock(), connected_to(name):
        yield


@pytest.fixture(scope="module")
def own_database(schema: str, django_db_blocker: Any, django_db_setup: None) -> Iterator[str]:
    """A database where commits stay, made once for a module whose tests share it. Yields its name."""
    with (
        scratch.clone(schema, f"{schema}_{os.getpid()}_module") as name,
        django_db_blocker.unblock(),
        connected_to(name),
    ):
        yield name


@pytest.fixture
def committed(schema: str, django_db_blocker: Any, django_db_setup: None) -> Iterator[str]:
    """A database of one's own where commits stay: for threads and other processes. Yields its name."""
    with (
        scratch.clone(schema, f"{schema}_{os.getpid()}_own") as name,
        django_db_blocker.unblock(),
        connected_to(name),
    ):
        yield name


@pytest.fixture
def committed_environment(committed: str) -> dict[str, str]:
    """The environment in which another process works on the `committed` database, as the application role."""
    return scratch.environment(committed)
