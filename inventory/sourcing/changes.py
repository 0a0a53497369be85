"""What has changed under a plan since it was solved: pile by pile, what was there, what is there now, who took it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from inventory.ledger.chain import exact
from inventory.sourcing import gathering
from inventory.sourcing.gathering import Destination
from inventory.sourcing.goods import AVAILABLE, Row
from inventory.sourcing.models import Plan
from logistics import sql
from logistics.accounts.rights import Right
from logistics.fields import told_quantity

if TYPE_CHECKING:
    from logistics.accounts.models import User


@dataclass(frozen=True, slots=True, kw_only=True)
class Taker:
    """What took from a pile since: a movement of its depot, or a promise (`position` 0) that `number` holds."""

    number: str
    kind: str
    actor: str
    at: datetime
    quantity: Decimal
    depot: str
    position: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """One pile of a plan whose stock is not what it was. `deduction`: why none of it may be promised now, "" else."""

    item: str
    depot: str
    lot: str
    expires_date: date | None
    grade: int
    purpose: str
    wanted: Decimal
    was: Decimal
    now: Decimal
    deduction: str
    takers: tuple[Taker, ...]

    @property
    def is_short(self) -> bool:
        """Tell whether the plan takes more than is there now."""
        return self.now < self.wanted

    def document(self) -> dict[str, Any]:
        """Return it as the API spells it."""
        return {
            "item": self.item,
            "depot": self.depot,
            "lot": self.lot,
            "grade": self.grade,
            "purpose": self.purpose,
            "wanted": exact(self.wanted),
            "was": exact(self.was),
            "now": exact(self.now),
            "short": self.is_short,
            "deduction": self.deduction,
            "taken_by": [
                {"number": one.number, "actor": one.actor, "quantity": exact(one.quantity)} for one in self.takers
            ],
        }

    @property
    def what(self) -> str:
        """What became of the pile, in the reader's language: depot, lot, then, now, and what the plan takes."""
        return _("%(depot)s, %(item)s lot %(lot)s: was %(was)s, now %(now)s; the plan takes %(wanted)s") % {
            "depot": self.depot,
            "item": self.item,
            "lot": self.lot or "—",
            "was": told_quantity(self.was),
            "now": told_quantity(self.now),
            "wanted": told_quantity(self.wanted),
        }

    def sentence(self) -> str:
        """Return `what`, and who took it."""
        takers = ", ".join(f"{one.number} ({one.actor}) {told_quantity(one.quantity)}" for one in self.takers)
        return f"{self.what} – {takers}" if takers else self.what


def changed_since(plan: Plan, *, by: User, at: datetime) -> list[Changed]:
    """Return the piles of a plan whose stock has changed since they were reckoned with, in the plan's order.

    Three queries beside those of the scope. What is there now counts as when solving: what may be promised.
    """
    wanted: dict[Any, Decimal] = defaultdict(Decimal)
    rows: dict[Any, Row] = {}
    for row in plan.sources:
        wanted[row.key] += row.quantity
        rows.setdefault(row.key, row)
    if not rows:
        return []
    to = Destination(plan.to_depot, plan.to_unit, plan.near)
    piles = gathering.gather({row.item for row in rows.values()}, to, by=by, at=at, right=Right.READ)
    there = {pile.key: pile for pile in piles}
    found = []
    for key, row in rows.items():
        pile = there.get(key)
        is_free = pile is not None and pile.deduction == AVAILABLE
        now = pile.on_hand - pile.allocated if pile is not None and is_free else Decimal(0)
        if now != row.there:
            found.append(
                Changed(
                    item=row.item,
                    depot=row.depot,
                    lot=row.lot,
                    expires_date=row.expires_date,
                    grade=row.grade,
                    purpose=row.purpose,
                    wanted=wanted[key],
                    was=row.there,
                    now=now,
                    deduction="" if pile is None or is_free else pile.deduction,
                    takers=(),
                )
            )
    return _with_takers(found, since=plan.solved_at)


def _with_takers(found: Sequence[Changed], *, since: datetime) -> list[Changed]:
    if not found:
        return []
    takers: dict[int, list[Taker]] = defaultdict(list)
    given = {
        "items": [one.item for one in found],
        "depots": [one.depot for one in found],
        "lots": [one.lot for one in found],
        "grades": [one.grade for one in found],
        "purposes": [one.purpose for one in found],
        "since": since,
    }
    for place, _what, depot, position, number, kind, actor, at, quantity in sql.rows("sourcing/taken_since", given):
        taker = Taker(number=number, kind=kind, actor=actor, at=at, quantity=quantity, depot=depot, position=position)
        takers[place - 1].append(taker)
    return [
        Changed(
            item=one.item, depot=one.depot, lot=one.lot, expires_date=one.expires_date, grade=one.grade,
            purpose=one.purpose, wanted=one.wanted, was=one.was, now=one.now, deduction=one.deduction,
            takers=tuple(takers[place]),
        )
        for place, one in enumerate(found)
    ]  # fmt: skip
