"""The pages of papers: signing one, checking a file, the block on other pages, the pictures under upkeep."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.template import Context, Template
from django.test import Client, RequestFactory
from django.utils import timezone

from inventory.signing import pictures, scans, signer
from inventory.signing.models import Seal, SignaturePicture, SignedPaper
from logistics.accounts.models import Role, User
from logistics.errors import Invalid
from tests import factories
from tests.signing import keys
from tests.signing.conftest import Office

Visit = Callable[[User], Client]


def a_form(**changes: Any) -> dict[str, Any]:
    """The form that signs at the first place."""
    file = SimpleUploadedFile("khoa.p12", changes.pop("key", None) or keys.a_key_file("thukho"))
    return {"place": "sign-1", "key_file": file, "pass_phrase": keys.PHRASE, **changes}


class TestThePaper:
    def address(self, office: Office) -> str:
        return f"/depots/K01/papers/{office.paper.pk}/"

    def test_is_signed_and_tells_by_whom(self, office: Office, visit: Visit) -> None:
        browser = visit(office.keeper)
        page = browser.get(self.address(office)).content.decode()
        assert "not signed" in page
        answer = browser.post(self.address(office), a_form())
        assert (answer.status_code, answer["Location"]) == (302, self.address(office))
        page = browser.get(self.address(office)).content.decode()
        assert "1 signature" in page
        assert "signed</span> thukho" in page
        file = browser.get(f"/depots/K01/papers/{office.paper.pk}.pdf")
        assert file.content == bytes(SignedPaper.objects.get().content)
        assert file["Content-Type"] == "application/pdf"

    def test_says_what_stands_against_it(self, office: Office, visit: Visit) -> None:
        browser = visit(office.keeper)
        for changes, words in (
            ({"pass_phrase": "sai"}, "The pass phrase does not open this key file"),
            ({"key": b"khong phai khoa"}, "This is no key file"),
            ({"key": keys.a_key_file(days=(-9, -1))}, "The certificate expired"),
            ({"key": keys.a_key_file(days=(1, 9))}, "is not valid before"),
            ({"key": keys.a_key_file(usages=("crl_sign",))}, "not for signing documents"),
            ({"place": "sign-3"}, "Before you come: Người lập phiếu, Người giao hàng"),
            ({"place": "sign-4", "passes_over": "on"}, "The paper names Đại tá chihuy here"),
            ({"place": "sign-9"}, "Select a valid choice"),
        ):
            answer = browser.post(self.address(office), a_form(**changes))
            assert answer.status_code == 422, words
            assert words in answer.content.decode()
            assert keys.PHRASE not in answer.content.decode()
        nothing = browser.post(self.address(office), {})
        assert nothing.status_code == 422
        assert not SignedPaper.objects.exists()

    def test_is_only_looked_at_by_who_does_not_work_there(self, office: Office, visit: Visit) -> None:
        browser = visit(office.auditor)
        assert 'name="pass_phrase"' not in browser.get(self.address(office)).content.decode()
        assert browser.post(self.address(office), a_form()).status_code == 403
        assert visit(office.stranger).get(self.address(office)).status_code == 404
        assert visit(office.stranger).get(f"/depots/K99/papers/{office.paper.pk}/").status_code == 404

    def test_offers_the_seal_to_who_may_set_it(self, office: Office, visit: Visit) -> None:
        keys.give_pictures(office.chief, office.depot)
        assert "Dấu Tổng cục mẫu" in visit(office.chief).get(self.address(office)).content.decode()
        assert "Dấu Tổng cục mẫu" not in visit(office.keeper).get(self.address(office)).content.decode()
        form = a_form(place="sign-4", key=keys.a_key_file("chihuy"), passes_over="on", with_seal="on")
        assert visit(office.chief).post(self.address(office), form).status_code == 302
        assert "with the seal" in visit(office.keeper).get(self.address(office)).content.decode()

    def test_says_so_where_nothing_can_be_signed(
        self, office: Office, visit: Visit, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("inventory.signing.paper_pages.is_installed", lambda: False)
        monkeypatch.setattr("inventory.signing.key_file.is_installed", lambda: False)
        page = visit(office.keeper).get(self.address(office)).content.decode()
        assert "requirements-signing.lock" in page
        assert 'name="pass_phrase"' not in page
        answer = visit(office.keeper).post(self.address(office), a_form())
        assert answer.status_code == 409
        assert "requirements-signing.lock" in answer.content.decode()

    def test_takes_as_many_queries_however_often_it_is_signed(
        self, office: Office, visit: Visit, django_assert_max_num_queries: Any
    ) -> None:
        browser = visit(office.keeper)
        browser.post(self.address(office), a_form())
        with django_assert_max_num_queries(22):
            browser.get(self.address(office))


class TestChecking:
    def check(self, browser: Client, content: bytes) -> tuple[int, str]:
        answer = browser.post("/papers/check/", {"file": SimpleUploadedFile("giay.pdf", content)})
        return answer.status_code, answer.content.decode()

    def test_tells_of_a_paper_of_ours(self, office: Office, visit: Visit) -> None:
        keeper = visit(office.keeper)
        keeper.post(f"/depots/K01/papers/{office.paper.pk}/", a_form())
        content = bytes(SignedPaper.objects.get().content)
        status, page = self.check(keeper, content)
        assert status == 200
        assert "The signature holds" in page
        assert "as it stood here after signature 1" in page
        assert f'href="/depots/K01/papers/{office.paper.pk}/"' in page
        status, page = self.check(visit(office.stranger), content)
        assert "The signature holds" in page
        assert f'href="/depots/K01/papers/{office.paper.pk}/"' not in page
        changed = bytearray(content)
        changed[len(bytes(office.paper.content)) // 2] ^= 1
        status, page = self.check(keeper, bytes(changed))
        assert "Not every signature holds" in page
        assert "bytes that were signed were changed" in page
        assert "No: this store handed out no such file" in page

    def test_tells_of_a_file_without_signatures(self, office: Office, visit: Visit) -> None:
        assert "The file bears no signature" in self.check(visit(office.keeper), keys.a_pdf())[1]

    @pytest.mark.parametrize("content", [b"", b"x", b"%PDF-1.4 nothing", keys.a_hand()])
    def test_refuses_in_words(self, content: bytes, office: Office, visit: Visit) -> None:
        status, page = self.check(visit(office.keeper), content)
        assert status == 422
        assert "This is no PDF" in page or "cannot be read as a PDF" in page

    def test_keeps_nothing(self, office: Office, visit: Visit) -> None:
        before = scans.Scan.objects.count(), SignedPaper.objects.count()
        self.check(visit(office.keeper), keys.a_pdf())
        assert (scans.Scan.objects.count(), SignedPaper.objects.count()) == before


class TestTheBlock:
    def shown(self, office: Office, user: User, subject: str = keys.SUBJECT) -> str:
        request = RequestFactory().get("/")
        request.user = user
        text = "{% load papers %}{% papers_of subject depot=depot %}"
        given = {"request": request, "subject": subject, "depot": office.depot, "csrf_token": "t"}
        return Template(text).render(Context(given))

    def test_lists_papers_signatures_and_scans(self, office: Office, visit: Visit) -> None:
        visit(office.keeper).post(f"/depots/K01/papers/{office.paper.pk}/", a_form())
        now = timezone.now()
        for name, content in (("a.pdf", keys.a_pdf()), ("<b>.jpg".replace("<", "").replace(">", ""), keys.a_jpeg())):
            scan = scans.add(
                depot=office.depot, subject=keys.SUBJECT, name=name, content=content, by=office.keeper, at=now
            )
        scans.withdraw(scan, reason="Nhầm <phiếu>", by=office.chief, at=now)
        shown = self.shown(office, office.keeper)
        assert "PX-K01-2026-00001" in shown
        assert "thukho" in shown
        assert "<s>" in shown
        assert "Nhầm &lt;phiếu&gt;" in shown
        assert len(re.findall("/withdrawal/", shown)) == 1
        assert 'name="of"' in shown
        assert 'name="of"' not in self.shown(office, office.auditor)

    def test_shows_nothing_where_there_is_nothing_to_do(self, office: Office) -> None:
        assert self.shown(office, office.auditor, "movement:K01:77").strip() == ""
        assert 'name="of"' in self.shown(office, office.keeper, "movement:K01:77")

    def test_takes_as_many_queries_however_much_there_is(
        self, office: Office, django_assert_max_num_queries: Any
    ) -> None:
        now = timezone.now()
        for number in range(5):
            scans.add(
                depot=office.depot, subject=keys.SUBJECT, name="a.pdf", content=keys.a_pdf(str(number)),
                by=office.keeper, at=now,
            )  # fmt: skip
        with django_assert_max_num_queries(7):
            self.shown(office, office.keeper)


class TestPictures:
    @pytest.fixture
    def browser(self, office: Office, visit: Visit) -> Client:
        return visit(factories.a_user("quantri", role=Role.ADMINISTRATOR))

    def a_hand_of(self, office: Office, **changes: Any) -> dict[str, Any]:
        file = SimpleUploadedFile("tay.png", changes.pop("content", None) or keys.a_hand())
        return {"user": office.keeper.pk, "file": file, "is_active": "on", "reason": "Theo quyết định 1", **changes}

    def test_are_kept_with_a_reason_and_shown(self, office: Office, browser: Client) -> None:
        answer = browser.post("/upkeep/signing/signaturepicture/add/", self.a_hand_of(office))
        assert answer.status_code == 302, answer.context["errors"]
        made = SignaturePicture.objects.get()
        assert made.history.latest().history_change_reason == "Theo quyết định 1"
        page = browser.get(f"/upkeep/signing/signaturepicture/{made.pk}/change/").content.decode()
        assert 'src="data:image/png;base64,' in page
        # Changed without another picture, it keeps the one it has.
        form = self.a_hand_of(office, is_active="") | {"file": ""}
        assert browser.post(f"/upkeep/signing/signaturepicture/{made.pk}/change/", form).status_code == 302
        made.refresh_from_db()
        assert (made.is_active, bytes(made.picture)[:4]) == (False, b"\x89PNG")
        story = browser.get(f"/upkeep/signing/signaturepicture/{made.pk}/history/").content.decode()
        assert "Theo quyết định 1" in story
        assert len(story) < 100_000

    @pytest.mark.parametrize(
        ("content", "words"),
        [
            (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "This is no PNG picture"),
            (keys.a_jpeg(), "This is no PNG picture"),
            (keys.a_hand((200, 20, 20)), "A signature is blue"),
            (keys.a_hand(ground=(255, 255, 255, 255)), "The ground is not transparent"),
            (keys.a_hand()[:200], "This is no PNG picture"),
            (keys.a_hand() + bytes(300_000), "at most 300 kB"),
        ],
    )
    def test_are_refused_in_words(self, content: bytes, words: str, office: Office, browser: Client) -> None:
        answer = browser.post("/upkeep/signing/signaturepicture/add/", self.a_hand_of(office, content=content))
        assert answer.status_code == 200
        assert words in answer.content.decode()
        assert not SignaturePicture.objects.exists()

    def test_of_seals_are_red_round_and_of_a_seals_size(self, office: Office, browser: Client) -> None:
        def form(**changes: Any) -> dict[str, Any]:
            file = SimpleUploadedFile("dau.png", changes.pop("content", None) or keys.a_seal())
            return {
                "unit": office.depot.unit_id, "name": "Dấu", "file": file, "width_mm": "36",
                "valid_from": "01/01/2026", "valid_to": "", "reason": "Theo quyết định 2", **changes,
            }  # fmt: skip

        for changes, words in (
            ({"width_mm": "50"}, "20 to 42 mm wide"),
            ({"content": keys.a_seal((20, 20, 200))}, "A seal is red"),
            ({"content": keys.a_seal(size=(300, 400))}, "not taller than it is wide"),
        ):
            answer = browser.post("/upkeep/signing/seal/add/", form(**changes))
            assert answer.status_code == 200, words
            assert words in answer.content.decode()
        assert browser.post("/upkeep/signing/seal/add/", form()).status_code == 302
        assert Seal.objects.get().width_mm == 36
        twice = browser.post("/upkeep/signing/seal/add/", form())
        assert twice.status_code == 200
        assert Seal.objects.count() == 1

    def test_are_no_business_of_storekeepers(self, office: Office, visit: Visit) -> None:
        assert visit(office.keeper).get("/upkeep/signing/signaturepicture/", follow=True).status_code == 403

    def test_carry_nothing_but_pixels(self) -> None:
        # What hangs behind a PNG's end does not come along.
        kept = pictures.cleaned(keys.a_hand() + b"<script>alert(1)</script>", ink="blue")
        assert b"script" not in kept
        with pytest.raises(Invalid):
            pictures.cleaned(b"", ink="blue")


def test_the_part_is_installed_here() -> None:
    assert signer.is_installed()
