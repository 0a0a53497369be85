"""Plans: changed until the counting begins, and cut into parts where one sheet is not long enough."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from depots.models import Bin
from inventory.stocktakes import dividing, planning, standing
from inventory.stocktakes.models import Member, Status, Stocktake
from inventory.stocktakes.planning import Asked, AskedMember, StocktakeMoved
from inventory.vouchers.standing import SelfApproval
from logistics.errors import Forbidden, Invalid, NotFound
from logistics.history import Source
from tests import factories
from tests.notation import rows
from tests.stocktakes.conftest import BLANKET, RADIO, RICE, Store
from tests.stocktakes.test_pages import At, a_plan, at, body

__all__ = ["at"]


def change(store: Store, one: Stocktake, *, hour: float = 1, by: str = "dem-1", **given: Any) -> Stocktake:
    """Plan a stocktake otherwise; what is not said stays as `Store.plan` makes it."""
    version = given.pop("version", None)
    asked = Asked(**{"depot": "K01", "reason": "Kiểm kê tháng", "cut_off_at": one.cut_off_at} | given)
    return planning.change(one.pk, asked, version=version, by=store.user(by), at=store.at(hour), source=Source.WEB)


def seats(one: Stocktake) -> list[tuple[int, str]]:
    return list(one.members.values_list("order", "name"))


def test_a_plan_changes_until_it_is_opened_and_its_history_stays(store: Store) -> None:
    one = store.plan(members=[AskedMember(name="Trần A", role="chair"), AskedMember(name="Lê B")])
    first = one.cut_off_at
    changed = change(
        store, one, version=1, scope="bins", codes=["a-01"], cut_off_at=store.at(5), is_blind=False,
        members=[AskedMember(name="Trần A", role="chair"), AskedMember(name="Vũ C"), AskedMember(name="Hồ D")],
    )  # fmt: skip
    assert (changed.scope, changed.codes, changed.is_blind, changed.version) == ("bins", ["A-01"], False, 2)
    assert seats(changed) == [(1, "Trần A"), (2, "Vũ C"), (3, "Hồ D")]
    changed = change(store, one, scope="bins", codes=["A-01"], cut_off_at=store.at(5), is_blind=False)
    assert seats(changed) == []
    # Nothing of it is lost: what the plan said, and who sat on the council.
    assert [version.cut_off_at for version in one.history.order_by("history_id")] == [first, store.at(5), store.at(5)]
    assert set(Member.history.values_list("name", flat=True)) == {"Trần A", "Lê B", "Vũ C", "Hồ D"}
    words = one.history.order_by("history_id")[1].history_change_reason
    assert all(part in words for part in ("Trần A · Lê B", f"{timezone.localtime(first):%d/%m/%Y}")), words
    # The same again is no change; a page that is out of date changes nothing.
    assert change(store, one, scope="bins", codes=["A-01"], cut_off_at=store.at(5), is_blind=False).version == 3
    with pytest.raises(StocktakeMoved):
        change(store, one, version=1, reason="khác")
    planning.open_sheet(one.pk, by=store.user("ke-hoach"), at=store.at(5), source=Source.WEB)
    assert {line.bin for line in standing.of(Stocktake.objects.get(pk=one.pk)).lines} == {"A-01"}
    with pytest.raises(StocktakeMoved):
        change(store, one, reason="khác")


def test_who_may_change_a_plan(store: Store) -> None:
    factories.a_depot("K02")
    one = store.plan()
    with pytest.raises(NotFound):
        change(store, one, by="nguoi-la")
    with pytest.raises(Forbidden):
        change(store, one, by="xem")
    for given in ({"depot": "K02"}, {"reason": " "}, {"scope": "bins", "codes": ["Z-9"]}):
        with pytest.raises(Invalid):
            change(store, one, **given)
    assert Stocktake.objects.get(pk=one.pk).version == 1


def test_who_changed_the_plan_does_not_finalise(store: Store) -> None:
    one = store.plan()
    change(store, one, by="duyet", reason="theo ý duyệt")
    planning.open_sheet(one.pk, by=store.user("ke-hoach"), at=store.at(1), source=Source.WEB)
    for line in store.lines(one).values():
        store.count(one, line, int(line.book_at_cut_off), hour=1.5)
    store.end(one, hour=2)
    with pytest.raises(SelfApproval):
        store.finalise(one, hour=3)
    assert store.finalise(one, hour=3, by="duyet-2").status == Status.POSTED


def test_the_page_changes_a_plan(store: Store, at: At) -> None:
    keeper, viewer = at("ke-hoach"), at("xem")
    keeper.post(reverse("stocktake-new"), a_plan())
    one = Stocktake.objects.get()
    address = reverse("stocktake-plan", args=[one.pk])
    form = body(keeper.get(address))
    assert [f'value="{said}"' in form for said in ("A-02, A-01", "QĐ 12", "Trần Văn A", "duyet")] == [True] * 4
    moment = timezone.localtime(one.cut_off_at)
    same = a_plan(
        **{"version": "1", "cut_off_date": f"{moment:%d/%m/%Y}", "cut_off_time": f"{moment:%H:%M}", "name-2": "duyet"}
    )
    assert keeper.post(address, same).status_code == 302
    assert Stocktake.objects.get().version == 1  # the minute shown is the second kept
    wrong = keeper.post(address, same | {"reason": "", "bins": "Z-1", "user-3": "không-có"})
    told = body(wrong)
    assert wrong.status_code == 422
    assert [words in told for words in ("This field is required", "has no bin Z-1", "signs in as")] == [True] * 3
    done = keeper.post(address, same | {"bins": "a-01", "name-3": "<b>Hồ</b> D"}, follow=True)
    assert "Plan changed: what is counted (was: some bins A-02, A-01)" in body(done)
    assert "&lt;b&gt;Hồ&lt;/b&gt; D" in body(done)
    stale = keeper.post(address, same | {"reason": "khác"})
    assert (stale.status_code, "It was changed meanwhile" in body(stale)) == (422, True)
    assert viewer.get(address).status_code == 403
    assert at("nguoi-la").get(address).status_code == 404
    planning.cancel(one.pk, reason="x", by=store.user("ke-hoach"), at=timezone.now(), source=Source.WEB)
    assert keeper.get(address).status_code == 409


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sheet of at most three lines, one of them for what is found."""
    monkeypatch.setattr(dividing, "MOST_LINES", 3)
    monkeypatch.setattr(dividing, "ROOM", 1)
    monkeypatch.setattr(planning, "MOST_LINES", 3)


@pytest.mark.usefixtures("short")
def test_what_is_too_long_for_one_sheet_is_cut(store: Store) -> None:
    """Every pile in one part and no other; bins that are empty now are walked as well."""
    with factories.telling():
        Bin.objects.create(depot=store.depot, code="B-01")
        Bin.objects.create(depot=store.depot, code="A-09", is_active=False)
    store.move("receipt", BLANKET, 5, hour=-20, bin="A-01")
    for row in rows("""
        scope   | codes | parts
        depot   |       | A-01/A-02 B-01
        bins    | A-01,A-02 | A-01/A-02
        items   | RICE,BLANKET,RADIO | RICE/BLANKET/RADIO
        classes | QN | RICE/BLANKET/RADIO
    """):
        names = {"RICE": RICE, "BLANKET": BLANKET, "RADIO": RADIO}
        codes = [names.get(code, code) for code in row["codes"].split(",") if code]
        with pytest.raises(Invalid) as refused:
            store.plan(scope=row["scope"], codes=codes)
        assert [fault.code for fault in refused.value.faults] == ["too-many-lines"], row
        asked = Asked(depot="K01", reason="Quý", scope=row["scope"], codes=codes)
        found = dividing.parts(asked, by=store.user("ke-hoach"), at=store.at(0))
        wanted = [tuple(names.get(code, code) for code in part.split()) for part in row["parts"].split("/")]
        assert [part.codes for part in found] == wanted, row
        assert sum(part.piles for part in found) == 5


@pytest.mark.usefixtures("short")
def test_parts_are_planned_together(store: Store, at: At) -> None:
    store.move("receipt", BLANKET, 5, hour=-20, bin="A-01")
    keeper = at("ke-hoach")
    plan = a_plan(scope="depot", bins="")
    refused = keeper.post(reverse("stocktake-new"), plan)
    assert refused.status_code == 422
    assert [body(refused).count("Too long for one sheet"), 'href="#parts"' in body(refused)] == [2, True]
    for _twice in range(2):
        done = keeper.post(reverse("stocktake-new"), plan | {"action": "parts"})
        assert done.status_code == 302
    made = list(Stocktake.objects.order_by("reason"))
    assert [one.reason for one in made] == [f"Quý IV ({number}/{len(made)})" for number in range(1, len(made) + 1)]
    assert len({one.cut_off_at for one in made}) == 1
    assert {one.members.count() for one in made} == {2}
    opened = [planning.open_sheet(x.pk, by=store.user("ke-hoach"), at=timezone.now(), source=Source.WEB) for x in made]
    lines = [line.number for one in opened for line in one.lines.all()]
    assert len(lines) == 5
    # One bin that is longer than a sheet by itself is told by name, and nothing is planned.
    store.move("receipt", RICE, 5, hour=-20, bin="A-01", lot="L3")
    alone = keeper.post(reverse("stocktake-new"), plan | {"id": str(uuid4())})
    assert (alone.status_code, "Bin A-01 alone" in body(alone)) == (422, True)
    assert Stocktake.objects.count() == len(made)


def test_a_plan_ahead_is_opened_when_its_hour_has_come(store: Store, at: At) -> None:
    plan = a_plan(cut_off_date=f"{timezone.localtime() + timedelta(days=40):%d/%m/%Y}")
    client: Client = at("ke-hoach")
    client.post(reverse("stocktake-new"), plan)
    one = Stocktake.objects.get()
    early = client.post(reverse("stocktake", args=[one.pk]), {"action": "open", "version": "1"})
    assert (early.status_code, "lies ahead" in body(early)) == (409, True)
