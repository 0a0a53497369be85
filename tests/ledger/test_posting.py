"""What posting promises, one rule a test."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from inventory.ledger.models import ConsignmentLine, DepotLog, Movement
from inventory.ledger.posting import post
from inventory.ledger.refusals import InsufficientStock, InvalidMovement, KeyReused, WouldGoNegative
from tests.factories import a_depot, a_draft, a_line, a_lot, a_packaging, an_item, on_hand, posting, world

pytestmark = pytest.mark.django_db


@pytest.fixture
def poster():
    return world()


@pytest.fixture
def depot(poster):
    return a_depot("K01")


@pytest.fixture
def rice(poster):
    return an_item("QN-01-0000017", unit="KGM", tracking="lot")


def test_first_receipt(poster, depot, rice):
    posted = posting(poster, "receipt", "K01", a_line(rice, "7.5", lot="L1", expires_date=date(2030, 1, 1)))
    assert (posted.position, posted.number[:3]) == (1, "PN-")
    assert posted.lines[0].on_hand_after == Decimal("7.5")
    assert posted.rehash() == posted.hash
    assert on_hand(depot, rice) == Decimal("7.500")
    assert DepotLog.objects.get(depot=depot).position == 1
    issue = posting(poster, "issue", "K01", a_line(rice, "2"))
    assert issue.previous_hash == posted.hash
    assert on_hand(depot, rice) == Decimal("5.500")
    with pytest.raises(InsufficientStock):
        posting(poster, "issue", "K01", a_line(rice, "6"))
