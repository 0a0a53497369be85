"""The printed voucher: phiếu nhập kho, phiếu xuất kho, phiếu xuất kho kiêm vận chuyển nội bộ, of a movement or a draft.

Quantities and prices stand in the unit that was typed, as the paper that came with the goods has them; the lots below
count the base unit. What a form says is data (`inventory/printing`); names are as they were on the document's day
(glossary section 3, rule 12). A movement's paper is kept when it is first printed; which print it is and that it was
undone meanwhile are stamped on what was kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from django.conf import settings
from django.db.models import Exists, OuterRef
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, Spacer

from depots.models import Depot, OrganisationUnit
from inventory.ledger import reading
from inventory.ledger.entries import Posted
from inventory.ledger.models import Kind, Movement
from inventory.printing import kept
from inventory.printing.forms import Printed, form_for
from inventory.printing.kept import Print
from inventory.printing.models import Form, KeptPaper
from inventory.printing.standing import STANDS, Stamp
from inventory.vouchers import reversing
from inventory.vouchers.checking import HASH_DIGITS, code_of
from inventory.vouchers.models import Status, Voucher
from inventory.vouchers.paper_lines import Names, Row, drafted, names_of, rows_of
from inventory.vouchers.reversing import Undone
from logistics import history, paper
from logistics.accounts.models import User
from logistics.errors import Fault, Invalid, NotFound
from logistics.words import printed_date, words

NOT_POSTED: Final = "CHƯA GHI SỔ"  # stamped on what no logbook holds
MOST_LINES: Final = 30_000  # more than two thousand sheets, which take a quarter of a minute to lay out
_MOST_TOLD: Final = 10  # numbers of lines, at the head of a sheet
_FORMS: Final = {
    Kind.RECEIPT: Form.RECEIPT,
    Kind.RETURN: Form.RECEIPT,
    Kind.OPENING: Form.RECEIPT,
    Kind.TRANSFER_IN: Form.RECEIPT,
    Kind.ISSUE: Form.ISSUE,
    Kind.DISPOSAL: Form.ISSUE,
    Kind.TRANSFER_OUT: Form.TRANSFER,
}
_INNER: Final = {
    Kind.RELOCATION: "Phiếu chuyển ngăn lô",
    Kind.REGRADE: "Phiếu chuyển cấp chất lượng",
    Kind.REPURPOSE: "Phiếu chuyển mục đích dự trữ",
    Kind.ADJUSTMENT: "Phiếu điều chỉnh",
    Kind.STOCKTAKE: "Phiếu điều chỉnh sau kiểm kê",
    Kind.REVERSAL: "Phiếu đảo",
}


def signers(kind: str, *, depot: int, on: date, needs_second: bool = False) -> tuple[str, ...]:
    """Return who signs the paper of a kind in a depot (by key), left to right, as its form says on a day."""
    unit = Depot.objects.values_list("unit", flat=True).get(pk=depot)
    form = form_for(form_of(kind), unit=unit, on=on)
    return tuple(signer.title for signer in form.signers if needs_second or signer.who != "seconder")


def form_of(kind: str) -> Form:
    """Return which form a kind of movement is printed on."""
    return _FORMS.get(Kind(kind), Form.INNER)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Head:
    """What the sheet says above its table, whether a logbook holds it or not."""

    kind: str
    at: datetime
    number: str
    counterparty: str
    order_number: str
    order_date: date | None
    reason: str
    to_depot: str
    consignment: str
    reverses: int | None
    vehicle: str
    source_documents: str


def subject_of(depot_code: str, position: int) -> str:
    """Return the name under which the papers of a movement are kept and their prints counted."""
    return f"movement:{depot_code}:{position}"


def voucher_pdf(depot_code: str, position: int, *, language: str = "vi", site: str = "", copy: int = 1) -> bytes:
    """Return the voucher of a movement as PDF: as it was first printed, else as it would be printed now.

    `language` chooses the names of goods and units only; `site` is where the store's pages are, such as
    https://kho.example, for the square code; `copy` is which print of it this is, as was counted. Both price
    columns are left out when no line has a price; with them the sheet lies on its side. Keeps nothing.

    Raises:
        NotFound: there is no such depot, its log has no such position, or no such copy was printed. Access is the
            caller's business.
        Invalid: it has more lines than paper takes, and was not printed yet.
        Precondition: the fonts are not installed, or the unit's regime has no such form.
    """
    return voucher_print(depot_code, position, language=language, site=site, copy=copy).content


def voucher_print(depot_code: str, position: int, *, language: str, site: str, copy: int) -> Print:
    """Return what `voucher_pdf` does, as a print that can be handed out. Raises as it does."""
    depot, posted = _found(depot_code, position)
    subject = subject_of(depot.code, position)
    known = kept.found(subject, form=form_of(posted.kind), language=language)
    content = known or _rendered(depot, posted, language=language, site=site)
    return kept.as_print(content, counted_as=subject, number=copy, stamp=stamp_of(depot, posted))


def keep_voucher(depot_code: str, position: int, *, language: str, site: str, by: User, at: datetime) -> KeptPaper:
    """Return the paper of a movement as it was first printed; print it now, for ever, if it never was.

    Raises: as `voucher_pdf` does.
    """
    depot, posted = _found(depot_code, position)
    return kept.keep(
        subject_of(depot.code, position),
        form=form_of(posted.kind),
        language=language,
        make=lambda: _rendered(depot, posted, language=language, site=site),
        by=by,
        at=at,
        depot=depot,
        title=posted.number,
    )


def count_print(depot_code: str, position: int, *, language: str, site: str, by: User, at: datetime) -> int:
    """Note that the voucher of a movement is printed and return which print it is; the first is kept.

    Raises: as `voucher_pdf` does.
    """
    keep_voucher(depot_code, position, language=language, site=site, by=by, at=at)
    return kept.count_copy(subject_of(depot_code, position), by=by, at=at)


def stamp_of(depot: Depot, posted: Posted) -> Stamp:
    """Return what prints of a movement's papers bear now: that it was undone, STANDS while it was not."""
    undone = reversing.undone(depot.pk, posted)
    if undone is None:
        return STANDS
    mark = "ĐÃ ĐẢO MỘT PHẦN" if undone.entries else "ĐÃ ĐẢO"
    # Across what an exercise prints stands already that it is one.
    return Stamp(mark="" if depot.is_exercise else mark, said=_said(undone))


def movement_stands(names: Sequence[str]) -> Stamp:
    """Return what prints of the papers of `movement:K01:12` bear now, given K01 and 12 (`printing.standing`)."""
    code, position = names
    found = Movement.objects.filter(depot__code=code, position=int(position))
    reversal = Movement.objects.filter(depot=OuterRef("depot"), reverses=OuterRef("position"))
    # An opening has tens of thousands of lines: they are read where it was undone alone.
    return stamp_of(*_found(code, int(position))) if found.filter(Exists(reversal)).exists() else STANDS


def _found(depot_code: str, position: int) -> tuple[Depot, Posted]:
    depot = Depot.objects.filter(code=depot_code).first()
    if depot is None:
        raise NotFound(_("There is no depot %(code)s.") % {"code": depot_code[:40]})
    return depot, reading.movement(depot.pk, position)


def _rendered(depot: Depot, posted: Posted, *, language: str, site: str) -> bytes:
    if len(posted.lines) > MOST_LINES:
        text = _("%(number)s has %(lines)s lines; paper takes %(most)s. Print the stock cards, or take a spreadsheet.")
        said = text % {"number": posted.number, "lines": len(posted.lines), "most": MOST_LINES}
        raise Invalid([Fault("/position", "too-long", said)])
    voucher = Voucher.objects.filter(depot=depot, position=posted.position).first()
    head = _Head(
        kind=posted.kind,
        at=posted.occurred_at,
        number=posted.number,
        counterparty=posted.counterparty,
        order_number=posted.order_number,
        order_date=posted.order_date,
        reason=posted.reason,
        to_depot=posted.to_depot,
        consignment=posted.consignment,
        reverses=posted.reverses,
        vehicle=voucher.vehicle if voucher else "",
        source_documents=voucher.source_documents if voucher else "",
    )
    return _sheet(
        head,
        depot,
        list(rows_of(posted, names_of(posted, language=language))),
        people=people_of(posted, voucher),
        acted_at=posted.recorded_at,
        below=[],
        foot=foot_of(posted),
        mark="",
        code=code_of(posted, site=site),
    )


def people_of(posted: Posted, voucher: Voucher | None) -> dict[str, int | None]:
    """Return the keys of those whose names a movement's paper prints, by the place where they sign."""
    if voucher is not None:
        return {"maker": voucher.made_by_id, "approver": voucher.decided_by_id, "seconder": voucher.seconded_by_id}
    return {"maker": User.objects.filter(login=posted.actor).values_list("pk", flat=True).first()}


def foot_of(posted: Posted) -> str:
    """Return what stands at the foot of every page: the movement's name, number and first digits of its hash."""
    recorded = f"{timezone.localtime(posted.recorded_at):%H:%M:%S %d/%m/%Y}"
    return (
        f"{posted.name} · {posted.number} · SHA-256 {posted.hash.hex()[:HASH_DIGITS]}… · "
        f"ghi sổ {recorded} bởi {posted.actor}"
    )


def draft_pdf(voucher: Voucher, *, language: str = "vi") -> bytes:
    """Return a voucher that no logbook holds as PDF, stamped CHƯA GHI SỔ; it may lack anything and has no number.

    Raises:
        Precondition: the fonts are not installed, or the unit's regime has no such form.
    """
    at = voucher.occurred_at or voucher.changed_at
    head = _Head(
        kind=voucher.kind,
        at=at,
        number=paper.DOTS,
        counterparty=voucher.counterparty,
        order_number=voucher.order_number,
        order_date=voucher.order_date,
        reason=voucher.reason,
        to_depot=voucher.to_depot,
        consignment=voucher.consignment,
        reverses=voucher.reverses,
        vehicle=voucher.vehicle,
        source_documents=voucher.source_documents,
    )
    items = {str(line.get("item") or "") for line in voucher.lines}
    names = Names(items, {str(line.get("unit") or "") for line in voucher.lines}, at=at, language=language)
    with translation.override("vi"):
        status = str(voucher.get_status_display())
    is_decided = voucher.status == Status.APPROVED
    return _sheet(
        head,
        voucher.depot,
        [drafted(line, voucher.kind, names) for line in voucher.lines],
        people={
            "maker": voucher.made_by_id,
            "approver": voucher.decided_by_id if is_decided else None,
            "seconder": voucher.seconded_by_id if is_decided else None,
        },
        acted_at=voucher.changed_at,
        below=[f"{NOT_POSTED} · {status}"],
        foot=f"Phiếu {voucher.pk} · bản thứ {voucher.version} · {status} · {NOT_POSTED.lower()}",
        mark=NOT_POSTED,
        code="",
    )


def _sheet(
    head: _Head,
    depot: Depot,
    rows: Sequence[Row],
    *,
    people: Mapping[str, int | None],
    acted_at: datetime,
    below: Iterable[str],
    foot: str,
    mark: str,
    code: str,
) -> bytes:
    kind = Kind(head.kind)
    day = timezone.localdate(head.at)
    depot = history.as_it_was(Depot, [depot.pk], at=head.at)[depot.pk]
    unit = history.as_it_was(OrganisationUnit, [depot.unit_id], at=head.at)[depot.unit_id]
    form = form_for(form_of(kind), unit=unit.pk, on=day)
    name = form.title or _INNER.get(kind, "Phiếu kho")
    # Who writes a paper of last week up today does so under today's rank.
    named = history.as_it_was(User, {key for key in people.values() if key is not None}, at=acted_at)
    has_prices = any(row.amount is not None for row in rows)
    total = sum((row.amount for row in rows if row.amount is not None), Decimal(0)) if has_prices else None
    lines = [f"Số: {head.number}", f"Đảo phiếu ở vị trí {depot.code}/{head.reverses}" if head.reverses else "", *below]
    after = [
        Spacer(1, 3 * mm),
        paper.facts(_after(total, head.source_documents)),
        form.signatures(
            {who: named[key].get_full_name() for who, key in people.items() if key is not None},
            above=printed_date(day),
        ),
    ]
    story = [
        paper.heading(
            unit=unit.name, department=f"{depot.name} ({depot.code})", number=form.number, source=form.source
        ),
        paper.title(name, printed_date(day), *lines, code=code),
        paper.facts(list(_facts(head, depot)), columns=2 if has_prices else 1),
        _table(form, rows, total=total, below=after),
        *after,
    ]
    return paper.render(
        story,
        title=f"{name} {head.number}",
        foot=f"{foot} · {settings.ORGANISATION_NAME}",
        landscape=has_prices,
        mark=paper.EXERCISE_MARK if depot.is_exercise else mark,
    )


def _said(undone: Undone) -> str:
    """Return what a reversed movement's paper says of it."""
    entries = undone.entries or ()
    told = ", ".join(map(str, entries[:_MOST_TOLD])) + (f" … ({len(entries)} dòng)" if entries[_MOST_TOLD:] else "")
    part = f" MỘT PHẦN (dòng {told})" if entries else ""
    return f"ĐÃ ĐẢO{part} bởi {undone.number} ngày {paper.day(timezone.localdate(undone.occurred_at))}"


# --- Lines --------------------------------------------------------------------------------------------------------


def _table(form: Printed, rows: Sequence[Row], *, total: Decimal | None, below: Sequence[Flowable]) -> Flowable:
    body: list[dict[str, object]] = [
        {
            "no": index,
            "goods": row.name,
            "code": row.code,
            "unit": row.unit,
            "planned": row.planned,
            "done": row.done,
            "price": row.price,
            "amount": "" if row.amount is None else paper.number(row.amount),
            "lots": row.lots,
        }
        for index, row in enumerate(rows, start=1)
    ]
    if total is not None:
        body.append({"goods": "Cộng", "amount": paper.number(total)})
    return form.grid(
        body,
        width=paper.NARROW if total is None else paper.WIDE,
        money=total is not None,
        bold_rows=() if total is None else (-1,),
        below=below,
    )


# --- Words around them --------------------------------------------------------------------------------------------


def _facts(head: _Head, depot: Depot) -> Iterator[tuple[str, object]]:
    place = f"{depot.name} ({depot.code})"
    order = _order(head)
    form = _FORMS.get(Kind(head.kind))
    if form == Form.RECEIPT:
        yield "Họ và tên người giao", head.counterparty or paper.DOTS
        yield "Theo chứng từ", order
        if head.consignment:
            yield "Nhận của chuyến hàng", head.consignment
        yield "Nhập tại kho", place
    elif form == Form.ISSUE:
        yield "Họ và tên người nhận hàng", head.counterparty or paper.DOTS
        yield "Theo lệnh, yêu cầu", order
        yield "Xuất tại kho (ngăn lô)", place
    elif form == Form.TRANSFER:
        yield "Lệnh điều động", order
        yield "Họ và tên người vận chuyển", head.counterparty or paper.DOTS
        yield "Phương tiện, biển số", head.vehicle or paper.DOTS
        yield "Xuất tại kho", place
        yield "Nhập tại kho", _other(head.to_depot, at=head.at)
    else:
        yield "Theo quyết định", order
        yield "Tại kho", place
    yield "Địa điểm", depot.address or paper.DOTS
    if head.vehicle and form != Form.TRANSFER:
        yield "Phương tiện, biển số", head.vehicle
    if head.reason or form == Form.ISSUE:
        yield "Lý do", head.reason or paper.DOTS


def _order(head: _Head) -> str:
    number = f"số {head.order_number}" if head.order_number else "số ……………"
    if head.order_date is None:
        return f"{number} ngày …… tháng …… năm ………"
    return f"{number} {printed_date(head.order_date).lower()}"


def _other(code: str, *, at: datetime) -> str:
    found = history.as_it_was(Depot, [code], at=at, field="code") if code else {}
    return f"{found[code].name} ({code})" if code in found else code or paper.DOTS


def _after(total: Decimal | None, source_documents: str) -> list[tuple[str, object]]:
    documents = ("Số chứng từ gốc kèm theo", source_documents or paper.DOTS)
    if total is None:
        return [documents]
    return [("Tổng số tiền (viết bằng chữ)", words(total, zero_tens=settings.ZERO_TENS)), documents]
