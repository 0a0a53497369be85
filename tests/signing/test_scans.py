"""Scans: what is taken, that it stays, who may look, and that nothing of it runs."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any
from uuid import UUID

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.utils import timezone
from PIL import Image
from pypdf import PdfReader, PdfWriter

from inventory.signing import scans, subjects
from inventory.signing.models import Scan
from logistics.accounts.models import User
from logistics.errors import Conflict, Forbidden, Invalid, NotFound
from tests.notation import rows
from tests.signing import keys
from tests.signing.conftest import Office

Visit = Callable[[User], Client]


def add(office: Office, name: str, content: bytes, *, by: User | None = None, subject: str = keys.SUBJECT) -> Scan:
    return scans.add(
        depot=office.depot, subject=subject, name=name, content=content, by=by or office.keeper, at=timezone.now()
    )


def refused(office: Office, name: str, content: bytes) -> list[str]:
    with pytest.raises(Invalid) as told:
        add(office, name, content)
    return [fault.code for fault in told.value.faults]


def locked() -> bytes:
    """Return a PDF that needs a password."""
    writer = PdfWriter(clone_from=PdfReader(BytesIO(keys.a_pdf())))
    writer.encrypt("mật khẩu", algorithm="RC4-128")
    written = BytesIO()
    writer.write(written)
    return written.getvalue()


def files() -> dict[str, bytes]:
    """Return files by what they are."""
    flood = BytesIO()
    Image.new("1", (12_000, 12_000)).save(flood, "PNG", optimize=True)
    return {
        "pdf": keys.a_pdf(), "jpeg": keys.a_jpeg(), "png": keys.a_hand(), "nothing": b"", "html": b"<html><script>",
        "svg": b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', "zip": b"PK\x03\x04aaaa",
        "gif": b"GIF89a\x01\x00\x01\x00\x00\x00\x00;", "cut png": keys.a_hand()[:300], "cut jpeg": keys.a_jpeg()[:200],
        "locked": locked(), "broken pdf": b"%PDF-1.4\nnothing", "flood": flood.getvalue(),
        "large": b"%PDF-" + bytes(10_000_001),
    }  # fmt: skip


class TestWhatIsTaken:
    def test_is_told_by_content_and_name_together(self, office: Office) -> None:
        made = files()
        for row in rows("""
            file       | name          | answer
            pdf        | phieu.pdf     | application/pdf
            pdf        | Phiếu xuất 1.PDF | application/pdf
            jpeg       | anh.jpg       | image/jpeg
            jpeg       | anh.jpeg      | image/jpeg
            png        | anh.png       | image/png
            pdf        | phieu.jpg     | file-type
            png        | anh.jpg       | file-type
            pdf        | phieu         | file-type
            pdf        | phieu.pdf.exe | file-type
            nothing    | phieu.pdf     | file-type
            html       | phieu.pdf     | file-type
            svg        | hinh.png      | file-type
            zip        | phieu.pdf     | file-type
            gif        | hinh.png      | file-type
            cut png    | hinh.png      | file-type
            cut jpeg   | hinh.jpg      | file-type
            locked     | phieu.pdf     | file-type
            broken pdf | phieu.pdf     | file-type
            flood      | hinh.png      | file-size
            large      | phieu.pdf     | file-size
            pdf        | .pdf          | file-name
        """):
            content = made[row["file"]]
            if "/" in row["answer"]:
                assert add(office, row["name"], content, subject=f"movement:K01:{row['name']}").type == row["answer"]
            else:
                assert refused(office, row["name"], content) == [row["answer"]], row

    @pytest.mark.parametrize(
        "name",
        ["../../etc/passwd.pdf", "a\x00.pdf", "a\nb.pdf", "fdp.\u202eexe.pdf", "a" * 121 + ".pdf", "", "C:x.pdf"],
    )
    def test_has_a_name_that_names_may_have(self, name: str, office: Office) -> None:
        assert "file-name" in refused(office, name, keys.a_pdf())

    def test_tells_everything_that_is_wrong_at_once(self, office: Office) -> None:
        assert refused(office, "a\n.png", keys.a_pdf()) == ["file-name", "file-type"]

    def test_is_composed_and_trimmed(self, office: Office) -> None:
        assert add(office, "  Phie\u0302\u0301u.pdf ", keys.a_pdf()).name == "Phiếu.pdf"

    def test_the_same_file_twice_is_one(self, office: Office) -> None:
        data = keys.a_pdf()
        assert add(office, "a.pdf", data) == add(office, "b.pdf", data)
        assert Scan.objects.count() == 1

    def test_is_bounded_in_number(self, office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(scans, "MOST_PER_SUBJECT", 2)
        for number in range(2):
            add(office, "a.pdf", keys.a_pdf(str(number)))
        with pytest.raises(Conflict):
            add(office, "a.pdf", keys.a_pdf("3"))

    def test_is_added_by_who_works_there(self, office: Office) -> None:
        for by, answer in ((office.auditor, Forbidden), (office.stranger, NotFound)):
            with pytest.raises(answer):
                add(office, "a.pdf", keys.a_pdf(), by=by)


class TestWithdrawing:
    def test_says_why_and_takes_nothing_away(self, office: Office) -> None:
        scan = add(office, "a.pdf", keys.a_pdf())
        with pytest.raises(Invalid):
            scans.withdraw(scan, reason="  ", by=office.keeper, at=timezone.now())
        done = scans.withdraw(scan, reason="Nhầm  phiếu", by=office.keeper, at=timezone.now())
        assert done.reason == "Nhầm phiếu"
        with pytest.raises(Conflict):
            scans.withdraw(scan, reason="nữa", by=office.keeper, at=timezone.now())
        assert bytes(Scan.objects.get().content) == keys.a_pdf()
        # What was withdrawn by mistake is attached anew.
        assert add(office, "a.pdf", keys.a_pdf()) != scan

    def test_is_for_who_added_it_and_who_approves(self, office: Office) -> None:
        scan = add(office, "a.pdf", keys.a_pdf(), by=office.chief)
        for by, answer in ((office.keeper, Forbidden), (office.auditor, Forbidden), (office.stranger, NotFound)):
            with pytest.raises(answer):
                scans.withdraw(scan, reason="x", by=by, at=timezone.now())
        own = add(office, "b.pdf", keys.a_pdf("b"))
        assert scans.withdraw(own, reason="x", by=office.chief, at=timezone.now())

    def test_nothing_is_changed_in_the_database(self, office: Office) -> None:
        scans.withdraw(add(office, "a.pdf", keys.a_pdf()), reason="x", by=office.keeper, at=timezone.now())
        for table in ("signing_scan", "signing_scanwithdrawal"):
            for statement in (f"DELETE FROM {table}", f"TRUNCATE {table} CASCADE"):
                with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
                    cursor.execute(statement)


class TestPages:
    def post(self, browser: Client, office: Office, name: str, content: bytes, *, word: str = "") -> Any:
        word = word or subjects.word_for(keys.SUBJECT, depot="K01")
        return browser.post("/depots/K01/scans/", {"of": word, "file": SimpleUploadedFile(name, content)})

    def test_attach_and_lead_back(self, office: Office, visit: Visit) -> None:
        answer = self.post(visit(office.keeper), office, "Phiếu.pdf", keys.a_pdf())
        assert (answer.status_code, answer["Location"]) == (302, "/depots/K01/movements/1/#papers")
        assert Scan.objects.get().subject == keys.SUBJECT

    def test_refuse_in_words(self, office: Office, visit: Visit) -> None:
        browser = visit(office.keeper)
        answer = self.post(browser, office, "x.pdf", b"<svg/>")
        assert answer.status_code == 422
        assert "Only PDF, JPEG and PNG are taken" in answer.content.decode()
        nothing = browser.post("/depots/K01/scans/", {"of": subjects.word_for(keys.SUBJECT, depot="K01")})
        assert nothing.status_code == 422
        assert not Scan.objects.exists()

    def test_refuse_what_is_too_large_before_reading_it(self, office: Office, visit: Visit) -> None:
        browser = visit(office.keeper)
        for path, most in (
            ("/depots/K01/scans/", 10), ("/papers/check/", 20), (f"/depots/K01/papers/{office.paper.pk}/", 1),
        ):  # fmt: skip
            answer = browser.post(path, {"file": SimpleUploadedFile("a.pdf", bytes(most * 1_000_000 + 100_000))})
            assert answer.status_code == 413, path
            assert "large" in answer.content.decode()

    def test_ask_for_the_token_of_our_own_page(self, office: Office) -> None:
        stranger = Client(enforce_csrf_checks=True, headers={"accept-language": "en"})
        stranger.force_login(office.keeper, backend="logistics.accounts.backends.RoleBackend")
        for path in ("/depots/K01/scans/", "/papers/check/", f"/depots/K01/papers/{office.paper.pk}/"):
            assert stranger.post(path, {"file": SimpleUploadedFile("a.pdf", keys.a_pdf())}).status_code == 403, path
        assert not Scan.objects.exists()

    def test_take_only_what_a_page_offered_for_this_depot(self, office: Office, visit: Visit) -> None:
        for word in ("", "movement:K01:1", subjects.word_for(keys.SUBJECT, depot="K02")):
            browser = visit(office.keeper)
            answer = browser.post("/depots/K01/scans/", {"of": word, "file": SimpleUploadedFile("a.pdf", keys.a_pdf())})
            assert answer.status_code == 404, word
        assert not Scan.objects.exists()

    def test_serve_a_file_that_runs_nowhere(self, office: Office, visit: Visit) -> None:
        scan = add(office, 'Phiếu "lạ".pdf'.replace('"', "'"), keys.a_pdf())
        answer = visit(office.auditor).get(f"/depots/K01/scans/{scan.pk}")
        assert answer.content == keys.a_pdf()
        assert answer["Content-Type"] == "application/pdf"
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
        assert answer["Content-Disposition"].startswith("attachment; filename=")
        assert "filename*=UTF-8''Phi%E1%BA%BFu" in answer["Content-Disposition"]
        assert answer["Cache-Control"] == "private, no-store"

    def test_show_nothing_to_strangers(self, office: Office, visit: Visit) -> None:
        scan = add(office, "a.pdf", keys.a_pdf())
        browser = visit(office.stranger)
        for depot, key in (("K01", scan.pk), ("K99", scan.pk), ("K01", UUID(int=0))):
            assert browser.get(f"/depots/{depot}/scans/{key}").status_code == 404
            assert browser.post(f"/depots/{depot}/scans/{key}/withdrawal/", {"reason": "x"}).status_code == 404

    def test_withdraw_with_a_reason(self, office: Office, visit: Visit) -> None:
        scan = add(office, "a.pdf", keys.a_pdf())
        browser, address = visit(office.keeper), f"/depots/K01/scans/{scan.pk}/withdrawal/"
        assert browser.post(address, {"reason": " "}).status_code == 422
        assert browser.post(address, {"reason": "Nhầm phiếu"}).status_code == 302
        assert "Nhầm phiếu" in browser.get(address).content.decode()
        assert browser.post(address, {"reason": "nữa"}).status_code == 409
