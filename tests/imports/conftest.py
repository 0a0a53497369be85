"""Running an import command in the test's own transaction, and tables to feed it."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import translation


@dataclass(frozen=True)
class Ran:
    """What a command answered: exit code, and what it printed."""

    code: int
    out: str
    err: str

    @property
    def report(self) -> dict[str, Any]:
        return json.loads(self.out)

    @property
    def places(self) -> list[tuple[int, str]]:
        """(row, column) of every error."""
        return [(error["row"], error["column"]) for error in self.report["errors"]]


@pytest.fixture(autouse=True)
def _in_english():
    """Reasons are compared in the language of their msgids."""
    with translation.override("en"):
        yield


@pytest.fixture
def run():
    """Run a command; it prints JSON unless told otherwise."""

    def run(command: str, *args: object, **options: Any) -> Ran:
        out, err, code = io.StringIO(), io.StringIO(), 0
        options.setdefault("format", "json")
        try:
            call_command(command, *map(str, args), stdout=out, stderr=err, **options)
        except SystemExit as end:
            code = int(end.code or 0)
        except CommandError as error:
            code = error.returncode
            err.write(str(error))
        return Ran(code, out.getvalue(), err.getvalue())

    return run


@pytest.fixture
def table(tmp_path):
    """Write rows (dicts, or cells under `header`) as a CSV file and return its path."""
    count = 0

    def table(rows, *, header=None, name="", delimiter=",", encoding="utf-8"):
        nonlocal count
        count += 1
        path = tmp_path / (name or f"table-{count}.csv")
        header = header or list(dict.fromkeys(key for row in rows for key in row))
        with path.open("w", encoding=encoding, newline="") as file:
            writer = csv.writer(file, delimiter=delimiter)
            writer.writerow(header)
            writer.writerows([row.get(key, "") for key in header] if isinstance(row, dict) else row for row in rows)
        return path

    return table
