"""Callers of the API: programs with tokens, in a world of two depots."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone

from inventory.catalogue.models import Item
from logistics.accounts.models import Role, Token, User
from tests import factories
from tests.conftest import Worlds

RICE = "QN-02-0001230"


def a_token(user: User, *, days: int = 1, scopes: list[str] | None = None) -> str:
    """Make a token of `user` and return its secret."""
    with factories.telling():
        return Token.issue(to=user, at=timezone.now(), days=days, scopes=scopes)


@dataclass
class Caller:
    """A program that calls the API with a token (None: without) and reads JSON."""

    token: str | None
    client: Client = field(default_factory=lambda: Client(raise_request_exception=False))

    def get(self, path: str, **headers: str) -> Any:
        """GET a path below /api/v1."""
        return self._send("GET", path, None, headers)

    def post(self, path: str, body: Any, key: str | None = None, **headers: str) -> Any:
        """POST JSON (or bytes as they are) below /api/v1, with an idempotency key when one is given."""
        if key is not None:
            headers["Idempotency-Key"] = key
        return self._send("POST", path, body, headers)

    def put(self, path: str, body: Any, **headers: str) -> Any:
        """PUT JSON (or bytes as they are) below /api/v1."""
        return self._send("PUT", path, body, headers)

    def _send(self, method: str, path: str, body: Any, headers: dict[str, str]) -> Any:
        if self.token is not None:
            headers.setdefault("Authorization", f"Bearer {self.token}")
        data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        kind = headers.pop("content_type", "application/json" if body is not None else "")
        # A refused posting dooms its transaction, which in a test is the whole test's: a savepoint stands for it.
        with transaction.atomic():
            return self.client.generic(method, f"/api/v1{path}", data, content_type=kind, headers=headers)


def a_stock() -> Item:
    """Make K01 and K02; return rice."""
    factories.world()
    factories.a_depot("K01")
    factories.a_depot("K02")
    return factories.an_item(RICE, tracking="lot", unit="KGM")


@pytest.fixture
def kept_stock(worlds: Worlds) -> Iterator[Item]:
    """The depots and rice as they were made once for the run."""
    with worlds.within(a_stock) as made:
        yield made


@pytest.fixture
def stocked(kept_stock: Item, db: None) -> Item:
    """K01 and K02, and rice in the catalogue."""
    return kept_stock


@pytest.fixture
def keeper(stocked: Item) -> Caller:
    """The storekeeper of K01."""
    from depots.models import Depot

    user = factories.a_user("thukho", role=Role.STOREKEEPER, depot=Depot.objects.get(code="K01"))
    return Caller(a_token(user))


@pytest.fixture
def reader(stocked: Item) -> Caller:
    """An auditor of the whole store."""
    return Caller(a_token(factories.a_user("kiemtoan", role=Role.AUDITOR)))


@pytest.fixture
def stranger(stocked: Item) -> Caller:
    """Somebody signed in whom nobody gave a role."""
    return Caller(a_token(factories.a_user("khach")))


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Every statement sent from now on, ours and the ORM's, as psycopg was handed it."""
    sent: list[Any] = []
    execute = psycopg.Cursor.execute

    def counting(self: Any, query: Any, *arguments: Any, **options: Any) -> Any:
        sent.append(query)
        return execute(self, query, *arguments, **options)

    monkeypatch.setattr(psycopg.Cursor, "execute", counting)
    return sent


@pytest.fixture
def nobody(stocked: Item) -> Caller:
    """Somebody without a token."""
    return Caller(None)


def receipt(quantity: str = "120.000", **fields: Any) -> dict[str, Any]:
    """Return the body of a receipt of rice an hour ago."""
    line = {"item": RICE, "lot": "L25-01", "expires_on": "2048-06-30", "quantity": quantity, "unit": "KGM"}
    return {
        "kind": "receipt",
        "occurred_at": (timezone.now() - timedelta(hours=1)).isoformat(),
        "counterparty": "Công ty Lương thực",
        "lines": [line | fields.pop("line", {})],
        **fields,
    }


def issue(quantity: str, **fields: Any) -> dict[str, Any]:
    """Return the body of an issue of rice just now, first expired first."""
    return {
        "kind": "issue",
        "occurred_at": timezone.now().isoformat(),
        "lines": [{"item": RICE, "quantity": quantity} | fields.pop("line", {})],
        **fields,
    }
