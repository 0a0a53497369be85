"""Facts of `fixtures/` on their way into the store: compared with what is there, written only where they differ.

A fact that somebody of this site has changed since it was loaded is theirs: it is kept, and said. Nothing is ever
removed, because movements may use it.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final, TypeVar

from django.conf import settings
from django.db import models

from logistics import history
from logistics.accounts.models import User

FOLDER: Final[Path] = settings.BASE_DIR / "fixtures"
STATE_DATE: Final = date(2026, 11, 22)  # the day fixtures/README.md gives for the facts

Row = TypeVar("Row", bound=models.Model)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What loading one fixture came to. `kept`: names of the rows left as this site changed them."""

    fixture: str
    created: int
    changed: int
    unchanged: int
    kept: tuple[str, ...]


def facts(fixture: str) -> list[dict[str, str]]:
    """Return the rows of `fixtures/<fixture>.csv`, every value a text.

    Raises:
        FileNotFoundError: there is no such fixture.
    """
    with (FOLDER / f"{fixture}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


def day(text: str) -> date | None:
    """Return the day of an ISO 8601 text, None for an empty cell."""
    return date.fromisoformat(text) if text else None


def bring(rows: Sequence[Row], *, key: Sequence[str], fixture: str, by: User, at: datetime) -> Outcome:
    """Make the store's rows say what `rows` say; each row written gets its history, naming fixture and date.

    `rows` are unsaved instances of one model, `key` the attributes that tell them apart. Loading the same facts again
    writes nothing.
    """
    model = type(rows[0])
    compared = [
        field
        for field in model._meta.concrete_fields  # noqa: SLF001 - Django's documented way to a model's fields
        if field.attname not in {*key, "updated_at"} and not isinstance(field, models.AutoField)
    ]
    stored = {_named(row, key): row for row in model._default_manager.all()}  # noqa: SLF001
    new = [row for row in rows if _named(row, key) not in stored]
    different = []
    for row in rows:
        there = stored.get(_named(row, key))
        if there and any(getattr(row, field.attname) != getattr(there, field.attname) for field in compared):
            different.append((row, there))
    ours = _last_written_by_commands([there.pk for _, there in different], model)
    changed: list[Row] = []
    kept = []
    for row, there in different:
        if there.pk not in ours:
            kept.append(str(there))
            continue
        for field in compared:
            setattr(there, field.attname, getattr(row, field.attname))
        if hasattr(there, "updated_at"):
            there.updated_at = at  # a bulk update does not set it by itself, and readers ask what changed since
        changed.append(there)
    with history.changing(
        by=by, reason=f"Loaded fixtures/{fixture}.csv of {STATE_DATE}", source=history.Source.COMMAND
    ):
        history.bulk_create(new)
        fields = [field.name for field in compared]
        history.bulk_update(changed, [*fields, "updated_at"] if hasattr(model, "updated_at") else fields)
    return Outcome(
        fixture=fixture,
        created=len(new),
        changed=len(changed),
        unchanged=len(rows) - len(new) - len(different),
        kept=tuple(kept),
    )


def _named(row: models.Model, key: Sequence[str]) -> tuple[Any, ...]:
    return tuple(getattr(row, attribute) for attribute in key)


def _last_written_by_commands(keys: Sequence[Any], model: type[models.Model]) -> set[Any]:
    """Return those of the rows whose latest history entry came from a command, not from a person of this site."""
    if not keys:
        return set()
    name = model._meta.pk.attname  # noqa: SLF001
    latest = (
        model.history.filter(**{f"{name}__in": keys})  # type: ignore[attr-defined]
        .order_by(name, "-history_date", "-history_id")
        .distinct(name)
        .values_list(name, "source")
    )
    return {key for key, source in latest if source == history.Source.COMMAND}
