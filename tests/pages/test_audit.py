"""What auditors read: every history and every read from one page of their menu, and nothing beyond their scope."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from inventory.catalogue.models import Item
from logistics import history
from logistics.accounts.models import Assignment, Role, User
from logistics.audit.models import AccessRecord
from logistics.upkeep.reasoned import ReasonedAdmin
from tests import factories
from tests.pages.store import Store

Visit = Callable[[User], Client]


def page(visit: Visit, user: User, address: str) -> str:
    """Return what a page says to somebody."""
    answer = visit(user).get(address)
    assert answer.status_code == 200, address
    return answer.content.decode()


def test_every_table_kept_under_upkeep_leads_to_its_history(store: Store, visit: Visit) -> None:
    said = page(visit, store.auditor, "/audit/")
    kept = [model for model, one in admin.site._registry.items() if isinstance(one, ReasonedAdmin)]
    assert len(kept) > 20
    for model in kept:
        there = reverse("audit-changes", args=[f"{model._meta.app_label}-{model._meta.model_name}"])
        assert f'href="{there}"' in said
        page(visit, store.auditor, there)


def test_changes_of_all_items_are_told_with_the_item_and_who_made_them(store: Store, visit: Visit) -> None:
    with history.changing(by=store.catalogue_keeper, reason="Theo 12/QĐ", source=history.Source.WEB):
        item = Item.objects.get(pk=store.rice.pk)
        item.specification = "bao 25 kg"
        item.save()
    said = page(visit, store.auditor, "/audit/changes/catalogue-item/?q=12%2FQĐ")
    assert store.rice.code in said
    assert store.milk.code not in said
    for words in ("bao 50 kg", "bao 25 kg", "Theo 12/QĐ", store.catalogue_keeper.get_full_name()):
        assert words in said, words


def test_where_a_depot_is_and_how_somebody_signs_is_not_told_on_the_way(store: Store, visit: Visit) -> None:
    coordinates = store.k01.coordinates
    assert coordinates is not None
    said = page(visit, store.auditor, "/audit/changes/depots-depot/")
    assert "K01" in said
    assert f"{coordinates.y:.6f}" not in said


def test_who_looked_at_what_is_found_by_person_and_by_thing(store: Store, visit: Visit) -> None:
    visit(store.keeper).get("/depots/K01/movements.csv")
    record = AccessRecord.objects.get()
    said = page(visit, store.auditor, "/audit/reads/?who=thukho")
    assert record.subject in said
    assert record.action in said
    assert record.subject not in page(visit, store.auditor, "/audit/reads/?who=danhmuc")
    # Taking the reads away is one of them.
    answer = visit(store.auditor).get("/audit/reads.csv")
    assert record.subject in b"".join(answer).decode("utf-8-sig")
    assert AccessRecord.objects.filter(user=store.auditor, action="list.csv").count() == 1


def test_an_auditor_of_one_depot_is_led_to_that_alone(store: Store, visit: Visit) -> None:
    user = factories.a_user("kt-k01")
    with factories.telling():
        Assignment.objects.create(user=user, role=Role.AUDITOR, depot=store.k01)
    said = page(visit, user, "/audit/")
    for name in ("movements", "vouchers", "depot-history"):
        assert f'href="{reverse(name, args=["K01"])}"' in said
        page(visit, user, reverse(name, args=["K01"]))
    assert 'href="/depots/K02/' not in said
    assert "/audit/changes/" not in said
    assert visit(user).get("/audit/reads/").status_code == 404
    assert visit(user).get("/upkeep/", follow=True).status_code == 403
    menu = page(visit, user, "/depots/")
    assert 'href="/audit/"' in menu
    assert 'href="/upkeep/"' not in menu


@pytest.mark.parametrize(("first", "last", "status"), [(None, -1, 403), (1, None, 403), (-1, 1, 200)])
def test_an_assignment_that_does_not_hold_today_opens_nothing(
    store: Store, visit: Visit, first: int | None, last: int | None, status: int
) -> None:
    """Upkeep is looked at by auditors of the whole store as long as they are."""
    user, today = factories.a_user("kt-cu"), timezone.localdate()
    with factories.telling():
        Assignment.objects.create(
            user=user, role=Role.AUDITOR,
            valid_from=None if first is None else today + timedelta(days=first * 2),
            valid_to=None if last is None else today + timedelta(days=last * 2),
        )  # fmt: skip
    for there in ("/upkeep/", "/upkeep/catalogue/item/", "/audit/"):
        assert visit(user).get(there, follow=True).status_code == status, there


def test_the_menu_of_an_auditor_has_upkeep_and_audit(store: Store, visit: Visit) -> None:
    menu = page(visit, store.auditor, "/depots/")
    assert 'href="/audit/"' in menu
    assert 'href="/upkeep/"' in menu
    assert 'href="/audit/"' not in page(visit, store.keeper, "/depots/")


def test_a_history_is_headed_in_the_language_of_its_reader(store: Store, visit: Visit) -> None:
    there = reverse("item-history", args=[store.rice.code])
    browser = visit(store.auditor)
    assert f"<h1>Who changed what: {store.rice.code} Rice</h1>" in browser.get(there).content.decode()
    browser.cookies["django_language"] = "vi"
    assert f"<h1>Lịch sử thay đổi: {store.rice.code} Gạo tẻ</h1>" in browser.get(there).content.decode()
    taken = visit(store.auditor).get(reverse("item-history-file", args=[store.rice.code, "csv"]))
    assert f"{store.rice.code} Rice" in b"".join(taken).decode("utf-8-sig").splitlines()[0]
