"""Load the invented store that newcomers try things in."""

from __future__ import annotations

import argparse
import sys
import time
from typing import Any

from django.conf import settings
from django.core.management.base import CommandParser
from django.utils import timezone
from rich.console import Console
from rich.progress import Progress

from logistics.commands import StoreCommand
from logistics.demo import loading, people

MOST_SCALE = 100


class Command(StoreCommand):
    """`manage.py load_demo [--scale N]`: only into an empty store; again, it does nothing and says so."""

    help = "Loads invented depots, goods, people and a year of movements. Prints one API token per log-in, once."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add --scale."""
        parser.add_argument("--scale", type=_scale, default=1, metavar="N", help="so many times the depots (1)")

    def handle(self, *args: Any, **options: Any) -> None:
        """Load all or nothing."""
        started = time.monotonic()
        with Progress(console=Console(file=sys.stderr), disable=not sys.stderr.isatty()) as progress:
            task = progress.add_task("A year of movements", start=False)

            def starting(days: int) -> None:
                progress.update(task, total=days)
                progress.start_task(task)

            loaded = loading.load(
                at=timezone.now(),
                scale=options["scale"],
                starting=starting,
                tell=lambda: progress.advance(task),
            )
        if loaded is None:
            self.stdout.write(f"The demo is already loaded ({loading.movements_there()} movements); nothing was done.")
            return
        self.stdout.write(
            f"Demo loaded in {time.monotonic() - started:.0f} s: {loaded.depots} depots, {loaded.items} items, "
            f"{loaded.movements} movements, {loaded.lines} lines."
        )
        self.stdout.write("API tokens, shown only now:")
        for person in people.PEOPLE:
            self.stdout.write(f"    {person.login:<10} {person.role:<17} {loaded.tokens[person.login]}")
        if not settings.DEBUG:
            self.stderr.write("DEBUG is off: nobody can sign in with a demo password until it is on (DEBUG=1).")


def _scale(text: str) -> int:
    value = int(text) if text.isascii() and text.isdigit() else 0
    if not 1 <= value <= MOST_SCALE:
        raise argparse.ArgumentTypeError(f"N is a whole number from 1 to {MOST_SCALE}")
    return value
