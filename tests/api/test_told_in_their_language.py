"""Whatever the API refuses of a path, a query or a body is told in the reader's language, at its place."""

from __future__ import annotations

import json
import re
from typing import Any, Final

import pytest
from django.utils import translation
from pydantic_core._pydantic_core import list_all_errors

from inventory.catalogue.models import Item
from logistics import faults, wire
from logistics.accounts.models import Assignment, Role
from logistics.http import PROBLEM
from tests import factories
from tests.api.conftest import Caller, a_token

ERRORS: Final[list[Any]] = [dict(one) for one in list_all_errors()]
ID = "3f2b8c1e-5d7a-4f19-9c68-2a7b1e0d4c53"
RECEIPT: Final = {"kind": "receipt", "occurred_at": "2026-11-20T08:00:00+07:00"}
LINE: Final = {"item": "QN-02-0001230", "quantity": "1"}


@pytest.fixture
def almighty(stocked: Item) -> Caller:
    """Somebody whom no role keeps from being told what is wrong."""
    user = factories.a_user("tat-ca", role=Role.STOREKEEPER)
    with factories.telling():
        for role in (Role.PLANNER, Role.AUDITOR):
            Assignment.objects.create(user=user, role=role)
    return Caller(a_token(user))


def told(error: dict[str, Any], language: str) -> tuple[str, str]:
    with translation.override(language):
        return wire.meaning(
            {
                "type": error["type"],
                "loc": ("line", "member"),
                "msg": error["message_template_python"],
                "ctx": error.get("example_context") or {},
            }
        )


@pytest.mark.parametrize("error", ERRORS, ids=[one["type"] for one in ERRORS])
def test_whatever_a_model_may_find_wrong_is_told_in_both_languages(error: dict[str, Any]) -> None:
    (code, english), (same, vietnamese) = told(error, "en"), told(error, "vi")
    assert code == same
    assert faults.explained(code) is not None
    assert english != vietnamese
    assert not vietnamese.isascii()
    assert "Input should" not in english


def test_a_choice_is_listed_without_an_english_word_between() -> None:
    error = {"type": "literal_error", "loc": ("kind",), "msg": "", "ctx": {"expected": "'day', 'month' or 'week'"}}
    with translation.override("vi"):
        assert wire.meaning(error)[1].endswith("'day', 'month', 'week'.")


REFUSED: Final = (
    # method, path, body, status, the place and the code of each fault
    ("GET", "/availability/map.geojson?item=QN-02-0001230&plan=x", None, 422, [("/query/plan", "uuid")]),
    ("GET", "/depots?limit=many", None, 422, [("/query/limit", "whole-number")]),
    ("GET", "/depots?limit=0&x=1", None, 422, [("/query/x", "unknown-parameter"), ("/query/limit", "too-small")]),
    ("GET", "/days-of-supply?limit=1001", None, 422, [("/query/limit", "too-large")]),
    ("GET", "/days-of-supply?cursor=x", None, 422, [("/query/cursor", "cursor")]),
    ("GET", "/foresight?risk=none-such", None, 422, [("/query/risk", "one-of")]),
    ("GET", "/depots/K01/movements?after=x", None, 422, [("/query/after", "whole-number")]),
    ("POST", "/depots/K01/vouchers:weigh", {"kind": "receipt", "id": "x"}, 422, [("/id", "uuid")]),
    ("POST", "/orders", {"requisition": "x", "orders": [{"id": 7}]}, 422, [
        ("/requisition", "uuid"), ("/orders/0/id", "uuid"), ("/orders/0/depot", "required"),
        ("/orders/0/needed_by", "required"), ("/orders/0/lines", "required"),
    ]),
    ("POST", "/orders", {"orders": [{"id": ID, "depot": "K01", "needed_by": "soon", "lines": [LINE]}]}, 422, [
        ("/orders/0/needed_by", "date"),
    ]),
    ("POST", "/depots/K01/movements", {**RECEIPT, "kind": 1, "lines": [{**LINE, "quantity": 1, "x": 1}]}, 422, [
        ("/kind", "one-of"), ("/lines/0/quantity", "decimal"), ("/lines/0/x", "unknown-member"),
    ]),
)  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize(("method", "path", "body", "status", "places"), REFUSED, ids=[one[1] for one in REFUSED])
def test_a_fault_is_told_in_the_readers_language_at_its_place(
    almighty: Caller, method: str, path: str, body: Any, status: int, places: list[tuple[str, str]]
) -> None:
    texts = {}
    for language in ("vi", "en"):
        asked = {"Accept-Language": language, "Idempotency-Key": "k"}
        answer = almighty.get(path, **asked) if method == "GET" else almighty.post(path, body, **asked)
        document = answer.json()
        assert (answer.status_code, answer.headers["Content-Language"]) == (status, language), document
        assert sorted((one["pointer"], one["code"]) for one in document["errors"]) == sorted(places)
        texts[language] = [one["detail"] for one in document["errors"]]
        assert all(text.isascii() == (language == "en") for text in map(unquoted, texts[language])), texts[language]
    assert all(vi != en for vi, en in zip(texts["vi"], texts["en"], strict=True))


def unquoted(text: str) -> str:
    """Return a text in the plain letters that its words have, without the marks around what it names."""
    return re.sub(r"[“”×]", "", text)


@pytest.mark.django_db
@pytest.mark.parametrize("language", ["vi", "en"])
def test_a_part_of_a_path_that_names_nothing_says_which(almighty: Caller, language: str) -> None:
    answer = almighty.get("/depots/K01/movements/99999999999999999999", **{"Accept-Language": language})
    document = answer.json()
    assert (answer.status_code, answer.headers["Content-Type"]) == (404, PROBLEM)
    assert document["detail"].isascii() == (language == "en")
    for fault in document.get("errors", []):
        assert fault["pointer"].startswith("/path/")
        assert fault["detail"].isascii() == (language == "en")


BROKEN: Final = ('{"a"', '{"a":}', "[1,]", "[1 2]", '{"a" 1}', "{1}", '"x', '"\\x"', '"\\u12"', '"\n"', "1 2", "")


@pytest.mark.django_db
@pytest.mark.parametrize("body", BROKEN)
def test_json_that_breaks_off_is_told_where_and_how(almighty: Caller, body: str) -> None:
    try:
        json.loads(body)
    except json.JSONDecodeError as error:
        said = error.msg
    for language in ("vi", "en"):
        answer = almighty.post("/orders", body.encode(), **{"Accept-Language": language})
        assert answer.status_code == 400
        assert answer.json()["detail"].isascii() == (language == "en")
        assert said not in answer.json()["detail"]


@pytest.mark.django_db
def test_what_is_refused_before_anybody_looks_is_told_in_the_askers_language(almighty: Caller, settings: Any) -> None:
    """Each follows a request in the other language: what a thread spoke last must not be heard again."""
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    for language in ("en", "vi", "en"):
        for path, body, status in (("/orders", b" " * 101, 413), ("/depots/%00", b"{}", 404)):
            answer = almighty.post(path, body, **{"Accept-Language": language})
            assert (answer.status_code, answer.headers["Content-Language"]) == (status, language)
            assert answer.json()["detail"].isascii() == (language == "en"), path
