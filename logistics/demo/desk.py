"""One depot's desk: the papers its storekeeper might write on a day, each asking only for what is there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any, Final

from inventory.ledger.drafts import Draft, DraftLine
from inventory.ledger.entries import Posted
from inventory.ledger.models import Kind
from logistics.demo.calendar import moment, month_end, month_of, working_day
from logistics.demo.shelves import REGULAR, PileName, Shelves
from logistics.demo.tables import DEFAULT_BIN, Goods, Place, home_bin

RESERVE: Final = "SSCD"
UNUSABLE_GRADE: Final = 5
RESERVED_GROUPS: Final = {"QN-03", "QY-06", "XD-06", "DT-04"}  # part of these is kept for combat reserve
Want = tuple[Goods, Decimal]  # an item and how many base units of it


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """Like goods of one consignment on their way to a depot."""

    item: str
    lot: str
    grade: int
    purpose: str
    quantity: Decimal


class Desk:
    """Writes drafts for one depot. Every method returns None, or an empty list, where nothing fits."""

    def __init__(
        self,
        place: Place,
        *,
        catalogue: dict[str, Goods],
        words: dict[tuple[str, str], list[str]],
        shelves: Shelves,
        random: Random,
        next_serial: Callable[[Goods, date], str],
    ) -> None:
        self.place = place
        self.random = random
        self.shelves = shelves
        self._words = words
        self._next_serial = next_serial
        self._papers = 0
        self._orders: dict[tuple[str, int], int] = defaultdict(int)
        self.items = [catalogue[code] for code in place.items]
        self.norms = {item.code: place.norm(item) for item in self.items}
        self._by_branch: dict[str, list[Goods]] = defaultdict(list)
        for item in self.items:
            self._by_branch[item.branch].append(item)
        self._weights = {branch: [one.turnover for one in found] for branch, found in self._by_branch.items()}
        self._branch_weights = [sum(weights) for weights in self._weights.values()]
        self._durables = [item for item in self.items if item.is_durable]

    # --- goods in ---------------------------------------------------------------------------------------------

    def openings(self, day: date) -> list[Draft]:
        """Return what lies there when the books begin, one paper per branch."""
        drafts = []
        for found in self._by_branch.values():
            lines: list[DraftLine] = []
            for item in found:
                quantity = item.rounded(self.norms[item.code] * self._between("0.75", "1.10"))
                lines += self._arriving(item, quantity, day, is_opening=True)
                if item.group in RESERVED_GROUPS and not item.is_serial:
                    lines += self._arriving(
                        item, item.rounded(quantity / 4), day, is_opening=True, purpose=RESERVE, bin=home_bin(item)
                    )
            drafts.append(self._draft(Kind.OPENING, day, lines, reason="Số dư đầu kỳ"))
        return drafts

    def receipts(self, day: date, wants: Iterable[Want], *, days_late: int = 0) -> list[Draft]:
        """Return papers for goods delivered by suppliers, a branch and at most eight kinds to a paper."""
        by_branch: dict[str, list[Want]] = defaultdict(list)
        for item, quantity in wants:
            by_branch[item.branch].append((item, quantity))
        drafts = []
        for branch, found in by_branch.items():
            for start in range(0, len(found), 8):
                lines: list[DraftLine] = []
                for item, quantity in found[start : start + 8]:
                    lines += self._arriving(item, quantity, day)
                drafts.append(
                    self._draft(
                        Kind.RECEIPT,
                        working_day(day - timedelta(days=days_late)),
                        lines,
                        counterparty=self._word("supplier", branch),
                        reason=self._word("late_reason" if days_late else "receipt_reason"),
                        **self._order("LNK", day),
                    )
                )
        return drafts

    def transfer_in(self, day: date, consignment: str, parcels: Sequence[Parcel], *, is_short: bool) -> Draft:
        """Return the paper for a consignment that has arrived, whole or with something missing from one parcel."""
        short = self._shortage(parcels) if is_short else {}
        lines = [
            DraftLine(
                item=parcel.item,
                lot=parcel.lot,
                grade=parcel.grade,
                purpose=parcel.purpose,
                bin=self._bin_for(self._known(parcel.item)),
                quantity=parcel.quantity - short.get(index, Decimal(0)),
                scheduled_quantity=parcel.quantity,
                reason=self._word("short_reason") if index in short else "",
            )
            for index, parcel in enumerate(parcels)
        ]
        return self._draft(Kind.TRANSFER_IN, day, lines, consignment=consignment)

    def _shortage(self, parcels: Sequence[Parcel]) -> dict[int, Decimal]:
        for index, parcel in enumerate(parcels):
            missing = self._known(parcel.item).rounded(parcel.quantity * self._between("0.01", "0.04"))
            if missing < parcel.quantity:
                return {index: missing}
        return {}

    def give_back(self, day: date) -> Draft | None:
        """Return the paper for used goods that a unit brings back, grade 2."""
        chosen = self._some(self._durables, 3)
        lines = [
            DraftLine(
                item=item.code,
                quantity=item.rounded(self.norms[item.code] * self._between("0.005", "0.02")),
                grade=2,
                purpose="THU_HOI_XU_LY" if self.random.random() < 0.3 else REGULAR,
                bin=self._bin_for(item),
            )
            for item in chosen
        ]
        if not lines:
            return None
        return self._draft(
            Kind.RETURN, day, lines, counterparty=self._word("receiver"), reason=self._word("return_reason")
        )

    def _arriving(
        self, item: Goods, quantity: Decimal, day: date, *, is_opening: bool = False, **fields: Any
    ) -> list[DraftLine]:
        """Return the lines on which a quantity of an item comes in: by piece, by lot, in packages or loose."""
        fields.setdefault("bin", self._bin_for(item))
        fields["unit_price"] = (Decimal(item.price) * self._between("0.96", "1.04") / 100).to_integral_value() * 100
        if item.is_serial:
            return [
                DraftLine(item=item.code, quantity=Decimal(1), lot=self._next_serial(item, day), **fields)
                for _ in range(min(int(quantity), 6))
            ]
        if not item.is_tracked_by_lot:
            return [self._loose_or_packed(item, quantity, **fields)]
        shelf = item.shelf_life_days or 365
        ages = (0.55, 0.25) if is_opening else (0.06,)
        lines = []
        for age in ages:
            made = month_of(day - timedelta(days=int(shelf * age * self.random.uniform(0.5, 1.3))))
            lines.append(
                self._loose_or_packed(
                    item,
                    item.rounded(quantity / len(ages)),
                    lot=f"{made:%y%m}{self.random.choice('AB')}",
                    expires_date=month_end(made + timedelta(days=shelf)),
                    **fields,
                )
            )
        return lines

    def _loose_or_packed(self, item: Goods, quantity: Decimal, **fields: Any) -> DraftLine:
        unit, factor = item.packagings[-1] if item.packagings else ("", Decimal(1))
        packs = (quantity / factor).to_integral_value()
        if unit and packs >= 1 and self.random.random() < 0.4:
            fields["unit_price"] *= factor
            return DraftLine(item=item.code, quantity=packs, unit=unit, scheduled_quantity=packs, **fields)
        return DraftLine(item=item.code, quantity=quantity, scheduled_quantity=quantity, **fields)

    # --- goods out --------------------------------------------------------------------------------------------

    def issue(self, day: date, *, days_late: int = 0) -> Draft | None:
        """Return the paper for goods given out to a unit, one branch to a paper, lots left to first expired first out.

        A late one takes only what has not moved since its day: nothing later can then have lacked it.
        """
        branch = self.random.choices(list(self._by_branch), self._branch_weights)[0]
        count = self.random.choices((1, 2, 3, 4, 5, 6), (2, 4, 5, 4, 2, 1))[0]
        occurred = working_day(day - timedelta(days=days_late))
        lines = []
        for item in self.random.choices(self._by_branch[branch], self._weights[branch], k=count):
            moved = self.shelves.last_moved(self.place.code, item.code)
            if days_late and moved is not None and moved >= occurred:
                continue
            wanted = self._part(item, "0.03", "0.14")
            quantity = min(wanted, item.rounded(self.shelves.usable(self.place.code, item.code, day) / 2))
            if quantity > self.shelves.usable(self.place.code, item.code, day) or not self._claim(item):
                continue
            lines.append(DraftLine(item=item.code, quantity=quantity, scheduled_quantity=max(wanted, quantity)))
        if not lines:
            return None
        reason = self._word("late_reason" if days_late else "issue_reason")
        return self._draft(
            Kind.ISSUE, occurred, lines, counterparty=self._word("receiver"), reason=reason, **self._order("LXK", day)
        )

    def transfer_out(self, day: date, to_depot: str, wants: Iterable[Want]) -> Draft | None:
        """Return the paper for goods sent to another depot, as much of what it wants as can be spared."""
        lines = []
        for item, wanted in wants:
            spare = self.shelves.usable(self.place.code, item.code, day) * Decimal("0.4")
            if spare >= 1 and self._claim(item):
                lines.append(DraftLine(item=item.code, quantity=item.rounded(min(wanted, spare))))
        if not lines:
            return None
        return self._draft(
            Kind.TRANSFER_OUT, day, lines, to_depot=to_depot, reason="Điều chuyển theo lệnh", **self._order("LĐĐ", day)
        )

    def disposal(self, day: date) -> Draft | None:
        """Return the paper for what expired weeks ago or is beyond repair, decided in the meantime."""
        lines: list[DraftLine] = []
        is_expired = False
        for item in self.items:
            for pile, quantity in self.shelves.piles(self.place.code, item.code):
                old = self.shelves.days_expired(item.code, pile, day) > 40
                # What is beyond repair waits for its decision a few weeks.
                decided = pile.grade == UNUSABLE_GRADE and self.random.random() < 0.2
                if (old or decided) and self._claim(item):
                    is_expired = is_expired or old
                    lines.append(self._named(item, pile, quantity))
        if not lines:
            return None
        reasons = self._words["disposal_reason", ""]
        return self._draft(Kind.DISPOSAL, day, lines[:12], reason=reasons[0 if is_expired else -1])

    # --- within the depot -------------------------------------------------------------------------------------

    def relocation(self, day: date) -> Draft | None:
        """Return the paper for goods that move from where they were put down to their fixed place."""
        lines = []
        for item in self._some([one for one in self.items if one.tank is None], 6):
            target = home_bin(item)
            for pile, quantity in self.shelves.piles(self.place.code, item.code):
                if pile.bin == DEFAULT_BIN != target and self._claim(item):
                    moved = quantity if item.is_serial else item.rounded(quantity / 3)
                    if moved <= quantity:
                        lines.append(self._named(item, pile, moved, to_bin=target))
        return self._draft(Kind.RELOCATION, day, lines, reason=self._word("relocation_reason")) if lines else None

    def regrade(self, day: date) -> Draft | None:
        """Return the paper for goods that inspection has put into a lower grade."""
        lines = []
        for item in self._some(self._durables, 4):
            for pile, quantity in self.shelves.piles(self.place.code, item.code):
                moved = item.rounded(self.norms[item.code] * self._between("0.002", "0.01"))
                if pile.grade <= 3 and moved <= quantity and self._claim(item):
                    to_grade = UNUSABLE_GRADE if self.random.random() < 0.25 else pile.grade + 1
                    lines.append(self._named(item, pile, moved, to_grade=to_grade))
        return self._draft(Kind.REGRADE, day, lines, reason=self._word("regrade_reason")) if lines else None

    def repurpose(self, day: date) -> Draft | None:
        """Return the paper for goods put aside for combat reserve."""
        lines = []
        for item in self._some([one for one in self.items if one.group in RESERVED_GROUPS and not one.is_serial], 3):
            for pile, quantity in self.shelves.piles(self.place.code, item.code):
                moved = item.rounded(self.norms[item.code] * self._between("0.01", "0.03"))
                is_good = pile.grade == 1 and pile.purpose == REGULAR
                is_lasting = self.shelves.days_expired(item.code, pile, day) < 0
                if is_good and is_lasting and moved * 2 < quantity and self._claim(item):
                    lines.append(self._named(item, pile, moved, to_purpose=RESERVE))
        if not lines:
            return None
        return self._draft(
            Kind.REPURPOSE, day, lines, reason=self._word("repurpose_reason"), **self._order("QĐ-SSCĐ", day)
        )

    def adjustment(self, day: date) -> Draft | None:
        """Return the paper for what keeping has cost of loose goods, or for a few pieces too many."""
        is_loss = self.random.random() < 0.8
        fitting = [item for item in self.items if (item.scale == 3) is is_loss and not item.is_serial]
        lines = []
        for item in self._some(fitting, 3):
            piles = self.shelves.piles(self.place.code, item.code)
            if not piles or not self._claim(item):
                continue
            pile, quantity = piles[0]
            change = -(quantity * self._between("0.001", "0.003")).quantize(Decimal("0.1")) if is_loss else Decimal(1)
            if change:
                lines.append(self._named(item, pile, change))
        reason = self._word("loss_reason" if is_loss else "surplus_reason")
        return self._draft(Kind.ADJUSTMENT, day, lines, reason=reason) if lines else None

    # --- what follows from earlier papers ---------------------------------------------------------------------

    def settlement(self, day: date, consignment: str, missing: Parcel) -> Draft:
        """Return the paper that writes off what did not arrive of a consignment of this depot."""
        line = DraftLine(
            item=missing.item,
            lot=missing.lot,
            grade=missing.grade,
            purpose=missing.purpose,
            quantity=-missing.quantity,
        )
        return self._draft(Kind.ADJUSTMENT, day, [line], consignment=consignment, reason=self._word("settle_reason"))

    def reversal(self, day: date, mistaken: Posted) -> Draft:
        """Return the paper that undoes a movement of this depot, whole or its first line."""
        in_part = len(mistaken.lines) > 2 and self.random.random() < 0.4
        return self._draft(
            Kind.REVERSAL,
            day,
            (),
            reverses=mistaken.position,
            reverse_lines=[1] if in_part else None,
            reason=self._word("reversal_reason"),
        )

    # --- small change -----------------------------------------------------------------------------------------

    def low(self, day: date, items: Iterable[Goods]) -> list[Want]:
        """Return which of the items are running out, and how much would fill them up."""
        found = []
        for item in items:
            norm = self.norms[item.code]
            there = self.shelves.usable(self.place.code, item.code, day)
            if there < norm * Decimal("0.55"):
                found.append((item, item.rounded((norm - there) * self._between("0.9", "1.2"))))
        return found

    def spare(self, day: date, item: Goods) -> bool:
        """Return whether the depot has enough of an item to send some away."""
        norm = self.norms.get(item.code)
        return norm is not None and self.shelves.usable(self.place.code, item.code, day) > norm * Decimal("0.5")

    def _draft(self, kind: Kind, day: date, lines: Sequence[DraftLine], **fields: Any) -> Draft:
        self._papers += 1
        return Draft(
            depot=self.place.code,
            kind=kind,
            occurred_at=self._moment(day),
            key=f"demo-{self.place.code}-{self._papers:06d}",
            lines=tuple(lines),
            **fields,
        )

    def _moment(self, day: date) -> datetime:
        return moment(day, self.random)

    def _order(self, letters: str, day: date) -> dict[str, Any]:
        self._orders[letters, day.year] += 1
        ordered = day - timedelta(days=self.random.randrange(6))
        return {"order_number": f"{self._orders[letters, day.year]}/{letters}", "order_date": ordered}

    def _named(self, item: Goods, pile: PileName, quantity: Decimal, **fields: Any) -> DraftLine:
        return DraftLine(
            item=item.code,
            lot=pile.lot or None,
            bin=pile.bin,
            grade=pile.grade,
            purpose=pile.purpose,
            quantity=quantity,
            **fields,
        )

    def _claim(self, item: Goods) -> bool:
        return self.shelves.claim(self.place.code, item.code)

    def _known(self, code: str) -> Goods:
        return next(item for item in self.items if item.code == code)

    def _bin_for(self, item: Goods) -> str:
        if item.tank is None and self.random.random() < 0.65:
            return DEFAULT_BIN
        return home_bin(item)

    def _part(self, item: Goods, least: str, most: str) -> Decimal:
        if item.is_serial:
            return Decimal(1)
        return item.rounded(self.norms[item.code] * self._between(least, most))

    def _between(self, least: str, most: str) -> Decimal:
        low, high = Decimal(least), Decimal(most)
        return low + (high - low) * self.random.randrange(1_001) / 1_000

    def _some(self, items: Sequence[Goods], most: int) -> list[Goods]:
        return self.random.sample(items, min(self.random.randint(1, most), len(items)))

    def _word(self, kind: str, branch: str = "") -> str:
        return self.random.choice(self._words[kind, branch])
