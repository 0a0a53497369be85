"""The depot an import posts to."""

from __future__ import annotations

from django.utils.translation import gettext as _

from depots import access
from depots.access import DepotAccess
from depots.models import Depot
from logistics.accounts.models import User
from logistics.errors import NotFound


def receiving_depot(code: str, *, by: User, is_named: bool) -> DepotAccess:
    """Return the depot to post to. Whoever is named with --by posts within their own rights, the store's own account
    anywhere: only an operator of the machine can run a command at all.

    Raises:
        NotFound: there is no such depot, or none in that person's scope.
        Forbidden: the person may see it but not post there.
    """
    if is_named:
        return access.depot_for_posting(by, code)
    depot = Depot.objects.filter(code=code).values_list("id", flat=True).first()
    if depot is None:
        raise NotFound(_("There is no depot %(code)s.") % {"code": code[:40]})
    return DepotAccess(depot, code, None)
