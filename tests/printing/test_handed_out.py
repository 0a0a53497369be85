"""Files handed out are known again: later prints, what was undone, several as one; what was undone is not signed."""

from __future__ import annotations

import re
from collections.abc import Callable
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, transaction
from django.test import Client
from django.utils import timezone
from pypdf import PdfReader

from inventory.printing import standing
from inventory.printing.models import HandedOut, KeptPaper
from inventory.signing import checking, key_file, signing
from inventory.signing.models import SignedPaper
from inventory.vouchers import batch, paper
from inventory.vouchers.paper import keep_voucher, voucher_pdf
from logistics.accounts.models import User
from logistics.errors import Conflict, Invalid
from tests import factories
from tests.pages.store import Store, a_store
from tests.signing import keys


@pytest.fixture
def store(db: None) -> Store:
    """The store of the pages, rolled back after the test."""
    return a_store()


@pytest.fixture
def browser(store: Store) -> Client:
    """The storekeeper's, in Vietnamese."""
    return visiting(store.keeper)


def visiting(user: User) -> Client:
    client = Client(headers={"accept-language": "vi"})
    client.cookies["django_language"] = "vi"
    client.force_login(user, backend="logistics.accounts.backends.RoleBackend")
    return client


@pytest.fixture
def printed(browser: Client) -> Callable[[str], bytes]:
    """Print a movement once more and return the file."""

    def print_once(position: int, action: str = "print") -> bytes:
        return browser.get(browser.post(f"/depots/K01/movements/{position}/", {"action": action})["Location"]).content

    return print_once


def checked(browser: Client, content: bytes) -> str:
    """Return the words of the page that checks a file."""
    answer = browser.post("/papers/check/", {"file": SimpleUploadedFile("to.pdf", content)})
    assert answer.status_code == 200
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


def test_every_print_is_known_again(
    store: Store, browser: Client, printed: Callable[..., bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    position, number = store.receipt.position, store.receipt.number
    first, second = printed(position), printed(position)
    assert not HandedOut.objects.filter(copy=1).exists(), "the first print is kept itself"
    for content, copies in ((first, 0), (second, 1)):
        ours = checking.check(content).ours
        assert ours is not None
        assert (ours.paper.title, ours.is_whole, len(ours.prints)) == (number, True, copies)
    (told,) = checking.check(second).ours.prints  # type: ignore[union-attr]
    assert (told.copy, told.said, told.handed_to) == (2, "", store.keeper)
    assert f"{number}: bản in lần 2" in checked(browser, second)
    assert checking.check(printed(position, "print-handover")).ours is not None
    assert checking.check(printed(position, "print-handover")).ours.prints[0].copy == 2  # type: ignore[union-attr]
    # Opened again it is the same file, told once.
    count = HandedOut.objects.count()
    assert browser.get(f"/api/v1/depots/K01/movements/{position}.pdf?copy=2").content == second
    assert HandedOut.objects.count() == count
    # Somebody else's name on it does not make it ours.
    assert checking.check(second.replace(b"/Producer", b"/Producir")).ours is None
    # What another program adds is told, whether signatures can be looked for in it or not.
    monkeypatch.setattr(checking, "is_installed", lambda: False)
    assert checking.check(second + b"\n%%EOF\n").ours.is_whole is False  # type: ignore[union-attr]


def test_what_was_undone_is_known_and_told(store: Store, browser: Client, printed: Callable[..., bytes]) -> None:
    stamped = printed(store.mistaken.position)
    ours = checking.check(stamped).ours
    assert ours is not None
    assert ours.prints[0].said.startswith(f"ĐÃ ĐẢO bởi {store.reversal.number}")
    words = checked(browser, stamped)
    assert f"bản in lần 1 · ĐÃ ĐẢO bởi {store.reversal.number}" in words
    # A print from before the reversal is known too, and what became of it since is said.
    before = printed(store.issue.position)
    assert checking.check(before).ours.undone == []  # type: ignore[union-attr]
    poster = User.objects.get(login="nguoi-ghi")
    undoing = factories.posting(poster, "reversal", "K01", reverses=store.issue.position, reason="Nhầm")
    assert undoing.number in checking.check(before).ours.undone[0][1]  # type: ignore[union-attr]
    assert "không còn giá trị" in checked(browser, before).lower()


def test_several_as_one_file_are_told_one_by_one(store: Store, browser: Client) -> None:
    address = "/depots/K01/vouchers/print.pdf"
    asked = {"which": "page", "page": f"{store.mistaken.position} {store.receipt.position} {store.voucher}"}
    content = browser.get(browser.post(address, asked)["Location"]).content
    ours = checking.check(content).ours
    assert ours is not None
    assert [one.paper.title for one in ours.prints] == [store.mistaken.number, store.receipt.number]
    assert [bool(one.said) for one in ours.prints] == [True, False]
    only_draft = browser.get(browser.post(address, {"which": "page", "page": str(store.voucher)})["Location"]).content
    assert checking.check(only_draft).ours is None


def test_what_is_told_of_files_stays(store: Store, printed: Callable[..., bytes]) -> None:
    printed(1)
    printed(1)
    for statement in (lambda rows: rows.update(copy=1), lambda rows: rows.delete()):
        with pytest.raises(DatabaseError), transaction.atomic():
            statement(HandedOut.objects.all())


def test_what_was_undone_is_no_longer_signed(store: Store) -> None:
    chief = factories.a_user("chihuy", role="approver", depot=store.k01)
    kept = keep_voucher("K01", store.issue.position, language="vi", site="", by=store.keeper, at=timezone.now())

    def sign() -> SignedPaper:
        now = timezone.now()
        return signing.sign(
            kept, place="sign-5", signer=key_file.open_key(keys.a_key_file("chihuy"), keys.PHRASE, at=now),
            with_seal=False, passes_over=True, by=chief, at=now,
        )  # fmt: skip

    browser, address = visiting(chief), f"/depots/K01/papers/{kept.pk}/"
    assert "key_file" in browser.get(address).content.decode()
    with transaction.atomic():
        sign()
        transaction.set_rollback(True)
    poster = User.objects.get(login="nguoi-ghi")
    undoing = factories.posting(poster, "reversal", "K01", reverses=store.issue.position, reason="Nhầm")
    with pytest.raises(Conflict, match=undoing.number):
        sign()
    page = browser.get(address).content.decode()
    assert "key_file" not in page
    assert f"ĐÃ ĐẢO bởi {undoing.number}" in page
    # Its file is a print that says so.
    file = browser.get(f"/depots/K01/papers/{kept.pk}.pdf").content
    assert "ĐÃ ĐẢO" in PdfReader(BytesIO(file)).pages[0].extract_text()
    assert checking.check(file).ours.prints[0].paper == kept  # type: ignore[union-attr]


def test_what_was_signed_before_it_was_undone_says_so_wherever_it_is_met(store: Store) -> None:
    """The signed bytes stay as they are; the page, both check pages and every copy say that they no longer hold."""
    chief, now = factories.a_user("chihuy", role="approver", depot=store.k01), timezone.now()
    kept = keep_voucher("K01", store.issue.position, language="vi", site="", by=store.keeper, at=now)
    signing.sign(
        kept, place="sign-5", signer=key_file.open_key(keys.a_key_file("chihuy"), keys.PHRASE, at=now),
        with_seal=False, passes_over=True, by=chief, at=now,
    )  # fmt: skip
    browser, address = visiting(chief), f"/depots/K01/papers/{kept.pk}"
    signed = browser.get(f"{address}.pdf").content
    assert signed == signing.content_of(kept)
    assert browser.get(f"{address}.pdf?as=signed").content == signed
    assert "?as=signed" not in browser.get(f"{address}/").content.decode()
    poster = User.objects.get(login="nguoi-ghi")
    undoing = factories.posting(poster, "reversal", "K01", reverses=store.issue.position, reason="Nhầm")
    said = f"ĐÃ ĐẢO bởi {undoing.number}"

    page = browser.get(f"{address}/").content.decode()
    assert said in page
    assert f"{address}.pdf?as=signed" in page
    assert browser.get(f"{address}.pdf?as=signed").content == signed
    copy = browser.get(f"{address}.pdf").content
    assert copy != signed
    read = PdfReader(BytesIO(copy))
    assert said in read.pages[0].extract_text()
    assert read.get_fields() in (None, {})
    # On the copy the signature is still to be seen.
    assert "Ký số: chihuy" in "".join(page.extract_text() for page in read.pages)
    known = checking.check(copy)
    assert known.signatures == ()
    assert known.ours is not None
    assert (known.ours.prints[0].paper, known.ours.is_whole) == (kept, True)
    for content in (copy, signed):
        words = checked(browser, content)
        assert said in words
        assert words.index(said) < words.index("Có phải chứng từ của kho này?")
    # And whoever scans its square code is told before anything else.
    code = f"/depots/K01/movements/{store.issue.position}/?n={store.issue.number}&h={store.issue.hash.hex()[:16]}"
    answer = browser.get("/check/", {"q": "https://kho.example" + code}).content.decode()
    assert "notice warn" in answer
    assert answer.index(undoing.number) < answer.index("<table")


def test_who_keeps_a_subject_tells_what_became_of_it(store: Store) -> None:
    assert standing.of(f"movement:K01:{store.mistaken.position}").mark == "ĐÃ ĐẢO"
    for subject in ("movement:K01:1", "movement:K01:999", "stocktake:" + str(store.stocktake), "pack:x",
                    f"inspection:{store.inspection}"):  # fmt: skip
        assert standing.of(subject) == standing.STANDS, subject


def test_a_page_of_the_logbook_is_printed(store: Store, browser: Client) -> None:
    page = browser.get("/depots/K01/movements/?kind=issue").content.decode()
    (positions,) = re.findall(r'name="page" value="([\d ]+)"', page)
    assert positions.split() == [str(store.mistaken.position), str(store.issue.position)]
    sent = browser.post("/depots/K01/vouchers/print.pdf", {"which": "page", "page": positions})
    text = " ".join(page.extract_text() for page in PdfReader(BytesIO(browser.get(sent["Location"]).content)).pages)
    assert store.issue.number in text
    assert store.mistaken.number in text
    assert 'name="page"' not in browser.get("/depots/K01/movements/?q=khong-co").content.decode()


def test_what_is_too_long_is_refused_in_words(store: Store, browser: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paper, "MOST_LINES", 2)
    with pytest.raises(Invalid, match=re.escape(store.receipt.number)):
        voucher_pdf("K01", store.receipt.position)
    assert browser.post(f"/depots/K01/movements/{store.receipt.position}/", {"action": "print"}).status_code == 422
    assert not KeptPaper.objects.filter(subject=f"movement:K01:{store.receipt.position}", title=store.receipt.number)
    monkeypatch.setattr(batch, "MOST_LINES", 3)
    assert browser.get("/depots/K01/vouchers/print.pdf?v=2.1&v=1.1").status_code == 422
    assert browser.get("/depots/K01/vouchers/print.pdf?v=2.1").status_code == 200
