"""Of when a page's numbers are: what addresses and people write, and what cannot be read."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.test import RequestFactory
from django.utils import timezone, translation

from inventory.availability.instants import Instant, instant, written
from tests.notation import rows


def asked(**query: str) -> Instant:
    with translation.override("en"):
        return instant(RequestFactory().get("/stock/", query))


def test_reads_what_addresses_and_people_write() -> None:
    for row in rows("""
        text                      | instant                          | spoken           | carried as
        2026-06-30                | 2026-06-30T23:59:59.999999+07:00 | 23:59 30/06/2026 | 2026-06-30
        30/06/2026                | 2026-06-30T23:59:59.999999+07:00 | 23:59 30/06/2026 | 2026-06-30
        300626                    | 2026-06-30T23:59:59.999999+07:00 | 23:59 30/06/2026 | 2026-06-30
        2026-06-30T08:15          | 2026-06-30T08:15:59.999999+07:00 | 08:15 30/06/2026 | 2026-06-30T08:15
        30/06/2026 8:15           | 2026-06-30T08:15:59.999999+07:00 | 08:15 30/06/2026 | 2026-06-30T08:15
        8h15 30/06/2026           | 2026-06-30T08:15:59.999999+07:00 | 08:15 30/06/2026 | 2026-06-30T08:15
        23:59 30/06/2026          | 2026-06-30T23:59:59.999999+07:00 | 23:59 30/06/2026 | 2026-06-30
        2026-06-30T01:00:00Z      | 2026-06-30T08:00:00+07:00        | 08:00 30/06/2026 | 2026-06-30T08:00:00+07:00
        2026-06-30T08:00:07+07:00 | 2026-06-30T08:00:07+07:00        | 08:00:07 30/06/2026 | 2026-06-30T08:00:07+07:00
    """):
        found = asked(as_of=row["text"])
        assert found.refusals == (), row["text"]
        assert found.as_of == datetime.fromisoformat(row["instant"]), row["text"]
        assert found.spoken == row["spoken"], row["text"]
        assert found.parameters == {"as_of": row["carried as"]}, row["text"]
        assert asked(**found.parameters).as_of == found.as_of


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("2026-02-31", "“2026-02-31” is no day of the calendar"),
        ("31/02/2026", "“31/02/2026” is no day of the calendar"),
        ("06/2026", "is not a date: write day/month/year"),
        ("yesterday", "is not a date: write day/month/year"),
        ("30/06/2026 25:10", "is no time of the day"),
        ("8:60 30/06/2026", "is no time of the day"),
        ("30/06/2190", "Nothing is known of a day to come"),
        ("2190-06-30T00:00:00Z", "Nothing is known of a day to come"),
    ],
)
@pytest.mark.parametrize("name", ["as_of", "recorded_as_of"])
def test_refuses_in_words_what_is_no_past_instant(name: str, text: str, words: str) -> None:
    found = asked(**{name: text})
    assert len(found.refusals) == 1
    assert words in found.refusals[0]
    assert not found.is_now
    assert not found.is_past
    assert found.typed == text


def test_tells_the_two_clocks_apart() -> None:
    now = asked()
    assert (now.is_now, now.is_past, now.parameters, now.suffix, now.address) == (True, False, {}, "", "")
    occurred = asked(as_of="2026-06-30", q="gao")
    assert (occurred.is_by_recording, occurred.address) == (False, "")
    assert occurred.by_the_other_clock == "?q=gao&recorded_as_of=2026-06-30"
    assert occurred.to_now == "?q=gao"
    assert occurred.suffix == "&as_of=2026-06-30"
    recorded = asked(as_of="30/06/2026", clock="recorded", q="gao", page="3")
    assert recorded.as_of is None
    assert recorded.is_by_recording
    assert recorded.address == "/stock/?q=gao&recorded_as_of=2026-06-30"
    assert recorded.kept == [("q", "gao")]
    assert asked(as_of="2026-06-30", clock="").address == "/stock/?as_of=2026-06-30"
    both = asked(as_of="2026-06-30", recorded_as_of="2026-07-05T10:00")
    assert (both.spoken, both.recorded_spoken, both.by_the_other_clock) == ("23:59 30/06/2026", "10:00 05/07/2026", "")
    with translation.override("en"):
        assert both.name == ("23:59 30/06/2026, by the date of the voucher; 10:00 05/07/2026, by the time of recording")


def test_today_is_no_day_to_come() -> None:
    today = timezone.localdate()
    assert asked(as_of="t").day == today
    assert asked(as_of="t").parameters == {"as_of": today.isoformat()}
    assert written(timezone.now()) != today.isoformat()
