"""Opening balances from a table."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from inventory.ledger import reading
from inventory.ledger.models import Kind, Movement
from inventory.vouchers.importing import documents
from tests.factories import a_depot, an_item, on_hand, world

pytestmark = pytest.mark.django_db

RICE, NAILS = "QN-01-0000017", "QN-02-0000016"


@pytest.fixture
def depot():
    world()
    return a_depot("K01")


@pytest.fixture
def rice(depot):
    return an_item(RICE, unit="KGM", tracking="lot")


@pytest.fixture
def nails(depot):
    return an_item(NAILS)


def rows(*more):
    return [
        {"item": RICE, "lot": "L1", "expires_on": "2028-06-30", "quantity": "12.5"},
        {"item": NAILS, "quantity": "7"},
        *more,
    ]


def test_needs_no_more_than_items_and_quantities(run, table, depot, rice, nails):
    file = table(rows())
    ran = run("import_opening", file, "--depot=K01")
    assert (ran.code, ran.report["posted"], ran.report["counts"]["lines"]) == (0, 1, 2)
    (movement,) = reading.movements(depot.id)
    assert (movement.kind, movement.key) == (Kind.OPENING, "import:opening")
    assert (on_hand(depot, rice), on_hand(depot, nails)) == (12.5, 7)
    again = run("import_opening", file, "--depot=K01")
    assert (again.code, again.report["posted"], again.report["counts"]["movements_there_before"]) == (0, 0, 1)


def test_does_not_add_a_second_opening_by_mistake(run, table, depot, rice, nails):
    run("import_opening", table(rows()), "--depot=K01")
    changed = table(rows({"item": NAILS, "quantity": "1"}))
    ran = run("import_opening", changed, "--depot=K01")
    assert (ran.code, ran.places) == (1, [(2, "document"), (3, "document"), (4, "document")])
    assert run("import_opening", changed, "--depot=K01", "--document=opening QN").report["posted"] == 1


def test_takes_day_and_reason_for_rows_that_do_not_say(run, table, depot, rice, nails):
    ran = run("import_opening", table(rows()), "--depot=K01", "--on=2026-01-01")
    assert ran.places == [(2, "reason")]
    ran = run("import_opening", table(rows()), "--depot=K01", "--on=2026-01-01", "--reason=Mở sổ")
    assert ran.code == 0
    (movement,) = reading.movements(depot.id)
    assert (movement.occurred_at.astimezone(timezone.get_default_timezone()).isoformat(), movement.reason) == (
        "2026-01-01T00:00:00+07:00",
        "Mở sổ",
    )
    assert "--on" in run("import_opening", table(rows()), "--depot=K01", "--on=1/1/2026").err


def test_splits_what_is_too_long_for_one_movement(run, table, depot, nails, monkeypatch):
    monkeypatch.setattr(documents, "most_lines", lambda _kind: 2)
    many = [{"item": NAILS, "quantity": str(number), "bin": f"A-0{1 + number % 2}"} for number in range(1, 6)]
    file = table(many)
    assert run("import_opening", file, "--depot=K01").report["posted"] == 3
    assert list(Movement.objects.order_by("position").values_list("key", flat=True)) == [
        "import:opening",
        "import:opening/2",
        "import:opening/3",
    ]
    assert on_hand(depot, nails) == 15
    assert run("import_opening", file, "--depot=K01").report["posted"] == 0


def test_tells_all_errors_in_one_pass(run, table, depot, rice, nails):
    later = (timezone.localtime() + timedelta(days=2)).isoformat()
    bad = [
        {"item": RICE, "quantity": "x"},
        {"item": "?", "quantity": "1"},
        {"item": NAILS, "quantity": "1", "occurred_at": later, "document": "d2"},
    ]
    ran = run("import_opening", table(rows(*bad)), "--depot=K01")
    assert ran.places == [(4, "lot"), (4, "quantity"), (5, "item"), (6, "occurred_at")]
    assert not Movement.objects.exists()
    assert run("import_opening", table([{"kind": "opening"}]), "--depot=K01").places[-1] == (1, "quantity")


def test_sets_piles_to_what_was_counted(run, table, depot, rice, nails):
    run("import_opening", table(rows()), "--depot=K01")
    counted = [{"item": NAILS, "quantity": "4"}, {"item": RICE, "lot": "L1", "quantity": "0"}]
    file = table(counted)
    ran = run("import_opening", file, "--depot=K01", "--document=kiểm kê", "--set")
    assert (ran.code, ran.report["posted"], ran.report["counts"]["lines"]) == (0, 1, 2)
    assert (on_hand(depot, rice), on_hand(depot, nails)) == (0, 4)
    assert Movement.objects.get(position=2).kind == Kind.STOCKTAKE
    again = run("import_opening", file, "--depot=K01", "--document=kiểm kê", "--set")
    assert (again.report["posted"], again.report["counts"]["movements_there_before"]) == (0, 1)
    twice = run("import_opening", table([*counted, counted[0]]), "--depot=K01", "--document=lần ba", "--set")
    assert (twice.code, twice.places) == (1, [(4, "item")]), "a pile is counted once"


def test_tells_what_should_be_looked_at(run, table, depot, nails, tmp_path):
    mapping = tmp_path / "m.toml"
    mapping.write_text('for = "opening"\ndecimal = ","\n[fields]\nitem = "M"\nquantity = "S"\n', encoding="utf-8")
    file = table([{"M": NAILS, "S": "1.500"}, {"M": NAILS, "S": "12"}])
    ran = run("import_opening", file, "--depot=K01", "--mapping", mapping)
    assert ran.code == 0
    assert [(one["row"], one["column"], one["value"]) for one in ran.report["warnings"]] == [(2, "S", "1.500")]
    assert on_hand(depot, nails) == 1512


def test_refuses_what_would_run_in_a_spreadsheet(run, table, depot, nails):
    ran = run("import_opening", table([{"item": NAILS, "quantity": "1", "reason": "=1+1"}]), "--depot=K01")
    assert (ran.code, ran.places) == (1, [(2, "reason")])


def test_another_programs_codes_need_the_program(run, table, depot, nails, tmp_path):
    mapping = tmp_path / "m.toml"
    text = 'for = "opening"\n[fields]\nquantity = "S"\nitem = { column = "M", lookup = "crosswalk" }\n'
    mapping.write_text(text, encoding="utf-8")
    ran = run("import_opening", table([{"M": "X", "S": "1"}]), "--depot=K01", "--mapping", mapping)
    assert ran.code == 2
    assert "/fields/item/program" in ran.err
