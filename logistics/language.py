"""Which language a page speaks: Vietnamese, until its reader switches; and what things are called in it."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.middleware.locale import LocaleMiddleware
from django.utils import translation


def listen(request: HttpRequest) -> None:
    """Activate the language of whoever asks. Pages follow the language switch alone, what programs ask Accept-Language.

    Browsers in the depots are often installed in English, which says nothing about who sits before them.
    """
    if request.path_info.startswith(("/api/", "/healthz/")):
        translation.activate(translation.get_language_from_request(request))
        return
    chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
    translation.activate(chosen if chosen in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE)


class LanguageMiddleware(LocaleMiddleware):
    """Says in a page's headers which language it is in; `listen` has found it before anything could be refused."""

    def process_request(self, request: HttpRequest) -> None:
        """Note the language."""
        request.LANGUAGE_CODE = language()


def language() -> str:
    """Return the language that is active now: "vi" or "en"."""
    return (translation.get_language() or settings.LANGUAGE_CODE).partition("-")[0]


def named(thing: Any) -> str:
    """Return the name of reference data in the page's language; the Vietnamese one where no other was given."""
    if thing is None:
        return ""
    english = getattr(thing, "name_en", "") if language() == "en" else ""
    return str(english or thing.name)


def called(thing: Any) -> str:
    """Return what `str` says of a thing, such as its code and name, with its name in the page's language."""
    text, name = str(thing), getattr(thing, "name", "")
    return text.replace(name, named(thing), 1) if name and isinstance(name, str) else text
