"""A machine that may be broken: a PostgreSQL cluster of its own and the site's web server on top of it.

Nothing here touches the cluster the other tests run in. What is killed is killed by process id, and only what was
started here.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg
from django.conf import settings

from logistics import scratch

PATIENCE = 180  # seconds until something that should come up counts as broken: machines that run tests are busy


class Cluster:
    """A PostgreSQL cluster in a folder of its own, run by an unprivileged user even when we are root.

    `folder` must be one that user can reach.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._programs = _newest_postgresql()
        self._passwords = {role: secrets.token_hex(16) for role in ("admin", "owner", "app")}
        self._as: list[str] = []
        self._server: subprocess.Popen[bytes] | None = None
        if os.geteuid() == 0:
            user = pwd.getpwnam("postgres")
            os.chown(folder, user.pw_uid, user.pw_gid)
            self._as = ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
        self._make()

    def environment(self, database: str = "kho") -> dict[str, str]:
        """Return the environment in which a process works on a database of this cluster, as the application role."""
        return os.environ | {
            "DATABASE_URL": self._url("app", database),
            "OWNER_DATABASE_URL": self._url("owner", database),
            "DEBUG": "0",
            "LOG_LEVEL": "ERROR",
        }

    def copied(self, database: str) -> str:
        """Return the name of a new database like `database`, which nobody is connected to."""
        name = f"copy_{secrets.token_hex(4)}"
        with psycopg.connect(self._url("owner", "postgres"), autocommit=True) as owner:
            owner.execute(f"CREATE DATABASE {name} TEMPLATE {database}")
        return name

    def start(self) -> None:
        """Start the server and return when it answers; after a kill it first replays its log."""
        deadline = time.monotonic() + PATIENCE
        while not self._answers():
            if time.monotonic() > deadline:
                raise TimeoutError((self.folder / "log").read_text(encoding="utf-8", errors="replace")[-3000:])
            if self._server is None or self._server.poll() is not None:
                # Our own child, and not pg_ctl's: only a parent can see to it that the dead are gone at once.
                with (self.folder / "log").open("ab") as log:
                    self._server = subprocess.Popen(
                        [*self._as, self._programs / "postgres", "-D", "data"],
                        cwd=self.folder,
                        env=self._environment(),
                        stdout=log,
                        stderr=log,
                    )
            time.sleep(0.05)

    def kill(self) -> None:
        """Kill -9 the server and every process of it, as a power cut would; return when they are gone."""
        assert self._server is not None, "only a running server can be killed"
        helpers = _children(self._server.pid)
        for victim in [self._server.pid, *helpers]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(victim, signal.SIGKILL)
        self._server.wait()
        _wait_until_gone(helpers)

    def stop(self) -> None:
        """Stop the server, if it runs, without waiting for whoever is connected."""
        if self._server is not None and self._server.poll() is None:
            self._server.send_signal(signal.SIGQUIT)
            self._server.wait()

    def _make(self) -> None:
        (self.folder / "password").write_text(self._passwords["admin"], encoding="utf-8")
        (self.folder / "password").chmod(0o644)
        subprocess.run(
            [
                *self._as, self._programs / "initdb", "-D", "data", "-U", "kho_admin", "--pwfile=password",
                "-A", "scram-sha-256", "-E", "UTF8", "--locale=C.UTF-8", "--no-instructions",
            ],
            cwd=self.folder,
            env=self._environment(),
            check=True,
            stdout=subprocess.DEVNULL,
        )  # fmt: skip
        own = settings.BASE_DIR / "scripts" / "postgresql.conf"
        with (self.folder / "data" / "postgresql.conf").open("a", encoding="utf-8") as written:
            written.write(own.read_text(encoding="utf-8"))
            written.write(
                f"\nlisten_addresses = ''\nunix_socket_directories = '{self.folder}'\nshared_buffers = 64MB\n"
            )
        self.start()
        subprocess.run(
            [
                self._programs / "psql", "-X", "-q", self._url("admin", "postgres"),
                *(f"--set={role}_password={password}" for role, password in self._passwords.items()),
                "-f", settings.BASE_DIR / "scripts" / "cluster.sql",
            ],
            check=True,
            stdout=subprocess.DEVNULL,
        )  # fmt: skip
        self._fill()
        with psycopg.connect(self._url("admin", "postgres"), autocommit=True) as admin:
            admin.execute("CHECKPOINT")  # the first recovery replays what a test did, not this

    def _fill(self) -> None:
        """Copy the tests' migrated, empty tables, because migrating takes half a minute."""
        schema = scratch.template()
        # A copy of it is read, because nobody may be connected to a database that is being cloned.
        with scratch.clone(schema, f"{schema}_{os.getpid()}_dumped") as name:
            dump = subprocess.run(
                [
                    self._programs / "pg_dump", "--no-owner", "--no-privileges", "--no-comments",
                    "--exclude-table-data=spatial_ref_sys", scratch.owner_url(name),
                ],
                check=True,
                stdout=subprocess.PIPE,
            ).stdout  # fmt: skip
        rights = settings.BASE_DIR / "logistics" / "sql" / "grant_app_role.sql"
        subprocess.run(
            [
                self._programs / "psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", self._url("owner", "kho"),
                "-f", "-", "-c", "RESET search_path; SET kho.app_role = 'kho_app'", "-f", rights,
            ],
            input=dump,
            check=True,
            stdout=subprocess.DEVNULL,
        )  # fmt: skip

    def _url(self, role: str, database: str) -> str:
        place = quote(str(self.folder), safe="")
        return f"postgresql://kho_{role}:{self._passwords[role]}@{place}/{database}"

    @staticmethod
    def _environment() -> dict[str, str]:
        own = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_"))}
        return own | {"LANG": "C.UTF-8"}

    def _answers(self) -> bool:
        try:
            psycopg.connect(self._url("admin", "postgres"), connect_timeout=5).close()
        except psycopg.OperationalError:
            return False
        return True


@contextmanager
def cluster() -> Iterator[Cluster]:
    """Give a migrated cluster, and remove it afterwards."""
    # Not pytest's own folder: its parents are closed to the user that PostgreSQL runs as.
    folder = Path(tempfile.mkdtemp(prefix="kho-faults-"))
    folder.chmod(0o755)
    made = None
    try:
        made = Cluster(folder)
        yield made
    finally:
        if made is not None:
            made.stop()
        shutil.rmtree(folder, ignore_errors=True)


@dataclass(slots=True)
class Web:
    """The site as gunicorn serves it."""

    address: tuple[str, int]
    master: int

    def kill_workers(self) -> Sequence[int]:
        """Kill -9 every worker; gunicorn's master starts others. Returns the processes killed."""
        victims = _children(self.master)
        for victim in victims:
            with contextlib.suppress(ProcessLookupError):
                os.kill(victim, signal.SIGKILL)
        return victims

    def is_ready(self) -> bool:
        """Return whether the site answers and reaches its database."""
        host, port = self.address
        try:
            with urllib.request.urlopen(f"http://{host}:{port}/healthz/ready", timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False


@contextmanager
def served(environment: dict[str, str], log: Path) -> Iterator[Web]:
    """Serve a database with the site's own gunicorn settings, on a port that is taken before the server starts."""
    with socket.create_server(("127.0.0.1", 0)) as door, log.open("wb") as written:
        port = door.getsockname()[1]
        master = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "gunicorn",
                "--config",
                "deploy/gunicorn.conf.py",
                "--bind",
                f"fd://{door.fileno()}",
            ],
            cwd=settings.BASE_DIR,
            env=environment | {"PORT": str(port)},
            stdout=written,
            stderr=written,
            pass_fds=[door.fileno()],
        )
    web = Web(("127.0.0.1", port), master.pid)
    try:
        deadline = time.monotonic() + PATIENCE
        while not web.is_ready():
            if master.poll() is not None or time.monotonic() > deadline:
                raise TimeoutError(log.read_text(encoding="utf-8", errors="replace")[-3000:])
            time.sleep(0.1)
        yield web
    finally:
        master.terminate()
        master.wait()


def _newest_postgresql() -> Path:
    found = sorted(
        (path for path in Path("/usr/lib/postgresql").glob("*/bin") if (path / "initdb").exists()),
        key=lambda path: int(path.parent.name),
    )
    assert found, "PostgreSQL's server programs are not installed: run scripts/setup"
    return found[-1]


def _children(parent: int) -> list[int]:
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            process, rest = status.read_text(encoding="utf-8", errors="replace").rsplit(")", 1)
            if int(rest.split()[1]) == parent:
                found.append(int(process.split()[0]))
    return found


def _is_alive(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text(encoding="utf-8", errors="replace").rsplit(")", 1)[1].split()[0]
    except OSError:
        return False
    return state != "Z"


def _wait_until_gone(processes: Sequence[int]) -> None:
    deadline = time.monotonic() + PATIENCE
    while any(_is_alive(process) for process in processes):
        assert time.monotonic() < deadline, f"processes {processes} outlive kill -9"
        time.sleep(0.02)
