"""Help: one screen for every page, in both languages, in the words of the glossary, with no link that leads nowhere."""

from __future__ import annotations

import gettext
import re
import unicodedata
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import translation

from logistics.help import BY_PAGE, TOPICS

FOLDER = Path(settings.BASE_DIR) / "logistics" / "templates" / "help"
LANGUAGES = ("vi", "en")
MOST_WORDS = 340  # what one screen holds without scrolling far
# Addresses that show no page of their own, by name.
NO_PAGE = {
    "sign-out", "set_language", "session", "live", "ready", "texts", "worker", "jsi18n", "consignment-slip",
}  # fmt: skip


def pages() -> set[str]:
    """The names of every address that shows a page of ours to a person."""
    found = set()

    def walk(patterns: list[Any], prefix: str) -> None:
        for pattern in patterns:
            route = prefix + str(pattern.pattern)
            if isinstance(pattern, URLResolver):
                if not route.startswith(("api/", "upkeep/")):
                    walk(pattern.url_patterns, route)
            elif isinstance(pattern, URLPattern):
                found.add(pattern.name or route)

    walk(get_resolver().url_patterns, "")
    return {name for name in found if not name.endswith("-file")} - NO_PAGE


def text(topic: str, language: str) -> str:
    return (FOLDER / language / f"{topic}.html").read_text(encoding="utf-8")


def words(topic: str, language: str) -> str:
    """What a reader sees."""
    return unescape(re.sub(r"<[^>]+>|\{%.*?%\}", " ", text(topic, language)))


def test_every_page_names_a_topic() -> None:
    assert sorted(pages() - BY_PAGE.keys()) == []
    assert set(BY_PAGE.values()) <= TOPICS.keys()


def test_every_topic_is_written_in_both_languages_and_nothing_else_is() -> None:
    for language in LANGUAGES:
        assert {file.stem for file in (FOLDER / language).iterdir()} == TOPICS.keys()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("topic", sorted(TOPICS.keys() - {"words"}))
def test_a_topic_says_what_for_three_steps_and_what_when_refused(topic: str, language: str) -> None:
    html = text(topic, language)
    assert len(re.findall("<h1>", html)) == 1
    assert len(re.findall("<h2>", html)) == 2
    steps, refusals = (re.findall("<li>", part) for part in (html.partition("<ul>")[0], html.partition("<ul>")[2]))
    assert len(steps) == 3
    assert 2 <= len(refusals) <= 5
    assert len(words(topic, language).split()) <= MOST_WORDS
    assert unicodedata.is_normalized("NFC", html)


@pytest.mark.parametrize("topic", TOPICS)
def test_a_topic_has_one_title_everywhere(topic: str) -> None:
    for language in LANGUAGES:
        with translation.override(language):
            title = re.search("<h1>(.*?)</h1>", text(topic, language))
            assert title
            assert unescape(title[1]) == str(TOPICS[topic])


def test_both_languages_tell_the_same_keys_and_link_the_same_topics() -> None:
    for topic in TOPICS:
        vi, en = (text(topic, language) for language in LANGUAGES)
        for pattern in (r"<kbd>(.*?)</kbd>", r'href="(.*?)"'):
            # Numbers are written in each language's own way.
            keys = [sorted(key for key in re.findall(pattern, one) if not key[0].isdigit()) for one in (vi, en)]
            assert keys[0] == keys[1], topic


# Said by papers, scanners and print dialogs, not by the screen.
SAID_ELSEWHERE = {
    "Prefix: None", "Suffix: CR / Enter", "Keyboard: US English", "CHỈ ĐỂ TẬP", "Bản in lần 2", "vừa khổ giấy",
    "fit to page",
}  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_quoted_is_what_the_screen_says(language: str) -> None:
    catalogues = [
        gettext.translation(domain, settings.LOCALE_PATHS[0], languages=["vi"]) for domain in ("django", "djangojs")
    ]
    # A message's names and numbers stand as “…” or as examples in a quote.
    pairs = [pair for one in catalogues for pair in one._catalog.items()]  # type: ignore[attr-defined]
    texts = [told if language == "vi" else key if isinstance(key, str) else key[0] for key, told in pairs]
    shown = "\n".join(re.sub(r"%\(\w+\)[sd]|%[sd]", "\n", one) for one in texts).casefold()
    unknown = []
    for topic in TOPICS:
        for quote in re.findall("“([^”{]+)”", unescape(text(topic, language))):
            parts = [part.strip(" .:") for part in re.split(r"…|\d[\d/]*|·", quote)]
            if quote not in SAID_ELSEWHERE and any(part.casefold() not in shown for part in parts):
                unknown.append(f"{topic}: {quote}")
    assert unknown == []


@pytest.mark.django_db
@pytest.mark.parametrize("language", LANGUAGES)
def test_opens_in_the_frame_and_leads_somewhere(language: str) -> None:
    reader = Client()
    reader.cookies["django_language"] = language
    index = reader.get("/help/")
    assert index.status_code == 200
    for topic in TOPICS:
        assert f'href="/help/{topic}/"' in index.content.decode()
        page = reader.get(f"/help/{topic}/")
        assert page.status_code == 200, topic
        assert f'lang="{language}"' in page.content.decode()
        for address in re.findall(r'href="(/help/[^"]*)"', text(topic, language)):
            assert reader.get(address).status_code == 200, (topic, address)


@pytest.mark.django_db
def test_a_topic_nobody_wrote_is_not_found() -> None:
    assert Client().get("/help/khong-co/").status_code == 404
