"""What a page's address may ask for, read strictly enough that a wrong one is a page in words and not a fault."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.paginator import Page, Paginator
from django.http import HttpRequest
from django.urls import register_converter
from django.urls.converters import StringConverter
from django.utils.translation import gettext as _

from logistics.errors import NotFound

MOST_TEXT: Final = 100
_MOST_PAGES: Final = 100_000
_ZONE: Final = ZoneInfo(settings.TIME_ZONE)


class Code(StringConverter):
    """A business code in a page's path, `<code:code>`; NUL, which no text column takes, is no part of one."""

    regex = r"[^/\x00]+"


register_converter(Code, "code")


def text(request: HttpRequest, name: str) -> str:
    """Return a parameter's text without blanks around it, '' when it is not given, cut at 100 characters."""
    return request.GET.get(name, "").replace("\x00", "").strip()[:MOST_TEXT]


def page_number(request: HttpRequest) -> int:
    """Return the page asked for, the first when none is named.

    Raises:
        NotFound: what is named is no page number.
    """
    given = request.GET.get("page", "1")
    if not given.isascii() or not given.isdecimal() or not 1 <= int(given[:9]) <= _MOST_PAGES or len(given) > 9:
        raise NotFound(_("This list has no page “%(page)s”.") % {"page": given[:20]})
    return int(given)


def position(request: HttpRequest, name: str, *, last: int) -> int:
    """Return a parameter that names a position of a log whose head is `last`; the head when none is named.

    Raises:
        NotFound: what is named is no position.
    """
    given = request.GET.get(name, "")
    if not given:
        return last
    if not given.isascii() or not given.isdecimal() or len(given) > 18:
        raise NotFound(_("This log has no position “%(position)s”.") % {"position": given[:20]})
    return min(int(given), last)


def midnight(day: date, *, days: int = 0) -> datetime:
    """Return the first instant of the day that is `days` after `day`, in the store's zone."""
    start = day + timedelta(days=days)
    return datetime(start.year, start.month, start.day, tzinfo=_ZONE)


def local_day(at: datetime) -> date:
    """Return the day of an instant in the store's zone."""
    return at.astimezone(_ZONE).date()


def numbered(number: int, *, of: int, size: int) -> Page[int]:
    """Return what `logistics/pages.html` shows for page `number` of `of` rows, `size` a page.

    Raises:
        NotFound: the list has no such page.
    """
    pages = Paginator(range(of), size)
    if number > pages.num_pages:
        raise NotFound(_("This list has no page “%(page)s”.") % {"page": number})
    return pages.page(number)


def site_of(request: HttpRequest) -> str:
    """Return where the store's pages are for whoever asks, such as https://kho.example: a square code begins so."""
    return f"{request.scheme}://{request.get_host()}"


def copy_number(request: HttpRequest) -> int:
    """Return which print of a paper an address asks for, the first where it names none.

    Raises:
        NotFound: it names something that is no number of a print.
    """
    given = request.GET.get("copy", "1")
    if not (given.isascii() and given.isdecimal() and 0 < len(given) < 10 and int(given) > 0):
        raise NotFound(_("Prints are numbered from 1; there is none “%(copy)s”.") % {"copy": given[:MOST_TEXT]})
    return int(given)
