"""The inspection report (biên bản kiểm nghiệm) on paper."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.conf import settings
from django.utils import timezone
from reportlab.lib.units import mm
from reportlab.platypus import Spacer

from depots.models import Depot, OrganisationUnit
from inventory.ledger import reading
from inventory.ledger.entries import Posted
from inventory.printing import kept
from inventory.printing.forms import form_for
from inventory.printing.kept import Print
from inventory.printing.models import Form, KeptPaper
from inventory.printing.standing import STANDS, Stamp
from inventory.vouchers import inspecting
from inventory.vouchers.checking import HASH_DIGITS, code_of_inspection
from inventory.vouchers.models import Inspection
from inventory.vouchers.paper_lines import lot_of, names_of
from logistics import history, paper
from logistics.accounts.models import User
from logistics.words import printed_date

DRAFT = "DỰ THẢO"  # stamped on what the council has not finished
CANCELLED = "ĐÃ HỦY"  # stamped on what held once
_MOST_STAMP = 160  # letters that one line at the head of a sheet takes and is still read


def inspection_pdf(row: Inspection, *, language: str = "vi", site: str = "", copy: int = 1) -> bytes:
    """Return an inspection's report as PDF: a finished one as it was first printed, a draft stamped DỰ THẢO, one that
    was cancelled stamped ĐÃ HỦY over what was first printed, with when and by whom.

    `copy` is which print of a finished one this is, as was counted.

    Raises:
        NotFound: no such copy was printed. Access is the caller's business.
        Precondition: the fonts are not installed, or the unit's regime has no such form.
    """
    return inspection_print(row, language=language, site=site, copy=copy).content


def inspection_print(row: Inspection, *, language: str, site: str, copy: int) -> Print:
    """Return what `inspection_pdf` does, as a print that can be handed out. Raises as it does."""
    known = kept.found(row.subject, form=Form.INSPECTION, language=language) if row.is_finished else None
    content = known or _rendered(row, language=language, site=site)
    return kept.as_print(content, counted_as=row.subject, number=copy, stamp=_stamp_of(row))


def inspection_stands(names: Sequence[str]) -> Stamp:
    """Return what prints of the report of `inspection:<uuid>` bear now (`printing.standing`).

    What was found stays found where the receipt was undone, often because of it: it holds until it is cancelled itself.
    """
    row = Inspection.objects.select_related("depot", "cancelled_by").filter(pk=UUID(names[0])).first()
    return STANDS if row is None else _stamp_of(row)


def _stamp_of(row: Inspection) -> Stamp:
    if row.cancelled_at is None:
        return STANDS
    day = paper.day(timezone.localdate(row.cancelled_at))
    said = f"{CANCELLED} ngày {day}, {row.cancelled_by}: {row.cancel_reason}"[:_MOST_STAMP]
    return Stamp(mark="" if row.depot.is_exercise else CANCELLED, said=said)  # an exercise's sheet bears its own mark


def keep_inspection(row: Inspection, *, language: str, site: str, by: User, at: datetime) -> KeptPaper:
    """Return the report of a finished inspection as it was first printed; print it now, for ever, if it never was.

    Raises: as `inspection_pdf` does.
    """
    assert row.is_finished, "what is not final is not kept"
    return kept.keep(
        row.subject,
        form=Form.INSPECTION,
        language=language,
        make=lambda: _rendered(row, language=language, site=site),
        by=by,
        at=at,
        depot=row.depot_id,
        title=f"Biên bản kiểm nghiệm {row.number}",
    )


def _rendered(row: Inspection, *, language: str, site: str) -> bytes:
    posted = reading.movement(row.depot_id, row.position)
    at = row.inspected_at
    day = timezone.localdate(at)
    depot = history.as_it_was(Depot, [row.depot_id], at=at)[row.depot_id]
    unit = history.as_it_was(OrganisationUnit, [depot.unit_id], at=at)[depot.unit_id]
    form = form_for(Form.INSPECTION, unit=unit.pk, on=day)
    name = form.title or "Biên bản kiểm nghiệm"
    number = row.number or paper.DOTS
    head = row.council[0]["name"] if row.council else ""
    below = [
        Spacer(1, 3 * mm),
        paper.facts([("Ý kiến của ban kiểm nghiệm", row.conclusion or paper.DOTS)]),
        form.signatures({"chair": head}, above=printed_date(day)),
    ]
    story = [
        paper.heading(
            unit=unit.name, department=f"{depot.name} ({depot.code})", number=form.number, source=form.source
        ),
        paper.title(
            name,
            printed_date(day),
            f"Số: {number}",
            code=code_of_inspection(row, site=site) if row.is_finished else "",
        ),
        paper.facts(list(_facts(row, posted)), columns=2),
        form.grid(list(_lines(row, posted, language)), width=paper.WIDE, money=False, below=below),
        *below,
    ]
    said = f"{row.number} · SHA-256 {row.digest[:HASH_DIGITS]}…" if row.is_finished else f"Kiểm nghiệm {row.pk}"
    foot = f"{said} · phiếu {posted.number} · SHA-256 {posted.hash.hex()[:HASH_DIGITS]}… · {settings.ORGANISATION_NAME}"
    mark = "" if row.is_finished else DRAFT
    return paper.render(
        story,
        title=f"{name} {number}",
        foot=foot,
        landscape=True,
        mark=paper.EXERCISE_MARK if depot.is_exercise else mark,
    )


def _facts(row: Inspection, posted: Posted) -> Iterator[tuple[str, object]]:
    moment = timezone.localtime(row.inspected_at)
    day = paper.day(timezone.localdate(posted.occurred_at))
    yield "Căn cứ", row.basis or paper.DOTS
    yield "Theo phiếu nhập", f"{posted.number} ngày {day}"
    if posted.counterparty:
        yield "Người giao", posted.counterparty
    yield "Thời điểm kiểm nghiệm", f"{moment.hour} giờ {moment.minute:02d} {printed_date(moment.date()).lower()}"
    told = [
        f"{number}. {', '.join(seat[part] for part in ('name', 'title', 'side') if seat.get(part))}"
        f"{': Trưởng ban' if number == 1 else ''}"
        for number, seat in enumerate(row.council, start=1)
    ]
    yield "Ban kiểm nghiệm gồm", "\n" + "\n".join(told) if told else paper.DOTS
    yield "Phương thức kiểm nghiệm", row.method or paper.DOTS


def _lines(row: Inspection, posted: Posted, language: str) -> Iterator[dict[str, object]]:
    names = names_of(posted, language=language)
    said = {line["entry"]: line for line in row.lines}
    for number, entry in enumerate(inspecting.entries_of(posted), start=1):
        line = said.get(entry.line.entry_no, {})
        scale = names.scale(entry.line.entered_unit)
        yield {
            "no": number,
            "goods": f"{names.item(entry.line.item)}\n{lot_of(entry.line)}",
            "code": entry.line.item,
            "unit": names.unit(entry.line.entered_unit),
            "method": line.get("method") or row.method,
            "planned": paper.number(entry.by_documents, scale=scale),
            "good": paper.number(Decimal(line["good"]), scale=scale) if line.get("good") else "",
            "bad": paper.number(Decimal(line["bad"]), scale=scale) if line.get("bad") else "",
            "note": line.get("note", ""),
        }
