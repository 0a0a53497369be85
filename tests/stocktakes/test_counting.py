"""What holds of counts: each key once, the later one, sums only where asked for; nothing is taken as zero."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import pytest

from inventory.stocktakes import counting, planning, review
from inventory.stocktakes.counting import Counted
from inventory.stocktakes.models import Count, SheetLine, Status
from inventory.stocktakes.planning import AskedMember, StocktakeMoved
from inventory.stocktakes.review import Ruling
from inventory.stocktakes.standing import Told, held
from logistics.errors import Forbidden, Invalid, NotFound
from logistics.history import Source
from tests import factories
from tests.notation import rows
from tests.stocktakes.conftest import BLANKET, RADIO, RICE, Store

NOON = datetime(2026, 1, 1, 5, tzinfo=UTC)


def told(text: str) -> list[Told]:
    """Read "hour who quantity[+]" counts; + adds."""
    found = []
    for number, part in enumerate(filter(None, (one.strip() for one in text.split(",")))):
        hour, who, quantity = part.split(" ")
        at = NOON + timedelta(hours=float(hour))
        found.append(
            Told(key=UUID(int=number), round=1, quantity=Decimal(quantity.rstrip("+")), adds=quantity.endswith("+"),
                 counted_at=at, received_at=at, by=who)
        )  # fmt: skip
    return found


def test_which_count_holds() -> None:
    for row in rows("""
        counts                       | holds | at | by    | disputed
                                     | none  |    |       |
        1 an 5                       | 5     | 1  | an    |
        1 an 5, 2 an 4               | 4     | 2  | an    |
        2 an 4, 1 an 5               | 4     | 2  | an    |
        1 an 5, 2 ba 4               | 4     | 2  | ba    | yes
        1 an 5, 2 ba 5               | 5     | 2  | ba    |
        1 an 5, 2 ba 4+              | 9     | 2  | an ba |
        1 an 5, 2 ba 4+, 3 an 1+     | 10    | 3  | an ba |
        1 an 5, 2 ba 4+, 3 an 6      | 6     | 3  | an    | yes
        1 an 5+                      | 5     | 1  | an    |
        1 an 2, 2 an 3+, 3 ba 5      | 5     | 3  | ba    |
        1 an 5, 2 an 0               | 0     | 2  | an    |
    """):
        found = held(told(row["counts"]), 1)
        if row["holds"] == "none":
            assert found is None
            continue
        assert found is not None, row
        assert (found.quantity, found.counted_at) == (Decimal(row["holds"]), NOON + timedelta(hours=int(row["at"]))), (
            row
        )
        assert (list(found.by), found.is_disputed) == (row["by"].split(), row["disputed"] == "yes"), row


def test_a_sheet_holds_what_is_there_in_the_order_of_a_walk(store: Store) -> None:
    store.move("issue", RICE, 60, hour=-2, lot="L2", bin="A-01")
    one = store.opened(cut_off_at=store.at(-3))
    assert [f"{x.bin} {x.item} {x.lot}".strip() for x in store.lines(one).values()] == [
        f"A-01 {RICE} L1", f"A-01 {RICE} L2", f"A-02 {BLANKET}", f"A-02 {RADIO} SN-1",
    ]  # L2 was emptied after the cut-off, which the report states  # fmt: skip
    later = store.opened(hour=1)
    assert f"{RICE} L2 A-01" not in store.lines(later)


def test_what_a_scope_counts(store: Store) -> None:
    for row in rows(f"""
        scope   | codes         | lines
        depot   |               | 4
        bins    | A-02          | 2
        bins    | A-01 A-02     | 4
        items   | {RICE}        | 2
        classes | QN            | 4
        classes | QY            | 0
    """):
        one = store.opened(scope=row["scope"], codes=row["codes"].split())
        assert len(store.lines(one)) == int(row["lines"]), row


def test_a_count_sent_again_changes_nothing(store: Store) -> None:
    one = store.opened()
    line = store.lines(one)[f"{BLANKET} A-02"]
    key = uuid4()
    first = store.count(one, line, 38, hour=1, key=key)
    again = store.count(one, line, 38, hour=1, at=2, key=key)
    other = store.count(one, line, 39, hour=1, at=2, key=key)
    somebody = store.count(one, line, 38, hour=1, at=2, key=key, by="dem-2")
    assert [first.state, again.state, other.state, somebody.state] == ["kept", "repeated", "refused", "refused"]
    assert other.problem is not None
    assert other.problem.code == "key-reused"
    assert Count.objects.count() == 1
    assert store.lines(one)[f"{BLANKET} A-02"].held.quantity == 38  # type: ignore[union-attr]


def test_one_bad_count_does_not_lose_the_others(store: Store) -> None:
    one = store.opened(scope="bins", codes=["A-01", "A-02"])
    lines = store.lines(one)
    radio, blanket = lines[f"{RADIO} SN-1 A-02"], lines[f"{BLANKET} A-02"]
    good = store.at(1)
    asked = {
        "ok": {"line": blanket.id, "quantity": "38"},
        "unknown-line": {"line": uuid4()},
        "quantity": {"line": blanket.id, "quantity": "-1"},
        "too-many-decimals": {"line": blanket.id, "quantity": "1.5"},
        "serial-quantity": {"line": radio.id, "quantity": "2"},
        "unknown-round": {"line": blanket.id, "round": 2},
        "in-the-future": {"line": blanket.id, "counted_at": store.at(3)},
        "before-counting": {"line": blanket.id, "counted_at": store.at(-1)},
        "unknown-item": {"item": "QN-01-0000099"},
        "unknown-bin": {"item": BLANKET, "bin": "Z-99"},
        "unknown-grade": {"item": BLANKET, "grade": 9},
        "unknown-purpose": {"item": BLANKET, "purpose": "GI"},
        "lot-required": {"item": RICE},
        "expiry-differs": {"item": RICE, "lot": "L1", "bin": "A-02", "expires_date": NOON.date()},
        "found": {"item": BLANKET, "bin": "A-01", "quantity": "3"},
    }
    counts = [
        Counted(**{"key": uuid4(), "quantity": Decimal(given.pop("quantity", "1")), "counted_at": good, **given})
        for given in asked.values()
    ]
    answers = counting.count(one.pk, counts, by=store.user("dem-1"), at=store.at(2))
    wanted = [("kept", None) if name in {"ok", "found"} else ("refused", name) for name in asked]
    assert [(x.state, x.problem.code if x.problem else None) for x in answers] == wanted
    assert Count.objects.count() == 2
    found = store.lines(one)[f"{BLANKET} A-01"]
    assert (found.is_expected, found.number, found.book, found.difference) == (False, 5, 0, 3)
    # The same pile found by somebody else is the same line.
    store.count(one, None, 2, hour=1.5, item=BLANKET, bin="A-01", by="dem-2", adds=True)
    assert SheetLine.objects.filter(stocktake=one).count() == 5
    assert store.lines(one)[f"{BLANKET} A-01"].difference == 5


def test_a_clock_that_is_wrong_is_put_right(store: Store) -> None:
    one = store.opened()
    line = store.lines(one)[f"{BLANKET} A-02"]
    store.move("issue", BLANKET, 5, hour=1)
    # The phone is two hours ahead: it says 2:30, it was 0:30, before the issue.
    assert store.count(one, line, 40, hour=2.5, at=2, clock_off_s=7200.0).state == "kept"
    standing = store.lines(one)[f"{BLANKET} A-02"]
    assert standing.held is not None
    assert (standing.held.counted_at, standing.difference) == (store.at(0.5), 0)
    # A moment ahead of us is now; more is refused.
    assert store.count(one, line, 35, hour=2.02, at=2).state == "kept"
    assert store.lines(one)[f"{BLANKET} A-02"].difference == 0


def test_counting_ends_but_what_was_counted_without_a_network_arrives(store: Store) -> None:
    one = store.plan()
    nothing = store.count(one, None, 1, hour=0.5, item=BLANKET)
    assert nothing.problem is not None
    assert nothing.problem.code == "not-counted-now"
    planning.open_sheet(one.pk, by=store.user("ke-hoach"), at=store.at(1), source=Source.WEB)
    line = store.lines(one)[f"{BLANKET} A-02"]
    store.end(one, hour=3)
    assert store.count(one, line, 38, hour=2, at=4).state == "kept"
    late = store.count(one, line, 37, hour=3.5, at=4)
    assert late.problem is not None
    assert late.problem.code == "counting-ended"
    assert store.lines(one)[f"{BLANKET} A-02"].difference == -2


def test_a_recount_leaves_earlier_counts_to_be_read(store: Store) -> None:
    one = store.opened()
    line = store.lines(one)[f"{BLANKET} A-02"]
    store.count(one, line, 30, hour=1)
    store.end(one, hour=2)
    again = review.ask_recount(
        one.pk, lines=[line.id], reason="chênh nhiều", by=store.user("ke-hoach"), at=store.at(3), source=Source.WEB
    )
    assert again.status == Status.COUNTING
    now = store.lines(one)[f"{BLANKET} A-02"]
    assert (now.round, now.recount_reason, now.held, now.state) == (2, "chênh nhiều", None, "uncounted")
    assert len(now.counts) == 1
    assert (
        store.count(one, line, 31, hour=1.5, at=4).state == "kept"
    )  # of the first round, from a phone without network
    assert store.lines(one)[f"{BLANKET} A-02"].held is None
    store.count(one, line, 40, hour=4, round=2)
    assert store.lines(one)[f"{BLANKET} A-02"].difference == 0
    with pytest.raises(Invalid):
        review.ask_recount(one.pk, lines=[uuid4()], by=store.user("ke-hoach"), at=store.at(5), source=Source.WEB)


def test_who_may_count(store: Store) -> None:
    outsider = factories.a_user("uy-vien", role="auditor", depot=store.depot)
    one = store.opened(members=[AskedMember(name="Trần Văn B", user="uy-vien")])
    line = store.lines(one)[f"{BLANKET} A-02"]
    assert store.count(one, line, 40, hour=1, by=outsider.login).state == "kept"
    for login, refusal in [("xem", Forbidden), ("duyet", Forbidden), ("nguoi-la", NotFound)]:
        with pytest.raises(refusal):
            store.count(one, line, 40, hour=1, by=login)
        with pytest.raises(refusal):
            store.opened(hour=1, by=login) if login != "duyet" else counting.gate(store.user(login), one.pk)
    with pytest.raises(NotFound):
        store.finalise(one, hour=2, by="nguoi-la")


def test_what_a_plan_refuses(store: Store) -> None:
    cases = {
        ("/reason", "reason-required"): {"reason": "  "},
        ("/scope", "one-of"): {"scope": "kho"},
        ("/codes", "codes-required"): {"scope": "bins"},
        ("/codes", "unknown-code"): {"scope": "bins", "codes": ["Z-99"]},
        ("/codes", "not-here"): {"codes": ["A-01"]},
        ("/basis", "too-long"): {"basis": "x" * 81},
        ("/cut_off_at", "no-offset"): {"cut_off_at": datetime(2026, 1, 1)},
        ("/members/0/user", "unknown-user"): {"members": [AskedMember(name="A", user="nguoi-la")]},
        ("/members/0/name", "required"): {"members": [AskedMember(name=" ")]},
        ("/members", "one-chair"): {"members": [AskedMember(name=n, role="chair") for n in "AB"]},
    }
    for wanted, given in cases.items():
        with pytest.raises(Invalid) as refused:
            store.plan(**given)
        assert [(fault.pointer, fault.code) for fault in refused.value.faults] == [wanted]
    ahead = store.plan(cut_off_at=store.at(5))
    with pytest.raises(StocktakeMoved):
        planning.open_sheet(ahead.pk, by=store.user("ke-hoach"), at=store.at(4), source=Source.WEB)
    assert planning.open_sheet(ahead.pk, by=store.user("ke-hoach"), at=store.at(5), source=Source.WEB).is_running


def test_a_branch_role_counts_its_branch(store: Store) -> None:
    medic = factories.a_user("quan-y", role="storekeeper", depot=store.depot)
    with factories.telling():
        medic.assignments.get().supply_classes.add("QY")
    one = store.opened()
    answer = store.count(one, store.lines(one)[f"{BLANKET} A-02"], 1, hour=1, by="quan-y")
    assert answer.problem is not None
    assert answer.problem.code == "outside-your-classes"
    with pytest.raises(Forbidden):
        store.opened(hour=1, by="quan-y")


def test_a_cancelled_one_is_over(store: Store) -> None:
    one = store.opened()
    line = store.lines(one)[f"{BLANKET} A-02"]
    with pytest.raises(Invalid):
        planning.cancel(one.pk, reason=" ", by=store.user("ke-hoach"), at=store.at(1), source=Source.WEB)
    for _time in range(2):
        gone = planning.cancel(one.pk, reason="hoãn", by=store.user("ke-hoach"), at=store.at(1), source=Source.WEB)
        assert gone.status == Status.CANCELLED
    assert store.count(one, line, 1, hour=0.5, at=2).state == "refused"
    with pytest.raises(StocktakeMoved):
        store.decide(one, Ruling(line=line.id, action="book", cause="GHI_NHAM"), hour=2)
    with pytest.raises(StocktakeMoved):
        store.finalise(one, hour=2)
