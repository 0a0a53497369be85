"""How a voucher stands: what it says as a document, who had a part in it, and which step it refuses at that."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext as _

from depots.access import DepotAccess
from inventory.vouchers.content import Content
from inventory.vouchers.models import Status, Voucher
from inventory.vouchers.policies import Policy, policy
from logistics import wire
from logistics.accounts.models import User
from logistics.errors import Conflict, Forbidden, NotFound, gettext_noop

PEOPLE: Final = ("made_by", "changed_by", "submitted_by", "decided_by", "seconded_by")


class VoucherChanged(Conflict):
    """Somebody changed the voucher meanwhile; `theirs` is what it says now."""

    slug = "voucher-changed"
    title = gettext_noop("Somebody changed this voucher meanwhile")


class VoucherClosed(Conflict):
    """The voucher is approved, posted or cancelled: it says what it says. `theirs` is what that is."""

    slug = "voucher-closed"
    title = gettext_noop("This voucher can no longer be changed")


class VoucherNotWaiting(Conflict):
    """The voucher does not stand where this step starts from."""

    slug = "voucher-not-waiting"
    title = gettext_noop("The voucher does not wait for this")


class SelfApproval(Forbidden):
    """Who made, changed or submitted a voucher does not decide on it."""

    slug = "self-approval"
    title = gettext_noop("Somebody else has to decide")


REFUSALS: Final = (VoucherChanged, VoucherClosed, VoucherNotWaiting, SelfApproval)


def voucher_of(place: DepotAccess, voucher_id: UUID) -> Voucher:
    """Return a depot's voucher with the people it names. Raises NotFound."""
    found = Voucher.objects.select_related("depot", *PEOPLE).filter(depot=place.id, pk=voucher_id).first()
    if found is None:
        raise unknown(place, voucher_id)
    return found


def document(voucher: Voucher, rule: Policy | None = None) -> dict[str, Any]:
    """Return a voucher as the API spells it; `rule` is the depot's for its kind, when it is at hand."""
    rule = rule or policy(voucher.depot_id, voucher.kind)
    return {
        "id": str(voucher.pk),
        "depot": voucher.depot.code,
        "kind": voucher.kind,
        "status": voucher.status,
        "version": voucher.version,
        **Content.of(voucher).document(),
        "movement_order": None if voucher.movement_order is None else str(voucher.movement_order),
        "out_of_order": voucher.out_of_order,
        "made_by": voucher.made_by.login,
        "made_at": wire.local(voucher.made_at),
        "changed_by": voucher.changed_by.login,
        "changed_at": wire.local(voucher.changed_at),
        "submitted_by": _login(voucher.submitted_by),
        "submitted_at": _moment(voucher.submitted_at),
        "decided_by": _login(voucher.decided_by),
        "decided_at": _moment(voucher.decided_at),
        "decision_reason": voucher.decision_reason,
        "needs_second": voucher.needs_second,
        "seconded_by": _login(voucher.seconded_by),
        "seconded_at": _moment(voucher.seconded_at),
        "movement": None if voucher.position is None else {"position": voucher.position, "number": voucher.number},
        "needs_approval": rule.needs_approval,
    }


def has_part(voucher: Voucher, user: User) -> bool:
    """Tell whether a person made, changed or submitted a voucher, ever: then somebody else decides on it."""
    if user.pk in {voucher.made_by_id, voucher.changed_by_id, voucher.submitted_by_id}:
        return True
    return bool(voucher.history.filter(Q(changed_by=user) | Q(submitted_by=user)).exists())


# --- What it refuses ---------------------------------------------------------------------------------------------


def was_sent(voucher: Voucher, version: int) -> bool:
    """Tell whether sending it again would do nothing new. A rejected one is sent anew by whoever saw the rejection."""
    if voucher.status == Status.REJECTED:
        return version < voucher.version
    return voucher.status != Status.DRAFT


def refuse_unless_editable(voucher: Voucher, version: int) -> None:
    """Refuse to change what may be changed no more, or was since `version`. Raises VoucherClosed, VoucherChanged."""
    if not voucher.is_editable:
        text = {
            Status.APPROVED: _("It is approved and keeps what was approved. Cancel it and copy it to a new voucher."),
            Status.POSTED: _("It was posted as %(number)s. Reverse that movement and post a new voucher."),
            Status.CANCELLED: _("It was cancelled. Copy it to a new voucher."),
        }[Status(voucher.status)]
        raise VoucherClosed(text % {"number": voucher.number}, theirs=document(voucher))
    if version != voucher.version:
        raise _changed(voucher)


def refuse_decision(voucher: Voucher, version: int | None, by: User) -> None:
    """Refuse that a person decides on it. Raises VoucherNotWaiting, SelfApproval; VoucherChanged since `version`."""
    if voucher.status != Status.SUBMITTED:
        raise not_waiting(voucher, _("Only a submitted voucher is approved or rejected."))
    if has_part(voucher, by):
        raise SelfApproval(_("You wrote in this voucher yourself; somebody else has to decide on it."))
    if version is not None and version != voucher.version:
        raise _changed(voucher)


def has_approved(voucher: Voucher, by: User) -> bool:
    """Tell whether a person's approval stands, alone or as one of two."""
    if voucher.status not in {Status.SUBMITTED, Status.APPROVED, Status.POSTED}:
        return False
    return by.pk in {voucher.decided_by_id, voucher.seconded_by_id}


def not_waiting(voucher: Voucher, words: str) -> VoucherNotWaiting:
    """Return the refusal of a step that starts elsewhere; `words` say where."""
    text = _("%(words)s This one stands at: %(status)s.")
    names = {"words": words, "status": voucher.get_status_display()}
    return VoucherNotWaiting(text % names, theirs=document(voucher))


def unknown(place: DepotAccess, voucher_id: UUID) -> NotFound:
    """Return what is said of a voucher that the depot has not."""
    return NotFound(_("Depot %(depot)s has no voucher %(id)s.") % {"depot": place.code, "id": str(voucher_id)})


def _changed(voucher: Voucher) -> VoucherChanged:
    text = _("%(who)s changed it meanwhile. Compare the two and choose line by line.")
    return VoucherChanged(text % {"who": voucher.changed_by.login}, theirs=document(voucher))


def _login(user: User | None) -> str | None:
    return None if user is None else user.login


def _moment(at: datetime | None) -> str | None:
    return None if at is None else wire.local(at)
