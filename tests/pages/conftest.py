"""Visitors of the pages: browsers signed in as somebody, in a small store."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.test import Client
from playwright.sync_api import Browser, sync_playwright

from logistics import scratch
from logistics.accounts.models import User
from tests.browsers import ARGUMENTS, CHROMIUM
from tests.conftest import Worlds
from tests.pages.store import PASSWORD, Store, a_store

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def kept_store(worlds: Worlds) -> Iterator[Store]:
    """The store as it was made once for the run."""
    with worlds.within(a_store) as made:
        yield made


@pytest.fixture
def store(kept_store: Store, db: None) -> Store:
    """The store; what the test changes of it is rolled back."""
    return kept_store


@pytest.fixture
def store_with_passwords(db: None) -> Store:
    """The store, its people's passwords set."""
    return a_store(password=PASSWORD)


@pytest.fixture
def visit() -> Callable[[User], Client]:
    """A browser signed in as a user, in English unless it says otherwise."""

    def browser(user: User) -> Client:
        client = Client(headers={"accept-language": "en"})
        client.cookies["django_language"] = "en"
        client.force_login(user, backend="logistics.accounts.backends.RoleBackend")
        return client

    return browser


@pytest.fixture(scope="module")
def served(own_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Store]]:
    """The address of a real server over the store, and the store: one for a module, whose tests share what they do."""
    made = a_store(fillers=60, password=PASSWORD)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = scratch.environment(own_database) | {
        "PORT": str(port), "WEB_WORKERS": "1", "DEBUG": "0", "HTTPS": "0", "LOG_LEVEL": "WARNING",
        "ALLOWED_HOSTS": "127.0.0.1",
    }  # fmt: skip
    log = (tmp_path_factory.mktemp("served") / "web.log").open("w")
    web = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "--config", "deploy/gunicorn.conf.py"],
        cwd=ROOT, env=environment, stdout=log, stderr=log,
    )  # fmt: skip
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_for(f"{address}/healthz/live", web)
        yield address, made
    finally:
        web.terminate()
        web.wait(30)
        log.close()


@pytest.fixture
def browser(served: tuple[str, Store]) -> Iterator[Browser]:
    """Debian's chromium, started after the server so that its event loop meets no database fixture."""
    with sync_playwright() as play:
        started = play.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield started
        started.close()


def _wait_for(address: str, web: subprocess.Popen[bytes]) -> None:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    deadline = time.monotonic() + 60
    while True:
        assert web.poll() is None, "the server ended"
        try:
            opener.open(address, timeout=2).close()
            return
        except (urllib.error.URLError, OSError):
            assert time.monotonic() < deadline, "the server did not answer"
            time.sleep(0.2)
