"""What the files hold: everything, exactly, once, and nothing labelled."""

from __future__ import annotations

import json
import struct
from dataclasses import replace
from decimal import Decimal

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.db.models import Sum

from inventory.ledger.models import Movement, MovementLine
from logistics.exports import checker, signing, writing
from logistics.exports.datasets import DATASETS, MOVEMENT_LINES
from logistics.exports.manifest import canonical_manifest
from logistics.exports.snapshot import opened
from tests.exports.conftest import manifest
from tests.factories import a_line, an_item, telling

MOST = Decimal("999999999999999.999")


def everything(folder):
    """Return the bytes of all a folder's files."""
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def test_the_folder_is_what_the_contract_says(store):
    folder = store.export()
    names = {file.name for file in folder.iterdir()}
    changing = {"depots", "organisation_units", "bins", "supply_classes", "items", "units", "lots"}
    kept = {"movements", "movement_lines", "holdings", "consignments"}
    promised = kept | changing | {f"{name}_history" for name in changing}
    assert names >= {f"{name}.parquet" for name in promised}
    document = manifest(folder)
    assert {"run", "previous_run", "created", "format_version", "previous_hash"} <= document.keys()
    assert {resource["path"] for resource in document["resources"]} == names - {
        signing.MANIFEST_FILE,
        signing.SIGNATURE_FILE,
        signing.PUBLIC_FILE,
    }
    first = document["depots"][0]
    assert (first["code"], first["from_position"], first["to_position"]) == ("K01", 0, 4)
    assert (first["movements"], first["lines"], first["quantity_in"], first["quantity_out"]) == (
        4, 7, "43.035", "7.500",
    )  # fmt: skip
    assert first["head_hash"] == bytes(Movement.objects.get(depot__code="K01", position=4).hash).hex()


def test_the_same_snapshot_twice_is_the_same_bytes(store, tmp_path):
    folders = [tmp_path / "first", tmp_path / "second"]
    with opened() as snapshot:
        for folder in folders:
            folder.mkdir()
            ranges = writing.frozen_ranges(snapshot, full=True)
            files, totals = writing.write_files(snapshot, folder, ranges)
            content = canonical_manifest(
                run="r", is_full=True, created_at=snapshot.taken_at, previous=None, ranges=ranges, totals=totals,
                files=files,
            )  # fmt: skip
            (folder / "datapackage.json").write_bytes(content)
    assert everything(folders[0]) == everything(folders[1])


def test_what_is_committed_after_the_snapshot_stays_out(store, tmp_path):
    with opened() as snapshot:
        ranges = writing.frozen_ranges(snapshot, full=True)
        store.receive("K01")
        _files, totals = writing.write_files(snapshot, tmp_path, ranges)
    assert totals["K01"].movements == 4
    assert pq.read_metadata(tmp_path / "movements.parquet").num_rows == 6


def test_columns_have_the_promised_types(store):
    folder = store.export()
    for dataset in DATASETS:
        found = pq.read_schema(folder / dataset.file)
        assert [(field.name, field.type) for field in found] == list(dataset.columns.items())
    schema = pq.read_schema(folder / "movement_lines.parquet")
    assert schema.field("change").type == pa.decimal128(18, 3)
    assert schema.field("unit_price").type == pa.decimal128(18, 2)
    assert schema.field("occurred_at").type == pa.timestamp("us", "UTC")


def test_decimals_are_exact_to_the_last_digit_of_the_type(store):
    store.post("receipt", "K03", a_line(store.rice, MOST, lot="L9"))
    store.post("issue", "K03", a_line(store.rice, MOST, lot="L9"))
    store.post("receipt", "K03", a_line(store.rice, "0.001", lot="L9", unit_price=Decimal("9999999999999999.99")))
    folder = store.export()
    table = pq.read_table(folder / "movement_lines.parquet", filters=[("depot", "=", "K03")])
    assert table.column("change").to_pylist() == [MOST, -MOST, Decimal("0.001")]
    assert table.column("unit_price").to_pylist() == [None, None, Decimal("9999999999999999.99")]
    (depot,) = [depot for depot in manifest(folder)["depots"] if depot["code"] == "K03"]
    assert (depot["quantity_in"], depot["quantity_out"]) == ("1000000000000000.000", "999999999999999.999")
    assert checker.check(folder).lines


def test_another_reader_finds_the_same_totals(store):
    folder = store.export()

    def ask(question):
        return duckdb.sql(question).fetchall()[0]

    lines, change = ask(f"SELECT count(*), sum(change) FROM '{folder}/movement_lines.parquet'")
    assert (lines, change) == (MovementLine.objects.count(), MovementLine.objects.aggregate(of=Sum("change"))["of"])
    assert ask(
        f"""SELECT count(*) FROM (
            SELECT position - lag(position, 1, 0) OVER (PARTITION BY depot ORDER BY position) AS step
            FROM '{folder}/movements.parquet') WHERE step <> 1"""
    ) == (0,)
    (at,) = ask(f"SELECT epoch_us(max(occurred_at)) FROM '{folder}/movements.parquet'")
    latest = Movement.objects.latest("occurred_at").occurred_at
    assert at == round(latest.timestamp() * 1_000_000)


def test_nothing_labelled_leaves_and_the_chain_still_closes(store):
    secret = an_item("QN-01-0000021", unit="KGM", name="Vật chất kín")
    store.post("receipt", "K01", a_line(secret, 5), a_line(store.blanket, 1), reason="kín", counterparty="bên kín")
    store.receive("K01")
    with telling("labelled"):
        secret.classification = 1
        secret.save()
    folder = store.export()

    report = checker.check(folder)
    assert (report.movements, report.withheld, report.lines) == (8, 1, 14)
    for file in folder.glob("*.parquet"):
        for value in pq.read_table(file).to_pylist():
            assert not {"QN-01-0000021", "Vật chất kín", "kín", "bên kín"} & {v for v in value.values() if v}, file.name
    (hidden,) = pq.read_table(folder / "movements.parquet", filters=[("withheld", "=", True)]).to_pylist()
    told = {name for name, value in hidden.items() if value is not None}
    assert told == {"depot", "position", "withheld", "previous_hash", "hash"}


def test_a_file_that_disagrees_with_the_database_is_refused(store, tmp_path):
    with opened() as snapshot:
        ranges = writing.frozen_ranges(snapshot, full=True)
        _files, totals = writing.write_files(snapshot, tmp_path, ranges)
    off = Decimal("0.001")
    for wrong in (
        replace(totals["K01"], lines=totals["K01"].lines + 1),
        replace(totals["K01"], quantity_in=totals["K01"].quantity_in + off),
        replace(totals["K01"], quantity_out=totals["K01"].quantity_out - off),
    ):
        with pytest.raises(writing.WrittenOtherwise, match="K01"):
            writing._read_back(tmp_path, ranges, totals | {"K01": wrong})
    longer = replace(ranges[0], to_position=ranges[0].to_position + 1)
    with pytest.raises(writing.WrittenOtherwise, match="K01"):
        writing._read_back(tmp_path, [longer, *ranges[1:]], totals)


def test_row_groups_do_not_depend_on_batches(store, tmp_path, monkeypatch):
    monkeypatch.setattr(writing, "ROW_GROUP", 4)
    store.receive("K02", 3)
    folder = store.export()
    parquet = pq.ParquetFile(folder / MOVEMENT_LINES.file)
    sizes = [parquet.metadata.row_group(at).num_rows for at in range(parquet.num_row_groups)]
    assert sizes == [4, 4, 4, 4, 1]
    assert checker.check(folder).lines == 17


def test_depots_are_geoparquet_points(store):
    table = pq.read_table(store.export() / "depots.parquet")
    geo = json.loads(table.schema.metadata[b"geo"])
    assert geo["columns"]["coordinates"] == {"encoding": "WKB", "geometry_types": ["Point"], "edges": "spherical"}
    assert struct.unpack("<BIdd", table.column("coordinates")[1].as_py()) == (1, 1, 106.7, 10.8)


def test_history_says_from_when_until_when(store):
    depot = store.depots[0]
    with telling("renamed"):
        depot.name = "Kho mới"
        depot.save()
    table = pq.read_table(store.export() / "depots_history.parquet", filters=[("code", "=", "K01")])
    old, new = table.select(["name", "valid_from", "valid_to"]).to_pylist()
    assert (old["name"], new["name"]) == ("Kho mẫu K01", "Kho mới")
    assert old["valid_from"] < old["valid_to"] == new["valid_from"]
    assert new["valid_to"] is None
