"""The key that signs manifests, and the detached signature beside each (RFC 7515 appendix F, RFC 8037).

The private key is made on first use and readable by its owner alone; a lost key does not make old manifests invalid,
because receivers keep the public keys they trust. Ed25519 is not safe from quantum computers.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
import warnings
from pathlib import Path
from typing import Final

from joserfc import jws
from joserfc.errors import JoseError, SecurityWarning
from joserfc.jwk import OKPKey

MANIFEST_FILE: Final = "datapackage.json"
SIGNATURE_FILE: Final = "datapackage.json.jws"
ALGORITHM: Final = "EdDSA"
PUBLIC_FILE: Final = "public-key.pem"
_PRIVATE_FILE: Final = "export-signing-key.pem"

# RFC 9864 (2025) prefers the name "Ed25519" for the same signature. The receivers' agreement says "EdDSA", which the
# verifiers they have in service know.
warnings.filterwarnings("ignore", message="EdDSA is deprecated", category=SecurityWarning)


class BadSignature(ValueError):
    """The manifest was not signed by the holder of the key, or was changed since."""


def signing_key(folder: Path) -> OKPKey:
    """Return the private key kept in `folder`, made if there is none; on disk it is mode 0400 in a 0700 folder."""
    file = folder / _PRIVATE_FILE
    if not file.exists():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, fresh = tempfile.mkstemp(dir=folder)  # mode 0600
        with os.fdopen(handle, "wb") as new:
            new.write(OKPKey.generate_key("Ed25519").as_pem(private=True))
            os.fchmod(new.fileno(), 0o400)
            new.flush()
            os.fsync(new.fileno())
        # A link fails where a rename would overwrite: of two processes that start at once, one key wins.
        with contextlib.suppress(FileExistsError):
            os.link(fresh, file)
        Path(fresh).unlink()
    return OKPKey.import_key(file.read_bytes())


def public_pem(key: OKPKey) -> bytes:
    """Return the public half as PEM (SubjectPublicKeyInfo)."""
    return bytes(key.as_pem(private=False))


def read_public_key(pem: bytes) -> OKPKey:
    """Return the key of a PEM file.

    Raises:
        BadSignature: it is no Ed25519 key.
    """
    try:
        key = OKPKey.import_key(pem)
    except (JoseError, ValueError, TypeError) as error:
        raise BadSignature("The public key file holds no Ed25519 key in PEM.") from error
    if key.curve_name != "Ed25519":
        raise BadSignature(f"The public key is {key.curve_name}, not Ed25519.")
    return key


def sign(content: bytes, key: OKPKey) -> str:
    """Return the detached compact JWS of `content`; its `kid` is the key's RFC 7638 thumbprint."""
    header = {"alg": ALGORITHM, "kid": key.thumbprint()}
    whole = jws.serialize_compact(header, content, key, algorithms=[ALGORITHM])
    return str(jws.detach_content(whole))


def verify(content: bytes, signature: str, key: OKPKey) -> str:
    """Return the `kid` of a detached compact JWS that is good for `content` under `key`.

    Raises:
        BadSignature: it is not.
    """
    parts = signature.strip().split(".")
    if len(parts) != 3 or parts[1]:
        raise BadSignature("The signature is not a detached compact JWS.")
    try:
        # Only what we sign with is let in: a signature may not choose its own algorithm.
        found = jws.deserialize_compact(signature.strip(), key, algorithms=[ALGORITHM], payload=content)
    except (JoseError, ValueError) as error:
        raise BadSignature("The signature does not fit the manifest and the key.") from error
    kid = found.headers().get("kid")
    if kid != key.thumbprint():
        raise BadSignature(f"The signature names key {kid}, the key given is {key.thumbprint()}.")
    return str(kid)
