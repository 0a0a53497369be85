"""Recomputing balances from the logbooks: what makes "stock is what the log says" a command."""

from __future__ import annotations

from django.db import transaction

from depots.models import Depot
from inventory.ledger.verifying import Disagreement
from logistics import sql


@transaction.atomic
def rebuild(*, check_only: bool) -> list[Disagreement]:
    """Set every pile and consignment to what the logs say; return what differed before.

    Every log stays locked meanwhile, so nothing is posted beside it. With `check_only` nothing is changed.
    """
    sql.rows("ledger/lock_logs", {"depot_ids": list(Depot.objects.values_list("pk", flat=True))})
    scope = {"depot_id": None}
    found = [
        Disagreement(check, *row)
        for check, statement in (
            ("piles", "ledger/verify_piles"),
            ("allocations", "ledger/verify_allocations"),
            ("consignments", "ledger/verify_consignments"),
        )
        for row in sql.rows(statement, scope)
    ]
    if found and not check_only:
        sql.run("ledger/rebuild_piles")
        sql.run("ledger/rebuild_consignments")
    return found
