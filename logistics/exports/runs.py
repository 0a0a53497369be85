"""A run of the feed from the asking to the warehouse's answer. Only an accepted run moves the watermark.

The folder appears whole, by one rename, before the database says so. Whoever dies before the rename leaves a hidden
folder, whoever dies after it a finished one; the next run throws the first away and takes the second as it is.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import shutil
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from depots.models import Depot
from inventory.ledger.models import WitnessedHead
from logistics.errors import Conflict, NotFound, gettext_noop
from logistics.exports import archive, signing
from logistics.exports.manifest import canonical_manifest
from logistics.exports.models import Acknowledgement, ExportRun, RunRange
from logistics.exports.signing import MANIFEST_FILE, PUBLIC_FILE, SIGNATURE_FILE
from logistics.exports.snapshot import opened
from logistics.exports.writing import Progress, frozen_ranges, synced_folder, write_files

if TYPE_CHECKING:
    from logistics.accounts.models import User

State = ExportRun.State
_logger = logging.getLogger(__name__)
_WRITTEN: Final = (State.READY, State.ACCEPTED, State.REJECTED)
_WAITS_AT_MOST: Final = timedelta(days=1)
_ANSWERS: Final = "pg_advisory_xact_lock(4934735, 4280395)"  # one answer at a time; see snapshot.py for the other


class StaleRun(Conflict):
    """An answer that would move the watermark back or leave a gap."""

    slug = "stale-run"
    title = gettext_noop("This run cannot be accepted")


def nightly(
    *,
    by: User,
    at: datetime,
    full: bool = False,
    anew: bool = False,
    folder: Path | None = None,
    progress: Progress | None = None,
) -> Path:
    """Return the manifest of the night's run, written now unless the night has one.

    `full` ranges from position 0; `anew` makes another run even if there is one. `folder` is where the run's own
    folder goes or, when it was written elsewhere, is copied to, byte for byte. A rejected run does not count.

    Raises:
        AnotherRunIsWriting: two runs never overlap.
    """
    folder = (folder or settings.EXPORT_DIR).resolve()
    if not anew and (run := _of_the_night(timezone.localdate(at), full=full)):
        return _delivered(run, folder)
    run = request(by=by, at=at, full=full)
    try:
        return write(run, folder=folder, progress=progress)
    except Conflict:
        # Nobody will come back for a run that was asked for at the terminal.
        failure = "Another run was being written."
        ExportRun.objects.filter(pk=run.pk, state=State.QUEUED).update(state=State.FAILED, failure=failure)
        raise


def request(*, by: User, at: datetime, full: bool) -> ExportRun:
    """Store and return a run that somebody has still to write. Names sort in the order of asking."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence('exports_exportrun', 'id'))")
        (number,) = cursor.fetchone()
    return ExportRun.objects.create(
        id=number,
        name=f"{timezone.localtime(at):%Y%m%dT%H%M}-{number:04d}",
        state=State.QUEUED,
        is_full=full,
        night_date=timezone.localdate(at),
        requested_at=at,
        requested_by=by,
    )


def waiting(*, full: bool) -> ExportRun | None:
    """Return the run that is asked for already and not yet written, if there is one."""
    return ExportRun.objects.filter(state__in=[State.QUEUED, State.WRITING], is_full=full).order_by("id").first()


def write(run: ExportRun, *, folder: Path | None = None, progress: Progress | None = None) -> Path:
    """Write a queued run under `folder` and return its manifest; a run already written is left as it is.

    Holds on return: the run's folder is complete, signed and on disk; the run is ready, its ranges start where the
    newest accepted run ended (or at 0), and its heads are witnessed, so a log cut off behind them is noticed.

    Raises:
        AnotherRunIsWriting: two runs never overlap; the run stays queued.
    """
    folder = (folder or settings.EXPORT_DIR).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    with opened() as snapshot:
        _tidy_up()
        run.refresh_from_db()
        if run.state in _WRITTEN:
            return Path(run.folder) / MANIFEST_FILE
        run.state, run.folder, run.failure = State.WRITING, str(folder / run.name), ""
        run.previous = ExportRun.objects.filter(state__in=_WRITTEN).order_by("created_at", "id").last()
        run.created_at = snapshot.taken_at
        run.save()
        key = signing.signing_key(settings.KEY_DIR)
        try:
            with synced_folder(_partial(run), Path(run.folder)) as partial:
                ranges = frozen_ranges(snapshot, full=run.is_full)
                files, totals = write_files(snapshot, partial, ranges, progress=progress)
                content = canonical_manifest(
                    run=run.name,
                    is_full=run.is_full,
                    created_at=run.created_at,
                    previous=(run.previous.name, run.previous.manifest_sha256) if run.previous else None,
                    ranges=ranges,
                    totals=totals,
                    files=files,
                )
                (partial / MANIFEST_FILE).write_bytes(content)
                (partial / SIGNATURE_FILE).write_text(signing.sign(content, key), encoding="ascii")
                (partial / PUBLIC_FILE).write_bytes(signing.public_pem(key))
        except BaseException as error:
            shutil.rmtree(_partial(run), ignore_errors=True)
            ExportRun.objects.filter(pk=run.pk).update(state=State.FAILED, failure=f"{type(error).__name__}: {error}")
            raise
        _publish_key(folder, signing.public_pem(key))
        _finish(run)
    return Path(run.folder) / MANIFEST_FILE


def seal(folder: Path) -> Path:
    """Put a run's folder beside itself as `<run>.tar`, complete when it appears, and return that file."""
    run = find(folder.name)
    assert run.created_at is not None
    files = [folder / name for name in sorted(files_of(run))]
    whole, partial = folder.with_name(f"{run.name}.tar"), folder.with_name(f".{run.name}.tar.partial")
    with partial.open("wb") as opened:
        opened.writelines(archive.pieces(files, run=run.name, at=run.created_at))
        opened.flush()
        os.fsync(opened.fileno())
    return partial.replace(whole)


def find(name: str) -> ExportRun:
    """Return the run of a name.

    Raises:
        NotFound: there is none.
    """
    run = ExportRun.objects.select_related("previous", "requested_by").filter(name=name).first()
    if run is None:
        raise NotFound(_("There is no export run %(name)s.") % {"name": name[:40]})
    return run


def acknowledge(
    name: str, *, status: str, reason: str, by: User, at: datetime, manifest_sha256: str | None = None
) -> ExportRun:
    """Take the warehouse's answer to a run and return the run; the same answer again changes nothing.

    An accepted run becomes the watermark: the next one starts where it ended. A rejected run may be accepted later,
    an accepted one stays accepted.

    Raises:
        NotFound: there is no such run.
        StaleRun: the run was never written, a newer one is accepted, it does not start at the watermark, it was
            accepted before and is now rejected, or the warehouse holds another manifest under this name.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SELECT {_ANSWERS}")
        run = find(name)
        if run.state not in _WRITTEN:
            raise StaleRun(_("Run %(name)s has not been written: there is nothing to answer.") % {"name": name})
        if manifest_sha256 is not None and manifest_sha256 != run.manifest_sha256:
            raise StaleRun(
                _("The manifest you received is not the one of run %(name)s. Fetch it again.") % {"name": name},
                manifest_sha256=run.manifest_sha256,
            )
        last = run.acknowledgements.order_by("id").last()
        if run.state == status and last and (status == State.ACCEPTED or last.reason == reason):
            return run
        if run.state == State.ACCEPTED:
            raise StaleRun(
                _("Run %(name)s was accepted; what followed builds on it. Ask for a full run instead.") % {"name": name}
            )
        if status == State.ACCEPTED:
            _check_acceptable(run)
        Acknowledgement.objects.create(run=run, status=status, reason=reason, answered_at=at, answered_by=by)
        run.state = State(status)
        run.save(update_fields=["state"])
    return run


def _check_acceptable(run: ExportRun) -> None:
    newest = ExportRun.objects.filter(state=State.ACCEPTED).order_by("created_at", "id").last()
    if newest is None:
        watermark: dict[int, int] = {}
    else:
        if (newest.created_at, newest.pk) > (run.created_at, run.pk):
            raise StaleRun(
                _("Run %(name)s is older than %(newest)s, which is accepted.")
                % {"name": run.name, "newest": newest.name}
            )
        watermark = dict(newest.ranges.values_list("depot_id", "to_position"))
    if run.is_full:
        return  # it carries everything from the beginning
    wrong = [
        {"depot": carried.depot.code, "from_position": carried.from_position, "watermark": mark}
        for carried in run.ranges.select_related("depot").order_by("depot__code")
        if carried.from_position != (mark := watermark.get(carried.depot_id, 0))
    ]
    if wrong:
        raise StaleRun(
            _("Run %(name)s does not start where the last accepted run ended. Load the next run instead.")
            % {"name": run.name},
            depots=wrong,
        )


def files_of(run: ExportRun) -> dict[str, str]:
    """Return what may be fetched of a written run: each file's name and SHA-256 in hexadecimal."""
    if run.state not in _WRITTEN or not run.manifest:
        return {}
    folder = Path(run.folder)
    listed = {str(resource["path"]): str(resource["hash"]).partition(":")[2] for resource in run.manifest["resources"]}
    unlisted = {
        name: hashlib.sha256((folder / name).read_bytes()).hexdigest()
        for name in (SIGNATURE_FILE, PUBLIC_FILE)  # runs of earlier releases have no key inside
        if (folder / name).exists()
    }
    if SIGNATURE_FILE not in unlisted:
        return {}  # the folder was taken away; so are its files
    return {MANIFEST_FILE: run.manifest_sha256, **unlisted, **listed}


def _of_the_night(night: Any, *, full: bool) -> ExportRun | None:
    runs = ExportRun.objects.filter(night_date=night, is_full=full, state__in=[State.READY, State.ACCEPTED])
    run = runs.order_by("created_at", "id").last()
    return run if run and files_of(run) else None


def _delivered(run: ExportRun, folder: Path) -> Path:
    """Return the run's manifest under `folder`, where its files are copied unless they are there."""
    source, target = Path(run.folder), folder / run.name
    if source != target and not (target / MANIFEST_FILE).exists():
        folder.mkdir(parents=True, exist_ok=True)
        partial = folder / f".{run.name}.partial"
        shutil.rmtree(partial, ignore_errors=True)
        with synced_folder(partial, target):
            for name in files_of(run):
                shutil.copyfile(source / name, partial / name)
        _publish_key(folder, signing.public_pem(signing.signing_key(settings.KEY_DIR)))
    return target / MANIFEST_FILE


def _partial(run: ExportRun) -> Path:
    folder = Path(run.folder)
    return folder.parent / f".{folder.name}.partial"


def _tidy_up() -> None:
    """Settle the runs whose writer died or never came; needs the lock, so that nobody is writing now."""
    forgotten = ExportRun.objects.filter(state=State.QUEUED, requested_at__lt=timezone.now() - _WAITS_AT_MOST)
    forgotten.update(state=State.FAILED, failure="No worker wrote it in time.")
    for run in ExportRun.objects.filter(state=State.WRITING).order_by("id"):
        shutil.rmtree(_partial(run), ignore_errors=True)
        if (Path(run.folder) / MANIFEST_FILE).exists():
            _finish(run)
            _logger.warning("run %s was complete when its writer ended; it is ready", run.name)
        else:
            run.state, run.failure = State.FAILED, "Its writer ended before it was complete."
            run.save(update_fields=["state", "failure"])
            _logger.warning("run %s was given up: its writer ended before it was complete", run.name)


def _finish(run: ExportRun) -> None:
    """Record what the finished folder holds: the database learns it from the manifest, like everybody else."""
    content = (Path(run.folder) / MANIFEST_FILE).read_bytes()
    manifest = json.loads(content)
    depots = dict(Depot.objects.values_list("code", "id"))
    now = timezone.now()
    with transaction.atomic():
        carried: Iterable[dict[str, Any]] = manifest["depots"]
        RunRange.objects.bulk_create(
            RunRange(
                run=run,
                depot_id=depots[depot["code"]],
                from_position=depot["from_position"],
                to_position=depot["to_position"],
                head_hash=bytes.fromhex(depot["head_hash"]),
            )
            for depot in carried
        )
        WitnessedHead.objects.bulk_create(
            WitnessedHead(
                depot_id=depots[depot["code"]],
                position=depot["to_position"],
                hash=bytes.fromhex(depot["head_hash"]),
                witnessed_at=now,
                witness=run.name,
            )
            for depot in carried
            if depot["to_position"]
        )
        run.state, run.manifest = State.READY, manifest
        run.manifest_sha256 = hashlib.sha256(content).hexdigest()
        run.save()


def _publish_key(folder: Path, pem: bytes) -> None:
    """Put the verification key beside the runs, for receivers that have not got it by a safer way yet."""
    file = folder / PUBLIC_FILE
    if not file.exists() or file.read_bytes() != pem:
        fresh = folder / f".{PUBLIC_FILE}.{os.getpid()}"
        fresh.write_bytes(pem)
        fresh.replace(file)
