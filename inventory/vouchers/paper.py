"""The printed voucher of one movement: phiếu nhập kho, phiếu xuất kho, phiếu xuất kho kiêm vận chuyển nội bộ.

Quantities and prices stand in the unit that was typed, as the paper that came with the goods has them; the lots below
count the base unit. The wording is prescribed (glossary section 2; forms of Thông tư 99/2025/TT-BTC).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from itertools import groupby
from typing import Final

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, Spacer

from depots.models import Depot
from inventory.catalogue.models import Item, Unit
from inventory.ledger import reading
from inventory.ledger.entries import Posted, PostedLine
from inventory.ledger.kinds import RULES, Sign
from inventory.ledger.models import Kind
from inventory.vouchers import reversing
from inventory.vouchers.models import Voucher
from inventory.vouchers.reversing import Undone
from logistics import paper
from logistics.accounts.models import User
from logistics.errors import NotFound
from logistics.words import printed_date, words

_DOTS: Final = "……………………………"
_DONG: Final = Decimal(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wording:
    """What one kind of voucher says: its name, its two columns of quantity, who signs from left to right."""

    name: str
    form: str
    planned: str
    done: str
    signers: tuple[str, ...]


_RECEIPT: Final = _Wording(
    name="Phiếu nhập kho",
    form="receipt_voucher",
    planned="Theo chứng từ",
    done="Thực nhập",
    signers=("Người lập phiếu", "Người giao hàng", "Thủ kho", "Kế toán trưởng"),
)
_ISSUE: Final = _Wording(
    name="Phiếu xuất kho",
    form="issue_voucher",
    planned="Yêu cầu",
    done="Thực xuất",
    signers=("Người lập phiếu", "Người nhận hàng", "Thủ kho", "Kế toán trưởng", "Thủ trưởng đơn vị"),
)
_TRANSFER: Final = _Wording(
    name="Phiếu xuất kho kiêm vận chuyển nội bộ",
    form="",
    planned="Thực xuất",
    done="Thực nhập",
    signers=("Người lập phiếu", "Thủ kho xuất", "Người vận chuyển", "Thủ kho nhập"),
)


def _inner(name: str) -> _Wording:
    """Return the wording of a voucher whose goods stay in the depot, or come and go on one paper."""
    signers = ("Người lập phiếu", "Thủ kho", "Kế toán trưởng", "Thủ trưởng đơn vị")
    return _Wording(name=name, form="", planned="Nhập", done="Xuất", signers=signers)


_WORDINGS: Final = {
    Kind.RECEIPT: _RECEIPT,
    Kind.RETURN: _RECEIPT,
    Kind.OPENING: _RECEIPT,
    Kind.TRANSFER_IN: _RECEIPT,
    Kind.ISSUE: _ISSUE,
    Kind.DISPOSAL: _ISSUE,
    Kind.TRANSFER_OUT: _TRANSFER,
    Kind.RELOCATION: _inner("Phiếu chuyển ngăn lô"),
    Kind.REGRADE: _inner("Phiếu chuyển cấp chất lượng"),
    Kind.REPURPOSE: _inner("Phiếu chuyển mục đích dự trữ"),
    Kind.ADJUSTMENT: _inner("Phiếu điều chỉnh"),
    Kind.STOCKTAKE: _inner("Phiếu điều chỉnh sau kiểm kê"),
    Kind.REVERSAL: _inner("Phiếu đảo"),
}


def signers(kind: str) -> tuple[str, ...]:
    """Return who signs the paper of a kind, from left to right, as it is printed there (glossary section 2)."""
    return _WORDINGS[Kind(kind)].signers


def voucher_pdf(depot_code: str, position: int, *, language: str = "vi") -> bytes:
    """Return the voucher of a movement as PDF; the same movement gives the same bytes until it is reversed.

    `language` chooses the names of goods and units only. Both price columns are left out when no line has a price;
    with them the sheet lies on its side.

    Raises:
        NotFound: there is no such depot, or its log has no such position. Access is the caller's business.
        Precondition: the fonts are not installed.
    """
    depot = Depot.objects.select_related("unit").filter(code=depot_code).first()
    if depot is None:
        raise NotFound(_("There is no depot %(code)s.") % {"code": depot_code[:40]})
    posted = reading.movement(depot.pk, position)
    undone = reversing.undone(depot.pk, posted)
    wording = _WORDINGS[Kind(posted.kind)]
    day = timezone.localdate(posted.occurred_at)
    rows = list(_rows(posted, _Names(posted, language)))
    has_prices = any(row.amount is not None for row in rows)
    total = sum((row.amount for row in rows if row.amount is not None), Decimal(0))
    voucher = Voucher.objects.select_related("made_by", "decided_by").filter(depot=depot, position=position).first()
    maker = voucher.made_by if voucher else User.objects.filter(login=posted.actor).first()
    signed = {
        "Người lập phiếu": maker.get_full_name() if maker else "",
        "Thủ trưởng đơn vị": voucher.decided_by.get_full_name() if voucher and voucher.decided_by else "",
    }
    below = [
        f"Số: {posted.number}",
        f"Đảo phiếu ở vị trí {depot.code}/{posted.reverses}" if posted.reverses else "",
        _stamp(undone),
    ]
    story = [
        paper.heading(
            unit=depot.unit.name,
            department=f"{depot.name} ({depot.code})",
            form=paper.form(wording.form, on=day) if wording.form else None,
        ),
        paper.title(wording.name, printed_date(day), *below),
        paper.facts(list(_facts(posted, depot)), columns=2 if has_prices else 1),
        _table(wording, rows, total=total if has_prices else None),
        Spacer(1, 3 * mm),
        paper.facts(_after(total if has_prices else None)),
        paper.signatures(
            [(title, signed.get(title, "")) for title in wording.signers],
            above=printed_date(day),
        ),
    ]
    recorded = f"{timezone.localtime(posted.recorded_at):%H:%M:%S %d/%m/%Y}"
    foot = (
        f"{posted.name} · {posted.number} · SHA-256 {posted.hash.hex()[:16]}… · ghi sổ {recorded} bởi {posted.actor} · "
        f"{settings.ORGANISATION_NAME}"
    )
    return paper.render(
        story,
        title=f"{wording.name} {posted.number}",
        foot=foot,
        landscape=has_prices,
        mark=paper.EXERCISE_MARK if depot.is_exercise else _mark(undone),
    )


def _stamp(undone: Undone | None) -> str:
    """Return what a reversed movement's paper says of it, "" while the movement stands."""
    if undone is None:
        return ""
    part = f" MỘT PHẦN (dòng {', '.join(map(str, undone.entries))})" if undone.entries else ""
    return f"ĐÃ ĐẢO{part} bởi {undone.number} ngày {paper.day(timezone.localdate(undone.occurred_at))}"


def _mark(undone: Undone | None) -> str:
    return "" if undone is None else "ĐÃ ĐẢO MỘT PHẦN" if undone.entries else "ĐÃ ĐẢO"


# --- Lines --------------------------------------------------------------------------------------------------------


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


class _Names:
    """The goods and units a movement names, read once."""

    def __init__(self, posted: Posted, language: str) -> None:
        self._english = language == "en"
        self._items = Item.objects.in_bulk({line.item for line in posted.lines}, field_name="code")
        codes = {line.unit for line in posted.lines} | {line.entered_unit for line in posted.lines}
        self._units = Unit.objects.in_bulk(codes)

    def item(self, code: str) -> str:
        item = self._items[code]
        name = item.name_en if self._english and item.name_en else item.name
        return ", ".join(part for part in (name, item.specification) if part)

    def unit(self, code: str) -> str:
        unit = self._units[code]
        return unit.name_en if self._english else unit.name

    def scale(self, code: str) -> int:
        return self._units[code].scale


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
    amount = None
    if first.unit_price is not None:
        amount = (first.entered_quantity * first.unit_price).quantize(_DONG, rounding=ROUND_HALF_UP)
    return _Row(
        name=names.item(first.item),
        code=first.item,
        unit=names.unit(first.entered_unit),
        planned=typed if is_transfer else asked,
        done="" if is_transfer else typed,
        price="" if first.unit_price is None else paper.number(first.unit_price),
        amount=amount,
        lots="\n".join(
            _lot(line) + (f": {paper.number(abs(line.change))} {names.unit(line.unit)}" if len(lines) > 1 else "")
            for line in lines
        ),
    )


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
    parts = [
        f"lô {line.lot}" if line.lot else "",
        f"HSD {paper.day(line.expires_date)}" if line.expires_date else "",
        f"ngăn {line.bin}, cấp {line.grade}",
    ]
    return "\n".join(part for part in parts if part)


def _table(wording: _Wording, rows: Sequence[_Row], *, total: Decimal | None) -> Flowable:
    prices = total is not None
    money: tuple[str, ...] = ("Đơn giá", "Thành tiền") if prices else ()
    blank, numbers = ("",) * len(money), ("3", "4") if prices else ()
    head = (
        ("STT", "Tên, nhãn hiệu, quy cách, phẩm chất vật tư", "Mã số", "ĐVT", "Số lượng", "", *money, "Lô, hạn dùng"),
        ("", "", "", "", wording.planned, wording.done, *blank, ""),
        ("A", "B", "C", "D", "1", "2", *numbers, "E"),
    )
    last = 6 + len(money)
    spans = [((column, 0), (column, 1)) for column in (0, 1, 2, 3, *range(6, last + 1))]
    body: list[list[object]] = [
        [
            index, row.name, row.code, row.unit, row.planned, row.done,
            *((row.price, "" if row.amount is None else paper.number(row.amount)) if prices else ()),
            row.lots,
        ]
        for index, row in enumerate(rows, start=1)
    ]  # fmt: skip
    if total is not None:
        body.append(["", "Cộng", "", "", "", "", "", paper.number(total), ""])
    return paper.grid(
        head,
        body,
        widths=(10, 62, 31, 15, 24, 24, 24, 28, 34) if prices else (9, 46, 29, 14, 19, 19, 29),
        align="clccrrrrl" if prices else "clccrrl",
        spans=[((4, 0), (5, 0)), *spans],
        bold_rows=(-1,) if prices else (),
    )


# --- Words around them --------------------------------------------------------------------------------------------


def _facts(posted: Posted, depot: Depot) -> Iterator[tuple[str, object]]:
    place = f"{depot.name} ({depot.code})"
    order = _order(posted)
    wording = _WORDINGS[Kind(posted.kind)]
    if wording is _RECEIPT:
        yield "Họ và tên người giao", posted.counterparty or _DOTS
        yield "Theo chứng từ", order
        if posted.consignment:
            yield "Nhận của chuyến hàng", posted.consignment
        yield "Nhập tại kho", place
    elif wording is _ISSUE:
        yield "Họ và tên người nhận hàng", posted.counterparty or _DOTS
        yield "Theo lệnh, yêu cầu", order
        yield "Xuất tại kho (ngăn lô)", place
    elif wording is _TRANSFER:
        yield "Lệnh điều động", order
        yield "Họ và tên người vận chuyển", posted.counterparty or _DOTS
        yield "Phương tiện, biển số", _DOTS
        yield "Xuất tại kho", place
        yield "Nhập tại kho", _other(posted.to_depot)
    else:
        yield "Theo quyết định", order
        yield "Tại kho", place
    yield "Địa điểm", depot.address or _DOTS
    if posted.reason or wording is _ISSUE:
        yield "Lý do", posted.reason or _DOTS


def _order(posted: Posted) -> str:
    number = f"số {posted.order_number}" if posted.order_number else "số ……………"
    if posted.order_date is None:
        return f"{number} ngày …… tháng …… năm ………"
    return f"{number} {printed_date(posted.order_date).lower()}"


def _other(code: str) -> str:
    name = Depot.objects.filter(code=code).values_list("name", flat=True).first()
    return f"{name} ({code})"


def _after(total: Decimal | None) -> list[tuple[str, object]]:
    documents = ("Số chứng từ gốc kèm theo", _DOTS)
    if total is None:
        return [documents]
    return [("Tổng số tiền (viết bằng chữ)", words(total)), documents]
