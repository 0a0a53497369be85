"""The commands as an operator's script meets them: another process, its exit code, its two streams.

Starting a process costs seconds, so most ways to end share one, which notes the code that each would have ended with.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys

from django.conf import settings
from django.utils import timezone

from inventory.ledger.models import Movement
from tests.factories import a_depot, an_item, world

SEVERAL = """
import contextlib, io, json, sys
from django.core.management import execute_from_command_line

ended = []
for words in json.loads(sys.argv[1]):
    out, err, code = io.StringIO(), io.StringIO(), 0
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            execute_from_command_line(["manage.py", *words])
        except SystemExit as end:
            code = end.code
    ended.append([words, code, out.getvalue(), err.getvalue()])
print(json.dumps(ended))
"""


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

    def python(*arguments):
        return subprocess.run(
            [sys.executable, *map(str, arguments)],
            cwd=settings.BASE_DIR, env=committed_environment | {"DJANGO_SETTINGS_MODULE": "logistics.settings"},
            capture_output=True, text=True, check=False,
        )  # fmt: skip

    def manage(*arguments):
        return python("manage.py", *arguments)

    def several(*commands):
        done = python("-c", SEVERAL, json.dumps([[str(word) for word in command] for command in commands]))
        assert done.returncode == 0, done.stderr
        return [subprocess.CompletedProcess(*ended) for ended in json.loads(done.stdout)]

    posted = manage("import_movements", right, "--depot", "K01", "--format", "json")
    assert (posted.returncode, json.loads(posted.stdout)["posted"]) == (0, 1)
    assert posted.stderr.strip().splitlines()[-1].startswith("movements 1, ")
    rejected = manage("import_movements", wrong, "--depot", "K01", "--reject", tmp_path / "r.csv")
    assert (rejected.returncode, "movements 1, " in rejected.stdout.splitlines()[-1]) == (3, True)
    refused, dry, elsewhere, misused = several(
        ["import_movements", wrong, "--depot", "K01", "--format", "json"],
        ["import_movements", wrong, "--depot", "K01", "--dry-run"],
        ["import_movements", right, "--depot", "K99"],
        ["import_movements", right],
    )
    assert (refused.returncode, len(json.loads(refused.stdout)["errors"])) == (1, 1)
    assert re.search(r": \D+ 1; [0-9.]+ s$", dry.stdout.splitlines()[-1]), dry.stdout
    assert elsewhere.returncode == 5
    assert (misused.returncode, "--depot" in misused.stderr) == (2, True)
    assert "Traceback" not in misused.stderr + rejected.stderr + refused.stderr
    assert Movement.objects.count() == 2
