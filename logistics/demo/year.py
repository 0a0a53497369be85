"""A year of movements through the one door every movement passes: `ledger.post`.

Depots work day by day; their papers are entered on the week's last evening, in one set for each who enters them.
What happens in a week follows from the stock the log itself reported after the week before. Everything is drawn from
one seeded source, so the same day of loading gives the same year, hash for hash.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from random import Random
from typing import Final

from inventory.ledger.drafts import Draft
from inventory.ledger.entries import Posted
from inventory.ledger.models import Kind
from inventory.ledger.periods import close_period
from inventory.ledger.posting import post
from logistics import sql
from logistics.accounts.models import User
from logistics.demo.calendar import evening, month_of, working_days
from logistics.demo.desk import Desk, Parcel, Want
from logistics.demo.shelves import Shelves
from logistics.demo.tables import Goods, Place, words

DAYS: Final = 365
OPEN_MONTHS: Final = 4  # the latest closed month lies this many before the running one
CLOSED_FROM_DAY: Final = 10  # of the month that follows
OWN_STOREKEEPERS: Final = {"K01": "thukho", "K02": "thukho02"}

Due = Callable[[date], list[Draft]]


class Year:
    """The simulation: desks that write papers, what is due on which day, and who enters it."""

    def __init__(
        self,
        places: Sequence[Place],
        catalogue: dict[str, Goods],
        users: dict[str, User],
        random: Random,
        *,
        today: date,
        days: int = DAYS,
    ) -> None:
        self.shelves = Shelves()
        self.posted: Counter[str] = Counter()
        self.lines = 0
        self.closed = 0
        self._random = random
        self._users = users
        self._today = today
        self._days = working_days(today - timedelta(days=days), today - timedelta(days=1))
        self._serials: Counter[str] = Counter()
        said = words()
        self._desks = {
            place.code: Desk(
                place,
                catalogue=catalogue,
                words=said,
                shelves=self.shelves,
                random=random,
                next_serial=self._next_serial,
            )
            for place in places
            if place.is_active
        }
        self._due: dict[date, list[Due]] = defaultdict(list)
        self._ordered: set[tuple[str, str]] = set()  # (depot, item) that a delivery is on its way for

    @property
    def desks(self) -> dict[str, Desk]:
        """The desks by depot."""
        return self._desks

    @property
    def days(self) -> int:
        """How many working days there are."""
        return len(self._days)

    def run(self, *, tell: Callable[[], None] | None = None) -> None:
        """Post the whole year; call `tell` after each day."""
        papers: list[Draft] = []
        counted = 0  # lines, when the planner's statistics were last taken
        for number, day in enumerate(self._days):
            if number == 0:
                papers += [draft for desk in self._desks.values() for draft in desk.openings(day)]
            else:
                papers += self._papers(number, day)
            if number == 0 or self._is_last_of_week(number):
                self._enter(papers, day)
                papers.clear()
                if self.lines > 2 * counted:
                    # Nothing is committed before the last day, so no autovacuum looks; plans would grow stale.
                    sql.run("ledger/refresh_statistics")
                    counted = self.lines
            self._close_month(number, day)
            if tell:
                tell()

    def _is_last_of_week(self, number: int) -> bool:
        following = self._days[number + 1] if number + 1 < len(self._days) else None
        return following is None or following.isocalendar().week != self._days[number].isocalendar().week

    # --- one day ----------------------------------------------------------------------------------------------

    def _papers(self, number: int, day: date) -> list[Draft]:
        drafts = [draft for due in self._due.pop(day, ()) for draft in due(day)]
        for desk in self._desks.values():
            self._reorder(desk, number, day)
            drafts += self._daily(desk, day)
            if desk.place.is_strategic:
                drafts += self._push(desk, number, day)
        return drafts

    def _daily(self, desk: Desk, day: date) -> list[Draft]:
        """Return what a depot writes of its own accord."""
        pace = {"strategic": 1.5, "operational": 1.5, "tactical": 0.8}[desk.place.level]
        if desk.place.code in OWN_STOREKEEPERS:
            pace += 1
        made = []
        for _ in range(int(pace + self._random.random())):
            late = self._random.randint(1, 6) if self._happens(0.03) else 0
            made.append(desk.issue(day, days_late=late))
        for chance, write in (
            (0.05, desk.give_back),
            (0.07, desk.relocation),
            (0.04, desk.regrade),
            (0.03, desk.repurpose),
            (0.04, desk.adjustment),
        ):
            if self._happens(chance):
                made.append(write(day))
        if day.weekday() == 0 and self._happens(0.5):
            made.append(desk.disposal(day))
        return [draft for draft in made if draft is not None]

    def _reorder(self, desk: Desk, number: int, day: date) -> None:
        """Order what runs out: from a depot above where one can spare it, else from suppliers. A fifth is looked at."""
        from_suppliers: list[Want] = []
        from_above: dict[str, list[Want]] = defaultdict(list)
        for item, quantity in desk.low(day, desk.items[number % 5 :: 5]):
            name = (desk.place.code, item.code)
            if name in self._ordered:
                continue
            self._ordered.add(name)
            source = None if desk.place.is_strategic or self._happens(0.4) else self._source(desk, item, day)
            if source:
                from_above[source].append((item, quantity))
            else:
                from_suppliers.append((item, quantity))
        for source, wants in from_above.items():
            self._later(number, 1, 3, partial(self._send, source, desk.place.code, wants))
        if from_suppliers:
            self._later(number, 2, 6, partial(self._receive, desk, from_suppliers))

    def _source(self, desk: Desk, item: Goods, day: date) -> str | None:
        able = [
            code
            for code, other in self._desks.items()
            if other is not desk and other.place.is_strategic and other.spare(day, item)
        ]
        return self._random.choice(able) if able else None

    def _push(self, desk: Desk, number: int, day: date) -> list[Draft]:
        """Return what a strategic depot sends out by plan; in the last days more, so that some is on the road now."""
        if not self._happens(0.7 if number >= len(self._days) - 4 else 0.06):
            return []
        to = self._random.choice([code for code, other in self._desks.items() if not other.place.is_strategic])
        fitting = [item for item in self._desks[to].items if item.code in desk.norms]
        chosen = self._random.sample(fitting, min(4, len(fitting)))
        wants = [(item, item.rounded(self._desks[to].norms[item.code] / 5)) for item in chosen]
        draft = desk.transfer_out(day, to, wants)
        return [draft] if draft else []

    def _send(self, source: str, to: str, wants: list[Want], day: date) -> list[Draft]:
        self._ordered -= {(to, item.code) for item, _ in wants}
        draft = self._desks[source].transfer_out(day, to, wants)
        return [draft] if draft else []

    def _receive(self, desk: Desk, wants: list[Want], day: date) -> list[Draft]:
        self._ordered -= {(desk.place.code, item.code) for item, _ in wants}
        late = self._random.randint(1, 6) if self._happens(0.04) else 0
        if (self._today - day).days < 25 and self._happens(0.05):
            late = self._random.randint(33, 45)  # its papers went astray; the month is still open
        return desk.receipts(day, wants, days_late=min(late, (day - self._days[0]).days - 1))

    # --- entering, and what follows -----------------------------------------------------------------------------

    def _enter(self, drafts: list[Draft], day: date) -> None:
        """Post papers in the evening of a day, each storekeeper their own depot's, the branch program the others'."""
        by_login: dict[str, list[Draft]] = defaultdict(list)
        for draft in sorted(drafts, key=lambda one: (one.occurred_at, one.depot, one.key)):
            by_login[OWN_STOREKEEPERS.get(draft.depot, "lienthong")].append(draft)
        for login in sorted(by_login):
            posted = post(by_login[login], by=self._users[login], at=evening(day))
            self.shelves.read(posted)
            for movement in posted:
                self.posted[movement.kind] += 1
                self.lines += len(movement.lines)
                self._follow_up(movement, self._days.index(day))

    def _follow_up(self, movement: Posted, number: int) -> None:
        if movement.kind == Kind.TRANSFER_OUT:
            self._later(number, 1, 6, partial(self._arrive, movement))
        elif movement.kind == Kind.TRANSFER_IN:
            for line in movement.lines:
                missing = (line.scheduled_quantity or line.change) - line.change
                if missing > 0 and self._happens(0.7):
                    parcel = Parcel(
                        item=line.item, lot=line.lot, grade=line.grade, purpose=line.purpose, quantity=missing
                    )
                    self._later(number, 8, 15, partial(self._settle, movement.consignment, parcel))
        elif movement.kind == Kind.ISSUE and self._happens(0.005):
            self._later(number, 1, 2, partial(self._reverse, movement))

    def _arrive(self, sent: Posted, day: date) -> list[Draft]:
        together: dict[tuple[str, str, int, str], Decimal] = defaultdict(Decimal)
        for line in sent.lines:
            together[line.item, line.lot, line.grade, line.purpose] -= line.change
        parcels = [
            Parcel(item=item, lot=lot, grade=grade, purpose=purpose, quantity=quantity)
            for (item, lot, grade, purpose), quantity in together.items()
        ]
        return [self._desks[sent.to_depot].transfer_in(day, sent.name, parcels, is_short=self._happens(0.12))]

    def _settle(self, consignment: str, missing: Parcel, day: date) -> list[Draft]:
        return [self._desks[consignment.partition("/")[0]].settlement(day, consignment, missing)]

    def _reverse(self, mistaken: Posted, day: date) -> list[Draft]:
        return [self._desks[mistaken.depot].reversal(day, mistaken)]

    def _close_month(self, number: int, day: date) -> None:
        """Close the month before, once its late papers are in, as far as the demo's months are closed."""
        is_first_late_enough = day.day >= CLOSED_FROM_DAY > self._days[number - 1].day or (
            number > 0 and day.month != self._days[number - 1].month and day.day >= CLOSED_FROM_DAY
        )
        month = month_of(day, back=1)
        if is_first_late_enough and month_of(self._days[0]) <= month <= month_of(self._today, back=OPEN_MONTHS):
            for code in self._desks:
                close_period(code, month, by=self._users["chihuy"], at=evening(day) + timedelta(minutes=30))
                self.closed += 1

    def _next_serial(self, item: Goods, day: date) -> str:
        self._serials[item.code] += 1
        return f"{day:%y}-{self._serials[item.code]:05d}"

    def _later(self, number: int, least: int, most: int, due: Due) -> None:
        """Have something happen some working days on; what falls after the last day has not happened yet."""
        when = number + self._random.randint(least, most)
        if when < len(self._days):
            self._due[self._days[when]].append(due)

    def _happens(self, chance: float) -> bool:
        return self._random.random() < chance
