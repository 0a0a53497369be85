"""Two depots whose papers are one line and sixty lines long, with names as long as real ones and amounts as large."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from django.contrib.gis.geos import Point
from django.utils import timezone

from depots import access
from depots.models import Bin, Depot, Level, OrganisationUnit
from inventory.catalogue.codes import item_code
from inventory.catalogue.models import Item, Unit
from inventory.ledger.drafts import DraftLine
from inventory.ledger.entries import Posted
from inventory.ledger.models import Kind
from inventory.ledger.posting import post
from inventory.printing.models import RegimeChoice
from inventory.stocktakes import counting, planning, review, standing
from inventory.stocktakes.counting import Counted
from inventory.stocktakes.models import Cause, GradeColumn, Stocktake
from inventory.stocktakes.planning import AskedMember
from inventory.stocktakes.review import Ruling
from inventory.vouchers import inspecting, workflow
from inventory.vouchers.content import Content
from inventory.vouchers.models import Inspection, Status, Voucher
from logistics.accounts.models import Assignment, Role, User
from logistics.history import Source
from tests import factories

LENGTHS = {1: "K01", 60: "K60"}
GOODS = [
    ("Gạo tẻ thường loại 1, 5 % tấm, vụ Đông Xuân", "bao PP có lót PE 50 kg, độ ẩm không quá 14 %", "KGM", 15_500),
    ("Bộ dụng cụ cấp dưỡng dã ngoại cấp tiểu đội", "nồi quân dụng 20 lít, chảo gang, muôi vợt inox", "SET", 4_385_000),
    ("Dầu điêzen 0,05S mức 3", "DO 0,05S-III, TCVN 5689:2018", "LTR", 19_870),
    ("Paracetamol 500 mg, viên nén", "vỉ 10 viên, hộp 10 vỉ", "BX", 42_500),
    ("Máy phát điện điêzen 3 pha, cách âm", "20 kVA, 380 V, kèm tủ chuyển nguồn tự động", "EA", 245_600_000),
    ("Băng cuộn y tế", "10 cm × 5 m", "EA", 6_200),
    ("Màn tuyn cá nhân chống muỗi có viền che chân", "190 × 90 × 150 cm", "EA", 118_000),
    ("Lương khô BB-702 khẩu phần một ngày", "thùng 40 phong, hạn 24 tháng", "BX", 1_264_000),
    ("Lốp ô tô tải kèm săm và yếm", "9.00R20, 16 lớp bố", "SET", 7_450_000),
    ("Giường sắt một tầng tháo lắp được", "1.900 × 900 × 450 mm, sơn tĩnh điện", "EA", 1_890_000),
]  # name, specification, unit, price


@dataclass(frozen=True, kw_only=True)
class Papers:
    """What was done in one depot: each of it has as many lines as the depot's papers have."""

    lines: int
    depot: Depot
    keeper: User
    receipt: Posted
    issue: Posted
    transfer: Posted
    inner: Posted
    inspection: Inspection
    stocktake: Stocktake
    mistaken: Posted
    draft: UUID
    item: Item  # whose card has so many lines

    @property
    def goods(self) -> set[str]:
        """The codes of what was received."""
        return {line.item for line in self.receipt.lines}


def choose(regime: str) -> None:
    """Let the whole site print a regime's forms."""
    with factories.telling():
        RegimeChoice.objects.update_or_create(unit=None, valid_from=None, defaults={"regime": regime})


def make() -> dict[int, Papers]:
    """Make the world and everything that is printed of it, by the length of its papers."""
    poster = factories.world()
    unit = _unit_and_lists()
    chief = person("chihuy", Role.APPROVER, rank="Đại tá", full_name="Hoàng Đình Phùng Khắc Chương")
    items = _items()
    return {lines: _papers(lines, code, unit, items, poster, chief) for lines, code in LENGTHS.items()}


def person(login: str, role: str, *, depot: Depot | None = None, **fields: Any) -> User:
    """Make somebody who has a role, with rank and name from the first day: papers print the names of their day."""
    with factories.telling():
        user = User.objects.create_user(login, None, **fields)
        Assignment.objects.create(user=user, role=role, depot=depot)
    return user


def _unit_and_lists() -> OrganisationUnit:
    with factories.telling():
        Unit.objects.create(code="SET", name="bộ", name_en="set", kind="measure", scale=0)
        for grade, column in [(1, "good"), (2, "good"), (3, "poor"), (4, "poor"), (5, "lost")]:
            GradeColumn.objects.create(grade_id=grade, column=column)
        cause = "ghi nhầm khi cân đong, đã đối chiếu phiếu gốc"
        Cause.objects.create(code="GHI_NHAM", name=cause, name_en="weighed wrong", use="both")
        return OrganisationUnit.objects.create(
            code="G11.07", name="Cục Hậu cần - Kỹ thuật, Bộ Tư lệnh Quân khu mẫu", level=Level.OPERATIONAL,
            parent=OrganisationUnit.objects.get(code="G11"), valid_from=date(2000, 1, 1),
        )  # fmt: skip


def _depot(code: str, unit: OrganisationUnit) -> Depot:
    with factories.telling():
        depot = Depot.objects.create(
            code=code, name="Kho tổng hợp mẫu số 1 khu vực phía Bắc", unit=unit, level=Level.OPERATIONAL,
            address="Thôn Mẫu, xã Thử Nghiệm, huyện Ví Dụ, tỉnh Mẫu", coordinates=Point(105.8, 21.0, srid=4326),
            opened_date=date(2000, 1, 1),
        )  # fmt: skip
        for number, name in enumerate(("A-01", "A-02-KE-03")):
            Bin.objects.create(depot=depot, code=name, is_default=number == 0)
    return depot


def _items() -> list[Item]:
    found = []
    for number in range(60):
        name, specification, unit, _price = GOODS[number % len(GOODS)]
        size = f", loại {number // len(GOODS) + 1}" if number >= len(GOODS) else ""
        found.append(
            factories.an_item(
                item_code("QN", 1, 100 + number), tracking="lot", unit=unit, name=f"{name}{size}",
                specification=specification,
            )
        )  # fmt: skip
    return found


def _papers(lines: int, code: str, unit: OrganisationUnit, items: list[Item], poster: User, chief: User) -> Papers:
    depot, other = _depot(code, unit), _depot(f"{code}-B", unit)
    keeper = person(
        f"thukho-{code.lower()}", Role.STOREKEEPER, depot=depot, rank="Thiếu úy QNCN",
        full_name="Trần Nguyễn Quang Minh",
    )  # fmt: skip
    start = timezone.now() - timedelta(days=9)
    chosen = items[:lines]

    def told(kind: str, quantity: str, *, day: float, **fields: Any) -> Posted:
        header = {name: fields.pop(name) for name in tuple(fields) if name in _HEADER}
        made = [_line(kind, number, item, quantity, **fields) for number, item in enumerate(chosen)]
        return _post(poster, kind, code, made, start + timedelta(days=day), **header)

    receipt = told(
        "receipt", "480", day=0, counterparty="Công ty cổ phần Lương thực và Thương mại tổng hợp Mẫu",
        order_number="1205/LNK-HCKT", order_date=date(2026, 2, 5), reason="Nhập hàng theo hợp đồng số 27/2026/HĐ-HC",
    )  # fmt: skip
    issue = told(
        "issue", "36", day=1, counterparty="Trung úy Lê Văn Thành, Tiểu đoàn 2, Trung đoàn bộ binh mẫu",
        order_number="318/LX", order_date=date(2026, 11, 2), reason="Bảo đảm huấn luyện, diễn tập quý IV năm 2026",
    )  # fmt: skip
    transfer = told(
        "transfer_out", "24", day=2, to_depot=other.code, counterparty="Thượng sĩ Phạm Văn Đức",
        order_number="77/LĐĐ", order_date=date(2026, 11, 3),
    )  # fmt: skip
    inner = told("relocation", "12", day=3, order_number="09/QĐ-K")
    mistaken = _post(
        poster, "issue", code, [factories.a_line(chosen[0], "5")], start + timedelta(days=3.5), counterparty="Đại đội 3"
    )
    _post(
        poster, "reversal", code, [], start + timedelta(days=3.6), reverses=mistaken.position, reason="Ghi nhầm đơn vị"
    )
    _many(lines, code, chosen[0], poster, start + timedelta(days=4))
    return Papers(
        lines=lines, depot=depot, keeper=keeper, receipt=receipt, issue=issue, transfer=transfer, inner=inner,
        inspection=_inspection(receipt, keeper), stocktake=_stocktake(depot, keeper, poster, chief),
        mistaken=mistaken, draft=_draft(keeper, code, chosen), item=chosen[0],
    )  # fmt: skip


_HEADER = {"counterparty", "order_number", "order_date", "reason", "to_depot", "reverses"}


def _line(kind: str, number: int, item: Item, quantity: str, **fields: Any) -> DraftLine:
    price = Decimal(GOODS[number % len(GOODS)][3])
    given: dict[str, Any] = dict(fields)
    if kind == "receipt":
        given |= {
            "lot": f"LO-2026-{number + 1:03}", "expires_date": date(2030, 6, 30), "unit_price": price,
            "scheduled_quantity": Decimal(quantity) + number % 3,
        }  # fmt: skip
    elif kind in {"issue", "transfer_out"}:
        given |= {"unit_price": price, "scheduled_quantity": Decimal(quantity) if kind == "issue" else None}
    elif kind == "relocation":
        given |= {"bin": "A-01", "to_bin": "A-02-KE-03", "lot": f"LO-2026-{number + 1:03}",
                  "expires_date": date(2030, 6, 30), "grade": 1, "purpose": "THUONG_XUYEN"}  # fmt: skip
    return factories.a_line(item, quantity, **given)


def _post(by: User, kind: str, code: str, lines: list[DraftLine], at: datetime, **header: Any) -> Posted:
    draft = factories.a_draft(kind, code, *lines, occurred_at=at, **header)
    (posted,) = post([draft], by=by, at=at + timedelta(hours=1))
    return posted


def _many(count: int, code: str, item: Item, poster: User, at: datetime) -> None:
    """Post so many more movements of an item that its card, which has eight lines already, is long too."""
    drafts = [
        factories.a_draft(
            "issue", code, factories.a_line(item, "2"), occurred_at=at + timedelta(minutes=number),
            counterparty=f"Tiểu đoàn {number % 9 + 1}, Trung đoàn bộ binh mẫu",
        )
        for number in range(count)
    ]  # fmt: skip
    post(drafts, by=poster, at=at + timedelta(days=1))


def _inspection(receipt: Posted, keeper: User) -> Inspection:
    at = timezone.now()
    place = access.depot_for_posting(keeper, receipt.depot)
    asked = inspecting.Asked(
        inspected_at=at - timedelta(hours=1), basis="Hợp đồng số 27/2026/HĐ-HC; phiếu giao hàng kèm theo",
        method="Cân, đếm, xem bao bì", conclusion="Đúng quy cách, phẩm chất; đề nghị nhập kho.",
        council=[
            inspecting.Seat(name="Đỗ Văn Mẫu", title="Đại úy, trợ lý kỹ thuật", side="bên nhận"),
            inspecting.Seat(name="Bùi Thị Thử", title="nhân viên giao hàng", side="bên giao"),
            inspecting.Seat(name="Vũ Hữu Nghiệm", title="Trung úy, nhân viên kiểm nghiệm", side="bên nhận"),
        ],
        lines=[
            inspecting.Found(entry=one.line.entry_no, good=str(one.received), bad=str(one.bad), note="")
            for one in inspecting.entries_of(receipt)
        ],
    )  # fmt: skip
    name = uuid4()
    row = inspecting.write(
        name, asked, position=receipt.position, place=place, version=0, by=keeper, at=at, source=Source.WEB
    )
    return inspecting.finish(name, place=place, version=row.version, by=keeper, at=at, source=Source.WEB)


def _stocktake(depot: Depot, keeper: User, counter: User, chief: User) -> Stocktake:
    """Count a depot: the first line is short, the last is over, the rest agree; it is posted."""
    at, door = timezone.now() - timedelta(hours=3), Source.WEB
    one = planning.plan(
        planning.Asked(
            depot=depot.code, reason="Kiểm kê thường kỳ quý IV năm 2026", basis="Quyết định số 45/QĐ-K ngày 01/11/2026",
            members=[
                AskedMember(name="Lê Hữu Trác", rank="Trung tá", title="Chủ nhiệm hậu cần", role="chair"),
                AskedMember(name="Ngô Thị Sĩ", rank="Đại úy", title="Trợ lý tài chính", role="secretary"),
                AskedMember(name="Trần Nguyễn Quang Minh", rank="Thiếu úy QNCN", title="Thủ kho", role="member"),
            ],
        ),
        stocktake_id=uuid4(), by=keeper, at=at, source=door,
    )  # fmt: skip
    planning.open_sheet(one.pk, by=keeper, at=at, source=door)
    lines = standing.of(one).lines
    counted_at = at + timedelta(minutes=30)
    told = [
        Counted(key=uuid4(), line=line.id, quantity=line.book_at_cut_off + change, counted_at=counted_at)
        for number, line in enumerate(lines)
        for change in (Decimal(-2 if number == 0 else 3 if number == len(lines) - 1 else 0),)
    ]
    for start in range(0, len(told), 50):
        counting.count(one.pk, told[start : start + 50], by=counter, at=counted_at)
    review.end_counting(one.pk, by=keeper, at=at + timedelta(hours=1), source=door)
    waits = [Ruling(line=line.id, action="book", cause="GHI_NHAM") for line in standing.of(one).unsettled]
    review.decide(one.pk, waits, by=keeper, at=at + timedelta(hours=1), source=door)
    return review.finalise(one.pk, by=chief, at=at + timedelta(hours=2), source=door)


def _draft(keeper: User, code: str, items: list[Item]) -> UUID:
    lines = [
        {"id": f"l{number}", "item": item.code, "quantity": "3", "scheduled_quantity": "3", "unit_price": "125000"}
        for number, item in enumerate(items)
    ]
    said = Content(kind=str(Kind.ISSUE), counterparty="Tiểu đoàn 5", occurred_at=timezone.now(), lines=lines)
    made = workflow.save(
        uuid4(), said, place=access.depot_for_posting(keeper, code), version=0, by=keeper, at=timezone.now(),
        source=Source.WEB,
    )  # fmt: skip
    return made.pk


def with_voucher(papers: Papers, movement: Posted, *, chief: User) -> None:
    """Give a movement the voucher it came from, so that its paper names who approved it, twice."""
    at = timezone.now()
    second = person(
        f"duyet-{movement.depot.lower()}", Role.APPROVER, rank="Thượng tá", full_name="Đặng Trần Phương Hoài Thương"
    )
    with factories.telling():
        Voucher.objects.create(
            pk=uuid4(), depot=papers.depot, kind=movement.kind, status=Status.POSTED, position=movement.position,
            number=movement.number, made_by=papers.keeper, made_at=at, changed_by=papers.keeper, changed_at=at,
            submitted_by=papers.keeper, submitted_at=at, decided_by=chief, decided_at=at, seconded_by=second,
            seconded_at=at, needs_second=True, vehicle="Xe tải KAMAZ-43118, TM-12-34",
            source_documents="02: hóa đơn GTGT số 0012345, biên bản giao nhận",
        )  # fmt: skip
