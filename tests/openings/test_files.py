"""What becomes of a file: all errors at once, put right, written whole, undone."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone
from python_calamine import CalamineWorkbook

from benchmarks import openings as long_file
from depots import access
from inventory.catalogue.models import ReservePurpose
from inventory.ledger.models import Holding, Kind, Movement, MovementLine
from inventory.openings import bringing, reading, story, waiting, workbook
from inventory.openings.models import ColumnMapping, Crosswalk, Meaning, State, Upload
from logistics import history, tables
from logistics.accounts.models import User
from logistics.errors import Forbidden, Invalid
from tests import factories
from tests.notation import rows
from tests.openings.conftest import BANDAGE, MILK, RICE, House, a_csv, a_workbook, good_row

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"


def told(upload: Upload) -> dict[int, dict[str, list[str]]]:
    """The errors by row and column: reason, suggestion, text to put there."""
    return {row[0]: row[2] for row in upload.rows if row[2]}


def doubts(upload: Upload) -> dict[int, dict[str, list[str]]]:
    return {row[0]: row[3] for row in upload.rows if row[3]}


def piles(house: House) -> dict[tuple[str, str], Decimal]:
    held = Holding.objects.filter(depot=house.k01, on_hand__gt=0).values_list("item__code", "lot__code", "on_hand")
    return {(item, lot): on_hand for item, lot, on_hand in held}


class TestLooking:
    def test_finds_errors_of_every_kind_in_one_pass(self, house: House) -> None:
        ReservePurpose.objects.filter(code="THUONG_XUYEN").update(name="Thường xuyên")
        good = long_file.rows([RICE], 400)
        bad, wrong = long_file.spoilt(good)
        upload = house.bring(long_file.workbook(bad))
        found = {row: next(iter(errors)) for row, errors in told(upload).items()}
        assert {row: long_file.HEADS.index(column) for row, column in found.items()} == wrong
        assert (upload.found["rows"], upload.found["wrong"], upload.found["errors"]) == (400, 37, 37)
        assert not Movement.objects.exists()
        said = {(long_file.HEADS.index(column), row[1][long_file.HEADS.index(column)]): one
                for row in upload.rows for column, one in row[2].items()}  # fmt: skip
        assert all(reason for reason, _hint, _use in said.values())
        for row in rows("""
            column | cell          | put
            0      | QN-01-0000018 | QN-01-0000014
            2      | lít           | kilogram
            3      | 12,5 kg       | 12,5
            5      | 31/02/2030    | 28/02/2030
            5      | 12/31/2030    | 31/12/2030
            6      | A-09          | A-0
            8      | thường suyên  | Thường xuyên
            5      | 45000         | 15/03/2023
        """):
            assert said[int(row["column"]), row["cell"]][2].startswith(row["put"]), row
        assert "formula" in said[3, "7"][0]
        assert "formula" in said[10, "=cmd|' /C calc'!A0"][0]
        assert upload.found["reasons"][0][2] >= 2
        # The corrected file is right throughout, and says what it would do.
        upload = house.bring(long_file.workbook(good))
        assert (upload.state, upload.found["wrong"], upload.rows[5][4:]) == (State.CHECKED, 0, ["0.000", "6.000"])

    def test_tells_what_stands_before_and_after(self, house: House) -> None:
        factories.posting(house.keeper, "opening", "K01", factories.a_line(MILK, "10"))
        file = a_csv([[MILK, "", "", "3"], [BANDAGE, "", "", "4"]])
        added = house.bring(file)
        assert [row[4:] for row in added.rows] == [["10.000", "13.000"], ["0.000", "4.000"]]
        put = house.bring(file, meaning=Meaning.SET)
        assert [row[4:] for row in put.rows] == [["10.000", "3.000"], ["0.000", "4.000"]]
        assert put.found["not_named"] == 0
        assert house.bring(a_csv([[BANDAGE, "", "", "4"]]), meaning=Meaning.SET).found["not_named"] == 1

    def test_doubts_dates_a_program_may_have_turned_round(self, house: House) -> None:
        turned = date(2030, 5, 2)
        upload = house.bring(a_workbook([good_row(1, day=turned), good_row(2), good_row(3, day=date(2030, 5, 20))]))
        assert {row: [text for _reason, text in found.values()] for row, found in doubts(upload).items()} == {
            2: ["05/02/2030"]
        }
        assert not doubts(house.bring(a_workbook([good_row(1, day=turned), good_row(3, day=date(2030, 5, 20))])))
        spelled = house.bring(a_workbook([good_row(1, day=turned, lot="G-050230"), good_row(2, day=date(2030, 5, 20))]))
        assert "lot" in next(iter(doubts(spelled)[2].values()))[0]
        assert "wrong" in spelled.found
        assert not spelled.found["wrong"], "a doubt keeps nothing out"

    def test_doubts_numbers_that_are_others_in_english(self, house: House) -> None:
        upload = house.bring(a_csv([good_row(1, "1.500"), good_row(2, "12,5"), good_row(3, "1500")]))
        assert list(doubts(upload)) == [2]
        assert "1,500" in doubts(upload)[2]["Số lượng"][0]
        assert upload.rows[0][5] == "1500.000"

    def test_reads_the_columns_of_the_commands_too(self, house: House) -> None:
        upload = house.bring(a_csv([[MILK, "7.5"], [MILK, "3"]], ("item", "quantity")))
        assert list(told(upload)) == [2], "boxes have no halves"

    @pytest.mark.parametrize(
        "heads", [("Mã vật chất", "Số lượng", "Hạn"), ("Mã hàng", "SL"), ("item", "quantity", "x")]
    )
    def test_asks_what_unknown_columns_are(self, house: House, heads: tuple[str, ...]) -> None:
        upload = house.bring(a_csv([[MILK, "7", ""]], heads))
        assert (upload.state, upload.found["columns"]) == (State.UNREAD, list(heads))

    def test_dates_what_says_no_time_when_it_is_written(self, house: House) -> None:
        long_ago = timezone.now() - timedelta(days=60)
        upload = house.bring(a_csv([[MILK, "", "", "7"]]), occurred_at=long_ago, reason="Mở sổ")
        house.write(upload)
        (movement,) = Movement.objects.all()
        assert (movement.occurred_at, movement.reason, movement.kind) == (long_ago, "Mở sổ", Kind.OPENING)


class TestPuttingRight:
    def test_in_place_cell_by_cell(self, house: House) -> None:
        upload = house.bring(a_csv([good_row(1, "năm"), good_row(2, bin="A-09"), good_row(3)]))
        assert list(told(upload)) == [2, 3]
        bringing.fix(upload, {(2, "Số lượng"): "5", (3, "Vị trí"): "A-02"}, by=house.keeper, at=timezone.now())
        assert (upload.found["wrong"], upload.fixes["3"]["Vị trí"]["by"]) == (0, "thukho")
        house.write(upload)
        assert piles(house)[RICE, "L00001"] == 5
        assert Holding.objects.get(lot__code="L00002").bin.code == "A-02"

    def test_in_a_workbook_that_has_the_errors_beside_its_rows(self, house: House) -> None:
        good = [good_row(2, day=date(2030, 12, 31)), good_row(3, 2.5)]
        upload = house.bring(a_workbook([good_row(1, "năm"), *good]))
        file = b"".join(workbook.with_errors(upload, language="vi").streaming_content)  # type: ignore[arg-type]
        shown = CalamineWorkbook.from_filelike(io.BytesIO(file)).get_sheet_by_index(0).to_python()
        assert shown[0][-2:] == ["Lỗi", "Gợi ý"]
        assert "năm" in shown[1][-2]
        assert (shown[2][-2], shown[2][5], shown[3][3]) == ("", date(2030, 12, 31), 2.5)
        # Put right there and brought again, it is read as it is.
        again = tables.parse(file, "lỗi.xlsx")
        assert again.columns == reading.read(upload).table.columns
        fixed = house.bring(
            a_workbook([["x" if cell == "năm" else cell for cell in row] for row in shown[1:]], shown[0])
        )
        assert list(told(fixed)) == [2]
        assert (fixed.rows[1][5], fixed.rows[2][5]) == ("5.000", "2.500")


class TestWriting:
    @pytest.mark.parametrize("meaning", [Meaning.ADD, Meaning.SET])
    def test_is_one_movement_and_undoing_it_restores_the_books(self, house: House, meaning: str) -> None:
        factories.posting(house.keeper, "opening", "K01", factories.a_line(MILK, "10"), factories.a_line(BANDAGE, "8"))
        before = piles(house)
        upload = house.write(house.bring(a_csv([[MILK, "", "", "3"], good_row(1)]), meaning=meaning))
        assert (upload.state, len(upload.movements)) == (State.POSTED, 1)
        changed = before | {(MILK, ""): Decimal(3 if meaning == Meaning.SET else 13), (RICE, "L00001"): Decimal(5)}
        assert piles(house) == changed
        factories.posting(house.keeper, "reversal", "K01", reverses=upload.movements[0], reason="Nhầm kho")
        assert piles(house) == before

    def test_writes_nothing_while_anything_is_wrong(self, house: House) -> None:
        upload = house.bring(a_csv([good_row(1, "năm"), good_row(2)]))
        with pytest.raises(Invalid):
            house.write(upload)
        assert not Movement.objects.exists()

    def test_goes_back_with_what_is_wrong_by_then(self, house: House) -> None:
        upload = house.bring(a_csv([[MILK, "", "", "3"]]))
        with factories.telling():
            house.milk.base_unit_id = "BX"
            house.milk.tracking = "lot"
            house.milk.save()
        house.write(upload)
        assert (upload.state, list(told(upload))) == (State.CHECKED, [2])
        assert not Movement.objects.exists()

    def test_warns_of_the_same_file(self, house: House) -> None:
        file = a_csv([[MILK, "", "", "3"]])
        first = house.write(house.bring(file))
        again = house.bring(file, "tên khác.csv")
        assert (bringing.same_before(again), bringing.same_before(first)) == (first, None)
        assert bringing.same_before(house.bring(a_csv([[MILK, "", "", "4"]]))) is None

    def test_warns_of_the_same_rows_in_another_file(self, house: House, visit: Callable[[User], Client]) -> None:
        """A spreadsheet program that saves a file again changes its bytes, and may sort, format or complete it."""
        rows = [good_row(1, "5,50", day="31/12/2030"), good_row(2, "1.200"), [MILK, "", "", "3"]]
        first = house.bring(a_csv(rows))
        assert (first.found["wrong"], len(first.rows_digest)) == (0, 64)
        english = ("Item code", "Unit", "Quantity", "Lot", "Last day of use", "Bin")
        same = [
            a_workbook([good_row(2, 1200), [MILK, "Sữa", None, 3], good_row(1, 5.5, day=date(2030, 12, 31))]),
            a_csv(rows) + b"\r\n;;;;;;;\r\n",
            a_csv([["  " + str(cell) for cell in row] for row in rows]),
            a_csv([[RICE, "kilogram", "5.5", "L00001", "2030-12-31", "A-01"],
                   [RICE, "KGM", "1200.000", "L00002", "31/12/2030", "A-01"], [MILK, "", "3"]], english),
        ]  # fmt: skip
        for content in same:
            again = house.bring(content, "lưu lại.xlsx")
            assert again.found["wrong"] == 0, told(again)
            assert (again.sha256 != first.sha256, again.rows_digest) == (True, first.rows_digest)
            assert bringing.same_before(again) is not None
        page = visit(house.keeper).get(f"/openings/{again.pk}/").content.decode()
        assert "The same rows were brought before, in another file" in page
        others = [
            a_csv(rows[:2]), a_csv([*rows, rows[2]]), a_csv([rows[0], rows[1], [MILK, "", "", "3", "", "", "A-01"]]),
            a_csv([rows[0], rows[1], [MILK, "", "", "3,001"]]), a_csv([rows[0], rows[1], [MILK, "", "", "ba"]]),
        ]  # fmt: skip
        assert len({house.bring(content).rows_digest for content in [*others, a_csv(rows)]}) == len(others) + 1
        assert all(bringing.same_before(house.bring(content)) is not None for content in others), "each came before"

    def test_what_was_put_right_here_counts_as_it_stands(self, house: House) -> None:
        first = house.bring(a_csv([[MILK, "", "", "ba"]]))
        bringing.fix(first, {(2, "Số lượng"): "3"}, by=house.keeper, at=timezone.now())
        assert bringing.same_before(house.bring(a_workbook([[MILK, "", None, 3]]))) == first

    def test_what_means_something_else_by_then_is_not_written(self, house: House) -> None:
        """A code that leads to another item since the check: nobody was shown what would have been written."""
        with history.changing(by=None, reason="test", source=history.Source.COMMAND):
            code = Crosswalk.objects.create(program="HC", their_code="S1", item=house.milk, valid_from=date(2020, 1, 1))
            ColumnMapping.objects.create(
                name="HC", purpose="opening",
                document={"for": "opening", "fields": {
                    "item": {"column": "Theirs", "lookup": "crosswalk", "program": "HC"}, "quantity": "Count",
                }},
            )  # fmt: skip
        upload = house.bring(b"Theirs;Count\nS1;3\n", "hc.csv")
        assert (upload.state, upload.found["wrong"]) == (State.CHECKED, 0)
        with history.changing(by=None, reason="test", source=history.Source.COMMAND):
            code.item = house.bandage
            code.save()
        house.write(upload)
        assert (upload.state, upload.found["went_back"], Movement.objects.count()) == (State.CHECKED, True, 0)
        house.write(upload)
        assert (upload.state, [line.holding.item for line in MovementLine.objects.all()]) == (
            State.POSTED,
            [house.bandage],
        )

    def test_cannot_be_submitted_before_its_columns_are_known(self, house: House) -> None:
        upload = house.bring(b"x;y\n1;2\n", "lạ.csv")
        assert upload.state == State.UNREAD
        for act in (bringing.submit, bringing.write):
            with pytest.raises(bringing.FileBusy):
                act(upload, by=house.keeper, at=timezone.now())

    def test_is_not_submitted_with_what_somebody_else_made_wrong_meanwhile(self, house: House) -> None:
        upload = house.bring(a_csv([[MILK, "", "", "3"]]))
        seen = Upload.objects.get(pk=upload.pk)
        bringing.fix(upload, {(2, "Số lượng"): "ba"}, by=house.keeper, at=timezone.now())
        with pytest.raises(Invalid):
            bringing.submit(seen, by=house.keeper, at=timezone.now())
        assert Upload.objects.get(pk=upload.pk).state == State.CHECKED

    def test_is_written_once_however_often_it_is_asked_for(self, house: House) -> None:
        upload = house.write(house.bring(a_csv([[MILK, "", "", "3"]])))
        with pytest.raises(bringing.FileBusy):
            bringing.write(upload, by=house.keeper, at=timezone.now())
        assert Movement.objects.count() == 1

    def test_stays_as_it_was_once_written(self, house: House) -> None:
        upload = house.write(house.bring(a_csv([[MILK, "", "", "3"]])))
        from django.db import IntegrityError, transaction

        for change in ({"content": b"x"}, {"state": "checked"}):
            with pytest.raises(IntegrityError, match="stays"), transaction.atomic():
                Upload.objects.filter(pk=upload.pk).update(**change)
        with pytest.raises(IntegrityError), transaction.atomic():
            upload.delete()


class TestApproval:
    @pytest.mark.usefixtures("needs_approval")
    def test_somebody_else_writes_what_was_submitted(self, house: House) -> None:
        upload = house.bring(a_csv([[MILK, "", "", "3"]]))
        now = timezone.now()
        with pytest.raises(Forbidden):
            bringing.write(upload, by=house.keeper, at=now)
        bringing.submit(upload, by=house.keeper, at=now)
        assert not bringing.may_write(upload, house.keeper)
        both = a_chief_who_keeps(house)
        mine = house.bring(a_csv([[MILK, "", "", "4"]]), by=both)
        bringing.submit(mine, by=both, at=now)
        assert not bringing.may_write(mine, both), "nobody approves a file of their own"
        bringing.write(upload, by=house.chief, at=now)
        upload.refresh_from_db()
        assert (upload.state, upload.posted_by, Movement.objects.get().actor) == (State.POSTED, house.chief, "chihuy")

    def test_what_leaves_a_reserve_needs_a_voucher(self, house: House) -> None:
        heads = ("document", "kind", "occurred_at", "item", "quantity", "purpose")
        now = timezone.localtime().isoformat(timespec="minutes")
        file = a_csv([["P1", "receipt", now, MILK, "9", "SSCD"], ["P2", "issue", now, MILK, "4", "SSCD"]], heads)
        upload = house.bring(file, purpose="movements")
        assert {row: list(errors) for row, errors in told(upload).items()} == {3: ["purpose"]}
        assert "two people" in told(upload)[3]["purpose"][0]


class TestOtherPrograms:
    def test_a_saved_mapping_and_the_table_of_codes(self, house: House) -> None:
        file = SHARED / "openboxes_demo_main_warehouse_inventory.csv"
        if not file.exists():
            pytest.skip("the public demo inventory is not here")
        theirs = [row.cells for row in tables.parse(file.read_bytes(), file.name).rows]
        with history.changing(by=None, reason="test", source=history.Source.COMMAND):
            made: dict[str, str] = {}
            for number, row in enumerate(theirs[:-1]):
                code = row[0]
                if code not in made:
                    from inventory.catalogue.codes import item_code

                    made[code] = item_code("QY", 2, number)
                    item = factories.an_item(made[code], tracking="lot" if row[2] else "none", name=row[1])
                    Crosswalk.objects.create(
                        program="OpenBoxes", their_code=code, item=item, valid_from=date(2020, 1, 1)
                    )
            ColumnMapping.objects.create(
                name="OpenBoxes", purpose="opening",
                document={
                    "for": "opening", "dates": ["%m/%d/%Y"],
                    "fields": {
                        "item": {"column": "Product code", "lookup": "crosswalk", "program": "openboxes"},
                        "lot": {"column": "Lot number", "nulls": ["-"]},
                        "expires_on": "Expiration date", "quantity": "Physical QOH", "line_reason": "Comment",
                    },
                    "totals": {"quantity": "Physical QOH"},
                },
            )  # fmt: skip
        upload = house.bring(file.read_bytes(), file.name)
        assert (upload.found["read_as"], upload.found["rows"]) == ("OpenBoxes", len(theirs))
        last = max(told(upload))
        assert "no such code today" in str(told(upload)[last])
        nothing = {row[0] for row in upload.rows if row[1][6] == "0"}
        assert set(told(upload)) == nothing | {last}, "zero adds nothing, and the last code is not in the table"
        keeps = [row for row in upload.rows if not row[2]]
        assert len(keeps) > 30
        assert {row[5] for row in keeps} >= {f"{theirs[0][6]}.000"}

    def test_lists_come_by_the_same_machine(self, house: House) -> None:
        heads = ("Mã vật chất", "Tên vật chất", "Nhóm", "Đơn vị tính", "Theo dõi")
        file = a_csv([["", "Muối i-ốt", "QN-01", "kg", "lot"], ["", "Đường", "QN-09", "kg", "lot"]], heads)
        upload = house.bring(file, purpose="catalogue", by=house.catalogue_keeper)
        assert list(told(upload)) == [3]
        bringing.fix(upload, {(3, "Nhóm"): "QN-01"}, by=house.catalogue_keeper, at=timezone.now())
        bringing.write(upload, by=house.catalogue_keeper, at=timezone.now())
        assert upload.state == State.POSTED
        from inventory.catalogue.models import Item

        assert set(Item.objects.filter(name__in=["Muối i-ốt", "Đường"]).values_list("group__number", flat=True)) == {
            "01"
        }
        codes = a_csv([["Cục QN", "X-1", MILK, "01/01/2026", ""], ["Cục QN", "X-1", RICE, "01/06/2026", ""]],
                      ("Chương trình", "Mã của chương trình", "Mã vật chất", "Từ ngày", "Đến ngày"))  # fmt: skip
        crosswalk = house.bring(codes, purpose="crosswalk", by=house.catalogue_keeper)
        assert list(told(crosswalk)) == [3]
        column = "Đến ngày"
        bringing.fix(crosswalk, {(2, column): "31/05/2026"}, by=house.catalogue_keeper, at=timezone.now())
        bringing.write(crosswalk, by=house.catalogue_keeper, at=timezone.now())
        found = Crosswalk.objects.values_list("item__code", "valid_to")
        assert set(found) == {(MILK, date(2026, 5, 31)), (RICE, None)}


def test_the_template_is_read_as_it_is_filled_in(house: House) -> None:
    place = access.depot_for_posting(house.keeper, "K01")
    for language, unit in (("vi", "kg"), ("en", "kilogram")):
        file = b"".join(workbook.template("opening", place, language=language).streaming_content)  # type: ignore[arg-type]
        book = CalamineWorkbook.from_filelike(io.BytesIO(file))
        assert len(book.sheet_names) == 3
        heads = book.get_sheet_by_index(0).to_python()[0]
        listed = [cell for row in book.get_sheet_by_index(1).to_python() for cell in row]
        assert {RICE, "A-02", unit} <= set(listed)
        cells = dict.fromkeys(heads, "")
        first = [RICE, unit, 2.5, "L1", "31/12/2030", "A-02"]
        names = ("item", "unit", "quantity", "lot", "expires_on", "bin")
        from inventory.openings.purposes import SORTS, head

        for name, cell in zip(names, first, strict=True):
            cells[head(SORTS["opening"], name, language)] = cell  # type: ignore[assignment]
        upload = house.bring(a_workbook([list(cells.values())], list(cells)))
        assert (upload.state, upload.found["wrong"], upload.rows[0][5]) == (State.CHECKED, 0, "2.500"), language


class TestStory:
    @pytest.mark.usefixtures("needs_approval")
    def test_who_says_anew_what_a_file_means_does_not_approve_it(self, house: House) -> None:
        both, now = a_chief_who_keeps(house), timezone.now()
        for change in (
            {"meaning": "set", "occurred_at": None, "reason": ""},
            {"meaning": "add", "occurred_at": None, "reason": "mở sổ"},
        ):
            upload = house.bring(a_csv([[MILK, "", "", "3"]]))
            bringing.change(upload, by=both, at=now, **change)
            bringing.submit(upload, by=house.keeper, at=now)
            assert not bringing.may_write(upload, both)
            assert upload not in waiting.waiting_for(both)
            assert upload in waiting.waiting_for(house.chief)
            assert bringing.may_write(upload, house.chief)

    @pytest.mark.usefixtures("needs_approval")
    def test_who_chose_the_columns_does_not_approve(self, house: House) -> None:
        both, now = a_chief_who_keeps(house), timezone.now()
        upload = house.bring(a_csv([[MILK, "", "", "3"]]))
        bringing.read_by(upload, None, by=both, at=now)
        bringing.submit(upload, by=house.keeper, at=now)
        assert not bringing.may_write(upload, both)
        assert not waiting.waiting_for(both).exists()

    @pytest.mark.usefixtures("needs_approval")
    def test_what_was_done_is_told_in_order(self, house: House) -> None:
        now = timezone.now()
        upload = house.bring(a_csv([[MILK, "", "", "x"], [BANDAGE, "", "", "4"]]))
        bringing.fix(upload, {(2, "Số lượng"): "3"}, by=house.keeper, at=now, out=[3])
        bringing.fix(upload, {}, by=house.keeper, at=now, back_in=[3])
        bringing.change(upload, meaning="set", occurred_at=None, reason="đếm lại", by=house.keeper, at=now)
        bringing.submit(upload, by=house.keeper, at=now)
        bringing.send_back(upload, by=house.chief, at=now)
        bringing.withdraw(upload, by=house.keeper, at=now)
        said = [
            (one["what"], one["was"], one["now"], one["by"])
            for one in story.told(upload, columns=upload.found["columns"], language="en")
        ]
        assert said == [
            ("Withdrawn", "", "", "thukho"),
            ("Given back", "", "", "chihuy"),
            ("Submitted", "", "", "thukho"),
            ("Reason", "", "đếm lại", "thukho"),
            ("Quantities are", "added to what is there", "what is there: piles are set to them", "thukho"),
            ("Row 3 taken in again", "", "", "thukho"),
            ("Row 3 left out", "", "", "thukho"),
            ("Row 2, Số lượng", "x", "3", "thukho"),
        ]

    def test_nothing_leaves_the_story(self, house: House) -> None:
        upload = house.bring(a_csv([[MILK, "", "", "3"]]))
        bringing.change(upload, meaning="set", occurred_at=None, reason="", by=house.keeper, at=timezone.now())
        (entry,) = upload.story
        for other in ([], [entry | {"by": "chihuy"}], [entry | {"now": "add"}, entry]):
            with pytest.raises(IntegrityError, match="only added to"), transaction.atomic():
                Upload.objects.filter(pk=upload.pk).update(story=other)
        Upload.objects.filter(pk=upload.pk).update(story=[entry, entry])


def a_chief_who_keeps(house: House) -> User:
    """Somebody with both rights in the depot."""
    both = factories.a_user("ca-hai", role="storekeeper", depot=house.k01)
    with factories.telling():
        both.assignments.create(role="approver", depot=house.k01)
    return both
