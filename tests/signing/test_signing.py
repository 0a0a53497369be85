"""Signing kept papers: with which keys, in whose turn, and that what was signed stays."""

from __future__ import annotations

import hashlib
import logging
import subprocess
import sys
import tempfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from asn1crypto import pkcs12 as pfx
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import ExtendedKeyUsageOID
from django.conf import LazySettings
from django.db import DatabaseError, connection, transaction
from django.utils import timezone
from PIL import Image

from inventory.signing import checking, key_file, look, signing
from inventory.signing.checking import Verdict
from inventory.signing.models import SignedPaper
from inventory.signing.places import places_of
from inventory.signing.signer import NotInstalled
from logistics import paper as forms
from logistics.accounts.models import User
from logistics.errors import Conflict, DomainError, Forbidden, Invalid, NotFound
from tests import factories
from tests.signing import keys
from tests.signing.conftest import Office, an_office


def signed(office: Office, field: str, by: User, **choices: Any) -> SignedPaper:
    """Sign the office's paper at a place, with a new key of one's own."""
    now = timezone.now()
    signer = key_file.open_key(keys.a_key_file(by.login), keys.PHRASE, at=now)
    given = {"with_seal": False, "passes_over": True} | choices
    return signing.sign(office.paper, place=field, signer=signer, by=by, at=now, **given)


class TestAKeyFile:
    def refusal(self, data: bytes, phrase: str = keys.PHRASE, **_: Any) -> tuple[str, str]:
        with pytest.raises(Invalid) as refused:
            key_file.open_key(data, phrase, at=timezone.now())
        (fault,) = refused.value.faults
        return fault.pointer, fault.code

    def test_tells_whose_it_is(self) -> None:
        identity = key_file.open_key(keys.a_key_file("Nguyễn Văn Mẫu"), keys.PHRASE, at=timezone.now()).identity
        assert (identity.name, identity.organisation, identity.issuer) == (
            "Nguyễn Văn Mẫu",
            "Kho mẫu",
            "Nguyễn Văn Mẫu",
        )
        assert len(identity.fingerprint) == 64

    @pytest.mark.parametrize(
        ("given", "pointer", "code"),
        [
            ({"days": (-10, -0.01)}, "/key_file", "certificate-expired"),
            ({"days": (0.01, 10)}, "/key_file", "certificate-early"),
            ({"usages": ("key_encipherment",)}, "/key_file", "key-not-for-signing"),
            ({"purposes": (ExtendedKeyUsageOID.SERVER_AUTH,)}, "/key_file", "key-not-for-signing"),
            ({"phrase": "câu khác"}, "/pass_phrase", "pass-phrase"),
        ],
    )
    def test_is_refused_in_words(self, given: dict[str, Any], pointer: str, code: str) -> None:
        assert self.refusal(keys.a_key_file(**given)) == (pointer, code)

    def test_that_would_take_minutes_to_open_is_not_opened(self, monkeypatch: pytest.MonkeyPatch) -> None:
        file = pfx.Pfx.load(keys.a_key_file())
        file["mac_data"]["iterations"] = 2**31 - 1
        monkeypatch.setattr(key_file.pkcs12, "load_key_and_certificates", lambda *_: pytest.fail("it was opened"))
        assert self.refusal(file.dump(force=True)) == ("/key_file", "key-file")

    @pytest.mark.parametrize(
        "given",
        [
            {"usages": ("content_commitment",)},
            {"usages": None},
            {"purposes": (ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.EMAIL_PROTECTION)},
        ],
    )
    def test_is_taken_when_one_of_its_purposes_is_signing(self, given: dict[str, Any]) -> None:
        assert key_file.open_key(keys.a_key_file(**given), keys.PHRASE, at=timezone.now())

    @pytest.mark.parametrize("data", [b"", b"hello", b"\x30\x03\x02\x01\x03", b"\x30" * 70_000, b"%PDF-1.4\n%%EOF\n"])
    def test_is_refused_when_it_is_none(self, data: bytes) -> None:
        assert self.refusal(data) == ("/key_file", "key-file")

    def test_is_refused_when_too_short(self) -> None:
        assert self.refusal(keys.a_key_file(key=keys.a_small_key())) == ("/key_file", "key-weak")

    def test_needs_the_key_and_not_only_its_certificate(self) -> None:
        _key, certificate = keys.a_certificate("thukho")
        encryption = serialization.BestAvailableEncryption(keys.PHRASE.encode())
        data = pkcs12.serialize_key_and_certificates(b"x", None, certificate, None, encryption)
        assert self.refusal(data) == ("/key_file", "key-file")

    def test_without_a_pass_phrase_is_opened_without_one(self) -> None:
        key, certificate = keys.a_certificate("thukho")
        data = pkcs12.serialize_key_and_certificates(b"x", key, certificate, None, serialization.NoEncryption())
        assert key_file.open_key(data, "", at=timezone.now()).identity.name == "thukho"

    def test_is_of_an_authority_the_site_trusts_where_it_names_any(self, settings: LazySettings) -> None:
        authority = keys.a_certificate(
            "Cơ quan chứng thực mẫu", is_authority=True, usages=("key_cert_sign", "crl_sign")
        )
        file = Path(settings.SIGNING_AUTHORITIES) / "mau.pem"
        file.write_bytes(authority[1].public_bytes(serialization.Encoding.PEM))
        assert self.refusal(keys.a_key_file("thukho")) == ("/key_file", "key-not-trusted")
        assert key_file.open_key(keys.a_key_file("thukho", issuer=authority), keys.PHRASE, at=timezone.now())

    def test_cannot_be_used_where_the_site_has_no_library(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "pyhanko.sign", None)
        with pytest.raises(NotInstalled, match="requirements-signing.lock"):
            key_file.open_key(keys.a_key_file(), keys.PHRASE, at=timezone.now())


class TestPlaces:
    def test_are_told_by_the_paper_itself_the_commander_last(self, office: Office) -> None:
        content = forms.render(
            [forms.signatures([keys.COMMANDER, ("Kế toán trưởng", ""), ("Thủ kho", "")])], title="KK", foot=""
        )
        assert [(one.turn, one.field, one.title, one.bears_seal) for one in places_of(content)] == [
            (1, "sign-2", "Kế toán trưởng", False),
            (2, "sign-3", "Thủ kho", False),
            (3, "sign-1", "Thủ trưởng đơn vị", True),
        ]

    @pytest.mark.parametrize("content", [b"", b"nothing", b"%PDF-1.4\n%%EOF\n"])
    def test_are_none_where_there_is_no_form(self, content: bytes) -> None:
        assert places_of(content) == ()


class TestSigning:
    def test_appends_and_every_signature_holds_for_both_tools(self, office: Office, tmp_path: Path) -> None:
        first = signed(office, "sign-1", office.keeper)
        alone = bytes(first.content)
        second = signed(office, "sign-4", office.chief)
        both = bytes(second.content)
        assert alone.startswith(bytes(office.paper.content))
        assert both.startswith(alone)
        assert (first.number, second.number) == (1, 2)
        assert second.sha256 == hashlib.sha256(both).hexdigest()
        assert signing.content_of(office.paper) == both
        assert keys.pdfsig(alone, tmp_path) == ["Signature is Valid."]
        assert keys.pdfsig(both, tmp_path) == ["Signature is Valid."] * 2
        assert [(one.title, one.name, one.verdict) for one in checking.signatures_of(both)] == [
            ("Người lập phiếu", "thukho", Verdict.HOLDS),
            ("Thủ trưởng đơn vị", "chihuy", Verdict.HOLDS),
        ]

    def test_one_changed_byte_is_seen_by_both_tools(self, office: Office, tmp_path: Path) -> None:
        signed(office, "sign-1", office.keeper)
        content = bytes(signed(office, "sign-4", office.chief).content)
        base = len(bytes(office.paper.content))
        for place in (base // 2, content.index(b"/Producer") + 11):
            changed = bytearray(content)
            changed[place] ^= 1
            assert "Signature is Valid." not in keys.pdfsig(bytes(changed), tmp_path)
            assert {one.verdict for one in checking.signatures_of(bytes(changed))} == {Verdict.BROKEN}
        # A byte that only the second signature covers breaks the second alone.
        changed = bytearray(content)
        changed[content.rindex(b"Adobe.PPKLite") + 3] ^= 1
        assert [one.verdict for one in checking.signatures_of(bytes(changed))] == [Verdict.HOLDS, Verdict.BROKEN]

    def test_keeps_to_the_turn_unless_places_are_left_to_the_pen(self, office: Office) -> None:
        with pytest.raises(Invalid) as refused:
            signed(office, "sign-3", office.keeper, passes_over=False)
        assert [fault.code for fault in refused.value.faults] == ["out-of-turn"]
        assert "Người lập phiếu, Người giao hàng" in refused.value.faults[0].detail
        signed(office, "sign-3", office.keeper)
        with pytest.raises(Conflict):
            signed(office, "sign-1", office.keeper)
        assert [one.field for one in signing.standing_of(office.paper).open_places] == ["sign-4"]

    def test_takes_no_place_twice(self, office: Office) -> None:
        signed(office, "sign-1", office.keeper)
        with pytest.raises(Conflict, match="thukho"):
            signed(office, "sign-1", office.keeper)

    def test_leaves_a_named_place_to_the_named(self, office: Office) -> None:
        for field, by in (("sign-4", office.keeper), ("sign-1", office.chief)):
            with pytest.raises(Invalid) as refused:
                signed(office, field, by)
            assert [fault.code for fault in refused.value.faults] == ["place-of-another"]
        with pytest.raises(Invalid):
            signed(office, "sign-9", office.keeper)

    def test_is_for_who_works_in_the_depot(self, office: Office) -> None:
        for by in (office.auditor, office.stranger):
            with pytest.raises((Forbidden, NotFound)):
                signed(office, "sign-3", by)
        assert not SignedPaper.objects.exists()

    def test_sets_the_seal_at_the_commanders_place_alone(self, office: Office) -> None:
        seal = keys.give_pictures(office.chief, office.depot)
        with pytest.raises(Invalid) as refused:
            signed(office, "sign-3", office.chief, with_seal=True)
        assert [fault.code for fault in refused.value.faults] == ["no-seal"]
        assert signed(office, "sign-4", office.chief, with_seal=True).seal == seal
        assert signing.seal_for(office.keeper, office.depot, on=timezone.localdate()) is None

    def test_stays_whoever_asks_the_database(self, office: Office) -> None:
        signed(office, "sign-1", office.keeper)
        for statement in ("UPDATE signing_signedpaper SET name = 'x'", "DELETE FROM signing_signedpaper"):
            with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(statement)

    def test_of_two_at_once_keeps_both(self, committed: str) -> None:
        office = an_office()
        people = [(office.keeper, "sign-1", False), (office.chief, "sign-4", True)]
        done = factories.in_threads(
            2, lambda index: signed(office, people[index][1], people[index][0], passes_over=people[index][2])
        )
        kept = list(SignedPaper.objects.order_by("number"))
        refused = [one for one in done if isinstance(one, Exception)]
        # The commander may come first; the maker then finds the place left to the pen, and nothing is lost.
        assert len(kept) + len(refused) == 2
        assert all(isinstance(one, DomainError) for one in refused)
        last = bytes(kept[-1].content)
        assert [one.verdict for one in checking.signatures_of(last)] == [Verdict.HOLDS] * len(kept)
        assert [one.number for one in kept] == list(range(1, len(kept) + 1))


class TestTheLook:
    def test_has_the_seal_at_its_real_size_over_a_third_of_the_signature(self, office: Office, tmp_path: Path) -> None:
        keys.give_pictures(office.chief, office.depot)
        content = bytes(signed(office, "sign-4", office.chief, with_seal=True).content)
        (tmp_path / "paper.pdf").write_bytes(content)
        subprocess.run(
            ["pdftoppm", "-r", "200", "-png", "-singlefile", str(tmp_path / "paper.pdf"), str(tmp_path / "paper")],
            check=True,
        )
        with Image.open(tmp_path / "paper.png") as opened:
            pixels = opened.convert("RGB")
        red = _columns(pixels, lambda r, g, b: r > 150 and g < 90 and b < 90)
        # The ink of the hand, not the small words below it.
        blue = _columns(pixels, lambda r, g, b: b > 120 and r < 60 and g < 80)
        assert (red[-1] - red[0]) / (200 / 25.4) == pytest.approx(36, abs=0.6)
        place = next(one for one in places_of(content) if one.bears_seal)
        set_out = look.layout(place, hand=(600, 220), seal=(400, 400), seal_mm=Decimal(36))
        assert set_out.seal is not None
        point = 200 / 72
        # The wave ends ten pixels before its picture does.
        assert blue[-1] == pytest.approx((place.rect[0] + set_out.hand.right - set_out.hand.width / 60) * point, abs=6)
        assert red[-1] == pytest.approx((place.rect[0] + set_out.seal.right) * point, abs=3)

    @pytest.mark.parametrize("across", [20, 36, 42])
    @pytest.mark.parametrize("count", [3, 4, 5])
    def test_stays_inside_its_field(self, across: int, count: int) -> None:
        others = [("Thủ kho", "")] * (count - 1)
        for order in ([*others, keys.COMMANDER], [keys.COMMANDER, *others]):
            place = places_of(forms.render([forms.signatures(order)], title="t", foot=""))[-1]
            left, bottom, right, top = place.rect
            set_out = look.layout(place, hand=(600, 220), seal=(400, 400), seal_mm=Decimal(across))
            assert set_out.seal is not None
            for box in (set_out.hand, set_out.seal):
                assert box.left >= -0.01
                assert box.bottom >= -0.01
                assert box.right <= right - left + 0.01
                assert box.bottom + box.height <= top - bottom + 0.01
            over = (set_out.seal.right - set_out.hand.left) / set_out.hand.width
            assert over == pytest.approx(look.COVERED)


def _columns(pixels: Image.Image, is_ink: Any) -> list[int]:
    """Return the columns of a picture that hold a pixel of an ink."""
    width, height = pixels.size
    data = pixels.load()
    return [x for x in range(width) if any(is_ink(*data[x, y]) for y in range(height))]


class TestSecrets:
    def test_are_neither_stored_nor_logged(
        self, office: Office, visit: Any, caplog: pytest.LogCaptureFixture, tmp_path: Path, monkeypatch: Any
    ) -> None:
        """The pass phrase, the key file and the key itself are in no table, log, answer or file afterwards."""
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
        key, certificate = keys.a_certificate("thukho")
        file = keys.a_key_file("thukho", pair=(key, certificate))
        secret = key.private_numbers().private_value.to_bytes(32, "big")
        caplog.set_level(logging.DEBUG)
        browser, address = visit(office.keeper), f"/depots/K01/papers/{office.paper.pk}/"

        def send(phrase: str) -> Any:
            upload = _upload(file)
            return browser.post(address, {"place": "sign-1", "key_file": upload, "pass_phrase": phrase})

        wrong = send(f"{keys.PHRASE} sai")
        right = send(keys.PHRASE)
        assert (wrong.status_code, right.status_code) == (422, 302)
        told = [wrong.content.decode(), browser.get(address).content.decode(), caplog.text]
        told += [str(dict(browser.session)), *(str(record.__dict__) for record in caplog.records)]
        assert not any(keys.PHRASE in one for one in told)
        assert list(tmp_path.iterdir()) == []
        with connection.cursor() as cursor:
            cursor.execute("SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace")
            tables = [name for (name,) in cursor.fetchall()]
            found = []
            for table in tables:
                for needle in (keys.PHRASE, keys.PHRASE.encode().hex(), file.hex()[40:140], secret.hex()):
                    cursor.execute(
                        f'SELECT count(*) FROM "{table}" AS row WHERE position(%s IN row::text) > 0', [needle]
                    )
                    if cursor.fetchone()[0]:
                        found.append((table, needle[:20]))
        assert "signing_signedpaper" in tables
        assert found == []

    def test_the_search_above_would_find_one(self, office: Office) -> None:
        with factories.telling(keys.PHRASE):
            office.keeper.title = "x"
            office.keeper.save()
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM accounts_historicaluser AS row WHERE position(%s IN row::text) > 0", [keys.PHRASE]
            )
            assert cursor.fetchone()[0] == 1


def _upload(data: bytes, name: str = "khoa.p12") -> Any:
    from django.core.files.uploadedfile import SimpleUploadedFile

    return SimpleUploadedFile(name, data)
