"""A depot with goods, somebody who brings files and somebody who approves; files to bring."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
import xlsxwriter
from django.test import Client
from django.utils import timezone, translation

from depots import access
from depots.models import Depot
from inventory.catalogue.codes import item_code
from inventory.catalogue.models import Item
from inventory.ledger.models import Kind
from inventory.openings import bringing
from inventory.openings.models import Upload
from inventory.vouchers.models import VoucherPolicy
from logistics.accounts.models import Role, User
from tests import factories
from tests.conftest import Worlds

HEADS = ("Mã vật chất", "Tên vật chất", "Đơn vị tính", "Số lượng", "Số lô", "Hạn dùng", "Vị trí", "Ghi chú")
RICE, MILK, BANDAGE = item_code("QN", 1, 1), item_code("QN", 2, 1), item_code("QY", 1, 1)


@dataclass
class House:
    """What the tests name."""

    k01: Depot
    rice: Item
    milk: Item
    bandage: Item
    keeper: User
    chief: User
    stranger: User
    catalogue_keeper: User

    def bring(self, content: bytes, name: str = "tồn.xlsx", *, by: User | None = None, **fields: Any) -> Upload:
        """Bring a file for K01."""
        by = by or self.keeper
        fields.setdefault("purpose", "opening")
        depot = access.depot_for_posting(by, "K01") if fields["purpose"] in {"opening", "movements"} else None
        return bringing.take_in(content, name, depot=depot, by=by, at=timezone.now(), **fields)

    def write(self, upload: Upload) -> Upload:
        """Write a file that needs nobody's approval."""
        bringing.write(upload, by=self.keeper, at=timezone.now())
        upload.refresh_from_db()
        return upload


@pytest.fixture(autouse=True)
def _in_english():
    """Reasons are compared in the language of their msgids."""
    with translation.override("en"):
        yield


def a_house() -> House:
    """Make the house; openings need no approval in K01 unless a test says so."""
    factories.world()
    k01 = factories.a_depot("K01")
    factories.a_depot("K99")
    rice = factories.an_item(RICE, unit="KGM", tracking="lot", name="Gạo tẻ")
    milk = factories.an_item(MILK, unit="BX", name="Sữa hộp", external_code="SUA-01")
    bandage = factories.an_item(BANDAGE, name="Băng cuộn")
    factories.a_packaging(rice, "BX", "25")
    VoucherPolicy.objects.update(needs_approval=False)
    return House(
        k01=k01, rice=rice, milk=milk, bandage=bandage,
        keeper=factories.a_user("thukho", role=Role.STOREKEEPER, depot=k01),
        chief=factories.a_user("chihuy", role=Role.APPROVER, depot=k01),
        stranger=factories.a_user("nguoi-la", role=Role.STOREKEEPER, depot=Depot.objects.get(code="K99")),
        catalogue_keeper=factories.a_user("danhmuc", role=Role.CATALOGUE_KEEPER),
    )  # fmt: skip


@pytest.fixture
def kept_house(worlds: Worlds) -> Iterator[House]:
    """The house as it was made once for the run."""
    with worlds.within(a_house) as made:
        yield made


@pytest.fixture
def house(kept_house: House, db: None) -> House:
    """The house; what the test changes of it is rolled back."""
    return kept_house


@pytest.fixture
def needs_approval(house: House) -> None:
    """Openings of K01 are approved by somebody else."""
    VoucherPolicy.objects.filter(kind__in=[Kind.OPENING, Kind.ADJUSTMENT]).update(needs_approval=True)


@pytest.fixture
def visit() -> Callable[[User], Client]:
    """A browser signed in as a user, in English."""

    def browser(user: User) -> Client:
        client = Client(headers={"accept-language": "en"})
        client.cookies["django_language"] = "en"
        client.force_login(user, backend="logistics.accounts.backends.RoleBackend")
        return client

    return browser


def a_workbook(rows: Sequence[Sequence[Any]], heads: Sequence[str] = HEADS, *, formula: str = "") -> bytes:
    """Return an .xlsx with a row of heads; days are dates of the workbook, everything else as it is given."""
    written = io.BytesIO()
    book = xlsxwriter.Workbook(written, {"strings_to_formulas": False, "strings_to_numbers": False})
    day = book.add_format({"num_format": "dd/mm/yyyy"})
    sheet = book.add_worksheet()
    for column, head in enumerate(heads):
        sheet.write_string(0, column, head)
    for line, row in enumerate(rows, start=1):
        for column, cell in enumerate(row):
            if isinstance(cell, date):
                sheet.write_datetime(line, column, cell, day)
            elif isinstance(cell, str):
                sheet.write_string(line, column, cell)
            elif cell is not None:
                sheet.write_number(line, column, cell)
    if formula:
        sheet.write_formula(1, 3, formula, None, 7)
    book.close()
    return written.getvalue()


def a_csv(rows: Sequence[Sequence[Any]], heads: Sequence[str] = HEADS) -> bytes:
    """Return a CSV with a row of heads; rows that are too short are filled up."""
    lines = [heads, *([*row, *[""] * (len(heads) - len(row))] for row in rows)]
    return "\n".join(";".join("" if cell is None else str(cell) for cell in line) for line in lines).encode()


def good_row(number: int, quantity: Any = 5, **cells: Any) -> list[Any]:
    """Return a row of the template that is right: rice, each row a lot of its own."""
    row = [RICE, "Gạo tẻ", "kg", quantity, f"L{number:05d}", "31/12/2030", "A-01", ""]
    for name, text in cells.items():
        row[("item", "name", "unit", "quantity", "lot", "day", "bin", "note").index(name)] = text
    return row
