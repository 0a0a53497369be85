"""What was done with a file after it was brought: an entry for each thing that changed, in order, never taken back.

An entry says `what` it is about, how that stood (`was`) and stands (`now`), `by` whom (login) and when (`at`). Of cells
it names `row` and `column` besides. Whoever is named had a hand in what the file says, and does not approve it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from inventory.openings.models import Meaning, Upload
from inventory.openings.purposes import told as told_as
from logistics.accounts.models import User
from logistics.fields import format_moment

Entry = dict[str, Any]
MOST_TOLD: Final = 200  # the last ones; the rest stands in the database


def of_cells(
    upload: Upload, texts: Mapping[tuple[int, str], str], *, out: Iterable[int], back_in: Iterable[int]
) -> list[Entry]:
    """Return the entries of cells put right, and of rows left out and taken in again."""
    columns = upload.found.get("columns", [])
    before = {row[0]: dict(zip(columns, row[1], strict=False)) for row in upload.rows}
    cells = [
        {"what": "cell", "row": row, "column": column, "was": before.get(row, {}).get(column, ""), "now": text}
        for (row, column), text in texts.items()
    ]
    return [*cells, *({"what": "out", "row": row} for row in out), *({"what": "in", "row": row} for row in back_in)]


def of_meaning(upload: Upload, *, meaning: str, occurred_at: datetime | None, reason: str) -> list[Entry]:
    """Return the entries of what is said anew of an opening: only what differs."""
    pairs = (
        ("meaning", upload.meaning, meaning),
        ("as-of", _moment(upload.occurred_at), _moment(occurred_at)),
        ("reason", upload.reason, reason),
    )
    return [{"what": what, "was": was, "now": now} for what, was, now in pairs if was != now]


def signed(entries: Iterable[Entry], *, by: User, at: datetime) -> list[Entry]:
    """Return entries with who made them and when."""
    return [entry | {"by": by.login, "at": at.isoformat()} for entry in entries]


def people(upload: Upload) -> set[str]:
    """Return the logins of everybody the story names."""
    return {entry["by"] for entry in upload.story}


def told(upload: Upload, *, columns: Collection[str], language: str) -> list[dict[str, Any]]:
    """Return the last entries in words of the reader's language, the newest first."""
    last = upload.story[-MOST_TOLD:]
    names = {one.login: one.get_full_name() for one in User.objects.filter(login__in={entry["by"] for entry in last})}
    return [
        {
            "at": parse_datetime(entry["at"]),
            "by": names.get(entry["by"]) or entry["by"],
            "what": _about(entry, upload, columns, language),
            "was": _value(entry, "was"),
            "now": _value(entry, "now"),
        }
        for entry in reversed(last)
    ]


def _about(entry: Entry, upload: Upload, columns: Collection[str], language: str) -> str:
    match entry["what"]:
        case "cell":
            column = told_as(upload.purpose, entry["column"], columns, language)
            return _("Row %(row)s, %(column)s") % {"row": entry["row"], "column": column}
        case "out":
            return _("Row %(row)s left out") % {"row": entry["row"]}
        case "in":
            return _("Row %(row)s taken in again") % {"row": entry["row"]}
        case what:
            return {
                "meaning": _("Quantities are"),
                "as-of": _("As of"),
                "reason": _("Reason"),
                "mapping": _("Columns read as"),
                "submitted": _("Submitted"),
                "back": _("Given back"),
                "withdrawn": _("Withdrawn"),
            }[what]


def _value(entry: Entry, member: str) -> str:
    value = str(entry.get(member, ""))
    if entry["what"] == "meaning":
        return str(Meaning(value).label)
    if entry["what"] == "as-of":
        moment = parse_datetime(value) if value else None
        return format_moment(moment) if moment else _("the moment it is written")
    return value


def _moment(value: datetime | None) -> str:
    return value.isoformat() if value else ""
