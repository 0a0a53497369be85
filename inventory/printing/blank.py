"""A form without any entry: to see what a template says, or to fill in by hand."""

from __future__ import annotations

from typing import Final

from django.conf import settings

from inventory.printing import forms
from inventory.printing.models import Form, FormTemplate
from logistics import paper

LINES: Final = 14  # two sheets, the places to sign on the second
_DATE: Final = "Ngày …… tháng …… năm ………"
_FACTS: Final[dict[str, tuple[str, ...]]] = {
    Form.CARD: ("Ngày lập thẻ", "Tờ số", "Tên, nhãn hiệu, quy cách vật tư", "Mã số", "Đơn vị tính"),
    Form.INSPECTION: ("Căn cứ", "Ban kiểm nghiệm gồm"),
    Form.HANDOVER: ("Căn cứ", "Bên giao", "Bên nhận", "Người chứng kiến"),
    Form.STOCKTAKE: ("Thời điểm kiểm kê (giờ, ngày)", "Ban (hội đồng) kiểm kê gồm", "Kho"),
}
_VOUCHER_FACTS: Final = ("Họ và tên người giao, nhận", "Theo chứng từ, lệnh", "Tại kho", "Địa điểm", "Lý do")


def sheet(template: FormTemplate) -> bytes:
    """Return a template's form as PDF with empty lines, on its side as forms with money are.

    Raises:
        ValidationError: it says what cannot be printed.
        Precondition: the fonts are not installed.
    """
    form = forms.read(template)
    name = form.title or str(template.get_form_display())
    facts = _FACTS.get(template.form, _VOUCHER_FACTS)
    # A second line makes room for a pen.
    rows = [{"no": f"{number}\n\N{NO-BREAK SPACE}"} for number in range(1, LINES + 1)]
    signatures = form.signatures({}, above=_DATE, is_blank=True)
    story = [
        paper.heading(unit=paper.DOTS, department=paper.DOTS, number=form.number, source=form.source),
        paper.title(name, _DATE, f"Số: {paper.DOTS}"),
        paper.facts([(label, paper.DOTS) for label in facts], columns=2),
        form.grid(rows, width=paper.WIDE, money=True, below=[signatures], by_hand=True),
        signatures,
    ]
    foot = " · ".join(part for part in (name, form.regime, form.number, settings.ORGANISATION_NAME) if part)
    return paper.render(story, title=name, foot=foot, landscape=True)
