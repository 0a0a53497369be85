"""Who may open which page: every address of the site, as a stranger, as nobody, as a program."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from inventory.signing.subjects import word_for
from logistics.accounts.models import User
from tests.lasting import lasting
from tests.notation import rows
from tests.pages.store import PASSWORD, Store

OPEN = {
    "sign-in",
    "sign-out",
    "set_language",
    "live",
    "ready",
    "problems",
    "problem",
    "worker",
    "session",
    "texts",
    "help-topics",
    "help",
}
OF_EVERYBODY = {
    "availability", "availability-file", "later-movements", "saved-views", "home", "map", "depots", "password",
    "outbox", "approvals", "check", "paper-check", "norms", "norms-file", "fuel", "fuel-file",
    "foresight", "foresight-file", "strengths",
    "reports", "report", "report-file", "packs",
    "requisitions", "requisitions-file", "requisition-items", "requisition-line", "requisition-new", "orders",
    "orders-file", "stocktakes", "stocktakes-file", "stocktake-new", "stocktake-accuracy", "stocktake-accuracy-file",
    "plans", "plans-file", "plan-comparison", "openings",
}  # empty for who has no depots  # fmt: skip


def names() -> Iterator[str]:
    """The names of the site's own pages; the API and the admin have tests of their own."""
    pending: list[URLPattern | URLResolver] = list(get_resolver().url_patterns)
    while pending:
        found = pending.pop()
        if isinstance(found, URLResolver):
            if found.namespace not in {"api", "admin"} and not str(found.pattern).startswith(("api/", "upkeep/")):
                pending += found.url_patterns
        elif found.name:
            yield found.name


def address(name: str, store: Store) -> str:
    """An address under `name` that shows something of K01."""
    known: dict[str, tuple[list[object], str]] = {
        "depot": (["K01"], ""),
        "depot-history": (["K01"], ""),
        "movements": (["K01"], ""),
        "movement": (["K01", 1], ""),
        "desk": (["K01"], ""),
        "entry": (["K01"], ""),
        "reversal": (["K01", 2], ""),
        "consignment": (["K01", store.transfer.position], ""),
        "voucher": (["K01", store.voucher], ""),
        "availability-file": (["csv"], ""),
        "later-movements": ([], f"?as_of={timezone.localdate()}"),
        "item": ([store.rice.code], ""),
        "item-allocations": ([store.rice.code], ""),
        "item-road": ([store.rice.code], ""),
        "foresight-item": ([store.rice.code], ""),
        "foresight-file": (["csv"], ""),
        "item-history": ([store.rice.code], ""),
        "stock-card": ([store.rice.code], "?depot=K01"),
        "stock-card-file": ([store.rice.code, "csv"], "?depot=K01"),
        "item-over-time": ([store.rice.code], "?depot=K01"),
        "requisition": ([store.requisition], ""),
        "requisition-edit": ([store.unsubmitted], ""),
        "requisition-allocation": ([store.requisition], ""),
        "requisitions-file": (["csv"], ""),
        "order": ([store.order], ""),
        "opening": ([store.upload], ""),
        "opening-columns": ([store.upload], ""),
        "opening-errors-file": ([store.upload], ""),
        "opening-template-file": ([], "?depot=K01"),
        "picklist": ([store.order], ""),
        **{
            name: ([store.stocktake], "")
            for name in ("stocktake", "stocktake-count", "stocktake-entry", "stocktake-paper")
        },
        "stocktake-plan": ([store.planned], ""),
        **{name: (["csv"], "") for name in ("stocktakes-file", "stocktake-accuracy-file")},
        "orders-file": (["csv"], ""),
        "depot-orders": (["K01"], ""),
        "depot-orders-file": (["K01", "csv"], ""),
        "depot-orders-waiting": (["K01"], ""),
        "pack": ([store.pack], ""),
        "pack-file": ([store.pack], ""),
        "report": (["turnover"], ""),
        "report-file": (["turnover", "csv"], ""),
        "lot-history": ([store.rice.code], "?lot=L25-01"),
        "lot-history-file": ([store.rice.code, "csv"], "?lot=L25-01"),
        "item-history-file": ([store.rice.code, "csv"], ""),
        "fuel-file": (["csv"], ""),
        "norms-file": (["csv"], ""),
        "tank": (["K01", "T-01"], ""),
        "plan": ([store.plan], ""),
        "plan-file": ([store.plan, "csv"], ""),
        "plans-file": (["csv"], ""),
        "paper": (["K01", store.paper], ""),
        "paper-file": (["K01", store.paper], ""),
        "scan-add": (["K01"], f"?of={word_for('movement:K01:1', depot='K01')}"),
        "scan-file": (["K01", store.scan], ""),
        "scan-withdrawal": (["K01", store.scan], ""),
        "voucher-paper": (["K01", store.voucher], ""),
        "vouchers-paper": (["K01"], f"?v={store.voucher}"),
        "handover-paper": (["K01", 1], ""),
        **{name: ([store.inspection], "") for name in ("inspection", "inspection-paper")},
        "voucher-history": (["K01", store.voucher], ""),
        "audit-changes": (["catalogue-item"], ""),
        "audit-changes-file": (["catalogue-item", "csv"], ""),
        "audit-reads-file": (["csv"], ""),
        "voucher-history-file": (["K01", store.voucher, "csv"], ""),
        **{name: (["K01"], "") for name in ("stock", "expiring", "held", "vouchers", "arrivals", "road")},
        **{name: (["K01"], "") for name in ("labels", "labels-file", "bin-labels", "bin-labels-file")},
        **{
            f"{name}-file": (["K01", "csv"], "")
            for name in ("movements", "stock", "expiring", "held", "vouchers", "depot-history", "arrivals", "road")
        },
    }
    parts, query = known.get(name, ([], ""))
    return reverse(name, args=parts) + query


CLOSED = sorted(set(names()) - OPEN)
OF_THE_CATALOGUE = {
    "foresight-item", "item", "item-allocations", "item-road", "item-history", "item-history-file", "lot-history",
    "lot-history-file",
}  # fmt: skip
OF_PLANNERS = {"requisition-allocation"}
OF_MAKERS = {"pack-new", "plan-new"}
OF_AUDITORS = {"audit", "audit-changes", "audit-changes-file", "audit-reads", "audit-reads-file"}
OF_A_DEPOT = sorted(set(CLOSED) - OF_AUDITORS - OF_MAKERS - OF_EVERYBODY - OF_THE_CATALOGUE - OF_PLANNERS)


def test_the_walk_finds_the_pages() -> None:
    assert {"home", "depots", "depot", "movements", "movement", "item", "stock-card", "item-history"} <= set(CLOSED)


@pytest.mark.parametrize("name", CLOSED)
def test_nobody_is_asked_to_sign_in(name: str, store: Store, client: Client) -> None:
    answer = client.get(address(name, store))
    assert answer.status_code == 302
    assert answer["Location"].startswith("/sign-in/?next=")


@pytest.mark.parametrize("name", OF_A_DEPOT)
def test_a_stranger_finds_nothing_of_a_depot_that_is_not_theirs(
    name: str, store: Store, visit: Callable[[User], Client]
) -> None:
    assert visit(store.keeper).get(address(name, store)).status_code == 200
    stranger = visit(store.stranger)
    answer = stranger.get(address(name, store))
    assert answer.status_code == 404
    missing = stranger.get(address(name, store).replace("K01", "K77"))
    # What is out of scope and what does not exist look the same, but for the code that was asked for.
    assert lasting(answer).replace("K01", "K77") == lasting(missing)


@pytest.mark.parametrize("name", sorted(OF_PLANNERS))
def test_only_planners_open_their_pages(name: str, store: Store, visit: Callable[[User], Client]) -> None:
    there = address(name, store)
    assert visit(store.planner).get(there).status_code == 200
    assert visit(store.keeper).get(there).status_code == 403
    assert visit(store.stranger).get(there).status_code == 404


@pytest.mark.parametrize("name", sorted(OF_MAKERS))
def test_only_who_plans_makes_new_ones(name: str, store: Store, visit: Callable[[User], Client]) -> None:
    there = address(name, store)
    assert visit(store.planner).get(there).status_code == 200
    assert visit(store.keeper).get(there).status_code == 403
    assert visit(store.stranger).get(there).status_code == 403


@pytest.mark.parametrize("name", sorted(OF_AUDITORS))
def test_only_auditors_open_theirs(name: str, store: Store, visit: Callable[[User], Client]) -> None:
    there = address(name, store)
    assert visit(store.auditor).get(there).status_code == 200
    for other in (store.keeper, store.planner, store.administrator, store.catalogue_keeper):
        assert visit(other).get(there).status_code in {403, 404}


def test_pages_of_the_catalogue_show_only_stock_in_scope(store: Store, visit: Callable[[User], Client]) -> None:
    page = lasting(visit(store.stranger).get(reverse("item", args=[store.rice.code])))
    assert "K99" in page
    assert "K01" not in page
    assert "K02" not in page


def test_first_page_shows_only_stock_in_scope(store: Store, visit: Callable[[User], Client]) -> None:
    shown = lasting(visit(store.stranger).get("/"))
    assert "K99" in shown
    assert "K01" not in shown
    assert store.milk.code not in shown


def test_an_administrator_sees_upkeep_but_no_stock(store: Store, visit: Callable[[User], Client]) -> None:
    browser = visit(store.administrator)
    assert "No depot is assigned to you" in browser.get("/").content.decode()
    assert browser.get("/depots/K01/").status_code == 404
    assert "K01/" not in browser.get(reverse("item", args=[store.rice.code])).content.decode()
    assert browser.get("/upkeep/accounts/user/").status_code == 200


def test_upkeep_is_for_its_keepers(store: Store, visit: Callable[[User], Client], client: Client) -> None:
    for row in rows("""
        who              | users | items | change item
        administrator    |   200 |   200 |         403
        catalogue_keeper |   403 |   200 |         200
        keeper           |   403 |   403 |         403
    """):
        browser = visit(getattr(store, row["who"]))
        assert browser.get("/upkeep/accounts/user/", follow=True).status_code == int(row["users"]), row
        assert browser.get("/upkeep/catalogue/item/", follow=True).status_code == int(row["items"]), row
        posted = browser.post(f"/upkeep/catalogue/item/{store.rice.pk}/change/", {}, follow=True)
        assert posted.status_code == int(row["change item"]), row
    assert client.get("/upkeep/", follow=True).redirect_chain[-1][0].startswith("/sign-in/?next=/upkeep/")


class TestSigningIn:
    def test_opens_the_page_that_was_asked_for(self, store_with_passwords: Store, client: Client) -> None:
        answer = client.post(
            "/sign-in/?next=/depots/", {"username": "thukho", "password": PASSWORD, "next": "/depots/"}
        )
        assert answer["Location"] == "/depots/"

    def test_says_the_same_of_unknown_users_wrong_passwords_and_programs(
        self, store_with_passwords: Store, client: Client
    ) -> None:
        said = []
        for row in rows("""
            login     | password
            khong-co  | sai
            thukho    | sai
            lienthong | right
        """):
            password = PASSWORD if row["password"] == "right" else row["password"]
            answer = client.post("/sign-in/", {"username": row["login"], "password": password})
            assert answer.status_code == 200
            assert "_auth_user_id" not in client.session
            said.append(list(answer.context["form"].non_field_errors()))
        assert said == [["Tên đăng nhập và mật khẩu không khớp. Xem lại cả hai rồi thử lại."]] * 3

    def test_is_locked_after_five_failures_in_words(self, store_with_passwords: Store, client: Client) -> None:
        for _ in range(5):
            answer = client.post("/sign-in/", {"username": "thukho", "password": "sai"})
        assert answer.status_code == 429
        assert answer["Retry-After"] == "900"
        assert "Tạm khóa đăng nhập" in answer.content.decode()
        locked = client.post("/sign-in/", {"username": "thukho", "password": PASSWORD})
        assert locked.status_code == 429

    def test_never_sends_a_visitor_elsewhere(self, store_with_passwords: Store, client: Client) -> None:
        answer = client.post(
            "/sign-in/", {"username": "thukho", "password": PASSWORD, "next": "https://elsewhere.example/"}
        )
        assert answer["Location"] == "/"
