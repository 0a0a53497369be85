"""The pages of stocktakes, through Django's client."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from inventory.stocktakes import counting, standing
from inventory.stocktakes.counting import Counted
from inventory.stocktakes.models import Status, Stocktake
from tests.stocktakes.conftest import BLANKET, RICE, Store
from tests.stocktakes.test_finalising import ready

At = Callable[[str], Client]


@pytest.fixture
def at(store: Store) -> At:
    """Sign somebody in: `at("duyet")` is their browser, in English."""

    def signed_in(login: str) -> Client:
        client = Client()
        client.cookies["django_language"] = "en"
        client.force_login(store.user(login), backend="logistics.accounts.backends.RoleBackend")
        return client

    return signed_in


def body(answer: Any) -> str:
    return str(answer.content.decode())


def a_plan(**given: Any) -> dict[str, Any]:
    return {
        "id": str(uuid4()), "depot": "K01", "scope": "bins", "bins": "A-02, A-01", "is_blind": "on", "reason": "Quý IV",
        "basis": "QĐ 12", "name-1": "Trần Văn A", "role-1": "chair", "user-2": "duyet", "role-2": "member",
    } | given  # fmt: skip


def press(client: Client, one: Stocktake, **given: Any) -> Any:
    return client.post(reverse("stocktake", args=[one.pk]), given, follow=True)


def test_from_the_plan_to_the_movement(store: Store, at: At) -> None:
    keeper, chief = at("ke-hoach"), at("duyet")
    page = keeper.post(reverse("stocktake-new"), a_plan(), follow=True)
    one = Stocktake.objects.get()
    assert (page.status_code, one.scope, one.codes) == (200, "bins", ["A-02", "A-01"])
    assert [str(member) for member in one.members.all()] == ["Trần Văn A", "duyet"]
    assert "Open for counting" in body(page)
    page = press(keeper, one, action="open", version="1")
    assert "0 of 4 lines counted" in body(page)
    assert "By the books" not in body(page)  # blind
    lines = {line.item + line.lot: line for line in standing.of(Stocktake.objects.get()).lines}
    counts = [
        Counted(key=uuid4(), line=line.id, quantity=Decimal(q), counted_at=timezone.now())
        for name, q in [(f"{RICE}L1", 97), (f"{RICE}L2", 60), (BLANKET, 40)]
        if (line := lines[name])
    ]
    counting.count(one.pk, counts, by=store.user("dem-1"), at=timezone.now())
    page = press(keeper, one, action="end")
    assert ["<strong>2</strong>" in body(page), "−3" in body(page), "−45,000 đ" in body(page)] == [True] * 3
    refused = press(chief, one, action="finalise")
    assert refused.status_code == 422 or "not counted" in body(refused)
    rice, radio = lines[f"{RICE}L1"], next(line for line in lines.values() if line.tracking == "serial")
    wrong = press(keeper, one, action="decide", **{f"cause-{rice.id}": "CHUA_RO"})
    assert (wrong.status_code, "choose a cause that explains it" in body(wrong)) == (422, True)
    page = press(
        keeper, one, action="decide",
        **{f"cause-{rice.id}": "HAO_HUT", f"note-{rice.id}": "<b>rơi</b>", f"cause-{radio.id}": "CHUA_DEM"},
    )  # fmt: skip
    assert "2 decisions are kept." in body(page)
    page = keeper.get(reverse("stocktake", args=[one.pk]) + "?show=all")
    assert "&lt;b&gt;rơi&lt;/b&gt;" in body(page)
    assert "<b>rơi</b>" not in body(page)
    assert press(keeper, one, action="finalise").status_code == 403
    page = press(chief, one, action="finalise")
    one.refresh_from_db()
    assert (one.status, one.number in body(page)) == (Status.POSTED, True)
    assert one.number in body(keeper.get(reverse("stocktakes")))
    accuracy = body(keeper.get(reverse("stocktake-accuracy")))
    assert "66.7" in accuracy
    assert reverse("movement", args=["K01", one.position]) in body(page)


def test_recount_and_cancel(store: Store, at: At) -> None:
    one = ready(store)
    keeper = at("ke-hoach")
    line = next(x for x in standing.of(one).lines if x.item == BLANKET)
    page = press(keeper, one, action="recount", recount=str(line.id), reason="chênh")
    assert "1 line is counted anew." in body(page)
    assert press(keeper, one, action="cancel", reason="").status_code == 422
    assert "Cancelled by" in body(press(keeper, one, action="cancel", reason="hoãn"))
    assert press(keeper, one, action="gì").status_code == 422


def test_what_a_plan_form_refuses_stands_beside_its_box(store: Store, at: At) -> None:
    keeper = at("ke-hoach")
    for given, words in [
        ({"reason": ""}, "This field is required"),
        ({"cut_off_date": "31/02/2026"}, "is no day of the calendar"),
        ({"cut_off_date": "1/1/2026", "cut_off_time": "25:00"}, "Write the time as hours and minutes"),
        ({"bins": "Z-99"}, "has no bin Z-99"),
        ({"scope": "classes"}, "Name 1 to 500"),
        ({"user-3": "nguoi-la"}, "Line 3: Nobody who reads this depot"),
        ({"depot": "K99"}, "Select a valid choice"),
    ]:
        page = keeper.post(reverse("stocktake-new"), a_plan(**given))
        assert (page.status_code, words in body(page)) == (422, True), given
    assert not Stocktake.objects.exists()
    page = keeper.post(reverse("stocktake-new"), a_plan(cut_off_date="1/1/2026", cut_off_time=""), follow=True)
    assert "01/01/2026 00:00" in body(page)


def test_who_sees_what(store: Store, at: At) -> None:
    one = ready(store)
    for login, status in [("xem", 200), ("duyet", 200), ("nguoi-la", 404)]:
        page = at(login).get(reverse("stocktake", args=[one.pk]))
        assert page.status_code == status
        assert "Keep the decisions" not in body(page) or login == "duyet"
    assert at("xem").get(reverse("stocktake-new")).status_code == 403
    assert press(at("xem"), one, action="end").status_code == 403
    assert str(one.pk) not in body(at("nguoi-la").get(reverse("stocktakes")))
    assert at("xem").get(reverse("stocktakes-file", args=["csv"])).status_code == 200
    assert at("xem").get(reverse("stocktake-accuracy-file", args=["xlsx"])).status_code == 200


def test_lists_ask_as_little_for_many_as_for_few(store: Store, at: At) -> None:
    client = at("xem")
    one = ready(store)

    def queries(address: str) -> int:
        client.get(address)
        with CaptureQueriesContext(
            connection,
        ) as caught:
            assert client.get(address).status_code == 200
        return len(caught)

    few = queries(reverse("stocktakes"))
    page = queries(reverse("stocktake", args=[one.pk]))
    for hour in range(5, 11):
        store.opened(hour=hour)
    assert queries(reverse("stocktakes")) == few
    store.finalise(one, hour=20)
    assert queries(reverse("stocktakes")) <= few + 1
    assert page <= 40
    assert queries(reverse("stocktake-accuracy")) <= 14


def test_accuracy_leaves_reversed_ones_out_and_obeys_filters(store: Store, at: At) -> None:
    one = ready(store)
    store.finalise(one, hour=4)
    client = at("xem")
    assert "75" in body(client.get(reverse("stocktake-accuracy") + "?depot=K01&supply_class=QN"))
    assert "No stocktake was finalised like that" in body(
        client.get(reverse("stocktake-accuracy") + "?supply_class=QY")
    )
    tomorrow = timezone.localdate() + timedelta(days=1)
    assert "No stocktake" in body(client.get(reverse("stocktake-accuracy") + f"?from={tomorrow}"))
    assert client.get(reverse("stocktake-accuracy") + "?from=gì").status_code == 422
    one.refresh_from_db()
    store.move("reversal", "", 0, hour=5, reverses=one.position, reason="nhầm")
    assert "No stocktake was finalised yet" in body(client.get(reverse("stocktake-accuracy")))
    assert "Its movement was reversed" in body(client.get(reverse("stocktake", args=[one.pk])))


def test_one_cause_for_all_lines_that_wait(store: Store, at: At) -> None:
    one = store.opened()
    lines = store.lines(one)
    store.count(one, lines[f"{BLANKET} A-02"], 38, hour=1)
    store.count(one, lines[f"{RICE} L1 A-01"], 101, hour=1)
    store.end(one, hour=2)
    keeper = at("ke-hoach")
    for cause, words, left in [
        ("", "No line that waits is explained by this cause.", 4),
        ("CHUA_DEM", "2 decisions are kept.", 2),  # what nobody counted
        ("HAO_HUT", "1 decision is kept.", 1),  # the shortage, not the surplus
        ("GHI_NHAM", "1 decision is kept.", 0),
    ]:
        page = press(keeper, one, **{"action": "decide-rest", "rest-cause": cause, "rest-note": "cả loạt"})
        assert words in body(page), cause
        assert len(standing.of(one).unsettled) == left
