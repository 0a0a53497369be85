"""Papers as they were first printed: kept once, handed out with what happened since stamped on them.

What is kept never changes. That a voucher was undone later, and that this is the third print of it, is stamped on a
copy of the kept bytes, so the words, figures and names under the stamp stay those of the first print.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from depots.models import Depot
from inventory.printing.models import KeptPaper, PrintedCopy
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
