"""Scans that belong to what was done: told by their content, kept as they came, never taken away but withdrawn."""

from __future__ import annotations

import hashlib
import re
import unicodedata
import warnings
from collections.abc import Collection
from datetime import datetime
from io import BytesIO
from typing import Final
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext as _
from PIL import Image, UnidentifiedImageError
from pypdf import PdfReader
from pypdf.errors import PyPdfError

from depots import access
from depots.models import Depot
from inventory.signing import signing
from inventory.signing.models import MOST_SCAN_BYTES, Scan, ScanWithdrawal
from logistics.accounts.models import User
from logistics.errors import Conflict, DomainError, Fault, Forbidden, Invalid, NotFound

MOST_PER_SUBJECT: Final = 20
MOST_NAME: Final = 120
_ENDINGS: Final = {
    Scan.Type.PDF: ("pdf",),
    Scan.Type.JPEG: ("jpg", "jpeg"),
    Scan.Type.PNG: ("png",),
}
_MOST_PIXELS: Final = 60_000_000  # A3 at 600 dots per inch is 70 million: a scan at 300 or 400 is enough
_SEPARATORS: Final = re.compile(r'[\\/:*?"<>|]')


@transaction.atomic
def add(*, depot: Depot, subject: str, name: str, content: bytes, by: User, at: datetime) -> Scan:
    """Keep a scan of `subject` and return it; the same file again returns the one that is there.

    Raises:
        NotFound: there is no such depot in the user's scope.
        Forbidden: none of the user's roles works with papers of the depot.
        Invalid: everything that is wrong with its name, type or size.
        Conflict: the subject has as many scans as it may.
    """
    access.depot_for_reading(by, depot.code)
    if not signing.may_sign(by, depot.code):
        raise Forbidden(_("None of your roles attaches scans in this depot."))
    shown, faults = named(name)
    kind = _type(content, faults)
    if kind is not None and shown.rpartition(".")[2].lower() not in _ENDINGS[kind]:
        words = _("The file is %(type)s by its content, but its name ends otherwise: name it …%(ending)s.")
        faults.append(Fault("/file", "file-type", words % {"type": kind.label, "ending": f".{_ENDINGS[kind][0]}"}))
    if faults or kind is None:
        raise Invalid(faults)
    _wait_for(subject)
    sha256 = hashlib.sha256(content).hexdigest()
    standing = Scan.objects.filter(depot=depot, subject=subject, withdrawal=None)
    if (same := standing.filter(sha256=sha256).first()) is not None:
        return same
    if standing.count() >= MOST_PER_SUBJECT:
        words = _("There are %(most)s scans here already. Join sheets into one PDF, or withdraw what does not belong.")
        raise Conflict(words % {"most": MOST_PER_SUBJECT})
    return Scan.objects.create(
        depot=depot, subject=subject, name=shown, type=kind, size=len(content), sha256=sha256, content=content,
        added_by=by, added_at=at,
    )  # fmt: skip


@transaction.atomic
def withdraw(scan: Scan, *, reason: str, by: User, at: datetime) -> ScanWithdrawal:
    """Say that a scan does not belong where it is, and why; who added it may, and who approves in the depot.

    Raises:
        NotFound: the scan is of no depot in the user's scope.
        Forbidden: the user neither added it nor approves there.
        Invalid: there is no reason.
        Conflict: it was withdrawn already.
    """
    access.depot_for_reading(by, scan.depot.code)
    _wait_for(scan.subject)
    if ScanWithdrawal.objects.filter(scan=scan).exists():
        raise Conflict(_("This scan was withdrawn already."))
    if not withdrawable([scan], by, code=scan.depot.code):
        raise Forbidden(_("Only who added a scan, or who approves in the depot, withdraws it."))
    if not (said := " ".join(reason.split())[:300]):
        raise Invalid([Fault("/reason", "reason-required", _("Say why the scan does not belong here."))])
    return ScanWithdrawal.objects.create(scan=scan, reason=said, withdrawn_by=by, withdrawn_at=at)


def _wait_for(subject: str) -> None:
    """Let nobody else add or withdraw a scan of a subject before this transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"scans {subject}"])


def withdrawable(rows: Collection[Scan], user: User, *, code: str) -> set[UUID]:
    """Return which scans of the depot `code` the user may withdraw; at most four queries, however many scans.

    Their own, while they work there; every one, if they approve there.
    """
    standing = [row for row in rows if not hasattr(row, "withdrawal")]
    if not standing:
        return set()
    try:
        access.depot_for_approving(user, code)
    except DomainError:
        standing = [row for row in standing if row.added_by_id == user.pk]
        return {row.pk for row in standing} if standing and signing.may_sign(user, code) else set()
    return {row.pk for row in standing}


def scan_for(user: User, code: str, key: UUID) -> Scan:
    """Return a scan of a depot whose books `user` may read.

    Raises:
        NotFound: there is no such scan in the user's scope.
    """
    place = access.depot_for_reading(user, code)
    rows = Scan.objects.filter(pk=key, depot=place.id).select_related("depot", "added_by", "withdrawal")
    found = rows.first()
    if found is None:
        raise NotFound(_("There is no such scan in this depot."))
    return found


# --- What is taken ------------------------------------------------------------------------------------------------


def named(name: str) -> tuple[str, list[Fault]]:
    """Return a file's name as it is kept and shown, and what is wrong with it."""
    shown = " ".join(unicodedata.normalize("NFC", name).split(" ")).strip()
    faults = []
    if not shown or shown.startswith(".") or len(shown) > MOST_NAME:
        words = _("The name of a file has 1 to %(most)s characters and begins with no point.")
        faults.append(Fault("/file", "file-name", words % {"most": MOST_NAME}))
    # Marks that turn the direction of writing show “gpj.exe” as “exe.jpg”.
    if any(unicodedata.category(letter)[0] == "C" for letter in shown) or _SEPARATORS.search(shown):
        words = _("The name of the file holds a character that names may not have. Rename it with plain letters.")
        faults.append(Fault("/file", "file-name", words))
    return shown, faults


def _type(content: bytes, faults: list[Fault]) -> Scan.Type | None:
    """Return what a file is by its content; None, and a fault more, where it is nothing that is taken."""
    if len(content) > MOST_SCAN_BYTES:
        words = _("The file is larger than %(most)s MB: scan in grey at 200 or 300 dots per inch.")
        faults.append(Fault("/file", "file-size", words % {"most": MOST_SCAN_BYTES // 1_000_000}))
        return None
    if content.startswith(b"%PDF-"):
        if _opens(content):
            return Scan.Type.PDF
        words = _("The PDF cannot be opened: it is damaged, or locked with a password.")
        faults.append(Fault("/file", "file-type", words))
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            # No other format reaches a decoder.
            with Image.open(BytesIO(content), formats=("JPEG", "PNG")) as opened:
                width, height = opened.size
                if width * height > _MOST_PIXELS:
                    words = _("The picture has too many pixels: scan at 200 or 300 dots per inch.")
                    faults.append(Fault("/file", "file-size", words))
                    return None
                opened.load()
                return Scan.Type.PNG if opened.format == "PNG" else Scan.Type.JPEG
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        words = _("Only PDF, JPEG and PNG are taken, and this file is none by its content.")
        faults.append(Fault("/file", "file-type", words))
        return None


def _opens(content: bytes) -> bool:
    """Return whether a PDF can be opened by whoever has it, and has a page."""
    try:
        reader = PdfReader(BytesIO(content))
        return not reader.is_encrypted and len(reader.pages) > 0
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return False
