"""Who changed one row of reference data, when, why, and from what to what."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from django.contrib.gis.geos import Point
from django.db import models
from django.http import HttpRequest, HttpResponse
from ninja import Schema

from logistics import paging, wire
from logistics.errors import Fault, Invalid

# Bookkeeping of the row itself, or secrets: no answer to "what changed".
_UNTOLD: Final = frozenset({"id", "updated_at", "password", "digest"})


class ChangeOut(Schema):
    """One field of one row, changed once."""

    who: str | None
    when: str
    field: str
    old: str | int | bool | None
    new: str | int | bool | None
    reason: str
    source: str


class TrailPage(Schema):
    """Changes, newest first."""

    items: list[ChangeOut]
    next: str | None


def trail(request: HttpRequest, row: models.Model, query: paging.PageQuery) -> HttpResponse:
    """Return a page of the changes of `row`, newest first; `limit` counts the occasions, each of several fields.

    Two queries and one for every foreign key of the table, however long the history is.
    """
    model = type(row)
    pk = model._meta.pk
    assert pk is not None
    versions = model.history.filter(**{pk.name: row.pk})  # type: ignore[attr-defined]
    if (key := paging.after(query.cursor, parts=1)) is not None:
        if not key[0].isdecimal() or len(key[0]) > 18:
            raise Invalid([Fault("/query/cursor", "cursor", "This is no cursor of this list.")])
        versions = versions.filter(history_id__lt=int(key[0]))
    # One more than asked for: the version before the last one shown is what it differs from.
    found = list(versions.select_related("history_user").order_by("-history_id")[: query.limit + 1])
    shown = found[: query.limit]
    names = _names(model, found)
    changes = [
        change
        for version, before in zip(shown, [*found[1:], None], strict=False)
        for change in _differences(model, version, before, names)
    ]
    more = len(found) > query.limit
    return paging.page(request, changes, following=paging.cursor(str(shown[-1].history_id)) if more else None)


def _told(model: type[models.Model]) -> list[models.Field[Any, Any]]:
    return [field for field in model._meta.concrete_fields if field.name not in _UNTOLD]


def _differences(
    model: type[models.Model], version: Any, before: Any, names: dict[str, dict[Any, str]]
) -> Iterator[dict[str, Any]]:
    for field in _told(model):
        new = None if version.history_type == "-" else getattr(version, field.attname)
        old = None if before is None else getattr(before, field.attname)
        if old == new or (before is None and new in {"", None}):
            continue
        named = names.get(field.name)
        yield {
            "who": version.history_user.login if version.history_user else None,
            "when": wire.local(version.history_date),
            "field": field.name,
            "old": _plain(old if named is None else named.get(old)),
            "new": _plain(new if named is None else named.get(new)),
            "reason": version.history_change_reason or "",
            "source": version.source,
        }


def _names(model: type[models.Model], versions: list[Any]) -> dict[str, dict[Any, str]]:
    """Return, per foreign key, the business code behind each key that occurs in `versions`."""
    names: dict[str, dict[Any, str]] = {}
    for field in _told(model):
        other = field.related_model
        if other is None or isinstance(other, str):
            continue
        keys = {getattr(version, field.attname) for version in versions} - {None}
        rows = other._default_manager.in_bulk(keys) if keys else {}
        names[field.name] = {key: _name(found) for key, found in rows.items()}
    return names


def _name(row: models.Model) -> str:
    code = getattr(row, "code", None)
    if isinstance(code, str) and code:
        return code
    return str(row.pk if isinstance(row._meta.pk, models.CharField) else row)


def _plain(value: Any) -> str | int | bool | None:
    match value:
        case None | bool() | int() | str():
            return value
        case Decimal():
            return f"{value:f}"
        case datetime():
            return wire.local(value)
        case date():
            return value.isoformat()
        case Point():
            return f"{value.x:.6f} {value.y:.6f}"
        case _:
            return str(value)
