"""A database that is down or busy: the caller is asked to come back, and loses nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.db import connections
from django.test import Client

from logistics.accounts.models import Role
from logistics.scratch import owner_url
from tests import factories
from tests.api.conftest import RICE, a_token, receipt


@pytest.fixture
def database_down(committed: str) -> Iterator[None]:
    connection = connections["default"]
    before = connection.settings_dict["HOST"]
    connection.close()
    connection.settings_dict["HOST"] = "/nowhere"
    yield
    connection.close()
    connection.settings_dict["HOST"] = before


@pytest.mark.usefixtures("database_down")
def test_without_a_database_everything_asks_to_come_back() -> None:
    token = "kho_" + "A" * 43
    answer = Client().get("/api/v1/depots", headers={"Authorization": f"Bearer {token}"})
    assert (answer.status_code, answer.json()["type"]) == (503, "/problems/unavailable")
    assert int(answer.headers["Retry-After"]) > 0
    ready = Client().get("/healthz/ready")
    assert (ready.status_code, ready.json()["checks"]["database"]) == (503, False)
    assert Client().get("/healthz/live").status_code == 200


def test_a_busy_logbook_asks_to_come_back_and_then_posts(committed: str) -> None:
    factories.world()
    depot = factories.a_depot("K01")
    factories.an_item(RICE, tracking="lot", unit="KGM")
    user = factories.a_user("thukho", role=Role.STOREKEEPER, depot=depot)
    headers = {"Authorization": f"Bearer {a_token(user)}", "Idempotency-Key": "first"}

    def send(body: dict[str, Any]) -> Any:
        return Client().post("/api/v1/depots/K01/movements", body, content_type="application/json", headers=headers)

    assert send(receipt()).status_code == 201
    headers["Idempotency-Key"] = "second"
    body = receipt("5")
    with psycopg.connect(owner_url(committed)) as other:
        other.execute("SELECT 1 FROM ledger_depotlog FOR UPDATE")
        with connections["default"].cursor() as cursor:
            cursor.execute("SET lock_timeout = '100ms'")
        answer = send(body)
    assert (answer.status_code, answer.json()["type"]) == (503, "/problems/unavailable")
    assert send(body).status_code == 201


@pytest.mark.usefixtures("database_down")
def test_a_page_without_a_database_asks_to_come_back_too() -> None:
    client = Client(raise_request_exception=False)
    client.cookies[settings.SESSION_COOKIE_NAME] = "a" * 32
    answer = client.get("/")
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
