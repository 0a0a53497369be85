"""Post a table of documents to one depot's logbook."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from inventory.vouchers.importing import movements
from inventory.vouchers.importing.columns import MOVEMENTS
from inventory.vouchers.importing.receiving import receiving_depot
from logistics.accounts.models import User
from logistics.imports import ImportCommand, Job, Outcome


class Command(ImportCommand):
    """`manage.py import_movements FILE --depot CODE`: one movement per document, all or nothing, twice is once."""

    help = "Posts a CSV or XLSX table of documents to a depot's logbook; tells all errors in one pass."
    purpose = "movements"
    targets = MOVEMENTS
    totals = {"quantity": "quantity"}
    refuses_formulas = False  # another program's books are told as they are; our lists quote such texts

    def add_arguments(self, parser: CommandParser) -> None:
        """Add --depot to what all imports take."""
        super().add_arguments(parser)
        parser.add_argument("--depot", metavar="CODE", required=True, help="whose logbook")

    def prepare(self, by: User, options: dict[str, Any]) -> None:
        """Refuse an unknown depot, or one the person named by --by may not post to."""
        self.depot = receiving_depot(options["depot"], by=by, is_named=options["by"] is not None)

    def load(self, job: Job, options: dict[str, Any]) -> Outcome:
        """Post."""
        return movements.load(job, self.depot)
