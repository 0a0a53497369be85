"""Who is let in, by which door, how often; and what the operators' doors say."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from depots.models import Depot
from inventory.catalogue.models import Item
from logistics.accounts import tokens
from logistics.accounts.models import Role, Token
from tests import factories
from tests.api.conftest import RICE, Caller, a_token, receipt

pytestmark = pytest.mark.django_db
PATH = "/depots/K01/movements"


@pytest.fixture(autouse=True)
def fresh_counters(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """Counters that have counted nothing, and the clock they go by: what a test asks falls into one minute."""
    clock = SimpleNamespace(time=lambda: 1_000_000_000.0)  # 40 seconds into its minute
    monkeypatch.setattr(tokens, "time", clock)
    monkeypatch.setattr(tokens, "_requests", tokens.MinuteCounter())
    monkeypatch.setattr(tokens, "_failures", tokens.MinuteCounter())
    return clock


@pytest.mark.parametrize(
    "header",
    ["", "Bearer", "Bearer x", "Basic dXNlcjpwYXNz", "Bearer kho_" + "A" * 43, "Bearer kho_\x00", "kho_" + "A" * 43],
)
def test_bad_credentials_answer_401(nobody: Caller, header: str) -> None:
    answer = nobody.get("/depots", Authorization=header)
    assert (answer.status_code, answer.json()["type"]) == (401, "/problems/unauthenticated")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    ("language", "advice"),
    [("en", "Send “Authorization: Bearer TOKEN”"), ("vi", "Hãy gửi “Authorization: Bearer TOKEN”")],
)
def test_whoever_brings_nothing_is_told_what_to_do(nobody: Caller, language: str, advice: str) -> None:
    answer = nobody.get("/depots", **{"Accept-Language": language})
    assert answer.status_code == 401
    assert advice in answer.json()["detail"]


def test_head_answers_like_get_without_the_body(keeper: Caller) -> None:
    keeper.post(PATH, receipt(), key="a")
    for path, status in [(PATH, 200), (f"{PATH}/1", 200), (f"{PATH}?x=1", 422), ("/depots/K77", 404)]:
        asked, told = (
            keeper.client.generic(method, f"/api/v1{path}", headers={"Authorization": f"Bearer {keeper.token}"})
            for method in ("GET", "HEAD")
        )
        assert (asked.status_code, told.status_code, told.content) == (status, status, b"")
        assert int(told.headers["Content-Length"]) == len(asked.content) > 0
        changing = {"X-Request-ID": "", "Content-Length": ""}
        assert {**told.headers, **changing} == {**asked.headers, **changing}


def test_a_token_ends_when_it_expires_is_revoked_or_its_owner_leaves(keeper: Caller) -> None:
    token = Token.objects.get()
    assert keeper.get("/depots").status_code == 200
    for change, undo in [
        ({"revoked_at": timezone.now()}, {"revoked_at": None}),
        ({"expires_at": timezone.now() - timedelta(seconds=1)}, {"expires_at": timezone.now() + timedelta(days=1)}),
    ]:
        Token.objects.filter(pk=token.pk).update(**change)
        assert keeper.get("/depots").status_code == 401
        Token.objects.filter(pk=token.pk).update(**undo)
        assert keeper.get("/depots").status_code == 200
    token.user.is_active = False
    with factories.telling():
        token.user.save()
    assert keeper.get("/depots").status_code == 401


def test_a_token_stands_for_its_owner_exactly(stocked: Item) -> None:
    owner = factories.a_user("thukho", rank="Thượng úy", title="Thủ kho", is_program=True)
    found = tokens.authenticate(a_token(owner), at=timezone.now())
    assert found == owner
    for name in ("login", "full_name", "rank", "title", "is_active", "is_staff", "is_superuser", "is_program"):
        assert getattr(found, name) == getattr(owner, name), name


def test_use_of_a_token_is_noted_at_most_once_a_minute_and_not_in_its_history(keeper: Caller) -> None:
    keeper.get("/depots")
    first = Token.objects.get().last_used_at
    assert first is not None
    keeper.get("/depots")
    assert Token.objects.get().last_used_at == first
    Token.objects.update(last_used_at=first - timedelta(minutes=2))
    keeper.get("/depots")
    assert Token.objects.get().last_used_at > first
    assert Token.history.count() == 1


def test_scopes_narrow_and_never_widen(stocked: Item) -> None:
    user = factories.a_user("thukho", role=Role.STOREKEEPER, depot=Depot.objects.get(code="K01"))
    reading, posting = Caller(a_token(user, scopes=["read"])), Caller(a_token(user, scopes=["post"]))
    exporting = Caller(a_token(user, scopes=["export"]))
    assert reading.get(PATH).status_code == 200
    assert reading.post(PATH, receipt(), key="a").status_code == 403
    assert posting.post(PATH, receipt(), key="a").status_code == 201
    for path in (PATH, "/depots", f"/items/{RICE}"):
        assert posting.get(path).status_code == 403
        assert exporting.get(path).status_code == 403
    auditor = Caller(a_token(factories.a_user("kiemtoan", role=Role.AUDITOR), scopes=["post", "read"]))
    assert auditor.post(PATH, receipt(), key="b").status_code == 403


def test_too_many_requests_wait(keeper: Caller, fresh_counters: SimpleNamespace, settings: Any) -> None:
    settings.API_REQUESTS_PER_MINUTE = 2
    assert [keeper.get("/depots").status_code for _ in range(3)] == [200, 200, 429]
    answer = keeper.get("/depots")
    assert answer.json()["type"] == "/problems/too-many-requests"
    assert answer.headers["Retry-After"] == "20"
    fresh_counters.time = lambda: 1_000_000_020.0
    assert keeper.get("/depots").status_code == 200


def test_guessing_waits_but_locks_no_neighbour_out(keeper: Caller, nobody: Caller, settings: Any) -> None:
    settings.API_FAILED_SIGN_INS_PER_MINUTE = 2
    guesses = [nobody.get("/depots", Authorization="Bearer x").status_code for _ in range(3)]
    assert guesses == [401, 401, 429]
    assert keeper.get("/depots").status_code == 200


def test_a_signed_in_person_reads_and_needs_the_csrf_token_to_post(stocked: Item) -> None:
    user = factories.a_user("thukho", role=Role.STOREKEEPER, depot=Depot.objects.get(code="K01"))
    client = Client(enforce_csrf_checks=True)
    client.force_login(user, backend="logistics.accounts.backends.RoleBackend")
    assert client.get("/api/v1/depots").status_code == 200
    sending: dict[str, Any] = {"content_type": "application/json", "headers": {"Idempotency-Key": "a"}}
    answer = client.post(f"/api/v1{PATH}", receipt(), **sending)
    assert (answer.status_code, answer.json()["type"]) == (403, "/problems/cross-site")
    client.cookies["csrftoken"] = secret = "a" * 32
    sending["headers"]["X-CSRFToken"] = secret
    assert client.post(f"/api/v1{PATH}", receipt(), **sending).status_code == 201
    assert Client().get("/api/v1/depots").status_code == 401


def test_create_token_prints_a_token_and_nothing_else(stocked: Item) -> None:
    factories.a_user("lienthong", role=Role.STOREKEEPER, is_program=True)
    out = StringIO()
    call_command("create_token", "lienthong", "--days", "7", "--scope", "read", stdout=out)
    assert out.getvalue().count("\n") == 1
    caller = Caller(out.getvalue().strip())
    assert caller.get("/depots").status_code == 200
    assert caller.post(PATH, receipt(), key="a").status_code == 403
    lifetime = Token.objects.get().expires_at - timezone.now()
    assert timedelta(days=6) < lifetime <= timedelta(days=7)
    wrong = [(["nobody"], 5), (["lienthong", "--days", "0"], 2)]  # something is missing, wrong use
    for arguments, code in wrong:
        with pytest.raises(CommandError) as refused:
            call_command("create_token", *arguments, stdout=StringIO(), stderr=StringIO())
        assert refused.value.returncode == code
    with pytest.raises(CommandError):
        call_command("create_token", "lienthong", "--scope", "everything", stdout=StringIO(), stderr=StringIO())


def test_a_host_we_do_not_serve_is_refused(keeper: Caller) -> None:
    answer = keeper.get("/depots", Host="evil.example")
    assert (answer.status_code, answer.json()["type"]) == (400, "/problems/bad-request")


def test_health_needs_no_token() -> None:
    assert Client().get("/healthz/live").json() == {"status": "live"}
    ready = Client().get("/healthz/ready")
    assert (ready.status_code, ready.json()["status"]) == (200, "ready")
