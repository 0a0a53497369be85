"""Tables of reserve norms."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from inventory.norms.models import ReserveNorm
from tests.factories import a_depot, a_unit, a_user, an_item, world
from tests.notation import rows

pytestmark = pytest.mark.django_db
RICE, OIL = "QN-01-0000014", "XD-01-0000017"


@pytest.fixture(autouse=True)
def _world():
    world()
    a_depot("K01", unit=a_unit("F3"))
    a_depot("KTAP", is_exercise=True)
    an_item(RICE, external_code="GAO")
    an_item(OIL, unit="LTR")


def row(**cells):
    return {
        "unit": "", "depot": "K01", "item": RICE, "purpose": "SSCD", "required": "100", "valid_from": "2026-01-01",
        "valid_to": "", "basis": "QĐ 12/2026",
    } | cells  # fmt: skip


def norms():
    return [
        ((norm.depot_id and norm.depot.code) or norm.unit.code, int(norm.required), norm.valid_from, norm.valid_to)
        for norm in ReserveNorm.objects.select_related("unit", "depot").order_by("depot", "valid_from")
    ]


def test_brings_norms_with_their_history_and_writes_nothing_again(run, table):
    keeper = a_user("danhmuc", role="catalogue_keeper")
    file = table([row(), row(unit="F3", depot="", required="250.000"), row(item=OIL, required="12.5")], name="dm.csv")
    ran = run("import_norms", file, "--by=danhmuc")
    assert (ran.code, ran.report["posted"], ran.report["totals"]["taken"]["required"]) == (0, 3, "362.500")
    past = ReserveNorm.history.get(item__code=OIL)
    assert (past.history_user, past.history_change_reason, past.source) == (keeper, "Imported from dm.csv", "import")
    again = run("import_norms", file, "--by=danhmuc")
    assert (again.report["posted"], again.report["counts"]["norms_unchanged"], ReserveNorm.history.count()) == (0, 3, 3)


def test_a_norm_that_starts_later_ends_the_open_one_in_whatever_order_they_stand(run, table):
    file = table([row(required="300", valid_from="2026-07-01"), row()])
    for _again in range(2):
        assert run("import_norms", file).code == 0
        assert norms() == [
            ("K01", 100, date(2026, 1, 1), date(2026, 6, 30)),
            ("K01", 300, date(2026, 7, 1), None),
        ]
    later = run("import_norms", table([row(required="400", valid_from="2027-01-01")]))
    assert (later.report["counts"]["norms_ended"], norms()[1][3]) == (1, date(2026, 12, 31))
    between = run("import_norms", table([row(required="50", valid_from="2025-06-01")]))
    assert (between.code, norms()[0]) == (0, ("K01", 50, date(2025, 6, 1), date(2025, 12, 31)))


def test_puts_a_known_norm_right(run, table):
    run("import_norms", table([row()]))
    assert run("import_norms", table([row(required="120", basis="")])).report["counts"]["norms_changed"] == 1
    assert ReserveNorm.objects.get().basis == "QĐ 12/2026"
    assert ReserveNorm.objects.get().required == Decimal(120)


def test_tells_every_error_at_once_with_row_and_column(run, table):
    wrong = rows("""
        unit | depot | item          | purpose | required | valid_from | valid_to   | row | column
             |       | QN-01-0000014 | SSCD    | 1        | 2026-01-01 |            | 2   | unit
        F3   | K01   | QN-01-0000014 | SSCD    | 1        | 2026-01-01 |            | 3   | unit
        X9   |       | QN-01-0000014 | SSCD    | 1        | 2026-01-01 |            | 4   | unit
             | K99   | QN-01-0000014 | SSCD    | 1        | 2026-01-01 |            | 5   | depot
             | KTAP  | QN-01-0000014 | SSCD    | 1        | 2026-01-01 |            | 6   | depot
             | K01   | QN-09-1234567 | SSCD    | 1        | 2026-01-01 |            | 7   | item
             | K01   | QN-01-0000014 | VUI     | 1        | 2026-01-01 |            | 8   | purpose
             | K01   | QN-01-0000014 | SSCD    | 0        | 2026-01-01 |            | 9   | required
             | K01   | QN-01-0000014 | SSCD    | 1.5      | 2026-01-01 |            | 10  | required
             | K01   | XD-01-0000017 | SSCD    | 1.2345   | 2026-01-01 |            | 11  | required
             | K01   | QN-01-0000014 | SSCD    | 1        | 01/02/2026 |            | 12  | valid_from
             | K01   | QN-01-0000014 | SSCD    | 1        | 2026-02-01 | 2026-01-31 | 13  | valid_to
             | K01   | QN-01-0000014 | SSCD    | 7        | 2026-03-01 | 2026-03-31 |     |
             | K01   | QN-01-0000014 | SSCD    | 8        | 2026-03-01 |            | 15  | valid_from
             | K01   | QN-01-0000014 | SSCD    | 9        | 2026-03-20 |            | 16  | valid_from
    """)
    cells = [{name: text for name, text in one.items() if name not in {"row", "column"}} for one in wrong]
    ran = run("import_norms", table(cells))
    assert ran.code == 1
    assert ran.places == [(int(one["row"]), one["column"]) for one in wrong if one["row"]]
    assert not ReserveNorm.objects.exists()


def test_takes_the_good_rows_when_the_others_are_put_aside(run, table, tmp_path):
    aside = tmp_path / "aside.csv"
    ran = run("import_norms", table([row(), row(item="X")]), f"--reject={aside}")
    assert (ran.code, ran.report["rejected"], len(norms())) == (3, 1, 1)
    assert "X" in aside.read_text(encoding="utf-8")


def test_a_dry_run_writes_nothing_and_a_mapping_reads_other_columns(run, table, tmp_path):
    mapping = tmp_path / "map.toml"
    mapping.write_text(
        'for = "norms"\ndates = ["%d/%m/%Y"]\n[fields]\ndepot = "Kho"\nrequired = "Số lượng"\nvalid_from = "Từ"\n'
        'purpose = { column = "Mục đích", values = { "Sẵn sàng chiến đấu" = "SSCD" } }\n'
        'item = { column = "Mã cũ", lookup = "external_code" }\n',
        encoding="utf-8",
    )
    file = table(
        [{"Kho": "K01", "Mã cũ": "GAO", "Mục đích": "Sẵn sàng chiến đấu", "Số lượng": "5", "Từ": "01/02/2026"}]
    )
    dry = run("import_norms", file, f"--mapping={mapping}", "--dry-run")
    assert (dry.code, dry.report["posted"], dry.report["counts"]["norms_new"], norms()) == (0, 0, 1, [])
    assert run("import_norms", file, f"--mapping={mapping}").code == 0
    assert norms() == [("K01", 5, date(2026, 2, 1), None)]


def test_only_who_keeps_reference_data_brings_norms(run, table):
    a_user("thukho", role="storekeeper")
    ran = run("import_norms", table([row()]), "--by=thukho")
    assert ran.code != 0
    assert not ReserveNorm.objects.exists()
