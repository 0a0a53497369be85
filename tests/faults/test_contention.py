"""Many at once for the same thing: one wins, nobody waits in a ring, nothing is lost between two depots."""

from __future__ import annotations

import os
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from django.utils import timezone

from inventory.catalogue.models import Item
from inventory.ledger.entries import Posted
from inventory.ledger.models import ConsignmentLine, Holding, Kind, Movement
from inventory.ledger.posting import post
from inventory.ledger.refusals import InsufficientStock
from inventory.ledger.verifying import verify
from logistics.accounts.models import Token, User
from tests.factories import a_depot, a_draft, a_line, an_item, in_threads, on_hand, posting, telling, world
from tests.faults import machine
from tests.faults.clients import Sent, send

IS_LONG = os.environ.get("HYPOTHESIS_PROFILE") == "long"
RICE = "QN-01-0000017"
ENOUGH = 20  # transfers from each depot, at least, for anything to get in each other's way


@pytest.fixture
def poster(committed: str) -> User:
    """Somebody who may post everywhere, in a database where commits stay."""
    return world()


@pytest.fixture
def rice(poster: User) -> Item:
    return an_item(RICE)


@pytest.fixture
def token(poster: User) -> str:
    with telling():
        return Token.issue(to=poster, at=timezone.now(), days=1)


@pytest.fixture
def web(poster: User, committed_environment: dict[str, str], tmp_path: Path) -> Iterator[machine.Web]:
    with machine.served(committed_environment | {"DEBUG": "0"}, tmp_path / "gunicorn.log") as made:
        yield made


def body(quantity: str, kind: str = "issue") -> dict[str, object]:
    return {
        "kind": kind,
        "occurred_at": timezone.now().isoformat(),
        "lines": [{"item": RICE, "quantity": quantity}],
    }


class TestTheLastPieces:
    """20 ask for 5 of a pile of 5."""

    def test_one_of_twenty_threads_wins(self, poster: User, rice: Item) -> None:
        depot = a_depot("K01")
        posting(poster, "receipt", "K01", a_line(rice, 5))
        drafts = [a_draft("issue", "K01", a_line(rice, 5)) for _ in range(20)]
        answers = in_threads(20, lambda index: post([drafts[index]], by=poster, at=timezone.now()))
        assert Counter(type(answer) for answer in answers) == {list: 1, InsufficientStock: 19}
        assert on_hand(depot, rice) == 0
        assert Movement.objects.count() == 2
        assert verify().is_sound

    def test_one_of_twenty_requests_wins(self, web: machine.Web, token: str, poster: User, rice: Item) -> None:
        depot = a_depot("K01")
        posting(poster, "receipt", "K01", a_line(rice, 5))
        sent = [Sent("K01", f"wants-{index}", body("5")) for index in range(20)]
        answers = in_threads(20, lambda index: send(web.address, token, sent[index]))
        assert not [answer for answer in answers if isinstance(answer, Exception)]
        assert Counter(one.status for one in sent) == {201: 1, 409: 19}
        assert {one.document["type"] for one in sent if one.status == 409} == {"/problems/insufficient-stock"}
        assert on_hand(depot, rice) == 0
        assert Movement.objects.count() == 2


class TestTheSameRequestAtOnce:
    """A program that lost patience has sent its request again before the first was answered."""

    @pytest.mark.parametrize("times", [3, 50])
    def test_over_http_it_is_posted_once(
        self, web: machine.Web, token: str, poster: User, rice: Item, times: int
    ) -> None:
        a_depot("K01")
        asked = body("7", "receipt")
        sent = [Sent("K01", "once", asked) for _ in range(times)]
        answers = in_threads(times, lambda index: send(web.address, token, sent[index]))
        assert not [answer for answer in answers if isinstance(answer, Exception)]
        assert Counter(one.status for one in sent) == {201: 1, 200: times - 1}
        assert {one.document["hash"] for one in sent} == {sent[0].document["hash"]}
        assert Movement.objects.count() == 1

    def test_in_process_it_is_posted_once(self, poster: User, rice: Item) -> None:
        depot = a_depot("K01")
        draft = a_draft("receipt", "K01", a_line(rice, 7), key="once")
        answers = in_threads(20, lambda index: post([draft], by=poster, at=timezone.now())[0])
        posted = [answer for answer in answers if isinstance(answer, Posted)]
        assert len(posted) == 20, [answer for answer in answers if isinstance(answer, Exception)]
        assert Counter(one.is_replay for one in posted) == {False: 1, True: 19}
        assert on_hand(depot, rice) == 7


def test_two_depots_transfer_to_each_other_both_ways(poster: User) -> None:
    """Eight threads send many items there and back, in every order: no deadlock, and nothing is lost on the road."""
    items = [an_item(code) for code in ("QN-01-0000017", "QN-01-0000024", "QN-01-0000031", "QY-01-0000013")]
    codes = ("K01", "K02")
    for code in codes:
        a_depot(code)
        posting(poster, "receipt", code, *[a_line(item, 10_000) for item in items], days_ago=1)
    ends = time.monotonic() + (60 if IS_LONG else 8)
    latest = ends + machine.PATIENCE  # a machine that is busy with something else takes longer to do enough of it
    done: Counter[str] = Counter()
    counting = threading.Lock()

    def work(index: int) -> None:
        chance = random.Random(index)
        while time.monotonic() < ends or (time.monotonic() < latest and min(done[code] for code in codes) <= ENOUGH):
            here, there = chance.sample(codes, 2)
            chosen = chance.sample(items, chance.randint(1, len(items)))
            if chance.random() < 0.3:
                # Both ways in one call: it takes both logs' locks.
                drafts = [
                    a_draft("transfer_out", here, *[a_line(item, 1) for item in chosen], to_depot=there),
                    a_draft("transfer_out", there, *[a_line(item, 1) for item in chosen], to_depot=here),
                ]
                chance.shuffle(drafts)
            else:
                drafts = [a_draft("transfer_out", here, *[a_line(item, 2) for item in chosen], to_depot=there)]
            for sent in post(drafts, by=poster, at=timezone.now()):
                if chance.random() < 0.8:
                    lines = [a_line(line.item, -line.change) for line in sent.lines]
                    chance.shuffle(lines)
                    arrived = a_draft("transfer_in", sent.to_depot, *lines, consignment=f"{sent.depot}/{sent.position}")
                    post([arrived], by=poster, at=timezone.now())
                with counting:
                    done[sent.depot] += 1

    answers = in_threads(8, work)
    assert not [answer for answer in answers if answer is not None]
    assert min(done[code] for code in codes) > ENOUGH, f"hardly anything was sent: {done}"
    for item in items:
        piles = Holding.objects.filter(item=item)
        road = ConsignmentLine.objects.filter(item=item)
        assert sum((pile.on_hand for pile in piles), Decimal(0)) + sum(
            (line.in_transit for line in road), Decimal(0)
        ) == Decimal(20_000)
    assert Movement.objects.filter(kind=Kind.TRANSFER_IN).exists()
    report = verify()
    assert report.is_sound, report.disagreements[:5]
