"""What signs: the interface. Behind it stands a key file today and may stand a card or a signing service tomorrow."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from django.utils.translation import gettext as _

from logistics.errors import Precondition


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Whose key it is, as its certificate says. `fingerprint`: SHA-256 of the certificate, 64 hexadecimal digits."""

    name: str
    organisation: str
    issuer: str
    serial: str
    fingerprint: str
    valid_from: datetime
    valid_to: datetime


class Signer(Protocol):
    """Somebody's key, ready to sign."""

    @property
    def identity(self) -> Identity:
        """Whose key it is."""

    def sign(self, content: bytes, *, field: str, look: bytes, title: str) -> bytes:
        """Return a PDF with the signature field `field` signed: the bytes of `content`, and what signing appends.

        `look` is a PDF of one page, of the field's size, that is shown there; `title` is what the signer signs as.
        """


class NotInstalled(Precondition):
    """The site has no library that signs."""

    def __init__(self) -> None:
        super().__init__(
            _(
                "This site cannot sign or check signatures: its optional part “signing” is not installed. Install "
                "requirements-signing.lock (extra: signing), or sign on paper and attach the scan."
            )
        )


def is_installed() -> bool:
    """Return whether this site can sign and check signatures."""
    try:
        import pyhanko.sign  # noqa: F401, PLC0415  # an optional part
    except ImportError:
        return False
    return True
