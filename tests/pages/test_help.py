"""Help and refusals: a screen for every page in both languages, and what to quote when something is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from django.test import Client
from django.urls import get_resolver

from logistics import help as topics
from logistics.accounts.models import User
from tests.pages.store import Store

pytestmark = pytest.mark.django_db
# Addresses that answer programs, scripts and buttons.
NO_PAGES = {"live", "ready", "session", "set_language", "sign-out", "texts", "worker"}
FRAGMENTS = Path(topics.__file__).parent / "templates" / "help"


@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_topic_has_a_screen_and_every_screen_a_topic(client: Client, language: str) -> None:
    client.cookies["django_language"] = language
    assert {file.stem for file in (FRAGMENTS / language).glob("*.html")} == set(topics.TOPICS)
    index = client.get("/help/").text
    for topic in topics.TOPICS:
        assert f'href="/help/{topic}/"' in index
        page = client.get(f"/help/{topic}/")
        assert page.status_code == 200
        assert page.text.count("<h1") == 1
        assert f'<html lang="{language}"' in page.text
    assert client.get("/help/no-such-topic/").status_code == 404


def test_a_page_leads_to_its_own_help(store: Store, visit: Callable[[User], Client]) -> None:
    browser = visit(store.keeper)
    assert '<a href="/help/desk/">Help</a>' in browser.get("/depots/K01/desk/").text
    assert set(topics.BY_PAGE.values()) <= set(topics.TOPICS)


def test_every_page_has_help_of_its_own() -> None:
    names = {name for name in get_resolver().reverse_dict if isinstance(name, str) and not name.endswith("-file")}
    assert names - set(topics.BY_PAGE) == NO_PAGES


def test_a_refusal_says_what_to_quote(store: Store, visit: Callable[[User], Client]) -> None:
    answer = visit(store.keeper).get("/nowhere/")
    assert answer.status_code == 404
    name = answer["X-Request-ID"]
    assert f"<code>{name}</code>" in answer.text
    assert f'data-copy="not-found {name}"' in answer.text
    assert "<title>Error: " in answer.text


@pytest.mark.parametrize("path", ["/nowhere/", "/help/no-such-topic/"])
def test_a_demo_shows_the_same_page(path: str, store: Store, visit: Callable[[User], Client], settings: Any) -> None:
    settings.DEBUG = True
    browser = visit(store.keeper)
    answer = browser.get(path)
    assert (answer.status_code, "There is no such page" in answer.text) == (404, True)
    assert "urlpatterns" not in answer.text.lower()
    assert browser.get(path.rstrip("/")).status_code in {301, 404}, "a slash left out is still put on"
    assert browser.get("/api/v1/nowhere").json()["type"] == "/problems/not-found"


def test_what_nobody_expected_is_a_page_too(store: Store, visit: Callable[[User], Client]) -> None:
    browser = visit(store.keeper)
    browser.raise_request_exception = False
    with patch("logistics.templatetags.frame.masthead.navigation", side_effect=ZeroDivisionError):
        answer = browser.get("/")
    assert answer.status_code == 500
    name = answer["X-Request-ID"]
    assert f'data-copy="internal-error {name}"' in answer.text
    assert "<title>Error: Something broke on our side</title>" in answer.text
    assert "unsafe" not in answer["Content-Security-Policy"]
