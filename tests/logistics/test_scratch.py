"""Databases to break things in: what killed runs and other days' migrations left behind is dropped, and only that."""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

import psycopg
import pytest
from psycopg import sql

from logistics import scratch

WEEK = timedelta(days=scratch.KEPT_DAYS)
Make = Callable[..., str]


@pytest.fixture
def server() -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(scratch.owner_url("postgres"), autocommit=True) as server:
        yield server


@pytest.fixture
def make(server: psycopg.Connection[Any]) -> Iterator[Make]:
    """Makes a small database that says something; meanwhile no other run sweeps."""
    names: list[str] = []

    def one(said: str | None, *, is_template: bool = False) -> str:
        name = f"kho_test_swept_{os.getpid()}_{len(names)}"
        names.append(name)
        create = sql.SQL("CREATE DATABASE {} TEMPLATE template0 IS_TEMPLATE {}")
        server.execute(create.format(sql.Identifier(name), sql.Literal(is_template)))
        if said is not None:
            server.execute(sql.SQL("COMMENT ON DATABASE {} IS {}").format(sql.Identifier(name), sql.Literal(said)))
        return name

    with alone(server):
        yield one
        for name in names:
            if told(server, name) is not None:
                server.execute(sql.SQL("ALTER DATABASE {} IS_TEMPLATE false").format(sql.Identifier(name)))
                server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@contextmanager
def alone(server: psycopg.Connection[Any]) -> Iterator[None]:
    """Keep other runs from sweeping: they would drop first what a test expects to be dropped by its own sweep."""
    server.execute("SELECT pg_advisory_lock(hashtext('kho tests'))")
    try:
        yield
    finally:
        server.execute("SELECT pg_advisory_unlock(hashtext('kho tests'))")


def told(server: psycopg.Connection[Any], name: str) -> str | None:
    """Return what a database says of itself, None where there is no such database."""
    row = server.execute(
        "SELECT coalesce(shobj_description(oid, 'pg_database'), '') FROM pg_database WHERE datname = %s", [name]
    ).fetchone()
    return None if row is None else str(row[0])


def used(day: date) -> str:
    return f"scratch template, last used on {day}"


def test_templates_unused_for_a_week_go(server: psycopg.Connection[Any], make: Make) -> None:
    today = date.today()
    old = make(used(today - WEEK - timedelta(days=1)), is_template=True)
    recent = make(used(today - WEEK), is_template=True)
    silent = make(None, is_template=True)
    assert set(scratch.sweep(server, today=today)) & {old, recent, silent} == {old}
    assert [told(server, name) for name in (old, recent, silent)] == [None, used(today - WEEK), used(today)]


def test_what_a_process_left_goes_once_it_has_ended(server: psycopg.Connection[Any], make: Make) -> None:
    with subprocess.Popen(["sleep", "600"]) as other:
        living = make(f"scratch of {scratch._process(other.pid)}")
        elsewhere = make(f"scratch of another-{socket.gethostname()} 1 1")
        assert living not in scratch.sweep(server, today=date.today())
        other.kill()
    # The number of a process may be another's by now, which began at another time.
    reused = make(f"scratch of {socket.gethostname()} {os.getpid()} 1")
    assert set(scratch.sweep(server, today=date.today())) & {living, elsewhere, reused} == {living, reused}
    assert told(server, elsewhere)


def test_what_somebody_is_connected_to_stays(server: psycopg.Connection[Any], make: Make) -> None:
    name = make(f"scratch of {socket.gethostname()} {os.getpid()} 1")
    with psycopg.connect(scratch.owner_url(name)):
        assert name not in scratch.sweep(server, today=date.today())
    assert told(server, name)


def test_a_clone_says_whose_it_is_and_a_template_when_it_was_used(server: psycopg.Connection[Any], schema: str) -> None:
    name = f"{schema}_{os.getpid()}_said"
    with scratch.clone(schema, name):
        assert told(server, name) == f"scratch of {scratch._process(os.getpid())}"
        with alone(server):
            assert name not in scratch.sweep(server, today=date.today())
    assert told(server, name) is None
    before = date.today()
    assert scratch.template() == schema
    assert told(server, schema) in {used(before), used(date.today())}  # midnight may have struck
