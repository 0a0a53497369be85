"""What is done to a plan: made, a row changed, solved again, copied with another strategy. Stock is never touched."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID, uuid4

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from depots import access
from depots.models import Depot
from inventory.catalogue.models import Item, ReservePurpose
from inventory.sourcing import gathering, needs
from inventory.sourcing.gathering import Destination
from inventory.sourcing.goods import Offer, Pile, Rules, Strategy
from inventory.sourcing.models import Plan
from inventory.sourcing.needs import TypedNeed
from inventory.sourcing.solving import alternatives, instead, solve
from logistics import history
from logistics.accounts.rights import Right
from logistics.errors import Conflict, Fault, Invalid, NotFound, gettext_noop

if TYPE_CHECKING:
    from logistics.accounts.models import User

VALID: Final = timedelta(days=7)  # how long a plan may be made into orders after it was solved
MOST_DAYS: Final = 3_650
WORST_GRADE: Final = 4


class PlanOrdered(Conflict):
    """Orders were made of the plan: it stays as it is."""

    slug = "plan-ordered"
    title = gettext_noop("Orders were made of this plan")


class PlanMoved(Conflict):
    """Somebody else has changed the plan meanwhile."""

    slug = "plan-changed"
    title = gettext_noop("The plan was changed meanwhile")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a plan is asked for: a list, where and when it is needed, and the rules. Codes are business codes."""

    name: str
    needed_by_date: date | None
    depot: str = ""
    unit: str = ""
    strategy: str = Strategy.NEAREST_COMPLETE.value
    min_days_left: int = 0
    keep_percent: Decimal = Decimal(0)
    keeps_norms: bool = True
    excluded_depots: Sequence[str] = ()
    most_depots: int | None = None
    worst_grade: int = 2
    purpose: str | None = None
    needs: Sequence[TypedNeed] = field(default_factory=tuple)
    requisitions: Sequence[UUID] = ()
    id: UUID = field(default_factory=uuid4)


def plan_of(user: User, plan_id: UUID) -> Plan:
    """Return a plan with the names it bears. Raises NotFound where the user may not see all depots it speaks of."""
    people = ("to_depot", "to_unit", "near", "made_by", "ordered_by", "copy_of")
    found = Plan.objects.visible_to(user).select_related(*people).filter(pk=plan_id).first()
    if found is None:
        raise NotFound(_("There is no plan %(id)s in your scope.") % {"id": str(plan_id)})
    return found


def make(asked: Asked, *, by: User, at: datetime, source: history.Source) -> Plan:
    """Solve what is asked for and keep the plan; return it.

    Raises, with nothing written:
        Forbidden: no role of the asker makes plans.
        Invalid: something in it is wrong; every fault is told, those of the list by "/needs/<index>/…".
    """
    to, listed = refuse_where_wrong(asked, by=by, at=at)
    assert asked.needed_by_date is not None
    plan = Plan(
        id=asked.id,
        name=asked.name.strip(),
        to_depot=to.depot,
        to_unit=to.unit,
        near=to.near,
        needed_by_date=asked.needed_by_date,
        strategy=asked.strategy,
        rules={
            "min_days_left": asked.min_days_left,
            "keep_percent": f"{asked.keep_percent:f}",
            "keeps_norms": asked.keeps_norms,
            "excluded_depots": sorted(set(asked.excluded_depots)),
            "most_depots": asked.most_depots,
            "worst_grade": asked.worst_grade,
            "purpose": asked.purpose,
        },
        needs=[need | {"number": number} for number, need in enumerate(listed, start=1)],
        made_by=by,
        made_at=at,
    )
    _solve(plan, by=by, at=at)
    with history.changing(by=by, reason=_("Solved"), source=source):
        plan.save(force_insert=True)
    return plan


def refuse_where_wrong(asked: Asked, *, by: User, at: datetime) -> tuple[Destination, list[dict[str, Any]]]:
    """Return the destination and the needs of what is asked for. Raises as `make` does."""
    access.require(by, Right.PLAN)
    faults = list(_faults(asked, by=by, at=at))
    listed: list[dict[str, Any]] = []
    if asked.needs or not asked.requisitions:
        listed, wrong = needs.read(asked.needs, at=at)
        faults += wrong
    if asked.requisitions:
        lacking, wrong = needs.of_requisitions(asked.requisitions, by=by)
        listed += lacking
        faults += wrong
    to = None
    try:
        to = gathering.destination(depot=asked.depot, unit=asked.unit, by=by, at=at)
    except Invalid as refusal:
        faults += refusal.faults
    if faults or to is None:
        raise Invalid(faults)
    return to, listed


def _faults(asked: Asked, *, by: User, at: datetime) -> list[Fault]:
    found = []
    if not asked.name.strip():
        found.append(Fault("/name", "required", _("Give the plan a name to find it by.")))
    if len(asked.name.strip()) > 120 or "\x00" in asked.name:
        found.append(Fault("/name", "too-long", _("A name has at most %(most)s characters.") % {"most": 120}))
    if asked.needed_by_date is None:
        found.append(Fault("/needed_by", "required", _("Say by which day it is needed.")))
    elif asked.needed_by_date < timezone.localdate(at):
        found.append(Fault("/needed_by", "out-of-range", _("This day is over: write today or a later one.")))
    if asked.strategy not in set(Strategy):
        text = _("There is no such strategy; there are: %(known)s.") % {"known": ", ".join(Strategy)}
        found.append(Fault("/strategy", "unknown-code", text))
    if not 0 <= asked.min_days_left <= MOST_DAYS:
        text = _("The days left are a whole number from 0 to %(most)s.") % {"most": MOST_DAYS}
        found.append(Fault("/rules/min_days_left", "out-of-range", text))
    if not 0 <= asked.keep_percent <= 100:
        found.append(Fault("/rules/keep_percent", "out-of-range", _("A share goes from 0 to 100 %.")))
    if asked.most_depots is not None and not 1 <= asked.most_depots <= 100:
        text = _("The depots per line are a whole number from 1 to %(most)s.") % {"most": 100}
        found.append(Fault("/rules/most_depots", "out-of-range", text))
    if not 1 <= asked.worst_grade <= WORST_GRADE:
        text = _("The worst grade is from 1 to %(most)s: what awaits disposal goes nowhere.") % {"most": WORST_GRADE}
        found.append(Fault("/rules/worst_grade", "unknown-grade", text))
    purposes = ReservePurpose.objects.filter(is_ring_fenced=False)
    if asked.purpose is not None and not purposes.filter(code=asked.purpose).exists():
        text = _("There is no purpose “%(code)s” whose stock is free to be sent.") % {"code": asked.purpose[:40]}
        found.append(Fault("/rules/purpose", "unknown-purpose", text))
    known = set(Depot.objects.visible_to(by).filter(code__in=asked.excluded_depots).values_list("code", flat=True))
    for code in sorted(set(asked.excluded_depots) - known):
        text = _("There is no depot %(code)s in your scope.") % {"code": code[:40]}
        found.append(Fault("/rules/excluded_depots", "unknown-depot", text))
    return found


# --- Solving ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Ground:
    """What a plan is solved on: the piles as they are now, and the rules with what is kept back of them."""

    piles: list[Pile]
    rules: Rules


def ground(plan: Plan, *, by: User, at: datetime) -> Ground:
    """Return what lies where for a plan now, and its rules; a fixed number of queries beside those of unit norms."""
    codes = {need["item"] for need in plan.needs}
    items = list(Item.objects.filter(code__in=codes).select_related("base_unit"))
    piles = gathering.gather(codes, Destination(plan.to_depot, plan.to_unit, plan.near), by=by, at=at)
    said = plan.rules
    rules = Rules(
        needed_by_date=plan.needed_by_date,
        min_days_left=said["min_days_left"],
        keep_percent=Decimal(said["keep_percent"]),
        excluded_depots=frozenset(said["excluded_depots"]),
        most_depots=said["most_depots"],
        worst_grade=said["worst_grade"],
        purpose=said["purpose"],
        kept=gathering.kept(piles, by=by, at=at) if said["keeps_norms"] else {},
        scales={item.code: item.base_unit.scale for item in items},
    )
    return Ground(piles, rules)


def _solve(plan: Plan, *, by: User, at: datetime) -> None:
    found = ground(plan, by=by, at=at)
    solution = solve(plan.lines, found.piles, found.rules, Strategy(plan.strategy))
    plan.put(solution.rows, solution.shortages)
    plan.state = solution.state
    items = Item.objects.filter(code__in={need["item"] for need in plan.needs}).prefetch_related("packagings")
    plan.weights = {
        code: None if weight is None else f"{weight:f}" for code, weight in gathering.weights(items, at=at).items()
    }
    plan.solved_at, plan.expires_at = at, at + VALID
    _name_depots(plan)


def _name_depots(plan: Plan) -> None:
    codes = {row["depot"] for row in plan.rows} | set(plan.rules["excluded_depots"])
    plan.depots = sorted({plan.near_id, *Depot.objects.filter(code__in=codes).values_list("id", flat=True)})


def again(plan: Plan, *, version: int | None, by: User, at: datetime, source: history.Source) -> Plan:
    """Solve a plan anew on the stock of now; what was chosen by hand is solved as well. Return it.

    Raises Forbidden, PlanOrdered, PlanMoved, or Invalid where its destination can no longer be reckoned from.
    """
    with transaction.atomic(), history.changing(by=by, reason=_("Solved again"), source=source):
        held = locked(plan, version, by=by)
        _solve(held, by=by, at=at)
        held.version += 1
        held.save()
    return held


def copy(
    plan: Plan, *, strategy: str, by: User, at: datetime, source: history.Source, as_id: UUID | None = None
) -> Plan:
    """Make a plan of the same list and rules by another strategy, solved on the stock of now; return it.

    Raises:
        Forbidden: no role of the asker makes plans.
        Invalid: there is no such strategy.
    """
    access.require(by, Right.PLAN)
    if strategy not in set(Strategy):
        text = _("There is no such strategy; there are: %(known)s.") % {"known": ", ".join(Strategy)}
        raise Invalid([Fault("/strategy", "unknown-code", text)])
    made = Plan(
        id=as_id or uuid4(),
        name=plan.name,
        to_depot=plan.to_depot,
        to_unit=plan.to_unit,
        near=plan.near,
        needed_by_date=plan.needed_by_date,
        strategy=strategy,
        rules=plan.rules,
        needs=plan.needs,
        copy_of=plan,
        made_by=by,
        made_at=at,
    )
    _solve(made, by=by, at=at)
    with history.changing(by=by, reason=_("Copied with another strategy"), source=source):
        made.save(force_insert=True)
    return made


def change(
    plan: Plan,
    *,
    need: int,
    depot: str,
    instead_by: str,
    version: int | None,
    by: User,
    at: datetime,
    source: history.Source,
) -> Plan:
    """Let another depot give what `depot` gave to one line; only that line is solved anew, on the stock of now.

    Raises, with nothing changed:
        Forbidden, PlanOrdered, PlanMoved.
        Invalid: the line has no such row, or the other depot can give it nothing.
    """
    with transaction.atomic(), history.changing(by=by, reason=_("Another depot chosen"), source=source):
        held = locked(plan, version, by=by)
        found = ground(held, by=by, at=at)
        rows = held.sources
        if not any(row.need == need and row.depot == depot for row in rows) and depot:
            text = _("Line %(line)s takes nothing from %(depot)s.") % {"line": need, "depot": depot[:40]}
            raise Invalid([Fault("/depot", "unknown-depot", text)])
        offers = alternatives(held.lines, found.piles, found.rules, rows).get(need, [])
        if instead_by == depot or instead_by not in {offer.depot for offer in offers}:
            text = _("%(depot)s has nothing of line %(line)s to give that the rules and the other lines leave.")
            raise Invalid([Fault("/instead", "unknown-depot", text % {"line": need, "depot": instead_by[:40]})])
        item = next(one.item for one in held.lines if one.number == need)
        solved, short = instead(held.lines, found.piles, found.rules, rows, need=need, depot=depot, by=instead_by)
        # Other lines of the item were not solved anew: what they lack is what their own rows leave.
        stays = [one for one in held.missing if one.item != item or one.need != need]
        held.put(solved, sorted([*stays, *(one for one in short if one.need == need)], key=lambda one: one.need))
        held.version += 1
        _name_depots(held)
        held.save()
    return held


def offers_for(plan: Plan, *, by: User, at: datetime) -> dict[int, list[Offer]]:
    """Return per line the depots that could give to it beside what the plan takes, nearest first, on today's stock."""
    found = ground(plan, by=by, at=at)
    return dict(alternatives(plan.lines, found.piles, found.rules, plan.sources))


def locked(plan: Plan, version: int | None, *, by: User) -> Plan:
    """Return a plan locked until the transaction ends, to be changed. Raises Forbidden, PlanOrdered, PlanMoved."""
    access.require(by, Right.PLAN)
    held = Plan.objects.select_for_update(of=("self",)).select_related("to_depot", "to_unit", "near").get(pk=plan.pk)
    if held.ordered_at is not None:
        raise PlanOrdered(_("Orders were made of this plan, so it stays as it is. Copy it to plan anew."))
    if version is not None and held.version != version:
        raise PlanMoved(_("Somebody has changed this plan since you opened it. Look at it again, then decide."))
    return held
