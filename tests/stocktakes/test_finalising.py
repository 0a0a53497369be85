"""From differences to the one movement: what is posted, by whom, and what later entries change."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import DatabaseError, connection, transaction

from inventory.ledger.models import Holding, Kind, Movement, MovementLine
from inventory.ledger.refusals import CountHolds, InsufficientStock, PeriodClosed
from inventory.ledger.verifying import verify
from inventory.stocktakes import report, review, standing
from inventory.stocktakes.models import Count, Outcome, Status, Stocktake
from inventory.stocktakes.planning import StocktakeMoved
from inventory.stocktakes.review import Ruling
from inventory.vouchers.standing import SelfApproval
from logistics.errors import Forbidden, Invalid
from logistics.history import Source
from tests import factories
from tests.notation import rows
from tests.stocktakes.conftest import BLANKET, RADIO, RICE, Store


@pytest.fixture(autouse=True)
def _sound(request: pytest.FixtureRequest) -> Any:
    """Whatever a test did, the log is sound after it."""
    yield
    if "store" in request.fixturenames:
        found = verify()
        assert found.is_sound, found.disagreements


def counted_all(store: Store, one: Stocktake, *, hour: float, **quantities: int) -> None:
    """Count every line: what the books say of `hour` unless said otherwise."""
    for name, line in store.lines(one).items():
        book = standing.of(one)
        stands = next(x for x in book.lines if x.id == line.id)
        key = {f"{RICE} L1 A-01": "l1", f"{RICE} L2 A-01": "l2", f"{BLANKET} A-02": "blanket"}.get(name, "radio")
        store.count(one, line, quantities.get(key, int(stands.book_at_cut_off)), hour=hour)


def test_issues_go_on_while_piles_are_counted(store: Store) -> None:
    one = store.opened()
    sheet = store.lines(one)
    for row in rows("""
        hour | what    | item    | quantity | difference now
        1    | count   | blanket | 38       | -2
        2    | issue   | blanket | 5        | -2
        2    | receipt | blanket | 7        | -2
        3    | count   | blanket | 42       | 0
        4    | issue   | blanket | 10       | 0
        5    | count   | blanket | 33       | 1
    """):
        if row["what"] == "count":
            store.count(one, sheet[f"{BLANKET} A-02"], row["quantity"], hour=float(row["hour"]))
        else:
            store.move(row["what"], BLANKET, row["quantity"], hour=float(row["hour"]), bin="A-02")
        assert store.lines(one)[f"{BLANKET} A-02"].difference == Decimal(row["difference now"]), row
    store.end(one, hour=6)
    store.settle(one, hour=6)
    done = store.finalise(one, hour=7)
    assert (done.status, done.number[:7]) == (Status.POSTED, "KK-K01-")
    line = MovementLine.objects.get(depot=store.depot, position=done.position)
    told = (line.entered_quantity, line.scheduled_quantity, line.change, line.occurred_at)
    assert told == (33, 32, 1, store.at(5))
    assert store.on_hand(BLANKET) == 33


def test_nothing_differs_and_it_is_finalised_all_the_same(store: Store) -> None:
    one = store.opened()
    counted_all(store, one, hour=1)
    store.end(one, hour=2)
    done = store.finalise(one, hour=3)
    assert [line.change for line in MovementLine.objects.filter(depot=store.depot, position=done.position)] == [0] * 4
    movement = Movement.objects.get(depot=store.depot, position=done.position)
    assert (movement.kind, movement.recorded_by_id) == (Kind.STOCKTAKE, store.user("duyet").pk)
    assert Outcome.objects.get(stocktake=one).same == 4


def test_blank_is_not_zero(store: Store) -> None:
    one = store.opened()
    sheet = store.lines(one)
    store.count(one, sheet[f"{BLANKET} A-02"], 0, hour=1)
    store.end(one, hour=2)
    store.decide(one, Ruling(line=sheet[f"{BLANKET} A-02"].id, action="book", cause="HAO_HUT"), hour=2)
    with pytest.raises(Invalid) as refused:
        store.finalise(one, hour=3)
    assert [fault.code for fault in refused.value.faults] == ["not-decided"] * 3
    rice = sheet[f"{RICE} L1 A-01"].id
    with pytest.raises(Invalid) as refused:  # nothing was counted, so nothing can be booked
        store.decide(one, Ruling(line=rice, action="book", cause="GHI_NHAM"), hour=3)
    assert [fault.code for fault in refused.value.faults] == ["nothing-to-book"]
    store.settle(one, hour=3)
    store.finalise(one, hour=4)
    assert (store.on_hand(BLANKET), store.on_hand(RICE)) == (0, 160)  # not counted stays as it was


def test_nothing_counted_is_not_finalised(store: Store) -> None:
    one = store.opened()
    store.end(one, hour=1)
    store.settle(one, hour=1)
    with pytest.raises(Invalid) as refused:
        store.finalise(one, hour=2)
    assert [fault.code for fault in refused.value.faults] == ["nothing-counted"]


def test_what_decides(store: Store) -> None:
    one = store.opened()
    line = store.lines(one)[f"{BLANKET} A-02"]
    store.count(one, line, 38, hour=1)
    with pytest.raises(StocktakeMoved):  # still being counted
        store.decide(one, Ruling(line=line.id, action="book", cause="GHI_NHAM"), hour=1)
    store.end(one, hour=2)
    for row in rows("""
        action    | cause    | fault
        book      | CHUA_RO  | cause
        book      | CHUA_DEM | cause
        book      | GI       | cause
        leave_out | GHI_NHAM | cause
        burn      | GHI_NHAM | one-of
        book      | HAO_HUT  |
        leave_out | CHUA_DEM |
    """):
        ruling = Ruling(line=line.id, action=row["action"], cause=row["cause"], note="như đã nói")
        if row["fault"]:
            with pytest.raises(Invalid) as refused:
                store.decide(one, ruling, hour=3)
            assert [fault.code for fault in refused.value.faults] == [row["fault"]], row
        else:
            found = next(x for x in store.decide(one, ruling, hour=3).lines if x.id == line.id)
            assert (found.is_settled, found.is_left_out) == (True, row["action"] == "leave_out")
    for login, refusal in [("xem", Forbidden), ("duyet", None)]:
        ruling = Ruling(line=line.id, action="book", cause="GHI_NHAM")
        verb: Callable[[], Any] = lambda who=login, said=ruling: review.decide(  # noqa: E731
            one.pk, [said], by=store.user(who), at=store.at(4), source=review.history.Source.WEB
        )
        if refusal is None:
            assert next(x for x in verb().lines if x.id == line.id).is_settled
        else:
            with pytest.raises(refusal):
                verb()


def test_a_late_entry_changes_the_explanation_and_never_what_was_counted(store: Store) -> None:
    one = store.opened()
    line = store.lines(one)[f"{BLANKET} A-02"]
    store.count(one, line, 46, hour=2)
    store.end(one, hour=3)
    assert store.decide(one, Ruling(line=line.id, action="book", cause="CHUA_RO"), hour=3).lines[2].is_settled
    # Told after the decision: six blankets had come before the count.
    late = store.move("receipt", BLANKET, 6, hour=1, at=4, bin="A-02", reason="ghi muộn")
    sheet = standing.of(Stocktake.objects.get(pk=one.pk))
    now = next(x for x in sheet.lines if x.id == line.id)
    assert (now.book, now.difference, now.is_settled) == (46, 0, True)  # agrees by now: nothing to decide
    assert now.decision is not None
    assert not now.decision.holds
    (told,) = report.late_entries(sheet)
    assert (told.position, told.change, told.offset, told.is_after_count) == (late.position, 6, None, True)
    assert report.explained([told]) == {line.number: 6}
    store.settle(one, hour=5)
    done = store.finalise(one, hour=6)
    # And after it was posted: the count holds, the entry is taken back at it.
    later = store.move("receipt", BLANKET, 4, hour=1.5, at=7, bin="A-02", reason="ghi muộn nữa")
    assert store.on_hand(BLANKET) == 46
    after = standing.of(done)
    first, second = report.late_entries(after)
    assert (first.position, first.offset) == (late.position, None)
    assert (second.position, second.change, second.offset) == (later.position, 4, -4)
    stands = next(x for x in after.lines if x.id == line.id)
    assert (stands.booked_change, stands.difference) == (0, -4)  # what was posted stays; what explains it grew
    row = next(x for x in report.rows(done) if x.item == BLANKET)
    assert (row.surplus, row.shortage, row.counted_then) == (0, 0, 46)


def test_what_was_known_at_the_cut_off_late_is_listed(store: Store) -> None:
    one = store.plan(cut_off_at=store.at(-5))
    late = store.move("issue", BLANKET, 3, hour=-6, at=0.5, bin="A-02")
    store.move("issue", BLANKET, 2, hour=-4, at=0.6, bin="A-02")
    review_by = store.user("ke-hoach")
    from inventory.stocktakes import planning

    planning.open_sheet(one.pk, by=review_by, at=store.at(1), source=review.history.Source.WEB)
    store.count(one, store.lines(one)[f"{BLANKET} A-02"], 35, hour=2)
    (told,) = report.late_entries(standing.of(Stocktake.objects.get(pk=one.pk)))
    assert (told.position, told.is_before_cut_off, told.is_after_count) == (late.position, True, False)
    row = next(x for x in report.rows(Stocktake.objects.get(pk=one.pk)) if x.item == BLANKET)
    # 37 at the cut-off, 2 issued since, so the 35 counted are 37 of then.
    assert (row.book, row.counted, row.counted_then, row.surplus) == (37, 37, 35, 0)


def test_the_report_in_columns(store: Store) -> None:
    store.move("receipt", BLANKET, 5, hour=-1, bin="A-02", grade=3)
    store.move("receipt", BLANKET, 2, hour=-1, bin="A-02", grade=5)
    one = store.opened()
    for name, quantity in [("L1 A-01", 98), ("L2 A-01", 61)]:
        store.count(one, store.lines(one)[f"{RICE} {name}"], quantity, hour=1)
    for x in standing.of(one).lines:
        if x.item == BLANKET and x.grade != 1:
            store.count(one, x, 4 if x.grade == 3 else 2, hour=1)
    store.end(one, hour=2)
    store.settle(one, hour=2)
    found = {(row.item, row.lot, row.grade): row for row in report.rows(Stocktake.objects.get(pk=one.pk))}
    for row in rows(f"""
        item      | lot  | grade | book | counted | surplus | shortage | sound | poor | lost | price
        {RICE}    | L1   | 1     | 100  | 98      | 0       | 2        | 98    | 0    | 0    | 15000
        {RICE}    | L2   | 1     | 60   | 61      | 1       | 0        | 61    | 0    | 0    | 15000
        {BLANKET} |      | 1     | 40   |         | 0       | 0        | 0     | 0    | 0    | 200000
        {BLANKET} |      | 3     | 5    | 4       | 0       | 1        | 0     | 4    | 0    | 200000
        {BLANKET} |      | 5     | 2    | 2       | 0       | 0        | 0     | 0    | 2    | 200000
        {RADIO}   | SN-1 | 1     | 1    |         | 0       | 0        | 0     | 0    | 0    |
    """):
        mine = found[row["item"], row["lot"], int(row["grade"])]
        for name in ("book", "counted", "surplus", "shortage", "sound", "poor", "lost", "price"):
            assert getattr(mine, name) == (Decimal(row[name]) if row[name] else None), (row, name)
    store.finalise(one, hour=3)
    end = Outcome.objects.get(stocktake=one)
    told = (end.lines, end.same, end.surplus, end.shortage, end.left_out, end.priced)
    assert told == (4, 1, 1, 2, 2, 4)
    # 160 kg at 15,000 and 7 blankets at 200,000; 2 kg and a blanket short, 1 kg over.
    assert (end.book_value, end.shortage_value, end.surplus_value) == (3_800_000, 230_000, 15_000)


# --- Two people -------------------------------------------------------------------------------------------------


def ready(store: Store, *, by: str = "dem-1", blanket: int = 38) -> Stocktake:
    """Return a stocktake that only has to be finalised."""
    one = store.opened()
    counted_all(store, one, hour=1, blanket=blanket)
    if by != "dem-1":
        store.count(one, store.lines(one)[f"{BLANKET} A-02"], blanket, hour=1.5, by=by)
    store.end(one, hour=2)
    store.settle(one, hour=3)
    return one


def test_who_planned_or_counted_does_not_finalise(store: Store) -> None:
    with factories.telling():
        for login in ("ke-hoach", "dem-1"):
            store.user(login).assignments.create(role="approver", depot=store.depot)
    one = ready(store)
    for login, refusal in [
        ("ke-hoach", SelfApproval), ("dem-1", SelfApproval), ("dem-2", Forbidden), ("xem", Forbidden),
    ]:  # fmt: skip
        with pytest.raises(refusal):
            store.finalise(one, hour=4, by=login)
    assert store.finalise(one, hour=4).finalised_by_id == store.user("duyet").pk
    assert store.finalise(one, hour=5, by="duyet-2").finalised_by_id == store.user("duyet").pk  # again: nothing new
    assert Movement.objects.filter(depot=store.depot, kind="stocktake").count() == 1


@pytest.mark.parametrize("who", ["ke-hoach", "dem-1"])
def test_the_database_refuses_it_too(store: Store, who: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with factories.telling():
        store.user(who).assignments.create(role="approver", depot=store.depot)
    one = ready(store)
    monkeypatch.setattr(review, "refuse_own", lambda _one, _by: None)
    with pytest.raises(DatabaseError), transaction.atomic():
        store.finalise(one, hour=4, by=who)


def test_what_was_said_stays(store: Store) -> None:
    one = ready(store)
    store.finalise(one, hour=4)
    tables = ("sheetline", "count", "decision", "recount", "outcome", "historicalstocktake")
    for table in tables:
        for words in (f"DELETE FROM stocktakes_{table}", f"TRUNCATE stocktakes_{table} CASCADE"):
            with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(words)
    for words in (
        "UPDATE stocktakes_stocktake SET reason = 'khác'",
        "UPDATE stocktakes_stocktake SET status = 'reviewing'",
        "DELETE FROM stocktakes_stocktake",
        "UPDATE stocktakes_count SET quantity = 1",
    ):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(words)
    line = store.lines(one)[f"{BLANKET} A-02"]
    with pytest.raises(DatabaseError), transaction.atomic():  # it is over
        Count.objects.create(
            key=UUID(int=1), line_id=line.id, quantity=1, counted_at=store.at(1), received_at=store.at(5),
            counted_by=store.user("dem-1"),
        )  # fmt: skip


# --- What the ledger refuses -------------------------------------------------------------------------------------


def test_only_what_was_decided_is_posted(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    one = ready(store)
    stale = standing.of(Stocktake.objects.get(pk=one.pk))
    store.move("issue", BLANKET, 1, hour=0.5, at=4, bin="A-02")
    monkeypatch.setattr(standing, "of", lambda _one: stale)
    with pytest.raises(StocktakeMoved, match="3"), transaction.atomic():
        store.finalise(one, hour=5)
    monkeypatch.undo()
    with pytest.raises(Invalid), transaction.atomic():  # the decision lapsed
        store.finalise(one, hour=5)
    store.settle(one, hour=6)
    store.finalise(one, hour=7)
    assert store.on_hand(BLANKET) == 38


def test_an_older_sheet_is_not_posted_over_a_newer_count(store: Store) -> None:
    older = store.opened(scope="items", codes=[BLANKET])
    store.count(older, store.lines(older)[f"{BLANKET} A-02"], 38, hour=1)
    store.end(older, hour=1)
    store.settle(older, hour=1)
    newer = ready(store, blanket=39)
    store.finalise(newer, hour=4)
    store.settle(older, hour=5)
    with pytest.raises(CountHolds), transaction.atomic():
        store.finalise(older, hour=5)
    line = store.lines(older)[f"{BLANKET} A-02"]
    store.decide(older, Ruling(line=line.id, action="leave_out", cause="CHUA_DEM"), hour=6)
    with pytest.raises(Invalid):  # nothing is left of it
        store.finalise(older, hour=6)
    assert store.on_hand(BLANKET) == 39


def test_what_was_counted_missing_but_issued_since(store: Store) -> None:
    one = ready(store, blanket=3)
    store.move("issue", BLANKET, 10, hour=2.5, bin="A-02")
    with pytest.raises(InsufficientStock), transaction.atomic():
        store.finalise(one, hour=4)


def test_a_closed_month_takes_no_count(store: Store) -> None:
    from django.utils import timezone

    from inventory.ledger.periods import close_period

    one = ready(store)
    month = timezone.localdate(store.at(1)).replace(day=1)
    close_period("K01", month, by=store.poster, at=store.at(24 * 40))
    with pytest.raises(PeriodClosed) as refused, transaction.atomic():
        store.finalise(one, hour=24 * 40 + 1)
    # Which lines, and what is left to be done; done, it is finalised.
    numbers = [str(line.number) for line in standing.of(one).lines]
    assert f" {', '.join(numbers)} " in refused.value.detail
    anew = [line.id for line in standing.of(one).lines]
    later = 24 * 41
    review.ask_recount(one.pk, lines=anew, by=store.user("ke-hoach"), at=store.at(later), source=Source.WEB)
    for line in store.lines(one).values():
        store.count(one, line, 1, hour=later + 1, round=2)
    store.end(one, hour=later + 2)
    store.settle(one, hour=later + 3)
    assert store.finalise(one, hour=later + 4).status == Status.POSTED


def test_a_posted_one_is_reversed_like_any_movement(store: Store) -> None:
    one = ready(store)
    done = store.finalise(one, hour=4)
    store.move("reversal", "", 0, hour=5, reverses=done.position, reason="đếm nhầm kho")
    assert store.on_hand(BLANKET) == 40
    again = store.opened(hour=6)
    store.count(again, store.lines(again)[f"{BLANKET} A-02"], 39, hour=7)
    store.end(again, hour=8)
    store.settle(again, hour=8)
    store.finalise(again, hour=9)
    assert store.on_hand(BLANKET) == 39


# --- At once ----------------------------------------------------------------------------------------------------


def test_two_finalise_at_once_and_one_movement_is_posted(real_store: Store) -> None:
    one = ready(real_store)

    def work(number: int) -> Any:
        return real_store.finalise(one, hour=4, by=("duyet", "duyet-2")[number % 2]).position

    answers = factories.in_threads(4, work)
    assert len(set(answers)) == 1, answers
    assert Movement.objects.filter(depot=real_store.depot, kind="stocktake").count() == 1
    assert Holding.objects.get(depot=real_store.depot, item__code=BLANKET).on_hand == 38
    assert verify().is_sound


def test_counts_and_the_end_of_the_counting_at_once(real_store: Store) -> None:
    one = real_store.opened()
    line = real_store.lines(one)[f"{BLANKET} A-02"]

    def work(number: int) -> Any:
        if number == 3:
            return real_store.end(one, hour=2).status
        return real_store.count(one, line, 1, hour=1 + number / 10, at=3, adds=True, by=f"dem-{number % 2 + 1}").state

    assert sorted(map(str, factories.in_threads(4, work))) == ["kept", "kept", "kept", "reviewing"]
    assert real_store.lines(one)[f"{BLANKET} A-02"].held.quantity == 3  # type: ignore[union-attr]


def test_a_count_that_arrives_while_it_is_finalised_is_told_or_counts(real_store: Store) -> None:
    """Never both: the decision lapses and nothing is posted, or the count is refused in words, on both devices."""
    one = ready(real_store)
    line, key = real_store.lines(one)[f"{BLANKET} A-02"], uuid4()

    def work(number: int) -> str:
        if number % 2:
            kept = real_store.count(one, line, 35, hour=1.9, at=4, key=key)
            return kept.problem.code if kept.problem else kept.state
        try:
            return str(real_store.finalise(one, hour=4, by=("duyet", "duyet-2")[number // 2]).status)
        except Invalid as refused:
            return refused.faults[0].code

    answers = sorted(factories.in_threads(4, work))
    assert answers in (
        ["kept", "not-decided", "not-decided", "repeated"],
        ["not-counted-now", "not-counted-now", "posted", "posted"],
    )
    on_hand = Holding.objects.get(depot=real_store.depot, item__code=BLANKET).on_hand
    assert on_hand == (38 if "posted" in answers else 40)
    assert verify().is_sound
