"""Requisitions: written, submitted, decided on, given up. Every verb locks the requisition's row first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from depots import access
from depots.models import Depot, OrganisationUnit
from inventory.requisitions import judging, levels, progress
from inventory.requisitions.models import (
    EDITABLE,
    OPEN,
    MovementOrder,
    Requisition,
    Status,
)
from inventory.requisitions.orders import REQUISITION
from inventory.vouchers import branches
from inventory.vouchers.standing import SelfApproval
from logistics import history, sql
from logistics.accounts.models import User
from logistics.accounts.rights import Right
from logistics.errors import Conflict, Fault, Forbidden, Invalid, NotFound, gettext_noop

LETTERS: Final = "YC"
_PEOPLE: Final = (
    "unit", "to_depot", "purpose", "approving_unit",
    "made_by", "changed_by", "submitted_by", "approved_by", "second_by",
)  # fmt: skip


class RequisitionMoved(Conflict):
    """The requisition does not stand where this step starts from, or somebody changed it meanwhile."""

    slug = "requisition-moved"
    title = gettext_noop("The requisition does not stand there any more")


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedLine:
    """One item asked for, as typed: `unit` blank is the item's base unit."""

    item: str
    quantity: Decimal | None
    unit: str = ""
    grade: int = 1
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a requisition says, in business codes. Without `to_depot` the goods are issued to the unit itself."""

    unit: str
    needed_by_date: date | None
    lines: Sequence[AskedLine]
    to_depot: str = ""
    purpose: str = "THUONG_XUYEN"
    basis: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """What an approver grants of a line, in base units, and why less than asked."""

    quantity: Decimal
    reason: str = ""


# --- Reading ----------------------------------------------------------------------------------------------------


def visible_to(user: User) -> QuerySet[Requisition]:
    """Return the requisitions a person may read.

    Those of units over which they read, into depots they read, served from such depots, their own; and, once they are
    approved, those approved by a unit whose depots they plan for.
    """
    from_mine = MovementOrder.objects.filter(
        depot__in=access.depot_ids(user), lines__requisition_line__requisition=OuterRef("pk")
    )
    to_serve = Q(approving_unit__in=units_in_reach(user, Right.PLAN), status__in=progress.OPEN_TO_PROMISES)
    return Requisition.objects.filter(
        Q(unit__in=access.unit_ids(user))
        | Q(to_depot__in=access.depot_ids(user))
        | Q(made_by=user)
        | Exists(from_mine)
        | to_serve
    )


def requisition_of(user: User, requisition_id: UUID) -> Requisition:
    """Return one requisition with the names it bears. Raises NotFound where the user may not know of it."""
    found = visible_to(user).select_related(*_PEOPLE).filter(pk=requisition_id).first()
    if found is None:
        raise NotFound(_("There is no requisition %(id)s in your scope.") % {"id": str(requisition_id)})
    return found


def waiting_for(user: User) -> QuerySet[Requisition]:
    """Return the submitted requisitions a person may decide on, the longest waiting first."""
    had_a_hand = Q(changed_by=user) | Q(submitted_by=user)
    wrote = Requisition.history.model.objects.filter(had_a_hand, id=OuterRef("pk"))
    return (
        Requisition.objects.filter(status=Status.SUBMITTED, approving_unit__in=access.unit_ids(user, Right.APPROVE))
        .exclude(made_by=user)
        .exclude(approved_by=user)
        .exclude(Exists(wrote))
        .order_by("submitted_at", "pk")
    )


def open_for(user: User) -> QuerySet[Requisition]:
    """Return the approved requisitions with something left to promise that a person may serve, most urgent first."""
    return (
        visible_to(user)
        .filter(status__in=[Status.APPROVED, Status.PART_PROMISED, Status.PART_DONE], closed_at=None)
        .order_by("needed_by_date", "number")
    )


def may_ask(user: User) -> QuerySet[OrganisationUnit]:
    """Return the units for which a person may ask."""
    return units_in_reach(user, Right.REQUEST).filter(valid_to=None).order_by("code")


def units_in_reach(user: User, right: Right = Right.READ) -> QuerySet[OrganisationUnit]:
    """Return the units over which a person carries a right, by a role over them or over a depot they keep."""
    keeping = Depot.objects.filter(id__in=access.depot_ids(user, right)).values("unit")
    return OrganisationUnit.objects.filter(Q(id__in=access.unit_ids(user, right)) | Q(id__in=keeping))


# --- Writing ----------------------------------------------------------------------------------------------------


@transaction.atomic
def save(
    requisition_id: UUID, asked: Asked, *, version: int, by: User, at: datetime, source: history.Source
) -> Requisition:
    """Keep what a requisition says and return it as a draft; the id makes asking twice harmless.

    Raises, with nothing written:
        Invalid: codes are unknown, quantities impossible, goods named twice; every fault is listed.
        Forbidden: the asker may not ask for this unit, or not for goods of a branch.
        RequisitionMoved: it is submitted already, or was changed since `version`.
    """
    units = may_ask(by)
    unit = units.filter(code=asked.unit).first()
    faults, lines, depot, purpose = judging.judge(asked, by=by)
    if unit is None:
        text = _("You ask for no unit %(code)s: choose one from the list.") % {"code": asked.unit[:40]}
        faults.insert(0, Fault("/unit", "unknown-organisation-unit", text))
    if faults:
        raise Invalid(faults)
    assert unit is not None
    assert purpose is not None
    found = Requisition.objects.select_for_update().filter(pk=requisition_id).first()
    is_new = found is None
    one = found or Requisition(pk=requisition_id, made_by=by, made_at=at)
    if not is_new:
        _refuse_unless_editable(one, version, by)
    one.unit, one.to_depot, one.purpose = unit, depot, purpose
    assert asked.needed_by_date is not None
    one.needed_by_date, one.basis, one.reason = asked.needed_by_date, asked.basis.strip(), asked.reason.strip()
    one.changed_by, one.changed_at = by, at
    one.status = Status.DRAFT
    words = _("Made") if is_new else _("Changed")
    with history.changing(by=by, reason=words, source=source):
        if not is_new:
            one.version += 1
        one.save(force_insert=is_new)
        for line in one.lines.all():
            line.delete()
        for line in lines:
            line.requisition = one
            line.save()
    return one


@transaction.atomic
def submit(requisition_id: UUID, *, version: int | None, by: User, at: datetime, source: history.Source) -> Requisition:
    """Send a draft to whoever approves it, under its number; submitting it again is harmless.

    Raises: NotFound; Forbidden; RequisitionMoved where it is no draft or was changed since `version`.
    """
    one = _locked(requisition_id, by)
    if one.status == Status.SUBMITTED:
        return one
    _refuse_unless_editable(one, version, by)
    lines = list(one.lines.select_related("item__group"))
    wanted = [levels.Wanted(line.item.group.supply_class_id, line.asked) for line in lines]
    one.approving_unit = levels.approving_unit(one.unit, wanted)
    one.needs_second = one.purpose.is_ring_fenced
    one.submitted_by, one.submitted_at = by, at
    one.approved_by = one.approved_at = one.second_by = one.second_at = None
    one.decision_reason = ""
    one.status = Status.SUBMITTED
    if one.number is None:
        year = timezone.localdate(at).year
        letters = "YCT" if one.to_depot is not None and one.to_depot.is_exercise else LETTERS
        ((last,),) = sql.rows("requisitions/next_number", {"letters": letters, "year": year})
        one.number = f"{letters}-{year}-{last:05d}"
    _keep(one, _("Submitted for approval"), by=by, source=source)
    return one


# --- Deciding ---------------------------------------------------------------------------------------------------


@transaction.atomic
def approve(
    requisition_id: UUID,
    *,
    cuts: Mapping[int, Cut],
    version: int | None,
    by: User,
    at: datetime,
    source: history.Source,
) -> Requisition:
    """Approve a requisition, each line in full or (by line number) what `cuts` grants of it; return it.

    Where it asks for ring-fenced stock, the first approval waits for a second one by somebody else.

    Raises, with nothing written:
        NotFound, Forbidden: it is none the approver may decide on, or goods of a branch are not theirs.
        SelfApproval: they wrote in it themselves, or gave the first approval.
        RequisitionMoved: it does not wait for a decision, or was changed since `version`.
        Invalid: a cut names no line, is more than asked, does not come out even, or gives no reason; nothing at all is
            left.
    """
    one = _locked(requisition_id, by)
    _refuse_decision(one, version, by)
    lines = list(one.lines.select_related("item__group", "item__base_unit"))
    classes = levels.classes_of(by, Right.APPROVE, _approving(one))
    branches.refuse(branches.outside(classes, [(f"/lines/{n}/item", line.item.code) for n, line in enumerate(lines)]))
    faults = []
    # A cut that names no line was meant for one: approving it in full would give what somebody refused.
    for number in sorted(cuts.keys() - {line.line_no for line in lines}):
        text = _("The requisition has no line %(line)s.") % {"line": number}
        faults.append(Fault("/cuts", "unknown-line", text))
    for index, line in enumerate(lines):
        cut = cuts.get(line.line_no)
        granted = line.approved if line.approved is not None else line.asked
        why = line.cut_reason
        if cut is not None:
            granted, why = cut.quantity, cut.reason.strip()[:200]
        here = f"/lines/{index}/approved"
        if not granted.is_finite() or not 0 <= granted <= line.asked:
            text = _("Line %(line)s: approve 0 to %(asked)s.")
            faults.append(Fault(here, "quantity", text % {"line": line.line_no, "asked": progress.told(line.asked)}))
        elif granted != round(granted, line.item.base_unit.scale):
            faults.append(judging.uneven(line.item, here))
        elif granted < line.asked and not why:
            text = _("Line %(line)s: say why less is approved than was asked for.")
            faults.append(Fault(f"/lines/{index}/cut_reason", "reason-required", text % {"line": line.line_no}))
        line.approved, line.cut_reason = granted, why if granted < line.asked else ""
    if not faults and not any(line.approved for line in lines):
        faults.append(Fault("/lines", "nothing-left", _("Nothing is left of it: send it back instead, saying why.")))
    if faults:
        raise Invalid(faults)
    if one.approved_by_id is None:
        one.approved_by, one.approved_at = by, at
    else:
        one.second_by, one.second_at = by, at
    is_final = not one.needs_second or one.second_by_id is not None
    words = _("Approved") if is_final else _("Approved; waits for a second approver")
    with history.changing(by=by, reason=words, source=source):
        for line in lines:
            line.save()
    if is_final:
        one.status = Status.APPROVED
    _keep(one, words, by=by, source=source)
    return one


@transaction.atomic
def reject(
    requisition_id: UUID, *, reason: str, version: int | None, by: User, at: datetime, source: history.Source
) -> Requisition:
    """Send a submitted requisition back, saying why; return it. Raises as `approve` does; Invalid without a reason."""
    why = history.said(reason)
    one = _locked(requisition_id, by)
    _refuse_decision(one, version, by)
    one.status, one.decision_reason = Status.REJECTED, why
    one.approved_by = one.approved_at = None
    with history.changing(by=by, reason=why, source=source):
        for line in one.lines.exclude(approved=None):
            line.approved, line.cut_reason = None, ""
            line.save()
    _keep(one, why, by=by, source=source)
    return one


@transaction.atomic
def cancel(requisition_id: UUID, *, reason: str, by: User, at: datetime, source: history.Source) -> Requisition:
    """Withdraw a requisition of which nothing is promised or done yet; return it. Cancelling again is harmless.

    Raises: NotFound, Forbidden; RequisitionMoved where stock is promised or has left; Invalid without a reason.
    """
    why = history.said(reason)
    one = _locked(requisition_id, by)
    _refuse_asking(one, by)
    if one.status == Status.CANCELLED:
        return one
    if one.status not in {Status.DRAFT, Status.SUBMITTED, Status.REJECTED, Status.APPROVED}:
        raise _moved(one, _("Orders serve it: have them cancelled, or give up what is still open."))
    one.status, one.decision_reason = Status.CANCELLED, why
    _keep(one, why, by=by, source=source)
    return one


@transaction.atomic
def close(requisition_id: UUID, *, reason: str, by: User, at: datetime, source: history.Source) -> Requisition:
    """Give up what is still open of an approved requisition; what is promised or done stays. Return it.

    Who asks for the unit may, and who plans. Raises: NotFound, Forbidden, RequisitionMoved, Invalid.
    """
    why = history.said(reason)
    one = _locked(requisition_id, by)
    if not units_in_reach(by, Right.PLAN).filter(pk=one.unit_id).exists():
        _refuse_asking(one, by)
    if one.status not in OPEN or one.closed_at is not None:
        raise _moved(one, _("Only an approved requisition with something open is given up."))
    one.closed_at, one.decision_reason = at, why
    _keep(one, why, by=by, source=source)
    progress.recount(one, why, by=by, at=at, source=source)
    return one


def expire(*, at: datetime) -> list[Requisition]:
    """End the requisitions that nobody served by REQUISITION_VALID_DAYS after the day they were needed; return them."""
    by = User.objects.for_commands()
    last = timezone.localdate(at) - timedelta(days=settings.REQUISITION_VALID_DAYS)
    ended = []
    old = Requisition.objects.filter(status__in=[Status.SUBMITTED, Status.APPROVED], needed_by_date__lt=last)
    for name in list(old.order_by("needed_by_date", "pk").values_list("pk", flat=True)):
        with transaction.atomic():
            one = Requisition.objects.select_for_update().get(pk=name)
            if one.status in {Status.SUBMITTED, Status.APPROVED}:
                one.status = Status.EXPIRED
                _keep(one, _("Nobody served it in time"), by=by, source=history.Source.COMMAND)
                ended.append(one)
    return ended


# --- Locks and refusals -----------------------------------------------------------------------------------------


def _locked(requisition_id: UUID, by: User) -> Requisition:
    requisition_of(by, requisition_id)
    return Requisition.objects.select_related(*_PEOPLE).select_for_update(of=("self",)).get(pk=requisition_id)


def _keep(one: Requisition, words: str, *, by: User, source: history.Source) -> None:
    one.version += 1
    with history.changing(by=by, reason=words, source=source):
        one.save()


def _approving(one: Requisition) -> OrganisationUnit:
    assert one.approving_unit is not None, "what was submitted has an approving unit"
    return one.approving_unit


def _refuse_asking(one: Requisition, by: User) -> None:
    if not may_ask(by).filter(pk=one.unit_id).exists():
        raise Forbidden(_("You do not ask for %(unit)s.") % {"unit": one.unit.name})


def _refuse_unless_editable(one: Requisition, version: int | None, by: User) -> None:
    _refuse_asking(one, by)
    if one.status not in EDITABLE:
        raise _moved(one, _("Only a draft is changed or submitted."))
    if version is not None and version != one.version:
        raise _moved(one, _("%(who)s changed it meanwhile: look at it again.") % {"who": one.changed_by})


def _refuse_decision(one: Requisition, version: int | None, by: User) -> None:
    if one.status != Status.SUBMITTED:
        raise _moved(one, _("Only a submitted requisition is decided on."))
    decides = OrganisationUnit.objects.filter(id__in=access.unit_ids(by, Right.APPROVE), pk=_approving(one).pk)
    if not decides.exists():
        text = _("Approvers of %(unit)s decide on it.") % {"unit": _approving(one).name}
        raise Forbidden(text)
    if levels.has_part(one, by):
        raise SelfApproval(_("You wrote in this requisition yourself; somebody else has to decide on it."))
    if one.approved_by_id == by.pk:
        raise SelfApproval(_("You gave the first approval; a second person has to agree."))
    if version is not None and version != one.version:
        raise _moved(one, _("It was changed meanwhile: look at it again."))


def _moved(one: Requisition, words: str) -> RequisitionMoved:
    text = _("%(words)s This one stands at: %(status)s.")
    return RequisitionMoved(text % {"words": words, "status": one.get_status_display()})


def orders_of(one: Requisition) -> QuerySet[MovementOrder]:
    """Return the orders given for a requisition, the first first."""
    return MovementOrder.objects.filter(basis=f"{REQUISITION}{one.pk}").order_by("number")
