"""Counts from paper at the desk, and what hostile or broken numbers and clocks come to: a word, never a 500."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from depots.models import Bin
from inventory.catalogue.models import Classification, Lot
from inventory.ledger.verifying import verify
from inventory.stocktakes import counting, review
from inventory.stocktakes.counting import Counted
from inventory.stocktakes.models import Count, SheetLine, Stocktake
from logistics.history import Source
from tests import factories
from tests.notation import rows
from tests.stocktakes.conftest import BLANKET, RADIO, RICE, Store
from tests.stocktakes.test_pages import At, at, body

__all__ = ["at"]


def page(client: Client, one: Stocktake, **given: Any) -> Any:
    """Post the page of numbers, or open it where nothing is given."""
    address = reverse("stocktake-entry", args=[one.pk])
    return client.post(address, {"batch": str(uuid4())} | given) if given else client.get(address)


def now_opened(store: Store, **given: Any) -> Stocktake:
    """A stocktake opened two hours ago; the pages' clock is the machine's."""
    return store.opened(hour=(timezone.now() - store.start) / timedelta(hours=1) - 2, **given)


def test_numbers_from_paper_are_counts_of_their_moment(store: Store, at: At) -> None:
    """Labelled goods too, which no phone is told of: what the phone's page promises."""
    with factories.telling():
        store.items[RADIO].classification = Classification.SECRET
        store.items[RADIO].save()
    one = now_opened(store)
    store.move("issue", RICE, 30, hour=(timezone.now() - store.start) / timedelta(hours=1) - 0.5, lot="L1", bin="A-01")
    lines = store.lines(one)
    rice, other, blanket, radio = (
        lines[name] for name in (f"{RICE} L1 A-01", f"{RICE} L2 A-01", f"{BLANKET} A-02", f"{RADIO} SN-1 A-02")
    )
    counter = at("dem-1")
    shown = body(page(counter, one))
    assert "Máy thu" in shown
    read = re.sub(r"<[^>]*>", " ", shown.partition("<tbody>")[2].partition("</tbody>")[0])  # keys have digits of chance
    assert "Máy thu" in read
    assert "100" not in read  # what the books say stays hidden
    then = timezone.localtime() - timedelta(hours=1)
    said = {"day": f"{then:%d/%m/%Y}", "time": f"{then:%H:%M}", "batch": str(uuid4())}
    typed = {f"q-{rice.id}": "98", f"q-{other.id}": "", f"q-{radio.id}": "0"}
    for _twice in range(2):
        assert page(counter, one, **said, **typed).status_code == 302
    assert Count.objects.count() == 2
    found = store.lines(one)
    assert found[f"{RICE} L1 A-01"].difference == -2  # the issue came after the moment on the paper
    assert found[f"{RICE} L2 A-01"].held is None  # blank is not zero
    held = found[f"{RADIO} SN-1 A-02"].held
    assert held is not None
    assert (held.quantity, held.by) == (0, ("dem-1",))
    # One number that is refused loses no other, and stands there with the reason.
    wrong = page(counter, one, **{f"q-{blanket.id}": "x1", f"q-{other.id}": "60"})
    assert (wrong.status_code, "“x1” is not a number" in body(wrong), 'value="x1"' in body(wrong)) == (422, True, True)
    assert store.lines(one)[f"{RICE} L2 A-01"].difference == 0
    assert Count.objects.filter(line=blanket.id).count() == 0
    store.settle(review.end_counting(one.pk, by=store.user("ke-hoach"), at=timezone.now(), source=Source.WEB), hour=61)
    assert review.finalise(one.pk, by=store.user("duyet"), at=timezone.now(), source=Source.WEB).position
    assert verify().is_sound


def test_goods_found_are_entered_too(store: Store, at: At) -> None:
    one = now_opened(store, scope="bins", codes=["A-01"])
    row = {"item-1": RICE.lower(), "lot-1": "L9", "expires-1": "31/12/2030", "bin-1": "a-01", "grade-1": "2",
           "purpose-1": "THUONG_XUYEN", "quantity-1": "7.5"}  # fmt: skip
    assert page(at("dem-1"), one, **row).status_code == 302
    line = SheetLine.objects.get(is_expected=False)
    assert (line.lot, str(line.expires_date), line.bin.code, line.grade_id) == ("L9", "2030-12-31", "A-01", 2)
    for change, words in [
        ({"item-1": "QN-99-9999999"}, "There is no item"),
        ({"item-1": ""}, "Write the code"),
        ({"bin-1": "A-02"}, "does not count A-02"),
        ({"bin-1": "Z-1"}, "has no bin"),
        ({"lot-1": ""}, "kept by lot"),
        ({"lot-1": "L1", "expires-1": "31/12/2030"}, "is known to expire"),
        ({"expires-1": "31/02/2030"}, "31/02/2030"),
        ({"grade-1": "9"}, "There is no grade 9"),
        ({"quantity-1": ""}, "required"),
        ({"quantity-1": "-1"}, "0 or more"),
    ]:
        told = page(at("dem-1"), one, **(row | change))
        assert (told.status_code, words in body(told)) == (422, True), (change, body(told))
    assert SheetLine.objects.filter(is_expected=False).count() == 1


def test_when_numbers_are_taken(store: Store, at: At) -> None:
    one = now_opened(store)
    line = store.lines(one)[f"{BLANKET} A-02"]
    number = {f"q-{line.id}": "40"}
    here = timezone.localtime()
    counter = at("dem-1")
    assert one.opened_at is not None
    opened = timezone.localtime(one.opened_at)
    for day, clock, words in [
        (f"{here + timedelta(days=1):%d/%m/%Y}", "7:00", "has not been then yet"),
        (f"{here - timedelta(days=30):%d/%m/%Y}", "7:00", "The counting began at"),
        (f"{here:%d/%m/%Y}", "", "Write the time too"),
        ("31/02/2026", "7:00", "31/02/2026"),
        ("", "25:00", "25:00"),
    ]:
        told = page(counter, one, day=day, time=clock, **number)
        assert (told.status_code, words in body(told)) == (422, True), (day, clock)
    assert Count.objects.count() == 0
    # The minute in which it was opened, as a clock on the wall shows it.
    assert page(counter, one, day=f"{opened:%d/%m/%Y}", time=f"{opened:%H:%M}", **number).status_code == 302
    review.end_counting(one.pk, by=store.user("ke-hoach"), at=timezone.now(), source=Source.WEB)
    late = page(counter, one, **number)
    assert (late.status_code, "The counting ended at" in body(late)) == (422, True)
    then = timezone.localtime() - timedelta(hours=1)
    assert page(counter, one, day=f"{then:%d/%m/%Y}", time=f"{then:%H:%M}", **number).status_code == 302
    assert at("xem").get(reverse("stocktake-entry", args=[one.pk])).status_code == 403
    assert at("nguoi-la").get(reverse("stocktake-entry", args=[one.pk])).status_code == 404
    assert page(counter, store.plan()).status_code == 409


def test_no_clock_breaks_a_count(store: Store) -> None:
    """A device that began again in 1970, or is set to the year 9999: its counts are dated, or refused in words."""
    one = store.opened()
    line = store.lines(one)[f"{BLANKET} A-02"]

    def counted(moment: datetime, off_s: float) -> Any:
        told = Counted(key=uuid4(), line=line.id, quantity=Decimal(3), counted_at=moment, clock_off_s=off_s)
        (answer,) = counting.count(one.pk, [told], by=store.user("dem-1"), at=store.at(2))
        return answer.problem.code if answer.problem else Count.objects.get(pk=answer.key).counted_at

    first, last = datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, tzinfo=UTC)
    for off_s in (0.0, 3.2e8, -3.2e8, 1.8e9, -1.7e9):
        # Off by ten years, or by fifty-seven, and told so: the true moment is found.
        assert counted(store.at(1) + timedelta(seconds=off_s), off_s) == store.at(1)
        assert counted(first, off_s) in {"before-counting", "in-the-future"}
        assert counted(last, off_s) == "in-the-future"
    for off_s in (6e10, -6e10, 3e11, 1e15, -1e15):
        assert {counted(moment, off_s) for moment in (first, last, store.at(1))} <= {"before-counting", "in-the-future"}


def test_what_happens_around_a_sheet_loses_nothing(store: Store) -> None:
    """A pile emptied meanwhile, bin and item taken out of use, lots expired and held, one key of two devices."""
    one = store.opened()
    lines = store.lines(one)
    rice, blanket = lines[f"{RICE} L1 A-01"], lines[f"{BLANKET} A-02"]
    store.move("issue", BLANKET, 40, hour=1, bin="A-02")
    assert store.count(one, blanket, 0, hour=2).state == "kept"
    key = uuid4()
    assert [store.count(one, rice, 97, hour=2, key=key, by=by).state for by in ("dem-1", "dem-2")] == [
        "kept",
        "refused",
    ]
    with factories.telling():
        Bin.objects.filter(depot=store.depot, code="A-02").update(is_active=False)
        store.items[RICE].is_active = False
        store.items[RICE].save()
        Lot.objects.filter(item=store.items[RICE]).update(
            expires_date=timezone.localdate() - timedelta(days=9), hold_reason="chờ kiểm nghiệm"
        )
    assert store.count(one, lines[f"{RICE} L2 A-01"], 61, hour=3).state == "kept"
    assert store.count(one, lines[f"{RADIO} SN-1 A-02"], 1, hour=3).state == "kept"
    store.end(one, hour=4)
    store.settle(one, hour=5)
    assert store.finalise(one, hour=6).position
    assert [store.on_hand(RICE), store.on_hand(BLANKET)] == [Decimal(158), Decimal(0)]
    assert verify().is_sound


def test_a_full_sheet_takes_counts_of_its_own_piles(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    one = store.opened()
    monkeypatch.setattr(counting, "MOST_LINES", 4)
    for row in rows("""
        bin  | lot | state
        A-01 | L1  | kept
        A-01 | L7  | refused
        A-02 | L1  | refused
    """):
        named = {"item": RICE, "lot": row["lot"], "bin": row["bin"]}
        assert store.count(one, None, 1, hour=1, **named).state == row["state"], row
