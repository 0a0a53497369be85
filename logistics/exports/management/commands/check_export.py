"""Prove an export run from its files; the database is not touched."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand
from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from logistics.exports import checker


class Command(BaseCommand):
    """The receiver's checker, also `python -m logistics.exports.checker`. Exit codes: 0 agrees, 1 does not, 2 usage."""

    help = "Checks an export run's folder: signature, files, chains, totals, balances. Needs no database."
    requires_system_checks = ()

    def add_arguments(self, parser: Any) -> None:
        """Add the checker's own arguments."""
        checker.add_arguments(parser)

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print the report, or the first disagreement, and end with the code for it."""
        console = Console(stderr=True)
        columns = (TextColumn("{task.description}"), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
            task = bar.add_task("lines checked", total=None)
            code, text = checker.run(
                options["folder"],
                public_key=options["public_key"],
                as_json=options["format"] == "json",
                progress=lambda rows: bar.update(task, advance=rows),
            )
        (self.stdout if code == 0 or options["format"] == "json" else self.stderr).write(text)
        if code:
            sys.exit(code)
