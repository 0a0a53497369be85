"""Who changed what, as a page: of one row of reference data and what belongs to it, filtered, and as a file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any, Final

from django import forms
from django.contrib.gis.geos import Point
from django.db import models
from django.db.models import Q
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from logistics import asking, lists, paging
from logistics.accounts.models import Assignment, User
from logistics.audit.trail import Difference, Occasion, Place, Subject, changes
from logistics.errors import Invalid, NotFound
from logistics.fields import format_date, format_moment, format_quantity
from logistics.history import Source
from logistics.language import called
from logistics.lists import Column, Filters, Listing
from logistics.sheets import Cell

A_PAGE: Final = 50
_DOORS: Final[dict[str, Any]] = {
    Source.WEB: gettext_lazy("a page"),
    Source.API: gettext_lazy("the API"),
    Source.IMPORT: gettext_lazy("an import"),
    Source.COMMAND: gettext_lazy("a command"),
    Source.POSTING: gettext_lazy("a posting"),
}

Link = tuple[str, str]  # address, text
Links = Callable[[Sequence[Occasion]], dict[tuple[type[models.Model], int], Link]]
Words = Mapping[str, Callable[[Any, Any], Iterable[tuple[str, str, str]]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeRow:
    """One change in words. `unit` is where the person's roles were that day; `link` leads to what brought it about."""

    at: datetime
    login: str
    who: str
    unit: str
    door: str
    kind: str
    row: str
    told: str
    changes: list[tuple[str, str, str]]
    reason: str
    link: Link | None


class HistoryFilters(Filters):
    """What may be asked of a history."""

    in_sight = ("q", "who")
    field_order = ("q", "who", "door", "what", "from", "to")

    q = forms.CharField(label=gettext_lazy("Reason"))
    who = forms.CharField(label=gettext_lazy("Who"))
    door = forms.ChoiceField(label=gettext_lazy("Through"), choices=[("", gettext_lazy("every way")), *_DOORS.items()])

    def __init__(self, request: HttpRequest, *, subjects: Sequence[Subject]) -> None:
        super().__init__(request)
        if len(subjects) > 1:
            names = [(one.name, one.model._meta.verbose_name) for one in subjects]  # noqa: SLF001
            self.fields["what"] = forms.ChoiceField(
                label=_("Of what"), choices=[("", _("all")), *names], required=False
            )
        self.ask_days()

    def condition(self) -> Q:
        """Return what the versions have to satisfy."""
        condition = lists.between(self, "history_date")
        if text := self.asks("q"):
            condition &= Q(history_change_reason__unaccent__icontains=text)
        if who := self.asks("who"):
            condition &= Q(history_user__login__icontains=who) | Q(history_user__full_name__unaccent__icontains=who)
        if door := self.asks("door"):
            condition &= Q(source=door)
        return condition


@dataclass(frozen=True, kw_only=True)
class History(Listing):
    """The changes of several tables as one list, newest first. `links` finds what brought changes about.

    `words` tells, by field, a change that has more to say than before and after: as (what, before, after), any number.
    `names_rows`: which row was changed is told with each, because it is not the same everywhere.
    """

    subjects: Sequence[Subject]
    links: Links
    words: Words
    names_rows: bool

    @cached_property
    def asked(self) -> list[Subject]:
        """The subjects that are asked for; none where the filters cannot be read."""
        if self.filters.errors:
            return []
        what = self.filters.asks("what")
        return [subject for subject in self.subjects if what in {None, subject.name}]

    @cached_property
    def count(self) -> int | None:
        """How many changes there are; None: more than are counted."""
        if not self.request.GET.get("after") and self._told[1] is None:
            return len(self._told[0])
        most = lists.MOST_COUNTED
        condition = self._condition()
        count = sum(subject.versions(condition, None).order_by()[: most + 1].count() for subject in self.asked)
        return count if count <= most else None

    @property
    def too_long_for_a_file(self) -> bool:
        """Tell that a file can hold them: it is written stretch by stretch, and histories are short."""
        return False

    def _condition(self) -> Q:
        filters = self.filters
        assert isinstance(filters, HistoryFilters)
        return filters.condition()

    @cached_property
    def _told(self) -> tuple[list[Occasion], Place | None]:
        return changes(self.asked, narrowed=self._condition(), before=self._place_asked(), limit=A_PAGE)

    def _place_asked(self) -> Place | None:
        given = self.request.GET.get("after")
        try:
            if (parts := paging.after(given or None, parts=3)) is None:
                return None
            at, number = datetime.fromisoformat(parts[0]), int(parts[2][:18])
        except (Invalid, ValueError) as error:
            raise NotFound(_("This list has no page “%(page)s”.") % {"page": str(given)[:20]}) from error
        if at.tzinfo is None:
            raise NotFound(_("This list has no page “%(page)s”.") % {"page": str(given)[:20]})
        return at, parts[1], number

    @cached_property
    def rows(self) -> Sequence[ChangeRow]:
        """The changes of the page, in words."""
        return _in_words(self._told[0], self.links, self.words)

    @property
    def first(self) -> str:
        """The address of the newest changes, '' on them."""
        return lists.changed(self.request.GET) if self.request.GET.get("after") else ""

    @property
    def previous(self) -> str:
        """Nothing: the browser goes back."""
        return ""

    @property
    def following(self) -> str:
        """The address of older changes, '' where there are none."""
        place = self._told[1]
        if place is None:
            return ""
        at, name, number = place
        return lists.changed(self.request.GET, after=paging.cursor(at.isoformat(), name, str(number)))

    def all_cells(self) -> Iterator[Sequence[Cell]]:
        """Yield all changes as rows of a file, one per field that changed."""
        before: Place | None = None
        while True:
            told, before = changes(self.asked, narrowed=self._condition(), before=before, limit=500)
            for row in _in_words(told, self.links, self.words):
                for field, old, new in row.changes or [("", "", row.told)]:
                    yield [
                        row.at, row.login, row.who, row.unit, row.door, row.kind, row.row, field, old, new, row.reason,
                        row.link[1] if row.link else "",
                    ]  # fmt: skip
            if before is None:
                return


def _column(name: str, label: Any, width: int = 18, css: str = "", *, sort: tuple[str, ...] = ()) -> Column:
    # What files carry of a change is made by `all_cells`: one change may be several rows.
    return Column(name=name, label=label, value=str, width=width, css=css, sort=sort)


_COLUMNS: Final = (
    _column("when", gettext_lazy("When"), sort=("history_date",)),
    _column("who", gettext_lazy("Login")),
    _column("name", gettext_lazy("Who"), 24),
    _column("unit", gettext_lazy("Unit"), 28),
    _column("door", gettext_lazy("Through")),
    _column("kind", gettext_lazy("Of what")),
    _column("row", gettext_lazy("Called"), 24),
    _column("field", gettext_lazy("Field")),
    _column("old", gettext_lazy("Before"), 28),
    _column("new", gettext_lazy("After"), 28),
    _column("reason", gettext_lazy("Reason"), 40),
    _column("movement", gettext_lazy("Movement")),
)


def history_page(
    request: HttpRequest,
    row: models.Model,
    *belonging: Subject,
    back: str,
    files: dict[str, str],
    kind: str = "",
    links: Links = lambda _occasions: {},
    words: Words | None = None,
    template: str = "logistics/history.html",
    context: dict[str, Any] | None = None,
) -> HttpResponseBase:
    """Answer who changed `row` and what belongs to it, newest first; `back` is the address of the row's own page.

    `files` are the addresses of its files by kind; with `kind` the answer is that file. `links` finds, of changes,
    what brought them about; `words` tells, by field, changes that have more to say. Who may see the row is the
    caller's to ask.
    """
    listing = history_of(request, row, *belonging, files=files, links=links, words=words)
    return lists.answer(listing, template, {"called": called(row), "back": back, **(context or {})}, kind=kind)


def history_of(
    request: HttpRequest,
    row: models.Model,
    *belonging: Subject,
    files: dict[str, str] | None = None,
    links: Links = lambda _occasions: {},
    words: Words | None = None,
) -> History:
    """Return the list of changes of `row` and what belongs to it, for a page that shows more than that."""
    subjects = [Subject.of(row), *belonging]
    name = f"history-{subjects[0].name}-{row.pk}"
    is_several = len(subjects) > 1
    return _listing(
        request, subjects, name=name, of=called(row), files=files, links=links, words=words, names_rows=is_several
    )


def history_of_all(
    request: HttpRequest, model: type[models.Model], *, files: dict[str, str], words: Words | None = None
) -> History:
    """Return the list of changes of every row of a table."""
    subject = Subject(model, Q())
    of = str(model._meta.verbose_name_plural)  # noqa: SLF001
    return _listing(
        request, [subject], name=f"history-{subject.name}", of=of, files=files, words=words, names_rows=True
    )


def _listing(
    request: HttpRequest,
    subjects: Sequence[Subject],
    *,
    name: str,
    of: str,
    files: dict[str, str] | None,
    links: Links = lambda _occasions: {},
    words: Words | None,
    names_rows: bool,
) -> History:
    return History(
        request=request,
        name=name,
        title=f"{_('Who changed what')}: {of}",
        columns=_COLUMNS,
        filters=HistoryFilters(request, subjects=subjects),
        found=subjects[0].model.history.none(),  # type: ignore[attr-defined]
        key=("history_id",),
        default="-when",
        grows=True,
        files=files or {},
        subjects=subjects,
        links=links,
        words=words or {},
        names_rows=names_rows,
    )


# --- In words -----------------------------------------------------------------------------------------------------


def _in_words(told: Sequence[Occasion], links: Links, words: Words) -> list[ChangeRow]:
    """Return changes in words; as many queries however many they are."""
    places = _places([occasion.who for occasion in told if occasion.who])
    linked = links(told)
    return [
        ChangeRow(
            at=occasion.at,
            login=occasion.who.login if occasion.who else "",
            who=occasion.who.get_full_name() if occasion.who else "",
            unit=_unit(places.get(occasion.who.pk, []) if occasion.who else [], asking.local_day(occasion.at)),
            door=str(_DOORS[occasion.source]),
            kind=str(occasion.model._meta.verbose_name),  # noqa: SLF001
            row=occasion.row,
            told=_("made") if occasion.is_first else _("deleted") if occasion.is_last else "",
            changes=[change for one in occasion.differences for change in _told(one, words)],
            reason=occasion.reason,
            link=linked.get((occasion.model, occasion.number)),
        )
        for occasion in told
    ]


def _places(people: Sequence[User]) -> dict[int, list[Assignment]]:
    found: dict[int, list[Assignment]] = {}
    if people:
        rows = Assignment.objects.filter(user__in={one.pk for one in people}).select_related("unit", "depot__unit")
        for assignment in rows.order_by("pk"):
            found.setdefault(assignment.user_id, []).append(assignment)
    return found


def _unit(assignments: Sequence[Assignment], on: date) -> str:
    """Return the units a person's roles were in on a day, each once."""
    names: dict[str, None] = {}
    for one in assignments:
        if (one.valid_from is None or one.valid_from <= on) and (one.valid_to is None or on <= one.valid_to):
            unit = one.depot.unit if one.depot else one.unit
            names[unit.name if unit else _("the whole store")] = None
    return ", ".join(names)


def _told(difference: Difference, words: Words) -> Iterable[tuple[str, str, str]]:
    own = words.get(difference.field.name)
    return [_words(difference)] if own is None else own(difference.old, difference.new)


def _words(difference: Difference) -> tuple[str, str, str]:
    field = difference.field
    choices: Sequence[tuple[Any, Any]] = field.flatchoices
    labels = dict(choices)
    old, new = (
        str(labels[value] if isinstance(value, (str, int)) and value in labels else _word(value))
        for value in (difference.old, difference.new)
    )
    return str(field.verbose_name), old, new


def _word(value: Any) -> str:
    match value:
        case None | "" | [] | {}:
            return "—"
        case bool():
            return _("yes") if value else _("no")
        case Decimal():
            return format_quantity(value.normalize(), get_language() or "vi")
        case datetime():
            return format_moment(value)
        case date():
            return format_date(value)
        case Point():
            return f"{value.y:.6f}, {value.x:.6f}"
        case list():
            return ", ".join(map(str, value))
        case dict():
            return "; ".join(f"{name}: {text}" for name, text in value.items())
        case _:
            return str(value)
