"""The commands as an operator's script meets them: another process, its exit code, its two streams."""

from __future__ import annotations

import json
import re
import subprocess
import sys

from django.conf import settings
from django.utils import timezone

from inventory.ledger.models import Movement
from tests.factories import a_depot, an_item, world


def test_a_script_can_go_by_exit_codes_and_parse_stdout(committed_environment, table, tmp_path):
    world()
    a_depot("K01")
    an_item("QN-02-0000016")
    good = {
        "document": "1",
        "kind": "receipt",
        "occurred_at": timezone.localdate().isoformat(),
        "item": "QN-02-0000016",
        "quantity": "5",
    }
    right, wrong = table([good]), table([good | {"document": "2"}, good | {"document": "3", "quantity": "x"}])

    def manage(*arguments):
        return subprocess.run(
            [sys.executable, "manage.py", *map(str, arguments)],
            cwd=settings.BASE_DIR, env=committed_environment, capture_output=True, text=True, check=False,
        )  # fmt: skip

    posted = manage("import_movements", right, "--depot", "K01", "--format", "json")
    assert (posted.returncode, json.loads(posted.stdout)["posted"]) == (0, 1)
    assert posted.stderr.strip().splitlines()[-1].startswith("movements 1, ")
    refused = manage("import_movements", wrong, "--depot", "K01", "--format", "json")
    assert (refused.returncode, len(json.loads(refused.stdout)["errors"])) == (1, 1)
    rejected = manage("import_movements", wrong, "--depot", "K01", "--reject", tmp_path / "r.csv")
    assert (rejected.returncode, "movements 1, " in rejected.stdout.splitlines()[-1]) == (3, True)
    dry = manage("import_movements", wrong, "--depot", "K01", "--dry-run").stdout.splitlines()[-1]
    assert re.search(r": \D+ 1; [0-9.]+ s$", dry), dry
    assert manage("import_movements", right, "--depot", "K99").returncode == 5
    misused = manage("import_movements", right)
    assert (misused.returncode, "--depot" in misused.stderr) == (2, True)
    assert "Traceback" not in misused.stderr + rejected.stderr + refused.stderr
    assert Movement.objects.count() == 2
