"""What `close_period` says to a month that is none."""

from __future__ import annotations

import pytest
from django.core.management import CommandError, call_command


@pytest.mark.parametrize("month", ["2026-13", "x", "2026-1", "0001-01", "9999-12", "2026-10-01", "٢٠٢٦-١٠", ""])
def test_a_month_no_store_closes_is_told_with_one_that_could_be(db, month):
    with pytest.raises(CommandError) as refused:
        call_command("close_period", "K01", month)
    assert f"“{month}”" in str(refused.value)
    assert "2026-10." in str(refused.value)
