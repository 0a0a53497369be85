"""The printed voucher: phiếu nhập kho, phiếu xuất kho, phiếu xuất kho kiêm vận chuyển nội bộ, of a movement or a draft.

Quantities and prices stand in the unit that was typed, as the paper that came with the goods has them; the lots below
count the base unit. What a form says is data (`inventory/printing`); names are as they were on the document's day
(glossary section 3, rule 12).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from itertools import groupby
from typing import Any, Final

from django.conf import settings
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, Spacer

from depots.models import Depot, OrganisationUnit
from inventory.catalogue.models import Item, Unit
from inventory.ledger import reading
from inventory.ledger.entries import Posted, PostedLine
from inventory.ledger.kinds import RULES, Sign
from inventory.ledger.models import Kind
from inventory.printing.forms import Printed, form_for
from inventory.printing.models import Form
from inventory.vouchers import reversing
from inventory.vouchers.checking import HASH_DIGITS, code_of
from inventory.vouchers.models import PrintedCopy, Status, Voucher
from inventory.vouchers.reversing import Undone
from logistics import history, paper
from logistics.accounts.models import User
from logistics.errors import NotFound
from logistics.words import printed_date, words

_DONG: Final = Decimal(1)
NOT_POSTED: Final = "CHƯA GHI SỔ"  # stamped on what no logbook holds
_SIGNING: Final = 75  # millimetres under the table: the total in words, the attachments, the places to sign
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


def signers(kind: str, *, depot: int, on: date) -> tuple[str, ...]:
    """Return who signs the paper of a kind in a depot (by key), left to right, as its form says on a day."""
    unit = Depot.objects.values_list("unit", flat=True).get(pk=depot)
    form = form_for(_FORMS.get(Kind(kind), Form.INNER), unit=unit, on=on)
    return tuple(signer.title for signer in form.signers)


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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """One numbered row: an entry with the lots it was taken from or went to."""

    name: str
    code: str
    unit: str
    planned: str
    done: str
    price: str
    amount: Decimal | None
    lots: str


def voucher_pdf(depot_code: str, position: int, *, language: str = "vi", site: str = "", copy: int = 1) -> bytes:
    """Return the voucher of a movement as PDF; the same movement gives the same bytes until it is reversed.

    `language` chooses the names of goods and units only; `site` is where the store's pages are, such as
    https://kho.example, for the square code; `copy` is which print of it this is, as `count_print` counted. Both price
    columns are left out when no line has a price; with them the sheet lies on its side.

    Raises:
        NotFound: there is no such depot, its log has no such position, or no such copy was printed. Access is the
            caller's business.
        Precondition: the fonts are not installed, or the unit's regime has no such form.
    """
    depot = Depot.objects.filter(code=depot_code).first()
    if depot is None:
        raise NotFound(_("There is no depot %(code)s.") % {"code": depot_code[:40]})
    posted = reading.movement(depot.pk, position)
    undone = reversing.undone(depot.pk, posted)
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
    )
    voucher = Voucher.objects.filter(depot=depot, position=position).first()
    maker = (
        voucher.made_by_id if voucher else User.objects.filter(login=posted.actor).values_list("pk", flat=True).first()
    )
    items = {line.item for line in posted.lines}
    units = {line.unit for line in posted.lines} | {line.entered_unit for line in posted.lines}
    recorded = f"{timezone.localtime(posted.recorded_at):%H:%M:%S %d/%m/%Y}"
    return _sheet(
        head,
        depot,
        list(_rows(posted, _Names(items, units, at=head.at, language=language))),
        people={"maker": maker, "approver": voucher.decided_by_id if voucher else None},
        acted_at=posted.recorded_at,
        below=[_stamp(undone), _copy_line(depot, position, copy)],
        foot=(
            f"{posted.name} · {posted.number} · SHA-256 {posted.hash.hex()[:HASH_DIGITS]}… · "
            f"ghi sổ {recorded} bởi {posted.actor}"
        ),
        mark="" if undone is None else "ĐÃ ĐẢO MỘT PHẦN" if undone.entries else "ĐÃ ĐẢO",
        code=code_of(posted, site=site),
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
    )
    items = {str(line.get("item") or "") for line in voucher.lines}
    names = _Names(items, {str(line.get("unit") or "") for line in voucher.lines}, at=at, language=language)
    with translation.override("vi"):
        status = str(voucher.get_status_display())
    is_decided = voucher.status == Status.APPROVED
    return _sheet(
        head,
        voucher.depot,
        [_drafted(line, voucher.kind, names) for line in voucher.lines],
        people={"maker": voucher.made_by_id, "approver": voucher.decided_by_id if is_decided else None},
        acted_at=voucher.changed_at,
        below=[f"{NOT_POSTED} · {status}"],
        foot=f"Phiếu {voucher.pk} · bản thứ {voucher.version} · {status} · {NOT_POSTED.lower()}",
        mark=NOT_POSTED,
        code="",
    )


def _sheet(
    head: _Head,
    depot: Depot,
    rows: Sequence[_Row],
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
    form = form_for(_FORMS.get(kind, Form.INNER), unit=unit.pk, on=day)
    name = form.title or _INNER.get(kind, "Phiếu kho")
    # Who writes a paper of last week up today does so under today's rank.
    named = history.as_it_was(User, {key for key in people.values() if key is not None}, at=acted_at)
    has_prices = any(row.amount is not None for row in rows)
    total = sum((row.amount for row in rows if row.amount is not None), Decimal(0)) if has_prices else None
    lines = [f"Số: {head.number}", f"Đảo phiếu ở vị trí {depot.code}/{head.reverses}" if head.reverses else "", *below]
    story = [
        paper.heading(
            unit=unit.name, department=f"{depot.name} ({depot.code})", number=form.number, source=form.source
        ),
        paper.title(name, printed_date(day), *lines, code=code),
        paper.facts(list(_facts(head, depot)), columns=2 if has_prices else 1),
        _table(form, rows, total=total),
        Spacer(1, 3 * mm),
        paper.facts(_after(total)),
        form.signatures(
            {who: named[key].get_full_name() for who, key in people.items() if key is not None},
            above=printed_date(day),
        ),
    ]
    return paper.render(
        story,
        title=f"{name} {head.number}",
        foot=f"{foot} · {settings.ORGANISATION_NAME}",
        landscape=has_prices,
        mark=paper.EXERCISE_MARK if depot.is_exercise else mark,
    )


def _stamp(undone: Undone | None) -> str:
    """Return what a reversed movement's paper says of it, "" while the movement stands."""
    if undone is None:
        return ""
    part = f" MỘT PHẦN (dòng {', '.join(map(str, undone.entries))})" if undone.entries else ""
    return f"ĐÃ ĐẢO{part} bởi {undone.number} ngày {paper.day(timezone.localdate(undone.occurred_at))}"


# --- Copies -------------------------------------------------------------------------------------------------------


@transaction.atomic
def count_print(depot: int, position: int, *, by: User, at: datetime) -> int:
    """Note that a movement's voucher is printed and return which print it is: 1, 2, 3 …

    Takes the movement as there. Two who print at once get two numbers: the count waits for the other's to end.
    """
    printed = PrintedCopy.objects.filter(depot=depot, position=position)
    Depot.objects.select_for_update(no_key=True).get(pk=depot)
    number = printed.count() + 1
    PrintedCopy.objects.create(depot_id=depot, position=position, copy=number, printed_by=by, printed_at=at)
    return number


def _copy_line(depot: Depot, position: int, copy: int) -> str:
    """Return what a further copy says of itself, "" for the first. Raises NotFound."""
    if copy == 1:
        return ""
    found = PrintedCopy.objects.select_related("printed_by").filter(depot=depot, position=position, copy=copy).first()
    if found is None:
        raise NotFound(_("No copy %(copy)s of this voucher was printed.") % {"copy": copy})
    moment = f"{timezone.localtime(found.printed_at):%H:%M %d/%m/%Y}"
    return f"Bản in lần {copy} · {moment} · {found.printed_by.login}"


# --- Lines --------------------------------------------------------------------------------------------------------


class _Names:
    """The goods and units a voucher names, as they were on its day, read once."""

    def __init__(self, items: Iterable[str], units: Iterable[str], *, at: datetime, language: str) -> None:
        self._english = language == "en"
        self._items = history.as_it_was(Item, set(items) - {""}, at=at, field="code")
        codes = set(units) - {""} | {item.base_unit_id for item in self._items.values()}
        self._units = history.as_it_was(Unit, codes, at=at)

    def item(self, code: str) -> str:
        item = self._items.get(code)
        if item is None:
            return ""
        name = item.name_en if self._english and item.name_en else item.name
        return ", ".join(part for part in (name, item.specification) if part)

    def base_unit(self, code: str) -> str:
        item = self._items.get(code)
        return item.base_unit_id if item else ""

    def unit(self, code: str) -> str:
        unit = self._units.get(code)
        return code if unit is None else unit.name_en if self._english else unit.name

    def scale(self, code: str) -> int:
        unit = self._units.get(code)
        return unit.scale if unit else 0


def _rows(posted: Posted, names: _Names) -> Iterator[_Row]:
    sign = RULES[posted.kind].sign
    if sign in {Sign.PAIR, Sign.SIGNED, Sign.MIRROR}:
        # A part of an entry may come back alone, so what was typed says nothing here.
        yield from (_moved(line, names) for line in posted.lines)
        return
    for _entry_no, lines in groupby(posted.lines, key=lambda line: line.entry_no):
        yield _entered(posted, list(lines), names)


def _entered(posted: Posted, lines: Sequence[PostedLine], names: _Names) -> _Row:
    first = lines[0]
    scale = names.scale(first.entered_unit)
    typed = paper.number(first.entered_quantity, scale=scale)
    asked = "" if first.scheduled_quantity is None else paper.number(first.scheduled_quantity, scale=scale)
    is_transfer = posted.kind == Kind.TRANSFER_OUT
    return _Row(
        name=names.item(first.item),
        code=first.item,
        unit=names.unit(first.entered_unit),
        planned=typed if is_transfer else asked,
        done="" if is_transfer else typed,
        price="" if first.unit_price is None else paper.number(first.unit_price),
        amount=_amount(first.entered_quantity, first.unit_price),
        lots="\n".join(
            _lot(line) + (f": {paper.number(abs(line.change))} {names.unit(line.unit)}" if len(lines) > 1 else "")
            for line in lines
        ),
    )


def _amount(quantity: Decimal, price: Decimal | None) -> Decimal | None:
    return None if price is None else (quantity * price).quantize(_DONG, rounding=ROUND_HALF_UP)


def _moved(line: PostedLine, names: _Names) -> _Row:
    number = paper.number(abs(line.change), scale=names.scale(line.unit))
    return _Row(
        name=names.item(line.item),
        code=line.item,
        unit=names.unit(line.unit),
        planned=number if line.change > 0 else "",
        done=number if line.change < 0 else "",
        price="",
        amount=None,
        lots=_lot(line),
    )


def _lot(line: PostedLine) -> str:
    expires = f"HSD\N{NO-BREAK SPACE}{paper.day(line.expires_date)}" if line.expires_date else ""
    lot = ", ".join(part for part in (f"lô {line.lot}" if line.lot else "", expires) if part)
    return "\n".join(part for part in (lot, f"ngăn {line.bin}, cấp {line.grade}") if part)


def _drafted(line: Mapping[str, Any], kind: str, names: _Names) -> _Row:
    """Return a line as it was typed; what is no number is printed as it stands."""
    given = {name: str(line.get(name) or "") for name in ("item", "unit", "lot", "expires_on", "bin", "grade")}
    unit = given["unit"] or names.base_unit(given["item"])
    scale = names.scale(unit)
    quantity, price = (_decimal(line.get(name)) for name in ("quantity", "unit_price"))
    typed, asked = (_shown(line.get(name), scale) for name in ("quantity", "scheduled_quantity"))
    is_transfer = kind == Kind.TRANSFER_OUT
    lots = [
        f"lô {given['lot']}" if given["lot"] else "",
        f"HSD {_day(given['expires_on'])}" if given["expires_on"] else "",
        f"ngăn {given['bin']}" if given["bin"] else "",
        f"cấp {given['grade']}" if given["grade"] else "",
    ]
    return _Row(
        name=names.item(given["item"]),
        code=given["item"],
        unit=names.unit(unit),
        planned=typed if is_transfer else asked,
        done="" if is_transfer else typed,
        price=_shown(line.get("unit_price"), 0),
        amount=None if quantity is None else _amount(quantity, price),
        lots="\n".join(part for part in lots if part),
    )


def _decimal(text: object) -> Decimal | None:
    try:
        value = Decimal(str(text)) if text else None
    except InvalidOperation:
        return None
    # More digits than any quantity or price has are a slip of the keys.
    return value if value is not None and value.is_finite() and abs(value.adjusted()) < 20 else None


def _shown(text: object, scale: int) -> str:
    value = _decimal(text)
    return str(text or "") if value is None else paper.number(value, scale=scale)


def _day(text: str) -> str:
    try:
        return paper.day(date.fromisoformat(text))
    except ValueError:
        return text


def _table(form: Printed, rows: Sequence[_Row], *, total: Decimal | None) -> Flowable:
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
        room_below=_SIGNING,
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
        yield "Phương tiện, biển số", paper.DOTS
        yield "Xuất tại kho", place
        yield "Nhập tại kho", _other(head.to_depot, at=head.at)
    else:
        yield "Theo quyết định", order
        yield "Tại kho", place
    yield "Địa điểm", depot.address or paper.DOTS
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


def _after(total: Decimal | None) -> list[tuple[str, object]]:
    documents = ("Số chứng từ gốc kèm theo", paper.DOTS)
    if total is None:
        return [documents]
    return [("Tổng số tiền (viết bằng chữ)", words(total)), documents]
