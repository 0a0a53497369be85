"""Signing a kept paper: one signature more, in its turn, by somebody whose place it is."""

from __future__ import annotations

import hashlib
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from depots import access
from depots.models import Depot
from inventory.printing import standing
from inventory.printing.models import KeptPaper
from inventory.signing import look
from inventory.signing.models import Seal, SignaturePicture, SignedPaper
from inventory.signing.places import Place, places_of
from inventory.signing.signer import Signer
from logistics.accounts.models import User
from logistics.accounts.rights import Right
from logistics.errors import Conflict, DomainError, Fault, Forbidden, Invalid

SIGNING_RIGHTS: Final = (Right.POST, Right.APPROVE, Right.PLAN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How far the signing of a paper has come. `open_places` are those that may still be signed, in their turn."""

    paper: KeptPaper
    places: tuple[Place, ...]
    signatures: tuple[SignedPaper, ...]

    @property
    def open_places(self) -> tuple[Place, ...]:
        """The places after the last one that was signed: those before it are left to the pen."""
        last = max((one.turn for one in self.signatures), default=0)
        return tuple(place for place in self.places if place.turn > last)

    def signature_at(self, place: Place) -> SignedPaper | None:
        """Return the signature at a place, None where there is none."""
        return next((one for one in self.signatures if one.place == place.field), None)


def standing_of(paper: KeptPaper) -> Standing:
    """Return how far the signing of a paper has come; one query."""
    rows = SignedPaper.objects.filter(paper=paper).select_related("user").defer("content").order_by("number")
    return Standing(paper=paper, places=places_of(bytes(paper.content)), signatures=tuple(rows))


def content_of(paper: KeptPaper) -> bytes:
    """Return a paper with all its signatures; one query."""
    last = SignedPaper.objects.filter(paper=paper).order_by("-number").values_list("content", flat=True).first()
    return bytes(paper.content if last is None else last)


def may_sign(user: User, code: str) -> bool:
    """Return whether `user` works in the depot `code` with a right by which papers of it are signed."""
    for enter in (access.depot_for_posting, access.depot_for_approving, access.depot_for_planning):
        try:
            enter(user, code)
        except DomainError:
            continue
        return True
    return False


def seal_for(user: User, depot: Depot, *, on: date) -> Seal | None:
    """Return the seal that `user` may set on papers of a depot on a day: that of its unit, for who approves there."""
    try:
        access.depot_for_approving(user, depot.code)
    except DomainError:
        return None
    valid = Seal.objects.filter(unit=depot.unit_id, valid_from__lte=on)
    return valid.filter(Q(valid_to=None) | Q(valid_to__gte=on)).first()


@transaction.atomic
def sign(
    paper: KeptPaper,
    *,
    place: str,
    signer: Signer,
    with_seal: bool,
    passes_over: bool,
    by: User,
    at: datetime,
) -> SignedPaper:
    """Sign a kept paper at a place with somebody's key and return the paper with one signature more.

    What was signed before stays as it is, byte by byte: signing appends. Places are signed in their turn; who signs out
    of turn says that the places before theirs are left to the pen (`passes_over`).

    Raises:
        Forbidden: none of the user's roles signs papers of the depot.
        Invalid: the paper has no such place, the place names somebody else, or the seal is not theirs to set.
        Conflict: the place was signed or passed over, or what the paper is about was undone.
    """
    if paper.depot is None or not may_sign(by, paper.depot.code):
        raise Forbidden(_("None of your roles signs papers of this depot."))
    # Two who sign at once would both append to the same bytes, and one signature would be lost.
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"sign {paper.pk}"])
    # The kept paper does not say that it no longer holds, and a signature under it would say that it does.
    if said := standing.of(paper.subject).said:
        words = _("This paper no longer holds: %(said)s. Sign the paper of what stands instead.")
        raise Conflict(words % {"said": said})
    stands = standing_of(paper)
    chosen = _chosen(stands, place, passes_over=passes_over, by=by)
    seal = None
    if with_seal:
        seal = seal_for(by, paper.depot, on=timezone.localdate(at)) if chosen.bears_seal else None
        if seal is None:
            words = _("The seal is set at the commander's place alone, by who approves for its unit.")
            raise Invalid([Fault("/with_seal", "no-seal", words)])
    picture = SignaturePicture.objects.filter(user=by, is_active=True).values_list("picture", flat=True).first()
    drawn = look.draw(
        chosen,
        picture=None if picture is None else bytes(picture),
        seal=None if seal is None else bytes(seal.picture),
        seal_mm=None if seal is None else seal.width_mm,
        name=signer.identity.name,
        at=at,
    )
    content = signer.sign(content_of(paper), field=chosen.field, look=drawn, title=chosen.title)
    return SignedPaper.objects.create(
        paper=paper,
        number=len(stands.signatures) + 1,
        place=chosen.field,
        turn=chosen.turn,
        title=chosen.title,
        name=by.get_full_name(),
        user=by,
        certificate=signer.identity.name,
        issuer=signer.identity.issuer,
        serial=signer.identity.serial,
        fingerprint=signer.identity.fingerprint,
        seal=seal,
        content=content,
        sha256=hashlib.sha256(content).hexdigest(),
        signed_at=at,
    )


def _chosen(stands: Standing, field: str, *, passes_over: bool, by: User) -> Place:
    chosen = next((one for one in stands.places if one.field == field), None)
    if chosen is None:
        raise Invalid([Fault("/place", "one-of", _("Choose one of the places of this paper."))])
    if (done := stands.signature_at(chosen)) is not None:
        raise Conflict(_("“%(title)s” was signed by %(name)s.") % {"title": chosen.title, "name": done.name})
    if chosen not in stands.open_places:
        words = _(
            "“%(title)s” was left to the pen when a later place was signed: sign it on paper and attach the scan."
        )
        raise Conflict(words % {"title": chosen.title})
    if chosen.name and not _is_named(by, chosen.name):
        words = _("The paper names %(name)s here. Sign at your own place.")
        raise Invalid([Fault("/place", "place-of-another", words % {"name": chosen.name})])
    before = [one.title for one in stands.open_places if one.turn < chosen.turn]
    if before and not passes_over:
        words = _("Before you come: %(titles)s. Wait for them, or say that they sign with a pen.")
        raise Invalid([Fault("/passes_over", "out-of-turn", words % {"titles": ", ".join(before)})])
    return chosen


def _is_named(user: User, printed: str) -> bool:
    """Return whether a printed name, with or without a rank before it, is the user's."""

    def plain(text: str) -> str:
        return " ".join(unicodedata.normalize("NFC", text).casefold().split())

    own = plain(user.full_name or user.login)
    return plain(printed) == own or plain(printed).endswith(f" {own}")
