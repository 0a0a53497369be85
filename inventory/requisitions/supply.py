"""Where the goods of a requisition could come from: every depot's stock with every deduction, the nearest first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.utils import timezone

from depots.models import Depot
from inventory.ledger.drafts import Draft, DraftLine
from inventory.ledger.explaining import Explained, explain
from inventory.ledger.models import Kind
from inventory.ledger.weighing import look
from inventory.norms.models import ReserveNorm
from inventory.norms.shortfalls import Shortfall, compared, in_force
from inventory.requisitions.models import Requisition
from inventory.requisitions.progress import Standing
from logistics import sql
from logistics.accounts.models import User


@dataclass(frozen=True, slots=True, kw_only=True)
class Supply:
    """What one depot has for one line, in base units: on_hand = free + all the rest but `distance_km`."""

    depot: str
    name: str
    on_hand: Decimal
    allocated: Decimal
    disposal: Decimal
    expired: Decimal
    on_hold: Decimal
    reserve: Decimal
    other: Decimal
    free: Decimal
    distance_km: float | None


def of_lines(
    requisition: Requisition, lines: Sequence[Standing], depot_ids: Iterable[int], *, at: datetime
) -> dict[int, list[Supply]]:
    """Return by line number what the depots have of it, the nearest first; the receiving depot gives nothing.

    Depots of the other world (training or real) are left out. Two queries.
    """
    target = requisition.to_depot or requisition.unit.depots.order_by("code").first()
    is_exercise = requisition.to_depot.is_exercise if requisition.to_depot else False
    chosen = Depot.objects.filter(pk__in=list(depot_ids), is_exercise=is_exercise)
    if requisition.to_depot_id is not None:
        chosen = chosen.exclude(pk=requisition.to_depot_id)
    chosen = chosen.open_on(timezone.localdate(at))
    found: dict[int, list[Supply]] = {line.line_no: [] for line in lines}
    rows = sql.rows(
        "requisitions/supply",
        {
            "items": [line.item for line in lines],
            "grades": [line.grade for line in lines],
            "purposes": [requisition.purpose_id] * len(lines),
            "depots": list(chosen.values_list("pk", flat=True)),
            "lon": target.coordinates.x if target else None,
            "lat": target.coordinates.y if target else None,
            "today": timezone.localdate(at),
        },
        prepare=False,
    )
    for number, depot, name, on_hand, allocated, disposal, expired, on_hold, reserve, other, free, distance in rows:
        found[lines[number - 1].line_no].append(
            Supply(
                depot=depot,
                name=name,
                on_hand=on_hand,
                allocated=allocated,
                disposal=disposal,
                expired=expired,
                on_hold=on_hold,
                reserve=reserve,
                other=other,
                free=free,
                distance_km=distance,
            )
        )
    return found


def suggested(supplies: Sequence[Supply], wanted: Decimal) -> dict[str, Decimal]:
    """Return how much to take from which depot: the nearest that has all of it, else the nearest until it is met."""
    for one in supplies:
        if wanted and one.free >= wanted:
            return {one.depot: wanted}
    found = {}
    for one in supplies:
        if (part := min(one.free, wanted)) > 0:
            found[one.depot] = part
            wanted -= part
    return found


def proposed(
    requisition: Requisition,
    chosen: Sequence[tuple[Standing, str, Decimal]],
    *,
    by: User,
    at: datetime,
) -> dict[tuple[int, str], Explained]:
    """Return by (line number, depot) which lots would be promised, and why those: first expired, first out.

    Nothing is written.
    """
    depots = sorted({depot for _line, depot, _quantity in chosen})
    found: dict[tuple[int, str], Explained] = {}
    for depot in depots:
        mine = [(line, quantity) for line, one, quantity in chosen if one == depot]
        draft = Draft(
            depot=depot,
            kind=Kind.ISSUE,
            occurred_at=at,
            key="proposed",
            lines=[
                DraftLine(item=line.item, quantity=quantity, grade=line.grade, purpose=requisition.purpose_id)
                for line, quantity in mine
            ],
        )
        weighed = look([draft], by=by, at=at)
        if weighed.plan is None or not weighed.planned:
            continue
        for one in explain(weighed.plan, weighed.planned[0]):
            found[mine[one.entry_no - 1][0].line_no, depot] = one
    return found


def norms_of(requisition: Requisition, lines: Sequence[Standing], *, by: User, at: datetime) -> dict[str, Shortfall]:
    """Return by item the norm that holds for the receiving depot or the asking unit, with what is there of it."""
    today = timezone.localdate(at)
    norms = in_force(by=by, on=today).filter(
        item__code__in=[line.item for line in lines], purpose=requisition.purpose_id
    )
    own = norms.filter(depot=requisition.to_depot_id) if requisition.to_depot_id else norms.none()
    chosen: list[ReserveNorm] = [*norms.filter(unit=requisition.unit_id), *own]
    return {one.norm.item.code: one for one in compared(chosen, on=today)} if chosen else {}
