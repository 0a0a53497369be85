"""Papers as they were first printed: kept once, handed out with what happened since stamped on them.

What is kept never changes. That a voucher was undone later, and that this is the third print of it, is stamped on a
copy of the kept bytes, so the words, figures and names under the stamp stay those of the first print. The digest of
every file so made is noted when it is handed out, so that the check page knows the file again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from depots.models import Depot
from inventory.printing.models import HandedOut, KeptPaper, PrintedCopy
from inventory.printing.standing import STANDS, Stamp
from logistics import stamping
from logistics.accounts.models import User
from logistics.errors import NotFound

LANGUAGES: Final = ("vi", "en")


def reader_language() -> str:
    """Return in which language a paper names goods and units for whoever asks: English or Vietnamese."""
    return "en" if (get_language() or "").startswith("en") else "vi"


def found(subject: str, *, form: str, language: str) -> KeptPaper | None:
    """Return the paper kept of a subject in a form and a language, None while none was printed."""
    return KeptPaper.objects.filter(subject=subject, form=form, language=language).first()


def keep(
    subject: str,
    *,
    form: str,
    language: str,
    make: Callable[[], bytes],
    by: User,
    at: datetime,
    depot: Depot | int | None = None,
    title: str = "",
) -> KeptPaper:
    """Return the paper of a subject in a form and a language, rendered by `make` the first time and kept since.

    Holds on return: whoever asks later is given the same bytes. Two who ask first at once are given the first's.
    Only what is final is to be kept: a movement in the log, a finalised stocktake; access is the caller's business.

    Raises: what `make` raises; nothing is kept then.
    """
    assert language in LANGUAGES, language
    if (known := found(subject, form=form, language=language)) is not None:
        return known
    content = make()
    paper = KeptPaper(
        subject=subject,
        depot_id=depot.pk if isinstance(depot, Depot) else depot,
        form=form,
        language=language,
        title=(title or subject)[:200],
        content=content,
        sha256=hashlib.sha256(content).hexdigest(),
        made_at=at,
        made_by=by,
    )
    KeptPaper.objects.bulk_create([paper], ignore_conflicts=True)
    return KeptPaper.objects.get(subject=subject, form=form, language=language)


@transaction.atomic
def count_copy(subject: str, *, by: User, at: datetime) -> int:
    """Note that a subject's paper is printed and return which print it is: 1, 2, 3 …

    Two who print at once get two numbers: the count waits for the other's to end.
    """
    with connection.cursor() as cursor:
        # An append-only row cannot be locked, because the application may not update it.
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"print {subject}"])
    number = PrintedCopy.objects.filter(subject=subject).count() + 1
    PrintedCopy.objects.create(subject=subject, copy=number, printed_by=by, printed_at=at)
    return number


def counted(subject: str, number: int) -> PrintedCopy:
    """Return a print that was counted. Raises NotFound where no such copy was printed."""
    copy = PrintedCopy.objects.select_related("printed_by").filter(subject=subject, copy=number).first()
    if copy is None:
        raise NotFound(_("No copy %(copy)s of this voucher was printed.") % {"copy": number})
    return copy


def copy(
    content: KeptPaper | bytes, *, number: int, at: datetime, by: User, mark: str = "", said: Sequence[str] = ()
) -> bytes:
    """Return a paper as its `number`-th print: “Bản in lần n” at the head of every page from the second print on.

    `mark` is stamped large and pale across every page and the lines of `said` are written at its head, such as
    ĐÃ ĐẢO and by which voucher. Without any of them the bytes are the kept ones.
    """
    kept = bytes(content.content) if isinstance(content, KeptPaper) else content
    line = f"Bản in lần {number} · {timezone.localtime(at):%H:%M %d/%m/%Y} · {by.login}" if number > 1 else ""
    return stamping.stamp(kept, mark=mark, left=list(said), right=line)


@dataclass(frozen=True, slots=True, kw_only=True)
class Print:
    """A paper as it is handed out. `paper` is the kept one, None where it was never printed; `said`: what undid it."""

    content: bytes
    paper: KeptPaper | None
    number: int
    said: str


def as_print(
    content: KeptPaper | bytes, *, counted_as: str, number: int, stamp: Stamp = STANDS, signed: bytes | None = None
) -> Print:
    """Return a paper as its `number`-th print of those counted under a subject, with what became of it stamped on it.

    `signed`: the first print as it stands after its signatures, whose looks are to be seen on the copy.

    Raises: NotFound where no such copy was counted.
    """
    paper = content if isinstance(content, KeptPaper) else None
    if number == 1:
        kept = bytes(content.content) if isinstance(content, KeptPaper) else content
        if signed is not None:
            kept = signed
        return Print(
            content=stamping.stamp(kept, mark=stamp.mark, left=[stamp.said]), paper=paper, number=1, said=stamp.said
        )
    printed = counted(counted_as, number)
    made = copy(
        content, number=number, at=printed.printed_at, by=printed.printed_by, mark=stamp.mark, said=[stamp.said]
    )
    return Print(content=made, paper=paper, number=number, said=stamp.said)


def hand_out(prints: Sequence[Print], *, to: User, at: datetime, joined: bytes | None = None) -> bytes:
    """Return the file of a print, or of several `joined`, noting for whom it was made and what it holds.

    Holds on return: `handed_out` finds the file by its digest, unless it is a kept paper itself, which is found anyway,
    or holds nothing that is kept.
    """
    content = prints[0].content if joined is None else joined
    digest = hashlib.sha256(content).hexdigest()
    rows = [
        HandedOut(
            sha256=digest, place=place, paper=one.paper, copy=one.number, said=one.said, handed_to=to, handed_at=at
        )
        for place, one in enumerate(prints, start=1)
        if one.paper is not None and one.paper.sha256 != digest
    ]
    # Whoever opens the same file again is given the same bytes; the first time is what is told.
    HandedOut.objects.bulk_create(rows, ignore_conflicts=True)
    return content


def handed_out(digests: Sequence[str]) -> list[HandedOut]:
    """Return what the files of some digests hold, in their order, with the papers; without the papers' contents."""
    found = HandedOut.objects.filter(sha256__in=digests).select_related("paper__depot", "handed_to")
    return list(found.defer("paper__content").order_by("sha256", "place"))
