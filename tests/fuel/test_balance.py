"""Whatever is posted of fuel, in whatever order: both balances follow from the readings and are never below zero."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from inventory.catalogue.models import Conversion, ItemGroup
from inventory.catalogue.volume_correction import REFINED, factor
from inventory.ledger.drafts import Observed
from inventory.ledger.models import FuelReading, Holding
from inventory.ledger.verifying import verify
from logistics.errors import DomainError
from tests.factories import a_depot, a_line, an_item, posting, telling, world

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_both_balances_follow_from_the_readings(seed):
    chance = random.Random(seed)
    poster = world()
    for code in ("K01", "K02"):
        a_depot(code)
    petrol = an_item("XD-01-0000014", unit="LTR", fuel_group="B")
    with telling():
        Conversion.objects.create(
            code="F", name="f", method="meter", group=ItemGroup.objects.get(pk=petrol.group_id),
            valid_from=date(2000, 1, 1), basis="QĐ 1",
        )  # fmt: skip
    posted = []
    minutes = 60 * 24 * 9

    def line(litres, **fields):
        """Read one petrol, of 748 kg/m³ at 15 °C, as instruments do: never quite the same; at times, nonsense."""
        celsius = Decimal(chance.choice(["28", "30", "12.5", "-18", "59.95"]))
        density = Decimal(748) * factor(REFINED, density_15=Decimal(748), temperature=celsius)
        density = round(density + Decimal(chance.choice(["-0.3", "0", "0.2"])), 1)
        if chance.random() < 0.1:
            celsius, density = chance.choice(
                [(Decimal(-19), density), (celsius, Decimal(500)), (celsius, Decimal(1200))]
            )
        observed = Observed(temperature=celsius, density=density)
        return a_line(petrol, litres, bin=chance.choice(["A-01", "A-02"]), fuel=observed, **fields)

    refused = 0
    for _step in range(40):
        minutes -= chance.randrange(30, 200)
        days = minutes / 60 / 24
        litres = Decimal(chance.randrange(1, 2_000_000)) / 1000
        kind = chance.choice(["receipt", "receipt", "issue", "issue", "disposal", "relocation", "transfer_out",
                              "transfer_in", "stocktake", "reversal", "late"])  # fmt: skip
        try:
            match kind:
                case "relocation":
                    moved = line(litres)
                    posted.append(posting(poster, kind, "K01", _to_other(moved), days_ago=days))
                case "transfer_out":
                    posted.append(posting(poster, kind, "K01", line(litres), to_depot="K02", days_ago=days))
                case "transfer_in":
                    sent = next(one for one in reversed(posted) if one.kind == "transfer_out")
                    came = line(sent.lines[0].entered_quantity, reason="đo lại")
                    posted.append(posting(poster, kind, "K02", came, consignment=sent.name, days_ago=days))
                case "stocktake":
                    at = timezone.now() - timedelta(days=days)
                    posted.append(posting(poster, kind, "K01", line(litres, counted_at=at), days_ago=days))
                case "reversal":
                    undone = chance.choice(posted)
                    posted.append(
                        posting(poster, kind, undone.depot, reverses=undone.position, reason="nhầm", days_ago=days)
                    )
                case "late":
                    posted.append(posting(poster, "receipt", "K01", line(litres), reason="muộn", days_ago=days + 2))
                case _:
                    posted.append(posting(poster, kind, "K01", line(litres), reason="thử", days_ago=days))
        except (DomainError, StopIteration, IndexError):
            refused += 1
    report = verify()
    assert report.is_sound, report.disagreements
    assert len(posted) > 5
    assert refused
    for pile in Holding.objects.filter(item=petrol):
        readings = FuelReading.objects.filter(depot=pile.depot, holding=pile).order_by("position", "line_no")
        kg = [reading.kg_after for reading in readings]
        assert all(weight >= 0 for weight in kg)
        if kg:
            assert sum(reading.kg_change for reading in readings) == kg[-1]
            # Two readings of one petrol differ by at most 0.5 kg/m³, and what passed the pile brought that much.
            passed = sum(abs(reading.kg_change) for reading in readings)
            assert abs(kg[-1] - pile.on_hand * Decimal("0.748")) <= passed / 1000, (pile.on_hand, kg[-1], passed)


def _to_other(line):
    return replace(line, to_bin="A-02" if line.bin == "A-01" else "A-01")
