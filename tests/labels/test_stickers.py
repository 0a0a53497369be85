"""Stickers, rasterised as a thermal printer would and read back by an independent decoder."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from datetime import date
from io import BytesIO
from pathlib import Path

import pytest
import zxingcpp
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from pypdf import PdfReader

from inventory.catalogue import gs1
from logistics import stickers
from logistics.stickers import PAPERS, Sticker

TODAY = date(2026, 11, 22)
CODES = [
    "(01)18931234567894(17)261231(10)LO-A1",
    "(01)18931234567894",
    "(17)300630(91)QN-02-0001230(10)L25-01",
    "(91)QN-02-0001230",
    "(91)QY-01-0000026(21)SN/0007_a",
    "(17)300630(91)QN-02-0001230(10)" + "aB3\\(%)-/._" * 2,
]


@dataclass(frozen=True)
class Seen:
    """One symbol that was read: the identifier a scanner sends in front of it (ISO/IEC 15424), and what it says."""

    kind: str
    text: str


def rasterised(pdf: bytes, folder: Path, *, dpi: int) -> list[Image.Image]:
    """The pages as a printer of so many dots an inch sees them."""
    (folder / "labels.pdf").write_bytes(pdf)
    for old in folder.glob("page*.png"):
        old.unlink()
    subprocess.run(
        ["pdftoppm", "-r", str(dpi), "-gray", "-png", "labels.pdf", "page"], cwd=folder, check=True, timeout=180
    )
    return [Image.open(file).copy() for file in sorted(folder.glob("page*.png"))]


def read(page: Image.Image) -> list[Seen]:
    """Every symbol of a page, from top left to bottom right."""
    found = zxingcpp.read_barcodes(page, try_rotate=False, try_invert=False, text_mode=zxingcpp.TextMode.Plain)
    assert all(one.valid for one in found)
    found = sorted(found, key=lambda one: (round(one.position.top_left.y / 20), one.position.top_left.x))
    return [Seen(one.symbology_identifier, one.text) for one in found]


def sticker(matrix: str = CODES[0], **fields: object) -> Sticker:
    made: dict[str, object] = {
        "title": "Gạo tẻ thường loại một đóng bao hai lớp, bao 50 kg", "bars": "00000001747", "is_gs1": True,
        "lines": ("Lô: LO-A1", "HSD: 31/12/2026", "QN-01-0000014", "ĐVT: ki-lô-gam"),
    }  # fmt: skip
    return Sticker(matrix=matrix, **(made | fields))  # type: ignore[arg-type]


@pytest.mark.parametrize("dpi", [203, 300])
@pytest.mark.parametrize("paper", PAPERS)
def test_every_symbol_reads_as_it_was_meant(tmp_path: Path, paper: str, dpi: int) -> None:
    pdf = stickers.render([sticker(code) for code in CODES], paper=PAPERS[paper], title="t")
    pages = rasterised(pdf, tmp_path, dpi=dpi)
    seen = [one for page in pages for one in read(page)]
    expected = [gs1.Label.parse(code, today=TODAY).raw for code in CODES]
    assert sorted(one.text for one in seen if one.kind == "]d2") == sorted(expected)
    assert [one.text for one in seen if one.kind.startswith("]C")] == ["00000001747"] * len(CODES)
    assert len(seen) == 2 * len(CODES)


CHARACTERS = "!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    lot=st.text(CHARACTERS, min_size=1, max_size=20),
    serial=st.booleans(),
    day=st.dates(date(1990, 1, 1), date(2070, 1, 1)),
)
def test_any_lot_of_the_alphabet_goes_there_and_back(tmp_path: Path, lot: str, serial: bool, day: date) -> None:
    pairs = [("17", gs1.coded_date(day)), ("91", "QN-02-0001230"), ("21" if serial else "10", lot)]
    label = gs1.Label.of(pairs, today=TODAY)
    (page,) = rasterised(
        stickers.render([sticker(label.bracketed)], paper=PAPERS["roll"], title="t"), tmp_path, dpi=203
    )
    (raw,) = (one.text for one in read(page) if one.kind == "]d2")
    assert raw == label.raw
    assert gs1.Label.parse("]d2" + raw, today=TODAY) == label


def test_the_matrix_ends_fields_with_fnc1_and_is_told_apart_from_plain_text(tmp_path: Path) -> None:
    marked = sticker("(91)QN-02-0001230(10)X")
    plain = sticker("00000001747", is_gs1=False)
    pages = rasterised(stickers.render([marked, plain], paper=PAPERS["roll"], title="t"), tmp_path, dpi=203)
    seen = [[one for one in read(page) if one.kind.startswith("]d")] for page in pages]
    assert seen == [[Seen("]d2", "91QN-02-0001230\x1d10X")], [Seen("]d1", "00000001747")]]


def test_a_begun_sheet_is_used_up_and_the_next_begins_at_its_top(tmp_path: Path) -> None:
    pages = rasterised(stickers.render([sticker()] * 3, paper=PAPERS["a4-24"], start=23, title="t"), tmp_path, dpi=150)
    assert len(pages) == 2

    def inked(page: Image.Image) -> set[int]:
        width, height = page.size
        cells = {}
        for place in range(24):
            row, column = divmod(place, 3)
            box = (column * width // 3, row * height // 8, (column + 1) * width // 3, (row + 1) * height // 8)
            cells[place + 1] = page.convert("L").crop(box).getextrema()[0]
        return {place for place, darkest in cells.items() if darkest < 128}

    assert [inked(page) for page in pages] == [{23, 24}, {1}]


def test_words_are_printed_as_typed_and_fonts_travel_along() -> None:
    nasty = "<b>Đạn & súng</b> " + "Ở" * 90
    pdf = stickers.render([sticker(title=nasty, mark="CHỈ ĐỂ TẬP")], paper=PAPERS["roll"], title="Nhãn K01")
    (page,) = PdfReader(BytesIO(pdf)).pages
    said = page.extract_text()
    assert "<b>Đạn & súng</b>" in said
    assert "…" in said
    for line in ("Lô: LO-A1", "HSD: 31/12/2026", "ĐVT: ki-lô-gam", "QN-01-0000014", "00000001747", "CHỈ ĐỂ TẬP"):
        assert line in said
    fonts = page["/Resources"]["/Font"]  # type: ignore[index]
    assert fonts
    for font in fonts.values():
        assert "/FontFile2" in font.get_object()["/FontDescriptor"]
    assert pdf == stickers.render([sticker(title=nasty, mark="CHỈ ĐỂ TẬP")], paper=PAPERS["roll"], title="Nhãn K01")


def test_nothing_of_a_long_label_covers_a_symbol(tmp_path: Path) -> None:
    crowded = sticker(
        CODES[-1], title="Ở Ể " * 60, mark="CHỈ ĐỂ TẬP",
        lines=("Số hiệu: " + "W" * 20, "HSD: 31/12/2026", "QN-01-0000014", "ĐVT: " + "W" * 60),
    )  # fmt: skip
    pdf = stickers.render([crowded], paper=PAPERS["roll"], title="t")
    (page,) = rasterised(pdf, tmp_path, dpi=203)
    assert len(read(page)) == 2
    assert "Số hiệu: " + "W" * 20 in PdfReader(BytesIO(pdf)).pages[0].extract_text()


@pytest.mark.parametrize(
    ("code", "has_bars"), [("A-02", True), ("KHO1-A-0203-T4", False), ("NGĂN-Đ1", False), ("W" * 24, False)]
)
def test_a_place_reads_as_its_code(tmp_path: Path, code: str, has_bars: bool) -> None:
    place = sticker(code, is_gs1=False, bars=code, title=code, big=True, lines=("Giá 2", "K01 Kho mẫu"))
    (page,) = rasterised(stickers.render([place], paper=PAPERS["roll"], title="t"), tmp_path, dpi=203)
    seen = read(page)
    assert [one.text for one in seen] == [code] * (1 + has_bars)
    pdf = stickers.render([place], paper=PAPERS["roll"], title="t")
    assert PdfReader(BytesIO(pdf)).pages[0].extract_text().count(code) == 1 + has_bars
