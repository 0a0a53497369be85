"""The handover report (biên bản giao nhận) of goods that changed hands by a movement of the log."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from itertools import groupby
from typing import Final

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from reportlab.lib.units import mm
from reportlab.platypus import Spacer

from depots.models import Depot, OrganisationUnit
from inventory.catalogue.models import QualityGrade
from inventory.ledger import reading
from inventory.ledger.entries import Posted
from inventory.ledger.models import Kind
from inventory.printing import kept
from inventory.printing.forms import form_for
from inventory.printing.kept import Print
from inventory.printing.models import Form
from inventory.vouchers.checking import code_of
from inventory.vouchers.models import Voucher
from inventory.vouchers.paper import foot_of, stamp_of, subject_of
from inventory.vouchers.paper_lines import Names, lot_of, names_of
from logistics import history, paper
from logistics.accounts.models import User
from logistics.errors import Fault, Invalid, NotFound
from logistics.words import printed_date

_IN: Final = frozenset({Kind.RECEIPT, Kind.RETURN, Kind.TRANSFER_IN})
_OUT: Final = frozenset({Kind.ISSUE, Kind.TRANSFER_OUT, Kind.DISPOSAL})


def can_hand_over(kind: str) -> bool:
    """Tell whether goods change hands by movements of a kind, between the depot and somebody else."""
    return kind in _IN or kind in _OUT


def handover_pdf(depot_code: str, position: int, *, language: str = "vi", site: str = "", copy: int = 1) -> bytes:
    """Return the handover report of a movement as PDF: as it was first printed, else as it would be printed now.

    `copy` is which print of it this is, as was counted.

    Raises:
        NotFound: there is no such depot, position or copy. Access is the caller's business.
        Invalid: nothing changes hands by this kind of movement.
        Precondition: the fonts are not installed, or the unit's regime has no such form.
    """
    return handover_print(depot_code, position, language=language, site=site, copy=copy).content


def handover_print(depot_code: str, position: int, *, language: str, site: str, copy: int) -> Print:
    """Return what `handover_pdf` does, as a print that can be handed out. Raises as it does."""
    depot, posted = _found(depot_code, position)
    known = kept.found(subject_of(depot.code, position), form=Form.HANDOVER, language=language)
    content = known or _rendered(depot, posted, language=language, site=site)
    counted_as = _prints(depot.code, position)
    return kept.as_print(content, counted_as=counted_as, number=copy, stamp=stamp_of(depot, posted))


def count_handover(depot_code: str, position: int, *, language: str, site: str, by: User, at: datetime) -> int:
    """Note that the handover report of a movement is printed and return which print it is; the first is kept.

    Raises: as `handover_pdf` does.
    """
    depot, posted = _found(depot_code, position)
    kept.keep(
        subject_of(depot.code, position),
        form=Form.HANDOVER,
        language=language,
        make=lambda: _rendered(depot, posted, language=language, site=site),
        by=by,
        at=at,
        depot=depot,
        title=f"Biên bản giao nhận, {posted.number}",
    )
    return kept.count_copy(_prints(depot.code, position), by=by, at=at)


def _prints(depot_code: str, position: int) -> str:
    """Return the name under which prints of the report are counted: apart from the voucher's own."""
    return f"handover:{depot_code}:{position}"


def _found(depot_code: str, position: int) -> tuple[Depot, Posted]:
    depot = Depot.objects.filter(code=depot_code).first()
    if depot is None:
        raise NotFound(_("There is no depot %(code)s.") % {"code": depot_code[:40]})
    posted = reading.movement(depot.pk, position)
    if not can_hand_over(posted.kind):
        text = _("Nothing changes hands by a movement of kind “%(kind)s”: it has no handover report.")
        raise Invalid([Fault("/position", "not-handed-over", text % {"kind": Kind(posted.kind).label})])
    return depot, posted


def _rendered(depot: Depot, posted: Posted, *, language: str, site: str) -> bytes:
    at = posted.occurred_at
    day = timezone.localdate(at)
    depot = history.as_it_was(Depot, [depot.pk], at=at)[depot.pk]
    unit = history.as_it_was(OrganisationUnit, [depot.unit_id], at=at)[depot.unit_id]
    form = form_for(Form.HANDOVER, unit=unit.pk, on=day)
    voucher = Voucher.objects.filter(depot=depot.pk, position=posted.position).first()
    name = form.title or "Biên bản giao nhận"
    names = names_of(posted, language=language)
    below = [Spacer(1, 3 * mm), form.signatures({}, above=printed_date(day))]
    story = [
        paper.heading(
            unit=unit.name, department=f"{depot.name} ({depot.code})", number=form.number, source=form.source
        ),
        paper.title(name, printed_date(day), f"Kèm phiếu số: {posted.number}", code=code_of(posted, site=site)),
        paper.facts(list(_facts(posted, depot, unit, voucher)), columns=2),
        form.grid(list(_lines(posted, names)), width=paper.WIDE, money=False, below=below),
        *below,
    ]
    return paper.render(
        story,
        title=f"{name} {posted.number}",
        foot=f"{foot_of(posted)} · {settings.ORGANISATION_NAME}",
        landscape=True,
        mark=paper.EXERCISE_MARK if depot.is_exercise else "",
    )


def _facts(
    posted: Posted, depot: Depot, unit: OrganisationUnit, voucher: Voucher | None
) -> Iterator[tuple[str, object]]:
    here = f"{depot.name} ({depot.code}), {unit.name}"
    there = _other(posted) or posted.counterparty or paper.DOTS
    giver, receiver = (there, here) if posted.kind in _IN else (here, there)
    order = f"số {posted.order_number}" if posted.order_number else "số ……………"
    when = f" {printed_date(posted.order_date).lower()}" if posted.order_date else ""
    local = timezone.localtime(posted.occurred_at)
    yield "Bên giao", giver
    yield "Bên nhận", receiver
    yield "Căn cứ", f"{order}{when}"
    if posted.kind == Kind.TRANSFER_OUT:
        yield "Người vận chuyển", posted.counterparty or paper.DOTS
    yield "Phương tiện, biển số", voucher.vehicle if voucher and voucher.vehicle else paper.DOTS
    yield "Giao nhận lúc", f"{local.hour} giờ {local.minute:02d} {printed_date(local.date()).lower()}"
    yield "Địa điểm", depot.address or paper.DOTS
    if posted.reason:
        yield "Lý do", posted.reason


def _other(posted: Posted) -> str:
    """Return the other depot's name as it was, "" where the other side is none."""
    code = posted.to_depot or posted.consignment.partition("/")[0]
    if not code:
        return ""
    found = history.as_it_was(Depot, [code], at=posted.occurred_at, field="code")
    return f"{found[code].name} ({code})" if code in found else code


def _lines(posted: Posted, names: Names) -> Iterator[dict[str, object]]:
    """Yield a row for each grade that an entry of the movement moved, in base units where there are several."""
    grades = {grade.pk: grade.name for grade in QualityGrade.objects.all()}
    groups = groupby(posted.lines, key=lambda line: (line.entry_no, line.grade))
    for number, moved in enumerate((list(lines) for _entry, lines in groups), start=1):
        first = moved[0]
        is_whole = sum(1 for line in posted.lines if line.entry_no == first.entry_no) == len(moved)
        quantity = first.entered_quantity if is_whole else sum((abs(line.change) for line in moved), Decimal(0))
        unit = first.entered_unit if is_whole else first.unit
        yield {
            "no": number,
            "goods": names.item(first.item),
            "code": first.item,
            "unit": names.unit(unit),
            "done": paper.number(quantity, scale=names.scale(unit)),
            "grade": f"{first.grade} ({grades.get(first.grade, '')})",
            "lots": "\n".join(
                lot_of(line) + (f": {paper.number(abs(line.change))} {names.unit(line.unit)}" if len(moved) > 1 else "")
                for line in moved
            ),
            "note": first.reason,
        }
