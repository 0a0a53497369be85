"""Who may do what in which depot: the one gate every read of stock and every posting passes.

A depot out of scope and a depot that does not exist look the same. A token narrows its owner's rights, never
widens them; an administrator keeps people and has no right here at all.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

from django.db.models.expressions import RawSQL
from django.utils import timezone
from django.utils.translation import gettext as _

from logistics import sql
from logistics.accounts import rights
from logistics.accounts.rights import Right
from logistics.errors import Forbidden, NotFound

if TYPE_CHECKING:
    from logistics.accounts.models import User

_NAMED: Final = re.compile(r"%\((\w+)\)s")


@dataclass(frozen=True, slots=True)
class DepotAccess:
    """A depot its holder was let through to. `supply_classes`: the branches they may post, None for every one."""

    id: int
    code: str
    supply_classes: frozenset[str] | None


def depot_ids(user: User, right: Right = Right.READ) -> RawSQL:
    """Return, for `id__in=…`, the keys of the depots where some role of `user` carries `right` today.

    Evaluated inside the statement that uses it: no query of its own.
    """
    return _keys("depots/depots_in_scope", user, right)


def unit_ids(user: User, right: Right = Right.READ) -> RawSQL:
    """Return, for `id__in=…`, the keys of the units where some role of `user` carries `right` today.

    Every depot of such a unit, and of the units below it, is in scope; a role over one depot reaches no unit.
    """
    return _keys("depots/units_in_scope", user, right)


def _keys(statement: str, user: User, right: Right) -> RawSQL:
    roles = [] if rights.is_narrowed_from(user, right) else rights.roles_with(right)
    given = {"user_id": user.pk, "roles": roles, "on": timezone.localdate(), "only_counted": False}
    text, names = _positional(statement)
    return RawSQL(text, [given[name] for name in names])  # noqa: S611  # a file of ours, its values are parameters


@cache
def _positional(name: str) -> tuple[str, tuple[str, ...]]:
    """Return a statement with `%s` places, which the ORM needs, and the names of the places in order."""
    text = sql.statement(name)
    return _NAMED.sub("%s", text), tuple(_NAMED.findall(text))


def scope(user: User, right: Right = Right.READ, *, only_counted: bool = False) -> list[int]:
    """Return the keys of the depots where some role of `user` carries `right` today, in no order; one query.

    `only_counted` leaves out exercise depots: for whatever adds up or compares several depots.
    """
    roles = [] if rights.is_narrowed_from(user, right) else rights.roles_with(right)
    return reached(user, roles, only_counted=only_counted)


def reached(user: User, roles: Collection[str], *, only_counted: bool = False) -> list[int]:
    """Return the keys of the depots that `user` reaches today by one of `roles`, in no order; one query."""
    given = {"user_id": user.pk, "roles": list(roles), "on": timezone.localdate(), "only_counted": only_counted}
    return [depot for (depot,) in sql.rows("depots/depots_in_scope", given)]


def depot_for_reading(user: User, code: str) -> DepotAccess:
    """Return the depot `code` if `user` may read its books; one query.

    Raises:
        NotFound: there is no such depot in the user's scope.
        Forbidden: the token was narrowed and may not read.
    """
    return _enter(user, code, Right.READ)


def depot_for_posting(user: User, code: str) -> DepotAccess:
    """Return the depot `code` if `user` may post to its logbook; one query.

    Raises:
        NotFound: there is no such depot in the user's scope.
        Forbidden: the user may see the depot but not post there.
    """
    return _enter(user, code, Right.POST)


def depot_for_approving(user: User, code: str) -> DepotAccess:
    """Return the depot `code` if `user` may approve its vouchers; one query.

    Raises:
        NotFound: there is no such depot in the user's scope.
        Forbidden: the user may see the depot but approve nothing there.
    """
    return _enter(user, code, Right.APPROVE)


def depot_for_planning(user: User, code: str) -> DepotAccess:
    """Return the depot `code` if `user` may promise its stock and give orders to it; one query.

    Raises:
        NotFound: there is no such depot in the user's scope.
        Forbidden: the user may see the depot but plans nothing there.
    """
    return _enter(user, code, Right.PLAN)


def require(user: User, *wanted: Right) -> None:
    """Return if some role of `user` carries one of `wanted` anywhere today; one query.

    Raises:
        Forbidden: none does, or the token was narrowed.
    """
    if not rights.has(user, *wanted):
        raise Forbidden(_refused(wanted))


def _enter(user: User, code: str, right: Right) -> DepotAccess:
    found = sql.rows(
        "depots/access_to_depot",
        {
            "user_id": user.pk,
            "code": code,
            "reading": _reading(),
            "doing": rights.roles_with(right),
            "on": timezone.localdate(),
        },
    )
    if not found or not found[0][1]:
        raise NotFound(_("There is no depot %(code)s in your scope.") % {"code": code[:40]})
    depot_id, _may_read, may_do, classes = found[0]
    if not may_do or rights.is_narrowed_from(user, right):
        raise Forbidden(_refused([right]))
    return DepotAccess(depot_id, code, None if classes is None else frozenset(classes))


@cache
def _reading() -> list[str]:
    return rights.roles_with(Right.READ)


def _refused(wanted: Collection[Right]) -> str:
    return _("None of your roles, or not this token, carries the right to %(right)s here.") % {
        "right": " / ".join(right.value for right in wanted)
    }
