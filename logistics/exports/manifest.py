"""The manifest of a run: a Frictionless Data Package (v2) in RFC 8785 form, so that equal runs are equal bytes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import rfc8785

from logistics.exports.datasets import FORMAT_VERSION
from logistics.exports.writing import DepotTotals, Range, WrittenFile


def canonical_manifest(
    *,
    run: str,
    is_full: bool,
    created_at: datetime,
    previous: tuple[str, str] | None,
    ranges: Sequence[Range],
    totals: Mapping[str, DepotTotals],
    files: Sequence[WrittenFile],
) -> bytes:
    """Return the manifest's bytes. `previous` is the run before: its name and its manifest's SHA-256.

    Quantities are strings with three decimals, hashes hexadecimal; a resource's hash says its algorithm first, as the
    standard asks. `from_hash` is the hash of the movement at `from_position`, so the first link can be followed.
    """
    name, sha256 = previous or (None, None)
    return rfc8785.dumps(
        {
            "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
            "name": f"run-{run.lower()}",
            "title": "Logbooks, holdings and reference data of the logistics store",
            "created": created_at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z"),
            "format_version": FORMAT_VERSION,
            "run": run,
            "full": is_full,
            "previous_run": name,
            "previous_hash": sha256,
            "depots": [_depot(carried, totals[carried.depot]) for carried in ranges],
            "resources": [_resource(file) for file in files],
        }
    )


def _depot(carried: Range, total: DepotTotals) -> dict[str, Any]:
    return {
        "code": carried.depot,
        "from_position": carried.from_position,
        "from_hash": carried.from_hash,
        "to_position": carried.to_position,
        "head_hash": carried.head_hash,
        "movements": total.movements,
        "withheld": total.withheld,
        "lines": total.lines,
        "quantity_in": f"{total.quantity_in:.3f}",
        "quantity_out": f"{total.quantity_out:.3f}",
    }


def _resource(file: WrittenFile) -> dict[str, Any]:
    return {
        "name": file.dataset.name,
        "title": file.dataset.title,
        "type": "table",
        "path": file.dataset.file,
        "format": "parquet",
        "mediatype": "application/vnd.apache.parquet",
        "bytes": file.bytes,
        "hash": f"sha256:{file.sha256}",
        "rows": file.rows,
        "schema": file.dataset.document(),
    }
