"""Post a depot's opening balances from a table."""

from __future__ import annotations

from argparse import ArgumentTypeError
from datetime import datetime
from typing import Any

from django.core.management.base import CommandParser

from inventory.ledger.models import Kind
from inventory.vouchers.importing import movements
from inventory.vouchers.importing.columns import OPENING
from inventory.vouchers.importing.documents import Defaults
from inventory.vouchers.importing.receiving import receiving_depot
from logistics.accounts.models import User
from logistics.cells import CellError, Notation, moment
from logistics.imports import ImportCommand, Job, Outcome


class Command(ImportCommand):
    """`manage.py import_opening FILE --depot CODE`: what lay there when the books were opened.

    Quantities are added (nhập thêm); with --set they are what each pile named held at that time (đặt bằng).
    """

    help = "Posts opening balances from CSV or XLSX; a document of the same name is posted once."
    purpose = "opening"
    targets = OPENING
    totals = {"quantity": "quantity"}

    def add_arguments(self, parser: CommandParser) -> None:
        """Add --depot, --document, --set, --on and --reason to what all imports take."""
        super().add_arguments(parser)
        parser.add_argument("--depot", metavar="CODE", required=True, help="whose logbook")
        parser.add_argument(
            "--document", metavar="NAME", default="opening", help="the document of rows that name none (opening)"
        )
        parser.add_argument("--set", action="store_true", help="piles named are set to these quantities, not added to")
        parser.add_argument("--on", metavar="DATE", type=_moment, help="when, for rows that do not say (now)")
        parser.add_argument("--reason", metavar="TEXT", default="", help="why, for rows that do not say")

    def prepare(self, by: User, options: dict[str, Any]) -> None:
        """Refuse an unknown depot, or one the person named by --by may not post to."""
        self.depot = receiving_depot(options["depot"], by=by, is_named=options["by"] is not None)

    def load(self, job: Job, options: dict[str, Any]) -> Outcome:
        """Post."""
        defaults = Defaults(
            kind=(Kind.STOCKTAKE if options["set"] else Kind.OPENING).value,
            document=options["document"],
            occurred_at=options["on"],
            reason=options["reason"],
        )
        return movements.load(job, self.depot, defaults)


def _moment(text: str) -> datetime:
    try:
        return moment(text, Notation())
    except CellError as error:
        raise ArgumentTypeError(error.reason) from error
