"""What is on the road: consignments line by line, and what receivers and settlements said of each.

A line is on the way until somebody said something of it. From then on what is left of it is a difference: it stays
on the road, with its age, until it is received as well or settled (glossary section 3, rule 5).
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from django.db.models import Q, QuerySet

from inventory.catalogue.models import Item
from inventory.ledger.models import ConsignmentLine, Kind, Movement, MovementLine
from logistics import sql

_NAME: Final = re.compile(r"(?:.*/depots/)?([^/\s]+)/(?:movements/)?([1-9][0-9]{0,17})/?(?:\?\S*)?")
_NUMBER: Final = re.compile(r"[A-Z]+-(.+)-[0-9]{4}-[0-9]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What one line of a receipt or settlement took off the road; negative: a surplus that was written on."""

    kind: str
    depot: str
    position: int
    number: str
    actor: str
    occurred_at: datetime
    quantity: Decimal
    reason: str
    is_undone: bool
    kg: Decimal | None  # of liquid fuel, where it was read

    @property
    def is_settlement(self) -> bool:
        """Tell whether the sender settled it, rather than the receiver taking it in."""
        return self.kind == Kind.ADJUSTMENT


@dataclass(frozen=True, slots=True, kw_only=True)
class RoadLine:
    """One line of a consignment. `in_transit` is negative where more arrived than was sent.

    Of liquid fuel the road holds litres at 15 °C; `kg_sent` is what they weighed by the sender's reading.
    """

    depot_id: int
    position: int
    line_no: int
    sender: str
    sender_name: str
    to_depot: str
    to_depot_name: str
    number: str
    order_number: str
    sent_at: datetime
    item: Item
    lot: str
    expires_date: date | None
    grade: int
    purpose: str
    sent: Decimal
    received: Decimal
    settled: Decimal
    in_transit: Decimal
    told: tuple[Told, ...]
    kg_sent: Decimal | None = None

    @property
    def name(self) -> str:
        """The consignment's name: depot/position of what sent it."""
        return f"{self.sender}/{self.position}"

    @property
    def state(self) -> str:
        """Where it stands: on-the-way, short, surplus or closed."""
        if not self.in_transit:
            return "closed"
        if self.in_transit < 0:
            return "surplus"
        return "short" if self.received or self.settled else "on-the-way"

    @property
    def difference(self) -> Decimal | None:
        """What came too few (negative) or too many; None while nothing was said, or nothing is open."""
        return -self.in_transit if self.state in {"short", "surplus"} else None

    @property
    def kg_received(self) -> Decimal | None:
        """What arrived weighed by the receivers' readings; None where nothing was read."""
        read = [one.kg for one in self.told if one.kg is not None and not one.is_undone]
        return sum(read, Decimal(0)) if read else None

    @property
    def kg_difference(self) -> Decimal | None:
        """What the readings at both ends differ by in kg; None while one of them is missing."""
        received = self.kg_received
        return None if received is None or self.kg_sent is None else received - self.kg_sent

    @property
    def reasons(self) -> list[Told]:
        """What stands of what was said, and says why."""
        return [one for one in self.told if one.reason and not one.is_undone]


@dataclass(frozen=True, slots=True, kw_only=True)
class Consignment:
    """Everything one transfer sent, whatever became of it."""

    lines: Sequence[RoadLine] = field(repr=False)

    @property
    def head(self) -> RoadLine:
        """Any of its lines, for what they share."""
        return self.lines[0]

    @property
    def open_lines(self) -> list[RoadLine]:
        """The lines that are not closed."""
        return [line for line in self.lines if line.in_transit]

    @property
    def arriving(self) -> list[RoadLine]:
        """The lines of which something can still arrive."""
        return [line for line in self.lines if line.in_transit > 0]

    @property
    def told(self) -> list[Told]:
        """The movements that said something of it, each once."""
        seen = {(one.depot, one.position): one for line in self.lines for one in line.told}
        return sorted(seen.values(), key=lambda one: (one.occurred_at, one.position))


def lines_of(rows: Iterable[ConsignmentLine]) -> list[RoadLine]:
    """Return lines with the paper they went on and what was said of them; two queries beside the rows' own, for
    liquid fuel one more.

    `rows` come with `chosen()`.
    """
    rows = list(rows)
    names = sorted({(row.depot_id, row.position) for row in rows})
    papers = {
        (depot_id, position): (number, order_number)
        for depot_id, position, number, order_number in Movement.objects.filter(pk__in=names).values_list(
            "depot_id", "position", "number", "order_number"
        )
    }
    told = _told(names)
    weighed = _kg_sent(sorted({(row.depot_id, row.position) for row in rows if row.item.fuel_group}))
    return [
        RoadLine(
            depot_id=row.depot_id,
            position=row.position,
            line_no=row.line_no,
            sender=row.depot.code,
            sender_name=row.depot.name,
            to_depot=row.to_depot.code,
            to_depot_name=row.to_depot.name,
            number=papers[row.depot_id, row.position][0],
            order_number=papers[row.depot_id, row.position][1],
            sent_at=row.sent_at,
            item=row.item,
            lot=row.lot.code,
            expires_date=row.lot.expires_date,
            grade=row.grade_id,
            purpose=row.purpose_id,
            sent=row.sent,
            received=row.received,
            settled=row.settled,
            in_transit=row.in_transit,
            told=tuple(told[row.depot_id, row.position, row.line_no]),
            kg_sent=weighed.get((row.depot_id, row.position, row.line_no)),
        )
        for row in rows
    ]


def chosen(rows: QuerySet[ConsignmentLine]) -> QuerySet[ConsignmentLine]:
    """Return lines with everything `lines_of` reads of them."""
    return rows.select_related("depot", "to_depot", "item__base_unit", "lot")


def consignments(names: Sequence[tuple[int, int]], *, to_depot: int | None = None) -> list[Consignment]:
    """Return consignments by (sender's id, position) in the order asked for; those that do not exist are left out."""
    rows = ConsignmentLine.objects.filter(_any_of(names))
    if to_depot is not None:
        rows = rows.filter(to_depot=to_depot)
    found: dict[tuple[int, int], list[RoadLine]] = defaultdict(list)
    for line in lines_of(chosen(rows).order_by("depot", "position", "line_no")):
        found[line.depot_id, line.position].append(line)
    return [Consignment(lines=found[name]) for name in names if name in found]


def arriving_count(depot_id: int) -> int:
    """Return how many consignments are on their way to a depot; one query over what is open."""
    open_lines = ConsignmentLine.objects.filter(to_depot=depot_id, in_transit__gt=0)
    return open_lines.values("depot", "position").distinct().count()


def named(text: str, *, to_depot: int) -> tuple[int, int] | None:
    """Return the consignment to a depot that a slip's text names: its number, K01/15, or its page's address.

    None where no consignment to this depot goes by that name.
    """
    text = unicodedata.normalize("NFC", text).strip()
    coming = ConsignmentLine.objects.filter(to_depot=to_depot)
    if found := _NAME.fullmatch(text):
        coming = coming.filter(depot__code__iexact=found[1], position=int(found[2]))
    elif found := _NUMBER.fullmatch(text.upper()):
        papers = Movement.objects.filter(depot__code__iexact=found[1], number=text.upper(), to_depot=to_depot)
        name = papers.values_list("depot_id", "position").first()
        if name is None:
            return None
        coming = coming.filter(depot=name[0], position=name[1])
    else:
        return None
    return coming.values_list("depot_id", "position").first()


def bins_left(consignment: Consignment) -> dict[int, str]:
    """Return, by line, the bin that its goods left first; one query."""
    head = consignment.head
    rows = MovementLine.objects.filter(depot=head.depot_id, position=head.position, consignment_line__isnull=False)
    found = rows.order_by("-line_no").values_list("consignment_line", "holding__bin__code")
    return {number: bin_code for number, bin_code in found if number is not None}


def _any_of(names: Sequence[tuple[int, int]]) -> Q:
    found = Q(pk__in=[])
    for depot_id, position in names:
        found |= Q(depot=depot_id, position=position)
    return found


def _told(names: Sequence[tuple[int, int]]) -> dict[tuple[int, int, int], list[Told]]:
    found: dict[tuple[int, int, int], list[Told]] = defaultdict(list)
    if not names:
        return found
    asked = {"depot_ids": [depot_id for depot_id, _ in names], "positions": [position for _, position in names]}
    for sender, position, line_no, *said in sql.rows("vouchers/told_of_consignments", asked):
        kind, depot, where, number, actor, occurred_at, quantity, reason, is_undone, kg = said
        found[sender, position, line_no].append(
            Told(
                kind=kind,
                depot=depot,
                position=where,
                number=number,
                actor=actor,
                occurred_at=occurred_at,
                quantity=quantity,
                reason=reason,
                is_undone=is_undone,
                kg=kg,
            )
        )
    return found


def _kg_sent(names: Sequence[tuple[int, int]]) -> dict[tuple[int, int, int], Decimal]:
    if not names:
        return {}
    asked = {"depot_ids": [depot_id for depot_id, _ in names], "positions": [position for _, position in names]}
    return {(sender, position, line_no): kg for sender, position, line_no, kg in sql.rows("vouchers/kg_sent", asked)}
