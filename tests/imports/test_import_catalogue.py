"""Tables of items on their way into the catalogue."""

from __future__ import annotations

import csv

import pytest

from inventory.catalogue.codes import check_item_code, item_code
from inventory.catalogue.models import Item, Packaging
from logistics import history
from tests.factories import a_packaging, a_user, an_item, telling, world

pytestmark = pytest.mark.django_db

CODE = item_code("QN", 1, 1)


@pytest.fixture(autouse=True)
def _world():
    world()


def row(name="Gạo", **cells):
    return {"name": name, "group": "QN-01", "base_unit": "KGM"} | cells


class TestWriting:
    def test_makes_items_with_the_next_codes_of_their_group(self, run, table):
        an_item(item_code("QN", 1, 41))
        gone = an_item(item_code("QN", 1, 77))
        with telling():
            gone.delete()
        ran = run(
            "import_catalogue",
            table([row("Gạo"), row("Ngô"), row("Đinh", group="02", supply_class="QN", base_unit="EA")]),
        )
        assert (ran.code, ran.report["posted"]) == (0, 3)
        assert [(item.name, item.code) for item in Item.objects.exclude(name__startswith="Vật").order_by("code")] == [
            ("Gạo", item_code("QN", 1, 78)),  # 77 was given out once, and is never given out again
            ("Ngô", item_code("QN", 1, 79)),
            ("Đinh", item_code("QN", 2, 1)),
        ]

    def test_stores_all_it_is_told(self, run, table):
        cells = {
            "code": CODE.lower().replace("-", ""),
            "name_en": "rice",
            "specification": "5 % tấm",
            "external_code": "G5",
            "tracking": "lot",
            "shelf_life_days": "365",
            "gross_weight_kg": "1.05",
            "gtin": "8931234567897",
            "nsn": "8970-00-149-1094",
            "un_number": "UN 1203",
            "classification": "0",
            "is_active": "true",
            "package_unit": "BX",
            "package_factor": "24.5",
        }
        ran = run("import_catalogue", table([row(**cells)]))
        assert ran.report["errors"] == []
        item = Item.objects.get()
        assert (item.code, item.name, item.name_en, item.external_code, item.tracking) == (
            CODE, "Gạo", "rice", "G5", "lot",
        )  # fmt: skip
        assert (item.shelf_life_days, item.gtin, item.nsn, item.dangerous_good_id) == (
            365, "8931234567897", "8970001491094", "1203",
        )  # fmt: skip
        assert str(item.gross_weight_kg) == "1.050000"
        assert [(one.unit_id, str(one.factor)) for one in item.packagings.all()] == [("BX", "24.500000")]

    def test_writes_history_with_who_and_why(self, run, table):
        keeper = a_user("danhmuc", role="catalogue_keeper")
        run("import_catalogue", table([row()], name="danh-muc.csv"), "--by=danhmuc")
        run("import_catalogue", table([row(specification="mới")], name="sua.csv"), "--by=danhmuc")
        entries = [
            (entry.history_type, entry.history_user, entry.history_change_reason, entry.source)
            for entry in Item.objects.get().history.order_by("history_id")
        ]
        assert entries == [
            ("+", keeper, "Imported from danh-muc.csv", history.Source.IMPORT),
            ("~", keeper, "Imported from sua.csv", history.Source.IMPORT),
        ]

    def test_the_same_file_twice_writes_once_and_blank_cells_leave_what_is_known(self, run, table):
        rows = [row(external_code="G5", name_en="rice"), row("Ngô", package_unit="BX", package_factor="10")]
        file = table(rows)
        assert run("import_catalogue", file).report["posted"] == 2
        again = run("import_catalogue", file)
        assert (again.code, again.report["posted"], again.report["counts"]["items_unchanged"]) == (0, 0, 2)
        before = Item.objects.get(external_code="G5")
        ran = run("import_catalogue", table([row("Gạo tẻ", external_code="G5", name_en="")]))
        assert ran.report["counts"]["items_changed"] == 1
        after = Item.objects.get(external_code="G5")
        assert (after.code, after.name, after.name_en) == (before.code, "Gạo tẻ", "rice")
        assert after.updated_at > before.updated_at
        assert after.history.count() == 2

    def test_several_rows_are_one_item_when_they_agree(self, run, table):
        rows = [row(package_unit="BX", package_factor="10"), row(package_unit="TNE", package_factor="1000"), row()]
        assert run("import_catalogue", table(rows)).report["posted"] == 1
        assert Packaging.objects.count() == 2
        ran = run("import_catalogue", table([row("Ngô"), row("Ngô", specification="khác")]))
        assert ran.places == [(3, "specification")]

    def test_writes_nothing_on_a_dry_run(self, run, table):
        ran = run("import_catalogue", table([row()]), "--dry-run")
        assert (ran.code, ran.report["posted"], ran.report["counts"]["items"]) == (0, 0, 1)
        assert not Item.objects.exists()

    def test_rejected_rows_come_back_corrected(self, run, table, tmp_path):
        rejects = tmp_path / "r.csv"
        rows = [
            row("Gạo"),
            row("Ngô", base_unit="?", package_unit="BX", package_factor="10"),
            row("Ngô", base_unit="?"),
        ]
        ran = run("import_catalogue", table(rows), "--reject", rejects)
        assert (ran.code, ran.report["posted"], ran.report["rejected"]) == (3, 1, 2)
        with rejects.open(encoding="utf-8-sig", newline="") as file:
            assert [one["row"] for one in csv.DictReader(file)] == ["3", "4"]
        rejects.write_text(rejects.read_text(encoding="utf-8").replace(",?", ",KGM"), encoding="utf-8")
        assert run("import_catalogue", rejects).report["posted"] == 1


class TestErrors:
    @pytest.mark.parametrize(
        ("cells", "column"),
        [
            ({"name": ""}, "name"),
            ({"name": "x" * 241}, "name"),
            ({"base_unit": "XYZ"}, "base_unit"),
            ({"base_unit": ""}, "base_unit"),
            ({"group": ""}, "group"),
            ({"group": "QN-99"}, "group"),
            ({"group": "QY-01", "supply_class": "QN"}, "group"),
            ({"code": CODE[:-1] + str((int(CODE[-1]) + 1) % 10)}, "code"),  # check digit
            ({"code": item_code("QN", 2, 1)}, "group"),  # another group
            ({"tracking": "batch"}, "tracking"),
            ({"shelf_life_days": "0"}, "shelf_life_days"),
            ({"gross_weight_kg": "0"}, "gross_weight_kg"),
            ({"gross_weight_kg": "1,05"}, "gross_weight_kg"),
            ({"gtin": "8931234567898"}, "gtin"),
            ({"gtin": "8931234567897"}, "gtin"),  # another item's
            ({"nsn": "8970-00-149-109"}, "nsn"),
            ({"un_number": "9999"}, "un_number"),
            ({"classification": "2"}, "classification"),  # above the site's accreditation
            ({"classification": "7"}, "classification"),
            ({"is_active": "perhaps"}, "is_active"),
            ({"package_unit": "BX"}, "package_factor"),
            ({"package_unit": "BX", "package_factor": "-1"}, "package_factor"),
            ({"package_unit": "KGM", "package_factor": "1"}, "package_unit"),
            ({"external_code": "KNOWN", "base_unit": "LTR"}, "base_unit"),  # what is counted stays
            ({"external_code": "KNOWN", "tracking": "lot"}, "tracking"),
            ({"external_code": "KNOWN", "group": "QN-02"}, "group"),
            ({"external_code": "KNOWN", "package_unit": "BX", "package_factor": "11"}, "package_factor"),
            ({"external_code": "TWICE"}, "external_code"),
        ],
        ids=str,
    )
    def test_each_is_told_by_row_and_column_and_nothing_is_written(self, run, table, cells, column):
        known = an_item(item_code("QN", 1, 5), unit="KGM", external_code="KNOWN", gtin="8931234567897")
        a_packaging(known, "BX", "10")
        for number in (6, 7):
            an_item(item_code("QN", 1, number), unit="KGM", external_code="TWICE")
        ran = run("import_catalogue", table([row("Ngô"), row(**cells), row("Khoai")]))
        assert (ran.code, ran.places) == (1, [(3, column)])
        assert Item.objects.count() == 3

    def test_two_rows_may_not_share_a_number(self, run, table):
        ran = run("import_catalogue", table([row("Ngô", gtin="8931234567897"), row("Gạo", gtin="8931234567897")]))
        assert ran.places == [(3, "gtin")]

    def test_only_the_keeper_of_the_catalogue_may(self, run, table):
        a_user("thukho", role="storekeeper")
        ran = run("import_catalogue", table([row()]), "--by=thukho")
        assert ran.code == 1
        assert not Item.objects.exists()


def test_units_may_be_named_by_their_word(run, table, tmp_path):
    mapping = tmp_path / "m.toml"
    mapping.write_text(
        'for = "catalogue"\n[fields]\nname = "Tên"\ngroup = { constant = "QN-01" }\n'
        'base_unit = { column = "ĐVT", lookup = "name" }\n',
        encoding="utf-8",
    )
    file = table([{"Tên": "Dầu", "ĐVT": "Lít"}, {"Tên": "Gạo", "ĐVT": "bó"}])
    ran = run("import_catalogue", file, "--mapping", mapping, "--reject", tmp_path / "r.csv")
    assert ran.places == [(3, "ĐVT")]
    item = Item.objects.get()
    assert item.base_unit_id == "LTR"
    assert check_item_code(item.code) == item.code
