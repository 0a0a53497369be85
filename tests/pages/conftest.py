"""Visitors of the pages: browsers signed in as somebody, in a small store."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from django.test import Client
from playwright.sync_api import Browser, sync_playwright

from logistics.accounts.models import User
from tests.browsers import ARGUMENTS, CHROMIUM
from tests.conftest import Worlds
from tests.pages.store import PASSWORD, Store, a_store
from tests.serving import Serve


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
def served(own_database: str, serve: Serve) -> Iterator[tuple[str, Store]]:
    """The address of a real server over the store, and the store: one for a module, whose tests share what they do."""
    made = a_store(fillers=60, password=PASSWORD)
    with serve(own_database) as address:
        yield address, made


@pytest.fixture
def browser(served: tuple[str, Store]) -> Iterator[Browser]:
    """Debian's chromium, started after the server so that its event loop meets no database fixture."""
    with sync_playwright() as play:
        started = play.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield started
        started.close()
