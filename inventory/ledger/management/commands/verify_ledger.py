"""Recompute the logbooks and everything that follows from them."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from inventory.ledger.verifying import describe, remember, verify
from logistics.commands import Exit, StoreCommand


class Command(StoreCommand):
    """`manage.py verify_ledger [--depot CODE] [--format json]`: exit 1 names every movement or pile that disagrees.

    What it found is written down for the first page; nothing else is.
    """

    help = "Recomputes chains, balances and conservation; writes down what it found, nothing else."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add --depot and --format."""
        parser.add_argument("--depot", metavar="CODE", help="one depot's log only")
        self.add_format(parser)

    def handle(self, *_args: Any, **options: Any) -> None:
        """Verify and print."""
        began_at = timezone.now()
        report = verify(options["depot"])
        remember(report, depot=options["depot"], began_at=began_at)
        if options["format"] == "json":
            self.print_json({"sound": report.is_sound, **asdict(report)})
        else:
            for found in report.disagreements:
                self.stdout.write(f"{found.where}: {found.detail} [{found.check}]")
            self.stdout.write(describe(report, at=timezone.localtime()))
        self.end(Exit.OK if report.is_sound else Exit.FAILED)
