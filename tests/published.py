"""The published tables that facts in this repository are compared with; they lie beside the checkout, not in it."""

import csv
import os
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[1] / ".." / "shared" / "data"


def table(name: str) -> Path:
    """Return the path of a published table; without the folder skip the test, or fail where CI is set."""
    if not FOLDER.is_dir():
        message = f"The published tables are missing: put them into {FOLDER}."
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    return FOLDER / name


def rows(name: str) -> list[dict[str, str]]:
    """Return the rows of a published CSV table."""
    with table(name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
