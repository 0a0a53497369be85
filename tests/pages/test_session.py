"""Staying signed in: one end per session, signing in again without leaving the page, nobody in another's name."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from logistics.accounts.models import User
from tests.notation import rows
from tests.pages.store import PASSWORD, Store

pytestmark = pytest.mark.django_db
JSON = {"accept": "application/json"}
SLOW = timedelta(minutes=10)  # between two requests on a busy machine; a session has twelve hours


def sign_in(client: Client, login: str, password: str = PASSWORD, **headers: str) -> dict[str, object]:
    body = json.dumps({"login": login, "password": password})
    answer = client.post("/session/", body, content_type="application/json", headers=JSON | headers)
    return {"status": answer.status_code, **answer.json()}


def test_nobody_is_told_so_and_given_what_signing_in_needs(client: Client) -> None:
    answer = client.get("/session/", headers=JSON)
    assert answer.status_code == 401
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["type"] == "/problems/unauthenticated"
    assert client.cookies["csrftoken"].value


def test_the_end_is_told_and_does_not_move(store: Store, visit: Callable[[User], Client]) -> None:
    browser = visit(store.keeper)
    told = browser.get("/session/").json()
    end = parse_datetime(told["ends_at"])
    assert end is not None
    assert (told["login"], told["name"]) == ("thukho", store.keeper.get_full_name())
    expected = timezone.now() + timedelta(seconds=settings.SESSION_COOKIE_AGE)
    assert abs(end - expected) < SLOW
    left = int(browser.get("/").text.partition('data-session-left="')[2].partition('"')[0])
    assert told["seconds_left"] - SLOW.total_seconds() <= left <= told["seconds_left"] <= settings.SESSION_COOKIE_AGE
    session = browser.session
    session["depot"] = "K01"
    session.save()
    assert browser.get("/session/").json()["ends_at"] == told["ends_at"]


def test_signing_in_goes_on_with_a_new_token(store_with_passwords: Store) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.get("/session/")
    before = browser.cookies["csrftoken"].value
    assert sign_in(browser, "thukho")["status"] == 403
    answer = sign_in(browser, "thukho", **{"x-csrftoken": before})
    assert (answer["status"], answer["login"]) == (200, "thukho")
    assert browser.cookies["csrftoken"].value != before
    assert browser.get("/").status_code == 200


def test_refusals_are_problems_in_words(store_with_passwords: Store, client: Client) -> None:
    for row in rows("""
        login     | password | status
        khong-co  | sai      | 401
        thukho    | sai      | 401
        lienthong | right    | 401
    """):
        told = sign_in(client, row["login"], PASSWORD if row["password"] == "right" else row["password"])
        assert told["status"] == int(row["status"])
        assert told["detail"] == "Tên đăng nhập và mật khẩu không khớp. Xem lại cả hai rồi thử lại."
        assert told["request_id"]
    assert client.post("/session/", "[]", content_type="application/json").status_code == 400
    assert client.post("/session/", "no", content_type="application/json").status_code == 400
    assert client.put("/session/").status_code == 405


def test_guessing_is_locked_out_here_as_on_the_page(store_with_passwords: Store, client: Client) -> None:
    for _attempt in range(settings.AXES_FAILURE_LIMIT - 1):
        assert sign_in(client, "thukho", "sai")["status"] == 401
    assert sign_in(client, "thukho", "sai")["status"] == 429
    locked = sign_in(client, "thukho")
    assert (locked["status"], locked["type"]) == (429, "/problems/too-many-requests")
    assert client.post("/sign-in/", {"username": "thukho", "password": PASSWORD}).status_code == 429
    assert client.get("/session/").status_code == 401


def test_texts_of_the_modules_are_kept_for_good_and_change_their_address(client: Client) -> None:
    page = client.get("/sign-in/").text
    address = page.partition('<script defer src="')[2].partition('"')[0]
    assert address.startswith("/texts/vi/")
    answer = client.get(address)
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/javascript")
    assert "immutable" in answer["Cache-Control"]
    assert "Vary" not in answer or "Cookie" not in answer["Vary"]
    assert "Ph\\u00edm t\\u1eaft" in answer.text
    assert client.get("/texts/vi/0123456789ab.js").status_code == 404
    assert client.get(address.replace("/vi/", "/en/")).status_code == 404
