"""Bring a table of items into the catalogue."""

from __future__ import annotations

from typing import Any

from depots import access
from inventory.catalogue.importing import ITEMS, load
from logistics.accounts.models import User
from logistics.accounts.rights import Right
from logistics.imports import ImportCommand, Job, Outcome


class Command(ImportCommand):
    """`manage.py import_catalogue FILE`: again, it writes nothing."""

    help = "Brings items from CSV or XLSX into the catalogue; tells all errors in one pass; writes only what differs."
    purpose = "catalogue"
    targets = ITEMS

    def prepare(self, by: User, options: dict[str, Any]) -> None:
        """Refuse a person named by --by who does not keep the catalogue."""
        if options["by"] is not None:
            access.require(by, Right.KEEP_CATALOGUE)

    def load(self, job: Job, options: dict[str, Any]) -> Outcome:
        """Write."""
        return load(job)
