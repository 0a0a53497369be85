"""Look whether everything the store needs is there and well."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.core.management.base import CommandParser
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from logistics.checkup import Checkup, State, examine
from logistics.commands import Exit, StoreCommand


class Command(StoreCommand):
    """`manage.py doctor [--format json]`: exit 1 when something is wrong; warnings alone leave it 0."""

    help = "Checks versions, extensions, fonts, collation, disk, clock, rights, migrations, last export, chain heads."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Add --format."""
        self.add_format(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        """Examine and print."""
        found = examine()
        if options["format"] == "json":
            self.print_json({"is_well": found.is_well, **asdict(found)})
        else:
            self._print(found)
        self.end(Exit.OK if found.is_well else Exit.FAILED)

    def _print(self, found: Checkup) -> None:
        for finding in found.findings:
            self.stdout.write(f"{finding.state.upper():<8} {finding.check:<21} {finding.detail}")
            if finding.advice:
                self.stdout.write(f"{'':<8} {'':<21} → {finding.advice}")
        for head in found.heads:
            self.stdout.write(f"{'':<8} {'head':<21} {head.depot}/{head.position} {head.hash}")
        states = [finding.state for finding in found.findings]
        warnings = states.count(State.WARNING)
        told = [
            _("%(count)s wrong") % {"count": states.count(State.WRONG)},
            ngettext("%(count)s warning", "%(count)s warnings", warnings) % {"count": warnings},
            _("%(count)s well") % {"count": states.count(State.OK)},
        ]
        self.stdout.write(", ".join(told))
