"""A small store whose commits stay, folders for its exports and keys, and the hand of a forger."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import rfc8785
from django.utils import timezone

from depots.models import Depot
from inventory.catalogue.models import Item
from inventory.ledger.entries import Posted
from inventory.ledger.posting import post
from logistics import scratch
from logistics.accounts.models import User
from logistics.exports import runs, signing
from logistics.exports.signing import MANIFEST_FILE, SIGNATURE_FILE
from tests.factories import a_depot, a_draft, a_line, an_item, posting, world


@dataclass
class Store:
    """Two depots that hold rice by lot and blankets, an empty third one, and whoever posts and exports."""

    name: str
    by: User
    rice: Item
    blanket: Item
    depots: list[Depot]

    def post(self, kind: str, depot: str, *lines: Any, **fields: Any) -> Posted:
        """Post one movement."""
        return posting(self.by, kind, depot, *lines, **fields)

    def receive(self, depot: str, movements: int = 1) -> None:
        """Post receipts of rice and blankets, two lines each."""
        lines = (a_line(self.rice, "12.345", lot="L1", unit_price=Decimal("15000.50")), a_line(self.blanket, 2))
        post([a_draft("receipt", depot, *lines) for _ in range(movements)], by=self.by, at=timezone.now())

    def export(self, **options: Any) -> Path:
        """Make another run and return its folder."""
        return runs.nightly(by=self.by, at=timezone.now(), anew=True, **options).parent

    def accept(self, folder: Path) -> None:
        """Answer that the run was loaded."""
        runs.acknowledge(folder.name, status="accepted", reason="", by=self.by, at=timezone.now())

    @contextmanager
    def as_owner(self) -> Any:
        """Give a connection of the tables' owner, with the guards on the log off: what nobody at work has."""
        with psycopg.connect(scratch.owner_url(self.name), autocommit=True) as owner:
            for table in ("ledger_movement", "ledger_movementline"):
                owner.execute(f"ALTER TABLE {table} DISABLE TRIGGER append_only")
            yield owner


@pytest.fixture
def store(committed: str, settings: Any, tmp_path: Path) -> Store:
    settings.EXPORT_DIR, settings.KEY_DIR = tmp_path / "exports", tmp_path / "keys"
    by = world()
    depots = [a_depot("K01"), a_depot("K02", at=(106.7, 10.8)), a_depot("K03", at=(108.2, 16.1))]
    rice = an_item("QN-01-0000014", unit="KGM", tracking="lot")
    made = Store(committed, by, rice, an_item("QN-02-0000011"), depots)
    made.receive("K01", 3)
    made.receive("K02", 2)
    made.post("issue", "K01", a_line(made.rice, "7.5"), reason='nói "nhanh" \\ gấp\n')
    return made


def manifest(folder: Path) -> dict[str, Any]:
    """Return a run's manifest."""
    document: dict[str, Any] = json.loads((folder / MANIFEST_FILE).read_bytes())
    return document


def forge(
    folder: Path,
    key_folder: Path,
    *,
    file: str | None = None,
    table: Callable[[pa.Table], pa.Table] | None = None,
    document: Callable[[dict[str, Any]], None] | None = None,
) -> None:
    """Change a run as only the key's holder could: rewrite a file, the manifest, and sign again."""
    content = manifest(folder)
    if file and table:
        path = folder / file
        pq.write_table(table(pq.read_table(path)), path)
        for resource in content["resources"]:
            if resource["path"] == file:
                data = path.read_bytes()
                resource["bytes"], resource["rows"] = len(data), pq.read_metadata(path).num_rows
                resource["hash"] = f"sha256:{hashlib.sha256(data).hexdigest()}"
    if document:
        document(content)
    written = rfc8785.dumps(content)
    (folder / MANIFEST_FILE).write_bytes(written)
    (folder / SIGNATURE_FILE).write_text(signing.sign(written, signing.signing_key(key_folder)))
