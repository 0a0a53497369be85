"""Stock that is kept for a purpose (dự trữ SSCĐ …) leaves only when two people other than the asker agreed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.utils.translation import gettext as _

from inventory.requisitions.models import Requisition
from inventory.vouchers.ring_fence import fenced
from logistics.errors import Conflict, gettext_noop


class RingFenced(Conflict):
    """The stock is kept for a purpose and two approvers have not agreed to give it away."""

    slug = "ring-fenced"
    title = gettext_noop("This stock is kept for a purpose")


def refuse_unapproved(purposes: Iterable[str], bases: Sequence[Requisition | None]) -> None:
    """Raise RingFenced where ring-fenced stock is promised to anything but a requisition two approvers agreed to."""
    found = fenced(purposes)
    if found and any(basis is None or basis.second_by_id is None for basis in bases):
        text = _(
            "Stock kept for %(purposes)s is promised only to a requisition for that purpose that two approvers "
            "agreed to."
        )
        raise RingFenced(text % {"purposes": ", ".join(sorted(found))})
