"""Every refusal is a problem document whose type has a page."""

from __future__ import annotations

import importlib
import pkgutil
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.test import Client, RequestFactory

import depots
import inventory
import logistics
from logistics import problems
from logistics.errors import DomainError
from logistics.http import PROBLEM, ProblemMiddleware, answer_to, problem
from tests.api.conftest import RICE, Caller

pytestmark = pytest.mark.django_db
for room in (logistics, depots, inventory):  # a refusal nobody imported yet is one too
    for module in pkgutil.walk_packages(room.__path__, f"{room.__name__}."):
        if not {"migrations", "commands"} & set(module.name.split(".")):
            importlib.import_module(module.name)
KINDS = sorted({kind.slug: kind for kind in problems.refusals()}.items())


@pytest.mark.parametrize("slug", [slug for slug, _ in KINDS])
def test_every_refusal_has_its_page_in_both_languages(slug: str) -> None:
    assert slug in problems.MEANINGS, f"say in logistics/problems.py what {slug} means"
    for language in ("vi", "en"):
        page = Client().get(f"/problems/{slug}", headers={"Accept-Language": language})
        assert page.status_code == 200
        assert f"/problems/{slug}" in page.content.decode()


def test_no_page_is_left_of_a_refusal_that_is_gone() -> None:
    assert set(problems.MEANINGS) == {slug for slug, _ in KINDS}
    index = Client().get("/problems/").content.decode()
    assert all(f"/problems/{slug}" in index for slug in problems.MEANINGS)
    assert Client().get("/problems/none-such").status_code == 404


@pytest.mark.parametrize("kind", [kind for _, kind in KINDS])
def test_one_slug_has_one_status(kind: type[DomainError]) -> None:
    assert {other.status for other in problems.refusals() if other.slug == kind.slug} == {kind.status}


@pytest.mark.parametrize(
    ("method", "path", "status", "slug"),
    [
        ("GET", "/nowhere", 404, "not-found"),
        ("GET", "/depots/K01/movements/x", 404, "not-found"),
        ("GET", "/", 404, "not-found"),
        ("DELETE", "/depots", 405, "method-not-allowed"),
        ("PUT", f"/items/{RICE}", 405, "method-not-allowed"),
        ("GET", "/depots?x=1", 422, "invalid"),
        ("GET", "/depots/%00", 404, "not-found"),
        ("GET", "/depots/%ff", 404, "not-found"),
    ],
)
@pytest.mark.parametrize("door", ["token", "session"])
def test_what_the_framework_refuses_is_a_problem_too(
    reader: Caller, method: str, path: str, status: int, slug: str, door: str
) -> None:
    client = Client()
    headers = {"X-Request-ID": "asked-1", "Accept-Language": "en"}
    if door == "token":
        headers["Authorization"] = f"Bearer {reader.token}"
    else:
        from logistics.accounts.models import User

        client.force_login(User.objects.get(login="kiemtoan"), backend="logistics.accounts.backends.RoleBackend")
    answer = client.generic(method, f"/api/v1{path}", headers=headers)
    assert (answer.status_code, answer.headers["Content-Type"]) == (status, PROBLEM)
    document = answer.json()
    assert (document["type"], document["status"], document["request_id"]) == (f"/problems/{slug}", status, "asked-1")
    assert document["title"]
    assert document["detail"]
    assert answer.headers["X-Request-ID"] == "asked-1"
    assert answer.headers["Cache-Control"] == "no-store"
    if status == 405:
        assert "GET" in answer.headers["Allow"]


@pytest.mark.parametrize("kind", [HttpResponse, StreamingHttpResponse])
def test_an_answer_to_head_has_no_body_of_any_kind(kind: type[HttpResponseBase]) -> None:
    """Asked of the middleware itself: Django's test client would take the body away on its own."""
    closed: list[bool] = []

    class Body(list[bytes]):
        def close(self) -> None:
            closed.append(True)

    def view(request: HttpRequest) -> HttpResponseBase:
        assert request.method == "GET"
        return kind(Body([b"123"]), headers={"Content-Length": "3"})

    answer: Any = ProblemMiddleware(view)(RequestFactory().head("/api/v1/depots"))  # type: ignore[arg-type]
    assert (b"".join(answer), answer.headers["Content-Length"]) == (b"", "3")
    answer.close()
    assert closed


def test_a_request_id_of_ones_own_is_echoed_only_when_it_is_one(reader: Caller) -> None:
    for given in ("x" * 65, "a b", "a\u00e9"):
        answer = reader.get("/depots", **{"X-Request-ID": given})
        assert answer.headers["X-Request-ID"] != given
        assert len(answer.headers["X-Request-ID"]) == 32


def test_what_nobody_expected_is_logged_and_told_without_its_inside(caplog: pytest.LogCaptureFixture) -> None:
    request = RequestFactory().get("/api/v1/x")
    request.META["kho.request_id"] = "r-1"
    answer = answer_to(request, ZeroDivisionError("secret inside"))
    assert answer.status_code == 500
    assert b"secret" not in answer.content
    assert "r-1" in answer.content.decode()
    assert "secret inside" in caplog.text
    assert "r-1" in caplog.text


@pytest.mark.parametrize("kind", [kind for _, kind in KINDS])
def test_headers_that_a_status_calls_for(kind: type[DomainError]) -> None:
    error: Any = kind.__new__(kind)
    DomainError.__init__(error, "words")
    error.retry_after = 7
    answer = problem(RequestFactory().get("/api/v1/x"), error)
    assert ("WWW-Authenticate" in answer.headers) is (kind.status == 401)
    assert ("Retry-After" in answer.headers) is (kind.status in {429, 503})
