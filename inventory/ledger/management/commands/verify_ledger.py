"""Recompute the logbooks and everything that follows from them."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from inventory.ledger.verifying import describe, verify
from logistics.commands import Exit, StoreCommand


class Command(StoreCommand):
    """`manage.py verify_ledger [--depot CODE] [--format json]`: exit 1 names every movement or pile that disagrees."""

    help = "Recomputes chains, balances and conservation; read-only."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add --depot and --format."""
        parser.add_argument("--depot", metavar="CODE", help="one depot's log only")
        self.add_format(parser)

    def handle(self, *_args: Any, **options: Any) -> None:
        """Verify and print."""
        report = verify(options["depot"])
        if options["format"] == "json":
            self.print_json({"sound": report.is_sound, **asdict(report)})
        else:
            for found in report.disagreements:
                self.stdout.write(f"{found.where}: {found.detail} [{found.check}]")
            self.stdout.write(describe(report, at=timezone.localtime()))
        self.end(Exit.OK if report.is_sound else Exit.FAILED)
