"""The topics of the help, and which of them tells about a page."""

from __future__ import annotations

from typing import Any, Final

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

TOPICS: Final[dict[str, Any]] = {
    "start": _("First steps"),
}

_BY_PAGE: Final = {"home": "start"}


def topic_for(request: HttpRequest) -> str:
    """Return the topic about the page that was asked for; the first steps where none is."""
    match = request.resolver_match
    return _BY_PAGE.get((match.url_name or "") if match else "", "start")
