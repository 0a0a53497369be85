"""Of when the numbers of a page are: now, or a past instant by either clock, as the page's address asks."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from django.http import HttpRequest, QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _
from pydantic_core import PydanticCustomError

from inventory.availability.as_of import INSTANT, as_of
from inventory.availability.current import current
from inventory.availability.question import Page, Question
from logistics import asking, lists, wire
from logistics.errors import gettext_noop
from logistics.fields import InputError, format_date, parse_date

if TYPE_CHECKING:
    from logistics.accounts.models import User

NAMES: Final = ("as_of", "recorded_as_of", "clock")  # every parameter of an address that says of when it is
_MINUTE: Final = timedelta(minutes=1)
_ISO: Final = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[Tt ]([0-9]{2}:[0-9]{2}))?")
_TIME_FIRST: Final = re.compile(r"([0-9]{1,2}[:hg][0-9]{2})[ ,]+(\S+)")
_TIME_LAST: Final = re.compile(r"(\S+)[ ,]+([0-9]{1,2}[:hg][0-9]{2})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Instant:
    """Of when the numbers of a page are. Neither clock set: now. `refusals` say what of the address is no past instant.

    `as_of` asks what had happened by then, `recorded_as_of` what the books said then; both include the instant itself.
    `availability/as_of_bar.html` shows it under the name `instant`.
    """

    as_of: datetime | None = None
    recorded_as_of: datetime | None = None
    refusals: tuple[str, ...] = ()
    query: QueryDict = field(default_factory=QueryDict, repr=False, compare=False)
    path: str = field(default="", repr=False, compare=False)

    @property
    def is_now(self) -> bool:
        """Tell whether the page is about now: no other instant is asked for."""
        return self.as_of is None and self.recorded_as_of is None and not self.refusals

    @property
    def is_past(self) -> bool:
        """Tell whether the page is about a past instant: its ground is amber, and nothing is entered on it."""
        return (self.as_of or self.recorded_as_of) is not None and not self.refusals

    @property
    def day(self) -> date:
        """The local day whose expiry counts."""
        return timezone.localdate(self.as_of or self.recorded_as_of)

    @property
    def name(self) -> str:
        """What it is, in words: for the first rows of files and the heads of reports."""
        if not self.is_past:
            return _("now")
        parts = []
        if self.as_of:
            parts.append(_("%(instant)s, by the date of the voucher") % {"instant": spoken(self.as_of)})
        if self.recorded_as_of:
            parts.append(_("%(instant)s, by the time of recording") % {"instant": spoken(self.recorded_as_of)})
        return "; ".join(parts)

    @property
    def spoken(self) -> str:
        """The instant as the bar shows it: 23:59 30/06/2026."""
        moment = self.as_of or self.recorded_as_of
        return spoken(moment) if moment else ""

    @property
    def recorded_spoken(self) -> str:
        """The instant of recording, where both clocks are asked for; else ''."""
        return spoken(self.recorded_as_of) if self.as_of and self.recorded_as_of else ""

    # --- What the bar is made of ---

    @property
    def parameters(self) -> dict[str, str]:
        """The parameters that carry it on to another page's address; none for now."""
        asked = {"as_of": self.as_of, "recorded_as_of": self.recorded_as_of}
        return {name: written(moment) for name, moment in asked.items() if moment}

    @property
    def suffix(self) -> str:
        """The parameters as the end of an address that has others: `&as_of=2026-06-30`, '' for now."""
        query = QueryDict(mutable=True)
        query.update(self.parameters)
        return f"&{query.urlencode()}" if self.parameters else ""

    @property
    def address(self) -> str:
        """The page's address with the instant as addresses carry it; '' when it already reads so."""
        if self.refusals or not any(name in self.query for name in NAMES):
            return ""
        given = {name: str(self.query[name]) for name in NAMES if name in self.query}
        if given.keys() == self.parameters.keys() and all(_is_written(text) for text in given.values()):
            return ""
        return self.path + self._changed(self.parameters)

    @property
    def typed(self) -> str:
        """The text of the bar's box: what was typed when it was refused, else the instant."""
        if self.refusals:
            return next((str(self.query[name]) for name in NAMES[:2] if self.query.get(name)), "")
        return self.spoken

    @property
    def is_by_recording(self) -> bool:
        """Tell whether the bar's clock is that of recording."""
        if self.refusals:
            return bool(self.query.get("clock") or self.query.get("recorded_as_of"))
        return self.recorded_as_of is not None and self.as_of is None

    @property
    def kept(self) -> list[tuple[str, str]]:
        """The other parameters of the page, which the bar's form carries on."""
        left_out = {*NAMES, "page", "after", "before"}
        return [(name, value) for name, values in self.query.lists() for value in values
                if name not in left_out and value]  # fmt: skip

    @property
    def to_now(self) -> str:
        """The page's address about now."""
        return self._changed({})

    @property
    def by_the_other_clock(self) -> str:
        """The page's address with the same instant by the other clock; '' when both are asked for."""
        if self.as_of and self.recorded_as_of:
            return ""
        other = {"as_of": "recorded_as_of", "recorded_as_of": "as_of"}
        return self._changed({other[name]: value for name, value in self.parameters.items()})

    def _changed(self, parameters: dict[str, str]) -> str:
        return lists.changed(self.query, **(dict.fromkeys(NAMES, "") | parameters))


def instant(request: HttpRequest) -> Instant:
    """Return of when a page's numbers are asked for.

    `as_of` and `recorded_as_of` are read as the API reads them (RFC 3339 with offset), and also as people write them:
    a day, or a day and a time, ISO or day before month, in the store's zone; what is not said to the second means the
    last instant of its day or minute. The bar's form sends `as_of` with `clock=recorded` for the second.
    What cannot be read, or lies after today, is a refusal in words, and the page answers 422 with the bar alone.
    """
    today, found, refusals = timezone.localdate(), {}, []
    for name in ("as_of", "recorded_as_of"):
        text = asking.text(request, name)
        if not text:
            continue
        try:
            moment = read(text, today=today)
        except InputError as error:
            refusals.append(_(error.message) % error.params)
            continue
        if timezone.localdate(moment) > today:
            refusals.append(_("Nothing is known of a day to come; ask about today or earlier."))
        found[name] = moment
    if request.GET.get("clock") == "recorded" and "as_of" in found:
        found = {"recorded_as_of": found["as_of"]}
    return Instant(
        as_of=found.get("as_of"),
        recorded_as_of=found.get("recorded_as_of"),
        refusals=tuple(dict.fromkeys(refusals)),
        query=request.GET,
        path=request.path,
    )


def read(text: str, *, today: date) -> datetime:
    """Return the instant that a text means, aware: RFC 3339, or a day with or without a time, in the store's zone.

    A day means its last instant, a minute its last. Days are read as `fields.parse_date` reads them.

    Raises:
        InputError: it is no instant; in words for the page.
    """
    try:
        return wire.instant(text)
    except PydanticCustomError:
        pass
    day, time = text, ""
    if found := _ISO.fullmatch(text):
        day, time = found[1], found[2] or ""
    elif found := _TIME_FIRST.fullmatch(text):
        time, day = found[1], found[2]
    elif found := _TIME_LAST.fullmatch(text):
        day, time = found[1], found[2]
    start = asking.midnight(parse_date(day, today=today))
    if not time:
        return start + timedelta(days=1) - INSTANT
    hours, minutes = (int(part) for part in re.split("[:hg]", time))
    if hours > 23 or minutes > 59:
        raise InputError(
            "time_unknown",
            gettext_noop("“%(text)s” is no time of the day: it goes from 00:00 to 23:59."),
            text=time,
        )
    return start + timedelta(hours=hours, minutes=minutes) + _MINUTE - INSTANT


def spoken(moment: datetime) -> str:
    """Return an instant as people say it, to the minute where it is the minute's end: 23:59 30/06/2026."""
    here = timezone.localtime(moment)
    is_whole = here.second == 0 or (moment + INSTANT).second == 0
    return f"{here:%H:%M}{'' if is_whole else f'{here:%S}'.rjust(3, ':')} {format_date(here.date())}"


def written(moment: datetime) -> str:
    """Return an instant as addresses carry it, the shortest form that means the same."""
    here, next_one = timezone.localtime(moment), timezone.localtime(moment + INSTANT)
    if next_one == asking.midnight(next_one.date()):
        return here.date().isoformat()
    if (next_one.second, next_one.microsecond) == (0, 0):
        return f"{here:%Y-%m-%dT%H:%M}"
    return wire.local(moment)


def _is_written(text: str) -> bool:
    """Tell whether a text is an instant as addresses carry it, or the API."""
    if _ISO.fullmatch(text):
        return True
    try:
        wire.instant(text)
    except PydanticCustomError:
        return False
    return True


def ask(question: Question, when: Instant, *, by: User, at: datetime, **page: Any) -> Page:
    """Return what there is, or was at the instant: `current` or `as_of`, whose `after` and `limit` are passed on.

    Raises:
        NotFound, Invalid: as those two do.
    """
    if when.is_now:
        return current(question, by=by, at=at, **page)
    return as_of(question, by=by, at=at, occurred=when.as_of, recorded=when.recorded_as_of, **page)
