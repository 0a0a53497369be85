"""Recompute on-hand from the log."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser
from django.utils.translation import ngettext

from inventory.ledger.rebuilding import rebuild
from logistics.commands import Exit, StoreCommand


class Command(StoreCommand):
    """`manage.py rebuild_holdings [--check]`: with --check exit 1 where something differs, and nothing is changed."""

    help = "Recomputes on-hand, allocated and in-transit quantities from the log."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add --check."""
        parser.add_argument("--check", action="store_true", help="only say what differs")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Rebuild and print what differed."""
        found = rebuild(check_only=options["check"])
        for one in found:
            self.stdout.write(f"{one.where}: {one.detail} [{one.check}]")
        count = len(found)
        told = (
            ngettext("%(count)s balance differs.", "%(count)s balances differ.", count)
            if options["check"]
            else ngettext("%(count)s balance was corrected.", "%(count)s balances were corrected.", count)
        )
        self.stdout.write(told % {"count": count})
        self.end(Exit.FAILED if found and options["check"] else Exit.OK)
