"""Files that are refused, in words, before anything of them is believed or kept."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.handlers.wsgi import WSGIRequest
from django.test import Client, RequestFactory

from inventory.openings.bring_page import LARGEST_FILE
from inventory.openings.models import Upload
from logistics import workbooks
from logistics.accounts.models import User
from tests.openings.conftest import House, a_csv, a_workbook, good_row

Visit = Callable[[User], Client]


def with_part(name: str, content: bytes) -> bytes:
    """Return a workbook with one part more."""
    file = io.BytesIO(a_workbook([good_row(1)]))
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr(name, content)
    return file.getvalue()


def a_bomb() -> bytes:
    """Return a small workbook that unpacks to more than any memory should hold."""
    file = io.BytesIO(a_workbook([good_row(1)]))
    with zipfile.ZipFile(file, "a", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        with archive.open("xl/worksheets/sheet2.xml", "w", force_zip64=True) as part:
            for _ in range(workbooks.LARGEST_UNPACKED // 10_000_000 + 1):
                part.write(b"\0" * 10_000_000)
    return file.getvalue()


def sent(browser: Client, content: bytes, name: str) -> Any:
    file = SimpleUploadedFile(name, content)
    return browser.post("/openings/", {"purpose": "opening", "depot": "K01", "meaning": "add", "file": file})


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("tồn.xlsm", lambda: with_part("xl/vbaProject.bin", b"macro"), "macros"),
        ("tồn.xlsx", a_bomb, "Unpacked"),
        ("tồn.xlsx", lambda: b"%PDF-1.7 ...", "neither CSV nor XLSX"),
        ("ảnh.xlsx", lambda: b"\x89PNG\r\n\x1a\n\0\0\0", "neither CSV nor XLSX"),
        ("tồn.docx", lambda: zipped({"word/document.xml": b"<x/>"}), "no .xlsx workbook"),
        ("tồn.xls", lambda: b"\xd0\xcf\x11\xe0" + bytes(600), ".xls"),
        ("tồn.csv", lambda: "Mã;SL\nĐ;1\n".encode("utf-16"), "UTF-16"),
        ("nhiều.xlsx", lambda: zipped({f"{n}.xml": b"" for n in range(workbooks.MOST_PARTS + 1)}), "parts"),
        ("hỏng.xlsx", lambda: a_workbook([good_row(1)])[:-200], "damaged"),
        ("trống.csv", lambda: b"", "empty"),
        ("dài.csv", lambda: b"item;quantity\n" + b"x;1\n" * 50_001, "50001 rows"),
    ],
)
def test_are_refused_in_words_and_not_kept(
    house: House, visit: Visit, name: str, content: Callable[[], bytes], words: str
) -> None:
    file = content()
    assert len(file) < LARGEST_FILE
    answer = sent(visit(house.keeper), file, name)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not Upload.objects.exists()


def zipped(parts: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return file.getvalue()


class Wire(io.RawIOBase):
    """A body that comes over the wire; notes the largest piece that was asked for."""

    def __init__(self, size: int) -> None:
        self.left, self.largest = size, 0

    def read(self, size: int = -1) -> bytes:
        taken = self.left if size < 0 else min(size, self.left)
        self.largest = max(self.largest, taken)
        self.left -= taken
        return bytes(taken)


def test_a_hundred_megabytes_are_refused_before_they_are_kept(house: House, visit: Visit) -> None:
    from django.urls import resolve

    body = Wire(100_000_000)
    request = RequestFactory().post("/openings/")
    request = WSGIRequest(
        {**request.environ, "CONTENT_LENGTH": "100000000", "CONTENT_TYPE": "multipart/form-data; boundary=x",
         "wsgi.input": body}
    )  # fmt: skip
    view = resolve("/openings/").func
    from logistics.http import TooLarge

    with pytest.raises(TooLarge, match="20 MB"):
        view(request)
    assert (body.left, body.largest <= 1 << 16) == (0, True), "taken off the wire in small pieces, never held"
    answer = visit(house.keeper).post("/openings/", bytes(LARGEST_FILE + 1_000_000), content_type="text/csv")
    assert answer.status_code == 413
    assert "larger than 20 MB" in answer.content.decode()


def test_a_form_without_its_proof_is_refused_as_everywhere(house: House) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(house.keeper, backend="logistics.accounts.backends.RoleBackend")
    assert sent(strict, a_csv([good_row(1)]), "tồn.csv").status_code == 403


def test_formulas_are_errors_of_their_rows(house: House) -> None:
    upload = house.bring(a_workbook([good_row(1), good_row(2, note='=HYPERLINK("x")')], formula="=1+1"))
    found = {row[0]: {column: one[0] for column, one in row[2].items()} for row in upload.rows if row[2]}
    assert list(found) == [2, 3]
    assert "formula" in found[2]["Số lượng"]
    assert "formula" in found[3]["Ghi chú"]
    harmless = [good_row(1, note="-20 °C"), good_row(2, note="+84 24 3 845"), good_row(3, note="- hàng mới")]
    assert not house.bring(a_csv(harmless)).found["wrong"]


def test_what_was_compressed_wrongly_is_refused(house: House, visit: Visit) -> None:
    file = bytearray(a_workbook([good_row(1)]))
    place = file.find(b"sheet1.xml") + 20
    file[place : place + 30] = zlib.compress(b"x" * 10).ljust(30, b"\1")[:30]
    assert sent(visit(house.keeper), bytes(file), "tồn.xlsx").status_code == 422
