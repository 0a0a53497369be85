"""Who changed reference data, when, from where and why: one history for every write path.

`tracked()` gives a model its history table (django-simple-history); `changing(...)` says who writes and why. A
write outside `changing` is refused, so a path without a reason cannot exist: admin, imports, commands and
tests all pass through here. Bulk writes go through `bulk_create` and `bulk_update` below, because the ORM's own
skip history.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from django.db import models
from django.utils.translation import gettext as _
from simple_history.models import HistoricalRecords
from simple_history.signals import pre_create_historical_record
from simple_history.utils import bulk_create_with_history, bulk_update_with_history

from logistics.errors import Fault, Invalid

if TYPE_CHECKING:
    from logistics.accounts.models import User

Row = TypeVar("Row", bound=models.Model)


class Source(models.TextChoices):
    """The door a change came through."""

    WEB = "web", "web"
    API = "api", "API"
    IMPORT = "import", "import"
    COMMAND = "command", "command"
    POSTING = "posting", "posting"


@dataclass(frozen=True, slots=True)
class Change:
    """Who is changing reference data, why, and through which door."""

    by: User | None
    reason: str
    source: Source


def said(reason: str, *, pointer: str = "/reason", most: int = 300) -> str:
    """Return a reason without blanks around it. Raises Invalid when it is empty or too long."""
    found = reason.strip()
    if not found:
        raise Invalid([Fault(pointer, "reason-required", _("Say why."))])
    if len(found) > most:
        raise Invalid([Fault(pointer, "too-long", _("At most %(max_length)s characters.") % {"max_length": most})])
    return found


_change: ContextVar[Change | None] = ContextVar("change", default=None)


class UnexplainedChange(AssertionError):
    """Reference data was written outside `history.changing`: a fault in the code, not in the input."""


class HistoryRow(models.Model):
    """What every history table has besides simple-history's own columns."""

    source = models.CharField(max_length=8, choices=Source.choices)

    class Meta:
        abstract = True


def tracked(*, many: Sequence[models.Field[Any, Any]] = ()) -> HistoricalRecords:
    """Return the history descriptor every reference table uses; `many` are its many-to-many fields to be followed."""
    return HistoricalRecords(
        m2m_fields=list(many),
        bases=[HistoryRow],
        history_change_reason_field=models.CharField(max_length=300),
        user_db_constraint=True,
        inherit=False,
    )


@contextmanager
def changing(*, by: User | None, reason: str, source: Source) -> Iterator[Change]:
    """Name the writer and the reason of every reference-data change inside the block.

    `by` is None only while the very first user is made. Raises ValueError when the reason is blank.
    """
    if not reason.strip():
        raise ValueError("A change of reference data needs a reason.")
    change = Change(by=by, reason=reason.strip()[:300], source=source)
    token = _change.set(change)
    try:
        yield change
    finally:
        _change.reset(token)


def current() -> Change:
    """Return the change being made; raise UnexplainedChange outside `changing`."""
    change = _change.get()
    if change is None:
        raise UnexplainedChange("Reference data was written outside history.changing(by=…, reason=…, source=…).")
    return change


def bulk_create(rows: Sequence[Row], *, batch_size: int = 1_000) -> list[Row]:
    """Insert rows of one tracked model with a history row each; return them with their keys."""
    if not rows:
        return []
    change = current()
    made: list[Row] = bulk_create_with_history(
        rows,
        type(rows[0]),
        batch_size=batch_size,
        default_user=change.by,
        default_change_reason=change.reason,
        custom_historical_attrs={"source": change.source},
    )
    return made


def bulk_update(rows: Sequence[Row], fields: Sequence[str], *, batch_size: int = 1_000) -> int:
    """Update `fields` of rows of one tracked model with a history row each; return how many changed."""
    if not rows:
        return 0
    change = current()
    return int(
        bulk_update_with_history(
            rows,
            type(rows[0]),
            list(fields),
            batch_size=batch_size,
            default_user=change.by,
            default_change_reason=change.reason,
            custom_historical_attrs={"source": change.source},
        )
    )


def _explain(sender: Any, *, history_instance: Any, **_: Any) -> None:
    change = current()
    history_instance.history_user = change.by
    history_instance.history_change_reason = change.reason
    history_instance.source = change.source


pre_create_historical_record.connect(_explain, dispatch_uid="logistics.history.explain")


def as_it_was(model: type[Row], keys: Iterable[Any], *, at: datetime, field: str = "pk") -> dict[Any, Row]:
    """Return the rows with some values of `field` as they stood at an instant, by that value.

    What was entered only later is as it was first entered; what has no history, as it is. At most three queries.
    """
    name = model._meta.pk.name if field == "pk" else field  # noqa: SLF001  # Django's public door
    wanted = set(keys)
    past: Any = model.history.model.objects.filter(**{f"{name}__in": wanted})  # type: ignore[attr-defined]
    before = past.filter(history_date__lte=at).order_by(name, "-history_date", "-history_id").distinct(name)
    found = {getattr(row, name): row.instance for row in before}
    if missing := wanted - set(found):
        first = past.filter(**{f"{name}__in": missing}).order_by(name, "history_date", "history_id").distinct(name)
        found |= {getattr(row, name): row.instance for row in first}
    if missing := wanted - set(found):
        now = model._default_manager.filter(**{f"{name}__in": missing})  # noqa: SLF001
        found |= {getattr(row, name): row for row in now}
    return found
