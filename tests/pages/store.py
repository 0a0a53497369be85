"""A small store for looking at pages: two depots and a third nobody here may see, goods, a week of movements."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID, uuid4

from django.utils import timezone

from depots import access
from depots.models import Bin, Depot, Tank
from inventory.catalogue.codes import item_code
from inventory.catalogue.models import Item
from inventory.ledger.entries import Posted
from inventory.openings import bringing
from inventory.reports import packs
from inventory.requisitions import asking, orders
from inventory.requisitions.asking import Asked, AskedLine
from inventory.requisitions.orders import OrderDraft, OrderDraftLine
from inventory.signing import scans
from inventory.sourcing import plans
from inventory.sourcing.needs import TypedNeed
from inventory.stocktakes import counting, planning, review, standing
from inventory.stocktakes.counting import Counted
from inventory.stocktakes.models import Cause
from inventory.vouchers import inspecting, workflow
from inventory.vouchers.content import Content
from logistics.accounts.models import Role, User
from logistics.history import Source
from tests import factories
from tests.signing import keys

PASSWORD = "một mật khẩu đủ dài để thử"
NASTY = 'Sữa & <img src=x onerror="alert(1)"> hộp'


@dataclass
class Store:
    """What the tests name."""

    keeper: User  # storekeeper of K01
    planner: User  # sees K01 and K02
    stranger: User  # storekeeper of K99
    administrator: User
    catalogue_keeper: User
    auditor: User  # of the whole store
    program: User
    k01: Depot
    k02: Depot
    k99: Depot
    rice: Item
    milk: Item
    receipt: Posted
    issue: Posted
    transfer: Posted
    arrival: Posted
    mistaken: Posted
    reversal: Posted
    voucher: UUID  # a draft of K01
    pack: UUID  # a closed meeting pack of K01
    requisition: UUID  # of K01's unit, approved: part of it is promised by K02
    unsubmitted: UUID  # a draft of K01's storekeeper
    order: UUID  # to K01, nothing done yet
    upload: UUID  # a file brought for K01, with an error in it
    stocktake: UUID  # of K01, counted in part and being reviewed
    planned: UUID  # a stocktake of one bin of K01, not opened yet
    plan: UUID  # to K01 of what only K01 has, so that K01's storekeeper sees it
    sourced: UUID  # to K01 of what K02 has, and more than that
    paper: int  # kept of K01's first movement, nobody signed it yet
    scan: UUID  # attached to it by K01's storekeeper
    inspection: UUID  # of K01's first movement, a draft


def a_store(*, fillers: int = 0, password: str | None = None) -> Store:
    """Make the store, with `fillers` further items in K01, a movement each; without a password nobody can sign in.

    Hashing passwords is slow on purpose, so only tests that sign in ask for them.
    """
    poster = factories.world()
    k01, k02, k99 = (factories.a_depot(code) for code in ("K01", "K02", "K99"))
    with factories.telling():
        Tank.objects.create(bin=Bin.objects.create(depot=k01, code="T-01", kind=Bin.Kind.TANK), capacity_litres=25_000)
    rice = factories.an_item(
        item_code("QN", 1, 1), tracking="lot", unit="KGM", name="Gạo tẻ", name_en="Rice", specification="bao 50 kg"
    )
    milk = factories.an_item(item_code("QN", 2, 2), tracking="none", unit="BX", name=NASTY)
    factories.a_packaging(rice, "BX", "25")

    def line(item: Item, quantity: str, **fields: object) -> object:
        return factories.a_line(item, quantity, **fields)

    receipt = factories.posting(
        poster, "receipt", "K01",
        line(rice, "1200", lot="L25-01", expires_date=date(2030, 6, 30), unit_price=Decimal("15500"),
             scheduled_quantity=Decimal("1250")),
        line(rice, "800.5", lot="L25-02", expires_date=date(2031, 1, 31), bin="A-02", unit_price=Decimal("15500")),
        line(milk, "240", unit_price=Decimal("312000.50")),
        days_ago=6, counterparty="Công ty Lương thực mẫu & con", order_number="12/LNK", order_date=date(2026, 2, 5),
    )  # fmt: skip
    issue = factories.posting(
        poster, "issue", "K01", line(rice, "100"), days_ago=4, counterparty="Tiểu đoàn 1", reason="Ăn tháng 11"
    )
    transfer = factories.posting(
        poster, "transfer_out", "K01", line(rice, "300"), days_ago=3, to_depot="K02", order_number="7/LDD"
    )
    arrival = factories.posting(
        poster, "transfer_in", "K02",
        line(rice, "250", lot="L25-01", expires_date=date(2030, 6, 30), reason="Thiếu hai bao"),
        days_ago=2, consignment=transfer.name,
    )  # fmt: skip
    mistaken = factories.posting(poster, "issue", "K01", line(milk, "7"), days_ago=1, counterparty="Đại đội 3")
    reversal = factories.posting(
        poster, "reversal", "K01", reverses=mistaken.position, reason="Ghi nhầm số lượng", days_ago=0.5
    )
    factories.posting(poster, "receipt", "K99", line(rice, "9", lot="L99", expires_date=date(2030, 1, 1)))
    for number in range(fillers):
        item = factories.an_item(item_code("QY", 1, number), name=f"Băng cuộn {number}")
        factories.posting(poster, "receipt", "K01", line(item, "10"))

    planner = factories.a_user("kehoach", role=Role.PLANNER, depot=k01, password=password)
    with factories.telling():
        planner.assignments.create(role=Role.PLANNER, depot=k02)
    keeper = factories.a_user("thukho", role=Role.STOREKEEPER, depot=k01, password=password)
    pack = _pack(k01, rice)
    draft = Content(kind="issue", counterparty="Tiểu đoàn 2", lines=[{"id": "l1", "item": rice.code, "quantity": "5"}])
    voucher = workflow.save(
        uuid4(), draft, place=access.depot_for_posting(keeper, "K01"), version=0, by=keeper, at=timezone.now(),
        source=Source.WEB,
    )  # fmt: skip
    requisition, unsubmitted, order = _requests(keeper, planner, rice)
    plan, sourced = _plans(planner, rice, milk)
    kept = keys.a_paper(k01, keeper)
    scan = scans.add(
        depot=k01, subject=keys.SUBJECT, name="Phiếu đã ký.pdf", content=keys.a_pdf(), by=keeper, at=timezone.now()
    )
    return Store(
        keeper=keeper,
        planner=planner,
        stranger=factories.a_user("nguoi-la", role=Role.STOREKEEPER, depot=k99, password=password),
        administrator=factories.a_user("quantri", role=Role.ADMINISTRATOR, password=password),
        catalogue_keeper=factories.a_user("danhmuc", role=Role.CATALOGUE_KEEPER, password=password),
        auditor=factories.a_user("kiemtoan", role=Role.AUDITOR, password=password),
        program=factories.a_user("lienthong", role=Role.STOREKEEPER, password=password, is_program=True),
        k01=k01, k02=k02, k99=k99, rice=rice, milk=milk, receipt=receipt, issue=issue, transfer=transfer,
        arrival=arrival, mistaken=mistaken, reversal=reversal, voucher=voucher.pk, pack=pack,
        requisition=requisition, unsubmitted=unsubmitted, order=order, plan=plan, sourced=sourced,
        stocktake=_stocktake(keeper, poster),
        planned=_planned(keeper),
        paper=kept.pk, scan=scan.pk, inspection=_inspection(keeper),
        upload=_upload(keeper, rice),
    )  # fmt: skip


def _inspection(keeper: User) -> UUID:
    """Return an inspection of K01's first movement whose council has not finished it."""
    asked = inspecting.Asked(
        inspected_at=timezone.now(), council=[inspecting.Seat(name=NASTY[:60], title="Đại úy")],
        lines=[inspecting.Found(entry=1, good="1200", note=NASTY)],
    )  # fmt: skip
    place = access.depot_for_posting(keeper, "K01")
    return inspecting.write(
        uuid4(), asked, position=1, place=place, version=0, by=keeper, at=timezone.now(), source=Source.WEB
    ).pk


def _plans(planner: User, rice: Item, milk: Item) -> tuple[UUID, UUID]:
    """Return two sourcing plans for K01: of what no other depot has, and of what K02 has some of."""
    asked = [(NASTY[:100], milk, "5"), ("Gạo cho K01", rice, "5000")]
    made = [
        plans.make(
            plans.Asked(
                name=name, depot="K01", needed_by_date=timezone.localdate(),
                needs=[TypedNeed(item=item.code, quantity=quantity)],
            ),
            by=planner, at=timezone.now(), source=Source.WEB,
        )
        for name, item, quantity in asked
    ]  # fmt: skip
    return made[0].pk, made[1].pk


def _requests(keeper: User, planner: User, rice: Item) -> tuple[UUID, UUID, UUID]:
    """Return an approved requisition for K01, served in part by an order of K02; a draft; an order of K01."""
    chief = factories.a_user("chuyet-yc", role=Role.APPROVER)
    now, door = timezone.now(), Source.WEB
    asked = Asked(
        unit="G11",
        to_depot="K01",
        needed_by_date=timezone.localdate(),
        basis="KH 12/HC",
        lines=[AskedLine(item=rice.code, quantity=Decimal(90), note=NASTY[:100])],
    )
    names = []
    for submits in (True, False):
        kept = asking.save(uuid4(), asked, version=0, by=keeper, at=now, source=door)
        if submits:
            asking.submit(kept.pk, version=kept.version, by=keeper, at=now, source=door)
            asking.approve(kept.pk, cuts={}, version=None, by=chief, at=now, source=door)
        names.append(kept.pk)
    (line,) = asking.Requisition.objects.get(pk=names[0]).lines.all()
    given = [
        OrderDraft(
            depot="K02",
            to_depot="K01",
            lines=[OrderDraftLine(item=rice.code, quantity=Decimal(10), requisition_line=line.pk)],
            basis=f"{orders.REQUISITION}{names[0]}",
            needed_by_date=timezone.localdate(),
        ),
        OrderDraft(
            depot="K01",
            to_unit="G11",
            lines=[OrderDraftLine(item=rice.code, quantity=Decimal(20))],
            basis="api:",
            needed_by_date=timezone.localdate(),
            reason=NASTY,
        ),
    ]
    _served, order = orders.give(given, by=planner, at=now)
    return names[0], names[1], order.pk


def _upload(keeper: User, rice: Item) -> UUID:
    """Bring a file of two rows, one of them wrong, for K01."""
    file = f"item,lot,expires_on,quantity\n{rice.code},L26-01,2031-06-30,25\n{rice.code},L26-02,2031-06-31,25 kg\n"
    depot = access.depot_for_posting(keeper, "K01")
    upload = bringing.take_in(
        file.encode(), "số dư đầu K01.csv", purpose="opening", depot=depot, by=keeper, at=timezone.now()
    )
    return upload.pk


def _stocktake(keeper: User, counter: User) -> UUID:
    """Count K01, all but a line: rice is short, milk counted twice and not alike, something was found."""
    with factories.telling():
        for code, use in [("GHI_NHAM", "both"), ("MAT", "shortage"), ("CHUA_DEM", "left_out")]:
            Cause.objects.create(code=code, name=f"vì {code}", name_en=f"because {code}", use=use)
    now, door = timezone.now(), Source.WEB
    asked = planning.Asked(
        depot="K01", reason=NASTY, members=[planning.AskedMember(name=NASTY, user=keeper.login, role="chair")]
    )
    one = planning.plan(asked, stocktake_id=uuid4(), by=keeper, at=now, source=door)
    planning.open_sheet(one.pk, by=keeper, at=now, source=door)
    lines = standing.of(one).lines
    counts = [(lines[0], "7"), (lines[0], "6.5"), (lines[1], "240")]
    told = [Counted(key=uuid4(), line=line.id, quantity=Decimal(text), counted_at=now) for line, text in counts]
    found = Counted(key=uuid4(), item=lines[1].item, bin="A-02", quantity=Decimal(3), counted_at=now)
    counting.count(one.pk, [*told, found], by=counter, at=now)
    review.end_counting(one.pk, by=keeper, at=now, source=door)
    return one.pk


def _planned(keeper: User) -> UUID:
    """Plan to count a bin of K01."""
    asked = planning.Asked(depot="K01", scope="bins", codes=["A-02"], reason="Kiểm kê ngăn A-02")
    return planning.plan(asked, stocktake_id=uuid4(), by=keeper, at=timezone.now(), source=Source.WEB).pk


def _pack(depot: Depot, item: Item) -> UUID:
    """Make and close a meeting pack of one depot; return its key."""
    maker, at = factories.a_user("lam-bo-hop", role=Role.PLANNER, depot=depot), timezone.now()
    made = packs.make(
        title="Giao ban", meeting_date=timezone.localdate(at), as_of=at, recorded_as_of=None, by=maker, at=at,
        parts=[f"/reports/turnover/?item={item.code}", "/reports/lateness/"],
    )  # fmt: skip
    packs.close(made, by=maker, at=at)
    return made.pk
