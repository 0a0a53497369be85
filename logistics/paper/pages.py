"""The sheets a form is laid out on: A4, margins, page numbers, the mark across them, and the file they make."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from io import BytesIO
from typing import Any, Final, cast

from django.conf import settings
from reportlab import rl_config
from reportlab.lib import pagesizes
from reportlab.lib.units import mm
from reportlab.pdfbase.pdfdoc import PDFArray, PDFDictionary, PDFName, PDFString
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import BaseDocTemplate, Flowable, Frame, PageTemplate

from logistics.paper.letters import BOLD, REGULAR, printable, register_fonts

rl_config.useA85 = 0  # pages as bytes, not as letters: a fifth smaller and faster

# Margins: top and bottom 20–25 mm, left 30–35, right 15–20 (Nghị định 30/2020/NĐ-CP, appendix I).
TOP, BOTTOM, LEFT, RIGHT = 20 * mm, 20 * mm, 30 * mm, 15 * mm
WIDE, NARROW = 252.0, 165.0  # millimetres between the margins of a sheet on its side, and upright
EXERCISE_MARK: Final = "CHỈ ĐỂ TẬP"  # stamped on whatever an exercise depot prints


class NumberedCanvas(Canvas):
    """Writes “page/pages” centred at the top of every page but the first: known only when all are laid out."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._laid_out: list[dict[str, Any]] = []
        self.anchors: list[Anchor] = []
        self.places: list[tuple[int, str, str, list[float]]] = []  # page, title, name, left, bottom, right, top

    def showPage(self) -> None:  # noqa: N802  # reportlab's name
        self._laid_out.append(dict(self.__dict__))
        self._startPage()  # type: ignore[attr-defined]  # the known way to hold a page back; missing in the stubs

    def save(self) -> None:
        for page in self._laid_out:
            self.__dict__.update(page)
            if self.getPageNumber() > 1:
                width, height = page["_pagesize"]
                self.setFont(REGULAR, 10)
                self.drawCentredString(width / 2, height - 12 * mm, f"{self.getPageNumber()}/{len(self._laid_out)}")
            # Only now does the file have this page to point to.
            for anchor in (one for one in self.anchors if one.page == self.getPageNumber()):
                self.bookmarkPage(anchor.name)
                self.addOutlineEntry(printable(anchor.title), anchor.name, 0)
            for number, (page_number, title, name, rect) in enumerate(self.places, start=1):
                if page_number == self.getPageNumber():
                    self._add_place(f"sign-{number}", title, name, rect)
            super().showPage()
        super().save()

    def _add_place(self, field: str, title: str, name: str, rect: list[float]) -> None:
        widget = PDFDictionary(
            {
                "Type": PDFName("Annot"),
                "Subtype": PDFName("Widget"),
                "FT": PDFName("Sig"),
                "T": PDFString(field),
                "TU": PDFString(printable(title)),
                "Contents": PDFString(printable(name)),
                "Rect": PDFArray([round(value, 2) for value in rect]),
                "P": self._doc.thisPageRef(),  # type: ignore[attr-defined]  # missing in the stubs
                "F": 4,  # it is printed
            }
        )
        self._addAnnotation(widget, field)  # type: ignore[attr-defined]  # missing too
        self.acroForm.fields.append(self.acroForm.getRef(widget))  # type: ignore[no-untyped-call]


class Anchor(Flowable):
    """Takes no room: names the page it comes to stand on, for the contents and for the outline of the file."""

    def __init__(self, name: str, title: str) -> None:
        super().__init__()
        self.name, self.title, self.page = name, title, 0

    def wrap(self, available_width: float, available_height: float) -> tuple[float, float]:
        return 0, 0

    def draw(self) -> None:
        self.page = self.canv.getPageNumber()
        cast("NumberedCanvas", self.canv).anchors.append(self)


def render(story: Sequence[Flowable], *, title: str, foot: str, landscape: bool = False, mark: str = "") -> bytes:
    """Return a form as PDF bytes; the same form gives the same bytes.

    `title` names the document for readers of the file; `foot` stands small at the foot of every page, so that a loose
    sheet still says what it belongs to; `mark` is stamped large and pale across every page. Fonts are embedded.

    Raises:
        Precondition: the fonts are not installed.
    """
    register_fonts()
    size = pagesizes.landscape(pagesizes.A4) if landscape else pagesizes.A4
    written = BytesIO()

    def stamp(canvas: Canvas, _: BaseDocTemplate) -> None:
        canvas.saveState()
        canvas.setFont(REGULAR, 7)
        canvas.drawString(LEFT, 12 * mm, printable(foot))
        if mark:
            canvas.translate(size[0] / 2, size[1] / 2)
            canvas.rotate(35)
            canvas.setFont(BOLD, 72)
            canvas.setFillGray(0.88)
            canvas.drawCentredString(0, 0, printable(mark))
        canvas.restoreState()

    document = BaseDocTemplate(
        written,
        pagesize=size,
        title=title,
        author=settings.ORGANISATION_NAME,
        lang="vi",
        invariant=1,
        initialFontName=REGULAR,  # else every page names Helvetica, which is not embedded
    )
    frame = Frame(
        LEFT,
        BOTTOM,
        size[0] - LEFT - RIGHT,
        size[1] - TOP - BOTTOM,
        leftPadding=0,
        rightPadding=0,
        topPadding=0,
        bottomPadding=0,
    )
    document.addPageTemplates([PageTemplate(frames=[frame], onPage=stamp)])
    document.build(list(story), canvasmaker=NumberedCanvas)
    return written.getvalue()


def render_with_pages(
    story: Callable[[Mapping[str, int]], Sequence[Flowable]],
    *,
    title: str,
    foot: str,
    landscape: bool = False,
    mark: str = "",
) -> bytes:
    """Return a document that tells its own pages: `story` is given the page of each Anchor by name.

    It is laid out twice, first without knowing the pages; what it says of them may not change how long it is.

    Raises:
        Precondition: the fonts are not installed.
    """
    register_fonts()
    first = story({})
    render(first, title=title, foot=foot, landscape=landscape, mark=mark)
    pages = {part.name: part.page for part in first if isinstance(part, Anchor)}
    return render(story(pages), title=title, foot=foot, landscape=landscape, mark=mark)
