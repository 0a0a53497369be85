"""A depot with people who sign."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from django.conf import LazySettings
from django.test import Client

from depots.models import Depot
from inventory.printing.models import KeptPaper
from logistics.accounts.models import Role, User
from tests import factories
from tests.conftest import Worlds
from tests.signing import keys


@dataclass
class Office:
    """What the tests name."""

    depot: Depot
    keeper: User  # storekeeper of K01: the paper names him as maker
    chief: User  # approver of K01: the paper names him as commander
    auditor: User  # reads K01
    stranger: User  # storekeeper of K99
    paper: KeptPaper


@pytest.fixture(autouse=True)
def _no_authorities(settings: LazySettings, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Whatever this machine's site trusts, the tests start from nothing."""
    settings.SIGNING_AUTHORITIES = tmp_path_factory.mktemp("authorities")


def an_office() -> Office:
    """Make the depot, its people and a paper."""
    factories.world()
    k01, k99 = factories.a_depot("K01"), factories.a_depot("K99")
    keeper = factories.a_user("thukho", role=Role.STOREKEEPER, depot=k01)
    return Office(
        depot=k01,
        keeper=keeper,
        chief=factories.a_user("chihuy", role=Role.APPROVER, depot=k01),
        auditor=factories.a_user("kiemtoan", role=Role.AUDITOR, depot=k01),
        stranger=factories.a_user("nguoi-la", role=Role.STOREKEEPER, depot=k99),
        paper=keys.a_paper(k01, keeper),
    )


@pytest.fixture
def kept_office(worlds: Worlds) -> Iterator[Office]:
    """The office as it was made once for the run."""
    with worlds.within(an_office) as made:
        yield made


@pytest.fixture
def office(kept_office: Office, db: None) -> Office:
    """The office; what the test changes of it is rolled back."""
    return kept_office


@pytest.fixture
def visit() -> Callable[[User], Client]:
    """A browser signed in as a user, in English."""

    def browser(user: User) -> Client:
        client = Client(headers={"accept-language": "en"})
        client.cookies["django_language"] = "en"
        client.force_login(user, backend="logistics.accounts.backends.RoleBackend")
        return client

    return browser
