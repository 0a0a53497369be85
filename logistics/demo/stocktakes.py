"""The demo's stocktakes: one of K02 that was finalised, with a shortage decided on; one of K01 being counted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Final
from uuid import UUID, uuid5

from django.db.models import Count

from depots.models import Depot
from inventory.catalogue.models import Item
from inventory.ledger.models import Holding
from inventory.stocktakes import counting, planning, review, standing
from inventory.stocktakes.counting import Counted
from inventory.stocktakes.models import Member, Scope, Stocktake
from inventory.stocktakes.planning import Asked, AskedMember
from inventory.stocktakes.review import Ruling
from inventory.stocktakes.standing import LineStanding
from logistics.demo.calendar import evening, working_day
from logistics.history import Source

if TYPE_CHECKING:
    from logistics.accounts.models import User

_NAMES: Final = UUID("3f1a0a52-6c1e-5b0e-9d6a-0c5b8f0f7a11")
_FEW: Final = 4  # piles: a bin with fewer shows too little
_SHORT: Final = Decimal(1)


def make(users: dict[str, User], *, today: date) -> None:
    """Count a bin of K02 whole and finalise it, and half a bin of K01; where no bin holds enough, do nothing.

    All of it on the evening of the last working day, after whatever else was entered then.
    """
    at = evening(working_day(today - timedelta(days=1))) + timedelta(hours=2)
    keeper, other, chief = users["thukho"], users["thukho02"], users["chihuy"]
    council = [
        AskedMember(name="Lê Văn Mẫu", title="Chủ nhiệm kho", role=Member.Role.CHAIR, user="chihuy"),
        AskedMember(name="Ngô Văn Mẫu", rank="Thiếu tá", title="Trợ lý quân nhu", role=Member.Role.SECRETARY),
    ]
    done = _open("K02", "finalised", reason="Kiểm kê đột xuất (mẫu)", council=council, by=chief, at=at)
    if done is not None:
        lines = standing.of(done).lines
        _count(done, lines, by=other, at=at)
        review.end_counting(done.pk, by=chief, at=at, source=Source.COMMAND)
        rulings = [
            Ruling(line=line.id, action="book", cause="DONG_GOI", note="Thiếu trong kiện nguyên đai (mẫu)")
            for line in standing.of(done).unsettled
        ]
        if rulings:
            review.decide(done.pk, rulings, by=other, at=at, source=Source.COMMAND)
        review.finalise(done.pk, by=users["chihuy02"], at=at, source=Source.COMMAND)
    running = _open("K01", "running", reason="Kiểm kê quý (mẫu)", council=council, by=chief, at=at)
    if running is not None:
        lines = standing.of(running).lines
        _count(running, lines[: len(lines) // 2], by=keeper, at=at)


def _open(
    code: str, name: str, *, reason: str, council: Sequence[AskedMember], by: User, at: datetime
) -> Stocktake | None:
    """Plan and open a stocktake of the smallest bin of a depot that holds enough; None where there is none."""
    depot = Depot.objects.get(code=code)
    shelves = (
        Holding.objects.filter(depot=depot, is_stocked=True, bin__is_active=True, bin__kind="shelf")
        .values("bin__code")
        .annotate(piles=Count("*"))
        .filter(piles__gte=_FEW)
        .order_by("piles", "bin__code")
    )
    found = shelves.first()
    if found is None:
        return None
    asked = Asked(
        depot=code, reason=reason, scope=Scope.BINS, codes=[found["bin__code"]], basis="KH 12/HC (mẫu)", members=council
    )
    key = uuid5(_NAMES, f"{name} {code}")
    one = planning.plan(asked, stocktake_id=key, by=by, at=at, source=Source.COMMAND)
    return planning.open_sheet(one.pk, by=by, at=at, source=Source.COMMAND)


def _count(one: Stocktake, lines: Sequence[LineStanding], *, by: User, at: datetime) -> None:
    """Count lines as the books say, but for the first that may be short: it lacks one."""
    promised = set(Holding.objects.filter(depot=one.depot_id, allocated__gt=0).values_list("pk", flat=True))
    short = next(
        (
            line.id
            for line in lines
            if line.tracking != Item.Tracking.SERIAL and line.holding_id not in promised and _there(line) > _SHORT
        ),
        None,
    )
    counts = [
        Counted(
            key=uuid5(_NAMES, f"{one.pk} {line.number}"),
            line=line.id,
            quantity=_there(line) - (_SHORT if line.id == short else 0),
            counted_at=at,
        )
        for line in lines
    ]
    counting.count(one.pk, counts, by=by, at=at)


def _there(line: LineStanding) -> Decimal:
    return line.book_at_cut_off
