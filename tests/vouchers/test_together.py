"""Two people at one voucher at once, on real connections: one of them did it, the other is told what the first did."""

from __future__ import annotations

from collections import Counter
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from depots import access
from inventory.ledger.models import DepotLog, Holding, Movement
from inventory.vouchers import workflow
from inventory.vouchers.content import Content, VoucherIn
from inventory.vouchers.models import Status, Voucher
from inventory.vouchers.standing import SelfApproval, VoucherChanged, VoucherClosed, VoucherNotWaiting
from logistics.accounts.models import Role, User
from logistics.errors import Conflict
from logistics.history import Source
from tests import factories
from tests.factories import in_threads
from tests.vouchers.conftest import a_desk, issue, rice, set_policy, user


def content(body: dict[str, Any]) -> Content:
    return VoucherIn.model_validate(body).content()


def save(name: UUID, given: Content, version: int, by: User) -> Voucher:
    place = access.depot_for_posting(by, "K01")
    return workflow.save(name, given, place=place, version=version, by=by, at=timezone.now(), source=Source.WEB)


def send(name: UUID, given: Content, version: int, by: User) -> tuple[Voucher, bool]:
    place = access.depot_for_posting(by, "K01")
    return workflow.send(name, given, place=place, version=version, by=by, at=timezone.now(), source=Source.WEB)


def approve(name: UUID, by: User, version: int | None = None) -> Voucher:
    place = access.depot_for_approving(by, "K01")
    return workflow.approve(name, place=place, version=version, by=by, at=timezone.now(), source=Source.WEB)


def post(name: UUID, by: User) -> Voucher:
    place = access.depot_for_posting(by, "K01")
    return workflow.post_approved(name, place=place, by=by, at=timezone.now(), source=Source.WEB)


@pytest.fixture
def people(committed: str) -> list[User]:
    """Two clerks and two chiefs, in a store where commits stay."""
    desk = a_desk()
    factories.a_user("chihuy2", role=Role.APPROVER, depot=desk.depot)
    return [user(login) for login in ("thukho", "thukho2", "chihuy", "chihuy2")]


def movements() -> int:
    count = Movement.objects.count()
    assert count == DepotLog.objects.get().position
    return count


def on_hand(lot: str) -> int:
    return int(Holding.objects.get(lot__code=lot).on_hand)


def test_the_same_voucher_sent_fifty_times_at_once_is_one_movement(people: list[User]) -> None:
    name, given = uuid4(), content(issue(rice(10)))
    answers = in_threads(50, lambda index: send(name, given, 0, people[index % 2]))
    assert not [one for one in answers if isinstance(one, Exception)], answers
    done = [one for one in answers if not isinstance(one, Exception)]
    assert Counter(is_new for _, is_new in done) == {True: 1, False: 49}
    assert {voucher.position for voucher, _ in done} == {5}
    assert (movements(), on_hand("L24")) == (5, 30)
    assert Voucher.history.filter(status=Status.POSTED).count() == 1


def test_two_people_who_send_different_things_under_one_id_post_one(people: list[User]) -> None:
    name = uuid4()
    given = [content(issue(rice(quantity))) for quantity in (1, 2)]
    answers = in_threads(2, lambda index: send(name, given[index], 0, people[index]))
    assert sorted(type(one).__name__ for one in answers) == ["VoucherClosed", "tuple"]
    (closed,) = [one for one in answers if isinstance(one, VoucherClosed)]
    assert closed.members["theirs"]["movement"]["position"] == 5
    assert movements() == 5


def test_two_chiefs_who_approve_at_once_post_once(people: list[User]) -> None:
    set_policy("issue", posts=True)
    name = uuid4()
    send(name, content(issue(rice(10))), 0, people[0])
    answers = in_threads(8, lambda index: approve(name, people[2 + index % 2]))
    done = [one for one in answers if isinstance(one, Voucher)]
    refused = [one for one in answers if isinstance(one, Exception)]
    assert len(done) == 4, answers
    assert len({one.decided_by_id for one in done}) == 1
    assert all(isinstance(one, VoucherNotWaiting) for one in refused)
    assert (movements(), on_hand("L24")) == (5, 30)


def test_approving_while_it_is_edited_approves_what_was_seen_or_nothing(people: list[User]) -> None:
    set_policy("issue")
    for _ in range(10):
        name = uuid4()
        voucher, _is_new = send(name, content(issue(rice(1))), 0, people[0])
        seen = voucher.version
        changed = content(issue(rice(2)))

        def one(index: int, name: UUID = name, seen: int = seen, changed: Content = changed) -> Voucher:
            return save(name, changed, seen, people[0]) if index else approve(name, people[2], seen)

        approved, edited = in_threads(2, one)
        now = Voucher.objects.get(pk=name)
        if now.status == Status.APPROVED:
            assert now.lines[0]["quantity"] == "1"
            assert isinstance(edited, VoucherClosed)
        else:
            assert (now.status, now.lines[0]["quantity"]) == (Status.DRAFT, "2")
            assert isinstance(approved, VoucherNotWaiting)


def test_two_who_save_one_draft_at_once_do_not_overwrite_each_other(people: list[User]) -> None:
    name = uuid4()
    save(name, content(issue(rice(1))), 0, people[0])
    given = [content(issue(rice(quantity))) for quantity in range(2, 10)]
    answers = in_threads(8, lambda index: save(name, given[index], 1, people[index % 2]))
    assert sorted(type(one).__name__ for one in answers) == ["Voucher"] + ["VoucherChanged"] * 7
    theirs = {str(one.members["theirs"]["lines"]) for one in answers if isinstance(one, VoucherChanged)}
    now = Voucher.objects.get()
    assert (now.version, theirs) == (2, {str(now.lines)})
    assert now.history.count() == 2


def test_two_who_make_one_draft_at_once_make_one(people: list[User]) -> None:
    name, given = uuid4(), content(issue(rice(1)))
    answers = in_threads(8, lambda index: save(name, given, 0, people[index % 2]))
    assert all(isinstance(one, Voucher) for one in answers), answers
    assert (Voucher.objects.count(), Voucher.history.count()) == (1, 1)


def test_two_approved_vouchers_for_the_last_goods_post_one(people: list[User]) -> None:
    set_policy("issue")
    names = [uuid4(), uuid4()]
    for name in names:
        send(name, content(issue(rice(40, "L24"))), 0, people[0])
        approve(name, people[2])
    answers = in_threads(2, lambda index: post(names[index], people[index]))
    assert sorted(isinstance(one, Conflict) for one in answers) == [False, True]
    assert sorted(Voucher.objects.values_list("status", flat=True)) == ["approved", "posted"]
    assert (movements(), on_hand("L24")) == (5, 0)


def test_a_maker_who_is_an_approver_too_never_slips_through(people: list[User]) -> None:
    set_policy("issue")
    with factories.telling():
        people[1].assignments.create(role=Role.APPROVER)
    for _ in range(10):
        name = uuid4()
        voucher, _is_new = send(name, content(issue(rice(1))), 0, people[0])

        def one(index: int, name: UUID = name, version: int = voucher.version) -> Any:
            if index:
                return approve(name, people[1])
            return send(name, content(issue(rice(3))), version, people[1])

        in_threads(2, one)
        now = Voucher.objects.get(pk=name)
        if now.status == Status.APPROVED:
            assert now.changed_by_id == people[0].pk
        else:
            assert (now.status, now.changed_by_id) == (Status.SUBMITTED, people[1].pk)
            with pytest.raises(SelfApproval):
                approve(name, people[1])
