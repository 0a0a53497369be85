"""What will expire before it is used: by hand, and against a walk day by day."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from inventory.foresight.expiring import HORIZON_DAYS, LotStock, fates, lost
from tests.notation import rows

TODAY = date(2026, 11, 22)


def test_lots_are_used_first_expired_first() -> None:
    """Three a day from the 22nd on, both days included."""
    table = rows("""
        lot | expires    | quantity | used | left | why
        A   | 2026-11-22 |        5 |    3 |    2 | one day of use is left: 3
        B   | 2026-11-26 |       10 |   10 |    0 | 5 days × 3 = 15, less the 3 of A: 12 could be used
        C   | 2026-11-26 |        9 |    2 |    7 | of those 12, B took 10
        D   | 2026-12-21 |      100 |   75 |   25 | 30 days × 3 = 90, less 15 used before
        E   | 2027-11-22 |      100 |  100 |    0 | a year
        F   |            |      500 |      |      | never expires
    """)
    lots = [
        LotStock(row["lot"], date.fromisoformat(row["expires"]) if row["expires"] else None, Decimal(row["quantity"]))
        for row in reversed(table)
    ]
    found = {one.lot: (one.used, one.left) for one in fates(lots, per_day=Decimal(3), today=TODAY)}
    assert found == {row["lot"]: (Decimal(row["used"]), Decimal(row["left"])) for row in table if row["used"]}
    assert [one.lot for one in lost(fates(lots, per_day=Decimal(3), today=TODAY), scale=0)] == ["A", "C", "D"]


def test_nothing_used_means_everything_expires() -> None:
    (one,) = fates([LotStock("A", TODAY + timedelta(days=9), Decimal("7.5"))], per_day=Decimal(0), today=TODAY)
    assert (one.used, one.left) == (0, Decimal("7.5"))


def test_a_rest_that_rounds_to_nothing_is_nothing() -> None:
    (one,) = fates([LotStock("A", TODAY, Decimal(3))], per_day=Decimal("2.7"), today=TODAY)
    assert one.left == Decimal("0.3")
    assert lost([one], scale=0) == []
    assert lost([one], scale=1) == [one]


def test_what_lies_beyond_two_years_is_not_told() -> None:
    lots = [LotStock("A", TODAY + timedelta(days=HORIZON_DAYS + 1), Decimal(3))]
    assert fates(lots, per_day=Decimal(0), today=TODAY) == []


LOTS = st.lists(st.tuples(st.one_of(st.none(), st.integers(0, 60)), st.decimals("0.001", "400", places=3)), max_size=6)


@given(LOTS, st.decimals("0", "30", places=6))
def test_is_what_a_walk_day_by_day_comes_to(some: list[tuple[int | None, Decimal]], per_day: Decimal) -> None:
    lots = [
        LotStock(f"L{number}", None if days is None else TODAY + timedelta(days=days), quantity)
        for number, (days, quantity) in enumerate(some)
    ]
    left = {lot.lot: lot.quantity for lot in lots}
    expired: dict[str, Decimal] = {}
    for number in range(62):
        day, wanted = TODAY + timedelta(days=number), per_day
        for lot in sorted(lots, key=lambda one: (one.expires_date or date.max, one.lot)):
            if lot.expires_date is not None and lot.expires_date < day:
                expired.setdefault(lot.lot, left[lot.lot])
                continue
            taken = min(wanted, left[lot.lot])
            left[lot.lot] -= taken
            wanted -= taken
    found = {one.lot: one.left for one in fates(lots, per_day=per_day, today=TODAY)}
    assert found == expired
