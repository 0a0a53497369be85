"""What papers and scans are about: the address of its page, and the word by which a page lets a scan be added to it."""

from __future__ import annotations

from typing import Final

from django.core import signing
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from logistics.errors import NotFound

_SALT: Final = "scan of"
_GOOD_FOR: Final = 24 * 3600  # seconds: a page left open over night


def address(subject: str) -> str:
    """Return the address of the page of `movement:K01:12`, `stocktake:<uuid>` and such, "" where there is none."""
    kind, *names = subject.split(":")
    try:
        return reverse(kind, args=[int(name) if kind == "movement" and name.isdecimal() else name for name in names])
    except NoReverseMatch:
        return ""


def called(subject: str) -> str:
    """Return what the way back to a subject is called: a movement's name, such as K01/12, or words for the rest."""
    kind, *names = subject.split(":")
    return "/".join(names) if kind == "movement" else _("What it is about")


def word_for(subject: str, *, depot: str) -> str:
    """Return the word with which a page offers to add scans to a subject of a depot; nobody else can make one."""
    return signing.dumps([subject, depot], salt=_SALT)


def subject_of(word: str, *, depot: str) -> str:
    """Return the subject that a page of this store offered for a depot.

    Raises:
        NotFound: no page of this store made the word for this depot, or it did so more than a day ago.
    """
    try:
        subject, meant = signing.loads(word, salt=_SALT, max_age=_GOOD_FOR)
    except (signing.BadSignature, ValueError, TypeError) as error:
        raise NotFound(_("Open the page of the voucher or stocktake again and attach the scan from there.")) from error
    if meant != depot:
        raise NotFound(_("Open the page of the voucher or stocktake again and attach the scan from there."))
    return str(subject)
