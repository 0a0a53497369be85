"""Bring the owner's official boundaries into the store."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from depots import access, boundary_file
from depots.bringing_boundaries import bring
from depots.models import Boundary
from logistics.accounts.rights import Right
from logistics.commands import Exit, StoreCommand
from logistics.imports import Report


class Command(StoreCommand):
    """`manage.py import_boundaries FILE`: again, it writes nothing."""

    help = (
        "Brings the boundaries of nation, regions and provinces from the owner's GeoJSON file (WGS 84), each with"
        " layer, code, name, valid_from and valid_to among its properties; tells all errors in one pass."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Add what the command takes."""
        parser.add_argument("file", metavar="FILE", type=Path, help="GeoJSON FeatureCollection, UTF-8")
        layers = ", ".join(Boundary.Layer.values)
        parser.add_argument("--layer", metavar="LAYER", help=f"of features that name none: {layers}")
        parser.add_argument("--valid-from", metavar="YYYY-MM-DD", help="first day of features that name none")
        for member in boundary_file.MEMBERS:
            name = member.replace("_", "-")
            parser.add_argument(f"--{name}-member", metavar="NAME", help=f"the property that holds {member}")
        parser.add_argument("--repair", action="store_true", help="repair areas that cross themselves")
        parser.add_argument("--dry-run", action="store_true", help="check everything, write nothing")
        self.add_format(parser)
        self.add_by(parser)

    def handle(self, *_args: Any, **options: Any) -> None:
        """Read, bring in, report; exit 1 with errors, 2 where the file cannot be read at all."""
        started = time.monotonic()
        by = self.actor(options["by"])
        if options["by"] is not None:
            access.require(by, Right.KEEP_CATALOGUE)
        reading = boundary_file.Reading(
            members={m: options[f"{m}_member"] for m in boundary_file.MEMBERS if options[f"{m}_member"]},
            given={m: options[m] for m in ("layer", "valid_from") if options[m]},
            repairs=options["repair"],
        )
        try:
            drawn = boundary_file.read(options["file"], reading)
        except OSError as error:
            text = _("%(file)s cannot be read: %(why)s.") % {"file": options["file"], "why": error.strerror}
            raise CommandError(text, returncode=Exit.USAGE) from error
        with transaction.atomic():
            outcome = bring(drawn, source=options["file"].name, by=by, at=timezone.now())
            report = Report(outcome, {}, {}, options["dry_run"], keeps_going=False)
            if options["dry_run"] or outcome.errors:
                transaction.set_rollback(True)
        report.seconds = time.monotonic() - started
        if options["format"] == "json":
            self.print_json(report.document())
            self.stderr.write(report.summary())
        else:
            for line in report.lines():
                self.stdout.write(line)
            self.stdout.write(report.summary())
        self.end(report.exit)
