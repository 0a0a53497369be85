"""The bands of last days of use."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from inventory.availability.expiry import band_of, bands, months_after
from tests.notation import rows


def test_bands_are_told_by_the_calendar() -> None:
    for row in rows("""
        today      | last day of use | band
        2026-11-22 | 2026-11-21      | expired
        2026-11-22 | 2026-11-22      | 3-months
        2026-11-22 | 2027-02-21      | 3-months
        2026-11-22 | 2027-02-22      | 6-months
        2026-11-22 | 2027-05-22      | 6-months
        2026-11-22 | 2027-05-23      | later
        2026-11-30 | 2027-02-27      | 3-months
        2026-11-30 | 2027-02-28      | 6-months
        2027-11-30 | 2028-02-28      | 3-months
        2027-11-30 | 2028-02-29      | 6-months
    """):
        today, day = date.fromisoformat(row["today"]), date.fromisoformat(row["last day of use"])
        assert band_of(day, among=bands(today)).code == row["band"], row


@pytest.mark.parametrize("today", [date(2026, 1, 31), date(2026, 8, 31), date(2028, 2, 29), date(2026, 12, 1)])
def test_every_day_lies_in_exactly_one_band(today: date) -> None:
    among = bands(today)
    for offset in range(-40, 400):
        day = today + timedelta(days=offset)
        assert [band.holds(day) for band in among].count(True) == 1, day


def test_months_after_ends_on_the_last_day_of_a_shorter_month() -> None:
    assert months_after(date(2026, 8, 31), 6) == date(2027, 2, 28)
    assert months_after(date(2026, 12, 15), 1) == date(2027, 1, 15)
