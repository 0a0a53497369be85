"""What the set-up says of a DATABASE_URL that leads nowhere."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"DATABASE_URL": "garbage"}, "DATABASE_URL is no address of a database"),
        ({"DATABASE_URL": "mysql://x"}, "DATABASE_URL is no address of a database"),
        (
            {"DATABASE_URL": "postgresql://a@127.0.0.1:1/x", "OWNER_DATABASE_URL": "garbage"},
            "OWNER_DATABASE_URL is no address of a database",
        ),
        (
            {"DATABASE_URL": "postgresql://a@127.0.0.1:1/x", "OWNER_DATABASE_URL": "postgresql://a@127.0.0.1:1/x"},
            "The database that DATABASE_URL names does not answer",
        ),
        ({"DATABASE_URL": "postgresql://a@127.0.0.1:1/x"}, "The database that DATABASE_URL names does not answer"),
    ],
)
def test_an_address_that_leads_nowhere_is_told_without_a_traceback(given: dict[str, str], told: str) -> None:
    environment = {name: value for name, value in os.environ.items() if "DATABASE" not in name} | given
    done = subprocess.run(
        [sys.executable, "scripts/migrate.py"],
        cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.startswith(told)
    assert "Traceback" not in done.stderr
