"""Worked tables: rules written as rows a storekeeper could check."""

from __future__ import annotations


def rows(table: str) -> list[dict[str, str]]:
    """Return the rows of a `|`-separated table as dicts keyed by its first line; blank cells are empty strings."""
    lines = [line for line in table.strip().splitlines() if line.strip()]
    heading = [cell.strip() for cell in lines[0].split("|")]
    return [
        dict(zip(heading, (cell.strip() for cell in line.split("|")), strict=True))
        for line in lines[1:]
        if not set(line) <= set("-| ")
    ]
