"""Tables of documents on their way into a logbook."""

from __future__ import annotations

import csv
import functools
import time
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
import xlsxwriter
from django.utils import timezone

from inventory.catalogue.codes import item_code
from inventory.ledger import reading
from inventory.ledger.models import Movement
from inventory.ledger.periods import close_period
from inventory.ledger.verifying import verify
from logistics.accounts.models import Assignment, Role
from tests.factories import (
    a_depot,
    a_line,
    a_lot,
    a_packaging,
    a_user,
    an_item,
    on_hand,
    posting,
    telling,
)

pytestmark = pytest.mark.django_db

RICE, NAILS = "QN-01-0000017", "QN-02-0000016"


def lately(hour: int, minute: int = 0) -> datetime:
    """Return that time of the day before yesterday here: long ago enough to be over, too little to ask for a reason."""
    here = timezone.localtime() - timedelta(days=2)
    return here.replace(hour=hour, minute=minute, second=0, microsecond=0)


@pytest.fixture
def poster(kept_world, db):
    return kept_world


@pytest.fixture
def depot(poster):
    return a_depot("K01")


@pytest.fixture
def rice(poster):
    return an_item(RICE, unit="KGM", tracking="lot")


@pytest.fixture
def nails(poster):
    return an_item(NAILS)


@pytest.fixture
def goods(depot, rice, nails):
    """The depot and two items: one kept by lot, one not."""


def receipt(number=1, item=NAILS, quantity="10", **cells):
    return {
        "document": f"PN{number}",
        "kind": "receipt",
        "occurred_at": yesterday(),
        "item": item,
        "quantity": quantity,
    } | cells


@functools.cache
def yesterday():
    """The same instant all through a run: rows of one document tell one time."""
    return (timezone.localtime() - timedelta(days=1)).replace(microsecond=0).isoformat()


def of_rice(number=1, lot="L1", **cells):
    return receipt(number, RICE, lot=lot, **cells)


class TestPosting:
    def test_posts_one_movement_a_document_with_all_it_says(self, run, table, goods, depot, rice):
        header = {
            "counterparty": "Công ty mẫu",
            "order_number": "12/LNK",
            "order_date": "2026-11-19",
            "reason": "bổ sung",
        }
        moment = yesterday()
        rows = [
            of_rice(occurred_at=moment, quantity="7.500", unit="KGM", expires_on="2028-06-30", bin="A-02", grade="2",
                    purpose="SSCD", unit_price="15000", scheduled_quantity="8", line_reason="bao rách", **header),
            receipt(occurred_at=moment, **header),
            receipt(2, "QN-02-0000016", occurred_at=moment, kind="issue", quantity="4"),
        ]  # fmt: skip
        ran = run("import_movements", table(rows), "--depot=K01")
        assert (ran.code, ran.report["posted"], ran.report["errors"]) == (0, 2, [])
        first, second = reading.movements(depot.id)
        assert (first.kind, first.key, first.counterparty, first.order_number, first.reason) == (
            "receipt", "import:PN1", "Công ty mẫu", "12/LNK", "bổ sung",
        )  # fmt: skip
        assert (first.order_date, first.occurred_at) == (date(2026, 11, 19), datetime.fromisoformat(moment))
        line = first.lines[0]
        assert (line.item, line.lot, line.bin, line.grade, line.purpose, line.change) == (
            RICE, "L1", "A-02", 2, "SSCD", Decimal("7.5"),
        )  # fmt: skip
        assert (line.expires_date, line.unit_price, line.scheduled_quantity, line.reason) == (
            date(2028, 6, 30), Decimal(15000), Decimal(8), "bao rách",
        )  # fmt: skip
        assert [line.change for line in second.lines] == [Decimal(-4)]
        assert first.actor == "he-thong"
        assert verify("K01").is_sound

    def test_takes_every_kind_that_moves_stock_in_a_depot(self, run, table, goods, depot, nails):
        a_depot("K02")
        rows = [
            receipt(1, quantity="100"),
            receipt(2, kind="issue", quantity="10"),
            receipt(3, kind="transfer_out", quantity="20", to_depot="K02"),
            receipt(4, kind="relocation", quantity="5", to_bin="A-02"),
            receipt(5, kind="regrade", quantity="3", to_grade="5"),
            receipt(6, kind="repurpose", quantity="2", to_purpose="SSCD"),
            receipt(7, kind="adjustment", quantity="-1", reason="hao hụt"),
            receipt(8, kind="disposal", quantity="3", grade="5", reason="hỏng"),
            receipt(9, kind="return", quantity="1"),
            receipt(10, kind="opening", quantity="1"),
        ]
        assert run("import_movements", table(rows), "--depot=K01").report["posted"] == 10
        assert on_hand(depot, nails) == 100 - 10 - 20 - 1 - 3 + 1 + 1
        came = [receipt(1, kind="transfer_in", quantity="20", consignment="K01/3")]
        assert run("import_movements", table(came), "--depot=K02").code == 0

    def test_reads_a_time_without_offset_as_local(self, run, table, goods, depot):
        moment = lately(8)
        rows = [receipt(occurred_at=f"{moment:%Y-%m-%d %H:%M}")]
        assert run("import_movements", table(rows), "--depot=K01").code == 0
        (movement,) = reading.movements(depot.id)
        assert movement.occurred_at == moment

    def test_keeps_what_looks_like_a_formula_as_text(self, run, table, goods, depot):
        run("import_movements", table([receipt(counterparty="=cmd|' /C calc'!A1")]), "--depot=K01")
        (movement,) = reading.movements(depot.id)
        assert movement.counterparty == "=cmd|' /C calc'!A1"

    def test_lets_a_later_row_issue_what_an_earlier_one_brings_in(self, run, table, goods, depot, rice):
        rows = [of_rice(1, "L9", quantity="10"), of_rice(2, "L9", kind="issue", quantity="4")]
        assert run("import_movements", table(rows), "--depot=K01").code == 0
        assert on_hand(depot, rice) == 6

    def test_posts_nothing_on_a_dry_run_and_says_what_it_would(self, run, table, goods):
        ran = run("import_movements", table([receipt(1), receipt(2)]), "--depot=K01", "--dry-run")
        assert (ran.code, ran.report["posted"], ran.report["counts"]["movements"]) == (0, 0, 2)
        assert not Movement.objects.exists()

    def test_ends_with_one_line_that_says_it_all(self, run, table, goods):
        ran = run("import_movements", table([receipt(1), receipt(2, "?")]), "--depot=K01", format="text")
        *_told, totals, not_taken, summary = ran.out.splitlines()
        assert ran.code == 1
        assert "row 3, item “?”" in ran.out
        assert totals == "file: rows 2, quantity 20"
        assert not_taken == "not_taken: rows 2, quantity 20"
        assert summary.startswith("nothing written, errors 1; ")


class TestTwice:
    def test_the_same_file_is_posted_once_whoever_brings_it(self, run, table, goods, poster):
        file = table([receipt(1), of_rice(1), receipt(2)])
        assert run("import_movements", file, "--depot=K01").report["posted"] == 2
        for by in (None, poster.login):
            again = run("import_movements", file, "--depot=K01", by=by)
            assert (again.code, again.report["posted"]) == (0, 0)
            assert again.report["counts"]["movements_there_before"] == 2
            assert again.report["totals"]["there_before"]["rows"] == "3"
        assert Movement.objects.count() == 2

    def test_a_longer_file_posts_what_is_new(self, run, table, goods):
        moment = yesterday()
        rows = [receipt(number, occurred_at=moment) for number in range(4)]
        run("import_movements", table(rows[:2]), "--depot=K01")
        assert run("import_movements", table(rows), "--depot=K01").report["posted"] == 2

    def test_a_document_with_other_content_is_an_error_at_its_rows(self, run, table, goods):
        moment = yesterday()
        run("import_movements", table([receipt(1, occurred_at=moment), of_rice(1, occurred_at=moment)]), "--depot=K01")
        rows = [receipt(2), receipt(1, occurred_at=moment, quantity="11"), of_rice(1, occurred_at=moment)]
        ran = run("import_movements", table(rows), "--depot=K01")
        assert (ran.code, ran.places) == (1, [(3, "document"), (4, "document")])
        assert "K01/1" in ran.report["errors"][0]["reason"]
        assert Movement.objects.count() == 1

    def test_names_no_key_can_spell_stay_apart(self, run, table, goods):
        moment = yesterday()
        names = ["Phiếu số 1", "Phiếu số 2", "x" * 100, "x" * 101]
        rows = [receipt(occurred_at=moment, document=name) for name in names]
        assert run("import_movements", table(rows), "--depot=K01").report["posted"] == 4
        assert run("import_movements", table(rows), "--depot=K01").report["posted"] == 0
        assert all(len(key) <= 64 and key.isascii() for key in Movement.objects.values_list("key", flat=True))


TOO_LATE = "2020-01-01"
BAD_CELLS = [
    ({"document": ""}, "document"),
    ({"document": "x" * 201}, "document"),
    ({"kind": "recept"}, "kind"),
    ({"kind": "reversal"}, "kind"),
    ({"kind": ""}, "kind"),
    ({"occurred_at": "20/11/2026"}, "occurred_at"),
    ({"occurred_at": "2026-02-30"}, "occurred_at"),
    ({"occurred_at": "2199-01-01"}, "occurred_at"),  # the future
    ({"occurred_at": "1999-01-01", "reason": "x"}, "occurred_at"),  # before the depot opened
    ({"occurred_at": TOO_LATE}, "reason"),
    ({"item": ""}, "item"),
    ({"item": "QN-01-9999999"}, "item"),
    ({"lot": "L1"}, "lot"),  # not kept by lot
    ({"item": RICE, "lot": ""}, "lot"),
    ({"item": RICE, "lot": "L1", "expires_on": "30/06/2028"}, "expires_on"),
    ({"item": RICE, "lot": "KNOWN", "expires_on": "2028-06-30"}, "expires_on"),
    ({"bin": "Z-99"}, "bin"),
    ({"grade": "9"}, "grade"),
    ({"grade": "one"}, "grade"),
    ({"purpose": "NOWHERE"}, "purpose"),
    ({"quantity": ""}, "quantity"),
    ({"quantity": "ten"}, "quantity"),
    ({"quantity": "1,000"}, "quantity"),
    ({"quantity": "0"}, "quantity"),
    ({"quantity": "-5"}, "quantity"),
    ({"quantity": "2.5"}, "quantity"),  # pieces have no decimals
    ({"quantity": "1.2345"}, "quantity"),
    ({"quantity": "9999999999999999"}, "quantity"),
    ({"unit": "LTR"}, "unit"),
    ({"unit_price": "-1"}, "unit_price"),
    ({"unit_price": "1.234"}, "unit_price"),
    ({"scheduled_quantity": "x"}, "scheduled_quantity"),
    ({"order_date": "19-11-2026"}, "order_date"),
    ({"order_number": "x" * 81}, "order_number"),
    ({"to_depot": "K02"}, "to_depot"),
    ({"kind": "transfer_out", "to_depot": "K99"}, "to_depot"),
    ({"to_bin": "A-02"}, "to_bin"),
    ({"kind": "relocation"}, "to_bin"),
    ({"kind": "adjustment"}, "reason"),
    ({"kind": "transfer_in"}, "consignment"),
    ({"kind": "transfer_in", "consignment": "K77/1"}, "consignment"),
    ({"kind": "issue", "quantity": "1000"}, "quantity"),  # more than there is
    ({"kind": "issue", "quantity": "5", "occurred_at": "EARLY"}, "quantity"),  # before it came
    ({"kind": "issue", "item": RICE, "lot": "EXPIRED"}, "lot"),
    ({"kind": "issue", "item": RICE, "lot": "HELD"}, "lot"),
    ({"kind": "issue", "item": RICE, "lot": "NONE"}, "lot"),
]


@pytest.fixture
def stocked(goods, poster, rice, nails):
    """A depot with stock, a lot known to expire, one expired, one on hold."""
    a_lot(rice, "KNOWN", expires_date=date(2030, 1, 1))
    a_lot(rice, "EXPIRED", expires_date=date(2020, 1, 1))
    a_lot(rice, "HELD", hold_reason="chờ kiểm nghiệm")
    posting(
        poster, "receipt", "K01", a_line(nails, 100), a_line(rice, 50, lot="EXPIRED"), a_line(rice, 50, lot="HELD"),
        days_ago=5,
    )  # fmt: skip


class TestErrors:
    @pytest.mark.parametrize(("cells", "column"), BAD_CELLS, ids=str)
    def test_each_is_told_by_row_column_and_value(self, run, table, stocked, cells, column):
        if cells.get("occurred_at") == "EARLY":
            cells = cells | {"occurred_at": (timezone.localtime() - timedelta(days=20)).isoformat()}
        bad = receipt(2, **cells)
        ran = run("import_movements", table([receipt(1), bad, receipt(3)]), "--depot=K01")
        assert ran.code == 1
        (error,) = ran.report["errors"]
        assert (error["row"], error["column"], error["value"]) == (3, column, bad.get(column, ""))
        assert len(error["reason"]) > 10
        assert ran.report["posted"] == 0
        assert Movement.objects.count() == 1

    def test_all_of_them_come_in_one_pass_in_the_order_of_the_file(self, run, table, stocked):
        rows, expected = [], []
        for number, (cells, column) in enumerate(BAD_CELLS):
            if cells.get("occurred_at") == "EARLY":
                continue
            rows += [receipt(number * 2, quantity="1"), receipt(number * 2 + 1, **({"quantity": "1"} | cells))]
            expected.append((len(rows) + 1, column))
        ran = run("import_movements", table(rows), "--depot=K01")
        assert ran.places == expected
        assert Movement.objects.count() == 1

    def test_several_in_one_row_are_all_told(self, run, table, goods):
        bad = receipt(
            1, "QN-01-9999999", quantity="x", unit_price="y", bin="Z-9", purpose="?", grade="7", order_date="z"
        )
        ran = run("import_movements", table([bad]), "--depot=K01")
        assert {column for _row, column in ran.places} == {
            "item", "quantity", "unit_price", "bin", "purpose", "grade", "order_date",
        }  # fmt: skip

    def test_rows_of_one_document_must_agree(self, run, table, goods):
        moment = yesterday()
        rows = [
            receipt(1, occurred_at=moment, counterparty="A"),
            receipt(2, occurred_at=moment),
            receipt(1, occurred_at=moment, counterparty="B"),
            receipt(1, occurred_at=moment, counterparty="A", kind="return"),
        ]
        ran = run("import_movements", table(rows), "--depot=K01")
        assert ran.places == [(4, "counterparty"), (5, "kind")]
        assert "2" in ran.report["errors"][0]["reason"]

    def test_do_not_breed_others_in_rows_that_lean_on_a_wrong_one(self, run, table, goods):
        moment = yesterday()
        rows = [
            of_rice(1, "L1", quantity="10", unit_price="x", occurred_at=moment),  # read wrong, weighed all the same
            of_rice(2, "L1", kind="issue", quantity="10", occurred_at=moment),
            of_rice(3, "L2", quantity="10", bin="Z-9", occurred_at=moment),  # refused by the ledger
            of_rice(4, "L2", kind="issue", quantity="10", occurred_at=moment),
            of_rice(5, "L3", expires_on="soon", occurred_at=moment),
            of_rice(6, "L3", expires_on="2030-01-01", occurred_at=moment),
        ]
        ran = run("import_movements", table(rows), "--depot=K01")
        assert ran.places == [(2, "unit_price"), (4, "bin"), (6, "expires_on")]

    def test_do_not_follow_from_what_stands_in_for_an_unread_kind_or_time(self, run, table, stocked):
        rows = [
            receipt(1, RICE, kind="isue", lot=""),  # an issue could do without its lot, a receipt could not
            receipt(2, RICE, kind="issue", lot="EXPIRED", occurred_at="1/1/2019"),  # then it had not expired
            receipt(3, kind="issue", quantity="999", occurred_at="soon", bin="Z-9"),
        ]
        ran = run("import_movements", table(rows), "--depot=K01")
        assert ran.places == [(2, "kind"), (3, "occurred_at"), (4, "bin"), (4, "occurred_at")]

    def test_a_closed_period_is_told_at_every_row(self, run, table, goods, poster, nails):
        at = timezone.now()
        long_ago = (timezone.localtime() - timedelta(days=70)).replace(day=15)
        posting(poster, "receipt", "K01", a_line(nails, 1), occurred_at=long_ago, reason="muộn")
        close_period("K01", long_ago.date().replace(day=1), by=poster, at=at)
        late = {"occurred_at": long_ago.isoformat(), "reason": "muộn"}
        ran = run("import_movements", table([receipt(1, **late), receipt(2), receipt(3, **late)]), "--depot=K01")
        assert ran.places == [(2, "occurred_at"), (4, "occurred_at")]

    def test_of_the_file_itself_have_the_same_form(self, run, tmp_path, goods, table):
        path = tmp_path / "t.csv"
        path.write_bytes("document,kind\n1,nhập\n".encode("utf-16"))
        ran = run("import_movements", path, "--depot=K01")
        assert (ran.code, ran.report["posted"], ran.places) == (1, 0, [(1, "")])
        ran = run("import_movements", table([{"document": "1", "kind": "receipt", "colour": "red"}]), "--depot=K01")
        assert ran.places == [(1, "colour"), (1, "item"), (1, "occurred_at"), (1, "quantity")]

    def test_a_row_of_another_length_is_one_error(self, run, table, goods):
        good = receipt(1)
        file = table([list(good.values()), list(good.values())[:3]], header=list(good))
        assert run("import_movements", file, "--depot=K01").places == [(3, "")]

    @pytest.mark.parametrize(
        ("arguments", "code"),
        [
            (["--depot=K99"], 5),
            (["--depot=K01", "--by=nobody"], 5),
            (["--depot=K01", "--mapping=missing.toml"], 2),
            (["--depot=K01", "--reject=/nowhere/x.csv"], 2),
        ],
    )
    def test_of_use_have_their_exit_codes(self, run, table, goods, arguments, code):
        assert run("import_movements", table([receipt(1)]), *arguments).code == code

    def test_of_a_missing_file_is_one_of_use(self, run, goods):
        ran = run("import_movements", "missing.csv", "--depot=K01")
        assert ran.code == 2
        assert "missing.csv" in ran.err


class TestRights:
    def test_who_is_named_posts_within_their_own(self, run, table, goods, depot):
        a_user("thukho", role="storekeeper", depot=depot)
        a_user("kiemtoan", role="auditor", depot=depot)
        a_user("ngoai", role="storekeeper", depot=a_depot("K02"))
        file = table([receipt(1)])
        assert run("import_movements", file, "--depot=K01", "--by=kiemtoan").code == 1
        assert run("import_movements", file, "--depot=K01", "--by=ngoai").code == 5
        assert run("import_movements", file, "--depot=K01", "--by=thukho").report["posted"] == 1
        (movement,) = reading.movements(depot.id)
        assert movement.actor == "thukho"

    def test_only_of_the_branches_they_have(self, run, table, goods, depot):
        user = a_user("quany")
        with telling():
            Assignment.objects.create(user=user, role=Role.STOREKEEPER, depot=depot).supply_classes.add("QY")
        ran = run("import_movements", table([receipt(1)]), "--depot=K01", "--by=quany")
        assert (ran.code, ran.places) == (1, [(2, "item")])


class TestRejecting:
    def test_posts_what_is_good_and_writes_the_rest(self, run, table, goods, tmp_path):
        rejects = tmp_path / "rejects.csv"
        moment = yesterday()
        rows = [
            receipt(1, occurred_at=moment),
            receipt(2, occurred_at=moment, quantity="x", counterparty="=1+1"),
            receipt(2, occurred_at=moment, counterparty="=1+1"),
            receipt(3, "QN-01-9999999", occurred_at=moment),
            receipt(4, occurred_at=moment),
        ]
        file = table(rows)
        ran = run("import_movements", file, "--depot=K01", "--reject", rejects)
        assert (ran.code, ran.report["posted"], ran.report["rejected"]) == (3, 2, 3)
        assert ran.places == [(3, "quantity"), (5, "item")]
        totals = ran.report["totals"]
        assert [totals[part]["rows"] for part in ("file", "taken", "rejected")] == ["5", "2", "3"]
        with rejects.open(encoding="utf-8-sig", newline="") as written:
            found = list(csv.DictReader(written))
        assert [(row["row"], row["column"], row["value"]) for row in found] == [
            ("3", "quantity", "x"),
            ("4", "", ""),  # its document waits with it
            ("5", "item", "QN-01-9999999"),
        ]
        assert found[0]["counterparty"] == "'=1+1"
        assert found[0]["document"] == "PN2"

        text = rejects.read_text(encoding="utf-8").replace(",x,", ",7,").replace("QN-01-9999999", NAILS)
        corrected = tmp_path / "corrected.csv"
        corrected.write_text(text, encoding="utf-8")
        ran = run("import_movements", corrected, "--depot=K01")
        assert (ran.code, ran.report["posted"]) == (0, 2)
        assert Movement.objects.filter(counterparty="=1+1").count() == 1
        assert Movement.objects.count() == 4

    def test_holds_back_what_leans_on_rejected_rows(self, run, table, goods, tmp_path):
        rows = [
            of_rice(1, "L1", bin="Z-9"),
            of_rice(2, "L1", kind="issue", quantity="5"),
            receipt(3),
        ]
        ran = run("import_movements", table(rows), "--depot=K01", "--reject", tmp_path / "r.csv")
        assert (ran.code, ran.report["posted"]) == (3, 1)
        assert [row for row, _column in ran.places] == [2, 3]

    def test_writes_nothing_but_the_file_on_a_dry_run(self, run, table, goods, tmp_path):
        rejects = tmp_path / "r.csv"
        ran = run(
            "import_movements", table([receipt(1), receipt(2, "?")]), "--depot=K01", "--reject", rejects, "--dry-run"
        )
        assert (ran.code, ran.report["posted"], ran.report["counts"]["movements"]) == (3, 0, 1)
        assert not Movement.objects.exists()
        assert rejects.read_text(encoding="utf-8").count("\n") == 2

    def test_does_not_write_over_the_file_it_reads(self, run, table, goods):
        file = table([receipt(1)])
        assert run("import_movements", file, "--depot=K01", "--reject", file).code == 2


class TestMapping:
    MAPPING = """
for = "movements"
dates = ["%d/%m/%Y %H:%M"]
decimal = ","
[fields]
document = "Số phiếu"
kind = { column = "Loại", values = { N = "receipt", X = "issue" } }
occurred_at = "Ngày"
item = { column = "Tên hàng", lookup = "external_code" }
quantity = "Số lượng"
unit = { column = "ĐVT", lookup = "name" }
[totals]
amount = "Số lượng"
"""

    def test_reads_another_program_s_table_and_tells_errors_in_its_columns(
        self, run, table, goods, depot, rice, nails, tmp_path
    ):
        an_item("QN-01-0000024", external_code="Đinh")
        other = an_item("QN-02-0000023", external_code="Búa")
        an_item("QN-02-0000030", external_code="Đinh")
        a_packaging(other, "BX", "12")
        mapping = tmp_path / "m.toml"
        mapping.write_text(self.MAPPING, encoding="utf-8")
        when = (timezone.localtime() - timedelta(days=2)).strftime("%d/%m/%Y %H:%M")
        header = ["Số phiếu", "Loại", "Ngày", "Tên hàng", "Số lượng", "ĐVT", "Ghi chú"]
        good = ["1", "N", when, "Búa", "1.000", "Hộp", "bỏ qua"]
        file = table([good, ["2", "X", when, "Búa", "5", "cái", ""]], header=header, delimiter=";")
        ran = run("import_movements", file, "--depot=K01", "--mapping", mapping)
        assert ran.report["posted"] == 2
        assert on_hand(depot, other) == 12_000 - 5
        bad = [
            ["3", "N", when, "Đinh", "1", "cái", ""],
            ["4", "N", when, "Kìm", "1", "cái", ""],
            ["5", "?", when, "Búa", "1.5", "bó", ""],
        ]
        ran = run("import_movements", table(bad, header=header), "--depot=K01", "--mapping", mapping)
        assert ran.places == [(2, "Tên hàng"), (3, "Tên hàng"), (4, "Loại"), (4, "Số lượng"), (4, "ĐVT")]
        assert "QN-01-0000024, QN-02-0000030" in ran.report["errors"][0]["reason"]
        assert ran.report["errors"][0]["value"] == "Đinh"

    def test_that_is_wrong_is_an_error_of_use(self, run, table, goods, tmp_path):
        mapping = tmp_path / "m.toml"
        mapping.write_text("for = 'catalogue'\n[fields]\nlott = 'x'\n", encoding="utf-8")
        ran = run("import_movements", table([receipt(1)]), "--depot=K01", "--mapping", mapping)
        assert ran.code == 2
        assert "/fields/lott" in ran.err
        assert "/for" in ran.err


def test_a_workbook_and_a_csv_file_say_the_same(run, table, goods, tmp_path, depot):
    moment = lately(8, 30)
    lines = [
        ("PN1", RICE, "12345", date(2028, 6, 30), Decimal("7.5"), Decimal(15000)),
        ("PN1", NAILS, "", None, Decimal(10), Decimal("0.1")),
        ("PN2", RICE, "L2", None, Decimal("0.125"), None),
    ]
    header = ["document", "kind", "occurred_at", "item", "lot", "expires_on", "quantity", "unit_price"]
    path = tmp_path / "t.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        day, time_ = book.add_format({"num_format": "dd/mm/yyyy"}), book.add_format({"num_format": "dd/mm/yyyy hh:mm"})
        sheet.write_row(0, 0, header)
        for row, (document, item, lot, expires, quantity, price) in enumerate(lines, start=1):
            sheet.write_row(row, 0, [document, "receipt"])
            sheet.write_datetime(row, 2, moment.replace(tzinfo=None), time_)
            sheet.write_string(row, 3, item)
            sheet.write(row, 4, int(lot) if lot.isdigit() else lot)
            if expires:
                sheet.write_datetime(row, 5, expires, day)
            sheet.write_number(row, 6, float(quantity))
            if price is not None:
                sheet.write_number(row, 7, float(price))
    rows = [
        [
            document,
            "receipt",
            f"{moment:%Y-%m-%d %H:%M}",
            item,
            lot,
            expires or "",
            quantity,
            "" if price is None else price,
        ]
        for document, item, lot, expires, quantity, price in lines
    ]
    assert run("import_movements", path, "--depot=K01").report["posted"] == 2
    again = run("import_movements", table(rows, header=header), "--depot=K01")
    assert (again.code, again.report["counts"]["movements_there_before"]) == (0, 2)


def test_a_formula_in_a_workbook_is_an_error_at_its_cell(run, goods, tmp_path):
    path = tmp_path / "t.xlsx"
    row = receipt(1)
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, list(row))
        sheet.write_row(1, 0, list(row.values()))
        sheet.write_formula(1, list(row).index("quantity"), "=5*2", None, 10)
    ran = run("import_movements", path, "--depot=K01")
    assert ran.places == [(2, "quantity")]
    assert "formula" in ran.report["errors"][0]["reason"]


# --- Twenty thousand rows ---------------------------------------------------------------------------------------

MANY = 20_000
SPOILT = [
    ({"quantity": "x"}, "quantity"),
    ({"quantity": "-5"}, "quantity"),
    ({"quantity": "1,000"}, "quantity"),
    ({"item": "QN-01-9999999"}, "item"),
    ({"item": ""}, "item"),
    ({"bin": "Z-9"}, "bin"),
    ({"grade": "0"}, "grade"),
    ({"purpose": "?"}, "purpose"),
    ({"unit": "LTR"}, "unit"),
    ({"unit_price": "1.234"}, "unit_price"),
    ({"occurred_at": "20.11.2026"}, "occurred_at"),
    ({"occurred_at": "2020-01-01T00:00:00+07:00"}, "reason"),
    ({"kind": "in"}, "kind"),
    ({"document": ""}, "document"),
    ({"expires_on": "31/12/2028"}, "expires_on"),
    ({"expires_on": "2029-01-01"}, "expires_on"),  # the lot's other rows say 2028
    ({"kind": "issue", "quantity": "99999999"}, "quantity"),
    ({"lot": ""}, "lot"),
    ({"to_bin": "A-02"}, "to_bin"),
]


@pytest.mark.parametrize(("documents", "lines"), [(MANY, 1), (200, 100)])
def test_20_000_rows_with_37_bad_ones_are_told_in_one_pass_and_load_when_corrected(run, table, depot, documents, lines):
    items = [an_item(item_code("QN", 2, number), unit="KGM", tracking="lot").code for number in range(200)]
    moment = yesterday()
    header = {"counterparty": "Công ty mẫu", "order_number": "12/LNK", "order_date": "2026-11-19", "reason": ""}

    def row(number):
        return {
            "document": f"PN-{number // lines}",
            "kind": "receipt",
            "occurred_at": moment,
            "item": items[number % 200],
            "lot": f"L{number % 400}",
            "expires_on": "2028-06-30",
            "bin": "A-01",
            "grade": "1",
            "purpose": "THUONG_XUYEN",
            "quantity": "7.500",
            "unit": "KGM",
            "unit_price": "15000",
            "to_bin": "",
        } | header

    rows = [row(number) for number in range(MANY)]
    good = table(rows)
    # In a document of many lines a spoilt header field would spoil its neighbours' agreement too: lines only, there.
    of_header = {"document", "kind", "occurred_at"}
    spoilt = [one for one in SPOILT if lines == 1 or not of_header & set(one[0])]
    expected = []
    for index in range(37):
        cells, column = spoilt[index % len(spoilt)]
        place = 401 + index * 523
        rows[place] = rows[place] | cells
        expected.append((place + 2, column))
    ran = run("import_movements", table(rows), "--depot=K01")
    assert ran.code == 1
    assert ran.places == expected
    assert not Movement.objects.exists()

    started, worked = time.monotonic(), time.process_time()
    ran = run("import_movements", good, "--depot=K01")
    seconds, work = time.monotonic() - started, time.process_time() - worked
    assert (ran.code, ran.report["posted"]) == (0, documents)
    assert Movement.objects.count() == documents
    print(
        f"\n{documents} documents of {lines} lines in {seconds:.1f} s, {work:.1f} s of work (idle machine: 10 s in all)"
    )
    assert work < 40, "of the processor's time: how long it takes beside that depends on what else the machine does"
    again = run("import_movements", good, "--depot=K01")
    assert (again.report["posted"], again.report["counts"]["movements_there_before"]) == (0, documents)
