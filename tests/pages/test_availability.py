"""The availability page and what it leads to: facets, instants, saved views, files; always the sums of `current`."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from python_calamine import CalamineWorkbook

from inventory.availability.current import current
from inventory.availability.models import SavedView
from inventory.availability.question import Question
from inventory.catalogue.codes import item_code
from inventory.ledger import allocations
from logistics.accounts.models import User
from logistics.audit.models import AccessRecord
from tests import factories
from tests.lasting import lasting
from tests.notation import rows
from tests.pages.store import Store

Visit = Callable[[User], Client]
AMOUNTS = ("on_hand", "allocated", "on_hold", "expired", "reserve", "disposal", "available", "in_transit_in")
MOST_BYTES = 60_000


def board(client: Client, address: str) -> Any:
    """Open the availability page and return what it shows."""
    answer = client.get(address)
    assert answer.status_code == 200, answer.content.decode()
    return answer.context["board"]


def codes(client: Client, query: str) -> list[str]:
    """Return the codes of the items the page lists."""
    return [row.code for row in board(client, f"/stock/{query}").page.rows]


def csv_rows(answer: Any) -> list[list[str]]:
    """Return a streamed file's rows."""
    assert answer.status_code == 200
    return list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))


class TestFacets:
    """Rice (QN-01, lots, K01 and K02, 50 on the road) and milk (QN-02, no lots, K01)."""

    def test_keep_what_is_asked_for(self, store: Store, visit: Visit) -> None:
        planner, rice, milk = visit(store.planner), store.rice.code, store.milk.code
        with factories.telling():
            store.rice.old_names, store.rice.nsn = "Gạo hoà bình", "8920012345678"
            store.rice.save()
        for row in rows(f"""
            query                          | items
                                           | {rice} {milk}
            ?q=gao                         | {rice}
            ?q=GẠO+tẻ                      | {rice}
            ?q=hòa                         | {rice}
            ?q=hoà                         | {rice}
            ?q=8920012345678               | {rice}
            ?q={milk}                      | {milk}
            ?q=gao+sua                     |
            ?class=QN                      | {rice} {milk}
            ?class=QY                      |
            ?group=QN-01                   | {rice}
            ?depot=K01                     | {rice} {milk}
            ?depot=k02                     | {rice}
            ?depot=K01,K02                 | {rice} {milk}
            ?grade=1                       | {rice} {milk}
            ?grade=5                       |
            ?purpose=SSCD                  |
            ?min_days_left=30              | {rice} {milk}
            ?max_days_left=30              |
            ?max_days_left=36000           | {rice}
            ?sort=name                     | {rice} {milk}
        """):
            assert codes(planner, row["query"]) == row["items"].split(), row["query"]

    @pytest.mark.parametrize(
        ("query", "words"),
        [
            ("?class=XX", "XX is not one of the available choices"),
            ("?min_days_left=soon", "Enter a whole number"),
            ("?depot=K99", "There is no depot K99 in your scope"),
            ("?depot=K01,K77", "There is no depot K77 in your scope"),
            ("?as_of=31/02/2026", "“31/02/2026” is no day of the calendar"),
            ("?as_of=2190-01-01", "Nothing is known of a day to come"),
        ],
    )
    def test_say_what_cannot_be_read(self, query: str, words: str, store: Store, visit: Visit) -> None:
        answer = visit(store.planner).get(f"/stock/{query}")
        assert answer.status_code == 422
        page = answer.content.decode()
        assert words in page
        assert store.rice.code not in page

    def test_refuse_what_is_no_page_or_order(self, store: Store, visit: Visit) -> None:
        planner = visit(store.planner)
        for query in ("?after=nonsense", "?sort=weight", "?level=deep"):
            path = "/stock.csv" if "level" in query else "/stock/"
            assert planner.get(path + query).status_code == 404, query


class TestNumbers:
    def test_are_the_sums_of_what_the_api_says(self, store: Store, visit: Visit) -> None:
        for user in (store.planner, store.keeper, store.stranger, store.administrator):
            said = current(Question(), by=user, at=timezone.now(), limit=1000).rows
            for row in board(visit(user), "/stock/").page.rows:
                parts = [one for one in said if one.item == row.code]
                assert [getattr(row, name) for name in AMOUNTS] == [
                    sum((getattr(one, name) for one in parts), Decimal(0)) for name in AMOUNTS
                ], row.code

    def test_each_lead_to_what_is_behind_it(self, store: Store, visit: Visit) -> None:
        poster, planner = User.objects.get(login="nguoi-ghi"), visit(store.planner)
        allocations.allocate("K01", "YC-7", [factories.a_line(store.rice, 30)], by=poster, at=timezone.now())
        page = planner.get("/stock/?depot=K01").content.decode()
        item = f"/items/{store.rice.code}/"
        assert f'href="{item}?depot=K01"' in page
        held = planner.get(f"{item}allocations/?depot=K01")
        assert ("YC-7", 30) in [(row.reference, row.quantity) for row in held.context["rows"]]
        promised = held.context["total"]
        road = planner.get(f"{item}road/")
        assert [(row.sender, row.depot, row.quantity) for row in road.context["rows"]] == [("K01", "K02", 50)]
        assert f"/depots/K01/road/{store.transfer.position}/" in road.content.decode()
        depots = planner.get(item)
        assert [row.depot for row, _name in depots.context["rows"]] == ["K01", "K02"]
        assert depots.context["total"]["on_hand"] == Decimal("1850.5")
        assert f"{item}stock-card/?depot=K01" in depots.content.decode()
        piles = planner.get(f"{item}?depot=K01").context["piles"]
        assert [(pile.lot, pile.on_hand) for pile in piles] == [("L25-01", 800), ("L25-02", Decimal("800.5"))]
        assert sum(pile.allocated for pile in piles) == promised
        everywhere = planner.get(f"{item}allocations/").context["total"]
        assert everywhere == depots.context["total"]["allocated"]
        assert planner.get(f"{item}?state=expired").context["piles"] == []

    def test_of_a_stranger_show_only_their_own(self, store: Store, visit: Visit) -> None:
        stranger, item = visit(store.stranger), f"/items/{store.rice.code}/"
        for address in ("/stock/", item, f"{item}?state=available", f"{item}allocations/", f"{item}road/"):
            page = lasting(stranger.get(address))
            assert "K01" not in page, address
            assert "K02" not in page, address

    def test_of_whole_lists_are_summed_where_units_agree(self, store: Store, visit: Visit) -> None:
        planner = visit(store.planner)
        assert board(planner, "/stock/").totals is None  # kilograms and boxes
        other = factories.an_item(item_code("QN", 1, 5), tracking="none", unit="KGM", name="Đỗ")
        factories.posting(User.objects.get(login="nguoi-ghi"), "receipt", "K01", factories.a_line(other, "10"))
        assert board(planner, "/stock/?group=QN-01").totals[0] == Decimal("1860.5")


class TestThePast:
    """Rice: 2,000.5 received 6 days ago, 100 issued 4 days ago, 300 sent 3 days ago, 250 of it received 2 days ago."""

    def test_is_amber_and_enters_nothing(self, store: Store, visit: Visit) -> None:
        planner = visit(store.planner)
        day = timezone.localdate() - timedelta(days=5)
        answer = planner.get(f"/stock/?as_of={day:%d/%m/%Y}&clock=")
        assert answer.url == f"/stock/?as_of={day}"
        page = planner.get(answer.url).content.decode()
        assert 'class="as-of past"' in page
        assert f"23:59 {day:%d/%m/%Y}" in page
        assert "Nothing is entered from figures of the past" in page
        assert 'class="as-of past"' not in planner.get("/stock/").content.decode()
        item = planner.get(f"/items/{store.rice.code}/?as_of={day}")
        assert [(row.depot, row.on_hand) for row, _name in item.context["rows"]] == [("K01", Decimal("2000.5"))]

    def test_differs_by_the_two_clocks_and_names_the_late_vouchers(self, store: Store, visit: Visit) -> None:
        planner, yesterday = visit(store.planner), timezone.localdate() - timedelta(days=1)
        by_voucher = board(planner, f"/stock/?q=gao&as_of={yesterday}")
        assert [row.on_hand for row in by_voucher.page.rows] == [Decimal("1850.5")]
        assert codes(planner, f"?q=gao&recorded_as_of={yesterday}") == []  # the test's store was all written down today
        answer = planner.get(f"/stock/?q=gao&as_of={yesterday}")
        assert answer.context["later"]["count"] == 4
        late = planner.get(answer.context["later"]["href"])
        assert [row.position for row, _kind in late.context["rows"] if row.depot == "K01"] == [3, 2, 1]
        assert planner.get(f"/stock/later/?as_of={yesterday}&depot=K02").context["found"].count == 1

    def test_obeys_the_facets(self, store: Store, visit: Visit) -> None:
        planner, day = visit(store.planner), timezone.localdate() - timedelta(days=1)
        assert codes(planner, f"?as_of={day}&depot=K02") == [store.rice.code]
        assert codes(planner, f"?as_of={day}&group=QN-02") == [store.milk.code]
        assert codes(planner, f"?as_of={day}&grade=5") == []
        road = planner.get(f"/items/{store.rice.code}/road/?as_of={timezone.localdate() - timedelta(days=3)}")
        assert sum(row.quantity for row in road.context["rows"]) in {0, 300}  # sent three days ago to the minute


class TestFiles:
    def test_hold_what_the_page_shows_and_say_so_first(self, store: Store, visit: Visit, tmp_path: Path) -> None:
        planner = visit(store.planner)
        (row,) = board(planner, "/stock/?q=gao").page.rows
        free = row.available
        found = csv_rows(planner.get("/stock.csv?q=gao&show=on_hand&show=available"))
        facts = {row[0]: row[1:] for row in found if len(row) > 1}
        assert facts["Item: name, code, old name, NSN or GTIN"] == ["gao"]
        assert facts["Figures at"] == ["now"]
        assert facts["Made by"][0] == "kehoach"
        head = found.index(["Item code", "Item", "Unit of measure", "On hand", "Available", "Depots"])
        assert found[head + 1 :] == [
            [store.rice.code, "Rice", "kilogram", "1850.500", f"{free}", "2"],
            ["End of the list: 1 row"],
        ]
        written = tmp_path / "file.xlsx"
        written.write_bytes(b"".join(planner.get("/stock.xlsx?level=pile").streaming_content))
        sheet = CalamineWorkbook.from_path(str(written)).get_sheet_by_index(0).to_python()
        assert [row[3] for row in sheet if row[0] == store.rice.code] == ["K01", "K01", "K02"]
        assert sum(row[10] for row in sheet if row[0] == store.rice.code) == 1850.5
        assert AccessRecord.objects.filter(action="list.xlsx", user=store.planner).count() == 1

    def test_say_of_when_by_both_clocks(self, store: Store, visit: Visit) -> None:
        planner, day = visit(store.planner), timezone.localdate() - timedelta(days=1)
        found = csv_rows(planner.get(f"/stock.csv?level=depot&as_of={day}&recorded_as_of={timezone.localdate()}"))
        facts = {row[0]: row[1:] for row in found if len(row) > 1}
        assert facts["By the date of the voucher"] == [f"{day}T23:59:59.999999+07:00"]
        assert facts["By the time of recording"] == [f"{timezone.localdate()}T23:59:59.999999+07:00"]
        assert [row[3:6] for row in found if row[:1] == [store.rice.code]] == [
            ["K01", "Kho mẫu K01", "1600.500"], ["K02", "Kho mẫu K02", "250.000"]
        ]  # fmt: skip


class TestSavedViews:
    def test_keep_a_search_and_its_looks(self, store: Store, visit: Visit) -> None:
        planner = visit(store.planner)
        query = "q=gao&class=&show=available&density=compact&after=xyz"
        answer = planner.post("/stock/views/", {"do": "save", "name": " Gạo  của tôi ", "query": query, "shared": "1"})
        assert answer.url == "/stock/?q=gao&show=available&density=compact"
        assert b"G\xe1\xba\xa1o c\xe1\xbb\xa7a t\xc3\xb4i" in planner.get(answer.url).content
        shown = board(planner, answer.url)
        assert (shown.is_compact, [column.name for column in shown.columns]) == (True, ["available"])
        view = SavedView.objects.get()
        other = visit(store.stranger)
        assert b"G\xe1\xba\xa1o c\xe1\xbb\xa7a t\xc3\xb4i" in other.get("/stock/views/").content
        for change in ({"do": "delete"}, {"do": "change", "name": "mine now"}):
            assert other.post("/stock/views/", {"view": view.pk, **change}).status_code == 403
        planner.post("/stock/views/", {"do": "change", "view": view.pk, "name": "Gạo"})
        view.refresh_from_db()
        assert (view.name, view.is_shared) == ("Gạo", False)
        assert other.post("/stock/views/", {"view": view.pk, "do": "delete"}).status_code == 404
        planner.post("/stock/views/", {"do": "delete", "view": view.pk})
        assert not SavedView.objects.exists()
        past: Any = SavedView.history  # type: ignore[attr-defined]
        assert list(past.order_by("history_id").values_list("history_type", "history_user__login")) == [
            ("+", "kehoach"), ("~", "kehoach"), ("-", "kehoach")
        ]  # fmt: skip

    def test_are_refused_in_words(self, store: Store, visit: Visit) -> None:
        planner, keeper = visit(store.planner), visit(store.keeper)
        for form, status, words in (
            ({"do": "save", "name": "  ", "query": ""}, 422, "Give the saved view a name."),
            ({"do": "save", "name": "x" * 81, "query": ""}, 422, "A name has at most 80 characters."),
            ({"do": "save", "name": "x", "query": "q=" + "y" * 2000}, 422, "too long to be saved"),
            ({"do": "delete", "view": "0"}, 404, "This saved view is gone."),
            ({"do": "delete", "view": "x"}, 404, "This saved view is gone."),
        ):
            answer = planner.post("/stock/views/", form)
            assert answer.status_code == status, form
            assert words in answer.content.decode(), form
        shared = {"do": "save", "name": "x", "query": "", "shared": "1"}
        assert keeper.post("/stock/views/", shared).status_code == 403
        assert keeper.post("/stock/views/", {**shared, "shared": ""}).status_code == 302
        keeper.post("/stock/views/", {**shared, "shared": "", "name": "y"})
        taken = keeper.post("/stock/views/", {"do": "change", "view": SavedView.objects.get(name="y").pk, "name": "x"})
        assert "You have another saved view of this name." in taken.content.decode()


def test_fifty_rows_are_light_and_ask_no_more(store: Store, visit: Visit) -> None:
    planner = visit(store.planner)
    planner.cookies["django_language"] = "vi"
    pages = ("/stock/", f"/stock/?as_of={timezone.localdate()}", f"/items/{store.rice.code}/?state=available")
    poster = User.objects.get(login="nguoi-ghi")

    def asked() -> dict[str, int]:
        found = {}
        for page in pages:
            planner.get(page)
            with CaptureQueriesContext(connection) as questions:
                answer = planner.get(page)
            assert len(answer.content) < MOST_BYTES, page
            found[page] = len(questions)
        return found

    before = asked()
    for number in range(60):
        item = factories.an_item(
            item_code("QY", 1, 500 + number), tracking="lot", name=f"Băng cuộn y tế loại số {number}"
        )
        factories.posting(
            poster, "receipt", "K01", factories.a_line(item, 1234, lot=f"L{number}"),
            factories.a_line(store.rice, 3, lot=f"G{number}"),
        )  # fmt: skip
    after = asked()
    assert after == before
    assert max(after.values()) <= 20


def test_long_lists_are_counted_apart(store: Store, visit: Visit) -> None:
    planner, poster = visit(store.planner), User.objects.get(login="nguoi-ghi")
    for number in range(60):
        item = factories.an_item(item_code("QY", 1, 500 + number), name=f"Băng {number}")
        factories.posting(poster, "receipt", "K01", factories.a_line(item, 5))
    first = board(planner, "/stock/")
    assert (len(first.page.rows), first.is_whole, first.counted, first.totals) == (50, False, None, None)
    counted = planner.get(f"/stock/{first.counting}", headers={"HX-Request": "true", "HX-Target": "counted"})
    assert counted.content.decode().strip() == (
        '<span id="counted">62 rows in the whole list, not only on this page</span>'
    )
    assert board(planner, f"/stock/{first.counting}").counted.items == 62
    second = board(planner, f"/stock/{first.following}")
    assert len(second.page.rows) == 12
    assert second.following == ""
    named = board(planner, "/stock/?sort=name&class=QY")
    rest = board(planner, f"/stock/{named.following}")
    assert [row.name for row in (*named.page.rows, *rest.page.rows)] == sorted(f"Băng {n}" for n in range(60))
