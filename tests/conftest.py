"""The tests' database: the real PostgreSQL, made by the owner, used as the application role.

The migrated schema is kept as a template named by a digest of the migrations, so that a run starts with a clone
(a tenth of a second) and several runs go on side by side. Tests roll back; a test that must commit (threads,
other processes) takes the `committed` fixture and gets a clone of its own. What many tests begin with is made once
for the run (`worlds`). Truncating is refused by the database itself, so `transaction=True` cannot be used.
"""

from __future__ import annotations

import copy
import itertools
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, TypeVar

import pytest
from django.conf import settings
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils import translation
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from psycopg.conninfo import conninfo_to_dict

from logistics import scratch
from logistics.accounts.models import User
from tests import factories
from tests.serving import serve

__all__ = ["serve"]

# A busy machine is slow, not wrong. Everything else is as Hypothesis has it, here or where `CI` is set.
_calm = [HealthCheck.too_slow, HealthCheck.data_too_large, *hypothesis_settings().suppress_health_check]
hypothesis_settings.register_profile("busy machine", deadline=None, suppress_health_check=_calm)
hypothesis_settings.load_profile("busy machine")

Made = TypeVar("Made")


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


def pytest_itemcollected(item: pytest.Item) -> None:
    """Choose a test's world (`kept_…`) before anything else, so that its transaction begins there, marked or asked."""
    names: list[str] = getattr(item, "fixturenames", [])
    names.sort(key=lambda name: not name.startswith("kept_"))


class Clones:
    """Databases for tests that commit. All are dropped at the end of the run.

    Dropped one by one they would cost more than all the rest of such a test: after thousands of files are removed,
    ext4 takes a second of processor time for the next thousand, looking for inodes that were not just freed.
    """

    def __init__(self, schema: str, stack: ExitStack) -> None:
        self._schema = schema
        self._stack = stack
        self._numbers = itertools.count(1)

    def another(self, kind: str) -> str:
        """Return the name of a new database like the empty template."""
        name = f"{self._schema}_{os.getpid()}_{kind}{next(self._numbers)}"
        return self._stack.enter_context(scratch.clone(self._schema, name))


@pytest.fixture(scope="session")
def clones(schema: str) -> Iterator[Clones]:
    """Makes databases."""
    with ExitStack() as stack:
        yield Clones(schema, stack)


class Worlds:
    """Worlds that many tests begin with, each made once for the run in a database of its own, which nobody changes."""

    def __init__(self, clones: Clones, stack: ExitStack) -> None:
        self._clones = clones
        self._stack = stack
        self._made: dict[Callable[[], Any], tuple[BaseDatabaseWrapper, Any]] = {}

    @contextmanager
    def within(self, make: Callable[[], Made]) -> Iterator[Made]:
        """Give this thread a connection to the database where `make()` was called; yield a copy of its answer."""
        if make not in self._made:
            self._made[make] = self._make(make)
        connection, made = self._made[make]
        before = connections["default"]
        assert not before.in_atomic_block, "a world is chosen before a test's transaction begins"
        connections["default"] = connection
        try:
            yield copy.deepcopy(made)
        finally:
            connections["default"] = before

    def _make(self, make: Callable[[], Made]) -> tuple[BaseDatabaseWrapper, Made]:
        name = self._clones.another("world")
        # A connection kept open knows the tables already, which is half of what a short test would wait for.
        connection = connections.create_connection("default")
        connection.settings_dict = connection.settings_dict | {"NAME": name}
        self._stack.callback(connection.close)
        with connected_to(name), translation.override(settings.LANGUAGE_CODE):
            return connection, make()


@pytest.fixture(scope="session")
def worlds(clones: Clones, django_db_setup: None) -> Iterator[Worlds]:
    """Worlds made once: a fixture takes one `within` its own block, and what rolls back (`db`) follows after it."""
    with ExitStack() as stack:
        yield Worlds(clones, stack)


@pytest.fixture
def kept_world(worlds: Worlds) -> Iterator[User]:
    """The small world of `tests.factories` as it was made once for the run; yields who may post anywhere in it."""
    with worlds.within(factories.world) as poster:
        yield poster


@pytest.fixture(scope="module")
def own_database(clones: Clones, django_db_blocker: Any, django_db_setup: None) -> Iterator[str]:
    """A database where commits stay, made once for a module whose tests share it. Yields its name."""
    with django_db_blocker.unblock(), connected_to(clones.another("module")) as name:
        yield name


@pytest.fixture
def committed(clones: Clones, django_db_blocker: Any, django_db_setup: None) -> Iterator[str]:
    """A database of one's own where commits stay: for threads and other processes. Yields its name."""
    with django_db_blocker.unblock(), connected_to(clones.another("own")) as name:
        yield name


@pytest.fixture
def committed_environment(committed: str) -> dict[str, str]:
    """The environment in which another process works on the `committed` database, as the application role."""
    return scratch.environment(committed)
