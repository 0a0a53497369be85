"""The stocktake's report on paper: with and without the books, in both regimes, its sums those of the movement."""

from __future__ import annotations

from decimal import Decimal
from io import BytesIO

import pytest
from django.test import Client
from pypdf import PdfReader

from inventory.ledger.models import MovementLine
from inventory.printing.models import KeptPaper, RegimeChoice
from inventory.stocktakes.models import Stocktake
from inventory.stocktakes.paper import stocktake_pdf
from inventory.stocktakes.planning import AskedMember
from logistics.errors import Forbidden
from logistics.words import words
from tests import factories
from tests.stocktakes.conftest import BLANKET, RICE, Store


def read_pdf(pdf: bytes) -> str:
    """The words of a PDF, blanks and line ends alike."""
    return " ".join(" ".join(page.extract_text() for page in PdfReader(BytesIO(pdf)).pages).split())


def browser(store: Store, login: str) -> Client:
    """The pages of somebody who signed in."""
    client = Client(headers={"accept-language": "vi"})
    client.force_login(store.user(login), backend="logistics.accounts.backends.RoleBackend")
    return client


def counted(store: Store, lines: int = 0) -> Stocktake:
    """A stocktake whose blankets are two short and whose rice is three over; `lines` further piles agree."""
    for number in range(lines):
        store.move("receipt", RICE, number + 1, hour=-1, lot=f"M{number:03}", unit_price=Decimal(1000))
    store.move("receipt", BLANKET, 1, hour=-1, bin="A-02", unit_price=Decimal(120_000))
    one = store.opened(
        basis="QĐ 12 <b>", members=[AskedMember(name="Lê Mẫu", rank="Thiếu tá", title="Chủ nhiệm", role="chair"),
                                    AskedMember(name="<i>Hai</i>", role="secretary")],
    )  # fmt: skip
    for name, line in store.lines(one).items():
        book = line.book_at_cut_off
        change = -2 if name.startswith(BLANKET) else 3 if name.startswith(f"{RICE} L1") else 0
        store.count(one, line, str(book + change), hour=1)
    return one


def posted(store: Store, lines: int = 0) -> Stocktake:
    """The same, posted."""
    one = counted(store, lines)
    store.end(one, hour=2)
    store.settle(one, hour=3)
    store.finalise(one, hour=4)
    one.refresh_from_db()
    return one


@pytest.mark.parametrize("regime", ["DN-99", "HCSN"])
@pytest.mark.parametrize("lines", [0, 60])
def test_the_report_says_what_was_posted(store: Store, regime: str, lines: int) -> None:
    with factories.telling():
        RegimeChoice.objects.filter(unit=None).update(regime=regime)
    one = posted(store, lines)
    pdf = stocktake_pdf(one, books=True, at=store.at(5))
    pages = [" ".join(page.extract_text().split()) for page in PdfReader(BytesIO(pdf)).pages]
    text = " ".join(pages)
    changes = {line.change for line in MovementLine.objects.filter(depot=store.depot, position=one.position)}
    assert changes - {Decimal(0)} == {Decimal(-2), Decimal(3)}  # what agrees is posted too: a count holds
    for expected in ("BIÊN BẢN KIỂM KÊ", one.number, "Thiếu tá Lê Mẫu", "Chủ nhiệm", "<i>Hai</i>", "QĐ 12 <b>",
                     "thừa 3,000", "thiếu 2", words(240_000), "05-VT" if regime == "DN-99" else "C33-HD"):  # fmt: skip
        assert expected in text, expected
    assert "240.000" in text  # two blankets of 120.000
    for number in ("1.500.000", "4.920.000", RICE, BLANKET):
        assert number in text, f"{number} is broken over two lines"
    assert "Trưởng ban kiểm kê" in pages[-1]
    assert "Lê Mẫu" in pages[-1]
    assert all("Theo kiểm kê" in page for page in pages if "lô M0" in page)
    assert "CHƯA GHI SỔ" not in text
    assert (len(pages) > 4) is bool(lines)


def test_the_form_without_the_books_tells_nothing_of_them(store: Store) -> None:
    one = counted(store)
    blank = read_pdf(stocktake_pdf(one, books=False, at=store.at(2)))
    assert "CHƯA GHI SỔ" in blank
    assert "Theo sổ kế toán" in blank
    assert "lô L1" in blank
    for told in ("thừa", "1.203", "1.200", "Đơn giá"):
        assert told not in blank, told
    with pytest.raises(Forbidden):
        stocktake_pdf(one, books=True, at=store.at(2))
    store.end(one, hour=2)
    one.refresh_from_db()
    assert "CHƯA GHI SỔ" in read_pdf(stocktake_pdf(one, books=True, at=store.at(3)))
    assert not KeptPaper.objects.exists()


def test_the_report_is_kept_and_its_prints_are_counted(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    one = posted(store)
    client = browser(store, "duyet")
    address = f"/stocktakes/{one.pk}.pdf"
    texts = []
    for number in (1, 2):
        printed = client.post(address)
        assert printed["Location"] == f"{address}?books=1&copy={number}"
        texts.append(read_pdf(client.get(printed["Location"]).content))
    assert "Bản in lần 2" in texts[1]
    assert "Bản in lần" not in texts[0]
    monkeypatch.setattr("inventory.stocktakes.paper._rendered", lambda *_, **__: pytest.fail("it was kept"))
    assert read_pdf(client.get(f"{address}?books=1").content) == texts[0]
    store.move("reversal", "", 0, hour=6, reverses=one.position, reason="Nhầm")
    assert "ĐÃ ĐẢO bởi" in read_pdf(client.get(f"{address}?books=1").content)
    for query, status in (("?books=2", 422), ("?copy=9", 404), ("?copy=0", 404)):
        assert client.get(address + query).status_code == status, query


def test_what_is_not_posted_is_not_kept(store: Store) -> None:
    one = counted(store)
    client = browser(store, "ke-hoach")
    assert client.post(f"/stocktakes/{one.pk}.pdf").status_code == 409
    assert client.get(f"/stocktakes/{one.pk}.pdf?books=1").status_code == 403
    page = client.get(f"/stocktakes/{one.pk}/").text
    assert f"/stocktakes/{one.pk}.pdf?books=0" in page
    assert f"/stocktakes/{one.pk}.pdf?books=1" not in page
