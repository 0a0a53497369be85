"""Opening a depot to learn in: places and goods like a real depot's, figures and lots made up.

Nothing can be taken out of a logbook, so a course never empties the depot of the one before it: each opens its own.
No real figure is copied, because whoever learns need not be allowed to know what the model depot holds.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial
from itertools import chain, islice, zip_longest
from random import Random
from typing import TYPE_CHECKING, Final

from django.db import transaction
from django.utils.translation import gettext as _

from depots.models import Bin, Depot
from inventory.catalogue.models import Item, Lot
from inventory.ledger.drafts import Draft, DraftLine
from inventory.ledger.known import local_date
from inventory.ledger.models import ConsignmentLine, DepotLog, Holding, Kind
from inventory.ledger.posting import post
from logistics import history
from logistics.accounts.models import Assignment, Role
from logistics.errors import NotFound, Precondition

if TYPE_CHECKING:
    from logistics.accounts.models import User

MOST_ITEMS: Final = 60  # enough for every exercise, and one screen still shows a branch
AGE: Final = timedelta(days=30)  # the books begin so long ago, for late entries and a month to close
PIECES: Final = 3
# Days from today to the last day of use: first expired first out has something to choose from, and something to skip.
LIVES: Final = ((1, 20), (2, 200), (3, 700))
EXPIRED: Final = (0, -15)
HELD: Final = 2
EVERY_EXPIRED, EVERY_HELD, EVERY_RESERVED = 6, 11, 9  # one item in so many
RESERVE: Final = "SSCD"


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """An exercise depot as it was opened."""

    depot: Depot
    bins: int
    items: int
    lines: int


def has_books(depot_id: int) -> bool:
    """Return whether a depot has a logbook or something on the road to it: whether it counts is then fixed."""
    return (
        DepotLog.objects.filter(depot_id=depot_id).exists()
        or ConsignmentLine.objects.filter(to_depot_id=depot_id).exists()
    )


@transaction.atomic
def open_exercise(
    code: str,
    *,
    like: str,
    name: str = "",
    storekeepers: Sequence[User] = (),
    approvers: Sequence[User] = (),
    by: User,
    at: datetime,
) -> Opened:
    """Make the exercise depot `code` with the bins of the depot `like` and made-up opening stock of its items.

    At most MOST_ITEMS items, every branch in turn, none that carries a label. Of each lot-tracked item there are three
    lots, of some a fourth that has expired, and a few lots are on hold. The same code on the same day gives the same
    stock. `storekeepers` and `approvers` get their role in the new depot.

    Raises:
        NotFound: there is no depot `like`.
        Precondition: the code is taken or no code, or nothing can be kept in a depot like that one.
    """
    model = Depot.objects.filter(code=like).first()
    if model is None:
        raise NotFound(_("There is no depot %(code)s.") % {"code": like[:40]})
    if not code.isalnum() or len(code) > 12:
        raise Precondition(_("A depot's code is up to 12 letters and digits."))
    if Depot.objects.filter(code=code).exists():
        raise Precondition(
            _("There is a depot %(code)s already. A logbook is never emptied: choose a new code for a new course.")
            % {"code": code}
        )
    today = local_date(at)
    with history.changing(by=by, reason=f"Exercise depot like {like}", source=history.Source.COMMAND):
        depot = Depot.objects.create(
            code=code,
            name=name or f"Kho tập {code}",
            unit=model.unit,
            level=model.level,
            branch=model.branch,
            province=model.province,
            coordinates=model.coordinates,
            opened_date=today - AGE,
            is_exercise=True,
        )
        bins = history.bulk_create(
            [
                Bin(depot=depot, code=one.code, name=one.name, kind=one.kind, is_default=one.is_default)
                for one in model.bins.filter(is_active=True).order_by("code")
            ]
        )
        for role, users in ((Role.STOREKEEPER, storekeepers), (Role.APPROVER, approvers)):
            for user in users:
                Assignment.objects.create(user=user, role=role, depot=depot)
    if not any(one.is_default for one in bins):
        raise Precondition(_("Depot %(code)s has no default bin to copy; give it one first.") % {"code": like})
    items = _items(model)
    if not items:
        raise Precondition(_("The catalogue has no item in use; import it first."))
    lines = _opening(depot, items, homes=_homes(model), today=today)
    post(
        [
            Draft(
                depot=code,
                kind=Kind.OPENING,
                occurred_at=at - AGE + timedelta(days=1),
                key=f"exercise-{branch}",
                lines=found,
                reason="Số dư đầu kỳ để tập",
            )
            for branch, found in lines.items()
        ],
        by=by,
        at=at,
    )
    _hold_some(depot, items, by=by, at=at)
    return Opened(depot=depot, bins=len(bins), items=len(items), lines=sum(map(len, lines.values())))


def _items(model: Depot) -> list[Item]:
    """Return what the model depot keeps, or where it keeps nothing the catalogue, a branch at a time in turn."""
    usable = Item.objects.filter(is_active=True, classification=0).select_related("group", "base_unit").order_by("code")
    kept = usable.filter(pk__in=Holding.objects.filter(depot=model, is_stocked=True).values("item"))
    by_branch: dict[str, list[Item]] = defaultdict(list)
    for item in kept if kept.exists() else usable:
        by_branch[item.group.supply_class_id].append(item)
    in_turn: Iterable[Item | None] = chain.from_iterable(zip_longest(*by_branch.values()))
    return list(islice((item for item in in_turn if item is not None), MOST_ITEMS))


def _homes(model: Depot) -> dict[int, str]:
    """Return in which bin of the model depot each item lies, the first one where it lies in several."""
    piles = Holding.objects.filter(depot=model, is_stocked=True, bin__is_active=True).order_by("item", "bin__code")
    homes: dict[int, str] = {}
    for item, code in piles.values_list("item", "bin__code"):
        homes.setdefault(item, code)
    return homes


def _opening(depot: Depot, items: Sequence[Item], *, homes: dict[int, str], today: date) -> dict[str, list[DraftLine]]:
    """Return the lines of the opening stock by branch."""
    random = Random(f"{depot.code}/{today}")  # noqa: S311  # figures to learn with, no secrets
    lines: dict[str, list[DraftLine]] = defaultdict(list)
    for number, item in enumerate(items):
        found = lines[item.group.supply_class_id]
        line = partial(DraftLine, item=item.code, bin=homes.get(item.pk, ""))
        quantity = Decimal(random.randrange(2, 41) * 10)
        match item.tracking:
            case Item.Tracking.SERIAL:
                found += [line(quantity=Decimal(1), lot=f"{depot.code}-{piece:03d}") for piece in range(1, PIECES + 1)]
            case Item.Tracking.LOT:
                lives = (*LIVES, EXPIRED) if number % EVERY_EXPIRED == 0 else LIVES
                found += [
                    line(quantity=quantity, lot=_lot(depot, lot), expires_date=today + timedelta(days=days))
                    for lot, days in lives
                ]
            case _:
                found.append(line(quantity=quantity))
                if number % EVERY_RESERVED == 0:
                    found.append(line(quantity=quantity / 2, purpose=RESERVE))
    return lines


def _lot(depot: Depot, number: int) -> str:
    """Return a lot's name: exercise depots share their lots, so that they can send to each other, but not these."""
    return f"{depot.code}-{number:02d}"


def _hold_some(depot: Depot, items: Sequence[Item], *, by: User, at: datetime) -> None:
    """Put the second lot of a few items on hold."""
    tracked = [item for item in items if item.tracking == Item.Tracking.LOT]
    lots = list(Lot.objects.filter(item__in=tracked[::EVERY_HELD], code=_lot(depot, HELD), is_exercise=True))
    for lot in lots:
        lot.hold_reason = "Tạm giữ để tập: chờ kết quả kiểm nghiệm"
        lot.updated_at = at
    with history.changing(by=by, reason="Exercise stock", source=history.Source.COMMAND):
        history.bulk_update(lots, ["hold_reason", "updated_at"])
