"""Load the reference facts every site starts with."""

from __future__ import annotations

from itertools import chain
from typing import Any

from django.core.management.base import CommandParser
from django.db import transaction
from django.utils import timezone

import depots.reference
import inventory.catalogue.reference
import inventory.stocktakes.reference
from logistics.commands import StoreCommand


class Command(StoreCommand):
    """`manage.py load_reference`: safe on a site in service and after every upgrade; again, it writes nothing."""

    help = "Loads the units, branches, grades, provinces and other facts of fixtures; writes only what differs."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add --by."""
        self.add_by(parser)

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        """Load all or nothing, and print one line per table."""
        by, at = self.actor(options["by"]), timezone.now()
        rooms = (inventory.catalogue.reference, depots.reference, inventory.stocktakes.reference)
        for outcome in chain.from_iterable(room.load(by=by, at=at) for room in rooms):
            line = f"{outcome.fixture}: {outcome.created} new, {outcome.changed} changed, {outcome.unchanged} as before"
            self.stdout.write(line)
            for name in outcome.kept:
                self.stdout.write(f"    kept as this site changed it: {name}")
