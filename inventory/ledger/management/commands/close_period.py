"""Close a depot's month."""

from __future__ import annotations

from argparse import ArgumentTypeError
from datetime import date
from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from pydantic_core import PydanticCustomError

from inventory.ledger.periods import close_period
from logistics import wire
from logistics.commands import StoreCommand


class Command(StoreCommand):
    """`manage.py close_period CODE YYYY-MM`: afterwards no movement can be dated before the month's end."""

    help = "Closes a depot's month and stores every pile's opening, in, out and closing."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the depot and the month."""
        parser.add_argument("depot", metavar="CODE")
        parser.add_argument("month", metavar="YYYY-MM", type=_month)
        self.add_by(parser)

    def handle(self, *_args: Any, **options: Any) -> None:
        """Close and say what was stored."""
        closed = close_period(options["depot"], options["month"], by=self.actor(options["by"]), at=timezone.now())
        text = ngettext(
            "%(depot)s closed %(month)s: %(count)s pile at position %(position)s.",
            "%(depot)s closed %(month)s: %(count)s piles at position %(position)s.",
            closed.balances,
        )
        month = f"{closed.month_date:%Y-%m}"
        told = {"depot": closed.depot, "month": month, "count": closed.balances, "position": closed.position}
        self.stdout.write(text % told)


def _month(text: str) -> date:
    """Return the first day of the month a text like 2026-10 names."""
    try:
        return wire.day(f"{text}-01")
    except PydanticCustomError as error:
        told = _("“%(text)s” is no month a store closes: write one like 2026-10.") % {"text": text[:40]}
        raise ArgumentTypeError(told) from error
