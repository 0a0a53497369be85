"""The stock card (thẻ kho): one item in one depot, what came, what went, what was left after each line."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from django.utils import timezone
from django.utils.translation import gettext as _

from depots import access
from depots.models import Depot
from inventory.availability.as_of import INSTANT, as_of
from inventory.availability.question import Question
from inventory.catalogue.models import Item
from inventory.ledger.chain import exact
from logistics import asking, sql, wire
from logistics.errors import Fault, Invalid, NotFound

if TYPE_CHECKING:
    from logistics.accounts.models import User

NO_LIMIT: Final = 2**31 - 1
Place = tuple[datetime, int, int]  # where a line stands on the card: occurred_at, position, line_no


@dataclass(frozen=True, kw_only=True, slots=True)
class CardLine:
    """One line of a card. `balance` is what the depot had of the item after it, over all its piles.

    `is_inside`: it only moved within the depot, from bin to bin or to another grade or purpose, which is neither in nor
    out. `reverses` is the position this line's movement takes back; `reversed_by` the one that took this line back.
    """

    position: int
    line_no: int
    change: Decimal
    balance: Decimal
    occurred_at: datetime
    recorded_at: datetime
    kind: str
    number: str
    counterparty: str
    order_number: str
    order_date: date | None
    reason: str
    to_depot: str
    consignment: str
    lot: str
    bin: str
    grade: int
    purpose: str
    is_inside: bool
    reverses: int | None
    reversed_by: int | None

    @property
    def inward(self) -> Decimal | None:
        """What came, or None."""
        return self.change if self.change > 0 and not self.is_inside else None

    @property
    def outward(self) -> Decimal | None:
        """What went, or None."""
        return -self.change if self.change < 0 and not self.is_inside else None

    @property
    def inside(self) -> Decimal | None:
        """By how much a pile within the depot grew or shrank while the depot did not, or None."""
        return self.change if self.is_inside else None

    def document(self) -> dict[str, Any]:
        """Return the line as the API spells it."""
        return {
            "position": self.position,
            "line_no": self.line_no,
            "number": self.number,
            "kind": self.kind,
            "occurred_at": wire.local(self.occurred_at),
            "recorded_at": wire.local(self.recorded_at),
            "counterparty": self.counterparty,
            "to_depot": self.to_depot,
            "consignment": self.consignment,
            "order_number": self.order_number,
            "order_date": wire.iso(self.order_date),
            "reason": self.reason,
            "lot": self.lot,
            "bin": self.bin,
            "grade": self.grade,
            "purpose": self.purpose,
            "in": None if self.inward is None else exact(self.inward),
            "out": None if self.outward is None else exact(self.outward),
            "inside": None if self.inside is None else exact(self.inside),
            "balance": exact(self.balance),
            "reverses": self.reverses,
            "reversed_by": self.reversed_by,
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class StockCard:
    """An item in a depot from one day to another, both included; quantities in the item's base unit.

    `lot` is the code of the one lot it is of, None for all of them together.

    closing = opening + inward − outward + changed_in − changed_out, of the whole time, also when `lines` is one page of
    it; `after` then names the last line when more follow. `changed_in` and `changed_out` are what changed its grade or
    purpose: as much of the one as of the other, because both stay in the depot.
    """

    item: Item
    depot: Depot
    from_date: date
    to_date: date
    opening: Decimal
    inward: Decimal
    outward: Decimal
    changed_in: Decimal
    changed_out: Decimal
    lines: tuple[CardLine, ...]
    after: Place | None
    lot: str | None = None

    @property
    def closing(self) -> Decimal:
        """What was left at the end of `to_date`."""
        return self.opening + self.inward - self.outward + self.changed_in - self.changed_out

    def document(self) -> dict[str, Any]:
        """Return the card as the API spells it, without the name of the next page."""
        return {
            "item": self.item.code,
            "name": self.item.name,
            "specification": self.item.specification,
            "unit": self.item.base_unit_id,
            "depot": self.depot.code,
            "depot_name": self.depot.name,
            "from": self.from_date.isoformat(),
            "to": self.to_date.isoformat(),
            "opening": exact(self.opening),
            "in": exact(self.inward),
            "out": exact(self.outward),
            "changed_in": exact(self.changed_in),
            "changed_out": exact(self.changed_out),
            "closing": exact(self.closing),
            "lines": [line.document() for line in self.lines],
        }


def stock_card(
    item: str,
    depot: str,
    *,
    by: User,
    at: datetime,
    from_date: date | None = None,
    to_date: date | None = None,
    lot: str | None = None,
    after: Place | None = None,
    limit: int = NO_LIMIT,
) -> StockCard:
    """Return the card of an item in a depot that `by` may read, lines by (occurred_at, position, line_no).

    Days are local. Without `to_date` it runs to the day of `at`, which is now; without `from_date` from the first day
    of that year. The opening comes from the nearest closed month, not from the start of the log. `after` is the last
    line of the page before; balances go on from there. With `lot` the card is of that lot alone, which may be one the
    depot never had.

    Raises:
        NotFound: the asker may know of no such depot, or there is no such item.
        Invalid: the first day is after the last, or after today.
    """
    depot_id = access.depot_for_reading(by, depot).id
    found = Item.objects.select_related("base_unit").filter(code=item).first()
    if found is None:
        raise NotFound(_("There is no item %(code)s.") % {"code": item[:40]})
    today = timezone.localdate(at)
    to_date = to_date or today
    from_date = from_date or to_date.replace(month=1, day=1)
    if from_date > to_date:
        raise Invalid([Fault("/query/from", "after-to", _("The card cannot start after it ends: swap the two days."))])
    if from_date > today:
        raise Invalid([Fault("/query/from", "in-the-future", _("Nothing is known of a day to come."))])

    from_at, until_at = asking.midnight(from_date), asking.midnight(to_date, days=1)
    if lot is None:
        before = as_of(Question(item=item, depot=depot), by=by, at=at, occurred=from_at - INSTANT)
        opening = sum((row.on_hand for row in before.rows), Decimal(0))
    else:
        of = {"depot_id": depot_id, "item_id": found.pk, "lot": lot, "from_at": from_at}
        ((opening,),) = sql.rows("availability/lot_before", of)
    after_at, after_position, after_line_no = after or ("-infinity", 0, 0)
    rows = sql.rows(
        "availability/stock_card",
        {
            "depot_id": depot_id,
            "item_id": found.pk,
            "from_at": from_at,
            "until_at": until_at,
            "after_at": after_at,
            "after_position": after_position,
            "after_line_no": after_line_no,
            "lot": lot,
            "page_size": min(limit + 1, NO_LIMIT),
        },
    )
    inward, outward, changed_in, changed_out = rows[0][:4]
    lines = tuple(
        _line(row[4:], opening=opening)
        for row in rows[:limit]
        if row[4] is not None  # one row of totals alone: none
    )
    return StockCard(
        item=found,
        depot=Depot.objects.select_related("unit").get(pk=depot_id),
        from_date=from_date,
        to_date=to_date,
        opening=opening,
        inward=inward,
        outward=outward,
        changed_in=changed_in,
        changed_out=changed_out,
        lines=lines,
        after=(lines[-1].occurred_at, lines[-1].position, lines[-1].line_no) if len(rows) > limit else None,
        lot=lot,
    )


def _line(row: tuple[Any, ...], *, opening: Decimal) -> CardLine:
    line = CardLine(**dict(zip((field.name for field in fields(CardLine)), row, strict=True)))
    return replace(line, balance=opening + line.balance)
