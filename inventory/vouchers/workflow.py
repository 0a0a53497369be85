"""What becomes of a voucher: draft → submitted → approved → posted, rejected, cancelled.

Every verb locks the voucher's row first, so two people at one voucher wait for each other and the second is told what
the first did. Stock changes through `ledger.post` alone, under the voucher's id as key: a voucher is posted whole,
once, or not at all. Each change is written with its history in the same transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from depots.access import DepotAccess
from inventory.ledger.drafts import Draft
from inventory.ledger.explaining import Explained
from inventory.ledger.models import Kind, MovementLine
from inventory.ledger.planned import Planned
from inventory.ledger.planning import Plan
from inventory.ledger.posting import post
from inventory.ledger.refusals import InvalidMovement
from inventory.ledger.weighing import look
from inventory.vouchers import branches, orders, review, ring_fence, standing
from inventory.vouchers.content import Content
from inventory.vouchers.models import Status, Voucher
from inventory.vouchers.policies import Policy, policy
from logistics import history
from logistics.accounts.models import User
from logistics.errors import Conflict, Fault, Forbidden, Invalid

# --- Writing ----------------------------------------------------------------------------------------------------


@transaction.atomic
def save(
    voucher_id: UUID,
    content: Content,
    *,
    place: DepotAccess,
    version: int,
    by: User,
    at: datetime,
    source: history.Source,
    movement_order: UUID | None = None,
) -> Voucher:
    """Keep what a voucher says; return it with its new version, or as it is when it says that already.

    A submitted or rejected voucher becomes a draft again. `movement_order` is kept when the voucher is new.

    Raises:
        VoucherChanged: it says something else than at `version`, and not this either.
        VoucherClosed: it is approved, posted or cancelled.
        Invalid: the id belongs to a voucher of another depot.
    """
    voucher, is_new = _locked_or_made(
        voucher_id, content, place=place, by=by, at=at, source=source, movement_order=movement_order
    )
    if is_new or content.says_the_same(Content.of(voucher)):
        return voucher
    standing.refuse_unless_editable(voucher, version)
    _change(voucher, content, by=by, at=at, source=source)
    return voucher


def send(
    voucher_id: UUID,
    content: Content,
    *,
    place: DepotAccess,
    version: int,
    by: User,
    at: datetime,
    source: history.Source,
) -> tuple[Voucher, bool]:
    """Save a voucher, submit it, and post it where its kind needs no approval; all or nothing.

    Returns the voucher, and whether this call did it. The same content sent again is answered with the voucher as it
    stands now, so callers may retry.

    Raises, with nothing written:
        VoucherChanged, VoucherClosed, Invalid: as `save` does.
        Forbidden: an item is of a branch that is not the sender's.
        Invalid, Conflict: what the ledger refuses; `errors` names the line and the member of everything wrong.
    """
    with _telling(content, voucher_id=voucher_id, place=place, by=by, at=at), transaction.atomic():
        voucher, is_new = _locked_or_made(voucher_id, content, place=place, by=by, at=at, source=source)
        is_same = is_new or content.says_the_same(Content.of(voucher))
        if is_same and not is_new and standing.was_sent(voucher, version):
            return voucher, False
        if not is_same:
            standing.refuse_unless_editable(voucher, version)
            _change(voucher, content, by=by, at=at, source=source)
        elif content.acknowledged != voucher.acknowledged:
            voucher.acknowledged = content.acknowledged
        _submit(voucher, content, place=place, by=by, at=at, source=source)
        return voucher, True


def approve(
    voucher_id: UUID, *, place: DepotAccess, version: int | None, by: User, at: datetime, source: history.Source
) -> Voucher:
    """Approve a submitted voucher, and post it where the depot's rule says so; return it.

    Where two approvers are needed, the first approval leaves it submitted, and the second, by another, approves it.
    `version` is the one that was looked at (None: whatever it says). Approving again what one approved is harmless.

    Raises, with nothing written:
        SelfApproval: the approver made, changed or submitted it.
        VoucherChanged: it says something else than at `version`.
        VoucherNotWaiting: it is not submitted.
        Forbidden: an item is of a branch that is not the approver's.
        Invalid, Conflict: it was to be posted, and the ledger refuses.
    """
    with _telling(None, voucher_id=voucher_id, place=place, by=by, at=at), transaction.atomic():
        voucher = _locked(voucher_id, place)
        if standing.has_approved(voucher, by):
            return voucher
        standing.refuse_decision(voucher, version, by)
        branches.refuse(branches.outside(place.supply_classes, _items(voucher)))
        if voucher.awaits_second:
            voucher.seconded_by, voucher.seconded_at = by, at
        else:
            voucher.decided_by, voucher.decided_at, voucher.decision_reason = by, at, ""
        if voucher.awaits_second and voucher.seconded_by is None:
            _keep(voucher, _("Approved by the first of two"), by=by, source=source)
            return voucher
        voucher.status = Status.APPROVED
        _keep(voucher, _("Approved"), by=by, source=source)
        if policy(voucher.depot_id, voucher.kind).posts_on_approval:
            # The log names who wrote the movement, as the paper does; who approved it is the voucher's to tell.
            assert voucher.submitted_by is not None, "what waits was submitted"
            _post(voucher, by=voucher.submitted_by, at=at, source=source)
        return voucher


@transaction.atomic
def reject(
    voucher_id: UUID,
    *,
    place: DepotAccess,
    reason: str,
    version: int | None,
    by: User,
    at: datetime,
    source: history.Source,
) -> Voucher:
    """Send a submitted voucher back to its maker, saying why; return it.

    Raises: SelfApproval, VoucherChanged, VoucherNotWaiting as `approve` does; Invalid without a reason.
    """
    reason = history.said(reason)
    voucher = _locked(voucher_id, place)
    if voucher.status == Status.REJECTED and voucher.decided_by_id == by.pk and voucher.decision_reason == reason:
        return voucher
    standing.refuse_decision(voucher, version, by)
    voucher.status = Status.REJECTED
    voucher.seconded_by, voucher.seconded_at = None, None
    voucher.decided_by, voucher.decided_at, voucher.decision_reason = by, at, reason
    _keep(voucher, reason, by=by, source=source)
    return voucher


@transaction.atomic
def cancel(
    voucher_id: UUID, *, place: DepotAccess, reason: str, by: User, at: datetime, source: history.Source
) -> Voucher:
    """Cancel a voucher that is not posted; it is kept, but nothing of it changes any more. Return it.

    Raises:
        VoucherClosed: it is posted already; reverse its movement instead.
        Invalid: no reason is given.
    """
    reason = history.said(reason)
    voucher = _locked(voucher_id, place)
    if voucher.status == Status.CANCELLED:
        return voucher
    if voucher.status == Status.POSTED:
        text = _("It was posted as %(number)s. Reverse that movement instead.") % {"number": voucher.number}
        raise standing.VoucherClosed(text, theirs=standing.document(voucher))
    voucher.status = Status.CANCELLED
    voucher.decided_by, voucher.decided_at, voucher.decision_reason = by, at, reason
    _keep(voucher, reason, by=by, source=source)
    return voucher


def post_approved(voucher_id: UUID, *, place: DepotAccess, by: User, at: datetime, source: history.Source) -> Voucher:
    """Post an approved voucher, now that its goods have moved; return it. Posting it again is harmless.

    Raises, with nothing written:
        VoucherNotWaiting: it is not approved.
        SecondApprovalMissing: it takes from a reserve that was ring-fenced after its one approval.
        Forbidden: an item is of a branch that is not the poster's.
        Invalid, Conflict: what the ledger refuses; stock may have changed since the approval.
    """
    with _telling(None, voucher_id=voucher_id, place=place, by=by, at=at), transaction.atomic():
        voucher = _locked(voucher_id, place)
        if voucher.status == Status.POSTED:
            return voucher
        if voucher.status != Status.APPROVED:
            raise standing.not_waiting(voucher, _("Only an approved voucher is posted."))
        _refuse_without_second(voucher)
        branches.refuse(branches.outside(place.supply_classes, _items(voucher)))
        _post(voucher, by=by, at=at, source=source)
        return voucher


# --- Steps ------------------------------------------------------------------------------------------------------


def _submit(
    voucher: Voucher, content: Content, *, place: DepotAccess, by: User, at: datetime, source: history.Source
) -> None:
    branches.refuse(branches.outside(place.supply_classes, _items(voucher)))
    rule = policy(voucher.depot_id, voucher.kind)
    voucher.submitted_by, voucher.submitted_at = by, at
    voucher.decided_by, voucher.decided_at, voucher.decision_reason = None, None, ""
    voucher.seconded_by, voucher.seconded_at = None, None
    voucher.needs_second = _needs_second(voucher, content, rule)
    voucher.out_of_order = []
    if not (rule.needs_approval or voucher.needs_second):
        _post(voucher, by=by, at=at, source=source)
        return
    draft = _draft(voucher, content, at=at)
    weighed = look([draft], by=by, at=at)
    weighed.refuse()
    assert weighed.plan is not None, "what can be weighed and is not refused was planned"
    _Reviewing(voucher)(weighed.plan, weighed.planned)
    voucher.status = Status.SUBMITTED
    _keep(voucher, _("Submitted for approval"), by=by, source=source)


def _post(voucher: Voucher, *, by: User, at: datetime, source: history.Source) -> None:
    draft = _draft(voucher, Content.of(voucher), at=at)
    (posted,) = post([draft], by=by, at=at, review=_Reviewing(voucher))
    voucher.status = Status.POSTED
    voucher.position, voucher.number = posted.position, posted.number
    words = _("Posted as %(number)s") % {"number": posted.number}
    _keep(voucher, words, by=by, source=source)
    orders.told(voucher, posted, by=by, at=at)


def _draft(voucher: Voucher, content: Content, *, at: datetime) -> Draft:
    """Return what the ledger is asked for; locks the order it comes from.

    Raises InvalidMovement where it cannot be read, or is not what the order says.
    """
    asked = content.asked(depot=voucher.depot.code, key=str(voucher.pk), at=at)
    if asked.draft is None or asked.faults:
        raise InvalidMovement(list(asked.faults))
    draft, faults = orders.taking(asked.draft, voucher.movement_order, lock=True)
    if faults:
        raise InvalidMovement(list(faults))
    return draft


class _Reviewing:
    """Marks the lines that go against first expired first out, and refuses those that do not say why."""

    def __init__(self, voucher: Voucher) -> None:
        self.voucher = voucher

    def __call__(self, plan: Plan, planned: Iterable[Planned]) -> None:
        for one in planned:
            found, faults = review.lacking_reasons(plan, one)
            if faults:
                raise InvalidMovement(faults)
            self._mark(found)

    def _mark(self, found: list[Explained]) -> None:
        self.voucher.out_of_order = [self.voucher.lines[one.entry_no - 1]["id"] for one in found]


def _change(voucher: Voucher, content: Content, *, by: User, at: datetime, source: history.Source) -> None:
    words = _("Changed") if voucher.status == Status.DRAFT else _("Changed, and a draft again")
    content.write_to(voucher)
    if voucher.status == Status.SUBMITTED:  # what one of two approved was something else
        voucher.decided_by, voucher.decided_at = None, None
    voucher.seconded_by, voucher.seconded_at, voucher.needs_second = None, None, False
    voucher.status = Status.DRAFT
    voucher.submitted_by = voucher.submitted_at = None
    voucher.changed_by, voucher.changed_at = by, at
    _keep(voucher, words, by=by, source=source)


def _keep(voucher: Voucher, words: str, *, by: User, source: history.Source) -> None:
    """Write a voucher under its next version, with its history."""
    voucher.version += 1
    with history.changing(by=by, reason=words, source=source):
        voucher.save()


# --- Locks and refusals -----------------------------------------------------------------------------------------


def _locked(voucher_id: UUID, place: DepotAccess) -> Voucher:
    found = _lock(voucher_id)
    if found is None or found.depot_id != place.id:
        raise standing.unknown(place, voucher_id)
    return found


def _lock(voucher_id: UUID) -> Voucher | None:
    return (
        Voucher.objects.select_related("depot", *standing.PEOPLE)
        .select_for_update(of=("self",))
        .filter(pk=voucher_id)
        .first()
    )


def _locked_or_made(
    voucher_id: UUID,
    content: Content,
    *,
    place: DepotAccess,
    by: User,
    at: datetime,
    source: history.Source,
    movement_order: UUID | None = None,
) -> tuple[Voucher, bool]:
    """Return the voucher, locked, and whether it was made just now."""
    if (found := _lock(voucher_id)) is None:
        made = Voucher(pk=voucher_id, depot_id=place.id, made_by=by, made_at=at, changed_by=by, changed_at=at)
        made.movement_order = movement_order
        content.write_to(made)
        with suppress(IntegrityError):  # somebody else made it a moment ago
            with transaction.atomic(), history.changing(by=by, reason=_("Made"), source=source):
                made.save(force_insert=True)
            return made, True
        found = _lock(voucher_id)
    if found is None or found.depot_id != place.id:
        text = _("This id names another voucher; give a new voucher a new id.")
        raise Invalid([Fault("/id", "id-taken", text)])
    return found, False


def _needs_second(voucher: Voucher, content: Content, rule: Policy) -> bool:
    return ring_fence.needs_second(content, depot_id=voucher.depot_id, rule=rule, order=voucher.movement_order)


def _refuse_without_second(voucher: Voucher) -> None:
    """Refuse what would leave a reserve that nobody knew as ring-fenced when the voucher was submitted."""
    rule = policy(voucher.depot_id, voucher.kind)
    if not voucher.needs_second and _needs_second(voucher, Content.of(voucher), rule):
        text = _(
            "It takes from a ring-fenced reserve, and one person approved it. Cancel it and copy it to a new voucher, "
            "which two approve."
        )
        raise ring_fence.SecondApprovalMissing(text)


def _items(voucher: Voucher) -> list[tuple[str, str]]:
    if voucher.kind == Kind.REVERSAL and voucher.reverses is not None:
        undone = MovementLine.objects.filter(depot=voucher.depot_id, position=voucher.reverses)
        if voucher.reverse_lines:
            undone = undone.filter(line_no__in=voucher.reverse_lines)
        return [("/reverse_lines", code) for code in undone.values_list("holding__item__code", flat=True)]
    return [(f"/lines/{index}/item", line.get("item", "")) for index, line in enumerate(voucher.lines)]


@contextmanager
def _telling(
    content: Content | None, *, voucher_id: UUID, place: DepotAccess, by: User, at: datetime
) -> Iterator[None]:
    """Give what is refused inside the block `errors`: everything that is wrong, with the line and member of each."""
    try:
        yield
    except (*standing.REFUSALS, ring_fence.SecondApprovalMissing):
        raise
    except (Invalid, Conflict, Forbidden) as refusal:
        said = content or Content.of(Voucher.objects.get(pk=voucher_id))
        judged = review.judge(said, voucher_id=voucher_id, place=place, by=by, at=at).faults
        if isinstance(refusal, Invalid):
            known = {(fault.pointer, fault.code) for fault in judged}
            own = review.placed(said, refusal.faults)
            judged = [*(fault for fault in own if (fault.pointer, fault.code) not in known), *judged]
        if judged:
            refusal.members = {**refusal.members, "errors": [fault.document() for fault in judged]}
        raise
