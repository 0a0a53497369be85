"""The translated texts of the browser's modules, at an address that changes when they do."""

from __future__ import annotations

import hashlib
from functools import cache

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import translation
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe
from django.views.i18n import JavaScriptCatalog

_YEAR = 31_536_000  # seconds
# The rooms keep their texts in one place, locale/; other apps' catalogues would only make the file longer.
_catalogue = JavaScriptCatalog.as_view(packages=["logistics"])


def address(language: str) -> str:
    """Return where the texts of a language are; a browser may keep what it finds there for good."""
    return reverse("texts", args=[language, _version(language)])


@require_safe
@cache_control(max_age=_YEAR, public=True, immutable=True)
def texts(request: HttpRequest, language: str, version: str) -> HttpResponse:
    """Answer the script that gives modules `gettext`, `ngettext` and `interpolate` in a language."""
    if language not in dict(settings.LANGUAGES) or version != _version(language):
        raise Http404
    with translation.override(language):
        return HttpResponse(_rendered(language), content_type='text/javascript; charset="utf-8"')


@cache
def _version(language: str) -> str:
    return hashlib.sha256(_rendered(language)).hexdigest()[:12]


@cache
def _rendered(language: str) -> bytes:
    request = HttpRequest()
    request.method = "GET"
    with translation.override(language):
        answer = _catalogue(request)
    assert isinstance(answer, HttpResponse), "the catalogue is rendered whole"
    return answer.content
