"""What the pages say, and that what they ask of the database does not grow with what they show."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from inventory.catalogue.codes import item_code
from inventory.catalogue.models import Item
from logistics.accounts.models import User
from tests import factories
from tests.pages.store import NASTY, PASSWORD, Store

Visit = Callable[[User], Client]


def _pages(store: Store) -> list[str]:
    rice = store.rice.code
    return [
        "/",
        "/depots/K01/?q=gao",
        "/depots/",
        "/depots/K01/",
        "/depots/K01/movements/",
        "/depots/K01/movements/?item=gao&kind=receipt",
        "/depots/K01/movements/1/",
        "/depots/K01/vouchers/",
        f"/depots/K01/vouchers/{store.voucher}/history/",
        "/depots/K01/stock/",
        "/depots/K01/stock/?q=gao&state=available",
        "/depots/K01/expiring/",
        "/depots/K01/held/",
        "/depots/K01/history/",
        f"/items/{rice}/",
        f"/items/{rice}/stock-card/?depot=K01",
        f"/items/{rice}/history/",
        f"/items/{rice}/lot-history/?lot=L25-01",
    ]


def test_questions_to_the_database_do_not_grow_with_the_store(store: Store, visit: Visit) -> None:
    browser = visit(store.planner)

    def counts() -> dict[str, int]:
        found = {}
        for page in _pages(store):
            browser.get(page)  # what is read once per process is not the page's
            with CaptureQueriesContext(connection) as queries:
                assert browser.get(page).status_code == 200
            found[page] = len(queries)
        return found

    with factories.telling("so that there is a version before the last one"):
        store.rice.save()
    before = counts()
    poster = User.objects.get(login="nguoi-ghi")
    for number in range(20):
        item = factories.an_item(item_code("QY", 1, number), name=f"Băng {number}")
        factories.posting(poster, "receipt", "K01", factories.a_line(item, "5"), factories.a_line(store.milk, "1"))
        factories.posting(poster, "receipt", "K01", factories.a_line(store.rice, "1", lot=f"X{number}"))
        with factories.telling(f"change {number}"):
            store.rice.name = f"Gạo {number}"
            store.rice.save()
    assert counts() == before
    assert max(before.values()) <= 16


class TestFindingGoods:
    @pytest.mark.parametrize("text", ["gao", "GẠO TẺ", "te gao", "ga\u0323o", "QN-01-0000014", "bao 50"])
    def test_minds_neither_marks_nor_order(self, text: str, store: Store, visit: Visit) -> None:
        page = visit(store.keeper).get("/stock/", {"q": text}).content.decode()
        assert store.rice.code in page
        assert store.milk.code not in page

    @pytest.mark.parametrize("text", ["100%", "_", "\\", "'", "<b>", "gạo nếp"])
    def test_takes_signs_as_they_are_and_says_that_nothing_matches(self, text: str, store: Store, visit: Visit) -> None:
        answer = visit(store.keeper).get("/depots/K01/", {"q": text})
        assert answer.status_code == 200
        assert "No item in stock here matches" in answer.content.decode()

    def test_finds_nothing_of_other_depots(self, store: Store, visit: Visit) -> None:
        assert store.milk.code not in visit(store.stranger).get("/stock/", {"q": "sữa"}).content.decode()


class TestAPage:
    def test_shows_names_as_text(self, store: Store, visit: Visit) -> None:
        for page in ["/stock/", "/depots/K01/", "/depots/K01/movements/1/", f"/items/{store.milk.code}/"]:
            shown = visit(store.keeper).get(page).content.decode()
            assert NASTY not in shown, page
            assert "&lt;img src=x" in shown, page

    @pytest.mark.parametrize(
        "address",
        [
            "/depots/?page=0",
            "/depots/K01/?page=9",
            "/depots/K01/?page=x",
            "/depots/K01/?page=" + "9" * 400,
            "/depots/?page=2",
            "/depots/K01/movements/?until=x",
            "/depots/K01/movements/999/",
            "/depots/K01/movements/99999999999999999999999/",
            "/depots/%00/",
            "/items/%00/",
            "/items/QN-01-0000014/stock-card/?depot=K01&after=nonsense",
            "/items/QN-01-0000014/history/?after=nonsense",
            "/no/such/page/",
        ],
    )
    def test_that_does_not_exist_is_404_in_words(self, address: str, store: Store, visit: Visit) -> None:
        answer = visit(store.keeper).get(address)
        assert answer.status_code == 404
        assert "Back to the first page" in answer.content.decode()

    def test_of_a_reversed_movement_names_what_undid_it_and_back(self, store: Store, visit: Visit) -> None:
        browser = visit(store.keeper)
        undone = browser.get(f"/depots/K01/movements/{store.mistaken.position}/").content.decode()
        undoing = browser.get(f"/depots/K01/movements/{store.reversal.position}/").content.decode()
        assert "REVERSED" in undone
        assert f'/depots/K01/movements/{store.reversal.position}/"' in undone
        assert f'/depots/K01/movements/{store.mistaken.position}/"' in undoing
        assert store.reversal.hash.hex() in undoing

    def test_of_a_transfer_links_the_other_depot_only_for_who_may_see_it(self, store: Store, visit: Visit) -> None:
        address = f"/depots/K01/movements/{store.transfer.position}/"
        assert 'href="/depots/K02/"' in visit(store.planner).get(address).content.decode()
        keeper = visit(store.keeper).get(address).content.decode()
        assert 'href="/depots/K02/"' not in keeper
        assert "K02" in keeper

    def test_in_vietnamese_writes_numbers_and_days_the_vietnamese_way(self, store: Store, visit: Visit) -> None:
        browser = visit(store.planner)
        assert browser.post("/language/", {"language": "vi", "next": "/"})["Location"] == "/"
        page = browser.get(f"/items/{store.rice.code}/").content.decode()
        assert "1.850,5" in page
        assert "Khả dụng" in page
        card = browser.get(f"/items/{store.rice.code}/stock-card/?depot=K01&from=01/02/2026&to=%2B0").content.decode()
        assert "Từ ngày 01/02/2026" in card

    def test_of_a_card_tells_a_wrong_day_beside_its_field(self, store: Store, visit: Visit) -> None:
        answer = visit(store.keeper).get(f"/items/{store.rice.code}/stock-card/?depot=K01&from=31/02/2026")
        assert answer.status_code == 422
        shown = answer.content.decode()
        assert "“31/02/2026” is no day of the calendar" in shown
        assert "<title>Error: " in shown

    def test_of_a_card_continues_where_the_page_before_ended(
        self, store: Store, visit: Visit, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from inventory.availability import card_page

        monkeypatch.setattr(card_page, "LINES_A_PAGE", 2)
        browser = visit(store.keeper)
        card = address = f"/items/{store.rice.code}/stock-card/?depot=K01&from=-9"
        balances: list[Decimal] = []
        while address:
            answer = browser.get(address)
            balances += [line.balance for line, _kind in answer.context["lines"]]
            after = answer.context["after"]
            address = f"{card}&after={after}" if after else ""
        assert balances == [Decimal(1200), Decimal("2000.5"), Decimal("1900.5"), Decimal("1600.5")]


def test_history_tells_who_why_and_what(store: Store, visit: Visit) -> None:
    with factories.telling("Đổi tên theo danh mục mới"):
        Item.objects.get(pk=store.rice.pk)
        store.rice.name = "Gạo tẻ thường"
        store.rice.save()
    page = visit(store.keeper).get(f"/items/{store.rice.code}/history/").content.decode()
    assert "Đổi tên theo danh mục mới" in page
    assert 'name: <span class="soft">Gạo tẻ</span> → Gạo tẻ thường' in page


def test_own_password_is_changed_with_its_history(store_with_passwords: Store, visit: Visit) -> None:
    store = store_with_passwords
    new = "mật khẩu mới cũng đủ dài"
    answer = visit(store.keeper).post(
        "/password/", {"old_password": PASSWORD, "new_password1": new, "new_password2": new}
    )
    assert answer["Location"] == "/"
    store.keeper.refresh_from_db()
    assert store.keeper.check_password(new)
    latest = User.history.filter(id=store.keeper.pk).latest()
    assert (latest.history_user, latest.source) == (store.keeper, "web")
