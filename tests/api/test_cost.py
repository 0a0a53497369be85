"""What a request costs: round trips to the database, which every caller waits for."""

from __future__ import annotations

from typing import Any

import pytest

from depots.models import Depot
from inventory.catalogue.models import Item
from logistics import sql
from tests import factories
from tests.api.conftest import RICE, Caller, receipt

pytestmark = pytest.mark.django_db
PATH = "/depots/K01/movements"
MOST_FOR_ONE_POST = 17


def own(statements: list[Any]) -> list[Any]:
    """Return the statements without the savepoint that stands for a request's transaction in a test."""
    return [one for one in statements if "SAVEPOINT" not in str(one)]


def test_who_and_where_cost_one_statement_each_and_posting_the_same_for_any_number_of_lines(
    keeper: Caller, stocked: Item, statements: list[Any]
) -> None:
    keeper.post(PATH, receipt(), key="warm")
    counts = []
    for lines in (1, 30):
        body = receipt()
        body["lines"] = [{"item": RICE, "lot": f"L{number}", "quantity": "1"} for number in range(lines)]
        del statements[:]
        assert keeper.post(PATH, body, key=f"with {lines}").status_code == 201
        sent = own(statements)
        assert sent[0] == sql.statement("accounts/find_token").encode()
        assert sent[1] == sql.statement("depots/access_to_depot").encode()
        assert statements.count(sent[0]) == statements.count(sent[1]) == 1
        counts.append(len(sent))
    assert counts[0] == counts[1] <= MOST_FOR_ONE_POST


def test_reading_costs_the_same_however_much_is_read(keeper: Caller, stocked: Item, statements: list[Any]) -> None:
    for number in range(5):
        keeper.post(PATH, receipt(), key=str(number))
    counts = {}
    for path in (f"{PATH}/1", f"{PATH}?limit=1", f"{PATH}?limit=5"):
        del statements[:]
        assert keeper.get(path).status_code == 200
        counts[path] = len(own(statements))
    # Who asks, where, what is there; of one movement also what reversed it.
    assert list(counts.values()) == [4, 3, 3], counts


def test_a_limited_role_costs_one_more(stocked: Item, statements: list[Any]) -> None:
    from inventory.catalogue.models import SupplyClass
    from logistics.accounts.models import Assignment, Role
    from tests.api.conftest import a_token

    user = factories.a_user("thukho")
    with factories.telling():
        limited = Assignment.objects.create(user=user, role=Role.STOREKEEPER, depot=Depot.objects.get(code="K01"))
    caller = Caller(a_token(user))
    caller.post(PATH, receipt(), key="warm")
    counts = []
    for classes in ([], ["QN", "QY"]):
        with factories.telling():
            limited.supply_classes.set(SupplyClass.objects.filter(code__in=classes))
        del statements[:]
        assert caller.post(PATH, receipt(), key=f"as {classes}").status_code == 201
        counts.append(len(own(statements)))
    assert counts[1] == counts[0] + 1
