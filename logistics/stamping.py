"""What is written on a finished PDF afterwards: a mark across its pages, lines at their heads; and several as one.

The pages below are not touched: the stamp is drawn on a sheet of its own and laid under what is there.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from io import BytesIO
from typing import Any, Final, cast

from pypdf import PageObject, PdfReader, PdfWriter
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject, StreamObject
from reportlab.lib.units import mm
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas

from logistics import paper

_SIZE: Final = 8.0  # points
_EDGE: Final = 6 * mm  # what most printers cannot print on, and a little


def stamp(content: bytes, *, mark: str = "", left: Sequence[str] = (), right: str = "") -> bytes:
    """Return a PDF with `mark` pale across every page, the lines of `left` at its head, and `right` opposite them.

    The same PDF and words give the same bytes; without any words the PDF comes back as it was. A line too long for
    the page is set smaller. Places to sign are left out: what is stamped is a copy, and one signs the original. What
    a signature shows is still to be seen, as on a photocopy; nothing of it can be verified.

    Raises:
        Precondition: the fonts are not installed.
    """
    lines = [line for line in left if line]
    if not (mark or lines or right):
        return content
    writer = PdfWriter(clone_from=BytesIO(content))
    sheets: dict[tuple[float, float], PageObject] = {}
    for page in writer.pages:
        size = (float(page.mediabox.width), float(page.mediabox.height))
        if size not in sheets:
            sheets[size] = PdfReader(BytesIO(_sheet(size, mark, lines, right))).pages[0]
        page.merge_page(sheets[size], over=False)
        page.compress_content_streams()
    return _written(writer)


def joined(papers: Iterable[bytes], *, title: str) -> bytes:
    """Return several PDFs as one, in order, without their places to sign."""
    writer = PdfWriter()
    for content in papers:
        writer.append(BytesIO(content), import_outline=False)
    writer.add_metadata({"/Title": title})
    return _written(writer)


def _written(writer: PdfWriter) -> bytes:
    for page in writer.pages:
        _draw_annotations(writer, page)
        page.pop(NameObject("/Annots"), None)
    writer.root_object.pop(NameObject("/AcroForm"), None)
    writer.compress_identical_objects()
    out = BytesIO()
    writer.write(out)
    return out.getvalue()


def _draw_annotations(writer: PdfWriter, page: PageObject) -> None:
    """Draw what a page's annotations show, most show nothing, into its content (ISO 32000-1, 12.5.5, algorithm 8.1)."""
    drawn: list[str] = []
    annotations = cast("Any", page.get("/Annots") or ())
    for number, one in enumerate(annotations):
        annotation = one.get_object()
        look = annotation.get("/AP", DictionaryObject()).get("/N")
        form = look.get_object() if look is not None else None
        if not isinstance(form, StreamObject) or "/BBox" not in form:
            continue
        sides, box = cast("Any", annotation["/Rect"]), cast("Any", form["/BBox"])
        left, bottom, right, top = (float(value) for value in sides)
        x, y, x_end, y_end = (float(value) for value in box)
        if x_end == x or y_end == y:
            continue
        across, up = (right - left) / (x_end - x), (top - bottom) / (y_end - y)
        name = f"/Shown{number}"
        resources = page.setdefault(NameObject("/Resources"), DictionaryObject()).get_object()
        objects = resources.setdefault(NameObject("/XObject"), DictionaryObject()).get_object()
        objects[NameObject(name)] = form.indirect_reference
        place = " ".join(f"{value:.4f}" for value in (across, 0, 0, up, left - x * across, bottom - y * up))
        drawn.append(f"q {place} cm {name} Do Q")
    if not drawn:
        return
    content = DecodedStreamObject()
    before = page.get_contents()
    # What stood there may leave the page turned or moved.
    content.set_data(b"q\n" + (b"" if before is None else before.get_data()) + b"\nQ\n" + "\n".join(drawn).encode())
    page[NameObject("/Contents")] = writer._add_object(content.flate_encode())  # noqa: SLF001  # pypdf's own way


def _sheet(size: tuple[float, float], mark: str, left: Sequence[str], right: str) -> bytes:
    """Return one page with nothing but the stamp on it."""
    style = paper.style(size=_SIZE, bold=True)  # also makes the fonts known
    width, height = size
    out = BytesIO()
    canvas = Canvas(out, pagesize=size, invariant=1, initialFontName=style.fontName)  # type: ignore[arg-type]  # the stubs are wrong
    room = width - paper.LEFT - paper.RIGHT
    for number, line in enumerate(left):
        wanted = stringWidth(line, style.fontName, _SIZE)
        canvas.setFont(style.fontName, min(_SIZE, _SIZE * room / wanted))
        canvas.drawString(paper.LEFT, height - _EDGE - number * style.leading, line)
    if right:
        canvas.setFont(paper.REGULAR, _SIZE)
        # Under the lines at the left, beside the page's number, which stands in the middle.
        canvas.drawRightString(width - paper.RIGHT, height - 12 * mm, right)
    if mark:
        canvas.translate(width / 2, height / 2)
        canvas.rotate(35)
        canvas.setFillGray(0.88)
        canvas.setFont(paper.BOLD, min(72.0, 72.0 * 0.85 * height / stringWidth(mark, paper.BOLD, 72)))
        canvas.drawCentredString(0, 0, mark)
    canvas.showPage()
    canvas.save()
    return out.getvalue()
