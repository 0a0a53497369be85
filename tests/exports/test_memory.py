"""What an export takes of memory, in a process of its own: as much for a long log as for a short one."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from django.conf import settings as site

from inventory.ledger.models import Movement, MovementLine
from tests.exports.conftest import manifest
from tests.longer import LONG_ONLY

# A fifth of the real row groups: a store that a test can afford fills every queue several times over.
ROW_GROUP = 10_000
SHORT, LONG = 30_000, 120_000  # movements of two lines each
MOST_GROWTH_MIB = 12.0  # of 5 or 6; were only the lines' batches kept, 17
PROGRAM = """
import json, sys, django; django.setup()
from pathlib import Path
from django.utils import timezone
from logistics.accounts.models import User
from logistics.exports import runs, writing
writing.ROW_GROUP = int(sys.argv[1])
def peak():  # getrusage would still count what this process was before it became Python
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024
def export():
    made = runs.nightly(by=User.objects.get(login=sys.argv[2]), at=timezone.now(), full=True, anew=True)
    return {"folder": str(made.parent), "mib": peak()}
print(json.dumps([export() for _ in range(int(sys.argv[3]))]))
"""


def lengthen(store, depot: str, until: int) -> None:
    """Carry a depot's log on to a position by repeating its first movement, under keys and numbers of their own.

    The hashes lead nowhere, which an export does not ask, and piles stay as they are.
    """
    with store.as_owner() as owner:
        for table, changed in (
            ("ledger_movement", {"position": "made", "key": "'made-' || made", "number": "'M-' || made"}),
            ("ledger_movementline", {"position": "made"}),
        ):
            columns = owner.execute(
                "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped",
                [table],
            )
            names = [name for (name,) in columns]
            values = ", ".join(changed.get(name, f"first.{name}") for name in names)
            owner.execute(
                f"INSERT INTO {table} ({', '.join(names)}) SELECT {values}"
                f" FROM {table} AS first, depots_depot AS depot, ledger_depotlog AS log,"
                " generate_series(log.position + 1, %s) AS made"
                " WHERE depot.code = %s AND first.depot_id = depot.id AND log.depot_id = depot.id"
                " AND first.position = 1",
                [until, depot],
            )
            # The lines' foreign key would otherwise be checked as in an empty table: row by row, by reading all of it.
            owner.execute(f"ANALYZE {table}")
        owner.execute(
            "UPDATE ledger_depotlog AS log SET position = %s FROM depots_depot AS depot"
            " WHERE depot.id = log.depot_id AND depot.code = %s",
            [until, depot],
        )


def exported(store, environment: dict[str, str], *, times: int = 1) -> list[float]:
    """Export everything some times in another process; return its peak in MiB after each, when the rows are right."""
    environment = environment | {
        "DJANGO_SETTINGS_MODULE": "logistics.settings",
        "EXPORT_DIR": str(site.EXPORT_DIR),
        "KEY_DIR": str(site.KEY_DIR),
    }
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(ROW_GROUP), store.by.login, str(times)],
        env=environment, cwd=site.BASE_DIR, check=True, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    runs = json.loads(done.stdout)
    expected = {"movements": Movement.objects.count(), "movement_lines": MovementLine.objects.count()}
    for run in runs:
        rows = {resource["name"]: resource["rows"] for resource in manifest(Path(run["folder"]))["resources"]}
        assert {name: rows[name] for name in expected} == expected
    return [run["mib"] for run in runs]


@LONG_ONLY
def test_memory_grows_neither_with_the_log_nor_with_the_number_of_runs(store, committed_environment):
    lengthen(store, "K01", SHORT)
    (short,) = exported(store, committed_environment)
    lengthen(store, "K01", LONG)
    long, again = exported(store, committed_environment, times=2)
    assert long - short < MOST_GROWTH_MIB
    assert again - long < MOST_GROWTH_MIB
