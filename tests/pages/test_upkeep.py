"""Upkeep: nothing is changed without a reason, nothing is deleted, codes stay."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib import admin
from django.test import Client

from depots.models import Bin, Depot
from inventory.catalogue.codes import item_code
from inventory.catalogue.models import Item, ItemGroup, Unit
from inventory.foresight.models import ConsumptionNorm, SupplyTerms, UnitStrength
from inventory.requisitions.models import ApprovalLevel
from logistics.accounts.models import Assignment, Token, User
from logistics.upkeep.reasoned import ReasonedAdmin
from tests.pages.store import Store

Visit = Callable[[User], Client]
NO_ROWS = {
    f"{prefix}-{name}": "0"
    for prefix in ("packagings", "bins")
    for name in ("TOTAL_FORMS", "INITIAL_FORMS", "MIN_NUM_FORMS", "MAX_NUM_FORMS")
}


def an_item_form(store: Store, **changes: Any) -> dict[str, Any]:
    """The form of the rice as it stands, with changes."""
    packaging = store.rice.packagings.get()
    return {
        "name": store.rice.name, "name_en": "Rice", "specification": "bao 50 kg", "old_names": "", "gtin": "",
        "external_code": "", "nsn": "", "shelf_life_days": "", "dangerous_good": "", "classification": "0",
        "is_active": "on", "reason": "Theo lệnh 12", **NO_ROWS, "packagings-TOTAL_FORMS": "1",
        "packagings-INITIAL_FORMS": "1", "packagings-0-id": packaging.pk, "packagings-0-item": store.rice.pk,
        "packagings-0-unit": "BX", "packagings-0-factor": "25", "packagings-0-gtin": "",
        "packagings-0-valid_from": "", "packagings-0-valid_to": "", **changes,
    }  # fmt: skip


@pytest.fixture
def keeper(store: Store, visit: Visit) -> Client:
    """The catalogue keeper's browser."""
    return visit(store.catalogue_keeper)


@pytest.fixture
def administrator(store: Store, visit: Visit) -> Client:
    """The administrator's browser."""
    return visit(store.administrator)


def test_every_table_that_is_kept_asks_for_a_reason_and_deletes_nothing(rf: Any) -> None:
    kept = dict(admin.site._registry)
    assert {model.__name__ for model in kept} == {
        "User", "Assignment", "Token", "Province", "OrganisationUnit", "Depot", "SupplyClass", "ItemGroup", "Unit",
        "DangerousGood", "QualityGrade", "ReservePurpose", "Item", "Lot", "VoucherPolicy", "FormTemplate",
        "RegimeChoice", "ReserveNorm", "SignaturePicture", "Seal", "ColumnMapping", "Crosswalk", "Cause", "GradeColumn",
        "Tank", "GaugeTable", "Conversion", "LossRate", "UnitStrength", "ConsumptionNorm", "SupplyTerms",
        "ApprovalLevel",
    }  # fmt: skip
    for page in kept.values():
        assert isinstance(page, ReasonedAdmin)
        assert page.actions is None
        assert not page.has_delete_permission(rf.get("/"))
        assert not any(inline.can_delete for inline in page.inlines)


class TestAnItem:
    def test_is_changed_with_who_and_why(self, store: Store, keeper: Client) -> None:
        answer = keeper.post(f"/upkeep/catalogue/item/{store.rice.pk}/change/", an_item_form(store, name="Gạo nếp"))
        assert answer.status_code == 302, answer.context["errors"]
        latest = Item.history.filter(id=store.rice.pk).latest()
        assert (latest.name, latest.history_change_reason) == ("Gạo nếp", "Theo lệnh 12")
        assert (latest.history_user, latest.source) == (store.catalogue_keeper, "web")

    def test_carries_the_reason_to_its_packagings(self, store: Store, keeper: Client) -> None:
        form = an_item_form(store, **{"packagings-0-factor": "12,5"})
        keeper.post("/language/", {"language": "vi"})
        assert keeper.post(f"/upkeep/catalogue/item/{store.rice.pk}/change/", form).status_code == 302
        packaging = store.rice.packagings.get()
        assert f"{packaging.factor.normalize():f}" == "12.5"
        assert packaging.history.latest().history_change_reason == "Theo lệnh 12"

    @pytest.mark.parametrize("reason", ["", "   "])
    def test_is_not_changed_without_a_reason(self, reason: str, store: Store, keeper: Client) -> None:
        answer = keeper.post(
            f"/upkeep/catalogue/item/{store.rice.pk}/change/", an_item_form(store, name="Gạo nếp", reason=reason)
        )
        assert answer.status_code == 200
        assert "This field is required." in answer.content.decode()
        store.rice.refresh_from_db()
        assert store.rice.name == "Gạo tẻ"

    def test_keeps_its_code_whatever_the_form_says(self, store: Store, keeper: Client) -> None:
        form = an_item_form(store, code=item_code("QN", 1, 9), tracking="none", base_unit="EA")
        keeper.post(f"/upkeep/catalogue/item/{store.rice.pk}/change/", form)
        after = Item.objects.get(pk=store.rice.pk)
        assert (after.code, after.tracking, after.base_unit_id) == (store.rice.code, "lot", "KGM")

    def test_is_refused_in_words(self, store: Store, keeper: Client) -> None:
        group = ItemGroup.objects.get(supply_class_id="QN", number="01")
        form = an_item_form(store) | NO_ROWS | {"group": group.pk, "base_unit": "KGM", "tracking": "lot"}
        said = {
            "QN-01-0000015": "has a wrong check digit",
            "gạo": "is no item code",
            item_code("QY", 1, 1): "Codes of this group start with QN-01-",
            store.rice.code: "already exists",
        }
        for code, words in said.items():
            answer = keeper.post("/upkeep/catalogue/item/add/", form | {"code": code})
            assert answer.status_code == 200, code
            assert words in answer.content.decode(), code
        labelled = keeper.post("/upkeep/catalogue/item/add/", form | {"code": "QN-01-0000021", "classification": "2"})
        assert "This site may not hold anything labelled above" in labelled.content.decode()

    def test_is_added_and_cannot_be_deleted(self, store: Store, keeper: Client) -> None:
        group = ItemGroup.objects.get(supply_class_id="QN", number="01")
        code = item_code("QN", 1, 77)
        form = an_item_form(store) | NO_ROWS | {"group": group.pk, "base_unit": "KGM", "tracking": "none", "code": code}
        assert keeper.post("/upkeep/catalogue/item/add/", form).status_code == 302
        made = Item.objects.get(code=code)
        assert keeper.post(f"/upkeep/catalogue/item/{made.pk}/delete/", {"post": "yes"}).status_code == 403
        assert Item.objects.filter(code=code).exists()

    def test_history_is_shown(self, store: Store, keeper: Client) -> None:
        keeper.post(f"/upkeep/catalogue/item/{store.rice.pk}/change/", an_item_form(store, name="Gạo nếp"))
        page = keeper.get(f"/upkeep/catalogue/item/{store.rice.pk}/history/").content.decode()
        assert "Theo lệnh 12" in page
        assert "→ Gạo nếp" in page


def test_a_broken_constraint_is_told_in_words(store: Store, keeper: Client) -> None:
    form = {"code": "XXX", "name": "thử", "name_en": "try", "kind": "measure", "scale": "4", "reason": "thử"}
    answer = keeper.post("/upkeep/catalogue/unit/add/", form)
    assert "At most 3 decimals are kept." in answer.content.decode()
    assert not Unit.objects.filter(code="XXX").exists()


class TestADepot:
    def form(self, store: Store, **changes: Any) -> dict[str, Any]:
        return {
            "code": "K05", "name": "Kho mẫu K05", "unit": store.k01.unit_id, "level": "tactical", "branch": "",
            "province": "", "coordinates_lon": "105,85", "coordinates_lat": "21.03", "address": "",
            "opened_date": "05/02/2026", "closed_date": "", "default_bin": "A-01", "reason": "Lập kho mới",
            **NO_ROWS, **changes,
        }  # fmt: skip

    def test_is_made_with_its_default_bin(self, store: Store, keeper: Client) -> None:
        answer = keeper.post("/upkeep/depots/depot/add/", self.form(store))
        assert answer.status_code == 302, answer.context["errors"]
        depot = Depot.objects.get(code="K05")
        assert (round(depot.coordinates.x, 6), round(depot.coordinates.y, 6)) == (105.85, 21.03)
        assert depot.opened_date.isoformat() == "2026-02-05"
        assert [(bin_.code, bin_.is_default) for bin_ in depot.bins.all()] == [("A-01", True)]
        assert depot.bins.get().history.latest().history_change_reason == "Lập kho mới"

    @pytest.mark.parametrize(
        ("change", "words"),
        [
            ({"coordinates_lon": "181"}, "is no number of degrees"),
            ({"coordinates_lat": "1.234,5"}, "is no number of degrees"),
            ({"coordinates_lat": ""}, "required"),
            ({"closed_date": "04/02/2026"}, "The last day cannot be before the first."),
            ({"opened_date": "13/13/2026"}, "valid date"),
            ({"code": "K01"}, "already exists"),
        ],
    )
    def test_is_refused_in_words(self, change: dict[str, str], words: str, store: Store, keeper: Client) -> None:
        answer = keeper.post("/upkeep/depots/depot/add/", self.form(store, **change))
        assert answer.status_code == 200
        assert words in answer.content.decode()

    def test_moves_its_default_to_another_bin(self, store: Store, keeper: Client) -> None:
        other = Bin.objects.get(depot=store.k01, code="A-02")
        form = self.form(store, default_bin=other.pk)
        answer = keeper.post(f"/upkeep/depots/depot/{store.k01.pk}/change/", form)
        assert answer.status_code == 302, answer.context["errors"]
        assert Bin.objects.get(depot=store.k01, is_default=True) == other
        assert Depot.objects.get(pk=store.k01.pk).code == "K01"

    def test_asks_for_no_map_from_outside(self, store: Store, keeper: Client) -> None:
        page = keeper.get(f"/upkeep/depots/depot/{store.k01.pk}/change/").content.decode()
        assert "openlayers" not in page.lower()
        assert "https://" not in page


class TestWhatForesightReckonsWith:
    def strength(self, store: Store, **changes: Any) -> dict[str, Any]:
        return {
            "unit": store.k01.unit_id, "strength": "1.250", "valid_from": "05/02/2026", "valid_to": "",
            "reason": "Theo biên chế", **changes,
        }  # fmt: skip

    def test_a_strength_is_kept_with_who_and_why(self, store: Store, keeper: Client) -> None:
        keeper.post("/language/", {"language": "vi"})
        answer = keeper.post("/upkeep/foresight/unitstrength/add/", self.strength(store))
        assert answer.status_code == 302, answer.context["errors"]
        made = UnitStrength.objects.get()
        latest = made.history.latest()
        assert (made.strength, latest.history_user) == (1250, store.catalogue_keeper)
        assert latest.history_change_reason == "Theo biên chế"
        page = f"/upkeep/foresight/unitstrength/{made.pk}/"
        assert 'value="1.250"' in keeper.get(page + "change/").content.decode()
        assert "Theo biên chế" in keeper.get(page + "history/").content.decode()

    def test_what_ends_before_it_begins_is_refused_where_the_first_day_only_shows(
        self, store: Store, keeper: Client
    ) -> None:
        keeper.post("/upkeep/foresight/unitstrength/add/", self.strength(store, strength="90"))
        page = f"/upkeep/foresight/unitstrength/{UnitStrength.objects.get().pk}/change/"
        answer = keeper.post(page, {"strength": "90", "valid_to": "04/02/2026", "reason": "thử"})
        assert answer.status_code == 200
        assert answer.content.decode().count("The last day cannot be before the first.") == 1
        assert keeper.post(page, {"strength": "90", "valid_to": "05/02/2026", "reason": "Hết"}).status_code == 302

    @pytest.mark.parametrize(("typed", "words"), [("0", "Enter more than 0."), ("12.5", "counted in whole numbers")])
    def test_no_people_and_parts_of_people_are_refused(
        self, typed: str, words: str, store: Store, keeper: Client
    ) -> None:
        answer = keeper.post("/upkeep/foresight/unitstrength/add/", self.strength(store, strength=typed))
        assert words in answer.content.decode()

    def test_norms_and_terms_are_kept_too(self, store: Store, keeper: Client) -> None:
        days = {"valid_from": "05/02/2026", "valid_to": "", "reason": "Theo định mức"}
        norm = {"item": store.rice.pk, "per_person_day": "0.000125", "basis": "12/QĐ"} | days
        assert keeper.post("/upkeep/foresight/consumptionnorm/add/", norm).status_code == 302
        assert f"{ConsumptionNorm.objects.get().per_person_day:f}" == "0.000125"
        figures = {"lead_days": "20", "review_days": "30", "service_percent": "95"}
        terms = {"depot": "", "supply_class": ""} | figures | days
        refused = keeper.post("/upkeep/foresight/supplyterms/add/", terms | {"service_percent": "101"})
        assert refused.status_code == 200
        assert keeper.post("/upkeep/foresight/supplyterms/add/", terms).status_code == 302
        assert keeper.post("/upkeep/foresight/supplyterms/add/", terms).status_code == 200, "the same terms again"
        assert SupplyTerms.objects.count() == 1

    def test_is_not_the_administrators_to_change(self, store: Store, administrator: Client) -> None:
        assert administrator.get("/upkeep/foresight/unitstrength/").status_code == 200
        assert administrator.post("/upkeep/foresight/unitstrength/add/", self.strength(store)).status_code == 403


class TestLevelsOfApproval:
    FORM = {
        "asking_level": "tactical", "approving_level": "operational", "supply_class": "", "most_quantity": "1,500",
        "reason": "Phân cấp mới",
    }  # fmt: skip

    def test_are_kept_by_whoever_keeps_people(self, store: Store, administrator: Client, keeper: Client) -> None:
        assert keeper.post("/upkeep/requisitions/approvallevel/add/", self.FORM).status_code == 403
        answer = administrator.post("/upkeep/requisitions/approvallevel/add/", self.FORM)
        assert answer.status_code == 302, answer.context["errors"]
        made = ApprovalLevel.objects.get()
        latest = made.history.latest()
        assert (made.most_quantity, latest.history_user) == (1500, store.administrator)
        assert latest.history_change_reason == "Phân cấp mới"

    def test_are_refused_in_words(self, store: Store, administrator: Client) -> None:
        add = "/upkeep/requisitions/approvallevel/add/"
        said = {"approving_level": ("sub_unit", "stands above"), "most_quantity": ("0", "A limit is more than nothing")}
        for field, (typed, words) in said.items():
            assert words in administrator.post(add, self.FORM | {field: typed}).content.decode()
        for approving in ("operational", "strategic"):
            assert administrator.post(add, self.FORM | {"approving_level": approving}).status_code == 302
        page = f"/upkeep/requisitions/approvallevel/{ApprovalLevel.objects.latest('pk').pk}/change/"
        again = administrator.post(page, self.FORM)
        assert again.status_code == 200
        assert "already exists" in again.content.decode()


class TestPeople:
    def test_are_made_without_a_password_and_get_one_with_a_reason(self, store: Store, administrator: Client) -> None:
        form = {
            "login": "moi",
            "full_name": "Người mới",
            "rank": "",
            "title": "",
            "is_active": "on",
            "reason": "Về đơn vị",
        }
        assert administrator.post("/upkeep/accounts/user/add/", form).status_code == 302
        new = User.objects.get(login="moi")
        assert not new.has_usable_password()
        secret = "mật khẩu đầu tiên dài"
        page = f"/upkeep/accounts/user/{new.pk}/password/"
        without = administrator.post(page, {"new_password1": secret, "new_password2": secret, "reason": ""})
        assert without.status_code == 200
        administrator.post(page, {"new_password1": secret, "new_password2": secret, "reason": "Cấp lần đầu"})
        new.refresh_from_db()
        assert new.check_password(secret)
        latest = User.history.filter(id=new.pk).latest()
        assert (latest.history_user, latest.history_change_reason) == (store.administrator, "Cấp lần đầu")

    def test_no_rule_stops_are_not_changed_by_administrators(self, store: Store, administrator: Client) -> None:
        above = User.objects.create_superuser("tren-het", "một mật khẩu rất dài")
        page = f"/upkeep/accounts/user/{above.pk}/password/"
        secret = "mật khẩu của kẻ khác"
        answer = administrator.post(page, {"new_password1": secret, "new_password2": secret, "reason": "thử"})
        assert answer.status_code == 403
        assert administrator.post(f"/upkeep/accounts/user/{above.pk}/change/", {"reason": "thử"}).status_code == 403

    def test_are_limited_to_branches_with_their_history(self, store: Store, administrator: Client) -> None:
        given = Assignment.objects.get(user=store.keeper)
        form = {
            "role": given.role, "depot": store.k01.pk, "unit": "", "supply_classes": ["QN"], "valid_from": "",
            "valid_to": "", "reason": "Chỉ giữ quân nhu",
        }  # fmt: skip
        answer = administrator.post(f"/upkeep/accounts/assignment/{given.pk}/change/", form)
        assert answer.status_code == 302, answer.context["errors"]
        assert "every branch → QN. Chỉ giữ quân nhu" in given.history.latest().history_change_reason

    def test_cannot_have_a_unit_and_a_depot_in_one_assignment(self, store: Store, administrator: Client) -> None:
        form = {
            "user": store.planner.pk, "role": "auditor", "depot": store.k01.pk, "unit": store.k01.unit_id,
            "valid_from": "", "valid_to": "", "reason": "thử",
        }  # fmt: skip
        answer = administrator.post("/upkeep/accounts/assignment/add/", form)
        assert "Choose a unit or a depot, not both" in answer.content.decode()


class TestATokens:
    def test_secret_is_shown_once_and_works(self, store: Store, administrator: Client, client: Client) -> None:
        form = {
            "user": store.program.pk,
            "name": "Phần mềm quân nhu",
            "days": "30",
            "rights": ["read"],
            "reason": "Nối mạng",
        }
        answer = administrator.post("/upkeep/accounts/token/add/", form)
        token = Token.objects.get()
        secret = answer.context["token"].secret
        assert secret in answer.content.decode()
        assert "no-store" in answer["Cache-Control"]
        assert Token.digest_of(secret) == token.digest
        assert token.history.latest().history_change_reason == "Nối mạng"
        assert secret not in administrator.get(f"/upkeep/accounts/token/{token.pk}/change/").content.decode()
        assert client.get("/api/v1/depots", headers={"authorization": f"Bearer {secret}"}).status_code == 200

        page = f"/upkeep/accounts/token/{token.pk}/change/"
        assert administrator.post(page, {"revoke": "on", "reason": "Lộ khóa"}).status_code == 302
        assert client.get("/api/v1/depots", headers={"authorization": f"Bearer {secret}"}).status_code == 401
        assert administrator.get(page).status_code == 200
