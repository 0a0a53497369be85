"""What the masthead offers to whom: the rooms of the reader's roles, and the desk of the depot they are working in."""

from __future__ import annotations

import functools
import operator
from dataclasses import dataclass, field
from typing import Any, Final

from django.db.models import Case, Count, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy, pgettext_lazy

from depots import access
from depots.models import Depot
from inventory.openings import waiting as files_waiting
from inventory.requisitions import asking
from inventory.vouchers import approvals
from logistics.accounts import rights
from logistics.accounts.models import Role, User
from logistics.accounts.rights import RIGHTS, Right

_LAST_DEPOT: Final = "depot"  # the session's memory of where its person last worked
_MOST_IN_A_LINE: Final = 8  # of the words below, beside brand and person, at 1280 px


@dataclass(frozen=True, slots=True, eq=False)  # a label's hash changes with the language: rooms are told by identity
class Room:
    """A place of the menu. `pages` are the names of addresses that belong to it; the first is where it leads.

    `of_a_desk`: its address names the depot whose desk is meant.
    """

    pages: tuple[str, ...]
    label: Any
    of_a_desk: bool = False

    @property
    def name(self) -> str:
        """The name of the address it leads to."""
        return self.pages[0]


@dataclass(frozen=True, slots=True)
class Entry:
    """A room as the masthead shows it; `count` says how much waits there, `is_here` that this page is in it."""

    label: str
    href: str
    is_here: bool
    is_desk: bool = False
    count: int = 0


@dataclass(frozen=True, slots=True)
class Navigation:
    """The masthead's offers: what fits in a line, and what is folded away behind it."""

    line: list[Entry] = field(default_factory=list)
    more: list[Entry] = field(default_factory=list)

    @property
    def more_is_here(self) -> bool:
        """Tell whether this page is one of those folded away."""
        return any(entry.is_here for entry in self.more)


_HOME: Final = Room(("home",), gettext_lazy("Overview"))
_DESK: Final = Room(("desk", "entry", "outbox"), gettext_lazy("Desk"), of_a_desk=True)
_VOUCHERS: Final = Room(("vouchers", "voucher"), gettext_lazy("Vouchers"), of_a_desk=True)
_ORDERS: Final = Room(("depot-orders",), pgettext_lazy("menu", "Orders"), of_a_desk=True)
_APPROVALS: Final = Room(("approvals",), gettext_lazy("To approve"))
_REQUISITIONS: Final = Room(
    ("requisitions", "requisition", "requisition-new", "orders", "order"), pgettext_lazy("menu", "Requisitions")
)
_STOCKTAKES: Final = Room(
    ("stocktakes", "stocktake", "stocktake-new", "stocktake-count", "stocktake-accuracy"),
    pgettext_lazy("menu", "Stocktakes"),
)
_STOCK: Final = Room(("availability", "item", "stock-card", "item-over-time"), gettext_lazy("Stock"))
_MAP: Final = Room(("map",), pgettext_lazy("menu", "Map"))
_PLANS: Final = Room(("plans", "plan", "plan-new", "plan-comparison"), pgettext_lazy("menu", "Plans"))
_FORESIGHT: Final = Room(("foresight", "foresight-item"), pgettext_lazy("menu", "Foresight"))
_REPORTS: Final = Room(("reports", "report"), pgettext_lazy("menu", "Reports"))
_NORMS: Final = Room(("norms",), pgettext_lazy("menu", "Norms"))
_PACKS: Final = Room(("packs", "pack"), pgettext_lazy("menu", "Meetings"))
_FUEL: Final = Room(("fuel", "tank"), pgettext_lazy("menu", "Fuel"))
_FILES: Final = Room(("openings", "opening", "opening-columns"), pgettext_lazy("menu", "Files"))
_DEPOTS: Final = Room(("depots", "depot", "stock", "movements", "movement"), gettext_lazy("Depots"))
_AUDIT: Final = Room(("audit", "audit-changes", "audit-reads"), pgettext_lazy("menu", "Audit"))
_UPKEEP: Final = Room(("admin:index",), gettext_lazy("Upkeep"))
_API: Final = Room(("api:openapi-view",), gettext_lazy("API"))

# In the order of the menu. What a role reaches for every day stands in the line, the rest behind "more".
_ALL: Final = (
    _HOME, _DESK, _VOUCHERS, _ORDERS, _APPROVALS, _STOCK, _MAP, _REQUISITIONS, _PLANS, _FORESIGHT, _REPORTS, _NORMS,
    _STOCKTAKES, _FUEL, _PACKS, _FILES, _DEPOTS, _AUDIT, _UPKEEP, _API,
)  # fmt: skip
_READING: Final = (_STOCK, _MAP, _REQUISITIONS, _PLANS, _FORESIGHT, _REPORTS, _NORMS)
_DAILY: Final[dict[str, tuple[Room, ...]]] = {
    Role.STOREKEEPER: (_DESK, _VOUCHERS, _ORDERS, _REQUISITIONS, _STOCK, _STOCKTAKES),
    Role.APPROVER: (_APPROVALS, _REQUISITIONS, _STOCK, _PLANS, _REPORTS, _NORMS),
    Role.PLANNER: _READING,
    Role.AUDITOR: (_STOCK, _MAP, _REQUISITIONS, _STOCKTAKES, _REPORTS, _NORMS, _AUDIT),
    Role.CATALOGUE_KEEPER: (_UPKEEP,),
    Role.ADMINISTRATOR: (_UPKEEP,),
}
_NEEDED: Final[dict[Room, frozenset[Right]]] = {
    **dict.fromkeys((_DESK, _VOUCHERS, _ORDERS), frozenset({Right.POST})),
    **dict.fromkeys((*_READING, _PACKS, _STOCKTAKES, _FUEL), frozenset({Right.READ})),
    _APPROVALS: frozenset({Right.APPROVE}),
    _FILES: frozenset({Right.POST, Right.APPROVE, Right.KEEP_CATALOGUE}),
    _UPKEEP: frozenset({Right.KEEP_CATALOGUE, Right.KEEP_PEOPLE}),
    _AUDIT: frozenset(),
}


def navigation(request: HttpRequest) -> Navigation:
    """Return what the masthead offers the person signed in; at most three queries, whatever the page."""
    user = request.user
    assert isinstance(user, User), "the masthead asks only for people"
    mine = _roles(user)
    roles = {role for role, _unit, _depot in mine}
    carried = frozenset[Right]().union(*(RIGHTS[role] for role in roles))
    desk = desk_of(request, user) if Right.POST in carried else ""
    waiting = _waiting(user) if Right.APPROVE in carried else {}
    daily = {_HOME}.union(*(_DAILY.get(role, ()) for role in roles))
    by_role: set[Room] = set()  # what no right opens, but being an auditor
    if user.is_superuser:
        by_role = {_UPKEEP, _AUDIT}
        daily.add(_UPKEEP)
    if Role.AUDITOR in roles:
        by_role.add(_AUDIT)
    if (Role.AUDITOR, None, None) in mine:
        by_role.add(_UPKEEP)
    found = Navigation()
    for room in _ALL:
        needed = _NEEDED.get(room)
        is_theirs = needed is None or bool(carried & needed) or room in by_role
        if not is_theirs or (room.of_a_desk and not desk):
            continue
        entry = _entry(room, request, desk, waiting.get(room.name, 0))
        (found.line if room in daily and len(found.line) < _MOST_IN_A_LINE else found.more).append(entry)
    return found


def desk_of(request: HttpRequest, user: User) -> str:
    """Return the depot whose desk is meant: the page's, else the last one worked in, else the first; "" for none."""
    match = request.resolver_match
    here = str(match.kwargs.get("code", "")) if match and match.route.startswith("depots/") else ""
    last = request.session.get(_LAST_DEPOT, "")
    chosen = (
        Depot.objects.filter(id__in=access.depot_ids(user, Right.POST), closed_date=None)
        .order_by(Case(When(code=here, then=0), When(code=last, then=1), default=2), "is_exercise", "code")
        .values_list("code", flat=True)
        .first()
    )
    # The service worker fetches the entry pages of every depot to keep them; nobody worked there for that.
    is_opened = request.headers.get("Sec-Fetch-Mode", "navigate") == "navigate"
    if chosen == here and here != last and is_opened:
        request.session[_LAST_DEPOT] = here
    return chosen or ""


def _entry(room: Room, request: HttpRequest, desk: str, count: int) -> Entry:
    match = request.resolver_match
    is_here = bool(match and match.url_name in room.pages)
    if room.of_a_desk and is_here and match:
        is_here = match.kwargs.get("code", desk) == desk
    label = f"{room.label} {desk}" if room is _DESK else str(room.label)
    href = reverse(room.name, args=[desk] if room.of_a_desk else [])
    return Entry(label, href, is_here, is_desk=room is _DESK, count=count)


def _roles(user: User) -> set[tuple[str, int | None, int | None]]:
    """Return the roles that hold today, each with the unit and depot it holds in, None twice for the whole store."""
    return set(rights.assignments(user, *Right, on=timezone.localdate()).values_list("role", "unit", "depot"))


def _waiting(user: User) -> dict[str, int]:
    """Return by room how much waits for the decision of `user`; one query."""
    asked: dict[str, list[QuerySet[Any]]] = {
        "approvals": [approvals.waiting_for(user), files_waiting.waiting_for(user)],
        "requisitions": [asking.waiting_for(user)],
    }
    counts = {
        f"waiting_{name}": functools.reduce(operator.add, (Coalesce(_count(one), 0) for one in found))
        for name, found in asked.items()
    }
    told: Any = User.objects.filter(pk=user.pk).values(**counts).get()
    return {name.removeprefix("waiting_"): count for name, count in told.items()}


def _count(found: QuerySet[Any]) -> Subquery:
    return Subquery(found.order_by().values(one=Value(1)).annotate(count=Count("*")).values("count"))
