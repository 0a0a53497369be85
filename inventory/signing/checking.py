"""Whether the signatures in a PDF hold: who signed, when, what was changed after, and whether the paper is ours."""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from io import BytesIO
from itertools import islice
from typing import Any, Final

from django.db.models import Q
from django.utils.translation import gettext as _

from inventory.printing import standing
from inventory.printing.kept import handed_out
from inventory.printing.models import HandedOut, KeptPaper
from inventory.signing import authorities
from inventory.signing.models import SignedPaper
from inventory.signing.signer import NotInstalled, is_installed
from logistics.errors import Fault, Invalid

MOST_BYTES: Final = 20_000_000
_MOST_SIGNATURES: Final = 20
_END: Final = re.compile(rb"%%EOF(?:\r\n|\n|\r)?")
_MOST_ENDS: Final = 100
_MOST_DECODED: Final = 100_000_000  # bytes, of all streams together; a paper of ours has a hundredth of that
_MOST_PLACES: Final = 8_000_000  # bytes of a table that says where objects stand: a million of them


class Verdict(StrEnum):
    """What is to be said of one signature."""

    HOLDS = "holds"  # nothing of what it covers changed, and nothing was added but further signatures
    CHANGED = "changed"  # what it covers is as it was, but the file was changed after it
    BROKEN = "broken"  # bytes it covers were changed, or the signature is not of this key


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """One signature as it was found. `signed_at` is what the signer's machine said; None where it said nothing.

    `is_trusted`: an authority of the site issued the certificate; None where the site names none. `was_valid`: the
    moment lies in the time of the certificate. `covers_all`: nothing at all was added after it.
    """

    field: str
    title: str
    name: str
    organisation: str
    issuer: str
    serial: str
    signed_at: datetime | None
    verdict: Verdict
    covers_all: bool
    is_trusted: bool | None
    was_valid: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Ours:
    """The paper of ours that a file is, or begins with. `is_whole`: nothing was added to what this store knows.

    `signed` is the row of the last signature known to it, None for the paper as it was first made. `prints` are what
    the file holds where it is no first print: a later one, one with what undid it on it, or several as one.
    """

    paper: KeptPaper
    signed: SignedPaper | None
    is_whole: bool
    prints: tuple[HandedOut, ...] = ()

    @property
    def undone(self) -> list[tuple[str, str]]:
        """What of it holds no longer, by its title, and what undid it."""
        papers = {one.paper_id: one.paper for one in self.prints} or {self.paper.pk: self.paper}
        told = ((paper.title, standing.of(paper.subject).said) for paper in papers.values())
        return [(title, said) for title, said in told if said]


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A file that was looked at. `signatures` is None where the site cannot check any."""

    sha256: str
    size: int
    ours: Ours | None
    signatures: tuple[Signature, ...] | None

    @property
    def holds(self) -> bool:
        """Tell whether there are signatures and all of them hold."""
        return bool(self.signatures) and all(one.verdict is Verdict.HOLDS for one in self.signatures or ())


def check(content: bytes) -> Checked:
    """Return what is to be said of a file: its signatures, and whether it is a paper of ours; four queries at most.

    Raises:
        Invalid: the file is empty, too large, or no PDF that can be read.
    """
    if len(content) > MOST_BYTES:
        raise _refused(_("A file has at most %(most)s MB.") % {"most": MOST_BYTES // 1_000_000})
    if not content.startswith(b"%PDF-"):
        raise _refused(_("This is no PDF. Choose the signed file itself, not a picture or an archive of it."))
    return Checked(
        sha256=hashlib.sha256(content).hexdigest(),
        size=len(content),
        ours=_ours(content),
        signatures=signatures_of(content) if is_installed() else None,
    )


def _refused(words: str) -> Invalid:
    return Invalid([Fault("/file", "not-a-paper", words)])


# --- Ours ---------------------------------------------------------------------------------------------------------


def _ours(content: bytes) -> Ours | None:
    """Return the longest beginning of a file that this store made: signing appends, and changes nothing before."""
    digests: dict[str, int] = {}
    digest, done = hashlib.sha256(), 0
    for found in islice(_END.finditer(content), _MOST_ENDS):
        for end in dict.fromkeys((found.start() + 5, found.end())):
            digest.update(content[done:end])
            done = end
            digests[digest.hexdigest()] = end
    signed = {one.sha256: one for one in SignedPaper.objects.filter(sha256__in=digests).select_related("paper__depot")}
    if signed:
        longest = max(signed, key=lambda one: digests[one])
        row = signed[longest]
        return Ours(paper=row.paper, signed=row, is_whole=digests[longest] == len(content))
    kept = KeptPaper.objects.filter(Q(sha256__in=digests)).select_related("depot").first()
    if kept is None:
        return _handed_out(digests, len(content))
    return Ours(paper=kept, signed=None, is_whole=digests[kept.sha256] == len(content))


def _handed_out(digests: Mapping[str, int], size: int) -> Ours | None:
    found = handed_out(list(digests))
    if not found:
        return None
    longest = max((one.sha256 for one in found), key=lambda one: digests[one])
    prints = tuple(one for one in found if one.sha256 == longest)
    return Ours(paper=prints[0].paper, signed=None, is_whole=digests[longest] == size, prints=prints)


# --- Signatures ---------------------------------------------------------------------------------------------------


def signatures_of(content: bytes) -> tuple[Signature, ...]:
    """Return the signatures in a PDF, in the order in which they were made.

    Raises:
        NotInstalled: the site has no library that checks them.
        Invalid: the file cannot be read as a PDF, or holds more signatures than anybody would set.
    """
    if not is_installed():
        raise NotInstalled
    from pyhanko.pdf_utils.reader import PdfFileReader  # noqa: PLC0415  # an optional part

    # pyHanko logs a traceback of every signature that does not hold: an answer here, no fault of ours.
    logging.getLogger("pyhanko").setLevel(logging.CRITICAL)
    logging.getLogger("pyhanko_certvalidator").setLevel(logging.CRITICAL)
    try:
        reader = PdfFileReader(BytesIO(content), strict=False, decode_limits=_limits())
        found = list(islice(reader.embedded_regular_signatures, _MOST_SIGNATURES + 1))
    except Exception as error:  # a stranger's file may break a parser anywhere; that is its fault
        raise _refused(_("The file cannot be read as a PDF: it is damaged or encrypted.")) from error
    if len(found) > _MOST_SIGNATURES:
        raise _refused(_("The file holds more than %(most)s signatures.") % {"most": _MOST_SIGNATURES})
    is_site_trusting = bool(authorities.trusted())
    return tuple(_looked_at(one, is_site_trusting=is_site_trusting) for one in found)


def _limits() -> Any:
    """Return how far what is compressed in a stranger's file may grow, so that a small one does not fill the memory."""
    from pyhanko.pdf_utils.decode_limits import (  # noqa: PLC0415
        DEFAULT_PURPOSE_LIMITS,
        DecodeLimits,
        DecodePurpose,
        DocumentDecodeBudget,
        StreamDecodeLimits,
    )

    places = StreamDecodeLimits(max_output_size=_MOST_PLACES)
    return DecodeLimits(
        per_purpose={**DEFAULT_PURPOSE_LIMITS, DecodePurpose.XREF_STREAM: places},
        document_budget=DocumentDecodeBudget(base_allowance=_MOST_DECODED, max_ratio=4),
    )


def _looked_at(embedded: Any, *, is_site_trusting: bool) -> Signature:
    from cryptography import x509  # noqa: PLC0415

    from inventory.signing.key_file import identity_of  # noqa: PLC0415

    signed_at, identity, status, title = None, None, None, ""
    try:
        title = str(embedded.sig_field.get("/TU", ""))
        signed_at = embedded.self_reported_timestamp
        if signed_at is not None and signed_at.tzinfo is None:
            signed_at = signed_at.replace(tzinfo=UTC)
        identity = identity_of(x509.load_der_x509_certificate(embedded.signer_cert.dump()))
        status = _status(embedded, signed_at)
    except Exception:  # noqa: BLE001  # as above: whatever cannot be read does not hold
        status = None
    verdict, covers_all = _verdict(status)
    moment = signed_at or datetime.now(tz=UTC)
    return Signature(
        field=str(embedded.field_name),
        title=title,
        name=identity.name if identity else "",
        organisation=identity.organisation if identity else "",
        issuer=identity.issuer if identity else "",
        serial=identity.serial if identity else "",
        signed_at=signed_at,
        verdict=verdict,
        covers_all=covers_all,
        is_trusted=bool(status is not None and status.trusted) if is_site_trusting else None,
        was_valid=identity is not None and identity.valid_from <= moment <= identity.valid_to,
    )


def _status(embedded: Any, signed_at: datetime | None) -> Any:
    from pyhanko.sign.validation import validate_pdf_signature  # noqa: PLC0415
    from pyhanko.sign.validation.settings import KeyUsageConstraints  # noqa: PLC0415

    return validate_pdf_signature(
        embedded,
        authorities.context(at=signed_at),
        # Where a certificate says what its key is for, either purpose will do.
        key_usage_settings=KeyUsageConstraints(
            key_usage={"digital_signature", "non_repudiation"}, match_all_key_usages=False
        ),
    )


def _verdict(status: Any) -> tuple[Verdict, bool]:
    if status is None or not (status.intact and status.valid):
        return Verdict.BROKEN, False
    from pyhanko.sign.diff_analysis import ModificationLevel  # noqa: PLC0415
    from pyhanko.sign.validation import SignatureCoverageLevel  # noqa: PLC0415

    if status.coverage == SignatureCoverageLevel.ENTIRE_FILE:
        return Verdict.HOLDS, True
    level = status.modification_level
    is_added_to = (
        status.coverage == SignatureCoverageLevel.ENTIRE_REVISION
        and level is not None
        and level <= ModificationLevel.FORM_FILLING
        and bool(status.docmdp_ok)
    )
    return (Verdict.HOLDS if is_added_to else Verdict.CHANGED), False
