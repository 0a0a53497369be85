"""What happened to a voucher, in words: every version kept of it, who left it so, and what they changed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from inventory.vouchers.models import Status, Voucher
from logistics.accounts.models import User
from logistics.fields import format_date, format_moment

MOST_TOLD: Final = 100  # versions, the newest
_MOST_CHANGES: Final = 50  # of one version
_HEADER: Final = (
    "kind", "occurred_at", "counterparty", "order_number", "order_date", "reason", "to_depot", "consignment",
    "vehicle", "source_documents", "reverses", "reverse_lines",
)  # fmt: skip
LINE_LABELS: Final[dict[str, Any]] = {
    "item": gettext_lazy("item"),
    "lot": gettext_lazy("lot"),
    "expires_on": gettext_lazy("last day of use"),
    "bin": gettext_lazy("bin"),
    "grade": gettext_lazy("grade"),
    "purpose": gettext_lazy("purpose"),
    "quantity": gettext_lazy("quantity"),
    "unit": gettext_lazy("unit"),
    "unit_price": gettext_lazy("unit price"),
    "scheduled_quantity": gettext_lazy("by document"),
    "to_bin": gettext_lazy("target bin"),
    "to_grade": gettext_lazy("target grade"),
    "to_purpose": gettext_lazy("target purpose"),
    "temperature": gettext_lazy("temperature"),
    "density": gettext_lazy("density"),
    "reason": gettext_lazy("reason"),
    "typed": gettext_lazy("typed, not readable"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Chapter:
    """One version of a voucher. `changes` are (what, before, after) in words; `more` counts those left out."""

    at: datetime
    who: User | None
    status: str
    words: str
    changes: list[tuple[str, str, str]]
    more: int


def story(voucher: Voucher) -> list[Chapter]:
    """Return the last versions of a voucher, newest first; one query."""
    versions = list(voucher.history.select_related("history_user").order_by("-history_id")[: MOST_TOLD + 1])
    told = []
    for version, before in zip(versions[:MOST_TOLD], [*versions[1:], None], strict=False):
        changes = [] if before is None else [*_header_changes(version, before), *line_changes(version, before)]
        told.append(
            Chapter(
                at=version.history_date,
                who=version.history_user,
                status=version.get_status_display(),
                words=_words(version, before),
                changes=changes[:_MOST_CHANGES],
                more=max(len(changes) - _MOST_CHANGES, 0),
            )
        )
    return told


def _words(version: Any, before: Any) -> str:
    """Return which step a version was, in the reader's language; the stored words are in its writer's."""
    if before is None:
        return _("Made")
    if version.status != before.status:
        match version.status:
            case Status.SUBMITTED:
                return _("Submitted for approval")
            case Status.APPROVED:
                return _("Approved")
            case Status.REJECTED:
                return _("Sent back: %(reason)s") % {"reason": version.decision_reason}
            case Status.CANCELLED:
                return _("Cancelled: %(reason)s") % {"reason": version.decision_reason}
            case Status.POSTED:
                return _("Posted as %(number)s") % {"number": version.number}
            case _:
                return _("Changed, and a draft again")
    if version.decided_by_id != before.decided_by_id and version.status == Status.SUBMITTED:
        return _("Approved by the first of two")
    return _("Submitted for approval") if version.submitted_at != before.submitted_at else _("Changed")


def _header_changes(version: Any, before: Any) -> Iterator[tuple[str, str, str]]:
    for name in _HEADER:
        old, new = getattr(before, name), getattr(version, name)
        if old != new:
            field = Voucher._meta.get_field(name)  # noqa: SLF001  # Django's public door
            labels = dict(getattr(field, "flatchoices", None) or ())
            yield str(field.verbose_name), str(labels.get(old, _word(old))), str(labels.get(new, _word(new)))  # type: ignore[union-attr]


def line_changes(version: Any, before: Any) -> Iterator[tuple[str, str, str]]:
    """Yield what differs between the lines of two versions, as (what, before, after) in words."""
    old_lines = {line["id"]: (number, line) for number, line in enumerate(before.lines, start=1)}
    for number, line in enumerate(version.lines, start=1):
        _number, old = old_lines.pop(line["id"], (0, None))
        if old is None:
            yield _("line %(number)s") % {"number": number}, _("none"), _short(line)
            continue
        for member, label in LINE_LABELS.items():
            if old.get(member) != line.get(member):
                what = _("line %(number)s, %(member)s") % {"number": number, "member": label}
                yield what, _word(old.get(member)), _word(line.get(member))
    for number, old in old_lines.values():
        yield _("line %(number)s") % {"number": number}, _short(old), _("taken out")


def _short(line: dict[str, Any]) -> str:
    """Return the gist of a line: item, lot, quantity, unit."""
    return " ".join(str(line[name]) for name in ("item", "lot", "quantity", "unit") if line.get(name)) or _("empty")


def _word(value: Any) -> str:
    match value:
        case None | "":
            return "—"
        case datetime():
            return format_moment(value)
        case date():
            return format_date(value)
        case list():
            return ", ".join(str(one) for one in value)
        case dict():
            return "; ".join(f"{LINE_LABELS.get(name, name)}: {text}" for name, text in value.items())
        case _:
            return str(value)
