"""Make the night's forecasts and outlooks."""

from __future__ import annotations

import time
from dataclasses import asdict
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from depots.models import Depot
from inventory.foresight import consumption, nightly
from logistics.commands import Exit, StoreCommand


class Command(StoreCommand):
    """`manage.py forecast [--depot CODE …] [--rebuild | --check]`: exit code 4 while another runs."""

    help = "Tells consumption from the logbooks, forecasts it and works out what it means for the stock."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add --depot, --rebuild, --check and --format."""
        parser.add_argument("--depot", metavar="CODE", action="append", help="this depot only; may be given again")
        how = parser.add_mutually_exclusive_group()
        how.add_argument("--rebuild", action="store_true", help="tell the months from the whole logbooks again")
        how.add_argument("--check", action="store_true", help="only say where the months differ from the logbooks")
        self.add_format(parser)

    def handle(self, *_args: Any, **options: Any) -> None:
        """Run, and print what was done, or what differs."""
        if options["check"]:
            self._check(options)
            return
        started = time.monotonic()
        console = Console(stderr=True)
        columns = (TextColumn("{task.description}"), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
            task = bar.add_task("logbooks", total=None)
            try:
                report = nightly.run(
                    at=timezone.now(),
                    depots=options["depot"],
                    is_rebuilt=options["rebuild"],
                    tell=lambda what, done, of: bar.update(task, description=what, completed=done, total=of),
                )
            except nightly.AnotherForecastIsRunning as error:
                raise CommandError(error.detail, returncode=Exit.LOCKED) from error
        seconds = round(time.monotonic() - started, 1)
        if options["format"] == "json":
            self.print_json({**asdict(report), "seconds": seconds})
        else:
            depots = ngettext("%(count)s depot", "%(count)s depots", report.depots) % {"count": report.depots}
            text = _("%(depots)s, %(series)s series, %(forecast)s forecast anew, %(seconds)s s.")
            told = {"depots": depots, "series": report.series, "forecast": report.forecast, "seconds": seconds}
            self.stdout.write(text % told)

    def _check(self, options: dict[str, Any]) -> None:
        depots = Depot.objects.counted().order_by("code")
        if options["depot"]:
            depots = depots.filter(code__in=options["depot"])
        found = [{"depot": depot.code, **asdict(one)} for depot in depots for one in consumption.differences(depot.pk)]
        if options["format"] == "json":
            self.print_json(found)
        else:
            for one in found:
                self.stdout.write(
                    "{depot} {item} {grain} {start_date}: the log says {logged}, kept is {kept}".format(**one)
                )
            count = len(found)
            self.stdout.write(ngettext("%(count)s difference.", "%(count)s differences.", count) % {"count": count})
        self.end(Exit.FAILED if found else Exit.OK)
