"""Checking signed PDFs: which signatures hold, what was changed after, whether the paper is ours."""

from __future__ import annotations

import zlib
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from django.conf import LazySettings
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyhanko.pdf_utils.generic import IndirectObject, NameObject, TextStringObject
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pypdf import PdfWriter

from inventory.signing import checking, key_file, look, signing
from inventory.signing import signer as signers
from inventory.signing.checking import Verdict
from inventory.signing.places import places_of
from logistics.errors import Invalid
from tests.signing import keys
from tests.signing.conftest import Office


def signed(content: bytes, field: str = "sign-1", name: str = "ai do", **certificate: Any) -> bytes:
    """Sign a paper's bytes with a new key, as a program outside this store would."""
    now = timezone.now()
    place = next(one for one in places_of(content) if one.field == field)
    signer = key_file.open_key(keys.a_key_file(name, **certificate), keys.PHRASE, at=now)
    drawn = look.draw(place, picture=None, seal=None, seal_mm=None, name=name, at=now)
    return signer.sign(content, field=field, look=drawn, title=place.title)


def verdicts(content: bytes) -> list[str]:
    return [one.verdict.value for one in checking.signatures_of(content)]


class TestWhetherItIsOurs:
    def test_is_told_byte_by_byte(self, office: Office) -> None:
        first = bytes(office.paper.content)
        whole = checking.check(first).ours
        assert whole is not None
        assert (whole.paper, whole.signed, whole.is_whole) == (office.paper, None, True)
        now = timezone.now()
        row = signing.sign(
            office.paper, place="sign-1", signer=key_file.open_key(keys.a_key_file(), keys.PHRASE, at=now),
            with_seal=False, passes_over=False, by=office.keeper, at=now,
        )  # fmt: skip
        after = checking.check(bytes(row.content)).ours
        assert after is not None
        assert (after.signed, after.is_whole) == (row, True)

    def test_is_told_of_a_paper_that_another_program_signed(self, office: Office) -> None:
        checked = checking.check(signed(bytes(office.paper.content)))
        assert checked.holds
        assert checked.ours is not None
        assert (checked.ours.paper, checked.ours.signed, checked.ours.is_whole) == (office.paper, None, False)

    def test_is_denied_where_one_byte_of_it_differs(self, office: Office) -> None:
        content = bytearray(bytes(office.paper.content))
        content[len(content) // 2] ^= 1
        assert checking.check(bytes(content)).ours is None

    def test_is_still_told_where_signatures_cannot_be_checked(
        self, office: Office, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(checking, "is_installed", lambda: False)
        checked = checking.check(bytes(office.paper.content))
        assert (checked.signatures, checked.ours is not None, checked.holds) == (None, True, False)
        with pytest.raises(signers.NotInstalled):
            checking.signatures_of(b"")


class TestSignatures:
    def test_are_none_in_a_paper_that_nobody_signed(self, office: Office) -> None:
        checked = checking.check(bytes(office.paper.content))
        assert checked.signatures == ()
        assert not checked.holds

    def test_hold_when_others_sign_after(self, office: Office) -> None:
        content = bytes(office.paper.content)
        for number, field in enumerate(("sign-1", "sign-2", "sign-3", "sign-4"), start=1):
            content = signed(content, field, f"người {number}")
            assert verdicts(content) == ["holds"] * number
        assert [one.covers_all for one in checking.signatures_of(content)] == [False, False, False, True]

    def test_tell_what_was_added_that_is_no_signature(self, office: Office, tmp_path: Path) -> None:
        content = signed(bytes(office.paper.content))
        writer = IncrementalPdfFileWriter(BytesIO(content))
        page = writer.root["/Pages"]["/Kids"][0]
        page[NameObject("/Rotate")] = TextStringObject("90")
        writer.mark_update(page.container_ref if hasattr(page, "container_ref") else page)
        added = BytesIO()
        writer.write(added)
        changed = added.getvalue()
        assert changed.startswith(content)
        assert verdicts(changed) == ["changed"]
        assert not checking.check(changed).holds

    def test_break_where_the_file_was_written_anew(self, office: Office) -> None:
        content = signed(bytes(office.paper.content))
        writer = PdfWriter(clone_from=BytesIO(content))
        writer.add_metadata({"/Title": "khác"})
        written = BytesIO()
        writer.write(written)
        assert verdicts(written.getvalue()) == ["broken"]

    def test_are_of_an_authority_the_site_trusts_or_not(self, office: Office, settings: LazySettings) -> None:
        authority = keys.a_certificate("Cơ quan mẫu", is_authority=True, usages=("key_cert_sign", "crl_sign"))
        content = signed(bytes(office.paper.content), "sign-1", "quen", issuer=authority)
        content = signed(content, "sign-2", "lạ")
        assert [one.is_trusted for one in checking.signatures_of(content)] == [None, None]
        file = Path(settings.SIGNING_AUTHORITIES) / "mau.crt"
        file.write_bytes(authority[1].public_bytes(serialization.Encoding.DER))
        assert [one.is_trusted for one in checking.signatures_of(content)] == [True, False]
        assert verdicts(content) == ["holds", "holds"]

    @pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"%PDF-1.4", b"%PDF-1.4\n%%EOF\n", b"%PDF-" + b"a" * 999])
    def test_are_refused_of_what_is_no_pdf(self, content: bytes, db: None) -> None:
        with pytest.raises(Invalid) as refused:
            checking.check(content)
        assert [fault.code for fault in refused.value.faults] == ["not-a-paper"]

    def test_are_refused_of_what_is_too_large(self, db: None) -> None:
        with pytest.raises(Invalid):
            checking.check(b"%PDF-" + bytes(checking.MOST_BYTES))

    def test_never_hold_and_never_fail_after_bytes_were_changed(self, office: Office) -> None:
        """Whatever is flipped, cut off or put in, the answer is a verdict or a refusal, and no altered byte holds."""
        content = signed(bytes(office.paper.content))
        # Only the last signature's own hexadecimal digits and the padding after them lie outside what is signed.
        found = checking.signatures_of(content)
        assert found[0].verdict is Verdict.HOLDS
        start = content.index(b"/Contents <") if b"/Contents <" in content else content.rindex(b"/Contents")
        end = content.index(b">", start)

        @settings(max_examples=25, deadline=None, suppress_health_check=[*HealthCheck])
        @given(st.integers(0, len(content) - 1), st.integers(1, 255))
        def flipped(place: int, mask: int) -> None:
            changed = bytearray(content)
            changed[place] ^= mask
            try:
                told = checking.check(bytes(changed))
            except Invalid:
                return
            if not start <= place <= end:
                assert not told.holds, place

        @settings(max_examples=10, deadline=None)
        @given(st.integers(0, len(content) - 1))
        def cut(place: int) -> None:
            try:
                assert not checking.check(content[:place]).holds
            except Invalid:
                return

        flipped()
        cut()


class TestHostileFiles:
    """Whoever may sign in may have a file checked: none may take the store's time or memory."""

    def test_what_unpacks_to_much_is_refused(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(checking, "_MOST_PLACES", 100_000)
        packed = zlib.compress(bytes(7_000_000), 9)
        head = b"%PDF-1.7\n1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n"
        table = b"3 0 obj\n<</Type/XRef/Size 1000000/W[1 4 2]/Root 1 0 R/Filter/FlateDecode/Length %d>>\nstream\n"
        file = head + table % len(packed) + packed + b"\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n" % len(head)
        with pytest.raises(Invalid):
            checking.signatures_of(file)

    @pytest.mark.django_db
    def test_a_file_of_nothing_but_ends_is_looked_at_quickly(self, monkeypatch: pytest.MonkeyPatch) -> None:
        ends: list[Any] = []
        monkeypatch.setattr(checking, "_END", Counted(checking._END, ends))
        with pytest.raises(Invalid):
            checking.check(b"%PDF-1.7\n" + b"%%EOF\n" * 10_000)
        assert len(ends) <= 101

    def test_a_title_put_where_nothing_stands_is_told_as_a_change(self, office: Office) -> None:
        writer = IncrementalPdfFileWriter(BytesIO(signed(bytes(office.paper.content))))
        field = writer.root["/AcroForm"]["/Fields"].raw_get(0).get_object()
        field[NameObject("/TU")] = IndirectObject(99_000, 0, writer)
        writer.mark_update(field.container_ref)
        changed = BytesIO()
        writer.write(changed)
        assert verdicts(changed.getvalue()) == ["changed"]

    def test_a_file_whose_signature_is_none_is_refused_in_words(self) -> None:
        objects = [
            b"<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[4 0 R]/SigFlags 3>>>>",
            b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>",
            b"<</FT/Sig/T(sign-1)/V 5 0 R>>",
            b"<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/adbe.pkcs7.detached/ByteRange[0 1 2 3]/Contents<00>>>",
        ]
        file, places = b"%PDF-1.7\n", []
        for number, said in enumerate(objects, start=1):
            places.append(len(file))
            file += b"%d 0 obj\n%s\nendobj\n" % (number, said)
        start = len(file)
        file += b"xref\n0 6\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % place for place in places)
        file += b"trailer<</Size 6/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % start
        with pytest.raises(Invalid) as refused:
            checking.signatures_of(file)
        assert [(one.pointer, one.code) for one in refused.value.faults] == [("/file", "not-a-paper")]


class Counted:
    """A pattern that notes what it found."""

    def __init__(self, pattern: Any, found: list[Any]) -> None:
        self.pattern, self.found = pattern, found

    def finditer(self, content: bytes) -> Any:
        for one in self.pattern.finditer(content):
            self.found.append(one)
            yield one
