"""The frame of printed forms."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest
from pypdf import PdfReader

from logistics import paper
from logistics.errors import Precondition
from logistics.paper import letters

HEAD = (("STT", "Tên"),)


def printed(story) -> list[str]:
    """Return the text of each page of a form."""
    return [page.extract_text() for page in PdfReader(BytesIO(paper.render(story, title="t", foot="chân"))).pages]


def grid(count: int, **options):
    rows = [[number, f"dòng {number}"] for number in range(count)]
    return paper.grid(HEAD, rows, widths=(20, 100), align="cl", **options)


def test_values_are_printed_as_typed():
    nasty = '<b>x</b> & <img src="http://x"/> </para> ế\x07đ'
    head = paper.heading(unit=nasty, department="d", number=nasty, source=nasty)
    (page,) = printed([paper.text(nasty), head, paper.title("t", nasty, code=nasty)])
    flat = " ".join(page.split())
    assert flat.count('<b>x</b> & <img src="http://x"/> </para> ếđ') == 5
    assert "chân" in page


@pytest.mark.parametrize("count", [0, 1, 45, 60, 61, 500])
def test_every_row_of_a_table_is_printed_once_under_the_head(count):
    pages = printed([grid(count)])
    found = [line for page in pages for line in page.splitlines() if line.startswith("dòng ") or " dòng " in line]
    assert len(found) == count
    assert all("STT" in page for page in pages)


def test_signatures_never_stand_on_a_sheet_of_their_own():
    """Whatever fits before them, the page with the signatures has rows of the table too."""
    for count in range(1, 100):
        signs = paper.signatures([("Thủ kho", "")])
        pages = printed([grid(count, below=[signs]), signs])
        assert "Thủ kho" in pages[-1]
        assert f"dòng {count - 1}" in pages[-1], count
        assert sum(page.count("dòng") for page in pages) == count
        assert [page.count("STT") for page in pages] == [1] * len(pages), count


def test_missing_fonts_are_named_with_what_to_do(settings, tmp_path: Path):
    settings.FONT_DIR = tmp_path
    letters.register_fonts.cache_clear()
    try:
        with pytest.raises(Precondition, match="fonts-dejavu-core"):
            paper.render([], title="t", foot="f")
    finally:
        letters.register_fonts.cache_clear()
