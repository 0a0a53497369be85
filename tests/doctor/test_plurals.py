"""Counts are told with the noun they need, in commands as on pages."""

from __future__ import annotations

import re
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import translation

from inventory.vouchers import branches
from logistics.checkup import Checkup, Finding, State
from logistics.errors import Fault, Forbidden
from logistics.management.commands import doctor


@pytest.mark.parametrize(
    ("warnings", "english", "vietnamese"),
    [
        (0, "1 wrong, 0 warnings, 1 well", "1 sai, 0 cảnh báo, 1 tốt"),
        (1, "1 wrong, 1 warning, 1 well", "1 sai, 1 cảnh báo, 1 tốt"),
        (2, "1 wrong, 2 warnings, 1 well", "1 sai, 2 cảnh báo, 1 tốt"),
    ],
)
def test_the_doctor_counts_its_findings(
    monkeypatch: pytest.MonkeyPatch, warnings: int, english: str, vietnamese: str
) -> None:
    states = [State.WRONG, State.OK, *[State.WARNING] * warnings]
    found = Checkup(tuple(Finding("clock", state, "as it is") for state in states), ())
    monkeypatch.setattr(doctor, "examine", lambda: found)
    for language, words in (("en", english), ("vi", vietnamese)):
        with translation.override(language):
            out: Any = StringIO()
            with pytest.raises(SystemExit):
                call_command("doctor", stdout=out)
        assert out.getvalue().splitlines()[-1] == words


@pytest.mark.parametrize(("count", "words"), [(1, "1 line names an item"), (2, "2 lines name items")])
def test_lines_of_other_branches_are_counted(count: int, words: str) -> None:
    faults = [Fault(f"/lines/{number}/item", "outside-your-classes", "x") for number in range(count)]
    with translation.override("en"), pytest.raises(Forbidden, match=re.escape(words)):
        branches.refuse(faults)
