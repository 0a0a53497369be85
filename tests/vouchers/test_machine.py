"""Any order of steps by several people leaves vouchers and stock where a plain model of the paper trail says.

The model knows no locks, versions of the database or JSON: a voucher is a small record on a desk, stock is one number.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone, translation
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from depots import access
from depots.access import DepotAccess
from inventory.ledger.models import DepotLog, Holding, Movement
from inventory.ledger.refusals import InsufficientStock
from inventory.vouchers import approvals, standing, workflow
from inventory.vouchers.content import Content
from inventory.vouchers.models import Voucher
from inventory.vouchers.standing import SelfApproval, VoucherChanged, VoucherClosed, VoucherNotWaiting
from logistics.accounts.models import Role, User
from logistics.errors import Conflict
from logistics.history import Source
from tests import factories
from tests.api.conftest import RICE
from tests.vouchers.conftest import set_policy

LONG = os.environ.get("HYPOTHESIS_PROFILE") == "long"
MACHINE = settings(
    max_examples=200 if LONG else 15,
    stateful_step_count=50 if LONG else 30,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate] if not LONG else [Phase.generate, Phase.shrink],
    derandomize=not LONG,
)
LOGINS = ("an", "binh", "chi", "dung", "em")  # an writes, binh and chi do both, dung and em approve
WRITERS, DECIDERS = {"an", "binh", "chi"}, {"binh", "chi", "dung", "em"}
START = 100
POLICIES = {"receipt": (False, False), "issue": (True, False), "return": (True, True), "disposal": (False, False)}
TAKING = {"issue", "disposal"}
kinds = st.sampled_from(sorted(POLICIES))
writers, deciders = st.sampled_from(sorted(WRITERS)), st.sampled_from(sorted(DECIDERS))
quantities = st.integers(1, 45)
reserves = st.sampled_from(["", "SSCD"])  # ring-fenced or not
lags = st.sampled_from([0, 0, 0, 1])  # how many versions old the asker's page is


@dataclass
class Paper:
    """A voucher as one would see it on the desk."""

    kind: str
    quantity: int
    maker: str
    status: str = "draft"
    hands: set[str] = field(default_factory=set)
    decided_by: str | None = None
    version: int = 1
    purpose: str = ""
    seconded_by: str | None = None

    @property
    def needs_two(self) -> bool:
        """Whether it takes from the ring-fenced pile."""
        return bool(self.purpose) and self.kind in TAKING


class Workflow(RuleBasedStateMachine):
    """Four people, one depot, rice."""

    vouchers = Bundle("vouchers")

    def __init__(self) -> None:
        super().__init__()
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        self.english = translation.override("en")
        self.english.__enter__()
        factories.world()
        depot = factories.a_depot("K01")
        item = factories.an_item(RICE, tracking="none", unit="KGM")
        self.people: dict[str, User] = {}
        for login in LOGINS:
            person = factories.a_user(login)
            with factories.telling():
                for role, group in ((Role.STOREKEEPER, WRITERS), (Role.APPROVER, DECIDERS)):
                    if login in group:
                        person.assignments.create(role=role, depot=depot)
            self.people[login] = person
        lines = (factories.a_line(item, START), factories.a_line(item, START, purpose="SSCD"))
        factories.posting(self.people["an"], "receipt", "K01", *lines, days_ago=1)
        for kind, (needs, posts) in POLICIES.items():
            set_policy(kind, needs=needs, posts=posts)
        self.papers: dict[UUID, Paper] = {}
        self.stock, self.position = {"": START, "SSCD": START}, 1
        self.moment = timezone.now()

    def teardown(self) -> None:
        self.english.__exit__(None, None, None)
        transaction.set_rollback(True)
        self.atomic.__exit__(None, None, None)

    # --- how one asks ---------------------------------------------------------------------------------------------

    def gate(self, login: str, *, deciding: bool) -> DepotAccess:
        through = access.depot_for_approving if deciding else access.depot_for_posting
        return through(self.people[login], "K01")

    def asking(self, login: str) -> dict[str, Any]:
        return {"by": self.people[login], "at": timezone.now(), "source": Source.WEB}

    def content(self, kind: str, quantity: int, purpose: str) -> Content:
        line = {"id": "l1", "item": RICE, "quantity": str(quantity)} | ({"purpose": purpose} if purpose else {})
        return Content(kind=kind, occurred_at=self.moment, lines=[line], reason="theo lệnh")

    def may_post(self, paper: Paper) -> bool:
        return paper.kind not in TAKING or paper.quantity <= self.stock[paper.purpose]

    def posted(self, paper: Paper) -> None:
        paper.status = "posted"
        paper.version += 1
        self.stock[paper.purpose] += -paper.quantity if paper.kind in TAKING else paper.quantity
        self.position += 1

    # --- what people do -------------------------------------------------------------------------------------------

    @precondition(lambda self: len(self.papers) < 4)
    @rule(target=vouchers, kind=kinds, quantity=quantities, purpose=reserves, login=writers)
    def write(self, kind: str, quantity: int, purpose: str, login: str) -> UUID:
        name = uuid4()
        place = self.gate(login, deciding=False)
        made = workflow.save(name, self.content(kind, quantity, purpose), place=place, version=0, **self.asking(login))
        assert made.version == 1
        self.papers[name] = Paper(kind, quantity, login, hands={login}, purpose=purpose)
        return name

    @rule(name=vouchers, quantity=quantities, login=writers, lag=lags)
    def edit(self, name: UUID, quantity: int, login: str, lag: int) -> None:
        paper, place = self.papers[name], self.gate(login, deciding=False)
        version, given = paper.version - lag, self.content(paper.kind, quantity, paper.purpose)
        try:
            workflow.save(name, given, place=place, version=version, **self.asking(login))
        except VoucherClosed:
            assert paper.status in {"approved", "posted", "cancelled"}
            assert quantity != paper.quantity
        except VoucherChanged:
            assert lag
            assert quantity != paper.quantity
        else:
            if quantity != paper.quantity:
                assert not lag
                assert paper.status in {"draft", "submitted", "rejected"}
                paper.quantity, paper.status, paper.version = quantity, "draft", paper.version + 1
                paper.seconded_by = None
                paper.hands.add(login)

    @rule(name=vouchers, quantity=quantities, is_changed=st.booleans(), login=writers, lag=lags)
    def send(self, name: UUID, quantity: int, is_changed: bool, login: str, lag: int) -> None:
        paper, place = self.papers[name], self.gate(login, deciding=False)
        if not is_changed:
            quantity = paper.quantity
        needs = POLICIES[paper.kind][0] or paper.needs_two
        wanted = Paper(paper.kind, quantity, paper.maker, purpose=paper.purpose)
        try:
            voucher, is_new = workflow.send(
                name, self.content(paper.kind, quantity, paper.purpose), place=place, version=paper.version - lag,
                **self.asking(login),
            )  # fmt: skip
        except VoucherClosed:
            assert paper.status in {"approved", "posted", "cancelled"}
            assert quantity != paper.quantity
        except VoucherChanged:
            assert lag
            assert quantity != paper.quantity
        except InsufficientStock:
            assert not self.may_post(wanted)
        else:
            if not is_new:
                assert quantity == paper.quantity
                assert paper.status != "draft"
                assert paper.status != "rejected" or lag
                return
            assert self.may_post(wanted)
            if quantity != paper.quantity:
                paper.version += 1
                paper.hands.add(login)
            paper.quantity, paper.decided_by, paper.seconded_by = quantity, None, None
            paper.hands.add(login)
            if needs:
                paper.status, paper.version = "submitted", paper.version + 1
            else:
                self.posted(paper)
            assert voucher.status == paper.status

    @rule(name=vouchers, login=deciders, lag=lags)
    def approve(self, name: UUID, login: str, lag: int) -> None:
        paper, place = self.papers[name], self.gate(login, deciding=True)
        try:
            workflow.approve(name, place=place, version=paper.version - lag, **self.asking(login))
        except VoucherNotWaiting:
            assert paper.status != "submitted"
        except SelfApproval:
            assert paper.status == "submitted"
            assert login in paper.hands
        except VoucherChanged:
            assert lag
        else:
            if login in {paper.decided_by, paper.seconded_by}:  # their approval stands already
                assert paper.status in {"submitted", "approved", "posted"}
                return
            assert paper.status == "submitted"
            assert not lag
            assert login not in paper.hands
            paper.version += 1
            if paper.needs_two and paper.decided_by is None:
                paper.decided_by = login
                return
            if paper.needs_two:
                paper.seconded_by = login
            else:
                paper.decided_by = login
            paper.status = "approved"
            if POLICIES[paper.kind][1]:
                self.posted(paper)

    @rule(name=vouchers, login=deciders)
    def reject(self, name: UUID, login: str) -> None:
        paper, place = self.papers[name], self.gate(login, deciding=True)
        try:
            workflow.reject(name, place=place, reason="sai", version=None, **self.asking(login))
        except VoucherNotWaiting:
            assert paper.status != "submitted"
        except SelfApproval:
            assert login in paper.hands
        else:
            if paper.status == "submitted":
                assert login not in paper.hands
                paper.status, paper.decided_by, paper.version = "rejected", login, paper.version + 1
                paper.seconded_by = None

    @rule(name=vouchers, login=writers)
    def cancel(self, name: UUID, login: str) -> None:
        paper, place = self.papers[name], self.gate(login, deciding=False)
        try:
            workflow.cancel(name, place=place, reason="thôi", **self.asking(login))
        except VoucherClosed:
            assert paper.status == "posted"
        else:
            assert paper.status != "posted"
            if paper.status != "cancelled":
                paper.status, paper.version, paper.decided_by = "cancelled", paper.version + 1, login

    @rule(name=vouchers, login=writers)
    def post(self, name: UUID, login: str) -> None:
        paper, place = self.papers[name], self.gate(login, deciding=False)
        try:
            workflow.post_approved(name, place=place, **self.asking(login))
        except VoucherNotWaiting:
            assert paper.status not in {"approved", "posted"}
        except Conflict:
            assert paper.status == "approved"
            assert not self.may_post(paper)
        else:
            if paper.status != "posted":
                assert paper.status == "approved"
                assert self.may_post(paper)
                self.posted(paper)

    # --- what holds -----------------------------------------------------------------------------------------------

    @invariant()
    def everything_stands_where_the_paper_says(self) -> None:
        found = {
            one.pk: (one.status, one.version, one.lines[0]["quantity"], one.decided_by and one.decided_by.login)
            for one in Voucher.objects.select_related("decided_by")
        }
        said = {name: (one.status, one.version, str(one.quantity)) for name, one in self.papers.items()}
        assert {name: one[:3] for name, one in found.items()} == said
        for name, one in self.papers.items():
            if one.status in {"submitted", "approved", "rejected", "cancelled", "posted"}:
                assert found[name][3] == one.decided_by

    @invariant()
    def the_log_holds_each_posted_voucher_once(self) -> None:
        assert DepotLog.objects.get().position == self.position
        keys = list(Movement.objects.filter(position__gt=1).values_list("key", flat=True))
        assert sorted(keys) == sorted(str(name) for name, one in self.papers.items() if one.status == "posted")
        found = dict(Holding.objects.values_list("purpose", "on_hand"))
        assert found == {"THUONG_XUYEN": Decimal(self.stock[""]), "SSCD": Decimal(self.stock["SSCD"])}

    @invariant()
    def nothing_leaves_the_reserve_without_two_others(self) -> None:
        for name, one in self.papers.items():
            if one.needs_two and one.status in {"approved", "posted"}:
                kept = Voucher.objects.select_related("decided_by", "seconded_by").get(pk=name)
                agreed = {who.login for who in (kept.decided_by, kept.seconded_by) if who}
                assert len(agreed) == 2
                assert not agreed & one.hands

    @invariant()
    def every_version_is_remembered(self) -> None:
        for name, one in self.papers.items():
            versions = list(Voucher.history.filter(id=name).order_by("history_id").values_list("version", flat=True))
            assert versions == list(range(1, one.version + 1))

    @invariant()
    def what_waits_waits_for_the_right_people(self) -> None:
        for login in DECIDERS:
            waiting = sum(
                one.status == "submitted" and login not in one.hands and one.decided_by != login
                for one in self.papers.values()
            )
            assert approvals.waiting_count(self.people[login]) == waiting
        assert approvals.waiting_count(self.people["an"]) == 0


@pytest.mark.django_db
def test_any_order_of_steps_agrees_with_the_paper() -> None:
    run_state_machine_as_test(Workflow, settings=MACHINE if LONG else settings(MACHINE, max_examples=6))


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("module", "where", "fault"),
    [
        (standing, "has_part", lambda voucher, user: False),
        (standing, "was_sent", lambda voucher, version: False),
        (standing, "refuse_unless_editable", lambda voucher, version: None),
        (workflow, "_needs_second", lambda voucher, content, rule: False),
        (workflow, "_keep", lambda voucher, words, *, by, source: None),
    ],
)
def test_the_machine_notices(monkeypatch: pytest.MonkeyPatch, module: Any, where: str, fault: Any) -> None:
    monkeypatch.setattr(module, where, fault)
    with pytest.raises((AssertionError, DatabaseError, ExceptionGroup)):
        run_state_machine_as_test(Workflow, settings=MACHINE)
