"""Two nights never overlap."""

from __future__ import annotations

import psycopg
import pytest
from django.core.management import CommandError, call_command

from inventory.foresight import nightly
from logistics import scratch


def test_the_command_ends_with_4_while_another_runs(committed: str) -> None:
    with psycopg.connect(scratch.owner_url(committed)) as another:
        another.execute("SELECT pg_advisory_lock(%s, %s)", nightly._LOCK)
        with pytest.raises(CommandError) as refused:
            call_command("forecast")
        assert refused.value.returncode == 4
    call_command("forecast")
