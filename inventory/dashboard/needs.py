"""What needs somebody now: numbers with words, each the length of the list it leads to.

Every room counts its own with the question its list asks; here they are only put in order. What is nothing is not
told. The number of questions does not grow with depots, goods or papers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import Count, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from depots import access
from depots.models import Depot
from inventory.availability.by_item import count as count_items
from inventory.availability.question import Question
from inventory.foresight.models import Outlook, Risk
from inventory.ledger.models import Verification
from inventory.norms.shortfalls import covered, in_force, stock_of
from inventory.openings import waiting as files_waiting
from inventory.requisitions import asking, orders
from inventory.vouchers import approvals
from inventory.vouchers.models import Status, Voucher
from logistics import sql
from logistics.accounts import rights
from logistics.accounts.models import User
from logistics.accounts.rights import RIGHTS, Right
from logistics.exports.models import ExportRun
from logistics.fields import format_date, format_moment

EXPIRES_WITHIN_DAYS: Final = 90
SILENT_AFTER: Final = timedelta(days=3)  # a depot at work records every day but at weekends
NIGHTLY: Final = timedelta(hours=26)  # a night, and two hours for a late one
MOST_NAMED: Final = 3
MOST_DESKS: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """One thing that needs somebody: how many, of what, and where the list of them is ('' where there is no page)."""

    number: int
    words: str
    href: str = ""
    detail: str = ""
    tone: str = ""


@dataclass(frozen=True, slots=True)
class DeskNeeds:
    """The desk of one depot where the reader posts."""

    depot: Depot
    needs: list[Need] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Road:
    """What is on the road to a depot, and lines it sent that came otherwise."""

    arriving: int = 0
    oldest_sent_at: datetime | None = None
    differing: int = 0


@dataclass(frozen=True, slots=True)
class Reader:
    """Who looks, what their roles carry, and which depots that count they may read."""

    user: User
    carried: frozenset[Right]
    depots: list[int]
    sees_everything: bool

    @classmethod
    def of(cls, user: User) -> Reader:
        """Return the reader that a person is today; two queries."""
        held = rights.assignments(user, *Right, on=timezone.localdate())
        roles: list[Any] = list(held.values_list("role", "unit", "depot").distinct())
        carried = frozenset[Right]().union(*(RIGHTS[role] for role, _unit, _depot in roles))
        whole = any(unit is None and depot is None and Right.READ in RIGHTS[role] for role, unit, depot in roles)
        return cls(user, carried, access.scope(user, only_counted=True), whole or user.is_superuser)

    def may(self, *wanted: Right) -> bool:
        """Tell whether some role carries one of the rights, somewhere."""
        return bool(self.carried & set(wanted))


def road_of(depots: Sequence[int]) -> dict[int, Road]:
    """Return by depot what is on the road to and from it; one query."""
    rows = sql.rows("dashboard/road_by_depot", {"depots": list(depots)})
    return {depot: Road(arriving, oldest, differing) for depot, arriving, oldest, differing in rows}


# --- Desks --------------------------------------------------------------------------------------------------------


def desks(reader: Reader, *, first: str, road: dict[int, Road], at: datetime) -> list[DeskNeeds]:
    """Return the desks of a poster's depots, the one they worked at last first; at most three, three queries."""
    if not reader.may(Right.POST):
        return []
    posting = Depot.objects.filter(id__in=access.depot_ids(reader.user, Right.POST), closed_date=None)
    depots = sorted(posting, key=lambda depot: (depot.code != first, depot.is_exercise, depot.code))[:MOST_DESKS]
    keys = [depot.pk for depot in depots]
    papers: dict[int, dict[str, int]] = {}
    waiting = Voucher.objects.filter(depot__in=keys, status__in=[Status.REJECTED, Status.APPROVED, Status.DRAFT])
    for depot, status, number in waiting.order_by().values_list("depot", "status").annotate(Count("pk")):
        papers.setdefault(depot, {})[status] = number
    ordered = dict(orders.waiting_in(keys).order_by().values_list("depot").annotate(Count("pk")))
    return [
        DeskNeeds(depot, list(_desk(depot, papers.get(depot.pk, {}), ordered.get(depot.pk, 0), road, at)))
        for depot in depots
    ]


def _desk(depot: Depot, papers: dict[str, int], ordered: int, road: dict[int, Road], at: datetime) -> Iterator[Need]:
    listed = reverse("vouchers", args=[depot.code])
    on_road = road.get(depot.pk, Road())
    if number := papers.get(Status.REJECTED, 0):
        words = ngettext("voucher sent back to you", "vouchers sent back to you", number)
        yield Need(number=number, words=words, href=f"{listed}?status=rejected", tone="bad")
    if ordered:
        words = ngettext("order to carry out", "orders to carry out", ordered)
        yield Need(number=ordered, words=words, href=reverse("depot-orders", args=[depot.code]) + "?status=running")
    if number := on_road.arriving:
        words = ngettext("consignment on its way here", "consignments on their way here", number)
        yield Need(number=number, words=words, href=reverse("arrivals", args=[depot.code]), detail=_age(on_road, at))
    if number := papers.get(Status.APPROVED, 0):
        words = ngettext("approved voucher to be posted", "approved vouchers to be posted", number)
        yield Need(number=number, words=words, href=f"{listed}?status=approved")
    if number := on_road.differing:
        words = ngettext("line to settle that came otherwise", "lines to settle that came otherwise", number)
        yield Need(
            number=number, words=words, href=reverse("road", args=[depot.code]) + "?state=difference", tone="bad"
        )
    if number := papers.get(Status.DRAFT, 0):
        words = ngettext("draft to go on with", "drafts to go on with", number)
        yield Need(number=number, words=words, href=f"{listed}?status=draft")


def _age(road: Road, at: datetime) -> str:
    if road.oldest_sent_at is None:
        return ""
    days = (at - road.oldest_sent_at).days
    return ngettext("the oldest for %(days)s day", "the oldest for %(days)s days", days) % {"days": days}


# --- Everybody ----------------------------------------------------------------------------------------------------


def needs(reader: Reader, *, road: dict[int, Road], at: datetime) -> list[Need]:
    """Return what needs the reader now, what only they can do first."""
    return [
        *_decisions(reader),
        *_stock(reader, at),
        *_depots(reader, road, at),
        *_house(reader, at),
    ]


def _decisions(reader: Reader) -> Iterator[Need]:
    user = reader.user
    if reader.may(Right.APPROVE):
        if number := approvals.waiting_count(user):
            words = ngettext("voucher waits for your decision", "vouchers wait for your decision", number)
            yield Need(number=number, words=words, href=reverse("approvals"), tone="warn")
        if number := files_waiting.waiting_for(user).count():
            words = ngettext("file waits for your decision", "files wait for your decision", number)
            yield Need(number=number, words=words, href=reverse("approvals") + "#others", tone="warn")
        if number := asking.waiting_for(user).count():
            words = ngettext("requisition waits for your decision", "requisitions wait for your decision", number)
            yield Need(number=number, words=words, href=reverse("requisitions") + "?mine=deciding", tone="warn")
    if reader.may(Right.PLAN) and (number := asking.open_for(user).count()):
        words = ngettext("approved requisition waits for stock", "approved requisitions wait for stock", number)
        yield Need(number=number, words=words, href=reverse("requisitions") + "?mine=serving", tone="warn")


def _stock(reader: Reader, at: datetime) -> Iterator[Need]:
    if not reader.depots:
        return
    today = timezone.localdate(at)
    question = Question(min_days_left=0, max_days_left=EXPIRES_WITHIN_DAYS)
    if number := count_items(question, by=reader.user, on=today).items:
        words = ngettext("item with stock that expires", "items with stock that expires", number)
        query = f"?min_days_left=0&max_days_left={EXPIRES_WITHIN_DAYS}"
        detail = _("within %(days)s days") % {"days": EXPIRES_WITHIN_DAYS}
        yield Need(number=number, words=words, href=reverse("availability") + query, detail=detail, tone="warn")
    required = dict(in_force(by=reader.user, on=today).order_by().values_list("pk", "required"))
    stock = stock_of(list(required), on=today) if required else {}
    short = [
        share
        for norm, (on_hand, unusable, _depots) in stock.items()
        if (share := covered(required[norm], on_hand - unusable)) < 100
    ]
    if short:
        words = ngettext("reserve norm is not met", "reserve norms are not met", len(short))
        text = ngettext(
            "of %(all)s norm: %(share)s %% covered", "of %(all)s norms; the least covered: %(share)s %%", len(required)
        )
        detail = text % {"all": len(required), "share": min(short)}
        yield Need(number=len(short), words=words, href=reverse("norms") + "?state=short", detail=detail, tone="bad")
    risks = Outlook.objects.filter(depot__in=reader.depots, risk__in=[Risk.OUT, Risk.HIGH])
    counts = dict(risks.order_by().values_list("risk").annotate(Count("pk")))
    if number := counts.get(Risk.OUT, 0):
        words = ngettext("item is out of stock in its depot", "items are out of stock in their depots", number)
        yield Need(number=number, words=words, href=reverse("foresight") + f"?risk={Risk.OUT}", tone="bad")
    if number := counts.get(Risk.HIGH, 0):
        words = ngettext("item is about to run out", "items are about to run out", number)
        yield Need(number=number, words=words, href=reverse("foresight") + f"?risk={Risk.HIGH}", tone="bad")


def _depots(reader: Reader, road: dict[int, Road], at: datetime) -> Iterator[Need]:
    if len(reader.depots) < 2:
        return  # the one depot's desk says it
    mine = [road[depot] for depot in reader.depots if depot in road]
    sent = [one.oldest_sent_at for one in mine if one.oldest_sent_at is not None]
    if number := sum(one.arriving for one in mine):
        words = ngettext("consignment is on the road", "consignments are on the road", number)
        detail = _age(Road(oldest_sent_at=min(sent, default=None)), at)
        yield Need(number=number, words=words, href="#depots", detail=detail)
    if number := sum(one.differing for one in mine):
        words = ngettext("line came otherwise and is not settled", "lines came otherwise and are not settled", number)
        yield Need(number=number, words=words, href="#depots", tone="bad")
    asked = {"depots": reader.depots, "since": at - SILENT_AFTER, "today": timezone.localdate(at)}
    silent = [code for code, _recorded_at in sql.rows("dashboard/silent_depots", asked)]
    if silent:
        words = ngettext("depot has recorded nothing", "depots have recorded nothing", len(silent))
        days = _("for %(days)s days") % {"days": SILENT_AFTER.days}
        named = ", ".join(silent[:MOST_NAMED]) + (" …" if len(silent) > MOST_NAMED else "")
        lateness = reverse("report", args=["lateness"])
        yield Need(number=len(silent), words=words, href=lateness, detail=f"{days}: {named}", tone="warn")


def _house(reader: Reader, at: datetime) -> Iterator[Need]:
    """Tell what is wrong with exports and logbooks, to whoever sees the whole store or keeps it running."""
    if not (reader.sees_everything or reader.may(Right.KEEP_PEOPLE)):
        return
    run = ExportRun.objects.order_by("-requested_at", "-id").first()
    if run is not None and run.state in {ExportRun.State.FAILED, ExportRun.State.REJECTED}:
        detail = f"{run.name}, {format_moment(run.requested_at)}: {run.get_state_display()}"
        yield Need(number=1, words=_("export to the ministry went wrong"), detail=detail, tone="bad")
    elif run is not None and at - run.requested_at > NIGHTLY:
        nights = (at - run.requested_at).days or 1
        words = ngettext("night without an export", "nights without an export", nights)
        detail = _("the last: %(day)s") % {"day": format_date(timezone.localdate(run.requested_at))}
        yield Need(number=nights, words=words, detail=detail, tone="bad")
    checked = list(Verification.objects.filter(Q(depot=None) | Q(disagreements__gt=0)).order_by("-verified_at")[:20])
    whole = next((one for one in checked if one.depot_id is None), None)
    broken = [one for one in checked if one.disagreements and (whole is None or one.verified_at >= whole.verified_at)]
    if broken:
        number = max(one.disagreements for one in broken)
        words = ngettext("disagreement in the logbooks", "disagreements in the logbooks", number)
        where = ", ".join(dict.fromkeys(place for one in broken for _check, place, _text in one.found[:MOST_NAMED]))
        detail = f"{format_moment(broken[0].verified_at)}: {where}"
        yield Need(number=number, words=words, detail=detail, tone="bad")
    elif whole is not None and at - whole.verified_at > NIGHTLY:
        nights = (at - whole.verified_at).days or 1
        words = ngettext("night without a check of the logbooks", "nights without a check of the logbooks", nights)
        yield Need(number=nights, words=words, tone="warn")
