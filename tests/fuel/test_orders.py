"""An order of fuel is one at 15 °C: its voucher waits for what is observed, and takes what was promised, if warm."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import uuid4

import pytest
from django.utils import timezone

from depots import access
from inventory.catalogue.models import Conversion, ItemGroup
from inventory.ledger.drafts import Observed
from inventory.requisitions import orders
from inventory.requisitions.orders import OrderDraft, OrderDraftLine
from inventory.vouchers import workflow
from inventory.vouchers.content import Content
from logistics.errors import Invalid
from logistics.history import Source
from tests import factories
from tests.requisitions.conftest import a_store, a_voucher, promised

pytestmark = pytest.mark.django_db

READ = Observed(temperature=Decimal(30), density=Decimal("828.0"))  # factor 0.98727


def test_a_warm_delivery_fills_an_order_at_15_degrees():
    store = a_store()
    diesel = factories.an_item("XD-02-0000011", unit="LTR", fuel_group="B")
    with factories.telling():
        group = ItemGroup.objects.get(pk=diesel.group_id)
        Conversion.objects.create(
            code="F", name="f", method="hydrometer", group=group, valid_from=date(2000, 1, 1), basis="QĐ 1"
        )
    keeper = store.user("thukho")
    factories.posting(keeper, "receipt", "K01", factories.a_line(diesel, 10_000, fuel=READ), days_ago=2)
    draft = OrderDraft(
        depot="K01",
        lines=[OrderDraftLine(item=diesel.code, quantity=Decimal(1000))],
        basis="plan:00000000-0000-0000-0000-000000000001",
        needed_by_date=timezone.localdate(),
        to_unit="G11.01",
    )
    (order,) = orders.give([draft], by=store.user("kehoach"), at=timezone.now())
    voucher = a_voucher(order, uuid4(), by=keeper)
    (line,) = Content.of(voucher).lines
    assert (line.get("quantity", ""), line["scheduled_quantity"]) == ("", "1000")

    def send(litres: str, unit: str = "LTR") -> None:
        said = Content.of(voucher)
        content = Content(
            **{
                name: getattr(said, name) for name in ("kind", "counterparty", "order_number", "order_date", "to_depot")
            },
            occurred_at=timezone.now(),
            lines=[line | {"quantity": litres, "unit": unit, "temperature": "30", "density": "828"}],
        )
        place = access.depot_for_posting(keeper, "K01")
        workflow.send(
            voucher.pk, content, place=place, version=voucher.version, by=keeper, at=timezone.now(), source=Source.WEB
        )

    with pytest.raises(Invalid) as refused:
        send("1012.895")
    assert [fault.code for fault in refused.value.faults] == ["above-requested"]
    with pytest.raises(Invalid) as refused:
        send("800", "KGM")  # 954.198 litres at 15 °C, but the order promised litres
    assert [(fault.pointer, fault.code) for fault in refused.value.faults] == [("/lines/0/unit", "not-as-ordered")]
    send("1012.894")
    order.refresh_from_db()
    assert (order.status, promised()) == ("done", 0)
    assert factories.on_hand(store.big, diesel) == Decimal("8872.700")
