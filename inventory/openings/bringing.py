"""What people do with a file: bring it, put it right, submit it, write it, withdraw it.

Checking and writing take seconds where files are long, so the worker does them; what is short is done at once. Each
step claims the file by its state first, so that of two clicks one does the work.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid4

from django.db import connection, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from depots import access
from depots.access import DepotAccess
from inventory.ledger.models import Kind
from inventory.openings import checking, reading, story
from inventory.openings.checking import Checked
from inventory.openings.models import AT_WORK, OF_STOCK, OPEN, ColumnMapping, Meaning, Purpose, State, Upload
from inventory.openings.purposes import importing, kind_of
from inventory.vouchers.policies import policies_of
from logistics.accounts.models import User
from logistics.accounts.rights import Right
from logistics.errors import Conflict, DomainError, Fault, Forbidden, Invalid, NotFound, gettext_noop
from logistics.imports import Outcome, bring

AT_ONCE_ROWS: Final = 500  # files no longer than this are not handed to the worker
LONGEST_FIX: Final = 500


class FileBusy(Conflict):
    """The file is no longer where this step starts from."""

    slug = "file-busy"
    title = gettext_noop("The file has moved on")


# --- Who ----------------------------------------------------------------------------------------------------------


def place_of(upload: Upload, by: User) -> DepotAccess | None:
    """Return the depot a file is to be posted to, None for lists, if `by` may bring such files.

    Raises:
        NotFound: the depot is out of the person's scope.
        Forbidden: the person may not bring such files.
    """
    if upload.depot is None:
        access.require(by, Right.KEEP_CATALOGUE)
        return None
    return access.depot_for_posting(by, upload.depot.code)


def needs_approval(upload: Upload) -> bool:
    """Tell whether somebody else has to approve before the file is written: as vouchers of its kinds do."""
    if upload.depot is None:
        return False
    rules = policies_of(upload.depot.pk)
    kinds = [kind_of(upload)] if upload.purpose == Purpose.OPENING else upload.found.get("kinds", [])
    # A count has no rule of its own; like an adjustment it makes the books say something else.
    return any(rules[Kind.ADJUSTMENT if kind == Kind.STOCKTAKE else kind].needs_approval for kind in kinds)


def may_write(upload: Upload, by: User) -> bool:
    """Tell whether a person may write the file into the store as it stands."""
    try:
        _writer(upload, by)
    except (Forbidden, NotFound):
        return False
    return True


def _writer(upload: Upload, by: User) -> DepotAccess | None:
    """Return the depot as the writer of the file sees it. Raises NotFound or Forbidden."""
    if upload.depot is None or not needs_approval(upload):
        return place_of(upload, by)
    place = access.depot_for_approving(by, upload.depot.code)
    if by.pk in _hands(upload):
        raise Forbidden(_("Somebody else has to approve this: you brought the file or changed it."))
    return place


def _hands(upload: Upload) -> set[Any]:
    """Return everybody who had a hand in what the file says, and whoever submitted it."""
    fixers = {fix["by"] for row in upload.fixes.values() for fix in row.values()}
    return {
        upload.uploaded_by_id,
        upload.submitted_by_id,
        *User.objects.filter(login__in=fixers | story.people(upload)).values_list("pk", flat=True),
    }


# --- Bringing -----------------------------------------------------------------------------------------------------


def take_in(
    content: bytes,
    name: str,
    *,
    purpose: str,
    depot: DepotAccess | None,
    meaning: str = Meaning.ADD,
    occurred_at: datetime | None = None,
    reason: str = "",
    by: User,
    at: datetime,
    as_id: UUID | None = None,
) -> Upload:
    """Keep a file and check it, or hand it to the worker to be checked; return it.

    Raises:
        TableRefused: it is no table that can be read; nothing is kept. What is wrong with the rows of a long one its
            check tells.
    """
    assert (depot is not None) == (purpose in OF_STOCK), "what is posted has a depot, lists have none"
    rows = reading.length(content, name)
    if not AT_ONCE_ROWS < rows <= reading.MOST_ROWS:
        # A long one's rows are read by the worker alone, but for one that may be too long.
        reading.table_of(content, name)
    upload = Upload.objects.create(
        id=as_id or uuid4(),
        purpose=purpose,
        depot_id=depot.id if depot else None,
        meaning=meaning,
        occurred_at=occurred_at,
        reason=reason,
        file_name=name[-200:],
        content=content,
        sha256=hashlib.sha256(content).hexdigest(),
        uploaded_by=by,
        uploaded_at=at,
        at_work_since=at,
    )
    _hand_over(upload, rows, by=by, at=at)
    return upload


def same_before(upload: Upload) -> Upload | None:
    """Return the last other file for the same depot and purpose that says the same, None where there is none.

    It is the same byte by byte, or its rows mean the same: what a spreadsheet program saves again is another file. One
    that was written counts whenever it was brought, one that was not only if it was brought before.
    """
    says = Q(sha256=upload.sha256)
    if upload.rows_digest:
        says |= Q(rows_digest=upload.rows_digest)
    same = Upload.objects.filter(says, purpose=upload.purpose, depot=upload.depot_id)
    counts = Q(state=State.POSTED) | Q(uploaded_at__lte=upload.uploaded_at)
    return (
        same.exclude(pk=upload.pk).exclude(state=State.WITHDRAWN).filter(counts)
        .annotate(is_written=Q(state=State.POSTED)).select_related("posted_by", "uploaded_by")
        .defer("content", "rows").order_by("-is_written", "-uploaded_at").first()
    )  # fmt: skip


def fix(
    upload: Upload,
    cells: Mapping[tuple[int, str], str],
    *,
    by: User,
    at: datetime,
    out: Iterable[int] = (),
    back_in: Iterable[int] = (),
) -> None:
    """Put cells right, by row and column, leave rows out or take them in again, and check the file again.

    A row that is left out, such as a line of totals, stays in the file and goes nowhere.

    Raises:
        FileBusy: it may no longer be changed.
        Invalid: a text is too long for a cell.
    """
    place_of(upload, by)
    if any(len(text) > LONGEST_FIX for text in cells.values()):
        text = _("At most %(max_length)s characters.") % {"max_length": LONGEST_FIX}
        raise Invalid([Fault("/fixes", "too-long", text)])
    columns = {column for column in upload.found.get("columns", ()) if column}
    # A text of the database holds no NUL, and no cell means anything by it.
    texts = {where: text.replace("\0", "").strip() for where, text in cells.items() if where[1] in columns}
    entries = story.of_cells(upload, texts, out=out, back_in=back_in)
    texts |= {(row, reading.LEFT_OUT): "" for row in out}
    with transaction.atomic():
        # Locked until it is checked: of two who put cells right at once the second waits, and neither undoes the other.
        told = _told(upload, entries, by=by, at=at)
        fixes = Upload.objects.values_list("fixes", flat=True).get(pk=upload.pk)
        for (row, column), text in texts.items():
            fixes.setdefault(str(row), {})[column] = {"value": text, "by": by.login, "at": at.isoformat()}
        for row in back_in:
            fixes.get(str(row), {}).pop(reading.LEFT_OUT, None)
        _claim_again(upload, at=at, fixes=fixes, story=told)
        _hand_over(upload, upload.found.get("rows", 0), by=by, at=at)


def change(upload: Upload, *, meaning: str, occurred_at: datetime | None, reason: str, by: User, at: datetime) -> None:
    """Say anew what an opening's quantities mean, as of when and why, and check it again. Raises FileBusy."""
    place_of(upload, by)
    entries = story.of_meaning(upload, meaning=meaning, occurred_at=occurred_at, reason=reason)
    _again(upload, entries, by=by, at=at, meaning=meaning, occurred_at=occurred_at, reason=reason)


def read_by(upload: Upload, mapping: ColumnMapping | None, *, by: User, at: datetime) -> None:
    """Read the file by another mapping, and check it again. Raises FileBusy."""
    place_of(upload, by)
    was, now = ("" if one is None else str(one) for one in (upload.mapping, mapping))
    _again(upload, [{"what": "mapping", "was": was, "now": now}], by=by, at=at, mapping=mapping)


def check_again(upload: Upload, *, by: User, at: datetime) -> None:
    """Check a file again: stock may have moved since, or whoever worked on it has ended. Raises FileBusy."""
    place_of(upload, by)
    if upload.is_stuck(at):
        # What was being written then was written whole or not at all; a file knows its movement by its key.
        _claim(upload, AT_WORK, State.CHECKED, submitted_by=None)
    _again(upload, [], by=by, at=at)


def submit(upload: Upload, *, by: User, at: datetime) -> None:
    """Hand a file without errors to whoever approves it. Raises FileBusy, Invalid."""
    place_of(upload, by)
    with transaction.atomic():
        told = _told(upload, [{"what": "submitted"}], by=by, at=at)
        upload.refresh_from_db(fields=["found"])  # as it stands now that nobody else changes it
        _refuse_wrong(upload)
        _claim(upload, {State.CHECKED}, State.SUBMITTED, submitted_by=by, submitted_at=at, story=told)


def send_back(upload: Upload, *, by: User, at: datetime) -> None:
    """Give a submitted file back to be changed: by who approves, or who submitted it. Raises FileBusy, Forbidden."""
    if by.pk not in _hands(upload):
        _writer(upload, by)
    with transaction.atomic():
        told = _told(upload, [{"what": "back"}], by=by, at=at)
        _claim(upload, {State.SUBMITTED}, State.CHECKED, submitted_by=None, story=told)


def withdraw(upload: Upload, *, by: User, at: datetime) -> None:
    """Put a file aside that will not be written; it stays to be seen. Raises FileBusy."""
    place_of(upload, by)
    with transaction.atomic():
        told = _told(upload, [{"what": "withdrawn"}], by=by, at=at)
        _claim(upload, {*OPEN, State.SUBMITTED}, State.WITHDRAWN, story=told)


def write(upload: Upload, *, by: User, at: datetime) -> None:
    """Write a file without errors into the store, or hand it to the worker to be written.

    Raises:
        FileBusy: it is not in a state to be written.
        Invalid: the last check found errors.
        Forbidden, NotFound: somebody else has to.
    """
    _writer(upload, by)
    _refuse_wrong(upload)
    ready = {State.SUBMITTED} if needs_approval(upload) else {State.CHECKED}
    _claim(upload, ready, State.POSTING, progress=0, stage="", at_work_since=at)
    _hand_over(upload, upload.found.get("rows", 0), by=by, at=at)


# --- Working ------------------------------------------------------------------------------------------------------


def work(upload_id: UUID, *, by: User, at: datetime) -> None:
    """Do what a file waits for: check it, or write it. Nothing happens where it waits for nothing any more."""
    upload = Upload.objects.select_related("depot", "mapping", "uploaded_by").defer("rows").get(pk=upload_id)
    if upload.state == State.CHECKING:
        _check(upload, by=by, at=at)
    elif upload.state == State.POSTING:
        _write(upload, by=by, at=at)


def _check(upload: Upload, *, by: User, at: datetime, went_back: bool = False) -> None:
    stage = _Stages(upload, share=45)
    done: Checked | None = None
    with _freed(upload, State.CHECKING):
        done = checking.check(upload, place_of(upload, by), by=by, at=at, stage=stage)
    if done is not None:
        found = done.found | ({"went_back": True} if went_back else {})
        _keep(upload, State.CHECKING, state=done.state, found=found, rows=done.rows, rows_digest=done.rows_digest,
              checked_at=at)  # fmt: skip


def _write(upload: Upload, *, by: User, at: datetime) -> None:
    stage = _Stages(upload, share=30)
    is_written: bool | None = None
    with _freed(upload, State.POSTING), transaction.atomic():
        outcome = _as_checked(upload, by=by, at=at, stage=stage)
        is_written = outcome is not None
        if outcome is None:
            transaction.set_rollback(True)
        else:
            stage(_("Keeping what was written"))
            _keep(
                upload, State.POSTING, state=State.POSTED, posted_by=by, posted_at=at,
                movements=[position for _depot, position in outcome.posted],
                found=upload.found | {"counts": outcome.counts},
            )  # fmt: skip
    if is_written is False:
        # Stock, lists, codes or mappings changed since the check: the file goes back with what it says now.
        _keep(upload, State.POSTING, state=State.CHECKING, submitted_by=None)
        _check(upload, by=upload.uploaded_by, at=at, went_back=True)


def _as_checked(upload: Upload, *, by: User, at: datetime, stage: checking.Stage) -> Outcome | None:
    """Write the rows and return what became of them; None where they cannot go in, or mean other than was shown.

    The caller rolls back what is None.
    """
    place, read = _writer(upload, by), reading.read(upload)
    if read.mapping is None:
        return None
    report = bring(
        importing(upload, place), read.table, read.mapping, by=by, at=at, source=upload.file_name, stage=stage
    )
    if report.reading is None or report.outcome.errors:
        return None
    means = checking.digest(report.reading.records, upload.purpose)
    return report.outcome if upload.rows_digest in {"", means} else None


@contextmanager
def _freed(upload: Upload, state: str) -> Iterator[None]:
    """Let a file go back to whoever brought it when its work fails, with the refusal in words where it is one."""
    try:
        yield
    except Exception as error:
        text = error.detail if isinstance(error, DomainError) else _("Something broke on our side and was logged.")
        found = upload.found | {"general": [{"row": 0, "column": "", "value": "", "reason": text}], "wrong": 1}
        Upload.objects.filter(pk=upload.pk, state=state).update(state=State.CHECKED, found=found, submitted_by=None)
        if not isinstance(error, DomainError):
            raise


class _Stages:
    """Tells on the file's page how far its work is, from beside the transaction that does it."""

    def __init__(self, upload: Upload, *, share: int) -> None:
        self.upload, self.share, self.done = upload, share, 0
        # What is not committed yet cannot be told from beside; who waits in the same transaction needs no telling.
        self.is_seen = not connection.in_atomic_block

    def __call__(self, text: str) -> None:
        self.done = min(self.done + self.share, 95)
        if not self.is_seen:
            return
        beside = connection.copy()
        try:
            with beside.cursor() as cursor:
                cursor.execute(
                    "UPDATE openings_upload SET stage = %s, progress = %s WHERE id = %s",
                    [text[:120], self.done, self.upload.pk],
                )
        finally:
            beside.close()


def _told(upload: Upload, entries: Iterable[story.Entry], *, by: User, at: datetime) -> list[story.Entry]:
    """Lock a file, and return its story with the entries that are added to it."""
    stands = Upload.objects.select_for_update().values_list("story", flat=True).get(pk=upload.pk)
    return [*stands, *story.signed(entries, by=by, at=at)]


def _again(upload: Upload, entries: Iterable[story.Entry], *, by: User, at: datetime, **changes: Any) -> None:
    with transaction.atomic():
        _claim_again(upload, at=at, story=_told(upload, entries, by=by, at=at), **changes)
    _hand_over(upload, upload.found.get("rows", 0), by=by, at=at)


def _claim_again(upload: Upload, *, at: datetime, **changes: Any) -> None:
    _claim(upload, OPEN, State.CHECKING, progress=0, stage="", at_work_since=at, **changes)


def _hand_over(upload: Upload, rows: int, *, by: User, at: datetime) -> None:
    from inventory.openings import tasks  # noqa: PLC0415 - the tasks use this module

    if rows > AT_ONCE_ROWS:
        tasks.enqueue(upload, by=by)
    else:
        work(upload.pk, by=by, at=at)
    upload.refresh_from_db()


def _refuse_wrong(upload: Upload) -> None:
    if upload.found.get("wrong"):
        text = _("The file still has rows with errors: put them right first. Nothing was written.")
        raise Invalid([Fault("/rows", "rows-with-errors", text)])


def _claim(upload: Upload, states: Any, state: str, **changes: Any) -> None:
    """Move a file from one of `states` to another, with other changes; of two who try, one does. Raises FileBusy."""
    if not Upload.objects.filter(pk=upload.pk, state__in=states).update(state=state, **changes):
        raise FileBusy(
            _("This file was changed, submitted or written just now, by somebody else or by a second click.")
        )
    _say(upload, state=state, **changes)


def _keep(upload: Upload, was: str, **changes: Any) -> None:
    done = Upload.objects.filter(pk=upload.pk, state=was).update(**changes, stage="", progress=100)
    assert done, "only who claimed the file works on it"
    _say(upload, **changes)


def _say(upload: Upload, **changes: Any) -> None:
    """Make the file at hand say what was written of it: reading it back would bring all its rows along."""
    for name, value in changes.items():
        setattr(upload, name, value)
