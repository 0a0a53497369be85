"""The history of one row of reference data as a page."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from django.contrib.gis.geos import Point
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from logistics.audit.trail import Difference, Occasion, occasions
from logistics.errors import NotFound
from logistics.fields import format_date, format_quantity
from logistics.history import Source

A_PAGE: Final = 50
_DOORS: Final[dict[str, Any]] = {
    Source.WEB: gettext_lazy("a page"),
    Source.API: gettext_lazy("the API"),
    Source.IMPORT: gettext_lazy("an import"),
    Source.COMMAND: gettext_lazy("a command"),
    Source.POSTING: gettext_lazy("a posting"),
}


def history_page(request: HttpRequest, row: models.Model, *, back: str) -> HttpResponse:
    """Answer who changed `row`, newest first; `back` is the address of the row's own page."""
    told, following = changes_asked_for(request, row)
    is_first = "before" not in request.GET
    context = {"row": row, "back": back, "occasions": told, "before": following, "is_first": is_first}
    return render(request, "logistics/history.html", context)


def changes_asked_for(request: HttpRequest, row: models.Model) -> tuple[list[dict[str, Any]], int | None]:
    """Return what `logistics/history_table.html` shows of `row`, from `?before=` on, and where the next page starts.

    Raises:
        NotFound: `before` is no number.
    """
    given = request.GET.get("before", "")
    if given and (not given.isascii() or not given.isdecimal() or len(given) > 18):
        raise NotFound(_("This list has no page “%(page)s”.") % {"page": given[:20]})
    told, following = occasions(row, before=int(given) if given else None, limit=A_PAGE)
    return [_shown(occasion) for occasion in told], following


def _shown(occasion: Occasion) -> dict[str, Any]:
    return {
        "who": occasion.who,
        "at": occasion.at,
        "reason": occasion.reason,
        "source": _DOORS[occasion.source],
        "changes": [_words(difference) for difference in occasion.differences],
    }


def _words(difference: Difference) -> tuple[str, str, str]:
    field = difference.field
    choices: Sequence[tuple[Any, Any]] = field.flatchoices
    labels = dict(choices)
    old, new = (str(labels.get(value, _word(value))) for value in (difference.old, difference.new))
    return str(field.verbose_name), old, new


def _word(value: Any) -> str:
    match value:
        case None | "":
            return "—"
        case bool():
            return _("yes") if value else _("no")
        case Decimal():
            return format_quantity(value.normalize(), get_language() or "vi")
        case datetime():
            here = timezone.localtime(value)
            return f"{format_date(here.date())} {here:%H:%M}"
        case date():
            return format_date(value)
        case Point():
            return f"{value.y:.6f}, {value.x:.6f}"
        case _:
            return str(value)
