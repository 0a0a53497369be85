"""Who changed one row of reference data, when, why, and from what to what."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from django.contrib.gis.geos import Point
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import Schema

from logistics import paging, wire
from logistics.errors import Fault, Invalid

if TYPE_CHECKING:
    from logistics.accounts.models import User

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One field that changed; a foreign key is told by the business code it points to."""

    field: models.Field[Any, Any]
    old: Any
    new: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """One change of one row: who, when, why, through which door, and which fields."""

    number: int
    who: User | None
    at: datetime
    reason: str
    source: str
    differences: tuple[Difference, ...]


def occasions(row: models.Model, *, before: int | None = None, limit: int) -> tuple[list[Occasion], int | None]:
    """Return the changes of `row` older than the one numbered `before`, newest first, and whence to go on, or None.

    Two queries and one for every foreign key of the table, however long the history is.
    """
    model = type(row)
    pk = model._meta.pk  # noqa: SLF001
    assert pk is not None
    versions = model.history.filter(**{pk.name: row.pk})  # type: ignore[attr-defined]
    if before is not None:
        versions = versions.filter(history_id__lt=before)
    # One more than asked for: the version before the last one shown is what it differs from.
    found = list(versions.select_related("history_user").order_by("-history_id")[: limit + 1])
    shown = found[:limit]
    names = _names(model, found)
    told = [
        Occasion(
            number=version.history_id,
            who=version.history_user,
            at=version.history_date,
            reason=version.history_change_reason or "",
            source=version.source,
            differences=tuple(_differences(model, version, earlier, names)),
        )
        for version, earlier in zip(shown, [*found[1:], None], strict=False)
    ]
    return told, shown[-1].history_id if len(found) > limit else None


def trail(request: HttpRequest, row: models.Model, query: paging.PageQuery) -> HttpResponse:
    """Return a page of the changes of `row`, newest first; `limit` counts the occasions, each of several fields."""
    before = None
    if (key := paging.after(query.cursor, parts=1)) is not None:
        if not key[0].isdecimal() or len(key[0]) > 18:
            raise Invalid([Fault("/query/cursor", "cursor", _("This is no cursor of this list."))])
        before = int(key[0])
    told, following = occasions(row, before=before, limit=query.limit)
    changes = [
        {
            "who": occasion.who.login if occasion.who else None,
            "when": wire.local(occasion.at),
            "field": difference.field.name,
            "old": _plain(difference.old),
            "new": _plain(difference.new),
            "reason": occasion.reason,
            "source": occasion.source,
        }
        for occasion in told
        for difference in occasion.differences
    ]
    return paging.page(request, changes, following=None if following is None else paging.cursor(str(following)))


def _told(model: type[models.Model]) -> list[models.Field[Any, Any]]:
    return [field for field in model._meta.concrete_fields if field.name not in _UNTOLD]  # noqa: SLF001


def _differences(
    model: type[models.Model], version: Any, before: Any, names: dict[str, dict[Any, str]]
) -> Iterator[Difference]:
    for field in _told(model):
        new = None if version.history_type == "-" else getattr(version, field.attname)
        old = None if before is None else getattr(before, field.attname)
        if old == new or (before is None and new in {"", None}):
            continue
        named = names.get(field.name)
        yield Difference(
            field=field,
            old=old if named is None else named.get(old),
            new=new if named is None else named.get(new),
        )


def _names(model: type[models.Model], versions: list[Any]) -> dict[str, dict[Any, str]]:
    """Return, per foreign key, the business code behind each key that occurs in `versions`."""
    names: dict[str, dict[Any, str]] = {}
    for field in _told(model):
        other = field.related_model
        if other is None or isinstance(other, str):
            continue
        keys = {getattr(version, field.attname) for version in versions} - {None}
        rows = other._default_manager.in_bulk(keys) if keys else {}  # noqa: SLF001
        names[field.name] = {key: _name(found) for key, found in rows.items()}
    return names


def _name(row: models.Model) -> str:
    code = getattr(row, "code", None)
    if isinstance(code, str) and code:
        return code
    return str(row.pk if isinstance(row._meta.pk, models.CharField) else row)  # noqa: SLF001


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
