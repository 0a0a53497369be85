"""What was measured stands on the papers of fuel: litres alone, of no told temperature, prove nothing to who signs."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from io import BytesIO
from uuid import uuid4

import pytest
from django.utils import timezone
from pypdf import PdfReader

from depots.models import Depot
from inventory.catalogue.models import Conversion, ItemGroup
from inventory.ledger.drafts import Observed
from inventory.stocktakes import counting, planning
from inventory.stocktakes import paper as stocktake_paper
from inventory.stocktakes.counting import Counted
from inventory.vouchers import handover, inspecting, paper
from logistics.accounts.models import Role
from logistics.history import Source
from tests.factories import a_depot, a_line, a_user, an_item, posting, telling, world

pytestmark = pytest.mark.django_db

READ = Observed(temperature=Decimal(30), density=Decimal("828.0"))


def words(content: bytes) -> str:
    return " ".join(" ".join(page.extract_text() for page in PdfReader(BytesIO(content)).pages).split())


@pytest.fixture
def diesel():
    poster = world()
    a_depot("K01")
    a_depot("K02", at=(106.7, 10.8))
    item = an_item("XD-02-0000011", unit="LTR", fuel_group="B", name="Dầu điêzen mẫu", name_en="Sample diesel")
    with telling():
        group = ItemGroup.objects.get(pk=item.group_id)
        Conversion.objects.create(
            code="F", name="f", method="hydrometer", group=group, valid_from=date(2000, 1, 1), basis="QĐ 1"
        )
    return poster, item


@pytest.mark.parametrize("language", ["vi", "en"])
def test_receipts_issues_and_transfers_tell_what_was_measured(diesel, language):
    poster, item = diesel
    lines = {
        "receipt": a_line(item, 10_000, fuel=READ),
        "issue": a_line(item, 1_000, fuel=READ),
        "transfer_out": a_line(item, 500, fuel=READ),
    }
    said = {
        "receipt": "đo 10.000 lít, 30 °C, 828 kg/m³; ở 15 °C: 9.872,7 lít, 838,4 kg/m³; 8.277,272 kg",
        "issue": "đo 1.000 lít, 30 °C, 828 kg/m³; ở 15 °C: 987,27 lít, 838,4 kg/m³; 827,727 kg",
        "transfer_out": "đo 500 lít, 30 °C, 828 kg/m³; ở 15 °C: 493,635 lít, 838,4 kg/m³; 413,864 kg",
    }
    for kind, line in lines.items():
        to_depot = {"to_depot": "K02"} if kind == "transfer_out" else {}
        posted = posting(poster, kind, "K01", line, reason="thử", **to_depot)
        told = words(paper.voucher_pdf("K01", posted.position, language=language)).replace("\N{NO-BREAK SPACE}", " ")
        assert said[kind].replace(" ", "") in told.replace(" ", ""), (kind, told)
        assert ("Sample diesel" in told) == (language == "en")
    signed = words(handover.handover_pdf("K01", posted.position, language=language))
    assert said["transfer_out"].replace(" ", "") in signed.replace("\N{NO-BREAK SPACE}", " ").replace(" ", "")


def test_kilograms_print_as_they_were_told_with_the_litres_of_a_meter(diesel):
    poster, item = diesel
    posting(poster, "receipt", "K01", a_line(item, 10_000, fuel=READ))
    line = a_line(item, 5_000, unit="KGM", fuel=READ, scheduled_quantity=Decimal(5_000))
    posted = posting(poster, "issue", "K01", line)
    told = words(paper.voucher_pdf("K01", posted.position, language="vi")).replace("\N{NO-BREAK SPACE}", " ")
    said = "là 6.040,637 lít ở 30 °C, 828 kg/m³; ở 15 °C: 5.963,74 lít, 838,4 kg/m³; 5.000 kg"
    assert said.replace(" ", "") in told.replace(" ", ""), told
    came = posting(poster, "receipt", "K01", replace(line, quantity=Decimal(4_990)))
    (entry,) = inspecting.entries_of(came)
    assert (entry.by_documents, entry.bad) == (Decimal(5_000), Decimal(10))


def test_a_council_compares_what_came_with_the_documents_at_15_degrees(diesel):
    """10,000 litres at 15 °C are on the invoice; 10,128.942 warm ones are exactly those, and nothing is missing."""
    poster, item = diesel
    for litres, missing in (("10128.942", 0), ("10000", Decimal("127.3"))):
        line = a_line(item, litres, fuel=READ, scheduled_quantity=Decimal(10_000))
        (entry,) = inspecting.entries_of(posting(poster, "receipt", "K01", line))
        assert (entry.by_documents, entry.bad) == (Decimal(10_000), missing)


def test_goods_that_are_no_fuel_print_as_before(diesel):
    poster, _item = diesel
    blanket = an_item("QN-02-0000029")
    posted = posting(poster, "receipt", "K01", a_line(blanket, 10))
    assert "kg/m³" not in words(paper.voucher_pdf("K01", posted.position))


def test_the_sheet_of_a_stocktake_has_room_for_a_reading_and_prints_it(diesel):
    poster, item = diesel
    blanket = an_item("QN-02-0000029")
    posting(poster, "receipt", "K01", a_line(item, 10_000, fuel=READ), a_line(blanket, 5), days_ago=1)
    keeper = a_user("thukho", role=Role.STOREKEEPER, depot=Depot.objects.get(code="K01"))
    at = timezone.now() - timedelta(minutes=5)
    asked = planning.Asked(depot="K01", reason="Kiểm kê", is_blind=False)
    one = planning.plan(asked, stocktake_id=uuid4(), by=keeper, at=at, source=Source.WEB)
    one = planning.open_sheet(one.pk, by=keeper, at=at, source=Source.WEB)

    def printed(*, books):
        print_ = stocktake_paper.stocktake_pdf(one, books=books, language="vi", site="", at=timezone.now(), copy=1)
        return words(print_).replace(" ", "").replace("\N{NO-BREAK SPACE}", "")

    room = "nhiệt độ …… °C, khối lượng riêng …… kg/m³".replace(" ", "")
    assert printed(books=False).count(room) == 1  # the fuel's line has it, the blankets' not
    line = one.lines.get(item=item)
    told = Counted(key=uuid4(), quantity=Decimal(9_000), counted_at=at, line=line.pk, reading=READ)
    counting.count(one.pk, [told], by=keeper, at=timezone.now())
    assert "lít ở 15 °C; đo được 9.000 lít, 30 °C, 828 kg/m³".replace(" ", "") in printed(books=True)
