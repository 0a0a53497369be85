"""Open a depot to learn in."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from inventory.ledger.exercising import open_exercise
from logistics.commands import StoreCommand


class Command(StoreCommand):
    """`manage.py open_exercise CODE --like K01`: a new exercise depot with bins and made-up opening stock.

    A logbook is never emptied, so each course gets a depot of its own; close the old one on the upkeep pages.
    """

    help = "Opens an exercise depot, whose figures enter no export and no total, with made-up opening stock."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the code, the model and who works there."""
        parser.add_argument("depot", metavar="CODE", help="the new depot's code, as K99")
        parser.add_argument("--like", metavar="CODE", required=True, help="the depot whose bins and items it gets")
        parser.add_argument("--name", default="", help="its name (Kho tập CODE)")
        parser.add_argument("--storekeeper", metavar="LOGIN", action="append", default=[], help="may be repeated")
        parser.add_argument("--approver", metavar="LOGIN", action="append", default=[], help="may be repeated")
        self.add_by(parser)

    def handle(self, *_args: Any, **options: Any) -> None:
        """Open it and say what is there."""
        opened = open_exercise(
            options["depot"],
            like=options["like"],
            name=options["name"],
            storekeepers=[self.actor(login) for login in options["storekeeper"]],
            approvers=[self.actor(login) for login in options["approver"]],
            by=self.actor(options["by"]),
            at=timezone.now(),
        )
        self.stdout.write(
            f"Exercise depot {opened.depot} is open: {opened.bins} bins, {opened.items} items, "
            f"{opened.lines} lines of opening stock."
        )
        if not options["storekeeper"]:
            self.stdout.write("Nobody works there yet: give storekeepers and approvers a role on the upkeep pages.")
