"""The description of the API: true to what is answered, self-contained, and safe to throw anything at."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, transaction
from django.test import Client
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.definitions import OPENAPI_31_VALIDATOR

from inventory.catalogue.models import Item
from logistics.accounts.models import Assignment, Role
from logistics.api import api
from logistics.http import PROBLEM
from tests import factories
from tests.api.conftest import RICE, Caller, a_token, issue, receipt

pytestmark = pytest.mark.django_db
EXAMPLES = 100 if os.environ.get("HYPOTHESIS_PROFILE") == "long" else 6


@pytest.fixture
def description() -> dict[str, Any]:
    return Client().get("/api/v1/openapi.json").json()


def fits(description: dict[str, Any], schema: dict[str, Any], document: Any) -> None:
    """Raise jsonschema's ValidationError unless the document fits a schema of the description."""
    jsonschema_rs.validate({**schema, "components": description["components"]}, document)


def test_it_is_openapi_31_and_every_operation_says_how_it_refuses(description: dict[str, Any]) -> None:
    assert description["openapi"].startswith("3.1")
    operations = [one for path in description["paths"].values() for one in path.values()]
    assert len({one["operationId"] for one in operations}) == len(operations) > 20
    for one in operations:
        assert one["security"], one["operationId"]
        assert one["summary"]
        assert {"401", "403", "404", "422", "429", "503"} <= set(one["responses"])
    posting = description["paths"]["/api/v1/depots/{depot}/movements"]["post"]
    content = posting["requestBody"]["content"]["application/json"]
    assert set(content["examples"]) == {"receipt", "issue"}
    assert [one["name"] for one in posting["parameters"] if one["in"] == "header"] == ["Idempotency-Key"]
    for example in content["examples"].values():
        fits(description, content["schema"], example["value"])
    with pytest.raises(jsonschema_rs.ValidationError):
        fits(description, content["schema"], {"kind": "receipt"})


def test_the_whole_document_is_valid_openapi_31(description: dict[str, Any]) -> None:
    """By the OpenAPI Initiative's own schema of the format; it leaves JSON schemas inside to their dialect's."""
    OPENAPI_31_VALIDATOR.validate(description)
    for parameter in (
        parameter
        for path in description["paths"].values()
        for operation in path.values()
        for parameter in operation.get("parameters", [])
    ):
        jsonschema_rs.meta.validate(parameter["schema"])
    for schema in description["components"]["schemas"].values():
        jsonschema_rs.meta.validate(schema)


def test_every_reference_leads_somewhere(description: dict[str, Any]) -> None:
    for reference in set(re.findall(r'"\$ref": ?"([^"]+)"', repr(description).replace("'", '"'))):
        node: Any = description
        for part in reference.removeprefix("#/").split("/"):
            assert part in node, reference
            node = node[part]


def test_answers_are_as_described(description: dict[str, Any], keeper: Caller, reader: Caller, stocked: Item) -> None:
    factories.a_packaging(stocked, "BX", "24")
    answers = {"POST /depots/{depot}/movements": keeper.post("/depots/K01/movements", receipt(), key="a")}
    keeper.post("/depots/K01/movements", issue("5"), key="b")
    answers["POST /depots/{depot}/movements:batch"] = keeper.post("/depots/K01/movements:batch", [receipt()], key="c")
    for path in (
        "/depots", "/depots/{depot}", "/depots/{depot}/bins", "/depots/{depot}/history", "/depots/{depot}/movements",
        "/depots/{depot}/movements/{position}", "/items", "/items/{item}", "/items/{item}/history", "/lots", "/units",
        "/units/{code}", "/supply-classes", "/organisation-units",
    ):  # fmt: skip
        answers[f"GET {path}"] = reader.get(path.format(depot="K01", position=2, item=RICE, code="KGM"))
    answers["GET /depots/{depot}/catalogue"] = keeper.get("/depots/K01/catalogue")
    answers["GET /codes"] = keeper.get("/codes?depot=K01&text=L25-01")
    for name, answer in answers.items():
        method, path = name.split()
        described = description["paths"][f"/api/v1{path}"][method.lower()]["responses"][str(answer.status_code)]
        fits(description, described["content"]["application/json"]["schema"], answer.json())
        if "items" in answer.json():
            assert answer.json()["items"], f"{name} proves nothing when empty"
    refusal = keeper.post("/depots/K01/movements", issue("9999"), key="d")
    fits(description, {"$ref": "#/components/schemas/Problem"}, refusal.json())


def test_no_member_is_answered_that_the_description_leaves_out(description: dict[str, Any], keeper: Caller) -> None:
    document = keeper.post("/depots/K01/movements", receipt(), key="a").json()
    schemas = description["components"]["schemas"]
    assert set(document) == set(schemas["MovementOut"]["properties"])
    # What was measured is told of liquid fuel alone: tests/fuel.
    assert set(document["lines"][0]) == set(schemas["MovementLineOut"]["properties"]) - {"fuel"}


@pytest.mark.parametrize("path", ["openapi.json", "docs"])
@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer x"}])
def test_the_description_is_as_strict_as_what_it_describes(path: str, headers: dict[str, str]) -> None:
    client, address = Client(enforce_csrf_checks=True), f"/api/v1/{path}"
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        answer = client.generic(method, address, headers=headers)
        assert (answer.status_code, answer.json()["type"]) == (405, "/problems/method-not-allowed")
        assert (answer.headers["Content-Type"], answer.headers["Allow"]) == (PROBLEM, "GET")
    answer = client.get(f"{address}?format=yaml", headers=headers)
    assert (answer.status_code, answer.headers["Content-Type"]) == (422, PROBLEM)
    (fault,) = answer.json()["errors"]
    assert (fault["pointer"], fault["code"]) == ("/query/format", "unknown-parameter")
    assert client.get(address, headers=headers).status_code == 200


def test_the_docs_page_loads_nothing_from_outside_and_keeps_the_policy() -> None:
    answer = Client().get("/api/v1/docs")
    page = answer.content.decode()
    assert answer.status_code == 200
    addresses = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert addresses
    assert all(address.startswith("/") and not address.startswith("//") for address in addresses)
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert "http" not in answer.headers["Content-Security-Policy"]
    for attributes in re.findall(r"<script([^>]*)>", page):
        assert "src=" in attributes or 'type="application/json"' in attributes
    assert not re.search(r"<style|style=|\son\w+=", page)


@pytest.fixture
def almighty(stocked: Item, settings: Any, tmp_path: Path) -> str:
    """A token of somebody with every right, in a store with something in it."""
    settings.KEY_DIR, settings.EXPORT_DIR = tmp_path / "keys", tmp_path / "exports"
    user = factories.a_user("tat-ca", role=Role.STOREKEEPER)
    with factories.telling():
        for role in (Role.CATALOGUE_KEEPER, Role.EXPORT_CLIENT, Role.ADMINISTRATOR, Role.AUDITOR):
            Assignment.objects.create(user=user, role=role)
    token = a_token(user)
    assert Caller(token).post("/depots/K01/movements", receipt(), key="first").status_code == 201
    return token


@pytest.fixture
def site() -> Iterator[Any]:
    """The application as gunicorn calls it, but leaving the test's own connection open between requests."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield get_wsgi_application()
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture(scope="module")
def small() -> dict[str, Any]:
    """The description with short lists, which take less long to make up and break as much."""

    def shorten(node: Any) -> Any:
        if isinstance(node, dict):
            return {name: 3 if name == "maxItems" else shorten(value) for name, value in node.items()}
        return [shorten(value) for value in node] if isinstance(node, list) else node

    return json.loads(json.dumps(shorten(api.get_openapi_schema())))  # type: ignore[no-any-return]


KNOWN = {"depot": "K01", "item": RICE, "position": 1}


@pytest.mark.parametrize("label", sorted(
    f"{method.upper()} {path}" for path, methods in api.get_openapi_schema()["paths"].items() for method in methods
))  # fmt: skip
def test_nothing_thrown_at_it_breaks_it(almighty: str, site: Any, small: dict[str, Any], label: str) -> None:
    schema = schemathesis.openapi.from_dict(small)
    schema.app = site
    (operation,) = [
        found.ok() for found in schema.get_all_operations() if isinstance(found, Ok) and found.ok().label == label
    ]

    @hypothesis_settings(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy())
    def throw(case: Any) -> None:
        assert case.operation.label == label
        # Made-up codes end at the gate; known ones let the rest of the request through to the code behind it.
        if case.path_parameters:
            case.path_parameters.update({name: value for name, value in KNOWN.items() if name in case.path_parameters})
        with transaction.atomic():
            answer = case.call(headers={"Authorization": f"Bearer {almighty}"})
            transaction.set_rollback(True)
        assert answer.status_code < 500, (answer.status_code, answer.content)
        if answer.status_code >= 400:
            assert answer.headers["content-type"] == [PROBLEM]

    throw()
