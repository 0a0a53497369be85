"""Lists on pages: what the address filters and sorts by, one page of rows, and the whole list as a file.

A room describes its list as a `Listing`; `answer` shows it. Everything is state of the address, every control is a
link or a GET form, and a file holds what the pages show: the same filters, order and columns, all rows of them.
A list that grows for ever is paged by key (`grows`): a page costs the same wherever it stands, and rows that come in
meanwhile shift nothing. The others have numbered pages.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cached_property
from itertools import islice
from typing import Any, ClassVar, Final, cast

from django import forms
from django.core.exceptions import ValidationError
from django.core.paginator import Page
from django.db.models import F, Q, QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import register_converter
from django.urls.converters import StringConverter
from django.utils import timezone
from django.utils.translation import gettext as _

from logistics import asking, paging, sheets
from logistics.accounts.models import User
from logistics.audit import reads
from logistics.errors import Invalid, NotFound
from logistics.fields import DayField, format_date
from logistics.sheets import Cell

A_PAGE: Final = 100
MOST_COUNTED: Final = 10_000  # a list that grows is not counted further than that
MOST_IN_A_FILE: Final = 100_000
_PAGING: Final = ("page", "after", "before", "until")
_ROWS_AT_ONCE: Final = 1_000


class FileKind(StringConverter):
    """The end of the address of a list's file, `<file:kind>`."""

    regex = "|".join(sheets.KINDS)


register_converter(FileKind, "file")


# --- Filters ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter that is on: what it is, what it asks for, and the address without it."""

    label: str
    text: str
    without: str


class Filters(forms.Form):
    """What the address may ask of a list. `in_sight` names the fields that are not folded away."""

    in_sight: ClassVar[tuple[str, ...]] = ("q",)
    use_required_attribute = False

    def __init__(self, request: HttpRequest, **kwargs: Any) -> None:
        super().__init__(request.GET, label_suffix="", **kwargs)
        self._query = request.GET
        for box in self.fields.values():
            box.required = False
            if isinstance(box, forms.CharField):
                box.widget.attrs |= {"maxlength": asking.MOST_TEXT, "autocomplete": "off"}

    def ask_days(self, first: Any = "", last: Any = "") -> None:
        """Add the fields `from` and `to`, days both included; "from" is no name Python lets a class body give."""
        self.fields["from"] = DayField(label=first or _("From day"), required=False)
        self.fields["to"] = DayField(label=last or _("To day"), required=False)
        self.order_fields(self.field_order)

    def clean(self) -> dict[str, Any]:
        """Refuse days in the wrong order."""
        found = super().clean() or self.cleaned_data
        first, last = found.get("from"), found.get("to")
        if first and last and first > last:
            self.add_error("from", _("The first day is after the last: swap the two."))
        return found

    def asks(self, name: str) -> Any:
        """Return what a field asks for, None for nothing."""
        value = getattr(self, "cleaned_data", {}).get(name)
        if isinstance(value, str):
            value = value[: asking.MOST_TEXT]
        return None if value in (None, "", []) else value

    def spoken(self, name: str) -> str:
        """Return in words what a field asks for, '' when it is no filter as it stands."""
        value = self.asks(name)
        if value is None:
            return ""
        if isinstance(value, date):
            return format_date(value)
        choices: Any = getattr(self.fields[name], "choices", None)
        return str(dict(choices).get(value, value)) if choices else str(value)

    @cached_property
    def chips(self) -> list[Chip]:
        """The filters that are on, in the order of the form."""
        found = []
        for name in self.fields:
            if text := self.spoken(name):
                label = str(self.fields[name].label)
                found.append(Chip(label, text, changed(self._query, **{name: ""})))
        return found

    @property
    def nothing_on(self) -> str:
        """The address without any filter."""
        return changed(self._query, **dict.fromkeys(self.fields, ""))

    @property
    def shown_first(self) -> list[forms.BoundField]:
        """The fields that are always in sight."""
        return [self[name] for name in self.fields if name in self.in_sight]

    @property
    def folded(self) -> list[forms.BoundField]:
        """The fields that are folded away until one of them is on."""
        return [self[name] for name in self.fields if name not in self.in_sight]

    @property
    def is_unfolded(self) -> bool:
        """Tell whether one of the folded fields is on, or wrong."""
        return any(name not in self.in_sight and (self.spoken(name) or name in self.errors) for name in self.fields)


def changed(query: Any, **changes: str) -> str:
    """Return a query with some parameters changed, '' taking one out, and back on the first page."""
    parameters = query.copy()
    for name in _PAGING:
        parameters.pop(name, None)
    for name, value in changes.items():
        parameters.pop(name, None)
        if value:
            parameters[name] = value
    for name in [name for name in parameters if not parameters[name]]:
        parameters.pop(name)  # what a GET form sends of empty fields
    return f"?{parameters.urlencode()}"


# --- Lists --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column: its head, what files carry of a row, and the fields to sort by (none: it cannot be sorted by).

    `css` is the class of its cells ("n" for numbers, "wide" for what small screens leave out); `width` in characters.
    A column without a head stands in files only.
    """

    name: str
    label: Any
    value: Callable[[Any], Cell]
    sort: tuple[str, ...] = ()
    css: str = ""
    width: int = 16
    only_in_files: bool = False


@dataclass(frozen=True, slots=True)
class Head:
    """A column's head as the page shows it: `href` sorts by it, `order` is ascending, descending or ''."""

    label: str
    css: str
    href: str
    order: str


@dataclass(frozen=True, kw_only=True)
class Listing:
    """A list: `found` holds all rows that the filters leave; a file's name starts with `name`.

    `key` names fields of `found` that tell its rows apart and break ties; all go down where the order does. What a
    list that `grows` is ordered by are columns of its table without NULLs. `load` turns a
    stretch of `found` into the rows that templates and columns read. `facts` are further lines for the top of a file.
    `total` saves counting where the number of all rows is known.
    """

    request: HttpRequest
    name: str
    title: str
    columns: Sequence[Column]
    filters: Filters
    found: QuerySet[Any, Any]
    key: tuple[str, ...]
    default: str
    load: Callable[[Sequence[Any]], Sequence[Any]] = field(default=lambda found: found)
    grows: bool = False
    total: int | None = None
    facts: Sequence[tuple[Cell, ...]] = ()
    files: Mapping[str, str] = field(default_factory=dict)

    # --- Order ---

    @cached_property
    def _sort(self) -> str:
        asked = self.request.GET.get("sort") or self.default
        if asked.removeprefix("-") not in {column.name for column in self.columns if column.sort}:
            raise NotFound(_("This list cannot be sorted by “%(column)s”.") % {"column": asked[:40]})
        return asked

    @cached_property
    def _keys(self) -> tuple[tuple[str, ...], bool]:
        """The fields to order by, and whether they go down."""
        (sort,) = [column.sort for column in self.columns if column.name == self._sort.removeprefix("-")]
        return tuple(dict.fromkeys((*sort, *self.key))), self._sort.startswith("-")

    def _ordered(self, *, backwards: bool = False) -> QuerySet[Any, Any]:
        names, down = self._keys
        if self.grows:
            sign = "-" if down != backwards else ""
            return self.found.order_by(*(sign + name for name in names))
        return self.found.order_by(
            *(F(name).desc(nulls_last=True) if down else F(name).asc(nulls_last=True) for name in names)
        )

    @property
    def heads(self) -> list[Head]:
        """The heads of the columns that pages show."""
        found = []
        for column in self.columns:
            if column.only_in_files:
                continue
            is_this = self._sort.removeprefix("-") == column.name
            order = ("descending" if self._sort.startswith("-") else "ascending") if is_this else ""
            next_sort = "-" + column.name if order == "ascending" else column.name
            href = changed(self.request.GET, sort=next_sort) if column.sort else ""
            found.append(Head(str(column.label), column.css, href, order))
        return found

    @property
    def sorted_by(self) -> str:
        """The order in words."""
        (label,) = [str(column.label) for column in self.columns if column.name == self._sort.removeprefix("-")]
        return f"{label}: {_('descending') if self._sort.startswith('-') else _('ascending')}"

    @property
    def kept_sort(self) -> str:
        """The order that the filters' form has to carry on, '' for the default."""
        return "" if self._sort == self.default else self._sort

    # --- How much ---

    @cached_property
    def count(self) -> int | None:
        """How many rows the filters leave; None: more than are counted."""
        if self.total is not None and not self.filters.chips:
            return self.total
        if not self.grows:
            return self.found.count()
        count = self.found.order_by()[: MOST_COUNTED + 1].count()
        return count if count <= MOST_COUNTED else None

    @property
    def counted_to(self) -> int:
        """How far a list is counted that grows."""
        return MOST_COUNTED

    # --- One page ---

    @cached_property
    def _page(self) -> Page[int]:
        return asking.numbered(asking.page_number(self.request), of=self.count or 0, size=A_PAGE)

    @property
    def page(self) -> Page[int] | None:
        """The number of the page, None where pages have none."""
        return None if self.grows else self._page

    @cached_property
    def _stretch(self) -> tuple[list[Any], bool, bool]:
        """The page's stretch of `found`, and whether rows come before and after it."""
        if not self.grows:
            start = (self._page.number - 1) * A_PAGE
            return list(self._ordered()[start : start + A_PAGE]), self._page.has_previous(), self._page.has_next()
        after, before = self.request.GET.get("after"), self.request.GET.get("before")
        backwards = bool(before)
        found = self._ordered(backwards=backwards)
        if place := before or after:
            found = found.filter(self._beyond(place, backwards=backwards))
        rows = list(found[: A_PAGE + 1])
        more, rows = len(rows) > A_PAGE, rows[:A_PAGE]
        if backwards:
            return rows[::-1], more, True
        return rows, bool(after), more

    def _beyond(self, place: str, *, backwards: bool) -> Q:
        """Return the condition of the rows that follow a place in the order (or go before it)."""
        names, down = self._keys
        values = self._values(place, names)
        way = "lt" if down != backwards else "gt"
        # The bound on the first field alone is what an index can start from.
        condition = Q(**{f"{names[0]}__{way}e": values[0]})
        step, same = Q(), Q()
        for name, value in zip(names, values, strict=True):
            step |= same & Q(**{f"{name}__{way}": value})
            same &= Q(**{name: value})
        return condition & step

    def _values(self, place: str, names: tuple[str, ...]) -> list[Any]:
        try:
            texts = paging.after(place, parts=len(names)) or []
            return [
                self.found.model._meta.get_field(name).to_python(text)  # noqa: SLF001  # Django's public door
                for name, text in zip(names, texts, strict=True)
            ]
        except (Invalid, ValidationError, ValueError, OverflowError) as error:
            raise NotFound(_("This list has no page “%(page)s”.") % {"page": place[:20]}) from error

    def _place(self, row: Any) -> str:
        values = [row[name] if isinstance(row, dict) else getattr(row, name) for name in self._keys[0]]
        return paging.cursor(*(value.isoformat() if isinstance(value, datetime) else str(value) for value in values))

    @cached_property
    def rows(self) -> Sequence[Any]:
        """The rows of the page."""
        return self.load(self._stretch[0])

    @property
    def first(self) -> str:
        """The address of the first page, '' on it."""
        return changed(self.request.GET) if self._stretch[1] else ""

    @property
    def previous(self) -> str:
        """The address of the page before, '' where there is none."""
        found, has_previous, _has_next = self._stretch
        if not has_previous or not found:
            return ""
        if self.grows:
            return changed(self.request.GET, before=self._place(found[0]))
        return changed(self.request.GET, page=str(self._page.previous_page_number()))

    @property
    def following(self) -> str:
        """The address of the page after, '' where there is none."""
        found, _has_previous, has_next = self._stretch
        if not has_next or not found:
            return ""
        if self.grows:
            return changed(self.request.GET, after=self._place(found[-1]))
        return changed(self.request.GET, page=str(self._page.next_page_number()))

    # --- The whole list as a file ---

    @property
    def downloads(self) -> list[tuple[str, str]]:
        """What the list can be had as, and where."""
        query = changed(self.request.GET)
        return [(kind.upper(), f"{path}{query if len(query) > 1 else ''}") for kind, path in self.files.items()]

    @property
    def too_long_for_a_file(self) -> bool:
        """Tell whether the filters leave more rows than a file may have."""
        if self.count is not None:
            return self.count > MOST_IN_A_FILE
        return bool(self.found.order_by()[MOST_IN_A_FILE : MOST_IN_A_FILE + 1].count())

    def sheet(self, *, by: User, at: datetime) -> sheets.Sheet:
        """Return the whole list as a table; its first rows say what it is, what filters it, of when, and for whom."""
        facts: list[Sequence[Cell]] = [(self.title,), *self.facts]
        facts += [(chip.label, chip.text) for chip in self.filters.chips] or [(_("Filters"), _("none (everything)"))]
        facts += [
            (_("Sorted by"), self.sorted_by),
            (_("As of"), at),
            (_("Made by"), by.login, by.get_full_name()),
        ]
        return sheets.Sheet(
            name=f"{self.name}-{timezone.localtime(at):%Y%m%d-%H%M}",
            facts=facts,
            head=[str(column.label) for column in self.columns],
            widths=[column.width for column in self.columns],
            rows=self.all_cells,
        )

    def all_cells(self) -> Iterator[Sequence[Cell]]:
        """Yield all rows of the list as a file carries them."""
        stream = self._ordered()[:MOST_IN_A_FILE].iterator(chunk_size=_ROWS_AT_ONCE)
        while stretch := list(islice(stream, _ROWS_AT_ONCE)):
            for row in self.load(stretch):
                yield [column.value(row) for column in self.columns]


def answer(
    listing: Listing, template: str, context: Mapping[str, Any] | None = None, *, kind: str = ""
) -> HttpResponseBase:
    """Answer a page of the list, or (`kind`) the whole of it as a file. A file that was taken is remembered for ever.

    A filter that cannot be read answers 422, the reason beside its field; so does a list too long for a file.
    """
    request, status, is_too_long = listing.request, 200, False
    if listing.filters.errors:
        status = 422
    elif kind:
        if not listing.too_long_for_a_file:
            by = cast("User", request.user)
            reads.note(request, by=by, action=f"list.{kind}", subject=request.get_full_path())
            sheet = listing.sheet(by=by, at=timezone.now())
            if getattr((context or {}).get("depot"), "is_exercise", False):
                sheet = replace(sheet, facts=[(_("Exercise depot — its figures enter no report"),), *sheet.facts])
            return sheets.answer(sheet, kind)
        status, is_too_long = 422, True
    shown = {"listing": listing, "is_too_long": is_too_long, "most_in_a_file": MOST_IN_A_FILE}
    return render(request, template, {**(context or {}), **shown}, status=status)


def between(filters: Filters, field_name: str) -> Q:
    """Return the condition that an instant lies in the days `from` to `to` of the filters, both included."""
    condition = Q()
    if (first := filters.asks("from")) is not None:
        condition &= Q(**{f"{field_name}__gte": asking.midnight(first)})
    if (last := filters.asks("to")) is not None:
        condition &= Q(**{f"{field_name}__lt": asking.midnight(last, days=1)})
    return condition
