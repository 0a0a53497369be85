"""Whatever is altered behind the store's back, even by the tables' owner, is found and named."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.utils import timezone, translation

from depots.models import Depot
from inventory.catalogue.models import Conversion, Item
from inventory.ledger.drafts import Observed
from inventory.ledger.models import Verification
from inventory.ledger.periods import close_period
from inventory.ledger.posting import post
from inventory.ledger.rebuilding import rebuild
from inventory.ledger.refusals import PeriodOutOfOrder
from inventory.ledger.verifying import Disagreement, verify
from logistics.accounts.models import User
from tests.conftest import connected_to
from tests.factories import a_depot, a_draft, a_line, an_item, in_threads, on_hand, posting, telling, world


@pytest.fixture(scope="module")
def store(own_database):
    """Two depots with a few movements, committed in a database of this module's own; yields its name."""
    poster = world()
    a_depot("K01")
    a_depot("K02")
    item = an_item("QN-02-0000011")
    posting(poster, "receipt", "K01", a_line(item, 100), days_ago=140, reason="muộn")
    posting(poster, "issue", "K01", a_line(item, 30), days_ago=5)
    sent = posting(poster, "transfer_out", "K01", a_line(item, 20), to_depot="K02", days_ago=4)
    posting(poster, "transfer_in", "K02", a_line(item, 15, reason="thiếu"), consignment=sent.name, days_ago=3)
    posting(poster, "relocation", "K01", a_line(item, 5, to_bin="A-02"), days_ago=2)
    diesel = an_item("XD-02-0000011", unit="LTR", fuel_group="B")
    with telling():
        Conversion.objects.create(
            code="F", name="f", method="meter", item=diesel, valid_from=date(2000, 1, 1), basis="QĐ 1"
        )
    reading = Observed(temperature=Decimal(30), density=Decimal(828))
    posting(poster, "receipt", "K02", a_line(diesel, 1000, fuel=reading), days_ago=2)
    posting(poster, "issue", "K02", a_line(diesel, 10, fuel=reading), days_ago=1)
    close_period("K01", LONG_AGO, by=poster, at=timezone.now())
    assert verify().is_sound
    return own_database


@pytest.fixture
def tampered(store, django_db_blocker) -> Iterator[Callable[..., list[Disagreement]]]:
    """A way to do what only the tables' owner could, guards off, and hear what verifying says; undone afterwards."""
    with django_db_blocker.unblock(), connected_to(store, as_owner=True), transaction.atomic():

        def tamper(*statements: str) -> list[Disagreement]:
            with connection.cursor() as cursor:
                for table in GUARDED:
                    cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER append_only")
                for statement in statements:
                    cursor.execute(statement)
            return verify().disagreements

        yield tamper
        transaction.set_rollback(True)


@pytest.fixture
def opened(store, django_db_blocker) -> Iterator[str]:
    """The store, connected to as the application role."""
    with django_db_blocker.unblock(), connected_to(store):
        yield store


GUARDED = (
    "ledger_movement", "ledger_movementline", "ledger_closingbalance", "ledger_witnessedhead", "ledger_fuelreading",
)  # fmt: skip
LONG_AGO = (timezone.localtime() - timedelta(days=130)).date()
K01 = "(SELECT id FROM depots_depot WHERE code = 'K01')"
FUEL = "UPDATE ledger_fuelreading SET {} WHERE position = 3"  # the issue of K02


@pytest.mark.parametrize(
    ("statement", "check", "where"),
    [
        (FUEL.format("temperature = 29"), "chain", "K02/3"),
        (FUEL.format("temperature = 29"), "fuel", "K02/3"),
        (FUEL.format("kg = 9, kg_change = -9"), "fuel", "K02/3"),
        (FUEL.format("kg_after = kg_after + 1"), "fuel", "K02/3"),
        (FUEL.format("litres_15 = 9"), "fuel", "K02/3"),
        ("DELETE FROM ledger_fuelreading WHERE position = 3", "chain", "K02/3"),
        ("DELETE FROM ledger_fuelreading WHERE position = 3", "fuel", "K02/3"),
        (f"UPDATE ledger_movement SET reason = 'x' WHERE depot_id = {K01} AND position = 2", "chain", "K01/2"),
        (f"UPDATE ledger_movementline SET change = -31 WHERE depot_id = {K01} AND position = 2", "chain", "K01/2"),
        (f"UPDATE ledger_movementline SET change = -31 WHERE depot_id = {K01} AND position = 2", "piles", "K01 A-01"),
        (
            f"UPDATE ledger_movementline SET on_hand_after = 71 WHERE depot_id = {K01} AND position = 2",
            "running balances",
            "K01/2",
        ),
        (f"UPDATE ledger_movementline SET unit_price = 1 WHERE depot_id = {K01} AND position = 1", "chain", "K01/1"),
        (
            f"UPDATE ledger_movementline SET occurred_at = now() WHERE depot_id = {K01} AND position = 1",
            "running balances",
            "K01/1",
        ),
        (
            f"DELETE FROM ledger_movementline WHERE depot_id = {K01} AND position = 4;"
            f"DELETE FROM ledger_movement WHERE depot_id = {K01} AND position = 4",
            "chain",
            "K01/4",
        ),
        (f"UPDATE ledger_depotlog SET position = 9 WHERE depot_id = {K01}", "chain", "K01/9"),
        ("UPDATE ledger_holding SET on_hand = on_hand + 1", "piles", "K01 A-01"),
        ("UPDATE ledger_holding SET allocated = 1 WHERE on_hand > 0", "allocations", "K01"),
        ("UPDATE ledger_consignmentline SET received = 20", "consignments", "K01/3 line 1"),
        ("UPDATE ledger_closingbalance SET inward = 101, closing = 101", "closings", "K01"),
        ("UPDATE ledger_closingbalance SET item_id = item_id + 1", "closings", "K01"),
        (
            "UPDATE ledger_movementline SET transit_change = 21 WHERE transit_change = 20",
            "conservation",
            "K01/3",
        ),
        (
            "INSERT INTO ledger_witnessedhead (depot_id, position, hash, witnessed_at, witness)"
            f" VALUES ({K01}, 4, '\\x00', now(), 'paper')",
            "chain",
            "K01/4",
        ),
        (
            "INSERT INTO ledger_witnessedhead (depot_id, position, hash, witnessed_at, witness)"
            f" VALUES ({K01}, 40, '\\x00', now(), 'paper')",
            "chain",
            "K01/40",
        ),
    ],
)
def test_an_altered_row_is_named(tampered, statement, check, where):
    found = tampered(statement)
    assert [one for one in found if one.check == check and one.where.startswith(where)], found


def test_a_cut_off_tail_is_found_by_a_head_that_left_the_machine(tampered):
    cut = (
        f"DELETE FROM ledger_movementline WHERE depot_id = {K01} AND position = 4",
        f"DELETE FROM ledger_movement WHERE depot_id = {K01} AND position = 4",
        "UPDATE ledger_depotlog AS log SET position = 3, hash = movement.hash FROM ledger_movement AS movement"
        f" WHERE log.depot_id = {K01} AND movement.depot_id = log.depot_id AND movement.position = 3",
    )
    took = (
        "INSERT INTO ledger_witnessedhead (depot_id, position, hash, witnessed_at, witness)"
        f" SELECT depot_id, position, hash, now(), 'manifest 1' FROM ledger_depotlog WHERE depot_id = {K01}"
    )
    tampered(took, *cut)
    rebuild(check_only=False)
    assert [(one.check, one.where) for one in verify().disagreements] == [("chain", "K01/4")]


@pytest.mark.parametrize("role", ["application", "owner"])
@pytest.mark.parametrize(
    "table", ["ledger_movement", "ledger_movementline", "ledger_periodclose", "ledger_closingbalance"]
)
@pytest.mark.parametrize("verb", ["UPDATE {} SET depot_id = depot_id", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_nobody_changes_the_log(store, django_db_blocker, role, table, verb):
    with django_db_blocker.unblock(), connected_to(store, as_owner=role == "owner"), connection.cursor() as cursor:
        with pytest.raises(DatabaseError, match="append-only|permission denied"):
            cursor.execute(verb.format(table))


def test_rebuilding_restores_what_the_log_says(tampered):
    assert tampered(
        "UPDATE ledger_holding SET on_hand = on_hand + 5",
        "UPDATE ledger_consignmentline SET received = 0",
    )
    assert rebuild(check_only=True)
    assert not verify().is_sound, "checking changes nothing"
    assert rebuild(check_only=False)
    assert verify().is_sound
    assert rebuild(check_only=True) == []


def test_the_command_names_the_movement_and_exits_1(tampered, capsys):
    tampered(f"UPDATE ledger_movement SET reason = 'x' WHERE depot_id = {K01} AND position = 2")
    with pytest.raises(SystemExit) as end:
        call_command("verify_ledger", depot="K01", format="json")
    assert end.value.code == 1
    assert '"where": "K01/2"' in capsys.readouterr().out
    told = Verification.objects.get()
    assert (told.depot.code, told.disagreements) == ("K01", len(told.found))
    assert told.found[0][:2] == ["chain", "K01/2"]
    call_command("verify_ledger", depot="K02")
    assert Verification.objects.latest("verified_at").disagreements == 0


def test_the_command_finds_a_sound_store_sound(opened, capsys):
    with translation.override("en"):
        call_command("verify_ledger")
    assert "sound" in capsys.readouterr().out
    told = Verification.objects.get()
    assert (told.depot, told.disagreements, told.found, told.movements) == (None, 0, [], 7)
    call_command("rebuild_holdings", check=True)
    with pytest.raises(CommandError) as unknown:
        call_command("verify_ledger", depot="K99")
    assert unknown.value.returncode == 5


def test_months_close_in_order_and_only_when_over(opened):
    keeper, now = User.objects.get(login="nguoi-ghi"), timezone.now()
    with pytest.raises(PeriodOutOfOrder, match="not over"):
        close_period("K02", timezone.localdate(), by=keeper, at=now)
    with pytest.raises(PeriodOutOfOrder, match="already"):
        close_period("K01", LONG_AGO, by=keeper, at=now)
    with pytest.raises(PeriodOutOfOrder, match="in order"):
        close_period("K01", (timezone.localtime() - timedelta(days=40)).date(), by=keeper, at=now)


def test_posting_goes_on_while_the_log_is_verified(opened):
    poster, item = User.objects.get(login="nguoi-ghi"), Item.objects.get(code="QN-02-0000011")
    before = on_hand(Depot.objects.get(code="K01"), item)

    def work(index: int) -> bool:
        if index == 0:
            return verify().is_sound
        for _ in range(10):
            post([a_draft("receipt", "K01", a_line(item, 1))], by=poster, at=timezone.now())
        return True

    assert in_threads(4, work) == [True] * 4
    assert on_hand(Depot.objects.get(code="K01"), item) == before + 30
    assert verify().is_sound
