"""Closing a depot's month: what every pile opened with, took in, gave out and closed with, for ever.

Closed months take no new dates. They anchor as-of questions (a closing plus the log's tail, never a replay) and
the nhập–xuất–tồn report.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from depots.models import Depot
from inventory.ledger.known import ZONE, local_date
from inventory.ledger.refusals import PeriodOutOfOrder
from logistics import sql
from logistics.accounts.models import User
from logistics.errors import NotFound
from logistics.fields import format_date


@dataclass(frozen=True, slots=True)
class Closed:
    """What closing a month left behind. `balances` counts the piles that held or moved anything."""

    depot: str
    month_date: date
    until_at: datetime
    position: int
    balances: int


@transaction.atomic
def close_period(depot: str, month_date: date, *, by: User, at: datetime) -> Closed:
    """Close the month that `month_date` lies in and return what that left behind.

    Holds on return: no movement dated before `until_at` can be posted any more, and each stored closing is the
    pile's sum of changes dated before `until_at`.

    Raises:
        NotFound: there is no such depot.
        PeriodOutOfOrder: the month is not over, is closed already, or is not the one after the last closed.
    """
    found = Depot.objects.filter(code=depot).first()
    if found is None:
        raise NotFound(_("There is no depot %(code)s.") % {"code": depot})
    start_at = _midnight(month_date.replace(day=1))
    next_month = (month_date.replace(day=1) + timedelta(days=32)).replace(day=1)
    until_at = _midnight(next_month)
    sql.run("ledger/open_logs", {"depots": [depot]})
    ((_depot_id, position, _hash, _recorded_at, closed_until),) = sql.rows(
        "ledger/lock_logs", {"depot_ids": [found.pk]}
    )
    if until_at > at:
        text = _("%(month)s is not over; it can be closed from %(day)s on.")
        raise PeriodOutOfOrder(text % {"month": _month(month_date), "day": format_date(next_month)})
    if closed_until is not None and closed_until != start_at:
        text = (
            _("%(depot)s has closed %(month)s already; the next month to close is %(following)s.")
            if closed_until > start_at
            else _("%(depot)s closes %(following)s before %(month)s: months are closed in order.")
        )
        names = {"depot": depot, "month": _month(month_date), "following": _month(local_date(closed_until))}
        raise PeriodOutOfOrder(text % names)
    ((balances,),) = sql.rows(
        "ledger/close_period",
        {
            "depot_id": found.pk,
            "month_date": month_date.replace(day=1),
            "start_at": start_at,
            "until_at": until_at,
            "position": position,
            "by": by.pk,
            "at": at,
        },
    )
    return Closed(depot, month_date.replace(day=1), until_at, position, balances)


def _month(day: date) -> str:
    return f"{day:%m/%Y}"


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=ZONE)
