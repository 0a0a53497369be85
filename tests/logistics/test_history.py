"""No reference data changes without a writer, a reason and a history row, many-to-many fields included."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, connection, transaction

from inventory.catalogue.models import SupplyClass
from logistics import history
from logistics.accounts.models import Assignment, Role
from tests.factories import a_depot, a_user, an_item, world

pytestmark = pytest.mark.django_db


def test_a_write_without_a_reason_is_refused():
    world()
    item = an_item("QN-01-0000014")
    item.name = "khác"
    with pytest.raises(history.UnexplainedChange):
        item.save()
    with pytest.raises(ValueError, match="needs a reason"), history.changing(by=None, reason=" ", source="web"):
        pass


def test_every_write_path_leaves_who_why_and_whence():
    writer = world()
    item = an_item("QN-01-0000014")
    with history.changing(by=writer, reason="đổi tên theo quyết định 5", source=history.Source.API):
        item.name = "Gạo tẻ"
        item.save()
        history.bulk_update([item], ["name"])
    newest, before = item.history.all()[:2]
    for row in (newest, before):
        assert (row.history_user, row.history_change_reason, row.source) == (
            writer, "đổi tên theo quyết định 5", "api"
        )  # fmt: skip


def test_the_branches_of_an_assignment_are_part_of_its_history():
    writer = world()
    keeper = a_user("thu-kho")
    with history.changing(by=writer, reason="phân công", source=history.Source.WEB):
        assignment = Assignment.objects.create(user=keeper, role=Role.STOREKEEPER, depot=a_depot("K01"))
        assignment.supply_classes.set(SupplyClass.objects.filter(code__in=["QN", "QY"]))
        assignment.supply_classes.set(SupplyClass.objects.filter(code="QN"))
    newest = assignment.history.first()
    assert newest is not None
    assert [row.supplyclass_id for row in newest.supply_classes.all()] == ["QN"]
    for statement in ("UPDATE {} SET supplyclass_id = 'QY'", "DELETE FROM {}"):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement.format("accounts_historicalassignment_supply_classes"))
