"""The reports there are, by the name in their address, in the order of their list."""

from __future__ import annotations

from typing import Final

from django.utils.translation import gettext as _

from inventory.reports import expiring, lateness, register, reserve, slow_moving, turnover
from inventory.reports.definition import Report
from logistics.errors import NotFound

REPORTS: Final[dict[str, Report]] = {
    room.REPORT.slug: room.REPORT for room in (turnover, reserve, expiring, slow_moving, register, lateness)
}


def report(slug: str) -> Report:
    """Return a report by the name in its address.

    Raises:
        NotFound: there is no such report.
    """
    found = REPORTS.get(slug)
    if found is None:
        raise NotFound(_("There is no report “%(slug)s”.") % {"slug": slug[:40]})
    return found
