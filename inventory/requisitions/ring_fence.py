"""Stock that is kept for a purpose (dự trữ SSCĐ …) leaves only when two people other than the asker agreed."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _

from inventory.requisitions.models import Requisition
from inventory.vouchers.ring_fence import fenced
from logistics.errors import Conflict, gettext_noop


class RingFenced(Conflict):
    """The stock is kept for a purpose and two approvers have not agreed to give it away."""

    slug = "ring-fenced"
    title = gettext_noop("This stock is kept for a purpose")


def refuse_unapproved(purposes: Iterable[str], serving: Requisition | None, *, goes_to: tuple[str, str]) -> None:
    """Refuse to promise ring-fenced stock to anything but what two approvers agreed to.

    `serving` is the requisition that is given the stock, None for none; `goes_to` the codes of the depot and the unit
    the goods are for, "" for none.

    Raises:
        RingFenced: it serves no requisition for that very purpose that two approved, or goes elsewhere than it asks.
    """
    found = fenced(purposes)
    if not found:
        return
    is_agreed = serving is not None and serving.second_by_id is not None and found == {serving.purpose_id}
    if serving is None or not is_agreed or not _is_for(serving, *goes_to):
        text = _(
            "Stock kept for %(purposes)s is promised only to a requisition for that purpose that two approvers "
            "agreed to, and goes where it asks for."
        )
        raise RingFenced(text % {"purposes": ", ".join(sorted(found))})


def _is_for(serving: Requisition, to_depot: str, to_unit: str) -> bool:
    """Tell whether a requisition asks for goods to go to a depot, or else to be issued to a unit."""
    if serving.to_depot is not None:
        return to_depot == serving.to_depot.code
    return not to_depot and to_unit == serving.unit.code
