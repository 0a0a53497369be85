"""Signing with a key file (PKCS#12: .p12, .pfx), by pyHanko.

The file and its pass phrase live as long as the request that brought them: nothing here writes either anywhere, and no
message quotes them.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from io import BytesIO
from typing import Any, Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from inventory.signing import authorities
from inventory.signing.signer import Identity, NotInstalled, Signer, is_installed
from logistics.errors import Fault, Invalid
from logistics.fields import format_moment

MOST_BYTES: Final = 64_000
LEAST_RSA_BITS: Final = 2048
MOST_ROUNDS: Final = 1_000_000  # some seconds of one processor; programs that make key files ask for 2,048 to 600,000
# Purposes that are none of a person's: a certificate with these alone was made for a machine.
_OF_MACHINES: Final = frozenset(
    {
        ExtendedKeyUsageOID.SERVER_AUTH,
        ExtendedKeyUsageOID.CODE_SIGNING,
        ExtendedKeyUsageOID.TIME_STAMPING,
        ExtendedKeyUsageOID.OCSP_SIGNING,
    }
)


@sensitive_variables()
def open_key(data: bytes, pass_phrase: str, *, at: datetime) -> Signer:
    """Return the signer whose key a PKCS#12 file holds.

    Raises:
        NotInstalled: the site has no library that signs.
        Invalid: the file is no key file, the pass phrase does not open it, it lacks its key or its certificate, the
            certificate is not valid at `at`, is not for signing, is too weak, or is of no authority the site trusts.
    """
    if not is_installed():
        raise NotInstalled
    key, certificate, others = _opened(data, pass_phrase)
    faults = list(_faults(key, certificate, at=at))
    if not faults and not authorities.issued(certificate, others, at=at):
        words = _("The certificate was issued by none of the authorities this site trusts: %(issuer)s.")
        faults = [Fault("/key_file", "key-not-trusted", words % {"issuer": identity_of(certificate).issuer})]
    if faults:
        raise Invalid(faults)
    return _KeyFile(data, pass_phrase, identity_of(certificate))


@sensitive_variables()
def _opened(data: bytes, pass_phrase: str) -> tuple[Any, x509.Certificate, list[x509.Certificate]]:
    rounds = _rounds(data) if len(data) <= MOST_BYTES else None
    if rounds is None:
        words = _("This is no key file. A key file ends in .p12 or .pfx and holds your key with its certificate.")
        raise Invalid([Fault("/key_file", "key-file", words)])
    if rounds > MOST_ROUNDS:
        words = _("Opening this key file would take minutes. Have it exported anew, with at most %(most)s rounds.")
        raise Invalid([Fault("/key_file", "key-file", words % {"most": MOST_ROUNDS})])
    try:
        key, certificate, others = pkcs12.load_key_and_certificates(data, pass_phrase.encode() or None)
    except UnsupportedAlgorithm as error:
        words = _("The key file is encrypted in a way that is no longer safe. Have it exported anew, with AES-256.")
        raise Invalid([Fault("/key_file", "key-file", words)]) from error
    except (ValueError, TypeError):
        # Not chained: what the library says of the failure may quote what it was given.
        words = _("The pass phrase does not open this key file. Mind capitals and Unikey, then try again.")
        raise Invalid([Fault("/pass_phrase", "pass-phrase", words)]) from None
    if key is None or certificate is None:
        words = _("The file holds no key with its certificate. Export both together.")
        raise Invalid([Fault("/key_file", "key-file", words)])
    return key, certificate, list(others)


def _rounds(data: bytes) -> int | None:
    """Return how often a PKCS#12 file has its pass phrase hashed, at most of its parts; None where it is no such file.

    Read without opening anything: a file says itself how much work opening it is (RFC 7292, section 4).
    """
    from asn1crypto import pkcs12 as shape  # noqa: PLC0415  # comes with the optional part

    try:
        file = shape.Pfx.load(data)
        if file["version"].native != "v3":
            return None
        found = [0]
        if file["mac_data"].native is not None:
            found.append(int(file["mac_data"]["iterations"].native))
        for part in file.authenticated_safe:
            if part["content_type"].native == "encrypted_data":
                made_by = part["content"]["encrypted_content_info"]["content_encryption_algorithm"]
                found.append(int(made_by.kdf_iterations))
                continue
            bags = shape.SafeContents.load(part["content"].native)
            found += [
                int(bag["bag_value"]["encryption_algorithm"].kdf_iterations)
                for bag in bags
                if bag["bag_id"].native == "pkcs8_shrouded_key_bag"
            ]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
    return max(found)


def _faults(key: Any, certificate: x509.Certificate, *, at: datetime) -> Iterator[Fault]:
    if not _belongs(key, certificate):
        yield Fault("/key_file", "key-file", _("The certificate in the file belongs to another key."))
    if at < certificate.not_valid_before_utc:
        words = _("The certificate is not valid before %(moment)s.")
        yield Fault(
            "/key_file", "certificate-early", words % {"moment": format_moment(certificate.not_valid_before_utc)}
        )
    if at > certificate.not_valid_after_utc:
        words = _("The certificate expired at %(moment)s. Ask for a new one.")
        yield Fault(
            "/key_file", "certificate-expired", words % {"moment": format_moment(certificate.not_valid_after_utc)}
        )
    if not _is_for_signing(certificate):
        yield Fault(
            "/key_file",
            "key-not-for-signing",
            _("The certificate is not for signing documents. Choose your signing key."),
        )
    if isinstance(key, rsa.RSAPrivateKey) and key.key_size < LEAST_RSA_BITS:
        words = _("The key has %(bits)s bits, and less than %(least)s are not safe. Ask for a new one.")
        yield Fault("/key_file", "key-weak", words % {"bits": key.key_size, "least": LEAST_RSA_BITS})
    elif not isinstance(key, (rsa.RSAPrivateKey, ec.EllipticCurvePrivateKey)):
        yield Fault("/key_file", "key-weak", _("Only RSA and elliptic-curve keys sign papers here."))


def _belongs(key: Any, certificate: x509.Certificate) -> bool:
    kind, form = serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    return bool(key.public_key().public_bytes(kind, form) == certificate.public_key().public_bytes(kind, form))


def _is_for_signing(certificate: x509.Certificate) -> bool:
    """Return whether key usage and extended key usage, where they are given, let the key sign documents (RFC 5280)."""
    try:
        extensions = certificate.extensions
    except (ValueError, x509.DuplicateExtension, x509.UnsupportedGeneralNameType):
        return False  # what cannot be read does not allow anything
    usage = {type(one.value): one.value for one in extensions}
    allowed, purposes = usage.get(x509.KeyUsage), usage.get(x509.ExtendedKeyUsage)
    if isinstance(allowed, x509.KeyUsage) and not (allowed.digital_signature or allowed.content_commitment):
        return False
    return not isinstance(purposes, x509.ExtendedKeyUsage) or not set(purposes) <= _OF_MACHINES


def identity_of(certificate: x509.Certificate) -> Identity:
    """Return whose key it is, as its certificate says."""

    def first(name: x509.Name, oid: x509.ObjectIdentifier) -> str:
        found = name.get_attributes_for_oid(oid)
        return str(found[0].value) if found else ""

    subject = certificate.subject
    return Identity(
        name=(first(subject, NameOID.COMMON_NAME) or subject.rfc4514_string())[:300],
        organisation=first(subject, NameOID.ORGANIZATION_NAME)[:300],
        issuer=(first(certificate.issuer, NameOID.COMMON_NAME) or certificate.issuer.rfc4514_string())[:300],
        serial=f"{certificate.serial_number:x}"[:64],
        fingerprint=certificate.fingerprint(hashes.SHA256()).hex(),
        valid_from=certificate.not_valid_before_utc,
        valid_to=certificate.not_valid_after_utc,
    )


class _KeyFile:
    """A key that was opened and found fit to sign."""

    def __init__(self, data: bytes, pass_phrase: str, identity: Identity) -> None:
        from pyhanko.sign.signers import SimpleSigner  # noqa: PLC0415  # an optional part

        self.identity = identity
        self._signer = SimpleSigner.load_pkcs12_data(data, other_certs=[], passphrase=pass_phrase.encode() or None)

    def sign(self, content: bytes, *, field: str, look: bytes, title: str) -> bytes:
        """Return `content` with the field signed, as `Signer.sign` says: PAdES B-B, SHA-256 or longer."""
        from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter  # noqa: PLC0415
        from pyhanko.sign.fields import SigSeedSubFilter  # noqa: PLC0415
        from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner  # noqa: PLC0415

        from inventory.signing.shown import shown  # noqa: PLC0415

        meta = PdfSignatureMetadata(
            field_name=field, name=self.identity.name, reason=title, subfilter=SigSeedSubFilter.PADES
        )
        signer = PdfSigner(meta, self._signer, stamp_style=shown(look))
        written = signer.sign_pdf(IncrementalPdfFileWriter(BytesIO(content)), existing_fields_only=True)
        return bytes(written.getvalue())
