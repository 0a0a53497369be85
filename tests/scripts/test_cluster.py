"""The private cluster: made, reached, killed and found whole again, in a checkout of its own."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shlex
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

ROOT = Path(__file__).resolve().parents[2]


class Checkout:
    """A folder with the scripts and nothing else."""

    def __init__(self, top: Path) -> None:
        self.top = top
        shutil.copytree(ROOT / "scripts", top / "scripts")

    def call(self, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        inherited = {name: value for name, value in os.environ.items() if "DATABASE_URL" not in name}
        return subprocess.run(
            words, cwd=self.top, env=inherited | environment, capture_output=True, text=True, timeout=600, check=False
        )

    def cluster(self, *words: str) -> int:
        done = self.call("scripts/cluster", *words)
        assert done.returncode in {0, 1}, done.stderr
        return done.returncode

    def urls(self) -> dict[str, str]:
        lines = self.call("scripts/env").stdout
        return dict(word.split("=", 1) for word in shlex.split(lines) if "=" in word)

    def processes(self) -> list[int]:
        """Return the server's processes, the first one (the postmaster) first."""
        first = (self.top / "var/pg/data/postmaster.pid").read_text(encoding="utf-8").split()[0]
        children = Path(f"/proc/{first}/task/{first}/children").read_text(encoding="ascii").split()
        return [int(first), *map(int, children)]


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Checkout]:
    checkout = Checkout(tmp_path_factory.mktemp("checkout") / "kho")
    yield checkout
    checkout.cluster("stop")


@pytest.fixture
def running(checkout):
    assert checkout.cluster("start") == 0
    return checkout


def test_gives_the_application_and_the_owner_a_role_each_and_neither_is_superuser(running):
    urls = running.urls()
    for name, role, creates in [("DATABASE_URL", "kho_app", False), ("OWNER_DATABASE_URL", "kho_owner", True)]:
        with psycopg.connect(urls[name]) as connection:
            assert connection.execute(
                "SELECT rolname, rolcreatedb, rolsuper, rolcreaterole FROM pg_roles WHERE rolname = current_user"
            ).fetchone() == (role, creates, False, False)


def test_has_the_extensions_checksums_and_full_durability(running):
    with psycopg.connect(running.urls()["OWNER_DATABASE_URL"]) as connection:
        extensions = {name for (name,) in connection.execute("SELECT extname FROM pg_extension")}
        shown = [
            connection.execute("SELECT current_setting(%s)", [setting]).fetchone()[0]
            for setting in ["data_checksums", "fsync", "synchronous_commit", "listen_addresses"]
        ]
    assert extensions >= {"postgis", "unaccent", "pg_trgm", "btree_gist"}
    assert shown == ["on", "on", "on", ""]


def test_keeps_passwords_to_their_owner(running):
    for secret in ["var/env", "var/passwords"]:
        assert (running.top / secret).stat().st_mode & 0o777 == 0o600
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(make_conninfo(running.urls()["DATABASE_URL"], password="guessed"))


@pytest.mark.parametrize("victims", ["the postmaster", "every process"])
def test_has_what_was_committed_after_kill_9(running, victims):
    url = running.urls()["OWNER_DATABASE_URL"]
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS survivor (name text)")
        connection.execute("INSERT INTO survivor VALUES (%s)", [victims])
    processes = running.processes()
    for process in processes[:1] if victims == "the postmaster" else processes:
        with contextlib.suppress(ProcessLookupError):  # without a postmaster the others end by themselves
            os.kill(process, signal.SIGKILL)

    assert running.cluster("start") == 0
    with psycopg.connect(running.urls()["OWNER_DATABASE_URL"]) as connection:
        assert (victims,) in connection.execute("SELECT name FROM survivor").fetchall()


def test_stops_for_those_who_only_used_it_when_the_last_of_them_has_gone(checkout):
    checkout.cluster("stop")
    with (checkout.top / "var/cluster.users").open("a") as user:
        fcntl.flock(user, fcntl.LOCK_SH)
        assert checkout.cluster("start", "--while-used") == 0
        checkout.cluster("release")
        assert checkout.cluster("status") == 0
    checkout.cluster("release")
    assert checkout.cluster("status") == 1
    assert "scripts/cluster start" in checkout.call("scripts/env").stderr


def test_stays_for_whoever_started_it_by_hand(checkout):
    checkout.cluster("start", "--while-used")
    checkout.cluster("start")
    checkout.cluster("release")
    assert checkout.cluster("status") == 0


def test_steps_aside_for_a_database_of_the_users_own(checkout):
    given = "postgresql://somebody:secret@db.example/store"
    printed = checkout.call("scripts/env", DATABASE_URL=given).stdout
    assert shlex.split(printed) == ["export", f"DATABASE_URL={given}", "export", f"OWNER_DATABASE_URL={given}"]
