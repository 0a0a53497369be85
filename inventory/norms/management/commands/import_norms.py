"""Bring a table of reserve norms into the store."""

from __future__ import annotations

from typing import Any

from depots import access
from inventory.norms.importing import NORMS, load
from logistics.accounts.models import User
from logistics.accounts.rights import Right
from logistics.imports import ImportCommand, Job, Outcome


class Command(ImportCommand):
    """`manage.py import_norms FILE`: again, it writes nothing."""

    help = "Brings reserve norms from CSV or XLSX; tells all errors in one pass; writes only what differs."
    purpose = "norms"
    targets = NORMS
    totals = {"required": "required"}

    def prepare(self, by: User, options: dict[str, Any]) -> None:
        """Refuse a person named by --by who does not keep reference data."""
        if options["by"] is not None:
            access.require(by, Right.KEEP_CATALOGUE)

    def load(self, job: Job, options: dict[str, Any]) -> Outcome:
        """Write."""
        return load(job)
