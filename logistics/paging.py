"""Long lists, page by page: an opaque cursor names the last row given, so nothing is skipped or given twice."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import Schema
from pydantic import Field

from logistics import wire
from logistics.errors import Fault, Invalid

MOST: Final = 1_000


class PageQuery(Schema):
    """The parameters of every paged list."""

    cursor: str | None = Field(None, max_length=400, description="`next` of the page before; leave out for the first.")
    limit: int = Field(100, ge=1, le=MOST, description="Rows a page.")


class ChangedQuery(PageQuery):
    """The parameters of every paged list of reference data."""

    updated_since: wire.Instant | None = Field(
        None,
        description="Only rows changed at or after this instant. Ask from a few minutes before your last question: "
        "a change is dated when it was made, a moment before it could be seen.",
    )


def after(cursor: str | None, *, parts: int) -> list[str] | None:
    """Return the key that a cursor names, as `parts` texts, or None for the first page.

    Raises:
        Invalid: it is no cursor of such a list.
    """
    if cursor is None:
        return None
    try:
        key = json.loads(base64.urlsafe_b64decode(cursor.encode() + b"=="))
    except (binascii.Error, ValueError, RecursionError):
        key = None
    good = isinstance(key, list) and len(key) == parts
    if not good or not all(isinstance(part, str) and "\x00" not in part and part.isprintable() for part in key):
        raise no_cursor()
    return [str(part) for part in key]


def after_moment(cursor: str | None) -> tuple[datetime, UUID] | None:
    """Return the instant and the id that a cursor of rows in the order of both names, or None for the first page.

    Raises:
        Invalid: it is no cursor of such a list.
    """
    key = after(cursor, parts=2)
    if key is None:
        return None
    try:
        return wire.instant(key[0]), UUID(key[1])
    except ValueError as error:
        raise no_cursor() from error


def no_cursor() -> Invalid:
    """Return the refusal of a text that is no cursor of the list asked for."""
    text = _("This is no cursor of this list; take `next` as it was given.")
    return Invalid([Fault("/query/cursor", "cursor", text)])


def cursor(*key: str) -> str:
    """Return the cursor of the page that starts after `key`."""
    return base64.urlsafe_b64encode(wire.dump(list(key))).decode().rstrip("=")


def page(
    request: HttpRequest, rows: Sequence[dict[str, Any]], *, following: str | int | None, parameter: str = "cursor"
) -> HttpResponse:
    """Return `{"items": rows, "next": following}`; `Link` names the next page, whose `parameter` is `following`."""
    answer = HttpResponse(wire.dump({"items": rows, "next": following}), content_type="application/json")
    if following is not None:
        query = request.GET.copy()
        query[parameter] = str(following)
        answer.headers["Link"] = f'<{request.path}?{query.urlencode()}>; rel="next"'
    return answer
