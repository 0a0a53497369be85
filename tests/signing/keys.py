"""Keys, hands, seals and papers to sign with: made anew in each run, as no key may lie in a repository."""

from __future__ import annotations

import math
import subprocess
from collections.abc import Sequence
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID
from django.utils import timezone
from PIL import Image, ImageDraw

from depots.models import Depot
from inventory.printing import kept
from inventory.printing.models import Form, KeptPaper
from inventory.signing.models import Seal, SignaturePicture
from logistics import paper
from logistics.accounts.models import User
from tests import factories

PHRASE = "câu mật khẩu thử, không dùng ở đâu khác"
USAGES = (
    "digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
    "key_cert_sign", "crl_sign", "encipher_only", "decipher_only",
)  # fmt: skip
PLACES = [("Người lập phiếu", "Thượng sĩ thukho"), ("Người giao hàng", ""), ("Thủ kho", ""), ("Kế toán trưởng", "")]
COMMANDER = ("Thủ trưởng đơn vị", "Đại tá chihuy")
SUBJECT = "movement:K01:1"

Pair = tuple[Any, x509.Certificate]


def a_certificate(
    name: str,
    *,
    days: tuple[float, float] = (-1, 365),
    usages: Sequence[str] | None = ("digital_signature",),
    purposes: Sequence[x509.ObjectIdentifier] = (),
    issuer: Pair | None = None,
    is_authority: bool = False,
    key: Any = None,
) -> Pair:
    """Make a key and its certificate, good from `days[0]` to `days[1]` from now; self-signed without an issuer."""
    own = key or ec.generate_private_key(ec.SECP256R1())
    now = timezone.now()
    subject = x509.Name(
        [x509.NameAttribute(NameOID.COMMON_NAME, name), x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Kho mẫu")]
    )
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer[1].subject if issuer else subject)
        .public_key(own.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + timedelta(days=days[0]))
        .not_valid_after(now + timedelta(days=days[1]))
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
    )
    if usages is not None:
        flags = {usage: usage in usages for usage in USAGES}
        made = made.add_extension(x509.KeyUsage(**flags), critical=True)
    if purposes:
        made = made.add_extension(x509.ExtendedKeyUsage(list(purposes)), critical=False)
    return own, made.sign(issuer[0] if issuer else own, hashes.SHA256())


def a_key_file(name: str = "thukho", *, phrase: str = PHRASE, pair: Pair | None = None, **certificate: Any) -> bytes:
    """Return a PKCS#12 file that a pass phrase opens."""
    key, made = pair or a_certificate(name, **certificate)
    encryption = serialization.BestAvailableEncryption(phrase.encode())
    return pkcs12.serialize_key_and_certificates(name.encode(), key, made, None, encryption)


def a_small_key() -> Any:
    """Make an RSA key too short to be safe."""
    return rsa.generate_private_key(65537, 1024)


def a_hand(colour: tuple[int, int, int] = (20, 40, 160), *, ground: tuple[int, ...] = (0, 0, 0, 0)) -> bytes:
    """Return a PNG of a wavy line, as a pen leaves it."""
    made = Image.new("RGBA", (600, 220), ground)
    wave = [(10 + x, 110 + 80 * math.sin(x / 30) * math.cos(x / 90)) for x in range(580)]
    ImageDraw.Draw(made).line(wave, fill=(*colour, 255), width=9, joint="curve")
    return _png(made)


def a_seal(colour: tuple[int, int, int] = (200, 20, 30), *, size: tuple[int, int] = (400, 400)) -> bytes:
    """Return a PNG of a ring and a disc."""
    made = Image.new("RGBA", size, (0, 0, 0, 0))
    draw = ImageDraw.Draw(made)
    draw.ellipse((1, 1, size[0] - 2, size[1] - 2), outline=(*colour, 255), width=12)
    draw.ellipse((120, 120, size[0] - 120, size[1] - 120), fill=(*colour, 255))
    return _png(made)


def _png(picture: Image.Image, kind: str = "PNG") -> bytes:
    written = BytesIO()
    picture.save(written, kind)
    return written.getvalue()


def a_jpeg() -> bytes:
    """Return a small JPEG."""
    return _png(Image.new("RGB", (200, 300), (240, 240, 230)), "JPEG")


def a_pdf(words: str = "bản quét") -> bytes:
    """Return a PDF of one page without a place to sign."""
    return paper.render([paper.text(words)], title=words, foot="")


def a_paper(depot: Depot, by: User, *, subject: str = SUBJECT, with_commander: bool = True) -> KeptPaper:
    """Keep a paper with places to sign: the maker's and the commander's are named."""

    def make() -> bytes:
        story = [
            paper.title("Phiếu xuất kho", "Số: PX-K01-2026-00001"),
            paper.grid([["STT", "Tên"]], [["1", "Gạo tẻ"]], widths=(20, 145), align="cl"),
            paper.signatures([*PLACES[:3], COMMANDER if with_commander else PLACES[3]], above="Ngày 22 tháng 11"),
        ]
        return paper.render(story, title="PX-K01-2026-00001", foot="thử")

    return kept.keep(
        subject, form=Form.ISSUE, language="vi", make=make, by=by, at=timezone.now(), depot=depot,
        title="PX-K01-2026-00001",
    )  # fmt: skip


def give_pictures(user: User, depot: Depot) -> Seal:
    """Give somebody a signature picture and the depot's unit a seal of 36 mm; return the seal."""
    with factories.telling():
        SignaturePicture.objects.create(user=user, picture=a_hand())
        return Seal.objects.create(
            unit=depot.unit, name="Dấu Tổng cục mẫu", picture=a_seal(), width_mm="36",
            valid_from=timezone.localdate() - timedelta(days=30),
        )  # fmt: skip


def pdfsig(content: bytes, folder: Path) -> list[str]:
    """Return what Poppler's pdfsig, which shares no code with us, says of each signature that is set."""
    file = folder / "signed.pdf"
    file.write_bytes(content)
    told = subprocess.run(["pdfsig", "-nocert", str(file)], capture_output=True, text=True, check=False).stdout
    return [line.partition(":")[2].strip() for line in told.splitlines() if "Signature Validation" in line]


def later(days: float) -> datetime:
    """Return an instant so many days from now."""
    return timezone.now() + timedelta(days=days)
