"""Lists: what the address filters and sorts by, pages by key and by number, files, and what they weigh."""

from __future__ import annotations

import csv
import io
import re
import uuid
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.utils import timezone
from python_calamine import CalamineWorkbook

from inventory.catalogue.codes import item_code
from inventory.catalogue.models import Lot
from inventory.vouchers import workflow
from inventory.vouchers.content import Content
from logistics import lists
from logistics.accounts.models import Assignment, Role, Token, User
from logistics.audit.models import AccessRecord
from logistics.history import Source
from tests import factories
from tests.notation import rows
from tests.pages.store import Store

Visit = Callable[[User], Client]


def shown(client: Client, address: str) -> Any:
    """Open a page of a list and return its listing."""
    answer = client.get(address)
    assert answer.status_code == 200, answer.content.decode()
    return answer.context["listing"]


def positions(client: Client, query: str) -> list[int]:
    """Return the positions that the logbook of K01 shows."""
    return [row.position for row in shown(client, "/depots/K01/movements/" + query).rows]


def csv_rows(answer: Any) -> list[list[str]]:
    """Return a streamed file's rows."""
    assert answer.status_code == 200
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text)))


class TestFiltersOfTheLogbook:
    """K01: 1 receipt (12/LNK), 2 issue to Tiểu đoàn 1, 3 transfer to K02, 4 issue of milk, 5 its reversal."""

    def test_keep_what_is_asked_for(self, store: Store, visit: Visit) -> None:
        keeper = visit(store.keeper)
        today = timezone.localdate()

        def ago(days: int) -> str:
            return f"{today - timedelta(days=days):%d/%m/%Y}"

        for row in rows(f"""
            query                                    | positions
                                                     | 5 4 3 2 1
            ?kind=issue                              | 4 2
            ?q=tieu+doan                             | 2
            ?q=12/lnk                                | 1
            ?q=ghi+nham                              | 5
            ?q=ghi+xyz                               |
            ?item=gao                                | 3 2 1
            ?item={store.milk.code}                  | 5 4 1
            ?lot=l25-02                              | 1
            ?lot=l25-02&item={store.milk.code}       |
            ?partner=K02                             | 3
            ?partner=7/ldd                           | 3
            ?partner=dai+doi                         | 4
            ?who=nguoi-ghi                           | 5 4 3 2 1
            ?who=thukho                              |
            ?state=standing                          | 3 2 1
            ?state=reversed                          | 4
            ?state=reversals                         | 5
            ?from={ago(3)}                           | 5 4 3
            ?to={ago(4)}                             | 2 1
            ?from={ago(4)}&to={ago(3)}               | 3 2
            ?from=t&clock=recorded                   | 5 4 3 2 1
            ?to={ago(1)}&clock=recorded              |
            ?sort=entry                              | 1 2 3 4 5
            ?sort=-occurred                          | 5 4 3 2 1
            ?until=3                                 | 3 2 1
        """):
            assert positions(keeper, row["query"]) == [int(n) for n in row["positions"].split()], row["query"]

    @pytest.mark.parametrize("text", ["hòa bình", "hoà bình", "HOA BINH", "đoàn hoa", "bi\u0300nh"])
    def test_mind_neither_marks_nor_where_the_tone_stands(self, text: str, store: Store, visit: Visit) -> None:
        poster = User.objects.get(login="nguoi-ghi")
        factories.posting(
            poster, "issue", "K01", factories.a_line(store.milk, "1"), counterparty="Trung đoàn Hoà Bình", reason="Ăn"
        )
        listing = shown(visit(store.keeper), "/depots/K01/movements/?" + urlencode({"q": text}))
        assert [row.position for row in listing.rows] == [6]

    def test_show_as_chips_that_take_one_off(self, store: Store, visit: Visit) -> None:
        listing = shown(
            visit(store.keeper), "/depots/K01/movements/?kind=issue&q=tieu&clock=recorded&sort=entry&after="
        )
        assert [(chip.label, chip.text, chip.without) for chip in listing.filters.chips] == [
            ("Number, with whom, order, reason", "tieu", "?kind=issue&clock=recorded&sort=entry"),
            ("Kind", "issue", "?q=tieu&clock=recorded&sort=entry"),
        ]
        assert listing.filters.nothing_on == "?sort=entry"

    @pytest.mark.parametrize(
        ("query", "words"),
        [
            ("?from=31/02/2026", "“31/02/2026” is no day of the calendar"),
            ("?from=05/02/2026&to=04/02/2026", "The first day is after the last"),
            ("?kind=gift", "gift is not one of the available choices"),
            ("?q=%00", "Null characters are not allowed"),
        ],
    )
    @pytest.mark.parametrize("file", ["/", ".csv", ".xlsx"])
    def test_that_cannot_be_read_are_told_beside_the_field(
        self, query: str, words: str, file: str, store: Store, visit: Visit
    ) -> None:
        answer = visit(store.keeper).get(f"/depots/K01/movements{file}{query}")
        assert answer.status_code == 422
        page = answer.content.decode()
        assert words in page
        assert "<title>Error: " in page
        assert "<tbody>" not in page

    def test_keep_what_is_typed_as_text(self, store: Store, visit: Visit) -> None:
        page = visit(store.keeper).get("/depots/K01/movements/", {"q": '"><script>alert(1)</script>'}).content.decode()
        assert "<script>alert" not in page
        assert "No movement of K01 is like that" in page


class TestPages:
    def test_by_key_show_every_row_once_in_both_directions(
        self, store: Store, visit: Visit, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(lists, "A_PAGE", 2)
        keeper = visit(store.keeper)
        for sort in ("-entry", "entry", "-occurred", "number", "-number"):
            whole = [row.position for row in _walk(keeper, f"?sort={sort}", "following")]
            assert sorted(whole) == [1, 2, 3, 4, 5], sort
            last = _last_page(keeper, f"?sort={sort}")
            back = [row.position for row in _walk(keeper, last, "previous")]
            assert sorted(back) == [1, 2, 3, 4, 5], sort
        assert [row.position for row in _walk(keeper, "?sort=-occurred", "following")] == [5, 4, 3, 2, 1]

    @pytest.mark.parametrize(
        "address",
        [
            "/depots/K01/movements/?sort=reason",
            "/depots/K01/movements/?sort=-",
            "/depots/K01/movements/?after=nonsense",
            "/depots/K01/movements/?after=WyJ4Il0",
            "/depots/K01/movements/?before=WyIxIiwiMiJd",
            "/depots/K01/movements/?sort=occurred&after=WyJ5ZXN0ZXJkYXkiLCIxIl0",
            "/depots/K01/stock/?page=2",
            "/depots/K01/stock/?sort=id",
            "/depots/K01/vouchers/?after=WyIyMDI2IiwieCJd",
            "/depots/K01/movements.pdf",
            "/items/QN-01-0000014/lot-history/?lot=none",
            "/items/QN-01-0000014/lot-history/",
        ],
    )
    def test_that_do_not_exist_are_404(self, address: str, store: Store, visit: Visit) -> None:
        assert visit(store.keeper).get(address).status_code == 404

    def test_of_a_hundred_rows_weigh_at_most_60_kb(self, store: Store, visit: Visit) -> None:
        poster = User.objects.get(login="nguoi-ghi")
        for number in range(100):
            item = factories.an_item(
                item_code("QY", 1, number), tracking="lot", name=f"Băng cuộn y tế loại số {number}", name_en="Bandage"
            )
            factories.posting(
                poster, "receipt", "K01",
                factories.a_line(item, "1234", lot=f"LO-2026-{number:03}", expires_date=date(2027, 1, 31)),
                factories.a_line(store.milk, "1"),
                counterparty="Công ty cổ phần Dược phẩm mẫu", order_number=f"{number}/LNK-2026", reason="Nhập",
            )  # fmt: skip
            _a_voucher(store, counterparty="Công ty cổ phần Dược phẩm mẫu", order_number=f"{number}/LNK-2026")
        keeper = visit(store.keeper)
        for language in ("vi", "en"):
            keeper.cookies["django_language"] = language
            for name in ("movements", "stock", "expiring", "vouchers"):
                answer = keeper.get(f"/depots/K01/{name}/")
                assert len(answer.context["listing"].rows) == 100, name
                assert len(answer.content) <= 60_000, (name, language, len(answer.content))


def _walk(client: Client, query: str, way: str) -> list[Any]:
    found: list[Any] = []
    while query:
        listing = shown(client, "/depots/K01/movements/" + query)
        found = found + list(listing.rows) if way == "following" else list(listing.rows) + found
        query = getattr(listing, way)
    return found


def _last_page(client: Client, query: str) -> str:
    while following := shown(client, "/depots/K01/movements/" + query).following:
        query = following
    return query


def _a_voucher(store: Store, **fields: Any) -> uuid.UUID:
    made = workflow.save(
        uuid.uuid4(),
        Content(kind="receipt", lines=[], **fields),
        place=_place(store),
        version=0,
        by=store.keeper,
        at=timezone.now(),
        source=Source.WEB,
    )
    return made.pk


def _place(store: Store) -> Any:
    from depots import access

    return access.depot_for_posting(store.keeper, "K01")


class TestFiles:
    def test_hold_all_rows_of_the_filter_and_say_what_they_are(
        self, store: Store, visit: Visit, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(lists, "A_PAGE", 1)
        monkeypatch.setattr(lists, "_ROWS_AT_ONCE", 2)
        keeper = visit(store.keeper)
        answer = keeper.get("/depots/K01/movements.csv?item=gao&sort=entry")
        assert re.fullmatch(r'attachment; filename="K01-movements-\d{8}-\d{4}\.csv"', answer["Content-Disposition"])
        found = csv_rows(answer)
        assert found[0] == ["Logbook K01 Kho mẫu K01"]
        facts = {row[0]: row[1:] for row in found[1:5]}
        assert facts["Item code or name"] == ["gao"]
        assert facts["Sorted by"] == ["Entry: ascending"]
        assert facts["As of"][0].startswith(f"{timezone.localdate()}T")
        assert facts["Made by"] == ["thukho", "thukho"]
        head, *data = found[6:]
        assert head[:4] == ["Entry", "Number", "Kind", "Occurred"]
        assert [row[0] for row in data] == ["1", "2", "3", "End of the list: 3 rows"]
        assert dict(zip(head, data[0], strict=True))["Lines"] == "3"

    def test_are_the_same_as_csv_and_as_a_spreadsheet(self, store: Store, visit: Visit, tmp_path: Path) -> None:
        keeper = visit(store.keeper)
        for name in ("movements", "stock", "expiring", "held", "vouchers", "history"):
            plain = csv_rows(keeper.get(f"/depots/K01/{name}.csv"))
            file = tmp_path / f"{name}.xlsx"
            file.write_bytes(b"".join(keeper.get(f"/depots/K01/{name}.xlsx").streaming_content))
            sheet = CalamineWorkbook.from_path(str(file)).get_sheet_by_index(0).to_python(skip_empty_area=False)
            assert len(sheet) == len(plain), name
            at = next(number for number, row in enumerate(plain) if not row) + 1
            assert [cell for cell in sheet[at] if cell] == plain[at], name
        stock = {row[0]: row for row in sheet_rows(keeper, "/depots/K01/stock.xlsx", tmp_path)}
        assert stock["Rice"][9] == 800.5
        assert stock["Rice"][3] == date(2031, 1, 31)

    def test_never_hold_a_formula(self, store: Store, visit: Visit, tmp_path: Path) -> None:
        poster = User.objects.get(login="nguoi-ghi")
        nasty = '=HYPERLINK("http://x","y")'
        factories.posting(
            poster, "receipt", "K01", factories.a_line(store.milk, "1"), counterparty=nasty, reason="@SUM(1)"
        )
        keeper = visit(store.keeper)
        data = {row[0]: row for row in csv_rows(keeper.get("/depots/K01/movements.csv")) if row}
        assert data["6"][5] == "'" + nasty
        assert "'@SUM(1)" in data["6"]
        assert sheet_rows(keeper, "/depots/K01/movements.xlsx", tmp_path)[0][5] == nasty

    def test_that_would_be_too_long_are_refused_in_words(
        self, store: Store, visit: Visit, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(lists, "MOST_IN_A_FILE", 4)
        keeper = visit(store.keeper)
        for kind in ("csv", "xlsx"):
            answer = keeper.get(f"/depots/K01/movements.{kind}")
            assert answer.status_code == 422
            assert "the list has more than 4 rows" in answer.content.decode()
            assert keeper.get(f"/depots/K01/movements.{kind}?state=standing").status_code == 200

    def test_are_remembered_with_who_took_them(self, store: Store, visit: Visit) -> None:
        visit(store.keeper).get("/depots/K01/stock.csv?q=gao")
        record = AccessRecord.objects.get()
        assert (record.user, record.action, record.subject) == (store.keeper, "list.csv", "/depots/K01/stock.csv?q=gao")

    def test_hold_nothing_of_other_depots(self, store: Store, visit: Visit) -> None:
        for name in ("movements", "stock", "expiring", "held", "vouchers", "history"):
            assert visit(store.stranger).get(f"/depots/K01/{name}.csv").status_code == 404
            assert "K01" not in str(csv_rows(visit(store.stranger).get(f"/depots/K99/{name}.csv")))


def sheet_rows(client: Client, address: str, folder: Path) -> list[list[Any]]:
    """Return the rows of a spreadsheet below its head."""
    file = folder / "one.xlsx"
    file.write_bytes(b"".join(client.get(address).streaming_content))
    found = CalamineWorkbook.from_path(str(file)).get_sheet_by_index(0).to_python(skip_empty_area=False)
    return found[next(number for number, row in enumerate(found) if not any(row)) + 2 : -1]


class TestStock:
    def test_is_in_vietnamese_order(self, store: Store, visit: Visit) -> None:
        poster = User.objects.get(login="nguoi-ghi")
        for number, name in enumerate(["Đạn", "Dầu", "Ấm", "Áo", "Bát", "An", "Ăng-ten"]):
            item = factories.an_item(item_code("QY", 1, number), name=name)
            factories.posting(poster, "receipt", "K01", factories.a_line(item, number + 1))
        keeper = visit(store.keeper)
        keeper.cookies["django_language"] = "vi"
        names = [row.item.name for row in shown(keeper, "/depots/K01/stock/").rows if row.item.code.startswith("QY")]
        assert names == ["An", "Áo", "Ăng-ten", "Ấm", "Bát", "Dầu", "Đạn"]

    def test_is_filtered_by_each_of_its_dimensions(self, store: Store, visit: Visit) -> None:
        Lot.objects.filter(code="L25-02").update(hold_reason="Chờ kiểm nghiệm")
        keeper = visit(store.keeper)
        for row in rows("""
            query                    | lots
            ?q=gao                   | L25-01 L25-02
            ?q=gạo+bao               | L25-01 L25-02
            ?q=l25-02                | L25-02
            ?bin=A-02                | L25-02
            ?bin=A-01&q=gao          | L25-01
            ?state=on_hold           | L25-02
            ?state=expired           |
            ?lot=L25-01              | L25-01
            ?grade=2                 |
            ?purpose=SSCD            |
            ?q=gao&sort=-on-hand     | L25-02 L25-01
            ?q=gao&sort=on-hand      | L25-01 L25-02
            ?q=gao&sort=-expires     | L25-02 L25-01
        """):
            found = [pile.lot.code for pile in shown(keeper, "/depots/K01/stock/" + row["query"]).rows]
            assert found == row["lots"].split(), row["query"]

    def test_is_added_up_for_one_item_only(self, store: Store, visit: Visit) -> None:
        keeper = visit(store.keeper)
        assert "<tfoot>" not in keeper.get("/depots/K01/stock/").content.decode()
        answer = keeper.get("/depots/K01/stock/?q=gao")
        assert answer.context["sums"]["on_hand"] == Decimal("1600.5")
        assert "1,600.5" in answer.content.decode()


class TestLots:
    def test_that_expire_come_in_order_and_in_bands(self, store: Store, visit: Visit) -> None:
        poster, today = User.objects.get(login="nguoi-ghi"), timezone.localdate()
        for code, days in (("L-OLD", -1), ("L-SOON", 30), ("L-LATER", 130)):
            factories.posting(
                poster, "receipt", "K01",
                factories.a_line(store.rice, "10", lot=code, expires_date=today + timedelta(days=days)),
            )  # fmt: skip
        keeper = visit(store.keeper)
        answer = keeper.get("/depots/K01/expiring/")
        assert [(row.lot, row.band.code, row.left_days) for row in answer.context["listing"].rows][:3] == [
            ("L-OLD", "expired", -1), ("L-SOON", "3-months", 30), ("L-LATER", "6-months", 130),
        ]  # fmt: skip
        assert [(band.code, count) for band, count, _href, _on in answer.context["shares"]] == [
            ("expired", 1), ("3-months", 1), ("6-months", 1), ("later", 2),
        ]  # fmt: skip
        assert [row.lot for row in shown(keeper, "/depots/K01/expiring/?band=3-months").rows] == ["L-SOON"]

    def test_on_hold_say_why_since_when_and_by_whom(self, store: Store, visit: Visit) -> None:
        from logistics import history

        lot = Lot.objects.get(code="L25-02")
        for reason in ("Chờ kiểm nghiệm", "", "Bao rách", "Bao rách, ướt"):
            with history.changing(by=store.catalogue_keeper, reason="công văn 15", source=history.Source.WEB):
                lot.hold_reason = reason
                lot.save()
        (row,) = shown(visit(store.keeper), "/depots/K01/held/").rows
        began = Lot.history.filter(code="L25-02", hold_reason="Bao rách").get()
        assert (row.lot, row.hold_reason, row.held_since, row.held_by) == (
            "L25-02", "Bao rách, ướt", began.history_date, "danhmuc",
        )  # fmt: skip


class TestCards:
    def test_of_one_lot_keep_that_lots_balance(self, store: Store, visit: Visit) -> None:
        keeper, address = visit(store.keeper), f"/items/{store.rice.code}/stock-card/?depot=K01"
        card = keeper.get(address + "&lot=L25-01&from=-9").context["card"]
        assert [(line.change, line.balance) for line in card.lines] == [
            (Decimal(1200), Decimal(1200)), (Decimal(-100), Decimal(1100)), (Decimal(-300), Decimal(800)),
        ]  # fmt: skip
        day = timezone.localdate() - timedelta(days=3)
        later = keeper.get(f"{address}&lot=L25-01&from={day}").context["card"]
        assert (later.opening, later.closing) == (Decimal(1100), Decimal(800))

    def test_refuse_a_lot_that_is_not_the_items(self, store: Store, visit: Visit) -> None:
        answer = visit(store.keeper).get(f"/items/{store.rice.code}/stock-card/?depot=K01&lot=L99-X")
        assert answer.status_code == 422

    def test_are_files_too(self, store: Store, visit: Visit, tmp_path: Path) -> None:
        keeper = visit(store.keeper)
        plain = csv_rows(keeper.get(f"/items/{store.rice.code}/stock-card.csv?depot=K01&lot=L25-01&from=-9"))
        assert plain[0][:3] == ["Stock card", store.rice.code, "Gạo tẻ"]
        assert [row[10] for row in plain if len(row) > 10][1:] == [
            "0.000",
            "1200.000",
            "1100.000",
            "800.000",
            "800.000",
        ]
        file = f"/items/{store.rice.code}/stock-card.xlsx?depot=K01&lot=L25-01&from=-9"
        found = sheet_rows(keeper, file, tmp_path)
        assert [row[10] for row in found] == [0, 1200, 1100, 800, 800]


class TestVouchers:
    def test_are_listed_by_status_kind_and_person(self, store: Store, visit: Visit) -> None:
        waiting = _a_voucher(store, counterparty="Xưởng may 3", order_number="9/LNK")
        workflow.cancel(
            waiting, place=_place(store), reason="Trùng", by=store.keeper, at=timezone.now(), source=Source.WEB
        )
        keeper = visit(store.keeper)
        for row in rows("""
            query              | found
            ?status=cancelled  | cancelled
            ?status=open       | draft
            ?q=xuong+may       | cancelled
            ?q=9/lnk           | cancelled
            ?who=thukho        | cancelled draft
            ?who=nobody        |
            ?kind=disposal     |
            ?from=t            | cancelled draft
            ?to=-1             |
        """):
            found = shown(keeper, "/depots/K01/vouchers/" + row["query"]).rows
            assert [voucher.status for voucher in found] == row["found"].split(), row["query"]


class TestHistories:
    def test_of_a_depot_tell_its_bins(self, store: Store, visit: Visit) -> None:
        bin_ = store.k01.bins.get(code="A-02")
        with factories.telling("Đánh số lại kệ"):
            bin_.name = "Kệ 2"
            bin_.save()
        keeper = visit(store.keeper)
        newest = shown(keeper, "/depots/K01/history/").rows[0]
        assert (newest.kind, newest.row, newest.reason, newest.changes) == (
            "bin", "A-02", "Đánh số lại kệ", [("name", "—", "Kệ 2")],
        )  # fmt: skip
        assert {row.kind for row in shown(keeper, "/depots/K01/history/?what=bin").rows} == {"bin"}
        assert len(shown(keeper, "/depots/K01/history/?q=danh+so").rows) == 1
        assert len(shown(keeper, "/depots/K01/history/?door=web").rows) == 0

    def test_walk_through_all_changes_of_all_tables(
        self, store: Store, visit: Visit, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from logistics.audit import pages

        monkeypatch.setattr(pages, "A_PAGE", 2)
        keeper, query, found = visit(store.keeper), "?", []
        while query:
            listing = shown(keeper, "/depots/K01/history/" + query)
            found += [(row.kind, row.row) for row in listing.rows]
            query = listing.following
        assert sorted(found) == [("bin", "A-01"), ("bin", "A-02"), ("bin", "T-01"), ("depot", "K01")]

    def test_of_a_user_tell_roles_and_their_branches(self, store: Store, visit: Visit) -> None:
        assignment = Assignment.objects.get(user=store.keeper)
        with factories.telling("Quyết định 5"):
            assignment.supply_classes.add("QN", "QY")
            assignment.valid_to = date(2030, 12, 31)
            assignment.save()
            Token.issue(to=store.keeper, at=timezone.now(), days=1, name="Máy quét", scopes=["read", "post"])
        answer = visit(store.administrator).get(f"/upkeep/accounts/user/{store.keeper.pk}/history/")
        told = [(row.kind, change) for row in answer.context["listing"].rows for change in row.changes]
        assert ("assignment", ("last day", "—", "31/12/2030")) in [
            (kind, ("last day", old, new)) for kind, (_label, old, new) in told
        ]
        assert ("token", "read, post") in [(kind, new) for kind, (_label, _old, new) in told]
        assert ("assignment", "QN, QY") in [(kind, new) for kind, (_label, _old, new) in told]
        plain = csv_rows(visit(store.administrator).get(f"/upkeep/accounts/user/{store.keeper.pk}/history/?file=csv"))
        assert any("QN, QY" in row for row in plain)

    def test_of_a_voucher_tell_its_lines_one_by_one(self, store: Store, visit: Visit) -> None:
        workflow.save(
            store.voucher,
            Content(
                kind="issue",
                counterparty="Tiểu đoàn 7",
                lines=[{"id": "l1", "item": store.rice.code, "quantity": "8"}],
            ),
            place=_place(store), version=1, by=store.keeper, at=timezone.now(), source=Source.API,
        )  # fmt: skip
        newest = shown(visit(store.keeper), f"/depots/K01/vouchers/{store.voucher}/history/").rows[0]
        assert (newest.who, newest.door) == ("thukho", "the API")
        assert newest.changes == [
            ("giver or receiver", "Tiểu đoàn 2", "Tiểu đoàn 7"), ("line 1, quantity", "5", "8"),
        ]  # fmt: skip

    def test_of_a_lot_lead_to_the_movement_that_brought_it_where_that_may_be_read(
        self, store: Store, visit: Visit
    ) -> None:
        address = f"/items/{store.rice.code}/lot-history/?lot=L25-01"
        (row,) = shown(visit(store.keeper), address).rows
        assert (row.door, row.link, row.who) == ("a posting", ("/depots/K01/movements/1/", "K01/1"), "nguoi-ghi")
        assert row.unit == "the whole store"
        (row,) = shown(visit(store.stranger), address).rows
        assert row.link is None

    def test_say_in_which_unit_a_person_was_that_day(self, store: Store, visit: Visit) -> None:
        with factories.telling():
            Assignment.objects.filter(user=store.keeper).update(valid_to=timezone.localdate() - timedelta(days=1))
            store.keeper.assignments.create(role=Role.APPROVER, depot=store.k01)
        from logistics import history

        with history.changing(by=store.keeper, reason="Đổi tên", source=history.Source.API):
            store.milk.name = "Sữa hộp"
            store.milk.save()
        row = shown(visit(store.keeper), f"/items/{store.milk.code}/history/").rows[0]
        assert (row.who, row.unit, row.door) == ("thukho", "Tổng cục mẫu", "the API")
