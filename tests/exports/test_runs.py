"""A run from the asking to the answer: once a night, all or nothing, and only an accepted one moves the watermark."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import tarfile
from datetime import timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from django.conf import settings as site
from django.core.management import CommandError, call_command
from django.utils import timezone, translation

from inventory.ledger.models import Movement, WitnessedHead
from inventory.ledger.posting import post
from inventory.ledger.verifying import verify
from logistics.errors import NotFound
from logistics.exports import runs, writing
from logistics.exports.checker import check
from logistics.exports.models import ExportRun
from logistics.exports.runs import StaleRun
from logistics.exports.snapshot import AnotherRunIsWriting, opened
from tests.exports.conftest import manifest
from tests.factories import a_depot, a_draft, a_line, in_threads

State = ExportRun.State


def ranges(folder):
    """Return {depot: (from, to)} of a run."""
    return {depot["code"]: (depot["from_position"], depot["to_position"]) for depot in manifest(folder)["depots"]}


def test_the_night_has_one_run_unless_another_is_asked_for(store):
    at = timezone.now()
    first = runs.nightly(by=store.by, at=at)
    store.receive("K01")
    assert runs.nightly(by=store.by, at=at) == first
    assert ExportRun.objects.count() == 1

    full = runs.nightly(by=store.by, at=at, full=True)
    anew = runs.nightly(by=store.by, at=at, anew=True)
    assert len({first, full, anew}) == 3
    assert [first.parent.name, full.parent.name, anew.parent.name] == sorted(
        [anew.parent.name, full.parent.name, first.parent.name]
    )
    assert runs.nightly(by=store.by, at=at + timedelta(days=1)) not in {first, full, anew}


def test_a_rejected_run_or_one_whose_folder_is_gone_is_not_the_night_s(store):
    at = timezone.now()
    first = runs.nightly(by=store.by, at=at)
    runs.acknowledge(first.parent.name, status="rejected", reason="no room", by=store.by, at=at)
    second = runs.nightly(by=store.by, at=at)
    assert second != first
    (second.parent / "datapackage.json.jws").unlink()
    assert runs.nightly(by=store.by, at=at) != second


def test_the_same_run_goes_to_any_folder_byte_for_byte(store, tmp_path):
    at = timezone.now()
    first = runs.nightly(by=store.by, at=at).parent
    other = runs.nightly(by=store.by, at=at, folder=tmp_path / "gateway").parent
    assert other == tmp_path / "gateway" / first.name
    assert {file.name: file.read_bytes() for file in other.iterdir()} == {
        file.name: file.read_bytes() for file in first.iterdir()
    }
    assert check(other).run == first.name
    assert runs.nightly(by=store.by, at=at, folder=tmp_path / "gateway").parent == other


def test_only_an_accepted_run_moves_the_watermark(store):
    first = store.export()
    assert ranges(first) == {"K01": (0, 4), "K02": (0, 2), "K03": (0, 0)}
    store.receive("K01")
    second = store.export()  # the first was not answered
    assert ranges(second)["K01"] == (0, 5)
    runs.acknowledge(second.name, status="rejected", reason="broken", by=store.by, at=timezone.now())
    store.accept(first)

    a_depot("K00")  # one that no run has known
    third = store.export()
    assert ranges(third) == {"K00": (0, 0), "K01": (4, 5), "K02": (2, 2), "K03": (0, 0)}
    store.accept(third)
    empty = store.export()
    assert ranges(empty)["K01"] == (5, 5)
    assert check(empty).movements == 0
    full = store.export(full=True)
    assert ranges(full)["K01"] == (0, 5)
    store.accept(full)
    assert ranges(store.export())["K01"] == (5, 5)


def test_manifests_follow_one_another(store):
    folders = [store.export() for _ in range(3)]
    assert [manifest(folder)["previous_run"] for folder in folders] == [None, folders[0].name, folders[1].name]
    assert all(check(folder).previous_is_checked for folder in folders)
    assert manifest(folders[1])["previous_hash"] == ExportRun.objects.get(name=folders[0].name).manifest_sha256


@translation.override("en")
def test_an_answer_that_would_lose_or_repeat_movements_is_refused(store):
    first, second = store.export(), store.export()
    store.receive("K01")
    third = store.export()

    def answer(folder, status, **more):
        return runs.acknowledge(folder.name, status=status, reason="x", by=store.by, at=timezone.now(), **more)

    with pytest.raises(StaleRun, match="not the one"):
        answer(second, "accepted", manifest_sha256="0" * 64)
    answer(second, "rejected")
    assert answer(second, "rejected").acknowledgements.count() == 1  # again, nothing new
    answer(second, "accepted")  # a rejected run may be loaded after all
    assert answer(second, "accepted").acknowledgements.count() == 2
    with pytest.raises(StaleRun, match="was accepted"):
        answer(second, "rejected")
    with pytest.raises(StaleRun, match="older"):
        answer(first, "accepted")
    with pytest.raises(StaleRun, match="does not start") as refused:
        answer(third, "accepted")
    assert refused.value.members["depots"] == [
        {"depot": "K01", "from_position": 0, "watermark": 4},
        {"depot": "K02", "from_position": 0, "watermark": 2},
    ]
    queued = runs.request(by=store.by, at=timezone.now(), full=False)
    with pytest.raises(StaleRun, match="not been written"):
        runs.acknowledge(queued.name, status="accepted", reason="", by=store.by, at=timezone.now())
    with pytest.raises(NotFound):
        runs.find("20200101T0000-0001")


def test_heads_that_left_the_machine_are_remembered(store):
    folder = store.export()
    witnessed = WitnessedHead.objects.filter(witness=folder.name).order_by("depot__code")
    assert [(head.depot.code, head.position, bytes(head.hash).hex()) for head in witnessed] == [
        (depot["code"], depot["to_position"], depot["head_hash"])
        for depot in manifest(folder)["depots"]
        if depot["to_position"]
    ]


def test_two_runs_never_overlap(store, capsys):
    with opened():
        with pytest.raises(AnotherRunIsWriting):
            store.export()
        with pytest.raises(CommandError) as ended:
            call_command("export_nightly")
        assert ended.value.returncode == 4
    assert not ExportRun.objects.filter(state__in=[State.QUEUED, State.WRITING]).exists()
    call_command("export_nightly")
    path = Path(capsys.readouterr().out.splitlines()[-1])
    assert check(path.parent).movements == 6


def test_the_command_tells_programs_and_seals_an_archive(store, capsys, tmp_path):
    call_command("export_nightly", "--format", "json", "--archive", "--out", str(tmp_path / "out"))
    told = json.loads(capsys.readouterr().out)
    folder = Path(told["manifest"]).parent
    assert told["run"] == folder.name
    archive = folder.with_name(f"{folder.name}.tar")
    sealed = archive.read_bytes()
    call_command("export_nightly", "--archive", "--out", str(tmp_path / "out"))
    assert archive.read_bytes() == sealed
    with tarfile.open(archive) as tar:
        tar.extractall(tmp_path / "carried")
    key = tmp_path / "out" / "public-key.pem"
    assert check(tmp_path / "carried" / folder.name, public_key=key).movements == 6


def test_a_run_that_fails_half_way_leaves_nothing_visible(store, monkeypatch):
    with monkeypatch.context() as broken:
        broken.setattr(writing, "_read_back", lambda *_: (_ for _ in ()).throw(OSError("disk full")))
        with pytest.raises(OSError, match="disk full"):
            store.export()
    assert list(site.EXPORT_DIR.iterdir()) == []
    run = ExportRun.objects.get()
    assert (run.state, run.failure) == (State.FAILED, "OSError: disk full")
    folder = store.export()
    assert (check(folder).movements, manifest(folder)["previous_run"]) == (6, None)


def killed_at(store, environment, step):
    """Run the nightly command in another process that is killed when it comes to `step`."""
    program = (
        "import os, signal, sys, django; django.setup()\n"
        "from logistics.exports import runs, writing\n"
        "from django.core.management import call_command\n"
        f"{step} = lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL)\n"
        "call_command('export_nightly')\n"
    )
    environment = environment | {
        "DJANGO_SETTINGS_MODULE": "logistics.settings",
        "EXPORT_DIR": str(site.EXPORT_DIR),
        "KEY_DIR": str(site.KEY_DIR),
    }
    done = subprocess.run([sys.executable, "-c", program], env=environment, cwd=site.BASE_DIR, check=False)
    assert done.returncode == -signal.SIGKILL


def test_a_killed_run_leaves_nothing_visible_and_the_next_starts_clean(store, committed_environment):
    killed_at(store, committed_environment, "writing._read_back")
    assert [file.name[0] for file in site.EXPORT_DIR.iterdir()] == ["."]  # hidden, so nobody takes it
    assert ExportRun.objects.get().state == State.WRITING
    folder = store.export()
    assert {file.name for file in site.EXPORT_DIR.iterdir()} == {folder.name, "public-key.pem"}
    assert [run.state for run in ExportRun.objects.order_by("id")] == [State.FAILED, State.READY]
    assert manifest(folder)["previous_run"] is None


def test_a_run_killed_after_its_folder_appeared_is_taken_as_it_is(store, committed_environment):
    killed_at(store, committed_environment, "runs._finish")
    (whole,) = [file for file in site.EXPORT_DIR.iterdir() if file.is_dir()]
    second = store.export()
    assert manifest(second)["previous_run"] == whole.name
    assert {run.state for run in ExportRun.objects.all()} == {State.READY}
    assert WitnessedHead.objects.filter(witness=whole.name).count() == 2
    store.accept(whole)


def test_what_nobody_wrote_in_a_day_is_given_up(store):
    long_ago = runs.request(by=store.by, at=timezone.now() - timedelta(days=2), full=False)
    fresh = runs.request(by=store.by, at=timezone.now(), full=False)
    assert runs.waiting(full=False) == long_ago
    store.export()
    long_ago.refresh_from_db()
    assert long_ago.state == State.FAILED
    assert runs.waiting(full=False) == fresh
    folder = runs.write(fresh)
    assert runs.write(fresh) == folder


def test_runs_made_while_others_post_hold_every_movement_once(store):
    """Eight threads post to three depots while one exports and accepts; then the rest is exported."""
    folders = []

    def work(index):
        if index == 8:
            for _ in range(4):
                folders.append(store.export())
                store.accept(folders[-1])
            return 0
        posted = 0
        for number in range(12):
            depot = f"K0{(index + number) % 3 + 1}"
            lines = [a_line(store.rice, 10, lot=f"L{index}"), a_line(store.blanket, 1)]
            posted += len(post([a_draft("receipt", depot, *lines)], by=store.by, at=timezone.now()))
        return posted

    assert sum(in_threads(9, work)) == 96
    folders.append(store.export())

    seen: dict[str, list[tuple[int, str]]] = {}
    for folder in folders:
        check(folder)  # every hash from the files alone, the first link from the run before
        for row in pq.read_table(folder / "movements.parquet").to_pylist():
            seen.setdefault(row["depot"], []).append((row["position"], row["hash"]))
    assert seen == {
        code: [
            (movement.position, bytes(movement.hash).hex())
            for movement in Movement.objects.filter(depot__code=code).order_by("position")
        ]
        for code in ("K01", "K02", "K03")
    }
    assert sum(len(rows) for rows in seen.values()) == 6 + 96


def test_a_tail_cut_off_after_an_export_is_found_by_what_left(store):
    store.receive("K03", 2)
    folder = store.export()
    assert verify().is_sound
    store.receive("K03")
    with store.as_owner() as owner:
        # The whole story is rewritten, head and balances too: nothing inside the store disagrees any more.
        owner.execute("DELETE FROM ledger_movementline WHERE depot_id = %s", [store.depots[2].pk])
        owner.execute("DELETE FROM ledger_movement WHERE depot_id = %s", [store.depots[2].pk])
        owner.execute("UPDATE ledger_holding SET on_hand = 0 WHERE depot_id = %s", [store.depots[2].pk])
        owner.execute(
            "UPDATE ledger_depotlog SET position = 0, hash = %s WHERE depot_id = %s", [bytes(32), store.depots[2].pk]
        )
    (found,) = verify("K03").disagreements
    assert (found.where, folder.name in found.detail) == ("K03/2", True)
