"""End what has lapsed."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser
from django.db import transaction
from django.utils import timezone
from django.utils.translation import ngettext

from inventory.requisitions import asking, orders
from logistics.commands import StoreCommand


class Command(StoreCommand):
    """`manage.py expire_orders`: free the stock of lapsed orders, end requisitions nobody served in time."""

    help = "Ends orders whose promise of stock has lapsed, and requisitions nobody served in time."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add --dry-run and --format."""
        parser.add_argument("--dry-run", action="store_true", help="say what would end, and change nothing")
        self.add_format(parser)

    def handle(self, *_args: Any, **options: Any) -> None:
        """End them and name them."""
        now = timezone.now()
        with transaction.atomic():
            ended = [order.number for order in orders.expire(at=now)]
            given_up = [str(one) for one in asking.expire(at=now)]
            if options["dry_run"]:
                transaction.set_rollback(True)
        if options["format"] == "json":
            self.print_json({"orders": ended, "requisitions": given_up, "dry_run": options["dry_run"]})
            return
        for name in (*ended, *given_up):
            self.stdout.write(name)
        told = [
            ngettext("%(count)s order has lapsed", "%(count)s orders have lapsed", len(ended)) % {"count": len(ended)},
            ngettext("%(count)s requisition has lapsed", "%(count)s requisitions have lapsed", len(given_up))
            % {"count": len(given_up)},
        ]
        self.stdout.write(", ".join(told) + ".")
