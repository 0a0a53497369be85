"""Who changed reference data, when, why, and from what to what: of one row, or of several told together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from django.contrib.gis.geos import Point
from django.db import models
from django.db.models import F, OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from ninja import Schema

from logistics import paging, wire

if TYPE_CHECKING:
    from logistics.accounts.models import User

# Bookkeeping of the row itself, or secrets: no answer to "what changed".
_UNTOLD: Final = frozenset({"id", "updated_at", "password", "digest"})

Place = tuple[datetime, str, int]  # where a change stands among others: when, table, number in it


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
    """One change of one row: who, when, why, through which door, and which fields; `row` as it was called then."""

    number: int
    model: type[models.Model]
    row: str
    is_first: bool
    is_last: bool
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
        _occasion(model, version, earlier, names) for version, earlier in zip(shown, [*found[1:], None], strict=False)
    ]
    return told, shown[-1].history_id if len(found) > limit else None


@dataclass(frozen=True, slots=True)
class Subject:
    """Rows of one table whose changes are told together: those whose versions satisfy `where`."""

    model: type[models.Model]
    where: Q

    @classmethod
    def of(cls, row: models.Model) -> Subject:
        """Return one row as a subject."""
        pk = type(row)._meta.pk  # noqa: SLF001
        assert pk is not None
        return cls(type(row), Q(**{pk.name: row.pk}))

    @property
    def name(self) -> str:
        """The table's short name."""
        return str(self.model._meta.model_name)  # noqa: SLF001

    def versions(self, narrowed: Q, before: Place | None) -> QuerySet[Any, Any]:
        """Return the versions, newest first, that satisfy `narrowed` as well and stand before a place."""
        found: QuerySet[Any, Any] = self.model.history.filter(self.where & narrowed)  # type: ignore[attr-defined]
        if before is not None:
            at, name, number = before
            earlier = Q(history_date__lt=at)
            if self.name < name:
                earlier |= Q(history_date=at)
            elif self.name == name:
                earlier |= Q(history_date=at, history_id__lt=number)
            found = found.filter(earlier)
        return found.order_by("-history_date", "-history_id")

    def tell(self, versions: Sequence[Any]) -> dict[int, Occasion]:
        """Return what each version changed, by its number; as many queries however many they are."""
        if not versions:
            return {}
        pk = self.model._meta.pk  # noqa: SLF001
        assert pk is not None
        history: Any = self.model.history  # type: ignore[attr-defined]
        earlier = history.filter(**{pk.name: OuterRef(pk.name)}, history_id__lt=OuterRef("history_id"))
        numbers = [version.history_id for version in versions]
        before_of = dict(
            history.filter(history_id__in=numbers)
            .annotate(before=Subquery(earlier.order_by("-history_id").values("history_id")[:1]))
            .values_list("history_id", "before")
        )
        before = history.in_bulk([number for number in before_of.values() if number], field_name="history_id")
        names = _names(self.model, [*versions, *before.values()])
        many = _many(self.model, [*numbers, *before])
        return {
            version.history_id: _occasion(
                self.model, version, before.get(before_of[version.history_id]), names, many=many
            )
            for version in versions
        }


def changes(
    subjects: Iterable[Subject], *, narrowed: Q | None = None, before: Place | None = None, limit: int
) -> tuple[list[Occasion], Place | None]:
    """Return the changes of several subjects as one list, newest first, and whence to go on, or None.

    `narrowed` is a condition on the columns every history has: history_date, history_user, source, reason.
    """
    found = [
        ((version.history_date, subject.name, version.history_id), subject, version)
        for subject in subjects
        for version in subject.versions(narrowed or Q(), before).select_related("history_user")[: limit + 1]
    ]
    found.sort(key=lambda entry: entry[0], reverse=True)
    shown = found[:limit]
    told: dict[tuple[str, int], Occasion] = {}
    for subject in dict.fromkeys(subject for _place, subject, _version in shown):
        mine = subject.tell([version for _place, of, version in shown if of is subject])
        told |= {(subject.name, number): occasion for number, occasion in mine.items()}
    return (
        [told[subject.name, version.history_id] for _place, subject, version in shown],
        shown[-1][0] if len(found) > limit else None,
    )


def trail(
    request: HttpRequest,
    row: models.Model,
    query: paging.PageQuery,
    *,
    shown: Mapping[str, Callable[[Any], Any]] | None = None,
) -> HttpResponse:
    """Return a page of the changes of `row`, newest first; `limit` counts the occasions, each of several fields.

    `shown` says, by field, how a value is shown to whoever asks.
    """
    as_is: Callable[[Any], Any] = lambda value: value  # noqa: E731
    look = shown or {}
    before = None
    if (key := paging.after(query.cursor, parts=1)) is not None:
        if not key[0].isdecimal() or len(key[0]) > 18:
            raise paging.no_cursor()
        before = int(key[0])
    told, following = occasions(row, before=before, limit=query.limit)
    changes = [
        {
            "who": occasion.who.login if occasion.who else None,
            "when": wire.local(occasion.at),
            "field": difference.field.name,
            "old": _plain(look.get(difference.field.name, as_is)(difference.old)),
            "new": _plain(look.get(difference.field.name, as_is)(difference.new)),
            "reason": occasion.reason,
            "source": occasion.source,
        }
        for occasion in told
        for difference in occasion.differences
    ]
    return paging.page(request, changes, following=None if following is None else paging.cursor(str(following)))


def _occasion(
    model: type[models.Model],
    version: Any,
    earlier: Any,
    names: dict[str, dict[Any, str]],
    *,
    many: dict[tuple[str, int], str] | None = None,
) -> Occasion:
    differences = list(_differences(model, version, earlier, names))
    for field in _followed(model):
        old, new = (
            None if one is None or many is None else many.get((field.name, one.history_id), "")
            for one in (earlier, version)
        )
        if (old or "") != (new or ""):
            differences.append(Difference(field=field, old=old, new=new))
    return Occasion(
        number=version.history_id,
        model=model,
        row=_called(model, version, names),
        is_first=version.history_type == "+",
        is_last=version.history_type == "-",
        who=version.history_user,
        at=version.history_date,
        reason=version.history_change_reason or "",
        source=version.source,
        differences=tuple(differences),
    )


def _called(model: type[models.Model], version: Any, names: dict[str, dict[Any, str]]) -> str:
    """Return what a row was called: its code or name, or the codes of what it joins."""
    for name in ("code", "login", "prefix", "name"):
        if text := getattr(version, name, ""):
            return str(text)
    parts = [named.get(getattr(version, f"{field}_id", None), "") for field, named in names.items()]
    return " · ".join(part for part in parts if part)


def _followed(model: type[models.Model]) -> list[Any]:
    """Return the many-to-many fields that the model's history follows."""
    history: Any = model.history  # type: ignore[attr-defined]
    return list(getattr(history.model, "_history_m2m_fields", ()))


def _many(model: type[models.Model], versions: Sequence[int]) -> dict[tuple[str, int], str]:
    """Return, by field and version, the codes of what a many-to-many field named then, side by side."""
    found: dict[tuple[str, int], list[str]] = {}
    history: Any = model.history  # type: ignore[attr-defined]
    for field in _followed(model):
        target = field.m2m_reverse_field_name()
        links = getattr(history.model, field.name).model.objects.filter(history_id__in=versions)
        for number, key in links.order_by(F(f"{target}_id")).values_list("history_id", f"{target}_id"):
            found.setdefault((field.name, number), []).append(str(key))
    return {place: ", ".join(keys) for place, keys in found.items()}


def _told(model: type[models.Model]) -> list[models.Field[Any, Any]]:
    return [field for field in model._meta.concrete_fields if field.name not in _UNTOLD]  # noqa: SLF001


def _differences(
    model: type[models.Model], version: Any, before: Any, names: dict[str, dict[Any, str]]
) -> Iterator[Difference]:
    for field in _told(model):
        new = None if version.history_type == "-" else getattr(version, field.attname)
        old = None if before is None else getattr(before, field.attname)
        if old == new or (before is None and new in ("", None, [], {})):
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
