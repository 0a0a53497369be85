"""The checker finds whatever is wrong, and names the place. Every rule of it is broken here once."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest
from django.core.management import call_command

from logistics.exports import signing
from logistics.exports.checker import check, main
from logistics.exports.retrace import Disagreement
from tests.exports.conftest import forge, manifest

ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def copied(folder: Path, case: str) -> Iterator[Path]:
    """Give a copy of a run's folder, beside which its key lies; a failure inside names the case."""
    copy = folder.with_name("copy")
    shutil.copytree(folder, copy)
    try:
        yield copy
    except BaseException as error:
        error.add_note(f"case: {case}")
        raise
    finally:
        shutil.rmtree(copy)


def put(table: pa.Table, name: str, row: int, value: object) -> pa.Table:
    """Return the table with one value changed."""
    values = table.column(name).to_pylist()
    values[row] = value
    field = table.schema.field(name)
    return table.set_column(table.schema.get_field_index(name), field, pa.array(values, field.type))


def test_one_flipped_byte_in_any_file_is_found(store):
    folder = store.export()
    check(folder)
    for file in sorted(set(folder.iterdir()) - {folder / signing.PUBLIC_FILE}):
        good = file.read_bytes()
        for at in (0, len(good) // 2, len(good) - 1):
            file.write_bytes(good[:at] + bytes([good[at] ^ 1]) + good[at + 1 :])
            with pytest.raises(Disagreement):
                check(folder)
        file.write_bytes(good)
    check(folder)


def test_a_missing_file_and_a_shorter_one_are_found(store):
    folder = store.export()
    (folder / "units.parquet").rename(folder / "units.gone")
    with pytest.raises(Disagreement, match="units.parquet: cannot be read"):
        check(folder)
    (folder / "units.gone").rename(folder / "units.parquet")
    data = (folder / "lots.parquet").read_bytes()
    (folder / "lots.parquet").write_bytes(data[:-1])
    with pytest.raises(Disagreement, match=r"lots.parquet: has \d+ bytes"):
        check(folder)


def test_parquet_nobody_signed_is_found_and_other_files_are_told(store):
    folder = store.export()
    (folder / "loaded.log").write_text("ours")
    assert any("loaded.log" in note for note in check(folder).notes)
    shutil.copyfile(folder / "units.parquet", folder / "movements-2.PARQUET")
    with pytest.raises(Disagreement, match=r"movements-2.PARQUET: is not in the manifest"):
        check(folder)


def test_an_older_run_under_a_newer_name_is_found(store, tmp_path):
    old, new = store.export(), store.export()
    replayed = tmp_path / "received" / new.name
    shutil.copytree(old, replayed)
    with pytest.raises(Disagreement, match=f"is the manifest of run {old.name}, the folder is named {new.name}"):
        check(replayed)
    replayed.rename(replayed.with_name("incoming"))  # a name that claims nothing
    assert check(replayed.with_name("incoming")).run == old.name


@pytest.mark.parametrize("member", ["run", "previous_run", "previous_hash", "resources", "depots"])
def test_a_manifest_without_a_member_is_told_so(store, settings, member):
    folder = store.export()
    forge(folder, settings.KEY_DIR, document=lambda document: document.pop(member))
    with pytest.raises(Disagreement, match=f"datapackage.json: has no member {member}$"):
        check(folder)


# Changes made by somebody who holds the key: the signature and every file's hash are good again.
FORGERIES = {
    "a changed reason": (
        "movements.parquet", lambda t: put(t, "reason", 1, "sửa"), r"movements.parquet, K01/2: its hash is not"
    ),
    "a changed quantity": (
        "movement_lines.parquet", lambda t: put(t, "entered_quantity", 2, Decimal(1)), r"K01/2: its hash is not"
    ),
    "a missing line": ("movement_lines.parquet", lambda t: pa.concat_tables([t[:2], t[3:]]), r"K01/2: its hash is not"),
    "a missing movement": (
        "movements.parquet", lambda t: pa.concat_tables([t[:1], t[2:]]), r"K01/2: a line of no movement"
    ),
    "a movement twice": ("movements.parquet", lambda t: pa.concat_tables([t[:2], t[1:]]), r"K01/2: follows position 2"),
    "two movements swapped": (
        "movements.parquet", lambda t: pa.concat_tables([t[1:2], t[:1], t[2:]]), r"K01/1: rows are out of order"
    ),
    "another depot's name": (
        "movements.parquet", lambda t: put(t, "depot", 5, "K99"), "K99: the depot is not in the manifest"
    ),
    "a link to nowhere": (
        "movements.parquet", lambda t: put(t, "previous_hash", 1, "ab" * 32), r"K01/2: its previous_hash"
    ),
    "another hash": ("movements.parquet", lambda t: put(t, "hash", 1, "ab" * 32), r"K01/2: its hash is not"),
    "a withheld movement nobody withheld": (
        "movements.parquet", lambda t: put(t, "withheld", 1, True), r"withheld is 1, the manifest says 0"
    ),
    "another balance": ("holdings.parquet", lambda t: put(t, "on_hand", 0, Decimal(1)), "holdings.parquet, K01: pile"),
    "a missing pile": ("holdings.parquet", lambda t: t[1:], "holdings.parquet, K01: pile"),
    "a pile from nowhere": (
        "holdings.parquet",
        lambda t: pa.concat_tables([t, put(t[-1:], "holding", 0, 10**6)]),
        "holdings.parquet, K02: pile 1000000 holds stock that no line brought",
    ),
    "a pile of a strange depot": (
        "holdings.parquet", lambda t: put(t, "depot", 0, "K99"), "K99: the depot is not in the manifest"
    ),
    "another pile on a line": (
        "movement_lines.parquet", lambda t: put(t, "holding", 2, 10**6), "K01/2: on_hand_after of"
    ),
}  # fmt: skip


def test_a_forged_file_is_found_though_it_is_signed(store, settings):
    folder = store.export()
    for name, (file, change, expected) in FORGERIES.items():
        with copied(folder, name) as copy:
            forge(copy, settings.KEY_DIR, file=file, table=change)
            with pytest.raises(Disagreement, match=expected):
                check(copy)


def depot(index: int, **values: object):
    """Return a change of one depot's entry in the manifest."""
    return lambda document: document["depots"][index].update(values)


MANIFEST_FORGERIES = [
    (depot(0, movements=5), "K01: movements is 4, the manifest says 5"),
    (depot(1, lines=5), "K02: lines is 4"),
    (depot(0, quantity_in="43.036"), "K01: quantity_in is 43.035"),
    (depot(0, quantity_out="7.501"), "K01: quantity_out is 7.500"),
    (depot(0, head_hash="ab" * 32), "K01/4: the last hash is not the head"),
    (depot(0, to_position=5), "K01: ends at position 4"),
    (depot(0, from_hash="ab" * 32), "K01/1: its previous_hash"),
    (depot(0, from_position=1), "K01/1: follows position 1"),
    (depot(1, code="K01"), "listed twice"),
    (lambda document: document["resources"][0].update(rows=1), "movements.parquet: has 6 rows"),
    (lambda document: document["resources"][0].update(path="../x"), "not a plain file name"),
    (lambda document: document["resources"].pop(0), "movements.parquet: is not in the manifest"),
    (lambda document: document["resources"][0]["schema"]["fields"].pop(), "columns differ from the manifest: hash"),
    (lambda document: document.update(format_version="2.0"), "format 2.0"),
]


def test_a_manifest_that_says_otherwise_is_found_though_it_is_signed(store, settings):
    folder = store.export()
    for change, expected in MANIFEST_FORGERIES:
        with copied(folder, expected) as copy:
            forge(copy, settings.KEY_DIR, document=change)
            with pytest.raises(Disagreement, match=expected):
                check(copy)


ALTERATIONS = [
    ("UPDATE ledger_depotlog SET hash = sha256('x') WHERE depot_id = %s", "K01/4: the last hash"),
    ("UPDATE ledger_holding SET on_hand = on_hand + 1 WHERE depot_id = %s", "holdings.parquet, K01"),
    ("UPDATE ledger_movement SET occurred_at = occurred_at - '1 s'::interval WHERE depot_id = %s AND position = 4",
     "K01/4"),
    ("UPDATE ledger_movementline SET reason = 'x' WHERE depot_id = %s AND position = 3", "K01/3"),
    ("UPDATE ledger_movementline SET change = change + 1 WHERE depot_id = %s AND position = 2", "K01/2"),
    ("UPDATE ledger_movement SET hash = sha256('x') WHERE depot_id = %s AND position = 1", "K01/1"),
]  # fmt: skip


def test_rows_altered_behind_the_store_are_found(store):
    # Each stands before those already made, so each is the first disagreement in its turn.
    for statement, place in ALTERATIONS:
        with store.as_owner() as owner:
            owner.execute(statement, [store.depots[0].pk])
        with pytest.raises(Disagreement, match=place):
            check(store.export())


def test_the_next_run_is_checked_against_the_one_beside_it(store, settings):
    first = store.export()
    store.accept(first)
    store.receive("K01", 2)
    second = store.export()
    report = check(second)
    assert (report.previous_is_checked, report.movements) == (True, 2)

    # Balances carry on where the first run left them: nothing is known of them inside this folder alone.
    forge(second, settings.KEY_DIR, document=depot(0, from_hash="ab" * 32))
    with pytest.raises(Disagreement, match=f"another hash than {first.name} ended at"):
        check(second)
    forge(second, settings.KEY_DIR, document=depot(0, from_hash=manifest(first)["depots"][0]["head_hash"]))
    check(second)
    forge(first, settings.KEY_DIR, document=lambda document: document.update(title="another"))
    with pytest.raises(Disagreement, match=f"the manifest of {first.name}"):
        check(second)
    shutil.rmtree(first)
    assert not check(second).previous_is_checked


def test_a_pinned_key_refuses_what_another_key_signed(store, settings, tmp_path):
    folder = store.export()
    trusted = tmp_path / "trusted.pem"
    shutil.copyfile(folder.parent / signing.PUBLIC_FILE, trusted)
    assert check(folder, public_key=trusted).key_is_pinned

    stranger = tmp_path / "stranger"
    forge(folder, stranger, document=lambda document: document.update(title="theirs"))
    (folder / signing.PUBLIC_FILE).write_bytes(signing.public_pem(signing.signing_key(stranger)))
    report = check(folder)  # whole, but whose?
    assert not report.key_is_pinned
    assert "rests on that file" in report.notes[0]
    with pytest.raises(Disagreement, match="does not fit"):
        check(folder, public_key=trusted)

    (folder / signing.PUBLIC_FILE).unlink()
    with pytest.raises(Disagreement, match="does not fit"):  # the key beside the runs is ours
        check(folder)
    (folder.parent / signing.PUBLIC_FILE).unlink()
    with pytest.raises(Disagreement, match="give --public-key"):
        check(folder)


def test_a_run_s_folder_alone_is_enough(store, tmp_path, capsys):
    folder = store.export()
    alone = tmp_path / "elsewhere" / folder.name
    shutil.copytree(folder, alone)
    assert {file.name for file in alone.parent.iterdir()} == {folder.name}
    assert main([str(alone)]) == 0
    said = capsys.readouterr().out
    assert f"The key came with the run ({alone / signing.PUBLIC_FILE})" in said
    assert "Give --public-key" in said
    assert "Not in the manifest" not in said
    assert signing.PUBLIC_FILE not in {resource["path"] for resource in manifest(alone)["resources"]}
    assert main([str(alone), "--public-key", str(folder.parent / signing.PUBLIC_FILE)]) == 0
    assert "Give --public-key" not in capsys.readouterr().out


def test_a_signature_may_not_choose_its_algorithm(store):
    folder = store.export()
    content = (folder / signing.MANIFEST_FILE).read_bytes()
    pem = (folder.parent / signing.PUBLIC_FILE).read_bytes()
    text = base64.urlsafe_b64encode
    header = text(b'{"alg":"HS256"}').rstrip(b"=")
    seal = hmac.digest(pem, header + b"." + text(content).rstrip(b"="), "sha256")
    keyed = header + b".." + text(seal).rstrip(b"=")
    for forged in (keyed.decode(), "eyJhbGciOiJub25lIn0..", "x..y", ""):
        (folder / signing.SIGNATURE_FILE).write_text(forged)
        with pytest.raises(Disagreement):
            check(folder)


def test_it_runs_without_django_and_without_a_database(store):
    folder = store.export()
    environment = {key: value for key, value in os.environ.items() if "DATABASE" not in key and "DJANGO" not in key}
    program = (
        "import sys, logistics.exports.checker as checker\n"
        "code = checker.main(sys.argv[1:])\n"
        "assert not {'django', 'psycopg', 'adbc_driver_postgresql'} & set(sys.modules)\n"
        "sys.exit(code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(folder), "--format", "json"],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    report = json.loads(done.stdout)
    assert (report["ok"], report["movements"], report["lines"]) == (True, 6, 11)


def test_the_command_says_what_and_ends_with_its_code(store, capsys):
    folder = store.export()
    call_command("check_export", str(folder), "--public-key", str(folder.parent / signing.PUBLIC_FILE))
    assert "agrees: 22 files, 6 movements" in capsys.readouterr().out

    (folder / "bins.parquet").write_bytes(b"PAR1")
    with pytest.raises(SystemExit) as ended:
        call_command("check_export", str(folder))
    assert ended.value.code == 1
    assert capsys.readouterr().err.startswith("bins.parquet: has 4 bytes")
    assert main([str(folder), "--format", "json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert (found["ok"], found["file"]) == (False, "bins.parquet")
    assert main([str(folder / "nowhere")]) == 2


def test_every_manifest_hash_is_the_file_s(store):
    folder = store.export()
    for resource in manifest(folder)["resources"]:
        data = (folder / resource["path"]).read_bytes()
        assert resource["hash"] == f"sha256:{hashlib.sha256(data).hexdigest()}"
        assert resource["bytes"] == len(data)
