"""Which depots a person reaches, by role, unit, dates and branches; and a walk past every door as a stranger."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.db.models import Model
from django.test import Client
from django.utils import timezone

from depots import access
from depots.models import Depot
from inventory.catalogue.models import Item, SupplyClass
from logistics.accounts.models import Assignment, Role, User
from logistics.accounts.rights import Right
from logistics.api import api
from logistics.errors import Forbidden, NotFound
from tests import factories
from tests.api.conftest import RICE, Caller, a_token, receipt

pytestmark = pytest.mark.django_db


def assign(user: User, role: str, *, classes: tuple[str, ...] = (), **where: Any) -> Assignment:
    """Give a user a role."""
    with factories.telling():
        assignment = Assignment.objects.create(user=user, role=role, **where)
        assignment.supply_classes.set(SupplyClass.objects.filter(code__in=classes))
    return assignment


def reached(user: User, right: Right = Right.READ) -> list[str]:
    """Return the codes of the depots a right reaches, asked both ways."""
    codes = sorted(Depot.objects.filter(id__in=access.depot_ids(user, right)).values_list("code", flat=True))
    assert sorted(Depot.objects.get(id=key).code for key in access.scope(user, right)) == codes
    if right is Right.READ:
        assert sorted(depot.code for depot in Depot.objects.visible_to(user)) == codes
    return codes


@pytest.fixture
def tree(stocked: Item) -> dict[str, Model]:
    """G11 (K01, K02) above D1 (K11) above D2 (K21), and X9 (K99) beside them."""
    from depots.models import OrganisationUnit

    top = OrganisationUnit.objects.get(code="G11")
    d1 = factories.a_unit("G11.01", parent=top)
    d2 = factories.a_unit("G11.01.02", parent=d1)
    x9 = factories.a_unit("H99")
    for code, unit in [("K11", d1), ("K21", d2), ("K99", x9)]:
        factories.a_depot(code, unit=unit)
    return {"G11": top, "D1": d1, "D2": d2, "X9": x9}


def test_a_role_over_a_unit_reaches_its_whole_subtree(tree: dict[str, Any]) -> None:
    user = factories.a_user("a")
    assert reached(user) == []
    assign(user, Role.PLANNER, unit=tree["D1"])
    assert reached(user) == ["K11", "K21"]
    assign(user, Role.PLANNER, depot=Depot.objects.get(code="K99"))
    assert reached(user) == ["K11", "K21", "K99"]
    assert reached(user, Right.POST) == []
    assign(user, Role.STOREKEEPER, unit=tree["D2"])
    assert reached(user, Right.POST) == ["K21"]
    everywhere = factories.a_user("b")
    assign(everywhere, Role.AUDITOR)
    assert reached(everywhere) == ["K01", "K02", "K11", "K21", "K99"]


def test_a_circle_in_the_tree_ends(tree: dict[str, Any]) -> None:
    tree["D1"].parent = tree["D2"]
    with factories.telling():
        tree["D1"].save()
    user = factories.a_user("a")
    assign(user, Role.STOREKEEPER, unit=tree["D1"])
    assert reached(user) == ["K11", "K21"]
    assert access.depot_for_posting(user, "K21").code == "K21"


@pytest.mark.parametrize(
    ("start", "end", "is_valid"),
    [(None, None, True), (0, 0, True), (-5, None, True), (None, 5, True), (1, None, False), (None, -1, False)],
)
def test_a_role_holds_between_its_dates(
    tree: dict[str, Any], start: int | None, end: int | None, is_valid: bool
) -> None:
    def on(days: int | None) -> date | None:
        return None if days is None else timezone.localdate() + timedelta(days=days)

    user = factories.a_user("a")
    assign(user, Role.STOREKEEPER, depot=Depot.objects.get(code="K01"), valid_from=on(start), valid_to=on(end))
    assert bool(reached(user)) is is_valid
    if is_valid:
        assert access.depot_for_posting(user, "K01").supply_classes is None
    else:
        with pytest.raises(NotFound):
            access.depot_for_posting(user, "K01")


def test_who_may_post_and_who_may_only_look(tree: dict[str, Any]) -> None:
    answers = {}
    for role in Role.values:
        user = factories.a_user(f"u-{role}")
        assign(user, role)
        outcome = []
        for gate in (access.depot_for_reading, access.depot_for_posting):
            try:
                gate(user, "K01")
                outcome.append("in")
            except Forbidden:
                outcome.append("forbidden")
            except NotFound:
                outcome.append("not found")
        answers[role] = tuple(outcome)
    unseen = ("not found", "not found")
    assert answers == {
        Role.STOREKEEPER: ("in", "in"),
        Role.APPROVER: ("in", "forbidden"),
        Role.PLANNER: ("in", "forbidden"),
        Role.AUDITOR: ("in", "forbidden"),
        Role.CATALOGUE_KEEPER: unseen,
        Role.EXPORT_CLIENT: unseen,
        Role.ADMINISTRATOR: unseen,
    }


def test_a_superuser_posts_nothing_without_an_assignment(stocked: Item) -> None:
    with pytest.raises(NotFound):
        access.depot_for_posting(factories.a_user("root", is_superuser=True), "K01")


def test_a_role_limited_to_branches_posts_only_those(stocked: Item) -> None:
    fuel = factories.an_item("XD-01-0000017", unit="LTR")
    user = factories.a_user("a")
    depot = Depot.objects.get(code="K01")
    assign(user, Role.STOREKEEPER, depot=depot, classes=("QN", "QY"))
    caller = Caller(a_token(user))
    assert access.depot_for_posting(user, "K01").supply_classes == frozenset({"QN", "QY"})
    assert caller.post("/depots/K01/movements", receipt(), key="a").status_code == 201
    body = receipt()
    body["lines"].append({"item": fuel.code, "quantity": "5"})
    for answer in (
        caller.post("/depots/K01/movements", body, key="b"),
        caller.post("/depots/K01/movements:batch", [body], key="b"),
    ):
        assert answer.status_code == 403
        (fault,) = answer.json()["errors"]
        assert fault["pointer"].endswith("/lines/1/item")
        assert fault["code"] == "outside-your-classes"
    assign(user, Role.STOREKEEPER)
    assert access.depot_for_posting(user, "K01").supply_classes is None
    assert caller.post("/depots/K01/movements", body, key="b").status_code == 201


def test_a_limited_role_reverses_only_its_own_branches(stocked: Item) -> None:
    fuel = factories.an_item("XD-01-0000017", unit="LTR")
    depot = Depot.objects.get(code="K01")
    everything, limited = factories.a_user("a"), factories.a_user("b")
    assign(everything, Role.STOREKEEPER)
    assign(limited, Role.STOREKEEPER, depot=depot, classes=("QN",))
    body = receipt()
    body["lines"].append({"item": fuel.code, "quantity": "5"})
    path = "/depots/K01/movements"
    assert Caller(a_token(everything)).post(path, body, key="a").status_code == 201
    caller = Caller(a_token(limited))
    asked = {"occurred_at": body["occurred_at"], "reason": "Ghi nhầm"}
    assert caller.post(f"{path}/1/reversal", asked, key="b").status_code == 403
    assert caller.post(f"{path}/1/reversal", asked | {"lines": [1]}, key="c").status_code == 201


# --- Every door, as a stranger ----------------------------------------------------------------------------------

SAMPLES = {
    "depot": "K02", "item": RICE, "position": "1", "code": "K02", "run": "1", "name": "movements.parquet",
    "sender": "K01", "slug": "turnover",
    "voucher": "0197b9a0-5c1e-7d33-8f0a-3b8a5e0f2c11", "plan": "0197b9a0-5c1e-7d33-8f0a-3b8a5e0f2c12",
    "requisition": "0197b9a0-5c1e-7d33-8f0a-3b8a5e0f2c13", "order": "0197b9a0-5c1e-7d33-8f0a-3b8a5e0f2c14",
    "stocktake": "0197b9a0-5c1e-7d33-8f0a-3b8a5e0f2c15",
}  # fmt: skip


QUERIES = {
    "nearest": f"?item={RICE}&quantity=1&lon=105&lat=21", "stock-card": "?depot=K02",
    "foresight": "?depot=K02", "consumption": "?depot=K02",
    "codes": f"?depot=K02&text={RICE}",
    "catalogue/items": f"?text={RICE}",
}  # fmt: skip


def operations() -> list[tuple[str, str]]:
    """Return (method, path) of everything the description names."""
    return [(method, path) for path, methods in api.get_openapi_schema()["paths"].items() for method in methods]


def knock(client: Client, method: str, path: str, token: str | None) -> Any:
    """Ask an address with plausible names in it and an empty JSON body."""
    for name, value in SAMPLES.items():
        path = path.replace("{" + name + "}", value)
    assert "{" not in path, f"give SAMPLES a value for {path}"
    if method == "get":
        path += next((query for end, query in QUERIES.items() if path.partition(".")[0].endswith(f"/{end}")), "")
    headers = {"Idempotency-Key": "k"} | ({"Authorization": f"Bearer {token}"} if token else {})
    body = b"{}" if method in {"post", "put"} else b""
    return client.generic(method.upper(), path, body, content_type="application/json", headers=headers)


@pytest.mark.parametrize(("method", "path"), operations())
def test_nobody_is_let_in(stocked: Item, method: str, path: str) -> None:
    answer = knock(Client(raise_request_exception=False), method, path, None)
    assert answer.status_code == 401
    assert answer.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(("method", "path"), operations())
def test_a_stranger_sees_nothing(stranger: Caller, method: str, path: str) -> None:
    answer = knock(stranger.client, method, path, stranger.token)
    if answer.status_code == 200:
        assert not answer.json()["items"]
    else:
        assert answer.status_code in {403, 404}, answer.content


@pytest.mark.parametrize(("method", "path"), [one for one in operations() if "{depot}" in one[1]])
def test_another_depot_looks_like_none(keeper: Caller, method: str, path: str) -> None:
    there = knock(keeper.client, method, path, keeper.token)
    nowhere = knock(keeper.client, method, path.replace("{depot}", "K77"), keeper.token)
    assert (there.status_code, nowhere.status_code) == (404, 404)
    assert there.json()["title"] == nowhere.json()["title"]


@pytest.mark.parametrize(("method", "path"), operations())
def test_asking_changes_nothing_and_wrong_methods_are_told(reader: Caller, method: str, path: str) -> None:
    answer = knock(reader.client, "patch", path, reader.token)
    assert answer.status_code == 405
    assert method.upper() in answer.headers["Allow"]
