"""Whose certificates the site trusts: those of the authorities in the folder SIGNING_AUTHORITIES (PEM or DER files).

An empty folder means that the site does not say: signatures are then checked for what was signed, not for who issued
the key, and pages tell so. Nothing is fetched from a network: a revoked certificate is known only by its authority.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from django.conf import settings
from django.utils.translation import gettext as _

from logistics.errors import Precondition


def trusted() -> list[x509.Certificate]:
    """Return the certificates of the authorities the site trusts.

    Raises:
        Precondition: a file in the folder is no certificate.
    """
    folder = Path(settings.SIGNING_AUTHORITIES)
    found: list[x509.Certificate] = []
    files = sorted(folder.iterdir()) if folder.is_dir() else []
    for file in (one for one in files if one.suffix.lower() in {".pem", ".crt", ".cer", ".der"}):
        data = file.read_bytes()
        try:
            if b"-----BEGIN" in data:
                found += x509.load_pem_x509_certificates(data)
            else:
                found.append(x509.load_der_x509_certificate(data))
        except ValueError as error:
            words = _("%(file)s in SIGNING_AUTHORITIES is no certificate: take it out, or put PEM or DER there.")
            raise Precondition(words % {"file": file.name}) from error
    return found


def context(others: Sequence[x509.Certificate] = (), *, at: datetime | None = None) -> Any:
    """Return what pyHanko weighs certificates by: the site's authorities, offline, at a moment (None: now)."""
    from asn1crypto import x509 as asn1  # noqa: PLC0415  # an optional part
    from pyhanko_certvalidator import ValidationContext  # noqa: PLC0415

    def plain(certificates: Sequence[x509.Certificate]) -> list[Any]:
        return [asn1.Certificate.load(one.public_bytes(Encoding.DER)) for one in certificates]

    return ValidationContext(
        trust_roots=plain(trusted()),
        other_certs=plain(others),
        allow_fetching=False,
        revocation_mode="soft-fail",
        moment=at,
    )


def issued(certificate: x509.Certificate, others: Sequence[x509.Certificate], *, at: datetime) -> bool:
    """Return whether an authority of the site issued a certificate, or the site names none."""
    if not trusted():
        return True
    import asyncio  # noqa: PLC0415  # with the optional part alone

    from asn1crypto import x509 as asn1  # noqa: PLC0415
    from pyhanko_certvalidator import CertificateValidator  # noqa: PLC0415
    from pyhanko_certvalidator.errors import PathError, ValidationError  # noqa: PLC0415

    validator = CertificateValidator(
        asn1.Certificate.load(certificate.public_bytes(Encoding.DER)), validation_context=context(others, at=at)
    )
    try:
        asyncio.run(validator.async_validate_path())
    except (PathError, ValidationError):
        return False
    return True
