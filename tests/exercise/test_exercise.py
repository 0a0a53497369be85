"""Depots to learn in: they work like any other, and nothing they hold counts anywhere."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, transaction
from django.test import Client
from django.utils import timezone, translation
from pypdf import PdfReader

from depots import access
from depots.models import Depot
from inventory.availability.as_of import as_of
from inventory.availability.current import current
from inventory.availability.nearest import nearest
from inventory.availability.question import Question
from inventory.availability.stock_card import stock_card
from inventory.catalogue.models import Item, Lot
from inventory.ledger.exercising import open_exercise
from inventory.ledger.models import Holding
from inventory.ledger.periods import close_period
from inventory.ledger.posting import post
from inventory.ledger.refusals import InvalidMovement
from inventory.ledger.verifying import totals, verify
from inventory.ledger.weighing import weigh
from inventory.vouchers.paper import voucher_pdf
from logistics import sql
from logistics.accounts.models import Role, Token, User
from logistics.exports import runs
from logistics.exports.checker import check
from tests.factories import a_depot, a_draft, a_line, a_user, an_item, on_hand, posting, telling, world

SOON, LATE = date(2040, 1, 31), date(2041, 6, 30)


@dataclass
class Place:
    """A real depot and one to learn in, with the same goods under the same names in both."""

    by: User
    planner: User
    k01: Depot
    k99: Depot
    rice: Item
    blanket: Item
    pump: Item


@pytest.fixture
def place(db: None) -> Place:
    return a_place()


def a_place() -> Place:
    """Fill both depots, the one to learn in with far more."""
    by = world()
    k01, k99 = a_depot("K01"), a_depot("K99", at=(105.9, 21.0), is_exercise=True)
    rice = an_item("QN-01-0000014", unit="KGM", tracking="lot", name="Gạo tẻ")
    blanket = an_item("QN-02-0000011", name="Chăn")
    pump = an_item("XD-01-0000013", tracking="serial", name="Máy bơm")
    posting(by, "receipt", "K01", a_line(rice, 10, lot="L1", expires_date=SOON), a_line(blanket, 1), days_ago=3)
    posting(by, "receipt", "K01", a_line(pump, 1, lot="S-1"), days_ago=3)
    posting(by, "receipt", "K99", a_line(rice, 5000, lot="L1", expires_date=LATE), a_line(blanket, 700), days_ago=3)
    posting(by, "receipt", "K99", a_line(pump, 1, lot="S-1"), a_line(rice, 3, lot="TAP-1"), days_ago=2)
    planner = a_user("kehoach", role=Role.PLANNER)
    return Place(by, planner, k01, k99, rice, blanket, pump)


def visitor(user: User, language: str = "vi") -> Client:
    """A browser signed in as a user."""
    client = Client()
    client.cookies["django_language"] = language
    client.force_login(user, backend="logistics.accounts.backends.RoleBackend")
    return client


class TestLedger:
    def test_works_like_any_other(self, place: Place) -> None:
        posting(place.by, "issue", "K99", a_line(place.rice, 40))
        posting(place.by, "relocation", "K99", a_line(place.blanket, 5, to_bin="A-02"))
        assert on_hand(place.k99, place.rice) == 4963
        posting(place.by, "reversal", "K99", reverses=3, reason="Tập đảo phiếu")
        assert on_hand(place.k99, place.rice) == 5003
        assert verify("K99").is_sound
        now = timezone.now()
        since = timezone.localdate(now) - timedelta(days=9)  # not the card's own, which begins anew with every year
        card = stock_card(place.rice.code, "K99", by=place.planner, at=now, from_date=since)
        assert [card.inward, card.outward, card.closing] == [5043, 40, 5003]

    def test_its_months_close(self, place: Place) -> None:
        posting(place.by, "receipt", "K99", a_line(place.blanket, 1), days_ago=70, reason="Tập nhập muộn")
        month = (timezone.localdate() - timedelta(days=70)).replace(day=1)
        assert close_period("K99", month, by=place.by, at=timezone.now()).balances == 1
        assert verify("K99").is_sound

    def test_a_lot_or_a_piece_of_the_same_name_is_another_one(self, place: Place) -> None:
        lots = Lot.objects.filter(item=place.rice, code="L1").order_by("is_exercise")
        assert [(lot.is_exercise, lot.expires_date) for lot in lots] == [(False, SOON), (True, LATE)]
        assert all(lot.history.get().is_exercise == lot.is_exercise for lot in lots)
        assert Holding.objects.filter(lot__code="S-1", on_hand=1).count() == 2

    def test_a_call_that_mixes_them_is_refused(self, place: Place) -> None:
        drafts = [
            a_draft("receipt", "K01", a_line(place.blanket, 1)),
            a_draft("receipt", "K99", a_line(place.blanket, 1)),
        ]
        with pytest.raises(InvalidMovement) as refused:
            post([*drafts], by=place.by, at=timezone.now())
        assert {fault.code for fault in refused.value.faults} == {"exercise-depot"}

    @pytest.mark.parametrize(("sender", "receiver"), [("K01", "K99"), ("K99", "K01")])
    def test_nothing_is_sent_between_them(self, sender: str, receiver: str, place: Place) -> None:
        draft = a_draft("transfer_out", sender, a_line(place.rice, 1), to_depot=receiver)
        with pytest.raises(InvalidMovement) as refused:
            post([draft], by=place.by, at=timezone.now())
        (fault,) = refused.value.faults
        assert (fault.pointer, fault.code) == ("/to_depot", "exercise-depot")
        assert receiver in fault.detail
        assert [fault.code for fault in weigh([draft], by=place.by, at=timezone.now())] == ["exercise-depot"]

    def test_the_refusal_is_told_in_vietnamese(self, place: Place) -> None:
        draft = a_draft("transfer_out", "K01", a_line(place.rice, 1), to_depot="K99")
        with translation.override("vi"), pytest.raises(InvalidMovement) as refused:
            post([draft], by=place.by, at=timezone.now())
        assert "K99 là kho tập" in refused.value.detail

    def test_two_exercise_depots_send_to_each_other(self, place: Place) -> None:
        k98 = a_depot("K98", is_exercise=True)
        sent = posting(place.by, "transfer_out", "K99", a_line(place.rice, 100, lot="L1"), to_depot="K98")
        line = a_line(place.rice, 90, lot="L1", reason="Tập nhận thiếu")
        posting(place.by, "transfer_in", "K98", line, consignment=sent.name)
        assert on_hand(k98, place.rice) == 90
        assert verify().is_sound
        assert {row["in_transit"] for row in totals()} == {0}
        assert {row["in_transit"] for row in totals(of_exercises=True)} == {0, 10}

    def test_each_side_conserves_stock_by_itself(self, place: Place) -> None:
        posting(place.by, "issue", "K99", a_line(place.rice, 40))
        for of_exercises, rice in ((False, 10), (True, 4963)):
            found = {row["item"]: row for row in totals(of_exercises=of_exercises)}
            assert found[place.rice.code]["on_hand"] == rice
            for row in found.values():
                assert row["on_hand"] + row["in_transit"] == row["inward"] - row["outward"] + row["adjusted"]
        assert verify().is_sound

    def test_the_check_finds_a_pile_on_the_wrong_side(self, place: Place) -> None:
        made_up = Lot.objects.get(item=place.rice, code="TAP-1")
        Holding.objects.create(
            depot=place.k01, bin=place.k01.bins.get(code="A-01"), item=place.rice, lot=made_up, grade_id=1,
            purpose_id="THUONG_XUYEN", on_hand=0, allocated=0, last_occurred_at=timezone.now(),
        )  # fmt: skip
        found = [one for one in verify().disagreements if one.check == "exercises apart"]
        assert [one.where for one in found] == ["K01 QN-01-0000014 lot TAP-1"]
        assert [one.check for one in verify("K99").disagreements] == []


class TestSides:
    def test_a_depot_never_changes_them_once_it_has_a_logbook(self, place: Place) -> None:
        for depot in (place.k01, place.k99):
            with pytest.raises(DatabaseError, match="never changes"), transaction.atomic():
                Depot.objects.filter(pk=depot.pk).update(is_exercise=not depot.is_exercise)

    def test_nor_while_something_is_on_the_road_to_it(self, place: Place) -> None:
        k02 = a_depot("K02")
        posting(place.by, "transfer_out", "K01", a_line(place.rice, 1), to_depot="K02")
        with pytest.raises(DatabaseError, match="never changes"), transaction.atomic():
            Depot.objects.filter(pk=k02.pk).update(is_exercise=True)

    def test_before_that_it_may_be_put_right(self, place: Place) -> None:
        fresh = a_depot("K55")
        with telling():
            fresh.is_exercise = True
            fresh.save()
        assert [row.is_exercise for row in fresh.history.order_by("history_id")] == [False, True]

    def test_a_lot_never_does(self, place: Place) -> None:
        with pytest.raises(DatabaseError, match="never changes"), transaction.atomic():
            Lot.objects.filter(code="TAP-1").update(is_exercise=False)

    def test_the_upkeep_page_shows_it_fixed(self, place: Place) -> None:
        keeper = visitor(a_user("danhmuc", role=Role.CATALOGUE_KEEPER, is_staff=True), "en")
        fresh = a_depot("K55")
        for depot, is_fixed in ((place.k99, True), (fresh, False)):
            page = keeper.get(f"/upkeep/depots/depot/{depot.pk}/change/")
            assert page.context["adminform"].form.fields["is_exercise"].disabled is is_fixed


class TestAvailability:
    def test_is_of_real_depots_unless_the_other_is_asked_for(self, place: Place) -> None:
        now = timezone.now()
        ways: list[Callable[[Question], Any]] = [
            lambda asked: current(asked, by=place.planner, at=now),
            lambda asked: as_of(asked, by=place.planner, at=now, occurred=now),
            lambda asked: as_of(asked, by=place.planner, at=now, recorded=now),
        ]
        for ask in ways:
            for question in (
                Question(),
                Question(item=place.rice.code),
                Question(unit="G11"),
                Question(supply_class="QN"),
            ):
                assert {row.depot for row in ask(question).rows} == {"K01"}, question
            rice = [row for row in ask(Question(depot="K99")).rows if row.item == place.rice.code]
            assert [(row.depot, row.on_hand, row.available) for row in rice] == [("K99", 5003, 5003)]

    def test_the_nearest_stock_is_real(self, place: Place) -> None:
        found = nearest(place.rice.code, lon=105.9, lat=21.0, by=place.planner, at=timezone.now())
        assert [near.depot for near in found] == ["K01"]

    def test_the_first_page_adds_up_real_depots_and_names_the_others(self, place: Place) -> None:
        stock = visitor(place.planner).get("/stock/").context["board"].page.rows
        assert {row.code: (row.on_hand, row.depots) for row in stock} == {
            place.rice.code: (10, 1), place.blanket.code: (1, 1), place.pump.code: (1, 1)
        }  # fmt: skip
        page = visitor(place.planner).get("/")
        assert [glance.depot.code for glance, _road in page.context["rows"]] == ["K01", "K99"]
        assert page.content.decode().count("kho tập</span>") == 1
        item = visitor(place.planner).get(f"/items/{place.rice.code}/")
        assert [row.depot for row, _name in item.context["rows"]] == ["K01"]

    def test_rights_reach_it_all_the_same(self, place: Place) -> None:
        assert set(access.scope(place.planner)) == {place.k01.pk, place.k99.pk}
        assert access.scope(place.planner, only_counted=True) == [place.k01.pk]


class TestApi:
    @pytest.fixture
    def get(self, place: Place) -> Callable[[str], Any]:
        with telling():
            secret = Token.issue(to=place.planner, at=timezone.now(), days=1)
        return lambda path: Client().get(f"/api/v1{path}", headers={"Authorization": f"Bearer {secret}"}).json()

    def test_says_which_depots_are_for_training(self, get: Callable[[str], Any]) -> None:
        assert {depot["code"]: depot["is_exercise"] for depot in get("/depots")["items"]} == {"K01": False, "K99": True}
        assert get("/depots/K99")["is_exercise"] is True
        marked = {one["id"]: one["properties"]["is_exercise"] for one in get("/depots.geojson")["features"]}
        assert marked == {"K01": False, "K99": True}

    def test_counts_real_stock_only(self, get: Callable[[str], Any], place: Place) -> None:
        assert {row["depot"] for row in get("/availability")["items"]} == {"K01"}
        assert {row["depot"] for row in get("/availability?depot=K99")["items"]} == {"K99"}
        assert [
            row["depot"] for row in get(f"/availability/nearest?item={place.rice.code}&lon=105&lat=21")["items"]
        ] == ["K01"]

    def test_lots_made_up_are_no_lots_of_the_store(self, get: Callable[[str], Any], place: Place) -> None:
        lots = get(f"/lots?item={place.rice.code}")["items"]
        assert [(lot["lot"], lot["expires_on"]) for lot in lots] == [("L1", SOON.isoformat())]

    def test_its_own_logbook_is_read_as_any(self, get: Callable[[str], Any], place: Place) -> None:
        assert len(get("/depots/K99/movements")["items"]) == 2
        assert get(f"/items/{place.rice.code}/stock-card?depot=K99")["closing"] == "5003.000"


def test_nothing_of_it_is_exported(committed: str, settings: Any, tmp_path: Path) -> None:
    settings.EXPORT_DIR, settings.KEY_DIR = tmp_path / "exports", tmp_path / "keys"
    place = a_place()
    a_depot("K98", is_exercise=True)
    posting(place.by, "transfer_out", "K99", a_line(place.rice, 100, lot="L1"), to_depot="K98")
    with telling():
        place.k99.name = "Kho tập"
        place.k99.save()
    folder = runs.nightly(by=place.by, at=timezone.now(), anew=True).parent

    found: dict[str, set[str]] = {}
    for file in sorted(folder.glob("*.parquet")):
        table = pq.read_table(file)
        texts = {
            str(value) for column in table.columns if pa.types.is_string(column.type) for value in column.to_pylist()
        }
        found[file.stem] = texts
        assert not {text for text in texts if text.startswith(("K99", "K98", "TAP-1", "Kho tập"))}, file.stem
    assert "K01" in found["movements"]
    assert "K01" in found["depots_history"]
    document = json.loads((folder / "datapackage.json").read_text())
    assert [depot["code"] for depot in document["depots"]] == ["K01"]
    lots = pq.read_table(folder / "lots.parquet").to_pylist()
    assert [(lot["code"], lot["expires_date"]) for lot in lots if lot["item"] == place.rice.code] == [("L1", SOON)]
    expiries = {row["expires_date"] for row in pq.read_table(folder / "lots_history.parquet").to_pylist()}
    assert LATE not in expiries
    holdings = pq.read_table(folder / "holdings.parquet").to_pylist()
    assert sum(row["on_hand"] for row in holdings if row["item"] == place.rice.code) == Decimal(10)
    check(folder)


class TestPages:
    BANNER = "Kho tập — số liệu không vào báo cáo"

    def test_every_page_of_the_depot_says_so(self, place: Place) -> None:
        browser = visitor(place.planner)
        addresses = [
            "/depots/{}/", "/depots/{}/history/", "/depots/{}/movements/", "/depots/{}/movements/1/",
            "/items/" + place.rice.code + "/stock-card/?depot={}",
        ]  # fmt: skip
        for address in addresses:
            assert self.BANNER in browser.get(address.format("K99")).content.decode(), address
            assert self.BANNER not in browser.get(address.format("K01")).content.decode(), address
        for address in ("/", "/depots/", f"/items/{place.rice.code}/"):
            assert self.BANNER not in browser.get(address).content.decode(), address

    def test_nobody_learns_of_a_depot_that_is_not_theirs(self, place: Place) -> None:
        keeper = a_user("thukho-k01", role=Role.STOREKEEPER, depot=place.k01)
        for user, says in ((place.planner, True), (keeper, False)):
            assert (self.BANNER in visitor(user).get("/check/?depot=K99").content.decode()) is says
        assert visitor(keeper).get("/check/?depot=%00").status_code == 200

    def test_so_does_every_file_of_the_depot(self, place: Place) -> None:
        browser = visitor(place.planner)
        lists = ["/depots/{}/stock.csv", "/depots/{}/expiring.csv", "/depots/{}/held.csv", "/depots/{}/movements.csv"]
        card = f"/items/{place.rice.code}/stock-card.csv?depot={{}}"
        for address in (*lists, "/depots/{}/vouchers.csv", card):
            for code, says in (("K99", True), ("K01", False)):
                answer: Any = browser.get(address.format(code))
                assert answer.status_code == 200, address
                content = b"".join(answer.streaming_content).decode()
                assert (self.BANNER in content) is says, address

    def test_a_refusal_does_not_tell_what_is_out_of_scope(self, place: Place) -> None:
        stranger = visitor(a_user("thukho", role=Role.STOREKEEPER, depot=place.k01))
        for code in ("K99", "K77"):
            answer = stranger.get(f"/depots/{code}/movements/")
            assert answer.status_code == 404
            assert self.BANNER not in answer.content.decode()

    def test_its_paper_is_stamped(self, place: Place) -> None:
        def words(pdf: bytes) -> str:
            return "".join(page.extract_text() for page in PdfReader(BytesIO(pdf)).pages)

        assert "CHỈ ĐỂ TẬP" in words(voucher_pdf("K99", 1))
        assert "CHỈ ĐỂ TẬP" not in words(voucher_pdf("K01", 1))
        browser = visitor(place.planner)
        for code, is_stamped in (("K99", True), ("K01", False)):
            paper = browser.get(f"/api/v1/items/{place.rice.code}/stock-card.pdf?depot={code}").content
            assert ("CHỈ ĐỂ TẬP" in words(paper)) is is_stamped


class TestOpening:
    def test_gives_a_depot_like_another_with_made_up_stock(self, place: Place) -> None:
        keeper, chief = a_user("hocvien"), a_user("giaovien")
        out = StringIO()
        call_command(
            "open_exercise", "K90", "--like", "K01", "--storekeeper", "hocvien", "--approver", "giaovien", stdout=out
        )
        assert "Exercise depot K90 Kho tập K90 is open: 2 bins, 3 items" in out.getvalue()
        opened = Depot.objects.get(code="K90")
        assert opened.is_exercise
        assert sorted(opened.bins.values_list("code", "is_default")) == [("A-01", True), ("A-02", False)]
        assert set(Holding.objects.filter(depot=opened).values_list("lot__is_exercise", flat=True)) == {True}
        expiries = Holding.objects.filter(depot=opened, item=place.rice).values_list("lot__code", "lot__expires_date")
        assert dict(expiries).keys() == {"K90-00", "K90-01", "K90-02", "K90-03"}
        assert Lot.objects.filter(is_exercise=True).exclude(hold_reason="").count() == 1
        assert on_hand(opened, place.pump) == 3
        assert on_hand(opened, place.rice) not in {0, on_hand(place.k01, place.rice)}
        assert access.depot_for_posting(keeper, "K90").id == opened.pk
        assert [one.role for one in chief.assignments.all()] == [Role.APPROVER]
        assert verify().is_sound
        posting(keeper, "issue", "K90", a_line(place.rice, 10))

    def test_takes_no_figure_from_its_model(self, place: Place) -> None:
        for number in range(8):  # two may be alike, depending on their codes and the day; never all of them
            open_exercise(f"K8{number}", like="K01", by=place.by, at=timezone.now())
        quantities = {on_hand(Depot.objects.get(code=f"K8{number}"), place.blanket) for number in range(8)}
        posting(place.by, "receipt", "K01", a_line(place.blanket, 12345))
        open_exercise("K88", like="K01", by=place.by, at=timezone.now())
        assert len(quantities) > 1
        assert on_hand(Depot.objects.get(code="K88"), place.blanket) < 1000

    @pytest.mark.parametrize(
        ("arguments", "says"),
        [
            (["K99", "--like", "K01"], "chọn mã kho mới"),
            (["K90", "--like", "K77"], "K77"),
            (["K 90", "--like", "K01"], "chữ cái và chữ số"),
            (["K90", "--like", "K01", "--storekeeper", "ai"], "no active user"),
        ],
    )
    def test_refuses_in_words(self, arguments: list[str], says: str, place: Place) -> None:
        with pytest.raises(CommandError, match=says) as refused:
            call_command("open_exercise", *arguments)
        assert refused.value.returncode == 5
        assert not Depot.objects.filter(code="K90").exists()


def test_two_statements_name_the_side(place: Place) -> None:
    """Named lots are looked up on the side posted to, not by name alone."""
    given = {"item_ids": [place.rice.pk], "codes": ["L1"]}
    found = [sql.rows("ledger/named_lots", given | {"is_exercise": side}) for side in (False, True)]
    assert [rows[0][3] for rows in found] == [SOON, LATE]
