"""What a clerk's browser keeps of a depot: whole, then what changed; and what a scanned text is."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from depots.models import Bin, Depot
from inventory.catalogue.codes import item_code
from inventory.catalogue.labels import label_of
from inventory.catalogue.models import Classification, Item, Lot, Packaging
from inventory.ledger.entries import Posted
from inventory.ledger.models import Movement
from inventory.vouchers import on_device
from logistics.accounts.models import Assignment, Role, User
from tests import factories
from tests.api.conftest import RICE, Caller, a_token
from tests.notation import rows

pytestmark = pytest.mark.django_db
SOON = timedelta(days=400)


@pytest.fixture
def poster(stocked: Item) -> User:
    """Who posts whatever a test needs to be there."""
    return User.objects.get(login="nguoi-ghi")


@pytest.fixture(autouse=True)
def no_overlap(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test takes no five minutes: what was done before an answer is before it."""
    monkeypatch.setattr(on_device, "OVERLAP", timedelta(0))


def took(poster: User, kind: str, depot: str, *lines: Any, **fields: Any) -> Posted:
    """Post one movement, just now."""
    return factories.posting(poster, kind, depot, *lines, **fields)


def codes(rows_: list[dict[str, Any]], member: str = "code") -> list[str]:
    """Return one member of each row."""
    return [row[member] for row in rows_]


def asked(caller: Caller, since: str | None = None, **headers: str) -> Any:
    """Ask for K01's catalogue."""
    query = "" if since is None else "?updated_since=" + since.replace("+", "%2B")
    return caller.get(f"/depots/K01/catalogue{query}", **headers)


def test_it_holds_what_the_depot_has_had_or_is_about_to_receive(keeper: Caller, poster: User, stocked: Item) -> None:
    milk, salt, wool = (factories.an_item(item_code("QN", 1, number)) for number in (1, 2, 3))
    oats = factories.an_item(item_code("QN", 1, 4), tracking="lot")
    factories.a_packaging(stocked, "BX", "24.500000")
    expires = timezone.localdate() + SOON
    took(poster, "receipt", "K01", factories.a_line(stocked, 9, lot="L1", expires_date=expires))
    took(poster, "receipt", "K01", factories.a_line(milk, 9))
    took(poster, "issue", "K01", factories.a_line(milk, 9))  # none left, but it will come again
    took(poster, "receipt", "K02", factories.a_line(salt, 9), factories.a_line(oats, 9, lot="O1"))
    took(poster, "transfer_out", "K02", factories.a_line(oats, 5), to_depot="K01")  # on the road
    document = asked(keeper).json()

    assert codes(document["items"]) == sorted([stocked.code, milk.code, oats.code])
    assert wool.code not in codes(document["items"])
    rice = next(row for row in document["items"] if row["code"] == RICE)
    assert (rice["unit"], rice["scale"], rice["tracking"]) == ("KGM", 3, "lot")
    assert rice["packagings"] == [{"unit": "BX", "factor": "24.5", "gtin": "", "valid_from": None, "valid_to": None}]
    lot = Lot.objects.get(item=stocked, code="L1")
    assert [(row["item"], row["code"]) for row in document["lots"]] == [(oats.code, "O1"), (RICE, "L1")]
    assert document["lots"][1] == {
        "item": RICE, "code": "L1", "expires_on": expires.isoformat(), "is_held": False, "label": label_of(lot.pk),
    }  # fmt: skip
    assert codes(document["bins"]) == ["A-01", "A-02"]
    assert codes(document["depots"]) == ["K02"]
    assert {"KGM", "BX"} <= set(codes(document["units"]))
    assert codes(document["grades"], "grade") == [1, 2, 3, 4, 5]
    assert set(document["policies"]["receipt"]) == {"needs_approval", "posts_on_approval"}
    assert (document["depot"], document["is_delta"], document["is_exercise"]) == ("K01", False, False)
    assert not any(document["removed"].values())


def test_then_only_what_changed_travels(keeper: Caller, poster: User, stocked: Item) -> None:
    milk, salt = (factories.an_item(item_code("QN", 1, number)) for number in (1, 2))
    line = factories.a_line(stocked, 9, lot="L1", expires_date=timezone.localdate() + SOON)
    took(poster, "receipt", "K01", line, factories.a_line(milk, 9))
    k01, k02 = Depot.objects.get(code="K01"), Depot.objects.get(code="K02")
    factories.a_depot("K03")
    first = asked(keeper).json()
    assert codes(asked(keeper, first["at"]).json()["items"]) == []

    took(poster, "receipt", "K01", factories.a_line(salt, 1), factories.a_line(milk, 1))
    took(poster, "issue", "K01", factories.a_line(stocked, 9))
    with factories.telling():
        Bin.objects.create(depot=k01, code="B-01")
        Bin.objects.get(depot=k01, code="A-02").delete()
        shelf = Bin.objects.get(depot=k01, code="A-01")
        shelf.name = "Giá trong"
        shelf.save()
        k02.closed_date = timezone.localdate()
        k02.save()
    change = asked(keeper, first["at"]).json()
    assert change["is_delta"] is True
    assert change["basis"] == first["basis"]
    assert codes(change["items"]) == [salt.code]  # milk only moved; there is nothing new to know of it
    assert [(lot["item"], lot["code"]) for lot in change["lots"]] == [(milk.code, ""), (salt.code, "")]
    assert codes(change["bins"]) == ["A-01", "B-01"]
    assert change["depots"] == []
    assert change["removed"] == {
        "items": [], "lots": [{"item": RICE, "code": "L1"}], "bins": ["A-02"], "depots": ["K02"],
    }  # fmt: skip
    assert len(change["units"]) == len(first["units"])

    with factories.telling():
        milk.name = "Sữa đặc"
        milk.save()
        salt.classification = 1
        salt.save()
        factories.a_packaging(stocked, "BX", "24")
    later = asked(keeper, change["at"]).json()
    assert [(row["code"], row["name"][:3]) for row in later["items"]] == [(milk.code, "Sữa"), (RICE, "Vật")]
    assert later["removed"]["items"] == [salt.code]


def test_what_arrives_on_the_road_is_told(keeper: Caller, poster: User, stocked: Item) -> None:
    expires = timezone.localdate() + SOON
    took(poster, "receipt", "K02", factories.a_line(stocked, 9, lot="L9", expires_date=expires), days_ago=1)
    first = asked(keeper).json()
    assert first["items"] == []
    sent = took(poster, "transfer_out", "K02", factories.a_line(stocked, 4), to_depot="K01")
    change = asked(keeper, first["at"]).json()
    assert (codes(change["items"]), codes(change["lots"])) == ([RICE], ["L9"])
    line = factories.a_line(stocked, 4, lot="L9", expires_date=expires)
    took(poster, "transfer_in", "K01", line, consignment=sent.name)
    assert codes(asked(keeper, change["at"]).json()["lots"]) == ["L9"]


def test_who_has_it_is_told_so(keeper: Caller, poster: User, stocked: Item) -> None:
    answer = asked(keeper)
    again = asked(keeper, **{"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert answer.headers["Cache-Control"] == "no-store"
    took(poster, "receipt", "K01", factories.a_line(stocked, 9, lot="L1"))
    changed = asked(keeper, **{"If-None-Match": answer.headers["ETag"]})
    assert changed.status_code == 200
    assert changed.headers["ETag"] != answer.headers["ETag"]


def test_a_change_that_was_being_made_while_we_answered_comes_again(
    keeper: Caller, poster: User, stocked: Item, monkeypatch: pytest.MonkeyPatch
) -> None:
    took(poster, "receipt", "K01", factories.a_line(stocked, 9, lot="L1"))
    at = asked(keeper).json()["at"]
    assert asked(keeper, at).json()["items"] == []
    monkeypatch.setattr(on_device, "OVERLAP", timedelta(minutes=5))
    assert codes(asked(keeper, at).json()["items"]) == [RICE]


def test_only_branches_that_may_be_posted(stocked: Item, poster: User) -> None:
    fuel = factories.an_item("XD-01-0000017", unit="LTR")
    took(poster, "receipt", "K01", factories.a_line(fuel, 9), factories.a_line(stocked, 9, lot="L1"))
    user = factories.a_user("a")
    with factories.telling():
        role = Assignment.objects.create(user=user, role=Role.STOREKEEPER, depot=Depot.objects.get(code="K01"))
        role.supply_classes.set(["XD"])
    caller = Caller(a_token(user))
    first = asked(caller).json()
    assert codes(first["items"]) == [fuel.code]
    with factories.telling():
        role.supply_classes.set(["XD", "QN"])
    # The rice is not new, so only the other basis tells the browser to ask for everything.
    assert asked(caller, first["at"]).json()["basis"] != first["basis"]


def test_it_is_for_who_may_post_there(keeper: Caller, reader: Caller, stranger: Caller) -> None:
    assert asked(keeper).status_code == 200
    assert asked(reader).status_code == 403
    assert asked(stranger).status_code == 404
    assert keeper.get("/depots/K02/catalogue").status_code == 404


def test_items_it_never_held_are_found_by_words(keeper: Caller, reader: Caller, stocked: Item) -> None:
    bed = factories.an_item(item_code("QN", 1, 91), name="Giường sắt đơn", old_names="Giường hoà bình")
    factories.an_item(item_code("QN", 1, 92), name="Giường sắt hỏng", is_active=False)
    factories.an_item(item_code("QN", 1, 93), name="Giường sắt mật", classification=Classification.SECRET)
    for text in ("giuong sat", "DON%20giường", "hòa bình", bed.code):
        answer = keeper.get(f"/depots/K01/catalogue/items?text={text}")
        assert codes(answer.json()["items"]) == [bed.code], text
    assert keeper.get("/depots/K01/catalogue/items?text=g").status_code == 422
    assert reader.get("/depots/K01/catalogue/items?text=giuong").status_code == 403
    assert keeper.get("/depots/K02/catalogue/items?text=giuong").status_code == 404


def test_a_wrong_instant_is_told(keeper: Caller) -> None:
    answer = keeper.get("/depots/K01/catalogue?updated_since=2026-11-20&more=1")
    assert answer.status_code == 422
    assert {fault["pointer"] for fault in answer.json()["errors"]} == {"/query/updated_since", "/query/more"}


def test_its_cost_does_not_grow_with_what_it_holds(
    keeper: Caller, poster: User, stocked: Item, statements: list[Any]
) -> None:
    took(poster, "receipt", "K01", factories.a_line(stocked, 9, lot="L1"))
    asked(keeper)  # a token notes its first use
    statements.clear()
    asked(keeper)
    few = len(statements)
    lines = []
    for number in range(40):
        item = factories.an_item(item_code("QY", 1, number))
        factories.a_packaging(item, "BX", "10")
        lines.append(factories.a_line(item, 1))
    took(poster, "receipt", "K01", *lines)
    statements.clear()
    assert len(asked(keeper).json()["items"]) == 41
    assert len(statements) == few


class TestAPageOfSomebodyElse:
    """A browser where another person signed in while a page was open."""

    def test_is_told_401_and_nothing_is_done(self, stocked: Item) -> None:
        k01 = Depot.objects.get(code="K01")
        users = [factories.a_user(login, role=Role.STOREKEEPER, depot=k01) for login in ("thukho", "lê thị b")]
        client = Client()
        client.force_login(users[1], backend="logistics.accounts.backends.RoleBackend")
        answers = {
            row["claimed"]: client.get(
                "/api/v1/depots/K01/catalogue", headers={"X-Signed-In-As": row["claimed"]}
            ).status_code
            for row in rows("""
                claimed
                thukho
                l%C3%AA%20th%E1%BB%8B%20b
            """)
        }
        assert answers == {"thukho": 401, "l%C3%AA%20th%E1%BB%8B%20b": 200}
        body = {"kind": "receipt"}
        refused = client.post(
            "/api/v1/depots/K01/movements", body, content_type="application/json",
            headers={"X-Signed-In-As": "thukho", "Idempotency-Key": "k"},
        )  # fmt: skip
        assert refused.status_code == 401
        assert not Movement.objects.exists()


class TestRecognising:
    """`GET /codes`: what a scanned or typed text is."""

    @pytest.fixture
    def shelf(self, stocked: Item, poster: User) -> dict[str, str]:
        """Goods with every kind of code, and the texts that depend on the store."""
        milk = factories.an_item(item_code("QN", 1, 1), gtin="8931234567897")
        scope = factories.an_item(item_code("QY", 1, 2), tracking="serial", nsn="8970001491094")
        with factories.telling():
            Packaging.objects.create(item=stocked, unit_id="BX", factor=Decimal(24), gtin="18931234567894")
        posted = took(
            poster, "receipt", "K01",
            factories.a_line(stocked, 9, lot="LO-A1", expires_date=date(2040, 12, 31)), factories.a_line(milk, 9),
            factories.a_line(scope, 1, lot="SN-7"),
        )  # fmt: skip
        return {
            "rice label": label_of(Lot.objects.get(item=stocked, code="LO-A1").pk),
            "milk label": label_of(Lot.objects.get(item=milk).pk),
            "number": posted.number,
            "milk": milk.code,
            "scope": scope.code,
            "rice": RICE,
        }

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            (
                "(01)18931234567894(17)401231(10)LO-A1(37)2",
                "lot rice unit=BX lot=LO-A1 expires_on=2040-12-31",
            ),
            ("]d20118931234567894174012311" + "0LO-A1", "lot rice unit=BX lot=LO-A1"),
            ("011893123456789410LO-A1", "unknown"),  # not digits alone, no mark of a scanner: nothing is guessed
            ("(01)18931234567894(10)LO-A1(37)2", "lot rice quantity=2"),
            ("18931234567894", "item rice unit=BX gtin=18931234567894"),
            ("8931234567897", "item milk gtin=08931234567897"),
            ("08931234567897", "item milk"),
            ("8970-00-149-1094", "item scope"),
            ("8970001491094", "item scope"),
            ("qn0200012" + "30", "item rice"),
            ("{rice label}", "lot rice lot=LO-A1 expires_on=2040-12-31"),
            ("{milk label}", "item milk"),
            ("a-02", "bin bin=A-02"),
            ("LO-A1", "lot rice lot=LO-A1"),
            ("SN-7", "serial scope serial=SN-7"),
            ("{number}", "voucher position=1"),
            ("k01/1", "voucher position=1"),
            ("*post*", "command command=POST"),
            ("*DROP*", "unknown"),
            ("khong co gi", "unknown"),
            ("8931234567898", "unknown !gtin_check_digit"),
            ("8935000000007", "unknown !unknown-code"),
            ("QN-02-0001237", "unknown !item_code_check_digit"),
            ("00000000196", "unknown !label_check_digit"),
            ("(01)08935000000007(10)X9", "unknown !unknown-code lot=X9 gtin=08935000000007"),
            ("(10)ÂB", "unknown !gs1_character"),
        ],
    )
    def test_each_kind(self, keeper: Caller, shelf: dict[str, str], text: str, expected: str) -> None:
        answer = keeper.client.get(
            "/api/v1/codes", {"depot": "K01", "text": text.format(**shelf) if "{" in text else text},
            headers={"Authorization": f"Bearer {keeper.token}"},
        )  # fmt: skip
        assert answer.status_code == 200, answer.content
        document = answer.json()
        kind, *facts = expected.split()
        assert document["kind"] == kind
        for fact in facts:
            if fact.startswith("!"):
                assert document["problem"]["code"] == fact[1:]
            elif "=" in fact:
                member, _, value = fact.partition("=")
                assert str(document[member]) == value
            else:
                assert document["item"]["code"] == shelf[fact]
        if kind != "unknown":
            assert document["problem"] is None

    def test_a_lot_name_that_two_items_share_gives_both(self, keeper: Caller, poster: User, stocked: Item) -> None:
        oats = factories.an_item(item_code("QN", 1, 4), tracking="lot")
        took(poster, "receipt", "K01", *(factories.a_line(item, 1, lot="X") for item in (stocked, oats)))
        document = keeper.get("/codes?depot=K01&text=X").json()
        assert document["item"] is None
        assert codes(document["lots"], "item") == sorted([oats.code, RICE])

    def test_another_depot_is_not_searched(self, keeper: Caller, poster: User, stocked: Item) -> None:
        took(poster, "receipt", "K02", factories.a_line(stocked, 1, lot="XA"))
        assert keeper.get("/codes?depot=K01&text=XA").json()["kind"] == "unknown"
        assert keeper.get("/codes?depot=K01&text=K02/1").json()["kind"] == "unknown"
        assert keeper.get("/codes?depot=K02&text=XA").status_code == 404
