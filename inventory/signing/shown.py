"""A drawn page as what pyHanko shows in a signature field. Imported only where the optional part is installed."""

from __future__ import annotations

from binascii import hexlify
from io import BytesIO
from uuid import uuid4

from pyhanko.pdf_utils.content import PdfContent
from pyhanko.pdf_utils.layout import AxisAlignment, BoxConstraints, InnerScaling, Margins, SimpleBoxLayoutRule
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.stamp import StaticStampStyle


class _Page(PdfContent):
    """The first page of a PDF in memory; pyHanko's own reads one from a file."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        super().__init__()

    def render(self) -> bytes:
        drawn = self._ensure_writer.import_page_as_xobject(PdfFileReader(BytesIO(self.data)), page_ix=0)
        name = b"/Look" + hexlify(uuid4().bytes)
        self.resources.xobject[name.decode("ascii")] = drawn
        left, bottom, right, top = drawn.get_object()["/BBox"]
        self.box = BoxConstraints(width=abs(right - left), height=abs(top - bottom))
        return name + b" Do"


def shown(look: bytes) -> StaticStampStyle:
    """Return the style that fills a signature field with a drawn page of its size, and nothing around it."""
    return StaticStampStyle(
        border_width=0,
        background=_Page(look),
        background_layout=SimpleBoxLayoutRule(
            x_align=AxisAlignment.ALIGN_MIN,
            y_align=AxisAlignment.ALIGN_MIN,
            margins=Margins(),
            inner_content_scaling=InnerScaling.NO_SCALING,
        ),
    )
