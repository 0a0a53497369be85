"""The availability page: one search box and facets, a row per item with every deduction, now or at a past instant."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from itertools import groupby
from typing import Any, Final, cast

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from depots.models import Depot
from inventory.availability import saved_views
from inventory.availability.by_item import Count, ItemPage, ItemStock, Order, by_item, count
from inventory.availability.facets import Facets
from inventory.availability.instants import Instant, ask, instant
from inventory.availability.later_page import told
from inventory.availability.lists import STATES
from inventory.availability.piles import piles
from inventory.availability.question import Question
from logistics import lists, paging, sheets
from logistics.accounts import rights
from logistics.accounts.models import User
from logistics.accounts.rights import Right
from logistics.audit import reads
from logistics.errors import Invalid, NotFound
from logistics.sheets import Cell

ITEMS_A_PAGE: Final = 50
MOST_IN_A_FILE: Final = 100_000
_ITEMS_AT_ONCE: Final = 200
_PILES_AT_ONCE: Final = 20_000
ORDERS: Final = {"code": gettext_lazy("Item code"), "name": gettext_lazy("Item")}
DENSITIES: Final = ("", "compact")


@dataclass(frozen=True, slots=True)
class Amount:
    """A column of quantities: its name in the address and in `Stock`, its head, and what tells about it.

    `state` is the deduction whose piles stand behind it. `is_wide`: small screens leave it out unless it is chosen.
    """

    name: str
    label: Any
    state: str = ""
    is_wide: bool = False


AMOUNTS: Final = (
    Amount("on_hand", gettext_lazy("On hand")),
    Amount("allocated", gettext_lazy("Allocated"), is_wide=True),
    Amount("on_hold", gettext_lazy("On hold"), "on_hold", is_wide=True),
    Amount("expired", gettext_lazy("Expired"), "expired", is_wide=True),
    Amount("reserve", gettext_lazy("Reserve"), "reserve", is_wide=True),
    Amount("disposal", gettext_lazy("For disposal"), "disposal", is_wide=True),
    Amount("available", gettext_lazy("Available"), "available"),
    Amount("in_transit_in", gettext_lazy("On the road")),
    Amount("expiring", gettext_lazy("Expires in 90 days"), "available", is_wide=True),
)
_OF_AN_ITEM_ONLY: Final = ("expiring",)
LEVELS: Final = {
    "": gettext_lazy("by item"),
    "depot": gettext_lazy("by item and depot"),
    "pile": gettext_lazy("by item, depot, lot and bin"),
}


@dataclass(frozen=True)
class Board:
    """What the page shows of one request; nothing is asked of the database before it is needed."""

    request: HttpRequest
    facets: Facets
    when: Instant
    by: User
    at: datetime

    @classmethod
    def of(cls, request: HttpRequest) -> Board:
        """Return the board that a request asks for."""
        user = cast("User", request.user)
        return cls(request, Facets(request, by=user), instant(request), user, timezone.now())

    # --- What is chosen of how it looks: state of the address, and of saved views with it ---

    @cached_property
    def columns(self) -> list[Amount]:
        """The columns that are shown, in their order."""
        asked = self.request.GET.getlist("show")
        return [column for column in self.offered if not asked or column.name in asked]

    @property
    def offered(self) -> tuple[Amount, ...]:
        """The columns there are."""
        return AMOUNTS

    @property
    def is_chosen(self) -> bool:
        """Tell whether the columns were chosen: then small screens show them all."""
        return bool(self.request.GET.getlist("show"))

    @property
    def is_compact(self) -> bool:
        """Tell whether rows are low."""
        return self.request.GET.get("density") == "compact"

    @cached_property
    def sort(self) -> str:
        """The order asked for: by code, or by name."""
        asked = self.request.GET.get("sort") or "code"
        if asked not in ORDERS:
            raise NotFound(_("This list cannot be sorted by “%(column)s”.") % {"column": asked[:40]})
        return asked

    @property
    def order(self) -> Order:
        """The order as the statement knows it."""
        if self.sort == "name" and (get_language() or "").startswith("en"):
            return "name_en"
        return cast("Order", self.sort)

    # --- What there is ---

    @cached_property
    def question(self) -> Question:
        """What is asked."""
        return self.facets.question()

    @cached_property
    def page(self) -> ItemPage:
        """The rows of the page."""
        place = self.request.GET.get("after") or None
        try:
            after = paging.after(place, parts=2)
        except Invalid as error:
            raise NotFound(_("This list has no page “%(page)s”.") % {"page": (place or "")[:20]}) from error
        return by_item(
            self.question, self.when, by=self.by, at=self.at, order=self.order,
            after=(after[0], after[1]) if after else None, limit=ITEMS_A_PAGE,
        )  # fmt: skip

    @property
    def is_first(self) -> bool:
        """Tell whether this is the list's first page."""
        return not self.request.GET.get("after")

    @cached_property
    def is_whole(self) -> bool:
        """Tell whether the page shows the whole list."""
        return self.is_first and self.page.after is None

    @cached_property
    def counted(self) -> Count | None:
        """How many rows the whole list has, where that is known at once or was asked for; else None."""
        if self.when.is_now and self.request.GET.get("count"):
            return count(self.question, by=self.by, on=timezone.localdate(self.at))
        if not self.is_whole:
            return None
        units = {row.unit for row in self.page.rows}
        return Count(len(self.page.rows), units.pop() if len(units) == 1 else None)

    @property
    def counting(self) -> str:
        """The address of the page with its count, '' where counting the past would take longer than showing it."""
        return f"?{self.request.GET.urlencode()}&count=1".replace("?&", "?") if self.when.is_now else ""

    @cached_property
    def totals(self) -> list[Decimal] | None:
        """The sums of the columns, where the whole list is shown and counted in one unit of measure."""
        if not self.is_whole or not self.counted or not self.counted.unit or len(self.page.rows) < 2:
            return None
        return [sum((getattr(row, column.name) for row in self.page.rows), Decimal(0)) for column in self.columns]

    @property
    def totalled(self) -> list[tuple[Amount, Decimal]]:
        """The columns with their sums, where there are any."""
        return list(zip(self.columns, self.totals or (), strict=False))

    @cached_property
    def may_share(self) -> bool:
        """Tell whether the reader may offer a saved view to everybody."""
        return rights.has(self.by, Right.PLAN)

    # --- Addresses ---

    @cached_property
    def passed_on(self) -> str:
        """The part of the query that pages about one item understand, as `a=b&c=d`; '' for nothing."""
        carried = QueryDict(mutable=True)
        for name in ("unit", "province", "depot", "grade", "purpose", "min_days_left", "max_days_left"):
            if value := self.request.GET.get(name):
                carried[name] = value
        carried.update(self.when.parameters)
        return carried.urlencode()

    @property
    def following(self) -> str:
        """The address of the next page, '' on the last."""
        if self.page.after is None:
            return ""
        return lists.changed(self.request.GET, after=paging.cursor(*self.page.after), count="")

    @property
    def first(self) -> str:
        """The address of the first page."""
        return lists.changed(self.request.GET)

    @property
    def orders(self) -> dict[str, str]:
        """The addresses of the orders that are not the page's, by name."""
        return {name: lists.changed(self.request.GET, sort="" if name == "code" else name) for name in ORDERS
                if name != self.sort}  # fmt: skip

    @property
    def clean(self) -> str:
        """The query without what forms send of empty fields, '' for none: what saved views keep and links say."""
        return lists.changed(self.request.GET, count="")[1:]

    @property
    def kept(self) -> list[tuple[str, str]]:
        """What the form of columns carries on of the address."""
        return [(name, value) for name, values in self.request.GET.lists() for value in values
                if value and name not in {"show", "density", "after", "count"}]  # fmt: skip

    @property
    def downloads(self) -> list[tuple[str, list[tuple[str, str]]]]:
        """What the list can be had as: by level of detail, kinds of file with their addresses."""
        found = []
        for level, label in LEVELS.items():
            query = lists.changed(self.request.GET, level=level)
            files = [(kind.upper(), reverse("availability-file", args=[kind]) + query) for kind in sheets.KINDS]
            found.append((str(label), files))
        return found


@login_required
@require_safe
def availability(request: HttpRequest, kind: str = "") -> HttpResponseBase:
    """Answer what there is of each item, or (`kind`) all of it as a file. A file that was taken is remembered for ever.

    What cannot be read of the address answers 422, the reason beside its field.
    """
    board = Board.of(request)
    if board.when.address and not kind:
        return redirect(board.when.address)
    is_wrong, is_too_long, late = bool(board.facets.errors or board.when.refusals), False, {}
    if not is_wrong:
        try:
            if kind and not (is_too_long := _too_long(board)):
                return _file(board, kind)
            if request.headers.get("HX-Target") != "counted":
                _rows = board.page.rows  # asked for here, so that a depot out of scope is told beside its field
            late = told(request, board.question, board.when, by=board.by, at=board.at)
        except NotFound as error:
            if not board.question.depot and not board.question.depots:
                raise
            board.facets.add_error("depot", str(error))
            is_wrong = True
    context = {
        "board": board,
        "facets": board.facets,
        "instant": board.when,
        "later": late,
        "is_wrong": is_wrong,
        "is_too_long": is_too_long,
        "most_in_a_file": MOST_IN_A_FILE,
        "views": saved_views.offered(board.by),
    }
    if request.headers.get("HX-Target") == "counted" and not is_wrong:
        return render(request, "availability/counted.html", context)
    if is_wrong:
        context["error"] = True  # so that no banner tells whether a depot out of scope is for training
    answer = render(request, "availability/search.html", context, status=422 if is_wrong or is_too_long else 200)
    if request.headers.get("HX-Request"):
        answer["HX-Push-Url"] = f"{request.path}{'?' if board.clean else ''}{board.clean}"
    return answer


# --- The list as a file -------------------------------------------------------------------------------------------


def _too_long(board: Board) -> bool:
    """Tell whether the list has more items than a file may have rows."""
    return (
        board.when.is_now and count(board.question, by=board.by, on=timezone.localdate(board.at)).items > MOST_IN_A_FILE
    )


def _file(board: Board, kind: str) -> HttpResponseBase:
    request, level = board.request, board.request.GET.get("level", "")
    if level not in LEVELS:
        raise NotFound(_("There is no such level of detail: %(level)s.") % {"level": level[:40]})
    reads.note(request, by=board.by, action=f"list.{kind}", subject=request.get_full_path())
    return sheets.answer(_sheet(board, level), kind)


def _sheet(board: Board, level: str) -> sheets.Sheet:
    """Return the whole list as a table; its first rows say what is asked, of when by which clock, and for whom."""
    when, english = board.when, (get_language() or "").startswith("en")
    filters = [(chip.label, chip.text) for chip in board.facets.chips] or [(_("Filters"), _("none (everything)"))]
    facts: list[Sequence[Cell]] = [
        (f"{_('Availability')} {LEVELS[level]}",),
        *filters,
        (_("Sorted by"), str(ORDERS[board.sort])),
        (_("Figures at"), when.name),
        *([(_("By the date of the voucher"), when.as_of)] if when.as_of else []),
        *([(_("By the time of recording"), when.recorded_as_of)] if when.recorded_as_of else []),
        (_("Taken at"), board.at),
        (_("Made by"), board.by.login, board.by.get_full_name()),
    ]
    columns = [column for column in board.columns if not level or column.name not in _OF_AN_ITEM_ONLY]
    goods = [(_("Item code"), 16), (_("Item"), 36), (_("Unit of measure"), 12)]
    heads: dict[str, list[tuple[str, int]]] = {
        "": [(str(column.label), 14) for column in columns] + [(_("Depots"), 8)],
        "depot": [(_("Depot"), 10), (_("Name of the depot"), 28), *((str(column.label), 14) for column in columns)],
        "pile": [
            (_("Depot"), 10), (_("Name of the depot"), 28), (_("Lot"), 16), (_("Last day of use"), 14), (_("Bin"), 10),
            (_("Grade"), 8), (_("Purpose"), 18), (_("On hand"), 14), (_("Allocated"), 14), (_("Available"), 14),
            (_("State"), 14), (_("Held because"), 30),
        ],
    }  # fmt: skip
    head = [*goods, *heads[level]]
    rows: dict[str, Callable[[Sequence[ItemStock]], Iterator[list[Cell]]]] = {
        "": lambda items: ([*(getattr(item, column.name) for column in columns), item.depots] for item in items),
        "depot": lambda items: _depot_cells(board, items, columns),
        "pile": lambda items: _pile_cells(board, items),
    }

    def cells() -> Iterator[Sequence[Cell]]:
        written = 0
        for items in _chunks(board):
            named = {item.code: item for item in items}
            for row in rows[level](items) if level else _with_code(items, rows[""](items)):
                code, *rest = row
                item = named[str(code)]
                name = item.name_en if english and item.name_en else item.name
                yield [item.code, name, item.unit_en if english and item.unit_en else item.unit, *rest]
                written += 1
                if written == MOST_IN_A_FILE:
                    cut = _("Cut off here: a file has at most %(most)s rows. Choose fewer goods or depots.")
                    yield [cut % {"most": MOST_IN_A_FILE}]
                    return

    return sheets.Sheet(
        name=f"availability-{timezone.localtime(board.at):%Y%m%d-%H%M}",
        facts=facts,
        head=[label for label, _width in head],
        widths=[width for _label, width in head],
        rows=cells,
    )


def _with_code(items: Sequence[ItemStock], rows: Iterator[list[Cell]]) -> Iterator[list[Cell]]:
    for item, row in zip(items, rows, strict=True):
        yield [item.code, *row]


def _chunks(board: Board) -> Iterator[tuple[ItemStock, ...]]:
    """Yield the rows of the whole list, some at a time."""
    after = None
    while True:
        page = by_item(
            board.question, board.when, by=board.by, at=board.at, order=board.order, after=after, limit=_ITEMS_AT_ONCE
        )
        yield page.rows
        if page.after is None:
            return
        after = page.after


def _names() -> dict[str, str]:
    return dict(Depot.objects.values_list("code", "name"))


def _depot_cells(board: Board, items: Sequence[ItemStock], columns: Sequence[Amount]) -> Iterator[list[Cell]]:
    """Yield an item's code, a depot and its amounts, in the items' order."""
    names = _names()
    question = board.facets.question(items=tuple(item.code for item in items))
    found = ask(question, board.when, by=board.by, at=board.at, limit=MOST_IN_A_FILE).rows if items else ()
    by_code = {code: list(rows) for code, rows in groupby(found, key=lambda row: row.item)}
    for item in items:
        for row in by_code.get(item.code, []):
            yield [item.code, row.depot, names[row.depot], *(getattr(row, column.name) for column in columns)]


def _pile_cells(board: Board, items: Sequence[ItemStock]) -> Iterator[list[Cell]]:
    """Yield an item's code and one of its piles, in the items' order."""
    names = _names()
    question = board.facets.question(items=tuple(item.code for item in items))
    found = piles(
        question, by=board.by, at=board.at, as_of=board.when.as_of, recorded_as_of=board.when.recorded_as_of,
        limit=MOST_IN_A_FILE,
    ) if items else []  # fmt: skip
    by_code = {code: list(rows) for code, rows in groupby(found, key=lambda pile: pile.item)}
    for item in items:
        for pile in by_code.get(item.code, []):
            yield [
                item.code, pile.depot, names[pile.depot], pile.lot, pile.expires_date, pile.bin, pile.grade,
                pile.purpose, pile.on_hand, pile.allocated, pile.available, str(STATES[pile.deduction]),
                pile.hold_reason,
            ]  # fmt: skip
