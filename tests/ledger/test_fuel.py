"""Liquid fuel: every line is measured, and stock is kept in litres at 15 °C and in kg, both by the one log."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone, translation

from inventory.catalogue.models import Conversion, ItemGroup, Packaging
from inventory.ledger.chain import FUEL
from inventory.ledger.drafts import Observed
from inventory.ledger.models import FuelReading
from inventory.ledger.posting import post
from inventory.ledger.reading import movement
from inventory.ledger.refusals import InvalidMovement, KeyReused
from inventory.ledger.verifying import verify
from inventory.ledger.weighing import look, weigh
from inventory.vouchers import road
from tests.api.conftest import statements
from tests.factories import a_draft, a_line, an_item, on_hand, posting, telling
from tests.notation import rows

__all__ = ["statements"]
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _sound(poster):
    """Whatever a test did, both balances follow from the log after it, and every hash from what is stored."""
    yield
    report = verify()
    assert report.is_sound, report.disagreements


@pytest.fixture
def diesel(poster):
    """A liquid fuel whose site chose the published formula."""
    item = an_item("XD-02-0000011", unit="LTR", fuel_group="B")
    with telling():
        Conversion.objects.create(
            code="FORMULA",
            name="công thức",
            method="hydrometer",
            group=ItemGroup.objects.get(pk=item.group_id),
            valid_from=date(2000, 1, 1),
            basis="QĐ 1",
        )
    return item


def measured(item, litres, temperature="30", density="828", **fields):
    return a_line(item, litres, fuel=Observed(temperature=Decimal(temperature), density=Decimal(density)), **fields)


def dip(poster, item, litres, temperature="30", density="828", *, days_ago=0.0, **fields):
    at = timezone.now() - timedelta(days=days_ago)
    return posting(poster, "stocktake", "K01", measured(item, litres, temperature, density, counted_at=at, **fields))


def kg(depot, item):
    last = FuelReading.objects.filter(depot=depot, holding__item=item).order_by("position", "line_no").last()
    return last.kg_after if last else None


def codes(refused):
    return [(fault.pointer.rpartition("/")[2], fault.code) for fault in refused.value.faults]


def test_receipts_and_issues_keep_litres_at_15_and_kg_in_balance(poster, depot, diesel):
    """828.0 kg/m³ read at 30 °C is 838.4 at 15 °C: α = 594.5418 / 838.4², VCF = exp(−0.012816) = 0.98727."""
    for row in rows("""
        kind     | litres | temperature | density | litres at 15 | kg       | on hand   | kg on hand
        receipt  | 10000  | 30          | 828.0   | 9872.700     | 8277.272 | 9872.700  | 8277.272
        issue    | 1000   | 30          | 828.0   | 987.270      | 827.727  | 8885.430  | 7449.545
        issue    | 500    | 20          | 835.0   | 497.885      | 417.477  | 8387.545  | 7032.068
        receipt  | 2000   | 35          | 820.0   | 1965.640     | 1639.147 | 10353.185 | 8671.215
        disposal | 10     | 15          | 838.0   | 10.000       | 8.380    | 10343.185 | 8662.835
    """):
        posted = posting(
            poster,
            row["kind"],
            "K01",
            measured(diesel, row["litres"], row["temperature"], row["density"]),
            reason="thử",
        )
        (line,) = posted.lines
        told = (line.fuel.litres_15, line.fuel.kg, on_hand(depot, diesel), kg(depot, diesel))
        assert told == tuple(Decimal(row[name]) for name in ("litres at 15", "kg", "on hand", "kg on hand")), (
            row,
            line.fuel,
        )
        assert abs(line.change) == line.fuel.litres_15
        assert (line.entered_quantity, line.entered_unit) == (Decimal(row["litres"]), "LTR")
        stored = movement(depot.pk, posted.position)
        assert stored.rehash() == posted.hash
        assert stored.lines[0].fuel == line.fuel
        assert set(stored.document()["lines"][0]["fuel"]) == set(FUEL)


def test_the_last_litre_takes_the_last_kg(poster, depot, diesel):
    posting(poster, "receipt", "K01", measured(diesel, 1000, "15", "830"))
    posted = posting(poster, "issue", "K01", measured(diesel, 1000, "15", "829.5"))
    assert posted.lines[0].fuel.kg == Decimal("829.500")
    assert posted.lines[0].fuel.kg_change == Decimal("-830.000")
    assert (on_hand(depot, diesel), kg(depot, diesel)) == (0, 0)


def test_what_cannot_be_converted_is_refused_by_the_one_posting_function(poster, depot, diesel, blanket):
    jet = an_item("XD-01-0000014", unit="LTR", fuel_group="B")  # no conversion is registered for its group
    for row in rows("""
        line                   | member      | code
        no reading             | temperature | fuel-reading-required
        no conversion          | item        | fuel-conversion-required
        too hot                | temperature | fuel-temperature
        no density of diesel   | density     | fuel-density
        too many decimals      | density     | fuel-density
        no fuel                | temperature | fuel-not-here
    """):
        line = {
            "no reading": a_line(diesel, 10),
            "no conversion": measured(jet, 10),
            "too hot": measured(diesel, 10, "130"),
            "no density of diesel": measured(diesel, 10, "30", "0.8"),
            "too many decimals": measured(diesel, 10, "30", "828.05"),
            "no fuel": measured(blanket, 10),
        }[row["line"]]
        draft = a_draft("receipt", "K01", line)
        with pytest.raises(InvalidMovement) as refused:
            post([draft], by=poster, at=timezone.now())
        assert codes(refused) == [(row["member"], row["code"])], row
        assert look([draft], by=poster, at=timezone.now()).every_fault() == list(refused.value.faults)


def test_what_was_asked_for_is_compared_at_15_degrees(poster, depot, diesel):
    """An order of 1,000 litres is one of 1,000 litres at 15 °C: 1,012.894 warm ones, or fewer of a cold delivery."""
    posting(poster, "receipt", "K01", measured(diesel, 10_000), days_ago=2)
    for row in rows("""
        litres   | temperature | density | at most
        1012.894 | 30          | 828.0   |
        1012.895 | 30          | 828.0   | 1,012.894
        1010     | 15          | 838.4   | 1,000
        995      | 5           | 845.0   | 991.63
    """):
        line = measured(diesel, row["litres"], row["temperature"], row["density"], scheduled_quantity=Decimal(1000))
        with translation.override("en"):
            faults = weigh([a_draft("issue", "K01", line)], by=poster, at=timezone.now())
        assert [fault.code for fault in faults] == ["above-requested"] * bool(row["at most"]), row
        assert all(f"at most {row['at most']} litres" in fault.detail for fault in faults), (row, faults)
    unread = a_line(diesel, 1010, scheduled_quantity=Decimal(1000))
    faults = weigh([a_draft("issue", "K01", unread)], by=poster, at=timezone.now())
    assert [fault.code for fault in faults] == ["fuel-reading-required"]


def test_kilograms_give_the_litres(poster, depot, diesel):
    """What is told in kg moves the kg balance by just that; 838.4 kg/m³ at 15 °C and 0.98727 give the litres."""
    for row in rows("""
        kind     | kg       | temperature | density | litres   | litres at 15 | on hand   | kg on hand
        receipt  | 8277.272 | 30          | 828.0   | 10000    | 9872.700     | 9872.700  | 8277.272
        issue    | 5000     | 30          | 828.0   | 6040.637 | 5963.740     | 3908.960  | 3277.272
        issue    | 0.001    | 30          | 828.0   | 0.001    | 0.001        | 3908.959  | 3277.271
        disposal | 838.5    | 15          | 838.5   | 1000     | 1000         | 2908.959  | 2438.771
    """):
        line = measured(diesel, row["kg"], row["temperature"], row["density"], unit="KGM")
        posted = posting(poster, row["kind"], "K01", line, reason="thử")
        (line,) = posted.lines
        told = (line.fuel.litres, line.fuel.litres_15, on_hand(depot, diesel), kg(depot, diesel))
        wanted = ("litres", "litres at 15", "on hand", "kg on hand")
        assert told == tuple(Decimal(row[name]) for name in wanted), (row, line.fuel)
        assert (line.fuel.kg, line.entered_quantity, line.entered_unit) == (
            Decimal(row["kg"]),
            Decimal(row["kg"]),
            "KGM",
        )
        assert movement(depot.pk, posted.position).rehash() == posted.hash
    undone = posting(poster, "reversal", "K01", reverses=2, reason="nhầm")
    assert (undone.lines[0].fuel.kg_change, undone.lines[0].change) == (Decimal(5000), Decimal("5963.740"))


def test_what_was_asked_for_in_kilograms_is_compared_in_kilograms(poster, depot, diesel):
    posting(poster, "receipt", "K01", measured(diesel, 10_000), days_ago=2)
    for row in rows("""
        kg       | temperature | density | is too much
        1000     | 30          | 828.0   | no
        1000     | 5           | 845.0   | no
        1000.001 | 30          | 828.0   | yes
    """):
        line = measured(
            diesel, row["kg"], row["temperature"], row["density"], unit="KGM", scheduled_quantity=Decimal(1000)
        )
        faults = weigh([a_draft("issue", "K01", line)], by=poster, at=timezone.now())
        assert [fault.code for fault in faults] == ["above-requested"] * (row["is too much"] == "yes"), (row, faults)


def test_kilograms_are_refused_where_litres_stand(poster, depot, other_depot, diesel):
    """No reading says the density, or what is counted, promised or on the road stands in litres at 15 °C."""
    with telling():
        Packaging.objects.create(item=diesel, unit_id="KGM", factor=Decimal("1.19"))  # as written past its check
    posting(poster, "receipt", "K01", measured(diesel, 1000), days_ago=9)
    sent = posting(poster, "transfer_out", "K01", measured(diesel, 400, unit="KGM"), to_depot="K02", days_ago=3)
    assert sent.lines[0].fuel.kg == 400
    for kind, line, fields in (
        ("stocktake", measured(diesel, 9, unit="KGM", counted_at=timezone.now()), {}),
        ("transfer_in", measured(diesel, 400, unit="KGM"), {"depot": "K02", "consignment": sent.name}),
        ("adjustment", a_line(diesel, -1, unit="KGM"), {"consignment": sent.name, "reason": "hao hụt"}),
    ):
        draft = a_draft(kind, fields.pop("depot", "K01"), line, **fields)
        faults = weigh([draft], by=poster, at=timezone.now())
        assert ("/lines/0/unit", "fuel-by-weight") in [(fault.pointer, fault.code) for fault in faults], (kind, faults)
    unread = weigh([a_draft("issue", "K01", a_line(diesel, 10, unit="KGM"))], by=poster, at=timezone.now())
    assert [fault.code for fault in unread] == ["fuel-reading-required"]


def test_what_no_column_holds_is_refused_in_words(poster, depot, diesel):
    """Litres within bounds may be more kg than that, and kg more litres: told, not left to the database."""
    for quantity, unit, density in (
        ("999999999999999.999", "LTR", "1050"),
        ("999999999999999.999", "KGM", "828"),
        ("830000000000000", "KGM", "828"),
    ):
        draft = a_draft("receipt", "K01", measured(diesel, quantity, "30", density, unit=unit))
        with pytest.raises(InvalidMovement) as refused:
            post([draft], by=poster, at=timezone.now())
        assert codes(refused) == [("quantity", "quantity")], (quantity, unit)


def test_a_packaging_of_kilograms_is_refused(diesel):
    with pytest.raises(ValidationError) as refused:
        Packaging(item=diesel, unit_id="KGM", factor=Decimal("1.19")).full_clean()
    assert list(refused.value.message_dict) == ["unit"]


def test_a_reading_is_part_of_what_was_asked_for(poster, depot, diesel):
    draft = a_draft("receipt", "K01", measured(diesel, 10), key="k")
    (first,) = post([draft], by=poster, at=timezone.now())
    (again,) = post([draft], by=poster, at=timezone.now())
    assert again.is_replay
    assert (again.hash, again.lines) == (first.hash, first.lines)
    other = a_draft("receipt", "K01", measured(diesel, 10, "31"), key="k", occurred_at=draft.occurred_at)
    with pytest.raises(KeyReused):
        post([other], by=poster, at=timezone.now())


def test_a_reading_is_of_one_tank(poster, depot, diesel):
    posting(poster, "receipt", "K01", measured(diesel, 100), measured(diesel, 100, bin="A-02"))
    with pytest.raises(InvalidMovement) as refused:
        posting(poster, "issue", "K01", measured(diesel, 150))
    assert codes(refused) == [("bin", "fuel-one-tank")]
    posting(poster, "relocation", "K01", measured(diesel, 100, bin="A-01", to_bin="A-02"))
    issued = posting(poster, "issue", "K01", measured(diesel, 150))
    assert issued.lines[0].bin == "A-02"
    assert kg(depot, diesel) == 2 * Decimal("82.773") - issued.lines[0].fuel.kg  # 100 litres weigh 82.773 kg


def test_a_dip_sets_both_balances_and_then_holds(poster, depot, diesel):
    posting(poster, "receipt", "K01", measured(diesel, 10_000), days_ago=9)
    posting(poster, "issue", "K01", measured(diesel, 1000), days_ago=1)
    dipped = dip(poster, diesel, 9990, "28", "829.0", days_ago=3)
    (line,) = dipped.lines
    assert line.entered_quantity == line.fuel.litres_15 == Decimal("9879.710")
    assert line.scheduled_quantity == Decimal("9872.700")
    litres, weight = on_hand(depot, diesel), kg(depot, diesel)
    assert (litres, weight) == (line.fuel.litres_15 - Decimal("987.270"), line.fuel.kg - Decimal("827.727"))
    # Told later of the time before it: explained, but the counted stock stays.
    posting(poster, "receipt", "K01", measured(diesel, 500), days_ago=5, reason="muộn")
    posting(poster, "issue", "K01", measured(diesel, 700), days_ago=5, reason="muộn")
    assert (on_hand(depot, diesel), kg(depot, diesel)) == (litres, weight)


def test_an_empty_tank_needs_no_reading(poster, depot, diesel):
    posting(poster, "receipt", "K01", measured(diesel, 100))
    posting(poster, "stocktake", "K01", a_line(diesel, 0, counted_at=timezone.now()))
    assert (on_hand(depot, diesel), kg(depot, diesel)) == (0, 0)


def test_a_reversal_takes_back_litres_and_kg(poster, depot, diesel):
    posting(poster, "receipt", "K01", measured(diesel, 100, "20", "835"), days_ago=9)
    before = (on_hand(depot, diesel), kg(depot, diesel))
    for do in (
        lambda: posting(poster, "receipt", "K01", measured(diesel, 5000), days_ago=3),
        lambda: posting(poster, "issue", "K01", measured(diesel, 50), days_ago=2),
        lambda: dip(poster, diesel, 90, days_ago=1),
    ):
        posting(poster, "reversal", "K01", reverses=do().position, reason="nhầm")
    assert (on_hand(depot, diesel), kg(depot, diesel)) == before


def test_what_arrives_is_measured_anew(poster, depot, other_depot, diesel):
    """On the road are litres at 15 °C; what was read at both ends stands beside them in kg, to the end."""
    posting(poster, "receipt", "K01", measured(diesel, 1000), days_ago=9)
    sent = posting(poster, "transfer_out", "K01", measured(diesel, 500, "30", "828"), to_depot="K02", days_ago=3)
    arriving = measured(diesel, 495, "25", "831.5")
    with pytest.raises(InvalidMovement) as refused:
        posting(poster, "transfer_in", "K02", arriving, consignment=sent.name, days_ago=1)
    assert codes(refused) == [("reason", "difference-needs-reason")]
    posting(poster, "transfer_in", "K02", replace(arriving, reason="hao hụt"), consignment=sent.name, days_ago=1)
    arrived = on_hand(other_depot, diesel)
    missing = sent.lines[0].fuel.litres_15 - arrived
    assert 0 < missing < 10
    posting(
        poster, "adjustment", "K01", a_line(diesel, -missing), consignment=sent.name, reason="hao hụt trong định mức"
    )
    (consignment,) = road.consignments([(depot.pk, sent.position)])
    (line,) = consignment.lines
    assert (line.state, line.in_transit, line.settled) == ("closed", 0, missing)
    assert (line.kg_sent, line.kg_received) == (Decimal("413.864"), kg(other_depot, diesel))
    assert line.kg_difference == kg(other_depot, diesel) - Decimal("413.864")


def test_more_may_arrive_than_was_sent(poster, depot, other_depot, diesel):
    """Two thermometers never agree: a surplus by measuring is received with its reason, and written on."""
    posting(poster, "receipt", "K01", measured(diesel, 1000), days_ago=9)
    sent = posting(poster, "transfer_out", "K01", measured(diesel, 500, "30", "828"), to_depot="K02", days_ago=3)
    arriving = measured(diesel, 500, "28", "828", reason="surplus")
    came = posting(poster, "transfer_in", "K02", arriving, consignment=sent.name, days_ago=1)
    surplus = came.lines[0].change - sent.lines[0].fuel.litres_15
    assert surplus > 0
    posting(poster, "adjustment", "K01", a_line(diesel, surplus), consignment=sent.name, reason="sai số đo")
    posting(poster, "reversal", "K02", reverses=came.position, reason="nhầm")
    (consignment,) = road.consignments([(depot.pk, sent.position)])
    assert (consignment.lines[0].kg_received, kg(other_depot, diesel)) == (None, 0)


def test_stock_from_before_is_dipped_first(poster, depot):
    """An item becomes a liquid fuel while some of it lies in a tank: its litres are known, its kg are not."""
    item = an_item("XD-02-0000011", unit="LTR")
    old = posting(poster, "receipt", "K01", a_line(item, 1000), days_ago=9)
    posting(poster, "issue", "K01", a_line(item, 1), days_ago=8)
    with telling():
        item.fuel_group = "B"
        item.save()
        Conversion.objects.create(
            code="F", name="f", method="meter", item=item, valid_from=date(2000, 1, 1), basis="QĐ 1"
        )
    with pytest.raises(InvalidMovement) as refused:
        posting(poster, "issue", "K01", measured(item, 10))
    assert codes(refused) == [("item", "fuel-undipped")]
    dip(poster, item, 1000, "15", "830", days_ago=1)
    assert (on_hand(depot, item), kg(depot, item)) == (1000, 830)
    posting(poster, "issue", "K01", measured(item, 10, "15", "830"))
    assert kg(depot, item) == Decimal("821.700")
    with pytest.raises(InvalidMovement) as refused:
        posting(poster, "reversal", "K01", reverses=old.position, reason="nhầm")
    assert codes(refused) == [("item", "fuel-undipped")]


def test_more_kg_than_there_are_is_refused(poster, depot, diesel):
    posting(poster, "receipt", "K01", measured(diesel, 1000, "15", "820"))
    with pytest.raises(InvalidMovement) as refused:
        posting(poster, "issue", "K01", measured(diesel, 999, "15", "850"))
    assert codes(refused) == [("density", "fuel-kg-short")]


def test_lines_without_fuel_ask_nothing_more(poster, depot, blanket, diesel, statements):
    posting(poster, "receipt", "K01", a_line(blanket, 100), measured(diesel, 1000))

    def asked(line):
        statements.clear()
        posting(poster, "issue", "K01", line)
        return [text.split(b":")[0].removeprefix(b"-- ").decode() for text in map(_text, statements)]

    plain, fuel = asked(a_line(blanket, 1)), asked(measured(diesel, 1))
    assert [name for name in plain if "SAVEPOINT" not in name] == ["begin_posting", "state", "append"]
    assert [name for name in fuel if "SAVEPOINT" not in name and name not in plain] == [
        "fuel_conversions",
        "fuel_kg",
        "add_fuel_readings",
    ]


def _text(statement):
    return statement if isinstance(statement, bytes) else str(statement).encode()
