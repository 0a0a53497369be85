"""The stocktake's report (biên bản kiểm kê) on paper: with the books beside the count, or without, to be filled in.

Names are as they were at the cut-off; goods stand in base units. A posted stocktake's report is kept when it is first
printed, like every paper that is final.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Final
from uuid import UUID

from django.conf import settings
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, Spacer

from depots.models import Depot, OrganisationUnit
from inventory.ledger import reading
from inventory.printing import kept
from inventory.printing.forms import form_for
from inventory.printing.kept import Print
from inventory.printing.models import Form, KeptPaper
from inventory.printing.standing import STANDS, Stamp
from inventory.stocktakes import report
from inventory.stocktakes.models import Member, Scope, Status, Stocktake
from inventory.stocktakes.report import Row
from inventory.vouchers.checking import code_of
from inventory.vouchers.paper import NOT_POSTED, foot_of, stamp_of
from logistics import history, paper
from logistics.accounts.models import User
from logistics.errors import Forbidden
from logistics.words import printed_date, words

CANCELLED: Final = "ĐÃ HỦY"
_DONG: Final = Decimal(1)
_BLANK_ROWS: Final = 4  # for what is found that the sheet does not list
_ROLES: Final = {
    Member.Role.CHAIR: "Trưởng ban",
    Member.Role.SECRETARY: "Thư ký",
    Member.Role.MEMBER: "Ủy viên",
    Member.Role.WITNESS: "Người chứng kiến",
}
_SCOPES: Final = {
    Scope.DEPOT: "Toàn kho",
    Scope.BINS: "Các ngăn lô",
    Scope.CLASSES: "Các nhóm vật chất",
    Scope.ITEMS: "Các mặt hàng",
}


def stocktake_pdf(
    stocktake: Stocktake, *, books: bool, language: str = "vi", site: str = "", at: datetime, copy: int = 1
) -> bytes:
    """Return the report of a stocktake as PDF: as it was first printed, else as it would be printed now.

    Without `books` the columns of the book and of the differences are empty, to be filled in by hand. What is not
    posted is stamped CHƯA GHI SỔ. `copy` is which print of a posted one's report this is, as was counted.

    Raises:
        Forbidden: the books are asked for while it is counted blind.
        NotFound: no such copy was printed. Access is the caller's business.
        Precondition: the fonts are not installed, or the unit's regime has no such form.
    """
    return stocktake_print(stocktake, books=books, language=language, site=site, at=at, copy=copy).content


def stocktake_print(stocktake: Stocktake, *, books: bool, language: str, site: str, at: datetime, copy: int) -> Print:
    """Return what `stocktake_pdf` does, as a print that can be handed out. Raises as it does."""
    if books and stocktake.hides_books:
        text = _("It is counted blind: what the books say is printed when the counting has ended.")
        raise Forbidden(text)
    if not (books and stocktake.position is not None):
        made = _rendered(stocktake, books=books, language=language, site="", at=at)
        return kept.as_print(made, counted_as=stocktake.subject, number=1)
    known = kept.found(stocktake.subject, form=Form.STOCKTAKE, language=language)
    content = known or _rendered(stocktake, books=True, language=language, site=site, at=at)
    stamp = _stamp_of(stocktake.depot, stocktake.position)
    return kept.as_print(content, counted_as=stocktake.subject, number=copy, stamp=stamp)


def stocktake_stands(names: Sequence[str]) -> Stamp:
    """Return what prints of the report of `stocktake:<uuid>` bear now (`printing.standing`)."""
    one = Stocktake.objects.select_related("depot").filter(pk=UUID(names[0])).first()
    return STANDS if one is None or one.position is None else _stamp_of(one.depot, one.position)


def _stamp_of(depot: Depot, position: int) -> Stamp:
    return stamp_of(depot, reading.movement(depot.pk, position))


def keep_report(stocktake: Stocktake, *, language: str, site: str, by: User, at: datetime) -> KeptPaper:
    """Return the report of a posted stocktake as it was first printed; print it now, for ever, if it never was.

    Raises: as `stocktake_pdf` does.
    """
    assert stocktake.status == Status.POSTED, "what is not final is not kept"
    return kept.keep(
        stocktake.subject,
        form=Form.STOCKTAKE,
        language=language,
        make=lambda: _rendered(stocktake, books=True, language=language, site=site, at=at),
        by=by,
        at=at,
        depot=stocktake.depot_id,
        title=f"Biên bản kiểm kê {stocktake.number}",
    )


def _rendered(stocktake: Stocktake, *, books: bool, language: str, site: str, at: datetime) -> bytes:
    moment = stocktake.cut_off_at
    day = timezone.localdate(stocktake.finalised_at or at)
    depot = history.as_it_was(Depot, [stocktake.depot_id], at=moment)[stocktake.depot_id]
    unit = history.as_it_was(OrganisationUnit, [depot.unit_id], at=moment)[depot.unit_id]
    form = form_for(Form.STOCKTAKE, unit=unit.pk, on=day)
    members = list(stocktake.members.all())
    with translation.override(language):
        rows = report.rows(stocktake)
    posted = None if stocktake.position is None else reading.movement(stocktake.depot_id, stocktake.position)
    with translation.override("vi"):
        status = str(stocktake.get_status_display())
    has_prices = books and any(row.price is not None for row in rows)
    body, total = _body(rows, books=books, money=has_prices)
    local = timezone.localtime(moment)
    name = form.title or "Biên bản kiểm kê"
    number = stocktake.number or paper.DOTS
    chair = next((str(one) for one in members if one.role == Member.Role.CHAIR), "")
    signatures = form.signatures({"chair": chair}, above=printed_date(day))
    after: list[Flowable] = [Spacer(1, 3 * mm), paper.facts(_after(total))]
    explained = list(_explained(rows, below=[signatures])) if books else []
    story = [
        paper.heading(
            unit=unit.name, department=f"{depot.name} ({depot.code})", number=form.number, source=form.source
        ),
        paper.title(
            name,
            f"Thời điểm kiểm kê: {local.hour} giờ {local.minute:02d} {printed_date(local.date()).lower()}",
            f"Số: {number}",
            "" if posted else f"{NOT_POSTED} · {status}",
            code=code_of(posted, site=site) if posted and books else "",
        ),
        paper.facts(list(_facts(stocktake, depot, members)), columns=2),
        form.grid(
            body,
            width=paper.WIDE,
            money=has_prices,
            bold_rows=(-1,) if total else (),
            below=after if explained else [*after, signatures],
            by_hand=not books,
        ),
        *after,
        *explained,
        signatures,
    ]
    foot = foot_of(posted) if posted else f"Kiểm kê {stocktake.pk} · {status} · {NOT_POSTED.lower()}"
    is_cancelled = stocktake.status == Status.CANCELLED
    # A form to be filled in by hand says under its title that it is not posted: a pen needs the rest of the sheet.
    mark = "" if posted else CANCELLED if is_cancelled else NOT_POSTED if books else ""
    return paper.render(
        story,
        title=f"{name} {number}",
        foot=f"{foot} · {settings.ORGANISATION_NAME}",
        landscape=True,
        mark=paper.EXERCISE_MARK if depot.is_exercise else mark,
    )


def _facts(stocktake: Stocktake, depot: Depot, members: Sequence[Member]) -> Iterator[tuple[str, object]]:
    yield "Kho", f"{depot.name} ({depot.code})"
    codes = f": {', '.join(stocktake.codes)}" if stocktake.codes else ""
    yield "Phạm vi", f"{_SCOPES[Scope(stocktake.scope)]}{codes}"
    yield "Căn cứ", stocktake.basis or paper.DOTS
    yield "Lý do", stocktake.reason
    told = [
        f"{number}. {', '.join(part for part in (str(one), one.title) if part)}: {_ROLES[Member.Role(one.role)]}"
        for number, one in enumerate(members, start=1)
    ]
    yield "Ban (hội đồng) kiểm kê gồm", "\n" + "\n".join(told) if told else paper.DOTS


def _body(
    rows: Sequence[Row], *, books: bool, money: bool
) -> tuple[list[dict[str, object]], dict[str, Decimal] | None]:
    """Return the table's rows, and the sums of the columns in đồng where it has such, as its last row."""
    body = [_cells(row, books=books) for row in rows]
    if not books:
        numbers = range(len(rows) + 1, len(rows) + 1 + _BLANK_ROWS)
        body += [{"no": f"{number}\n\N{NO-BREAK SPACE}"} for number in numbers]
    if not money:
        return body, None
    sums = dict.fromkeys(("book_amount", "counted_amount", "surplus_amount", "shortage_amount"), Decimal(0))
    for row in rows:
        for name, amount in _amounts(row).items():
            sums[name] += amount
    body.append({"goods": "Cộng", **{name: paper.number(amount) for name, amount in sums.items()}})
    return body, sums


def _amounts(row: Row) -> dict[str, Decimal]:
    """Return what a row is worth in whole đồng by column, nothing where it has no price or was not counted."""
    if row.price is None:
        return {}
    quantities = {"book_amount": row.book, "surplus_amount": row.surplus, "shortage_amount": row.shortage}
    if row.counted is not None:
        quantities["counted_amount"] = row.counted
    return {
        name: (quantity * row.price).quantize(_DONG, rounding=ROUND_HALF_UP) for name, quantity in quantities.items()
    }


def _cells(row: Row, *, books: bool) -> dict[str, object]:
    expires = f"HSD\N{NO-BREAK SPACE}{paper.day(row.expires_date)}" if row.expires_date else ""
    lot = ", ".join(part for part in (f"lô {row.lot}" if row.lot else "", expires) if part)
    goods = ", ".join(part for part in (row.name, row.specification) if part)
    cells: dict[str, object] = {
        "no": row.number,
        "goods": "\n".join(
            part for part in (goods, lot, f"ngăn {row.bin}, cấp {row.grade}", _read(row, books=books)) if part
        ),
        "code": row.item,
        "unit": row.unit,
    }
    if not books:
        return cells
    counted = {} if row.counted is None else {
        "counted": row.counted, "sound": row.sound, "poor": row.poor, "lost": row.lost,
    }  # fmt: skip
    differs = {"surplus": row.surplus, "shortage": row.shortage}
    filled = {name: quantity for name, quantity in differs.items() if quantity} | {"book": row.book}
    filled |= {name: quantity for name, quantity in counted.items() if quantity or name == "counted"}
    amounts = {name: amount for name, amount in _amounts(row).items() if amount or name != "surplus_amount"}
    amounts = {name: amount for name, amount in amounts.items() if amount or name != "shortage_amount"}
    return (
        cells
        | {"price": "" if row.price is None else paper.number(row.price)}
        | {name: paper.number(quantity, scale=row.scale) for name, quantity in filled.items()}
        | {name: paper.number(amount) for name, amount in amounts.items()}
    )


def _read(row: Row, *, books: bool) -> str:
    """Return what was read of a liquid fuel, and room to write it where it is still to be counted; "" of other goods.

    Litres of no told temperature prove nothing to who signs, and nobody can enter them from a sheet without it.
    """
    if not row.is_fuel:
        return ""
    if not books:
        return "đo được …… lít, nhiệt độ …… °C, khối lượng riêng …… kg/m³"
    if not {"litres", "temperature", "density"} <= row.measured.keys():
        return "lít ở 15 °C"
    litres, temperature, density = (
        paper.number(Decimal(row.measured[name])) for name in ("litres", "temperature", "density")
    )
    return f"lít ở 15 °C; đo được {litres} lít, {temperature} °C, {density} kg/m³"


def _after(total: dict[str, Decimal] | None) -> list[tuple[str, object]]:
    if total is None:
        return [("Ý kiến giải quyết số chênh lệch", paper.DOTS)]

    def told(name: str) -> str:
        return words(total[name], zero_tens=settings.ZERO_TENS)

    return [
        ("Tổng giá trị theo kiểm kê (viết bằng chữ)", told("counted_amount")),
        ("Thừa (viết bằng chữ)", told("surplus_amount")),
        ("Thiếu (viết bằng chữ)", told("shortage_amount")),
        ("Ý kiến giải quyết số chênh lệch", paper.DOTS),
    ]


def _explained(rows: Sequence[Row], *, below: Sequence[Flowable]) -> Iterator[Flowable]:
    """Yield, where lines differ or were left out, what was found about each; `below` comes after it."""
    told = [row for row in rows if row.surplus or row.shortage or row.is_left_out]
    if not told:
        return
    yield paper.grid(
        [("Dòng", "Chênh lệch", "Nguyên nhân, cách giải quyết")],
        [
            (
                row.number,
                "không kiểm kê" if row.is_left_out else _difference(row),
                ": ".join(part for part in (row.cause, row.note) if part),
            )
            for row in told
        ],
        widths=(15, 50, paper.WIDE - 65),
        align="cll",
        below=below,
    )


def _difference(row: Row) -> str:
    word, quantity = ("thừa", row.surplus) if row.surplus else ("thiếu", row.shortage)
    return f"{word} {paper.number(quantity, scale=row.scale)} {row.unit}"
